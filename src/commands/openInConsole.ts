import * as vscode from 'vscode';
import { roleNameOf } from '../core/arn/arn.ts';
import { consoleUrl, type ConsolePage } from '../explorer/console.ts';
import type { Host } from '../host.ts';
import { Problem } from '../problem.ts';
import { ask } from '../wizard/ask.ts';
import { known, start } from '../wizard/questions.ts';
import { placeOf } from './place.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

/** Opens the page of a cluster, role or bucket in the AWS console. */
export async function openInConsole({ host }: Rooms, argument: unknown): Promise<void> {
  const page = pageOf(argument) ?? (await askCluster(host, argument));
  const url = consoleUrl(page);
  if (url === undefined)
    throw new Problem(l10n.t('No address of the AWS console is known for region {0}.', page.region));
  await vscode.env.openExternal(vscode.Uri.parse(url, true));
}

/** What a node of the tree is about. All of it is text from outside. */
function pageOf(argument: unknown): ConsolePage | undefined {
  if (typeof argument !== 'object' || argument === null) return undefined;
  const { kind, region, cluster, roleArn, bucket, value } = argument as Readonly<Record<string, unknown>>;
  if (typeof region !== 'string') return undefined;
  if (kind === 'role' && typeof roleArn === 'string') {
    const name = roleNameOf(roleArn);
    return name === undefined ? undefined : { kind, region, name };
  }
  if (kind === 'bucket' && typeof bucket === 'string') {
    const prefix = typeof value === 'string' ? value.replace(/^s3:\/\/[^/]*\//, '') : '';
    return { kind, region, name: bucket, prefix };
  }
  return typeof cluster === 'string' ? { kind: 'cluster', region, name: cluster } : undefined;
}

async function askCluster(host: Host, argument: unknown): Promise<ConsolePage> {
  const wizard = await ask(start(placeOf(argument), ['cluster']), l10n.t('Open in AWS Console'), host.connections);
  const { cluster } = known(wizard);
  return { kind: 'cluster', region: cluster?.region ?? '', name: cluster?.name ?? '' };
}
