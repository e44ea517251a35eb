// Which AWS identities are asked in which regions, and what it means when none of them lists anything.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { absent, denied, failed, found, type Reading } from '../../src/core/reading.ts';
import { needsSignIn, whyEmpty, withoutRepeats } from '../../src/estate/empty.ts';
import { regionsFor, sourceId, sourceOf } from '../../src/source.ts';

for (const [what, own, chosen, wanted] of [
  ['nothing is known', undefined, [], []],
  ['only its own', 'us-west-2', [], ['us-west-2']],
  ['the chosen ones', 'us-west-2', ['eu-west-1', 'us-east-1'], ['eu-west-1', 'us-east-1']],
  ['chosen, and none of its own', undefined, ['eu-west-1', 'cn-north-1'], ['eu-west-1', 'cn-north-1']],
  ['those of its partition', 'cn-north-1', ['eu-west-1', 'cn-northwest-1'], ['cn-northwest-1']],
  ['its own where none is of its partition', 'us-gov-west-1', ['eu-west-1'], ['us-gov-west-1']],
] as const) {
  test(`regions of an AWS profile: ${what}`, () => assert.deepEqual(regionsFor(own, chosen), wanted));
}

test('a source has an id of its own, whatever its names hold', () => {
  const ids = [
    sourceOf(undefined, 'us-west-2'),
    sourceOf('a', 'us-west-2'),
    sourceOf('a/us-west-2', 'x'),
    sourceOf('a', 'us-west-2/x'),
    sourceOf('a%2Fus-west-2', 'x'),
  ].map(sourceId);
  assert.equal(new Set(ids).size, ids.length);
});

const expired = failed('expired', 'ExpiredTokenException');
const none = failed('no credentials', 'CredentialsProviderError');
const unreachable = failed('no answer', 'TimeoutError');
for (const [names, wanted] of [
  [[], 'noRegion'],
  [[found([]), found([])], 'noClusters'],
  [[expired, expired], 'expired'],
  [[expired, none], 'noCredentials'],
  [[none], 'noCredentials'],
  [[none, found([])], undefined],
  [[unreachable], undefined],
  [[found(['a']), found([])], undefined],
  [[denied('eks:ListClusters', ''), found([])], undefined],
] as const) {
  test(`an empty tree: ${JSON.stringify(names)} is ${wanted ?? 'told by its rows'}`, () =>
    assert.equal(whyEmpty(names.map((one) => ({ names: one }))), wanted));
}

test('signing in is offered where credentials are what is wrong, and only there', () => {
  assert.deepEqual(
    [expired, none, unreachable, absent, denied('eks:ListClusters', ''), found([]), undefined].map(needsSignIn),
    [true, true, false, false, false, false, false],
  );
});

test('credentials that are not accepted are told once for an AWS profile, all else for each region', () => {
  const of = (awsProfile: string | undefined, names: Reading<readonly string[]> | undefined, region: string) => ({
    source: sourceOf(awsProfile, region),
    names,
  });
  const all = [
    of('prod', expired, 'a'),
    of('prod', expired, 'b'),
    of('prod', unreachable, 'c'),
    of('prod', unreachable, 'd'),
    of(undefined, none, 'a'),
    of(undefined, none, 'b'),
    of('dev', undefined, 'a'),
  ];
  assert.deepEqual(
    withoutRepeats(all).map(({ source }) => sourceId(source)),
    ['prod/a', 'prod/c', 'prod/d', '/a', 'dev/a'],
  );
});
