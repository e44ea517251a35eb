// Manifests that only scripts/mutate.ts showed to be missing from the tables of the rules: odd types, and edges of conditions.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lint, lintFolder } from '../../src/core/lint.ts';
import { isMisspelt } from '../../src/core/modes/service-account.ts';
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
      name: 'spec of the plugin is empty',
      text: profile({ plugin: 'kind: AwsIamForServiceAccount\n      spec: {}' }),
      finds: [['KP-003', '{}', 'error']],
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
    {
      name: 'quota of a template',
      text: profile({ rest: '  resourceQuotaSpec: {{ .Values.quota }}\n' }),
      finds: [],
    },
    {
      name: 'hard quota of a template',
      text: profile({ rest: '  resourceQuotaSpec:\n    hard: {{ .Values.hard }}\n' }),
      finds: [],
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

const NEAR = `${ROLE}-of-sts`.replace('iam', 'sts').replace('role', 'assumed-role/team-a');
describe('What to write for a role', () => {
  table([
    {
      name: 'the known one',
      text: withRole('to-do:later'),
      options: { roles: { 'team-a': ROLE } },
      finds: [['KP-007', 'to-do:later']],
      fixed: withRole(ROLE),
    },
    {
      name: 'not the one of another profile',
      text: withRole('to-do:later'),
      options: { roles: { 'team-b': ROLE } },
      finds: [['KP-007', 'to-do:later']],
    },
    {
      name: 'the name in the known account',
      text: withRole('role/team-a'),
      options: { context: { account: '123456789012' } },
      finds: [['KP-007', 'role/team-a']],
      fixed: withRole(ROLE),
    },
    {
      name: 'nothing for a command whose role is not known',
      text: withRole('$(aws iam get-role --role-name $NAME-role --output text)'),
      options: { context: { account: '123456789012' } },
      finds: [['KP-004', '$(aws iam get-role --role-name $NAME-role --output text)']],
    },
    { name: 'nothing without an account', text: withRole('role/team-a'), finds: [['KP-007', 'role/team-a']] },
    {
      name: 'nothing for something with colons',
      text: withRole('team:a'),
      options: { context: { account: '123456789012' } },
      finds: [['KP-007', 'team:a']],
    },
    { name: 'nothing sure for a session', text: withRole(NEAR), finds: [['KP-007', NEAR]] },
    {
      name: 'the account where there is none',
      text: withRole('arn:aws:iam:::role/team-a'),
      options: { context: { account: '123456789012' } },
      finds: [['KP-034', 'arn:aws:iam:::role/team-a']],
      fixed: withRole(ROLE),
    },
  ]);

  test('a session names its role', () => {
    assert.deepEqual(
      lint(withRole(NEAR))[0]?.fixes.map(({ title }) => title),
      [`Change to ${ROLE}`],
    );
  });
});

const LONG = 'A'.repeat(60);
const messages: readonly (readonly [text: string, message: RegExp])[] = [
  [profile({ owner: '\n    kind: User\n    name: [a]' }), /must be a string/],
  [profile({ owner: "\n    kind: User\n    name: ''" }), /has no name/],
  [withRole('arn:aws:iam::123456789012:user/x'), /ARN of a user, not of a role/],
  [withRole('arn:aws:iam:us-west-2:123456789012:role/x'), /has no region/],
  [withRole('arn:aws:iam::123456789012:role'), /is not the ARN of a role/],
  [withRole('team-a'), /is not an ARN/],
  [withRole('arn:aws:iam::123456789012:role/'), /name of the role is missing/],
  [profile().replace('AwsIamForServiceAccount', LONG), new RegExp(`"${LONG}"`)],
  [profile().replace('AwsIamForServiceAccount', `${LONG}B`), /"A{57}…"/],
];
for (const [text, message] of messages)
  test(`says ${message.source}`, () =>
    assert.match(
      lint(text)
        .map((one) => one.message)
        .join('\n'),
      message,
    ));

test('where no role is known, one can be written or created', () => {
  const [one] = lint(withRole(''));
  assert.deepEqual(
    one?.fixes.map(({ title, snippet, command }) => [title, snippet, command]),
    [
      ['Write the ARN of a role', true, undefined],
      ['Create the role…', undefined, { id: 'createRole', arguments: { profile: 'team-a' } }],
    ],
  );
});

test('a fix says what it writes', () => {
  const titles = (text: string): string[] => lint(text).flatMap(({ fixes }) => fixes.map(({ title }) => title));
  assert.deepEqual(titles(profile().replace('Aws', 'AWS')), ['Change to AwsIamForServiceAccount']);
  assert.deepEqual(titles(profile({ rest: '  resourceQuotaSpec:\n    hard:\n      requests.storage: 8GB\n' })), [
    'Change to 8G',
    'Change to 8Gi',
  ]);
  assert.deepEqual(
    lint(withRole('arn:aws:iam:::role/x'), { context: { account: '123456789012' } })[0]?.fixes.map(
      ({ title }) => title,
    ),
    ['Change the empty part to 123456789012'],
  );
});

describe('A role annotation', () => {
  table([
    {
      name: 'is not there',
      text: 'apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default-editor # eks.amazonaws.com/role-arn\n',
      finds: [],
    },
    {
      name: 'is a list',
      text: 'apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default-editor\n  annotations:\n    eks.amazonaws.com/role-arn: [a]\n',
      finds: [['KP-007', '[a]', 'error']],
    },
  ]);
});

test('the role annotation is not a misspelling of itself', () => {
  assert.equal(isMisspelt('eks.amazonaws.com/role-arn'), false);
  assert.equal(isMisspelt('eks.amazonaws.com/rolearn'), true);
});

test('an annotation that is filled in later, or is empty, fights no plugin', () => {
  const ids = (annotation: string): string[] => {
    const text = `${profile()}---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default-editor\n  namespace: team-a\n  annotations:\n    eks.amazonaws.com/role-arn: ${annotation}\n`;
    return [...lintFolder([{ path: 'a.yaml', text }]).values()].flat().map(({ id }) => id);
  };
  assert.deepEqual(ids('${ROLE_ARN}'), ['KP-004']);
  assert.deepEqual(ids('""'), ['KP-052']);
  assert.deepEqual(ids('[a]'), ['KP-007']);
  assert.deepEqual(ids(ROLE), []);
  assert.deepEqual(ids(`${ROLE}-old`), ['KP-012']);
});

test('what belongs to another profile, or is wrong itself, is not held against a file', () => {
  const ids = (...texts: string[]): string[] =>
    [...lintFolder([{ path: 'a.yaml', text: texts.join('---\n') }]).values()].flat().map(({ id }) => id);
  const association = (namespace: string): string =>
    `apiVersion: eks.services.k8s.aws/v1alpha1\nkind: PodIdentityAssociation\nmetadata:\n  name: a\nspec:\n  namespace: ${namespace}\n  serviceAccount: default-editor\n`;
  assert.deepEqual(ids(profile(), association('team-a')), ['KP-062']);
  assert.deepEqual(ids(profile(), association('team-b')), []);

  const issuer = 'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
  const document = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${issuer}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${issuer}:aud`]: 'sts.amazonaws.com',
            [`${issuer}:sub`]: 'system:serviceaccount:team-a:default-editor',
          },
        },
      },
    ],
  };
  const ackRole = `apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Role\nmetadata:\n  name: team-a\nspec:\n  assumeRolePolicyDocument: '${JSON.stringify(document)}'\n`;
  assert.deepEqual(ids(profile(), ackRole), []);
  assert.deepEqual(ids(profile().replace('123456789012', '12345'), ackRole), ['KP-034']);
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
      name: 'disableSSL as a word',
      text: launcher('|-\n  s3:\n    default:\n      disableSSL: "maybe"\n      credentials:\n        fromEnv: true'),
      finds: [['KP-056', '"maybe"', 'error']],
    },
    {
      name: 'disableSSL in quotes, true',
      text: launcher("|-\n  s3:\n    default:\n      disableSSL: 'true'\n      credentials:\n        fromEnv: true"),
      finds: [['KP-056', "'true'", 'error']],
      fixed: launcher('|-\n  s3:\n    default:\n      disableSSL: true\n      credentials:\n        fromEnv: true'),
    },
    { name: 'no providers', text: launcher(''), finds: [] },
    { name: 'empty providers', text: launcher('""'), finds: [] },
    { name: 'providers of a template', text: launcher('{{ .Values.providers }}'), finds: [] },
    { name: 'Google Cloud needs no credentials', text: launcher('|-\n  gs:\n    default: {}'), finds: [] },
    {
      name: 'providers in flow style, with a list',
      text: launcher('{s3: {default: {credentials: {fromEnv: true}}, overrides: [a, 1]}}'),
      finds: [['KP-056', 'providers', 'error']],
      fixed: launcher(
        String.raw`"{\"s3\":{\"default\":{\"credentials\":{\"fromEnv\":true}},\"overrides\":[\"a\",1]}}"`,
      ),
    },
    {
      name: 'a repository of a template',
      text: configMap('artifact-repositories', 'default-namespaced: {{ .Values.repository }}'),
      finds: [],
    },
    {
      name: 'keys beside useSDKCreds',
      text: configMap(
        'artifact-repositories',
        'default-namespaced: |\n  s3:\n    endpoint: s3.amazonaws.com\n    useSDKCreds: true\n    accessKeySecret: {name: a, key: b}',
      ),
      finds: [['KP-058', 'accessKeySecret', 'warning']],
      fixed: configMap(
        'artifact-repositories',
        'default-namespaced: |\n  s3:\n    endpoint: s3.amazonaws.com\n    useSDKCreds: true',
      ),
    },
    {
      name: 'keys, and useSDKCreds is false',
      text: configMap(
        'artifact-repositories',
        'default-namespaced: |\n  s3:\n    endpoint: s3.amazonaws.com\n    useSDKCreds: false\n    accessKeySecret: {name: a, key: b}',
      ),
      finds: [['KP-058', 'accessKeySecret', 'warning']],
      fixed: configMap(
        'artifact-repositories',
        'default-namespaced: |\n  s3:\n    endpoint: s3.amazonaws.com\n    useSDKCreds: true',
      ),
    },
    {
      name: 'a repository that is no YAML',
      text: configMap('artifact-repositories', 'default-namespaced: |\n  s3: [a'),
      finds: [['KP-058', 'a', 'error']],
    },
  ]);
});
