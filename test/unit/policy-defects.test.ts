// Policies with one defect each, and two good ones: the same set that docs compare other tools on.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { checkPermissionPolicy } from '../../src/core/rules/permissions.ts';
import { checkTrustPolicy } from '../../src/core/rules/trust.ts';
import { assertSound, ids } from './policy-kit.ts';

interface Defect {
  name: string;
  kind: 'trust' | 'permission';
  ids: string[];
  policy: unknown;
}
const file = new URL('../fixtures/policies/defects.json', import.meta.url);
const defects = JSON.parse(readFileSync(file, 'utf8')) as Defect[];

test('19 defects and 2 good policies', () => {
  assert.equal(defects.filter((one) => one.ids.length > 0).length, 19);
  assert.equal(defects.filter((one) => one.ids.length === 0).length, 2);
});

for (const { name, kind, ids: expected, policy } of defects) {
  test(name, () => {
    const check = kind === 'trust' ? checkTrustPolicy : checkPermissionPolicy;
    assert.deepEqual(ids(assertSound(check, JSON.stringify(policy, undefined, 2))), expected);
  });
}
