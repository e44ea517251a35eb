/** Watches that end at once: what they cost the cluster and IAM, and what is said meanwhile. No time passes here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { ConfigMap } from '../../src/core/observation.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found, valueOf, type Reading } from '../../src/core/reading.ts';
import { clusterEstate, type ClusterEstate } from '../../src/estate/cluster.ts';
import { rolesOf } from '../../src/estate/roles.ts';
import { accountArn, refOf } from '../../src/core/plan/plan.ts';
import { providerArn } from '../../src/core/policy/build.ts';
import { createStore } from '../../src/provisioning/store.ts';
import type { Clock } from '../../src/provisioning/follow.ts';
import { OutsideError, type Aws, type Change, type Kubernetes, type Listable } from '../../src/provisioning/ports.ts';

const ACCOUNT = '111122223333';
const CLUSTER = {
  name: 'dev',
  region: 'us-west-2',
  arn: `arn:aws:eks:us-west-2:${ACCOUNT}:cluster/dev`,
  account: ACCOUNT,
  partition: 'aws',
  status: 'ACTIVE',
  version: '1.36',
  endpoint: 'https://dev.example.com',
  issuer: 'https://oidc.example.com/id/DEV',
};
const ACCOUNT_ARN = accountArn(CLUSTER);
const PROVIDER = providerArn('aws', ACCOUNT, CLUSTER.issuer);
type Kind = keyof Listable;
type Watch = (version: string, onChange: (change: Change<never>) => void, signal: AbortSignal) => Promise<void>;
const arnOf = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;

const launcherOf = (defaultPipelineRoot: string): ConfigMap => ({
  namespace: 'team-1',
  name: 'kfp-launcher',
  data: { defaultPipelineRoot },
});

/** A clock that goes on when everybody waits for it. */
function fakeClock() {
  let now = 0;
  const waiting = new Set<{ readonly at: number; readonly wake: () => void }>();
  const clock: Clock = {
    now: () => now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        const one = { at: now + milliseconds, wake: () => (waiting.delete(one), resolve()) };
        waiting.add(one);
        if (signal.aborted) one.wake();
        signal.addEventListener('abort', one.wake, { once: true });
      }),
  };
  const settled = async (): Promise<void> => {
    for (let left = 20; left > 0; left--) await turn();
  };
  return {
    clock,
    settled,
    /** Lets so many seconds pass. */
    pass: async (seconds: number): Promise<void> => {
      const end = now + seconds * 1_000;
      for (;;) {
        await settled();
        const [next] = [...waiting].sort((a, b) => a.at - b.at);
        if (next === undefined || next.at > end) break;
        now = next.at;
        next.wake();
      }
      now = end;
      await settled();
    },
  };
}

/** A cluster in memory with so many profiles. `watch`: how its watches go; `denies`: kinds that may not be watched. */
function world(profiles: number, watch: (kind: Kind) => Watch) {
  const calls: Record<string, number> = {};
  const count = (call: string): void => void (calls[call] = (calls[call] ?? 0) + 1);
  const names = Array.from({ length: profiles }, (_, index) => `team-${index}`);
  const launchers = new Map<string, ConfigMap>();
  const trouble: { list?: Reading<never> } = {};
  const itemOf: { readonly [K in Kind]: (name: string) => Listable[K] } = {
    profiles: (name) => {
      const { apiVersion, kind, metadata, spec } = newProfile(name, 'a@example.com', arnOf(name), true);
      return { apiVersion, kind, metadata, ...(spec === undefined ? {} : { spec }), finalizers: [] };
    },
    namespaces: (name) => ({ name, deleting: false, owner: 'a@example.com' }),
    editors: (name) => ({
      namespace: name,
      name: 'default-editor',
      annotations: { 'eks.amazonaws.com/role-arn': arnOf(name) },
    }),
    launchers: (name) => launchers.get(name) ?? { namespace: name, name: 'kfp-launcher', data: {} },
  };
  const kubernetes: Partial<Kubernetes> = {
    api: async () => found({ connection: 'memory', profileVersions: ['v1'] }),
    profileController: async () => absent,
    deployment: async () => absent,
    list: async <K extends Kind>(kind: K) => {
      count(`list ${kind}`);
      return trouble.list ?? found({ items: names.map((name) => itemOf[kind](name)), version: '1' });
    },
    one: async <K extends Kind>(kind: K, name: string) => {
      count(`get ${kind}`);
      return names.includes(name) ? found(itemOf[kind](name)) : absent;
    },
    watch: async (kind, version, onChange, signal) => {
      count(`watch ${kind}`);
      await watch(kind)(version, onChange, signal);
    },
    close: () => undefined,
  };
  const role = (name: string) => ({ name, arn: arnOf(name), trustPolicy: '{}', tags: {}, inline: [], attached: [] });
  const aws: Partial<Aws> = {
    oidcProvider: async () => (count('provider'), absent),
    role: async (name) => (count('role'), found(role(name))),
    rolesPage: async () => (count('page of roles'), found({ roles: names.map(role) })),
  };
  return { calls, names, launchers, trouble, kubernetes: kubernetes as Kubernetes, aws: aws as Aws };
}

