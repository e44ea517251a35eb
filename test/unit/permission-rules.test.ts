import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { describe } from 'node:test';
import fc from 'fast-check';
import { lint } from '../../src/core/lint.ts';
import type { AccessLevel } from '../../src/core/request.ts';
import { permissionsPolicy, policyText } from '../../src/core/policy/build.ts';
import { checkPermissionPolicy } from '../../src/core/modes/permissions/policy.ts';
import type { PolicyContext, Severity } from '../../src/core/finding.ts';
import { apply, assertSound, errors, findings, fixAll, ids, onlyFix, underlined, type Check } from './policy-kit.ts';

const check = checkPermissionPolicy;
const allow = (Action: unknown, Resource: unknown, rest: object = {}): object => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...rest,
});
const policy = (...statements: object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements }, undefined, 2);
const B = 'arn:aws:s3:::artifacts';
const O = `${B}/*`;

test('what the wizard writes has no finding but s3:*', () => {
  for (const access of ['prefix', 'bucket', 'read-only'] satisfies AccessLevel[]) {
    assert.deepEqual(
      ids(findings(check, policyText(permissionsPolicy('aws', 'artifacts', 'team-a', access)))),
      [],
      access,
    );
  }
  assert.deepEqual(ids(findings(check, policyText(permissionsPolicy('aws', 'artifacts', 'team-a', 'full')))), [
    'KP-044',
  ]);
});

test('s3:* on one level is enough where another statement gives something that acts on the other', () => {
  const all = (resource: string, ...others: readonly object[]): readonly string[] =>
    ids(findings(check, policy(allow('s3:*', resource), ...others))).filter((id) => id !== 'KP-044');
  assert.deepEqual(all(B), ['KP-041']);
  assert.deepEqual(all(B, allow('s3:GetObject', O)), []);
  // It lists the bucket, and has no effect on objects.
  assert.deepEqual(all(B, allow('s3:ListBucket', O)), ['KP-041', 'KP-045']);
  assert.deepEqual(all(O), ['KP-041']);
  // On buckets and on what else has tags.
  assert.deepEqual(all(O, allow('s3:TagResource', B)), []);
});

test('an access point is told to have a slash where that makes it one', () => {
  const says = (resource: string): unknown =>
    findings(check, policy(allow('s3:GetObject', `arn:aws:s3:${resource}`)))
      .filter(({ id }) => id === 'KP-042')
      .map(({ message, fixes }) => [message.slice(0, 24), ...fixes.map(({ title }) => title)]);
  assert.deepEqual(says('us-west-2:111122223333:accesspoint:runs/object/*'), [
    ['In a policy an access po', 'Write accesspoint/'],
  ]);
  assert.deepEqual(says('us-west-2::accesspoint:runs/object/*'), [['No resource of s3 has an']]);
  assert.deepEqual(says('us-west-2:111122223333:job:0b1c'), [['No resource of s3 has an']]);
});

test('shapes of valid policies that AWS itself publishes have no finding', () => {
  const text = readFileSync(new URL('../fixtures/policies/managed-shapes.json', import.meta.url), 'utf8');
  assert.deepEqual(
    findings(check, text).map((one) => `${one.id} ${underlined(text, one)}`),
    [],
  );
});

