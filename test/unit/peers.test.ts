// What the test suites of other tools for IAM policies know: kinds of defects, each with what lint says of it, and sound policies of the same kinds.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lint } from '../../src/core/lint.ts';
import { apply } from './policy-kit.ts';

const Version = '2012-10-17';
const O = 'arn:aws:s3:::team-a-data/*';
const ISSUER = 'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
const ACCESS_POINT = 'arn:aws:s3:us-west-2:444455556667:accesspoint/team-a';
const grant = (change: object = {}): object => ({
  Effect: 'Allow',
  Action: ['s3:GetObject', 's3:PutObject'],
  Resource: O,
  ...change,
});
const trusting = (change: object = {}): object => ({
  Effect: 'Allow',
  Principal: { Federated: `arn:aws:iam::444455556667:oidc-provider/${ISSUER}` },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: {
    StringEquals: {
      [`${ISSUER}:aud`]: 'sts.amazonaws.com',
      [`${ISSUER}:sub`]: 'system:serviceaccount:team-a:default-editor',
    },
  },
  ...change,
});
const document = (...Statement: unknown[]): object => ({ Version, Statement });
const json = (value: unknown): string => JSON.stringify(value, undefined, 1);
const indented = (text: string, by: number): string => text.replace(/\n/g, `\n${' '.repeat(by)}`);

/** Where a policy stands. */
const PLACES = {
  file: (policy: unknown) => ({ file: 'policy.json', text: typeof policy === 'string' ? policy : json(policy) }),
  managed: (PolicyDocument: unknown) => ({
    file: 'template.json',
    text: json({ Resources: { P: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument } } } }),
  }),
  inline: (PolicyDocument: unknown) => ({
    file: 'template.json',
    text: json({
      Resources: { R: { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyName: 's3', PolicyDocument }] } } },
    }),
  }),
  trust: (AssumeRolePolicyDocument: unknown) => ({
    file: 'template.json',
    text: json({ Resources: { R: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument } } } }),
  }),
  ack: (policy: unknown) => ({
    file: 'policy.yaml',
    text: `apiVersion: iam.services.k8s.aws/v1alpha1
kind: Policy
metadata:
  name: p
spec:
  name: p
  policyDocument: |
    ${indented(typeof policy === 'string' ? policy : json(policy), 4)}
`,
  }),
  crossplane: (policy: unknown) => ({
    file: 'role.yaml',
    text: `apiVersion: iam.aws.upbound.io/v1beta1
kind: Role
metadata:
  name: r
spec:
  forProvider:
    assumeRolePolicy: |
      ${indented(typeof policy === 'string' ? policy : json(policy), 6)}
`,
  }),
};

interface Row {
  readonly where: keyof typeof PLACES;
  readonly policy: unknown;
  /** Each finding as `ID severity underlined`; what is underlined is cut at the first line. */
  readonly finds: readonly string[];
  /** What the document is after the preferred fixes; undefined: no fix is preferred. */
  readonly fixed?: unknown;
  /** What no fix is preferred for, so that it stays. */
  readonly keeps?: readonly string[];
}
const TEXT = json(document(grant()));
const withComma = TEXT.replace('"s3:PutObject"', '"s3:PutObject",');
const quoted = (text: string): string => text.replaceAll('"', "'");
const one = (change: object): object => document(grant(change));
const on = (Resource: unknown, Action: unknown = ['s3:GetObject', 's3:PutObject']): object => one({ Action, Resource });
const when = (Condition: object, Action: unknown = 's3:GetObject', Resource = O): object =>
  one({ Action, Resource, Condition });
const listing = (Condition: object): object => when(Condition, 's3:ListBucket', 'arn:aws:s3:::team-a-data');
const doing = (Action: unknown): object => one({ Action });
const trust = (change: object): object => document(trusting(change));

