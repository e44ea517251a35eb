/** The table of kinds, and what is made from it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  actionOf,
  between,
  holds,
  inverse,
  KINDS,
  ORDER,
  policyForReview,
  same,
  textOf,
  titleOf,
  type Change,
  type Kind,
} from '../../src/core/kinds.ts';
import type { Profile } from '../../src/core/observation.ts';
import { permissionsPage } from '../../src/core/plan/permissions.ts';
import { newProfile, withPlugin } from '../../src/core/profile/manifest.ts';
import { arnOf, PROVIDER, trustFor } from './world.ts';

test('docs/permissions.md is what the table of kinds says; if not: node scripts/run.mjs scripts/permissions.ts', () => {
  assert.equal(readFileSync(new URL('../../docs/permissions.md', import.meta.url), 'utf8'), permissionsPage());
});

test('every permission is an IAM action or a Kubernetes verb with its resource, and says where it is from', () => {
  for (const kind of ORDER) {
    const { may, source } = KINDS[kind];
    assert.ok(source.length > 0);
    for (const one of Object.values(may).flat())
      assert.match(one, kind.startsWith('k8s/') ? /^[a-z]+ [a-z0-9/.]+$/ : /^(eks|iam|kms|s3|cognito-idp):[A-Z]\w+$/);
  }
});

test('a change and its inverse', () => {
  const provider = { arn: PROVIDER, clientIds: ['other'] };
  const ref = { kind: 'iam/provider', at: 'a', key: PROVIDER } as const;
  const create: Change = { ref, after: provider };
  assert.equal(actionOf(create), 'create');
  assert.equal(actionOf(inverse(create)), 'delete');
  assert.deepEqual(inverse(inverse(create)), create);
  const wider = { ...provider, clientIds: ['other', 'sts.amazonaws.com'] };
  assert.equal(actionOf({ ref, before: provider, after: wider }), 'change');
  assert.equal(actionOf({ ref, before: wider, after: wider }), 'keep');
});

test('what is there may hold more than is wanted: further audiences', () => {
  const there = { arn: PROVIDER, clientIds: ['b', 'a', 'c'] };
  assert.ok(holds('iam/provider', there, { arn: PROVIDER, clientIds: ['a', 'b'] }));
  assert.ok(!same('iam/provider', there, { arn: PROVIDER, clientIds: ['a', 'b'] }));
  assert.ok(same('iam/provider', there, { arn: PROVIDER, clientIds: ['c', 'b', 'a'] }));
  assert.ok(!holds('iam/provider', undefined, there));
  assert.ok(holds('iam/provider', undefined, undefined));
});

test('a policy for review does not depend on who wrote its keys in which order', () => {
  const turned = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(turned)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, item]) => [key, turned(item)]),
          )
        : value;
  const text = trustFor('team-x');
  assert.equal(policyForReview(JSON.stringify(turned(JSON.parse(text)))), policyForReview(text));
  assert.equal(policyForReview('no JSON'), 'no JSON');
});

test('a policy for review, as it stands there', () => {
  const text =
    '{"z":1,"Statement":[{"Resource":["b","a"],"y":null,"Effect":"Allow","b":2,"a":1}],"Version":"2012-10-17"}';
  const wanted =
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":["b","a"],"a":1,"b":2,"y":null}],"z":1}';
  assert.equal(policyForReview(text), JSON.stringify(JSON.parse(wanted), undefined, 2));
});

const ROLE_KEY = 'eks.amazonaws.com/role-arn';
const editor = (annotations: object): object => ({ namespace: 'team-x', name: 'default-editor', annotations });
const policy = (action: string): string => JSON.stringify({ Statement: [{ Effect: 'Allow', Action: action }] });
const binding = (other: object): object => ({
  ...{ namespace: 'n', name: 'b', annotations: { user: 'u', role: 'edit' } },
  ...{ roleRef: { kind: 'ClusterRole', name: 'kubeflow-edit' }, subjects: [{ kind: 'User', name: 'u' }] },
  ...other,
});
const lets = (other: object): object => ({
  ...{ namespace: 'n', name: 'b', annotations: { user: 'u', role: 'edit' }, spec: { b: 2, c: [1] } },
  ...other,
});
/** A bucket with settings, of which some are otherwise. */
const bucket = (settings: object): object => ({
  ...{ name: 'b', region: 'x', accessible: true },
  settings: {
    ...{ publicAccessBlocked: true, ownership: 'BucketOwnerEnforced', encryption: { algorithm: 'AES256' } },
    ...{ policy: policy('a'), tags: { a: '1', b: '2' }, empty: true },
    ...settings,
  },
});
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const profile = (other: object, spec: object = {}): object => ({
  ...{ apiVersion: 'kubeflow.org/v1', kind: 'Profile', metadata: { name: 'n' } },
  spec: { owner: { kind: 'User', name: 'o' }, ...spec },
  ...other,
});
const annotated = (annotations: object): object => profile({ metadata: { name: 'n', annotations } });
const quota = (hard: object): object => profile({}, { resourceQuotaSpec: { hard } });
const config = (data: object): object => ({ namespace: 'n', name: 'kfp-launcher', data });
const deployment = (image: string): object => ({ namespace: 'a', name: 'b', image });
/** Of each kind: how one is called, things that mean the same, things that do not, and a thing for people. */
const MEANING: readonly [
  kind: Kind,
  title: string,
  same: [object, object][],
  other: [object, object][],
  text: string,
][] = [
  [
    'eks/cluster',
    'EKS cluster a/b',
    [
      [
        { arn: 'a', issuer: 'i', status: 'CREATING' },
        { arn: 'a', issuer: 'i', status: 'ACTIVE' },
      ],
    ],
    [
      [
        { arn: 'a', issuer: 'i' },
        { arn: 'b', issuer: 'i' },
      ],
      [
        { arn: 'a', issuer: 'i' },
        { arn: 'a', issuer: 'j' },
      ],
      [{ arn: 'a' }, { arn: 'a', issuer: 'j' }],
    ],
    '',
  ],
  [
    'iam/role',
    'IAM role a/b',
    [
      [{ trustPolicy: policy('a') }, { trustPolicy: policy('a').replace(':', ' : ') }],
      [{ trustPolicy: '{' }, { trustPolicy: '{' }],
    ],
    [
      [{ trustPolicy: policy('a') }, { trustPolicy: policy('b') }],
      [{ trustPolicy: '{' }, { trustPolicy: '[' }],
    ],
    '',
  ],
  [
    'iam/policy',
    'Managed policy a/b',
    [[{ arn: 'p' }, { arn: 'p' }]],
    [[{ arn: 'p' }, { arn: 'q' }]],
    '{\n  "Arn": "p"\n}|{\n  "Arn": "q"\n}',
  ],
  [
    'iam/role-boundary',
    'Permissions boundary of role a/b',
    [[{ arn: 'p' }, { arn: 'p' }]],
    [[{ arn: 'p' }, { arn: 'q' }]],
    '{\n  "PermissionsBoundary": "p"\n}|{\n  "PermissionsBoundary": "q"\n}',
  ],
  [
    'iam/role-settings',
    'Session length and description of role a/b',
    [
      [
        { maxSession: 3600, description: '' },
        { maxSession: 3600, description: '' },
      ],
    ],
    [
      [
        { maxSession: 3600, description: 'x' },
        { maxSession: 3600, description: '' },
      ],
      [
        { maxSession: 3600, description: 'x' },
        { maxSession: 7200, description: 'x' },
      ],
    ],
    '{\n  "MaxSessionDuration": 3600,\n  "Description": "x"\n}|{\n  "MaxSessionDuration": 7200,\n  "Description": "x"\n}',
  ],
  [
    'iam/role-tag',
    'Tag b of role a',
    [[{ value: '' }, { value: '' }]],
    [[{ value: 'v' }, { value: '' }]],
    '{\n  "Value": "v"\n}|{\n  "Value": ""\n}',
  ],
  [
    'iam/role-policy',
    'Inline policy b',
    [[{ text: policy('a') }, { text: policy('a').replace(':', ' : ') }]],
    [[{ text: policy('a') }, { text: policy('b') }]],
    '',
  ],
  [
    's3/bucket',
    'S3 bucket a/b',
    [
      [
        { region: 'x', accessible: true },
        { region: 'x', accessible: false },
      ],
      [bucket({}), bucket({})],
      [bucket({}), { region: 'x' }],
      [bucket({}), bucket({ tags: { b: '2', a: '1' }, policy: policy('a').replaceAll(':', ' : '), empty: false })],
      [bucket({ encryption: { algorithm: 'AES256' } }), bucket({})],
      [bucket({ policy: undefined }), bucket({ policy: undefined })],
    ],
    [
      [{ region: 'x' }, { region: 'y' }],
      [bucket({ publicAccessBlocked: false }), bucket({})],
      [bucket({ ownership: 'ObjectWriter' }), bucket({})],
      [bucket({ encryption: undefined }), bucket({ encryption: { algorithm: 'aws:kms' } })],
      [bucket({ encryption: { algorithm: 'aws:kms', key: 'k' } }), bucket({})],
      [bucket({ policy: policy('b') }), bucket({})],
      [bucket({ policy: undefined }), bucket({})],
      [bucket({ policy: '{' }), bucket({ policy: '[' })],
      [bucket({ tags: {} }), bucket({})],
      [bucket({}), bucket({ tags: { b: '2', a: '1', c: '3' } })],
      [
        bucket({ publicAccessBlocked: false, encryption: { algorithm: 'aws:kms', key: 'k' }, policy: '{', tags: {} }),
        bucket({ ownership: undefined, encryption: undefined, policy: undefined, tags: { a: '1' } }),
      ],
    ],
    `{
  "Bucket": "b",
  "Region": "x",
  "PublicAccessBlock": "not all blocked",
  "ObjectOwnership": "BucketOwnerEnforced",
  "Encryption": {
    "SSEAlgorithm": "aws:kms",
    "KMSMasterKeyID": "k"
  },
  "Policy": "{",
  "Tags": {}
}|{
  "Bucket": "b",
  "Region": "x",
  "PublicAccessBlock": "all four blocked",
  "Encryption": {},
  "Tags": {
    "a": "1"
  }
}`,
  ],
  [
    's3/encryption',
    'Default encryption of bucket a/b',
    [
      [
        { algorithm: 'aws:kms', key: 'arn:aws:kms:us-west-2:111122223333:key/k' },
        { algorithm: 'aws:kms', key: 'k' },
      ],
      [{ algorithm: 'AES256' }, { algorithm: 'AES256' }],
    ],
    [
      [
        { algorithm: 'aws:kms', key: 'k' },
        { algorithm: 'aws:kms', key: 'l' },
      ],
      [{ algorithm: 'aws:kms', key: 'k' }, { algorithm: 'aws:kms' }],
    ],
    '{\n  "SSEAlgorithm": "aws:kms",\n  "KMSMasterKeyID": "k"\n}|{\n  "SSEAlgorithm": "aws:kms"\n}',
  ],
  [
    'kms/key',
    'KMS key a/b',
    [
      [
        { arn: 'k', state: 'Enabled', policy: policy('a') },
        { arn: 'k', state: 'Enabled', policy: policy('a').replace(':', ' : ') },
      ],
    ],
    [
      [
        { arn: 'k', state: 'Enabled' },
        { arn: 'l', state: 'Enabled' },
      ],
      [
        { arn: 'k', state: 'Enabled' },
        { arn: 'k', state: 'Disabled' },
      ],
      [
        { arn: 'k', state: 'Enabled', policy: policy('a') },
        { arn: 'k', state: 'Enabled', policy: policy('b') },
      ],
      [
        { arn: 'k', state: 'Enabled', policy: '{}' },
        { arn: 'k', state: 'Enabled' },
      ],
    ],
    '{}|{\n  "KeyArn": "k"\n}',
  ],
  [
    'k8s/namespace',
    'Namespace a/b',
    [
      [
        { name: 'n', owner: 'x', deleting: true },
        { name: 'n', owner: 'x' },
      ],
    ],
    [
      [
        { name: 'n', owner: 'x' },
        { name: 'n', owner: 'y' },
      ],
      [{ name: 'n', owner: 'x' }, { name: 'n' }],
    ],
    'metadata:\n  name: n\n  annotations:\n    owner: "x"\n|metadata:\n  name: n\n',
  ],
  [
    'k8s/service-account',
    'Service account a/b',
    [[editor({ [ROLE_KEY]: 'r' }), editor({ [ROLE_KEY]: 'r', other: 'x' })]],
    [
      [editor({ [ROLE_KEY]: 'r' }), editor({ [ROLE_KEY]: 's' })],
      [editor({ [ROLE_KEY]: 'r' }), editor({})],
    ],
    `metadata:\n  name: default-editor\n  namespace: team-x\n  annotations:\n    ${ROLE_KEY}: "r"\n|metadata:\n  name: default-editor\n  namespace: team-x\n`,
  ],
  [
    'k8s/config-map',
    'ConfigMap a/b',
    [[config({ root: 's3://a', text: 'a: b\nc: d\n' }), config({ text: 'a: b\nc: d\n', root: 's3://a' })]],
    [
      [config({ root: 's3://a' }), config({ root: 's3://b' })],
      [config({}), config({ text: 'a: b\nc: d\n', root: 's3://a' })],
    ],
    'metadata:\n  name: kfp-launcher\n  namespace: n\n|metadata:\n  name: kfp-launcher\n  namespace: n\ndata:\n  root: "s3://a"\n  text: |\n    a: b\n    c: d\n',
  ],
  [
    'k8s/deployment',
    'Deployment a/b',
    [[deployment('x:1'), deployment('x:1')]],
    [
      [{ ...deployment('x:1'), users: '1' }, deployment('x:1')],
      [deployment('x:1'), deployment('x:2')],
    ],
    'metadata:\n  name: b\n  namespace: a\nimage: x:1\n|metadata:\n  name: b\n  namespace: a\nimage: x:2\n',
  ],
  [
    'cognito/user',
    'User b of Cognito user pool a',
    [
      [
        { pool: 'p', email: 'a@b.c', username: 'x', status: 'CONFIRMED' },
        { pool: 'p', email: 'a@b.c', username: 'y' },
      ],
    ],
    [
      [
        { pool: 'p', email: 'a@b.c' },
        { pool: 'q', email: 'a@b.c' },
      ],
      [
        { pool: 'p', email: 'a@b.c' },
        { pool: 'p', email: 'A@b.c' },
      ],
    ],
    'userPool: p\nemail: a@b.c\n|userPool: p\nemail: A@b.c\n',
  ],
  [
    'k8s/dex-user',
    'User a/b of Dex',
    [[{ email: 'a@b.c', userID: '1' }, { email: 'a@b.c' }]],
    [[{ email: 'a@b.c' }, { email: 'A@b.c' }]],
    'staticPasswords:\n  - email: a@b.c\n|staticPasswords:\n  - email: A@b.c\n',
  ],
  [
    'k8s/profile',
    'Profile a/b',
    [
      [profile({}), profile({ apiVersion: 'kubeflow.org/v1beta1', status: { x: 1 } })],
      [profile({}), profile({ metadata: { name: 'n', labels: {}, annotations: {}, resourceVersion: '7' } })],
      [profile({}), profile({}, { resourceQuotaSpec: {} })],
      [
        profile({}, { a: 1, owner: { name: 'o', kind: 'User' } }),
        profile({}, { owner: { kind: 'User', name: 'o' }, a: 1 }),
      ],
      [profile({}), annotated({ [LAST_APPLIED]: '{}', 'kubeflow-irsa/run': 'x' })],
      [annotated({ b: '2', a: '1' }), annotated({ a: '1', b: '2' })],
      [quota({ cpu: '1000m', memory: '1Gi' }), quota({ memory: '1024Mi', cpu: 1 })],
      [quota({ cpu: '1.5k', x: 'no number' }), quota({ cpu: '1500', x: 'no number' })],
      [profile({ spec: undefined }), profile({ spec: {} })],
      [profile({}, { resourceQuotaSpec: { hard: 'x' } }), profile({}, { resourceQuotaSpec: { hard: 'x' } })],
      [profile({}, { resourceQuotaSpec: [] }), profile({}, { resourceQuotaSpec: [] })],
    ],
    [
      [profile({}), profile({ metadata: { name: 'm' } })],
      [profile({}), profile({ metadata: { name: 'n', labels: { a: '1' } } })],
      [profile({}), annotated({ a: '1' })],
      [profile({}), profile({}, { owner: { kind: 'User', name: 'p' } })],
      [profile({}), profile({}, { plugins: [{ kind: 'x' }] })],
      [profile({}, { plugins: [1, 2] }), profile({}, { plugins: [2, 1] })],
      [profile({}), quota({ cpu: '1' })],
      [profile({}), profile({}, { resourceQuotaSpec: [] })],
      [quota({ cpu: '1' }), quota({ cpu: '2' })],
      [quota({ cpu: '1m' }), quota({ cpu: '1M' })],
      [quota({ cpu: '1toString' }), quota({ cpu: '1' })],
      [quota({ cpu: 'x' }), quota({ cpu: 'y' })],
      [quota({ cpu: '1x' }), quota({ cpu: '2x' })],
      [profile({}, { resourceQuotaSpec: { hard: 'x' } }), profile({}, { resourceQuotaSpec: { hard: 'y' } })],
      [profile({}, { resourceQuotaSpec: { hard: { cpu: '1' }, a: 1 } }), quota({ cpu: '1' })],
      [
        profile(
          { metadata: { name: 'n', labels: { l: '1' }, annotations: { a: '1', [LAST_APPLIED]: '{}' } } },
          { b: null, a: [{ z: 1, name: 'x', kind: 'y' }], plugins: [], resourceQuotaSpec: { hard: { cpu: '1' } } },
        ),
        profile({ metadata: { name: 'n', labels: {}, annotations: { [LAST_APPLIED]: '{}' } }, spec: undefined }),
      ],
    ],
    `apiVersion: kubeflow.org/v1
kind: Profile
metadata:
  name: n
  labels:
    l: "1"
  annotations:
    a: "1"
spec:
  owner:
    kind: User
    name: o
  plugins: []
  resourceQuotaSpec:
    hard:
      cpu: "1"
  a:
    - kind: y
      name: x
      z: 1
  b: null
|apiVersion: kubeflow.org/v1
kind: Profile
metadata:
  name: n
`,
  ],
  [
    'k8s/role-binding',
    'RoleBinding a/b',
    [
      [binding({}), binding({ annotations: { user: 'u', role: 'edit', other: 'x' } })],
      // The subjects of the owner's are the profile controller's.
      [binding({ name: 'namespaceAdmin' }), binding({ name: 'namespaceAdmin', subjects: [] })],
    ],
    [
      [binding({}), binding({ annotations: { user: 'v', role: 'edit' } })],
      [binding({}), binding({ annotations: { user: 'u', role: 'view' } })],
      [binding({}), binding({ roleRef: { kind: 'ClusterRole', name: 'kubeflow-view' } })],
      [binding({}), binding({ subjects: [] })],
    ],
    '',
  ],
  [
    'k8s/authorization-policy',
    'AuthorizationPolicy a/b',
    [
      [lets({}), lets({ spec: { c: [1], b: 2 } })],
      [lets({ name: 'ns-owner-access-istio' }), lets({ name: 'ns-owner-access-istio', spec: {} })],
    ],
    [
      [lets({}), lets({ annotations: { user: 'v', role: 'edit' } })],
      [lets({}), lets({ spec: { b: 2, c: [2] } })],
    ],
    '',
  ],
];
test('a ConfigMap holds what is wanted though it has more; it is not the same', () => {
  const [more, wanted] = [config({ a: '1', b: '2' }), config({ a: '1' })];
  assert.ok(holds('k8s/config-map', more, wanted) && !holds('k8s/config-map', wanted, more));
  assert.ok(!same('k8s/config-map', more, wanted) && !same('k8s/config-map', wanted, more));
});

