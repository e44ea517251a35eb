/** On what it depends, in words, where an answer is not certain. */
import { HOLE } from '../document/node.ts';
import type { Json } from '../records.ts';
import { testHolds, testsOf, type ConditionTest } from './condition.ts';
import type { Facts } from './context.ts';

export const NOT_KNOWN = 'a value that is not known here';

/** On what a test depends, in words. */
export function dependence({ key, operator, values }: ConditionTest): string {
  const open = JSON.stringify([operator, key, values]) ?? '';
  if (open.includes(HOLE)) return NOT_KNOWN;
  return key;
}

/** On what it depends whether the condition holds; undefined: it surely does not. */
export function conditions(statement: Json, facts: Facts, variables: boolean): string[] | undefined {
  const depends: string[] = [];
  const tests = testsOf(statement);
  if (tests === undefined) return ['a Condition that cannot be read'];
  for (const test of tests) {
    const answer = testHolds(test, facts, variables);
    if (answer === 'no') return undefined;
    if (answer === 'unknown') depends.push(dependence(test));
  }
  return depends;
}
