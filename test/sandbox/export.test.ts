/** Exports by the command line on real parts: what is written is run or read by its own tools, and what it comes to is verified by us. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { TARGETS } from '../../src/export/targets.ts';
import { isOnPath } from '../../src/provisioning/kubeconfigDriver.ts';
import { CLI } from '../fixtures/cli.ts';

let sandbox: Sandbox;
const root = mkdtempSync(path.join(tmpdir(), 'export-'));
before(async () => {
  sandbox = await startSandbox({ withoutAnalytics: true });
  Object.assign(process.env, sandbox.env);
});
after(async () => {
  await sandbox?.stop();
  rmSync(root, { recursive: true, force: true });
});

const ON_CLUSTER = ['--cluster', 'kubeflow-dev', '--region', 'us-west-2'];
const BUCKET = 'kubeflow-artifacts-111122223333';

interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}
const call = (command: string, ...args: readonly string[]): Promise<Answer> =>
  new Promise((resolve) => {
    execFile(command, args, { env: process.env }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
const cli = (...args: readonly string[]): Promise<Answer> => call(process.execPath, '--no-warnings', CLI, ...args);
const json = ({ stdout, stderr }: Answer): Record<string, unknown> => {
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
};
async function needs(t: TestContext, ...commands: readonly string[]): Promise<boolean> {
  for (const command of commands)
    if (!(await isOnPath(command))) {
      t.skip(`${command} is not installed here`);
      return false;
    }
  return true;
}
/** Writing calls to AWS since the last time. */
async function writes(): Promise<readonly string[]> {
  const calls = (await (await fetch(sandbox.callsUrl)).json()) as Record<string, number>;
  await fetch(sandbox.callsUrl, { method: 'DELETE' });
  return Object.keys(calls).filter((name) => /:(Create|Put|Update|Add|Attach|Delete|Tag|Untag)/.test(name));
}

