import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  aliasProblem,
  bucketProblem,
  clusterNameProblem,
  defaultRoleName,
  keyProblem,
  newBucketProblem,
  ownerProblem,
  ownerRemark,
  parseBucket,
  prefixProblem,
  profileNameProblem,
  roleNameProblem,
  serviceAccountProblem,
} from '../../src/core/arn/names.ts';
import { boundaryProblem, pathProblem, sessionProblem, tagProblem, tagsProblem } from '../../src/core/arn/role.ts';

test("the role name is the AWS page's, cut to 64 characters with a hash", () => {
  assert.equal(defaultRoleName('team-a', 'kubeflow-dev'), 'team-a-kubeflow-dev-role');
  const exactly64 = defaultRoleName('a'.repeat(30), 'b'.repeat(28));
  assert.equal(exactly64, `${'a'.repeat(30)}-${'b'.repeat(28)}-role`);
  assert.equal(exactly64.length, 64);
  const long = defaultRoleName('a'.repeat(63), 'b'.repeat(100));
  assert.equal(long.length, 64);
  assert.notEqual(long, defaultRoleName('a'.repeat(63), 'c'.repeat(100)), 'what was cut off still counts');
  // The next release must find the role of this one.
  assert.equal(defaultRoleName('a'.repeat(50), 'b'.repeat(40)), `${'a'.repeat(50)}-bbbb-b6fb96c5`);
});

test('every profile and cluster name gives a role name that IAM takes, and always the same', () => {
  const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
  const cluster = fc.stringMatching(/^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/);
  fc.assert(
    fc.property(label, cluster, (profile, name) => {
      const role = defaultRoleName(profile, name);
      assert.equal(roleNameProblem(role), undefined);
      assert.equal(role, defaultRoleName(profile, name));
    }),
  );
});

const PROFILES: readonly [name: string, problem: RegExp | undefined][] = [
  ['team-a', undefined],
  ['a', undefined],
  ['0team', undefined],
  ['a'.repeat(63), undefined],
  ['', /needs a name/],
  ['a'.repeat(64), /at most 63 characters; this has 64/],
  ['Team', /lower-case/],
  ['team.a', /lower-case/],
  ['team_a', /lower-case/],
  ['-team', /start and end/],
  ['team-', /start and end/],
  ['kubeflow', /namespace of the cluster or of Kubeflow/],
  ['kube-system', /namespace of the cluster/],
];
for (const [name, problem] of PROFILES) {
  test(`profile name "${name.slice(0, 20)}" (${name.length})`, () => {
    const found = profileNameProblem(name);
    if (problem === undefined) assert.equal(found, undefined);
    else assert.match(found ?? '', problem);
  });
}

test('owners', () => {
  assert.equal(ownerProblem('user@example.com'), undefined);
  assert.match(ownerProblem('') ?? '', /needs an owner/);
  assert.match(ownerProblem(' user@example.com') ?? '', /space/);
  assert.match(ownerProblem('user\u0007@example.com') ?? '', /control character/);
  assert.match(ownerProblem('user\u202e@example.com') ?? '', /invisible/);
  assert.equal(ownerRemark('user@example.com'), undefined);
  assert.match(ownerRemark('User@example.com') ?? '', /upper-case/);
});

test('role and cluster names', () => {
  assert.equal(roleNameProblem('a_+=,.@-Z9'), undefined);
  assert.equal(roleNameProblem('x'.repeat(64)), undefined);
  assert.match(roleNameProblem('x'.repeat(65)) ?? '', /at most 64/);
  assert.match(roleNameProblem('with space') ?? '', /consists of/);
  assert.match(roleNameProblem('') ?? '', /consists of/);
  assert.equal(clusterNameProblem('Prod_1'), undefined);
  assert.ok(clusterNameProblem('-prod'));
  assert.ok(clusterNameProblem('x'.repeat(101)));
});

test('a bucket as people write it', () => {
  for (const text of ['artifacts', ' artifacts ', 's3://artifacts', 's3://artifacts/', 'arn:aws:s3:::artifacts']) {
    assert.equal(parseBucket(text).name, 'artifacts', text);
    assert.equal(bucketProblem(text, 'aws'), undefined, text);
  }
  assert.match(bucketProblem('arn:aws-cn:s3:::artifacts', 'aws') ?? '', /partition aws-cn, the cluster in aws/);
  assert.ok(bucketProblem('Artifacts'));
  assert.ok(bucketProblem('arn:aws:s3::::artifacts'), 'four colons');
  assert.ok(bucketProblem(''));
});

test('the name of a bucket that is to be made', () => {
  const rows: readonly (readonly [name: string, problem: RegExp | undefined])[] = [
    ['artifacts', undefined],
    ['a'.repeat(63), undefined],
    ['a'.repeat(64), /3 to 63/],
    ['ab', /3/],
    ['', /3/],
    ['Artifacts', /lower-case/],
    ['my_artifacts', /lower-case/],
    ['my.artifacts', /no dots/],
    ['artifacts-an', /reserved for buckets of a namespace of their own\. Choose another name/],
    ['-artifacts', /begin|start/],
  ];
  for (const [name, problem] of rows) {
    if (problem === undefined) assert.equal(newBucketProblem(name), undefined, name);
    else assert.match(newBucketProblem(name) ?? '', problem, name);
  }
});

