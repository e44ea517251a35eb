/** Show Isolation: who may what on a cluster, from policies, as a document; on request tried for real. */
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import type { Isolation } from '../core/isolation/matrix.ts';
import { reportOf } from '../core/isolation/report.ts';
import { reportText } from '../core/isolation/text.ts';
import { attemptsOf } from '../core/isolation/tries.ts';
import { spoken } from '../core/text.ts';
import { lookAtIsolation } from '../estate/isolation.ts';
import type { Host } from '../host.ts';
import { commandId } from '../ids.ts';
import { requireTrust } from '../outside.ts';
import { Cancelled } from '../problem.ts';
import { attemptLines, proveIsolation } from '../provisioning/proveIsolation.ts';
import { sleep, unlessCancelled } from '../provisioning/wait.ts';
import { sourceId } from '../source.ts';
import { withProgress } from '../wizard/carry.ts';
import { documentUri, type Lens } from '../wizard/documents.ts';
import type { Place } from '../wizard/job.ts';
import type { Reached } from '../wizard/reach.ts';
import { askPlace, onPlace } from './onCluster.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

/** What the button in the document asks for. */
const TRY = 'try';

/** Opens the matrix of a cluster; with `how` "try", what it says is tried first. */
export async function showIsolation({ host, documents }: Rooms, argument: unknown, how?: unknown): Promise<void> {
  requireTrust();
  const place = await askPlace(host, argument, l10n.t('Show Isolation'));
  const { cluster, awsProfile, region } = place;
  const source = { region, ...(awsProfile === undefined ? {} : { awsProfile }) };
  const { isolation, lines } = await onPlace(host, place, (where) => judge(host, place, where, how === TRY));
  const lens = (title: string, tooltip: string, ...more: readonly unknown[]): Lens => ({
    title,
    tooltip,
    command: commandId('showIsolation'),
    args: [{ ...source, cluster }, ...more],
  });
  const uri = documentUri(l10n.t('Isolation: {0}', cluster), sourceId(source));
  await (
    await documents()
  ).show(uri, reportText(reportOf(isolation), lines), [
    lens(
      `$(play) ${l10n.t('Try for Real')}`,
      l10n.t('Tries what it says with real tokens, roles and probe objects'),
      TRY,
    ),
    lens(`$(refresh) ${l10n.t('Read Again')}`, l10n.t('Reads policies and judges again')),
  ]);
}

/** Reads and judges; tries what it says once a person agreed, for probes are written into places of others. */
async function judge(
  host: Host,
  { cluster: name }: Place,
  { cluster, aws, kubernetes }: Reached,
  tries: boolean,
): Promise<{ readonly isolation: Isolation; readonly lines: readonly string[] }> {
  const isolation = await withProgress(l10n.t('Judging who may what on {0}', name), (signal) =>
    unlessCancelled(signal, lookAtIsolation([{ cluster, aws, kubernetes }])),
  );
  if (!tries) return { isolation, lines: [] };
  const { attempts, untried } = attemptsOf(isolation);
  const go = l10n.t('Try');
  const answer = await vscode.window.showWarningMessage(
    spoken(l10n.t('Try {0} statements of the matrix on {1}?', attempts.length, name)),
    {
      modal: true,
      detail: l10n.t(
        'Tokens of service accounts assume roles. Where the matrix says that somebody may write, a probe object is written, read and deleted again, also in the places of others.',
      ),
    },
    go,
  );
  if (answer !== go) throw new Cancelled();
  const results = await withProgress(l10n.t('Trying who may what on {0}', name), (signal, report) =>
    proveIsolation(
      attempts,
      () => ({ aws, kubernetes, unique: randomUUID, sleep, signal }),
      (says, number, of) =>
        report({ message: spoken(l10n.t('{0} of {1}: {2}', number, of, says)), increment: 100 / of }),
    ),
  );
  const lines = attemptLines(results, untried);
  for (const line of lines) host.log.info(line);
  return { isolation, lines };
}
