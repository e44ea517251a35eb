// All that is said of where artifacts go: in files, of settings with one slip each; in a cluster, of buckets, keys, VPC endpoints and the
// organization that stand in the way. Kept in test/fixtures/told/places.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LintOptions } from '../../src/core/lint.ts';
import { lint, lintFolder } from '../../src/core/lint.ts';
import { liveBucket, liveKey, liveTls } from '../../src/core/modes/artifacts/bucket.ts';
import { liveRepository, liveServers } from '../../src/core/modes/artifacts/live.ts';
import { liveAbove } from '../../src/core/modes/permissions/above.ts';
import { liveEndpoints } from '../../src/core/modes/permissions/endpoints.ts';
import { liveOrganization, organizationUnjudged } from '../../src/core/modes/permissions/organization.ts';
import type { Problem } from '../../src/core/modes/problem.ts';
import { BUCKET, configMap, grant, policy, profile, right, role, ROLE } from '../../src/core/modes/samples.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import { distance, meant, nearest } from '../../src/core/near.ts';
import type { BucketSeen, GuardLevel, KmsKey, VpcEndpoint } from '../../src/core/observation.ts';
import { absent, denied, found } from '../../src/core/reading.ts';
import { said } from './lines.ts';
import { asKept } from './told.ts';

const table = (rows: readonly (readonly [name: string, lines: readonly string[]])[]): readonly string[] =>
  rows.flatMap(([name, lines]) => [name.replaceAll('\n', '⏎'), ...lines.map((line) => `    ${line}`)]);
const linted = (text: string, options: LintOptions = {}): readonly string[] =>
  lint(text, { language: 'yaml', ...options }).map((one) => said('', text, one).slice(2));
const indented = (text: string, by: number): string => text.replaceAll('\n', `\n${' '.repeat(by)}`);

