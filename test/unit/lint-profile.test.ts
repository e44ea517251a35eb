// A table per rule of a Profile: valid and invalid examples side by side.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lint, type LintOptions } from '../../src/core/lint.ts';
import { table } from './lint-kit.ts';

const ROLE = 'arn:aws:iam::123456789012:role/team-a-demo-role';

/** A Profile with the IRSA plugin; the parts may be replaced. */
const profile = ({
  apiVersion = 'kubeflow.org/v1',
  metadata = 'name: team-a',
  owner = 'kind: User\n    name: user@example.com',
  kind = 'AwsIamForServiceAccount',
  spec = `awsIamRole: ${ROLE}\n        annotateOnly: true`,
  quota = '',
} = {}): string => `apiVersion: ${apiVersion}
kind: Profile
metadata:
  ${metadata}
spec:
  owner:
    ${owner}
  plugins:
    - kind: ${kind}
      spec:
        ${spec}
${quota}`;

describe('A Profile without a mistake', () => {
  table([
    { name: 'in YAML', text: profile(), finds: [] },
    { name: 'in YAML with CRLF', text: profile().replaceAll('\n', '\r\n'), finds: [] },
    { name: 'with a byte order mark', text: `\uFEFF${profile()}`, finds: [] },
    {
      name: 'in JSON',
      text: JSON.stringify({
        apiVersion: 'kubeflow.org/v1',
        kind: 'Profile',
        metadata: { name: 'team-a' },
        spec: {
          owner: { kind: 'User', name: 'user@example.com' },
          plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: ROLE, annotateOnly: true } }],
        },
      }),
      finds: [],
    },
    {
      name: 'with a role in a path and in another partition',
      text: profile({ spec: 'awsIamRole: arn:aws-cn:iam::123456789012:role/a/b/c' }),
      finds: [],
    },
    {
      name: 'with the plugin of Google Cloud',
      text: profile({ kind: 'WorkloadIdentity', spec: 'gcpServiceAccount: a@b.iam' }),
      finds: [],
    },
    {
      name: 'as a patch with only the plugin',
      text: `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: a\nspec:\n  plugins:\n  - kind: AwsIamForServiceAccount\n    spec:\n      annotateOnly: true\n`,
      finds: [],
    },
    {
      name: 'another kind of that group',
      text: 'apiVersion: kubeflow.org/v1\nkind: Notebook\nmetadata:\n  name: A_B\n',
      finds: [],
    },
    {
      name: 'an owner reference to it',
      text: 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  ownerReferences:\n  - apiVersion: kubeflow.org/v1\n    kind: Profile\n    name: A_B\n',
      finds: [],
    },
  ]);
});

/** Something says that it is for EKS. */
const EKS = { context: { partition: 'aws' } };

describe('KP-001 plugin kind', () => {
  table([
    {
      name: 'another case',
      text: profile({ kind: 'AWSIamForServiceAccount # ours' }),
      finds: [['KP-001', 'AWSIamForServiceAccount', 'error']],
      fixed: profile({ kind: 'AwsIamForServiceAccount # ours' }),
    },
    {
      name: 'in quotes',
      text: profile({ kind: '"awsIamForServiceAccount"' }),
      finds: [['KP-001', '"awsIamForServiceAccount"']],
      fixed: profile({ kind: '"AwsIamForServiceAccount"' }),
    },
    {
      name: 'something else',
      text: profile({ kind: 'Billing', spec: 'code: 7' }),
      options: EKS,
      finds: [
        ['KP-002', 'plugins'],
        ['KP-001', 'Billing', 'warning'],
      ],
    },
  ]);
});

test('KP-002 where plugins is an object: first it must become a list, so nothing is added to it', () => {
  const text =
    'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: team-a\nspec:\n  owner: {kind: User, name: a@b.cd}\n  plugins:\n    kind: Other\n    spec: {}\n';
  const missing = lint(text, { roles: { 'team-a': ROLE } }).filter(({ id }) => id === 'KP-002');
  assert.deepEqual(
    missing.map(({ fixes }) => fixes.map(({ title }) => title)),
    [['Create the role…']],
  );
});

