/** The settings files of repositories in the editor: read for the folders of what is linted, kept up as they change, and judged where they are open. */
import ignore, { type Ignore } from 'ignore';
import * as vscode from 'vscode';
import { isSettings, SETTINGS_FILE } from '../core/look.ts';
import { MAX_SETTINGS, readSettings, type Settings } from '../core/settings.ts';

interface Known {
  readonly settings: Settings;
  readonly rules: Ignore;
}

/** What lies in a folder, by its URI; undefined: no settings file. */
const known = new Map<string, Known | undefined>();

/** The folders of a file, the innermost first, up to that of the workspace: what lies outside is nobody's business here. */
function foldersOf(uri: vscode.Uri): readonly vscode.Uri[] {
  const top = vscode.workspace.getWorkspaceFolder(uri)?.uri;
  if (top === undefined) return [];
  const found: vscode.Uri[] = [];
  for (let here = vscode.Uri.joinPath(uri, '..'); here.path.length >= top.path.length;) {
    found.push(here);
    const above = vscode.Uri.joinPath(here, '..');
    if (above.path === here.path) break;
    here = above;
  }
  return found;
}

async function read(folder: vscode.Uri): Promise<void> {
  let its: Known | undefined;
  try {
    const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, SETTINGS_FILE));
    const settings = bytes.length > MAX_SETTINGS ? undefined : readSettings(new TextDecoder().decode(bytes));
    its = settings && { settings, rules: ignore().add([...settings.exclude]) };
  } catch {
    its = undefined;
  }
  known.set(folder.toString(), its);
}

/** Resolves when the settings file of a file is known, if there is one. */
export async function knowRepository(uri: vscode.Uri): Promise<void> {
  await Promise.all(foldersOf(uri).flatMap((folder) => (known.has(folder.toString()) ? [] : [read(folder)])));
}

/** What the settings file of a file says, as far as it is known; `excluded`: the file is left out. */
export function repositorySettings(uri: vscode.Uri): { settings: Settings; excluded: boolean } | undefined {
  for (const folder of foldersOf(uri)) {
    const its = known.get(folder.toString());
    if (its === undefined) continue;
    const relative = uri.path.slice(folder.path.length).replace(/^\//, '');
    return { settings: its.settings, excluded: its.rules.ignores(relative) };
  }
  return undefined;
}

/** @param changed told when what lint finds may be another */
export function watchRepository(changed: () => void): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection('kubeflow-irsa-settings');
  const judge = (document: vscode.TextDocument): void => {
    if (!isSettings(document.uri.path)) return;
    const text = document.getText();
    const { problems } = text.length > MAX_SETTINGS ? { problems: [] } : readSettings(text);
    collection.set(
      document.uri,
      problems.map((one) => {
        const end = Math.max(one.end, one.start + 1);
        const place = new vscode.Range(document.positionAt(one.start), document.positionAt(Math.min(end, text.length)));
        const diagnostic = new vscode.Diagnostic(place, one.message, vscode.DiagnosticSeverity.Error);
        diagnostic.source = 'kubeflow-irsa';
        return diagnostic;
      }),
    );
  };
  const watcher = vscode.workspace.createFileSystemWatcher(`**/${SETTINGS_FILE}`);
  const wrote = async (uri: vscode.Uri): Promise<void> => {
    await read(vscode.Uri.joinPath(uri, '..'));
    changed();
  };
  watcher.onDidCreate(wrote);
  watcher.onDidChange(wrote);
  watcher.onDidDelete(wrote);
  vscode.workspace.textDocuments.forEach(judge);
  return vscode.Disposable.from(
    collection,
    watcher,
    vscode.workspace.onDidOpenTextDocument(judge),
    vscode.workspace.onDidChangeTextDocument(({ document }) => judge(document)),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => collection.delete(uri)),
    { dispose: () => known.clear() },
  );
}
