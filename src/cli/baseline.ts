/** Findings that a repository has already, so that only new ones count: `lint --baseline FILE`. */
import { readFile, writeFile } from 'node:fs/promises';
import { shortHash } from '../core/arn/names.ts';
import { isFailureModeId } from '../core/modes/table.ts';
import { messageOf } from '../core/text.ts';
import type { Told } from './judge.ts';
import { UsageError } from './parse.ts';

/** Said in the file; another one is another form. */
const VERSION = 1;

/** A finding that is known. `fingerprint`: of the line in which it stands, wherever that is now, and how many such there were before. */
export interface Known {
  readonly id: string;
  /** From the root of the repository, with slashes. */
  readonly file: string;
  readonly fingerprint: string;
}

/**
 * What tells each finding again: its id, its file, its line without indentation, and which of the same it is. Lines that move change
 * nothing.
 *
 * @param told in the order of their files and places
 * @param fileOf the file as the baseline names it
 */
export function knownAs(told: readonly Told[], fileOf: (file: string) => string): readonly Known[] {
  const seen = new Map<string, number>();
  return told.map(({ report: { id, file: shown }, text }) => {
    const file = fileOf(shown);
    const key = `${id}\n${file}\n${text}`;
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return { id, file, fingerprint: `${shortHash(key)}${shortHash(`${key.length} ${key}`)}:${count}` };
  });
}

const keyOf = ({ id, file, fingerprint }: Known): string => `${id}\n${file}\n${fingerprint}`;

/** A baseline, asked of each finding once. */
export interface Baseline {
  readonly has: (one: Known) => boolean;
  /** The entries that no finding was. */
  readonly rest: () => readonly Known[];
}

const isKnown = (value: unknown): value is Known =>
  typeof value === 'object' &&
  value !== null &&
  ['id', 'file', 'fingerprint'].every((name) => typeof (value as Record<string, unknown>)[name] === 'string');

/** Reads a baseline. Throws {@link UsageError}, with what to do, where it is none. */
export async function readBaseline(file: string): Promise<Baseline> {
  const again = 'Make it anew with --write-baseline.';
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isMissing) throw new UsageError(`There is no baseline ${file}: add --write-baseline to make it.`);
    throw new UsageError(`The baseline ${file} cannot be read: ${messageOf(error)}`);
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`The baseline ${file} is no JSON: ${messageOf(error)}. ${again}`);
  }
  const { version, findings } = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>;
  if (version !== VERSION)
    throw new UsageError(
      `${file} is no baseline of version ${VERSION}${typeof version === 'number' ? `, but of ${version}` : ''}. ${again}`,
    );
  if (!Array.isArray(findings)) throw new UsageError(`The baseline ${file} has no list "findings". ${again}`);
  const wrong = findings.findIndex((one) => !isKnown(one) || !isFailureModeId(one.id));
  if (wrong >= 0)
    throw new UsageError(
      `The baseline ${file}: findings[${wrong}] is no known finding with id, file and fingerprint. ${again}`,
    );
  const left = new Map((findings as Known[]).map((one) => [keyOf(one), one]));
  return { has: (one) => left.delete(keyOf(one)), rest: () => [...left.values()] };
}

/** Writes a baseline: sorted, an entry a line, so that a change of it can be read. Throws {@link UsageError}. */
export async function writeBaseline(file: string, known: readonly Known[]): Promise<void> {
  const lines = known
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0))
    .map(({ id, file: its, fingerprint }) => `    ${JSON.stringify({ id, file: its, fingerprint })}`);
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  try {
    await writeFile(file, `{\n  "version": ${VERSION},\n  "findings": ${list}\n}\n`);
  } catch (error) {
    throw new UsageError(`The baseline ${file} cannot be written: ${messageOf(error)}`);
  }
}
