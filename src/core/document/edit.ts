/**
 * Edits of a document that keep what they do not change: comments, quotes, indentation, line ends. They work alike in JSON, in
 * block and flow YAML, and in JSON that is held in a string. Values are given as data; how they are written is decided here.
 */
import type { Edit } from '../finding.ts';
import { escapeTemplate, hcl, hclKey, isWord } from './hcl-write.ts';
import {
  type DocArray,
  type DocEntry,
  type DocNode,
  type DocObject,
  type DocScalar,
  HOLE,
  type Json,
  type Source,
  wholeOf,
} from './node.ts';

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

/** An edit that lint takes no fix with: for what has its place, and cannot be written there. */
export const notWritable = ({ start, end }: Range): Edit => ({ start, end, newText: HOLE });

/** Whether a part of a string is decided elsewhere. */
const hasDerived = ({ source, start, end }: DocScalar): boolean =>
  source.derived?.some((one) => one.start >= start && one.end <= end) === true;

/** A string that is decided elsewhere in parts keeps them where they are the same in `value`. */
function replaceMiddle(node: DocScalar, value: string): Edit {
  const old = String(node.value);
  const most = Math.min(old.length, value.length);
  let from = 0;
  while (from < most && old[from] === value[from]) from += 1;
  let same = 0;
  while (same < most - from && old[old.length - 1 - same] === value[value.length - 1 - same]) same += 1;
  const newText = value.slice(from, value.length - same);
  const part = node.source.derived?.find(({ start, end }) => node.at(from) >= start && node.at(from) < end);
  if (part && newText === '' && old.slice(from, old.length - same) === SCHEME) return withoutScheme(node.source, part);
  // All characters of such a part have one place.
  const isInside = (index: number): boolean => index > 0 && index < old.length && node.at(index - 1) === node.at(index);
  if (isInside(from) || isInside(old.length - same)) return notWritable(node);
  const written = JSON.stringify(newText).slice(1, -1);
  return {
    start: node.at(from),
    end: node.at(old.length - same),
    newText: escaper(node.source)(node.source.format === 'hcl' ? escapeTemplate(written) : written),
  };
}

const SCHEME = 'https://';

/** An address that is decided elsewhere loses its scheme where it stands: `${replace(…, "https://", "")}`. */
function withoutScheme({ text, inJson }: Source, { start, end }: Range): Edit {
  const [open = '', inner = '', close = ''] = /^(\$\{~?)(.*?)(~?\})$/s.exec(text.slice(start, end))?.slice(1) ?? [];
  const quote = inJson ? '\\"' : '"';
  const newText = `${open}replace(${inner.trim()}, ${quote}${SCHEME}${quote}, ${quote}${quote})${close}`;
  return inner === '' ? { start, end, newText: HOLE } : { start, end, newText };
}

/**
 * New text with its keys as they stand beside it, where a part of them is decided elsewhere: `"${local.issuer}:aud"` beside
 * `"${local.issuer}:sub"`.
 */
