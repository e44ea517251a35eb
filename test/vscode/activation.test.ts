import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { suite, test } from 'mocha';
import * as vscode from 'vscode';

const id = 'kubeflow-irsa.kubeflow-irsa';

suite('Activation', () => {
  test('starting loads the entry of the built bundle and no more', async () => {
    const extension = vscode.extensions.getExtension(id);
    assert.ok(extension, `${id} is not installed`);
    await extension.activate();
    const { main } = extension.packageJSON as { main: string };
    const entry = vscode.Uri.joinPath(extension.extensionUri, main).fsPath;
    const loaded = Object.keys(createRequire(entry).cache).filter((file) => file.startsWith(path.dirname(entry)));
    assert.deepEqual(loaded, [entry]);
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
