/**
 * The one door for plans: a job of any command is looked at, shown, agreed to, carried out, told and undone here. Large plans are
 * reviewed in a document with actions; small ones are asked for in a question.
 */
import * as vscode from 'vscode';
import { blockers, isDone, type Plan } from '../core/plan/plan.ts';
import { agreedTo, guardedByFiles, namedTools, onlyManaged } from '../core/plan/managed.ts';
import { reviewText, summary } from '../core/plan/review.ts';
import { spoken } from '../core/text.ts';
import type { Host } from '../host.ts';
import { commandId } from '../ids.ts';
import { Cancelled, Problem } from '../problem.ts';
import { written } from '../provisioning/journal.ts';
import type { Revealed } from '../provisioning/driver.ts';
import type { RunResult } from '../provisioning/run.ts';
import type { StoredRun } from '../provisioning/runs.ts';
import { sourceId, sourceOf } from '../source.ts';
import type { Again } from '../provisioning/carried.ts';
import { changed, run, takeBackRun, withProgress } from './carry.ts';
import { compareStep } from './compare.ts';
import { askedToGo, askedToResume, askedToUndo, typedName } from './consent.ts';
import { documentUri, type Documents } from './documents.ts';
import type { Job, Place } from './job.ts';
import { busy, openPlans } from './open.ts';
import { runJob } from './runJob.ts';
import { runText } from './runText.ts';
import { showPasswords } from './passwords.ts';
import { reached } from './reached.ts';
import { headline, resultText, stoppedBy, undoText } from './result.ts';
import { canApply, canUndo, choicesOf, destroys, reviewLenses, runLenses, type Session } from './session.ts';

const { l10n } = vscode;

export interface Plans extends vscode.Disposable {
  /** Looks at what is there and shows the plan of a job in a document. Changes nothing. */
  readonly review: (job: Job) => Promise<void>;
  /**
   * A job of a few changes: looks, asks in a question that shows all that is changed and what is worth knowing, and carries it out.
   * A plan that is blocked, or has nothing to do, says so. True: it was carried out, and well.
   */
  readonly ask: (job: Job) => Promise<boolean>;
  /** Applies the plan of a document (default: the active one) and shows the result. */
  readonly apply: (uri?: vscode.Uri) => Promise<void>;
  /** Looks and plans anew, with what one of the job's choices agrees to. */
  readonly again: (uri?: vscode.Uri, choice?: string) => Promise<void>;
  /** Asks the questions of a plan again, and shows the plan of the new answers. */
  readonly changeAnswers: (uri?: vscode.Uri, which?: unknown) => Promise<void>;
  readonly discard: (uri?: vscode.Uri) => Promise<void>;
  /** The plan of a document (default: the active one), where it is for, and whether it was carried out. */
  readonly shown: (uri?: vscode.Uri) => { readonly plan: Plan; readonly place: Place; readonly done: boolean };
  /** Whether the run of a plan can be taken back; without a document: that of the active one. */
  readonly canUndo: (uri?: vscode.Uri) => boolean;
  /** Takes back what the run of a plan made, after a question. */
  readonly undo: (uri?: vscode.Uri) => Promise<void>;
  /** Shows a run of the journal: what of it is done, and what is not. */
  readonly showRun: (id: string) => Promise<void>;
  /** Goes on with a run of the journal that did not end. */
  readonly resume: (id: string) => Promise<void>;
  /** Takes back a run of the journal, after a question. */
  readonly undoRun: (id: string, again?: Again) => Promise<void>;
  /** Shows what the step of a title changes, side by side. */
  readonly compare: (uri: vscode.Uri, title: string) => Promise<void>;
}

