/** Reading an estate from real parts: lists, watches, and what becomes of them when the cluster goes away for a while. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { certificateAuthority } from '../../sandbox/pki.ts';
import { connectAws } from '../../src/aws/index.ts';
import { judgeProfile } from '../../src/core/modes/live.ts';
import { providerArn } from '../../src/core/policy/build.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { valueOf } from '../../src/core/reading.ts';
import { liveOf, type KnownCluster } from '../../src/estate/live.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import type { Thing } from '../../src/live.ts';
import { clusterEstate, type ClusterEstate } from '../../src/estate/cluster.ts';
import { patiently, rolesOf } from '../../src/estate/roles.ts';
import type { Kubernetes } from '../../src/provisioning/ports.ts';

let sandbox: Sandbox;
/** Four pages of roles, which come before the other roles of the account. */
const ROLES = Array.from({ length: 200 }, (_, index) => `many-${index}`);
const NOBODY = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] };
const REGION = 'us-west-2';
const stop = new AbortController();
const open: ClusterEstate[] = [];

before(async () => {
  sandbox = await startSandbox({
    own: true,
    // These tests count pages and calls.
    variation: null,
    roles: ROLES.map((name) => ({ name, trust: NOBODY, policies: { none: NOBODY } })),
  });
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

async function estateOf(
  name: string,
  region = REGION,
  profile?: string,
  changed = (_names: ReadonlySet<string>) => {},
) {
  const aws = connectAws({ region, ...(profile === undefined ? {} : { profile }) });
  const cluster = valueOf(await aws.cluster(name));
  assert.ok(cluster, `${name} is not there`);
  const kubernetes: Kubernetes = await kubernetesConnector({ kubeconfig: '/dev/null' })(cluster, aws);
  const estate = clusterEstate(cluster, aws, kubernetes, rolesOf(aws), changed);
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
  assert.match(valueOf(estate.facts.controller)?.image ?? '', /:v1\./);
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

test('names come first; what is not read yet is not said to be missing', async () => {
  const aws = connectAws({ region: REGION });
  const cluster = valueOf(await aws.cluster('kubeflow-dev'));
  assert.ok(cluster);
  const kubernetes = await kubernetesConnector({ kubeconfig: '/dev/null' })(cluster, aws);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const slow: Kubernetes = {
    ...kubernetes,
    list: async (kind, after, came) => {
      if (kind === 'namespaces') await held;
      return kubernetes.list(kind, after, came);
    },
  };
  const told: string[] = [];
  const estate = clusterEstate(cluster, aws, slow, rolesOf(aws), (names) => told.push(...names));
  open.push(estate);
  assert.deepEqual(valueOf(await estate.load()), ['team-a', 'team-b']);
  assert.equal(estate.complete, false);
  assert.equal(estate.readings('team-a'), undefined);
  const at: KnownCluster = { source: { region: REGION }, cluster, estate, judgement: (name) => stateOf(estate, name) };
  const live = liveOf(
    () => [at],
    async () => aws,
  );
  assert.deepEqual(await live.state({ kind: 'profile', name: 'team-a' }), []);
  const role: Thing = { kind: 'role', arn: `arn:aws:iam::${sandbox.account}:role/team-a-kubeflow-dev-role` };
  assert.deepEqual(await live.state(role), ['It exists; assumed by team-a/default-editor of cluster kubeflow-dev.']);
  release();
  await until('what belongs to the profiles is told', () => estate.complete && told.includes('team-a'));
  await until('roles and provider are read', () => stateOf(estate, 'team-a')?.state === 'not-verified');
  assert.deepEqual(await live.state({ kind: 'profile', name: 'team-a' }), ['On kubeflow-dev: not verified.']);
});

test('beside a text stands what is known of a role, a bucket, a provider, a profile and a service account', async () => {
  const { estate, aws } = await estateOf('kubeflow-dev');
  await estate.load();
  await until('roles and provider are read', () => stateOf(estate, 'team-a')?.state === 'not-verified');
  const { cluster } = estate;
  const analytics = valueOf(await connectAws({ region: 'eu-central-1' }).cluster('analytics'));
  assert.ok(analytics);
  const known: readonly KnownCluster[] = [
    { source: { region: REGION }, cluster, estate, judgement: (profile) => stateOf(estate, profile) },
    // Described, not looked into; and the first one once more, as another identity sees it.
    { source: { region: 'eu-central-1' }, cluster: analytics, estate: undefined, judgement: () => undefined },
    { source: { awsProfile: 'other', region: REGION }, cluster, estate: undefined, judgement: () => undefined },
  ];
  const live = liveOf(
    () => known,
    async () => aws,
  );
  const arn = (role: string, account = sandbox.account): string => `arn:aws:iam::${account}:role/${role}`;
  const provider = (issuer = ''): string => providerArn('aws', sandbox.account, issuer);
  const dev = { kind: 'serviceAccount', namespace: 'team-a' } as const;

  sandbox.resetCalls();
  const rows: readonly [Thing, readonly (string | RegExp)[]][] = [
    [
      { kind: 'role', arn: arn('team-a-kubeflow-dev-role') },
      [
        'It exists; assumed by team-a/default-editor of cluster kubeflow-dev.',
        'Named by profile team-a on kubeflow-dev.',
      ],
    ],
    [
      { kind: 'role', arn: arn('team-b-kubeflow-dev-role') },
      [
        'It exists; assumed by every service account of cluster kubeflow-dev.',
        'Named by profile team-b on kubeflow-dev.',
      ],
    ],
    [{ kind: 'provider', arn: provider(cluster.issuer) }, ['It exists, for cluster kubeflow-dev.']],
    [{ kind: 'profile', name: 'team-a' }, ['On kubeflow-dev: not verified.']],
    [{ kind: 'profile', name: 'team-b' }, [/^On kubeflow-dev: \d problems \(.*KP-029 sub condition missing/]],
    [{ kind: 'profile', name: 'team-x' }, ['No cluster that is open in the tree has a profile team-x.']],
    [{ ...dev, name: 'default-editor' }, [`On kubeflow-dev: it exists, with role ${arn('team-a-kubeflow-dev-role')}.`]],
    [{ kind: 'role', arn: arn('team-a', '999988887777') }, []],
  ];
  const answered = async (expected: typeof rows): Promise<void> => {
    for (const [thing, wanted] of expected) {
      const said = await live.state(thing);
      assert.equal(said.length, wanted.length, JSON.stringify([thing, said]));
      said.forEach((line, index) => {
        const want = wanted[index] ?? '';
        if (typeof want === 'string') assert.equal(line, want);
        else assert.match(line, want);
      });
    }
  };
  await answered(rows);
  assert.deepEqual(sandbox.calls(), {}, 'all of this was in memory');

  const [artifacts = ''] = live.buckets();
  assert.equal(artifacts, `kubeflow-artifacts-${sandbox.account}`);
  await answered([
    [{ kind: 'role', arn: arn('nobody') }, [/^There is no such role/, /^No profile/]],
    [{ kind: 'role', arn: arn('eks-cluster-role') }, ['It exists; assumed by eks.amazonaws.com.', /^No profile/]],
    [{ kind: 'bucket', name: artifacts }, [`It exists, in ${REGION}.`]],
    [{ kind: 'bucket', name: `ml-artifacts-eu-${sandbox.account}` }, ['It exists, in eu-central-1.']],
    [{ kind: 'bucket', name: 'nobody-has-this-bucket' }, ['There is no bucket of this name.']],
    [{ kind: 'provider', arn: provider(analytics.issuer) }, [/^The account has no such provider/]],
    [{ ...dev, name: 'nobody' }, ['On kubeflow-dev: namespace team-a has no service account nobody.']],
    [
      { ...dev, namespace: 'nowhere', name: 'default-editor' },
      ['On kubeflow-dev: there is no namespace nowhere, or nothing is in it.'],
    ],
  ]);
  const before = sandbox.calls();
  await answered([[{ kind: 'role', arn: arn('nobody') }, [/^There is no such role/, /^No profile/]]]);
  assert.deepEqual(sandbox.calls(), before, 'an answer is kept for a moment');

  assert.deepEqual(await live.rolesFor('team-a'), [arn('team-a-kubeflow-dev-role')]);
  assert.deepEqual(await live.rolesFor('team-x'), []);
  assert.deepEqual(
    live.roles().map((one) => one.of),
    ['team-a on kubeflow-dev', 'team-b on kubeflow-dev'],
  );

  sandbox.control({
    faults: [{ call: 'iam:GetRole', code: 'AccessDenied', status: 403, message: 'not authorized', times: 100 }],
  });
  try {
    await answered([
      [{ kind: 'role', arn: arn('KubeflowOperator') }, [/^You are not permitted to read it \(iam:GetRole\)/, /^No/]],
    ]);
  } finally {
    sandbox.control({ faults: [] });
  }
});

const DETAILS = 'iam:GetAccountAuthorizationDetails';
/** Readings of roles by name, as they were when all had come, and the calls of IAM that it took. */
async function readRoles(...asked: (readonly string[])[]) {
  const roles = rolesOf(connectAws({ region: REGION }));
  sandbox.resetCalls();
  const all = asked.flatMap((names) => [...roles.read(names)]);
  const states = await Promise.all(all.map(async ([name, reading]) => [name, (await reading).state] as const));
  const calls = sandbox.calls();
  return { states: new Map(states), pages: calls[DETAILS] ?? 0, single: calls['iam:GetRole'] ?? 0 };
}

test('many roles are read page by page, as far as they are asked for, and none by itself', async () => {
  const half = await readRoles(ROLES.slice(0, 100));
  assert.deepEqual([...new Set(half.states.values())], ['found']);
  assert.deepEqual([half.pages, half.single], [2, 0]);
  const all = await readRoles([...ROLES, 'not-there']);
  assert.equal(all.states.get('not-there'), 'absent');
  assert.equal([...all.states.values()].filter((state) => state === 'found').length, ROLES.length);
  assert.deepEqual([all.pages, all.single], [5, 0]);
});

test('a role is there as soon as its page is', async () => {
  sandbox.resetCalls();
  const readings = rolesOf(connectAws({ region: REGION })).read(ROLES);
  assert.equal((await readings.get('many-0'))?.state, 'found');
  assert.ok((sandbox.calls()[DETAILS] ?? 0) < 4);
  await Promise.all(readings.values());
  assert.equal(sandbox.calls()[DETAILS], 4);
});

test('who asks while roles are listed shares the next listing', async () => {
  const parts = [0, 50, 100, 150].map((from) => ROLES.slice(from, from + 50));
  const { states, pages } = await readRoles(...parts);
  assert.equal([...states.values()].filter((state) => state === 'found').length, ROLES.length);
  // The first part is on the first page, the others are on the first four.
  assert.equal(pages, 1 + 4);
});

test('a page that is throttled is asked for again, and no other', async () => {
  const throttle = { call: DETAILS, code: 'Throttling', status: 400, message: 'Rate exceeded' };
  const roles = rolesOf(connectAws({ region: REGION }));
  sandbox.resetCalls();
  try {
    const readings = roles.read(ROLES);
    await readings.get('many-0');
    // The SDK gives up after four.
    sandbox.control({ faults: [{ ...throttle, times: 5 }] });
    const states = await Promise.all([...readings.values()].map(async (reading) => (await reading).state));
    assert.deepEqual([...new Set(states)], ['found']);
    assert.equal(sandbox.calls()[DETAILS], 4 + 5);
    assert.equal(sandbox.calls()['iam:GetRole'], undefined);
  } finally {
    sandbox.control({ faults: [] });
  }
});

test('roles that may not be listed are read one by one', async () => {
  const denied = { call: DETAILS, code: 'AccessDenied', status: 403, message: 'not authorized', times: 1_000 };
  sandbox.control({ faults: [denied] });
  try {
    const { states, single } = await readRoles(ROLES.slice(0, 15));
    assert.deepEqual([...new Set(states.values())], ['found']);
    assert.equal(single, 15);
  } finally {
    sandbox.control({ faults: [] });
  }
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

/** A proxy before an API server, with a CA of its own. While `cut.off`, it answers each watch with an empty stream. */
async function startProxy(endpoint: string, ca: string) {
  const own = await certificateAuthority('proxy');
  const { certificate, key } = await own.issue({ commonName: 'p' }, { server: { names: [], ips: ['127.0.0.1'] } });
  const cut = { off: true };
  const counts = { lists: 0, watches: 0 };
  const server = createServer({ cert: certificate, key }, (incoming, answer) => {
    const watch = incoming.url?.includes('watch=true') === true;
    if (watch) counts.watches++;
    else if (/\/profiles\?/.test(incoming.url ?? '')) counts.lists++;
    if (watch && cut.off) return void answer.writeHead(200, { 'content-type': 'application/json' }).end();
    const { method, headers } = incoming;
    const onward = request(new URL(incoming.url ?? '', endpoint), { ca, method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stopProxy = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { endpoint: `https://127.0.0.1:${port}`, ca: own.certificate, cut, counts, stop: stopProxy };
}

test('a proxy that answers empty streams to watches: few lists, no IAM, and it is said', async () => {
  const aws = connectAws({ region: REGION });
  const cluster = valueOf(await aws.cluster('kubeflow-dev'));
  assert.ok(cluster?.endpoint);
  const ca = Buffer.from(cluster.certificateAuthority ?? '', 'base64').toString();
  const proxy = await startProxy(cluster.endpoint, ca);
  const behind = {
    ...cluster,
    endpoint: proxy.endpoint,
    certificateAuthority: Buffer.from(proxy.ca).toString('base64'),
  };
  const kubernetes = await kubernetesConnector({ kubeconfig: '/dev/null' })(behind, aws);
  const estate = clusterEstate(behind, aws, kubernetes, rolesOf(aws), () => undefined);
  const looked = new AbortController();
  try {
    // The profile controller is done with what other tests made.
    for (let left = 100; left > 0; left--) {
      const [profiles, editors] = [await kubernetes.list('profiles'), await kubernetes.list('editors')];
      const annotated = (valueOf(editors)?.items ?? []).filter(
        ({ annotations }) => Object.keys(annotations).length > 0,
      );
      if (annotated.length >= (valueOf(profiles)?.items.length ?? 0)) break;
      await sleep(50);
    }
    await estate.load();
    const names = (): readonly string[] => valueOf(estate.profiles) ?? [];
    await until('roles are read', () => names().every((name) => estate.readings(name)?.role !== undefined));
    sandbox.resetCalls();
    Object.assign(proxy.counts, { lists: 0, watches: 0 });
    estate.watch(looked.signal);
    await until('it is said', () => estate.facts.lost?.how === 'cut off');
    await until('it is tried a few times', () => proxy.counts.lists >= 3);
    // Three kinds are watched.
    assert.ok(proxy.counts.watches <= 3 * (proxy.counts.lists + 1), JSON.stringify(proxy.counts));
    assert.ok(proxy.counts.lists <= 5, JSON.stringify(proxy.counts));
    assert.deepEqual(sandbox.calls(), {}, 'nothing of AWS is read again');
    proxy.cut.off = false;
    await until('the watch is back', () => estate.facts.lost === undefined);
    const { kube } = sandbox.clusters.kubeflowDev;
    const path = '/api/v1/namespaces/team-b/configmaps/kfp-launcher';
    const root = (): string | undefined =>
      valueOf(estate.readings('team-b')?.launcher ?? { state: 'absent' })?.data['defaultPipelineRoot'];
    const before = root();
    for (const wanted of ['s3://watched/root', before]) {
      const data = { defaultPipelineRoot: wanted ?? null };
      await kube.request('PATCH', path, { data }, 'application/merge-patch+json');
      await until(`its root ${wanted} is seen`, () => root() === wanted);
    }
  } finally {
    looked.abort();
    estate.close();
    proxy.stop();
  }
});

test('a change that nobody is shown is not told', async () => {
  let told: string[] = [];
  const { estate, kubernetes } = await estateOf('kubeflow-dev', REGION, undefined, (names) => told.push(...names));
  const loaded = await estate.load();
  assert.equal(loaded.state, 'found', JSON.stringify(loaded));
  await until('roles are read', () => estate.readings('team-b')?.role !== undefined);
  estate.watch(stop.signal);
  const { kube } = sandbox.clusters.kubeflowDev;
  const labelled = { metadata: { labels: { nobody: 'looks' } } };
  // What the first look finds is told in portions, of other profiles too.
  for (let before = -1; before !== told.length; await sleep(500)) before = told.length;
  told = [];
  await kube.request('PATCH', '/apis/kubeflow.org/v1/profiles/team-a', labelled, 'application/merge-patch+json');
  await kubernetes.createProfile(
    newProfile('team-last', 'last@example.com', 'arn:aws:iam::111122223333:role/last', true),
  );
  await until('the new profile is told', () => told.includes('team-last'));
  assert.ok(!told.includes('team-a'), told.join());
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
