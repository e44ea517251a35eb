/** How a profile ends on real parts: deleted with its role and namespace, freed where it is stuck, and what is left over is found. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  GetRoleCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreatePodIdentityAssociationCommand,
  DeleteClusterCommand,
  DescribePodIdentityAssociationCommand,
  EKSClient,
  ListPodIdentityAssociationsCommand,
} from '@aws-sdk/client-eks';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import type { KubeObject } from '../../sandbox/kube.ts';
import { connectAws } from '../../src/aws/index.ts';
import { planDelete, type DeleteWish } from '../../src/core/plan/delete.ts';
import { blockers, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import type { Request } from '../../src/core/request.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { memoryJournal, type Journal } from '../../src/provisioning/journal.ts';
import { lookToDelete } from '../../src/provisioning/leave.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { carryOut, undo, type RunResult } from '../../src/provisioning/run.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import { CLI } from '../fixtures/cli.ts';

let sandbox: Sandbox;
const REGION = 'us-west-2';
const BUCKET = 'kubeflow-artifacts-111122223333';
let iam: IAMClient;
let s3: S3Client;
before(async () => {
  sandbox = await startSandbox({ withoutAnalytics: true });
  Object.assign(process.env, sandbox.env);
  iam = new IAMClient({ region: REGION });
  s3 = new S3Client({ region: REGION, forcePathStyle: true });
});
after(() => sandbox?.stop());

const connect = kubernetesConnector({ kubeconfig: '/dev/null' });
const wish = (profile: string, more: Partial<DeleteWish> = {}): DeleteWish => ({
  ...{ cluster: 'kubeflow-dev', region: REGION, profile },
  ...more,
});
const kube = () => sandbox.clusters.kubeflowDev.kube;
const PROFILES = '/apis/kubeflow.org/v1/profiles';

async function make(profile: string, more: Partial<Request> = {}): Promise<void> {
  const aws = connectAws({ region: REGION });
  const request: Request = {
    ...{ cluster: 'kubeflow-dev', region: REGION, profile, owner: `${profile}@example.com`, bucket: BUCKET },
    access: 'prefix',
    ...more,
  };
  const { facts, kubernetes } = await lookAt(request, aws, connect);
  assert.ok(kubernetes);
  const plan = { ...planProfile(request, facts), proofs: [] };
  const result = await carryOut(plan, { aws, kubernetes, unique: randomUUID, sleep });
  kubernetes.close();
  assert.equal(result.ok, true, JSON.stringify(result.rows));
}
async function planOf(wanted: DeleteWish, as?: string): Promise<Plan> {
  const aws = connectAws({ region: REGION, ...(as === undefined ? {} : { profile: as }) });
  const { facts, around, bucketRegion, kubernetes } = await lookToDelete(wanted, aws, connect);
  kubernetes?.close();
  return planDelete(wanted, facts, around, bucketRegion);
}
async function leave(wanted: DeleteWish, journal?: Journal): Promise<RunResult> {
  const aws = connectAws({ region: REGION });
  const { facts, around, bucketRegion, kubernetes } = await lookToDelete(wanted, aws, connect);
  assert.ok(kubernetes);
  const plan = planDelete(wanted, facts, around, bucketRegion);
  assert.deepEqual(blockers(plan), []);
  const outside = { aws, kubernetes, unique: randomUUID, sleep };
  const result = await carryOut(plan, outside, journal === undefined ? {} : { journal });
  kubernetes.close();
  assert.equal(result.ok, true, JSON.stringify(result.rows));
  return result;
}
const roleNameOf = (profile: string): string => `${profile}-kubeflow-dev-role`;
const roleOf = (name: string) =>
  iam.send(new GetRoleCommand({ RoleName: name })).then(
    ({ Role }) => Role,
    (error: unknown) =>
      error instanceof Error && error.name.startsWith('NoSuchEntity') ? undefined : Promise.reject(error as Error),
  );
/** A Profile that was deleted and does not go. */
async function stick(profile: string, change: (object: KubeObject) => void): Promise<void> {
  const object = await kube().request('GET', `${PROFILES}/${profile}`);
  change(object);
  await kube().request('PUT', `${PROFILES}/${profile}`, object);
  await kube().request('DELETE', `${PROFILES}/${profile}`);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const now = await kube().find(`${PROFILES}/${profile}`);
  assert.ok(now?.metadata.deletionTimestamp, 'it is being deleted, and stays');
}
const specOf = (object: KubeObject) =>
  object['spec'] as { plugins: { spec: Record<string, unknown> }[]; [key: string]: unknown };
