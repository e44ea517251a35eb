/**
 * Two runs at once, in memory, their calls in any order: of the same plan, or of two plans for one profile that were made before either
 * was carried out. There is one result: the world is as if one had come after the other, or one alone, once who failed is taken back.
 * `npm run faults -- --races 100` lets them race on real parts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { actionOf, holds, type Kind } from '../../src/core/kinds.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import type { Driver } from '../../src/provisioning/driver.ts';
import { driversOf } from '../../src/provisioning/drivers.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { carryOut, undo } from '../../src/provisioning/run.ts';
import { pairName, RACES, type Pair, type Place } from '../faults/plans.ts';
import { BUCKET, cluster, worldWithProvider, type World } from './world.ts';

const placeIn = ({ aws, kubernetes }: World): Place => ({ name: 'team-x', aws, kubernetes, cluster, bucket: BUCKET });
const inOrder = (_: string, value: unknown): unknown =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
const picture = (here: World): string => JSON.stringify(here.snapshot(), inOrder);

async function worldFor({ first }: Pair): Promise<World> {
  const here = worldWithProvider();
  here.pipelines = '2.15.0';
  await first.before?.(placeIn(here));
  return here;
}
const without = (plan: Plan): Plan => ({ ...plan, proofs: [] });

/** Worlds in which two plans may end. */
async function serial(pair: Pair): Promise<ReadonlySet<string>> {
  const { first, second } = pair;
  const ends = new Set<string>();
  for (const order of [[first], [second], [first, second], [second, first]]) {
    const here = await worldFor(pair);
    for (const row of order) await carryOut(without(await row.plan(placeIn(here))), here.outside());
    ends.add(picture(here));
  }
  return ends;
}

/** Whether all that a plan wants is there. */
async function isSo(here: World, { changes }: Plan): Promise<boolean> {
  const drivers = driversOf(here.outside());
  for (const { ref, ...change } of changes) {
    if (actionOf({ ref, ...change } as Plan['changes'][number]) === 'keep') continue;
    const now = await (drivers[ref.kind] as Driver<Kind>).read(ref);
    if (!holds(ref.kind, now.state === 'found' ? now.value : undefined, change.after)) return false;
  }
  return true;
}

for (const pair of RACES)
  test(`two runs at once end in one result: ${pairName(pair)}`, async () => {
    const ends = await serial(pair);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(12), { minLength: 40, maxLength: 40 }), async (turns) => {
        const here = await worldFor(pair);
        const plans = [await pair.first.plan(placeIn(here)), await pair.second.plan(placeIn(here))].map(without);
        let call = 0;
        here.turn = async () => {
          for (let left = turns[call++ % turns.length] ?? 0; left >= 0; left--) await Promise.resolve();
        };
        const journals = plans.map(() => memoryJournal());
        const results = await Promise.all(
          plans.map((plan, index) => carryOut(plan, here.outside(), { journal: journals[index] ?? memoryJournal() })),
        );
        here.turn = () => Promise.resolve();
        const said = JSON.stringify(
          results.map(({ rows }) => rows.map(({ row, state, reason }) => [row.id, state, reason])),
        );
        if (pair.first === pair.second)
          assert.ok(
            results.every(({ ok }) => ok),
            said,
          );
        else
          assert.ok(
            results.some(({ ok }) => ok),
            said,
          );
        const right = await Promise.all(
          plans.map(async (plan, index) => results[index]?.ok === true && isSo(here, plan)),
        );
        assert.ok(right.some(Boolean), `what they say that they did is not so: ${said}`);
        if (pair.torn !== undefined) return;
        for (const [index, { ok }] of results.entries())
          if (!ok) {
            const undone = await undo(journals[index]?.entries() ?? [], here.outside());
            assert.ok(
              undone.ok,
              JSON.stringify(undone.changes.map(({ change, state, reason }) => [change.ref.key, state, reason])),
            );
          }
        const end = picture(here);
        assert.ok(ends.has(end), `no one after the other ends so: ${said}\n${end}`);
      }),
      { numRuns: 40 },
    );
  });