test('a bucket holds what is wanted though its settings are more, and not where they were not read', () => {
  const bare = { name: 'b', region: 'x', accessible: true };
  assert.ok(holds('s3/bucket', bare, bare) && holds('s3/bucket', bucket({}), bare));
  assert.ok(!holds('s3/bucket', bare, bucket({})));
  assert.ok(holds('s3/bucket', bucket({}), bucket({ publicAccessBlocked: false })));
  assert.ok(holds('s3/bucket', bucket({ policy: policy('b') }), bucket({ policy: policy('b') })));
});

for (const [kind, title, alike, unlike, text] of MEANING) {
  test(`what two of a kind mean: ${kind}`, () => {
    assert.equal(titleOf({ kind, at: '', key: 'a/b' }), title);
    for (const [a, b] of alike) assert.ok(same(kind, a, b) && holds(kind, a, b), JSON.stringify([a, b]));
    for (const [a, b] of unlike) assert.ok(!same(kind, a, b) && !holds(kind, a, b), JSON.stringify([a, b]));
    assert.ok(same(kind, undefined, undefined) && !same(kind, alike[0]?.[0], undefined));
    if (text === '') return;
    // The last pair: one that has it, and one that lacks it.
    assert.equal((unlike.at(-1) ?? []).map((one) => textOf(kind, one).text).join('|'), text);
  });
}

