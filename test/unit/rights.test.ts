/** What a role may do, as the tree and lint of a folder say it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { writablePlaces } from '../../src/core/modes/uses.ts';
import { judgeProfile } from '../../src/core/modes/live.ts';
import type { ListedProfile, ProfileView } from '../../src/core/modes/view.ts';
import type { Cluster, Role } from '../../src/core/observation.ts';
import { lintFolder } from '../../src/core/lint.ts';
import { allows } from '../../src/core/policy/evaluate.ts';
import {
  mayList,
  mayRead,
  mayWrite,
  placeText,
  podSession,
  policiesOf,
  sessionOf,
  unlisted,
  writing,
} from '../../src/core/policy/rights.ts';
import { policyText, providerArn, trustPolicy } from '../../src/core/policy/build.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { denied, found } from '../../src/core/reading.ts';
import { asKept } from './told.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const ISSUER = 'https://oidc.eks.us-west-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E';
const PROVIDER = providerArn('aws', '111122223333', ISSUER);
const ROLE = 'arn:aws:iam::111122223333:role/team-a-role';
const cluster: Cluster = {
  name: 'dev',
  region: 'us-west-2',
  arn: 'arn:aws:eks:us-west-2:111122223333:cluster/dev',
  account: '111122223333',
  partition: 'aws',
  status: 'ACTIVE',
  version: '1.36',
  issuer: ISSUER,
};
const profile: ListedProfile = {
  ...newProfile('team-a', 'alice@example.com', ROLE, true),
  created: '2026-01-01T00:00:00Z',
  finalizers: [],
};
const roleWith = (policies: readonly unknown[], change: Partial<Role> = {}): Role => ({
  arn: ROLE,
  name: 'team-a-role',
  trustPolicy: policyText(trustPolicy(PROVIDER, ISSUER, 'team-a')),
  tags: { team: 'a' },
  inline: policies.map((policy, index) => ({ name: `p${index}`, text: JSON.stringify(policy) })),
  attached: [],
  ...change,
});
const readings = (role: Role, root = 's3://bucket-a/team-a'): ProfileView => ({
  cluster,
  provider: found({ arn: PROVIDER, clientIds: ['sts.amazonaws.com'] }),
  profile,
  namespace: found({ name: 'team-a', owner: 'alice@example.com', deleting: false }),
  serviceAccount: found({
    namespace: 'team-a',
    name: 'default-editor',
    annotations: { 'eks.amazonaws.com/role-arn': ROLE },
  }),
  launcher: found({ namespace: 'team-a', name: 'kfp-launcher', data: { defaultPipelineRoot: root } }),
  role: found(role),
  sharedWith: [],
});

const NOTHING = /^Role \S+ may not write/;
/** Whether the tree says that the role may not write, and what it says of the pipeline root. */
function tree(role: Role, root?: string): { nothing: boolean; root: boolean } {
  const { problems, remarks } = judgeProfile(readings(role, root), undefined, NOW);
  const all = [...problems, ...remarks];
  return {
    nothing: all.some(({ id, message }) => id === 'KP-041' && NOTHING.test(message)),
    root: all.some(({ id }) => id === 'KP-055'),
  };
}

