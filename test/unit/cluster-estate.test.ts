/** A cluster of the estate: what it says while it is read, what it tells of changes and to whom, and what that costs. No time passes here. */
import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import { mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Cluster, OidcProvider, Role } from '../../src/core/observation.ts';
import { accountArn, refOf } from '../../src/core/plan/plan.ts';
import { providerArn } from '../../src/core/policy/build.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found, type Reading } from '../../src/core/reading.ts';
import { clusterEstate } from '../../src/estate/cluster.ts';
import { BULK, rolesOf, type Roles } from '../../src/estate/roles.ts';
import { OutsideError, type Aws, type Change, type Kubernetes, type Listable } from '../../src/provisioning/ports.ts';
import { createStore, type Store } from '../../src/provisioning/store.ts';

mock.timers.enable({ apis: ['setTimeout'] });
syncBuiltinESMExports();

const ACCOUNT = '111122223333';
const nameless: Cluster = {
  name: 'dev',
  region: 'us-west-2',
  arn: `arn:aws:eks:us-west-2:${ACCOUNT}:cluster/dev`,
  account: ACCOUNT,
  partition: 'aws',
  status: 'ACTIVE',
  version: '1.36',
  endpoint: 'https://dev.example.com',
};
const CLUSTER: Cluster & { readonly issuer: string } = { ...nameless, issuer: 'https://oidc.example.com/id/DEV' };
const AT = accountArn(CLUSTER);
const PROVIDER: OidcProvider = { arn: providerArn('aws', ACCOUNT, CLUSTER.issuer), clientIds: [] };
const PROVIDER_REF = refOf('iam/provider', AT, PROVIDER.arn);
const profileRef = (name: string) => refOf('k8s/profile', CLUSTER.arn, name);
const roleRef = (name: string) => refOf('iam/role', AT, name);
const arnOf = (name: string, account = ACCOUNT): string => `arn:aws:iam::${account}:role/${name}`;

type Kind = keyof Listable;
interface Watch {
  readonly from: string;
  readonly tell: (change: Change<never>) => void;
  readonly end: (error?: Error) => void;
}

