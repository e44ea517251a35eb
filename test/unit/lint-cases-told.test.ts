// What lint says of short files that differ in one thing: both, only one, or neither of what goes together. Kept in
// test/fixtures/told/lint/cases-….
import { test } from 'node:test';
import { HOLE } from '../../src/core/document/node.ts';
import { lintFolder, type LintOptions } from '../../src/core/lint.ts';
import { differences, said } from './lines.ts';
import { asKept } from './told.ts';

const ROLE = 'arn:aws:iam::111122223333:role/team-x';
const ANNOTATION = 'eks.amazonaws.com/role-arn';
type Files = Readonly<Record<string, string>>;
const one = (text: string, file = 'a.yaml'): Files => ({ [file]: text });
const profile = (spec: string, api = 'kubeflow.org/v1'): string =>
  `apiVersion: ${api}\nkind: Profile\nmetadata: { name: team-x }\nspec:\n  owner: { kind: User, name: x@example.com }\n${spec}`;
const plugins = (...items: readonly string[]): Files =>
  one(profile(`  plugins:\n${items.map((item) => `  - ${item}\n`).join('')}`));
const OURS = `{ kind: AwsIamForServiceAccount, spec: { awsIamRole: "${ROLE}", annotateOnly: true } }`;
const quota = (hard: string): Files => one(profile(`  resourceQuotaSpec: ${hard}\n`));
const account = (annotations: string, name = 'default-editor'): string =>
  `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: ${name}\n  namespace: team-x\n  annotations: ${annotations}\n`;
const eksctl = (iam: string): Files =>
  one(`apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: { name: dev, region: us-west-2 }\niam:\n${iam}`);
const accounts = (item: string, more = '  withOIDC: true\n'): Files =>
  eksctl(`${more}  serviceAccounts:\n  - ${item}\n`);
const owner = (text: string): Files =>
  one(`apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-x }\nspec:\n  owner: ${text}\n`);
const policy = (account: string, namespace = 'team-x'): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: {
          Federated:
            'arn:aws:iam::444455556666:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
        },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub': `system:serviceaccount:${namespace}:${account}`,
            'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud': 'sts.amazonaws.com',
          },
        },
      },
    ],
  });
const podTrust = (Service: unknown): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' }],
  });
const patch = (text: string, target = '', name = 'kustomization.yaml'): Files =>
  one(
    `patches:\n- patch: |\n${text
      .split('\n')
      .map((line) => `    ${line}\n`)
      .join('')}${target}`,
    name,
  );
const secret = (name: string, namespace: string, annotations = '{}'): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ${name}, namespace: ${namespace}, annotations: ${annotations} }\nspec:\n  template:\n    metadata: { labels: { app: ${name} } }\n    spec:\n      containers:\n      - name: ${name}\n        env:\n        - { name: AWS_ACCESS_KEY_ID, value: AKIAIOSFODNN7EXAMPLE }\n        - { name: AWS_SECRET_ACCESS_KEY, value: x }\n`;

const configMap = (name: string, data: string, more = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: team-x${more} }\ndata:\n${data}`;
const block = (key: string, text: string): string => `  ${key}: |\n${text.replaceAll(/^/gm, '    ')}\n`;
const launcher = (root: string, providers = ''): Files =>
  one(configMap('kfp-launcher', `${root === '' ? '' : `  defaultPipelineRoot: ${root}\n`}${providers}`));