const profileFile = `apiVersion: kubeflow.org/v1
kind: Profile
metadata:
  name: team-a
spec:
  owner:
    kind: User
    name: a@b.c
  plugins:
  - kind: AwsIamForServiceAccount
    spec:
      awsIamRole: ${ROLE}
      annotateOnly: true
`;
const launcherFile = (root: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kfp-launcher\n  namespace: team-a\ndata:\n  defaultPipelineRoot: ${root}\n`;

/** The same of a folder with the Profile, its policies and its launcher. */
function folder(policies: readonly unknown[], root = 's3://bucket-a/team-a'): { nothing: boolean; root: boolean } {
  const files = [
    { path: 'profile.yaml', text: profileFile },
    { path: 'launcher.yaml', text: launcherFile(root) },
    ...policies.map((policy, index) => ({ path: `policy-${index}.json`, text: JSON.stringify(policy) })),
  ];
  const all = [...lintFolder(files).values()].flat();
  return {
    nothing: all.some(({ id, message }) => id === 'KP-041' && NOTHING.test(message)),
    root: all.some(({ id }) => id === 'KP-055'),
  };
}

const policy = (...Statement: object[]): object => ({ Version: '2012-10-17', Statement });
const allow = (Resource: unknown, more: object = {}): object => ({
  Effect: 'Allow',
  Action: ['s3:GetObject', 's3:PutObject'],
  Resource,
  ...more,
});
const deny = (Resource: unknown, more: object = {}): object => ({
  Effect: 'Deny',
  Action: 's3:PutObject',
  Resource,
  ...more,
});
const A = 'arn:aws:s3:::bucket-a';

/** Rows of the first table of untrue things about permissions. */
describe('KP-041 is not said of a role that may write', () => {
  const rows: readonly (readonly [string, ...object[]])[] = [
    ['every bucket: arn:aws:s3:::*', allow('arn:aws:s3:::*')],
    ['bucket*', allow(`${A}*`)],
    ['a wildcard in the service and beyond', allow('arn:aws:s3*')],
    ['s3:*Object', allow(`${A}/*`, { Action: 's3:*Object' })],
    ['s3:P*', allow(`${A}/*`, { Action: 's3:P*' })],
    ['s?:putobject', allow(`${A}/*`, { Action: 's?:putobject' })],
    ['NotAction', allow(`${A}/*`, { Action: undefined, NotAction: 's3:DeleteObject' })],
    ['NotResource', { Effect: 'Allow', Action: 's3:*', NotResource: 'arn:aws:s3:::secret/*' }],
    ['a Deny beside it', allow(`${A}/*`), deny('arn:aws:s3:::bucket-b/*')],
    ['a Deny below it', allow(`${A}/*`), deny(`${A}/private/*`)],
    [
      'a guard: everything but the own prefix is denied',
      allow(`${A}/*`),
      deny([], { Resource: undefined, NotResource: `${A}/team-a/*` }),
    ],
    ['only with TLS', allow(`${A}/*`), deny('*', { Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
    ['only with TLS, as a condition', allow(`${A}/*`, { Condition: { Bool: { 'aws:SecureTransport': 'true' } } })],
    ["the role's own tag", allow(`${A}/*`, { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'a' } } })],
    ["the role's own tag in the resource", allow(`${A}/\${aws:PrincipalTag/team}/*`)],
    [
      'from an address that is not known',
      allow(`${A}/*`, { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
    ],
    [
      'a Deny that depends on the network',
      allow(`${A}/*`),
      deny('*', { Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } } }),
    ],
    [
      'more Denies than are judged together',
      allow('arn:aws:s3:::*/team-a/*'),
      deny([], { Resource: undefined, NotResource: `${A}/*` }),
      deny('arn:aws:s3:::/team-a/'),
    ],
    [
      'a Deny that no pod meets',
      allow('arn:aws:s3:::*/team-a/*'),
      deny([], { Resource: undefined, NotResource: `${A}/*` }),
      deny('*', { Condition: { StringEquals: { 'aws:username': 'bob' } } }),
    ],
    ['an id that only AWS knows', allow(`${A}/\${aws:userid}/*`)],
  ];
  for (const [name, ...statements] of rows)
    test(name, () => {
      assert.equal(tree(roleWith([policy(...statements)])).nothing, false, 'tree');
      assert.equal(folder([policy(...statements)]).nothing, false, 'folder');
    });
  test('the second policy allows what the first one leaves out', () => {
    const policies = [policy(allow(A, { Action: 's3:ListBucket' })), policy(allow(`${A}/*`))];
    assert.equal(tree(roleWith(policies)).nothing, false);
    assert.equal(folder(policies).nothing, false);
  });
  test('a managed policy that is not read', () => {
    assert.equal(tree(roleWith([], { attached: ['arn:aws:iam::aws:policy/AmazonS3FullAccess'] })).nothing, false);
  });
});

describe('KP-041 is said of a role that may not write', () => {
  const rows: readonly (readonly [string, ...object[]])[] = [
    ['Allow and Deny of the same', allow(`${A}/*`), deny(`${A}/*`)],
    ['Allow of a prefix, Deny of the bucket', allow(`${A}/team-a/*`), deny([A, `${A}/*`])],
    ['Deny of all of S3', allow(`${A}/*`), deny('*', { Action: 's3:*' })],
    ['Deny by NotAction', allow(`${A}/*`), deny('*', { Action: undefined, NotAction: 's3:Get*' })],
    ['Deny by NotResource', allow(`${A}/*`), deny([], { Resource: undefined, NotResource: 'arn:aws:s3:::bucket-b/*' })],
    ['one object instead of what lies below', allow(`${A}/team-a`)],
    ['a user name, which a role has not', allow(`${A}/*`, { Condition: { StringLike: { 'aws:username': '*' } } })],
    ['a user name in the resource', allow(`${A}/\${aws:username}/*`)],
    ['MFA, which a pod has not', allow(`${A}/*`, { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } })],
    [
      'Deny without MFA',
      allow(`${A}/*`),
      deny('*', { Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } } }),
    ],
    ['a session tag of Pod Identity', allow(`${A}/\${aws:PrincipalTag/kubernetes-namespace}/*`)],
    [
      'another tag than the role has',
      allow(`${A}/*`, { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'b' } } }),
    ],
    ['s3:prefix, which no write has', allow(`${A}/*`, { Condition: { StringLike: { 's3:prefix': 'team-a/*' } } })],
    ['without TLS', allow(`${A}/*`, { Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
  ];
  /** What a file cannot show: the tags of the role. */
  const live = /tag/;
  for (const [name, ...statements] of rows)
    test(name, () => {
      assert.equal(tree(roleWith([policy(...statements)])).nothing, true, 'tree');
      assert.equal(folder([policy(...statements)]).nothing, !live.test(name), 'folder');
    });
  test('no policy at all: only the tree can know', () => {
    assert.equal(tree(roleWith([])).nothing, true);
  });
  test('the Deny is in another policy', () => {
    const policies = [policy(allow(`${A}/*`)), policy(deny(`${A}/*`))];
    assert.equal(tree(roleWith(policies)).nothing, true);
    assert.equal(folder(policies).nothing, true);
  });
  test('a Deny counts also where managed policies are attached', () => {
    const attached = ['arn:aws:iam::aws:policy/AmazonS3FullAccess'];
    assert.equal(tree(roleWith([policy(deny('*'))], { attached })).nothing, true);
  });
  test('a role that is meant to read is told so, and it is no problem', () => {
    const reader = roleWith([policy(allow([A, `${A}/*`], { Action: ['s3:GetObject', 's3:ListBucket'] }))]);
    const { state, remarks } = judgeProfile(readings(reader, 'minio://mlpipeline'), undefined, NOW);
    assert.equal(state, 'not-verified');
    assert.ok(remarks.some(({ id, message }) => id === 'KP-041' && NOTHING.test(message)));
    assert.equal(folder([policy(allow(`${A}/*`, { Action: 's3:GetObject' }))]).nothing, false);
  });
});

