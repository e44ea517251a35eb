/**
 * Whether the `Condition` of a statement holds. Source: IAM User Guide, "Condition operators", "Multivalued context keys".
 */
import { patternMatches } from '../arn/pattern.ts';
import { HOLE } from '../document/node.ts';
import { isObject, type Json } from '../records.ts';
import { and, answerOf, not, or, type Answer } from './answer.ts';
import type { Fact, Facts } from './context.ts';
import { list } from './json.ts';
import { comparison, type Comparison } from './operators.ts';
import { own } from './statements.ts';
import { resolve } from './variables.ts';

/** One test of a `Condition`. */
export interface ConditionTest {
  readonly operator: string;
  readonly key: string;
  readonly values: unknown;
}

/** The tests of a statement; undefined where its Condition has no form that can be read. */
export function testsOf(statement: Json): readonly ConditionTest[] | undefined {
  const condition = own(statement, 'Condition');
  if (condition === undefined) return [];
  if (!isObject(condition)) return undefined;
  const result: ConditionTest[] = [];
  for (const [operator, block] of Object.entries(condition)) {
    if (!isObject(block)) return undefined;
    for (const [key, values] of Object.entries(block)) result.push({ operator, key, values });
  }
  return result;
}

/** All tests hold: each operator, each key. */
export function conditionHolds(statement: Json, facts: Facts, variables: boolean): Answer {
  const tests = testsOf(statement);
  return tests === undefined ? 'unknown' : and(tests.map((test) => testHolds(test, facts, variables)));
}

/** An operator without what stands around it. */
export interface Operator {
  readonly base: string;
  readonly set: 'forallvalues' | 'foranyvalue' | undefined;
  readonly ifExists: boolean;
}

export function readOperator(text: string): Operator {
  const name = text.toLowerCase();
  const set = name.startsWith('forallvalues:')
    ? 'forallvalues'
    : name.startsWith('foranyvalue:')
      ? 'foranyvalue'
      : undefined;
  const rest = set === undefined ? name : name.slice(set.length + 1);
  const ifExists = rest.endsWith('ifexists');
  return { base: ifExists ? rest.slice(0, -'ifexists'.length) : rest, set, ifExists };
}

/** Operators whose values may be variables (IAM User Guide, "Where you can use policy variables"): for others `${…}` is plain text. */
const TAKES_VARIABLES = /^(?:string|arn)/;

/** Whether one test holds. */
export function testHolds(test: ConditionTest, facts: Facts, variables: boolean): Answer {
  const operator = readOperator(test.operator);
  const key = test.key.toLowerCase();
  const fact = facts(key);
  if (operator.base === 'null') return nullHolds(operator, test.values, fact);
  const compare = comparison(operator.base);
  if (compare === undefined) return 'unknown';
  const isVariable = variables && TAKES_VARIABLES.test(operator.base);
  switch (fact.state) {
    case 'absent':
      return absentHolds(operator, compare);
    case 'is':
      return valuesHold(operator, compare, test.values, fact.values, facts, isVariable);
    case 'some':
    case 'between':
      return oneOfHolds(compare, test.values, fact, facts, isVariable);
    case 'unknown': {
      const [absent, there] = [
        absentHolds(operator, compare),
        oneOfHolds(compare, test.values, { state: 'some', least: 0 }, facts, isVariable),
      ];
      return absent === there ? absent : 'unknown';
    }
  }
}

/** An empty list is no value (IAM User Guide, "Null condition operator"). */
function nullHolds({ set, ifExists }: Operator, values: unknown, fact: Fact): Answer {
  if (set !== undefined || ifExists) return 'unknown';
  const wants = list(values).map((value) => String(value).toLowerCase());
  const open = list(values).some(
    (value) => (typeof value === 'object' && value !== null) || (typeof value === 'string' && value.includes(HOLE)),
  );
  const [absent, there] = [wants.includes('true'), wants.includes('false')];
  if (absent && there) return 'yes';
  if (open || (fact.state === 'unknown' && (absent || there))) return 'unknown';
  const isAbsent = fact.state === 'absent' || (fact.state === 'is' && fact.values.length === 0);
  return answerOf(isAbsent ? absent : there);
}

