// What is said of the form of policies that differ in one thing, whom trust policies let in that name others than an OIDC provider, and
// what is known of a condition key in each kind of request. Kept in test/fixtures/told/policy-cases.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOLE } from '../../src/core/document/node.ts';
import { parse } from '../../src/core/document/parse.ts';
import { lint } from '../../src/core/lint.ts';
import { checkPermissionPolicy } from '../../src/core/modes/permissions/policy.ts';
import { checkTrustPolicy } from '../../src/core/modes/trust/policy.ts';
import { accessWords } from '../../src/core/policy/access-words.ts';
import { whoGetsIn } from '../../src/core/policy/access.ts';
import { otherFacts, tokenFacts } from '../../src/core/policy/context.ts';
import { part } from '../../src/core/policy/model.ts';
import { isEveryone } from '../../src/core/policy/tokens.ts';
import { said } from './lines.ts';
import { findings } from './policy-kit.ts';
import { asKept } from './told.ts';
import { PROVIDER } from './world.ts';

const GET = '"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"';
const yaml = (text: string): string =>
  `Version: "2012-10-17"\nStatement:\n  - Effect: Allow\n    Action: s3:GetObject\n    Resource: arn:aws:s3:::data/*\n${text}`;
const holds = (condition: string): string => `${GET},"Condition":${condition}`;
const TLS = '{"aws:SecureTransport":"true"}';
const SOURCE = '{"aws:SourceVpc":"vpc-1"}';
const values = (operator: string, ...all: readonly string[]): readonly string[] =>
  all.map((value) => holds(`{"${operator}":{"aws:x":${value}}}`));

const FORMS: Readonly<Record<string, readonly string[]>> = {
  'operators beside the condition': [
    `${GET},"Bool":${TLS}`,
    `${GET},"Bool":${TLS},"StringEquals":${SOURCE}`,
    `"Bool":${TLS},${GET},"StringEquals":${SOURCE}`,
    `${GET},"Bool":${TLS},"Condition":{"StringEquals":${SOURCE}}`,
    `${GET},"Bool":${TLS},"Condition":{"bool":${TLS}}`,
    `${GET},"Bool":${TLS},"Condition":"x"`,
    yaml('    Bool:\n      # why\n      aws:SecureTransport: "true"\n'),
    yaml(
      '    Bool:\n      # why\n      aws:SecureTransport: "true"\n    Condition:\n      StringEquals:\n        aws:SourceVpc: vpc-1\n',
    ),
    yaml(
      '    Bool:\n      aws:SecureTransport: "true"\n    Condition:\n      StringEquals:\n        aws:SourceVpc: vpc-1\n',
    ),
  ],
  'operators twice': [
    holds(`{"StringEquals":${SOURCE},"StringEquals":{"aws:SourceIp":"x"}}`),
    holds(`{"StringEquals":${SOURCE},"stringequals":{"AWS:SourceVpc":"vpc-2","aws:x":"y"}}`),
    holds(`{"StringEquals":${SOURCE},"StringEquals":"x"}`),
    yaml(
      '    Condition:\n      Bool:\n        aws:SecureTransport: "true"\n      Bool:\n        # why\n        aws:ViaAWSService: "false"\n',
    ),
    yaml(
      '    Condition:\n      Bool:\n        # why\n        aws:SecureTransport: "true"\n      Bool:\n        aws:ViaAWSService: "false"\n',
    ),
  ],
  'keys twice': [
    yaml('    Condition:\n      Bool:\n        aws:a: "true"\n        aws:a:\n          - "false"\n'),
    yaml('    Condition:\n      Bool:\n        aws:a: "true"\n        aws:a:\n          # why\n          - "false"\n'),
    yaml('    Condition:\n      Bool:\n        aws:a:\n          # why\n          - "true"\n        aws:a: "false"\n'),
    yaml(
      '    Condition:\n      Bool:\n        aws:a:\n          - "true" # why\n          - "x"\n        aws:a: "false"\n',
    ),
    holds(`{"Bool":{"aws:a":"${HOLE}","aws:a":"true"}}`),
    holds(`{"Bool":{"aws:a":"true","aws:a":["false","${HOLE}"]}}`),
  ],
  'names of operators': ['{}', '"x"', '[]', 'null', '7', `"${HOLE}"`].flatMap((block) => [
    ...['StringEqual', 'Fn::If', '<<', `String${HOLE}`, 'NullIfExists', 'Null'].map((name) =>
      holds(`{"${name}":${block}}`),
    ),
  ]),
  'conditions that are none': ['"x"', '[]', 'null', `"${HOLE}"`, '7'].map(holds),
  'Null with IfExists': [
    holds('{"NullIfExists":{"aws:x":"true"}}'),
    holds('{"NullIfExists":{"aws:x":"true"},"Null":{"aws:y":"true"}}'),
  ],
  values: [
    ...values('DateLessThan', '"9223372036854775807"', '"9223372036854775000"', '"1"', '"2026-13-01"', '"2026-01-31T"'),
    ...values('NumericEquals', '"1"', '"x"', 'null', '""', '"${X}"', '["1","x"]', '{"a":"b"}', '[["1"]]', `"${HOLE}"`),
    ...['Fn::Sub', `aws:${HOLE}`, '<<'].map((key) => holds(`{"NumericEquals":{"${key}":"x","aws:x":"y"}}`)),
    ...values('NumericEquals', '{"Ref":"x"}', '["y",{"Ref":"x"}]'),
  ],
  'without Version': [
    `{"Statement":[{${GET}}]}`,
    `{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::data/*","arn:aws:s3:::more/\${aws:userid}/*"]}]}`,
    `{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","NotResource":["arn:aws:s3:::\${aws:userid}/*","arn:aws:s3:::data/*"]}]}`,
    `{"Statement":[{${holds('{"StringEquals":{"s3:prefix":["","${aws:userid}"]}}')}}]}`,
    `{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"${HOLE}"}]}`,
  ],
  effects: ['"allow"', '"Allows"', '"Denied"', 'null', '7', 'true', '{}', '[]', '["Deny"]', `"${HOLE}"`].map(
    (effect) => `"Effect":${effect},"Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"`,
  ),
};
for (const [group, cases] of Object.entries(FORMS))
  test(`policies: ${group}`, () => {
    const lines = cases.flatMap((one) => {
      const [text, language] = one.startsWith('Version')
        ? [one, 'yaml' as const]
        : [one.startsWith('{') ? one : `{"Version":"2012-10-17","Statement":[{${one}}]}`, 'json' as const];
      const told = findings((root) => checkPermissionPolicy(root, {}), text, {}, language).flatMap((its) => [
        said('', text, its),
        ...its.fixes.flatMap(({ effect }) => effect ?? []),
      ]);
      return [`# ${one.replaceAll(HOLE, '?').replaceAll('\n', '⏎')}`, ...told.map((line) => `  ${line}`)];
    });
    asKept(`policy-cases/${group}`, lines);
  });