async function watched(profiles: number, watch: (kind: Kind) => Watch) {
  const time = fakeClock();
  const all = world(profiles, watch);
  const told: string[] = [];
  const broken: unknown[] = [];
  const store = createStore();
  const estate: ClusterEstate = clusterEstate(
    CLUSTER,
    all.aws,
    all.kubernetes,
    rolesOf(all.aws),
    (some) => told.push(...some),
    { clock: time.clock, failed: (error) => broken.push(error), store },
  );
  await estate.load();
  await time.settled();
  const stop = new AbortController();
  estate.watch(stop.signal);
  await time.settled();
  return { ...all, ...time, estate, told, broken, stop, store };
}

const until = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
const endsAtOnce: Watch = async () => undefined;
const lasts: Watch = (_version, _onChange, signal) => until(signal);
const breaks: Watch = () => Promise.reject(new OutsideError('the connection was broken off.', 'ECONNRESET'));
const tooOld: Watch = () => Promise.reject(new OutsideError('too old', '410'));

for (const [what, watch, how] of [
  ['a watch that ends at once', endsAtOnce, 'cut off'],
  ['a watch that is always too old', tooOld, 'cut off'],
  ['a watch that breaks', breaks, 'unreachable'],
] as const) {
  test(`${what} is begun again ever more rarely, is said, and costs IAM nothing`, async () => {
    const { calls, pass, estate, stop } = await watched(20, () => watch);
    const roles = { pages: calls['page of roles'], single: calls['role'] };
    const lists = (): number => calls['list profiles'] ?? 0;
    await pass(60);
    const first = lists();
    assert.ok(first < 12, `${first} lists in the first minute`);
    assert.equal(estate.facts.lost?.how, how);
    const before = lists();
    await pass(600);
    assert.ok(lists() - before <= 21, `${lists() - before} lists in ten more minutes`);
    assert.deepEqual({ pages: calls['page of roles'], single: calls['role'] }, roles);
    assert.equal(calls['list namespaces'], 1);
    stop.abort();
    await pass(600);
    const after = lists();
    await pass(600);
    assert.equal(lists(), after, 'nobody asks once nobody looks');
  });
}

test('what changes while watches end at once is seen at the next list, and read again for it alone', async () => {
  const { calls, names, pass, estate, told, launchers } = await watched(20, () => endsAtOnce);
  await pass(60);
  const [pages, single = 0] = [calls['page of roles'], calls['role']];
  told.length = 0;
  names.push('team-new');
  launchers.set('team-1', launcherOf('s3://bucket/one'));
  await pass(60);
  assert.ok(valueOf(estate.profiles)?.includes('team-new'));
  assert.deepEqual([...new Set(told)].sort(), ['team-1', 'team-new']);
  assert.equal(calls['page of roles'], pages);
  assert.equal(calls['role'], single + 1);
});

test('a watch that lasts again takes the loss back', async () => {
  let broken = true;
  const { pass, estate } = await watched(
    3,
    () =>
      (...all) =>
        (broken ? endsAtOnce : lasts)(...all),
  );
  await pass(60);
  assert.equal(estate.facts.lost?.how, 'cut off');
  broken = false;
  await pass(60);
  assert.equal(estate.facts.lost, undefined);
});

test('one watch that ends at once, or is too old, is nothing to tell', async () => {
  for (const once of [endsAtOnce, tooOld]) {
    const begun = new Set<Kind>();
    const { pass, estate, calls } = await watched(3, (kind) => (...all) => {
      const first = !begun.has(kind);
      begun.add(kind);
      return (first ? once : lasts)(...all);
    });
    assert.equal(estate.facts.lost, undefined);
    await pass(1);
    assert.equal(estate.facts.lost, undefined);
    assert.equal(calls['watch profiles'], 2);
  }
});

