// All that the rules say of the smallest policies there are: one action, one ARN, one test of a condition or one claim, each next to what
// is right and in each setting that counts. Kept in test/fixtures/told/slips.
import { describe, test } from 'node:test';
import type { Finding, PolicyContext } from '../../src/core/finding.ts';
import { parse } from '../../src/core/document/parse.ts';
import { checkPermissionPolicy } from '../../src/core/modes/permissions/policy.ts';
import { checkTrustPolicy } from '../../src/core/modes/trust/policy.ts';
import { said } from './lines.ts';
import { asKept } from './told.ts';

type Check = typeof checkPermissionPolicy;
const NOTHING: readonly Finding[] = [];
const SHORTER = /(<[^<>]{60})[^<>]*([^<>]{12}>)/g;
function told(check: Check, policy: object, context: PolicyContext = {}): readonly string[] {
  const text = JSON.stringify(policy);
  const root = parse(text, 'json').documents[0]?.root;
  return (root === undefined ? NOTHING : check(root, context)).map((one) =>
    said('', text, one)
      .slice(2)
      .replace(/^(\S+) error/, '$1')
      .replace(/^(\S+) warning/, '$1 (warning)')
      .replaceAll(/oidc\.eks\.us-west-2\.amazonaws\.com\/id\/([AB])\1{31}/g, 'ISSUER-$1')
      .replaceAll('system:serviceaccount:', 's:s:')
      .replaceAll(SHORTER, '$1…$2'),
  );
}
const document = (...Statement: object[]): object => ({ Version: '2012-10-17', Statement });
/** What is said, by the rows of which it is said: each text once. Of the rest nothing is said. */
function table(rows: Iterable<readonly [name: string, lines: readonly string[]]>): readonly string[] {
  const by = new Map<string, string[]>();
  for (const [name, lines] of rows) {
    if (lines.length === 0) continue;
    const all = lines.join('\n    ');
    by.set(all, [...(by.get(all) ?? []), name]);
  }
  return [...by].flatMap(([all, names]) => [names.join(' | '), ...`    ${all}`.split('\n')]);
}

const [B, O] = ['arn:aws:s3:::artifacts', 'arn:aws:s3:::artifacts/*'];
const allow = (Action: unknown, Resource: unknown, more: object = {}): object => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});

describe('actions', () => {
  const NAMES = [
    ...[
      's3:GetObject',
      's3:getobject',
      ' s3:GetObject',
      's3:GetObjects',
      's3:ListObjects',
      's3:ListObjectsV2',
      's3:HeadObject',
    ],
    ...[
      's3:HeadBucket',
      's3:CopyObject',
      's3:Gett*',
      's3:Get?bject',
      's3:*',
      's3:**',
      'S3:*',
      '*',
      '**',
      '*:*',
      's3:',
      ':GetObject',
    ],
    ...[
      's3:Get Object',
      's3:Get<X>',
      's3:Get:Object',
      's3:Get{a}',
      's3:Get-Object',
      's3.GetObject',
      'GetObject',
      's3:Zzzzzzzz',
    ],
    ...[
      'ss3:GetObject',
      's33:GetObject',
      'ss3:Get*',
      'ss3:Nothing',
      'sst:AssumeRole',
      'km:Decrypt',
      'kms:Decript',
      'km3:GetObject',
    ],
    ...[
      'dynamodb:GetItem',
      'ec3:RunInstances',
      'ec2:s3',
      'aws-portal:View',
      'kms:*',
      'kms:Decrypt ',
      's3:${X}',
      '${X}',
      '{{ x }}',
      's3:{{ x }}',
    ],
    ...[
      's3:ListAllMyBuckets',
      's3:ListBucket',
      's3:GetBucketLocation',
      's3:ListBucketMultipartUploads',
      's3:DeleteObjects',
    ],
    ...[
      'sts:AssumeRoleWithWebIdentity',
      'sts:AssumeRol',
      's3:UploadPart',
      's3:CreateMultipartUpload',
      's3:Put*',
      's3:PutObject*',
    ],
  ];
  const WAYS: Readonly<Record<string, (name: string) => object>> = {
    'alone on objects': (name) => allow(name, O),
    'alone on the bucket': (name) => allow([name], [B]),
    'alone on everything': (name) => allow(name, '*'),
    'beside another on objects': (name) => allow(['s3:PutObject', name], O),
    'beside what it may become': (name) => allow(['s3:ListBucket', name, 's3:GetObject', 's3:PutObject'], [B, O]),
    'alone in a Deny': (name) => ({ Effect: 'Deny', Action: name, Resource: [B, O] }),
    'among what is left out of an Allow': (name) => ({ Effect: 'Allow', NotAction: [name, 'iam:*'], Resource: '*' }),
    'among what is left out of a Deny': (name) => ({ Effect: 'Deny', NotAction: [name], Resource: '*' }),
    'on a key': (name) => allow([name, 's3:PutObject'], 'arn:aws:kms:us-west-2:111122223333:key/x'),
    'on everything but': (name) => ({ Effect: 'Allow', Action: name, NotResource: O }),
    'on everything, with a condition': (name) =>
      allow(name, '*', { Condition: { StringEquals: { 'aws:PrincipalAccount': '111122223333' } } }),
  };
  for (const [way, statement] of Object.entries(WAYS))
    test(way, () =>
      asKept(
        `slips/actions/${way}`,
        table(NAMES.map((name) => [name, told(checkPermissionPolicy, document(statement(name)), { known: true })])),
      ),
    );
});

