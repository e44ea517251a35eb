/** Waiting, following and the journal of a run: what happens in which order. No time passes here. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import type { Change, Ref } from '../../src/core/kinds.ts';
import type { Namespace } from '../../src/core/observation.ts';
import { absent, denied, failed, found, type Reading } from '../../src/core/reading.ts';
import { apply } from '../../src/provisioning/change.ts';
import type { Means } from '../../src/provisioning/driver.ts';
import type { Drivers } from '../../src/provisioning/drivers.ts';
import { follow, type Following } from '../../src/provisioning/follow.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { OutsideError, type Change as Seen } from '../../src/provisioning/ports.ts';
import { cancelled, isCancelled, pause, sleep, unlessCancelled } from '../../src/provisioning/wait.ts';

test('a sleep of any length ends when it is cancelled', async () => {
  const stop = new AbortController();
  const long = sleep(2 ** 31 - 1, stop.signal);
  stop.abort();
  await long;
  await sleep(2 ** 31 - 1, stop.signal);
  await sleep(0);
});

test('only what we cancelled ourselves is no failure', () => {
  const codes = [cancelled(), new OutsideError('no', 'Other'), Object.assign(new Error('no'), { code: 'Cancelled' })];
  assert.deepEqual(codes.map(isCancelled), [true, false, false]);
});

test('nobody waits for what is cancelled, and nothing is left behind', async () => {
  const stop = new AbortController();
  assert.equal(await unlessCancelled(undefined, Promise.resolve(1)), 1);
  assert.equal(await unlessCancelled(stop.signal, Promise.resolve(1)), 1);
  await assert.rejects(unlessCancelled(stop.signal, Promise.reject(new Error('no'))), /^Error: no$/);
  assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
  let fail = (_: Error): void => undefined;
  const late = unlessCancelled(stop.signal, new Promise((_, reject) => (fail = reject)));
  stop.abort();
  await assert.rejects(late, isCancelled);
  // What comes too late is nobody's error: as one that nobody handles, it would end the process.
  fail(new Error('too late'));
  await assert.rejects(unlessCancelled(stop.signal, new Promise(() => undefined)), isCancelled);
  await assert.rejects(pause({ sleep: () => new Promise(() => undefined), signal: stop.signal }, 1), isCancelled);
});

/** What a journal says of one change of one run, after these. */
const JOURNAL: readonly [said: readonly ('begun' | 'done' | 'kept')[], state: string][] = [
  [['begun'], 'begun'],
  [['begun', 'done'], 'done'],
  [['begun', 'kept'], 'begun'],
  [['begun', 'done', 'kept'], 'done'],
  [['begun', 'done', 'begun'], 'done'],
  [['kept'], 'kept'],
  [['kept', 'kept'], 'kept'],
  [['kept', 'begun'], 'begun'],
  [['kept', 'begun', 'done'], 'done'],
];
test('a journal: what a run began it made, also where it finds it as wanted later', async () => {
  const change: Change = { ref: { kind: 'iam/role', at: 'a', key: 'r' } };
  for (const [said, state] of JOURNAL) {
    const journal = memoryJournal();
    for (const one of said) await (one === 'begun' ? journal.begun('run', change) : journal.ended('run', change, one));
    assert.deepEqual(journal.entries(), [{ run: 'run', change, state }], said.join());
  }
});

/** One watch: how long it lasts, what it shows, and how it ends. */
interface Watch {
  readonly lasts?: number;
  readonly shows?: readonly Seen<string>[];
  readonly error?: Error;
}
const bookmark = (version: string): Seen<string> => ({ type: 'bookmark', version });
const change = (version: string): Seen<string> => ({ type: 'changed', version, item: 'x' }) as unknown as Seen<string>;
const expired = new OutsideError('too old', '410');
const broken = new OutsideError('the connection was broken off', 'ECONNRESET');

/**
 * Follows a kind whose lists and watches go so, until the watches are used up. Each event in a word: lists, watches with their
 * version, pauses in milliseconds, and what is told.
 */
