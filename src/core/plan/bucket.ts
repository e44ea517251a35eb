/** The bucket of a profile's plan: that it is there and can be reached, or is made; and the KMS key that it is encrypted with. */
import { newBucketProblem } from '../arn/names.ts';
import { parseArn } from '../arn/arn.ts';
import { partitionOfRegion } from '../arn/partitions.ts';
import { isOursToFinish, lackingSettings, wantedSettings } from '../bucket.ts';
import { NOT_READ, type Facts } from '../facts.ts';
import { BUCKET_READS, KINDS, type Change } from '../kinds.ts';
import type { Bucket, BucketSettings, Cluster, Encryption, KmsKey } from '../observation.ts';
import { judgeKeyPolicy, keyArnOf, keyStatement, MANAGED_ALIAS } from '../policy/key.ts';
import { keyActions } from '../policy/build.ts';
import { valueOf, type Reading } from '../reading.ts';
import type { Request } from '../request.ts';
import { clusterTags } from '../tags.ts';
import { blocked } from './part.ts';
import { bucketRef, refOf, unreadable, type Need } from './plan.ts';

export interface BucketPart {
  readonly needs: readonly Need[];
  readonly changes: readonly Change[];
  readonly warnings: readonly string[];
  /** What had to be allowed to find all of it out. */
  readonly reads: readonly string[];
  /** Where it is, or will be. */
  readonly region: string;
  /** ARN of the key that the role must be allowed to use. */
  readonly key?: string;
  /** Whether there is such a key could not be read. */
  readonly keyUnknown?: true;
}

export const encryptionRef = (bucket: string) => refOf('s3/encryption', '', bucket);

/** A key as a bucket's encryption names it, which is in the region of the bucket. */
export const keyRef = (name: string, region: string) => refOf('kms/key', region, name);

/**
 * The key that has to be looked at, by its name: that of the encryption of the bucket, or the one that a new bucket gets. Undefined
 * where S3's own keys or its AWS managed one are used.
 */
export function keyToRead(
  wish: Pick<Request, 'bucket' | 'createBucket' | 'bucketKey'>,
  facts: Facts,
): string | undefined {
  const made = makes(wish, facts.get(bucketRef(wish.bucket)));
  const { key } = (made && wish.bucketKey !== undefined ? { key: wish.bucketKey } : encryptionOf(wish, facts)) ?? {};
  return key === undefined || MANAGED_ALIAS.test(key) ? undefined : key;
}

const encryptionOf = ({ bucket }: Pick<Request, 'bucket'>, facts: Facts): Encryption | undefined =>
  valueOf(facts.get(encryptionRef(bucket))) ?? valueOf(facts.get(bucketRef(bucket)))?.settings?.encryption;

/** Whether the bucket is made, or finished: it is not there, or nothing is in it that somebody set. */
const makes = ({ createBucket }: Pick<Request, 'createBucket'>, bucket: Reading<Bucket>): boolean =>
  createBucket === true &&
  (bucket.state === 'absent' ||
    (bucket.state === 'found' && bucket.value.settings !== undefined && isOursToFinish(bucket.value.settings)));

/** @param role ARN of the role that will use the bucket; undefined: not known yet, then no key policy is judged */
export function bucketPart(wish: Request, facts: Facts, role?: string): BucketPart {
  const reading = facts.get(bucketRef(wish.bucket));
  const region = valueOf(reading)?.region ?? wish.region;
  const cluster = valueOf(facts.cluster);
  const made = cluster !== undefined && makes(wish, reading);
  const key = keyPart(wish, facts, region, made, role);
  const warnings = [...bucketWarnings(wish, facts, reading), ...key.warnings];
  const rest = {
    warnings,
    reads: readsOf(wish, facts),
    region,
    ...(key.arn === undefined ? {} : { key: key.arn }),
    ...(key.unknown === undefined ? {} : { keyUnknown: key.unknown }),
  };
  if (!made) return { needs: [bucketNeed(wish, facts, reading), ...key.needs], changes: [], ...rest };
  const change = creation(wish, cluster, valueOf(reading), key);
  if ('holds' in change) return { needs: [change, ...key.needs], changes: [], ...rest };
  return { needs: key.needs, changes: [change], ...rest };
}

function readsOf(wish: Request, facts: Facts): readonly string[] {
  const bucket = valueOf(facts.get(bucketRef(wish.bucket)));
  const { read } = KINDS['kms/key'].may;
  return [
    ...KINDS['s3/bucket'].may.read,
    ...KINDS['s3/encryption'].may.read,
    ...(wish.createBucket === true && bucket?.accessible === true && bucket.foreign !== true ? BUCKET_READS : []),
    ...(keyToRead(wish, facts) === undefined ? [] : read),
  ];
}

