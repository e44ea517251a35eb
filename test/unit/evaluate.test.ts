import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { permissionsPolicy, trustPolicy } from '../../src/core/policy/build.ts';
import { placeholdersIn } from '../../src/core/policy/placeholder.ts';
import { admits, whoGetsIn } from '../../src/core/policy/access.ts';
import { accessWords } from '../../src/core/policy/access-words.ts';
import { allows, may, mayAssume } from '../../src/core/policy/evaluate.ts';
import type { Answer } from '../../src/core/policy/answer.ts';
import { testHolds } from '../../src/core/policy/condition.ts';
import { knownFacts, tokenFacts, type RequestContext } from '../../src/core/policy/context.ts';
import { resolve } from '../../src/core/policy/variables.ts';

const ISSUER = 'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
const PROVIDER = `arn:aws:iam::111122223333:oidc-provider/${ISSUER}`;
const SUB = 'system:serviceaccount:team-a:default-editor';
const NEIGHBOUR = 'system:serviceaccount:team-b:default-editor';
const token = { provider: PROVIDER, sub: SUB, aud: 'sts.amazonaws.com' };

const trust = (Condition: object, rest: object = {}): object => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: PROVIDER },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition,
      ...rest,
    },
  ],
});
const AUD = { [`${ISSUER}:aud`]: 'sts.amazonaws.com' };
const GOOD = { ...AUD, [`${ISSUER}:sub`]: SUB };
const like = (pattern: unknown): object => trust({ StringEquals: AUD, StringLike: { [`${ISSUER}:sub`]: pattern } });

test('who may assume the role', () => {
  const good = trustPolicy(PROVIDER, `https://${ISSUER}`, 'team-a');
  assert.equal(mayAssume(good, token), 'yes');
  assert.equal(mayAssume(good, { ...token, sub: NEIGHBOUR }), 'no');
  assert.equal(mayAssume(good, { ...token, aud: 'vault' }), 'no');
  assert.equal(mayAssume(good, { ...token, provider: PROVIDER.replace('0123', '4567') }), 'no');

  const table: [string, object, Answer, Answer][] = [
    ['aud only', trust({ StringEquals: AUD }), 'yes', 'yes'],
    ['no condition', trust({}), 'yes', 'yes'],
    ['list of subjects', trust({ StringEquals: { ...AUD, [`${ISSUER}:sub`]: ['x', SUB] } }), 'yes', 'no'],
    ['wildcard under StringEquals', trust({ StringEquals: { ...AUD, [`${ISSUER}:sub`]: '*' } }), 'no', 'no'],
    ['StringLike', like('system:serviceaccount:team-a:*'), 'yes', 'no'],
    ['StringLike with ?', like('system:serviceaccount:team-?:default-editor'), 'yes', 'yes'],
    ['StringNotEquals', trust({ StringEquals: AUD, StringNotEquals: { [`${ISSUER}:sub`]: NEIGHBOUR } }), 'yes', 'no'],
    ['key in another case', trust({ StringEquals: { [`${ISSUER.toUpperCase()}:SUB`]: SUB } }), 'yes', 'no'],
    ['key of another issuer', trust({ StringEquals: { 'x:sub': SUB } }), 'no', 'no'],
    ['key of another issuer, IfExists', trust({ StringEqualsIfExists: { 'x:sub': SUB } }), 'yes', 'yes'],
    ['key of another issuer, ForAllValues', trust({ 'ForAllValues:StringEquals': { 'x:sub': SUB } }), 'yes', 'yes'],
    ['key of another issuer, ForAnyValue', trust({ 'ForAnyValue:StringEquals': { 'x:sub': SUB } }), 'no', 'no'],
    ['Null', trust({ Null: { [`${ISSUER}:sub`]: 'true' } }), 'no', 'no'],
    ['https:// in the key', trust({ StringEquals: { [`https://${ISSUER}:sub`]: SUB } }), 'no', 'no'],
    ['other action', trust({ StringEquals: GOOD }, { Action: 'sts:AssumeRole' }), 'no', 'no'],
    [
      'action by pattern',
      trust({ StringEquals: GOOD }, { Action: ['sts:tagsession', 'STS:assumerolewith*'] }),
      'yes',
      'no',
    ],
    ['principal AWS', trust({ StringEquals: GOOD }, { Principal: { AWS: PROVIDER } }), 'no', 'no'],
    ['everyone', trust({ StringEquals: GOOD }, { Principal: '*' }), 'no', 'no'],
    ['denied', trust({ StringEquals: GOOD }, { Effect: 'Deny' }), 'no', 'no'],
    [
      'operator that cannot be judged',
      trust({ DateLessThan: { 'aws:CurrentTime': '2030-01-01' } }),
      'unknown',
      'unknown',
    ],
  ];
  for (const [name, policy, own, neighbour] of table) {
    assert.equal(mayAssume(policy, token), own, name);
    assert.equal(mayAssume(policy, { ...token, sub: NEIGHBOUR }), neighbour, `${name}, neighbour`);
  }
});

