// What each kind of policy lets a profile do, beside each kind of Deny, policy of a bucket, of a key and trust: cell by cell, with the
// statements that decide and the least request. Kept in test/fixtures/told/isolation/policies.
import { test } from 'node:test';
import { judgeIsolation } from '../../src/core/isolation/judge.ts';
import { DEEDS } from '../../src/core/isolation/reach.ts';
import { deedsOf, type Because, type Isolation } from '../../src/core/isolation/matrix.ts';
import type { IsolationWorld, WorldBucket, WorldKey, WorldRole } from '../../src/core/isolation/world.ts';
import { absent, denied, failed, found, type Reading } from '../../src/core/reading.ts';
import {
  ACCOUNT,
  allow,
  arnOf,
  BUCKET,
  cluster,
  deny,
  issuerOf,
  letIn,
  OTHER,
  policy,
  profile,
  providerOf,
  role,
  teams,
  world,
} from './isolation-kit.ts';
import { asKept, variations } from './told.ts';

const A = `arn:aws:s3:::${BUCKET}`;
const HOLE = '\uE000';
const short = (text: string): string =>
  text
    .replaceAll(issuerOf('dev').slice('https://'.length), 'ISSUER')
    .replaceAll(`arn:aws:iam::${ACCOUNT}:`, '')
    .replaceAll(`arn:aws:s3:::${BUCKET}`, 'B')
    .replaceAll('system:serviceaccount:', 'SA:')
    .replaceAll(HOLE, '□');

/** Statements that decide, the request, and on what it depends. */
function whyTold(because: Because | undefined): string {
  if (because === undefined) return 'nobody knows';
  const { answer, by, statements, request, why } = because;
  const deciding = statements.map(
    ({ policy: of, statement, sid }) => `${of}/${statement}${sid === undefined ? '' : `=${sid}`}`,
  );
  const { action, resource, values } = request?.call ?? {};
  const call =
    request === undefined ? [] : [`${action} ${resource} ${JSON.stringify(values)}`, request.token?.aud ?? 'no token'];
  return short(
    [
      answer,
      ...by.map((one) => `by ${one}`),
      deciding.join('+'),
      ...call,
      ...(why === undefined ? [] : [`if ${why}`]),
    ].join('; '),
  );
}

/** What each service account may do in each place, one line each; behind the first deed of each answer, why. */
function cellsTold(isolation: Isolation, whys = true): readonly string[] {
  const { subjects, places } = isolation;
  return subjects.flatMap(({ namespace, name }, who) =>
    places.flatMap(({ bucket, prefix }, what) => {
      const { yes, unknown } = isolation.cell(who, what);
      if (yes === 0 && unknown === 0) return [];
      const beyond = isolation.beyond(who, what, { bucket: BUCKET, prefix: 'a/' });
      const deeds = [...DEEDS.keys()].map((at) =>
        ((yes >> at) & 1) === 1 ? '+' : ((unknown >> at) & 1) === 1 ? '?' : '-',
      );
      const more = [
        beyond.yes === 0 ? [] : deedsOf(beyond.yes),
        beyond.unknown === 0 ? [] : ['?', ...deedsOf(beyond.unknown)],
      ].flat();
      const line = `${namespace}/${name} ${bucket === BUCKET ? '' : bucket}/${prefix} ${deeds.join('')}${more.length > 0 ? `, beyond its own: ${more.join(' ')}` : ''}`;
      const said = new Set<string>();
      return [
        line.replace('default-editor', 'de'),
        ...(whys ? DEEDS : []).flatMap((deed) => {
          if (!deedsOf(yes | unknown).includes(deed)) return [];
          const one = whyTold(isolation.because(who, what, deed));
          const key = one.replace(/s3:\w+ \S+ /, '');
          if (said.has(key)) return [];
          said.add(key);
          return [`  ${deed}: ${one}`];
        }),
      ];
    }),
  );
}
const lines = (given: IsolationWorld, whys = true): readonly string[] =>
  cellsTold(judgeIsolation(given), whys).map((line) => `    ${line}`);
const named = (...statements: readonly (readonly object[])[]): Pick<WorldRole, 'policies'> => ({
  policies: statements.map((some, at) => ({ name: `p${at}`, text: policy(...some) })),
});
const when = (operator: string, key: string, value: unknown): object => ({
  Condition: { [operator]: { [key]: value } },
});
const prefixed = (operator: string, value: unknown): object =>
  allow('s3:ListBucket', A, when(operator, 's3:prefix', value));