const ROWS: Readonly<Record<string, Row>> = {
  // 1. Broken JSON
  'a comma too many': { where: 'file', policy: withComma, finds: ['P-SYNTAX error ,'], fixed: document(grant()) },
  'a comma too many, in the string of a manifest': {
    where: 'ack',
    policy: withComma,
    finds: ['P-SYNTAX error ,'],
    fixed: TEXT.replace('"s3:PutObject"', '"s3:PutObject"'),
  },
  'a comma missing': { where: 'file', policy: TEXT.replace('"Allow",', '"Allow"'), finds: ['P-SYNTAX error '] },
  'cut off': { where: 'file', policy: TEXT.slice(0, -8), finds: ['P-SYNTAX error {'] },
  'cut off, in the string of a manifest': { where: 'ack', policy: TEXT.slice(0, -8), finds: ['P-SYNTAX error {'] },
  'single quotes': { where: 'file', policy: quoted(TEXT), finds: ["P-SYNTAX error '"], fixed: document(grant()) },
  'single quotes, in the string of a manifest': {
    where: 'ack',
    policy: quoted(TEXT),
    finds: ["P-SYNTAX error '"],
    fixed: TEXT,
  },
  'single quotes in a trust policy of Crossplane': {
    where: 'crossplane',
    policy: quoted(json(trust({}))),
    finds: ["P-SYNTAX error '"],
    fixed: json(trust({})),
  },
  'single quotes and an apostrophe': {
    where: 'ack',
    policy: quoted(TEXT.replace('team-a-data', "team-a's")),
    finds: ["P-SYNTAX error '"],
  },
  'YAML where JSON belongs': {
    where: 'ack',
    policy: 'Version: 2012-10-17\nStatement:\n- Effect: Allow',
    finds: ['P-SYNTAX error Version'],
  },
  'a sentence where a policy belongs': {
    where: 'ack',
    policy: 'see the wiki for it',
    finds: ['P-SYNTAX error see'],
  },
  // 2. and 3. The kind is known
  'the policy of a bucket in a managed one': {
    where: 'managed',
    policy: one({ Principal: '*' }),
    finds: ['P-SYNTAX error "Principal"'],
  },
  'the policy of a bucket in a role, with a fault': {
    where: 'inline',
    policy: one({ Principal: { AWS: '*' }, Resource: 'arn:aws:s3::::team-a-data/*' }),
    finds: ['KP-039 error :', 'P-SYNTAX error "Principal"'],
    keeps: ['P-SYNTAX'],
    fixed: one({ Principal: { AWS: '*' } }),
  },
  'no statement': { where: 'managed', policy: document(), finds: ['P-SYNTAX error []'] },
  'no statement in a trust policy': { where: 'trust', policy: document(), finds: ['P-SYNTAX error []'] },
  'Statements for Statement': {
    where: 'inline',
    policy: { Version, Statements: [grant()] },
    finds: ['P-SYNTAX error "Statements"'],
    fixed: document(grant()),
  },
  'an empty trust policy': {
    where: 'trust',
    policy: {},
    finds: ['P-VERSION information {', 'P-SYNTAX error {'],
    keeps: ['P-SYNTAX'],
    fixed: { Version },
  },
  'texts for statements': { where: 'ack', policy: document('read'), finds: ['P-SYNTAX error "read"'] },
  'a list for a policy': { where: 'managed', policy: [grant()], finds: ['P-SYNTAX error ['] },
  // 4. Versions and sizes of managed policies
  'a managed policy without Version': {
    where: 'managed',
    policy: { Statement: [grant()] },
    finds: ['P-VERSION error "Statement"'],
    fixed: document(grant()),
  },
  'a managed policy of the old version': {
    where: 'ack',
    policy: { Version: '2008-10-17', Statement: [grant()] },
    finds: ['P-VERSION error "2008-10-17"'],
    fixed: json(document(grant())),
  },
  // 5. Trust
  ...Object.fromEntries(
    (
      [
        ['a text', 'team-a', '"team-a"'],
        ['a list', ['team-a'], '['],
        ['a number', 7, '7'],
        ['null', null, 'null'],
        ['empty', {}, '{}'],
        ['of a kind that is none', { Kubernetes: 'team-a' }, '{'],
        ['everybody', '*', '"*"'],
      ] satisfies [string, unknown, string][]
    ).map(([name, Principal, at]) => [
      `a principal that is ${name}`,
      { where: 'trust', policy: trust({ Principal }), finds: [`P-SYNTAX error ${at}`] } satisfies Row,
    ]),
  ),
  'a principal of AWS for a token': {
    where: 'trust',
    policy: trust({ Principal: { AWS: 'arn:aws:iam::444455556667:root' } }),
    finds: ['KP-033 error "AWS"'],
  },
  'a SAML provider for a token': {
    where: 'trust',
    policy: trust({ Principal: { Federated: 'arn:aws:iam::444455556667:saml-provider/idp' } }),
    finds: ['KP-033 error "arn:aws:iam::444455556667:saml-provider/idp"'],
  },
  'an action of S3 in a trust policy': {
    where: 'trust',
    policy: trust({ Action: ['sts:AssumeRoleWithWebIdentity', 's3:GetObject'] }),
    finds: ['P-SYNTAX error "s3:GetObject"'],
    fixed: trust({ Action: ['sts:AssumeRoleWithWebIdentity'] }),
  },
  // 6. Fn::If
  'a branch of a statement': {
    where: 'managed',
    policy: document(grant({ Sid: 'Own' }), {
      'Fn::If': ['Is', grant({ Sid: 'It', Resource: 'arn:aws:s3::::team-a-data/*' }), { Ref: 'AWS::NoValue' }],
    }),
    finds: ['KP-039 error :'],
    fixed: document(grant({ Sid: 'Own' }), {
      'Fn::If': ['Is', grant({ Sid: 'It', Resource: O }), { Ref: 'AWS::NoValue' }],
    }),
  },
  'a branch of all statements': {
    where: 'inline',
    policy: { Version, Statement: { 'Fn::If': ['Is', [grant({ Resource: 'arn:aws:s3:::/*' })], [grant()]] } },
    finds: ['KP-042 error /*'],
  },
  'a branch of a resource': {
    where: 'managed',
    policy: on({ 'Fn::If': ['Is', 'arn:aws:s3::::team-a-data/*', O] }),
    finds: ['KP-039 error :'],
    fixed: on({ 'Fn::If': ['Is', O, O] }),
  },
  'a branch of a policy': {
    where: 'managed',
    policy: { 'Fn::If': ['Is', { Version, Statement: [grant()] }, { Statement: [grant()] }] },
    finds: ['P-VERSION error "Statement"'],
    fixed: { 'Fn::If': ['Is', document(grant()), document(grant())] },
  },
  // 7. ARNs
  'an ARN without its service': {
    where: 'file',
    policy: on('arn:aws:::team-a-data/*'),
    finds: ['P-SYNTAX error "arn:aws:::team-a-data/*"'],
    fixed: on(O),
  },
  'an ARN of two words': { where: 'file', policy: on('arn:aws'), finds: ['P-SYNTAX error "arn:aws"'] },
  'S3 in upper case': {
    where: 'file',
    policy: on('arn:aws:S3:::team-a-data/*'),
    finds: ['KP-042 error S3'],
    fixed: on(O),
  },
  's33 for s3': { where: 'file', policy: on('arn:aws:s33:::team-a-data/*'), finds: ['KP-042 error s33'], fixed: on(O) },
  'actions of S3 on a queue': {
    where: 'file',
    policy: on('arn:aws:sqs:us-west-2:444455556667:queue', 's3:GetObject'),
    finds: ['KP-045 warning "s3:GetObject"'],
  },
  'an action of KMS on a bucket': {
    where: 'file',
    policy: on(O, ['s3:GetObject', 'kms:Decrypt']),
    finds: ['KP-045 warning "kms:Decrypt"'],
  },
  'a role without role/': {
    where: 'file',
    policy: on('arn:aws:iam::444455556667:runner', 'iam:PassRole'),
    finds: ['P-SYNTAX error runner'],
  },
  'a role with a region': {
    where: 'file',
    policy: on('arn:aws:iam:us-west-2:444455556667:role/runner', 'iam:PassRole'),
    finds: ['P-SYNTAX error us-west-2'],
    fixed: on('arn:aws:iam::444455556667:role/runner', 'iam:PassRole'),
  },
  'a key in a partition that is none': {
    where: 'file',
    policy: on('arn:amazon:kms:us-west-2:444455556667:key/1', 'kms:Decrypt'),
    finds: ['KP-043 error amazon'],
  },
  'an access point of a short account': {
    where: 'file',
    policy: on('arn:aws:s3:us-west-2:4444:accesspoint/team-a/object/*'),
    finds: ['KP-042 error 4444'],
  },
  'an access point without a region': {
    where: 'file',
    policy: on('arn:aws:s3::444455556667:accesspoint/team-a/object/*'),
    finds: ['KP-042 error accesspoint/team-a/object/*'],
  },
  'an access point of no region': {
    where: 'file',
    policy: on('arn:aws:s3:mars-west-2:444455556667:accesspoint/team-a/object/*'),
    finds: ['KP-042 error mars-west-2'],
  },
  'an access point of another partition': {
    where: 'file',
    policy: on('arn:aws:s3:cn-north-1:444455556667:accesspoint/team-a/object/*'),
    finds: ['KP-043 error cn-north-1'],
  },
  'an Outpost of a short account': {
    where: 'file',
    policy: on('arn:aws:s3-outposts:us-west-2:4444:outpost/op-1/bucket/team-a/object/*', 's3-outposts:GetObject'),
    finds: ['KP-042 error 4444'],
  },
  'an Outpost of a name that none has': {
    where: 'file',
    policy: on(
      'arn:aws:s3-outposts:us-west-2:444455556667:outpost/op_1/bucket/team-a/object/*',
      's3-outposts:GetObject',
    ),
    finds: ['KP-042 warning outpost/op_1/bucket/team-a/object/*'],
  },
  'a table bucket of a short account': {
    where: 'file',
    policy: on('arn:aws:s3tables:us-west-2:4444:bucket/team-a', 's3tables:GetTableBucket'),
    finds: ['KP-042 error 4444'],
  },
  'a directory bucket of no region': {
    where: 'file',
    policy: on('arn:aws:s3express:mars-1:444455556667:bucket/team-a--usw2-az1--x-s3', 's3express:CreateSession'),
    finds: ['KP-042 error mars-1'],
  },
  'objects of an access point': {
    where: 'file',
    policy: on(ACCESS_POINT, 's3:GetObject'),
    finds: ['KP-045 warning "s3:GetObject"'],
  },
  // 8. Conditions
  'an object for a value': {
    where: 'file',
    policy: when({ StringEquals: { 'aws:username': {} } }),
    finds: ['P-SYNTAX error {}'],
  },
  'no date': {
    where: 'file',
    policy: when({ DateGreaterThan: { 'aws:CurrentTime': '2026-13-01' } }),
    finds: ['P-SYNTAX error "2026-13-01"'],
  },
  'no number': {
    where: 'file',
    policy: listing({ NumericLessThan: { 's3:max-keys': 'ten' } }),
    finds: ['P-SYNTAX error "ten"'],
  },
  'neither true nor false': {
    where: 'file',
    policy: when({ Bool: { 'aws:SecureTransport': 'yes' } }),
    finds: ['P-SYNTAX error "yes"'],
  },
  'no address': {
    where: 'file',
    policy: when({ IpAddress: { 'aws:SourceIp': '10.0.0.0/33' } }),
    finds: ['P-SYNTAX error "10.0.0.0/33"'],
  },
  'no ARN': {
    where: 'file',
    policy: when({ ArnLike: { 'aws:PrincipalArn': 'runner' } }),
    finds: ['P-SYNTAX error "runner"'],
  },
  NullIfExists: {
    where: 'file',
    policy: when({ NullIfExists: { 'aws:username': 'true' } }),
    finds: ['P-SYNTAX error "NullIfExists"'],
    fixed: when({ Null: { 'aws:username': 'true' } }),
  },
  'a key misspelt': {
    where: 'file',
    policy: listing({ StringLike: { 's3:prefx': 'team-a/*' } }),
    finds: ['P-CONDITION warning "s3:prefx"'],
    fixed: listing({ StringLike: { 's3:prefix': 'team-a/*' } }),
  },
  'a key without its service': {
    where: 'file',
    policy: listing({ StringLike: { prefix: 'team-a/*' } }),
    finds: ['P-CONDITION warning "prefix"'],
  },
  'a key that the action does not have': {
    where: 'file',
    policy: listing({ StringEquals: { 's3:x-amz-storage-class': 'STANDARD' } }),
    finds: ['P-CONDITION warning "s3:x-amz-storage-class"'],
  },
  'a key that one of the actions does not have': {
    where: 'file',
    policy: when(
      { StringLike: { 's3:prefix': 'team-a/*' } },
      ['s3:ListBucket', 's3:GetBucketLocation'],
      O.slice(0, -2),
    ),
    finds: ['P-CONDITION warning "s3:prefix"'],
  },
  'a key of S3 on an action of KMS': {
    where: 'file',
    policy: when({ StringLike: { 's3:prefix': 'team-a/*' } }, 'kms:Decrypt', '*'),
    finds: ['P-CONDITION warning "s3:prefix"'],
  },
  'ForAllValues on a key of one value': {
    where: 'file',
    policy: when({ 'ForAllValues:StringEquals': { 'aws:PrincipalAccount': ['444455556667'] } }),
    finds: ['P-CONDITION warning "aws:PrincipalAccount"'],
  },
  'dates compared with a text': {
    where: 'file',
    policy: when({ DateGreaterThan: { 'aws:username': '2026-01-01' } }),
    finds: ['P-CONDITION warning "DateGreaterThan"'],
  },
  'a network compared as a text': {
    where: 'file',
    policy: when({ StringEquals: { 'aws:SourceIp': '203.0.113.0/24' } }),
    finds: ['P-CONDITION warning "StringEquals"'],
  },
  'a key that S3 does not have, nor one like it': {
    where: 'file',
    policy: when({ StringEquals: { 's3:mood': 'sunny' } }),
    finds: ['P-CONDITION warning "s3:mood"'],
  },
  'a global key that does not exist': {
    where: 'inline',
    policy: when({ StringEquals: { 'aws:FavouriteColour': 'blue' } }),
    finds: ['P-CONDITION warning "aws:FavouriteColour"'],
  },
  'a key without a service': {
    where: 'managed',
    policy: when({ DateGreaterThan: { birthday: '2026-01-31T12:00:00Z' } }),
    finds: ['P-CONDITION warning "birthday"'],
  },
  'a text for a number': {
    where: 'file',
    policy: when({ StringEquals: { 's3:signatureAge': 'old' } }),
    finds: ['P-CONDITION warning "old"'],
  },
  'a text for true': {
    where: 'file',
    policy: when({ StringEquals: { 'aws:SecureTransport': 'yes' } }),
    finds: ['P-CONDITION warning "yes"'],
  },
  'a key of several values, compared as one': {
    where: 'file',
    policy: when({ StringLike: { 'aws:TagKeys': 'team-*' } }),
    finds: ['P-CONDITION warning "StringLike"'],
  },
  'a key of several values of KMS, compared as one': {
    where: 'file',
    policy: when({ StringEqualsIfExists: { 'kms:ResourceAliases': 'alias/team-a' } }, 'kms:Decrypt', '*'),
    finds: ['P-CONDITION warning "StringEqualsIfExists"'],
  },
  'an operator that is none, with nothing in it': {
    where: 'file',
    policy: when({ StringIs: {} }),
    finds: ['P-SYNTAX warning "StringIs"'],
  },
  // 9. Actions
  'a pattern for a service': { where: 'file', policy: doing('s*:GetObject'), finds: ['P-SYNTAX error "s*:GetObject"'] },
  'any service': { where: 'file', policy: doing('*:Untag*'), finds: ['P-SYNTAX warning "*:Untag*"'] },
  'no service': { where: 'file', policy: doing('GetObject'), finds: ['P-SYNTAX error "GetObject"'] },
  'two colons': { where: 'file', policy: doing('s3:Get:Object'), finds: ['P-SYNTAX error "s3:Get:Object"'] },
  'a service that is none': {
    where: 'file',
    policy: doing('s3s:GetObject'),
    finds: ['P-ACTION warning "s3s:GetObject"'],
  },
  'a dollar in an action': {
    where: 'file',
    policy: doing('s3:Get$Object'),
    finds: ['P-ACTION warning "s3:Get$Object"'],
  },
  'an action without a name': { where: 'file', policy: doing('s3:'), finds: ['P-ACTION warning "s3:"'] },
  'a dot in a service': { where: 'file', policy: doing('s3.s:X'), finds: ['P-ACTION warning "s3.s:X"'] },
  'blanks in an action': {
    where: 'file',
    policy: doing('s3:Get Object'),
    finds: ['P-ACTION warning "s3:Get Object"'],
  },
  'everything on everything': { where: 'managed', policy: on('*', '*'), finds: ['KP-044 warning "*"'] },
  'a Sid that is no text': { where: 'file', policy: one({ Sid: ['Own'] }), finds: ['P-SYNTAX error ['] },
  'an Id that is no text': {
    where: 'file',
    policy: { Id: {}, ...document(grant()) },
    finds: ['P-SYNTAX error {}'],
  },
};

