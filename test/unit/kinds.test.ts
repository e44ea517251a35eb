/** The table of kinds, and what is made from it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { actionOf, holds, inverse, KINDS, ORDER, policyForReview, same, type Change } from '../../src/core/kinds.ts';
import { permissionsPage } from '../../src/core/plan/permissions.ts';
import { PROVIDER, trustFor } from './world.ts';

test('docs/permissions.md is what the table of kinds says; if not: node scripts/run.mjs scripts/permissions.ts', () => {
  assert.equal(readFileSync(new URL('../../docs/permissions.md', import.meta.url), 'utf8'), permissionsPage());
});

test('every permission is an IAM action or a Kubernetes verb with its resource, and says where it is from', () => {
  for (const kind of ORDER) {
    const { may, source } = KINDS[kind];
    assert.ok(source.length > 0);
    for (const one of Object.values(may).flat())
      assert.match(one, kind.startsWith('k8s/') ? /^[a-z]+ [a-z/.]+$/ : /^(eks|iam|s3):[A-Z]\w+$/);
  }
});

test('a change and its inverse', () => {
  const provider = { arn: PROVIDER, clientIds: ['other'] };
  const ref = { kind: 'iam/provider', at: 'a', key: PROVIDER } as const;
  const create: Change = { ref, after: provider };
  assert.equal(actionOf(create), 'create');
  assert.equal(actionOf(inverse(create)), 'delete');
  assert.deepEqual(inverse(inverse(create)), create);
  const wider = { ...provider, clientIds: ['other', 'sts.amazonaws.com'] };
  assert.equal(actionOf({ ref, before: provider, after: wider }), 'change');
  assert.equal(actionOf({ ref, before: wider, after: wider }), 'keep');
});

test('what is there may hold more than is wanted: further audiences', () => {
  const there = { arn: PROVIDER, clientIds: ['b', 'a', 'c'] };
  assert.ok(holds('iam/provider', there, { arn: PROVIDER, clientIds: ['a', 'b'] }));
  assert.ok(!same('iam/provider', there, { arn: PROVIDER, clientIds: ['a', 'b'] }));
  assert.ok(same('iam/provider', there, { arn: PROVIDER, clientIds: ['c', 'b', 'a'] }));
  assert.ok(!holds('iam/provider', undefined, there));
  assert.ok(holds('iam/provider', undefined, undefined));
});

test('a policy for review does not depend on who wrote its keys in which order', () => {
  const turned = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(turned)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, item]) => [key, turned(item)]),
          )
        : value;
  const text = trustFor('team-x');
  assert.equal(policyForReview(JSON.stringify(turned(JSON.parse(text)))), policyForReview(text));
  assert.equal(policyForReview('no JSON'), 'no JSON');
});
