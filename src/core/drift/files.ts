/** What the files of a workspace declare, asked for one thing: who manages it by that, and where it is not as they have it. */
import { byMaker, managedWords, manages } from '../maker.ts';
import { phrase, type Phrase } from '../phrase.ts';
import { spoken } from '../text.ts';
import type { Maker } from '../tools.ts';
import type { Declared } from './declared.ts';

/** A thing that is live. `name` as of {@link Declared}. */
export interface Sought extends Pick<Declared, 'kind' | 'name'> {
  /** The number of its account; of a Profile that of its cluster. */
  readonly account: string;
}

/** The declarations of a thing, in the order of their files; none where nothing is known. */
export type DeclaredOf = (sought: Sought) => readonly Declared[];
export const NO_FILES: DeclaredOf = () => [];

const keyOf = ({ kind, name }: Pick<Declared, 'kind' | 'name'>): string => `${kind} ${name}`;

/** Things by their names, so that a row costs a look however many files there are. */
export function declarations(all: readonly Declared[]): DeclaredOf {
  const index = new Map<string, { readonly one: Declared; readonly accounts: readonly string[] }[]>();
  for (const one of [...all].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.start - b.start))) {
    const known = index.get(keyOf(one));
    const entry = { one, accounts: accountsOf(one) };
    if (known === undefined) index.set(keyOf(one), [entry]);
    else known.push(entry);
  }
  return (sought) =>
    (index.get(keyOf(sought)) ?? [])
      .filter(({ accounts }) => accounts.length === 0 || accounts.includes(sought.account))
      .map(({ one }) => one);
}

/**
 * The accounts that a declaration says it is of: a role by the OIDC providers that its trust policy names, which are always of its own
 * account; a Profile by its role. Empty: any. A file says nothing else of where it is applied.
 */
function accountsOf({ kind, says }: Declared): readonly string[] {
  const named = { role: 'oidc-provider', profile: 'role', provider: undefined }[kind];
  const wanted = says.filter(({ what }) => what === 'trust' || what === 'plugins');
  const arns = JSON.stringify(wanted.map(({ value }) => value)).matchAll(/arn:[\w-]+:iam::(\d{12}):([\w-]+)\//g);
  return [...new Set([...arns].flatMap(([, account = '', type]) => (type === named ? [account] : [])))];
}

/** The files, each once: "a.yaml, b.yaml". */
export const filesOf = (declared: readonly Declared[]): string =>
  spoken([...new Set(declared.map(({ file }) => file))].join(', '));

/** Who manages a thing, with the files that declare it. What the thing itself proves comes first; a file without a tool proves nothing. */
export function makerWith(maker: Maker, declared: readonly Declared[]): Maker {
  if (manages(maker)) return maker;
  const tool = declared.find((one) => one.tool !== undefined)?.tool;
  if (tool === undefined) return maker;
  return { answer: 'tool', tool, evidence: `declared in ${filesOf(declared.filter((one) => one.tool === tool))}` };
}

/** What a row says of it, and lines for its tooltip. */
export interface ManagedSaid {
  /** "by Terraform". */
  readonly by: Phrase | undefined;
  readonly lines: readonly Phrase[];
}

/** Who manages a thing, in words. `maker`: by what the thing itself bears. */
export function managedSaid(maker: Maker, declared: readonly Declared[]): ManagedSaid {
  const all = makerWith(maker, declared);
  const words = managedWords(all);
  // The evidence names the files already.
  const told = all === maker && declared.length > 0 ? [phrase('Declared in {0}', filesOf(declared))] : [];
  return { by: byMaker(all), lines: [...(words === undefined ? [] : [words]), ...told] };
}
