/** Which AWS profile and regions the extension works with: chosen once, kept per workspace where there is one. */
import * as vscode from 'vscode';
import { PARTITIONS, partitionOfRegion } from '../core/arn/partitions.ts';
import type { Host } from '../host.ts';
import { SETTING } from '../ids.ts';
import { requireTrust } from '../outside.ts';
import { Cancelled } from '../problem.ts';
import { pick, plain, type Choice } from '../wizard/prompts.ts';

const { l10n } = vscode;

/** In the workspace where one is open, else for the user. */
async function keep(setting: string, value: unknown): Promise<void> {
  const where =
    vscode.workspace.workspaceFolders === undefined
      ? vscode.ConfigurationTarget.Global
      : vscode.ConfigurationTarget.Workspace;
  await vscode.workspace.getConfiguration('kubeflowIrsa').update(setting, value, where);
}

export async function selectAwsProfile(host: Host): Promise<void> {
  requireTrust();
  const current = host.connections.awsProfile() ?? '';
  const chosen = await pick<string>({
    title: l10n.t('Select AWS Profile'),
    step: 1,
    of: 1,
    canGoBack: false,
    placeholder: l10n.t('Whose credentials are used; now: {0}', current || l10n.t('default chain')),
    isDefault: (name) => name === current,
    load: async (show) => {
      const chain: Choice<string> = {
        label: l10n.t('Default chain'),
        description: l10n.t('environment, AWS_PROFILE, "default", the machine\'s own role'),
        value: '',
      };
      const names = await host.connections.awsProfiles();
      show([chain, ...names.map((name) => ({ label: plain(name), value: name }))]);
    },
  });
  if (typeof chosen === 'string') await keep(SETTING.awsProfile, chosen);
}

/** Regions that are offered first: where EKS is used most. Any other can be typed. Source: AWS Regions page of the EKS guide. */
const OFFERED: readonly string[] = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ca-central-1',
  'sa-east-1',
  'eu-central-1',
  'eu-central-2',
  'eu-north-1',
  'eu-south-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'af-south-1',
  'ap-east-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'cn-north-1',
  'cn-northwest-1',
  'us-gov-east-1',
  'us-gov-west-1',
];

export async function selectRegions(host: Host): Promise<void> {
  requireTrust();
  const current = await host.connections.regions();
  const regions = await new Promise<readonly string[]>((resolve, reject) => {
    const list = vscode.window.createQuickPick();
    list.title = l10n.t('Select AWS Regions');
    list.placeholder = l10n.t('Regions of your EKS clusters: Space marks, Enter takes; type any other region');
    list.canSelectMany = true;
    list.ignoreFocusOut = true;
    list.matchOnDescription = true;
    const line = (region: string): vscode.QuickPickItem => {
      const partition = partitionOfRegion(region)?.id ?? '';
      return { label: region, ...(partition === PARTITIONS[0]?.id ? {} : { description: partition }) };
    };
    const items = [...new Set([...current, ...OFFERED])].map(line);
    list.items = items;
    list.selectedItems = items.filter(({ label }) => current.includes(label));
    list.onDidChangeValue((text) => {
      const typed = text.trim();
      if (partitionOfRegion(typed) === undefined || items.some(({ label }) => label === typed)) return;
      const selected = list.selectedItems;
      items.unshift(line(typed));
      list.items = [...items];
      list.selectedItems = selected;
    });
    list.onDidAccept(() => {
      resolve(list.selectedItems.map(({ label }) => label));
      list.hide();
    });
    list.onDidHide(() => {
      reject(new Cancelled());
      list.dispose();
    });
    list.show();
  });
  await keep(SETTING.regions, regions);
}
