/** Carries out a plan, and undoes one: the only place that writes. */
import {
  actionOf,
  between,
  goesWithCluster,
  holds,
  inverse,
  KINDS,
  over,
  same,
  titleOf,
  type Change,
  type Kind,
  type Ref,
  type Things,
} from '../core/kinds.ts';
import { namespaceGoing } from '../core/plan/deletion.ts';
import { blockers, changeTitle, isDone, linesOf, unreadable, type Plan, type Row } from '../core/plan/plan.ts';
import type { Proof } from '../core/plan/proof.ts';
import type { Reading } from '../core/reading.ts';
import { messageOf, spoken } from '../core/text.ts';
import { isConflict, readExisting, type Driver, type Means, type Run } from './driver.ts';
import { driversOf, type Drivers } from './drivers.ts';
import { written, type Entry, type Journal } from './journal.ts';
import { OutsideError } from './ports.ts';
import { prove } from './prove.ts';
import type { Outside, Verification } from './prove/trial.ts';
import { CANCELLED, isCancelled, pause, unlessCancelled } from './wait.ts';

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

/** How long a call that is under way when somebody cancels may still answer, in milliseconds. */
const GRACE = 1_000;

const BEFORE = 'Cancelled before this step.';
const UNDER_WAY = 'It was under way when you cancelled: the next plan shows what became of it.';

const movedOn = (what: string): OutsideError =>
  new OutsideError(`${what} changed since the plan was made; nothing was overwritten. Make a new plan.`, 'Changed');

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

/** The driver of a change's kind, for code that is the same for all kinds. */
type AnyDriver = Driver<Kind>;
const driverFor = (drivers: Drivers, { ref }: Change): AnyDriver => drivers[ref.kind];

/** Does one change: `kept` where it is as wanted, and not by this run. */
function apply(
  change: Change,
  run: Run,
  drivers: Drivers,
  means: Means,
  journal: Journal | undefined,
): Promise<'done' | 'kept'> {
  const driver = driverFor(drivers, change);
  return change.by === undefined
    ? write(change, run, driver, means, journal)
    : waitFor(change, change.by.within, run, driver, means, journal);
}

async function write(
  change: Change,
  run: Run,
  driver: AnyDriver,
  means: Means,
  journal: Journal | undefined,
): Promise<'done' | 'kept'> {
  const { ref } = change;
  const made = await madeFirst(change, driver, means);
  if (made !== undefined) return write(made, run, driver, means, journal);
  let from = change;
  if (!driver.guards(change)) {
    const now = await unlessCancelled(means.signal, driver.read(ref));
    const verdict = compare(change, now, driver);
    if (verdict === 'kept') {
      await journal?.ended(run.id, change, 'kept');
      return 'kept';
    }
    if (change.before !== undefined && now.state === 'found') from = { ...change, before: now.value } as Change;
  }
  await journal?.begun(run.id, change);
  try {
    await underWay(means, driver.write(from, run));
  } catch (error) {
    if (!isConflict(error)) throw error;
    const late = change.first === undefined ? undefined : laidOver(change, await driver.read(ref));
    if (late !== undefined) return write(late, run, driver, means, journal);
    const how = await afterConflict(change, run, driver, means, error as OutsideError);
    await journal?.ended(run.id, change, how);
    return how;
  }
  await journal?.ended(run.id, change, 'done');
  return 'done';
}

/**
 * A change of what somebody else makes first, as soon as that is there and as they make it: from it on. Undefined: the change is as
 * planned, also where nobody makes it in time.
 */
async function madeFirst(change: Change, driver: AnyDriver, means: Means): Promise<Change | undefined> {
  const { ref, first, before } = change;
  if (first === undefined || before !== undefined) return undefined;
  await unlessCancelled(means.signal, driver.appears?.(ref, first.within) ?? Promise.resolve(false));
  return laidOver(change, await unlessCancelled(means.signal, driver.read(ref)));
}

