/** What the benches share: how results are shaped and times are taken. */

/** One line of the result. */
export interface Row {
  readonly what: string;
  readonly value: string;
  /** The goal in words, and whether it was met; absent where there is none. */
  readonly goal?: string;
  readonly met?: boolean;
}
export type Bench = (log: (line: string) => void) => Promise<readonly Row[]>;

/** Middle value of an odd or even number of measurements. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Wall times of `times` runs in milliseconds, one after the other. */
export async function measure(times: number, action: (run: number) => Promise<unknown>): Promise<number[]> {
  const results: number[] = [];
  for (let run = 0; run < times; run++) {
    const started = performance.now();
    await action(run);
    results.push(performance.now() - started);
  }
  return results;
}

export const milliseconds = (values: readonly number[]): string =>
  `${median(values).toFixed(0)} ms (${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}, ${values.length} runs)`;