const stores = (text: string, root = 's3://data/v2'): Files => launcher(root, block('providers', text));
const standard = (text: string): Files => stores(`s3: { default: ${text} }`);
const repository = (s3: string): Files => one(configMap('artifact-repositories', block('default', `s3: ${s3}`)));
const REGIONS = ['us-west-2', 'us-west-2a', 'eu-west-1', 'west', '""', 'null', '7', '"{{ x }}"'];
const ENDPOINTS = [
  ...[
    's3.amazonaws.com',
    's3.us-west-2.amazonaws.com',
    'https://s3.us-west-2.amazonaws.com/',
    's3.cn-north-1.amazonaws.com.cn',
  ],
  ...[
    'https://s3.us-west-2.amazonaws.com/x',
    'minio.kubeflow:9000',
    '""',
    'null',
    '"{{ x }}"',
    'ftp://x',
    '{ a: b }',
    '7',
  ],
];
const CREDENTIALS = [
  ...[
    'null',
    '{}',
    '[]',
    'x',
    '{ fromEnv: true }',
    '{ fromEnv: false }',
    '{ fromEnv: "true" }',
    '{ fromEnv: "x" }',
    '{ FromEnv: true }',
  ],
  ...[
    '{ fromEnv: false, secretRef: { secretName: a, accessKey: b, secretKey: c } }',
    '{ fromEnv: true, secretRef: { accessKey: b } }',
  ],
  ...[
    '{ secretRef: { secretName: a, accessKeyKey: b, accessKey: c, secretKeyKey: d } }',
    '{ fromEnv: { a: b } }',
    '{ fromEnv: null }',
  ],
  ...[
    '{ secretRef: {} }',
    '{ fromEnv: "{{ x }}" }',
    '{ fromEnv: 1 }',
    '{ fromEnv: FALSE, secretRef: x }',
    '{ fromEnv: "${X}" }',
    '{ fromEnv: "<x>" }',
  ],
];
const ARTIFACTS: Readonly<Record<string, Files>> = {
  ...Object.fromEntries(
    [
      ...[
        '',
        'null',
        '""',
        '7',
        '[a]',
        '{ a: b }',
        '"{{ x }}"',
        `"s3://${HOLE}"`,
        '"<root>"',
        's3://data',
        's3://data/',
        's3://data/x',
      ],
      ...[
        's3://',
        's3:///x',
        's3://Data/x',
        's3://a/x',
        's3a://data/x',
        'S3://data',
        'minio://mlpipeline/v2/artifacts',
        'minio://data/x',
      ],
      ...[
        'gs://data/x',
        'data/x',
        's3:/data',
        's3://data//x',
        's3://data/x/',
        's3://data?region=x',
        's3://data/x?endpoint=y&region=z',
        'https://s3.amazonaws.com/data',
      ],
      ...[
        '"s3://data/x "',
        '" s3://data"',
        's3://data/{{workflow.name}}',
        's3://arn:aws:s3:::data',
        'file:///x',
        'mem://x',
        's3://data.x',
        'arn:aws:s3:::data',
      ],
    ].flatMap((root) => [
      [`launcher, root: ${root}`, launcher(root, root === '' ? '  x: y\n' : '')],
      [`launcher, root and providers: ${root}`, stores('s3: { default: { credentials: { fromEnv: true } } }', root)],
      [`launcher, root and minio: ${root}`, stores('minio: { default: { credentials: { fromEnv: true } } }', root)],
    ]),
  ),
  ...Object.fromEntries(
    [
      'null',
      '7',
      '[a]',
      '{ s3: { default: {} } }',
      '"{{ x }}"',
      '""',
      '"a: ["',
      'x',
      '"[a]"',
      `"${HOLE}"`,
      '\n    s3:\n      default: {}',
      '\n    s3:\n      # ours\n      default: {}',
      '{ s3: # ours\n      { default: {} } }',
    ].map((text) => [`launcher, providers: ${text}`, launcher('s3://data', `  providers: ${text}\n`)]),
  ),
  ...Object.fromEntries(
    [
      ...[
        'S3: {}',
        'gcs: {}',
        'GS: {}',
        'azure: {}',
        's3: x',
        's3: null',
        'gs: { default: { a: b } }',
        's3: {}',
        'minio: {}',
      ],
      ...[
        's3: { endpoint: x }',
        's3: { credentials: { fromEnv: true } }',
        's3: { credentials: {}, x: y, region: a }',
        's3: { region: a, default: {} }',
      ],
      ...[
        's3: { Region: a, ENDPOINT: b }',
        's3: { Default: { credentials: { fromEnv: true } } }',
        's3: { default: null }',
        's3: { default: x }',
      ],
      ...[
        's3: { overrides: [] }',
        's3: { overrides: [{ bucketName: a }] }',
        's3: { default: null, overrides: [{ bucketName: a, credentials: { fromEnv: true } }] }',
      ],
      ...[
        's3: { default: { credentials: { fromEnv: true } }, overrides: [x, null, { credentials: { fromEnv: true } }] }',
        's3: { overrides: x }',
      ],
      ...[
        's3: { overrides: [{ bucketName: s3://a, keyPrefix: /x, credentials: { fromEnv: true } }], default: { credentials: { fromEnv: true } } }',
      ],
      ...[
        's3: { overrides: [{ bucketName: a/b, keyPrefix: /, credentials: { fromEnv: true } }], default: { credentials: { fromEnv: true } } }',
      ],
      ...[
        's3: { overrides: [{ bucketname: "{{ x }}/y", keyPrefix: "/{{ x }}", credentials: { fromEnv: true } }], default: { credentials: { fromEnv: true } } }',
      ],
      ...[
        's3: { default: { disableSSL: "true", forcePathStyle: "no", credentials: { fromEnv: true } } }',
        's3: { default: { disablessl: True, forcePathStyle: [a], credentials: { fromEnv: true } } }',
      ],
    ].map((text) => [`launcher, stores: ${text}`, stores(text)]),
  ),
  ...Object.fromEntries(
    CREDENTIALS.map((text) => [`launcher, credentials: ${text}`, standard(`{ credentials: ${text} }`)]),
  ),
  ...Object.fromEntries(
    REGIONS.flatMap((region, at) =>
      // Each with each would take too long.
      (at < 3 ? ENDPOINTS.slice(0, 6) : ENDPOINTS.slice(at, at + 2)).map((endpoint) => [
        `launcher, place: ${region} ${endpoint}`,
        standard(`{ region: ${region}, endpoint: ${endpoint}, credentials: { fromEnv: true } }`),
      ]),
    ),
  ),
  ...Object.fromEntries(
    ENDPOINTS.flatMap((endpoint) =>
      [
        '',
        'useSDKCreds: true',
        'useSDKCreds: false',
        'useSDKCreds: "true"',
        'insecure: true',
        'insecure: false',
        'accessKeySecret: { name: a, key: b }',
        'region: eu-west-1',
        'region: us-west-2',
      ].map((more) => [
        `repository, place: ${endpoint} ${more}`,
        repository(`{ bucket: data, endpoint: ${endpoint}${more === '' ? '' : `, ${more}`} }`),
      ]),
    ),
  ),
  ...Object.fromEntries(
    [
      ...[
        'null',
        'x',
        '[a]',
        '{}',
        '{ bucket: data }',
        '{ bucket: data, useSDKCreds: true }',
        '{ bucket: data, region: us-west-2 }',
        '{ bucket: data, region: us-west-2a }',
        '{ bucket: data, region: "{{ x }}" }',
      ],
      ...[
        '{ bucket: data, secretKeySecret: { name: a, key: b } }',
        '{ useSDKCreds: true }',
        '{ bucket: data, endpoint: "", useSDKCreds: true }',
        '{ bucket: data, endpoint: { a: b }, useSDKCreds: true }',
      ],
      ...[
        '{ bucket: Data, endpoint: s3.amazonaws.com }',
        '{ bucket: a, endpoint: s3.amazonaws.com }',
        '{ bucket: Data, endpoint: minio:9000 }',
        '{ bucket: Data }',
        '{ bucket: s3://data, endpoint: s3.amazonaws.com }',
        '{ bucket: s3://data/x, endpoint: s3.amazonaws.com }',
        '{ bucket: "{{ x }}/y", endpoint: s3.amazonaws.com }',
      ],
      ...[
        '{ bucket: 7, endpoint: true, region: [a], insecure: "false", useSDKCreds: x }',
        '{ bucket: "7", insecure: 0, accessKeySecret: x, secretKeySecret: [] }',
        '{ bucket: null, keyFormat: { a: b }, sessionTokenSecret: true, other: 7 }',
        '{ insecure: "{{ x }}", bucket: data, endpoint: s3.amazonaws.com }',
      ],
      ...[
        '{ endpoint: s3.amazonaws.com, accessKeySecret: { name: a, key: b }, secretKeySecret: { name: a, key: c } }',
        '{ endpoint: s3.amazonaws.com, useSDKCreds: true, accessKeySecret: { name: a, key: b } }',
        '{ endpoint: s3.amazonaws.com, useSDKCreds: false, accessKeySecret: { name: a, key: b } }',
      ],
      ...[
        '{ roleARN: x }',
        '{ roleARN: "" }',
        `{ roleARN: "${ROLE}" }`,
        '{ roleARN: "{{ x }}" }',
        `{ roleARN: " ${ROLE}" }`,
        '{ roleARN: [a] }',
      ],
    ].map((text) => [`repository: ${text}`, repository(text)]),
  ),
  ...Object.fromEntries(
    (
      [
        ['no YAML', '', block('default', 's3: [')],
        ['no text', '', '  default: 7\n'],
        ['a hole', '', `  default: "x${HOLE}"\n`],
        ['a hole in lines', '', block('default', `s3: { bucket: a/b }\nx: ${HOLE}`)],
        ['nested', '', block('default', 'artifactRepository: { s3: { bucket: a/b } }')],
        ['nested and not', '', block('default', 'artifactRepository: { s3: { bucket: a/b } }\ns3: { bucket: c/d }')],
        ['nested and empty', '', block('default', 'artifactRepository: x')],
        ['the right key', 'default', block('default', 's3: { bucket: data }')],
        ['another key', 'other', block('default', 's3: { bucket: data }')],
        [
          'another key of two',
          'other',
          `${block('default', 's3: { bucket: data }')}${block('more', 's3: { bucket: data }')}`,
        ],
        ['a key of a template', '"{{ x }}"', block('default', 's3: { bucket: data }')],
        ['another key beside a template', 'other', `${block('default', 's3: { bucket: data }')}  "${HOLE}": x\n`],
        ['no key', '""', block('default', 's3: { bucket: data }')],
      ] as const
    ).map(([what, key, data]) => [
      `repository, ${what}: `,
      one(
        configMap(
          'artifact-repositories',
          data,
          key === '' ? '' : `, annotations: { workflows.argoproj.io/default-artifact-repository: ${key} }`,
        ),
      ),
    ]),
  ),
  ...Object.fromEntries(
    [
      block('artifactRepository', 's3: { bucket: a/b }'),
      block('config', 'artifactRepository: { s3: { bucket: a/b } }'),
      block('config', 's3: { bucket: a/b }'),
      block('artifactRepository', 'artifactRepository: { s3: { bucket: a/b } }'),
      '  artifactRepository: 7\n  config: x\n',
    ].map((data) => [`repository, controller: ${data}`, one(configMap('workflow-controller-configmap', data))]),
  ),
  ...Object.fromEntries(
    ['arn:aws', 'arn:aws-cn'].flatMap((arn) =>
      [...ENDPOINTS.slice(0, 7), 's3.amazonaws.com.cn'].flatMap((endpoint) =>
        ['', ', region: us-west-2'].map((region) => [
          `repository, partition: ${arn} ${endpoint}${region}`,
          {
            ...one(profile(`  plugins: [${OURS.replace('arn:aws', arn)}]\n`)),
            'b.yaml': repository(`{ bucket: data, endpoint: ${endpoint}${region} }`)['a.yaml'] ?? '',
          },
        ]),
      ),
    ),
  ),
};

