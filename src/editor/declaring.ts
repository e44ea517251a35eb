/**
 * What the files of the workspace declare, for rows and plans: read once in the background when the tree or a plan first asks, then file by
 * file as they change. Parsed in a thread that lives as long as there is something to read. A workspace without such files costs a
 * listing and one look at the text of each.
 */
import * as vscode from 'vscode';
import { mayDeclare, type Declared } from '../core/drift/declared.ts';
import { declarations, NO_FILES, type DeclaredOf } from '../core/drift/files.ts';
import type { LintFile } from '../core/around.ts';
import { isTerraform } from '../core/look.ts';
import { messageOf } from '../core/text.ts';
import { folderOf } from './folders.ts';
import { knowRepository } from './repository.ts';
import { concernsLint, lintSettings } from './settings.ts';
import { lintThread } from './thread.ts';

/** Files that are looked at, manifests first; bytes of each; things that are kept. Said in docs/managed.md. */
const MOST = { yaml: 2_000, terraform: 1_000, json: 500 } as const;
const MOST_BYTES = 256 * 1024;
const MOST_THINGS = 10_000;
/** Files of a folder of Terraform that are read together. */
const MOST_BESIDE = 60;
/** Files that are read at the same time. */
const AT_ONCE = 8;
/** How long files must be quiet, in milliseconds: a checkout writes many. */
const QUIET_MS = 300;
/** What tools fetch or make, and nobody applies from there. */
const ELSEWHERE = ['node_modules', '.git', '.terraform', '.venv', 'vendor'];
const EXCLUDED = `**/{${ELSEWHERE.join(',')}}/**`;
const isElsewhere = ({ path }: vscode.Uri): boolean => path.split('/').some((part) => ELSEWHERE.includes(part));

export interface WorkspaceFiles extends vscode.Disposable {
  /** By what is known now. */
  readonly declared: DeclaredOf;
  /** Resolves when what is being read is known. */
  readonly read: () => Promise<unknown>;
  /** Something else is declared. */
  readonly onDidChange: vscode.Event<void>;
  /** The file that a declaration names. */
  readonly uri: (file: string) => vscode.Uri | undefined;
}

const ignored = ({ whole: _none, ...one }: Declared): Declared => ({
  ...one,
  says: one.says.map((each) => ({ ...each, ignored: true })),
});

