/**
 * Reads what the isolation matrix is judged from: a cluster in lists, an account's roles in pages, and each managed policy, bucket and
 * key once. Never throws but where a cluster's profiles may not be read at all: without them there is no matrix.
 */
import { parseArn } from '../core/arn/arn.ts';
import { judgeIsolation } from '../core/isolation/judge.ts';
import type { Isolation } from '../core/isolation/matrix.ts';
import type { IsolationWorld, Limit, PolicyText, WorldCluster, WorldRole } from '../core/isolation/world.ts';
import type { Organization } from '../core/observation.ts';
import type { Reading } from '../core/reading.ts';
import { lookAtBuckets } from './isolation/buckets.ts';
import { lookAtClusters, othersIn, type IsolatedCluster, type Looked } from './isolation/clusters.ts';
import { ALWAYS, unreadOrganization, unreadPolicies } from './isolation/limits.ts';
import { placeProfiles } from './isolation/places.ts';
import { bare, isUnread, lookAtRoles, policyTexts, withTexts } from './isolation/roles.ts';
import { patiently } from './roles.ts';

/**
 * Reads and judges. A cluster whose profiles cannot be read is left out, and said so among the limits (`cluster`). Throws
 * an `OutsideError` where that is so of all.
 */
export async function lookAtIsolation(clusters: readonly IsolatedCluster[]): Promise<Isolation> {
  const { looked, unread } = await lookAtClusters(clusters);
  const named = new Set(looked.flatMap(({ profiles }) => profiles.flatMap(({ role }) => role ?? [])));
  const accounts = [...new Map(looked.map((one) => [one.cluster.account, one])).values()];
  const [read, organizations] = await Promise.all([
    Promise.all(
      accounts.map(async ({ aws, cluster: { account } }) => ({ aws, ...(await lookAtRoles(aws, account, named)) })),
    ),
    organizationsOver(accounts),
  ]);
  const all = read.flatMap(({ roles }) => roles);
  const limits = [
    ...unread,
    ...looked.flatMap((one) => one.limits),
    ...read.flatMap((one) => one.limits),
    ...[...organizations].flatMap(([account, reading]) => unreadOrganization(account, reading)),
    ...foreignRoles(named, accounts),
  ];
  const profiles = placeProfiles(looked, all);
  const worldClusters = await Promise.all(
    looked.map(async ({ world, kubernetes, cluster }, at): Promise<WorldCluster> => {
      const accountsOf = await othersIn(kubernetes, cluster, all, limits);
      return { ...world, accounts: accountsOf, profiles: profiles[at] ?? [] };
    }),
  );
  const through = new Map(
    worldClusters.flatMap(({ profiles: its }, at) =>
      its.flatMap(({ place }) => (place === undefined ? [] : [[place.bucket, looked[at] as Looked] as const])),
    ),
  );
  const { buckets, keys } = await lookAtBuckets(through, limits);
  const texts = new Map(
    read.map(({ aws, roles: its }) => [its[0] === undefined ? '' : parseArn(its[0].arn)?.account, policyTexts(aws)]),
  );
  return judgedWithTexts(all.map(bare), texts, (roles) => ({
    clusters: worldClusters,
    roles,
    buckets,
    keys,
    organizations,
    limits: [...limits, ...unreadPolicies(roles), ...ALWAYS],
  }));
}

/**
 * Judges with the texts of those managed policies that matter. What was not read may lead anywhere: with the texts no role is reached that
 * was not before, so that one reading is enough. `texts`: where they are read, by account.
 */
async function judgedWithTexts(
  bareRoles: readonly WorldRole[],
  texts: ReadonlyMap<string | undefined, (arn: string) => Promise<PolicyText>>,
  worldOf: (roles: readonly WorldRole[]) => IsolationWorld,
): Promise<Isolation> {
  const isolation = judgeIsolation(worldOf(bareRoles));
  const wanted = new Set(concerned(isolation).filter(isUnread));
  if (wanted.size === 0) return isolation;
  const roles = await Promise.all(
    bareRoles.map(async (role) => {
      const textOf = texts.get(parseArn(role.arn)?.account);
      return wanted.has(role) && textOf !== undefined ? withTexts(role, textOf) : role;
    }),
  );
  return judgeIsolation(worldOf(roles));
}

/** Which roles' managed policies matter: those that somebody of the clusters gets, and those that profiles name. */
const concerned = ({ subjects, admissions, roles }: Isolation): readonly WorldRole[] => {
  const reached = new Set(subjects.flatMap((_, at) => admissions(at).map(({ role }) => role)));
  return roles.flatMap(({ role, namedBy }, at) => (reached.has(at) || namedBy.length > 0 ? [role] : []));
};

/** What stands over accounts, by their ids. */
async function organizationsOver(
  accounts: readonly IsolatedCluster[],
): Promise<ReadonlyMap<string, Reading<Organization>>> {
  const above = await Promise.all(
    accounts.map(({ aws, cluster: { account, partition } }) => patiently(() => aws.organization(partition, account))),
  );
  return new Map(
    accounts.flatMap(({ cluster: { account } }, at) => {
      const its = above[at];
      return its === undefined ? [] : [[account, its] as const];
    }),
  );
}

/** That profiles name roles of accounts which are not read. */
function foreignRoles(named: ReadonlySet<string>, accounts: readonly IsolatedCluster[]): readonly Limit[] {
  const known = new Set(accounts.map(({ cluster: { account } }) => account));
  const foreign = [...named].filter((arn) => !known.has(parseArn(arn)?.account ?? ''));
  if (foreign.length === 0) return [];
  return [
    {
      text: `Roles of other accounts were not read: ${foreign.slice(0, 3).join(', ')}${foreign.length > 3 ? ' and others' : ''}. What they let in and allow is not in the matrix.`,
    },
  ];
}
