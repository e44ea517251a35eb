/** The way to one cluster with one identity, for commands and plans. Throws what a person should be told. */
import * as vscode from 'vscode';
import type { Cluster } from '../core/observation.ts';
import { unreadable, type Plan } from '../core/plan/plan.ts';
import type { IssuingCluster } from '../core/plan/role.ts';
import type { Host } from '../host.ts';
import { Problem } from '../problem.ts';
import { lookAtCluster } from '../provisioning/look.ts';
import type { Aws, Kubernetes } from '../provisioning/ports.ts';
import { unlessCancelled } from '../provisioning/wait.ts';
import { sourceOf, type Source } from '../source.ts';
import type { Made, Place } from './job.ts';

export interface OnCluster {
  readonly cluster: Cluster;
  readonly aws: Aws;
  /** With which identity, in which region. */
  readonly source: Source;
}

export interface Reached extends OnCluster {
  readonly kubernetes: Kubernetes;
}

/** A cluster, as it was read a moment ago at most. */
export async function clusterOf(host: Host, { cluster: name, awsProfile, region }: Place): Promise<OnCluster> {
  const source = sourceOf(awsProfile, region);
  const aws = await host.connections.aws(source);
  const reading = await lookAtCluster(name, aws, (await host.connections.facts()).of(source));
  if (reading.state !== 'found')
    throw new Problem(unreadable(reading, vscode.l10n.t('EKS cluster {0} in {1}', name, region)));
  return { cluster: reading.value, aws, source };
}

/** A cluster with its issuer. Throws where it has none yet. */
export function issuing(cluster: Cluster): IssuingCluster {
  const { issuer, name, status } = cluster;
  if (issuer !== undefined) return { ...cluster, issuer };
  throw new Problem(vscode.l10n.t('Cluster {0} is {1}: it has no OIDC issuer.', name, status));
}

/** A cluster and a connection to it; `close` that when done. */
export async function reach(host: Host, place: Place): Promise<Reached> {
  const where = await clusterOf(host, place);
  return { ...where, kubernetes: await host.connections.connect(where.cluster, where.aws) };
}

/** A plan of what is read from a cluster, with the connection that it was read through: what {@link Job.make} gives. */
export async function planOn(
  host: Host,
  place: Place,
  signal: AbortSignal,
  plan: (where: Reached) => Promise<Plan>,
): Promise<Made> {
  const where = await reach(host, place);
  try {
    const { aws, kubernetes } = where;
    return { aws, kubernetes, plan: await unlessCancelled(signal, plan(where)) };
  } catch (error) {
    where.kubernetes.close();
    throw error;
  }
}
