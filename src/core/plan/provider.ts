/** The OIDC provider of a cluster: a part of a profile's plan, and a plan of its own. */
import type { Facts } from '../facts.ts';
import { holds, type Change } from '../kinds.ts';
import { AUDIENCE, providerArn } from '../policy/build.ts';
import { spoken } from '../text.ts';
import { clusterTags } from '../tags.ts';
import { guarded } from './managed.ts';
import { accountArn, refOf, unreadable, type Need, type Plan } from './plan.ts';
import type { IssuingCluster } from './role.ts';

/** The provider with the audience of IRSA: a change, or why it cannot be planned. */
export function providerPart(
  cluster: IssuingCluster,
  facts: Facts,
): { readonly need: Need } | { readonly change: Change } {
  const arn = providerArn(cluster.partition, cluster.account, cluster.issuer);
  const ref = refOf('iam/provider', accountArn(cluster), arn);
  const what = `audience ${AUDIENCE}`;
  const reading = facts.get(ref);
  if (reading.state === 'absent')
    return { change: { ref, after: { arn, clientIds: [AUDIENCE], tags: clusterTags(cluster) }, what, shared: true } };
  if (reading.state !== 'found') {
    const reason = spoken(unreadable(reading, 'The IAM OIDC provider'));
    return { need: { id: 'oidc-provider', title: `OIDC provider of the cluster, ${what}`, holds: false, reason } };
  }
  const before = reading.value;
  const clientIds = before.clientIds.includes(AUDIENCE) ? before.clientIds : [...before.clientIds, AUDIENCE];
  return { change: { ref, before, after: { ...before, clientIds }, what, note: before.arn, shared: true } };
}

/** The plan of "Associate OIDC Provider": the provider alone. */
export function planProvider(cluster: IssuingCluster, facts: Facts): Plan {
  const part = providerPart(cluster, facts);
  const change = 'change' in part ? part.change : undefined;
  const { before, after } = (change ?? {}) as Partial<Change<'iam/provider'>>;
  const others = before?.clientIds.filter((id) => id !== AUDIENCE) ?? [];
  const plan: Plan = {
    title: `OIDC provider of ${cluster.name} (${cluster.region})`,
    wish: `Account ${cluster.account}, issuer ${cluster.issuer}, audience ${AUDIENCE}`,
    needs: 'need' in part ? [part.need] : [],
    changes: change === undefined ? [] : [change],
    proofs: [],
    warnings: [
      'Roles can then trust service accounts of this cluster. No role is changed, and nobody gets in by this alone.',
      ...(before === undefined && after !== undefined
        ? [
            // botocore, IAM, CreateOpenIDConnectProvider; the host need not be reached from here.
            'No thumbprint is sent: IAM looks for it itself, and checks the certificate of EKS by its own list of authorities.',
          ]
        : []),
      ...(others.length > 0 && !holds('iam/provider', before, after)
        ? [`Its other audiences stay: ${others.join(', ')}.`]
        : []),
    ].map(spoken),
  };
  return guarded(plan, facts);
}
