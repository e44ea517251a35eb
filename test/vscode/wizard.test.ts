import assert from 'node:assert/strict';
import { suite, test } from 'mocha';
import * as vscode from 'vscode';
import { commandId, DOCUMENT_LANGUAGE } from '../../src/ids.ts';
import { createDocuments, documentUri } from '../../src/wizard/documents.ts';

suite('Commands and documents', () => {
  test('a document is read-only text of our language, with its actions, and tells when it is closed', async () => {
    const documents = createDocuments();
    try {
      const uri = documentUri('Plan: a/b on test', 'us-west-2');
      const text = '# Plan\n\n[a link](command:workbench.action.quit)\n';
      await documents.show(uri, text, [{ title: 'Apply', command: commandId('applyPlan'), args: [uri] }]);
      const shown = vscode.window.activeTextEditor?.document;
      assert.equal(shown?.uri.toString(), uri.toString());
      assert.equal(shown.languageId, DOCUMENT_LANGUAGE);
      assert.equal(shown.getText(), text);
      assert.equal(uri.path, '/Plan: a-b on test');

      await vscode.commands.executeCommand('type', { text: 'x' });
      assert.equal(shown.getText(), text);

      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri);
      assert.deepEqual(
        lenses.map(({ command }) => command?.title),
        ['Apply'],
      );
      // Text from a cluster or from AWS never becomes a command.
      const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>('vscode.executeLinkProvider', uri);
      assert.deepEqual(links, []);

      const closed = new Promise<vscode.Uri>((resolve) => documents.onDidClose(resolve));
      await documents.close(uri);
      assert.equal((await closed).toString(), uri.toString());
    } finally {
      documents.dispose();
    }
  });

  test('a document never shows a secret that an error carried', async () => {
    const documents = createDocuments();
    try {
      const uri = documentUri('Result', 'us-west-2');
      await documents.show(uri, 'refused: Bearer abcdefghijklmnop', []);
      assert.equal(vscode.window.activeTextEditor?.document.getText(), 'refused: Bearer ***');
      await documents.close(uri);
    } finally {
      documents.dispose();
    }
  });

  test('dismissing the wizard is no error, and nothing is left open', async () => {
    const command = vscode.commands.executeCommand(commandId('createProfile'));
    // The prompt opens a moment after the command starts: dismissed until the command is done.
    let done = false;
    void command.then(() => (done = true));
    while (!done) {
      await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.equal(await command, undefined);
    assert.deepEqual(
      vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).map(({ label }) => label),
      [],
    );
  });
});
