/** Lint in the editor. Here is only one look at a text; the rest is loaded for the first document that passes it. */
import * as vscode from 'vscode';
import { fileLooksOurs, isSettings } from '../core/look.ts';
import type { Host } from '../host.ts';
import { lazy } from '../lazy.ts';
import type { Live } from '../live.ts';
import { changedText, couldBeOurs } from './look.ts';

/**
 * Waits for a document of ours, then loads what lints it. Costs nothing else.
 *
 * @param live what is known of AWS and the clusters; undefined as long as nobody looked at them
 * @param onDidRead told that something else is known
 */
export function registerEditor(host: Host, live: () => Live | undefined, onDidRead: vscode.Event<unknown>): void {
  const waiting = vscode.Disposable.from(
    vscode.workspace.onDidOpenTextDocument((document) => look(document, () => document.getText())),
    vscode.workspace.onDidChangeTextDocument((event) => look(event.document, () => changedText(event))),
  );
  host.context.subscriptions.push(waiting);
  // Where it fails, the next document tries again.
  const start = lazy(async () => {
    (await import(/* webpackChunkName: "editor" */ './start.ts')).startEditor(host, live, onDidRead);
    waiting.dispose();
  });
  function look(document: vscode.TextDocument, text: () => string): void {
    if (couldBeOurs(document) && (isSettings(document.uri.path) || fileLooksOurs(document.uri.path, text())))
      void host.attempt('editor', start);
  }
  for (const document of vscode.workspace.textDocuments) look(document, () => document.getText());
}