test('an explicit deny wins, also one that cannot be judged', () => {
  const deny = (Condition?: object): object => ({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 's3:*', Resource: '*' },
      { Effect: 'Deny', NotAction: 's3:Get*', Resource: '*', ...(Condition && { Condition }) },
    ],
  });
  assert.ok(allows(deny(), 's3:GetObject', 'arn:aws:s3:::b/k'));
  assert.ok(!allows(deny(), 's3:PutObject', 'arn:aws:s3:::b/k'));
  assert.ok(!allows(deny({ Sometimes: { 's3:max-keys': '1' } }), 's3:PutObject', 'arn:aws:s3:::b/k'));
  assert.ok(allows(deny({ NumericLessThan: { 's3:max-keys': '1' } }), 's3:PutObject', 'arn:aws:s3:::b/k'));
  assert.ok(allows(deny({ Bool: { 'aws:SecureTransport': 'false' } }), 's3:PutObject', 'arn:aws:s3:::b/k'));
});

test('what the policies of the wizard allow', () => {
  const prefix = permissionsPolicy('aws', 'artifacts', 'team-a', 'prefix');
  const table: [string, string, RequestContext, boolean][] = [
    ['s3:PutObject', 'arn:aws:s3:::artifacts/team-a/x', {}, true],
    ['s3:PutObject', 'arn:aws:s3:::artifacts/team-b/x', {}, false],
    ['s3:PutObject', 'arn:aws-cn:s3:::artifacts/team-a/x', {}, false],
    ['s3:ListBucket', 'arn:aws:s3:::artifacts', { 's3:prefix': 'team-a/' }, true],
    ['s3:ListBucket', 'arn:aws:s3:::artifacts', { 's3:prefix': 'team-b/' }, false],
    ['s3:ListBucket', 'arn:aws:s3:::artifacts', {}, false],
    ['s3:DeleteBucket', 'arn:aws:s3:::artifacts', {}, false],
  ];
  for (const [action, resource, context, expected] of table) {
    assert.equal(allows(prefix, action, resource, context), expected, `${action} ${resource}`);
  }
});