async function cli(...args: string[]) {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, ...sandbox.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { code, out, err, json: () => JSON.parse(out) as Record<string, unknown> };
}
const ON_CLUSTER = ['--cluster', 'kubeflow-dev', '--region', REGION] as const;

describe('Delete Profile', () => {
  test('takes the Profile, its namespace, its policies and its role, and leaves bucket, data and provider', async () => {
    await make('team-gone');
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'team-gone/kept', Body: 'x' }));
    await leave(wish('team-gone'));
    assert.equal(await kube().find(`${PROFILES}/team-gone`), undefined);
    assert.equal(await kube().find('/api/v1/namespaces/team-gone'), undefined);
    assert.equal(await roleOf(roleNameOf('team-gone')), undefined);
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: BUCKET, Prefix: 'team-gone/' }));
    assert.equal(Versions.length, 1);
    const [stopped] = blockers(await planOf(wish('team-gone')));
    assert.match(stopped?.reason ?? '', /There is no Profile team-gone/);
  });

  test('undo brings back Profile, role, inline and attached policies, tags and description', async () => {
    await make('team-back');
    const RoleName = roleNameOf('team-back');
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' }],
    });
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'lists-buckets', PolicyDocument }));
    const PolicyArn = Policy?.Arn ?? '';
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
    const all = async () => {
      const role = await roleOf(RoleName);
      const { PolicyNames } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
      const { AttachedPolicies } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
      const tags = (role?.Tags ?? [])
        .filter(({ Key }) => Key !== 'kubeflow-irsa/run')
        .sort((a, b) => ((a.Key ?? '') < (b.Key ?? '') ? -1 : 1));
      return [
        role?.Arn,
        role?.Description,
        role?.AssumeRolePolicyDocument,
        tags,
        PolicyNames,
        AttachedPolicies?.map((one) => one.PolicyArn),
      ];
    };
    const before = await all();
    const journal = memoryJournal();
    await leave(wish('team-back'), journal);
    assert.equal(await roleOf(RoleName), undefined);
    const aws = connectAws({ region: REGION });
    const cluster = await aws.cluster('kubeflow-dev');
    assert.equal(cluster.state, 'found');
    const kubernetes = await connect(cluster.value, aws);
    const undone = await undo(journal.entries(), { aws, kubernetes, sleep });
    kubernetes.close();
    assert.equal(undone.ok, true, JSON.stringify(undone.changes));
    assert.deepEqual(await all(), before);
    const profile = await kube().request('GET', `${PROFILES}/team-back`);
    assert.deepEqual(specOf(profile)['owner'], { kind: 'User', name: 'team-back@example.com' });
    assert.ok(await kube().find('/api/v1/namespaces/team-back'));
  });

  test('with its data: objects, versions, marks and uploads in parts, below the prefix alone', async () => {
    await make('team-data');
    await s3.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' } }));
    for (const [Key, Body] of [
      ['team-data/a', '1'],
      ['team-data/a', '22'],
      ['team-data/b', '3'],
      ['team-database/c', '4'],
    ] as const)
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
    await s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'team-data/open' }));
    const plan = await planOf(wish('team-data', { data: true }));
    assert.match(
      plan.warnings.join('\n'),
      /2 objects, 1 older version, 1 upload in parts \(4 bytes\) below s3:\/\/kubeflow-artifacts-111122223333\/team-data\/ are deleted for good/,
    );
    await leave(wish('team-data', { data: true }));
    const { Versions = [], DeleteMarkers = [] } = await s3.send(
      new ListObjectVersionsCommand({ Bucket: BUCKET, Prefix: 'team-data' }),
    );
    assert.deepEqual([Versions.map(({ Key }) => Key), DeleteMarkers], [['team-database/c'], []]);
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
    assert.deepEqual(
      Uploads.filter(({ Key }) => Key?.startsWith('team-data/')),
      [],
    );
    await s3.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Suspended' } }));
  });

  test('a role that serves others loses one subject, and they keep it', async () => {
    await make('team-one');
    const RoleName = roleNameOf('team-one');
    const role = await roleOf(RoleName);
    const both = decodeURIComponent(role?.AssumeRolePolicyDocument ?? '').replace(
      /"system:serviceaccount:team-one:default-editor"/,
      '["system:serviceaccount:team-one:default-editor","system:serviceaccount:team-a:other"]',
    );
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: both }));
    // Ours by its tags, but used by another: what tags say is not all.
    const plan = await planOf(wish('team-one'));
    assert.match(plan.warnings.join('\n'), /lets in others, too \(team-a\/other\)\. It stays, with its policies/);
    await leave(wish('team-one'));
    const left = decodeURIComponent((await roleOf(RoleName))?.AssumeRolePolicyDocument ?? '');
    assert.match(left, /team-a:other/);
    assert.doesNotMatch(left, /team-one/);
  });

  test('who may not delete Profiles is told before anything is done', async () => {
    const [stopped] = blockers(await planOf(wish('team-a'), 'readonly'));
    assert.match(stopped?.reason ?? '', /You are not permitted to delete profiles\.kubeflow\.org/);
  });
});

