/** What is looked at before anything is loaded: the kind of a document, and the text around a change. */
import * as vscode from 'vscode';

/** Languages whose documents may be ours. */
const LANGUAGES: readonly string[] = ['yaml', 'json', 'jsonc'];

/** What providers are registered for. */
export const SELECTOR: vscode.DocumentSelector = LANGUAGES.map((language) => ({ language }));

/** How a document is read: what is not YAML is JSON, with or without comments. */
export const languageOf = ({ languageId }: vscode.TextDocument): 'yaml' | 'json' =>
  languageId === 'yaml' ? 'yaml' : 'json';

/** Characters around a change that are looked at: more than the longest word that makes a document ours. */
const AROUND = 100;

/** Whether a document is one that people edit, in a language of ours: not the other side of a diff, not an output. */
export const couldBeOurs = ({ languageId, uri }: vscode.TextDocument): boolean =>
  LANGUAGES.includes(languageId) &&
  (uri.scheme === 'untitled' ||
    vscode.workspace.fs.isWritableFileSystem(uri.scheme) === true ||
    vscode.workspace.getWorkspaceFolder(uri) !== undefined);

/** What was typed or pasted, with a little of what stands around it: so that a large file costs no more than a small one. */
export const changedText = ({ document, contentChanges }: vscode.TextDocumentChangeEvent): string =>
  contentChanges
    .map(({ rangeOffset, text }) => {
      const from = document.positionAt(Math.max(0, rangeOffset - AROUND));
      return document.getText(new vscode.Range(from, document.positionAt(rangeOffset + text.length + AROUND)));
    })
    .join('\n');
