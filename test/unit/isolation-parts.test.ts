/** The parts of an isolation matrix: who comes in, what of a policy is asked where, and which of several reasons is told. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { admissionsOf } from '../../src/core/isolation/admissions.ts';
import { keyReason, placeReasons } from '../../src/core/isolation/because.ts';
import { keyCells, placeCells } from '../../src/core/isolation/cells.ts';
import { readExpectation } from '../../src/core/isolation/expectFile.ts';
import { judgeIsolation } from '../../src/core/isolation/judge.ts';
import { keysUsed, lacking } from '../../src/core/isolation/lacking.ts';
import { deedsOf, type Isolation } from '../../src/core/isolation/matrix.ts';
import { reach, rightsOf, type Below, type Deed } from '../../src/core/isolation/reach.ts';
import { reportOf } from '../../src/core/isolation/report.ts';
import { beginnings, bucketValues } from '../../src/core/isolation/roleRights.ts';
import { profilesOf, subjectsOf } from '../../src/core/isolation/subjects.ts';
import { becauseLines, reportText } from '../../src/core/isolation/text.ts';
import type { IsolationWorld, WorldBucket, WorldRole } from '../../src/core/isolation/world.ts';
import type { GuardLevel, Organization } from '../../src/core/observation.ts';
import { whoGetsIn } from '../../src/core/policy/access.ts';
import { podSession } from '../../src/core/policy/rights.ts';
import { absent, denied, found } from '../../src/core/reading.ts';
import {
  ACCOUNT,
  allow,
  arnOf,
  BUCKET,
  cluster,
  deny,
  letIn,
  OTHER,
  policy,
  profile,
  role,
  teams,
  world,
} from './isolation-kit.ts';

const A = `arn:aws:s3:::${BUCKET}`;
const KEY = `arn:aws:kms:us-west-2:${ACCOUNT}:key/1`;
const own = (name: string): string => `system:serviceaccount:${name}:default-editor`;
const when = (operator: string, key: string, value: unknown): object => ({
  Condition: { [operator]: { [key]: value } },
});
const IF = when('StringEquals', 'aws:SourceVpc', 'v');
const named = (...statements: readonly object[]): Pick<WorldRole, 'policies'> => ({
  policies: [{ name: 'p', text: policy(...statements) }],
});
const assume = (principal: object, more: object = {}): object => ({
  Effect: 'Allow',
  Principal: principal,
  Action: 'sts:AssumeRole',
  ...more,
});
const bucketOf = (text: string | undefined, change: Partial<WorldBucket> = {}): Partial<IsolationWorld> => ({
  buckets: new Map([
    [BUCKET, { account: ACCOUNT, region: 'us-west-2', policy: text === undefined ? absent : found(text), ...change }],
  ]),
});

/** The parts of a world, put together as `judge.ts` does. */
function partsOf(given: IsolationWorld) {
  const { profiles, places } = profilesOf(given);
  const trusts = given.roles.map(({ trust }) => whoGetsIn(JSON.parse(trust)));
  const admitted = admissionsOf(given, profiles, trusts, subjectsOf(given, profiles, trusts));
  const cells = placeCells(admitted, places);
  const keys = [...given.keys.values()];
  const { keyOfRole, keyCell } = keyCells(admitted, keys);
  return {
    ...admitted,
    ...{ places, ...cells, keyCell },
    ...placeReasons(admitted, places, cells.roleCell),
    becauseKey: keyReason(admitted, keys, keyOfRole),
  };
}
/** Cells that are not empty. */
function told(given: IsolationWorld): readonly string[] {
  const { subjects, places, cell } = partsOf(given);
  return subjects.flatMap(({ namespace, name }, who) =>
    places.flatMap(({ bucket, prefix }, what) => {
      const { yes, unknown } = cell(who, what);
      if (yes === 0 && unknown === 0) return [];
      const words = [...deedsOf(yes), ...deedsOf(unknown).map((deed) => `?${deed}`)].join('+');
      const by = name === 'default-editor' ? namespace : `${namespace}/${name}`;
      return [`${by} > ${bucket === BUCKET ? '' : `${bucket}/`}${prefix}: ${words}`];
    }),
  );
}
const NONE = { policies: [] };
/** What `a` may do in the prefixes of `a` and `b`. */
const ofA = (change: Partial<WorldRole>, more: Partial<IsolationWorld> = {}): readonly string[] =>
  told(teams(['a', 'b'], { a: change, b: NONE }, more));

