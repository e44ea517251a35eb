import assert from 'node:assert/strict';
import test from 'node:test';
import { derivedAccess } from '../../src/core/policy/derived.ts';
import { permissionsPolicy, policyText } from '../../src/core/policy/build.ts';
import { ACCESS_LEVELS } from '../../src/core/request.ts';

for (const { id } of ACCESS_LEVELS) {
  test(`access "${id}" is read back from the policy that it makes`, () => {
    const text = policyText(permissionsPolicy('aws-cn', 'artifacts', 'team-x', id));
    assert.deepEqual(derivedAccess(text), { bucket: 'artifacts', access: id });
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

test('the prefix of another profile is no reason to suggest the whole bucket', () => {
  const text = policyText(permissionsPolicy('aws', 'artifacts', 'team-y', 'prefix'));
  assert.equal(derivedAccess(text)?.access, 'prefix');
});
