import type * as vscode from 'vscode';
import { registerEditor } from './editor/index.ts';
import { registerExplorer } from './explorer/index.ts';
import { createHost } from './host.ts';
import type { CommandName } from './ids.ts';
import { lazy } from './lazy.ts';

/** Called by VS Code when the view is opened or a command is run. Registers, and loads everything else when it is used. */
export function activate(context: vscode.ExtensionContext): void {
  const host = createHost(context);
  const explorer = registerExplorer(host);
  registerEditor(host, explorer.live);
  const commands = lazy(async () =>
    (await import(/* webpackChunkName: "commands" */ './commands/index.ts')).createCommands(host),
  );
  const handlers: Record<CommandName, (...args: never[]) => unknown> = {
    createProfile: async (place) => (await commands()).createProfile(place),
    verifyProfile: async (place) => (await commands()).verifyProfile(place),
    applyPlan: async (uri) => (await commands()).applyPlan(uri),
    planAgain: async (uri) => (await commands()).planAgain(uri),
    changeAnswers: async (uri) => (await commands()).changeAnswers(uri),
    discardPlan: async (uri) => (await commands()).discardPlan(uri),
    compareStep: async (uri, step) => (await commands()).compareStep(uri, step),
    selectAwsProfiles: async () => (await commands()).selectAwsProfiles(),
    selectRegions: async () => (await commands()).selectRegions(),
    signIn: async (node) => (await commands()).signIn(node),
    refresh: () => host.connections.reload(),
    showLog: () => host.log.show(),
    retry: (node) => explorer.retry(node),
    filter: () => explorer.askFilter(),
    clearFilter: () => explorer.setShow({ filter: '', onlyProblems: false }),
    showOnlyProblems: () => explorer.setShow({ onlyProblems: true }),
    showAll: () => explorer.setShow({ onlyProblems: false }),
    sortByState: () => explorer.setShow({ sort: 'state' }),
    sortByName: () => explorer.setShow({ sort: 'name' }),
    repairProfile: async (node) => (await commands()).createProfile(node),
    associateProvider: async (node) => (await commands()).associateProvider(node),
    openManifest: async (node) => (await commands()).openManifest(node),
    applyManifest: (uri) => explorer.applyManifest(uri),
    openInConsole: async (node) => (await commands()).openInConsole(node),
    copyName: async (node) => (await commands()).copyName(node),
    copyClusterArn: async (node) => (await commands()).copyClusterArn(node),
    copyRoleArn: async (node) => (await commands()).copyRoleArn(node),
  };
  for (const [name, handler] of Object.entries(handlers)) host.register(name as CommandName, handler);
}
