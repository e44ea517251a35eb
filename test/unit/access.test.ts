// Who gets in by a trust policy: what is said as sets and in words, held against the answer for one token.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { judgeProfile } from '../../src/core/modes/live.ts';
import { saying } from '../../src/core/phrase.ts';
import { admits, othersLetIn, whoGetsIn, type Admitted, type WhoGetsIn } from '../../src/core/policy/access.ts';
import { accessWords } from '../../src/core/policy/access-words.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { found } from '../../src/core/reading.ts';
import { checkTrustPolicy } from '../../src/core/modes/trust/policy.ts';
import { findings } from './policy-kit.ts';
import { mayAssume, type WebIdentity } from '../../src/core/policy/evaluate.ts';
import type { Answer } from '../../src/core/policy/answer.ts';
import { ALL, STEPS, type Pattern, type Values } from '../../src/core/policy/values.ts';
import { asKept } from './told.ts';

const ISSUER = 'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
const OTHER = 'oidc.eks.us-west-2.amazonaws.com/id/FFFF456789ABCDEF0123456789ABCDEF';
const GITHUB = 'token.actions.githubusercontent.com';
const arn = (issuer: string): string => `arn:aws:iam::111122223333:oidc-provider/${issuer}`;
const PROVIDER = arn(ISSUER);
const ACTION = 'sts:AssumeRoleWithWebIdentity';
const SUB = 'system:serviceaccount:team-a:default-editor';
const HOLE = '\uE000';

