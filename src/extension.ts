import type * as vscode from 'vscode';
import { registerCommands } from './commands/register.ts';
import { registerEditor } from './editor/index.ts';
import { registerExplorer } from './explorer/index.ts';
import { createHost } from './host.ts';

/** Called by VS Code when the view is opened or a command is run. Registers, and loads everything else when it is used. */
export function activate(context: vscode.ExtensionContext): void {
  const host = createHost(context);
  const explorer = registerExplorer(host);
  registerEditor(host, explorer.live, explorer.onDidRead);
  registerCommands(host, explorer);
}
