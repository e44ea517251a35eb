import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Node as YamlNode, Scalar } from 'yaml';
import { HOLE, wholeOf } from './node.ts';
import type { DocEntry, DocNode, DocScalar, Source } from './node.ts';
import type { ParseError } from './json.ts';
import { blockEnd, placeIn } from './places.ts';
import { joined } from './join.ts';
import { maskSubstitutions } from './template.ts';
import { messageOf } from '../text.ts';

/** Deeper documents are nobody's: reading stops there instead of at the end of the stack. */
export const MAX_DEPTH = 200;
/** Values that aliases may add to a document. Above it stands a bomb ("billion laughs"), and aliases count as unknown. */
const MAX_ALIASED = 50_000;

/**
 * Reads one YAML document (without `---` between documents). Never throws: an unfinished document gives the values that are
 * there and errors. An alias is the very node of its anchor; a merge (`<<`) adds entries; a value with a tag of its own, such
 * as CloudFormation's `!Ref`, is unknown (see HOLE).
 *
 * @param place offset in the file of character `index` of `text`
 */
export function parseYaml(
  text: string,
  source: Source,
  place: (index: number) => number,
): { root?: DocNode; errors: readonly ParseError[] } {
  let contents: YamlNode | null;
  const errors: ParseError[] = [];
  try {
    const document = parseDocument(text, OPTIONS);
    contents = document.contents;
    for (const error of document.errors.slice(0, 20)) {
      const [from, to] = error.pos;
      const start = place(Math.min(from, text.length));
      errors.push({ message: error.message, start, end: Math.max(start, place(Math.min(to, text.length))) });
    }
  } catch (error) {
    // Nesting beyond the stack, or a document that the library gives up on.
    const message = messageOf(error);
    return { errors: [{ message: `The document cannot be read: ${message}`, start: place(0), end: place(0) }] };
  }
  const root = contents ? new Reader(text, source, place).read(contents, 0) : undefined;
  return root ? { root, errors } : { errors };
}

const OPTIONS = {
  uniqueKeys: false,
  strict: false,
  prettyErrors: false,
  logLevel: 'silent',
  version: '1.2',
  schema: 'core',
} as const;

/** Turns the library's nodes into ours. Holds the anchors seen so far. */
class Reader {
  readonly #text: string;
  readonly #source: Source;
  readonly #place: (index: number) => number;
  readonly #anchors = new Map<string, { node: DocNode; size: number }>();
  #size = 0;
  #aliased = 0;

  constructor(text: string, source: Source, place: (index: number) => number) {
    this.#text = text;
    this.#source = source;
    this.#place = place;
  }

  read(node: YamlNode, depth: number): DocNode {
    const [from, to] = node.range ?? [0, 0];
    const place = { start: this.#place(from), end: this.#place(to), source: this.#source };
    if (isAlias(node)) {
      const target = this.#alias(node.source);
      return target ? { ...target, whole: { start: place.start, end: place.end } } : this.#unknown(place);
    }
    const before = this.#size;
    this.#size += 1;
    const read = depth > MAX_DEPTH ? this.#unknown(place) : this.#tagged(node, place, depth);
    if (node.anchor === undefined && node.tag === undefined) return read;
    const start = this.#place(propertiesBefore(this.#text, from));
    const whole = { ...read, whole: { start, end: wholeOf(read).end } };
    if (node.anchor) this.#anchors.set(node.anchor, { node: whole, size: this.#size - before });
    return whole;
  }

  #alias(anchor: string): DocNode | undefined {
    const target = this.#anchors.get(anchor);
    if (!target) return undefined;
    this.#source.shared?.push(wholeOf(target.node));
    this.#aliased += target.size;
    this.#size += target.size;
    return this.#aliased > MAX_ALIASED ? undefined : target.node;
  }

