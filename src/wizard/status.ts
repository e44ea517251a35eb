import * as vscode from 'vscode';
import type { Host } from '../host.ts';
import { commandId } from '../ids.ts';

const { l10n } = vscode;

/** Which AWS profiles and regions are in use: shown while a plan is open. */
export function statusItem(host: Host): vscode.StatusBarItem {
  const item = vscode.window.createStatusBarItem('kubeflowIrsa.aws', vscode.StatusBarAlignment.Left);
  item.name = l10n.t('Kubeflow IRSA: AWS profiles');
  item.command = commandId('selectAwsProfiles');
  item.tooltip = l10n.t('AWS profiles and regions of Kubeflow IRSA. Click to choose others.');
  const render = async (): Promise<void> => {
    const profiles = host.connections.awsProfiles().map((name) => name ?? l10n.t('default chain'));
    const sources = await host.connections.sources().catch(() => []);
    const regions = [...new Set(sources.map(({ region }) => region))];
    const shown = [profiles, regions].map((names) => names.join(', ').replace(/\$\(/g, ''));
    item.text = `$(account) ${shown.filter((text) => text !== '').join(' · ')}`;
  };
  host.context.subscriptions.push(host.connections.onDidChange(() => void render()));
  void render();
  return item;
}
