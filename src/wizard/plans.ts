/** The open plans: from the answers to the review document, to the run, to the result. One document a profile and cluster. */
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { signalOf } from '../cancel.ts';
import type { Ref } from '../core/kinds.ts';
import { afterClick, agreedTo, changeTitle, CONSENTS, rows, type Consent } from '../core/plan/plan.ts';
import { planProfile } from '../core/plan/profile.ts';
import { reviewText, summary } from '../core/plan/review.ts';
import type { Request } from '../core/request.ts';
import { spoken } from '../core/text.ts';
import type { Host } from '../host.ts';
import { commandId, CONTEXT, DOCUMENT_SCHEME } from '../ids.ts';
import { Cancelled, Problem } from '../problem.ts';
import type { Revealed } from '../provisioning/driver.ts';
import { memoryJournal, type Entry } from '../provisioning/journal.ts';
import { lookAt } from '../provisioning/look.ts';
import { carryOut, undo, type RunResult } from '../provisioning/run.ts';
import { sleep } from '../provisioning/wait.ts';
import { sourceId } from '../source.ts';
import { documentUri, type Documents } from './documents.ts';
import { requestOf, type Wizard } from './questions.ts';
import { showPasswords } from './passwords.ts';
import { headline, resultText, stoppedBy, undoText } from './result.ts';
import { canApply, canUndo, needsRole, reviewLenses, sourceOfWizard, type Session } from './session.ts';

const { l10n } = vscode;

export interface Plans extends vscode.Disposable {
  /** Looks at what is there and shows the plan. Changes nothing. */
  readonly review: (wizard: Wizard) => Promise<void>;
  /** Applies the plan of a document (default: the active one) and shows the result. */
  readonly apply: (uri?: vscode.Uri) => Promise<void>;
  /** Looks and plans anew, with what the person agrees to, or does not agree to any more. */
  readonly again: (uri?: vscode.Uri, consent?: Consent) => Promise<void>;
  /** The answers that a plan was made from, and whether it must be given another role. */
  readonly answers: (uri?: vscode.Uri) => { readonly wizard: Wizard; readonly needsRole: boolean };
  readonly discard: (uri?: vscode.Uri) => Promise<void>;
  /** Takes back what the run of a plan made, after a question. */
  readonly undo: (uri?: vscode.Uri) => Promise<void>;
  /** Shows what the step of a title changes, side by side. */
  readonly compare: (uri: vscode.Uri, title: string) => Promise<void>;
}

