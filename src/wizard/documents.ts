/** Read-only documents of our scheme: plans, results, the two sides of a comparison. Shown as text, never rendered. */
import * as vscode from 'vscode';
import { withoutSecrets } from '../core/text.ts';
import { DOCUMENT_LANGUAGE, DOCUMENT_SCHEME } from '../ids.ts';

/** An action in the text; without `line` it stands on top. */
export interface Lens {
  readonly line?: number;
  readonly title: string;
  readonly tooltip?: string;
  readonly command?: string;
  readonly args?: readonly unknown[];
}

/** Lines of a document, from 0. */
export interface Fold {
  readonly start: number;
  readonly end: number;
}

export interface Documents extends vscode.Disposable {
  /** Shows a text, in the tab that the document has already or in a new one. */
  readonly show: (
    uri: vscode.Uri,
    text: string,
    lenses: readonly Lens[],
    /** First and last lines of what is folded when it is shown. */
    folds?: readonly Fold[],
  ) => Promise<void>;
  /** Replaces the text where it is shown, without bringing it to the front. */
  readonly update: (uri: vscode.Uri, text: string, lenses: readonly Lens[]) => void;
  readonly close: (uri: vscode.Uri) => Promise<void>;
  /** A document's last tab was closed. */
  readonly onDidClose: vscode.Event<vscode.Uri>;
}

/** The URI of a document; its last path segment is the tab's title. `query` tells apart what has the same title. */
export const documentUri = (title: string, query: string): vscode.Uri =>
  vscode.Uri.from({ scheme: DOCUMENT_SCHEME, path: `/${title.replace(/[/\\]/g, '-')}`, query });

/** What a tab shows: a document, or the two sides of a comparison. */
const shownIn = ({ input }: vscode.Tab): readonly vscode.Uri[] =>
  input instanceof vscode.TabInputText
    ? [input.uri]
    : input instanceof vscode.TabInputTextDiff
      ? [input.original, input.modified]
      : [];

/** VS Code at times keeps the actions of the old text while it draws a new one, and is told of them once more after so many milliseconds. */
const ONCE_MORE_MS = 1_000;

export function createDocuments(): Documents {
  const content = new Map<string, { text: string; lenses: readonly Lens[]; folds: readonly Fold[] }>();
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const lensesChanged = new vscode.EventEmitter<void>();
  const closed = new vscode.EventEmitter<vscode.Uri>();
  let onceMore: NodeJS.Timeout | undefined;
  const tabsOf = (uri: vscode.Uri): vscode.Tab[] =>
    vscode.window.tabGroups.all
      .flatMap(({ tabs }) => tabs)
      .filter((tab) => shownIn(tab).some((shown) => shown.toString() === uri.toString()));
  const update = (uri: vscode.Uri, text: string, lenses: readonly Lens[], folds: readonly Fold[] = []): void => {
    // Reasons in it may be an error's own words.
    content.set(uri.toString(), { text: withoutSecrets(text), lenses, folds });
    changed.fire(uri);
    lensesChanged.fire();
    clearTimeout(onceMore);
    onceMore = setTimeout(() => lensesChanged.fire(), ONCE_MORE_MS);
  };
  const registered = vscode.Disposable.from(
    changed,
    lensesChanged,
    closed,
    // Asked for before the new text was there, VS Code has kept the actions of the old one.
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (document.uri.scheme === DOCUMENT_SCHEME) lensesChanged.fire();
    }),
    vscode.workspace.registerTextDocumentContentProvider(DOCUMENT_SCHEME, {
      onDidChange: changed.event,
      provideTextDocumentContent: (uri) => content.get(uri.toString())?.text,
    }),
    vscode.languages.registerCodeLensProvider(
      { scheme: DOCUMENT_SCHEME },
      {
        onDidChangeCodeLenses: lensesChanged.event,
        provideCodeLenses: ({ uri }) =>
          (content.get(uri.toString())?.lenses ?? []).map(
            ({ line = 0, title, tooltip, command = '', args = [] }) =>
              new vscode.CodeLens(new vscode.Range(line, 0, line, 0), {
                title,
                command,
                arguments: [...args],
                ...(tooltip === undefined ? {} : { tooltip }),
              }),
          ),
      },
    ),
    vscode.languages.registerFoldingRangeProvider(
      { scheme: DOCUMENT_SCHEME },
      {
        provideFoldingRanges: ({ uri }) => {
          const folds = content.get(uri.toString())?.folds ?? [];
          // Without any, VS Code folds by indentation.
          return folds.length === 0 ? undefined : folds.map(({ start, end }) => new vscode.FoldingRange(start, end));
        },
      },
    ),
    vscode.window.tabGroups.onDidChangeTabs((event) => {
      for (const uri of event.closed.flatMap(shownIn)) {
        if (!content.has(uri.toString()) || tabsOf(uri).length > 0) continue;
        content.delete(uri.toString());
        closed.fire(uri);
      }
    }),
  );
  // What VS Code opened again with its window is of a plan that is gone.
  const stale = vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter((tab) => shownIn(tab).some(({ scheme }) => scheme === DOCUMENT_SCHEME));
  if (stale.length > 0) void vscode.window.tabGroups.close(stale);
  return {
    show: async (uri, text, lenses, folds = []) => {
      update(uri, text, lenses, folds);
      const document = await vscode.workspace.openTextDocument(uri);
      if (document.languageId !== DOCUMENT_LANGUAGE) {
        await vscode.languages.setTextDocumentLanguage(document, DOCUMENT_LANGUAGE);
      }
      const editor = await vscode.window.showTextDocument(document, { preview: false });
      editor.selection = new vscode.Selection(0, 0, 0, 0);
      editor.revealRange(editor.selection);
      if (folds.length > 0)
        await vscode.commands.executeCommand('editor.fold', { selectionLines: folds.map(({ start }) => start) });
    },
    update,
    close: async (uri) => {
      await vscode.window.tabGroups.close(tabsOf(uri));
    },
    onDidClose: closed.event,
    dispose: () => {
      clearTimeout(onceMore);
      registered.dispose();
    },
  };
}
