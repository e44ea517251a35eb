/**
 * The tree at scale, on real parts: many clusters in many regions with 20 ms more for each call of AWS, and many profiles in
 * one cluster. What is measured is what the tree does (explorer/tree.ts): names of all regions at once, ten descriptions at a
 * time for each; lists of the whole cluster, roles in bulk, each profile judged.
 */
import { CreateClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { connectAws } from '../../src/aws/index.ts';
import { judgeProfile } from '../../src/core/checks/profile.ts';
import {
  AUDIENCE,
  permissionsPolicy,
  policyText,
  providerArn,
  roleArn,
  trustPolicy,
} from '../../src/core/policy/build.ts';
import { newProfile, ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import { valueOf } from '../../src/core/reading.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { clusterEstate, limiter, patiently, rolesOf } from '../../src/provisioning/estate.ts';
import { milliseconds, type Bench, type Row } from './measure.ts';

const CLUSTERS = 500;
const LATENCY = 20;
const PROFILES = Number(process.env['BENCH_PROFILES'] ?? 5_000);
/** EKS regions of the `aws` partition. */
const REGIONS = [
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'sa-east-1', 'eu-central-1', 'eu-west-1'],
  ...['eu-west-2', 'eu-west-3', 'eu-north-1', 'eu-south-1', 'ap-south-1', 'ap-northeast-1', 'ap-northeast-2'],
  ...['ap-northeast-3', 'ap-southeast-1', 'ap-southeast-2', 'ap-east-1', 'me-south-1'],
];

/** `action` for 0 to `count`, four at a time: moto answers more with errors. */
async function many(count: number, action: (index: number) => Promise<unknown>): Promise<void> {
  const atOnce = limiter(4);
  await Promise.all(Array.from({ length: count }, (_, index) => atOnce(() => action(index))));
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
  sandbox.resetCalls();
  const started = performance.now();
  let first = Infinity;
  let described = 0;
  await Promise.all(
    REGIONS.map(async (region) => {
      const aws = connectAws({ region });
      const names = valueOf(await patiently(() => aws.clusterNames())) ?? [];
      if (names.length > 0) first = Math.min(first, performance.now() - started);
      const atOnce = limiter(10);
      await Promise.all(
        names.map((name) =>
          atOnce(async () => {
            if ((await patiently(() => aws.cluster(name))).state === 'found') described += 1;
          }),
        ),
      );
    }),
  );
  const all = performance.now() - started;
  sandbox.control({ latencyMs: 0 });
  const calls = sandbox.calls();
  const lists = calls['eks:ListClusters'] ?? 0;
  return [
    {
      what: 'explorer: first clusters of 20 regions',
      value: milliseconds([first]),
      goal: '<= 300 ms',
      met: first <= 300,
    },
    {
      what: `explorer: ${described} clusters described`,
      value: milliseconds([all]),
      goal: '<= 3000 ms',
      met: all <= 3_000,
    },
    {
      what: 'explorer: calls for it',
      value: `${lists} pages, ${calls['eks:DescribeCluster'] ?? 0} descriptions`,
      goal: 'pages and what is shown',
      met: lists <= REGIONS.length * 2 && calls['eks:DescribeCluster'] === described,
    },
  ];
}

const CRD = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/profiles.kubeflow.org';

async function profiles(sandbox: Sandbox, log: (line: string) => void): Promise<Row[]> {
  // On the cluster without Kubeflow, so that no controller is in the way of making them.
  const { kubeflowDev, analytics } = sandbox.clusters;
  const { spec, apiVersion, kind } = await kubeflowDev.kube.request<{
    spec: unknown;
    apiVersion: string;
    kind: string;
  }>('GET', CRD);
  await analytics.kube.apply(CRD, { apiVersion, kind, metadata: { name: 'profiles.kubeflow.org' }, spec });
  const iam = new IAMClient({});
  const provider = providerArn('aws', sandbox.account, analytics.issuer);
  await connectAws({ region: analytics.region }).createOidcProvider(analytics.issuer, AUDIENCE, {});
  log(`Making ${PROFILES} profiles with their roles …`);
  await many(PROFILES, async (index) => {
    const name = `team-${index}`;
    const arn = roleArn('aws', sandbox.account, `${name}-role`);
    const metadata = { name: 'default-editor', namespace: name, annotations: { [ROLE_ANNOTATION]: arn } };
    await analytics.kube.apply(
      `/apis/kubeflow.org/v1/profiles/${name}`,
      newProfile(name, `${name}@example.com`, arn, true) as never,
    );
    await analytics.kube.apply(`/api/v1/namespaces/${name}`, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, annotations: { owner: `${name}@example.com` } },
    });
    await analytics.kube.apply(`/api/v1/namespaces/${name}/serviceaccounts/default-editor`, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata,
    });
    await iam.send(
      new CreateRoleCommand({
        RoleName: `${name}-role`,
        AssumeRolePolicyDocument: policyText(trustPolicy(provider, analytics.issuer, name)),
      }),
    );
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: `${name}-role`,
        PolicyName: 'kf-pipeline-s3',
        PolicyDocument: policyText(permissionsPolicy('aws', 'kubeflow-artifacts', name, 'prefix')),
      }),
    );
  });
  const aws = connectAws({ region: analytics.region });
  const cluster = valueOf(await aws.cluster(analytics.name));
  if (cluster === undefined) throw new Error('The cluster is gone.');
  const kubernetes = await kubernetesConnector({ kubeconfig: '/dev/null' })(cluster, aws);
  let complete: (() => void) | undefined;
  const settled = new Promise<void>((resolve) => (complete = resolve));
  const estate = clusterEstate(cluster, aws, kubernetes, rolesOf(aws), () => complete?.());
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed;
  sandbox.resetCalls();
  let stall = 0;
  let last = performance.now();
  const pulse = setInterval(() => {
    stall = Math.max(stall, performance.now() - last - 5);
    last = performance.now();
  }, 5);
  const started = performance.now();
  const names = valueOf(await estate.load()) ?? [];
  const listed = performance.now() - started;
  await settled;
  const roles = performance.now() - started;
  clearInterval(pulse);
  globalThis.gc?.();
  const each = (process.memoryUsage().heapUsed - heap) / 1024 / Math.max(names.length, 1);
  const judging = performance.now();
  let right = 0;
  for (const name of names) {
    const readings = estate.readings(name);
    if (readings !== undefined && judgeProfile(readings, undefined, Date.now()).state !== 'reading') right += 1;
  }
  const judged = performance.now() - judging;
  const calls = sandbox.calls();
  estate.close();
  return [
    {
      what: `explorer: ${names.length} profiles listed`,
      value: milliseconds([listed]),
      goal: '<= 500 ms',
      met: listed <= 500,
    },
    { what: 'explorer: and their roles read', value: milliseconds([roles]) },
    {
      what: 'explorer: calls of IAM for them',
      value: JSON.stringify(Object.fromEntries(Object.entries(calls).filter(([call]) => call.startsWith('iam:')))),
      goal: 'no call per role',
      met: (calls['iam:GetRole'] ?? 0) === 0,
    },
    { what: 'explorer: longest stall while reading', value: milliseconds([stall]), goal: '<= 50 ms', met: stall <= 50 },
    { what: 'explorer: heap a profile', value: `${each.toFixed(1)} KB`, goal: '<= 20 KB', met: each <= 20 },
    { what: `explorer: ${right} profiles judged`, value: `${milliseconds([judged])}, in portions of 15 ms` },
  ];
}

export const bench: Bench = async (log) => {
  const sandbox = await startSandbox();
  try {
    Object.assign(process.env, sandbox.env);
    return [...(await clusters(sandbox, log)), ...(await profiles(sandbox, log))];
  } finally {
    await sandbox.stop();
  }
};