/** The bucket with all its settings; or why it cannot be made. */
function creation(
  wish: Request,
  cluster: Cluster,
  before: Bucket | undefined,
  key: KeyPart,
): Change<'s3/bucket'> | Need {
  const region = before?.region ?? wish.region;
  const what = `in ${region}: no public access, TLS only, encrypted, objects owned by the account`;
  const title = `S3 bucket ${wish.bucket}, ${what}`;
  const problem = before === undefined ? newBucketProblem(wish.bucket) : undefined;
  if (problem !== undefined) return blocked('bucket', title, problem);
  const encryption: Encryption | undefined =
    wish.bucketKey === undefined
      ? undefined
      : { algorithm: 'aws:kms', ...(MANAGED_ALIAS.test(wish.bucketKey) ? {} : { key: key.arn ?? wish.bucketKey }) };
  const settings = wantedSettings(cluster.partition, wish.bucket, clusterTags(cluster), encryption, before?.settings);
  const after: Bucket = { name: wish.bucket, region, accessible: true, settings };
  return {
    ref: bucketRef(wish.bucket),
    ...(before === undefined ? {} : { before }),
    after,
    what,
    note: 'is there, with all of these settings',
    shared: true,
  };
}

function bucketNeed(wish: Request, facts: Facts, bucket: Reading<Bucket>): Need {
  const title = `S3 bucket ${wish.bucket}`;
  const cluster = valueOf(facts.cluster);
  const need = (reason: string): Need => ({ id: 'bucket', title, holds: true, reason });
  const stop = (reason: string, more: Partial<Need> = {}): Need => blocked('bucket', title, reason, more);
  if (bucket.state === 'absent')
    return stop(`There is no bucket ${wish.bucket}. Let it be made here, or choose another.`, {
      consent: 'createBucket',
    });
  if (bucket.state === 'failed') return stop(unreadable(bucket, `Bucket ${wish.bucket}`));
  if (bucket.state === 'denied')
    return need(`You may not look at it (${bucket.permission}); the role can still be given access.`);
  const { region, accessible, foreign, settings } = bucket.value;
  const partition = partitionOfRegion(region)?.id;
  if (cluster !== undefined && partition !== undefined && partition !== cluster.partition)
    return stop(
      `The bucket is in partition ${partition}, the cluster in ${cluster.partition}: a role cannot reach across partitions. Choose a bucket of the cluster's partition.`,
    );
  if (wish.createBucket === true && (!accessible || foreign === true))
    return stop(
      `The name ${wish.bucket} is taken: there is such a bucket in ${region}, of another account or one that you may not use. Choose another name for the new bucket, or plan without creating it.`,
    );
  const own = wish.createBucket === true ? ', is there already and stays as it is' : '';
  return need(`in ${region}${own}${settings === undefined ? '' : lacking(bucket.value, cluster)}`);
}

/** What a bucket of somebody else's lacks of what we would have set. */
function lacking(bucket: Bucket, cluster: Cluster | undefined): string {
  if (cluster === undefined) return '';
  const WORDS: Readonly<Partial<Record<keyof BucketSettings, string>>> = {
    publicAccessBlocked: 'public access is not blocked',
    ownership: 'access lists are not switched off',
    policy: 'its policy does not ask for TLS',
  };
  const wanted = wantedSettings(cluster.partition, bucket.name, {}, bucket.settings?.encryption, bucket.settings);
  const words = lackingSettings(bucket, wanted).flatMap((name) => WORDS[name] ?? []);
  return words.length === 0 ? '' : `. Look at it: ${words.join(', ')}`;
}

function bucketWarnings(wish: Request, facts: Facts, reading: Reading<Bucket>): readonly string[] {
  const cluster = valueOf(facts.cluster);
  const bucket = valueOf(reading);
  return [
    ...(bucket !== undefined && cluster !== undefined && bucket.region !== cluster.region
      ? [
          `The bucket is in ${bucket.region}, the cluster in ${cluster.region}: traffic costs more, and Kubeflow Pipelines must be told the bucket's region.`,
        ]
      : []),
    ...(bucket?.foreign === true
      ? [`Bucket ${wish.bucket} belongs to another account: its bucket policy must allow the role, too.`]
      : bucket?.accessible === false
        ? [
            `You may not use bucket ${wish.bucket} yourself (s3:ListBucket). If it belongs to another account, its bucket policy must allow the role.`,
          ]
        : []),
  ];
}

interface KeyPart {
  readonly needs: readonly Need[];
  readonly warnings: readonly string[];
  readonly arn?: string;
  readonly unknown?: true;
}

const nothing: KeyPart = { needs: [], warnings: [] };

/** States of a key in which nothing can be encrypted with it, and what to do (KMS Developer Guide, "Key states"). */
const WHY: Readonly<Record<string, string>> = {
  Disabled: 'is disabled. Enable it',
  PendingDeletion: 'is about to be deleted. Cancel its deletion and enable it',
  PendingReplicaDeletion: 'is about to be deleted. Cancel its deletion and enable it',
  PendingImport: 'has no key material yet. Import it',
};

