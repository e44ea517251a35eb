import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { suite, test } from 'mocha';
import * as vscode from 'vscode';

const id = 'kubeflow-irsa.kubeflow-irsa';

suite('Activation', () => {
  test('showing the log activates the extension from its own bundle', async () => {
    const extension = vscode.extensions.getExtension(id);
    assert.ok(extension, `${id} is not installed`);
    assert.equal(extension.isActive, false, 'nothing may start the extension early');
    await vscode.commands.executeCommand('kubeflowIrsa.showLog');
    assert.equal(extension.isActive, true);
    const { main } = extension.packageJSON as { main: string };
    const bundle = vscode.Uri.joinPath(extension.extensionUri, main).fsPath;
    assert.ok(bundle in createRequire(bundle).cache, `${bundle} is not what was loaded`);
  });

  test('every command that package.json contributes is registered', async () => {
    const extension = vscode.extensions.getExtension(id);
    await extension?.activate();
    const registered = await vscode.commands.getCommands(true);
    const { contributes } = extension?.packageJSON as { contributes: { commands: { command: string }[] } };
    const missing = contributes.commands
      .map(({ command }) => command)
      .filter((command) => !registered.includes(command));
    assert.deepEqual(missing, []);
    assert.ok(contributes.commands.length > 0);
  });
});