async function trace(
  watches: readonly Watch[],
  { lists, version, more = {} }: { lists?: readonly Reading<string>[]; version?: string; more?: object } = {},
): Promise<readonly string[]> {
  const events: string[] = [];
  const stop = new AbortController();
  let now = 0;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  const left = [...watches];
  const readings = [...(lists ?? [])];
  const following: Following<string> = {
    ...(lists === undefined
      ? {}
      : {
          list: async () => {
            events.push('list');
            return readings.length > 1 ? (readings.shift() ?? absent) : (readings[0] ?? absent);
          },
        }),
    watch: async (from, onChange) => {
      const one = left.shift();
      if (one === undefined) {
        stop.abort();
        throw broken;
      }
      events.push(`watch ${from ?? '-'}`);
      for (const seen of one.shows ?? []) onChange(seen);
      now += one.lasts ?? 0;
      for (const sleeper of [...sleepers]) if (sleeper.at <= now) sleeper.wake();
      await new Promise((resolve) => setImmediate(resolve));
      if (one.error !== undefined) await Promise.reject(one.error);
    },
    take: ({ version: at }) => void events.push(`take ${at}`),
    lost: (why) => void events.push(why === undefined ? 'well' : `${why.how}: ${why.reason}`),
    ...more,
  };
  const clock = {
    now: () => now,
    sleep: (milliseconds: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        // The time after which a watch is one, beside it.
        if (signal !== stop.signal) {
          const one = { at: now + milliseconds, wake: () => (sleepers.delete(one), resolve()) };
          sleepers.add(one);
          signal.addEventListener('abort', one.wake, { once: true });
          return;
        }
        events.push(`pause ${milliseconds}`);
        now += milliseconds;
        resolve();
      }),
  };
  await follow(following, version, stop.signal, clock);
  return events;
}
const LATE = 'cut off: watches end at once (is a proxy in between?), changes are seen late';
const listed = [found('1')];

test('following: a watch that ends after its time begins again where it was', async () => {
  assert.deepEqual(await trace([{ lasts: 10_000, shows: [change('2')] }, { lasts: 60_000 }], { lists: listed }), [
    'list',
    'watch 1',
    'take 2',
    'watch 2',
  ]);
  assert.deepEqual(await trace([{ lasts: 10_000 }], { lists: listed, version: '7' }), ['watch 7']);
});

test('following: watches that end at once are listed anew after longer and longer pauses, and that is said once', async () => {
  assert.deepEqual(await trace([{}, {}, {}], { lists: listed }), [
    'list',
    'watch 1',
    'pause 500',
    'list',
    'watch 1',
    LATE,
    'pause 1000',
    'list',
    'watch 1',
    'pause 2000',
    'list',
  ]);
  assert.deepEqual(
    (await trace([{}, {}, {}, {}, {}, {}, {}], { lists: listed, more: { longest: 3_000 } })).filter((one) =>
      one.startsWith('pause'),
    ),
    ['pause 500', 'pause 1000', 'pause 2000', 'pause 3000', 'pause 3000', 'pause 3000', 'pause 3000'],
  );
});

test('following: a change, or a watch that lasts, ends the pauses; a bookmark does not', async () => {
  assert.deepEqual(await trace([{}, {}, { shows: [bookmark('5'), change('6')] }, {}], { lists: listed }), [
    'list',
    'watch 1',
    'pause 500',
    'list',
    'watch 1',
    LATE,
    'pause 1000',
    'list',
    'watch 1',
    'take 5',
    'well',
    'take 6',
    'pause 500',
    'watch 6',
    'pause 1000',
    'list',
  ]);
  assert.deepEqual(await trace([{}, {}, { lasts: 9_999, shows: [bookmark('5')] }], { lists: listed }), [
    'list',
    'watch 1',
    'pause 500',
    'list',
    'watch 1',
    LATE,
    'pause 1000',
    'list',
    'watch 1',
    'take 5',
    'pause 2000',
    'list',
  ]);
  assert.deepEqual(await trace([{}, {}, { lasts: 10_000 }, {}], { lists: listed }), [
    'list',
    'watch 1',
    'pause 500',
    'list',
    'watch 1',
    LATE,
    'pause 1000',
    'list',
    'watch 1',
    'well',
    'watch 1',
    'pause 500',
    'list',
  ]);
});