/** The key of the bucket: whether it can be used, and whether its policy lets the role in. */
function keyPart(wish: Request, facts: Facts, region: string, made: boolean, role: string | undefined): KeyPart {
  const { bucket, access } = wish;
  const encryption = facts.get(encryptionRef(bucket));
  const actions = keyActions(access).join(' and ');
  if (!made && (encryption.state === 'denied' || encryption.state === 'failed'))
    return {
      needs: [],
      unknown: true,
      warnings:
        encryption.state === 'failed' && encryption.code === NOT_READ
          ? []
          : [
              `${unreadable(encryption, `How bucket ${bucket} is encrypted`)} If that is with a KMS key of yours, the role also needs ${actions} on it (KP-047).`,
            ],
    };
  const name = keyToRead(wish, facts);
  const cluster = valueOf(facts.cluster);
  if (name === undefined || cluster === undefined) return nothing;
  const { partition, account } = cluster;
  const title = `KMS key of bucket ${bucket}`;
  const named = keyArnOf(name, { partition, account, region });
  const stop = (reason: string): KeyPart => ({
    needs: [blocked('key', title, reason)],
    warnings: [],
    ...(named === undefined ? {} : { arn: named }),
  });
  const way = made ? 'choose another key' : "change the bucket's default encryption, or choose another bucket";
  const place = parseArn(named ?? '')?.region;
  if (place !== undefined && place !== region)
    return stop(
      `Key ${name} is in ${place}, the bucket in ${region}: S3 uses only keys of the bucket's region, so ${way}.`,
    );
  const reading = facts.get(keyRef(name, region));
  if (reading.state === 'absent')
    return stop(`There is no key ${name} in ${region}: nothing can be stored in the bucket. ${capital(way)}.`);
  if (reading.state !== 'found') {
    if (named === undefined || reading.state === 'failed') return stop(unreadable(reading, `Which key ${name} is`));
    const statement = role === undefined ? '' : ` ${toAdd(named, role, wish)}`;
    return {
      needs: [],
      arn: named,
      warnings: [
        `You may not look at KMS key ${named} of bucket ${bucket} (${reading.permission}): whether it is enabled, and whether its policy lets the role in, is not known. If it leaves nothing to IAM, it needs a statement.${statement}`,
      ],
    };
  }
  return judged(reading.value, { title, way, role, wish, account });
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

const toAdd = (key: string, role: string, { access }: Request): string =>
  `The statement: ${JSON.stringify(keyStatement(key, role, access))}`;

function judged(
  key: KmsKey,
  about: {
    readonly title: string;
    readonly way: string;
    readonly role: string | undefined;
    readonly wish: Request;
    readonly account: string;
  },
): KeyPart {
  const { title, way, role, wish, account } = about;
  const { arn } = key;
  const stop = (reason: string): KeyPart => ({ needs: [blocked('key', title, reason)], warnings: [], arn });
  if (key.state !== 'Enabled') {
    const when = key.deletion === undefined ? '' : ` (on ${key.deletion.slice(0, 10)})`;
    return stop(
      `Key ${arn} ${WHY[key.state] ?? `is ${key.state}. Wait until it is enabled`}${when}; or ${way}. Until then nothing can be stored in the bucket.`,
    );
  }
  if (!key.symmetric) return stop(`Key ${arn} is not of the sort that S3 can use (symmetric, to encrypt): ${way}.`);
  const need = (reason: string, warnings: readonly string[] = []): KeyPart => ({
    needs: [{ id: 'key', title, holds: true, reason: `${arn}, ${reason}` }],
    warnings,
    arn,
  });
  if (key.managedByAws) {
    const { needs, warnings } = need('managed by AWS for S3: whoever may use the bucket may use it');
    return { needs, warnings };
  }
  if (role === undefined) return need('enabled');
  const owner = parseArn(arn)?.account;
  if (owner !== account)
    return need(`of account ${owner ?? '?'}`, [
      `KMS key ${arn} belongs to account ${owner ?? '?'}: only its owner can read and change its policy, which must let the role in. ${toAdd(arn, role, wish)}`,
    ]);
  if (key.policy === undefined)
    return need('enabled', [
      `The policy of KMS key ${arn} cannot be read (${key.unread ?? '?'}): whether it lets the role in is not known. If it leaves nothing to IAM, it needs a statement. ${toAdd(arn, role, wish)}`,
    ]);
  const verdict = judgeKeyPolicy(key.policy, arn, role, wish.access);
  if (verdict.answer === 'yes')
    return need(verdict.by === 'iam' ? 'its policy leaves access to IAM' : 'its policy lets the role in');
  if (verdict.answer === 'unknown')
    return need('enabled', [
      `Whether the policy of KMS key ${arn} lets the role in cannot be judged: it has conditions that depend on more than the plan knows. The proof will show it. ${toAdd(arn, role, wish)}`,
    ]);
  return stop(
    verdict.denied === true
      ? `A Deny in the policy of key ${arn} keeps the role from ${keyActions(wish.access).join(' and ')} (KP-047): change that Deny, or ${way}.`
      : `The policy of key ${arn} neither names the role nor leaves access to IAM (KP-047): the role could store nothing in the bucket. Ask its administrator to add a statement to the key's policy, or ${way}. ${toAdd(arn, role, wish)}`,
  );
}
