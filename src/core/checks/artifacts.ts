import { parseArn } from '../arn/arn.ts';
import { bucketNameProblem } from '../arn/s3.ts';
import { patternMatches } from '../arn/pattern.ts';
import type { Problem } from './problem.ts';
import type { ProfileReadings, RoleDetails } from './readings.ts';
import { valueOf } from '../reading.ts';
import { list, strings } from '../policy/json.ts';

/** A place in S3. `prefix` has no leading slash and may be empty: the whole bucket. */
export interface Place {
  readonly bucket: string;
  readonly prefix: string;
}

export interface Artifacts {
  /** Where the role's inline policies allow objects to be written. Patterns stay as they are. */
  readonly policy: readonly Place[];
  /** Where Kubeflow Pipelines v2 writes: `defaultPipelineRoot`, else the launcher's default. */
  readonly root: string;
  /** Whether `root` was set in the namespace, or is the launcher's default. */
  readonly rootIsSet: boolean;
  readonly problems: readonly Problem[];
}

/** KFP `backend/src/v2/config/env.go`: the root where `defaultPipelineRoot` is not set. */
const DEFAULT_ROOT = 'minio://mlpipeline/v2/artifacts';

/** Where the inline policies allow s3:PutObject. A policy that is no JSON allows nothing. */
export function writablePlaces(role: RoleDetails): Place[] {
  const places = role.inline.flatMap(({ text }) => {
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch {
      return [];
    }
    return list((document as { Statement?: unknown } | null)?.Statement).flatMap((item) => {
      const statement = item as { Effect?: unknown; Action?: unknown; Resource?: unknown } | null;
      const writes = strings(statement?.Action).some((action) => /^(\*|s3:(\*|Put\*|PutObject\*?))$/i.test(action));
      if (statement?.Effect !== 'Allow' || !writes) return [];
      return strings(statement.Resource).flatMap((resource): Place[] => {
        if (resource === '*') return [{ bucket: '*', prefix: '' }];
        const arn = parseArn(resource);
        if (arn?.service !== 's3' || arn.region !== '' || arn.account !== '') return [];
        const slash = arn.resource.indexOf('/');
        const bucket = arn.resource.slice(0, Math.max(slash, 0));
        // A name that no bucket can have allows nothing; the rules say what is wrong with it.
        if (!/[*?]/.test(bucket) && bucketNameProblem(bucket) !== undefined) return [];
        return [{ bucket, prefix: arn.resource.slice(slash + 1).replace(/\*$/, '') }];
      });
    });
  });
  return places.filter(
    (place, at) => places.findIndex((other) => other.bucket === place.bucket && other.prefix === place.prefix) === at,
  );
}

/** `s3://bucket/prefix`, as people write a place. */
export const placeText = ({ bucket, prefix }: Place): string => `s3://${bucket}/${prefix}`;

/** Whether what is written below `key` of a bucket lies in a place. */
const covers = (place: Place, bucket: string, key: string): boolean =>
  (place.bucket === '*' || patternMatches(place.bucket, bucket)) &&
  patternMatches(`${place.prefix}*`, key === '' || key.endsWith('/') ? key : `${key}/`);

/** Where artifacts may go by the role's policy, and where they really go by the launcher. */
export function artifacts({ role: reading, launcher: launcherReading }: ProfileReadings): Artifacts {
  const role = reading && valueOf(reading);
  const policy = role === undefined ? [] : writablePlaces(role);
  const launcher = valueOf(launcherReading);
  const root = launcher?.root ?? DEFAULT_ROOT;
  const result = { policy, root, rootIsSet: launcher?.root !== undefined };
  if (role === undefined) return { ...result, problems: [] };
  const problems: Problem[] = [];
  if (launcher?.root !== undefined) {
    const s3 = /^s3:\/\/([^/?]+)\/?([^?]*)/.exec(launcher.root);
    if (s3 === null) {
      problems.push({
        id: 'KP-055',
        message: `Pipelines write to ${JSON.stringify(launcher.root)} (ConfigMap kfp-launcher), not to S3.`,
        remark: true,
      });
    } else if (
      policy.length > 0 &&
      role.attached.length === 0 &&
      !policy.some((place) => covers(place, s3[1] ?? '', s3[2] ?? ''))
    ) {
      problems.push({
        id: 'KP-055',
        message: `Pipelines write to ${JSON.stringify(launcher.root)} (ConfigMap kfp-launcher), where the role may not write: it may write to ${policy.map(placeText).join(', ')}.`,
        remark: true,
      });
    }
  }
  return { ...result, problems };
}