describe('a Profile that is stuck is freed', () => {
  const cases: readonly [title: string, name: string, change: (object: KubeObject) => void][] = [
    ['awsIamRole was emptied', 'stuck-empty', (object) => void (specOf(object).plugins[0]!.spec['awsIamRole'] = '')],
    [
      "the owner is not the namespace's",
      'stuck-owner',
      (object) => void (specOf(object)['owner'] = { kind: 'User', name: 'other@example.com' }),
    ],
    [
      'the quota is not valid',
      'stuck-quota',
      (object) => void (specOf(object)['resourceQuotaSpec'] = { hard: { foo: '1' } }),
    ],
    [
      "Google's plugin stands beside",
      'stuck-google',
      (object) =>
        void specOf(object).plugins.unshift({ kind: 'WorkloadIdentity', spec: { gcpServiceAccount: 'a@b' } } as never),
    ],
  ];
  for (const [title, name, change] of cases)
    test(title, async () => {
      await make(name);
      await stick(name, change);
      await leave(wish(name, { keepRole: true }));
      assert.equal(await kube().find(`${PROFILES}/${name}`), undefined);
      assert.ok(await roleOf(roleNameOf(name)), 'the role stays where that is wanted');
    });

  test('annotateOnly is quoted', async () => {
    sandbox.control({ profileController: { onPanic: 'recover', slow: false } });
    await make('stuck-quoted');
    await stick('stuck-quoted', (object) => void (specOf(object).plugins[0]!.spec['annotateOnly'] = 'true'));
    await leave(wish('stuck-quoted'));
    assert.equal(await roleOf(roleNameOf('stuck-quoted')), undefined);
  });

  test('the role went first, and annotateOnly is false', async () => {
    await make('stuck-role', { annotateOnly: false, grantController: true });
    const aws = connectAws({ region: REGION });
    for (const { name } of (await aws.role(roleNameOf('stuck-role'))).state === 'found'
      ? [{ name: 'kf-pipeline-s3' }]
      : [])
      await aws.deleteRolePolicy(roleNameOf('stuck-role'), name);
    await aws.deleteRole(roleNameOf('stuck-role'));
    await stick('stuck-role', () => undefined);
    const plan = await planOf(wish('stuck-role'));
    assert.match(plan.warnings.join('\n'), /Its role stuck-role-kubeflow-dev-role is gone/);
    await leave(wish('stuck-role'));
    assert.equal(await kube().find(`${PROFILES}/stuck-role`), undefined);
  });

  test('a binding of the controller has another role', async () => {
    await make('stuck-binding');
    const at = '/apis/rbac.authorization.k8s.io/v1/namespaces/stuck-binding/rolebindings';
    const wrong = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'default-editor', namespace: 'stuck-binding' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [],
    };
    // The controller makes it again at once: whoever is quicker.
    for (let made = false, tries = 0; !made && tries < 50; tries++) {
      await kube().request('DELETE', `${at}/default-editor`);
      made = await kube()
        .request('POST', at, wrong)
        .then(
          () => true,
          () => false,
        );
    }
    await stick('stuck-binding', () => undefined);
    const plan = await planOf(wish('stuck-binding'));
    assert.match(JSON.stringify(plan.changes[0]?.ref), /stuck-binding\/default-editor/);
    await leave(wish('stuck-binding'));
    assert.equal(await kube().find(`${PROFILES}/stuck-binding`), undefined);
  });

  test('the controller does not run: its finalizer goes only if a person agrees', async () => {
    await make('stuck-stopped');
    const at = '/apis/apps/v1/namespaces/kubeflow/deployments/profiles-deployment';
    const scale = (replicas: number) =>
      kube().request('PATCH', at, { spec: { replicas } }, 'application/merge-patch+json');
    await scale(0);
    const [stopped] = blockers(await planOf(wish('stuck-stopped')));
    assert.match(stopped?.reason ?? '', /does not run.*finalizer is taken away/);
    const result = await leave(wish('stuck-stopped', { removeFinalizer: true }));
    assert.ok(result.rows.some(({ row }) => row.id === 'finalizer'));
    await scale(1);
  });

  test('what holds its namespace is said, with the way out', async () => {
    await make('stuck-space');
    await kube().request('POST', '/api/v1/namespaces/stuck-space/configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'held', namespace: 'stuck-space', finalizers: ['example.com/held'] },
    });
    await kube().request('DELETE', `${PROFILES}/stuck-space`);
    for (let tries = 0; tries < 60; tries++) {
      const space = await kube().find('/api/v1/namespaces/stuck-space');
      if (JSON.stringify(space?.['status'] ?? '').includes('example.com/held')) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const plan = await planOf(wish('stuck-space'));
    assert.match(
      plan.warnings.join('\n'),
      /finalizers that nobody takes away: example\.com\/held in 1 resource instances.*kubectl get configmaps/,
    );
    const held = '/api/v1/namespaces/stuck-space/configmaps/held';
    await kube().request('PATCH', held, { metadata: { finalizers: null } }, 'application/merge-patch+json');
    await leave(wish('stuck-space'));
    assert.equal(await kube().find('/api/v1/namespaces/stuck-space'), undefined);
  });
});