/** The change from what somebody else made first on; undefined: it is none of that. */
function laidOver(change: Change, now: Reading<Things[Kind]>): Change | undefined {
  const { ref, first, before, after } = change;
  if (first === undefined || before !== undefined || after === undefined || now.state !== 'found') return undefined;
  const wanted = over(ref.kind, now.value, after);
  return wanted === undefined ? undefined : ({ ...change, before: now.value, after: wanted } as Change);
}

/** Whether a change of several calls was cut off in the middle. */
const onItsWay = ({ ref, before, after }: Change, there: Things[Kind] | undefined, driver: AnyDriver): boolean =>
  between(ref.kind, there, before, after) ||
  (there !== undefined && driver.between?.(there, { before, after } as Change) === true);

/** Whether there is something to write. Throws where the thing cannot be read or is neither as wanted nor as planned. */
function compare(change: Change, now: Reading<Things[Kind]>, driver: AnyDriver): 'kept' | 'write' {
  const { ref, before, after } = change;
  if (now.state === 'denied' || now.state === 'failed')
    throw new OutsideError(unreadable(now, titleOf(ref)), now.state);
  const there = now.state === 'found' ? now.value : undefined;
  if (holds(ref.kind, there, after)) return 'kept';
  // An earlier try of a change of several calls may have been cut off.
  if (same(ref.kind, there, before) || (before !== undefined && onItsWay(change, there, driver))) return 'write';
  throw movedOn(titleOf(ref));
}

/**
 * The write was refused because the thing is there, or is another version: by an earlier call of this run whose answer was lost, by
 * another run, or because something changed that means nothing (a status).
 */
async function afterConflict(
  change: Change,
  run: Run,
  driver: AnyDriver,
  means: Means,
  refusal: OutsideError,
): Promise<'done' | 'kept'> {
  const ref = change.ref;
  const now = await unlessCancelled(means.signal, readExisting(driver, ref, means));
  if (compare(change, now, driver) === 'kept')
    return now.state === 'found' && driver.madeBy(now.value, run) === true ? 'done' : 'kept';
  // As planned all the same, in a newer version.
  if (now.state !== 'found') throw refusal;
  await underWay(means, driver.write({ ...change, before: now.value } as Change, run)).catch((error: unknown) => {
    throw isConflict(error) ? movedOn(titleOf(ref)) : error;
  });
  return 'done';
}

/** A writing call. One that is under way when somebody cancels gets a moment to answer, so that what it did is known. */
async function underWay(means: Means, call: Promise<void>): Promise<void> {
  try {
    await unlessCancelled(means.signal, call);
  } catch (error) {
    if (!isCancelled(error)) throw error;
    const answered = await Promise.race([
      call.then(
        () => 'done' as const,
        (late: unknown) => (isCancelled(late) ? ('not begun' as const) : ('failed' as const)),
      ),
      means.sleep(GRACE).then(() => 'open' as const),
    ]);
    if (answered === 'done') return;
    throw answered === 'not begun' ? error : new OutsideError(UNDER_WAY, (error as OutsideError).code);
  }
}

const LOG =
  "Look at the log of Kubeflow's profile controller: kubectl logs deploy/profiles-deployment -n kubeflow -c manager";

/** Judges by objects, not by status: the controller never reports one (facts of kubeflow/dashboard profile_controller.go). */
async function waitFor(
  change: Change,
  within: number,
  run: Run,
  driver: AnyDriver,
  means: Means,
  journal: Journal | undefined,
): Promise<'done'> {
  const { ref, after } = change;
  if (driver.wait === undefined) throw new OutsideError(`${titleOf(ref)} cannot be waited for.`, 'NotSupported');
  await journal?.begun(run.id, change);
  const done = async (): Promise<'done'> => {
    await journal?.ended(run.id, change, 'done');
    return 'done';
  };
  if (await unlessCancelled(means.signal, driver.wait(change, within))) return done();
  await pause(means, 0);
  const now = await unlessCancelled(means.signal, driver.read(ref));
  if (now.state === 'found' ? holds(ref.kind, now.value, after) : now.state === 'absent' && after === undefined)
    return done();
  const seconds = within / 1000;
  if (now.state === 'found' && after === undefined) throw new OutsideError(stays(ref, now.value, seconds), 'Timeout');
  const found =
    now.state === 'absent'
      ? `${titleOf(ref)} is not there: is the profile controller running?`
      : now.state === 'found'
        ? `${titleOf(ref)} does not have the role: ${said(now.value)}.`
        : unreadable(now, titleOf(ref));
  throw new OutsideError(`After ${seconds} s ${found} ${LOG}`, 'Timeout');
}

