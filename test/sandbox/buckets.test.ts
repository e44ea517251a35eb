/** Buckets on real parts: encrypted ones, whose key may be used or not, and one that is made. What S3 holds is read by raw calls. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { makeBucket } from '../../sandbox/fixtures.ts';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { OTHER_ACCOUNT } from '../../sandbox/seed.ts';
import { call } from '../../sandbox/sigv4.ts';
import { connectAws } from '../../src/aws/index.ts';
import { blockers, permissionsOf, rows, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import type { Request } from '../../src/core/request.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { memoryJournal, type Journal } from '../../src/provisioning/journal.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { prove } from '../../src/provisioning/prove.ts';
import type { Outside } from '../../src/provisioning/prove/trial.ts';
import { carryOut, undo, type RunResult } from '../../src/provisioning/run.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import { CLI } from '../fixtures/cli.ts';

let sandbox: Sandbox;
const REGION = 'us-west-2';

before(async () => {
  sandbox = await startSandbox({ withoutAnalytics: true });
  Object.assign(process.env, sandbox.env);
});
after(() => sandbox?.stop());

const request = (profile: string, bucket: string, other: Partial<Request> = {}): Request => ({
  cluster: 'kubeflow-dev',
  region: REGION,
  profile,
  owner: `${profile}@example.com`,
  bucket,
  access: 'prefix',
  annotateOnly: true,
  leaveArtifacts: true,
  ...other,
});

/** Plans, and does with it what is asked. */
async function withPlan<T>(wanted: Request, work: (plan: Plan, outside: Outside) => Promise<T>): Promise<T> {
  const aws = connectAws({ region: REGION });
  const { facts, kubernetes } = await lookAt(wanted, aws, kubernetesConnector({ kubeconfig: '/dev/null' }));
  assert.ok(kubernetes);
  try {
    return await work(planProfile(wanted, facts), { aws, kubernetes, unique: randomUUID, sleep });
  } finally {
    kubernetes.close();
  }
}
const planOf = (wanted: Request): Promise<Plan> => withPlan(wanted, (plan) => Promise.resolve(plan));
const run = (wanted: Request, journal?: Journal): Promise<RunResult> =>
  withPlan(wanted, (plan, outside) => {
    assert.deepEqual(blockers(plan), []);
    return carryOut(plan, outside, journal === undefined ? {} : { journal });
  });

/** A raw call of S3 about a bucket, as the sandbox's own administrator. */
const raw = async (bucket: string, setting: string, method = 'GET', body = ''): Promise<string> => {
  const answer = await call(sandbox.endpoint, {
    service: 's3',
    region: REGION,
    method,
    path: `/${bucket}`,
    query: setting === '' ? {} : { [setting]: '' },
    body,
    credentials: sandbox.credentials['sandbox-internal'],
  });
  return `${answer.status} ${answer.text}`;
};

