/**
 * A fast reader of the YAML that manifests are written in. Reading with the `yaml` library is nine tenths of what lint takes,
 * so that no key in a List of thousands of lines could be answered within a frame. The library remains the judge: this one
 * reads block collections of values on one line, hands back everything else, and a property test compares every node of both.
 */
import { isScalar, Schema } from 'yaml';
import type { DocArray, DocEntry, DocNode, DocObject, DocScalar, Source } from './node.ts';
import { blockEnd, placeIn } from './places.ts';
import { MAX_DEPTH } from './yaml.ts';

/**
 * Reads one document.
 *
 * @param text of the document
 * @param offset of `text` in the file
 * @returns what parseYaml gives, which finds no error in it; or undefined: then only parseYaml can tell
 */
export function parsePlain(text: string, source: Source, offset: number): DocNode | undefined {
  if (FOREIGN.test(text)) return undefined;
  try {
    return read(text, source, offset);
  } catch (error) {
    if (error === OUTSIDE) return undefined;
    throw error;
  }
}

/** Thrown at what is not read here. */
const OUTSIDE = new Error('This is for the library.');
/** Tabs and other control characters, a byte order mark, half a line end. */
const FOREIGN = /[\0-\x09\x0b\x0c\x0e-\x1f\x7f\ufeff]|\r(?!\n)/;
/** How a plain scalar may begin. */
const PLAIN = /[^\s?:,[\]{}#&*!|>'"%@`-]|-[^\s,[\]{}]/y;
/** What may begin a number, a truth value or null. */
const MAYBE_OTHER = /^[-+.\d~nNtTfF]/;
const TAGS = new Schema({ schema: 'core' }).tags.filter((tag) => tag.collection === undefined);
const [LF, CR, SPACE, HASH, COLON] = [0x0a, 0x0d, 0x20, 0x23, 0x3a];

function read(text: string, source: Source, offset: number): DocNode {
  /** Where the reader stands, and where that line began. */
  let [at, lineStart] = [0, 0];
  /** Where the content of the line begins, or of an item behind its dash; -1 behind the last line. */
  let column = 0;
  const place = (index: number): number => offset + index;

  function skipSpaces(): void {
    while (text.charCodeAt(at) === SPACE) at += 1;
  }

  /** Whether a blank, or the end, is at `index`. */
  function isBlank(index: number): boolean {
    const c = text.charCodeAt(index);
    return c === SPACE || c === LF || c === CR || index >= text.length;
  }

  const isComment = (): boolean => text[at] === '#' && (at === lineStart || text[at - 1] === ' ');
  const isDash = (): boolean => text[at] === '-' && isBlank(at + 1);

  function lineEnd(): number {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : text[end - 1] === '\r' ? end - 1 : end;
  }

  /** Goes on to the next line that has content: no more than blanks and a comment may stand before. */
  function nextLine(): void {
    let isBegin = at === lineStart;
    for (;;) {
      skipSpaces();
      if (isComment()) at = lineEnd();
      if (text[at] === '\r') at += 1;
      if (text[at] !== '\n') break;
      at += 1;
      lineStart = at;
      isBegin = true;
    }
    column = at < text.length ? at - lineStart : -1;
    if (column >= 0 && !isBegin) throw OUTSIDE;
    if (column === 0 && /^(?:---|\.\.\.)/.test(text.slice(at, at + 3))) throw OUTSIDE;
  }

  /** The block collection that begins here; a scalar only as an item. */
  function block(depth: number, isItem: boolean): DocNode {
    if (depth >= MAX_DEPTH) throw OUTSIDE;
    if (isDash()) return sequence(depth);
    const first = scalar(false);
    if (text[at] === ':') return mapping(first, depth);
    if (!isItem) throw OUTSIDE;
    nextLine();
    return first;
  }

  function mapping(first: DocScalar, depth: number): DocObject {
    const home = column;
    const entries: DocEntry[] = [];
    for (let key: DocScalar | undefined = first; key; key = column === home ? scalar(false) : undefined) {
      const name = keyOf(key);
      const behind = at;
      skipSpaces();
      let value: DocNode;
      if (isBlank(at) || isComment()) {
        nextLine();
        const isNested = column > home || (column === home && isDash());
        value = isNested ? block(depth + 1, false) : nothing(behind);
      } else value = inline(home, depth + 1);
      entries.push({ key: name, value });
    }
    return { type: 'object', entries, start: first.start, end: entries.at(-1)?.value.end ?? first.end, source };
  }

  /** The key that was read, which must be followed by a colon. Keys are text; one of a merge is for the library. */
  function keyOf(key: DocScalar): DocScalar {
    if (place(at) !== key.end || text[at] !== ':' || !isBlank(at + 1) || key.value === '<<') throw OUTSIDE;
    at += 1;
    return key.type === 'string' ? key : { ...key, type: 'string', value: String(key.value) };
  }

  function sequence(depth: number): DocArray {
    const [home, start] = [column, place(at)];
    const items: DocNode[] = [];
    do {
      at += 1;
      skipSpaces();
      if (isBlank(at) || isComment()) {
        const behind = at;
        nextLine();
        items.push(column > home ? block(depth + 1, false) : nothing(behind));
      } else if (/[{[|>]/.test(text.charAt(at))) items.push(inline(home, depth + 1));
      else {
        column = at - lineStart;
        items.push(block(depth + 1, true));
      }
    } while (column === home && isDash());
    return { type: 'array', items, start, end: items.at(-1)?.end ?? start, source };
  }

  /** The value on the line of its key or dash, which stands in the column `home`. */
  function inline(home: number, depth: number): DocNode {
    const c = text[at];
    const value = c === '{' || c === '[' ? flow(depth) : c === '|' || c === '>' ? blockScalar(home) : scalar(false);
    nextLine();
    return value;
  }

  /** A collection in brackets, on one line. */
  function flow(depth: number): DocNode {
    if (depth >= MAX_DEPTH) throw OUTSIDE;
    const from = at;
    const close = text[at] === '{' ? '}' : ']';
    const [items, entries]: [DocNode[], DocEntry[]] = [[], []];
    const value = (): DocNode => (text[at] === '{' || text[at] === '[' ? flow(depth + 1) : scalar(true));
    do {
      at += 1;
      skipSpaces();
      if (text[at] === close && items.length + entries.length === 0) break;
      if (close === '}') {
        const key = keyOf(scalar(true));
        skipSpaces();
        entries.push({ key, value: value() });
      } else items.push(value());
      skipSpaces();
    } while (text[at] === ',');
    if (text[at] !== close) throw OUTSIDE;
    at += 1;
    const range = { start: place(from), end: place(at), source };
    return close === '}' ? { type: 'object', entries, ...range } : { type: 'array', items, ...range };
  }

  function scalar(inFlow: boolean): DocScalar {
    const c = text[at];
    return c === '"' || c === "'" ? quoted(c) : plain(inFlow);
  }

  function plain(inFlow: boolean): DocScalar {
    PLAIN.lastIndex = at;
    if (!PLAIN.test(text)) throw OUTSIDE;
    const from = at;
    const isFlowMark = (index: number): boolean => inFlow && ',[]{}'.includes(text.charAt(index));
    let end = at;
    for (; at < text.length && !isFlowMark(at); at += 1) {
      const c = text.charCodeAt(at);
      if (c === SPACE && text.charCodeAt(at + 1) !== HASH) continue;
      if (c === LF || c === CR || c === SPACE) break;
      if (c === COLON && (isBlank(at + 1) || isFlowMark(at + 1))) break;
      end = at + 1;
    }
    const written = text.slice(from, end);
    return made(MAYBE_OTHER.test(written) ? resolved(written) : written, from, end);
  }

  function quoted(quote: string): DocScalar {
    const from = at;
    let isPlain = true;
    for (at += 1; text[at] !== quote || (quote === "'" && text[at + 1] === quote); at += 1) {
      if (text[at] === '\n' || at >= text.length) throw OUTSIDE;
      if (text[at] !== quote && (text[at] !== '\\' || quote === "'")) continue;
      isPlain = false;
      at += 1;
    }
    at += 1;
    const inside = text.slice(from + 1, at - 1);
    if (isPlain) return made(inside, from, at, 1);
    const value = quote === "'" ? inside.replaceAll("''", "'") : unescaped(text.slice(from, at));
    return { ...made(value, from, at), at: placeIn(text, from, at, value, place) };
  }

  function blockScalar(home: number): DocScalar {
    const from = at;
    const isFolded = text[at] === '>';
    const isStripped = text[at + 1] === '-';
    at += isStripped ? 2 : 1;
    if (at !== lineEnd()) throw OUTSIDE;
    const lines: string[] = [];
    let [indent, blanks, to] = [0, 0, at];
    for (;;) {
      at = lineStart = text.indexOf('\n', at) + 1 || text.length;
      if (blanks === 0) to = at;
      skipSpaces();
      const spaces = at - lineStart;
      if (at === text.length && spaces === 0) break;
      if (at === lineEnd()) {
        // What the first line, or a long one, means if it is blank depends on those around it.
        if (spaces > indent || indent === 0) throw OUTSIDE;
        blanks += 1;
        continue;
      }
      if (indent === 0) indent = spaces;
      if (indent <= home) throw OUTSIDE;
      if (spaces < indent) break;
      if (isFolded && (blanks > 0 || spaces > indent)) throw OUTSIDE;
      for (; blanks > 0; blanks -= 1) lines.push('');
      lines.push(text.slice(lineStart + indent, lineEnd()));
    }
    if (lines.length === 0) throw OUTSIDE;
    at = lineStart;
    const value = lines.join(isFolded ? ' ' : '\n') + (isStripped ? '' : '\n');
    const end = blockEnd(text, from, to);
    return { ...made(value, from, end), at: placeIn(text, from, to, value, (index) => place(Math.min(index, end))) };
  }

  /** A scalar whose characters stand one after the other, between quotes of `quote` characters. */
  function made(value: DocScalar['value'], from: number, end: number, quote = 0): DocScalar {
    const type = value === null ? 'null' : (typeof value as 'string' | 'number' | 'boolean');
    const [first, last] = [place(from + quote), place(end - quote)];
    const character = (index: number): number => Math.min(first + Math.max(index, 0), last);
    return { type, value, start: place(from), end: place(end), source, at: character };
  }

  /** A value that is missing. */
  const nothing = (index: number): DocScalar => made(null, index, index);

  if (text.startsWith('---')) at = 3;
  nextLine();
  const root = block(0, false);
  // A line whose column is that of no collection around it.
  if (column >= 0) throw OUTSIDE;
  return root;
}

/** What a plain scalar stands for. */
function resolved(text: string): DocScalar['value'] {
  const value: unknown = TAGS.find(({ test }) => test?.test(text))?.resolve(text, () => undefined, {}) ?? text;
  return (isScalar(value) ? value.value : value) as DocScalar['value'];
}

/** The value of a string in double quotes whose escapes are those of JSON, which mean the same in YAML. */
function unescaped(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    throw OUTSIDE;
  }
}
