// The settings file of a repository in the extension host: it counts as it is saved, in its folder of the workspace and below.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setup, suite, suiteSetup, teardown, test } from 'mocha';
import * as vscode from 'vscode';
import { profileFile } from '../fixtures/profile.ts';
import { actions, apply, closeAll, diagnostics, idOf, type, until } from './documents.ts';

const NAME = '.kubeflow-irsa.yaml';
const QUOTED = profileFile('team-a', { role: 'team-role' });

/** The quick-fix with this title, once what was written to disk has come to the editor. */
async function offered(document: vscode.TextDocument, title: string): Promise<vscode.CodeAction | undefined> {
  const whole = new vscode.Range(0, 0, document.lineCount, 0);
  for (const end = Date.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const all = await actions(document, whole, 'quickfix');
    const found = all.find((one) => one.title === title);
    if (found !== undefined || Date.now() > end) return found;
  }
}

suite('The settings file in the editor', () => {
  let one = '';
  let two = '';
  /** Of the folders, a folder below each that a test may fill. */
  const inside = 'repository';
  const write = (folder: string, file: string, text: string): vscode.Uri => {
    const at = path.join(folder, inside, file);
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, text);
    return vscode.Uri.file(at);
  };
  const open = (uri: vscode.Uri): Thenable<vscode.TextDocument> => vscode.workspace.openTextDocument(uri);
  const say = (folder: string, text: string): void => writeFileSync(path.join(folder, NAME), text);
  const severity = (uri: vscode.Uri): vscode.DiagnosticSeverity | undefined =>
    vscode.languages.getDiagnostics(uri).find((each) => idOf(each) === 'KP-006')?.severity;

  suiteSetup(() => {
    [one = '', two = ''] = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    assert.ok(one !== '' && two !== '', 'the workspace has two folders');
  });
  setup(() => [one, two].forEach((folder) => mkdirSync(path.join(folder, inside), { recursive: true })));
  teardown(async () => {
    await closeAll();
    for (const folder of [one, two]) {
      rmSync(path.join(folder, inside), { recursive: true, force: true });
      rmSync(path.join(folder, NAME), { force: true });
    }
  });

  test('rules count as the file comes, changes and goes, and in no other folder', async () => {
    const [here, there] = [write(one, 'profile.yaml', QUOTED), write(two, 'profile.yaml', QUOTED)];
    await open(here);
    await open(there);
    await diagnostics(here, ['KP-006']);
    await diagnostics(there, ['KP-006']);
    say(one, 'rules:\n  KP-006: off\n');
    await diagnostics(here, []);
    say(one, 'rules:\n  KP-006: hint\n');
    await until(() => severity(here) === vscode.DiagnosticSeverity.Hint);
    assert.equal(severity(there), vscode.DiagnosticSeverity.Error);
    // The nearest counts, and it alone.
    write(one, NAME, 'rules: {}\n');
    await until(() => severity(here) === vscode.DiagnosticSeverity.Error);
    rmSync(path.join(one, inside, NAME));
    await until(() => severity(here) === vscode.DiagnosticSeverity.Hint);
    rmSync(path.join(one, NAME));
    await until(() => severity(here) === vscode.DiagnosticSeverity.Error);
  });

  test('a file is there before the first document is opened', async () => {
    say(two, `exclude:\n  - ${inside}/left-out.yaml\n`);
    const [kept, leftOut] = [write(two, 'kept.yaml', QUOTED), write(two, 'left-out.yaml', QUOTED)];
    await open(leftOut);
    await open(kept);
    await diagnostics(kept, ['KP-006']);
    await diagnostics(leftOut, []);
  });

  test('what is excluded is told no more, and its neighbour is judged anew', async () => {
    const [kept, leftOut] = [write(one, 'kept.yaml', QUOTED), write(one, 'left-out.yaml', QUOTED)];
    for (const each of [kept, leftOut]) await open(each);
    for (const each of [kept, leftOut]) await diagnostics(each, ['KP-006']);
    say(one, `exclude:\n  - left-out.yaml\nrules:\n  KP-006: hint\n`);
    await diagnostics(leftOut, []);
    await until(() => severity(kept) === vscode.DiagnosticSeverity.Hint);
    say(one, `exclude:\n  - left-out.yaml\nrules:\n  KP-006: warning\n`);
    await until(() => severity(kept) === vscode.DiagnosticSeverity.Warning);
    await diagnostics(leftOut, []);
    say(one, '');
    await diagnostics(leftOut, ['KP-006']);
  });

  test('variables and roles are used by fixes', async () => {
    const role = 'arn:aws:iam::111122223333:role/team-a';
    say(two, `variables:\n  S3_BUCKET: team-a-artifacts\nroles:\n  team-a: ${role}\n`);
    const document = await open(write(two, 'no-plugin.yaml', QUOTED.replace(/ {2}plugins:[^]*$/, '')));
    await apply(await offered(document, `Add the IRSA plugin: use ${role}`));
    assert.match(document.getText(), new RegExp(`awsIamRole: ${role}\n`));
    const policy = await open(
      write(
        two,
        'policy.json',
        JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::${S3_BUCKET}/*'] }],
        }),
      ),
    );
    await apply(await offered(policy, 'Write team-a-artifacts'));
    assert.match(policy.getText(), /arn:aws:s3:::team-a-artifacts/);
  });

  test('a wrong key is underlined at its place as it is typed, and what is right holds', async () => {
    say(one, 'rulez:\n  KP-006: off\n');
    const uri = vscode.Uri.file(path.join(one, NAME));
    const document = await open(uri);
    const told = (): (readonly [string, string])[] =>
      vscode.languages.getDiagnostics(uri).map(({ range, message }) => [document.getText(range), message] as const);
    await until(() => told().length === 1);
    assert.equal(told()[0]?.[0], 'rulez');
    assert.match(told()[0]?.[1] ?? '', /There is no section "rulez".*rules/);
    await type(document, 'rulez', 'rules');
    await until(() => told().length === 0);
    await type(document, 'off', 'of');
    await until(() => told().length === 1);
    assert.equal(told()[0]?.[0], 'of');
    const profile = write(one, 'profile.yaml', QUOTED);
    await open(profile);
    await diagnostics(profile, ['KP-006']);
    await type(document, 'of', 'off');
    assert.ok(await document.save());
    await diagnostics(profile, []);
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  });
});
