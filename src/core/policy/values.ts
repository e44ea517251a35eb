/** Sets of values that a claim of a token may have, as patterns: what covers what, what overlaps, in bounded time. */
import { patternCovers, patternMatches, patternsOverlap } from '../arn/pattern.ts';

/** Values of a claim: an IAM pattern, in which `${*}` is the character itself; `anyCase` without regard to case. */
export interface Pattern {
  readonly text: string;
  readonly anyCase?: true;
}

/** Values of one claim: those that fit one pattern of each list of `among`, and none of `except`. An empty `among` is every value. */
export interface Values {
  readonly among: readonly (readonly Pattern[])[];
  readonly except: readonly Pattern[];
}

/** Steps that the comparison of patterns may take. A policy of 8,192 characters, the largest that IAM keeps, needs far fewer. */
export const STEPS = 20_000_000;
/** Sets that are kept apart for one provider. */
export const SETS = 64;
/** Longer patterns of subjects are not compared: no token has such a subject. */
export const LONG = 2048;

export class Exceeded extends Error {}
export interface Budget {
  left: number;
}
export function spend(budget: Budget, steps: number): void {
  budget.left -= steps;
  if (budget.left < 0) throw new Exceeded();
}

/** Every value. */
export const ALL: Values = { among: [], except: [] };

/** Those of the set that fit a pattern of the list. */
export const within = ({ among, except }: Values, list: readonly Pattern[]): Values => ({
  among: [...among, list],
  except,
});
/** Those that fit none. */
export const without = ({ among, except }: Values, list: readonly Pattern[]): Values => ({
  among,
  except: [...except, ...list],
});

export const isWild = ({ text, anyCase }: Pattern): boolean =>
  anyCase === true || /[*?]/.test(text.replace(/\$\{[*?$]\}/g, ''));
export const plain = (text: string): string => text.replace(/\$\{([*?$])\}/g, '$1');
export const escaped = (text: string): string => text.replace(/[*?$]/g, (char) => `\${${char}}`);

export const fitsPattern = ({ text, anyCase }: Pattern, value: string): boolean =>
  anyCase === true ? patternMatches(text.toLowerCase(), value.toLowerCase()) : patternMatches(text, value);

export const fitsValues = ({ among, except }: Values, value: string): boolean =>
  among.every((list) => list.some((one) => fitsPattern(one, value))) && !except.some((one) => fitsPattern(one, value));

/** Whether each value of the second pattern fits the first; `false` says nothing. */
export function covers(wide: Pattern, narrow: Pattern, budget: Budget): boolean {
  spend(budget, wide.text.length + narrow.text.length);
  if (!isWild(narrow)) return fitsPattern(wide, plain(narrow.text));
  if (narrow.anyCase === true && wide.anyCase !== true) return /^\*+$/.test(wide.text);
  const step = (): void => {
    spend(budget, 1);
  };
  return wide.anyCase === true
    ? patternCovers(wide.text.toLowerCase(), narrow.text.toLowerCase(), step)
    : patternCovers(wide.text, narrow.text, step);
}

/** Whether a value may fit both. */
export function overlaps(a: Pattern, b: Pattern, budget: Budget): boolean {
  spend(budget, a.text.length + b.text.length);
  if (!isWild(a)) return fitsPattern(b, plain(a.text));
  if (!isWild(b)) return fitsPattern(a, plain(b.text));
  spend(budget, a.text.length * b.text.length);
  return a.anyCase === true || b.anyCase === true
    ? patternsOverlap(a.text.toLowerCase(), b.text.toLowerCase())
    : patternsOverlap(a.text, b.text);
}

/** The same set with less: what can be of no effect is left out. Undefined: no value is in it. */
export function simplify({ among, except }: Values, budget: Budget): Values | undefined {
  /** Whether another of the list holds it; of two that hold each other, the first one stays. */
  const isHeld = (one: Pattern, i: number, all: readonly Pattern[]): boolean =>
    all.some((two, j) => i !== j && covers(two, one, budget) && (j < i || !covers(one, two, budget)));
  let lists = among.map((list) =>
    list.filter((one, i) => {
      const others = among.filter((other) => other !== list);
      if (!isWild(one)) {
        const value = plain(one.text);
        spend(budget, value.length * (except.length + 1));
        if (except.some((out) => fitsPattern(out, value))) return false;
      } else if (except.some((out) => covers(out, one, budget))) return false;
      if (!others.every((other) => other.some((two) => overlaps(one, two, budget)))) return false;
      return !isHeld(one, i, list);
    }),
  );
  if (lists.some((list) => list.length === 0)) return undefined;
  // A list in which another one lies wholly adds nothing.
  for (;;) {
    const needless = lists.find((wide) =>
      lists.some((narrow) => narrow !== wide && narrow.every((one) => wide.some((two) => covers(two, one, budget)))),
    );
    if (needless === undefined) break;
    lists = lists.filter((list) => list !== needless);
  }
  const left = except.filter((out, i) => {
    if (!lists.every((list) => list.some((one) => overlaps(out, one, budget)))) return false;
    return !isHeld(out, i, except);
  });
  // Everything left out: nobody.
  return left.some(({ text }) => /^\*+$/.test(text)) ? undefined : { among: lists, except: left };
}
