// What the texts of a policy match: wildcards, policy variables, ARNs and condition operators. Written from the AWS
// documentation and independent of src/core on purpose: a mistake in one must not hide in the other.
// Sources: IAM User Guide, "Condition operators", "Multivalued context keys", "Variables and tags", "Resource", "Version".
import { isIP } from 'node:net';

/** Context keys in lower case, with their values. A key that is absent from the request is absent here. */
export type Context = ReadonlyMap<string, readonly string[]>;

/** How the texts of a document are read. */
export interface Reading {
  readonly context: Context;
  /** Whether `${…}` is a variable: in Version 2012-10-17 only, and elsewhere these are plain characters. */
  readonly variables: boolean;
}

/** A character that stands for itself, or a wildcard. */
type Token = string | typeof ONE | typeof MANY;
const ONE = 1;
const MANY = 2;

/**
 * Reads a text of a policy. A variable's value is text: what it holds of wildcards stands for itself. Undefined where a variable
 * has no value or is none at all (unclosed, empty, nested): such a text matches nothing.
 */
function read(text: string, { context, variables }: Reading): Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (variables && text.startsWith('${', at)) {
      const end = text.indexOf('}', at);
      const value = end < 0 ? undefined : variable(text.slice(at + 2, end), context);
      if (value === undefined) return undefined;
      for (const one of value.split('')) tokens.push(one);
      at = end;
    } else tokens.push(char === '*' ? MANY : char === '?' ? ONE : char);
  }
  return tokens;
}

/** The value of `aws:username`, or of `aws:PrincipalTag/team, 'default'`; a key with several values has none. */
function variable(inner: string, context: Context): string | undefined {
  if (['*', '?', '$'].includes(inner)) return inner;
  const comma = inner.indexOf(',');
  const name = (comma < 0 ? inner : inner.slice(0, comma)).trim();
  if (name === '' || name.includes('${')) return undefined;
  const fallback = comma < 0 ? undefined : inner.slice(comma + 1).trim();
  const values = context.get(name.toLowerCase());
  if (values?.length === 1) return values[0];
  const quoted = fallback !== undefined && fallback.length > 1 && fallback.startsWith("'") && fallback.endsWith("'");
  return values === undefined && quoted ? fallback.slice(1, -1) : undefined;
}

/**
 * Whether a text (any list of characters) matches. Behind a `*` the first fit is taken, and moved on by one where the rest
 * fails; a `*` before it never has to be looked at again. So it reads at most tokens × characters, whatever the stars.
 */
function fits(text: ArrayLike<string>, tokens: readonly Token[]): boolean {
  let [at, index] = [0, 0];
  let star: { index: number; at: number } | undefined;
  while (at < text.length || index < tokens.length) {
    const token = tokens[index];
    if (token === MANY) {
      star = { index: ++index, at };
    } else if (at < text.length && token !== undefined && (token === ONE || token === text[at])) {
      index++;
      at++;
    } else {
      if (!star || star.at >= text.length) return false;
      at = ++star.at;
      index = star.index;
    }
  }
  return true;
}

/** Whether a text matches a pattern without variables, such as an action. */
export const like = (text: ArrayLike<string>, pattern: string): boolean =>
  fits(text, read(pattern, { context: new Map(), variables: false }) ?? []);

/** The six fields of an ARN or of a pattern of ARNs, fewer where there are fewer colons. Those in a variable do not count. */
function arnFields(text: string, variables: boolean): string[] {
  const fields: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length && fields.length < 5; at++) {
    if (variables && text.startsWith('${', at)) {
      const end = text.indexOf('}', at);
      if (end < 0) break;
      at = end;
    } else if (text[at] === ':') {
      fields.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...fields, text.slice(start)];
}

const matches = (text: string, pattern: string, reading: Reading): boolean => {
  const tokens = read(pattern, reading);
  return tokens !== undefined && fits(text, tokens);
};

/**
 * Whether an element of `Resource` names a resource (an ARN, or `*`). Each field is for itself: no wildcard reaches over a colon
 * before the fifth. Fields that are missing at the end count as `*`. A variable has its place in the last field only.
 */
export function resourceMatches(resource: string, pattern: string, reading: Reading): boolean {
  if (/^\*+$/.test(pattern)) return true;
  const patterns = arnFields(pattern, reading.variables);
  const fields = arnFields(resource, false);
  if (patterns[0] !== 'arn' || fields.length < 6) return false;
  return fields.every((field, index) => {
    const wanted = patterns[index];
    if (wanted === undefined) return true;
    return !(index < 5 && reading.variables && wanted.includes('${')) && matches(field, wanted, reading);
  });
}

// ---- Operators -------------------------------------------------------------------------------------------------------

/** Whether a value of the request is as the policy wants it. */
type Test = (actual: string, wanted: string, reading: Reading) => boolean;

/** The policy's text with its variables filled in; wildcards are plain characters where they mean nothing. */
const filled = (wanted: string, reading: Reading): string | undefined =>
  read(wanted, reading)
    ?.map((token) => (token === MANY ? '*' : token === ONE ? '?' : token))
    .join('');
const equals: Test = (actual, wanted, reading) => filled(wanted, reading) === actual;
const equalsIgnoreCase: Test = (actual, wanted, reading) =>
  filled(wanted, reading)?.toLowerCase() === actual.toLowerCase();
/** Both have the six fields of an ARN; each is compared for itself. */
const arnLike: Test = (actual, wanted, reading) => {
  const [fields, patterns] = [arnFields(actual, false), arnFields(wanted, reading.variables)];
  return (
    fields.length === 6 &&
    patterns.length === 6 &&
    fields.every((field, index) => matches(field, patterns[index] ?? '', reading))
  );
};