describe('what a policy is asked about', () => {
  const rows: readonly (readonly [what: string, statements: readonly object[], expected: readonly string[]])[] = [
    ['a bucket by a pattern', [allow('s3:GetObject', 'arn:aws:s3:::art*')], ['a > a/: read', 'a > b/: read']],
    [
      'a bucket by a pattern, and a prefix of a listing',
      [allow('s3:ListBucket', 'arn:aws:s3:::art*', when('StringLike', 's3:prefix', 'b/*'))],
      ['a > b/: list'],
    ],
    ['any bucket, and a prefix', [allow('s3:GetObject', 'arn:aws:s3:::*/b/*')], ['a > a/: read', 'a > b/: read']],
    ['a bucket whose first letter is any', [allow('s3:GetObject', 'arn:aws:s3:::?rtifacts/b/*')], ['a > b/: read']],
    [
      'any beginning of a prefix',
      [allow('s3:ListBucket', A, when('StringLike', 's3:prefix', '*b/*'))],
      ['a > a/: list', 'a > b/: list'],
    ],
    ['a prefix of a listing', [allow('s3:ListBucket', A, when('StringLike', 's3:prefix', 'b/*'))], ['a > b/: list']],
    [
      'one prefix of a listing, and objects of another',
      [allow('s3:GetObject', `${A}/a/*`), allow('s3:ListBucket', A, when('StringEquals', 's3:prefix', 'b/'))],
      ['a > a/: read', 'a > b/: list'],
    ],
    [
      'a prefix of a listing in any bucket',
      [allow('s3:ListBucket', '*', when('StringLike', 's3:prefix', 'b/*'))],
      ['a > b/: list'],
    ],
    [
      'a prefix of a listing in any bucket, beside another test',
      [
        allow('s3:ListBucket', '*', {
          Condition: { Bool: { 'aws:SecureTransport': 'true' }, StringLike: { 's3:prefix': 'b/*' } },
        }),
      ],
      ['a > b/: list'],
    ],
    [
      'another test than that of a prefix',
      [allow('s3:ListBucket', A, when('StringEquals', 'aws:PrincipalAccount', ACCOUNT))],
      ['a > a/: list', 'a > b/: list'],
    ],
    [
      'a prefix that is not to be',
      [allow('s3:ListBucket', A, when('StringNotEquals', 's3:prefix', 'b/'))],
      ['a > a/: list', 'a > b/: list'],
    ],
    [
      'a prefix that a tool makes into text',
      [allow('s3:ListBucket', A, when('StringLike', 's3:prefix', [{ Ref: 'Prefix' }, 'b/*']))],
      ['a > a/: ?list', 'a > b/: list'],
    ],
    [
      'objects, by a test of a listing',
      [allow(['s3:GetObject', 's3:ListBucket'], [A, `${A}/*`], when('StringLikeIfExists', 's3:prefix', 'b/*'))],
      ['a > a/: read+list', 'a > b/: read+list'],
    ],
    [
      'all but a prefix, beside what names it',
      [{ Effect: 'Allow', Action: 's3:GetObject', NotResource: `${A}/b/*` }, allow('s3:DeleteObject', `${A}/b/*`)],
      ['a > a/: read', 'a > b/: delete'],
    ],
    [
      'a name that begins as what stands for a place that nobody names',
      [allow('s3:ListBucket', '*'), allow('s3:GetObject', [`${A}/w*`, 'arn:aws:s3:::w*'])],
      ['a > a/: list', 'a > b/: list'],
    ],
  ];
  for (const [what, statements, expected] of rows)
    test(what, () => assert.deepEqual(ofA(named(...statements)), expected));

  test('one bucket and another: what stands for no place is of none of them', () => {
    const clusters = [cluster('dev', [profile('a'), profile('b', {}, 'second')])];
    const its = named(allow('s3:ListBucket', '*'), allow('s3:GetObject', `${A}/*`));
    assert.deepEqual(told(world(clusters, [role('a', its), role('b', NONE)])), [
      'a > a/: read+list',
      'a > second/b/: list',
    ]);
  });

  test('a Deny is no place that is asked for everything', () => {
    const of = (...Statement: readonly object[]) =>
      beginnings(
        rightsOf(
          [{ policies: [{ name: 'p', data: { Version: '2012-10-17', Statement } }] }],
          podSession({ partition: 'aws', arn: arnOf('a'), account: ACCOUNT }),
        ),
      );
    assert.deepEqual(of(allow('s3:GetObject', `${A}/a/*`)), {
      some: new Set([`${BUCKET}/a/`]),
      everywhere: false,
      anywhere: false,
    });
    assert.equal(of(allow('s3:GetObject', '*')).everywhere, true);
    assert.deepEqual([...of(allow('s3:ListBucket', A)).some], [`${BUCKET}/`]);
  });
});

