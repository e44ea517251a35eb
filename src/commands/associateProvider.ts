import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { actionOf, KINDS } from '../core/kinds.ts';
import { blockers, permissionsOf, writes } from '../core/plan/plan.ts';
import { planProvider } from '../core/plan/provider.ts';
import { AUDIENCE } from '../core/policy/build.ts';
import { requireTrust } from '../outside.ts';
import { Cancelled, Problem } from '../problem.ts';
import { lookAtProvider } from '../provisioning/look.ts';
import { carryOut } from '../provisioning/run.ts';
import { sleep } from '../provisioning/wait.ts';
import { stoppedBy } from '../wizard/result.ts';
import { onCluster } from './onCluster.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

/** Makes the IAM OIDC provider of a cluster, or gives it the audience it lacks, after a question. An existing one stays. */
export async function associateProvider({ host }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const { cluster, aws, source } = await onCluster(host, argument, l10n.t('Associate OIDC Provider'));
  const { issuer } = cluster;
  if (issuer === undefined) {
    throw new Problem(
      l10n.t('Cluster {0} is {1}: it has no OIDC issuer yet. Try again later.', cluster.name, cluster.status),
    );
  }
  const facts = await host.connections.facts();
  const plan = planProvider(
    { ...cluster, issuer },
    await lookAtProvider({ ...cluster, issuer }, aws, facts.of(source)),
  );
  const [stopped] = blockers(plan);
  if (stopped !== undefined) throw new Problem(stopped.reason ?? stopped.title);
  if (!writes(plan)) {
    const nothing = l10n.t(
      'Cluster {0} has its OIDC provider, and it accepts {1}. Nothing to do.',
      cluster.name,
      AUDIENCE,
    );
    void host.attempt('associateProvider', () => vscode.window.showInformationMessage(nothing));
    return;
  }
  const create = plan.changes.some((change) => actionOf(change) === 'create');
  const reading: readonly string[] = KINDS['iam/provider'].may.read;
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
        issuer,
        AUDIENCE,
        permissionsOf(plan)
          .aws.filter((permission) => !reading.includes(permission))
          .join(', '),
      ),
    },
    go,
  );
  if (answer !== go) throw new Cancelled();
  const result = await carryOut(plan, { aws, unique: randomUUID, sleep });
  facts.forget(result.touched);
  host.changed.fire({ ...source, cluster: cluster.name, refs: result.touched });
  const reason = stoppedBy(result);
  if (reason !== undefined) throw new Problem(reason);
  host.log.info(`${plan.title}: ${create ? 'created' : 'audience added'}`);
  const done = l10n.t('Cluster {0} has its OIDC provider.', cluster.name);
  void host.attempt('associateProvider', () => vscode.window.showInformationMessage(done));
}
