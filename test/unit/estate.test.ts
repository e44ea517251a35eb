/** The estate without an editor: what it reads, what it says of it, and what it reads again. */
import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import { mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { refOf } from '../../src/core/plan/plan.ts';
import { saying } from '../../src/core/phrase.ts';
import { absent, denied, failed, found, valueOf, type Reading } from '../../src/core/reading.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { clusterEstate } from '../../src/estate/cluster.ts';
import type { ClusterEntry } from '../../src/estate/entry.ts';
import { createEstate, type EstateHost } from '../../src/estate/estate.ts';
import { rolesOf } from '../../src/estate/roles.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import type { Aws, Kubernetes } from '../../src/provisioning/ports.ts';
import { carryOut } from '../../src/provisioning/run.ts';
import { createStore, createStores } from '../../src/provisioning/store.ts';
import { sourceId, type Source } from '../../src/source.ts';
import {
  ACCOUNT,
  cluster,
  PROVIDER,
  policyFor,
  putProfile,
  requestFor,
  world,
  worldWithProvider,
  type World,
} from './world.ts';

// Time goes on when a test says so.
mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-11-23T12:00:00Z') });
syncBuiltinESMExports();

const OWN = { region: 'us-west-2' };
const PLACE = { ...OWN, cluster: 'dev' };

/** The estate of a world. `others`: what other identities see of it, by AWS profile. */
function estateOf(
  all: World,
  others: Readonly<Record<string, Partial<Aws>>> = {},
  host: Partial<Pick<EstateHost, 'sources' | 'connect'>> = {},
) {
  const told: string[] = [];
  const logged: string[] = [];
  const facts = createStores();
  const warned: string[] = [];
  const kept = new Map<string, unknown>();
  const estate = createEstate(
    {
      facts,
      sources: async () => [
        { region: 'us-west-2' },
        ...Object.keys(others).map((awsProfile) => ({ awsProfile, region: 'us-west-2' })),
      ],
      aws: async ({ awsProfile = '' }) => ({ ...all.aws, ...others[awsProfile] }),
      connect: all.connect,
      log: { info: (text) => logged.push(text), warn: (text) => warned.push(text) },
      memory: {
        get: <T>(key: string) => kept.get(key) as T | undefined,
        update: async (key, value) => void kept.set(key, value),
      },
      ...host,
    },
    {
      all: () => told.push('all'),
      sources: (sources) => told.push(`sources ${sources.map(sourceId).join()}`),
      clusters: (clusters) => told.push(`clusters ${clusters.map(({ place }) => sourceId(place)).join()}`),
      judged: (_, profiles) => told.push(`judged ${[...new Set(profiles)].sort().join()}`),
    },
  );
  /** What was told since the last time, each once, after everything came to rest. */
  const news = async (): Promise<readonly string[]> => {
    await settled();
    mock.timers.tick(1_000);
    await settled();
    return [...new Set(told.splice(0))].sort();
  };
  return { estate, facts, warned, logged, told, news, kept };
}
async function settled(): Promise<void> {
  for (let left = 40; left > 0; left--) await turn();
}
async function opened(entry: ClusterEntry): Promise<readonly string[]> {
  const described = await entry.describe();
  assert.equal(described.state, 'found');
  const its = await entry.open(
    described.value,
    () => true,
    (names) => names,
  );
  assert.ok(!('state' in its));
  await settled();
  return valueOf(its.profiles) ?? [];
}
/** The calls that some work costs. */
async function cost(all: World, work: () => Promise<unknown>): Promise<readonly string[]> {
  all.calls.length = 0;
  await work();
  await settled();
  return [...all.calls].sort();
}

test('a run tells what it changed: the estate reads just that again, and judges it', async () => {
  const all = worldWithProvider();
  putProfile(all, 'team-a', { name: 'team-a-dev-role' });
  const text = policyFor('team-b').replaceAll(':s3:::', ':s3::::');
  putProfile(all, 'team-b', { name: 'team-b-dev-role', inline: [{ name: 'kf-pipeline-s3', text }] });
  const { estate, facts } = estateOf(all);
  assert.deepEqual(valueOf((await estate.list())[0]?.names ?? failed('')), ['dev']);
  const entry = estate.entry({ region: 'us-west-2' }, 'dev');
  assert.deepEqual(await opened(entry), ['team-a', 'team-b']);
  assert.equal(entry.judge('team-a')?.state, 'not-verified', JSON.stringify(entry.judge('team-a')));
  assert.equal(entry.judge('team-b')?.state, 'problems');
  assert.deepEqual(entry.counts, { problems: 1, profiles: 2 });

  const repair = planProfile(requestFor('team-b'), (await lookAt(requestFor('team-b'), all.aws, all.connect)).facts);
  const repaired = await carryOut(repair, all.outside());
  assert.ok(repaired.ok);
  facts.forget(repaired.touched);
  const written = repaired.touched.filter(({ kind }) => kind === 'iam/role-policy');
  const calls = await cost(all, () => estate.reread(PLACE, written));
  assert.deepEqual(calls, ['iam:GetRole', 'iam:GetRolePolicy', 'iam:ListAttachedRolePolicies', 'iam:ListRolePolicies']);
  assert.equal(entry.judge('team-b')?.state, 'not-verified');

  const create = planProfile(requestFor('team-c'), (await lookAt(requestFor('team-c'), all.aws, all.connect)).facts);
  const { touched } = await carryOut(create, all.outside());
  const again = await cost(all, () => estate.reread(PLACE, touched));
  assert.deepEqual(
    again.filter((call) => /^(get|list|watch)/.test(call)),
    ['get editors', 'get namespaces', 'get profiles'],
  );
  assert.equal(entry.judge('team-c')?.state, 'not-verified', JSON.stringify(entry.judge('team-c')));
  estate.close();
});

test('what trying a profile showed holds until something of what it rests on changes', async () => {
  const all = worldWithProvider();
  putProfile(all, 'team-a', { name: 'team-a-dev-role' });
  const { estate } = estateOf(all);
  await estate.list();
  const entry = estate.entry({ region: 'us-west-2' }, 'dev');
  await opened(entry);
  await estate.tried({ ...PLACE, cluster: 'other', profile: 'team-a', outcome: 'verified' });
  mock.timers.tick(5_000);
  await estate.tried({ ...PLACE, profile: 'team-a', outcome: 'verified' });
  await settled();
  assert.equal(entry.judge('team-a')?.state, 'works', 'it was read again since');
  all.roles.set('team-a-dev-role', { ...all.roles.get('team-a-dev-role')!, trustPolicy: '{}' });
  await estate.reread(PLACE, entry.estate?.refsOf('team-a') ?? []);
  await settled();
  assert.equal(entry.judge('team-a')?.state, 'problems');
  estate.close();
});

test('a profile made while its cluster is not watched keeps its proof, whatever is told of the older list meanwhile', async () => {
  const all = worldWithProvider();
  putProfile(all, 'team-a', { name: 'team-a-dev-role' });
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const connect: EstateHost['connect'] = async (...to) => {
    const kubernetes = await all.connect(...to);
    return {
      ...kubernetes,
      watch: async () => {
        throw new Error('the connection was broken off');
      },
      one: (async (kind: 'profiles', name: string) => {
        await held;
        return kubernetes.one(kind, name);
      }) as Kubernetes['one'],
    };
  };
  const { estate } = estateOf(all, {}, { connect });
  await estate.list();
  const entry = estate.entry(OWN, 'dev');
  await opened(entry);
  mock.timers.tick(5_000);
  putProfile(all, 'team-new', { name: 'team-new-dev-role' });
  const trying = estate.tried({ ...PLACE, profile: 'team-new', outcome: 'verified' });
  await settled();
  // The row is opened: a watch that does not come tells so, while the new profile is still being read.
  entry.watch(true);
  await settled();
  mock.timers.tick(1_000);
  await settled();
  assert.ok(entry.estate?.facts.lost, 'the watch is told to be lost');
  entry.watch(false);
  release();
  await trying;
  await settled();
  assert.equal(entry.judge('team-new')?.state, 'works');
  estate.close();
});

test('each identity says what it may read', async () => {
  const all = worldWithProvider();
  putProfile(all, 'team-a', { name: 'team-a-dev-role' });
  const { estate } = estateOf(all, { guest: { role: async () => denied('iam:GetRole', '') } });
  await estate.list();
  const own = estate.entry({ region: 'us-west-2' }, 'dev');
  const guest = estate.entry({ awsProfile: 'guest', region: 'us-west-2' }, 'dev');
  await opened(own);
  await opened(guest);
  assert.equal(own.judge('team-a')?.state, 'not-verified');
  assert.equal(guest.judge('team-a')?.state, 'cannot-read');
  assert.equal(own.judge('team-a')?.state, 'not-verified');
  estate.close();
});

test('what a cluster may no longer be asked is not answered from what was read before', async () => {
  const all = worldWithProvider();
  putProfile(all, 'team-a', { name: 'team-a-dev-role' });
  const store = createStore();
  const open = (kubernetes = all.kubernetes) =>
    clusterEstate(cluster, all.aws, kubernetes, rolesOf(all.aws), () => undefined, { store });
  const first = open();
  await first.load();
  assert.equal(first.readings('team-a')?.serviceAccount.state, 'found');
  first.close();
  const second = open({
    ...all.kubernetes,
    list: async (kind, ...more) =>
      kind === 'editors' ? denied('list serviceaccounts', '') : all.kubernetes.list(kind, ...more),
  });
  assert.equal(second.readings('team-a'), undefined, 'nothing is said before it was read');
  await second.load();
  assert.equal(second.readings('team-a')?.serviceAccount.state, 'denied');
  assert.equal(second.readings('team-a')?.namespace.state, 'found');
  second.close();
});

test('a role that several clusters name is read once, and told to each', async () => {
  const all = worldWithProvider();
  putProfile(all, 'team-a', { name: 'team-a-dev-role' });
  const store = createStore();
  const roles = rolesOf(all.aws);
  const estates = ['dev', 'dev-2'].map((name) =>
    clusterEstate(
      { ...cluster, name, arn: cluster.arn.replace('dev', name) },
      all.aws,
      all.kubernetes,
      roles,
      () => undefined,
      { store },
    ),
  );
  for (const one of estates) await one.load();
  await settled();
  assert.equal(all.calls.filter((call) => call === 'iam:GetRole').length, 1);
  for (const one of estates) assert.equal(one.readings('team-a')?.role?.state, 'found');
  await estates[0]?.reread(estates[0].refsOf('team-a'));
  assert.equal(all.calls.filter((call) => call === 'iam:GetRole').length, 2);
  for (const one of estates) one.close();
});

test('a cluster that cannot be reached says why, and is asked again after it is forgotten', async () => {
  const all = worldWithProvider();
  const { estate, warned } = estateOf(all, { other: { cluster: async () => failed('no network') } });
  await estate.list();
  const entry = estate.entry({ awsProfile: 'other', region: 'us-west-2' }, 'dev');
  assert.deepEqual(await entry.describe(), failed('no network'));
  assert.ok(warned.some((line) => line.includes('no network')));
  assert.deepEqual(estate.known(), []);
  assert.equal(estate.retry(entry), true);
  estate.close();
});

test('a run on a cluster that nobody looked into is told in its row: it has its provider now', async () => {
  const all = world();
  const { estate } = estateOf(all);
  await estate.list();
  const entry = estate.entry({ region: 'us-west-2' }, 'dev');
  await entry.describe();
  await settled();
  assert.equal(estate.hasProvider(entry), false);
  const plan = planProfile(requestFor('team-a'), (await lookAt(requestFor('team-a'), all.aws, all.connect)).facts);
  await carryOut(plan, all.outside());
  await estate.tried({ ...PLACE, profile: 'team-a', outcome: 'verified' });
  assert.equal(estate.hasProvider(entry), true);
  estate.close();
});

/** Calls that wait: each is let go by itself, the first one first. */
function gate() {
  const waiting: (() => void)[] = [];
  return {
    waiting,
    pass: () => new Promise<void>((resolve) => waiting.push(resolve)),
    open: async () => (waiting.shift()?.(), settled()),
  };
}
const guest = { awsProfile: 'guest', ...OWN };
const look = (entry: ClusterEntry, soon = false) =>
  entry.open(
    cluster,
    () => soon,
    (names) => names,
  );

test('sources: each answer is heard, what cannot be listed is logged, and the account is told to all of its regions', async () => {
  const all = worldWithProvider();
  const sources: Source[] = [OWN, { region: 'eu-west-1' }, guest];
  const { estate, warned, news } = estateOf(
    all,
    { guest: { clusterNames: async () => denied('eks:ListClusters', '') } },
    { sources: async () => sources },
  );
  assert.deepEqual(estate.sources, []);
  await estate.list();
  assert.deepEqual(await news(), ['all']);
  assert.deepEqual(
    estate.sources.map(({ source }) => source),
    sources,
  );
  assert.equal(warned.length, 1);
  assert.match(warned[0] ?? '', /guest.*eks:ListClusters/);
  const entry = estate.entry(OWN, 'dev');
  estate.entry({ region: 'eu-west-1' }, 'other');
  estate.entry(guest, 'dev');
  assert.equal(estate.account(OWN), undefined);
  await entry.describe();
  const own = [OWN, { region: 'eu-west-1' }].map(sourceId).join();
  assert.deepEqual(await news(), [`clusters ${own}`, `clusters ${sourceId(OWN)}`, `sources ${own}`].sort());
  assert.equal(estate.account({ region: 'eu-west-1' }), ACCOUNT);
  assert.equal(estate.account(guest), undefined);
  await estate.entry({ region: 'eu-west-1' }, 'dev').describe();
  assert.deepEqual(await news(), [`clusters ${sourceId({ region: 'eu-west-1' })}`], 'its account is no news');
  estate.close();
});

test('a lone source is told of its account with its cluster; one that is not listed is described as well', async () => {
  const { estate, news } = estateOf(worldWithProvider());
  await estate.list();
  await news();
  await estate.entry(OWN, 'dev').describe();
  assert.deepEqual(await news(), [`clusters ${sourceId(OWN)}`]);
  assert.equal((await estate.entry({ region: 'eu-west-1' }, 'dev').describe()).state, 'found');
  assert.deepEqual(
    estate.known().map(({ source }) => source.region),
    ['us-west-2'],
    'what is shown is what was listed',
  );
  assert.equal(estate.entry(OWN, 'dev'), estate.entry(OWN, 'dev'));
  estate.close();
});

test('so many clusters are described at the same time, of one source and in all', async () => {
  const all = world();
  const calls = gate();
  const slow: Partial<Aws> = { cluster: async () => (await calls.pass(), absent) };
  const { estate } = estateOf(all, { a: slow, b: slow, c: slow });
  await estate.list();
  const describe = async (awsProfile: string): Promise<number> => {
    for (let index = 0; index < 12; index++) void estate.entry({ awsProfile, ...OWN }, `c${index}`).describe();
    for (let left = 10; left > 0; left--) await settled();
    return calls.waiting.length;
  };
  assert.deepEqual([await describe('b'), await describe('c'), await describe('a')], [10, 20, 20]);
  while (calls.waiting.length > 0) await calls.open();
  estate.close();
});

test('a listing is compared with the settings once more, and made anew where they are other ones', async () => {
  const all = world();
  let sources: readonly Source[] | Error = [OWN];
  let asked = 0;
  const { estate, told, logged } = estateOf(
    all,
    {},
    {
      sources: async () => {
        asked += 1;
        if (sources instanceof Error) throw sources;
        return sources;
      },
    },
  );
  const later = async (): Promise<readonly string[]> => {
    await settled();
    told.length = asked = 0;
    mock.timers.tick(1_499);
    await settled();
    assert.equal(asked, 0);
    mock.timers.tick(1);
    await settled();
    return told;
  };
  await estate.list();
  await estate.list();
  assert.deepEqual(await later(), []);
  assert.equal(asked, 1);
  await estate.list();
  sources = [OWN, guest];
  assert.deepEqual(await later(), ['all']);
  assert.equal((await estate.list()).length, 2);
  await later();
  await estate.list();
  estate.reload();
  assert.deepEqual(await later(), ['all'], 'who shows it may have dropped that it was reloaded');
  await estate.list();
  sources = new Error('no settings');
  assert.deepEqual(await later(), []);
  assert.match(logged.join(), /no settings/);
  estate.reload();
  await assert.rejects(estate.list(), /no settings/);
  sources = [guest];
  assert.deepEqual(
    (await estate.list()).map(({ source }) => source),
    [guest],
  );
  estate.close();
  assert.deepEqual(await later().catch(() => 'asked'), []);
  assert.equal(asked, 0, 'not after it is closed');
});

test('who lists while settings change gets what is wanted now, whether the first answer comes or not', async () => {
  for (const isBroken of [false, true]) {
    const calls = gate();
    let sources: readonly Source[] = [OWN];
    const { estate } = estateOf(
      world(),
      {},
      {
        sources: async () => {
          const now = sources;
          await calls.pass();
          if (isBroken && now[0] === OWN) throw new Error('no settings');
          return now;
        },
      },
    );
    const listing = estate.list();
    await settled();
    sources = [guest];
    estate.reload();
    await calls.open();
    await calls.open();
    assert.deepEqual(
      (await listing).map(({ source }) => source),
      [guest],
    );
    estate.close();
  }
});

test('a run tells what it changed: whether the account has the provider is asked again only where that may have changed', async () => {
  const all = worldWithProvider();
  putProfile(all, 'team-a', { name: 'team-a-dev-role' });
  const { estate } = estateOf(all);
  await estate.list();
  await opened(estate.entry(OWN, 'dev'));
  const profile = refOf('k8s/profile', cluster.arn, 'team-a');
  const provider = refOf('iam/provider', `arn:aws:iam::${ACCOUNT}:root`, PROVIDER);
  const asks = async (...refs: Parameters<typeof estate.reread>[1]) =>
    (await cost(all, () => estate.reread(PLACE, refs))).filter((call) => call === 'iam:ListOpenIDConnectProviders')
      .length;
  assert.equal(await asks(profile), 0);
  assert.equal(await asks(profile, provider), 1);
  assert.deepEqual(await cost(all, () => estate.reread({ ...PLACE, cluster: 'other' }, [profile])), []);
  estate.close();
});

test('news of providers that come after it is closed are told nobody', async () => {
  const calls = gate();
  const { estate, news } = estateOf(world(), {
    guest: { oidcProviderArns: async () => (await calls.pass(), found([])) },
  });
  await estate.list();
  const entry = estate.entry(guest, 'dev');
  estate.entry(OWN, 'dev');
  await entry.describe();
  await news();
  estate.close();
  await calls.open();
  assert.deepEqual(await news(), []);
});

test('reading again: a cluster with its account, or everything', async () => {
  const all = worldWithProvider();
  putProfile(all, 'team-a', { name: 'team-a-dev-role' });
  const { estate, facts, news } = estateOf(all);
  await estate.list();
  const entry = estate.entry(OWN, 'dev');
  await opened(entry);
  await news();
  const reads = async (): Promise<readonly string[]> =>
    (await cost(all, () => opened(entry))).filter((call) =>
      /GetRole$|DescribeCluster|list profiles|Providers$/.test(call),
    );
  const everything = ['eks:DescribeCluster', 'iam:GetRole', 'iam:ListOpenIDConnectProviders', 'list profiles'];
  assert.deepEqual(await reads(), []);
  assert.equal(estate.retry(entry), true);
  assert.deepEqual(await reads(), everything);
  await news();
  const its = refOf('eks/cluster', OWN.region, 'dev');
  assert.equal(facts.of({}).fresh(its, 1e9)?.state, 'found');
  estate.reload();
  assert.equal(facts.of({}).fresh(its, 1e9), undefined);
  assert.equal(facts.of({}).get(its)?.state, 'found', 'what is known stays until then');
  assert.deepEqual(await news(), ['all']);
  assert.deepEqual(await reads(), everything);
  estate.close();
});

test('a proof goes with its profile, and only when it is known that this is gone', async () => {
  const all = worldWithProvider();
  putProfile(all, 'team-a', { name: 'team-a-dev-role' });
  putProfile(all, 'team-b', { name: 'team-b-dev-role' });
  const editors = gate();
  let profiles: Reading<never> | undefined;
  let isHeld = false;
  const connect = async (): Promise<Kubernetes> => ({
    ...all.kubernetes,
    list: async (kind, after, came) => {
      if (kind === 'editors' && isHeld) await editors.pass();
      if (kind === 'profiles' && profiles !== undefined) return profiles;
      return all.kubernetes.list(kind, after, came);
    },
  });
  const { estate, kept } = estateOf(all, {}, { connect });
  await estate.list();
  const entry = estate.entry(OWN, 'dev');
  await opened(entry);
  await estate.tried({ ...PLACE, profile: 'team-a', outcome: 'verified' });
  const proven = async (): Promise<boolean> => {
    await settled();
    return JSON.stringify([...kept]).includes('team-a');
  };
  assert.equal(await proven(), true);
  profiles = denied('list profiles', '');
  estate.retry(entry);
  await look(entry);
  assert.equal(await proven(), true, 'they cannot be read');
  profiles = undefined;
  isHeld = true;
  all.profiles.delete('team-a');
  estate.retry(entry);
  const again = look(entry);
  await settled();
  mock.timers.tick(100);
  assert.equal(await proven(), true, 'not all is read');
  isHeld = false;
  await editors.open();
  await again;
  assert.equal(await proven(), false);
  estate.close();
});

test('what a cluster says of itself while it is opened: loading, looking, and what was known', async () => {
  const all = worldWithProvider();
  putProfile(all, 'team-a', { name: 'team-a-dev-role' });
  const editors = gate();
  let isHeld = true;
  const connect = async (): Promise<Kubernetes> => ({
    ...all.kubernetes,
    list: async (kind, after, came) => {
      if (kind === 'editors' && isHeld) await editors.pass();
      return all.kubernetes.list(kind, after, came);
    },
  });
  const { estate, facts, warned, news } = estateOf(all, {}, { connect });
  await estate.list();
  const entry = estate.entry(OWN, 'dev');
  await entry.describe();
  assert.deepEqual(facts.of({}).get(refOf('eks/cluster', OWN.region, 'dev')), found(cluster));
  assert.deepEqual([entry.loading, entry.looking, entry.counts], [false, false, undefined]);
  assert.equal(saying(entry.known('team-a')[1].words), 'reading…');
  entry.watch(true);
  const opening = look(entry);
  await settled();
  assert.deepEqual([entry.loading, entry.looking], [true, true]);
  assert.equal(estate.retry(entry), false, 'it is being read');
  await news();
  assert.equal(entry.judge('team-a'), undefined);
  assert.equal(entry.stateOf('team-a'), 'reading');
  await editors.open();
  await opening;
  await settled();
  assert.deepEqual([entry.loading, entry.looking, entry.counts], [false, false, { problems: 0, profiles: 1 }]);
  assert.deepEqual(await news(), [`clusters ${sourceId(OWN)}`, 'judged team-a']);
  assert.equal(entry.judge('team-a')?.state, 'not-verified');
  assert.equal(entry.judge('nobody'), undefined);
  assert.deepEqual(warned, []);

  estate.retry(entry);
  const again = look(entry);
  await settled();
  mock.timers.tick(100);
  await settled();
  assert.equal(entry.estate?.complete, false);
  assert.equal(entry.judge('team-a')?.state, 'not-verified', 'what was known stays');
  isHeld = false;
  await editors.open();
  await again;
  all.profiles.delete('team-a');
  await news();
  await estate.reread(PLACE, [refOf('k8s/profile', cluster.arn, 'team-a')]);
  assert.deepEqual(await news(), [`clusters ${sourceId(OWN)}`, 'judged ']);
  estate.close();
});

test('before it is judged a profile that is being deleted is known to be', async () => {
  const all = worldWithProvider();
  putProfile(all, 'team-a', { name: 'team-a-dev-role' });
  putProfile(all, 'team-b', { name: 'team-b-dev-role' });
  const was = all.profiles.get('team-b')!;
  all.profiles.set('team-b', { ...was, metadata: { ...was.metadata, deletionTimestamp: '2026-11-23T12:00:00Z' } });
  const seen: string[] = [];
  const { estate, told } = estateOf(all);
  await estate.list();
  const entry = estate.entry(OWN, 'dev');
  await entry.describe();
  told.push = (...texts: string[]) => {
    if (entry.estate?.complete === true && seen.length === 0)
      seen.push(...['team-a', 'team-b', 'team-c'].map((name) => saying(entry.known(name)[1].words)));
    return texts.length;
  };
  await look(entry);
  assert.deepEqual(seen, ['reading…', 'deleting', 'reading…']);
  estate.close();
});

test('what is being made is judged again after a while, as long as somebody looks', async () => {
  const all = worldWithProvider();
  putProfile(all, 'team-a', { name: 'team-a-dev-role' });
  const was = all.profiles.get('team-a')!;
  const young = { ...was, created: new Date().toISOString() };
  all.profiles.set('team-a', young);
  all.namespaces.delete('team-a');
  const { estate, told } = estateOf(all);
  await estate.list();
  const entry = estate.entry(OWN, 'dev');
  await opened(entry);
  assert.equal(entry.stateOf('team-a'), 'creating');
  const after = async (milliseconds: number) => {
    await settled();
    mock.timers.tick(1_000);
    await settled();
    told.length = 0;
    mock.timers.tick(milliseconds);
    await settled();
    mock.timers.tick(1_000);
    await settled();
    return told.filter((text) => text.startsWith('judged'));
  };
  assert.deepEqual(await after(26_000), []);
  assert.deepEqual(await after(1_000), ['judged team-a']);
  entry.watch(true);
  entry.watch(false);
  assert.deepEqual(await after(60_000), []);
  estate.close();
});

test('a cluster is watched while that is wanted, and only as it was read last', async () => {
  const all = worldWithProvider();
  putProfile(all, 'team-a', { name: 'team-a-dev-role' });
  const watches: AbortSignal[] = [];
  const connect = async (): Promise<Kubernetes> => ({
    ...all.kubernetes,
    watch: (kind, from, onChange, signal) => {
      if (kind === 'profiles') watches.push(signal);
      return all.kubernetes.watch(kind, from, onChange, signal);
    },
  });
  const { estate } = estateOf(all, {}, { connect });
  await estate.list();
  const entry = estate.entry(OWN, 'dev');
  const running = async (): Promise<string> => {
    await settled();
    return watches.map(({ aborted }) => (aborted ? 'over' : 'runs')).join();
  };
  entry.watch(true);
  await opened(entry);
  const then = Date.now();
  mock.timers.tick(5_000);
  assert.equal(await running(), '');
  assert.equal(entry.listedAt, then, 'nobody tells what became of it');
  entry.watch(true);
  entry.watch(true);
  assert.equal(await running(), 'runs');
  assert.equal(entry.listedAt, Date.now());
  entry.watch(false);
  assert.equal(await running(), 'over');
  assert.equal(entry.listedAt, then);
  entry.watch(true);
  assert.equal(await running(), 'over,runs');
  entry.forget();
  assert.equal(await running(), 'over,over');
  entry.watch(true);
  assert.equal(await running(), 'over,over,runs', 'what is known stays fresh until it is read anew');
  await opened(entry);
  assert.equal(await running(), 'over,over,over');
  entry.watch(true);
  assert.equal(await running(), 'over,over,over,runs');
  estate.close();
  assert.equal(await running(), 'over,over,over,over');
});

test('a connection that was overtaken while it was made is closed, and what it reads late counts for nothing', async () => {
  const all = worldWithProvider();
  putProfile(all, 'team-a', { name: 'team-a-dev-role' });
  const [connects, editors] = [gate(), gate()];
  const closed: number[] = [];
  let made = 0;
  const connect = async (): Promise<Kubernetes> => {
    const own = made++;
    await connects.pass();
    return {
      ...all.kubernetes,
      list: async (kind, after, came) => {
        if (kind === 'editors' && own === 1) await editors.pass();
        return all.kubernetes.list(kind, after, came);
      },
      close: () => closed.push(own),
    };
  };
  const { estate, news } = estateOf(all, {}, { connect });
  await estate.list();
  const entry = estate.entry(OWN, 'dev');
  await entry.describe();
  const first = look(entry);
  await settled();
  entry.forget();
  await connects.open();
  assert.deepEqual(closed, [0]);
  await connects.open();
  assert.equal(made, 2);
  entry.forget();
  const second = look(entry);
  await settled();
  await connects.open();
  const its = await second;
  await news();
  await editors.open();
  mock.timers.tick(100);
  assert.equal(await first, its);
  assert.equal(entry.estate, its);
  assert.deepEqual(closed, [0, 1]);
  assert.deepEqual(await news(), []);
  estate.close();
});
