/** Carries out the plan of a session, or takes a run back: with progress and Cancel, into the log, and who shows it reads anew. */
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { signalOf } from '../cancel.ts';
import { refText, type Ref } from '../core/kinds.ts';
import { spoken } from '../core/text.ts';
import type { Host } from '../host.ts';
import { commandId } from '../ids.ts';
import { Problem } from '../problem.ts';
import type { Revealed } from '../provisioning/driver.ts';
import { written } from '../provisioning/journal.ts';
import { OutsideError, type Aws } from '../provisioning/ports.ts';
import { goOn, needsCluster, reachAgain, takeBack, type Again } from '../provisioning/carried.ts';
import type { UndoResult } from '../provisioning/run.ts';
import type { RunHead } from '../provisioning/runFile.ts';
import { sleep } from '../provisioning/wait.ts';
import type { Runs } from '../runs.ts';
import { sourceOf } from '../source.ts';
import type { Job, Place } from './job.ts';
import type { Session } from './session.ts';

const { l10n } = vscode;

/**
 * Carries out what the session planned, through the connections that it was planned with, or goes on with its run. What a run begins
 * is written down before.
 */
export async function run(host: Host, session: Session, reveal: (password: Revealed) => void): Promise<Session> {
  const { job, plan, aws, kubernetes } = session;
  if (aws === undefined || (kubernetes === undefined && needsCluster(plan)))
    throw new Problem(l10n.t('The cluster was not reached when this plan was made. Plan again.'));
  const { command, subject, place } = job;
  const runs = await host.runs();
  const open = await (job.run === undefined
    ? runs.begin(randomUUID(), { command, subject, ...place, ...(await whoIs(aws)) }, plan)
    : runs.open(job.run, 'resume'));
  const result = await withProgress(l10n.t('{0} on {1}', subject, place.cluster), (signal, report) => {
    let reached = 0;
    const means = { aws, ...(kubernetes === undefined ? {} : { kubernetes }), sleep, signal, reveal };
    return goOn(
      open,
      { ...means, unique: randomUUID },
      {
        progress: ({ title }, number, of) => {
          host.log.info(`Step ${number} of ${of}: ${title}`);
          const increment = ((number - 1 - reached) / of) * 100;
          reached = number - 1;
          report({ message: spoken(l10n.t('step {0} of {1}: {2}', number, of, title)), increment });
        },
      },
    );
  });
  for (const { row, state, reason } of result.rows)
    host.log.info(`${state}: ${row.title}${reason === undefined ? '' : `: ${reason}`}`);
  if (result.ok) await supersede(runs, open.head);
  return { ...session, result, begun: written(open.entries()) };
}

/** As whom a run acts. Who may not ask that may run it all the same. */
async function whoIs(aws: Aws): Promise<{ readonly account?: string; readonly caller?: string }> {
  const caller = await aws.caller();
  return caller.state === 'found' ? { account: caller.value.account, caller: caller.value.arn } : {};
}

/** What a plan did not end, another one of the same did: nobody needs to go on with it. It can still be taken back. */
async function supersede(runs: Runs, { plan, cluster, region }: RunHead): Promise<void> {
  const things = plan.changes.map(({ ref }) => refText(ref));
  const { runs: all } = await runs.all();
  for (const { head, state, isGoingOn } of all) {
    if (state !== 'unfinished' || isGoingOn) continue;
    if (head.plan.title !== plan.title || head.cluster !== cluster || head.region !== region) continue;
    // The rest of it must be in the later one, too.
    if (!head.plan.changes.every(({ ref }) => things.includes(refText(ref)))) continue;
    // Somebody else may have it by now.
    const open = await runs.open(head.run, 'resume').catch(() => undefined);
    await open?.end({ how: 'done', reason: 'A later run of the same did the rest.' });
  }
}

/** Takes a run back, with the credentials of now: those that it was made with may have expired. */
export async function takeBackRun(
  host: Host,
  { place, subject }: Job,
  id: string,
  again: Again = {},
): Promise<UndoResult> {
  const runs = await host.runs();
  const { head, entries } = await runs.find(id);
  const begun = written(entries).map(({ change }) => change);
  const aws = await host.connections.aws(sourceOf(place.awsProfile, place.region));
  const wanted = { changes: begun, proofs: [] };
  const reached = await reachAgain(head, wanted, aws, host.connections.connect, again).catch((error: unknown) => {
    if (!(error instanceof OutsideError) || !/^(ClusterGone|OtherCluster)$/.test(error.code)) throw error;
    throw new Problem(error.message, [
      { title: l10n.t('Undo in AWS Only'), command: commandId('undoRun'), args: [{ run: id, onlyAws: true }] },
    ]);
  });
  try {
    const open = await runs.open(id, 'undo');
    return await withProgress(l10n.t('Undoing: {0} on {1}', subject, place.cluster), (signal) =>
      takeBack(open, { ...reached, sleep, signal }),
    );
  } finally {
    reached.kubernetes?.close();
    await changed(
      host,
      place,
      begun.map(({ ref }) => ref),
    );
  }
}

/** What a run may have changed is read anew by who asks next; who shows it is told, unless that hears of it otherwise. */
export async function changed(host: Host, place: Place, refs: readonly Ref[], told = true): Promise<void> {
  (await host.connections.facts()).forget(refs);
  if (!told) return;
  host.changed.fire({ ...sourceOf(place.awsProfile, place.region), cluster: place.cluster, refs });
}

type Report = (step: { readonly message?: string; readonly increment?: number }) => void;

/** Work that can be cancelled, with its progress in a notification. */
export const withProgress = <T>(
  title: string,
  work: (signal: AbortSignal, report: Report) => Promise<T>,
): Thenable<T> =>
  vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: spoken(title), cancellable: true },
    (progress, token) => work(signalOf(token), (step) => progress.report(step)),
  );
