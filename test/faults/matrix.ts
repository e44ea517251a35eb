/**
 * The fault matrix: every call of every plan, and of taking it back, goes wrong in every way. Then Resume must end in the world of a run
 * that nobody disturbed, and Undo in the world before.
 */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { build } from 'esbuild';
import type { Fault } from '../../sandbox/faults.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import { HTTP } from '../../src/aws/http.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { carryOutIn, goOn, takeBack } from '../../src/provisioning/carried.ts';
import { runsIn, type RunFolder } from '../../src/provisioning/runs.ts';
import { carryOut, undo, type RunResult, type UndoResult } from '../../src/provisioning/run.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import { aboutRun, planIn, type PlanRow } from './plans.ts';
import { FAULTS, type FaultName } from './faultNames.ts';
import { clusterFor, moreOf, openWorld, picture, settled, type World } from './worlds.ts';

const kills = (fault: FaultName): boolean => 'hold' in FAULTS[fault];
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
  /** Worlds in which taking it back may end. */
  readonly ends: readonly string[];
}

/** So many of what a wait asks again and again are tried. */
const POLLS = 4;

let worlds = 0;
const open = (sandbox: Sandbox, row: PlanRow): Promise<World> =>
  openWorld(sandbox, `w${String(++worlds).padStart(5, '0')}`, clusterFor(row));

