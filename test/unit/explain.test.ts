// What an error text is said to mean: real texts, events of CloudTrail, what the text names, and what is never repeated.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { explain } from '../../src/core/explain/explain.ts';
import { KNOWN_ERRORS } from '../../src/core/explain/errors.ts';
import { SAMPLES } from './explain-texts.ts';

for (const { is, text, from } of SAMPLES)
  test(`${is}: ${from}`, () => {
    const { explained, unknown } = explain(text);
    assert.equal(explained[0]?.error ?? 'unknown', is, explained.map(({ error }) => error).join());
    assert.equal(unknown, is === 'unknown');
  });

test('a text between a hundred lines of a log is found, and told once however often it stands there', () => {
  const noise = Array.from({ length: 100 }, (_, n) => `time="2024-01-23T07:13:${n}" level=info msg="ran step ${n}"`);
  for (const { is, text } of SAMPLES) {
    if (is === 'unknown' || is === 'denied' || is === 'web-identity') continue;
    const { explained } = explain([...noise, text, ...noise, text, ...noise].join('\n'));
    assert.equal(explained.filter(({ error }) => error === is).length, 1, is);
  }
});

test('a log of many lines that a prompt made one line is explained all the same', () => {
  const noise = Array.from({ length: 60 }, (_, n) => `time="2024-01-23T07:13:${n}" level=info msg="ran step ${n}"`);
  for (const at of [0, 7, 23, 41, 59]) {
    const lines = noise.with(at, 'InvalidIdentityToken: No OpenIDConnect provider found in your account for https://x');
    assert.equal(explain(lines.join(' ')).explained[0]?.error, 'no-provider', `line ${at}`);
  }
});

const NODE = 'arn:aws:sts::111122223333:assumed-role/dev-NodeInstanceRole/i-0123456789abcdef0';
const POD = 'arn:aws:sts::111122223333:assumed-role/team-a/botocore-session-1700000000';

const denied = (principal: string, why: string): string =>
  `An error occurred (AccessDenied) when calling the PutObject operation: User: ${principal} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::artifacts/team-a/x" ${why}`;

test('errors in lines one after the other are told each, with its own call', () => {
  const told = (...lines: readonly string[]): readonly string[] =>
    explain(lines.join('\n')).explained.map(({ error, operation = '', principal = '' }) =>
      [error, operation, principal].filter((one) => one !== '').join(' '),
    );
  const HEAD = 'fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden';
  const NONE = 'botocore.exceptions.NoCredentialsError: Unable to locate credentials';
  const POD_ = 'error looking up service account team-a/default-editor: serviceaccount "default-editor" not found';
  const USER = `User: ${POD} is not authorized to perform: s3:PutObject because no identity-based policy allows it`;
  const account = 'no-account system:serviceaccount:team-a:default-editor';
  assert.deepEqual(told(NONE, HEAD), ['no-credentials', 's3-denied s3:HeadObject']);
  assert.deepEqual(told(HEAD, NONE), ['no-credentials', 's3-denied s3:HeadObject']);
  assert.deepEqual(told(HEAD, 'a step failed', POD_), [account, 's3-denied s3:HeadObject']);
  assert.deepEqual(told(POD_, HEAD, USER), [`not-allowed-s3 s3:PutObject ${POD}`, account, 's3-denied s3:HeadObject']);
  assert.equal(explain(`${NONE}\n${HEAD}`).explained[0]?.quote, NONE);
  // What is indented, or begins with "caused by", belongs to the line before it.
  assert.deepEqual(told('AccessDenied: Access Denied', '\tstatus code: 403, request id: 1, host id: 2', NONE), [
    'no-credentials',
    's3-denied s3',
  ]);
  assert.deepEqual(told('ERROR operation error S3: PutObject', 'caused by: AccessDenied: Access Denied'), [
    's3-denied s3:PutObject',
  ]);
});

test('the operation, who called, the resource, and the policy that denied are named as the text names them', () => {
  const scp = 'arn:aws:organizations::444455556666:policy/o-a1/service_control_policy/p-1';
  const { explained } = explain(denied(POD, `with an explicit deny in a service control policy: ${scp}`));
  const { operation, principal, principalKind, resource, denied: by, error } = explained[0] ?? {};
  assert.deepEqual(
    { operation, principal, principalKind, resource, by, error },
    {
      operation: 's3:PutObject',
      principal: POD,
      principalKind: 'web-identity',
      resource: 'arn:aws:s3:::artifacts/team-a/x',
      by: { by: 'service-control', explicit: true, policy: scp },
      error: 'organization',
    },
  );
});

for (const [why, error] of [
  ['because no identity-based policy allows the s3:PutObject action', 'not-allowed-s3'],
  ['because no permissions boundary allows the s3:PutObject action', 'boundary'],
  ['because no session policy allows the s3:PutObject action', 'session-policy'],
  ['because no resource-based policy allows the s3:PutObject action', 'bucket-policy'],
  ['because no service control policy allows the s3:PutObject action', 'organization'],
  ['because no VPC endpoint policy allows the s3:PutObject action', 'endpoint-policy'],
  ['with an explicit deny in a resource control policy', 'organization'],
  ['with an explicit deny in a VPC endpoint policy', 'endpoint-policy'],
  ['with an explicit deny in a permissions boundary', 'boundary'],
  ['with an explicit deny in a session policy', 'session-policy'],
  ['with an explicit deny in a resource-based policy', 'bucket-policy'],
  ['with an explicit deny in an identity-based policy', 'identity-policy'],
  ['with an explicit deny', 'explicit-deny'],
] as const)
  test(`a pod is denied ${why}`, () => assert.equal(explain(denied(POD, why)).explained[0]?.error, error));

