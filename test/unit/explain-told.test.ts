// All that is said of error texts, event for event and text for text: test/fixtures/told/explain/*.txt; and each row of the table has a text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KNOWN_ERRORS } from '../../src/core/explain/errors.ts';
import { explain, isNamed, namedIn, type Explained } from '../../src/core/explain/explain.ts';
import { editor, listed, right, ROLE } from '../../src/core/modes/samples.ts';
import { SAMPLES } from './explain-texts.ts';
import { asKept, variations } from './told.ts';

const told = (text: string): readonly string[] => {
  const { explained, unknown } = explain(text);
  return [
    ...(unknown ? ['  unknown'] : []),
    ...explained.map(
      ({ error, says, certain, modes, next, quote, ...details }: Explained) =>
        `  ${error}${certain ? '!' : '?'} ${modes.map(({ id }) => id).join()} ${JSON.stringify(details)} <${quote.slice(0, 90)}> ${quote.length} ${says.length + next.join('').length}`,
    ),
  ];
};

const POD = 'arn:aws:sts::111122223333:assumed-role/team-a/botocore-session-1700000000';
const denied = (principal: string, action: string, why: string, resource = 'arn:aws:s3:::artifacts/team-a/x'): string =>
  `An error occurred (AccessDenied) when calling the ${action.split(':')[1] ?? ''} operation: User: ${principal} is not authorized to perform: ${action} on resource: ${resource}${why === '' ? '' : ` ${why}`}`;
