// Writes docs/comparison.md: what our linter and others report on the files of test/fixtures/defects.ts, as JSON and as Terraform has them.
// Usage: npm run compare [-- CHECKOUTS]     needs Python 3.10 or newer, and Go; the tools are installed once, into the cache folder
//   CHECKOUTS   a folder with what no registry has: mbarneyjr+aws-iam-language-server (with what it depends on installed),
//               terraform-linters+tflint-ruleset-aws; a tool that is not there is said not to have been run
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lintFolder } from '../src/core/lint.ts';
import { readTerraform } from '../src/core/terraform/resources.ts';
import { defects, others, sound, type Defect, type Kind, type Sample } from '../test/fixtures/defects.ts';
import { FORMS } from '../test/fixtures/terraform-forms.ts';
import { cached } from './cache.ts';
import { main, root, runToEnd, stopwatch } from './processes.ts';

const say = stopwatch();

/** A file that is given to the tools. */
interface Given {
  readonly kind: Kind | 'terraform';
  readonly text: string;
}
/** A column: what its tool reported on each file, by its text, as ids of its rules; undefined for a tool that could not be run. */
interface Column {
  readonly title: string;
  readonly answers: ReadonlyMap<string, readonly string[]> | undefined;
}

/** The forms of Terraform that a cell sums up: an expression, and a document of blocks where it can say the same. */
const TERRAFORM = ['jsonencode', 'a document of blocks'];
const inTerraform = ({ kind, text }: Sample, form: string): Given | undefined => {
  const written = isJson(text) ? FORMS[form]?.(kind, text) : undefined;
  return written === undefined ? undefined : { kind: 'terraform', text: written };
};
function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

const samples: readonly Sample[] = [...sound, ...defects, ...others];
const policies = samples.filter(({ kind }) => kind !== 'manifest');
const given: readonly Given[] = [
  ...samples,
  ...policies.flatMap((one) => TERRAFORM.map((form) => inTerraform(one, form)).filter((made) => made !== undefined)),
];

function ours(): Map<string, readonly string[]> {
  const lint = ({ kind, text }: Given): string[] => {
    const file = { manifest: 'sample.yaml', terraform: 'main.tf' }[kind as string] ?? 'sample.json';
    return [...lintFolder([{ path: file, text }], { terraform: readTerraform }).values()].flat().map(({ id }) => id);
  };
  return new Map(given.map((one) => [one.text, lint(one)]));
}

/** Runs a step of a tool's installation or the tool itself. */
async function run(executable: string, args: readonly string[], env = {}): Promise<string> {
  const { code, output } = await runToEnd(executable, args, { env: { ...process.env, ...env } });
  if (code !== 0) throw new Error(`${path.basename(executable)} ${args.join(' ')} ended with code ${code}.\n${output}`);
  return output;
}

const work = path.join(root, 'out', 'compare');

/** @param ask answers for files of the kinds that it takes, in their order */
async function column(
  title: string,
  kinds: readonly Given['kind'][],
  ask: (files: readonly Given[]) => Promise<string[][]>,
): Promise<Column> {
  const files = given.filter(({ kind }) => kinds.includes(kind));
  try {
    say(`Running ${title} …`);
    await mkdir(work, { recursive: true });
    const reported = await ask(files);
    return { title, answers: new Map(files.map(({ text }, index) => [text, reported[index] ?? []])) };
  } catch (error) {
    say(`${title} was not run: ${error instanceof Error ? error.message : String(error)}`);
    return { title, answers: undefined };
  }
}