describe('ARNs', () => {
  const ARNS = [
    ...[
      B,
      O,
      `${B}/`,
      `${B}/*/x`,
      `${B}/a/*`,
      `${B}*`,
      '*',
      '**',
      'arn:aws:s3:::*',
      'arn:aws:s3:::*/*',
      'arn:aws:s3:::',
      'arn:aws:s3:::/x',
      'arn:aws:s3:::/*',
    ],
    ...[
      'arn:aws:s3::::artifacts',
      'arn:aws:s3:::::artifacts/*',
      'arn:aws:s3::artifacts',
      'arn:aws:s3:artifacts',
      'arn:aws:s3artifacts',
      'arn:aws:s3',
      'arn:aws',
    ],
    ...[
      'arn:aws:::artifacts',
      'arn:aws::::artifacts',
      'arn:aws:::artifacts:x',
      'arn::s3:::artifacts',
      'arn:*:s3:::artifacts',
      'arn:aws-xx:s3:::artifacts',
    ],
    ...[
      'arn:aws-cn:s3:::artifacts',
      'arn:aws-us-gov:s3:::artifacts/*',
      'ARN:aws:s3:::artifacts',
      'arn:AWS:s3:::artifacts',
      ' arn:aws:s3:::artifacts',
      'x arn:aws:s3:::a',
      ' *',
    ],
    ...[
      's3://artifacts',
      's3://artifacts/',
      's3://artifacts/a',
      's3://artifacts/a/',
      's3a://artifacts/*',
      'S3://artifacts',
      's3://',
      's3://${X}/a',
      's3:///a',
      'artifacts',
      '',
    ],
    ...[
      'arn:aws:s3:::Artifacts',
      'arn:aws:s3:::a',
      'arn:aws:s3:::ab',
      'arn:aws:s3:::abc',
      'arn:aws:s3:::192.168.0.1',
      'arn:aws:s3:::a..b',
      'arn:aws:s3:::a_b',
      'arn:aws:s3:::-ab',
    ],
    ...[
      'arn:aws:s3::::Artifacts/*',
      'arn:aws:s3:::xn--abc',
      'arn:aws:s3:::abc-s3alias',
      `arn:aws:s3:::${'a'.repeat(63)}`,
      `arn:aws:s3:::${'a'.repeat(64)}`,
    ],
    ...[
      'arn:aws:s3:us-west-2::artifacts',
      'arn:aws:s3::111122223333:artifacts',
      'arn:aws:s3:us-west-2:111122223333:artifacts/*',
      'arn:aws:s3:us-west-2:1111:artifacts',
    ],
    ...[
      'arn:aws:s3:us-west-2:111122223333:accesspoint/one',
      'arn:aws:s3:us-west-2:111122223333:accesspoint/one/object/*',
      'arn:aws:s3:us-west-2:111122223333:accesspoint:one',
    ],
    ...[
      'arn:aws:s3:us-west-2:1111:accesspoint/one',
      'arn:aws:s3:us-west-2::accesspoint/one',
      'arn:aws:s3::111122223333:accesspoint/one',
      'arn:aws:s3::111122223333:accesspoint/one.mrap',
    ],
    ...[
      'arn:aws:s3::111122223333:accesspoint/*',
      'arn:aws:s3:us-west-9:111122223333:accesspoint/one',
      'arn:aws:s3:cn-north-1:111122223333:accesspoint/one',
      'arn:aws-xx:s3:cn-north-1:111122223333:accesspoint/one',
    ],
    ...[
      'arn:aws:s3:*:*:accesspoint/One',
      'arn:*:s3:cn-north-1:111122223333:accesspoint/one',
      'arn:aws:s3:us-west-2:111122223333:storage-lens/x',
      'arn:aws:s3:us-west-2:111122223333:job/x',
    ],
    ...[
      'arn:aws:s3:us-west-2:11112222333a:job/x',
      'arn:aws:s3:us-west-2:111122223333:nothing/x',
      'arn:aws:s3express:us-west-2:111122223333:bucket/x--usw2-az1--x-s3',
      'arn:aws:s3express:us-west-2:111122223333:nothing/x',
    ],
    ...[
      'arn:aws:s3express:::x',
      'arn:aws:s3express:us-west-2:111122223333:x',
      'arn:aws:s3-object-lambda:us-west-2:111122223333:accesspoint/x',
      'arn:aws:s3-object-lambda:us-west-2:1:accesspoint/x',
      'arn:aws:s3-outposts:us-west-2:111122223333:outpost/op/bucket/b',
    ],
    ...[
      'arn:aws:s33:::artifacts',
      'arn:aws:aws-s3:::artifacts',
      'arn:aws:S3:::artifacts',
      'arn:aws:amazons3:::a',
      'arn:aws:s-3:::abc',
      'arn:aws:s*:::artifacts',
      'arn:aws:*:*:*:x',
      'arn:aws:zz:::a',
      'arn:aws:KMS:us-west-2:1:key/x',
    ],
    ...[
      'arn:aws:kms:us-west-2:111122223333:key/x',
      'arn:aws:kms::key/x',
      'arn:aws:kms:us-west-2:key/x',
      'arn:aws-xx:kms:us-west-2:111122223333:key/x',
      'arn:aws:kms',
      'arn:aws:kms:',
      'arn:aws:*:x',
      'arn:aws:sns::x:y',
    ],
    ...[
      'arn:aws:iam::111122223333:role/x',
      'arn:aws:iam:us-west-2:111122223333:role/x',
      'arn:aws:iam:*:111122223333:role/x',
      'arn:aws:iam:${X}:111122223333:role/x',
      'arn:aws:iam::111122223333:x',
      'arn:aws:iam::111122223333:',
      'arn:aws:iam::111122223333:root',
    ],
    ...[
      'arn:aws:iam::111122223333:*',
      'arn:aws:iam::111122223333:roles/x',
      'arn:aws:iam::111122223333:ro*/x',
      'arn:aws:iam::111122223333:user/x',
      'arn:aws:iam::role/x',
      'arn:aws:iam:us-west-2:x',
      'arn:aws:iam::111122223333:${X}',
    ],
    ...[
      'arn:aws:s3:::${BUCKET}',
      'arn:aws:s3:::${BUCKET}/*',
      'arn:aws:s3:::${OTHER}/*',
      'arn:aws:s3:::x-${OTHER}',
      'arn:aws:s3:::${OTHER}x',
      'arn:aws:s3:::artifacts/${OTHER}/*',
      'arn:${P}:s3:::artifacts',
      '${ARN}',
      '${ARN}/*',
      '${ODD}',
      'arn:aws:s3:::${ODD}',
    ],
    ...[
      'arn:aws:s3:::{{ bucket }}/*',
      'arn:aws:s3:::artifacts/${aws:username}/*',
      'arn:aws:s3::${X}',
      'arn:aws:s3:${X}',
      'arn:aws:s3:${R}:111122223333:accesspoint/one',
      'arn:aws:s3:::<bucket>/*',
      'arn:aws:s3::::${BUCKET}',
    ],
  ];
  const CONTEXTS: Readonly<Record<string, PolicyContext>> = {
    'of which nothing is known': {},
    'of a role that is known': {
      partition: 'aws-cn',
      bucket: 'team-bucket',
      account: '111122223333',
      known: true,
      variables: { BUCKET: 'my-bucket', X: 'us-west-2', ARN: B, ODD: 'a b"', P: 'aws', toString: 'x' },
    },
    live: { live: true, partition: 'aws', known: true },
  };
  for (const [name, context] of Object.entries(CONTEXTS))
    test(name, () =>
      asKept(
        `slips/ARNs/${name}`,
        table(
          ARNS.map((arn) => [
            arn,
            [
              ...told(checkPermissionPolicy, document(allow(['s3:GetObject', 's3:ListBucket'], [B, O, arn])), context),
              ...told(checkPermissionPolicy, document({ Effect: 'Deny', Action: 's3:*', Resource: arn }), context).map(
                (one) => `Deny ${one}`,
              ),
            ],
          ]),
        ),
      ),
    );
});

