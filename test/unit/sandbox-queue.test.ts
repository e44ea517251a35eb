/** The work queue of the sandbox's profile controller. */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { workQueue } from '../../sandbox/profile-controller.ts';

test('a name that never comes to an end rests and goes on, also where the wall clock is behind the timer', async () => {
  mock.timers.enable({ apis: ['Date'] });
  let rounds = 0;
  await new Promise<void>((resolve, reject) => {
    const alive = setTimeout(() => reject(new Error(`it stopped after ${rounds} rounds`)), 5_000);
    const queue = workQueue(
      async () => {
        rounds += 1;
        if (rounds < 60) setImmediate(() => queue.add('flipping'));
        else {
          clearTimeout(alive);
          queue.stop();
          resolve();
        }
      },
      (_name, error) => reject(error instanceof Error ? error : new Error(String(error))),
    );
    queue.add('flipping');
  });
  mock.timers.reset();
  assert.equal(rounds, 60);
});