describe('KP-002 plugin missing', () => {
  const bare =
    'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: team-a\nspec:\n  owner:\n    kind: User\n    name: user@example.com # mail\n';
  table([
    {
      name: 'role not known: nothing is filled in',
      text: bare,
      options: EKS,
      finds: [['KP-002', 'team-a', 'warning']],
    },
    { name: 'nothing says EKS', text: bare, finds: [] },
    { name: 'the file itself says EKS', text: `# for the EKS cluster\n${bare}`, finds: [['KP-002', 'team-a']] },
    {
      name: 'role known',
      text: bare,
      options: { roles: { 'team-a': ROLE } },
      finds: [['KP-002', 'team-a']],
      fixed: `${bare.trimEnd()}\n  plugins:\n    - kind: AwsIamForServiceAccount\n      spec:\n        awsIamRole: ${ROLE}\n        annotateOnly: true\n`,
    },
    {
      name: 'empty list, CRLF',
      text: `${bare}  plugins: []\n`.replaceAll('\n', '\r\n'),
      options: { roles: { 'team-a': ROLE } },
      finds: [['KP-002', 'plugins']],
      fixed:
        `${bare}  plugins:\n    - kind: AwsIamForServiceAccount\n      spec:\n        awsIamRole: ${ROLE}\n        annotateOnly: true\n`.replaceAll(
          '\n',
          '\r\n',
        ),
    },
    {
      name: 'nothing behind the key',
      text: `${bare}  plugins:\n`,
      options: { roles: { 'team-a': ROLE } },
      finds: [['KP-002', 'plugins']],
      fixed: `${bare}  plugins:\n    - kind: AwsIamForServiceAccount\n      spec:\n        awsIamRole: ${ROLE}\n        annotateOnly: true\n`,
    },
    { name: 'a text', text: `${bare}  plugins: x\n`, options: EKS, finds: [['KP-015', 'x']] },
    {
      name: 'a list with something else in it',
      text: `${bare}  plugins:\n  # of the bank\n  - kind: Billing\n    spec: {}\n`,
      options: { roles: { 'team-a': ROLE } },
      finds: [
        ['KP-002', 'plugins'],
        ['KP-001', 'Billing'],
      ],
      fixed: `${bare}  plugins:\n  # of the bank\n  - kind: Billing\n    spec: {}\n  - kind: AwsIamForServiceAccount\n    spec:\n      awsIamRole: ${ROLE}\n      annotateOnly: true\n`,
    },
    {
      name: 'a list in brackets with something else in it',
      text: `${bare}  plugins: [{ kind: Billing, spec: {} }]\n`,
      options: { roles: { 'team-a': ROLE } },
      finds: [
        ['KP-002', 'plugins'],
        ['KP-001', 'Billing'],
      ],
      fixed: `${bare}  plugins: [{ kind: Billing, spec: {} }, { kind: AwsIamForServiceAccount, spec: { awsIamRole: ${ROLE}, annotateOnly: true } }]\n`,
    },
    {
      name: 'an empty list with a comment',
      text: `${bare}  plugins: [ # none so far\n    ]\n`,
      options: { roles: { 'team-a': ROLE } },
      finds: [['KP-002', 'plugins']],
      fixed: `${bare}  plugins: [{ kind: AwsIamForServiceAccount, spec: { awsIamRole: ${ROLE}, annotateOnly: true } } # none so far\n    ]\n`,
    },
    {
      name: 'an empty list, all in brackets',
      text: 'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-a }\nspec: { owner: { kind: User, name: user@example.com }, plugins: [] }\n',
      options: { roles: { 'team-a': ROLE } },
      finds: [['KP-002', 'plugins']],
      fixed: `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-a }\nspec: { owner: { kind: User, name: user@example.com }, plugins: [{ kind: AwsIamForServiceAccount, spec: { awsIamRole: ${ROLE}, annotateOnly: true } }] }\n`,
    },
    {
      name: 'a profile that is called as what every object has',
      text: bare.replace('team-a', 'constructor'),
      options: { roles: { 'team-a': ROLE } },
      finds: [['KP-002', 'constructor', 'warning']],
    },
    { name: 'in a patch', text: bare, options: { file: 'overlays/prod/profile.yaml' }, finds: [] },
  ]);
});

