/**
 * The fault matrix in memory: every call of every plan of test/faults/plans.ts goes wrong in every way that a run can tell apart, and
 * calls of taking it back. `npm run faults` tries the same on real parts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matrixInMemory } from '../faults/memory.ts';
import { PLANS } from '../faults/plans.ts';

for (const row of PLANS)
  test(`whatever befalls a call of "${row.id}": Resume ends as undisturbed, Undo as before`, async () => {
    const { tried, wrong } = await matrixInMemory(row);
    assert.ok(tried.size > 0);
    assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} things are wrong`);
  });
