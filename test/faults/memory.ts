/**
 * The fault matrix in memory: every call of a plan goes wrong in every way that a run can tell apart, and calls of taking it back. In
 * seconds, where real parts (matrix.ts) take an hour.
 */
import assert from 'node:assert/strict';
import { goOn, takeBack } from '../../src/provisioning/carried.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { carryOut } from '../../src/provisioning/run.ts';
import type { OpenRun } from '../../src/provisioning/runs.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import { planIn, type Place, type PlanRow } from './plans.ts';
import type { Tried } from './table.ts';
import { BUCKET, cluster, world, worldWithProvider, type Fault, type World } from '../unit/world.ts';

const NAME = 'team-x';
export const FAULTS: readonly Fault[] = ['refuse', 'lost', 'drop', 'killed before', 'killed after'];

const DEX_CONFIG =
  'enablePasswordDB: true\nstaticPasswords:\n- email: user@example.com\n  hashFromEnv: DEX\n  userID: "1"\n';
function worldFor(row: PlanRow): World {
  const here = row.alone === 'provider' ? world() : worldWithProvider();
  here.pipelines = '2.15.0';
  here.configMaps.set('auth/dex', {
    namespace: 'auth',
    name: 'dex',
    resourceVersion: 'a',
    data: { 'config.yaml': DEX_CONFIG },
  });
  here.kube.set('deployments auth/dex', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'dex', namespace: 'auth', resourceVersion: 'b' },
    spec: { template: { metadata: {}, spec: {} } },
  });
  return here;
}
const placeIn = ({ aws, kubernetes }: World): Place => ({ name: NAME, aws, kubernetes, cluster, bucket: BUCKET });
const outsideOf = (here: World) => ({ ...here.outside(), reveal: () => undefined });

/** A picture without what is random, or the time, and whose keys are in order. */
const picture = (here: World): string =>
  JSON.stringify(here.snapshot(), (_, value: unknown) => {
    if (typeof value === 'string') return value.replace(RANDOM, '$1"?"');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const kept = Object.entries(value).filter(
      ([name, one]) => !name.endsWith('restartedAt') && !(name === 'annotations' && isEmpty(one)),
    );
    return Object.fromEntries(kept.sort(([x], [y]) => (x < y ? -1 : 1)));
  });
const RANDOM = /^( *(?:hash|userID): )"(?:\$2|kubeflow-irsa)[^"]*"$/gm;
const isEmpty = (annotations: unknown): boolean =>
  Object.keys(annotations as object).every((name) => name.endsWith('restartedAt'));

/** A run that is written down in memory; `was`: as it is when it is opened again. */
function runOf(plan: Plan, journal: ReturnType<typeof memoryJournal>, was: OpenRun['was'] = 'unfinished'): OpenRun {
  const head = { run: 'run-1', began: '2026-01-01T00:00:00Z', command: 'x', cluster: 'dev', region: 'us-west-2', plan };
  return { id: 'run-1', head, was, journal, entries: journal.entries, end: () => Promise.resolve() };
}