describe('KP-055: whether the pipeline root can be written', () => {
  const rows: readonly (readonly [string, root: string, said: boolean, ...object[]])[] = [
    ['in the place', 's3://bucket-a/team-a/v2', false, allow(`${A}/team-a/*`)],
    ['another prefix', 's3://bucket-a/team-b', true, allow(`${A}/team-a/*`)],
    ['another bucket', 's3://bucket-b/team-a', true, allow(`${A}/team-a/*`)],
    ['denied', 's3://bucket-a/team-a', true, allow(`${A}/*`), deny(`${A}/team-a/*`)],
    ['a Deny elsewhere', 's3://bucket-a/team-a', false, allow(`${A}/*`), deny(`${A}/team-b/*`)],
    ['only reading', 's3://bucket-a/team-a', true, allow(`${A}/*`, { Action: 's3:GetObject' }), allow(`${A}/x/*`)],
    [
      'NotResource leaves it out',
      's3://bucket-a/team-a',
      true,
      { Effect: 'Allow', Action: 's3:*', NotResource: `${A}/*` },
    ],
    [
      'NotResource leaves another out',
      's3://bucket-a/team-a',
      false,
      { Effect: 'Allow', Action: 's3:*', NotResource: 'arn:aws:s3:::bucket-b/*' },
    ],
    ['NotAction', 's3://bucket-a/team-a', false, { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
    ['bucket*', 's3://bucket-a/team-a', false, allow('arn:aws:s3:::bucket*')],
    [
      'a condition that a pod never meets',
      's3://bucket-a/team-a',
      true,
      allow(`${A}/*`, { Condition: { StringEquals: { 'aws:username': 'bob' } } }),
      allow(`${A}/x/*`),
    ],
    [
      'a condition that nobody knows here',
      's3://bucket-a/team-a',
      false,
      allow(`${A}/*`, { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
    ],
    ['a query', 's3://bucket-a/team-a?region=eu-west-1', false, allow(`${A}/team-a/*`)],
    ['a name that begins alike', 's3://bucket-a/team-ab', true, allow(`${A}/team-a/*`)],
  ];
  for (const [name, root, said, ...statements] of rows)
    test(name, () => {
      assert.equal(tree(roleWith([policy(...statements)]), root).root, said, 'tree');
      assert.equal(folder([policy(...statements)], root).root, said, 'folder');
    });
  test('a text that is filled in later may be the root', () => {
    assert.equal(folder([policy(allow('arn:aws:s3:::${BUCKET}/*'))]).root, false);
    assert.equal(folder([policy(allow('arn:aws:s3:::bucket-b/${PREFIX}/*'))]).root, true);
  });
  test('an attached policy that is not read may allow it, but not what is denied', () => {
    const attached = ['arn:aws:iam::111122223333:policy/more'];
    assert.equal(tree(roleWith([policy(allow(`${A}/x/*`))], { attached })).root, false);
    assert.equal(tree(roleWith([policy(deny(`${A}/*`))], { attached })).root, true);
  });
});

describe('what is said of writing, held against the evaluator', () => {
  const buckets = ['bucket-a', 'bucket-b'];
  const action = fc.constantFrom(
    's3:PutObject',
    's3:*',
    's3:Put*',
    's3:*Object',
    '*',
    's3:GetObject',
    's3:P*',
    'S3:putobject',
  );
  const resource = fc.constantFrom(
    ...[
      '*',
      'arn:aws:s3:::*',
      'arn:aws:s3:::bucket*',
      'arn:aws:s3:::bucket-a*',
      'arn:aws:s3:::*/*',
      'arn:aws:s3:::b?cket-a/*',
    ],
    ...[
      'arn:aws:s3:::bucket-a',
      'arn:aws:s3:::bucket-a/*',
      'arn:aws:s3:::bucket-a/team-a/*',
      'arn:aws:s3:::bucket-a/team-a',
    ],
    ...[
      'arn:aws:s3:::bucket-b/*',
      'arn:aws:s3:::bucket-*/out',
      'arn:aws:s3:::*/team-a/*',
      'arn:aws:s3:::bucket-a/*/out/*',
    ],
    ...[
      'arn:aws:s3:::bucket-b/${aws:username}/*',
      'arn:aws:s3:::bucket-b/${aws:PrincipalTag/team}/*',
      'arn:aws:sqs:::bucket-a/*',
    ],
  );
  const some = <T>(one: fc.Arbitrary<T>) => fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 3 }));
  const condition = fc.constantFrom(
    ...[undefined, undefined, undefined, { Bool: { 'aws:SecureTransport': 'true' } }],
    ...[{ StringEquals: { 'aws:PrincipalTag/team': 'b' } }, { StringNotEquals: { 'aws:username': 'x' } }],
    ...[
      { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
      { Null: { 'aws:MultiFactorAuthPresent': 'true' } },
    ],
  );
  const statement = fc
    .record({
      Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
      actions: some(action),
      notAction: fc.constantFrom(false, false, false, true),
      resources: some(resource),
      notResource: fc.constantFrom(false, false, false, true),
      Condition: condition,
    })
    .map(({ Effect, actions, notAction, resources, notResource, Condition }) => ({
      Effect,
      [notAction ? 'NotAction' : 'Action']: actions,
      [notResource ? 'NotResource' : 'Resource']: resources,
      Condition,
    }));
  const policies = fc.array(
    fc.array(statement, { minLength: 1, maxLength: 3 }).map((all) => policy(...all)),
    {
      minLength: 1,
      maxLength: 2,
    },
  );
  /** What a session of a pod brings, as far as the conditions above ask. */
  const context = { 'aws:SecureTransport': 'true', 'aws:PrincipalTag/team': 'a' };
  const keys = [
    'fresh-1',
    'team-a/fresh-2',
    'a/team-a/fresh-3',
    'fresh-4/out/fresh-5',
    'fresh-6/out',
    'team-a/x/out/y',
    'a/fresh-7',
  ];
  const objects = [...buckets, 'another-bucket', 'bucket-xyz'].flatMap((bucket) =>
    keys.map((key) => `arn:aws:s3:::${bucket}/${key}`),
  );
  /** All policies of the role as one. */
  const joined = (all: readonly object[]): object =>
    policy(...all.flatMap((one) => (one as { Statement: object[] }).Statement));

  test('KP-041 is said exactly where no sampled object may be written', () => {
    let said = 0;
    let silent = 0;
    fc.assert(
      fc.property(policies, (all) => {
        const writable = objects.filter((object) => allows(joined(all), 's3:PutObject', object, context));
        const { nothing } = tree(roleWith(JSON.parse(JSON.stringify(all)) as unknown[]));
        if (nothing) assert.deepEqual(writable, [], JSON.stringify(all));
        // Denies that only together leave nothing are more than is judged: then nothing is said.
        else if (writable.length === 0) silent += 1;
        if (nothing) said += 1;
      }),
      { numRuns: 3_000, seed: 9 },
    );
    assert.ok(said > 300 && silent * 20 < said, `${said} said, ${silent} silent`);
  });

  test('KP-055 is said exactly where the root may not be written', () => {
    fc.assert(
      fc.property(
        policies,
        fc.constantFrom(...buckets),
        fc.constantFrom('', '/team-a', '/team-a/v2', '/fresh'),
        (all, bucket, prefix) => {
          const may = allows(joined(all), 's3:PutObject', `arn:aws:s3:::${bucket}${prefix}/x`, context);
          const { root } = tree(roleWith(JSON.parse(JSON.stringify(all)) as unknown[]), `s3://${bucket}${prefix}`);
          assert.equal(root, !may, JSON.stringify(all));
        },
      ),
      { numRuns: 1_000, seed: 9 },
    );
  });
});

test('the places that are shown come from the same answer', () => {
  const places = (...statements: object[]): string[] =>
    writablePlaces(roleWith([policy(...statements)])).map((place) => `${placeText(place)} ${place.answer}`);
  assert.deepEqual(places(allow(`${A}/\${aws:PrincipalTag/team}/*`)), ['s3://bucket-a/a/ yes']);
  assert.deepEqual(places(allow(`${A}/*`, { Action: 's3:*Object' })), ['s3://bucket-a/ yes']);
  assert.deepEqual(places(allow('arn:aws:s3:::bucket*')), ['s3://bucket*/ yes']);
  assert.deepEqual(places(allow('arn:aws:s3:::bucket*'), deny('arn:aws:s3:::bucket/*')), ['s3://bucket*/ yes']);
  assert.deepEqual(places(allow(`${A}/*`), deny(`${A}/*`)), []);
  assert.deepEqual(places(allow(`${A}/team-a`)), []);
  assert.deepEqual(places(allow(`${A}/*`, { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })), [
    's3://bucket-a/ unknown',
  ]);
  assert.deepEqual(places({ Effect: 'Allow', Action: 's3:*', NotResource: `${A}/*` }), [`s3://*/ except ${A}/* yes`]);
  const bounded = roleWith([policy(allow(`${A}/*`))], { boundary: 'arn:aws:iam::111122223333:policy/limit' });
  assert.deepEqual(
    writablePlaces(bounded).map(({ answer }) => answer),
    ['unknown'],
  );
});

describe('KP-041 where objects may be written and the bucket not listed', () => {
  const list = { Effect: 'Allow', Action: 's3:ListBucket', Resource: A };
  const rows: readonly (readonly [string, said: boolean, ...object[]])[] = [
    ['nothing lists', true, allow(`${A}/team-a/*`)],
    ['another bucket is listed', true, allow(`${A}/team-a/*`), { ...list, Resource: 'arn:aws:s3:::bucket-b' }],
    ['listing is denied', true, allow(`${A}/team-a/*`), list, { ...list, Effect: 'Deny' }],
    ['the bucket is listed', false, allow(`${A}/team-a/*`), list],
    [
      'the prefix is listed',
      false,
      allow(`${A}/team-a/*`),
      { ...list, Condition: { StringLike: { 's3:prefix': ['team-a', 'team-a/*'] } } },
    ],
    [
      'a part of what may be written is listed',
      false,
      allow(`${A}/*`),
      { ...list, Condition: { StringLike: { 's3:prefix': 'team-a/*' } } },
    ],
    ['whose bucket is a pattern', false, allow('arn:aws:s3:::bucket*/team-a/*'), list],
    [
      'from a network that is not known',
      false,
      allow(`${A}/team-a/*`),
      { ...list, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
    ],
    [
      'for a user, which no pod is',
      true,
      allow(`${A}/team-a/*`),
      { ...list, Condition: { StringLike: { 'aws:username': '*' } } },
    ],
    ['by a pattern', false, allow(`${A}/team-a/*`), { ...list, Action: 's3:List*', Resource: 'arn:aws:s3:::bucket*' }],
  ];
  for (const [name, said, ...statements] of rows)
    test(name, () => {
      const isSaid = ({ id, message }: { id: string; message: string }): boolean =>
        id === 'KP-041' && /not list it/.test(message);
      assert.equal(
        judgeProfile(readings(roleWith([policy(...statements)])), undefined, NOW).problems.some(isSaid),
        said,
        'tree',
      );
      const files = [
        { path: 'profile.yaml', text: profileFile },
        { path: 'p.json', text: JSON.stringify(policy(...statements)) },
      ];
      assert.equal([...lintFolder(files).values()].flat().some(isSaid), said, 'folder');
    });
  test('a managed policy that is not read may list', () => {
    const role = roleWith([policy(allow(`${A}/team-a/*`))], {
      attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    });
    assert.deepEqual(judgeProfile(readings(role), undefined, NOW).problems, []);
  });
  test('a statement that leaves the bucket out says so itself', () => {
    const role = roleWith([policy(allow(`${A}/*`, { Action: ['s3:ListBucket', 's3:PutObject'] }))]);
    const messages = judgeProfile(readings(role), undefined, NOW).problems.map(({ message }) => message);
    assert.equal(messages.length, 1);
    assert.match(messages[0] ?? '', /^s3:ListBucket: acts on a bucket/);
  });
  test('what one statement leaves out, another policy holds: no problem of the role', () => {
    const role = roleWith([
      policy(allow(A, { Action: ['s3:ListBucket', 's3:GetObject', 's3:PutObject'] })),
      policy(allow(`${A}/*`)),
    ]);
    assert.deepEqual(judgeProfile(readings(role), undefined, NOW).problems, []);
  });
});

test('of more places than are tried nothing is said, be it that the last one may be written', () => {
  const many = (count: number): object[] => [
    policy(
      allow([...Array.from({ length: count }, (_, at) => `arn:aws:s3:::no-${at}*b*c*d*e*`), 'arn:aws:s3:::yes/*']),
      deny('arn:aws:s3:::no-*'),
    ),
  ];
  const session = sessionOf(roleWith([]));
  assert.deepEqual(
    [15, 40].map((count) => writing(many(count), session).answer),
    ['yes', 'unknown'],
  );
});

test('a policy of many stars is judged within a bound, or nothing is said', () => {
  const many = Array.from({ length: 300 }, (_, index) => `${A}/${'*a'.repeat(10)}${index}*`);
  assert.equal(tree(roleWith([policy(allow(many)), policy(deny(many))])).nothing, false);
});

describe('where a role may write, by all of its policies', () => {
  const in_ = (resource: string): string => `arn:aws:s3:::${resource}`;
  const one = (Effect: string, resource: unknown, more: object = {}): object => ({
    Effect,
    Action: 's3:PutObject',
    Resource: resource,
    ...more,
  });
  const allow = (resource: unknown, more: object = {}): object => one('Allow', resource, more);
  const deny = (resource: unknown, more: object = {}): object => one('Deny', resource, more);
  const not = (NotResource: unknown): object => ({ Resource: undefined, NotResource });
  const under = (operator: string, key: string, value: unknown): object => ({
    Condition: { [operator]: { [key]: value } },
  });
  const never = under('StringEquals', 'aws:username', 'x');
  const perhaps = under('IpAddress', 'aws:SourceIp', '10.0.0.0/8');
  const [team, user] = ['${aws:PrincipalTag/team}', '${aws:username}'];
  const many = Array.from({ length: 250 }, (_, index) => in_(`b${index}0/*`));
  const rows: readonly (readonly [
    name: string,
    said: readonly string[],
    statements: readonly unknown[],
    change?: object,
  ])[] = [
    ['nothing', ['no'], []],
    ['a bucket', ['yes', 's3://bucket/'], [allow(in_('bucket/*'))]],
    ['a bucket without what lies in it', ['no'], [allow(in_('bucket'))]],
    ['one object', ['no', 'arn:aws:s3:::bucket/x'], [allow(in_('bucket/x'))]],
    [
      'one object, twice, and a prefix',
      ['yes', 's3://bucket/y/', 'arn:aws:s3:::bucket/x'],
      [allow([in_('bucket/x'), in_('bucket/x'), in_('bucket/y/*')])],
    ],
    ['one object that is denied', ['no'], [allow(in_('bucket/x')), deny(in_('bucket/*'))]],
    ['one that is no object', ['no'], [allow(['arn:aws:sqs:us-west-2:111122223333:x', 'x', in_('B_/x')])]],
    ['everything', ['yes', 's3://*/'], [allow('*')]],
    ['everything, in two stars', ['yes', 's3://*/'], [allow('**')]],
    ['all of S3', ['yes', 's3://*/'], [allow(in_('*'))]],
    ['buckets that begin so', ['yes', 's3://bucket*/'], [allow(in_('bucket*'))]],
    ['buckets that begin and end so', ['yes', 's3://bucket*x/'], [allow(in_('bucket*x'))]],
    ['a pattern with many stars', ['yes', 's3://b*c*d*e*f*g*h/'], [allow(in_('b*c*d*e*f*g*h'))]],
    ['a bucket of a name that no bucket has', ['no'], [allow(in_('B_/x*'))]],
    [
      'a pattern of one character',
      ['yes', 's3://bucket/a?/', 'arn:aws:s3:::bucket/?'],
      [allow([in_('bucket/?'), in_('bucket/a?/*')])],
    ],
    ['an ARN that is too short', ['yes', 's3://*/'], [allow(['arn:aws:s3*', 'arn:aws:s3:::'])]],
    ['another partition', ['no'], [allow('arn:aws-cn:s3:::bucket/*')]],
    ['any partition', ['yes', 's3://bucket/'], [allow('arn:*:s3:::bucket/*')]],
    ['another service', ['no'], [allow('arn:aws:sqs:::bucket/*')]],
    ['a region', ['no'], [allow('arn:aws:s3:us-west-2::bucket/*')]],
    ['any region and account', ['yes', 's3://bucket/'], [allow('arn:aws:s3:*:*:bucket/*')]],
    ['an access point', ['unknown'], [allow('arn:aws:s3:us-west-2:111122223333:accesspoint/x/object/*')]],
    ['a tag of the role', ['yes', 's3://bucket/a/'], [allow(in_(`bucket/${team}/*`))]],
    ['a tag of the role, in the old version', ['unknown'], [allow(in_(`bucket/${team}/*`))], { Version: '2008-10-17' }],
    ['a tag that the role has not', ['no'], [allow(in_('bucket/${aws:PrincipalTag/other}/*'))]],
    ['a name of a user', ['no'], [allow(in_(`bucket/${user}/*`))]],
    ['a name of a user, in the old version', ['unknown'], [allow(in_(`bucket/${user}/*`))], { Version: '2008-10-17' }],
    ['a value that only AWS knows', ['unknown', 's3://bucket/${aws:userid}/?'], [allow(in_('bucket/${aws:userid}/*'))]],
    ['a star that is plain text', ['unknown'], [allow(in_('bucket/${*}/*'))]],
    ['what is filled in later', ['unknown', 's3://\uE000/?'], [allow(in_('\uE000/*'))]],
    ['what is filled in later, wholly', ['unknown', 's3://*/?'], [allow('\uE000')]],
    ['an effect that is filled in later', ['unknown', 's3://bucket/?'], [one('\uE000', in_('bucket/*'))]],
    ['all but a bucket', ['yes', 's3://*/ except arn:aws:s3:::bucket/*'], [allow(undefined, not(in_('bucket/*')))]],
    ['all but everything', ['no'], [allow(undefined, not('*'))]],
    ['all but what is filled in later', ['unknown', 's3://*/ except \uE000?'], [allow(undefined, not('\uE000'))]],
    ['all but S3', ['no'], [allow(undefined, not([in_('*'), 'x']))]],
    ['all but buckets, and all denied', ['no'], [allow(undefined, not(in_('bucket'))), deny('*')]],
    [
      'what is filled in later, beside what is denied',
      ['unknown'],
      [allow({ Ref: 'x' }), allow(in_('bucket/*')), deny(in_('bucket/*'))],
    ],
    ...[
      [in_('data*/*'), in_('data*')],
      [in_('data*'), in_('data*/*')],
    ].map((both): (typeof rows)[number] => [
      `one place by two patterns, of which one is sure: ${both.join()}`,
      ['yes', 's3://data*/'],
      [allow(both), deny(in_('data?*/*'), perhaps)],
    ]),
    ['denied: everything', ['no'], [allow(in_('bucket/*')), deny('*')]],
    ['denied: all of S3', ['no'], [allow(in_('bucket/*')), deny(in_('*'))]],
    ['denied: the bucket', ['no'], [allow(in_('bucket/*')), deny(in_('bucket/*'))]],
    ['denied: a part of it', ['yes', 's3://bucket/'], [allow(in_('bucket/*')), deny(in_('bucket/x/*'))]],
    ['denied: more than it', ['no'], [allow(in_('bucket/x/*')), deny([in_('other/*'), in_('bucket/*')])]],
    ['denied: buckets that begin so', ['no'], [allow(in_('bucket-a/*')), deny(in_('bucket*'))]],
    ['denied: what has a slash', ['no'], [allow(in_('bucket*')), deny(in_('*/*'))]],
    ['denied: another bucket', ['yes', 's3://bucket/'], [allow(in_('bucket/*')), deny(in_('other/*'))]],
    ['denied: what is filled in later', ['unknown', 's3://bucket/?'], [allow(in_('bucket/*')), deny(in_('\uE000/*'))]],
    ['denied: all but it', ['yes', 's3://bucket/'], [allow(in_('bucket/*')), deny(undefined, not(in_('bucket/*')))]],
    ['denied: all but another', ['no'], [allow(in_('bucket/*')), deny(undefined, not(in_('other/*')))]],
    ['denied: all but what is no object', ['no'], [allow(in_('bucket/*')), deny(undefined, not(in_('bucket')))]],
    [
      'denied: under a condition that no pod meets',
      ['yes', 's3://bucket/'],
      [allow(in_('bucket/*')), deny('*', never)],
    ],
    [
      'denied: under a condition that is not known',
      ['unknown', 's3://bucket/?'],
      [allow(in_('bucket/*')), deny('*', perhaps)],
    ],
    [
      'denied: another action',
      ['yes', 's3://bucket/'],
      [allow(in_('bucket/*')), deny('*', { Action: 's3:GetObject' })],
    ],
    [
      'denied: for a tag that the role has',
      ['no'],
      [allow(in_('bucket/*')), deny('*', under('StringEquals', 'aws:PrincipalTag/team', 'a'))],
    ],
    ['under a condition that no pod meets', ['no'], [allow(in_('bucket/*'), never)]],
    ['under a condition that is not known', ['unknown', 's3://bucket/?'], [allow(in_('bucket/*'), perhaps)]],
    ['perhaps, and surely', ['yes', 's3://bucket/'], [allow(in_('bucket/*'), perhaps), allow(in_('bucket/*'))]],
    ['for this role', ['yes', 's3://bucket/'], [allow(in_('bucket/*'), under('ArnEquals', 'aws:PrincipalArn', ROLE))]],
    [
      'for this account',
      ['yes', 's3://bucket/'],
      [allow(in_('bucket/*'), under('StringEquals', 'aws:PrincipalAccount', '111122223333'))],
    ],
    [
      'for another account',
      ['no'],
      [allow(in_('bucket/*'), under('StringEquals', 'aws:PrincipalAccount', '444455556666'))],
    ],
    [
      'for a tag that the role has not',
      ['no'],
      [allow(in_('bucket/*'), under('StringEquals', 'aws:PrincipalTag/other', 'a'))],
    ],
    ['another action', ['no'], [allow(in_('bucket/*'), { Action: 's3:GetObject' })]],
    ['more than can be tried', ['unknown'], [allow(many), deny('*')]],
    ['as many as can be tried', ['no'], [allow(many.slice(0, 198)), deny('*')]],
    ['the same, more often than can be tried', ['no'], [allow(many.map(() => in_('bucket/*'))), deny('*')]],
    ['buckets whose name ends in two stars', ['yes', 's3://bucket*/x/'], [allow(in_('bucket**/x/**'))]],
    [
      'all but what another statement allows, and the rest denied',
      ['yes', 's3://bucket/'],
      [allow(undefined, not(in_('bucket/*'))), allow(in_('bucket/*')), deny(undefined, not(in_('bucket/*')))],
    ],
    ['denied: all that has a name', ['unknown'], [allow(in_('bucket/*')), deny(in_('bucket/?*'))]],
    ['a pattern that is no ARN', ['no'], [allow('x*')]],
    ['what ends in a slash', ['unknown'], [allow(in_('bucket*/'))]],
    ['what is no statement', ['yes', 's3://bucket/'], [null, 'x', [], allow(in_('bucket/*'))]],
  ];
  for (const [name, wanted, Statement, change = {}] of rows)
    test(name, () => {
      const session = podSession({ partition: 'aws', arn: ROLE, account: '111122223333', tags: { team: 'a' } });
      const { answer, places, single } = writing([{ Version: '2012-10-17', Statement, ...change }], session);
      const said = [
        answer,
        ...places.map((place) => `${placeText(place)}${place.answer === 'yes' ? '' : '?'}`),
        ...single,
      ];
      assert.deepEqual(said, wanted);
    });
});

/** What is allowed, one pattern at a time, and what is denied of it. */
const ALLOWED = [
  ...['*', 'arn:aws:s3:::*', 'arn:aws:s3:::artifacts/*', 'arn:aws:s3:::artifacts/team-a/*', 'arn:aws:s3:::art*'],
  ...[
    'arn:aws:s3:::artifacts/${aws:PrincipalTag/team}/*',
    'arn:aws:s3:::${aws:PrincipalTag/none}/*',
    'arn:aws:s3:::${x',
  ],
  ...[
    'arn:aws:s3:::artifacts/a?c',
    'arn:aws:s3:::artifacts/a',
    'arn:aws:s3:::artifacts',
    'arn:aws-cn:s3:::artifacts/*',
  ],
  ...[
    'arn:aws:s3:eu-west-1:111122223333:accesspoint/x/object/*',
    'arn:aws:sqs:::x/*',
    'artifacts/*',
    '\uE000',
    '\uE000/*',
  ],
  ...['arn:aws:s3:::\uE000/team-a/*', 'arn:aws:s3:::A_/*', 'arn:aws:s3', 'arn:*', 'arn:aws:s3:::artifacts/${*}/*'],
];
const DENIED = [
  ...['*', '**', 'arn:aws:s3:::*', 'arn:aws:s3:::*/*', 'arn:aws:s3:::artifacts/*', 'arn:aws:s3:::artifacts/team-a/*'],
  ...[
    'arn:aws:s3:::artifacts*',
    'arn:aws:s3:::artifacts/team-?/*',
    'arn:aws:s3:::art*acts/*',
    'arn:*:s3:::*',
    'artifacts/*',
  ],
  ...[
    'arn:aws:s3:::\uE000/*',
    'arn:aws:s3:::artifacts/${aws:username}/*',
    'arn:aws:s3:::artifacts',
    'arn:aws:s3:::other/*',
  ],
  ...['arn:aws:sqs:::*', 'arn:aws:s3:*:*:accesspoint/*', '\uE000'],
];
describe('what of an Allow a Deny leaves to be written', () => {
  const role = 'arn:aws:iam::111122223333:role/team-a';
  const session = podSession({ partition: 'aws', arn: role, account: '111122223333', tags: { team: 'a' } });
  const brief = (text: string): string => text.replaceAll('\uE000', '{?}').replaceAll('arn:aws:s3:::', 's3:::');
  const places = (statements: readonly object[]): string => {
    const all = [{ Version: '2012-10-17', Statement: statements }];
    const { answer, places: found, single } = writing(all, session);
    const where = found.map((place) => `${placeText(place)}${place.answer === 'yes' ? '' : '?'}`);
    const asked = [
      mayWrite(all, 'artifacts', 'team-a', session),
      mayRead(all, session),
      mayList(all, 'artifacts', session),
    ];
    return brief([answer, ...where, ...single, `(${asked.join(' ')})`].join(' '));
  };
  const allow = (Resource: unknown, more: object = {}) => ({ Effect: 'Allow', Action: 's3:*', Resource, ...more });
  const denials: Readonly<Record<string, (resource: string) => object>> = {
    Resource: (Resource) => ({ Effect: 'Deny', Action: 's3:Put*', Resource }),
    NotResource: (NotResource) => ({ Effect: 'Deny', NotAction: 's3:Get*', NotResource }),
  };
  for (const [title, deny] of Object.entries(denials))
    test(title, () =>
      asKept(
        `rights/${title}`,
        ALLOWED.flatMap((allowed) => {
          const rule = places([allow(allowed)]);
          const left = DENIED.flatMap((denied) => {
            const its = places([allow(allowed), deny(denied)]);
            return its === rule ? [] : [`  but ${brief(denied)}: ${its}`];
          });
          return [`${brief(allowed)}: ${rule}`, ...left];
        }),
      ),
    );
  test('other forms', () =>
    asKept(
      'rights/other forms',
      (
        [
          [[]],
          [allow('*', { Effect: '\uE000' })],
          [allow('*', { Effect: 'allow' })],
          [allow('*', { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'b' } } })],
          [allow('*', { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'a' } } })],
          [allow('*', { Condition: { StringEquals: { 's3:x-amz-acl': 'a' } } })],
          [allow('*'), allow('*', { Effect: 'Deny', Condition: { StringEquals: { 's3:x-amz-acl': 'a' } } })],
          [allow('*'), allow('*', { Effect: 'Deny', Condition: { StringEquals: { 'aws:PrincipalTag/team': 'a' } } })],
          [{ Effect: 'Allow', Action: 's3:*', NotResource: ['arn:aws:s3:::artifacts/*', 'arn:aws:s3:::a*'] }],
          [{ Effect: 'Allow', Action: 's3:*', NotResource: '*' }],
          [
            {
              Effect: 'Allow',
              Action: 's3:*',
              NotResource: ['a', 'b', 'c', 'd', 'e'].map((one) => `arn:aws:s3:::${one}bc/*`),
            },
          ],
          [{ Effect: 'Allow', NotAction: 's3:Put*', Resource: '*' }],
          [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
          [allow(['arn:aws:s3:::a/*', 'arn:aws:s3:::b/*']), allow('*', { Effect: 'Deny', Action: 's3:GetObject' })],
          [allow(['arn:aws:s3:::abc/x', 'arn:aws:s3:::abc/y', 'arn:aws:s3:::abc/z/*'])],
          [allow([]), allow(5), { Effect: 'Allow', Action: 's3:*' }],
        ] as (readonly object[])[]
      ).map((statements) => `${brief(JSON.stringify(statements))}: ${places(statements)}`),
    ));
});