describe('what a bucket tells', () => {
  const placed = named(allow('s3:GetObject', `${A}/b/*`, when('StringEquals', 'aws:ResourceAccount', ACCOUNT)));
  for (const [what, account, expected] of [
    ['of the account', ACCOUNT, ['a > b/: read']],
    ['of nobody knows whom', undefined, ['a > b/: ?read']],
  ] as const)
    test(`a condition on whose it is: ${what}`, () =>
      assert.deepEqual(
        ofA(placed, { buckets: new Map([[BUCKET, { policy: absent, ...(account && { account }) }]]) }),
        expected,
      ));

  test('a condition on whose it is, where nothing is known of the bucket', () =>
    assert.deepEqual(ofA(placed, { buckets: new Map() }), ['a > b/: ?read']));

  test('whose it is and where it lies, as far as it is known', () => {
    assert.deepEqual(bucketValues({ account: 'x' }), {});
    assert.deepEqual(bucketValues({ region: 'us-west-2', account: ACCOUNT }), {
      'aws:RequestedRegion': 'us-west-2',
      'aws:ResourceAccount': ACCOUNT,
      's3:ResourceAccount': ACCOUNT,
    });
  });

  const by = (statement: object, Principal: unknown = '*'): object => ({ ...statement, Principal });
  const variable = by(allow('s3:GetObject', `${A}/\${aws:PrincipalTag/team}/*`), { AWS: arnOf('a') });
  const tagged = { policies: [], tags: { team: 'b' } };
  test('a variable in its policy is one, or plain text, by the version of the policy', () => {
    assert.deepEqual(ofA(tagged, bucketOf(policy(variable))), ['a > b/: read']);
    assert.deepEqual(ofA(tagged, bucketOf(JSON.stringify({ Version: '2008-10-17', Statement: [variable] }))), []);
  });

  test('a policy about buckets by a pattern', () => {
    for (const resource of ['arn:aws:s3:::artifact?/b/*', 'arn:aws:s3:::?rtifacts/b/*'])
      assert.deepEqual(ofA(NONE, bucketOf(policy(by(allow('s3:GetObject', resource), { AWS: arnOf('a') })))), [
        'a > b/: read',
      ]);
  });

  test('roles with equal policies that a policy of the bucket tells apart', () => {
    const all = named(allow('s3:GetObject', `${A}/a/*`));
    const same = (statement: object, tags: boolean): readonly string[] =>
      told(
        teams(
          ['a', 'b'],
          Object.fromEntries(['a', 'b'].map((name) => [name, { ...all, ...(tags && { tags: { team: name } }) }])),
          bucketOf(policy(statement)),
        ),
      );
    const both = ['a > a/: read', 'b > a/: read'];
    assert.deepEqual(same(by(deny('s3:*', '*', when('ArnEquals', 'aws:PrincipalArn', arnOf('c')))), false), both);
    assert.deepEqual(same(by(deny('s3:*', '*', when('ArnNotEquals', 'aws:PrincipalArn', arnOf('a')))), false), [
      both[0],
    ]);
    assert.deepEqual(same(by(deny('s3:*', '*', when('StringEquals', 'aws:PrincipalTag/team', 'b'))), true), [both[0]]);
    assert.deepEqual(same(by(allow('s3:PutObject', `${A}/\${aws:PrincipalTag/team}/*`)), true), [
      'a > a/: write+read',
      'b > a/: read',
      'b > b/: write',
    ]);
    assert.deepEqual(same(by(allow('s3:PutObject', `${A}/b/*`), { AWS: [arnOf('b')] }), false), [
      ...both,
      'b > b/: write',
    ]);
  });

  test('one of two buckets, or of two policies of a role, asks whose the role is', () => {
    const clusters = [cluster('dev', [profile('a'), profile('b', {}, 'second')])];
    const same = named(allow('s3:GetObject', `${A}/a/*`));
    const refused = policy(by(deny('s3:*', '*', when('ArnNotEquals', 'aws:PrincipalArn', arnOf('a')))));
    const buckets = new Map<string, WorldBucket>([
      ['second', { account: ACCOUNT, policy: absent }],
      [BUCKET, { account: ACCOUNT, policy: found(refused) }],
    ]);
    assert.deepEqual(told(world(clusters, [role('a', same), role('b', same)], { buckets })), ['a > a/: read']);
    const each = (team: string): Partial<WorldRole> => ({
      tags: { team },
      policies: [...same.policies, ...named(allow('s3:PutObject', `${A}/\${aws:PrincipalTag/team}/*`)).policies],
    });
    assert.deepEqual(told(teams(['a', 'b'], { a: each('a'), b: each('b') })), [
      'a > a/: write+read',
      'b > a/: read',
      'b > b/: write',
    ]);
  });

  test('one of two buckets names one of two roles with equal policies', () => {
    const clusters = [cluster('dev', [profile('a'), profile('b', {}, 'second')])];
    const same = named(allow('s3:GetObject', `${A}/a/*`));
    const buckets = new Map<string, WorldBucket>([
      [BUCKET, { account: ACCOUNT, policy: found(policy(by(allow('s3:PutObject', `${A}/a/*`), { AWS: arnOf('b') }))) }],
      ['second', { account: ACCOUNT, policy: absent }],
    ]);
    assert.deepEqual(told(world(clusters, [role('a', same), role('b', same)], { buckets })), [
      'a > a/: read',
      'b > a/: write+read',
    ]);
  });

  test('a policy that may not be read, of a bucket of another account', () => {
    const its = named(allow('s3:GetObject', `${A}/b/*`));
    assert.deepEqual(ofA(its, bucketOf(undefined, { policy: denied('s3:GetBucketPolicy', 'No.'), account: OTHER })), [
      'a > b/: ?read',
    ]);
    assert.deepEqual(ofA(its, bucketOf(undefined, { account: OTHER })), []);
    assert.deepEqual(ofA(its, bucketOf(undefined)), ['a > b/: read']);
  });

  test('a session of the role is somebody of it, and another object is not', () => {
    const sessions = (AWS: unknown) => bucketOf(policy(by(allow('s3:GetObject', `${A}/b/*`), { AWS })));
    assert.deepEqual(ofA(NONE, sessions(arnOf('a'))), ['a > b/: read']);
    assert.deepEqual(ofA(NONE, sessions(`arn:aws:sts::${ACCOUNT}:assumed-role/a-role/x`)), ['a > b/: ?read']);
    assert.deepEqual(ofA(NONE, sessions(arnOf('c'))), []);
  });

  test('access points: of another service, of another account, of no account', () => {
    const point = (service: string, account: string): object =>
      allow('s3:GetObject', `arn:aws:${service}:us-west-2:${account}:accesspoint/x/object/b/*`);
    assert.deepEqual(ofA(named(point('s3', ACCOUNT))), ['a > b/: ?read']);
    const elsewhere = bucketOf(undefined, { region: 'eu-west-1' });
    assert.deepEqual(ofA(named(point('s3', ACCOUNT)), elsewhere), []);
    assert.deepEqual(ofA(named(point('s3', ACCOUNT)), { buckets: new Map() }), ['a > b/: ?read']);
    const many = allow('s3:GetObject', `arn:aws:s3::${ACCOUNT}:accesspoint/m.mrap/object/b/*`);
    assert.deepEqual(ofA(named(many), elsewhere), ['a > b/: ?read']);
    for (const one of [
      point('sqs', ACCOUNT),
      point('s3', ''),
      allow('s3:GetObject', `arn:aws:s3:us-west-2:${ACCOUNT}:job/b/*`),
      allow('s3:GetObject', 'b'),
    ])
      assert.deepEqual(ofA(named(one)), []);
    assert.deepEqual(ofA(named(allow('s3:PutBucketPolicy', `arn:aws:s3:us-west-2:${ACCOUNT}:accesspoint/x`))), []);
    assert.deepEqual(ofA(named(deny('s3:GetObject', `arn:aws:s3:us-west-2:${ACCOUNT}:accesspoint/x/object/b/*`))), []);
    assert.deepEqual(
      ofA(
        named({
          Effect: 'Allow',
          Action: 's3:GetObject',
          NotResource: [`${A}/*`, `arn:aws:s3:us-west-2:${ACCOUNT}:accesspoint/*`],
        }),
      ),
      [],
    );
  });
});

