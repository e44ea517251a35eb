/** One cluster of the estate: described when its row is shown, opened when somebody looks into it, judged, and watched while it is seen. */
import { judgeProfile, notJudged, type Judgement, type StateKind, type Verified, READING } from '../core/modes/live.ts';
import { phrase } from '../core/phrase.ts';
import type { ProfileView } from '../core/modes/view.ts';
import type { Cluster } from '../core/observation.ts';
import { refOf } from '../core/plan/plan.ts';
import { failed, reasonOf, valueOf, type Reading } from '../core/reading.ts';
import { messageOf } from '../core/text.ts';
import type { Aws, ConnectKubernetes } from '../provisioning/ports.ts';
import type { Store } from '../provisioning/store.ts';
import { clusterEstate, type ClusterEstate } from './cluster.ts';
import { judging } from './judging.ts';
import type { ClusterPlace } from './proofs.ts';
import type { Roles } from './roles.ts';
import { reading } from './sources.ts';

/** States of a profile that somebody should look at. */
export const TROUBLED: ReadonlySet<StateKind> = new Set(['failed-verification', 'problems', 'cannot-read']);

/** Profiles that are seen at once, at most. */
const SCREEN = 200;
/** How long profiles may wait for being judged before they are shown without, in milliseconds. */
const PATIENCE = 100;
/** How often it is told while thousands are judged, in milliseconds. */
const PROGRESS = 1_000;
/** When what depends on the time is judged again, in milliseconds. */
const AGAIN = 30_000;

const NOT_READ: Judgement = { state: 'reading', words: READING, problems: [], remarks: [], unread: [] };

/** What a cluster's entry needs. */
export interface EntryHost {
  readonly aws: () => Promise<Aws>;
  readonly connect: ConnectKubernetes;
  /** Takes turns with the other calls that describe clusters. */
  readonly describe: (aws: Aws, name: string) => Promise<Reading<Cluster>>;
  readonly roles: (aws: Aws) => Roles;
  readonly store: Store;
  readonly verified: (profile: string, readings: ProfileView, readAt: number) => Verified | undefined;
  readonly warn: (text: string) => void;
  /** Resolves when it is the turn of the next of many. */
  readonly turn: () => Promise<void>;
  /** A new answer of {@link ClusterEntry.describe} is there. */
  readonly described: (cluster: Reading<Cluster>) => void;
  /** The list of profiles, or what is known of the cluster itself, is another one. */
  readonly changed: () => void;
  readonly judged: (profiles: readonly string[]) => void;
}

export interface ClusterEntry {
  readonly place: ClusterPlace;
  /** The last answer; it stays while it is read again. */
  readonly cluster: Reading<Cluster> | undefined;
  /** After somebody looked into it. */
  readonly estate: ClusterEstate | undefined;
  /** Details of the cluster, read once until they are forgotten. */
  describe(): Promise<Reading<Cluster>>;
  /**
   * Connects and reads; the same for all who ask until it is forgotten; `failed` where it cannot be read at all. `soon`: with the
   * first page of profiles. `first` puts those in front that are seen first: these are judged first.
   */
  open(
    cluster: Cluster,
    soon: () => boolean,
    first: (profiles: readonly string[]) => readonly string[],
  ): Promise<ClusterEstate | ReturnType<typeof failed>>;
  /** As of when its list of profiles is, in milliseconds since 1970: now where changes come. */
  readonly listedAt: number;
  /** Whether it is being read as a whole. */
  readonly loading: boolean;
  /** Whether there are profiles that were not looked at yet. */
  readonly looking: boolean;
  /** Profiles with a problem, and all; undefined: not known. */
  readonly counts: { readonly problems: number; readonly profiles: number } | undefined;
  /** The state that is known: costs nothing, however many ask. */
  stateOf(profile: string): StateKind;
  /** What is known of a profile: its readings, and what was said of them last. */
  known(profile: string): readonly [ProfileView | undefined, Judgement];
  /** What is to be said of a profile now; undefined where it is not there. */
  judge(profile: string): Judgement | undefined;
  /** A profile and all that it rests on was read again, asked for at this time (milliseconds since 1970). */
  readAgain(profile: string, at: number): Promise<void>;
  /** Watches while it is wanted. */
  watch(wanted: boolean): void;
  /** Reads the cluster anew when it is asked for; until then what is known stays. */
  forget(): void;
  close(): void;
}

