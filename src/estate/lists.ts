/** What a cluster has of each kind, profile by profile: listed as a whole, followed by watches, read again one by one. All of it is in the store. */
import { setImmediate as turn } from 'node:timers/promises';
import { refOf } from '../core/plan/plan.ts';
import type { Ref } from '../core/kinds.ts';
import { SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { absent, failed, found, valueOf, type Reading } from '../core/reading.ts';
import { follow, type Clock, type Lost } from '../provisioning/follow.ts';
import { OutsideError, type Change, type Kubernetes, type Listable } from '../provisioning/ports.ts';
import type { Shelf, Store } from '../provisioning/store.ts';
import { BULK } from './roles.ts';

export type Listed = keyof Listable;

/** Kinds that are watched. Namespaces are not: what is shown of them changes with their profile. */
const WATCHED = ['profiles', 'editors', 'launchers'] as const;
/** Items that are compared in one turn. */
const PORTION = 500;
/** Version of a list of which not all pages have come. */
const UNFINISHED = '';
const notYet = failed('it was not read yet');

/** What a kind is in the store, the key of a profile's item, and by what name an item belongs to a profile. */
interface Home<T> {
  readonly kind: 'k8s/profile' | 'k8s/namespace' | 'k8s/service-account' | 'k8s/config-map';
  readonly suffix: string;
  readonly profileOf: (item: T) => string;
}
const HOMES: { readonly [K in Listed]: Home<Listable[K]> } = {
  profiles: { kind: 'k8s/profile', suffix: '', profileOf: ({ metadata }) => metadata.name },
  namespaces: { kind: 'k8s/namespace', suffix: '', profileOf: ({ name }) => name },
  editors: {
    kind: 'k8s/service-account',
    suffix: `/${SERVICE_ACCOUNT}`,
    profileOf: ({ namespace }) => namespace,
  },
  launchers: { kind: 'k8s/config-map', suffix: '/kfp-launcher', profileOf: ({ namespace }) => namespace },
};
const KINDS = Object.keys(HOMES) as readonly Listed[];

/** What a profile has in its cluster, as Refs. */
export const refsOfProfile = (clusterArn: string, profile: string): readonly Ref[] =>
  KINDS.map((kind) => refOf(HOMES[kind].kind, clusterArn, profile + HOMES[kind].suffix));

/** The kinds and the profile that a Ref is of; undefined: nothing that is listed. */
export function listedBy({ kind, key }: Ref): { readonly listed: Listed; readonly profile: string } | undefined {
  const listed = KINDS.find((one) => HOMES[one].kind === kind);
  const suffix = listed === undefined ? '' : HOMES[listed].suffix;
  if (listed === undefined || !key.endsWith(suffix)) return undefined;
  return { listed, profile: key.slice(0, key.length - suffix.length) };
}

/** An item without its version: whether it differs in anything that is kept of it. */
const shown = (item: unknown): string =>
  JSON.stringify(item, (key, value: unknown) => (key === 'resourceVersion' ? undefined : value));

export interface Lists {
  /** How a kind was read: absent, denied and failed readings answer for all of its items. */
  state(kind: Listed): Reading<unknown>;
  /** What a profile has of a kind. */
  one<K extends Listed>(kind: K, profile: string): Reading<Listable[K]>;
  /** Names of the profiles that have one. */
  names(kind: Listed): Iterable<string>;
  /** Why changes do not come at the moment. */
  readonly lost: Lost | undefined;
  /** Lists a kind anew. A list that fails later on leaves what is known. With `soon`, each page counts as it comes. */
  list<K extends Listed>(kind: K, after?: Promise<unknown>, soon?: () => void): Promise<Reading<unknown>>;
  /** Reads again what profiles have of these kinds: each by itself, or, where they are many, all with one list. */
  readItems(kinds: readonly Listed[], profiles: readonly string[]): Promise<void>;
  /** Forgets how lists went and what was lost. What they brought stays. */
  begin(): void;
  /** Watches until `signal` aborts, once `listed` is over. */
  watch(listed: Promise<unknown>, signal: AbortSignal): void;
}

export interface ListsOptions {
  /** Told of items that changed, by the names of their profiles. */
  readonly changed: (kind: Listed, profiles: readonly string[]) => void;
  /** Something in the store changed: what was made of it is not so any more. */
  readonly stale: () => void;
  /** Told when changes stop to come, or come again. */
  readonly lost: () => void;
  readonly failed: (error: unknown) => void;
  readonly clock: Clock;
}

export function clusterLists(
  clusterArn: string,
  kubernetes: Pick<Kubernetes, 'list' | 'one' | 'watch'>,
  store: Store,
  { changed, stale, lost: lostChanged, failed: noted, clock }: ListsOptions,
): Lists {
  const shelves: { readonly [K in Listed]: Shelf<Listable[K]> } = {
    profiles: store.partShelf('k8s/profile', clusterArn),
    namespaces: store.shelf('k8s/namespace', clusterArn),
    editors: store.shelf('k8s/service-account', clusterArn, HOMES.editors.suffix),
    launchers: store.shelf('k8s/config-map', clusterArn, HOMES.launchers.suffix),
  };
  const shelfOf = <K extends Listed>(kind: K) => shelves[kind] as Shelf<Listable[K]>;
  const state = new Map<Listed, Reading<{ readonly version: string }>>();
  const lost = new Map<Listed, Lost>();

  const item = <K extends Listed>(kind: K, profile: string): Listable[K] | undefined => {
    const reading = shelfOf(kind).get(profile);
    return reading && valueOf(reading);
  };
  const put = <K extends Listed>(kind: K, value: Listable[K]): void => {
    const home: Home<Listable[K]> = HOMES[kind];
    shelfOf(kind).put(home.profileOf(value), value);
    stale();
  };
  const drop = (kind: Listed, profile: string): void => {
    shelves[kind].delete(profile);
    stale();
  };
  function* names(kind: Listed): Iterable<string> {
    for (const name of shelves[kind].keys()) if (shelves[kind].get(name)?.state === 'found') yield name;
  }
  /** All items of a kind. */
  const items = <K extends Listed>(kind: K): Map<string, Listable[K]> =>
    new Map(
      [...names(kind)].flatMap((name) => {
        const value = item(kind, name);
        return value === undefined ? [] : [[name, value] as const];
      }),
    );

  async function list<K extends Listed>(
    kind: K,
    after?: Promise<unknown>,
    soon?: () => void,
  ): Promise<Reading<{ readonly version: string }>> {
    const reading = await kubernetes.list(kind, after, (page) => {
      if (soon === undefined) return;
      for (const value of page) put(kind, value);
      state.set(kind, found({ version: UNFINISHED }));
      soon();
    });
    if (reading.state !== 'found') {
      const known = state.get(kind);
      if (known?.state === 'found' && known.value.version !== UNFINISHED) return reading;
      state.set(kind, reading);
      // What somebody else read, or read before: it may not be so any more.
      for (const name of [...names(kind)]) drop(kind, name);
      return reading;
    }
    const home: Home<Listable[K]> = HOMES[kind];
    const there = new Set(reading.value.items.map(home.profileOf));
    for (const name of [...names(kind)]) if (!there.has(name)) drop(kind, name);
    for (const value of reading.value.items) put(kind, value);
    const version = found({ version: reading.value.version });
    state.set(kind, version);
    return version;
  }

  /** One change of a watch: kept, and told unless it is one that nobody is shown, such as the status. */
  function take<K extends Listed>(kind: K, change: Change<Listable[K]>): void {
    state.set(kind, found({ version: change.version }));
    if (change.item === undefined) return;
    const home: Home<Listable[K]> = HOMES[kind];
    const name = home.profileOf(change.item);
    const before = item(kind, name);
    if (change.type === 'deleted') drop(kind, name);
    else put(kind, change.item);
    if (change.type === 'changed' && before !== undefined && shown(before) === shown(change.item)) return;
    changed(kind, [name]);
  }

  /** Lists a watched kind again, and tells what differs. */
  async function listAgain(kind: Listed): Promise<Reading<string>> {
    const before = items(kind);
    const reading = await list(kind);
    if (reading.state !== 'found') return reading;
    const now = items(kind);
    const different = [...before.keys()].filter((name) => !now.has(name));
    let compared = 0;
    for (const [name, value] of now) {
      const known = before.get(name);
      if (known === undefined || (known !== value && shown(known) !== shown(value))) different.push(name);
      if (++compared % PORTION === 0) await turn();
    }
    changed(kind, different);
    return found(reading.value.version);
  }

  /** Watches a kind for as long as wanted. What was known stays shown while the cluster cannot be reached. */
  async function following(kind: (typeof WATCHED)[number], signal: AbortSignal): Promise<void> {
    const known = state.get(kind);
    // What could not be listed at all is for the user to try again.
    if (known?.state !== 'found') return;
    // A list that was never read whole is read again.
    const version = known.value.version === UNFINISHED ? undefined : known.value.version;
    await follow<Listable[typeof kind]>(
      {
        list: () => listAgain(kind),
        watch: (from = '', onChange, until) => kubernetes.watch(kind, from, onChange, until),
        take: (change) => take(kind, change),
        lost: (why) => {
          if (why === undefined) lost.delete(kind);
          else lost.set(kind, why);
          lostChanged();
        },
        // Who may list ConfigMaps and not watch them sees the rest as ever.
        isFinal: (error) => kind === 'launchers' && error instanceof OutsideError && error.permission !== undefined,
      },
      version,
      signal,
      clock,
    );
  }

  async function again<K extends Listed>(kind: K, profiles: readonly string[]): Promise<void> {
    if (profiles.length >= BULK) return void (await list(kind));
    await Promise.all(
      profiles.map(async (name) => {
        const reading = await kubernetes.one(kind, name);
        if (reading.state === 'found') put(kind, reading.value);
        else if (reading.state === 'absent') drop(kind, name);
      }),
    );
  }

  return {
    state: (kind) => state.get(kind) ?? notYet,
    one: <K extends Listed>(kind: K, profile: string): Reading<Listable[K]> => {
      const own = shelfOf(kind).get(profile);
      if (own !== undefined) return own;
      const reading = state.get(kind) ?? notYet;
      return reading.state === 'found' ? absent : reading;
    },
    names,
    get lost() {
      return [...lost.values()][0];
    },
    list,
    readItems: async (kinds, profiles) => {
      await Promise.all(kinds.map((kind) => again(kind, profiles)));
    },
    begin: () => {
      state.clear();
      lost.clear();
    },
    watch: (listed, signal) => {
      if (lost.size > 0) {
        lost.clear();
        lostChanged();
      }
      for (const kind of WATCHED) listed.then(() => following(kind, signal)).catch(noted);
    },
  };
}
