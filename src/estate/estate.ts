/** The estate: all clusters of the chosen AWS identities and regions. What is read when, and what becomes of it when something changes. */
import type { Verified } from '../core/modes/live.ts';
import type { Ref } from '../core/kinds.ts';
import { providerArn } from '../core/policy/build.ts';
import { reasonOf, valueOf, type Reading } from '../core/reading.ts';
import type { Aws, ConnectKubernetes } from '../provisioning/ports.ts';
import { createStores, type Stores } from '../provisioning/store.ts';
import { sourceId, sourceOf, type Source } from '../source.ts';
import { accounts } from './accounts.ts';
import { clusterEntry, type ClusterEntry } from './entry.ts';
import type { KnownCluster } from './live.ts';
import { portions } from './portions.ts';
import { proofs, type ClusterPlace, type Memory } from './proofs.ts';
import { limiter, patiently } from './roles.ts';
import { listSources, reading, type Listing, type SourceState } from './sources.ts';

/** When a listing is compared with the settings once more, in milliseconds. */
const CHECK = 1_500;
/** Calls of EKS at the same time in all. */
const CALLS_AT_ONCE = 20;

/** What the estate needs. */
export interface EstateHost {
  /** Where clusters are listed; empty: no region is known. Throws what a person should be told. */
  readonly sources: () => Promise<readonly Source[]>;
  readonly aws: (source: Source) => Promise<Aws>;
  readonly connect: ConnectKubernetes;
  readonly log: { readonly info: (text: string) => void; readonly warn: (text: string) => void };
  /** Where proofs are kept. */
  readonly memory: Memory;
  /** Where readings are kept. */
  readonly facts?: Stores;
}

/** What is told of changes. */
export interface EstateEvents {
  /** Anything may have changed. */
  readonly all: () => void;
  /** What is known of the account of these sources. */
  readonly sources: (sources: readonly Source[]) => void;
  /** What is known of clusters, or their list of profiles. */
  readonly clusters: (clusters: readonly ClusterEntry[]) => void;
  /** What is said of profiles. */
  readonly judged: (cluster: ClusterEntry, profiles: readonly string[]) => void;
}

export interface Estate {
  /**
   * Lists the clusters of all sources, unless that was done; resolves when there is something to show. Throws where it is not known
   * where to list.
   */
  list(): Promise<readonly SourceState[]>;
  /** The sources of the last listing. */
  readonly sources: readonly SourceState[];
  /** A cluster; made known with this. */
  entry(source: Source, cluster: string): ClusterEntry;
  /** All that were made known. */
  readonly entries: readonly ClusterEntry[];
  /** The number of a source's account, if it is known. */
  account(source: Source): string | undefined;
  /** Whether IAM has the cluster's OIDC provider; undefined: not known. */
  hasProvider(cluster: ClusterEntry): boolean | undefined;
  /** The clusters that are described. Reads nothing. */
  known(): readonly KnownCluster[];
  /** Keeps what trying a profile showed, and reads it again. It holds until something of what it rests on changes. */
  tried(what: ClusterPlace & { readonly profile: string; readonly outcome: Verified['outcome'] }): Promise<void>;
  /** Reads these again, as after a run that changed them. */
  reread(place: ClusterPlace, refs: readonly Ref[]): Promise<void>;
  /** Reads a cluster again, unless it is being read: who asks then waits for that. */
  retry(cluster: ClusterEntry): boolean;
  /** Reads everything again that is asked for. What is known stays until then. */
  reload(): void;
  /**
   * Resolves when it is the turn of the next of many. Who shows the estate takes turns here too: with turns of its own, thousands of
   * rows would share the processor with the judging of all.
   */
  readonly turn: () => Promise<void>;
  close(): void;
}

const keyOf = (source: Source, cluster: string): string => `${sourceId(source)}/${encodeURIComponent(cluster)}`;

