/** A cluster and its profiles: read as a whole, and kept fresh. What is read is in the store; what a profile is judged by is a view of it. */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { ROLE_ARN } from '../core/arn/arn.ts';
import { roleArnOf, type ListedProfile, type ProfileView } from '../core/modes/view.ts';
import { roleOfRef, type Ref } from '../core/kinds.ts';
import type { Cluster, Deployment, KubernetesApi, OidcProvider, Role, ServiceAccount } from '../core/observation.ts';
import type { RoleBinding } from '../core/people/kfam.ts';
import { accountArn, refOf } from '../core/plan/plan.ts';
import { providerArn } from '../core/policy/build.ts';
import { PIPELINES } from '../core/profile/pipelines.ts';
import { absent, failed, found, valueOf, type Reading } from '../core/reading.ts';
import { CLOCK, type Clock, type Lost } from '../provisioning/follow.ts';
import type { Aws, Kubernetes } from '../provisioning/ports.ts';
import { bindingsOf } from '../provisioning/bindings.ts';
import { createStore, type Store } from '../provisioning/store.ts';
import { inspect, type Account, type Inspection } from './inspect.ts';
import { inspectCloud, type CloudReader } from './cloud.ts';
import { clusterLists, listedBy, refsOfProfile, type Listed } from './lists.ts';
import { patiently, wholeRole, type Roles } from './roles.ts';

/** Profiles that change within this time are read again together, in milliseconds. */
const TOGETHER = 100;
/** How long profiles wait for what belongs to them, in milliseconds: few profiles are shown whole at once. */
const WHOLE = 100;
/** Namespaces whose service accounts are kept for a moment. */
const MOST_KEPT = 200;

/** What is known of one cluster besides its profiles. */
export interface ClusterFacts {
  readonly api: Reading<KubernetesApi>;
  /** The profile controller; the tag of its image is Kubeflow's version. */
  readonly controller: Reading<Deployment>;
  /** The API server of Kubeflow Pipelines. */
  readonly pipelines: Reading<Deployment>;
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
  /** Resolves when all that the last {@link load} asked for has been answered, roles and provider too. */
  readonly whole: Promise<unknown>;
  readonly facts: ClusterFacts;
  /** Names of the profiles, sorted; what keeps them from being read otherwise. */
  readonly profiles: Reading<readonly string[]>;
  /** Whether what belongs to the profiles was listed. */
  readonly complete: boolean;
  /** Undefined until {@link complete}. */
  readings(profile: string): ProfileView | undefined;
  /** All of a namespace; an answer of the last `within` milliseconds will do. */
  serviceAccounts(namespace: string, within?: number): Promise<Reading<readonly ServiceAccount[]>>;
  /** RoleBindings of a namespace, read each time. */
  bindings(namespace: string): Promise<Reading<readonly RoleBinding[]>>;
  /** Reads what only a doctor asks for, for one profile or for all; after {@link load}. */
  inspect(profile?: string): Promise<Inspection>;
  /** All that a profile's readings rest on. */
  refsOf(profile: string): readonly Ref[];
  /** Reads again just these, as after a run that changed them; a Profile with its namespace and, if that is another one, its role. */
  reread(refs: Iterable<Ref>): Promise<void>;
  /** Watches until `signal` aborts. Comes back by itself after a lost network, an old version or an expired token. */
  watch(signal: AbortSignal): void;
  close(): void;
}

export interface EstateOptions {
  readonly clock?: Clock;
  /** Told of what should never fail and did, for the log. */
  readonly failed?: (error: unknown) => void;
  /** Where readings are kept. */
  readonly store?: Store;
  /** The only profile whose role is read; absent: those of all are. */
  readonly only?: string;
}

const stored = new WeakMap<Store, WeakSet<Promise<unknown>>>();
/** Whether an answer that several clusters wait for was not put into the store yet. */
function isNews(store: Store, answer: Promise<unknown>): boolean {
  const its = stored.get(store) ?? new WeakSet();
  stored.set(store, its);
  return !its.has(answer) && its.add(answer) !== undefined;
}

/**
 * A cluster's estate. `changed` tells the names of profiles whose readings changed; with `all`, also the list of profiles or
 * the facts of the cluster did.
 */
