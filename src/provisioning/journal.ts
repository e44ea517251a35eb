import type { Change } from '../core/kinds.ts';
import { refText } from '../core/kinds.ts';

/** What a run says of each change: before it writes, and when that is done. Holds no secret: changes are plans' data. */
export interface Journal {
  begun(run: string, change: Change): void | Promise<void>;
  /** `kept`: it was as wanted, and not by this run. */
  ended(run: string, change: Change, how: 'done' | 'kept'): void | Promise<void>;
}

/** The last that is known of one change of one run. */
export interface Entry {
  readonly run: string;
  readonly change: Change;
  readonly state: 'begun' | 'done' | 'kept';
}

/** A journal in memory; `entries` are in the order in which the changes were begun first. */
export function memoryJournal(): Journal & { readonly entries: () => readonly Entry[] } {
  const entries = new Map<string, Entry>();
  const set = (run: string, change: Change, state: Entry['state']): void => {
    const key = `${run} ${refText(change.ref)}`;
    // What a run began it made, also where a later try of the same run finds it as wanted.
    const before = entries.get(key);
    if (before !== undefined && before.state !== 'kept' && state === 'kept') return;
    entries.set(key, { run, change, state: before?.state === 'done' ? 'done' : state });
  };
  return {
    begun: (run, change) => set(run, change, 'begun'),
    ended: (run, change, how) => set(run, change, how),
    entries: () => [...entries.values()],
  };
}