export function createPlans(host: Host, documents: Documents): Plans {
  const sessions = new Map<string, Session>();
  const status = statusItem(host);
  const closing = documents.onDidClose((uri) => forget(uri));

  const set = (session: Session): void => {
    sessions.set(session.uri.toString(), session);
    publish();
  };
  const forget = (uri: vscode.Uri): void => {
    const session = sessions.get(uri.toString());
    // A run goes on without its document; its end closes the connection.
    if (session === undefined || session.applying) return;
    session.looked.kubernetes?.close();
    sessions.delete(uri.toString());
    publish();
  };
  /** Tells the menus which documents can be applied and discarded. */
  const publish = (): void => {
    const idle = [...sessions.values()].filter(({ applying }) => !applying);
    const uris = (some: readonly Session[]): string[] => some.map(({ uri }) => uri.toString());
    const ready = idle.filter(({ plan, result }) => result === undefined && canApply(plan));
    void vscode.commands.executeCommand('setContext', CONTEXT.toApply, uris(ready));
    void vscode.commands.executeCommand('setContext', CONTEXT.open, uris(idle));
    void vscode.commands.executeCommand('setContext', CONTEXT.toUndo, uris(idle.filter(canUndo)));
    if (sessions.size > 0) status.show();
    else status.hide();
  };
  const sessionOf = (uri?: vscode.Uri): Session => {
    const active = vscode.window.activeTextEditor?.document.uri;
    const wanted = uri ?? (active?.scheme === DOCUMENT_SCHEME ? active : undefined);
    const only = sessions.size === 1 ? [...sessions.values()][0] : undefined;
    const session = wanted === undefined ? only : sessions.get(wanted.toString());
    if (session === undefined) {
      throw new Problem(l10n.t('No plan is open here. Answer the questions of "Create IRSA Profile" to make one.'), [
        { title: l10n.t('Create IRSA Profile…'), command: commandId('createProfile') },
      ]);
    }
    if (session.applying) throw busy();
    return session;
  };
  /** What a run uses must not be replaced, and its result must not replace a newer plan. */
  const applying = (uri: vscode.Uri): boolean => sessions.get(uri.toString())?.applying === true;

  const review = async (wizard: Wizard, agreed: readonly Consent[] = []): Promise<void> => {
    const answered = requestOf(wizard);
    if (answered === undefined) throw new Error('A question was left out.');
    const request: Request = Object.assign({}, answered, ...agreed.map((consent) => CONSENTS[consent])) as Request;
    const source = sourceOfWizard(wizard);
    const uri = documentUri(l10n.t('Plan: {0} on {1}', request.profile, request.cluster), sourceId(source));
    if (applying(uri)) throw busy();
    const aws = await host.connections.aws(source);
    const store = (await host.connections.facts()).of(source);
    const looked = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: spoken(l10n.t('Looking at {0}, IAM and S3; nothing is changed', request.cluster)),
        cancellable: true,
      },
      (_progress, token) =>
        lookAt(request, aws, host.connections.connect, signalOf(token), store).catch((error: unknown) => {
          throw token.isCancellationRequested ? new Cancelled() : error;
        }),
    );
    // The plan before may have been applied meanwhile.
    if (applying(uri)) {
      looked.kubernetes?.close();
      throw busy();
    }
    sessions.get(uri.toString())?.looked.kubernetes?.close();
    const session = { uri, wizard, request, plan: planProfile(request, looked.facts), looked, aws, applying: false };
    set(session);
    host.log.info(`Plan for ${request.profile} on ${request.cluster} (${request.region}): ${summary(session.plan)}`);
    const text = reviewText(session.plan);
    await documents.show(uri, text, reviewLenses(session, text));
  };

  const run = async (session: Session, reveal: (password: Revealed) => void): Promise<Session> => {
    const { plan, request, looked, aws } = session;
    const { kubernetes } = looked;
    if (kubernetes === undefined)
      throw new Problem(l10n.t('The cluster was not reached when this plan was made. Plan again.'));
    return vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: spoken(l10n.t('Profile {0} on {1}', request.profile, request.cluster)),
        cancellable: true,
      },
      (progress, token) => {
        token.onCancellationRequested(() => progress.report({ message: l10n.t('cancelling …') }));
        let reached = 0;
        const journal = memoryJournal();
        const running = carryOut(
          plan,
          { aws, kubernetes, unique: randomUUID, sleep, signal: signalOf(token), reveal },
          {
            journal,
            progress: ({ title }, number, of) => {
              host.log.info(`Step ${number} of ${of}: ${title}`);
              const increment = ((number - 1 - reached) / of) * 100;
              reached = number - 1;
              progress.report({ message: spoken(l10n.t('step {0} of {1}: {2}', number, of, title)), increment });
            },
          },
        );
        return running.then((result) => ({ ...session, result, begun: written(journal.entries()) }));
      },
    );
  };

  /** What a run may have changed is read anew by who asks next; who shows it is told, unless that hears of it otherwise. */
  const changed = async ({ request, wizard }: Session, refs: readonly Ref[], told = true): Promise<void> => {
    (await host.connections.facts()).forget(refs);
    if (told) host.changed.fire({ ...sourceOfWizard(wizard), cluster: request.cluster, refs });
  };

  /** Takes back what a run made, after a question that names it all; the document then says what became of each. */
  const takeBack = async (session: Session): Promise<void> => {
    const { request, looked, aws, begun = [] } = session;
    const { kubernetes } = looked;
    if (kubernetes === undefined) throw busy();
    const go = l10n.t('Undo');
    const titles = (shared: boolean): string[] =>
      begun
        .filter(({ change }) => (change.shared === true) === shared)
        .map(({ change }) => spoken(changeTitle(change)));
    const staying = titles(true).map((title) => l10n.t('This stays: {0}', title));
    const answer = await vscode.window.showWarningMessage(
      l10n.t('Undo what was made for profile {0} on {1}?', request.profile, request.cluster),
      {
        modal: true,
        detail: `${[...titles(false), ...staying].join('\n')}\n\n${l10n.t('What was there before stays. A Profile that was made goes with its namespace and all that is in it.')}`,
      },
      go,
    );
    if (answer !== go) throw new Cancelled();
    if (applying(session.uri)) throw busy();
    set({ ...session, applying: true });
    let text = reviewText(session.plan);
    let after: Session = session;
    try {
      const undone = await vscode.window.withProgress(
        {
          location: vscode.ProgressLocation.Notification,
          title: spoken(l10n.t('Undoing: profile {0} on {1}', request.profile, request.cluster)),
          cancellable: true,
        },
        (_progress, token) => undo(begun, { aws, kubernetes, sleep, signal: signalOf(token) }),
      );
      text = undoText(session.plan, undone);
      after = { ...session, undone };
    } finally {
      set(after);
      documents.update(session.uri, text, reviewLenses(after, text));
      await changed(
        session,
        begun.map(({ change }) => change.ref),
      );
    }
    await documents.show(session.uri, text, reviewLenses(after, text));
  };

  const applyPlan = async (uri?: vscode.Uri): Promise<void> => {
    const session = sessionOf(uri);
    if (session.result !== undefined || !canApply(session.plan)) {
      throw new Problem(
        l10n.t('There is nothing to apply here: the plan is done, blocked, or has nothing to change.'),
        [{ title: l10n.t('Plan Again'), command: commandId('planAgain'), args: [session.uri] }],
      );
    }
    /** A message at a time: what a person must see once comes first. */
    let told: Promise<unknown> | undefined;
    set({ ...session, applying: true });
    documents.update(session.uri, reviewText(session.plan), [{ title: `$(sync~spin) ${l10n.t('Being applied …')}` }]);
    let finished = session;
    const made: Revealed[] = [];
    try {
      finished = await run(session, (password) => made.push(password));
    } finally {
      told = host.attempt('applyPlan', () => showPasswords(made));
      set(finished);
      const text =
        finished.result === undefined
          ? reviewText(session.plan)
          : resultText(subjectOf(session), session.plan, finished.result);
      documents.update(session.uri, text, reviewLenses(finished, text));
      if (!isOpen(session.uri)) forget(session.uri);
    }
    const { cluster, profile } = session.request;
    const outcome = finished.result?.verification?.outcome;
    const source = sourceOfWizard(session.wizard);
    const refs = finished.result?.touched ?? session.plan.changes.map(({ ref }) => ref);
    await changed(finished, refs, outcome === undefined || outcome === 'cancelled');
    // Who hears that it was tried reads all of it again.
    if (outcome !== undefined && outcome !== 'cancelled') host.tried.fire({ ...source, cluster, profile, outcome });
    // Said without waiting: the command is done when the run is.
    const { result } = finished;
    if (result !== undefined)
      void Promise.resolve(told).then(() => host.attempt('applyPlan', () => report(finished, result)));
  };

  /** Logs a run, tells how it went, and does what the person chooses next. */
  const report = async (session: Session, result: RunResult): Promise<void> => {
    for (const { row, state, reason } of result.rows) {
      host.log.info(`${state}: ${row.title}${reason === undefined ? '' : `: ${reason}`}`);
    }
    const inFront = vscode.window.activeTextEditor?.document.uri.toString() === session.uri.toString();
    const showResult = l10n.t('Show Result');
    const toResult = inFront ? [] : [showResult];
    const undoIt = l10n.t('Undo');
    const toUndoIt = canUndo(session) ? [undoIt] : [];
    const planAgain = result.cancelled ? l10n.t('Continue') : l10n.t('Try Again');
    const showLog = l10n.t('Show Log');
    const reveal = () => {
      const text = resultText(subjectOf(session), session.plan, result);
      return documents.show(session.uri, text, reviewLenses(session, text));
    };
    const said = headline(subjectOf(session), result);
    const say = spoken(said);
    const answer = result.ok
      ? await vscode.window.showInformationMessage(say, ...toResult)
      : result.cancelled
        ? await vscode.window.showWarningMessage(say, planAgain, ...toUndoIt, ...toResult)
        : await vscode.window.showErrorMessage(
            spoken(`${said} ${stoppedBy(result) ?? ''}`),
            planAgain,
            ...toUndoIt,
            ...toResult,
            showLog,
          );
    if (answer === showResult) await reveal();
    if (answer === showLog) host.log.show();
    if (answer === undoIt) await takeBack(session);
    if (answer !== planAgain) return;
    // Who tries again may have mended something meanwhile.
    (await host.connections.facts()).forget();
    await review(session.wizard, agreedTo(session.request));
  };

  return {
    review,
    apply: applyPlan,
    again: async (uri, consent) => {
      // A new look with new credentials: something was blocked, and may be right now.
      const session = sessionOf(uri);
      host.connections.reload();
      const agreed = agreedTo(session.request);
      const isKnown = consent !== undefined && Object.hasOwn(CONSENTS, consent);
      await review(session.wizard, isKnown ? afterClick(agreed, consent) : agreed);
    },
    answers: (uri) => {
      const { wizard, plan } = sessionOf(uri);
      return { wizard, needsRole: needsRole(plan) };
    },
    undo: async (uri) => {
      const session = sessionOf(uri);
      if (!canUndo(session)) throw new Problem(l10n.t('There is nothing to undo: no run of this plan made anything.'));
      await takeBack(session);
    },
    discard: async (uri) => {
      const session = sessionOf(uri);
      await documents.close(session.uri);
      forget(session.uri);
    },
    compare: async (uri, title) => {
      const { plan, request, wizard } = sessionOf(uri);
      const step = rows(plan).find((candidate) => candidate.title === title);
      if (step?.before === undefined || step.after === undefined)
        throw new Problem(l10n.t('This step changes nothing.'));
      const name = `${request.profile} ${step.id}.${step.language ?? 'json'}`;
      const side = (label: string, text: string): vscode.Uri => {
        const at = documentUri(name, `${request.cluster}/${sourceId(sourceOfWizard(wizard))}/${step.title}/${label}`);
        documents.update(at, text, []);
        return at;
      };
      await vscode.commands.executeCommand(
        'vscode.diff',
        side('before', step.before),
        side('after', step.after),
        l10n.t('{0}: now ↔ planned', step.title),
      );
    },
    dispose: () => {
      closing.dispose();
      status.dispose();
      for (const { looked } of sessions.values()) looked.kubernetes?.close();
    },
  };
}

