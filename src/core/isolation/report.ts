/** A matrix compared with what is expected of it: the differences first, each with its reason. */
import { issuerUrlOf } from '../policy/build.ts';
import { meant } from '../near.ts';
import type { Difference, Found } from './difference.ts';
import { DEFAULT_EXPECTATION, fitsName, mayBeSo, type Entry, type Expectation } from './expect.ts';
import { keysUsed, lacking } from './lacking.ts';
import { bit, deedsOf, type Isolation } from './matrix.ts';
import { inCluster, isAtHome, isConcerned, placeName, s3, subjectName, wordsOf } from './names.ts';
import type { Below } from './reach.ts';

export interface Report {
  readonly isolation: Isolation;
  readonly expectation: Expectation;
  readonly differences: readonly Difference[];
  /** Entries of `allow` that nothing is by, and why that is so. */
  readonly unused: readonly (Entry & { readonly why: string })[];
}

/** Differences whose reason is looked up: there may be as many as cells. */
const MOST_EXPLAINED = 200;

/** Compares a matrix with what is expected of it. */
export function reportOf(isolation: Isolation, expectation: Expectation = DEFAULT_EXPECTATION): Report {
  const { subjects, places, profiles, world } = isolation;
  const used = new Set<Entry>();
  const names = places.map((_, place) => placeName(isolation, place));

  const namesOf = (index: number): readonly string[] => {
    const { namespace, name, profile } = subjects[index] ?? { namespace: '', name: '', profile: undefined };
    // All accounts of a profile's namespace are the profile's.
    return [`${namespace}/${name}`, ...(profile === undefined ? [] : [namespace])];
  };
  const isIn = (entry: Entry, cluster: number): boolean =>
    entry.cluster === undefined || fitsName(entry.cluster, [world.clusters[cluster]?.name ?? '']);
  const placeNames = (place: number): readonly string[] => [
    s3(places[place] as Below),
    ...(isolation.owners[place] ?? []).map((owner) => profiles[owner]?.name ?? ''),
  ];
  const may = mayBeSo(expectation);
  const allowedBits = (index: number, place: number): number => {
    let bits = 0;
    for (const entry of may) {
      if (
        !isIn(entry, subjects[index]?.cluster ?? 0) ||
        !fitsName(entry.who, namesOf(index)) ||
        !fitsName(entry.what, placeNames(place))
      )
        continue;
      used.add(entry);
      for (const deed of entry.may) bits |= bit(deed);
    }
    return bits;
  };

  const found: Found[] = [];
  const merged = new Map<string, { who: number[]; what: number[]; bits: number; kind: 'reaches' | 'perhaps' }>();
  for (const [who, { profile }] of subjects.entries()) {
    const own = profile === undefined ? undefined : profiles[profile]?.place;
    const mine = own === undefined ? undefined : places[own];
    const byBits = new Map<string, number[]>();
    for (const [place, its] of places.entries()) {
      if (place === own) continue;
      let cell = isolation.cell(who, place);
      if ((cell.yes | cell.unknown) === 0) continue;
      // What is its own lies in there: only the rest counts.
      if (mine !== undefined && mine.bucket === its.bucket && mine.prefix.startsWith(its.prefix))
        cell = isolation.beyond(who, place, mine);
      const allowed = allowedBits(who, place);
      const yes = cell.yes & ~allowed;
      const unknown = cell.unknown & ~allowed;
      if (yes === 0 && (unknown === 0 || expectation.unjudged === 'allowed')) continue;
      const key = yes === 0 ? `perhaps ${unknown}` : `reaches ${yes}`;
      const known = byBits.get(key);
      if (known === undefined) byBits.set(key, [place]);
      else known.push(place);
    }
    for (const [key, what] of byBits) {
      const whole = `${key} ${what.length > 50 ? who : what.join()}`;
      const [kind, bits] = key.split(' ');
      const known = merged.get(whole);
      if (known !== undefined) known.who.push(who);
      else merged.set(whole, { who: [who], what, bits: Number(bits), kind: kind as 'reaches' | 'perhaps' });
    }
  }
  for (const { who, what, bits, kind } of merged.values()) {
    const deeds = deedsOf(bits);
    found.push({
      difference: {
        kind,
        who: who.map((one) => subjectName(isolation, one)),
        what: what.map((one) => names[one] ?? ''),
        may: deeds,
      },
      because: () => isolation.because(who[0] ?? 0, what[0] ?? 0, deeds[0] ?? 'list'),
    });
  }
  found.push(
    ...lacking(isolation, expectation, names, namesOf, placeNames, isIn),
    ...keysUsed(isolation, expectation, used, namesOf, isIn),
  );
  for (const difference of behindAccessPoints(isolation, expectation)) found.push({ difference });
  for (const difference of wideSets(isolation, expectation, used)) found.push({ difference });
  for (const difference of strangers(isolation, expectation, used)) found.push({ difference });
  const weight = ({ kind }: Omit<Difference, 'because'>): number =>
    ['reaches', 'key', 'set', 'other', 'lacks', 'perhaps'].indexOf(kind);
  found.sort((a, b) => weight(a.difference) - weight(b.difference));
  let explained = 0;
  const differences = found.map(({ difference, because }): Difference => {
    const why = because !== undefined && ++explained <= MOST_EXPLAINED ? because() : undefined;
    return why === undefined ? difference : { ...difference, because: why };
  });
  return {
    isolation,
    expectation,
    differences,
    unused: expectation.allow.flatMap((entry) => (used.has(entry) ? [] : [{ ...entry, why: whyUnused(entry) }])),
  };

  /** Why nothing is by an entry: most often a name is misspelt. */
  function whyUnused({ who, what, cluster }: Entry): string {
    const unknown = (said: string, known: readonly string[], words: string): string | undefined =>
      fitsName(said, known) ? undefined : `${words} ${said} is known.${meant(said, known)}`;
    const clusters = world.clusters.map(({ name }) => name);
    if (cluster !== undefined && !fitsName(cluster, clusters))
      return `No cluster ${cluster} is looked at: ${clusters.join(', ')}.`;
    const whos = [...subjects.keys()].flatMap((one) => [...namesOf(one)].reverse());
    const whats = [
      ...places.flatMap((_, one) => [...placeNames(one)].reverse()),
      ...isolation.keys.map(({ arn }) => arn),
      ...isolation.roles.flatMap(({ role }) => [role.name, role.arn]),
    ];
    return (
      // Who is in none of the clusters has a name of any form.
      (/[:\s]/.test(who) ? undefined : unknown(who, whos, 'Nobody of the name')) ??
      unknown(what, whats, 'No place, key or role of the name') ??
      'Nothing is by this entry: take it out.'
    );
  }
}

