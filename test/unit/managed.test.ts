/** What a tool manages is left to it by every plan, until a person names the tool. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Declared } from '../../src/core/drift/declared.ts';
import type { Sought } from '../../src/core/drift/files.ts';
import { factsOf, type Facts } from '../../src/core/facts.ts';
import type { Change, Kind, Ref } from '../../src/core/kinds.ts';
import { refText } from '../../src/core/kinds.ts';
import { makerOfProfile } from '../../src/core/maker.ts';
import { MANAGING_TOOLS, writeManaged } from '../../src/core/tools.ts';
import type { Profile, Role } from '../../src/core/observation.ts';
import { agreedTo, guarded, guardedByFiles, namedTools, onlyManaged, toolsOf } from '../../src/core/plan/managed.ts';
import { planHandOver, handOverRefs } from '../../src/core/plan/handover.ts';
import { blocked } from '../../src/core/plan/part.ts';
import { planManifest } from '../../src/core/plan/manifest.ts';
import { blockers, refOf, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { absent, found, type Reading } from '../../src/core/reading.ts';
import { TAG } from '../../src/core/tags.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { carryOut } from '../../src/provisioning/run.ts';
import { asKept } from './told.ts';
import { ACCOUNT, arnOf, cluster, policyFor, PROVIDER, requestFor, trustFor, worldWithProvider } from './world.ts';

const AT = `arn:aws:iam::${ACCOUNT}:root`;
const ROLE = 'team-x-dev-role';
const role = (tags: Readonly<Record<string, string>>, name = ROLE): Role => ({
  ...{ arn: arnOf(name), name, trustPolicy: trustFor('team-x'), tags, inline: [], attached: [] },
});
const profile = (metadata: object = {}): Profile => {
  const made = newProfile('team-x', 'x@example.com', arnOf(ROLE), true);
  return { ...made, metadata: { ...made.metadata, ...metadata } };
};
const factsWith = (...things: readonly (readonly [Ref, unknown])[]): Facts =>
  factsOf({ things: new Map(things.map(([ref, one]): [string, Reading<unknown>] => [refText(ref), found(one)])) });
const planOf = (...changes: readonly Change[]): Plan => ({
  ...{ title: 'a plan', needs: [], changes, proofs: [], warnings: [] },
});
const of = <K extends Kind>(kind: K, key: string, at = AT) => refOf(kind, at, key);
const STACK = { 'aws:cloudformation:stack-name': 'ml' };
const ARGO = { labels: { 'argocd.argoproj.io/instance': 'teams' } };
const made = makerOfProfile(profile(ARGO));

/** Each kind of write to something that a tool manages. */
const WRITES: readonly (readonly [what: string, change: Change, facts: Facts, tool: string])[] = [
  [
    'the trust policy of a role',
    { ref: of('iam/role', ROLE), before: role(STACK), after: { ...role(STACK), trustPolicy: '{}' } },
    factsOf({}),
    'cloudformation',
  ],
  ['the end of a role', { ref: of('iam/role', ROLE), before: role(STACK) }, factsOf({}), 'cloudformation'],
  [
    'a new policy of a role',
    { ref: of('iam/role-policy', `${ROLE}/p`), after: { text: '{}' } },
    factsWith([of('iam/role', ROLE), role({ 'services.k8s.aws/namespace': 'ml' })]),
    'ack',
  ],
  [
    'a tag of a role',
    { ref: of('iam/role-tag', `${ROLE}/team`), after: { value: 'x' } },
    factsWith([of('iam/role', ROLE), role({ 'crossplane-name': 'x' })]),
    'crossplane',
  ],
  [
    'the boundary of a role',
    { ref: of('iam/role-boundary', ROLE), before: { arn: 'arn:aws:iam::aws:policy/x' } },
    factsWith([
      of('iam/role', ROLE),
      role({ 'alpha.eksctl.io/cluster-name': 'dev' }, 'eksctl-dev-addon-iamserviceaccount-x-Role1-1D61LT75JH3MB'),
    ]),
    'eksctl',
  ],
  [
    'audiences of a provider',
    {
      ref: of('iam/provider', PROVIDER),
      before: { arn: PROVIDER, clientIds: [], tags: STACK },
      after: { arn: PROVIDER, clientIds: ['sts.amazonaws.com'], tags: STACK },
    },
    factsOf({}),
    'cloudformation',
  ],
  [
    'a Profile',
    {
      ref: of('k8s/profile', 'team-x', cluster.arn),
      before: profile(ARGO),
      after: { ...profile(ARGO), spec: { owner: { kind: 'User', name: 'y@example.com' } } },
    },
    factsOf({}),
    'argocd',
  ],
  [
    'the end of a Profile',
    { ref: of('k8s/profile', 'team-x', cluster.arn), before: profile(ARGO) },
    factsOf({}),
    'argocd',
  ],
  [
    'an annotation of a Profile',
    { ref: of('k8s/profile-note', `team-x/${TAG.maker}`, cluster.arn), after: { value: 'adopted' } },
    factsWith([of('k8s/profile', 'team-x', cluster.arn), profile(ARGO)]),
    'argocd',
  ],
  [
    'launcher settings',
    {
      ref: of('k8s/config-map', 'team-x/kfp-launcher', cluster.arn),
      before: { namespace: 'team-x', name: 'kfp-launcher', data: {}, maker: made },
      after: { namespace: 'team-x', name: 'kfp-launcher', data: { defaultPipelineRoot: 's3://b/' } },
    },
    factsOf({}),
    'argocd',
  ],
  [
    'the annotation of a service account',
    {
      ref: of('k8s/service-account', 'team-x/runner', cluster.arn),
      before: { namespace: 'team-x', name: 'runner', annotations: {}, maker: made },
      after: { namespace: 'team-x', name: 'runner', annotations: { 'eks.amazonaws.com/role-arn': arnOf(ROLE) } },
    },
    factsOf({}),
    'argocd',
  ],
  [
    'a Pod Identity association',
    {
      ref: of('eks/pod-identity', 'team-x/default-editor', cluster.arn),
      before: { namespace: 'team-x', serviceAccount: 'default-editor', roleArn: arnOf(ROLE), tags: STACK },
    },
    factsOf({}),
    'cloudformation',
  ],
];

