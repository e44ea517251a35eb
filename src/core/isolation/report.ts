/** What of a matrix is not as expected: the differences first, each with its reason and the least request that shows it. */
import { parseArn, roleNameOf } from '../arn/arn.ts';
import { accessWords } from '../policy/access-words.ts';
import type { Admitted, AdmittedTokens } from '../policy/access.ts';
import { issuerUrlOf, providerArn, SERVICE_ACCOUNT } from '../policy/build.ts';
import { meant } from '../near.ts';
import { guardWords, type GuardReason } from '../policy/organization.ts';
import { DEFAULT_EXPECTATION, fitsName, type Entry, type Expectation } from './expect.ts';
import { bit, deedsOf, type Because, type Isolation, type JudgedRole } from './matrix.ts';
import type { Below, Deed } from './reach.ts';

/**
 * - `reaches`: somebody may what is not expected; - `perhaps`: that cannot be judged; - `lacks`: what must be so is not;
 * - `key`: somebody may use the key of a bucket in which nothing is theirs;
 * - `set`: more service accounts than there are now are let in, and reach what is not theirs;
 * - `other`: somebody else gets into a role.
 */
export interface Difference {
  readonly kind: 'reaches' | 'perhaps' | 'lacks' | 'key' | 'set' | 'other';
  /** Names, as {@link subjectName} and {@link placeName} make them. */
  readonly who: readonly string[];
  readonly what: readonly string[];
  readonly may: readonly Deed[];
  /** Of the first of `who` and the first of `what`. */
  readonly because?: Because;
  /** What else is to be said. */
  readonly note?: string;
  /** The role that it is about, where it is about one. */
  readonly role?: string;
  /** The policy of the organization that refuses it. */
  readonly refusedBy?: GuardReason;
}

export interface Report {
  readonly isolation: Isolation;
  readonly expectation: Expectation;
  readonly differences: readonly Difference[];
  /** Entries of `allow` that nothing is by, and why that is so. */
  readonly unused: readonly (Entry & { readonly why: string })[];
}

/** Differences whose reason is looked up: there may be as many as cells. */
const MOST_EXPLAINED = 200;

/** `team-a`, or `namespace/name` where it is not a profile's `default-editor`; with the cluster where there are several. */
export function subjectName({ subjects, world }: Isolation, index: number): string {
  const { cluster, namespace, name, profile } = subjects[index] ?? { cluster: 0, namespace: '', name: '' };
  const short = profile !== undefined && name === SERVICE_ACCOUNT ? namespace : `${namespace}/${name}`;
  return inCluster(world.clusters, cluster, short);
}

const inCluster = (clusters: readonly { readonly name: string }[], cluster: number, name: string): string =>
  clusters.length < 2 ? name : `${name} (${clusters[cluster]?.name ?? ''})`;

export const s3 = ({ bucket, prefix }: Below): string => `s3://${bucket}/${prefix}`;

