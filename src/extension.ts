import * as vscode from 'vscode';
import type { Commands } from './commands/index.ts';
import { createHost } from './host.ts';
import { CLUSTERS_VIEW, type CommandName } from './ids.ts';

/** Called by VS Code when the view is opened or a command is run. Registers, and loads everything else when it is used. */
export function activate(context: vscode.ExtensionContext): void {
  const host = createHost(context);
  let loading: Promise<Commands> | undefined;
  const commands = () =>
    (loading ??= import(/* webpackChunkName: "commands" */ './commands/index.ts').then(({ createCommands }) =>
      createCommands(host),
    ));
  const handlers: Record<CommandName, (...args: never[]) => unknown> = {
    createProfile: async (place) => (await commands()).createProfile(place),
    verifyProfile: async (place) => (await commands()).verifyProfile(place),
    applyPlan: async (uri) => (await commands()).applyPlan(uri),
    planAgain: async (uri) => (await commands()).planAgain(uri),
    changeAnswers: async (uri) => (await commands()).changeAnswers(uri),
    discardPlan: async (uri) => (await commands()).discardPlan(uri),
    compareStep: async (uri, step) => (await commands()).compareStep(uri, step),
    selectAwsProfile: async () => (await commands()).selectAwsProfile(),
    selectRegions: async () => (await commands()).selectRegions(),
    refresh: () => host.connections.reload(),
    showLog: () => host.log.show(),
  };
  for (const [name, handler] of Object.entries(handlers)) host.register(name as CommandName, handler);
  context.subscriptions.push(
    vscode.window.registerTreeDataProvider(CLUSTERS_VIEW, {
      getChildren: (): string[] => [],
      getTreeItem: (label: string) => new vscode.TreeItem(label),
    }),
  );
}
