/** KP-053 in files: keys of AWS beside a role. */
import { type DocNode, entry, find, get, textOf } from '../document/node.ts';
import { parseEmbedded } from '../document/parse.ts';
import { finding, type Seen } from '../finding.ts';
import { AWS_ENDPOINT, ROLE_ANNOTATION } from '../profile/names.ts';
import { type Folder, placeOf } from './folder.ts';
import type { SeenIn } from './mode.ts';
import { filled } from './profile/role.ts';

const SAYS = {
  PodDefault: [
    'SDKs take these keys before the role of the profile: pods that ask for this PodDefault do not use it.',
    'warning',
  ],
  Secret: [
    'Pods that get these keys, in their environment or by KServe, do not use the role of the profile.',
    'information',
  ],
} as const;

/** Keys in the namespace of a profile that has a role, and those of the server of pipelines whose service account has one. */
export function keysBesideRole({ owned, placed }: Folder): readonly SeenIn[] {
  const ofProfiles = owned.flatMap(({ profile, inNamespace }) =>
    inNamespace.flatMap(({ file, resource }): readonly SeenIn[] => {
      const related = [{ ...placeOf(profile), message: `The plugin of Profile ${profile.name}` }];
      const said = (seen: Seen): SeenIn => ({ file, finding: { ...seen, related } });
      if (resource.kind === 'keys' && resource.of !== 'ml-pipeline') {
        const [message, severity] = SAYS[resource.of];
        return [said(finding('KP-053', resource.place, message, [], severity))];
      }
      const secret = resource.kind === 'configMap' ? secretOfLauncher(resource.root) : undefined;
      const message = 'Runs use the keys of this secret and not the role of the profile. Write fromEnv: true instead.';
      return secret ? [said(finding('KP-053', secret, message, [], 'warning'))] : [];
    }),
  );
  const roles = new Set(
    placed.flatMap(({ resource }) => {
      if (resource.kind !== 'serviceAccount') return [];
      const metadata = get(resource.root, 'metadata');
      const role = filled(find(metadata, 'annotations', ROLE_ANNOTATION));
      return role ? [`${textOf(get(metadata, 'namespace')) ?? ''}/${textOf(get(metadata, 'name')) ?? ''}`] : [];
    }),
  );
  const ofServers = placed.flatMap(({ file, resource }): readonly SeenIn[] => {
    if (resource.kind !== 'keys' || resource.of !== 'ml-pipeline') return [];
    const namespace = textOf(find(resource.root, 'metadata', 'namespace')) ?? '';
    const isMeant = roles.has(`${namespace}/ml-pipeline`) || get(resource.annotations, ROLE_ANNOTATION) !== undefined;
    const message = 'ml-pipeline takes these keys before the role that it is given: remove both of them.';
    return isMeant ? [{ file, finding: finding('KP-053', resource.place, message, [], 'warning') }] : [];
  });
  return [...ofProfiles, ...ofServers];
}

/** `secretRef` of the default of s3 in ConfigMap kfp-launcher, where it counts and the endpoint is that of AWS. */
function secretOfLauncher(root: DocNode): DocNode | undefined {
  if (textOf(find(root, 'metadata', 'name')) !== 'kfp-launcher') return undefined;
  const data = get(root, 'data');
  const providers = filled(get(data, 'providers'));
  if (textOf(get(data, 'defaultPipelineRoot'))?.startsWith('s3://') !== true || !providers) return undefined;
  const standard = find(parseEmbedded(providers, 'yaml').root, 's3', 'default');
  const endpoint = textOf(get(standard, 'endpoint'));
  const credentials = get(standard, 'credentials');
  const fromEnv = get(credentials, 'fromEnv');
  if (fromEnv?.type === 'boolean' && fromEnv.value === true) return undefined;
  return endpoint === undefined || AWS_ENDPOINT.test(endpoint) ? entry(credentials, 'secretRef')?.key : undefined;
}