/** Texts of the rows for which nobody's text is at hand, by what the programs write. */
const OWN: readonly (readonly [is: string, text: string])[] = [
  ['verification-key', "InvalidIdentityToken: Couldn't retrieve verification key from your identity provider"],
  ['thumbprint', "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"],
  ['thumbprint', 'error: the thumbprint of it does not match'],
  [
    'role-arn-form',
    'An error occurred (ValidationError) when calling the AssumeRoleWithWebIdentity operation: 1 validation error detected: Value at roleArn',
  ],
  ['role-arn-form', 'error: Request ARN is invalid'],
  ['assume-role', denied(POD, 'sts:AssumeRole', '', 'arn:aws:iam::111122223333:role/other')],
  ['tag-session', denied(POD, 'sts:TagSession', '', 'arn:aws:iam::111122223333:role/other')],
  ['boundary', denied(POD, 's3:PutObject', 'because no permissions boundary allows the s3:PutObject action')],
  ['session-policy', denied(POD, 's3:PutObject', 'because no session policy allows the s3:PutObject action')],
  ['endpoint-policy', denied(POD, 's3:PutObject', 'because no VPC endpoint policy allows the s3:PutObject action')],
  [
    'identity-policy',
    denied(
      POD,
      's3:PutObject',
      'with an explicit deny in an identity-based policy: arn:aws:iam::111122223333:policy/p',
    ),
  ],
  ['role-empty', 'error: failed to apply plugin: awsIamRole is empty'],
  ['unmarshal-plugin', 'error: Could not unmarshal plugin AwsIamForServiceAccount'],
  ['role-ref', 'error: RoleBinding "default-editor" is invalid: roleRef: cannot change roleRef'],
  ['imds-role', 'error: no EC2 IMDS role found, operation error ec2imds: GetMetadata'],
  ['imds-role', 'EC2RoleRequestError: error: no EC2 instance role found'],
  ['provider-quota', 'LimitExceeded: Cannot exceed quota for OpenIDConnectProvidersPerAccount: 100'],
  ['role-exists', 'EntityAlreadyExists: Role with name team-a already exists.'],
  [
    'role-name',
    'ValidationError: 1 validation error detected: Value at roleName failed to satisfy constraint: Member must have length less than or equal to 64',
  ],
  ['profile-rejected', 'error: no matches for kind "Profile" in version "kubeflow.org/v1"'],
  ['poddefault-conflict', 'error: conflict occurred while applying poddefaults: aws on pod: x'],
  ['quota-limits', 'error: pods "x" is forbidden: failed quota: kf-resource-quota: must specify limits.cpu'],
  ['quota-limits', 'error: pods "x" is forbidden: exceeded quota: kf-resource-quota'],
  ['launcher-yaml', 'error: failed to unmarshal kfp bucket providers: yaml'],
  ['launcher-credentials', 'error: missing default credentials'],
  ['access-key-required', 'error: ObjectStoreConfig.AccessKey is required'],
  ['s3-unreachable', 'dial tcp: i/o timeout: https://artifacts.s3.us-west-2.amazonaws.com/'],
  ['s3-unreachable', 'error: minio-service.kubeflow: no such host'],
  ['s3-unreachable', 'error: dial tcp: lookup minio-service'],
  ['ui-artifact', 'error: Failed to get object in bucket artifacts at path x'],
  ['skip-tls', 'error: x509: certificate signed by unknown authority'],
  ['skip-tls', 'SSLError: CERTIFICATE_VERIFY_FAILED: self signed certificate'],
  ['web-identity', 'WebIdentityErr: it failed'],
  ['not-authorized', denied(POD, 'ec2:DescribeTags', '')],
  ['denied', 'UnauthorizedOperation: You are not authorized to perform this operation.'],
  [
    'controller-credentials',
    'ERROR controllers.Profile Failed applying plugin {"error": "NoCredentialProviders: no valid providers in chain"}',
  ],
  ['session-invalid', '<Error><Code>InvalidToken</Code></Error>'],
  ['no-bucket', 'An error occurred (404) when calling the HeadBucket operation: Not Found'],
  ['bucket-region', 'An error occurred (301) when calling the HeadBucket operation: Moved Permanently'],
  ['head-400', 'An error occurred (400) when calling the HeadObject operation: Bad Request'],
  [
    'clock',
    'SignatureDoesNotMatch: Signature expired: 20260102T030405Z is now earlier than 20260102T031000Z (20260102T032500Z - 15 min.)',
  ],
  [
    'provider-missing',
    'An error occurred (NoSuchEntity) when calling the GetOpenIDConnectProvider operation: OpenIDConnect Provider not found for arn arn:aws:iam::111122223333:oidc-provider/x',
  ],
  [
    'kserve-endpoint',
    'An error occurred (MethodNotAllowed) when calling the AssumeRoleWithWebIdentity operation: The specified method is not allowed against this resource.',
  ],
  [
    'bucket-dots',
    'x509: certificate is valid for *.s3.amazonaws.com, s3.amazonaws.com, not my.bucket.s3.amazonaws.com',
  ],
  ['s3-unreachable', 'dial tcp: lookup seaweedfs.kubeflow on 10.0.0.10:53: no such host'],
  ['role-exists', 'Role with name team-a already exists. (Service: Iam, Status Code: 409, Request ID: 1)'],
  ['verification-key', 'IDPCommunicationError: the identity provider could not be reached'],
];
for (const [is, text] of OWN)
  test(`a text of the program: ${is}: ${text.slice(0, 60)}`, () => {
    const { explained } = explain(text);
    assert.equal(explained[0]?.error, is, explained.map(({ error }) => error).join());
  });

test('each row has a text that it explains first', () => {
  const shown = new Set([...SAMPLES.map(({ is }) => is), ...OWN.map(([is]) => is)]);
  assert.deepEqual(
    KNOWN_ERRORS.flatMap(({ id }) => (shown.has(id) ? [] : [id])),
    [],
  );
});

test('what each text says of the call', () =>
  asKept('explain/texts', [
    ...SAMPLES.flatMap(({ from, text }, at) => [`${at} ${from}:`, ...told(text)]),
    ...OWN.flatMap(([is, text]) => [`${is}:`, ...told(text)]),
  ]));

