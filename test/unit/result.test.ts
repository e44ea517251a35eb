import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan, Row } from '../../src/core/plan/plan.ts';
import type { RunResult } from '../../src/provisioning/run.ts';
import type { Change } from '../../src/core/kinds.ts';
import './vscode-stub.ts';

const { headline, proofText, resultText, stoppedBy, undoText } = await import('../../src/wizard/result.ts');

const step = (id: string, kind: Row['kind'], title: string): Row => ({ id, kind, title });
const role = step('role', 'create', 'IAM role team-x-dev-role');
const proof = step('verification', 'verify', 'Proof');
const SUBJECT = { subject: 'Profile team-x' };
const plan: Plan = {
  title: 'profile team-x on dev (us-west-2)',
  needs: [],
  changes: [],
  proofs: [],
  warnings: [],
};
const base = { run: 'r', touched: [] };
const done: RunResult = {
  ...base,
  ok: true,
  cancelled: false,
  rows: [
    { row: role, state: 'done', milliseconds: 1234 },
    { row: proof, state: 'done', milliseconds: 20 },
  ],
  verification: { outcome: 'verified', proofs: [{ id: 'write', ok: true, text: 'It wrote s3://b-1/x.' }] },
};
const broken: RunResult = {
  ...base,
  ok: false,
  cancelled: false,
  rows: [
    { row: role, state: 'failed', reason: 'You are not permitted to iam:CreateRole.', milliseconds: 10 },
    { row: proof, state: 'not-run', reason: 'An earlier step failed.', milliseconds: 0 },
  ],
};

test('only a verified profile is called verified', () => {
  assert.equal(headline(SUBJECT, done), 'Profile team-x is verified.');
  const checked: RunResult = { ...done, verification: { outcome: 'checked', proofs: [] } };
  assert.equal(headline(SUBJECT, checked), 'Profile team-x is set up and checked.');
  assert.doesNotMatch(resultText(SUBJECT, plan, checked), /verified/i);
});

test('a failure names the step, the reason and what was not run', () => {
  assert.equal(headline(SUBJECT, broken), 'Profile team-x is not ready: step 1 of 2 failed.');
  assert.equal(stoppedBy(broken), 'IAM role team-x-dev-role: You are not permitted to iam:CreateRole.');
  const text = resultText(SUBJECT, plan, broken);
  assert.match(text, /! failed {3}IAM role team-x-dev-role\n +You are not permitted to iam:CreateRole\./);
  assert.match(text, /- not run {2}Proof\n +An earlier step failed\./);
  assert.match(text, /Nothing that was done is undone\./);
});

test('of each proof is said whether it holds, does not, or is neither', () => {
  const text = proofText({
    outcome: 'failed',
    proofs: [
      { id: 'write', ok: true, text: 'It wrote s3://b-1/x.' },
      { id: 'list', ok: false, text: 'It could not list s3://b-1/.' },
      { id: 'other-profile-refused', ok: null, text: 'There is no other profile.' },
    ],
  });
  assert.equal(
    text,
    [
      '+ ok       It wrote s3://b-1/x.',
      '! failed   It could not list s3://b-1/.',
      '= note     There is no other profile.',
      '',
      'Not verified: see the line that failed.',
    ].join('\n'),
  );
});

test('times are said where they matter', () => {
  const text = resultText(SUBJECT, plan, done);
  assert.match(text, /role \(1\.2 s\)/);
  assert.doesNotMatch(text, /Proof \(/);
});

test('a cancelled run says where it stopped', () => {
  const cancelled: RunResult = {
    ...base,
    ok: false,
    cancelled: true,
    rows: [
      { row: role, state: 'done', milliseconds: 10 },
      { row: proof, state: 'not-run', reason: 'Cancelled before this step.', milliseconds: 0 },
    ],
  };
  assert.equal(headline(SUBJECT, cancelled), 'Profile team-x: cancelled before step 2 of 2. What was done stays.');
  assert.equal(stoppedBy(cancelled), undefined);
});

test('what was undone, what was left and why', () => {
  const change: Change = { ref: { kind: 'k8s/profile', at: 'cluster', key: 'team-x' } };
  const text = undoText(plan, {
    ok: false,
    cancelled: false,
    changes: [
      { change, state: 'undone' },
      { change, state: 'failed', reason: 'It changed.' },
    ],
  });
  assert.match(text, /Not all is undone/);
  assert.match(text, / 1\. - undone {3}Profile team-x\n 2\. ! failed {3}Profile team-x\n +It changed\./);
});
