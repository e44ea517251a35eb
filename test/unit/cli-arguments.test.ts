/** The command line's table: each option on each command, what help says, and what the documentation says. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { test } from 'node:test';
import { commandLinePage } from '../../scripts/command-line.ts';
import { optionOf } from '../../src/cli/carry.ts';
import { exitOfList } from '../../src/cli/leave.ts';
import { CONSENTS } from '../../src/core/plan/plan.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { commandOf, readArguments, usage, UsageError, type Option } from '../../src/cli/parse.ts';

const names = Object.keys(COMMANDS);
const options = new Map(Object.values(COMMANDS).flatMap(({ options: own }) => Object.entries<Option>(own)));
/** A value that each option with a check takes. */
const GOOD: Readonly<Record<string, string>> = {
  region: 'us-west-2',
  bucket: 'artifacts',
  var: 'A=B',
  owner: 'o@x.org',
  'bucket-key': 'alias/data',
  boundary: 'arn:aws:iam::111122223333:policy/limits',
  'session-duration': '7200',
  tag: 'A=B',
  only: 'trust',
  skip: 'KP-030',
};
const good = (name: string, { choices }: Option): string => choices?.[0] ?? GOOD[name] ?? 'team-a';
const required = (command: string): string[] =>
  Object.entries(COMMANDS[command]?.options ?? {}).flatMap(([name, option]) =>
    option.required === true ? [`--${name}`, good(name, option)] : [],
  );
const refusal = (argv: readonly string[]): string => {
  try {
    readArguments(argv, COMMANDS);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message;
  }
  return '';
};
const values = (...argv: readonly string[]): Readonly<Record<string, unknown>> => {
  const wanted = readArguments(argv, COMMANDS);
  assert.ok(wanted.kind === 'run');
  return wanted.values;
};

for (const command of names)
  for (const [name, option] of options) {
    const argument = option.type === 'boolean' ? [`--${name}`] : [`--${name}`, good(name, option)];
    const owners = names.filter((other) => Object.hasOwn(COMMANDS[other]?.options ?? {}, name));
    const own = owners.includes(command);
    test(`${command} --${name} is ${own ? 'taken' : 'refused, and the sentence names whose it is'}`, () => {
      const said = refusal([command, ...required(command), ...argument]);
      if (own) assert.equal(said, '');
      else if (name === 'json' && COMMANDS[command]?.options['format'] !== undefined)
        assert.equal(said, `--json: ${command} writes JSON with --format json.`);
      else {
        assert.ok(said.startsWith(`--${name} is an option of ${owners[0] ?? ''}`), said);
        assert.ok(said.endsWith(`, not of ${command}.`), said);
        for (const owner of owners) assert.match(said, new RegExp(`\\b${owner}\\b`));
      }
    });
    if (option.type === 'string' && own)
      test(`${command} --${name} without a value`, () => {
        assert.match(refusal([command, `--${name}`]), new RegExp(`^--${name} needs a value`));
        assert.match(refusal([command, `--${name}`, '--help-me']), /begins with a dash is written --.*=--help-me/);
      });
    if (option.type === 'boolean' && own)
      test(`${command} --${name}=yes`, () =>
        assert.equal(refusal([command, `--${name}=yes`]), `--${name} takes no value.`));
    if (option.choices !== undefined && own)
      test(`${command} --${name} of a word that there is not`, () => {
        const said = refusal([command, `--${name}`, 'frobnicate']);
        const choices = COMMANDS[command]?.options[name]?.choices;
        assert.equal(said, `--${name} "frobnicate": use one of ${choices?.join(', ') ?? ''}.`);
      });
  }

test('an option of one name is of one type on all commands', () => {
  for (const [name, option] of options)
    for (const command of names) assert.equal(COMMANDS[command]?.options[name]?.type ?? option.type, option.type, name);
});