describe('a plan does not write where a tool does', () => {
  for (const [what, change, facts, tool] of WRITES)
    test(what, () => {
      const plan = guarded(planOf(change), facts);
      const stopped = blockers(plan);
      assert.equal(stopped.length, 1, JSON.stringify(plan.needs));
      assert.ok(onlyManaged(stopped));
      assert.deepEqual(toolsOf(plan), [tool]);
      assert.match(
        stopped[0]?.reason ?? '',
        /is managed by .*, which would take a change back\. .* To write here all the same, name /,
      );
      const others = MANAGING_TOOLS.filter((one) => one !== tool);
      assert.equal(blockers(agreedTo(plan, others)).length, 1, 'a word for other tools is none for this one');
      assert.deepEqual(
        blockers(
          agreedTo(
            plan,
            MANAGING_TOOLS.filter((one) => one === tool),
          ),
        ),
        [],
      );
    });
});

/** Writes that no tool would take back. */
const FREE: readonly (readonly [what: string, change: Change])[] = [
  ['a role that is made', { ref: of('iam/role', ROLE), after: role({}) }],
  ['a role of ours', { ref: of('iam/role', ROLE), before: role({ [TAG.maker]: 'kubeflow-irsa' }) }],
  ['a role of nobody that is known', { ref: of('iam/role', ROLE), before: role({ team: 'x' }) }],
  ['what stays', { ref: of('iam/role', ROLE), before: role(STACK), after: role(STACK) }],
  [
    'what somebody else does',
    {
      ref: of('k8s/profile', 'team-x', cluster.arn),
      before: profile(ARGO),
      by: { who: 'Kubernetes', within: 1 },
    },
  ],
  [
    'a Profile that goes already',
    {
      ref: of('k8s/profile', 'team-x', cluster.arn),
      before: profile({ ...ARGO, deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
  ],
  [
    "what Kubeflow's own controller wrote",
    {
      ref: of('k8s/profile', 'team-x', cluster.arn),
      before: profile({ managedFields: [{ manager: 'manager' }, { manager: 'kubectl-client-side-apply' }] }),
    },
  ],
  [
    'what we wrote',
    {
      ref: of('k8s/profile', 'team-x', cluster.arn),
      before: profile({ managedFields: [{ manager: 'kubeflow-irsa' }] }),
    },
  ],
];
for (const [what, change] of FREE)
  test(`nothing is in the way of ${what}`, () => {
    const plan = guarded(planOf(change), factsOf({}));
    assert.deepEqual([plan.needs, plan.warnings], [[], []]);
  });

test('what only points to a tool is told, and not in the way', () => {
  const before = role({ ManagedBy: 'Terraform' });
  const plan = guarded(planOf({ ref: of('iam/role', ROLE), before }), factsOf({}));
  assert.deepEqual(plan.needs, []);
  assert.match(
    plan.warnings.join(),
    /IAM role team-x-dev-role is perhaps managed by Terraform \(tag ManagedBy = "Terraform"\)/,
  );
});

test('one thing of several changes is said once', () => {
  const facts = factsWith([of('iam/role', ROLE), role(STACK)]);
  const tag = (key: string): Change => ({ ref: of('iam/role-tag', `${ROLE}/${key}`), after: { value: 'x' } });
  assert.equal(guarded(planOf(tag('a'), tag('b')), facts).needs.length, 1);
});

test('a Profile that Argo CD has is neither handed over nor applied from a manifest', () => {
  const [its, space, binding, policy] = handOverRefs(cluster, 'team-x');
  const facts = factsOf({
    things: new Map<string, Reading<unknown>>([
      [refText(its), found(profile(ARGO))],
      [refText(space), found({ name: 'team-x', owner: 'x@example.com', deleting: false })],
      [refText(binding), absent],
      [refText(policy), absent],
    ]),
  });
  const over = planHandOver({ profile: 'team-x', owner: 'y@example.com' }, facts, cluster);
  const applied = planManifest(cluster.arn, profile(ARGO), profile({ labels: { ...ARGO.labels, team: 'x' } }));
  for (const plan of [over, applied]) assert.deepEqual(toolsOf(plan), ['argocd']);
});

test('the role of a stack is repaired when CloudFormation is named, and nothing is written before', async () => {
  const here = worldWithProvider();
  here.roles.set(ROLE, {
    ...role({ ...STACK }),
    inline: [{ name: 'kf-pipeline-s3', text: policyFor('team-y') }],
  });
  here.apply(newProfile('team-x', 'team-x@example.com', arnOf(ROLE), true));
  const { facts } = await lookAt(requestFor('team-x'), here.aws, here.connect);
  const plan = planProfile(requestFor('team-x'), facts);
  assert.ok(onlyManaged(blockers(plan)), JSON.stringify(blockers(plan)));
  assert.equal((await carryOut(plan, here.outside())).ok, false);
  assert.deepEqual(here.writes(), []);
  const named = agreedTo(plan, namedTools([writeManaged('cloudformation')]));
  const result = await carryOut(named, here.outside());
  assert.ok(result.ok, JSON.stringify(result.rows));
  assert.match(JSON.stringify(here.roles.get(ROLE)?.inline), /private\/artifacts|team-x/);
});

test('what it says of a tool is text, whatever the tag holds', () => {
  const evil = role({ 'crossplane-name': '](command:x)\u202e\n`x' });
  const plan = guarded(planOf({ ref: of('iam/role', ROLE), before: evil }), factsOf({}));
  assert.doesNotMatch(JSON.stringify(plan.needs), /\]\(|\u202e|\\n/);
});

/** A thing that files declare: all that is asked for, by this tool. */
const declaredBy =
  (asked: string[], tool?: 'cloudformation' | 'terraform') =>
  ({ kind, name, account }: Sought): readonly Declared[] => {
    asked.push(`${kind} ${name} of ${account}`);
    return [{ kind, name, file: 'team.yaml', start: 0, end: 0, says: [], ...(tool && { tool }) }];
  };
const policyOfRole: Change = { ref: of('iam/role-policy', `${ROLE}/p`), after: { text: '{}' } };
const newRole: Change = { ref: of('iam/role', ROLE), after: role({}) };
const DECLARED: Readonly<Record<string, readonly Change[]>> = {
  ...Object.fromEntries(WRITES.map(([what, change]) => [what, [change]])),
  ...Object.fromEntries(FREE.map(([what, change]) => [what, [change]])),
  'a policy of a role that the plan makes': [newRole, policyOfRole],
  'a policy of a role that is there, and another role is made': [
    { ref: of('iam/role', 'other'), after: role({}, 'other') },
    policyOfRole,
  ],
  'a policy of a role that the plan changes': [
    { ref: of('iam/role', ROLE), before: role({}), after: { ...role({}), trustPolicy: '{}' } },
    policyOfRole,
  ],
  'a policy of a role that somebody else makes': [{ ...newRole, by: { who: 'Kubernetes', within: 1 } }, policyOfRole],
  'a provider that is made': [
    { ref: of('iam/provider', PROVIDER), after: { arn: PROVIDER, clientIds: ['sts.amazonaws.com'] } },
  ],
  'a Profile that is made': [{ ref: of('k8s/profile', 'team-x', cluster.arn), after: profile() }],
  'the note of a Profile that is made': [
    { ref: of('k8s/profile', 'team-x', cluster.arn), after: profile() },
    { ref: of('k8s/profile-note', `team-x/${TAG.maker}`, cluster.arn), after: { value: 'adopted' } },
  ],
  'a bucket': [{ ref: refOf('s3/bucket', '', 'b'), after: { name: 'b', region: 'us-west-2', accessible: true } }],
};
test('what files declare of what a plan writes, by who would apply them', () => {
  const lines: string[] = [];
  for (const [what, changes] of Object.entries(DECLARED)) {
    lines.push(`# ${what}`);
    for (const tool of [undefined, 'cloudformation', 'terraform'] as const) {
      const asked: string[] = [];
      const first = planOf(...changes);
      const plan = guardedByFiles(first, declaredBy(asked, tool));
      if (tool === undefined) lines.push(...asked.map((one) => `asks for ${one}`));
      lines.push(
        ...(plan === first ? [`${tool ?? 'nobody'}: as it was`] : []),
        ...plan.needs.map(
          ({ title, reason, consent }) => `${tool ?? 'nobody'}: ${title} [${consent ?? ''}]: ${reason ?? ''}`,
        ),
        ...plan.warnings.map((warning) => `${tool ?? 'nobody'}: ! ${warning}`),
      );
    }
    assert.equal(guardedByFiles(planOf(...changes), () => []).needs.length, 0);
  }
  asKept('plans/declared', lines);
});

test('what one thing bears, or another need is called, hides nothing of what files declare of a thing', () => {
  const changes: readonly Change[] = [
    { ref: of('iam/role', ROLE), before: role(STACK), after: { ...role(STACK), trustPolicy: '{}' } },
    { ref: of('k8s/profile', 'team-x', cluster.arn), before: profile(), after: profile({ labels: { a: 'b' } }) },
  ];
  const titles = (plan: Plan): readonly string[] =>
    guardedByFiles(plan, declaredBy([], 'terraform')).needs.map(({ title }) => title);
  const known = guarded(planOf(...changes), factsOf({}));
  assert.deepEqual(titles(known), [
    'IAM role team-x-dev-role is managed by CloudFormation',
    'Profile team-x is managed by Terraform',
  ]);
  const [need] = known.needs;
  assert.ok(need);
  assert.equal(titles({ ...known, needs: [{ ...need, id: 'role' }] }).length, 3);
});

test('a plan that has something else in its way is not only managed, and a word for a tool lifts nothing else', () => {
  const plan = guarded(planOf({ ref: of('iam/role', ROLE), before: role(STACK) }), factsOf({}));
  const other = { ...blocked('bucket', 'S3 bucket b', 'There is none.'), consent: 'createBucket' as const };
  const both = { ...plan, needs: [...plan.needs, other] };
  assert.deepEqual(
    [plan, both, planOf()].map(({ needs }) => onlyManaged(needs)),
    [true, false, false],
  );
  assert.deepEqual(blockers(agreedTo(both, ['cloudformation'])), [other]);
  assert.deepEqual(toolsOf({ ...plan, needs: [{ ...other, consent: writeManaged('ack') }] }), []);
  // Another need under our consent is not ours to lift.
  const same = { ...other, consent: writeManaged('cloudformation') };
  assert.deepEqual(blockers(agreedTo({ ...plan, needs: [same] }, ['cloudformation'])), [same]);
  const without = blocked('managed', 'IAM role x is managed by CloudFormation', 'It is.');
  assert.deepEqual(blockers(agreedTo({ ...plan, needs: [without] }, ['cloudformation'])), [without]);
});
