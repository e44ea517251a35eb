/** What is read of the bucket of a plan: whether it is there, how it is encrypted, and the key of that. */
import { factsOf } from '../core/facts.ts';
import { refText, type Kind, type Ref } from '../core/kinds.ts';
import type { Bucket, Caller } from '../core/observation.ts';
import { encryptionRef, keyRef, keyToRead } from '../core/plan/bucket.ts';
import { bucketRef } from '../core/plan/plan.ts';
import { found, valueOf, type Reading } from '../core/reading.ts';
import type { Request } from '../core/request.ts';
import type { Aws } from './ports.ts';
import { FRESH_FOR_PLAN, type Store, type Whole } from './store.ts';

/**
 * Two calls for a bucket that is not encrypted with a key, beside what is read anyway; the key's own are made only where there is
 * one. The readings are put into `things`.
 */
export async function lookAtBucket(
  wish: Pick<Request, 'bucket' | 'createBucket' | 'bucketKey' | 'region'>,
  caller: Promise<Reading<Caller>>,
  aws: Aws,
  store: Store,
  things: Map<string, Reading<unknown>>,
): Promise<void> {
  const name = wish.bucket;
  const ask = async <K extends Kind>(
    ref: Ref<K>,
    question: () => Promise<Reading<Whole[K]>>,
  ): Promise<Reading<Whole[K]>> => {
    const reading = await store.read(ref, FRESH_FOR_PLAN, question);
    things.set(refText(ref), reading);
    return reading;
  };
  const [bucket] = await Promise.all([
    ask(bucketRef(name), async () => aws.bucket(name, valueOf(await caller)?.account)),
    ask(encryptionRef(name), () => aws.bucketEncryption(name)),
  ]);
  // What is made is compared as a whole; nobody else's settings are read.
  if (
    wish.createBucket === true &&
    bucket.state === 'found' &&
    bucket.value.accessible &&
    bucket.value.foreign !== true
  )
    things.set(refText(bucketRef(name)), await withSettings(bucket.value, aws));
  const key = keyToRead(wish, factsOf({ things }));
  if (key === undefined) return;
  const region = valueOf(bucket)?.region ?? wish.region;
  await ask(keyRef(key, region), () => aws.key(key, region));
}

/** With its settings, where they may be read. */
async function withSettings(bucket: Bucket, aws: Aws): Promise<Reading<Bucket>> {
  const settings = await aws.bucketSettings(bucket.name);
  return found(settings.state === 'found' ? { ...bucket, settings: settings.value } : bucket);
}
