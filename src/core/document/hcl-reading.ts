import type { HclBad, HclProblem, HclWord } from './hcl.ts';
import { BAD, type Cursor, cursorAt, END, HEREDOC, isHeader, next, QUOTE, skipString, WORD } from './hcl-tokens.ts';

/** A file while it is read. */
export interface Reading extends Cursor {
  readonly problems: HclProblem[];
  /** Whether the end of a line ends what is read, as outside of brackets. */
  isByLine: boolean;
  depth: number;
  /** How often a text was read for a second time, as what stood in it was not closed. */
  again: number;
  /** Of each word that has a line of its own, where the last such line is: the ends of heredocs. */
  lastLines?: ReadonlyMap<string, number>;
}

/** Deeper files are nobody's: reading stops there instead of at the end of the stack. */
export const MAX_DEPTH = 200;
const MAX_PROBLEMS = 20;
export const TOO_DEEP = 'This is nested too deeply to be read.';
/** Thrown where something cannot be read, and caught by what it is a part of. One for all: nobody looks at its stack. */
export const UNREADABLE = new Error('This cannot be read.');
const CLOSERS = new Set([')', ']', '}']);
const OPENERS = new Set(['(', '[', '{']);

/** At the first token of a text. */
export const readingOf = (text: string): Reading => ({
  ...cursorAt(text),
  problems: [],
  isByLine: true,
  depth: 0,
  again: 0,
});

/** Keeps a problem, but for a second one at the place of the last. */
export function fail({ problems }: Reading, message: string, start: number, end: number): void {
  if (problems.length < MAX_PROBLEMS && problems.at(-1)?.start !== start) problems.push({ message, start, end });
}

/** Keeps a problem with what comes next; where that is another line, with the end of this one. */
export function failHere(r: Reading, message: string): void {
  if (r.isByLine && r.isNewLine) fail(r, message, r.before, r.before);
  else fail(r, message, r.start, r.end);
}

/** The same, and gives up what is being read. */
export function give(r: Reading, message: string): never {
  failHere(r, message);
  throw UNREADABLE;
}

/** What comes next; '' for the end of a line where that counts. */
export const kindOf = (r: Reading): string => (r.isByLine && r.isNewLine ? '' : r.kind);
export const is = (r: Reading, kind: string): boolean => r.kind === kind && !(r.isByLine && r.isNewLine);
export const isWord = (r: Reading, word: string): boolean => is(r, WORD) && r.text.slice(r.start, r.end) === word;
export const isCloser = (r: Reading): boolean => CLOSERS.has(r.kind);
/** Whether the first line of a block comes next, one that is not indented: there ends what was not closed before. */
export const isBlockNext = (r: Reading): boolean => r.isNewLine && isHeader(r);

/** What to say where `wanted` is not. */
export function missing(r: Reading, wanted: string): string {
  if (r.kind !== BAD || (r.isByLine && r.isNewLine)) return `${wanted} is missing here.`;
  const written = r.text.slice(r.start, r.end);
  return written.startsWith('/*') ? 'The comment is not closed.' : `${JSON.stringify(written)} does not belong here.`;
}

export function take(r: Reading, sign: string): void {
  if (!is(r, sign)) give(r, missing(r, `"${sign}"`));
  next(r);
}

export function takeWord(r: Reading, what: string): HclWord {
  if (!is(r, WORD)) give(r, missing(r, what));
  const word = { text: r.text.slice(r.start, r.end), start: r.start, end: r.end };
  next(r);
  return word;
}

/** The closing bracket of what begins at `start`; where it is missing, that is a problem and nothing is taken. */
export function takeCloser(r: Reading, sign: string, start: number): void {
  if (r.kind === sign) next(r);
  else fail(r, `The "${sign}" that belongs to this is missing.`, start, start + 1);
}

/** What was read since `start` and is of no use; nothing is where it would have begun, behind what is before it. */
export const badFrom = ({ before }: Reading, start: number): HclBad => ({
  type: 'bad',
  start: Math.min(start, before),
  end: before,
});

/**
 * Skips to where reading can go on: to one of `stops` (a sign, or '' for the end of a line) outside of brackets, a bracket that
 * closes what was opened before, or the first line of a block that is not indented.
 */
export function skip(r: Reading, ...stops: readonly string[]): void {
  let open = 0;
  for (let isFirst = true; r.kind !== END; isFirst = false) {
    if (open === 0 && (stops.includes(r.kind) || (r.isNewLine && stops.includes('')))) return;
    if (!isFirst && isBlockNext(r)) return;
    if (r.kind === QUOTE || r.kind === HEREDOC) skipString(r);
    else if (OPENERS.has(r.kind)) open += 1;
    else if (isCloser(r)) {
      if (open === 0) return;
      open -= 1;
    }
    next(r);
  }
}

/** What `read` makes, or a bad node, and the reading at one of `stops`. */
export function attempt<Node>(r: Reading, read: (r: Reading) => Node, ...stops: readonly string[]): Node | HclBad {
  const { start, isByLine, depth } = r;
  try {
    return read(r);
  } catch (error) {
    if (error !== UNREADABLE) throw error;
    r.isByLine = isByLine;
    r.depth = depth;
    skip(r, ...stops);
    return badFrom(r, start);
  }
}

/** What `read` makes while the ends of lines count, or do not. */
export function byLine<Node>(r: Reading, isByLine: boolean, read: () => Node): Node {
  const before = r.isByLine;
  r.isByLine = isByLine;
  const node = read();
  r.isByLine = before;
  return node;
}