/** The first preferred fix of each finding, none of whose edits touch those of one before. */
function fixAll(text: string, file: string): { readonly text: string; readonly count: number } {
  const edits = lint(text, { file }).flatMap(({ fixes }) =>
    fixes.filter(({ preferred, effect }) => preferred === true && effect === undefined).flatMap((fix) => fix.edits),
  );
  return { text: apply(text, edits), count: edits.length };
}

describe('a kind of defect that peers know', () => {
  for (const [name, { where, policy, finds, fixed, keeps = [] }] of Object.entries(ROWS)) {
    test(name, () => {
      const { text, file } = PLACES[where](policy);
      const found = lint(text, { file });
      assert.deepEqual(
        found.map(({ id, severity, start, end }) => `${id} ${severity} ${text.slice(start, end).split('\n')[0] ?? ''}`),
        finds,
      );
      const mended = fixAll(text, file);
      if (fixed === undefined) assert.equal(mended.count, 0, mended.text);
      else {
        const right = PLACES[where](fixed).text;
        const same = (one: string): unknown => (file.endsWith('.json') ? JSON.parse(one) : one);
        if (file.endsWith('.json') || typeof fixed === 'string') assert.deepEqual(same(mended.text), same(right));
        assert.deepEqual(
          lint(mended.text, { file }).filter(
            ({ id }) => !keeps.includes(id) && finds.some((each) => each.startsWith(id)),
          ),
          [],
        );
      }
    });
  }
});

