/**
 * YAML that every reader takes alike. Kubernetes and CloudFormation read YAML 1.1, to which `no`, `12:30`, `2012-10-17`, `=` and `<<`
 * are no text; others read 1.2. So only text that is text to all of them stands plain, the rest in quotation marks, and characters
 * that nobody sees, or that turn the direction of writing, as escapes.
 */
import { isObject } from '../core/records.ts';
import { wellFormed } from '../core/text.ts';

/** Words of YAML 1.1 that are no text (yaml.org/type: bool, null, float). */
const WORDS = /^(y|n|yes|no|on|off|true|false|null|nan|inf|e[-+]?\d+)$/i;
const PLAIN = /^[A-Za-z/](?:[\w./@+*=-]|:(?=[\w/*:])| (?=[\w(]))*$/;
/** Printable in a block: no control or format characters, nothing beyond the basic plane. */
const NOT_IN_BLOCK = /[^\n\x20-\x7e\u00a1-\u05ff\u0900-\u1fff\u3040-\ud7ff]/;

/** A text in double quotation marks (YAML 1.1 and 1.2, "Escaped Characters"); half a surrogate pair becomes U+FFFD. */
export const quoted = (text: string): string =>
  JSON.stringify(wellFormed(text)).replace(/[\p{C}\p{Zl}\p{Zp}\u00a0]/gu, (one) => {
    const code = one.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });

/** Text with quotation marks in it reads better in single ones, where nothing is an escape (YAML 1.1 and 1.2, "Single-Quoted Style"). */
const inline = (text: string): string => {
  if (PLAIN.test(text) && !WORDS.test(text)) return text;
  return /^[\x20-\x7e]*$/.test(text) && text.includes('"') && !text.includes("'") ? `'${text}'` : quoted(text);
};

function block(text: string, indent: string): string | undefined {
  const [, body = '', end = ''] = /^([^]*?)(\n*)$/.exec(text) ?? [];
  // White space at the begin would be taken for indentation, and at the end of a line nobody sees it.
  if (!body.includes('\n') || end.length > 1 || /^\s/.test(body) || / $/m.test(body) || NOT_IN_BLOCK.test(body))
    return undefined;
  return `|${end === '' ? '-' : ''}\n${body.replaceAll(/^(?=.)/gm, indent)}`;
}

const PART = '  ';

/** What follows a key or a dash: on its line, or on those after it. */
function after(value: unknown, indent: string): string {
  if (Array.isArray(value))
    return value.length === 0
      ? ' []'
      : `\n${value.map((item) => `${indent}- ${nested(item, `${indent}${PART}`)}`).join('\n')}`;
  if (isObject(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return entries.length === 0 ? ' {}' : `\n${lines(entries, indent)}`;
  }
  if (typeof value === 'string') return ` ${block(value, indent) ?? inline(value)}`;
  // Without a dot, 1e+21 is text to YAML 1.1.
  return ` ${JSON.stringify(value).replace(/^(-?\d+)(?=e)/, '$1.0')}`;
}

/** An item of a list: a mapping begins beside its dash. */
const nested = (value: unknown, indent: string): string => after(value, indent).trimStart();

const lines = (entries: readonly (readonly [string, unknown])[], indent: string): string =>
  entries.map(([key, value]) => `${indent}${inline(key)}:${after(value, `${indent}${PART}`)}`).join('\n');

/** A document of mappings, lists, texts, numbers, truth values and null; what is undefined is left out. */
export const yamlOf = (value: Readonly<Record<string, unknown>>): string => `${after(value, '').replace(/^\s+/, '')}\n`;