const numberOf = (text: string): number => (/^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN);
/** Milliseconds of seconds since 1970 or of a date of ISO 8601 (UTC where it names no zone); NaN for anything else. */
function dateOf(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const match = /^\d{4}-\d\d(?:-\d\d(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?)?$/i.exec(text);
  if (!match) return NaN;
  return Date.parse(match[1] !== undefined && match[2] === undefined ? `${text}Z` : text);
}
/** Numbers and dates know no variables. What is no number or date is neither equal nor less nor greater. */
const ordered =
  (parse: (text: string) => number, compare: (a: number, b: number) => boolean): Test =>
  (actual, wanted) =>
    compare(parse(actual), parse(wanted));

/** An address as a number, and how many bits it has; undefined for what is none. */
function address(text: string): { readonly value: bigint; readonly bits: number } | undefined {
  const family = isIP(text);
  const join = (parts: readonly number[], bits: number): bigint =>
    parts.reduce((sum, part) => (sum << BigInt(bits)) + BigInt(part), 0n);
  if (family === 4) return { value: join(text.split('.').map(Number), 8), bits: 32 };
  if (family !== 6 || text.includes('%')) return undefined;
  // The last 32 bits may be written as IPv4.
  const groups = (part: string): number[] =>
    part === ''
      ? []
      : part.split(':').flatMap((group) => {
          if (!group.includes('.')) return [parseInt(group, 16)];
          const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
          return [a * 256 + b, c * 256 + d];
        });
  const [before = '', after] = text.split('::');
  const [head, tail] = [groups(before), groups(after ?? '')];
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => 0);
  return { value: join([...head, ...zeros, ...tail], 16), bits: 128 };
}
/** An address is in a range of its own family only; a range without `/` is one address. */
const inRange: Test = (actual, wanted) => {
  const [base = '', length, ...more] = wanted.split('/');
  const [given, range] = [address(actual), address(base)];
  if (!given || !range || given.bits !== range.bits || more.length > 0) return false;
  if (length !== undefined && (!/^\d{1,3}$/.test(length) || Number(length) > range.bits)) return false;
  const free = BigInt(range.bits - Number(length ?? range.bits));
  return given.value >> free === range.value >> free;
};

/** Names in lower case: an operator may be written in any. */
const TESTS: Readonly<Record<string, Test>> = {
  stringequals: equals,
  stringequalsignorecase: equalsIgnoreCase,
  stringlike: matches,
  numericequals: ordered(numberOf, (a, b) => a === b),
  numericlessthan: ordered(numberOf, (a, b) => a < b),
  numericlessthanequals: ordered(numberOf, (a, b) => a <= b),
  numericgreaterthan: ordered(numberOf, (a, b) => a > b),
  numericgreaterthanequals: ordered(numberOf, (a, b) => a >= b),
  dateequals: ordered(dateOf, (a, b) => a === b),
  datelessthan: ordered(dateOf, (a, b) => a < b),
  datelessthanequals: ordered(dateOf, (a, b) => a <= b),
  dategreaterthan: ordered(dateOf, (a, b) => a > b),
  dategreaterthanequals: ordered(dateOf, (a, b) => a >= b),
  bool: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
  binaryequals: (actual, wanted) => actual === wanted,
  ipaddress: inRange,
  arnequals: arnLike,
  arnlike: arnLike,
};
/** The operators that hold where another does not. */
const NEGATIONS: Readonly<Record<string, string>> = {
  stringnotequals: 'stringequals',
  stringnotequalsignorecase: 'stringequalsignorecase',
  stringnotlike: 'stringlike',
  numericnotequals: 'numericequals',
  datenotequals: 'dateequals',
  notipaddress: 'ipaddress',
  arnnotequals: 'arnequals',
  arnnotlike: 'arnlike',
};

interface Operator {
  readonly set: 'all' | 'any' | undefined;
  /** Undefined for `Null`. */
  readonly test: Test | undefined;
  readonly negated: boolean;
  readonly ifExists: boolean;
}
/** Reads `ForAnyValue:StringLikeIfExists`; undefined if there is no such operator. */
function operatorOf(text: string): Operator | undefined {
  const match = /^(?:for(all)values:|for(any)value:)?(.+?)(ifexists)?$/.exec(text.toLowerCase());
  const name = match?.[3] ?? '';
  const ifExists = match?.[4] !== undefined;
  const negation = Object.hasOwn(NEGATIONS, name) ? NEGATIONS[name] : undefined;
  const positive = negation ?? name;
  const test = Object.hasOwn(TESTS, positive) ? TESTS[positive] : undefined;
  if (test === undefined && (name !== 'null' || ifExists)) return undefined;
  return { set: (match?.[1] ?? match?.[2]) as Operator['set'], test, negated: negation !== undefined, ifExists };
}
export const isOperator = (text: string): boolean => operatorOf(text) !== undefined;

/** Whether one test of a condition holds. `actual` are the values of the request's key, `wanted` those of the policy. */
export function conditionHolds(
  operatorText: string,
  actual: readonly string[] | undefined,
  wanted: readonly string[],
  reading: Reading,
): boolean {
  const operator = operatorOf(operatorText);
  if (!operator) return false;
  const { set, test, negated, ifExists } = operator;
  const present = actual !== undefined && actual.length > 0;
  if (!test) return wanted.some((text) => text.toLowerCase() === String(!present));
  if (!present) return ifExists || set === 'all' || (set === undefined && negated);
  // To a set operator empty text is no value: none of it has to fit, and none of it does.
  if (set !== undefined && actual.every((value) => value === '')) return set === 'all';
  const holds = (value: string): boolean => wanted.some((text) => test(value, text, reading)) !== negated;
  return set === 'any' || (set === undefined && !negated) ? actual.some(holds) : actual.every(holds);
}