/** A linter in Python. @param install arguments for pip that install `tool` in this `version` */
function python(
  tool: string,
  version: string,
  install: readonly string[],
  kinds: readonly Given['kind'][] = ['permissions', 'trust'],
): Promise<Column> {
  const inside = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  return column(`${tool} ${version}`, kinds, async (files) => {
    const folder = await cached(`${tool}-${version}`, async (target) => {
      await run(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', target]);
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', ...install];
      await run(path.join(target, ...inside), pip);
    });
    const [input, answers] = [path.join(work, `${tool}.in.json`), path.join(work, `${tool}.json`)];
    await writeFile(input, JSON.stringify(files));
    await run(path.join(folder, ...inside), [path.join(import.meta.dirname, 'peers.py'), tool, input, answers]);
    return JSON.parse(await readFile(answers, 'utf8')) as string[][];
  });
}

/** tflint with the rules for AWS, all of them switched on, on a folder for each file. */
function tflint(version: string, checkouts: string): Promise<Column> {
  return column(`tflint ${version}`, ['terraform'], async (files) => {
    const rules = path.join(checkouts, 'terraform-linters+tflint-ruleset-aws');
    if (!existsSync(rules)) throw new Error('terraform-linters+tflint-ruleset-aws is not among the checkouts');
    const folder = await cached(`tflint-${version}`, async (target) => {
      await run('go', ['install', `github.com/terraform-linters/tflint@v${version}`], { GOBIN: target });
    });
    const plugins = path.join(work, 'tflint-plugins');
    await mkdir(plugins, { recursive: true });
    const plugin = path.join(plugins, 'tflint-ruleset-aws');
    if (existsSync(path.join(rules, 'tflint-ruleset-aws')))
      await copyFile(path.join(rules, 'tflint-ruleset-aws'), plugin);
    else await run('go', ['build', '-C', rules, '-buildvcs=false', '-o', plugin, '.']);
    const tree = path.join(work, 'tflint');
    await rm(tree, { recursive: true, force: true });
    for (const [index, { text }] of files.entries()) {
      await mkdir(path.join(tree, String(index)), { recursive: true });
      await writeFile(path.join(tree, String(index), 'main.tf'), text);
    }
    const config = path.join(work, 'tflint.hcl');
    const on = [
      'aws_iam_policy_document_gov_friendly_arns',
      'aws_iam_policy_gov_friendly_arns',
      'aws_iam_role_policy_gov_friendly_arns',
    ];
    const enabled = on.map((name) => `rule "${name}" {\n  enabled = false\n}\n`).join('');
    await writeFile(
      config,
      `plugin "aws" {\n  enabled = true\n}\nplugin "terraform" {\n  enabled = false\n}\n${enabled}`,
    );
    const output = await run(
      path.join(folder, 'tflint'),
      ['--recursive', `--chdir=${tree}`, `--config=${config}`, '--format=json', '--force'],
      { TFLINT_PLUGIN_DIR: plugins },
    );
    const { issues } = JSON.parse(output.slice(output.indexOf('{'))) as {
      issues: readonly { readonly rule: { readonly name: string }; readonly range: { readonly filename: string } }[];
    };
    return files.map((_, index) =>
      issues.flatMap(({ rule, range }) => (range.filename.split(/[\\/]/)[0] === String(index) ? [rule.name] : [])),
    );
  });
}

/** aws-iam-language-server, which reads JSON, YAML and HCL. */
async function languageServer(checkouts: string): Promise<Column> {
  const checkout = path.join(checkouts, 'mbarneyjr+aws-iam-language-server');
  const pack = path.join(checkout, 'package.json');
  const { version } = existsSync(pack)
    ? (JSON.parse(await readFile(pack, 'utf8')) as { version: string })
    : { version: '' };
  return column(`aws-iam-language-server ${version}`.trim(), ['permissions', 'trust', 'terraform'], async (files) => {
    if (version === '') throw new Error('it is not among the checkouts');
    const [input, answers] = [path.join(work, 'language-server.in.json'), path.join(work, 'language-server.json')];
    const languages = files.map(({ kind, text }) => ({ language: kind === 'terraform' ? 'hcl' : 'json', text }));
    await writeFile(input, JSON.stringify(languages));
    const script = path.join(import.meta.dirname, 'peer-language-server.ts');
    await run(process.execPath, ['--no-warnings', script, checkout, input, answers]);
    return JSON.parse(await readFile(answers, 'utf8')) as string[][];
  });
}

type Answers = NonNullable<Column['answers']>;

/** What is reported on a file and not reported, or less often, on the sound one that the defect was put into. */
function beyond(answers: Answers, text: string, twin: string | undefined): string[] {
  const left = [...((twin === undefined ? undefined : answers.get(twin)) ?? [])];
  return (answers.get(text) ?? []).filter((id) => {
    const at = left.indexOf(id);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
/** The same of a defect as it stands, or in the forms of Terraform; undefined where it cannot be written so. */
function reported(answers: Answers, defect: Sample, isTerraform: boolean): string[] | undefined {
  const twin = sound.find(({ kind }) => kind === defect.kind);
  if (!isTerraform) return beyond(answers, defect.text, twin?.text);
  const forms = TERRAFORM.flatMap((form) => {
    const file = inTerraform(defect, form);
    return file === undefined ? [] : [beyond(answers, file.text, twin && inTerraform(twin, form)?.text)];
  });
  return forms.length === 0 ? undefined : [...new Set(forms.flat())];
}

const list = (ids: readonly string[]): string =>
  ids.length === 0 ? '–' : [...new Set(ids)].map((id) => `\`${id}\``).join(', ');
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
const head = (cells: readonly string[]): string => row(cells) + row(cells.map(() => '---'));
const tally = (all: readonly boolean[]): string => `**${all.filter(Boolean).length} of ${all.length}**`;

function defectTable(
  title: string,
  chosen: readonly (Sample & Pick<Defect, 'accessAnalyzer'>)[],
  columns: readonly Column[],
  options: { isTerraform?: boolean; analyzer?: boolean } = {},
): string {
  const { isTerraform = false, analyzer = false } = options;
  const written = chosen.filter(
    (one) => !isTerraform || TERRAFORM.some((form) => inTerraform(one, form) !== undefined),
  );
  const cells = (one: Sample): string[] =>
    columns.map(({ answers }) => (answers ? list(reported(answers, one, isTerraform) ?? []) : 'not run'));
  const totals = columns.map(({ answers }) =>
    answers ? tally(written.map((one) => (reported(answers, one, isTerraform) ?? []).length > 0)) : 'not run',
  );
  return (
    head([
      title,
      ...columns.map((one) => one.title),
      ...(analyzer ? ['IAM Access Analyzer: published checks, not run'] : []),
    ]) +
    written.map((one) => row([one.name, ...cells(one), ...(analyzer ? [one.accessAnalyzer ?? '–'] : [])])).join('') +
    row([
      '**reported**',
      ...totals,
      ...(analyzer ? [tally(written.map(({ accessAnalyzer }) => accessAnalyzer !== undefined))] : []),
    ])
  );
}

function soundTable(columns: readonly Column[]): string {
  const found = (answers: Answers, sample: Sample): readonly string[] | undefined => answers.get(sample.text);
  return (
    head(['file without a defect', ...columns.map(({ title }) => title)]) +
    sound
      .map((sample) =>
        row([
          sample.name,
          ...columns.map(({ answers }) => {
            if (!answers) return 'not run';
            const ids = found(answers, sample);
            return ids ? list(ids) : 'does not read such files';
          }),
        ]),
      )
      .join('') +
    row([
      '**reported by mistake**',
      ...columns.map(({ answers }) =>
        answers
          ? tally(sound.filter((one) => answers.has(one.text)).map((one) => (answers.get(one.text) ?? []).length > 0))
          : 'not run',
      ),
    ])
  );
}

await main(async () => {
  const [checkouts = ''] = process.argv.slice(2);
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string };
  const pins = path.join(root, 'sandbox', 'moto', 'requirements.txt');
  const moto = /^moto==(?<version>.*)$/m.exec(await readFile(pins, 'utf8'))?.groups?.['version'] ?? '';
  const us: Column = { title: `Kubeflow IRSA ${version}`, answers: ours() };
  const checkov = await python('checkov', '3.3.30', ['checkov==3.3.30'], ['permissions', 'trust', 'terraform']);
  const server = await languageServer(checkouts);
  const columns = [
    us,
    await python('cfn-lint', '1.51.0', ['cfn-lint==1.51.0']),
    await python('parliament', '1.6.4', ['parliament==1.6.4']),
    checkov,
    server,
    await python('moto', moto, ['-r', pins]),
  ];
  const inHcl = [us, checkov, await tflint('0.64.0', checkouts), server];
  const of = (kind: Kind): Defect[] => defects.filter((one) => one.kind === kind);
  const text = `# Defects and the tools that report them

Made by \`npm run compare\` from [the samples](../test/fixtures/defects.ts); a test holds our column to them, id and place.

- Each sample has one defect. We chose them: each is an entry of [our catalogue](failure-modes.md), so our column is complete by
  construction. The other tools have checks for much that is not here.
- A cell names what the tool reports on the sample and not on the sound policy that the defect was put into. – means nothing.
- cfn-lint runs with all its rules, on a template with the policy in an \`AWS::IAM::Role\`; parliament with the auditors of its
  community; checkov with all its checks of CloudFormation, on the same template; aws-iam-language-server, as it is in its
  repository (6351406), with all its diagnostics; moto is the check that the emulator makes when a policy is stored.
- IAM Access Analyzer is a service and was not run: its column names the check whose published description fits
  (awsdocs/iam-user-guide, commit 651083f, \`doc_source/access-analyzer-reference-policy-checks.md\`).

## Permission policies

${defectTable('defect', of('permissions'), columns, { analyzer: true })}
## Trust policies of EKS roles

${defectTable('defect', of('trust'), columns, { analyzer: true })}
## The same in Terraform

Each policy is written twice: as \`jsonencode({ … })\` in \`aws_iam_role\` or \`aws_iam_role_policy\`, and, where blocks can say the same, as
\`data "aws_iam_policy_document"\`. A cell has what is reported in either and not on the sound policy in the same form.

- checkov runs with all its checks of Terraform; tflint with its rules for AWS (\`tflint-ruleset-aws\`, from its repository), without those for
  GovCloud, which are off by default.
- **trivy was not run**: its build (0.74.0, from the Go module proxy) had not ended here after 25 minutes. By its published checks of IAM
  (aquasecurity/trivy-checks, \`checks/cloud/aws/iam\`) it would report wildcards in policies, which the first table has one row of; none is about who a trust policy lets in.

### Permission policies

${defectTable('defect', of('permissions'), inHcl, { isTerraform: true })}
### Trust policies

${defectTable('defect', of('trust'), inHcl, { isTerraform: true })}
## Profiles, service accounts, ConfigMaps, and what only shows when they are seen together

cfn-lint, parliament, checkov (without rules of one's own), aws-iam-language-server, moto and IAM Access Analyzer have no check for such files.

${defectTable('defect', of('manifest'), [us])}
## What others report and we do not

How much a role may do is judged by others: we say only when it is everything of S3, or everything, on everything. Whose data a
role reaches is told by \`kubeflow-irsa isolation\`. Of other services than S3, KMS and STS we know no actions.

${defectTable('mistake', others, columns)}
## Nothing to report

${soundTable(columns)}`;
  await writeFile(path.join(root, 'docs', 'comparison.md'), text);
  say('Wrote docs/comparison.md');
  return 0;
});
