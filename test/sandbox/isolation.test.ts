/** The isolation matrix on real parts: what the command line says of it, and what comes of trying it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { issuerOf, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { connectAws } from '../../src/aws/index.ts';
import { attemptsOf } from '../../src/core/isolation/tries.ts';
import { policyText } from '../../src/core/policy/build.ts';
import { lookAtIsolation } from '../../src/estate/isolation.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { attemptLines, proveIsolation } from '../../src/provisioning/proveIsolation.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import type { Aws } from '../../src/provisioning/ports.ts';
import { CLI } from '../fixtures/cli.ts';

const REGION = 'us-west-2';
const BUCKET = 'kubeflow-artifacts-111122223333';
const A = `arn:aws:s3:::${BUCKET}`;
const CLUSTER = ['--cluster', 'kubeflow-dev', '--region', REGION, '--kubeconfig', '/dev/null'];
let sandbox: Sandbox;
let aws: Aws;
let folder: string;
before(async () => {
  sandbox = await startSandbox({ variation: null });
  Object.assign(process.env, sandbox.env);
  aws = connectAws({ region: REGION });
  folder = await mkdtemp(path.join(os.tmpdir(), 'isolation-'));
  // The mistakes of the AWS page's recipe go, and a third profile comes.
  for (const [name, owner] of [
    ['team-b', 'user@example.com'],
    ['team-c', 'carol@example.com'],
  ] as const) {
    const made = await line('apply', ...CLUSTER, '--profile', name, '--owner', owner, '--bucket', BUCKET, '--yes');
    assert.equal(made.code, 0, made.stdout + made.stderr);
  }
});
after(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true });
  await sandbox?.stop();
});

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
function line(...args: readonly string[]): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--no-warnings', CLI, ...args],
      { env: process.env, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}
interface Told {
  readonly asExpected: boolean;
  readonly differences: readonly {
    readonly kind: string;
    readonly who: readonly string[];
    readonly what: readonly string[];
    readonly may: readonly string[];
    readonly because?: { readonly role: string };
  }[];
  readonly tried?: readonly {
    readonly says: string;
    readonly outcome: string;
    readonly proofs: readonly { readonly ok: boolean | null; readonly text: string }[];
  }[];
  readonly untried?: readonly unknown[];
  readonly limits: readonly { readonly text: string; readonly permission?: string }[];
}
async function isolation(...more: readonly string[]): Promise<{ readonly code: number; readonly told: Told }> {
  const { code, stdout, stderr } = await line('isolation', ...CLUSTER, '--format', 'json', ...more);
  assert.notEqual(stdout, '', stderr);
  return { code, told: JSON.parse(stdout) as Told };
}
const file = async (text: string): Promise<string> => {
  const name = path.join(folder, `expect-${Math.random()}.yaml`);
  await writeFile(name, text);
  return name;
};

/** A policy of a role more, for as long as `work` takes. */
async function withPolicy(role: string, statement: object, work: () => Promise<void>): Promise<void> {
  await aws.putRolePolicy(role, 'more', policyText({ Version: '2012-10-17', Statement: [statement] }));
  try {
    await work();
  } finally {
    await aws.deleteRolePolicy(role, 'more');
  }
}

test('profiles as the wizard makes them reach only their own: said from policies, and tried', async () => {
  const { code, told } = await isolation('--try');
  assert.deepEqual(told.differences, []);
  const failed = told.tried?.filter(({ outcome }) => outcome !== 'verified') ?? [];
  assert.deepEqual(failed, []);
  // Each its own and nothing of a neighbour; and nobody into a neighbour's role.
  assert.equal(told.tried?.length, 6, JSON.stringify(told.tried?.map(({ says }) => says)));
  assert.equal(code, 0);
  const left = await aws.objects(BUCKET, REGION).list('', 100);
  assert.deepEqual(
    left.filter((key) => key.includes('probe')),
    [],
  );
});

test('reads grow with pages and not with profiles', async () => {
  sandbox.resetCalls();
  const { told } = await isolation();
  assert.equal(told.asExpected, true);
  const calls = sandbox.calls();
  // None of them is by profile; the bucket is one.
  for (const [call, count] of Object.entries(calls)) assert.equal(count, 1, call);
  assert.equal(calls['iam:GetAccountAuthorizationDetails'], 1);
});

