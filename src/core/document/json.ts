import type { DocEntry, DocNode, DocScalar, Source } from './node.ts';

/** What a parser could not read. Offsets in the file. */
export interface ParseError {
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

/** A comma that is missing, which `start` is the place for, or one too many: what people overlook, and IAM does not. */
export interface CommaError extends ParseError {
  readonly isMissing: boolean;
}

/** Deeper documents are not IAM's or Kubernetes': reading stops there instead of at the end of the stack. */
const MAX_DEPTH = 200;

/**
 * Reads JSON, with comments and whatever commas, as far as it goes: an unfinished document gives the values that are there and
 * an error. What is wrong with its commas is told apart, because people and some tools read over it. Never throws.
 *
 * @param text the JSON text
 * @param source where it stands
 * @param place offset in the file of character `index` of `text` (the identity for a file that is JSON itself)
 */
export function parseJson(
  text: string,
  source: Source,
  place: (index: number) => number = (index) => index,
): { root?: DocNode; errors: readonly ParseError[]; commas: readonly CommaError[] } {
  const errors: ParseError[] = [];
  const commas: CommaError[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;

  function failComma(isMissing: boolean, start: number): void {
    if (commas.length >= 20) return;
    const message = isMissing ? 'A comma is missing here.' : 'This comma does not belong here.';
    commas.push({ message, isMissing, start: place(start), end: place(isMissing ? start : start + 1) });
  }

  function fail(message: string, start = at, end = start): void {
    if (errors.length < 20) errors.push({ message, start: place(start), end: place(Math.min(end, text.length)) });
  }

  function skipSpace(): void {
    for (;;) {
      const c = text[at];
      if (c === ' ' || c === '\n' || c === '\r' || c === '\t') at += 1;
      else if (c === '/' && text[at + 1] === '/') {
        const end = text.indexOf('\n', at);
        at = end < 0 ? text.length : end;
      } else if (c === '/' && text[at + 1] === '*') {
        const end = text.indexOf('*/', at + 2);
        at = end < 0 ? text.length : end + 2;
      } else return;
    }
  }

  function scalar(
    type: DocScalar['type'],
    value: DocScalar['value'],
    from: number,
    map: (i: number) => number,
  ): DocScalar {
    return { type, value, start: place(from), end: place(at), source, at: map };
  }

  function readString(): DocScalar {
    const from = at;
    const close = plainEnd(text, from + 1);
    if (close !== undefined) {
      at = close + 1;
      return scalar('string', text.slice(from + 1, close), from, (i) =>
        place(Math.min(from + 1 + Math.max(i, 0), close)),
      );
    }
    // With escapes: one place for every character of the value.
    const places: number[] = [];
    let value = '';
    at += 1;
    while (at < text.length && text[at] !== '"' && text[at] !== '\n') {
      places.push(at);
      if (text[at] !== '\\') {
        value += text.charAt(at);
        at += 1;
        continue;
      }
      const hex = /^[0-9a-fA-F]{4}/.exec(text.slice(at + 2, at + 6));
      if (text[at + 1] === 'u' && hex) {
        value += String.fromCharCode(Number.parseInt(hex[0], 16));
        at += 6;
      } else {
        const code = text.charAt(at + 1);
        if (code === '' || code === '\n') {
          at += 1;
          places.pop();
          break;
        }
        value += ESCAPES[code] ?? code;
        at += 2;
      }
    }
    places.push(at);
    if (text[at] === '"') at += 1;
    else fail('The string is not closed.', from, at);
    return scalar('string', value, from, (i) => place(places[Math.min(Math.max(i, 0), places.length - 1)] ?? from));
  }

  function readWord(): DocScalar {
    const from = at;
    while (at < text.length && !/[\s,:[\]{}"]/.test(text.charAt(at))) at += 1;
    if (at === from) at += 1;
    const word = text.slice(from, at);
    const map = (i: number): number => place(Math.min(from + Math.max(i, 0), from + word.length));
    if (word === 'true' || word === 'false') return scalar('boolean', word === 'true', from, map);
    if (word === 'null') return scalar('null', null, from, map);
    if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(word)) return scalar('number', Number(word), from, map);
    fail(`${JSON.stringify(word.slice(0, 40))} is not JSON.`, from, at);
    return scalar('string', word, from, map);
  }

  function readValue(depth: number): DocNode | undefined {
    skipSpace();
    const c = text[at];
    if (c === undefined || c === ',' || c === '}' || c === ']' || c === ':') {
      fail('A value is missing here.');
      return undefined;
    }
    if (c === '"') return readString();
    if (c !== '{' && c !== '[') return readWord();
    const from = at;
    if (depth >= MAX_DEPTH) {
      fail('The document is nested too deeply to be read.', at);
      at = text.length;
      return undefined;
    }
    at += 1;
    const entries: DocEntry[] = [];
    const items: DocNode[] = [];
    const close = c === '{' ? '}' : ']';
    /** Where the value before ended, if no comma came since; and the comma that came. */
    let [behind, comma]: [number | undefined, number | undefined] = [undefined, undefined];
    for (;;) {
      skipSpace();
      const next = text[at];
      if (next === ',' && behind === undefined) failComma(false, at);
      else if (next === close && comma !== undefined) failComma(false, comma);
      else if (behind !== undefined && next !== undefined && !/[,:}\]]/.test(next)) failComma(true, behind);
      [behind, comma] = [undefined, next === ',' ? at : undefined];
      if (next === undefined) {
        fail(`"${close}" is missing.`, from, from + 1);
        break;
      }
      if (next === close) {
        at += 1;
        break;
      }
      if (next === ',') {
        at += 1;
        continue;
      }
      if (next === '}' || next === ']' || next === ':') {
        fail(`${JSON.stringify(next)} does not belong here.`, at, at + 1);
        // A closing bracket of the parent ends this value; anything else is skipped.
        if (next !== ':' && depth > 0) break;
        at += 1;
        continue;
      }
      if (c === '[') {
        const item = readValue(depth + 1);
        if (item) items.push(item);
        behind = at;
        continue;
      }
      const key = next === '"' ? readString() : readWord();
      skipSpace();
      if (text[at] === ':') {
        at += 1;
        const value = readValue(depth + 1);
        if (value) entries.push({ key, value });
        behind = at;
      } else fail('":" is missing after the key.', at);
    }
    const range = { start: place(from), end: place(at), source };
    return c === '{' ? { type: 'object', entries, ...range } : { type: 'array', items, ...range };
  }

  const root = readValue(0);
  skipSpace();
  if (root && at < text.length) fail('There is text after the end of the document.', at, text.length);
  return root ? { root, errors, commas } : { errors, commas };
}

/** Where the string that begins at `from` is closed, or undefined if it holds an escape or is not closed in its line. */
function plainEnd(text: string, from: number): number | undefined {
  for (let i = from; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 0x22) return i;
    if (c === 0x5c || c === 0x0a) return undefined;
  }
  return undefined;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };
