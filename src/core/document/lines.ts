/** Where lines of a text begin and end, and how far they are indented. */
import type { DocNode } from './node.ts';

/** A stretch of text. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The line end that the text uses around `at`: that of the line before, or of the first line. */
export function lineEnd(text: string, at: number): '\r\n' | '\n' {
  const before = text.lastIndexOf('\n', at - 1);
  const end = before >= 0 ? before : text.indexOf('\n', at);
  return text[end - 1] === '\r' ? '\r\n' : '\n';
}

/** The indentation of the line in which a value begins. */
export function indentAt({ source: { text }, start }: DocNode): string {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', start - 1) + 1, start))?.[0] ?? '';
}

/** Characters before `offset` in its line; a byte order mark is none. */
export function column(text: string, offset: number): number {
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
export function trimmedEnd(text: string, range: Range): number {
  let end = range.end;
  while (end > range.start && /\s/.test(text[end - 1] ?? '')) end -= 1;
  return end;
}