const over = (...levels: readonly GuardLevel[]): Partial<IsolationWorld> => ({
  organizations: new Map([[ACCOUNT, found<Organization>({ id: 'o-1', levels: found(levels) })]]),
});
const guard = (...statements: readonly object[]) => ({
  ...{ id: 'p-1', name: 'Guard', arn: 'arn:aws:organizations::1:policy/p-1' },
  text: policy(allow('*', '*', { Principal: '*' }), ...statements),
});

describe('an organization', () => {
  const its = named(allow('s3:GetObject', `${A}/b/*`));
  const refusing = over({ target: 'r-1', resource: [guard({ ...deny('s3:*', '*'), Principal: '*' })] });
  test('guards the buckets of its accounts, and no others', () => {
    assert.deepEqual(ofA(its, refusing), []);
    const shared = bucketOf(policy({ ...allow('s3:GetObject', '*'), Principal: { AWS: arnOf('a') } }), {
      account: OTHER,
    });
    assert.deepEqual(ofA(its, { ...refusing, ...shared }), ['a > b/: read']);
  });

  test('guards the keys of its accounts, and no others', () => {
    const use = (arn: string, more: Partial<IsolationWorld>): string => {
      const text = policy({ ...allow('kms:*', '*'), Principal: '*' });
      const keys = new Map([[arn, { arn, policy: found(text) }]]);
      const { read, write } = partsOf(teams(['a'], { a: named(allow('kms:*', '*')) }, { ...more, keys })).keyCell(0, 0);
      return `${read} ${write}`;
    };
    const kms = over({ target: 'r-1', resource: [guard({ ...deny('kms:*', '*'), Principal: '*' })] });
    assert.equal(use(KEY, {}), 'yes yes');
    assert.equal(use(KEY, kms), 'no no');
    assert.equal(use(KEY.replace(ACCOUNT, OTHER), kms), 'yes yes');
  });

  test('a boundary that keeps one from a key, where the policy of the key is not read', () => {
    const keys = new Map([[KEY, { arn: KEY, policy: denied('kms:GetKeyPolicy', 'No.') }]]);
    const within = (text: string) => ({ ...named(allow('kms:*', '*')), boundary: { name: 'edge', text } });
    const read = (text: string) => partsOf(teams(['a'], { a: within(text) }, { keys })).keyCell(0, 0).read;
    assert.equal(read(policy(allow('s3:*', '*'))), 'no');
    assert.equal(read(policy(allow('*', '*'))), 'unknown');
  });

  /** Whom of the deeds a Deny over all refuses, to one whose role gives nothing. */
  const refusedBy = (denial: object, prefix = 'a/'): string => {
    const given = world(
      [cluster('dev', [profile('a', { place: { bucket: BUCKET, prefix } })])],
      [role('a', NONE)],
      over({ target: 'r-1', service: [guard(denial)] }),
    );
    const { refused } = partsOf(given);
    return (['control', 'write', 'delete', 'read', 'list'] as const)
      .filter((deed) => refused(0, 0, deed) !== undefined)
      .join();
  };
  test('refuses what would be asked first: the bucket, or an object below the prefix', () => {
    assert.equal(refusedBy(deny('s3:*', '*')), 'control,write,delete,read,list');
    assert.equal(refusedBy(deny('s3:*', A)), 'control,list');
    assert.equal(refusedBy(deny('s3:*', `${A}/a/*`)), 'write,delete,read');
    assert.equal(refusedBy(deny('s3:*', `${A}/b/*`)), '');
    for (const [prefix, other] of [
      ['a/', 'a'],
      ['', '/'],
    ] as const) {
      assert.equal(refusedBy(deny('s3:ListBucket', A, when('StringEquals', 's3:prefix', prefix)), prefix), 'list');
      assert.equal(refusedBy(deny('s3:ListBucket', A, when('StringEquals', 's3:prefix', other)), prefix), '');
    }
    assert.equal(refusedBy(deny('s3:*', `${A}/ab/*`), 'ab'), 'write,delete,read');
    assert.equal(refusedBy(deny('s3:*', `${A}/ab/w*`), 'ab/'), 'write,delete,read');
    assert.equal(refusedBy(deny('s3:*', `${A}//*`), ''), '');
  });
});

