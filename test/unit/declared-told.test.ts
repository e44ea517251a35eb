// All that is read of files that declare roles, providers and Profiles: each thing, what it says, and what is left out, line by line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences, heldThings } from '../../src/core/drift/compare.ts';
import { declaredIn, type DriftFile } from '../../src/core/drift/declared.ts';
import type { OidcProvider, Profile, Role } from '../../src/core/observation.ts';
import { absent, denied, failed } from '../../src/core/reading.ts';
import { lookAtDeclared } from '../../src/estate/declared.ts';
import { arnOf, cluster, ISSUER, policyFor, PROVIDER, putProfile, trustFor, worldWithProvider } from './world.ts';

/** `<kind> <name> by <tool>, whole: <its place>`, then what it says, then what is left out. */
function told(files: readonly DriftFile[]): readonly string[] {
  const at = (path: string, { start, end }: { readonly start: number; readonly end: number }): string =>
    `<${files.find((one) => one.path === path)?.text.slice(start, end) ?? ''}>`;
  const { declared, skipped } = declaredIn(files);
  return [
    ...declared.flatMap(({ kind, name, file, tool, says, whole, ...place }) => [
      `${kind} ${name}${tool === undefined ? '' : ` by ${tool}`}${whole === true ? ', whole' : ''}: ${at(file, place)}`,
      ...says.map(
        ({ what, key, value, ...its }) =>
          `  ${what}${key === undefined ? '' : ` ${key}`}: ${typeof value === 'string' ? value : JSON.stringify(value)} ${at(file, its)}`,
      ),
    ]),
    ...skipped.map(({ file, why, ...place }) => `left out: ${at(file, place)}: ${why}`),
  ];
}

const cfn = (...resources: readonly object[]): string =>
  JSON.stringify({ Resources: Object.fromEntries(resources.map((one, index) => [`R${index}`, one])) });
