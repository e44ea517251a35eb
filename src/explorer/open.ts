/** Opens the tree and what belongs to it. Loaded when the view is first seen. */
import * as vscode from 'vscode';
import type { Host } from '../host.ts';
import { CONTEXT, SETTING } from '../ids.ts';
import { liveOf } from '../estate/live.ts';
import type { Live } from '../live.ts';
import type { Stores } from '../provisioning/store.ts';
import { watchCredentialFiles } from './files.ts';
import type { TreeNode } from './nodes.ts';
import { EstateTree } from './tree.ts';

/** `changes` hears what rows changed. `live`: what the tree has read, for others. */
export function openTree(
  { connections, context, log }: Host,
  view: vscode.TreeView<TreeNode>,
  changes: Pick<vscode.EventEmitter<TreeNode[] | undefined>, 'fire'>,
  facts: Stores,
): { readonly tree: EstateTree; readonly live: Live } {
  const tree = new EstateTree({
    facts,
    sources: connections.sources,
    aws: connections.aws,
    connect: connections.connect,
    log,
    memory: context.workspaceState,
    view,
    setContext: (key, value) => void vscode.commands.executeCommand('setContext', CONTEXT[key], value),
  });
  const kubeconfig = vscode.workspace.getConfiguration('kubeflowIrsa').get<string>(SETTING.kubeconfig);
  context.subscriptions.push(
    watchCredentialFiles(kubeconfig, connections.reload),
    tree,
    tree.onDidChangeTreeData((what) => changes.fire(what)),
  );
  return { tree, live: liveOf(() => tree.known(), connections.aws, facts) };
}
