/** What a person is asked before anything is changed: questions that name all of it. Each throws {@link Cancelled} where the answer is no. */
import * as vscode from 'vscode';
import { actionOf, inverse, refText } from '../core/kinds.ts';
import { changeTitle, permissionsOf, rows, type Plan, type RowKind } from '../core/plan/plan.ts';
import { summary } from '../core/plan/review.ts';
import { spoken } from '../core/text.ts';
import { Cancelled } from '../problem.ts';
import type { StoredRun } from '../provisioning/runs.ts';
import type { Job } from './job.ts';
import { input, plain } from './prompts.ts';
import { goWord, type Session } from './session.ts';

const { l10n } = vscode;

const SIGN: Readonly<Partial<Record<RowKind, string>>> = { create: '+', change: '~', delete: '−' };

/** All that a small plan changes, what is worth knowing, and what it needs. False: the job's other way was chosen, and gone. */
export async function askedToGo(job: Job, plan: Plan): Promise<boolean> {
  const { words = {} } = job;
  const changes = rows(plan).flatMap(({ kind, title }) => {
    const sign = SIGN[kind];
    return sign === undefined ? [] : [`${sign} ${plain(title)}`];
  });
  const may = permissionsOf(plan);
  const needs = [...may.aws, ...may.kubernetes].join(', ');
  const detail = [
    words.detail ?? changes.join('\n'),
    ...plan.warnings.map(plain),
    ...(needs === '' ? [] : [l10n.t('Needs {0}.', needs)]),
  ].join('\n\n');
  const go = goWord(job, plan);
  const question = words.question ?? l10n.t('{0}: {1}?', job.subject, summary(plan, l10n.t));
  const others = words.other === undefined ? [] : [words.other.title];
  const answer = await vscode.window.showWarningMessage(plain(question), { modal: true, detail }, go, ...others);
  if (answer !== undefined && answer === words.other?.title) {
    await words.other.run();
    return false;
  }
  if (answer !== go) throw new Cancelled();
  return true;
}

/** Where a plan destroys what cannot be brought back, its name is typed first. */
export async function typedName({ confirmName: name, title }: Job): Promise<void> {
  if (name === undefined) return;
  const wrong = { severity: 'error', message: l10n.t('Type {0}, to the letter.', name) } as const;
  await input({
    ...{ title, step: 1, of: 1, canGoBack: false, value: '' },
    prompt: l10n.t('Type {0} to go on. Escape changes nothing.', name),
    placeholder: name,
    check: (text) => (name.startsWith(text) ? undefined : wrong),
    confirm: async (text) => (text === name ? undefined : wrong),
  });
}

/** One question with one button. */
async function confirmed(question: string, detail: string, go: string): Promise<void> {
  const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, go);
  if (answer !== go) throw new Cancelled();
}

/** All that a run made, and what becomes of each where it is taken back. */
export function askedToUndo({ plan, begun = [] }: Session): Promise<void> {
  const lines = begun.map(({ change }) => {
    const title = spoken(changeTitle(change));
    const sign = SIGN[actionOf(inverse(change)) as RowKind] ?? '=';
    return change.shared === true ? l10n.t('This stays: {0}', title) : `${sign} ${title}`;
  });
  const kept = l10n.t(
    'What was there before stays. A Profile that was made goes with its namespace and all that is in it.',
  );
  const question = l10n.t('Undo what was done: {0}?', spoken(plan.title));
  return confirmed(question, `${lines.join('\n')}\n\n${kept}`, l10n.t('Undo'));
}

/** What is left of a run that did not end. */
export function askedToResume({ entries }: StoredRun, plan: Plan): Promise<void> {
  const done = entries.filter(({ state }) => state === 'done').map(({ change }) => refText(change.ref));
  const left = plan.changes.filter(({ ref }) => !done.includes(refText(ref)));
  const lines = left.flatMap((change) => {
    const sign = SIGN[actionOf(change) as RowKind];
    return sign === undefined ? [] : [`${sign} ${spoken(changeTitle(change))}`];
  });
  return confirmed(l10n.t('Go on with this run: {0}?', spoken(plan.title)), lines.join('\n'), l10n.t('Resume'));
}
