/** What must be so of a matrix and is not, and keys that serve whoever has nothing in their buckets. */
import { roleNameOf } from '../arn/arn.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { guardWords, type GuardReason } from '../policy/organization.ts';
import type { Found } from './difference.ts';
import { fitsName, mayBeSo, type Entry, type Expectation } from './expect.ts';
import { bit, deedsOf, type Isolation } from './matrix.ts';
import { subjectName } from './names.ts';
import type { Deed } from './reach.ts';

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

/** What must be so and is not. */
export function lacking(
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
export function keysUsed(
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