/** What a run wrote, or may have. A shared thing stays, and its undoing says so. */
const written = (entries: readonly Entry[]): readonly Entry[] => entries.filter(({ state }) => state !== 'kept');

/** What a plan is about, as results name it. */
const subjectOf = ({ request }: Session): string => `Profile ${request.profile}`;

const busy = (): Problem =>
  new Problem(l10n.t('The plan of this profile is being applied. Wait until it is done, or cancel it.'));

const isOpen = (uri: vscode.Uri): boolean =>
  vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString());

/** Which AWS profiles and regions are in use: shown while a plan is open. */
function statusItem(host: Host): vscode.StatusBarItem {
  const item = vscode.window.createStatusBarItem('kubeflowIrsa.aws', vscode.StatusBarAlignment.Left);
  item.name = l10n.t('Kubeflow IRSA: AWS profiles');
  item.command = commandId('selectAwsProfiles');
  item.tooltip = l10n.t('AWS profiles and regions of Kubeflow IRSA. Click to choose others.');
  const render = async (): Promise<void> => {
    const profiles = host.connections.awsProfiles().map((name) => name ?? l10n.t('default chain'));
    const sources = await host.connections.sources().catch(() => []);
    const regions = [...new Set(sources.map(({ region }) => region))];
    const shown = [profiles, regions].map((names) => names.join(', ').replace(/\$\(/g, ''));
    item.text = `$(account) ${shown.filter((text) => text !== '').join(' · ')}`;
  };
  host.context.subscriptions.push(host.connections.onDidChange(() => void render()));
  void render();
  return item;
}
