/**
 * The fault matrix: every call of every plan, and of taking it back, goes wrong in every way. Then Resume must end in the world of a run
 * that nobody disturbed, and Undo in the world before.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from '../../sandbox/faults.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import { HTTP } from '../../src/aws/http.ts';
import { blockers } from '../../src/core/plan/plan.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { carryOut, undo, type RunResult, type UndoResult } from '../../src/provisioning/run.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import { DEV, type PlanRow } from './plans.ts';
import { openWorld, picture, type World } from './worlds.ts';

/** In which ways a call goes wrong; `lasting`: until somebody resumes, whatever is tried again by itself. */
export const FAULTS = {
  timeout: { connection: 'silent', lasting: true },
  reset: { connection: 'reset', lasting: true },
  '500': { answer: 'error', lasting: true },
  throttled: { answer: 'throttled', lasting: true },
  denied: { answer: 'denied', lasting: true },
  lost: { connection: 'lost', lasting: true },
  'lost once': { connection: 'lost', lasting: false },
} as const;
export type FaultName = keyof typeof FAULTS;
export const ENDS = ['resume', 'undo'] as const;
export type End = (typeof ENDS)[number];

/** One call of a plan: the n-th of a name, from 1 on. */
export interface Call {
  readonly name: string;
  readonly nth: number;
}
export interface Cell {
  readonly row: PlanRow;
  readonly call: Call;
  readonly fault: FaultName;
  readonly end: End;
}
export interface Outcome extends Cell {
  /** What did not come out as it must. */
  readonly wrong?: string;
  /** The run came to its end in spite of the fault, by a driver's or the SDK's own tries. */
  readonly hidden: boolean;
  /** The call was made. */
  readonly met: boolean;
}

/** A plan's undisturbed run: its calls, and the world after it. */
export interface Recorded {
  readonly calls: readonly Call[];
  readonly after: string;
}

let worlds = 0;
const open = (sandbox: Sandbox, row: PlanRow): Promise<World> =>
  openWorld(sandbox, `w${String(++worlds).padStart(5, '0')}`, row.on ?? DEV);

/** Prepares a sandbox for it: calls of Kubernetes can go wrong, changes are seen at once, nobody waits long for an answer. */
export async function prepare(sandbox: Sandbox): Promise<void> {
  Object.assign(process.env, sandbox.env);
  Object.assign(HTTP, { requestTimeout: 3_000 });
  await Promise.all([sandbox.meetCalls('kubeflow-dev'), sandbox.meetCalls('analytics')]);
  sandbox.control({ consistencyMs: 0 });
}

const failure = ({ rows }: RunResult): string =>
  rows.flatMap(({ row, state, reason }) => (state === 'failed' ? [`${row.id}: ${reason ?? ''}`] : [])).join('; ');
const left = ({ changes }: UndoResult): string =>
  changes
    .flatMap(({ change, state, reason }) => (state === 'undone' ? [] : [`${change.ref.key} ${state}: ${reason ?? ''}`]))
    .join('; ');

/** What of a world is not as expected after a while, line by line; undefined: all of it is. */
async function differs(take: () => Promise<string>, expected: string): Promise<string | undefined> {
  let now = '';
  // The controllers go on for a moment.
  for (let tries = 0; tries < 60; tries++) {
    now = await take();
    if (now === expected) return undefined;
    await pause(tries < 20 ? 100 : 400);
  }
  const [was, is] = [expected.split('\n'), now.split('\n')];
  const only = (these: readonly string[], others: readonly string[], sign: string): readonly string[] =>
    these.filter((line) => !others.includes(line)).map((line) => `${sign}${line.trim()}`);
  return [...only(was, is, '-'), ...only(is, was, '+')].slice(0, 12).join('\n') || 'the order of lines';
}

/** Runs a plan undisturbed, alone in the sandbox. */
export async function record(sandbox: Sandbox, row: PlanRow): Promise<Recorded> {
  const at = await open(sandbox, row);
  const more = row.more?.(sandbox) ?? {};
  await row.before?.(at, sandbox);
  const before = await settled(() => picture(sandbox, at.name, more));
  const plan = await row.plan(at);
  assert.deepEqual(blockers(plan), [], row.id);
  const { aws, kubernetes } = at;
  const journal = memoryJournal();
  sandbox.resetCalls();
  const result = await carryOut(
    plan,
    { aws, kubernetes, unique: randomUUID, sleep, reveal: () => undefined },
    { journal },
  );
  const counts = sandbox.calls();
  assert.ok(result.ok, `${row.id}: ${failure(result)}`);
  const after = await settled(() => picture(sandbox, at.name, more));
  assert.notEqual(after, before, `${row.id} changes nothing`);
  const undone = await undo(journal.entries(), { aws, kubernetes, sleep }, () => Promise.resolve(true));
  assert.ok(undone.ok, `${row.id}: ${left(undone)}`);
  const rest = await differs(() => picture(sandbox, at.name, more), before);
  assert.equal(rest, undefined, `${row.id} is not taken back`);
  at.close();
  const calls = Object.entries(counts).flatMap(([name, count]) =>
    Array.from({ length: count }, (_, index) => ({ name, nth: index + 1 })),
  );
  return { calls, after };
}