export function spelled(edits: readonly Edit[], entries: Json, others: readonly DocScalar[]): readonly Edit[] {
  const names = new Map<string, string>();
  const escape = others[0] ? escaper(others[0].source) : String;
  const visit = (value: Json): void => {
    if (typeof value !== 'object' || value === null || isJsonArray(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      const name = likeOther(key, others);
      if (name !== undefined) names.set(escape(JSON.stringify(key)), name);
      visit(inner);
    }
  };
  visit(entries);
  return edits.map((edit) => ({
    ...edit,
    newText: [...names].reduce((text, [plain, name]) => text.replaceAll(plain, () => name), edit.newText),
  }));
}

function likeOther(key: string, others: readonly DocScalar[]): string | undefined {
  for (const other of others) {
    const claim = String(other.value).lastIndexOf(':') + 1;
    if (claim === 0 || !hasDerived(other) || !key.startsWith(String(other.value).slice(0, claim))) continue;
    const { start, end, newText } = replaceMiddle(other, key);
    const { text } = other.source;
    if (newText.includes(HOLE) || start < other.start || end > other.end) continue;
    return text.slice(other.start, start) + newText + text.slice(end, other.end);
  }
  return undefined;
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
  const edits = plainlyAdded(object, entries);
  return object.source.derived ? spelled(edits, entries, keysIn(object)) : edits;
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
    return addBetweenBrackets(object, last?.key.start, last && endOf(last), parts);
  }
  if (isBlock(object) && last) {
    const indent = ' '.repeat(column(text, (own[0] ?? last).key.start));
    return [appendLines(text, endOf(last), block(entries, indent, '  '))];
  }
  const parts = Object.entries(entries).map(([key, value]) => (indent: string | undefined, unit: string): string => {
    const name = format === 'json' ? JSON.stringify(key) : yamlString(key, last && text[last.key.start]);
    return `${name}: ${inBrackets(object, value, indent, unit)}`;
  });
  return addBetweenBrackets(object, last?.key.start, last && endOf(last), parts);
}

/** `entry` becomes `key: value`, in its place. */
export function replaceEntry(entry: DocEntry, key: string, value: boolean | number): Edit {
  const { source } = entry.key;
  const name = source.format === 'json' ? JSON.stringify(key) : yamlString(key, source.text[entry.key.start]);
  const behind = wholeOf(entry.value).end;
  const end = behind > entry.key.end ? trimmedEnd(source.text, { start: entry.key.end, end: behind }) : entry.key.end;
  return { start: entry.key.start, end, newText: escaper(source)(`${name}: ${value}`) };
}

