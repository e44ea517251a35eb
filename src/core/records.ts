/** What JSON and YAML call objects, as plain records. */

export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value as a record; an empty one where it is none. */
export const record = (value: unknown): Json => (isObject(value) ? value : {});

/** The entries of a record in the order of their keys (by UTF-16 code units, as everywhere the same). */
export function byKey<T>(entries: readonly (readonly [key: string, value: T])[]): [key: string, value: T][] {
  const values = new Map(entries);
  return [...values.keys()].sort().map((key) => [key, values.get(key) as T]);
}