test('the plugin of a Profile takes the place of all that were meant for it, and no other', () => {
  const kindsAfter = (...plugins: readonly object[]): readonly unknown[] => {
    const there = profile({}, { plugins }) as Profile;
    return withPlugin(there, 'o', 'r', true).spec?.plugins?.map(({ kind }) => kind) ?? [];
  };
  const OURS = 'AwsIamForServiceAccount';
  assert.deepEqual(kindsAfter(), [OURS]);
  assert.deepEqual(kindsAfter({ kind: OURS }, { kind: OURS, spec: {} }), [OURS]);
  assert.deepEqual(kindsAfter({ kind: 'awsIAMForServiceAcount', spec: {} }), [OURS]);
  assert.deepEqual(kindsAfter({ kind: 'Other', spec: { AWSIAMROLE: 'x' } }, { spec: { awsIamRole: '' } }), [OURS]);
  assert.deepEqual(
    kindsAfter({ kind: 'Aws' }, { kind: 'Iam', spec: {} }, { kind: 'WorkloadIdentity', spec: { x: 1 } }),
    ['Aws', 'Iam', 'WorkloadIdentity', OURS],
  );
});

test('the data below a prefix, as people read it', () => {
  const all = { region: 'us-west-2', objects: 2, versions: 1, markers: 1, bytes: 3, uploads: 1 };
  const says = (more: object): string =>
    textOf('s3/data', { ...all, ...more })
      .text.trim()
      .split('\n')
      .join(', ');
  assert.deepEqual([{}, { versions: 0, markers: 0, uploads: 0 }, { more: true }, { more: false }].map(says), [
    'objects: 2, olderVersions: 1, deleteMarkers: 1, bytes: 3, uploadsInParts: 1',
    'objects: 2, bytes: 3',
    'objects: more than 2, olderVersions: 1, deleteMarkers: 1, bytes: more than 3, uploadsInParts: 1',
    'objects: 2, olderVersions: 1, deleteMarkers: 1, bytes: 3, uploadsInParts: 1',
  ]);
});

