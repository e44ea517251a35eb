// What we give the Kubernetes extension, and that we leave it alone until it runs. test/neighbour stands in for it.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { suite, suiteTeardown, test } from 'mocha';
import * as vscode from 'vscode';

interface Row {
  readonly kind: string;
  readonly label?: string;
}
interface Answer {
  readonly code: number;
  readonly stderr: string;
}
/** What test/neighbour/extension.cjs was given. */
interface Seen {
  readonly clouds: readonly {
    readonly cloudName: string;
    readonly treeDataProvider: {
      getChildren(row?: Row): Promise<Row[]>;
      getTreeItem(row: Row): Promise<vscode.TreeItem>;
    };
    getKubeconfigYaml(row: unknown): Promise<string | undefined>;
  }[];
  readonly folders: readonly {
    readonly kind: readonly string[];
    readonly folder: unknown;
    condition(): Promise<boolean>;
  }[];
  readonly refreshed: { readonly clouds: number; readonly clusters: number };
  kubectl: (command: string) => Promise<Answer | undefined>;
}

const neighbour = (): vscode.Extension<{ seen: Seen }> | undefined =>
  vscode.extensions.getExtension('ms-kubernetes-tools.vscode-kubernetes-tools');

/** Whether the chunk that joins the neighbour is loaded. */
function isJoined(): boolean {
  const us = vscode.extensions.getExtension('kubeflow-irsa.kubeflow-irsa')?.extensionPath ?? '';
  const dist = path.join(us, 'dist', path.sep);
  return path.join(dist, 'neighbour.cjs') in createRequire(`${dist}extension.cjs`).cache;
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds();) {
    assert.ok(Date.now() < end, `It never came to ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

suite('The Kubernetes extension beside us', () => {
  const regions = (value: readonly string[] | undefined): Thenable<void> =>
    vscode.workspace.getConfiguration('kubeflowIrsa').update('aws.regions', value, true);
  suiteTeardown(() => regions(undefined));
  /** A second try of the first test finds it running. */
  let startedHere = false;

  test('is not started by us, and nothing is loaded for it before it runs', async () => {
    await vscode.extensions.getExtension('kubeflow-irsa.kubeflow-irsa')?.activate();
    assert.ok(neighbour(), 'test/neighbour is not installed');
    if (!startedHere) {
      // More than once is looked whether it runs.
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      assert.equal(neighbour()?.isActive, false);
      assert.equal(isJoined(), false);
    }
    startedHere = true;
    await neighbour()?.activate();
    await until(isJoined);
  });

  test('gets one entry for its Clouds view and one folder of profiles', async () => {
    const { seen } = (await neighbour()?.activate()) ?? assert.fail();
    await until(() => seen.clouds.length > 0 && seen.folders.length > 0);
    assert.deepEqual(
      seen.clouds.map(({ cloudName }) => cloudName),
      ['Amazon EKS'],
    );
    assert.deepEqual(
      seen.folders.map(({ kind, folder }) => [...kind, folder]),
      [['Profile', 'Profiles', 'Profile', 'profiles.kubeflow.org', undefined]],
    );
    assert.ok(seen.refreshed.clusters > 0, 'a cluster that is open already does not show the folder');
  });

  test('shows the folder unless the cluster says that it has no Profiles', async () => {
    const { seen } = (await neighbour()?.activate()) ?? assert.fail();
    const [folder] = seen.folders;
    const shown = async (answer: () => Promise<Answer | undefined>): Promise<boolean | undefined> => {
      seen.kubectl = answer;
      return folder?.condition();
    };
    const missing = 'Error from server (NotFound): the server could not find the requested resource';
    assert.equal(await shown(async () => ({ code: 0, stderr: '' })), true);
    assert.equal(await shown(async () => ({ code: 1, stderr: missing })), false);
    assert.equal(await shown(async () => ({ code: 1, stderr: 'dial tcp: i/o timeout' })), true);
    assert.equal(await shown(async () => undefined), true);
    assert.equal(await shown(() => Promise.reject(new Error('no kubectl'))), true);
  });

  test('gets a row that says why there are no clusters, and asks again when the settings change', async () => {
    const { seen } = (await neighbour()?.activate()) ?? assert.fail();
    const [cloud] = seen.clouds;
    assert.ok(cloud);
    const items = async (): Promise<vscode.TreeItem[]> => {
      const rows = await cloud.treeDataProvider.getChildren();
      return Promise.all(rows.map((row) => cloud.treeDataProvider.getTreeItem(row)));
    };
    const [none] = await items();
    assert.equal(none?.label, 'No region is chosen');
    assert.equal(none.command?.command, 'kubeflowIrsa.selectRegions');

    const before = seen.refreshed.clouds;
    await regions(['us-west-2', 'eu-central-1']);
    await until(() => seen.refreshed.clouds > before);
    const failed = await items();
    // Without credentials no region can be asked: that is said once, and a click signs in.
    assert.deepEqual(
      failed.map(({ label }) => label),
      ['us-west-2'],
    );
    for (const { id, description, contextValue, command } of failed) {
      assert.match(id ?? '', /^kubeflow-irsa\//);
      assert.match(String(description), /^cannot be listed: no AWS credentials/);
      assert.doesNotMatch(contextValue ?? '', /providesKubeconfig/);
      assert.equal(command?.command, 'kubeflowIrsa.signIn');
    }
    const cluster = { kind: 'cluster', region: 'us-west-2', cluster: 'a', id: 'a' };
    assert.equal(await cloud.getKubeconfigYaml(cluster), undefined);
  });
});