describe('levels', () => {
  const ACTIONS: readonly unknown[] = [
    ...[
      's3:GetObject',
      's3:ListBucket',
      's3:GetBucketLocation',
      's3:ListBucketVersions',
      's3:*',
      's3:Get*',
      's3:List*',
      's3:ListAllMyBuckets',
      '*',
      'kms:Decrypt',
    ],
    ...[
      ['s3:GetObject', 's3:PutObject'],
      ['s3:GetObject', 's3:ListBucket'],
      ['s3:GetObject', 's3:listbucket', 's3:GetBucketLocation'],
      ['s3:GetBucketLocation', 's3:GetObject'],
    ],
    ...[
      ['s3:ListBucket', 's3:GetBucketLocation'],
      ['s3:ListBucket', 's3:ListBucketVersions', 's3:PutObject'],
      ['s3:GetBucketAcl', 's3:GetObject'],
      ['s3:*', 's3:GetObject'],
      ['s3:GetObject', 's3:ListBucket', 's3:GetBucketAcl'],
    ],
    ...[
      ['s3:ListBucket'],
      ['s3:GetBucketLocation'],
      ['s3:GetBucketAcl', 's3:ListBucket'],
      [' s3:ListBucket', 's3:GetObject'],
      ['s3:GetObject', 'kms:Decrypt'],
    ],
  ];
  const RESOURCES: readonly unknown[] = [
    ...[
      B,
      O,
      `${B}/a/*`,
      [`${B}/a/*`, `${B}/b/*`],
      [`${B}/a/*`, 'arn:aws:s3:::other/a/*'],
      [B, 'arn:aws:s3:::other'],
      [O, `${B}/a/*`],
      'arn:aws:s3:::*',
      'arn:aws:s3:::*/*',
      '*',
      [O],
    ],
    ...[
      'arn:aws:s3:us-west-2:111122223333:accesspoint/one',
      'arn:aws:s3:us-west-2:111122223333:accesspoint/one/object/*',
      ['arn:aws:s3:us-west-2:111122223333:accesspoint/one', B],
    ],
    ...[
      'arn:aws:s3:::Artifacts/*',
      'arn:aws:kms:us-west-2:111122223333:key/x',
      [B, 'arn:aws:kms:us-west-2:111122223333:key/x'],
      'arn:aws:*:::artifacts/*',
      '${ARN}',
    ],
  ];
  const REST: Readonly<Record<string, (statement: object) => object>> = {
    'in a list': (one) => document(one),
    'as the only statement': (Statement) => ({ Version: '2012-10-17', Statement }),
    'with a condition': (one) =>
      document({ ...one, Condition: { StringEquals: { 'aws:PrincipalAccount': '111122223333' } } }),
    'that is denied': (one) => document({ ...one, Effect: 'Deny' }),
    'beside what gives the other level': (one) =>
      document(
        one,
        allow(['s3:ListBucket', 's3:GetBucketLocation', 's3:*'], B),
        allow(['s3:GetObject', 's3:ListBucket'], O),
      ),
  };
  for (const [name, rest] of Object.entries(REST))
    test(name, () =>
      asKept(
        `slips/levels/${name}`,
        table(
          ACTIONS.flatMap((action) =>
            RESOURCES.map((resource) => [
              `${JSON.stringify(action)} on ${JSON.stringify(resource)}`,
              told(checkPermissionPolicy, rest(allow(action, resource))),
            ]),
          ),
        ),
      ),
    );
});

