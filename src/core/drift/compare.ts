/** Drift: where what is live is not as a file has it, with both sides. */
import type { Finding } from '../finding.ts';
import { grouped } from '../modes/folder.ts';
import { rated } from '../modes/table.ts';
import type { OidcProvider, Profile, Role } from '../observation.ts';
import { found, type Reading } from '../reading.ts';
import { spoken } from '../text.ts';
import { TOOLS, type ToolId } from '../tools.ts';
import type { Declared } from './declared.ts';
import { SETTINGS } from './settings.ts';

/** What is live; undefined: it is not known here, and nothing is said of it. */
export interface LiveThings {
  readonly role: (name: string) => Reading<Role> | undefined;
  readonly profile: (name: string) => Reading<Profile> | undefined;
  /** By its issuer, without `https://`. */
  readonly provider: (issuer: string) => Reading<OidcProvider> | undefined;
}

/** What is live as plain data, by the same names: it may go to another thread. */
export interface HeldThings {
  readonly roles: Readonly<Record<string, Role>>;
  readonly profiles: Readonly<Record<string, Profile>>;
  readonly providers: Readonly<Record<string, OidcProvider>>;
}

/** The same to be asked. */
export function heldThings({ roles, profiles, providers }: HeldThings): LiveThings {
  const of =
    <T>(all: Readonly<Record<string, T>>) =>
    (name: string): Reading<T> | undefined =>
      Object.hasOwn(all, name) ? found(all[name] as T) : undefined;
  return { role: of(roles), profile: of(profiles), provider: of(providers) };
}

export interface Difference {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** "IAM role x". */
  readonly thing: string;
  /** "its trust policy". */
  readonly what: string;
  readonly declared: string;
  readonly live: string;
  /** Who makes it of the file. */
  readonly tool?: ToolId;
}

const TITLES = {
  role: (name: string) => `IAM role ${name}`,
  profile: (name: string) => `Profile ${name}`,
  provider: (name: string) => `OIDC provider ${name}`,
} as const;
export const titleOfDeclared = ({ kind, name }: Pick<Declared, 'kind' | 'name'>): string => TITLES[kind](name);

/** Whether two declarations are of one thing. */
const keyOf = ({ kind, name }: Declared): string => `${kind} ${name}`;

/** `missing`: a thing that a file has and that is not there is a difference, too. */
export function differences(
  declared: readonly Declared[],
  live: LiveThings,
  { missing }: { readonly missing: boolean },
): readonly Difference[] {
  const together = grouped(declared, keyOf);
  const all = declared.flatMap((one): readonly Difference[] => {
    const reading = live[one.kind](one.name);
    const { file, start, end, tool } = one;
    const thing = titleOfDeclared(one);
    const of = tool === undefined ? {} : { tool };
    if (reading?.state === 'absent' && missing)
      return [{ file, start, end, thing, what: 'it', declared: 'is there', live: 'does not exist', ...of }];
    if (reading?.state !== 'found') return [];
    const said = one.says.flatMap((each): readonly Difference[] => {
      if (each.ignored === true) return [];
      const { what, key = '', value } = each;
      const { title, live: read, same, words } = SETTINGS[what];
      const its = read(reading.value as never, key);
      if (its === undefined || same(value, its)) return [];
      const sides = { declared: words(value, its), live: words(its, value) };
      return [{ file, start: each.start, end: each.end, thing, what: title(key), ...sides, ...of }];
    });
    return [...said, ...(one.kind === 'role' ? added(one, together.get(keyOf(one)) ?? [], reading.value as Role) : [])];
  });
  // Names and policies are of files and of AWS: text.
  return all.map((one) => ({
    ...one,
    thing: spoken(one.thing),
    what: spoken(one.what),
    declared: spoken(one.declared),
    live: spoken(one.live),
  }));
}

/** Inline policies that somebody gave the role besides those of its files. */
function added(one: Declared, all: readonly Declared[], role: Role): readonly Difference[] {
  if (one.whole !== true) return [];
  const names = new Set(all.flatMap(({ says }) => says.flatMap(({ what, key }) => (what === 'inline' ? [key] : []))));
  const { file, start, end, tool } = one;
  return role.inline
    .filter(({ name }) => !names.has(name))
    .map(({ name, text }) => ({
      ...{ file, start, end, thing: titleOfDeclared(one), what: SETTINGS.inline.title(name) },
      ...{ declared: 'none', live: SETTINGS.inline.words(text, null) },
      ...(tool === undefined ? {} : { tool }),
    }));
}

/** Settings that are several things. */
const PLURAL = new Set([SETTINGS.attached, SETTINGS.plugins, SETTINGS.audiences].map(({ title }) => title('')));

/** A difference as a finding. */
export const driftFinding = ({ start, end, thing, what, declared, live, tool }: Difference): Finding =>
  rated({
    id: 'KP-090',
    message: spoken(
      what === 'it'
        ? `${thing} is in this file and does not exist.`
        : `${thing}: ${what} ${PLURAL.has(what) ? 'are' : 'is'} not as this file has it. File: ${declared}. Live: ${live}.${tool === undefined ? '' : ` ${TOOLS[tool].title} would set it back when it is next applied.`}`,
    ),
    start,
    end,
    fixes: [],
  });
