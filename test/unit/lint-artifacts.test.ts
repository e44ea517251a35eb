// A table per rule of the ConfigMaps that decide where artifacts go: the launcher of Kubeflow Pipelines, and Argo's repositories.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lint } from '../../src/core/lint.ts';
import { table } from './lint-kit.ts';

const map = (name: string, data: string, metadata = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: team-vision\n${metadata}data:\n${data}`;
const indented = (text: string, by: string): string => text.replaceAll(/^(?=.)/gm, by);

const ENV = 'credentials:\n  fromEnv: true\n';
const launcher = (providers: string, root = 's3://vision-artifacts/team-vision'): string =>
  map('kfp-launcher', `  defaultPipelineRoot: ${root}\n  providers: |\n${indented(providers, '    ')}`);
const standard = (more: string): string => launcher(`s3:\n  default:\n${indented(more, '    ')}`);
const override = (more: string): string =>
  launcher(
    `s3:\n  default:\n${indented(ENV, '    ')}  overrides:\n    - region: eu-west-1\n${indented(more, '      ')}`,
  );

describe('KP-056 kfp-launcher', () => {
  table([
    { name: 'an override that is right', text: override(`bucketName: b2b\nkeyPrefix: a/\n${ENV}`), finds: [] },
    {
      name: 'overrides without default',
      text: launcher(`s3:\n  overrides:\n    - bucketName: abc\n${indented(ENV, '      ')}`),
      finds: [['KP-056', 'overrides', 'error']],
      fixed: launcher(
        `s3:\n  overrides:\n    - bucketName: abc\n${indented(ENV, '      ')}  default:\n    credentials:\n      fromEnv: true\n`,
      ),
    },
    {
      name: 'an override without credentials',
      text: override('bucketName: abc\n'),
      finds: [['KP-056', 'region', 'error']],
      fixed: override(`bucketName: abc\n${ENV}`),
    },
    {
      name: 'fromEnv in quotes in an override',
      text: override('bucketName: abc\ncredentials:\n  fromEnv: "true"\n'),
      finds: [['KP-056', '"true"', 'error']],
      fixed: override(`bucketName: abc\n${ENV}`),
    },
    {
      name: 'disableSsl, which Go takes for disableSSL, in quotes',
      text: standard(`disableSsl: "false"\n${ENV}`),
      finds: [['KP-056', '"false"', 'error']],
      fixed: standard(`disableSsl: false\n${ENV}`),
    },
    {
      name: 'names of the keys in the secret',
      text: standard('credentials:\n  secretRef:\n    secretName: a\n    accessKey: b\n    secretKey: c\n'),
      finds: [
        ['KP-056', 'accessKey', 'error'],
        ['KP-056', 'secretKey', 'error'],
      ],
      fixed: standard('credentials:\n  secretRef:\n    secretName: a\n    accessKeyKey: b\n    secretKeyKey: c\n'),
    },
    {
      name: 'settings directly under s3',
      text: launcher(`s3:\n  region: eu-west-1\n${indented(ENV, '  ')}`),
      finds: [['KP-056', 'region', 'warning']],
      fixed: launcher(`s3:\n  default:\n    region: eu-west-1\n${indented(ENV, '    ')}`),
    },
    {
      name: 'an override that no root matches',
      text: override(`bucketName: s3://vision-models\nkeyPrefix: /models\n${ENV}`),
      finds: [
        ['KP-056', 's3://vision-models', 'warning'],
        ['KP-056', '/models', 'warning'],
      ],
      fixed: override(`bucketName: vision-models\nkeyPrefix: models\n${ENV}`),
    },
    {
      name: 'settings of minio beside a root on S3',
      text: launcher(`minio:\n  default:\n${indented(ENV, '    ')}`),
      finds: [['KP-056', 'minio', 'warning']],
    },
    {
      name: 'settings of minio beside a root there',
      text: launcher(`minio:\n  default:\n${indented(ENV, '    ')}`, 'minio://mlpipeline/v2'),
      finds: [['KP-055', 'minio://mlpipeline/v2']],
    },
    {
      name: 'a root with a query',
      text: launcher(`s3:\n  default:\n${indented(ENV, '    ')}`, 's3://vision-artifacts/a?region=eu-west-1'),
      finds: [['KP-056', 'providers', 'warning']],
    },
    {
      name: 'endpoint and region that disagree',
      text: standard(`endpoint: s3.eu-west-1.amazonaws.com\nregion: us-west-2\n${ENV}`),
      finds: [['KP-056', 'us-west-2', 'error']],
    },
    {
      name: 'a zone in the place of a region',
      text: standard(`region: eu-west-1a\n${ENV}`),
      finds: [['KP-056', 'eu-west-1a', 'error']],
      fixed: standard(`region: eu-west-1\n${ENV}`),
    },
    {
      name: 'an endpoint with a scheme, which KFP takes',
      text: standard(`endpoint: https://s3.eu-west-1.amazonaws.com\n${ENV}`),
      finds: [],
    },
    {
      name: 'a service account of that name, which is no ConfigMap',
      text: override('bucketName: abc\n').replace('kind: ConfigMap', 'kind: ServiceAccount'),
      finds: [],
    },
  ]);
});

