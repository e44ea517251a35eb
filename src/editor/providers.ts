/** Hovers, completion and the actions above a Profile: VS Code's side of words.ts and places.ts. */
import * as vscode from 'vscode';
import { spoken } from '../core/text.ts';
import { COMMAND } from '../ids.ts';
import type { Live } from '../live.ts';
import { rangeOf } from './diagnostics.ts';
import type { Findings } from './findings.ts';
import { languageOf, SELECTOR } from './look.ts';
import { knownAt, suggestionsAt, type Suggestion } from './places.ts';
import type { ProfileHead } from './profiles.ts';
import { soon } from './soon.ts';
import { failureLine, meaningAt, type Meaning } from './words.ts';

const { l10n } = vscode;

/**
 * @param live what is known of AWS and the clusters; undefined as long as nobody looked at them
 * @param isServed whether another extension already suggests what a Profile may hold
 */
export function registerProviders(
  findings: Findings,
  live: () => Live | undefined,
  isServed: (document: vscode.TextDocument) => boolean,
): vscode.Disposable {
  const isOurs = (document: vscode.TextDocument): boolean => findings.documents().includes(document);
  const meaningOf = async (document: vscode.TextDocument, position: vscode.Position): Promise<Meaning | undefined> =>
    isOurs(document)
      ? meaningAt(document.getText(), document.offsetAt(position), await findings.profiles(document))
      : undefined;
  return vscode.Disposable.from(
    // A hover of its own, so that what a word means is shown at once. The provider that comes first is shown last.
    vscode.languages.registerHoverProvider(SELECTOR, {
      provideHover: async (document, position) => {
        const known = live();
        const meaning = known && (await meaningOf(document, position));
        if (known === undefined || meaning?.thing === undefined) return undefined;
        const lines = await soon(known.state(meaning.thing));
        return lines?.length === 0 ? undefined : new vscode.Hover(stateOf(lines), rangeOf(document, meaning));
      },
    }),
    vscode.languages.registerHoverProvider(SELECTOR, {
      provideHover: async (document, position) => {
        const meaning = await meaningOf(document, position);
        return meaning && new vscode.Hover(markdownOf(meaning), rangeOf(document, meaning));
      },
    }),
    vscode.languages.registerCompletionItemProvider(
      SELECTOR,
      {
        provideCompletionItems: (document, position) => {
          if (!isOurs(document)) return [];
          const [text, offset] = [document.getText(), document.offsetAt(position)];
          const known = live();
          return completions(document, offset, [
            ...(known ? knownAt(text, offset, known) : []),
            ...(isServed(document) ? [] : suggestionsAt(text, offset, languageOf(document))),
          ]);
        },
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

/** Text that is shown as it is, and wrapped, which what `appendText` makes is not. One line. */
const escaped = (text: string): string => text.replace(/[\\`*_{}[\]()<>#+.!|~&$-]/g, '\\$&');

/** Values come from the file: shown as they are, never rendered. Our own text is escaped too, but may be wrapped. */
function markdownOf({ title, facts, text, failures }: Meaning): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString(`**${title}**`);
  for (const [name, value] of facts) markdown.appendMarkdown(`  \n${name}: `).appendText(value);
  for (const paragraph of [text, ...failures.map(failureLine)]) markdown.appendMarkdown(`\n\n${escaped(paragraph)}`);
  return markdown;
}

/** Sentences about what was read: data, shown as it is, never rendered. Undefined: it is still being read. */
function stateOf(lines: readonly string[] | undefined): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString(`**${l10n.t('Live state')}**`);
  for (const line of lines ?? [l10n.t('It is being read. Look again in a moment.')])
    markdown.appendMarkdown(`  \n${escaped(spoken(line))}`);
  return markdown;
}

const completions = (
  document: vscode.TextDocument,
  offset: number,
  suggestions: readonly Suggestion[],
): vscode.CompletionItem[] =>
  suggestions.map(({ label, insert, detail, start }) => {
    const item = new vscode.CompletionItem(label, vscode.CompletionItemKind.Snippet);
    item.insertText = new vscode.SnippetString(insert);
    item.detail = `Kubeflow IRSA: ${detail}`;
    item.range = rangeOf(document, { start, end: offset });
    item.filterText = document.getText(item.range).startsWith('"') ? `"${label}` : label;
    return item;
  });

const lenses = (document: vscode.TextDocument, profiles: readonly ProfileHead[]): vscode.CodeLens[] =>
  profiles.flatMap(({ profile, owner, start }) => {
    const place = { profile, ...(owner === undefined ? {} : { owner }) };
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