const CASES: Readonly<Record<string, Files>> = {
  ...Object.fromEntries(
    (
      [
        ['a list of nothing', '[]'],
        ['null', 'null'],
        ['a text', 'x'],
        ['a hole', '"{{ x }}"'],
        ['an object', OURS],
        ['a list of texts', '[x, null, "{{ x }}"]'],
      ] as const
    ).map(([what, text]) => [`plugins: ${what}`, one(profile(`  plugins: ${text}\n`))]),
  ),
  'plugins: ours': plugins(OURS),
  'plugins: ours twice': plugins(OURS, OURS),
  'plugins: ours, and another role': plugins(OURS, OURS.replace('team-x', 'team-y')),
  'plugins: three of ours': plugins(OURS, OURS, OURS),
  'plugins: of Google, ours': plugins('{ kind: WorkloadIdentity, spec: { gcpServiceAccount: a } }', OURS),
  'plugins: ours, of Google': plugins(OURS, '{ kind: WorkloadIdentity, spec: { gcpServiceAccount: a } }'),
  'plugins: nothing after the dash': plugins(''),
  'plugins: ours, and nothing after the dash': plugins(OURS, ''),
  'plugins: a key that is not known': plugins(
    `{ kind: AwsIamForServiceAccount, spec: { awsiamrole: "${ROLE}", "x${HOLE}": a, AnnotateOnly: true, b: c } }`,
  ),
  'plugins: a setting of a template': plugins(
    `{ kind: AwsIamForServiceAccount, spec: { awsIamRole: "${ROLE}", annotateOnly: "{{ x }}" } }`,
  ),
  'plugins: of Google': plugins('{ kind: WorkloadIdentity, spec: {} }'),
  'plugins: ours, and one of no kind': plugins(OURS, '{ spec: { awsIamRole: x } }'),
  'plugins: one of no kind': plugins('{ spec: { awsIamRole: x, annotateOnly: true } }'),
  'plugins: one of no kind and no role': plugins('{ spec: { a: b } }'),
  'plugins: a kind of null': plugins(`{ kind: null, spec: { awsIamRole: "${ROLE}", annotateOnly: true } }`),
  'plugins: a kind that is a list': plugins(`{ kind: [a], spec: { awsIamRole: "${ROLE}", annotateOnly: true } }`),
  'plugins: a kind of a template': plugins(`{ kind: "{{ x }}", spec: { awsIamRole: x } }`, OURS),
  'plugins: a kind like ours': plugins('{ kind: AWSIAM, spec: {} }'),
  'plugins: a kind like nothing': plugins('{ kind: Other, spec: {} }'),
  'plugins: a kind like nothing with a role': plugins(`{ kind: Other, spec: { awsIamRole: "${ROLE}" } }`),
  'plugins: the settings beside spec': plugins(
    `{ kind: AwsIamForServiceAccount, awsIamRole: "${ROLE}", annotateOnly: true }`,
  ),
  'plugins: the settings beside an empty spec': plugins(
    `{ kind: AwsIamForServiceAccount, awsIamRole: "${ROLE}", spec: null }`,
  ),
  'plugins: the settings apart': plugins(
    `{ awsIamRole: "${ROLE}", kind: AwsIamForServiceAccount, annotateOnly: true }`,
  ),
  'plugins: one setting': plugins(`{ kind: AwsIamForServiceAccount, annotateOnly: true }`),
  'plugins: no spec': plugins('{ kind: AwsIamForServiceAccount }'),
  'plugins: a spec of null': plugins('{ kind: AwsIamForServiceAccount, spec: null }'),
  'plugins: a spec of text': plugins('{ kind: AwsIamForServiceAccount, spec: x }'),
  'plugins: a patch without a kind': one(
    'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-x }\nspec: { plugins: [{ spec: { awsIamRole: "x y" } }] }\n',
    'patch.yaml',
  ),
  'plugins: a patch without a spec': one(
    'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-x }\nspec: { plugins: [{ kind: AwsIamForServiceAccount }] }\n',
    'patch.yaml',
  ),
  ...Object.fromEntries(
    [
      'null',
      'x',
      '{}',
      '{ hard: null }',
      '{ hard: x }',
      '{ hard: "{{ x }}" }',
      '"{{ x }}"',
      '{ hard: { cpu: 1 } }',
      '{ hard: { cpu: -1 } }',
      '{ hard: { pods: 0 } }',
      '{ hard: { pods: "-1" } }',
      '{ hard: { pods: 1.5 } }',
      '{ hard: { "requests.memory": 8gb } }',
      '{ hard: { "limits.memory": 8 GiB } }',
      '{ hard: { storage: 8k } }',
      '{ hard: { storage: 8KB } }',
      '{ hard: { storage: 1e3 } }',
      '{ hard: { storage: "1e" } }',
      '{ hard: { pods: [1] } }',
      '{ hard: { pods: { a: 1 } } }',
      '{ hard: { pods: true } }',
      '{ hard: { pods: "{{ x }}" } }',
      '{ hard: { "{{ x }}": 1 } }',
      '{ hard: { "nvidia.com/gpu": 1 } }',
      '{ hard: { "limits.nvidia.com/gpu": 1 } }',
      '{ hard: { "requests.nvidia.com/gpu": 1 } }',
      '{ hard: { "hugepages-2Mi": 1 } }',
      '{ hard: { "count/pods": 1 } }',
      '{ hard: { "count/x_y": 1 } }',
      '{ hard: { "gold.storageclass.storage.k8s.io/requests.storage": 1Gi } }',
      '{ hard: { Pods: 1 } }',
      '{ hard: { pod: 1 } }',
      '{ hard: { requests_cpu: 1 } }',
      '{ hard: { other: 1 } }',
      '{ hard: { "limits.ephemeral-storage": 1Gi, services.nodeports: 1 } }',
    ].map((hard) => [`quota: ${hard}`, quota(hard)]),
  ),
  ...Object.fromEntries(
    [
      'x',
      'null',
      '[]',
      '{}',
      '{ kind: User }',
      '{ kind: User, name: null }',
      '{ kind: User, name: "" }',
      '{ kind: User, name: 7 }',
      '{ kind: User, name: [a] }',
      '{ kind: User, name: " a@b.c" }',
      '{ kind: User, name: "{{ x }}" }',
      '{ kind: User, name: "<owner>" }',
      `{ kind: User, name: " X${HOLE}" }`,
      '{ kind: User, name: " A@b.c" }',
      '{ kind: User, name: A@b.c }',
      '{ kind: Group, name: A }',
      '{ kind: User, name: user@example.com }',
      '{ kind: user, name: a@b.c }',
      '{ kind: Group, name: a }',
      '{ name: a@b.c }',
      '{ kind: "{{ x }}", name: a@b.c }',
      '{ kind: ServiceAccount, name: a }',
      '{ apiGroup: x, kind: User, name: a@b.c }',
    ].map((text) => [`owner: ${text}`, owner(text)]),
  ),
  ...Object.fromEntries(
    [
      `{ ${ANNOTATION}: "${ROLE}" }`,
      `{ serving.kserve.io/s3-endpoint: s3.amazonaws.com }`,
      `{ ${ANNOTATION}: "${ROLE}", serving.kserve.io/s3-endpoint: s3.amazonaws.com }`,
      `{ ${ANNOTATION}: "", serving.kserve.io/s3-endpoint: s3.amazonaws.com }`,
      `{ ${ANNOTATION}: "${ROLE}", serving.kserve.io/s3-endpoint: minio.kubeflow:9000 }`,
      `{ ${ANNOTATION}: "${ROLE}", serving.kserve.io/s3-endpoint: null }`,
      `{ ${ANNOTATION}: "${ROLE}", serving.kserve.io/s3-useanoncredential: "true" }`,
      `{ ${ANNOTATION}: "${ROLE}", serving.kserve.io/s3-useanoncredential: "false" }`,
      `{ ${ANNOTATION}: "${ROLE}", serving.kserve.io/s3-useanoncredential: "1", serving.kserve.io/s3-verifyssl: "0", serving.kserve.io/s3-usehttps: "0", serving.kserve.io/s3-region: eu }`,
      `{ serving.kserve.io/s3-useanoncredential: "true" }`,
      `{ ${ANNOTATION}: "", serving.kserve.io/s3-useanoncredential: "true" }`,
      'null',
      'x',
      '{}',
      '[]',
    ].map((annotations) => [`account: ${annotations}`, one(account(annotations))]),
  ),
  ...Object.fromEntries(
    [
      '',
      '  withOIDC: true\n',
      '  withOIDC: false\n',
      '  withOIDC: "true"\n',
      '  withOIDC: null\n',
      '  withOidc: true\n',
      '  withoidc: true\n  withOIDC: false\n',
    ].flatMap((more) => [
      [
        `eksctl: ${JSON.stringify(more)}`,
        accounts(
          '{ metadata: { name: a, namespace: team-x }, attachPolicyARNs: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"] }',
          more,
        ),
      ],
      [`eksctl, no accounts: ${JSON.stringify(more)}`, eksctl(more === '' ? '  serviceRoleARN: x\n' : more)],
    ]),
  ),
  ...Object.fromEntries(
    [
      '{}',
      '{ metadata: {} }',
      '{ metadata: { name: a } }',
      '{ metadata: { namespace: b } }',
      '{ metadata: { name: a, namespace: b } }',
      '{ metadata: { name: a, namespace: b }, roleOnly: true }',
      '{ metadata: { name: a, namespace: b }, attachRoleARN: x }',
      '{ metadata: { name: a, namespace: b }, wellknownpolicies: {} }',
      '{ metadata: { name: a, namespace: b }, attachPolicyARN: [x] }',
      '{ metadata: { name: a, namespace: b }, AttachPolicyARNs: [x] }',
      '{ metadata: { name: a, namespace: b }, AttachPolicyARNs: [x], attachPolicyARNs: [] }',
      '{ metadata: { name: a, namespace: b }, zzz: 1 }',
      '{ metadata: { name: a, namespace: b }, "{{ x }}": 1 }',
      ...[
        'arn:aws:iam::aws:policy/x',
        'arn:aws:iam::111122223333:role/x',
        'arn:aws:s3:::policy/x',
        'arn:aws:iam:us-west-2:aws:policy/x',
        'x',
        '{{ x }}',
        '7',
        'arn:aws-cn:iam::aws:policy/x',
      ].map((arn) => `{ metadata: { name: a, namespace: b }, attachPolicyARNs: ["${arn}"] }`),
    ].map((item) => [`eksctl: ${item}`, accounts(item)]),
  ),
  ...Object.fromEntries(
    (
      [
        [
          'two things apart',
          { 'a/p.yaml': profile(`  plugins: [${OURS}]\n`), 'b/trust.json': policy('default-editor') },
        ],
        [
          'two things together',
          { 'a/p.yaml': profile(`  plugins: [${OURS}]\n`), 'a/trust.json': policy('default-editor') },
        ],
        [
          'of another account of the namespace',
          { 'a/p.yaml': profile(`  plugins: [${OURS}]\n`), 'a/trust.json': policy('builder') },
        ],
        [
          'of nobody',
          { 'a/p.yaml': profile(`  plugins: [${OURS}]\n`), 'a/trust.json': policy('default-editor', 'team-z') },
        ],
        [
          'a role of a template',
          {
            'a/p.yaml': profile(`  plugins: [${OURS.replace('111122223333', '{{ account }}')}]\n`),
            'a/trust.json': policy('default-editor'),
          },
        ],
        [
          'no role',
          {
            'a/p.yaml': profile('  plugins: [{ kind: AwsIamForServiceAccount, spec: {} }]\n'),
            'a/trust.json': policy('default-editor'),
          },
        ],
        ['no plugin', { 'a/p.yaml': profile(''), 'a/trust.json': policy('default-editor') }],
        [
          'a name of a template',
          {
            'a/p.yaml': profile(`  plugins: [${OURS}]\n`).replace('team-x }', '"{{ x }}" }'),
            'a/trust.json': policy('default-editor'),
          },
        ],
        [
          'two Profiles of one name',
          {
            'a/p.yaml': profile(`  plugins: [${OURS}]\n`),
            'a/q.yaml': profile(`  plugins: [${OURS}]\n`),
            'a/trust.json': policy('default-editor'),
          },
        ],
      ] as const
    ).map(([what, files]) => [`folder: ${what}`, files as Files]),
  ),
  ...Object.fromEntries(
    [4, 5].map((count) => [
      `folder: a role of ${count} Profiles`,
      Object.fromEntries(
        Array.from({ length: count }, (_, at) => [
          `${at}.yaml`,
          profile(`  plugins: [${OURS}]\n`).replace('name: team-x', `name: team-${at}`),
        ]),
      ),
    ]),
  ),
  'a launcher without data': one(configMap('kfp-launcher', '').replace('\ndata:', '')),
  'a repository without data': one(configMap('artifact-repositories', '').replace('\ndata:', '')),
  'a launcher whose data is a text': one(configMap('kfp-launcher', '').replace('\ndata:', '\ndata: x')),
  'a trust policy for Pod Identity': one(podTrust('pods.eks.amazonaws.com'), 'trust.json'),
  'a trust policy for Pod Identity and a machine': one(
    podTrust(['ec2.amazonaws.com', 'pods.eks.amazonaws.com']),
    'trust.json',
  ),
  'a version that is none': one(profile('', '{ a: b }')),
  'a version of null': one(profile('', 'null')),
  'a definition of a thing without a version': one(
    profile('  plugins: [x]\n').replace('apiVersion: kubeflow.org/v1\n', ''),
  ),
  'a thing without a kind': one(profile('  plugins: [x]\n').replace('kind: Profile\n', '')),
  'a patch with kind and version': patch(
    'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-x }\nspec: { plugins: [x] }',
  ),
  'a patch with a kind alone': patch('kind: Profile\nmetadata: { name: team-x }\nspec: { plugins: [x] }'),
  'a patch with a version alone': patch(
    'apiVersion: kubeflow.org/v1\nmetadata: { name: team-x }\nspec: { plugins: [x] }',
    '  target: { kind: Profile }\n',
  ),
  'a patch with neither': patch('metadata: { name: team-x }\nspec: { plugins: [x] }', '  target: { kind: Profile }\n'),
  'a patch for another': patch(
    'metadata: { name: team-x }\nspec: { plugins: [x] }',
    '  target: { kind: Deployment }\n',
  ),
  'fields for a Profile': patch('- op: add\n  path: /spec/plugins\n  value: [x]', '  target: { kind: Profile }\n'),
  'fields for an account': patch(
    `- op: add\n  path: /metadata/annotations/eks.amazonaws.com~1role-arn\n  value: x`,
    '  target: { kind: ServiceAccount }\n',
  ),
  'fields for another': patch('- op: add\n  path: /spec/plugins\n  value: [x]', '  target: { kind: Deployment }\n'),
  'fields for nobody': patch('- op: add\n  path: /spec/plugins\n  value: [x]'),
  'keys of ml-pipeline': one(secret('ml-pipeline', 'kubeflow')),
  'keys of ml-pipeline beside an account with a role': {
    'a.yaml': secret('ml-pipeline', 'kubeflow'),
    'b.yaml': account(`{ ${ANNOTATION}: "${ROLE}" }`, 'ml-pipeline').replace('team-x', 'kubeflow'),
  },
  'keys of ml-pipeline beside one of another namespace': {
    'a.yaml': secret('ml-pipeline', 'kubeflow'),
    'b.yaml': account(`{ ${ANNOTATION}: "${ROLE}" }`, 'ml-pipeline'),
  },
  'keys of ml-pipeline with an annotation': one(secret('ml-pipeline', 'kubeflow', `{ ${ANNOTATION}: "${ROLE}" }`)),
  'keys of another with an annotation': one(secret('other', 'kubeflow', `{ ${ANNOTATION}: "${ROLE}" }`)),
};

