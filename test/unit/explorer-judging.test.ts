/** Thousands of profiles are judged in turns: who is first, what is told, and that others come in between. No time passes here. */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import type { Judgement } from '../../src/core/modes/live.ts';
import { judging } from '../../src/estate/judging.ts';
import { portions } from '../../src/estate/portions.ts';

const judgement = (words: string): Judgement => ({
  state: 'not-verified',
  words: [words],
  problems: [],
  remarks: [],
  unread: [],
});
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `team-${index}`);

let now = 0;
mock.method(performance, 'now', () => now);
mock.timers.enable({ apis: ['setTimeout'] });
/** Works for `milliseconds` without a pause. */
const busy = (milliseconds: number): void => void (now += milliseconds);
/** Lets others work for so long. */
function pass(milliseconds: number): void {
  busy(milliseconds);
  mock.timers.tick(milliseconds);
}
/** Whether it is over without anything else having its turn. */
async function atOnce(work: Promise<unknown>): Promise<boolean> {
  let isOver = false;
  void work.then(() => (isOver = true));
  for (let left = 10; left > 0; left--) await Promise.resolve();
  return isOver;
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

test('a portion lasts until it is used up: no new one begins where nobody waits', async () => {
  const turn = portions(5, 3);
  await turn();
  for (let left = 5; left > 0; left--) await immediate();
  assert.deepEqual([await atOnce(turn()), await atOnce(turn()), await atOnce(turn())], [true, true, false]);
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
  assert.equal(all.known('team-3')?.words[0], 'team-3');
});

test('what comes in quick succession is told together', async () => {
  const told: (readonly string[])[] = [];
  const all = judging(portions(), judgement, (profiles) => told.push(profiles), 100);
  for (const name of names(3)) await all.later([name], 10_000);
  assert.deepEqual(told, [['team-0']]);
  pass(99);
  assert.deepEqual(told, [['team-0']]);
  pass(1);
  assert.deepEqual(told, [['team-0'], ['team-1', 'team-2']]);
  pass(100);
  await all.later(['team-3'], 10_000);
  assert.deepEqual(told[2], ['team-3'], 'after a while it is told at once');
  pass(1_000);
  assert.equal(told.length, 3);
});

test('meanwhile it is told as well, and never of nobody', async () => {
  const told: (readonly string[])[] = [];
  const slowly = (name: string): Judgement => (busy(50), judgement(name));
  const all = judging(portions(), slowly, (profiles) => told.push(profiles), 100);
  await all.later(['team-0'], 10_000);
  await all.later(names(6).slice(1), 10_000);
  assert.deepEqual(told, [['team-0'], ['team-1', 'team-2'], ['team-3', 'team-4']]);
  pass(100);
  assert.deepEqual(told[3], ['team-5']);
  // What waits to be told is told with what was judged since.
  await all.later(['team-6'], 10_000);
  await all.later(names(9).slice(7), 10_000);
  pass(1_000);
  const judged = all.later(['team-9'], 10_000);
  assert.equal(all.now('team-9')?.words[0], 'team-9');
  await judged;
  pass(1_000);
  assert.deepEqual(told.slice(4), [['team-6', 'team-7', 'team-8']]);
});

test('who asks for nobody asks in vain, and keeps nobody from being judged', async () => {
  const all = judging(portions(), judgement, () => undefined, 1_000);
  assert.equal(await atOnce(all.later([], 10_000)), true);
  await all.later(['team-0'], 10_000);
  assert.equal(all.known('team-0')?.words[0], 'team-0');
  const again = all.later(['team-0'], 10_000);
  assert.equal(all.now('team-0')?.words[0], 'team-0');
  assert.equal(all.busy, false, 'who is looked at is judged then');
  await again;
});

test('turns come at once while a portion lasts, by its time and by how many begin in it', async () => {
  const turn = portions(5, 3);
  const first = turn();
  assert.equal(await atOnce(first), false);
  await first;
  assert.equal(await atOnce(turn()), true);
  busy(4);
  assert.equal(await atOnce(turn()), true);
  const fourth = turn();
  assert.equal(await atOnce(fourth), false, 'three have begun');
  await fourth;
  busy(5);
  const late = turn();
  assert.equal(await atOnce(late), false, 'the time is over');
  const five = Promise.all([late, turn(), turn(), turn(), turn()]);
  await late;
  assert.equal(await atOnce(five), false);
  await immediate();
  assert.equal(await atOnce(five), true);
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
  assert.equal(all.now('team-4')?.words[0], 'team-4');
  assert.equal(all.now('team-4')?.words[0], 'team-4');
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
  assert.equal(all.known('team-a')?.words[0], 'round 1');
  await again;
  assert.equal(all.known('team-a')?.words[0], 'round 2');
  there = false;
  await all.later(['team-a'], 10_000);
  assert.equal(all.known('team-a'), undefined);
});

test('nobody waits longer than his patience', async () => {
  const all = judging(portions(2, 1), judgement, () => undefined, 1_000);
  const patient = all.later(names(200), 20);
  await immediate();
  pass(20);
  await patient;
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
  const clear = mock.method(globalThis, 'clearTimeout');
  await assert.rejects(all.later(names(2), 10_000), /broken/);
  assert.equal(clear.mock.callCount(), 1, 'nobody waits for a patience that is not needed');
  await all.later(names(2).slice(1), 10_000);
  assert.equal(all.known('team-1')?.words[0], 'team-1');
});
