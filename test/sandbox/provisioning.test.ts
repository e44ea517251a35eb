/** The main job on real parts: observe, plan, apply and verify against a real API server and the strict AWS front. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import {
  CreateRoleCommand,
  DeleteOpenIDConnectProviderCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  IAMClient,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import type { ConfigMap } from '../../src/core/observation.ts';
import { connectAws } from '../../src/aws/index.ts';
import { blockers, changeOf, rows, writes, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { profileProofs } from '../../src/core/plan/proof.ts';
import { subject } from '../../src/core/policy/build.ts';
import { controllerWrites } from '../../src/core/policy/controller.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { ACCESS_LEVELS, type Request } from '../../src/core/request.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { findTarget } from '../../src/provisioning/lookTarget.ts';
import { memoryJournal, type Journal } from '../../src/provisioning/journal.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import type { ConnectKubernetes } from '../../src/provisioning/ports.ts';
import { prove } from '../../src/provisioning/prove.ts';
import { carryOut, undo, type RunResult } from '../../src/provisioning/run.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import { CLI } from '../fixtures/cli.ts';

let sandbox: Sandbox;
const REGION = 'us-west-2';
const BUCKET = 'kubeflow-artifacts-111122223333';

before(async () => {
  sandbox = await startSandbox();
  Object.assign(process.env, sandbox.env);
});
after(() => sandbox?.stop());

const request = (profile: string, other: Partial<Request> = {}): Request => ({
  cluster: 'kubeflow-dev',
  region: REGION,
  profile,
  owner: `${profile}@example.com`,
  bucket: BUCKET,
  access: 'prefix',
  ...other,
});
/** Connections that use this AWS profile; kubeconfig contexts are not used, so that the identity counts on the cluster too. */
const identity = (profile?: string, region = REGION) => ({
  aws: connectAws({ region, ...(profile === undefined ? {} : { profile }) }),
  connect: kubernetesConnector({ kubeconfig: '/dev/null' }),
});

async function run(
  wanted: Request,
  options: {
    as?: string;
    stopAfter?: string;
    journal?: Journal;
    betweenPlanAndApply?: (plan: Plan) => Promise<unknown>;
  } = {},
): Promise<{ plan: Plan; result: RunResult }> {
  const { aws, connect } = identity(options.as, wanted.region);
  const { facts, kubernetes } = await lookAt(wanted, aws, connect);
  const plan = planProfile(wanted, facts);
  assert.ok(kubernetes, JSON.stringify(blockers(plan)));
  await options.betweenPlanAndApply?.(plan);
  const stop = new AbortController();
  let running: string | undefined;
  const result = await carryOut(
    plan,
    {
      aws,
      kubernetes: {
        ...kubernetes,
        createProfile: async (profile) => {
          await kubernetes.createProfile(profile);
          if (running === options.stopAfter) stop.abort();
        },
      },
      unique: randomUUID,
      sleep,
      signal: stop.signal,
    },
    {
      progress: (row) => void (running = row.id),
      ...(options.journal === undefined ? {} : { journal: options.journal }),
    },
  );
  kubernetes.close();
  return { plan, result };
}
const planOf = async (wanted: Request, as?: string): Promise<Plan> => {
  const { aws, connect } = identity(as, wanted.region);
  const { facts, kubernetes } = await lookAt(wanted, aws, connect);
  kubernetes?.close();
  return planProfile(wanted, facts);
};
const verifyProfile = async (profile: string, bucket?: string) => {
  const { aws, connect } = identity();
  const { target, kubernetes } = await findTarget(
    { cluster: 'kubeflow-dev', profile, ...(bucket && { bucket }) },
    aws,
    connect,
  );
  try {
    const outside = { aws, kubernetes, unique: randomUUID, sleep };
    return await prove(profileProofs(target), outside, { touch: true, settled: true });
  } finally {
    kubernetes.close();
  }
};
const states = (result: RunResult): string[] => result.rows.map(({ row, state }) => `${row.id} ${state}`);
const failure = (result: RunResult): string => result.rows.find(({ state }) => state === 'failed')?.reason ?? '';
const calls = async (): Promise<Record<string, number>> =>
  (await (await fetch(sandbox.callsUrl)).json()) as Record<string, number>;
const WRITING = /:(Create|Put|Delete|Update|Add|Attach|Detach|Tag|Untag|Remove|Set|Upload|Complete)/;

async function configMapOf(namespace: string, name: string): Promise<ConfigMap | undefined> {
  const { aws, connect } = identity();
  const cluster = await aws.cluster('kubeflow-dev');
  assert.equal(cluster.state, 'found');
  const kubernetes = await connect(cluster.value, aws);
  const reading = await kubernetes.configMap(namespace, name);
  kubernetes.close();
  return reading.state === 'found' ? reading.value : undefined;
}

