/** What trying profiles showed: kept, bounded, and bound to what it rests on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { ProfileView } from '../../src/core/modes/view.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { absent } from '../../src/core/reading.ts';
import { keptProof, proofs, type Memory } from '../../src/estate/proofs.ts';

/** A memory that is slow, as one that writes to a disk; `held` says what it holds. */
function slowMemory(before: unknown = {}) {
  let held = before;
  const memory: Memory = {
    get: <T>() => structuredClone(held) as T,
    update: async (_key, value) => {
      const copy: unknown = structuredClone(value);
      await turn();
      held = copy;
    },
  };
  return { memory, held: () => held as Record<string, { outcome: string }> };
}
const never = (error: unknown) => assert.fail(String(error));
const place = { region: 'us-west-2', cluster: 'dev' };
const namesIn = (held: object): string[] => Object.keys(held).map((key) => key.split('/').at(-1) ?? '');

test('of two tries that end together both are kept', async () => {
  const { memory, held } = slowMemory();
  const kept = proofs(memory, never);
  await Promise.all([kept.keep(place, 'team-a', 'verified'), kept.keep(place, 'team-b', 'failed')]);
  assert.deepEqual(namesIn(held()), ['team-a', 'team-b']);
});

test('proofs of profiles that are gone are dropped, and those of other clusters are not', async () => {
  const { memory, held } = slowMemory();
  const kept = proofs(memory, never);
  const other = { ...place, cluster: 'dev-2' };
  await kept.keep(place, 'team-a', 'verified');
  await kept.keep(place, 'team-gone', 'verified');
  await kept.keep(other, 'team-gone', 'failed');
  kept.only(place, ['team-a', 'team-b'], Infinity);
  await turn();
  await turn();
  assert.deepEqual(
    Object.keys(held()).map((key) => key.split('/').slice(-2).join('/')),
    ['dev/team-a', 'dev-2/team-gone'],
  );
});

test('a try that is newer than the list, and that nothing was read for, is kept; one that was read for is of a profile that is gone', async () => {
  const { memory, held } = slowMemory();
  let now = 100;
  const kept = proofs(memory, never, () => now);
  await kept.keep(place, 'team-a', 'verified');
  kept.only(place, [], 99);
  await turn();
  await turn();
  assert.deepEqual(namesIn(held()), ['team-a']);
  kept.only(place, [], 100);
  await turn();
  await turn();
  assert.deepEqual(namesIn(held()), []);
  now = 200;
  await kept.keep(place, 'team-a', 'verified');
  assert.ok(kept.of(place, 'team-a', readings(), 200));
  kept.only(place, [], 150);
  await turn();
  await turn();
  await turn();
  assert.deepEqual(namesIn(held()), []);
});

test('the newest proofs are kept, however many there were; a try that nothing was read for goes', async () => {
  const old = Object.fromEntries(
    Array.from({ length: 3_000 }, (_, at) => [`x/dev/team-${at}`, { outcome: 'verified', at, fingerprint: 'f' }]),
  );
  const { memory, held } = slowMemory({ ...old, 'x/dev/unread': { outcome: 'verified', at: 0 } });
  let now = 1_000_000;
  const kept = proofs(memory, never, () => now++);
  await kept.keep(place, 'team-new', 'verified');
  const names = namesIn(held());
  assert.ok(names.length <= 500 && names.includes('team-new') && names.includes('team-2999'), String(names.length));
  assert.ok(!names.includes('unread') && !names.includes('team-0'));
});

test('a memory that fails is told, and the next try is kept', async () => {
  const told: unknown[] = [];
  let broken = true;
  const { memory, held } = slowMemory();
  const kept = proofs(
    { ...memory, update: (key, value) => (broken ? Promise.reject(new Error('full')) : memory.update(key, value)) },
    (error) => told.push(error),
  );
  await kept.keep(place, 'team-a', 'verified');
  assert.equal(told.length, 1);
  broken = false;
  await kept.keep(place, 'team-b', 'verified');
  assert.deepEqual(namesIn(held()), ['team-a', 'team-b']);
});

/** Readings of a profile as complete as a proof rests on. */
const readings = (change: object = {}): ProfileView => ({
  cluster: {
    name: 'dev',
    region: 'us-west-2',
    arn: 'arn:aws:eks:us-west-2:111122223333:cluster/dev',
    account: '111122223333',
    partition: 'aws',
    status: 'ACTIVE',
    version: '1.36',
    issuer: 'https://oidc.example.com/id/DEV',
  },
  provider: absent,
  role: absent,
  profile: { ...newProfile('team-a', 'a@example.com', 'arn:aws:iam::111122223333:role/r', true), finalizers: [] },
  namespace: absent,
  serviceAccount: absent,
  launcher: absent,
  sharedWith: [],
  ...change,
});
const MINUTES = 60_000;

