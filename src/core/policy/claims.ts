/** Tests of the claims of a token as sets of the values for which they surely hold, surely fail, or may do either. */
import { HOLE } from '../document/node.ts';
import { readOperator, wantedTexts, type ConditionTest } from './condition.ts';
import type { Facts } from './context.ts';
import { escaped, LONG, plain, within, without, type Pattern, type Values } from './values.ts';

export type Claim = 'sub' | 'aud';

/** A test of `sub` or `aud` as a set of values; `open`: patterns of values that may, once known, be in the list as well. */
export interface ClaimTest {
  readonly claim: Claim;
  readonly negated: boolean;
  readonly values: readonly Pattern[];
  readonly open: readonly Pattern[];
}

/** Values that tokens have: an empty `sub` or `aud` there is not. */
const STRINGS: Readonly<
  Record<string, { readonly wild: boolean; readonly anyCase: boolean; readonly negated: boolean }>
> = {
  stringequals: { wild: false, anyCase: false, negated: false },
  stringnotequals: { wild: false, anyCase: false, negated: true },
  stringequalsignorecase: { wild: false, anyCase: true, negated: false },
  stringnotequalsignorecase: { wild: false, anyCase: true, negated: true },
  stringlike: { wild: true, anyCase: false, negated: false },
  stringnotlike: { wild: true, anyCase: false, negated: true },
};

/** A test of a claim as a set; undefined where the operator compares something else than texts. */
export function claimTest(test: ConditionTest, claim: Claim, facts: Facts, variables: boolean): ClaimTest | undefined {
  const { base } = readOperator(test.operator);
  const rule = Object.hasOwn(STRINGS, base) ? STRINGS[base] : undefined;
  if (rule === undefined) return undefined;
  const [values, open]: [Pattern[], Pattern[]] = [[], []];
  const anyCase = rule.anyCase ? { anyCase: true as const } : {};
  const { texts, open: more } = wantedTexts(test.values, facts, variables);
  for (const text of texts) {
    const written = variables ? text : escapedVariables(text);
    const pattern = rule.wild ? written : escaped(variables ? plain(text) : text);
    if (pattern.length > LONG) open.push({ text: '*' });
    else if (pattern.includes(HOLE)) open.push({ text: pattern.replaceAll(HOLE, '*'), ...anyCase });
    else values.push({ text: pattern, ...anyCase });
  }
  if (more) open.push({ text: '*' });
  return { claim, negated: rule.negated, values, open };
}

/** `${…}` is plain text where the policy has no variables. */
const escapedVariables = (text: string): string => text.replaceAll('$', '${$}');

/** Where the test surely holds. */
export const surely = (values: Values, { negated, values: listed, open }: ClaimTest): Values =>
  negated ? without(values, [...listed, ...open]) : within(values, listed);
/** Where it surely fails. */
export const surelyNot = (values: Values, { negated, values: listed, open }: ClaimTest): Values =>
  negated ? within(values, listed) : without(values, [...listed, ...open]);
/** Where it may hold, and it is not known whether. */
export const perhaps = (values: Values, { negated, values: listed, open }: ClaimTest): Values =>
  negated ? within(without(values, listed), open) : within(values, open);
