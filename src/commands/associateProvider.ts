import * as vscode from 'vscode';
import { clusterTags, unreadable } from '../core/plan/plan.ts';
import { AUDIENCE, providerArn } from '../core/policy/build.ts';
import type { Host } from '../host.ts';
import { requireTrust } from '../outside.ts';
import { Cancelled, Problem } from '../problem.ts';
import { onCluster } from './onCluster.ts';

const { l10n } = vscode;

/** Makes the IAM OIDC provider of a cluster, or gives it the audience it lacks, after a question. An existing one stays. */
export async function associateProvider(host: Host, argument: unknown): Promise<void> {
  requireTrust();
  const { cluster, aws } = await onCluster(host, argument, l10n.t('Associate OIDC Provider'));
  if (cluster.issuer === undefined) {
    throw new Problem(
      l10n.t('Cluster {0} is {1}: it has no OIDC issuer yet. Try again later.', cluster.name, cluster.status),
    );
  }
  const arn = providerArn(cluster.partition, cluster.account, cluster.issuer);
  const provider = await aws.oidcProvider(arn);
  if (provider.state === 'found' && provider.value.clientIds.includes(AUDIENCE)) {
    void vscode.window.showInformationMessage(
      l10n.t('Cluster {0} has its OIDC provider, and it accepts {1}. Nothing to do.', cluster.name, AUDIENCE),
    );
    return;
  }
  if (provider.state === 'denied' || provider.state === 'failed') {
    throw new Problem(unreadable(provider, l10n.t('The OIDC provider')));
  }
  const create = provider.state === 'absent';
  const go = create ? l10n.t('Create Provider') : l10n.t('Add Audience');
  const answer = await vscode.window.showWarningMessage(
    create
      ? l10n.t('Create the IAM OIDC provider of cluster {0}?', cluster.name)
      : l10n.t('Add the audience {0} to the OIDC provider of cluster {1}?', AUDIENCE, cluster.name),
    {
      modal: true,
      detail: l10n.t(
        'Account {0}\nIssuer {1}\nAudience {2}\n\nRoles can then trust service accounts of this cluster. No role is changed. Needs {3}.',
        cluster.account,
        cluster.issuer,
        AUDIENCE,
        create
          ? 'iam:CreateOpenIDConnectProvider, iam:TagOpenIDConnectProvider'
          : 'iam:AddClientIDToOpenIDConnectProvider',
      ),
    },
    go,
  );
  if (answer !== go) throw new Cancelled();
  if (create) await aws.createOidcProvider(cluster.issuer, AUDIENCE, clusterTags(cluster));
  else await aws.addAudience(arn, AUDIENCE);
  host.log.info(`OIDC provider ${arn}: ${create ? 'created' : 'audience added'}`);
  host.connections.reload();
  void vscode.window.showInformationMessage(l10n.t('Cluster {0} has its OIDC provider.', cluster.name));
}
