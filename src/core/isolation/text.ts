/** A matrix as text: what differs first, then the table, in words. Plans and documents are English; see {@link reportJson} for tools. */
import { roleNameOf } from '../arn/arn.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { spoken } from '../text.ts';
import { deedsOf, type Because, type Cell, type Decided, type Isolation } from './matrix.ts';
import type { Difference } from './difference.ts';
import { isAtHome, isConcerned, placeName, setWords, subjectName, wordsOf } from './names.ts';
import type { Deed } from './reach.ts';
import type { Report } from './report.ts';

/** Rows and columns of one table; of more, only those that differ are shown. */
const MOST_ROWS = 60;
/** Columns beside each other. */
const COLUMNS = 10;
/** Names in one line. */
const NAMES = 8;
/** Lines of a section. */
const LINES = 200;

/** `write, read and list` */
const and = (words: readonly string[], last = 'and'): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1) ?? ''}`;

const some = (names: readonly string[], most = NAMES): string =>
  names.length <= Math.max(most, 2)
    ? and(names)
    : `${names.slice(0, most).join(', ')} and ${names.length - most} others`;

export const deedWords = (deeds: readonly Deed[]): string => and(deeds);

const statementWords = ({ policy, statement, sid }: Decided): string =>
  `statement ${statement + 1}${sid === undefined ? '' : ` (${sid})`} of ${policy.startsWith('trust policy') || policy.startsWith('policy of') ? `the ${policy}` : `policy ${policy}`}`;

/** The lines that say why, and the least request that shows it. */
export function becauseLines({ role, by, statements, request, why }: Because): readonly string[] {
  const path = by.length === 0 ? '' : `, by way of ${and(by.map((one) => roleNameOf(one) ?? one))}`;
  const [door, ...rest] = statements;
  return [
    `by role ${roleNameOf(role) ?? role}${path}: ${door === undefined ? '' : `${statementWords(door)} lets it in`}${rest.length === 0 ? '' : `, ${and(rest.map(statementWords))} ${rest.length > 1 ? 'allow' : 'allows'} it`}`,
    ...(why === undefined ? [] : [`it depends on ${why}`]),
    ...(request === undefined
      ? []
      : [
          `shown by: ${request.token === undefined ? 'credentials of EKS Pod Identity' : `a token of ${request.token.iss} with sub ${request.token.sub} and aud ${request.token.aud}`}, ${and(request.assume.map((one) => `role ${one}`))}, ${request.call.action} on ${request.call.resource}${Object.entries(
            request.call.values,
          )
            .map(([key, value]) => ` with ${key} "${value}"`)
            .join('')}`,
        ]),
  ];
}

/** A difference, in one sentence. */
export function differenceText({ kind, who, what, may, role }: Difference): string {
  const [whom, where] = [some(who), some(what)];
  switch (kind) {
    case 'reaches':
      return `${whom} may ${deedWords(may)} ${where}`;
    case 'perhaps':
      return may.length === 0
        ? `Whether ${whom} ${role === undefined ? 'may use' : 'gets into'} ${where} cannot be judged`
        : `Whether ${whom} may ${deedWords(may)} ${where} cannot be judged`;
    case 'lacks':
      return may.length === 0
        ? `${whom} may do nothing in ${where}`
        : `${whom} may not ${deedWords(may)} ${where}, and must`;
    case 'key':
      return `${whom} may use key ${where}, and nothing in a bucket of this key is theirs`;
    case 'set':
      return `${whom}: all of these get into role ${roleNameOf(role ?? '') ?? role ?? ''}, and with it may ${deedWords(may)} ${where}`;
    case 'other':
      return `${whom} gets into ${where}`;
  }
}

const MARK: Readonly<Record<Difference['kind'], string>> = {
  reaches: '!',
  perhaps: '?',
  lacks: '!',
  key: '!',
  set: '!',
  other: '!',
};

/** The line of each difference with its reasons. */
function differenceLines(difference: Difference): readonly string[] {
  return [
    `${MARK[difference.kind]} ${spoken(differenceText(difference))}.`,
    ...(difference.because === undefined ? [] : becauseLines(difference.because)).map(
      (line) => `      ${spoken(line)}`,
    ),
    ...(difference.note === undefined ? [] : [`      ${spoken(difference.note)}`]),
  ];
}

/** What stands in a cell: the strongest that may be done; `[…]` is its own, `-` nothing. */
function cellText({ yes, unknown }: Cell, own: boolean): string {
  const [strongest] = deedsOf(yes);
  const open = deedsOf(unknown).length > 0 ? '?' : '';
  const word = strongest === undefined ? open || '-' : `${strongest}${open}`;
  return own ? `[${word}]` : word;
}

/** A line of the table: one service account, or several that are no profile's own and may the same. */
interface Row {
  readonly title: string;
  readonly cells: readonly string[];
}

function rowsOf(isolation: Isolation, subjects: readonly number[], columns: readonly number[]): readonly Row[] {
  const merged = new Map<string, { readonly names: string[]; readonly cells: readonly string[] }>();
  for (const at of subjects) {
    const { profile, name, namespace } = isolation.subjects[at] ?? {};
    const own = profile === undefined ? undefined : isolation.profiles[profile]?.place;
    const cells = columns.map((place) => cellText(isolation.cell(at, place), place === own));
    const key =
      name === SERVICE_ACCOUNT && profile !== undefined
        ? `${at}`
        : JSON.stringify([profile === undefined ? '' : namespace, cells]);
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { names: [subjectName(isolation, at)], cells });
    else known.names.push(subjectName(isolation, at));
  }
  return [...merged.values()].map(({ names, cells }) => ({ title: spoken(some(names, 1)), cells }));
}

/** The table, in blocks of columns. */
function table(isolation: Isolation, subjects: readonly number[], columns: readonly number[]): readonly string[] {
  const rows = rowsOf(isolation, subjects, columns);
  const width = Math.max(...rows.map(({ title }) => title.length), 12);
  const lines: string[] = [];
  for (let from = 0; from < columns.length; from += COLUMNS) {
    const to = Math.min(from + COLUMNS, columns.length);
    const heads = columns.slice(from, to).map((place) => spoken(placeName(isolation, place)).slice(0, 24));
    const cells = rows.map((row) => row.cells.slice(from, to));
    const widths = heads.map((head, at) => Math.max(head.length, ...cells.map((row) => row[at]?.length ?? 0)));
    const line = (first: string, texts: readonly string[]): string =>
      `${first.padEnd(width)}  ${texts.map((text, at) => text.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd();
    if (from > 0) lines.push('');
    lines.push(line('', heads), ...rows.map(({ title }, at) => line(title, cells[at] ?? [])));
  }
  return lines;
}

