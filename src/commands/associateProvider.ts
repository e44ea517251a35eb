import * as vscode from 'vscode';
import { planProvider } from '../core/plan/provider.ts';
import { AUDIENCE } from '../core/policy/build.ts';
import { requireTrust } from '../outside.ts';
import { lookAtProvider } from '../provisioning/look.ts';
import { clusterOf, issuing } from '../wizard/reach.ts';
import { askPlace } from './onCluster.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

/** Makes the IAM OIDC provider of a cluster, or gives it the audience it lacks, after a review. An existing one stays. */
export async function associateProvider({ host, plans }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const place = await askPlace(host, argument, l10n.t('Associate OIDC Provider'));
  const name = place.cluster;
  await (
    await plans()
  ).review({
    command: 'associateProvider',
    subject: l10n.t('OIDC provider'),
    title: l10n.t('Plan: OIDC provider of {0}', name),
    place,
    make: async () => {
      const { cluster: there, aws, source } = await clusterOf(host, place);
      const cluster = issuing(there);
      const looked = await lookAtProvider(cluster, aws, (await host.connections.facts()).of(source));
      return { plan: planProvider(cluster, looked), aws };
    },
    words: {
      done: l10n.t('Cluster {0} has its OIDC provider.', name),
      stopped: l10n.t('Cluster {0} has no OIDC provider that fits.', name),
      nothing: l10n.t('Cluster {0} has its OIDC provider, and it accepts {1}. Nothing to do.', name, AUDIENCE),
    },
  });
}