/** Work until it ends, or its process does: then also what goes on beside is over. */
async function untilKilled<T>(here: World, work: () => Promise<T>): Promise<T | undefined> {
  const result = await Promise.race([here.killed(), work()]);
  for (let left = 10; result === undefined && left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
  return result;
}

/** Lets a fault befall the n-th call from now on; a process that ends does nothing more. */
function arm(here: World, nth: number, fault: Fault): () => boolean {
  let left = nth;
  let met = false;
  here.onCall = () => {
    if (met) return fault.startsWith('killed') ? 'killed before' : undefined;
    met = left-- === 0;
    return met ? fault : undefined;
  };
  return () => met;
}
const calm = (here: World): void => {
  here.onCall = () => undefined;
};
const free = (): Promise<boolean> => Promise.resolve(true);
const reasons = (said: unknown): string => JSON.stringify(said);

async function prepared(row: PlanRow): Promise<{ readonly here: World; readonly before: string; readonly plan: Plan }> {
  const here = worldFor(row);
  await row.before?.(placeIn(here));
  const before = picture(here);
  const plan = JSON.parse(JSON.stringify(await planIn(row, placeIn(here)))) as Plan;
  here.calls.length = 0;
  return { here, before, plan };
}

/** Tries all cells of a plan, with Resume, with Undo, and with an Undo that goes wrong itself. */
export async function matrixInMemory(row: PlanRow): Promise<{
  readonly calls: number;
  readonly tried: ReadonlyMap<Fault, Tried>;
  /** What did not come out as it must. */
  readonly wrong: readonly string[];
}> {
  const undisturbed = await prepared(row);
  const made = memoryJournal();
  const result = await goOn(runOf(undisturbed.plan, made), outsideOf(undisturbed.here));
  assert.ok(result.ok, reasons(result.rows));
  const after = picture(undisturbed.here);
  assert.notEqual(after, undisturbed.before);
  const calls = [...undisturbed.here.calls];
  const ends = new Set([undisturbed.before]);
  const whole = await takeBack(runOf(undisturbed.plan, made, 'done'), outsideOf(undisturbed.here), free);
  assert.ok(whole.ok, reasons(whole.changes));
  if (row.lost !== undefined) ends.add(picture(undisturbed.here));

  const wrong: string[] = [];
  const tried = new Map<Fault, Tried>();
  // Of a user of Dex only what is about it, and what is hardest: each try hashes a password, which is slow by design.
  const [last, faults] = row.alone === 'Dex' ? [6, FAULTS.slice(-2)] : [calls.length, FAULTS];
  for (let nth = 0; nth < last; nth++)
    for (const fault of faults)
      for (const end of ['resume', 'undo', 'undo, disturbed'] as const) {
        const { here, plan } = await prepared(row);
        const wrongBefore = wrong.length;
        const journal = memoryJournal();
        const cell = `${here.calls.length} ${calls[nth] ?? ''}, ${fault}, ${end}`;
        const met = arm(here, nth, fault);
        const first = await untilKilled(here, () => carryOut(plan, outsideOf(here), { journal, run: 'run-1' }));
        assert.ok(met(), cell);
        calm(here);
        const say = (what: string, why: unknown): void => void wrong.push(`${cell}: ${what} ${reasons(why)}`);
        if (end === 'resume') {
          const resumed = await goOn(runOf(plan, journal), outsideOf(here));
          if (!resumed.ok)
            say(
              'not resumed',
              resumed.rows.filter(({ state }) => state === 'failed'),
            );
          if (picture(here) !== after) say('resumed, but not as undisturbed', []);
        }
        if (end === 'undo, disturbed')
          // Also taking it back goes wrong, in the middle, and is gone on with.
          for (const other of FAULTS) {
            arm(here, (nth * 7 + other.length) % 5, other);
            await untilKilled(here, () => takeBack(runOf(plan, journal), outsideOf(here), free));
            calm(here);
          }
        const undone = await takeBack(
          runOf(plan, journal, first?.ok === true ? 'done' : 'unfinished'),
          outsideOf(here),
          free,
        );
        if (!undone.ok)
          say(
            'not undone',
            undone.changes.map(({ change, state, reason }) => [change.ref.key, state, reason]),
          );
        const now = picture(here);
        if (!ends.has(now)) say('undone, but not as before', differences([...ends][0] ?? '', now));
        if (here.objects.size + here.uploads.size > 0) say('left', [...here.objects.keys(), ...here.uploads.keys()]);
        const { all, passed } = tried.get(fault) ?? { all: 0, passed: 0 };
        tried.set(fault, { all: all + 1, passed: passed + (wrong.length === wrongBefore ? 1 : 0) });
      }

  return { calls: calls.length, tried, wrong };
}

function differences(expected: string, now: string): readonly string[] {
  let at = 0;
  while (at < now.length && expected[at] === now[at]) at++;
  return [expected.slice(Math.max(0, at - 60), at + 120), now.slice(Math.max(0, at - 60), at + 120)];
}
