// Terraform in the extension host, without an extension that knows its language: found, told, mended and silenced as in YAML.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { suite, suiteSetup, suiteTeardown, teardown, test } from 'mocha';
import * as vscode from 'vscode';
import { actions, apply, closeAll, diagnostics, type } from './documents.ts';

const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9';
const trust = (subject: string): string => `resource "aws_iam_role" "team_a" {
  name = "team-a"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = "arn:aws:iam::314159265358:oidc-provider/${ISSUER}" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${ISSUER}:aud" = "sts.amazonaws.com"
          "${ISSUER}:sub" = "${subject}"
        }
      }
    }]
  })
}
`;
const SHORT = trust('team-a:default-editor');
const WILD = trust('system:serviceaccount:team-a:*');

suite('Terraform in the editor', () => {
  let folder = '';
  const opened = (name: string, text: string): Thenable<vscode.TextDocument> => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return vscode.workspace.openTextDocument(vscode.Uri.file(file));
  };
  suiteSetup(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'kubeflow-irsa-vscode-'))));
  suiteTeardown(() => rmSync(folder, { recursive: true }));
  teardown(closeAll);

  test('a mistake is underlined, explained and mended, and comes back as it is typed', async () => {
    const document = await opened('main.tf', SHORT);
    assert.equal(document.languageId, 'plaintext', 'nobody here knows the language');
    const [found] = await diagnostics(document.uri, ['T-SUB-FORM']);
    assert.equal(document.getText(found?.range), '"team-a:default-editor"');
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      document.positionAt(SHORT.indexOf('oidc-provider')),
    );
    const told = hovers.flatMap(({ contents }) => contents as vscode.MarkdownString[]).map(({ value }) => value);
    assert.match(told.join('\n'), /OIDC provider/);
    const offered = await actions(document, found?.range ?? new vscode.Range(0, 0, 0, 0), 'quickfix');
    await apply(offered.find(({ isPreferred }) => isPreferred));
    assert.equal(document.getText(), trust('system:serviceaccount:team-a:default-editor'));
    await diagnostics(document.uri, []);
    await type(document, 'system:serviceaccount:team-a', 'team-a');
    await diagnostics(document.uri, ['T-SUB-FORM']);
    const all = await actions(document, new vscode.Range(0, 0, 0, 0), 'source.fixAll');
    await apply(all[0]);
    assert.equal(document.getText(), trust('system:serviceaccount:team-a:default-editor'));
    await diagnostics(document.uri, []);
  });

  test('a comment silences a finding, also in a file of OpenTofu', async () => {
    const document = await opened('silent.tofu', WILD);
    const [found] = await diagnostics(document.uri, ['KP-031']);
    const offered = await actions(document, found?.range ?? new vscode.Range(0, 0, 0, 0));
    await apply(offered.find(({ title }) => title.startsWith('Ignore KP-031')));
    assert.match(document.getText(), /\n +# kubeflow-irsa: ignore KP-031 reason\n/);
    await diagnostics(document.uri, []);
  });

  test('what another file of the folder says counts, open or not, and as it changes on disk', async () => {
    const variable = (value: string): string => `variable "namespace" {\n  default = "${value}"\n}\n`;
    writeFileSync(path.join(folder, 'variables.tf'), variable('team-*'));
    const document = await opened('role.tf', trust('system:serviceaccount:${var.namespace}:default-editor'));
    await diagnostics(document.uri, ['KP-031']);
    writeFileSync(path.join(folder, 'variables.tf'), variable('team-a'));
    await diagnostics(document.uri, []);
  });

  test('a half-typed file breaks nothing', async () => {
    const document = await opened('half.tf', WILD);
    await diagnostics(document.uri, ['KP-031']);
    await type(document, 'Condition = {', 'Condition = {{ "${');
    await type(document, 'Condition = {{ "${', 'Condition = {');
    await diagnostics(document.uri, ['KP-031']);
  });
});
