/** The sandbox's judge of policies by itself: what IAM decides, as its documentation says. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { like, type Context } from '../../sandbox/conditions.ts';
import { permits, policyFault, trusts } from '../../sandbox/policy.ts';

const ISSUER = 'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
const PROVIDER = `arn:aws:iam::111122223333:oidc-provider/${ISSUER}`;
const NOW = '2012-10-17';
type Version = '2012-10-17' | '2008-10-17' | 'none';
const document = (version: Version, ...Statement: object[]): string =>
  JSON.stringify({ ...(version === 'none' ? {} : { Version: version }), Statement });
const context = (values: Readonly<Record<string, string | string[]>>): Context =>
  new Map(Object.entries(values).map(([key, value]) => [key.toLowerCase(), [value].flat()]));

/** Whether a condition holds, by a statement that allows everything else. */
const holds = (
  condition: object,
  values: Readonly<Record<string, string | string[]>> = {},
  version: Version = NOW,
): boolean =>
  permits([document(version, { Effect: 'Allow', Action: '*', Resource: '*', Condition: condition })], {
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::bucket/key',
    context: context(values),
  });
/** Whether an element of Resource names a resource. */
const names = (
  Resource: string,
  resource: string,
  values: Readonly<Record<string, string | string[]>> = {},
  version: Version = NOW,
): boolean =>
  permits([document(version, { Effect: 'Allow', Action: '*', Resource })], {
    action: 's3:GetObject',
    resource,
    context: context(values),
  });

describe('Version', () => {
  for (const [version, text, actual, expected] of [
    [NOW, '${k}', 'v', true],
    [NOW, '${k}', '${k}', false],
    ['2008-10-17', '${k}', 'v', false],
    ['2008-10-17', '${k}', '${k}', true],
    ['none', '${k}', 'v', false],
    ['none', '${k}', '${k}', true],
    [NOW, 'a${*}b', 'a*b', true],
    ['2008-10-17', 'a${*}b', 'a*b', false],
    ['2008-10-17', 'a${*}b', 'a${*}b', true],
  ] as const)
    test(`${version}: ${text} equals ${actual}: ${expected}`, () => {
      assert.equal(holds({ StringEquals: { x: text } }, { k: 'v', x: actual }, version), expected);
    });

  test('the star of ${*} is a wildcard where there are no variables, and a star where there are', () => {
    assert.equal(holds({ StringLike: { x: 'a${*}' } }, { x: 'abc' }), false);
    assert.equal(holds({ StringLike: { x: 'a${*}' } }, { x: 'a*' }), true);
    assert.equal(holds({ StringLike: { x: 'a${*}' } }, { x: 'a${bc}' }, '2008-10-17'), true);
    assert.equal(names('arn:aws:s3:::bucket/${*}', 'arn:aws:s3:::bucket/x'), false);
    assert.equal(names('arn:aws:s3:::bucket/${*}', 'arn:aws:s3:::bucket/${x}', {}, '2008-10-17'), true);
  });

  test('is each policy’s own', () => {
    const statement = { Effect: 'Allow', Action: '*', Resource: 'arn:aws:s3:::bucket/${team}/*' };
    const request = {
      action: 's3:GetObject',
      resource: 'arn:aws:s3:::bucket/a/x',
      context: context({ team: 'a' }),
    };
    assert.equal(permits([document('2008-10-17', statement)], request), false);
    assert.equal(permits([document('2008-10-17', statement), document(NOW, statement)], request), true);
  });
});

