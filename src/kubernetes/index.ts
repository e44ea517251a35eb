/** The only room with a Kubernetes client: implements {@link Kubernetes} on the API server of an EKS cluster. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Profile } from '../core/observation.ts';
import { found } from '../core/reading.ts';
import { follow } from '../provisioning/follow.ts';
import {
  OutsideError,
  type ConnectKubernetes,
  type KubeObject,
  type Kubernetes,
  type Resource,
} from '../provisioning/ports.ts';
import { accessOf, type Described } from './access.ts';
import { act, read } from './errors.ts';
import { inspector, podOf } from './inspect.ts';
import {
  accountsOf,
  configMapsOf,
  deploymentIn,
  kubernetesLists,
  listAll,
  named,
  PROFILE_NAMES,
  PROFILES,
  watch,
  type Kind,
} from './lists.ts';
import { configMapOf, namespaceOf, profileOf, serviceAccountOf } from './objects.ts';
import { KubernetesError, Rest } from './rest.ts';
import { PROFILE_GROUP, profilesPath, servedVersion, servedVersions } from './served.ts';

/** Who we are to the API server: field manager of what is written, and the name in its logs. */
const MANAGER = 'kubeflow-irsa';
const BY_US = `?fieldManager=${MANAGER}`;
/** Before it is looked whether a deleted Profile is gone: two minutes, as the controller has one worker. Milliseconds. */
const GOING = [
  ...Array.from({ length: 4 }, () => 50),
  ...Array.from({ length: 20 }, () => 200),
  ...Array.from({ length: 58 }, () => 2_000),
];
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
    const token = () => aws.eksToken(cluster.localId ?? cluster.name);
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

  const configMaps = (namespace: string, ...name: string[]): string =>
    `/api/v1/namespaces/${path(namespace)}/configmaps${name.map((one) => `/${path(one)}`).join('')}`;

  /** The first state of an object that is wanted, or undefined after a time. It, and its namespace, need not exist yet. */
  async function appears<T>(
    of: Kind<T>,
    name: string,
    wanted: (item: T) => boolean,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    const end = new AbortController();
    const stop = (): void => end.abort();
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
    const timer = setTimeout(stop, timeoutMs);
    let result: T | undefined;
    const kind = { ...of, selector: named(name) };
    try {
      await follow<T>(
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
  }

  return {
    ...kubernetesLists(rest, served),
    inspect: inspector(rest, served),

    api: async () => {
      const versions = await read('get /apis', () => servedVersions(rest));
      if (versions.state !== 'found' && versions.state !== 'absent') return versions;
      const { contexts } = described;
      return found({
        connection: described.connection(),
        profileVersions: versions.state === 'found' ? versions.value : [],
        ...(contexts === undefined ? {} : { contexts }),
      });
    },

    profile: (name) =>
      read('get profiles.kubeflow.org', () =>
        served(async (version) => profileOf(await get<unknown>(profilesPath(version, name))).profile),
      ),

    profiles: () => read('list profiles.kubeflow.org', async () => (await listAll(rest, served, PROFILES)).items),

    profileNames: (limit) =>
      read('list profiles.kubeflow.org', async () => {
        return (await listAll(rest, served, PROFILE_NAMES, { most: limit })).items;
      }),

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

    may: (verb, resource) =>
      read(`create selfsubjectaccessreviews.authorization.k8s.io`, async () => {
        const [name = '', ...group] = resource.split('.');
        const answer = (await rest.request('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: { verb, group: group.join('.'), resource: name } },
        })) as { status?: { allowed?: boolean } };
        return answer.status?.allowed === true;
      }),

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

    annotate: (resource, name, annotations, before, namespace) =>
      act(`update ${resource}`, async () => {
        const place = namespace === undefined ? '' : `namespaces/${path(namespace)}/`;
        const at = `/api/v1/${place}${resource}/${path(name)}`;
        const object = await get<{ metadata?: { annotations?: Readonly<Record<string, string>> } }>(at);
        const others = Object.entries(before).filter(([key, value]) => object.metadata?.annotations?.[key] !== value);
        if (others.length > 0)
          throw new KubernetesError(`${resource} ${name} was annotated meanwhile.`, 409, 'Conflict');
        // As it was read: if it changes between the two calls, the server refuses (resourceVersion).
        const metadata = { ...object.metadata, annotations: { ...object.metadata?.annotations, ...annotations } };
        await rest.request('PUT', `${at}${BY_US}`, { ...object, metadata });
      }),

    waitForServiceAccount: (namespace, name, ...how) => appears(accountsOf(namespace), name, ...how),

    configMap: (namespace, name) =>
      read('get configmaps', async () => configMapOf(await get<unknown>(configMaps(namespace, name)))),

    createConfigMap: ({ namespace, name, annotations, data }) =>
      act('create configmaps', async () => {
        const metadata = { namespace, name, ...(annotations === undefined ? {} : { annotations }) };
        const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
        await rest.request('POST', `${configMaps(namespace)}${BY_US}`, configMap);
      }),

    patchConfigMap: ({ namespace, name, resourceVersion, data: before }, data) =>
      act('patch configmaps', async () => {
        const without = Object.keys(before).filter((key) => !(key in data));
        const patch: Record<string, string | null> = Object.fromEntries(without.map((key) => [key, null]));
        for (const [key, text] of Object.entries(data)) if (before[key] !== text) patch[key] = text;
        await rest.request('PATCH', `${configMaps(namespace, name)}${BY_US}`, {
          metadata: { resourceVersion },
          data: patch,
        });
      }),

    deleteConfigMap: (namespace, name) =>
      act('delete configmaps', async () => {
        await rest.request('DELETE', configMaps(namespace, name));
      }),

    waitForConfigMap: (namespace, name, ...how) => appears(configMapsOf(namespace), name, ...how),

    deployment: (namespace, name, container) => deploymentIn(rest, namespace, name, container),

    tryPod: (namespace, pod) =>
      read('create pods', async () => {
        const at = objectsPath('pods', namespace);
        return podOf(await rest.request('POST', `${at}${BY_US}&dryRun=All`, pod));
      }),

    object: (resource, namespace, name) =>
      read(`get ${RESOURCES[resource].permission}`, () => get<KubeObject>(objectsPath(resource, namespace, name))),

    objects: (resource, namespace) =>
      read(`list ${RESOURCES[resource].permission}`, async () => {
        const kind = {
          resource,
          path: () => objectsPath(resource, namespace),
          of: (one: unknown) => one as KubeObject,
        };
        return (await listAll<KubeObject>(rest, served, kind)).items;
      }),

    createObject: (resource, object) =>
      act(`create ${RESOURCES[resource].permission}`, async () => {
        await rest.request('POST', `${objectsPath(resource, object.metadata.namespace)}${BY_US}`, object);
      }),

    replaceObject: (resource, object) =>
      act(`update ${RESOURCES[resource].permission}`, async () => {
        const { namespace, name } = object.metadata;
        await rest.request('PUT', `${objectsPath(resource, namespace, name)}${BY_US}`, object);
      }),

    deleteObject: (resource, namespace, name) =>
      act(`delete ${RESOURCES[resource].permission}`, async () => {
        await rest.request('DELETE', objectsPath(resource, namespace, name));
      }),

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

/** Where resources are, and what a permission for them is called. */
const RESOURCES: Readonly<Record<Resource, { readonly api: string; readonly permission: string }>> = {
  deployments: { api: '/apis/apps/v1', permission: 'deployments.apps' },
  pods: { api: '/api/v1', permission: 'pods' },
  ingresses: { api: '/apis/networking.k8s.io/v1', permission: 'ingresses.networking.k8s.io' },
  rolebindings: { api: '/apis/rbac.authorization.k8s.io/v1', permission: 'rolebindings.rbac.authorization.k8s.io' },
  apiservices: { api: '/apis/apiregistration.k8s.io/v1', permission: 'apiservices.apiregistration.k8s.io' },
  // The version that KFAM writes; newer ones of Istio serve it, too.
  authorizationpolicies: {
    api: '/apis/security.istio.io/v1beta1',
    permission: 'authorizationpolicies.security.istio.io',
  },
};

function objectsPath(resource: Resource, namespace?: string, name?: string): string {
  const part = (text: string | undefined, before = ''): string =>
    text === undefined ? '' : `${before}/${encodeURIComponent(text)}`;
  return `${RESOURCES[resource].api}${part(namespace, '/namespaces')}/${resource}${part(name)}`;
}

const inVersion = (profile: Profile, version: string): Profile => ({
  ...profile,
  apiVersion: `${PROFILE_GROUP}/${version}`,
});
