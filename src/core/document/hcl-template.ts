import type { HclInterpolation, HclPart, HclBad, HclExpression, HclText, HclWord } from './hcl.ts';
import { TOO_DEEP } from './hcl-reading.ts';
import { HEREDOC_STOPS, QUOTED_STOPS } from './hcl-tokens.ts';

/** A stretch of text of a template, of one line in a heredoc, while what stands beside it may still take white space off it. */
export interface Piece {
  readonly type: 'piece';
  value: string;
  /** Offsets in `value` and the places where they stand, in turns, ascending: from one to the next both count alike. */
  places: number[];
  start: number;
  end: number;
}

/** `%{ … }`; of an `if` or a `for` with what it says. */
export interface Directive {
  readonly type: 'directive';
  readonly word: string;
  readonly start: number;
  readonly end: number;
  readonly expression?: HclExpression;
  readonly key?: HclWord;
  readonly item?: HclWord;
}
export type RawPart = Piece | Directive | HclInterpolation | HclBad;

type Fail = (message: string, start: number, end: number) => void;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };
/** What Go calls a space. */
const SPACE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const LEADING = new RegExp(`^${SPACE}*`);
const BLANK_TAIL = new RegExp(SPACE);

/** Reads from `from` to what ends the text: an expression, a quote, the end of the line (which belongs to a heredoc's) or the text. */
export function readPiece(text: string, from: number, isQuoted: boolean, fail: Fail): Piece {
  const stops = isQuoted ? QUOTED_STOPS : HEREDOC_STOPS;
  const places = [0, from];
  let value = '';
  let done = from;
  stops.lastIndex = from;
  for (;;) {
    const match = stops.exec(text);
    const stop = match?.[0] ?? '';
    const at = match?.index ?? text.length;
    if (stop === '\r' && !isQuoted) {
      fail('A carriage return belongs before the end of a line.', at, at + 1);
      continue;
    }
    if (stop.length < 2 || stop === '${' || stop === '%{') {
      const end = stop === '\n' && !isQuoted ? at + 1 : at;
      return { type: 'piece', value: value + text.slice(done, end), places, start: from, end };
    }
    value += text.slice(done, at);
    const decoded = stop.startsWith('\\') ? unescape(text, at, fail) : { value: stop.slice(1), end: at + 3 };
    value += decoded.value;
    done = stops.lastIndex = decoded.end;
    places.push(value.length, done);
  }
}

/** What the backslash at `at` makes of what follows it. */
function unescape(text: string, at: number, fail: Fail): { value: string; end: number } {
  const letter = text.charAt(at + 1);
  const known = ESCAPES[letter];
  if (known !== undefined) return { value: known, end: at + 2 };
  if (letter === 'u' || letter === 'U') {
    const digits = letter === 'u' ? 4 : 8;
    const hex = text.slice(at + 2, at + 2 + digits);
    const code = /^[0-9a-fA-F]+$/.test(hex) && hex.length === digits ? Number.parseInt(hex, 16) : -1;
    if (code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff))
      return { value: String.fromCodePoint(code), end: at + 2 + digits };
    fail(`\\${letter} must be followed by the ${digits} hexadecimal digits of a character.`, at, at + 2);
  } else fail(`\\${letter} is no escape of HCL.`, at, at + 2);
  return { value: letter, end: at + 2 };
}

