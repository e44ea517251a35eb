/** What is looked at before anything is loaded: the kind of a document, and the text around a change. */
import * as vscode from 'vscode';
import { isRead, isTerraform } from '../core/look.ts';

/** Languages whose documents may be ours. */
const LANGUAGES: readonly string[] = ['yaml', 'json', 'jsonc'];

/** Documents of manifests and policies. */
export const DOCUMENTS: vscode.DocumentSelector = LANGUAGES.map((language) => ({ language }));

/** Those, and what holds such documents: scripts, templates and Terraform by their names, whoever gives them a language. */
export const SELECTOR: vscode.DocumentSelector = [
  ...DOCUMENTS,
  { language: 'shellscript' },
  { pattern: '**/*.{tpl,tftpl,tmpl,gotmpl,template,j2,jinja,jinja2,tf,tofu}' },
];

/** How a document is read: what is not JSON, with or without comments, is YAML, or is told by its name (isNamed). */
export const languageOf = ({ languageId }: vscode.TextDocument): 'yaml' | 'json' =>
  languageId === 'json' || languageId === 'jsonc' ? 'json' : 'yaml';

/** Whether it is the name of a document that says how it is read: a script, or a template. */
export const isNamed = ({ languageId }: vscode.TextDocument): boolean => !LANGUAGES.includes(languageId);

/** Characters around a change that are looked at: more than the longest word that makes a document ours. */
const AROUND = 100;

/** Whether a document is one that people edit, in a language of ours: not the other side of a diff, not an output. */
export const couldBeOurs = (document: vscode.TextDocument): boolean => isInLanguage(document) && isEdited(document);

/** A script that neither its name nor its first line calls one is a profile of a shell, or settings. */
const isInLanguage = (document: vscode.TextDocument): boolean =>
  !isNamed(document) ||
  isRead(document.uri.path) ||
  isTerraform(document.uri.path) ||
  (document.languageId === 'shellscript' && document.lineAt(0).text.startsWith('#!'));

const isEdited = ({ uri }: vscode.TextDocument): boolean =>
  uri.scheme === 'untitled' ||
  vscode.workspace.fs.isWritableFileSystem(uri.scheme) === true ||
  vscode.workspace.getWorkspaceFolder(uri) !== undefined;

/** What was typed or pasted, with a little of what stands around it: so that a large file costs no more than a small one. */
export const changedText = ({ document, contentChanges }: vscode.TextDocumentChangeEvent): string =>
  contentChanges
    .map(({ rangeOffset, text }) => {
      const from = document.positionAt(Math.max(0, rangeOffset - AROUND));
      return document.getText(new vscode.Range(from, document.positionAt(rangeOffset + text.length + AROUND)));
    })
    .join('\n');