const statement = (change: object = {}): object => ({
  Effect: 'Allow',
  Principal: { Federated: PROVIDER },
  Action: ACTION,
  Condition: { StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com', [`${ISSUER}:sub`]: SUB } },
  ...change,
});
const policyOf = (...Statement: object[]): object => ({ Version: '2012-10-17', Statement });
const AUD = { StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com' } };
const when = (Condition: object, change: object = {}): object => statement({ Condition, ...change });
const sub = (value: unknown, operator = 'StringEquals', issuer = ISSUER): object =>
  when({ ...AUD, [operator]: { ...(operator === 'StringEquals' ? AUD.StringEquals : {}), [`${issuer}:sub`]: value } });
const deny = (Condition: object, change: object = {}): object => when(Condition, { Effect: 'Deny', ...change });
const also = (Condition: object): object =>
  policyOf(when({ ...(statement() as { Condition: object }).Condition, ...Condition }));
const subject = (namespace: string, name = 'default-editor'): string => `system:serviceaccount:${namespace}:${name}`;

/** What is said of it in a file of its own. */
const inFile = (policy: object): string[] =>
  findings(checkTrustPolicy, JSON.stringify(policy)).map(({ id, severity }) => `${id} ${severity}`);

const CLUSTER = {
  name: 'dev',
  region: 'us-west-2',
  arn: 'arn:aws:eks:us-west-2:111122223333:cluster/dev',
  account: '111122223333',
  partition: 'aws',
  status: 'ACTIVE',
  version: '1.36',
  issuer: `https://${ISSUER}`,
};
const ROLE = 'arn:aws:iam::111122223333:role/team-a-role';
const absent = { state: 'absent' } as const;
/** What the tree says of it as the trust policy of team-a's role: problems, and what it cannot judge. */
function inTree(policy: object): string[] {
  const role = {
    arn: ROLE,
    name: 'team-a-role',
    trustPolicy: JSON.stringify(policy),
    tags: {},
    inline: [],
    attached: ['x'],
  };
  const readings = {
    cluster: CLUSTER,
    provider: found({ arn: PROVIDER, clientIds: ['sts.amazonaws.com'] }),
    profile: { ...newProfile('team-a', 'alice@example.com', ROLE, true), finalizers: [] },
    namespace: found({ name: 'team-a', owner: 'alice@example.com', deleting: false }),
    serviceAccount: found({
      namespace: 'team-a',
      name: 'default-editor',
      annotations: { 'eks.amazonaws.com/role-arn': ROLE },
    }),
    launcher: absent,
    role: found(role),
    sharedWith: [],
  };
  const { problems, unread } = judgeProfile(readings, undefined, 0);
  return [
    ...problems.map(({ id }) => id),
    ...unread
      .map(({ what }) => saying(what))
      .map((what) => (what === 'whether team-a-role lets in default-editor' ? '?' : what)),
  ];
}

interface Row {
  readonly policy: object;
  /** Who may assume it, on the cluster of ISSUER. */
  readonly words: string;
  /** Whether SUB is let in. */
  readonly answer: Answer;
}
const NOBODY = { words: 'nobody', answer: 'no' } as const;
const ONLY_A = { words: 'team-a/default-editor', answer: 'yes' } as const;
const refused = (Principal: unknown, why: string): Row => ({
  policy: policyOf(statement({ Principal })),
  words: `nobody; IAM refuses this policy: ${why}`,
  answer: 'no',
});
const depends = (key: string, operator: string, value: unknown): Row => ({
  policy: also({ [operator]: { [key]: value } }),
  words: `perhaps team-a/default-editor (it depends on ${key})`,
  answer: 'unknown',
});

const rows: Record<string, Row> = {
  "the wizard's own": { policy: policyOf(statement()), ...ONLY_A },
  'with SecureTransport': { policy: also({ Bool: { 'aws:SecureTransport': 'true' } }), ...ONLY_A },
  'without TLS': { policy: also({ Bool: { 'aws:SecureTransport': false } }), ...NOBODY },
  'until far in the future': {
    policy: also({ DateLessThan: { 'aws:CurrentTime': '2100-01-01T00:00:00Z' } }),
    ...ONLY_A,
  },
  'until long ago': { policy: also({ DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } }), ...NOBODY },
  'until a day of which nobody knows': depends('aws:CurrentTime', 'DateLessThan', '2030-06-01T00:00:00Z'),
  'in seconds': { policy: also({ NumericGreaterThan: { 'aws:EpochTime': '1577836800' } }), ...ONLY_A },
  'any name of a session': { policy: also({ StringLike: { 'sts:RoleSessionName': '*' } }), ...ONLY_A },
  'a name of a session': depends('sts:RoleSessionName', 'StringLike', 'kf-*'),
  'an address': depends('aws:SourceIp', 'IpAddress', '10.0.0.0/8'),
  'a region': depends('aws:RequestedRegion', 'StringEqualsIgnoreCase', 'us-west-2'),
  'a duration': depends('sts:DurationSeconds', 'NumericLessThanEquals', 3600),
  'an operator that IAM does not have': depends('aws:SourceIp', 'Sometimes', 'x'),
  'up to the first day that counts': depends('aws:CurrentTime', 'DateGreaterThan', '2026-01-01T00:00:00Z'),
  'up to the last day that counts': depends('aws:CurrentTime', 'DateLessThan', '2076-01-01T00:00:00Z'),
  'a name of a session of two characters at least': {
    policy: also({ StringLike: { 'sts:RoleSessionName': '??*' } }),
    ...ONLY_A,
  },
  'a name of a session of three characters at least': depends('sts:RoleSessionName', 'StringLike', '???*'),
  'an external id, which a token cannot have': { policy: also({ StringLike: { 'sts:ExternalId': '*' } }), ...NOBODY },
  'a key of another service': { policy: also({ StringLike: { 's3:prefix': '*' } }), ...NOBODY },

  'every audience guarded by a Deny of all others': {
    policy: policyOf(when(AUD), deny({ StringNotEquals: { [`${ISSUER}:sub`]: SUB } })),
    ...ONLY_A,
  },
  'every service account guarded by a Deny of other namespaces': {
    policy: policyOf(
      sub('system:serviceaccount:*:*', 'StringLike'),
      deny({ StringNotLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:team-a:*' } }),
    ),
    words: 'every service account of team-a',
    answer: 'yes',
  },
  'all, and one by name': {
    policy: policyOf(sub(['system:serviceaccount:*:*', SUB], 'StringLike')),
    words: 'every service account of the cluster',
    answer: 'yes',
  },
  'two, and one denied': {
    policy: policyOf(sub([SUB, subject('team-b')]), deny({ StringEquals: { [`${ISSUER}:sub`]: subject('team-b') } })),
    ...ONLY_A,
  },
  'a Deny for an address': {
    policy: policyOf(statement(), deny({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } })),
    words: 'perhaps team-a/default-editor (it depends on aws:SourceIp)',
    answer: 'unknown',
  },
  'a Deny for an address and another one': {
    policy: policyOf(
      statement(),
      deny({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' }, StringEquals: { [`${ISSUER}:sub`]: subject('team-b') } }),
    ),
    ...ONLY_A,
  },

  'everybody denied by AWS *': { policy: policyOf(statement(), deny({}, { Principal: { AWS: '*' } })), ...NOBODY },
  'an account denied': {
    policy: policyOf(statement(), deny({}, { Principal: { AWS: '111122223333' } })),
    ...ONLY_A,
  },
  'everybody but everybody': {
    policy: policyOf(when({}, { Principal: undefined, NotPrincipal: { AWS: '*' } })),
    ...NOBODY,
  },
  'everybody but an account': {
    policy: policyOf(when({}, { Principal: undefined, NotPrincipal: { AWS: '444455556666' } })),
    words: 'everybody but 444455556666',
    answer: 'yes',
  },
  'everybody denied but this provider': {
    policy: policyOf(statement(), deny({}, { Principal: undefined, NotPrincipal: { Federated: PROVIDER } })),
    ...ONLY_A,
  },
  'everybody denied but an account': {
    policy: policyOf(statement(), deny({}, { Principal: undefined, NotPrincipal: { AWS: '444455556666' } })),
    ...NOBODY,
  },
  'AWS * with a token: not settled': {
    policy: policyOf(when({}, { Principal: { AWS: '*' } })),
    words: 'perhaps everybody (it depends on whether Principal {"AWS": "*"} means tokens, too)',
    answer: 'unknown',
  },
  'Principal "*"': refused('*', 'Principal "*" is no principal that a trust policy can have'),
  'Federated *': refused({ Federated: '*' }, 'Federated cannot be a pattern'),
  'an empty Principal': refused({}, 'its Principal is empty'),
  'a list': refused([PROVIDER], 'a Principal is an object: Federated, AWS or Service and who is meant'),
  'a plain ARN': refused(PROVIDER, 'a Principal is an object: Federated, AWS or Service and who is meant'),
  'another kind': refused({ Foo: PROVIDER }, 'Foo is no kind of principal'),
  'a pattern of services': refused({ Service: '*.amazonaws.com' }, 'Service cannot be a pattern'),

  'team-b, and a Deny for team-x': {
    policy: policyOf(sub(subject('team-b')), deny({ StringEquals: { [`${ISSUER}:sub`]: subject('team-x') } })),
    words: 'team-b/default-editor',
    answer: 'no',
  },
  'everyone but team-x': {
    policy: policyOf(when(AUD), deny({ StringEquals: { [`${ISSUER}:sub`]: subject('team-x') } })),
    words: 'every service account of the cluster but team-x/default-editor',
    answer: 'yes',
  },
  "EC2's, and a Deny for tokens": {
    policy: policyOf(
      { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
      deny({}),
    ),
    words: 'ec2.amazonaws.com',
    answer: 'no',
  },
  'a Null test': {
    policy: policyOf(when({ ...AUD, Null: { [`${ISSUER}:sub`]: 'false' } })),
    words: 'every service account of the cluster',
    answer: 'yes',
  },

  'default-editor of every namespace': {
    policy: policyOf(sub('*:default-editor', 'StringLike')),
    words: 'default-editor of every namespace',
    answer: 'yes',
  },
  GitHub: {
    policy: policyOf(
      when(
        {
          StringEquals: { [`${GITHUB}:aud`]: 'sts.amazonaws.com' },
          StringLike: { [`${GITHUB}:sub`]: 'repo:org/repo:*' },
        },
        { Principal: { Federated: arn(GITHUB) } },
      ),
    ),
    words: 'GitHub workflows repo:org/repo:*',
    answer: 'no',
  },
  'GitHub, aud only': {
    policy: policyOf(
      when({ StringEquals: { [`${GITHUB}:aud`]: 'sts.amazonaws.com' } }, { Principal: { Federated: arn(GITHUB) } }),
    ),
    words: 'GitHub workflows',
    answer: 'no',
  },
  'another cluster': {
    policy: policyOf(
      when({ StringEquals: { [`${OTHER}:aud`]: 'sts.amazonaws.com' } }, { Principal: { Federated: arn(OTHER) } }),
    ),
    words: `every service account of another cluster (${OTHER})`,
    answer: 'no',
  },
  'all but team-b': {
    policy: policyOf(sub(subject('team-b'), 'StringNotEquals')),
    words: 'every service account of the cluster but team-b/default-editor',
    answer: 'yes',
  },
  'TLS only': {
    policy: policyOf(when({ Bool: { 'aws:SecureTransport': 'true' } })),
    words: 'every service account of the cluster',
    answer: 'yes',
  },
  'a wildcard under StringEquals': { policy: policyOf(sub('system:serviceaccount:team-a:*')), ...NOBODY },
  'a key of another issuer': { policy: policyOf(sub(SUB, 'StringEquals', OTHER)), ...NOBODY },
  'tokens made for others': {
    policy: policyOf(when({ StringEquals: { [`${ISSUER}:aud`]: 'vault', [`${ISSUER}:sub`]: SUB } })),
    words: 'team-a/default-editor with a token for vault',
    answer: 'no',
  },
  'an empty list': { policy: policyOf(sub([])), ...NOBODY },
  'two providers, IfExists on the first': {
    policy: policyOf(
      when({ StringEqualsIfExists: { [`${ISSUER}:sub`]: SUB } }, { Principal: { Federated: [PROVIDER, arn(OTHER)] } }),
    ),
    words: `team-a/default-editor, every service account of another cluster (${OTHER})`,
    answer: 'yes',
  },
  'another action alone': { policy: policyOf(statement({ Action: 'sts:TagSession' })), ...NOBODY },
  'in any case': {
    policy: policyOf(sub(SUB.toUpperCase(), 'StringEqualsIgnoreCase')),
    ...ONLY_A,
  },
  'two patterns at once': {
    policy: policyOf(
      when({
        ...AUD,
        StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:team-*:*' },
        'ForAnyValue:StringLike': { [`${ISSUER}:sub`]: '*:default-editor' },
      }),
    ),
    words: 'every service account of team-*, of these only default-editor of every namespace',
    answer: 'yes',
  },

  // Variables that match nothing, though their text looks like a pattern.
  'an empty variable': { policy: policyOf(sub('system:serviceaccount:${}', 'StringLike')), ...NOBODY },
  'a nested variable': { policy: policyOf(sub('system:${${a}}*', 'StringLike')), ...NOBODY },
  'a variable that is not closed': {
    policy: policyOf(sub(['*${', 'system:*${aws:username'], 'StringLike')),
    ...NOBODY,
  },
  'a variable that no token has': {
    policy: policyOf(sub('system:serviceaccount:${aws:username}:*', 'StringLike')),
    ...NOBODY,
  },
  'a variable that a shell was to fill in': {
    policy: policyOf(sub('system:serviceaccount:${NS}:*', 'StringLike')),
    ...NOBODY,
  },
  'a variable of which nothing is known': {
    policy: policyOf(sub('system:serviceaccount:${aws:userid}:*', 'StringLike')),
    words: 'perhaps every service account of the cluster (it depends on a value that is not known here)',
    answer: 'unknown',
  },
  'a text that a template fills in': {
    policy: policyOf(sub(`system:serviceaccount:${HOLE}:default-editor`)),
    words: 'perhaps default-editor of every namespace (it depends on a value that is not known here)',
    answer: 'unknown',
  },
  'a default value': {
    policy: policyOf(sub("system:serviceaccount:${aws:username, 'team-a'}:default-editor")),
    ...ONLY_A,
  },
  'an escaped star before 2012-10-17': {
    policy: { Version: '2008-10-17', Statement: sub('system:serviceaccount:team-${*}:*', 'StringLike') },
    ...NOBODY,
  },
};
/** What is said of each in a file of its own, and in the tree for team-a; `?`: that it cannot be judged. */
const said: Record<string, readonly [readonly string[], readonly string[]]> = {
  "the wizard's own": [[], []],
  'with SecureTransport': [[], []],
  'without TLS': [[], ['KP-030']],
  'until far in the future': [[], []],
  'until long ago': [[], ['KP-030']],
  'until a day of which nobody knows': [[], ['?']],
  'in seconds': [[], []],
  'any name of a session': [[], []],
  'a name of a session': [[], ['?']],
  'up to the first day that counts': [[], ['?']],
  'up to the last day that counts': [[], ['?']],
  'a name of a session of two characters at least': [[], []],
  'a name of a session of three characters at least': [[], ['?']],
  'an address': [[], ['?']],
  'a region': [[], ['?']],
  'a duration': [[], ['?']],
  'an operator that IAM does not have': [['P-SYNTAX error'], ['P-SYNTAX', '?']],
  'an external id, which a token cannot have': [[], ['KP-030']],
  'a key of another service': [[], ['KP-030']],
  'every audience guarded by a Deny of all others': [[], []],
  'every service account guarded by a Deny of other namespaces': [[], []],
  'all, and one by name': [['T-LIKE-ANY-NS error'], ['T-LIKE-ANY-NS']],
  'two, and one denied': [[], []],
  'a Deny for an address': [[], ['?']],
  'a Deny for an address and another one': [[], []],
  'everybody denied by AWS *': [[], ['KP-030']],
  'an account denied': [[], []],
  'everybody but everybody': [[], ['KP-033']],
  'everybody but an account': [[], []],
  'everybody denied but this provider': [[], []],
  'everybody denied but an account': [[], ['KP-030']],
  'AWS * with a token: not settled': [[], ['?']],
  'Principal "*"': [['P-SYNTAX error'], ['P-SYNTAX']],
  'Federated *': [['P-SYNTAX error'], ['P-SYNTAX']],
  'an empty Principal': [['P-SYNTAX error'], ['P-SYNTAX']],
  'a list': [['P-SYNTAX error'], ['P-SYNTAX']],
  'a plain ARN': [['P-SYNTAX error'], ['P-SYNTAX']],
  'another kind': [['P-SYNTAX error'], ['P-SYNTAX']],
  'a pattern of services': [['P-SYNTAX error'], ['P-SYNTAX']],
  'team-b, and a Deny for team-x': [[], ['KP-030']],
  'everyone but team-x': [['KP-029 error'], ['KP-029']],
  "EC2's, and a Deny for tokens": [[], ['KP-030']],
  'a Null test': [['KP-029 error'], ['KP-029']],
  'default-editor of every namespace': [['T-LIKE-ANY-NS error'], ['T-LIKE-ANY-NS']],
  GitHub: [[], ['KP-026']],
  'GitHub, aud only': [[], ['KP-026']],
  'another cluster': [['KP-029 error'], ['KP-026', 'KP-029', 'KP-032']],
  'all but team-b': [['KP-029 error'], ['KP-029']],
  'TLS only': [['T-NO-CONDITION error'], ['T-NO-CONDITION']],
  'a wildcard under StringEquals': [['KP-031 error'], ['KP-031']],
  'a key of another issuer': [['KP-032 error'], ['KP-032']],
  'tokens made for others': [['KP-028 warning'], ['KP-030', 'KP-028']],
  'an empty list': [[], ['KP-030']],
  'two providers, IfExists on the first': [
    ['KP-028 warning', 'T-IFEXISTS error'],
    ['KP-028', 'T-IFEXISTS'],
  ],
  'another action alone': [['KP-033 error'], ['KP-033']],
  'in any case': [[], []],
  'two patterns at once': [[], []],
  'an empty variable': [[], ['KP-030']],
  'a nested variable': [['KP-004 warning'], ['KP-004']],
  'a variable that is not closed': [[], ['KP-030']],
  'a variable that no token has': [[], ['KP-030']],
  'a variable that a shell was to fill in': [['KP-004 warning'], ['KP-004']],
  'a variable of which nothing is known': [[], ['?']],
  'a text that a template fills in': [[], ['?']],
  'a default value': [[], []],
  'an escaped star before 2012-10-17': [[], ['KP-030']],
};
for (const [name, { policy, words, answer }] of Object.entries(rows)) {
  test(`who gets in: ${name}`, () => {
    const who = whoGetsIn(policy);
    assert.equal(
      accessWords(who, (provider) => (provider === PROVIDER ? 'the cluster' : undefined)),
      words,
    );
    const token = { provider: PROVIDER, sub: SUB, aud: 'sts.amazonaws.com' };
    assert.deepEqual([inFile(policy), inTree(policy)], said[name]);
    assert.equal(mayAssume(policy, token), answer);
    assert.ok([answer, 'unknown'].includes(admits(who, token)), admits(who, token));
  });
}

/** Who else than tokens of a cluster gets in, in words. */
const ACCOUNT_ID = '111122223333';
const user = (name: string): string => `arn:aws:iam::${ACCOUNT_ID}:user/${name}`;
const account = (change: object = {}): object => ({
  Effect: 'Allow',
  Principal: { AWS: ACCOUNT_ID },
  Action: 'sts:AssumeRole',
  ...change,
});
const not = (change: object = {}): object => account({ Effect: 'Deny', ...change });
const OTHERS: Readonly<Record<string, readonly [words: string, ...statements: object[]]>> = {
  'an account': [ACCOUNT_ID, account()],
  'an account, by an action for tokens': ['nobody', account({ Action: ACTION })],
  'an account, by an action that is not known': [
    `perhaps ${ACCOUNT_ID} (it depends on a value that is not known here)`,
    account({ Action: HOLE }),
  ],
  'an account, with TLS': [ACCOUNT_ID, account({ Condition: { Bool: { 'aws:SecureTransport': 'true' } } })],
  'an account, without TLS': ['nobody', account({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
  'an account, and a key that no role has': ['nobody', account({ Condition: { StringLike: { 's3:prefix': '*' } } })],
  'an account, with an external id': [
    `perhaps ${ACCOUNT_ID} (it depends on sts:ExternalId)`,
    account({ Condition: { StringEquals: { 'sts:ExternalId': 'x' } } }),
  ],
  'an account, with a key of SAML': [
    `perhaps ${ACCOUNT_ID} (it depends on saml:sub)`,
    account({ Condition: { StringEquals: { 'saml:sub': 'x' } } }),
  ],
  'an account, with a key that is not known yet': [
    `perhaps ${ACCOUNT_ID} (it depends on a value that is not known here)`,
    account({ Condition: { StringEquals: { [`${HOLE}:x`]: 'x' } } }),
  ],
  'an account, with a Condition that cannot be read': [
    `perhaps ${ACCOUNT_ID} (it depends on a Condition that cannot be read)`,
    account({ Condition: 'x' }),
  ],
  'each kind once': [
    `ec2.amazonaws.com, abc, arn:aws:iam::${ACCOUNT_ID}:saml-provider/idp`,
    { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com', CanonicalUser: 'abc' }, Action: 'sts:AssumeRole' },
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${ACCOUNT_ID}:saml-provider/idp` },
      Action: 'sts:AssumeRoleWithSAML',
    },
  ],
  'SAML by the action of accounts': [
    'nobody',
    account({ Principal: { Federated: `arn:aws:iam::${ACCOUNT_ID}:saml-provider/idp` } }),
  ],
  'everybody with credentials': ['everybody with credentials of AWS', account({ Principal: { AWS: '*' } })],
  'more than three': [
    `${user('a')}, ${user('b')}, ${user('c')} and 1 more`,
    account({ Principal: { AWS: ['a', 'b', 'c', 'd'].map(user) } }),
  ],
  'all but an account, with credentials': [
    'everybody with credentials of AWS but 444455556666',
    account({ Principal: undefined, NotPrincipal: { AWS: '444455556666' } }),
  ],
  'all but everybody': ['nobody', account({ Principal: undefined, NotPrincipal: { AWS: '*' } })],
  'a Deny alone': ['nobody', not()],
  'a Deny of the same account': ['nobody', account(), not()],
  'a Deny of another account': [ACCOUNT_ID, account(), not({ Principal: { AWS: '444455556666' } })],
  'a Deny of everybody': [
    'nobody; IAM refuses this policy: Principal "*" is no principal that a trust policy can have',
    account(),
    not({ Principal: '*' }),
  ],
  'a Deny of everybody by AWS': ['nobody', account(), not({ Principal: { AWS: '*' } })],
  'a Deny of another action': [ACCOUNT_ID, account(), not({ Action: 'sts:TagSession' })],
  'a Deny whose condition never holds': [
    ACCOUNT_ID,
    account(),
    not({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
  ],
  'a Deny that depends': [
    `perhaps ${ACCOUNT_ID} (it depends on aws:SourceIp)`,
    account(),
    not({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
  ],
  "a Deny of a user's account": [
    `perhaps ${user('a')} (it depends on whom a Deny is about)`,
    account({ Principal: { AWS: user('a') } }),
    not(),
  ],
  'a Deny of a user of the account': [
    `perhaps ${ACCOUNT_ID} (it depends on whom a Deny is about)`,
    account(),
    not({ Principal: { AWS: user('a') } }),
  ],
  'a Deny of somebody, of all with credentials': [
    'perhaps everybody with credentials of AWS (it depends on whom a Deny is about)',
    account({ Principal: { AWS: '*' } }),
    not(),
  ],
  'a Deny of nobody, of all with credentials': [
    'everybody with credentials of AWS; IAM refuses this policy: its Principal names nobody under AWS',
    account({ Principal: { AWS: '*' } }),
    not({ Principal: { AWS: [] } }),
  ],
  'a Deny of a text that is filled in later': [
    `perhaps ${ACCOUNT_ID} (it depends on whom a Deny is about)`,
    account(),
    not({ Principal: { AWS: HOLE } }),
  ],
  'a Deny of what a tool fills in': [
    `perhaps ${ACCOUNT_ID} (it depends on whom a Deny is about)`,
    account(),
    not({ Principal: { AWS: { Ref: 'x' } } }),
  ],
  'a Deny of no form that can be read': [
    `perhaps ${ACCOUNT_ID} (it depends on whom a Deny is about); IAM refuses this policy: a Principal is an object: Federated, AWS or Service and who is meant`,
    account(),
    not({ Principal: 'x' }),
  ],
  'a Deny without a principal': [ACCOUNT_ID, account(), not({ Principal: undefined })],
  'a Deny of all but this account': [
    ACCOUNT_ID,
    account(),
    not({ Principal: undefined, NotPrincipal: { AWS: ACCOUNT_ID } }),
  ],
  'a Deny of all but another account': [
    'nobody',
    account(),
    not({ Principal: undefined, NotPrincipal: { AWS: '444455556666' } }),
  ],
  'a Deny of all but a user of the account': [
    `perhaps ${ACCOUNT_ID} (it depends on whom a Deny is about)`,
    account(),
    not({ Principal: undefined, NotPrincipal: { AWS: user('a') } }),
  ],
  'a Deny of a service of the same name as an account': [
    'ec2.amazonaws.com',
    account({ Principal: { Service: 'ec2.amazonaws.com' } }),
    not(),
  ],
  'surely and perhaps': [
    `444455556666, perhaps ${ACCOUNT_ID} (it depends on aws:SourceIp)`,
    account({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
    account({ Principal: { AWS: '444455556666' } }),
  ],
  'perhaps by one statement and surely by another': [
    ACCOUNT_ID,
    account({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
    account(),
  ],
  'perhaps by two statements': [
    `perhaps ${ACCOUNT_ID} (it depends on aws:SourceIp, aws:SourceVpc)`,
    account({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
    account({ Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } } }),
  ],
  'a provider that a template names': [
    `perhaps tokens of arn:aws:iam::… (it depends on a value that is not known here)`,
    when({ StringEquals: { [`${HOLE}:sub`]: SUB } }, { Principal: { Federated: `arn:aws:iam::${HOLE}` } }),
  ],
  'a key that is not known yet': [
    'perhaps every service account of the cluster (it depends on a value that is not known here)',
    when({ StringEquals: { [`${HOLE}:sub`]: SUB } }),
  ],
  'an audience by a pattern': [
    'team-a/default-editor with a token for vault*',
    when({ StringLike: { [`${ISSUER}:aud`]: 'vault*' }, StringEquals: { [`${ISSUER}:sub`]: SUB } }),
  ],
  'every audience but that of AWS': [
    'team-a/default-editor with a token for other audiences',
    when({ StringNotEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com' }, StringEquals: { [`${ISSUER}:sub`]: SUB } }),
  ],
  'a subject that is no pattern of accounts': ['subjects like system:*editor', sub('system:*editor', 'StringLike')],
  'what is left out twice': [
    'every service account of the cluster but every service account of team-*',
    when({
      ...AUD,
      StringNotLike: { [`${ISSUER}:sub`]: [subject('team-a', '*'), subject('team-*', '*'), subject('team-b', '*')] },
    }),
  ],
  'of two lists, neither within the other': [
    'every service account of team-*, of these only every service account of team-a, y of every namespace',
    when({
      ...AUD,
      StringLike: { [`${ISSUER}:sub`]: subject('team-*', '*') },
      'ForAnyValue:StringLike': { [`${ISSUER}:sub`]: [subject('team-a', '*'), subject('*', 'y')] },
    }),
  ],
  'tokens of others, by the host of their issuer': [
    'GitLab jobs, HCP Terraform, Google accounts and 2 more',
    ...['gitlab.com', 'app.terraform.io', 'accounts.google.com', 'cognito-identity.amazonaws.com', 'x.org/y'].map(
      (issuer) => statement({ Principal: { Federated: arn(issuer) }, Condition: undefined }),
    ),
  ],
  'tokens of Cognito, and of nobody we know': [
    'identities of Cognito, tokens of x.org/y',
    ...['cognito-identity.amazonaws.com', 'x.org/y'].map((issuer) =>
      statement({ Principal: { Federated: arn(issuer) }, Condition: undefined }),
    ),
  ],
  'another cluster, one account': [
    `team-a/default-editor of another cluster (${OTHER})`,
    when({ StringEquals: { [`${OTHER}:sub`]: SUB } }, { Principal: { Federated: arn(OTHER) } }),
  ],
};
for (const [name, [words, ...statements]] of Object.entries(OTHERS)) {
  test(`who else gets in: ${name}`, () => {
    const who = whoGetsIn(policyOf(...statements));
    assert.equal(
      accessWords(who, (provider) => (provider === PROVIDER ? 'the cluster' : undefined)),
      words,
    );
  });
}

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
/** Tokens that there are: those of a cluster are of its service accounts. */
const identity: fc.Arbitrary<WebIdentity> = fc
  .record({
    provider: fc.constantFrom(PROVIDER, PROVIDER, arn(OTHER), arn(GITHUB), arn('idp.example.com')),
    sub: fc.constantFrom(...SUBS),
    aud: fc.constantFrom(...AUDS),
  })
  .filter(({ provider, sub }) => !provider.includes('oidc.eks') || /^system:serviceaccount:[a-z-]+:[a-z-]+$/.test(sub));

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
const anyStatement = fc.record(
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
  Statement: fc.oneof(fc.array(usual, { maxLength: 4 }), fc.array(anyStatement, { maxLength: 3 })),
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

test('others are all who are let in but one service account, on generated policies', () => {
  fc.assert(
    fc.property(policy, identity, identity, (trust, own, token) => {
      const who = whoGetsIn(trust);
      const others = { ...who, admitted: othersLetIn(who, own) };
      const isOwn = own.provider === token.provider && own.sub === token.sub;
      if (!isOwn) assert.equal(admits(others, token), admits(who, token));
      else if (who.providers.includes(own.provider) && !own.provider.includes(HOLE) && !who.bounded)
        assert.equal(admits(others, token), 'no');
    }),
    { numRuns: 5_000 },
  );
});

test('who is let in by more than is judged stays among the others', () => {
  const one: Admitted = {
    ...{ kind: 'service-accounts', provider: 'p', statement: 0, depends: [] },
    subjects: { among: [[{ text: 'x*'.repeat(STEPS / 2) }]], except: [] },
    audiences: ALL,
  };
  const who = { ...whoGetsIn({}), admitted: [one] };
  assert.deepEqual(othersLetIn(who, { provider: 'p', sub: 'x' }), [one]);
});

/** Where it is known whose tokens are meant. */
const known = policy.filter((trust) => !JSON.stringify(trust).includes(`iam::${HOLE}`));
const onCluster = (provider: string): string | undefined => (provider.endsWith(ISSUER) ? 'the cluster' : undefined);

test('what is said in words agrees with the answer for one service account, on generated policies', () => {
  const account = fc.constantFrom(...['team-a', 'team-b', 'team-x', 'kube-system'].map((name) => subject(name)));
  fc.assert(
    fc.property(known, account, (trust, sub) => {
      const words = accessWords(whoGetsIn(trust), onCluster);
      const answer = mayAssume(trust, { provider: PROVIDER, sub, aud: 'sts.amazonaws.com' });
      const namespace = sub.split(':')[2] ?? '';
      if (words.startsWith('nobody')) assert.equal(answer, 'no', words);
      // Each way in which somebody is named; what is left out or only perhaps let in is said behind them.
      const named = [
        `${namespace}/default-editor`,
        'default-editor of every namespace',
        `every service account of ${namespace}`,
        'every service account of the cluster',
        'everybody',
      ];
      const open = /and \d+ more|subjects like|\/[^,]*[*?]|[*?][^,]*\/|of these only|every service account of team-/;
      if (answer !== 'no' && !open.test(words))
        assert.ok(
          named.some((one) => words.includes(one)),
          `${answer}: ${words}`,
        );
      if (!/ but |perhaps|of these only|with a token|more|;/.test(words) && words.split(', ').includes(named[0] ?? ''))
        assert.equal(answer, 'yes', words);
    }),
    { numRuns: 10_000 },
  );
});

test('what findings say of who gets in is true, on generated policies', () => {
  const stranger = { provider: PROVIDER, sub: subject('some-namespace', 'some-account'), aud: 'sts.amazonaws.com' };
  const seen = new Set<string>();
  fc.assert(
    fc.property(known, (trust) => {
      const text = JSON.stringify(trust);
      const others = [PROVIDER, arn(OTHER)].flatMap((provider) => [
        { ...stranger, provider },
        { ...stranger, provider, sub: subject('some-namespace') },
      ]);
      const answers = others.map((token) => mayAssume(trust, token));
      for (const { id, message } of findings(checkTrustPolicy, text)) {
        // "depending on": a placeholder is one in a file, and plain text to IAM.
        if (
          /^Every service account .* can assume this role/.test(message) &&
          !/with a token for|depending on/.test(message)
        ) {
          seen.add(id);
          // Tokens of GitHub with the subject of a service account there are none; a policy that leaves only those is told as open, too.
          const github = mayAssume(trust, { ...stranger, provider: arn(GITHUB) });
          assert.ok(
            [...answers, github].some((answer) => answer === 'yes'),
            `${message} ${answers.join()}`,
          );
        }
        // Tokens of GitHub with the subject of a service account there are none.
        if (id === 'T-LIKE-ANY-NS' && message.includes('of every namespace can assume') && !text.includes(GITHUB)) {
          seen.add(id);
          assert.ok(
            answers.some((answer) => answer !== 'no'),
            message,
          );
        }
      }
      const own = mayAssume(trust, { ...stranger, sub: SUB });
      for (const { id, message } of findings(checkTrustPolicy, text, { profile: 'team-a', annotateOnly: true })) {
        if (id !== 'KP-030') continue;
        seen.add(id);
        assert.equal(own, 'no', message);
      }
    }),
    { numRuns: 6_000 },
  );
  assert.ok(seen.has('KP-030') && seen.has('T-NO-CONDITION'), [...seen].join());
});

test('who gets in, in words: of sets of each form', () => {
  const subjects = (...names: readonly string[]): readonly Pattern[] =>
    names.map((text) => ({ text: text.startsWith(':') ? `system:serviceaccount${text}` : text }));
  const set = (among: readonly (readonly Pattern[])[], except: readonly Pattern[] = []): Values => ({ among, except });
  const every = subjects('system:serviceaccount:*');
  const anyCase: readonly Pattern[] = [{ text: 'system:serviceaccount:Team-A:X', anyCase: true }];
  const forms: Readonly<Record<string, Values>> = {
    all: set([]),
    one: set([subjects(':a:x')]),
    three: set([subjects(':a:x', ':b:x', ':c:x')]),
    four: set([subjects(':a:x', ':b:x', ':c:x', ':d:x')]),
    'one of every namespace': set([subjects(':*:x')]),
    'all of a namespace': set([subjects(':a:*')]),
    'all of namespaces alike': set([subjects(':a*:*')]),
    'of accounts alike': set([subjects(':a:x*')]),
    'of another form': set([subjects('*:x')]),
    'other texts': set([subjects('x', 'x?', '${*}', ':a', '*:x:y')]),
    'in any case': set([anyCase]),
    every: set([every]),
    'every one and another': set([[...subjects(':a:x'), ...every]]),
    'two lists': set([subjects(':a:*'), subjects(':*:x', 'system:serviceaccount:?*:y')]),
    'two lists, one of all': set([subjects(':a:*'), every]),
    'three lists': set([subjects(':a:*'), subjects('x*'), subjects('*y')]),
    'but one': set([], subjects(':a:x')),
    'but four': set([subjects(':a:*')], subjects(':a:x', ':a:y', ':a:z', ':a:w')),
    'but every one': set([], every),
  };
  const STS = set([subjects('sts.amazonaws.com')]);
  const admitted = (change: object): Admitted =>
    ({
      kind: 'service-accounts',
      provider: PROVIDER,
      subjects: forms['one'],
      audiences: STS,
      depends: [],
      statement: 0,
      ...change,
    }) as Admitted;
  const who = (list: readonly Admitted[], change: Partial<WhoGetsIn> = {}): WhoGetsIn => ({
    admitted: list,
    providers: [PROVIDER],
    unjudged: [],
    refused: [],
    bounded: false,
    ...change,
  });
  const issuers = [
    ...['token.actions.githubusercontent.com', 'gitlab.com', 'app.terraform.io', 'accounts.google.com'],
    ...['cognito-identity.amazonaws.com', 'gitlab.com/x', 'x.gitlab.com', 'x\uE000\uE000/y', OTHER],
  ];
  const principals = (['aws', 'service', 'saml', 'canonical-user', 'everybody'] as const).flatMap((kind) =>
    ['*', 'x'].flatMap((principal) =>
      [[], ['y'], ['a', 'b', 'c', 'd']].map((except) => admitted({ kind, principal, except, subjects: undefined })),
    ),
  );
  const plainly = (one: Admitted): Admitted => {
    const { subjects: its, ...rest } = one as Admitted & { subjects?: unknown };
    return (its === undefined ? rest : one) as Admitted;
  };
  const depends = (...why: readonly string[]): object => ({ depends: why });
  asKept(
    'access words',
    [
      ...Object.entries(forms).flatMap(([title, its]) => [
        `${title}: ${accessWords(who([admitted({ subjects: its })]))}`,
        `  of a cluster: ${accessWords(who([admitted({ subjects: its })]), () => 'dev')}`,
        `  of another: ${accessWords(who([admitted({ subjects: its })]), () => undefined)}`,
        `  of the cluster: ${accessWords(who([admitted({ subjects: its })]), () => 'the cluster')}`,
        `  tokens: ${accessWords(who([admitted({ subjects: its, kind: 'tokens', provider: arn(GITHUB) })]))}`,
      ]),
      ...[
        set([]),
        set([subjects('a', 'b')]),
        set([subjects('a'), subjects('b', 'c', 'd', 'e')]),
        set([], subjects('sts.amazonaws.com')),
      ].map((audiences) => `audiences: ${accessWords(who([admitted({ audiences })]))}`),
      ...issuers.map((issuer) => accessWords(who([admitted({ kind: 'tokens', provider: arn(issuer) })]))),
      ...principals.map((one) => accessWords(who([plainly(one)]))),
      ...[
        [admitted({}), admitted({})],
        [admitted({}), admitted(depends('a'))],
        [admitted(depends('a')), admitted(depends('b')), admitted(depends('b'))],
        [admitted(depends('a', 'b', 'c', 'd'))],
        [admitted(depends('a')), admitted({ subjects: forms['three'] })],
        ...[3, 4].map((count) =>
          ['a', 'b', 'c', 'd'].slice(0, count).map((one) => admitted({ subjects: set([subjects(`:${one}:x`)]) })),
        ),
        ...[3, 4].map((count) =>
          ['a', 'b', 'c', 'd']
            .slice(0, count)
            .map((one) => admitted({ subjects: set([subjects(`:${one}:x`)]), ...depends(one) })),
        ),
        [],
      ].flatMap((list) => [
        accessWords(who(list)),
        accessWords(
          who(list, {
            bounded: true,
            refused: [
              { statement: 0, why: 'why' },
              { statement: 1, why: 'more' },
            ],
          }),
        ),
      ]),
    ].map((line) => line.replaceAll('\uE000', '{?}')),
  );
});

test('whether one token is let in, where what is let in is a template, or everybody', () => {
  const hole = PROVIDER.replace('111122223333', HOLE);
  const one = { provider: PROVIDER, sub: SUB, aud: 'sts.amazonaws.com' };
  const everybody: Admitted = { kind: 'everybody', principal: '*', except: [], depends: [], statement: 0 };
  const who = (providers: readonly string[], admitted: readonly Admitted[] = [], bounded = false): WhoGetsIn => ({
    ...{ admitted, providers, unjudged: [], refused: [], bounded },
  });
  const rows: readonly (readonly [WhoGetsIn, Answer])[] = [
    [who([]), 'no'],
    [who([], [], true), 'unknown'],
    [who([hole]), 'unknown'],
    [who([PROVIDER, hole]), 'no'],
    [who([arn(OTHER)]), 'no'],
    [who([], [everybody]), 'yes'],
    [who([PROVIDER], [everybody]), 'no'],
    [who([], [{ ...everybody, depends: ['x'] }]), 'unknown'],
    [who([], [{ ...everybody, depends: ['x'] }, everybody]), 'yes'],
    [who([], [{ ...everybody, kind: 'aws' }]), 'no'],
  ];
  for (const [index, [given, answer]] of rows.entries()) assert.equal(admits(given, one), answer, String(index));
});