test('a new profile as a shell script: run twice, the second time it changes nothing, and it is verified', async (t) => {
  if (!(await needs(t, 'aws', 'kubectl'))) return;
  const out = path.join(root, 'new');
  const wish = ['--profile', 'team-shell', '--owner', "o'neill@example.com", '--bucket', BUCKET];
  const chosen = ['--path', '/teams/', '--session-duration', '7200', '--tag', 'cost-center=47 11'];
  const written = await cli('export', '--to', 'shell', '--out', out, ...ON_CLUSTER, ...wish, ...chosen, '--json');
  assert.equal(written.status, 0, written.stderr + written.stdout);
  assert.deepEqual(json(written)['files'], ['kubeflow-dev.sh']);
  const script = path.join(out, 'kubeflow-dev.sh');
  await writes();
  const first = await call('sh', script);
  assert.equal(first.status, 0, first.stderr + first.stdout);
  assert.deepEqual((await writes()).filter((name) => !/CreateOpenIDConnectProvider/.test(name)).sort(), [
    'iam:CreateRole',
    'iam:PutRolePolicy',
  ]);
  const read = () =>
    call('kubectl', 'get', 'profile/team-shell', 'configmap/kfp-launcher', '-n', 'team-shell', '-o', 'json');
  const before = await read();
  const second = await call(script);
  assert.equal(second.status, 0, second.stderr);
  assert.deepEqual(await writes(), []);
  assert.doesNotMatch(second.stdout, /^(?:created|changed)/m);
  assert.equal((await read()).stdout, before.stdout);
  // What somebody changed meanwhile is set right, and nothing else.
  const role = ['--role-name', 'team-shell-kubeflow-dev-role'];
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'sts:AssumeRole' }],
  });
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::other/*' }],
  });
  for (const change of [
    ['update-assume-role-policy', ...role, '--policy-document', trust],
    ['update-role', ...role, '--description', 'another', '--max-session-duration', '3600'],
    ['untag-role', ...role, '--tag-keys', 'cost-center'],
    ['put-role-policy', ...role, '--policy-name', 'kf-pipeline-s3', '--policy-document', policy],
  ]) {
    const { status, stderr } = await call('aws', 'iam', ...change);
    assert.equal(status, 0, stderr);
  }
  await writes();
  const third = await call('sh', script);
  assert.equal(third.status, 0, third.stderr);
  assert.deepEqual([...(await writes())].sort(), [
    'iam:PutRolePolicy',
    'iam:TagRole',
    'iam:UpdateAssumeRolePolicy',
    'iam:UpdateRole',
  ]);
  const verified = await cli('verify', ...ON_CLUSTER, '--profile', 'team-shell', '--json');
  assert.equal(json(verified)['verified'], true, verified.stdout);
  // What it made is what we would make: nothing is left to do.
  const plan = await cli('plan', ...ON_CLUSTER, ...wish, ...chosen, '--json');
  const kinds = (json(plan)['steps'] as { kind: string; title: string }[]).filter(
    ({ kind }) => !/keep|verify/.test(kind),
  );
  assert.deepEqual(kinds, []);
});

test('the script stops before it does anything, where the context of kubectl is another cluster', async (t) => {
  if (!(await needs(t, 'aws', 'kubectl'))) return;
  const out = path.join(root, 'context');
  const args = ['--profile', 'team-never', '--owner', 'a@example.com', '--bucket', BUCKET];
  assert.equal((await cli('export', '--to', 'shell', '--out', out, ...ON_CLUSTER, ...args)).status, 0);
  const other = path.join(out, 'kubeconfig');
  const config = readFileSync(process.env['KUBECONFIG'] ?? '', 'utf8');
  writeFileSync(other, config.replaceAll(/https:\/\/[^\s"']+/g, 'https://127.0.0.1:1'));
  await writes();
  const stopped = await call('env', `KUBECONFIG=${other}`, 'sh', path.join(out, 'kubeflow-dev.sh'));
  assert.equal(stopped.status, 1);
  assert.match(stopped.stderr, /The current context of kubectl is not cluster kubeflow-dev/);
  assert.deepEqual(await writes(), []);
});

const live = (id: string): readonly string[] => [
  ...['export', '--to', id, '--out', path.join(root, `live-${id}`), ...ON_CLUSTER],
  ...['--profile', 'team-a', '--json'],
];

for (const { id } of TARGETS)
  test(`what is live, for ${id}: written, nothing else is, and our lint has no finding on it`, async () => {
    const out = path.join(root, `live-${id}`);
    await writes();
    const written = await cli(...live(id));
    const { cannot, missing, files } = json(written) as Readonly<Record<string, readonly string[]>>;
    assert.deepEqual(missing, []);
    assert.equal(written.status, cannot?.length === 0 ? 0 : 1, written.stderr + written.stdout);
    assert.deepEqual(await writes(), []);
    assert.ok(files?.every((file) => existsSync(path.join(out, file))));
    const linted = await cli('lint', out);
    assert.equal(linted.status, 0, linted.stdout + linted.stderr);
  });

test('a second time it is refused, and with --force written', async () => {
  const args = live('shell');
  const out = path.join(root, 'live-shell');
  const before = readdirSync(out);
  const again = await cli(...args);
  assert.equal(again.status, 1);
  assert.match(String(json(again)['refused']), /is not empty.*--force/);
  assert.deepEqual(readdirSync(out), before);
  assert.equal((await cli(...args, '--force')).status, 0);
});

test('bad input: half a plan, a profile that is not there, a plan that is blocked', async () => {
  const out = path.join(root, 'never');
  const into = ['export', '--to', 'shell', '--out', out, ...ON_CLUSTER, '--json'];
  for (const [args, status, says] of [
    [['--profile', 'a', '--owner', 'x'], 2, /--owner and --bucket/],
    [['--path', '/a/'], 2, /--owner and --bucket are missing/],
    [['--profile', 'nobody'], 1, /Profile nobody does not exist/],
    [['--profile', 'new', '--owner', 'x@example.com', '--bucket', 'no-such-bucket-at-all'], 1, /blocked/],
  ] as const) {
    const answer = await cli(...into, ...args);
    assert.deepEqual([answer.status, existsSync(out)], [status, false], answer.stdout);
    assert.match(answer.stdout, says);
  }
});
