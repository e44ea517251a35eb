/** Runs that are cut off: the command line is killed in the middle of its work, and another process goes on or takes it back. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { connectAws } from '../../src/aws/index.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import { CLI } from '../fixtures/cli.ts';

let sandbox: Sandbox;
let state = '';
const REGION = 'us-west-2';

before(async () => {
  sandbox = await startSandbox({ withoutAnalytics: true });
  Object.assign(process.env, sandbox.env);
  await sandbox.meetCalls('kubeflow-dev');
  state = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-state-'));
  process.env['XDG_STATE_HOME'] = state;
});
after(async () => {
  await sandbox?.stop();
  await rm(state, { recursive: true, force: true });
});

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [CLI, ...args], { env: process.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    ([stdout, stderr, exit]) => ({
      status: exit[0] as number | null,
      stderr,
      output: (stdout === '' ? {} : JSON.parse(stdout)) as Record<string, unknown>,
    }),
  );
  return { process: child, ended };
}
const cli = (...args: readonly string[]) => start(...args, '--json').ended;

const apply = (profile: string): readonly string[] => [
  ...['apply', '--cluster', 'kubeflow-dev', '--region', REGION, '--profile', profile],
  ...['--owner', `${profile}@example.com`, '--bucket', 'kubeflow-artifacts-111122223333', '--yes', '--json'],
];

/** Ends the process of an `apply` just before the work of a call, or just after it. */
async function killedIn(profile: string, call: string, hold: 'before' | 'after'): Promise<void> {
  sandbox.control({ faults: [{ call, times: 1, hold }] });
  const child = start(...apply(profile));
  try {
    const reached = await Promise.race([sandbox.held(), child.ended.then(({ output }) => JSON.stringify(output))]);
    assert.equal(reached, call);
    const { runs } = (await cli('runs')).output as { runs: readonly Run[] };
    const mine = runs.find((run) => run.profile === profile);
    assert.deepEqual([mine?.state, mine?.isGoingOn], ['unfinished', true]);
    const busy = await cli('resume', '--run', mine?.id ?? '', '--yes');
    assert.equal(busy.status, 2);
    assert.match(String(busy.output['error']), /goes on now, in another process/);
  } finally {
    child.process.kill('SIGKILL');
    await child.ended.catch(() => undefined);
    // What is held ends with its caller.
    sandbox.control({ faults: [] });
  }
}

interface Run {
  readonly id: string;
  readonly command: string;
  readonly profile: string;
  readonly cluster: string;
  readonly began: string;
  readonly state: string;
  readonly isGoingOn: boolean;
  readonly file: string;
}
async function runOf(profile: string): Promise<Run> {
  const { status, output, stderr } = await cli('runs');
  assert.equal(status, 0, stderr);
  const its = (output['runs'] as readonly Run[]).filter((run) => run.profile === profile);
  assert.equal(its.length, 1);
  assert.ok(its[0]);
  return its[0];
}

/** What there is of a profile. */
async function thereIs(profile: string): Promise<readonly string[]> {
  const aws = connectAws({ region: REGION });
  const cluster = await aws.cluster('kubeflow-dev');
  assert.equal(cluster.state, 'found');
  const kubernetes = await kubernetesConnector({ kubeconfig: '/dev/null' })(cluster.value, aws);
  try {
    const role = `${profile}-kubeflow-dev-role`;
    const all = {
      role: await aws.bareRole(role),
      policy: await aws.rolePolicy(role, 'kf-pipeline-s3'),
      profile: await kubernetes.profile(profile),
      namespace: await kubernetes.namespace(profile),
    };
    return Object.entries(all).flatMap(([name, { state: is }]) => (is === 'found' ? [name] : []));
  } finally {
    kubernetes.close();
  }
}
const CALLS = [
  ['iam:CreateRole', 'before', []],
  ['iam:CreateRole', 'after', ['role']],
  ['iam:PutRolePolicy', 'before', ['role']],
  ['create profiles', 'after', ['role', 'policy', 'profile', 'namespace']],
] as const;

