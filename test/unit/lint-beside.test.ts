// What shows only where a Profile lies beside: keys that hide its role, an endpoint of another partition. And samples of guides.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lintFolder } from '../../src/core/lint.ts';
import { table } from './lint-kit.ts';

const profile = (partition = 'aws'): string =>
  `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: team-vision\nspec:\n  owner:\n    kind: User\n    name: vera@example.com\n  plugins:\n    - kind: AwsIamForServiceAccount\n      spec:\n        awsIamRole: arn:${partition}:iam::314159265358:role/team-vision\n        annotateOnly: true\n`;
const found = (...texts: string[]): unknown => {
  const files = texts.map((text, index) => ({ path: `${index}.yaml`, text }));
  return [...lintFolder(files)].flatMap(([path, findings]) =>
    findings.map(({ id, severity, start, end }) => {
      const text = files.find((file) => file.path === path)?.text ?? '';
      return [id, severity, text.slice(start, end)];
    }),
  );
};
const map = (name: string, data: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: team-vision\ndata:\n${data.replaceAll(/^(?=.)/gm, '  ')}`;
const podDefault = (more = ''): string =>
  `apiVersion: kubeflow.org/v1alpha1\nkind: PodDefault\nmetadata:\n  name: a\n  namespace: team-vision\nspec:\n  env:\n    - name: AWS_ACCESS_KEY_ID\n      value: x\n${more}`;
const server = (host: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ml-pipeline\n  namespace: kubeflow\nspec:\n  template:\n    spec:\n      containers:\n        - name: api\n          env:\n            - { name: OBJECTSTORECONFIG_HOST, value: ${host} }\n            - { name: OBJECTSTORECONFIG_ACCESSKEY, value: x }\n`;
const account = `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: ml-pipeline\n  namespace: kubeflow\n  annotations:\n    eks.amazonaws.com/role-arn: arn:aws:iam::314159265358:role/kfp\n`;
const SECRET = `apiVersion: v1\nkind: Secret\nmetadata: { name: a, namespace: team-vision }\nstringData:\n  AWS_ACCESS_KEY_ID: x\n`;
const providers = (credentials: string, endpoint = 's3.amazonaws.com'): string =>
  map(
    'kfp-launcher',
    `defaultPipelineRoot: s3://vision-artifacts/a\nproviders: |\n  s3:\n    default:\n      endpoint: ${endpoint}\n      credentials:\n        fromEnv: ${credentials}\n        secretRef: { secretName: a, accessKeyKey: b, secretKeyKey: c }\n`,
  );
const repository = (endpoint: string, more = ''): string =>
  map('artifact-repositories', `default: |\n  s3:\n    endpoint: ${endpoint}\n    bucket: vision-artifacts\n${more}`);

describe('KP-053 keys beside a role', () => {
  const rows: Readonly<Record<string, readonly [texts: readonly string[], finds: unknown]>> = {
    'a PodDefault': [[profile(), podDefault()], [['KP-053', 'warning', 'AWS_ACCESS_KEY_ID']]],
    'a PodDefault beside the server': [[account, podDefault().replace('team-vision', 'kubeflow')], []],
    'the server, with an annotation that EKS reads of no deployment': [
      [
        server('s3.amazonaws.com').replace(
          'namespace: kubeflow\n',
          'namespace: kubeflow\n  annotations: { eks.amazonaws.com/role-arn: "arn:aws:iam::314159265358:role/kfp" }\n',
        ),
      ],
      [['KP-069', 'warning', 'eks.amazonaws.com/role-arn']],
    ],
    "a ConfigMap that has the launcher's settings and not its name": [
      [profile(), providers('false').replace('name: kfp-launcher', 'name: workflow-controller-configmap')],
      [],
    ],
    'a PodDefault for another store': [
      [profile(), podDefault('    - name: AWS_ENDPOINT_URL\n      value: http://minio:9000\n')],
      [],
    ],
    'a PodDefault without a Profile': [[podDefault()], []],
    'a Secret': [[profile(), SECRET], [['KP-053', 'information', 'AWS_ACCESS_KEY_ID']]],
    'the launcher': [[profile(), providers('false')], [['KP-053', 'warning', 'secretRef']]],
    'the launcher, from the environment': [[profile(), providers('true')], []],
    'the launcher, for another store': [[profile(), providers('false', 'minio:9000')], []],
    'the server of pipelines': [
      [account, server('s3.eu-west-1.amazonaws.com')],
      [['KP-053', 'warning', 'OBJECTSTORECONFIG_ACCESSKEY']],
    ],
    'the server of pipelines without a role': [[server('s3.eu-west-1.amazonaws.com')], []],
    'the server of pipelines for another store': [[account, server('minio')], []],
  };
  for (const [name, [texts, finds]] of Object.entries(rows))
    test(name, () => {
      assert.deepEqual(found(...texts), finds);
    });
});

describe('KP-034 an endpoint of another partition', () => {
  const rows: Readonly<Record<string, readonly [partition: string, map: string, isSeen: boolean]>> = {
    'the one without a region': ['aws-us-gov', repository('s3.amazonaws.com'), true],
    'the same beside a region': ['aws-us-gov', repository('s3.amazonaws.com', '    region: us-gov-west-1\n'), false],
    'that of the partition': ['aws-us-gov', repository('s3.us-gov-west-1.amazonaws.com'), false],
    'China from elsewhere': ['aws', repository('s3.cn-north-1.amazonaws.com.cn'), true],
    'China at home': ['aws-cn', repository('s3.cn-north-1.amazonaws.com.cn'), false],
    'another store': ['aws-cn', repository('minio:9000'), false],
  };
  for (const [name, [partition, text, isSeen]] of Object.entries(rows))
    test(name, () => {
      const ids = (found(profile(partition), text) as string[][]).map(([id]) => id);
      assert.deepEqual(ids, isSeen ? ['KP-034'] : []);
    });
});

describe('what the policies of a role come to together', () => {
  const allow = (change: object = {}): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['s3:GetObject', 's3:PutObject'],
          Resource: 'arn:aws:s3:::vision-artifacts/a/*',
          ...change,
        },
        { Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::vision-artifacts' },
      ],
    });
  const deny = (condition: object): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Deny', Action: 's3:*', Resource: '*', Condition: condition }],
    });
  const root = (bucket: string): string => map('kfp-launcher', `defaultPipelineRoot: s3://${bucket}/a\n`);
  const mine = 'arn:aws:iam::314159265358:role/team-vision';
  const rows: Readonly<Record<string, readonly [texts: readonly string[], finds: unknown]>> = {
    'the place of the root': [[profile(), root('vision-artifacts'), allow()], []],
    'another place': [[profile(), root('others'), allow()], [['KP-055', 'warning', 's3://others/a']]],
    'a bucket that is filled in': [
      [profile(), root('others'), allow({ Resource: 'arn:aws:s3:::${BUCKET}/*' })],
      [['KP-040', 'warning', '${BUCKET}']],
    ],
    "a ConfigMap of another name with the launcher's root": [
      [profile(), root('others').replace('kfp-launcher', 'workflow-controller-configmap'), allow()],
      [],
    ],
    'a Profile without a role': [
      [profile().replace(/ +awsIamRole: .*\n/, ''), allow(), deny({ Bool: { 'aws:SecureTransport': 'true' } })],
      [['KP-003', 'error', 'spec']],
    ],
    'a Deny for every other role': [[profile(), allow(), deny({ ArnNotEquals: { 'aws:PrincipalArn': mine } })], []],
    'a Deny for this role': [
      [profile(), allow(), deny({ ArnEquals: { 'aws:PrincipalArn': mine } })],
      [['KP-041', 'error', '"Statement"']],
    ],
  };
  for (const [name, [texts, finds]] of Object.entries(rows)) test(name, () => assert.deepEqual(found(...texts), finds));
});

describe('KP-004 samples of guides', () => {
  const trust = (of: string): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::${of}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: {
              [`${of.replace(/^.*oidc-provider\//, '')}:aud`]: 'sts.amazonaws.com',
              [`${of.replace(/^.*oidc-provider\//, '')}:sub`]: 'system:serviceaccount:a:b',
            },
          },
        },
      ],
    });
  const id = 'oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE';
  const of = (role: string): string => account.replace('314159265358:role/kfp', role);
  table([
    {
      name: 'account and cluster',
      text: trust(`111122223333:oidc-provider/${id}`),
      finds: [['KP-004', `arn:aws:iam::111122223333:oidc-provider/${id}`, 'warning']],
    },
    { name: 'a cluster alone', text: trust(`314159265358:oidc-provider/${id}`), finds: [] },
    {
      name: 'account and role',
      text: of('111122223333:role/my-role'),
      finds: [['KP-004', 'arn:aws:iam::111122223333:role/my-role', 'warning']],
    },
    { name: 'a role alone', text: of('314159265358:role/my-role'), finds: [] },
    { name: 'an account alone', text: of('123456789012:role/kfp'), finds: [] },
  ]);
});
