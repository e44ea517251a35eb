/** Carries out a plan line by line, and undoes a run. */
import { actionOf, holds, KINDS, type Change, type Ref } from '../core/kinds.ts';
import { blockers, isDone, linesOf, type Plan, type Row } from '../core/plan/plan.ts';
import type { Proof } from '../core/plan/proof.ts';
import { messageOf, spoken } from '../core/text.ts';
import { apply, driverFor, undoOne, type AnyDriver, type Undone } from './change.ts';
import type { Means, Run } from './driver.ts';
import { driversOf } from './drivers.ts';
import { written, type Entry, type Journal } from './journal.ts';
import { OutsideError } from './ports.ts';
import { prove } from './prove.ts';
import type { Outside, Verification } from './prove/trial.ts';
import { CANCELLED, isCancelled, unlessCancelled } from './wait.ts';

/** What became of one line of a plan. */
export interface RowResult {
  readonly row: Row;
  readonly state: 'done' | 'kept' | 'failed' | 'not-run';
  /** Why it failed and what to do next, or why it did not run. */
  readonly reason?: string;
  /** Wall time in milliseconds. */
  readonly milliseconds: number;
}

export interface RunResult {
  /** What it was known by: tags and annotations of what it made. */
  readonly run: string;
  /** True if every line is done or kept and the verification did not fail. */
  readonly ok: boolean;
  /** It was stopped by a person: never a failure. */
  readonly cancelled: boolean;
  readonly rows: readonly RowResult[];
  /** What it wrote, or may have: to be read again. */
  readonly touched: readonly Ref[];
  readonly verification?: Verification;
}

export interface RunOptions {
  readonly journal?: Journal;
  /** The id of a run that goes on; absent: a new one. */
  readonly run?: string;
  /** Told before each line that does something: which of how many it is. */
  readonly progress?: (row: Row, number: number, of: number) => void;
}

const BEFORE = 'Cancelled before this step.';

/**
 * Carries out the changes of a plan in order, then its proofs. What is as wanted is kept; what is as it was when planned is written;
 * anything else stops the run. Running the same plan again goes on from where it stopped. Stops at the first that fails, or at
 * once when `outside.signal` aborts, and says of every line what became of it. A plan with needs that do not hold is refused with
 * its reasons.
 */
export async function carryOut(plan: Plan, outside: Outside, options: RunOptions = {}): Promise<RunResult> {
  const run: Run = { id: options.run ?? outside.unique() };
  const lines = linesOf(plan);
  if (blockers(plan).length > 0) {
    const results = lines.map(({ row }): RowResult => {
      const blocked = row.kind === 'blocked';
      const reason = blocked ? (row.reason ?? 'The plan is blocked.') : 'The plan is blocked: nothing was changed.';
      return { row, state: blocked ? 'failed' : 'not-run', reason, milliseconds: 0 };
    });
    return { run: run.id, ok: false, cancelled: false, rows: results, touched: [] };
  }
  const drivers = driversOf(outside);
  const results: RowResult[] = [];
  const touched: Ref[] = [];
  let verification: Verification | undefined;
  let halted: string | undefined;
  let cancelled = false;

  /** Does one line, unless the run has stopped. */
  const line = async (row: Row, work: () => Promise<'done' | 'kept'>): Promise<void> => {
    if (halted === undefined && outside.signal?.aborted === true) {
      cancelled = true;
      halted = BEFORE;
    }
    if (halted !== undefined) {
      results.push({ row, state: 'not-run', reason: halted, milliseconds: 0 });
      return;
    }
    const started = performance.now();
    try {
      const state = row.kind === 'keep' ? 'kept' : await work();
      results.push({ row, state, milliseconds: row.kind === 'keep' ? 0 : performance.now() - started });
    } catch (error) {
      cancelled = isCancelled(error);
      const said = messageOf(error);
      results.push({
        row,
        state: cancelled ? 'not-run' : 'failed',
        reason: spoken(said === 'Cancelled.' ? 'Cancelled.' : said),
        milliseconds: performance.now() - started,
      });
      halted = cancelled ? BEFORE : 'An earlier step failed.';
    }
  };

  for (const [index, { row, change, proofs }] of lines.entries()) {
    await line(row, async () => {
      options.progress?.(row, index + 1, lines.length);
      if (proofs !== undefined && change !== undefined)
        return proveFirst(change, proofs, driverFor(drivers, change), outside, run);
      if (proofs !== undefined) {
        verification = await verifyPlan(plan, outside, run);
        return 'done';
      }
      if (change === undefined) return 'kept';
      touched.push(change.ref);
      return apply(change, run, drivers, outside, withEffects(options.journal, plan, change));
    });
    if (change === undefined && verification !== undefined) cancelled = judge(verification, results) || cancelled;
  }
  return {
    run: run.id,
    ok: !cancelled && results.every(({ state }) => state === 'done' || state === 'kept'),
    cancelled,
    rows: results,
    touched,
    ...(verification === undefined ? {} : { verification }),
  };
}

