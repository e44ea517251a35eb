/** The entries of a record in the order of their keys (by UTF-16 code units, as everywhere the same). */
export function byKey<T>(entries: readonly (readonly [key: string, value: T])[]): [key: string, value: T][] {
  const values = new Map(entries);
  return [...values.keys()].sort().map((key) => [key, values.get(key) as T]);
}
