/** What of AWS a doctor asks for: each thing once, whoever uses it, and what may not be read stays unread. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProfileView } from '../../src/core/modes/view.ts';
import { DOCTOR_READS } from '../../src/core/modes/uses.ts';
import { judgeProfile } from '../../src/core/modes/live.ts';
import { listed, permissions, right, role } from '../../src/core/modes/samples.ts';
import type { Role } from '../../src/core/observation.ts';
import { absent, denied, found, type Reading } from '../../src/core/reading.ts';
import { inspectCloud, type CloudReader } from '../../src/estate/cloud.ts';

const KEY = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const LIMITS = 'arn:aws:iam::111122223333:policy/limits';
const ALL = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] });

/** An account in memory that counts its calls. */
function account(change: Partial<CloudReader> = {}) {
  const calls: string[] = [];
  const say = <T>(call: string, reading: Reading<T>): Promise<Reading<T>> => {
    calls.push(call);
    return Promise.resolve(reading);
  };
  const its: CloudReader = {
    bucket: (name) => say('bucket', found({ name, region: 'us-west-2', accessible: true })),
    buckets: () => say('buckets', found([])),
    bucketEncryption: () => say('encryption', found({ algorithm: 'aws:kms', key: KEY })),
    bucketPolicy: () => say('bucket policy', absent),
    key: (arn) => say('key', found({ arn, state: 'Enabled', managedByAws: false, symmetric: true, policy: ALL })),
    oidcProviderArns: () => say('providers', found([])),
    podIdentity: (_cluster, namespace, serviceAccount) =>
      say('association', found({ namespace, serviceAccount, roleArn: role().arn, tags: {} })),
    policyDocument: () => say('policy', found(ALL)),
    role: () => say('role', found(role())),
    ...change,
  };
  return { aws: its, calls };
}

const view = (name: string, change: Partial<ProfileView> = {}): ProfileView =>
  right({ profile: { ...listed(), metadata: { name } }, associations: found([]), ...change });
const bounded = (change: Partial<Role> = {}): Reading<Role> => found(role({ boundary: LIMITS, ...change }));

test('a thousand profiles cost no more calls than one, as long as they use the same', async () => {
  const counts = await Promise.all(
    [1, 1_000].map(async (size) => {
      const { aws, calls } = account();
      const views = Array.from({ length: size }, (_, at) => view(`p-${at}`, { role: bounded() }));
      const of = await inspectCloud(right().cluster, aws, views);
      assert.deepEqual(Object.keys(of(`p-${size - 1}`).buckets ?? {}), ['team-a-data']);
      return calls.sort();
    }),
  );
  assert.deepEqual(counts[0], ['bucket', 'bucket policy', 'encryption', 'key', 'policy']);
  assert.deepEqual(counts[1], counts[0]);
});

test('the providers of the account are asked for only where that of the cluster is missing', async () => {
  const { aws, calls } = account();
  await inspectCloud(right().cluster, aws, [view('a'), view('b')]);
  assert.ok(!calls.includes('providers'));
  const of = await inspectCloud(right().cluster, aws, [view('a', { provider: absent }), view('b')]);
  assert.equal(calls.filter((call) => call === 'providers').length, 1);
  assert.equal(of('a').providers?.state, 'found');
});

test('an association is read for a profile that has one, and nobody else', async () => {
  const { aws, calls } = account();
  const associations = found([{ id: 'a-1', namespace: 'a', serviceAccount: 'default-editor' }]);
  const of = await inspectCloud(right().cluster, aws, [view('a', { associations }), view('b', { associations })]);
  assert.deepEqual(
    calls.filter((call) => call === 'association'),
    ['association'],
  );
  assert.equal(of('a').association?.state, 'found');
  assert.equal(of('a').podRole?.state, 'found');
  assert.equal(of('b').association?.state, 'absent');
});

test('a bucket that refuses us and is not in our list is of another account', async () => {
  const refused = { bucket: async (name: string) => found({ name, region: 'us-west-2', accessible: false }) };
  for (const [list, foreign] of [
    [found([]), true],
    [found([{ name: 'team-a-data' }]), undefined],
    [denied('s3:ListAllMyBuckets', ''), undefined],
  ] as const) {
    const { aws } = account({ ...refused, buckets: async () => list });
    const seen = (await inspectCloud(right().cluster, aws, [view('a')]))('a').buckets?.['team-a-data']?.bucket;
    assert.equal(seen?.state === 'found' ? seen.value.foreign : seen, foreign);
  }
});

/** Each call that may be refused, by the permission that is then named. */
const REFUSALS: readonly (readonly [permission: string, change: Partial<CloudReader>])[] = [
  ['s3:ListBucket', { bucket: async () => denied('s3:ListBucket', '') }],
  ['s3:GetEncryptionConfiguration', { bucketEncryption: async () => denied('s3:GetEncryptionConfiguration', '') }],
  ['s3:GetBucketPolicy', { bucketPolicy: async () => denied('s3:GetBucketPolicy', '') }],
  ['kms:DescribeKey', { key: async () => denied('kms:DescribeKey', '') }],
  ['iam:GetPolicyVersion', { policyDocument: async () => denied('iam:GetPolicyVersion', '') }],
  ['eks:DescribePodIdentityAssociation', { podIdentity: async () => denied('eks:DescribePodIdentityAssociation', '') }],
];
for (const [permission, change] of REFUSALS)
  test(`without ${permission} that is named, the rest is judged, and nothing is made up`, async () => {
    const associations = found([{ id: 'a-1', namespace: 'team-a', serviceAccount: 'default-editor' }]);
    const mayUse = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: KEY }],
    });
    const inline = [
      { name: 's3', text: permissions({}) },
      { name: 'key', text: mayUse },
    ];
    const asked = view('team-a', { role: bounded({ inline }), associations });
    const judge = async (aws: CloudReader) => {
      const cloud = (await inspectCloud(asked.cluster, aws, [asked]))('team-a');
      return judgeProfile({ ...asked, ...cloud }, undefined, Date.parse('2026-11-23T12:00:00Z'));
    };
    const [all, without] = [await judge(account().aws), await judge(account(change).aws)];
    const unread = without.unread.map((one) => one.permission);
    assert.ok(DOCTOR_READS.includes(permission), `docs/permissions.md does not have ${permission}`);
    assert.deepEqual(unread, [permission], JSON.stringify(without.unread));
    assert.deepEqual(all.unread, []);
    const ids = ({ problems, remarks }: typeof all) => [...problems, ...remarks].map(({ id }) => id);
    for (const id of ids(without)) assert.ok(ids(all).includes(id), `${id} is made up`);
  });