test('who called, what was called, and what denied', () => {
  const session = (name: string): string => `arn:aws:sts::111122223333:assumed-role/team-a/${name}`;
  const PRINCIPALS = [
    ...[
      POD,
      session('i-0123'),
      session('i-012'),
      session('eks-dev-a-01234567-0123-'),
      session('aws-sdk-go-1'),
      session('1700000000000000'),
    ],
    ...[
      session('170000000000000'),
      session('web-identity'),
      session('me'),
      session('1700000000000000000'),
      session('17000000000000000000'),
    ],
    ...[
      'arn:aws-cn:sts::111122223333:assumed-role/team-a/i-0123',
      'arn:aws:iam::111122223333:user/u',
      'arn:aws:iam::111122223333:role/r',
    ],
    ...[
      'arn:aws:iam::111122223333:root',
      'system:serviceaccount:team-a:default-editor',
      'system:serviceaccount:team-a',
      'someone',
    ],
  ];
  const ACTIONS = [
    's3:PutObject',
    'sts:AssumeRoleWithWebIdentity',
    'sts:AssumeRole',
    'kms:Decrypt',
    'iam:CreateRole',
    'eks:DescribeCluster',
    's3:ListBucket',
  ];
  const WHYS = [
    'identity-based',
    'resource-based',
    'session',
    'service control',
    'resource control',
    'VPC endpoint',
    'role trust',
  ].flatMap((of) => [
    `because no ${of} policy allows the action`,
    `with an explicit deny in a ${of} policy: arn:aws:iam::111122223333:policy/p`,
  ]);
  const NAMES = [
    'PutObject',
    'UploadPart',
    'ListBuckets',
    'GetBucketPolicy',
    'AssumeRole',
    'GetCallerIdentity',
    'TagOpenIDConnectProvider',
    'PutRolePolicy',
    'Decrypt',
    'Encrypt',
    'GenerateDataKeyWithoutPlaintext',
    'DescribeCluster',
  ];
  const SERVICES = [
    'S3',
    'STS',
    'IAM',
    'KMS',
    'EKS',
    'SecurityTokenService',
    'AWSSecurityTokenService',
    'IdentityManagement',
    'AmazonIdentityManagement',
    'EC2',
    'Amazon S3',
    'Security Token Service',
  ];
  asKept('explain/calls', [
    ...PRINCIPALS.flatMap((one) => [one, ...ACTIONS.slice(0, 3).flatMap((action) => told(denied(one, action, '')))]),
    ...ACTIONS.flatMap((action) => [
      action,
      ...['', 'because', 'with an explicit deny', ...WHYS].flatMap((why) => told(denied(POD, action, why))),
    ]),
    ...NAMES.flatMap((name) => [
      name,
      ...told(`An error occurred (AccessDenied) when calling the ${name} operation: Access Denied`),
      ...told(`A client error (Forbidden) occurred when calling the ${name} operation: Access Denied`),
    ]),
    ...SERVICES.flatMap((of) => [
      of,
      ...told(
        `operation error ${of}: DoSomething, https response error StatusCode: 403, api error AccessDenied: Access Denied`,
      ),
      ...told(
        `AccessDenied: Access Denied (Service: ${of}; Status Code: 403; Error Code: AccessDenied; Request ID: 1)`,
      ),
      ...told(`Access denied (Service: ${of}, Status Code: 403, Request ID: 1)`),
    ]),
    ...[
      '<Error><Code>AccessDenied</Code></Error>',
      'eventName: PutObject AccessDenied',
      '"eventName": "AssumeRole", "errorCode": "AccessDenied"',
      'not authorized to perform: s3:GetObject',
      'not authorized to perform sts:AssumeRole on resource: x',
    ].flatMap((text) => [text, ...told(text)]),
  ]);
});

const EVENT = {
  eventSource: 'sts.amazonaws.com',
  eventName: 'AssumeRoleWithWebIdentity',
  errorCode: 'AccessDenied',
  errorMessage: 'An unknown error occurred',
  userIdentity: { arn: POD, userName: 'system:serviceaccount:team-a:default-editor', principalId: 'p' },
  requestParameters: { roleArn: 'arn:aws:iam::111122223333:role/team-a', bucketName: 'artifacts', key: 'x' },
};
test('events of CloudTrail with each of their parts changed', () => {
  const S3 = {
    ...EVENT,
    eventSource: 's3.amazonaws.com',
    eventName: 'PutObject',
    userIdentity: { userName: 'u', principalId: 'p' },
    requestParameters: { bucketName: 'artifacts', key: 'x' },
  };
  const FORMS: readonly unknown[] = [
    [EVENT],
    [[EVENT, 'x', null]],
    { Records: [EVENT, S3] },
    { Records: EVENT },
    { Events: [{ CloudTrailEvent: JSON.stringify(S3) }, { CloudTrailEvent: '{' }, { CloudTrailEvent: 1 }, S3] },
    { Events: S3, eventName: 'x' },
    { event: 1 },
    { ...S3, errorMessage: `User: ${POD} is not authorized to perform: s3:PutObject` },
    { ...S3, requestParameters: null },
    { ...S3, userIdentity: { principalId: 'p' } },
    { ...S3, userIdentity: {} },
    { ...S3, requestParameters: { key: 'x' } },
    { ...S3, requestParameters: { bucketName: 'artifacts' } },
  ];
  asKept('explain/events', [
    ...FORMS.flatMap((form, at) => [
      `form ${at}:`,
      ...told(JSON.stringify(form)),
      ...told(` ${JSON.stringify(form)}`),
      ...told(`x${JSON.stringify(form)}`),
    ]),
    ...[EVENT, S3].flatMap((event) =>
      [...variations(event)]
        .filter(([way]) => /^value [015]$|gone/.test(way))
        .flatMap(([, all]) => all.flatMap(([what, text]) => [what, ...told(text)])),
    ),
  ]);
});

