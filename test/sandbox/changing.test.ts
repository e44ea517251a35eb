/** What is changed of a role and of a profile, on real parts: IAM, EKS, Kubernetes and Kubeflow's profile controller of the sandbox. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { CreatePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { connectAws } from '../../src/aws/index.ts';
import type { Change, Ref } from '../../src/core/kinds.ts';
import { bareOf, settingsOf, type BareRole } from '../../src/core/observation.ts';
import { planEdit, type Edit } from '../../src/core/plan/edit.ts';
import { planLetIn } from '../../src/core/plan/letIn.ts';
import { blockers, isDone, refOf, rows, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import type { Request } from '../../src/core/request.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { memoryJournal, type Entry } from '../../src/provisioning/journal.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { lookAtEdit } from '../../src/provisioning/lookEdit.ts';
import { lookAtLetIn } from '../../src/provisioning/lookLetIn.ts';
import type { Aws, Kubernetes } from '../../src/provisioning/ports.ts';
import { carryOut, undo } from '../../src/provisioning/run.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import { CLI } from '../fixtures/cli.ts';

let sandbox: Sandbox;
before(async () => {
  sandbox = await startSandbox({ withoutAnalytics: true });
  Object.assign(process.env, sandbox.env);
});
after(() => sandbox?.stop());

const REGION = 'us-west-2';
const BUCKET = 'kubeflow-artifacts-111122223333';
const ACCOUNT = 'arn:aws:iam::111122223333:root';
const planOf = (...changes: readonly Change[]): Plan => ({
  title: 't',
  needs: [],
  changes,
  proofs: [],
  warnings: [],
});

test('a role is made, changed, deleted and brought back with path, boundary, session length, description and tags', async () => {
  const aws = connectAws({ region: REGION });
  const outside = { aws, unique: randomUUID, sleep };
  const iam = new IAMClient({ region: REGION });
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  });
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'limits', PolicyDocument: document }));
  const boundary = Policy?.Arn ?? '';
  const name = 'team-settings';
  const service = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const wanted: BareRole = {
    arn: `arn:aws:iam::111122223333:role/teams/a/${name}`,
    name,
    trustPolicy: JSON.stringify({ Version: '2012-10-17', Statement: [service] }),
    tags: { team: 'a', 'cost/center': '7' },
    boundary,
    description: 'Of team a',
    maxSession: 7200,
  };
  const live = async (): Promise<BareRole | undefined> => {
    const reading = await aws.bareRole(name);
    if (reading.state !== 'found') return undefined;
    const tags = Object.fromEntries(Object.entries(reading.value.tags).filter(([key]) => key !== 'kubeflow-irsa/run'));
    const role = { ...bareOf(reading.value), tags };
    return { ...role, trustPolicy: JSON.stringify(JSON.parse(role.trustPolicy)) };
  };
  const ref = refOf('iam/role', ACCOUNT, name);
  assert.ok((await carryOut(planOf({ ref, after: wanted }), outside)).ok);
  assert.deepEqual(await live(), wanted);

  const settings = settingsOf(wanted);
  assert.ok(settings);
  const tag = (key: string): Ref<'iam/role-tag'> => refOf('iam/role-tag', ACCOUNT, `${name}/${key}`);
  const changes: readonly Change[] = [
    { ref: refOf('iam/role-boundary', ACCOUNT, name), before: { arn: boundary } },
    {
      ref: refOf('iam/role-settings', ACCOUNT, name),
      before: settings,
      after: { maxSession: 43_200, description: '' },
    },
    { ref: tag('team'), before: { value: 'a' }, after: { value: 'b' } },
    { ref: tag('cost/center'), before: { value: '7' } },
    { ref: tag('owner'), after: { value: '' } },
  ];
  const journal = memoryJournal();
  const changed = await carryOut(planOf(...changes), outside, { journal });
  assert.ok(changed.ok, JSON.stringify(changed.rows));
  const { arn, trustPolicy } = wanted;
  assert.deepEqual(await live(), { arn, name, trustPolicy, maxSession: 43_200, tags: { owner: '', team: 'b' } });
  assert.ok((await undo(journal.entries(), outside)).ok);
  assert.deepEqual(await live(), wanted);

  const deleting = memoryJournal();
  assert.ok((await carryOut(planOf({ ref, before: wanted }), outside, { journal: deleting })).ok);
  assert.equal(await live(), undefined);
  assert.ok((await undo(deleting.entries(), outside)).ok);
  assert.deepEqual(await live(), wanted);
});

/** Connections that use no context of a kubeconfig, so that the identity counts on the cluster too. */
const identity = () => ({
  aws: connectAws({ region: REGION }),
  connect: kubernetesConnector({ kubeconfig: '/dev/null' }),
});