/** Each setting of a bucket that we made, as S3 tells it. */
async function asMade(bucket: string): Promise<void> {
  const [blocks, ownership, encryption, policy, tags] = await Promise.all(
    ['publicAccessBlock', 'ownershipControls', 'encryption', 'policy', 'tagging'].map((setting) =>
      raw(bucket, setting),
    ),
  );
  for (const block of ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'])
    assert.match(blocks ?? '', new RegExp(`<${block}>true</${block}>`, 'i'));
  assert.match(ownership ?? '', /<ObjectOwnership>BucketOwnerEnforced</);
  assert.match(encryption ?? '', /<SSEAlgorithm>AES256</);
  assert.match(policy ?? '', /"Effect":\s*"Deny"[^]*"aws:SecureTransport":\s*"false"/);
  assert.match(tags ?? '', /<Key>kubeflow-irsa\/made-by<\/Key><Value>kubeflow-irsa</);
  assert.match(
    tags ?? '',
    /<Key>kubeflow-irsa\/cluster<\/Key><Value>arn:aws:eks:us-west-2:111122223333:cluster\/kubeflow-dev</,
  );
  assert.match(tags ?? '', /<Key>kubeflow-irsa\/run<\/Key><Value>[0-9a-f-]{36}</);
}
/** Actions by operation where they are not called alike (Service Authorization Reference, Amazon S3). */
const ACTION: Readonly<Record<string, string>> = {
  's3:HeadBucket': 's3:ListBucket',
  's3:ListObjectsV2': 's3:ListBucket',
  's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
  's3:PutBucketEncryption': 's3:PutEncryptionConfiguration',
  's3:GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
  's3:PutPublicAccessBlock': 's3:PutBucketPublicAccessBlock',
};
/** What was called about buckets and keys, objects left out, and is not named by the plan. */
const unnamed = (plan: Plan): string[] =>
  Object.keys(sandbox.calls())
    .filter((name) => /^(s3|kms):/.test(name) && !/Object$|Upload|UploadPart/.test(name))
    .map((name) => ACTION[name] ?? name)
    .filter((action) => !permissionsOf(plan).aws.includes(action));
const failure = (result: RunResult): string => result.rows.find(({ state }) => state === 'failed')?.reason ?? '';

test('a bucket with a key that leaves access to IAM: the role may use the key, which is verified', async () => {
  const { keyArn } = await makeBucket(sandbox, { name: 'encrypted-delegates', key: 'delegates' });
  const wanted = request('enc-a', 'encrypted-delegates');
  const plan = await planOf(wanted);
  assert.match(rows(plan).find(({ id }) => id === 'key')?.reason ?? '', /leaves access to IAM/);
  sandbox.resetCalls();
  assert.ok(
    rows(plan)
      .find(({ id }) => id === 'role-policy')
      ?.after?.includes(keyArn ?? '?'),
  );
  const result = await run(wanted);
  assert.equal(result.verification?.outcome, 'verified', failure(result));
  assert.deepEqual(unnamed(plan), [], 'the calls of a run are no more than its plan names');
  sandbox.resetCalls();
  await run(wanted);
  assert.deepEqual(
    Object.entries(sandbox.calls()).filter(([name]) =>
      /^(iam:(Put|Create)|s3:Put|kms:(?!DescribeKey|GetKeyPolicy))/.test(name),
    ),
    [],
  );
});

test('the AWS managed key needs no statement, and is verified', async () => {
  await makeBucket(sandbox, { name: 'encrypted-managed', key: 'managed' });
  const wanted = request('enc-m', 'encrypted-managed');
  assert.doesNotMatch(rows(await planOf(wanted)).find(({ id }) => id === 'role-policy')?.after ?? '', /kms/);
  const result = await run(wanted);
  assert.equal(result.verification?.outcome, 'verified', failure(result));
});

test('a key whose policy names another role: said before any write; with the statement that is told it is verified', async () => {
  const { keyArn = '' } = await makeBucket(sandbox, { name: 'encrypted-other', key: 'names another' });
  const wanted = request('enc-b', 'encrypted-other');
  sandbox.resetCalls();
  const plan = await planOf(wanted);
  const [blocker] = blockers(plan);
  assert.equal(blocker?.id, 'key');
  assert.deepEqual(
    Object.keys(sandbox.calls()).filter((name) => /:(Create|Put|Update)/.test(name)),
    [],
  );
  // Without the plan's word, the proof says the same.
  const soon = (milliseconds: number): Promise<void> => sleep(Math.min(milliseconds, 60));
  const refused = await withPlan(wanted, (same, outside) =>
    carryOut({ ...same, needs: [] }, { ...outside, sleep: soon }),
  );
  assert.match(failure(refused), /KP-047: The policy of the bucket's KMS key must let the role in/);
  const statement: unknown = JSON.parse(/The statement: (\{.*\})$/.exec(blocker.reason ?? '')?.[1] ?? 'null');
  const kms = async (operation: string, input: object): Promise<string> => {
    const { status, text: body } = await call(sandbox.endpoint, {
      service: 'kms',
      region: REGION,
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${operation}` },
      body: JSON.stringify(input),
      credentials: sandbox.credentials['sandbox-internal'],
    });
    assert.equal(status, 200, body);
    return body;
  };
  const { Policy } = JSON.parse(await kms('GetKeyPolicy', { KeyId: keyArn, PolicyName: 'default' })) as {
    Policy: string;
  };
  const policy = JSON.parse(Policy) as { Statement: unknown[] };
  // For what follows.
  const disabling = {
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::111122223333:root' },
    Action: 'kms:DisableKey',
    Resource: '*',
  };
  await kms('PutKeyPolicy', {
    KeyId: keyArn,
    PolicyName: 'default',
    Policy: JSON.stringify({ ...policy, Statement: [...policy.Statement, statement, disabling] }),
  });
  const mended = await withPlan(wanted, (next, outside) => {
    assert.deepEqual(blockers(next), []);
    return prove(next.proofs, outside, { touch: true, settled: false });
  });
  assert.equal(mended.outcome, 'verified', JSON.stringify(mended.proofs));
  await kms('DisableKey', { KeyId: keyArn.split('/')[1] });
  assert.match(blockers(await planOf(wanted))[0]?.reason ?? '', /is disabled\. Enable it/);
  await kms('ScheduleKeyDeletion', { KeyId: keyArn.split('/')[1], PendingWindowInDays: 7 });
  assert.match(blockers(await planOf(wanted))[0]?.reason ?? '', /is about to be deleted.*\(on \d{4}-/);
});

test('a bucket is made with all that was promised, the profile uses it, and undo leaves it', async () => {
  const journal = memoryJournal();
  const wanted = request('made-a', 'kubeflow-made-111122223333', { createBucket: true });
  const plan = await planOf(wanted);
  sandbox.resetCalls();
  const result = await run(wanted, journal);
  assert.deepEqual(unnamed(plan), [], 'the calls of a run are no more than its plan names');
  assert.equal(result.verification?.outcome, 'verified', failure(result));
  await asMade(wanted.bucket);
  sandbox.resetCalls();
  await run(wanted);
  assert.deepEqual(
    Object.keys(sandbox.calls()).filter((name) => /^s3:(Create|PutBucket|PutPublic|PutEnc)/.test(name)),
    [],
  );
  const undone = await withPlan(wanted, (_plan, outside) => undo(journal.entries(), outside));
  assert.match(
    undone.changes.find(({ change }) => change.ref.kind === 's3/bucket')?.reason ?? '',
    /a bucket is never deleted here/,
  );
  await asMade(wanted.bucket);
});

test('without TLS the bucket that was made refuses everybody', async () => {
  const answer = await call(sandbox.endpoint, {
    service: 's3',
    region: REGION,
    method: 'GET',
    path: '/kubeflow-made-111122223333',
    query: { 'list-type': '2' },
    headers: { 'x-sandbox-plain': 'true' },
    credentials: sandbox.credentials['sandbox-admin'],
  });
  assert.equal(answer.status, 403, answer.text);
});

for (const operation of [
  'CreateBucket',
  'PutBucketTagging',
  'PutPublicAccessBlock',
  'PutBucketEncryption',
  'PutBucketPolicy',
])
  test(`the answer of s3:${operation} is lost, and what fails once is finished by running again`, async () => {
    const name = `half-${operation.toLowerCase()}`;
    const wanted = request(name, `${name}-111122223333`, { createBucket: true });
    sandbox.control({ faults: [{ call: `s3:${operation}`, times: 1, connection: 'lost' }] });
    const lost = await run(wanted);
    assert.equal(lost.verification?.outcome, 'verified', failure(lost));
    await asMade(wanted.bucket);
    const other = { ...wanted, bucket: `${name}-again-111122223333` };
    sandbox.control({
      faults: [{ call: `s3:${operation}`, times: 9, status: 403, code: 'AccessDenied', message: 'no' }],
    });
    const refused = await run(other);
    assert.equal(refused.ok, false);
    assert.match(failure(refused), /not permitted to s3:/);
    sandbox.control({ faults: [] });
    const finished = await run(other);
    assert.ok(finished.ok, failure(finished));
    await asMade(other.bucket);
  });

test('a name that another account has is said before any write, and in the run', async () => {
  const wanted = request('taken-a', 'taken-by-others', { createBucket: true });
  const plan = await planOf(wanted);
  await makeBucket(sandbox, { name: 'taken-by-others', account: 'other' });
  const late = await withPlan(wanted, (_now, outside) => carryOut(plan, outside));
  assert.match(failure(late), /taken by a bucket of another account/);
  assert.match(blockers(await planOf(wanted))[0]?.reason ?? '', /^The name taken-by-others is taken/);
});

test('a bucket of another account that lets us look at it is said to be one', async () => {
  const name = 'foreign-and-open';
  await makeBucket(sandbox, {
    name,
    account: 'other',
    policy: [
      {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::111122223333:root' },
        Action: 's3:*',
        Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`],
      },
    ],
  });
  const wanted = request('foreign-a', name);
  const plan = await planOf(wanted);
  assert.ok(
    plan.warnings.some((one) => one.includes('belongs to another account')),
    plan.warnings.join('\n'),
  );
  const result = await run(wanted);
  assert.equal(result.verification?.outcome, 'verified', `${failure(result)} ${OTHER_ACCOUNT}`);
});

test('the command line makes a bucket with a key of KMS', async () => {
  const { keyArn = '' } = await makeBucket(sandbox, { name: 'has-a-key', key: 'delegates' });
  const child = spawn(
    process.execPath,
    [
      CLI,
      'apply',
      ...['--cluster', 'kubeflow-dev', '--region', REGION, '--profile', 'cli-made', '--owner', 'o@example.com'],
      ...[
        '--bucket',
        'cli-made-111122223333',
        '--create-bucket',
        '--bucket-key',
        keyArn,
        '--no-artifacts',
        '--yes',
        '--json',
      ],
      ...['--kubeconfig', '/dev/null'],
    ],
    { env: { ...process.env, ...sandbox.env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  const said = JSON.parse(output) as { ok: boolean; outcome: string };
  assert.equal(said.outcome, 'verified', output + errors);
  const encryption = await raw('cli-made-111122223333', 'encryption');
  assert.match(encryption, /<SSEAlgorithm>aws:kms</);
  assert.ok(encryption.includes(keyArn), encryption);
});
