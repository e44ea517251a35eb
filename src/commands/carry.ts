import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { signalOf } from '../cancel.ts';
import type { Cluster } from '../core/observation.ts';
import { blockers, isDone, permissionsOf, rows, type Plan, type RowKind } from '../core/plan/plan.ts';
import { spoken } from '../core/text.ts';
import type { Host } from '../host.ts';
import { Cancelled, Problem } from '../problem.ts';
import type { Revealed } from '../provisioning/driver.ts';
import { memoryJournal, type Entry } from '../provisioning/journal.ts';
import type { Aws, Kubernetes } from '../provisioning/ports.ts';
import { carryOut, undo } from '../provisioning/run.ts';
import { sleep } from '../provisioning/wait.ts';
import type { Source } from '../source.ts';
import { showPasswords } from '../wizard/passwords.ts';
import { plain } from '../wizard/prompts.ts';
import { stoppedBy } from '../wizard/result.ts';

const { l10n } = vscode;

/** Where a plan is carried out. */
export interface Place {
  readonly cluster: Cluster;
  readonly aws: Aws;
  readonly source: Source;
  readonly kubernetes: Kubernetes;
}

/** What a person is asked and told. */
export interface Words {
  readonly question: string;
  /** The button that does it. */
  readonly go: string;
  readonly done: string;
  /** Where there is nothing to do. */
  readonly nothing: string;
}

const SIGN: Readonly<Partial<Record<RowKind, string>>> = { create: '+', change: '~', delete: '−' };

/**
 * A plan of a few changes, through the same door as the large ones: shown in a question with all that it changes and what is worth
 * knowing, carried out, and offered to be undone.
 */
export async function carry(host: Host, name: string, plan: Plan, place: Place, words: Words): Promise<void> {
  const stopped = blockers(plan);
  if (stopped.length > 0) throw new Problem(stopped.map(({ title, reason }) => reason ?? title).join(' '));
  if (isDone(plan)) {
    void host.attempt(name, () => vscode.window.showInformationMessage(spoken(words.nothing)));
    return;
  }
  const changes = rows(plan).flatMap(({ kind, title }) => {
    const sign = SIGN[kind];
    return sign === undefined ? [] : [`${sign} ${plain(title)}`];
  });
  const may = permissionsOf(plan);
  const detail = [
    changes.join('\n'),
    ...plan.warnings.map(plain),
    l10n.t('Needs {0}.', [...may.aws, ...may.kubernetes].join(', ')),
  ].join('\n\n');
  const answer = await vscode.window.showWarningMessage(plain(words.question), { modal: true, detail }, words.go);
  if (answer !== words.go) throw new Cancelled();
  const journal = memoryJournal();
  const made: Revealed[] = [];
  const { cluster, aws, kubernetes, source } = place;
  try {
    const result = await withProgress(plan.title, (signal) =>
      carryOut(
        plan,
        { aws, kubernetes, unique: randomUUID, sleep, signal, reveal: (password) => made.push(password) },
        { journal, progress: ({ title }, number, of) => host.log.info(`Step ${number} of ${of}: ${title}`) },
      ),
    );
    for (const { row, state, reason } of result.rows)
      host.log.info(`${state}: ${row.title}${reason === undefined ? '' : `: ${reason}`}`);
    await told(host, place, journal.entries());
    const begun = journal.entries().filter(({ state }) => state !== 'kept');
    const said = result.ok
      ? words.done
      : result.cancelled
        ? l10n.t('Cancelled. What was done stays.')
        : stoppedBy(result);
    void host.attempt(name, async () => {
      await showPasswords(made);
      made.length = 0;
      const undoIt = l10n.t('Undo');
      const buttons = begun.length === 0 ? [] : [undoIt];
      const say = result.ok
        ? vscode.window.showInformationMessage
        : result.cancelled
          ? vscode.window.showWarningMessage
          : vscode.window.showErrorMessage;
      if ((await say(spoken(said ?? words.done), ...buttons)) === undoIt)
        await takeBack(host, plan, { cluster, aws, source }, begun);
    });
  } catch (error) {
    if (made.length > 0) void host.attempt(name, () => showPasswords(made));
    throw error;
  }
}

async function takeBack(
  host: Host,
  plan: Plan,
  { cluster, aws, source }: Omit<Place, 'kubernetes'>,
  begun: readonly Entry[],
): Promise<void> {
  const kubernetes = await host.connections.connect(cluster, aws);
  try {
    const { ok, changes } = await withProgress(l10n.t('Undoing: {0}', plan.title), (signal) =>
      undo(begun, { aws, kubernetes, sleep, signal }),
    );
    await told(host, { cluster, source }, begun);
    const why = changes.find(({ state }) => state === 'failed')?.reason;
    if (!ok) throw new Problem(why ?? l10n.t('Not all is undone.'));
    const left = changes.flatMap(({ state, reason = '' }) => (state === 'left' ? [reason] : []));
    const said = [l10n.t('Undone: {0}.', plan.title), ...left].join(' ');
    void host.attempt('undo', () => vscode.window.showInformationMessage(spoken(said)));
  } finally {
    kubernetes.close();
  }
}

/** What was written is read again by who asks or shows it. */
async function told(
  host: Host,
  { cluster, source }: Pick<Place, 'cluster' | 'source'>,
  entries: readonly Entry[],
): Promise<void> {
  const refs = entries.map(({ change }) => change.ref);
  (await host.connections.facts()).forget(refs);
  host.changed.fire({ ...source, cluster: cluster.name, refs });
}

const withProgress = <T>(title: string, work: (signal: AbortSignal) => Promise<T>): Thenable<T> =>
  vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: spoken(title), cancellable: true },
    (_progress, token) => work(signalOf(token)),
  );