test('a Profile that goes, or came, is on its way where it is released; one that is changed is not', () => {
  const left = newProfile('team-x', 'x@example.com', arnOf('x'), false);
  const ready = newProfile('team-x', 'x@example.com', arnOf('x'), true);
  const is = (there: unknown, before: unknown, after: unknown): boolean => between('k8s/profile', there, before, after);
  assert.deepEqual(
    [is(ready, left, undefined), is(ready, undefined, left), is(left, left, undefined), is(ready, left, left)],
    [true, true, false, false],
  );
  assert.deepEqual([is(ready, undefined, undefined), is(undefined, left, undefined)], [false, false]);
});

test('audiences of a provider come and go one by one: what is on its way has none of nobody, and all that stay', () => {
  const of = (...clientIds: readonly string[]) => ({ arn: PROVIDER, clientIds });
  const is = (there: readonly string[], was: readonly string[], wanted: readonly string[]): boolean =>
    between('iam/provider', of(...there), of(...was), of(...wanted));
  assert.deepEqual(
    [
      is(['a', 'b'], ['a'], ['a', 'b', 'c']),
      is(['a', 'x'], ['a'], ['a', 'b']),
      is(['b'], ['a', 'b'], ['a']),
      is(['a'], ['a', 'b', 'c'], ['a']),
    ],
    [true, false, false, true],
  );
});
