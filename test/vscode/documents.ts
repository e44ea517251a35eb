// What the tests of the editor do with documents, and what they wait for.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';

export const idOf = ({ code }: vscode.Diagnostic): unknown => (typeof code === 'object' ? code.value : code);
const ids = (diagnostics: readonly vscode.Diagnostic[]): unknown[] => diagnostics.map(idOf).sort();

/** The diagnostics of a document when they are as wanted. */
export async function diagnostics(uri: vscode.Uri, wanted: readonly string[]): Promise<vscode.Diagnostic[]> {
  const found = (): vscode.Diagnostic[] =>
    vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'kubeflow-irsa');
  const isWanted = (): boolean => JSON.stringify(ids(found())) === JSON.stringify([...wanted].sort());
  if (!isWanted()) {
    let listener: vscode.Disposable | undefined;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      listener = vscode.languages.onDidChangeDiagnostics(() => {
        if (isWanted()) resolve();
      });
      timer = setTimeout(resolve, 20_000);
    });
    listener?.dispose();
    clearTimeout(timer);
  }
  assert.deepEqual(ids(found()), [...wanted].sort());
  return found();
}

/** Waits until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds();) {
    assert.ok(Date.now() < end, `It never came to ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Untitled documents so far: each has a name of its own. VS Code's own would come again, and with it, at times, what the last one held. */
let made = 0;
export async function untitled(
  language: 'yaml' | 'json' | 'jsonc' | 'txt',
  content: string,
): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(`untitled:new-${(made += 1)}.${language}`));
  const edit = new vscode.WorkspaceEdit();
  edit.insert(document.uri, new vscode.Position(0, 0), content);
  assert.ok(await vscode.workspace.applyEdit(edit));
  assert.equal(document.getText(), content);
  return document;
}

export async function type(document: vscode.TextDocument, from: string, to: string): Promise<void> {
  const at = document.getText().indexOf(from);
  assert.ok(at >= 0, `${from} is not in the document`);
  const edit = new vscode.WorkspaceEdit();
  const range = new vscode.Range(document.positionAt(at), document.positionAt(at + from.length));
  edit.replace(document.uri, range, to);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

export const actions = (document: vscode.TextDocument, range: vscode.Range, kind?: string, resolve = 20) =>
  vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    range,
    kind,
    resolve,
  );

export async function apply(action: vscode.CodeAction | undefined): Promise<void> {
  assert.ok(action?.edit, 'the action has no edit');
  assert.ok(await vscode.workspace.applyEdit(action.edit));
}

/** Closes what is open, and saves nothing. */
export async function closeAll(): Promise<void> {
  for (const document of vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty)) {
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  }
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}