const POINT = `arn:aws:s3:us-west-2:${ACCOUNT}:accesspoint/x`;
const ALLOWS: Readonly<Record<string, readonly object[]>> = {
  everything: [allow('*', '*')],
  'all of the bucket': [allow('s3:*', [A, `${A}/*`], { Sid: 'All' })],
  'objects of a': [allow(['s3:GetObject', 's3:PutObject'], `${A}/a/*`)],
  'what begins with a': [allow('s3:GetObject*', `${A}/a*`)],
  'one object': [allow('s3:GetObject', `${A}/ab/x.bin`)],
  'a directory itself': [allow('s3:PutObject', [`${A}/a/`, `${A}/ab/`])],
  'all but a directory': [{ Effect: 'Allow', Action: 's3:*', NotResource: [`${A}/ab/*`, `${A}/a/secret/*`] }],
  'all but the bucket': [{ Effect: 'Allow', Action: 's3:*', NotResource: [A, `${A}/*`] }],
  'all actions but one': [{ Effect: 'Allow', NotAction: 's3:DeleteObject*', Resource: `${A}/*` }],
  versions: [allow(['s3:GetObjectVersion', 's3:DeleteObjectVersion', 's3:ListBucketVersions'], [A, `${A}/*`])],
  'a listing': [allow('s3:ListBucket', A)],
  'a listing below a': [prefixed('StringLike', 'a/*')],
  'a listing of just a': [prefixed('StringEquals', 'a/')],
  'a listing of what begins with a': [prefixed('StringLike', ['', 'a*'])],
  'a listing of the top': [prefixed('StringEquals', ['', '/'])],
  'a listing of a star': [prefixed('StringEquals', 'a/*')],
  'a listing in any case': [prefixed('StringEqualsIgnoreCase', 'A/')],
  'a listing but of ab': [prefixed('StringNotLike', 'ab/*')],
  'a listing, if it says of what': [prefixed('StringLikeIfExists', 'ab/*')],
  'a listing for all values': [prefixed('ForAllValues:StringLike', 'ab/*')],
  'a listing of a number': [prefixed('StringLike', [1, true])],
  'a listing of an object': [prefixed('StringLike', [{}])],
  'a listing without a prefix': [allow('s3:ListBucket', A, when('Null', 's3:prefix', 'true'))],
  'a listing by a tag': [prefixed('StringLike', '${aws:PrincipalTag/team}/*')],
  'a listing of any bucket': [allow('s3:List*', '*', when('StringLike', 's3:prefix', 'ab/*'))],
  'two tests of a prefix': [
    allow('s3:ListBucket', A, {
      Condition: { StringNotLike: { 's3:prefix': 'ab/x*' }, StringLike: { 's3:prefix': 'ab/*' } },
    }),
  ],
  'two tests': [
    allow('s3:ListBucket', A, {
      Condition: { StringLike: { 's3:prefix': 'ab/*' }, Bool: { 'aws:SecureTransport': 'true' } },
    }),
  ],
  'a condition': [allow('s3:GetObject', `${A}/*`, when('StringEquals', 'aws:SourceVpce', 'v'))],
  'a condition that holds': [allow('s3:GetObject', `${A}/*`, when('ArnEquals', 'aws:PrincipalArn', arnOf('a')))],
  'a condition that does not': [allow('s3:GetObject', `${A}/*`, when('StringEquals', 'aws:PrincipalAccount', OTHER))],
  'conditions of many kinds': ['aws:SourceIp', 'aws:SourceVpc', 's3:authType', 's3:x-amz-acl'].map((key) =>
    allow('s3:GetObject', `${A}/*`, when('StringEquals', key, 'x')),
  ),
  'a place by a tag': [allow('s3:*', `${A}/\${aws:PrincipalTag/team}/*`)],
  'a variable in plain text': [allow('s3:GetObject', `${A}/\${*}/*`)],
  'a hole': [allow('s3:GetObject', `${A}/${HOLE}`)],
  'a hole alone': [allow('s3:GetObject', HOLE)],
  'a hole in a text': [allow('s3:GetObject', `x${HOLE}`)],
  'two stars': [allow('s3:GetObject', ['**', 'x'])],
  'an access point': [allow('s3:GetObject', `arn:aws:s3:us-west-2:${ACCOUNT}:accesspoint/x/object/*`)],
  'any access point': [allow('s3:GetObject', 'arn:aws:s3:*:*:*')],
  'an access point by its keys': [
    allow(['s3:GetObject', 's3:ListBucket'], [`${POINT}/object/ab/*`, POINT]),
    allow('s3:PutObject', POINT.replace('us-west-2', 'eu-west-1') + '/object/a/*'),
  ],
  'an access point that is denied': [allow('s3:PutObject', `${A}/a/*`), deny('s3:*', `${POINT}/object/*`)],
  'all but an access point': [{ Effect: 'Allow', Action: 's3:GetObject', NotResource: `${POINT}/object/*` }],
  'another partition': [allow('s3:GetObject', `arn:aws-cn:s3:::${BUCKET}/*`)],
  'patterns in each field': [allow('s3:GetObject', `arn:*:s*:::${BUCKET}/a?/*`)],
  'another service': [allow('s3:GetObject', `arn:aws:s3-object-lambda:::${BUCKET}/*`)],
  'a bucket by a pattern': [allow('s3:*', 'arn:aws:s3:::art*')],
  'two directories': [allow('s3:*', [`${A}/a/*`, `${A}/ab/*`])],
  'two listings': [prefixed('StringLike', ['a/*', 'ab/*'])],
  'a listing of a text and an object': [prefixed('StringLike', ['ab/*', {}])],
  'a place by a tag and one without': [allow('s3:*', [`${A}/a/*`, `${A}/\${aws:PrincipalTag/team}/*`])],
  'no effect': [{ ...allow('s3:*', '*'), Effect: 'allow' }],
  'no resource': [{ Effect: 'Allow', Action: 's3:*', Resource: [] }],
  'the policy of the bucket': [allow('s3:PutBucketPolicy', A)],
};
const DENIES: Readonly<Record<string, readonly object[]>> = {
  nothing: [],
  everything: [deny('*', '*')],
  'the bucket': [deny('s3:*', [A, `${A}/*`])],
  'below ab': [deny('s3:*', `${A}/ab/*`)],
  'a part of ab': [deny('s3:*', `${A}/ab/x*`)],
  'all but a': [{ Effect: 'Deny', Action: 's3:*', NotResource: [A, `${A}/a/*`] }],
  'all but a part of ab': [{ Effect: 'Deny', Action: 's3:*', NotResource: [A, `${A}/ab/x/*`] }],
  'all but a tag': [{ Effect: 'Deny', Action: 's3:*', NotResource: `${A}/\${aws:PrincipalTag/team}/*` }],
  'writing alone': [deny(['s3:PutObject', 's3:Delete*'], '*')],
  'on a condition': [deny('s3:*', '*', when('Bool', 'aws:SecureTransport', 'false'))],
  'a listing below ab': [deny('s3:ListBucket', A, when('StringLike', 's3:prefix', ['ab/*', 'ab']))],
  'a listing below ab through an endpoint': [
    deny('s3:ListBucket', A, {
      Condition: { StringLike: { 's3:prefix': ['ab/*', 'ab'] }, StringEquals: { 'aws:SourceVpce': 'v' } },
    }),
  ],
  'any listing but below a': [deny('s3:ListBucket', '*', when('StringNotLike', 's3:prefix', 'a/*'))],
  'by a tag': [deny('s3:*', `${A}/\${aws:PrincipalTag/team}/*`)],
  'what was not read': [{ Effect: 'Deny', Action: HOLE, Resource: '*' }],
};
for (const [what, statements] of Object.entries(ALLOWS))
  test(`what a policy lets one do: ${what}`, () => {
    let before: readonly string[] = [];
    asKept(
      `isolation/policies/${what.replaceAll(/[^a-z]+/gi, '-')}`,
      Object.entries(DENIES).flatMap(([but, more], at) => {
        const its = lines(teams(['a', 'ab'], { a: named([...statements], [...more]), ab: { policies: [] } }), at === 0);
        const same = at > 0 && its.length > 0 && its.join() === before.join();
        if (at < 2) before = lines(teams(['a', 'ab'], { a: named([...statements]), ab: { policies: [] } }), false);
        return same
          ? [`denied ${but}: as before`]
          : its.length === 0
            ? [`denied ${but}: nothing`]
            : [`denied ${but}:`, ...its];
      }),
    );
  });

