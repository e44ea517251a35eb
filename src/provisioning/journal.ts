import type { Change } from '../core/kinds.ts';
import { actionOf, holds, refText } from '../core/kinds.ts';

/** What a run says of each change: before it writes, and when that is done. Holds no secret: changes are plans' data. */
export interface Journal {
  /** Of one change, and what somebody else does because of it. What throws here keeps the change from being begun. */
  begun(run: string, ...changes: readonly Change[]): void | Promise<void>;
  /** `kept`: it was as wanted, and not by this run. */
  ended(run: string, change: Change, how: 'done' | 'kept'): void | Promise<void>;
}

/** The last that is known of one change of one run. */
export interface Entry {
  readonly run: string;
  readonly change: Change;
  readonly state: 'begun' | 'done' | 'kept';
}

/** What a run wrote, or may have. */
export const written = (entries: readonly Entry[]): readonly Entry[] =>
  entries.filter(({ state, change }) => state !== 'kept' && actionOf(change) !== 'keep');

/** A journal in memory; `entries` are in the order in which the changes were begun first. A plan has one change a thing. */
export function memoryJournal(): Journal & { readonly entries: () => readonly Entry[] } {
  const entries = new Map<string, Entry>();
  const set = (run: string, change: Change, state: Entry['state']): void => {
    const key = `${run} ${refText(change.ref)}`;
    const earlier = entries.get(key);
    // What a run began it made, also where a later try of the same run finds it as wanted.
    if (earlier !== undefined && earlier.state !== 'kept' && state === 'kept') return;
    entries.set(key, { run, change: first(earlier, change), state: earlier?.state === 'done' ? 'done' : state });
  };
  return {
    begun: (run, ...changes) => changes.forEach((change) => set(run, change, 'begun')),
    ended: (run, change, how) => set(run, change, how),
    entries: () => [...entries.values()],
  };
}

/** A later try that begins from what an earlier one made: what was there before the run is known to the earlier one. */
const first = (earlier: Entry | undefined, change: Change): Change =>
  earlier !== undefined &&
  earlier.state !== 'kept' &&
  change.before !== undefined &&
  holds(change.ref.kind, change.before, earlier.change.after)
    ? earlier.change
    : change;
