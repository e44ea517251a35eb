/** The only room with a Kubernetes client: implements {@link Kubernetes} on the API server of an EKS cluster. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Profile, ServiceAccount } from '../core/observation.ts';
import { found } from '../core/reading.ts';
import { OutsideError, type ConnectKubernetes, type Kubernetes } from '../provisioning/ports.ts';
import { accessOf, type Described } from './access.ts';
import { act, read } from './errors.ts';
import { kubernetesLists } from './lists.ts';
import { itemsOf, namespaceOf, profileOf, serviceAccountOf } from './objects.ts';
import { KubernetesError, Rest } from './rest.ts';

const PROFILE_API = '/apis/kubeflow.org';
/** The version of Profiles that is used where the cluster serves it. */
const USUAL = 'v1';
/** Who wrote a field, in `metadata.managedFields`. */
const MANAGER = 'fieldManager=kubeflow-irsa';
/** Before it is looked whether a deleted Profile is gone; the controller takes up to a minute. Milliseconds. */
const GOING = [100, 200, 400, 800, 1_500, ...Array.from({ length: 20 }, () => 3_000)];

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

  /** The version of Profiles that this cluster serves, as far as it is known. */
  let version = USUAL;
  const discover = async (): Promise<readonly string[]> => {
    const group = await get<{ versions?: readonly { version: string }[] }>(PROFILE_API);
    const served = (group.versions ?? []).map(({ version }) => version);
    const resources = await Promise.all(
      served.map(async (version) => {
        const list = await get<{ resources?: readonly { name: string }[] }>(`${PROFILE_API}/${path(version)}`);
        return list.resources?.some(({ name }) => name === 'profiles') === true ? [version] : [];
      }),
    );
    const versions = resources.flat();
    version = versions.includes(USUAL) ? USUAL : (versions[0] ?? USUAL);
    return versions;
  };
  /** A call about Profiles, at the served version. One that is not served has no object to be missing: its 404 has no reason. */
  const profiles = async <T>(call: (collection: string) => Promise<T>): Promise<T> => {
    const tried = version;
    const at = (): string => `${PROFILE_API}/${path(version)}/profiles`;
    try {
      return await call(at());
    } catch (error) {
      const isUnserved = error instanceof KubernetesError && error.status === 404 && error.reason !== 'NotFound';
      if (!isUnserved || (await discover()).length === 0 || version === tried) throw error;
      return call(at());
    }
  };
  const served = (profile: Profile): Profile => ({ ...profile, apiVersion: `kubeflow.org/${version}` });

  return {
    ...kubernetesLists(rest),

    api: async () => {
      const versions = await read('get /apis', discover);
      if (versions.state === 'absent') return found({ connection: described.connection(), profileVersions: [] });
      return versions.state === 'found'
        ? found({ connection: described.connection(), profileVersions: versions.value })
        : versions;
    },

    profile: (name) =>
      read('get profiles.kubeflow.org', () =>
        profiles(async (collection) => profileOf(await get<unknown>(`${collection}/${path(name)}`)).profile),
      ),

    profiles: () =>
      read('list profiles.kubeflow.org', () =>
        profiles(async (collection) => itemsOf(await get<unknown>(collection)).map((item) => profileOf(item).profile)),
      ),

    namespace: (name) =>
      read('get namespaces', async () => namespaceOf(await get<unknown>(`/api/v1/namespaces/${path(name)}`))),

    serviceAccount: (namespace, name) =>
      read('get serviceaccounts', async () =>
        serviceAccountOf(await get<unknown>(`${serviceAccounts(namespace)}/${path(name)}`)),
      ),

    createProfile: (profile) =>
      act('create profiles.kubeflow.org', () =>
        profiles(async (collection) => {
          await rest.request('POST', `${collection}?${MANAGER}`, served(profile));
        }),
      ),

    replaceProfile: (profile) =>
      act('update profiles.kubeflow.org', () =>
        profiles(async (collection) => {
          await rest.request('PUT', `${collection}/${path(profile.metadata.name)}?${MANAGER}`, served(profile));
        }),
      ),

    deleteProfile: (name, signal) =>
      act('delete profiles.kubeflow.org', async () => {
        const isGone = (error: unknown): boolean => error instanceof KubernetesError && error.status === 404;
        try {
          await profiles((collection) => rest.request('DELETE', `${collection}/${path(name)}`));
          for (const wait of GOING) {
            await sleep(wait, undefined, signal === undefined ? {} : { signal });
            await profiles((collection) => get<unknown>(`${collection}/${path(name)}`));
          }
        } catch (error) {
          if (isGone(error)) return;
          throw error;
        }
        throw new KubernetesError(`Profile ${name} is being deleted and still there.`, 0, 'Timeout');
      }),

    annotate: (resource, name, annotations, namespace) =>
      act(`update ${resource}`, async () => {
        const collection =
          namespace === undefined ? `/api/v1/${resource}` : `/api/v1/namespaces/${path(namespace)}/${resource}`;
        const object = await get<{ metadata?: { annotations?: Readonly<Record<string, string>> } }>(
          `${collection}/${path(name)}`,
        );
        // As it was read: if it changes between the two calls, the server refuses (resourceVersion).
        const metadata = { ...object.metadata, annotations: { ...object.metadata?.annotations, ...annotations } };
        await rest.request('PUT', `${collection}/${path(name)}?${MANAGER}`, { ...object, metadata });
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
