/** Where clusters are listed: each AWS identity in each of its regions, and what each answered. */
import { setTimeout as sleep } from 'node:timers/promises';
import { failed, type Reading } from '../core/reading.ts';
import { messageOf } from '../core/text.ts';
import { limiter } from './roles.ts';
import type { Source } from '../source.ts';

/** Sources that answer within this time of the first are shown with it: rows that come later push others down. Milliseconds. */
const GRACE = 100;
/** DescribeCluster calls at the same time for one AWS identity and region: EKS throttles by these. */
const DESCRIBE_AT_ONCE = 10;

export interface SourceState {
  readonly source: Source;
  /** Undefined until it has answered. */
  names: Reading<readonly string[]> | undefined;
  /** Takes turns with the other calls that describe clusters of this source. */
  readonly describe: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface Listing {
  readonly sources: readonly SourceState[];
  /** Resolves when there is something to show. */
  readonly first: Promise<unknown>;
  readonly all: Promise<unknown>;
}

/** A reading that fails where the work throws. */
export const reading = async <T>(work: () => Promise<Reading<T>>): Promise<Reading<T>> => {
  try {
    return await work();
  } catch (error) {
    return failed(messageOf(error));
  }
};

/** Lists the clusters of all sources with `names`; `heard` is told of each answer. */
export function listSources(
  sources: readonly Source[],
  names: (source: Source) => Promise<Reading<readonly string[]>>,
  heard: (source: Source, names: Reading<readonly string[]>) => void,
): Listing {
  const states = sources.map((source): SourceState => ({
    source,
    names: undefined,
    describe: limiter(DESCRIBE_AT_ONCE),
  }));
  const calls = states.map(async (state) => {
    const answer = await reading(() => names(state.source));
    state.names = answer;
    heard(state.source, answer);
    return answer;
  });
  const all = Promise.all(calls);
  // Promise.any resolves with the first that has clusters; where none has, everything has been heard.
  const first = Promise.any(
    calls.map(async (call) => {
      const answer = await call;
      if (answer.state !== 'found' || answer.value.length === 0) throw new Error('nothing to show');
    }),
  ).catch(() => all);
  return { sources: states, first: Promise.race([all, Promise.all([first, sleep(GRACE)])]), all };
}
