import { withRegion, type Proof, type Told, type Where, type Who } from '../core/plan/proof.ts';
import { AUDIENCE, profilePrefix } from '../core/policy/build.ts';
import { keyRefusal } from '../core/policy/key.ts';
import { absent } from '../core/reading.ts';
import { messageOf, spoken } from '../core/text.ts';
import type { Means } from './driver.ts';
import { OutsideError, type ObjectStore, type TemporaryCredentials } from './ports.ts';
import { isCancelled, patiently as tryAgain, pause, unlessCancelled, type Patience } from './wait.ts';

/** What is tried, in the order in which it is told. `launcher` is read, not tried. */
const IDS = [
  ...(['token', 'issuer', 'assume-role', 'launcher', 'region'] as const),
  ...(['list', 'write', 'read', 'delete', 'multipart'] as const),
  ...(['neighbour-refused', 'other-profile-refused'] as const),
  ...(['other-prefix-list-refused', 'other-prefix-write-refused'] as const),
] as const;

/** One thing that was tried, with what came of it. */
export interface Proven extends Told {
  readonly id: (typeof IDS)[number];
}

export interface Verification {
  /**
   * - `verified`: objects were used by the profile's own service account, and who must be refused was refused;
   * - `checked`: nothing failed, but no object was touched; - `failed`: see the proof that is not ok;
   * - `cancelled`: it was stopped, and says nothing.
   */
  readonly outcome: 'verified' | 'checked' | 'failed' | 'cancelled';
  readonly proofs: readonly Proven[];
}

/** What a run and its proofs act on. */
export interface Outside extends Means {
  /** Unique text, for the name of a probe and of a run. */
  readonly unique: () => string;
}

/** Kubernetes: the shortest lifetime of a requested token, in seconds. */
const TOKEN_SECONDS = 600;
/**
 * IAM is eventually consistent (IAM User Guide, troubleshoot_general): a new role, provider or policy may be refused for a
 * while. Waits between tries in milliseconds; together about 60 s, the patience of other tools.
 */
const PATIENCE = [
  ...[50, 50, 50, 50, 75, 75, 100, 100, 150, 200, 300, 500, 800],
  ...[1_200, 2_000, 3_000, 4_000, 6_000, 8_000, 8_000, 8_000, 8_000, 8_000],
];
const MAY_PASS = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'InvalidIdentityToken',
  'InvalidIdentityTokenException',
  'IDPCommunicationError',
  'IDPCommunicationErrorException',
  'InvalidAccessKeyId',
  // A new namespace's service account `default` is made a moment after the namespace (Kubernetes, serviceaccount controller).
  'NotFound',
]);

const mayPass = ({ code }: OutsideError): boolean => MAY_PASS.has(code);

/** Tries again while the error is one that IAM's eventual consistency explains; throws as soon as it is cancelled. */
const patiently = <T>(outside: Patience, attempt: () => Promise<T>, patience: readonly number[]): Promise<T> =>
  tryAgain(outside, () => unlessCancelled(outside.signal, attempt()), patience, mayPass);

/** Claim `iss` of a JWT; undefined where the text is none. Reads only: whether it is genuine is for STS to say. */
function issuerOf(token: string): string | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const issuer = (claims as { iss?: unknown }).iss;
    return typeof issuer === 'string' ? issuer : undefined;
  } catch {
    return undefined;
  }
}

const reasonOf = (error: unknown): string => spoken(messageOf(error));

/** A Proof's place once it is known whose prefix it is. */
type Place = Omit<Where, 'beside'> & { readonly prefix: string };