const provider = (url: string, ...clients: readonly string[]): string =>
  `apiVersion: iam.services.k8s.aws/v1alpha1\nkind: OpenIDConnectProvider\nmetadata: { name: x }\nspec:\n  url: ${url}\n  clientIDs: [${clients.join(', ')}]\n`;
const HOST = 'oidc.eks.us-west-2.amazonaws.com/id/';
const ID = '0123456789ABCDEF0123456789ABCDEF';
const podIdentity = (namespace: string, name: string): string =>
  `apiVersion: eks.services.k8s.aws/v1alpha1\nkind: PodIdentityAssociation\nmetadata: { name: x, namespace: ack }\nspec: { clusterName: demo, namespace: ${namespace}, serviceAccount: ${name}, roleARN: "${ROLE}" }\n`;
const beside = (text: string, spec = `  plugins: [${OURS}]\n`): Files => ({ 'p.yaml': profile(spec), 'a.yaml': text });
const values = (text: string): Files => one(text, 'values.yaml');
const all = (what: string, list: readonly string[], make: (text: string) => Files): Readonly<Record<string, Files>> =>
  Object.fromEntries(list.map((text) => [`${what}: ${text}`, make(text)]));
/** Things of a kind that have what is looked for at another. */
const WRONG_PLACE = `annotations: { ${ANNOTATION}: "x", iam.amazonaws.com/role: x, eks.amazonaws.com/audiences: y, serving.kserve.io/s3-endpoint: s3.amazonaws.com, serving.kserve.io/s3-usehttps: "0" }, labels: { ${ANNOTATION}: "${ROLE}" }`;
const FOLDERS: Readonly<Record<string, Files>> = {
  ...all('others, annotations at', ['Profile', 'ServiceAccount', 'ConfigMap', 'Deployment', 'Other'], (kind) =>
    one(
      `apiVersion: ${kind === 'Profile' ? 'kubeflow.org/v1' : kind === 'Deployment' ? 'apps/v1' : 'v1'}\nkind: ${kind}\nmetadata: { name: kfp-launcher, namespace: team-x, ${WRONG_PLACE} }\ndata: { defaultPipelineRoot: "minio://mlpipeline/v2/artifacts" }\n`,
    ),
  ),
  ...Object.fromEntries(
    [
      ...[
        'eks.amazonaws.com/role-arn',
        'eks.amazonaws.com/role_arn',
        'eks.amazonaws.com/Role-ARN',
        'aws.com/role-arn',
        'iam.amazonaws.com/role',
        'iam.amazonaws.com/role-arn',
      ],
      ...[
        'eks.amazonaws.com/audience',
        'eks.amazonaws.com/audiences',
        'eks.amazonaws.com/sts-regional-endpoint',
        'eks.amazonaws.com/token_expiration',
        'eks.amazonaws.com/other',
      ],
    ].flatMap((key) =>
      (/role[-_]arn$|Role-ARN$/.test(key)
        ? ['7', '""', 'null', '[a]', `"${ROLE}"`, '"team-x"', '"ACCOUNT:role/x"', '"{{ x }}"', '"<role>"']
        : ['7', 'true', '"7"', '""', `"${ROLE}"`]
      ).flatMap((value): [string, Files][] => [
        [`annotations, of an account: ${key}: ${value}`, one(account(`{ ${key}: ${value} }`))],
        [`annotations, in values: ${key}: ${value}`, values(`serviceAccount:\n  annotations: { ${key}: ${value} }\n`)],
        [`annotations, of whatever: ${key}: ${value}`, values(`x:\n  annotations: { ${key}: ${value} }\n`)],
        [
          `annotations, beside the right one: ${key}: ${value}`,
          one(account(`{ ${key}: ${value}, ${ANNOTATION}: "${ROLE}" }`)),
        ],
      ]),
    ),
  ),
  ...all(
    'annotations, by parameters',
    [
      'eks.amazonaws.com/role-arn',
      'eks\\\\.amazonaws\\\\.com/role-arn',
      '\\"eks.amazonaws.com/role-arn\\"',
      'eks\\\\.amazonaws\\\\.com/rolearn',
      'eks\\\\.amazonaws\\\\.com/role_arn',
      "'eks.amazonaws.com/role-arn'",
    ],
    (key) =>
      one(
        `helm:\n  parameters:\n  - name: "serviceAccount.annotations.${key}"\n    value: "${ROLE}"\n  - { name: x.annotations.eks.amazonaws.com/role-arn, value: x }\n`,
      ),
  ),
  ...all(
    'artifacts, in values',
    [
      ...[
        'bucket: a, useSDKCreds: true',
        'bucket: a',
        'bucket: "{{ x }}", useSDKCreds: true',
        'bucket: a/b, useSDKCreds: "true"',
        'bucket: a/b',
        'useSDKCreds: true, endpoint: "{{ x }}"',
      ],
      ...[
        'bucket: a, accessKeySecret: { name: x }',
        'bucket: A, useSDKCreds: true, endpoint: s3.amazonaws.com, insecure: true',
        'bucket: a, region: us-west-2, useSDKCreds: false',
      ],
    ],
    (text) => values(`artifactRepository: { s3: { ${text} } }\n`),
  ),
  ...all(
    'artifacts, as a text',
    ['bucket: a, useSDKCreds: true', 'bucket: "{{ x }}", useSDKCreds: true', 'bucket: a'],
    (text) => values(`artifactRepository: |\n  s3: { ${text} }\n`),
  ),
  ...all(
    'artifacts, of a patch',
    [
      'x: y',
      'defaultPipelineRoot: null',
      'defaultPipelineRoot: "minio://x/y"',
      'providers: "s3: { default: {} }"',
      'providers: x',
    ],
    (data) => patch(`apiVersion: v1\nkind: ConfigMap\nmetadata: { name: kfp-launcher }\ndata: { ${data} }`),
  ),
  ...all(
    'artifacts, of a repository in a patch',
    ['default: "s3: { bucket: a }"', 'default: "s3: { bucket: a, region: us-west-2 }"'],
    (data) =>
      patch(
        `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: artifact-repositories, annotations: { workflows.argoproj.io/default-artifact-repository: other } }\ndata: { ${data} }`,
      ),
  ),
  ...all(
    'accounts, beside a Profile',
    [`"${ROLE}"`, `"${ROLE}-b"`, '""', 'null', '"{{ x }}"', `"{{ x }}${ROLE}"`, '7'],
    (role) => beside(account(`{ ${ANNOTATION}: ${role} }`)),
  ),
  ...all('accounts, beside a Profile without a role', [`"${ROLE}"`, '""'], (role) =>
    beside(
      account(`{ ${ANNOTATION}: ${role} }`),
      '  plugins: [{ kind: AwsIamForServiceAccount, spec: { annotateOnly: true } }]\n',
    ),
  ),
  ...all('accounts, of another name', ['default-viewer', 'x'], (name) =>
    beside(account(`{ ${ANNOTATION}: "${ROLE}-b" }`, name)),
  ),
  'accounts, of another namespace: ': beside(account(`{ ${ANNOTATION}: "${ROLE}-b" }`).replace('team-x', 'team-y')),
  'accounts, without annotations: ': beside(account('{}')),
  'accounts, a ConfigMap of the name: ': beside(
    account(`{ ${ANNOTATION}: "${ROLE}-b" }`).replace('ServiceAccount', 'ConfigMap'),
  ),
  ...all('associations, beside a Profile without a plugin', ['team-x default-editor'], () =>
    beside(podIdentity('team-x', 'default-editor'), ''),
  ),
  ...all('eksctl, an account', ['x', 'null', '[]', '7'], (text) => accounts(text)),
  'others, keys of another kind: ': one(
    `${profile(`  plugins: [${OURS}]\n`)}iam: { withOidc: true, serviceAccounts: [{}] }\n`,
  ),
  'others, plugins of another kind: ': {
    'p.yaml': `apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: team-x, namespace: x }\nspec: { plugins: [${OURS}] }\n`,
    'a.yaml': podIdentity('team-x', 'default-editor'),
  },
  'provider, no audiences: ': one(provider(`https://${HOST}${ID}`).replace(/ {2}clientIDs.*\n/, '')),
  'provider, audiences that are none: ': one(provider(`https://${HOST}${ID}`).replace('clientIDs: []', 'clientIDs: x')),
  ...all('plugins, of another account', ['true', 'false', 'null'], (flag) =>
    plugins(
      `{ kind: AwsIamForServiceAccount, spec: { awsIamRole: "arn:aws:iam::444455556666:role/x", annotateOnly: ${flag} } }`,
    ),
  ),
  'plugins, of another account, of no flag: ': plugins(
    '{ kind: AwsIamForServiceAccount, spec: { awsIamRole: "arn:aws:iam::444455556666:role/x" } }',
  ),
  'plugins, of another account, in a patch: ': patch(
    'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-x }\nspec: { plugins: [{ kind: AwsIamForServiceAccount, spec: { awsIamRole: "arn:aws:iam::444455556666:role/x" } }] }',
  ),
  ...Object.fromEntries(
    ['', `  plugins: [${OURS}]\n`, '  plugins: x\n', '  plugins: null\n', '  plugins: []\n', '  plugins:\n'].flatMap(
      (spec) => [
        [`plugins, beside spec: ${spec}`, one(`${profile(spec)}plugins: [${OURS}]\n`)],
        [
          `plugins, under metadata: ${spec}`,
          one(profile(spec).replace('{ name: team-x }', `{ name: team-x, plugins: [${OURS}] }`)),
        ],
      ],
    ),
  ),
  'plugins, beside no spec: ': one(
    `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-x }\nplugins: [${OURS}]\n`,
  ),
  'plugins, beside a spec that is none: ': one(
    `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-x }\nspec: x\nplugins: [${OURS}]\n`,
  ),
  ...all(
    'associations',
    ['team-x default-editor', 'team-x default-viewer', 'team-y default-editor', 'team-x x'],
    (text) => {
      const [namespace = '', name = ''] = text.split(' ');
      return beside(podIdentity(namespace, name));
    },
  ),
  ...all(
    'eksctl, beside a Profile',
    [
      ...[
        'default-editor',
        'default-editor, roleOnly',
        'default-editor, attachRoleARN',
        'default-editor, roleName: team-x',
        'default-editor, roleName: other',
      ],
      ...[
        'default-editor, roleName: "{{ x }}"',
        'default-editor, roleName: 7',
        'default-edit',
        'default-editors',
        'default-viewer',
        'builder',
        '7',
        '"{{ x }}"',
      ],
    ].map((text) => text.replace(', roleOnly', ', roleOnly: true').replace(', attachRoleARN', ', attachRoleARN: x')),
    (text) => {
      const [name = '', ...more] = text.split(', ');
      return beside(
        accounts(
          `{ metadata: { name: ${name}, namespace: team-x }, attachPolicyARNs: ["arn:aws:iam::aws:policy/x"]${more.map((one) => `, ${one}`).join('')} }`,
        )['a.yaml'] ?? '',
      );
    },
  ),
  ...all(
    'eksctl, elsewhere',
    [
      '{ name: default-editor, namespace: team-y }',
      '{ namespace: team-x }',
      '{ name: default-editor }',
      '{ name: default-edit, namespace: team-y }',
    ],
    (metadata) =>
      beside(accounts(`{ metadata: ${metadata}, attachPolicyARNs: ["arn:aws:iam::aws:policy/x"] }`)['a.yaml'] ?? ''),
  ),
  'eksctl, beside a Profile without a role: ': beside(
    accounts(
      '{ metadata: { name: default-editor, namespace: team-x }, attachPolicyARNs: ["arn:aws:iam::aws:policy/x"] }',
    )['a.yaml'] ?? '',
    '  plugins: [{ kind: AwsIamForServiceAccount, spec: { annotateOnly: true } }]\n',
  ),
  ...all('eksctl, iam', ['null', 'x', '[]', '{}'], (iam) =>
    one(
      `apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: { name: dev, region: us-west-2 }\niam: ${iam}\n`,
    ),
  ),
  ...all(
    'provider, URL',
    [
      `https://${HOST}${ID}`,
      `https://${HOST}${ID}/`,
      `https://${HOST}${ID}/x`,
      `${HOST}${ID}`,
      `http://${HOST}${ID}`,
      `" https://${HOST}${ID}"`,
      `https://${HOST}${ID}:443`,
      `https://oidc.us-west-2.eks.amazonaws.com/id/${ID}`,
      'https://accounts.google.com',
      'accounts.google.com',
      'http://accounts.google.com/',
      `"${HOLE}.${HOST}${ID}/"`,
      `"{{ x }}"`,
      `"${HOLE}/id/x/"`,
      `"https://${HOST}${HOLE}/"`,
      '7',
      'null',
    ],
    (url) => one(provider(url, 'sts.amazonaws.com')),
  ),
  ...all(
    'provider, audiences',
    [
      '',
      'sts.amazonaws.com',
      'kubernetes',
      '"sts.amazonaws.com "',
      'https://sts.amazonaws.com/',
      'sts.amazonaws.com, x',
      'x, STS.amazonaws.com',
      '"{{ x }}"',
      `"${HOLE}"`,
      '7',
      'null',
      '[a]',
      '"sts.amazonaws.com\\u200b"',
    ],
    (clients) => one(provider(`https://${HOST}${ID}`, ...(clients === '' ? [] : [clients]))),
  ),
  ...all('provider, audiences of another', ['x'], (clients) => one(provider('https://accounts.google.com', clients))),
  ...Object.fromEntries(
    (
      [
        [
          'its own',
          {
            'a/p.yaml': provider(`https://${HOST}${ID}`, 'sts.amazonaws.com'),
            'a/trust.json': policy('default-editor'),
          },
        ],
        [
          'of another cluster',
          {
            'a/p.yaml': provider(`https://${HOST}${'F'.repeat(32)}`, 'sts.amazonaws.com'),
            'a/trust.json': policy('default-editor'),
          },
        ],
        [
          'of another cluster, in another folder',
          {
            'b/p.yaml': provider(`https://${HOST}${'F'.repeat(32)}`, 'sts.amazonaws.com'),
            'a/trust.json': policy('default-editor'),
          },
        ],
        [
          'two of them',
          {
            'a/p.yaml': provider(`https://${HOST}${'F'.repeat(32)}`, 'sts.amazonaws.com'),
            'a/q.yaml': provider(`https://${HOST}${'E'.repeat(32)}`, 'sts.amazonaws.com'),
            'a/trust.json': policy('default-editor'),
          },
        ],
        [
          'of one of two roles',
          {
            'a/p.yaml': provider(`https://${HOST}${'F'.repeat(32)}`, 'sts.amazonaws.com'),
            'a/s.json': policy('default-editor').replaceAll(ID, 'F'.repeat(32)),
            'a/trust.json': policy('default-editor'),
          },
        ],
        [
          'of neither of two roles',
          {
            'a/p.yaml': provider(`https://${HOST}${'F'.repeat(32)}`, 'sts.amazonaws.com'),
            'a/s.json': policy('default-editor').replaceAll(ID, 'E'.repeat(32)),
            'a/trust.json': policy('default-editor'),
          },
        ],
        [
          'of none of two roles that trust one',
          {
            'a/p.yaml': provider(`https://${HOST}${'F'.repeat(32)}`, 'sts.amazonaws.com'),
            'a/s.json': policy('builder'),
            'a/trust.json': policy('default-editor'),
          },
        ],
        [
          'of nothing of EKS',
          { 'a/p.yaml': provider('https://accounts.google.com', 'x'), 'a/trust.json': policy('default-editor') },
        ],
        [
          'of a template',
          {
            'a/p.yaml': provider(`"https://${HOST}${HOLE}"`, 'sts.amazonaws.com'),
            'a/trust.json': policy('default-editor'),
          },
        ],
        [
          'and a role of another provider',
          {
            'a/p.yaml': provider(`https://${HOST}${ID}`, 'sts.amazonaws.com'),
            'a/trust.json': policy('default-editor').replaceAll(`${HOST}${ID}`, 'accounts.google.com'),
          },
        ],
        ['alone', { 'a/p.yaml': provider(`https://${HOST}${ID}`, 'sts.amazonaws.com') }],
      ] as const
    ).map(([what, files]) => [`provider, in a folder: ${what}`, files as Files]),
  ),
  ...all(
    'owner',
    [
      ...[
        '{ kind: Group, name: a, namespace: b }',
        '{ kind: User, name: a@b.c, namespace: b }',
        '{ kind: User, name: a@b.c, namespace: null }',
        '{ kind: ServiceAccount, name: a, namespace: b }',
        '{ name: a, namespace: b }',
      ],
      ...[
        '{ kind: " user ", name: a@b.c }',
        '{ kind: USER, name: a@b.c, apiGroup: x }',
        '{ kind: ServiceAccount, name: a, namespace: b, apiGroup: rbac.authorization.k8s.io }',
        '{ kind: Other, name: a, apiGroup: x }',
      ],
      ...[
        '{ kind: User, name: a@b.c, apiGroup: rbac.authorization.k8s.io }',
        '{ kind: User, name: a@b.c, apiGroup: "" }',
        `{ kind: User, name: a@b.c, apiGroup: "${HOLE}" }`,
        `{ kind: "${HOLE}", name: a@b.c }`,
        '{ kind: null, name: a@b.c }',
        '{ kind: 7, name: a@b.c }',
      ],
      ...['{ kind: User }', '{ kind: User, name: }', '{ kind: User, name: {} }', '{ kind: User, name: true }'],
    ],
    owner,
  ),
  ...Object.fromEntries(
    [
      ...[
        'kubeflow.org/v1',
        'kubeflow.org/v1beta1',
        'kubeflow.org/v2',
        'kubeflow.org/V1',
        '"{{ x }}"',
        `"kubeflow.org/${HOLE}"`,
        'null',
        '7',
      ],
    ].map((api) => [`version: ${api}`, one(profile(`  plugins: [${OURS}]\n`, api))]),
  ),
  ...Object.fromEntries(
    [
      'team-x',
      'Team-X',
      '7',
      '1e3',
      'true',
      'null',
      '""',
      'kubeflow',
      'kube-system',
      'default',
      'a.b',
      `${'x'.repeat(63)}`,
      `${'x'.repeat(64)}`,
      '-x',
      'x_y',
      '"{{ x }}"',
      `"x${HOLE}"`,
      '[a]',
      '{ a: b }',
      '" team-x"',
    ].map((name) => [`name: ${name}`, one(profile(`  plugins: [${OURS}]\n`).replace('name: team-x', `name: ${name}`))]),
  ),
  ...all(
    'plugins, a setting that is no boolean',
    [
      'yes',
      'Yes',
      'on',
      'y',
      'no',
      'off',
      'n',
      '"true"',
      '"false"',
      "'yes'",
      'maybe',
      '""',
      '7',
      '[true]',
      '{ a: b }',
      '"{{ x }}"',
      `"${HOLE}"`,
      'null',
      'True',
      '"<yes>"',
    ],
    (value) => plugins(`{ kind: AwsIamForServiceAccount, spec: { awsIamRole: "${ROLE}", annotateOnly: ${value} } }`),
  ),
  ...all(
    'plugins, a role',
    [
      ...[
        'null',
        '""',
        '7',
        '[a]',
        '{ a: b }',
        'true',
        '"{{ x }}"',
        `"${HOLE}"`,
        '" "',
        `" ${ROLE}"`,
        'team-x',
        'role/team-x',
        '/team-x',
        'arn:aws:iam::111122223333:team-x',
        'arn:aws:iam::111122223333:user/x',
      ],
      ...[
        'arn:aws:iam:us-west-2:111122223333:role/x',
        'arn:aws:sts::111122223333:assumed-role/x/y',
        'arn:aws:sts::111122223333:x',
        'arn:aws:iam::1111:role/x',
        'arn:aws:iam::ACCOUNT:role/x',
        'arn:aws-xx:iam::111122223333:role/x',
        'arn:aws:iam::111122223333:role/',
        'arn:aws:iam::111122223333:instance-profile/x',
      ],
      ...[
        'arn:aws:iam::111122223333:role/a/b',
        'arn:aws:iam::111122223333:policy/x',
        'arn:aws-cn:iam::111122223333:role/x',
        'arn:aws:iam::444455556666:role/x',
        `arn:aws:iam::111122223333:role/${'x'.repeat(64)}`,
        `arn:aws:iam::111122223333:role/${'x'.repeat(65)}`,
      ],
    ],
    (role) => plugins(`{ kind: AwsIamForServiceAccount, spec: { awsIamRole: ${role}, annotateOnly: false } }`),
  ),
  ...Object.fromEntries(
    [
      'x',
      'null',
      '[]',
      '{}',
      '{ hard: x }',
      '{ hard: [] }',
      '{ hard: null }',
      `{ hard: "${HOLE}" }`,
      `"${HOLE}"`,
      `{ hard: { "${HOLE}": x } }`,
      `{ hard: { cpu: "${HOLE}" } }`,
    ].map((text) => [`quota: ${text}`, quota(text)]),
  ),
};

