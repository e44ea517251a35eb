// Policies with one defect each, and two good ones: the same set that docs compare other tools on. And policies that are valid,
// though unusual: a false alarm is a defect as bad as a miss.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { checkPermissionPolicy } from '../../src/core/modes/permissions/policy.ts';
import { checkTrustPolicy } from '../../src/core/modes/trust/policy.ts';
import { lint } from '../../src/core/lint.ts';
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

const unusual = new URL('../fixtures/policies/unusual.json', import.meta.url);
for (const [name, policy] of Object.entries(JSON.parse(readFileSync(unusual, 'utf8')) as Record<string, object>)) {
  test(`valid, though unusual: ${name}`, () => assert.deepEqual(lint(JSON.stringify(policy, undefined, 2)), []));
}
