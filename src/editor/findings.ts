/** What lint finds in the open documents, kept up with what is typed. */
import * as vscode from 'vscode';
import type { LintFile } from '../core/around.ts';
import type { LintOptions } from '../core/lint.ts';
import { fileLooksOurs, isTerraform } from '../core/look.ts';
import type { Edit, Finding, Fix } from '../core/finding.ts';
import { asksWhoFills } from '../core/policy/filling.ts';
import { folderOf, watchFolders } from './folders.ts';
import { changedText, couldBeOurs, isNamed, languageOf } from './look.ts';
import type { ProfileHead } from './profiles.ts';
import { knowRepository, watchRepository } from './repository.ts';
import { concernsLint, lintSettings } from './settings.ts';
import { watchTelling } from './telling.ts';
import type { LintThread } from './thread.ts';

/** Milliseconds without a key before a document is linted, and before its whole folder is, where that takes long. */
const DEBOUNCE_MS = 150;
const IDLE_MS = 700;
/** Milliseconds that the lint of a folder may take to be done after every key. */
const QUICK_MS = 10;

export interface Findings extends vscode.Disposable {
  /** The open documents of ours. */
  readonly documents: () => readonly vscode.TextDocument[];
  /** Findings of a document as far as they are known: maybe of a moment ago. */
  readonly latest: (document: vscode.TextDocument) => readonly Finding[];
  /** Findings of a document as it is now; none as long as it changes faster than it is linted. */
  readonly of: (document: vscode.TextDocument) => Promise<readonly Finding[]>;
  /** The text of a document with the right answer to each finding, or to those of one kind. */
  readonly fixed: (document: vscode.TextDocument, kind?: string) => Promise<string>;
  /** A snippet that silences a finding where it stands, if there is a place for one. */
  readonly ignored: (document: vscode.TextDocument, finding: Finding) => Promise<Edit | undefined>;
  /** The files of the folder of a document. */
  readonly files: (document: vscode.TextDocument) => readonly LintFile[];
  /** The Profiles of a document. */
  readonly profiles: (document: vscode.TextDocument) => Promise<readonly ProfileHead[]>;
  /** What a finding about a profile without a role is fixed with by each of these roles, in their order. */
  readonly withRoles: (
    document: vscode.TextDocument,
    finding: Finding,
    profile: string,
    roles: readonly string[],
  ) => Promise<readonly Fix[]>;
  /** The file with this path in a finding. */
  readonly file: (path: string) => { readonly uri: vscode.Uri; readonly text: string } | undefined;
  /** Findings of a document are new. */
  readonly onDidChange: vscode.Event<vscode.TextDocument>;
  readonly onDidClose: vscode.Event<vscode.Uri>;
  /** A document of ours was opened, or an open one became ours. */
  readonly onDidOpen: vscode.Event<void>;
}

/** An open document of ours. */
interface Linted {
  readonly document: vscode.TextDocument;
  /** Version of the document that `findings` speak of. */
  version: number;
  findings: readonly Finding[];
  timer?: NodeJS.Timeout;
}

/** A file as lint names it: its path in the workspace, which tells patches and kustomizations. */
const pathOf = (uri: vscode.Uri): string =>
  uri.scheme === 'untitled' ? uri.toString() : vscode.workspace.asRelativePath(uri, false);

/** A document as lint reads it. */
export const fileOf = (document: vscode.TextDocument): LintFile => ({
  path: pathOf(document.uri),
  text: document.getText(),
  ...(isNamed(document) ? {} : { language: languageOf(document) }),
});

/**
 * Lints the documents that are open, and those that will be.
 *
 * @param fail told when lint itself broke, which is a mistake of ours and no reason to disturb the user
 */
