/** The only room with a Kubernetes client: implements {@link Kubernetes} on the API server of an EKS cluster. */
import type { Profile, ServiceAccount } from '../core/observation.ts';
import { found } from '../core/reading.ts';
import { OutsideError, type ConnectKubernetes, type Kubernetes } from '../provisioning/ports.ts';
import { accessOf, type Described } from './access.ts';
import { act, read } from './errors.ts';
import { kubernetesLists } from './lists.ts';
import { namespaceOf, serviceAccountOf, type Resource } from './objects.ts';
import { KubernetesError, Rest } from './rest.ts';

const PROFILE_API = '/apis/kubeflow.org';
const PROFILES = `${PROFILE_API}/v1/profiles`;

interface ResourceList<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly T[];
}

/** Items of a list carry neither kind nor apiVersion. */
const profileOf = (object: object): Profile =>
  ({ apiVersion: 'kubeflow.org/v1', kind: 'Profile', ...object }) as Profile;

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
      read('get profiles.kubeflow.org', async () => profileOf(await get<object>(`${PROFILES}/${path(name)}`))),

    profiles: () =>
      read('list profiles.kubeflow.org', async () => (await get<ResourceList<object>>(PROFILES)).items.map(profileOf)),

    namespace: (name) =>
      read('get namespaces', async () => namespaceOf(await get<Resource>(`/api/v1/namespaces/${path(name)}`))),

    serviceAccount: (namespace, name) =>
      read('get serviceaccounts', async () =>
        serviceAccountOf(await get<Resource>(`${serviceAccounts(namespace)}/${path(name)}`)),
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
        const serviceAccount = serviceAccountOf(object as Resource);
        if (result !== undefined || !wanted(serviceAccount)) return;
        result = serviceAccount;
        stop.abort();
      };
      // A watch without a resource version begins with what is there, and may end at any time: then it begins again.
      while (!stopWhen.aborted) {
        await act('watch serviceaccounts', () =>
          rest.watch(
            selector,
            ({ type, object }) => {
              if (type === 'ADDED' || type === 'MODIFIED') look(object);
            },
            stopWhen,
          ),
        ).catch((error: unknown) => {
          if (!stopWhen.aborted) throw error;
        });
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
