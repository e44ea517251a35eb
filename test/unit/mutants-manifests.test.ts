// Manifests that only scripts/mutate.ts showed to be missing from the tables of the rules: odd types, and edges of conditions.
import { describe } from 'node:test';
import { table } from './lint-kit.ts';

const ROLE = 'arn:aws:iam::123456789012:role/team-a';
const profile = ({
  owner = '\n    kind: User\n    name: user@example.com',
  plugin = `kind: AwsIamForServiceAccount\n      spec:\n        awsIamRole: ${ROLE}`,
  rest = '',
} = {}): string =>
  `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: team-a\nspec:\n  owner: ${owner.trimEnd()}\n  plugins:\n    - ${plugin}\n${rest}`;
const withRole = (role: string): string =>
  profile({ plugin: `kind: AwsIamForServiceAccount\n      spec:\n        awsIamRole: ${role}` });

describe('A Profile whose parts have another type', () => {
  table([
    { name: 'sound', text: profile(), finds: [] },
    { name: 'owner is a name', text: profile({ owner: 'user@example.com' }), finds: [['KP-010', 'user@example.com']] },
    {
      name: 'name of the owner is a list',
      text: profile({ owner: '\n    kind: User\n    name: [a, b]' }),
      finds: [['KP-010', '[a, b]']],
    },
    {
      name: 'plugin without a kind',
      text: profile({ plugin: `spec:\n        awsIamRole: ${ROLE}` }),
      finds: [['KP-001', 'spec', 'error']],
      fixed: profile({ plugin: `spec:\n        awsIamRole: ${ROLE}\n      kind: AwsIamForServiceAccount` }),
    },
    {
      name: 'plugin is a word',
      text: profile({ plugin: 'AwsIamForServiceAccount' }),
      finds: [
        ['KP-002', 'plugins'],
        ['KP-015', 'AwsIamForServiceAccount', 'error'],
      ],
    },
    {
      name: 'quota is a list',
      text: profile({ rest: '  resourceQuotaSpec: [cpu]\n' }),
      finds: [['KP-016', '[cpu]', 'error']],
    },
    { name: 'no quota', text: profile({ rest: '  resourceQuotaSpec:\n' }), finds: [] },
    {
      name: 'hard is a list',
      text: profile({ rest: '  resourceQuotaSpec:\n    hard: [cpu]\n' }),
      finds: [['KP-016', '[cpu]', 'error']],
    },
    { name: 'no hard quota', text: profile({ rest: '  resourceQuotaSpec:\n    hard:\n' }), finds: [] },
  ]);
});

describe('A role', () => {
  table([
    {
      name: 'in a partition that is not known',
      text: withRole('arn:aws-moon:iam::123456789012:role/team-a'),
      finds: [['KP-034', 'aws-moon', 'warning']],
    },
    {
      name: 'in another partition than the cluster',
      text: withRole(ROLE),
      options: { context: { partition: 'aws-cn' } },
      finds: [['KP-034', 'aws', 'error']],
      fixed: withRole(ROLE.replace('arn:aws:', 'arn:aws-cn:')),
    },
    {
      name: 'with a path that IAM does not take',
      text: withRole('arn:aws:iam::123456789012:role/a b/team-a'),
      finds: [['KP-007', 'arn:aws:iam::123456789012:role/a b/team-a', 'error']],
    },
  ]);
});

describe('A role annotation', () => {
  table([
    {
      name: 'is a list',
      text: 'apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default-editor\n  annotations:\n    eks.amazonaws.com/role-arn: [a]\n',
      finds: [['KP-007', '[a]', 'error']],
    },
  ]);
});

const configMap = (name: string, data: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  ${data.replaceAll('\n', '\n  ')}\n`;
const launcher = (providers: string): string =>
  configMap('kfp-launcher', `defaultPipelineRoot: s3://team-a-data\nproviders: ${providers}`);

describe('A ConfigMap whose parts have another type', () => {
  table([
    { name: 'providers is a list', text: launcher('[s3]'), finds: [['KP-056', '[s3]', 'error']] },
    { name: 'providers holds a word', text: launcher('s3'), finds: [['KP-056', 's3', 'error']] },
    {
      name: 'disableSSL in quotes',
      text: launcher('|-\n  s3:\n    default:\n      disableSSL: "False"\n      credentials:\n        fromEnv: true'),
      finds: [['KP-056', '"False"', 'error']],
      fixed: launcher('|-\n  s3:\n    default:\n      disableSSL: false\n      credentials:\n        fromEnv: true'),
    },
    {
      name: 'forcePathStyle is an object',
      text: launcher(
        '|-\n  s3:\n    default:\n      forcePathStyle: {on: 1}\n      credentials:\n        fromEnv: true',
      ),
      finds: [['KP-056', 'on', 'error']],
    },
    {
      name: 'a repository that is no YAML',
      text: configMap('artifact-repositories', 'default-namespaced: |\n  s3: [a'),
      finds: [['KP-058', 'a', 'error']],
    },
  ]);
});