/** Where character `index` of a piece stands. */
function placeIn({ places, end }: Pick<Piece, 'places' | 'end'>, index: number): number {
  let [low, high] = [0, places.length / 2 - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((places[2 * middle] ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  const place = (places[2 * low + 1] ?? 0) + Math.max(index, 0) - (places[2 * low] ?? 0);
  return Math.min(place, places[2 * low + 3] ?? end);
}

/** Takes characters off the start of a piece. */
function cut(piece: Piece, count: number): void {
  if (count === 0) return;
  const start = placeIn(piece, count);
  const places = [0, start];
  for (let i = 0; i < piece.places.length; i += 2) {
    const index = (piece.places[i] ?? 0) - count;
    if (index > 0) places.push(index, piece.places[i + 1] ?? 0);
  }
  piece.value = piece.value.slice(count);
  piece.places = places;
  piece.start = start;
}

/** `~}`: takes white space off the start of what follows, which in a heredoc is the rest of the line. */
export const trimStart = (piece: Piece): void => cut(piece, LEADING.exec(piece.value)?.[0].length ?? 0);

/** `${~`: takes white space off the end of what comes before. */
export function trimEnd(piece: Piece): void {
  let length = piece.value.length;
  while (BLANK_TAIL.test(piece.value.charAt(length - 1))) length -= 1;
  piece.end = placeIn(piece, length);
  piece.value = piece.value.slice(0, length);
}

/**
 * Takes the indentation off the lines of a `<<-` heredoc: as many characters as the line has that has fewest. Lines that are blank
 * do not count and stay as they are; so does a line whose line break before it was taken off by `~`.
 */
export function takeIndentation(parts: readonly RawPart[]): void {
  let least = Infinity;
  let isLineStart = true;
  const indented: Piece[] = [];
  for (const part of parts) {
    if (isLineStart) {
      isLineStart = false;
      if (part.type !== 'piece') least = 0;
      else {
        const spaces = LEADING.exec(part.value)?.[0].length ?? 0;
        if (spaces < part.value.length || !part.value.endsWith('\n')) {
          least = Math.min(least, spaces);
          indented.push(part);
        }
      }
    }
    if (part.type === 'piece' && part.value.endsWith('\n')) isLineStart = true;
  }
  for (const piece of indented) cut(piece, least);
}

/** A text of all pieces that follow each other. */
function meld(pieces: readonly Piece[]): HclText {
  const { start = 0, end = 0 } = { start: pieces[0]?.start, end: pieces.at(-1)?.end };
  const places: number[] = [];
  let value = '';
  for (const piece of pieces) {
    for (let i = 0; i < piece.places.length; i += 2)
      places.push(value.length + (piece.places[i] ?? 0), piece.places[i + 1] ?? 0);
    value += piece.value;
  }
  const whole = { places, end };
  return { type: 'text', value, start, end, at: (index) => placeIn(whole, index) };
}

/** An `if` or a `for` that is not ended yet. */
interface Open {
  readonly directive: Directive;
  readonly before: HclPart[];
  then?: HclPart[];
}

/** Puts the parts of a template in order: texts melded, directives with what is between them. `depth` says how deep they may be. */
export function nest(raw: readonly RawPart[], depth: number, fail: Fail): readonly HclPart[] {
  const open: Open[] = [];
  let parts: HclPart[] = [];
  let pieces: Piece[] = [];
  const flush = (): void => {
    if (pieces.length > 0) parts.push(meld(pieces));
    pieces = [];
  };
  const close = (top: Open, end: number): void => {
    open.pop();
    const { start, expression, key, item } = top.directive;
    const condition: HclExpression = expression ?? { type: 'bad', start, end: start };
    if (item)
      top.before.push({ type: 'loop', start, end, ...(key ? { key } : {}), item, collection: condition, parts });
    else {
      const [then, otherwise] = top.then ? [top.then, parts] : [parts, []];
      top.before.push({ type: 'if', start, end, condition, then, otherwise });
    }
    parts = top.before;
  };
  for (const part of raw) {
    if (part.type === 'piece') {
      pieces.push(part);
      continue;
    }
    flush();
    if (part.type !== 'directive') {
      parts.push(part);
      continue;
    }
    const top = open.at(-1);
    const { word, start, end } = part;
    if ((word === 'if' || word === 'for') && open.length < depth) {
      open.push({ directive: part, before: parts });
      parts = [];
    } else if (word === 'else' && top?.directive.word === 'if' && !top.then) {
      top.then = parts;
      parts = [];
    } else if (top && word === `end${top.directive.word}`) close(top, end);
    else {
      const isDeep = word === 'if' || word === 'for';
      fail(
        isDeep ? TOO_DEEP : `There is no %{ ${word === 'endfor' ? 'for' : 'if'} } to which this belongs.`,
        start,
        end,
      );
      parts.push({ type: 'bad', start, end });
    }
  }
  flush();
  for (let top = open.at(-1); top; top = open.at(-1)) {
    const { word, start, end } = top.directive;
    fail(`%{ end${word} } is missing.`, start, end);
    close(top, raw.at(-1)?.end ?? end);
  }
  return parts;
}