test('resources', () => {
  const on = (resource: unknown, rest: object = {}): object => ({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: resource, ...rest },
  });
  const object = 'arn:aws:s3:::b/k';
  const table: [unknown, boolean][] = [
    ['*', true],
    ['arn:aws:s3:::*', true],
    ['arn:aws:s3:::b/?', true],
    [['arn:aws:s3:::c', 'arn:*:s3:::b*'], true],
    ['arn:aws:s3', true],
    ['arn:aws:s3::::b/*', false],
    ['arn:aws:s3:::b', false],
    ['arn:aws*b/k', false],
    ['arn:aws:s3:::B/k', false],
    ['arn:aws:s3:::${aws:username}/*', false],
    [{ Ref: 'x' }, false],
    [undefined, false],
  ];
  for (const [resource, expected] of table) {
    assert.equal(allows(on(resource), 's3:GetObject', object), expected, JSON.stringify(resource));
  }
  assert.ok(allows(on('*/${aws:username}'), 's3:GetObject', 'arn:aws:s3:::b/bob', { 'aws:username': 'bob' }));
  assert.ok(!allows(on('arn:aws:${aws:username}:::b/*'), 's3:GetObject', object, { 'aws:username': 's3' }));
  const home = on('arn:aws:s3:::home/${aws:username}/*');
  assert.ok(allows(home, 's3:GetObject', 'arn:aws:s3:::home/bob/x', { 'AWS:UserName': 'bob' }));
  assert.ok(!allows(home, 's3:GetObject', 'arn:aws:s3:::home/eve/x', { 'aws:username': '*' }), 'a value is no pattern');
  assert.ok(allows(on("arn:aws:s3:::${aws:PrincipalTag/t, 'b'}/*"), 's3:GetObject', object));
  assert.ok(
    !allows({ ...home, Version: '2008-10-17' }, 's3:GetObject', 'arn:aws:s3:::home/bob/x', { 'aws:username': 'bob' }),
  );
  const rest = { Resource: undefined, NotResource: 'arn:aws:s3:::b/*' };
  assert.ok(!allows(on(undefined, rest), 's3:GetObject', object));
  assert.ok(allows(on(undefined, rest), 's3:GetObject', 'arn:aws:s3:::c/k'));
});

test('sets of values', () => {
  const tags = (operator: string): object => ({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: '*',
      Resource: '*',
      Condition: { [operator]: { 'aws:TagKeys': ['a', 'b'] } },
    },
  });
  const may = (operator: string, given: string[]): boolean =>
    allows(tags(operator), 's3:x', '*', { 'aws:TagKeys': given });
  assert.ok(may('ForAllValues:StringEquals', ['a', 'b']) && !may('ForAllValues:StringEquals', ['a', 'c']));
  assert.ok(may('ForAnyValue:StringEquals', ['a', 'c']) && !may('ForAnyValue:StringEquals', ['c']));
  assert.ok(may('ForAllValues:StringEquals', []) && !may('ForAnyValue:StringEquals', []));
  assert.ok(may('ForAllValues:StringNotEquals', ['c']) && !may('ForAllValues:StringNotEquals', ['c', 'a']));
});

test('a trust policy in words', () => {
  const words = (policy: object): string => accessWords(whoGetsIn(policy));
  assert.equal(words(trust({ StringEquals: GOOD })), 'team-a/default-editor');
  assert.equal(words(trust({ StringEquals: AUD })), 'every service account of the cluster that it trusts');
  assert.equal(words(like('system:serviceaccount:*:*')), 'every service account of the cluster that it trusts');
  assert.equal(
    words(trust({ StringEqualsIfExists: { 'x:sub': SUB } })),
    'every service account of the cluster that it trusts',
  );
  assert.equal(words(like('system:serviceaccount:team-a:*')), 'every service account of team-a');
  assert.equal(words(like(['system:serviceaccount:a:x', SUB])), 'a/x, team-a/default-editor');
  const others = {
    Statement: [
      { Effect: 'Allow', Principal: { Service: ['ec2.amazonaws.com'], AWS: '111122223333' }, Action: 'sts:AssumeRole' },
      { Effect: 'Deny', Principal: { AWS: '444455556666' }, Action: '*' },
    ],
  };
  assert.equal(words(others), 'ec2.amazonaws.com, 111122223333');
});

test('never throws, and says no to what is not a policy', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (whole, part) => {
      assert.equal(mayAssume(whole, token) === 'yes' && allows(whole, 's3:x', '*'), false);
      for (const policy of [{ Statement: part }, { Statement: [{ Effect: 'Allow', Condition: part }] }]) {
        assert.notEqual(mayAssume(policy, token), 'yes');
        assert.equal(allows(policy, 's3:GetObject', 'arn:aws:s3:::b/k'), false);
        accessWords(whoGetsIn(policy));
      }
    }),
  );
});

