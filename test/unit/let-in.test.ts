/** "Let a Service Account In" and the reverse, on a world in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { actionOf } from '../../src/core/kinds.ts';
import { planLetIn, type LetInWish } from '../../src/core/plan/letIn.ts';
import { blockers, permissionsOf, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { letsIn } from '../../src/core/plan/trust.ts';
import { samePolicy } from '../../src/core/policy/build.ts';
import { withdrawTrust } from '../../src/core/policy/amend.ts';
import { withMember, withoutMember } from '../../src/core/policy/members.ts';
import { denied } from '../../src/core/reading.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { findTarget } from '../../src/provisioning/lookTarget.ts';
import { lookAtLetIn } from '../../src/provisioning/lookLetIn.ts';
import { carryOut, undo } from '../../src/provisioning/run.ts';
import { arnOf, AUDIENCE, cluster, PROVIDER, requestFor, trustFor, worldWithProvider, type World } from './world.ts';

const NAME = 'team-a-dev-role';
const ROLE = arnOf(NAME);
const KEY = 'eks.amazonaws.com/role-arn';
/** A world in which team-a was created, with further service accounts. */
async function made(): Promise<World> {
  const here = worldWithProvider();
  const request = requestFor('team-a');
  const { facts } = await lookAt(request, here.aws, here.connect);
  assert.ok((await carryOut(planProfile(request, facts), here.outside())).ok);
  for (const key of ['team-a/trainer', 'team-a/default-viewer', 'kubeflow/ml-pipeline', 'kubeflow/default']) {
    const [namespace = '', name = ''] = key.split('/');
    here.accounts.set(key, { namespace, name, annotations: {} });
  }
  return here;
}
const wish = (what: Partial<LetInWish>): LetInWish => ({ profile: 'team-a', account: 'trainer', ...what });
async function planIn(here: World, what: Partial<LetInWish> = {}): Promise<Plan> {
  const { facts, pods } = await lookAtLetIn(wish(what), cluster, here.aws, here.kubernetes);
  return planLetIn(wish(what), facts, cluster, pods);
}
const changed = (plan: Plan): readonly string[] =>
  plan.changes.flatMap((change) => (actionOf(change) === 'keep' ? [] : [`${actionOf(change)} ${change.ref.kind}`]));
const pod = (name: string, account: string, other: { role?: string; owner?: string; phase?: string } = {}) => ({
  metadata: {
    name,
    namespace: 'team-a',
    ...(other.owner === undefined ? {} : { ownerReferences: [{ kind: 'ReplicaSet', name: other.owner }] }),
  },
  spec: {
    serviceAccountName: account,
    containers: [{ env: other.role === undefined ? [] : [{ name: 'AWS_ROLE_ARN', value: other.role }] }],
  },
  status: { phase: other.phase ?? 'Running' },
});

for (const account of ['trainer', 'default-viewer', 'default'])
  test(`${account} is let in: it may, its neighbour may not, the profile's own still may; undone, and taken out again`, async () => {
    const here = await made();
    const before = here.snapshot();
    const plan = await planIn(here, { account });
    assert.deepEqual(blockers(plan), []);
    assert.deepEqual(changed(plan), ['change iam/role', 'change k8s/service-account']);
    assert.deepEqual(
      permissionsOf(plan).aws.filter((one) => /^iam:(?!Get|List)/.test(one)),
      ['iam:UpdateAssumeRolePolicy'],
    );
    const journal = memoryJournal();
    const result = await carryOut(plan, here.outside(), { journal });
    assert.equal(result.verification?.outcome, 'verified', JSON.stringify(result.verification));
    assert.deepEqual(
      plan.proofs.map(({ who, must }) => `${who.name} ${must}`),
      [
        `${account} succeed`,
        `${account === 'default' ? 'default-viewer' : 'default'} be refused`,
        'default-editor succeed',
      ],
    );
    assert.equal(here.accounts.get(`team-a/${account}`)?.annotations[KEY], ROLE);
    assert.deepEqual(changed(await planIn(here, { account })), []);
    // The profile is still as wanted, and its proof knows who was let in.
    const request = requestFor('team-a');
    const again = planProfile(request, (await lookAt(request, here.aws, here.connect)).facts);
    assert.deepEqual(changed(again), []);
    assert.ok((await carryOut(again, here.outside())).ok);
    const { target } = await findTarget({ cluster: 'dev', profile: 'team-a' }, here.aws, here.connect);
    assert.equal(target.neighbour, account === 'default' ? 'default-viewer' : undefined);

    assert.ok((await undo(journal.entries(), here.outside())).ok);
    assert.deepEqual(here.snapshot(), before);
    assert.ok((await carryOut(plan, here.outside())).ok);
    const out = await planIn(here, { account, remove: true });
    assert.deepEqual(changed(out), ['change k8s/service-account', 'change iam/role']);
    assert.equal((await carryOut(out, here.outside())).verification?.outcome, 'verified');
    assert.ok(samePolicy(here.roles.get(NAME)?.trustPolicy ?? '', trustFor('team-a')));
    assert.equal(here.accounts.get(`team-a/${account}`)?.annotations[KEY], undefined);
  });