describe('variables', () => {
  for (const [text, values, actual, expected, why] of [
    ["${aws:PrincipalTag/team, 'none'}", {}, 'none', true, 'a default value'],
    ["${aws:PrincipalTag/team, 'none'}", { 'aws:PrincipalTag/team': 'red' }, 'red', true, 'a value before the default'],
    [
      "${aws:PrincipalTag/team, 'none'}",
      { 'aws:PrincipalTag/team': 'red' },
      'none',
      false,
      'a value before the default',
    ],
    ["${aws:PrincipalTag/team, ''}", {}, '', true, 'an empty default'],
    ['${aws:PrincipalTag/team, none}', {}, 'none', false, 'a default without quotes is none'],
    ["${k, '*'}", {}, 'x', false, 'a default is text'],
    ['${k}', { k: '*' }, 'x', false, 'a value is text, not a pattern'],
    ['${k}', { k: '*' }, '*', true, 'a value is text'],
    ['${k}', { k: '${*}' }, '${*}', true, 'a value is not read again'],
    ['${k}*', { k: 'a?' }, 'ab-', false, 'a value is text, beside a wildcard too'],
    ['${k}*', { k: 'a?' }, 'a?-', true, 'a value is text, beside a wildcard too'],
    ['${K}', { k: 'v' }, 'v', true, 'names in any case'],
    ['${k}', { k: ['v', 'w'] }, 'v', false, 'a key of several values is no variable'],
    ['${k}', {}, '', false, 'no value matches nothing'],
    ['${}', {}, '', false, 'an empty name'],
    ['*${', {}, 'x${', false, 'unclosed'],
    ['${a${k}}', { k: 'v' }, 'anything', false, 'nested'],
    ['$k', {}, '$k', true, 'a dollar sign'],
    ['${$}${?}', {}, '$?', true, 'signs themselves'],
  ] as const)
    test(`${text} of ${JSON.stringify(values)} is like "${actual}": ${expected} (${why})`, () => {
      const request = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, [value].flat()]));
      assert.equal(holds({ StringLike: { x: text } }, { ...request, x: actual }), expected);
    });

  test('are none in actions, numbers, dates, addresses and Bool', () => {
    const request = { action: 's3:GetObject', resource: 'arn:aws:s3:::b', context: context({ a: 's3:GetObject' }) };
    assert.equal(permits([document(NOW, { Effect: 'Allow', Action: '${a}', Resource: '*' })], request), false);
    const values = {
      n: '1',
      d: '2026-01-01',
      i: '10.0.0.1',
      b: 'true',
      x: '1',
      y: '2026-01-01',
      z: '10.0.0.1',
      w: 'true',
    };
    for (const [operator, key, wanted] of [
      ['NumericEquals', 'x', '${n}'],
      ['DateEquals', 'y', '${d}'],
      ['IpAddress', 'z', '${i}'],
      ['Bool', 'w', '${b}'],
    ] as const) {
      assert.equal(holds({ [operator]: { [key]: wanted } }, values), false, operator);
      const plain = values[wanted.slice(2, -1) as keyof typeof values];
      assert.equal(holds({ [operator]: { [key]: plain } }, values), true, operator);
    }
  });
});

