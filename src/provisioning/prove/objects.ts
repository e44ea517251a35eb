/** What a role does in a bucket, and must not: the calls of KFP's launcher, on probes that are taken away again. */
import { withRegion, type Deed, type Proof, type Where } from '../../core/plan/proof.ts';
import { profilePrefix } from '../../core/policy/build.ts';
import type { Means } from '../driver.ts';
import { OutsideError, type ObjectStore, type TemporaryCredentials } from '../ports.ts';
import { isCancelled, unlessCancelled } from '../wait.ts';
import { patiently, reasonOf, refusal, settled, type Place, type Proven, type Refusal, type Trial } from './trial.ts';

/** S3's answers, and what the SDK makes of them, to a call for a bucket of another region (S3 API reference, error responses). */
const ELSEWHERE = new Set([
  ...['PermanentRedirect', 'TemporaryRedirect', 'Redirect', '301', '307'],
  ...['AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'],
]);
export const isElsewhere = (error: unknown): boolean => error instanceof OutsideError && ELSEWHERE.has(error.code);

export function elsewhere(place: Place): string {
  const { bucket, region, bucketRegion } = place;
  const its = bucketRegion === region ? undefined : bucketRegion;
  return its === undefined
    ? `Bucket ${bucket} is not in ${region}, where it was called: S3 sends its callers to another region. Look up where it is.`
    : `KFP's launcher would call bucket ${bucket} in ${region}, but it is in ${its}, and S3 sends its callers there: every run fails. To mend it, ${withRegion(place, its)}`;
}

/** Objects of a place as a role, and where probes go. */
interface Use {
  readonly place: Place;
  readonly store: ObjectStore;
  /** Key of a probe. */
  readonly key: (name?: string) => string;
  readonly where: (key: string) => string;
  /** Does something as the role, else as the caller: what tidies up. */
  readonly anyhow: (work: (store: ObjectStore) => Promise<void>) => Promise<void>;
}

/** Objects of places as one role: places that differ in their prefix alone share a connection. */
type Stores = (place: Place) => ObjectStore;

function storesFor({ outside }: Trial, credentials: TemporaryCredentials): Stores {
  const stores = new Map<string, ObjectStore>();
  return ({ bucket, region, endpoint }) => {
    const key = [bucket, region, endpoint].join(' ');
    const store = stores.get(key) ?? outside.aws.objects(bucket, region, credentials, endpoint);
    stores.set(key, store);
    return store;
  };
}

function useOf(place: Place, trial: Trial, stores: Stores): Use {
  const { bucket, region, endpoint, prefix } = place;
  const { aws } = trial.outside;
  const store = stores(place);
  return {
    place,
    store,
    anyhow: (work) => work(store).catch(() => work(aws.objects(bucket, region, undefined, endpoint))),
    key: (name = '') => `${prefix}${PROBES}${trial.probe}${name}`,
    where: (key) => `s3://${bucket}/${key}`,
  };
}

/** Below which prefix probes lie. */
const PROBES = '.kubeflow-irsa-probe/';
/** End of the key of a probe that is uploaded in parts. */
const PARTS = '-parts';
/** What leaves an object for a moment; of a role that only reads, the caller writes it. */
const MAKES: readonly Deed[] = ['write', 'write in parts', 'read'];
const BODY = 'Probe of Kubeflow IRSA. It is safe to delete this object.\n';
/** Whose prefix is tried where there is no other profile: nobody can have this name. */
const NOBODY = '.kubeflow-irsa-nobody';

/** Keys of the probes of a run at a place. */
const probesOf = (prefix: string, probe: string): readonly string[] =>
  ['', PARTS].map((name) => `${prefix}${PROBES}${probe}${name}`);

/**
 * Takes away what the proofs of a run left behind whose process ended in the middle of them, as the caller. Never throws: what may not be
 * looked for stays, and does no harm.
 */