export function createPlans(host: Host, documents: Documents): Plans {
  const open = openPlans(host, documents);

  /** Looks at what is there and plans. Changes nothing. */
  const made = async (job: Job, agreed = job.agreed ?? []): Promise<Session> => {
    const { place } = job;
    const uri = uriOf(job);
    if (open.applying(uri)) throw busy();
    const looking = l10n.t('Looking at {0}, IAM and S3; nothing is changed', place.cluster);
    const all = await withProgress(looking, (signal) =>
      job.make(agreed, signal).catch((error: unknown) => {
        throw signal.aborted ? new Cancelled() : error;
      }),
    );
    // The plan before may have been applied meanwhile.
    if (open.applying(uri)) {
      all.kubernetes?.close();
      throw busy();
    }
    const plan = agreedTo(await byFiles(job, all.plan), namedTools(agreed));
    host.log.info(`${job.command}: plan for ${plan.title}: ${summary(plan)}`);
    return { ...all, plan, uri, job, agreed, applying: false };
  };

  /** What was agreed to when a run began is not asked again. */
  const byFiles = async ({ run: going }: Job, plan: Plan): Promise<Plan> => {
    if (going !== undefined) return plan;
    const files = await host.files();
    await files?.read();
    return files === undefined ? plan : guardedByFiles(plan, files.declared);
  };

  const review = async (job: Job, agreed?: readonly string[]): Promise<void> => {
    const session = await made(job, agreed);
    open.get(session.uri)?.kubernetes?.close();
    open.set(session);
    const text = reviewText(session.plan);
    await documents.show(session.uri, text, reviewLenses(session, text));
  };

  const ask = async (job: Job): Promise<boolean> => {
    const session: Session = { ...(await made(job)), asked: true };
    const { plan } = session;
    const { words = {} } = job;
    try {
      const stopped = blockers(plan);
      // There a person can name the tool.
      if (onlyManaged(stopped)) {
        await review(job);
        return false;
      }
      if (stopped.length > 0) throw new Problem(stopped.map(({ title, reason }) => reason ?? title).join(' '));
      if (isDone(plan)) {
        const nothing = words.nothing ?? l10n.t('{0}: nothing to change.', job.subject);
        void host.attempt(job.command, () => vscode.window.showInformationMessage(spoken(nothing)));
        return false;
      }
      if (!(await askedToGo(job, plan))) return false;
      await typedName(job);
      return await carried(session, {
        begin: () => undefined,
        // Its connection is closed; Undo makes a new one.
        end: ({ kubernetes: _closed, ...finished }) => finished,
      });
    } finally {
      session.kubernetes?.close();
    }
  };

  /** Carries out a plan, tells who shows what it changed, and says how it went without waiting for what is chosen then. */
  const carried = async (
    session: Session,
    show: { readonly begin: () => void; readonly end: (finished: Session) => Session },
  ): Promise<boolean> => {
    const { job, plan } = session;
    const revealed: Revealed[] = [];
    let finished = session;
    /** A message at a time: what a person must see once comes first. */
    let told: Promise<unknown> | undefined;
    show.begin();
    try {
      finished = await run(host, session, (password) => revealed.push(password));
    } finally {
      told = host.attempt(job.command, () => showPasswords(revealed));
      finished = show.end(finished);
    }
    const { cluster, profile } = job.place;
    const outcome = finished.result?.verification?.outcome;
    const isTold = outcome !== undefined && outcome !== 'cancelled' && profile !== undefined;
    // Who hears that it was tried reads all of it again.
    await changed(host, job.place, finished.result?.touched ?? plan.changes.map(({ ref }) => ref), !isTold);
    const source = sourceOf(job.place.awsProfile, job.place.region);
    if (isTold) host.tried.fire({ ...source, cluster, profile, outcome });
    const { result } = finished;
    if (result?.ok === true && job.command === 'createProfile') reached('applied');
    if (isTold) reached('proven');
    if (result !== undefined)
      void Promise.resolve(told).then(() => host.attempt(job.command, () => report(finished, result)));
    return result?.ok === true;
  };

  const textOf = ({ job, plan, result }: Session): string =>
    result === undefined ? reviewText(plan) : resultText(job, plan, result);

  const applyPlan = async (uri?: vscode.Uri): Promise<void> => {
    const session = open.wanted(uri);
    if (session.result !== undefined || !canApply(session.plan)) {
      throw new Problem(
        l10n.t('There is nothing to apply here: the plan is done, blocked, or has nothing to change.'),
        [{ title: l10n.t('Plan Again'), command: commandId('planAgain'), args: [session.uri] }],
      );
    }
    await typedName(session.job);
    if (open.applying(session.uri)) throw busy();
    await inDocument(session, reviewText(session.plan));
  };

  /** Carries out a plan whose document says so, and shows the result there. */
  const inDocument = async (session: Session, before: string): Promise<void> => {
    await carried(session, {
      begin: () => {
        open.set({ ...session, applying: true });
        documents.update(session.uri, before, [{ title: `$(sync~spin) ${l10n.t('Being applied …')}` }]);
      },
      end: (finished) => {
        open.set(finished);
        const text = textOf(finished);
        documents.update(session.uri, text, reviewLenses(finished, text));
        if (!isOpen(session.uri)) open.forget(session.uri);
        return finished;
      },
    });
  };

  /** Tells how a run went, and does what the person chooses next. */
  const report = async (session: Session, result: RunResult): Promise<void> => {
    const { job, uri, asked: isSmall = false } = session;
    const inFront = vscode.window.activeTextEditor?.document.uri.toString() === uri.toString();
    const showResult = l10n.t('Show Result');
    const toResult = inFront || (result.ok && isSmall) ? [] : [showResult];
    const undoIt = l10n.t('Undo');
    const toUndoIt = canUndo(session) && (!result.ok || isSmall) ? [undoIt] : [];
    const planAgain = result.cancelled ? l10n.t('Continue') : l10n.t('Try Again');
    const showLog = l10n.t('Show Log');
    const said = headline(job, result);
    const say = spoken(said);
    const answer = result.ok
      ? await vscode.window.showInformationMessage(say, ...toUndoIt, ...toResult)
      : result.cancelled
        ? await vscode.window.showWarningMessage(say, planAgain, ...toUndoIt, ...toResult)
        : await vscode.window.showErrorMessage(
            spoken(`${said} ${stoppedBy(result) ?? ''}`),
            planAgain,
            ...toUndoIt,
            ...toResult,
            showLog,
          );
    if (answer === showResult) {
      const shown = { ...session, asked: false };
      if (isSmall) open.set(shown);
      const text = textOf(shown);
      await documents.show(uri, text, reviewLenses(shown, text));
    }
    if (answer === showLog) host.log.show();
    if (answer === undoIt) await undone(session);
    if (answer !== planAgain) return;
    if (job.run !== undefined) return resume(job.run);
    // Who tries again may have mended something meanwhile.
    (await host.connections.facts()).forget();
    await (isSmall ? ask(job) : review(job, session.agreed));
  };

  /**
   * Takes back what a run made, and says what became of each. Of a reviewed plan after a question that names it all; what a small one
   * changed was in its own question a moment ago.
   */
  const undone = async (session: Session, again?: Again): Promise<void> => {
    const { job, plan, uri, asked: isSmall = false } = session;
    if (!isSmall) {
      await askedToUndo(session);
      if (open.applying(uri)) throw busy();
      open.set({ ...session, applying: true });
    }
    let text = textOf(session);
    let after: Session = session;
    try {
      const result = await takeBackRun(host, job, session.result?.run ?? job.run ?? '', again);
      text = undoText(plan, result);
      after = { ...session, undone: result };
    } finally {
      if (!isSmall) {
        open.set(after);
        documents.update(uri, text, reviewLenses(after, text));
      }
    }
    if (!isSmall) return documents.show(uri, text, reviewLenses(after, text));
    const { ok = false, changes = [] } = after.undone ?? {};
    if (!ok) throw new Problem(changes.find(({ state }) => state === 'failed')?.reason ?? l10n.t('Not all is undone.'));
    const left = changes.flatMap(({ state, reason = '' }) => (state === 'left' ? [reason] : []));
    const said = [l10n.t('Undone: {0}.', plan.title), ...left].join(' ');
    void host.attempt('undo', () => vscode.window.showInformationMessage(spoken(said)));
  };

  const showStored = (run: StoredRun): Promise<void> =>
    documents.show(uriOf(runJob(host, run)), runText(run), runLenses(run));
  const storedRun = async (id: string): Promise<StoredRun> => (await host.runs()).find(id);

  const resume = async (id: string): Promise<void> => {
    const stored = await storedRun(id);
    const session = await made(runJob(host, stored));
    try {
      // What is left of a run that deletes is named once more before it is gone on with.
      if (stored.state === 'unfinished' && destroys(session.plan)) await askedToResume(stored, session.plan);
    } catch (error) {
      session.kubernetes?.close();
      throw error;
    }
    open.get(session.uri)?.kubernetes?.close();
    await showStored(stored);
    await inDocument(session, runText(stored));
  };

  const undoRun = async (id: string, again?: Again): Promise<void> => {
    const stored = await storedRun(id);
    const job = runJob(host, stored);
    const { head, entries, state } = stored;
    const begun = written(entries);
    const session: Session = { uri: uriOf(job), job, plan: head.plan, begun, agreed: [], applying: false };
    if (state === 'undone' || !canUndo(session))
      throw new Problem(l10n.t('There is nothing to undo: this run made nothing, or it was undone.'), [
        { title: l10n.t('Show'), command: commandId('showRuns'), args: [{ run: id }] },
      ]);
    if (open.applying(session.uri)) throw busy();
    await undone(session, again);
  };

  return {
    review,
    ask,
    apply: applyPlan,
    again: async (uri, choice) => {
      const { job, plan, agreed } = open.wanted(uri);
      // A new look with new credentials: something was blocked, and may be right now.
      host.connections.reload();
      const chosen = choicesOf({ job, plan, agreed }).find(({ id }) => id === choice);
      await review(job, chosen?.agreed ?? agreed);
    },
    changeAnswers: async (uri, which) => {
      const { job, plan } = open.wanted(uri);
      if (job.change === undefined)
        throw new Problem(l10n.t('This plan has no questions. Run its command again for another one.'));
      const more = which === 'more' ? job.change.more : undefined;
      await review(await (more === undefined ? job.change.ask(plan) : more()));
    },
    canUndo: (uri) => {
      const wanted = uri ?? vscode.window.activeTextEditor?.document.uri;
      const session = wanted && open.get(wanted);
      return session !== undefined && !session.applying && canUndo(session);
    },
    showRun: async (id) => showStored(await storedRun(id)),
    resume,
    undoRun,
    undo: async (uri) => {
      const session = open.wanted(uri);
      if (!canUndo(session)) throw new Problem(l10n.t('There is nothing to undo: no run of this plan made anything.'));
      await undone(session);
    },
    shown: (uri) => {
      const { plan, job, result, undone: back } = open.wanted(uri);
      return { plan, place: job.place, done: result?.ok === true && back === undefined };
    },
    discard: async (uri) => {
      const session = open.wanted(uri);
      await documents.close(session.uri);
      open.forget(session.uri);
    },
    compare: async (uri, title) => {
      const { plan, job } = open.wanted(uri);
      await compareStep(documents, plan, job.place, title);
    },
    dispose: () => void open.dispose(),
  };
}

const uriOf = ({ title, place }: Job): vscode.Uri =>
  documentUri(title, sourceId(sourceOf(place.awsProfile, place.region)));

const isOpen = (uri: vscode.Uri): boolean =>
  vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString());
