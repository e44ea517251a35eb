/** Reading an estate from real parts: lists, watches, and what becomes of them when the cluster goes away for a while. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { connectAws } from '../../src/aws/index.ts';
import { judgeProfile } from '../../src/core/checks/profile.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { valueOf } from '../../src/core/reading.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { clusterEstate, patiently, rolesOf, type ClusterEstate } from '../../src/provisioning/estate.ts';
import type { Kubernetes } from '../../src/provisioning/ports.ts';

let sandbox: Sandbox;
const REGION = 'us-west-2';
const stop = new AbortController();
const open: ClusterEstate[] = [];

before(async () => {
  sandbox = await startSandbox();
  Object.assign(process.env, sandbox.env);
});
after(async () => {
  stop.abort();
  for (const estate of open) estate.close();
  await sandbox.stop();
});

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + 40_000;
  while (!holds()) {
    assert.ok(Date.now() < end, `${what}: not within 40 s`);
    await sleep(50);
  }
}

async function estateOf(name: string, region = REGION, profile?: string) {
  const aws = connectAws({ region, ...(profile === undefined ? {} : { profile }) });
  const cluster = valueOf(await aws.cluster(name));
  assert.ok(cluster, `${name} is not there`);
  const kubernetes: Kubernetes = await kubernetesConnector({ kubeconfig: '/dev/null' })(cluster, aws);
  const estate = clusterEstate(cluster, aws, kubernetes, rolesOf(aws), () => undefined);
  open.push(estate);
  return { estate, aws, kubernetes };
}

const stateOf = (estate: ClusterEstate, profile: string) => {
  const readings = estate.readings(profile);
  return readings === undefined ? undefined : judgeProfile(readings, undefined, Date.now());
};

test('a cluster is read with its profiles, what they have, and what is wrong with them', async () => {
  const { estate } = await estateOf('kubeflow-dev');
  assert.deepEqual(await estate.load(), { state: 'found', value: ['team-a', 'team-b'] });
  await until('roles are read', () => estate.readings('team-b')?.role !== undefined);
  assert.equal(estate.facts.api.state, 'found');
  assert.match(valueOf(estate.facts.controller) ?? '', /:v1\./);
  assert.equal(estate.facts.provider.state, 'found');
  assert.equal(stateOf(estate, 'team-a')?.state, 'not-verified', JSON.stringify(stateOf(estate, 'team-a')));
  const recipe = stateOf(estate, 'team-b');
  assert.equal(recipe?.state, 'problems');
  const ids = recipe.problems.map(({ id }) => id);
  // The AWS page leaves out sub, and writes the bucket's ARN with four colons and an unexpanded variable.
  for (const id of ['KP-029', 'KP-039', 'KP-040']) assert.ok(ids.includes(id as never), JSON.stringify(ids));
});

test('listing many profiles takes a fixed number of calls', async () => {
  const { estate } = await estateOf('kubeflow-dev');
  sandbox.resetCalls();
  await estate.load();
  await until('roles are read', () => estate.readings('team-b')?.role !== undefined);
  const calls = sandbox.calls();
  assert.equal(calls['iam:GetRole'], 2, JSON.stringify(calls));
});

test('a cluster without Kubeflow and one that is not reachable say so', async () => {
  const { estate: analytics } = await estateOf('analytics', 'eu-central-1');
  await analytics.load();
  assert.deepEqual(valueOf(analytics.facts.api)?.profileVersions, []);
  assert.equal(analytics.profiles.state, 'absent');
  const { estate: legacy } = await estateOf('legacy');
  await legacy.load();
  assert.equal(legacy.facts.api.state, 'failed');
  assert.equal(legacy.profiles.state, 'failed');
});

test('a watch brings what changes, and comes back after the API server was away', async () => {
  const { estate, kubernetes } = await estateOf('kubeflow-dev');
  await estate.load();
  estate.watch(stop.signal);
  const role = 'arn:aws:iam::111122223333:role/team-a-kubeflow-dev-role';
  await kubernetes.createProfile(newProfile('team-watched', 'watched@example.com', role, true));
  await until('the new profile is seen', () => valueOf(estate.profiles)?.includes('team-watched') === true);
  await until(
    'its service account gets its role',
    () => valueOf(estate.readings('team-watched')?.serviceAccount ?? { state: 'absent' }) !== undefined,
  );
  await until(
    'the shared role is told',
    () => stateOf(estate, 'team-a')?.problems.some(({ id }) => id === 'P-SHARED-ROLE') === true,
  );

  await sandbox.killApiServer('kubeflow-dev');
  await until('the loss is told', () => estate.facts.lost !== undefined);
  assert.ok(valueOf(estate.profiles)?.includes('team-a'), 'what was known stays shown');
  await sandbox.startApiServer('kubeflow-dev');
  await until('the watch is back', () => estate.facts.lost === undefined);
  await kubernetes.createProfile(newProfile('team-later', 'later@example.com', role, true));
  await until('changes are seen again', () => valueOf(estate.profiles)?.includes('team-later') === true);
});

test('what may not be read is named by its permission, and spoils nothing else', async () => {
  sandbox.control({
    faults: [
      {
        call: 'iam:GetRole',
        code: 'AccessDenied',
        status: 403,
        message: 'not authorized to perform iam:GetRole',
        times: 1_000,
      },
    ],
  });
  try {
    const { estate } = await estateOf('kubeflow-dev');
    await estate.load();
    await until('roles are asked for', () => estate.readings('team-a')?.role !== undefined);
    const reading = estate.readings('team-a')?.role;
    assert.equal(reading?.state === 'denied' && reading.permission, 'iam:GetRole', JSON.stringify(reading));
    assert.equal(estate.readings('team-a')?.serviceAccount.state, 'found');
  } finally {
    sandbox.control({ faults: [] });
  }
});

test('throttled calls are made again', async () => {
  sandbox.control({
    faults: [
      { call: 'eks:DescribeCluster', code: 'ThrottlingException', status: 429, message: 'Rate exceeded', times: 5 },
    ],
  });
  try {
    const aws = connectAws({ region: REGION });
    const reading = await patiently(() => aws.cluster('kubeflow-dev'));
    assert.equal(reading.state, 'found', JSON.stringify(reading));
  } finally {
    sandbox.control({ faults: [] });
  }
});
