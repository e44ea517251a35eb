/** A sandbox that varies by a seed: what a caller meets of it, and that nothing gets lost in small pages. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DescribeClusterCommand, EKSClient, ListClustersCommand } from '@aws-sdk/client-eks';
import { GetAccountAuthorizationDetailsCommand, IAMClient } from '@aws-sdk/client-iam';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { variationOf } from '../../sandbox/variation.ts';
import { connectAws } from '../../src/aws/index.ts';
import { valueOf } from '../../src/core/reading.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';

const VARIATION = variationOf(3);
const NOBODY = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] };
let sandbox: Sandbox;

before(async () => {
  sandbox = await startSandbox({
    withoutAnalytics: true,
    variation: VARIATION,
    roles: Array.from({ length: 20 }, (_, index) => ({ name: `many-${index}`, trust: NOBODY, policies: {} })),
  });
  Object.assign(process.env, sandbox.env);
});
after(() => sandbox.stop());

const config = () => ({ region: sandbox.region, endpoint: sandbox.endpoint });

test('AWS says its own time, and gives pages no larger than the seed says', async () => {
  const answer = await fetch(sandbox.endpoint);
  const ahead = Date.parse(answer.headers.get('date') ?? '') - Date.now();
  assert.ok(Math.abs(ahead - VARIATION.clockMs) < 60_000, `${ahead} ms ahead, not ${VARIATION.clockMs}`);
  const page = await new IAMClient(config()).send(new GetAccountAuthorizationDetailsCommand({ Filter: ['Role'] }));
  assert.equal(page.RoleDetailList?.length, VARIATION.pageOf('iam:GetAccountAuthorizationDetails'));
  assert.equal(page.IsTruncated, true);
  const clusters = await new EKSClient(config()).send(new ListClustersCommand({ maxResults: 1 }));
  assert.equal(clusters.clusters?.length, 1);
});

test('objects of a prefix are all counted, however small the pages of S3 are', async () => {
  const bucket = `kubeflow-artifacts-${sandbox.account}`;
  const store = connectAws({ region: sandbox.region }).objects(bucket, sandbox.region);
  const keys = Array.from({ length: 17 }, (_, index) => `pages/${String(index).padStart(2, '0')}`);
  for (const key of keys) await store.put(key, 'x');
  const page = await new S3Client({ ...config(), forcePathStyle: true }).send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: 'pages/', MaxKeys: 16 }),
  );
  assert.equal(page.Contents?.length, VARIATION.pageOf('s3:ListObjectsV2'));
  assert.deepEqual(await store.list('pages/', 16), keys.slice(0, 16));
  assert.deepEqual(await store.list('pages/', 100), keys);
});

test('a list of Kubernetes comes whole in small pages, once its calls are met', async () => {
  await sandbox.meetCalls('kubeflow-dev');
  const { cluster } = await new EKSClient(config()).send(new DescribeClusterCommand({ name: 'kubeflow-dev' }));
  assert.notEqual(cluster?.endpoint, sandbox.clusters.kubeflowDev.endpoint);
  const aws = connectAws({ region: sandbox.region });
  const known = valueOf(await aws.cluster('kubeflow-dev'));
  assert.ok(known);
  const kubernetes = await kubernetesConnector({ kubeconfig: '/dev/null' })(known, aws);
  sandbox.resetCalls();
  const items = valueOf(await kubernetes.list('namespaces'))?.items ?? [];
  assert.ok(items.length > VARIATION.pageOf('list namespaces'));
  assert.equal(sandbox.calls()['list namespaces'], Math.ceil(items.length / VARIATION.pageOf('list namespaces')));
});
