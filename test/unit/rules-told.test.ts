// All that lint says of policies and manifests with several things of each kind in them, when one part is changed, for each part and in
// each of several ways. test/fixtures/told/rules/.
import { describe, test } from 'node:test';
import { lintFolder } from '../../src/core/lint.ts';
import { differences, said } from './lines.ts';
import { asKept, variations } from './told.ts';

const EKS = (id: string): string => `oidc.eks.us-west-2.amazonaws.com/id/${id.repeat(32)}`;
const [ONE, OTHER] = [EKS('A'), EKS('B')];
const provider = (issuer: string, partition = 'aws', account = '111122223333'): string =>
  `arn:${partition}:iam::${account}:oidc-provider/${issuer}`;
const account = (name: string): string => `system:serviceaccount:${name}`;
const web = (Condition: unknown, more: object = {}): object => ({
  Effect: 'Allow',
  Principal: { Federated: provider(ONE) },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition,
  ...more,
});
const trust = (...Statement: object[]): object => ({ Version: '2012-10-17', Statement });
const aud = { [`${ONE}:aud`]: 'sts.amazonaws.com' };
const sub = (...names: string[]): object => ({ [`${ONE}:sub`]: names.map(account) });

/** Trust policies of several statements, claims, operators, actions and providers. */
const TRUSTS: Readonly<Record<string, object>> = {
  'several accounts and patterns': trust(
    web({ StringEquals: aud, StringLike: sub('team-a:*', 'team-b:default-editor', '*:default-viewer', 'team-?:x') }),
    web({ StringEquals: { ...aud, ...sub('team-a:default-editor', 'team-*:x') } }),
  ),
  'several operators': trust(
    web({
      'ForAnyValue:StringLike': sub('team-a:default-editor'),
      StringEqualsIfExists: aud,
      StringNotEquals: sub('team-b:x'),
      Null: { [`${ONE}:sub`]: 'false' },
    }),
    web({
      'ForAllValues:StringEquals': { ...aud, ...sub('team-a:x') },
      StringEqualsIgnoreCase: sub('Team-A:x'),
      StringNotLike: sub('kube-*:*'),
    }),
  ),
  'several actions': trust(
    web(
      { StringEquals: { ...aud, ...sub('team-a:default-editor') } },
      { Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:AssumeRole'] },
    ),
    web({ StringEquals: { ...aud, ...sub('team-a:default-editor') } }, { Action: ['sts:*'] }),
    web(
      { StringEquals: sub('team-a:default-editor') },
      { Action: ['sts:AssumeRoleWithSAML', 'sts:SetSourceIdentity', 'sts:TagSession'] },
    ),
  ),
  'several providers': trust(
    web(
      { StringEquals: { ...aud, ...sub('team-a:x') } },
      { Principal: { Federated: [provider(ONE), provider(OTHER)] } },
    ),
    web({ StringEquals: { [`${OTHER}:sub`]: account('team-a:x'), [`${OTHER}:aud`]: ['sts.amazonaws.com', 'x'] } }),
    web(
      { StringEquals: { ...aud, ...sub('team-a:x') } },
      { Principal: { Federated: provider(ONE, 'aws-cn', '999900001111'), AWS: '*' } },
    ),
    web({ StringEquals: { 'accounts.google.com:sub': 'x' } }, { Principal: { Federated: 'accounts.google.com' } }),
  ),
  'tokens and Pod Identity': trust(
    {
      Effect: 'Allow',
      Principal: { Service: ['pods.eks.amazonaws.com', 'ec2.amazonaws.com'] },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
    },
    {
      Effect: 'Allow',
      Principal: { Service: 'eks.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: {
        StringEquals: { 'aws:SourceAccount': '111122223333', 'aws:RequestTag/kubernetes-namespace': 'team-a' },
      },
    },
    web({ StringEquals: { ...aud, ...sub('team-a:default-editor') } }),
    {
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringNotEquals: sub('team-a:default-editor') },
    },
  ),
  'claims written in other ways': trust(
    web({ StringEquals: { [`https://${ONE}:sub`]: account('team-a:x'), [`${ONE}:AUD`]: 'sts.amazonaws.com' } }),
    web({
      StringEquals: {
        [`${ONE}:sub`]: [
          'team-a:x',
          'system:serviceaccounts:team-a:x',
          'system:serviceaccount:team-a',
          'system:serviceaccount:Team_A:x',
          ' system:serviceaccount:team-a:x',
        ],
        [`${ONE}:aud`]: 'https://sts.amazonaws.com',
      },
    }),
    web({
      StringEquals: {
        'oidc.eks.us-west-2.amazonaws.com:sub': account('team-a:x'),
        [`${provider(ONE)}:aud`]: 'sts.amazonaws.com',
      },
    }),
  ),
};