/** Places that a policy of their own decides over, which is not read: neither that they are apart nor that they are used can be said. */
function behindAccessPoints(
  { profiles, world }: Isolation,
  { unjudged }: Expectation,
): readonly Omit<Difference, 'because'>[] {
  if (unjudged === 'allowed') return [];
  return profiles.flatMap(({ cluster, name, accessPoint }): Omit<Difference, 'because'>[] =>
    accessPoint === undefined
      ? []
      : [
          {
            kind: 'perhaps',
            who: [inCluster(world.clusters, cluster, name)],
            what: [`access point ${accessPoint}`],
            may: [],
            note: 'Its objects lie behind it. Policies name the access point there and not its bucket, and it has a policy of its own: neither is read. Name the bucket in the settings of the launcher to have it judged.',
          },
        ],
  );
}

const NAMESPACE = /^system:serviceaccount:([a-z0-9-]+):/;

/** Sets of accounts, some of which there may be not yet, by roles that reach what is not theirs. */
function wideSets(
  isolation: Isolation,
  { allow }: Expectation,
  used: Set<Entry>,
): readonly Omit<Difference, 'because'>[] {
  const { roles, places, profiles } = isolation;
  return roles.flatMap(({ role, sets }, index): Omit<Difference, 'because'>[] =>
    sets.flatMap(({ cluster, tokens }): Omit<Difference, 'because'>[] => {
      const reached = places.flatMap((_, place) => (isolation.roleCell(index, place).yes === 0 ? [] : [place]));
      const patterns = tokens.subjects.among.find((list) => list.every(({ text }) => NAMESPACE.test(text))) ?? [];
      const namespaces = patterns.map(({ text }) => NAMESPACE.exec(text)?.[1]);
      // All accounts of a namespace are those of its profile.
      const theirs = reached.filter(
        (place) =>
          namespaces.length > 0 &&
          namespaces.every((namespace) =>
            profiles.some((one) => one.cluster === cluster && one.name === namespace && one.place === place),
          ),
      );
      const what = reached.filter((place) => !theirs.includes(place));
      if (what.length === 0) return [];
      const who = wordsOf(isolation, tokens);
      const entry = allow.find((one) => fitsName(one.who, [who]) && fitsName(one.what, [role.name, role.arn]));
      if (entry !== undefined) used.add(entry);
      let bits = 0;
      for (const place of what) bits |= isolation.roleCell(index, place).yes;
      return entry !== undefined
        ? []
        : [
            {
              kind: 'set',
              who: [who],
              what: what.map((place) => placeName(isolation, place)),
              may: deedsOf(bits),
              role: role.arn,
              note: 'Whoever may make a service account that fits gets it, too.',
            },
          ];
    }),
  );
}

/** Somebody else who gets into roles of profiles. */
function strangers(
  isolation: Isolation,
  { others, allow, unjudged }: Expectation,
  used: Set<Entry>,
): readonly Omit<Difference, 'because'>[] {
  if (others === 'allowed') return [];
  return isolation.roles.flatMap((judged) =>
    !isConcerned(judged)
      ? []
      : judged.others.flatMap((one): Omit<Difference, 'because'>[] => {
          if (isAtHome(judged, one)) return [];
          const isSure = one.depends.length === 0;
          if (!isSure && unjudged === 'allowed') return [];
          const who = wordsOf(isolation, one);
          const names = [who, ...('subjects' in one ? [one.provider, issuerUrlOf(one.provider)] : [one.principal])];
          const entry = allow.find(
            (candidate) =>
              fitsName(candidate.who, names) && fitsName(candidate.what, [judged.role.name, judged.role.arn]),
          );
          if (entry !== undefined) {
            used.add(entry);
            return [];
          }
          return [
            {
              kind: isSure ? 'other' : 'perhaps',
              who: [who],
              what: [`role ${judged.role.name}`],
              may: [],
              role: judged.role.arn,
              ...(isSure ? {} : { note: `It depends on ${one.depends.join(', ')}.` }),
            },
          ];
        }),
  );
}