const BOUNDARIES: Readonly<Record<string, WorldRole['boundary']>> = {
  everything: { name: 'edge', text: policy(allow('*', '*')) },
  'reading alone': { name: 'edge', text: policy(allow('s3:Get*', '*')) },
  'below a': { name: 'edge', text: policy(allow('s3:*', `${A}/a/*`)) },
  'on a condition': { name: 'edge', text: policy(allow('s3:*', '*', when('StringEquals', 'aws:SourceVpce', 'v'))) },
  nothing: { name: 'edge', text: policy() },
  'a Deny': { name: 'edge', text: policy(allow('*', '*'), deny('s3:*', `${A}/ab/*`)) },
  'no JSON': { name: 'edge', text: '{' },
  'not read': { name: 'edge', unread: 'iam:GetPolicy' },
};
test('what a boundary leaves', () => {
  asKept(
    'isolation/policies/boundaries',
    Object.entries(BOUNDARIES).flatMap(([what, boundary]) =>
      ['everything', 'a listing below a', 'a condition', 'objects of a'].flatMap((one) => [
        `${one}, within ${what}:`,
        ...lines(
          teams(['a', 'ab'], {
            a: { ...named([...(ALLOWS[one] ?? [])]), ...(boundary && { boundary }) },
            ab: { policies: [] },
          }),
        ),
      ]),
    ),
  );
});

