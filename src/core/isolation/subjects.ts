/** Who is in a world: profiles with their places, and the service accounts that clusters, trust policies and Pod Identity tell of. */
import type { WhoGetsIn } from '../policy/access.ts';
import { providerArn, SERVICE_ACCOUNT, subject } from '../policy/build.ts';
import type { GuardReason } from '../policy/organization.ts';
import type { AdmittedTokens } from '../policy/tokens.ts';
import { isWild, plain } from '../policy/values.ts';
import type { ProfileOf, Subject } from './matrix.ts';
import type { Below } from './reach.ts';
import type { IsolationWorld } from './world.ts';

/** Service accounts, and the doors by which they come: the OIDC provider of each cluster. */
export interface Doors {
  readonly subjects: Subject[];
  readonly indexOf: Map<string, number>;
  readonly providers: readonly (string | undefined)[];
  /** Subjects whom a policy of the organization keeps out of a role that trusts them, by their index. */
  readonly keptOut: Map<number, GuardReason>;
}

export const keyOf = (cluster: number, sub: string): string => `${cluster} ${sub}`;
const SUB = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** Subjects that a set names one by one; undefined where it has patterns. */
export function single({ subjects }: AdmittedTokens): readonly string[] | undefined {
  const named = subjects.among.find((some) => !some.some(isWild));
  return named?.map(({ text }) => plain(text));
}

/** Profiles, and the places in which they lie: several may lie in one. */
export function profilesOf({ clusters }: IsolationWorld): {
  readonly profiles: readonly ProfileOf[];
  readonly places: readonly Below[];
} {
  const places: Below[] = [];
  const placeOf = new Map<string, number>();
  const profiles: ProfileOf[] = [];
  for (const [cluster, { profiles: its }] of clusters.entries())
    for (const { name, role, place, accessPoint, why } of its) {
      const key = place === undefined ? '' : `${place.bucket}/${place.prefix}`;
      if (place !== undefined && !placeOf.has(key)) placeOf.set(key, places.push(place) - 1);
      const at = placeOf.get(key);
      profiles.push({
        cluster,
        name,
        ...(role === undefined ? {} : { role }),
        ...(at === undefined ? {} : { place: at }),
        ...(accessPoint === undefined ? {} : { accessPoint }),
        ...(why === undefined ? {} : { why }),
      });
    }
  return { profiles, places };
}

/** Service accounts: those of profiles first, then others that are known, that trust policies name, and that have an association. */
export function subjectsOf(
  { clusters }: IsolationWorld,
  profiles: readonly ProfileOf[],
  trusts: readonly WhoGetsIn[],
): Doors {
  const profileOf = new Map(profiles.map(({ cluster, name }, at) => [keyOf(cluster, name), at]));
  const doors: Doors = {
    subjects: [],
    indexOf: new Map(),
    keptOut: new Map(),
    providers: clusters.map(({ partition, account, issuer, audiences }) =>
      issuer === undefined || audiences.state === 'absent' ? undefined : providerArn(partition, account, issuer),
    ),
  };
  const add = (cluster: number, namespace: string, name: string): void => {
    const key = keyOf(cluster, subject(namespace, name));
    if (doors.indexOf.has(key)) return;
    doors.indexOf.set(key, doors.subjects.length);
    const profile = profileOf.get(keyOf(cluster, namespace));
    doors.subjects.push({ cluster, namespace, name, ...(profile === undefined ? {} : { profile }) });
  };
  for (const [cluster, { profiles: its, accounts }] of clusters.entries()) {
    for (const { name } of its) add(cluster, name, SERVICE_ACCOUNT);
    for (const { namespace, name } of accounts) add(cluster, namespace, name);
  }
  for (const { admitted } of trusts)
    for (const one of admitted) {
      if (!('subjects' in one)) continue;
      const cluster = doors.providers.indexOf(one.provider);
      if (cluster < 0) continue;
      for (const sub of single(one) ?? []) {
        const [, namespace, name = ''] = SUB.exec(sub) ?? [];
        if (namespace !== undefined) add(cluster, namespace, name);
      }
    }
  for (const [cluster, { podIdentities = [] }] of clusters.entries())
    for (const { namespace, name } of podIdentities) add(cluster, namespace, name);
  return doors;
}