test('a fresh profile is made and proven; a second run makes no writing call', async () => {
  const { plan, result } = await run(request('team-new'));
  assert.equal(rows(plan).find(({ id }) => id === 'role')?.kind, 'create');
  assert.ok(result.ok, failure(result));
  assert.equal(result.verification?.outcome, 'verified');
  // What KFP's own controller made in the new namespace is changed, and the rest of it stays.
  assert.deepEqual((await configMapOf('team-new', 'kfp-launcher'))?.data, {
    clusterDomain: 'cluster.local',
    defaultPipelineRoot: `s3://${BUCKET}/team-new/v2/artifacts`,
  });
  const repositories = (await configMapOf('team-new', 'artifact-repositories'))?.data['default-namespaced'] ?? '';
  assert.match(repositories, /"useSDKCreds": ?true/);
  assert.doesNotMatch(repositories, /accessKeySecret|seaweedfs/);
  const { proofs } = result.verification;
  const tried = proofs.filter(({ id }) => id !== 'launcher');
  assert.deepEqual(
    tried.map(({ id, ok }) => `${id} ${ok}`),
    [
      ...['token', 'assume-role', 'list', 'write', 'read', 'delete', 'multipart'],
      ...['neighbour-refused', 'other-profile-refused', 'other-prefix-list-refused', 'other-prefix-write-refused'],
    ].map((id) => `${id} true`),
  );

  await fetch(sandbox.callsUrl, { method: 'DELETE' });
  const again = await run(request('team-new'));
  assert.equal(writes(again.plan), false);
  assert.ok(again.result.ok, failure(again.result));
  assert.equal(again.result.verification?.outcome, 'checked');
  const counted = await calls();
  assert.ok((counted['iam:GetRole'] ?? 0) > 0, 'calls are counted');
  assert.deepEqual(
    Object.keys(counted).filter((call) => WRITING.test(call)),
    [],
  );
});

test('what a run made is undone: role, policy, Profile and namespace go, the provider of the cluster stays', async () => {
  const journal = memoryJournal();
  const { plan, result } = await run(request('team-undone'), { journal });
  assert.ok(result.ok, failure(result));
  const { aws, connect } = identity();
  const cluster = await aws.cluster('kubeflow-dev');
  assert.equal(cluster.state, 'found');
  const kubernetes = await connect(cluster.value, aws);
  try {
    const undone = await undo(journal.entries(), { aws, kubernetes, sleep });
    assert.ok(undone.ok, JSON.stringify(undone.changes));
    assert.equal((await aws.bareRole('team-undone-kubeflow-dev-role')).state, 'absent');
    assert.equal((await kubernetes.profile('team-undone')).state, 'absent');
    const provider = changeOf(plan, 'iam/provider')?.after?.arn ?? '';
    assert.equal((await aws.oidcProvider(provider)).state, 'found');
  } finally {
    kubernetes.close();
  }
});

for (const { id } of ACCESS_LEVELS) {
  test(`access "${id}" is verified`, async () => {
    const { result } = await run(request(`access-${id}`, { access: id }));
    assert.ok(result.ok, failure(result));
    assert.equal(result.verification?.outcome, 'verified');
  });
}

test("the AWS page's profile: verification says what is wrong, the plan repairs it", async () => {
  const before = await verifyProfile('team-b', BUCKET);
  assert.equal(before.outcome, 'failed');
  assert.match(before.proofs.find(({ id }) => id === 'neighbour-refused')?.text ?? '', /too wide/);
  assert.equal(before.proofs.find(({ id }) => id === 'write')?.ok, false);

  const wanted = request('team-b', { owner: 'user@example.com' });
  const { plan, result } = await run(wanted);
  const changes = rows(plan)
    .filter(({ kind }) => kind === 'change')
    .map(({ id }) => id);
  assert.deepEqual(changes, ['role', 'role-policy', 'config-map', 'config-map']);
  assert.ok(result.ok, failure(result));
  assert.equal((await verifyProfile('team-b')).outcome, 'verified');
});

test('the seeded right profile needs nothing and is verified', async () => {
  assert.equal((await verifyProfile('team-a')).outcome, 'verified');
});

/** The role's trust policy, as it is in IAM. */
async function trustIn(profile: string): Promise<string> {
  const { Role } = await new IAMClient({ region: REGION }).send(
    new GetRoleCommand({ RoleName: `${profile}-kubeflow-dev-role` }),
  );
  return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
}
const PROFILES = '/apis/kubeflow.org/v1/profiles';
/** Resolves when the controller is done with a Profile: its finalizer is the last thing that it adds. */
async function controllerDone(profile: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const found = await sandbox.clusters.kubeflowDev.kube.find(`${PROFILES}/${profile}`);
    if (found?.metadata.finalizers?.includes('profile-finalizer') === true) return;
    await sleep(50);
  }
  assert.fail(`The controller is not done with ${profile}: ${sandbox.controllerLog.slice(-5).join('\n')}`);
}
const complaints = (profile: string): readonly string[] =>
  sandbox.controllerLog.filter((line) => line.includes(` ${profile}: Reconciler error`));