describe('conditions', () => {
  const OPERATORS = [
    ...[
      'StringEquals',
      'StringLike',
      'StringNotEquals',
      'StringEqualsIgnoreCase',
      'StringEqualsIfExists',
      'Bool',
      'BoolIfExists',
      'Null',
      'ArnLike',
      'ArnNotEquals',
      'IpAddress',
      'NotIpAddress',
    ],
    ...[
      'DateLessThan',
      'NumericLessThan',
      'NumericNotEquals',
      'ForAllValues:StringEquals',
      'ForAnyValue:StringLike',
      'ForAnyValue:StringNotEquals',
      'ForAllValues:StringNotLike',
      'BinaryEquals',
    ],
  ];
  const KEYS = [
    ...[
      'aws:SourceIp',
      'aws:CurrentTime',
      'aws:SecureTransport',
      'aws:PrincipalArn',
      'aws:TagKeys',
      'aws:PrincipalTag/team',
      's3:max-keys',
      's3:prefix',
      'aws:PrincipalOrgPaths',
      'aws:MultiFactorAuthAge',
    ],
    ...[
      's3:Prefix',
      's3:prefx',
      'prefix',
      'aws:SourceAcount',
      's3:nothing-like-it',
      'dynamodb:LeadingKeys',
      'zz:yy',
      'team',
      'Team',
      'aws:username',
      '${KEY}',
      's3:${KEY}',
      'kms:ViaService',
      's3:x-amz-acl',
      's3:ExistingObjectTag/a',
    ],
  ];
  const VALUES: readonly unknown[] = ['false', '10', ['10.0.0.0/8', 'x'], ' 1.5 ', '${X}', 'a*'];
  const ACTIONS: Readonly<Record<string, object>> = {
    'of several actions': allow(['s3:GetObject', 's3:PutObject', 's3:ListBucket'], [B, O]),
    'that is denied': { Effect: 'Deny', Action: 's3:GetObject', Resource: O },
  };
  const kinds = (statement: object, operators: readonly string[], value: unknown): readonly string[] =>
    table(
      KEYS.flatMap((key) =>
        operators.map((operator) => [
          `${operator} ${key}`,
          told(checkPermissionPolicy, document({ ...statement, Condition: { [operator]: { [key]: value } } })),
        ]),
      ),
    );
  for (const [name, statement] of Object.entries(ACTIONS))
    test(name, () => asKept(`slips/conditions/${name}`, kinds(statement, OPERATORS, 'true')));
  for (const value of VALUES)
    test(`with ${JSON.stringify(value)}`, () =>
      asKept(
        `slips/conditions/with ${String(VALUES.indexOf(value))}`,
        kinds(allow('s3:*', '*'), ['StringEquals', 'StringLike', 'StringNotEqualsIgnoreCase', 'Null'], value),
      ));
  const FOR: readonly (readonly [key: string, actions: unknown])[] = [
    's3:prefix',
    's3:x-amz-acl',
    'kms:ViaService',
    's3:max-keys',
    's3:ExistingObjectTag/a',
    'sts:ExternalId',
    's3:delimiter',
    'sts:RoleSessionName',
  ].flatMap((key) =>
    [
      ...[
        's3:ListBucket',
        's3:GetObject',
        's3:*',
        's3:Get*',
        'kms:Decrypt',
        'dynamodb:GetItem',
        '*',
        'x',
        's3:${X}',
        ' s3:ListBucket ',
      ],
      ...[
        ['s3:ListBucket', 's3:GetObject'],
        ['s3:GetObject', 's3:PutObject'],
        ['s3:Get*', 's3:ListBucket'],
        ['s3:PutObject', 'kms:Decrypt'],
        ['S3:GetObject', 'DynamoDB:GetItem'],
      ],
      ...[
        ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:GetBucketAcl'],
        ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:GetBucketAcl', 's3:GetBucketLocation'],
      ],
      ['sts:AssumeRole', 's3:GetObject'],
      ['s3:ListBucket', 's3:GetObject', '${X}'],
    ].map((actions) => [key, actions] as const),
  );
  test('of actions', () =>
    asKept(
      'slips/conditions/actions',
      table(
        FOR.flatMap(([key, actions]) =>
          ['Allow', 'Deny', 'allowed'].flatMap((Effect) =>
            ['StringEquals', 'StringNotEquals', 'StringLikeIfExists'].map(
              (operator) =>
                [
                  `${Effect} ${JSON.stringify(actions)} ${operator} ${key}`,
                  told(
                    checkPermissionPolicy,
                    document({ Effect, Action: actions, Resource: '*', Condition: { [operator]: { [key]: 'a' } } }),
                  ),
                ] as const,
            ),
          ),
        ),
      ),
    ));
  const BESIDE: Readonly<Record<string, object>> = {
    'the right one is there': { StringLike: { 's3:prefx': 'a', 's3:prefix': 'b' } },
    'in another case': { StringLike: { 's3:prefx': 'a', 'S3:PREFIX': 'b' } },
    'in another operator': { StringLike: { 's3:prefx': 'a' }, StringEquals: { 's3:prefix': 'b' } },
    'without its service': { StringLike: { prefix: 'a' } },
    'another mistake would follow': { Bool: { 's3:prefx': 'a' } },
    'a null that is true': { Null: { 's3:prefx': 'TRUE', team: ['false', 'true'] } },
    'a null that is false': { Null: { 's3:prefx': 'false', team: 'x' } },
    'no object': { StringLike: 's3:prefix', Bool: null, Null: [] },
  };
  test('beside others', () =>
    asKept(
      'slips/conditions/beside others',
      table(
        Object.entries(BESIDE).flatMap(([name, Condition]) =>
          ['Allow', 'Deny'].map((Effect) => [
            `${Effect}: ${name}`,
            told(checkPermissionPolicy, document({ Effect, Action: 's3:ListBucket', Resource: B, Condition })),
          ]),
        ),
      ),
    ));
});