/** A negated operator holds also for a key that is not in the request. */
const absentHolds = ({ set, ifExists }: Operator, { negated }: Comparison): Answer =>
  answerOf(set === 'forallvalues' || ifExists || (negated && set !== 'foranyvalue'));

/** What a value of a condition is compared with: its texts with variables filled in, and whether there are others. */
export function wantedTexts(
  values: unknown,
  facts: Facts,
  variables: boolean,
): { readonly texts: readonly string[]; readonly open: boolean } {
  let open = false;
  const texts: string[] = [];
  for (const value of list(values)) {
    if (typeof value === 'object' && value !== null) open = true;
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      const resolved = resolve(String(value), facts, variables);
      if (resolved === 'unknown') open = true;
      else if (resolved !== undefined) texts.push(resolved.text);
    }
  }
  return { texts, open };
}

/** Whether the test holds for values that are known. A text with a hole may fit or not. */
function valuesHold(
  { set, ifExists }: Operator,
  compare: Comparison,
  values: unknown,
  given: readonly string[],
  facts: Facts,
  variables: boolean,
): Answer {
  if (given.length === 0) return absentHolds({ base: '', set, ifExists }, compare);
  // Values that are all empty are none (IAM User Guide, "Multivalued context keys").
  if (set !== undefined && given.every((value) => value === '')) return answerOf(set === 'forallvalues');
  const wanted = wantedTexts(values, facts, variables);
  const one = (value: string): Answer => {
    const fits = or([
      ...wanted.texts.map((text) => textFits(compare, text, value, variables)),
      wanted.open ? 'unknown' : 'no',
    ]);
    return compare.negated ? not(fits) : fits;
  };
  const answers = given.map(one);
  if (set !== undefined) return (set === 'foranyvalue' ? or : and)(answers);
  // What several values are without a set operator is not said anywhere.
  const [any, all] = [or(answers), and(answers)];
  return any === all ? any : 'unknown';
}

function textFits(compare: Comparison, text: string, value: string, variables: boolean): Answer {
  if (!text.includes(HOLE)) return answerOf(compare.fits(text, value, variables));
  return patternMatches(text, value, variables) || compare.order !== undefined ? 'unknown' : 'no';
}

/** Whether the test holds for a value that is there, and of which little is known. */
function oneOfHolds(
  compare: Comparison,
  values: unknown,
  fact: Fact & { readonly state: 'some' | 'between' },
  facts: Facts,
  variables: boolean,
): Answer {
  const { texts, open } = wantedTexts(values, facts, variables);
  const each = texts.map((text): Answer => {
    if (text.includes(HOLE)) return 'unknown';
    // What is no number or date is neither less nor equal nor greater.
    if (compare.order !== undefined && Number.isNaN(compare.order.read(text))) return 'no';
    if (fact.state === 'between') {
      if (compare.order === undefined) return 'unknown';
      const { read, holds, milliseconds } = compare.order;
      const wanted = read(text) * milliseconds;
      const [first, last] = [holds(wanted, fact.from), holds(wanted, fact.to)];
      return first !== last || (wanted >= fact.from && wanted <= fact.to) ? 'unknown' : answerOf(first);
    }
    return compare.fits === patternMatches && fitsAll(text, fact.least) ? 'yes' : 'unknown';
  });
  const fits = or([...each, open ? 'unknown' : 'no']);
  return compare.negated ? not(fits) : fits;
}

/** Whether a pattern fits each text of at least so many characters. */
const fitsAll = (pattern: string, least: number): boolean =>
  /^[*?]*\*[*?]*$/.test(pattern) && [...pattern].filter((char) => char === '?').length <= least;