test('Kubeflow may own the trust policy (annotateOnly: false): written first, the controller leaves it alone', async () => {
  const wanted = request('team-mutated', { annotateOnly: false });
  const { plan, result } = await run(wanted);
  assert.ok(result.ok, failure(result));
  assert.match(plan.needs.find(({ id }) => id === 'profile-controller')?.reason ?? '', /^Not known\. .* names no role/);
  await controllerDone('team-mutated');
  assert.equal(await trustIn('team-mutated'), changeOf(plan, 'iam/role')?.after?.trustPolicy);
  assert.equal(writes(await planOf(wanted)), false);
  // Who does not choose keeps the choice; back to us it is a plan like any other, and what stands in the policy stays.
  assert.equal(writes(await planOf(request('team-mutated'))), false);
  const back = await run({ ...wanted, annotateOnly: true });
  assert.ok(back.result.ok, failure(back.result));
  assert.deepEqual(
    rows(back.plan).flatMap(({ id, kind }) => (kind === 'change' ? [id] : [])),
    ['profile'],
  );
  assert.equal(await trustIn('team-mutated'), changeOf(plan, 'iam/role')?.after?.trustPolicy);
});

test('a trust policy that would end the controller is put into its form when it is left to it, and nobody loses the role', async () => {
  const wanted = request('team-given');
  await run(wanted);
  const { Statement } = JSON.parse(await trustIn('team-given')) as { Statement: Record<string, unknown>[] };
  const [ours] = Statement;
  const nodes = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const setTrust = (statements: unknown) =>
    new IAMClient({ region: REGION }).send(
      new UpdateAssumeRolePolicyCommand({
        RoleName: 'team-given-kubeflow-dev-role',
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
      }),
    );
  await setTrust([
    nodes,
    { ...ours, Principal: { Federated: [(ours?.['Principal'] as { Federated: string }).Federated] } },
  ]);
  const { plan, result } = await run({ ...wanted, annotateOnly: false });
  assert.ok(result.ok, failure(result));
  assert.equal(result.verification?.outcome, 'verified');
  assert.match(
    plan.warnings.join('\n'),
    /When the Profile is deleted, .* is lost for ec2\.amazonaws\.com, and lets in every service account/,
  );
  await controllerDone('team-given');
  assert.deepEqual(JSON.parse(await trustIn('team-given')), { Version: '2012-10-17', Statement: [ours, nodes] });
  assert.deepEqual(complaints('team-given'), []);
  // What the warning says of the deletion is what happens.
  const { aws, connect } = identity();
  const cluster = await aws.cluster('kubeflow-dev');
  assert.equal(cluster.state, 'found');
  const kubernetes = await connect(cluster.value, aws);
  await kubernetes.deleteProfile('team-given');
  kubernetes.close();
  const left = await trustIn('team-given');
  assert.doesNotMatch(left, /ec2\.amazonaws\.com|:sub"/);
  assert.deepEqual(
    JSON.parse(left),
    JSON.parse(deletedBy(JSON.stringify({ Version: '2012-10-17', Statement: [ours, nodes] }), 'team-given')),
  );
});
const deletedBy = (trust: string, profile: string): string => {
  const rewriting = controllerWrites(trust, subject(profile), 'delete');
  return rewriting.outcome === 'rewrites' ? rewriting.policy : rewriting.outcome;
};

test('a controller that may not edit the role blocks the plan, and gets the right for this role alone when the person agrees', async () => {
  const { kube } = sandbox.clusters.kubeflowDev;
  const account = '/api/v1/namespaces/kubeflow/serviceaccounts/profiles-controller-service-account';
  const annotate = (role: string | null): Promise<unknown> =>
    kube.request(
      'PATCH',
      account,
      { metadata: { annotations: { 'eks.amazonaws.com/role-arn': role } } },
      'application/merge-patch+json',
    );
  const iam = new IAMClient({ region: REGION });
  const trust = (await trustIn('team-a')).replaceAll(
    'system:serviceaccount:team-a:default-editor',
    'system:serviceaccount:kubeflow:profiles-controller-service-account',
  );
  const made = await iam.send(
    new CreateRoleCommand({ RoleName: 'kubeflow-profile-controller', AssumeRolePolicyDocument: trust }),
  );
  await annotate(made.Role?.Arn ?? '');
  try {
    const wanted = request('team-granted', { annotateOnly: false });
    const plan = await planOf(wanted);
    const [stopped, ...others] = blockers(plan);
    assert.deepEqual(others, []);
    assert.equal(stopped?.consent, 'grantController');
    assert.match(
      stopped.reason ?? '',
      /role kubeflow-profile-controller may not iam:GetRole and iam:UpdateAssumeRolePolicy/,
    );
    // Without it the controller sets the annotation and never comes to its end.
    const { aws, connect } = identity();
    const cluster = await aws.cluster('kubeflow-dev');
    assert.equal(cluster.state, 'found');
    const kubernetes = await connect(cluster.value, aws);
    await kubernetes.createProfile(
      newProfile(
        'team-denied',
        'team-denied@example.com',
        'arn:aws:iam::111122223333:role/team-a-kubeflow-dev-role',
        false,
      ),
    );
    for (let tries = 0; tries < 200 && complaints('team-denied').length < 3; tries++) await sleep(50);
    assert.match(complaints('team-denied').join('\n'), /AccessDenied/);
    assert.equal((await kube.find(`${PROFILES}/team-denied`))?.metadata.finalizers, undefined);
    await kubernetes.deleteProfile('team-denied');
    kubernetes.close();

    const { result } = await run({ ...wanted, grantController: true });
    assert.ok(result.ok, failure(result));
    assert.equal(result.verification?.outcome, 'verified');
    await controllerDone('team-granted');
    assert.equal(writes(await planOf(wanted)), false);
    // For this role and no other.
    const second = blockers(await planOf(request('team-granted-too', { annotateOnly: false })));
    assert.equal(second[0]?.consent, 'grantController');
    // An existing Profile that leaves its trust policy to a controller that may not write it is managed here from now on.
    await iam.send(
      new DeleteRolePolicyCommand({ RoleName: 'kubeflow-profile-controller', PolicyName: 'kubeflow-irsa-trust' }),
    );
    const taken = await run(request('team-granted'));
    assert.ok(taken.result.ok, failure(taken.result));
    assert.match(
      taken.plan.warnings.join('\n'),
      /managed here from now on \(annotateOnly: true\): The controller's role/,
    );
  } finally {
    await annotate(null);
  }
});

test('cancelled in the middle: what is done and what is not is named; the next run goes on from there', async () => {
  const wanted = request('team-cancelled');
  const { result } = await run(wanted, { stopAfter: 'profile' });
  assert.equal(result.cancelled, true);
  assert.equal(result.ok, false);
  assert.deepEqual(states(result).slice(-6), [
    'role-policy done',
    'profile done',
    'service-account not-run',
    'config-map not-run',
    'config-map not-run',
    'verification not-run',
  ]);
  const { plan, result: next } = await run(wanted);
  assert.equal(rows(plan).find(({ id }) => id === 'role')?.kind, 'keep');
  assert.ok(next.ok, failure(next));
});

test('what changed between plan and apply is not overwritten', async () => {
  const wanted = request('team-raced');
  await run(wanted);
  const changed = { ...wanted, access: 'bucket' as const };
  const iam = new IAMClient({ region: REGION });
  const elsewhere =
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}';
  await iam.send(
    new UpdateAssumeRolePolicyCommand({
      RoleName: 'team-raced-kubeflow-dev-role',
      PolicyDocument: trustOnlyAud(await planOf(changed)),
    }),
  );
  const { result } = await run(changed, {
    betweenPlanAndApply: () =>
      iam.send(
        new UpdateAssumeRolePolicyCommand({ RoleName: 'team-raced-kubeflow-dev-role', PolicyDocument: elsewhere }),
      ),
  });
  assert.equal(result.ok, false);
  assert.match(failure(result), /changed since the plan was made; nothing was overwritten/);
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'team-raced-kubeflow-dev-role' }));
  assert.match(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), /ec2\.amazonaws\.com/);
});
const trustOnlyAud = (plan: Plan): string =>
  (changeOf(plan, 'iam/role')?.after?.trustPolicy ?? '').replace(/,\s*"[^"]*:sub": "[^"]*"/, '');

