/**
 * Edits of a document that keep what they do not change: comments, quotes, indentation, line ends. They work alike in JSON, in
 * block and flow YAML, and in JSON that is held in a string. Values are given as data; how they are written is decided here.
 */
import type { Edit } from '../finding.ts';
import { hasDerived, notWritable, replaceMiddle, spelled } from './derived.ts';
import { hcl, hclKey, isWord } from './hcl-write.ts';
import { column, endOfLine, indentAt, lineEnd, type Range, trimmedEnd } from './lines.ts';
import {
  type DocArray,
  type DocEntry,
  type DocNode,
  type DocObject,
  type DocScalar,
  type Json,
  wholeOf,
} from './node.ts';
import { block, escaper, flow, inBrackets, yamlString } from './write.ts';

export type { Json } from './node.ts';

/** `node` becomes `value`. A string keeps its kind of quotes. */
export function replaceValue(node: DocNode, value: Json): Edit {
  const { text, format } = node.source;
  const first = text[node.start];
  if (node.written) return node.written.value?.(value) ?? notWritable(node);
  if (isBlock(node)) return replaceBlock(node, value);
  const escape = escaper(node.source);
  if (node.type === 'string' && typeof value === 'string' && hasDerived(node)) return replaceMiddle(node, value);
  if (format === 'hcl') {
    const bare = node.type === 'string' && /\w/.test(first ?? '') && typeof value === 'string' && isWord(value);
    const indent = node.source.quote ? undefined : indentAt(node);
    return { start: node.start, end: node.end, newText: bare ? value : escape(hcl(value, indent, '  ')) };
  }
  if (format === 'json' || node.type === 'object' || node.type === 'array') {
    return { start: node.start, end: node.end, newText: escape(JSON.stringify(value)) };
  }
  const written = typeof value === 'string' ? yamlString(value, first) : flow(value);
  return { start: node.start, end: node.end, newText: escape(gap(node) + written) };
}

/** The keys in an object, at any depth. */
const keysIn = (node: DocNode): readonly DocScalar[] =>
  node.type === 'object' ? node.entries.flatMap(({ key, value }) => [key, ...keysIn(value)]) : [];

/** What must stand before a value where none stood: `key:` and even an unfinished `key` get their value. */
function gap(node: DocNode): string {
  const before = node.source.text[node.start - 1] ?? ' ';
  if (node.start !== node.end || /\s/.test(before)) return '';
  return before === ':' || before === '-' ? ' ' : ': ';
}

/** The key of `entry` becomes `key`. */
export function renameKey(entry: DocEntry, key: string): Edit {
  return replaceValue(entry.key, key);
}

/** `object` gets `key: value` as its last entry. */
export const addEntry = (object: DocObject, key: string, value: Json): readonly Edit[] =>
  addEntries(object, { [key]: value });

/** `object` gets some entries, after those that it has. */
export function addEntries(object: DocObject, entries: Readonly<Record<string, Json>>): readonly Edit[] {
  return spelled(plainlyAdded(object, entries), entries, keysIn(object));
}

function plainlyAdded(object: DocObject, entries: Readonly<Record<string, Json>>): readonly Edit[] {
  const { text, format } = object.source;
  if (object.written) return object.written.add?.(entries) ?? [notWritable(object)];
  const own = ownEntries(object);
  const last = own.at(-1);
  // Behind the tag that ends a heredoc nothing can stand.
  if (last && text.startsWith('<<', last.value.start)) return [notWritable(object)];
  if (format === 'hcl') {
    const parts = Object.entries(entries).map(
      ([key, value]) =>
        (indent: string | undefined): string =>
          `${hclKey(key)} = ${hcl(value, indent, '  ')}`,
    );
    return addBetweenBrackets(object, last && rangeOf(last), parts);
  }
  if (isBlock(object) && last) {
    const indent = ' '.repeat(column(text, (own[0] ?? last).key.start));
    return [appendLines(text, endOf(last), block(entries, indent, '  '))];
  }
  const parts = Object.entries(entries).map(([key, value]) => (indent: string | undefined, unit: string): string => {
    const name = format === 'json' ? JSON.stringify(key) : yamlString(key, last && text[last.key.start]);
    return `${name}: ${inBrackets(object, value, indent, unit)}`;
  });
  return addBetweenBrackets(object, last && rangeOf(last), parts);
}