const allow = (Action: unknown, Resource: unknown, more: object = {}): object => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const KEY = 'arn:aws:kms:us-west-2:111122223333:key/11112222-3333-4444-5555-666677778888';
/** Permissions of several kinds of ARNs, actions and conditions. */
const PERMISSIONS: Readonly<Record<string, object>> = {
  'places in buckets': trust(
    allow(
      ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      ['arn:aws:s3:::artifacts/team-a/*', 'arn:aws:s3:::artifacts/team-b*', 'arn:aws:s3:::other'],
    ),
    allow('s3:ListBucket', ['arn:aws:s3:::artifacts', 'arn:aws:s3:::artifacts/*'], {
      Condition: { StringLike: { 's3:prefix': ['team-a/*', '/team-b/*', ''] } },
    }),
    allow(['s3:GetBucketLocation', 's3:ListAllMyBuckets', 's3:ListBucket'], 'arn:aws:s3:::artifacts', {
      Condition: { StringEquals: { 's3:prefix': 'team-a/*', 's3:delimiter': '/' } },
    }),
  ),
  'wide rights': trust(
    allow(['s3:*', 's3:Get*', '*'], '*'),
    allow(
      ['iam:PassRole', 'sts:AssumeRole', 'iam:*'],
      ['*', 'arn:aws:iam::111122223333:role/*', 'arn:aws:iam::*:role/team-a'],
    ),
    allow('s3:*Object*', 'arn:aws:s3:::*', {
      Condition: { StringEquals: { 'aws:PrincipalTag/kubernetes-namespace': 'team-a' } },
    }),
    allow(['secretsmanager:GetSecretValue', 'kms:*', 'ec2:*'], '*'),
  ),
  'keys and tags': trust(
    allow(['kms:Decrypt', 'kms:GenerateDataKey'], [KEY, 'arn:aws:kms:us-west-2:111122223333:alias/artifacts', '*'], {
      Condition: { StringEquals: { 'kms:ViaService': 's3.us-west-2.amazonaws.com' } },
    }),
    allow(
      ['s3:GetObject', 's3:PutObjectTagging', 's3:GetObjectVersion', 's3:AbortMultipartUpload'],
      'arn:aws:s3:::artifacts/${aws:PrincipalTag/kubernetes-namespace}/*',
      {
        Condition: {
          StringEquals: { 's3:ExistingObjectTag/team': 'a' },
          Bool: { 'aws:SecureTransport': 'true' },
          NumericLessThan: { 's3:max-keys': '10' },
          IpAddress: { 'aws:SourceIp': '10.0.0.0/8' },
          DateLessThan: { 'aws:CurrentTime': '2030-01-01T00:00:00Z' },
        },
      },
    ),
  ),
  'denials and all but': trust(
    { Effect: 'Deny', NotAction: ['s3:GetObject', 's3:List*'], Resource: 'arn:aws:s3:::artifacts/*' },
    { Effect: 'Allow', Action: 's3:GetObject', NotResource: ['arn:aws:s3:::secret/*', 'arn:aws:s3:::secret'] },
    {
      Sid: 'A b',
      Effect: 'Deny',
      Action: 's3:*',
      Resource: '*',
      Condition: {
        Bool: { 'aws:SecureTransport': 'false' },
        ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/*' },
      },
    },
    { Sid: 'A', Effect: 'Allow', NotAction: 'iam:*', NotResource: '*' },
    {
      Sid: 'A',
      Effect: 'Allow',
      Action: 's3:GetObject',
      NotAction: 's3:PutObject',
      Resource: 'arn:aws:s3:::a-b/*',
    },
  ),
  'odd ARNs': trust(
    allow('s3:GetObject', [
      'arn:aws:s3:us-west-2:111122223333:accesspoint/one/object/*',
      'arn:aws:s3:::Artifacts/*',
      'arn:aws-cn:s3:::artifacts/*',
      'arn:aws:s3::111122223333:artifacts/*',
      'arn:aws:s3:us-west-2::artifacts/*',
      's3://artifacts/*',
      'artifacts/*',
      'arn:aws:s3:::artifacts//x/*',
      'arn:aws:s3:::192.168.0.1/*',
      'arn:aws:s3:::artifacts/*/x',
      'arn:*:s3:::artifacts/*',
      'arn:aws:s3-object-lambda:us-west-2:111122223333:accesspoint/x',
      'arn:aws:s3express:us-west-2:111122223333:bucket/x--usw2-az1--x-s3',
    ]),
    allow(
      [
        's3:getobject',
        's3:GetObjects',
        'S3:GetObject',
        's3.GetObject',
        'GetObject',
        's3:Get Object',
        's3:ListObjects',
        's3:HeadBucket',
        's3:',
        'dynamodb:GetItem',
      ],
      'arn:aws:s3:::artifacts/*',
    ),
  ),
};

