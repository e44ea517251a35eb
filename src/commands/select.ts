/** Which AWS profiles and regions the extension works with: chosen once, kept per workspace where there is one. */
import * as vscode from 'vscode';
import { PARTITIONS, partitionOfRegion } from '../core/arn/partitions.ts';
import { SETTING } from '../ids.ts';
import { requireTrust } from '../outside.ts';
import { Cancelled } from '../problem.ts';
import { plain } from '../wizard/prompts.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

/** In the workspace where one is open, else for the user. */
async function keep(setting: string, value: unknown): Promise<void> {
  const where =
    vscode.workspace.workspaceFolders === undefined
      ? vscode.ConfigurationTarget.Global
      : vscode.ConfigurationTarget.Workspace;
  await vscode.workspace.getConfiguration('kubeflowIrsa').update(setting, value, where);
}

interface Line extends vscode.QuickPickItem {
  readonly value: string;
}

interface Several {
  readonly title: string;
  readonly placeholder: string;
  readonly lines: readonly Line[];
  readonly chosen: readonly string[];
  /** The line for what is typed; undefined where typing only filters. */
  readonly typed?: (text: string) => Line | undefined;
}

/**
 * Asks for several of a list. Who marks nothing and presses Enter on a line means that one alone. Throws {@link Cancelled} when
 * dismissed.
 */
function pickSeveral({ title, placeholder, lines, chosen, typed }: Several): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const list = vscode.window.createQuickPick<Line>();
    Object.assign(list, { title, placeholder, canSelectMany: true, ignoreFocusOut: true, matchOnDescription: true });
    let items = lines;
    const before = lines.filter(({ value }) => chosen.includes(value));
    const show = (selected: readonly Line[]): void => {
      list.items = items;
      list.selectedItems = selected;
    };
    show(before);
    list.onDidChangeValue((text) => {
      const line = typed?.(text.trim());
      if (line === undefined || items.some(({ value }) => value === line.value)) return;
      items = [line, ...items];
      show(list.selectedItems);
    });
    list.onDidAccept(() => {
      const [active] = list.activeItems;
      const marked = list.selectedItems;
      const unchanged = marked.length === before.length && before.every((line) => marked.includes(line));
      const meant = unchanged && active !== undefined && !marked.includes(active) ? [active] : marked;
      resolve(meant.map(({ value }) => value));
      list.hide();
    });
    list.onDidHide(() => {
      reject(new Cancelled());
      list.dispose();
    });
    list.show();
  });
}

export async function selectAwsProfiles({ host: { connections } }: Rooms): Promise<void> {
  const chain = {
    label: l10n.t('Default chain'),
    description: l10n.t('environment, AWS_PROFILE, "default", the machine\'s own role'),
    value: '',
  };
  const names = await connections.allAwsProfiles();
  const chosen = connections.awsProfiles().map((name) => name ?? '');
  const profiles = await pickSeveral({
    title: l10n.t('Select AWS Profiles'),
    placeholder: l10n.t('Whose clusters are listed: Enter takes one, Space marks several'),
    lines: [chain, ...names.map((name) => ({ label: plain(name), value: name }))],
    chosen,
  });
  await keep(SETTING.awsProfiles, profiles.length === 1 && profiles[0] === '' ? [] : profiles);
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

export async function selectRegions({ host: { connections } }: Rooms): Promise<void> {
  requireTrust();
  const chosen = [...new Set((await connections.sources()).map(({ region }) => region))];
  const line = (region: string): Line => {
    const partition = partitionOfRegion(region)?.id ?? '';
    return { label: region, value: region, ...(partition === PARTITIONS[0]?.id ? {} : { description: partition }) };
  };
  const regions = await pickSeveral({
    title: l10n.t('Select AWS Regions'),
    placeholder: l10n.t('Enter takes one region, Space marks several; type any other'),
    lines: [...new Set([...chosen, ...OFFERED])].map(line),
    chosen,
    typed: (text) => (partitionOfRegion(text) === undefined ? undefined : line(text)),
  });
  await keep(SETTING.regions, regions);
}
