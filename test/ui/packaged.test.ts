// The artefact that ships, installed as a user installs it: no development folder, no test runner in the extension host.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Version } from '../../scripts/vscode.ts';
import { eventually, withWorkbench, type WorkbenchOptions } from './harness.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-folder-'));
  await writeFile(path.join(folder, 'notes.yaml'), 'kind: List\n');
  await mkdir(path.join(folder, '.vscode'));
  // Without a region it would be asked for first.
  const settings = JSON.stringify({ 'kubeflowIrsa.aws.regions': ['us-west-2'] });
  await writeFile(path.join(folder, '.vscode', 'settings.json'), settings);
});
after(() => rm(folder, { recursive: true }));

const packaged = (version: Version): WorkbenchOptions => ({ folder, version, whole: true });

const runs = (version: Version): Promise<void> =>
  test(`the packaged extension runs a command in VS Code (${version})`, async () => {
    await withWorkbench(`packaged-${version}`, packaged(version), async (workbench) => {
      await workbench.tree.open();
      await workbench.runCommand('Kubeflow: Show Kubeflow IRSA Log');
      await eventually(workbench.outputChannel, 'Kubeflow IRSA');
      await workbench.openFile('notes.yaml');
      assert.equal(await workbench.editor.text(), 'kind: List\n');
      assert.deepEqual(await workbench.notification.all(), []);
      await workbench.screenshot(`packaged-${version}`);
    });
  });

void runs('newest');

// In the window of the newest, which is not opened for this alone.
test('without credentials the first question says what to do', async () => {
  await withWorkbench('no-credentials', packaged('newest'), async (workbench) => {
    const { runCommand, quickInput } = workbench;
    await runCommand('Kubeflow: Create IRSA Profile…');
    await quickInput.row('no AWS credentials were found').waitFor();
    await quickInput.row('Select AWS Profiles…').waitFor();
    await workbench.screenshot('wizard-no-credentials');
    assert.match((await quickInput.rows()).join('\n'), /no AWS credentials were found\.\W+Sign in/);
    await quickInput.cancel();
  });
});

void runs('floor');
