/** The only room with a Kubernetes client: implements {@link Kubernetes} on the API server of an EKS cluster. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Profile, ServiceAccount } from '../core/observation.ts';
import { found } from '../core/reading.ts';
import { follow } from '../provisioning/follow.ts';
import { OutsideError, type ConnectKubernetes, type Kubernetes } from '../provisioning/ports.ts';
import { accessOf, type Described } from './access.ts';
import { act, read } from './errors.ts';
import { accountsOf, kubernetesLists, METADATA, named, watch } from './lists.ts';
import { itemsOf, metadataOf, namespaceOf, profileOf, serviceAccountOf } from './objects.ts';
import { KubernetesError, Rest } from './rest.ts';
import { PROFILE_GROUP, profilesPath, servedVersion, servedVersions } from './served.ts';

/** Who we are to the API server: field manager of what is written, and the name in its logs. */
const MANAGER = 'kubeflow-irsa';
const BY_US = `?fieldManager=${MANAGER}`;
/** Before it is looked whether a deleted Profile is gone; the controller takes up to a minute. Milliseconds. */
const GOING = [100, 200, 400, 800, 1_500, ...Array.from({ length: 20 }, () => 3_000)];
/** Longest pause before the watch of a wait begins again, in milliseconds. */
const LONGEST_PAUSE = 5_000;

/** What another try of a watch cannot mend, by code. */
const FINAL = /^(401|403|Unauthorized|Forbidden|Credentials|Kubeconfig|Unknown)$/;
const isFinal = (error: unknown): boolean => !(error instanceof OutsideError) || FINAL.test(error.code);

/** `kubeconfig`: the file to use. `version`: ours, for logs of the API server. */
export interface ConnectorOptions {
  readonly kubeconfig?: string;
  readonly version?: string;
}

/** Connects with the user's kubeconfig or an EKS token: see access.ts. */
export const kubernetesConnector =
  (options: ConnectorOptions = {}): ConnectKubernetes =>
  async (cluster, aws) => {
    const token = () => aws.eksToken(cluster.name);
    const { endpoint } = cluster;
    if (endpoint === undefined) throw new OutsideError(`Cluster ${cluster.name} has no endpoint yet.`, 'NoEndpoint');
    const agent = options.version === undefined ? MANAGER : `${MANAGER}/${options.version}`;
    return kubernetesOf(accessOf({ ...cluster, endpoint }, token, options.kubeconfig), agent);
  };

function kubernetesOf(described: Described, userAgent: string): Kubernetes {
  const rest = new Rest(described.access, userAgent);
  const served = servedVersion(rest);
  const get = <T>(path: string): Promise<T> => rest.request('GET', path) as Promise<T>;
  const path = (...parts: string[]): string => parts.map((part) => encodeURIComponent(part)).join('/');
  const serviceAccounts = (namespace: string): string => `/api/v1/namespaces/${path(namespace)}/serviceaccounts`;

  return {
    ...kubernetesLists(rest, served),

    api: async () => {
      const versions = await read('get /apis', () => servedVersions(rest));
      if (versions.state === 'absent') return found({ connection: described.connection(), profileVersions: [] });
      return versions.state === 'found'
        ? found({ connection: described.connection(), profileVersions: versions.value })
        : versions;
    },

    profile: (name) =>
      read('get profiles.kubeflow.org', () =>
        served(async (version) => profileOf(await get<unknown>(profilesPath(version, name))).profile),
      ),

    profiles: () =>
      read('list profiles.kubeflow.org', () =>
        served(async (version) =>
          itemsOf(await get<unknown>(profilesPath(version))).map((item) => profileOf(item).profile),
        ),
      ),

    profileNames: (limit) =>
      read('list profiles.kubeflow.org', () =>
        served(async (version) => {
          const path = `${profilesPath(version)}?limit=${limit}`;
          return itemsOf(await rest.request('GET', path, undefined, METADATA)).map((item) => metadataOf(item).name);
        }),
      ),

    namespace: (name) =>
      read('get namespaces', async () => namespaceOf(await get<unknown>(`/api/v1/namespaces/${path(name)}`))),

    serviceAccount: (namespace, name) =>
      read('get serviceaccounts', async () =>
        serviceAccountOf(await get<unknown>(`${serviceAccounts(namespace)}/${path(name)}`)),
      ),

    createProfile: (profile) =>
      act('create profiles.kubeflow.org', () =>
        served(async (version) => {
          await rest.request('POST', `${profilesPath(version)}${BY_US}`, inVersion(profile, version));
        }),
      ),

    replaceProfile: (profile) =>
      act('update profiles.kubeflow.org', () =>
        served(async (version) => {
          const at = profilesPath(version, profile.metadata.name);
          await rest.request('PUT', `${at}${BY_US}`, inVersion(profile, version));
        }),
      ),

    deleteProfile: (name, signal) =>
      act('delete profiles.kubeflow.org', async () => {
        try {
          await served((version) => rest.request('DELETE', profilesPath(version, name)));
          for (const wait of GOING) {
            await sleep(wait, undefined, signal === undefined ? {} : { signal });
            await served((version) => get<unknown>(profilesPath(version, name)));
          }
        } catch (error) {
          if (error instanceof KubernetesError && error.status === 404) return;
          throw error;
        }
        throw new KubernetesError(`Profile ${name} is being deleted and still there.`, 0, 'Timeout');
      }),

    annotate: (resource, name, annotations, namespace) =>
      act(`update ${resource}`, async () => {
        const place = namespace === undefined ? '' : `namespaces/${path(namespace)}/`;
        const at = `/api/v1/${place}${resource}/${path(name)}`;
        const object = await get<{ metadata?: { annotations?: Readonly<Record<string, string>> } }>(at);
        // As it was read: if it changes between the two calls, the server refuses (resourceVersion).
        const metadata = { ...object.metadata, annotations: { ...object.metadata?.annotations, ...annotations } };
        await rest.request('PUT', `${at}${BY_US}`, { ...object, metadata });
      }),

    waitForServiceAccount: async (namespace, name, wanted, timeoutMs, signal) => {
      const end = new AbortController();
      const stop = (): void => end.abort();
      if (signal?.aborted === true) stop();
      signal?.addEventListener('abort', stop, { once: true });
      const timer = setTimeout(stop, timeoutMs);
      let result: ServiceAccount | undefined;
      const kind = { ...accountsOf(namespace), selector: named(name) };
      try {
        await follow<ServiceAccount>(
          {
            watch: (version, onChange, until) => watch(rest, served, kind, version, onChange, until),
            take: ({ type, item }) => {
              if (result !== undefined || type !== 'changed' || item === undefined || !wanted(item)) return;
              result = item;
              stop();
            },
            isFinal,
            longest: LONGEST_PAUSE,
          },
          undefined,
          end.signal,
        );
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
      }
      return result;
    },

    serviceAccountToken: (namespace, name, audience, seconds) =>
      act('create serviceaccounts/token', async () => {
        const answer = (await rest.request('POST', `${serviceAccounts(namespace)}/${path(name)}/token${BY_US}`, {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: { audiences: [audience], expirationSeconds: seconds },
        })) as { status?: { token?: string } };
        if (answer.status?.token === undefined) throw new KubernetesError('the answer holds no token', 0, 'NoToken');
        return answer.status.token;
      }),

    close: () => rest.close(),
  };
}

const inVersion = (profile: Profile, version: string): Profile => ({
  ...profile,
  apiVersion: `${PROFILE_GROUP}/${version}`,
});
