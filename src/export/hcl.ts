/**
 * HCL as `terraform fmt` and `tofu fmt` leave it: two spaces, and the `=` of lines that follow one another below each other
 * (Terraform, "Style Conventions"; hashicorp/hcl, hclwrite). Text is quoted so that nothing in it is a template.
 */
import { isObject, record } from '../core/records.ts';
import { wellFormed } from '../core/text.ts';

/** An expression as it stands: a reference, a call. */
export interface Expression {
  readonly expression: string;
}
export type Value =
  | string
  | number
  | boolean
  | null
  | Expression
  | { readonly encoded: unknown }
  | readonly Value[]
  | { readonly map: Readonly<Record<string, Value>> };

export const expression = (text: string): Expression => ({ expression: text });
/** JSON by `jsonencode`: what a person reads and reviews is data, and Terraform lays it out. */
export const encoded = (data: unknown): Value => ({ encoded: data });
export const map = (entries: Readonly<Record<string, Value>>): Value => ({ map: entries });

/** An argument, or a block in a block. */
export type Item = readonly [name: string, value: Value] | Block;
export interface Block {
  /** Type and labels. */
  readonly head: readonly string[];
  readonly body: readonly Item[];
  /** Lines above it. */
  readonly note?: string;
}

/**
 * A text in quotation marks (HCL, "Template Expressions"): `${` and `%{` begin a template, and are written `$${` and `%%{`; after
 * another `$` or `%` that would be read otherwise, so there it stands as its number. What nobody sees stands as its number, too.
 */
export const quote = (text: string): string =>
  `"${wellFormed(text).replace(/[\\"]|[$%]+(?=\{)|[\p{C}\p{Zl}\p{Zp}]|\p{Zs}/gu, (part) => {
    const [one = ''] = part;
    switch (one) {
      case ' ':
        return ' ';
      case '\\':
      case '"':
        return `\\${one}`;
      case '\n':
        return '\\n';
      case '\r':
        return '\\r';
      case '\t':
        return '\\t';
      case '$':
      case '%':
        return part.length === 1 ? `${one}${one}` : [...part].map(numbered).join('');
      default:
        return numbered(part);
    }
  })}"`;

function numbered(one: string): string {
  const code = one.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Whether Terraform would keep a text as it is: it brings all text into Unicode's composed form (NFC). */
export const keeps = (text: string): boolean => text === wellFormed(text).normalize('NFC');

const INDENT = '  ';
/** Keys of an object that need no quotation marks; `for` and words such as `null` do. */
const BARE = /^[A-Z][A-Za-z]*$/;

interface Line {
  readonly key: string;
  /** Of several lines: then it is aligned with none. */
  readonly value: string;
}

/** Columns that a key takes up. */
const width = (key: string): number =>
  /^[\x20-\x7e]*$/.test(key) ? key.length : [...new Intl.Segmenter(undefined).segment(key)].length;

/** Lines `key = value`, those that follow one another aligned. */
function aligned(lines: readonly Line[], indent: string): string[] {
  const isLong = ({ value }: Line): boolean => value.includes('\n');
  const written: string[] = [];
  for (let at = 0; at < lines.length;) {
    const end = lines.findIndex((line, index) => index >= at && isLong(line));
    const group = lines.slice(at, end === at ? at + 1 : end < 0 ? lines.length : end);
    const widest = end === at ? 0 : Math.max(...group.map(({ key }) => width(key)));
    for (const { key, value } of group)
      written.push(`${indent}${key}${' '.repeat(Math.max(0, widest - width(key)))} = ${value}`);
    at += group.length;
  }
  return written;
}

const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null;

function object(entries: readonly (readonly [string, string])[], indent: string): string {
  if (entries.length === 0) return '{}';
  const lines = entries.map(([key, value]) => ({ key, value }));
  return `{\n${aligned(lines, `${indent}${INDENT}`).join('\n')}\n${indent}}`;
}

function array(items: readonly unknown[], indent: string, write: (item: unknown, indent: string) => string): string {
  const inner = `${indent}${INDENT}`;
  if (items.length === 0) return '[]';
  if (items.length === 1 && (isScalar(items[0]) || record(items[0])['expression'] !== undefined))
    return `[${write(items[0], indent)}]`;
  return `[\n${items.map((item) => `${inner}${write(item, inner)},\n`).join('')}${indent}]`;
}

/** JSON data as an expression of HCL. */
function data(value: unknown, indent: string): string {
  if (Array.isArray(value)) return array(value, indent, data);
  if (!isObject(value)) return typeof value === 'string' ? quote(value) : JSON.stringify(value);
  return object(
    Object.entries(value).map(([key, item]) => [BARE.test(key) ? key : quote(key), data(item, `${indent}${INDENT}`)]),
    indent,
  );
}

function written(value: Value, indent: string): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return array(value, indent, (item, inner) => written(item as Value, inner));
  if ('expression' in value) return value.expression;
  if ('encoded' in value) return `jsonencode(${data(value.encoded, indent)})`;
  return object(
    Object.entries((value as { readonly map: Readonly<Record<string, Value>> }).map).map(([key, item]) => [
      quote(key),
      written(item, `${indent}${INDENT}`),
    ]),
    indent,
  );
}

const isBlock = (item: Item): item is Block => 'head' in item;

function block({ head: [type = '', ...labels], body, note }: Block, indent: string): string {
  const inner = `${indent}${INDENT}`;
  const parts: string[] = [];
  let lines: Line[] = [];
  const flush = (): void => {
    if (lines.length > 0) parts.push(aligned(lines, inner).join('\n'));
    lines = [];
  };
  for (const item of body) {
    if (!isBlock(item)) lines.push({ key: item[0], value: written(item[1], inner) });
    else {
      flush();
      parts.push(block(item, inner));
    }
  }
  flush();
  const above = note === undefined ? '' : `${comment(note, indent)}\n`;
  const begin = `${above}${indent}${[type, ...labels.map(quote)].join(' ')} {`;
  return parts.length === 0 ? `${begin}}` : `${begin}\n${parts.join('\n\n')}\n${indent}}`;
}

/** Lines of a comment; each of its lines is one line, whatever is in it. */
export const comment = (text: string, indent = ''): string =>
  text
    .split('\n')
    .map((line) => `${indent}# ${line.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim()}`.trimEnd())
    .join('\n');

/** A file: a word on what it is, and its blocks. */
export const hcl = (about: string, blocks: readonly Block[]): string =>
  `${[comment(about), ...blocks.map((one) => block(one, ''))].join('\n\n')}\n`;