/** Makes a profile. */
async function create(profile: string): Promise<void> {
  const request: Request = {
    ...{ cluster: 'kubeflow-dev', region: REGION, profile, owner: `${profile}@example.com` },
    ...{ bucket: BUCKET, access: 'prefix' },
  };
  const { aws, connect } = identity();
  const { facts, kubernetes } = await lookAt(request, aws, connect);
  assert.ok(kubernetes);
  const result = await carryOut(planProfile(request, facts), { aws, kubernetes, unique: randomUUID, sleep });
  kubernetes.close();
  assert.ok(result.ok, JSON.stringify(result.rows.filter(({ state }) => state === 'failed')));
}

/** Plans and carries out; `undone`: then takes it back. */
async function carried(plan: Plan, aws: Aws, kubernetes: Kubernetes | undefined): Promise<readonly Entry[]> {
  assert.ok(kubernetes);
  assert.deepEqual(blockers(plan), []);
  const journal = memoryJournal();
  const result = await carryOut(plan, { aws, kubernetes, unique: randomUUID, sleep }, { journal });
  assert.ok(result.ok, JSON.stringify(result.rows.filter(({ state }) => state === 'failed')));
  assert.equal(result.verification?.outcome, 'verified');
  return journal.entries();
}

/** What a profile and its roles are, as far as a person would miss it. */
async function worldOf(profile: string): Promise<unknown> {
  const { aws, connect } = identity();
  const cluster = await aws.cluster('kubeflow-dev');
  assert.ok(cluster.state === 'found');
  const kubernetes = await connect(cluster.value, aws);
  try {
    const roles = await Promise.all([`${profile}-kubeflow-dev-role`, `${profile}-other`].map((name) => aws.role(name)));
    const live = await kubernetes.profile(profile);
    const accounts = await kubernetes.serviceAccounts(profile);
    const launcher = await kubernetes.configMap(profile, 'kfp-launcher');
    return {
      roles: roles.map((role) =>
        role.state === 'found' ? { ...bareOf(role.value), inline: role.value.inline } : role.state,
      ),
      spec: live.state === 'found' ? live.value.spec : live.state,
      accounts:
        accounts.state === 'found'
          ? accounts.value.map(({ name, annotations }) => [name, annotations])
          : accounts.state,
      launcher: launcher.state === 'found' ? launcher.value.data : launcher.state,
    };
  } finally {
    kubernetes.close();
  }
}

const EDITS: readonly (readonly [what: string, edit: Partial<Edit>])[] = [
  ['settings', { maxSession: 7200, tags: { team: 'a' } }],
  ['place and access', { prefix: 'teams/team-edit/' }],
  ['role name, path and owner', { roleName: 'team-edit-other', rolePath: '/teams/', owner: 'new@example.com' }],
];
test('a profile is edited on real parts, proven, and undone as it was', async (t) => {
  await create('team-edit');
  for (const [what, wanted] of EDITS)
    await t.test(what, async () => {
      const edit: Edit = { cluster: 'kubeflow-dev', region: REGION, profile: 'team-edit', ...wanted };
      const before = await worldOf('team-edit');
      const { aws, connect } = identity();
      const { live, facts, people, kubernetes } = await lookAtEdit(edit, aws, connect);
      const entries = await carried(planEdit(edit, live, facts, people), aws, kubernetes);
      assert.notDeepEqual(await worldOf('team-edit'), before);
      const again = await lookAtEdit(edit, aws, connect);
      const plan = planEdit(edit, again.live, again.facts, again.people);
      again.kubernetes?.close();
      assert.ok(
        isDone(plan),
        rows(plan)
          .map(({ kind, title }) => `${kind} ${title}`)
          .join('\n'),
      );
      assert.ok(kubernetes);
      const undone = await undo(entries, { aws, kubernetes, sleep });
      assert.ok(undone.ok, JSON.stringify(undone.changes));
      assert.deepEqual(await worldOf('team-edit'), before);
      kubernetes.close();
    });
});