/** A run that changed nothing writes nothing either: it is checked, and Verify gives the full proof. */
const verifyPlan = (plan: Plan, outside: Outside, { id }: Run): Promise<Verification> => {
  // Also where an earlier run wrote and was cut off before its proof.
  const changed = !isDone(plan);
  return prove(plan.proofs, outside, { touch: changed, settled: !changed, run: id });
};

/** What must be shown before a change is made. Throws where it is not so: then the change is not made. */
async function proveFirst(
  { ref, after, proven }: Change,
  proofs: readonly Proof[],
  driver: AnyDriver,
  outside: Outside,
  { id }: Run,
): Promise<'done' | 'kept'> {
  const now = await unlessCancelled(outside.signal, driver.read(ref));
  // An earlier try has made it: the proof at the end tells the same.
  if (now.state === 'found' && holds(ref.kind, now.value, after)) return 'kept';
  const { outcome, proofs: told } = await prove(proofs, outside, { touch: true, settled: false, run: id });
  const bad = told.filter(({ ok }) => ok === false).map(({ text }) => text);
  if (outcome === 'cancelled') throw new OutsideError(['Cancelled during the proof.', ...bad].join(' '), CANCELLED);
  if (bad.length === 0) return 'done';
  const stays = `Nothing was switched to it: pods go on with ${proven?.now ?? 'what they have'}.`;
  throw new OutsideError(`${bad.join(' ')} ${stays} Mend this, then resume; or undo.`, 'NotProven');
}

/** Puts into the last line how the proof went. True if it was cancelled. */
function judge({ outcome, proofs }: Verification, results: RowResult[]): boolean {
  const last = results.pop();
  if (last === undefined) return false;
  const bad = proofs.filter(({ ok }) => ok === false).map(({ text }) => text);
  if (outcome === 'cancelled')
    results.push({ ...last, state: 'not-run', reason: spoken(['Cancelled during the proof.', ...bad].join(' ')) });
  else if (bad.length > 0) results.push({ ...last, state: 'failed', reason: spoken(bad.join(' ')) });
  else results.push(last);
  return outcome === 'cancelled';
}

/** A journal in which a change, once begun, begins also what somebody else does because of it: undo must put that back, too. */
function withEffects(journal: Journal | undefined, { changes }: Plan, cause: Change): Journal | undefined {
  if (journal === undefined || cause.by !== undefined) return journal;
  const next = changes.slice(changes.indexOf(cause) + 1);
  const end = next.findIndex(({ by }) => by === undefined);
  const effects = end === -1 ? next : next.slice(0, end);
  return {
    ended: (run, change, how) => journal.ended(run, change, how),
    begun: (run, change) => journal.begun(run, change, ...effects.filter((effect) => actionOf(effect) !== 'keep')),
  };
}

export interface UndoResult {
  readonly ok: boolean;
  readonly cancelled: boolean;
  readonly changes: readonly Undone[];
}

/**
 * Undoes what a run began, backwards; what was there before it stays. Undoing again goes on from where it stopped. A shared thing
 * stays unless `isFree` says that nobody else rests on it.
 */
export async function undo(
  entries: readonly Entry[],
  means: Means,
  isFree: (ref: Ref) => Promise<boolean> = () => Promise.resolve(false),
): Promise<UndoResult> {
  const drivers = driversOf(means);
  const begun = [...written(entries)].reverse();
  // What somebody else did, that one puts back when its cause is gone.
  const turn = ({ change }: Entry): number => (change.by !== undefined ? 2 : KINDS[change.ref.kind].undoneLast ? 1 : 0);
  const ours = [...begun].sort((a, b) => turn(a) - turn(b));
  const undone: Undone[] = [];
  let halted: string | undefined;
  let cancelled = false;
  for (const entry of ours) {
    const { change } = entry;
    if (halted === undefined && means.signal?.aborted === true) {
      cancelled = true;
      halted = BEFORE;
    }
    if (halted !== undefined) {
      undone.push({ change, state: 'not-run', reason: halted });
      continue;
    }
    try {
      undone.push({ change, ...(await undoOne(entry, drivers, means, isFree)) });
    } catch (error) {
      cancelled = isCancelled(error);
      const reason = spoken(messageOf(error));
      undone.push({ change, state: cancelled ? 'not-run' : 'failed', reason });
      halted = cancelled ? BEFORE : 'An earlier step failed.';
    }
  }
  return { ok: halted === undefined, cancelled, changes: undone };
}