test("the role of the node comes before what denied it: the pod's own role was never asked", () => {
  const { explained } = explain(denied(NODE, 'because no identity-based policy allows the s3:PutObject action'));
  assert.equal(explained[0]?.error, 'node-role');
});

const EVENT = {
  eventSource: 'sts.amazonaws.com',
  eventName: 'AssumeRoleWithWebIdentity',
  errorCode: 'AccessDenied',
  errorMessage: 'An unknown error occurred',
  userIdentity: {
    type: 'WebIdentityUser',
    principalId:
      'arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/A:sts.amazonaws.com:system:serviceaccount:team-a:default-editor',
    userName: 'system:serviceaccount:team-a:default-editor',
  },
  requestParameters: { roleArn: 'arn:aws:iam::111122223333:role/team-a', roleSessionName: 'botocore-session-1' },
};
const FINE = { eventSource: 'sts.amazonaws.com', eventName: 'AssumeRoleWithWebIdentity' };

for (const [form, value] of Object.entries({
  'an event': EVENT,
  'a file of records': { Records: [FINE, EVENT] },
  'the answer of lookup-events': { Events: [FINE, EVENT].map((one) => ({ CloudTrailEvent: JSON.stringify(one) })) },
}))
  test(`CloudTrail, ${form}: who asked for which role, and that its trust policy refuses it`, () => {
    const { explained } = explain(JSON.stringify(value, undefined, 2));
    assert.deepEqual(
      explained.map(({ error, operation, principal, principalKind, resource }) => ({
        error,
        operation,
        principal,
        principalKind,
        resource,
      })),
      [
        {
          error: 'trust',
          operation: 'sts:AssumeRoleWithWebIdentity',
          principal: 'system:serviceaccount:team-a:default-editor',
          principalKind: 'service-account',
          resource: 'arn:aws:iam::111122223333:role/team-a',
        },
      ],
    );
  });

test('lists in lists, deeper than anybody writes them, are read as text', () => {
  const nested = (times: number): string => `${'['.repeat(times)}${JSON.stringify(EVENT)}${']'.repeat(times)}`;
  assert.equal(explain(nested(3)).explained[0]?.error, 'trust');
  assert.doesNotThrow(() => explain(nested(90_000)));
});

test('events of CloudTrail that went well are nothing to explain', () =>
  assert.equal(explain(JSON.stringify({ Records: [FINE] })).unknown, true));

test('a token, a key and the signature of a URL are not repeated', () => {
  const secrets = [
    'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl',
    'AKIAIOSFODNN7EXAMPLE',
    'https://b.s3.amazonaws.com/k?X-Amz-Signature=0123456789abcdef&X-Amz-Security-Token=FwoGZXIvYXdzEXAMPLE',
    'https://b.s3.amazonaws.com/k?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=1&Signature=husha%2ByT272YEAiv4%3D',
    'AWS4-HMAC-SHA256 Credential=ASIAIOSFODNN7EXAMPLE/x, SignedHeaders=host, Signature=0123456789abcdef0123456789abcdef',
    "{'X-Amz-Security-Token': b'IQoJb3JpZ2luhushhushhush', 'X-Amz-Date': b'1'}",
    'AWS_SECRET_ACCESS_KEY=hushhushhush/hush AWS_SESSION_TOKEN=FwoGZXIvYXdzhushhush',
    'aws_secret_access_key = hushhushhush/hush',
    '{"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"hushhushhushhushhush","SessionToken":"hushhushhushhushhush"}',
    '<SecretAccessKey>hushhushhushhushhush</SecretAccessKey><SignatureProvided>hushhush</SignatureProvided>',
    'http://minio:hush@minio-service.kubeflow:9000',
  ];
  for (const secret of secrets)
    for (const before of ['', ' '.repeat(370), 'x '.repeat(500), JSON.stringify('x'.repeat(700))]) {
      const text = `InvalidAccessKeyId: AccessDenied ${before}for ${secret} as AssumeRoleWithWebIdentity`;
      for (const given of [text, JSON.stringify({ log: text }), `${'y'.repeat(1_400)} error ${text}`]) {
        const told = JSON.stringify(explain(given));
        assert.doesNotMatch(told, /eyJhbGci|eyJpc3Mi|c2lnbmF0|IOSFODNN7|0123456789abcdef|FwoGZXIv|hush/);
      }
    }
});

test('a token that lies where a long line is cut is not repeated', () => {
  const token = `eyJ${'hush'.repeat(20)}.${'hush'.repeat(50)}.${'hush'.repeat(50)}`;
  const text = `${'x'.repeat(600)} ${token} ${'x '.repeat(300)} InvalidAccessKeyId: no`;
  assert.equal(explain(text).explained[0]?.error, 'static-keys');
  assert.doesNotMatch(JSON.stringify(explain(text)), /hush/);
});

test('each row of the table says what to do, in words that end, under a name of its own', () => {
  const ids = KNOWN_ERRORS.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const { id, says, modes, next } of KNOWN_ERRORS) {
    assert.match(says, /[.]$/, id);
    assert.ok(modes.length + next.length > 0, id);
  }
});

test('whatever is pasted, it is explained or said to be unknown; a control character is never repeated', () => {
  const words = [
    'AccessDenied',
    'User: ',
    'is not authorized to perform: s3:X',
    '\u001B[31m',
    '{"Records":[',
    '\n',
    '"',
  ];
  const text = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary' })), { maxLength: 30 });
  fc.assert(
    fc.property(text, (parts) => {
      const { explained, unknown } = explain(parts.join(' '));
      assert.equal(unknown, explained.length === 0);

      for (const { quote } of explained) assert.doesNotMatch(quote, /[\u0000-\u001F]/);
    }),
  );
});
