/** What lint finds in files on disk: looked at and judged folder by folder, so that of a large tree little is held at a time. */
import path from 'node:path';
import { applyFixes, atLeast, preferredFix } from '../core/fix.ts';
import type { Finding, Severity } from '../core/finding.ts';
import { aroundOf, type Around } from '../core/around.ts';
import { isTied, lintFolder, profileWords, type LintOptions } from '../core/lint.ts';
import { fileLooksOurs, isTerraform } from '../core/look.ts';
import type { FailureModeId } from '../core/modes/ids.ts';
import { besideOf } from './beside.ts';
import { besides, type Listed, type SourceFile, tryRead, type Unread } from './files.ts';

/** The documented shape of `--format json`. */
export interface Report {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly id: FailureModeId;
  readonly severity: Severity;
  readonly message: string;
  readonly fixes: readonly {
    readonly title: string;
    readonly preferred: boolean;
    readonly effect?: 'widens' | 'takes-away';
    readonly edits: readonly { line: number; column: number; endLine: number; endColumn: number; newText: string }[];
  }[];
}

/** A finding with what tells it again when lines have moved. */
export interface Told {
  readonly report: Report;
  /** The line in which it begins, without the space around it; cut. */
  readonly text: string;
  /** What code scanning knows that line by (see {@link lineHashes}). */
  readonly hash: string;
}

