/** Does one change of a plan, or takes it back: the only place that writes. */
import { between, goesWithCluster, holds, inverse, KINDS, over, same, titleOf } from '../core/kinds.ts';
import type { Change, Kind, Ref, Things } from '../core/kinds.ts';
import { namespaceGoing } from '../core/plan/deletion.ts';
import { changeTitle, unreadable } from '../core/plan/plan.ts';
import type { Reading } from '../core/reading.ts';
import { isConflict, readExisting, type Driver, type Means, type Run } from './driver.ts';
import type { Drivers } from './drivers.ts';
import type { Entry, Journal } from './journal.ts';
import { OutsideError } from './ports.ts';
import { isCancelled, pause, unlessCancelled } from './wait.ts';

/** How long a call that is under way when somebody cancels may still answer, in milliseconds. */
const GRACE = 1_000;

const UNDER_WAY = 'It was under way when you cancelled: the next plan shows what became of it.';

const movedOn = (what: string): OutsideError =>
  new OutsideError(`${what} changed since the plan was made; nothing was overwritten. Make a new plan.`, 'Changed');

/** The driver of a change's kind, for code that is the same for all kinds. */
export type AnyDriver = Driver<Kind>;
export const driverFor = (drivers: Drivers, { ref }: Change): AnyDriver => drivers[ref.kind];

/** Does one change: `kept` where it is as wanted, and not by this run. */
export function apply(
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
    if (now.state === 'found') from = { ...change, before: now.value } as Change;
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
  const { ref, before, after } = change;
  if (before !== undefined || after === undefined || now.state !== 'found') return undefined;
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

/** How long the profile controller may take to put back what it did, in milliseconds. */
const PUT_BACK = 10_000;

/** Takes back one change of a run. `isFree`: whether nobody else rests on a shared thing. Throws where it cannot be taken back. */
export async function undoOne(
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
