/** The isolation matrix: who may what, from policies. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { commonText, patternMatches, patternsOverlap } from '../../src/core/arn/pattern.ts';
import { judgeIsolation } from '../../src/core/isolation/judge.ts';
import { deedsOf, type Isolation } from '../../src/core/isolation/matrix.ts';
import { readExpectation } from '../../src/core/isolation/expectFile.ts';
import { reportJson } from '../../src/core/isolation/json.ts';
import { CALLS, DEEDS, reach, rightsOf, type Deed } from '../../src/core/isolation/reach.ts';
import { reportOf } from '../../src/core/isolation/report.ts';
import { differenceText, reportText } from '../../src/core/isolation/text.ts';
import { attemptsOf } from '../../src/core/isolation/tries.ts';
import type { IsolationWorld, WorldBucket } from '../../src/core/isolation/world.ts';
import { subject } from '../../src/core/policy/build.ts';
import { may, mayAssume } from '../../src/core/policy/evaluate.ts';
import { podSession } from '../../src/core/policy/rights.ts';
import { absent, denied, found } from '../../src/core/reading.ts';
import {
  ACCOUNT,
  allow,
  arnOf,
  BUCKET,
  cluster,
  deny,
  issuerOf,
  letIn,
  OTHER,
  policy,
  profile,
  providerOf,
  role,
  teams,
  world,
} from './isolation-kit.ts';

const A = `arn:aws:s3:::${BUCKET}`;
const OBJECTS = ['s3:GetObject', 's3:PutObject'];

/** Cells that are not empty, as `who > what: deeds`; what cannot be judged behind a question mark. */
function told(isolation: Isolation): string[] {
  const { subjects, places } = isolation;
  return subjects.flatMap(({ namespace, name }, who) =>
    places.flatMap(({ bucket, prefix }, what) => {
      const { yes, unknown } = isolation.cell(who, what);
      if (yes === 0 && unknown === 0) return [];
      const words = [deedsOf(yes).join('+'), ...(unknown === 0 ? [] : [`?${deedsOf(unknown).join('+')}`])].filter(
        Boolean,
      );
      const by = name === 'default-editor' ? namespace : `${namespace}/${name}`;
      return [`${by} > ${bucket === BUCKET ? '' : `${bucket}/`}${prefix}: ${words.join(' ')}`];
    }),
  );
}
const judged = (given: IsolationWorld): string[] => told(judgeIsolation(given));
const OWN = (name: string): string => `${name} > ${name}/: write+delete+read+list`;
const withPolicy = (...statements: readonly object[]) => ({ policies: [{ name: 'p', text: policy(...statements) }] });