/** One defect each: the statement, what is found, its severity, the text underlined, and what the preferred fix makes of it. */
interface Case {
  statement: object;
  id: string;
  severity: Severity;
  at: string;
  fixed?: object;
  /** Further statements of the fixed policy. */
  and?: object[];
  context?: PolicyContext;
}
const cases: Record<string, Case> = {
  'a template that was left in': {
    statement: allow('s3:GetObject', 'arn:aws:s3:::{{ bucket }}/*'),
    id: 'KP-040',
    severity: 'warning',
    at: '{{ bucket }}',
  },
  'a template that was left in a condition': {
    statement: { ...allow('s3:GetObject', O), Condition: { StringEquals: { 'aws:SourceVpc': '{{vpc}}' } } },
    id: 'KP-040',
    severity: 'warning',
    at: '{{vpc}}',
  },
  'what a shell was to cut': {
    statement: allow('s3:GetObject', 'arn:aws:s3:::${BUCKET_URL#s3://}/*'),
    id: 'KP-040',
    severity: 'warning',
    at: '${BUCKET_URL#s3://}',
  },
  'a shell variable with a default': {
    statement: allow('s3:GetObject', 'arn:aws:s3:::${BUCKET:-artifacts}/*'),
    id: 'KP-040',
    severity: 'warning',
    at: '${BUCKET:-artifacts}',
  },
  'the account of an access point is a word': {
    statement: allow('s3:GetObject', 'arn:aws:s3:us-east-1:account-id:accesspoint/my-ap/object/*'),
    id: 'KP-042',
    severity: 'error',
    at: 'account-id',
  },
  'a directory bucket of a word': {
    statement: allow('s3express:CreateSession', 'arn:aws:s3express:us-east-1:acct:bucket/data--use1-az4--x-s3'),
    id: 'KP-042',
    severity: 'error',
    at: 'acct',
  },
  'an access point as the SDK writes it': {
    statement: allow('s3:ListBucket', 'arn:aws:s3:us-east-1:111122223333:accesspoint:my-ap'),
    id: 'KP-042',
    severity: 'error',
    at: 'accesspoint:my-ap',
    fixed: allow('s3:ListBucket', 'arn:aws:s3:us-east-1:111122223333:accesspoint/my-ap'),
  },
  'the region of an access point misspelt': {
    statement: allow('s3:ListBucket', 'arn:aws:s3:us_east_1:111122223333:accesspoint/my-ap'),
    id: 'KP-042',
    severity: 'error',
    at: 'accesspoint/my-ap',
  },
  'a blank before a star': {
    statement: allow('ec2:DescribeInstances', ' *'),
    id: 'P-SYNTAX',
    severity: 'error',
    at: '" *"',
    fixed: allow('ec2:DescribeInstances', '*'),
  },
  'four colons': {
    statement: allow('s3:GetObject', 'arn:aws:s3::::artifacts/*'),
    id: 'KP-039',
    severity: 'error',
    at: ':',
    fixed: allow('s3:GetObject', O),
  },
  'six colons, in a list': {
    statement: allow(['s3:ListBucket', 's3:GetObject'], [B, 'arn:aws:s3::::::artifacts/*']),
    id: 'KP-039',
    severity: 'error',
    at: ':::',
    fixed: allow(['s3:ListBucket', 's3:GetObject'], [B, O]),
  },
  'variable left in, its value known': {
    statement: allow('s3:GetObject', 'arn:aws:s3:::${S3_BUCKET}/*'),
    id: 'KP-040',
    severity: 'warning',
    at: '${S3_BUCKET}',
    fixed: allow('s3:GetObject', O),
    context: { variables: { S3_BUCKET: 'artifacts' } },
  },
  'variable left in, the bucket known': {
    statement: allow('s3:GetObject', 'arn:aws:s3:::$BUCKET/*'),
    id: 'KP-040',
    severity: 'warning',
    at: '$BUCKET',
    fixed: allow('s3:GetObject', O),
    context: { bucket: 'artifacts' },
  },
  'placeholder of a guide': {
    statement: allow('s3:GetObject', 'arn:aws:s3:::<your-bucket>/*'),
    id: 'KP-040',
    severity: 'warning',
    at: '<your-bucket>',
  },
  'command left in': {
    statement: allow('s3:GetObject', 'arn:aws:s3:::$(terraform output bucket)/*'),
    id: 'KP-040',
    severity: 'warning',
    at: '$(terraform output bucket)',
  },
  'capitals of a guide': {
    statement: allow('s3:GetObject', 'arn:aws:s3:::YOUR-BUCKET/*'),
    id: 'KP-040',
    severity: 'warning',
    at: 'YOUR-BUCKET',
  },
  'variable in a condition': {
    statement: allow('s3:ListBucket', B, { Condition: { StringLike: { 's3:prefix': '${PREFIX}/*' } } }),
    id: 'KP-040',
    severity: 'warning',
    at: '${PREFIX}',
  },
  'objects left out': {
    statement: allow(['s3:ListBucket', 's3:GetObject'], B),
    id: 'KP-041',
    severity: 'error',
    at: `"${B}"`,
    fixed: allow(['s3:ListBucket', 's3:GetObject'], [B, O]),
  },
  'bucket left out': {
    statement: allow(['s3:ListBucket', 's3:GetObject'], [`${B}/a/*`, `${B}/b/*`]),
    id: 'KP-041',
    severity: 'error',
    at: `[\n        "${B}/a/*",\n        "${B}/b/*"\n      ]`,
    fixed: allow(['s3:GetObject'], [`${B}/a/*`, `${B}/b/*`]),
    and: [allow('s3:ListBucket', B, { Condition: { StringLike: { 's3:prefix': ['a/*', 'b/*'] } } })],
  },
  'bucket left out beside all of its objects': {
    statement: allow(['s3:ListBucket', 's3:GetObject'], O),
    id: 'KP-041',
    severity: 'error',
    at: `"${O}"`,
    fixed: allow(['s3:ListBucket', 's3:GetObject'], [O, B]),
  },
  'bucket left out, its place told too': {
    statement: allow(['s3:GetBucketLocation', 's3:ListBucket', 's3:GetObject'], `${B}/a/*`),
    id: 'KP-041',
    severity: 'error',
    at: `"${B}/a/*"`,
    fixed: allow(['s3:GetObject'], `${B}/a/*`),
    and: [
      allow('s3:GetBucketLocation', B),
      allow('s3:ListBucket', B, { Condition: { StringLike: { 's3:prefix': 'a/*' } } }),
    ],
  },
  'bucket left out beside prefixes of two buckets: nothing is done unasked': {
    statement: allow(['s3:ListBucket', 's3:GetObject'], [`${B}/a/*`, 'arn:aws:s3:::others/b/*']),
    id: 'KP-041',
    severity: 'error',
    at: `[\n        "${B}/a/*",\n        "arn:aws:s3:::others/b/*"\n      ]`,
  },
  'uploads of a prefix cannot be listed by it: nothing is done unasked': {
    statement: allow(['s3:ListBucketMultipartUploads', 's3:GetObject'], `${B}/a/*`),
    id: 'KP-041',
    severity: 'error',
    at: `"${B}/a/*"`,
  },
  'bucket action on a prefix': {
    statement: allow('s3:ListBucket', `${B}/team-a/*`),
    id: 'KP-045',
    severity: 'error',
    at: '"s3:ListBucket"',
    fixed: allow('s3:ListBucket', B, { Condition: { StringLike: { 's3:prefix': 'team-a/*' } } }),
  },
  'bucket action on a prefix, with a condition': {
    statement: allow('s3:ListBucket', `${B}/team-a/*`, { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }),
    id: 'KP-045',
    severity: 'error',
    at: '"s3:ListBucket"',
  },
  'bucket action on objects, denied: a fix would take rights': {
    statement: { ...allow('s3:ListBucket', O), Effect: 'Deny' },
    id: 'KP-045',
    severity: 'warning',
    at: '"s3:ListBucket"',
  },
  'four colons in a Deny: the fix would take rights': {
    statement: { ...allow('s3:GetObject', 'arn:aws:s3::::artifacts/*'), Effect: 'Deny' },
    id: 'KP-039',
    severity: 'error',
    at: ':',
  },
  'two actions for one operation of KMS': {
    statement: allow(['kms:ReEncrypt', 'kms:Decrypt'], '*'),
    id: 'P-ACTION',
    severity: 'warning',
    at: '"kms:ReEncrypt"',
    fixed: allow(['kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:Decrypt'], '*'),
  },
  'a near name of another meaning': {
    statement: allow('s3:SetObjectAcl', O),
    id: 'P-ACTION',
    severity: 'warning',
    at: '"s3:SetObjectAcl"',
  },
  'an action misspelt in a Deny: the fix would take rights': {
    statement: { ...allow('s3:GetObjetc', O), Effect: 'Deny' },
    id: 'P-ACTION',
    severity: 'warning',
    at: '"s3:GetObjetc"',
  },
  'empty bucket': { statement: allow('s3:GetObject', 'arn:aws:s3:::/*'), id: 'KP-042', severity: 'error', at: '/*' },
  'empty bucket, the bucket known': {
    statement: allow('s3:GetObject', 'arn:aws:s3:::/*'),
    id: 'KP-042',
    severity: 'error',
    at: '/*',
    fixed: allow('s3:GetObject', O),
    context: { bucket: 'artifacts' },
  },
  'no bucket at all': {
    statement: allow('s3:GetObject', 'arn:aws:s3:::'),
    id: 'KP-042',
    severity: 'error',
    at: '"arn:aws:s3:::"',
  },
  'two colons': {
    statement: allow('s3:GetObject', 'arn:aws:s3::artifacts/*'),
    id: 'KP-042',
    severity: 'error',
    at: '"arn:aws:s3::artifacts/*"',
    fixed: allow('s3:GetObject', O),
  },
  'region in the ARN': {
    statement: allow('s3:GetObject', 'arn:aws:s3:us-west-2::artifacts/*'),
    id: 'KP-042',
    severity: 'error',
    at: 'us-west-2:',
    fixed: allow('s3:GetObject', O),
  },
  'region and account in the ARN': {
    statement: allow('s3:GetObject', 'arn:aws:s3:us-west-2:111122223333:artifacts/*'),
    id: 'KP-042',
    severity: 'error',
    at: 'us-west-2:111122223333',
    fixed: allow('s3:GetObject', O),
  },
  's3 address': {
    statement: allow('s3:GetObject', 's3://artifacts/runs/'),
    id: 'KP-042',
    severity: 'error',
    at: '"s3://artifacts/runs/"',
    fixed: allow('s3:GetObject', `${B}/runs/*`),
  },
  'slash at the end': {
    statement: allow('s3:GetObject', `${B}/`),
    id: 'KP-042',
    severity: 'error',
    at: 'artifacts/',
    fixed: allow('s3:GetObject', O),
  },
  'upper case': {
    statement: allow('s3:GetObject', 'arn:aws:s3:::My_Bkt/*'),
    id: 'KP-042',
    severity: 'warning',
    at: 'My_Bkt',
  },
  'name with a blank': {
    statement: allow('s3:GetObject', 'arn:aws:s3:::my bucket/*'),
    id: 'KP-042',
    severity: 'error',
    at: 'my bucket',
  },
  'directory bucket without its zone': {
    statement: allow('s3express:CreateSession', 'arn:aws:s3express:us-east-1:111122223333:bucket/data'),
    id: 'KP-042',
    severity: 'error',
    at: 'data',
  },
  'directory bucket as a general one': {
    statement: allow('s3:GetObject', 'arn:aws:s3:::data--use1-az4--x-s3/*'),
    id: 'KP-042',
    severity: 'error',
    at: 'data--use1-az4--x-s3',
  },
  'form that is not known, of another service of the family': {
    statement: allow('s3tables:GetTable', 'arn:aws:s3tables:us-east-1:111122223333:view/x'),
    id: 'KP-042',
    severity: 'warning',
    at: 'view/x',
  },
  'other partition': {
    statement: allow('s3:GetObject', O),
    id: 'KP-043',
    severity: 'error',
    at: 'aws',
    fixed: allow('s3:GetObject', 'arn:aws-cn:s3:::artifacts/*'),
    context: { partition: 'aws-cn' },
  },
  'no such partition': {
    statement: allow('s3:GetObject', 'arn:amazon:s3:::artifacts/*'),
    id: 'KP-043',
    severity: 'error',
    at: 'amazon',
  },
  'all of S3': { statement: allow('s3:*', [B, O]), id: 'KP-044', severity: 'warning', at: '"s3:*"' },
  'all of S3 everywhere': {
    statement: allow(['s3:*', 'kms:Decrypt'], '*'),
    id: 'KP-044',
    severity: 'warning',
    at: '"s3:*"',
  },
  'bucket action on objects': {
    statement: allow('s3:ListBucket', O),
    id: 'KP-045',
    severity: 'error',
    at: '"s3:ListBucket"',
    fixed: allow('s3:ListBucket', B),
  },
  'object action on a bucket': {
    statement: allow(['s3:GetObject', 's3:Put*Object'], [B]),
    id: 'KP-045',
    severity: 'error',
    at: '"s3:GetObject"',
    fixed: allow(['s3:GetObject', 's3:Put*Object'], [O]),
  },
  'object action on an access point': {
    statement: allow('s3:GetObject', 'arn:aws:s3:us-west-2:111122223333:accesspoint/my-ap'),
    id: 'KP-045',
    severity: 'warning',
    at: '"s3:GetObject"',
  },
  'action of the account on a bucket': {
    statement: allow('s3:ListAllMyBuckets', B),
    id: 'KP-045',
    severity: 'warning',
    at: '"s3:ListAllMyBuckets"',
  },
  'operation of the SDK': {
    statement: allow(['s3:ListObjectsV2'], B),
    id: 'P-ACTION',
    severity: 'warning',
    at: '"s3:ListObjectsV2"',
    fixed: allow(['s3:ListBucket'], B),
  },
  'operation of the SDK whose action is there': {
    statement: allow(['s3:HeadObject', 's3:GetObject'], O),
    id: 'P-ACTION',
    severity: 'warning',
    at: '"s3:HeadObject"',
    fixed: allow(['s3:GetObject'], O),
  },
  'operation of the SDK whose action is among those of a pattern': {
    statement: allow(['s3:HeadObject', 's3:Get*'], O),
    id: 'P-ACTION',
    severity: 'warning',
    at: '"s3:HeadObject"',
    fixed: allow(['s3:Get*'], O),
  },
  'operation of the SDK beside a pattern of others': {
    statement: allow(['s3:HeadObject', 's3:Put*'], O),
    id: 'P-ACTION',
    severity: 'warning',
    at: '"s3:HeadObject"',
    fixed: allow(['s3:GetObject', 's3:Put*'], O),
  },
  'operation that needs two actions': {
    statement: allow('s3:CopyObject', O),
    id: 'P-ACTION',
    severity: 'warning',
    at: '"s3:CopyObject"',
    fixed: allow(['s3:GetObject', 's3:PutObject'], O),
  },
  'action misspelt': {
    statement: allow('s3:GetObjetc', O),
    id: 'P-ACTION',
    severity: 'warning',
    at: '"s3:GetObjetc"',
    fixed: allow('s3:GetObject', O),
  },
  'pattern of no action': { statement: allow('s3:Fetch*', O), id: 'P-ACTION', severity: 'warning', at: '"s3:Fetch*"' },
  'no effect': {
    statement: { Action: 's3:GetObject', Resource: O },
    id: 'P-SYNTAX',
    severity: 'error',
    at: '"Action"',
  },
  'effect in small letters': {
    statement: { Effect: 'allow', Action: 's3:GetObject', Resource: O },
    id: 'P-SYNTAX',
    severity: 'error',
    at: '"allow"',
    fixed: allow('s3:GetObject', O),
  },
  'no action': { statement: { Effect: 'Allow', Resource: O }, id: 'P-SYNTAX', severity: 'error', at: '"Effect"' },
  'no resource': {
    statement: { Effect: 'Allow', Action: 's3:GetObject' },
    id: 'P-SYNTAX',
    severity: 'error',
    at: '"Effect"',
  },
  'both Action and NotAction': {
    statement: allow('s3:GetObject', O, { NotAction: 's3:PutObject' }),
    id: 'P-SYNTAX',
    severity: 'error',
    at: '"NotAction"',
  },
  'element misspelt': {
    statement: { Effect: 'Allow', Action: 's3:GetObject', Ressource: O },
    id: 'P-SYNTAX',
    severity: 'error',
    at: '"Ressource"',
    fixed: allow('s3:GetObject', O),
  },
  'element in small letters': {
    statement: { Effect: 'Allow', action: 's3:GetObject', Resource: O },
    id: 'P-SYNTAX',
    severity: 'warning',
    at: '"action"',
    fixed: allow('s3:GetObject', O),
  },
  'empty list': { statement: allow([], O), id: 'P-SYNTAX', severity: 'error', at: '[]' },
  'number for an action': { statement: allow(['s3:GetObject', 1], O), id: 'P-SYNTAX', severity: 'error', at: '1' },
  'action without a service': {
    statement: allow('GetObject', O),
    id: 'P-SYNTAX',
    severity: 'error',
    at: '"GetObject"',
  },
  'action with a blank': {
    statement: allow('s3:GetObject ', O),
    id: 'P-ACTION',
    severity: 'warning',
    at: '"s3:GetObject "',
    fixed: allow('s3:GetObject', O),
  },
  'resource without arn': {
    statement: allow('s3:GetObject', 'artifacts/*'),
    id: 'P-SYNTAX',
    severity: 'error',
    at: '"artifacts/*"',
  },
  'operator that does not exist': {
    statement: allow('s3:ListBucket', B, { Condition: { StringContains: { 's3:prefix': 'a' } } }),
    id: 'P-SYNTAX',
    severity: 'error',
    at: '"StringContains"',
  },
  'condition without an operator': {
    statement: allow('s3:GetObject', O, { Condition: { Bool: 'x' } }),
    id: 'P-SYNTAX',
    severity: 'error',
    at: '"x"',
  },
  'Sid with a hyphen': {
    statement: { Sid: 'read-all', ...allow('s3:GetObject', O) },
    id: 'P-SYNTAX',
    severity: 'error',
    at: '"read-all"',
    fixed: { Sid: 'readall', ...allow('s3:GetObject', O) },
  },
  'curly quote': {
    statement: allow('s3:GetObject', `${B}/it\u2019s/*`),
    id: 'P-CHARSET',
    severity: 'error',
    at: '\u2019',
    fixed: allow('s3:GetObject', `${B}/it's/*`),
  },
  emoji: { statement: allow('s3:GetObject', `${B}/\u{1F600}/*`), id: 'P-CHARSET', severity: 'error', at: '\u{1F600}' },
};

