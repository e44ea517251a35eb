/** Opens the tree and what belongs to it. Loaded when the view is first seen. */
import * as vscode from 'vscode';
import type { Host } from '../host.ts';
import { CONTEXT, SETTING } from '../ids.ts';
import { liveOf } from '../estate/live.ts';
import type { Live } from '../live.ts';
import type { Stores } from '../provisioning/store.ts';
import { progressOf, timeText } from '../wizard/runText.ts';
import { unchosen } from '../wizard/runJob.ts';
import { watchCredentialFiles } from './files.ts';
import type { Unfinished } from './node/run.ts';
import type { TreeNode } from './nodes.ts';
import { EstateTree } from './tree.ts';

/** `changes` hears what rows changed. `live`: what the tree has read, for others. */
export function openTree(
  host: Host,
  view: vscode.TreeView<TreeNode>,
  changes: Pick<vscode.EventEmitter<TreeNode[] | undefined>, 'fire'>,
  facts: Stores,
): { readonly tree: EstateTree; readonly live: Live } {
  const { connections, context, log } = host;
  const tree = new EstateTree({
    facts,
    unfinished: () => unfinishedRuns(host),
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
  void host.attempt('tree', async () => {
    context.subscriptions.push((await host.runs()).onDidChange(() => tree.runsChanged()));
  });
  return { tree, live: liveOf(() => tree.known(), connections.aws, facts) };
}

/** The runs that did not end, for the top of the tree. One that goes on, here or in another window, is not among them. */
async function unfinishedRuns(host: Host): Promise<readonly Unfinished[]> {
  const all = await (await host.runs()).all();
  return all
    .filter(({ state, isGoingOn }) => state === 'unfinished' && !isGoingOn)
    .map((run) => {
      const why = unchosen(host, run);
      return {
        id: run.id,
        about: run.plan.title,
        ...progressOf(run),
        began: timeText(run.began),
        ...(why === undefined ? {} : { unchosen: why }),
      };
    });
}
