/** Notices when the files change that credentials and clusters are read from. */
import { homedir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';

/** A sign-in writes several files. Milliseconds. */
const SETTLE = 500;

/**
 * The files: the shared AWS files (AWS SDKs reference, "Location of the shared files"), the tokens of IAM Identity Center, and
 * the kubeconfig (`chosen`, else `KUBECONFIG`, else the default).
 */
function credentialFiles(
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
  chosen: string | undefined,
): string[] {
  const kubeconfigs = chosen || environment['KUBECONFIG'] || path.join(home, '.kube', 'config');
  return [
    environment['AWS_CONFIG_FILE'] || path.join(home, '.aws', 'config'),
    environment['AWS_SHARED_CREDENTIALS_FILE'] || path.join(home, '.aws', 'credentials'),
    path.join(home, '.aws', 'sso', 'cache', '*.json'),
    ...(chosen ? [kubeconfigs] : kubeconfigs.split(path.delimiter).filter((file) => file !== '')),
  ];
}

/** Calls `changed` after one of the files was written, made or removed. */
export function watchCredentialFiles(chosen: string | undefined, changed: () => void): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLE);
  };
  const watchers = credentialFiles(process.env, homedir(), chosen).map((file) => {
    const pattern = new vscode.RelativePattern(vscode.Uri.file(path.dirname(file)), path.basename(file));
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    watcher.onDidChange(soon);
    watcher.onDidCreate(soon);
    watcher.onDidDelete(soon);
    return watcher;
  });
  return vscode.Disposable.from(...watchers, { dispose: () => clearTimeout(timer) });
}
