import { AUDIENCE, profilePrefix, SERVICE_ACCOUNT } from '../core/policy/build.ts';
import type { AccessLevel } from '../core/request.ts';
import { spoken } from '../core/text.ts';
import { OutsideError, type Aws, type Kubernetes, type ObjectStore, type TemporaryCredentials } from './ports.ts';

/** One thing that was tried, with what came of it. */
export interface Proof {
  readonly id: 'token' | 'issuer' | 'assume-role' | 'write' | 'read' | 'delete' | 'neighbour-refused';
  readonly ok: boolean;
  /** A sentence: what was shown, or what went wrong and what to do. */
  readonly text: string;
}

export interface Verification {
  /**
   * - `verified`: an object was used by the profile's own service account, and its neighbour was refused;
   * - `checked`: nothing failed, but no object was touched; - `failed`: see the proof that is not ok.
   */
  readonly outcome: 'verified' | 'checked' | 'failed';
  readonly proofs: readonly Proof[];
}

export interface Target {
  readonly profile: string;
  readonly roleArn: string;
  readonly issuer: string;
  readonly bucket: string;
  readonly bucketRegion: string;
  readonly access: AccessLevel;
}

export interface Outside {
  readonly aws: Aws;
  readonly kubernetes: Kubernetes;
  /** Unique text for the probe's name. */
  readonly unique: () => string;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** The service account whose token must be refused: each namespace has it, and it belongs to no profile's role. */
const NEIGHBOUR = 'default';
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

/** Tries again while the error is one that IAM's eventual consistency explains, and nobody cancels. */
export async function patiently<T>(
  outside: Pick<Outside, 'sleep' | 'signal'>,
  attempt: () => Promise<T>,
  patience: readonly number[],
  passing: (error: OutsideError) => boolean = mayPass,
): Promise<T> {
  for (const wait of patience) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof OutsideError && passing(error)) || outside.signal?.aborted === true) throw error;
      await outside.sleep(wait);
    }
  }
  return attempt();
}

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

const reasonOf = (error: unknown): string => spoken(error instanceof Error ? error.message : String(error));

/**
 * Proves by doing: a token of the profile's service account, the role assumed with it, an object written, read and deleted
 * (with `touch`), and a token of another service account of the namespace refused. Never throws: what fails is a proof that
 * is not ok. With `settled`, nothing was changed just now: then IAM gets no time to become consistent.
 */
export async function verify(
  target: Target,
  outside: Outside,
  how: { touch: boolean; settled: boolean },
): Promise<Verification> {
  const proofs: Proof[] = [];
  const { aws, kubernetes } = outside;
  const patience = how.settled ? [] : PATIENCE;
  // An earlier run may have ended a moment ago.
  const patienceToAssume = how.settled ? PATIENCE.slice(0, 12) : PATIENCE;
  const step = async <T>(id: Proof['id'], action: () => Promise<{ text: string; value: T }>, failure: string) => {
    try {
      const { text, value } = await action();
      proofs.push({ id, ok: true, text });
      return { value };
    } catch (error) {
      proofs.push({ id, ok: false, text: `${failure} ${reasonOf(error)}` });
      return undefined;
    }
  };
  const finish = (touched: boolean): Verification => ({
    outcome: proofs.every((proof) => proof.ok) ? (touched ? 'verified' : 'checked') : 'failed',
    proofs,
  });

  const [token, neighbour] = await Promise.all([
    step(
      'token',
      async () => ({
        value: await kubernetes.serviceAccountToken(target.profile, SERVICE_ACCOUNT, AUDIENCE, TOKEN_SECONDS),
        text: `Kubernetes issued a token for ${target.profile}/${SERVICE_ACCOUNT}.`,
      }),
      `Kubernetes issued no token for ${target.profile}/${SERVICE_ACCOUNT}:`,
    ),
    patiently(
      outside,
      () => kubernetes.serviceAccountToken(target.profile, NEIGHBOUR, AUDIENCE, TOKEN_SECONDS),
      patience.slice(0, 13),
    ).catch((error: unknown) => ({ problem: reasonOf(error) })),
  ]);
  if (token === undefined) return finish(false);
  const issuer = issuerOf(token.value);
  if (issuer !== target.issuer) {
    proofs.push({
      id: 'issuer',
      ok: false,
      text: `The token was issued by ${issuer ?? 'nobody'}, but the cluster's issuer is ${target.issuer}: this is the token of another cluster. Check the kubeconfig.`,
    });
    return finish(false);
  }

  const session = `kubeflow-irsa-${outside.unique()}`.slice(0, 64);
  const credentials = await step<TemporaryCredentials>(
    'assume-role',
    async () => ({
      value: await patiently(
        outside,
        () => aws.assumeRoleWithWebIdentity(target.roleArn, token.value, session),
        patienceToAssume,
      ),
      text: `It assumed ${target.roleArn}.`,
    }),
    `It could not assume ${target.roleArn}:`,
  );
  if (credentials === undefined) return finish(false);

  const [touched] = await Promise.all([
    useBucket(target, outside, credentials.value, how.touch, patience, step),
    refuseNeighbour(target, outside, neighbour, session, patience, proofs),
  ]);
  return finish(touched);
}