/** How a list of proofs is tried, and where what comes of it goes. */
interface Trial {
  readonly outside: Outside;
  readonly touch: boolean;
  /** Waits between tries of what may be late. */
  readonly patience: readonly number[];
  readonly session: string;
  /** Part of the name of every probe. */
  readonly probe: string;
  readonly say: (id: Proven['id'], ok: boolean | null, text: string) => void;
  /**
   * Adds what came of something: its text, or `failure` and the reason. Undefined: it failed. What is cancelled is thrown on.
   * `place`: where it was tried, so that a bucket of another region is told as that.
   */
  readonly step: <T>(
    id: Proven['id'],
    action: () => Promise<{ readonly text: string; readonly value: T }>,
    failure: string,
    place?: Place,
  ) => Promise<{ readonly value: T } | undefined>;
  /** Names of other profiles, to try with. */
  readonly others: Promise<Others>;
}

/**
 * Proves by doing: tokens of service accounts, roles assumed with them, the calls of KFP's launcher (with `touch` also those that
 * write), and who must be refused refused. Never throws: what fails is a proof that is not ok. What it wrote is gone when it ends,
 * however it does, or named. With `settled`, nothing was changed just now: then IAM gets no time to become consistent.
 */
export async function prove(
  proofs: readonly Proof[],
  outside: Outside,
  how: { readonly touch: boolean; readonly settled: boolean },
): Promise<Verification> {
  const proven: Proven[] = [];
  const told = (): readonly Proven[] => [...proven].sort((a, b) => IDS.indexOf(a.id) - IDS.indexOf(b.id));
  try {
    const touched = await tryAll(proofs, outside, how, proven);
    const outcome = proven.some(({ ok }) => ok === false) ? 'failed' : touched ? 'verified' : 'checked';
    return { outcome, proofs: told() };
  } catch (error) {
    if (isCancelled(error)) return { outcome: 'cancelled', proofs: told() };
    throw error;
  }
}

/** True if an object was touched. */
async function tryAll(
  proofs: readonly Proof[],
  outside: Outside,
  how: { readonly touch: boolean; readonly settled: boolean },
  proven: Proven[],
): Promise<boolean> {
  const say: Trial['say'] = (id, ok, text) => void proven.push({ id, ok, text });
  const patience = how.settled ? [] : PATIENCE;
  const trial: Trial = {
    outside,
    touch: how.touch,
    patience,
    session: `kubeflow-irsa-${outside.unique()}`.slice(0, 64),
    probe: outside.unique(),
    say,
    step: async (id, action, failure, place) => {
      try {
        const { text, value } = await action();
        say(id, true, text);
        return { value };
      } catch (error) {
        if (isCancelled(error)) throw error;
        if (place === undefined || !isElsewhere(error)) say(id, false, `${failure} ${reasonOf(error)}`);
        // Every call to it fails alike: once is enough.
        else if (!proven.some((one) => one.id === 'region')) say('region', false, elsewhere(place));
        return undefined;
      }
    },
    others: otherProfiles(proofs, outside),
  };
  for (const { settings } of proofs) if (settings !== undefined) say('launcher', settings.ok, settings.text);
  const users = usersOf(proofs);
  const refused = proofs.filter((proof) => !users.some((user) => user.proofs.includes(proof)));
  const letIn = (async () => {
    const tokens = await settled(users.map((user) => tokenOf(user, trial)));
    const ready: (User & { readonly credentials: TemporaryCredentials })[] = [];
    for (const [at, user] of users.entries()) {
      const token = tokens[at];
      // An earlier run may have ended a moment ago.
      const credentials = token && (await assumed(user, token, trial, how.settled ? PATIENCE.slice(0, 12) : PATIENCE));
      if (!credentials) return undefined;
      ready.push({ ...user, credentials });
    }
    return ready;
  })();
  // Who is refused is tried once somebody is let in: a role that lets in nobody yet would prove nothing.
  const refusing = refused.map(async (proof) => {
    const [ready, token] = await Promise.all([letIn, tokenToBeRefused(proof, trial)]);
    if (ready !== undefined) await refuse(proof, token, trial);
    return true;
  });
  const using = letIn.then(async (ready) => {
    if (ready === undefined) return false;
    return (await settled(ready.map((user) => useBuckets(user, user.credentials, explaining(trial, user.role))))).every(
      Boolean,
    );
  });
  // All have ended when this does: a probe is not left behind by what is cancelled beside it.
  return (await settled([using, ...refusing])).every(Boolean);
}

