import * as vscode from 'vscode';
import { manifestUri } from '../explorer/manifestUri.ts';
import { requireTrust } from '../outside.ts';
import { ask } from '../wizard/ask.ts';
import { known, start } from '../wizard/questions.ts';
import { placeOf } from './place.ts';
import type { Rooms } from './rooms.ts';

/** Opens the live manifest of a Profile; Apply Manifest writes it back, after a question. */
export async function openManifest({ host }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const title = vscode.l10n.t('Open Manifest');
  const place = placeOf(argument);
  const { cluster, profile } = known(await ask(start(place, ['cluster', 'profile']), title, host.connections));
  if (cluster === undefined || profile === undefined) throw new Error('A question was left out.');
  const { name, ...source } = cluster;
  const uri = manifestUri({ ...source, cluster: name, profile });
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(await vscode.languages.setTextDocumentLanguage(document, 'yaml'), {
    preview: false,
  });
}
