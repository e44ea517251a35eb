/** What was read: kept by Ref, good for a while, read anew when a run changed it; and as it will be when a plan is done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { factsOf } from '../../src/core/facts.ts';
import { actionOf, type Ref } from '../../src/core/kinds.ts';
import { accountArn, changeOf, isDone, refOf } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { summary } from '../../src/core/plan/review.ts';
import { bareOf, type BareRole, type Namespace, type Role } from '../../src/core/observation.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found, type Reading } from '../../src/core/reading.ts';
import { carryOut } from '../../src/provisioning/run.ts';
import { lookAt, lookUp } from '../../src/provisioning/look.ts';
import { createStore, createStores } from '../../src/provisioning/store.ts';
import { arnOf, cluster, policyFor, putProfile, requestFor, trustFor, world, worldWithProvider } from './world.ts';

const NAMESPACE = refOf('k8s/namespace', cluster.arn, 'team-a');
const ROLE = refOf('iam/role', accountArn(cluster), 'r');
const bare: BareRole = { arn: arnOf('r'), name: 'r', trustPolicy: '{}', tags: {} };
const role: Role = { ...bare, inline: [], attached: [] };

/** A store with a clock that stands, and questions that are counted. */
function asked() {
  const clock = { now: 0 };
  const store = createStore(() => clock.now);
  const told: string[] = [];
  store.subscribe(({ key }) => told.push(key));
  let questions = 0;
  const read = (answer: Reading<Namespace>, within = 10): Promise<Reading<Namespace>> =>
    store.read(NAMESPACE, within, async () => (questions++, answer));
  return { clock, store, told, read, questions: () => questions };
}
const space = (owner: string) => found({ name: 'team-a', owner, deleting: false });

test('a reading is good for a while', async () => {
  const { clock, read, questions, told, store } = asked();
  await read(space('a'));
  clock.now = 10;
  assert.deepEqual(await read(space('b')), space('a'));
  clock.now = 11;
  assert.deepEqual(await read(space('b')), space('b'));
  assert.equal(questions(), 2);
  assert.deepEqual(told, ['team-a', 'team-a']);
  clock.now = 1_000;
  assert.deepEqual(store.get(NAMESPACE), space('b'), 'what is known stays');
});

test('what failed is asked again at once; what is not there or may not be read is an answer', async () => {
  const { read, questions } = asked();
  await read(failed('no network'));
  assert.deepEqual(await read(denied('get namespaces', '')), denied('get namespaces', ''));
  assert.deepEqual(await read(space('a')), denied('get namespaces', ''));
  assert.equal(questions(), 2);
});

test('who asks while a question is under way gets its answer; what is forgotten meanwhile is asked again', async () => {
  const { store, read } = asked();
  let answer = (_: Reading<Namespace>): void => undefined;
  const slow = () => new Promise<Reading<Namespace>>((resolve) => (answer = resolve));
  const first = store.read(NAMESPACE, 10, slow);
  const second = read(space('never asked'));
  store.forget([NAMESPACE]);
  const third = read(space('new'));
  answer(space('old'));
  assert.deepEqual(await Promise.all([first, second, third]), [space('old'), space('old'), space('new')]);
  assert.deepEqual(await read(space('newer')), space('new'));
});

test('a role with its policies answers for one without them, and not the other way round', async () => {
  const { store } = asked();
  const calls: string[] = [];
  const whole = () => store.read(ROLE, 10, async () => (calls.push('whole'), found(role)));
  const part = () => store.readBare(ROLE, 10, async () => (calls.push('bare'), found(bare)));
  await part();
  await part();
  await whole();
  await part();
  assert.deepEqual(calls, ['bare', 'whole']);
});

test('names that texts make up do not fill the memory', async () => {
  const store = createStore(() => 0);
  const refs = Array.from({ length: 2_000 }, (_, at) => refOf('iam/role', ROLE.at, `nobody-${at}`));
  store.put(ROLE, absent);
  for (const ref of refs) await store.read(ref, 10, async () => absent);
  assert.equal(refs.filter((ref) => store.get(ref) !== undefined).length, 500);
  assert.deepEqual(store.get(ROLE), absent, 'what was put stays');
  // What is asked for again is as good as new.
  const [first, second, third] = refs.slice(-500);
  assert.ok(first && second && third);
  store.forget([first]);
  await store.read(first, 10, async () => denied('iam:GetRole', ''));
  await store.read(refOf('iam/role', ROLE.at, 'one-more'), 10, async () => absent);
  assert.deepEqual(
    [first, second, third].map((ref) => store.get(ref)?.state),
    ['denied', undefined, 'absent'],
  );
});