/** Rows and columns that are shown: all, or those that differ where there are many. */
function shown({ isolation, differences }: Report): { rows: readonly number[]; columns: readonly number[] } {
  const rows = [...isolation.subjects.keys()];
  const columns = [...isolation.places.keys()];
  const [who, what] = [new Set(differences.flatMap((one) => one.who)), new Set(differences.flatMap((one) => one.what))];
  const first = <T>(items: readonly T[], differs: (item: T) => boolean): readonly T[] =>
    items.length <= MOST_ROWS ? items : items.filter(differs).slice(0, MOST_ROWS);
  return {
    rows: first(rows, (row) => who.has(subjectName(isolation, row))),
    columns: first(columns, (place) => what.has(placeName(isolation, place))),
  };
}

const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** How it stands, in one sentence. */
export function headline({ isolation, differences }: Report): string {
  const { profiles, subjects, roles } = isolation;
  const about = `${counted(profiles.length, 'profile')}, ${counted(subjects.length, 'service account')}, ${counted(roles.length, 'role')}`;
  const unsure = differences.filter(({ kind }) => kind === 'perhaps').length;
  const wrong = differences.length - unsure;
  const told =
    differences.length === 0
      ? 'as expected'
      : and([
          ...(wrong === 0 ? [] : [`${counted(wrong, 'difference')}`]),
          ...(unsure === 0 ? [] : [`${unsure} that cannot be judged`]),
        ]);
  return `${about}: ${told}`;
}

/** A line of the document with what it is about, for who puts actions there. */
export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

