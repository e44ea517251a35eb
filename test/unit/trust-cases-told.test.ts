// What is said of statements of a trust policy that differ in one thing: both, only one, or neither of what goes together; with nothing
// known, beside a Profile and its cluster, beside one that leaves the policy to the controller, and on another cluster. Kept in
// test/fixtures/told/trust-cases.
import { test } from 'node:test';
import type { PolicyContext } from '../../src/core/finding.ts';
import { ARN, AUD, ISSUER, OTHER, SUB, SWAPPED, web } from '../../src/core/modes/samples.ts';
import { checkFederated } from '../../src/core/modes/trust/controller.ts';
import { checkTrustPolicy } from '../../src/core/modes/trust/policy.ts';
import { HOLE } from '../../src/core/document/node.ts';
import { differences, said } from './lines.ts';
import { findings } from './policy-kit.ts';
import { asKept } from './told.ts';
const CONTEXTS: Readonly<Record<string, PolicyContext>> = {
  ours: {
    ...{ profile: 'team-a', annotateOnly: true, issuer: ISSUER, account: '111122223333', partition: 'aws' },
    variables: { ISSUER, CLUSTER: ISSUER, WRONG: OTHER, ODD: 'a b' },
  },
  theirs: { profile: 'team-b', annotateOnly: false },
  // Somebody fills it in.
  filled: {
    filling: {
      file: { path: 'trust.json', text: '' },
      beside: [{ path: 'make.sh', text: 'sed "s/region-code/$R/; s/ACCOUNT/$A/" trust.json | envsubst > out.json\n' }],
    },
  },
  elsewhere: { issuer: OTHER, account: '999900001111', partition: 'aws-cn' },
};
/** Where it matters what of it is known; of several statements with one thing the first one shows it. */
const MATTERS: Readonly<Record<string, readonly string[]>> = {
  ...{
    operators: ['ours'],
    conditions: ['ours', 'theirs'],
    subjects: ['ours'],
    combined: [],
    sizes: [],
    audiences: [],
  },
  ...{
    providers: ['ours', 'filled', 'elsewhere'],
    principals: [],
    actions: [],
    profiles: ['ours', 'theirs', 'elsewhere'],
  },
};

type Statements = readonly object[] | object;
type Cases = Readonly<Record<string, Statements>>;
const when = (Condition: unknown, more: object = {}): object => web({ Condition, ...more });
const aud = (value: unknown = AUD): object => ({ [`${ISSUER}:aud`]: value });
const sub = (value: unknown = SUB): object => ({ [`${ISSUER}:sub`]: value });
/** A test of sub beside the right one of aud. */
const subs = (value: unknown, operator = 'StringEquals'): object =>
  operator === 'StringEquals'
    ? when({ StringEquals: { ...aud(), ...sub(value) } })
    : when({ StringEquals: aud(), [operator]: sub(value) });
const auds = (value: unknown, operator = 'StringEquals'): object =>
  when(
    operator === 'StringEquals'
      ? { StringEquals: { ...sub(), ...aud(value) } }
      : { StringEquals: sub(), [operator]: aud(value) },
  );
const from = (Federated: unknown, issuer = ISSUER): object => web({ Principal: { Federated } }, issuer);
const acts = (...Action: readonly unknown[]): object => web({ Action: Action.length === 1 ? Action[0] : Action });
const deny = (Condition: unknown, more: object = {}): object => ({ ...when(Condition, more), Effect: 'Deny' });
const account = (name: string): string => `system:serviceaccount:${name}`;
/** A policy of one statement for each. */
const each = (what: string, ...all: readonly object[]): Cases =>
  Object.fromEntries(all.map((one, at) => [at === 0 ? what : `${what}, ${at + 1}`, [one]]));
const open = (Federated: unknown, tests: object): object =>
  web({ Principal: { Federated }, Condition: { StringEquals: tests } });
const by = <T>(list: readonly T[], make: (one: T) => readonly object[]): Cases =>
  Object.assign(
    {},
    ...list.map((one) => each(typeof one === 'string' ? one : JSON.stringify(one ?? null), ...make(one))),
  ) as Cases;

const many = <T>(count: number, make: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => make(at));
const teams = (count: number, name: (at: number) => string): readonly object[] =>
  many(count, (at) => subs([account(name(at))]));

