// What is said of statements of a permission policy that differ in one thing: names of actions, ARNs, conditions, and which of them stand
// together; of a policy of which nothing is known, and of one of a role whose bucket is known. Kept in test/fixtures/told/permission-cases.
import { test } from 'node:test';
import type { PolicyContext } from '../../src/core/finding.ts';
import { checkPermissionPolicy } from '../../src/core/modes/permissions/policy.ts';
import { HOLE } from '../../src/core/document/node.ts';
import { differences, said } from './lines.ts';
import { findings } from './policy-kit.ts';
import { asKept } from './told.ts';

const CONTEXTS: Readonly<Record<string, PolicyContext>> = {
  'of a role': { known: true, bucket: 'data', partition: 'aws', variables: { BUCKET: 'data', ODD: 'a b' } },
  'of China': { partition: 'aws-cn', managed: true },
  filled: {
    filling: {
      file: { path: 'policy.json', text: '' },
      beside: [{ path: 'make.sh', text: 'envsubst < policy.json > out.json\n' }],
    },
  },
};
/** Where it matters what of it is known; of several statements with one thing the first one shows it. */
const MATTERS: Readonly<Record<string, readonly string[]>> = {
  ...{ actions: ['of a role', 'filled'], resources: ['of a role', 'of China', 'filled'] },
  'whole buckets': ['of a role'],
};
const DATA = 'arn:aws:s3:::data';
const KEY = 'arn:aws:kms:us-west-2:111122223333:key/1';
type Cases = Readonly<Record<string, object | readonly object[]>>;
const allow = (Action: unknown, Resource: unknown = `${DATA}/*`, Condition?: unknown): object => ({
  ...{ Effect: 'Allow', Action, Resource },
  ...(Condition === undefined ? {} : { Condition }),
});
const deny = (Action: unknown, Resource: unknown = `${DATA}/*`, Condition?: unknown): object => ({
  ...allow(Action, Resource, Condition),
  Effect: 'Deny',
});
const each = (what: string, ...all: readonly object[]): Cases =>
  Object.fromEntries(all.map((one, at) => [at === 0 ? what : `${what}, ${at + 1}`, [one]]));
const by = <T>(list: readonly T[], make: (one: T) => readonly object[]): Cases =>
  Object.assign(
    {},
    ...list.map((one) => each(typeof one === 'string' ? one : JSON.stringify(one), ...make(one))),
  ) as Cases;

