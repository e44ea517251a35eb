import assert from 'node:assert/strict';
import test from 'node:test';
import { derivedAccess } from '../../src/core/policy/derived.ts';
import { isPolicy, keyOfPolicy, permissionsPolicy, policyText } from '../../src/core/policy/build.ts';
import { ACCESS_LEVELS } from '../../src/core/request.ts';

for (const { id } of ACCESS_LEVELS) {
  test(`access "${id}" is read back from the policy that it makes`, () => {
    const text = policyText(permissionsPolicy('aws-cn', 'artifacts', 'team-x', id));
    assert.deepEqual(derivedAccess(text), {
      bucket: 'artifacts',
      access: id,
      ...(id === 'prefix' ? { prefix: 'team-x/' } : {}),
    });
  });
}

test('what is not certain is not guessed', () => {
  const policy = (Resource: unknown, Action: unknown = 's3:GetObject') =>
    JSON.stringify({ Statement: { Effect: 'Allow', Action, Resource } });
  for (const text of [
    '',
    '[]',
    '{"Statement":[null]}',
    'null',
    '{}',
    policy('*'),
    policy('arn:aws:s3:::${S3_BUCKET}/*'),
    policy('arn:aws:s3::::b/*'),
    policy('arn:aws:s3:::team-*/x'),
  ]) {
    assert.equal(derivedAccess(text), undefined, text);
  }
});

test('who may read objects and list them is a reader', () => {
  const text = JSON.stringify({
    Statement: { Effect: 'Allow', Action: ['s3:ListBucket', 's3:GetObject'], Resource: 'arn:aws:s3:::artifacts/*' },
  });
  assert.deepEqual(derivedAccess(text), { bucket: 'artifacts', access: 'read-only' });
});

test('the prefix of another profile is no reason to suggest the whole bucket', () => {
  const text = policyText(permissionsPolicy('aws', 'artifacts', 'team-y', 'prefix'));
  assert.equal(derivedAccess(text)?.access, 'prefix');
});

test('the key that a policy lets a role use is read back from it, and from no other statement', () => {
  const key = 'arn:aws:kms:eu-west-1:111122223333:key/1234';
  const text = (...statements: readonly unknown[]): string => JSON.stringify({ Statement: statements });
  const rows: readonly (readonly [text: string, key: string | undefined])[] = [
    [policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'prefix', key)), key],
    [policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'prefix')), undefined],
    [text(null, 'x', { Action: 'kms:Decrypt', Resource: key }), key],
    [text({ Action: 'kms:Encrypt', Resource: key }), undefined],
    [text({ Action: 'kms:Decrypt', Resource: '*' }), undefined],
    [text({ Action: 'kms:Decrypt' }), undefined],
    ['{', undefined],
  ];
  for (const [policy, wanted] of rows) assert.equal(keyOfPolicy(policy), wanted, policy);
});

test('a policy is one of several when it is any of them, however it is laid out', () => {
  const [one, other] = ACCESS_LEVELS.map(({ id }) => permissionsPolicy('aws', 'artifacts', 'team-x', id));
  assert.ok(one && other);
  assert.ok(isPolicy(JSON.stringify(other), one, other) && isPolicy(policyText(one), one, other));
  assert.ok(!isPolicy(JSON.stringify(other), one) && !isPolicy('{', one));
});
