/** What lint finds in the open documents, kept up with what is typed. */
import * as vscode from 'vscode';
import { lint, lintFolder, type LintCache, type LintFile, type LintOptions } from '../core/lint.ts';
import { looksOurs } from '../core/look.ts';
import type { Finding } from '../core/rules/types.ts';
import { folderOf, watchFolders } from './folders.ts';
import { changedText, couldBeOurs } from './look.ts';
import { concernsLint, lintSettings } from './settings.ts';

/** Milliseconds without a key before a document is linted, and before its whole folder is, where that takes long. */
const DEBOUNCE_MS = 150;
const IDLE_MS = 700;
/** Milliseconds that the lint of a folder may take to be done at once instead of when nothing is typed. */
const QUICK_MS = 8;

export interface Findings extends vscode.Disposable {
  /** The open documents of ours. */
  readonly documents: () => readonly vscode.TextDocument[];
  /** Whether a document is one of them. */
  readonly has: (document: vscode.TextDocument) => boolean;
  /** Findings of a document as it is now, also if it was typed in a moment ago. */
  readonly of: (document: vscode.TextDocument) => readonly Finding[];
  /** Findings that a document would have with this text. */
  readonly withText: (document: vscode.TextDocument, text: string) => readonly Finding[];
  /** The document with this path in a finding: its URI and text. */
  readonly file: (path: string) => { readonly uri: vscode.Uri; readonly text: string } | undefined;
  /** Findings of a document are new. */
  readonly onDidChange: vscode.Event<vscode.TextDocument>;
  /** A document was closed, or is ours no longer. */
  readonly onDidClose: vscode.Event<vscode.Uri>;
}

/** An open document of ours. */
interface Linted {
  readonly document: vscode.TextDocument;
  readonly cache: LintCache;
  /** Version of the document that `findings` speak of. */
  version: number;
  findings: readonly Finding[];
  timer?: NodeJS.Timeout;
}

const languageOf = ({ languageId }: vscode.TextDocument): 'yaml' | 'json' => (languageId === 'yaml' ? 'yaml' : 'json');

/** A file as lint names it: its path in the workspace, which tells patches and kustomizations. */
const pathOf = (uri: vscode.Uri): string =>
  uri.scheme === 'untitled' ? uri.toString() : vscode.workspace.asRelativePath(uri, false);

