// Files that are changed in one place at a time, and what lint then says otherwise than it did.
import { HOLE } from '../../src/core/document/node.ts';
import type { Finding } from '../../src/core/finding.ts';
import { besides, type Varied } from './told.ts';

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

/** By the way it was changed: each word gone, and each but the last followed by the first. */
export function changedWords(text: string): readonly Varied[] {
  return [...text.matchAll(/[^\s,{}[\]]+/g)].flatMap(({ 0: word, index }): Varied[] => {
    const line = text.slice(0, index).split('\n').length;
    const put = (to: string): Varied => [
      `${line} ${word} = ${to}`,
      text.slice(0, index) + to + text.slice(index + word.length),
    ];
    return [put(''), put('x'), put(`${word}x`), put(`x${word}`), put(`${word} ${word}`), put(word.toUpperCase())];
  });
}

/** A finding, what it underlines, and its fixes, in a line. */
export const said = (path: string, text: string, { id, severity, start, end, message, fixes }: Finding): string =>
  [
    `${path}: ${id} ${severity} <${text.slice(start, end)}> ${message}`,
    ...fixes.map(
      ({ title, edits, preferred }) =>
        ` [${title}${preferred === true ? '!' : ''}: ${edits.map((edit) => `<${text.slice(edit.start, edit.end)}> ${edit.newText}`).join('; ')}]`,
    ),
  ]
    .join('')
    .replaceAll('\n', '⏎')
    .replaceAll('\r', '␍')
    .replaceAll(HOLE, '?');

/** What of a line is another than it was: the words before and behind that are the same are left out. */
function difference(before: string, after: string): string {
  const [one, other] = [before, after].map((line) => line.split(/(?<=[,:|{}[\]<> ⏎])/)) as [string[], string[]];
  let [from, behind] = [0, 0];
  const least = Math.min(one.length, other.length);
  while (from < least && one[from] === other[from]) from += 1;
  while (behind < least - from && one.at(-1 - behind) === other.at(-1 - behind)) behind += 1;
  const middle = (words: readonly string[]): string => words.slice(from, words.length - behind).join('');
  return `${one.slice(Math.max(0, from - 4), from).join('')}«${middle(one)}» → «${middle(other)}»`;
}
/** What is said otherwise than as a rule. */
export const differences = (lines: readonly string[], rule: readonly string[]): readonly string[] =>
  lines.length === rule.length
    ? lines.flatMap((one, index) => (one === rule[index] ? [] : [`${index} ${difference(rule[index] ?? '', one)}`]))
    : besides(lines, rule);