test('policies: what only those of the other kind have', () => {
  const WEB = '"Action":"sts:AssumeRoleWithWebIdentity"';
  const lines = ['Allow', 'Deny', HOLE].flatMap((effect) =>
    (
      [
        [checkPermissionPolicy, '"Action":"s3:GetObject","Resource":"*","Principal":"*"'],
        [checkPermissionPolicy, '"Action":"s3:GetObject","Resource":"*","NotPrincipal":{"AWS":"*"}'],
        [checkTrustPolicy, `${WEB},"Principal":{"Federated":"${PROVIDER}"},"Resource":"*"`],
        [checkTrustPolicy, `${WEB},"Principal":{"Federated":"${PROVIDER}"},"NotResource":"*"`],
      ] as const
    ).flatMap(([check, rest]) => {
      const text = `{"Version":"2012-10-17","Statement":[{"Effect":"${effect}",${rest}}]}`;
      const told = findings((root) => check(root, {}), text).filter(({ id }) => id === 'P-SYNTAX');
      return [
        `# ${effect} ${rest}`.replaceAll(HOLE, '?'),
        ...told.map((its) => `  ${said('', text, its)} ${its.fixes.flatMap(({ effect: to }) => to ?? []).join()}`),
      ];
    }),
  );
  asKept('policy-cases/the other kind', lines);
});

test('a Sid stands twice, but in branches of which one alone comes to be', () => {
  const statement = (sid: string, indent: number): string =>
    ['- Effect: Allow', '  Action: s3:GetObject', '  Resource: arn:aws:s3:::data/*', `  Sid: ${sid}`]
      .map((line) => `${' '.repeat(indent)}${line}\n`)
      .join('');
  const plain = (sid: string): string => statement(sid, 10);
  const branches = (sid: string): string =>
    `          - Fn::If:\n            - Is\n${statement(sid, 12)}${statement(sid, 12)}`;
  const twice = (...statements: readonly string[]): number =>
    lint(
      `AWSTemplateFormatVersion: "2010-09-09"\nResources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: "2012-10-17"\n        Statement:\n${statements.join('')}`,
    ).filter(({ message }) => message.startsWith('Another statement has this Sid')).length;
  assert.equal(twice(plain('It'), plain('It')), 1);
  assert.equal(twice(plain('It'), plain('Other')), 0);
  assert.equal(twice(branches('It')), 0);
  assert.equal(twice(branches('It'), plain('It')), 0);
  assert.equal(twice(plain('It'), plain('It'), branches('Other')), 1);
  assert.equal(twice(branches('Other'), plain('It'), plain('It')), 1);
});