/** Bad input: nothing is changed, and the reason says what and what next. */
const BLOCKED: readonly [title: string, request: Request, as: string | undefined, step: string, reason: RegExp][] = [
  ['no such cluster', request('x', { cluster: 'nope' }), undefined, 'cluster', /no EKS cluster nope in us-west-2/],
  [
    'no Kubeflow',
    request('x', { cluster: 'analytics', region: 'eu-central-1' }),
    undefined,
    'cluster',
    /Kubeflow is not installed/,
  ],
  ['unreachable cluster', request('x', { cluster: 'legacy' }), undefined, 'cluster', /refused the connection/],
  ['no such bucket', request('x', { bucket: 'no-such-bucket-1' }), undefined, 'bucket', /no bucket no-such-bucket-1/],
  ['profile of somebody else', request('team-a'), undefined, 'profile', /belongs to alice@example\.com/],
  ['namespace taken', request('taken'), undefined, 'profile', /not owned by taken@example\.com/],
];
for (const [title, wanted, as, id, reason] of BLOCKED) {
  test(`blocked: ${title}`, async () => {
    const plan = await planOf(wanted, as);
    const step = rows(plan).find((candidate) => candidate.id === id);
    assert.equal(step?.kind, 'blocked');
    assert.match(step.reason ?? '', reason);
  });
}

