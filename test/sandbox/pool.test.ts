// The pool: who gets ground that another sandbox had sees nothing of it, however that one ended.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CreateRoleCommand, DeleteRolePolicyCommand, IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { POOL_VARIABLE, startPool } from '../../sandbox/lease.ts';
import { profileManifest } from '../../sandbox/seed.ts';

const PROFILES = '/apis/kubeflow.org/v1/profiles';
const WHERE = [
  ...['/api/v1/namespaces', '/api/v1/serviceaccounts', '/api/v1/configmaps', '/api/v1/secrets', '/api/v1/pods'],
  ...[PROFILES, '/apis/apps/v1/deployments', '/apis/security.istio.io/v1/authorizationpolicies'],
  ...['/apis/rbac.authorization.k8s.io/v1/rolebindings', '/apis/rbac.authorization.k8s.io/v1/clusterroles'],
  '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
];

const PODS = '/api/v1/namespaces/team-a/pods';
const POD = { metadata: { name: 'one' }, spec: { containers: [{ name: 'one', image: 'one' }] } };

let pool: Awaited<ReturnType<typeof startPool>>;
const others = process.env[POOL_VARIABLE];
before(async () => {
  // Of its own, which has no other ground than this one.
  pool = await startPool();
  process.env[POOL_VARIABLE] = pool.url;
});
after(async () => {
  process.env[POOL_VARIABLE] = others;
  await pool.end();
});

/** All that there is, but for the number of the change that made it so. */
async function everything({ clusters, endpoint, credentials }: Sandbox): Promise<object> {
  const { kube } = clusters.kubeflowDev;
  const lists = WHERE.map(async (where) => {
    const { items } = await kube.request<{ items: { metadata: { resourceVersion?: string } }[] }>('GET', where);
    for (const { metadata } of items) delete metadata.resourceVersion;
    return [where, items] as const;
  });
  const iam = new IAMClient({ region: 'us-east-1', endpoint, credentials: credentials['sandbox-admin'] });
  const { Roles = [] } = await iam.send(new ListRolesCommand({}));
  return { ...Object.fromEntries(await Promise.all(lists)), roles: Roles.map(({ RoleName }) => RoleName).sort() };
}

const processes = async (columns: string): Promise<readonly string[]> =>
  (await promisify(execFile)('ps', ['-eo', columns], { maxBuffer: 2 ** 24 })).stdout.split('\n');
/** Whether the API server of an endpoint is stopped (state T of ps). */
const isAsleep = async (endpoint: string): Promise<boolean> =>
  (await processes('stat=,args=')).some(
    (line) => line.startsWith('T') && line.includes(`--secure-port=${new URL(endpoint).port}`),
  );
/** The process id of the controller manager that works for the API server of an endpoint. */
async function controllerManagerOf(endpoint: string): Promise<number> {
  for (const line of await processes('pid=,args=')) {
    const kubeconfig = /kube-controller-manager --kubeconfig=(\S+)/.exec(line)?.[1];
    const text = kubeconfig && (await readFile(kubeconfig, 'utf8').catch(() => undefined));
    if (text?.includes(endpoint)) return Number.parseInt(line);
  }
  throw new Error(`There is no controller manager for ${endpoint}.`);
}

