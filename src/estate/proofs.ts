/** What trying profiles showed, kept per workspace. It holds until something of what it rests on changes. */
import { fingerprint, type Verified } from '../core/modes/live.ts';
import type { Proven } from '../core/doctor/report.ts';
import type { ProfileView } from '../core/modes/view.ts';
import { sourceId, type Source } from '../source.ts';

/** Where it is kept, as `vscode.Memento`. */
export interface Memory {
  get<T>(key: string): T | undefined;
  update(key: string, value: unknown): PromiseLike<void>;
}

export interface ClusterPlace extends Source {
  readonly cluster: string;
}

interface Try {
  readonly outcome: Verified['outcome'];
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Of what it rests on; absent until that was read. */
  readonly fingerprint?: string;
}

export interface Proofs {
  /** A profile was tried. Resolves when that is kept. */
  keep(place: ClusterPlace, profile: string, outcome: Verified['outcome']): Promise<void>;
  /** What is known from trying a profile, if it rests on these readings, which were asked for at `readAt`. */
  of(place: ClusterPlace, profile: string, readings: ProfileView, readAt: number): Verified | undefined;
  /**
   * These are all profiles of a cluster as it was at this time (milliseconds since 1970): proofs of others are dropped, but for tries that
   * are newer and of which nothing was read yet, such as of a profile that was made since.
   */
  only(place: ClusterPlace, profiles: Iterable<string>, asOf: number): void;
}

const KEY = 'explorer.tried';
/** How old a try may be when what it rests on is first read, in milliseconds. */
const FRESH = 10 * 60_000;
/** Proofs that are kept: the newest. */
const MOST = 500;

const OUTCOMES: ReadonlySet<unknown> = new Set<Verified['outcome']>(['verified', 'checked', 'failed']);

const prefixOf = (place: ClusterPlace): string => `${sourceId(place)}/${place.cluster}/`;

/** What is kept of trying a profile, for who looks at it without the tree; nothing is written. */
export function keptProof(
  memory: Pick<Memory, 'get'>,
  place: ClusterPlace,
  profile: string,
  readings: ProfileView,
  now: number,
): Proven | undefined {
  const tried = memory.get<Readonly<Record<string, Try>>>(KEY)?.[prefixOf(place) + profile];
  if (tried === undefined) return undefined;
  const { outcome, at, fingerprint: rests } = tried;
  if (!OUTCOMES.has(outcome) || !Number.isFinite(new Date(at).getTime())) return undefined;
  // What was tried a moment ago rests on what is read first after it.
  const isSame = rests === undefined ? now - at <= FRESH : rests === fingerprint(readings);
  return { outcome, at, ...(isSame ? {} : { changed: true }) };
}

/** `failed` is told where they cannot be kept. */
export function proofs(memory: Memory, failed: (error: unknown) => void, now: () => number = Date.now): Proofs {
  // What is in memory counts, and one write follows the other: two that end together are both kept.
  const all = new Map(Object.entries(memory.get<Readonly<Record<string, Try>>>(KEY) ?? {}));
  let saved: Promise<void> = Promise.resolve();
  const save = (): Promise<void> =>
    (saved = saved.then(() => memory.update(KEY, Object.fromEntries(all))).then(undefined, failed));

  const prune = (): void => {
    for (const [key, { at, fingerprint: rests }] of all) if (rests === undefined && now() - at > FRESH) all.delete(key);
    const oldest = [...all].sort(([, a], [, b]) => b.at - a.at).slice(MOST);
    for (const [key] of oldest) all.delete(key);
  };

  return {
    keep: (place, profile, outcome) => {
      all.set(prefixOf(place) + profile, { outcome, at: now() });
      prune();
      return save();
    },
    of: (place, profile, readings, readAt) => {
      const key = prefixOf(place) + profile;
      const tried = all.get(key);
      if (tried === undefined) return undefined;
      if (tried.fingerprint !== undefined) return { outcome: tried.outcome, fingerprint: tried.fingerprint };
      // The first complete reading after it was tried is what it rests on.
      const complete = readings.role !== undefined && readings.provider !== undefined;
      if (!complete || readAt < tried.at || readAt - tried.at > FRESH) return undefined;
      const verified = { outcome: tried.outcome, fingerprint: fingerprint(readings) };
      all.set(key, { ...tried, ...verified });
      void save();
      return verified;
    },
    only: (place, profiles, asOf) => {
      const prefix = prefixOf(place);
      const keys = [...all.keys()].filter((key) => key.startsWith(prefix));
      if (keys.length === 0) return;
      const there = new Set(profiles);
      const isNewer = (tried: Try | undefined): boolean =>
        tried !== undefined && tried.fingerprint === undefined && tried.at > asOf;
      const gone = keys.filter((key) => !there.has(key.slice(prefix.length)) && !isNewer(all.get(key)));
      for (const key of gone) all.delete(key);
      if (gone.length > 0) void save();
    },
  };
}