test('a deny takes away, an allow adds, and the order does not matter', () => {
  const statement = fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.constantFrom('s3:*', 's3:GetObject', 's3:Put*'),
    Resource: fc.constantFrom('*', 'arn:aws:s3:::b/*', 'arn:aws:s3:::c/*'),
  });
  fc.assert(
    fc.property(fc.array(statement, { maxLength: 5 }), statement, (statements, extra) => {
      const ask = (list: readonly object[]): boolean =>
        allows({ Version: '2012-10-17', Statement: list }, 's3:GetObject', 'arn:aws:s3:::b/k');
      const before = ask(statements);
      assert.equal(ask(statements.toReversed()), before);
      const after = ask([...statements, extra]);
      if (extra.Effect === 'Deny') assert.ok(!after || before);
      else assert.ok(after || !before);
    }),
  );
});

test('conditions, key by key', () => {
  const ask = (
    condition: object,
    context: RequestContext = {},
    {
      Version = '2012-10-17',
      resource = '*',
      pattern = '*',
    }: { Version?: string; resource?: string; pattern?: string } = {},
  ): Answer =>
    may(
      [{ Version, Statement: { Effect: 'Allow', Action: 's3:*', Resource: pattern, Condition: condition } }],
      's3:GetObject',
      resource,
      { values: context, lacks: () => true },
    );
  const tags = { 'aws:TagKeys': ['a', 'b'] };
  const table: [string, Answer, Answer][] = [
    [
      'a key with several values as a variable',
      ask({ StringEquals: { k: '${aws:TagKeys}' } }, { ...tags, k: 'a' }),
      'no',
    ],
    ['a key with one value as a variable', ask({ StringEquals: { k: '${x:y}' } }, { 'x:y': ['a'], k: 'a' }), 'yes'],
    ['an empty variable', ask({ StringLike: { k: '${}' } }, { k: 'x' }), 'no'],
    ['a nested variable', ask({ StringLike: { k: '${${x:y}}' } }, { k: 'x', 'x:y': 'x' }), 'no'],
    ['a variable that is not closed', ask({ StringLike: { k: '*${x:y' } }, { k: 'x', 'x:y': 'x' }), 'no'],
    ['a variable that is not closed, as text', ask({ StringLike: { k: '*${x' } }, { k: 'a${x' }), 'no'],
    ['a blank variable', ask({ StringLike: { k: '${  }' } }, { k: 'x' }), 'no'],
    ['a default value without a name', ask({ StringLike: { k: "${, 'x'}" } }, { k: 'x' }), 'no'],
    ['a default value that is not quoted', ask({ StringLike: { k: '${x:y, a}' } }, { k: 'a' }), 'no'],
    ['a dollar before a variable', ask({ StringEquals: { k: '$${x:y}' } }, { k: '$a', 'x:y': 'a' }), 'yes'],
    ['a value that looks like a variable', ask({ StringLike: { k: '$${x:y}' } }, { k: 'zzz', 'x:y': '{a}' }), 'no'],
    ['an escaped star', ask({ StringEquals: { k: '${*}' } }, { k: '*' }), 'yes'],
    ['an escaped star before 2012', ask({ StringEquals: { k: '${*}' } }, { k: '*' }, { Version: '2008-10-17' }), 'no'],
    ['its text before 2012', ask({ StringEquals: { k: '${*}' } }, { k: '${*}' }, { Version: '2008-10-17' }), 'yes'],
    ['Null true on an empty list', ask({ Null: { k: 'true' } }, { k: [] }), 'yes'],
    ['Null false on an empty list', ask({ Null: { k: false } }, { k: [] }), 'no'],
    ['Null false on a value', ask({ Null: { k: 'false' } }, { k: 'x' }), 'yes'],
    ['Null true and false', ask({ Null: { k: ['true', 'false'] } }), 'yes'],
    ['NullIfExists, which IAM does not have', ask({ NullIfExists: { k: 'true' } }), 'unknown'],
    ['ForAllValues on an empty text', ask({ 'ForAllValues:StringEquals': { k: 'x' } }, { k: '' }), 'yes'],
    ['ForAllValues on one text', ask({ 'ForAllValues:StringEquals': { k: 'x' } }, { k: ['', 'y'] }), 'no'],
    ['ArnLike with a short pattern', ask({ ArnLike: { k: 'arn:aws:s3*' } }, { k: 'arn:aws:s3:::b' }), 'no'],
    ['ArnLike with no ARN', ask({ ArnLike: { k: '*' } }, { k: 'arn:aws:s3:::b' }), 'no'],
    ['ArnNotLike with no ARN', ask({ ArnNotLike: { k: 'x' } }, { k: 'arn:aws:s3:::b' }), 'yes'],
    ['ArnLike', ask({ ArnLike: { k: 'arn:*:s3:::b*' } }, { k: 'arn:aws:s3:::bucket' }), 'yes'],
    ['ArnLike of another service', ask({ ArnLike: { k: 'arn:aws:s3:::b' } }, { k: 'arn:aws:sqs:::b' }), 'no'],
    ['ArnLike of another resource', ask({ ArnLike: { k: 'arn:aws:s3:::b' } }, { k: 'arn:aws:s3:::c' }), 'no'],
    ['ArnEquals takes wildcards', ask({ ArnEquals: { k: 'arn:aws:s3:::*' } }, { k: 'arn:aws:s3:::b' }), 'yes'],
    ['a number, absent', ask({ NumericEquals: { k: '1' } }), 'no'],
    ['a number, IfExists', ask({ NumericEqualsIfExists: { k: '1' } }), 'yes'],
    ['a number, negated', ask({ NumericNotEquals: { k: '1' } }), 'yes'],
    ['a number, ForAllValues', ask({ 'ForAllValues:NumericEquals': { k: '1' } }), 'yes'],
    ['numbers', ask({ NumericLessThanEquals: { k: 10 } }, { k: '10.0' }), 'yes'],
    ['numbers that differ', ask({ NumericGreaterThan: { k: ['10', '3'] } }, { k: '4' }), 'yes'],
    ['not a number', ask({ NumericLessThan: { k: 'ten' } }, { k: '4' }), 'no'],
    ['not a number, negated', ask({ NumericNotEquals: { k: 'ten' } }, { k: '4' }), 'yes'],
    ['a date', ask({ DateLessThan: { k: '2027-01-01' } }, { k: '2026-12-31T23:59:59Z' }), 'yes'],
    ['a date in seconds', ask({ DateGreaterThan: { k: '2027-01-01' } }, { k: '1798761600' }), 'no'],
    ['a date in seconds, later', ask({ DateGreaterThan: { k: '2027-01-01' } }, { k: '1798761601' }), 'yes'],
    ['no date', ask({ DateEquals: { k: 'soon' } }, { k: 'soon' }), 'no'],
    ['an address', ask({ IpAddress: { k: ['10.0.0.0/8', '192.0.2.1'] } }, { k: '10.255.0.1' }), 'yes'],
    ['an address alone', ask({ IpAddress: { k: '192.0.2.1' } }, { k: '192.0.2.2' }), 'no'],
    ['an address that is none', ask({ IpAddress: { k: '300.0.0.0/8' } }, { k: '300.0.0.1' }), 'no'],
    ['another address', ask({ NotIpAddress: { k: '10.0.0.0/8' } }, { k: '11.0.0.1' }), 'yes'],
    ['an address of IPv6', ask({ IpAddress: { k: '2001:db8::/32' } }, { k: '2001:0DB8:1::1' }), 'yes'],
    ['another address of IPv6', ask({ IpAddress: { k: '2001:db8::/32' } }, { k: '2001:db9::1' }), 'no'],
    ['every address of IPv4 is none of IPv6', ask({ IpAddress: { k: '0.0.0.0/0' } }, { k: '::1' }), 'no'],
    ['an address with two gaps', ask({ IpAddress: { k: '2001::db8::1' } }, { k: '2001::db8::1' }), 'no'],
    ['an address with a group that is none', ask({ IpAddress: { k: '2001:xyz::/16' } }, { k: '2001::1' }), 'no'],
    ['an address with a group too long', ask({ IpAddress: { k: '2001:00000::/16' } }, { k: '2001::1' }), 'no'],
    ['an address of nine groups', ask({ IpAddress: { k: '1:2:3:4:5:6:7:8:9' } }, { k: '1:2:3:4:5:6:7:8' }), 'no'],
    [
      'an address of eight groups and a gap',
      ask({ IpAddress: { k: '1:2:3:4::5:6:7:8' } }, { k: '1:2:3:4:5:6:7:8' }),
      'no',
    ],
    ['Bool', ask({ Bool: { k: true } }, { k: 'True' }), 'yes'],
    ['an operator that IAM does not have', ask({ StringMatches: { k: 'x' } }, { k: 'x' }), 'unknown'],
    [
      'a variable behind the fifth colon',
      ask({}, { 'x:y': 'b' }, { resource: 'arn:aws:s3:::b', pattern: 'arn:aws:s3:::${x:y}' }),
      'yes',
    ],
    [
      'a variable before the fifth colon',
      ask({}, { 'x:y': 'aws' }, { resource: 'arn:aws:s3:::b', pattern: 'arn:${x:y}:s3:::b' }),
      'no',
    ],
  ];
  for (const [name, answer, expected] of table) assert.equal(answer, expected, name);
});