describe('sound, and nothing is said', () => {
  const sound: Readonly<Record<string, readonly [keyof typeof PLACES, unknown]>> = {
    'JSON with comments that is no policy': [
      'file',
      '{\n // for the editor\n "compilerOptions": { "strict": true, },\n "note": "AssumeRole",\n}',
    ],
    'a template in the string of a manifest': ['ack', '${POLICY_DOCUMENT}'],
    'a word that something replaces': ['ack', 'REPLACED'],
    'a template of Helm': ['ack', '{{ .Values.policy | toJson }}'],
    'the policy of a bucket in a file': ['file', one({ Principal: '*' })],
    'an inline policy of the old version': ['inline', { Version: '2008-10-17', Statement: [grant()] }],
    'trust in a service': [
      'trust',
      document({ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }),
    ],
    'a file that a tool puts in': ['managed', { file: './policy.json' }],
    'an ellipsis of a guide': ['ack', '{ ... }'],
    'a word for a condition key': ['file', when({ StringEquals: { CUSTOM: 'x' } })],
    'tests of several values': [
      'file',
      document(
        grant({ Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] } } }),
        grant({ Effect: 'Deny', Condition: { 'ForAnyValue:StringLike': { 'aws:TagKeys': 'team-*' } } }),
        grant({ Effect: 'Deny', Condition: { Null: { 'aws:TagKeys': 'true' } } }),
      ),
    ],
    'a key that no list has, and AWS does': ['file', when({ StringEquals: { 'aws:ARN': '${ec2:SourceInstanceARN}' } })],
    'texts that a number, and true, may be': [
      'file',
      when({ StringEquals: { 's3:signatureAge': '600', 'aws:SecureTransport': 'true' } }),
    ],
    'a key of the directory': ['file', when({ StringEquals: { 'saml:aud': 'https://signin.aws.amazon.com/saml' } })],
    'a service that is gone': ['file', on('*', 'iot1click:ListTagsForResource')],
    'a policy decided elsewhere': ['managed', { 'Fn::Transform': { Name: 'AWS::Include', Parameters: {} } }],
    'branches with the same Sid': [
      'managed',
      document({ 'Fn::If': ['Is', grant({ Sid: 'It' }), grant({ Sid: 'It', Action: 's3:GetObject' })] }),
    ],
    'a branch that is the bucket': [
      'managed',
      on({ 'Fn::If': ['Is', 'arn:aws:s3:::team-a-data', O] }, ['s3:GetObject', 's3:ListBucket']),
    ],
    'an access point of several regions': ['file', on('arn:aws:s3::444455556667:accesspoint/mabc.mrap/object/*')],
    'an access point': ['file', on(`${ACCESS_POINT}/object/*`)],
    'patterns in region and account': ['file', on('arn:aws:s3:*:*:accesspoint/team-a/object/*')],
    'the ARN of every role': ['file', on('arn:aws:iam::*:*', 'iam:PassRole')],
    'roles by a pattern': ['file', on('arn:aws:iam::444455556667:ro*/x', 'iam:PassRole')],
    'a dynamic reference': ['managed', on('arn:aws:s3:::{{resolve:ssm:/kubeflow/bucket}}/*')],
    'dates of every form': [
      'file',
      when({ DateLessThan: { 'aws:CurrentTime': ['2026', '2026-01-31', '2026-01-31T12:00:00.5Z', '1769860800'] } }),
    ],
    'true as such': ['file', when({ Bool: { 'aws:SecureTransport': true } })],
    'a variable for a number': ['file', listing({ NumericLessThan: { 's3:max-keys': '${aws:PrincipalTag/keys}' } })],
    'tags of any name': [
      'file',
      when({ StringEquals: { 's3:ExistingObjectTag/team': 'a', 'aws:PrincipalTag/team': 'a' } }),
    ],
    'a key of another issuer': ['file', when({ StringEquals: { 'token.actions.githubusercontent.com:aud': 'x' } })],
    'an encryption context': [
      'file',
      when({ StringEquals: { 'kms:EncryptionContext:aws:s3:arn': O } }, 'kms:Decrypt', '*'),
    ],
    'a Deny for a part of its actions': [
      'file',
      document(grant(), {
        Effect: 'Deny',
        Action: ['s3:ListBucket', 's3:GetBucketLocation'],
        Resource: 'arn:aws:s3:::team-a-data',
        Condition: { StringLike: { 's3:prefix': 'private/*' } },
      }),
    ],
    'a prefix, or none': [
      'file',
      when({ StringLikeIfExists: { 's3:prefix': 'a/*' } }, ['s3:ListBucket', 's3:GetBucketLocation'], O.slice(0, -2)),
    ],
    'everything, maybe of the organization': ['file', on('*', '*')],
    'all actions by colons': ['file', one({ Action: '*:*' })],
    'a service that lint has no table of': ['file', on('*', 'fsx:DescribeFileSystems')],
    'a service that is new': ['file', on('*', 'moonbase:Launch')],
  };
  for (const [name, [where, policy]] of Object.entries(sound)) {
    test(name, () => {
      const { text, file } = PLACES[where](policy);
      assert.deepEqual(
        lint(text, { file }).map(({ id, message }) => `${id} ${message}`),
        [],
      );
    });
  }
});

