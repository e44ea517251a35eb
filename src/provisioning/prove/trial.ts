/** One attempt to prove: what its parts share. */
import type { Told, Where } from '../../core/plan/proof.ts';
import { keyRefusal } from '../../core/policy/key.ts';
import { messageOf, spoken } from '../../core/text.ts';
import type { Means } from '../driver.ts';
import { OutsideError } from '../ports.ts';
import { patiently as tryAgain, pause, unlessCancelled, type Patience } from '../wait.ts';

/** What is tried, in the order in which it is told. `launcher` is read, not tried. */
export const IDS = [
  ...(['token', 'issuer', 'assume-role', 'launcher', 'region'] as const),
  ...(['list', 'write', 'read', 'delete', 'multipart'] as const),
  ...(['neighbour-refused', 'other-profile-refused'] as const),
  ...(['other-prefix-list-refused', 'other-prefix-write-refused'] as const),
] as const;

/** One thing that was tried, with what came of it. */
export interface Proven extends Told {
  readonly id: (typeof IDS)[number];
  /** An object of the proof may be left over. */
  readonly left?: true;
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

/**
 * IAM is eventually consistent (IAM User Guide, troubleshoot_general): a new role, provider or policy may be refused for a
 * while. Waits between tries in milliseconds; together about 60 s, the patience of other tools.
 */
export const PATIENCE = [
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
export const patiently = <T>(outside: Patience, attempt: () => Promise<T>, patience: readonly number[]): Promise<T> =>
  tryAgain(outside, () => unlessCancelled(outside.signal, attempt()), patience, mayPass);

export const reasonOf = (error: unknown): string => spoken(messageOf(error));

/** A Proof's place once it is known whose prefix it is. */
export type Place = Omit<Where, 'beside'> & { readonly prefix: string };

/** Names of profiles, or why they are not known. */
export type Others = { readonly names: readonly string[] } | { readonly problem: string };

/** How a list of proofs is tried, and where what comes of it goes. */
export interface Trial {
  readonly outside: Outside;
  readonly touch: boolean;
  /** Waits between tries of what may be late. */
  readonly patience: readonly number[];
  readonly session: string;
  /** Part of the name of every probe. */
  readonly probe: string;
  readonly say: (id: Proven['id'], ok: boolean | null, text: string, left?: true) => void;
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

/** Says also what a refusal because of the bucket's key means. */
export const explaining = (trial: Trial, role: string): Trial => ({
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
export async function settled<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  const results = await Promise.allSettled(work);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** What came of trying what must be refused. */
export type Refusal = 'refused' | 'allowed' | { readonly problem: string };

/**
 * Tries what must be refused. What was narrowed a moment ago may still be allowed: the same patience as for what is refused too
 * long.
 */
export async function refusal({ outside, patience }: Trial, attempt: () => Promise<unknown>): Promise<Refusal> {
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
