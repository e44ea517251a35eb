/** Reads the buckets in which profiles lie, and the keys of these, each once. */
import type { Limit, WorldBucket, WorldKey } from '../../core/isolation/world.ts';
import { keyArnOf } from '../../core/policy/key.ts';
import { absent, denied, failed, found, valueOf, type Reading } from '../../core/reading.ts';
import { limiter, patiently } from '../roles.ts';
import { AT_ONCE, type IsolatedCluster } from './clusters.ts';
import { limit } from './limits.ts';

/** By name; `through`: the cluster by whose credentials each is read. What cannot be read is added to the limits. */
export async function lookAtBuckets(
  through: ReadonlyMap<string, IsolatedCluster>,
  limits: Limit[],
): Promise<{ readonly buckets: ReadonlyMap<string, WorldBucket>; readonly keys: ReadonlyMap<string, WorldKey> }> {
  const atOnce = limiter(AT_ONCE);
  const buckets = new Map<string, WorldBucket>();
  const keys = new Map<string, WorldKey>();
  await Promise.all(
    [...through].map(([name, by]) =>
      atOnce(async () => {
        const { bucket, key, limits: its } = await lookAtBucket(name, by);
        buckets.set(name, bucket);
        if (key !== undefined) keys.set(key.arn, key);
        limits.push(...its);
      }),
    ),
  );
  return { buckets, keys };
}

async function lookAtBucket(
  name: string,
  { aws, cluster }: IsolatedCluster,
): Promise<{ readonly bucket: WorldBucket; readonly key?: WorldKey; readonly limits: readonly Limit[] }> {
  const { account, partition } = cluster;
  const [head, policy, encryption] = await Promise.all([
    patiently(() => aws.bucket(name, account)),
    patiently(() => aws.bucketPolicy(name)),
    patiently(() => aws.bucketEncryption(name)),
  ]);
  const its = valueOf(head);
  const region = its?.region ?? cluster.region;
  const named = valueOf(encryption)?.key;
  const key = named === undefined ? undefined : await patiently(() => aws.key(named, region));
  const read = key === undefined ? undefined : valueOf(key);
  const arn = read?.arn ?? (named === undefined ? undefined : keyArnOf(named, { partition, account, region }));
  const keyPolicy: Reading<string> =
    read === undefined
      ? key === undefined || key.state === 'found'
        ? absent
        : key.state === 'absent'
          ? failed('There is no such key.')
          : key
      : read.policy === undefined
        ? denied(read.unread ?? 'kms:GetKeyPolicy', '')
        : found(read.policy);
  const owner = its?.foreign === true ? 'another account' : its?.accessible === true ? account : undefined;
  return {
    bucket: {
      region,
      ...(owner === undefined ? {} : { account: owner }),
      policy,
      ...(arn === undefined || read?.managedByAws === true ? {} : { key: arn }),
    },
    ...(arn === undefined || read?.managedByAws === true ? {} : { key: { arn, policy: keyPolicy } }),
    limits: [
      ...(head.state === 'absent' ? [{ text: `There is no bucket ${name}.` }] : []),
      ...limit(
        `The policy of bucket ${name}`,
        policy,
        'Nothing in this bucket can be judged: it may let in anybody, and refuse anybody.',
      ),
      ...limit(`The encryption of bucket ${name}`, encryption, 'Who may use its key is not in the matrix.'),
      ...limit(`The policy of key ${arn ?? ''}`, keyPolicy, 'Who may use it cannot be judged.'),
    ],
  };
}