const s3 = (...lines: string[]): string => `s3:\n${lines.map((line) => `  ${line}\n`).join('')}`;
const SOUND = ['endpoint: s3.amazonaws.com', 'bucket: vision-artifacts', 'region: eu-west-1', 'useSDKCreds: true'];
const controller = (repository: string, name = 'workflow-controller-configmap'): string =>
  map(name, `  artifactRepository: |\n${indented(repository, '    ')}`);
const repositories = (key: string, repository: string): string =>
  map(
    'artifact-repositories',
    `  ${key}: |\n${indented(repository, '    ')}`,
    '  annotations:\n    workflows.argoproj.io/default-artifact-repository: default-namespaced\n',
  );

describe("KP-058 Argo's repository", () => {
  const [endpoint = '', bucket = '', region = '', sdk = ''] = SOUND;
  table([
    { name: 'right', text: controller(s3(...SOUND)), finds: [] },
    ...[
      's3.dualstack.eu-west-1',
      's3-fips.eu-west-1',
      's3.eu-west-1',
      's3-eu-west-1',
      'bucket.vpce-0a.s3.eu-west-1.vpce',
    ].map((host) => ({
      name: `right, ${host}`,
      text: controller(s3(`endpoint: ${host}.amazonaws.com`, bucket, region, sdk)),
      finds: [],
    })),
    {
      name: 'no endpoint',
      text: controller(s3(bucket, region, sdk)),
      finds: [['KP-058', 'bucket', 'error']],
      fixed: controller(s3(bucket, region, sdk, endpoint)),
    },
    {
      name: 'a default that is not there',
      text: repositories('default', s3(...SOUND)),
      finds: [['KP-058', 'default-namespaced', 'error']],
      fixed: repositories('default', s3(...SOUND)).replace('repository: default-namespaced', 'repository: default'),
    },
    { name: 'a default that is there', text: repositories('default-namespaced', s3(...SOUND)), finds: [] },
    {
      name: 'a second artifactRepository',
      text: repositories('default-namespaced', `artifactRepository:\n${indented(s3(...SOUND), '  ')}`),
      finds: [['KP-058', 'artifactRepository', 'error']],
    },
    {
      name: 'wrong types',
      text: controller(
        s3(
          endpoint,
          bucket,
          region,
          'useSDKCreds: "true"',
          'insecure: "false"',
          'keyFormat: {a: b}',
          'accessKeySecret: a',
        ),
      ),
      finds: [
        ['KP-058', '"true"', 'error'],
        ['KP-058', '"false"', 'error'],
        ['KP-058', 'keyFormat', 'error'],
        ['KP-058', 'accessKeySecret', 'warning'],
        ['KP-058', 'a', 'error'],
      ],
      fixed: controller(s3(endpoint, bucket, region, 'useSDKCreds: true', 'insecure: false', 'keyFormat: {a: b}')),
    },
    {
      name: 'an address for a bucket',
      text: controller(s3(endpoint, 'bucket: s3://vision-artifacts', region, sdk)),
      finds: [['KP-058', 's3://vision-artifacts', 'error']],
      fixed: controller(s3(...SOUND)),
    },
    {
      name: 'a zone for a region',
      text: controller(s3(endpoint, bucket, 'region: eu-west-1b', sdk)),
      finds: [['KP-058', 'eu-west-1b', 'error']],
      fixed: controller(s3(...SOUND)),
    },
    {
      name: 'an endpoint with a scheme',
      text: controller(s3('endpoint: https://s3.amazonaws.com', bucket, region, sdk)),
      finds: [['KP-058', 'https://s3.amazonaws.com', 'error']],
      fixed: controller(s3(...SOUND)),
    },
    {
      name: 'endpoint and region that disagree',
      text: controller(s3('endpoint: s3.us-east-2.amazonaws.com', bucket, region, sdk)),
      finds: [['KP-058', 'eu-west-1', 'error']],
    },
    {
      name: 'a role that is none',
      text: controller(s3(...SOUND, 'roleARN: team-vision')),
      finds: [['KP-007', 'team-vision', 'error']],
    },
    {
      name: 'keys in a ConfigMap of another name',
      text: map(
        'workflows-artifact-repository',
        `  v2-s3: |\n${indented(s3(endpoint, bucket, region, 'accessKeySecret: { name: a, key: b }'), '    ')}`,
      ),
      finds: [['KP-058', 'accessKeySecret', 'warning']],
      fixed: map('workflows-artifact-repository', `  v2-s3: |\n${indented(s3(...SOUND), '    ')}`),
    },
    {
      name: 'keys in the ConfigMap of a chart',
      text: controller(
        s3(endpoint, bucket, region, 'accessKeySecret: { name: a, key: b }'),
        'a-workflow-controller-configmap',
      ),
      finds: [['KP-058', 'accessKeySecret', 'warning']],
      fixed: controller(s3(...SOUND), 'a-workflow-controller-configmap'),
    },
    {
      name: 'values that others complete',
      text: 'artifactRepository:\n  s3:\n    bucket: vision-artifacts\n',
      finds: [],
    },
    ...[
      ['$(artifact-endpoint)', 0],
      ['"${HOST}:${PORT}"', 0],
      ['minio.$(namespace):9000', 1],
    ].map(([host, finds]) => ({
      name: `keys for ${host}`,
      text: controller(s3(`endpoint: ${host}`, bucket, 'accessKeySecret: { name: a, key: b }')),
      finds: finds === 1 ? [['KP-058', String(host), 'information'] as const] : [],
    })),
    { name: 'another store', text: controller(s3('endpoint: minio:9000', 'bucket: my_bucket')), finds: [] },
  ]);
  const CLUSTER = 'the object store in the cluster';
  for (const [host, where] of [
    ['minio:9000', CLUSTER],
    ['minio.minio:9000', CLUSTER],
    ['minio.minio.svc:9000', CLUSTER],
    ['minio.minio.svc.cluster.local', CLUSTER],
    ['objects.minio.internal:443/path', CLUSTER],
    ['eu1.objects.example', 'another object store'],
    ['https://eu1.objects.example:443', 'another object store'],
    ['objects.<REGION>.example.com', 'another object store'],
  ] as const)
    test(`where keys lead to: ${host}`, () => {
      const text = controller(s3(`endpoint: "${host}"`, 'bucket: b-b', 'accessKeySecret: { name: a, key: b }'));
      const told = lint(text).map(({ message }) => message);
      assert.equal(told.at(-1), `Artifacts and logs of version 1 pipelines go to ${where}, with its keys, not to S3.`);
    });
  test('the scheme that is too much is named as it is written', () => {
    const told = (host: string): string | undefined =>
      lint(controller(s3(`endpoint: ${host}`, 'bucket: b-b')))[0]?.message;
    assert.match(told('http://minio:9000') ?? '', /without http:\/\/ \(/);
    assert.match(told('https://minio:9000') ?? '', /without https:\/\/ \(/);
  });
});
