/**
 * Where each character of a YAML scalar's value stands in its source. The `yaml` library gives the value and the range of the
 * whole scalar; what lies between (escapes, folded lines, indentation) is walked through here.
 */

/** Where the last character of a block scalar ends, without the blanks and line ends behind it. */
export function blockEnd(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && /\s/.test(text.charAt(last - 1))) last -= 1;
  return last;
}

/**
 * Tells the place of each character of a scalar (see DocScalar.at). The scalar is walked through when that is first asked.
 *
 * @param place offset in the file of a character of `text`
 */
export function placeIn(
  text: string,
  start: number,
  end: number,
  value: string,
  place: (index: number) => number,
): (index: number) => number {
  let places: readonly number[] | undefined;
  return (index) => {
    places ??= placesOf(text, start, end, value) ?? [start];
    return place(places[Math.min(Math.max(index, 0), places.length - 1)] ?? start);
  };
}

/**
 * @param text source of the document
 * @param start of the scalar in `text`, at its quote or block header where it has one
 * @param end exclusive, behind its closing quote
 * @param value what the parser made of it
 * @returns `value.length + 1` offsets in `text`, the last one the end of the content; undefined if the walk does not give `value`
 */
export function placesOf(text: string, start: number, end: number, value: string): readonly number[] | undefined {
  const first = text[start];
  if (first === '"' || first === "'") return quoted(text, start + 1, end - 1, value, first === '"');
  if (first === '|' || first === '>') return block(text, start, end, value);
  return folded(text, start, end, value, 0);
}

/** Characters of a quoted scalar: escapes, doubled quotes, and line ends folded into a space. */
function quoted(
  text: string,
  start: number,
  end: number,
  value: string,
  double: boolean,
): readonly number[] | undefined {
  const places: number[] = [];
  let made = '';
  /** Blanks at the end of a line are dropped down to here: escaped ones stay. */
  let solid = 0;
  const put = (characters: string, at: number): void => {
    for (let i = 0; i < characters.length; i += 1) places.push(at);
    made += characters;
    solid = made.length;
  };
  let at = start;
  while (at < end) {
    const c = text.charAt(at);
    if (double && c === '\\') {
      const next = text.charAt(at + 1);
      const hex = HEX_LENGTH[next];
      if (next === '\n' || next === '\r') {
        solid = made.length;
        at += next === '\r' && text[at + 2] === '\n' ? 3 : 2;
        while (text[at] === ' ' || text[at] === '\t') at += 1;
      } else if (hex !== undefined) {
        const code = Number.parseInt(text.slice(at + 2, at + 2 + hex), 16);
        if (!(code <= 0x10ffff)) return undefined;
        put(String.fromCodePoint(code), at);
        at += 2 + hex;
      } else {
        put(ESCAPES[next] ?? next, at);
        at += 2;
      }
    } else if (!double && c === "'" && text[at + 1] === "'") {
      put("'", at);
      at += 2;
    } else if (c === '\n' || c === '\r') {
      let kept = made.length;
      while (kept > solid && (made[kept - 1] === ' ' || made[kept - 1] === '\t')) kept -= 1;
      made = made.slice(0, kept);
      places.length = kept;
      const from = at;
      let lines = 0;
      while (/[ \t\r\n]/.test(text.charAt(at))) {
        if (text[at] === '\n') lines += 1;
        at += 1;
      }
      put(lines > 1 ? '\n'.repeat(lines - 1) : ' ', from);
    } else if (c === ' ' || c === '\t') {
      places.push(at);
      made += c;
      at += 1;
    } else {
      put(c, at);
      at += 1;
    }
  }
  places.push(end);
  return made === value ? places : undefined;
}

function block(text: string, start: number, end: number, value: string): readonly number[] | undefined {
  const header = text.indexOf('\n', start);
  if (header < 0) return value === '' ? [end] : undefined;
  const line = /^([ \t]*\n)*(?<blanks>[ \t]*)\S/.exec(value);
  // The indentation is what the source has more than the value.
  let at = header + 1;
  while (/^[ \t]*\r?\n/.test(text.slice(at, at + 400))) at = text.indexOf('\n', at) + 1;
  const blanks = /^ */.exec(text.slice(at, Math.min(end, at + 1000)))?.[0].length ?? 0;
  const indent = Math.max(0, blanks - (/^ */.exec(line?.groups?.['blanks'] ?? '')?.[0].length ?? 0));
  return folded(text, header + 1, end, value, indent);
}

/**
 * Walks value and source side by side: what is not white space comes in the same order in both, and a blank or line end of the
 * value stands for the blank or line end at hand.
 */
function folded(
  text: string,
  start: number,
  end: number,
  value: string,
  indent: number,
): readonly number[] | undefined {
  const places: number[] = [];
  let at = start;
  let column = indent === 0 ? Infinity : 0;
  const skipIndent = (): void => {
    while (column < indent && text[at] === ' ') {
      at += 1;
      column += 1;
    }
  };
  const nextLine = (): void => {
    if (text[at] === '\r') at += 1;
    at += 1;
    column = indent === 0 ? Infinity : 0;
  };
  const atLineEnd = (): boolean => text[at] === '\n' || (text[at] === '\r' && text[at + 1] === '\n');
  for (let i = 0; i < value.length; i += 1) {
    const c = value.charAt(i);
    skipIndent();
    if (c === '\n') {
      while (text[at] === ' ' || text[at] === '\t') at += 1;
      places.push(Math.min(at, end));
      if (atLineEnd()) nextLine();
      else if (at < end) return undefined;
    } else if (c === ' ' || c === '\t') {
      if (text[at] !== c) {
        while (text[at] === ' ' || text[at] === '\t') at += 1;
        places.push(at);
        if (!atLineEnd()) return undefined;
        nextLine();
      } else {
        places.push(at);
        at += 1;
      }
    } else {
      while (at < end && text[at] !== c) {
        if (!/\s/.test(text.charAt(at))) return undefined;
        at += 1;
      }
      if (at >= end) return undefined;
      places.push(at);
      at += 1;
      column = Infinity;
    }
  }
  places.push(Math.min(at, end));
  return places;
}

const HEX_LENGTH: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
};