const ROLE = 'arn:aws:iam::111122223333:role/team-a';
const manifest = (apiVersion: string, kind: string, name: string, rest: object, namespace?: string): object => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  ...rest,
});
/** Manifests with several of each. */
const MANIFESTS: Readonly<Record<string, object>> = {
  'a Profile of several plugins': manifest('kubeflow.org/v1beta1', 'Profile', 'team-a', {
    spec: {
      owner: { kind: 'user', name: 'X@Example.com', apiGroup: 'rbac.authorization.k8s.io' },
      plugins: [
        { kind: 'WorkloadIdentity', spec: { gcpServiceAccount: 'x@y.iam.gserviceaccount.com' } },
        { kind: 'AwsIamForServiceAccount', spec: { awsIamRole: ROLE } },
        { kind: 'AwsIamForServiceAccount', spec: { awsIamRole: `${ROLE}-b`, annotateOnly: true } },
        { kind: 'AwsIAMForServiceAccount', apiVersion: 'x', spec: { awsIAMRole: ROLE, AnnotateOnly: 'false' } },
        { kind: 'Other' },
      ],
      resourceQuotaSpec: {
        hard: { 'requests.cpu': '2', 'limits.memory': 'x', pods: '10', 'requests.nvidia.com/gpu': '1' },
      },
    },
  }),
  'a Profile with slips': manifest('kubeflow.org/v1', 'Profile', 'Team_A', {
    spec: {
      owner: { kind: 'ServiceAccount', name: 'x' },
      plugin: [{ kind: 'AwsIamForServiceAccount' }],
      plugins: [
        {
          kind: 'AwsIamForServiceAccount',
          awsIamRole: ROLE,
          spec: { awsIamRole: 'arn:aws:iam::111122223333:user/x', annotateOnly: null, role: ROLE },
        },
      ],
    },
    status: {},
  }),
  'an account with settings': manifest('v1', 'ServiceAccount', 'default-editor', {
    metadata: {
      name: 'default-editor',
      namespace: 'team-a',
      annotations: {
        'eks.amazonaws.com/role-arn': ` ${ROLE}`,
        'eks.amazonaws.com/audience': 'sts.amazonaws.con',
        'eks.amazonaws.com/token-expiration': '100',
        'eks.amazonaws.com/sts-regional-endpoints': 'yes',
        'eks.amazonaws.com/skip-containers': 'a',
        'iam.amazonaws.com/role': 'x',
      },
    },
  }),
  'a launcher': manifest(
    'v1',
    'ConfigMap',
    'kfp-launcher',
    {
      data: {
        defaultPipelineRoot: 's3://artifacts/team-a?region=us-west-2&endpoint=x',
        providers:
          's3:\n  default:\n    endpoint: https://s3.us-west-2.amazonaws.com\n    region: us-east-1\n    disableSSL: true\n    forcePathStyle: x\n    credentials:\n      fromEnv: "true"\n      secretRef: { secretName: a }\n  overrides:\n  - bucketName: artifacts\n    keyPrefix: /team-a\n    endpoint: minio:9000\n    credentials: { fromEnv: false }\n  - keyPrefix: x\ngs:\n  default: {}\nminio:\n  default: { credentials: {} }\n',
        defaultpipelineRoot: 'x',
      },
    },
    'team-a',
  ),
  repositories: manifest(
    'v1',
    'ConfigMap',
    'artifact-repositories',
    {
      metadata: {
        name: 'artifact-repositories',
        namespace: 'team-a',
        annotations: { 'workflows.argoproj.io/default-artifact-repository': 'third' },
      },
      data: {
        default:
          's3:\n  bucket: artifacts/team-a\n  keyFormat: /x/{{workflow.name}}\n  endpoint: s3.amazonaws.com\n  insecure: true\n  region: us-west-2\n  accessKeySecret: { name: a, key: b }\n  useSDKCreds: "true"\n',
        second:
          's3:\n  bucket: s3://artifacts\n  keyPrefix: x\n  endpoint: minio-service.kubeflow:9000\n  roleARN: x\n',
        third: 'gcs: { bucket: x }\n',
        bad: 's3: [',
      },
    },
    'team-a',
  ),
};

