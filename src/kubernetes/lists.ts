import type { Launcher, ListedProfile } from '../core/checks/readings.ts';
import { absent, type Reading } from '../core/reading.ts';
import { OutsideError, type Change, type KubernetesLists, type Listable, type Listed } from '../provisioning/ports.ts';
import { act, read } from './errors.ts';
import { itemsOf, metadataOf, namespaceOf, profileOf, record, serviceAccountOf } from './objects.ts';
import type { Rest, WatchEvent } from './rest.ts';

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
const METADATA = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

interface Kind<T> {
  /** Verb-less resource, for words such as "list serviceaccounts". */
  readonly resource: string;
  readonly path: string;
  /** Further query of list and watch. */
  readonly selector?: string;
  readonly accept?: string;
  readonly of: (object: unknown) => T;
}

const named = (name: string): string => `fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;

const KINDS: { readonly [K in keyof Listable]: Kind<Listable[K]> } = {
  profiles: { resource: 'profiles.kubeflow.org', path: '/apis/kubeflow.org/v1/profiles', of: listedProfile },
  namespaces: {
    resource: 'namespaces',
    path: '/api/v1/namespaces',
    accept: METADATA,
    of: namespaceOf,
  },
  editors: {
    resource: 'serviceaccounts',
    path: '/api/v1/serviceaccounts',
    selector: named('default-editor'),
    accept: METADATA,
    of: serviceAccountOf,
  },
  launchers: {
    resource: 'configmaps',
    path: '/api/v1/configmaps',
    selector: named('kfp-launcher'),
    of: launcherOf,
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
  };
}

function launcherOf(object: unknown): Launcher {
  const root = record(record(object)?.['data'])?.['defaultPipelineRoot'];
  return {
    namespace: metadataOf(object).namespace ?? '',
    ...(typeof root === 'string' && root.trim() !== '' ? { root: root.trim() } : {}),
  };
}

async function listAll<T>(
  rest: Rest,
  kind: Kind<T>,
  after?: Promise<unknown>,
  came?: (items: readonly T[]) => void,
): Promise<Listed<T>> {
  const ask = (next?: string): Promise<unknown> => {
    const query = [`limit=${PAGE}`, kind.selector, next && `continue=${encodeURIComponent(next)}`];
    return rest.request('GET', `${kind.path}?${query.filter(Boolean).join('&')}`, undefined, kind.accept);
  };
  const items: T[] = [];
  let asked: Promise<unknown> | undefined = ask();
  let version = '';
  while (asked !== undefined) {
    const page: unknown = await asked;
    const token = record(record(page)?.['metadata'])?.['continue'];
    // The server makes the next page while this one is read.
    asked = undefined;
    if (typeof token === 'string' && token !== '') {
      await after;
      asked = ask(token);
    }
    const read = itemsOf(page).map((item) => kind.of(item));
    items.push(...read);
    came?.(read);
    version = metadataOf(page).resourceVersion ?? '';
  }
  return { items, version };
}

/** Implements {@link KubernetesLists} on one API server. */
export function kubernetesLists(rest: Rest): KubernetesLists {
  return {
    list: <K extends keyof Listable>(
      kind: K,
      after?: Promise<unknown>,
      came?: (items: readonly Listable[K][]) => void,
    ): Promise<Reading<Listed<Listable[K]>>> =>
      read(`list ${KINDS[kind].resource}`, () => listAll<Listable[K]>(rest, KINDS[kind], after, came)),

    watch: (kind, version, onChange, signal) => watch(rest, KINDS[kind], version, onChange, signal),

    serviceAccounts: (namespace) =>
      read('list serviceaccounts', async () => {
        const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts?limit=${PAGE}`;
        return itemsOf(await rest.request('GET', path, undefined, METADATA)).map(serviceAccountOf);
      }),

    profileController: async () => {
      // The Kubeflow distribution has it in `kubeflow`, a stand-alone installation in `profiles-system`.
      for (const namespace of ['kubeflow', 'profiles-system']) {
        const image = await read('get deployments.apps', async () => {
          const deployment = (await rest.request(
            'GET',
            `/apis/apps/v1/namespaces/${namespace}/deployments/profiles-deployment`,
          )) as { spec?: { template?: { spec?: { containers?: readonly { name: string; image?: string }[] } } } };
          const containers = deployment.spec?.template?.spec?.containers ?? [];
          return (containers.find(({ name }) => name === 'manager') ?? containers[0])?.image ?? '';
        });
        if (image.state !== 'absent') return image.state === 'found' && image.value === '' ? absent : image;
      }
      return absent;
    },
  };
}

async function watch<T>(
  rest: Rest,
  kind: Kind<T>,
  version: string,
  onChange: (change: Change<T>) => void,
  signal: AbortSignal,
): Promise<void> {
  const dead = new AbortController();
  const timer = setTimeout(() => dead.abort(), SILENCE);
  let stopped: OutsideError | undefined;
  const onEvent = ({ type, object }: WatchEvent): void => {
    timer.refresh();
    if (type === 'ERROR') {
      const { code = 500, message = '' } = (record(object) ?? {}) as { code?: number; message?: string };
      stopped = new OutsideError(message, String(code));
      return;
    }
    const at = metadataOf(object).resourceVersion ?? version;
    if (type === 'BOOKMARK') onChange({ type: 'bookmark', version: at });
    else onChange({ type: type === 'DELETED' ? 'deleted' : 'changed', item: kind.of(object), version: at });
  };
  const query = [
    kind.selector,
    `resourceVersion=${encodeURIComponent(version)}`,
    'allowWatchBookmarks=true',
    `timeoutSeconds=${WATCH_SECONDS}`,
  ];
  try {
    await act(`watch ${kind.resource}`, () =>
      rest.watch(`${kind.path}?${query.filter(Boolean).join('&')}`, onEvent, AbortSignal.any([signal, dead.signal])),
    );
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
  if (stopped !== undefined) throw stopped;
  if (dead.signal.aborted) throw new OutsideError('the cluster gave no sign of life.', 'Silence');
}
