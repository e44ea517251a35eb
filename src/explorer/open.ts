/** Opens the tree and what belongs to it. Loaded when the view is first seen. */
import * as vscode from 'vscode';
import type { Host } from '../host.ts';
import { CLUSTERS_VIEW, CONTEXT, SETTING } from '../ids.ts';
import { liveOf } from '../estate/live.ts';
import type { Live } from '../live.ts';
import type { Stores } from '../provisioning/store.ts';
import { progressOf, timeText } from '../wizard/runText.ts';
import { unchosen } from '../wizard/runJob.ts';
import { watchCredentialFiles } from './files.ts';
import type { Unfinished, Untold } from './node/run.ts';
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
  let told: { readonly runs: Promise<Untold>; readonly at: number } | undefined;
  /** The tree is made anew often, and a run of another window is no hurry. */
  const unfinished = (): Promise<Untold> => {
    if (told === undefined || performance.now() - told.at > KNOWN) told = { runs: untold(host), at: performance.now() };
    return told.runs;
  };
  const tree = new EstateTree({
    facts,
    unfinished,
    sources: connections.sources,
    aws: connections.aws,
    connect: connections.connect,
    log,
    memory: context.workspaceState,
    view,
    // Whoever asked hears why it failed.
    busy: (work) =>
      void vscode.window.withProgress({ location: { viewId: CLUSTERS_VIEW } }, () => work.catch(() => undefined)),
    setContext: (key, value) => void vscode.commands.executeCommand('setContext', CONTEXT[key], value),
  });
  const kubeconfig = vscode.workspace.getConfiguration('kubeflowIrsa').get<string>(SETTING.kubeconfig);
  context.subscriptions.push(
    watchCredentialFiles(kubeconfig, connections.reload),
    tree,
    tree.onDidChangeTreeData((what) => changes.fire(what)),
  );
  void host.attempt('tree', async () => {
    const { onDidChange } = await host.runs();
    const listening = onDidChange(() => {
      told = undefined;
      tree.runsChanged();
    });
    context.subscriptions.push(listening);
  });
  void host.attempt('tree', async () => {
    const files = await host.files();
    if (files === undefined) return;
    const tell = (): void => tree.filesChanged({ of: files.declared, uri: (file) => files.uri(file)?.toString() });
    context.subscriptions.push(files.onDidChange(tell));
    tell();
  });
  return { tree, live: liveOf(() => tree.known(), connections.aws, facts) };
}

/** How long what is known of runs is not read again, in milliseconds. */
const KNOWN = 5_000;

/** The runs that did not end, for the top of the tree. One that goes on, here or in another window, is not among them. */
async function untold(host: Host): Promise<Untold> {
  const { runs, unread } = await (await host.runs()).all();
  const unfinished = runs
    .filter(({ state, isGoingOn }) => state === 'unfinished' && !isGoingOn)
    .map((run): Unfinished => {
      const { head } = run;
      const why = unchosen(host, head);
      return {
        id: head.run,
        about: head.plan.title,
        ...progressOf(run),
        began: timeText(head.began),
        ...(why === undefined ? {} : { unchosen: why }),
      };
    });
  return { unfinished, unread };
}