test('a proof rests on the first complete reading that was asked for after it, and soon', async () => {
  const { memory, held } = slowMemory();
  let now = 100 * MINUTES;
  const kept = proofs(memory, never, () => now);
  const of = (change: object, readAt: number): string | undefined =>
    kept.of(place, 'team-a', readings(change), readAt)?.outcome;
  assert.equal(of({}, now), undefined, 'nothing was tried');
  await kept.keep(place, 'team-a', 'verified');
  assert.equal(of({ role: undefined }, now), undefined, 'the role was not read');
  assert.equal(of({ provider: undefined }, now), undefined, 'the provider was not read');
  assert.equal(of({}, now - 1), undefined, 'it was read before');
  assert.equal(of({}, now + 10 * MINUTES + 1), undefined, 'it was read much later');
  assert.equal(kept.of({ ...place, cluster: 'other' }, 'team-a', readings(), now), undefined);
  assert.equal(of({}, now + 10 * MINUTES), 'verified');
  const first = kept.of(place, 'team-a', readings(), now)?.fingerprint;
  // From then on the fingerprint says what it rests on, whatever is read.
  assert.equal(kept.of(place, 'team-a', readings({ role: undefined }), 0)?.fingerprint, first);
  await turn();
  await turn();
  assert.equal((Object.values(held())[0] as { fingerprint?: string }).fingerprint, first);
  now += 1;
  await kept.keep(place, 'team-a', 'failed');
  assert.equal(of({}, now), 'failed', 'a new try takes its place');
});

test('a try that nothing was read for goes after its time, and not before', async () => {
  const { memory, held } = slowMemory();
  let now = 0;
  const kept = proofs(memory, never, () => now);
  await kept.keep(place, 'team-a', 'verified');
  now = 10 * MINUTES;
  await kept.keep(place, 'team-b', 'verified');
  assert.deepEqual(namesIn(held()), ['team-a', 'team-b']);
  now += 1;
  await kept.keep(place, 'team-c', 'verified');
  assert.deepEqual(namesIn(held()), ['team-b', 'team-c']);
});

test('nothing is written where no proof is dropped', async () => {
  let writes = 0;
  const { memory } = slowMemory();
  const kept = proofs({ ...memory, update: async () => void (writes += 1) }, never);
  kept.only(place, [], Infinity);
  await kept.keep(place, 'team-a', 'verified');
  kept.only(place, ['team-a'], Infinity);
  kept.only({ ...place, cluster: 'other' }, [], Infinity);
  await turn();
  assert.equal(writes, 1);
});

test('who looks without the tree is told what is kept, and whether it still holds', async () => {
  const { memory } = slowMemory();
  let now = 1_000;
  const kept = proofs(memory, never, () => now);
  const at = (readings: ProfileView) => keptProof(memory, place, 'team-a', readings, now);
  assert.equal(at(readings()), undefined);
  await kept.keep(place, 'team-a', 'verified');
  // A moment later: the next reading is what it rests on.
  assert.deepEqual(at(readings()), { outcome: 'verified', at: 1_000 });
  now = 1_000 + 10 * MINUTES;
  assert.deepEqual(at(readings()), { outcome: 'verified', at: 1_000 });
  now += 1;
  assert.deepEqual(at(readings()), { outcome: 'verified', at: 1_000, changed: true });
  now = 60 * 60_000;
  assert.deepEqual(at(readings()), { outcome: 'verified', at: 1_000, changed: true }, 'nobody read what it rested on');
  await kept.keep(place, 'team-a', 'failed');
  assert.ok(kept.of(place, 'team-a', readings(), now));
  await turn();
  await turn();
  const then = now;
  now *= 100;
  assert.deepEqual(at(readings()), { outcome: 'failed', at: then });
  const launcher: ProfileView['launcher'] = {
    state: 'found',
    value: { namespace: 'team-a', name: 'kfp-launcher', data: { defaultPipelineRoot: 's3://other' } },
  };
  assert.deepEqual(at({ ...readings(), launcher }), { outcome: 'failed', at: then, changed: true });
  for (const broken of [
    { outcome: 'verified', at: 'x' },
    { outcome: 'y', at: 1 },
    { at: 1e99, outcome: 'failed' },
  ]) {
    const strange: Pick<Memory, 'get'> = {
      get: <T>() => ({ [Object.keys(memory.get<object>('') ?? {})[0] ?? '']: broken }) as T,
    };
    assert.equal(keptProof(strange, place, 'team-a', readings(), now), undefined, JSON.stringify(broken));
  }
  assert.equal(keptProof(memory, { ...place, cluster: 'other' }, 'team-a', readings(), now), undefined);
});