test('a role of the name that serves something else blocks the plan', async () => {
  const elsewhere =
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}';
  await new IAMClient({ region: REGION }).send(
    new CreateRoleCommand({ RoleName: 'occupied-kubeflow-dev-role', AssumeRolePolicyDocument: elsewhere }),
  );
  const plan = await planOf(request('occupied'));
  assert.match(
    rows(plan).find(({ id }) => id === 'role')?.reason ?? '',
    /ec2\.amazonaws\.com.*Choose another role name/,
  );
});

test('cancelled while waiting for the profile controller: said so, not as a failure', async () => {
  const wanted = request('team-waiting');
  const { aws, connect } = identity();
  const { facts, kubernetes } = await lookAt(wanted, aws, connect);
  assert.ok(kubernetes);
  const stop = new AbortController();
  const outside = {
    aws,
    // A controller that is slow: the wait goes on until it is cancelled.
    kubernetes: {
      ...kubernetes,
      waitForServiceAccount: async () => {
        stop.abort();
        return undefined;
      },
    },
    unique: randomUUID,
    sleep: async () => undefined,
    signal: stop.signal,
  };
  const result = await carryOut(planProfile(wanted, facts), outside);
  kubernetes.close();
  assert.equal(result.cancelled, true);
  assert.deepEqual(states(result).slice(-4), [
    ...['service-account not-run', 'config-map not-run', 'config-map not-run', 'verification not-run'],
  ]);
});

test('a bucket in another region is a warning, and works', async () => {
  const wanted = request('team-eu', { bucket: 'ml-artifacts-eu-111122223333' });
  const { plan, result } = await run(wanted);
  assert.ok(plan.warnings.some((warning) => warning.includes('eu-central-1')));
  assert.ok(result.ok, failure(result));
  assert.equal(result.verification?.outcome, 'verified');
});

const EU = 'ml-artifacts-eu-111122223333';
/** Sets the launcher's settings of a profile. */
async function launch(profile: string, data: Readonly<Record<string, string>>): Promise<void> {
  const { aws, connect } = identity();
  const cluster = await aws.cluster('kubeflow-dev');
  assert.equal(cluster.state, 'found');
  const kubernetes = await connect(cluster.value, aws);
  try {
    const before = await kubernetes.configMap(profile, 'kfp-launcher');
    if (before.state === 'found') await kubernetes.patchConfigMap(before.value, { ...before.value.data, ...data });
    else await kubernetes.createConfigMap({ namespace: profile, name: 'kfp-launcher', data });
  } finally {
    kubernetes.close();
  }
}
/** What did not hold, by id. */
const failures = (verification: Awaited<ReturnType<typeof verifyProfile>>): Record<string, string> =>
  Object.fromEntries(verification.proofs.flatMap(({ id, ok, text }) => (ok === false ? [[id, text]] : [])));

test('a bucket in another region is proven where the launcher would call it: S3 sends it away until its root tells', async () => {
  const { result } = await run(request('team-root', { bucket: EU, leaveArtifacts: true }));
  assert.ok(result.ok, failure(result));
  await launch('team-root', { defaultPipelineRoot: `s3://${EU}/team-root/v2` });
  const before = await verifyProfile('team-root');
  assert.equal(before.outcome, 'failed');
  assert.deepEqual(failures(before), {
    region: `KFP's launcher would call bucket ${EU} in us-west-2, but it is in eu-central-1, and S3 sends its callers there: every run fails. To mend it, set defaultPipelineRoot of kfp-launcher to s3://${EU}/team-root/v2?region=eu-central-1.`,
  });
  await launch('team-root', { defaultPipelineRoot: `s3://${EU}/team-root/v2?region=eu-central-1` });
  const after = await verifyProfile('team-root');
  assert.equal(after.outcome, 'verified', JSON.stringify(after));
  await launch('team-root', { defaultPipelineRoot: `s3://${EU}/elsewhere?region=eu-central-1` });
  const outside = failures(await verifyProfile('team-root'));
  assert.deepEqual(Object.keys(outside), ['list', 'write', 'multipart']);
  for (const text of Object.values(outside)) assert.match(text, /elsewhere.*not permitted to s3:/);
});

test('a policy that is too wide, and a role that lets in another profile, are found by trying', async () => {
  const { plan, result } = await run(request('team-wide', { access: 'bucket', leaveArtifacts: true }));
  assert.ok(result.ok, failure(result));
  const { aws, connect } = identity();
  const { target, kubernetes } = await findTarget({ cluster: 'kubeflow-dev', profile: 'team-wide' }, aws, connect);
  try {
    const outside = { aws, kubernetes, unique: randomUUID, sleep };
    const trust = changeOf(plan, 'iam/role')?.after?.trustPolicy ?? '';
    const { state, value } = { value: undefined, ...(await kubernetes.profileNames(2)) };
    assert.equal(state, 'found');
    const other = value?.find((name) => name !== 'team-wide') ?? '';
    const sub = (name: string): string => `"system:serviceaccount:${name}:default-editor"`;
    const both = trust.replace(sub('team-wide'), `[${sub('team-wide')}, ${sub(other)}]`);
    assert.notEqual(both, trust);
    await aws.updateTrustPolicy('team-wide-kubeflow-dev-role', both);
    // IAM needs a moment to be consistent; then it is not asked twice.
    await sleep(500);
    const proofs = profileProofs({ ...target, access: 'prefix' });
    const found = failures(await prove(proofs, outside, { touch: true, settled: true }));
    assert.deepEqual(Object.keys(found), [
      'other-profile-refused',
      'other-prefix-list-refused',
      'other-prefix-write-refused',
    ]);
    assert.match(found['other-profile-refused'] ?? '', new RegExp(`let in service account ${other}/default-editor`));
  } finally {
    kubernetes.close();
  }
});