const iam = (type: string, Properties?: object): object => ({
  Type: `AWS::IAM::${type}`,
  ...(Properties && { Properties }),
});
const yaml = (apiVersion: string, kind: string, rest: string): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\n${rest}`;
const ACK = 'iam.services.k8s.aws/v1alpha1';
const CROSSPLANE = 'iam.aws.upbound.io/v1beta1';
const wrapped = (times: number): string => {
  let text = JSON.stringify({ apiVersion: ACK, kind: 'Role', metadata: { name: 'x' }, spec: { name: 'deep' } });
  for (let time = 0; time < times; time++) text = `{"kind":"List","items":[${text}]}`;
  return text;
};

const CASES: readonly [title: string, text: string, lines: readonly string[]][] = [
  ['a text about something else', 'kind: Profile\nmetadata: { name: x }\n', []],
  [
    'a template of Helm',
    `{{ if .x }}\n${yaml('kubeflow.org/v1', 'Profile', 'metadata: { name: x }\n')}{{ end }}`,
    ['left out: <>: it is a template: render it first, and compare what comes of it'],
  ],
  ['a list of nothing but text', '["kubeflow.org/v1"]', []],
  [
    'a text that ends too early',
    '{"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "a"',
    ['role a by cloudformation, whole: <"a">'],
  ],
  ['lists in lists, as deep as they are read', wrapped(4), ['role deep by ack, whole: <"deep">']],
  ['lists in lists, deeper', wrapped(5), []],
  ['items without a kind', `{"items":[${wrapped(0)}]}`, ['role deep by ack, whole: <"deep">']],
  ['items of what is no list', `{"kind":"Other","items":[${wrapped(0)}]}`, []],
  ['a list whose items are text', `{"kind":"RoleList","apiVersion":"${ACK}","items":"none"}`, []],
  [
    'a Profile of another group',
    yaml('x.kubeflow.org/v1', 'Profile', 'metadata: { name: x }\nspec: { owner: { name: a } }\n'),
    [],
  ],
  [
    'another kind of that group',
    yaml('kubeflow.org/v1', 'Notebook', 'metadata: { name: x }\nspec: { owner: { name: a } }\n'),
    [],
  ],
  [
    'a Profile with an owner alone',
    yaml('kubeflow.org/v1', 'Profile', 'metadata:\n  name: x\nspec:\n  owner: { kind: User, name: a@b.c }\n'),
    ['profile x: <x>', '  owner: a@b.c <a@b.c>', '  plugins: [] <x>', '  quota: {} <x>'],
  ],
  [
    'a Profile with all',
    yaml(
      'kubeflow.org/v1',
      'Profile',
      'metadata:\n  name: x\nspec:\n  owner: { kind: User, name: a@b.c }\n  plugins:\n  - kind: P\n    spec: { a: 1 }\n  resourceQuotaSpec:\n    hard:\n      cpu: "1"\n',
    ),
    [
      'profile x: <x>',
      '  owner: a@b.c <a@b.c>',
      '  plugins: [{"kind":"P","spec":{"a":1}}] <- kind: P>',
      '  quota: {"hard":{"cpu":"1"}} <hard:>',
    ],
  ],
  [
    'a Profile that is a patch',
    yaml('kubeflow.org/v1', 'Profile', 'metadata: { name: x }\nspec: { plugins: [] }\n'),
    [],
  ],
  [
    'a Profile without a name',
    yaml('kubeflow.org/v1', 'Profile', 'metadata: { labels: {} }\nspec: { owner: { name: a } }\n'),
    [],
  ],
  [
    'a Profile whose name is filled in later',
    yaml('kubeflow.org/v1', 'Profile', 'metadata: { name: "${x}" }\nspec: { owner: { name: a } }\n'),
    [],
  ],
  [
    'a Profile whose owner is filled in later',
    yaml('kubeflow.org/v1', 'Profile', 'metadata: { name: x }\nspec: { owner: { name: "${x}" } }\n'),
    [
      'profile x: <x>',
      '  plugins: [] <x>',
      '  quota: {} <x>',
      'left out: <"${x}">: its owner: not known from the file alone',
    ],
  ],
  [
    'a role of CloudFormation with nothing',
    cfn(iam('Role', { RoleName: 'a' })),
    ['role a by cloudformation, whole: <"a">'],
  ],
  [
    'a role of CloudFormation without properties, and things that are none',
    cfn(iam('Role'), iam('User', { UserName: 'a' }), iam('Role', { RoleName: 'b' })),
    ['role b by cloudformation, whole: <"b">'],
  ],
  ['resources that are a list', '{"Resources":["AWS::IAM::Role"]}', []],
  [
    'a role of CloudFormation with all',
    cfn(
      iam('Role', {
        RoleName: 'a',
        AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [] },
        Policies: [
          { PolicyName: 'p', PolicyDocument: { Statement: [] } },
          { PolicyName: 'q', PolicyDocument: '{"Statement":[]}' },
        ],
        ManagedPolicyArns: ['arn:aws:iam::aws:policy/x'],
        PermissionsBoundary: 'arn:aws:iam::aws:policy/y',
        MaxSessionDuration: '7200',
        Path: '/teams/',
        Description: 'of a',
        Tags: [
          { Key: 'k', Value: 'v' },
          { value: 2, key: 'l' },
        ],
      }),
    ),
    [
      'role a by cloudformation, whole: <"a">',
      '  trust: {"Version":"2012-10-17","Statement":[]} <{"Version":"2012-10-17","Statement":[]}>',
      '  inline p: {"Statement":[]} <{"Statement":[]}>',
      '  inline q: {"Statement":[]} <"{\\"Statement\\":[]}">',
      '  attached: ["arn:aws:iam::aws:policy/x"] <["arn:aws:iam::aws:policy/x"]>',
      '  boundary: arn:aws:iam::aws:policy/y <"arn:aws:iam::aws:policy/y">',
      '  maxSession: 7200 <"7200">',
      '  path: /teams/ <"/teams/">',
      '  description: of a <"of a">',
      '  tag k: v <[{"Key":"k","Value":"v"},{"value":2,"key":"l"}]>',
      '  tag l: 2 <[{"Key":"k","Value":"v"},{"value":2,"key":"l"}]>',
    ],
  ],
  [
    'a role of CloudFormation, of which much is known later',
    cfn(
      iam('Role', {
        RoleName: 'a',
        AssumeRolePolicyDocument: { 'Fn::Sub': '{}' },
        Policies: [
          { PolicyName: { Ref: 'P' }, PolicyDocument: {} },
          { PolicyName: 'q', PolicyDocument: '{"a":"${B}"}' },
          { PolicyName: 'r', PolicyDocument: 'no JSON' },
          { PolicyName: 's', PolicyDocument: '{"a":"${aws:userid}"}' },
        ],
        ManagedPolicyArns: ['arn:aws:iam::aws:policy/x', { Ref: 'X' }],
        PermissionsBoundary: '',
        MaxSessionDuration: '1.5',
        Path: '${Path}',
        Description: { Ref: 'D' },
        Tags: { 'Fn::If': ['x', [], []] },
      }),
    ),
    [
      'role a by cloudformation: <"a">',
      '  trust: {} <{"Fn::Sub":"{}"}>',
      '  inline s: {"a":"${aws:userid}"} <"{\\"a\\":\\"${aws:userid}\\"}">',
      'left out: <"{\\"a\\":\\"${B}\\"}">: its inline policy q: not known from the file alone',
      'left out: <"no JSON">: its inline policy r: not known from the file alone',
      'left out: <["arn:aws:iam::aws:policy/x",{"Ref":"X"}]>: its managed policies: not known from the file alone',
      'left out: <"">: its permissions boundary: not known from the file alone',
      'left out: <"1.5">: its longest session: not known from the file alone',
      'left out: <"${Path}">: its path: not known from the file alone',
      'left out: <{"Ref":"D"}>: its description: not known from the file alone',
    ],
  ],
  [
    'a list of tags with one that is none, one without a name, and one without a value',
    cfn(iam('Role', { RoleName: 'a', Tags: [null, 'x', { Value: 'v' }, { Key: 'k' }, { Key: 'l', Value: 1 }] })),
    [
      'role a by cloudformation, whole: <"a">',
      '  tag l: 1 <[null,"x",{"Value":"v"},{"Key":"k"},{"Key":"l","Value":1}]>',
    ],
  ],
  [
    'managed policies that are not all text',
    cfn(iam('Role', { RoleName: 'a', ManagedPolicyArns: ['x', 1], MaxSessionDuration: 3600 })),
    [
      'role a by cloudformation, whole: <"a">',
      '  maxSession: 3600 <3600>',
      'left out: <["x",1]>: its managed policies: not known from the file alone',
    ],
  ],
  [
    'managed policies that are no list',
    cfn(iam('Role', { RoleName: 'a', ManagedPolicyArns: 'x', Policies: 'y' })),
    ['role a by cloudformation, whole: <"a">', 'left out: <"x">: its managed policies: not known from the file alone'],
  ],
  [
    'a role of CloudFormation without a name',
    cfn(iam('Role', { Path: '/' })),
    [
      'left out: <{"Type":"AWS::IAM::Role","Properties":{"Path":"/"}}>: this role has no name here: which one it becomes is not known',
    ],
  ],
  [
    'roles with a policy of its own beside them',
    cfn(
      iam('Role', { RoleName: 'a' }),
      iam('RolePolicy', { RoleName: 'a', PolicyName: 'p', PolicyDocument: { Statement: [] } }),
      iam('RolePolicy', { RoleName: 'a', PolicyName: { Ref: 'P' }, PolicyDocument: { Statement: [] } }),
      iam('RolePolicy', { RoleName: { Ref: 'R' }, PolicyName: 'q', PolicyDocument: { Statement: [] } }),
      iam('RolePolicy', { RoleName: 'a', PolicyName: 'r', PolicyDocument: { Ref: 'D' } }),
      iam('RolePolicy', { PolicyName: 's', PolicyDocument: { Statement: [] } }),
      iam('RolePolicy', { RoleName: 'a', PolicyName: 't' }),
    ),
    [
      'role a by cloudformation: <"a">',
      'role a by cloudformation: <"a">',
      '  inline p: {"Statement":[]} <{"Statement":[]}>',
      'left out: <{"Ref":"D"}>: its inline policy r: not known from the file alone',
    ],
  ],
  [
    'a managed policy of the template',
    cfn(iam('Role', { RoleName: 'a' }), iam('Policy', {})),
    ['role a by cloudformation: <"a">'],
  ],
  [
    'providers of CloudFormation',
    cfn(
      iam('OIDCProvider', { Url: 'https://a.example.com/', ClientIdList: ['x'] }),
      iam('OIDCProvider', { Url: 'b.example.com' }),
      iam('OIDCProvider', { ClientIdList: ['x'] }),
      iam('OIDCProvider', { Url: { Ref: 'U' } }),
    ),
    [
      'provider a.example.com by cloudformation: <"https://a.example.com/">',
      '  audiences: ["x"] <["x"]>',
      'provider b.example.com by cloudformation: <"b.example.com">',
    ],
  ],
  [
    'a role of CloudFormation in YAML, over several lines',
    'Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: a\n      AssumeRolePolicyDocument:\n        Statement: []\n        Version: "2012-10-17"\n      Description: |\n        one\n        two\n      Tags:\n      - Key: k\n        Value: v\n',
    [
      'role a by cloudformation, whole: <a>',
      '  trust: {"Statement":[],"Version":"2012-10-17"} <Statement: []>',
      '  description: one\ntwo\n <|>',
      '  tag k: v <- Key: k>',
    ],
  ],
  [
    'a role of ACK with nothing',
    yaml(ACK, 'Role', 'metadata: { name: x }\nspec: { name: a }\n'),
    ['role a by ack, whole: <a>'],
  ],
  [
    'a role of ACK without a name',
    yaml(ACK, 'Role', 'metadata: { name: x }\nspec: { path: / }\n'),
    ['left out: <x>: this role has no name here: which one it becomes is not known'],
  ],
  [
    'a role of ACK without any name',
    yaml(ACK, 'Role', 'spec: { path: / }\n'),
    [
      'left out: <apiVersion: iam.services.k8s.aws/v1alpha1>: this role has no name here: which one it becomes is not known',
    ],
  ],
  [
    'a role of ACK with all',
    yaml(
      ACK,
      'Role',
      'metadata: { name: x }\nspec:\n  name: a\n  path: /t/\n  description: d\n  maxSessionDuration: 3600\n  permissionsBoundary: b\n  policies: [p]\n  tags: [{ key: k, value: v }]\n  assumeRolePolicyDocument: "{}"\n  inlinePolicies:\n    i: "{}"\n    "${j}": "{}"\n',
    ),
    [
      'role a by ack: <a>',
      '  trust: {} <"{}">',
      '  inline i: {} <"{}">',
      '  attached: ["p"] <[p]>',
      '  boundary: b <b>',
      '  maxSession: 3600 <3600>',
      '  path: /t/ </t/>',
      '  description: d <d>',
      '  tag k: v <[{ key: k, value: v }]>',
    ],
  ],
  [
    'policies of ACK that are a list',
    yaml(ACK, 'Role', 'metadata: { name: x }\nspec: { name: a, inlinePolicies: [i] }\n'),
    ['role a by ack, whole: <a>'],
  ],
  [
    'a provider of ACK',
    yaml(
      ACK,
      'OpenIDConnectProvider',
      'metadata: { name: x }\nspec: { url: "https://a.example.com", clientIDs: [y] }\n',
    ),
    ['provider a.example.com by ack: <"https://a.example.com">', '  audiences: ["y"] <[y]>'],
  ],
  ['another kind of ACK', yaml(ACK, 'Policy', 'metadata: { name: x }\nspec: { name: a }\n'), []],
  [
    'a role of Crossplane by its own name',
    yaml(CROSSPLANE, 'Role', 'metadata: { name: a }\nspec: { forProvider: {} }\n'),
    ['role a by crossplane: <a>'],
  ],
  [
    'a role of Crossplane with all',
    yaml(
      'iam.aws.m.crossplane.io/v1beta1',
      'Role',
      'metadata: { name: x, annotations: { crossplane.io/external-name: a } }\nspec:\n  forProvider:\n    path: /t/\n    description: d\n    maxSessionDuration: 3600\n    permissionsBoundary: b\n    managedPolicyArns: [p]\n    tags: { k: v }\n    assumeRolePolicy: "{}"\n    inlinePolicy: [{ name: i, policy: "{}" }, { policy: "{}" }]\n',
    ),
    [
      'role a by crossplane: <a>',
      '  trust: {} <"{}">',
      '  inline i: {} <"{}">',
      '  attached: ["p"] <[p]>',
      '  boundary: b <b>',
      '  maxSession: 3600 <3600>',
      '  path: /t/ </t/>',
      '  description: d <d>',
      '  tag k: v <{ k: v }>',
    ],
  ],
  [
    'a policy of Crossplane',
    yaml(
      CROSSPLANE,
      'RolePolicy',
      'metadata: { name: x, annotations: { crossplane.io/external-name: "a:p" } }\nspec: { forProvider: { role: a, policy: "{}" } }\n',
    ),
    ['role a by crossplane: <a>', '  inline p: {} <"{}">'],
  ],
  [
    'a policy of Crossplane of a role that it refers to',
    yaml(
      CROSSPLANE,
      'RolePolicy',
      'metadata: { name: x }\nspec: { forProvider: { roleRef: { name: a }, policy: "{}" } }\n',
    ),
    [],
  ],
  [
    'a provider of Crossplane',
    yaml(
      CROSSPLANE,
      'OpenIDConnectProvider',
      'metadata: { name: x }\nspec: { forProvider: { url: "https://a.example.com", clientIdList: [y] } }\n',
    ),
    ['provider a.example.com by crossplane: <"https://a.example.com">', '  audiences: ["y"] <[y]>'],
  ],
  ['another kind of Crossplane', yaml(CROSSPLANE, 'Policy', 'metadata: { name: a }\nspec: { forProvider: {} }\n'), []],
  [
    'a group that is only like it',
    yaml('xiam.aws.upbound.io/v1', 'Role', 'metadata: { name: a }\nspec: { forProvider: {} }\n# kubeflow.org/\n'),
    [],
  ],
];
for (const [title, text, lines] of CASES)
  test(title, () => assert.deepEqual(told([{ path: text.startsWith('{') ? 'a.json' : 'a.yaml', text }]), lines));

test('the language is that of the file, of its name, or of its text', () => {
  const text = cfn(iam('Role', { RoleName: 'a' }));
  for (const file of [{ path: 'a.JSON' }, { path: 'a', language: 'json' as const }, { path: 'a.yaml' }])
    assert.deepEqual(told([{ ...file, text }]), ['role a by cloudformation, whole: <"a">']);
});

const role = (change: Partial<Role> = {}): Role => ({
  ...{ arn: arnOf('t/a'), name: 'a', trustPolicy: trustFor('a'), tags: { k: 'v' }, inline: [], attached: ['x'] },
  ...change,
});
const profile: Profile = {
  ...{ apiVersion: 'kubeflow.org/v1', kind: 'Profile', metadata: { name: 'a' } },
  spec: { owner: { kind: 'User', name: 'o' }, plugins: [{ kind: 'P' }], resourceQuotaSpec: { hard: { cpu: '1' } } },
};
const provider: OidcProvider = { arn: PROVIDER, clientIds: ['y', 'x'] };
const held = (change: Partial<Role> = {}) =>
  heldThings({ roles: { a: role(change) }, profiles: { a: profile }, providers: { 'a.example.com': provider } });
const gets = (Resource: string): object => ({ Effect: 'Allow', Action: 's3:GetObject', Resource });
const long = JSON.stringify({ Version: '2012-10-17', Statement: [gets(`arn:aws:s3:::${'a'.repeat(420)}`)] });

const COMPARED: readonly [title: string, text: string, change: Partial<Role>, lines: readonly string[]][] = [
  ['a role that is not held', cfn(iam('Role', { RoleName: 'b', Path: '/' })), {}, []],
  ['a name of every object', cfn(iam('Role', { RoleName: 'toString', Path: '/' })), {}, []],
  [
    'all of a role is other',
    cfn(
      iam('Role', {
        RoleName: 'a',
        AssumeRolePolicyDocument: JSON.parse(trustFor('b')) as object,
        Policies: [{ PolicyName: 'p', PolicyDocument: JSON.parse(policyFor('a')) as object }],
        ManagedPolicyArns: ['z', 'y'],
        PermissionsBoundary: 'b',
        MaxSessionDuration: 3600,
        Path: '/',
        Description: 'd',
        Tags: [
          { Key: 'k', Value: 'w' },
          { Key: 'l', Value: 'v' },
        ],
      }),
    ),
    { maxSession: 7200, description: 'e', boundary: 'c' },
    [
      'IAM role a: its trust policy: {"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud":"sts.amazonaws.com","oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub":"system:serviceaccount:b:default-editor"}},"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com… | {"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:aud":"sts.amazonaws.com","oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:sub":"system:serviceaccount:a:default-editor"}},"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com… (cloudformation) <{"Version":"2012-10-17","Statement":[{"E>',
      'IAM role a: its inline policy p: {"Action":"s3:GetBucketLocation","Effect":"Allow","Resource":"arn:aws:s3:::artifacts"} {"Action":"s3:ListBucket","Condition":{"StringLike":{"s3:prefix":"a/*"}},"Effect":"Allow","Resource":"arn:aws:s3:::artifacts"} {"Action":["s3:AbortMultipartUpload","s3:DeleteObject","s3:GetObject","s3:ListMultipartUploadParts","s3:PutObject"],"Effect":"Allow","Resource":"arn:aws:s3:::artifacts/a/*"} | none (cloudformation) <{"Version":"2012-10-17","Statement":[{"S>',
      'IAM role a: its managed policies: y, z | x (cloudformation) <["z","y"]>',
      'IAM role a: its permissions boundary: b | c (cloudformation) <"b">',
      'IAM role a: its longest session: 3600 | 7200 (cloudformation) <3600>',
      'IAM role a: its path: / | /t/ (cloudformation) <"/">',
      'IAM role a: its description: d | e (cloudformation) <"d">',
      'IAM role a: its tag k: w | v (cloudformation) <[{"Key":"k","Value":"w"},{"Key":"l","Val>',
      'IAM role a: its tag l: v | none (cloudformation) <[{"Key":"k","Value":"w"},{"Key":"l","Val>',
    ],
  ],
  [
    'a role of a listing, with more policies',
    cfn(
      iam('Role', {
        RoleName: 'a',
        Description: 'd',
        MaxSessionDuration: 1,
        PermissionsBoundary: 'b',
        ManagedPolicyArns: [],
      }),
    ),
    { inline: [{ name: 'more', text: policyFor('a') }] },
    [
      'IAM role a: its managed policies: none | x (cloudformation) <[]>',
      'IAM role a: its permissions boundary: b | none (cloudformation) <"b">',
      'IAM role a: its inline policy more: none | {"Action":"s3:GetBucketLocation","Effect":"Allow","Resource":"arn:aws:s3:::artifacts"} {"Action":"s3:ListBucket","Condition":{"StringLike":{"s3:prefix":"a/*"}},"Effect":"Allow","Resource":"arn:aws:s3:::artifacts"} {"Action":["s3:AbortMultipartUpload","s3:DeleteObject","s3:GetObject","s3:ListMultipartUploadParts","s3:PutObject"],"Effect":"Allow","Resource":"arn:aws:s3:::artifacts/a/*"} (cloudformation) <"a">',
    ],
  ],
  [
    'a role without a description',
    cfn(iam('Role', { RoleName: 'a', Description: 'd' })),
    { maxSession: 3600 },
    ['IAM role a: its description: d | none (cloudformation) <"d">'],
  ],
  [
    'a role whose parts may not be read',
    cfn(iam('Role', { RoleName: 'a', Policies: [{ PolicyName: 'p', PolicyDocument: {} }], ManagedPolicyArns: ['z'] })),
    { unread: ['iam:ListRolePolicies', 'iam:ListAttachedRolePolicies'] },
    [],
  ],
  [
    'a role of which one thing may not be read',
    cfn(iam('Role', { RoleName: 'a', Policies: [{ PolicyName: 'p', PolicyDocument: {} }], ManagedPolicyArns: ['z'] })),
    { unread: ['iam:Other', 'iam:ListAttachedRolePolicies'] },
    [],
  ],
  [
    'a policy that is the same but for one statement',
    cfn(
      iam('Role', {
        RoleName: 'a',
        Policies: [{ PolicyName: 'p', PolicyDocument: { Version: '2012-10-17', Statement: [gets('b'), gets('c')] } }],
      }),
    ),
    { inline: [{ name: 'p', text: JSON.stringify({ Version: '2012-10-17', Statement: [gets('c')] }) }] },
    [
      'IAM role a: its inline policy p: {"Action":"s3:GetObject","Effect":"Allow","Resource":"b"} | nothing besides (cloudformation) <{"Version":"2012-10-17","Statement":[{"E>',
    ],
  ],
  [
    'a long policy',
    cfn(iam('Role', { RoleName: 'a', Policies: [{ PolicyName: 'p', PolicyDocument: JSON.parse(long) as object }] })),
    {},
    [
      'IAM role a: its inline policy p: {"Action":"s3:GetObject","Effect":"Allow","Resource":"arn:aws:s3:::aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa… | none (cloudformation) <{"Version":"2012-10-17","Statement":[{"E>',
    ],
  ],
  [
    'policies of which another object has one',
    cfn(iam('Role', { RoleName: 'a' }), iam('RolePolicy', { RoleName: 'a', PolicyName: 'p', PolicyDocument: {} })),
    { inline: [{ name: 'q', text: '{}' }] },
    ['IAM role a: its inline policy p: {} | none (cloudformation) <{}>'],
  ],
  [
    'a Profile that is other',
    yaml('kubeflow.org/v1', 'Profile', 'metadata: { name: a }\nspec: { owner: { name: p } }\n'),
    {},
    [
      'Profile a: its owner: p | o <p>',
      'Profile a: its plugins: [] | [{"kind":"P"}] <a>',
      'Profile a: its quota: {} | {"hard":{"cpu":"1"}} <a>',
    ],
  ],
  [
    'a Profile that is the same',
    yaml(
      'kubeflow.org/v1',
      'Profile',
      'metadata: { name: a }\nspec: { owner: { name: o }, plugins: [{ kind: P }], resourceQuotaSpec: { hard: { cpu: "1" } } }\n',
    ),
    {},
    [],
  ],
  [
    'a provider that is other',
    cfn(iam('OIDCProvider', { Url: 'https://a.example.com', ClientIdList: ['x', 'z'] })),
    {},
    ['OIDC provider a.example.com: its audiences: x, z | x, y (cloudformation) <["x","z"]>'],
  ],
  [
    'a provider in another order',
    cfn(iam('OIDCProvider', { Url: 'https://a.example.com', ClientIdList: ['x', 'y', 'x'] })),
    {},
    [],
  ],
  [
    'a provider without audiences',
    cfn(iam('OIDCProvider', { Url: 'https://a.example.com', ClientIdList: [] })),
    {},
    ['OIDC provider a.example.com: its audiences: none | x, y (cloudformation) <[]>'],
  ],
];
for (const [title, text, change, lines] of COMPARED)
  test(`compared: ${title}`, () =>
    assert.deepEqual(
      differences(declaredIn([{ path: 'a.yaml', text }]).declared, held(change), { missing: true }).map(
        ({ thing, what, declared, live, tool, start, end }) =>
          `${thing}: ${what}: ${declared} | ${live}${tool === undefined ? '' : ` (${tool})`} <${text.slice(start, end).slice(0, 40)}>`,
      ),
      lines,
    ));

test('what is live of what files declare is asked for once, and only for what there is', async () => {
  const here = worldWithProvider();
  putProfile(here, 'team-x', { name: 'a' });
  const files = [
    yaml('kubeflow.org/v1', 'Profile', 'metadata: { name: team-x }\nspec: { owner: { name: p } }\n'),
    yaml('kubeflow.org/v1', 'Profile', 'metadata: { name: team-y }\nspec: { owner: { name: p } }\n'),
    cfn(
      iam('Role', { RoleName: 'a' }),
      iam('OIDCProvider', { Url: ISSUER }),
      iam('OIDCProvider', { Url: 'https://x.y' }),
    ),
  ];
  const { declared } = declaredIn(files.map((text, index) => ({ path: `${index}.yaml`, text })));
  const look = (some = declared) => lookAtDeclared(some, cluster, here.aws, () => Promise.resolve(here.kubernetes));
  const states = async (): Promise<readonly string[]> => {
    const live = await look();
    return declared.map(({ kind, name }) => `${kind} ${name}: ${live[kind](name)?.state ?? 'not asked for'}`);
  };
  assert.deepEqual(await states(), [
    'profile team-x: found',
    'profile team-y: absent',
    'role a: found',
    'provider oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF: found',
    'provider x.y: absent',
  ]);
  for (const reading of [absent, denied('list profiles', ''), failed('no')]) {
    here.kubernetes.profiles = () => Promise.resolve(reading);
    assert.equal((await states())[0], `profile team-x: ${reading.state}`);
  }
  const without = await look(declared.filter(({ kind }) => kind !== 'profile'));
  assert.equal(without.profile('team-x'), undefined);
  assert.equal(without.role('other'), undefined);
  assert.equal((await look([])).role('a'), undefined);
});