/** `entries`, which follow each other in an object, go one level down, under a new `key`. */
export function nestEntries(entries: readonly DocEntry[], key: string): readonly Edit[] {
  const [first, last] = [entries[0], entries.at(-1)];
  if (!first || !last) return [];
  const { text, format } = first.key.source;
  const [start, end] = [first.key.start, wholeOf(last.value).end];
  const escape = escaper(first.key.source);
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  if (format === 'json' || /[[{]/.test(text.slice(lineStart, start))) {
    const name = format === 'json' ? JSON.stringify(key) : key;
    return [
      { start, end: start, newText: escape(`${name}: { `) },
      { start: end, end, newText: ' }' },
    ];
  }
  const indent = ' '.repeat(column(text, start));
  const edits: Edit[] = [{ start, end: start, newText: `${key}:${lineEnd(text, start)}${indent}  ` }];
  return [...edits, ...indentLines(text, start, end)];
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

/** `array` gets `values` as its last items. */
export function addItems(array: DocArray, values: readonly Json[]): readonly Edit[] {
  if (array.written) return [notWritable(array)];
  const { text } = array.source;
  const last = array.items.at(-1);
  if (isBlock(array) && last) {
    return [appendLines(text, wholeOf(last).end, block(values, ' '.repeat(column(text, array.start)), '  '))];
  }
  const parts = values.map(
    (value) => (indent: string | undefined, unit: string) => inBrackets(array, value, indent, unit),
  );
  return addBetweenBrackets(array, last && wholeOf(last).start, last && wholeOf(last).end, parts);
}

/** `object` loses `entry`. An object that would be left empty becomes `{}`. */
export const removeEntry = (object: DocObject, entry: DocEntry): readonly Edit[] => removeEntries(object, [entry]);

/** `object` loses some of its entries. */
export function removeEntries(object: DocObject, entries: readonly DocEntry[]): readonly Edit[] {
  if (object.written) return entries.flatMap((one) => object.written?.remove?.(one) ?? [notWritable(object)]);
  const own = ownEntries(object);
  const parts = own.map((one) => ({ start: one.key.start, end: endOf(one) }));
  return removeParts(object, parts, new Set(entries.map((one) => own.indexOf(one))), '{}');
}

/** `array` loses the items at `indexes`. An array that would be left empty becomes `[]`. */
export function removeItems(array: DocArray, indexes: readonly number[]): readonly Edit[] {
  if (array.written) return [notWritable(array)];
  const { text } = array.source;
  const parts = array.items.map((item) => {
    const { start, end } = wholeOf(item);
    return { start: isBlock(array) ? dashBefore(text, start) : start, end };
  });
  return removeParts(array, parts, new Set(indexes), '[]');
}

/** Whether a comment stands inside a value, between its keys and values, or from there to `until`. */
export function holdsComment(node: DocNode, until: number = node.end): boolean {
  const { text } = node.source;
  let at = node.start;
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

/** The line end that the text uses around `at`: that of the line before, or of the first line. */
export function lineEnd(text: string, at: number): '\r\n' | '\n' {
  const before = text.lastIndexOf('\n', at - 1);
  const end = before >= 0 ? before : text.indexOf('\n', at);
  return end > 0 && text[end - 1] === '\r' ? '\r\n' : '\n';
}

/** Entries that are written in the object itself, not merged into it from elsewhere. */
const ownEntries = (object: DocObject): readonly DocEntry[] =>
  object.entries.filter(({ key }) => key.start >= object.start && key.end <= object.end);

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Where an entry ends. */
const endOf = ({ key, value }: DocEntry): number => Math.max(key.end, wholeOf(value).end);

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
  return parts.flatMap((_, index) => {
    if (!indexes.has(index)) return [];
    return isBlockStyle ? removeLines(text, parts, index, indexes) : removeBetweenCommas(parent, parts, index, indexes);
  });
}

const startsLine = (text: string, { start }: Range): boolean =>
  text.slice(text.lastIndexOf('\n', start - 1) + 1, start).trim() === '';

/** In block style a part goes with its lines. */
function removeLines(
  text: string,
  parts: readonly Range[],
  index: number,
  removed: ReadonlySet<number>,
): readonly Edit[] {
  const part = parts[index];
  if (!part) return [];
  const [first] = parts;
  if (first && removed.has(0) && !startsLine(text, first)) {
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
  index: number,
  removed: ReadonlySet<number>,
): readonly Edit[] {
  const [previous, part, next] = [parts[index - 1], parts[index], parts[index + 1]];
  if (!part) return [];
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
  while (lineStart > 0 && text[lineStart - 1] !== '\n' && text[lineStart - 1]?.trim() === '') lineStart -= 1;
  if (text[lineStart - 1] !== '\n') return { start, end };
  const lineEndsAt = endOfLine(text, end);
  if (!/^\s*(?:$|#|\/\/)/.test(text.slice(end, lineEndsAt))) return { start, end };
  return { start: lineStart - (text[lineStart - 2] === '\r' ? 2 : 1), end: lineEndsAt };
}

/** The comma between two parts, which is not one of a comment. */
function commaIn(text: string, from: number, to: number): number | undefined {
  const found = /^(?:\s|#[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\/)*,/.exec(text.slice(from, to));
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
  while (from > 0 && /[\r\n]/.test(text[from - 1] ?? '')) from -= 1;
  from = endOfLine(text, from);
  const eol = lineEnd(text, from);
  return { start: from, end: from, newText: eol + lines.join(eol) };
}

function addBetweenBrackets(
  parent: DocObject | DocArray,
  lastStart: number | undefined,
  lastEnd: number | undefined,
  parts: readonly ((indent: string | undefined, unit: string) => string)[],
): readonly Edit[] {
  const { text } = parent.source;
  const escape = escaper(parent.source);
  const line = (): string => escape(parts.map((write) => write(undefined, '')).join(', '));
  if (lastStart === undefined || lastEnd === undefined) {
    if (holdsComment(parent)) return [{ start: parent.start + 1, end: parent.start + 1, newText: line() }];
    const [open, close] = parent.type === 'object' ? ['{', '}'] : ['[', ']'];
    return [{ start: parent.start, end: parent.end, newText: `${open}${line()}${close}` }];
  }
  const lineStart = text.lastIndexOf('\n', lastStart - 1) + 1;
  const indent = text.slice(lineStart, lastStart);
  if (parent.source.quote || lineStart <= parent.start || indent.trim() !== '') {
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
  const comma = commaIn(text, lastEnd, at) === undefined ? [{ start: lastEnd, end: lastEnd, newText: ',' }] : [];
  return [...comma, { start: at, end: at, newText: lines }];
}

/** JSON or flow YAML, over several lines where `indent` is given. */
function inBrackets({ source, start }: DocNode, value: Json, indent: string | undefined, unit: string): string {
  if (source.format === 'hcl') return hcl(value, indent, unit);
  if (source.format === 'yaml') return flow(value);
  if (indent === undefined) return JSON.stringify(value);
  return JSON.stringify(value, undefined, unit).replaceAll('\n', lineEnd(source.text, start) + indent);
}

/** The indentation of the line in which a value begins. */
export function indentAt({ source: { text }, start }: DocNode): string {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', start - 1) + 1, start))?.[0] ?? '';
}

/** Lines of block YAML. */
function block(value: Json, indent: string, unit: string): readonly string[] {
  if (isJsonArray(value)) {
    if (value.length === 0) return [`${indent}[]`];
    return value.flatMap((item) => {
      const [first = '', ...rest] = block(item, `${indent}  `, unit);
      return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
    });
  }
  if (typeof value !== 'object' || value === null) return [indent + flow(value)];
  const entries = Object.entries(value);
  if (entries.length === 0) return [`${indent}{}`];
  return entries.flatMap(([key, inner]) => {
    const name = `${indent}${yamlString(key, undefined)}:`;
    const nested = typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0;
    return nested ? [name, ...block(inner, indent + unit, unit)] : [`${name} ${flow(inner)}`];
  });
}

const isJsonArray = (value: Json): value is readonly Json[] => Array.isArray(value);

function flow(value: Json): string {
  if (typeof value === 'string') return yamlString(value, undefined);
  if (isJsonArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${yamlString(key, undefined)}: ${flow(inner)}`)
    .join(', ')} }`;
}

/** Plain text that YAML 1.1 and 1.2 both read as this string, also inside brackets. */
const PLAIN = /^(?!(?:true|false|yes|no|on|off|y|n|null|~)$)[A-Za-z/_](?:[\w./@+=-]|:(?=[\w/@+=-])|:(?=:))*$/i;

function yamlString(value: string, quote: string | undefined): string {
  if (quote === "'" && !/[\n\r]/.test(value)) return `'${value.replaceAll("'", "''")}'`;
  if (quote === '"') return JSON.stringify(value);
  return PLAIN.test(value) ? value : JSON.stringify(value);
}

/** How text is written inside the string that holds the document; in Terraform `${` is one of its templates, unless it is escaped. */
function escaper(source: Source): (text: string) => string {
  const isTemplate = source.derived !== undefined && source.format !== 'hcl';
  return (text) => {
    const plain = isTemplate ? escapeTemplate(text) : text;
    if (source.quote === '"') return JSON.stringify(plain).slice(1, -1);
    return source.quote === "'" ? plain.replaceAll("'", "''") : plain;
  };
}

/** Characters before `offset` in its line; a byte order mark is none. */
function column(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return offset - start - (start === 0 && text.startsWith('\uFEFF') && offset > 0 ? 1 : 0);
}

/** Where the line of `offset` ends, before its line end. */
export function endOfLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  if (end < 0) return text.length;
  return text[end - 1] === '\r' && end > offset ? end - 1 : end;
}

/** The end of a range without the white space that YAML counts to a block scalar. */
function trimmedEnd(text: string, range: Range): number {
  let end = range.end;
  while (end > range.start && /\s/.test(text[end - 1] ?? '')) end -= 1;
  return end;
}

const dashBefore = (text: string, offset: number): number => {
  const dash = text.lastIndexOf('-', offset - 1);
  return dash >= 0 && text.slice(dash + 1, offset).trim() === '' ? dash : offset;
};