/** What is to be gone and is not. */
const stays = (ref: Ref, thing: unknown, seconds: number): string =>
  ref.kind === 'k8s/namespace'
    ? `After ${seconds} s it is still there. ${namespaceGoing(thing as Things['k8s/namespace'])}`
    : `After ${seconds} s ${titleOf(ref)} is still there.`;

const said = (thing: unknown): string => {
  const { annotations = {} } = thing as { annotations?: Readonly<Record<string, string>> };
  const role = annotations['eks.amazonaws.com/role-arn'];
  return role === undefined ? 'its annotation is missing' : `its annotation is "${role}"`;
};

/** What became of undoing one change. */
export interface Undone {
  readonly change: Change;
  /** `left`: it stays, `reason` says why. */
  readonly state: 'undone' | 'left' | 'failed' | 'not-run';
  readonly reason?: string;
}

export interface UndoResult {
  readonly ok: boolean;
  readonly cancelled: boolean;
  readonly changes: readonly Undone[];
}

/** How long the profile controller may take to put back what it did, in milliseconds. */
const PUT_BACK = 10_000;

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

async function undoOne(
  { change, run, state }: Entry,
  drivers: Drivers,
  means: Means,
  isFree: (ref: Ref) => Promise<boolean>,
): Promise<Pick<Undone, 'state' | 'reason'>> {
  const title = changeTitle(change);
  if (means.gone !== undefined && goesWithCluster(change.ref.kind))
    return { state: 'left', reason: `${title}: it was in EKS cluster ${means.gone}, which is gone.` };
  const stays = KINDS[change.ref.kind].stays !== undefined;
  if (stays || (change.shared === true && !(await unlessCancelled(means.signal, isFree(change.ref)))))
    return {
      state: 'left',
      reason: `${title}: ${KINDS[change.ref.kind].stays ?? 'others may rest on it, so it stays'}.`,
    };
  const driver = driverFor(drivers, change);
  const back = inverse(change);
  if (change.by !== undefined) {
    // What was not there before goes with its cause; an annotation stays where its Profile names no role any more.
    if (change.before === undefined) return { state: 'undone' };
    if (await unlessCancelled(means.signal, driver.wait?.(back, PUT_BACK) ?? Promise.resolve(false)))
      return { state: 'undone' };
  }
  const now = await unlessCancelled(means.signal, driver.read(change.ref));
  if (now.state === 'denied' || now.state === 'failed') throw new OutsideError(unreadable(now, title), now.state);
  const found = now.state === 'found' ? now.value : undefined;
  // What goes cannot be kept, and would be taken for what it was.
  const goes = found !== undefined && back.after !== undefined && (await driver.goes?.(change.ref, found));
  const there = goes === true ? undefined : found;
  if (same(change.ref.kind, there, back.after)) return { state: 'undone' };
  // Somebody else had made it in what this run made, and it went with that.
  if (there === undefined && change.first !== undefined) return { state: 'undone' };
  // Begun is not done: what is there may be somebody else's.
  if (change.before === undefined && there !== undefined && driver.madeBy(there, { id: run }) === false)
    return { state: 'left', reason: `${title}: it is there, and this run did not make it.` };
  if (!holds(change.ref.kind, there, back.before) && !onItsWay(back, there, driver)) {
    // It was refused because somebody was quicker, as a rule: nothing of this run is in it, and the rest is taken back all the same.
    if (state === 'begun')
      return {
        state: 'left',
        reason: `${title}: it is as somebody else has it, and not as this run would have made it.`,
      };
    throw movedOn(title);
  }
  await underWay(
    means,
    driver.write({ ...back, ...(there === undefined ? {} : { before: there }) } as Change, { id: run }),
  );
  return { state: 'undone' };
}