async function change(sandbox: Sandbox): Promise<void> {
  const { clusters, endpoint, credentials } = sandbox;
  const { kube } = clusters.kubeflowDev;
  const iam = new IAMClient({ region: 'us-east-1', endpoint, credentials: credentials['sandbox-admin'] });
  await iam
    .send(
      new CreateRoleCommand({ RoleName: 'left', AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}' }),
    )
    .catch(() => undefined);
  await iam.send(new DeleteRolePolicyCommand({ RoleName: 'team-a-kubeflow-dev-role', PolicyName: 'kf-pipeline-s3' }));
  await kube.apply(`${PROFILES}/left`, profileManifest('left', 'left@example.com', 'left'));
  await kube.request('DELETE', `${PROFILES}/team-a`);
  await kube.request(
    'PATCH',
    '/api/v1/namespaces/team-b/configmaps/kfp-launcher',
    { data: { defaultPipelineRoot: 's3://left' } },
    'application/merge-patch+json',
  );
  await sandbox.changeKubeflow({ people: 'cognito', podDefaults: 'after' });
  // Into the middle of what the controllers do.
  for (const end = Date.now() + 30_000; (await kube.find('/api/v1/namespaces/left')) === undefined; await sleep(20))
    assert.ok(Date.now() < end);
}

test('a second sandbox finds what the first one found, and its profiles live as before', async () => {
  const first = await startSandbox({ withoutAnalytics: true });
  const found = await everything(first);
  await change(first);
  const { endpoint } = first.clusters.kubeflowDev;
  await first.stop();

  const second = await startSandbox({ withoutAnalytics: true });
  try {
    assert.equal(second.clusters.kubeflowDev.endpoint, endpoint, 'it is the same ground');
    assert.deepEqual(await everything(second), found);
    // The garbage collector knows again whose they are: nothing goes that has its owner, and what loses it goes.
    await sleep(1_500);
    assert.deepEqual(await everything(second), found);
    const { kube } = second.clusters.kubeflowDev;
    await kube.request('DELETE', `${PROFILES}/team-a`);
    for (const end = Date.now() + 30_000; await kube.find('/api/v1/namespaces/team-a'); await sleep(50))
      assert.ok(Date.now() < end, 'the namespace is still there');
  } finally {
    await second.stop();
  }
});

test('and so does one after a process that was killed; `analytics` answers who wants it', async () => {
  const index = path.join(import.meta.dirname, '..', '..', 'sandbox', 'index.ts');
  const code = `
    const { startSandbox } = await import(${JSON.stringify(`file://${index}`)});
    const { clusters: { kubeflowDev: { kube } } } = await startSandbox({ withoutAnalytics: true });
    await kube.request('DELETE', '${PROFILES}/team-b');
    const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'left' }, spec: { hard: { pods: '0' } } };
    await kube.apply('/api/v1/namespaces/team-a/resourcequotas/left', quota);
    // The API server takes a moment to see it.
    const isRefused = () =>
      kube.request('POST', '${PODS}?dryRun=All', ${JSON.stringify(POD)}).then(() => false, () => true);
    for (const end = Date.now() + 60_000; !(await isRefused());) if (Date.now() > end) process.exit(1);
    process.kill(process.pid, 'SIGKILL');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: 'inherit' });
  assert.equal(await new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal))), 'SIGKILL');

  const sandbox = await startSandbox();
  try {
    const { kubeflowDev, analytics } = sandbox.clusters;
    assert.ok(await kubeflowDev.kube.find(`${PROFILES}/team-b`));
    // No quota is remembered either.
    await kubeflowDev.kube.request('POST', PODS, POD);
    assert.equal((await analytics.kube.find('/api/v1/namespaces/default'))?.metadata.name, 'default');
    // It answers again for who comes next.
    await sandbox.killApiServer('analytics');
    await assert.rejects(analytics.kube.find('/readyz'));
  } finally {
    await sandbox.stop();
  }
  const { endpoint } = sandbox.clusters.analytics;
  for (const end = Date.now() + 30_000; !(await isAsleep(endpoint)); await sleep(50))
    assert.ok(Date.now() < end, 'an API server that nobody uses stands still');
  const next = await startSandbox();
  try {
    assert.equal(next.clusters.analytics.endpoint, endpoint, 'it is the same ground');
    assert.ok(await next.clusters.analytics.kube.find('/api/v1/namespaces/default'));
  } finally {
    await next.stop();
  }
});

test('a controller manager that ends is started again, as a kubelet does', async () => {
  const sandbox = await startSandbox({ withoutAnalytics: true });
  try {
    const { endpoint, kube } = sandbox.clusters.kubeflowDev;
    process.kill(await controllerManagerOf(endpoint), 'SIGKILL');
    await kube.request('DELETE', `${PROFILES}/team-a`);
    for (const end = Date.now() + 60_000; await kube.find('/api/v1/namespaces/team-a'); await sleep(50))
      assert.ok(Date.now() < end, 'the namespace is still there');
  } finally {
    await sandbox.stop();
  }
});