export function clusterEntry(place: ClusterPlace, host: EntryHost): ClusterEntry {
  let cluster: Reading<Cluster> | undefined;
  let describing: Promise<Reading<Cluster>> | undefined;
  let opening: ReturnType<ClusterEntry['open']> | undefined;
  let estate: ClusterEstate | undefined;
  let loading = false;
  let closed = false;
  let watching: AbortController | undefined;
  /** Set while a profile is being created or deleted. */
  let again: NodeJS.Timeout | undefined;
  /** When the estate was last asked for, in milliseconds since 1970, and profiles that were read again since. */
  let readAt = 0;
  const rereadAt = new Map<string, number>();
  const its = judging(host.turn, judge, told, PROGRESS);
  const names = (): readonly string[] | undefined => estate && valueOf(estate.profiles);

  /** What is known stays until it is read anew. */
  function judge(profile: string): Judgement | undefined {
    if (estate?.complete === false) return its.known(profile);
    const readings = estate?.readings(profile);
    if (readings === undefined) return undefined;
    try {
      const at = Math.max(readAt, rereadAt.get(profile) ?? 0);
      return judgeProfile(readings, host.verified(profile, readings, at), Date.now());
    } catch (error) {
      // One that cannot be judged must not keep the others from it.
      const reason = messageOf(error);
      host.warn(`${place.cluster}, profile ${profile}: ${reason}`);
      const unread = [{ what: phrase('its state'), reason }];
      return { ...NOT_READ, state: 'cannot-read', words: phrase('could not be judged'), unread };
    }
  }

  function told(profiles: readonly string[]): void {
    host.judged(profiles.filter((name) => its.known(name) !== undefined));
    const unfinished = (some: readonly string[]): readonly string[] =>
      some.filter((name) => /^(creat|delet)ing$/.test(entry.stateOf(name)));
    if (unfinished(profiles).length === 0) return;
    again ??= setTimeout(() => {
      again = undefined;
      void its.later(unfinished(names() ?? []), 0);
    }, AGAIN);
  }

  function stopWatching(): void {
    clearTimeout(again);
    again = undefined;
    watching?.abort();
    watching = undefined;
  }

  const entry: ClusterEntry = {
    place,
    get cluster() {
      return cluster;
    },
    get estate() {
      return estate;
    },
    get listedAt() {
      return watching !== undefined && estate?.facts.lost === undefined ? Date.now() : readAt;
    },
    get loading() {
      return loading;
    },
    get looking() {
      return its.busy || estate?.complete === false;
    },
    get counts() {
      const profiles = names();
      if (profiles === undefined) return undefined;
      const problems = profiles.filter((name) => TROUBLED.has(entry.stateOf(name))).length;
      return { problems, profiles: profiles.length };
    },

    describe: () =>
      (describing ??= (async () => {
        const answer = await reading(async () => host.describe(await host.aws(), place.cluster));
        cluster = answer;
        host.store.put(refOf('eks/cluster', place.region, place.cluster), answer);
        if (answer.state !== 'found') host.warn(`${place.cluster}: ${reasonOf(answer)}`);
        host.described(answer);
        return answer;
      })()),

    open: (described, soon, first) => {
      if (opening !== undefined) return opening;
      let own: ReturnType<ClusterEntry['open']> | undefined = undefined;
      own = (async () => {
        let made: ClusterEstate;
        try {
          const aws = await host.aws();
          const kubernetes = await host.connect(described, aws);
          // It was forgotten meanwhile.
          if (opening !== own) {
            kubernetes.close();
            return entry.open(described, soon, first);
          }
          const { store } = host;
          const changed = (profiles: ReadonlySet<string>, all: boolean): void => {
            if (estate !== made) return;
            void its.later(profiles, 0);
            if (all) host.changed();
          };
          made = clusterEstate(described, aws, kubernetes, host.roles(aws), changed, {
            failed: (error) => host.warn(`${place.cluster}: ${String(error)}`),
            store,
          });
        } catch (error) {
          return failed(messageOf(error));
        }
        estate?.close();
        watching?.abort();
        watching = undefined;
        estate = made;
        readAt = Date.now();
        rereadAt.clear();
        loading = true;
        try {
          await made.load(soon());
        } finally {
          if (estate === made) loading = false;
        }
        // It was forgotten meanwhile, and its connection is closed: what is read instead is the answer.
        if (opening !== own && !closed) return opening ?? entry.open(described, soon, first);
        const profiles = valueOf(made.profiles) ?? [];
        // Who sees more than a screen does not wait for the rest.
        await its.later(first(profiles).slice(0, SCREEN), PATIENCE);
        void its.later(profiles, 0);
        return made;
      })();
      return (opening = own);
    },

    stateOf: (profile) => its.known(profile)?.state ?? 'reading',
    known: (profile) => {
      const readings = estate?.readings(profile);
      const judgement = its.known(profile) ?? (readings === undefined ? NOT_READ : notJudged(readings));
      return [readings, judgement];
    },
    judge: (profile) => its.now(profile),
    readAgain: async (profile, at) => {
      rereadAt.set(profile, at);
      await its.later([profile], 0);
    },

    watch: (wanted) => {
      if (!wanted || estate?.profiles.state !== 'found') return stopWatching();
      if (watching !== undefined) return;
      watching = new AbortController();
      estate.watch(watching.signal);
    },
    forget: () => {
      describing = undefined;
      opening = undefined;
      loading = false;
      stopWatching();
    },
    close: () => {
      closed = true;
      entry.forget();
      estate?.close();
    },
  };
  return entry;
}
