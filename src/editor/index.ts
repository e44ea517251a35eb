/** Lint in the editor. Here is only one look at a text; the rest is loaded for the first document that passes it. */
import * as vscode from 'vscode';
import { looksOurs } from '../core/look.ts';
import type { Host } from '../host.ts';
import { SHOW_FAILURE_MODE } from '../ids.ts';
import type { Live } from '../live.ts';
import { changedText, couldBeOurs } from './look.ts';

/**
 * Waits for a document of ours, then loads what lints it. Costs nothing else.
 *
 * @param live what is known of AWS and the clusters; undefined as long as nobody looked at them
 */
export function registerEditor(host: Host, live: () => Live | undefined): void {
  const waiting = vscode.Disposable.from(
    vscode.workspace.onDidOpenTextDocument((document) => look(document, () => document.getText())),
    vscode.workspace.onDidChangeTextDocument((event) => look(event.document, () => changedText(event))),
  );
  host.context.subscriptions.push(waiting);
  let found = false;
  function look(document: vscode.TextDocument, text: () => string): void {
    if (found || !couldBeOurs(document) || !looksOurs(text())) return;
    found = true;
    waiting.dispose();
    void import(/* webpackChunkName: "editor" */ './start.ts').then(({ startEditor }) => startEditor(host, live));
  }
  // The tree leads to these pages too, where no document of ours was ever open.
  let pages: Promise<(id: unknown) => Promise<void>> | undefined;
  host.context.subscriptions.push(
    vscode.commands.registerCommand(SHOW_FAILURE_MODE, async (id: unknown) => {
      pages ??= import(/* webpackChunkName: "editor" */ './pages.ts').then(({ registerPages, showPage }) => {
        host.context.subscriptions.push(registerPages());
        return showPage;
      });
      await (
        await pages
      )(id);
    }),
  );
  for (const document of vscode.workspace.textDocuments) look(document, () => document.getText());
}