test('the place of a part of a text that is folded', () => {
  const node = parse('a: one\n  two\n', 'yaml').documents[0]?.root;
  const value = node?.type === 'object' ? node.entries[0]?.value : undefined;
  assert.ok(value?.type === 'string' && value.value === 'one two');
  const at = (from: number, to: number) => part({ text: 'one two', node: value }, from, to);
  assert.deepEqual(
    [at(0, 0), at(0, 3), at(4, 4), at(4, 7), at(7, 7)],
    [
      { start: 3, end: 3 },
      { start: 3, end: 6 },
      { start: 9, end: 9 },
      { start: 9, end: 12 },
      { start: 12, end: 12 },
    ],
  );
});

const ACCOUNT = '111122223333';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/one`;
const OTHERS = 'arn:aws:iam::444455556666:role/two';
const SAML = `arn:aws:iam::${ACCOUNT}:saml-provider/x`;
const WEB = 'sts:AssumeRoleWithWebIdentity';
const lets = (Principal: unknown, more: object = {}): object => ({
  ...{ Effect: 'Allow', Principal, Action: '*' },
  ...more,
});
const denies = (Principal: unknown, more: object = {}): object => ({ ...lets(Principal, more), Effect: 'Deny' });
const allBut = (NotPrincipal: unknown, more: object = {}): object => ({
  ...{ Effect: 'Allow', NotPrincipal, Action: '*' },
  ...more,
});
const VPC = { Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } } };
const SUB = `${PROVIDER.slice(PROVIDER.indexOf('/') + 1)}:sub`;
const NEVER = { Condition: { Bool: { 'aws:SecureTransport': 'false' } } };

test('whom a trust policy lets in besides tokens of a provider', () => {
  const named: Readonly<Record<string, unknown>> = {
    ...{ everybody: '*', 'all of AWS': { AWS: '*' }, 'a role': { AWS: ROLE }, 'an account': { AWS: ACCOUNT } },
    ...{ SAML: { Federated: SAML }, Cognito: { Federated: 'cognito-identity.amazonaws.com' } },
    ...{ 'a service': { Service: 'ec2.amazonaws.com' }, 'a kind that is none': { X: 'y' }, hole: { AWS: HOLE } },
    ...{
      'a hole and another role': { AWS: [HOLE, OTHERS] },
      'an account and a role of another': { AWS: [ACCOUNT, OTHERS] },
      none: { AWS: [] },
    },
    ...{ 'all and a service': { AWS: '*', Service: 'ec2.amazonaws.com' }, provider: { Federated: PROVIDER } },
    ...{ 'a text': 'x', 'a reference and a service': { AWS: { Ref: 'x' }, Service: 'ec2.amazonaws.com' } },
  };
  const policies: Record<string, readonly object[]> = {};
  for (const [what, principal] of Object.entries(named)) {
    policies[what] = [lets(principal)];
    policies[`all but ${what}`] = [allBut(principal)];
    policies[`${what}, by tokens alone`] = [lets(principal, { Action: WEB })];
    policies[`${what}, where a condition holds`] = [lets(principal, VPC)];
    policies[`${what}, never`] = [lets(principal, NEVER)];
    policies[`a role, where ${what} is denied`] = [lets({ AWS: ROLE }), denies(principal)];
    policies[`a role, where all but ${what} are denied`] = [
      lets({ AWS: ROLE }),
      { Effect: 'Deny', NotPrincipal: principal, Action: '*' },
    ];
    policies[`all of AWS, where ${what} is denied`] = [lets({ AWS: '*' }), denies(principal)];
    policies[`${what}, where a role is denied`] = [lets(principal), denies({ AWS: ROLE })];
    policies[`${what}, denied by a condition`] = [lets(principal), denies(principal, VPC)];
    policies[`${what}, denied never`] = [lets(principal), denies(principal, NEVER)];
  }
  policies['a role, where it is not said who is denied'] = [lets({ AWS: ROLE }), { Effect: 'Deny', Action: '*' }];
  const tokens = (issuer: string, condition: object = {}): object =>
    lets({ Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${issuer}` }, condition);
  for (const issuer of ['token.actions.githubusercontent.com', 'gitlab.com', 'app.terraform.io', 'accounts.google.com'])
    policies[`tokens of ${issuer}`] = [tokens(issuer)];
  for (const operator of ['Equals', 'NotEquals', 'EqualsIgnoreCase', 'NotEqualsIgnoreCase', 'Like', 'NotLike'])
    policies[`subjects under String${operator}`] = [
      lets({ Federated: PROVIDER }, { Condition: { [`String${operator}`]: { [SUB]: 'system:serviceaccount:a:x*' } } }),
    ];
  const mixed = ['system:serviceaccount:a:*', 'repo:x/*'];
  policies['subjects of two kinds'] = [
    tokens('oidc.example.com', { Condition: { StringLike: { 'oidc.example.com:sub': mixed } } }),
  ];
  policies['every service account, and all are denied'] = [
    lets({ Federated: PROVIDER }),
    denies({ Federated: PROVIDER }, { Condition: { StringLike: { [SUB]: 'system:serviceaccount:*' } } }),
  ];
  policies['everybody but a role, and that'] = [{ ...allBut({ AWS: ROLE }), Principal: { AWS: ROLE } }];
  const lines = Object.entries(policies).map(([what, Statement]) => {
    const who = whoGetsIn({ Version: '2012-10-17', Statement });
    const each = who.admitted.map(({ kind, depends, ...one }) => {
      const except = 'except' in one && one.except.length > 0 ? ` except ${one.except.join()}` : '';
      return `${kind}${except}${depends.length === 0 ? '' : ` if ${depends.join(' and ')}`}`;
    });
    return `${what}: ${accessWords(who)} [${each.join('; ')}]`.replaceAll(HOLE, '?').replaceAll(PROVIDER, 'PROVIDER');
  });
  asKept('policy-cases/who gets in', lines);
});

