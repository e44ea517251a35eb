/** `kubeflow-irsa lint`: the findings of the editor, for terminals, pre-commit hooks and CI. Reads files, never the network. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { wordsOf } from '../core/doctor/parts.ts';
import { unknownId } from '../core/entries.ts';
import type { Severity } from '../core/finding.ts';
import { FIX_SEVERITY, SEVERITIES } from '../core/fix.ts';
import type { LintOptions } from '../core/lint.ts';
import type { FailureModeId } from '../core/modes/ids.ts';
import { docsUrl, failureModes, fileModes } from '../core/modes/table.ts';
import { knownAs, readBaseline, writeBaseline, type Known } from './baseline.ts';
import { excludedBy, filesOf, placeOf, type Excluded, type Unread } from './files.ts';
import type { Report, Told } from './judge.ts';
import { EXIT, UsageError, type Context } from './parse.ts';
import { type Notification, regionOf, sarif } from './sarif.ts';
import { repositoryOf, settingsAbove, settingsFrom, type SettingsRead } from './settings.ts';
import { lintTree, slashed } from './tree.ts';
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
  return sarif(version, fileModes, results, notifications);
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

/** Ids, the most frequent first: `KP-006 (2), KP-009 (1)`. */
function tally(ids: readonly FailureModeId[]): string {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
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
    const { kind } = placeOf(target);
    const file = named ?? settingsAbove(kind.isDirectory() ? target : path.dirname(target));
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
  const [mended, milder]: [FailureModeId[], FailureModeId[]] = [[], []];
  for (const { paths: its, read, options, excluded } of groups) {
    const leftOut = (file: string): void => say(`Left out by ${shown(slashed(read.file ?? ''))}: ${shown(file)}`);
    const { listed, repositories } = filesOf(its, failures, excluded, leftOut);
    const fix = values.fix ? severity : undefined;
    const linted = await lintTree({ paths: its, listed, options: { ...options, repositories }, fix }, failures);
    for (const one of linted.told) found.push(one);
    for (const id of linted.mended) mended.push(id);
    for (const id of linted.milder) milder.push(id);
  }
  if (mended.length > 0) say(`Fixed: ${tally(mended)}.`);

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
  for (const text of new Set(failures.map(failureText))) say(visible(text));
  const problems = groups.flatMap(({ read: { file = '', problems: its } }) => its.map((one) => ({ file, ...one })));
  for (const { file, line, column, message } of problems)
    say(`${shown(slashed(file))}:${line}:${column}: settings: ${visible(message)}`);
  if (failures.length > 0 || problems.length > 0) return EXIT.couldNotRun;
  return reports.some(({ severity: level }) => SEVERITIES.indexOf(level) > tolerated) ? EXIT.notAsWanted : EXIT.done;
}

/** Stale entries that are named. */
const MOST_STALE = 5;
const counted = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`;

const failureText = ({ path: target, reason, unwritten }: Unread): string =>
  `Not ${unwritten === true ? 'written' : 'read'}: ${target}: ${reason}`;

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
  const unread = failures.map((one): Notification => {
    const physicalLocation = { artifactLocation: artifactOf(one.path, root) };
    return { kind: 'execution', message: failureText(one), locations: [{ physicalLocation }] };
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
