/** What stands over the account: the policies of its organization, asked about what pipelines of a profile do. */
import { FREE, filled } from '../../arn/pattern.ts';
import { parseArn } from '../../arn/arn.ts';
import { partitionOfRegion } from '../../arn/partitions.ts';
import type { Role } from '../../observation.ts';
import { AUDIENCE, providerArn, SERVICE_ACCOUNT, subject } from '../../policy/build.ts';
import { knownFacts, tokenFacts, type Facts, type KnownRequest } from '../../policy/context.ts';
import { WEB_IDENTITY } from '../../policy/evaluate.ts';
import { keyRequest } from '../../policy/key.ts';
import {
  GUARD_TITLE,
  guardsOf,
  guardWords,
  judgeGuards,
  levelsOf,
  organizationKeys,
  type GuardReason,
} from '../../policy/organization.ts';
import { placeText, sessionOf, type Session } from '../../policy/rights.ts';
import { valueOf } from '../../reading.ts';
import { problem, shownBy, type Problem } from '../problem.ts';
import { writablePlaces } from '../uses.ts';
import { namedRole, type ProfileView } from '../view.ts';

/** Places of one profile that are asked about, at most. */
const MOST_PLACES = 3;

/** One request that pipelines of a profile make. */
export interface Wanted {
  readonly action: string;
  readonly resource: string;
  readonly facts: Facts;
  /** Where it is, in words. */
  readonly where: string;
  /** What it is about: its bucket, or STS. */
  readonly bucket?: string;
  /** Whether what it is about belongs to the account of the cluster. */
  readonly own: boolean;
}

/** What pipelines of a profile do: the role by the token, and in each place a listing, reading and writing, with the bucket's key. */
export function wanted(view: ProfileView, role: Role, more: Readonly<Record<string, string>> = {}): readonly Wanted[] {
  const { cluster, profile, buckets = {}, organization } = view;
  const keys = organizationKeys(organization);
  const session = sessionOf(role);
  const known = (values: Session['values'], its: KnownRequest = session): Facts =>
    knownFacts({
      values: { ...its.values, ...keys.values, ...values, ...more },
      lacks: (key) => keys.lacks(key) || its.lacks?.(key) === true,
    });
  // What the role may not do by its own policies is told there.
  const places = writablePlaces(role, view.policies).filter(({ answer }) => answer === 'yes');
  const inPlaces = places.slice(0, MOST_PLACES).flatMap(({ bucket, prefix }): Wanted[] => {
    const seen = Object.hasOwn(buckets, bucket) ? buckets[bucket] : undefined;
    const there = seen && valueOf(seen.bucket);
    const own = there?.accessible === true && there.foreign !== true;
    const values = {
      ...(there === undefined ? {} : { 'aws:RequestedRegion': there.region }),
      ...(own ? { 'aws:ResourceAccount': cluster.account, 's3:ResourceAccount': cluster.account } : {}),
    };
    const its = { where: placeText({ bucket, prefix, answer: 'yes' }), bucket, own };
    const arn = `arn:${session.partition}:s3:::${filled(bucket)}`;
    const key = seen?.key && valueOf(seen.key);
    const below = `${filled(prefix)}${prefix === '' || prefix.endsWith('/') ? '' : '/'}`;
    const listing = { ...session, lacks: (name: string) => name !== 's3:prefix' && session.lacks?.(name) === true };
    return [
      {
        ...its,
        action: 's3:ListBucket',
        resource: arn,
        facts: known({ ...values, 's3:prefix': below }, listing),
      },
      ...['s3:GetObject', 's3:PutObject'].map((action) => ({
        ...its,
        action,
        resource: `${arn}/${below}${FREE}`,
        facts: known(values),
      })),
      ...(key === undefined || key.managedByAws
        ? []
        : ['kms:GenerateDataKey', 'kms:Decrypt'].map((action) => ({
            action,
            resource: key.arn,
            facts: known(
              { 'aws:RequestedRegion': parseArn(key.arn)?.region ?? '' },
              keyRequest(key.arn, role.arn, cluster.account),
            ),
            where: key.arn,
            own: parseArn(key.arn)?.account === cluster.account,
          }))),
    ];
  });
  if (cluster.issuer === undefined) return inPlaces;
  const provider = providerArn(cluster.partition, cluster.account, cluster.issuer);
  const token = tokenFacts(provider, subject(profile.metadata.name), AUDIENCE);
  const door: Wanted = {
    action: WEB_IDENTITY,
    resource: role.arn,
    facts: (key) => {
      const its = Object.entries(more).find(([name]) => name.toLowerCase() === key)?.[1];
      return its === undefined ? token(key) : { state: 'is', values: [its] };
    },
    where: `role ${role.name}, for ${profile.metadata.name}/${SERVICE_ACCOUNT}`,
    own: parseArn(role.arn)?.account === cluster.account,
  };
  return [door, ...inPlaces];
}

/** The address of STS that pods of a cluster call. */
export const stsOf = ({ region }: ProfileView['cluster']): string =>
  `sts.${region}.${partitionOfRegion(region)?.dnsSuffix ?? 'amazonaws.com'}`;

interface Refused {
  readonly by: GuardReason;
  readonly actions: Set<string>;
  readonly where: Set<string>;
}
interface Above {
  readonly refused: readonly Refused[];
  readonly why?: string;
}

function above(view: ProfileView): Above | undefined {
  const role = namedRole(view);
  const levels = levelsOf(view.organization);
  if (role === undefined || levels.length === 0) return undefined;
  const guards = { service: guardsOf(levels, 'service'), resource: guardsOf(levels, 'resource') };
  if (guards.service.length + guards.resource.length === 0) return undefined;
  const refused = new Map<string, Refused>();
  let why: string | undefined;
  for (const { action, resource, facts, where, own } of wanted(view, role)) {
    // Who comes with a token is nobody of the account: over them stands what is over the role.
    const over = [...(action === WEB_IDENTITY ? [] : guards.service), ...(own ? guards.resource : [])];
    const verdict = judgeGuards(over, action, resource, facts);
    why ??= verdict.why;
    const { by } = verdict;
    if (by === undefined) continue;
    // A door and what lies behind it are two things to be told.
    const key = JSON.stringify([by, action === WEB_IDENTITY]);
    const its = refused.get(key) ?? { by, actions: new Set(), where: new Set() };
    refused.set(key, its);
    its.actions.add(action);
    its.where.add(where);
  }
  return { refused: [...refused.values()], ...(why === undefined ? {} : { why }) };
}

/** KP-079 */
export function liveOrganization(view: ProfileView): readonly Problem[] {
  const { cluster } = view;
  const { name = '' } = namedRole(view) ?? {};
  return (above(view)?.refused ?? []).slice(0, 3).map(({ by, actions, where }) => {
    const { kind, policy, target, shown } = by;
    const places = [...where].join(' and ');
    const what = actions.has(WEB_IDENTITY)
      ? `${WEB_IDENTITY} is refused for ${places}`
      : `Role ${name} may not ${[...actions].join(', ')} in ${places}`;
    return shownBy(problem('KP-079', `${what}, whatever the account allows: ${guardWords(by)}.`), {
      what: policy === undefined ? `each ${GUARD_TITLE[kind]} at ${target}` : `${GUARD_TITLE[kind]} ${policy.name}`,
      where: policy?.arn ?? `arn:${cluster.partition}:iam::${cluster.account}:root`,
      value: shown,
    });
  });
}

/** On what it depends whether the organization lets pipelines do what they do; undefined where that is settled, or was not read. */
export const organizationUnjudged = (view: ProfileView): string | undefined => above(view)?.why;