test('a cluster that answers nothing any more is unreachable, and what was known stays', async () => {
  const { pass, estate, trouble } = await watched(3, () => endsAtOnce);
  trouble.list = failed('the endpoint refused the connection');
  await pass(60);
  assert.deepEqual(estate.facts.lost, { how: 'unreachable', reason: 'the endpoint refused the connection' });
  assert.equal(valueOf(estate.profiles)?.length, 3);
  trouble.list = denied('list profiles.kubeflow.org', 'no');
  await pass(60);
  assert.equal(valueOf(estate.profiles)?.length, 3);
});

test('a ConfigMap kfp-launcher that changes is seen, and costs no call', async () => {
  let change: (root: string) => void = () => assert.fail('nobody watches');
  const { settled, estate, told, calls } = await watched(3, (kind) => (_version, onChange, signal) => {
    if (kind === 'launchers')
      change = (root) =>
        (onChange as (change: Change<Listable['launchers']>) => void)({
          type: 'changed',
          item: launcherOf(root),
          version: '2',
        });
    return until(signal);
  });
  const before = { ...calls };
  told.length = 0;
  change('s3://bucket/other');
  await settled();
  assert.equal(
    valueOf(estate.readings('team-1')?.launcher ?? absent)?.data['defaultPipelineRoot'],
    's3://bucket/other',
  );
  assert.deepEqual(told, ['team-1']);
  assert.deepEqual(calls, before);
});

test('who may list ConfigMaps and not watch them is told of no loss', async () => {
  const { pass, estate, calls, broken } = await watched(3, (kind) => (...all) => {
    if (kind === 'launchers') throw new OutsideError('no', 'Forbidden', 'watch configmaps');
    return lasts(...all);
  });
  await pass(600);
  assert.equal(estate.facts.lost, undefined);
  assert.equal(calls['watch launchers'], 1);
  assert.equal(broken.length, 1, 'the log gets it');
});

const refs = (...profiles: readonly string[]) =>
  profiles.flatMap((name) => [
    refOf('k8s/profile', CLUSTER.arn, name),
    refOf('k8s/service-account', CLUSTER.arn, `${name}/default-editor`),
    refOf('k8s/config-map', CLUSTER.arn, `${name}/kfp-launcher`),
    refOf('iam/role', ACCOUNT_ARN, name),
  ]);

test('a run tells what it changed: just that is read again', async () => {
  for (const profiles of [3, 300]) {
    const { names, estate, calls, told, settled } = await watched(profiles, () => lasts);
    const cost = async (work: () => Promise<void>) => {
      const before = { ...calls };
      told.length = 0;
      await work();
      await settled();
      return Object.fromEntries(
        Object.entries(calls).flatMap(([call, times]) =>
          times === (before[call] ?? 0) ? [] : [[call, times - (before[call] ?? 0)]],
        ),
      );
    };
    names.push('team-new');
    assert.deepEqual(await cost(() => estate.reread(refs('team-1', 'team-new'))), {
      'get profiles': 2,
      'get namespaces': 2,
      'get editors': 2,
      'get launchers': 2,
      role: 2,
    });
    assert.deepEqual([...new Set(told)].sort(), ['team-1', 'team-new']);
    assert.equal(valueOf(estate.readings('team-new')?.role ?? absent)?.arn, arnOf('team-new'));

    const policy = refOf('iam/role-policy', ACCOUNT_ARN, 'team-1/kf-pipeline-s3');
    assert.deepEqual(await cost(() => estate.reread([policy])), { role: 1 });
    assert.deepEqual([...new Set(told)], ['team-1']);
    const provider = refOf('iam/provider', ACCOUNT_ARN, PROVIDER);
    assert.deepEqual(await cost(() => estate.reread([provider])), { provider: 1 });
    assert.deepEqual(await cost(() => estate.reread([refOf('iam/role', ACCOUNT_ARN, 'of-nobody')])), {});
  }
});

test('what somebody else reads into the store is shown without a call', async () => {
  const { estate, calls, told, settled, store } = await watched(3, () => lasts);
  const before = { ...calls };
  told.length = 0;
  store.put(refOf('iam/role', ACCOUNT_ARN, 'team-1'), denied('iam:GetRole', 'no'));
  store.put(refOf('k8s/namespace', CLUSTER.arn, 'team-2'), absent);
  await settled();
  assert.equal(estate.readings('team-1')?.role?.state, 'denied');
  assert.equal(estate.readings('team-2')?.namespace.state, 'absent');
  assert.deepEqual(told.sort(), ['team-1', 'team-2']);
  assert.deepEqual(calls, before);
});