test('a text of any length is judged in time that grows with it', () => {
  const long = 120_000;
  const texts = [
    `\${a${' '.repeat(long)}}`,
    `\${a,${' '.repeat(long)}}`,
    `\${a,${' '.repeat(long)}'b'${' '.repeat(long)}x}`,
    '${a'.repeat(long),
    '${*}'.repeat(long),
    '${'.repeat(long),
    `*${' '.repeat(long)}`,
    '*'.repeat(long),
    '*a'.repeat(long),
    '?'.repeat(long),
    ' '.repeat(long),
    `arn:${':'.repeat(long)}`,
  ];
  for (const text of texts) {
    for (const operator of ['StringEquals', 'StringLike', 'StringNotLike', 'ArnLike']) {
      const policy = trust({ [operator]: { [`${ISSUER}:sub`]: text, 'aws:SourceIp': text, [text]: text } }, {});
      mayAssume(policy, token);
      accessWords(whoGetsIn(policy));
    }
    may(
      [{ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: text } }],
      's3:x',
      'arn:aws:s3:::b',
      { values: {} },
    );
    mayAssume(trust({}, { Principal: { Federated: text }, Action: text }), token);
    accessWords(whoGetsIn(trust({}, { Principal: { Federated: text, AWS: text }, Action: text })));
    placeholdersIn(text);
  }
});

