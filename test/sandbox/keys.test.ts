/** Key policies: our judge and the sandbox's, which know nothing of each other, say the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { resourceVerdict } from '../../sandbox/policy.ts';
import { judgeKeyPolicy } from '../../src/core/policy/key.ts';

const ACCOUNT = '111122223333';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/team-x`;
const OTHER = `arn:aws:iam::${ACCOUNT}:role/other`;
const KEY = `arn:aws:kms:us-west-2:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const principals = [
  '*',
  { AWS: '*' },
  { AWS: ROLE },
  { AWS: [OTHER, ROLE] },
  { AWS: OTHER },
  { AWS: ACCOUNT },
  { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  { AWS: 'arn:aws:iam::999988887777:root' },
  { Service: 'logs.amazonaws.com' },
];
const statement = fc.record(
  {
    Effect: fc.constantFrom('Allow', 'Deny'),
    Principal: fc.constantFrom(...principals),
    Action: fc.constantFrom<string | string[]>(
      'kms:*',
      '*',
      'kms:Decrypt',
      'kms:GenerateDataKey*',
      ['kms:decrypt', 'kms:GenerateDataKey'],
      'kms:Put*',
    ),
    Resource: fc.constantFrom('*', KEY, KEY.replace('1234abcd', 'ffffabcd')),
    Condition: fc.constantFrom(
      { StringEquals: { 'kms:ViaService': 's3.us-west-2.amazonaws.com' } },
      { StringLike: { 'kms:ViaService': 's3.us-west-2.*' } },
      { StringEquals: { 'kms:ViaService': 'ebs.us-west-2.amazonaws.com' } },
      { StringNotEquals: { 'kms:CallerAccount': ACCOUNT } },
      { ArnEquals: { 'aws:PrincipalArn': ROLE } },
      { ArnNotLike: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/team-*` } },
      { Bool: { 'aws:SecureTransport': 'false' } },
    ),
  },
  { requiredKeys: ['Effect', 'Principal', 'Action', 'Resource'] },
);

test('what may be done with a key, said by two judges', () => {
  const context = new Map([
    ['kms:viaservice', ['s3.us-west-2.amazonaws.com']],
    ['kms:calleraccount', [ACCOUNT]],
    ['aws:principalarn', [ROLE]],
    ['aws:principalaccount', [ACCOUNT]],
    ['aws:principaltype', ['AssumedRole']],
    ['aws:securetransport', ['true']],
  ]);
  const who = { account: ACCOUNT, arn: `arn:aws:sts::${ACCOUNT}:assumed-role/team-x/pod`, principal: ROLE };
  let judged = 0;
  fc.assert(
    fc.property(fc.array(statement, { maxLength: 5 }), (Statement) => {
      const policy = JSON.stringify({ Version: '2012-10-17', Statement });
      const ours = judgeKeyPolicy(policy, KEY, ROLE, 'prefix');
      const theirs = ['kms:Decrypt', 'kms:GenerateDataKey'].map((action) =>
        resourceVerdict(policy, { action, resource: KEY, context }, who),
      );
      const allowed = theirs.every((verdict) => verdict === 'itself' || verdict === 'account');
      if (ours.answer === 'unknown') return;
      judged += 1;
      assert.equal(ours.answer, allowed ? 'yes' : 'no', policy);
      if (allowed) assert.equal(ours.by, theirs.every((verdict) => verdict === 'itself') ? 'itself' : 'iam', policy);
    }),
    { numRuns: 2_000 },
  );
  assert.ok(judged > 1_500, `${judged}`);
});