for (const remove of [false, true])
  test(`${remove ? 'taken out' : 'let in'}, and the connection breaks at any call: running again ends as undisturbed, undo as before`, async () => {
    const ready = async (): Promise<World> => {
      const here = await made();
      if (remove) await carryOut(await planIn(here), here.outside());
      return here;
    };
    const plain = (here: World): unknown => [[...here.roles], [...here.accounts]];
    const calm = await ready();
    await carryOut(await planIn(calm, { remove }), calm.outside());
    for (const call of ['iam:UpdateAssumeRolePolicy', 'update serviceaccounts'])
      for (const fault of ['refuse', 'drop'] as const)
        for (const end of ['resume', 'undo']) {
          const here = await ready();
          const before = here.snapshot();
          const plan = await planIn(here, { remove });
          const journal = memoryJournal();
          let times = 0;
          here.onCall = (name) => (name === call && times++ === 0 ? fault : undefined);
          const first = await carryOut(plan, here.outside(), { journal });
          here.onCall = () => undefined;
          assert.ok(!first.ok, `${call} ${fault}`);
          if (end === 'resume') {
            assert.ok((await carryOut(plan, here.outside(), { journal })).ok);
            assert.deepEqual(
              JSON.stringify(plain(here)).replace(/unique-\d+/g, ''),
              JSON.stringify(plain(calm)).replace(/unique-\d+/g, ''),
            );
          } else {
            assert.ok((await undo(journal.entries(), here.outside())).ok);
            assert.deepEqual(here.snapshot(), before);
          }
        }
  });

test('which pods must be started again: those that run as it without the role, by name and owner', async () => {
  const here = await made();
  const all = [
    pod('a', 'trainer', { owner: 'train-5d9' }),
    pod('b', 'trainer', { role: arnOf('old') }),
    pod('c', 'trainer', { role: ROLE }),
    pod('d', 'trainer', { phase: 'Succeeded' }),
    pod('e', 'default-editor', { role: ROLE }),
  ];
  for (const one of all) here.kube.set(`pods team-a/${one.metadata.name}`, one);
  const said = (await planIn(here)).warnings.join('\n');
  assert.match(said, /Start again: a \(ReplicaSet train-5d9\); b, with role arn:aws:iam::111122223333:role\/old\./);
  await carryOut(await planIn(here), here.outside());
  assert.match((await planIn(here, { remove: true })).warnings.join('\n'), /lose the role within an hour.*: c\./);
  here.kubernetes.objects = () => Promise.resolve({ state: 'denied', permission: 'list pods', message: '' });
  assert.match((await planIn(here)).warnings.join('\n'), /not permitted to list pods/);
});

