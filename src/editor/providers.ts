/** Hovers, completion and the actions above a Profile: VS Code's side of words.ts and places.ts. */
import * as vscode from 'vscode';
import { spoken } from '../core/text.ts';
import { commandId } from '../ids.ts';
import type { Live } from '../live.ts';
import { rangeOf } from './diagnostics.ts';
import type { Findings } from './findings.ts';
import { DOCUMENTS, languageOf, SELECTOR } from './look.ts';
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
  return vscode.Disposable.from(
    vscode.languages.registerHoverProvider(SELECTOR, {
      provideHover: async (document, position) => {
        if (!isOurs(document)) return undefined;
        const profiles = await findings.profiles(document);
        const meaning = meaningAt(document.getText(), document.offsetAt(position), profiles);
        if (meaning === undefined) return undefined;
        const known = live();
        const state = known && meaning.thing && { lines: await soon(known.state(meaning.thing)) };
        return new vscode.Hover(markdownOf(meaning, state), rangeOf(document, meaning));
      },
    }),
    vscode.languages.registerCompletionItemProvider(
      DOCUMENTS,
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
    vscode.languages.registerCodeLensProvider(DOCUMENTS, {
      onDidChangeCodeLenses: findings.onDidOpen,
      provideCodeLenses: async (document) =>
        isOurs(document) ? lenses(document, await findings.profiles(document)) : [],
    }),
  );
}

/**
 * Text of one line that is shown as it is, and wrapped, which what `appendText` makes is not. What would become a link by itself
 * (GitHub Flavored Markdown, autolinks) is broken by a space of no width.
 */
const escaped = (text: string): string =>
  text.replace(/[\\`*_{}[\]()<>#+.!|~&$-]/g, '\\$&').replace(/:(?=\/\/)|\bwww(?=\\\.)|(?<=\w)@/gi, '$&\u200b');

/** A value to be copied, between more backticks than it holds. */
function asCode(value: string): string {
  const longest = Math.max(0, ...[...value.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence} ${spoken(value)} ${fence}`;
}

/**
 * Values come from the file, sentences about the state from what was read: shown as they are, never rendered. Our own text is
 * escaped too.
 *
 * @param state what is known besides the text; without lines it is still being read
 */
function markdownOf(
  { title, facts, text, failures }: Meaning,
  state?: { readonly lines: readonly string[] | undefined },
): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString(`**${title}**`);
  for (const [name, value] of facts) markdown.appendMarkdown(`  \n${name}: ${asCode(value)}`);
  markdown.appendMarkdown(`\n\n${escaped(text)}`);
  const lines = state && (state.lines ?? [l10n.t('It is being read. Look again in a moment.')]);
  if (lines && lines.length > 0)
    markdown.appendMarkdown(
      `\n\n**${l10n.t('Live state')}**${lines.map((line) => `  \n${escaped(spoken(line))}`).join('')}`,
    );
  for (const failure of failures) markdown.appendMarkdown(`\n\n${escaped(failureLine(failure))}`);
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
        command: commandId('createProfile'),
        arguments: [place],
      }),
      new vscode.CodeLens(range, {
        title: `$(verified) ${l10n.t('Verify')}`,
        tooltip: l10n.t(
          'Proves that the service account of this profile reaches its bucket, and its neighbour does not',
        ),
        command: commandId('verifyProfile'),
        arguments: [{ profile: place.profile }],
      }),
      new vscode.CodeLens(range, {
        title: `$(beaker) ${l10n.t('What if I apply this?')}`,
        tooltip: l10n.t(
          'Judges the live cluster as it would be with this file: findings that come and go. Applies nothing',
        ),
        command: commandId('whatIf'),
        arguments: [{ profile: place.profile, uri: document.uri.toString() }],
      }),
    ];
  });
