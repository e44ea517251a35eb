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
  row[0] = 1;
  for (let i = 0; i <= a.length; i++) {
    const next = new Uint8Array(b.length + 1);
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
    row = next;
  }
  return false;
}

/** A test for IAM patterns: whether a text that fits the template (placeholders in braces) can also fit the pattern. */
export function templateMatcher(template: string, placeholders: Placeholders): (pattern: string) => boolean {
  const parts = templateTokens(template, placeholders);
  const start = prefixOf(parts);
  return (pattern) => {
    // Most templates differ from most patterns at their beginnings.
    const plain = Math.min(start.length, wildAt(pattern));
    return start.slice(0, plain) === pattern.slice(0, plain) && overlap(tokens(pattern, true), parts);
  };
}

/** The characters that a sequence surely begins with. */
function prefixOf(parts: readonly Token[]): string {
  const end = parts.findIndex(({ literal }) => literal === undefined);
  return parts
    .slice(0, end < 0 ? undefined : end)
    .map(({ literal }) => literal)
    .join('');
}

/** Where the first wildcard, variable or hole of a pattern stands, else its end. */
function wildAt(pattern: string): number {
  const at = pattern.search(WILD);
  return at < 0 ? pattern.length : at;
}
const WILD = new RegExp(`[*?${HOLE}]|\\$\\{`);

/**
 * A test for texts that fit an IAM pattern, case-sensitively. Of each run of characters behind a `*` the first fit is taken and
 * moved on when the rest fails, so the time is at most the product of both lengths.
 *
 * @param variables `false` takes `${…}` as plain text, as Version 2008-10-17 does
 */
export function patternMatcher(pattern: string, variables = true): (text: string) => boolean {
  const parts = tokens(pattern, variables);
  return (text) => {
    let at = 0;
    let retry: { part: number; at: number } | undefined;
    for (let i = 0; i < parts.length || at < text.length;) {
      const token = parts[i];
      if (token?.many === true) {
        retry = { part: i + 1, at };
        i += 1;
      } else if (token !== undefined && at < text.length && (token.literal ?? text[at]) === text[at]) {
        i += 1;
        at += 1;
      } else if (retry !== undefined && retry.at < text.length) {
        retry.at += 1;
        at = retry.at;
        i = retry.part;
      } else return false;
    }
    return true;
  };
}

/** Whether a text fits an IAM pattern: see {@link patternMatcher}. */
export function patternMatches(pattern: string, text: string, variables = true): boolean {
  if (!isPattern(pattern)) return pattern === text;
  return patternMatcher(pattern, variables)(text);
}

/** Whether some text fits both IAM patterns; a variable may hold anything. The time is the product of their lengths. */
export const patternsOverlap = (a: string, b: string): boolean => overlap(tokens(a, true), tokens(b, true));

/**
 * Whether every text that fits the second pattern surely fits the first: the second is read as a text in which a wildcard is
 * met only by a wildcard of the first. `false` says nothing.
 *
 * @param step is called for each step: there are at most as many as the product of both lengths
 */
export function patternCovers(wide: string, narrow: string, step: () => void = () => undefined): boolean {
  const [pattern, text] = [tokens(wide, true), tokens(narrow, true)];
  const fits = (one: Token, other: Token): boolean =>
    !other.many && (one.literal === undefined || one.literal === other.literal);
  let at = 0;
  let retry: { part: number; at: number } | undefined;
  for (let i = 0; i < pattern.length || at < text.length;) {
    step();
    const [one, other] = [pattern[i], text[at]];
    if (one?.many === true) {
      retry = { part: i + 1, at };
      i += 1;
    } else if (one !== undefined && other !== undefined && fits(one, other)) {
      i += 1;
      at += 1;
    } else if (retry !== undefined && retry.at < text.length) {
      retry.at += 1;
      at = retry.at;
      i = retry.part;
    } else return false;
  }
  return true;
}

/** Whether the text holds a wildcard, a variable or a hole, so that it may stand for more than itself. */
export function isPattern(text: string): boolean {
  return /[*?]|\$\{/.test(text) || text.includes(HOLE);
}
