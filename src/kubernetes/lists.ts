import type { ListedProfile } from '../core/modes/view.ts';
import type { ConfigMap, Deployment, Profile, ServiceAccount } from '../core/observation.ts';
import { CONTROLLER } from '../core/profile/names.ts';
import { absent, type Reading } from '../core/reading.ts';
import { OutsideError, type Change, type KubernetesLists, type Listable, type Listed } from '../provisioning/ports.ts';
import { act, read } from './errors.ts';
import {
  configMapOf,
  deploymentOf,
  itemsOf,
  makerIn,
  metadataOf,
  namespaceOf,
  profileOf,
  record,
  serviceAccountOf,
} from './objects.ts';
import type { Rest, WatchEvent } from './rest.ts';
import { profilesPath, type WithVersion } from './served.ts';

/** Items of one page: small enough that parsing a page never blocks the extension host for long. */
const PAGE = 500;
/** The server ends a watch after this time, in seconds. */
const WATCH_SECONDS = 300;
/**
 * A watch without a sign of life for this long is dead, for example after sleep, in milliseconds. Bookmarks come about every
 * minute (Kubernetes documentation, "Watch bookmarks").
 */
const SILENCE = 100_000;
/** Metadata alone: what a list of namespaces or service accounts is read for. */
export const METADATA = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

/** What is listed and watched of one kind. */
export interface Kind<T> {
  /** Verb-less resource, for words such as "list serviceaccounts". */
  readonly resource: string;
  /** Path of the list; `version`: that of the Profile API which the cluster serves. */
  readonly path: (version: string) => string;
  /** Further query of list and watch. */
  readonly selector?: string;
  readonly accept?: string;
  readonly of: (object: unknown) => T;
}

