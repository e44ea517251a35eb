// All that is made of a policy when one part of it is changed, for each part and in each of several ways, and what each operator of a
// condition answers: test/fixtures/told/policy/*.txt.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isTlsOnly } from '../../src/core/bucket.ts';
import { othersNamed } from '../../src/core/plan/trust.ts';
import { accessWords } from '../../src/core/policy/access-words.ts';
import { admits, othersLetIn, whoGetsIn } from '../../src/core/policy/access.ts';
import { amendTrust, withdrawTrust } from '../../src/core/policy/amend.ts';
import {
  formerOfPolicy,
  issuerOf,
  keyOfPolicy,
  permissionsPolicy,
  policyText,
  samePolicy,
  tlsOnly,
  trustPolicy,
  trustStatement,
} from '../../src/core/policy/build.ts';
import { controllerWrites, inControllersForm } from '../../src/core/policy/controller.ts';
import { derivedAccess } from '../../src/core/policy/derived.ts';
import { actionApplies, allows, may, mayAssume, refusedPrincipal } from '../../src/core/policy/evaluate.ts';
import type { KnownRequest } from '../../src/core/policy/context.ts';
import { dataOf, list } from '../../src/core/policy/json.ts';
import { record } from '../../src/core/records.ts';
import { judgeKeyPolicy, keyStatement } from '../../src/core/policy/key.ts';
import { withMember, withoutMember } from '../../src/core/policy/members.ts';
import { OPERATORS } from '../../src/core/policy/model.ts';
import {
  mayList,
  mayRead,
  mayWrite,
  meansToWrite,
  placeText,
  podSession,
  unlisted,
  writing,
} from '../../src/core/policy/rights.ts';
import { asKept, besides, variations } from './told.ts';
import { arnOf, ISSUER, PROVIDER } from './world.ts';

const SUBJECT = 'system:serviceaccount:team-x:default-editor';
const wanted = { provider: PROVIDER, subject: SUBJECT, audience: 'sts.amazonaws.com' };
const issuer = issuerOf(PROVIDER);
const KEY = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const ROLE = arnOf('team-x');

/** Short for what is in every line. */
const brief = (text: string): string =>
  text
    .replaceAll(PROVIDER, 'PROVIDER')
    .replaceAll(issuer, 'ISSUER')
    .replaceAll(SUBJECT, 'SUBJECT')
    .replaceAll('system:serviceaccount:', 's:s:')
    .replaceAll('\n', '⏎');
const OURS = JSON.stringify(trustStatement(PROVIDER, issuer, SUBJECT, wanted.audience));
/** The statements of a policy: `#0` is the first one of the policy before, as it was. */
function policy(text: string | undefined, before: string): string {
  if (text === before || text === undefined) return text === before ? 'as it was' : 'none';
  const statements = (data: unknown): readonly string[] =>
    list(record(data)['Statement']).map((one) => JSON.stringify(one));
  const first = statements(dataOf(before));
  const short = (one: string): string => (first.includes(one) ? `#${first.indexOf(one)}` : one === OURS ? 'OURS' : one);
  return statements(dataOf(text)).map(short).join(' ');
}

