import type { AccessLevel } from '../request.ts';
import type { Role } from '../observation.ts';
import { POLICY_NAME } from './build.ts';
import { dataOf, list, strings } from './json.ts';

/** What a role's S3 policy is for, as far as it can be read from it. */
export interface DerivedAccess {
  readonly bucket: string;
  readonly access: AccessLevel;
  /** With access `prefix`: where the objects lie, "team-a/"; absent: not certain. */
  readonly prefix?: string;
}

/**
 * The bucket and access level that a permissions policy (JSON text) gives: the first Allow statement on objects
 * of one named bucket decides. Undefined where there is none, or the bucket's name is not certain (wildcards, variables).
 */
export function derivedAccess(policy: string): DerivedAccess | undefined {
  const document = dataOf(policy) as { Statement?: unknown } | null | undefined;
  for (const statement of list(document?.Statement)) {
    const { Effect, Action, Resource } = (statement ?? {}) as {
      Effect?: unknown;
      Action?: unknown;
      Resource?: unknown;
    };
    if (Effect !== 'Allow') continue;
    const actions = strings(Action).map((action) => action.toLowerCase());
    for (const resource of strings(Resource)) {
      const match = /^arn:[^:]+:s3:::([A-Za-z0-9._-]+)\/(.*)$/.exec(resource);
      if (match?.[1] === undefined) continue;
      const bucket = match[1];
      if (actions.includes('s3:*') || actions.includes('*')) return { bucket, access: 'full' };
      const writes = actions.some((action) => /^s3:put(object|\*)/.test(action));
      if (!writes && actions.some((action) => action.startsWith('s3:get'))) return { bucket, access: 'read-only' };
      // A prefix of somebody else's is no reason to suggest the whole bucket.
      if (writes && match[2] === '*') return { bucket, access: 'bucket' };
      const prefix = /^([^*?$]+\/)\*$/.exec(match[2] ?? '')?.[1];
      if (writes) return { bucket, access: 'prefix', ...(prefix === undefined ? {} : { prefix }) };
    }
  }
  return undefined;
}

/** What a role is for, by all of its inline policies: our own policy counts first. */
export function useOfRole({ inline }: Pick<Role, 'inline'>): DerivedAccess | undefined {
  const ours = inline.filter(({ name }) => name === POLICY_NAME);
  return [...ours, ...inline].flatMap(({ text }) => derivedAccess(text) ?? [])[0];
}