const SUBJECTS = [
  ...['', 'team-a:default-editor', 'team-a/default-editor', 'system:serviceaccounts:team-a:default-editor'],
  ...['system:serviceaccount:system:serviceaccount:team-a:x', 'SYSTEM:SERVICEACCOUNT:team-a:x', 'team_a:x', 'team-a'],
  ...['system:serviceaccount:Team-A:x', ' system:serviceaccount:team-a:x', 'system:serviceaccount:team-a:x ', 'a:b:c'],
  ...['system:serviceaccount:team-a', 'system:serviceaccount:team-a:', 'system:serviceaccount:-a:x', 'team-a:X_'],
  ...[
    '*',
    '**',
    'system:*',
    '*:*',
    'system:serviceaccount:*',
    'system:serviceaccount:*:*',
    'system:serviceaccount:?:x',
  ],
  ...['system:serviceaccount:*:default-editor', '*:default-editor', '*:team-a:default-editor', 'team-a:*', 'team-?:x'],
  ...['system:serviceaccount:team-a:*', 'system:serviceaccount:team-a:default-*', 'system:serviceaccount:team-*:x'],
  ...['system:serviceaccount:team-a*', 'system:serviceaccounts:team-a:*', 'system:serviceaccount:team-b:*', 'x*y?z'],
  ...['system:serviceaccount:team-a:*:x', 'system:serviceaccount:Team-*:x', 'system:serviceaccount?team-a:x', 's*'],
  ...['${ISSUER}', 'system:serviceaccount:<namespace>:default-editor', 'system:serviceaccount:team-a:${aws:x}', 'b:??'],
];
const AUDIENCES = [
  ...['', AUD, ' sts.amazonaws.com', 'https://sts.amazonaws.com/', 'STS.amazonaws.com', 'sts.amazonaws.com.cn', 'x'],
  ...[
    '*',
    'sts.*',
    '?',
    SUB,
    account('*:*'),
    'system:serviceaccounts:x:y',
    '${ISSUER}',
    'sts.amazonaws.com:443',
    '<x>',
  ],
];
const PROVIDERS = [
  ...[
    ISSUER,
    `https://${ISSUER}`,
    `${ARN}https://${ISSUER}`,
    `${ARN}${ISSUER}/`,
    `${ARN}${ISSUER}:443`,
    `${ARN}${ISSUER} `,
  ],
  ...[`${ARN} ${ISSUER}`, `${ARN}${SWAPPED}`, SWAPPED, `${ARN}${OTHER}`, `${ARN}oidc.eks.us-west-2.amazonaws.com/id`],
  ...[`${ARN}oidc.eks.us-west-2.amazonaws.com/id/*`, `${ARN}oidc.eks.*`, `${ARN}accounts.google.com`, '*', ''],
  ...[
    'arn:aws:iam::111122223333:saml-provider/x',
    'arn:aws:sts::111122223333:oidc-provider/x',
    `arn:aws:iam::1:oidc-provider/${ISSUER}`,
  ],
  ...[`arn:aws:iam::999900001111:oidc-provider/${ISSUER}`, `arn:aws:iam::ACCOUNT:oidc-provider/${ISSUER}`],
  ...[`arn:aws:iam::11112222333:oidc-provider/${ISSUER}`, `arn:aws:iam:us-west-2:111122223333:oidc-provider/${ISSUER}`],
  ...[`arn:aws-cn:iam::111122223333:oidc-provider/${ISSUER}`, `arn:aws-xx:iam::111122223333:oidc-provider/${ISSUER}`],
  ...[
    `arn:aws:iam:::oidc-provider/${ISSUER}`,
    `arn:aws:iam::111122223333:oidc-provider/oidc.eks.cn-north-1.amazonaws.com.cn/id/AB`,
  ],
  ...[`arn:aws-us-gov:iam::111122223333:oidc-provider/${ISSUER}`, `${ARN}\${ISSUER}`, '${PROVIDER}', `${ARN}<ISSUER>`],
  ...[
    `${ARN}oidc.eks.region-code.amazonaws.com/id/EXAMPLE`,
    `arn:aws:iam::\${ACCOUNT}:oidc-provider/${ISSUER}`,
    `${ARN}\${GIT}`,
  ],
];

