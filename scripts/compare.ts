// Writes docs/comparison.md: what our linter and others report on the files of test/fixtures/defects.ts.
// Usage: npm run compare     needs Python 3.10 or newer; the other tools are installed once, into the cache folder
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lintFolder } from '../src/core/lint.ts';
import { defects, sound, type Defect, type Kind, type Sample } from '../test/fixtures/defects.ts';
import { cached } from './cache.ts';
import { main, root, runToEnd, stopwatch } from './processes.ts';

const say = stopwatch();

/** What a tool reported on each sample, as ids of its rules; undefined for a tool that could not be run. */
type Answers = ReadonlyMap<Sample, readonly string[]> | undefined;
interface Column {
  readonly title: string;
  readonly answers: Answers;
}

const samples: readonly Sample[] = [...sound, ...defects];
const policies = samples.filter(({ kind }) => kind !== 'manifest');

function ours(): Answers {
  const lint = ({ kind, text }: Sample): string[] =>
    [...lintFolder([{ path: kind === 'manifest' ? 'sample.yaml' : 'sample.json', text }]).values()]
      .flat()
      .map(({ id }) => id);
  return new Map(samples.map((sample) => [sample, lint(sample)]));
}

/** Runs a step of a tool's installation or the tool itself. */
async function python(executable: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runToEnd(executable, args);
  if (code !== 0) throw new Error(`${path.basename(executable)} ${args.join(' ')} ended with code ${code}.\n${output}`);
}

/** @param install arguments for pip that install `tool` in this `version` */
async function peer(tool: string, version: string, install: readonly string[]): Promise<Column> {
  const title = `${tool} ${version}`;
  const inside = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  const work = path.join(root, 'out', 'compare');
  const [given, answers] = [path.join(work, 'policies.json'), path.join(work, `${tool}.json`)];
  try {
    const folder = await cached(`${tool}-${version}`, async (target) => {
      say(`Installing ${title} …`);
      await python(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', target]);
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', ...install];
      await python(path.join(target, ...inside), pip);
    });
    say(`Running ${title} …`);
    await mkdir(work, { recursive: true });
    await writeFile(given, JSON.stringify(policies));
    await python(path.join(folder, ...inside), [path.join(import.meta.dirname, 'peers.py'), tool, given, answers]);
    const reported = JSON.parse(await readFile(answers, 'utf8')) as string[][];
    return { title, answers: new Map(policies.map((policy, index) => [policy, reported[index] ?? []])) };
  } catch (error) {
    say(`${title} was not run: ${error instanceof Error ? error.message : String(error)}`);
    return { title, answers: undefined };
  }
}

/** What a tool reports on a defect and does not report, or less often, on the sound policy that the defect was put into. */
function reported(answers: ReadonlyMap<Sample, readonly string[]>, defect: Defect): string[] {
  const twin = sound.find(({ kind }) => kind === defect.kind);
  const left = [...((twin && answers.get(twin)) ?? [])];
  return (answers.get(defect) ?? []).filter((id) => {
    const at = left.indexOf(id);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

const list = (ids: readonly string[]): string =>
  ids.length === 0 ? '–' : [...new Set(ids)].map((id) => `\`${id}\``).join(', ');
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
const head = (cells: readonly string[]): string => row(cells) + row(cells.map(() => '---'));
const tally = (all: readonly boolean[]): string => `**${all.filter(Boolean).length} of ${all.length}**`;

function defectTable(kind: Kind, columns: readonly Column[], withAnalyzer: boolean): string {
  const chosen = defects.filter((one) => one.kind === kind);
  const titles = ['defect', ...columns.map(({ title }) => title)];
  const rows = chosen.map((one) => [
    one.name,
    ...columns.map(({ answers }) => (answers ? list(reported(answers, one)) : 'not run')),
    ...(withAnalyzer ? [one.accessAnalyzer ?? '–'] : []),
  ]);
  const totals = [
    '**reported**',
    ...columns.map(({ answers }) =>
      answers ? tally(chosen.map((one) => reported(answers, one).length > 0)) : 'not run',
    ),
    ...(withAnalyzer ? [tally(chosen.map(({ accessAnalyzer }) => accessAnalyzer !== undefined))] : []),
  ];
  return (
    head([...titles, ...(withAnalyzer ? ['IAM Access Analyzer: published checks, not run'] : [])]) +
    rows.map(row).join('') +
    row(totals)
  );
}

function soundTable(columns: readonly Column[]): string {
  const cell = (answers: Answers, sample: Sample): string => {
    if (!answers) return 'not run';
    const ids = answers.get(sample);
    return ids ? list(ids) : 'does not read such files';
  };
  return (
    head(['file without a defect', ...columns.map(({ title }) => title)]) +
    sound.map((sample) => row([sample.name, ...columns.map(({ answers }) => cell(answers, sample))])).join('') +
    row([
      '**reported by mistake**',
      ...columns.map(({ answers }) =>
        answers
          ? tally(sound.filter((one) => answers.has(one)).map((one) => (answers.get(one) ?? []).length > 0))
          : 'not run',
      ),
    ])
  );
}

await main(async () => {
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string };
  const pins = path.join(root, 'sandbox', 'moto', 'requirements.txt');
  const moto = /^moto==(?<version>.*)$/m.exec(await readFile(pins, 'utf8'))?.groups?.['version'] ?? '';
  const us: Column = { title: `Kubeflow IRSA ${version}`, answers: ours() };
  const columns = [
    us,
    await peer('cfn-lint', '1.51.0', ['cfn-lint==1.51.0']),
    await peer('parliament', '1.6.4', ['parliament==1.6.4']),
    await peer('checkov', '3.3.30', ['checkov==3.3.30']),
    await peer('moto', moto, ['-r', pins]),
  ];
  const text = `# Defects and the tools that report them

Made by \`npm run compare\` from [the samples](../test/fixtures/defects.ts); a test holds our column to them, id and place.

- Each sample has one defect. We chose them: each is an entry of [our catalogue](failure-modes.md), so our column is complete by
  construction. The other tools have checks for much that is not here.
- A cell names what the tool reports on the sample and not on the sound policy that the defect was put into. – means nothing.
- cfn-lint runs with all its rules, on a template with the policy in an \`AWS::IAM::Role\`; parliament with the auditors of its
  community; checkov with all its checks of CloudFormation, on the same template; moto is the check that the emulator makes when a policy is stored.
- IAM Access Analyzer is a service and was not run: its column names the check whose published description fits
  (awsdocs/iam-user-guide, commit 651083f, \`doc_source/access-analyzer-reference-policy-checks.md\`).

## Permission policies

${defectTable('permissions', columns, true)}
## Trust policies of EKS roles

${defectTable('trust', columns, true)}
## Profiles, service accounts, ConfigMaps, and what only shows when they are seen together

cfn-lint, parliament, checkov (without rules of one's own), moto and IAM Access Analyzer have no check for such files.

${defectTable('manifest', [us], false)}
## Nothing to report

${soundTable(columns)}`;
  await writeFile(path.join(root, 'docs', 'comparison.md'), text);
  say('Wrote docs/comparison.md');
  return 0;
});
