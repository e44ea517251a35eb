/** The driver of buckets: they are made and finished, and never deleted. */
import { isOursToFinish, lackingSettings, OWNER_ENFORCED, S3_KEYS } from '../core/bucket.ts';
import { holds } from '../core/kinds.ts';
import type { Bucket, BucketSettings } from '../core/observation.ts';
import { bucketRef, unreadable } from '../core/plan/plan.ts';
import { found, type Reading } from '../core/reading.ts';
import { TAG } from '../core/tags.ts';
import { marked, readExisting, type Driver, type Means, type Run } from './driver.ts';
import { OutsideError } from './ports.ts';
import { patiently } from './wait.ts';

/** A bucket made a moment ago may not be visible yet, and S3 takes one change of a bucket at a time; waits in milliseconds. */
const BUCKET_PATIENCE = [200, 500, 1_000, 2_000, 4_000];
const isSettling = ({ code }: OutsideError): boolean => /^(NoSuchBucket|OperationAborted|NotFound)/.test(code);

/** A bucket of which nothing is set yet. */
const NEW: BucketSettings = { publicAccessBlocked: false, tags: {}, empty: true };

export function bucketDriver(means: Means): Driver<'s3/bucket'> {
  const { aws } = means;
  const read = async (name: string): Promise<Reading<Bucket>> => {
    const bucket = await aws.bucket(name);
    if (bucket.state !== 'found' || !bucket.value.accessible) return bucket;
    const settings = await aws.bucketSettings(name);
    return settings.state === 'found' ? found({ ...bucket.value, settings: settings.value }) : settings;
  };
  /** Sets one thing after the other, and only what is not so: first the tags, by which it is known as ours. */
  const finish = async (there: Bucket, wanted: BucketSettings, run: Run): Promise<void> => {
    const { name } = there;
    const set: Readonly<Partial<Record<keyof BucketSettings, () => Promise<void>>>> = {
      tags: () => aws.tagBucket(name, marked(wanted.tags, run)),
      publicAccessBlocked: () => aws.blockPublicAccess(name),
      ownership: () => aws.setOwnership(name, wanted.ownership ?? OWNER_ENFORCED),
      encryption: () => aws.encryptBucket(name, wanted.encryption ?? S3_KEYS),
      policy: () => (wanted.policy === undefined ? Promise.resolve() : aws.putBucketPolicy(name, wanted.policy)),
    };
    for (const what of lackingSettings(there, wanted))
      await patiently(means, set[what] ?? (() => Promise.resolve()), BUCKET_PATIENCE, isSettling);
  };
  const create = async (name: string, after: Bucket, wanted: BucketSettings, run: Run): Promise<void> => {
    // In us-east-1 S3 makes no error of making a bucket again, so it is looked at first.
    const before = await read(name);
    if (before.state !== 'absent') return take(name, before, after, wanted, run);
    try {
      await aws.createBucket(name);
    } catch (error) {
      if (!(error instanceof OutsideError && error.code === 'BucketAlreadyOwnedByYou')) throw error;
      // The answer to the first call was lost, or somebody was faster.
      return take(
        name,
        await readExisting({ read: ({ key }) => read(key) }, bucketRef(name), means),
        after,
        wanted,
        run,
      );
    }
    await finish({ ...after, settings: { ...NEW, ownership: OWNER_ENFORCED } }, wanted, run);
  };
  /** Finishes a bucket that is there where one was to be made, if nobody else set anything of it. */
  const take = async (
    name: string,
    there: Reading<Bucket>,
    after: Bucket,
    wanted: BucketSettings,
    run: Run,
  ): Promise<void> => {
    if (there.state !== 'found') throw new OutsideError(unreadable(there, `Bucket ${name}`), there.state);
    const { value } = there;
    if (!value.accessible)
      throw new OutsideError(
        `The name ${name} is taken by a bucket of another account. Choose another name.`,
        'BucketAlreadyExists',
      );
    if (holds('s3/bucket', value, after)) throw new OutsideError(`Bucket ${name} is there already.`, 'AlreadyExists');
    if (value.settings === undefined || !isOursToFinish(value.settings))
      throw new OutsideError(
        `Bucket ${name} was made by somebody else since the plan was made; nothing of it was changed. Make a new plan.`,
        'Changed',
      );
    return finish(value, wanted, run);
  };
  return {
    read: ({ key }) => read(key),
    write: ({ ref, before, after }, run) => {
      if (after?.settings === undefined)
        return Promise.reject(new OutsideError('Buckets are never deleted here.', 'NotSupported'));
      return before === undefined ? create(ref.key, after, after.settings, run) : finish(before, after.settings, run);
    },
    // Making one that is there is no error of ours: it is looked at, and what somebody made is left alone.
    guards: ({ before }) => before === undefined,
    madeBy: ({ settings }, { id }) => settings?.tags[TAG.run] === id,
  };
}
