/** What a matrix says is tried: attempt by attempt, a few at the same time, and told as it came out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attempt } from '../../src/core/isolation/tries.ts';
import { profileProofs } from '../../src/core/plan/proof.ts';
import { attemptLines, proveIsolation } from '../../src/provisioning/proveIsolation.ts';
import { arnOf, ISSUER, putProfile, worldWithProvider } from './world.ts';

const proofsOf = (profile: string, role: string) =>
  profileProofs({
    ...{
      profile,
      roleArn: arnOf(role),
      issuer: ISSUER,
      bucket: 'artifacts',
      bucketRegion: 'us-west-2',
      access: 'prefix',
    },
  }).slice(0, 1);
const attempt = (cluster: number, says: string, ...proofs: readonly (readonly [string, string])[]): Attempt => ({
  cluster,
  says,
  proofs: proofs.flatMap(([profile, role]) => proofsOf(profile, role)),
});

test('each attempt is told under its own name, in the order of the attempts', async () => {
  const here = worldWithProvider();
  putProfile(here, 't1', { name: 'role-t1' });
  putProfile(here, 't2', { name: 'role-t2' });
  const attempts = [
    attempt(0, 't1 may write', ['t1', 'role-t1']),
    attempt(0, 't1 may use the role of t2', ['t1', 'role-t2']),
    attempt(1, 'another cluster', ['t2', 'role-t2']),
    attempt(0, 't2 may write', ['t2', 'role-t2']),
    attempt(0, 'nothing to try'),
    attempt(0, 't1 again', ['t1', 'role-t1']),
  ];
  const told: string[] = [];
  const asked: number[] = [];
  const results = await proveIsolation(
    attempts,
    (cluster) => {
      asked.push(cluster);
      return cluster === 0 ? here.outside() : { ...here.outside(), signal: AbortSignal.abort() };
    },
    (says, number, of) => told.push(`${number} of ${of}: ${says}`),
  );
  assert.deepEqual(asked.sort(), [0, 0, 0, 0, 0, 1]);
  assert.deepEqual(
    told.sort(),
    attempts.map(({ says }, at) => `${at + 1} of 6: ${says}`),
  );
  assert.deepEqual(
    results.map(
      ({ says, outcome, proofs }) => `${says}: ${outcome}, ${proofs.filter(({ ok }) => ok === false).length} wrong`,
    ),
    [
      't1 may write: verified, 0 wrong',
      't1 may use the role of t2: failed, 1 wrong',
      'another cluster: cancelled, 0 wrong',
      't2 may write: verified, 0 wrong',
      'nothing to try: verified, 0 wrong',
      't1 again: verified, 0 wrong',
    ],
  );
  const lines = attemptLines(results, [{ says: 'this', why: 'that' }]);
  assert.deepEqual(
    lines.filter((line) => !line.startsWith(' ')),
    [
      'as said      t1 may write.',
      'NOT AS SAID  t1 may use the role of t2.',
      'cancelled    another cluster.',
      'as said      t2 may write.',
      'as said      nothing to try.',
      'as said      t1 again.',
      'not tried    this: that',
    ],
  );
  assert.equal(lines.length, 8);
});