test('an account with another role loses it, and the plan says so; taken out, another role stays', async () => {
  const here = await made();
  here.accounts.set('team-a/trainer', {
    namespace: 'team-a',
    name: 'trainer',
    annotations: { [KEY]: arnOf('old'), x: 'y' },
  });
  const plan = await planIn(here);
  assert.match(plan.warnings.join('\n'), /has another role until now, and loses it: .*role\/old/);
  assert.ok((await carryOut(plan, here.outside())).ok);
  assert.deepEqual(here.accounts.get('team-a/trainer')?.annotations, { [KEY]: ROLE, x: 'y' });
  here.accounts.set('team-a/trainer', { namespace: 'team-a', name: 'trainer', annotations: { [KEY]: arnOf('old') } });
  const out = await planIn(here, { remove: true });
  assert.deepEqual(changed(out), ['change iam/role']);
  assert.match(out.warnings.join('\n'), /another role, which stays/);
});

test('an account of another namespace is let in with a warning, and what to know of ml-pipeline', async () => {
  const here = await made();
  const plan = await planIn(here, { namespace: 'kubeflow', account: 'ml-pipeline' });
  assert.match(plan.warnings.join('\n'), /kubeflow is not the namespace of the profile.*\n[^]*a role of their own/);
  assert.equal((await carryOut(plan, here.outside())).verification?.outcome, 'verified');
  // A role that bears no tag of ours is a profile's own only as long as nobody else is named in it.
  assert.doesNotMatch(plan.warnings.join('\n'), /Adopt the profile first/);
  const role = here.roles.get(NAME);
  if (role !== undefined) here.roles.set(NAME, { ...role, tags: {} });
  const other = await planIn(here, { namespace: 'kubeflow', account: 'default' });
  assert.match(other.warnings.join('\n'), /Adopt the profile first/);
});

const BAD: readonly (readonly [what: string, Partial<LetInWish>, (here: World) => void, RegExp])[] = [
  ['no such account', { account: 'nobody' }, () => undefined, /kubectl create serviceaccount nobody -n team-a/],
  ["the profile's own", { account: 'default-editor' }, () => undefined, /the profile's own service account/],
  ['no such profile', { profile: 'team-z' }, () => undefined, /Profile team-z does not exist/],
  [
    'a profile without a role',
    {},
    (here) => {
      const profile = here.profiles.get('team-a');
      if (profile !== undefined) here.profiles.set('team-a', { ...profile, spec: { owner: { name: 'a' } } });
      here.accounts.set('team-a/default-editor', { namespace: 'team-a', name: 'default-editor', annotations: {} });
    },
    /has no role/,
  ],
  [
    'a profile that is being deleted',
    {},
    (here) => {
      const profile = here.profiles.get('team-a');
      if (profile !== undefined)
        here.profiles.set('team-a', { ...profile, metadata: { ...profile.metadata, deletionTimestamp: 'now' } });
    },
    /is being deleted/,
  ],
  [
    'a name that is no profile',
    { profile: 'Team A' },
    () => undefined,
    /Use lower-case letters, digits and "-", and start and end/,
  ],
  [
    'a service account that may not be read',
    {},
    (here) => {
      const read = here.kubernetes.serviceAccount.bind(here.kubernetes);
      here.kubernetes.serviceAccount = (namespace, name) =>
        name === 'trainer' ? Promise.resolve(denied('get serviceaccounts', '')) : read(namespace, name);
    },
    /Service account team-a\/trainer cannot be read: you are not permitted to get serviceaccounts/,
  ],
  [
    'a role that may not be read',
    {},
    (here) => {
      here.aws.role = () => Promise.resolve(denied('iam:GetRole', ''));
    },
    new RegExp(`^IAM role ${NAME} cannot be read: you are not permitted to iam:GetRole`, 'm'),
  ],
  [
    'the only one whom the trust policy names',
    { remove: true },
    (here) => {
      const role = here.roles.get(NAME);
      const trust = trustFor('team-a').replace('default-editor', 'trainer');
      if (role !== undefined) here.roles.set(NAME, { ...role, trustPolicy: trust });
    },
    /is the only one whom the trust policy of .* names, and IAM takes none without a statement/,
  ],
  [
    'a trust policy that is full',
    {},
    (here) => {
      const role = here.roles.get(NAME);
      const subs = Array.from({ length: 80 }, (_, at) => `system:serviceaccount:team-a:account-number-${at}`);
      const trust = trustFor('team-a').replace(
        '"system:serviceaccount:team-a:default-editor"',
        JSON.stringify([...subs, 'system:serviceaccount:team-a:default-editor']),
      );
      if (role !== undefined) here.roles.set(NAME, { ...role, trustPolicy: trust });
    },
    /IAM takes 4096 at most/,
  ],
  [
    'a Deny',
    {},
    (here) => {
      const role = here.roles.get(NAME);
      const trust = JSON.parse(trustFor('team-a')) as { Statement: object[] };
      trust.Statement.push({
        Effect: 'Deny',
        Principal: { Federated: PROVIDER },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringLike: { [`${PROVIDER.split('provider/')[1] ?? ''}:sub`]: '*:trainer' } },
      });
      if (role !== undefined) here.roles.set(NAME, { ...role, trustPolicy: JSON.stringify(trust) });
    },
    /A Deny/,
  ],
];
for (const [what, wanted, change, says] of BAD)
  test(`${what} is refused before anything is written`, async () => {
    const here = await made();
    change(here);
    const plan = await planIn(here, wanted);
    assert.match(
      blockers(plan)
        .map(({ reason }) => reason)
        .join('\n'),
      says,
    );
    assert.deepEqual(plan.changes, []);
  });