type TryStep = <T>(
  id: Proof['id'],
  action: () => Promise<{ text: string; value: T }>,
  failure: string,
) => Promise<{ value: T } | undefined>;

/** Uses the bucket as the role. True if an object was touched. */
async function useBucket(
  target: Target,
  outside: Outside,
  credentials: TemporaryCredentials,
  touch: boolean,
  patience: readonly number[],
  step: TryStep,
): Promise<boolean> {
  const { aws, unique } = outside;
  const store = aws.objects(target.bucket, target.bucketRegion, credentials);
  const prefix = target.access === 'prefix' ? profilePrefix(target.profile) : '';
  const key = `${prefix}.kubeflow-irsa-probe/${unique()}`;
  const where = `s3://${target.bucket}/${key}`;
  const body = `Probe of Kubeflow IRSA for profile ${target.profile}. It is safe to delete this object.\n`;

  if (target.access === 'read-only' && touch) return readOnly(target, outside, store, key, body, patience, step);
  if (!touch) {
    // A role that may read and list is told "no such key"; any other is told "access denied".
    await step(
      'read',
      async () => {
        await patiently(outside, () => store.get(key), patience).catch((error: unknown) => {
          if (!(error instanceof OutsideError && error.code === 'NoSuchKey')) throw error;
        });
        return { value: undefined, text: `It may list and read ${where.slice(0, -key.length)}${prefix}.` };
      },
      `It may not list and read ${where.slice(0, -key.length)}${prefix}:`,
    );
    return false;
  }
  const written = await step(
    'write',
    async () => ({ value: await patiently(outside, () => store.put(key, body), patience), text: `It wrote ${where}.` }),
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
  return true;
}

async function readBack(store: ObjectStore, key: string, body: string): Promise<void> {
  if ((await store.get(key)) !== body) throw new OutsideError('the object read is not the one written', 'Mismatch');
}

/** With read-only access the caller writes the probe, the role reads it. */
async function readOnly(
  target: Target,
  outside: Outside,
  store: ObjectStore,
  key: string,
  body: string,
  patience: readonly number[],
  step: TryStep,
): Promise<boolean> {
  const own = outside.aws.objects(target.bucket, target.bucketRegion);
  const placed = await own.put(key, body).then(
    () => true,
    () => false,
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
    `It could not read s3://${target.bucket}:`,
  );
  if (placed) {
    await step(
      'delete',
      async () => ({ value: await own.delete(key), text: 'You deleted the object.' }),
      `The probe s3://${target.bucket}/${key} is left over; delete it by hand.`,
    );
  }
  return placed && read !== undefined;
}

async function refuseNeighbour(
  target: Target,
  outside: Outside,
  neighbour: string | { problem: string },
  session: string,
  patience: readonly number[],
  proofs: Proof[],
): Promise<void> {
  const who = `service account ${target.profile}/${NEIGHBOUR}`;
  const add = (ok: boolean, text: string): void => void proofs.push({ id: 'neighbour-refused', ok, text });
  if (typeof neighbour !== 'string') {
    add(false, `Whether ${who} is refused could not be tried: ${neighbour.problem}`);
    return;
  }
  // A trust policy narrowed a moment ago may still let the neighbour in: the same patience as for what is refused too long.
  for (const wait of [...patience, undefined]) {
    const answer = await outside.aws.assumeRoleWithWebIdentity(target.roleArn, neighbour, session).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (answer instanceof OutsideError && answer.code.startsWith('AccessDenied'))
      return add(true, `AWS refused ${who}.`);
    const late = answer === undefined || (answer instanceof OutsideError && mayPass(answer));
    if (late && wait !== undefined && outside.signal?.aborted !== true) {
      await outside.sleep(wait);
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
