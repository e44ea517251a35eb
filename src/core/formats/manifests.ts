/** What a manifest that is neither a Profile nor a ServiceAccount holds: policies of ACK and Crossplane, and keys of AWS. */
import { type DocNode, type DocObject, entry, find, get, textOf } from '../document/node.ts';
import { AWS_ENDPOINT } from '../profile/names.ts';
import { oidcProvider, type Resource } from '../resource.ts';
import { held, together } from './policies.ts';

/** Keys that SDKs prefer to the role, and those of Kubeflow Pipelines' server, where they are for AWS. */
export function* keys(root: DocObject, kind: string, name: string): Generator<Resource> {
  if (kind === 'Secret') {
    const place = entry(get(root, 'stringData'), 'AWS_ACCESS_KEY_ID') ?? entry(get(root, 'data'), 'AWS_ACCESS_KEY_ID');
    if (place) yield { kind: 'keys', root, of: 'Secret', place: place.key };
  }
  const containers = find(root, 'spec', 'template', 'spec', 'containers');
  const env = kind === 'PodDefault' ? [find(root, 'spec', 'env')] : listOf(containers).map((one) => get(one, 'env'));
  const variables = env.flatMap(listOf);
  const valueOf = (wanted: RegExp): readonly string[] =>
    variables.flatMap((one) => (wanted.test(textOf(get(one, 'name')) ?? '') ? [textOf(get(one, 'value')) ?? ''] : []));
  const named = (wanted: string): DocNode | undefined =>
    variables.map((one) => get(one, 'name')).find((node) => textOf(node) === wanted);
  if (kind === 'PodDefault') {
    const place = named('AWS_ACCESS_KEY_ID');
    const isOther = valueOf(/ENDPOINT/).some((value) => !AWS_ENDPOINT.test(value));
    if (place?.type === 'string' && !isOther) yield { kind: 'keys', root, of: 'PodDefault', place };
  } else if (name === 'ml-pipeline') {
    const place = named('OBJECTSTORECONFIG_ACCESSKEY');
    const isAws = valueOf(/^OBJECTSTORECONFIG_HOST$|^MINIO_SERVICE_SERVICE_HOST$/).some((value) =>
      AWS_ENDPOINT.test(value),
    );
    const annotations = find(root, 'spec', 'template', 'metadata', 'annotations');
    if (place?.type === 'string' && isAws)
      yield { kind: 'keys', root, of: 'ml-pipeline', place, ...(annotations ? { annotations } : {}) };
  }
}

const listOf = (node: DocNode | undefined): readonly DocNode[] => (node?.type === 'array' ? node.items : []);

/** ACK (`spec`) and Crossplane (`spec.forProvider`) hold policies as strings. */
export function* iamManifest(root: DocObject, kind: string): Generator<Resource> {
  const spec = find(root, 'spec', 'forProvider') ?? get(root, 'spec');
  if (kind === 'OpenIDConnectProvider')
    yield* oidcProvider(spec, 'url', get(spec, 'clientIDs') ? 'clientIDs' : 'clientIdList');
  const role = kind === 'Role' ? (get(spec, 'name') ?? find(root, 'metadata', 'name')) : get(spec, 'role');
  const known = true;
  for (const key of ['assumeRolePolicyDocument', 'assumeRolePolicy'])
    yield* held('trust', get(spec, key), role, { known });
  for (const key of ['policyDocument', 'policy', 'document'])
    yield* held('permissions', get(spec, key), role, { known, managed: kind === 'Policy' });
  const inlineMap = get(spec, 'inlinePolicies');
  const inlineList = get(spec, 'inlinePolicy');
  yield* together([
    ...(inlineMap?.type === 'object' ? inlineMap.entries : []).flatMap(({ value }) => [
      ...held('permissions', value, role, { known }),
    ]),
    ...(inlineList?.type === 'array' ? inlineList.items : []).flatMap((item) => [
      ...held('permissions', get(item, 'policy'), role, { known }),
    ]),
  ]);
}