test('a question under way does not answer who asks after it was forgotten, by its name or with all', async () => {
  for (const forgotten of [undefined, [ROLE]]) {
    const store = createStore(() => 0);
    const ask = (name: string) => [
      store.read(ROLE, 10, async () => found({ ...role, name })),
      store.readBare(ROLE, 10, async () => found({ ...bare, name })),
    ];
    const before = ask('before');
    store.forget(forgotten);
    const after = ask('after');
    assert.deepEqual(
      (await Promise.all([...before, ...after])).map((reading) => reading.state === 'found' && reading.value.name),
      ['before', 'before', 'after', 'after'],
    );
  }
});

test('each identity has readings of its own, and a run is for all of them', async () => {
  const stores = createStores(() => 0);
  const refs: readonly Ref[] = [ROLE];
  stores.of({ awsProfile: 'a' }).put(ROLE, denied('iam:GetRole', ''));
  stores.of({}).put(ROLE, found(role));
  assert.equal(stores.of({ awsProfile: 'a' }).get(ROLE)?.state, 'denied');
  assert.equal(stores.of({}).fresh(ROLE, 10)?.state, 'found');
  stores.forget(refs);
  for (const one of [{}, { awsProfile: 'a' }]) assert.equal(stores.of(one).fresh(ROLE, 10), undefined);
});

test('what was read for the questions is not read again for the plan', async () => {
  const all = worldWithProvider();
  putProfile(all, 'team-a', { name: 'team-a-dev-role' });
  const store = createStore();
  await lookUp('team-a', cluster, all.aws, all.kubernetes, store);
  all.calls.length = 0;
  const { facts } = await lookAt(requestFor('team-a'), all.aws, all.connect, undefined, store);
  assert.deepEqual(
    all.calls.filter((call) => /profiles$|namespaces$/.test(call)),
    [],
  );
  const anew = await lookAt(requestFor('team-a'), all.aws, all.connect);
  assert.deepEqual(planProfile(requestFor('team-a'), facts), planProfile(requestFor('team-a'), anew.facts));
});

test('a plan made a moment ago costs no reading but of the caller and the API; after its run what it changed is read', async () => {
  const all = world();
  const store = createStore();
  const first = await lookAt(requestFor('team-a'), all.aws, all.connect, undefined, store);
  all.calls.length = 0;
  await lookAt(requestFor('team-a'), all.aws, all.connect, undefined, store);
  assert.ok(!all.calls.some((call) => /^iam|^s3|^eks|profiles$/.test(call)), all.calls.join());
  const { touched, ok } = await carryOut(planProfile(requestFor('team-a'), first.facts), all.outside());
  assert.ok(ok);
  store.forget(touched);
  const { facts } = await lookAt(requestFor('team-a'), all.aws, all.connect, undefined, store);
  assert.equal(summary(planProfile(requestFor('team-a'), facts)), 'nothing to change');
});

test('two profiles planned before either is applied: the provider is created once', async () => {
  const all = world();
  const [a, b] = [requestFor('team-a'), requestFor('team-b')];
  const first = planProfile(a, (await lookAt(a, all.aws, all.connect)).facts);
  const second = planProfile(b, (await lookAt(b, all.aws, all.connect)).facts.after(first));
  const actions = [first, second]
    .map((plan) => changeOf(plan, 'iam/provider'))
    .map((change) => change && actionOf(change));
  assert.deepEqual(actions, ['create', 'keep']);
  for (const plan of [first, second]) assert.equal((await carryOut(plan, all.outside())).ok, true);
  assert.equal(all.calls.filter((call) => call === 'iam:CreateOpenIDConnectProvider').length, 1);
});

test('who names a role is known as it will be', () => {
  const named = (name: string, arn: string) => ({
    ref: refOf('k8s/profile', cluster.arn, name),
    after: newProfile(name, `${name}@example.com`, arn, true),
  });
  const facts = factsOf({ namers: found(new Map([[arnOf('shared'), ['team-c']]])) });
  const more = facts.after({ changes: [named('team-b', arnOf('shared'))] });
  assert.deepEqual(more.namers, found(new Map([[arnOf('shared'), ['team-c', 'team-b']]])));
  const fewer = more.after({ changes: [named('team-c', arnOf('own'))] });
  assert.deepEqual(
    fewer.namers,
    found(
      new Map([
        [arnOf('shared'), ['team-b']],
        [arnOf('own'), ['team-c']],
      ]),
    ),
  );
  assert.equal(facts.after({ changes: [] }).namers, facts.namers);
});

