import { HOLE } from '../document/node.ts';

/**
 * Patterns of IAM: `*` and `?` are wildcards, `${…}` a policy variable, `${*}`, `${?}` and `${$}` these characters themselves
 * (IAM User Guide, "Policy variables").
 */

/** A part of a pattern: one character, or any characters of a class, once or any number of times. */
interface Token {
  /** The only character it stands for; undefined for a class. */
  readonly literal?: string;
  /** The characters a class stands for; undefined: every character. */
  readonly among?: RegExp;
  readonly many: boolean;
}

const ANY_ONE: Token = { many: false };
const ANY_MANY: Token = { many: true };
const ESCAPE = /\$\{([*?$])\}/y;
/** A policy variable, with or without a default value: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`. */
const VARIABLE = /\$\{[^{}]*\}/y;

/** Reads a pattern; a variable and a hole of a template may hold anything, so they count as `*`. */
function tokens(pattern: string, variables: boolean): Token[] {
  const result: Token[] = [];
  for (let i = 0; i < pattern.length;) {
    ESCAPE.lastIndex = VARIABLE.lastIndex = i;
    const escape = variables ? ESCAPE.exec(pattern) : null;
    const variable = variables && escape === null ? VARIABLE.exec(pattern) : null;
    const char = pattern.charAt(i);
    if (escape !== null) result.push({ literal: escape[1] ?? '', many: false });
    else if (variable !== null) result.push(ANY_MANY);
    else
      result.push(char === '*' || char === HOLE ? ANY_MANY : char === '?' ? ANY_ONE : { literal: char, many: false });
    i += (escape ?? variable)?.[0].length ?? 1;
  }
  return result;
}

/** Classes of characters by the name that a template gives them in braces; each stands for one or more of them. */
export type Placeholders = Readonly<Record<string, RegExp>>;

/** Reads a template such as `accesspoint/{name}/object/{key}`. */
function templateTokens(template: string, placeholders: Placeholders): Token[] {
  return template.split(/(\{\w+\})/).flatMap((part): Token[] => {
    const among = part.startsWith('{') ? placeholders[part.slice(1, -1)] : undefined;
    if (among === undefined) return Array.from(part, (literal) => ({ literal, many: false }));
    return [
      { among, many: false },
      { among, many: true },
    ];
  });
}

/** Whether one character fits both. Two classes always do: one of them belongs to a pattern and holds every character. */
function compatible(a: Token, b: Token): boolean {
  if (a.literal !== undefined && b.literal !== undefined) return a.literal === b.literal;
  const literal = a.literal ?? b.literal;
  const among = a.among ?? b.among;
  return literal === undefined || among === undefined || among.test(literal);
}

/** Whether some text fits both sequences: a walk over all pairs of positions, in time proportional to their product. */
function overlap(a: readonly Token[], b: readonly Token[]): boolean {
  let row = new Uint8Array(b.length + 1);
  let next = new Uint8Array(b.length + 1);
  row[0] = 1;
  for (let i = 0; i <= a.length; i++) {
    next.fill(0);
    const left = a[i];
    for (let j = 0; j <= b.length; j++) {
      if (row[j] === 0) continue;
      const right = b[j];
      if (left?.many === true) next[j] = 1;
      if (right?.many === true) row[j + 1] = 1;
      if (left === undefined || right === undefined || !compatible(left, right)) continue;
      // Of two repeats one moves on by the skips above; a single character beside a repeat keeps the repeat.
      if (right.many) next[j] = 1;
      else if (left.many) row[j + 1] = 1;
      else next[j + 1] = 1;
    }
    if (i === a.length) return row[b.length] === 1;
    [row, next] = [next, row];
  }
  return false;
}

/** A pattern that is asked several questions: it is read for the first that needs it. */
export interface LazyPattern {
  readonly text: string;
  /** How many characters at its beginning stand for themselves. */
  readonly plain: number;
  readonly parts: () => readonly Token[];
}

export function lazyPattern(text: string): LazyPattern {
  const wild = text.search(WILD);
  let parts: readonly Token[] | undefined;
  return { text, plain: wild < 0 ? text.length : wild, parts: () => (parts ??= tokens(text, true)) };
}
const WILD = new RegExp(`[*?${HOLE}]|\\$\\{`);

/** A test for IAM patterns: whether a text that fits the template (placeholders in braces) can also fit the pattern. */
export function templateMatcher(template: string, placeholders: Placeholders): (pattern: LazyPattern) => boolean {
  const parts = templateTokens(template, placeholders);
  const start = prefixOf(parts);
  const whole = new RegExp(`^${parts.map(sourceOf).join('')}$`);
  return ({ text, plain, parts: read }) => {
    // Each template has texts that fit it.
    if (text === '*') return true;
    if (plain === text.length) return whole.test(text);
    // Most templates differ from most patterns at their beginnings.
    const both = Math.min(start.length, plain);
    return start.slice(0, both) === text.slice(0, both) && overlap(read(), parts);
  };
}

const sourceOf = ({ literal, among, many }: Token): string =>
  `${literal?.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&') ?? among?.source ?? ''}${many ? '*' : ''}`;

