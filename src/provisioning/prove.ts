import type { Proof } from '../core/plan/proof.ts';
import { AUDIENCE } from '../core/policy/build.ts';
import { keyRefusal } from '../core/policy/key.ts';
import { messageOf, spoken } from '../core/text.ts';
import { OutsideError, type ObjectStore, type TemporaryCredentials } from './ports.ts';
import type { Means } from './drivers.ts';
import { isCancelled, patiently as tryAgain, pause, unlessCancelled, type Patience } from './wait.ts';

/** One thing that was tried, with what came of it. */
export interface Proven {
  readonly id: 'token' | 'issuer' | 'assume-role' | 'write' | 'read' | 'delete' | 'neighbour-refused';
  readonly ok: boolean;
  /** A sentence: what was shown, or what went wrong and what to do. */
  readonly text: string;
}

export interface Verification {
  /**
   * - `verified`: an object was used by the profile's own service account, and its neighbour was refused;
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

/** Adds what came of something that was tried; undefined: it failed. What is cancelled is thrown on. */
type TryStep = <T>(
  id: Proven['id'],
  action: () => Promise<{ text: string; value: T }>,
  failure: string,
) => Promise<{ value: T } | undefined>;

/** A proof with the token of who is to do it, or why there is none. */
interface WithToken {
  readonly proof: Proof;
  readonly token: string | { readonly problem: string };
}

/**
 * Proves by doing: tokens of service accounts, roles assumed with them, an object written, read and deleted (with `touch`), and
 * who must be refused refused. Never throws: what fails is a proof that is not ok. With `settled`, nothing was changed just now:
 * then IAM gets no time to become consistent.
 */
export async function prove(
  proofs: readonly Proof[],
  outside: Outside,
  how: { readonly touch: boolean; readonly settled: boolean },
): Promise<Verification> {
  const proven: Proven[] = [];
  try {
    const touched = await tryAll(proofs, outside, how, proven);
    const outcome = proven.every(({ ok }) => ok) ? (touched ? 'verified' : 'checked') : 'failed';
    return { outcome, proofs: proven };
  } catch (error) {
    if (isCancelled(error)) return { outcome: 'cancelled', proofs: proven };
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
  const patience = how.settled ? [] : PATIENCE;
  // An earlier run may have ended a moment ago.
  const patienceToAssume = how.settled ? PATIENCE.slice(0, 12) : PATIENCE;
  const step: TryStep = async (id, action, failure) => {
    try {
      const { text, value } = await action();
      proven.push({ id, ok: true, text });
      return { value };
    } catch (error) {
      if (isCancelled(error)) throw error;
      proven.push({ id, ok: false, text: `${failure} ${reasonOf(error)}` });
      return undefined;
    }
  };
  const tokens = await Promise.all(proofs.map((proof) => tokenFor(proof, outside, patience.slice(0, 13), step)));
  const [own, refused] = [tokens.filter(isOwn), tokens.filter((one) => !isOwn(one))];
  const session = `kubeflow-irsa-${outside.unique()}`.slice(0, 64);
  const ready: { readonly proof: Proof; readonly credentials: TemporaryCredentials }[] = [];
  for (const { proof, token } of own) {
    if (typeof token !== 'string') return false;
    const issuer = issuerOf(token);
    if (issuer !== proof.who.issuer) {
      proven.push({
        id: 'issuer',
        ok: false,
        text: `The token was issued by ${issuer ?? 'nobody'}, but the cluster's issuer is ${proof.who.issuer}: this is the token of another cluster. Check the kubeconfig.`,
      });
      return false;
    }
    const credentials = await step<TemporaryCredentials>(
      'assume-role',
      async () => ({
        value: await patiently(
          outside,
          () => outside.aws.assumeRoleWithWebIdentity(proof.role, token, session),
          patienceToAssume,
        ),
        text: `It assumed ${proof.role}.`,
      }),
      `It could not assume ${proof.role}:`,
    );
    if (credentials === undefined) return false;
    ready.push({ proof, credentials: credentials.value });
  }
  // All have ended when this does: a probe is not left behind by what is cancelled beside it.
  const used = await Promise.allSettled([
    ...ready.map(({ proof, credentials }) =>
      useBucket(proof, outside, credentials, how.touch, patience, explaining(step, proof.role)),
    ),
    ...refused.map((one) => refuse(one, outside, session, patience, proven).then(() => true)),
  ]);
  for (const result of used) if (result.status === 'rejected') throw result.reason;
  return used.every((result) => result.status === 'fulfilled' && result.value);
}

/** Says also what a refusal because of the bucket's key means. */
const explaining =
  (step: TryStep, role: string): TryStep =>
  (id, action, failure) =>
    step(
      id,
      () =>
        action().catch((error: unknown) => {
          const why = isCancelled(error) ? undefined : keyRefusal(messageOf(error), role);
          throw why === undefined ? error : new OutsideError(`${why} (${messageOf(error)})`, 'AccessDenied');
        }),
      failure,
    );

const isOwn = ({ proof }: WithToken): boolean => proof.must === 'succeed';

/** A token of who is to do something. That a profile's own account gets one is a proof of its own. */
async function tokenFor(
  proof: Proof,
  outside: Outside,
  patience: readonly number[],
  step: TryStep,
): Promise<WithToken> {
  const { namespace, name } = proof.who;
  const ask = async (): Promise<string> => {
    if (outside.kubernetes === undefined) throw new OutsideError('The cluster was not reached.', 'NoCluster');
    return outside.kubernetes.serviceAccountToken(namespace, name, AUDIENCE, TOKEN_SECONDS);
  };
  if (proof.must === 'succeed') {
    const token = await step(
      'token',
      async () => ({
        value: await unlessCancelled(outside.signal, ask()),
        text: `Kubernetes issued a token for ${namespace}/${name}.`,
      }),
      `Kubernetes issued no token for ${namespace}/${name}:`,
    );
    return { proof, token: token?.value ?? { problem: 'there is no token' } };
  }
  try {
    return { proof, token: await patiently(outside, ask, patience) };
  } catch (error) {
    if (isCancelled(error)) throw error;
    return { proof, token: { problem: reasonOf(error) } };
  }
}

/** How long a cancelled proof waits for its probe to be deleted, in milliseconds. */
const TIDYING = 2_000;

/** Uses the bucket as the role. True if an object was touched, or none had to be. */
async function useBucket(
  { use }: Proof,
  outside: Outside,
  credentials: TemporaryCredentials,
  touch: boolean,
  patience: readonly number[],
  step: TryStep,
): Promise<boolean> {
  if (use === undefined) return true;
  const { aws, unique } = outside;
  const store = aws.objects(use.bucket, use.region, credentials);
  const key = `${use.prefix}.kubeflow-irsa-probe/${unique()}`;
  const where = `s3://${use.bucket}/${key}`;
  const body = 'Probe of Kubeflow IRSA. It is safe to delete this object.\n';

  if (!touch) {
    const below = `s3://${use.bucket}/${use.prefix}`;
    // A role that may read and list is told "no such key"; any other is told "access denied".
    await step(
      'read',
      async () => {
        await patiently(outside, () => store.get(key), patience).catch((error: unknown) => {
          if (!(error instanceof OutsideError && error.code === 'NoSuchKey')) throw error;
        });
        return { value: undefined, text: `It may list and read ${below}.` };
      },
      `It may not list and read ${below}:`,
    );
    return false;
  }
  if (use.does === 'read') return readOnly(use, outside, store, key, body, patience, step);
  try {
    const written = await step(
      'write',
      async () => ({
        value: await patiently(outside, () => store.put(key, body), patience),
        text: `It wrote ${where}.`,
      }),
      `It could not write ${where}:`,
    );
    if (written === undefined) return false;
    await step(
      'read',
      async () => ({
        value: await patiently(outside, () => readBack(store, key, body), patience),
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
  } catch (error) {
    if (isCancelled(error)) await tidy(outside, store, key, where, step);
    throw error;
  }
  return true;
}

/** Deletes the probe of a proof that was cancelled, or names it. */
async function tidy(outside: Outside, store: ObjectStore, key: string, where: string, step: TryStep): Promise<void> {
  const late = outside.sleep(TIDYING).then(() => Promise.reject(new OutsideError('no answer in time', 'Timeout')));
  await step(
    'delete',
    async () => ({
      value: await Promise.race([store.delete(key), late]),
      text: 'The object of the proof was deleted.',
    }),
    `The object of the proof, ${where}, may be left over; delete it by hand.`,
  );
}

async function readBack(store: ObjectStore, key: string, body: string): Promise<void> {
  if ((await store.get(key)) !== body) throw new OutsideError('the object read is not the one written', 'Mismatch');
}

/** With read-only access the caller writes the probe, the role reads it. */
async function readOnly(
  { bucket, region }: NonNullable<Proof['use']>,
  outside: Outside,
  store: ObjectStore,
  key: string,
  body: string,
  patience: readonly number[],
  step: TryStep,
): Promise<boolean> {
  const own = outside.aws.objects(bucket, region);
  const where = `s3://${bucket}/${key}`;
  try {
    const placed = await unlessCancelled(
      outside.signal,
      own.put(key, body).then(
        () => true,
        () => false,
      ),
    );
    const read = await step(
      'read',
      async () => {
        if (placed) {
          await patiently(outside, () => readBack(store, key, body), patience);
          return { value: undefined, text: 'It read an object that you wrote.' };
        }
        await patiently(outside, () => store.list('', 1), patience);
        return {
          value: undefined,
          text: 'It may list the bucket. You may not write there yourself, so no object was read.',
        };
      },
      `It could not read s3://${bucket}:`,
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
    }
    return placed && read !== undefined;
  } catch (error) {
    if (isCancelled(error)) await tidy(outside, own, key, where, step);
    throw error;
  }
}

async function refuse(
  { proof, token }: WithToken,
  outside: Outside,
  session: string,
  patience: readonly number[],
  proven: Proven[],
): Promise<void> {
  const who = `service account ${proof.who.namespace}/${proof.who.name}`;
  const add = (ok: boolean, text: string): void => void proven.push({ id: 'neighbour-refused', ok, text });
  if (typeof token !== 'string') {
    add(false, `Whether ${who} is refused could not be tried: ${token.problem}`);
    return;
  }
  // A trust policy narrowed a moment ago may still let the neighbour in: the same patience as for what is refused too long.
  for (const wait of [...patience, undefined]) {
    const answer = await unlessCancelled(
      outside.signal,
      outside.aws.assumeRoleWithWebIdentity(proof.role, token, session).then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    if (answer instanceof OutsideError && answer.code.startsWith('AccessDenied'))
      return add(true, `AWS refused ${who}.`);
    const late = answer === undefined || (answer instanceof OutsideError && mayPass(answer));
    if (late && wait !== undefined) {
      await pause(outside, wait);
      continue;
    }
    return add(
      false,
      answer === undefined
        ? `The role let in ${who} too: its trust policy is too wide. Every team of the cluster may use this role. Add a condition on sub.`
        : `Whether ${who} is refused could not be tried: ${reasonOf(answer)}`,
    );
  }
}