test('roles with the same policies', () => {
  const tagged = { policies: [{ name: 'p', text: policy(allow('s3:GetObject', `${A}/\${aws:PrincipalTag/team}/*`)) }] };
  const same = named([allow('s3:GetObject', `${A}/a/*`)]);
  const forA = bucketOf(found(policy({ ...allow('s3:PutObject', `${A}/*`), Principal: { AWS: arnOf('a') } })));
  const WORLDS: Readonly<Record<string, IsolationWorld>> = {
    'the same': teams(['a', 'b', 'c'], { a: same, b: same, c: same }),
    'a tag of each': teams(['a', 'b', 'c'], {
      a: { ...tagged, tags: { team: 'b' } },
      b: { ...tagged, tags: { team: 'b' } },
      c: { ...tagged, tags: {} },
    }),
    'a listing by a tag of each': teams(
      ['a', 'b'],
      Object.fromEntries(
        ['a', 'b'].map((one) => [
          one,
          { ...named([prefixed('StringLike', '${aws:PrincipalTag/team}/x/*')]), tags: { team: 'b' } },
        ]),
      ),
    ),
    'the same, and one has a boundary': teams(['a', 'b'], {
      a: same,
      b: { ...same, boundary: { name: 'e', text: policy() } },
    }),
    'the same, and a bucket names one': teams(['a', 'b', 'c'], { a: same, b: same, c: same }, forA),
    'a tag of each, beside a policy without one': teams(['a', 'b'], {
      a: { policies: [...tagged.policies, ...same.policies], tags: { team: 'a' } },
      b: { policies: [...tagged.policies, ...same.policies], tags: { team: 'b' } },
    }),
    'the same, and a bucket names both': teams(
      ['a', 'b'],
      { a: same, b: same },
      bucketOf(found(policy({ ...allow('s3:PutObject', `${A}/*`), Principal: { AWS: [arnOf('a'), arnOf('b')] } }))),
    ),
    'the same, and the policy of the bucket may not be read': teams(
      ['a', 'b'],
      { a: same, b: same },
      bucketOf(denied('s3:GetBucketPolicy', 'No.')),
    ),
    'the same, and the policy of the bucket could not be read': teams(
      ['a', 'b'],
      { a: same, b: same },
      bucketOf(failed('it broke')),
    ),
    'a prefix by a tag, in both versions of the language': teams(['a', 'b'], {
      ...Object.fromEntries(
        [
          ['a', '2008-10-17'],
          ['b', '2012-10-17'],
        ].map(([name = '', Version]) => [
          name,
          {
            tags: { team: name },
            policies: [
              {
                name: 'p',
                text: JSON.stringify({ Version, Statement: [prefixed('StringLike', '${aws:PrincipalTag/team}/*')] }),
              },
            ],
          },
        ]),
      ),
    }),
    'an older version of the language': teams(['a', 'b'], {
      a: {
        policies: [
          {
            name: 'p',
            text: JSON.stringify({
              Version: '2008-10-17',
              Statement: [allow('s3:*', [`${A}/\${aws:PrincipalTag/x}/*`, `${A}/a/*`])],
            }),
          },
        ],
      },
    }),
    'one not read for another reason': teams(['a', 'b'], {
      a: { policies: [{ name: 'p', unread: 'x' }] },
      b: { policies: [{ name: 'p', unread: 'x' }, ...same.policies] },
    }),
    'several buckets': world(
      [
        cluster('dev', [
          profile('a'),
          profile('b', {}, 'second'),
          profile('c', {}, 'artifacts-2'),
          { name: 'd', place: { bucket: BUCKET, prefix: 'a/d/' }, role: arnOf('a') },
        ]),
      ],
      [
        role(
          'a',
          named([
            allow('s3:Get*', [`${A}*`, `${A}/a/d/*`]),
            allow('s3:ListBucket', '*', when('StringLike', 's3:prefix', 'b/*')),
          ]),
        ),
        role('b', named([allow('s3:PutObject', 'arn:aws:s3:::second/*')]), 'dev', 'second'),
        role('c', named([allow('s3:*', '*')])),
      ],
    ),
  };
  asKept(
    'isolation/policies/groups',
    Object.entries(WORLDS).flatMap(([what, one]) => [`${what}:`, ...lines(one)]),
  );
});

