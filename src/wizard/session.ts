/** One open plan, and what can be done with it now: the actions above its document. */
import * as vscode from 'vscode';
import { actionOf } from '../core/kinds.ts';
import { blockers, changeOf, isDone, rows, type Consent, type Plan } from '../core/plan/plan.ts';
import { summary } from '../core/plan/review.ts';
import { irsaPlugin } from '../core/profile/manifest.ts';
import type { Request } from '../core/request.ts';
import { commandId } from '../ids.ts';
import type { Entry } from '../provisioning/journal.ts';
import type { Looked } from '../provisioning/look.ts';
import type { Aws } from '../provisioning/ports.ts';
import type { RunResult, UndoResult } from '../provisioning/run.ts';
import { sourceOf, type Source } from '../source.ts';
import type { Lens } from './documents.ts';
import { known, type Wizard } from './questions.ts';

const { l10n } = vscode;

/** One plan, with all that it was made from. */
export interface Session {
  readonly uri: vscode.Uri;
  readonly wizard: Wizard;
  readonly request: Request;
  readonly plan: Plan;
  readonly looked: Looked;
  /** The identity that the plan was made with, and so is applied with. */
  readonly aws: Aws;
  readonly applying: boolean;
  readonly result?: RunResult;
  /** What the run began: it can be undone as long as the plan is open. */
  readonly begun?: readonly Entry[];
  /** What came of undoing it. */
  readonly undone?: UndoResult;
}

/** Whether there is something to apply: a step that writes, or one that waits for the profile controller. */
export const canApply = (plan: Plan): boolean => blockers(plan).length === 0 && !isDone(plan);

/** Whether the role is what stops the plan: somebody else's, or one that may not be looked at. Another name may do. */
export const needsRole = (plan: Plan): boolean => blockers(plan).some(({ id }) => id === 'role');

/** Whether a run left something that can be taken back. */
export const canUndo = ({ begun = [], undone }: Session): boolean =>
  begun.some(({ change }) => change.shared !== true) && undone?.ok !== true;

/** Where the cluster of a wizard's plan is. */
export function sourceOfWizard(wizard: Wizard): Source {
  const { awsProfile, region = '' } = known(wizard).cluster ?? {};
  return sourceOf(awsProfile, region);
}

/** What agreeing is called, and what taking it back is. */
const consentTitle = (consent: Consent, request: Request): string =>
  ({
    adoptNamespace: l10n.t('Give the namespace to {0}', request.owner.replace(/\$\(/g, '')),
    createBucket: l10n.t('Create bucket {0} in {1}', request.bucket, request.region),
    leaveArtifacts: l10n.t('Leave artifacts where they go now'),
    grantController: l10n.t('Let the profile controller edit this role'),
    leaveTrust: l10n.t('Leave the trust policy to the profile controller'),
    manageTrust: l10n.t('Manage the trust policy here'),
  })[consent];

/** The actions in the document: what can be done now comes first. */
export function reviewLenses(session: Session, text: string): readonly Lens[] {
  const { uri, plan, request, result, undone, wizard } = session;
  const { cluster, profile, bucket } = request;
  const again: Lens = { title: `$(refresh) ${l10n.t('Plan again')}`, command: commandId('planAgain'), args: [uri] };
  const change: Lens = {
    title: `$(edit) ${l10n.t('Change answers')}`,
    command: commandId('changeAnswers'),
    args: [uri],
  };
  const discard: Lens = { title: `$(close) ${l10n.t('Discard')}`, command: commandId('discardPlan'), args: [uri] };
  const verifyLens = (title: string): readonly Lens[] =>
    plan.proofs.length === 0
      ? []
      : [
          {
            title: `$(verified) ${title}`,
            command: commandId('verifyProfile'),
            args: [{ ...sourceOfWizard(wizard), cluster, profile, bucket }],
          },
        ];
  if (result !== undefined) {
    const close = { ...discard, title: `$(close) ${l10n.t('Close')}` };
    const takeBack: Lens = { title: `$(discard) ${l10n.t('Undo')}`, command: commandId('undoRun'), args: [uri] };
    const back = canUndo(session) ? [takeBack] : [];
    return result.ok && undone === undefined
      ? [...verifyLens(l10n.t('Verify again')), again, ...back, close]
      : [again, change, ...back, close];
  }
  const stopped = blockers(plan);
  if (stopped.length > 0)
    return [
      { title: `$(error) ${l10n.t('Blocked: read below what to do, then')}` },
      ...stopped.flatMap(({ consent }): readonly Lens[] =>
        consent === undefined
          ? []
          : [
              {
                title: `$(check) ${consentTitle(consent, request)}`,
                command: commandId('planAgain'),
                args: [uri, consent],
              },
            ],
      ),
      ...(stopped.some(({ id }) => id === 'profile-controller') ? trustLenses(session) : []),
      again,
      needsRole(plan) ? { ...change, title: `$(edit) ${l10n.t('Choose another role name')}` } : change,
      discard,
    ];
  const choices = [...artifactLenses(session), ...trustLenses(session)];
  if (!canApply(plan)) return [...verifyLens(l10n.t('Nothing to change: verify')), change, ...choices, discard];
  const lines = text.split('\n');
  const compare = rows(plan)
    .filter(({ kind }) => kind === 'change')
    .map((step): Lens => {
      const line = lines.indexOf(`### ${step.title}`);
      return {
        line: Math.max(line, 0),
        title: `$(diff) ${l10n.t('Compare side by side')}`,
        command: commandId('compareStep'),
        args: [uri, step.title],
      };
    });
  return [
    { title: `$(check) ${l10n.t('Apply: {0}', summary(plan))}`, command: commandId('applyPlan'), args: [uri] },
    change,
    ...choices,
    discard,
    ...compare,
  ];
}

/** One click leaves alone where artifacts go, or sets it after all. */
function artifactLenses({ uri, plan, request }: Session): readonly Lens[] {
  const left = request.leaveArtifacts === true;
  const sets = plan.changes.some((change) => change.ref.kind === 'k8s/config-map' && actionOf(change) !== 'keep');
  if (!left && !sets) return [];
  const title = left
    ? `$(output) ${l10n.t('Set where artifacts go')}`
    : `$(circle-slash) ${consentTitle('leaveArtifacts', request)}`;
  return [{ title, command: commandId('planAgain'), args: [uri, 'leaveArtifacts' satisfies Consent] }];
}

/** One click leaves the trust policy to Kubeflow's profile controller, or takes it back. */
function trustLenses({ uri, plan, request }: Session): readonly Lens[] {
  const profile = changeOf(plan, 'k8s/profile')?.after;
  if (profile === undefined) return [];
  const consent: Consent = irsaPlugin(profile)?.annotateOnly === false ? 'manageTrust' : 'leaveTrust';
  return [{ title: `$(key) ${consentTitle(consent, request)}`, command: commandId('planAgain'), args: [uri, consent] }];
}