/** The characters that a sequence surely begins with. */
function prefixOf(parts: readonly Token[]): string {
  const end = parts.findIndex(({ literal }) => literal === undefined);
  return parts
    .slice(0, end < 0 ? undefined : end)
    .map(({ literal }) => literal)
    .join('');
}

/**
 * Walks along a text of so many parts. Of each run of them behind a `*` the first fit is taken and moved on when the rest fails, so
 * there are at most as many steps as the product of both lengths.
 *
 * @param fits whether one part of the pattern, no `*`, fits the part of the text at this place
 */
function walk(
  pattern: readonly Token[],
  length: number,
  fits: (part: Token, at: number) => boolean,
  step?: () => void,
): boolean {
  let at = 0;
  let retry: { part: number; at: number } | undefined;
  for (let i = 0; i < pattern.length || at < length;) {
    step?.();
    const part = pattern[i];
    if (part?.many === true) {
      retry = { part: i + 1, at };
      i += 1;
    } else if (part !== undefined && at < length && fits(part, at)) {
      i += 1;
      at += 1;
    } else if (retry !== undefined && retry.at < length) {
      retry.at += 1;
      at = retry.at;
      i = retry.part;
    } else return false;
  }
  return true;
}

/**
 * A test for texts that fit an IAM pattern, case-sensitively.
 *
 * @param variables `false` takes `${…}` as plain text, as Version 2008-10-17 does
 */
export function patternMatcher(pattern: string, variables = true): (text: string) => boolean {
  const parts = tokens(pattern, variables);
  return (text) => walk(parts, text.length, ({ literal }, at) => literal === undefined || literal === text[at]);
}

/** Whether a text fits an IAM pattern: see {@link patternMatcher}. */
export function patternMatches(pattern: string, text: string, variables = true): boolean {
  if (!isPattern(pattern)) return pattern === text;
  return patternMatcher(pattern, variables)(text);
}

/** Whether some text fits both IAM patterns; a variable may hold anything. The time is the product of their lengths. */
export const patternsOverlap = (a: string, b: string): boolean => overlap(tokens(a, true), tokens(b, true));

/** Stands for what a pattern leaves open: text that no policy has by chance. */
export const FREE = 'w0w0w';

/** A text that fits a pattern, with {@link FREE} for each wildcard, variable and hole. */
export const filled = (pattern: string): string => pattern.replace(/\$\{[^{}]*\}|[*?\uE000]/g, FREE);

/**
 * A text that fits all of these IAM patterns, with text of its own where none of them says what stands there; undefined where
 * there is none. A variable may hold anything. The time is the product of their lengths: with more steps than `most` it throws.
 */
export function commonText(patterns: readonly string[], most = 1_000_000): string | undefined {
  const all = patterns.map((pattern) => tokens(pattern, true));
  const keyOf = (at: readonly number[]): number =>
    at.reduce((key, one, of) => key * ((all[of]?.length ?? 0) + 1) + one, 0);
  const seen = new Set<number>();
  let steps = 0;
  const waiting: { readonly at: readonly number[]; readonly text: string }[] = [{ at: all.map(() => 0), text: '' }];
  // The last one first: a text that is found soon is as good as the shortest.
  for (let now = waiting.pop(); now !== undefined; now = waiting.pop()) {
    if (++steps > most) throw new RangeError('too many steps');
    const key = keyOf(now.at);
    if (seen.has(key)) continue;
    seen.add(key);
    const { at } = now;
    const parts = at.map((one, of) => all[of]?.[one]);
    const isFree = parts.every((part) => part?.many === true);
    const text = isFree && !now.text.endsWith(FREE) ? now.text + FREE : now.text;
    if (parts.every((part) => part === undefined)) return text;
    // Any pattern may leave its `*` behind; only where none is left a character is taken.
    for (const [of, part] of parts.entries())
      if (part?.many === true) waiting.push({ at: at.map((one, other) => (other === of ? one + 1 : one)), text });
    if (isFree || parts.some((part) => part === undefined)) continue;
    const literals = new Set(parts.flatMap((part) => part?.literal ?? []));
    if (literals.size > 1) continue;
    const [char = 'w'] = literals;
    waiting.push({ at: at.map((one, of) => (parts[of]?.many === true ? one : one + 1)), text: text + char });
  }
  return undefined;
}

/**
 * Whether every text that fits the second pattern surely fits the first: the second is read as a text in which a wildcard is
 * met only by a wildcard of the first. `false` says nothing.
 *
 * @param step is called for each step: there are at most as many as the product of both lengths
 */
export function patternCovers(wide: string, narrow: string, step?: () => void): boolean {
  const text = tokens(narrow, true);
  const fits = ({ literal }: Token, at: number): boolean =>
    text[at]?.many === false && (literal === undefined || literal === text[at].literal);
  return walk(tokens(wide, true), text.length, fits, step);
}

/** Whether the text holds a wildcard, a variable or a hole, so that it may stand for more than itself. */
export function isPattern(text: string): boolean {
  return /[*?]|\$\{/.test(text) || text.includes(HOLE);
}
