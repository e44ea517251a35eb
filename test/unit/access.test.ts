// Who gets in by a trust policy: what is said as sets and in words, held against the answer for one token.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { accessWords, admits, othersLetIn, whoGetsIn } from '../../src/core/policy/access.ts';
import { mayAssume, type WebIdentity } from '../../src/core/policy/evaluate.ts';

const ISSUER = 'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
const OTHER = 'oidc.eks.us-west-2.amazonaws.com/id/FFFF456789ABCDEF0123456789ABCDEF';
const GITHUB = 'token.actions.githubusercontent.com';
const arn = (issuer: string): string => `arn:aws:iam::111122223333:oidc-provider/${issuer}`;
const PROVIDER = arn(ISSUER);
const ACTION = 'sts:AssumeRoleWithWebIdentity';
const SUB = 'system:serviceaccount:team-a:default-editor';
const HOLE = '\uE000';

// ------------------------------------------------------------------------------------------------------- on generated policies

const SUBS = [
  SUB,
  'system:serviceaccount:team-b:default-editor',
  'system:serviceaccount:team-b:default-viewer',
  'system:serviceaccount:team-x:default-editor',
  'system:serviceaccount:kube-system:a',
  'SYSTEM:serviceaccount:Team-A:default-editor',
  'repo:org/repo:ref:refs/heads/main',
  'x*',
  '${aws:username}',
];
const AUDS = ['sts.amazonaws.com', 'vault'];
const identity: fc.Arbitrary<WebIdentity> = fc.record({
  provider: fc.constantFrom(PROVIDER, PROVIDER, arn(OTHER), arn(GITHUB), arn('idp.example.com')),
  sub: fc.constantFrom(...SUBS),
  aud: fc.constantFrom(...AUDS),
});

const value = fc.constantFrom<unknown>(
  ...SUBS,
  SUB,
  '*',
  'system:*',
  'system:serviceaccount:*:*',
  'system:serviceaccount:team-a:*',
  'system:serviceaccount:team-?:default-editor',
  '*:default-editor',
  '*:team-b:*',
  'repo:org/*',
  '',
  '${*}',
  'x${*}',
  '${aws:username}',
  '${aws:userid}',
  '${',
  '${}',
  '${${a}}',
  `system:serviceaccount:${HOLE}:default-editor`,
  `\${${ISSUER}:aud}`,
  "${aws:username, 'x*'}",
  'sts.amazonaws.com',
  'vault',
  'true',
  'false',
  '2100-01-01T00:00:00Z',
  '2020-01-01T00:00:00Z',
  3,
  null,
  { Ref: 'x' },
);
const values = fc.oneof(value, fc.array(value, { maxLength: 3 }));
const key = fc.constantFrom(
  `${ISSUER}:sub`,
  `${ISSUER}:sub`,
  `${ISSUER}:sub`,
  `${ISSUER}:aud`,
  `${ISSUER.toUpperCase()}:SUB`,
  `${OTHER}:sub`,
  `${GITHUB}:sub`,
  `${GITHUB}:actor`,
  'aws:SourceIp',
  'aws:CurrentTime',
  'aws:SecureTransport',
  'sts:RoleSessionName',
  'sts:ExternalId',
  'aws:username',
);
const operator = fc
  .tuple(
    fc.constantFrom('', '', '', 'ForAnyValue:', 'ForAllValues:'),
    fc.constantFrom(
      ...['StringEquals', 'StringEquals', 'StringLike', 'StringLike', 'StringNotEquals', 'StringNotLike'],
      ...['StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', 'Null', 'Bool', 'DateLessThan', 'ArnLike', 'Foo'],
    ),
    fc.constantFrom('', '', '', 'IfExists'),
  )
  .map((parts) => parts.join(''));
const condition = fc.dictionary(operator, fc.dictionary(key, values, { maxKeys: 2 }), { maxKeys: 3 });
const principal = fc.constantFrom<unknown>(
  { Federated: PROVIDER },
  { Federated: PROVIDER },
  { Federated: PROVIDER },
  { Federated: [PROVIDER, arn(GITHUB)] },
  { Federated: [arn(OTHER)], AWS: '111122223333' },
  { AWS: '*' },
  { AWS: '444455556666' },
  { Service: 'ec2.amazonaws.com' },
  { Federated: `arn:aws:iam::${HOLE}:oidc-provider/${ISSUER}` },
  { Federated: '*' },
  '*',
  {},
  [],
  PROVIDER,
);
const action = fc.constantFrom<unknown>(ACTION, ACTION, ACTION, 'sts:*', '*', 'sts:TagSession', [
  'sts:TagSession',
  ACTION,
]);
const statement = fc.record(
  {
    Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
    Action: action,
    NotAction: action,
    Principal: principal,
    NotPrincipal: principal,
    Condition: fc.oneof({ weight: 9, arbitrary: condition }, { weight: 1, arbitrary: fc.constant('x') }),
  },
  { requiredKeys: ['Effect'] },
);
/** Mostly well formed: one action, one principal. */
const usual = fc.record(
  { Effect: fc.constantFrom('Allow', 'Allow', 'Deny'), Action: action, Principal: principal, Condition: condition },
  { requiredKeys: ['Effect', 'Action', 'Principal'] },
);
const policy = fc.record({
  Version: fc.constantFrom('2012-10-17', '2012-10-17', '2012-10-17', '2008-10-17'),
  Statement: fc.oneof(fc.array(usual, { maxLength: 4 }), fc.array(statement, { maxLength: 3 })),
});

test('what is said as sets agrees with the answer for one token, on generated policies', () => {
  let settled = 0;
  fc.assert(
    fc.property(policy, identity, (trust, token) => {
      const [said, answer] = [admits(whoGetsIn(trust), token), mayAssume(trust, token)];
      if (said !== 'unknown') {
        assert.equal(said, answer);
        settled += 1;
      }
    }),
    { numRuns: 10_000 },
  );
  assert.ok(settled > 7_500, `only ${settled} are settled`);
});