const REFUSED: readonly (readonly [argv: string, said: RegExp])[] = [
  ['--json', /^Say what to do: plan, apply, verify, .* or lint\.$/],
  ['frobnicate', /^There is no command "frobnicate": use plan, apply, verify, .* or lint\.$/],
  ['constructor', /^There is no command "constructor"/],
  ['plan --frobnicate', /^There is no option --frobnicate\.$/],
  ['plan --constructor', /^There is no option --constructor\.$/],
  ['plan -x', /^There is no option -x\.$/],
  ['plan --no-json', /^There is no option --no-json\.$/],
  ['plan more', /^Unexpected argument "more"\.$/],
  ['plan', /^--cluster, --profile, --owner and --bucket are missing\.$/],
  ['verify --cluster c', /^--profile is missing\.$/],
  ['verify --cluster c --profile=', /^--profile is missing\.$/],
  ['verify --cluster c --profile p --bucket=', /^--bucket is missing\.$/],
  ['plan --profile Team', /^--profile "Team": Use lower-case/],
  ['apply --region mars-1', /^--region "mars-1": AWS has no region of such a name\.$/],
  ['plan --region us-west-2 --bucket arn:aws-cn:s3:::b-b', /^--bucket "arn:aws-cn:s3:::b-b": .*partition aws-cn/],
  ['lint --var X', /^--var "X": write NAME=VALUE\.$/],
  ['lint --var =X', /^--var "=X": write NAME=VALUE\.$/],
  ['verify --owner o', /^--owner is an option of plan, apply.*, not of verify\.$/],
  ['edit --cluster c --profile p --tag x', /^--tag "x": write KEY=VALUE\.$/],
  ['edit --cluster c --profile p --prefix /x', /^--prefix "\/x": A prefix does not begin with a slash/],
  ['edit --cluster c --profile p --session-duration 2h', /^--session-duration "2h": .*3600 to 43200/],
  ['apply --boundary arn:aws:iam::aws:role/x', /^--boundary .*ARN of a managed policy/],
  ['let-in --cluster c --profile p', /^--account is missing\.$/],
  ['let-in --account A', /^--account "A": Use lower-case/],
  ['lint --json', /^--json: lint writes JSON with --format json\.$/],
];
for (const [argv, said] of REFUSED) test(`refused: ${argv}`, () => assert.match(refusal(argv.split(' ')), said));

test('values have their defaults, and the last of two is taken', () => {
  assert.deepEqual(values('lint'), {
    format: 'text',
    only: [],
    except: [],
    fix: false,
    'fix-severity': undefined,
    'max-severity': 'none',
    baseline: undefined,
    'write-baseline': false,
    settings: undefined,
    var: [],
  });
  const lint = values(
    '--fix',
    'lint',
    '--format',
    'json',
    '--format=sarif',
    '--var',
    'A=B',
    '--var=C=D=E',
    '--',
    '--x',
  );
  assert.deepEqual([lint['fix'], lint['format'], lint['var']], [true, 'sarif', ['A=B', 'C=D=E']]);
});

test('what is not an option is a path, where there may be one', () => {
  const wanted = readArguments(['lint', 'a', '--fix', 'b', '--', '--c'], COMMANDS);
  assert.deepEqual(wanted.kind === 'run' && wanted.context.paths, ['a', 'b', '--c']);
});

test('help and version come before what is wrong', () => {
  assert.deepEqual(readArguments([], COMMANDS), { kind: 'help' });
  assert.deepEqual(readArguments(['--help'], COMMANDS), { kind: 'help' });
  assert.deepEqual(readArguments(['plan', '--format', 'x', '--help'], COMMANDS), { kind: 'help', command: 'plan' });
  assert.deepEqual(readArguments(['plan', '--version'], COMMANDS), { kind: 'version' });
  assert.equal(commandOf(['--json', 'verify', '--frobnicate'], COMMANDS), 'verify');
  assert.equal(commandOf(['frobnicate'], COMMANDS), undefined);
});

for (const command of names)
  test(`${command} --help names its options and no others, in lines that fit a terminal`, () => {
    const text = usage(COMMANDS, command);
    const said = [...text.matchAll(/^ {2}--([\w-]+)/gm)].map(([, name]) => name);
    assert.deepEqual(said, Object.keys(COMMANDS[command]?.options ?? {}));
    for (const line of text.split('\n').slice(1, -2)) assert.ok(line.length <= 120, line);
  });

test('docs/command-line.md says what the table says', () => {
  const page = readFileSync(new URL('../../docs/command-line.md', import.meta.url), 'utf8');
  assert.equal(page, commandLinePage(page), 'Run: node scripts/run.mjs scripts/command-line.ts');
});

