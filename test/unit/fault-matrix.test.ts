/**
 * The fault matrix in memory: every call of every plan of test/faults/plans.ts goes wrong in every way that a run can tell apart, and
 * calls of taking it back. `npm run faults` tries the same on real parts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS as ON_REAL_PARTS } from '../faults/faultNames.ts';
import { FAULTS, matrixInMemory } from '../faults/memory.ts';
import { PLANS } from '../faults/plans.ts';
import { readResults, rowText, tableInDocs, tableText } from '../faults/table.ts';

const AGAIN = 'npm run faults --';

for (const row of PLANS)
  test(`whatever befalls a call of "${row.id}": Resume ends as undisturbed, Undo as before`, async () => {
    const { calls, tried, wrong } = await matrixInMemory(row);
    assert.ok(tried.size > 0);
    assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} things are wrong`);
    const said = rowText(row.id, { calls, tried: Object.fromEntries(tried) }, FAULTS);
    assert.ok(tableInDocs('in memory').split('\n').includes(said), `docs/runs.md lacks "${said}": ${AGAIN} --memory`);
  });

test('the tables in docs/runs.md have all plans and no others; that of real parts is what was kept of a run', () => {
  const plansIn = (table: string): readonly string[] =>
    table
      .split('\n')
      .slice(2, -1)
      .map((line) => line.split('|')[1]?.trim() ?? '');
  const ids = PLANS.map(({ id }) => id);
  assert.deepEqual(plansIn(tableInDocs('in memory')), ids);
  const kept = tableInDocs('on real parts');
  assert.deepEqual(plansIn(kept), ids);
  assert.equal(kept, tableText(readResults(), Object.keys(ON_REAL_PARTS)), `${AGAIN} --keep`);
});