test('what is warned of is of who is let in, not of who is taken out', async () => {
  const here = await made();
  const profile = here.profiles.get('team-a');
  assert.ok(profile);
  const spec = { plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: ROLE, annotateOnly: false } }] };
  here.profiles.set('team-a', { ...profile, spec: { ...profile.spec, ...spec } });
  here.accounts.set('team-a/default', { namespace: 'team-a', name: 'default', annotations: {} });
  const warns = [
    /leaves its trust policy to the profile controller/,
    /Pods that name no service account run as default/,
  ];
  const letIn = await planIn(here, { account: 'default' });
  for (const one of warns) assert.match(letIn.warnings.join('\n'), one);
  const out = await planIn(here, { account: 'default', remove: true });
  for (const one of warns) assert.doesNotMatch(out.warnings.join('\n'), one);
  assert.notEqual(letIn.title, out.title);
  // Longer than what every account takes, and not longer than what can be asked for.
  const role = here.roles.get(NAME);
  assert.ok(role);
  const long = /characters: IAM takes more than 2048 only where that quota was raised/;
  assert.doesNotMatch(letIn.warnings.join('\n'), long);
  const subs = Array.from({ length: 40 }, (_, at) => `system:serviceaccount:team-a:account-number-${at}`);
  const name = '"system:serviceaccount:team-a:default-editor"';
  const trust = trustFor('team-a').replace(name, JSON.stringify([...subs, JSON.parse(name) as string]));
  here.roles.set(NAME, { ...role, trustPolicy: trust });
  assert.match((await planIn(here, { account: 'default' })).warnings.join('\n'), long);
  const inside = trust.replace(name, `${name}, "system:serviceaccount:team-a:default"`);
  here.roles.set(NAME, { ...role, trustPolicy: inside });
  assert.doesNotMatch((await planIn(here, { account: 'default' })).warnings.join('\n'), long, 'nothing is written');
});

const wanted = (account: string) => ({
  provider: PROVIDER,
  subject: `system:serviceaccount:team-a:${account}`,
  audience: AUDIENCE,
});

test('whoever else is in a trust policy stays in it, with what else it has; in and out again is as before', () => {
  const issuer = PROVIDER.split('provider/')[1] ?? '';
  const statement = fc.oneof(
    fc.constantFrom<object>(
      { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
      { Sid: 'X', Effect: 'Deny', Principal: '*', Action: 'sts:TagSession' },
    ),
    fc
      .record({
        subs: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
        operator: fc.constantFrom('StringEquals', 'StringLike'),
        more: fc.boolean(),
      })
      .map(({ subs, operator, more }) => ({
        Effect: 'Allow',
        Principal: { Federated: PROVIDER },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          [operator]: { [`${issuer}:aud`]: AUDIENCE, [`${issuer}:sub`]: subs.map((sub) => wanted(sub).subject) },
          ...(more ? { Bool: { 'aws:SecureTransport': 'true' } } : {}),
        },
      })),
  );
  fc.assert(
    fc.property(fc.array(statement, { minLength: 1, maxLength: 4 }), (Statement) => {
      const trust = JSON.stringify({ Version: '2012-10-17', Statement });
      const inside = withMember(trust, wanted('new'));
      assert.ok(inside !== undefined);
      assert.notEqual(letsIn(inside, wanted('new')), 'no');
      for (const other of ['a', 'b', 'c']) assert.equal(letsIn(inside, wanted(other)), letsIn(trust, wanted(other)));
      const out = withoutMember(inside, wanted('new'));
      assert.ok(!out.still && !out.alone);
      assert.ok(samePolicy(out.policy, trust), out.policy);
      for (const other of ['a', 'b', 'c'])
        assert.equal(letsIn(out.policy, wanted(other)), letsIn(trust, wanted(other)));
    }),
  );
});

