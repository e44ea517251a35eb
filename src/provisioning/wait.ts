/** Waiting that can be cancelled at any moment. */
import { setTimeout as timer } from 'node:timers/promises';
import { OutsideError } from './ports.ts';

/** Code of an {@link OutsideError} for what was cancelled: never a failure. */
export const CANCELLED = 'Cancelled';

export const cancelled = (): OutsideError => new OutsideError('Cancelled.', CANCELLED);
export const isCancelled = (error: unknown): boolean => error instanceof OutsideError && error.code === CANCELLED;

/** What waiting needs. `sleep` resolves after so many milliseconds, or as soon as the signal aborts. */
export interface Patience {
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** `sleep` with real time. */
export const sleep: Patience['sleep'] = async (milliseconds, signal) => {
  await timer(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
};

/** Waits; throws when it is cancelled. */
export async function pause({ sleep: rest, signal }: Patience, milliseconds: number): Promise<void> {
  if (signal?.aborted !== true) await unlessCancelled(signal, rest(milliseconds, signal));
  if (signal?.aborted === true) throw cancelled();
}

/** The answer, or an error as soon as the signal aborts: nobody waits for what is no longer wanted. */
export async function unlessCancelled<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled());
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Tries again after each wait while the error is one that passes, and nobody cancels. */
export async function patiently<T>(
  outside: Patience,
  attempt: () => Promise<T>,
  waits: readonly number[],
  passes: (error: OutsideError) => boolean,
): Promise<T> {
  for (const wait of waits) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof OutsideError && passes(error))) throw error;
      await pause(outside, wait);
    }
  }
  return attempt();
}