export function clusterEstate(
  cluster: Cluster,
  aws: Pick<Aws, 'oidcProvider'> & Account & CloudReader,
  kubernetes: Kubernetes,
  roles: Roles,
  changed: (profiles: ReadonlySet<string>, all: boolean) => void,
  { clock = CLOCK, failed: noted = () => undefined, store = createStore(), only }: EstateOptions = {},
): ClusterEstate {
  const account = accountArn(cluster);
  const providerRef =
    cluster.issuer === undefined
      ? undefined
      : refOf('iam/provider', account, providerArn(cluster.partition, cluster.account, cluster.issuer));
  const roleRef = (name: string): Ref<'iam/role'> => refOf('iam/role', account, name);
  const notYet = failed('it was not read yet');
  const lists = clusterLists(cluster.arn, kubernetes, store, {
    changed: (kind, names) => tell(kind, names),
    stale: () => (index = sorted = undefined),
    lost: () => changed(new Set(), true),
    failed: noted,
    clock,
  });
  let api: Reading<KubernetesApi> = notYet;
  let controller: Reading<Deployment> = notYet;
  let pipelines: Reading<Deployment> = notYet;
  /** What of the account came since this cluster was opened: what the store held before may not be so any more. */
  const came = { provider: providerRef === undefined, roles: new Set<string>() };
  const askedLast = new Map<string, Promise<Reading<Role>>>();
  /** Made from the store when asked for, until something in it changes. */
  let index:
    { readonly byArn: ReadonlyMap<string, string[]>; readonly byRole: ReadonlyMap<string, string[]> } | undefined;
  let sorted: readonly string[] | undefined;
  const accounts = new Map<
    string,
    { readonly at: number; readonly answer: Promise<Reading<readonly ServiceAccount[]>> }
  >();
  let complete = false;
  /** Resolves when what belongs to the profiles was listed. */
  let listed: Promise<unknown> = Promise.resolve();
  let whole: Promise<unknown> = Promise.resolve();
  /** Profiles that a watch told to have changed, and when what else is shown of them is read again. */
  const touched = new Set<string>();
  let refreshing = false;
  const closed = new AbortController();

  const profileOf = (name: string): ListedProfile | undefined => valueOf(lists.one('profiles', name));
  const arnOf = (name: string): string | undefined => {
    const profile = profileOf(name);
    return profile && roleArnOf({ profile, serviceAccount: lists.one('editors', name) });
  };
  /** A role of another account cannot be read with this account's credentials. */
  const ownRole = (arn: string | undefined): string | undefined => {
    const groups = arn === undefined ? undefined : ROLE_ARN.exec(arn)?.groups;
    return groups?.['account'] === cluster.account ? groups['name'] : undefined;
  };
  const rolesOf = (names: Iterable<string>): Set<string> =>
    new Set([...names].flatMap((name) => ownRole(arnOf(name)) ?? []));

  /** Profiles by the role that they name. */
  const users = (): NonNullable<typeof index> => {
    if (index !== undefined) return index;
    const byArn = new Map<string, string[]>();
    for (const name of lists.names('profiles')) {
      const arn = arnOf(name);
      const names = arn === undefined ? undefined : byArn.get(arn);
      if (names !== undefined) names.push(name);
      else if (arn !== undefined) byArn.set(arn, [name]);
    }
    const byRole = new Map<string, string[]>();
    for (const [arn, names] of byArn) {
      const role = ownRole(arn);
      if (role === undefined) continue;
      const others = byRole.get(role);
      byRole.set(role, others === undefined ? names : [...others, ...names]);
    }
    return (index = { byArn, byRole });
  };

  /** Roles of one page come in the same moment and are told together. */
  let arrived: string[] = [];
  const tellArrived = (): void => {
    const now = new Set(arrived);
    arrived = [];
    if (!closed.signal.aborted) changed(now, false);
  };
  const toArrive = (names: readonly string[]): void => {
    if (names.length === 0) return;
    if (arrived.length === 0) setImmediate(tellArrived);
    for (const name of names) arrived.push(name);
  };
  /** A new reading of something that is shown here, whoever took it. */
  const unsubscribe = store.subscribe(({ kind, at, key }) => {
    if (kind === 'iam/role' && at === account) {
      came.roles.add(key);
      if (complete) toArrive(users().byRole.get(key) ?? []);
    } else if (kind === 'iam/provider' && at === account && key === providerRef?.key) {
      came.provider = true;
    } else if (at === cluster.arn) {
      const its = listedBy({ kind, at, key });
      if (its === undefined) return;
      index = undefined;
      if (complete && profileOf(its.profile) !== undefined) toArrive([its.profile]);
    }
  });

  /** Reads roles that are not known, and those that were forgotten. */
  async function readRoles(names: Iterable<string>): Promise<void> {
    const wanted = [...names];
    // Thousands are asked for in a task of its own.
    await turn();
    await Promise.all(
      [...roles.read(wanted)].map(async ([name, reading]) => {
        askedLast.set(name, reading);
        const answer = await reading;
        // A listing that began before may be overtaken by a later question.
        if (askedLast.get(name) !== reading) return;
        askedLast.delete(name);
        if (isNews(store, reading)) return store.put(roleRef(name), answer);
        // Another cluster has asked: by now the store may know better.
        came.roles.add(name);
        toArrive(users().byRole.get(name) ?? []);
      }),
    );
  }

  const readProvider = async (): Promise<void> => {
    if (providerRef !== undefined) store.put(providerRef, await patiently(() => aws.oidcProvider(providerRef.key)));
  };
  const provider = (): Reading<OidcProvider> | undefined =>
    !came.provider ? undefined : providerRef === undefined ? absent : store.get(providerRef);

  const estate: ClusterEstate = {
    cluster,
    get whole() {
      return whole;
    },
    get facts() {
      return { api, controller, pipelines, provider: provider() ?? notYet, lost: lists.lost };
    },
    get profiles() {
      const reading = lists.state('profiles');
      return reading.state === 'found' ? found((sorted ??= [...lists.names('profiles')].sort())) : reading;
    },
    get complete() {
      return complete;
    },

    load: async (soon = false) => {
      lists.begin();
      // IAM answers while the cluster does; neither waits for the other.
      const iam = readProvider();
      // Names are what is seen first: with thousands of them, nothing else takes time before they are there.
      let pages = 0;
      let begin = (): void => undefined;
      const begun = new Promise<void>((resolve) => (begin = resolve));
      const profiles = lists.list(
        'profiles',
        undefined,
        soon
          ? () => {
              pages += 1;
              begin();
            }
          : undefined,
      );
      profiles.then(() => pages > 1 && changed(new Set(), true)).catch(noted);
      // The profiles may be the last to come: whose roles are read is known with them.
      const belongings = Promise.all([
        profiles,
        ...(['namespaces', 'editors', 'launchers'] as const).map((kind) => lists.list(kind, profiles)),
      ]).then(async () => {
        complete = true;
        changed(new Set(lists.names('profiles')), true);
        await turn();
        const reading = readRoles(only === undefined ? users().byRole.keys() : rolesOf([only]));
        reading.catch(noted);
        return { reading };
      });
      listed = belongings;
      belongings.catch(noted);
      whole = Promise.allSettled([belongings.then(({ reading }) => reading), iam]);
      [api, controller, pipelines] = await Promise.all([
        kubernetes.api(),
        kubernetes.profileController(),
        kubernetes.deployment(PIPELINES.namespace, PIPELINES.name),
        Promise.race([profiles, begun]),
      ]);
      await Promise.race([belongings, sleep(WHOLE, undefined, { ref: false })]);
      iam.then(() => changed(new Set(lists.names('profiles')), true)).catch(noted);
      return estate.profiles;
    },

    readings: (name) => {
      const profile = profileOf(name);
      if (profile === undefined || !complete) return undefined;
      const serviceAccount = lists.one('editors', name);
      const arn = roleArnOf({ profile, serviceAccount });
      const role = ownRole(arn);
      const foreign = arn !== undefined && ROLE_ARN.test(arn) && role === undefined;
      return {
        cluster,
        provider: provider(),
        profile,
        namespace: lists.one('namespaces', name),
        serviceAccount,
        launcher: lists.one('launchers', name),
        pipelines,
        role:
          role !== undefined
            ? came.roles.has(role)
              ? wholeRole(store.get(roleRef(role)))
              : undefined
            : foreign
              ? failed('it is a role of another account')
              : absent,
        sharedWith: arn === undefined ? [] : (users().byArn.get(arn) ?? []).filter((other) => other !== name),
      };
    },

    serviceAccounts: (namespace, within = 0) => {
      const last = accounts.get(namespace);
      if (last !== undefined && clock.now() - last.at < within) return last.answer;
      if (accounts.size >= MOST_KEPT) accounts.clear();
      const answer = kubernetes.serviceAccounts(namespace);
      accounts.set(namespace, { at: clock.now(), answer });
      return answer;
    },

    bindings: (namespace) => bindingsOf(kubernetes, namespace),

    inspect: async (profile) => {
      const seen = await inspect(cluster, kubernetes, aws, { api, controller }, profile);
      // What AWS is asked for is told by the roles.
      await whole;
      const views = (profile === undefined ? [...lists.names('profiles')] : [profile]).flatMap((name) => {
        const readings = estate.readings(name);
        return readings === undefined ? [] : [{ ...readings, ...seen.of(name) }];
      });
      const cloud = await inspectCloud(cluster, aws, views);
      return { of: (name) => ({ ...seen.of(name), ...cloud(name) }) };
    },

    refsOf: (profile) => {
      const role = ownRole(arnOf(profile));
      return [
        ...refsOfProfile(cluster.arn, profile),
        ...(role === undefined ? [] : [roleRef(role)]),
        ...(providerRef === undefined ? [] : [providerRef]),
      ];
    },

    reread: async (refs) => {
      const wanted = new Map<Listed, Set<string>>();
      const forgotten = new Set<string>();
      const people = new Set<string>();
      let iam: Promise<void> = Promise.resolve();
      for (const ref of refs) {
        const its = ref.at === cluster.arn ? listedBy(ref) : undefined;
        // A Profile is judged together with its namespace.
        const kinds =
          its === undefined ? [] : its.listed === 'profiles' ? (['profiles', 'namespaces'] as const) : [its.listed];
        for (const kind of kinds) wanted.set(kind, (wanted.get(kind) ?? new Set()).add(its?.profile ?? ''));
        // Who may do what in a namespace is read when it is shown.
        if (ref.at === cluster.arn && ref.kind === 'k8s/role-binding')
          people.add(ref.key.slice(0, ref.key.indexOf('/')));
        if (ref.at !== account) continue;
        const role = roleOfRef(ref);
        if (role !== undefined) forgotten.add(role);
        if (ref.kind === 'iam/provider' && ref.key === providerRef?.key) iam = readProvider();
      }
      const last = JSON.stringify(provider());
      const before = new Set(lists.names('profiles'));
      roles.forget([...forgotten]);
      await Promise.all([...wanted].map(([kind, names]) => lists.readItems([kind], [...names])));
      index = sorted = undefined;
      const names = new Set([...wanted.values()].flatMap((some) => [...some]));
      for (const profile of people) if (before.has(profile)) names.add(profile);
      const shown = users().byRole;
      const needed = [...rolesOf(names)].filter((role) => !came.roles.has(role));
      const again = [...forgotten].filter((role) => shown.has(role));
      await readRoles(new Set([...again, ...needed]));
      for (const role of again) for (const name of shown.get(role) ?? []) names.add(name);
      await iam;
      const newOnes = [...names].some((name) => before.has(name) !== (profileOf(name) !== undefined));
      const same = last === JSON.stringify(provider());
      // All profiles of a cluster rest on its provider.
      changed(new Set(same ? names : lists.names('profiles')), newOnes || !same);
    },

    watch: (signal) => lists.watch(listed, signal),

    close: () => {
      closed.abort();
      unsubscribe();
      kubernetes.close();
    },
  };

  /** Items of a kind changed: what else is shown of their profiles is read again soon. */
  function tell(kind: Listed, names: readonly string[]): void {
    const theirs = names.filter((name) => kind === 'profiles' || profileOf(name) !== undefined);
    if (theirs.length > 0) changed(new Set(theirs), kind === 'profiles');
    if (kind === 'launchers') return;
    for (const name of theirs) if (profileOf(name) !== undefined) touched.add(name);
    if (touched.size === 0 || refreshing) return;
    refreshing = true;
    clock.sleep(TOGETHER, closed.signal).then(refresh).catch(noted);
  }

  /** What no watch tells about changed profiles: their namespaces and their roles. */
  async function refresh(): Promise<void> {
    refreshing = false;
    if (closed.signal.aborted) return;
    const names = [...touched].filter((name) => profileOf(name) !== undefined);
    touched.clear();
    const its = rolesOf(names);
    roles.forget([...its]);
    const reading = readRoles(its);
    await lists.readItems(['namespaces'], names);
    changed(new Set(names), false);
    await reading;
  }

  return estate;
}
