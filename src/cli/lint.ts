/** `kubeflow-irsa lint`: the findings of the editor, for terminals, pre-commit hooks and CI. Reads files, never the network. */
import type { Dirent } from 'node:fs';
import { open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import ignore, { type Ignore } from 'ignore';
import type { FailureModeId } from '../core/modes/ids.ts';
import { docsUrl } from '../core/modes/table.ts';
import { applyFixes, atLeast, FIX_SEVERITY, preferredFix, SEVERITIES } from '../core/fix.ts';
import { lintFolder, normalPath, patchFiles, type LintFile, type ReadTerraform } from '../core/lint.ts';
import { HEAD, isKustomization, isRead, isRecords, isTerraform, looksOurs, terraformLooksOurs } from '../core/look.ts';
import type { Finding, Severity } from '../core/finding.ts';
import { messageOf } from '../core/text.ts';
import { EXIT, UsageError, type Context } from './parse.ts';
import { sarif } from './sarif.ts';
import { visible, visibleJson } from './visible.ts';

/** Read as well where they are named: files that do not say what they are. */
const isNameless = (file: string): boolean => /^(?:[^.]*|\.[^.]*)$/.test(path.basename(file));
/** Folders that hold no source of anybody's. */
const NEVER = new Set(['.git', 'node_modules', '.vscode-test']);
/** A file longer than this is no manifest; in bytes. */
const MAX_SIZE = 20 * 1024 * 1024;

/** A file or folder that the system would not read, and why. */
interface Unread {
  readonly path: string;
  readonly reason: string;
}

const unread = (target: string, error: unknown): Unread => ({
  path: target,
  reason: messageOf(error),
});

/** Files below a folder, in order, without what its ignore files leave out; what could not be read is added to `failures`. */
async function* walk(
  folder: string,
  failures: Unread[],
  above: readonly { at: string; rules: Ignore }[] = [],
): AsyncGenerator<string> {
  let entries: Dirent[];
  let filters = above;
  try {
    entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
    if (entries.some((entry) => entry.name === '.gitignore' && entry.isFile())) {
      const rules = ignore().add(await readFile(path.join(folder, '.gitignore'), 'utf8'));
      filters = [{ at: folder, rules }, ...above];
    }
  } catch (error) {
    failures.push(unread(folder, error));
    return;
  }
  // As in git, the innermost ignore file that speaks of a path decides.
  const isLeftOut = (target: string, isFolder: boolean): boolean => {
    for (const { at, rules } of filters) {
      const relative = path.relative(at, target).split(path.sep).join('/');
      const { ignored, unignored } = rules.test(isFolder ? `${relative}/` : relative);
      if (ignored || unignored) return ignored;
    }
    return false;
  };
  for (const entry of entries) {
    const target = path.join(folder, entry.name);
    if (NEVER.has(entry.name) || isLeftOut(target, entry.isDirectory())) continue;
    if (entry.isDirectory()) yield* walk(target, failures, filters);
    else if (entry.isFile() && (isRead(entry.name) || isTerraform(entry.name))) yield target;
  }
}

interface SourceFile extends LintFile {
  /** False where the bytes are no UTF-8: then the file is read, never written. */
  readonly writable: boolean;
  /** Read for what another file of Terraform refers to: not itself to be linted. */
  readonly isBeside?: true;
}

/** The file, or undefined if it is none to be linted. Throws for one that was named, because its reader waits for a word. */
async function readSource(file: string, isNamed = false): Promise<SourceFile | undefined> {
  const { size } = await stat(file);
  const isTooLong = size > MAX_SIZE;
  // Of a large file a look at its beginning may be enough.
  const head = size > 4 * HEAD ? await readHead(file) : undefined;
  const isData = head !== undefined && (isTooLong || isRecords(head));
  const bytes = isData ? Buffer.from(head) : await readFile(file);
  const text = bytes.toString('utf8');
  const reason = unreadable(text) ?? (isTooLong ? `it is longer than ${MAX_SIZE / 1024 / 1024} MB.` : undefined);
  // In a folder it is the name by which a file is looked for.
  if (
    isNamed &&
    reason === undefined &&
    !isRead(file) &&
    !isTerraform(file) &&
    !isNameless(file) &&
    !/^\uFEFF?\s*[{[]/.test(text)
  )
    throw new Error('lint reads YAML, JSON and Terraform, templates of them, and shell scripts.');
  if (reason === undefined) return { path: file, text, writable: Buffer.from(text, 'utf8').equals(bytes) };
  if (isNamed) throw new Error(reason);
  return undefined;
}

/** The first bytes of a file. */
async function readHead(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Why lint cannot read a text, if so. */
function unreadable(text: string): string | undefined {
  if (text.slice(0, HEAD).includes('\0')) return 'it is not text, or not UTF-8.';
  return isRecords(text) ? 'it is JSON Lines: lint reads documents.' : undefined;
}

/** The files of ours among these paths, and what could not be read. Throws {@link UsageError} where there is no such path. */
export async function readAll(paths: readonly string[]): Promise<{ files: SourceFile[]; failures: readonly Unread[] }> {
  const files = new Map<string, SourceFile>();
  const failures: Unread[] = [];
  const others = new Map<string, string>();
  for (const target of paths) {
    const kind = await stat(target).catch(() => undefined);
    if (kind === undefined) throw new UsageError(`There is no file or folder ${target}.`);
    for await (const file of kind.isDirectory() ? walk(target, failures) : [target]) {
      try {
        const source = await readSource(file, !kind.isDirectory());
        // Of a large folder only what is ours is kept.
        if (source === undefined) continue;
        const looks = isTerraform(file) ? terraformLooksOurs : looksOurs;
        if (looks(source.text) || isKustomization(file)) files.set(path.resolve(file), source);
        else others.set(normalPath(file), file);
      } catch (error) {
        failures.push(unread(file, error));
      }
    }
  }
  // A patch may not say itself that it is about a Profile.
  for (const patch of patchFiles([...files.values()]).keys()) {
    // Nor has what a ConfigMap is made of a name that says so.
    const file = others.get(patch) ?? (files.has(path.resolve(patch)) || !isBelow(patch, paths) ? undefined : patch);
    const source = file === undefined ? undefined : await readSource(file).catch(() => undefined);
    if (file !== undefined && source) files.set(path.resolve(file), source);
  }
  for (const source of await beside([...files.values()])) files.set(path.resolve(source.path), source);
  return { files: [...files.values()], failures };
}

/** The other files of the folders of these, where they are Terraform: what stands in one is referred to in another. */
async function beside(files: readonly LintFile[]): Promise<readonly SourceFile[]> {
  const known = new Set(files.map((file) => path.resolve(file.path)));
  const found: SourceFile[] = [];
  for (const folder of new Set(files.filter(isTerraformFile).map((file) => path.dirname(file.path)))) {
    for (const name of (await readdir(folder).catch(() => [])).sort()) {
      const file = path.join(folder, name);
      if (!isTerraform(name) || known.has(path.resolve(file))) continue;
      const source = await readSource(file).catch(() => undefined);
      if (source) found.push({ ...source, isBeside: true });
    }
  }
  return found;
}
const isTerraformFile = (file: LintFile): boolean => isTerraform(file.path);

/** What lint needs for these files beside its options: the reader of Terraform is loaded where there is such a file. */
export const withReaders = async <T extends object>(
  options: T,
  files: readonly LintFile[],
): Promise<T & { readonly terraform?: ReadTerraform }> =>
  files.some(isTerraformFile)
    ? { ...options, terraform: (await import('../core/terraform/resources.ts')).readTerraform }
    : options;

/** Whether a path is one of these, or lies below it. */
const isBelow = (file: string, paths: readonly string[]): boolean =>
  paths.some((one) => !path.relative(one, file).split(path.sep).includes('..'));

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

/** The documented shape of `--format json`. */
interface Report {
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

function report(file: SourceFile, findings: readonly Finding[]): Report[] {
  const at = positions(file.text);
  const place = ({ start, end }: { start: number; end: number }) => {
    const [from, to] = [at(start), at(end)];
    return { line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
  };
  return findings.map((finding) => ({
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
  }));
}

/** A file as a line may begin with it: a log of CI obeys a line that begins with two colons. */
export const shown = (file: string): string => visible(file).replace(/^(?=\s*:)/, './');

/** One finding a line, as compilers write it: terminals make it a link. */
const textOf = (reports: readonly Report[]): string =>
  reports
    .map(({ file, line, column, severity, id, message }) => {
      return `${shown(file)}:${line}:${column}: ${severity} ${id}: ${visible(message)}\n`;
    })
    .join('');

/** The findings as SARIF. */
const sarifOf = (reports: readonly Report[], version: string): string =>
  sarif(
    version,
    reports.map(({ file, line, column, endLine, endColumn, id, severity, message }) => ({
      id,
      severity,
      message,
      more: {
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: file.split('/').map(encodeURIComponent).join('/') },
              region: { startLine: line, startColumn: column, endLine, endColumn },
            },
          },
        ],
      },
    })),
  );

/** A value of a workflow command, whose own marks it must not hold. */
const commandValue = (text: string): string => visible(text).replaceAll('%', '%25');
const commandProperty = (text: string): string => commandValue(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** Workflow commands of GitHub Actions: the log shows them, and the change and its files are annotated. */
function githubOf(reports: readonly Report[]): string {
  const level = { error: 'error', warning: 'warning', information: 'notice', hint: 'notice' } as const;
  return reports
    .map(({ file, line, column, endLine, endColumn, id, severity, message }) => {
      const place = `file=${commandProperty(file)},line=${line},endLine=${endLine},col=${column},endColumn=${endColumn}`;
      return `::${level[severity]} ${place},title=${commandProperty(id)}::${commandValue(`${message} ${docsUrl(id)}`)}\n`;
    })
    .join('');
}

/** Applies the preferred fixes, until there are none or for ten rounds, and writes the files; the files as they are now. */
async function fixed(
  files: readonly SourceFile[],
  options: Parameters<typeof lintFolder>[1],
  severity: Severity,
): Promise<readonly SourceFile[]> {
  let current = files;
  const done: Finding[] = [];
  for (let round = 0; round < 10; round += 1) {
    const found = lintFolder(current, options);
    const next = current.map((file) =>
      file.writable && file.isBeside !== true
        ? {
            ...file,
            text: applyFixes(file.text, atLeast(severity, found.get(file.path) ?? []), undefined, (one) =>
              done.push(one),
            ),
          }
        : file,
    );
    if (next.every(({ text }, index) => text === current[index]?.text)) break;
    current = next;
  }
  for (const [index, { path: file, text }] of current.entries())
    if (text !== files[index]?.text) await writeFile(file, text);
  if (done.length > 0) process.stderr.write(`Fixed: ${tally(done)}.\n`);
  return current;
}

/** Findings by id, the most frequent first: `KP-006 (2), KP-009 (1)`. */
function tally(findings: readonly Finding[]): string {
  const counts = new Map<string, number>();
  for (const { id } of findings) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([id, count]) => `${id} (${count})`)
    .join(', ');
}

interface LintValues {
  readonly format: 'text' | 'json' | 'sarif' | 'github';
  readonly fix: boolean;
  readonly 'fix-severity': Severity | undefined;
  /** Findings up to this one do not count. */
  readonly 'max-severity': Severity | 'none';
  /** NAME=VALUE, each. */
  readonly var: readonly string[];
}

/** Runs the linter; the exit code. */
export async function lint(values: LintValues, { paths, version }: Context): Promise<number> {
  if (values['fix-severity'] !== undefined && !values.fix)
    throw new UsageError('--fix-severity says what --fix mends: add --fix.');
  const severity = values['fix-severity'] ?? FIX_SEVERITY;
  const tolerated = values['max-severity'] === 'none' ? -1 : SEVERITIES.indexOf(values['max-severity']);
  const variables = Object.fromEntries(
    values.var.map((text) => {
      const equals = text.indexOf('=');
      return [text.slice(0, equals), text.slice(equals + 1)] as const;
    }),
  );
  const { files: read, failures } = await readAll(paths.length > 0 ? paths : ['.']);
  const options = await withReaders({ context: { variables } }, read);
  const files = values.fix ? await fixed(read, options, severity) : read;
  const findings = lintFolder(files, options);
  const reports = files.flatMap((file) => (file.isBeside === true ? [] : report(file, findings.get(file.path) ?? [])));
  const written: Record<LintValues['format'], () => string> = {
    text: () => textOf(reports),
    json: () => `${visibleJson(JSON.stringify({ findings: reports }, undefined, 2))}\n`,
    sarif: () => visibleJson(sarifOf(reports, version)),
    github: () => githubOf(reports),
  };
  process.stdout.write(written[values.format]());
  if (values.fix) {
    const milder = [...findings.values()].flat().filter((one) => preferredFix(one) && !atLeast(severity, [one]).length);
    if (milder.length > 0)
      process.stderr.write(`Not fixed, because less severe than ${severity}: ${tally(milder)}. See --fix-severity.\n`);
  }
  for (const { path: target, reason } of failures)
    process.stderr.write(`Not read: ${visible(target)}: ${visible(reason)}\n`);
  if (failures.length > 0) return EXIT.couldNotRun;
  return reports.some(({ severity }) => SEVERITIES.indexOf(severity) > tolerated) ? EXIT.notAsWanted : EXIT.done;
}