const ACTIONS = [
  ...['sns:AssumeRole', 'ss3:Get*', 's4:Get*', 's4:GetObjectTorren*', 'sns:x'],
  ...[
    's3:GetObject',
    's3:getobject',
    ' s3:GetObject',
    's3:GetObject ',
    's3:GetObjects',
    's3:ListObjects',
    's3:HeadObject',
  ],
  ...[
    's3:HeadBucket',
    's3:ListObjectsV2',
    's3:Get Object',
    's3:Get-Object',
    's3.GetObject',
    's3:Get<X>',
    's3:Get:Object',
  ],
  ...['s3:GetObject/x', 's3-x:GetObject', 's4:GetObject', 's3s:GetObject', 's3s:Get*', 'kmss:Decrypt', 'st:AssumeRole'],
  ...[
    'dynamodb:GetItem',
    'dynamo:GetItem',
    's3:ListAllMyBuckets',
    's3:Get*',
    's3:*',
    's3:**',
    '*',
    '*:*',
    's3:List*',
    'S3:*',
  ],
  ...[
    's3:CopyObject',
    's3:DeleteObjects',
    's3:ListBuckets',
    's3:PutObjectTagging',
    'kms:decrypt',
    'kms:Decript',
    'kms:*',
  ],
  ...['s3:UploadPart', 's3:CreateMultipartUpload', 's3:XyzXyz', 's3:', ':x', 'x', '${ACTION}', 's3:${X}', `s3:${HOLE}`],
  ...[`s3:${'x'.repeat(2045)}`, `s3:${'x'.repeat(2046)}`, 's3:*Object', 's3:GetBucketLocation', 's3:GetAccessPoint'],
];
const RESOURCES = [
  ...['arn:aws:s3::::data/', 'arn:aws:s3::::', 'arn:aws:s3:us-west-2:111122223333:x', 'arn:aws:s3::111122223333:x/y'],
  ...[
    'arn:aws:s*::data',
    `arn:aws:x${HOLE}::data`,
    ' data',
    ' s3://x',
    '*x',
    'arn:aws:s3:*:111122223333:accesspoint/one',
  ],
  ...['arn:aws:s3:us-*-2:111122223333:job/x', `arn:aws:s3:${HOLE}:111122223333:job/x`, 'arn:aws:s3:us-west-2:1*:job/x'],
  ...[
    '*',
    '**',
    ' *',
    '',
    DATA,
    `${DATA}/*`,
    `${DATA}/`,
    `${DATA}/team-a/*`,
    `${DATA}*`,
    ` ${DATA}`,
    `${DATA}/* `,
    `${DATA}/**`,
  ],
  ...[
    'arn:aws:s3:::',
    'arn:aws:s3:::/x',
    'arn:aws:s3:::*',
    'arn:aws:s3:::*/*',
    'arn:aws:s3::data',
    'arn:aws:s3:data',
    'arn:aws:s3data',
  ],
  ...[
    'arn:aws:s3::::data',
    'arn:aws:s3::::data/x',
    'arn:aws:s3:::::Data',
    'arn:aws:s3::::accesspoint/x',
    'arn:aws:s3:us-west-2:::data',
  ],
  ...[
    'arn:aws:s3:us-west-2:111122223333:data',
    'arn:aws:s3::111122223333:data/x',
    'arn:aws:s3:us-west-2::data',
    'arn:aws:s3::1:data',
  ],
  ...[
    'arn:aws:s3:us-west-2:111122223333:accesspoint/one',
    'arn:aws:s3:us-west-2:111122223333:accesspoint/one/object/*',
  ],
  ...[
    'arn:aws:s3:us-west-2:111122223333:accesspoint:one',
    'arn:aws:s3::111122223333:accesspoint/one',
    'arn:aws:s3::111122223333:accesspoint/a.mrap',
  ],
  ...[
    'arn:aws:s3::111122223333:accesspoint/*',
    'arn:aws:s3:xx-west-2:111122223333:accesspoint/one',
    'arn:aws:s3:cn-north-1:111122223333:accesspoint/one',
  ],
  ...[
    'arn:*:s3:cn-north-1:111122223333:accesspoint/one',
    'arn:aws-xx:s3:cn-north-1:111122223333:accesspoint/one',
    'arn:aws:s3:us-west-2:1:accesspoint/one',
  ],
  ...[
    'arn:aws:s3:us-west-2:1111:job/x',
    'arn:aws:s3:us-west-2:*:job/x',
    'arn:aws:s3:us-west-2:111122223333:job/x',
    'arn:aws:s3:us-west-2:111122223333:job:x',
    'arn:aws:s3:::accesspoint:x',
    'arn:aws:s3:us-west-2::job/x',
  ],
  ...[
    'arn:aws:s3:us-west-2:111122223333:storage-lens/x',
    'arn:aws:s3:us-west-2:111122223333:access-grants/default',
    'arn:aws:s3:*:*:x',
  ],
  ...[
    'arn:aws:s3:::Data',
    'arn:aws:s3:::da',
    'arn:aws:s3:::data.',
    'arn:aws:s3:::192.168.0.1/x',
    'arn:aws:s3:::Data*',
    'arn:aws:s3:::a_b/x',
  ],
  ...[
    'arn:aws-cn:s3:::data',
    'arn:aws-xx:s3:::data',
    'arn:*:s3:::data',
    'arn:aws:s3:::data/x?',
    'arn:aws:s*:::data',
    'arn:aws:S3:::data',
  ],
  ...[
    's3://data',
    's3://data/',
    's3://data/x/',
    's3a://data/x',
    'S3://data',
    's3:///x',
    's3://${BUCKET}/x',
    'data',
    'data/*',
    'arn:aws',
  ],
  ...[
    'arn:aws:::data',
    'arn:aws:::data/x',
    'arn:aws::us-west-2:1:x',
    'arn:aws:ss3:::data',
    'arn:aws:aws-s3:::data',
    'arn:aws:IAM::111122223333:role/x',
  ],
  ...[
    'arn:aws:xyz:::data',
    'arn:aws:iam::role/x',
    'arn:aws:iam::111122223333:role/x',
    'arn:aws:iam:us-west-2:111122223333:role/x',
    'arn:aws:iam:*:1:role/x',
  ],
  ...[
    'arn:aws:iam::111122223333:x',
    'arn:aws:iam::111122223333:root',
    'arn:aws:iam::111122223333:*',
    'arn:aws:iam::111122223333:roles/x',
    'arn:aws:iam::111122223333:',
  ],
  ...[
    'arn:aws:s3express:us-west-2:111122223333:bucket/x--usw2-az1--x-s3',
    'arn:aws:s3express:us-west-2:111122223333:bucket/x',
    'arn:aws:s3express:::x',
  ],
  ...[
    'arn:aws:s3tables:us-west-2:111122223333:bucket/x',
    'arn:aws:s3-outposts:us-west-2:111122223333:outpost/x/bucket/y',
    'arn:aws:s3-object-lambda:us-west-2:1:accesspoint/x',
  ],
  ...[
    'arn:aws:s3tables:us-west-2:111122223333:zzz/x',
    'arn:aws:s3tables:us-west-2::zzz/x',
    'arn:aws:s3tables:us-west-2:111122223333:zzz',
    'arn:aws:s3tables::111122223333:zzz/x',
  ],
  ...[
    'arn:aws:s3:::${BUCKET}',
    'arn:aws:s3:::${BUCKET}/x',
    'arn:aws:s3:::${NAME}/*',
    'arn:aws:s3:::x${BUCKET}',
    'arn:aws:s3:::data/${ODD}',
    '${BUCKET}',
    'arn:aws:s3:::<bucket>x',
  ],
  ...[
    'arn:aws:s3:::${aws:username}/*',
    `arn:aws:s3:::${HOLE}`,
    `arn:aws:s3:${HOLE}`,
    `arn:aws:s3:us-west-2${HOLE}:data`,
    `arn:${HOLE}:s3:::data`,
    `${HOLE}/x`,
    `arn:aws:${HOLE}:::x`,
  ],
  ...[
    KEY,
    'arn:aws:kms:us-west-2:111122223333:alias/x',
    'arn:aws:sqs:us-west-2:111122223333:x',
    'arn:aws:logs:*:*:*',
    `${DATA}/${'x'.repeat(2048 - 18)}`,
    `${DATA}${'x'.repeat(2049 - 17)}`,
  ],
];
const KEYS = [
  ...['s3:prefi${X}', `s3:prefi${HOLE}`, '${x}prefix'],
  ...[
    's3:prefix',
    's3:Prefix',
    's3:prefixx',
    'prefix',
    'aws:SourceIp',
    'aws:sourceIP',
    'aws:SourceIpp',
    'aws:SecureTransport',
    'aws:x',
  ],
  ...[
    's3:x-amz-acl',
    's3:max-keys',
    'kms:ViaService',
    'kms:viaservices',
    'aws:CurrentTime',
    'aws:PrincipalArn',
    'aws:TagKeys',
  ],
  ...[
    'aws:PrincipalTag/team',
    'aws:RequestTag',
    's3:ExistingObjectTag/x',
    'ec2:Region',
    'nosuch:Key',
    '${KEY}',
    `s3:${HOLE}`,
    'x y',
  ],
  ...[
    'aws:MultiFactorAuthPresent',
    'aws:PrincipalOrgID',
    'aws:PrincipalOrgPaths',
    's3:delimiter',
    'aws:ResourceAccount',
  ],
];
const OPERATORS = [
  ...[
    'StringEquals',
    'StringNotEquals',
    'StringLike',
    'StringNotLike',
    'StringEqualsIfExists',
    'ForAllValues:StringLike',
    'Null',
  ],
  ...[
    'ForAnyValue:StringNotEquals',
    'ForAnyValue:StringEquals',
    'NumericLessThan',
    'DateLessThan',
    'Bool',
    'IpAddress',
    'ArnLike',
  ],
  ...[
    'StringEqualsIgnoreCase',
    'BinaryEquals',
    'NotIpAddress',
    'ForAllValues:Null',
    'ArnNotEquals',
    'NumericEqualsIfExists',
  ],
];
const VALUES = [
  'true',
  'false',
  'x',
  '10',
  '10.0.0.0/8',
  '2001:db8::/32',
  'x*',
  '${VALUE}',
  `x${HOLE}`,
  '',
  ' true',
  '1.5',
  '-1',
  '.5',
  '10.0.0.1',
];