describe('who comes in', () => {
  /** Admissions by the name of the service account: role and statement, whether it is certain, and how. */
  const comesIn = (given: IsolationWorld): readonly string[] => {
    const { subjects, admissions } = partsOf(given);
    return subjects.flatMap(({ cluster: at, namespace, name }, who) =>
      (admissions[who] ?? []).map(
        ({ role: its, answer, statement, via, audience }) =>
          `${given.clusters[at]?.name ?? ''} ${namespace}/${name}: ${its}/${statement} ${answer} ${via === undefined ? (audience ?? '') : JSON.stringify(via)}`,
      ),
    );
  };
  const { issuer, ...none } = cluster('none', [profile('a')]);
  void issuer;
  test('everybody, by tokens of a provider that no statement names', () => {
    const anybody = { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRoleWithWebIdentity' };
    const clusters = [
      cluster('dev', [profile('a')]),
      cluster('prod', [profile('b')], { audiences: found(['vault']) }),
      cluster('bare', [profile('a')], { audiences: found([]) }),
      none,
    ];
    const at = (...statements: readonly object[]) =>
      comesIn(world(clusters, [role('x', { trust: policy(...statements) })]));
    assert.deepEqual(at(anybody), [
      'dev a/default-editor: 0/0 unknown sts.amazonaws.com',
      'prod b/default-editor: 0/0 unknown vault',
    ]);
    assert.deepEqual(at(letIn('dev', own('c')), anybody), [
      'dev a/default-editor: 0/1 unknown sts.amazonaws.com',
      'prod b/default-editor: 0/1 unknown vault',
      'dev c/default-editor: 0/0 yes sts.amazonaws.com',
    ]);
  });

  test('whom a trust policy or an association names, and nobody whose name is none', () => {
    const trust = policy(letIn('dev', [own('a'), 'system:serviceaccount:x:runner', 'system:serviceaccount:x', 'x']));
    const pods = policy(assume({ Service: 'pods.eks.amazonaws.com' }));
    const podIdentities = [{ namespace: 'p', name: 'q', roleArn: arnOf('b') }];
    assert.deepEqual(
      comesIn(
        world([cluster('dev', [profile('a')], { podIdentities })], [role('a', { trust }), role('b', { trust: pods })]),
      ),
      [
        'dev a/default-editor: 0/0 yes sts.amazonaws.com',
        'dev x/runner: 0/0 yes sts.amazonaws.com',
        'dev p/q: 1/0 yes "pod-identity"',
      ],
    );
    const two = [cluster('dev', []), cluster('prod', [])];
    assert.deepEqual(comesIn(world(two, [role('b', { trust: policy(letIn('prod', own('z'))) })])), [
      'prod z/default-editor: 0/0 yes sts.amazonaws.com',
    ]);
  });

  test('an association needs the service of EKS, and no other', () => {
    const podIdentities = [{ namespace: 'p', name: 'q', roleArn: arnOf('b') }];
    for (const principal of [{ Service: 'ec2.amazonaws.com' }, { AWS: 'pods.eks.amazonaws.com' }, { AWS: arnOf('c') }])
      assert.deepEqual(
        comesIn(world([cluster('dev', [], { podIdentities })], [role('b', { trust: policy(assume(principal)) })])),
        [],
      );
  });

  /** Two roles that trust `a`: the first may be reached from the second. */
  const chained = (first: object, second: object, door: object = {}): IsolationWorld =>
    world(
      [cluster('dev', [profile('a')])],
      [
        role('b', { trust: policy(letIn('dev', own('a'), first), assume({ AWS: arnOf('a') }, door)) }),
        role('a', { trust: policy(letIn('dev', own('a'), second)) }),
      ],
    );
  const maybe = { StringEquals: { 'aws:SourceVpc': 'v' } };
  test('by two roles one may what either lets one do; by one that perhaps lets in, perhaps', () => {
    const roles = (first: object, ...more: readonly WorldRole[]) =>
      told(
        world(
          [cluster('dev', [profile('a')])],
          [
            role('a', { trust: policy(letIn('dev', own('a'), first)), ...named(allow('s3:GetObject', `${A}/a/*`)) }),
            ...more,
          ],
        ),
      );
    const other = role('b', { trust: policy(letIn('dev', own('a'))), ...named(allow('s3:PutObject', `${A}/a/*`)) });
    assert.deepEqual(roles({}, other), ['a > a/: write+read']);
    assert.deepEqual(roles({}), ['a > a/: read']);
    assert.deepEqual(roles(maybe), ['a > a/: ?read']);
  });
  test('from role to role, where the other is reached already', () => {
    assert.deepEqual(comesIn(chained({}, {})), [
      'dev a/default-editor: 0/0 yes sts.amazonaws.com',
      'dev a/default-editor: 1/0 yes sts.amazonaws.com',
    ]);
    // What is certain takes the place of what is not.
    assert.deepEqual(comesIn(chained(maybe, {})), [
      'dev a/default-editor: 0/1 yes {"role":1}',
      'dev a/default-editor: 1/0 yes sts.amazonaws.com',
    ]);
    for (const given of [chained(maybe, maybe), chained(maybe, {}, IF)])
      assert.deepEqual(comesIn(given)[0], 'dev a/default-editor: 0/0 unknown sts.amazonaws.com');
  });

  test('from role to role, as far as a boundary lets it', () => {
    const onward = (principal: string, policies: WorldRole['policies'], boundary?: WorldRole['boundary']): string =>
      comesIn(
        world(
          [cluster('dev', [profile('a')])],
          [
            role('a', { policies, ...(boundary === undefined ? {} : { boundary }) }),
            role('b', { trust: policy(assume({ AWS: principal })) }),
          ],
        ),
      )
        .slice(1)
        .join();
    const [all, s3] = [allow('*', '*'), allow('s3:*', '*')].map((one) => ({ name: 'p', text: policy(one) }));
    const unread = { name: 'p', unread: 'it was not read yet' };
    const came = (answer: string): string => `dev a/default-editor: 1/0 ${answer} {"role":0}`;
    assert.ok(all !== undefined && s3 !== undefined);
    const account = `arn:aws:iam::${ACCOUNT}:root`;
    assert.equal(onward(account, [all]), came('yes'));
    assert.equal(onward(account, [all], all), came('yes'));
    assert.equal(onward(account, [all], unread), came('unknown'));
    assert.equal(onward(account, [all], s3), '');
    assert.equal(onward(account, [s3], all), '');
    assert.equal(onward(account, [s3], unread), '');
    assert.equal(onward(arnOf('a'), [s3], all), came('yes'));
    assert.equal(onward(arnOf('a'), [all], s3), '');
  });

  test('what was not read of policies may lead wherever what they say leads', () => {
    const statements = [
      allow('*', '*'),
      allow('sts:AssumeRole', arnOf('c')),
      allow('sts:AssumeRole', '*', when('StringLike', 'aws:PrincipalArn', '*/b-role')),
      allow('s3:*', '*'),
      deny('sts:*', arnOf('c')),
      deny('*', '*', IF),
      { Effect: 'Deny', NotAction: 's3:*', Resource: '*' },
      { Effect: 'Allow', NotAction: 's3:*', Resource: 'arn:aws:iam::*:role/${aws:PrincipalTag/x}-role' },
    ];
    const texts = fc
      .uniqueArray(fc.nat(statements.length - 1), { maxLength: 3 })
      .map((some) => policy(...some.map((at) => statements[at] ?? {})));
    const policies = fc.array(fc.record({ text: texts, managed: fc.boolean() }), { maxLength: 3 });
    const doors = fc.array(
      fc.constantFrom(
        letIn('dev', own('a')),
        assume({ AWS: arnOf('a') }),
        assume({ AWS: arnOf('b') }),
        assume({ AWS: arnOf('c') }, IF),
        assume({ AWS: `arn:aws:iam::${ACCOUNT}:root` }),
        assume({ AWS: '*' }),
      ),
      { minLength: 1, maxLength: 2 },
    );
    const roles = fc.tuple(
      ...['a', 'b', 'c', 'd'].map((name) =>
        fc.record({ name: fc.constant(name), policies, boundary: fc.option(texts), doors }),
      ),
    );
    let further = 0;
    fc.assert(
      fc.property(roles, (all) => {
        const reached = (isRead: boolean): ReadonlySet<number> => {
          const one = (text: string, managed: boolean): WorldRole['policies'][number] =>
            managed && !isRead ? { name: 'p', unread: 'it was not read yet' } : { name: 'p', text };
          const { admissions } = partsOf(
            world(
              [cluster('dev', [profile('a'), profile('b')])],
              all.map(({ name, policies: its, boundary, doors: some }) =>
                role(name, {
                  trust: policy(...some),
                  tags: { x: 'd' },
                  policies: its.map(({ text, managed }) => one(text, managed)),
                  ...(boundary === null ? {} : { boundary: one(boundary, true) }),
                }),
              ),
            ),
          );
          return new Set(admissions.flat().map((admission) => admission.role));
        };
        const [before, after] = [reached(false), reached(true)];
        if (after.size > 1) further++;
        assert.deepEqual(
          [...after].filter((at) => !before.has(at)),
          [],
        );
      }),
      { numRuns: 500 },
    );
    assert.ok(further > 100, String(further));
  });

  test('a role that assumes itself, and two that assume each other, end', () => {
    const each = (...names: readonly string[]) =>
      policy(letIn('dev', own('a'), maybe), assume({ AWS: names.map(arnOf) }));
    const given = world(
      [cluster('dev', [profile('a')])],
      [role('a', { trust: each('a', 'b') }), role('b', { trust: policy(assume({ AWS: arnOf('a') })) })],
    );
    assert.deepEqual(comesIn(given), [
      'dev a/default-editor: 0/0 unknown sts.amazonaws.com',
      'dev a/default-editor: 1/0 unknown {"role":0}',
    ]);
    const because = partsOf({
      ...given,
      roles: given.roles.map((one) => ({ ...one, ...named(allow('s3:GetObject', `${A}/a/*`)) })),
    });
    assert.deepEqual(because.because(0, 0, 'read')?.by, []);
  });
});

describe('which reason is told', () => {
  const get = (more: object = {}) => named(allow('s3:GetObject', `${A}/a/*`, more));
  const two = (first: Partial<WorldRole>, second: Partial<WorldRole>, more: Partial<IsolationWorld> = {}) =>
    partsOf(
      world(
        [cluster('dev', [profile('a')])],
        [
          role('a', { trust: policy(letIn('dev', own('a'))), ...first }),
          role('b', { trust: policy(letIn('dev', own('a'))), ...second }),
        ],
        more,
      ),
    );
  const doubtful = { trust: policy(letIn('dev', own('a'), { StringEquals: { 'aws:SourceVpc': 'v' } })) };
  test('a certain one before one that depends on something', () => {
    const reasons = ({ because }: ReturnType<typeof two>) => {
      const one = because(0, 0, 'read');
      return [one?.answer, one?.role];
    };
    assert.deepEqual(reasons(two(get(IF), get())), ['yes', arnOf('b')]);
    assert.deepEqual(reasons(two({ ...get(), ...doubtful }, get())), ['yes', arnOf('b')]);
    // Of several that depend on something, one that surely lets in.
    assert.deepEqual(reasons(two({ ...get(), ...doubtful }, get(IF))), ['unknown', arnOf('b')]);
  });

  test('of a key, too', () => {
    const keys = new Map([[KEY, { arn: KEY, policy: found(policy({ ...allow('kms:*', '*'), Principal: '*' })) }]]);
    const kms = named(allow('kms:*', KEY));
    const one = two({ ...kms, ...doubtful }, kms, { keys }).becauseKey(0, 0);
    assert.deepEqual([one?.answer, one?.role], ['yes', arnOf('b')]);
  });

  test('a statement with a name of no letters has none', () => {
    const because = two(named(allow('s3:GetObject', `${A}/a/*`, { Sid: '' })), NONE).because(0, 0, 'read');
    assert.deepEqual(because?.statements, [
      { policy: 'trust policy of a-role', statement: 0 },
      { policy: 'p', statement: 0 },
    ]);
  });

  test('a statement that wants a key of conditions not to be there', () => {
    const absence = (action: string, resource: string, key: string, deed: Deed) =>
      two(named(allow(action, resource, when('Null', key, 'true'))), NONE).because(0, 0, deed)?.statements.length;
    assert.equal(absence('s3:ListBucket', A, 's3:prefix', 'list'), 2);
    assert.equal(absence('s3:ListBucket', A, 'aws:PrincipalTag/x', 'list'), 2);
    assert.equal(absence('s3:GetObject', `${A}/*`, 'aws:PrincipalTag/x', 'read'), 2);
  });

  test('the least prefix of a listing is of a test of prefixes', () => {
    const its = allow('s3:ListBucket', A, {
      Condition: { StringEquals: { 'aws:PrincipalTag/x': 'a/zz' }, StringLike: { 's3:prefix': 'a/z*' } },
    });
    const because = two({ ...named(its), tags: { x: 'a/zz' } }, NONE).because(0, 0, 'list');
    assert.deepEqual(because?.request?.call.values, { 's3:prefix': 'a/zw0w0w' });
  });

  test('what is told of one that is certain', () => {
    const because = two(get(), NONE).because(0, 0, 'read');
    assert.ok(because !== undefined);
    assert.doesNotMatch(becauseLines(because).join('\n'), /depends/);
    const open = two(get(IF), NONE).because(0, 0, 'read');
    assert.ok(open !== undefined);
    assert.match(becauseLines(open).join('\n'), /^it depends on the condition on aws:SourceVpc$/m);
  });

  test('an object that a Deny spares', () => {
    const data = (...Statement: readonly object[]) => [
      { policies: [{ name: 'p', data: { Version: '2012-10-17', Statement } }] },
    ];
    const session = podSession({ partition: 'aws', arn: arnOf('a'), account: ACCOUNT });
    const at = (below: Below, ...statements: readonly object[]) =>
      reach(rightsOf(data(...statements), session), 'read', below);
    const sparing = at({ bucket: BUCKET, prefix: 'a/' }, allow('s3:GetObject', `${A}/*`), {
      ...deny('s3:*', []),
      ...{ Resource: undefined, NotResource: `${A}/a/x/*` },
    });
    assert.deepEqual([sparing.answer, sparing.call?.resource], ['yes', `${A}/a/x/w0w0w`]);
    // 64 objects are tried: one that nothing spares, and as many of those that are spared.
    const keys = Array.from({ length: 70 }, (_, number) => `${A}/a/k${number}`);
    const after = (denied: number) =>
      at(
        { bucket: BUCKET, prefix: 'a/' },
        allow('s3:GetObject', `${A}/a/*`),
        { ...deny('s3:*', []), ...{ Resource: undefined, NotResource: keys } },
        deny('s3:*', keys.slice(0, denied)),
      );
    assert.equal(after(62).call?.resource, `${A}/a/k62`);
    assert.equal(after(63).answer, 'unknown');
    // What two long patterns have in common takes as many steps as both are long.
    const long = (letter: string): string => `${A}/a/${`*${letter}`.repeat(1_000)}`;
    const larger = at({ bucket: BUCKET, prefix: 'a/' }, allow('s3:GetObject', `${long('x')}b`), {
      ...deny('s3:*', []),
      ...{ Resource: undefined, NotResource: `${long('y')}c` },
    });
    assert.deepEqual(larger, { answer: 'unknown', why: 'a policy that is larger than what is judged' });
  });
});

describe('what is told of a matrix', () => {
  const expect = (text: string) => {
    const read = readExpectation(text);
    assert.ok('expectation' in read);
    return read.expectation;
  };
  test('what must be its own is that of the profile, and not of each account of its namespace', () => {
    const isolation = judgeIsolation(
      world([cluster('dev', [profile('a')], { accounts: [{ namespace: 'a', name: 'x' }] })], [role('a')]),
    );
    const all = lacking(
      isolation,
      expect(''),
      ['a'],
      () => [],
      () => [],
      () => true,
    );
    assert.deepEqual(all, []);
  });

  test('a key is used by who reads, or writes, or perhaps does; who is allowed to is no news', () => {
    const text = policy({ ...allow('kms:*', '*'), Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } });
    const used = (statement: object, said = 'own: allowed') => {
      const expectation = expect(said);
      const entries = new Set<(typeof expectation.allow)[number]>();
      const isolation = judgeIsolation(
        teams(['a'], { a: named(statement) }, { keys: new Map([[KEY, { arn: KEY, policy: found(text) }]]) }),
      );
      const all = keysUsed(
        isolation,
        expectation,
        entries,
        () => ['a'],
        () => true,
      );
      return `${all.map(({ difference: { kind } }) => kind).join()} ${entries.size}`;
    };
    assert.equal(used(allow('kms:Decrypt', KEY)), 'key 0');
    assert.equal(used(allow('kms:GenerateDataKey', KEY)), 'key 0');
    assert.equal(used(allow('kms:Decrypt', KEY, IF)), 'perhaps 0');
    assert.equal(used(allow('kms:GenerateDataKey', KEY, IF)), 'perhaps 0');
    assert.equal(used(allow('s3:*', '*')), ' 0');
    assert.equal(used(allow('kms:Decrypt', KEY), `allow: [{who: a, what: "${KEY}"}]`), ' 1');
  });

  test('a key that must be of use, and is for reading alone, or perhaps', () => {
    const text = policy({ ...allow('kms:*', '*'), Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } });
    const lacks = (statement: object, said = ''): readonly string[] => {
      const isolation = judgeIsolation(
        teams(['a'], { a: named(statement) }, { keys: new Map([[KEY, { arn: KEY, policy: found(text) }]]) }),
      );
      const expectation = expect(`own: allowed\n${said}require: [{who: a, may: [read, write], what: "${KEY}"}]`);
      return reportOf(isolation, expectation).differences.map(
        ({ kind, may, because }) => `${kind} ${may.join()} ${because === undefined ? '' : because.answer}`,
      );
    };
    assert.deepEqual(lacks(allow('kms:Decrypt', KEY)), ['lacks write ']);
    assert.deepEqual(lacks(allow('kms:*', KEY, IF)), ['perhaps write,read unknown']);
    assert.deepEqual(lacks(allow('kms:*', KEY, IF), 'unjudged: allowed\n'), []);
    assert.deepEqual(lacks(allow('kms:*', KEY)), []);
  });

  /** Service accounts of which each may do something in some places, without policies. */
  const made = (subjects: number, places: number, reaches: (who: number, what: number) => boolean): Isolation => ({
    ...judgeIsolation(teams([])),
    subjects: Array.from({ length: subjects }, (_its, at) => ({ cluster: 0, namespace: `n${at}`, name: 'x' })),
    places: Array.from({ length: places }, (_its, at) => ({ bucket: 'some', prefix: `${at}/` })),
    owners: Array.from({ length: places }, () => []),
    cell: (who, what) => ({ yes: reaches(who, what) ? 1 : 0, unknown: 0 }),
    because: () => ({ role: 'r', by: [], answer: 'yes', statements: [] }),
  });
  test('who reaches the same is told together, as long as that is no list of its own', () => {
    const together = (count: number): number => reportOf(made(2, count, () => true)).differences.length;
    assert.deepEqual([together(49), together(50), together(51)], [1, 1, 2]);
  });

  test('of so many differences the reason is told, of those behind them it is not', () => {
    const { differences } = reportOf(made(201, 201, (who, what) => who === what));
    assert.deepEqual(
      [198, 199, 200].map((at) => differences[at]?.because !== undefined),
      [true, true, false],
    );
  });

  test('accounts of no profile that may the same stand in one line, those of profiles by their profile', () => {
    const accounts = ['a/x', 'b/x', 'other/x', 'third/y'].map((one) => {
      const [namespace = '', name = ''] = one.split('/');
      return { namespace, name };
    });
    const text = reportText(
      reportOf(
        judgeIsolation(world([cluster('dev', [profile('a'), profile('b')], { accounts })], [role('a'), role('b')])),
      ),
    );
    assert.match(text, /^a\/x +\[-\] +-$/m);
    assert.match(text, /^b\/x +- +\[-\]$/m);
    assert.match(text, /^other\/x and third\/y +- +-$/m);
  });

  test('many accounts of few places, none of which differs: there is no table', () => {
    const accounts = Array.from({ length: 70 }, (_its, at) => ({ namespace: 'x', name: `y${at}` }));
    const text = reportText(
      reportOf(judgeIsolation(world([cluster('dev', [profile('a')], { accounts })], [role('a')]))),
    );
    assert.match(text, /^All 71 service accounts reach only their own\.$/m);
    assert.doesNotMatch(text, /The strongest of/);
  });
});
