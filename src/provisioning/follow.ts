/** Following what a cluster holds of one kind: a list, a watch from there, and both again for as long as wanted. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reading } from '../core/reading.ts';
import { messageOf } from '../core/text.ts';
import { OutsideError, type Change } from './ports.ts';

/** Time, so that tests need none of it. Milliseconds. */
export interface Clock {
  readonly now: () => number;
  /** Resolves after the time, or when `signal` aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export const CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
};

/** Waits before a watch begins again, in milliseconds. The last one repeats. */
const AGAIN = [500, 1_000, 2_000, 5_000, 10_000, 30_000];
/** A watch that lasts so long is one, in milliseconds. What ends sooner without a change was broken off on its way. */
const STEADY = 10_000;

/** Why changes do not come at the moment. */
export interface Lost {
  /** `cut off`: the cluster answers, but its watches end at once; it is listed now and then. */
  readonly how: 'unreachable' | 'cut off';
  readonly reason: string;
}

const CUT_OFF: Lost = { how: 'cut off', reason: 'watches end at once (is a proxy in between?), changes are seen late' };

export interface Following<T> {
  /** Reads all items anew and answers with the version to go on from. Without it, each watch begins with what is there. */
  readonly list?: () => Promise<Reading<string>>;
  /** As KubernetesLists.watch. */
  readonly watch: (
    version: string | undefined,
    onChange: (change: Change<T>) => void,
    signal: AbortSignal,
  ) => Promise<void>;
  readonly take: (change: Change<T>) => void;
  /** Told when changes stop to come, why, and with undefined when they come again. */
  readonly lost?: (why: Lost | undefined) => void;
  /** Longest pause, in milliseconds. */
  readonly longest?: number;
  /** What another try cannot mend: thrown. */
  readonly isFinal?: (error: unknown) => boolean;
}

/**
 * Follows a kind from `version` (undefined: lists first) until `signal` aborts. Comes back by itself after a lost network, an old
 * version or an expired token, each time after a longer pause, also where watches begin well and end at once.
 */
export async function follow<T>(
  { list, watch, take, lost, longest = Infinity, isFinal }: Following<T>,
  version: string | undefined,
  signal: AbortSignal,
  clock: Clock = CLOCK,
): Promise<void> {
  /** Pauses since it last went well. */
  let pauses = 0;
  /** Watches in a row that ended at once. */
  let brief = 0;
  let told: string | undefined;
  const tell = (why: Lost | undefined): void => {
    if (signal.aborted || told === why?.reason) return;
    told = why?.reason;
    lost?.(why);
  };
  const well = (): void => {
    pauses = 0;
    brief = 0;
    tell(undefined);
  };
  const pause = (): Promise<void> =>
    clock.sleep(Math.min(AGAIN[Math.min(pauses++, AGAIN.length - 1)] ?? 0, longest), signal);

  while (!signal.aborted) {
    if (list !== undefined && version === undefined) {
      const reading = await list();
      if (reading.state !== 'found') {
        const reason = reading.state === 'failed' ? reading.reason : 'it may no longer be read';
        tell({ how: 'unreachable', reason });
        await pause();
        continue;
      }
      version = reading.value;
      tell(brief > 1 ? CUT_OFF : undefined);
    }
    const began = clock.now();
    const over = new AbortController();
    void clock.sleep(STEADY, over.signal).then(() => over.signal.aborted || well());
    let changes = 0;
    let error: unknown;
    try {
      const from = list === undefined ? undefined : version;
      const onChange = (change: Change<T>): void => {
        version = change.version;
        if (change.type !== 'bookmark') {
          changes++;
          well();
        }
        take(change);
      };
      await watch(from, onChange, signal);
    } catch (thrown) {
      if (isFinal?.(thrown) === true) throw thrown;
      error = thrown;
    } finally {
      over.abort();
    }
    if (signal.aborted) return;
    const lasted = clock.now() - began >= STEADY;
    // A server ends each watch after some minutes.
    if (error === undefined && lasted) continue;
    if (!lasted && changes === 0) brief++;
    // What was missed is listed.
    if (error !== undefined || changes === 0) version = undefined;
    const expired = error instanceof OutsideError && error.code === '410';
    // A version that is too old is nothing to wait for, unless the one after it is too.
    if (expired && brief < 2 && list !== undefined) continue;
    if (error !== undefined && !expired) tell({ how: 'unreachable', reason: messageOf(error) });
    else if (brief > 1) tell(CUT_OFF);
    await pause();
  }
}