describe('trust', () => {
  const issuer = (id = 'A', host = 'oidc.eks.us-west-2.amazonaws.com'): string => `${host}/id/${id.repeat(32)}`;
  const [ONE, OTHER] = [issuer(), issuer('B')];
  const ARN = 'arn:aws:iam::111122223333:oidc-provider/';
  const AUD = 'sts.amazonaws.com';
  const SUB = 'system:serviceaccount:team-a:default-editor';
  const its = { [`${ONE}:aud`]: AUD, [`${ONE}:sub`]: SUB };
  const web = (Condition: unknown, more: object = {}): object => ({
    Effect: 'Allow',
    Principal: { Federated: ARN + ONE },
    Action: 'sts:AssumeRoleWithWebIdentity',
    ...(Condition === undefined ? {} : { Condition }),
    ...more,
  });
  const CONTEXTS: Readonly<Record<string, PolicyContext>> = {
    'nothing known': {},
    'a profile': {
      profile: 'team-a',
      annotateOnly: false,
      account: '111122223333',
      partition: 'aws',
      issuer: ONE,
      live: true,
    },
    'another cluster': {
      profile: 'team-b',
      account: '999900001111',
      partition: 'aws-cn',
      issuer: OTHER,
      variables: { ISSUER: OTHER, NS: 'team-b', ACCOUNT: '999900001111', ODD: 'a b', toString: 'x' },
    },
  };
  const { 'another cluster': _, ...HERE } = CONTEXTS;
  void _;
  const kept = (name: string, rows: readonly (readonly [string, object])[], contexts = CONTEXTS): void =>
    void test(name, () =>
      asKept(
        `slips/trust/${name}`,
        Object.entries(contexts).flatMap(([context, given]) => [
          `# ${context}`,
          ...table(rows.map(([row, policy]) => [row, told(checkTrustPolicy, policy, given)])),
        ]),
      ),
    );
  const SUBJECTS = [
    ...[
      SUB,
      'system:serviceaccount:*:*',
      'system:serviceaccount:*',
      '*',
      '**',
      'system:serviceaccount:team-a:*',
      'system:serviceaccount:team-*:default-editor',
      'system:serviceaccount:*:default-editor',
      'sys*:team-a:default-editor',
    ],
    ...[
      'system:serviceaccount:team-a',
      'system:serviceaccounts:team-a:x',
      'system:serviceaccount/team-a/x',
      'team-a:default-editor',
      'team-a/default-editor',
      'team-a:*',
      'x',
      '',
      ' system:serviceaccount:team-a:x',
      'system:serviceaccount:Team-A:x',
    ],
    ...[
      'system:serviceaccount:system:serviceaccount:team-a:x',
      'system:serviceaccount:team-a:x:y',
      'system:serviceaccount:team-a:default-edito?',
      'system:serviceaccount:team-a:default-*x',
      'repo:a/b:ref',
      '${SUB}',
      'system:serviceaccount:${NS}:x',
      '{{ x }}',
    ],
    ...[
      'system:serviceaccount:team-?:*',
      'system:serviceaccount:team-a*',
      'system:serviceaccount:team-b:*',
      'system:serviceaccount:a-*:*',
      `system:serviceaccount:${'a'.repeat(63)}:x`,
      `system:serviceaccount:${'a'.repeat(64)}:x`,
    ],
  ];
  const OPERATORS = [
    'StringEquals',
    'StringLike',
    'StringEqualsIgnoreCase',
    'StringNotLike',
    'StringNotEquals',
    'ForAllValues:StringLike',
  ];
  for (const operator of OPERATORS)
    kept(
      `sub under ${operator.replace(':', ' ')}`,
      SUBJECTS.flatMap((sub) => [
        [
          `${sub}`,
          document(
            web({ StringLike: { [`${ONE}:aud`]: AUD }, [operator]: { [`${ONE}:aud`]: AUD, [`${ONE}:sub`]: sub } }),
          ),
        ],
        [
          `${sub} beside the right one`,
          document(web({ [operator]: { [`${ONE}:sub`]: [SUB, sub], [`${ONE}:aud`]: AUD } })),
        ],
      ]),
      HERE,
    );
  kept(
    'aud',
    [
      AUD,
      `https://${AUD}`,
      `${AUD}/`,
      'STS.amazonaws.com',
      ' sts.amazonaws.com',
      '*',
      '**',
      'sts.*',
      'x',
      SUB,
      'system:serviceaccounts:a',
      '${AUD}',
      'sts.amazonaws.com.cn',
    ].flatMap((aud) =>
      ['StringEquals', 'StringLike', 'StringNotLike', 'StringNotEquals'].flatMap(
        (operator): (readonly [string, object])[] => [
          [
            `${operator} ${aud}`,
            document(
              web({
                StringEquals: { [`${ONE}:sub`]: SUB },
                [operator]: { [`${ONE}:aud`]: aud, ...(operator === 'StringEquals' ? { [`${ONE}:sub`]: SUB } : {}) },
              }),
            ),
          ],
          [`${operator} ${aud} without sub`, document(web({ [operator]: { [`${ONE}:aud`]: aud } }))],
          [`${operator} ${aud} and another`, document(web({ [operator]: { [`${ONE}:aud`]: [aud, 'x'] } }))],
        ],
      ),
    ),
    HERE,
  );
  const CONDITIONS: Readonly<Record<string, unknown>> = {
    none: undefined,
    empty: {},
    'a text': 'x',
    null: null,
    'a hole': '${CONDITION}',
    'an operator that is no object': { StringEquals: 'x' },
    'one of CloudFormation': { 'Fn::If': ['A', {}, {}], StringEquals: its },
    'sub alone': { StringEquals: { [`${ONE}:sub`]: SUB } },
    'aud alone': { StringEquals: { [`${ONE}:aud`]: AUD } },
    'aud alone, of like': { StringLike: { [`${ONE}:aud`]: AUD } },
    'both of like': { StringLike: its },
    'neither, but another': { StringEquals: { 'aws:SourceVpc': 'vpc-1' } },
    'aud and the claim of another': { StringEquals: { [`${ONE}:aud`]: AUD, [`${ONE}:email`]: 'x' } },
    'aud, and sub that is excluded': {
      StringEquals: { [`${ONE}:aud`]: AUD },
      StringNotEquals: { [`${ONE}:sub`]: SUB },
    },
    'sub that is excluded': { StringNotEquals: { [`${ONE}:sub`]: SUB } },
    'every sub is excluded': { StringEquals: { [`${ONE}:aud`]: AUD }, StringNotLike: { [`${ONE}:sub`]: ['x', '*'] } },
    'every aud is excluded': { StringEquals: { [`${ONE}:sub`]: SUB }, StringNotLike: { [`${ONE}:aud`]: '*' } },
    'every email is excluded': { StringEquals: its, StringNotLike: { [`${ONE}:email`]: '*' } },
    'every sub is excluded of all values': { StringEquals: its, 'ForAllValues:StringNotLike': { [`${ONE}:sub`]: '*' } },
    'sub of another issuer': { StringEquals: { [`${ONE}:aud`]: AUD, [`${OTHER}:sub`]: SUB } },
    'both of another issuer': { StringEquals: { [`${OTHER}:aud`]: AUD, [`${OTHER}:sub`]: SUB } },
    'both issuers': { StringEquals: { ...its, [`${OTHER}:sub`]: SUB } },
    'keys in another case': { StringEquals: { [`${ONE}:AUD`]: AUD, [`${ONE.toUpperCase()}:sub`]: SUB } },
    'keys with a scheme': { StringEquals: { [`https://${ONE}:aud`]: AUD, [`https://${ONE}:sub`]: SUB } },
    'a key with a scheme beside the right one': { StringEquals: { ...its, [`https://${ONE}:sub`]: SUB } },
    'keys of a swapped host': {
      StringEquals: { [`${issuer('A', 'oidc.us-west-2.eks.amazonaws.com')}:sub`]: SUB, [`${ONE}:aud`]: AUD },
    },
    'keys of the host alone': {
      StringEquals: { 'oidc.eks.us-west-2.amazonaws.com:sub': SUB, 'oidc.eks.us-west-2.amazonaws.com:aud': AUD },
    },
    'keys of an ARN': { StringEquals: { [`${ARN}${ONE}:sub`]: SUB, [`${ARN}${ONE}:aud`]: AUD } },
    'keys of the sample': {
      StringEquals: { [`${issuer('A', 'oidc.eks.region-code.amazonaws.com')}:sub`]: SUB, [`${ONE}:aud`]: AUD },
    },
    'keys to be replaced': { StringEquals: { '${ISSUER}:sub': SUB, '${ISSUER}:aud': AUD } },
    'a key to be replaced beside the right one': {
      StringEquals: { '${ISSUER}:sub': SUB, [`${OTHER}:sub`]: SUB, '${ODD}:aud': AUD, '${toString}:aud': AUD },
    },
    'all values': { 'ForAllValues:StringEquals': its },
    'all values, where the operator is there': {
      'ForAllValues:StringEquals': { [`${ONE}:sub`]: SUB },
      StringEquals: { [`${ONE}:aud`]: AUD },
    },
    'all values, in another case': {
      'FORALLVALUES:StringEquals': { [`${ONE}:sub`]: SUB },
      stringequals: { [`${ONE}:aud`]: AUD },
    },
    'all values, with another key': { 'ForAllValues:StringEquals': { ...its, 'aws:SourceVpc': 'x' } },
    'all values of another claim': { StringEquals: its, 'ForAllValues:StringEquals': { [`${ONE}:amr`]: 'x' } },
    'if it exists': { StringEqualsIfExists: its },
    'any value, if it exists': { 'ForAnyValue:StringLikeIfExists': its },
    'a subject under aud': { StringEquals: { [`${ONE}:aud`]: SUB } },
    'a subject and aud under aud': { StringEquals: { [`${ONE}:aud`]: [SUB, AUD] } },
    'a subject under aud, twice': { StringEquals: { [`${ONE}:aud`]: SUB }, StringLike: { [`${ONE}:aud`]: SUB } },
    'a subject under aud, beside sub': { StringEquals: { [`${ONE}:aud`]: SUB, [`${ONE}:sub`]: SUB } },
    'a subject under aud of a key with a scheme': { StringEquals: { [`https://${ONE}:aud`]: SUB } },
    'a subject under aud of a key to be replaced': { StringEquals: { '${ISSUER}:aud': SUB } },
    'a pattern beside an exact one': { StringEquals: its, StringLike: { [`${ONE}:sub`]: 'system:serviceaccount:*:*' } },
    'a pattern beside a pattern in quotes': {
      StringEquals: { [`${ONE}:sub`]: 'system:serviceaccount:team-a:*' },
      StringLike: { [`${ONE}:sub`]: '*' },
    },
    'an aud of others and a pattern': {
      StringEquals: { [`${ONE}:aud`]: 'x' },
      StringLike: { [`${ONE}:sub`]: 'system:serviceaccount:*:*' },
    },
    'an aud unknown and a pattern': {
      StringEquals: { [`${ONE}:aud`]: '${AUD}' },
      StringLike: { [`${ONE}:sub`]: 'system:serviceaccount:team-a:*' },
    },
    'a pattern, and a source': {
      StringEquals: { [`${ONE}:aud`]: AUD, 'aws:SourceVpc': 'x' },
      StringLike: { [`${ONE}:sub`]: '*' },
    },
    'a text of a template': { StringEquals: { ...its, 'aws:SourceVpc': '{{ x }}', 'aws:SourceAccount': '${ACCOUNT}' } },
    'a key that does not exist': { StringEquals: { ...its, 'aws:SourceAcount': 'x' } },
    Null: { StringEquals: its, Null: { [`${ONE}:sub`]: 'true' } },
  };
  kept(
    'conditions',
    Object.entries(CONDITIONS).map(([name, one]) => [name, document(web(one))]),
  );
  kept(
    'conditions beside a Deny',
    [
      'none',
      'aud alone',
      'both of like',
      'sub that is excluded',
      'an aud unknown and a pattern',
      'a pattern, and a source',
    ].flatMap((name) =>
      [
        { Null: { [`${ONE}:sub`]: 'true' } },
        { StringNotEquals: { [`${ONE}:sub`]: SUB } },
        { StringNotLike: { [`${ONE}:sub`]: 'system:serviceaccount:team-*:*' } },
        { StringLike: { [`${ONE}:sub`]: '*' } },
      ].map(
        (no) =>
          [
            `${name}, but ${JSON.stringify(no).replaceAll(ONE, '')}`,
            document(web(CONDITIONS[name]), web(no, { Effect: 'Deny' })),
          ] as const,
      ),
    ),
  );
  const PRINCIPALS: readonly unknown[] = [
    ...[
      ARN + ONE,
      ARN + OTHER,
      [ARN + ONE, ARN + OTHER],
      `${ARN}https://${ONE}`,
      `${ARN}${ONE}/`,
      `${ARN}${ONE}:443`,
      `${ARN} ${ONE}`,
      ONE,
      `https://${ONE}`,
      'oidc.eks.us-west-2.amazonaws.com',
      `${ARN}oidc.eks.us-west-2.amazonaws.com`,
    ].map((Federated) => ({ Federated })),
    ...[
      `${ARN}${issuer('A', 'oidc.us-west-2.eks.amazonaws.com')}`,
      `${ARN}${issuer('A', 'oidc.eks.region-code.amazonaws.com')}`,
      `${ARN}${issuer('A', 'oidc.eks.cn-north-1.amazonaws.com.cn')}`,
      `${ARN}oidc.eks.us-west-2.amazonaws.com/id/*`,
    ].map((Federated) => ({ Federated })),
    ...['1111', 'ACCOUNT_ID', '*', '', '${ACCOUNT}', '111122223334', 'x1_'].map((account) => ({
      Federated: `arn:aws:iam::${account}:oidc-provider/${ONE}`,
    })),
    ...['aws-cn', 'aws-xx', '', '*'].map((partition) => ({
      Federated: `arn:${partition}:iam::111122223333:oidc-provider/${ONE}`,
    })),
    ...[
      `arn:aws:iam:us-west-2:111122223333:oidc-provider/${ONE}`,
      `arn:aws:sts::111122223333:oidc-provider/${ONE}`,
      'arn:aws:iam::111122223333:oidc-provider/${ISSUER}',
      '${PROVIDER}',
      'arn:aws:iam::111122223333:saml-provider/x',
      'accounts.google.com',
      `${ARN}token.actions.githubusercontent.com`,
    ].map((Federated) => ({ Federated })),
    ...[
      { AWS: ARN + ONE },
      { AWS: [ARN + ONE, 'arn:aws:iam::111122223333:root'] },
      { Service: ARN + ONE },
      { AWS: ARN + ONE, Federated: ARN + ONE },
      { AWS: '*' },
      { Service: 'ec2.amazonaws.com' },
      { AWS: 'arn:aws:iam::111122223333:role/x', Service: 'eks.amazonaws.com' },
    ],
    ...[
      '*',
      'x',
      [],
      {},
      { Federated: [] },
      { federated: ARN + ONE },
      { Federated: null },
      { Federated: ARN + ONE, AWS: '*' },
      { Federated: ARN + ONE, Service: 'pods.eks.amazonaws.com' },
    ],
  ];
  kept(
    'principals',
    PRINCIPALS.map((Principal) => [JSON.stringify(Principal), document(web({ StringEquals: its }, { Principal }))]),
  );
  kept(
    'principals beside another statement',
    PRINCIPALS.map((Principal) => [
      JSON.stringify(Principal),
      document(
        web({ StringEquals: its }, { Principal }),
        web(
          { StringEquals: { [`${OTHER}:sub`]: SUB, [`${OTHER}:aud`]: AUD } },
          { Principal: { Federated: ARN + OTHER } },
        ),
      ),
    ]),
  );
  const ACTIONS: readonly unknown[] = [
    ...[
      'sts:AssumeRoleWithWebIdentity',
      'sts:assumerolewithwebidentity',
      'sts:AssumeRole',
      'sts:*',
      '*',
      'sts:Assume*',
      'sts:AssumeRoleWith*',
      's3:*',
      'sts:AssumeRoleWithWebIdentit',
      'sts:AssumeRoleWithSAML',
      'sts:TagSession',
      'x',
      '',
      '${ACTION}',
      null,
    ],
    ...[
      ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'],
      ['sts:TagSession', 'sts:SetSourceIdentity'],
      ['sts:AssumeRole', 'sts:AssumeRoleWithSAML'],
      ['sts:AssumeRoleWithWebIdentity', 'sts:AssumeRole'],
      ['sts:AssumeRoleWithWebIdentity', 'sts:AssumeRoleWithWebIdentty'],
      ['sts:TagSession', 'sts:AssumeRole'],
      ['sts:AssumeRoleWithWebIdentity', 'sts:*'],
      ['sts:AssumeRoleWithWebIdentity', 'sts:AssumeRoleWith*'],
      ['sts:TagSession'],
      [],
      ['${X}', 'sts:AssumeRole'],
    ],
  ];
  kept(
    'actions',
    ACTIONS.map((Action) => [JSON.stringify(Action), document(web({ StringEquals: its }, { Action }))]),
  );
  kept('other parts', [
    ...['Resource', 'NotResource', 'NotAction', 'NotPrincipal', 'Sid', 'Condtion'].flatMap((part) =>
      ['*', ARN + ONE, { AWS: '*' }].flatMap((value): (readonly [string, object])[] => [
        [`${part} ${JSON.stringify(value)}`, document(web({ StringEquals: its }, { [part]: value }))],
        [
          `${part} ${JSON.stringify(value)} of all`,
          document(web({ StringEquals: its }, { Principal: '*', [part]: value })),
        ],
      ]),
    ),
    ['claims beside the condition', document({ ...web(undefined), [`${ONE}:sub`]: SUB, StringEquals: its })],
    [
      'an open provider',
      document(
        web(
          { StringEquals: { '${ISSUER}:aud': AUD } },
          { Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/${ISSUER}' } },
        ),
      ),
    ],
    [
      'an open provider of GitHub',
      document(
        web(
          { StringEquals: { '${GITHUB}:aud': AUD } },
          { Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/${GITHUB}' } },
        ),
      ),
    ],
    [
      'an open provider and another audience',
      document(
        web(
          { StringEquals: { '${ISSUER}:aud': 'x' } },
          { Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/${ISSUER}' } },
        ),
      ),
    ],
    [
      'an open provider with a path before',
      document(
        web(
          { StringEquals: { '${ISSUER}:aud': AUD } },
          { Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/x${ISSUER}' } },
        ),
      ),
    ],
    ['of no provider', document(web({ StringEquals: { 'x:sub': SUB, 'x:aud': AUD } }, { Principal: undefined }))],
    [
      'of keys of AWS',
      document(
        web(
          { StringEquals: { 'aws:sub': SUB, 'sts:aud': AUD, 'saml:aud': 'x' } },
          { Principal: { Federated: 'arn:aws:iam::111122223333:saml-provider/x' } },
        ),
      ),
    ],
  ]);
});
