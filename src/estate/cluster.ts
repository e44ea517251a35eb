/** A cluster and its profiles: read as a whole, and kept fresh. */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { ROLE_ARN } from '../core/arn/arn.ts';
import { roleArnOf } from '../core/modes/view.ts';
import type { Launcher, ListedProfile, ProfileReadings } from '../core/modes/view.ts';
import type { Cluster, KubernetesApi, Namespace, OidcProvider, Role, ServiceAccount } from '../core/observation.ts';
import { providerArn } from '../core/policy/build.ts';
import { absent, failed, found, type Reading } from '../core/reading.ts';
import { CLOCK, follow, type Clock, type Lost } from '../provisioning/follow.ts';
import { OutsideError, type Aws, type Change, type Kubernetes, type Listable } from '../provisioning/ports.ts';
import { BULK, patiently, type Roles } from './roles.ts';

/** Profiles that change within this time are read again together, in milliseconds. */
const TOGETHER = 100;

/** What the tree shows of one cluster besides its profiles. */
export interface ClusterFacts {
  readonly api: Reading<KubernetesApi>;
  /** Image of the profile controller, with its tag: Kubeflow's version. */
  readonly controller: Reading<string>;
  readonly provider: Reading<OidcProvider>;
  /** Why changes do not come at the moment; undefined while all is well. */
  readonly lost: Lost | undefined;
}

/** A cluster and its profiles, read as a whole and kept fresh by watches. */
export interface ClusterEstate {
  readonly cluster: Cluster;
  /**
   * Reads everything. Resolves when the names of the profiles are known, or, if `soon`, the first page of them, which are the first
   * in order. The others, what belongs to them, the provider and the roles come after that, with `changed`; where there are few
   * profiles, what belongs to them is there already.
   */
  load(soon?: boolean): Promise<Reading<readonly string[]>>;
  readonly facts: ClusterFacts;
  /** Names of the profiles, sorted; what keeps them from being read otherwise. */
  readonly profiles: Reading<readonly string[]>;
  /** Whether what belongs to the profiles was listed. */
  readonly complete: boolean;
  /** Undefined until {@link complete}. */
  readings(profile: string): ProfileReadings | undefined;
  serviceAccounts(profile: string): Promise<Reading<readonly ServiceAccount[]>>;
  /** Reads again these profiles, all that belongs to them and the OIDC provider, as after a run that changed them. */
  reread(profiles: Iterable<string>): Promise<void>;
  /** Watches until `signal` aborts. Comes back by itself after a lost network, an old version or an expired token. */
  watch(signal: AbortSignal): void;
  close(): void;
}

type Kind = keyof Listable;

/** How long profiles wait for what belongs to them, in milliseconds: few profiles are shown whole at once. */
const WHOLE = 100;

/** Kinds that are watched. Namespaces are not: what is shown of them changes with their profile. */
const WATCHED = ['profiles', 'editors', 'launchers'] as const;
/** Items that are compared in one turn. */
const PORTION = 500;

/** Version of a list of which not all pages have come. */
const UNFINISHED = '';

/** Names of profiles by their role; one without a role is left out. */
function namesBy(
  profiles: Iterable<ListedProfile>,
  roleOf: (profile: ListedProfile) => string | undefined,
): Map<string, string[]> {
  const byRole = new Map<string, string[]>();
  for (const profile of profiles) {
    const role = roleOf(profile);
    if (role === undefined) continue;
    const names = byRole.get(role);
    if (names === undefined) byRole.set(role, [profile.metadata.name]);
    else names.push(profile.metadata.name);
  }
  return byRole;
}

/** An item without its version: whether it differs in anything that is kept of it. */
const shown = (item: Listable[Kind]): string =>
  JSON.stringify(item, (key, value: unknown) => (key === 'resourceVersion' ? undefined : value));

export interface EstateOptions {
  readonly clock?: Clock;
  /** Told of what should never fail and did, for the log. */
  readonly failed?: (error: unknown) => void;
}

/**
 * A cluster's estate. `changed` tells the names of profiles whose readings changed; with `all`, also the list of profiles or
 * the facts of the cluster did.
 */
