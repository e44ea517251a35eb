/** `kubeflow-irsa lint`: the findings of the editor, for terminals, pre-commit hooks and CI. Reads files, never the network. */
import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { wordsOf } from '../core/doctor/parts.ts';
import { unknownId } from '../core/entries.ts';
import type { Finding, Severity } from '../core/finding.ts';
import { applyFixes, atLeast, FIX_SEVERITY, preferredFix, SEVERITIES } from '../core/fix.ts';
import { aroundOf, profileWords, type Around, type LintOptions } from '../core/lint.ts';
import type { FailureModeId } from '../core/modes/ids.ts';
import { docsUrl, failureModes } from '../core/modes/table.ts';
import { besideOf } from './beside.ts';
import { knownAs, readBaseline, writeBaseline, type Known } from './baseline.ts';
import { excludedBy, filesOf, patchesBelow, readAll, tryRead } from './files.ts';
import type { Excluded, Listed, SourceFile, Unread } from './files.ts';
import { byFolder, findingsOf, judgeTogether, type Report, tell, type Told } from './judge.ts';
import { EXIT, UsageError, type Context } from './parse.ts';
import { type Notification, regionOf, sarif } from './sarif.ts';
import { repositoryOf, settingsAbove, settingsFrom, type SettingsRead } from './settings.ts';
import { workforce } from './threads.ts';
import { visible, visibleJson } from './visible.ts';

/** A file as a line may begin with it: a log of CI obeys a line that begins with two colons. */
export const shown = (file: string): string => visible(file).replace(/^(?=\s*:)/, './');

/** One finding a line, as compilers write it: terminals make it a link. */
const textOf = (reports: readonly Report[]): string =>
  reports
    .map(({ file, line, column, severity, id, message }) => {
      return `${shown(file)}:${line}:${column}: ${severity} ${id}: ${visible(message)}\n`;
    })
    .join('');

/** Where a file is, as SARIF says it: from the root of the repository, wherever lint was started. */
function artifactOf(file: string, root: string): Readonly<Record<string, string>> {
  const relative = path.relative(root, path.resolve(file));
  if (relative.startsWith('..') || path.isAbsolute(relative)) return { uri: pathToFileURL(file).href };
  return { uri: relative.split(path.sep).map(encodeURIComponent).join('/'), uriBaseId: 'SRCROOT' };
}