/** The field selector of one name, as a query. */
export const named = (name: string): string => `fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;

/** The service accounts of one namespace, or of all. */
export const accountsOf = (namespace?: string): Kind<ServiceAccount> => ({
  resource: 'serviceaccounts',
  path: () => `/api/v1/${namespace === undefined ? '' : `namespaces/${encodeURIComponent(namespace)}/`}serviceaccounts`,
  accept: METADATA,
  of: serviceAccountOf,
});

/** The ConfigMaps of one namespace. */
export const configMapsOf = (namespace: string): Kind<ConfigMap> => ({
  resource: 'configmaps',
  path: () => `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps`,
  of: configMapOf,
});

/** Profiles as they are, with all that they hold. */
export const PROFILES: Kind<Profile> = {
  resource: 'profiles.kubeflow.org',
  path: profilesPath,
  of: (object) => profileOf(object).profile,
};

/** The names of Profiles. */
export const PROFILE_NAMES: Kind<string> = {
  resource: 'profiles.kubeflow.org',
  path: profilesPath,
  accept: METADATA,
  of: (object) => metadataOf(object).name,
};

/** A kind of the estate; `one`: the path of what a profile has of it. */
type EstateKind<T> = Kind<T> & { readonly one: (profile: string, version: string) => string };
const inNamespace = (resource: string, name: string) => (profile: string) =>
  `/api/v1/namespaces/${encodeURIComponent(profile)}/${resource}/${name}`;

const KINDS: { readonly [K in keyof Listable]: EstateKind<Listable[K]> } = {
  profiles: {
    resource: 'profiles.kubeflow.org',
    path: profilesPath,
    one: (profile, version) => profilesPath(version, profile),
    of: listedProfile,
  },
  namespaces: {
    resource: 'namespaces',
    path: () => '/api/v1/namespaces',
    one: (profile) => `/api/v1/namespaces/${encodeURIComponent(profile)}`,
    accept: METADATA,
    of: namespaceOf,
  },
  editors: {
    resource: 'serviceaccounts',
    path: () => '/api/v1/serviceaccounts',
    one: inNamespace('serviceaccounts', 'default-editor'),
    selector: named('default-editor'),
    accept: METADATA,
    of: serviceAccountOf,
  },
  launchers: {
    resource: 'configmaps',
    path: () => '/api/v1/configmaps',
    one: inNamespace('configmaps', 'kfp-launcher'),
    selector: named('kfp-launcher'),
    of: configMapOf,
  },
};

/** A Profile without what grows or may have any shape. A part of a wrong shape is left out and named in `malformed`. */
export function listedProfile(object: unknown): ListedProfile {
  const { profile, wrong } = profileOf(object);
  const { name, resourceVersion, deletionTimestamp, creationTimestamp, finalizers } = metadataOf(object);
  return {
    apiVersion: profile.apiVersion,
    kind: profile.kind,
    metadata: {
      name,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    ...(profile.spec === undefined ? {} : { spec: profile.spec }),
    ...(creationTimestamp === undefined ? {} : { created: creationTimestamp }),
    finalizers,
    ...(wrong.length === 0 ? {} : { malformed: `${wrong.join('; ')}.` }),
    ...makerIn(object),
  };
}

/**
 * The items of a kind, page by page: all, or the first `most`. A page may have fewer than it was asked for though there are more.
 *
 * @param after what pages after the first wait for
 */
export async function listAll<T>(
  rest: Rest,
  served: WithVersion,
  kind: Kind<T>,
  {
    after,
    came,
    most = Infinity,
  }: {
    readonly after?: Promise<unknown> | undefined;
    readonly came?: ((items: readonly T[]) => void) | undefined;
    readonly most?: number;
  } = {},
): Promise<Listed<T>> {
  const ask = (next?: string): Promise<unknown> => {
    const query = [`limit=${Math.min(PAGE, most)}`, kind.selector, next && `continue=${encodeURIComponent(next)}`];
    const search = query.filter(Boolean).join('&');
    return served((version) => rest.request('GET', `${kind.path(version)}?${search}`, undefined, kind.accept));
  };
  const items: T[] = [];
  let asked: Promise<unknown> | undefined = ask();
  let version = '';
  while (asked !== undefined) {
    const page: unknown = await asked;
    const token = record(record(page)?.['metadata'])?.['continue'];
    const objects = itemsOf(page);
    // The server makes the next page while this one is read.
    asked = undefined;
    if (typeof token === 'string' && token !== '' && items.length + objects.length < most) {
      await after;
      asked = ask(token);
    }
    const read = objects.slice(0, most - items.length).map((item) => kind.of(item));
    items.push(...read);
    came?.(read);
    version = metadataOf(page).resourceVersion ?? '';
  }
  return { items, version };
}

/** A deployment with the image of a container, else of its first one. */
export const deploymentIn = (
  rest: Rest,
  namespace: string,
  name: string,
  container?: string,
): Promise<Reading<Deployment>> =>
  read('get deployments.apps', async () =>
    deploymentOf(
      await rest.request('GET', `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments/${name}`),
      container,
    ),
  );

/** Implements {@link KubernetesLists} on one API server. */
export function kubernetesLists(rest: Rest, served: WithVersion): Omit<KubernetesLists, 'inspect'> {
  return {
    list: <K extends keyof Listable>(
      kind: K,
      after?: Promise<unknown>,
      came?: (items: readonly Listable[K][]) => void,
    ): Promise<Reading<Listed<Listable[K]>>> =>
      read(`list ${KINDS[kind].resource}`, () => listAll<Listable[K]>(rest, served, KINDS[kind], { after, came })),

    one: <K extends keyof Listable>(kind: K, profile: string): Promise<Reading<Listable[K]>> => {
      const { resource, one, of }: EstateKind<Listable[K]> = KINDS[kind];
      return read(`get ${resource}`, () =>
        served(async (version) => of(await rest.request('GET', one(profile, version)))),
      );
    },

    watch: (kind, version, onChange, signal) => watch(rest, served, KINDS[kind], version, onChange, signal),

    serviceAccounts: (namespace) =>
      read('list serviceaccounts', async () => (await listAll(rest, served, accountsOf(namespace))).items),

    configMaps: (name) =>
      read('list configmaps', async () => {
        const kind = { ...KINDS.launchers, selector: named(name) };
        return (await listAll<ConfigMap>(rest, served, kind)).items;
      }),

    profileController: async () => {
      for (const namespace of CONTROLLER.namespaces) {
        const deployment = await deploymentIn(rest, namespace, CONTROLLER.deployment, CONTROLLER.container);
        if (deployment.state === 'found') return deployment.value.image === '' ? absent : deployment;
        if (deployment.state !== 'absent') return deployment;
      }
      return absent;
    },
  };
}

/**
 * One watch of a kind, as KubernetesLists.watch; without `version` it begins with what is there. Throws {@link OutsideError}.
 * No AbortSignal.any here or elsewhere: on Node 20 what it is made of may be collected, and then it never aborts.
 */
export async function watch<T>(
  rest: Rest,
  served: WithVersion,
  kind: Kind<T>,
  version: string | undefined,
  onChange: (change: Change<T>) => void,
  signal: AbortSignal,
): Promise<void> {
  const end = new AbortController();
  const stop = (): void => end.abort();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  let silent = false;
  const timer = setTimeout(() => {
    silent = true;
    stop();
  }, SILENCE);
  let stopped: OutsideError | undefined;
  const onEvent = ({ type, object }: WatchEvent): void => {
    timer.refresh();
    if (type === 'ERROR') {
      const { code = 500, message = '' } = (record(object) ?? {}) as { code?: number; message?: string };
      stopped = new OutsideError(message, String(code));
      return;
    }
    const at = metadataOf(object).resourceVersion ?? version ?? '';
    if (type === 'BOOKMARK') onChange({ type: 'bookmark', version: at });
    else onChange({ type: type === 'DELETED' ? 'deleted' : 'changed', item: kind.of(object), version: at });
  };
  const query = [
    kind.selector,
    version !== undefined && `resourceVersion=${encodeURIComponent(version)}`,
    'allowWatchBookmarks=true',
    `timeoutSeconds=${WATCH_SECONDS}`,
  ];
  try {
    const search = query.filter(Boolean).join('&');
    await act(`watch ${kind.resource}`, () =>
      served((api) => rest.watch(`${kind.path(api)}?${search}`, onEvent, end.signal)),
    );
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
  if (stopped !== undefined) throw stopped;
  if (silent) throw new OutsideError('the cluster gave no sign of life.', 'Silence');
}
