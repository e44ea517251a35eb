import type { Problem } from '../problem.ts';
import { namedRole, type ProfileReadings } from '../view.ts';
import type { Role } from '../../observation.ts';
import { BOUNDARY, mayWrite, type Place, podSession, type Session, UNREAD, writing } from '../../policy/rights.ts';
import { valueOf } from '../../reading.ts';

export interface Artifacts {
  /** Where the role may write objects, as far as its policies that were read say. */
  readonly policy: readonly Place[];
  /** Where Kubeflow Pipelines v2 writes: `defaultPipelineRoot`, else the launcher's default. */
  readonly root: string;
  /** Whether `root` was set in the namespace, or is the launcher's default. */
  readonly rootIsSet: boolean;
  readonly problems: readonly Problem[];
}

/** KFP `backend/src/v2/config/env.go`: the root where `defaultPipelineRoot` is not set. */
const DEFAULT_ROOT = 'minio://mlpipeline/v2/artifacts';

/**
 * The policies of a role, for judging them together: attached ones and a boundary, which are not read, by their stand-ins. A text
 * that is no JSON allows nothing.
 */
export function policiesOf({ inline, attached, boundary }: Role): unknown[] {
  const read = inline.flatMap(({ text }) => {
    try {
      return [JSON.parse(text) as unknown];
    } catch {
      return [];
    }
  });
  return [...read, ...(attached.length > 0 ? [UNREAD] : []), ...(boundary === undefined ? [] : [BOUNDARY])];
}

/** The session that pods get for a role. */
export function sessionOf({ arn, tags }: Role): Session {
  const [, partition = 'aws', , , account] = arn.split(':');
  return podSession({ partition, arn, tags, ...(account === undefined ? {} : { account }) });
}

/** Where a role may write objects. */
export const writablePlaces = (role: Role): readonly Place[] => writing(policiesOf(role), sessionOf(role)).places;

/** Where artifacts may go by the role's policies, and where they really go by the launcher. */
export function artifacts(readings: ProfileReadings): Artifacts {
  const role = namedRole(readings);
  const launcher = valueOf(readings.launcher);
  return {
    policy: role === undefined ? [] : writablePlaces(role),
    root: launcher?.root ?? DEFAULT_ROOT,
    rootIsSet: launcher?.root !== undefined,
    problems: rootProblems(readings),
  };
}

/** KP-055 */
export function rootProblems(readings: ProfileReadings): readonly Problem[] {
  const role = namedRole(readings);
  const root = valueOf(readings.launcher)?.root;
  if (role === undefined || root === undefined) return [];
  const said = (where: string): readonly Problem[] => [
    {
      id: 'KP-055',
      message: `Pipelines write to ${JSON.stringify(root)} (ConfigMap kfp-launcher), ${where}`,
      remark: true,
    },
  ];
  const [, bucket, key = ''] = /^s3:\/\/([^/?]+)\/?([^?]*)/.exec(root) ?? [];
  if (bucket === undefined) return said('not to S3.');
  return mayWrite(policiesOf(role), bucket, key, sessionOf(role)) === 'no' ? said('where the role may not write.') : [];
}
