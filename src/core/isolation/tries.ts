/** What of a matrix is tried for real: each "may", and of each profile that its neighbour's role and prefix refuse it. */
import { roleNameOf } from '../arn/arn.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import type { Deed as Tried, Proof, Where } from '../plan/proof.ts';
import { bit, deedsOf, type Isolation } from './matrix.ts';
import { placeName, subjectName } from './names.ts';

/** Proofs that belong together, as one service account of one cluster. */
export interface Attempt {
  /** Index of the cluster. */
  readonly cluster: number;
  /** What the policies say, as a sentence. */
  readonly says: string;
  readonly proofs: readonly Proof[];
}

/** What is not tried, and why. */
export interface Untried {
  readonly says: string;
  readonly why: string;
}

export interface Attempts {
  readonly attempts: readonly Attempt[];
  readonly untried: readonly Untried[];
}

/** By which calls of the launcher it is tried; empty: by none. */
function deedsToTry(yes: number): readonly Tried[] {
  const may = (...deeds: readonly Parameters<typeof bit>[0][]): boolean =>
    deeds.every((deed) => (yes & bit(deed)) !== 0);
  return [
    ...(may('list') ? (['list'] as const) : []),
    ...(may('write', 'read', 'delete') ? (['write'] as const) : may('read') ? (['read'] as const) : []),
  ];
}

export function attemptsOf(isolation: Isolation): Attempts {
  const { subjects, places, profiles, roles, world } = isolation;
  const [attempts, untried]: [Attempt[], Untried[]] = [[], []];
  const whereOf = (place: number, cluster: number): Where => {
    const { bucket, prefix } = places[place] ?? { bucket: '', prefix: '' };
    const region = world.buckets.get(bucket)?.region ?? world.clusters[cluster]?.region ?? '';
    return { bucket, region, bucketRegion: region, prefix };
  };
  for (const [at, { cluster, namespace, name, profile }] of subjects.entries()) {
    const issuer = world.clusters[cluster]?.issuer;
    if (issuer === undefined) continue;
    const who = { namespace, name, issuer };
    const whose = subjectName(isolation, at);
    const own = profile === undefined ? undefined : profiles[profile]?.place;
    const neighbour = neighbourOf(isolation, at);
    // By each role that it gets into: what one may not do, another one may.
    for (const { role, answer, via } of isolation.admissions(at))
      for (const place of places.keys()) {
        const { yes } = isolation.roleCell(role, place);
        if (yes === 0 || answer !== 'yes') continue;
        const arn = roles[role]?.role.arn ?? '';
        const says = `${whose} may ${deedsOf(yes).join(', ')} ${placeName(isolation, place)} by role ${roleNameOf(arn) ?? arn}`;
        const does = deedsToTry(yes);
        if (via !== undefined) {
          untried.push({ says, why: 'it is by way of another role, or of EKS Pod Identity.' });
          continue;
        }
        if (does.length === 0) {
          untried.push({ says, why: 'what it may do leaves something behind, or cannot be undone.' });
          continue;
        }
        const proof = { title: says, who, role: arn, does, where: whereOf(place, cluster), must: 'succeed' as const };
        // With its own credentials, the neighbour's prefix.
        const isApart = place === own && neighbour !== undefined && nothing(isolation, role, neighbour.place);
        const beside: readonly Proof[] = isApart
          ? [
              {
                title: `${whose} is refused in ${placeName(isolation, neighbour.place)}`,
                who,
                role: arn,
                does: ['list', 'write'],
                where: whereOf(neighbour.place, cluster),
                must: 'be refused',
              },
            ]
          : [];
        attempts.push({
          cluster,
          says: isApart ? `${says}, and nothing of ${placeName(isolation, neighbour.place)}` : says,
          proofs: [proof, ...beside],
        });
      }
    const theirs = neighbour === undefined ? undefined : profiles[neighbour.profile]?.role;
    const isLetIn = isolation.admissions(at).some(({ role }) => roles[role]?.role.arn === theirs);
    if (theirs !== undefined && !isLetIn && roles.some(({ role }) => role.arn === theirs)) {
      const says = `${whose} does not get into role ${roleNameOf(theirs) ?? theirs}`;
      attempts.push({ cluster, says, proofs: [{ title: says, who, role: theirs, does: [], must: 'be refused' }] });
    }
  }
  return { attempts, untried };
}

const nothing = (isolation: Isolation, role: number, place: number): boolean => {
  const { yes, unknown } = isolation.roleCell(role, place);
  return yes === 0 && unknown === 0;
};

/** The next profile of the cluster that has another place: its cell is beside the diagonal. */
function neighbourOf(
  { subjects, profiles }: Isolation,
  at: number,
): { readonly profile: number; readonly place: number } | undefined {
  const { profile, cluster, name } = subjects[at] ?? {};
  if (profile === undefined || name !== SERVICE_ACCOUNT) return undefined;
  const own = profiles[profile]?.place;
  for (let step = 1; step < profiles.length; step++) {
    const next = (profile + step) % profiles.length;
    const place = profiles[next]?.place;
    if (profiles[next]?.cluster === cluster && place !== undefined && place !== own) return { profile: next, place };
  }
  return undefined;
}