test('who may only read is told which permission is missing, and nothing is changed', async () => {
  const { result } = await run(request('team-forbidden'), { as: 'readonly' });
  assert.equal(result.ok, false);
  assert.match(failure(result), /not permitted to iam:CreateRole/);
  assert.ok(states(result).includes('profile not-run'));
  const plan = await planOf(request('team-forbidden'));
  assert.equal(rows(plan).find(({ id }) => id === 'role')?.kind, 'create');
});

test('credentials that do not exist or have expired are named, not taken for missing things', async () => {
  for (const [as, reason] of [
    ['no-such-profile', /no AWS credentials were found|could not be found/i],
    ['expired', /expired|does not know this access key/],
  ] as const) {
    const plan = await planOf(request('x'), as);
    assert.match(rows(plan).find(({ id }) => id === 'caller')?.reason ?? '', reason);
  }
});

test('credentials that are renewed on disk are used at once', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-credentials-'));
  const file = path.join(folder, 'credentials');
  const former = { ...process.env };
  const { accessKeyId, secretAccessKey } = sandbox.credentials['sandbox-admin'];
  const write = (secret: string) =>
    writeFile(file, `[renewed]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secret}\n`);
  try {
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = file;
    await write('wrong'.repeat(8));
    assert.equal((await identity('renewed').aws.caller()).state, 'failed');
    await write(secretAccessKey);
    assert.equal((await identity('renewed').aws.caller()).state, 'found');
  } finally {
    Object.assign(process.env, former);
    await rm(folder, { recursive: true });
  }
});

test('a process that gives credentials works, and one that fails is named', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-process-'));
  const former = { ...process.env };
  const { accessKeyId, secretAccessKey } = sandbox.credentials['sandbox-admin'];
  try {
    const output = path.join(folder, 'credentials.json');
    await writeFile(output, JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey }));
    process.env['AWS_CONFIG_FILE'] = path.join(folder, 'config');
    await writeFile(
      process.env['AWS_CONFIG_FILE'],
      `[profile good]\ncredential_process = cat ${output}\n[profile bad]\ncredential_process = false\n`,
    );
    const good = await identity('good').aws.caller();
    assert.equal(good.state, 'found', JSON.stringify(good));
    const bad = await identity('bad').aws.caller();
    assert.match(bad.state === 'failed' ? bad.reason : '', /credential_process of this AWS profile failed/);
  } finally {
    Object.assign(process.env, former);
    await rm(folder, { recursive: true });
  }
});

test('a token of another cluster is recognised before AWS is asked', async () => {
  const { aws, connect } = identity();
  const eu = identity(undefined, 'eu-central-1').aws;
  const other = await eu.cluster('analytics');
  assert.equal(other.state, 'found');
  const elsewhere: ConnectKubernetes = () => connect(other.value, eu);
  const { target, kubernetes } = await findTarget({ cluster: 'kubeflow-dev', profile: 'team-a' }, aws, connect);
  const outside = { aws, kubernetes: await elsewhere(other.value, aws), unique: randomUUID, sleep };
  // analytics has a namespace `default` with a service account `default`, but no default-editor: ask for a token that exists.
  const tokens = {
    ...outside.kubernetes,
    serviceAccountToken: () => outside.kubernetes.serviceAccountToken('default', 'default', 'sts.amazonaws.com', 600),
  };
  const result = await prove(profileProofs(target), { ...outside, kubernetes: tokens }, { touch: true, settled: true });
  assert.equal(result.outcome, 'failed');
  assert.match(result.proofs.find(({ id }) => id === 'issuer')?.text ?? '', /token of another cluster/);
  kubernetes.close();
  outside.kubernetes.close();
});

test('the OIDC provider is made where it is missing', async () => {
  const wanted = request('team-provider');
  const arn = changeOf(await planOf(wanted), 'iam/provider')?.after?.arn;
  await new IAMClient({ region: REGION }).send(
    new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }),
  );
  const { plan, result } = await run(wanted);
  assert.equal(rows(plan).find(({ id }) => id === 'oidc-provider')?.kind, 'create');
  assert.ok(result.ok, failure(result));
  assert.equal(result.verification?.outcome, 'verified');
});

