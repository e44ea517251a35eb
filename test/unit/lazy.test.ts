/** What is loaded when it is first used, by way of the entry that VS Code calls. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lazy } from '../../src/lazy.ts';

test('a load that failed is tried again by who asks next; one that worked is kept', async () => {
  let loads = 0;
  const load = lazy(async () => {
    loads++;
    if (loads < 3) throw new Error(`no file, time ${loads}`);
    return loads;
  });
  assert.equal(load.made(), undefined);
  await assert.rejects(Promise.all([load(), load()]), /time 1/);
  await assert.rejects(load(), /time 2/);
  assert.equal(await load(), 3);
  assert.equal(await load.made(), 3);
  assert.equal(loads, 3);
});
