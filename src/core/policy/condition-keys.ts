import { closest } from './actions.ts';
import data from './conditions.json' with { type: 'json' };

/** A condition key that AWS publishes. */
export interface ConditionKey {
  /** As AWS writes it: `s3:prefix`. One that ends in `/` or `:` stands for every key that begins so. */
  readonly name: string;
  /** `String`, `ARN`, `Bool`, `Date`, `IPAddress`, `Numeric`, or a list of one of them: `ArrayOfString`. */
  readonly type: string;
  /** The only actions of its service whose requests have it, in lower case; undefined where these are many, or not said. */
  readonly on: ReadonlySet<string> | undefined;
}

/** Data and source: conditions.json, made by scripts/actions.ts. */
const KEYS: readonly ConditionKey[] = [
  ...Object.entries(data.global).flatMap(([type, names]) =>
    names.split(' ').map((name) => ({ name: `aws:${name}`, type, on: undefined })),
  ),
  ...Object.entries(data.keys).flatMap(([service, groups]) =>
    groups.flatMap((group) => {
      const on =
        'on' in group ? new Set(group.on.split(' ').map((name) => `${service}:${name}`.toLowerCase())) : undefined;
      return group.keys.split(' ').map((name) => ({ name: `${service}:${name}`, type: group.type, on }));
    }),
  ),
];
const BY_NAME: ReadonlyMap<string, ConditionKey> = new Map(KEYS.map((one) => [one.name.toLowerCase(), one]));
const PREFIXES = KEYS.filter(({ name }) => /[:/]$/.test(name));

/** The prefixes of actions of all services of AWS. */
export const SERVICES: ReadonlySet<string> = new Set(data.services.split(' '));

/** The key of that name: names are compared without regard to case (IAM User Guide, "Condition"). Undefined: none is known. */
export function conditionKey(name: string): ConditionKey | undefined {
  const lower = name.toLowerCase();
  return BY_NAME.get(lower) ?? PREFIXES.find((one) => lower.startsWith(one.name.toLowerCase()));
}

/** Keys that the reference does not list and AWS's own documents have: a profile for EC2 instances, AWSSSOServiceRolePolicy. */
const UNLISTED = /^aws:(?:ARN|PrincipalOrgMasterAccountId)$/i;

/** Whether all keys of the service that a name begins with are known here. */
export const isListed = (name: string): boolean => /^(?:aws|s3|sts|iam|kms|eks):/i.test(name) && !UNLISTED.test(name);

/** The key that a name that is none was probably meant to be. */
export function suggestKey(name: string): string | undefined {
  if (!name.includes(':')) {
    const behind = KEYS.filter((one) => one.name.toLowerCase().endsWith(`:${name.toLowerCase()}`));
    const [first, ...others] = behind.filter((one) => /^(?:aws|s3):/.test(one.name));
    return others.length === 0 ? first?.name : undefined;
  }
  const service = name.slice(0, name.indexOf(':') + 1).toLowerCase();
  if (!isListed(name)) return undefined;
  // A name behind a tag, a claim or an encryption context is the author's own.
  const names = KEYS.flatMap((one) => (one.name.toLowerCase().startsWith(service) ? [one.name] : []));
  return closest(
    name,
    names.filter((one) => !/[:/]$/.test(one)),
  );
}