/** Says also what a refusal because of the bucket's key means. */
const explaining = (trial: Trial, role: string): Trial => ({
  ...trial,
  step: (id, action, failure, place) =>
    trial.step(
      id,
      () =>
        action().catch((error: unknown) => {
          const why = error instanceof OutsideError ? keyRefusal(error.message, role) : undefined;
          throw why === undefined ? error : new OutsideError(`${why} (${messageOf(error)})`, 'AccessDenied');
        }),
      failure,
      place,
    ),
});

/** All results once all have ended; throws the first error then. */
async function settled<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  const results = await Promise.allSettled(work);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** Somebody who is to be let in, with all that is to be done as that one. */
interface User {
  readonly who: Extract<Who, { readonly namespace: string }>;
  readonly role: string;
  readonly proofs: readonly Proof[];
}

/** Who must get credentials: whoever must succeed, and what that one must be refused with them. */
function usersOf(proofs: readonly Proof[]): readonly User[] {
  const users = new Map<string, User>();
  for (const proof of proofs) {
    const { who, role, does, must } = proof;
    if ('beside' in who || (must === 'be refused' && does.length === 0)) continue;
    const key = `${role} ${who.namespace}/${who.name}`;
    users.set(key, { who, role, proofs: [...(users.get(key)?.proofs ?? []), proof] });
  }
  return [...users.values()];
}

async function tokenOf({ who }: User, { outside, step }: Trial): Promise<string | undefined> {
  const account = `${who.namespace}/${who.name}`;
  const token = await step(
    'token',
    async () => ({
      value: await unlessCancelled(outside.signal, ask(outside, who.namespace, who.name)),
      text: `Kubernetes issued a token for ${account}.`,
    }),
    `Kubernetes issued no token for ${account}:`,
  );
  return token?.value;
}

async function ask({ kubernetes }: Outside, namespace: string, name: string): Promise<string> {
  if (kubernetes === undefined) throw new OutsideError('The cluster was not reached.', 'NoCluster');
  return kubernetes.serviceAccountToken(namespace, name, AUDIENCE, TOKEN_SECONDS);
}

/** Credentials of the role for a token, if it is one of this cluster and the role lets it in. */
async function assumed(
  { who, role }: User,
  token: string,
  { outside, session, say, step }: Trial,
  patience: readonly number[],
): Promise<TemporaryCredentials | undefined> {
  const issuer = issuerOf(token);
  if (issuer !== who.issuer) {
    say(
      'issuer',
      false,
      `The token was issued by ${issuer ?? 'nobody'}, but the cluster's issuer is ${who.issuer}: this is the token of another cluster. Check the kubeconfig.`,
    );
    return undefined;
  }
  const credentials = await step(
    'assume-role',
    async () => ({
      value: await patiently(outside, () => outside.aws.assumeRoleWithWebIdentity(role, token, session), patience),
      text: `It assumed ${role}.`,
    }),
    `It could not assume ${role}:`,
  );
  return credentials?.value;
}

/** Names of profiles, or why they are not known. */
type Others = { readonly names: readonly string[] } | { readonly problem: string };

/** Profiles to try with: one of two is another one than that which is proven. One call, and none where nobody asks. */
async function otherProfiles(proofs: readonly Proof[], { kubernetes, signal }: Outside): Promise<Others> {
  const wanted = proofs.some(({ who, where = {} }) => 'beside' in who || 'beside' in where);
  if (!wanted || kubernetes === undefined) return { names: [] };
  // Where it is cancelled, who asks next says so.
  const reading = await unlessCancelled(signal, kubernetes.profileNames(2)).catch(() => absent);
  switch (reading.state) {
    case 'found':
      return { names: reading.value };
    case 'absent':
      return { names: [] };
    case 'denied':
      return { problem: `you are not permitted to ${reading.permission}.` };
    case 'failed':
      return { problem: reading.reason };
  }
}