function bucketOf(text: Reading<string>, account: string | undefined = ACCOUNT): Partial<IsolationWorld> {
  return {
    buckets: new Map<string, WorldBucket>([
      [BUCKET, { ...(account !== '' && { account }), region: 'us-west-2', policy: text }],
    ]),
  };
}
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/a-role/x`;
const PRINCIPALS: Readonly<Record<string, object>> = {
  anybody: { Principal: '*' },
  'any AWS': { Principal: { AWS: ['*'] } },
  'the role': { Principal: { AWS: arnOf('a') } },
  'the other role': { Principal: { AWS: [arnOf('b')] } },
  'a session': { Principal: { AWS: SESSION } },
  'a session of another': { Principal: { AWS: SESSION.replace('a-role', 'b-role') } },
  'the account': { Principal: { AWS: ACCOUNT } },
  'the root of the account': { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } },
  'another account': { Principal: { AWS: OTHER } },
  'a service': { Principal: { Service: 'logging.s3.amazonaws.com' } },
  'all but the role': { NotPrincipal: { AWS: arnOf('a') } },
  'all but a session': { NotPrincipal: { AWS: [SESSION, arnOf('a')] } },
  'a hole': { Principal: { AWS: HOLE } },
  nobody: {},
};
const ROLE_POLICIES: Readonly<Record<string, readonly object[]>> = {
  nothing: [],
  'all of the bucket': [allow('s3:*', [A, `${A}/*`])],
  'all on a condition': [allow('s3:*', '*', when('StringEquals', 'aws:SourceVpce', 'v'))],
  'below a': [allow('s3:*', `${A}/a/*`)],
};
for (const [whose, account] of [
  ['its own', ACCOUNT],
  ['another', OTHER],
  ['nobody knows which', ''],
] as const)
  test(`the policy of a bucket of ${whose} account`, () => {
    asKept(
      // Of whom nobody knows whose it is, the same is said as of one's own.
      `isolation/policies/bucket-of-${account === OTHER ? 'another' : 'its-own'}`,
      Object.entries(ROLE_POLICIES).flatMap(([may, statements]) => {
        const told = (what: string, text: Reading<string>, whys = false): readonly string[] => {
          const its = lines(
            teams(['a', 'b'], { a: named([...statements]), b: { policies: [] } }, bucketOf(text, account)),
            whys,
          );
          return [`role: ${may}, bucket: ${what}:${its.length === 0 ? ' nothing' : ''}`, ...its];
        };
        return [
          ...told('no policy', absent),
          ...told('may not be read', denied('s3:GetBucketPolicy', 'No.'), true),
          ...told('could not be read', failed('it broke')),
          ...told('no JSON', found('{')),
          ...Object.entries(PRINCIPALS).flatMap(([who, principal]) => [
            ...told(
              `${who} may read a and b`,
              found(policy({ Sid: 'R', ...allow('s3:GetObject', `${A}/*`), ...principal })),
              who.length % 2 === 0,
            ),
            ...told(`${who} is refused below b`, found(policy({ ...deny('s3:*', `${A}/b/*`), ...principal }))),
            ...told(
              `${who} may list b`,
              found(policy({ ...allow('s3:ListBucket', A, when('StringLike', 's3:prefix', 'b/*')), ...principal })),
            ),
          ]),
        ];
      }),
    );
  });

const KEY = `arn:aws:kms:us-west-2:${ACCOUNT}:key/1`;
test('the use of a key, by the policies of key, role and boundary', () => {
  const via = when('StringEquals', 'kms:ViaService', 's3.us-west-2.amazonaws.com');
  const KEY_POLICIES: Readonly<Record<string, Reading<string>>> = {
    'the account': found(policy({ ...allow('kms:*', '*'), Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } })),
    'the role': found(policy({ ...allow('kms:*', '*'), Principal: { AWS: arnOf('a') } })),
    'the role, reading': found(policy({ ...allow('kms:Decrypt', '*'), Principal: { AWS: arnOf('a') } })),
    'the role, writing': found(policy({ ...allow('kms:GenerateDataKey*', '*'), Principal: { AWS: arnOf('a') } })),
    'the other role': found(policy({ ...allow('kms:*', '*'), Principal: { AWS: arnOf('b') } })),
    'through S3': found(policy({ ...allow('kms:*', '*', via), Principal: '*' })),
    'on a condition': found(
      policy({ ...allow('kms:*', '*', when('StringEquals', 'kms:EncryptionContext:x', 'y')), Principal: '*' }),
    ),
    'refuses the role': found(
      policy({ ...allow('kms:*', '*'), Principal: '*' }, { ...deny('kms:*', '*'), Principal: { AWS: arnOf('a') } }),
    ),
    nobody: found(policy()),
    'not read': denied('kms:GetKeyPolicy', 'No.'),
    gone: absent,
  };
  const ROLES: Readonly<Record<string, Partial<WorldRole>>> = {
    nothing: { policies: [] },
    'the key': named([allow('kms:*', KEY)]),
    reading: named([allow('kms:Decrypt', '*')]),
    writing: named([allow('kms:GenerateDataKey', '*')]),
    'on a condition': named([allow('kms:*', '*', when('StringEquals', 'aws:SourceVpce', 'v'))]),
    'through S3': named([allow('kms:*', '*', via)]),
    refused: named([allow('kms:*', '*')], [deny('kms:Decrypt', '*')]),
    'within a boundary': {
      ...named([allow('kms:*', '*')]),
      boundary: { name: 'edge', text: policy(allow('s3:*', '*')) },
    },
    'within a boundary of reading': {
      ...named([allow('kms:*', '*')]),
      boundary: { name: 'edge', text: policy(allow('kms:Decrypt', '*')) },
    },
    'within one that was not read': { ...named([allow('kms:*', '*')]), boundary: { name: 'edge', unread: 'x' } },
  };
  const told: string[] = [];
  for (const key of [KEY, KEY.replace(ACCOUNT, OTHER)])
    for (const [by, text] of Object.entries(KEY_POLICIES))
      for (const [what, change] of Object.entries(ROLES)) {
        const keys = new Map<string, WorldKey>([[key, { arn: key, policy: text }]]);
        const isolation = judgeIsolation(teams(['a', 'b'], { a: change, b: change }, { keys }));
        for (const [who, { namespace }] of isolation.subjects.entries()) {
          const { read, write } = isolation.keyCell(who, 0);
          told.push(
            `key of ${key === KEY ? 'the account' : 'another'}, ${by}, role ${what}: ${namespace}: ${read} ${write}: ${read === 'no' && write === 'no' ? '-' : whyTold(isolation.becauseKey(who, 0))}`.replaceAll(
              /arn:aws:kms\S*/g,
              'KEY',
            ),
          );
        }
      }
  asKept('isolation/policies/keys', told);
});

