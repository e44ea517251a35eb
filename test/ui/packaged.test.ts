// The artefact that ships, installed as a user installs it: no development folder, no test runner in the extension host.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { eventually, withWorkbench } from './harness.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-folder-'));
  await writeFile(path.join(folder, 'notes.yaml'), 'kind: List\n');
});
after(() => rm(folder, { recursive: true }));

for (const version of ['newest', 'floor'] as const) {
  test(`the packaged extension runs a command in VS Code (${version})`, async () => {
    await withWorkbench(`packaged-${version}`, { folder, version, whole: true }, async (workbench) => {
      await workbench.tree.open();
      await workbench.runCommand('Kubeflow: Show Kubeflow IRSA Log');
      await eventually(workbench.outputChannel, 'Kubeflow IRSA');
      await workbench.openFile('notes.yaml');
      assert.equal(await workbench.editor.text(), 'kind: List\n');
      assert.deepEqual(await workbench.notification.all(), []);
      await workbench.screenshot(`packaged-${version}`);
    });
  });
}
