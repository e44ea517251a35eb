// Lint in the extension host: what other extensions and the workbench get from us, without looking at the screen.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { suite, suiteSetup, suiteTeardown, teardown, test } from 'mocha';
import * as vscode from 'vscode';
import { profileFile } from '../fixtures/profile.ts';
import { actions, apply, closeAll, diagnostics, idOf, type, until, untitled } from './documents.ts';

const QUOTED = profileFile('team-a', { role: 'team-role' });

suite('Lint in the editor', () => {
  let folder = '';
  const fileIn = (name: string, text: string): vscode.Uri => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return vscode.Uri.file(file);
  };
  suiteSetup(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'kubeflow-irsa-vscode-'))));
  suiteTeardown(() => rmSync(folder, { recursive: true }));
  teardown(async () => {
    await vscode.workspace.getConfiguration('kubeflowIrsa.lint').update('severities', undefined, true);
    await vscode.workspace.getConfiguration('kubeflowIrsa.lint').update('enabled', undefined, true);
    await closeAll();
  });

  test('scripts and templates are read by their names, and mended', async () => {
    const script = await vscode.workspace.openTextDocument(
      fileIn('make.sh', `#!/bin/sh\ncat <<EOF | kubectl apply -f -\n${QUOTED}EOF\n`),
    );
    const [found] = await diagnostics(script.uri, ['KP-006']);
    assert.equal(script.getText(found?.range), '"true"');
    const [fix] = await actions(script, found?.range ?? new vscode.Range(0, 0, 0, 0), 'quickfix');
    await apply(fix);
    await diagnostics(script.uri, []);
    const template = await vscode.workspace.openTextDocument(fileIn('profile.yaml.tpl', QUOTED));
    await diagnostics(template.uri, ['KP-006']);
    const notes = await vscode.workspace.openTextDocument(fileIn('notes.txt', QUOTED));
    await diagnostics(notes.uri, []);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    for (const { uri } of [script, template, notes]) await vscode.workspace.fs.delete(uri);
  });

  test('a finding stands on the exact token, and its id leads to its page', async () => {
    const document = await untitled('yaml', QUOTED);
    const [found] = await diagnostics(document.uri, ['KP-006']);
    assert.equal(document.getText(found?.range), '"true"');
    assert.equal(found?.severity, vscode.DiagnosticSeverity.Error);
    const extension = vscode.extensions.getExtension('kubeflow-irsa.kubeflow-irsa');
    const dist = path.join(extension?.extensionPath ?? '', 'dist', path.sep);
    const loaded = Object.keys(createRequire(`${dist}extension.cjs`).cache).filter((file) => file.startsWith(dist));
    const names = loaded.map((file) => path.basename(file));
    assert.ok(names.includes('editor.cjs'), names.join(' '));
    assert.ok(!names.some((name) => /aws|kubernetes/.test(name)), `an SDK was loaded: ${names.join(' ')}`);
    const { target } = found?.code as { target: vscode.Uri };
    assert.equal(target.scheme, 'command');
    await vscode.commands.executeCommand(target.path, ...(JSON.parse(target.query) as string[]));
    await until(() =>
      vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(({ label }) => label.includes('KP-006'))),
    );
  });

  test('typing changes what is found, and a document becomes ours when something of ours is typed', async () => {
    const document = await untitled('yaml', 'kind: List\n');
    await diagnostics(document.uri, []);
    await type(document, 'kind: List\n', QUOTED);
    await diagnostics(document.uri, ['KP-006']);
    await type(document, '"true"', 'true');
    await diagnostics(document.uri, []);
  });

  test('JSON, with and without comments, is linted; other languages are not', async () => {
    const trust = JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/ABCD' },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { 'oidc.eks.us-west-2.amazonaws.com/id/ABCD:aud': 'sts.amazonaws.com' } },
      },
    });
    for (const language of ['json', 'jsonc'] as const)
      await diagnostics((await untitled(language, trust)).uri, ['KP-029']);
    const text = await untitled('txt', QUOTED);
    await diagnostics((await untitled('yaml', QUOTED)).uri, ['KP-006']);
    await diagnostics(text.uri, []);
  });

  test('a quick-fix is preferred and removes its finding', async () => {
    const document = await untitled('yaml', QUOTED);
    const [found] = await diagnostics(document.uri, ['KP-006']);
    assert.ok(found);
    const offered = await actions(document, found.range, vscode.CodeActionKind.QuickFix.value);
    const preferred = offered.filter(({ isPreferred }) => isPreferred);
    assert.equal(preferred.length, 1);
    await apply(preferred[0]);
    assert.equal(document.getText(), QUOTED.replace('"true"', 'true'));
    await diagnostics(document.uri, []);
  });

  test('all of a kind, and all of a file, are fixed at once; twice changes nothing', async () => {
    const many = [QUOTED, QUOTED.replace('team-a', 'team-b').replace('team-role', 'role-b')].join('---\n');
    const wanted = many.replaceAll('"true"', 'true');
    const document = await untitled('yaml', many);
    const [first] = await diagnostics(document.uri, ['KP-006', 'KP-006']);
    assert.ok(first);
    const offered = await actions(document, first.range, 'quickfix');
    for (const title of ['Fix all KP-006 in this file', 'Fix all Kubeflow IRSA problems in this file']) {
      const entries = offered.find((one) => one.title === title)?.edit?.entries() ?? [];
      assert.equal(entries.length, 1, title);
      assert.equal(entries[0]?.[1].length, 2, `${title}: only the lines that differ`);
    }
    const all = await actions(document, new vscode.Range(0, 0, 0, 0), 'source.fixAll');
    assert.deepEqual(
      all.map(({ kind }) => kind?.value),
      ['source.fixAll.kubeflowIrsa'],
    );
    await apply(all[0]);
    assert.equal(document.getText(), wanted);
    await diagnostics(document.uri, []);
    assert.deepEqual(await actions(document, new vscode.Range(0, 0, 0, 0), 'source.fixAll'), []);
  });

  test('a comment silences a finding where it stands', async () => {
    const document = await untitled('yaml', QUOTED);
    const [found] = await diagnostics(document.uri, ['KP-006']);
    assert.ok(found);
    const ignore = (await actions(document, found.range)).find(({ title }) => title.startsWith('Ignore KP-006'));
    await apply(ignore);
    assert.match(document.getText(), /\n {8}# kubeflow-irsa: ignore KP-006 reason\n {8}annotateOnly: "true"\n$/);
    await diagnostics(document.uri, []);
  });

  test('in a block scalar the comment stands above its head, where it is no part of the policy', async () => {
    const role = `apiVersion: iam.services.k8s.aws/v1alpha1
kind: Role
metadata:
  name: team-a
spec:
  name: team-a
  inlinePolicies:
    s3: |
      {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::team-a-artifacts/*"}
      ]}
`;
    const document = await untitled('yaml', role);
    await until(() => vscode.languages.getDiagnostics(document.uri).some((one) => idOf(one) === 'KP-044'));
    const found = vscode.languages.getDiagnostics(document.uri).find((one) => idOf(one) === 'KP-044');
    assert.equal(document.getText(found?.range), '"s3:*"');
    const offered = await actions(document, found?.range ?? new vscode.Range(0, 0, 0, 0));
    await apply(offered.find(({ title }) => title.startsWith('Ignore KP-044')));
    assert.match(document.getText(), /\n {4}# kubeflow-irsa: ignore KP-044 reason\n {4}s3: \|\n/);
    await until(() => !vscode.languages.getDiagnostics(document.uri).some((one) => idOf(one) === 'KP-044'));
  });

  test('severities are the user’s, and lint can be turned off', async () => {
    const document = await untitled('yaml', QUOTED);
    await diagnostics(document.uri, ['KP-006']);
    const settings = vscode.workspace.getConfiguration('kubeflowIrsa.lint');
    await settings.update('severities', { 'KP-006': 'hint', nonsense: 7 }, true);
    await until(() =>
      vscode.languages
        .getDiagnostics(document.uri)
        .some((one) => idOf(one) === 'KP-006' && one.severity === vscode.DiagnosticSeverity.Hint),
    );
    await settings.update('severities', { 'KP-006': 'off' }, true);
    await diagnostics(document.uri, []);
    await settings.update('severities', undefined, true);
    await diagnostics(document.uri, ['KP-006']);
    await settings.update('enabled', false, true);
    await diagnostics(document.uri, []);
  });

  test('files of a folder are judged together, also those that are not open; closing takes findings away', async () => {
    mkdirSync(path.join(folder, 'together'));
    const a = fileIn('together/a.yaml', profileFile('team-a', { annotateOnly: 'true', role: 'team-role' }));
    const b = fileIn('together/b.yaml', profileFile('team-b', { annotateOnly: 'true', role: 'team-role' }));
    // As the Explorer opens it: showTextDocument would keep the document after its tab is closed.
    await vscode.commands.executeCommand('vscode.open', b);
    const [shared] = await diagnostics(b, ['P-SHARED-ROLE']);
    const [related] = shared?.relatedInformation ?? [];
    assert.equal(related?.location.uri.path, a.path);
    assert.equal(related?.location.range.start.line, 11);
    assert.deepEqual(vscode.languages.getDiagnostics(a), []);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await diagnostics(b, []);
  });

  test('hover, completion and the actions above a Profile', async () => {
    const document = await untitled(
      'yaml',
      QUOTED.replace('name: alice', 'name: "`*[x](command:evil)*`"\n    x: alice'),
    );
    await diagnostics(document.uri, ['KP-006']).catch(() => undefined);
    const at = (text: string): vscode.Position => document.positionAt(document.getText().indexOf(text));
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      at('arn:aws').translate(0, 3),
    );
    const texts = hovers.flatMap(({ contents }) => contents as vscode.MarkdownString[]);
    assert.ok(
      texts.some(({ value }) => value.includes('team\\-role') || value.includes('team-role')),
      JSON.stringify(texts),
    );
    assert.ok(texts.every(({ isTrusted }) => !isTrusted));
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      document.uri,
    );
    assert.deepEqual(
      lenses.map(({ command }) => command?.command),
      ['kubeflowIrsa.createProfile', 'kubeflowIrsa.verifyProfile', 'kubeflowIrsa.whatIf'],
    );
    const items = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      at('annotateOnly').translate(0, 'annotateOnly: '.length),
    );
    const labels = items.items.map(({ label }) => label);
    assert.ok(labels.includes('true') && labels.includes('false'), JSON.stringify(labels));
  });
});
