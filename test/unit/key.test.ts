// KMS keys by their names, who statements of their policies are about, and what is known of a request for one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyArnOf, keyRefusal, keyRequest, reachOf } from '../../src/core/policy/key.ts';

const ACCOUNT = '111122223333';
const KEY = `arn:aws:kms:us-west-2:${ACCOUNT}:key/1`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/a`;

test('the ARN that the name of a key stands for', () => {
  const rows: readonly (readonly [name: string, arn: string | undefined])[] = [
    [KEY, KEY],
    ['arn:aws:kms:eu-west-1:444455556666:key/2', 'arn:aws:kms:eu-west-1:444455556666:key/2'],
    [KEY.replace('key/', 'alias/'), undefined],
    [KEY.replace(':kms:', ':s3:'), undefined],
    ['alias/mine', undefined],
    ['alias/aws/s3', undefined],
    ['1234-abcd', `arn:aws:kms:us-west-2:${ACCOUNT}:key/1234-abcd`],
    ['mrk-1234', `arn:aws:kms:us-west-2:${ACCOUNT}:key/mrk-1234`],
    ['key/1', undefined],
    ['', undefined],
  ];
  const where = { partition: 'aws', account: ACCOUNT, region: 'us-west-2' };
  assert.deepEqual(
    rows.map(([name]) => [name, keyArnOf(name, where)]),
    rows,
  );
});

test('who a statement is about, seen from a role', () => {
  const others = { AWS: 'arn:aws:iam::444455556666:root' };
  const rows: readonly (readonly [statement: Record<string, unknown>, reach: string])[] = [
    [{ Principal: '*' }, 'everybody'],
    [{ Principal: { AWS: '*' } }, 'everybody'],
    [{ Principal: { AWS: ['x', '*'] } }, 'everybody'],
    [{ Principal: { AWS: ROLE } }, 'role'],
    [{ Principal: { AWS: [ACCOUNT, ROLE] } }, 'role'],
    [{ Principal: { AWS: ACCOUNT } }, 'account'],
    [{ Principal: { AWS: `arn:aws-cn:iam::${ACCOUNT}:root` } }, 'account'],
    [{ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:rooted` } }, 'others'],
    [{ Principal: { AWS: `x${ACCOUNT}` } }, 'others'],
    [{ Principal: others }, 'others'],
    [{ Principal: { Service: 's3.amazonaws.com' } }, 'others'],
    [{ Principal: ROLE }, 'others'],
    [{}, 'others'],
    [{ NotPrincipal: others }, 'unknown'],
    [{ Effect: 'Allow', NotPrincipal: others }, 'unknown'],
    [{ Effect: 'Deny', NotPrincipal: others }, 'everybody'],
    [{ Effect: 'Deny', NotPrincipal: '*' }, 'others'],
    [{ Effect: 'Deny', NotPrincipal: { AWS: ROLE } }, 'unknown'],
    [{ Effect: 'Deny', NotPrincipal: { AWS: ACCOUNT } }, 'unknown'],
    [{ Effect: 'Deny', Principal: { AWS: ROLE }, NotPrincipal: others }, 'role'],
  ];
  assert.deepEqual(
    rows.map(([statement]) => [statement, reachOf(statement as Parameters<typeof reachOf>[0], ROLE, ACCOUNT)]),
    rows,
  );
});

test('what a request for a key holds, and what it surely lacks', () => {
  const { values, lacks } = keyRequest(KEY.replace('us-west-2', 'cn-north-1'), ROLE, ACCOUNT);
  assert.equal(values['kms:ViaService'], 's3.cn-north-1.amazonaws.com.cn');
  assert.equal(keyRequest('x', ROLE, ACCOUNT).values['kms:ViaService'], 's3..amazonaws.com');
  assert.deepEqual(
    ['kms:grantisforawsresource', 'aws:username', 'aws:sourcevpce', 'kms:encryptioncontextkeys'].map((name) =>
      lacks?.(name),
    ),
    [true, true, false, false],
  );
});

test('what a refusal because of a key means', () => {
  const refused = (why: string): string =>
    `User: arn:aws:sts::${ACCOUNT}:assumed-role/a/x is not authorized to perform: kms:Decrypt on resource: ${KEY} ${why}`;
  for (const [said, wanted] of [
    [refused('with an explicit deny in a resource-based policy'), /^KP-047: A Deny keeps the role from kms:Decrypt/],
    [
      refused('because no identity-based policy allows the kms:Decrypt action'),
      /^KP-047: The role's policy must allow kms:Decrypt/,
    ],
    [
      refused('because the key is managed by AWS'),
      /^KP-047: The bucket is encrypted with the key that AWS manages for S3/,
    ],
    [
      refused('because no resource-based policy allows the kms:Decrypt action'),
      new RegExp(`^KP-047: The policy of the bucket's KMS key must let the role in\\..*${ROLE}.*s3\\.us-west-2\\.`),
    ],
    ['not authorized to perform: kms:Decrypt on this resource', /^KP-047: The policy of the bucket's KMS key/],
    ['KMS.DisabledException: it is disabled', /^KP-047: The KMS key .* is disabled, gone or about to be deleted/],
    ['KMS.NotFoundException', /^KP-047: The KMS key/],
    ['not authorized to perform: s3:GetObject on resource: x', undefined],
    ['XKMS.DisabledExceptions', undefined],
  ] as const) {
    const told = keyRefusal(said, ROLE);
    if (wanted === undefined) assert.equal(told, undefined, said);
    else assert.match(told ?? '', wanted);
  }
});
