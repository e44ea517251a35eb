// Part of npm start, not of the extension: opens its walkthrough, once in a folder. The extension itself opens nothing unasked.
const vscode = require('vscode');

exports.activate = async ({ workspaceState }) => {
  if (workspaceState.get('opened')) return;
  await vscode.commands.executeCommand(
    'workbench.action.openWalkthrough',
    'kubeflow-irsa.kubeflow-irsa#firstProfile',
    false,
  );
  await workspaceState.update('opened', true);
};