/** Lints the documents that are open, and those that will be. */
export function watchFindings(): Findings {
  const changed = new vscode.EventEmitter<vscode.TextDocument>();
  const closed = new vscode.EventEmitter<vscode.Uri>();
  const folders = watchFolders();
  const open = new Map<string, Linted>();
  /** Milliseconds that the last lint of a folder took. */
  const cost = new Map<string, number>();
  const uris = new Map<string, vscode.Uri>();
  const idle = new Map<string, NodeJS.Timeout>();

  /** All files of the folder of a document: the open ones as they are typed, the others as they are on disk. */
  function filesWith(document: vscode.TextDocument, text = document.getText()): LintFile[] {
    const folder = folderOf(document.uri);
    const texts = new Map(folders.beside(document.uri));
    for (const { document: other } of open.values())
      if (folderOf(other.uri) === folder) texts.set(other.uri.toString(), other.getText());
    texts.set(document.uri.toString(), text);
    return [...texts].map(([key, content]) => {
      const uri = vscode.Uri.parse(key);
      const path = pathOf(uri);
      uris.set(path, uri);
      const linted = open.get(key);
      const language = linted ? languageOf(linted.document) : /\.json$/i.test(uri.path) ? 'json' : 'yaml';
      return { path, text: content, language };
    });
  }

  function inFolder(
    document: vscode.TextDocument,
    options: LintOptions,
    text?: string,
  ): Map<string, readonly Finding[]> {
    const started = performance.now();
    const found = lintFolder(filesWith(document, text), options);
    cost.set(folderOf(document.uri), performance.now() - started);
    return found;
  }

  /** Lints a document alone at once, and with its folder: at once too where that is quick, else when nothing is typed. */
  function lintNow(linted: Linted): void {
    clearTimeout(linted.timer);
    const { document } = linted;
    const options = lintSettings(document.uri);
    linted.version = document.version;
    if (!options) return set(linted, []);
    const folder = folderOf(document.uri);
    if ((cost.get(folder) ?? 0) < QUICK_MS && document.lineCount < 2000) return lintTogether(linted, options);
    set(
      linted,
      lint(
        document.getText(),
        { ...options, language: languageOf(document), file: pathOf(document.uri) },
        linted.cache,
      ),
    );
    clearTimeout(idle.get(folder));
    idle.set(
      folder,
      setTimeout(() => lintTogether(linted, options), IDLE_MS),
    );
  }

  function lintTogether(linted: Linted, options: LintOptions): void {
    const { document } = linted;
    if (document.isClosed) return;
    const found = inFolder(document, options);
    const folder = folderOf(document.uri);
    for (const one of open.values()) {
      if (folderOf(one.document.uri) !== folder) continue;
      if (!lintSettings(one.document.uri)) continue;
      clearTimeout(one.timer);
      one.version = one.document.version;
      set(one, found.get(pathOf(one.document.uri)) ?? []);
    }
  }

  function set(linted: Linted, findings: readonly Finding[]): void {
    linted.findings = findings;
    changed.fire(linted.document);
  }

  function add(document: vscode.TextDocument): void {
    const linted: Linted = { document, cache: { documents: new Map() }, version: -1, findings: [] };
    open.set(document.uri.toString(), linted);
    lintNow(linted);
  }

  function remove(document: vscode.TextDocument): void {
    const linted = open.get(document.uri.toString());
    if (!linted) return;
    clearTimeout(linted.timer);
    open.delete(document.uri.toString());
    folders.keep([...open.values()].map(({ document: { uri } }) => uri));
    closed.fire(document.uri);
  }

  const all = (): void => {
    for (const linted of open.values()) {
      linted.cache.documents = new Map();
      lintNow(linted);
    }
  };

  const opened = (document: vscode.TextDocument): void => {
    if (couldBeOurs(document) && looksOurs(document.getText())) add(document);
  };
  const registered = vscode.Disposable.from(
    changed,
    closed,
    folders,
    folders.onDidChange(all),
    vscode.workspace.onDidOpenTextDocument(opened),
    vscode.workspace.onDidCloseTextDocument(remove),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (concernsLint(event)) all();
    }),
    vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.contentChanges.length === 0) return;
      const linted = open.get(event.document.uri.toString());
      if (linted) {
        clearTimeout(linted.timer);
        linted.timer = setTimeout(() => lintNow(linted), DEBOUNCE_MS);
      } else if (couldBeOurs(event.document) && looksOurs(changedText(event))) add(event.document);
    }),
  );
  vscode.workspace.textDocuments.forEach(opened);

  return {
    onDidChange: changed.event,
    onDidClose: closed.event,
    documents: () => [...open.values()].map(({ document }) => document),
    has: ({ uri }) => open.has(uri.toString()),
    of: (document) => {
      const linted = open.get(document.uri.toString());
      if (!linted) return [];
      if (linted.version !== document.version) lintNow(linted);
      return linted.findings;
    },
    withText: (document, text) => {
      const options = lintSettings(document.uri);
      return options ? (inFolder(document, options, text).get(pathOf(document.uri)) ?? []) : [];
    },
    file: (path) => {
      const uri = uris.get(path);
      if (!uri) return undefined;
      const linted = open.get(uri.toString());
      const text = linted
        ? linted.document.getText()
        : folders.beside(vscode.Uri.joinPath(uri, '../x')).get(uri.toString());
      return text === undefined ? undefined : { uri, text };
    },
    dispose: () => {
      registered.dispose();
      for (const { timer } of open.values()) clearTimeout(timer);
      for (const timer of idle.values()) clearTimeout(timer);
    },
  };
}
