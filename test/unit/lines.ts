// Files that are written in lines, such as Terraform's, changed in one place at a time.
import type { Varied } from './told.ts';

/** Where what begins in a line ends: at its closing bracket, which is indented alike, or at the tag of a text over several lines. */
function endOf(lines: readonly string[], from: number): number {
  const line = lines[from] ?? '';
  const tag = /<<-?(\w+)$/.exec(line)?.[1];
  const indent = /^ */.exec(line)?.[0] ?? '';
  const closes = (one: string): boolean =>
    tag === undefined ? one.startsWith(indent) && /^[)\]}]/.test(one.slice(indent.length)) : one.trim() === tag;
  if (tag === undefined && !/[([{]$/.test(line)) return from;
  const at = lines.findIndex((one, index) => index > from && closes(one));
  return at < 0 ? from : at;
}

const VALUES = [
  'null',
  '""',
  '[]',
  '{}',
  'true',
  'var.unknown',
  '["x", ["y"]]',
  '"${var.unknown}-x"',
  'jsonencode({})',
];

/**
 * By the way it was changed: each part that begins in a line of its own gone, there twice, or of another name, and each argument with
 * another value.
 */
export function changedLines(text: string): ReadonlyMap<string, readonly Varied[]> {
  const lines = text.split('\n');
  const ways = new Map<string, Varied[]>();
  lines.forEach((line, from) => {
    if (!/[\w"]/.test(line)) return;
    const end = endOf(lines, from);
    const put = (way: string, ...instead: readonly string[]): void =>
      void ways.set(way, [
        ...(ways.get(way) ?? []),
        [`${from + 1} ${line.trim()}`, [...lines.slice(0, from), ...instead, ...lines.slice(end + 1)].join('\n')],
      ]);
    const whole = lines.slice(from, end + 1);
    put('gone');
    put('twice', ...whole, ...whole);
    put('another name', line.replace(/(\w+)/, '$1x'), ...whole.slice(1));
    const argument = /^\s*(?:[\w.]+|"[^"]*")\s*= /.exec(line)?.[0];
    if (argument !== undefined)
      VALUES.forEach((value, index) => put(`value ${index} ${value.replaceAll(/\W/g, '')}`.trim(), argument + value));
  });
  return ways;
}
