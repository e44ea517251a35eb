// What is said of the form of policies that differ in one thing, whom trust policies let in that name others than an OIDC provider, and
// what is known of a condition key in each kind of request. Kept in test/fixtures/told/policy-cases.
import { test } from 'node:test';
import { HOLE } from '../../src/core/document/node.ts';
import { checkPermissionPolicy } from '../../src/core/modes/permissions/policy.ts';
import { accessWords } from '../../src/core/policy/access-words.ts';
import { whoGetsIn } from '../../src/core/policy/access.ts';
import { otherFacts, tokenFacts } from '../../src/core/policy/context.ts';
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
  effects: ['"allow"', '"Allows"', '"Denied"', 'null', '7', 'true', '{}', '[]', '["Deny"]', `"${HOLE}"`].map(
    (effect) => `"Effect":${effect},"Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"`,
  ),
};
for (const [group, cases] of Object.entries(FORMS))
  test(`policies: ${group}`, () => {
    const lines = cases.flatMap((one) => {
      const [text, language] = one.startsWith('Version')
        ? [one, 'yaml' as const]
        : [`{"Version":"2012-10-17","Statement":[{${one}}]}`, 'json' as const];
      const told = findings((root) => checkPermissionPolicy(root, {}), text, {}, language).flatMap((its) => [
        said('', text, its),
        ...its.fixes.flatMap(({ effect }) => effect ?? []),
      ]);
      return [`# ${one.replaceAll(HOLE, '?').replaceAll('\n', '⏎')}`, ...told.map((line) => `  ${line}`)];
    });
    asKept(`policy-cases/${group}`, lines);
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
    policies[`${what}, where a role is denied`] = [lets(principal), denies({ AWS: ROLE })];
    policies[`${what}, denied by a condition`] = [lets(principal), denies(principal, VPC)];
    policies[`${what}, denied never`] = [lets(principal), denies(principal, NEVER)];
  }
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
