/** Tries what a matrix says, attempt by attempt, by the same proofs as everything else. */
import type { Attempt } from '../core/isolation/tries.ts';
import { prove } from './prove.ts';
import type { Outside, Verification } from './prove/trial.ts';

/** What came of an attempt: whether it is as the policies say. */
export interface Attempted {
  readonly says: string;
  readonly outcome: Verification['outcome'];
  readonly proofs: Verification['proofs'];
}

/** Attempts at the same time. */
const AT_ONCE = 4;

/**
 * Tries each. Never throws: what is cancelled says so. Probes that it writes are deleted again.
 *
 * @param outsideOf how a cluster is reached, by its index
 */
export async function proveIsolation(
  attempts: readonly Attempt[],
  outsideOf: (cluster: number) => Outside,
  progress: (says: string, number: number, of: number) => void = () => undefined,
): Promise<readonly Attempted[]> {
  const results: Attempted[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < attempts.length; at = next++) {
      const { cluster, says, proofs } = attempts[at] as Attempt;
      const outside = outsideOf(cluster);
      progress(says, at + 1, attempts.length);
      const { outcome, proofs: proven } = outside.signal?.aborted
        ? ({ outcome: 'cancelled', proofs: [] } as const)
        : await prove(proofs, outside, { touch: true, settled: true });
      results[at] = { says, outcome: outcome === 'checked' ? 'verified' : outcome, proofs: proven };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

/** A line each, with what failed below it. */
export const attemptLines = (
  results: readonly Attempted[],
  untried: readonly { says: string; why: string }[],
): string[] => [
  ...results.flatMap(({ says, outcome, proofs }) => [
    `${{ verified: 'as said    ', checked: 'as said    ', failed: 'NOT AS SAID', cancelled: 'cancelled  ' }[outcome]}  ${says}.`,
    ...proofs.filter(({ ok }) => ok === false).map(({ text }) => `             ${text}`),
  ]),
  ...untried.map(({ says, why }) => `not tried    ${says}: ${why}`),
];
