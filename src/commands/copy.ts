import * as vscode from 'vscode';
import { ROLE_ANNOTATION, irsaPlugin } from '../core/profile/manifest.ts';
import { SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { valueOf } from '../core/reading.ts';
import { Problem } from '../problem.ts';
import { onCluster, onProfile } from './onCluster.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

async function copy(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(l10n.t('Copied {0}', text.slice(0, 80)), 4_000);
}

/** Texts that a node of the tree holds, by their names. */
const texts = (argument: unknown, ...names: readonly string[]): readonly string[] =>
  names.flatMap((name) => {
    const value = (argument as Readonly<Record<string, unknown>> | undefined)?.[name];
    return typeof value === 'string' && value !== '' ? [value] : [];
  });

/** The name of what the node is: of the profile before that of its cluster. */
export async function copyName({ host }: Rooms, argument: unknown): Promise<void> {
  const [name] = texts(argument, 'value', 'profile', 'cluster');
  await copy(name ?? (await onCluster(host, argument, l10n.t('Copy Name'))).cluster.name);
}

/** The ARN of a cluster. */
export async function copyClusterArn({ host }: Rooms, argument: unknown): Promise<void> {
  await copy((await onCluster(host, argument, l10n.t('Copy Cluster ARN'))).cluster.arn);
}

/** The ARN of a profile's role: of its service account, else the one that the plugin names. */
export async function copyRoleArn({ host }: Rooms, argument: unknown): Promise<void> {
  const [known] = texts(argument, 'roleArn');
  await copy(
    known ??
      (await onProfile(host, argument, l10n.t('Copy Role ARN'), async ({ kubernetes, profile }) => {
        const [account, manifest] = await Promise.all([
          kubernetes.serviceAccount(profile, SERVICE_ACCOUNT),
          kubernetes.profile(profile),
        ]);
        const live = valueOf(manifest);
        const arn = valueOf(account)?.annotations[ROLE_ANNOTATION] || (live && irsaPlugin(live)?.awsIamRole);
        if (!arn) throw new Problem(l10n.t('Profile {0} has no role.', profile));
        return arn;
      })),
  );
}