function trustTold(text: string): readonly string[] {
  const data = dataOf(text);
  const access = whoGetsIn(data);
  const [member, without, amended, withdrawn] = [
    withMember(text, wanted),
    withoutMember(text, wanted),
    amendTrust(text, wanted),
    withdrawTrust(text, wanted),
  ];
  const written = (['apply', 'delete'] as const).map((when) => {
    const { outcome, ...rest } = controllerWrites(text, SUBJECT, when);
    const { policy: its, ...more } = { policy: undefined, ...rest };
    return `controller, ${when}: ${outcome} ${policy(its, text)} ${JSON.stringify(more)}`;
  });
  return [
    `in: ${admits(access, { provider: PROVIDER, sub: SUBJECT, aud: wanted.audience })}, ${accessWords(access)}`,
    `others: ${othersNamed(text, wanted).join('; ')}; ${othersLetIn(access, { provider: PROVIDER, sub: SUBJECT })
      .map(({ statement: at }) => `#${at}`)
      .join(' ')}`,
    `member: ${policy(member, text)}`,
    `without: ${policy(without.policy, text)}${without.still ? ', still' : ''}${without.alone ? ', alone' : ''}`,
    `form: ${policy(inControllersForm(text, wanted), text)}`,
    `amended: ${policy(amended.policy, text)} ${JSON.stringify([amended.lost, amended.stopped])}`,
    `withdrawn: ${policy(withdrawn.policy, text)} ${JSON.stringify([withdrawn.still, withdrawn.empty])}`,
    ...written,
  ].map(brief);
}

const session = podSession({ partition: 'aws', arn: ROLE, account: '111122223333', tags: { team: 'x' } });
function permissionsTold(text: string): readonly string[] {
  const all = [dataOf(text)];
  const where = writing(all, session);
  return [
    `writes: ${[where.answer, ...where.places.map((place) => `${placeText(place)}${place.answer === 'yes' ? '' : '?'}`), ...where.single].join(' ')}`,
    `means to write ${meansToWrite(all)}, reads ${mayRead(all, session)}, not listed ${unlisted(all, where, session).join()}`,
    `lists ${mayList(all, 'artifacts', session)}, its own ${mayList(all, 'artifacts', session, 'team-x/')}, another's ${mayList(all, 'artifacts', session, 'team-y/')}`,
    `its place ${mayWrite(all, 'artifacts', 'team-x', session)}, another's ${mayWrite(all, 'artifacts', '/team-y/', session)}`,
    `for ${JSON.stringify([derivedAccess(text), formerOfPolicy(text), keyOfPolicy(text)])}`,
    `the same ${samePolicy(text, JSON.stringify(PERMISSIONS['as we write it, with a key and a place before']))}`,
  ];
}