for (const [name, { statement, id, severity, at, fixed, and = [], context }] of Object.entries(cases)) {
  test(`one defect: ${name}`, () => {
    const text = policy(statement);
    const found = assertSound(check, text, context);
    assert.deepEqual(
      found.map((one) => [one.id, one.severity, underlined(text, one)]),
      [[id, severity, at]],
    );
    if (fixed === undefined) {
      assert.ok(found[0]?.fixes.every(({ preferred }) => preferred !== true));
      return;
    }
    const result = apply(text, onlyFix(found, id).edits);
    assert.deepEqual(JSON.parse(result), JSON.parse(policy(fixed, ...and)));
    assert.equal(fixAll(check, result, context), result);
  });
}

const valid: Record<string, object[]> = {
  'object and bucket actions on both levels': [allow(['s3:ListBucket', 's3:GetObject'], [B, O])],
  'wildcards on objects alone': [allow(['s3:Get*', 's3:List*'], O)],
  's3:* on a prefix, the bucket elsewhere': [allow('s3:*', `${B}/team-a/*`), allow('s3:List*', B)],
  'everything of another service': [allow('kms:*', '*')],
  'deny without TLS': [
    { Effect: 'Deny', Action: 's3:*', Resource: O, Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
  ],
  'multi-region access point': [
    allow(
      ['s3:ListBucket', 's3:GetObject'],
      [
        'arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap',
        'arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap/object/*',
      ],
    ),
  ],
  'tags of a bucket, or of what is none': [
    allow('s3:TagResource', [B, 'arn:aws:s3:us-west-2:111122223333:storage-lens-group/x']),
    allow('s3:TagResource', O),
  ],
  NotResource: [{ Effect: 'Allow', Action: 's3:GetObject', NotResource: B }],
  'small letters in an action': [allow('S3:getobject', O)],
  'services that are not in our table': [allow(['bedrock:InvokeModel', 'madeup:Thing'], '*')],
  'an incomplete ARN': [allow('s3:GetObject', 'arn:aws:s3:*')],
  'intrinsics of CloudFormation': [
    allow('s3:GetObject', { 'Fn::Sub': 'arn:${AWS::Partition}:s3:::${Bucket}/*' }),
    allow(['s3:ListBucket', { Ref: 'Action' }], [{ 'Fn::GetAtt': ['Bucket', 'Arn'] }]),
    { 'Fn::If': ['X', {}, { Ref: 'AWS::NoValue' }] },
  ],
};
for (const [name, statements] of Object.entries(valid)) {
  test(`no finding: ${name}`, () => {
    const text = policy(...statements);
    assert.deepEqual(
      findings(check, text).map((one) => `${one.id} ${underlined(text, one)}`),
      [],
    );
  });
}

test('a policy of a bucket is not judged, a stray Principal is', () => {
  const bucketPolicy = { ...allow('s3:*', 'arn:aws:s3::::x'), Principal: '*' };
  assert.deepEqual(findings(check, policy(bucketPolicy)), []);
  const text = policy(allow('s3:GetObject', O), { ...allow('s3:GetObject', O), Principal: { AWS: '*' } });
  assert.deepEqual(ids(assertSound(check, text)), ['P-SYNTAX']);
});

test('an idle action that another statement grants is only a warning', () => {
  const text = policy(allow(['s3:ListBucket', 's3:GetObject'], O), allow('s3:List*', B));
  const found = assertSound(check, text);
  assert.deepEqual(
    found.map(({ id, severity }) => [id, severity]),
    [['KP-041', 'warning']],
  );
});

test('s3:* with one level only', () => {
  for (const resource of [B, O]) {
    const text = policy(allow('s3:*', resource));
    assert.deepEqual(ids(assertSound(check, text)).sort(), ['KP-041', 'KP-044']);
  }
});

test('form of the document', () => {
  const table: [string, string[]][] = [
    ['[]', ['P-SYNTAX']],
    ['"x"', ['P-SYNTAX']],
    ['{}', ['P-SYNTAX', 'P-VERSION']],
    ['{"Version": "2012-10-17"}', ['P-SYNTAX']],
    ['{"Version": "2012-10-17", "Statement": ["x"]}', ['P-SYNTAX']],
    ['{"Version": "2012-10-17", "Statement": []}', ['P-SYNTAX']],
    ['{"Version": "2012-10-17", "Statement": [], "Extra": 1}', ['P-SYNTAX', 'P-SYNTAX']],
    ['{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": []}', ['P-SYNTAX', 'P-SYNTAX']],
    ['{"Version": "2012-10-18", "Statement": []}', ['P-SYNTAX', 'P-VERSION']],
    ['{"Version": 2012, "Statement": []}', ['P-SYNTAX', 'P-VERSION']],
    ['{"Statement": []}', ['P-SYNTAX', 'P-VERSION']],
    ['{"Version": "2008-10-17", "Id": "x", "Statement": []}', ['P-SYNTAX']],
    ['', []],
    ['{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Act', ['P-SYNTAX', 'P-SYNTAX']],
  ];
  for (const [text, expected] of table) {
    assert.deepEqual(
      ids(text.endsWith('Act') ? findings(check, text) : assertSound(check, text)).sort(),
      expected,
      text,
    );
  }
});

test('without Version variables are plain text', () => {
  const version = (resource: string): Severity | undefined =>
    findings(check, JSON.stringify({ Statement: [allow('s3:GetObject', resource)] }))[0]?.severity;
  assert.equal(version(`${B}/\${aws:username}/*`), 'warning');
  assert.equal(version(O), 'information');
});

test('Sids are unique', () => {
  const text = policy({ Sid: 'A', ...allow('s3:GetObject', O) }, { Sid: 'A', ...allow('s3:PutObject', O) });
  assert.deepEqual(ids(findings(check, text)), ['P-SYNTAX']);
});

test('size against the quota of inline policies, without white space', () => {
  const withLength = (length: number): string => {
    const empty = JSON.stringify({ Version: '2012-10-17', Statement: [allow('s3:GetObject', `${B}/`)] }).length;
    return policy(allow('s3:GetObject', `${B}/${'k'.repeat(length - empty)}`));
  };
  const told = (length: number): readonly string[] =>
    findings(check, withLength(length)).map(({ id, severity }) => `${id} ${severity}`);
  assert.deepEqual(told(8191), []);
  assert.deepEqual(told(8192), ['P-SIZE information'], 'there is room yet');
  assert.deepEqual(told(9216), ['P-SIZE information']);
  assert.deepEqual(told(9217), ['P-SIZE warning'], 'the next bucket may be too much');
  assert.deepEqual(told(20_000), ['P-SIZE warning']);
});

test('P-SIZE of a managed policy is that of one managed policy', () => {
  const document = (count: number): object => ({
    Version: '2012-10-17',
    Statement: Array.from({ length: count }, (_, n) => allow('s3:GetObject', `${B}/department-${n}/*`)),
  });
  const said = (file: object): string[] => lint(JSON.stringify(file)).map(({ id, message }) => `${id} ${message}`);
  const template = (Type: string, count: number): object => ({
    Resources: { P: { Type, Properties: { PolicyDocument: document(count) } } },
  });
  for (const file of [{ PolicyVersion: { Document: document(100) } }, template('AWS::IAM::ManagedPolicy', 100)]) {
    const [only, more] = said(file);
    assert.match(only ?? '', /^P-SIZE .* a managed policy may have 6144\.$/);
    assert.equal(more, undefined);
  }
  assert.deepEqual(said(template('AWS::IAM::RolePolicy', 80)), []);
  assert.match(said(template('AWS::IAM::RolePolicy', 110)).join(), /inline policies of a role may have 10240/);
});

test("the AWS page's policy becomes a right one", () => {
  // As step 6 of "Pipeline Profiles" writes it: single quotes keep the shell from filling in the bucket.
  const page = `{
    "Version": "2012-10-17",
    "Statement": [
    {
        "Effect": "Allow",
        "Action": "s3:*",
        "Resource": [
            "arn:aws:s3:::\${S3_BUCKET}",
            "arn:aws:s3::::\${S3_BUCKET}/*"
              ]
           }
        ]
     }
      `;
  const context = { variables: { S3_BUCKET: 'artifacts' } };
  assert.deepEqual(ids(assertSound(check, page, context)), ['KP-044', 'KP-040', 'KP-039', 'KP-040']);
  const result = fixAll(check, page, context);
  assert.equal(result, page.replaceAll('${S3_BUCKET}', 'artifacts').replace('::::', ':::'));
  assert.deepEqual(errors(findings(check, result, context)), []);
});

test('YAML, and escapes in JSON, keep their offsets', () => {
  const yaml =
    'Version: "2012-10-17"\nStatement:\n  - Effect: Allow\n    Action: s3:HeadBucket # why\n    Resource: arn:aws:s3::::artifacts\n';
  assert.deepEqual(ids(assertSound(check, yaml, {}, 'yaml')), ['P-ACTION', 'KP-039']);
  assert.equal(fixAll(check, yaml, {}, 'yaml'), yaml.replace('HeadBucket', 'ListBucket').replace('::::', ':::'));
  const escaped = policy(allow('s3:GetObject', 'X')).replace('"X"', '"arn:aws:s3:::\\u003aartifacts\\/*"');
  const [colon] = assertSound(check, escaped);
  assert.equal(colon && underlined(escaped, colon), '\\u003a');
});

test('KP-044: what pipelines need comes in the place of s3:*, beside what stands there', () => {
  const needed = (...resources: string[]): string => {
    const text = policy(allow(['kms:Decrypt', 's3:PutObject', 's3:*', 'kms:GenerateDataKey'], resources));
    const [fix] = findings(check, text).find(({ id }) => id === 'KP-044')?.fixes ?? [];
    const after = JSON.parse(apply(text, fix?.edits ?? [])) as { Statement: [{ Action: string[] }] };
    return after.Statement[0].Action.join(' ');
  };
  assert.equal(
    needed(O),
    'kms:Decrypt s3:PutObject s3:GetObject s3:DeleteObject s3:AbortMultipartUpload s3:ListMultipartUploadParts kms:GenerateDataKey',
  );
  assert.equal(
    needed(B),
    'kms:Decrypt s3:PutObject s3:GetBucketLocation s3:ListBucket s3:ListBucketMultipartUploads kms:GenerateDataKey',
  );
});

test('P-ACTION: the title of a fix says what it does beside what stands there', () => {
  const titles = (...actions: string[]): readonly string[] =>
    findings(check, policy(allow(actions, O))).flatMap(({ id, fixes }) =>
      id === 'P-ACTION' ? fixes.map(({ title }) => title) : [],
    );
  assert.deepEqual(titles('s3:CopyObject'), ['Write s3:GetObject and s3:PutObject']);
  assert.deepEqual(titles('s3:CopyObject', 's3:getobject'), ['Write s3:PutObject']);
  assert.deepEqual(titles('s3:CopyObject', 's3:PutObject', 's3:GetObject'), ['Remove s3:CopyObject']);
  assert.deepEqual(titles('s3:GetObjects', 's3:GetObject'), ['Remove s3:GetObjects']);
});

test('KP-041 beside s3:* on a prefix: no fix gives it the whole bucket', () => {
  for (const name of ['s3:ListObjectsV2', 's3:ListBucket', 's3:GetBucketLocation'])
    assertSound(
      check,
      JSON.stringify({ Statement: { Effect: 'Allow', Action: ['s3:*', name], Resource: `${B}/x/*` } }),
    );
});

test('KP-041 beside s3:* on all objects: the bucket is added', () => {
  const text = policy(allow(['s3:*', 's3:ListBucket'], O));
  assert.match(apply(text, onlyFix(findings(check, text), 'KP-041').edits), /"arn:aws:s3:::artifacts"/);
});

test('KP-041: an action that has no effect on objects gives none of s3:* there', () => {
  const idle = allow('s3:ListBucket', `${B}/x/*`);
  assert.deepEqual(ids(assertSound(check, policy(idle, allow('s3:*', B)))), ['KP-045', 'KP-044', 'KP-041']);
  assert.deepEqual(ids(assertSound(check, policy(allow('s3:GetObject', O), allow('s3:*', B)))), ['KP-044']);
});

test('P-ACTION: a name as long as IAM takes is judged, a longer one is not', () => {
  const idsOf = (length: number): readonly string[] =>
    ids(findings(check, policy(allow(`s3:${'a'.repeat(length - 3)}`, O))));
  assert.deepEqual(idsOf(2_048), ['P-ACTION']);
  assert.deepEqual(idsOf(2_049), []);
});

test('P-SYNTAX: a resource as long as IAM takes is judged, a longer one is not', () => {
  const idsOf = (length: number): readonly string[] =>
    ids(findings(check, policy(allow('s3:GetObject', 'a'.repeat(length)))));
  assert.deepEqual([idsOf(2_048), idsOf(2_049)], [['P-SYNTAX'], []]);
});

test('where a bracket is missing no fix inserts anything', () => {
  const fixesOf = (action: string, end: string): readonly string[] =>
    lint(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["${action}"],"Resource":"${O}"}]${end}`, {
      file: 'p.json',
    }).flatMap(({ id, fixes }) => (id === 'P-ACTION' ? fixes.map(({ title }) => title) : []));
  const two = 'Write s3:GetObject and s3:PutObject';
  assert.deepEqual([fixesOf('s3:CopyObject', '}'), fixesOf('s3:CopyObject', '')], [[two], []]);
  assert.deepEqual(fixesOf('s3:HeadBucket', ''), ['Write s3:ListBucket']);
});

const COMMA = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow" "Action":"s3:GetObject","Resource":"*"}]}';
const embedded = (document: string): string =>
  `apiVersion: iam.aws.crossplane.io/v1beta1\nkind: Policy\nspec:\n  forProvider:\n    document: ${document}\n`;
/** Text, its file, and of "This is no JSON" how many fixes; undefined: it is not said. */
const NO_JSON: Readonly<Record<string, readonly [text: string, file: string, fixes: number | undefined]>> = {
  'a comma is missing': [COMMA, 'p.json', 1],
  'a comma is missing in a trust policy': [
    COMMA.replace(
      '"s3:GetObject","Resource":"*"',
      '"sts:AssumeRoleWithWebIdentity","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/x"}',
    ),
    'p.json',
    1,
  ],
  'a comma is missing in a block of a manifest': [embedded(`|\n      ${COMMA}`), 'a.yaml', 1],
  'a comma is missing in quotes of a manifest': [embedded(`'${COMMA}'`), 'a.yaml', 0],
  'a template, in a string': [COMMA.replace('"*"', '"{{ .arn }}"'), 'p.json', undefined],
  'a template, behind it': [`${COMMA}\n{{ end }}`, 'p.json', undefined],
  'something is filled in': [COMMA.replace('}]', '}, ${more}]'), 'p.json', undefined],
  'a word to be replaced, in a string': [COMMA.replace('"*"', '"<ARN>"'), 'p.json', 1],
  'a word to be replaced, outside of strings': [COMMA.replace('}]', '}, <MORE>]'), 'p.json', undefined],
  'the last comma is too much': [COMMA.replace('" "', '", "').replace('}]', '},]'), 'p.json', 1],
  sound: [COMMA.replace('" "', '", "'), 'p.json', undefined],
};
for (const [name, [text, file, fixes]] of Object.entries(NO_JSON))
  test(`P-SYNTAX, no JSON: ${name}`, () => {
    const said = lint(text, { file }).filter(({ message }) => message.startsWith('This is no JSON'));
    assert.deepEqual(
      said.map((one) => one.fixes.length),
      fixes === undefined ? [] : [fixes],
    );
  });

test('never throws, and every finding is sound, on any document', () => {
  const resource = fc.constantFrom(
    ...[
      '*',
      B,
      O,
      `${B}/x/*`,
      'arn:aws:s3::::artifacts/*',
      'arn:aws:s3:::${X}',
      'arn:aws:s3:::',
      's3://b/k',
      'arn:aws:s3::b/*',
    ],
    ...[
      'arn:aws:s3:us-west-2::b',
      'arn:aws:s3:::a/',
      'arn:x:s3:::b',
      'arn:aws:kms:*:*:key/*',
      'arn:aws:s3:::My_B',
      'nothing',
    ],
    ...['arn:aws:s3:*:*:accesspoint/*', 'arn:aws:s3:::${aws:username}/*', 'arn', 'arn:', 'arn:aws:s3', 'arn:::::', ''],
  );
  const action = fc.constantFrom(
    ...[
      '*',
      's3:*',
      's3:GetObject',
      's3:ListBucket',
      's3:ListObjectsV2',
      's3:CopyObject',
      's3:Get*',
      'GetObject',
      's3:Nope',
    ],
    ...['s3:ListAllMyBuckets', 'kms:Decrypt', 's3:HeadObject', 's3:GetObject ', '', 's3:', '${A}:x'],
  );
  const one = (item: fc.Arbitrary<string>): fc.Arbitrary<unknown> =>
    fc.oneof(item, fc.array(item, { maxLength: 4 }), fc.constantFrom(null, 1, {}));
  const statement = fc.record(
    {
      Sid: fc.constantFrom('A', 'B', 'a b', ''),
      Effect: fc.constantFrom('Allow', 'Deny', 'allow', 1),
      Action: one(action),
      Resource: one(resource),
      NotAction: action,
      Condition: fc.constantFrom({}, { StringEquals: { 's3:prefix': '${P}' } }, { Nope: 1 }, 3),
      Ressource: resource,
    },
    { requiredKeys: [] },
  );
  const document = fc.record(
    {
      Version: fc.constantFrom('2012-10-17', '2008-10-17', 'x'),
      Statement: fc.oneof(fc.array(statement, { maxLength: 3 }), statement),
    },
    { requiredKeys: [] },
  );
  const contexts = fc.constantFrom<PolicyContext>(
    {},
    { bucket: 'artifacts', variables: { X: 'artifacts' } },
    { partition: 'aws-cn' },
  );
  fc.assert(
    fc.property(document, contexts, fc.constantFrom(0, 2), (value, context, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      assertSound(check, text, context);
      const fixed = fixAll(check, text, context);
      assert.equal(fixAll(check, fixed, context), fixed);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (text) => {
      findings(check, text);
    }),
  );
  fc.assert(
    fc.property(fc.anything({ withObjectString: true }), (value) => {
      findings(check, JSON.stringify({ Version: '2012-10-17', Statement: value }) ?? '');
    }),
  );
});

describe('Edges of permission policies', () => {
  interface Case {
    readonly text: string;
    readonly found: readonly (readonly [id: string, severity: Severity, underlined: string])[];
    readonly context?: PolicyContext;
  }

  function table(check: Check, cases: Readonly<Record<string, Case>>): void {
    for (const [name, { text, found, context }] of Object.entries(cases)) {
      test(name, () => {
        const shown = assertSound(check, text, context).map((one) => [one.id, one.severity, underlined(text, one)]);
        assert.deepEqual(shown, found);
      });
    }
  }
  const write = (document: object): string => JSON.stringify(document, undefined, 2);
  const policy = (...statements: object[]): string => write({ Version: '2012-10-17', Statement: statements });

  const BUCKET = 'arn:aws:s3:::team-a-data';
  const grant = (change: object = {}): object => ({
    Effect: 'Allow',
    Action: 's3:GetObject',
    Resource: `${BUCKET}/*`,
    ...change,
  });

  describe('The form of a policy', () => {
    table(check, {
      'no Version, and a policy variable': {
        text: write({ Statement: [grant({ Resource: `${BUCKET}/\${aws:username}/*` })] }),
        found: [['P-VERSION', 'warning', '"Statement"']],
      },
      'no Version, and a policy variable in a condition': {
        text: write({
          Statement: [grant({ Condition: { StringEquals: { 'aws:PrincipalTag/a': '${aws:username}' } } })],
        }),
        found: [['P-VERSION', 'warning', '"Statement"']],
      },
      'no Version, no variable': {
        text: write({ Statement: [grant()] }),
        found: [['P-VERSION', 'information', '"Statement"']],
      },
      'Version is a list': {
        text: write({ Version: ['2012-10-17'], Statement: [grant()] }),
        found: [['P-VERSION', 'error', '[\n    "2012-10-17"\n  ]']],
      },
      'an element of the policy misspelt in a statement': {
        text: policy(grant({ Verson: '2012-10-17' })),
        found: [['P-SYNTAX', 'error', '"Verson"']],
      },
      'Effect is a list': {
        text: policy(grant({ Effect: ['Allow'] })),
        found: [['P-SYNTAX', 'error', '[\n        "Allow"\n      ]']],
      },
      'an action that is a variable': {
        text: policy(grant({ Action: '${ACTION}' })),
        found: [['KP-040', 'warning', '${ACTION}']],
      },
      'a table bucket without account': {
        text: policy(grant({ Action: 's3tables:GetTable', Resource: 'arn:aws:s3tables:us-east-1::view/x' })),
        found: [['KP-042', 'error', 'view/x']],
      },
      'a table bucket without a slash': {
        text: policy(grant({ Action: 's3tables:GetTable', Resource: 'arn:aws:s3tables:us-east-1:111122223333:x' })),
        found: [['KP-042', 'error', 'x']],
      },
      'Condition is a word': { text: policy(grant({ Condition: 'no' })), found: [['P-SYNTAX', 'error', '"no"']] },
    });
  });

  test('actions that idle are said to act on what is not there', () => {
    const said = (statement: object): string => findings(check, policy(statement))[0]?.message ?? '';
    assert.match(said(grant({ Resource: BUCKET })), /^s3:GetObject: acts on objects/);
    assert.match(said(grant({ Action: 's3:ListBucket' })), /^s3:ListBucket: acts on a bucket/);
  });

  test('a misspelt element of another place is not renamed to what does not belong there', () => {
    const [one] = findings(check, policy(grant({ Verson: '2012-10-17' })));
    assert.ok(one?.fixes.every(({ edits }) => edits.every(({ newText }) => !newText.includes('Version'))));
  });

  describe('What CloudFormation fills in', () => {
    const template = (version: string, action: string): string => `Resources:
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: ${version}
        Statement:
          - Effect: Allow
            Action: ${action}
            Resource: [arn:aws:s3:::team-a-data, arn:aws:s3:::team-a-data/*]
`;
    test('is not judged', () => {
      assert.deepEqual(lint(template("!Sub '20${Year}-10-17'", "!Sub 's3 ${Name}'")), []);
      assert.deepEqual(lint(template('2012-10-17', "!Sub 's3:Get${Name}'")), []);
    });
    test('is not taken away by a fix', () => {
      const [all] = lint(template('2012-10-17', "['s3:*', !Ref Other]"));
      assert.deepEqual([all?.id, all?.fixes], ['KP-044', []]);
      assert.equal(lint(template('2012-10-17', "['s3:*', 's3:GetObject']"))[0]?.fixes.length, 1);
    });
  });
});