  #tagged(node: YamlNode, place: Range, depth: number): DocNode {
    const tag = node.tag;
    const read = this.#plain(node, place, depth);
    if (tag === undefined || tag.startsWith('tag:yaml.org')) return read;
    const { start, end } = read;
    if (tag === '!Sub') {
      const template = read.type === 'array' ? read.items[0] : read;
      if (template?.type === 'string')
        return { ...template, value: maskSubstitutions(String(template.value)), whole: { start, end } };
    }
    // Its branches are values of the document.
    if (tag === '!If' && read.type === 'array') {
      const key: DocScalar = { type: 'string', value: 'Fn::If', ...place, start, end: start, at: () => start };
      return { type: 'object', entries: [{ key, value: read }], ...place, start, end };
    }
    const join = tag === '!Join' ? joined(read, { start, end }) : undefined;
    return join ?? this.#unknown({ ...place, start, end });
  }

  #plain(node: YamlNode, place: Range, depth: number): DocNode {
    if (isMap(node)) {
      const entries: DocEntry[] = [];
      const merged: DocEntry[] = [];
      let end = 0;
      for (const pair of node.items) {
        const key = isScalar(pair.key) ? this.#key(pair.key) : undefined;
        if (!key) {
          end = place.end;
          continue;
        }
        const value = this.#isEmpty(pair.value)
          ? this.#missing(pair.key as Scalar)
          : this.read(pair.value as YamlNode, depth + 1);
        end = Math.max(end, key.end, endIn(value, place));
        if (key.value !== '<<') entries.push({ key: { ...key, type: 'string', value: String(key.value) }, value });
        else
          for (const from of value.type === 'array' ? value.items : [value])
            if (from.type === 'object') merged.push(...from.entries);
      }
      const written = new Set(entries.map((entry) => entry.key.value));
      for (const entry of merged.slice(0, MAX_ALIASED)) {
        if (written.has(entry.key.value)) continue;
        written.add(entry.key.value);
        entries.push(entry);
      }
      return { type: 'object', entries, ...place, end: node.flow || end === 0 ? place.end : end };
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => this.read(item as YamlNode, depth + 1));
      const last = node.flow ? undefined : items.at(-1);
      return { type: 'array', items, ...place, end: last ? endIn(last, place) : place.end };
    }
    return isScalar(node) ? this.#scalar(node, place) : this.#unknown(place);
  }

  /** A key. A function of CloudFormation there is unknown, as one in a value is. */
  #key(node: Scalar): DocScalar {
    const key = this.#scalar(node, this.#placeOf(node));
    const isKnown = node.tag === undefined || node.tag.startsWith('tag:yaml.org');
    return isKnown ? key : { ...key, value: node.tag === '!Sub' ? maskSubstitutions(String(key.value)) : HOLE };
  }

  #placeOf(node: Scalar): Range {
    const [from, to] = node.range ?? [0, 0];
    return { start: this.#place(from), end: this.#place(to), source: this.#source };
  }

  #scalar(node: Scalar, place: Range): DocScalar {
    const [from, to] = node.range ?? [0, 0];
    const { value } = node;
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) {
      const type = value === null ? 'null' : typeof value === 'number' ? 'number' : 'boolean';
      return { type, value, ...place, at: (index) => this.#place(Math.min(from + Math.max(index, 0), to)) };
    }
    const text = typeof value === 'string' ? value : String(node.source ?? '');
    const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
    const end = isBlock ? blockEnd(this.#text, from, to) : to;
    const range = { ...place, end: this.#place(end) };
    const at = placeIn(this.#text, from, to, text, (index) => this.#place(Math.min(index, end)));
    return { type: 'string', value: text, ...range, at };
  }

  #unknown(place: Range): DocScalar {
    return { type: 'string', value: HOLE, ...place, at: () => place.start };
  }

  /** A key without a value: there is nothing but perhaps a comment behind its colon. */
  #isEmpty(value: unknown): boolean {
    if (!value) return true;
    return isScalar(value) && value.range?.[0] === value.range?.[1] && !value.anchor && !value.tag;
  }

  /** The place directly behind the colon of `key`. */
  #missing(key: Scalar): DocScalar {
    const end = key.range?.[1] ?? 0;
    const colon = /^\s*:/.exec(this.#text.slice(end, end + 100))?.[0].length ?? 0;
    const at = this.#place(end + colon);
    return { type: 'null', value: null, start: at, end: at, source: this.#source, at: () => at };
  }
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly source: Source;
}

/** The end of a value, unless it stands elsewhere. */
function endIn(value: DocNode, parent: Range): number {
  const { start, end } = wholeOf(value);
  return start >= parent.start && end <= parent.end ? end : parent.end;
}

/** Where the tag and the anchor of a value begin, which the library gives no place for. */
function propertiesBefore(text: string, start: number): number {
  const found = /(?:(?<=^|[\s[{,:-])[!&][^\s,[\]{}]*(?:\s+(?:#[^\n]*\n\s*)*))+$/.exec(
    text.slice(Math.max(0, start - 500), start),
  );
  return found ? start - found[0].length : start;
}