describe('KP-003 role missing or empty', () => {
  table([
    {
      name: 'no value',
      text: profile({ spec: 'awsIamRole:\n        annotateOnly: true' }),
      finds: [['KP-003', 'awsIamRole', 'error']],
    },
    {
      name: 'no value, role known',
      text: profile({ spec: 'awsIamRole:   # to do\n        annotateOnly: true' }),
      options: { roles: { 'team-a': ROLE } },
      finds: [['KP-003', 'awsIamRole']],
      fixed: profile({ spec: `awsIamRole: ${ROLE}   # to do\n        annotateOnly: true` }),
    },
    {
      name: 'empty string, role known',
      text: profile({ spec: "awsIamRole: ''" }),
      options: { roles: { 'team-a': ROLE } },
      finds: [['KP-003', 'awsIamRole']],
      fixed: profile({ spec: `awsIamRole: '${ROLE}'` }),
    },
    { name: 'null', text: profile({ spec: 'awsIamRole: null' }), finds: [['KP-003', 'awsIamRole']] },
    {
      name: 'no key, role known',
      text: profile({ spec: 'annotateOnly: true' }),
      options: { roles: { 'team-a': ROLE } },
      finds: [['KP-003', 'spec']],
      fixed: profile({ spec: `annotateOnly: true\n        awsIamRole: ${ROLE}` }),
    },
  ]);
});

describe('KP-004 placeholder', () => {
  const variables = { AWS_ACCOUNT_ID: '123456789012', PROFILE_NAME: 'team-a', CLUSTER_NAME: 'demo' };
  const command = '$(aws iam get-role --role-name $PROFILE_NAME-$CLUSTER_NAME-role --output text)';
  table([
    { name: 'a command', text: profile({ spec: `awsIamRole: ${command}` }), finds: [['KP-004', command, 'warning']] },
    {
      name: 'a command, variables known',
      text: profile({ spec: `awsIamRole: ${command}` }),
      options: { context: { variables } },
      finds: [['KP-004', command]],
      fixed: profile({ spec: `awsIamRole: ${ROLE}` }),
    },
    {
      name: 'a variable is a warning: a tool may fill it in',
      text: profile({ spec: 'awsIamRole: ${ROLE_ARN}' }),
      finds: [['KP-004', '${ROLE_ARN}', 'warning']],
    },
    {
      name: "a variable of a kustomization, as in Kubeflow's own manifests",
      text: profile({ metadata: 'name: $(profile-name)' }),
      finds: [['KP-004', '$(profile-name)', 'warning']],
    },
    {
      name: 'in a template of deployKF it is no mistake',
      text: profile({ metadata: 'name: {{< $name | quote >}}' }),
      finds: [],
    },
    {
      name: 'a placeholder of a guide',
      text: profile({ spec: 'awsIamRole: arn:aws:iam::<account>:role/x' }),
      finds: [['KP-004', '<account>', 'warning']],
    },
    {
      name: 'the account of the sample',
      text: profile({ spec: 'awsIamRole: arn:aws:iam::account-id:role/s3-reader' }),
      finds: [['KP-004', 'account-id', 'warning']],
    },
    {
      name: 'a name in braces',
      text: profile({ metadata: 'name: {{ team }}' }),
      finds: [['KP-004', '{{ team }}', 'warning']],
    },
    {
      name: 'in a Helm template it is no mistake',
      text: profile({ metadata: 'name: {{ .Values.team }}', spec: 'awsIamRole: {{ .Values.role | quote }}' }),
      finds: [],
    },
    {
      name: 'the name',
      text: profile({ metadata: 'name: ${PROFILE_NAME}' }),
      options: { context: { variables } },
      finds: [['KP-004', '${PROFILE_NAME}']],
      fixed: profile(),
    },
  ]);
});

describe('KP-005 keys of the spec', () => {
  table([
    {
      name: 'another case works',
      text: profile({ spec: `awsIAMRole: ${ROLE}\n        AnnotateOnly: true` }),
      finds: [
        ['KP-005', 'awsIAMRole', 'hint'],
        ['KP-005', 'AnnotateOnly', 'hint'],
      ],
      fixed: profile(),
    },
    {
      name: 'another name',
      text: profile({ spec: `roleArn: ${ROLE}\n        annotate_only: true` }),
      finds: [
        ['KP-005', 'roleArn', 'error'],
        ['KP-005', 'annotate_only', 'error'],
      ],
      fixed: profile(),
    },
    {
      name: 'the value is judged too',
      text: profile({ spec: 'roleArn:' }),
      finds: [
        ['KP-005', 'roleArn'],
        ['KP-003', 'roleArn'],
      ],
      fixed: profile({ spec: 'awsIamRole:' }),
    },
    {
      name: 'a key that means nothing',
      text: profile({ spec: `awsIamRole: ${ROLE}\n        region: eu-west-1` }),
      finds: [['KP-005', 'region', 'error']],
    },
    {
      name: 'a second name for the role',
      text: profile({ spec: `roleArn: x # old\n        awsIamRole: ${ROLE}` }),
      finds: [['KP-005', 'roleArn']],
      fixed: profile({ spec: `awsIamRole: ${ROLE}` }),
    },
  ]);
});

