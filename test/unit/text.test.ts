import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { spoken, withoutSecrets } from '../../src/core/text.ts';

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

for (const [given, told] of [
  ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG', 'aws_secret_access_key = ***'],
  ['AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG x', 'AWS_SECRET_ACCESS_KEY=*** x'],
  ['"SecretAccessKey": "wJalrXUtnFEMI/K7MDENG",', '"SecretAccessKey": "***",'],
  ['{\\"SessionToken\\":\\"wJalrXUtnFEMI/K7MDENG\\"}', '{\\"SessionToken\\":\\"***\\"}'],
  ["'X-Amz-Security-Token': b'wJalrXUtnFEMI', 'X'", "'X-Amz-Security-Token': b'***', 'X'"],
  ['x-amz-security-token: wJalrXUtnFEMI', 'x-amz-security-token: ***'],
  ['SignedHeaders=host, Signature=0123456789abcdef01', 'SignedHeaders=host, Signature=***'],
  ['<SignatureProvided>x+y=</SignatureProvided>', '<SignatureProvided>***</SignatureProvided>'],
  ['given IQoJb3JpZ2luX2VjEDkaCXVz as such', 'given *** as such'],
  ['http://minio:minio123@store:9000/x', 'http://minio:***@store:9000/x'],
] as const)
  test(`what makes a key is left out: ${told}`, () => assert.equal(withoutSecrets(given), told));

for (const text of [
  'Role arn:aws:iam::111122223333:role/team-x cannot be read: you are not permitted to iam:GetRole.',
  'Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY',
  'env:\n  - name: AWS_SECRET_ACCESS_KEY\n    valueFrom: { secretKeyRef: { name: aws-credentials-of-team, key: secret } }',
  'AWS_SESSION_TOKEN=$(cat /var/run/secrets/token-of-the-session)',
  'https://oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE:aud and user@example.com',
])
  test(`what is no secret stays: ${text.slice(0, 40)}`, () => assert.equal(withoutSecrets(text), text));

/** What a tenant writes into an annotation or an owner, and what is said of it. */
const SPOKEN: readonly { name: string; text: string; said: string }[] = [
  {
    name: 'a command link is plain text',
    text: '[Repair now](command:workbench.action.quit)',
    said: '[Repair now] (command:workbench.action.quit)',
  },
  {
    name: 'a link whose halves a format character keeps apart',
    text: '[a]\u200b(command:x) [b]\u2060\u202e(https://e.example)',
    said: '[a] (command:x) [b] (https://e.example)',
  },
  { name: 'a link split by a secret', text: '[a](Bearer abcdefghijkl)', said: '[a] (Bearer ***)' },
  { name: 'line breaks, escapes and directions', text: 'a\r\n\n\u001b[31mb\u202ec\u2028d', said: 'a [31mb c d' },
  { name: 'what only looks like one', text: 'items[0] (first) and f(x)[1]', said: 'items[0] (first) and f(x)[1]' },
];
for (const { name, text, said } of SPOKEN) {
  test(`spoken: ${name}`, () => {
    assert.equal(spoken(text), said);
  });
}

test('spoken: no text becomes a link, whatever it holds, and saying it twice changes nothing', () => {
  const piece = fc.constantFrom(
    '[',
    ']',
    '(',
    ')',
    'command:x',
    ' ',
    '\u200b',
    '\n',
    'Bearer ',
    'AKIAIOSFODNN7EXAMPLE',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const said = spoken(pieces.join(''));
      assert.doesNotMatch(said, /\]\(|[\p{Cc}\p{Cf}]/u);
      assert.equal(spoken(said), said);
    }),
  );
});

test('spoken: a long text is cut', () => {
  assert.equal(spoken('x'.repeat(5_000)), `${'x'.repeat(1_000)} …`);
  assert.equal(spoken('x'.repeat(1_000)), 'x'.repeat(1_000));
});