/** Another's role for a profile that exists, made by hand, as `aws iam create-role` makes it. */
const roleByHand = async (roleName: string, profile: string): Promise<string> => {
  const trust = changeOf(await planOf(request(profile)), 'iam/role')?.after?.trustPolicy ?? '';
  const command = new CreateRoleCommand({ RoleName: roleName, Path: '/teams/', AssumeRolePolicyDocument: trust });
  const { Role } = await new IAMClient({ region: REGION }).send(command);
  return Role?.Arn ?? '';
};

test('CLI apply keeps the role that the Profile names, also under a path, unless another is given', async () => {
  const arn = await roleByHand('by-hand', 'team-hand');
  const { aws, connect } = identity();
  const cluster = await aws.cluster('kubeflow-dev');
  assert.equal(cluster.state, 'found');
  const kubernetes = await connect(cluster.value, aws);
  await kubernetes.createProfile(newProfile('team-hand', 'team-hand@example.com', arn, true));
  kubernetes.close();
  const applied = await cli({}, 'apply', ...flags('team-hand'), '--json', '--yes');
  assert.equal(applied.status, 0, JSON.stringify(applied.output));
  assert.equal(applied.output['role'], arn);
  assert.equal(applied.output['verified'], true);
  assert.equal((await aws.bareRole('team-hand-kubeflow-dev-role')).state, 'absent');
});

test('CLI: a namespace that nobody owns blocks, and is given to the owner with --adopt-namespace', async () => {
  await sandbox.clusters.kubeflowDev.kube.request('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'team-early' },
  });
  const { aws, connect } = identity();
  const cluster = await aws.cluster('kubeflow-dev');
  assert.equal(cluster.state, 'found');
  const kubernetes = await connect(cluster.value, aws);
  await kubernetes.createProfile(newProfile('team-early', 'team-early@example.com', 'arn:aws:iam::1:role/x', true));
  kubernetes.close();
  const blocked = await cli({}, 'apply', ...flags('team-early'), '--json', '--yes');
  assert.equal(blocked.status, 1);
  assert.match(JSON.stringify(blocked.output), /no annotation.*adoptNamespace/);
  const agreed = await cli({}, 'apply', ...flags('team-early'), '--adopt-namespace', '--json', '--yes');
  assert.equal(agreed.status, 0, JSON.stringify(agreed.output));
  assert.equal(agreed.output['verified'], true);
});

for (const call of ['iam:CreateRole', 'iam:PutRolePolicy']) {
  test(`the answer of ${call} is lost: the SDK calls again, and what is there is recognised as ours`, async () => {
    const profile = call === 'iam:CreateRole' ? 'team-lost' : 'team-lost-too';
    sandbox.control({ faults: [{ call, times: 1, connection: 'lost' }] });
    const { result } = await run(request(profile));
    assert.ok(result.ok, failure(result));
    assert.ok(result.rows.every(({ row, state }) => row.kind !== 'create' || state === 'done'));
  });
}

for (const [command, call] of [
  ['plan', 'iam:GetRole'],
  ['apply', 'iam:CreateRole'],
  ['apply', 's3:PutObject'],
  ['verify', 'sts:AssumeRoleWithWebIdentity'],
] as const) {
  test(`Ctrl-C during ${command} (${call}): stops at once, says what was done, exit 130`, async () => {
    const profile = command === 'verify' ? 'team-a' : `team-stop-${call.replace(/\W/g, '').toLowerCase()}`;
    sandbox.control({ faults: [{ call, times: 1, delayMs: 20_000 }] });
    await fetch(sandbox.callsUrl, { method: 'DELETE' });
    const yes = command === 'apply' ? ['--yes'] : [];
    const owner = command === 'verify' ? [] : flags(profile).slice(6);
    const args = [command, ...flags(profile).slice(0, 6), ...owner, '--json', ...yes];
    const child = start({}, ...args);
    while (((await calls())[call] ?? 0) === 0 && child.process.exitCode === null) await sleep(50);
    child.process.kill('SIGINT');
    const { status, output, stderr } = await child.ended;
    sandbox.control({ faults: [] });
    assert.equal(status, 130, stderr);
    assert.equal(output['cancelled'], true);
    assert.doesNotMatch(JSON.stringify(output), /"state":"failed"/);
    if (command !== 'apply') return;
    const steps = output['steps'] as { id: string; state: string }[];
    assert.ok(steps.some(({ state }) => state === 'kept') && steps.at(-1)?.state === 'not-run');
  });
}

