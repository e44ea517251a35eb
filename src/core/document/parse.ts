import { parseJson } from './json.ts';
import type { CommaError, ParseError } from './json.ts';
import type { DocNode, DocScalar, Source } from './node.ts';
import { parsePlain } from './plain.ts';
import { maskTemplates } from './template.ts';
import { parseYaml } from './yaml.ts';

export type Language = 'yaml' | 'json';

/** A part of a file: offsets of one document. */
export interface Slice {
  readonly start: number;
  readonly end: number;
}

/** One document of a file. Without `root` it is empty or could not be read at all. */
export interface ParsedDocument extends Slice {
  readonly root?: DocNode;
}

/**
 * Reads every document of a file. Never throws; all ranges lie inside the text.
 *
 * @param language what the editor says the file is; without it, text that begins with a bracket is tried as JSON first
 */
export function parse(
  text: string,
  language?: Language,
): { documents: readonly ParsedDocument[]; errors: readonly ParseError[] } {
  const masked = maskTemplates(text);
  const errors: ParseError[] = [];
  const documents = slices(masked, language).map((slice) => {
    const { root, errors: found } = parseSlice(text, masked, slice, language);
    errors.push(...found);
    return root ? { ...slice, root } : slice;
  });
  return { documents, errors };
}

/** Where the documents of a file lie. In YAML, `---` at the start of a line always ends a document, even inside a block scalar. */
export function slices(masked: string, language?: Language): readonly Slice[] {
  if (language === 'json' || (language === undefined && beginsLikeJson(masked)))
    return [{ start: 0, end: masked.length }];
  const found: Slice[] = [];
  let start = 0;
  for (let at = masked.indexOf('---'); at >= 0; at = masked.indexOf('\n---', at + 1)) {
    const mark = masked[at] === '\n' ? at + 1 : at;
    if (mark !== 0 && masked[mark - 1] !== '\n') continue;
    const after = masked[mark + 3];
    if (after !== undefined && !/\s/.test(after)) continue;
    if (mark > start) found.push({ start, end: mark });
    start = mark;
  }
  found.push({ start, end: masked.length });
  return found;
}

/** What is read by itself: a document, or of a List an item, which stands there as the only one of its sequence. */
export interface Piece extends Slice {
  readonly isItem?: true;
  /** How it is read, where that is known of it and not of the file. */
  readonly language?: Language;
  /** What stands as `${…}` in it is filled in. */
  readonly isFilled?: true;
}

/** The documents of a file, and in place of each List its items, so that lint need not read a large List again for every key. */
export function pieces(masked: string, language?: Language): readonly Piece[] {
  return slices(masked, language).flatMap(
    (slice) => items(masked.slice(slice.start, slice.end), slice.start) ?? [slice],
  );
}

/** A line of a List above or below its items, as Kubernetes writes them. */
const AROUND = String.raw`(?:#.*|apiVersion: \S+|kind: \w*List|metadata:|  \w+: "\d*"|)(?:\r?\n|$)`;
const ABOVE_ITEMS = new RegExp(String.raw`^(?:---\r?\n)?(?:${AROUND})*items:\r?\n(?: *(?:#.*)?\r?\n)*(?= {0,20}- )`);
const BELOW_ITEMS = new RegExp(`^(?:${AROUND})*$`);
/** What may tie an item to what stands around it: anchors, and comments that speak of several items. */
const TIES = ['&', 'kubeflow-irsa:'];

/** The items of a document that is a List in block style, or undefined. */
function items(text: string, offset: number): readonly Piece[] | undefined {
  const head = ABOVE_ITEMS.exec(text)?.[0].length;
  if (head === undefined || TIES.some((tie) => text.includes(tie))) return undefined;
  const indent = text.indexOf('-', head) - head;
  // What is indented no deeper than the first dash is the next one, or the end of the items.
  const shallow = new RegExp(String.raw`\n {0,${indent}}(?=[^ #\r\n])`, 'g');
  const found: Piece[] = [];
  let start = (shallow.lastIndex = head);
  for (;;) {
    const match = shallow.exec(text);
    const end = match ? match.index + 1 : text.length;
    found.push({ start: offset + start, end: offset + end, isItem: true });
    const isDash = /^-\s/.test(text.slice(shallow.lastIndex, shallow.lastIndex + 2));
    if (match?.[0].length !== indent + 1 || !isDash) return BELOW_ITEMS.test(text.slice(end)) ? found : undefined;
    start = end;
  }
}

/** What was read of a document. Of JSON also what is wrong with its commas (see parseJson). */
export interface Read {
  readonly root?: DocNode;
  readonly errors: readonly ParseError[];
  readonly commas?: readonly CommaError[];
}

/** Reads the document in `slice` of a file. `masked` is `text` after maskTemplates. */
export function parseSlice(text: string, masked: string, slice: Slice, language?: Language): Read {
  const part = masked.slice(slice.start, slice.end);
  const place = (index: number): number => slice.start + index;
  if (language === 'json' || (language === undefined && beginsLikeJson(part))) {
    const json = parseJson(part, { text, format: 'json', shared: [], choices: [] }, place);
    if (language === 'json' || json.errors.length === 0) return json;
  }
  const source: Source = { text, format: 'yaml', shared: [], choices: [] };
  const plain = parsePlain(part, source, slice.start);
  if (plain) return { root: plain, errors: [] };
  if (part.length > MAX_YAML) {
    return { errors: [{ message: 'The document is too long to be read.', start: slice.start, end: slice.start }] };
  }
  return parseYaml(part, source, place);
}

/**
 * Characters of one YAML document for the library, which takes seconds for a longer one. etcd takes objects of 1.5 MB,
 * CloudFormation templates of 1 MB (their quotas), so nothing that can be applied is left out but a huge List that parsePlain
 * does not read either.
 */
const MAX_YAML = 3_000_000;

/**
 * Reads the document that a string holds, such as a policy in a manifest. Its nodes have their places in the file. A string
 * inside a quoted document is not read: its escapes stand two deep, and no edit would be right.
 */
export function parseEmbedded(scalar: DocScalar, format: Language): Read {
  if (scalar.type !== 'string' || scalar.source.quote) return { errors: [] };
  const first = scalar.source.text[scalar.start];
  const quote = first === '"' || first === "'" ? { quote: first } : {};
  const { text: whole, shared = [], derived, inJson } = scalar.source;
  const terraform = { ...(derived ? { derived } : {}), ...(inJson ? { inJson } : {}) };
  const source: Source = { text: whole, format, shared, ...terraform, ...quote } as Source;
  const text = String(scalar.value);
  return format === 'json' ? parseJson(text, source, scalar.at) : parseYaml(text, source, scalar.at);
}

/** Whether the first thing that is no space and no comment is a bracket. By hand: an expression would go back over comments. */
function beginsLikeJson(text: string): boolean {
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  const ends: Readonly<Record<string, string>> = { '//': '\n', '/*': '*/' };
  for (;;) {
    while (/\s/.test(text.charAt(at))) at += 1;
    const end = ends[text.slice(at, at + 2)];
    if (end === undefined) return /[{[]/.test(text.charAt(at));
    const found = text.indexOf(end, at + 2);
    if (found < 0) return false;
    at = found + end.length;
  }
}