/** Line and column of an offset, both from 1; columns in UTF-16 code units. */
export function positions(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

/** Characters from the beginning of a line that its hash is made of, and what each is multiplied with. */
const [HASHED, FACTOR] = [100, 37n];

/**
 * What code scanning knows lines by (`primaryLocationLineHash`; the rules are those of github/codeql-action, src/fingerprints.ts): a
 * polynomial over the next 100 characters but spaces and tabs, in 64 bits, and how often it came before.
 */
export function lineHashes(text: string): (line: number) => string {
  const bare = `${text.replace(/\r\n?/g, '\n').replace(/[ \t]/g, '')}\uFFFF`;
  const starts = [0];
  for (let at = bare.indexOf('\n'); at >= 0; at = bare.indexOf('\n', at + 1)) starts.push(at + 1);
  const seen = new Map<string, number>();
  const count = starts.map((start) => {
    const key = bare.slice(start, start + HASHED);
    const before = (seen.get(key) ?? 0) + 1;
    seen.set(key, before);
    return before;
  });
  return (line) => {
    const start = starts[line - 1] ?? 0;
    let hash = 0n;
    for (let index = 0; index < HASHED; index += 1) {
      const code = bare.charCodeAt(start + index);
      hash = BigInt.asUintN(64, hash * FACTOR + BigInt(Number.isNaN(code) ? 0 : code));
    }
    return `${hash.toString(16)}:${count[line - 1] ?? 1}`;
  };
}

/** Characters of a line that tell it from others. */
const LONGEST_LINE = 200;

export function tell(file: SourceFile, findings: readonly Finding[]): Told[] {
  if (findings.length === 0) return [];
  const at = positions(file.text);
  const hashOf = lineHashes(file.text);
  const place = ({ start, end }: { start: number; end: number }) => {
    const [from, to] = [at(start), at(end)];
    return { line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
  };
  return findings.map((finding) => {
    const lineStart = file.text.lastIndexOf('\n', finding.start - 1) + 1;
    const lineEnd = file.text.indexOf('\n', finding.start);
    const line = file.text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
    const report = {
      file: path.relative('.', file.path).split(path.sep).join('/'),
      ...place(finding),
      id: finding.id,
      severity: finding.severity,
      message: finding.message,
      fixes: finding.fixes
        .filter(({ edits, snippet }) => edits.length > 0 && snippet === undefined)
        .map((fix) => ({
          title: fix.title,
          preferred: fix === preferredFix(finding),
          ...(fix.effect === undefined ? {} : { effect: fix.effect }),
          edits: fix.edits.map((edit) => ({ ...place(edit), newText: edit.newText })),
        })),
    };
    return { report, text: line.trim().slice(0, LONGEST_LINE), hash: hashOf(report.line) };
  });
}

/** What a file says of others; most say nothing. */
export interface Says extends Around {
  /** See {@link profileWords}. */
  readonly words: readonly string[];
}

/** What a first look at files came to. */
export interface Looked {
  /** Those of ours, in order. */
  readonly ours: readonly string[];
  /** By file, of those that say anything. */
  readonly says: readonly (readonly [file: string, says: Says])[];
  readonly failures: readonly Unread[];
}

/** Looks which files are ours. Of their texts nothing is kept. */
export function look(listed: readonly Listed[], options: LintOptions): Looked {
  const [failures, ours, says]: [Unread[], string[], (readonly [string, Says])[]] = [[], [], []];
  for (const one of listed) {
    const file = tryRead(one, failures);
    if (file === undefined) continue;
    // Of a kustomization that is none of ours, only what it says of other files counts.
    if (fileLooksOurs(file.path, file.text)) ours.push(file.path);
    const around = aroundOf([file], options);
    const words = profileWords([file], around);
    if (around.patches.size + around.served.length + around.eks.length + words.length > 0)
      says.push([file.path, { ...around, words }]);
  }
  return { ours, says, failures };
}

/** What folders are judged by. */
export interface Judging {
  readonly options: LintOptions;
  readonly around: Around;
  /** See {@link isTied}. */
  readonly words: ReadonlySet<string>;
  /** What is at least so severe is mended. */
  readonly fix?: Severity;
}

/** What was found in files, and how they are to be. */
export interface Outcome {
  readonly told: readonly Told[];
  /** The files that fixes change, with what each mends. */
  readonly changed: readonly {
    readonly file: string;
    readonly text: string;
    readonly mended: readonly FailureModeId[];
  }[];
  /** Where something is mended: what has a fix that is not taken, because it is not as severe. */
  readonly milder: readonly FailureModeId[];
}

export interface Judged {
  /** By the place of a folder among those that were to be judged. */
  readonly outcomes: readonly (readonly [index: number, outcome: Outcome])[];
  /** Folders that must be judged together with those of Profiles, by their places. */
  readonly tied: readonly number[];
  readonly failures: readonly Unread[];
}

/**
 * Judges folders, each given by the paths of its files.
 *
 * @param before the words by which they were judged before: a folder that is tied as it was says what it said, and is passed over
 */
export async function judgeFolders(
  folders: readonly (readonly string[])[],
  judging: Judging,
  before?: ReadonlySet<string>,
): Promise<Judged> {
  const [failures, outcomes, tied]: [Unread[], (readonly [number, Outcome])[], number[]] = [[], [], []];
  for (const [index, folder] of folders.entries()) {
    const files = readThem(folder, failures);
    const isTiedBy = (words: ReadonlySet<string>): boolean => files.some(({ text }) => isTied(text, words));
    const isNow = isTiedBy(judging.words);
    if (before !== undefined && isTiedBy(before) === isNow) continue;
    if (isNow) tied.push(index);
    else outcomes.push([index, await judgeTogether(files, judging)]);
  }
  return { outcomes, tied, failures };
}

/** Files of ours, by their paths. */
export const readThem = (files: readonly string[], failures: Unread[]): readonly SourceFile[] =>
  files.flatMap((file) => tryRead({ file, named: false }, failures, true) ?? []);

/** Judges files that are held in memory. */
export async function judgeTogether(
  files: readonly SourceFile[],
  { options, around, fix }: Omit<Judging, 'words'>,
): Promise<Outcome> {
  const beside = besideOf(files, options.beside?.tops);
  const found = await findingsOf(files, { ...options, beside }, around);
  const told = files.flatMap((file) => tell(file, found.get(file.path) ?? []));
  if (fix === undefined) return { told, changed: [], milder: [] };
  const changed: Outcome['changed'][number][] = [];
  for (const { path: file, text, writable } of files) {
    if (!writable) continue;
    const mended: FailureModeId[] = [];
    const after = applyFixes(text, atLeast(fix, found.get(file) ?? []), undefined, ({ id }) => mended.push(id));
    if (after !== text) changed.push({ file, text: after, mended });
  }
  const isMilder = (one: Finding): boolean => preferredFix(one) !== undefined && !atLeast(fix, [one])[0];
  const milder = files.flatMap((file) => (found.get(file.path) ?? []).filter(isMilder).map(({ id }) => id));
  return { told, changed, milder };
}

/** What lint finds. The reader of Terraform is loaded where there are such files. */
export async function findingsOf(
  files: readonly SourceFile[],
  options: LintOptions,
  around: Around,
): Promise<ReturnType<typeof lintFolder>> {
  if (!files.some((file) => isTerraform(file.path))) return lintFolder(files, options, around);
  const { readTerraform } = await import(/* webpackChunkName: "terraform" */ '../core/terraform/resources.ts');
  return lintFolder([...files, ...besides(files)], { ...options, terraform: readTerraform }, around);
}

/** Files by folder, in order. */
export function byFolder(files: readonly string[]): readonly (readonly string[])[] {
  const folders = new Map<string, string[]>();
  for (const file of files) {
    const key = path.dirname(file);
    const its = folders.get(key);
    if (its === undefined) folders.set(key, [file]);
    else its.push(file);
  }
  return [...folders.values()];
}