export function clusterEstate(
  cluster: Cluster,
  aws: Pick<Aws, 'oidcProvider'>,
  kubernetes: Kubernetes,
  roles: Roles,
  changed: (profiles: ReadonlySet<string>, all: boolean) => void,
  { clock = CLOCK, failed: noted = () => undefined }: EstateOptions = {},
): ClusterEstate {
  const store = {
    profiles: new Map<string, ListedProfile>(),
    namespaces: new Map<string, Namespace>(),
    editors: new Map<string, ServiceAccount>(),
    launchers: new Map<string, Launcher>(),
  };
  /** By what name an item of a kind belongs to a profile. */
  const profileOf: { readonly [K in Kind]: (item: Listable[K]) => string } = {
    profiles: ({ metadata }) => metadata.name,
    namespaces: ({ name }) => name,
    editors: ({ namespace }) => namespace,
    launchers: ({ namespace }) => namespace,
  };
  /** How each kind was read: absent, denied or failed readings answer for all of its items. */
  const state = new Map<Kind, Reading<{ readonly version: string }>>();
  const notYet = failed('it was not read yet');
  const roleReadings = new Map<string, Reading<Role>>();
  const askedLast = new Map<string, Promise<Reading<Role>>>();
  let provider: Reading<OidcProvider> | undefined;
  let api: Reading<KubernetesApi> = notYet;
  let controller: Reading<string> = notYet;
  /** Made from the store when asked for, until something in it changes. */
  let sharing: ReadonlyMap<string, readonly string[]> | undefined;
  let sorted: readonly string[] | undefined;
  const stale = (): void => {
    sharing = undefined;
    sorted = undefined;
  };
  const lost = new Map<Kind, Lost>();
  let complete = false;
  /** Resolves when what belongs to the profiles was listed. */
  let listed: Promise<unknown> = Promise.resolve();
  /** Profiles that a watch told to have changed, and when what else is shown of them is read again. */
  const touched = new Set<string>();
  let refreshing = false;
  const closed = new AbortController();

  const put = <K extends Kind>(kind: K, item: Listable[K]): void => {
    (store[kind] as Map<string, Listable[K]>).set(profileOf[kind](item), item);
    stale();
  };

  /** Lists a kind anew. A list that fails later on leaves what is known. */
  async function list<K extends Kind>(
    kind: K,
    after?: Promise<unknown>,
    came?: (items: readonly Listable[K][]) => void,
  ): Promise<Reading<{ readonly version: string }>> {
    const reading = await kubernetes.list(kind, after, came);
    if (reading.state !== 'found') {
      const known = state.get(kind);
      if (known?.state !== 'found' || known.value.version === UNFINISHED) state.set(kind, reading);
      return reading;
    }
    store[kind].clear();
    stale();
    for (const item of reading.value.items) put(kind, item);
    const version = found({ version: reading.value.version });
    state.set(kind, version);
    return version;
  }

  const one = <K extends Kind>(kind: K, profile: string): Reading<Listable[K]> => {
    const item = (store[kind] as Map<string, Listable[K]>).get(profile);
    if (item !== undefined) return found(item);
    const reading = state.get(kind) ?? notYet;
    return reading.state === 'found' ? absent : reading;
  };

  const roleNameOf = (profile: ListedProfile): string | undefined => {
    const arn = roleArnOf({ profile, serviceAccount: one('editors', profile.metadata.name) });
    const { account, name } = (arn === undefined ? undefined : ROLE_ARN.exec(arn)?.groups) ?? {};
    // A role of another account cannot be read with this account's credentials.
    return account === cluster.account ? name : undefined;
  };

  /** Profiles by the role that they name. */
  const shares = (): ReadonlyMap<string, readonly string[]> => {
    if (sharing !== undefined) return sharing;
    return (sharing = namesBy(store.profiles.values(), (profile) =>
      roleArnOf({ profile, serviceAccount: one('editors', profile.metadata.name) }),
    ));
  };

  /** Reads the roles of profiles, and tells of these as they come. */
  async function readRoles(profiles: Iterable<ListedProfile>): Promise<void> {
    const byRole = namesBy(profiles, roleNameOf);
    // Thousands are asked for in a task of its own.
    await turn();
    // Roles of one page come in the same moment and are told together.
    let arrived: string[] = [];
    const tell = (): void => {
      const now = new Set(arrived);
      arrived = [];
      changed(now, false);
    };
    await Promise.all(
      [...roles.read(byRole.keys())].map(async ([name, reading]) => {
        askedLast.set(name, reading);
        const answer = await reading;
        // A listing that began before may be overtaken by a later question.
        if (askedLast.get(name) !== reading) return;
        roleReadings.set(name, answer);
        if (arrived.length === 0) setImmediate(tell);
        arrived.push(...(byRole.get(name) ?? []));
      }),
    );
  }

  const readProvider = (): Promise<Reading<OidcProvider>> => {
    const { partition, account, issuer } = cluster;
    return patiently(() =>
      issuer === undefined ? Promise.resolve(absent) : aws.oidcProvider(providerArn(partition, account, issuer)),
    );
  };

  const estate: ClusterEstate = {
    cluster,
    get facts() {
      return { api, controller, provider: provider ?? notYet, lost: [...lost.values()][0] };
    },
    get profiles() {
      const reading = state.get('profiles') ?? notYet;
      return reading.state === 'found' ? found((sorted ??= [...store.profiles.keys()].sort())) : reading;
    },

    get complete() {
      return complete;
    },

    load: async (soon = false) => {
      state.clear();
      lost.clear();
      // IAM answers while the cluster does; neither waits for the other.
      const iam = readProvider();
      // Names are what is seen first: with thousands of them, nothing else takes time before they are there.
      let pages = 0;
      let begin = (): void => undefined;
      const begun = new Promise<void>((resolve) => (begin = resolve));
      const profiles = list('profiles', undefined, (items) => {
        if (!soon) return;
        pages += 1;
        for (const item of items) put('profiles', item);
        state.set('profiles', found({ version: UNFINISHED }));
        begin();
      });
      profiles.then(() => pages > 1 && changed(new Set(), true)).catch(noted);
      const belongings = Promise.all(
        (['namespaces', 'editors', 'launchers'] as const).map((kind) => list(kind, profiles)),
      ).then(async () => {
        complete = true;
        changed(new Set(store.profiles.keys()), true);
        await turn();
        readRoles(store.profiles.values()).catch(noted);
      });
      listed = belongings;
      belongings.catch(noted);
      [api, controller] = await Promise.all([
        kubernetes.api(),
        kubernetes.profileController(),
        Promise.race([profiles, begun]),
      ]);
      await Promise.race([belongings, sleep(WHOLE, undefined, { ref: false })]);
      iam
        .then((reading) => {
          provider = reading;
          changed(new Set(store.profiles.keys()), true);
        })
        .catch(noted);
      return estate.profiles;
    },

    readings: (name) => {
      const profile = store.profiles.get(name);
      if (profile === undefined || !complete) return undefined;
      const serviceAccount = one('editors', name);
      const arn = roleArnOf({ profile, serviceAccount });
      const roleName = roleNameOf(profile);
      const foreign = arn !== undefined && ROLE_ARN.test(arn) && roleName === undefined;
      return {
        cluster,
        provider,
        profile,
        namespace: one('namespaces', name),
        serviceAccount,
        launcher: one('launchers', name),
        role:
          roleName !== undefined
            ? roleReadings.get(roleName)
            : foreign
              ? failed('it is a role of another account')
              : absent,
        sharedWith: arn === undefined ? [] : (shares().get(arn) ?? []).filter((other) => other !== name),
      };
    },

    serviceAccounts: (profile) => kubernetes.serviceAccounts(profile),

    reread: async (profiles) => {
      const names = [...new Set(profiles)];
      const before = new Map(names.map((name) => [name, store.profiles.has(name)]));
      const iam = readProvider();
      await readItems(['profiles', 'editors', 'launchers', 'namespaces'], names);
      const newOnes = names.some((name) => store.profiles.has(name) !== before.get(name));
      roles.forget(names.flatMap((name) => roleOf(name) ?? []));
      await readRoles(listedOf(names));
      const last = provider;
      provider = await iam;
      const same = JSON.stringify(last) === JSON.stringify(provider);
      // All profiles of a cluster rest on its provider.
      changed(new Set(same ? names : store.profiles.keys()), newOnes || !same);
    },

    watch: (signal) => {
      if (lost.size > 0) changed(new Set(), true);
      lost.clear();
      for (const kind of WATCHED) listed.then(() => following(kind, signal)).catch(noted);
    },

    close: () => {
      closed.abort();
      kubernetes.close();
    },
  };

  const listedOf = (names: readonly string[]): readonly ListedProfile[] =>
    names.flatMap((name) => store.profiles.get(name) ?? []);
  const roleOf = (name: string): string | undefined => {
    const profile = store.profiles.get(name);
    return profile && roleNameOf(profile);
  };

  /** One change of a watch: kept, and told unless it is one that nobody is shown, such as the status. */
  function take<K extends Kind>(kind: K, change: Change<Listable[K]>): void {
    state.set(kind, found({ version: change.version }));
    if (change.item === undefined) return;
    const name = profileOf[kind](change.item);
    const before = store[kind].get(name);
    if (change.type === 'deleted') store[kind].delete(name);
    else put(kind, change.item);
    if (change.type === 'changed' && before !== undefined && shown(before) === shown(change.item)) return;
    stale();
    tell(kind, [name]);
  }

  /** Items of a kind changed: what else is shown of their profiles is read again soon. */
  function tell(kind: Kind, names: readonly string[]): void {
    const theirs = names.filter((name) => kind === 'profiles' || store.profiles.has(name));
    if (theirs.length > 0) changed(new Set(theirs), kind === 'profiles');
    if (kind === 'launchers') return;
    for (const name of theirs) if (store.profiles.has(name)) touched.add(name);
    if (touched.size === 0 || refreshing) return;
    refreshing = true;
    clock.sleep(TOGETHER, closed.signal).then(refresh).catch(noted);
  }

  /** What no watch tells about changed profiles: their namespaces and their roles. */
  async function refresh(): Promise<void> {
    refreshing = false;
    if (closed.signal.aborted) return;
    const names = [...touched].filter((name) => store.profiles.has(name));
    touched.clear();
    roles.forget(names.flatMap((name) => roleOf(name) ?? []));
    const reading = readRoles(listedOf(names));
    await readItems(['namespaces'], names);
    changed(new Set(names), false);
    await reading;
  }

  /** Reads again what profiles have of these kinds: each by itself, or, where they are many, all with one list. */
  async function readItems(kinds: readonly Kind[], names: readonly string[]): Promise<void> {
    const each = async <K extends Kind>(kind: K): Promise<void> => {
      if (names.length >= BULK) return void (await list(kind));
      await Promise.all(
        names.map(async (name) => {
          const reading = await kubernetes.one(kind, name);
          if (reading.state === 'found') put(kind, reading.value);
          else if (reading.state === 'absent') store[kind].delete(name);
        }),
      );
    };
    await Promise.all(kinds.map(each));
    stale();
  }

  /** Lists a watched kind again, and tells what differs. IAM is read for that alone: it has nothing to do with a watch. */
  async function listAgain<K extends Kind>(kind: K): Promise<Reading<string>> {
    const before = new Map(store[kind] as Map<string, Listable[K]>);
    const reading = await list(kind);
    if (reading.state !== 'found') return reading;
    const now = store[kind] as Map<string, Listable[K]>;
    const different = [...before.keys()].filter((name) => !now.has(name));
    let compared = 0;
    for (const [name, item] of [...now]) {
      const known = before.get(name);
      if (known === undefined || shown(known) !== shown(item)) different.push(name);
      if (++compared % PORTION === 0) await turn();
    }
    if (different.length > 0) tell(kind, different);
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
          changed(new Set(), true);
        },
        // Who may list ConfigMaps and not watch them sees the rest as ever.
        isFinal: (error) => kind === 'launchers' && error instanceof OutsideError && error.permission !== undefined,
      },
      version,
      signal,
      clock,
    );
  }

  return estate;
}
