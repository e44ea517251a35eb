/** The only room with a Kubernetes client: implements {@link Kubernetes} on the API server of an EKS cluster. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceAccount } from '../core/observation.ts';
import { found } from '../core/reading.ts';
import { OutsideError, type ConnectKubernetes, type Kubernetes } from '../provisioning/ports.ts';
import { accessOf, type Described } from './access.ts';
import { act, read } from './errors.ts';
import { kubernetesLists } from './lists.ts';
import { itemsOf, namespaceOf, profileOf, serviceAccountOf } from './objects.ts';
import { KubernetesError, Rest } from './rest.ts';

const PROFILE_API = '/apis/kubeflow.org';
const PROFILES = `${PROFILE_API}/v1/profiles`;

/** Before a watch begins again: at first, and at most. Each time without an event doubles it. Milliseconds. */
const PAUSE = { first: 500, most: 5_000 };

/** What another try of a watch cannot mend. */
const isFinal = (error: unknown): boolean =>
  !(error instanceof KubernetesError) || [401, 403].includes(error.status) || error.reason === 'Credentials';

/** Connects with the user's kubeconfig (`options.kubeconfig`: the file to use) or an EKS token: see access.ts. */
export const kubernetesConnector =
  (options: { kubeconfig?: string } = {}): ConnectKubernetes =>
  async (cluster, aws) => {
    const token = () => aws.eksToken(cluster.name);
    const { endpoint } = cluster;
    if (endpoint === undefined) throw new OutsideError(`Cluster ${cluster.name} has no endpoint yet.`, 'NoEndpoint');
    return kubernetesOf(accessOf({ ...cluster, endpoint }, token, options.kubeconfig));
  };

function kubernetesOf(described: Described): Kubernetes {
  const rest = new Rest(described.access);
  const get = <T>(path: string): Promise<T> => rest.request('GET', path) as Promise<T>;
  const path = (...parts: string[]): string => parts.map((part) => encodeURIComponent(part)).join('/');
  const serviceAccounts = (namespace: string): string => `/api/v1/namespaces/${path(namespace)}/serviceaccounts`;

  return {
    ...kubernetesLists(rest),

    api: async () => {
      const versions = await read('get /apis', async () => {
        const group = await get<{ versions?: readonly { version: string }[] }>(PROFILE_API);
        const served = (group.versions ?? []).map(({ version }) => version);
        const resources = await Promise.all(
          served.map(async (version) => {
            const list = await get<{ resources?: readonly { name: string }[] }>(`${PROFILE_API}/${path(version)}`);
            return list.resources?.some(({ name }) => name === 'profiles') === true ? [version] : [];
          }),
        );
        return resources.flat();
      });
      if (versions.state === 'absent') return found({ connection: described.connection(), profileVersions: [] });
      return versions.state === 'found'
        ? found({ connection: described.connection(), profileVersions: versions.value })
        : versions;
    },

    profile: (name) =>
      read('get profiles.kubeflow.org', async () => profileOf(await get<unknown>(`${PROFILES}/${path(name)}`)).profile),

    profiles: () =>
      read('list profiles.kubeflow.org', async () =>
        itemsOf(await get<unknown>(PROFILES)).map((item) => profileOf(item).profile),
      ),

    namespace: (name) =>
      read('get namespaces', async () => namespaceOf(await get<unknown>(`/api/v1/namespaces/${path(name)}`))),

    serviceAccount: (namespace, name) =>
      read('get serviceaccounts', async () =>
        serviceAccountOf(await get<unknown>(`${serviceAccounts(namespace)}/${path(name)}`)),
      ),

    createProfile: (profile) =>
      act('create profiles.kubeflow.org', async () => {
        await rest.request('POST', PROFILES, profile);
      }),

    replaceProfile: (profile) =>
      act('update profiles.kubeflow.org', async () => {
        await rest.request('PUT', `${PROFILES}/${path(profile.metadata.name)}`, {
          ...profile,
          apiVersion: 'kubeflow.org/v1',
        });
      }),

    waitForServiceAccount: async (namespace, name, wanted, timeoutMs, signal) => {
      const stop = new AbortController();
      const stopWhen = AbortSignal.any([stop.signal, AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
      const selector = `${serviceAccounts(namespace)}?fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
      let result: ServiceAccount | undefined;
      const look = (object: unknown): void => {
        const serviceAccount = serviceAccountOf(object);
        if (result !== undefined || !wanted(serviceAccount)) return;
        result = serviceAccount;
        stop.abort();
      };
      // A watch without a resource version begins with what is there, and may end at any time: then it begins again.
      let pause = PAUSE.first;
      while (!stopWhen.aborted) {
        await act('watch serviceaccounts', async () => {
          try {
            await rest.watch(
              selector,
              ({ type, object }) => {
                if (type !== 'ADDED' && type !== 'MODIFIED') return;
                pause = PAUSE.first;
                look(object);
              },
              stopWhen,
            );
          } catch (error) {
            if (isFinal(error)) throw error;
          }
        });
        await sleep(pause, undefined, { signal: stopWhen }).catch(() => undefined);
        pause = Math.min(2 * pause, PAUSE.most);
      }
      return result;
    },

    serviceAccountToken: (namespace, name, audience, seconds) =>
      act('create serviceaccounts/token', async () => {
        const answer = (await rest.request('POST', `${serviceAccounts(namespace)}/${path(name)}/token`, {
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