export function sectionsOf(report: Report, tried: readonly string[] = []): readonly Section[] {
  const { isolation, differences, unused } = report;
  const { world, roles, profiles, keys, subjects } = isolation;
  const { rows, columns } = shown(report);
  const concerned = roles.filter(isConcerned);
  const left = (count: number, what: string): readonly string[] => (count > 0 ? [`… and ${count} more ${what}.`] : []);
  const differing = differences.slice(0, LINES);
  const homes = concerned.flatMap((judged) =>
    judged.others.filter((one) => isAtHome(judged, one)).map((one) => ({ judged, one })),
  );
  const unnamed = concerned.filter(({ namedBy }) => namedBy.length === 0);
  const shared = concerned.filter(({ clusters }) => clusters.length > 1);
  const wide = concerned.filter(({ sets }) => sets.length > 0);
  const names = (list: readonly number[]): string => some(list.map((at) => profiles[at]?.name ?? ''));
  const several = concerned.filter(({ namedBy }) => namedBy.length > 1);
  const rolesTold = [
    ...unnamed.map(
      (judged) => `${judged.role.name}: no profile names it, and it lets in ${some(lettingIn(isolation, judged))}`,
    ),
    ...shared.map(
      (judged) =>
        `${judged.role.name}: shared over clusters ${and(judged.clusters.map((at) => world.clusters[at]?.name ?? ''))}`,
    ),
    ...several.map((judged) => `${judged.role.name}: the role of ${names(judged.namedBy)}`),
    ...wide.map(
      (judged) => `${judged.role.name}: lets in ${some(setWords(isolation, judged))}, a set and no single accounts`,
    ),
    ...homes.map(
      ({ judged, one }) => `${judged.role.name}: also lets in ${wordsOf(isolation, one)}, of the same account`,
    ),
  ];
  const without = profiles.filter(({ place }) => place === undefined);
  return [
    {
      title: 'What differs',
      lines:
        differences.length === 0
          ? ['Nothing: each profile reaches only its own, and what is expected besides.']
          : [...differing.flatMap(differenceLines), ...left(differences.length - differing.length, 'differences')],
    },
    ...(tried.length === 0 ? [] : [{ title: 'Tried', lines: tried }]),
    {
      title: 'Who may what: rows may it in columns',
      lines:
        rows.length === 0 || columns.length === 0
          ? [
              profiles.length === 0
                ? 'There is no profile.'
                : `All ${counted(subjects.length, 'service account')} reach only their own.`,
            ]
          : [
              ...table(isolation, rows, columns),
              '',
              'The strongest of control (change the policy of the bucket), write, delete, read and list; [ ] its own; - nothing; ? cannot be judged.',
              ...(subjects.length > rows.length
                ? [
                    `The other ${counted(subjects.length - rows.length, 'service account')} reach only what is expected.`,
                  ]
                : []),
            ],
    },
    ...(without.length === 0
      ? []
      : [
          {
            title: 'Profiles without a place',
            lines: [
              ...without.slice(0, LINES).map(({ name, why }) => `${name}: ${spoken(why ?? 'it names none.')}`),
              ...left(without.length - LINES, 'profiles'),
            ],
          },
        ]),
    ...(keys.length === 0
      ? []
      : [
          {
            title: 'Keys',
            lines: keys.map(({ arn }, key) => {
              const of = (answer: string): readonly string[] =>
                [...subjects.keys()]
                  .filter((who) => isolation.keyCell(who, key).read === answer)
                  .map((who) => subjectName(isolation, who));
              const [may, open] = [of('yes'), of('unknown')];
              return spoken(
                `${arn}: read by ${may.length === 0 ? 'nobody' : some(may)}${open.length === 0 ? '' : `; cannot be judged for ${some(open)}`}`,
              );
            }),
          },
        ]),
    ...(rolesTold.length === 0
      ? []
      : [
          {
            title: 'Roles',
            lines: [...rolesTold.slice(0, LINES).map(spoken), ...left(rolesTold.length - LINES, 'lines')],
          },
        ]),
    ...(unused.length === 0
      ? []
      : [
          {
            title: 'Expected, and not so',
            lines: unused.map(({ who, what, why }) => spoken(`allow: ${who} in ${what}: ${why}`)),
          },
        ]),
    { title: 'Where the proof ends', lines: world.limits.map(({ text }) => `- ${spoken(text)}`) },
  ];
}

/** Who of the clusters is let in by a role: single accounts, and sets. */
function lettingIn(isolation: Isolation, judged: Isolation['roles'][number]): readonly string[] {
  const role = isolation.roles.indexOf(judged);
  const single = [...isolation.subjects.keys()].filter((who) =>
    isolation.admissions(who).some((one) => one.role === role),
  );
  return [...setWords(isolation, judged), ...single.map((who) => subjectName(isolation, who))];
}

/** Where it was looked. */
export const titleOf = ({ isolation: { world } }: Report): string =>
  `Isolation: ${and(world.clusters.map(({ name, region }) => `${name} (${region})`))}`;

/** All of it, as a document. */
export function reportText(report: Report, tried: readonly string[] = []): string {
  const sections = sectionsOf(report, tried).map(({ title, lines }) => `## ${title}\n\n${lines.join('\n')}`);
  return `${[`# ${titleOf(report)}`, `${headline(report)}.`, ...sections].join('\n\n')}\n`;
}
