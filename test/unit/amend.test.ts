// A trust policy is changed so that one service account gets in: what others have in it stays, what is too wide is narrowed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { amendTrust, withdrawTrust } from '../../src/core/policy/amend.ts';
import { mayAssume } from '../../src/core/policy/evaluate.ts';

const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE0000000000000000000000000A';
const provider = `arn:aws:iam::555555555555:oidc-provider/${ISSUER}`;
const otherProvider = provider.replace('000A', '000B');
const audience = 'sts.amazonaws.com';
const sub = (namespace: string, name = 'default-editor'): string => `system:serviceaccount:${namespace}:${name}`;
const wanted = { provider, subject: sub('team-a'), audience };

type Json = Record<string, unknown>;
const allow = (condition: Json | undefined, more: Json = {}): Json => ({
  Effect: 'Allow',
  Principal: { Federated: provider },
  Action: 'sts:AssumeRoleWithWebIdentity',
  ...(condition === undefined ? {} : { Condition: condition }),
  ...more,
});
const by = (operator: string, subjects: unknown, more: Json = {}): Json => ({
  [operator]: { [`${ISSUER}:sub`]: subjects },
  ...(operator === 'StringEquals'
    ? { StringEquals: { [`${ISSUER}:sub`]: subjects, [`${ISSUER}:aud`]: audience } }
    : { StringEquals: { [`${ISSUER}:aud`]: audience } }),
  ...more,
});
const policy = (...statements: unknown[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements }, undefined, 2);
const ours = allow(by('StringEquals', sub('team-a')));

const gets = (text: string, subject: string, aud = audience, by = provider): boolean =>
  mayAssume(JSON.parse(text), { provider: by, sub: subject, aud }) === 'yes';
const statementsOf = (text: string): unknown[] => (JSON.parse(text) as { Statement: unknown[] }).Statement;

describe('what is right already stays, character by character', () => {
  const sourceIp = { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } };
  for (const [name, text] of Object.entries({
    'as we write it': policy(ours),
    'one statement as an object': JSON.stringify({ Version: '2012-10-17', Statement: ours }),
    'another subject in the same list': policy(allow(by('StringEquals', [sub('team-a'), sub('team-b')]))),
    'a condition of somebody else': policy(allow({ ...by('StringEquals', sub('team-a')), ...sourceIp })),
    'an account that may assume it too': policy(ours, {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::555555555555:root' },
      Action: 'sts:AssumeRole',
    }),
    'another cluster': policy(ours, allow(undefined, { Principal: { Federated: otherProvider } })),
  }))
    test(name, () => assert.deepEqual(amendTrust(text, wanted), { policy: text, lost: [] }));
});

