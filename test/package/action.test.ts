// action.yml and the workflows of docs/ci.md: read by GitHub's own parser, and their lines run by bash as a runner does.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { registerHooks } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { readManifest } from '../../scripts/manifest.ts';
import { root } from '../../scripts/processes.ts';
import { emptyFolder, nodes, profile, tarball } from './empty.ts';

// GitHub's parser imports JSON as bundlers have it; Node wants to be told that it is JSON.
registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
});
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import('@actions/workflow-parser');
const { parseAction } = await import('@actions/workflow-parser/actions/index');

interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
}

const source = readFileSync(path.join(root, 'action.yml'), 'utf8');
const action = parse(source) as Action;
const page = readFileSync(path.join(root, 'docs/ci.md'), 'utf8');
const workflows = [...page.matchAll(/```yaml\n(name:[^]*?)```/g)].map((match) => match[1] ?? '');
const { version } = await readManifest();

const server = createServer((request, response) => {
  const { port } = server.address() as AddressInfo;
  const bytes = readFileSync(tarball);
  if (request.url?.endsWith('.tgz')) return response.end(bytes);
  if (request.url !== '/kubeflow-irsa') return response.writeHead(404).end('{}');
  const dist = {
    tarball: `http://127.0.0.1:${port}/kubeflow-irsa.tgz`,
    integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
  };
  const versions = { [version]: { name: 'kubeflow-irsa', version, bin: { 'kubeflow-irsa': 'dist/cli.cjs' }, dist } };
  return response.end(JSON.stringify({ name: 'kubeflow-irsa', 'dist-tags': { latest: version }, versions }));
});
before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
after(() => server.close());

test('action.yml and the workflows of the page are what GitHub reads', async () => {
  const trace = new NoOperationTraceWriter();
  const errors = (content: string): string[] =>
    parseAction({ name: 'action.yml', content }, trace)
      .context.errors.getErrors()
      .map(({ message }) => message);
  assert.deepEqual(errors(source), []);
  assert.notDeepEqual(
    errors(source.replace('using: composite', 'using: shell')),
    [],
    'the parser refuses what is wrong',
  );
  assert.ok(workflows.length >= 3);
  for (const content of workflows) {
    const { context, value } = parseWorkflow({ name: 'lint.yml', content }, trace);
    assert.ok(value);
    const { errors: wrong } = await convertWorkflowTemplate(context, value);
    assert.deepEqual(
      [...context.errors.getErrors().map(({ message }) => message), ...(wrong ?? []).map(({ Message }) => Message)],
      [],
    );
  }
});

test('the page names the inputs that there are, and the version that this is', () => {
  assert.equal(action.inputs['version']?.default, version);
  for (const input of Object.keys(action.inputs)) assert.match(page, new RegExp(`^\\| \`${input}\` \\|`, 'm'));
  for (const workflow of workflows) {
    const { jobs } = parse(workflow) as { jobs: Record<string, { steps: Step[] }> };
    for (const step of Object.values(jobs).flatMap(({ steps }) => steps)) {
      if (!step.uses?.startsWith('kubeflow-irsa/')) continue;
      assert.equal(step.uses, `kubeflow-irsa/kubeflow-irsa@v${version}`);
      for (const input of Object.keys(step.with ?? {})) assert.ok(input in action.inputs, input);
    }
  }
  assert.doesNotMatch(page, new RegExp(`kubeflow-irsa@(?!v?${version.replaceAll('.', '\\.')})\\d`));
});

/** Runs lines as a runner does: `shell: bash` is this. */
const bash = (empty: ReturnType<typeof emptyFolder>, lines: string, env: Record<string, string> = {}) => {
  const file = path.join(empty.home, 'step.sh');
  writeFileSync(file, lines);
  return empty.run('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', file], env);
};

