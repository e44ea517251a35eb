import type { HclPlace } from './hcl.ts';

/** Where reading is: the word, number or sign at `start`. Strings and heredocs are only opened by it. */
export interface Cursor {
  readonly text: string;
  /** A sign is its own kind. `~}` ends an interpolation, `bad` is what HCL does not have. */
  kind: string;
  start: number;
  /** Whoever reads a string puts here where it ended. */
  end: number;
  /** Where the token before ended. */
  before: number;
  /** Whether a line ended between that and this, comments apart. */
  isNewLine: boolean;
}

export const WORD = 'word';
export const NUMBER = 'number';
export const QUOTE = '"';
export const HEREDOC = '<<';
export const END = 'end';
export const BAD = 'bad';

/** Of an ASCII character: 1 begins a word, 2 only goes on with it, 4 is a digit. */
const CLASSES = Uint8Array.from({ length: 128 }, (_, code) => {
  const c = String.fromCharCode(code);
  return /[A-Za-z_]/.test(c) ? 1 : c === '-' ? 2 : /\d/.test(c) ? 4 : 0;
});
const SIGNS = new Set('[](){}.,*/%+-=<>!?:');
const LONG_SIGNS = new Set(['==', '!=', '>=', '<=', '&&', '||', '::', '=>', '~}']);
const OTHER_WORD = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;
const REST_OF_WORD = /[\p{ID_Continue}-]*/uy;
const HEREDOC_OPENER = /<<-?([\p{ID_Start}_][\p{ID_Continue}-]*)\r?\n/uy;

/** Before the first token of `text`, from `from` on. */
export const cursorAt = (text: string, from = text.charCodeAt(0) === 0xfeff ? 1 : 0): Cursor => ({
  text,
  kind: '',
  start: from,
  end: from,
  before: from,
  isNewLine: false,
});

/** Moves on by one token. At the end of the text it stays there. */
export function next(c: Cursor): void {
  const { text } = c;
  let at = c.end;
  c.before = at;
  c.isNewLine = false;
  c.kind = BAD;
  let code = text.charCodeAt(at);
  for (;;) {
    if (code === 0x20 || code === 0x09) at += 1;
    else if (code === 0x0a) {
      c.isNewLine = true;
      at += 1;
    } else if (code === 0x0d && text.charCodeAt(at + 1) === 0x0a) at += 1;
    else if (code === 0x23 || (code === 0x2f && text.charCodeAt(at + 1) === 0x2f)) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (code === 0x2f && text.charCodeAt(at + 1) === 0x2a) {
      const end = text.indexOf('*/', at + 2);
      if (end < 0) {
        c.start = at;
        c.end = text.length;
        return;
      }
      at = end + 2;
    } else break;
    code = text.charCodeAt(at);
  }
  c.start = at;
  const kind = CLASSES[code] ?? 0;
  if (kind === 1) {
    do at += 1;
    while ((CLASSES[text.charCodeAt(at)] ?? 0) > 0);
    c.end = text.charCodeAt(at) > 127 ? matchAt(REST_OF_WORD, text, at) : at;
    c.kind = WORD;
  } else if (kind === 4) {
    c.end = endOfNumber(text, at);
    c.kind = NUMBER;
  } else if (code === 0x22) {
    c.end = at + 1;
    c.kind = QUOTE;
  } else if (Number.isNaN(code)) {
    c.end = at;
    c.kind = END;
  } else {
    const sign = text.charAt(at);
    const long = text.slice(at, at + 2);
    c.end = at + 1;
    if (LONG_SIGNS.has(long)) {
      c.kind = long;
      c.end = at + 2;
    } else if (long === '..' && text.charCodeAt(at + 2) === 0x2e) {
      c.kind = '...';
      c.end = at + 3;
    } else if (long === '<<' && matchAt(HEREDOC_OPENER, text, at) > at) {
      c.kind = HEREDOC;
      c.end = HEREDOC_OPENER.lastIndex;
    } else if (SIGNS.has(sign)) c.kind = sign;
    else if (code > 127 && matchAt(OTHER_WORD, text, at) > at) {
      c.kind = WORD;
      c.end = OTHER_WORD.lastIndex;
    }
  }
}

/** Where a match of a sticky expression ends, or `at`. */
function matchAt(expression: RegExp, text: string, at: number): number {
  expression.lastIndex = at;
  return expression.test(text) ? expression.lastIndex : at;
}

/** Digits, dots and exponents, but for dots at the end: they may be `...`. What is no number of these is said by the reader. */
function endOfNumber(text: string, from: number): number {
  let end = from;
  for (let at = from; ;) {
    const code = text.charCodeAt(at);
    if ((CLASSES[code] ?? 0) === 4) end = at += 1;
    else if (code === 0x2e) at += 1;
    else if (code === 0x65 || code === 0x45) {
      const sign = text.charCodeAt(at + 1);
      const digit = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
      if ((CLASSES[text.charCodeAt(digit)] ?? 0) !== 4) return end;
      end = at = digit + 1;
    } else return end;
  }
}

/** The tag of the heredoc at the cursor. */
export function tagOf({ text, start, end }: Cursor): string {
  const from = start + (text.charAt(start + 2) === '-' ? 3 : 2);
  return text.slice(from, end).trimEnd();
}

