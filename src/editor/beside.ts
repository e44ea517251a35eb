/** What is shown of open documents beside what the tree has read: looked at anew when either changes. Nothing is read for it. */
import * as vscode from 'vscode';
import type { LintFile } from '../core/around.ts';
import type { LintOptions } from '../core/lint.ts';
import type { Live } from '../live.ts';
import { fileOf, type Findings } from './findings.ts';
import { lintSettings } from './settings.ts';

/** Milliseconds for which rows of the tree must be quiet: it tells of each that comes. */
const QUIET_MS = 500;

/** Who looks at documents beside the tree. */
export interface BesideTree {
  readonly findings: Findings;
  /** What the tree holds; undefined before somebody looked at it, and in Restricted Mode. */
  readonly live: () => Live | undefined;
  /** Told that the tree holds something else. */
  readonly onDidRead: vscode.Event<unknown>;
  readonly fail: (error: unknown) => void;
}

/** What is looked at: a document as it is now. */
export interface Looked {
  readonly document: vscode.TextDocument;
  readonly file: LintFile;
  readonly options: LintOptions;
  readonly known: Live;
}

/**
 * Keeps a collection of diagnostics of its own.
 *
 * @param look what is to be shown of a document
 * @param gone told that nothing is shown of a document any more
 */
export function showBesideTree(
  name: string,
  { findings, live, onDidRead, fail }: BesideTree,
  look: (looked: Looked) => Promise<readonly vscode.Diagnostic[]>,
  gone: (uri: vscode.Uri) => void = () => undefined,
): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection(name);
  let timer: NodeJS.Timeout | undefined;
  const clear = (uri: vscode.Uri): void => {
    collection.delete(uri);
    gone(uri);
  };

  async function show(document: vscode.TextDocument): Promise<void> {
    const [known, options] = [live(), lintSettings(document.uri)];
    if (known === undefined || !options) return clear(document.uri);
    const { version } = document;
    const shown = await look({ document, file: fileOf(document), options, known });
    // Places of an older text are those of something else; the newer one is looked at when it is linted.
    if (document.version !== version || !findings.documents().includes(document)) return;
    collection.set(document.uri, shown);
  }

  const soon = (document: vscode.TextDocument): void => void show(document).catch(fail);
  return vscode.Disposable.from(
    collection,
    findings.onDidChange(soon),
    findings.onDidClose(clear),
    onDidRead(() => {
      if (findings.documents().length === 0) return;
      clearTimeout(timer);
      timer = setTimeout(() => findings.documents().forEach(soon), QUIET_MS);
    }),
    { dispose: () => clearTimeout(timer) },
  );
}
