/** The estate without an editor: what it reads, what it says of it, and what it reads again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { denied, failed, valueOf } from '../../src/core/reading.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { clusterEstate } from '../../src/estate/cluster.ts';
import type { ClusterEntry } from '../../src/estate/entry.ts';
import { createEstate } from '../../src/estate/estate.ts';
import { rolesOf } from '../../src/estate/roles.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import type { Aws } from '../../src/provisioning/ports.ts';
import { carryOut } from '../../src/provisioning/run.ts';
import { createStore, createStores } from '../../src/provisioning/store.ts';
import { cluster, policyFor, putProfile, requestFor, world, worldWithProvider, type World } from './world.ts';

const PLACE = { region: 'us-west-2', cluster: 'dev' };

/** The estate of a world. `others`: what other identities see of it, by AWS profile. */
function estateOf(all: World, others: Readonly<Record<string, Partial<Aws>>> = {}) {
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
      log: { info: () => undefined, warn: (text) => warned.push(text) },
      memory: {
        get: <T>(key: string) => kept.get(key) as T | undefined,
        update: async (key, value) => void kept.set(key, value),
      },
    },
    { all: () => undefined, sources: () => undefined, clusters: () => undefined, judged: () => undefined },
  );
  return { estate, facts, warned };
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
  assert.ok(!('state' in its), JSON.stringify(its));
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
  await estate.tried({ ...PLACE, profile: 'team-a', outcome: 'verified' });
  await settled();
  assert.equal(entry.judge('team-a')?.state, 'works');
  all.roles.set('team-a-dev-role', { ...all.roles.get('team-a-dev-role')!, trustPolicy: '{}' });
  await estate.reread(PLACE, entry.estate?.refsOf('team-a') ?? []);
  await settled();
  assert.equal(entry.judge('team-a')?.state, 'problems');
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