/** A role of AWS Controllers for Kubernetes, of the name of the Profile's. */
const roleOf = (statements: readonly object[], name = 'team-x', trust = policy('default-editor')): string =>
  JSON.stringify({
    apiVersion: 'iam.services.k8s.aws/v1alpha1',
    kind: 'Role',
    metadata: { name: 'r' },
    spec: {
      name,
      assumeRolePolicyDocument: trust.replaceAll('444455556666', '111122223333'),
      ...(statements.length === 0
        ? {}
        : { inlinePolicies: { s3: JSON.stringify({ Version: '2012-10-17', Statement: statements }) } }),
    },
  });
const allow = (Action: unknown, Resource: unknown, Condition?: object): object => ({
  ...{ Effect: 'Allow', Action, Resource },
  ...(Condition === undefined ? {} : { Condition }),
});
const [LIST, WRITE, READ] = [
  allow('s3:ListBucket', 'arn:aws:s3:::data'),
  allow(['s3:GetObject', 's3:PutObject'], 'arn:aws:s3:::data/*'),
  allow('s3:GetObject', 'arn:aws:s3:::data/*'),
];
const RIGHTS: Readonly<Record<string, readonly object[]>> = {
  'both rights': [LIST, WRITE],
  'writing alone': [WRITE],
  'listing alone': [LIST],
  'reading alone': [LIST, READ],
  none: [],
  'a Deny': [LIST, WRITE, { ...WRITE, Effect: 'Deny' }],
  'a Deny of listing': [LIST, WRITE, { ...LIST, Effect: 'Deny' }],
  'one object': [LIST, allow(['s3:GetObject', 's3:PutObject'], 'arn:aws:s3:::data/x')],
  'a prefix': [LIST, allow(['s3:GetObject', 's3:PutObject'], 'arn:aws:s3:::data/team-x/*')],
  'another bucket': [LIST, allow(['s3:GetObject', 's3:PutObject'], 'arn:aws:s3:::other/*')],
  'a condition that no pod meets': [LIST, { ...WRITE, Condition: { StringEquals: { 'aws:username': 'x' } } }],
  'what is told already': [allow(['s3:ListBucket', 's3:PutObject'], 'arn:aws:s3:::data/*')],
  'a part of it open': [LIST, allow(['s3:GetObject', 's3:PutObject'], 'arn:aws:s3:::{{ x }}/*')],
  'of China': [allow('s3:ListBucket', 'arn:aws-cn:s3:::data'), allow('s3:PutObject', 'arn:aws-cn:s3:::data/*')],
};
const POLICIES: Readonly<Record<string, Files>> = {
  ...Object.fromEntries(
    Object.entries(RIGHTS).flatMap(([what, statements]) =>
      ['s3://data/team-x', 's3://data/other', 's3://other', '"s3://data/{{ x }}"', 'minio://mlpipeline/v2', ''].map(
        (root) => [
          `rights, ${what}: ${root}`,
          {
            ...beside(roleOf(statements)),
            ...(root === '' ? {} : { 'l.yaml': launcher(root)['a.yaml'] ?? '' }),
          },
        ],
      ),
    ),
  ),
  ...Object.fromEntries(
    Object.entries(RIGHTS)
      .slice(0, 8)
      .flatMap(([what, statements]) => [
        [
          `rights, ${what}, of another role: `,
          { ...beside(roleOf(statements, 'other')), 'l.yaml': launcher('s3://other')['a.yaml'] ?? '' },
        ],
        [
          `rights, ${what}, and a Profile without a role: `,
          {
            ...beside(
              roleOf(statements),
              '  plugins: [{ kind: AwsIamForServiceAccount, spec: { annotateOnly: true } }]\n',
            ),
            'l.yaml': launcher('s3://other')['a.yaml'] ?? '',
          },
        ],
        [
          `rights, ${what}, of another ConfigMap: `,
          {
            ...beside(roleOf(statements)),
            'l.yaml': (launcher('s3://other')['a.yaml'] ?? '').replace('kfp-launcher', 'other'),
          },
        ],
      ]),
  ),
  'rights, of two roles: ': {
    ...beside(roleOf([LIST])),
    'b.json': JSON.stringify({ Version: '2012-10-17', Statement: [{ ...WRITE, Effect: 'Deny' }, WRITE] }),
    'l.yaml': launcher('s3://other')['a.yaml'] ?? '',
  },
  ...Object.fromEntries(
    [
      ...[
        'sts:AssumeRole',
        'sts:TagSession',
        ['sts:AssumeRole'],
        ['sts:AssumeRole', 'sts:TagSession'],
        'sts:*',
        'STS:tag*',
        [],
        { Ref: 'x' },
        undefined,
      ],
    ].map((Action) => [
      `pods, action: ${JSON.stringify(Action) ?? 'none'}`,
      one(
        JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { Service: 'pods.eks.amazonaws.com' }, Action }],
        }),
        'a.json',
      ),
    ]),
  ),
  ...Object.fromEntries(
    (
      [
        ['a statement for each', [{ Action: 'sts:AssumeRole' }, { Action: 'sts:TagSession' }]],
        ['two that lack', [{ Action: 'sts:AssumeRole' }, { Action: ['sts:AssumeRole'] }]],
        ['a Deny', [{ Effect: 'Deny', Action: 'sts:AssumeRole' }]],
        ['a Deny that tags', [{ Action: 'sts:AssumeRole' }, { Effect: 'Deny', Action: 'sts:TagSession' }]],
        [
          'another service that tags',
          [{ Action: 'sts:AssumeRole' }, { Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:TagSession' }],
        ],
        ['another service', [{ Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }]],
        ['no action', [{ NotAction: 'sts:AssumeRole' }]],
      ] as const
    ).map(([what, statements]) => [
      `pods, statements: ${what}`,
      one(
        JSON.stringify({
          Version: '2012-10-17',
          Statement: statements.map((statement) => ({
            Effect: 'Allow',
            Principal: { Service: 'pods.eks.amazonaws.com' },
            ...statement,
          })),
        }),
        'a.json',
      ),
    ]),
  ),
  ...Object.fromEntries(
    [
      [4_000, 4_000],
      [4_000, 4_001],
      [4_001, 4_000],
      [100, 8_050],
      [8_092, 100],
      [5_000, 100, 5_000],
      [100, 100],
    ].map((sizes) => [
      `rights, sizes: ${sizes.join(' ')}`,
      one(
        roleOf([LIST]).replace(
          /"inlinePolicies":\{.*?\}"\}/,
          `"inlinePolicies":${JSON.stringify(
            Object.fromEntries(
              sizes.map((size, at) => [
                `p${at}`,
                JSON.stringify({ Version: '2012-10-17', Statement: [{ ...LIST, Sid: 'x'.repeat(size) }] }),
              ]),
            ),
          )}`,
        ),
        'a.json',
      ),
    ]),
  ),
  ...all(
    'roles, by name',
    ['team-x', 'team#x', '', 'x'.repeat(64), 'x'.repeat(65), '${NAME}', `x${HOLE}`, '{{ x }}', 'a b'],
    (name) => one(roleOf([LIST], name), 'a.json'),
  ),
  ...Object.fromEntries(
    [
      ...['team-x/*', 'team-x/', 'team-?', '${aws:username}/*', '{{ x }}/*', '', ['team-x/', 'b/*'], { Ref: 'x' }],
    ].flatMap((prefix) =>
      [
        'StringEquals',
        'StringLike',
        'ForAnyValue:StringEquals',
        'StringEqualsIfExists',
        'StringNotEquals',
        'StringEqualsIgnoreCase',
      ].map((operator) => [
        `prefixes: ${operator} ${JSON.stringify(prefix)}`,
        beside(roleOf([{ ...LIST, Condition: { [operator]: { 's3:prefix': prefix } } }, WRITE])),
      ]),
    ),
  ),
  ...Object.fromEntries(
    (
      [
        ['beside StringLike', { StringEquals: { 's3:prefix': 'a/*' }, StringLike: { 's3:delimiter': '/' } }, []],
        ['of a Deny', undefined, [{ ...LIST, Effect: 'Deny', Condition: { StringEquals: { 's3:prefix': 'a/*' } } }]],
        ['beside listing of all', { StringEquals: { 's3:prefix': 'a/' } }, [LIST]],
        ['beside all of S3', { StringEquals: { 's3:prefix': 'a/' } }, [allow('s3:*', '*')]],
        ['beside a Deny of listing', { StringEquals: { 's3:prefix': 'a/' } }, [{ ...LIST, Effect: 'Deny' }]],
        [
          'beside listing below',
          { StringEquals: { 's3:prefix': 'a/' } },
          [{ ...LIST, Condition: { StringLike: { 's3:prefix': 'a/*' } } }],
        ],
        [
          'beside listing among others',
          { StringEquals: { 's3:prefix': 'a/' } },
          [allow(['s3:GetObject', 's3:ListBucket'], '*')],
        ],
        ['of something else', { StringEquals: { 's3:delimiter': '/' } }, []],
        ['of no object', 'x', []],
      ] as const
    ).map(([what, Condition, more]) => [
      `prefixes, ${what}: `,
      beside(roleOf([Condition === undefined ? LIST : { ...LIST, Condition }, WRITE, ...more])),
    ]),
  ),
  ...all('accounts in ARNs', ['111122223333', '1111', '1111222233334', '*', '', 'ACCOUNT', '{{ x }}'], (account) =>
    one(
      roleOf([
        allow('sqs:*', `arn:aws:sqs:us-west-2:${account}:x`),
        allow('kms:Decrypt', [`arn:aws:kms:us-west-2:${account}:key/1`]),
      ]),
      'a.json',
    ),
  ),
};

/** What a case is about: the word before its colon. */
const about = (what: string): string => /^(\w+)(?:, [\w ]+)?:/.exec(what)?.[1] ?? 'others';
const lines = (files: Files, options: LintOptions = {}): readonly string[] => {
  const all = Object.entries(files).map(([path, text]) => ({ path, text }));
  const found = lintFolder(all, options);
  return all.flatMap(({ path, text }) => (found.get(path) ?? []).map((finding) => said(path, text, finding)));
};
/** What is known of a cluster, and what is then said otherwise. */
const KNOWN: LintOptions = {
  context: { bucket: 'data', account: '111122223333', partition: 'aws' },
  roles: { 'team-x': ROLE },
};
/** Cases of which more is said where that is known. */
const KNOWN_MATTERS =
  /^(?:launcher, root:|plugins|name|accounts|annotations, of an account: eks\.amazonaws\.com\/role-arn|others)/;
const ALL = { ...CASES, ...ARTIFACTS, ...FOLDERS, ...POLICIES };
const BOTH = new Set(Object.keys({ ...ARTIFACTS, ...FOLDERS, ...POLICIES }));
for (const group of new Set(Object.keys(ALL).map(about)))
  test(`what lint says: ${group}`, () => {
    const sound: string[] = [];
    const told = Object.entries(ALL)
      .filter(([what]) => about(what) === group)
      .flatMap(([what, files]) => {
        const rule = lines(files);
        const name = what.replaceAll('\n', '⏎').replaceAll(HOLE, '?');
        if (!BOTH.has(what)) return [`# ${name}`, ...rule];
        const its = KNOWN_MATTERS.test(what) ? lines(files, KNOWN) : rule;
        const known = differences(its, rule).map((line) => `  known: ${line}`);
        if (rule.length + known.length > 0) return [`# ${name}`, ...rule, ...known];
        sound.push(name);
        return [];
      });
    asKept(
      `lint/cases-${group}`,
      sound.length === 0 ? told : [...told, '', 'nothing is said of:', ...sound.map((one) => `  ${one}`)],
    );
  });