test('with the facts as they will be, every plan has nothing left to do', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        provider: fc.boolean(),
        there: fc.boolean(),
        trust: fc.constantFrom('team-a', 'team-x'),
        policy: fc.constantFrom('team-a', 'team-x'),
        annotateOnly: fc.boolean(),
        access: fc.constantFrom('prefix' as const, 'bucket' as const, 'read-only' as const),
      }),
      async ({ provider, there, trust, policy, annotateOnly, access }) => {
        const all = provider ? worldWithProvider() : world();
        const inline = [{ name: 'kf-pipeline-s3', text: policyFor(policy) }];
        if (there) putProfile(all, 'team-a', { name: 'team-a-dev-role', trustPolicy: trustFor(trust), inline });
        const wish = requestFor('team-a', { annotateOnly, access });
        const { facts } = await lookAt(wish, all.aws, all.connect);
        const plan = planProfile(wish, facts);
        const after = facts.after(plan);
        assert.ok(isDone(planProfile(wish, after)), summary(planProfile(wish, after)));
        const its = changeOf(plan, 'iam/role-policy');
        const brought = its && after.role(refOf('iam/role', its.ref.at, its.ref.key.split('/')[0] ?? ''));
        assert.equal(
          brought?.state === 'found' && brought.value.inline.find(({ name }) => name === 'kf-pipeline-s3')?.text,
          its?.after?.text,
          'a role brings the policies that it will have',
        );
      },
    ),
    { numRuns: 50 },
  );
});

test('a role without its policies keeps all else that is known of it', () => {
  const more = { ...bare, boundary: arnOf('b').replace(':role/', ':policy/'), description: 'of team-a' };
  assert.deepEqual(bareOf({ ...more, inline: [], attached: [] } as Role), more);
  assert.deepEqual(bareOf(role), bare);
});

test('what controllers do in a namespace because of its Profile is read anew after a run, also what the run did not write', async () => {
  const all = worldWithProvider();
  all.pipelines = '2.16.0';
  const store = createStore();
  const left = { ...requestFor('team-a'), leaveArtifacts: true as const };
  const first = await lookAt(left, all.aws, all.connect, undefined, store);
  const { touched } = await carryOut(planProfile(left, first.facts), all.outside());
  store.forget(touched);
  const { facts } = await lookAt(requestFor('team-a'), all.aws, all.connect, undefined, store);
  assert.equal(summary(planProfile(requestFor('team-a'), facts)), '2 to change');
});

test('a forgotten Profile takes with it what is asked in its namespace, and nothing else', async () => {
  const { store, read } = asked();
  await read(space('a'));
  store.forget([refOf('k8s/profile', cluster.arn, 'team-b'), refOf('k8s/profile', 'elsewhere', 'team-a')]);
  assert.notEqual(store.fresh(NAMESPACE, 10), undefined);
  let answer = (_: Reading<Namespace>): void => undefined;
  const slow = store.read(NAMESPACE, -1, () => new Promise<Reading<Namespace>>((resolve) => (answer = resolve)));
  store.forget([refOf('k8s/profile', cluster.arn, 'team-a')]);
  assert.equal(store.fresh(NAMESPACE, 10), undefined);
  assert.deepEqual(await read(space('b')), space('b'), 'who asks now does not join who asked before');
  answer(space('old'));
  await slow;
  assert.deepEqual(store.get(NAMESPACE), space('b'));
});

test('a forgotten Profile leaves alone what is asked elsewhere', async () => {
  const store = createStore(() => 0);
  const account = (at: string, name: string): Ref => refOf('k8s/service-account', at, `${name}/default-editor`);
  const others = [
    account('elsewhere', 'team-a'),
    account(cluster.arn, 'team-b'),
    ROLE,
    refOf('iam/role', cluster.arn, 'team-a'),
  ];
  const ask = (ref: Ref, what: string) => store.read(ref, 10, () => Promise.resolve(denied(what, '')));
  const its = account(cluster.arn, 'team-a');
  const before = [its, ...others].map((ref) => ask(ref, 'before'));
  store.forget([refOf('k8s/profile', cluster.arn, 'team-a')]);
  const after = await Promise.all([its, ...others].map((ref) => ask(ref, 'after')));
  await Promise.all(before);
  assert.deepEqual(
    after.map((reading) => reading.state === 'denied' && reading.permission),
    ['after', ...others.map(() => 'before')],
  );
});

test('what is a part of a thing is forgotten with it: a tag with its role, a note with its Profile', () => {
  const store = createStore();
  const [role, profile] = [refOf('iam/role', 'account', 'r'), refOf('k8s/profile', cluster.arn, 'team-a')];
  store.put(role, absent);
  store.put(profile, absent);
  store.forget([refOf('iam/role-tag', 'account', 'other/kubeflow-irsa/profile')]);
  assert.notEqual(store.fresh(role, 1_000), undefined);
  store.forget([
    refOf('iam/role-tag', 'account', 'r/kubeflow-irsa/profile'),
    refOf('k8s/profile-note', cluster.arn, 'team-a/kubeflow-irsa/made-by'),
  ]);
  assert.deepEqual([store.fresh(role, 1_000), store.fresh(profile, 1_000)], [undefined, undefined]);
});