test('the session that a pod gets for a role, and the policies that are judged with it', () => {
  const keys = [
    'aws:username',
    'aws:principaltag/x',
    'aws:sourcevpce',
    'x',
    's3:prefix',
    's3:x-amz-acl',
    'sts:y',
    'aws:calledviafirst',
  ];
  const lacking = ({ lacks }: ReturnType<typeof podSession>): string => keys.filter((key) => lacks?.(key)).join(' ');
  const arn = 'arn:aws-cn:iam::111122223333:role/team-a';
  const sessions = {
    'of nobody': podSession({ partition: 'aws' }),
    'of a role': sessionOf({ arn, tags: { team: 'a' } } as unknown as Role),
    'of a role without tags': sessionOf({ arn, tags: {} } as unknown as Role),
    'of no ARN': sessionOf({ arn: 'x' } as unknown as Role),
  };
  const [one, two] = ['arn:aws:iam::111122223333:policy/one', 'arn:aws:iam::111122223333:policy/two'];
  const document = (Sid: string): string => JSON.stringify({ Statement: [{ Sid }] });
  const role = (attached: readonly string[], boundary?: string, ...inline: readonly string[]): Role =>
    ({
      attached,
      inline: inline.map((text) => ({ name: 'x', text })),
      ...(boundary && { boundary }),
    }) as unknown as Role;
  const read = { [one]: found(document('one')) };
  const judged: Readonly<Record<string, readonly unknown[]>> = {
    none: policiesOf(role([])),
    'one attached, not asked for': policiesOf(role([one])),
    'one attached, read': policiesOf(role([one]), read),
    'two attached, one read': policiesOf(role([one, two]), read),
    'an inherited name': policiesOf(role(['constructor']), read),
    denied: policiesOf(role([one]), { [one]: denied('iam:GetPolicy', '') }),
    'inline, and no JSON': policiesOf(role([], undefined, document('inline'), '{')),
    'a boundary, read': policiesOf(role([], one), read),
    'a boundary, not read': policiesOf(role([], two), read),
    'a boundary and an attached one, not read': policiesOf(role([two], two), read),
  };
  const place = { bucket: 'b', prefix: 'p/', answer: 'yes' as const };
  asKept('rights/sessions', [
    ...Object.entries(sessions).map(
      ([title, its]) => `${title}: ${its.partition} ${JSON.stringify(its.values)}; lacks ${lacking(its)}`,
    ),
    ...Object.entries(judged).map(
      ([title, all]) =>
        `${title}: ${all.map((each) => JSON.stringify((each as { Statement: unknown }).Statement).replaceAll('\uE000', '{?}')).join(' ')}`,
    ),
    ...[[], ['a'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd']].map((except) => placeText({ ...place, except })),
    placeText(place),
  ]);
});

test('buckets that may be written and not listed', () => {
  const session = podSession({ partition: 'aws' });
  const all = [
    {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 's3:PutObject',
          Resource: ['one', 'two', 'three', 'four*', 'one'].map((one) => `arn:aws:s3:::${one}/*`),
        },
        { Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::two' },
        {
          Effect: 'Allow',
          Action: 's3:ListBucket',
          Resource: 'arn:aws:s3:::three',
          Condition: { StringLike: { 's3:prefix': 'x/*' } },
        },
        { Effect: 'Deny', Action: 's3:PutObject', Resource: '*', Condition: { StringEquals: { 's3:x-amz-acl': 'x' } } },
      ],
    },
  ];
  const sure = all.map(({ Version, Statement }) => ({ Version, Statement: Statement.slice(0, 3) }));
  assert.deepEqual(unlisted(sure, writing(sure, session), session), ['one']);
  assert.deepEqual(unlisted(all, writing(all, session), session), []);
});