export async function takeAwayProbes(
  proofs: readonly Proof[],
  { aws }: Pick<Means, 'aws'>,
  run: string,
): Promise<void> {
  const places = proofs.flatMap(({ does, must, where }) =>
    where === undefined || 'beside' in where || must !== 'succeed' || !does.some((deed) => MAKES.includes(deed))
      ? []
      : [where],
  );
  await Promise.all(
    places.map(async ({ bucket, region, endpoint, prefix }) => {
      const store = aws.objects(bucket, region, undefined, endpoint);
      for (const key of probesOf(prefix, run)) {
        await store.delete(key).catch(() => undefined);
        for (const upload of await store.uploads(key).catch(() => []))
          await store.abortUpload(key, upload).catch(() => undefined);
      }
    }),
  );
}

/** Does all that one user must and must not. True if an object was touched, or none had to be. */
export async function useBuckets(
  proofs: readonly Proof[],
  credentials: TemporaryCredentials,
  trial: Trial,
): Promise<boolean> {
  const stores = storesFor(trial, credentials);
  const work: Promise<boolean>[] = [];
  const listed: Promise<boolean>[] = [];
  for (const { must, does, where } of proofs) {
    if (must !== 'succeed' || where === undefined || 'beside' in where) continue;
    const use = useOf(where, trial, stores);
    if (does.includes('list')) listed.push(list(use, trial));
    if (!trial.touch) {
      work.push(look(use, trial).then(() => false));
      continue;
    }
    if (does.includes('read')) work.push(readOnly(use, trial));
    if (does.includes('write')) work.push(write(use, trial));
    if (does.includes('write in parts')) work.push(writeInParts(use, trial));
  }
  // A role that may do nothing yet is refused everywhere: that would prove nothing.
  const refused = settled(listed).then(async (all) => {
    if (!all.every(Boolean)) return;
    await settled(
      proofs.map(async (proof) => {
        if (proof.must === 'be refused') await refuseUse(proof, stores, trial);
      }),
    );
  });
  const [done] = await settled<readonly boolean[] | void>([settled(work), refused]);
  return (done ?? []).every(Boolean);
}

async function list({ place, store, where }: Use, { outside, patience, step }: Trial): Promise<boolean> {
  const below = `${place.prefix}${PROBES}`;
  const done = await step(
    'list',
    async () => {
      await patiently(outside, () => store.list(below, 1), patience);
      return { value: true, text: `It listed ${where(place.prefix)}.` };
    },
    `It could not list ${where(place.prefix)}, and pipelines list before they download:`,
    place,
  );
  return done !== undefined;
}

/**
 * Without touching: who is told "no such key" may read. "Access denied" tells nothing: S3 says so of a missing key to everybody who may
 * not list the whole bucket (S3 API reference, GetObject), and the proof of listing is one of its own.
 */
async function look({ place, store, key, where }: Use, { outside, say, step }: Trial): Promise<void> {
  const below = where(place.prefix);
  const answer = await unlessCancelled(
    outside.signal,
    store.get(key()).catch((error: unknown) => error),
  );
  const code = answer instanceof OutsideError ? answer.code : '';
  if (code === 'NoSuchKey') say('read', true, `It may list and read ${below}.`);
  else if (code.startsWith('AccessDenied'))
    say('read', null, `Whether it may read ${below} was not tried, since nothing was written there. Verify tries it.`);
  else await step('read', () => Promise.reject(answer as Error), `It could not read ${below}:`, place);
}

/** What calls may have left in the bucket: `takeAway` what they make, once what is under way has ended. */
interface Left {
  underWay?: Promise<unknown>;
  takeAway?: (() => Promise<unknown>) | undefined;
}

/** How long what is under way may still answer when its proof is cancelled, and what it left be deleted, in milliseconds. */
const TIDYING = 2_000;

/** Errors after which it is not known whether the call did its work. Others are answers: it did not. */
const UNSURE = /^(?:E[A-Z_]+|TimeoutError|RequestTimeout|InternalError|ServiceUnavailable|SlowDown|Unknown.*|5\d\d)$/;
const isUnsure = (error: unknown): boolean => !(error instanceof OutsideError) || UNSURE.test(error.code);