test('the name of a context of a kubeconfig', () => {
  const [blanks, plain] = [/without blanks around it/, /plain text of at most 253/];
  const rows: readonly (readonly [alias: string, problem: RegExp | undefined])[] = [
    ...(['', ' ', ' dev', 'dev\n'] as const).map((alias) => [alias, blanks] as const),
    ...(['d\u0007v', 'd\u200bv', 'a'.repeat(254)] as const).map((alias) => [alias, plain] as const),
    ...(['dev', 'my dev', 'dév', 'a'.repeat(253)] as const).map((alias) => [alias, undefined] as const),
  ];
  for (const [alias, problem] of rows) {
    if (problem === undefined) assert.equal(aliasProblem(alias), undefined, alias);
    else assert.match(aliasProblem(alias) ?? '', problem, alias);
  }
});

test('the name of a KMS key', () => {
  const id = '12345678-90ab-cdef-1234-567890abcdef';
  const arn = 'arn:aws:kms:eu-west-1:111122223333:';
  const good = [id, `mrk-${'0'.repeat(32)}`, `${arn}key/${id}`, 'alias/artifacts', `${arn}alias/a/b`];
  const bad = ['', 'artifacts', 'alias/', `${arn}${id}`, `key/${id}`, `${arn.replace('kms', 's3')}key/${id}`, `${id} `];
  for (const name of good) assert.equal(keyProblem(name), undefined, name);
  for (const name of bad) assert.match(keyProblem(name) ?? '', /is named by/, name);
});

/** What a person may type for a role and its place: with the longest that is taken, and what is said of the next one. */
const TYPED: readonly (readonly [
  what: string,
  problem: (text: string) => string | undefined,
  good: readonly string[],
  bad: readonly (readonly [text: string, says: RegExp])[],
])[] = [
  [
    'prefix',
    prefixProblem,
    ['teams/a', ' teams/a// ', 'a_b.c=d-e', 'x'.repeat(511)],
    [
      ['', /A prefix is needed/],
      ['/', /A prefix is needed/],
      ['/teams', /does not begin with a slash/],
      ['x'.repeat(512), /at most 512 characters; this has 513/],
      ['a//b', /empty parts/],
      ['a/./b', /empty parts/],
      ['../a', /empty parts/],
      ['teams/*', /Use letters/],
      ['${aws:username}', /Use letters/],
    ],
  ],
  [
    'path of a role',
    pathProblem,
    ['', '/', 'teams', '/teams/a/', `/${'x'.repeat(510)}/`],
    [
      ['x'.repeat(511), /at most 512 characters; this has 513/],
      ['a//b', /no empty parts/],
      ['a b', /Write a path/],
    ],
  ],
  [
    'permissions boundary',
    (text) => boundaryProblem(text, '111122223333'),
    ['arn:aws:iam::aws:policy/PowerUserAccess', 'arn:aws:iam::111122223333:policy/teams/a/edge'],
    [
      ['edge', /is the ARN of a managed policy/],
      ['arn:aws:s3::111122223333:policy/edge', /is the ARN of a managed policy/],
      ['arn:aws:iam::111122223333:role/edge', /is the ARN of a managed policy/],
      [`arn:aws:iam::111122223333:policy/${'x'.repeat(129)}`, /is the ARN of a managed policy/],
      ['arn:aws:iam::1111:policy/edge', /has 12 digits/],
      ['arn:aws:iam::444455556666:policy/edge', /is of account 444455556666, the role of 111122223333/],
    ],
  ],
  ['boundary of an account that is not known', boundaryProblem, ['arn:aws:iam::444455556666:policy/edge'], []],
  [
    'longest session',
    sessionProblem,
    ['3600', '43200'],
    [
      ['3599', /3600 to 43200 seconds/],
      ['43201', /3600 to 43200 seconds/],
      ['1h', /3600 to 43200 seconds/],
      ['', /3600 to 43200 seconds/],
    ],
  ],
  [
    'key of a tag',
    (key) => tagProblem(key, ''),
    ['team', 'Kosten Stelle', 'x'.repeat(128)],
    [
      ['', /1 to 128 characters/],
      ['x'.repeat(129), /1 to 128 characters/],
      ['a*', /have letters, digits/],
      ['AWS:x', /are AWS's own/],
      ['kubeflow-irsa/profile', /say whose a role is/],
    ],
  ],
  [
    'value of a tag',
    (value) => tagProblem('team', value),
    ['', 'x'.repeat(256)],
    [
      ['x'.repeat(257), /at most 256 characters; this has 257/],
      ['a*', /have letters, digits/],
    ],
  ],
  [
    'service account',
    serviceAccountProblem,
    ['default-editor', 'a.b', 'x'.repeat(253)],
    [
      ['x'.repeat(254), /lower-case letters/],
      ['a..b', /lower-case letters/],
      ['A', /lower-case letters/],
    ],
  ],
];
for (const [what, problem, good, bad] of TYPED)
  test(`what may be typed: ${what}`, () => {
    for (const text of good) assert.equal(problem(text), undefined, text);
    for (const [text, says] of bad) assert.match(problem(text) ?? '', says, text);
  });

test('all tags of a role together: at most 50, and no two that differ in case alone', () => {
  const tags = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`key-${at}`, '']));
  assert.equal(tagsProblem(tags(50)), undefined);
  assert.match(tagsProblem(tags(51)) ?? '', /at most 50 tags; it would have 51/);
  assert.match(tagsProblem({ team: 'a', Team: 'b' }) ?? '', /differ in more than upper and lower case/);
});