const admissionsTold = (given: IsolationWorld): readonly string[] => {
  const isolation = judgeIsolation(given);
  return [
    ...isolation.subjects.flatMap(({ namespace, name, cluster: its, profile: of }, who) => {
      const all = isolation.admissions(who);
      if (all.length === 0) return [];
      return [
        `    ${its} ${namespace}/${name}${of === undefined ? '' : ` of ${of}`}: ${all
          .map(({ role: at, answer, statement, audience, depends, via }) =>
            [
              `${at}/${statement} ${answer}`,
              audience ?? 'no token',
              ...(via === undefined ? [] : [`via ${JSON.stringify(via)}`]),
              ...depends.map((one) => `if ${one}`),
            ].join(', '),
          )
          .join('; ')}`,
      ];
    }),
    ...isolation.roles.flatMap(({ sets, others, clusters }, at) =>
      sets.length + others.length + clusters.length === 0
        ? []
        : [
            `    role ${at}: ${sets.length} sets, others ${JSON.stringify(others.map((one) => [one.kind, one.statement, one.depends]))}, clusters ${clusters.join()}`,
          ],
    ),
  ].map(short);
};
test('who gets in, by each part of a trust policy', () => {
  const accounts = ['a/x', 'b/default-viewer', 'x/y'].map((one) => ({
    namespace: one.split('/')[0] ?? '',
    name: one.split('/')[1] ?? '',
  }));
  const made = (trust: string): IsolationWorld =>
    world(
      [
        cluster('dev', [profile('a'), profile('b')], { accounts, audiences: found(['vault', 'sts.amazonaws.com']) }),
        cluster('prod', [profile('a')], { audiences: found(['vault']) }),
      ],
      [role('a', { trust })],
    );
  const told: string[] = [];
  let before = '';
  for (const base of [
    policy(letIn('dev', 'system:serviceaccount:a:*')),
    policy({
      ...letIn('dev', ['system:serviceaccount:a:default-editor', 'system:serviceaccount:b:*']),
      Principal: { Federated: [providerOf('dev'), providerOf('prod')], AWS: ACCOUNT },
    }),
  ])
    for (const [, all] of variations(JSON.parse(base)))
      for (const [what, text] of all) {
        const its = admissionsTold(made(text));
        told.push(`${short(what)}:${its.join() === before ? ' the same' : ''}`, ...(its.join() === before ? [] : its));
        before = its.join();
      }
  asKept('isolation/policies/trusts', told);
});