/** A call that makes something: it is taken away if nobody does before, unless it was surely not made. */
function making<T>(left: Left, call: Promise<T>, takeAway: () => Promise<unknown>): Promise<T> {
  const before = left.takeAway;
  left.takeAway = takeAway;
  const made = call.catch((error: unknown) => {
    if (!isUnsure(error)) left.takeAway = before;
    throw error;
  });
  left.underWay = made.catch(() => undefined);
  return made;
}

/** Work that writes; when it ends, however it does, what it left is taken away, or named. */
async function tidily<T>({ outside, say }: Trial, where: string, work: (left: Left) => Promise<T>): Promise<T> {
  const left: Left = {};
  let stopped = false;
  try {
    return await work(left);
  } catch (error) {
    stopped = isCancelled(error);
    throw error;
  } finally {
    if (left.takeAway !== undefined) {
      const end = new AbortController();
      const late = outside
        .sleep(TIDYING, end.signal)
        .then(() => Promise.reject(new OutsideError('no answer in time', 'Timeout')));
      const away = async (): Promise<boolean> => {
        await left.underWay;
        await left.takeAway?.();
        return left.takeAway !== undefined;
      };
      try {
        if ((await Promise.race([away(), late])) && stopped) say('delete', true, `${where} was deleted.`);
      } catch (error) {
        say(
          'delete',
          false,
          `The object of the proof, ${where}, may be left over; delete it by hand. ${reasonOf(error)}`,
          true,
        );
      } finally {
        end.abort();
      }
    }
  }
}

async function write({ place, store, anyhow, key: keyOf, where: nameOf }: Use, trial: Trial): Promise<boolean> {
  const { outside, patience, step } = trial;
  const key = keyOf();
  const where = nameOf(key);
  const remove = (): Promise<void> => anyhow((as) => as.delete(key));
  return tidily(trial, where, async (left) => {
    const written = await step(
      'write',
      async () => ({
        value: await patiently(outside, () => making(left, store.put(key, BODY), remove), patience),
        text: `It wrote ${where}.`,
      }),
      `It could not write ${where}:`,
      place,
    );
    if (written === undefined) return false;
    await step(
      'read',
      async () => ({
        value: await patiently(outside, () => readBack(store, key), patience),
        text: 'It read the object back.',
      }),
      `It could not read ${where}:`,
    );
    const deleted = await step(
      'delete',
      async () => ({
        value: await patiently(outside, () => store.delete(key), patience),
        text: 'It deleted the object.',
      }),
      `It could not delete ${where}:`,
    );
    if (deleted !== undefined) left.takeAway = undefined;
    return true;
  });
}

async function writeInParts({ place, store, anyhow, key: keyOf, where: nameOf }: Use, trial: Trial): Promise<boolean> {
  const { outside, patience, step } = trial;
  const key = keyOf(PARTS);
  const where = nameOf(key);
  return tidily(trial, where, async (left) => {
    const done = await step(
      'multipart',
      async () => {
        let begun: Awaited<ReturnType<ObjectStore['beginUpload']>> | undefined;
        // Where an answer was lost nobody knows the id: the caller looks for it.
        const abortUnknown = async (): Promise<void> => {
          const own = outside.aws.objects(place.bucket, place.region, undefined, place.endpoint);
          for (const upload of await own.uploads(key)) await own.abortUpload(key, upload);
        };
        const abort = async (): Promise<void> => {
          const upload = begun?.id;
          if (upload !== undefined) await anyhow((as) => as.abortUpload(key, upload));
          if (begun?.again !== false) await abortUnknown();
        };
        const begin = async (): Promise<void> => {
          begun = await store.beginUpload(key);
        };
        await patiently(outside, () => making(left, begin(), abort), patience);
        const upload = begun?.id ?? '';
        const part = store.uploadPart(key, upload, 1, BODY);
        left.underWay = part.catch(() => undefined);
        const tag = await unlessCancelled(outside.signal, part);
        const complete = store.completeUpload(key, upload, [tag]);
        left.underWay = complete.catch(() => undefined);
        left.takeAway = () => abort().then(() => anyhow((as) => as.delete(key)));
        await unlessCancelled(outside.signal, complete);
        await patiently(outside, () => readBack(store, key), patience);
        left.takeAway = () => anyhow((as) => as.delete(key));
        await patiently(outside, () => store.delete(key), patience);
        left.takeAway = begun?.again === true ? abortUnknown : undefined;
        return { value: true, text: `It uploaded ${where} in parts, read it back and deleted it.` };
      },
      `It could not upload ${where} in parts, read it back and delete it:`,
      place,
    );
    return done !== undefined;
  });
}

