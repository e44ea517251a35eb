import type { Judgement } from '../core/checks/profile.ts';

/** The judgements of a cluster's profiles, made in portions. */
export interface Judging {
  /** What was said last; it may rest on older readings while the profile waits for its turn. */
  known(profile: string): Judgement | undefined;
  /** Judges a profile now, before others, if it waits. */
  now(profile: string): Judgement | undefined;
  /** Judges profiles in this order as turns allow. Resolves when all are judged, or `patience` milliseconds have passed. */
  later(profiles: Iterable<string>, patience: number): Promise<void>;
  /** Whether profiles wait for their turn. */
  readonly busy: boolean;
}

/**
 * `judge`: undefined for a profile that is not there. `judged` is told who was judged: after `every` milliseconds, and when no
 * more wait.
 */
export function judging(
  turn: () => Promise<void>,
  judge: (profile: string) => Judgement | undefined,
  judged: (profiles: readonly string[]) => void,
  every: number,
): Judging {
  const known = new Map<string, Judgement>();
  const waiting = new Set<string>();
  let working: Promise<void> | undefined;

  function one(profile: string): void {
    waiting.delete(profile);
    const judgement = judge(profile);
    if (judgement === undefined) known.delete(profile);
    else known.set(profile, judgement);
  }

  async function work(): Promise<void> {
    let done: string[] = [];
    let told = performance.now();
    try {
      // What is added meanwhile is reached too; what was judged meanwhile is left out.
      for (const profile of waiting) {
        await turn();
        if (!waiting.has(profile)) continue;
        one(profile);
        done.push(profile);
        if (performance.now() - told < every) continue;
        judged(done);
        done = [];
        told = performance.now();
      }
    } finally {
      working = undefined;
    }
    if (done.length > 0) judged(done);
  }

  return {
    known: (profile) => known.get(profile),
    now: (profile) => {
      if (waiting.has(profile) || !known.has(profile)) one(profile);
      return known.get(profile);
    },
    later: async (profiles, patience) => {
      for (const profile of profiles) waiting.add(profile);
      if (waiting.size === 0) return;
      working ??= work();
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([working, new Promise((resolve) => (timer = setTimeout(resolve, patience)))]);
      clearTimeout(timer);
    },
    get busy() {
      return waiting.size > 0;
    },
  };
}