describe('KP-006 annotateOnly', () => {
  const spec = (value: string): string => profile({ spec: `awsIamRole: ${ROLE}\n        annotateOnly: ${value}` });
  table([
    { name: 'true and false are right', text: spec('false'), finds: [] },
    { name: 'True is right', text: spec('True'), finds: [] },
    {
      name: 'in double quotes',
      text: spec('"true" # on'),
      finds: [['KP-006', '"true"', 'error']],
      fixed: spec('true # on'),
    },
    { name: 'in single quotes', text: spec("'False'"), finds: [['KP-006', "'False'", 'error']], fixed: spec('false') },
    { name: 'yes means two things', text: spec('yes'), finds: [['KP-006', 'yes', 'warning']], fixed: spec('true') },
    { name: 'a number', text: spec('1'), finds: [['KP-006', '1', 'error']] },
    { name: 'a word', text: spec('maybe'), finds: [['KP-006', 'maybe', 'error']] },
  ]);
});

test('KP-006 says that it stops the controller of all teams', () => {
  for (const spec of ['annotateOnly: "true"', 'annotateOnly: 1', 'awsIamRole: 42', 'annotateOnly: yes']) {
    const [found] = lint(profile({ spec: spec.startsWith('aws') ? spec : `awsIamRole: ${ROLE}\n        ${spec}` }));
    assert.equal(found?.id, 'KP-006', spec);
    assert.match(found.message, /stops the controller of all teams/);
    assert.doesNotMatch(found.message, /without an error|skips/);
  }
});

describe('KP-081, KP-084 plugins side by side', () => {
  const second = (kind: string, spec: string): string =>
    `${profile()}    - kind: ${kind}\n      spec:\n        ${spec}\n`.replace('\n\n', '\n');
  const google = (place: 'before' | 'behind'): string =>
    place === 'behind'
      ? second('WorkloadIdentity', 'gcpServiceAccount: a@b.iam')
      : profile().replace(
          'plugins:\n',
          'plugins:\n    - kind: WorkloadIdentity\n      spec:\n        gcpServiceAccount: a@b.iam\n',
        );
  table([
    {
      name: 'two AWS plugins with two roles',
      text: second('AwsIamForServiceAccount', `awsIamRole: ${ROLE}-2\n        annotateOnly: true`),
      finds: [['KP-081', 'AwsIamForServiceAccount', 'error']],
    },
    {
      name: 'the same plugin twice',
      text: second('AwsIamForServiceAccount', `awsIamRole: ${ROLE}\n        annotateOnly: true`),
      finds: [['KP-081', 'AwsIamForServiceAccount', 'error']],
      fixed: profile().replace('\n\n', '\n'),
    },
    {
      name: 'WorkloadIdentity behind the AWS plugin',
      text: google('behind'),
      finds: [['KP-084', 'WorkloadIdentity', 'error']],
    },
    {
      name: 'WorkloadIdentity before the AWS plugin',
      text: google('before'),
      finds: [['KP-084', 'WorkloadIdentity', 'error']],
    },
  ]);
});