test('the inline policies of a role are measured together, once', () => {
  const Resource = Array.from({ length: 110 }, (_, n) => `arn:aws:s3:::team-a-data/runs-of-department-${n}/*`);
  const policies = ['a', 'b'].map((PolicyName) => ({ PolicyName, PolicyDocument: document(grant({ Resource })) }));
  const text = json({ Resources: { R: { Type: 'AWS::IAM::Role', Properties: { Policies: policies } } } });
  const found = lint(text, { file: 'template.json' });
  assert.deepEqual(
    found.map(({ id }) => id),
    ['P-SIZE'],
  );
  assert.match(
    found[0]?.message ?? '',
    /with the other inline policies of the role 1[0-9]{4}; together they may have 10240/,
  );
});

test('both forms of If in YAML', () => {
  const text = `Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Action: s3:GetObject
            Resource: !If [Is, 'arn:aws:s3::::team-a-data/*', !Ref Other]
          - Fn::If:
              - Is
              - Effect: Allow
                Action: s3:GetObject
                Resource: arn:aws:s3::::team-b-data/*
              - !Ref AWS::NoValue
`;
  const found = lint(text, { file: 'template.yaml' });
  assert.deepEqual(
    found.map(({ id }) => id),
    ['KP-039', 'KP-039'],
  );
  assert.equal(fixAll(text, 'template.yaml').text, text.replaceAll('s3::::', 's3:::'));
});
