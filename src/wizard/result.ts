/** What became of a plan, as text. Pure. */
import type { ApplyResult, StepResult } from '../provisioning/apply.ts';
import type { Target, Verification } from '../provisioning/verify.ts';
import type { Plan } from '../core/plan/plan.ts';

const WORD: Readonly<Record<StepResult['state'], string>> = {
  done: '+ done   ',
  kept: '= kept   ',
  failed: '! failed ',
  'not-run': '- not run',
};

/** "0.4 s", "12 s"; nothing for what took no time. */
const seconds = (milliseconds: number): string =>
  milliseconds < 50 ? '' : ` (${(milliseconds / 1000).toFixed(milliseconds < 9_950 ? 1 : 0)} s)`;

const OUTCOME: Readonly<Record<Verification['outcome'], string>> = {
  verified: 'Verified: the profile used its bucket, and its neighbour was refused.',
  checked: 'Checked: nothing failed, but no object was touched. Verify gives the full proof.',
  failed: 'Not verified: see the line that failed.',
};

/** The proofs, one a line. */
export const proofText = (verification: Verification): string =>
  [
    ...verification.proofs.map(({ ok, text }) => `${ok ? '+ ok     ' : '! failed '}  ${text}`),
    '',
    OUTCOME[verification.outcome],
  ].join('\n');

/** What stopped, in one sentence; undefined where nothing did. */
export function stoppedBy(result: ApplyResult): string | undefined {
  const failed = result.steps.find(({ state }) => state === 'failed');
  if (failed === undefined) return undefined;
  return `${failed.step.title}: ${failed.reason ?? ''}`;
}

/** The first line: how it went. */
export function headline(plan: Plan, result: ApplyResult): string {
  const { profile } = plan.request;
  const of = result.steps.length;
  const stopped = result.steps.findIndex(({ state }) => state === 'failed' || state === 'not-run') + 1;
  if (result.cancelled) return `Profile ${profile}: cancelled before step ${stopped} of ${of}. What was done stays.`;
  if (!result.ok) return `Profile ${profile} is not ready: step ${stopped} of ${of} failed.`;
  return result.verification?.outcome === 'verified'
    ? `Profile ${profile} is verified.`
    : `Profile ${profile} is set up and checked.`;
}

/** The document after a run: what became of every step, with its time and reason, and the proofs. */
export function resultText(plan: Plan, result: ApplyResult): string {
  const { request } = plan;
  const steps = result.steps.map(({ step, state, reason, milliseconds }, index) => {
    const line = `${String(index + 1).padStart(2)}. ${WORD[state]}  ${step.title}${seconds(milliseconds)}`;
    return reason === undefined ? line : `${line}\n               ${reason}`;
  });
  const next = result.ok
    ? []
    : [
        'Nothing that was done is undone. What is missing can be done at any time: "Plan Again" looks at what is there now, keeps it, and goes on from there.',
      ];
  const sections = [
    `# Result: profile ${request.profile} on ${request.cluster} (${request.region})`,
    [headline(plan, result), ...next].join('\n'),
    `## Steps\n\n${steps.join('\n')}`,
    ...(result.verification === undefined ? [] : [`## Proof\n\n${proofText(result.verification)}`]),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** The document after "Verify Profile". */
export function verificationText(cluster: string, region: string, target: Target, verification: Verification): string {
  return `${[
    `# Proof: profile ${target.profile} on ${cluster} (${region})`,
    `Role ${target.roleArn}\nBucket ${target.bucket} in ${target.bucketRegion}`,
    proofText(verification),
  ].join('\n\n')}\n`;
}