describe('KP-007, KP-034, KP-036 role ARN', () => {
  const role = (value: string): string => profile({ spec: `awsIamRole: ${value}` });
  table([
    {
      name: 'a policy',
      text: role('arn:aws:iam::123456789012:policy/x'),
      finds: [['KP-007', 'arn:aws:iam::123456789012:policy/x', 'error']],
    },
    {
      name: 'an assumed role',
      text: role('arn:aws:sts::123456789012:assumed-role/x/y'),
      finds: [['KP-007', 'arn:aws:sts::123456789012:assumed-role/x/y']],
    },
    {
      name: 'a region',
      text: role('arn:aws:iam:us-east-1:123456789012:role/x'),
      finds: [['KP-007', 'arn:aws:iam:us-east-1:123456789012:role/x']],
      fixed: role('arn:aws:iam::123456789012:role/x'),
    },
    { name: 'a name', text: role('team-role'), finds: [['KP-007', 'team-role']] },
    {
      name: 'a name, account known',
      text: role('team-role'),
      options: { context: { account: '123456789012' } },
      finds: [['KP-007', 'team-role']],
      fixed: role('arn:aws:iam::123456789012:role/team-role'),
    },
    { name: 'white space', text: role(`" ${ROLE}"`), finds: [['KP-007', `" ${ROLE}"`]], fixed: role(`"${ROLE}"`) },
    { name: 'a number', text: role('123456789012'), finds: [['KP-006', '123456789012']] },
    {
      name: 'an account of ten digits',
      text: role('arn:aws:iam::1234567890:role/x'),
      finds: [['KP-034', '1234567890', 'error']],
    },
    {
      name: 'the partition of another cluster',
      text: role(ROLE),
      options: { context: { partition: 'aws-cn' } },
      finds: [['KP-034', 'aws']],
      fixed: role(ROLE.replace('aws', 'aws-cn')),
    },
    {
      name: 'a name of 65 characters',
      text: role(`arn:aws:iam::123456789012:role/${'x'.repeat(65)}`),
      finds: [['KP-036', 'x'.repeat(65), 'error']],
    },
    { name: 'a name with a space', text: role('arn:aws:iam::123456789012:role/a b'), finds: [['KP-036', 'a b']] },
    {
      name: 'another account with annotateOnly',
      text: profile(),
      options: { context: { account: '210987654321' } },
      finds: [],
    },
    {
      name: 'KP-022 another account without it',
      text: profile({ spec: `awsIamRole: ${ROLE}\n        annotateOnly: false` }),
      options: { context: { account: '210987654321' } },
      finds: [['KP-022', ROLE, 'error']],
      fixed: profile(),
    },
  ]);
});

describe('KP-008, KP-009, KP-018 name', () => {
  table([
    { name: 'upper case', text: profile({ metadata: 'name: Team_A' }), finds: [['KP-008', 'Team_A', 'error']] },
    { name: 'a dot', text: profile({ metadata: 'name: team.a' }), finds: [['KP-008', 'team.a']] },
    {
      name: '64 characters',
      text: profile({ metadata: `name: ${'a'.repeat(64)}` }),
      finds: [['KP-008', 'a'.repeat(64)]],
    },
    { name: '63 characters', text: profile({ metadata: `name: ${'a'.repeat(63)}` }), finds: [] },
    {
      name: 'a number',
      text: profile({ metadata: 'name: 2024' }),
      finds: [['KP-008', '2024']],
      fixed: profile({ metadata: 'name: "2024"' }),
    },
    {
      name: 'a namespace of the cluster',
      text: profile({ metadata: 'name: kube-system' }),
      finds: [['KP-009', 'kube-system', 'error']],
    },
    {
      name: 'in a namespace',
      text: profile({ metadata: 'name: team-a\n  namespace: kubeflow # why' }),
      finds: [['KP-018', 'namespace', 'information']],
      fixed: profile(),
    },
  ]);
});

