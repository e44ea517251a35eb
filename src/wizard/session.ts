/** One open plan, and what can be done with it now: the actions above its document. */
import * as vscode from 'vscode';
import { namedTools, toolsOf } from '../core/plan/managed.ts';
import { TOOLS, writeManaged } from '../core/tools.ts';
import { blockers, isDone, isWrite, rows, type Plan } from '../core/plan/plan.ts';
import { summary } from '../core/plan/review.ts';
import { commandId, type CommandName } from '../ids.ts';
import type { Entry } from '../provisioning/journal.ts';
import type { RunResult, UndoResult } from '../provisioning/run.ts';
import type { StoredRun } from '../provisioning/runs.ts';
import type { Lens } from './documents.ts';
import { toggle, type Choice, type Job, type Made } from './job.ts';

const { l10n } = vscode;

/** One plan, with all that it was made from. */
export interface Session extends Pick<Made, 'plan'>, Partial<Omit<Made, 'plan'>> {
  readonly uri: vscode.Uri;
  readonly job: Job;
  /** What the person agreed to. */
  readonly agreed: readonly string[];
  readonly applying: boolean;
  /** It was shown in a question: it has no document unless its result is shown. */
  readonly asked?: boolean;
  readonly result?: RunResult;
  /** What the run began: it can be undone. */
  readonly begun?: readonly Entry[];
  /** What came of undoing it. */
  readonly undone?: UndoResult;
}

/** Whether there is something to apply: a step that writes, or one that waits for somebody else. */
export const canApply = (plan: Plan): boolean => blockers(plan).length === 0 && !isDone(plan);

/** Whether a run left something that can be taken back. */
export const canUndo = ({ begun = [], undone }: Pick<Session, 'begun' | 'undone'>): boolean =>
  begun.some(({ change }) => change.shared !== true) && undone?.ok !== true;

/** Whether the plan deletes something. */
export const destroys = (plan: Plan): boolean =>
  plan.changes.some((change) => change.after === undefined && isWrite(change));

/** The word of the button that carries a plan out. */
export const goWord = ({ words }: Job, plan: Plan): string =>
  words?.go ?? (destroys(plan) ? l10n.t('Delete') : l10n.t('Apply'));

/** What can be agreed to now: that the plan writes where tools do, and what the job knows. */
export function choicesOf({ job, plan, agreed }: Pick<Session, 'job' | 'plan' | 'agreed'>): readonly Choice[] {
  const named = namedTools(agreed).map(writeManaged);
  const tools = toolsOf(plan).map((tool) => {
    const { title } = TOOLS[tool];
    const on = `$(unlock) ${l10n.t('Write although {0} manages it', title)}`;
    return toggle(agreed, writeManaged(tool), on, `$(lock) ${l10n.t('Leave to {0} what it manages', title)}`);
  });
  // A job knows its own choices alone.
  const its = (job.choices?.(plan, agreed) ?? []).map((choice): Choice => ({
    ...choice,
    agreed: [...new Set([...choice.agreed, ...named])],
  }));
  return [...tools, ...its];
}

/** The actions in the document: what can be done now comes first. */
export function reviewLenses(
  { uri, job, plan, agreed, result, begun, undone }: Session,
  text: string,
): readonly Lens[] {
  const act = (icon: string, title: string, command: CommandName, ...more: readonly unknown[]): Lens => ({
    title: `$(${icon}) ${title}`,
    command: commandId(command),
    args: [uri, ...more],
  });
  const again =
    job.run === undefined
      ? act('refresh', l10n.t('Plan again'), 'planAgain')
      : { title: `$(play) ${l10n.t('Resume')}`, command: commandId('resumeRun'), args: [{ run: job.run }] };
  const change =
    job.change === undefined
      ? []
      : [
          act('edit', job.change.title?.(plan) ?? l10n.t('Change answers'), 'changeAnswers'),
          ...(job.change.more === undefined
            ? []
            : [act('settings-gear', l10n.t('More choices'), 'changeAnswers', 'more')]),
        ];
  const discard = act('close', l10n.t('Discard'), 'discardPlan');
  const choices = choicesOf({ job, plan, agreed }).map(({ id, title }): Lens => ({
    title,
    command: commandId('planAgain'),
    args: [uri, id],
  }));
  const verify = (title: string): readonly Lens[] =>
    plan.proofs.length === 0 || job.place.profile === undefined
      ? []
      : [{ title: `$(verified) ${title}`, command: commandId('verifyProfile'), args: [job.place] }];
  if (result !== undefined || undone !== undefined) {
    const close = { ...discard, title: `$(close) ${l10n.t('Close')}` };
    const back = canUndo({ ...(begun && { begun }), ...(undone && { undone }) })
      ? [act('discard', l10n.t('Undo'), 'undoRun')]
      : [];
    if (result?.ok === true && undone === undefined)
      return [...verify(l10n.t('Verify again')), ...(job.run === undefined ? [again] : []), ...back, close];
    // What was taken back is not gone on with.
    const on = job.run !== undefined && undone?.ok === true ? [] : [again];
    return [...on, ...change, ...back, close];
  }
  if (blockers(plan).length > 0)
    return [
      { title: `$(error) ${l10n.t('Blocked: read below what to do, then')}` },
      ...choices,
      again,
      ...change,
      discard,
    ];
  if (!canApply(plan)) {
    const proof = verify(l10n.t('Nothing to change: verify'));
    const done = proof.length > 0 ? proof : [{ title: `$(pass) ${l10n.t('Nothing to change')}` }];
    return [...done, ...change, ...choices, discard];
  }
  const lines = text.split('\n');
  // Above the steps that they change: beside the others they would not fit into a window that is not wide.
  const steps = Math.max(lines.indexOf('## Steps'), 0);
  const compare = rows(plan)
    .filter(({ kind }) => kind === 'change')
    .map((step): Lens => ({
      ...act('diff', l10n.t('Compare side by side'), 'compareStep', step.title),
      line: Math.max(lines.indexOf(`### ${step.title}`), 0),
    }));
  const go = l10n.t('{0}: {1}', goWord(job, plan), summary(plan, l10n.t));
  const out = destroys(plan) ? [] : [act('export', l10n.t('Export'), 'exportPlan')];
  return [
    act(destroys(plan) ? 'trash' : 'check', go, 'applyPlan'),
    ...change,
    ...out,
    discard,
    ...choices.map((choice) => ({ ...choice, line: steps })),
    ...compare,
  ];
}

/** The actions in the document of a run. */
export function runLenses({ head, state, isGoingOn }: StoredRun): readonly Lens[] {
  if (isGoingOn) return [{ title: `$(sync~spin) ${l10n.t('It goes on now, here or in another window')}` }];
  const act = (icon: string, title: string, command: CommandName, ...args: readonly unknown[]): Lens => ({
    title: `$(${icon}) ${title}`,
    command: commandId(command),
    args,
  });
  return [
    ...(state === 'unfinished' ? [act('play', l10n.t('Resume'), 'resumeRun', { run: head.run })] : []),
    ...(state === 'undone' ? [] : [act('discard', l10n.t('Undo'), 'undoRun', { run: head.run })]),
    act('list-flat', l10n.t('All runs'), 'showRuns'),
  ];
}
