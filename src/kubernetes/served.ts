/** Which version of the Profile API a cluster serves. */
import { profileVersion } from '../core/profile/version.ts';
import { record } from './objects.ts';
import { KubernetesError, type Rest } from './rest.ts';

export const PROFILE_GROUP = 'kubeflow.org';
const GROUP = `/apis/${PROFILE_GROUP}`;

const listOf = (object: unknown, key: string): readonly Readonly<Record<string, unknown>>[] => {
  const list = record(object)?.[key];
  return Array.isArray(list) ? list.map(record).filter((item) => item !== undefined) : [];
};

/** The versions of the group that have Profiles; throws {@link KubernetesError}, 404 where there is no such group. */
export async function servedVersions(rest: Rest): Promise<readonly string[]> {
  const versions = listOf(await rest.request('GET', GROUP), 'versions').flatMap(({ version }) =>
    typeof version === 'string' ? [version] : [],
  );
  const resources = await Promise.all(
    versions.map(async (version) => {
      const list = await rest.request('GET', `${GROUP}/${encodeURIComponent(version)}`);
      return listOf(list, 'resources').some(({ name }) => name === 'profiles') ? [version] : [];
    }),
  );
  return resources.flat();
}

/** Calls with the version that is served. */
export type WithVersion = <T>(call: (version: string) => Promise<T>) => Promise<T>;

/** A path that the server does not have is answered without a Status; an object that is not there with one. */
const isNoPath = (error: unknown): boolean =>
  error instanceof KubernetesError && error.status === 404 && error.reason !== 'NotFound';

/** v1 is tried first, so that as a rule nobody asks which versions there are. */
export function servedVersion(rest: Rest): WithVersion {
  let version = 'v1';
  return async (call) => {
    const tried = version;
    try {
      return await call(tried);
    } catch (error) {
      if (!isNoPath(error)) throw error;
      const other = profileVersion(await servedVersions(rest).catch(() => []));
      if (other === undefined || other === tried) throw error;
      version = other;
      return call(other);
    }
  };
}

/** Path of the Profiles, or of one. */
export const profilesPath = (version: string, name?: string): string =>
  `${GROUP}/${encodeURIComponent(version)}/profiles${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
