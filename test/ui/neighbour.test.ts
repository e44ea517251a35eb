// Our clusters in the views of the Kubernetes extension, seen and used, on the sandbox. test/neighbour stands in for it.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { root } from '../../scripts/processes.ts';
import { eventually, withWorkbench, type Workbench } from './harness.ts';

let sandbox: Sandbox;
let folder = '';
before(async () => {
  [sandbox, folder] = await Promise.all([startSandbox(), mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-neighbour-'))]);
});
after(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

const options = () => ({
  folder,
  env: sandbox.env,
  restricted: true,
  beside: path.join(root, 'test', 'neighbour'),
  settings: { 'kubeflowIrsa.aws.regions': ['us-west-2', 'eu-central-1'] },
});
/** Shows the views of the Kubernetes extension. */
const open = ({ showView }: Workbench): Promise<void> => showView('Kubernetes');

test('in Restricted Mode nothing of ours is in its views; when the folder is trusted it is', async () => {
  await withWorkbench('neighbour-restricted', options(), async (workbench) => {
    const { tree } = workbench;
    const calls = async (): Promise<string> => (await fetch(sandbox.callsUrl)).text();
    const before = await calls();
    await open(workbench);
    await workbench.page.locator('.sidebar').getByText('Clouds').waitFor();
    // Right after the extension's start VS Code may not know the channel yet, and then shows nothing.
    await workbench.pressFor(
      () => workbench.runCommand('Kubeflow: Show Kubeflow IRSA Log'),
      workbench.panel.getByRole('tab', { name: /^Output/ }),
    );
    await eventually(workbench.outputChannel, 'Kubeflow IRSA');
    assert.deepEqual(await tree.rows(), []);
    assert.equal(await calls(), before);
    await workbench.trustFolder();
    await tree.expand('Amazon EKS');
    await tree.row('kubeflow-dev').waitFor();
  });
});

test('the Clouds view lists our clusters and gives a kubeconfig; the active cluster has a folder of profiles', async () => {
  await withWorkbench('neighbour', options(), async (workbench) => {
    const { tree, editor, notification } = workbench;
    // The window of the test before it, as a rule.
    await workbench.trustFolder();
    await open(workbench);
    await tree.row('Profiles').waitFor();
    await tree.expand('Amazon EKS');
    await tree.row('kubeflow-dev').waitFor();
    await workbench.screenshot('neighbour');
    assert.deepEqual((await tree.rows()).slice(-3), [
      'kubeflow-dev us-west-2',
      'legacy us-west-2',
      'analytics eu-central-1',
    ]);
    assert.equal(await tree.spoken('kubeflow-dev'), 'EKS cluster kubeflow-dev, us-west-2');
    await tree.menu('kubeflow-dev', 'Save Kubeconfig');
    await editor.waitFor(/apiVersion/);
    const { kubeflowDev } = sandbox.clusters;
    const { clusters, users } = parse(await editor.text()) as {
      clusters: [{ cluster: { server: string } }];
      users: [{ user: { exec: { command: string; args: string[] } } }];
    };
    assert.equal(clusters[0].cluster.server, kubeflowDev.endpoint);
    assert.deepEqual(users[0].user.exec.args.slice(0, 6), [
      '--region',
      'us-west-2',
      'eks',
      'get-token',
      '--cluster-name',
      'kubeflow-dev',
    ]);
    assert.deepEqual(await notification.all(), []);
  });
});
