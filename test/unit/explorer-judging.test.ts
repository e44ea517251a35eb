/** Thousands of profiles are judged in turns: who is first, what is told, and that others come in between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Judgement } from '../../src/core/modes/live.ts';
import { judging } from '../../src/estate/judging.ts';
import { portions } from '../../src/estate/portions.ts';

const judgement = (words: string): Judgement => ({
  state: 'not-verified',
  words,
  problems: [],
  remarks: [],
  unread: [],
});
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `team-${index}`);

/** Works for `milliseconds` without a pause. */
function busy(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

test('others get their turn while many ask in the same moment', async () => {
  const turn = portions(5, 4);
  const order: string[] = [];
  const all = Promise.all(
    names(20).map(async (name) => {
      await turn();
      busy(2);
      order.push(name);
    }),
  );
  setImmediate(() => order.push('another'));
  await all;
  const at = order.indexOf('another');
  assert.ok(at >= 0 && at < order.length - 1, order.join());
  assert.deepEqual(order.filter((one) => one !== 'another').sort(), names(20).sort());
});

test('each profile is judged once, in the order asked for, and all is told', async () => {
  const order: string[] = [];
  const told: string[] = [];
  const all = judging(
    portions(),
    (name) => {
      order.push(name);
      return judgement(name);
    },
    (profiles) => told.push(...profiles),
    1_000,
  );
  const done = all.later([...names(3).reverse(), ...names(5)], 10_000);
  assert.equal(all.busy, true);
  await done;
  assert.deepEqual(order, ['team-2', 'team-1', 'team-0', 'team-3', 'team-4']);
  assert.deepEqual(told, order);
  assert.equal(all.busy, false);
  assert.equal(all.known('team-3')?.words, 'team-3');
});

test('what comes in quick succession is told together', async () => {
  const told: (readonly string[])[] = [];
  const all = judging(portions(), judgement, (profiles) => told.push(profiles), 100);
  for (const name of names(3)) await all.later([name], 10_000);
  while (told.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(told, [['team-0'], ['team-1', 'team-2']]);
});

test('who is looked at is judged before others, and not again', async () => {
  const order: string[] = [];
  const all = judging(
    portions(),
    (name) => {
      order.push(name);
      return judgement(name);
    },
    () => undefined,
    1_000,
  );
  const done = all.later(names(5), 10_000);
  assert.equal(all.now('team-4')?.words, 'team-4');
  assert.equal(all.now('team-4')?.words, 'team-4');
  await done;
  assert.deepEqual(order, ['team-4', 'team-0', 'team-1', 'team-2', 'team-3']);
});

test('what was known stays until it is judged again; what is gone is forgotten', async () => {
  let round = 1;
  let there = true;
  const all = judging(
    portions(),
    () => (there ? judgement(`round ${round}`) : undefined),
    () => undefined,
    1_000,
  );
  await all.later(['team-a'], 10_000);
  round = 2;
  const again = all.later(['team-a'], 10_000);
  assert.equal(all.known('team-a')?.words, 'round 1');
  await again;
  assert.equal(all.known('team-a')?.words, 'round 2');
  there = false;
  await all.later(['team-a'], 10_000);
  assert.equal(all.known('team-a'), undefined);
});

test('nobody waits longer than his patience', async () => {
  const all = judging(
    portions(2),
    (name) => {
      busy(2);
      return judgement(name);
    },
    () => undefined,
    1_000,
  );
  await all.later(names(200), 20);
  assert.equal(all.busy, true);
  await all.later([], 10_000);
  assert.equal(all.busy, false);
});

test('one that cannot be judged does not keep the others from it', async () => {
  const all = judging(
    portions(),
    (name) => {
      if (name === 'team-0') throw new Error('broken');
      return judgement(name);
    },
    () => undefined,
    1_000,
  );
  await assert.rejects(all.later(names(2), 10_000), /broken/);
  await all.later(names(2).slice(1), 10_000);
  assert.equal(all.known('team-1')?.words, 'team-1');
});
