import * as vscode from 'vscode';

/** Called by VS Code when the view is opened or a command is run. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Kubeflow IRSA', { log: true });
  context.subscriptions.push(
    log,
    vscode.commands.registerCommand('kubeflowIrsa.showLog', () => log.show()),
    vscode.window.registerTreeDataProvider('kubeflowIrsa.clusters', {
      getChildren: (): string[] => [],
      getTreeItem: (label: string) => new vscode.TreeItem(label),
    }),
  );
}
