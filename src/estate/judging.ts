import type { Judgement } from '../core/modes/live.ts';

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
 * `judge`: undefined for a profile that is not there. `judged` is told who was judged: when no more wait, but at most once in
 * `every` milliseconds, which is also how often it is told meanwhile.
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

  let untold: string[] = [];
  let told = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  function tell(): void {
    clearTimeout(timer);
    timer = undefined;
    told = performance.now();
    const now = untold;
    untold = [];
    judged(now);
  }

  async function work(): Promise<void> {
    const began = performance.now();
    try {
      // What is added meanwhile is reached too; what was judged meanwhile is left out.
      for (const profile of waiting) {
        await turn();
        if (!waiting.has(profile)) continue;
        one(profile);
        untold.push(profile);
        if (performance.now() - Math.max(began, told) >= every) tell();
      }
    } finally {
      working = undefined;
    }
    if (untold.length === 0) return;
    // Roles come page by page: rows are not made anew for each.
    const wait = told + every - performance.now();
    if (wait <= 0) tell();
    else timer ??= setTimeout(tell, wait);
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
      try {
        await Promise.race([working, new Promise((resolve) => (timer = setTimeout(resolve, patience)))]);
      } finally {
        clearTimeout(timer);
      }
    },
    get busy() {
      return waiting.size > 0;
    },
  };
}
