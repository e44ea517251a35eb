import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutSecrets } from '../../src/problem.ts';

const SECRET: readonly string[] = [
  'k8s-aws-v1.aHR0cHM6Ly9zdHMudXMtd2VzdC0yLmFtYXpvbmF3cy5jb20v',
  'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl',
  'ASIAIOSFODNN7EXAMPLE',
  'AKIAIOSFODNN7EXAMPLE',
];
for (const secret of SECRET) {
  test(`a message never shows ${secret.slice(0, 8)}…`, () => {
    assert.equal(withoutSecrets(`refused: ${secret}, try again`), 'refused: ***, try again');
  });
}

test('a presigned URL loses what makes it a key', () => {
  const url = 'https://sts.amazonaws.com/?X-Amz-Credential=AB%2F1&X-Amz-Signature=0af&X-Amz-Security-Token=zz&x=1';
  assert.equal(
    withoutSecrets(url),
    'https://sts.amazonaws.com/?X-Amz-Credential=***&X-Amz-Signature=***&X-Amz-Security-Token=***&x=1',
  );
});

test('what is no secret stays', () => {
  const text = 'Role arn:aws:iam::111122223333:role/team-x cannot be read: you are not permitted to iam:GetRole.';
  assert.equal(withoutSecrets(text), text);
});
