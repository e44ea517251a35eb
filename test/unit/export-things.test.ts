/** What is handed over of plans and of things: whole, once, without our marks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inverse, type Change } from '../../src/core/kinds.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { exportOfPlan } from '../../src/estate/exported.ts';
import { exportedOf, goneBy, lostBy, ofKind, profilesOf, rolesOf, type Thing } from '../../src/export/things.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { plannedProfile } from '../fixtures/exported.ts';
import { arnOf, cluster, policyFor, putProfile, requestFor, trustFor, worldWithProvider } from './world.ts';

const AT = 'arn:aws:iam::111122223333:root';
const thing = (kind: string, key: string, value: object, there = false): Thing =>
  ({ ref: { kind, at: kind.startsWith('iam') ? AT : cluster.arn, key }, value, there }) as unknown as Thing;
const role = (name: string, trustPolicy: string, tags = {}): Thing =>
  thing('iam/role', name, { arn: arnOf(name), name, trustPolicy, tags });
const profile = (name: string, of: string): Thing =>
  thing('k8s/profile', name, newProfile(name, `${name}@example.com`, arnOf(of), true));

test('a plan about a role that is there hands over what it leaves alone in it, too', async () => {
  const live = worldWithProvider();
  const more = { name: 'more', text: policyFor('team-b') };
  const policies = {
    inline: [{ name: 'kf-pipeline-s3', text: policyFor('team-a') }, more],
    attached: ['arn:aws:iam::aws:policy/X'],
  };
  putProfile(live, 'team-a', { name: 'team-a-dev-role', ...policies });
  const wish = requestFor('team-a', { access: 'bucket' });
  const { facts } = await lookAt(wish, live.aws, live.connect);
  const plan = planProfile(wish, facts);
  const { exported, missing } = await exportOfPlan(plan, cluster, live.aws);
  assert.deepEqual(missing, []);
  const [whole] = rolesOf(exported.things);
  assert.deepEqual(whole?.policies.map(({ name }) => name).sort(), ['kf-pipeline-s3', 'more']);
  const planned = plan.changes.find(({ ref }) => ref.kind === 'iam/role-policy')?.after;
  assert.equal(whole.policies.find(({ name }) => name === 'kf-pipeline-s3')?.text, (planned as { text: string }).text);
  assert.deepEqual(whole.attached, ['arn:aws:iam::aws:policy/X']);
  assert.equal(whole.there, true);
});

test('what a plan made is there once it was carried out', async () => {
  const plan = plannedProfile('team-n');
  const live = worldWithProvider();
  const before = await exportOfPlan(plan, cluster, live.aws);
  const after = await exportOfPlan(plan, cluster, live.aws, true);
  assert.ok(before.exported.things.some(({ there }) => !there));
  assert.ok(after.exported.things.every(({ there }) => there));
});

test('what a plan deletes is in no file, and is said; what the controller makes is neither', () => {
  const plan = plannedProfile('team-n');
  const back = { ...plan, changes: plan.changes.map((change) => inverse(change)) as readonly Change[] };
  assert.match(goneBy(back).join('\n'), /IAM role team-n-dev-role is deleted by the plan/);
  assert.doesNotMatch(goneBy(back).join('\n'), /ervice account/);
  assert.deepEqual(goneBy(plan), []);
});

test('a role is put together of its parts, wherever they stand; parts without their role are said to be lost', () => {
  const parts = [
    thing('iam/role-tag', 'r/team', { value: 'x' }),
    thing('iam/role-boundary', 'r', { arn: 'arn:aws:iam::aws:policy/B' }),
    thing('iam/role-settings', 'r', { description: 'd', maxSession: 7_200 }),
    thing('iam/role-policy', 'r/p', { text: '{}' }),
    thing('iam/role-policy', 'other/p', { text: '{}' }),
  ];
  const [whole, second] = rolesOf([...parts, role('r', trustFor('a'), { kept: '1' })]);
  assert.equal(second, undefined);
  assert.deepEqual(
    [whole?.role.tags, whole?.role.boundary, whole?.role.maxSession, whole?.role.description, whole?.policies.length],
    [{ kept: '1', team: 'x' }, 'arn:aws:iam::aws:policy/B', 7_200, 'd', 1],
  );
  const lost = lostBy({ cluster, things: [...parts, role('r', trustFor('a'))] }, ['iam/role']);
  assert.deepEqual(lost, ['Inline policy p is not in the files. Make it here, or by hand.']);
});

test('a role that two profiles name lets in both, and others stay', () => {
  const trust = trustFor('somebody-else');
  const { exported, notes } = exportedOf(cluster, [role('r', trust), profile('a', 'r'), profile('b', 'r')]);
  const text = rolesOf(exported.things)[0]?.role.trustPolicy ?? '';
  for (const name of ['a', 'b', 'somebody-else'])
    assert.match(text, new RegExp(`system:serviceaccount:${name}:default-editor`));
  assert.equal(notes.length, 2);
  const again = exportedOf(cluster, exported.things);
  assert.deepEqual([again.notes, again.exported], [[], exported], 'what is right stays as it is');
});

test('a Deny stays, and it is said that the account does not get in', () => {
  const deny = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRoleWithWebIdentity' }],
  });
  const { exported, notes } = exportedOf(cluster, [role('r', deny), profile('a', 'r')]);
  assert.equal(rolesOf(exported.things)[0]?.role.trustPolicy, deny);
  assert.match(notes.join('\n'), /Role r: A Deny/);
});

test('each thing once, the last counts; our marks and what the server adds go, what others wrote stays', () => {
  const marks = {
    'kubeflow-irsa/made-by': 'kubeflow-irsa',
    'kubeflow-irsa/run': '1',
    'kubeflow-irsa/profile': 'a',
    team: 'x',
  };
  const written = newProfile('a', 'a@example.com', arnOf('r'), true);
  const metadata = {
    ...{ name: 'a', resourceVersion: '7', finalizers: ['f'], labels: { l: '1' } },
    annotations: { ...marks, 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
  };
  const argo = { 'workflows.argoproj.io/default-artifact-repository': 'x' };
  const { exported } = exportedOf(cluster, [
    role('r', trustFor('a'), { old: '1' }),
    role('r', trustFor('a'), marks),
    thing('iam/role-tag', 'r/kubeflow-irsa/run', { value: '1' }),
    thing('k8s/profile', 'a', { ...written, metadata, status: {} }),
    thing('k8s/config-map', 'a/artifact-repositories', {
      ...{ namespace: 'a', name: 'artifact-repositories', resourceVersion: '7', data: { x: 'y' } },
      annotations: { ...argo, 'kubeflow-irsa/run': '1' },
    }),
  ]);
  const [only, none] = rolesOf(exported.things);
  assert.deepEqual([only?.role.tags, none], [{ 'kubeflow-irsa/profile': 'a', team: 'x' }, undefined]);
  const [live] = profilesOf(exported);
  assert.deepEqual(live?.profile, {
    ...written,
    metadata: { name: 'a', labels: { l: '1' }, annotations: { 'kubeflow-irsa/profile': 'a', team: 'x' } },
  });
  assert.deepEqual(ofKind(exported.things, 'k8s/config-map')[0]?.value, {
    ...{ namespace: 'a', name: 'artifact-repositories', annotations: argo, data: { x: 'y' } },
  });
});