describe('files', () => {
  const S3 = 'bucket: team-a-data\nendpoint: s3.amazonaws.com';
  const REPOSITORIES = [
    S3,
    `${S3}\nuseSDKCreds: true`,
    ...['"true"', '"yes"', '1', 'null', '[]', '{}', 'false', '{{ x }}', '"${X}"'].flatMap((value) => [
      `${S3}\nuseSDKCreds: ${value}\naccessKeySecret: { name: a, key: b }\nsecretKeySecret: { name: a, key: c }`,
      `${S3}\ninsecure: ${value}`,
    ]),
    ...['1', 'true', '"x"', '[a]', '{ a: b }', 'null', '""'].flatMap((value) => [
      `bucket: ${value}\nendpoint: s3.amazonaws.com`,
      `bucket: team-a-data\nendpoint: ${value}\nregion: us-west-2`,
      `${S3}\nregion: ${value}`,
      `${S3}\naccessKeySecret: ${value}`,
      `${S3}\nkeyFormat: ${value}`,
      `${S3}\nroleARN: ${value}`,
    ]),
    'bucket: team-a-data',
    'bucket: team-a-data\nuseSDKCreds: true',
    'bucket: team-a-data\nregion: us-west-2',
    'bucket: team-a-data\nregion: somewhere',
    'bucket: team-a-data\naccessKeySecret: { name: a, key: b }',
    ...[
      'https://s3.amazonaws.com',
      'http://minio:9000/',
      'https://s3.amazonaws.com/x',
      'minio-service.kubeflow:9000',
      's3.us-west-2.amazonaws.com',
      '${HOST}',
    ].flatMap((endpoint) => [
      `bucket: Team_A\nendpoint: ${endpoint}\naccessKeySecret: { name: a, key: b }\ninsecure: true`,
      `bucket: s3://team-a-data/\nendpoint: ${endpoint}\nregion: eu-west-1`,
    ]),
    ...['s3://team-a-data', 's3://team-a-data/x', 'team-a-data/x', 'Team', 'a', '${B}'].map(
      (bucket) => `bucket: ${bucket}`,
    ),
    ...['us-west-2a', 'us-west-2g', 'eu-west-1', 'us-west-2', 'US-WEST-2', 'x', '${R}', 'us-west-2'].flatMap((region) =>
      [
        's3.us-west-2.amazonaws.com',
        'bucket.s3.dualstack.us-west-2.amazonaws.com',
        's3-fips.us-west-2.amazonaws.com',
        'vpce-1.s3.us-west-2.vpce.amazonaws.com',
        'xs3.us-west-2.amazonaws.com',
      ].map((endpoint) => `bucket: team-a-data\nendpoint: ${endpoint}\nregion: ${region}`),
    ),
    ...[ROLE, 'x', `${ROLE} `, '${ROLE}', 'arn:aws:iam::111122223333:user/x'].map((one) => `${S3}\nroleARN: "${one}"`),
  ];
  const inMap = (data: string, more = '', name = 'artifact-repositories'): string =>
    configMap(name, data).replace('namespace: team-a\n', `namespace: team-a\n${more}`);
  test('repositories', () =>
    asKept(
      'places/repositories',
      table(REPOSITORIES.map((s3) => [s3, linted(inMap(`default: |\n  s3:\n    ${indented(s3, 4)}`))])),
    ));
  const named = (key: string): string =>
    `  annotations:\n    workflows.argoproj.io/default-artifact-repository: ${key}\n`;
  const GOOD = 'one: |\n  s3: { bucket: team-a-data, endpoint: s3.amazonaws.com }';
  const MAPS: Readonly<Record<string, string>> = {
    'the key is there': inMap(GOOD, named('one')),
    'another is': inMap(GOOD, named('other')),
    'two others are': inMap(`${GOOD}\ntwo: |\n  s3: { bucket: b-two, endpoint: s3.amazonaws.com }`, named('other')),
    'a key to be replaced': inMap(GOOD, named('"${KEY}"')),
    'an empty name': inMap(GOOD, named('""')),
    'a key of a template': inMap(GOOD.replace('one', '"{{ .key }}"'), named('other')),
    'no YAML': inMap('one: "s3: ["'),
    'no YAML, with a hole': inMap('one: "{{ .x }}: ["'),
    'a text': inMap('one: x'),
    'no s3': inMap('one: |\n  gcs: { bucket: x }'),
    'artifactRepository within': inMap(
      'one: |\n  artifactRepository:\n    s3: { bucket: A_b, endpoint: s3.amazonaws.com }',
    ),
    'artifactRepository beside': inMap(
      'one: |\n  artifactRepository: {}\n  s3: { bucket: A_b, endpoint: s3.amazonaws.com }',
    ),
    'of the controller': inMap(
      'artifactRepository: |\n  s3: { bucket: A_b, endpoint: s3.amazonaws.com }',
      '',
      'workflow-controller-configmap',
    ),
    'of the controller, within': inMap(
      'artifactRepository: |\n  artifactRepository:\n    s3: { bucket: A_b, endpoint: s3.amazonaws.com }',
      '',
      'workflow-controller-configmap',
    ),
    'in config': inMap(
      'config: |\n  artifactRepository:\n    s3: { bucket: A_b, endpoint: s3.amazonaws.com }',
      '',
      'workflow-controller-configmap',
    ),
    'in config, not within': inMap(
      'config: |\n  s3: { bucket: A_b, endpoint: s3.amazonaws.com }',
      '',
      'workflow-controller-configmap',
    ),
    'of no map that counts': inMap(GOOD.replace('team-a-data', 'A_b'), '', 'other'),
    'no data': inMap(GOOD).replace(/data:[^]*/, 'data: x\n'),
  };
  test('maps', () => asKept('places/maps', table(Object.entries(MAPS).map(([name, text]) => [name, linted(text)]))));
  test('maps that are patches', () =>
    asKept(
      'places/patches',
      table(
        Object.entries(MAPS).map(([name, text]) => [
          name,
          linted(text.replace('kind: ConfigMap', 'kind: ConfigMap\n$patch: merge')),
        ]),
      ),
    ));
  const VALUES = [
    'useSDKCreds: true\n    bucket: team-a-data',
    'useSDKCreds: true\n    bucket: "${B}"',
    'bucket: team-a-data',
    'useSDKCreds: "true"\n    bucket: Team_A\n    endpoint: https://s3.amazonaws.com',
  ];
  test('values', () =>
    asKept(
      'places/values',
      table(
        ['values.yaml', 'templates/x.yaml', 'x.yaml'].flatMap((file) =>
          VALUES.map((s3) => [`${file}: ${s3}`, linted(`artifactRepository:\n  s3:\n    ${s3}\n`, { file })] as const),
        ),
      ),
    ));
  const ROOTS = [
    ...[
      's3://team-a-data/v2',
      's3://',
      's3:///x',
      's3://Team/x',
      's3://a/x',
      's3://a.b..c/x',
      's3://team-a-data?region=x',
      'minio://mlpipeline/v2',
      'gs://x',
      's3:team-a-data/x',
      's3:/team-a-data',
    ],
    ...['team-a-data/x', '/x', 'S3://x', 'x:y', '""', 'null', '"${ROOT}"', 's3://${B}/x', '{{ .x }}', '1', '[]'],
  ];
  const CONTEXTS = {
    'nothing known': {},
    'a bucket': { bucket: 'my-bucket' },
    'a bucket and a patch': { bucket: 'my-bucket' },
  };
  const launcher = (data: string): string => configMap('kfp-launcher', data);
  test('roots', () =>
    asKept(
      'places/roots',
      Object.entries(CONTEXTS).flatMap(([name, context]) => [
        `# ${name}`,
        ...table(
          [...ROOTS.map((root) => `defaultPipelineRoot: ${root}`), 'x: y', 'providers: ""'].map((data) => [
            data,
            linted(launcher(data), { context, ...(name.endsWith('patch') ? { file: 'patch.yaml' } : {}) }),
          ]),
        ),
      ]),
    ));
  const PROVIDERS = [
    ...[
      'null',
      '""',
      'x',
      '[]',
      '1',
      '{ s3: { default: { credentials: { fromEnv: true } } } }',
      '"{{ .x }}"',
      '"s3: ["',
      '|\n  ${X}',
      '\n  s3:\n    default: {}\n  # a comment',
    ],
    ...['s3', 'minio', 'gs', 'S3', 'gcs', 'GCS', 'azure', 'Minio'].map(
      (name) => `|\n  ${name}:\n    default: { credentials: {} }`,
    ),
    ...[
      'default: null',
      'default: x',
      'Default: {}',
      'default: { Credentials: null }',
      'default: { credentials: x }',
      'default: { credentials: { fromEnv: false } }',
      'default: { credentials: { FROMENV: true } }',
    ],
    ...[
      'default: { credentials: { secretRef: { secretName: a, accessKey: b, secretKey: c } } }',
      'default: { credentials: { fromEnv: true, secretRef: { accessKey: b } } }',
      'default: { credentials: { secretRef: { accessKey: b, accessKeyKey: c } } }',
    ],
    ...['"true"', '"False "', 'yes', '1', '[]', '{}', '"${X}"', 'null'].flatMap((value) => [
      `default: { disableSSL: ${value}, credentials: { fromEnv: ${value} } }`,
      `default: { forcePathStyle: ${value}, credentials: { fromEnv: true } }`,
    ]),
    ...[
      'endpoint: x',
      'endpoint: x\n    region: y\n    credentials: { fromEnv: true }',
      'endpoint: x\n    default: { credentials: { fromEnv: true } }\n    region: y',
      'endpoint: x\n    other: y\n    region: z',
      'MaxRetries: 1',
    ],
    ...[
      'overrides: []',
      'overrides: x',
      'overrides: [{ credentials: { fromEnv: true } }]',
      'default: null\n    overrides: [x, { bucketName: b, credentials: {} }]',
      'Overrides: [{ BucketName: b }]',
    ],
    ...['s3://b', 's3://b/', 's3://b/x', 'b/x', 'b', '${B}/x'].map(
      (bucket) =>
        `default: { credentials: { fromEnv: true } }\n    overrides: [{ bucketName: "${bucket}", credentials: { fromEnv: true } }]`,
    ),
    ...['/x', '//x', '/', 'x/', '/${X}'].map(
      (prefix) =>
        `default: { credentials: { fromEnv: true } }\n    overrides: [{ keyPrefix: "${prefix}", credentials: { fromEnv: true } }]`,
    ),
    ...['us-west-2a', 'eu-west-1', 'us-west-2'].map(
      (region) =>
        `default: { endpoint: s3.us-west-2.amazonaws.com, region: ${region}, credentials: { fromEnv: true } }`,
    ),
  ].map((one) => (/^[|{["\n]|^(?:null|x|1)$/.test(one) ? one : `|\n  s3:\n    ${one}`));
  test('providers', () =>
    asKept(
      'places/providers',
      ['s3://team-a-data/v2', 's3://team-a-data/v2?x=y', 'minio://x/y'].flatMap((root) => [
        `# ${root}`,
        ...table(
          PROVIDERS.map((its) => [its, linted(launcher(`defaultPipelineRoot: ${root}\nproviders: ${its}`))]),
        ).filter((line, index, all) => line.startsWith(' ') || all[index + 1]?.startsWith(' ') === true),
      ]),
    ));
  test('endpoints in another partition', () =>
    asKept(
      'places/partitions',
      table(
        ['arn:aws:iam::111122223333:role/a', 'arn:aws-cn:iam::111122223333:role/a', 'x', '${ROLE}'].flatMap((its) =>
          [
            's3.amazonaws.com',
            's3.cn-north-1.amazonaws.com.cn',
            's3.us-gov-west-1.amazonaws.com',
            's3.xx-north-1.amazonaws.com',
            'minio:9000',
            '${X}',
            's3.us-gov-west-1.amazonaws.com\n    region: x',
          ].map((endpoint) => {
            const files = [
              { path: 'a.yaml', text: profile({ role: its }) },
              {
                path: 'b.yaml',
                text: inMap(`one: |\n  s3:\n    bucket: team-a-data\n    endpoint: ${endpoint}\ntwo: x`),
              },
            ];
            const lines = (lintFolder(files).get('b.yaml') ?? []).map((one) =>
              said('', files[1]?.text ?? '', one).slice(2),
            );
            return [`${its} ${endpoint}`, lines] as const;
          }),
        ),
      ),
    ));
});

describe('in a cluster', () => {
  const line = ({
    id,
    message,
    severity,
    remark,
    remedy,
    evidence = [],
  }: Problem & { readonly evidence?: readonly object[] }): string =>
    `${id} ${severity ?? ''}${remark === true ? ' remark' : ''}${remedy === undefined ? '' : ` ${remedy}`} ${message} ${JSON.stringify(evidence)}`;
  const kept = (
    name: string,
    judge: (view: ProfileView) => readonly Problem[],
    rows: Readonly<Record<string, Partial<ProfileView>>>,
  ): void =>
    void test(name, () =>
      asKept(
        `places/live ${name}`,
        table(Object.entries(rows).map(([row, change]) => [row, judge(right(change)).map(line)])),
      ),
    );
  const KEY = 'arn:aws:kms:us-west-2:111122223333:key/11112222-3333-4444-5555-666677778888';
  const ALL = { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' };
  const key = (change: Partial<KmsKey> = {}): BucketSeen['key'] =>
    found({ arn: KEY, state: 'Enabled', managedByAws: false, symmetric: true, policy: policy(ALL), ...change });
  const seen = (change: Partial<BucketSeen> = {}): Partial<ProfileView> => ({
    buckets: {
      'team-a-data': {
        bucket: found({ name: 'team-a-data', region: 'us-west-2', accessible: true }),
        encryption: found({ algorithm: 'AES256' }),
        policy: absent,
        ...change,
      },
    },
  });
  const bucket = (change: object): Partial<BucketSeen> => ({
    bucket: found({ name: 'team-a-data', region: 'us-west-2', accessible: true, ...change }),
  });
  const map = (data: Readonly<Record<string, string>>, name = 'kfp-launcher'): ProfileView['launcher'] =>
    found({ namespace: 'team-a', name, data });
  const place = (root: string, providers?: string): Partial<ProfileView> => ({
    launcher: map({ defaultPipelineRoot: root, ...(providers === undefined ? {} : { providers }) }),
  });
  const env = (settings: string): string => `s3:\n  default:\n    ${settings}\n    credentials: { fromEnv: true }\n`;
  kept('buckets', liveBucket, {
    'not read': {},
    'there is none': seen({ bucket: absent }),
    'it may not be read': seen({ bucket: denied('s3:ListBucket', 'not allowed') }),
    right: seen(),
    'of another account': seen(bucket({ foreign: true })),
    'in another region': {
      ...seen(bucket({ region: 'eu-west-1' })),
      ...place('s3://team-a-data/v2', env('region: us-west-2')),
    },
    'in the region that is named': {
      ...seen(bucket({ region: 'eu-west-1' })),
      ...place('s3://team-a-data/v2', env('region: eu-west-1')),
    },
    'another bucket in another region': {
      ...seen(bucket({ region: 'eu-west-1' })),
      ...place('s3://other-data/v2', env('region: us-west-2')),
    },
    'with keys of a secret': {
      ...seen(bucket({ region: 'eu-west-1' })),
      ...place(
        's3://team-a-data/v2',
        's3:\n  default:\n    region: us-west-2\n    credentials: { secretRef: { secretName: a, accessKeyKey: b, secretKeyKey: c } }\n',
      ),
    },
    'of another store': {
      ...seen(bucket({ region: 'eu-west-1' })),
      ...place('s3://team-a-data/v2', env('region: us-west-2\n    endpoint: minio:9000')),
    },
    'on a store in the cluster': { ...seen(bucket({ region: 'eu-west-1' })), ...place('minio://team-a-data/v2') },
  });
  const withKey = (
    change: Partial<KmsKey> = {},
    encryption: object = { algorithm: 'aws:kms', key: KEY },
    more: Partial<BucketSeen> = {},
  ): Partial<ProfileView> =>
    seen({
      encryption: found(encryption) as BucketSeen['encryption'],
      key: key(change),
      ...more,
    } as Partial<BucketSeen>);
  const uses = (Resource = KEY): Partial<ProfileView> => ({
    role: found(
      role({
        inline: [
          {
            name: 's3',
            text: policy(grant(), { Effect: 'Allow', Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource }),
          },
        ],
      }),
    ),
  });
  const roleOnly = { Effect: 'Allow', Principal: { AWS: ROLE }, Action: 'kms:*', Resource: '*' };
  kept('keys', liveKey, {
    'none of KMS': withKey({}, { algorithm: 'AES256' }),
    'the role may not': withKey(),
    'the role may': { ...withKey(), ...uses() },
    'two layers': withKey({}, { algorithm: 'aws:kms:dsse', key: KEY }),
    'no role': { ...withKey(), role: absent },
    'the role may not write': { ...withKey(), role: found(role({ inline: [] })) },
    'managed by AWS': withKey({ managedByAws: true }),
    'managed by AWS, of another account': withKey({ managedByAws: true }, undefined, bucket({ foreign: true })),
    'no key': withKey({}, { algorithm: 'aws:kms' }),
    'no key, of another account': withKey({}, { algorithm: 'aws:kms' }, bucket({ foreign: true })),
    'an alias of AWS': withKey({}, { algorithm: 'aws:kms', key: 'alias/aws/s3' }),
    'no such key': withKey({}, undefined, { key: absent }),
    'a key that may not be read': withKey({}, undefined, { key: denied('kms:DescribeKey', 'not allowed') }),
    ...Object.fromEntries(
      ['Disabled', 'PendingDeletion', 'PendingImport', 'Unavailable', 'Creating'].map((state) => [
        state,
        withKey({ state }),
      ]),
    ),
    'about to be deleted': withKey({ state: 'PendingDeletion', deletion: '2026-12-24T00:00:00Z' }),
    asymmetric: withKey({ symmetric: false }),
    'its policy names the role': withKey({ policy: policy(roleOnly) }),
    'its policy names the role, in another account': withKey({
      arn: KEY.replace('111122223333', '999900001111'),
      policy: policy(roleOnly),
    }),
    'its policy names nobody': { ...withKey({ policy: policy() }), ...uses() },
    'its policy denies': { ...withKey({ policy: policy(ALL, { ...roleOnly, Effect: 'Deny' }) }), ...uses() },
    'its policy was not read': {
      ...withKey({ policy: undefined } as object),
      ...uses('arn:aws:kms:us-west-2:111122223333:key/other'),
    },
  });
  const TLS = policy({
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [BUCKET, `${BUCKET}/*`],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  });
  const argo = (insecure: string, name = 'team-a-data'): string => `s3:\n  bucket: ${name}\n  insecure: ${insecure}\n`;
  const repositories = (data: Readonly<Record<string, string>>): Partial<ProfileView> => ({
    repositories: map(data, 'artifact-repositories'),
  });
  const controller = (data: Readonly<Record<string, string>>): Partial<ProfileView> => ({
    repositories: absent,
    workflowController: map(data, 'workflow-controller-configmap'),
  });
  const tls = seen({ policy: found(TLS) });
  const plain = (endpoint: string): Partial<ProfileView> =>
    place('s3://team-a-data/v2', env(`endpoint: ${endpoint}\n    disableSSL: true`));
  kept('TLS', liveTls, {
    'nobody without': tls,
    'Argo without': { ...tls, ...repositories({ a: argo('true') }) },
    'Argo of the cluster without': { ...tls, ...controller({ artifactRepository: argo('true') }) },
    'Argo with': { ...tls, ...repositories({ a: argo('false') }) },
    'Argo with a text': { ...tls, ...repositories({ a: argo('"true"') }) },
    'Argo in another bucket': { ...tls, ...repositories({ a: argo('true', 'other-data') }) },
    'the second of two': { ...tls, ...repositories({ a: 'x', b: argo('true') }) },
    'no s3': { ...tls, ...repositories({ a: 'gcs: {}', b: 's3: x', c: '', d: 's3: { insecure: true }' }) },
    'the launcher without': { ...tls, ...plain('http://s3.us-west-2.amazonaws.com') },
    'the launcher with': { ...tls, ...plain('https://s3.us-west-2.amazonaws.com') },
    'the launcher without, elsewhere': { ...tls, ...plain('http://minio:9000') },
    'no policy': { ...seen(), ...repositories({ a: argo('true') }) },
    'a policy of something else': {
      ...seen({ policy: found(policy({ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' })) }),
      ...repositories({ a: argo('true') }),
    },
  });
  kept('repositories', liveRepository, {
    'nothing read': {},
    right: repositories({ a: 's3: { bucket: team-a-data, endpoint: s3.amazonaws.com }' }),
    'the keys of a secret': repositories({
      a: 's3: { bucket: team-a-data, endpoint: s3.amazonaws.com, accessKeySecret: { name: a, key: b } }',
    }),
    'in the cluster': repositories({
      a: 's3: { bucket: x, endpoint: "minio:9000", accessKeySecret: { name: a, key: b } }',
    }),
    'no YAML': repositories({ a: 's3: [' }),
    'two, none named': repositories({ a: 's3: [', b: 's3: [' }),
    'two, one named': {
      repositories: found({
        namespace: 'team-a',
        name: 'artifact-repositories',
        data: { a: 'x', b: 's3: [' },
        annotations: { 'workflows.argoproj.io/default-artifact-repository': 'b' },
      }),
    },
    'two, another named': {
      repositories: found({
        namespace: 'team-a',
        name: 'artifact-repositories',
        data: { a: 's3: [' },
        annotations: { 'workflows.argoproj.io/default-artifact-repository': 'b' },
      }),
    },
    'of the cluster': controller({
      artifactRepository: 's3: { bucket: x, endpoint: "minio:9000", accessKeySecret: { name: a, key: b } }',
    }),
    'of the cluster, in config': controller({
      config: 'artifactRepository:\n  s3: { bucket: x, endpoint: "minio:9000", accessKeySecret: { name: a, key: b } }',
    }),
    'of the cluster, no YAML': controller({ config: 's3: [' }),
    'of the cluster, nothing': controller({}),
    'of the cluster, and one of the namespace that may not be read': {
      ...controller({ artifactRepository: 's3: [' }),
      repositories: denied('get configmaps', 'not allowed'),
    },
    'pipelines write elsewhere': { ...repositories({ a: 's3: [' }), ...place('minio://x/y') },
  });
  const account = (name: string, annotations: Readonly<Record<string, string>> = {}) => ({
    namespace: 'kubeflow',
    name,
    annotations,
  });
  const irsa = { 'eks.amazonaws.com/role-arn': ROLE };
  kept('servers', liveServers, {
    'nothing read': {},
    'both lack it': { servers: found([account('ml-pipeline'), account('ml-pipeline-ui')]), associations: found([]) },
    'one lacks it': {
      servers: found([account('ml-pipeline', irsa), account('ml-pipeline-ui')]),
      associations: found([]),
    },
    'none lacks it': {
      servers: found([account('ml-pipeline', irsa), account('ml-pipeline-ui', irsa)]),
      associations: found([]),
    },
    'one is not there': { servers: found([account('ml-pipeline')]), associations: found([]) },
    'associations that may not be read': {
      servers: found([account('ml-pipeline')]),
      associations: denied('eks:ListPodIdentityAssociations', 'not allowed'),
    },
    ...Object.fromEntries(
      [
        ['kubeflow', 'ml-pipeline'],
        ['team-a', 'ml-pipeline'],
        ['kubeflow', 'other'],
      ].map(([namespace = '', serviceAccount = '']) => [
        `an association of ${namespace}/${serviceAccount}`,
        {
          servers: found([account('ml-pipeline')]),
          associations: found([{ id: 'a-1', namespace, serviceAccount }]),
        },
      ]),
    ),
    'pipelines write elsewhere': {
      servers: found([account('ml-pipeline')]),
      associations: found([]),
      ...place('minio://x/y'),
    },
  });
  const endpoint = (change: Partial<VpcEndpoint>): VpcEndpoint => ({
    id: 'vpce-1',
    service: 's3',
    type: 'Interface',
    state: 'available',
    routeTables: [],
    privateDns: true,
    ...change,
  });
  const refusing = policy({ Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' });
  const letting = policy({ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' });
  const only = (Principal: unknown, Effect = 'Allow', more: object = {}): string =>
    policy(...(Effect === 'Deny' ? [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] : []), {
      Effect,
      Principal,
      Action: '*',
      Resource: '*',
      ...more,
    });
  const through = (...all: readonly Partial<VpcEndpoint>[]): Partial<ProfileView> => ({
    endpoints: found(all.map((one, index) => endpoint({ id: `vpce-${index + 1}`, ...one }))),
  });
  const tables = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `rtb-${index + 1}`);
  kept('endpoints', liveEndpoints, {
    'not read': {},
    none: through(),
    'one without a policy': through({}),
    'one that lets all through': through({ policy: letting }),
    'one that refuses': through({ policy: refusing }),
    'one of STS that refuses': through({ service: 'sts', policy: refusing }),
    'both refuse': through({ policy: refusing }, { service: 'sts', policy: refusing }),
    'it refuses nobody that is not there': { ...through({ policy: refusing }), role: absent },
    'one that is not available': through({ policy: refusing, state: 'pending' }),
    'one without its name': through({ policy: refusing, privateDns: false }),
    'a gateway without a route': through({ policy: refusing, type: 'Gateway' }),
    ...Object.fromEntries(
      [1, 3, 4].map((count) => [
        `a gateway of ${count}`,
        through({ policy: refusing, type: 'Gateway', privateDns: false, routeTables: tables(count) }),
      ]),
    ),
    'one refuses, one has no policy': through({ policy: refusing }, {}),
    'one refuses, one lets through': through({ policy: refusing }, { policy: letting }),
    'one refuses writing, one reading': through(
      { policy: only('*', 'Deny', { Action: 's3:PutObject' }) },
      { policy: only('*', 'Deny', { Action: 's3:GetObject' }) },
    ),
    'one refuses writing, one all': through(
      { policy: only('*', 'Deny', { Action: 's3:PutObject' }) },
      { policy: refusing },
    ),
    'it lets in others': through(
      { policy: only({ AWS: 'arn:aws:iam::111122223333:role/other' }) },
      { service: 'sts', policy: only({ AWS: 'arn:aws:iam::111122223333:role/other' }) },
    ),
    'it lets in the role': through({ policy: only({ AWS: ROLE }) }, { service: 'sts', policy: only({ AWS: ROLE }) }),
    'it denies the role': through(
      { policy: only({ AWS: ROLE }, 'Deny') },
      { service: 'sts', policy: only({ AWS: ROLE }, 'Deny') },
    ),
    'it denies others': through({ policy: only({ AWS: 'arn:aws:iam::111122223333:role/other' }, 'Deny') }),
    'it denies who cannot be judged': through({ policy: only({ AWS: '${X}' }, 'Deny') }),
    'it denies the account': through(
      { policy: only({ AWS: '111122223333' }, 'Deny') },
      { service: 'sts', policy: only({ AWS: '111122223333' }, 'Deny') },
    ),
    'it denies all but the network': through({
      policy: only('*', 'Deny', { Condition: { StringNotEquals: { 'aws:SourceVpc': 'vpc-1' } } }),
    }),
    'it denies itself': through({
      policy: only('*', 'Deny', { Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-1' } } }),
    }),
    'it allows the bucket alone': through({ policy: only('*', 'Allow', { Resource: BUCKET }) }),
    'no policy that can be read': through({ policy: 'x' }),
  });
  const guard = (text: string | undefined) => ({
    id: 'p-1',
    name: 'Guard',
    arn: 'arn:aws:organizations::111122223333:policy/p-1',
    ...(text === undefined ? { unread: 'not allowed' } : { text }),
  });
  const under = (...levels: readonly GuardLevel[]): Partial<ProfileView> => ({
    organization: found({ id: 'o-1', levels: found(levels) }),
    ...seen(),
  });
  const scp = (...texts: readonly (string | undefined)[]): GuardLevel => ({
    target: 'ou-1',
    service: texts.map(guard),
  });
  const rcp = (...texts: readonly (string | undefined)[]): GuardLevel => ({
    target: 'r-1',
    resource: texts.map(guard),
  });
  const free = policy({ Effect: 'Allow', Action: '*', Resource: '*' });
  const no = (Action: unknown, more: object = {}): string =>
    policy({ Sid: 'No', Effect: 'Deny', Action, Resource: '*', ...more });
  const forAll = (Action: unknown, more: object = {}): string =>
    policy({ Effect: 'Deny', Principal: '*', Action, Resource: '*', ...more });
  const KEYED: Partial<ProfileView> = { ...withKey(), ...uses() };
  const places = (...Resource: readonly string[]): Partial<ProfileView> => ({
    role: found(
      role({ inline: [{ name: 's3', text: policy(grant({ Action: ['s3:PutObject', 's3:GetObject'], Resource })) }] }),
    ),
  });
  const ORGANIZATIONS: Readonly<Record<string, Partial<ProfileView>>> = {
    'not read': {},
    'no level': under(),
    'all is allowed': under(scp(free)),
    'none is on': under({ target: 'r-1' }),
    'one that was not read': under(scp(free, undefined)),
    'nothing is allowed': under(scp()),
    'writing is denied': under(scp(free, no('s3:PutObject'))),
    'all of S3 is denied': under(scp(free, no('s3:*'))),
    'the door is denied, where it does not count': under(scp(free, no('sts:AssumeRoleWithWebIdentity'))),
    'the door is denied': under(rcp(free, forAll('sts:*'))),
    'the door and what lies behind it': under(rcp(free, forAll('*'))),
    'tokens of others': under(
      rcp(free, forAll('sts:AssumeRoleWithWebIdentity', { Condition: { StringNotLike: { 'sts:ExternalId': 'x' } } })),
    ),
    'other regions are denied': under(
      scp(free, no('*', { Condition: { StringNotEquals: { 'aws:RequestedRegion': 'eu-west-1' } } })),
    ),
    'this region is not denied': under(
      scp(free, no('*', { Condition: { StringNotEquals: { 'aws:RequestedRegion': 'us-west-2' } } })),
    ),
    'other accounts are denied': under(
      scp(free, no('s3:*', { Condition: { StringNotEquals: { 'aws:ResourceAccount': '111122223333' } } })),
    ),
    'this account is denied': under(
      scp(free, no('s3:*', { Condition: { StringEquals: { 's3:ResourceAccount': '111122223333' } } })),
    ),
    'other organizations are denied': under(
      scp(free, no('s3:*', { Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-2' } } })),
    ),
    'a prefix is denied': under(scp(free, no('s3:ListBucket', { Condition: { StringLike: { 's3:prefix': '?*' } } }))),
    'the bucket of another account': { ...under(rcp(free, forAll('s3:*'))), ...seen(bucket({ foreign: true })) },
    'a bucket that was not read': { ...under(rcp(free, forAll('s3:*'))), buckets: {} },
    'a bucket that is not accessible': { ...under(rcp(free, forAll('s3:*'))), ...seen(bucket({ accessible: false })) },
    'the key is denied': { ...under(scp(free, no('kms:*'))), ...KEYED },
    'the key of another account': {
      ...under(rcp(free, forAll('kms:*'))),
      ...withKey({ arn: KEY.replace('111122223333', '999900001111') }),
      ...uses(),
    },
    'the key of this account': { ...under(rcp(free, forAll('kms:*'))), ...KEYED },
    'the key is managed': { ...under(scp(free, no('kms:*'))), ...withKey({ managedByAws: true }) },
    'four places': {
      ...under(scp(free, no('s3:PutObject'))),
      ...places('arn:aws:s3:::a-one/*', 'arn:aws:s3:::a-two/x', 'arn:aws:s3:::a-three/x/*', 'arn:aws:s3:::a-four/*'),
    },
    'a place of a variable': {
      ...under(scp(free, no('s3:PutObject', { Resource: 'arn:aws:s3:::team-a-data/w0w0w/*' }))),
      ...places('arn:aws:s3:::team-a-data/${aws:PrincipalTag/x}/*'),
    },
    'it depends on the role': under(
      scp(free, no('s3:*', { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'x' } } })),
    ),
    'it depends on what only AWS knows': under(
      scp(free, no('s3:GetObject', { Condition: { StringEquals: { 's3:ExistingObjectTag/a': 'x' } } })),
    ),
    'it depends on that for others': under(
      rcp(free, forAll('s3:*', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })),
    ),
    'no issuer': { ...under(rcp(free, forAll('*'))), cluster: (({ issuer: _, ...rest }) => rest)(right().cluster) },
    'no role': { ...under(scp()), role: absent },
    'the management account': { organization: found({ id: 'o-1', management: true, levels: found([]) }) },
    'levels that may not be read': {
      organization: found({ id: 'o-1', levels: denied('organizations:ListParents', 'not allowed') }),
    },
  };
  kept('organization', liveOrganization, ORGANIZATIONS);
  test('what of an organization cannot be judged', () =>
    asKept(
      'places/live organization unjudged',
      table(
        Object.entries(ORGANIZATIONS).map(([name, change]) => [
          name,
          [organizationUnjudged(right(change)) ?? 'all is judged'],
        ]),
      ),
    ));
  const BOUNDARY = 'arn:aws:iam::111122223333:policy/boundary';
  const bounded = (text?: string): Partial<ProfileView> => ({
    role: found(role({ boundary: BOUNDARY })),
    ...(text === undefined ? {} : { policies: { [BOUNDARY]: found(text) } }),
  });
  const of = (text: string): Partial<ProfileView> => seen({ policy: found(text) });
  kept('above', liveAbove, {
    'a boundary that was not read': bounded(),
    'a boundary that allows': bounded(free),
    'a boundary that allows reading': bounded(policy({ Effect: 'Allow', Action: 's3:Get*', Resource: '*' })),
    'a boundary that is none': bounded('x'),
    'a policy that denies all': of(forAll('s3:*')),
    'a policy that denies the role writing': of(only({ AWS: ROLE }, 'Deny', { Action: 's3:PutObject' })),
    'a policy that denies others': of(only({ AWS: 'arn:aws:iam::111122223333:role/other' }, 'Deny')),
    'a policy that denies all but some': of(
      policy({
        Effect: 'Deny',
        NotPrincipal: { AWS: 'arn:aws:iam::111122223333:role/other' },
        Action: '*',
        Resource: '*',
      }),
    ),
    'a policy that denies without TLS': of(TLS),
    'a policy that allows nothing': of(policy()),
    'a policy of variables': of(
      JSON.stringify({
        Version: '2008-10-17',
        Statement: [
          { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::${aws:PrincipalTag/x}/*' },
        ],
      }),
    ),
    both: { ...bounded(policy({ Effect: 'Allow', Action: 's3:Get*', Resource: '*' })), ...of(forAll('s3:GetObject')) },
    'no role': { ...of(forAll('s3:*')), role: absent },
  });
});

describe('the word that was meant', () => {
  const KEYS: readonly (readonly [one: string, other: string, keys: number])[] = [
    ['', '', 0],
    ['a', '', 1],
    ['', 'abc', 3],
    ['same', 'same', 0],
    ['role', 'rloe', 1],
    ['ab', 'ba', 1],
    ['xaby', 'xbay', 1],
    ['aa', 'a', 1],
    ['aba', 'abaaba', 3],
    ['abc', 'cab', 2],
    ['ca', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['abcd', 'acbe', 2],
    ['abcdef', 'badcfe', 3],
    ['abxcd', 'abcd', 1],
    ['aXb', 'aYb', 1],
  ];
  for (const [one, other, keys] of KEYS)
    test(`${one} and ${other}`, () => {
      assert.equal(distance(one, other), keys);
      assert.equal(distance(other, one), keys);
      assert.equal(distance(one, other, keys), keys, 'no more than it may be');
      if (keys > 0) assert.equal(distance(one, other, keys - 1), Infinity, 'one more than it may be');
    });
  test('by the length of the word', () => {
    const words = ['ab', 'role', 'annotateOnly'];
    const said = [
      'a',
      'ac',
      'cd',
      'roel',
      'rxxe',
      'ROLE',
      'annotateonly',
      'anotatOnl',
      'anXXXXXeOnly',
      'anXXXXteOnly',
      'x'.repeat(64),
    ];
    assert.deepEqual(
      said.map((one) => nearest(one, words)),
      [
        'ab',
        'ab',
        undefined,
        'role',
        undefined,
        'role',
        'annotateOnly',
        'annotateOnly',
        undefined,
        'annotateOnly',
        undefined,
      ],
    );
    const [most, more] = [64, 65].map((length) => 'y'.repeat(length));
    assert.deepEqual([nearest(most ?? '', [most ?? '']), nearest(more ?? '', [more ?? ''])], [most, undefined]);
    assert.equal(nearest('abcd', ['abxx', 'abce', 'abcf']), 'abce');
    assert.deepEqual([meant('rol', words), meant('zzz', words)], [' Is "role" meant?', '']);
  });
});
