/** A cluster and a connection to it, for commands that are about more than one profile's plan. */
import type { Cluster } from '../core/observation.ts';
import { unreadable } from '../core/plan/plan.ts';
import { OutsideError, type Kubernetes } from '../provisioning/ports.ts';
import { unlessCancelled } from '../provisioning/wait.ts';
import type { Way } from './carry.ts';

/** A cluster as AWS says it is. Throws {@link OutsideError} where it cannot be read. */
export async function clusterOf({ outside, region }: Way, name: string): Promise<Cluster> {
  const cluster = await unlessCancelled(outside.signal, outside.aws.cluster(name));
  if (cluster.state === 'found') return cluster.value;
  throw new OutsideError(unreadable(cluster, `EKS cluster ${name} in ${region}`), cluster.state);
}

/** The cluster with a connection to it; `close` that when done. */
export async function reached(
  way: Way,
  name: string,
): Promise<{ readonly cluster: Cluster; readonly kubernetes: Kubernetes }> {
  const cluster = await clusterOf(way, name);
  return { cluster, kubernetes: await way.connect(cluster, way.outside.aws) };
}
