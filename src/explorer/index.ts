/** The view of EKS clusters. Only this file is loaded at the start; the tree comes when the view is first seen. */
import * as vscode from 'vscode';
import type { Host } from '../host.ts';
import { CLUSTERS_VIEW, MANIFEST_SCHEME } from '../ids.ts';
import { lazy } from '../lazy.ts';
import type { Live } from '../live.ts';
import type { Plans } from '../wizard/plans.ts';
import type { ManifestFiles } from './manifest.ts';
import type { TreeNode } from './nodes.ts';
import type { Show } from './show.ts';
import type { EstateTree } from './tree.ts';

export interface Explorer {
  /** Applies an edited manifest; that of the active editor unless given. */
  readonly applyManifest: (plans: Plans, uri?: vscode.Uri) => Promise<void>;
  readonly retry: (node: TreeNode) => Promise<void>;
  readonly setShow: (change: Partial<Show>) => Promise<void>;
  readonly askFilter: () => Promise<void>;
  /** What the tree has read; undefined before it was seen, and in Restricted Mode. */
  readonly live: () => Live | undefined;
  /** Rows changed: the tree may hold something else. */
  readonly onDidRead: vscode.Event<unknown>;
}

/** Registers the view. Reads nothing before it is seen. */
export function registerExplorer(host: Host): Explorer {
  const { attempt, changed, context, connections, tried } = host;
  const changes = new vscode.EventEmitter<TreeNode[] | undefined>();
  let live: Live | undefined;
  const tree = lazy(async (): Promise<EstateTree> => {
    const { openTree } = await import(/* webpackChunkName: "explorer" */ './open.ts');
    const opened = openTree(host, view, changes, await connections.facts());
    live = opened.live;
    return opened.tree;
  });
  const view: vscode.TreeView<TreeNode> = vscode.window.createTreeView(CLUSTERS_VIEW, {
    showCollapseAll: true,
    // For what is about several rows, such as an export; other commands are about the row that was pressed.
    canSelectMany: true,
    treeDataProvider: {
      onDidChangeTreeData: changes.event,
      getChildren: async (node) => (vscode.workspace.isTrusted ? (await tree()).getChildren(node) : []),
      getTreeItem: async (node) => (await tree()).getTreeItem(node),
      getParent: (node) => node.parent,
      resolveTreeItem: async (item, node) => (await tree()).resolveTreeItem(item, node),
    },
  });
  /** What happens to a tree that is there, or comes; an error is shown and logged. */
  const whenLoaded = (action: (made: EstateTree) => unknown): void => {
    const made = tree.made();
    if (made !== undefined) void attempt('tree', async () => action(await made));
  };
  context.subscriptions.push(
    changes,
    view,
    view.onDidChangeVisibility(() => whenLoaded((made) => made.visibilityChanged())),
    view.onDidExpandElement(({ element }) => whenLoaded((made) => made.setExpanded(element, true))),
    view.onDidCollapseElement(({ element }) => whenLoaded((made) => made.setExpanded(element, false))),
    changed.event((what) => whenLoaded((made) => made.reread(what, what.refs))),
    tried.event((what) => attempt('tree', async () => (await tree()).tried(what))),
    connections.onDidChange(() =>
      tree.made() === undefined ? changes.fire(undefined) : whenLoaded((made) => made.reload()),
    ),
  );
  const manifests = registerManifests(host);
  awaitNeighbour(host);
  return {
    applyManifest: async (plans, uri) => {
      const target = uri ?? vscode.window.activeTextEditor?.document.uri;
      if (target?.scheme === MANIFEST_SCHEME) await (await manifests()).apply(target, plans);
    },
    retry: async (node) => (await tree()).retry(node),
    setShow: async (change) => (await tree()).setShow(change),
    askFilter: async () => (await tree()).askFilter(),
    live: () => (vscode.workspace.isTrusted ? live : undefined),
    onDidRead: changes.event,
  };
}

/** Live Profiles as files; loaded when the first is opened. */
function registerManifests(host: Host): () => Promise<ManifestFiles> {
  const changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  const files = lazy(async () => {
    const { openManifests } = await import(/* webpackChunkName: "explorer" */ './manifest.ts');
    return openManifests(host, changes);
  });
  const refused = (): never => {
    throw vscode.FileSystemError.NoPermissions(vscode.l10n.t('Only the text of a Profile can be changed here.'));
  };
  const provider: vscode.FileSystemProvider = {
    onDidChangeFile: changes.event,
    watch: () => new vscode.Disposable(() => undefined),
    stat: async (uri) => (await files()).stat(uri),
    readFile: async (uri) => (await files()).readFile(uri),
    writeFile: async (uri, content) => (await files()).writeFile(uri, content),
    readDirectory: () => [],
    createDirectory: refused,
    delete: refused,
    rename: refused,
  };
  host.context.subscriptions.push(
    changes,
    vscode.workspace.registerFileSystemProvider(MANIFEST_SCHEME, provider, { isCaseSensitive: true }),
  );
  return files;
}

/** The Kubernetes extension. Its views show our clusters and profiles too (neighbour.ts). */
const NEIGHBOUR = 'ms-kubernetes-tools.vscode-kubernetes-tools';
/** VS Code tells nobody that another extension has started, and to start it is not our business: how often to look, in milliseconds. */
const LOOK = 1_000;

/** Joins the neighbour once it runs and the workspace is trusted; waits only where it is installed. */
function awaitNeighbour(host: Host): void {
  let timer: NodeJS.Timeout | undefined;
  const neighbourRoom = lazy(() => import(/* webpackChunkName: "neighbour" */ './neighbour.ts'));
  const look = (): void => {
    const neighbour = vscode.extensions.getExtension(NEIGHBOUR);
    if (neighbour?.isActive !== true || !vscode.workspace.isTrusted) return;
    clearInterval(timer);
    neighbourRoom()
      .then(({ join }) => {
        waiting.dispose();
        join(neighbour.exports, host);
      })
      .catch((error: unknown) => host.log.warn(`Not in the views of the Kubernetes extension: ${String(error)}`));
  };
  const wait = (): void => {
    clearInterval(timer);
    if (vscode.extensions.getExtension(NEIGHBOUR) !== undefined) timer = setInterval(look, LOOK);
  };
  const waiting = vscode.Disposable.from(vscode.extensions.onDidChange(wait), {
    dispose: () => clearInterval(timer),
  });
  host.context.subscriptions.push(waiting);
  wait();
}
