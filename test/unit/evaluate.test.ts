import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { permissionsPolicy, trustPolicy } from '../../src/core/policy/build.ts';
import { accessWords, whoGetsIn } from '../../src/core/policy/access.ts';
import { allows, mayAssume, type Answer, type RequestContext } from '../../src/core/policy/evaluate.ts';

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
  assert.equal(words(trust({ StringEquals: AUD })), 'every service account of the cluster');
  assert.equal(words(like('system:serviceaccount:*:*')), 'every service account of the cluster');
  assert.equal(words(trust({ StringEqualsIfExists: { 'x:sub': SUB } })), 'every service account of the cluster');
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
