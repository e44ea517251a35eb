/** What a seed makes of the sandbox: the same each time, and nothing that AWS and Kubernetes may not do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { variationFrom, variationOf, variationText } from '../../sandbox/variation.ts';

const SEEDS = fc.nat(999_999_999);
const CALLS = fc.constantFrom(
  'iam:GetAccountAuthorizationDetails',
  's3:ListObjectsV2',
  'eks:ListClusters',
  'list profiles',
);

test('the same seed makes the same world, in whatever order the calls come', () => {
  fc.assert(
    fc.property(SEEDS, fc.array(fc.tuple(CALLS, fc.nat(50))), (seed, calls) => {
      const of = (asked: typeof calls): Map<string, unknown> => {
        const { latencyOf, pageOf } = variationOf(seed);
        return new Map(asked.map(([call, nth]) => [`${call} ${nth}`, [latencyOf(call, nth), pageOf(call)]] as const));
      };
      const forth = of(calls);
      for (const [key, value] of of([...calls].reverse())) assert.deepEqual(value, forth.get(key));
      assert.equal(variationText(variationOf(seed)), variationText(variationOf(seed)));
    }),
  );
});

test('each setting is within its bounds', () => {
  fc.assert(
    fc.property(SEEDS, CALLS, fc.nat(1_000), (seed, call, nth) => {
      const { clockMs, slowShare, pageOf, latencyOf } = variationOf(seed);
      const within = (value: number, least: number, most: number): void =>
        assert.ok(value >= least && value <= most, `${value} is not within ${least} and ${most}`);
      within(clockMs, -240_000, 240_000);
      within(slowShare, 0.1, 0.6);
      within(pageOf(call), 1, 7);
      within(latencyOf(call, nth), 0, 80);
    }),
  );
});

test('seeds differ: both signs of the clock, every page size, calls that wait and calls that do not', () => {
  const worlds = Array.from({ length: 100 }, (_, seed) => variationOf(seed));
  assert.deepEqual(new Set(worlds.map(({ clockMs }) => Math.sign(clockMs))), new Set([-1, 1]));
  assert.deepEqual([...new Set(worlds.map(({ pageOf }) => pageOf('eks:ListClusters')))].sort(), [1, 2, 3, 4, 5, 6, 7]);
  const waits = worlds.map(({ latencyOf }) => latencyOf('eks:ListClusters', 0) > 0);
  assert.ok(waits.includes(true) && waits.includes(false));
});

test('no seed is no variation, and what is no number is refused', () => {
  assert.equal(variationFrom(undefined), undefined);
  assert.equal(variationFrom(''), undefined);
  assert.equal(variationFrom('17')?.seed, 17);
  for (const wrong of ['x', '-1', '1.5', '1e3', ' 1', '12345678901'])
    assert.throws(() => variationFrom(wrong), /whole number/);
});