/** A token of who is to be refused. `untried`: there is none to try with, and that is nobody's fault. */
type Refusable =
  | { readonly account: string; readonly token: string }
  | { readonly account: string; readonly problem: string }
  | { readonly untried: string };

async function tokenToBeRefused({ who }: Proof, { outside, others, patience }: Trial): Promise<Refusable> {
  if (!('beside' in who)) {
    const account = `${who.namespace}/${who.name}`;
    try {
      const token = await patiently(outside, () => ask(outside, who.namespace, who.name), patience.slice(0, 13));
      return { account, token };
    } catch (error) {
      if (isCancelled(error)) throw error;
      return { account, problem: reasonOf(error) };
    }
  }
  const what = `Whether ${who.name} of another profile is refused was not tried:`;
  const known = await others;
  if ('problem' in known) return { untried: `${what} ${known.problem}` };
  for (const namespace of known.names.filter((name) => name !== who.beside)) {
    const account = `${namespace}/${who.name}`;
    try {
      return { account, token: await unlessCancelled(outside.signal, ask(outside, namespace, who.name)) };
    } catch (error) {
      if (isCancelled(error) || !(error instanceof OutsideError)) throw error;
      if (error.permission !== undefined) return { untried: `${what} ${reasonOf(error)}` };
      if (error.code !== 'NotFound') return { account, problem: reasonOf(error) };
    }
  }
  return { untried: `${what} this cluster has no other profile with that account.` };
}

/** What came of trying what must be refused. */
type Refusal = 'refused' | 'allowed' | { readonly problem: string };

/**
 * Tries what must be refused. What was narrowed a moment ago may still be allowed: the same patience as for what is refused too
 * long.
 */
async function refusal({ outside, patience }: Trial, attempt: () => Promise<unknown>): Promise<Refusal> {
  for (const wait of [...patience, undefined]) {
    const answer = await unlessCancelled(
      outside.signal,
      attempt().then(
        () => undefined,
        (error: unknown) => error ?? new Error('it failed'),
      ),
    );
    if (answer instanceof OutsideError && answer.code.startsWith('AccessDenied')) return 'refused';
    const late = answer === undefined || (answer instanceof OutsideError && mayPass(answer));
    if (late && wait !== undefined) await pause(outside, wait);
    else return answer === undefined ? 'allowed' : { problem: reasonOf(answer) };
  }
  return 'allowed';
}

async function refuse({ who, role }: Proof, by: Refusable, trial: Trial): Promise<void> {
  const { outside, session, say } = trial;
  const id = 'beside' in who ? 'other-profile-refused' : 'neighbour-refused';
  if ('untried' in by) return say(id, null, by.untried);
  const account = `service account ${by.account}`;
  const came =
    'problem' in by ? by : await refusal(trial, () => outside.aws.assumeRoleWithWebIdentity(role, by.token, session));
  if (came === 'refused') return say(id, true, `AWS refused ${account}.`);
  if (came === 'allowed')
    return say(
      id,
      false,
      id === 'neighbour-refused'
        ? `The role let in ${account} too: its trust policy is too wide. Every team of the cluster may use this role. Add a condition on sub.`
        : `The role let in ${account} too: that profile uses the data of this one. Take its sub out of the trust policy, or add a condition on sub.`,
    );
  say(id, false, `Whether ${account} is refused could not be tried: ${came.problem}`);
}

/** S3's answers, and what the SDK makes of them, to a call for a bucket of another region (S3 API reference, error responses). */
const ELSEWHERE = new Set([
  ...['PermanentRedirect', 'TemporaryRedirect', 'Redirect', '301', '307'],
  ...['AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'],
]);
const isElsewhere = (error: unknown): boolean => error instanceof OutsideError && ELSEWHERE.has(error.code);