/** A cluster in memory with the service account and the namespace of each profile, which have the roles of these ARNs. */
function world(arns: Readonly<Record<string, string>>, cluster: Cluster = CLUSTER) {
  const calls: string[] = [];
  const named = new Map(Object.entries(arns));
  const answers: {
    list: Partial<Record<Kind, Reading<never>>>;
    provider: Reading<OidcProvider>;
    role: (name: string) => Reading<Role>;
    throws?: Kind;
    pages: number;
  } = {
    list: {},
    provider: found(PROVIDER),
    role: (name) => found({ name, arn: arnOf(name), trustPolicy: '{}', tags: {}, inline: [], attached: [] }),
    pages: 1,
  };
  const held = new Map<string, (() => void)[]>();
  /** Calls of this name wait until they are let go: of those that wait the first, or another one. */
  const hold = (call: string): ((at?: number) => void) => {
    const queue: (() => void)[] = [];
    held.set(call, queue);
    return (at = 0) => queue.splice(at, 1)[0]?.();
  };
  const call = async (name: string): Promise<void> => {
    calls.push(name);
    const queue = held.get(name);
    if (queue !== undefined) await new Promise<void>((resolve) => queue.push(resolve));
  };
  const itemOf: { readonly [K in Kind]: (name: string) => Listable[K] } = {
    profiles: (name) => ({ ...newProfile(name, 'a@example.com', named.get(name) ?? '', true), finalizers: [] }),
    namespaces: (name) => ({ name, deleting: false, owner: 'a@example.com' }),
    editors: (name) => ({ namespace: name, name: 'default-editor', annotations: {} }),
    launchers: (name) => ({ namespace: name, name: 'kfp-launcher', data: {} }),
  };
  const watches = new Map<Kind, Watch>();
  const kubernetes: Partial<Kubernetes> = {
    api: async () => found({ connection: 'memory', profileVersions: ['v1'] }),
    profileController: async () => absent,
    deployment: async () => absent,
    list: async <K extends Kind>(kind: K, _after?: Promise<unknown>, came?: (some: readonly Listable[K][]) => void) => {
      await call(`list ${kind}`);
      if (answers.throws === kind) throw new Error('no such luck');
      const items = [...named.keys()].map((name) => itemOf[kind](name));
      const size = Math.ceil(items.length / answers.pages);
      for (let page = 0; page < answers.pages; page++) {
        if (page > 0) await call(`page of ${kind}`);
        came?.(items.slice(page * size, (page + 1) * size));
      }
      return answers.list[kind] ?? found({ items, version: '1' });
    },
    one: async <K extends Kind>(kind: K, name: string) => {
      await call(`get ${kind}`);
      return named.has(name) ? found(itemOf[kind](name)) : absent;
    },
    watch: async (kind, from, onChange, signal) => {
      await call(`watch ${kind}`);
      await new Promise<void>((resolve, reject) => {
        const end = (error?: Error): void => (error === undefined ? resolve() : reject(error));
        watches.set(kind, { from, tell: onChange, end });
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    },
    serviceAccounts: async (namespace) => (await call(`accounts of ${namespace}`), found([])),
    close: () => calls.push('close'),
  };
  const aws = {
    caller: async () => absent,
    podIdentityAssociations: async () => found([]),
    addon: async () => absent,
    oidcProvider: async () => (await call('provider'), answers.provider),
    role: async (name) => (await call('role'), answers.role(name)),
    rolesPage: async () => (await call('page of roles'), found({ roles: [] })),
  } satisfies Partial<Aws> as unknown as Aws;
  let now = 0;
  const sleeping = new Set<() => void>();
  const told: string[] = [];
  const broken: unknown[] = [];
  const open = (store: Store = createStore(), roles: Roles = rolesOf(aws)) =>
    clusterEstate(
      cluster,
      aws,
      kubernetes as Kubernetes,
      roles,
      (some, all) => told.push([...[...some].sort(), ...(all ? ['all'] : [])].join(' ')),
      {
        clock: {
          now: () => now,
          sleep: (_milliseconds, signal) =>
            new Promise((resolve) => {
              const wake = () => (sleeping.delete(wake), resolve());
              sleeping.add(wake);
              signal.addEventListener('abort', wake, { once: true });
            }),
        },
        failed: (error) => broken.push(error),
        store,
      },
    );
  return {
    calls,
    named,
    answers,
    hold,
    watches,
    aws,
    told,
    broken,
    open,
    itemOf,
    pass: (milliseconds: number) => void (now += milliseconds),
    /** Whoever sleeps goes on. */
    wake: async () => (sleeping.forEach((wake) => wake()), settled()),
    /** What was told since the last time, after everything came to rest. */
    news: async () => (await settled(), told.splice(0)),
    /** The calls since the last time. */
    cost: async () => (await settled(), calls.splice(0).sort()),
  };
}
async function settled(): Promise<void> {
  for (let left = 20; left > 0; left--) await turn();
}
/** Whether it is over by now; its value if so. */
async function outcome<T>(work: Promise<T>): Promise<T | 'waits'> {
  await settled();
  return Promise.race([work, turn('waits' as const)]);
}

const two = { 'team-a': arnOf('a'), 'team-b': arnOf('b') };
/** A world whose cluster is read, and watched if so wanted. */
async function opened(
  arns: Readonly<Record<string, string>> = two,
  { watched = false, cluster = CLUSTER }: { readonly watched?: boolean; readonly cluster?: Cluster } = {},
) {
  const all = world(arns, cluster);
  const store = createStore();
  const estate = all.open(store);
  await estate.load();
  const stop = new AbortController();
  await settled();
  if (watched) estate.watch(stop.signal);
  await settled();
  const news = watched ? all.told.slice() : [];
  all.told.length = all.calls.length = 0;
  return { ...all, store, estate, stop, first: news };
}

test('names are there first, and what belongs to them is waited for only for a moment', async () => {
  const { open, hold, news } = world(two);
  const estate = open();
  assert.equal(estate.profiles.state, 'failed');
  assert.equal(estate.facts.api.state, 'failed');
  const [provider, editors] = [hold('provider'), hold('list editors')];
  const load = estate.load();
  assert.equal(await outcome(load), 'waits');
  mock.timers.tick(100);
  assert.deepEqual(await outcome(load), found(['team-a', 'team-b']));
  assert.equal(estate.complete, false);
  assert.equal(estate.readings('team-a'), undefined);
  assert.deepEqual(await news(), []);
  editors();
  assert.deepEqual(await news(), ['team-a team-b all', 'team-a team-b']);
  assert.equal(estate.readings('team-a')?.provider, undefined);
  provider();
  assert.deepEqual(await news(), ['team-a team-b all']);
  assert.deepEqual(estate.readings('team-a')?.provider, found(PROVIDER));
  assert.deepEqual(estate.facts.provider, found(PROVIDER));
});

test('profiles that are listed last have their roles read too', async () => {
  const { open, hold, cost } = world(two);
  const estate = open();
  const profiles = hold('list profiles');
  const load = estate.load();
  await settled();
  assert.equal(estate.complete, false);
  profiles();
  assert.deepEqual(await outcome(load), found(['team-a', 'team-b']));
  assert.deepEqual((await cost()).filter((call) => call === 'role').length, 2);
  assert.equal(estate.readings('team-b')?.role?.state, 'found');
});

test('of many profiles the first page is shown, and the rest told', async () => {
  const all = world(two);
  all.answers.pages = 2;
  all.hold('list editors');
  const page = all.hold('page of profiles');
  const [whole, soon] = [all.open(), all.open()];
  const waiting = whole.load();
  assert.equal(await outcome(waiting), 'waits');
  assert.equal(whole.profiles.state, 'failed', 'a page is not all');
  page();
  const load = soon.load(true);
  await settled();
  mock.timers.tick(100);
  assert.deepEqual(await outcome(load), found(['team-a']));
  all.told.length = 0;
  page();
  assert.deepEqual(await all.news(), ['all']);
  assert.deepEqual(soon.profiles, found(['team-a', 'team-b']));
  all.answers.pages = 1;
  const few = all.open();
  const last = few.load(true);
  await settled();
  mock.timers.tick(100);
  await last;
  assert.deepEqual(
    (await all.news()).filter((one) => one === 'all'),
    [],
    'one page is all',
  );
});

test('what is read as a whole again is what counts', async () => {
  const { estate, named, answers, store } = await opened();
  named.delete('team-b');
  assert.deepEqual(await estate.load(), found(['team-a']));
  assert.equal(store.get(profileRef('team-b')), undefined);
  answers.list.profiles = denied('list profiles', '');
  assert.equal((await estate.load()).state, 'denied');
});

test('a list that throws is told, before and after the profiles are shown', async () => {
  for (const isLate of [false, true]) {
    const { open, answers, hold, broken } = world(two);
    answers.throws = 'editors';
    const editors = hold('list editors');
    const load = open().load();
    await settled();
    if (isLate) mock.timers.tick(100);
    else editors();
    if (isLate) await load;
    else await assert.rejects(load, /no such luck/);
    editors();
    await settled();
    assert.equal(broken.length, 1);
  }
});

test('the role of a profile: its own, one of another account, none, no ARN, and who else has it', async () => {
  const all = world({
    'team-a': arnOf('shared'),
    'team-b': arnOf('own'),
    'team-c': arnOf('shared'),
    'team-d': arnOf('foreign', '444455556666'),
    'team-e': 'no ARN',
    'team-f': '',
    'team-g': arnOf('shared').replace('role/', 'role/path/'),
  });
  const estate = all.open();
  const role = all.hold('role');
  await estate.load();
  await all.news();
  const states = () =>
    ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((one) => estate.readings(`team-${one}`)?.role?.state).join(' ');
  assert.equal(states(), '   failed absent absent ');
  assert.deepEqual(estate.readings('team-d')?.role, failed('it is a role of another account'));
  role();
  assert.deepEqual(await all.news(), ['team-a team-c team-g'], 'all that name the role, be it by another path');
  role();
  assert.deepEqual(await all.news(), ['team-b']);
  assert.equal(states(), 'found found found failed absent absent found');
  const shared = (name: string) => estate.readings(name)?.sharedWith;
  assert.deepEqual([shared('team-a'), shared('team-b'), shared('team-g')], [['team-c'], [], []]);
});

test('a cluster without an issuer has no provider, and nobody asks for it', async () => {
  const { estate, calls } = await opened(two, { cluster: nameless });
  assert.deepEqual(estate.readings('team-a')?.provider, absent);
  assert.deepEqual(calls, []);
  assert.deepEqual(
    estate.refsOf('team-a').map(({ kind }) => kind),
    ['k8s/profile', 'k8s/namespace', 'k8s/service-account', 'k8s/config-map', 'iam/role'],
  );
  const { estate: usual } = await opened({ 'team-a': '' });
  assert.deepEqual(
    usual.refsOf('team-a').map(({ kind }) => kind),
    ['k8s/profile', 'k8s/namespace', 'k8s/service-account', 'k8s/config-map', 'iam/provider'],
  );
});

test('what somebody else reads counts where it is about this cluster, and is told to those it is about', async () => {
  const { estate, store, news } = await opened();
  for (const ref of [
    roleRef('of-nobody'),
    refOf('k8s/namespace', CLUSTER.arn, 'team-x'),
    refOf('k8s/service-account', CLUSTER.arn, 'team-a/other'),
    refOf('k8s/namespace', 'arn:aws:eks:us-west-2:111122223333:cluster/other', 'team-a'),
    refOf('iam/role', accountArn({ ...CLUSTER, account: '444455556666' }), 'a'),
  ])
    store.put(ref, absent);
  assert.deepEqual(await news(), []);
  store.put(roleRef('a'), absent);
  store.put(refOf('k8s/config-map', CLUSTER.arn, 'team-b/kfp-launcher'), absent);
  assert.deepEqual(await news(), ['team-a team-b']);
  assert.equal(estate.readings('team-a')?.role?.state, 'absent');
});

test('what was in the store before is not taken for what is so now', async () => {
  const all = world(two);
  const store = createStore();
  store.put(PROVIDER_REF, absent);
  const [provider, role] = [all.hold('provider'), all.hold('role')];
  const estate = all.open(store);
  await estate.load();
  await all.news();
  const elsewhere = accountArn({ ...CLUSTER, account: '444455556666' });
  store.put(refOf('iam/provider', elsewhere, PROVIDER.arn), absent);
  store.put(refOf('iam/provider', AT, `${PROVIDER.arn}2`), absent);
  store.put(refOf('iam/role', elsewhere, PROVIDER.arn), absent);
  assert.equal(estate.readings('team-a')?.provider, undefined);
  store.put(PROVIDER_REF, found(PROVIDER));
  assert.equal(estate.readings('team-a')?.provider?.state, 'found');
  provider();
  role();
  assert.deepEqual(await all.news(), ['team-a team-b all', 'team-a']);
});

test('before all is known nobody is told of parts', async () => {
  const all = world(two);
  const store = createStore();
  const editors = all.hold('list editors');
  const load = all.open(store).load();
  await settled();
  store.put(roleRef('a'), absent);
  store.put(refOf('k8s/namespace', CLUSTER.arn, 'team-a'), absent);
  assert.deepEqual(await all.news(), []);
  editors();
  await load;
});

test('a role that several clusters name is kept once, and shown by each', async () => {
  const all = world(two);
  const [store, roles] = [createStore(), rolesOf(all.aws)];
  const kept: string[] = [];
  store.subscribe(({ kind, key }) => kind === 'iam/role' && kept.push(key));
  const first = all.open(store, roles);
  await first.load();
  await all.news();
  const second = all.open(store, roles);
  await second.load();
  assert.deepEqual(await all.news(), ['team-a team-b all', 'team-a team-b all', 'team-a team-b']);
  assert.deepEqual(kept, ['a', 'b']);
  assert.equal(second.readings('team-a')?.role?.state, 'found');
});

test('an answer that a later question overtook does not count', async () => {
  const all = world({ 'team-a': arnOf('a') });
  const role = all.hold('role');
  const store = createStore();
  const estate = all.open(store);
  await estate.load();
  await settled();
  const again = estate.reread([roleRef('a')]);
  await settled();
  all.answers.role = () => denied('iam:GetRole', '');
  role(1);
  await again;
  all.answers.role = () => absent;
  role();
  await settled();
  assert.equal(store.get(roleRef('a'))?.state, 'denied');
});

test('a run tells what it changed: what it costs, and who is told in the same moment', async () => {
  const { estate, named, cost, news, answers } = await opened();
  const reread = async (...refs: Parameters<typeof estate.reread>[0] extends Iterable<infer R> ? R[] : never) => {
    await estate.reread(refs);
    const first = (await news())[0];
    return [first, ...(await cost())];
  };
  assert.deepEqual(await reread(profileRef('team-a')), ['team-a', 'get namespaces', 'get profiles']);
  named.set('team-c', arnOf('c'));
  assert.deepEqual((await reread(profileRef('team-a'), profileRef('team-c')))[0], 'team-a team-c all');
  named.set('team-a', arnOf('other'));
  assert.deepEqual(await reread(profileRef('team-a')), ['team-a', 'get namespaces', 'get profiles', 'role']);
  assert.deepEqual(await reread(roleRef('b')), ['team-b', 'role']);
  named.delete('team-c');
  assert.deepEqual((await reread(profileRef('team-c')))[0], 'team-c all');
  assert.deepEqual(await reread(refOf('iam/provider', AT, `${PROVIDER.arn}2`)), ['']);
  assert.deepEqual(await reread(refOf('iam/role', PROVIDER.arn, PROVIDER.arn)), ['']);
  assert.deepEqual(await reread(refOf('k8s/service-account', CLUSTER.arn, 'team-a/other')), ['']);
  assert.deepEqual(await reread(refOf('iam/role', CLUSTER.arn, 'a')), ['']);
  // Who may do what in a profile is shown with it; of a namespace that is no profile nobody is told.
  assert.deepEqual(await reread(refOf('k8s/role-binding', CLUSTER.arn, 'team-a/user-x')), ['team-a']);
  assert.deepEqual(await reread(refOf('k8s/role-binding', CLUSTER.arn, 'apps/user-x')), ['']);
  assert.deepEqual(await reread(refOf('k8s/role-binding', `${CLUSTER.arn}2`, 'team-a/user-x')), ['']);
  assert.deepEqual(await reread(PROVIDER_REF), ['', 'provider']);
  answers.provider = absent;
  assert.deepEqual(await reread(PROVIDER_REF), ['team-a team-b all', 'provider']);
});

test('where a run changed many, they are read again with one list', async () => {
  const names = Array.from({ length: BULK }, (_, index) => `team-${index}`);
  const { estate, cost } = await opened(Object.fromEntries(names.map((name) => [name, ''])));
  await estate.reread(names.map(profileRef));
  assert.deepEqual(await cost(), ['list namespaces', 'list profiles']);
  await estate.reread(names.slice(1).map(profileRef));
  assert.equal((await cost()).length, 2 * (BULK - 1));
});

test('the service accounts of a namespace: an answer will do for so long, and of so many namespaces', async () => {
  const { estate, calls, pass } = await opened();
  const ask = async (namespace: string, within?: number) => {
    calls.length = 0;
    await estate.serviceAccounts(namespace, within);
    return calls.length;
  };
  assert.equal(await ask('n0'), 1);
  assert.equal(await ask('n0'), 1);
  pass(99);
  assert.equal(await ask('n0', 100), 0);
  pass(1);
  assert.equal(await ask('n0', 100), 1);
  for (let more = 1; more < 200; more++) await ask(`n${more}`);
  assert.equal(await ask('n0', 100), 0);
  assert.equal(await ask('n200'), 1);
  assert.equal(await ask('n0', 100), 1);
});

test('what a watch tells is shown and told at once, and what no watch tells is read a little later, together', async () => {
  const { estate, named, watches, itemOf, news, cost, wake, first } = await opened(two, { watched: true });
  assert.ok(!first.includes('all'), 'that it begins is nothing to tell');
  const tell = (kind: Kind, type: Change<never>['type'], name?: string, version = '2') =>
    watches.get(kind)?.tell({ type, version, ...(name === undefined ? {} : { item: itemOf[kind](name) }) } as never);
  assert.equal(watches.get('profiles')?.from, '1');

  tell('profiles', 'changed', 'team-a');
  tell('launchers', 'changed', 'team-a');
  tell('launchers', 'changed', 'team-x');
  tell('editors', 'changed', 'team-x');
  tell('profiles', 'bookmark');
  assert.deepEqual(await news(), [], 'nothing of it is shown');
  await wake();
  assert.deepEqual(await cost(), []);

  named.set('team-a', arnOf('other'));
  tell('profiles', 'changed', 'team-a');
  named.set('team-c', arnOf('b'));
  tell('profiles', 'changed', 'team-c');
  assert.deepEqual(await news(), ['team-a all', 'team-c all']);
  assert.deepEqual(estate.readings('team-c')?.sharedWith, ['team-b']);
  assert.deepEqual(await cost(), []);
  await wake();
  assert.deepEqual(await cost(), ['get namespaces', 'get namespaces', 'role', 'role']);
  assert.deepEqual((await news()).toSorted(), ['team-a team-b team-c', 'team-a team-c']);
  await wake();
  assert.deepEqual(await news(), [], 'once');

  named.set('team-b', arnOf('third'));
  tell('profiles', 'changed', 'team-b');
  await wake();
  assert.deepEqual(await cost(), ['get namespaces', 'role'], 'those of before are not read again');
  await news();

  assert.deepEqual(estate.profiles, found(['team-a', 'team-b', 'team-c']));
  tell('profiles', 'deleted', 'team-c');
  assert.deepEqual(await news(), ['team-c all']);
  assert.deepEqual(estate.profiles, found(['team-a', 'team-b']));
  assert.equal(estate.readings('team-c'), undefined);
  await wake();
  assert.deepEqual(await cost(), []);
  assert.deepEqual(await news(), []);
  tell('launchers', 'deleted', 'team-a');
  assert.deepEqual(await news(), ['team-a']);
});

test('a watch goes on from the last version that was told', async () => {
  const { estate, watches, stop } = await opened(two, { watched: true });
  watches.get('editors')?.tell({ type: 'bookmark', version: '7' });
  stop.abort();
  await settled();
  estate.watch(new AbortController().signal);
  await settled();
  assert.deepEqual(
    [...watches].map(([kind, { from }]) => [kind, from]),
    [
      ['profiles', '1'],
      ['editors', '7'],
      ['launchers', '1'],
    ],
  );
});

test('what could not be listed is not watched', async () => {
  const all = world(two);
  all.answers.list = {
    launchers: denied('list configmaps', ''),
    editors: failed('x'),
  };
  const estate = all.open();
  await estate.load();
  estate.watch(new AbortController().signal);
  await settled();
  assert.deepEqual([...all.watches.keys()], ['profiles']);
  assert.deepEqual(all.broken, []);
});

test('a list of which the last page did not come is read again by the watch', async () => {
  const all = world(two);
  all.answers.pages = 2;
  const page = all.hold('page of profiles');
  const estate = all.open();
  all.hold('list editors');
  const load = estate.load(true);
  await settled();
  mock.timers.tick(100);
  await load;
  all.answers.list.profiles = failed('no network');
  page();
  await settled();
  assert.equal(estate.profiles.state, 'failed', 'what came of it does not count');
});

test('a watch that is lost is told, and forgotten with the next look', async () => {
  const all = await opened(two, { watched: true });
  const { watches, estate, news, stop, wake } = all;
  const break_ = async (kind: Kind, error: Error) => {
    watches.get(kind)?.end(error);
    await settled();
  };
  await break_('profiles', new OutsideError('broken off', 'ECONNRESET'));
  assert.deepEqual(estate.facts.lost, { how: 'unreachable', reason: 'broken off' });
  assert.deepEqual(await news(), ['all']);
  stop.abort();
  estate.watch(new AbortController().signal);
  assert.equal(estate.facts.lost, undefined);
  assert.deepEqual(await news(), ['all']);
  await break_('profiles', new OutsideError('broken off', 'ECONNRESET'));
  assert.notEqual(estate.facts.lost, undefined);
  const again = estate.load();
  assert.equal(estate.facts.lost, undefined);
  await again;
  await wake();
});

test('who may not watch ConfigMaps sees the rest; every other loss is one', async () => {
  const rows: readonly [kind: Kind, error: Error, lost: string | undefined][] = [
    ['launchers', new OutsideError('no', 'Forbidden', 'watch configmaps'), undefined],
    ['launchers', new OutsideError('broken off', 'ECONNRESET'), 'broken off'],
    ['launchers', new Error('broken'), 'broken'],
    ['editors', new OutsideError('no', 'Forbidden', 'watch serviceaccounts'), 'no'],
  ];
  for (const [kind, error, lost] of rows) {
    const { watches, estate, broken } = await opened(two, { watched: true });
    watches.get(kind)?.end(error);
    await settled();
    assert.equal(estate.facts.lost?.reason, lost);
    assert.equal(broken.length, lost === undefined ? 1 : 0);
  }
});

test('after it is closed nothing is told, read or kept', async () => {
  const { estate, store, news, cost, watches, itemOf, named, wake } = await opened(two, { watched: true });
  named.set('team-a', arnOf('other'));
  store.put(roleRef('b'), absent);
  watches.get('profiles')?.tell({ type: 'changed', version: '2', item: itemOf.profiles('team-a') } as never);
  estate.close();
  assert.deepEqual(await news(), ['team-a all']);
  await wake();
  assert.deepEqual(await cost(), ['close']);
  assert.deepEqual(await news(), []);
  let listeners = 0;
  const counted: Store = {
    ...createStore(),
    subscribe: () => ((listeners += 1), () => (listeners -= 1)),
  };
  const other = world(two).open(counted);
  assert.equal(listeners, 1);
  other.close();
  assert.equal(listeners, 0);
});
