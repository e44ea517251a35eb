/** The files beside the open ones, as they are on disk: what a finding across files needs. Read through VS Code alone. */
import * as vscode from 'vscode';
import { fileLooksOurs, isKustomization, isRead, isTerraform } from '../core/look.ts';
import { MOST_BYTES } from '../core/policy/filling.ts';

/** Files of one folder that are read: more is no folder of manifests that people edit. */
const MOST_FILES = 60;

/** Manifests, policies and the like. */
const isWanted = (name: string): boolean => isTerraform(name) || isRead(name);
/** Names that are read first where a folder has more files than are read. */
const LIKELY = /profile|role|trust|polic|iam|irsa|s3|kfp|launcher|artifact|workflow|service-?account|kustomization/i;

interface Folder extends vscode.Disposable {
  /** Texts of ours by URI. */
  readonly texts: Map<string, string>;
}

export interface Folders extends vscode.Disposable {
  /** Texts of ours in the folder of a file, by URI, without the file itself. What is not read yet comes with `onDidChange`. */
  readonly beside: (uri: vscode.Uri) => ReadonlyMap<string, string>;
  /** Stops to watch all folders but those of these files. */
  readonly keep: (uris: readonly vscode.Uri[]) => void;
  /** The text of one of them, if it was read. */
  readonly text: (uri: vscode.Uri) => string | undefined;
  /** Files of this folder were read, or are gone. */
  readonly onDidChange: vscode.Event<string>;
}

export const folderOf = (uri: vscode.Uri): string => vscode.Uri.joinPath(uri, '..').toString();

/** Ends those of the watched folders that are not wanted any more. */
export function keepOnly(folders: Map<string, vscode.Disposable>, wanted: ReadonlySet<string>): void {
  for (const [key, folder] of folders) {
    if (wanted.has(key)) continue;
    folder.dispose();
    folders.delete(key);
  }
}

/** Watches the folders that are asked for, each without what is below it. */
export function watchFolders(): Folders {
  const changed = new vscode.EventEmitter<string>();
  const folders = new Map<string, Folder>();
  const none: ReadonlyMap<string, string> = new Map();

  function open(uri: vscode.Uri): Folder {
    const texts = new Map<string, string>();
    let ended = false;
    const readOne = async (file: vscode.Uri): Promise<void> => {
      if (!isWanted(file.path)) return;
      const text = await textOf(file);
      if (ended) return;
      const key = file.toString();
      if (texts.get(key) === text) return;
      if (text === undefined) texts.delete(key);
      else texts.set(key, text);
      changed.fire(uri.toString());
    };
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(uri, '*'));
    watcher.onDidCreate(readOne);
    watcher.onDidChange(readOne);
    watcher.onDidDelete(readOne);
    void (async () => {
      const entries = await vscode.workspace.fs.readDirectory(uri).then(undefined, () => []);
      const names = entries.flatMap(([name, type]) =>
        (type & vscode.FileType.File) !== 0 && isWanted(name) ? [name] : [],
      );
      const rank = (name: string): number => 2 * Number(isRead(name)) + Number(LIKELY.test(name));
      names.sort((a, b) => rank(b) - rank(a));
      await Promise.all(names.slice(0, MOST_FILES).map((name) => readOne(vscode.Uri.joinPath(uri, name))));
    })();
    return {
      texts,
      dispose: () => {
        ended = true;
        watcher.dispose();
      },
    };
  }

  return {
    onDidChange: changed.event,
    beside: (uri) => {
      if (vscode.workspace.fs.isWritableFileSystem(uri.scheme) === undefined) return none;
      const key = folderOf(uri);
      let folder = folders.get(key);
      if (!folder) folders.set(key, (folder = open(vscode.Uri.joinPath(uri, '..'))));
      return new Map([...folder.texts].filter(([file]) => file !== uri.toString()));
    },
    text: (uri) => folders.get(folderOf(uri))?.texts.get(uri.toString()),
    keep: (uris) => keepOnly(folders, new Set(uris.map(folderOf))),
    dispose: () => {
      changed.dispose();
      keepOnly(folders, new Set());
    },
  };
}

/** The text of a file that is ours, or that others refer to, and not too large; undefined for any other. */
async function textOf(file: vscode.Uri): Promise<string | undefined> {
  try {
    const { size } = await vscode.workspace.fs.stat(file);
    if (size > MOST_BYTES) return undefined;
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
    return isTerraform(file.path) || (isRead(file.path) && fileLooksOurs(file.path, text)) || isKustomization(file.path)
      ? text
      : undefined;
  } catch {
    return undefined; // Deleted meanwhile, or not for us to read: nothing to lint, and nothing to tell.
  }
}