/** A picture that does not change any more. */
async function settled(take: () => Promise<string>): Promise<string> {
  let last = await take();
  for (;;) {
    await pause(250);
    const now = await take();
    if (now === last) return now;
    last = now;
  }
}

/** Tries one cell in a world of its own. */
export async function attempt(sandbox: Sandbox, cell: Cell, { after }: Recorded): Promise<Outcome> {
  const { row, call, end } = cell;
  const { lasting, ...what } = FAULTS[cell.fault];
  const at = await open(sandbox, row);
  const more = row.more?.(sandbox) ?? {};
  const take = (): Promise<string> => picture(sandbox, at.name, more);
  const { aws, kubernetes } = at;
  const means = { aws, kubernetes, sleep, reveal: () => undefined };
  const outside = { ...means, unique: randomUUID };
  let hidden = false;
  const fault: Fault = { ...what, call: call.name, after: call.nth - 1, times: lasting ? 1_000_000 : 1, of: at.of };
  const mine = ({ of }: Fault): boolean => of === at.of;
  try {
    await row.before?.(at, sandbox);
    const before = await settled(take);
    const plan = await row.plan(at);
    if (blockers(plan).length > 0) throw new Error(`blocked: ${JSON.stringify(blockers(plan))}`);
    const journal = memoryJournal();
    sandbox.control({ faults: [...sandbox.settings.faults, fault] });
    const run = await carryOut(plan, outside, { journal });
    hidden = run.ok;
    const met = (sandbox.settings.faults.find(mine)?.times ?? 0) < fault.times;
    sandbox.control({ faults: sandbox.settings.faults.filter((one) => !mine(one)) });
    const wrong: string[] = [];
    if (end === 'resume') {
      const resumed = await carryOut(plan, outside, { journal });
      if (!resumed.ok) wrong.push(`not resumed: ${failure(resumed)}`);
      const rest = await differs(take, after);
      if (rest !== undefined) wrong.push(`resumed, but not as undisturbed:\n${rest}`);
    }
    // Also what was resumed must go.
    const undone = await undo(journal.entries(), means, () => Promise.resolve(true));
    if (!undone.ok) wrong.push(`not undone: ${left(undone)}`);
    const rest = await differs(take, before);
    if (rest !== undefined) wrong.push(`undone, but not as before:\n${rest}`);
    return { ...cell, hidden, met, ...(wrong.length === 0 ? {} : { wrong: `${failure(run)}\n${wrong.join('\n')}` }) };
  } catch (error) {
    return { ...cell, hidden, met: true, wrong: `could not be tried: ${String(error)}` };
  } finally {
    sandbox.control({ faults: sandbox.settings.faults.filter((one) => !mine(one)) });
    at.close();
  }
}

/** Tries cells, so many worlds at once; those of plans that change what all share come one after the other. */
export async function attemptAll(
  sandbox: Sandbox,
  cells: readonly Cell[],
  recorded: ReadonlyMap<string, Recorded>,
  atOnce: number,
  told: (outcome: Outcome) => void = () => undefined,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const lane = async (queue: Cell[]): Promise<void> => {
    for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) {
      const its = recorded.get(cell.row.id);
      assert.ok(its);
      const outcome = await attempt(sandbox, cell, its);
      outcomes.push(outcome);
      told(outcome);
    }
  };
  const shared = cells.filter(({ row }) => row.alone === undefined);
  const resources = [...new Set(cells.flatMap(({ row }) => row.alone ?? []))];
  const chains = resources.map((one) => cells.filter(({ row }) => row.alone === one));
  await Promise.all([...Array.from({ length: atOnce }, () => lane(shared)), ...chains.map(lane)]);
  return outcomes;
}

/** All cells of a plan. */
export const cellsOf = (row: PlanRow, { calls }: Recorded): readonly Cell[] =>
  calls.flatMap((call) =>
    (Object.keys(FAULTS) as FaultName[]).flatMap((fault) => ENDS.map((end) => ({ row, call, fault, end }))),
  );