/** Runs the steps of action.yml in a folder of these files, until one fails. */
async function runAction(files: Readonly<Record<string, string>>, given: Readonly<Record<string, string>> = {}) {
  const [, bin = ''] = nodes[0] ?? [];
  const { port } = server.address() as AddressInfo;
  const empty = emptyFolder(bin, `http://127.0.0.1:${port}/`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(empty.folder, name)), { recursive: true });
    writeFileSync(path.join(empty.folder, name), text);
  }
  const output = path.join(empty.home, 'output');
  writeFileSync(output, '');
  const temp = path.join(empty.home, 'runner temp');
  mkdirSync(temp);
  const value = (text: string): string =>
    text.replace(/\$\{\{ (?:inputs\.([\w-]+)|(runner\.temp)) \}\}/g, (_all, input: string | undefined) =>
      input === undefined ? temp : (given[input] ?? action.inputs[input]?.default ?? assert.fail(input)),
    );
  let ended = { status: 0 as number | null, stdout: '', stderr: '' };
  for (const { run = '', env = {} } of action.runs.steps) {
    assert.doesNotMatch(run, /\$\{\{/, 'an expression in the lines of a shell is code of whoever wrote the input');
    const values = Object.entries(env).map(([key, text]) => [key, value(text)] as const);
    ended = await bash(empty, run, { ...Object.fromEntries(values), GITHUB_OUTPUT: output });
    if (ended.status !== 0) break;
  }
  const read = (name: string): string => readFileSync(path.join(empty.folder, name), 'utf8');
  const result = {
    ...ended,
    output: readFileSync(output, 'utf8'),
    sarif: given['sarif'] === undefined ? '' : read(given['sarif']),
  };
  empty.remove();
  return result;
}

test('the action, run as a runner does', async (t) => {
  const cases: [
    name: string,
    files: Record<string, string>,
    given: Record<string, string>,
    status: number,
    stdout: RegExp,
    output: string,
  ][] = [
    ['clean files: nothing is said', { 'a.yaml': profile('User') }, {}, 0, /^$/, 'findings=0\n'],
    [
      'findings are annotations',
      { 'a.yaml': profile('user') },
      {},
      1,
      /^::error file=a\.yaml,line=7,.*,title=KP-010::/,
      'findings=1\n',
    ],
    [
      'only the paths',
      { 'a/x.yaml': profile('user'), 'b c/y.yaml': profile('User') },
      { paths: 'b c\n' },
      0,
      /^$/,
      'findings=0\n',
    ],
    [
      'several paths',
      { 'a.yaml': profile('user'), 'b c.yaml': profile('user') },
      { paths: 'a.yaml\n\nb c.yaml' },
      1,
      /file=b c\.yaml/,
      'findings=2\n',
    ],
    ['up to a severity', { 'a.yaml': profile('user') }, { 'max-severity': 'error' }, 0, /^::error/, 'findings=1\n'],
    ['SARIF beside it', { 'a.yaml': profile('user') }, { sarif: 'out.sarif' }, 1, /^::error/, 'findings=1\n'],
    [
      'a path that is an option',
      { '--help': profile('user') },
      { paths: '--help' },
      1,
      /^::error file=--help,/,
      'findings=1\n',
    ],
    ['a path that is not there', {}, { paths: 'gone' }, 2, /^$/, 'findings=0\n'],
  ];
  for (const [name, files, given, status, stdout, output] of cases)
    await t.test(name, async () => {
      const ended = await runAction(files, given);
      assert.deepEqual([ended.status, ended.output], [status, output], `${ended.stdout}${ended.stderr}`);
      assert.match(ended.stdout, stdout);
      if (given['sarif'] !== undefined) assert.equal((JSON.parse(ended.sarif) as { version: string }).version, '2.1.0');
    });
});

test('the lines of the page that need no action', async () => {
  const lines = workflows.flatMap((workflow) => {
    const { jobs } = parse(workflow) as { jobs: Record<string, { steps: Step[] }> };
    return Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
  });
  assert.ok(lines.length > 0);
  for (const run of lines) {
    const [, bin = ''] = nodes[0] ?? [];
    const { port } = server.address() as AddressInfo;
    const empty = emptyFolder(bin, `http://127.0.0.1:${port}/`);
    writeFileSync(path.join(empty.folder, 'a.yaml'), profile('user'));
    const { status, stdout } = await bash(empty, run);
    empty.remove();
    assert.deepEqual([status, stdout.match(/^::\w+ file=[^,]+/gm)], [1, ['::error file=a.yaml']]);
  }
});

test(
  'shellcheck finds nothing in the steps',
  { skip: spawnSync('shellcheck', ['--version']).status !== 0 && 'shellcheck is not installed' },
  () => {
    for (const { run = '' } of action.runs.steps) {
      const { stdout } = spawnSync('shellcheck', ['--shell=bash', '-'], { input: `set -e\n${run}`, encoding: 'utf8' });
      assert.equal(stdout, '');
    }
  },
);
