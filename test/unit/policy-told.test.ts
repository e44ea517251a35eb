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
import { may } from '../../src/core/policy/evaluate.ts';
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