const MAIN = path.join(import.meta.dirname, '../../src/cli/main.ts');
const ENDS: readonly (readonly [argv: string, status: number, stdout: unknown, stderr: RegExp])[] = [
  ['--version', 0, /^\d+\.\d+\.\d+\n$/, /^$/],
  ['', 0, /^kubeflow-irsa: .*\n\n {2}kubeflow-irsa plan /, /^$/],
  ['plan --json', 2, { command: 'plan', error: refusal(['plan']), steps: [] }, /^$/],
  [
    'verify --json --yes',
    2,
    {
      command: 'verify',
      error: refusal(['verify', '--json', '--yes']),
      verified: false,
      reasons: [refusal(['verify', '--json', '--yes'])],
    },
    /^$/,
  ],
  ['plan --role-name a/b', 2, /^$/, /^--role-name "a\/b": .*\nRun kubeflow-irsa plan --help for what there is\.\n$/],
  ['lint --json', 2, { command: 'lint', error: refusal(['lint', '--json']), findings: [] }, /^$/],
  [
    'lint no/such/file --format json',
    2,
    { command: 'lint', error: 'There is no file or folder no/such/file.', findings: [] },
    /^$/,
  ],
  ['lint no/such/file --format sarif', 2, /^$/, /^There is no file or folder no\/such\/file\.\n/],
  ['lint --fix-severity hint', 2, /^$/, /add --fix\.\n/],
  ['frobnicate --json', 2, /^$/, /^There is no command "frobnicate".*\nRun kubeflow-irsa --help/],
];
for (const [argv, status, stdout, stderr] of ENDS)
  test(`ends as documented: kubeflow-irsa ${argv}`, () => {
    const args = argv.split(' ').filter((word) => word !== '');
    const ended = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
    assert.equal(ended.status, status, ended.stderr);
    assert.match(ended.stderr, stderr);
    if (stdout instanceof RegExp) assert.match(ended.stdout, stdout);
    else assert.deepEqual(JSON.parse(ended.stdout), stdout);
  });

const LINT_SAMPLES = [MAIN, 'lint', path.join(import.meta.dirname, '../fixtures/aws-page')];
test('a reader that goes away, as head does, ends nothing: no stack, and the exit code is what it would be', async () => {
  const child = spawn(process.execPath, LINT_SAMPLES, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const [stderr, ended] = await Promise.all([textOf(child.stderr), once(child, 'exit')]);
  assert.deepEqual([stderr, ended[0]], ['', 1]);
});

test('output that cannot be written is told, and is no success', { skip: !existsSync('/dev/full') }, () => {
  const full = openSync('/dev/full', 'w');
  const ended = spawnSync(process.execPath, LINT_SAMPLES, { encoding: 'utf8', stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  assert.match(ended.stderr, /^The output could not be written: ENOSPC\b.*\n$/);
  assert.equal(ended.status, 2);
});

test('what a person may agree to is named by an option that the command has', () => {
  const given = (command: string): unknown => Object.keys(CONSENTS).map((one) => optionOf(command, one) ?? '');
  assert.deepEqual(given('apply'), [
    '--adopt-namespace',
    '--create-bucket',
    '--no-artifacts',
    '--grant-controller',
    '',
    '',
  ]);
  assert.deepEqual(given('edit'), ['', '--create-bucket', '--no-artifacts', '--grant-controller', '', '']);
  assert.deepEqual(given('delete'), ['', '', '', '', '', '']);
  assert.deepEqual([optionOf('apply', undefined), optionOf('apply', 'writeManaged:helm')], [undefined, undefined]);
});

test('leftovers: nothing found where not all could be read is not the same as nothing there', () => {
  const items = [{}] as unknown as Parameters<typeof exitOfList>[0]['items'];
  const ends = [
    { items: [], unread: [] },
    { items, unread: [] },
    { items, unread: ['x'] },
    { items: [], unread: ['x'] },
  ];
  assert.deepEqual(ends.map(exitOfList), [0, 1, 1, 2]);
});

test('who owns the trust policy is said once', async () => {
  const { plan } = await import('../../src/cli/provision.ts');
  const said: unknown = values('plan', ...required('plan'), '--let-controller-write-trust', '--manage-trust');
  const planned = plan(said as Parameters<typeof plan>[0], { version: '0' } as Parameters<typeof plan>[1]);
  await assert.rejects(planned, (error) => {
    assert.ok(error instanceof UsageError);
    return error.message === '--let-controller-write-trust and --manage-trust say the opposite: give one of them.';
  });
});