/** Begins to read. The workspace must be trusted. `script`: path of the built worker. */
export function watchDeclaring(
  script: string,
  log: { readonly info: (text: string) => void; readonly warn: (text: string) => void },
): WorkspaceFiles {
  const changed = new vscode.EventEmitter<void>();
  const files = new Map<string, { readonly uri: vscode.Uri; readonly declared: readonly Declared[] }>();
  const thread = lintThread(script);
  let declared: DeclaredOf = NO_FILES;
  let uris: ReadonlyMap<string, vscode.Uri> = new Map();
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  let pending = new Map<string, vscode.Uri>();
  /** One reading follows the other. */
  let reading: Promise<unknown> = Promise.resolve();

  /** `undefined` where a file is gone, too large or not for us to read. */
  async function textOf(uri: vscode.Uri): Promise<string | undefined> {
    try {
      if ((await vscode.workspace.fs.stat(uri)).size > MOST_BYTES) return undefined;
      return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
    } catch {
      return undefined;
    }
  }

  /** What a file declares. `beside`: the files of Terraform in its folder. */
  async function declaredBy(uri: vscode.Uri, beside: typeof terraformIn): Promise<readonly Declared[]> {
    const text = await textOf(uri);
    if (text === undefined || !mayDeclare(text)) return [];
    const path = vscode.workspace.asRelativePath(uri);
    const files = isTerraform(path) ? await beside(vscode.Uri.joinPath(uri, '..')) : [];
    const all = await thread.run('declared', { file: { path, text }, files }).catch((error: unknown) => {
      if (!ended) log.warn(`${path}: ${messageOf(error)}`);
      return [];
    });
    await knowRepository(uri);
    const settings = lintSettings(uri);
    const isCompared = settings !== undefined && settings.severities?.['KP-090'] !== 'off';
    return isCompared ? all : all.map(ignored);
  }

  /** The files of Terraform in a folder: what one of them says may stand in another. */
  async function terraformIn(folder: vscode.Uri): Promise<readonly LintFile[]> {
    const entries = await vscode.workspace.fs.readDirectory(folder).then(undefined, () => []);
    const its = entries.flatMap(([name]) => (isTerraform(name) ? [vscode.Uri.joinPath(folder, name)] : []));
    const all = its.slice(0, MOST_BESIDE).map(async (one): Promise<LintFile[]> => {
      const text = await textOf(one);
      return text === undefined ? [] : [{ path: vscode.workspace.asRelativePath(one), text }];
    });
    return (await Promise.all(all)).flat();
  }

  async function readAll(wanted: readonly vscode.Uri[]): Promise<void> {
    const left = [...wanted];
    let news = false;
    // Its files are read once for all of them.
    const folders = new Map<string, ReturnType<typeof terraformIn>>();
    const beside: typeof terraformIn = (folder) => {
      const known = folders.get(folder.toString()) ?? terraformIn(folder);
      folders.set(folder.toString(), known);
      return known;
    };
    const next = async (): Promise<void> => {
      for (let uri = left.shift(); uri !== undefined && !ended; uri = left.shift()) {
        const its = await declaredBy(uri, beside);
        const key = uri.toString();
        news ||= its.length > 0 || files.has(key);
        if (its.length === 0) files.delete(key);
        else files.set(key, { uri, declared: its });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    thread.dispose();
    if (news && !ended) tell();
  }

  function tell(): void {
    const all = [...files.values()];
    const things = all.flatMap((one) => one.declared);
    if (things.length > MOST_THINGS) log.info(`Files declare ${things.length} things; ${MOST_THINGS} are looked at.`);
    declared = declarations(things.slice(0, MOST_THINGS));
    uris = new Map(all.flatMap(({ uri, declared: its }) => its.map(({ file }) => [file, uri] as const)));
    changed.fire();
  }

  async function whole(): Promise<void> {
    const find = async (extensions: string, most: number): Promise<readonly vscode.Uri[]> => {
      const found = await vscode.workspace.findFiles(`**/*.${extensions}`, EXCLUDED, most);
      if (found.length >= most) log.info(`More than ${most} files *.${extensions}: the others are not compared.`);
      return found;
    };
    const found = [
      ...(await find('{yaml,yml}', MOST.yaml)),
      ...(await find('{tf,tofu}', MOST.terraform)),
      ...(await find('json', MOST.json)),
    ];
    const there = new Set(found.map(String));
    // What is no longer in the workspace is read as gone.
    const gone = [...files.values()].flatMap(({ uri }) => (there.has(uri.toString()) ? [] : [uri]));
    for (const uri of gone) files.delete(uri.toString());
    await readAll(found);
    if (gone.length > 0 && !ended) tell();
  }

  const then = (work: () => Promise<void>): void => {
    reading = reading.then(work).catch((error: unknown) => log.warn(`Files of the workspace: ${messageOf(error)}`));
  };
  const wrote = (uri: vscode.Uri): void => {
    if (isElsewhere(uri)) return;
    pending.set(uri.toString(), uri);
    // What others of its folder say may rest on it.
    for (const one of isTerraform(uri.path) ? files.values() : [])
      if (isTerraform(one.uri.path) && folderOf(one.uri) === folderOf(uri)) pending.set(one.uri.toString(), one.uri);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const some = [...pending.values()];
      pending = new Map();
      then(() => readAll(some));
    }, QUIET_MS);
  };
  const watcher = vscode.workspace.createFileSystemWatcher('**/*.{yaml,yml,json,tf,tofu}');
  watcher.onDidCreate(wrote);
  watcher.onDidChange(wrote);
  watcher.onDidDelete(wrote);
  const registered = vscode.Disposable.from(
    watcher,
    changed,
    vscode.workspace.onDidChangeWorkspaceFolders(() => then(whole)),
    vscode.workspace.onDidChangeConfiguration((event) => concernsLint(event) && then(whole)),
  );
  then(whole);
  return {
    get declared() {
      return declared;
    },
    read: () => reading,
    onDidChange: changed.event,
    uri: (file) => uris.get(file),
    dispose: () => {
      ended = true;
      clearTimeout(timer);
      registered.dispose();
      thread.dispose();
    },
  };
}