/** Stops of a quoted text: its end, escapes, and where an expression begins. `$$${` is `$` and an escape. */
export const QUOTED_STOPS = /\$\$\{|%%\{|\$\{|%\{|\\[^\r\n]|["\r\n]/g;
/** Those of a heredoc, which has no escapes with a backslash; a `\r` by itself it may not have. */
export const HEREDOC_STOPS = /\$\$\{|%%\{|\$\{|%\{|\n|\r(?!\n)/g;

/** A space within a line. */
const isBlank = (code: number): boolean =>
  code === 0x20 || code === 0x09 || (code > 0x0a && code < 0x0e) || code === 0x85 || code === 0xa0;

/** Whether the line that begins at `at` ends a heredoc of this tag, and where (without its line break); else undefined. */
export function heredocEnd(text: string, at: number, tag: string): number | undefined {
  let from = at;
  for (let code = text.charCodeAt(from); isBlank(code); code = text.charCodeAt(from)) from += 1;
  if (!text.startsWith(tag, from)) return undefined;
  let end = text.indexOf('\n', from);
  if (end < 0) end = text.length;
  else if (text.charCodeAt(end - 1) === 0x0d) end -= 1;
  return text.slice(from + tag.length, end).trim() === '' ? end : undefined;
}

/** Moves past the string or heredoc that the cursor's token opens, so that `next` goes on behind it. No recursion. */
export function skipString(c: Cursor): void {
  const { text } = c;
  /** What is open: the tag of a heredoc, '' for a quoted string, the number of braces in an interpolation. */
  const open: (string | number)[] = [];
  const enter = (): void => void open.push(c.kind === HEREDOC ? tagOf(c) : '');
  enter();
  while (open.length > 0) {
    const top = open.at(-1);
    if (typeof top === 'number') {
      next(c);
      if (c.kind === END) return;
      if (c.kind === QUOTE || c.kind === HEREDOC) enter();
      else if (c.kind === '{') open[open.length - 1] = top + 1;
      else if ((c.kind === '}' || c.kind === '~}') && top > 0) open[open.length - 1] = top - 1;
      else if (c.kind === '}' || c.kind === '~}') open.pop();
      continue;
    }
    const tag = top ?? '';
    if (tag !== '' && text.charCodeAt(c.end - 1) === 0x0a) {
      const end = heredocEnd(text, c.end, tag);
      if (end !== undefined) {
        c.end = end;
        open.pop();
        continue;
      }
    }
    const stops = tag === '' ? QUOTED_STOPS : HEREDOC_STOPS;
    stops.lastIndex = c.end;
    const stop = stops.exec(text)?.[0];
    if (stop === undefined) {
      c.end = text.length;
      return;
    }
    // A quoted string ends with its line.
    c.end = tag === '' && (stop === '\r' || stop === '\n') ? stops.lastIndex - 1 : stops.lastIndex;
    if (stop === '${' || stop === '%{') open.push(0);
    else if (tag === '' && (stop === '"' || stop === '\n' || stop === '\r')) open.pop();
  }
}

/** The first line of a block that is not indented: what is read again when something before it was not closed. */
const HEADER = /[A-Za-z_][\w-]*(?:[ \t]+(?:"[^"\r\n]*"|[A-Za-z_][\w-]*))*[ \t]*\{[ \t]*\r?$/my;

/** Whether the cursor is at such a line. */
export function isHeader({ text, start }: Cursor): boolean {
  HEADER.lastIndex = start;
  return text.charCodeAt(start - 1) === 0x0a && HEADER.test(text);
}

/** Where the next block with a label begins that is not indented, or the text ends. */
export function blockAfter(text: string, from: number): number {
  const header = /(?<=\n)[A-Za-z_][\w-]*[ \t]+["A-Za-z_][^\n{}]*\{[ \t]*\r?$/gm;
  header.lastIndex = from;
  return header.exec(text)?.index ?? text.length;
}

/** Of each word that has a line of its own, where the last such line begins. */
export function linesOfWords(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  for (let at = 0; at < text.length;) {
    const line = text.indexOf('\n', at);
    const end = line < 0 ? text.length : line;
    // Longer ones are no tags.
    if (end - at < 500) lines.set(text.slice(at, end).trim(), at);
    at = end + 1;
  }
  return lines;
}

/** Columns before `at` in its line, or undefined if something else stands there. */
export function indentationAt(text: string, at: number): number | undefined {
  let from = at;
  while (text.charCodeAt(from - 1) === 0x20 || text.charCodeAt(from - 1) === 0x09) from -= 1;
  return from === 0 || text.charCodeAt(from - 1) === 0x0a ? at - from : undefined;
}

/**
 * The places of the attributes and blocks of a whole file, without reading what is in them: so that after a key only one of them
 * is read again, and one that is of no interest never. In a file that Terraform refuses they may be others than `parseHcl` says.
 */
export function hclItems(text: string): readonly HclPlace[] {
  const c = cursorAt(text);
  const items: HclPlace[] = [];
  next(c);
  while (c.kind !== END) {
    const { start } = c;
    let depth = 0;
    do {
      if (c.kind === QUOTE || c.kind === HEREDOC) skipString(c);
      else if (c.kind === '{' || c.kind === '[' || c.kind === '(') depth += 1;
      else if (c.kind === '}' || c.kind === ']' || c.kind === ')') depth -= 1;
      next(c);
    } while (c.kind !== END && (depth > 0 || !c.isNewLine));
    items.push({ start, end: c.before });
  }
  return items;
}
