/** How many calls are made at a time: well below what EKS throttles. */
const AT_ONCE = 8;

/** Does the work for every item, a few at a time, until aborted. */
export async function eachOf<T>(
  items: readonly T[],
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = [...items];
  const worker = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined && !signal.aborted; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