describe('what others have in it survives', () => {
  const theirs = {
    'a subject of another namespace': allow(by('StringEquals', sub('team-b'))),
    'another account of the namespace': allow(by('StringEquals', sub('team-a', 'runner'))),
    'a pattern of somebody else': allow(by('StringLike', 'system:serviceaccount:spark:emr-*')),
    'a service': { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
    'another cluster': allow(undefined, { Principal: { Federated: otherProvider } }),
    'tagging of sessions': allow(undefined, { Action: 'sts:TagSession' }),
    'a Deny': { Effect: 'Deny', Principal: '*', Action: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
  };
  for (const [name, statement] of Object.entries(theirs))
    test(name, () => {
      const { policy: text, lost } = amendTrust(policy(statement), wanted);
      assert.deepEqual(statementsOf(text), [statement, ours]);
      assert.deepEqual(lost, []);
    });
  test('a provider that stands beside ours keeps its own statement', () => {
    const shared = allow(
      { StringEquals: { [`${ISSUER}:aud`]: audience } },
      { Principal: { Federated: [otherProvider, provider] } },
    );
    const { policy: text } = amendTrust(policy(shared), wanted);
    const [first, second] = statementsOf(text) as Json[];
    assert.deepEqual(first, { ...shared, Principal: { Federated: otherProvider } });
    assert.deepEqual(second?.['Principal'], { Federated: provider });
    assert.ok(gets(text, wanted.subject));
  });
  test('a condition of somebody else stays where the statement is narrowed', () => {
    const condition = { StringEquals: { 'aws:SourceVpc': 'vpc-1' } };
    const [only, more] = statementsOf(amendTrust(policy(allow(condition)), wanted).policy) as Json[];
    assert.equal(more, undefined);
    assert.deepEqual(only?.['Condition'], {
      StringEquals: { 'aws:SourceVpc': 'vpc-1', [`${ISSUER}:aud`]: audience, [`${ISSUER}:sub`]: wanted.subject },
    });
  });
});

describe('tests that a token without the claim passes', () => {
  const claims = { [`${ISSUER}:aud`]: audience, [`${ISSUER}:sub`]: [wanted.subject, sub('team-b')] };
  const vpc = { 'aws:SourceVpc': 'vpc-1' };
  for (const [name, condition, strict] of [
    ['ForAllValues', { 'ForAllValues:StringEquals': claims }, { StringEquals: claims }],
    ['IfExists', { StringEqualsIfExists: claims }, { StringEquals: claims }],
    ['both', { 'ForAllValues:StringLikeIfExists': claims }, { StringLike: claims }],
    [
      "somebody else's key beside them stays as it is",
      { StringEqualsIfExists: { ...claims, ...vpc } },
      { StringEquals: claims, StringEqualsIfExists: vpc },
    ],
    [
      'beside others under the strict operator',
      { StringEquals: vpc, StringEqualsIfExists: claims },
      { StringEquals: { ...vpc, ...claims } },
    ],
  ] as const)
    test(name, () => {
      const { policy: text, lost } = amendTrust(policy(allow(condition)), wanted);
      assert.deepEqual(statementsOf(text), [allow(strict)]);
      assert.deepEqual(lost, []);
    });
});

describe('a statement for a subject that no token has goes', () => {
  for (const name of ['team-a:default-editor', 'system:serviceaccount:<profile>:default-editor', 'alice@example.com'])
    test(name, () =>
      assert.deepEqual(statementsOf(amendTrust(policy(allow(by('StringEquals', name))), wanted).policy), [ours]),
    );
});

test('what is allowed by NotAction is narrowed, too', () => {
  const { Action, ...rest } = allow(undefined);
  assert.equal(Action, 'sts:AssumeRoleWithWebIdentity');
  const text = amendTrust(policy({ ...rest, NotAction: 'iam:*' }), wanted).policy;
  assert.deepEqual(statementsOf(text), [
    { ...rest, NotAction: 'iam:*', Condition: (ours as { Condition: Json }).Condition },
  ]);
});

test('a statement that also allows the tags of sessions is narrowed', () => {
  const both = { Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'] };
  const [only, more] = statementsOf(amendTrust(policy(allow(undefined, both)), wanted).policy) as Json[];
  assert.equal(more, undefined);
  assert.deepEqual(only, { ...ours, ...both });
});

test('what is added stands with the tests of the same operator, however that is written; nothing is added without need', () => {
  const condition = { stringequals: { 'aws:SourceVpc': 'vpc-1' } };
  const [only] = statementsOf(amendTrust(policy(allow(condition)), wanted).policy) as Json[];
  assert.deepEqual(Object.keys(only?.['Condition'] as Json), ['stringequals']);
  const both = { StringLike: { [`${ISSUER}:sub`]: sub('*'), [`${ISSUER}:aud`]: audience } };
  const [narrow] = statementsOf(amendTrust(policy(allow(both)), wanted).policy) as Json[];
  assert.deepEqual(narrow?.['Condition'], {
    StringLike: { [`${ISSUER}:sub`]: wanted.subject, [`${ISSUER}:aud`]: audience },
  });
});

describe('what is too wide is narrowed, and who loses is named', () => {
  const every = 'every other service account of the cluster';
  for (const [name, statement, lost] of [
    ['no condition', allow(undefined), [every, `tokens for another audience than ${audience}`]],
    ['aud only', allow({ StringEquals: { [`${ISSUER}:aud`]: audience } }), [every]],
    [
      'sub only',
      allow({ StringEquals: { [`${ISSUER}:sub`]: sub('team-a') } }),
      [`tokens for another audience than ${audience}`],
    ],
    ['every namespace', allow(by('StringLike', sub('*'))), [`other service accounts by the pattern ${sub('*')}`]],
    [
      'the whole namespace',
      allow(by('StringLike', sub('team-a', '*'))),
      [`other service accounts by the pattern ${sub('team-a', '*')}`],
    ],
    ['everybody but one', allow(by('StringNotEquals', sub('team-b'))), [every]],
  ] as const)
    test(name, () => {
      const amended = amendTrust(policy(statement), wanted);
      assert.ok(gets(amended.policy, wanted.subject));
      for (const other of [sub('team-b'), sub('team-c'), sub('team-a', 'default')])
        assert.ok(!gets(amended.policy, other), `${other} gets in`);
      assert.ok(!gets(amended.policy, wanted.subject, 'vault'));
      assert.deepEqual(amended.lost, lost);
      assert.equal(amendTrust(amended.policy, wanted).policy, amended.policy, 'a second time changes nothing');
    });
  test('a subject of somebody else beside the pattern stays', () => {
    const statement = allow(by('StringLike', [sub('*'), sub('team-b', 'runner'), 'system:serviceaccount:spark:*']));
    const { policy: text } = amendTrust(policy(statement), wanted);
    assert.ok(gets(text, sub('team-b', 'runner')) && gets(text, sub('spark', 'x')) && gets(text, wanted.subject));
    assert.ok(!gets(text, sub('team-c')));
  });
});

describe('what lets in nobody and was meant for the account is replaced', () => {
  for (const [name, statement] of Object.entries({
    'a pattern under StringEquals': allow(by('StringEquals', sub('team-a', '*'))),
    'the whole ARN in the condition key': allow({ StringEquals: { [`${provider}:sub`]: sub('team-a') } }),
    'the audience of another tool': allow({
      StringEquals: { [`${ISSUER}:sub`]: sub('team-a'), [`${ISSUER}:aud`]: 'vault' },
    }),
    'https:// in the provider': allow(by('StringEquals', sub('team-a')), {
      Principal: { Federated: provider.replace('oidc-provider/', 'oidc-provider/https://') },
    }),
    'the action of accounts': allow(by('StringEquals', sub('team-a')), { Action: 'sts:AssumeRole' }),
    'the subject under aud': allow({ StringEquals: { [`${ISSUER}:aud`]: sub('team-a') } }),
  }))
    test(name, () => {
      const { policy: text, lost } = amendTrust(policy(statement), wanted);
      assert.deepEqual(statementsOf(text), [ours]);
      assert.deepEqual(lost, []);
    });
  test('what is no policy is written anew', () => {
    for (const text of ['', 'null', '[]', '{']) assert.deepEqual(statementsOf(amendTrust(text, wanted).policy), [ours]);
  });
});

test('a Deny is never taken away: it stops us', () => {
  const deny = { ...ours, Effect: 'Deny' };
  const text = policy(ours, deny);
  const { stopped, policy: after } = amendTrust(text, wanted);
  assert.match(stopped ?? '', /Deny/);
  assert.equal(after, text);
});

test('whatever a policy says: the account gets in, no stranger does, and who was let in by name still is', () => {
  const subjects = fc.subarray([
    sub('team-a'),
    sub('team-b'),
    sub('team-a', 'runner'),
    sub('*'),
    sub('team-a', '*'),
    'system:*',
    'repo:x/y',
  ]);
  const operator = fc.constantFrom(
    'StringEquals',
    'StringLike',
    'StringNotEquals',
    'StringEqualsIfExists',
    'ForAllValues:StringLike',
  );
  const statement = fc
    .record({
      operator,
      subjects,
      aud: fc.constantFrom(audience, 'vault', undefined),
      federated: fc.constantFrom<unknown>(provider, otherProvider, [provider, otherProvider]),
      key: fc.constantFrom(ISSUER, ISSUER.toUpperCase(), provider),
    })
    .map(({ operator: op, subjects: values, aud, federated, key }) =>
      allow(
        {
          ...(values.length === 0 ? {} : { [op]: { [`${key}:sub`]: values.length === 1 ? values[0] : values } }),
          ...(aud === undefined ? {} : { StringEqualsIgnoreCase: { [`${ISSUER}:aud`]: aud } }),
        },
        { Principal: { Federated: federated } },
      ),
    );
  fc.assert(
    fc.property(fc.array(statement, { maxLength: 4 }), (statements) => {
      const before = policy(...statements);
      const { policy: after, stopped } = amendTrust(before, wanted);
      assert.equal(stopped, undefined);
      assert.ok(gets(after, wanted.subject));
      for (const stranger of [sub('zzz'), sub('team-a', 'zzz')]) assert.ok(!gets(after, stranger));
      assert.ok(!gets(after, wanted.subject, 'zzz'));
      // Of the other cluster nothing changes at all.
      for (const who of [sub('team-a'), sub('zzz')])
        assert.equal(gets(after, who, audience, otherProvider), gets(before, who, audience, otherProvider));
      assert.equal(amendTrust(after, wanted).policy, after);
    }),
  );
});

describe('one account leaves a trust policy', () => {
  const ec2 = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const two = allow(by('StringEquals', [sub('team-a'), sub('team-b')]));
  const cases: readonly [name: string, before: string, after: readonly unknown[], more?: object][] = [
    ['its statement goes, and those of others stay', policy(ec2, ours), [ec2]],
    ['its name goes from a list', policy(two), [allow(by('StringEquals', [sub('team-b')]))]],
    ['of what is for it alone nothing is left', policy(ours), [], { empty: true }],
    [
      'a pattern of others stays, and lets it in',
      policy(allow(by('StringLike', sub('*')))),
      [allow(by('StringLike', sub('*')))],
      { still: true },
    ],
    [
      'a statement without a subject stays, and lets it in',
      policy(allow(undefined)),
      [allow(undefined)],
      { still: true },
    ],
    [
      'of another cluster it is another account',
      policy(ours).replaceAll('000A', '000B'),
      statementsOf(policy(ours).replaceAll('000A', '000B')),
    ],
    [
      'what two providers share stays with the other one',
      policy({ ...ours, Principal: { Federated: [provider, otherProvider] } }),
      [{ ...ours, Principal: { Federated: otherProvider } }],
    ],
    [
      'a test that keeps it out stays',
      policy(allow({ StringNotEquals: { [`${ISSUER}:sub`]: sub('team-a') } })),
      [allow({ StringNotEquals: { [`${ISSUER}:sub`]: sub('team-a') } })],
    ],
    [
      'a Deny stays',
      policy(two, { ...two, Effect: 'Deny' }),
      [allow(by('StringEquals', [sub('team-b')])), { ...two, Effect: 'Deny' }],
    ],
  ];
  for (const [name, before, after, more = {}] of cases)
    test(name, () => {
      const { policy: text, still, ...rest } = withdrawTrust(before, wanted);
      assert.deepEqual(statementsOf(text), after);
      assert.deepEqual({ ...rest, ...(still === undefined ? {} : { still: true }) }, more);
      if (JSON.stringify(statementsOf(before)) === JSON.stringify(after))
        assert.equal(text, before, 'character by character');
    });

  test('who was let in and gets out again leaves everybody else as they were', () => {
    const statement = fc.oneof(
      fc.constant(ec2),
      fc.subarray(['team-b', 'team-c', 'team-d'], { minLength: 1 }).map((names) =>
        allow(
          by(
            'StringEquals',
            names.map((name) => sub(name)),
          ),
        ),
      ),
    );
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 3 }), (statements) => {
        const before = policy(...statements);
        const { policy: after, still } = withdrawTrust(amendTrust(before, wanted).policy, wanted);
        assert.equal(still, undefined);
        assert.deepEqual(statementsOf(after), statements);
      }),
    );
  });
});