test('every service account is let in where one pattern fits all, whatever stands beside it', () => {
  const every = (...patterns: readonly string[]): boolean[] =>
    whoGetsIn({
      Version: '2012-10-17',
      Statement: lets({ Federated: PROVIDER }, { Condition: { StringLike: { [SUB]: patterns } } }),
    }).admitted.map((one) => 'subjects' in one && isEveryone(one));
  assert.deepEqual(every('system:serviceaccount:*:*'), [true]);
  assert.deepEqual(every('system:serviceaccount:*:*', '*:default-editor'), [true]);
  assert.deepEqual(every('system:serviceaccount:a:*', '*:default-editor'), [false]);
});

test('what is too large to be judged: sets of tokens, and principals beside denials', () => {
  const [hole, aud] = [`x${HOLE}`, SUB.replace(/sub$/, 'aud')];
  // Each test whose value is not known may hold for others: twice as many sets.
  const open = (count: number): object => ({
    Condition: Object.fromEntries(
      ['StringLike', 'StringLikeIfExists', 'ForAnyValue:StringLike', 'ForAllValues:StringLike'].map((operator, at) => [
        operator,
        Object.fromEntries([SUB, aud].slice(0, count - 2 * at).map((key) => [key, [hole, '*']])),
      ]),
    ),
  });
  const denied = (...keys: readonly string[]): object =>
    denies({ Federated: PROVIDER }, { Condition: { StringEquals: Object.fromEntries(keys.map((key) => [key, 'y'])) } });
  const isBounded = (...Statement: readonly object[]): boolean =>
    whoGetsIn({ Version: '2012-10-17', Statement }).bounded;
  const of = (count: number): object => lets({ Federated: PROVIDER }, open(count));
  assert.deepEqual(
    [[of(6)], [of(7)], [of(6), denied(SUB)], [of(6), denied(SUB, aud)]].map((one) => isBounded(...one)),
    [false, true, false, true],
  );
  const roles = (count: number): object[] => Array.from({ length: count }, () => lets({ AWS: ROLE }));
  assert.deepEqual([isBounded(...roles(400)), isBounded(...roles(500))], [false, true]);
});

test('what is known of a condition key', () => {
  const OTHER = `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`;
  const requests = {
    'a token of EKS': tokenFacts(PROVIDER, 'SUB', 'AUD'),
    'a token of GitHub': tokenFacts(OTHER, 'SUB', 'AUD'),
    'a token of somebody': tokenFacts(`arn:aws:iam::${ACCOUNT}:oidc-provider/${HOLE}`, 'SUB', 'AUD'),
    'some token': otherFacts(true),
    'a signature': otherFacts(false),
  };
  const [eks = '', github = ''] = [PROVIDER, OTHER].map((arn) => arn.slice(arn.indexOf('/') + 1).toLowerCase());
  const keys = [
    ...['aws:securetransport', 'aws:currenttime', 'aws:epochtime', 'sts:rolesessionname', 'aws:username'],
    ...['sts:externalid', 'aws:sourceip', 'sts:x', 'saml:aud', 's3:prefix', `aws:${HOLE}`, `x:${HOLE}`, 'constructor'],
    ...[eks, github].flatMap((issuer) => ['sub', 'aud', 'actor'].map((claim) => `${issuer}:${claim}`)),
  ];
  const lines = keys.flatMap((key) => [
    key.replaceAll(HOLE, '?'),
    ...Object.entries(requests).map(([what, facts]) => `  ${what}: ${JSON.stringify(facts(key))}`),
  ]);
  asKept('policy-cases/facts', lines);
});
