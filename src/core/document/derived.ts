/** Texts of which a part is decided elsewhere: that part stays as it stands. */
import type { Edit } from '../finding.ts';
import { escapeTemplate } from './hcl-write.ts';
import type { Range } from './lines.ts';
import { type DocScalar, HOLE, type Json, type Source } from './node.ts';
import { escaper, isJsonArray } from './write.ts';

/** An edit that lint takes no fix with: for what has its place, and cannot be written there. */
export const notWritable = ({ start, end }: Range): Edit => ({ start, end, newText: HOLE });

/** Whether a part of a string is decided elsewhere. */
export const hasDerived = ({ source, start, end }: DocScalar): boolean =>
  source.derived?.some((one) => one.start >= start && one.end <= end) === true;

/** A string that is decided elsewhere in parts keeps them where they are the same in `value`. */
export function replaceMiddle(node: DocScalar, value: string): Edit {
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
  const written = inside(node, newText, from === 0);
  if (written === undefined) return notWritable(node);
  return {
    start: node.at(from),
    end: node.at(old.length - same),
    newText: escaper(node.source)(node.source.format === 'hcl' ? escapeTemplate(written) : written),
  };
}

/** Text that begins a string of YAML without quotes, or stands in it, and means itself there. */
const PLAIN_PART = /^(?:[\w./@+=*?-]|:(?=[\w./@+=*?-]|$))*$/;
const PLAIN_START = /^[A-Za-z/_]/;

/** Text as it is written inside of a string, in its kind of quotes; undefined where it has none and would need them. */
function inside({ source: { format, text }, start }: DocScalar, part: string, isFirst: boolean): string | undefined {
  const quote = text[start];
  if (format !== 'yaml' || quote === '"') return JSON.stringify(part).slice(1, -1);
  if (quote === "'") return part.replaceAll("'", "''");
  return PLAIN_PART.test(part) && (!isFirst || part === '' || PLAIN_START.test(part)) ? part : undefined;
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
    if (newText.includes(HOLE)) continue;
    return text.slice(other.start, start) + newText + text.slice(end, other.end);
  }
  return undefined;
}