/** The profiles whose place it is, or where it lies. */
export function placeName(isolation: Isolation, place: number): string {
  const names = (isolation.owners[place] ?? []).map((owner) => {
    const { cluster = 0, name = '' } = isolation.profiles[owner] ?? {};
    return inCluster(isolation.world.clusters, cluster, name);
  });
  return names.length === 0 ? s3(isolation.places[place] as Below) : names.join(' and ');
}

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
  const allowedBits = (index: number, place: number): number => {
    let bits = 0;
    for (const entry of mayBeSo(expectation)) {
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

  const found: { difference: Omit<Difference, 'because'>; because?: () => Because | undefined }[] = [];
  const merged = new Map<string, { who: number[]; what: number[]; bits: number; kind: 'reaches' | 'perhaps' }>();
  for (const [who, { profile }] of subjects.entries()) {
    const own = profile === undefined ? undefined : profiles[profile]?.place;
    const mine = own === undefined ? undefined : places[own];
    const byBits = new Map<string, number[]>();
    for (let place = 0; place < places.length; place++) {
      if (place === own) continue;
      let cell = isolation.cell(who, place);
      if (cell.yes === 0 && cell.unknown === 0) continue;
      const its = places[place] as Below;
      // What is its own lies in there: only the rest counts.
      if (mine !== undefined && mine.bucket === its.bucket && mine.prefix.startsWith(its.prefix))
        cell = isolation.beyond(who, place, mine);
      const allowed = mayBeSo(expectation).length === 0 ? 0 : allowedBits(who, place);
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

/** What must be so may be so. */
const mayBeSo = ({ allow, require }: Expectation): readonly Entry[] =>
  require.length === 0 ? allow : [...allow, ...require];

type Found = { difference: Omit<Difference, 'because'>; because?: () => Because | undefined };

const refusedWords = (by: GuardReason): string => {
  const words = guardWords(by);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
};

/** Which policy of the organization is in the way. */
function refusing(
  isolation: Isolation,
  who: number,
  place: number,
  deeds: readonly Deed[] = ['write', 'read', 'list'],
): GuardReason | undefined {
  for (const deed of deeds) {
    const by = isolation.refused(who, place, deed);
    if (by !== undefined) return by;
  }
  return undefined;
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

/** What must be so and is not. */
function lacking(
  isolation: Isolation,
  { own, require, unjudged }: Expectation,
  names: readonly string[],
  namesOf: (subject: number) => readonly string[],
  placeNames: (place: number) => readonly string[],
  isIn: (entry: Entry, cluster: number) => boolean,
): readonly Found[] {
  const { subjects, places, profiles } = isolation;
  const found: Found[] = [];
  for (const [who, { profile, name }] of subjects.entries()) {
    if (profile === undefined || name !== SERVICE_ACCOUNT || own !== 'required') continue;
    const { place, role } = profiles[profile] ?? {};
    if (place === undefined || role === undefined) continue;
    const { yes, unknown } = isolation.cell(who, place);
    if (yes !== 0) continue;
    const what = [names[place] ?? ''];
    const refusedBy = unknown === 0 ? refusing(isolation, who, place) : undefined;
    const whose = `It is its own, and role ${roleNameOf(role) ?? role} is what it names.`;
    found.push({
      difference: {
        kind: unknown === 0 ? 'lacks' : 'perhaps',
        who: [subjectName(isolation, who)],
        what,
        may: unknown === 0 ? [] : deedsOf(unknown),
        note: refusedBy === undefined ? whose : `${whose} ${refusedWords(refusedBy)}`,
        ...(refusedBy === undefined ? {} : { refusedBy }),
      },
      ...(unknown === 0 ? {} : { because: () => isolation.because(who, place, deedsOf(unknown)[0] ?? 'list') }),
    });
  }
  for (const entry of require) {
    const whos = subjects.flatMap(({ cluster }, who) =>
      isIn(entry, cluster) && fitsName(entry.who, namesOf(who)) ? [who] : [],
    );
    const whats = places.flatMap((_, place) => (fitsName(entry.what, placeNames(place)) ? [place] : []));
    const keys = isolation.keys.flatMap(({ arn }, key) => (fitsName(entry.what, [arn]) ? [key] : []));
    for (const who of whos) for (const key of keys) found.push(...keyLacking(isolation, who, key, entry, unjudged));
    if (whos.length === 0 || whats.length + keys.length === 0)
      found.push({
        difference: {
          kind: 'lacks',
          who: [entry.who],
          what: [entry.what],
          may: entry.may,
          note: whos.length === 0 ? 'Nobody of that name is known.' : 'No place and no key of that name is known.',
        },
      });
    for (const who of whos)
      for (const what of whats) {
        const { yes, unknown } = isolation.cell(who, what);
        const open = entry.may.filter((deed) => (unknown & bit(deed)) !== 0);
        if (open.length > 0 && unjudged === 'differs')
          found.push({
            difference: {
              kind: 'perhaps',
              who: [subjectName(isolation, who)],
              what: [names[what] ?? ''],
              may: open,
              note: 'It must be so.',
            },
            because: () => isolation.because(who, what, open[0] ?? 'list'),
          });
        const missing = entry.may.filter((deed) => ((yes | unknown) & bit(deed)) === 0);
        if (missing.length === 0) continue;
        const refusedBy = refusing(isolation, who, what, missing);
        found.push({
          difference: {
            kind: 'lacks',
            who: [subjectName(isolation, who)],
            what: [names[what] ?? ''],
            may: missing,
            ...(refusedBy === undefined ? {} : { refusedBy, note: refusedWords(refusedBy) }),
          },
        });
      }
  }
  return found;
}

/** What must be so of a key: who reads decrypts with it, who writes makes data keys. */
function keyLacking(
  isolation: Isolation,
  who: number,
  key: number,
  { may }: Entry,
  unjudged: Expectation['unjudged'],
): readonly Found[] {
  const cell = isolation.keyCell(who, key);
  const asked = (['write', 'read'] as const).filter((deed) => may.includes(deed));
  const difference = (kind: 'lacks' | 'perhaps', deeds: readonly Deed[]): readonly Found[] =>
    deeds.length === 0
      ? []
      : [
          {
            difference: {
              kind,
              who: [subjectName(isolation, who)],
              what: [isolation.keys[key]?.arn ?? ''],
              may: deeds,
            },
            ...(kind === 'lacks' ? {} : { because: () => isolation.becauseKey(who, key) }),
          },
        ];
  return [
    ...difference(
      'lacks',
      asked.filter((deed) => cell[deed] === 'no'),
    ),
    ...(unjudged === 'allowed'
      ? []
      : difference(
          'perhaps',
          asked.filter((deed) => cell[deed] === 'unknown'),
        )),
  ];
}

/** Keys of buckets in which nothing is theirs. */
function keysUsed(
  isolation: Isolation,
  expectation: Expectation,
  used: Set<Entry>,
  namesOf: (subject: number) => readonly string[],
  isIn: (entry: Entry, cluster: number) => boolean,
): readonly Found[] {
  const { subjects, places, profiles, keys, world } = isolation;
  const { unjudged } = expectation;
  return keys.flatMap(({ arn }, key) => {
    const merged = { yes: [] as number[], unknown: [] as number[] };
    for (const [who, { profile, cluster }] of subjects.entries()) {
      const place = profile === undefined ? undefined : profiles[profile]?.place;
      const bucket = place === undefined ? undefined : places[place]?.bucket;
      if (bucket !== undefined && world.buckets.get(bucket)?.key === arn) continue;
      const { read, write } = isolation.keyCell(who, key);
      const answer =
        read === 'yes' || write === 'yes' ? 'yes' : read === 'unknown' || write === 'unknown' ? 'unknown' : 'no';
      if (answer === 'no' || (answer === 'unknown' && unjudged === 'allowed')) continue;
      const entry = mayBeSo(expectation).find(
        (one) => isIn(one, cluster) && fitsName(one.who, namesOf(who)) && fitsName(one.what, [arn]),
      );
      if (entry === undefined) merged[answer].push(who);
      else used.add(entry);
    }
    return (['yes', 'unknown'] as const).flatMap((answer): Found[] => {
      const who = merged[answer];
      if (who.length === 0) return [];
      return [
        {
          difference: {
            kind: answer === 'yes' ? 'key' : 'perhaps',
            who: who.map((one) => subjectName(isolation, one)),
            what: [arn],
            may: [],
          },
          because: () => isolation.becauseKey(who[0] ?? 0, key),
        },
      ];
    });
  });
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
      if (reached.length === 0) return [];
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

/** Who it is, in a few words. */
export function wordsOf({ world }: Isolation, one: Admitted): string {
  const cluster = (provider: string): string | undefined =>
    world.clusters.find(
      ({ partition, account, issuer }) => issuer !== undefined && providerArn(partition, account, issuer) === provider,
    )?.name;
  return accessWords(
    { admitted: [{ ...one, depends: [] }], providers: [], unjudged: [], refused: [], bounded: false },
    cluster,
  );
}

/** Whether somebody is of the account of the role, or of AWS itself. */
export function isAtHome({ role }: JudgedRole, one: Admitted): boolean {
  if ('subjects' in one || one.kind === 'everybody') return false;
  if (one.kind === 'service') return true;
  const own = parseArn(role.arn)?.account;
  const account = /^\d{12}$/.test(one.principal) ? one.principal : parseArn(one.principal)?.account;
  return account === own;
}

/** Roles that are a profile's, or that let in somebody of the clusters. */
export const isConcerned = ({ namedBy, clusters }: JudgedRole): boolean => namedBy.length > 0 || clusters.length > 0;

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

/** Whether a role lets in accounts of a set that is not of single ones. */
export const setWords = (isolation: Isolation, { sets }: JudgedRole): readonly string[] => [
  ...new Set(sets.map(({ tokens }: { readonly tokens: AdmittedTokens }) => wordsOf(isolation, tokens))),
];
