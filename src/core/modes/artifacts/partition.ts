/** KP-034: an artifact repository in another partition than the role of its profile. */
import { parseArn } from '../../arn/arn.ts';
import { type DocScalar, get, textOf } from '../../document/node.ts';
import { parseEmbedded } from '../../document/parse.ts';
import { partitionOfRegion } from '../../arn/partitions.ts';
import { finding } from '../../finding.ts';
import { AWS_ENDPOINT } from '../../profile/names.ts';
import { type Folder, isOpen, placeOf } from '../folder.ts';
import type { SeenIn } from '../mode.ts';
import { regionOfEndpoint } from './repository.ts';

/** Repositories of a profile that name no region: with one, Argo's client finds the endpoint that goes with it. */
export function endpointsElsewhere({ owned }: Folder): readonly SeenIn[] {
  return owned.flatMap(({ profile, inNamespace }) => {
    const partition = profile.role && parseArn(String(profile.role.value))?.partition;
    if (partition === undefined) return [];
    return inNamespace.flatMap(({ file, resource }) => {
      const data = resource.kind === 'configMap' ? get(resource.root, 'data') : undefined;
      return (data?.type === 'object' ? data.entries : []).flatMap(({ value }) => {
        const s3 = value.type === 'string' ? get(parseEmbedded(value, 'yaml').root, 's3') : undefined;
        const [endpoint, region] = [get(s3, 'endpoint'), get(s3, 'region')];
        const its = endpoint?.type === 'string' ? partitionOf(endpoint) : undefined;
        if (!endpoint || its === undefined || its === partition || region) return [];
        const message = `The role of the profile is in partition ${partition}, this endpoint in ${its}: S3 does not know the role there.`;
        const related = [{ ...placeOf(profile), message: `The plugin of Profile ${profile.name}` }];
        return [{ file, finding: { ...finding('KP-034', endpoint, message), related } }];
      });
    });
  });
}

function partitionOf(endpoint: DocScalar): string | undefined {
  const text = textOf(endpoint) ?? '';
  if (isOpen(text) || !AWS_ENDPOINT.test(text)) return undefined;
  if (/\.amazonaws\.com\.cn(?:[:/]|$)/.test(text)) return 'aws-cn';
  const region = regionOfEndpoint(text);
  return region === undefined ? 'aws' : partitionOfRegion(region)?.id;
}
