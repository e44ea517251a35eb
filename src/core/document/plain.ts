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
/** Tabs, control characters, a byte order mark, and line ends of their own. */
const FOREIGN = /[\0-\x09\x0b\x0c\x0e-\x1f\x7f\ufeff]|\r(?!\n)/;
/** How a plain scalar may begin. */
const PLAIN = /[^\s?:,[\]{}#&*!|>'"%@`-]|-[^\s,[\]{}]/y;
/** What may begin a number, a truth value or null: what everything else is, is a string. */
const MAYBE_OTHER = /^[-+.\d~nNtTfF]/;
const TAGS = new Schema({ schema: 'core' }).tags.filter((tag) => tag.collection === undefined);
const [LF, CR, SPACE, HASH, COMMA, DASH, COLON] = [0x0a, 0x0d, 0x20, 0x23, 0x2c, 0x2d, 0x3a];
const BRACKETS: ReadonlySet<number> = new Set([0x5b, 0x5d, 0x7b, 0x7d]);

function read(text: string, source: Source, offset: number): DocNode | undefined {
  /** Where the reader stands, and where that line began. */
  let [at, lineStart] = [0, 0];
  /** Where the content of the line begins, or of an item behind its dash; -1 behind the last line. */
  let column = 0;
  const place = (index: number): number => offset + index;

  /** Goes on to the next line that has content: no more than blanks and a comment may stand before. */
  function nextLine(): void {
    let isBegin = at === lineStart;
    for (;;) {
      skipSpaces();
      if (isComment()) at = lineEnd();
      if (text.charCodeAt(at) === CR) at += 1;
      if (at >= text.length) {
        column = -1;
        return;
      }
      if (text.charCodeAt(at) !== LF) break;
      at += 1;
      lineStart = at;
      isBegin = true;
    }
    column = at - lineStart;
    if (!isBegin || (column === 0 && /^(?:---|\.\.\.)/.test(text.slice(at, at + 3)))) throw OUTSIDE;
  }

  function skipSpaces(): void {
    while (text.charCodeAt(at) === SPACE) at += 1;
  }

  function lineEnd(): number {
    const end = text.indexOf('\n', at);
    if (end < 0) return text.length;
    return text.charCodeAt(end - 1) === CR ? end - 1 : end;
  }

  /** Whether nothing, or a blank, stands at `index`. */
  function isBlank(index: number): boolean {
    const c = text.charCodeAt(index);
    return c === SPACE || c === LF || c === CR || index >= text.length;
  }

  /** Whether the line holds no more content. */
  function isLineOver(): boolean {
    return isBlank(at) || isComment();
  }

  const isComment = (): boolean =>
    text.charCodeAt(at) === HASH && (at === lineStart || text.charCodeAt(at - 1) === SPACE);

  const isDash = (): boolean => text.charCodeAt(at) === DASH && isBlank(at + 1);

  /** The block collection that begins here; a scalar only as an item. */
  function block(depth: number, isItem: boolean): DocNode {
    if (depth >= MAX_DEPTH) throw OUTSIDE;
    if (isDash()) return sequence(depth);
    const first = scalar(false);
    if (text.charCodeAt(at) === COLON) return mapping(first, depth);
    if (!isItem) throw OUTSIDE;
    nextLine();
    return first;
  }

  function mapping(first: DocScalar, depth: number): DocObject {
    const home = column;
    const entries: DocEntry[] = [];
    for (let key = first; ; key = scalar(false)) {
      const end = at;
      at += 1;
      if (place(end) !== key.end || text.charCodeAt(end) !== COLON || !isBlank(at)) throw OUTSIDE;
      skipSpaces();
      let value: DocNode;
      if (isLineOver()) {
        nextLine();
        if (column > home || (column === home && isDash())) value = block(depth + 1, false);
        else value = nothing(end + 1);
      } else value = inline(home, depth + 1);
      entries.push({ key: named(key), value });
      if (column !== home) break;
    }
    if (column > home) throw OUTSIDE;
    return { type: 'object', entries, start: first.start, end: entries.at(-1)?.value.end ?? 0, source };
  }

  function sequence(depth: number): DocArray {
    const home = column;
    const start = place(at);
    const items: DocNode[] = [];
    do {
      at += 1;
      skipSpaces();
      if (isLineOver()) {
        const end = at;
        nextLine();
        items.push(column > home ? block(depth + 1, false) : nothing(end));
      } else if (/[{[|>]/.test(text.charAt(at))) items.push(inline(home, depth + 1));
      else {
        column = at - lineStart;
        items.push(block(depth + 1, true));
      }
    } while (column === home && isDash());
    if (column > home) throw OUTSIDE;
    return { type: 'array', items, start, end: items.at(-1)?.end ?? 0, source };
  }

  /** The value on the line of its key or dash, which stands in the column `home`. */
  function inline(home: number, depth: number): DocNode {
    const c = text[at];
    const node = c === '{' || c === '[' ? flow(depth) : c === '|' || c === '>' ? blockScalar(home) : scalar(false);
    nextLine();
    return node;
  }

  /** A collection in brackets, on one line. */
  function flow(depth: number): DocNode {
    if (depth >= MAX_DEPTH) throw OUTSIDE;
    const from = at;
    const isMap = text[at] === '{';
    const close = isMap ? '}' : ']';
    const [items, entries]: [DocNode[], DocEntry[]] = [[], []];
    const value = (): DocNode => (text[at] === '{' || text[at] === '[' ? flow(depth + 1) : scalar(true));
    do {
      at += 1;
      skipSpaces();
      if (text[at] === close && at === from + 1) break;
      if (isMap) {
        const key = scalar(true);
        if (place(at) !== key.end || text.charCodeAt(at) !== COLON || !isBlank(at + 1)) throw OUTSIDE;
        at += 1;
        skipSpaces();
        entries.push({ key: named(key), value: value() });
      } else items.push(value());
      skipSpaces();
    } while (text.charCodeAt(at) === COMMA);
    if (text[at] !== close) throw OUTSIDE;
    at += 1;
    const range = { start: place(from), end: place(at), source };
    return isMap ? { type: 'object', entries, ...range } : { type: 'array', items, ...range };
  }

  function scalar(inFlow: boolean): DocScalar {
    const c = text[at];
    return c === '"' || c === "'" ? quoted(c) : plain(inFlow);
  }

  function plain(inFlow: boolean): DocScalar {
    PLAIN.lastIndex = at;
    if (!PLAIN.test(text)) throw OUTSIDE;
    const from = at;
    let end = at;
    for (; at < text.length; at += 1) {
      const c = text.charCodeAt(at);
      if (c === LF || c === CR) break;
      if (c === SPACE) {
        if (text.charCodeAt(at + 1) === HASH) break;
        continue;
      }
      if (c === COLON && (isBlank(at + 1) || (inFlow && isFlowMark(text.charCodeAt(at + 1))))) break;
      if (inFlow && isFlowMark(c)) break;
      end = at + 1;
    }
    const written = text.slice(from, end);
    const value = MAYBE_OTHER.test(written) ? resolved(written) : written;
    const type = value === null ? 'null' : (typeof value as 'string' | 'number' | 'boolean');
    return made(type, value, from, end, from, end);
  }

  function quoted(quote: string): DocScalar {
    const from = at;
    let isPlain = true;
    for (at += 1; ; at += 1) {
      const c = text[at];
      if (c === undefined || c === '\n') throw OUTSIDE;
      if (c === '\\' && quote === '"') isPlain = false;
      else if (c !== quote) continue;
      else if (quote === "'" && text[at + 1] === quote) isPlain = false;
      else break;
      at += 1;
    }
    at += 1;
    if (isPlain) return made('string', text.slice(from + 1, at - 1), from, at, from + 1, at - 1);
    const value = quote === '"' ? unescaped(text.slice(from, at)) : text.slice(from + 1, at - 1).replaceAll("''", "'");
    return { ...made('string', value, from, at, from, at), at: placeIn(text, from, at, value, place) };
  }

  function blockScalar(home: number): DocScalar {
    const from = at;
    const isFolded = text[at] === '>';
    const isStripped = text[at + 1] === '-';
    at += isStripped ? 2 : 1;
    if (at !== lineEnd() || at === text.length) throw OUTSIDE;
    at = text.indexOf('\n', at) + 1;
    lineStart = at;
    const lines: string[] = [];
    let [indent, blanks, to] = [-1, 0, at];
    while (at < text.length) {
      skipSpaces();
      const end = lineEnd();
      const spaces = at - lineStart;
      if (at === end) {
        // What a blank line with more blanks than the first line means depends on what follows.
        if (spaces > indent || end === text.length) throw OUTSIDE;
        blanks += 1;
      } else {
        if (indent < 0) indent = spaces;
        if (indent <= home) throw OUTSIDE;
        if (spaces < indent) break;
        if (isFolded && (blanks > 0 || spaces > indent)) throw OUTSIDE;
        for (; blanks > 0; blanks -= 1) lines.push('');
        lines.push(text.slice(lineStart + indent, end));
      }
      at = end === text.length ? end : text.indexOf('\n', end) + 1;
      lineStart = at;
      if (blanks === 0) to = at;
    }
    if (indent < 0) throw OUTSIDE;
    at = lineStart;
    const value = lines.join(isFolded ? ' ' : '\n') + (isStripped ? '' : '\n');
    const end = blockEnd(text, from, to);
    const character = placeIn(text, from, to, value, (index) => place(Math.min(index, end)));
    return { ...made('string', value, from, end, from, end), at: character };
  }

  /** A scalar whose characters stand one after the other between `first` and `last`. */
  function made(
    type: DocScalar['type'],
    value: DocScalar['value'],
    from: number,
    end: number,
    first: number,
    last: number,
  ): DocScalar {
    const character = (index: number): number => offset + Math.min(first + Math.max(index, 0), last);
    return { type, value, start: place(from), end: place(end), source, at: character };
  }

  /** Where a value is missing. */
  const nothing = (index: number): DocScalar => made('null', null, index, index, index, index);

  if (text.startsWith('---')) at = 3;
  nextLine();
  if (column < 0) return undefined;
  const root = block(0, false);
  if (column >= 0) throw OUTSIDE;
  return root;
}

const isFlowMark = (c: number): boolean => c === COMMA || BRACKETS.has(c);

/** Keys are text; one of a merge is not read here. */
function named(key: DocScalar): DocScalar {
  if (key.value === '<<') throw OUTSIDE;
  return key.type === 'string' ? key : { ...key, type: 'string', value: String(key.value) };
}

/** What a plain scalar stands for. */
function resolved(text: string): DocScalar['value'] {
  const tag = TAGS.find(({ test }) => test?.test(text));
  const value: unknown = tag ? tag.resolve(text, () => undefined, {}) : text;
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