describe('on the command line', () => {
  test('delete asks where there is a terminal, and wants --yes where there is none', async () => {
    await make('team-cli');
    const unasked = await cli('delete', ...ON_CLUSTER, '--profile', 'team-cli', '--json');
    assert.equal(unasked.code, 2);
    assert.match(unasked.out, /answer with --yes/);
    const done = await cli('delete', ...ON_CLUSTER, '--profile', 'team-cli', '--json', '--yes');
    assert.equal(done.code, 0, done.out + done.err);
    assert.equal(done.json()['ok'], true);
    const again = await cli('delete', ...ON_CLUSTER, '--profile', 'team-cli', '--json', '--yes');
    assert.equal(again.code, 1);
    assert.match(again.out, /There is no Profile team-cli/);
  });

  test('leftovers are listed with their evidence, and removed by their id', async () => {
    await make('team-left');
    await kube().request('DELETE', `${PROFILES}/team-left`);
    for (let tries = 0; tries < 60 && (await kube().find('/api/v1/namespaces/team-left')) !== undefined; tries++)
      await new Promise((resolve) => setTimeout(resolve, 500));
    const trust = decodeURIComponent((await roleOf(roleNameOf('team-a')))?.AssumeRolePolicyDocument ?? '');
    await iam.send(
      new CreateRoleCommand({ RoleName: 'by-hand', AssumeRolePolicyDocument: trust.replaceAll('team-a', 'nowhere') }),
    );
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: 'by-hand',
        PolicyName: 'p',
        PolicyDocument:
          '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}',
      }),
    );
    await kube().request('POST', '/api/v1/namespaces/taken/serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: {
        name: 'runner',
        namespace: 'taken',
        annotations: { 'eks.amazonaws.com/role-arn': `arn:aws:iam::${sandbox.account}:role/never-was` },
      },
    });
    const listed = await cli('leftovers', ...ON_CLUSTER, '--json');
    assert.equal(listed.code, 1, listed.err);
    const ids = (listed.json()['leftovers'] as { id: string }[]).map(({ id }) => id);
    for (const id of [`role:${roleNameOf('team-left')}`, 'role:by-hand', 'annotation:taken/runner'])
      assert.ok(ids.includes(id), `${id} in ${ids.join()}`);
    assert.ok(!ids.some((id) => /team-a|team-b|Operator|eks-cluster/.test(id)), ids.join());
    const text = await cli('leftovers', ...ON_CLUSTER);
    assert.match(text.out, /It lets in nobody but nowhere\/default-editor/);
    const one = await cli('leftovers', ...ON_CLUSTER, '--remove', 'annotation:taken/runner', '--json', '--yes');
    assert.equal(one.code, 0, one.out + one.err);
    const runner = await kube().request('GET', '/api/v1/namespaces/taken/serviceaccounts/runner');
    assert.deepEqual(runner.metadata.annotations ?? {}, {});
    const rest = await cli(
      'leftovers',
      ...ON_CLUSTER,
      '--remove',
      `role:${roleNameOf('team-left')}`,
      '--remove',
      'role:by-hand',
      '--json',
      '--yes',
    );
    assert.equal(rest.code, 0, rest.out + rest.err);
    assert.deepEqual([await roleOf('by-hand'), await roleOf(roleNameOf('team-left'))], [undefined, undefined]);
  });

  test('a Pod Identity association of a profile that is gone is found, removed and put back; others are not', async () => {
    const eks = new EKSClient({ region: REGION });
    const clusterName = 'kubeflow-dev';
    const roleArn = `arn:aws:iam::${sandbox.account}:role/${roleNameOf('team-a')}`;
    const associate = (namespace: string, serviceAccount = 'default-editor') =>
      eks.send(
        new CreatePodIdentityAssociationCommand({
          ...{ clusterName, namespace, serviceAccount, roleArn },
          ...{ tags: { team: 'data' }, disableSessionTags: true },
        }),
      );
    const ofGone = async () => {
      const { associations = [] } = await eks.send(
        new ListPodIdentityAssociationsCommand({ clusterName, namespace: 'team-gone' }),
      );
      const all = associations.map(({ associationId }) =>
        eks.send(new DescribePodIdentityAssociationCommand({ clusterName, associationId })),
      );
      return (await Promise.all(all)).map(({ association = {} }) => association);
    };
    await associate('team-a');
    await associate('team-gone');
    await assert.rejects(associate('team-gone'), { name: 'ResourceInUseException' });
    // More than one page.
    for (let n = 0; n < 100; n++) await associate('team-a', `other-${n}`);
    const listed = await cli('leftovers', ...ON_CLUSTER, '--json');
    const ids = (listed.json()['leftovers'] as { id: string }[]).map(({ id }) => id);
    const id = 'association:team-gone/default-editor';
    assert.deepEqual(
      ids.filter((one) => one.startsWith('association:')),
      [id],
    );
    const removed = await cli('leftovers', ...ON_CLUSTER, '--remove', id, '--json', '--yes');
    assert.equal(removed.code, 0, removed.out + removed.err);
    assert.deepEqual(await ofGone(), []);
    const undone = await cli('undo', '--run', String(removed.json()['run']), '--json', '--yes');
    assert.equal(undone.code, 0, undone.out + undone.err);
    const [again, more] = await ofGone();
    assert.equal(more, undefined);
    assert.deepEqual([again?.roleArn, again?.tags?.['team'], again?.disableSessionTags], [roleArn, 'data', true]);
  });
});

