import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan, Step } from '../../src/core/plan/plan.ts';
import type { ApplyResult } from '../../src/provisioning/apply.ts';
import { headline, resultText, stoppedBy } from '../../src/wizard/result.ts';

const step = (id: Step['id'], kind: Step['kind'], title: string): Step => ({ id, kind, title });
const role = step('role', 'create', 'IAM role team-x-dev-role');
const proof = step('verification', 'verify', 'Proof');
const plan: Plan = {
  request: {
    cluster: 'dev',
    region: 'us-west-2',
    profile: 'team-x',
    owner: 'o',
    bucket: 'b-1',
    access: 'prefix',
    annotateOnly: true,
  },
  steps: [role, proof],
  warnings: [],
  permissions: { aws: [], kubernetes: [] },
};
const done: ApplyResult = {
  ok: true,
  cancelled: false,
  steps: [
    { step: role, state: 'done', milliseconds: 1234 },
    { step: proof, state: 'done', milliseconds: 20 },
  ],
  verification: { outcome: 'verified', proofs: [{ id: 'write', ok: true, text: 'It wrote s3://b-1/x.' }] },
};
const broken: ApplyResult = {
  ok: false,
  cancelled: false,
  steps: [
    { step: role, state: 'failed', reason: 'You are not permitted to iam:CreateRole.', milliseconds: 10 },
    { step: proof, state: 'not-run', reason: 'An earlier step failed.', milliseconds: 0 },
  ],
};

test('only a verified profile is called verified', () => {
  assert.equal(headline(plan, done), 'Profile team-x is verified.');
  const checked: ApplyResult = { ...done, verification: { outcome: 'checked', proofs: [] } };
  assert.equal(headline(plan, checked), 'Profile team-x is set up and checked.');
  assert.doesNotMatch(resultText(plan, checked), /verified/i);
});

test('a failure names the step, the reason and what was not run', () => {
  assert.equal(headline(plan, broken), 'Profile team-x is not ready: step 1 of 2 failed.');
  assert.equal(stoppedBy(broken), 'IAM role team-x-dev-role: You are not permitted to iam:CreateRole.');
  const text = resultText(plan, broken);
  assert.match(text, /! failed {3}IAM role team-x-dev-role\n +You are not permitted to iam:CreateRole\./);
  assert.match(text, /- not run {2}Proof\n +An earlier step failed\./);
  assert.match(text, /Nothing that was done is undone\./);
});

test('times are said where they matter', () => {
  const text = resultText(plan, done);
  assert.match(text, /role \(1\.2 s\)/);
  assert.doesNotMatch(text, /Proof \(/);
});

test('a cancelled run says where it stopped', () => {
  const cancelled: ApplyResult = {
    ok: false,
    cancelled: true,
    steps: [
      { step: role, state: 'done', milliseconds: 10 },
      { step: proof, state: 'not-run', reason: 'Cancelled before this step.', milliseconds: 0 },
    ],
  };
  assert.equal(headline(plan, cancelled), 'Profile team-x: cancelled before step 2 of 2. What was done stays.');
  assert.equal(stoppedBy(cancelled), undefined);
});