/** `entry` becomes `key: value`, in its place. */
export function replaceEntry(entry: DocEntry, key: string, value: boolean | number): Edit {
  const { source } = entry.key;
  const name = source.format === 'json' ? JSON.stringify(key) : yamlString(key, source.text[entry.key.start]);
  const end = trimmedEnd(source.text, { start: entry.key.end, end: endOf(entry) });
  return { start: entry.key.start, end, newText: escaper(source)(`${name}: ${value}`) };
}

/** `entries`, which follow each other in an object, go one level down, under a new `key`. */
export function nestEntries(entries: readonly DocEntry[], key: string): readonly Edit[] {
  const [first, last] = [entries[0], entries.at(-1)];
  if (!first || !last) return [];
  const { text, format } = first.key.source;
  const [start, end] = [first.key.start, wholeOf(last.value).end];
  const escape = escaper(first.key.source);
  const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  const isHcl = format === 'hcl';
  const name = format === 'json' ? `${JSON.stringify(key)}:` : isHcl ? `${hclKey(key)} =` : `${key}:`;
  if (format === 'json' || (isHcl ? before.trim() !== '' : /[[{]/.test(before))) {
    return [
      { start, end: start, newText: escape(`${name} { `) },
      { start: end, end, newText: ' }' },
    ];
  }
  const indent = isHcl ? before : ' '.repeat(column(text, start));
  const eol = lineEnd(text, start);
  return [
    { start, end: start, newText: `${name}${isHcl ? ' {' : ''}${eol}${indent}  ` },
    ...indentLines(text, start, end),
    ...(isHcl ? [{ start: end, end, newText: `${eol}${indent}}` }] : []),
  ];
}

/** Two more blanks before every line that begins between `start` and `end`. */
export function indentLines(text: string, start: number, end: number): readonly Edit[] {
  const edits: Edit[] = [];
  for (let at = text.indexOf('\n', start); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) {
    if (!/[\r\n]/.test(text[at + 1] ?? '\n')) edits.push({ start: at + 1, end: at + 1, newText: '  ' });
  }
  return edits;
}

/** The value of `entry`, which is empty or null, becomes `value`. */
export function fillEntry(object: DocObject, entry: DocEntry, value: Json): Edit {
  if (!isBlock(object)) return replaceValue(entry.value, value);
  const { text } = object.source;
  const colon = text.indexOf(':', entry.key.end) + 1;
  const lines = block(value, ' '.repeat(column(text, entry.key.start) + 2), '  ');
  const eol = lineEnd(text, colon);
  const newText = eol + lines.join(eol);
  // A comment behind the key stays behind it.
  if (entry.value.end <= colon) return { start: endOfLine(text, colon), end: endOfLine(text, colon), newText };
  return { start: colon, end: wholeOf(entry.value).end, newText };
}

/** `array` gets `values` as its last items, or behind one that it has. */
export function addItems(
  array: DocArray,
  values: readonly Json[],
  behind: DocNode | undefined = array.items.at(-1),
): readonly Edit[] {
  if (array.written) return [notWritable(array)];
  const { text } = array.source;
  if (isBlock(array) && behind) {
    return [appendLines(text, wholeOf(behind).end, block(values, ' '.repeat(column(text, array.start)), '  '))];
  }
  const parts = values.map(
    (value) => (indent: string | undefined, unit: string) => inBrackets(array, value, indent, unit),
  );
  return addBetweenBrackets(array, behind && wholeOf(behind), parts, behind === array.items.at(-1));
}

/** `object` loses `entry`. An object that would be left empty becomes `{}`. */
export const removeEntry = (object: DocObject, entry: DocEntry): readonly Edit[] => removeEntries(object, [entry]);

/** `object` loses some of its entries. */
export function removeEntries(object: DocObject, entries: readonly DocEntry[]): readonly Edit[] {
  if (object.written) return entries.flatMap((one) => object.written?.remove?.(one) ?? [notWritable(object)]);
  const own = ownEntries(object);
  return removeParts(object, own.map(rangeOf), new Set(entries.map((one) => own.indexOf(one))), '{}');
}

/** `array` loses the items at `indexes`. An array that would be left empty becomes `[]`. */
export function removeItems(array: DocArray, indexes: readonly number[]): readonly Edit[] {
  if (array.written) return [notWritable(array)];
  const { text } = array.source;
  const isBlockStyle = isBlock(array);
  const parts = array.items.map((item, i) => {
    const { start, end } = wholeOf(item);
    const before = array.items[i - 1];
    return { start: isBlockStyle ? dashIn(text, before ? wholeOf(before).end : array.start, start) : start, end };
  });
  return removeParts(array, parts, new Set(indexes), '[]');
}

/** Whether a comment stands inside a value, between its keys and values, or from there to `until`; or before it, behind `from`. */
export function holdsComment(node: DocNode, until: number = node.end, from: number = node.start): boolean {
  const { text } = node.source;
  let at = from;
  let found = false;
  const look = (to: number): void => {
    found ||= COMMENT.test(text.slice(at, Math.max(at, to)));
  };
  const visit = (here: DocNode): void => {
    if (here.type === 'object') {
      for (const { key, value } of here.entries) {
        visit(key);
        visit(value);
      }
    } else if (here.type === 'array') here.items.forEach(visit);
    else if (here.start >= at && here.end <= node.end) {
      look(here.start);
      at = here.end;
    }
  };
  visit(node);
  look(until);
  return found;
}

/** Whether `node` is written in YAML's block style: by indentation, without brackets. */
export function isBlock(node: DocNode): boolean {
  if (node.source.format !== 'yaml' || node.source.quote) return false;
  const first = node.source.text[node.start];
  if (node.type === 'object') return first !== '{';
  if (node.type === 'array') return first !== '[';
  return node.type === 'string' && (first === '|' || first === '>');
}

/** Entries that are written in the object itself, not merged into it from elsewhere. */
const ownEntries = (object: DocObject): readonly DocEntry[] =>
  object.entries.filter(({ key }) => key.start >= object.start && key.end <= object.end);

/** Where an entry ends. */
const endOf = ({ key, value }: DocEntry): number => Math.max(key.end, wholeOf(value).end);
const rangeOf = (one: DocEntry): Range => ({ start: one.key.start, end: endOf(one) });

/** What begins a comment, in text without keys and values. */
const COMMENT = /(^|\s)#|\/[/*]/;

/** Removes some of the parts of an object or array, each with the comment behind it in its line; comments of others stay. */
function removeParts(
  parent: DocObject | DocArray,
  parts: readonly Range[],
  indexes: ReadonlySet<number>,
  empty: string,
): readonly Edit[] {
  const { text } = parent.source;
  // A part that stands elsewhere, by an alias or a merge, is not ours to remove.
  const inside = parts.every(
    ({ start, end }, i) => start >= (parts[i - 1]?.end ?? parent.start) && start < end && start < parent.end,
  );
  if (!inside || [...indexes].some((index) => parts[index] === undefined)) return [];
  if (indexes.size === parts.length) {
    if (isBlock(parent)) return [{ start: parent.start, end: trimmedEnd(text, parent), newText: empty }];
    if (!holdsComment(parent)) return [{ start: parent.start, end: parent.end, newText: empty }];
  }
  const isBlockStyle = isBlock(parent);
  return parts.flatMap((part, index) => {
    if (!indexes.has(index)) return [];
    return isBlockStyle
      ? removeLines(text, parts, part, index, indexes)
      : removeBetweenCommas(parent, parts, part, index, indexes);
  });
}

const startsLine = (text: string, { start }: Range): boolean =>
  text.slice(text.lastIndexOf('\n', start - 1) + 1, start).trim() === '';

/** In block style a part goes with its lines. */
function removeLines(
  text: string,
  parts: readonly Range[],
  part: Range,
  index: number,
  removed: ReadonlySet<number>,
): readonly Edit[] {
  const [first] = parts;
  if (first && !startsLine(text, first)) {
    // The first of an object that is an item of a list: the next that stays takes its place behind the dash.
    const stays = parts.findIndex((_, i) => !removed.has(i));
    const next = parts[stays];
    if (index > 0 && index < stays) return [];
    if (index === 0) {
      const end = endOfLine(text, trimmedEnd(text, parts[stays - 1] ?? first));
      const to = next && !COMMENT.test(text.slice(end, next.start)) ? next.start : end;
      return [{ start: first.start, end: to, newText: '' }];
    }
  }
  const lineStart = text.lastIndexOf('\n', part.start - 1) + 1;
  const end = endOfLine(text, trimmedEnd(text, part));
  if (end < text.length) return [{ start: lineStart, end: end + (text[end] === '\r' ? 2 : 1), newText: '' }];
  // At the end of a text without a last line end, the line end before goes with the line.
  const before = lineStart === 0 || removed.has(index - 1) ? 0 : text[lineStart - 2] === '\r' ? 2 : 1;
  return [{ start: lineStart - before, end, newText: '' }];
}

/** In brackets a part goes with the comma behind it, the last one with that before it. */
function removeBetweenCommas(
  { source: { text }, end: close }: DocObject | DocArray,
  parts: readonly Range[],
  part: Range,
  index: number,
  removed: ReadonlySet<number>,
): readonly Edit[] {
  const [previous, next] = [parts[index - 1], parts[index + 1]];
  if (next && !removed.has(index + 1) && !COMMENT.test(text.slice(part.end, next.start)))
    return [{ start: part.start, end: next.start, newText: '' }];
  const comma = commaIn(text, part.end, next?.start ?? close);
  const edit: Edit = { ...wholeLines(text, part.start, comma === undefined ? part.end : comma + 1), newText: '' };
  const isLast = parts.every((_, i) => i < index || removed.has(i));
  if (!isLast || !previous || removed.has(index - 1)) return [edit];
  if (commaIn(text, parts.at(-1)?.end ?? close, close) !== undefined) return [edit];
  if (!COMMENT.test(text.slice(previous.end, part.start))) return [{ ...edit, start: previous.end }];
  const before = commaIn(text, previous.end, part.start);
  return before === undefined ? [edit] : [{ start: before, end: before + 1, newText: '' }, edit];
}

/** A range with its lines and the comment behind it, if nothing else stands in them; else the range. */
function wholeLines(text: string, start: number, end: number): Range {
  // Backwards over blanks alone: a document of a single line may be long, and have many parts.
  let lineStart = start;
  while (text[lineStart - 1] !== '\n' && text[lineStart - 1]?.trim() === '') lineStart -= 1;
  if (text[lineStart - 1] !== '\n') return { start, end };
  const lineEndsAt = endOfLine(text, end);
  if (!/^\s*(?:$|#|\/\/)/.test(text.slice(end, lineEndsAt))) return { start, end };
  return { start: lineStart - (text[lineStart - 2] === '\r' ? 2 : 1), end: lineEndsAt };
}

/** Each comment as a whole: where there were several ways to read one, a line of `####` would take all time to read. */
const BEFORE_COMMA = /^(?:\s|(?:#|\/\/)[^\n]*(?![^\n])|\/\*(?:(?!\*\/)[^])*\*\/)*,/;

/** The comma between two parts, which is not one of a comment. */
function commaIn(text: string, from: number, to: number): number | undefined {
  const found = BEFORE_COMMA.exec(text.slice(from, to));
  return found ? from + found[0].length - 1 : undefined;
}

function replaceBlock(node: DocNode, value: Json): Edit {
  const { text } = node.source;
  const end = trimmedEnd(text, node);
  if (node.type !== 'object' && node.type !== 'array') {
    return { start: node.start, end, newText: typeof value === 'string' ? yamlString(value, undefined) : flow(value) };
  }
  const indent = ' '.repeat(column(text, node.start));
  const eol = lineEnd(text, node.start);
  return { start: node.start, end, newText: block(value, indent, '  ').join(eol).slice(indent.length) };
}

/** New lines after the line in which the value that ends at `end` ends. */
function appendLines(text: string, end: number, lines: readonly string[]): Edit {
  let from = end;
  // A block scalar ends behind its last line end.
  while (/[\r\n]/.test(text[from - 1] ?? '')) from -= 1;
  from = endOfLine(text, from);
  const eol = lineEnd(text, from);
  return { start: from, end: from, newText: eol + lines.join(eol) };
}

function addBetweenBrackets(
  parent: DocObject | DocArray,
  last: Range | undefined,
  parts: readonly ((indent: string | undefined, unit: string) => string)[],
  isLast = true,
): readonly Edit[] {
  const { text } = parent.source;
  const escape = escaper(parent.source);
  const line = (): string => escape(parts.map((write) => write(undefined, '')).join(', '));
  if (!last) {
    if (holdsComment(parent)) return [{ start: parent.start + 1, end: parent.start + 1, newText: line() }];
    const [open, close] = parent.type === 'object' ? ['{', '}'] : ['[', ']'];
    return [{ start: parent.start, end: parent.end, newText: `${open}${line()}${close}` }];
  }
  const lastEnd = last.end;
  const indent = text.slice(text.lastIndexOf('\n', last.start - 1) + 1, last.start);
  if (parent.source.quote || indent.trim() !== '') {
    return [{ start: lastEnd, end: lastEnd, newText: `, ${line()}` }];
  }
  const outer = /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', parent.start - 1) + 1))?.[0] ?? '';
  const unit = indent.startsWith(outer) && indent.length > outer.length ? indent.slice(outer.length) : '  ';
  const eol = lineEnd(text, lastEnd);
  // Entries of HCL stand in lines of their own, with commas where somebody writes them.
  const separator =
    parent.source.format === 'hcl' && parent.type === 'object' && !/,\s*$/.test(text.slice(lastEnd, parent.end - 1))
      ? ''
      : ',';
  const lines = parts
    .map((write) => `${eol}${indent}${escape(write(indent, unit)).replaceAll(/\r?\n/g, eol)}`)
    .join(separator);
  // A comment in the line of the last one stays there.
  const at = endOfLine(text, lastEnd);
  if (at >= parent.end || !COMMENT.test(text.slice(lastEnd, at))) {
    return [{ start: lastEnd, end: lastEnd, newText: `${separator}${lines}` }];
  }
  if (separator === '') return [{ start: at, end: at, newText: lines }];
  const hasComma = commaIn(text, lastEnd, at) !== undefined;
  const comma = hasComma ? [] : [{ start: lastEnd, end: lastEnd, newText: ',' }];
  return [...comma, { start: at, end: at, newText: hasComma && !isLast ? `${lines},` : lines }];
}

/** The dash of the item that begins at `to`: comments may stand before it, and between them. */
function dashIn(text: string, from: number, to: number): number {
  const found = /^(?:\s|#[^\n]*(?![^\n]))*-/.exec(text.slice(from, to));
  return found ? from + found[0].length - 1 : to;
}
