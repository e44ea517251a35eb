// Stands in for the Kubernetes extension: the part of its API that src/explorer/neighbour.ts uses, and the two views that show
// what it was given. Runs in Restricted Mode too, where the real one does not: what we do there is then ours alone.
const vscode = require('vscode');

const row = (label) => new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Collapsed);

exports.activate = () => {
  /** What other extensions registered, and the answer of kubectl: tests read the one and set the other. */
  const seen = {
    clouds: [],
    folders: [],
    refreshed: { clouds: 0, clusters: 0 },
    kubectl: async () => ({ code: 0, stderr: '' }),
  };
  const changed = new vscode.EventEmitter();

  vscode.window.registerTreeDataProvider('kubernetes.cloudExplorer', {
    onDidChangeTreeData: changed.event,
    getTreeItem: ({ cloud, node }) => (node ? cloud.treeDataProvider.getTreeItem(node) : row(cloud.cloudName)),
    getChildren: async (parent) => {
      if (!parent) return seen.clouds.map((cloud) => ({ cloud }));
      const { cloud, node: of } = parent;
      return (await cloud.treeDataProvider.getChildren(of)).map((node) => ({ cloud, node }));
    },
  });
  vscode.window.registerTreeDataProvider('extension.vsKubernetesExplorer', {
    onDidChangeTreeData: changed.event,
    getTreeItem: row,
    getChildren: async (parent) => {
      if (parent) return [];
      const shown = await Promise.all(seen.folders.map(({ condition }) => condition()));
      return seen.folders.filter((_, index) => shown[index]).map(({ kind }) => kind[1]);
    },
  });
  vscode.commands.registerCommand('kubernetes.cloudExplorer.saveKubeconfig', async ({ cloud, node }) => {
    const content = await cloud.getKubeconfigYaml(node);
    if (content) await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content }));
  });

  const refresh = (view) => () => {
    seen.refreshed[view] += 1;
    changed.fire();
  };
  const components = {
    cloudexplorer: {
      registerCloudProvider: (cloud) => {
        seen.clouds.push(cloud);
        changed.fire();
      },
      refresh: refresh('clouds'),
    },
    clusterexplorer: {
      nodeSources: {
        resourceFolder: (...kind) => ({
          if: (condition) => ({ at: (folder) => ({ kind, condition, folder }) }),
        }),
      },
      registerNodeContributor: (contributor) => seen.folders.push(contributor),
      refresh: refresh('clusters'),
    },
    kubectl: { invokeCommand: (command) => seen.kubectl(command) },
  };
  return {
    seen,
    get: (component, version) =>
      version === 'v1' && component in components
        ? { available: true, api: components[component] }
        : { available: false, reason: 'version-unknown' },
  };
};
