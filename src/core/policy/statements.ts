/** The statements of a policy, as parsed JSON of unknown shape: what is no policy has none. */
import { HOLE } from '../document/node.ts';
import { isObject, type Json } from '../records.ts';
import { list } from './json.ts';

/** An own element of a statement: `__proto__` and its like are keys as any other. */
export const own = (object: Json, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined);

export interface Document {
  readonly statements: readonly Json[];
  /** Whether `${…}` is a variable: Version 2012-10-17. */
  readonly variables: boolean;
}

const ANY_STATEMENT: Json = { Effect: HOLE, Action: HOLE, Resource: HOLE, Principal: HOLE };

export function readDocument(policy: unknown): Document {
  if (!isObject(policy)) return { statements: [], variables: false };
  return {
    // A statement that a tool fills in later may be any.
    statements: list(own(policy, 'Statement')).flatMap((one) =>
      isObject(one) ? [one] : typeof one === 'string' && one.includes(HOLE) ? [ANY_STATEMENT] : [],
    ),
    variables: own(policy, 'Version') === '2012-10-17',
  };
}

/** The strings of an element; `open`: there are values that a tool makes into text later. */
export function textsOf(value: unknown): { readonly texts: readonly string[]; readonly open: boolean } {
  const items = list(value);
  return {
    texts: items.filter((item): item is string => typeof item === 'string'),
    open: items.some((item) => typeof item === 'object' && item !== null),
  };
}
