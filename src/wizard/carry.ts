/** Carries out the plan of a session, or takes a run back: with progress and Cancel, into the log, and who shows it reads anew. */
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { signalOf } from '../cancel.ts';
import type { Ref } from '../core/kinds.ts';
import { valueOf } from '../core/reading.ts';
import { spoken } from '../core/text.ts';
import type { Host } from '../host.ts';
import { Problem } from '../problem.ts';
import { endOf, endOfUndo } from '../provisioning/carried.ts';
import type { Revealed } from '../provisioning/driver.ts';
import type { Entry } from '../provisioning/journal.ts';
import { carryOut, undo, type RunResult, type UndoResult } from '../provisioning/run.ts';
import { sleep } from '../provisioning/wait.ts';
import { sourceOf } from '../source.ts';
import type { Job, Place } from './job.ts';
import { inCluster, needsCluster, reach } from './reach.ts';
import { sameAccount } from './runJob.ts';
import type { Session } from './session.ts';

const { l10n } = vscode;

/** Carries out what the session planned, through the connections that it was planned with, or goes on with its run. */
export async function run(host: Host, session: Session, reveal: (password: Revealed) => void): Promise<Session> {
  const { job, plan, aws, kubernetes } = session;
  if (aws === undefined || (kubernetes === undefined && needsCluster(plan)))
    throw new Problem(l10n.t('The cluster was not reached when this plan was made. Plan again.'));
  const runs = await host.runs();
  const { command, subject, place } = job;
  const caller = job.run === undefined ? valueOf(await aws.caller()) : undefined;
  const open = await (job.run === undefined
    ? runs.begin({ command, subject, place, plan, caller })
    : runs.open(job.run, 'resume'));
  let result: RunResult | undefined;
  try {
    result = await withProgress(l10n.t('{0} on {1}', job.subject, job.place.cluster), (signal, report) => {
      let reached = 0;
      const means = { aws, ...(kubernetes === undefined ? {} : { kubernetes }), sleep, signal, reveal };
      return carryOut(
        plan,
        { ...means, unique: randomUUID },
        {
          journal: open.journal,
          run: open.id,
          progress: ({ title }, number, of) => {
            host.log.info(`Step ${number} of ${of}: ${title}`);
            const increment = ((number - 1 - reached) / of) * 100;
            reached = number - 1;
            report({ message: spoken(l10n.t('step {0} of {1}: {2}', number, of, title)), increment });
          },
        },
      );
    });
  } finally {
    await open.end(result === undefined ? { how: 'failed' } : endOf(result));
  }
  for (const { row, state, reason } of result.rows)
    host.log.info(`${state}: ${row.title}${reason === undefined ? '' : `: ${reason}`}`);
  return { ...session, result, begun: written(open.entries()) };
}

/** What a run wrote, or may have. A shared thing stays, and its undoing says so. */
const written = (entries: readonly Entry[]): readonly Entry[] => entries.filter(({ state }) => state !== 'kept');

/** Takes a run back, with the credentials of now: those that it was made with may have expired. */
export async function takeBack(host: Host, { place, subject }: Job, id: string): Promise<UndoResult> {
  const open = await (await host.runs()).open(id, 'undo');
  const begun = open.entries();
  let result: UndoResult | undefined;
  try {
    const reached = begun.some(({ change }) => inCluster(change.ref))
      ? await reach(host, place)
      : { aws: await host.connections.aws(sourceOf(place.awsProfile, place.region)) };
    try {
      await sameAccount(reached.aws, { changes: begun.map(({ change }) => change) });
      result = await withProgress(l10n.t('Undoing: {0} on {1}', subject, place.cluster), (signal) =>
        undo(begun, { ...reached, sleep, signal }),
      );
      return result;
    } finally {
      if ('kubernetes' in reached) reached.kubernetes.close();
    }
  } finally {
    await open.end(result === undefined ? { how: 'failed' } : endOfUndo(result));
    await changed(
      host,
      place,
      begun.map(({ change }) => change.ref),
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