/** The findings as SARIF. `root`: of the repository. */
function sarifOf(
  told: readonly Told[],
  known: readonly Known[],
  notifications: readonly Notification[],
  root: string,
  version: string,
): string {
  const results = told.map(({ report, hash }, index) => {
    const { file, id, severity, message, fixes } = report;
    const artifactLocation = artifactOf(file, root);
    return {
      id,
      severity,
      message,
      more: {
        locations: [{ physicalLocation: { artifactLocation, region: regionOf(report) } }],
        partialFingerprints: {
          primaryLocationLineHash: hash,
          ...(known[index] === undefined ? {} : { 'kubeflowIrsaBaseline/v1': known[index].fingerprint }),
        },
        ...(fixes.length === 0
          ? {}
          : {
              fixes: fixes.map(({ title, edits }) => ({
                description: { text: title },
                artifactChanges: [
                  {
                    artifactLocation,
                    replacements: edits.map((edit) => ({
                      deletedRegion: regionOf(edit),
                      insertedContent: { text: edit.newText },
                    })),
                  },
                ],
              })),
            }),
      },
    };
  });
  return sarif(version, results, notifications);
}

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
  options: LintOptions,
  severity: Severity,
): Promise<readonly SourceFile[]> {
  let current = files;
  const done: Finding[] = [];
  for (let round = 0; round < 10; round += 1) {
    const found = await findingsOf(current, options, aroundOf(current));
    const next = current.map((file) =>
      file.writable
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
  readonly only: readonly string[];
  readonly except: readonly string[];
  readonly fix: boolean;
  readonly 'fix-severity': Severity | undefined;
  /** Findings up to this one do not count. */
  readonly 'max-severity': Severity | 'none';
  readonly baseline: string | undefined;
  readonly 'write-baseline': boolean;
  readonly settings: string | undefined;
  /** NAME=VALUE, each. */
  readonly var: readonly string[];
}

/** The rules that an option names, also by their other names. Throws {@link UsageError} for one that there is not. */
function rulesOf(option: string, texts: readonly string[]): readonly FailureModeId[] {
  return texts.flatMap(wordsOf).map((word) => {
    const wanted = word.toUpperCase();
    const mode = failureModes.find(({ id, aliases = [] }) => id === wanted || aliases.includes(wanted));
    if (mode !== undefined) return mode.id;
    throw new UsageError(`--${option}: ${unknownId(word)} docs/failure-modes.md has all ids.`);
  });
}

/** Severities as the settings file and then the command line want them: what is named there is looked for, whatever the file says. */
function severitiesOf(
  rules: LintOptions['severities'],
  only: readonly FailureModeId[],
  except: readonly FailureModeId[],
): Exclude<LintOptions['severities'], undefined> {
  const others = only.length === 0 ? [] : failureModes.flatMap(({ id }) => (only.includes(id) ? [] : [id]));
  const off = new Set<string>([...others, ...except]);
  const kept = Object.entries(rules ?? {}).filter(
    ([id, level]) => !(level === 'off' && only.some((one) => one === id)),
  );
  return Object.fromEntries([...kept, ...[...off].map((id) => [id, 'off'] as const)]);
}

/** What of a run is under one settings file. */
interface Group {
  readonly paths: readonly string[];
  readonly read: SettingsRead;
  readonly options: LintOptions;
  readonly excluded: Excluded | undefined;
}

/** Paths by the settings file that is theirs. */
async function groupsOf(
  paths: readonly string[],
  named: string | undefined,
  optionsOf: (read: SettingsRead) => LintOptions,
): Promise<readonly Group[]> {
  const byFile = new Map<string | undefined, string[]>();
  for (const target of paths) {
    const kind = statSync(target, { throwIfNoEntry: false });
    const file = named ?? settingsAbove(kind?.isDirectory() === true ? target : path.dirname(target));
    byFile.set(file, [...(byFile.get(file) ?? []), target]);
  }
  return Promise.all(
    [...byFile].map(async ([file, its]) => {
      const read = await settingsFrom(file);
      const excluded = excludedBy(file === undefined ? '.' : path.dirname(file), read.settings.exclude);
      return { paths: its, read, options: optionsOf(read), excluded };
    }),
  );
}

/** What lint finds in the files of a group, in their order. Of a large tree little is held at a time. */
async function judged(
  { paths, options }: Group,
  listed: readonly Listed[],
  failures: Unread[],
): Promise<readonly Told[]> {
  const force = workforce(listed.length);
  try {
    const looked = await force.look(listed);
    const ours = looked.flatMap((one) => one.ours);
    const around: Around = {
      patches: new Map(looked.flatMap((one) => [...one.around.patches])),
      served: [...new Set(looked.flatMap((one) => one.around.served))],
      eks: [...new Set(looked.flatMap((one) => one.around.eks))],
    };
    const isOurs = new Set(ours.map((file) => path.resolve(file)));
    const patches = patchesBelow(around.patches.keys(), listed, isOurs, paths);
    // What a patch makes a Profile of is known only now.
    const patched = [...ours, ...patches].filter((file) =>
      around.patches.has(path.normalize(file).split(path.sep).join('/')),
    );
    const texts = patched.flatMap((file) => tryRead({ file, named: false }, [], true) ?? []);
    const words = new Set([...looked.flatMap((one) => one.words), ...profileWords(texts, around)]);
    const answers = await force.judge(byFolder([...ours, ...patches]), { options, around, words });
    const tied = answers.flatMap((one) => one.tied).flat();
    failures.push(...looked.flatMap((one) => one.failures), ...answers.flatMap((one) => one.failures));
    const together = await judgeTogether(
      tied.flatMap((file) => tryRead({ file, named: false }, failures, true) ?? []),
      { options, around },
    );
    const order = new Map([...ours, ...patches].map((file, index) => [slashed(file), index]));
    const at = ({ report }: Told): number => order.get(report.file) ?? 0;
    return [...answers.flatMap((one) => one.told), ...together].sort((a, b) => at(a) - at(b));
  } finally {
    force.end();
  }
}

const slashed = (file: string): string => path.relative('.', file).split(path.sep).join('/');

/** Runs the linter; the exit code. */
export async function lint(values: LintValues, { paths: given, version }: Context): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  if (values['fix-severity'] !== undefined && !values.fix)
    throw new UsageError('--fix-severity says what --fix mends: add --fix.');
  if (values['write-baseline'] && values.baseline === undefined)
    throw new UsageError('--write-baseline writes the file that --baseline names: add --baseline FILE.');
  const [only, except] = [rulesOf('only', values.only), rulesOf('except', values.except)];
  const both = only.find((id) => except.includes(id));
  if (both !== undefined) throw new UsageError(`${both} is named by both --only and --except: leave one away.`);
  const severity = values['fix-severity'] ?? FIX_SEVERITY;
  const tolerated = values['max-severity'] === 'none' ? -1 : SEVERITIES.indexOf(values['max-severity']);
  const variables = Object.fromEntries(
    values.var.map((text) => {
      const equals = text.indexOf('=');
      return [text.slice(0, equals), text.slice(equals + 1)] as const;
    }),
  );
  const paths = given.length > 0 ? given : ['.'];
  const baseline =
    values.baseline === undefined || values['write-baseline'] ? undefined : await readBaseline(values.baseline);
  const groups = await groupsOf(paths, values.settings, ({ settings }) => ({
    severities: severitiesOf(settings.rules, only, except),
    context: { variables: { ...settings.variables, ...variables } },
    roles: settings.roles,
    beside: { root: process.cwd(), files: [], tops: paths.map((one) => path.resolve(one)) },
  }));

  const failures: Unread[] = [];
  const found: Told[] = [];
  const milder: Finding[] = [];
  for (const group of groups) {
    const leftOut = (file: string): void => say(`Left out by ${shown(slashed(group.read.file ?? ''))}: ${shown(file)}`);
    if (values.fix) {
      const read = readAll(group.paths, group.excluded, leftOut);
      failures.push(...read.failures);
      const options = { ...group.options, beside: besideOf(read.files, group.options.beside?.tops) };
      const files = await fixed(read.files, options, severity);
      const findings = await findingsOf(files, options, aroundOf(files));
      found.push(...files.flatMap((file) => tell(file, findings.get(file.path) ?? [])));
      milder.push(...[...findings.values()].flat().filter((one) => preferredFix(one) && !atLeast(severity, [one])[0]));
    } else {
      const listed = filesOf(group.paths, failures, group.excluded, leftOut);
      for (const one of await judged(group, listed, failures)) found.push(one);
    }
  }

  const root = repositoryOf('.') ?? path.resolve('.');
  const known = knownAs(found, (file) => {
    const relative = path.relative(root, path.resolve(file));
    return relative.split(path.sep).join('/');
  });
  if (values.baseline !== undefined && values['write-baseline']) await writeBaseline(values.baseline, known);
  const isNew = known.map((one) => !values['write-baseline'] && baseline?.has(one) !== true);
  const told = found.filter((_, index) => isNew[index]);
  const reports = told.map(({ report }) => report);
  const written: Record<LintValues['format'], () => string> = {
    text: () => textOf(reports),
    json: () => `${visibleJson(JSON.stringify({ findings: reports }, undefined, 2))}\n`,
    sarif: () => {
      const newOnes = known.filter((_, index) => isNew[index]);
      return visibleJson(sarifOf(told, newOnes, notificationsOf(groups, failures, root), root, version));
    },
    github: () => githubOf(reports),
  };
  process.stdout.write(written[values.format]());

  if (milder.length > 0) say(`Not fixed, because less severe than ${severity}: ${tally(milder)}. See --fix-severity.`);
  if (values.baseline !== undefined && values['write-baseline'])
    say(`Wrote ${counted(known.length, 'known finding')} to ${shown(values.baseline)}.`);
  const stale = (baseline?.rest() ?? []).filter((one) => isLookedFor(one, paths, root, only, except));
  if (baseline !== undefined && found.length > told.length)
    say(
      `${counted(found.length - told.length, 'finding')} of the baseline ${found.length - told.length === 1 ? 'is' : 'are'} not told.`,
    );
  if (stale.length > 0)
    say(
      `${counted(stale.length, 'entry', 'entries')} of the baseline ${stale.length === 1 ? 'is' : 'are'} no longer found: ${stale
        .slice(0, MOST_STALE)
        .map(({ id, file }) => `${id} in ${shown(file)}`)
        .join(', ')}${stale.length > MOST_STALE ? ', …' : ''}. Write it anew with --write-baseline.`,
    );
  for (const { path: target, reason } of failures) say(`Not read: ${visible(target)}: ${visible(reason)}`);
  const problems = groups.flatMap(({ read: { file = '', problems: its } }) => its.map((one) => ({ file, ...one })));
  for (const { file, line, column, message } of problems)
    say(`${shown(slashed(file))}:${line}:${column}: settings: ${visible(message)}`);
  if (failures.length > 0 || problems.length > 0) return EXIT.couldNotRun;
  return reports.some(({ severity: level }) => SEVERITIES.indexOf(level) > tolerated) ? EXIT.notAsWanted : EXIT.done;
}

/** Stale entries that are named. */
const MOST_STALE = 5;
const counted = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`;

/** Whether this run would have found what an entry of the baseline is about. */
const isLookedFor = (
  { id, file }: Known,
  paths: readonly string[],
  root: string,
  only: readonly string[],
  except: readonly string[],
): boolean =>
  (only.length === 0 || only.includes(id)) &&
  !except.includes(id) &&
  paths.some((one) => !path.relative(path.resolve(one), path.join(root, file)).startsWith('..'));

/** What went wrong with the run itself, for SARIF. */
function notificationsOf(groups: readonly Group[], failures: readonly Unread[], root: string): readonly Notification[] {
  const unread = failures.map(({ path: target, reason }): Notification => {
    const physicalLocation = { artifactLocation: artifactOf(target, root) };
    return { kind: 'execution', message: `Not read: ${target}: ${reason}`, locations: [{ physicalLocation }] };
  });
  const settings = groups.flatMap(({ read: { file = '', problems } }) =>
    problems.map(({ line, column, message }): Notification => {
      const region = { startLine: line, startColumn: column };
      const physicalLocation = { artifactLocation: artifactOf(file, root), region };
      return { kind: 'configuration', message, locations: [{ physicalLocation }] };
    }),
  );
  return [...unread, ...settings];
}