describe('KP-008 without a name', () => {
  const said = (
    metadata: string,
    underlined: string | undefined,
    name = metadata,
  ): Parameters<typeof table>[0][number] => ({
    name,
    text: profile().replace(/metadata:\n.*\n/, metadata),
    finds: underlined === undefined ? [] : [['KP-008', underlined, 'error']],
  });
  const whole = (metadata: unknown): string =>
    JSON.stringify({
      apiVersion: 'kubeflow.org/v1',
      kind: 'Profile',
      metadata,
      spec: { owner: { kind: 'User', name: 'a' } },
    });
  table([
    said('metadata:\n  name:\n', 'name'),
    said('metadata:\n  name: null # to do\n', 'name'),
    said('metadata:\n  labels: { a: b }\n', 'metadata'),
    said('metadata: {}\n', 'metadata'),
    said('metadata:\n', 'metadata'),
    said('', 'apiVersion', 'no metadata'),
    said('metadata:\n  name: [team-a]\n', '[team-a]'),
    said('metadata:\n  name:\n    team-a: x\n', 'team-a'),
    said('metadata:\n  name:\n    team-a:\n', 'team-a'),
    said('metadata:\n  name: {}\n', '{'),
    said('metadata:\n  generateName: team-\n', undefined),
    said('metadata:\n  generateName: team-\n  name:\n', undefined),
    said('metadata: x\n', undefined),
    said('metadata:\n  name: {team}\n', undefined),
    { name: 'a list in JSON', text: whole({ name: ['a'] }), finds: [['KP-008', '["a"]']] },
    { name: 'none in JSON', text: whole({}), finds: [['KP-008', '"metadata"']] },
    { name: 'a name that a tool computes', text: whole({ name: { Ref: 'Team' } }), finds: [] },
    { name: 'JSON that is not closed', text: whole({}).slice(0, -1), finds: [] },
    {
      name: 'one item of a List',
      text: `apiVersion: v1\nkind: List\nitems:\n  - ${profile().trim().replace('  name: team-a', '  labels: {}').replaceAll('\n', '\n    ')}\n`,
      finds: [['KP-008', 'metadata']],
    },
    {
      name: 'a patch without an owner',
      text: 'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name:\nspec: {}\n',
      finds: [],
    },
    {
      name: 'a patch whose name is a list',
      text: 'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: [a]\nspec: {}\n',
      finds: [['KP-008', '[a]']],
    },
    { name: 'a patch by its name', text: whole({}), options: { file: 'overlays/profile.json' }, finds: [] },
    {
      name: 'a template',
      text: profile({ metadata: 'name:\n    {{- include "name" . | nindent 4 }}' }),
      finds: [],
    },
    {
      name: 'a template of a list',
      text: profile({ metadata: 'name: [{{ .Values.name }}]' }),
      finds: [],
    },
    {
      name: 'a patch in a kustomization, with a target',
      text: `kind: Kustomization\npatches:\n  - target: { kind: Profile }\n    patch: |-\n      spec:\n        owner: { kind: User, name: a@example.com }\n`,
      finds: [],
    },
    {
      name: 'a base of a Composition',
      text: 'apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nspec:\n  resources:\n    - base:\n        apiVersion: kubeflow.org/v1\n        kind: Profile\n        spec: { owner: { kind: User, name: a@example.com } }\n      patches: [{ fromFieldPath: spec.name, toFieldPath: metadata.name }]\n',
      finds: [],
    },
  ]);
});

test('KP-007: a role is proposed for a name, and for nothing that is an address', () => {
  const proposed = (role: string, options: LintOptions): readonly string[] =>
    lint(profile({ spec: `awsIamRole: ${role}` }), options).flatMap(({ id, fixes }) =>
      id === 'KP-007' ? fixes.map(({ title }) => title) : [],
    );
  const account = '111122223333';
  assert.deepEqual(proposed('teams/r', { context: { account } }), [`Change to arn:aws:iam::${account}:role/teams/r`]);
  assert.deepEqual(proposed('teams/r', {}), []);
  assert.deepEqual(proposed('https://console.aws.amazon.com/r', { context: { account } }), []);
});

test('KP-004: a role that IAM is asked for is proposed where account and name are known', () => {
  const proposed = (name: string, options: LintOptions): readonly string[] =>
    lint(profile({ spec: `awsIamRole: $(aws iam get-role --role-name ${name} --query Role.Arn)` }), options).flatMap(
      ({ id, fixes }) => (id === 'KP-004' ? fixes.map(({ title }) => title) : []),
    );
  const context = { account: '111122223333' };
  assert.deepEqual(proposed('r', { context }), ['Change to arn:aws:iam::111122223333:role/r']);
  assert.deepEqual(proposed('r', {}), []);
  assert.deepEqual(proposed('$NAME', { context }), []);
});

test('KP-008: a name that is proposed is one that would do', () => {
  const proposed = (name: string): readonly string[] =>
    lint(profile({ metadata: `name: ${name}` })).flatMap(({ id, fixes }) =>
      id === 'KP-008' ? fixes.map(({ title }) => title) : [],
    );
  assert.deepEqual(proposed('Team_A'), ['Change to team-a']);
  assert.deepEqual(proposed('Kube-System'), []);
  assert.deepEqual(proposed('"_"'), []);
  assert.deepEqual(proposed(`-${'a'.repeat(70)}`), [`Change to ${'a'.repeat(62)}`]);
});