describe('a matrix of two profiles', () => {
  const both = ['a', 'b'];
  const rows: readonly (readonly [what: string, given: IsolationWorld, expected: readonly string[]])[] = [
    ['each has its own', teams(both), [OWN('a'), OWN('b')]],
    [
      'a role that every default-editor gets',
      teams(both, { b: { trust: policy(letIn('dev', 'system:serviceaccount:*:default-editor')) } }),
      [OWN('a'), 'a > b/: write+delete+read+list', OWN('b')],
    ],
    [
      'a policy about the whole bucket',
      teams(both, { a: withPolicy(allow(OBJECTS, `${A}/*`)) }),
      ['a > a/: write+read', 'a > b/: write+read', OWN('b')],
    ],
    [
      'a policy about everything but the other',
      teams(both, { a: withPolicy(allow(OBJECTS, `${A}/*`), deny('*', `${A}/b/*`)) }),
      ['a > a/: write+read', OWN('b')],
    ],
    [
      'a guard: all but the own prefix is denied',
      teams(both, {
        a: withPolicy(allow(OBJECTS, '*'), { ...deny('*', []), Resource: undefined, NotResource: [`${A}/a/*`] }),
      }),
      ['a > a/: write+read', OWN('b')],
    ],
    [
      'a pattern without its slash reaches a neighbour of a longer name',
      teams(['a', 'ab'], { a: withPolicy(allow('s3:GetObject', `${A}/a*`)) }),
      ['a > a/: read', 'a > ab/: read', OWN('ab')],
    ],
    [
      'one single object of the other',
      teams(both, { a: withPolicy(allow('s3:GetObject', `${A}/b/model.bin`)) }),
      ['a > b/: read', OWN('b')],
    ],
    [
      'a listing of the whole bucket',
      teams(both, { a: withPolicy(allow('s3:ListBucket', A)) }),
      ['a > a/: list', 'a > b/: list', OWN('b')],
    ],
    [
      'a listing from the top tells the names of others',
      teams(both, {
        a: withPolicy(allow('s3:ListBucket', A, { Condition: { StringLike: { 's3:prefix': ['', 'a/*'] } } })),
      }),
      ['a > a/: list', 'a > b/: list', OWN('b')],
    ],
    [
      'a listing by a beginning of the name of the other',
      teams(['a', 'bcd'], {
        a: withPolicy(allow('s3:ListBucket', A, { Condition: { StringEquals: { 's3:prefix': 'bc' } } })),
      }),
      ['a > bcd/: list', OWN('bcd')],
    ],
    [
      'the policy of the bucket may be changed',
      teams(both, { a: withPolicy(allow('s3:PutBucketPolicy', A)) }),
      ['a > a/: control', 'a > b/: control', OWN('b')],
    ],
    [
      'older versions are objects, too',
      teams(both, { a: withPolicy(allow('s3:GetObjectVersion', `${A}/b/*`)) }),
      ['a > b/: read', OWN('b')],
    ],
    [
      "the role's tag in the policy",
      teams(both, {
        a: { tags: { team: 'b' }, ...withPolicy(allow('s3:GetObject', `${A}/\${aws:PrincipalTag/team}/*`)) },
      }),
      ['a > b/: read', OWN('b')],
    ],
    [
      'an address that is not known',
      teams(both, {
        a: withPolicy(
          allow('s3:GetObject', `${A}/b/*`, { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
        ),
      }),
      ['a > b/: ?read', OWN('b')],
    ],
    [
      'a policy that was not read',
      teams(both, { a: { policies: [{ name: 'managed', unread: 'iam:GetPolicyVersion' }] } }),
      ['a > a/: ?control+write+delete+read+list', 'a > b/: ?control+write+delete+read+list', OWN('b')],
    ],
    [
      'a boundary that was not read: what is allowed is not certain, what is not stays so',
      teams(both, { a: { boundary: { name: 'boundary', unread: 'iam:GetPolicyVersion' } } }),
      ['a > a/: ?write+delete+read+list', OWN('b')],
    ],
    [
      'a boundary narrows',
      teams(both, { a: { boundary: { name: 'boundary', text: policy(allow('s3:Get*', `${A}/*`)) } } }),
      ['a > a/: read', OWN('b')],
    ],
    [
      'access points, which are not read',
      teams(both, { a: withPolicy(allow('s3:GetObject', `arn:aws:s3:us-west-2:${ACCOUNT}:accesspoint/x/object/*`)) }),
      ['a > a/: ?read', 'a > b/: ?read', OWN('b')],
    ],
    [
      'each call that access points take, below the prefix that is named',
      teams(both, {
        a: withPolicy(
          allow(['s3:PutObject', 's3:DeleteObject'], 'arn:aws:s3:*:*:accesspoint/x/object/b/*'),
          allow(['s3:ListBucket', 's3:PutBucketPolicy'], `arn:aws:s3:us-west-2:${ACCOUNT}:accesspoint/x`),
        ),
      }),
      ['a > a/: ?list', 'a > b/: ?write+delete+list', OWN('b')],
    ],
    [
      'a bucket that leaves it to access points',
      teams(
        both,
        { a: { policies: [] } },
        {
          buckets: new Map([
            [
              BUCKET,
              {
                account: ACCOUNT,
                region: 'us-west-2',
                policy: found(
                  policy(
                    allow('s3:GetObject', `${A}/a/*`, {
                      Principal: '*',
                      Condition: { StringEquals: { 's3:DataAccessPointAccount': ACCOUNT } },
                    }),
                  ),
                ),
              },
            ],
          ]),
        },
      ),
      ['a > a/: ?read', 'b > a/: ?read', OWN('b')],
    ],
    [
      'an access point of many regions',
      teams(both, { a: withPolicy(allow('s3:GetObject', `arn:aws:s3::${ACCOUNT}:accesspoint/m.mrap/object/b/*`)) }),
      ['a > b/: ?read', OWN('b')],
    ],
    [
      'an access point of another region than the bucket, and one that is denied',
      teams(both, {
        a: withPolicy(allow('s3:*', `arn:aws:s3:eu-west-1:${ACCOUNT}:accesspoint/x/object/*`), {
          Effect: 'Deny',
          Action: 's3:*',
          NotResource: `arn:aws:s3:us-west-2:${ACCOUNT}:accesspoint/*`,
        }),
      }),
      [OWN('b')],
    ],
    [
      'no provider in IAM: no token gets in',
      world([cluster('dev', [profile('a')], { audiences: absent })], [role('a')]),
      [],
    ],
    [
      'an audience that the provider does not take',
      world([cluster('dev', [profile('a')], { audiences: found(['vault']) })], [role('a')]),
      [],
    ],
    [
      'another service account that the trust policy names',
      teams(['a'], {
        a: {
          trust: policy(letIn('dev', ['system:serviceaccount:a:default-editor', 'system:serviceaccount:x:runner'])),
        },
      }),
      [OWN('a'), 'x/runner > a/: write+delete+read+list'],
    ],
    [
      'a role of two clusters',
      world(
        [cluster('dev', [profile('a')]), cluster('prod', [profile('b')])],
        [role('a', { trust: policy(letIn('dev', subject('a')), letIn('prod', subject('b'))) }), role('b', {}, 'prod')],
      ),
      [OWN('a'), 'b > a/: write+delete+read+list', OWN('b')],
    ],
    [
      'a role that assumes the role of the other',
      teams(both, {
        a: withPolicy(allow('sts:AssumeRole', '*')),
        b: {
          trust: policy(letIn('dev', subject('b')), {
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
            Action: 'sts:AssumeRole',
          }),
        },
      }),
      ['a > b/: write+delete+read+list', OWN('b')],
    ],
    [
      'the account alone does not let in a role that may not ask',
      teams(both, {
        b: {
          trust: policy(letIn('dev', subject('b')), {
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
            Action: 'sts:AssumeRole',
          }),
        },
      }),
      [OWN('a'), OWN('b')],
    ],
    [
      'a role that is named needs no permission to ask',
      teams(both, {
        b: {
          trust: policy(letIn('dev', subject('b')), {
            Effect: 'Allow',
            Principal: { AWS: arnOf('a') },
            Action: 'sts:AssumeRole',
          }),
        },
      }),
      [OWN('a'), 'a > b/: write+delete+read+list', OWN('b')],
    ],
    [
      'a role that EKS gives to pods',
      world(
        [cluster('dev', [profile('a')], { podIdentities: [{ namespace: 'x', name: 'y', roleArn: arnOf('a') }] })],
        [
          role('a', {
            trust: policy({
              Effect: 'Allow',
              Principal: { Service: 'pods.eks.amazonaws.com' },
              Action: ['sts:AssumeRole', 'sts:TagSession'],
            }),
          }),
        ],
      ),
      ['x/y > a/: write+delete+read+list'],
    ],
  ];
  for (const [what, given, expected] of rows) test(what, () => assert.deepEqual(judged(given), expected));
});

describe('the policy of a bucket', () => {
  const buckets = (change: Partial<WorldBucket>): Partial<IsolationWorld> => ({
    buckets: new Map([[BUCKET, { account: ACCOUNT, policy: absent, ...change }]]),
  });
  const withBucket = (...statements: readonly object[]): Partial<IsolationWorld> =>
    buckets({ policy: found(policy(...statements)) });
  const by = (Principal: unknown, statement: object): object => ({ ...statement, Principal });
  const rows: readonly (readonly [what: string, more: Partial<IsolationWorld>, expected: readonly string[]])[] = [
    [
      'only with TLS',
      withBucket(by('*', deny('s3:*', [A, `${A}/*`], { Condition: { Bool: { 'aws:SecureTransport': 'false' } } }))),
      [OWN('a'), OWN('b')],
    ],
    [
      'lets everybody read',
      withBucket(by('*', allow('s3:GetObject', `${A}/b/*`))),
      [OWN('a'), 'a > b/: read', OWN('b')],
    ],
    [
      'names a role',
      withBucket(by({ AWS: arnOf('a') }, allow('s3:GetObject', `${A}/b/*`))),
      [OWN('a'), 'a > b/: read', OWN('b')],
    ],
    ['leaves it to the account', withBucket(by({ AWS: ACCOUNT }, allow('s3:*', `${A}/*`))), [OWN('a'), OWN('b')]],
    ['denies a role', withBucket(by({ AWS: arnOf('a') }, deny('s3:*', [A, `${A}/*`]))), [OWN('b')]],
    [
      'names a session of a role',
      withBucket(by({ AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/a-role/x` }, allow('s3:GetObject', `${A}/b/*`))),
      [OWN('a'), 'a > b/: ?read', OWN('b')],
    ],
    [
      'was not read: nothing in the bucket is certain',
      buckets({ policy: denied('s3:GetBucketPolicy', '') }),
      [
        'a > a/: ?control+write+delete+read+list',
        'a > b/: ?control+write+delete+read+list',
        'b > a/: ?control+write+delete+read+list',
        'b > b/: ?control+write+delete+read+list',
      ],
    ],
    ['is of another account, which lets nobody in', buckets({ account: OTHER }), []],
    [
      'is of another account, which lets one in',
      buckets({ account: OTHER, policy: found(policy(by({ AWS: ACCOUNT }, allow('s3:GetObject', `${A}/a/*`)))) }),
      ['a > a/: read'],
    ],
  ];
  for (const [what, more, expected] of rows)
    test(what, () => assert.deepEqual(judged(teams(['a', 'b'], {}, more)), expected));
});

describe('keys', () => {
  const KEY = `arn:aws:kms:us-west-2:${ACCOUNT}:key/1`;
  const useKey = allow(['kms:Decrypt', 'kms:GenerateDataKey'], KEY);
  const withKey = (
    keyPolicy: IsolationWorld['keys'] extends ReadonlyMap<string, infer K> ? K : never,
  ): IsolationWorld => teams(['a', 'b'], { a: withPolicy(useKey) }, { keys: new Map([[KEY, keyPolicy]]) });
  const root = { AWS: `arn:aws:iam::${ACCOUNT}:root` };
  const rows = [
    ['leaves it to IAM', found(policy({ ...allow('kms:*', '*'), Principal: root })), ['yes', 'no']],
    [
      'names the other role',
      found(policy({ ...allow('kms:Decrypt', '*'), Principal: { AWS: arnOf('b') } })),
      ['no', 'yes'],
    ],
    ['was not read', denied('kms:GetKeyPolicy', ''), ['unknown', 'unknown']],
  ] as const;
  for (const [what, keyPolicy, expected] of rows)
    test(`whose policy ${what}`, () => {
      const isolation = judgeIsolation(withKey({ arn: KEY, policy: keyPolicy }));
      assert.deepEqual(
        [0, 1].map((who) => isolation.keyCell(who, 0).read),
        expected,
      );
    });
});

describe('why', () => {
  test('the deciding statements, and the least request', () => {
    const isolation = judgeIsolation(
      teams(['a', 'b'], { b: { trust: policy(letIn('dev', 'system:serviceaccount:*:default-editor')) } }),
    );
    const because = isolation.because(0, 1, 'write');
    assert.deepEqual(because?.statements, [
      { policy: 'trust policy of b-role', statement: 0 },
      { policy: 'kf-pipeline-s3', statement: 2, sid: 'ReadWriteOwnPrefix' },
    ]);
    assert.deepEqual(because?.request?.token, { iss: issuerOf('dev'), sub: subject('a'), aud: 'sts.amazonaws.com' });
    assert.equal(because?.request?.call.action, 's3:PutObject');
    assert.match(because?.request?.call.resource ?? '', /^arn:aws:s3:::artifacts\/b\/./);
  });
  test('on what it depends', () => {
    const isolation = judgeIsolation(
      teams(['a', 'b'], {
        a: withPolicy(
          allow('s3:GetObject', `${A}/b/*`, { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
        ),
      }),
    );
    const because = isolation.because(0, 1, 'read');
    assert.equal(because?.answer, 'unknown');
    assert.match(because?.why ?? '', /aws:SourceIp/);
  });
  test('by way of another role', () => {
    const isolation = judgeIsolation(
      teams(['a', 'b'], {
        b: { trust: policy({ Effect: 'Allow', Principal: { AWS: arnOf('a') }, Action: 'sts:AssumeRole' }) },
      }),
    );
    const because = isolation.because(0, 1, 'read');
    assert.deepEqual(because?.request?.assume, [arnOf('a'), arnOf('b')]);
    assert.equal(because?.request?.token?.sub, subject('a'));
  });
});

// --------------------------------------------------------------------------------------------------------------- properties

const texts = fc.constantFrom('a', 'ab', 'b', 'a/', 'b/', 'x', '*', '?', '');
const pattern = fc.array(texts, { maxLength: 5 }).map((parts) => parts.join(''));

test('a text that patterns have in common fits each of them, and there is one where two overlap', () => {
  fc.assert(
    fc.property(pattern, pattern, pattern, (one, two, three) => {
      const both = commonText([one, two]);
      assert.equal(both !== undefined, patternsOverlap(one, two));
      for (const text of [both, commonText([one, two, three])]) {
        if (text === undefined) continue;
        assert.ok(patternMatches(one, text) && patternMatches(two, text), text);
      }
    }),
    { numRuns: 2_000 },
  );
});

const session = podSession({ partition: 'aws', arn: arnOf('a'), account: ACCOUNT, tags: { team: 'a' } });
const resources = fc.oneof(
  pattern.map((text) => `${A}/${text}`),
  fc.constantFrom(
    '*',
    A,
    `${A}*`,
    'arn:aws:s3:::*',
    'arn:aws:s3:::*/a/*',
    `${A}/\${aws:PrincipalTag/team}/*`,
    `${A}/\${aws:PrincipalTag/other}/*`,
  ),
);
const condition = fc.constantFrom<object>(
  {},
  {},
  {},
  { Condition: { StringLike: { 's3:prefix': 'a/*' } } },
  { Condition: { StringLike: { 's3:prefix': ['', 'a/*'] } } },
  { Condition: { StringEquals: { 's3:prefix': 'a' } } },
  { Condition: { StringNotLike: { 's3:prefix': 'a/*' } } },
  { Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
  { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
  { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'a' } } },
);
const statement = fc
  .record({
    Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
    Action: fc.constantFrom<unknown>(
      's3:*',
      's3:Get*',
      's3:PutObject',
      ['s3:ListBucket', 's3:GetObject'],
      's3:ListBucket*',
    ),
    resource: fc.array(resources, { minLength: 1, maxLength: 3 }),
    not: fc.boolean(),
    condition,
  })
  .map(({ Effect, Action, resource, not, condition: more }) => ({
    Effect,
    Action,
    [not && Effect === 'Deny' ? 'NotResource' : 'Resource']: resource,
    ...more,
  }));
const document = fc
  .array(statement, { minLength: 1, maxLength: 4 })
  .map((Statement) => ({ Version: '2012-10-17', Statement }));
const place = fc.constantFrom('a/', 'b/', 'ab', 'a/b/', '', 'xa').map((prefix) => ({ bucket: BUCKET, prefix }));

/** What the evaluator says of requests below a place: some of the many. */
function sampled(policies: readonly unknown[], deed: Deed, below: { bucket: string; prefix: string }): Set<string> {
  const answers = new Set<string>();
  for (const action of CALLS[deed])
    for (const more of ['x', 'a', 'b', 'a/x', 'b/x', 'w0w0w', 'ab/a', 'xx']) {
      const isObject = deed !== 'list' && deed !== 'control';
      const prefixes = [
        undefined,
        '',
        ...Array.from(below.prefix, (_, end) => below.prefix.slice(0, end + 1)),
        below.prefix + more,
      ];
      for (const prefix of isObject || deed === 'control' ? [undefined] : prefixes)
        answers.add(
          may(policies, action, isObject ? `${A}/${below.prefix}${more}` : A, {
            values: { ...session.values, ...(prefix === undefined ? {} : { 's3:prefix': prefix }) },
            lacks: (key) => (key === 's3:prefix' ? prefix === undefined : session.lacks?.(key) === true),
          }),
        );
    }
  return answers;
}

test('what is said of a prefix is what the evaluator says of requests below it', () => {
  const counts: Record<string, number> = { yes: 0, no: 0, unknown: 0, settled: 0 };
  fc.assert(
    fc.property(
      fc.array(document, { minLength: 1, maxLength: 2 }),
      place,
      fc.constantFrom(...DEEDS),
      (documents, below, deed) => {
        const layers = [{ policies: documents.map((data, at) => ({ name: `p${at}`, data })) }];
        const reached = reach(rightsOf(layers, session), deed, below);
        const answers = sampled(documents, deed, below);
        counts[reached.answer] = (counts[reached.answer] ?? 0) + 1;
        // A single yes decides; a no is about every request; nothing that may be allowed is told as no.
        if (answers.has('yes')) assert.equal(reached.answer, 'yes');
        if (reached.answer === 'no') assert.deepEqual([...answers], ['no']);
        if (reached.answer === 'yes') assert.ok(reached.call !== undefined);
      },
    ),
    { numRuns: 4_000 },
  );
  // Of what is generated here little stays open.
  assert.ok((counts['yes'] ?? 0) > 300 && (counts['no'] ?? 0) > 300, JSON.stringify(counts));
  assert.ok((counts['unknown'] ?? 0) < 1_600, JSON.stringify(counts));
});

test('each cell of a matrix is what the evaluator says: of the token at the door, and of the call behind it', () => {
  const names = ['a', 'b', 'ab'];
  const trusts = fc.constantFrom(
    ...['a', 'b', 'ab'].map((name) => letIn('dev', subject(name))),
    letIn('dev', 'system:serviceaccount:*:default-editor'),
    letIn('dev', 'system:serviceaccount:a*:*'),
    letIn('dev', subject('b'), { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }),
    { ...letIn('dev', subject('a')), Effect: 'Deny' },
  );
  const roles = fc.tuple(
    ...names.map((name) =>
      fc
        .record({
          trust: fc.array(trusts, { minLength: 1, maxLength: 3 }),
          its: fc.array(document, { minLength: 1, maxLength: 2 }),
        })
        .map(({ trust, its }) =>
          role(name, {
            tags: { team: name },
            trust: policy(...trust),
            policies: its.map((data, at) => ({ name: `p${at}`, text: JSON.stringify(data) })),
          }),
        ),
    ),
  );
  fc.assert(
    fc.property(roles, (its) => {
      const isolation = judgeIsolation(
        world(
          [
            cluster(
              'dev',
              names.map((name) => profile(name)),
            ),
          ],
          its,
        ),
      );
      for (const [who, { namespace, name }] of isolation.subjects.entries())
        for (const [what, below] of isolation.places.entries())
          for (const deed of DEEDS) {
            const cell = isolation.cell(who, what);
            const bits = { yes: deedsOf(cell.yes).includes(deed), unknown: deedsOf(cell.unknown).includes(deed) };
            const token = { provider: providerOf('dev'), sub: subject(namespace, name), aud: 'sts.amazonaws.com' };
            const ways = its.map(({ arn, tags, trust, policies }) => {
              const door = mayAssume(JSON.parse(trust), token);
              const data = policies.map((one) => JSON.parse('text' in one ? one.text : '{}') as unknown);
              const its_ = podSession({ partition: 'aws', arn, account: ACCOUNT, tags });
              const { answer } = reach(
                rightsOf([{ policies: data.map((one) => ({ name: '', data: one })) }], its_),
                deed,
                below,
              );
              return [door, answer];
            });
            const sure = ways.some(([door, answer]) => door === 'yes' && answer === 'yes');
            const open = ways.some(([door, answer]) => door !== 'no' && answer !== 'no');
            assert.deepEqual(bits, { yes: sure, unknown: open && !sure });
            const because = isolation.because(who, what, deed);
            assert.equal(because?.answer, sure ? 'yes' : open ? 'unknown' : undefined);
            if (because?.answer !== 'yes') continue;
            const chosen = its.find(({ arn }) => arn === because.role);
            assert.ok(chosen !== undefined && because.request !== undefined);
            assert.equal(mayAssume(JSON.parse(chosen.trust), token), 'yes');
            assert.ok(because.statements.length >= 2);
          }
    }),
    { numRuns: 150 },
  );
});

test('places are asked about where policies can be about them, and not for each pair', () => {
  const asked = (count: number): number => {
    const names = Array.from({ length: count }, (_, at) => `team-${at}`);
    let reads = 0;
    const counting = (name: string) => ({
      bucket: BUCKET,
      get prefix() {
        reads++;
        return `${name}/`;
      },
    });
    const profiles = names.map((name) => profile(name, { place: counting(name) }));
    const isolation = judgeIsolation(
      world(
        [cluster('dev', profiles)],
        names.map((name) => role(name)),
      ),
    );
    for (const [who] of isolation.subjects.entries()) isolation.cell(who, 0);
    return reads;
  };
  const [few, many] = [asked(50), asked(200)];
  assert.ok(many <= few * 5, `${few} and ${many}`);
});

const KEY = `arn:aws:kms:us-west-2:${ACCOUNT}:key/1`;
/** The bucket is encrypted with a key whose policy leaves it to the account, or denies everybody. */
const withKey = (given: IsolationWorld, Effect: string): IsolationWorld => {
  const text = policy({ Effect, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' });
  return { ...given, keys: new Map([[KEY, { arn: KEY, policy: found(text) }]]) };
};

describe('what differs', () => {
  const both = ['team-a', 'team-b'];
  const reports = (given: IsolationWorld, text = '') => {
    const read = readExpectation(text);
    assert.ok('expectation' in read, JSON.stringify(read));
    return reportOf(judgeIsolation(given), read.expectation);
  };
  const kinds = (given: IsolationWorld, text?: string): string[] =>
    reports(given, text).differences.map((one) => `${one.kind}: ${differenceText(one)}`);
  const reading = { 'team-a': withPolicy(allow('s3:GetObject', `${A}/*`)) };
  const trusting = (Principal: unknown): IsolationWorld =>
    teams(['team-a'], {
      'team-a': {
        trust: policy(letIn('dev', subject('team-a')), { Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }),
      },
    });
  const rows: readonly (readonly [what: string, given: IsolationWorld, text: string, expected: readonly string[]])[] = [
    ['nothing', teams(both), '', []],
    ['somebody reads', teams(both, reading), '', ['reaches: team-a may read team-b']],
    ['that is allowed', teams(both, reading), 'allow: [{who: team-a, may: read, what: team-b}]', []],
    ['by its place', teams(both, reading), `allow: [{who: team-a, may: read, what: "s3://${BUCKET}/team-b/"}]`, []],
    [
      'of another cluster',
      teams(both, reading),
      'allow: [{who: team-a, may: read, what: team-b, cluster: prod}]',
      ['reaches: team-a may read team-b'],
    ],
    [
      'what must be so',
      teams(both),
      'require: [{who: team-b, may: list, what: team-a}]',
      ['lacks: team-b may not list team-a, and must'],
    ],
    [
      'its own is not usable',
      teams(['team-a'], { 'team-a': { policies: [] } }),
      '',
      ['lacks: team-a may do nothing in team-a'],
    ],
    ['which need not be', teams(['team-a'], { 'team-a': { policies: [] } }), 'own: allowed', []],
    [
      'somebody of another account',
      trusting({ AWS: `arn:aws:iam::${OTHER}:root` }),
      '',
      [`other: arn:aws:iam::${OTHER}:root gets into role team-a-role`],
    ],
    [
      'who is allowed',
      trusting({ AWS: `arn:aws:iam::${OTHER}:root` }),
      `allow: [{who: "arn:aws:iam::${OTHER}:*", what: team-a-role}]`,
      [],
    ],
    ['somebody of the same account', trusting({ AWS: ACCOUNT }), '', []],
    [
      'what cannot be judged',
      teams(both, { 'team-a': { policies: [{ name: 'm', unread: 'iam:GetPolicyVersion' }] } }),
      '',
      [
        'perhaps: Whether team-a may control, write, delete, read and list team-b cannot be judged',
        'perhaps: Whether team-a may control, write, delete, read and list team-a cannot be judged',
      ],
    ],
    [
      'what must be so, and is, is allowed by that',
      teams(both, reading),
      'require: [{who: team-a, may: read, what: team-b}]',
      ['lacks: team-a may not list team-b, and must'],
    ],
    [
      'what must be so and cannot be judged',
      teams(both, { 'team-a': { policies: [{ name: 'm', unread: 'iam:GetPolicyVersion' }] } }),
      'own: allowed\nrequire: [{who: team-a, may: anything, what: team-b}]',
      ['perhaps: Whether team-a may control, write, delete, read and list team-b cannot be judged'],
    ],
    [
      'a key that must be usable, and is not',
      withKey(teams(both), 'Deny'),
      `require: [{who: team-b, may: read, what: "${KEY}"}]`,
      [`lacks: team-b may not read ${KEY}, and must`],
    ],
    [
      'a key that must be usable, and is',
      withKey(teams(both, { 'team-a': withPolicy(allow('kms:*', '*')) }), 'Allow'),
      `own: allowed\nrequire: [{who: team-a, may: [read, write], what: "${KEY}"}]`,
      [],
    ],
    [
      'an access point',
      world(
        [cluster('dev', [profile('team-a'), { name: 'team-b', role: arnOf('team-b'), accessPoint: 'x-s3alias' }])],
        [role('team-a'), role('team-b')],
      ),
      '',
      ['perhaps: Whether team-b may use access point x-s3alias cannot be judged'],
    ],
    [
      'an access point, where what cannot be judged is allowed',
      world([cluster('dev', [{ name: 'team-b', accessPoint: 'x-s3alias' }])], []),
      'unjudged: allowed',
      [],
    ],
    [
      'a place in which its own lies',
      world(
        [cluster('dev', [profile('team-a'), profile('all', { place: { bucket: BUCKET, prefix: '' } })])],
        [role('team-a'), role('all', withPolicy(allow('s3:*', [A, `${A}/*`])))],
      ),
      '',
      ['reaches: all may control, write, delete, read and list team-a'],
    ],
  ];
  for (const [what, given, text, expected] of rows) test(what, () => assert.deepEqual(kinds(given, text), expected));

  for (const [entry, why] of [
    ['{who: team-x, what: team-a}', 'Nobody of the name team-x is known. Is "team-a" meant?'],
    ['{who: team-a, what: team-bb}', 'No place, key or role of the name team-bb is known. Is "team-b" meant?'],
    ['{who: team-a, what: team-b, cluster: prod}', 'No cluster prod is looked at: dev.'],
    ['{who: team-a, what: team-b}', 'Nothing is by this entry: take it out.'],
    ['{who: "arn:aws:iam::1:root", what: team-a-role}', 'Nothing is by this entry: take it out.'],
    ['{who: "team-?", what: "*"}', 'Nothing is by this entry: take it out.'],
  ] as const)
    test(`an entry that nothing is by says why: ${entry}`, () => {
      const report = reports(teams(both), `allow: [${entry}]`);
      assert.deepEqual(
        report.unused.map((one) => one.why),
        [why],
      );
      assert.ok(reportText(report).includes(why));
    });

  test('an entry that nothing is by is told', () => {
    const { unused } = reports(teams(both), 'allow: [{who: team-a, may: read, what: team-b}]');
    assert.deepEqual(
      unused.map(({ who, what }) => [who, what]),
      [['team-a', 'team-b']],
    );
  });

  for (const [text, problem] of [
    ['own: perhaps', /^Line 1: own is required or allowed/],
    ['allow:\n- who: a', /^Line 2: what is the name/],
    ['allow:\n- {who: a, what: b, may: [fly]}', /^Line 2: may is one of/],
    ['allow:\n- {who: a, what: b, may: []}', /^Line 2: may is one of/],
    ['foo: 1', /^Line 1: there is no field "foo"/],
    ['allow: {', /^Line 1: /],
    ['- a', /is no object/],
    ['allow: 1', /allow is a list/],
    ['allow: [{who: a, what: b, when: c}]', /no field "when" in an entry/],
  ] as const)
    test(`a file that is wrong: ${JSON.stringify(text)}`, () => {
      const read = readExpectation(text);
      assert.match('problem' in read ? read.problem : 'it was taken', problem);
    });

  test('the document and the JSON tell the same', () => {
    const report = reports(teams(both, reading));
    const text = reportText(report);
    assert.match(text, /2 profiles, 2 service accounts, 2 roles: 1 difference\./);
    assert.match(text, /^! team-a may read team-b\.$/m);
    assert.match(text, /statement 1 of policy p allows it/);
    assert.match(text, /^team-a +\[read\] +read$/m);
    assert.match(text, /^team-b +- +\[write\]$/m);
    const json = JSON.parse(JSON.stringify(reportJson(report))) as {
      asExpected: boolean;
      cells: unknown[];
      differences: { kind: string; because: { request: { call: { action: string } } } }[];
    };
    assert.deepEqual([json.asExpected, json.cells.length, json.differences[0]?.kind], [false, 3, 'reaches']);
    assert.equal(json.differences[0]?.because.request.call.action, 's3:GetObject');
  });

  test('of many profiles only those that differ are in the table', () => {
    const names = Array.from({ length: 100 }, (_, at) => `team-${at}`);
    const text = reportText(reports(teams(names, { 'team-7': withPolicy(allow('s3:GetObject', `${A}/team-9/*`)) })));
    assert.match(text, /^! team-7 may read team-9\.$/m);
    assert.match(text, /The other 99 service accounts reach only what is expected\./);
    assert.ok(text.split('\n').length < 60);
  });

  test('names from clusters are no more than text', () => {
    const text = reportText(reports(teams(['a\u001b[31m\nb'], { 'a\u001b[31m\nb': { policies: [] } })));
    assert.doesNotMatch(text, /\u001b/);
  });
});

describe('what is tried', () => {
  test('each may, and that a neighbour refuses', () => {
    const { attempts, untried } = attemptsOf(judgeIsolation(teams(['a', 'b'])));
    assert.deepEqual(
      attempts.map(({ proofs }) => proofs.map(({ must, does }) => `${must}: ${does.join()}`)),
      [
        ['succeed: list,write', 'be refused: list,write'],
        ['be refused: '],
        ['succeed: list,write', 'be refused: list,write'],
        ['be refused: '],
      ],
    );
    assert.deepEqual(untried, []);
  });
  test('not what may leave something behind, nor by way of another role', () => {
    const { attempts, untried } = attemptsOf(
      judgeIsolation(
        teams(['a', 'b'], {
          a: withPolicy(allow('s3:PutObject', `${A}/*`)),
          b: { trust: policy({ Effect: 'Allow', Principal: { AWS: arnOf('a') }, Action: 'sts:AssumeRole' }) },
        }),
      ),
    );
    assert.deepEqual(
      untried.map(({ says }) => says.replace(/.* by role /, '')),
      ['a-role', 'a-role', 'b-role'],
    );
    assert.ok(attempts.every(({ proofs }) => proofs.every(({ must }) => must === 'be refused')));
  });
});

test('of what is not in a matrix nothing is said', () => {
  const arn = `arn:aws:kms:us-west-2:${ACCOUNT}:key/1`;
  const everything = { a: withPolicy(allow('*', '*')) };
  const keys = new Map([[arn, { arn, policy: found(policy({ ...allow('kms:*', '*'), Principal: '*' })) }]]);
  const isolation = judgeIsolation(teams(['a', 'b'], everything, { keys }));
  assert.equal(isolation.because(0, 0, 'read')?.answer, 'yes');
  assert.equal(isolation.becauseKey(0, 0)?.answer, 'yes');
  for (const [who, place] of [
    [0, 9],
    [9, 0],
    [9, 9],
  ] as const) {
    assert.equal(isolation.because(who, place, 'read'), undefined);
    assert.equal(isolation.refused(who, place, 'read'), undefined);
    assert.equal(isolation.becauseKey(who, place), undefined);
    assert.deepEqual(isolation.cell(who, place), { yes: 0, unknown: 0 });
    assert.deepEqual(isolation.beyond(who, place, { bucket: BUCKET, prefix: 'a/' }), { yes: 0, unknown: 0 });
    assert.deepEqual(isolation.keyCell(who, place), { read: 'no', write: 'no' });
  }
});