describe('Resource', () => {
  for (const [pattern, resource, expected, why] of [
    ['*', 'arn:aws:s3:::b/k', true, 'everything'],
    ['*', '*', true, 'an action that is about no resource'],
    ['arn:aws:s3:::b/*', '*', false, 'an action that is about no resource'],
    ['arn:aws:s3:::b*', 'arn:aws:s3:::bucket/k', true, 'a star runs over slashes'],
    ['arn:aws:s3:::b/k:*', 'arn:aws:s3:::b/k:a:b', true, 'a star runs over colons behind the fifth'],
    ['arn:aws:s3*:b', 'arn:aws:s3:::b', false, 'a star does not run over colons before the fifth'],
    ['arn:aws:s3::*:b', 'arn:aws:s3:::x:b', false, 'a star does not run over colons before the fifth'],
    ['arn:*:b/k', 'arn:aws:s3:::b/k', false, 'a star does not run over colons before the fifth'],
    ['arn:aws:s3:*:*:b/k', 'arn:aws:s3:::b/k', true, 'a star may stand for nothing'],
    ['arn:aws:s3:??:*:b/k', 'arn:aws:s3:::b/k', false, 'a question mark stands for one'],
    ['arn:aws:s3', 'arn:aws:s3:::b/k', true, 'a short ARN is completed with stars'],
    ['arn:aws:sqs:us-west-2', 'arn:aws:sqs:us-west-2:111122223333:q', true, 'a short ARN is completed with stars'],
    ['arn:aws:sqs:us-west-2', 'arn:aws:sqs:us-east-1:111122223333:q', false, 'and judged as far as it goes'],
    ['arn:aws:s3::::b/*', 'arn:aws:s3:::b/k', false, 'a colon too many'],
    ['arn:aws:s3:::B/*', 'arn:aws:s3:::b/k', false, 'upper case'],
    ['arn:aws:s3:::${tag}/k', 'arn:aws:s3:::team:a/k', true, 'a variable of the resource, whatever it holds'],
    ['arn:aws:sqs:us-west-2:${acc:ount}:q', 'arn:aws:sqs:us-west-2:111122223333:q', false, 'a variable before it'],
  ] as const)
    test(`${pattern} names ${resource}: ${expected} (${why})`, () => {
      assert.equal(names(pattern, resource, { tag: 'team:a', 'acc:ount': '111122223333' }), expected);
    });
});