describe('KP-010, KP-011 owner', () => {
  const owner = (text: string): string => profile({ owner: text });
  table([
    {
      name: 'a service account in its namespace',
      text: owner('kind: ServiceAccount\n    name: a\n    namespace: b'),
      finds: [],
    },
    {
      name: 'kind in lower case',
      text: owner('kind: user\n    name: a@b.c'),
      finds: [['KP-010', 'user', 'error']],
      fixed: owner('kind: User\n    name: a@b.c'),
    },
    { name: 'kind unknown', text: owner('kind: Person\n    name: a@b.c'), finds: [['KP-010', 'Person', 'error']] },
    { name: 'a group', text: owner('kind: Group\n    name: team'), finds: [['KP-010', 'Group', 'warning']] },
    {
      name: 'a service account without namespace',
      text: owner('kind: ServiceAccount\n    name: a'),
      finds: [['KP-010', 'ServiceAccount', 'warning']],
    },
    {
      name: 'a user in a namespace',
      text: owner('kind: User\n    name: a@b.c\n    namespace: x'),
      finds: [['KP-010', 'namespace', 'warning']],
      fixed: owner('kind: User\n    name: a@b.c'),
    },
    {
      name: 'no kind',
      text: owner('name: a@b.c'),
      finds: [['KP-010', 'name', 'error']],
      fixed: owner('name: a@b.c\n    kind: User'),
    },
    { name: 'no name', text: owner('kind: User'), finds: [['KP-010', 'kind', 'error']] },
    {
      name: 'the group of RBAC',
      text: owner('apiGroup: rbac\n    kind: User\n    name: a@b.c'),
      finds: [['KP-010', 'rbac']],
      fixed: owner('apiGroup: rbac.authorization.k8s.io\n    kind: User\n    name: a@b.c'),
    },
    {
      name: 'upper case in the name',
      text: owner('kind: User\n    name: Ann@example.com'),
      finds: [['KP-011', 'Ann@example.com', 'warning']],
    },
    {
      name: 'a blank behind the name',
      text: owner("kind: User\n    name: 'a@b.c '"),
      finds: [['KP-011', "'a@b.c '"]],
      fixed: owner("kind: User\n    name: 'a@b.c'"),
    },
  ]);
});

describe('KP-015 structure', () => {
  const head = 'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: team-a\n';
  const owner = '  owner:\n    kind: User\n    name: a@b.c\n';
  table([
    {
      name: 'plugins under metadata',
      text: `${head}  plugins: # ours\n    - kind: AwsIamForServiceAccount\n      spec:\n        awsIamRole: ${ROLE} # one\nspec:\n${owner}`,
      finds: [['KP-015', 'plugins', 'error']],
      fixed: `${head}spec:\n${owner}  plugins: # ours\n    - kind: AwsIamForServiceAccount\n      spec:\n        awsIamRole: ${ROLE} # one\n`,
    },
    {
      name: 'plugins beside a spec on one line',
      text: `${head}spec: {owner: {kind: User, name: a@b.c}}\nplugins:\n- kind: AwsIamForServiceAccount\n  spec: {awsIamRole: ${ROLE}}\n`,
      finds: [['KP-015', 'plugins', 'error']],
      fixed: `${head}spec: {owner: {kind: User, name: a@b.c}, plugins: [{ kind: AwsIamForServiceAccount, spec: { awsIamRole: ${ROLE} } }]}\n`,
    },
    {
      name: 'plugins under metadata on one line',
      text: `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: {name: team-a, plugins: [{kind: AwsIamForServiceAccount, spec: {awsIamRole: '${ROLE}'}}]}\nspec:\n${owner}`,
      finds: [['KP-015', 'plugins', 'error']],
      fixed: `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: {name: team-a}\nspec:\n${owner}  plugins:\n    - kind: AwsIamForServiceAccount\n      spec:\n        awsIamRole: ${ROLE}\n`,
    },
    {
      name: 'plugins beside spec',
      text: `${head}spec:\n${owner}plugins:\n- kind: AwsIamForServiceAccount\n  spec:\n    awsIamRole: ${ROLE}\n`,
      finds: [['KP-015', 'plugins']],
      fixed: `${head}spec:\n${owner}  plugins:\n  - kind: AwsIamForServiceAccount\n    spec:\n      awsIamRole: ${ROLE}\n`,
    },
    {
      name: 'an object',
      text: `${head}spec:\n${owner}  plugins:\n    kind: AwsIamForServiceAccount # ours\n    spec:\n      awsIamRole: ${ROLE}\n`,
      finds: [['KP-015', 'plugins']],
      fixed: `${head}spec:\n${owner}  plugins:\n    - kind: AwsIamForServiceAccount # ours\n      spec:\n        awsIamRole: ${ROLE}\n`,
    },
    {
      name: 'settings without spec',
      text: `${head}spec:\n${owner}  plugins:\n  - kind: AwsIamForServiceAccount\n    awsIamRole: ${ROLE} # one\n    annotateOnly: true\n`,
      finds: [['KP-015', 'awsIamRole']],
      fixed: `${head}spec:\n${owner}  plugins:\n  - kind: AwsIamForServiceAccount\n    spec:\n      awsIamRole: ${ROLE} # one\n      annotateOnly: true\n`,
    },
    {
      name: 'no spec',
      text: `${head}spec:\n${owner}  plugins:\n  - kind: AwsIamForServiceAccount\n`,
      finds: [['KP-015', 'kind']],
    },
    { name: 'text', text: `${head}spec:\n${owner}  plugins: none\n`, finds: [['KP-015', 'none']] },
    {
      name: 'a spec that is text',
      text: profile().replace(/spec:\n {8}[^]*/, 'spec: role\n'),
      finds: [['KP-015', 'role']],
    },
  ]);
});