/** The command line as its own process; what it prints with --json, and its exit code. */
async function cli(environment: Readonly<Record<string, string>>, ...args: string[]) {
  return start(environment, ...args).ended;
}
function start(environment: Readonly<Record<string, string>>, ...args: string[]) {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    ([stdout, stderr, exit]) => ({
      status: exit[0] as number,
      stderr,
      output: stdout === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>),
    }),
  );
  return { process: child, ended };
}
const flags = (profile: string, cluster = 'kubeflow-dev', region = REGION): string[] => [
  '--cluster',
  cluster,
  '--region',
  region,
  '--profile',
  profile,
  '--owner',
  `${profile}@example.com`,
  '--bucket',
  BUCKET,
];
/** Without an owner, which verify does not ask for. */
const toVerify = (profile: string): string[] => flags(profile).toSpliced(6, 2);
const stepKinds = (output: Record<string, unknown>): string[] =>
  (output['steps'] as { id: string; kind: string }[]).map(({ id, kind }) => `${id} ${kind}`);

test('the command line plans, applies, applies again and verifies', async () => {
  const plan = await cli({}, 'plan', ...flags('team-cli'), '--json');
  assert.equal(plan.status, 0, plan.stderr);
  assert.ok(stepKinds(plan.output).includes('role create'));

  const unasked = await cli({}, 'apply', ...flags('team-cli'), '--json');
  assert.equal(unasked.status, 2);
  assert.match(unasked.stderr + String(unasked.output['error']), /--yes/);

  const applied = await cli({}, 'apply', ...flags('team-cli'), '--json', '--yes');
  assert.equal(applied.status, 0, JSON.stringify(applied.output));
  assert.equal(applied.output['verified'], true);

  await fetch(sandbox.callsUrl, { method: 'DELETE' });
  const again = await cli({}, 'apply', ...flags('team-cli'), '--json', '--yes');
  assert.equal(again.status, 0);
  assert.ok(stepKinds(again.output).every((step) => / (keep|verify)$/.test(step)));
  assert.deepEqual(
    Object.keys(await calls()).filter((call) => WRITING.test(call)),
    [],
  );

  const verified = await cli({}, 'verify', ...toVerify('team-cli'), '--json');
  assert.deepEqual([verified.status, verified.output['verified'], verified.output['reasons']], [0, true, []]);
});

test('the command line: not as wanted is 1, could not run is 2, each with its reason', async () => {
  const nothing = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_PROFILE: 'nobody' };
  const silent = ['--cluster', 'legacy', '--region', REGION, '--profile', 'team-x'] as const;
  for (const [args, environment, status, reason] of [
    [['plan', ...flags('team-x', 'analytics', 'eu-central-1')], {}, 1, /Kubeflow is not installed/],
    [['apply', '--yes', ...flags('team-a')], {}, 1, /belongs to alice@example\.com/],
    [['verify', ...toVerify('team-none')], {}, 1, /no service account team-none\/default-editor/],
    [['plan', ...flags('team-x', 'legacy')], {}, 2, /refused the connection/],
    ...(
      [
        ['edit', ...silent, '--access', 'full'],
        ['let-in', ...silent, '--account', 'trainer'],
        ['adopt', ...silent],
        ['hand-over', ...silent, '--owner', 'x@example.com'],
        ['users', ...silent, '--add-user', 'x@example.com'],
        ['users', ...silent, '--remove-user', 'x@example.com'],
        ['delete', ...silent],
        ['leftovers', '--cluster', 'legacy', '--region', REGION],
      ] as const
    ).map((args) => [args, {}, 2, /refused the connection/] as const),
    [['edit', ...silent, '--cluster', 'nothing', '--access', 'full'], {}, 1, /nothing in us-west-2 does not exist/],
    [
      ['plan', ...flags('team-x', 'no-such-cluster')],
      {},
      1,
      /no EKS cluster no-such-cluster in us-west-2 of account 111122223333/,
    ],
    [['plan', ...flags('team-x')], nothing, 2, /no AWS credentials were found/],
    [['verify', ...toVerify('team-a')], nothing, 2, /no AWS credentials were found/],
  ] as const) {
    const result = await cli(environment, ...args, '--json');
    assert.equal(result.status, status, args.join(' '));
    assert.match(JSON.stringify(result.output), reason);
    if (args[0] === 'verify') assert.equal(result.output['verified'], false);
  }
});

test('no credential and no token reaches the output', async () => {
  const { output, stderr } = await cli({}, 'apply', ...flags('team-quiet'), '--json', '--yes');
  const said = JSON.stringify(output) + stderr;
  assert.match(said, /"verified":true/);
  for (const secret of [/eyJ[\w-]+\./, /k8s-aws-v1/, /X-Amz-Signature/, /ASIA[A-Z0-9]{8}/])
    assert.doesNotMatch(said, secret);
  const key = process.env['AWS_SECRET_ACCESS_KEY'] ?? '';
  assert.ok(key.length > 20 && !said.includes(key));
});

test('no proof of this file left an object or an unfinished upload behind', async () => {
  for (const [Bucket, region] of [
    [BUCKET, REGION],
    [EU, 'eu-central-1'],
  ] as const) {
    const s3 = new S3Client({ region });
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
    const probes = [...Contents, ...Uploads].flatMap(({ Key = '' }) => (Key.includes('kubeflow-irsa-') ? [Key] : []));
    assert.deepEqual(probes, [], Bucket);
  }
});