/** Prepares a sandbox for it: calls of Kubernetes can go wrong, changes are seen at once, nobody waits long for an answer. */
export async function prepare(sandbox: Sandbox): Promise<void> {
  Object.assign(process.env, sandbox.env);
  Object.assign(HTTP, { requestTimeout: 8_000 });
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
async function differs(
  take: () => Promise<string>,
  ...ends: readonly [string, ...string[]]
): Promise<string | undefined> {
  const [expected] = ends;
  let now = '';
  // The controllers go on for a moment.
  for (let tries = 0; tries < 60; tries++) {
    now = await take();
    if (ends.includes(now)) return undefined;
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
  const more = moreOf(sandbox, row);
  await row.before?.(at);
  const before = await settled(() => picture(sandbox, at.name, more));
  const plan = await planIn(row, at);
  const journal = memoryJournal();
  sandbox.resetCalls();
  const result = await carryOut(plan, outsideOf(at), { journal });
  const counts = sandbox.calls();
  assert.ok(result.ok, `${row.id}: ${failure(result)}`);
  const after = await settled(() => picture(sandbox, at.name, more));
  assert.notEqual(after, before, `${row.id} changes nothing`);
  const undone = await undo(journal.entries(), meansOf(at), () => Promise.resolve(true));
  assert.ok(undone.ok, `${row.id}: ${left(undone)}`);
  const take = (): Promise<string> => picture(sandbox, at.name, more);
  if (row.lost === undefined) assert.equal(await differs(take, before), undefined, `${row.id} is not taken back`);
  const ends = row.lost === undefined ? [] : [await settled(take)];
  at.close();
  const calls = Object.entries(counts).flatMap(([name, count]) =>
    Array.from({ length: name === row.polls ? Math.min(count, POLLS) : count }, (_, index) => ({
      name,
      nth: index + 1,
    })),
  );
  return { calls, after, ends };
}

/** The folder of a world's runs. */
const runsOf = (folder: string): RunFolder => runsIn(path.join(folder, 'runs'));

/** What came of a run with a fault. */
interface Disturbed {
  /** It came to its end. */
  readonly ok: boolean;
  readonly said: string;
}

async function disturbed(at: World, row: PlanRow, folder: string, arm: () => void): Promise<Disturbed> {
  const plan = await planIn(row, at);
  arm();
  const run = await carryOutIn(runsOf(folder), aboutRun(at, row), plan, outsideOf(at));
  return { ok: run.ok, said: failure(run) };
}

/** The same in a process that is ended with the call. */
async function killed(sandbox: Sandbox, at: World, row: PlanRow, folder: string, arm: () => void): Promise<Disturbed> {
  const { accessKeyId, secretAccessKey, sessionToken = '' } = at.credentials;
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    NODE_COMPILE_CACHE: path.join(tmpdir(), 'kubeflow-irsa-faults-cache'),
  };
  const child = fork(await childFile(), [row.id, at.name, path.join(folder, 'runs')], {
    env,
    silent: true,
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'exit') as Promise<[code: number | null]>;
  const over = new AbortController();
  try {
    await Promise.race([
      once(child, 'message'),
      ended.then(() => Promise.reject(new Error(`the process ended by itself: ${said}`))),
    ]);
    arm();
    child.send('go');
    const code = await Promise.race([
      sandbox.held(at.of, over.signal).then(() => undefined),
      ended.then(([one]) => one ?? 1),
    ]);
    child.kill('SIGKILL');
    await ended;
    // What was under way there is over when nothing of it is held any more.
    await pause(50);
    if (code !== undefined && code !== 0) throw new Error(`the process ended with ${code}: ${said}`);
    return { ok: code === 0, said: 'it was ended' };
  } finally {
    over.abort();
    child.kill('SIGKILL');
  }
}

let bundled: Promise<string> | undefined;
/** The child as one file, which starts in a third of the time. */
function childFile(): Promise<string> {
  const outfile = path.join(import.meta.dirname, '../../out/faults/child.mjs');
  bundled ??= build({
    entryPoints: [path.join(import.meta.dirname, 'child.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  }).then(() => outfile);
  return bundled;
}

/** So many processes at once; what comes after their end needs none. */
const PROCESSES = 3;
const AFTER_THEM = 5;
/** Does work when it is its turn. */
const inTurn = turns(PROCESSES);
function turns(atOnce: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= atOnce) await new Promise<void>((go) => waiting.push(go));
    running++;
    try {
      return await work();
    } finally {
      running--;
      waiting.shift()?.();
    }
  };
}

const meansOf = ({ aws, kubernetes }: World) => ({ aws, kubernetes, sleep, reveal: () => undefined });
const outsideOf = (at: World) => ({ ...meansOf(at), unique: randomUUID });

/** A world before a plan, and its picture. */
interface Ready {
  readonly at: World;
  readonly before: string;
}
/** Worlds that are as before their plan again. */
const ready = new WeakMap<PlanRow, Ready[]>();

async function worldFor(sandbox: Sandbox, row: PlanRow): Promise<Ready> {
  const again = ready.get(row)?.pop();
  if (again !== undefined) return again;
  const at = await open(sandbox, row);
  await row.before?.(at);
  return { at, before: await settled(() => picture(sandbox, at.name, moreOf(sandbox, row))) };
}

/** A world that is as it was can be used again, if more than an empty one was made. */
function giveBack(row: PlanRow, world: Ready, now: string): void {
  if (row.before === undefined || now !== world.before) return world.at.close();
  ready.set(row, [...(ready.get(row) ?? []), world]);
}

/** Tries one cell in a world of its own. */
export async function attempt(sandbox: Sandbox, cell: Cell, { after, ends }: Recorded): Promise<Outcome> {
  const { row, call, end } = cell;
  const { lasting, ...what } = FAULTS[cell.fault];
  const more = moreOf(sandbox, row);
  // A machine that does too much at once is no fault of a plan.
  const world = await worldFor(sandbox, row).catch(() =>
    worldFor(sandbox, row).catch((error: unknown) => `there is no world to try it in: ${String(error)}`),
  );
  if (typeof world === 'string') return { ...cell, hidden: false, met: true, wrong: world };
  const { at, before } = world;
  const take = (): Promise<string> => picture(sandbox, at.name, more);
  let hidden = false;
  const fault: Fault = { ...what, call: call.name, after: call.nth - 1, times: lasting ? 1_000_000 : 1, of: at.of };
  const mine = ({ of }: Fault): boolean => of === at.of;
  const arm = (): void => sandbox.control({ faults: [...sandbox.settings.faults, fault] });
  const disarm = (): void => sandbox.control({ faults: sandbox.settings.faults.filter((one) => !mine(one)) });
  const folder = await mkdtemp(path.join(tmpdir(), 'kubeflow-irsa-faults-'));
  try {
    const { ok, said } = await (kills(cell.fault)
      ? inTurn(() => killed(sandbox, at, row, folder, arm))
      : disturbed(at, row, folder, arm));
    hidden = ok;
    const met = (sandbox.settings.faults.find(mine)?.times ?? 0) < fault.times;
    disarm();
    const wrong: string[] = [];
    const runs = runsOf(folder);
    const { runs: known, unread } = await runs.all();
    const [run] = known;
    if (unread.length > 0 || known.length > 1) wrong.push(`journals: ${JSON.stringify([unread, known.length])}`);
    if (run === undefined) {
      // It was ended before it wrote anything down, and so before it did anything.
      const rest = await differs(take, before);
      if (rest !== undefined) wrong.push(`not written down, and not as before:\n${rest}`);
    } else {
      if (end === 'resume') {
        // Where nothing but the proof is open a run is done.
        const resumed =
          run.state === 'unfinished' ? await goOn(await runs.open(run.head.run, 'resume'), outsideOf(at)) : undefined;
        if (resumed?.ok === false) wrong.push(`not resumed: ${failure(resumed)}`);
        const rest = await differs(take, after);
        if (rest !== undefined) wrong.push(`resumed, but not as undisturbed:\n${rest}`);
      }
      // Also what was resumed must go.
      const open = await runs.open(run.head.run, 'undo');
      const undone = await takeBack(open, meansOf(at), () => Promise.resolve(true));
      if (!undone.ok) wrong.push(`not undone: ${left(undone)}`);
      const rest = await differs(take, before, ...ends);
      if (rest !== undefined) wrong.push(`undone, but not as before:\n${rest}`);
    }
    if (wrong.length === 0) giveBack(row, { at, before }, await take());
    else at.close();
    return { ...cell, hidden, met, ...(wrong.length === 0 ? {} : { wrong: `${said}\n${wrong.join('\n')}` }) };
  } catch (error) {
    at.close();
    return { ...cell, hidden, met: true, wrong: `could not be tried: ${String(error)}` };
  } finally {
    disarm();
    await rm(folder, { recursive: true });
  }
}

/**
 * Tries cells for as long as `goesOn`, so many worlds at once, and some more in which a process is ended; those of plans that change
 * what all share come one after the other.
 */
export async function attemptAll(
  sandbox: Sandbox,
  cells: readonly Cell[],
  recorded: ReadonlyMap<string, Recorded>,
  atOnce: number,
  goesOn: () => boolean,
  told: (outcome: Outcome) => void,
): Promise<void> {
  const lane = async (queue: Cell[]): Promise<void> => {
    for (let cell = queue.shift(); cell !== undefined && goesOn(); cell = queue.shift()) {
      const its = recorded.get(cell.row.id);
      assert.ok(its);
      told(await attempt(sandbox, cell, its));
    }
  };
  const shared = cells.filter(({ row, fault }) => row.alone === undefined && !kills(fault));
  const killing = cells.filter(({ row, fault }) => row.alone === undefined && kills(fault));
  const resources = [...new Set(cells.flatMap(({ row }) => row.alone ?? []))];
  const chains = resources.map((one) => cells.filter(({ row }) => row.alone === one));
  await Promise.all([
    ...Array.from({ length: atOnce }, () => lane(shared)),
    ...Array.from({ length: PROCESSES + AFTER_THEM }, () => lane(killing)),
    ...chains.map(lane),
  ]);
}

/** All cells of a plan. */
export const cellsOf = (row: PlanRow, { calls }: Recorded): readonly Cell[] =>
  calls.flatMap((call) =>
    (Object.keys(FAULTS) as FaultName[]).flatMap((fault) => ENDS.map((end) => ({ row, call, fault, end }))),
  );
