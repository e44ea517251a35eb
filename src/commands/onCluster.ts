import type { Cluster } from '../core/observation.ts';
import { unreadable } from '../core/plan/plan.ts';
import type { Host } from '../host.ts';
import { Problem } from '../problem.ts';
import { lookAtCluster } from '../provisioning/look.ts';
import type { Aws, Kubernetes } from '../provisioning/ports.ts';
import type { Source } from '../source.ts';
import { ask } from '../wizard/ask.ts';
import { known, start, type Answers } from '../wizard/questions.ts';
import { placeOf } from './place.ts';

/** A cluster that a command is about, asked for where the command was not started from one. */
interface OnCluster {
  readonly cluster: Cluster;
  readonly aws: Aws;
  /** With which identity, in which region. */
  readonly source: Source;
}

/** The cluster, as it was read a moment ago at most. Throws what a person should be told. */
export async function onCluster(host: Host, argument: unknown, title: string): Promise<OnCluster> {
  const { cluster: at } = known(await ask(start(placeOf(argument), ['cluster']), title, host.connections));
  return readCluster(host, chosen(at));
}

/** The cluster and one of its profiles; `use` gets the connection, which ends after it. */
export async function onProfile<T>(
  host: Host,
  argument: unknown,
  title: string,
  use: (where: OnCluster & { readonly profile: string; readonly kubernetes: Kubernetes }) => Promise<T>,
): Promise<T> {
  const wizard = await ask(start(placeOf(argument), ['cluster', 'profile']), title, host.connections);
  const { cluster: at, profile = '' } = known(wizard);
  const where = await readCluster(host, chosen(at));
  const kubernetes = await host.connections.connect(where.cluster, where.aws);
  try {
    return await use({ ...where, profile, kubernetes });
  } finally {
    kubernetes.close();
  }
}

function chosen(cluster: Answers['cluster'] | undefined): Answers['cluster'] {
  if (cluster === undefined) throw new Error('A question was left out.');
  return cluster;
}

async function readCluster(host: Host, { name, ...source }: Answers['cluster']): Promise<OnCluster> {
  const aws = await host.connections.aws(source);
  const reading = await lookAtCluster(name, aws, (await host.connections.facts()).of(source));
  if (reading.state !== 'found') throw new Problem(unreadable(reading, `EKS cluster ${name} in ${source.region}`));
  return { cluster: reading.value, aws, source };
}
