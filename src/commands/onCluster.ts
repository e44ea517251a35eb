import type { Host } from '../host.ts';
import { ask } from '../wizard/ask.ts';
import type { Place } from '../wizard/job.ts';
import { known, start, type Question } from '../wizard/questions.ts';
import { clusterOf, reach, type OnCluster, type Reached } from '../wizard/reach.ts';
import { placeOf } from './place.ts';

/** The place of a command: a cluster, asked for where the command was not started from one, and what else is in `questions`. */
export async function askPlace(
  host: Host,
  argument: unknown,
  title: string,
  questions: readonly Question[] = ['cluster'],
): Promise<Place> {
  const { cluster, profile } = known(await ask(start(placeOf(argument), questions), title, host.connections));
  if (cluster === undefined) throw new Error('A question was left out.');
  const { name, ...source } = cluster;
  return { ...source, cluster: name, ...(profile === undefined ? {} : { profile }) };
}

/** A profile and its cluster, asked for where the command was not started from one. */
export async function askProfile(
  host: Host,
  argument: unknown,
  title: string,
): Promise<Place & { readonly profile: string }> {
  const { profile = '', ...place } = await askPlace(host, argument, title, ['cluster', 'profile']);
  return { ...place, profile };
}

/** The cluster, as it was read a moment ago at most. Throws what a person should be told. */
export const onCluster = async (host: Host, argument: unknown, title: string): Promise<OnCluster> =>
  clusterOf(host, await askPlace(host, argument, title));

/** The cluster and one of its profiles; `use` gets the connection, which ends after it. */
export async function onProfile<T>(
  host: Host,
  argument: unknown,
  title: string,
  use: (where: Reached & { readonly profile: string }) => Promise<T>,
): Promise<T> {
  const place = await askProfile(host, argument, title);
  return onPlace(host, place, (where) => use({ ...where, profile: place.profile }));
}

/** A place that is known; `use` gets the connection, which ends after it. */
export async function onPlace<T>(host: Host, place: Place, use: (where: Reached) => Promise<T>): Promise<T> {
  const where = await reach(host, place);
  try {
    return await use(where);
  } finally {
    where.kubernetes.close();
  }
}