test('a service account is let in: it may, its neighbour may not; taken out, it may no longer', async () => {
  await create('team-members');
  const { kube } = sandbox.clusters.kubeflowDev;
  const metadata = { name: 'trainer', namespace: 'team-members' };
  await kube.apply('/api/v1/namespaces/team-members/serviceaccounts/trainer', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata,
  });
  const { aws, connect } = identity();
  const reading = await aws.cluster('kubeflow-dev');
  assert.ok(reading.state === 'found' && reading.value.issuer !== undefined);
  const cluster = { ...reading.value, issuer: reading.value.issuer };
  const kubernetes = await connect(cluster, aws);
  const before = await worldOf('team-members');
  for (const wish of [
    { profile: 'team-members', account: 'trainer' },
    { profile: 'team-members', account: 'trainer', remove: true },
  ]) {
    const { facts, pods } = await lookAtLetIn(wish, cluster, aws, kubernetes);
    assert.equal(pods.state, 'found');
    const plan = planLetIn(wish, facts, cluster, pods);
    const entries = await carried(plan, aws, kubernetes);
    const after = await worldOf('team-members');
    assert.ok((await undo(entries, { aws, kubernetes, sleep })).ok);
    if (wish.remove !== true) assert.deepEqual(await worldOf('team-members'), before);
    await carried(plan, aws, kubernetes);
    assert.deepEqual(await worldOf('team-members'), after);
  }
  kubernetes.close();
});

test('the command line: edit and let-in end as documented', async () => {
  await create('team-line');
  const line = (...args: readonly string[]) => {
    const place = [
      '--cluster',
      'kubeflow-dev',
      '--region',
      REGION,
      '--profile',
      'team-line',
      '--kubeconfig',
      '/dev/null',
    ];
    return new Promise<{ code: number; json: Record<string, unknown> }>((resolve, reject) => {
      execFile(process.execPath, [CLI, ...args, ...place, '--json'], { env: process.env }, (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code);
        try {
          resolve({ code, json: JSON.parse(stdout) as Record<string, unknown> });
        } catch {
          reject(new Error(`${code} ${stdout} ${stderr}`));
        }
      });
    });
  };
  const asked = await line('edit', '--tag', 'team=a');
  assert.equal(asked.code, 2);
  assert.match(String(asked.json['error']), /--yes/);
  const dry = await line('edit', '--tag', 'team=a', '--dry-run');
  assert.deepEqual([dry.code, dry.json['summary']], [0, '1 to create']);
  const done = await line('edit', '--tag', 'team=a', '--session-duration', '7200', '--yes');
  assert.deepEqual(
    [done.code, done.json['ok'], done.json['outcome']],
    [0, true, 'verified'],
    JSON.stringify(done.json),
  );
  const blocked = await line('edit', '--boundary', 'arn:aws:iam::111122223333:policy/not-there', '--yes');
  assert.equal(blocked.code, 1);
  const inside = await line('let-in', '--account', 'default-viewer', '--yes');
  assert.deepEqual([inside.code, inside.json['outcome']], [0, 'verified'], JSON.stringify(inside.json));
  const nobody = await line('let-in', '--account', 'nobody', '--yes');
  assert.equal(nobody.code, 1);
  const out = await line('let-in', '--account', 'default-viewer', '--take-out', '--yes');
  assert.deepEqual([out.code, out.json['outcome']], [0, 'verified'], JSON.stringify(out.json));
});