test('a policy with many providers, subjects and statements is judged within a bound, or said not to be', () => {
  const providers = Array.from({ length: 5_000 }, (_, i) => PROVIDER.replace(/.{4}$/, String(i).padStart(4, '0')));
  const subjects = Array.from({ length: 5_000 }, (_, i) => `system:serviceaccount:*-${i}-*:default-*`);
  const denials = Array.from({ length: 40 }, (_, i) => ({
    ...(trust({ StringLike: { [`${ISSUER}:sub`]: `*-${i}-*`, [`${ISSUER}:aud`]: `${i}*` } }) as { Statement: [object] })
      .Statement[0],
    Effect: 'Deny',
  }));
  const many: [string, object][] = [
    ['providers', trust({ StringEquals: GOOD }, { Principal: { Federated: providers } })],
    ['patterns', trust({ StringEquals: AUD, StringLike: { [`${ISSUER}:sub`]: subjects } })],
    [
      'denials of two things',
      { Version: '2012-10-17', Statement: [...(trust({}) as { Statement: object[] }).Statement, ...denials] },
    ],
  ];
  for (const [name, policy] of many) {
    const who = whoGetsIn(policy);
    assert.ok(who.bounded, name);
    assert.match(accessWords(who), /perhaps others \(the policy is too large to be judged here\)$/, name);
    assert.notEqual(admits(who, { ...token, sub: NEIGHBOUR }), 'no', name);
  }
  // The largest that IAM keeps: 8,192 characters.
  const largest = trust({ StringEquals: { ...AUD, [`${ISSUER}:sub`]: subjects.slice(0, 180) } });
  assert.ok(!whoGetsIn(largest).bounded);
  assert.ok(
    !whoGetsIn(trust({ StringEquals: AUD, StringLike: { [`${ISSUER}:sub`]: subjects.slice(0, 180) } })).bounded,
  );
});