test('what begins as an event and is no JSON is read as text', () => {
  const text = JSON.stringify({ ...EVENT, errorMessage: 'No OpenIDConnect provider found in your account' });
  assert.equal(explain(text.slice(0, -1)).explained[0]?.error, 'no-provider');
  assert.equal(explain(`${text}, and more`).unknown, false);
});

test('how much is looked at, and how much is told', () => {
  const one = 'InvalidIdentityToken: No OpenIDConnect provider found in your account for https://x';
  const all = OWN.map(([, text]) => text);
  const line = (length: number): string => 'x'.repeat(length);
  const texts: Readonly<Record<string, string>> = {
    'at the beginning of 200,000': `${one}\n${line(200_000 - one.length - 1)}`,
    'at the beginning of 200,001': `${one}\n${line(200_000 - one.length)}`,
    'cut by one': `${one.slice(0, 1)}${one.slice(1)}\n${line(200_000 - one.length + 22)}`,
    'a line of 1,500': `${line(1_500 - one.length - 1)} ${one}`,
    'a line of 1,501': `${line(1_500 - one.length)} ${one}`,
    'the end of a line of 3,000': `${line(3_000 - one.length - 1)} ${one}`,
    'all at once': all.join('\n\n'),
    'the other way round': all.toReversed().join('\n'),
    'the 200th block from the end': [one, ...Array.from({ length: 196 }, (_, at) => `error ${at}`)].join('\n'),
    'the 201st': [one, ...Array.from({ length: 203 }, (_, at) => `error ${at}`)].join('\n'),
    'in colours, escaped': `\u001b[31m${one.replaceAll(' ', '\\t')}\u001b[0m\\n&quot;\\u0026\\u003c\\u003E`,
    'over lines': 'error: WebIdentityErr\n\n \n\nat x\nat y\nNo OpenIDConnect provider found in your account',
    'over too many': 'error: x\na\nb\nc\nd\nWebIdentityErr',
    'a long quote': `Not here\nerror ${line(380)} ${one} ${line(500)}`,
    'denied, and what denied': `${denied(POD, 'ec2:DescribeTags', '')}\n\n\n\n\n${one}`,
    nothing: '',
  };
  asKept(
    'explain/limits',
    Object.entries(texts).flatMap(([name, text]) => [`${name}:`, ...told(text)]),
  );
});

test('whose call it was, and of which profile', () => {
  const principals = [
    'system:serviceaccount:team-a:x',
    'system:serviceaccount:team-b:x',
    POD,
    'arn:aws:iam::1:user/u',
    'x',
  ];
  const resources = [ROLE, 'arn:aws:iam::111122223333:role/other', 'x'];
  const views = [
    right(),
    right({ profile: listed({ plugins: [] }), serviceAccount: editor({}) }),
    right({ serviceAccount: editor({ 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111122223333:role/other' }) }),
  ];
  asKept(
    'explain/named',
    principals.flatMap((principal) =>
      resources.map((resource) => {
        const named = namedIn({ principal, resource });
        return `${principal} ${resource}: ${JSON.stringify(named)} ${views.map((view) => isNamed(named, view)).join()} ${JSON.stringify([namedIn({ principal }), namedIn({ resource })])}`;
      }),
    ),
  );
});