function elsewhere(place: Place): string {
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
const BODY = 'Probe of Kubeflow IRSA. It is safe to delete this object.\n';
/** Whose prefix is tried where there is no other profile: nobody can have this name. */
const NOBODY = '.kubeflow-irsa-nobody';

/** Does all that one user must and must not. True if an object was touched, or none had to be. */
async function useBuckets({ proofs }: User, credentials: TemporaryCredentials, trial: Trial): Promise<boolean> {
  const stores = storesFor(trial, credentials);
  const work: Promise<boolean>[] = [];
  const listed: Promise<boolean>[] = [];
  for (const { must, does, where } of proofs) {
    if (must !== 'succeed' || where === undefined || 'beside' in where) continue;
    const use = useOf(where, trial, stores);
    if (does.includes('list')) listed.push(list(use, trial));
    if (does.length > 0 && !trial.touch) work.push(look(use, trial).then(() => false));
    else if (does.includes('read')) work.push(readOnly(use, trial));
    if (!trial.touch) continue;
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
    await step(
      'delete',
      async () => ({
        value: await patiently(outside, () => store.delete(key), patience),
        text: 'It deleted the object.',
      }),
      `It could not delete ${where}; delete it by hand.`,
    );
    left.takeAway = undefined;
    return true;
  });
}

async function writeInParts({ place, store, anyhow, key: keyOf, where: nameOf }: Use, trial: Trial): Promise<boolean> {
  const { outside, patience, step } = trial;
  const key = keyOf('-parts');
  const where = nameOf(key);
  return tidily(trial, where, async (left) => {
    const done = await step(
      'multipart',
      async () => {
        let id: string | undefined;
        const abort = async (): Promise<void> => {
          if (id === undefined) throw new OutsideError('an upload was begun, and its answer was lost', 'Unknown');
          const upload = id;
          await anyhow((as) => as.abortUpload(key, upload));
        };
        const begin = async (): Promise<void> => {
          id = await store.beginUpload(key);
        };
        await patiently(outside, () => making(left, begin(), abort), patience);
        const upload = id ?? '';
        const part = store.uploadPart(key, upload, 1, BODY);
        left.underWay = part.catch(() => undefined);
        const tag = await unlessCancelled(outside.signal, part);
        const complete = store.completeUpload(key, upload, [tag]);
        left.underWay = complete.catch(() => undefined);
        left.takeAway = () => abort().then(() => anyhow((as) => as.delete(key)));
        await unlessCancelled(outside.signal, complete);
        await patiently(outside, () => readBack(store, key), patience);
        await patiently(outside, () => store.delete(key), patience).catch((error: unknown) => {
          if (!isCancelled(error)) left.takeAway = undefined;
          throw error instanceof OutsideError && !isCancelled(error)
            ? new OutsideError(`it was not deleted; delete it by hand. ${error.message}`, error.code)
            : error;
        });
        left.takeAway = undefined;
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

/** What the role must be refused below the prefix of another profile. */
async function refuseUse({ does, where }: Proof, stores: Stores, trial: Trial): Promise<void> {
  if (where === undefined || !('beside' in where)) return;
  const others = await trial.others;
  const name = 'names' in others ? others.names.find((one) => one !== where.beside) : undefined;
  const place = { ...where, prefix: profilePrefix(name ?? NOBODY) };
  const use = useOf(place, trial, stores);
  const below = use.where(place.prefix);
  const whose = name === undefined ? 'outside its own prefix' : `the prefix of profile ${name}`;
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
        await patiently(outside, () => store.list('', 1), patience);
        return {
          value: undefined,
          text: 'It may list the bucket. You may not write there yourself, so no object was read.',
        };
      },
      `It could not read s3://${bucket}:`,
      place,
    );
    if (placed) {
      await step(
        'delete',
        async () => ({
          value: await unlessCancelled(outside.signal, own.delete(key)),
          text: 'You deleted the object.',
        }),
        `The probe ${where} is left over; delete it by hand.`,
      );
      left.takeAway = undefined;
    }
    return placed && read !== undefined;
  });
}