export function createEstate(host: EstateHost, events: EstateEvents): Estate {
  const stores = host.facts ?? createStores();
  const known = accounts();
  const tries = proofs(host.memory, (error) => host.log.warn(`Proofs cannot be kept: ${String(error)}`));
  const entries = new Map<string, ClusterEntry>();
  let listing: Promise<Listing> | undefined;
  let sources: readonly SourceState[] = [];
  let check: NodeJS.Timeout | undefined;
  let closed = false;
  const turn = portions();
  const calls = limiter(CALLS_AT_ONCE);
  /** Signing a call takes milliseconds. */
  const callTurn = portions(undefined, 1);

  /** Many calls begin in turns. */
  const call = <T>(work: () => Promise<T>): Promise<T> =>
    calls(async () => {
      await callTurn();
      return work();
    });

  async function listNow(): Promise<Listing> {
    const names = async (source: Source): Promise<Reading<readonly string[]>> => {
      const aws = await host.aws(source);
      return patiently(() => call(() => aws.clusterNames()));
    };
    const made = listSources(await host.sources(), names, (source, answer) => {
      if (answer.state !== 'found') host.log.warn(`${sourceId(source)}: ${reasonOf(answer)}`);
    });
    void made.all.then(() => events.all());
    return made;
  }

  /** Whether what was listed is still what is wanted: who shows it may drop a change while it is still making its view. */
  function checkLater(pending: Promise<Listing>, listed: readonly SourceState[]): void {
    clearTimeout(check);
    check = setTimeout(() => {
      host
        .sources()
        .then((now) => {
          const same = now.map(sourceId).join() === listed.map(({ source }) => sourceId(source)).join();
          if (!same) estate.reload();
          else if (pending !== listing) events.all();
        })
        .catch((error: unknown) => host.log.info(`Settings: ${String(error)}`));
    }, CHECK);
  }

  /** Which OIDC providers the account has. */
  async function readProviders(of: Source): Promise<void> {
    const read = (): Promise<Reading<readonly string[]>> =>
      reading(async () => {
        const aws = await host.aws(of);
        return patiently(() => aws.oidcProviderArns());
      });
    if (!(await known.readProviders(of, read)) || closed) return;
    events.clusters(estate.entries.filter(({ place }) => place.awsProfile === of.awsProfile));
  }

  /** Reads these again; `providers`: also which of them the account has. */
  async function again(place: ClusterPlace, refs: readonly Ref[], providers: boolean): Promise<void> {
    if (providers) known.forgetProviders(place);
    const entry = entries.get(keyOf(place, place.cluster));
    if (entry === undefined) return;
    await Promise.all([providers && readProviders(place), entry.estate?.reread(refs)]);
  }

  function make(place: ClusterPlace): ClusterEntry {
    const entry: ClusterEntry = clusterEntry(place, {
      aws: () => host.aws(place),
      connect: host.connect,
      describe: (aws, name) => {
        const read = () => patiently(() => call(() => aws.cluster(name)));
        const own = sources.find(({ source }) => sourceId(source) === sourceId(place));
        return own === undefined ? read() : own.describe(read);
      },
      roles: (aws) => known.roles(place, aws),
      store: stores.of(place),
      verified: (profile, readings, readAt) => tries.of(place, profile, readings, readAt),
      warn: host.log.warn,
      turn,
      described: (cluster) => {
        const account = valueOf(cluster)?.account;
        // All sources of an AWS profile tell its account.
        if (account !== undefined && known.learn(place, account) && sources.length > 1)
          events.sources(sources.map(({ source }) => source).filter((one) => one.awsProfile === place.awsProfile));
        events.clusters([entry]);
        void readProviders(place);
      },
      changed: () => {
        const { estate: its } = entry;
        if (its?.complete === true && its.profiles.state === 'found')
          tries.only(place, its.profiles.value, entry.listedAt);
        events.clusters([entry]);
      },
      judged: (profiles) => events.judged(entry, profiles),
    });
    return entry;
  }

  const estate: Estate = {
    list: async () => {
      for (;;) {
        const pending = (listing ??= listNow());
        try {
          const made = await pending;
          if (pending === listing) sources = made.sources;
          await made.first;
          // Settings may have changed meanwhile.
          if (pending !== listing) continue;
          checkLater(pending, made.sources);
          return made.sources;
        } catch (error) {
          if (pending !== listing) continue;
          listing = undefined;
          throw error;
        }
      }
    },
    get sources() {
      return sources;
    },
    entry: (source, cluster) => {
      const key = keyOf(source, cluster);
      const entry = entries.get(key) ?? make({ ...sourceOf(source.awsProfile, source.region), cluster });
      entries.set(key, entry);
      return entry;
    },
    get entries() {
      return [...entries.values()];
    },
    account: (source) => known.number(source),
    hasProvider: ({ place, cluster }) => {
      const its = cluster && valueOf(cluster);
      if (its?.issuer === undefined) return undefined;
      return known.providers(place)?.has(providerArn(its.partition, its.account, its.issuer));
    },
    known: () => {
      const chosen = new Set(sources.map(({ source }) => sourceId(source)));
      return estate.entries.flatMap((entry) =>
        entry.cluster?.state === 'found' && chosen.has(sourceId(entry.place))
          ? [
              {
                source: entry.place,
                cluster: entry.cluster.value,
                estate: entry.estate,
                judgement: (profile) => entry.judge(profile),
              },
            ]
          : [],
      );
    },
    tried: async ({ outcome, profile, ...place }) => {
      await tries.keep(place, profile, outcome);
      const entry = entries.get(keyOf(place, place.cluster));
      const its = entry?.estate;
      const at = Date.now();
      await again(place, its?.refsOf(profile) ?? [], true);
      if (entry !== undefined && entry.estate === its) await entry.readAgain(profile, at);
    },
    reread: (place, refs) =>
      again(
        place,
        refs,
        refs.some(({ kind }) => kind === 'iam/provider'),
      ),
    retry: (entry) => {
      if (entry.loading) return false;
      known.forget(entry.place);
      entry.forget();
      return true;
    },
    reload: () => {
      listing = undefined;
      known.forget();
      stores.forget();
      for (const entry of entries.values()) entry.forget();
      events.all();
    },
    turn,
    close: () => {
      closed = true;
      clearTimeout(check);
      for (const entry of entries.values()) entry.close();
    },
  };
  return estate;
}
