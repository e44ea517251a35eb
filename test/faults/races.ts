/**
 * Two runs at once: of the same plan, or of two plans for the same profile that were made before either was carried out. There must be
 * one result: the world is as if one had come after the other, or one alone, once who failed is taken back; who says to be done is right.
 */
import { randomUUID } from 'node:crypto';
import type { Sandbox } from '../../sandbox/index.ts';
import { actionOf, holds, type Kind } from '../../src/core/kinds.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import { driversOf } from '../../src/provisioning/drivers.ts';
import type { Driver } from '../../src/provisioning/driver.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { carryOut, undo, type RunResult } from '../../src/provisioning/run.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import type { Pair } from './plans.ts';
import { openWorld, picture, REGION, settled, type World } from './worlds.ts';

let worlds = 0;
const open = (sandbox: Sandbox): Promise<World> =>
  openWorld(sandbox, `x${String(++worlds).padStart(5, '0')}`, { cluster: 'kubeflow-dev', region: REGION });

const meansOf = ({ aws, kubernetes }: World) => ({ aws, kubernetes, sleep, reveal: () => undefined });
const run = (at: World, plan: Plan, journal = memoryJournal()): Promise<RunResult> =>
  carryOut({ ...plan, proofs: [] }, { ...meansOf(at), unique: randomUUID }, { journal });

/** All worlds in which two plans may end: one alone, one after the other, each planned anew. */
export async function serial(sandbox: Sandbox, { first, second }: Pair): Promise<ReadonlySet<string>> {
  const orders = first === second ? [[first]] : [[first], [second], [first, second], [second, first]];
  const ends = await Promise.all(
    orders.map(async (order) => {
      const at = await open(sandbox);
      await first.before?.(at);
      for (const row of order) {
        const plan = await row.plan(at);
        await run(at, plan);
      }
      const end = await settled(() => picture(sandbox, at.name));
      at.close();
      return end;
    }),
  );
  return new Set(ends);
}

/** One race: what is wrong with its end; undefined: nothing. */
export async function race(sandbox: Sandbox, pair: Pair, ends: ReadonlySet<string>): Promise<string | undefined> {
  const at = await open(sandbox);
  try {
    await pair.first.before?.(at);
    const plans = [await pair.first.plan(at), await pair.second.plan(at)];
    const journals = [memoryJournal(), memoryJournal()];
    const results = await Promise.all(plans.map((plan, index) => run(at, plan, journals[index])));
    const said = results.map(({ rows }) => rows.map(({ row, state, reason }) => `${row.id} ${state} ${reason ?? ''}`));
    const wrong: string[] = [];
    if (results.every(({ ok }) => !ok)) wrong.push('neither came to its end');
    if (pair.first === pair.second && !results.every(({ ok }) => ok))
      wrong.push('one of two that want the same failed');
    const right = await Promise.all(plans.map(async (plan, index) => results[index]?.ok === true && isSo(at, plan)));
    if (!right.some(Boolean)) wrong.push('what they say that they did is not so');
    for (const [index, { ok }] of results.entries()) {
      if (ok || pair.torn !== undefined) continue;
      const undone = await undo(journals[index]?.entries() ?? [], meansOf(at));
      if (!undone.ok) wrong.push(`not undone: ${JSON.stringify(undone.changes)}`);
    }
    const end = await settled(() => picture(sandbox, at.name));
    if (pair.torn === undefined && !ends.has(end)) wrong.push(`no one after the other ends so:\n${nearest(end, ends)}`);
    return wrong.length === 0 ? undefined : `${wrong.join('\n')}\n${JSON.stringify(said)}`;
  } finally {
    at.close();
  }
}

/** Whether all that a plan wants is there. */
async function isSo({ aws, kubernetes }: World, { changes }: Plan): Promise<boolean> {
  const drivers = driversOf({ aws, kubernetes, sleep });
  const all = changes.map(async (change) => {
    if (actionOf(change) === 'keep') return true;
    const now = await (drivers[change.ref.kind] as Driver<Kind>).read(change.ref);
    return holds(change.ref.kind, now.state === 'found' ? now.value : undefined, change.after);
  });
  return (await Promise.all(all)).every(Boolean);
}

function nearest(end: string, ends: ReadonlySet<string>): string {
  const lines = end.split('\n');
  const differences = [...ends].map((one) => {
    const others = one.split('\n');
    return [
      ...others.filter((line) => !lines.includes(line)).map((line) => `-${line.trim()}`),
      ...lines.filter((line) => !others.includes(line)).map((line) => `+${line.trim()}`),
    ];
  });
  return (differences.sort((a, b) => a.length - b.length)[0] ?? []).slice(0, 12).join('\n');
}