test('following: a network that is lost is told, and what was missed is listed', async () => {
  assert.deepEqual(await trace([{ lasts: 20_000, shows: [change('2')], error: broken }, {}], { lists: listed }), [
    'list',
    'watch 1',
    'take 2',
    'unreachable: the connection was broken off',
    'pause 500',
    'list',
    'well',
    'watch 1',
    'pause 1000',
    'list',
  ]);
  assert.deepEqual(await trace([{ error: new TypeError('no error') }], { lists: listed }), [
    'list',
    'watch 1',
    'unreachable: no error',
    'pause 500',
    'list',
    'well',
  ]);
});

test('following: a list that fails is tried again, and why is told', async () => {
  assert.deepEqual(
    await trace([{ lasts: 10_000 }], {
      lists: [failed('it is down'), failed('it is down'), denied('list x', ''), ...listed],
    }),
    [
      'list',
      'unreachable: it is down',
      'pause 500',
      'list',
      'pause 1000',
      'list',
      'unreachable: it may no longer be read',
      'pause 2000',
      'list',
      'well',
      'watch 1',
    ],
  );
});

test('following: a version that is too old is listed at once, unless the one after it is too', async () => {
  assert.deepEqual(await trace([{ error: expired }, { error: expired }], { lists: listed, version: '0' }), [
    'watch 0',
    'list',
    'watch 1',
    LATE,
    'pause 500',
    'list',
  ]);
  assert.deepEqual(await trace([{ error: expired }], {}), ['watch -', 'pause 500']);
});

test('following without a list: each watch begins with what is there', async () => {
  assert.deepEqual(await trace([{ shows: [change('2')] }, { lasts: 10_000 }], {}), [
    'watch -',
    'take 2',
    'pause 500',
    'watch -',
  ]);
});

test('following: what another try cannot mend is thrown', async () => {
  const isFinal = (error: unknown): boolean => error === broken;
  await assert.rejects(trace([{ error: broken }], { lists: listed, more: { isFinal } }), broken);
  assert.deepEqual((await trace([{ error: expired }], { lists: listed, more: { isFinal: () => false } })).length, 3);
});

test('what somebody else does is waited for, and looked at once more before that is said not to come', async () => {
  const ref: Ref<'k8s/namespace'> = { kind: 'k8s/namespace', at: 'c', key: 'team-x' };
  const there: Namespace = { name: 'team-x', owner: 'x', deleting: false };
  const says = async (
    change: Pick<Change<'k8s/namespace'>, 'before' | 'after'>,
    waited: boolean,
    now: Reading<Namespace>,
  ): Promise<string> => {
    const journal = memoryJournal();
    const drivers = {
      'k8s/namespace': {
        read: async () => now,
        wait: async () => waited,
        guards: () => false,
        madeBy: () => undefined,
      },
    } as unknown as Drivers;
    const means = { sleep: async () => undefined } as unknown as Means;
    const one: Change = { ref, ...change, by: { who: 'Kubernetes', within: 5_000 } };
    const how = await apply(one, { id: 'run' }, drivers, means, journal).catch((error: unknown) => String(error));
    return `${how.replace(/ Look at the log of .*/, '')} (${journal
      .entries()
      .map(({ state }) => state)
      .join()})`;
  };
  const [gone, made] = [{ before: there }, { after: there }];
  assert.deepEqual(
    [
      await says(gone, true, found(there)),
      await says(gone, false, absent),
      await says(gone, false, found(there)),
      await says(gone, false, denied('get namespaces', '')),
      await says(made, true, absent),
      await says(made, false, found(there)),
      await says(made, false, absent),
      await says(made, false, failed('it broke off.')),
    ],
    [
      'done (done)',
      'done (done)',
      'OutsideError: After 5 s it is still there. Namespace team-x is being deleted. Wait until it is gone, then try again. (begun)',
      'OutsideError: After 5 s Namespace team-x cannot be read: you are not permitted to get namespaces. Ask for this permission, then try again. (begun)',
      'done (done)',
      'done (done)',
      'OutsideError: After 5 s Namespace team-x is not there: is the profile controller running? (begun)',
      'OutsideError: After 5 s Namespace team-x cannot be read: it broke off. (begun)',
    ],
  );
});