const GROUPS: Readonly<Record<string, Cases>> = {
  operators: {
    ...by(
      [
        ...['ForAllValues:StringEquals', 'ForAnyValue:StringEquals', 'StringEqualsIfExists', 'forallvalues:stringlike'],
        ...['ForAllValues:StringEqualsIfExists', 'StringEqualsIgnoreCase', 'StringLikeIfExists', 'stringequals'],
        ...['StringNotEquals', 'StringNotLike', 'ForAllValues:StringNotLike', 'ArnLike', 'NumericEquals', 'Null'],
      ],
      (operator) => [
        when({ [operator]: { ...aud(), ...sub() } }),
        when({ [operator]: { ...sub(), 'aws:SourceIp': '10.0.0.0/8' }, StringEquals: aud() }),
        when({ [operator]: aud(), StringEquals: sub() }),
      ],
    ),
    ...by(['ForAllValues:StringEquals', 'StringEqualsIfExists', 'forAnyValue:StringLikeIfExists'], (operator) => [
      when({ [operator]: { [`${ISSUER}:amr`]: 'x', ...sub(), ...aud() } }),
      when({ [operator]: { 'aws:x': 'x', ...sub() } }),
      when({ [operator]: sub(), STRINGEQUALS: aud() }),
    ]),
    'the operator alone and free': when({ StringEqualsIfExists: { ...aud(), ...sub() }, StringLike: { 'aws:x': 'y' } }),
  },
  conditions: {
    ...by(
      [
        undefined,
        null,
        'x',
        '',
        [],
        {},
        { StringEquals: 'x' },
        { StringEquals: [] },
        { StringEquals: {} },
        { 'Fn::If': ['a', {}, {}] },
      ] as const,
      (Condition) => [when(Condition)],
    ),
    'a part that is decided elsewhere': when({
      'Fn::If': ['a', {}, {}],
      StringEquals: { ...aud(), ...sub(account('x:y')) },
    }),
    'an operator that is decided elsewhere': when({
      [HOLE]: {},
      StringEquals: { ...aud(), ...sub(account('x:y')) },
    }),
    'StringEquals of something else': when({ StringEquals: { 'aws:SourceVpc': 'x' } }),
    'another operator': when({ StringLike: { 'aws:SourceVpc': 'x' } }),
    'aud alone': when({ StringEquals: aud() }),
    'aud alone, under StringLike': when({ StringLike: aud() }),
    'aud alone, and sub in another case of the key': when({
      StringLike: aud(),
      StringEquals: { [`${ISSUER.toUpperCase()}:SUB`]: SUB },
    }),
    'aud alone, and a text': when({ StringLike: aud(), StringEquals: 'x' }),
    'sub alone': when({ StringEquals: sub() }),
    'sub alone, under StringLike': when({ StringLike: sub() }),
    'aud alone, sub left out': when({ StringEquals: aud(), StringNotEquals: sub() }),
    'sub left out': when({ StringNotEquals: sub() }),
    'sub, and aud left out': when({ StringEquals: sub(), StringNotEquals: aud('x') }),
    'neither, by an address': when({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }),
    'neither, by the other issuer': when({ StringEquals: { [`${OTHER}:sub`]: SUB, [`${OTHER}:aud`]: AUD } }),
    'a claim that is compared with nothing': when({ StringEquals: { ...aud(), ...sub([]) } }),
    'sub under Null': when({ StringEquals: aud(), Null: sub('false') }),
    'azp and email': when({ StringEquals: { ...aud(), [`${ISSUER}:azp`]: 'x', [`${ISSUER}:email`]: 'y' } }),
    'aud alone, and a Deny for all but one': [when({ StringEquals: aud() }), deny({ StringNotEquals: sub() })],
    'aud alone, and a Deny by address': [
      when({ StringEquals: aud() }),
      deny({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }),
    ],
    'aud alone, and a Deny for a namespace': [
      when({ StringEquals: aud() }),
      deny({ StringLike: sub(account('team-z:*')) }),
    ],
    'sub alone, and a Deny for other audiences': [when({ StringEquals: sub() }), deny({ StringNotEquals: aud() })],
    'aud alone, and a Deny for everybody': [when({ StringEquals: aud() }), deny({})],
    'a Deny alone': deny({ StringEquals: sub() }),
    ...Object.fromEntries(
      [
        account('*:*'),
        '*',
        'system:*',
        '?*',
        account('*'),
        `${'*'.repeat(200)}`,
        `${'*'.repeat(201)}`,
        '${X}*',
        SUB,
      ].flatMap((value) => [
        [
          `left out: sub ${value.slice(0, 30)} ${value.length}`,
          when({ StringEquals: aud(), StringNotLike: sub(value) }),
        ],
        [
          `left out: aud ${value.slice(0, 30)} ${value.length}`,
          when({ StringEquals: sub(), StringNotLike: aud(value) }),
        ],
      ]),
    ),
    'left out by all values': when({ 'ForAllValues:StringNotLike': { ...sub('*'), ...aud('*') } }),
    'left out: amr': when({ StringEquals: { ...aud(), ...sub() }, StringNotLike: { [`${ISSUER}:amr`]: '*' } }),
  },
  subjects: {
    ...by(SUBJECTS, (value) => [subs(value), subs(value, 'StringLike'), subs(value, 'StringEqualsIgnoreCase')]),
    ...each(
      'the right one beside',
      subs(['team-a:default-editor', SUB]),
      subs([account('team-a:*'), SUB], 'StringLike'),
    ),
    'a pattern beside a text': when({ StringEquals: { ...aud(), ...sub() }, StringLike: sub(account('*:*')) }),
    'a pattern beside a pattern': when({
      StringEquals: aud(),
      StringLike: sub(account('*:*')),
      'ForAnyValue:StringLike': sub(account('team-a:*')),
    }),
    'a pattern beside a text that may lack': when({
      StringEqualsIfExists: sub(),
      StringEquals: aud(),
      StringLike: sub(account('*:*')),
    }),
    'a pattern beside all values': when({
      'ForAllValues:StringEquals': sub(),
      StringEquals: aud(),
      StringLike: sub(account('*:*')),
    }),
    'a pattern beside a star under StringEquals': when({
      StringEquals: { ...aud(), ...sub(account('team-a:*')) },
      StringLike: sub(account('*:*')),
    }),
    'a pattern and another audience': when({
      StringEquals: { ...aud('x'), ...sub() },
      StringLike: sub(account('*:*')),
    }),
    ...Object.fromEntries(
      ['*:*', 'team-*:x', 'team-a:*'].flatMap((one) => [
        [`${one} for another audience`, when({ StringEquals: aud('x'), StringLike: sub(account(one)) })],
        [`${one} of no issuer`, when({ StringEquals: aud(), StringLike: { [`${OTHER}:sub`]: account(one) } })],
        [
          `${one} by address`,
          when({ StringEquals: aud(), StringLike: sub(account(one)), IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }),
        ],
        [`${one} and a Deny`, [subs(account(one), 'StringLike'), deny({ StringNotLike: sub(account('team-*:*')) })]],
        [`${one} and a Deny for one`, [subs(account(one), 'StringLike'), deny({ StringEquals: sub() })]],
        [`${one} and another`, subs([account(one), account('b:*')], 'StringLike')],
        [
          `${one} but not`,
          when({ StringEquals: aud(), StringLike: sub(account(one)), StringNotLike: sub(account('kube-*:*')) }),
        ],
      ]),
    ),
  },
  combined: {
    ...by(
      [
        'StringEquals',
        'ForAllValues:StringEquals',
        'StringEqualsIfExists',
        'StringEqualsIgnoreCase',
        'StringLike',
        'ForAllValues:StringEqualsIfExists',
      ],
      (operator) => [
        // The keys of another cluster keep out everybody, so that it is not known who would come in.
        when({
          [operator]: { [`${OTHER}:sub`]: SUB },
          StringEquals: { [`${OTHER}:aud`]: AUD },
          'ForAnyValue:StringLike': { [`${OTHER}:sub`]: account('*:*') },
        }),
        when({
          [operator]: { [`${OTHER}:sub`]: [SUB, account('team-a:*')] },
          'ForAnyValue:StringLike': { [`${OTHER}:sub`]: account('*:*') },
        }),
        when({ [operator]: sub(), 'ForAnyValue:StringLike': sub(account('*:*')) }),
        when({ [operator]: aud(), 'ForAnyValue:StringLike': sub(account('*:*')) }),
      ],
    ),
    ...by([null, 7, {}, true, [null]] as const, (value) => [
      when({ StringEquals: { ...sub(), ...aud(value) } }),
      when({ StringEquals: aud(value) }),
      when({ StringEquals: sub(value) }),
      when({ StringEquals: { ...aud(), ...sub(value) } }),
    ]),
    'two providers, one of them for all': web({
      Principal: { Federated: [ARN + ISSUER, ARN + OTHER] },
      Condition: { StringEquals: aud(), StringLikeIfExists: sub(account('team-*:x')) },
    }),
    'two providers, each with its keys': web({
      Principal: { Federated: [ARN + ISSUER, ARN + OTHER] },
      Condition: {
        StringEqualsIfExists: { ...aud(), [`${OTHER}:aud`]: 'x' },
        StringLikeIfExists: { ...sub(account('*:*')), [`${OTHER}:sub`]: account('team-a:*') },
      },
    }),
    'two providers, one by its audience': web({
      Principal: { Federated: [ARN + ISSUER, ARN + OTHER] },
      Condition: { StringEqualsIfExists: aud(), StringLikeIfExists: { ...sub(), [`${OTHER}:sub`]: SUB } },
    }),
    'a subject under a key that is to be replaced': web({
      Principal: { Federated: '${PROVIDER}' },
      Condition: { StringEquals: { 'oidc.eks.us-west-2.amazonaws.com/id/REPLACEME:aud': SUB } },
    }),
    ...by(
      ['-a:x', 'a:x-', 'a-:x', 'A:x', 'system:serviceaccounts:-a:x', 'system:serviceaccount/a/x', 'a.b:x'],
      (value) => [subs(value)],
    ),
  },
  sizes: {
    ...Object.fromEntries(
      [1_638, 1_639, 2_048, 8_192, 8_193].map((size) => {
        const base = { Version: '2012-10-17', Statement: [web({ Sid: '' })] };
        return [`${size} characters`, [web({ Sid: 'x'.repeat(size - JSON.stringify(base).length) })]];
      }),
    ),
    'of one profile': teams(12, (at) => `team-a:account-${at}`),
    'of one profile, in a text of its own': many(12, (at) => subs(account(`team-a:account-${at}`))),
    'of one profile, with the same account': many(12, () => subs(account('team-a:account'))),
    'of one profile, and one list': [
      ...teams(11, (at) => `team-a:account-${at}`),
      subs([account('team-a:a'), account('team-a:b')]),
    ],
    'of two profiles': teams(12, (at) => `team-${at % 2}:account-${at}`),
    'of a profile each': teams(12, (at) => `team-${at}:default-editor`),
    'of patterns': many(12, (at) => subs(account(`team-a:account-${at}*`), 'StringLike')),
    'of patterns of namespaces': many(12, (at) => subs(account(`team-*:account-${at}`), 'StringLike')),
    'left out': many(12, (at) => subs(account(`team-a:account-${at}`), 'StringNotLike')),
    'with two subjects each': many(10, (at) =>
      when({ StringEquals: { ...aud(), ...sub(account(`team-a:a-${at}`)) }, StringLike: sub(account('team-a:*')) }),
    ),
    'with lists of two profiles': many(12, (at) => subs([account(`team-a:a-${at}`), account(`team-b:a-${at}`)])),
    'without sub': many(12, () => when({ StringEquals: aud() })),
    'that differ in more': many(12, (at) => ({ ...subs(account(`team-a:a-${at}`)), Sid: `Statement${at}` })),
    'with lists that are open': many(12, (at) => subs([account(`team-a:a-${at}`), { Ref: 'x' }])),
    'so large that merging is not enough': many(40, (at) =>
      subs(account(`team-a:a-long-name-of-an-account-${at}-${'x'.repeat(100)}`)),
    ),
  },
  audiences: {
    ...by(AUDIENCES, (value) => [auds(value), auds(value, 'StringLike'), when({ StringEquals: aud(value) })]),
    ...each(
      'the right one beside',
      auds(['x', AUD]),
      auds([SUB, 'y']),
      when({ StringEquals: aud([SUB, account('b:c')]) }),
    ),
    'a subject twice': when({ StringEquals: aud(SUB), StringLike: aud(SUB) }),
    'a subject and a text': when({ StringEquals: aud([SUB, 'x']) }),
    'a subject that is left out': when({ StringNotEquals: aud(SUB) }),
    'a subject under a key of no cluster': web({
      Principal: { Federated: '${PROVIDER}' },
      Condition: { StringEquals: { '${X}:aud': SUB } },
    }),
    'a subject under a key of a misspelt cluster': web({
      Principal: { Federated: '${PROVIDER}' },
      Condition: { StringEquals: { [`https://${ISSUER}:aud`]: SUB } },
    }),
    'a subject under a key of something else': web({
      Principal: { Federated: '${PROVIDER}' },
      Condition: { StringEquals: { 'example.com:aud': SUB } },
    }),
  },
  providers: {
    ...by(PROVIDERS, (one) => [from(one)]),
    'two, of which one is right': from([ARN + OTHER, ARN + ISSUER]),
    'two, of which none is right': from([ARN + OTHER, `${ARN}${OTHER}1`]),
    'two, of which one is open': from([ARN + OTHER, `${ARN}\${X}`]),
    'a SAML provider beside': from([ARN + ISSUER, 'arn:aws:iam::111122223333:saml-provider/x']),
    'another statement for another cluster': [web(), web({}, OTHER)],
    'keys of no cluster': [web({ Principal: { Federated: `${ARN}example.com` } })],
    'keys of another cluster beside two providers': [
      web({ Principal: { Federated: [ARN + ISSUER, ARN + OTHER] } }, OTHER),
    ],
    ...by(
      [
        `https://${ISSUER}`,
        `${ISSUER}/`,
        SWAPPED,
        OTHER,
        'oidc.eks.us-west-2.amazonaws.com',
        '${ISSUER}',
        '${WRONG}',
        '${ODD}',
        '${NONE}',
        `https://${HOLE}`,
        HOLE,
        'oidc.eks.region-code.amazonaws.com/id/X',
        'aws',
        'example.com',
        ISSUER.toUpperCase(),
        `${ISSUER}:x`,
      ],
      (issuer) => [
        when({ StringEquals: { [`${issuer}:aud`]: AUD, [`${issuer}:sub`]: SUB } }),
        when({ StringEquals: { ...aud(), ...sub(), [`${issuer}:sub`]: SUB } }),
      ],
    ),
    ...each(
      'values of a shell',
      from('${PROVIDER}', '${CLUSTER}'),
      from(`${ARN}\${CLUSTER}`, '${CLUSTER}'),
      from(`${ARN}\${CLUSTER}`, '${WRONG}'),
      when({ StringEquals: { '${ISSUER}:aud': AUD, '${CLUSTER}:aud': AUD, ...sub() } }),
      subs('system:serviceaccount:${ISSUER}:x'),
    ),
    'open, and of EKS': web({
      Principal: { Federated: `${ARN}\${X}` },
      Condition: { StringEquals: { '${X}:aud': AUD } },
    }),
    'open, and of somebody else': web({
      Principal: { Federated: `${ARN}\${GITLAB}` },
      Condition: { StringEquals: { '${X}:aud': AUD } },
    }),
    'open, and for another audience': web({
      Principal: { Federated: `${ARN}\${X}` },
      Condition: { StringEquals: { '${X}:aud': 'x' } },
    }),
    ...each(
      'open, and more',
      open([`${ARN}\${X}`, `${ARN}example.com`], { '${X}:aud': AUD }),
      open(`${ARN}\${X}/id/\${Y}`, { '${X}:aud': AUD }),
      open([`${ARN}\${X}`, `${ARN}\${GITLAB}`], { '${X}:aud': AUD }),
      open(`${ARN}\${X}`, { '${X}:azp': 'x', '${X}:aud': AUD }),
      open(`${ARN}\${X}`, { '${X}:aud': ['x', AUD] }),
      open({ Ref: 'X' }, { '${X}:aud': AUD }),
      open({ 'Fn::Sub': 'x' }, { ...aud(), ...sub(account('x:y')) }),
      when({ StringEquals: { ...aud({ Ref: 'A' }), ...sub({ Ref: 'S' }) } }),
    ),
    'open, behind a text': web({
      Principal: { Federated: `${ARN}x\${X}` },
      Condition: { StringEquals: { '${X}:aud': AUD } },
    }),
    'open, and other claims': web({
      Principal: { Federated: `${ARN}\${X}` },
      Condition: { StringEquals: { '${X}:azp': AUD } },
    }),
    ...each(
      'long texts',
      from(`${ARN}${'x'.repeat(2048)}`),
      from(`${ARN}${ISSUER}${'x'.repeat(2048 - ARN.length - ISSUER.length)}`),
      from(`${ARN}${ISSUER}${'x'.repeat(2049 - ARN.length - ISSUER.length)}`),
    ),
  },
  principals: {
    ...by(
      [
        ...[
          '*',
          'x',
          null,
          [],
          {},
          { AWS: '*' },
          { AWS: '111122223333' },
          { AWS: 'x y' },
          { Service: 'pods.eks.amazonaws.com' },
        ],
        ...[
          { AWS: ARN + ISSUER },
          { Service: ARN + ISSUER },
          { aws: ISSUER },
          { AWS: [ARN + ISSUER, 'x'] },
          { Federated: [] },
        ],
        ...[
          { AWS: ARN + ISSUER, Federated: ARN + ISSUER },
          { AWS: '111122223333', Service: 'ec2.amazonaws.com' },
          { Other: 'x' },
        ],
        ...[
          { AWS: '111122223333', Federated: ARN + ISSUER },
          { federated: ARN + ISSUER },
          { AWS: '111122223333', Service: ISSUER },
        ],
        ...[
          { AWS: ['*', ISSUER] },
          { Federated: '*' },
          { CanonicalUser: 'x' },
          { AWS: '' },
          { Service: 'x' },
          { AWS: 'arn:aws:iam::1:root' },
        ],
      ] as readonly unknown[],
      (Principal) => [web({ Principal })],
    ),
    'all but somebody': web({ Principal: undefined, NotPrincipal: { AWS: '111122223333' } }),
    'all but nobody': web({ Principal: undefined, NotPrincipal: [] }),
    'a form that IAM refuses, and one action of STS': web({
      Principal: 'x',
      Action: ['s3:GetObject', 'sts:AssumeRole'],
    }),
    'a form that IAM refuses, and no action of STS': web({ Principal: 'x', Action: 's3:GetObject' }),
    'a form that IAM refuses, in a Deny': { ...web({ Principal: 'x' }), Effect: 'Deny' },
    'of an organization': [
      { Effect: 'Deny', Principal: '*', Action: 'sts:*', Resource: '*', Condition: { StringNotEquals: sub() } },
    ],
    'of an endpoint': [{ ...web(), Principal: { AWS: '*' }, NotResource: 'x' }],
    'with a resource alone': [{ ...web(), Resource: '*' }],
    'with a resource, for somebody': [{ ...web(), Principal: { AWS: ['x', '*'] }, Resource: '*' }],
  },
  actions: {
    ...by(
      [
        ...[
          'sts:AssumeRoleWithWebIdentity',
          'STS:assumerolewithwebidentity',
          'sts:AssumeRole',
          'sts:*',
          '*',
          'sts:Assume*',
        ],
        ...[
          'sts:AssumeRoleWithWebIdentities',
          'sts:AssumeRoleWithWebidentity ',
          'sts:TagSession',
          'sts:SetContext',
          'x',
          '',
        ],
        ...['sts:AssumeRoleWithSAML', 's3:*', '${ACTION}', 'sts:A*', 'sts:T*', 'sts:AssumeRoleWithWeb?dentity'],
      ],
      (one) => [
        acts(one),
        acts([one]),
        acts('sts:AssumeRoleWithWebIdentity', one),
        acts('sts:TagSession', one),
        acts(one, 'sts:AssumeRole'),
        acts('sts:AssumeRole', one),
      ],
    ),
    ...each(
      'none',
      web({ Action: undefined }),
      web({ Action: [] }),
      web({ Action: undefined, NotAction: 'sts:AssumeRole' }),
      web({ Action: { a: 1 } }),
    ),
  },
  profiles: {
    ...by(['team-a', 'team-b', 'team-c'], (team) => [subs(account(`${team}:default-editor`))]),
    'another account of it': subs(account('team-a:builder')),
    'two others': subs([account('x:y'), account('z:y')]),
    'two others, one of them in a text of its own': when({
      StringEquals: { ...aud(), ...sub(account('x:y')) },
      StringLike: sub(account('z:*')),
    }),
    'the right one for another audience, and another': when({
      StringEquals: { ...aud('x'), ...sub([SUB, account('x:y')]) },
    }),
    'two statements, one for another audience': [subs(account('x:y')), when({ StringEquals: aud('x') })],
    'a list that is open, and a pattern': when({
      StringEquals: { ...aud(), ...sub([account('x:y'), { Ref: 'x' }]) },
      StringLike: sub(account('z:*')),
    }),
    'a statement for everybody beside': [
      web({}, OTHER),
      { ...web(), Principal: '*' },
      web({ Principal: { AWS: '111122223333' } }),
    ],
    'one by a pattern': subs(account('team-?:default-editor'), 'StringLike'),
    'one by another pattern': subs(account('x-?:default-editor'), 'StringLike'),
    'two statements': [subs(account('x:y')), subs(account('z:y'))],
    'two statements, one without sub': [subs(account('x:y')), when({ StringEquals: aud() })],
    'no statement for tokens': {
      Effect: 'Allow',
      Principal: { Service: 'ec2.amazonaws.com' },
      Action: 'sts:AssumeRole',
    },
    everybody: {
      Effect: 'Allow',
      Principal: '*',
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: sub(account('x:y')) },
    },
    'no provider, and somebody': web({ Principal: { AWS: '111122223333' } }),
    'no list': { ...web() },
    'another name of a namespace, and open': subs([account('x:y'), account('${NAME}:y')]),
    'its account among others, and another statement': [
      subs([account('team-b:default-editor'), account('x:y')]),
      { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
    'a Deny for it': [web(), deny({ StringEquals: sub() })],
    'a Deny for it by another test': [web(), deny({ StringEquals: { 'aws:SourceVpc': 'x' } })],
    'what the controller would lose': [
      web(),
      { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
    'what it would take for the first': [
      { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
      web(),
    ],
    'a test that it would lose': when({
      StringEquals: { ...aud(), ...sub(account('team-b:default-editor')), 'aws:x': 'y' },
    }),
    'an operator that it would lose': when({ StringEquals: aud(), StringLike: sub(account('team-b:default-editor')) }),
    'the other cluster': [web({}, OTHER), subs(account('team-b:default-editor'))],
    'a list of one provider': from([ARN + ISSUER]),
    'a list of two': from([ARN + ISSUER, ARN + OTHER]),
    'an empty list': from([]),
    'a list of something': from([{ a: 1 }]),
  },
};

/** Short for what is in every line. */
const brief = (text: string): string =>
  text
    .replaceAll(ARN, 'ARN/')
    .replaceAll(ISSUER, 'ISSUER')
    .replaceAll(OTHER, 'OTHER')
    .replaceAll(SWAPPED, 'SWAPPED')
    .replaceAll('system:serviceaccount:', 's:s:')
    .replaceAll(/(.)\1{20,}/g, '$1…');
const check = (statement: unknown, context: PolicyContext): readonly string[] => {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statement });
  return findings((root) => [...checkTrustPolicy(root, context), ...checkFederated(root, context)], text).map((one) =>
    brief(said('', text, one)),
  );
};
for (const [group, cases] of Object.entries(GROUPS))
  test(`trust policies: ${group}`, () =>
    asKept(
      `trust-cases/${group}`,
      Object.entries(cases).flatMap(([what, statement]) => {
        const rule = check(statement, {});
        return [
          `# ${brief(what)}`,
          ...rule,
          ...(/, \d$/.test(what) ? [] : (MATTERS[group] ?? [])).flatMap((name) => {
            const other = differences(check(statement, CONTEXTS[name] ?? {}), rule);
            return other.length === 0 ? [] : [`${name}:`, ...other.map((line) => `  ${line}`)];
          }),
        ];
      }),
    ));

test('trust policies in YAML: what has no characters of its own, and what stands elsewhere', () => {
  const one = (text: string): string => `- { Effect: Allow, Principal: { Federated: "${ARN}${ISSUER}" }, ${text} }`;
  const tests = (name: string): string =>
    `Action: sts:AssumeRoleWithWebIdentity, Condition: { StringEquals: { "${ISSUER}:aud": ${AUD}, "${ISSUER}:sub": "${account(name)}" } }`;
  const its = JSON.stringify(subs(account('team-a:x')));
  const TEXTS: Readonly<Record<string, string>> = {
    'no principal': 'Statement:\n- Effect: Allow\n  Principal:\n  Action: sts:AssumeRoleWithWebIdentity\n',
    'no principal but': 'Statement:\n- Effect: Allow\n  NotPrincipal:\n  Action: sts:AssumeRole\n',
    'statements of one profile': `Statement:\n${many(8, (at) => one(tests(`team-a:account-${at}`))).join('\n')}\n`,
    'the same statement over and over': `x: &its ${its}\nStatement: [${many(8, () => '*its').join(', ')}]\n`,
    'the same statement, then over and over': `Statement: [&its ${its}, ${many(8, () => '*its').join(', ')}]\n`,
    'with comments': `Statement:\n${many(8, (at) => `${one(tests(`team-a:account-${at}`))} # ${at}`).join('\n')}\n`,
  };
  asKept(
    'trust-cases/yaml',
    Object.entries(TEXTS).flatMap(([what, body]) => {
      const text = `Version: "2012-10-17"\n${body}`;
      return [
        `# ${what}`,
        ...findings((root) => checkTrustPolicy(root), text, {}, 'yaml').map((finding) =>
          brief(said('', text, finding)),
        ),
      ];
    }),
  );
});