async function readBack(store: ObjectStore, key: string): Promise<void> {
  if ((await store.get(key)) !== BODY) throw new OutsideError('the object read is not the one written', 'Mismatch');
}

/** The place that must be refused, and whose it is: one that is known, or the prefix of some other profile. */
async function otherPlace(where: Where, { others }: Trial): Promise<{ readonly place: Place; readonly whose: string }> {
  if (!('beside' in where)) return { place: where, whose: 'the place of somebody else' };
  const known = await others;
  const name = 'names' in known ? known.names.find((one) => one !== where.beside) : undefined;
  const whose = name === undefined ? 'outside its own prefix' : `the prefix of profile ${name}`;
  return { place: { ...where, prefix: profilePrefix(name ?? NOBODY) }, whose };
}

/** What the role must be refused below the prefix of another profile. */
async function refuseUse({ does, where }: Proof, stores: Stores, trial: Trial): Promise<void> {
  if (where === undefined) return;
  const { place, whose } = await otherPlace(where, trial);
  const use = useOf(place, trial, stores);
  const below = use.where(place.prefix);
  const { store } = use;
  const key = use.key();
  const tell = (id: Proven['id'], came: Refusal, deed: string, mend: string): void => {
    if (came === 'refused') trial.say(id, true, `AWS refused to let it ${deed} ${below}.`);
    else if (came === 'allowed')
      trial.say(id, false, `It may ${deed} ${below}, ${whose}: its policy is too wide. ${mend}`);
    else trial.say(id, false, `Whether it may ${deed} ${below} could not be tried: ${came.problem}`);
  };
  const trying: Promise<void>[] = [];
  if (does.includes('list'))
    trying.push(
      refusal(trial, () => store.list(`${place.prefix}${PROBES}`, 1)).then((came) =>
        tell('other-prefix-list-refused', came, 'list', 'Add a condition on s3:prefix to s3:ListBucket.'),
      ),
    );
  if (does.includes('write') && trial.touch)
    trying.push(
      tidily(trial, use.where(key), async (left) => {
        const remove = (): Promise<void> => use.anyhow((as) => as.delete(key));
        const came = await refusal(trial, () => making(left, store.put(key, BODY), remove));
        tell('other-prefix-write-refused', came, 'write below', 'Limit its Resource to its own prefix.');
      }),
    );
  await settled(trying);
}

/** With read-only access the caller writes the probe, the role reads it. */
async function readOnly({ place, store, key: keyOf, where: nameOf }: Use, trial: Trial): Promise<boolean> {
  const { outside, patience, step } = trial;
  const { bucket, region } = place;
  const own = outside.aws.objects(bucket, region);
  const key = keyOf();
  const where = nameOf(key);
  return tidily(trial, where, async (left) => {
    const placed = await unlessCancelled(
      outside.signal,
      making(left, own.put(key, BODY), () => own.delete(key)).then(
        () => true,
        () => false,
      ),
    );
    const read = await step(
      'read',
      async () => {
        if (placed) {
          await patiently(outside, () => readBack(store, key), patience);
          return { value: undefined, text: 'It read an object that you wrote.' };
        }
        // A role that may list may be held to its own prefix.
        await patiently(outside, () => store.list(place.prefix, 1), patience);
        return {
          value: undefined,
          text: `It may list ${place.prefix === '' ? 'the bucket' : nameOf(place.prefix)}. You may not write there yourself, so no object was read.`,
        };
      },
      `It could not read s3://${bucket}:`,
      place,
    );
    if (placed) {
      const deleted = await step(
        'delete',
        async () => ({
          value: await unlessCancelled(outside.signal, own.delete(key)),
          text: 'You deleted the object.',
        }),
        `You could not delete ${where}:`,
      );
      if (deleted !== undefined) left.takeAway = undefined;
    }
    return placed && read !== undefined;
  });
}
