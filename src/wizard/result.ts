/** What became of a plan, as text: the message in the person's language, the document in English, as plans are. */
import { l10n } from 'vscode';
import type { Target } from '../core/plan/proof.ts';
import { changeTitle, type Plan } from '../core/plan/plan.ts';
import type { Verification } from '../provisioning/prove/trial.ts';
import type { Job } from './job.ts';
import type { Undone } from '../provisioning/change.ts';
import type { RowResult, RunResult, UndoResult } from '../provisioning/run.ts';

/** What a run was about, such as "Profile team-x", and how that is told. */
type About = Pick<Job, 'subject' | 'words'>;

const WORD: Readonly<Record<RowResult['state'], string>> = {
  done: '+ done   ',
  kept: '= kept   ',
  failed: '! failed ',
  'not-run': '- not run',
};

/** "0.4 s", "12 s"; nothing for what took no time. */
const seconds = (milliseconds: number): string =>
  milliseconds < 50 ? '' : ` (${(milliseconds / 1000).toFixed(milliseconds < 9_950 ? 1 : 0)} s)`;

const OUTCOME: Readonly<Record<Verification['outcome'], string>> = {
  verified: 'Verified: the profile used its bucket, and who must not was refused.',
  checked: 'Checked: nothing failed, but no object was touched. Verify gives the full proof.',
  failed: 'Not verified: see the line that failed.',
  cancelled: 'Cancelled: this says nothing.',
};

const [OK, FAILED, NOTE] = ['+ ok     ', '! failed ', '= note   '];

/** The proofs, one a line. */
export const proofText = (verification: Verification): string =>
  [
    ...verification.proofs.map(({ ok, text }) => `${ok === null ? NOTE : ok ? OK : FAILED}  ${text}`),
    '',
    OUTCOME[verification.outcome],
  ].join('\n');

/** What stopped, in one sentence; undefined where nothing did. */
export function stoppedBy(result: RunResult): string | undefined {
  const failed = result.rows.find(({ state }) => state === 'failed');
  if (failed === undefined) return undefined;
  return `${failed.row.title}: ${failed.reason ?? ''}`;
}

/** The first line: how it went. */
export function headline({ subject, words = {} }: About, result: RunResult): string {
  const of = result.rows.length;
  const stopped = result.rows.findIndex(({ state }) => state === 'failed' || state === 'not-run') + 1;
  if (result.cancelled)
    return l10n.t('{0}: cancelled before step {1} of {2}. What was done stays.', subject, stopped, of);
  if (!result.ok) {
    const what = words.stopped?.replace(/\.$/, '') ?? l10n.t('{0} is not ready', subject);
    return l10n.t('{0}: step {1} of {2} failed.', what, stopped, of);
  }
  if (words.done !== undefined) return words.done;
  return result.verification?.outcome === 'verified'
    ? l10n.t('{0} is verified.', subject)
    : l10n.t('{0} is set up and checked.', subject);
}

/** The document after a run: what became of every step, with its time and reason, and the proofs. */
export function resultText(about: About, plan: Plan, result: RunResult): string {
  const steps = result.rows.map(({ row, state, reason, milliseconds }, index) => {
    const line = `${String(index + 1).padStart(2)}. ${WORD[state]}  ${row.title}${seconds(milliseconds)}`;
    return reason === undefined ? line : `${line}\n               ${reason}`;
  });
  const next = result.ok
    ? []
    : [
        'Nothing that was done is undone. What is missing can be done at any time: "Plan Again" looks at what is there now, keeps it, and goes on from there.',
      ];
  const sections = [
    `# Result: ${plan.title}`,
    [headline(about, result), ...next].join('\n'),
    `## Steps\n\n${steps.join('\n')}`,
    ...(result.verification === undefined ? [] : [`## Proof\n\n${proofText(result.verification)}`]),
  ];
  return `${sections.join('\n\n')}\n`;
}

const UNDONE: Readonly<Record<Undone['state'], string>> = {
  undone: '- undone ',
  left: '= left   ',
  failed: '! failed ',
  'not-run': '- not run',
};

/** The document after a run was undone: what became of each change, the last one first. */
export function undoText(plan: Plan, { ok, cancelled, changes }: UndoResult): string {
  const lines = changes.map(({ change, state, reason }, index) => {
    const line = `${String(index + 1).padStart(2)}. ${UNDONE[state]}  ${changeTitle(change)}`;
    return reason === undefined ? line : `${line}\n               ${reason}`;
  });
  const how = ok
    ? 'What the run made is undone.'
    : `${cancelled ? 'Cancelled' : 'Not all is undone'}: "Plan Again" looks at what is there now.`;
  return `# Undone: ${plan.title}\n\n${how}\n\n## Steps\n\n${lines.join('\n')}\n`;
}

/** The document after "Verify Profile". */
export function verificationText(cluster: string, region: string, target: Target, verification: Verification): string {
  return `${[
    `# Proof: profile ${target.profile} on ${cluster} (${region})`,
    `Role ${target.roleArn}\nBucket ${target.bucket} in ${target.bucketRegion}`,
    proofText(verification),
  ].join('\n\n')}\n`;
}
