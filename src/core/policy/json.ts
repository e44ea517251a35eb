/** Policies as parsed JSON: where IAM takes one value it also takes a list of one (IAM User Guide, policy grammar). */
import { isObject, type Json } from '../records.ts';

/** The data of a JSON text; undefined where it is none. */
export function dataOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A value as a list: a list as it is, nothing as an empty one. */
export const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

/** The strings of a value or a list. */
export const strings = (value: unknown): string[] =>
  list(value).filter((item): item is string => typeof item === 'string');

/** The object of a JSON text; undefined where it is none, or where it has numbers that would not come out as they went in. */
export function exactData(text: string): Json | undefined {
  const data = dataOf(text);
  const numbers = text.replace(/"(?:[^"\\]|\\.)*"/g, '""').match(/-?\d[\d.eE+-]*/g) ?? [];
  return isObject(data) && numbers.every((one) => String(Number(one)) === one) ? data : undefined;
}