export function watchFindings(thread: LintThread, fail: (error: unknown) => void): Findings {
  const changed = new vscode.EventEmitter<vscode.TextDocument>();
  const closed = new vscode.EventEmitter<vscode.Uri>();
  const added = new vscode.EventEmitter<void>();
  const folders = watchFolders();
  const telling = watchTelling();
  const open = new Map<string, Linted>();
  /** URIs by path. */
  const uris = new Map<string, vscode.Uri>();
  /** By folder: milliseconds that its last lint took, and the timer of the next. */
  const cost = new Map<string, number>();
  const idle = new Map<string, NodeJS.Timeout>();

  const linted = ({ uri }: vscode.TextDocument): Linted | undefined => open.get(uri.toString());
  const neighbours = (document: vscode.TextDocument): Linted[] => {
    const folder = folderOf(document.uri);
    return [...open.values()].filter((one) => folderOf(one.document.uri) === folder);
  };

  const asks = (document: vscode.TextDocument): boolean =>
    neighbours(document).some((one) => asksWhoFills({ path: one.document.uri.path, text: one.document.getText() }));

  /** What a document is judged by; undefined: it is not. */
  function optionsOf(document: vscode.TextDocument): LintOptions | undefined {
    const options = lintSettings(document.uri);
    return options && { ...options, beside: telling.around(document.uri, asks(document)) };
  }

  /** All files of the folder of a document: the open ones as they are typed, the others as they are on disk. */
  function filesBeside(document: vscode.TextDocument): LintFile[] {
    const files = new Map<string, LintFile>();
    for (const [key, text] of folders.beside(document.uri)) {
      const uri = vscode.Uri.parse(key);
      uris.set(pathOf(uri), uri);
      const language = /\.json$/i.test(uri.path) ? 'json' : /\.ya?ml$/i.test(uri.path) ? 'yaml' : undefined;
      files.set(key, { path: pathOf(uri), text, ...(language ? { language } : {}) });
    }
    for (const one of neighbours(document)) {
      uris.set(pathOf(one.document.uri), one.document.uri);
      files.set(one.document.uri.toString(), fileOf(one.document));
    }
    return [...files.values()];
  }

  /** Lints a document alone at once, and with its folder: at once too where that is quick, else when nothing is typed. */
  async function lintNow(one: Linted): Promise<void> {
    clearTimeout(one.timer);
    const { document } = one;
    const folder = folderOf(document.uri);
    clearTimeout(idle.get(folder));
    await knowRepository(document.uri);
    if (asks(document)) await telling.know(document.uri);
    const options = optionsOf(document);
    if (!options) return set(one, document.version, []);
    if ((cost.get(folder) ?? 0) < QUICK_MS) return lintTogether(document, options);
    const { version } = document;
    idle.set(
      folder,
      setTimeout(() => void lintTogether(document, options).catch(fail), IDLE_MS),
    );
    set(one, version, await thread.run('file', { file: fileOf(document), options }));
  }

  async function lintTogether(document: vscode.TextDocument, options: LintOptions): Promise<void> {
    const versions = neighbours(document).map((one) => ({ one, version: one.document.version }));
    const started = performance.now();
    const found = await thread.run('folder', { files: filesBeside(document), options });
    cost.set(folderOf(document.uri), performance.now() - started);
    for (const { one, version } of versions)
      set(one, version, lintSettings(one.document.uri) ? (found.get(pathOf(one.document.uri)) ?? []) : []);
  }

  /** Findings of an older text would be underlined in the wrong places. */
  function set(one: Linted, version: number, findings: readonly Finding[]): void {
    if (linted(one.document) !== one) return;
    // Whatever made it newer: it is looked at again.
    if (one.document.version !== version) return soon(one, DEBOUNCE_MS);
    one.version = version;
    one.findings = findings;
    changed.fire(one.document);
  }

  function soon(one: Linted, milliseconds: number, tries = 0): void {
    clearTimeout(one.timer);
    const again = (error: unknown): void => {
      fail(error);
      // A thread that died is replaced: one more look is worth it, an endless loop is not.
      if (tries < 2 && linted(one.document) === one) soon(one, IDLE_MS, tries + 1);
    };
    one.timer = setTimeout(() => void lintNow(one).catch(again), milliseconds);
  }

  function add(document: vscode.TextDocument): void {
    const one: Linted = { document, version: -1, findings: [] };
    open.set(document.uri.toString(), one);
    folders.beside(document.uri);
    soon(one, 0);
    added.fire();
  }

  function remove(document: vscode.TextDocument): void {
    clearTimeout(linted(document)?.timer);
    if (!open.delete(document.uri.toString())) return;
    const uris = [...open.values()].map((one) => one.document.uri);
    folders.keep(uris);
    telling.keep(uris);
    closed.fire(document.uri);
  }

  /** Lints the documents of a folder: by one that is not left out, which alone looks at those beside it. */
  function judge(folder: string, milliseconds: number): void {
    const all = [...open.values()].filter(({ document }) => folderOf(document.uri) === folder);
    const one = all.find(({ document }) => lintSettings(document.uri)) ?? all[0];
    if (one) soon(one, milliseconds);
    for (const each of all) if (each !== one && !lintSettings(each.document.uri)) soon(each, milliseconds);
  }

  /** Once for each folder: its documents are linted together. */
  const all = (milliseconds = 0): void => {
    cost.clear();
    const its = new Set([...open.values()].map(({ document }) => folderOf(document.uri)));
    for (const folder of its) judge(folder, milliseconds);
  };

  const opened = (document: vscode.TextDocument): void => {
    if (couldBeOurs(document) && fileLooksOurs(document.uri.path, document.getText())) add(document);
  };
  const registered = vscode.Disposable.from(
    changed,
    closed,
    added,
    folders,
    telling,
    telling.onDidChange(() => all(DEBOUNCE_MS)),
    watchRepository(all),
    folders.onDidChange((folder) => judge(folder, DEBOUNCE_MS)),
    vscode.workspace.onDidOpenTextDocument(opened),
    vscode.workspace.onDidCloseTextDocument(remove),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (concernsLint(event)) all();
    }),
    vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.contentChanges.length === 0) return;
      const one = linted(event.document);
      if (one) soon(one, DEBOUNCE_MS);
      else if (couldBeOurs(event.document) && fileLooksOurs(event.document.uri.path, changedText(event)))
        add(event.document);
    }),
  );
  vscode.workspace.textDocuments.forEach(opened);

  return {
    onDidChange: changed.event,
    onDidClose: closed.event,
    onDidOpen: added.event,
    documents: () => [...open.values()].map(({ document }) => document),
    latest: (document) => linted(document)?.findings ?? [],
    of: async (document) => {
      const one = linted(document);
      if (!one) return [];
      for (let tries = 0; one.version !== document.version && tries < 3; tries += 1) await lintNow(one);
      // Places of an older text would be those of something else.
      return one.version === document.version ? one.findings : [];
    },
    fixed: async (document, kind) => {
      const options = optionsOf(document);
      if (!options || !linted(document)) return document.getText();
      const job = { path: pathOf(document.uri), files: filesBeside(document), options };
      return thread.run('fix', kind === undefined ? job : { ...job, kind });
    },
    ignored: async (document, finding) => {
      const options = optionsOf(document);
      if (!options || !linted(document)) return undefined;
      const mark = languageOf(document) === 'yaml' || isTerraform(document.uri.path) ? '#' : '//';
      return thread.run('ignore', {
        path: pathOf(document.uri),
        files: filesBeside(document),
        options,
        finding,
        mark,
      });
    },
    files: filesBeside,
    profiles: (document) => thread.run('profiles', { text: document.getText(), language: languageOf(document) }),
    withRoles: async (document, finding, profile, roles) => {
      const options = lintSettings(document.uri);
      return options ? thread.run('withRoles', { file: fileOf(document), options, finding, profile, roles }) : [];
    },
    file: (path) => {
      const uri = uris.get(path);
      if (!uri) return undefined;
      const text = open.get(uri.toString())?.document.getText() ?? folders.text(uri);
      return text === undefined ? undefined : { uri, text };
    },
    dispose: () => {
      registered.dispose();
      for (const { timer } of open.values()) clearTimeout(timer);
      for (const timer of idle.values()) clearTimeout(timer);
    },
  };
}
