/**
 * The tree at scale, on real parts: many clusters in many regions with 20 ms more for each call of AWS, many profiles in one
 * cluster, and the commands that a person would type for the same. BENCH_CLUSTERS and BENCH_PROFILES change the scale.
 */
import { CreateClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { issuerOf, startSandbox, type Sandbox, type SandboxRole } from '../../sandbox/index.ts';
import { ACCOUNT } from '../../sandbox/seed.ts';
import { connectAws } from '../../src/aws/index.ts';
import { AUDIENCE, permissionsPolicy, providerArn, roleArn, trustPolicy } from '../../src/core/policy/build.ts';
import { newProfile, ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import { limiter } from '../../src/estate/roles.ts';
import type { ClustersRun, ProfilesRun } from './estate.ts';
import { median, milliseconds, type Bench, type Row } from './measure.ts';

const run = promisify(execFile);
const CLUSTERS = Number(process.env['BENCH_CLUSTERS'] ?? 500);
const PROFILES = Number(process.env['BENCH_PROFILES'] ?? 5_000);
const LATENCY = 20;
const RUNS = 3;
/** Calls of a kind that are refused as too many. */
const THROTTLED = 60;
/** EKS regions of the `aws` partition. */
const REGIONS = [
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'sa-east-1', 'eu-central-1', 'eu-west-1'],
  ...['eu-west-2', 'eu-west-3', 'eu-north-1', 'eu-south-1', 'ap-south-1', 'ap-northeast-1', 'ap-northeast-2'],
  ...['ap-northeast-3', 'ap-southeast-1', 'ap-southeast-2', 'ap-east-1', 'me-south-1'],
];
/** Regions that the commands are tried in: each call of them takes a second. */
const TYPED = REGIONS.slice(0, 2);

async function estate<T>(...args: readonly string[]): Promise<T> {
  const file = path.join(import.meta.dirname, 'estate.ts');
  const { stdout } = await run(process.execPath, ['--expose-gc', file, ...args]);
  return JSON.parse(stdout) as T;
}

/** `action` for 0 to `count`, a few at a time. */
async function many(count: number, action: (index: number) => Promise<unknown>): Promise<void> {
  const atOnce = limiter(8);
  await Promise.all(Array.from({ length: count }, (_, index) => atOnce(() => action(index))));
}

const within = (what: string, values: readonly number[], goal: number): Row => ({
  what: `explorer: ${what}`,
  value: milliseconds(values),
  goal: `<= ${goal} ms`,
  met: median(values) <= goal,
});

const faster = (what: string, typed: number, ours: readonly number[]): Row => ({
  what: `explorer: against ${what}`,
  value: `1/${(typed / median(ours)).toFixed(1)} (${typed.toFixed(0)} ms)`,
  goal: 'at most 1/5',
  met: median(ours) <= typed / 5,
});

async function timed(action: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await action();
  return performance.now() - started;
}

async function clusters(sandbox: Sandbox, log: (line: string) => void): Promise<Row[]> {
  log(`Making ${CLUSTERS} clusters in ${REGIONS.length} regions …`);
  const clients = REGIONS.map((region) => new EKSClient({ region }));
  await many(CLUSTERS, async (index) =>
    clients[index % REGIONS.length]?.send(
      new CreateClusterCommand({
        name: `cluster-${index}`,
        roleArn: 'arn:aws:iam::111122223333:role/eks',
        resourcesVpcConfig: {},
      }),
    ),
  );
  sandbox.control({ latencyMs: LATENCY });
  const all: ClustersRun[] = [];
  let calls: Readonly<Record<string, number>> = {};
  for (let round = 0; round < RUNS; round++) {
    sandbox.resetCalls();
    all.push(await estate<ClustersRun>('clusters', ...REGIONS));
    calls = sandbox.calls();
    log(JSON.stringify(all.at(-1)));
  }
  const described = all.at(-1)?.described ?? 0;
  const lists = calls['eks:ListClusters'] ?? 0;
  log('The same while AWS throttles …');
  const throttle = { code: 'ThrottlingException', status: 429, message: 'Rate exceeded', times: THROTTLED };
  sandbox.control({ faults: ['eks:ListClusters', 'eks:DescribeCluster'].map((call) => ({ ...throttle, call })) });
  const throttled = await estate<ClustersRun>('clusters', ...REGIONS);
  sandbox.control({ faults: [] });
  log(`The same in ${TYPED.length} regions, typed …`);
  const some: ClustersRun[] = [];
  for (let round = 0; round < RUNS; round++) some.push(await estate<ClustersRun>('clusters', ...TYPED));
  const typed = await timed(async () => {
    for (const region of TYPED) {
      const { stdout } = await run('aws', ['eks', 'list-clusters', '--region', region]);
      for (const name of (JSON.parse(stdout) as { clusters: readonly string[] }).clusters)
        await run('aws', ['eks', 'describe-cluster', '--region', region, '--name', name]);
    }
  });
  sandbox.control({ latencyMs: 0 });
  return [
    within(
      `first clusters of ${REGIONS.length} regions at ${LATENCY} ms`,
      all.map(({ first }) => first),
      300,
    ),
    within(
      'all listed',
      all.map(({ listed }) => listed),
      3_000,
    ),
    {
      what: `explorer: ${described} clusters described, all groups open`,
      // The emulated EKS needs more of the processor for it than the tree does: no goal.
      value: `${milliseconds(all.map(({ all: time }) => time))}, of which ${milliseconds(all.map(({ processor }) => processor))} are the tree's own work`,
    },
    within(
      'longest task while clusters are read',
      all.map(({ task }) => task),
      50,
    ),
    {
      what: 'explorer: calls for it',
      value: `${lists} pages, ${calls['eks:DescribeCluster'] ?? 0} descriptions`,
      goal: 'pages and what is shown',
      met:
        lists <= REGIONS.length * Math.ceil(1 + CLUSTERS / REGIONS.length / 100) &&
        calls['eks:DescribeCluster'] === described,
    },
    {
      what: `explorer: with the first ${THROTTLED} calls of each kind throttled`,
      value: `${throttled.described} described after ${throttled.all.toFixed(0)} ms`,
      goal: 'all',
      met: throttled.described === described,
    },
    faster(
      `aws eks list-clusters and describe-cluster of ${some[0]?.described ?? 0} clusters`,
      typed,
      some.map(({ all: time }) => time),
    ),
  ];
}

const CRD = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/profiles.kubeflow.org';

const profileName = (index: number): string => `team-${index}`;
const roleName = (profile: string): string => `${profile}-role`;

/** A role for each profile. */
function roles(): SandboxRole[] {
  const issuer = issuerOf('analytics');
  return Array.from({ length: PROFILES }, (_, index) => {
    const name = profileName(index);
    return {
      name: roleName(name),
      trust: trustPolicy(providerArn('aws', ACCOUNT, issuer), issuer, name),
      policies: { 'kf-pipeline-s3': permissionsPolicy('aws', 'kubeflow-artifacts', name, 'prefix') },
    };
  });
}

/** Makes profiles with what the profile controller would have made of them, and waits for what Kubernetes itself adds. */
async function makeProfiles(sandbox: Sandbox): Promise<void> {
  // On the cluster without Kubeflow, so that no controller is in the way of making them.
  const { kubeflowDev, analytics } = sandbox.clusters;
  const { kube } = analytics;
  const { spec, apiVersion, kind } = await kubeflowDev.kube.request<{
    spec: unknown;
    apiVersion: string;
    kind: string;
  }>('GET', CRD);
  await kube.apply(CRD, { apiVersion, kind, metadata: { name: 'profiles.kubeflow.org' }, spec });
  await connectAws({ region: analytics.region }).createOidcProvider(analytics.issuer, AUDIENCE, {});
  await many(PROFILES, async (index) => {
    const name = profileName(index);
    const arn = roleArn('aws', sandbox.account, roleName(name));
    const owner = `${name}@example.com`;
    await Promise.all([
      kube.apply(`/apis/kubeflow.org/v1/profiles/${name}`, newProfile(name, owner, arn, true) as never),
      kube.request('POST', '/api/v1/namespaces', { metadata: { name, annotations: { owner } } }).then(() =>
        kube.request('POST', `/api/v1/namespaces/${name}/serviceaccounts`, {
          metadata: { name: 'default-editor', annotations: { [ROLE_ANNOTATION]: arn } },
        }),
      ),
    ]);
  });
  // Every namespace gets its service account "default" and its ConfigMap "kube-root-ca.crt".
  for (const [kind, count] of [
    ['serviceaccounts', 2 * PROFILES],
    ['configmaps', PROFILES],
  ] as const) {
    for (;;) {
      const { metadata } = await kube.request<{ metadata: { remainingItemCount?: number } }>(
        'GET',
        `/api/v1/${kind}?limit=1`,
      );
      if ((metadata.remainingItemCount ?? 0) >= count) break;
      await sleep(500);
    }
  }
}

async function profiles(sandbox: Sandbox, log: (line: string) => void): Promise<Row[]> {
  log(`Making ${PROFILES} profiles …`);
  await makeProfiles(sandbox);
  const { analytics } = sandbox.clusters;
  const all: ProfilesRun[] = [];
  sandbox.resetCalls();
  for (let round = 0; round < RUNS; round++) {
    all.push(await estate<ProfilesRun>('profiles', analytics.region, analytics.name, String(PROFILES)));
    log(JSON.stringify(all.at(-1)));
  }
  const calls = sandbox.calls();
  const details = calls['iam:GetAccountAuthorizationDetails'] ?? 0;
  const last = all.at(-1);
  const judged = last?.states['not-verified'] ?? 0;
  const heap = last?.heap ?? Infinity;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-bench-'));
  const config = ['--kubeconfig', path.join(folder, 'kubeconfig')];
  await run('aws', ['eks', 'update-kubeconfig', '--region', analytics.region, '--name', analytics.name, ...config]);
  const typed: number[] = [];
  for (let round = 0; round < RUNS; round++)
    typed.push(
      await timed(() => run('kubectl', [...config, 'get', 'profiles,sa', '-A', '-o', 'json'], { maxBuffer: 1 << 28 })),
    );
  await rm(folder, { recursive: true });
  const rows = all.map((one) => one.rows);
  const whole = all.map((one) => one.whole);
  return [
    within(`first rows of ${last?.profiles ?? 0} profiles`, rows, 500),
    { what: 'explorer: a row for each', value: milliseconds(whole) },
    {
      what: "explorer: the tree's own work for them",
      value: milliseconds(all.map(({ processor }) => processor)),
    },
    {
      what: 'explorer: judged with their roles',
      value: `${judged} after ${milliseconds(all.map((one) => one.all))}`,
      goal: 'all that were made',
      met: judged === PROFILES,
    },
    {
      what: 'explorer: calls of IAM',
      value: `${details} pages of roles, ${calls['iam:GetRole'] ?? 0} single roles (${RUNS} runs)`,
      goal: 'pages alone',
      met: details > 0 && details <= RUNS * (PROFILES / 50 + 1) && (calls['iam:GetRole'] ?? 0) === 0,
    },
    within(
      'longest task while profiles are read',
      all.map(({ task }) => task),
      50,
    ),
    { what: 'explorer: heap a profile', value: `${heap.toFixed(1)} KB`, goal: '<= 20 KB', met: heap <= 20 },
    faster('kubectl get profiles,sa -A', median(typed), whole),
  ];
}

export const bench: Bench = async (log) => {
  const sandbox = await startSandbox({ log, roles: roles() });
  try {
    Object.assign(process.env, sandbox.env);
    return [...(await profiles(sandbox, log)), ...(await clusters(sandbox, log))];
  } finally {
    await sandbox.stop();
  }
};
