/** What every plan for a profile needs first: a caller of the cluster's account, and a cluster that answers. */
import { notReady } from '../cluster-status.ts';
import type { Facts } from '../facts.ts';
import type { Request } from '../request.ts';
import { blocked } from './part.ts';
import { unreadable, type Need } from './plan.ts';

export function callerNeed({ caller, cluster }: Facts): Need {
  const title = 'You are signed in to the account of the cluster';
  const may = ['sts:GetCallerIdentity'];
  if (caller.state !== 'found') return blocked('caller', title, unreadable(caller, 'Your AWS identity'), { may });
  if (cluster.state === 'found' && cluster.value.account !== caller.value.account) {
    return blocked(
      'caller',
      title,
      `You are signed in to account ${caller.value.account}, but the cluster is in ${cluster.value.account}. Choose an AWS profile of that account.`,
      { may },
    );
  }
  return { id: 'caller', title, holds: true, reason: caller.value.arn, may };
}

/** `lasts`: whether what is to be written must last, as it would not on a cluster that is being deleted. */
export function clusterNeed(
  wish: Pick<Request, 'cluster' | 'region'>,
  { caller, cluster, api }: Facts,
  lasts: boolean,
): Need {
  const title = `EKS cluster ${wish.cluster} answers and has Kubeflow`;
  const may = ['eks:DescribeCluster'];
  const stop = (reason: string): Need => blocked('cluster', title, reason, { may });
  if (cluster.state === 'absent') {
    const account = caller.state === 'found' ? `account ${caller.value.account}` : 'your account';
    return stop(
      `There is no EKS cluster ${wish.cluster} in ${wish.region} of ${account}. Check its name, its region and the AWS profile.`,
    );
  }
  if (cluster.state !== 'found') return stop(unreadable(cluster, `EKS cluster ${wish.cluster}`));
  const { issuer, endpoint, status } = cluster.value;
  if (issuer === undefined || endpoint === undefined || (lasts && status === 'DELETING')) {
    return stop(notReady(status));
  }
  if (api.state !== 'found') return stop(unreadable(api, 'The Kubernetes API of the cluster'));
  if (api.value.profileVersions.length === 0) {
    return stop(
      'Kubeflow is not installed on this cluster: it has no Profile API (profiles.kubeflow.org). Install Kubeflow first.',
    );
  }
  return {
    id: 'cluster',
    title,
    holds: true,
    reason: `Kubernetes ${cluster.value.version}, ${api.value.connection}`,
    may,
  };
}