test('one test of a condition, where the key is missing, not known, or known in part', () => {
  const hole = '\uE000';
  const facts = tokenFacts(PROVIDER, SUB, 'sts.amazonaws.com');
  const [subject, ip, user] = [`${ISSUER}:sub`, 'aws:SourceIp', 'aws:username'];
  const [now, epoch, session] = ['aws:CurrentTime', 'aws:EpochTime', 'sts:RoleSessionName'];
  const rows: readonly (readonly [operator: string, key: string, values: unknown, answer: Answer])[] = [
    ['Null', user, 'true', 'yes'],
    ['Null', user, 'false', 'no'],
    ['Null', user, ['true', 'false'], 'yes'],
    ['Null', user, { Ref: 'x' }, 'unknown'],
    ['Null', user, hole, 'unknown'],
    ['Null', user, null, 'no'],
    ['Null', user, 'x', 'no'],
    ['Null', subject, 'true', 'no'],
    ['Null', subject, 'false', 'yes'],
    ['Null', subject, [], 'no'],
    ['Null', ip, 'true', 'unknown'],
    ['Null', ip, 'x', 'no'],
    ['NullIfExists', user, 'true', 'unknown'],
    ...(['*', '**', '***', '?*', '??*', '?*?'] as const).map((one) => ['StringLike', session, one, 'yes'] as const),
    ...(['???*', '?*??', '??', 'a*', '', hole] as const).map((one) => ['StringLike', session, one, 'unknown'] as const),
    ['StringNotLike', session, '*', 'no'],
    ['StringEquals', session, '*', 'unknown'],
    ['DateLessThan', now, '2020-01-01', 'no'],
    ['DateLessThan', now, '2030-01-01', 'unknown'],
    ['DateLessThan', now, '2080-01-01', 'yes'],
    ['DateLessThan', now, hole, 'unknown'],
    ['DateLessThan', now, 'soon', 'no'],
    ['DateGreaterThan', now, '2020-01-01', 'yes'],
    ['DateGreaterThan', now, '2080-01-01', 'no'],
    ['DateEquals', now, '2020-01-01', 'no'],
    ['DateEquals', now, '2030-01-01', 'unknown'],
    ['DateNotEquals', now, '2020-01-01', 'yes'],
    ['DateNotEquals', now, '2030-01-01', 'unknown'],
    ['NumericLessThan', epoch, '1', 'no'],
    ['NumericLessThan', epoch, '9999999999', 'yes'],
    ['StringEquals', now, '2030-01-01', 'unknown'],
  ];
  assert.deepEqual(
    rows.map(([operator, key, values]) => [
      ...[operator, key, values],
      testHolds({ operator, key, values }, facts, true),
    ]),
    rows,
  );
});

test('numbers and dates are compared by what they are, and what is none is in no order', () => {
  const holds = (operator: string, wanted: string, given: string): boolean =>
    testHolds({ operator, key: 'x', values: wanted }, () => ({ state: 'is', values: [given] }), true) === 'yes';
  const orders = ['LessThan', 'LessThanEquals', 'Equals', 'NotEquals', 'GreaterThanEquals', 'GreaterThan'];
  const told = (kind: string, given: string, wanted: string): string =>
    orders.filter((order) => holds(`${kind}${order}`, wanted, given)).join(' ');
  for (const [kind, little, same, much] of [
    ['Numeric', '9', '9.0', '10'],
    ['Date', '2026-01-31', '2026-01-31T00:00:00Z', '2026-02-01'],
  ] as const) {
    assert.equal(told(kind, little, much), 'LessThan LessThanEquals NotEquals');
    assert.equal(told(kind, little, same), 'LessThanEquals Equals GreaterThanEquals');
    assert.equal(told(kind, much, little), 'NotEquals GreaterThanEquals GreaterThan');
    assert.equal(told(kind, 'x', little), 'NotEquals');
  }
});

test('a variable that is not closed matches nothing', () => {
  const facts = knownFacts({ values: { 'aws:username': 'x' } });
  for (const text of ['b/${aws:username', 'b/${aws:username}/${*', '${'])
    assert.equal(resolve(text, facts, true), undefined, text);
});
