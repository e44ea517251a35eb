/** Hovers, completion and the actions above a Profile: VS Code's side of words.ts and places.ts. */
import * as vscode from 'vscode';
import { COMMAND } from '../ids.ts';
import { rangeOf } from './diagnostics.ts';
import type { Findings } from './findings.ts';
import { SELECTOR } from './look.ts';
import { suggestionsAt } from './places.ts';
import type { ProfileHead } from './profiles.ts';
import { failureLine, meaningAt, type Meaning } from './words.ts';

const { l10n } = vscode;

/**
 * @param isServed whether another extension already suggests what a Profile may hold
 */
export function registerProviders(
  findings: Findings,
  isServed: (document: vscode.TextDocument) => boolean,
): vscode.Disposable {
  const isOurs = (document: vscode.TextDocument): boolean => findings.documents().includes(document);
  return vscode.Disposable.from(
    vscode.languages.registerHoverProvider(SELECTOR, {
      provideHover: (document, position) => {
        const meaning = isOurs(document) ? meaningAt(document.getText(), document.offsetAt(position)) : undefined;
        return meaning && new vscode.Hover(markdownOf(meaning), rangeOf(document, meaning));
      },
    }),
    vscode.languages.registerCompletionItemProvider(
      SELECTOR,
      {
        provideCompletionItems: (document, position) =>
          isOurs(document) && !isServed(document) ? completions(document, document.offsetAt(position)) : [],
      },
      ' ',
      '"',
    ),
    vscode.languages.registerCodeLensProvider(SELECTOR, {
      onDidChangeCodeLenses: findings.onDidOpen,
      provideCodeLenses: async (document) =>
        isOurs(document) ? lenses(document, await findings.profiles(document)) : [],
    }),
  );
}

/** Values come from the file: shown as they are, never rendered. Our own text is escaped too, but may be wrapped. */
function markdownOf({ title, facts, text, failures }: Meaning): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString(`**${title}**`);
  for (const [name, value] of facts) markdown.appendMarkdown(`  \n${name}: `).appendText(value);
  for (const paragraph of [text, ...failures.map(failureLine)])
    markdown.appendMarkdown(`\n\n${paragraph.replace(/[\\`*_{}[\]()<>#+.!|~&$-]/g, '\\$&')}`);
  return markdown;
}

const completions = (document: vscode.TextDocument, offset: number): vscode.CompletionItem[] =>
  suggestionsAt(document.getText(), offset, document.languageId === 'yaml' ? 'yaml' : 'json').map(
    ({ label, insert, detail, start }) => {
      const item = new vscode.CompletionItem(label, vscode.CompletionItemKind.Snippet);
      item.insertText = new vscode.SnippetString(insert);
      item.detail = `Kubeflow IRSA: ${detail}`;
      item.range = rangeOf(document, { start, end: offset });
      item.filterText = document.getText(item.range).startsWith('"') ? `"${label}` : label;
      return item;
    },
  );

const lenses = (document: vscode.TextDocument, profiles: readonly ProfileHead[]): vscode.CodeLens[] =>
  profiles.flatMap(({ start, ...place }) => {
    const range = rangeOf(document, { start, end: start });
    return [
      new vscode.CodeLens(range, {
        title: `$(cloud-upload) ${l10n.t('Provision…')}`,
        tooltip: l10n.t('Creates or repairs the IAM role and the S3 access of this profile, after a plan to review'),
        command: COMMAND.createProfile,
        arguments: [place],
      }),
      new vscode.CodeLens(range, {
        title: `$(verified) ${l10n.t('Verify')}`,
        tooltip: l10n.t(
          'Proves that the service account of this profile reaches its bucket, and its neighbour does not',
        ),
        command: COMMAND.verifyProfile,
        arguments: [{ profile: place.profile }],
      }),
    ];
  });