const statement = (more: object): object => ({
  Effect: 'Allow',
  Principal: { Federated: PROVIDER },
  Action: 'sts:AssumeRoleWithWebIdentity',
  ...more,
});
const names = (operator: string, ...subjects: readonly string[]): object => ({
  Condition: { StringEquals: { [`${issuer}:aud`]: 'sts.amazonaws.com' }, [operator]: { [`${issuer}:sub`]: subjects } },
});
const TRUSTS: Readonly<Record<string, object>> = {
  'as we write it': JSON.parse(policyText(trustPolicy(PROVIDER, ISSUER, 'team-x'))) as object,
  'of several': {
    Version: '2012-10-17',
    Statement: [
      statement({
        Sid: 'A',
        Condition: {
          StringEquals: {
            [`${issuer}:aud`]: 'sts.amazonaws.com',
            [`${issuer}:sub`]: ['system:serviceaccount:team-y:default-editor', SUBJECT],
          },
        },
      }),
      statement(names('StringLike', 'system:serviceaccount:team-z:*', 'system:serviceaccount:team-x:*')),
      { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'sts:AssumeRole' },
    ],
  },
  'with a denial': {
    Version: '2012-10-17',
    Statement: [
      statement(names('StringLike', SUBJECT)),
      { ...statement(names('StringNotLike', 'system:serviceaccount:team-*:*')), Effect: 'Deny' },
    ],
  },
};
const PERMISSIONS: Readonly<Record<string, object>> = {
  'as we write it, with a key and a place before': JSON.parse(
    policyText(
      permissionsPolicy('aws', 'artifacts', 'team-x', 'prefix', KEY, 'team-x/', { bucket: 'old', prefix: 'team-x/' }),
    ),
  ) as object,
  'with denials': {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['s3:Put*', 's3:ListBucket'],
        Resource: [
          'arn:aws:s3:::artifacts',
          'arn:aws:s3:::artifacts/*',
          'arn:aws:s3:::art*/${aws:PrincipalTag/team}/*',
        ],
      },
      { Effect: 'Deny', Action: 's3:PutObject', NotResource: 'arn:aws:s3:::artifacts/team-x/*' },
      {
        Effect: 'Deny',
        NotAction: 's3:*',
        Resource: '*',
        Condition: { StringNotEquals: { 'aws:PrincipalAccount': '111122223333' } },
      },
      {
        Effect: 'Allow',
        Action: '*',
        NotResource: ['arn:aws:s3:::artifacts/*'],
        Condition: { StringLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/*' } },
      },
    ],
  },
};
const KEYS: Readonly<Record<string, object>> = {
  'of the account': {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' },
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 'kms:Decrypt',
        Resource: '*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  },
  'of the role': JSON.parse(
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        keyStatement(KEY, ROLE, 'prefix'),
        { Effect: 'Allow', Principal: { AWS: [ROLE] }, Action: 'kms:Decrypt', Resource: KEY },
      ],
    }),
  ) as object,
  'of everybody but': {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: '*' }, Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: '*' },
      {
        Effect: 'Deny',
        NotPrincipal: { AWS: [ROLE, 'arn:aws:iam::111122223333:root'] },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  },
};

function table(
  title: string,
  documents: Readonly<Record<string, object>>,
  told: (text: string) => readonly string[],
): void {
  for (const [name, document] of Object.entries(documents))
    describe(`${title} ${name}`, () => {
      const file = `policy/${title}, ${name}`.replaceAll(',', '');
      const rule = told(JSON.stringify(document));
      test('as it is', () => asKept(`${file}/as it is`, rule));
      for (const [way, all] of variations(document))
        test(way, () =>
          asKept(
            `${file}/${way}`,
            all.flatMap(([what, text]) => [
              brief(what),
              ...besides(told(text), rule).flatMap((line) => (line.startsWith('- ') ? [] : [`  ${line}`])),
            ]),
          ),
        );
    });
}
table('trust', TRUSTS, trustTold);
table('permissions', PERMISSIONS, permissionsTold);
table('key', KEYS, (text) =>
  (['prefix', 'read-only'] as const).map(
    (access) => `${access}: ${JSON.stringify(judgeKeyPolicy(text, KEY, ROLE, access))}`,
  ),
);
table('bucket', { 'only with TLS': JSON.parse(JSON.stringify(tlsOnly('aws', 'artifacts'))) as object }, (text) => [
  `only with TLS: ${isTlsOnly(text, 'artifacts')}`,
]);

/** A Principal in each form, and elements of other kinds in its place. */
const OTHER_PROVIDER = PROVIDER.replace('111122223333', '444455556666');
const ROOT = 'arn:aws:iam::111122223333:root';
const PRINCIPALS: readonly unknown[] = [
  ...[PROVIDER, [PROVIDER], [PROVIDER, OTHER_PROVIDER], OTHER_PROVIDER, '*', '\uE000', [], { Ref: 'x' }, 5].map(
    (Federated) => ({ Federated }),
  ),
  { Federated: PROVIDER.replace('111122223333', '\uE000') },
  { Federated: PROVIDER.replace('111122223333', '*') },
  { Federated: [PROVIDER, '*'] },
  { Federated: 'arn:aws:iam::111122223333:saml-provider/x' },
  ...['*', ['*', ROOT], ROOT, '111122223333', arnOf('y'), 'arn:aws:iam::*:role/x', [], { Ref: 'x' }, '\uE000'].map(
    (AWS) => ({
      AWS,
    }),
  ),
  { Federated: PROVIDER, AWS: ROOT },
  { Federated: PROVIDER, AWS: '*' },
  { Federated: OTHER_PROVIDER, AWS: '*' },
  { Service: 'pods.eks.amazonaws.com' },
  { Service: '*' },
  { Service: 'ec2.amazonaws.com', Federated: PROVIDER },
  { CanonicalUser: 'abc' },
  { Nobody: 'x' },
  { Nobody: 'x', Federated: PROVIDER },
  { '\uE000': PROVIDER },
  ...[{}, [], '*', 'x', '\uE000', undefined],
];
const OF_ACCOUNT = {
  Condition: { StringEquals: { [`${issuer}:sub`]: SUBJECT, [`${issuer}:aud`]: wanted.audience } },
};
describe('who gets in by each form of a Principal', () => {
  const sentence = (document: object): string => {
    const access = whoGetsIn(document);
    const asked = { provider: PROVIDER, sub: SUBJECT, aud: wanted.audience };
    const other = { ...asked, provider: OTHER_PROVIDER };
    return `${[asked, other].map((one) => `${mayAssume(document, one)}/${admits(access, one)}`).join(' ')} ${accessWords(access)}; of ${access.providers.length}, not judged: ${access.unjudged.map((one) => `#${one.statement} ${one.why}`).join(', ')}`;
  };
  const web = { Action: 'sts:AssumeRoleWithWebIdentity' };
  for (const element of ['Principal', 'NotPrincipal'])
    for (const Effect of ['Allow', 'Deny', '\uE000'])
      test(`${element} of ${Effect.replace('\uE000', 'what is filled in')}`, () =>
        asKept(
          `policy/principals/${element} of ${Effect.replace('\uE000', 'what is filled in')}`,
          PRINCIPALS.flatMap((principal) => {
            const one = { Effect, [element]: principal, ...web };
            const base = { Effect: 'Allow', Principal: { Federated: PROVIDER }, ...web, ...OF_ACCOUNT };
            const told = [{}, OF_ACCOUNT].map((more) =>
              sentence({
                Version: '2012-10-17',
                Statement: Effect === 'Allow' ? [{ ...one, ...more }] : [base, { ...one, ...more }],
              }),
            );
            return [
              `${JSON.stringify(principal) ?? 'none'}${Effect === 'Allow' ? `: ${refusedPrincipal(principal) ?? 'fine'}` : ''}`,
              ...[...new Set(told)].map((line) => `  ${line}`),
            ].map((line) => brief(line).replaceAll(OTHER_PROVIDER, 'OTHER').replaceAll('\uE000', '{?}'));
          }),
        ));
});

test('statements that name an account in other ways, and documents that are none', () => {
  const sub = `${issuer}:sub`;
  const aud = { [`${issuer}:aud`]: wanted.audience };
  const conditions: readonly unknown[] = [
    { StringEquals: { [sub]: SUBJECT } },
    { StringEquals: { ...aud, [sub]: [] } },
    { StringEquals: { ...aud, [sub]: 5 } },
    { StringEquals: { ...aud, [sub.toUpperCase()]: SUBJECT } },
    { stringequals: { ...aud, [sub]: SUBJECT } },
    { StringEquals: aud, StringLike: { [sub]: SUBJECT } },
    { StringLike: { ...aud, [sub]: SUBJECT } },
    { StringLike: { ...aud, [sub]: [SUBJECT, 'system:serviceaccount:team-*:x'] } },
    { StringEquals: aud, StringLike: { [sub]: 'system:serviceaccount:*:default-editor' } },
    { StringEqualsIgnoreCase: { ...aud, [sub]: [SUBJECT.toUpperCase(), 'x'] } },
    { StringEquals: { ...aud, [sub]: SUBJECT }, StringLike: { [sub]: [SUBJECT, 'x'] } },
    { 'ForAnyValue:StringEquals': { ...aud, [sub]: [SUBJECT, 'x'] } },
    { StringEqualsIfExists: { ...aud, [sub]: SUBJECT } },
    { StringEquals: { ...aud, [sub]: SUBJECT }, IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
    { StringEquals: { ...aud, [sub]: SUBJECT, 'sts:RoleSessionName': 'x' } },
    { StringEquals: { ...aud, [sub]: [SUBJECT, 'system:serviceaccount:team-y:x'] }, Bool: 'x' },
    { StringEquals: 'x' },
    { StringNotEquals: { ...aud, [sub]: 'system:serviceaccount:team-y:x' } },
    { StringEquals: { [`${issuer}:aud`]: ['sts.amazonaws.com', 'x'], [sub]: SUBJECT } },
    { StringEquals: { [`${issuer}:aud`]: 'x', [sub]: SUBJECT } },
    'x',
  ];
  const parts: readonly object[] = [
    ...[{ X: 'y' }, { Sid: 'S' }, { Effect: 'allow' }, { Effect: 'Deny' }, { Action: 'sts:*' }, { NotAction: 'iam:*' }],
    { Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'] },
    { Action: undefined },
    ...[[PROVIDER], [PROVIDER, OTHER_PROVIDER], OTHER_PROVIDER].map((Federated) => ({ Principal: { Federated } })),
    { Principal: { Federated: PROVIDER, AWS: ROOT } },
    { Principal: '*' },
  ];
  const other = { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'sts:AssumeRole' };
  const ours = statement(OF_ACCOUNT);
  const forms: readonly unknown[] = [
    ...[5, [], 'x', {}, { Statement: [] }, { Statement: 'x' }, { Statement: ours }, { Statement: [ours, 'x', null] }],
    { Version: '2008-10-17', Statement: [ours] },
    { Id: 'a', Version: '2012-10-17', Statement: [other, ours] },
    { Version: '2012-10-17', Statement: [ours, ours] },
  ];
  const all: readonly (readonly [string, string])[] = [
    ...[
      ...conditions.map((Condition) => ({ Condition })),
      ...parts.map((part) => ({ ...OF_ACCOUNT, ...part })),
    ].flatMap((more) => {
      const one = statement(more);
      return [
        [JSON.stringify(more), JSON.stringify({ Version: '2012-10-17', Statement: [one] })],
        ['  behind another', JSON.stringify({ Version: '2012-10-17', Statement: [other, one] })],
      ] as const;
    }),
    ...forms.map((one) => [JSON.stringify(one), JSON.stringify(one)] as const),
    ['no JSON', '{'],
  ];
  let before: readonly string[] = [];
  asKept(
    'policy/named in other ways',
    all.flatMap(([title, text]) => {
      const told = trustTold(text);
      const lines = title.startsWith(' ') ? told.filter((line) => !before.includes(line)) : told;
      before = told;
      return [brief(title).replaceAll(OTHER_PROVIDER, 'OTHER'), ...lines.map((line) => `    ${line}`)];
    }),
  );
});

test('statements by their actions and resources, filled in or not', () => {
  const values: readonly unknown[] = [
    ...[
      's3:GetObject',
      'S3:getobject',
      's3:Get*',
      '*',
      's3:Put*',
      '\uE000',
      's3:\uE000',
      'x\uE000',
      '',
      's3:GetObjec?',
    ],
    ...[['s3:Put*', 's3:Get*'], ['s3:Put*', '\uE000'], [], 5, null, { Ref: 'x' }, [{ Ref: 'x' }, 's3:Get*'], [5]],
  ];
  const resources: readonly unknown[] = [
    ...[
      '*',
      '**',
      'arn:aws:s3:::b/k',
      'arn:aws:s3:::b/*',
      'arn:aws:s3:::*',
      'arn:*',
      'arn:aws:*:*:*:b/k',
      'arn:aws:s3:*',
    ],
    ...[
      'b/k',
      '\uE000',
      'arn:aws:s3:::\uE000',
      'arn:aws:s3:::b/${aws:x}',
      'arn:aws:s3:::${aws:y}',
      'arn:aws:s3:${aws:x}::b/k',
    ],
    ...[
      'arn:${aws:x}:s3:::b/k',
      'arn:aws:s3:::b/${*}',
      'arn:aws:s3:::b/${aws:z, "k"}',
      'arn:aws:s3:::B/k',
      { Ref: 'x' },
      [],
    ],
  ];
  const facts = { values: { 'aws:x': 'k' }, lacks: (key: string) => key !== 'aws:y' };
  const effects = ['Allow', 'Deny', 'allow', '\uE000', 'A\uE000', 5, undefined];
  const all = { Effect: 'Allow', Action: '*', Resource: '*' };
  asKept(
    'policy/actions and resources',
    [
      ...['Action', 'NotAction'].flatMap((name) =>
        values.map((value) => `${name} ${JSON.stringify(value)}: ${actionApplies({ [name]: value }, 's3:GetObject')}`),
      ),
      ...['Resource', 'NotResource'].flatMap((name) =>
        resources.map((value) => {
          const told = ['2012-10-17', '2008-10-17'].map((Version) =>
            may(
              [{ Version, Statement: { Effect: 'Allow', Action: '*', [name]: value } }],
              's3:GetObject',
              'arn:aws:s3:::b/k',
              facts,
            ),
          );
          return `${name} ${JSON.stringify(value)}: ${[...new Set(told)].join(', without variables ')}`;
        }),
      ),
      ...effects.flatMap((Effect) =>
        [[], [all], [{ ...all, Effect: 'Deny' }], [{ ...all, Action: '\uE000' }]].map((more) => {
          const document = { Statement: [{ ...all, Effect }, ...more] };
          return `${JSON.stringify(Effect)} and ${more.map((one) => `${one.Effect} ${one.Action}`).join() || 'no more'}: ${may([document], 's3:GetObject', 'x', facts)} ${allows(document, 's3:GetObject', 'x')}`;
        }),
      ),
      `no Action: ${actionApplies({}, 's3:GetObject')}`,
    ].map((line) => line.replaceAll('\uE000', '{?}')),
  );
});

/** Values of a policy by the kind of their operator, and those that a request has. */
const VALUES: readonly [kind: RegExp, wanted: readonly unknown[], given: readonly (string | readonly string[])[]][] = [
  [
    /^string/,
    ['a', 'A', 'a*', 'b', ['a', 'b'], [], '${*}', '${aws:x}', '\uE000', 1, { Ref: 'x' }],
    ['a', 'b', '*', ['a', 'b'], ['a', 'c'], []],
  ],
  [
    /^numeric/,
    ['10', 10, '9', '11', ' 10 ', '1e1', 'x', '${aws:x}', ['9', '11'], '10.0'],
    ['10', '9.5', '', 'x', ['9', '11']],
  ],
  [
    /^date/,
    ['2026-01-01', '2026-01-01T00:00:00Z', '1767225600', '2025', '2027-06', 'x', ['2025-01-01', '2027-01-01']],
    ['2026-01-01T00:00:00Z', '1767225600', '1767225601', '2025-12-31', 'x'],
  ],
  [
    /^(not)?ip/,
    [
      '10.0.0.0/8',
      '10.0.0.1',
      '10.0.0.1/33',
      '::1',
      '2001:db8::/32',
      '2001:db8::1::',
      '256.0.0.1',
      '1.2.3',
      '0.0.0.0/0',
      '::/0',
      '10.0.0.0/x',
      '1:2:3:4:5:6:7:8',
      '1:2:3:4:5:6:7::',
      '1:2:3:4:5:6:7:8::',
    ],
    [
      '10.0.0.1',
      '11.0.0.1',
      '2001:db8::1',
      '::1',
      '1:2:3:4:5:6:7:8',
      '1:2:3:4:5:6:7:0',
      '10.0.0.0/8',
      '10.0.0.0/7',
      'x',
    ],
  ],
  [
    /^arn/,
    [ROLE, 'arn:aws:iam::*:role/team-?', 'arn:*', '*', 'arn:aws:iam::111122223333:role/*', 'x'],
    [ROLE, 'arn:aws:iam::444455556666:role/team-x', 'x'],
  ],
  [/^(bool|null)/, ['true', 'false', 'TRUE', true, 'x', ['true', 'false'], []], ['true', 'false', 'True']],
  [/^binary/, ['YQ==', 'YR=='], ['YQ==']],
];
describe('operators', () => {
  for (const operator of [...OPERATORS, 'stringequalz'])
    test(operator, () => {
      const [, wantedOnes = [], given = []] = VALUES.find(([kind]) => kind.test(operator)) ?? [/x/, ['a'], ['a']];
      const lines = ['', 'ifexists'].flatMap((end) =>
        ['', 'forallvalues:', 'foranyvalue:'].flatMap((set) =>
          wantedOnes.flatMap((value) =>
            (['Allow', 'Deny'] as const).map((effect) => {
              const document = {
                Version: '2012-10-17',
                Statement: [
                  {
                    Effect: 'Allow',
                    Action: '*',
                    Resource: '*',
                    ...(effect === 'Allow' ? { Condition: { [`${set}${operator}${end}`]: { 'aws:K': value } } } : {}),
                  },
                  ...(effect === 'Deny'
                    ? [
                        {
                          Effect: 'Deny',
                          Action: '*',
                          Resource: '*',
                          Condition: { [`${set}${operator}${end}`]: { 'aws:K': value } },
                        },
                      ]
                    : []),
                ],
              };
              const requests: readonly KnownRequest[] = [
                ...given.map((one) => ({ values: { 'AWS:k': one } })),
                { values: {}, lacks: () => true },
                { values: {} },
              ];
              const answers = requests
                .map((request) => may([document], 's3:GetObject', 'arn:aws:s3:::b/k', request)[0])
                .join('');
              return `${effect} ${set}${operator}${end} ${JSON.stringify(value)}: ${answers}`;
            }),
          ),
        ),
      );
      asKept(`policy/operators/${operator}`, lines);
    });
});

test('a subject in another case is the profile itself where a condition takes any case', () => {
  const said = (name: string): string => {
    const any = statement(names('StringEqualsIgnoreCase', SUBJECT.replace('team-x', name)));
    return othersNamed(JSON.stringify({ Statement: [any] }), wanted).join();
  };
  assert.equal(said('Team-X'), '');
  assert.match(said('Team-Y'), /team-y/i);
});