describe('operators', () => {
  const table: readonly [
    operator: string,
    wanted: unknown,
    actual: string | string[] | undefined,
    expected: boolean,
  ][] = [
    // In any case.
    ['stringequals', 'a', 'a', true],
    ['STRINGNOTEQUALS', 'a', 'a', false],
    ['forAnyValue:StringLikeIFEXISTS', 'a*', ['x', 'ab'], true],
    ['forallvalues:stringlike', 'a*', ['ab', 'x'], false],
    ['null', 'TRUE', undefined, true],
    // No such operators.
    ['ForAllValue:StringEquals', 'a', 'a', false],
    ['NullIfExists', 'true', undefined, false],
    ['constructor', 'a', 'a', false],
    // Numbers.
    ['NumericEquals', '1.50', '1.5', true],
    ['NumericLessThan', 10, '9', true],
    ['NumericLessThan', '10', '-9.5', true],
    ['NumericGreaterThanEquals', '3600', '3600', true],
    ['NumericEquals', '', '', false],
    ['NumericEquals', '0', '', false],
    ['NumericEquals', '0x10', '16', false],
    ['NumericNotEquals', 'x', '1', true],
    // Dates.
    ['DateLessThan', '2100-01-01T00:00:00Z', '2026-11-26T14:00:00Z', true],
    ['DateGreaterThan', '2100-01-01', '2026-11-26T14:00:00Z', false],
    ['DateEquals', '1767225600', '2026-01-01T00:00:00Z', true],
    ['DateEquals', '2026-01-01T01:00:00+01:00', '2026-01-01T00:00:00Z', true],
    ['DateEquals', '0', '1970-01-01', true],
    ['DateEquals', '2026', '2026-01-01', false],
    ['DateEquals', '2026-01-01T00:00:00', '2026-01-01T00:00:00Z', true],
    ['DateLessThan', 'next year 2100', '2026-01-01', false],
    ['DateNotEquals', 'nonsense', '2026-01-01', true],
    // Addresses.
    ['IpAddress', '10.0.0.0/8', '10.1.2.3', true],
    ['IpAddress', '10.0.0.0/8', '11.1.2.3', false],
    ['IpAddress', '10.1.2.3', '10.1.2.3', true],
    ['IpAddress', '0.0.0.0/0', '203.0.113.1', true],
    ['IpAddress', '203.0.113.128/25', '203.0.113.127', false],
    ['IpAddress', '2001:db8::/32', '2001:db8:1234::1', true],
    ['IpAddress', '2001:DB8:1234:5678::/64', '2001:db8:1234:5678:9:a:b:c', true],
    ['IpAddress', '2001:db8::/33', '2001:db8:8000::1', false],
    ['IpAddress', '2001:db8::1', '2001:0db8:0:0:0:0:0:1', true],
    ['IpAddress', '::ffff:10.0.0.0/104', '::ffff:a01:203', true],
    ['IpAddress', '::/0', '2001:db8::1', true],
    ['IpAddress', '::/0', '10.0.0.1', false],
    ['IpAddress', '0.0.0.0/0', '2001:db8::1', false],
    ['NotIpAddress', '2001:db8::/32', '2001:db8::1', false],
    ['NotIpAddress', '10.0.0.0/8', '2001:db8::1', true],
    ['IpAddress', '10.0.0.0/33', '10.0.0.0', false],
    ['IpAddress', '10.0.0', '10.0.0.0', false],
    // ARNs.
    ['ArnLike', 'arn:aws:iam::*:role/team-*', 'arn:aws:iam::111122223333:role/team-a', true],
    ['ArnEquals', 'arn:aws:iam::*:role/team-*', 'arn:aws:iam::111122223333:role/team-a', true],
    ['ArnLike', 'arn:aws:iam:*:role/team-a', 'arn:aws:iam::111122223333:role/team-a', false],
    ['ArnLike', 'arn:aws:iam', 'arn:aws:iam::111122223333:role/team-a', false],
    ['ArnLike', '*', 'arn:aws:iam::111122223333:role/team-a', false],
    ['ArnLike', 'team-a', 'team-a', false],
    ['ArnNotLike', 'arn:aws:iam::*:role/*', 'arn:aws:iam::111122223333:role/team-a', false],
    // Absent keys and empty values.
    ['StringEquals', [], 'a', false],
    ['StringNotEquals', [], 'a', true],
    ['ForAllValues:StringEquals', 'a', undefined, true],
    ['ForAllValues:StringEquals', 'a', '', true],
    ['ForAnyValue:StringEquals', '', '', false],
    ['ForAnyValue:StringNotEquals', 'a', undefined, false],
    ['ForAnyValue:StringNotEquals', 'a', '', false],
    ['ForAnyValue:StringEqualsIfExists', 'a', undefined, true],
    ['ForAnyValue:StringEqualsIfExists', 'a', '', false],
    ['StringNotEqualsIfExists', 'a', undefined, true],
    ['NumericLessThanIfExists', '1', undefined, true],
    ['NotIpAddress', '10.0.0.0/8', undefined, true],
    ['Null', 'true', [], true],
    ['Null', ['true', 'false'], 'a', true],
    ['Null', 'maybe', 'a', false],
    ['Null', 'maybe', undefined, false],
    ['Bool', true, 'True', true],
  ];
  for (const [operator, wanted, actual, expected] of table)
    test(`${operator} ${JSON.stringify(wanted)} on ${JSON.stringify(actual)}: ${expected}`, () => {
      assert.equal(holds({ [operator]: { key: wanted } }, actual === undefined ? {} : { KEY: actual }), expected);
    });
});