describe('a policy about the whole bucket', () => {
  const wide = {
    Sid: 'Wide',
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
    Resource: `${A}/*`,
  };
  test('is seen with the statement that decides, and what it allows is true', () =>
    withPolicy('team-c-kubeflow-dev-role', wide, async () => {
      const { code, told } = await isolation('--try');
      assert.equal(code, 1);
      assert.deepEqual(
        told.differences.map(({ kind, who, what, may }) => ({ kind, who, what, may })),
        [{ kind: 'reaches', who: ['team-c'], what: ['team-a', 'team-b'], may: ['write', 'delete', 'read'] }],
      );
      assert.match(told.differences[0]?.because?.role ?? '', /team-c-kubeflow-dev-role$/);
      const tried = told.tried?.filter(({ says }) => /^team-c may .* team-[ab] by role/.test(says)) ?? [];
      assert.deepEqual(
        tried.map(({ outcome }) => outcome),
        ['verified', 'verified'],
      );
    }));
  test('is as expected where the file says so, and not where it says less', () =>
    withPolicy('team-c-kubeflow-dev-role', wide, async () => {
      const allowed = await file('allow:\n- who: team-c\n  may: write\n  what: team-*\n');
      assert.equal((await isolation('--expect', allowed)).code, 0);
      const less = await file('allow:\n- who: team-c\n  may: read\n  what: team-*\n');
      const { code, told } = await isolation('--expect', less);
      assert.deepEqual([code, told.differences[0]?.may], [1, ['write', 'delete']]);
      const more = await file('require:\n- who: team-a\n  may: read\n  what: team-b\n');
      const lacking = await isolation('--expect', more);
      assert.ok(lacking.told.differences.some(({ kind, who }) => kind === 'lacks' && who[0] === 'team-a'));
      const text = await line('isolation', ...CLUSTER);
      assert.equal(text.code, 1);
      assert.match(
        text.stdout,
        /! team-c may write, delete and read team-a and team-b\.\n +by role .*\(Wide\) of policy more/,
      );
    }));
});

test('a Deny of the policy of the bucket is part of what is judged', async () => {
  const role = 'arn:aws:iam::111122223333:role/team-a-kubeflow-dev-role';
  const refuse = { Sid: 'No', Effect: 'Deny', Principal: { AWS: role }, Action: 's3:PutObject', Resource: `${A}/*` };
  const set = (statement: object): Promise<void> =>
    aws.putBucketPolicy(BUCKET, policyText({ Version: '2012-10-17', Statement: [statement] }));
  await set(refuse);
  const { code, told } = await isolation('--try');
  assert.equal(code, 0);
  assert.deepEqual(
    told.tried?.filter(({ outcome }) => outcome === 'failed'),
    [],
  );
  const { stdout } = await line('isolation', ...CLUSTER);
  assert.match(stdout, /^team-a +\[delete\] /m);
  await set({ ...refuse, Action: 's3:PutBucketTagging', Resource: A });
});

test('what is not as policies said is told so when it is tried', async () => {
  const cluster = await aws.cluster('kubeflow-dev');
  assert.ok(cluster.state === 'found');
  const kubernetes = await kubernetesConnector({ version: '0', kubeconfig: '/dev/null' })(cluster.value, aws);
  try {
    const { attempts } = attemptsOf(await lookAtIsolation([{ cluster: cluster.value, aws, kubernetes }]));
    // Between the two, the role of team-c loses what it may.
    const its = await aws.rolePolicy('team-c-kubeflow-dev-role', 'kf-pipeline-s3');
    assert.ok(its.state === 'found');
    await aws.deleteRolePolicy('team-c-kubeflow-dev-role', 'kf-pipeline-s3');
    const outside = { aws, kubernetes, unique: randomUUID, sleep };
    const results = await proveIsolation(attempts, () => outside);
    await aws.putRolePolicy('team-c-kubeflow-dev-role', 'kf-pipeline-s3', its.value);
    const failed = results.filter(({ outcome }) => outcome === 'failed');
    assert.deepEqual(
      failed.map(({ says }) => says.slice(0, 'team-c may'.length)),
      ['team-c may'],
    );
    assert.match(attemptLines(results, []).join('\n'), /NOT AS SAID {2}team-c may .*\n +It could not list/);
  } finally {
    kubernetes.close();
  }
});

test('who may not read the policy of the bucket is told that nothing there can be judged', async () => {
  const { code, told } = await isolation('--aws-profile', 'readonly');
  assert.equal(code, 1);
  assert.ok(told.differences.every(({ kind }) => kind === 'perhaps'));
  assert.ok(
    told.limits.some(({ permission }) => permission === 's3:GetBucketPolicy'),
    JSON.stringify(told.limits),
  );
});

test('every service account of the cluster in one role: known ones in the table, and the set by itself', async () => {
  const issuer = issuerOf('kubeflow-dev').replace('https://', '');
  const before = await aws.bareRole('team-c-kubeflow-dev-role');
  assert.ok(before.state === 'found');
  const statement = {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${issuer}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringEquals: { [`${issuer}:aud`]: 'sts.amazonaws.com' } },
  };
  await aws.updateTrustPolicy(
    'team-c-kubeflow-dev-role',
    policyText({ Version: '2012-10-17', Statement: [statement] }),
  );
  const { told } = await isolation();
  const [first, set] = told.differences;
  assert.ok(first?.who.includes('team-a') && first.who.includes('kubeflow/ml-pipeline'), JSON.stringify(first));
  assert.deepEqual([set?.kind, set?.what], ['set', ['team-c']]);
  await aws.updateTrustPolicy('team-c-kubeflow-dev-role', before.value.trustPolicy);
});

test('what cannot be run says why: a file that is wrong, a cluster that there is not', async () => {
  const wrong = await line(
    'isolation',
    ...CLUSTER,
    '--expect',
    await file('allow:\n- who: a\n  may: fly\n  what: b\n'),
  );
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /Line 2: may is one of/);
  const none = await line('isolation', '--cluster', 'nowhere', '--region', REGION, '--format', 'json');
  assert.notEqual(none.code, 0);
});