test('who gets in, by audiences, providers, and what is not known of a cluster', () => {
  const told: string[] = [];
  const anybody = { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRoleWithWebIdentity' };
  const bare = (sub: string, more: object): object => ({ ...letIn('dev', sub), Condition: more });
  const TRUSTS: Readonly<Record<string, readonly object[]>> = {
    'the account': [letIn('dev', 'system:serviceaccount:a:default-editor')],
    anybody: [anybody],
    'anybody on a condition': [{ ...anybody, Condition: { StringEquals: { 'aws:SourceVpc': 'v' } } }],
    'anybody, and the account': [anybody, letIn('dev', 'system:serviceaccount:a:default-editor')],
    'any audience': [bare('x', { StringLike: { [`${issuerOf('dev').slice(8)}:sub`]: 'system:serviceaccount:a:*' } })],
    'an audience of its own': [bare('x', { StringEquals: { [`${issuerOf('dev').slice(8)}:aud`]: 'vault' } })],
    'perhaps, and surely': [
      letIn('dev', 'system:serviceaccount:*:*', { StringEquals: { 'aws:SourceVpc': 'v' } }),
      letIn('dev', 'system:serviceaccount:b:default-editor'),
    ],
    'surely, and perhaps': [
      letIn('dev', 'system:serviceaccount:b:default-editor'),
      letIn('dev', 'system:serviceaccount:*:*', { StringEquals: { 'aws:SourceVpc': 'v' } }),
    ],
    'one of another cluster': [letIn('prod', 'system:serviceaccount:a:default-editor')],
    'one of a cluster that is not there': [letIn('old', 'system:serviceaccount:a:*')],
    'accounts that are not known': [letIn('dev', ['system:serviceaccount:new:one', 'system:serviceaccount:a', 'x'])],
    'larger than what is judged': Array.from({ length: 400 }, (_, at) =>
      letIn(
        'dev',
        Array.from({ length: 40 }, (__, n) => `system:serviceaccount:${'*a'.repeat(20)}${at}:${n}*`),
      ),
    ),
  };
  for (const [what, audiences] of [
    ['sts', found(['sts.amazonaws.com'])],
    ['vault', found(['vault'])],
    ['vault and sts', found(['vault', 'sts.amazonaws.com'])],
    ['none', found([])],
    ['not read', denied('iam:GetOpenIDConnectProvider', 'No.')],
    ['no provider', absent],
  ] as const)
    for (const [who, statements] of Object.entries(TRUSTS)) {
      if (who.startsWith('larger') && what !== 'sts') continue;
      const { issuer: none, ...without } = cluster('none', [profile('a')]);
      void none;
      const its = admissionsTold(
        world(
          [cluster('dev', [profile('a'), profile('b')], { audiences }), cluster('prod', [profile('a')]), without],
          [role('a', { trust: policy(...statements) })],
        ),
      );
      told.push(`audiences ${what}, ${who}:${its.length === 0 ? ' nobody' : ''}`, ...its);
    }
  asKept('isolation/policies/audiences', told);
});

test('from role to role, and by Pod Identity', () => {
  const assume = (principal: object | string, more: object = {}): object => ({
    Effect: 'Allow',
    Principal: principal,
    Action: ['sts:AssumeRole', 'sts:TagSession'],
    ...more,
  });
  const maybe = when('StringEquals', 'aws:SourceVpc', 'v');
  const DOORS: Readonly<Record<string, readonly object[]>> = {
    'the role': [assume({ AWS: arnOf('a') })],
    'the role on a condition': [assume({ AWS: arnOf('a') }, maybe)],
    'the account': [assume({ AWS: ACCOUNT })],
    'the root': [assume({ AWS: `arn:aws:iam::${ACCOUNT}:root` })],
    anybody: [assume({ AWS: '*' })],
    'another account': [assume({ AWS: OTHER })],
    'a user': [assume({ AWS: `arn:aws:iam::${ACCOUNT}:user/u` })],
    'itself, and the other way round': [assume({ AWS: [arnOf('b'), arnOf('c')] })],
    pods: [assume({ Service: 'pods.eks.amazonaws.com' })],
    'pods on a condition': [assume({ Service: 'pods.eks.amazonaws.com' }, maybe), assume({ AWS: arnOf('a') })],
    'another service': [assume({ Service: 'ec2.amazonaws.com' })],
    'pods, and a token': [
      assume({ Service: 'pods.eks.amazonaws.com' }),
      letIn('dev', 'system:serviceaccount:a:default-editor'),
    ],
    'a token, perhaps': [
      assume({ Service: 'pods.eks.amazonaws.com' }),
      letIn('dev', 'system:serviceaccount:a:default-editor', maybe),
    ],
  };
  const ASKS: Readonly<Record<string, readonly object[]>> = {
    nothing: [],
    'may assume': [allow('sts:AssumeRole', '*')],
    'may assume on a condition': [allow('sts:AssumeRole', '*', maybe)],
    'may assume b': [allow('sts:*', arnOf('b'))],
    'may not assume': [allow('*', '*'), deny('sts:*', '*')],
    'reads objects': [allow('s3:GetObject', `${A}/a/x`)],
  };
  const told: string[] = [];
  for (const [by, door] of Object.entries(DOORS))
    for (const [what, statements] of Object.entries(ASKS)) {
      const podIdentities = [
        { namespace: 'a', name: 'default-editor', roleArn: arnOf('b') },
        { namespace: 'a', name: 'default-editor', roleArn: arnOf('nowhere') },
        { namespace: 'p', name: 'q', roleArn: arnOf('c') },
      ];
      const given = world(
        [cluster('dev', [profile('a'), profile('b')], { podIdentities })],
        [
          role('a', named([...statements])),
          role('b', {
            trust: policy(...door),
            ...named([allow('s3:GetObject', `${A}/b/*`), allow('sts:AssumeRole', arnOf('c'))]),
          }),
          role('c', {
            trust: policy(assume({ AWS: [arnOf('b'), arnOf('a')] }), assume({ Service: 'pods.eks.amazonaws.com' })),
            ...named([allow('s3:PutObject', `${A}/*`), allow('sts:*', '*')]),
          }),
        ],
      );
      told.push(`b lets in ${by}, a ${what}:`, ...admissionsTold(given), ...lines(given, what.length % 2 === 0));
    }
  asKept('isolation/policies/chains', told);
});