// The last one: its cluster is gone.
test('a run whose cluster is gone is taken back in AWS where that is asked for, and says what is left', async () => {
  const applied = await cli(
    ...['apply', ...ON_CLUSTER, '--profile', 'team-late', '--owner', 'late@example.com', '--bucket', BUCKET],
    ...['--json', '--yes'],
  );
  assert.equal(applied.code, 0, applied.out + applied.err);
  const run = String(applied.json()['run']);
  await new EKSClient({ region: REGION }).send(new DeleteClusterCommand({ name: 'kubeflow-dev' }));
  const refused = await cli('undo', '--run', run, '--json', '--yes');
  assert.equal(refused.code, 2);
  assert.match(refused.out + refused.err, /kubeflow-dev in us-west-2 is gone.*undo --run \S+ --only-aws/);
  assert.ok(await roleOf(roleNameOf('team-late')));
  const undone = await cli('undo', '--run', run, '--only-aws', '--json', '--yes');
  assert.equal(undone.code, 0, undone.out + undone.err);
  assert.equal(await roleOf(roleNameOf('team-late')), undefined);
  const steps = undone.json()['steps'] as { title: string; state: string; reason?: string }[];
  assert.ok(steps.some(({ title, state }) => state === 'left' && title.startsWith('Profile team-late')));
});
