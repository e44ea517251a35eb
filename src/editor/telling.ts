/** The files around open documents that tell who fills in their placeholders, as the command line finds them: read once, kept up as they change. */
import * as vscode from 'vscode';
import type { Beside } from '../core/finding.ts';
import {
  type FilesBeside,
  type FolderBeside,
  holdsScripts,
  mayTell,
  MOST_BYTES,
  tellingAround,
  tellingNames,
  tellsFilling,
} from '../core/policy/filling.ts';
import { normalPath } from '../core/text.ts';
import { folderOf, keepOnly } from './folders.ts';

interface Watched extends vscode.Disposable {
  /** Resolves when it was read. */
  readonly read: Promise<unknown>;
  /** Undefined until then, and where it cannot be read. */
  readonly seen: FolderBeside<vscode.Uri> | undefined;
}

export interface Telling extends vscode.Disposable {
  /** Resolves when what lies around a file is known. */
  readonly know: (uri: vscode.Uri) => Promise<void>;
  /** Where the paths of a file begin and, where `asks` that, what tells of its folder, as far as it is known. */
  readonly around: (uri: vscode.Uri, asks: boolean) => FilesBeside;
  /** Stops to watch all folders but those that tell of these files. */
  readonly keep: (uris: readonly vscode.Uri[]) => void;
  /** A folder that tells of others was read anew. */
  readonly onDidChange: vscode.Event<void>;
}

/** Where the paths begin that lint names a file by: the folder of the workspace; what lies outside has none. */
const rootOf = (uri: vscode.Uri): string => vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? '';
const nameOf = (path: string): string => path.replace(/^.*\//, '');
/** Whether there is a folder around it, as there is none around what was never saved. */
const isInFolder = ({ scheme }: vscode.Uri): boolean => vscode.workspace.fs.isWritableFileSystem(scheme) !== undefined;

/** Watches the folders that are asked for, and no folder outside of the workspace but that of the file itself. */
export function watchTelling(): Telling {
  const changed = new vscode.EventEmitter<void>();
  const folders = new Map<string, Watched>();

  function open(uri: vscode.Uri): Watched {
    let seen: FolderBeside<vscode.Uri> | undefined;
    let ended = false;
    let again: Promise<unknown> | undefined;
    const read = async (): Promise<void> => {
      const now = await lookInto(uri);
      if (!ended) seen = now;
    };
    const concerns = ({ path }: vscode.Uri): boolean =>
      mayTell(path) || holdsScripts(nameOf(path)) || nameOf(path) === '.git';
    // A checkout writes many: what changes while the folder is read is seen by one more reading.
    const told = (file: vscode.Uri): void => {
      if (again !== undefined || !concerns(file)) return;
      again = first.then(() => {
        again = undefined;
        return read();
      });
      void again.then(() => ended || changed.fire());
    };
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(uri, '*'));
    watcher.onDidCreate(told);
    watcher.onDidChange(told);
    watcher.onDidDelete(told);
    const first = read();
    return {
      read: first,
      get seen() {
        return seen;
      },
      dispose: () => {
        ended = true;
        watcher.dispose();
      },
    };
  }

  /** Files that tell, with what was asked on the way. */
  function look(uri: vscode.Uri): { readonly files: readonly Beside[]; readonly asked: ReadonlyMap<string, Watched> } {
    const asked = new Map<string, Watched>();
    const files = tellingAround(vscode.Uri.joinPath(uri, '..'), (folder) => {
      const key = folder.toString();
      const its = folders.get(key) ?? open(folder);
      folders.set(key, its);
      asked.set(key, its);
      return its.seen;
    });
    return { files, asked };
  }

  return {
    onDidChange: changed.event,
    know: async (uri) => {
      // What a folder holds says which are asked next.
      for (let count = -1; isInFolder(uri);) {
        const { asked } = look(uri);
        if (asked.size === count) return;
        count = asked.size;
        await Promise.all([...asked.values()].map((one) => one.read));
      }
    },
    around: (uri, asks) => ({ root: rootOf(uri), files: asks && isInFolder(uri) ? look(uri).files : [] }),
    keep: (uris) => {
      const asking = uris.filter((uri) => folders.has(folderOf(uri)));
      keepOnly(folders, new Set(asking.flatMap((uri) => [...look(uri).asked.keys()])));
    },
    dispose: () => {
      changed.dispose();
      keepOnly(folders, new Set());
    },
  };
}

/** Undefined for what is no folder, or not for us to read. */
async function lookInto(folder: vscode.Uri): Promise<FolderBeside<vscode.Uri> | undefined> {
  const entries = await vscode.workspace.fs.readDirectory(folder).then(undefined, () => undefined);
  if (entries === undefined) return undefined;
  const of = (kind: vscode.FileType): vscode.Uri[] =>
    entries.flatMap(([name, type]) => (type === kind ? [vscode.Uri.joinPath(folder, name)] : []));
  const uris = new Map(of(vscode.FileType.File).map((uri) => [normalPath(uri.fsPath), uri]));
  const files = await Promise.all(tellingNames([...uris.keys()]).map((path) => textOf(path, uris.get(path))));
  const telling = files.flatMap((one) => (one !== undefined && tellsFilling(one) ? [one] : []));
  const top = vscode.workspace.getWorkspaceFolder(folder)?.uri.toString();
  return {
    files: () => telling,
    scripts: of(vscode.FileType.Directory).filter(({ path }) => holdsScripts(nameOf(path))),
    above: vscode.Uri.joinPath(folder, '..'),
    isTop: top === undefined || top === folder.toString() || entries.some(([name]) => name === '.git'),
  };
}

async function textOf(path: string, file: vscode.Uri | undefined): Promise<Beside | undefined> {
  try {
    if (file === undefined || (await vscode.workspace.fs.stat(file)).size > MOST_BYTES) return undefined;
    return { path, text: new TextDecoder().decode(await vscode.workspace.fs.readFile(file)) };
  } catch {
    return undefined; // Deleted meanwhile, or not for us to read: it tells nothing.
  }
}
