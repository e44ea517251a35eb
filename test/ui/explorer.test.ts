// The tree as a person uses it, in real VS Code on the sandbox.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { withWorkbench } from './harness.ts';

let sandbox: Sandbox;
let folder = '';
before(async () => {
  [sandbox, folder] = await Promise.all([startSandbox(), mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-explorer-'))]);
});
after(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

const SETTINGS = { 'kubeflowIrsa.aws.regions': ['us-west-2', 'eu-central-1'] };
const env = () => sandbox.env;

test('the tree shows clusters, their profiles and what state they are in', async () => {
  await withWorkbench('explorer', { folder, env: env(), settings: SETTINGS }, async ({ tree, screenshot, page }) => {
    await tree.open();
    await tree.row('kubeflow-dev').waitFor();
    await tree.row('analytics').waitFor();
    await tree.expand('kubeflow-dev');
    await tree.row(/team-a/).waitFor();
    await tree.row(/team-b.*problem/s).waitFor();
    await screenshot('explorer-clusters');
    await tree.expand('team-b');
    await tree.row('default-editor').waitFor();
    await tree.expand('legacy');
    await tree.row('cannot be reached').waitFor();
    await tree.expand('analytics');
    await tree.row('No Kubeflow').waitFor();
    await screenshot('explorer-profile');
    console.log((await tree.rows()).join('\n'));
    assert.match(await tree.spoken('team-a'), /^Kubeflow profile team-a, not verified, role team-a-kubeflow-dev-role/);
    void page;
  });
});
