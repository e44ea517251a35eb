/** The plan of "Adopt Profile": looked at, carried out and undone on a world in memory. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Profile, Role } from '../../src/core/observation.ts';
import { planAdopt } from '../../src/core/plan/adopt.ts';
import { blockers, isDone, permissionsOf, type Plan } from '../../src/core/plan/plan.ts';
import { reviewText } from '../../src/core/plan/review.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { TAG } from '../../src/core/tags.ts';
import { lookAtAdoption } from '../../src/provisioning/adopt.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { carryOut, undo } from '../../src/provisioning/run.ts';
import { asKept, told } from './told.ts';
import { arnOf, cluster, putProfile, trustFor, worldWithProvider, type World } from './world.ts';

async function planned(here: World, profile = 'team-x'): Promise<Plan> {
  const { facts, repair } = await lookAtAdoption(profile, cluster, here.aws, here.kubernetes);
  return planAdopt({ profile }, facts, cluster, repair);
}
function byHand(role: Partial<Role> = {}, metadata: Partial<Profile['metadata']> = {}): World {
  const here = worldWithProvider();
  const name = role.name ?? 'by-hand';
  const profile = newProfile('team-x', 'team-x@example.com', arnOf(name), true);
  const marked = { ...profile, metadata: { ...profile.metadata, ...metadata } };
  putProfile(here, 'team-x', { name, ...role }, marked);
  return here;
}
const reasons = (plan: Plan): string =>
  blockers(plan)
    .map(({ reason }) => reason)
    .join(' ');

test('what a hand made gets our tags and our annotation, and nothing else', async () => {
  const here = byHand({ tags: { team: 'x' } });
  const before = here.snapshot();
  const plan = await planned(here);
  assert.equal(reasons(plan), '');
  assert.match(reviewText(plan), /Role by-hand: nothing says who made it/);
  assert.deepEqual(
    permissionsOf(plan).aws.filter((one) => !/Get/.test(one)),
    ['iam:TagRole'],
  );
  const journal = memoryJournal();
  const outside = here.outside();
  assert.ok((await carryOut(plan, outside, { journal })).ok);
  assert.deepEqual(here.writes(), ['iam:TagRole', 'iam:TagRole', 'iam:TagRole', 'update profiles']);
  assert.deepEqual(here.roles.get('by-hand')?.tags, {
    team: 'x',
    [TAG.maker]: 'adopted',
    [TAG.cluster]: cluster.arn,
    [TAG.profile]: 'team-x',
  });
  assert.equal(here.profiles.get('team-x')?.metadata.annotations?.[TAG.maker], 'adopted');
  assert.ok(isDone(await planned(here)), 'it is adopted once');
  assert.ok((await undo(journal.entries(), outside)).ok);
  assert.deepEqual(here.snapshot(), before);
  assert.deepEqual(here.roles.get('by-hand')?.tags, { team: 'x' });
  assert.equal(here.profiles.get('team-x')?.metadata.annotations?.[TAG.maker], undefined);
});

test('what stays different from what would be made here is named, with Repair', async () => {
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: 'arn:aws:s3:::artifacts/team-x/*' },
    ],
  });
  const review = reviewText(await planned(byHand({ inline: [{ name: 'kf-pipeline-s3', text: policy }] })));
  assert.match(
    review,
    /Stays different from what would be made here: .*Inline policy kf-pipeline-s3.*Repair changes that/,
  );
  const unknown = reviewText(await planned(byHand({ inline: [] })));
  assert.match(unknown, /could not be compared\. Repair shows that/);
  assert.doesNotMatch(reviewText(await planned(byHand())), /Stays different/);
});

const KEPT: readonly (readonly [what: string, here: () => World, why: RegExp])[] = [
  [
    'a role of ACK',
    () => byHand({ tags: { 'services.k8s.aws/namespace': 'x' } }),
    /IAM role by-hand is managed by ACK/,
  ],
  ['a role of Crossplane', () => byHand({ tags: { 'crossplane-name': 'x' } }), /is managed by Crossplane/],
  [
    'a role of a stack',
    () => byHand({ tags: { 'aws:cloudformation:stack-name': 'x' } }),
    /is managed by CloudFormation \(x\).*template/,
  ],
  [
    'a role of eksctl',
    () => byHand({ name: 'eksctl-dev-x', tags: { 'alpha.eksctl.io/cluster-name': 'dev' } }),
    /is managed by eksctl .*would take a change back\. Change it with eksctl/,
  ],
  [
    'a Profile of Argo CD',
    () => byHand({}, { labels: { 'argocd.argoproj.io/instance': 'profiles' } }),
    /Profile team-x is managed by Argo CD/,
  ],
  [
    'a Profile that is being deleted',
    () => byHand({}, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    /is being deleted/,
  ],
  [
    'a role of another profile',
    () => byHand({ trustPolicy: trustFor('team-x', 'team-y') }),
    /is used by something else/,
  ],
  [
    'a role that does not let it in',
    () => byHand({ trustPolicy: trustFor('team-y') }),
    /is used by something else|does not let in/,
  ],
  [
    'a role that another profile has by our tags',
    () => byHand({ tags: { [TAG.maker]: 'kubeflow-irsa', [TAG.profile]: 'team-y', [TAG.cluster]: cluster.arn } }),
    /is the role of profile team-y/,
  ],
  ['no Profile', () => worldWithProvider(), /Profile team-x does not exist/],
  [
    'a Profile without a role',
    () => {
      const here = worldWithProvider();
      here.apply(newProfile('team-x', 'x@example.com', 'arn:aws:iam::999999999999:role/other', true));
      return here;
    },
    /names no role of account 111122223333/,
  ],
];
for (const [what, world, why] of KEPT)
  test(`not adopted, with the reason, and nothing is written: ${what}`, async () => {
    const here = world();
    const plan = await planned(here);
    assert.match(reasons(plan), why);
    assert.equal((await carryOut(plan, here.outside())).ok, false);
    assert.deepEqual(here.writes(), []);
  });

test('where something only points to a tool, that is said, and the person decides', async () => {
  const plan = await planned(byHand({ tags: { ManagedBy: 'terraform' } }));
  assert.equal(reasons(plan), '');
  assert.match(reviewText(plan), /IAM role by-hand is perhaps managed by Terraform \(tag ManagedBy = "terraform"\)/);
});

test('the role that the service account alone names is the one', async () => {
  const here = byHand();
  const { metadata, ...profile } = newProfile('team-x', 'team-x@example.com', '', true);
  here.profiles.set('team-x', { ...profile, metadata, spec: { owner: { kind: 'User', name: 'team-x@example.com' } } });
  const plan = await planned(here);
  assert.equal(reasons(plan), '');
  assert.ok(
    plan.changes.some(({ ref }) => ref.key.startsWith('by-hand/')),
    JSON.stringify(plan.changes),
  );
});

test('what was made here is adopted already', async () => {
  const tags = { [TAG.maker]: 'kubeflow-irsa', [TAG.profile]: 'team-x', [TAG.cluster]: cluster.arn };
  const here = byHand({ tags }, { annotations: { [TAG.maker]: 'kubeflow-irsa' } });
  assert.ok(isDone(await planned(here)));
});

test('whole plans', async () => {
  const tags = { [TAG.maker]: 'kubeflow-irsa', [TAG.profile]: 'team-x', [TAG.cluster]: cluster.arn };
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: 'arn:aws:s3:::artifacts/team-x/*' }],
  });
  const change = (work: (here: World) => void, role: Partial<Role> = {}) => {
    return (): World => {
      const here = byHand(role);
      work(here);
      return here;
    };
  };
  const cases: readonly (readonly [string, () => World])[] = [
    ['by hand', () => byHand()],
    ['with some of our tags', () => byHand({ tags: { ...tags, [TAG.maker]: 'adopted' } })],
    ['made here, the Profile by hand', () => byHand({ tags })],
    ['made here', () => byHand({ tags }, { annotations: { [TAG.maker]: 'kubeflow-irsa' } })],
    ['perhaps of Terraform', () => byHand({ tags: { ManagedBy: 'terraform' } })],
    [
      'perhaps of a tool without a name',
      () => byHand({ tags: { 'managed-by': 'gitops' } }, { labels: { 'app.kubernetes.io/managed-by': 'gitops' } }),
    ],
    ['another policy', () => byHand({ inline: [{ name: 'kf-pipeline-s3', text: policy }] })],
    [
      'another policy, and blocked',
      change((here) => here.buckets.clear(), { inline: [{ name: 'kf-pipeline-s3', text: policy }] }),
    ],
    ['its bucket is gone', change((here) => here.buckets.clear())],
    ['its provider is gone', change((here) => here.providers.clear())],
    ['no policy', () => byHand({ inline: [] })],
    ['its role is gone', change((here) => here.roles.clear())],
    ['its account is not annotated', change((here) => here.accounts.clear())],
    ...KEPT.map(([what, here]) => [what, here] as const),
  ];
  const lines: string[] = [];
  for (const [what, here] of cases) {
    const plan = await planned(here());
    lines.push(`${what}: ${plan.title}`, ...told(plan).map((line) => `  ${line}`), `  wish ${plan.wish ?? 'none'}`);
    lines.push(
      ...plan.changes.map(({ ref, before, after }) => `  ${ref.kind} ${ref.key} ${JSON.stringify([before, after])}`),
    );
  }
  asKept('plans/adopt', lines);
});
