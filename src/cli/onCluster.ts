/** A cluster and a connection to it, for commands that are about more than one profile's plan. */
import { notReady } from '../core/cluster-status.ts';
import type { Cluster } from '../core/observation.ts';
import { unreadable } from '../core/plan/plan.ts';
import type { IssuingCluster } from '../core/plan/role.ts';
import { OutsideError, type Kubernetes } from '../provisioning/ports.ts';
import { unlessCancelled } from '../provisioning/wait.ts';
import type { Way } from './carry.ts';

/** A cluster as AWS says it is. Throws {@link OutsideError} where it cannot be read. */
export async function clusterOf({ outside, region }: Way, name: string): Promise<Cluster> {
  const cluster = await unlessCancelled(outside.signal, outside.aws.cluster(name));
  if (cluster.state === 'found') return cluster.value;
  throw new OutsideError(unreadable(cluster, `EKS cluster ${name} in ${region}`), cluster.state);
}

/** The same with its issuer. Throws {@link OutsideError} where it has none yet. */
export function issuing(cluster: Cluster): IssuingCluster {
  const { issuer, status } = cluster;
  if (issuer !== undefined) return { ...cluster, issuer };
  throw new OutsideError(notReady(status), 'NotActive');
}

/** What is looked at on a cluster, with the connection that it was read through: close that when done. Closed where the look fails. */
export async function onCluster<T extends object>(
  way: Way,
  name: string,
  look: (cluster: Cluster, kubernetes: Kubernetes) => Promise<T>,
): Promise<T & { readonly kubernetes: Kubernetes }> {
  const cluster = await clusterOf(way, name);
  if (cluster.endpoint === undefined) throw new OutsideError(notReady(cluster.status), 'NotActive');
  const kubernetes = await way.connect(cluster, way.outside.aws);
  try {
    return { ...(await unlessCancelled(way.outside.signal, look(cluster, kubernetes))), kubernetes };
  } catch (error) {
    kubernetes.close();
    throw error;
  }
}