for (const [index, [call, hold, left]] of CALLS.entries()) {
  test(`killed ${hold} ${call}: runs says so, and resume ends in what was wanted, proven`, async () => {
    const profile = `team-resumed-${index}`;
    await killedIn(profile, call, hold);
    assert.deepEqual(
      (await thereIs(profile)).filter((what) => what !== 'namespace'),
      left.filter((what) => what !== 'namespace'),
    );
    const run = await runOf(profile);
    assert.deepEqual(
      [run.command, run.cluster, run.state, run.isGoingOn],
      ['apply', 'kubeflow-dev', 'unfinished', false],
    );
    assert.ok(Math.abs(Date.parse(run.began) - Date.now()) < 600_000);

    const unasked = await cli('resume', '--run', run.id);
    assert.equal(unasked.status, 2);
    assert.match(String(unasked.output['error']), /answer with --yes where there is no terminal/);

    const resumed = await cli('resume', '--run', run.id, '--yes');
    assert.equal(resumed.status, 0, JSON.stringify(resumed.output));
    assert.deepEqual([resumed.output['run'], resumed.output['verified']], [run.id, true]);
    assert.equal((await runOf(profile)).state, 'done');
    assert.deepEqual(await thereIs(profile), ['role', 'policy', 'profile', 'namespace']);

    const again = await cli('resume', '--run', run.id, '--yes');
    assert.deepEqual([again.status, again.output['note']], [0, `Run ${run.id} is done: there is nothing to resume.`]);
  });

  test(`killed ${hold} ${call}: undo ends in the world before, and a second one says so`, async () => {
    const profile = `team-undone-${index}`;
    await killedIn(profile, call, hold);
    const run = await runOf(profile);
    const undone = await cli('undo', '--run', run.id, '--yes');
    assert.equal(undone.status, 0, JSON.stringify(undone.output));
    // A namespace takes its time to go.
    for (let tries = 0; tries < 300 && (await thereIs(profile)).length > 0; tries++) await sleep(100);
    assert.deepEqual(await thereIs(profile), []);
    assert.equal((await runOf(profile)).state, 'undone');
    const second = await cli('undo', '--run', run.id, '--yes');
    assert.deepEqual([second.status, second.output['note']], [0, `Run ${run.id} was undone already.`]);
    const resumed = await cli('resume', '--run', run.id, '--yes');
    assert.equal(resumed.status, 1);
    assert.match(String(resumed.output['error']), /was undone: make the plan anew/);
  });
}

test('two of one plan at once: one result, proven by both, and each has its run', async () => {
  const both = await Promise.all([start(...apply('team-twice')).ended, start(...apply('team-twice')).ended]);
  for (const { status, output } of both) assert.equal(status, 0, JSON.stringify(output));
  assert.deepEqual(await thereIs('team-twice'), ['role', 'policy', 'profile', 'namespace']);
});

test('a run of another account is refused, and nothing is touched', async () => {
  const { output } = await start(...apply('team-other')).ended;
  const { file, id } = await runOf('team-other');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replaceAll('"account":"111122223333"', '"account":"444455556666"'));
  const { status, output: refused } = await cli('undo', '--run', id, '--yes');
  assert.equal(status, 2);
  assert.match(
    String(refused['error']),
    /was made in account 444455556666 .* your credentials are of account 111122223333/,
  );
  assert.deepEqual(await thereIs('team-other'), ['role', 'policy', 'profile', 'namespace']);
  assert.equal(output['run'], id);
});

test('there is no such run: said, and where they are', async () => {
  const { status, output } = await cli('undo', '--run', 'nothing', '--yes');
  assert.equal(status, 2);
  assert.match(String(output['error']), /There is no run "nothing" in .*kubeflow-irsa\/runs/);
});

test('no credential, token or password is in any file of a run, and all are for their owner alone', async () => {
  const folder = path.join(state, 'kubeflow-irsa', 'runs');
  const names = await readdir(folder);
  assert.ok(names.length > 5);
  const key = process.env['AWS_SECRET_ACCESS_KEY'] ?? '';
  for (const name of names) {
    const file = path.join(folder, name);
    const said = await readFile(file, 'utf8');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    for (const secret of [/eyJ[\w-]+\./, /k8s-aws-v1/, /X-Amz-Signature/, /\b(ASIA|AKIA)[A-Z0-9]{8}/, /PRIVATE KEY/])
      assert.doesNotMatch(said, secret);
    assert.ok(key.length > 20 && !said.includes(key));
  }
});
