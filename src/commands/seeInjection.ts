import * as vscode from 'vscode';
import { injectionReport, injectionText } from '../core/inject/report.ts';
import { commandId } from '../ids.ts';
import { requireTrust } from '../outside.ts';
import { readInjection } from '../provisioning/inject.ts';
import { sourceId } from '../source.ts';
import { documentUri } from '../wizard/documents.ts';
import { askProfile, onPlace } from './onCluster.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

/** Who the pods of a profile are in AWS: what new ones would get, tried by dry runs, and what those have that run. Nothing is made. */
export async function seeInjection({ host, documents }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const place = await askProfile(host, argument, l10n.t('See What Its Pods Get'));
  const { cluster, profile, ...source } = place;
  const view = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: l10n.t('Trying pods') },
    () => onPlace(host, place, (where) => readInjection(where.cluster, profile, where.kubernetes, where.aws)),
  );
  const say = l10n.t as (text: string, ...values: (string | number)[]) => string;
  const report = injectionReport(view, Date.now(), say);
  const text = `${l10n.t('What the pods of profile {0} on {1} get', profile, cluster)}\n\n${injectionText(report, say)}\n`;
  const again = { title: `$(refresh) ${l10n.t('Try again')}`, command: commandId('seeInjection'), args: [place] };
  const modes = [...new Set([...report.pods, ...report.running].flatMap(({ id }) => id ?? []))].map((id) => ({
    title: `$(question) ${id}`,
    command: commandId('showFailureMode'),
    args: [id],
  }));
  await (
    await documents()
  ).show(documentUri(l10n.t('Pods: {0} on {1}', profile, cluster), sourceId(source)), text, [again, ...modes]);
}
