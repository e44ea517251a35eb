import * as vscode from 'vscode';
import { actionOf } from '../core/kinds.ts';
import { planProvider } from '../core/plan/provider.ts';
import { AUDIENCE } from '../core/policy/build.ts';
import { requireTrust } from '../outside.ts';
import { Problem } from '../problem.ts';
import { lookAtProvider } from '../provisioning/look.ts';
import { clusterOf } from '../wizard/reach.ts';
import { askPlace } from './onCluster.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

/** Makes the IAM OIDC provider of a cluster, or gives it the audience it lacks, after a question. An existing one stays. */
export async function associateProvider({ host, plans }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const place = await askPlace(host, argument, l10n.t('Associate OIDC Provider'));
  const name = place.cluster;
  const { cluster, aws, source } = await clusterOf(host, place);
  const { issuer, account } = cluster;
  if (issuer === undefined)
    throw new Problem(l10n.t('Cluster {0} is {1}: it has no OIDC issuer yet. Try again later.', name, cluster.status));
  const facts = (await host.connections.facts()).of(source);
  const plan = planProvider({ ...cluster, issuer }, await lookAtProvider({ ...cluster, issuer }, aws, facts));
  const create = plan.changes.some((change) => actionOf(change) === 'create');
  await (
    await plans()
  ).ask({
    command: 'associateProvider',
    subject: l10n.t('OIDC provider'),
    title: l10n.t('Plan: OIDC provider of {0}', name),
    place,
    make: async () => ({ plan, aws }),
    words: {
      question: create
        ? l10n.t('Create the IAM OIDC provider of cluster {0}?', name)
        : l10n.t('Add the audience {0} to the OIDC provider of cluster {1}?', AUDIENCE, name),
      detail: l10n.t(
        'Account {0}\nIssuer {1}\nAudience {2}\n\nRoles can then trust service accounts of this cluster. No role is changed.',
        ...[account, issuer, AUDIENCE],
      ),
      go: create ? l10n.t('Create Provider') : l10n.t('Add Audience'),
      done: l10n.t('Cluster {0} has its OIDC provider.', name),
      nothing: l10n.t('Cluster {0} has its OIDC provider, and it accepts {1}. Nothing to do.', name, AUDIENCE),
    },
  });
}