test('who falls under a pattern is let in already, and cannot be taken out alone', () => {
  const trust = trustFor('team-a').replace('StringEquals', 'StringLike').replace('team-a:default-editor', 'team-a:*');
  assert.equal(withMember(trust, wanted('new')), trust);
  assert.deepEqual(withoutMember(trust, wanted('new')), { policy: trust, still: true, alone: false });
  assert.ok(withoutMember(trustFor('team-a'), wanted('default-editor')).alone);
  assert.equal(withMember('{', wanted('new')), undefined);
});

test('an empty annotation of default-editor names no role: the plugin does', async () => {
  const here = await made();
  const own = { namespace: 'team-a', name: 'default-editor', annotations: { [KEY]: '' } };
  here.accounts.set('team-a/default-editor', own);
  assert.deepEqual(changed(await planIn(here)), ['change iam/role', 'change k8s/service-account']);
});

test('only a statement of our form gets one name more; beside all others stands a statement of its own', () => {
  const ours = (JSON.parse(trustFor('team-a')) as { Statement: readonly Record<string, object>[] }).Statement[0] ?? {};
  const equals = (ours['Condition'] as { StringEquals: object }).StringEquals;
  const arn = PROVIDER.replace('0123', 'FFFF');
  const others: readonly unknown[] = [
    1,
    'x',
    { ...ours, Effect: 'Deny' },
    { ...ours, Principal: '*' },
    { ...ours, Principal: { Federated: [PROVIDER, arn] } },
    { ...ours, Principal: { Federated: arn } },
    { ...ours, Principal: { Federated: PROVIDER, AWS: '*' } },
    { ...ours, Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'] },
    { ...ours, Action: 'sts:AssumeRole' },
    { ...ours, NotAction: 'x' },
    { ...ours, Condition: 1 },
    { ...ours, Condition: { StringLike: equals } },
    { ...ours, Condition: { StringEquals: 1 } },
    { ...ours, Condition: { StringEquals: equals, Bool: { 'aws:SecureTransport': 'true' } } },
    { ...ours, Condition: { StringEquals: { ...equals, 'aws:x': 'y' } } },
    { ...ours, Condition: { StringEquals: Object.fromEntries(Object.entries(equals).map(([key]) => [key, []])) } },
  ];
  const count = (text: string | undefined): number =>
    (JSON.parse(text ?? '{}') as { Statement: readonly unknown[] }).Statement.length;
  for (const one of others) {
    const trust = JSON.stringify({ Version: '2012-10-17', Statement: [one] });
    const inside = withMember(trust, wanted('new'));
    assert.equal(count(inside), 2, JSON.stringify(one));
    assert.notEqual(letsIn(inside ?? '', wanted('new')), 'unknown', JSON.stringify(one));
    const out = withoutMember(trust, wanted('new'));
    assert.deepEqual(out, { policy: trust, still: out.still, alone: false }, JSON.stringify(one));
  }
  assert.equal(count(withMember(JSON.stringify({ Version: '2012-10-17', Statement: [ours] }), wanted('new'))), 1);
});

test('what is no policy stays as it is', () => {
  for (const text of ['{', '1', '[]', 'null']) {
    assert.deepEqual(withoutMember(text, wanted('new')), { policy: text, still: false, alone: false });
    assert.deepEqual(withdrawTrust(text, wanted('new')), { policy: text });
  }
});