const FOLDER = {
  'profile.json': manifest('kubeflow.org/v1', 'Profile', 'team-a', {
    spec: {
      owner: { kind: 'User', name: 'x@example.com' },
      plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: ROLE, annotateOnly: true } }],
    },
  }),
  'role.json': {
    Role: {
      RoleName: 'team-a',
      AssumeRolePolicyDocument: trust(web({ StringEquals: { ...aud, ...sub('team-a:default-editor') } })),
    },
  },
};
const lines = (text: string): readonly string[] => {
  const files = [
    { path: 'it.json', text },
    ...Object.entries(FOLDER).map(([path, one]) => ({ path, text: JSON.stringify(one) })),
  ];
  const found = lintFolder(files);
  return files.flatMap((file) => (found.get(file.path) ?? []).map((one) => said(file.path, file.text, one)));
};
/** Of the ways to change a part: gone, null, empty, another text, a list, a list of two, a wildcard behind it, in capitals, a placeholder. */
const WAYS = new Set(['gone', 'key', ...[0, 1, 2, 6, 7, 8, 10, 11].map((one) => `value ${one}`)]);
for (const [group, all] of Object.entries({ trust: TRUSTS, permissions: PERMISSIONS, manifests: MANIFESTS }))
  for (const [name, document] of Object.entries(all))
    describe(`${group}: ${name}`, () => {
      const rule = lines(JSON.stringify(document));
      test('as it is', () => asKept(`rules/${group}/${name}/as it is`, rule));
      for (const [way, changed] of variations(document))
        if (WAYS.has(way))
          test(way, () =>
            asKept(
              `rules/${group}/${name}/${way}`,
              changed.flatMap(([what, text]) => {
                const other = differences(lines(text), rule);
                return other.length === 0 ? [] : [what, ...other.map((one) => `  ${one}`)];
              }),
            ),
          );
    });