const GROUPS: Readonly<Record<string, Cases>> = {
  actions: {
    ...by(ACTIONS, (one) => [
      allow(one),
      deny([one]),
      { Effect: 'Allow', NotAction: [one, 's3:GetObject'], Resource: '*' },
    ]),
    'one that stands there already': allow(['s3:GetObject', 's3:HeadObject', 's3:ListObjects']),
    'one that becomes two': allow(['s3:CopyObject', 's3:GetObject']),
    'slips on one and all but another': deny('s3:HeadObject'),
    'a slip behind a Not in a Deny': { Effect: 'Deny', NotAction: 's3:HeadObject', Resource: '*' },
    'no effect': { Action: 's3:HeadObject', Resource: '*' },
    'no action': { Effect: 'Allow', Resource: '*' },
    'no resource': { Effect: 'Allow', Action: 's3:*' },
    'a list of a hole': allow({ Ref: 'x' }),
  },
  resources: by(RESOURCES, (one) => [
    allow('s3:GetObject', one),
    deny(['s3:GetObject', 's3:ListBucket'], [one, `${DATA}/*`]),
    { Effect: 'Allow', Action: 's3:*', NotResource: one },
  ]),
  'whole buckets': {
    ...by(
      [
        '*',
        '**',
        DATA,
        `${DATA}/*`,
        `${DATA}/x/*`,
        `${DATA}*`,
        'arn:aws:s3:::*',
        KEY,
        'arn:aws:s3:us-west-2:111122223333:accesspoint/one',
        'x',
        `${HOLE}`,
      ],
      (one) => [
        ...['s3:*', '*', '*:*', ' s3:* ', 's3:**', 's3:Get*', '**'].map((action) => allow(action, one)),
        allow(['s3:*', 's3:GetObject'], [one, DATA]),
        allow('s3:*', one, { StringLike: { 's3:prefix': 'x' } }),
        allow('*', one, {}),
        deny('s3:*', one),
        { Effect: 'Allow', Action: 's3:*', NotResource: [one] },
        { Effect: 'Allow', Action: '*', NotResource: one },
      ],
    ),
    ...each(
      'some of it',
      allow('*', ['*', DATA]),
      allow('*', [DATA, HOLE]),
      allow('s3:*', 'arn:aws:s3:us-west-2:111122223333:job/*'),
      { Effect: 'Allow', Action: 's3:*', NotResource: ['*', DATA] },
    ),
    'actions that are open': allow(['s3:*', { Ref: 'x' }], DATA),
    'a resource that is open': { Effect: 'Allow', Action: 's3:*', NotResource: [DATA, { Ref: 'x' }] },
    'all of it, and its objects': [allow('s3:*', DATA), allow('s3:GetObject')],
  },
  levels: {
    ...by(
      [
        DATA,
        `${DATA}/*`,
        `${DATA}/team-a/*`,
        [DATA, 'arn:aws:s3:::more'],
        [`${DATA}/*`, `${DATA}/x/*`],
        'arn:aws:s3:us-west-2:111122223333:accesspoint/one',
        'arn:aws:s3:us-west-2:111122223333:accesspoint/one/object/*',
        `${DATA}/\${BUCKET}/*`,
        'arn:aws:s3:::d?ta/*',
        [DATA, KEY],
        KEY,
        [KEY, 'arn:aws:sqs:us-west-2:111122223333:x'],
        'arn:aws:s3:::*',
      ],
      (Resource) =>
        [
          ...[
            's3:GetObject',
            's3:ListBucket',
            's3:*',
            's3:GetBucketLocation',
            's3:ListAllMyBuckets',
            's3:HeadBucket',
            'kms:Decrypt',
            's3:Get*',
            '*',
          ],
          ...[
            ['s3:GetObject', 's3:ListBucket'],
            ['s3:ListBucket', 's3:GetBucketLocation'],
            ['s3:GetObject', 's3:ListBucket', 's3:GetBucketLocation'],
          ],
          ...[
            ['s3:ListBucketVersions', 's3:GetBucketPolicy', 's3:PutObject'],
            ['s3:ListBucketMultipartUploads', 's3:GetObject'],
            ['kms:Decrypt', 'kms:Encrypt', 's3:GetObject'],
          ],
        ].flatMap((Action) => [allow(Action, Resource), deny(Action, Resource)]),
    ),
    ...each(
      'of several services',
      ...[
        ['arn:aws:sqs:us-west-2:111122223333:x', 'arn:aws:s*:::x'],
        ['arn:aws:sqs:us-west-2:111122223333:x', 'x'],
        ['arn:aws:sqs:us-west-2:111122223333:x', `arn:aws:${HOLE}:::x`],
        ['arn:aws:s3:::*', DATA],
        ['arn:aws:s3express:us-west-2:111122223333:*', DATA],
      ].flatMap((Resource) => [allow('s3:GetObject', Resource), allow('s3:ListAllMyBuckets', Resource)]),
    ),
    'granted elsewhere': [allow('s3:ListBucket', `${DATA}/*`), allow('s3:ListBucket', DATA)],
    'granted elsewhere in part': [
      allow(['s3:ListBucket', 's3:GetBucketLocation'], `${DATA}/*`),
      allow('s3:ListBucket', DATA),
    ],
    'denied elsewhere': [allow('s3:ListBucket', `${DATA}/*`), deny('s3:ListBucket', DATA)],
    'all of it granted elsewhere': [allow('s3:*', `${DATA}/*`), allow('s3:*', DATA)],
    'all of it granted elsewhere in part': [allow('s3:*', `${DATA}/*`), allow('s3:List*', DATA)],
    'an idle one beside one with a condition': allow(['s3:GetObject', 's3:ListBucket'], `${DATA}/team-a/*`, {
      StringEquals: { 'aws:SourceVpc': 'x' },
    }),
    'a prefix of several': allow(['s3:GetObject', 's3:ListBucket'], [`${DATA}/a/*`, `${DATA}/b/*`]),
    'prefixes of two buckets': allow(['s3:GetObject', 's3:ListBucket'], [`${DATA}/a/*`, 'arn:aws:s3:::more/b/*']),
    'a statement without a list': allow('s3:ListBucket', `${DATA}/a/*`),
    'a list that is open': allow('s3:ListBucket', [`${DATA}/a/*`, { Ref: 'x' }]),
    'all but an object': { Effect: 'Allow', Action: 's3:ListBucket', NotResource: `${DATA}/*` },
    'no action': { Effect: 'Allow', NotAction: 's3:ListBucket', Resource: `${DATA}/*` },
  },
  keys: by(KEYS, (key) =>
    ['StringEquals', 'StringNotLike', 'ForAllValues:StringEquals', 'Null'].flatMap((operator) => [
      allow('s3:ListBucket', DATA, { [operator]: { [key]: 'true' } }),
      deny(['s3:GetObject', 's3:ListBucket'], [DATA, `${DATA}/*`], { [operator]: { [key]: 'true' } }),
    ]),
  ),
  operators: by(OPERATORS, (operator) =>
    [
      's3:prefix',
      's3:max-keys',
      'aws:SourceIp',
      'aws:SecureTransport',
      'aws:CurrentTime',
      'aws:PrincipalArn',
      'aws:TagKeys',
      'aws:PrincipalOrgPaths',
      'aws:PrincipalTag/x',
      'aws:Sourceip',
    ].map((key) => allow('s3:ListBucket', DATA, { [operator]: { [key]: 'x' } })),
  ),
  values: by(VALUES, (value) =>
    ['s3:prefix', 's3:max-keys', 'aws:SourceIp', 'aws:SecureTransport'].flatMap((key) => [
      allow('s3:ListBucket', DATA, { StringEquals: { [key]: value } }),
      allow('s3:ListBucket', DATA, {
        StringEqualsIgnoreCase: { [key]: [value, 'true'] },
        StringLike: { [key]: value },
      }),
    ]),
  ),
  'actions without a key': {
    ...by(
      [
        ...[
          's3:GetObject',
          's3:ListBucket',
          's3:Get*',
          's3:*',
          's3:List*',
          'sqs:SendMessage',
          'sq${X}:y',
          '*',
          'x',
          's3:Xyz',
          's3:HeadBucket',
          `s3:${HOLE}`,
        ],
        ...[
          ['s3:GetObject', 's3:ListBucket'],
          ['s3:Get*', 's3:ListBucket'],
          ['sqs:SendMessage', 's3:ListBucket'],
          ['s3:GetObject', 's3:PutObject', 's3:ListBucket'],
        ],
        ...[
          ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:GetObjectTagging'],
          ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:GetObjectTagging', 's3:GetObjectAcl'],
        ],
        { Ref: 'x' },
      ],
      (Action) =>
        ['s3:prefix', 's3:x-amz-acl', 's3:max-keys', 'kms:ViaService', 's3:signatureversion'].flatMap((key) => [
          allow(Action, '*', { StringEquals: { [key]: 'x' } }),
          allow(Action, '*', { StringNotEquals: { [key]: 'x' } }),
          deny(Action, '*', { StringEquals: { [key]: 'x' } }),
        ]),
    ),
    ...each(
      'of which some are open',
      ...[
        ['s3:GetObject', 's3:${X}'],
        ['s3:GetObject', `s3:${HOLE}`],
        ['${X}', 's3:GetObject'],
        ['s3:GetObject*', 's3:PutObject', 's3:ListBucket'],
      ].map((Action) => allow(Action, '*', { StringEquals: { 's3:prefix': 'x' } })),
    ),
    'a key of three actions': allow(['sts:AssumeRole', 's3:GetObject'], '*', {
      StringEquals: { 'sts:RoleSessionName': 'x' },
    }),
    'a key of four actions': allow(['s3:UpdateJobStatus', 's3:GetObject'], '*', {
      StringEquals: { 's3:ExistingJobOperation': 'x' },
    }),
    'a Null of both': allow('s3:ListBucket', DATA, { Null: { 's3:prefixx': ['false', 'true'] } }),
    ...each(
      'long values',
      ...[2_041, 2_042].map((length) =>
        allow('s3:ListBucket', DATA, { StringLike: { 's3:prefix': `${'x'.repeat(length)}\${NAME}` } }),
      ),
    ),
    'no effect': { Action: 's3:GetObject', Resource: '*', Condition: { StringEquals: { 's3:prefix': 'x' } } },
    'all but an action': {
      Effect: 'Allow',
      NotAction: 's3:GetObject',
      Resource: '*',
      Condition: { StringEquals: { 's3:prefix': 'x' } },
    },
    'a misspelt key beside the right one': allow('s3:ListBucket', DATA, {
      StringEquals: { 's3:prefixx': 'x', 's3:prefix': 'y' },
    }),
    'a misspelt key that would not fit': allow('s3:GetObject', `${DATA}/*`, { StringEquals: { 's3:prefixx': 'x' } }),
    'a misspelt key under an operator that would not fit': allow('s3:ListBucket', DATA, {
      DateEquals: { 's3:prefixx': 'x' },
    }),
  },
};

const brief = (text: string): string => text.replaceAll(/(.)\1{20,}/g, '$1…');
const check = (statement: unknown, context: PolicyContext): readonly string[] => {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statement });
  return findings((root) => checkPermissionPolicy(root, context), text).map((one) =>
    [brief(said('', text, one)), ...one.fixes.flatMap(({ effect }) => effect ?? [])].join(' '),
  );
};
for (const [group, cases] of Object.entries(GROUPS))
  test(`permissions: ${group}`, () => {
    const sound: string[] = [];
    const lines = Object.entries(cases).flatMap(([what, statement]) => {
      const rule = check(statement, {});
      const others = (/, \d$/.test(what) ? [] : (MATTERS[group] ?? [])).flatMap((name) => {
        const other = differences(check(statement, CONTEXTS[name] ?? {}), rule);
        return other.length === 0 ? [] : [`${name}:`, ...other.map((line) => `  ${line}`)];
      });
      const name = brief(what).replaceAll(HOLE, '?');
      if (rule.length + others.length > 0) return [`# ${name}`, ...rule, ...others];
      sound.push(name);
      return [];
    });
    asKept(`permission-cases/${group}`, [...lines, '', 'nothing is said of:', ...sound.map((one) => `  ${one}`)]);
  });