describe('a trust policy', () => {
  const sub = (value: string | string[]): object => ({ [`${ISSUER}:sub`]: value });
  const allow = (Condition: object = {}, other: object = {}): object => ({
    Effect: 'Allow',
    Principal: { Federated: PROVIDER },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition,
    ...other,
  });
  const deny = (Condition: object = {}, other: object = {}): object => allow(Condition, { Effect: 'Deny', ...other });
  const A = 'system:serviceaccount:team-a:default-editor';
  const B = 'system:serviceaccount:team-b:default-editor';
  const aud = { StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com' } };
  const table: readonly [what: string, statements: object[], letsIn: readonly string[]][] = [
    ['audience only', [allow(aud)], [A, B]],
    ['a guard', [allow(aud), deny({ StringNotEquals: sub(A) })], [A]],
    ['everyone but', [allow(aud), deny({ StringLike: sub('*:team-b:*') })], [A]],
    ['Deny for "*"', [allow(aud), deny({}, { Principal: '*' })], []],
    ['Deny for AWS "*"', [allow(aud), deny({}, { Principal: { AWS: '*' } })], []],
    ['Allow for AWS "*"', [allow(aud, { Principal: { AWS: '*' } })], []],
    ['NotPrincipal AWS "*"', [allow(aud, { Principal: undefined, NotPrincipal: { AWS: '*' } })], []],
    ['NotPrincipal an account', [allow(aud, { Principal: undefined, NotPrincipal: { AWS: '111122223333' } })], [A, B]],
    ['no subjects', [allow({ StringEquals: sub([]) })], []],
    ['another audience', [allow({ StringEquals: { [`${ISSUER}:aud`]: 'vault' } })], []],
    ['another issuer’s key', [allow({ StringEquals: { 'oidc.example.com:sub': A } })], []],
    ['IfExists on another issuer’s key', [allow({ StringEqualsIfExists: { 'oidc.example.com:sub': A } })], [A, B]],
    ['another action', [allow(aud, { Action: 'sts:TagSession' })], []],
    ['over TLS', [allow({ Bool: { 'aws:SecureTransport': 'true' } })], [A, B]],
    ['until 2100', [allow({ DateLessThan: { 'aws:CurrentTime': '2100-01-01T00:00:00Z' } })], [A, B]],
    ['a variable', [allow({ StringEquals: sub('${aws:username}') })], []],
  ];
  for (const [what, statements, letsIn] of table)
    test(`${what}: lets in ${letsIn.length}`, () => {
      const policy = document(NOW, ...statements);
      const admitted = [A, B].filter((subject) =>
        trusts(policy, {
          provider: PROVIDER,
          action: 'sts:AssumeRoleWithWebIdentity',
          context: context({
            [`${ISSUER}:sub`]: subject,
            [`${ISSUER}:aud`]: 'sts.amazonaws.com',
            'aws:SecureTransport': 'true',
            'aws:CurrentTime': '2026-11-26T14:00:00Z',
          }),
        }),
      );
      assert.deepEqual(admitted, letsIn);
    });
});

describe('what IAM refuses', () => {
  const view = { account: '111122223333', exists: async (arn: string) => arn === PROVIDER };
  const trust = (statement: object) =>
    policyFault(
      document(NOW, {
        Effect: 'Allow',
        Principal: { Federated: PROVIDER },
        Action: 'sts:AssumeRoleWithWebIdentity',
        ...statement,
      }),
      'trust',
      view,
    );
  const permission = (statement: object) =>
    policyFault(
      document(NOW, { Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...statement }),
      'identity',
      view,
    );

  for (const Principal of [
    '*',
    { Federated: '*' },
    {},
    [],
    ['*'],
    [{ Federated: PROVIDER }],
    PROVIDER,
    'arn:aws:iam::111122223333:root',
    { Foo: 'bar' },
    { Foo: PROVIDER },
    { Service: '*.amazonaws.com' },
    { Service: '*' },
    { Federated: [] },
    { Federated: [PROVIDER, '*'] },
    { Federated: [[PROVIDER]] },
    { Federated: `${PROVIDER} ` },
    null,
  ])
    test(`Principal ${JSON.stringify(Principal)}`, async () => {
      assert.match((await trust({ Principal })) ?? '', /^Invalid principal in policy/);
      assert.match((await trust({ Principal: undefined, NotPrincipal: Principal })) ?? '', /^Invalid principal/);
    });
  test('and takes the others', async () => {
    for (const Principal of [
      { Federated: PROVIDER },
      { Federated: [PROVIDER] },
      { Federated: [PROVIDER, 'accounts.google.com'] },
      { AWS: '*' },
      { AWS: ['111122223333', 'arn:aws:iam::444455556666:role/x'] },
      { Service: ['ec2.amazonaws.com', 'pods.eks.amazonaws.com'] },
      { Federated: PROVIDER, Service: 'ec2.amazonaws.com' },
    ])
      assert.equal(await trust({ Principal }), undefined, JSON.stringify(Principal));
  });
  test('names the principal as IAM does', async () => {
    assert.equal(await trust({ Principal: '*' }), 'Invalid principal in policy: "STAR":"*"');
    assert.equal(await trust({ Principal: { Federated: '*' } }), 'Invalid principal in policy: "FEDERATED":"*"');
  });

  test('operators in any case, but only those that there are', async () => {
    assert.equal(await trust({ Condition: { stringequals: { a: 'b' } } }), undefined);
    assert.equal(await trust({ Condition: { 'FORANYVALUE:STRINGLIKEIFEXISTS': { a: 'b' } } }), undefined);
    assert.match((await trust({ Condition: { StringEqual: { a: 'b' } } })) ?? '', /^Invalid Condition type/);
    assert.match((await trust({ Condition: { toString: { a: 'b' } } })) ?? '', /^Invalid Condition type/);
    assert.equal(await trust({ Condition: { StringEqual: {} } }), undefined);
  });

  test('resources and actions that mean nothing are stored', async () => {
    for (const Resource of ['arn:aws:s3', 'arn:aws:sqs:us-west-2', 'arn:aws:s3::::b/*'])
      assert.equal(await permission({ Resource }), undefined, Resource);
    for (const Resource of ['bucket', 'arn:aws:s3::b']) assert.notEqual(await permission({ Resource }), undefined);
    for (const Action of ['s3:', 's3.s:X', 's3:Get Object', 's3:Get-Object'])
      assert.equal(await permission({ Action }), undefined, Action);
    for (const Action of ['GetObject', 's3:a:b', 's_3:GetObject', ''])
      assert.notEqual(await permission({ Action }), undefined, Action);
  });
});

describe('wildcards', () => {
  /** How often a text is looked at until a pattern is found not to match. */
  const looks = (stars: number, letters: number): number => {
    let count = 0;
    const text = new Proxy('a'.repeat(letters).split(''), {
      get: (target, key) => {
        if (/^\d+$/.test(String(key))) count++;
        return Reflect.get(target, key) as unknown;
      },
    });
    assert.equal(like(text, `${'*a'.repeat(stars)}b`), false);
    return count;
  };
  test('a dozen stars cost no more than their number times the letters', () => {
    for (const stars of [1, 12, 100]) assert.ok(looks(stars, 1_000) <= 2 * (stars + 1) * 1_000, `${stars}`);
    assert.ok(looks(12, 2_000) < 2.2 * looks(12, 1_000), 'twice the letters, twice the work');
  });
  test('a stored policy of stars is judged', () => {
    const pattern = `arn:aws:s3:::${'*a'.repeat(2_000)}b`;
    assert.equal(names(pattern, `arn:aws:s3:::${'a'.repeat(1_000)}`), false);
    assert.equal(holds({ StringLike: { x: `${'*'.repeat(5_000)}y` } }, { x: 'x'.repeat(1_000) }), false);
    assert.equal(holds({ StringLike: { x: `\${k${' '.repeat(100_000)}}` } }, { k: 'v', x: 'v' }), true);
    assert.equal(holds({ StringLike: { x: '${'.repeat(100_000) } }, { x: 'v' }), false);
  });
  for (const [pattern, text, expected] of [
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['**', 'ab', true],
    ['?', '', false],
    ['a?c', 'abc', true],
    ['a*c', 'abbbc', true],
    ['a*c', 'abbbd', false],
    ['*ab', 'aab', true],
    ['a*b*c', 'aXbXbXc', true],
    ['*?', '', false],
    ['*?', 'a', true],
    ['?*b', 'b', false],
    ['.+', 'aa', false],
    ['a\nb', 'a\nb', true],
    ['*', 'a\nb', true],
  ] as const)
    test(`${JSON.stringify(pattern)} on ${JSON.stringify(text)}: ${expected}`, () => {
      assert.equal(like(text, pattern), expected);
    });
});