describe('KP-016 resource quota', () => {
  const quota = (hard: string): string => profile({ quota: `  resourceQuotaSpec:\n    hard:\n      ${hard}\n` });
  table([
    {
      name: 'what Kubernetes knows',
      text: quota(
        'pods: 10\n      requests.nvidia.com/gpu: "2"\n      requests.storage: 5Gi\n      count/jobs.batch: 3',
      ),
      finds: [],
    },
    { name: 'a quota on cpu', text: quota('cpu: 4'), finds: [['KP-016', 'cpu', 'information']] },
    { name: 'GB is no unit', text: quota('requests.storage: 10GB'), finds: [['KP-016', '10GB', 'error']] },
    {
      name: 'gi is no unit',
      text: quota('requests.storage: 10 gi'),
      finds: [['KP-016', '10 gi', 'error']],
      fixed: quota('requests.storage: "10Gi"'),
    },
    { name: 'an unknown key', text: quota('pod: 10'), finds: [['KP-016', 'pod', 'error']], fixed: quota('pods: 10') },
    {
      name: 'a device without requests',
      text: quota('nvidia.com/gpu: 1'),
      finds: [['KP-016', 'nvidia.com/gpu', 'warning']],
      fixed: quota('requests.nvidia.com/gpu: 1'),
    },
    { name: 'less than nothing', text: quota('pods: -1'), finds: [['KP-016', '-1', 'error']] },
  ]);
});

test('KP-016: what is no quantity is named as it stands; an object or a list has no text', () => {
  const said = (value: string): readonly string[] =>
    lint(profile({ quota: `  resourceQuotaSpec:\n    hard:\n      pods: ${value}\n` })).map(
      ({ message }) => message.split(' is not')[0] ?? '',
    );
  assert.deepEqual(said('many'), ['"many"']);
  assert.deepEqual(said('{a: 1}'), ['""']);
  assert.deepEqual(said('[1]'), ['""']);
  assert.deepEqual(said('-1'), ['"-1"']);
});

describe('KP-017 apiVersion', () => {
  table([
    {
      name: 'v1beta1 works',
      text: profile({ apiVersion: 'kubeflow.org/v1beta1' }),
      finds: [['KP-017', 'kubeflow.org/v1beta1', 'information']],
      fixed: profile(),
    },
    {
      name: 'v1alpha1 does not',
      text: profile({ apiVersion: 'kubeflow.org/v1alpha1' }),
      finds: [['KP-017', 'kubeflow.org/v1alpha1', 'error']],
      fixed: profile(),
    },
  ]);
});

describe('Edges of Profiles', () => {
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
      {
        name: 'owner is a name',
        text: profile({ owner: 'user@example.com' }),
        finds: [['KP-010', 'user@example.com']],
      },
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
    [withRole('${ROLE_ARN}'), /the value\. Ignore this if a tool fills it in before the file is used\.$/],
    [withRole('<role>'), /the value\. Ignore this/],
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
});
