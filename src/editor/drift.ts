/** Drift in the editor: a file against what the tree has read. Nothing is read for it. */
import * as vscode from 'vscode';
import type { Live } from '../live.ts';
import { diagnosticOf } from './diagnostics.ts';
import { fileOf, type Findings } from './findings.ts';
import { lintSettings } from './settings.ts';
import type { LintThread } from './thread.ts';

/** Milliseconds for which rows of the tree must be quiet: it tells of each that comes. */
const QUIET_MS = 500;

/**
 * @param live what the tree holds; undefined before somebody looked at it
 * @param onDidRead told that the tree holds something else
 */
export function showDrift(
  findings: Findings,
  thread: LintThread,
  live: () => Live | undefined,
  onDidRead: vscode.Event<unknown>,
  fail: (error: unknown) => void,
): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection('kubeflow-irsa-drift');
  let timer: NodeJS.Timeout | undefined;

  async function look(document: vscode.TextDocument): Promise<void> {
    const [known, options] = [live(), lintSettings(document.uri)];
    if (known === undefined || !options) return collection.delete(document.uri);
    const { version } = document;
    const file = fileOf(document);
    const declared = await thread.run('declared', { file });
    const found =
      declared.length === 0 ? [] : await thread.run('drift', { file, options, things: known.held(declared) });
    // Places of an older text are those of something else; the newer one is looked at when it is linted.
    if (document.version !== version || !findings.documents().includes(document)) return;
    collection.set(
      document.uri,
      found.map((one) => diagnosticOf(one, document, findings)),
    );
  }

  const soon = (document: vscode.TextDocument): void => void look(document).catch(fail);
  return vscode.Disposable.from(
    collection,
    findings.onDidChange(soon),
    findings.onDidClose((uri) => collection.delete(uri)),
    onDidRead(() => {
      if (live() === undefined || findings.documents().length === 0) return;
      clearTimeout(timer);
      timer = setTimeout(() => findings.documents().forEach(soon), QUIET_MS);
    }),
    { dispose: () => clearTimeout(timer) },
  );
}
