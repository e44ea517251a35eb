/** A plan as a list of lines, for tests that compare all that it says. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rows, type Plan } from '../../src/core/plan/plan.ts';

/** `<kind> <title>: <reason>` of each row, in order, then `! <warning>`. */
export const told = (plan: Plan): readonly string[] => [
  ...rows(plan).map(({ id, kind, title, reason }) => {
    const about = kind === 'blocked' ? `blocked (${id})` : kind;
    return `${about} ${title}${reason === undefined ? '' : `: ${reason}`}`;
  }),
  ...plan.warnings.map((warning) => `! ${warning}`),
];

/** What is told besides what is told as a rule, then what of that is not: `- <line>`. */
export const besides = (lines: readonly string[], rule: readonly string[]): readonly string[] => [
  ...lines.filter((line) => !rule.includes(line)),
  ...rule.filter((line) => !lines.includes(line)).map((line) => `- ${line}`),
];

const TOLD = new URL('../fixtures/told/', import.meta.url);

/**
 * Compares many lines with those kept in test/fixtures/told/NAME.txt. With UPDATE_TOLD=1 in the environment they are written anew: what
 * changed is then read in the diff, line by line, before it is kept.
 */
export function asKept(name: string, lines: readonly string[]): void {
  const file = new URL(`${name.replaceAll(' ', '-')}.txt`, TOLD);
  if (process.env['UPDATE_TOLD'] === '1') {
    mkdirSync(new URL('.', file), { recursive: true });
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  }
  assert.deepEqual(lines, readFileSync(file, 'utf8').split('\n').slice(0, -1), `test/fixtures/told/${name}.txt`);
}

/** A document with one thing of it changed, and what that is: `Statement.0.Effect = null`, `Statement.0.Effect gone`. */
export type Varied = readonly [what: string, text: string];

const LEAVES = (text: string): readonly unknown[] => [
  ...[null, '', 'x', 1, {}, [], [text], [text, 'x'], `${text}*`, ` ${text}`, text.toUpperCase(), '{{ x }}', '${x}'],
];

/**
 * A document with each of its parts changed in each of several ways: values of another type, empty, doubled, in another case, with a
 * wildcard or a hole; keys that are gone, misspelt, in another case, or there twice. By the way it was changed.
 */
export function variations(document: unknown): ReadonlyMap<string, readonly Varied[]> {
  const ways = new Map<string, Varied[]>();
  const put = (way: string, what: string, text: string): void =>
    void ways.set(way, [...(ways.get(way) ?? []), [what, text]]);
  const at = (path: readonly string[], change: (parent: Record<string, unknown>, key: string) => void): string => {
    const copy = structuredClone(document) as Record<string, unknown>;
    let parent = copy;
    for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
    change(parent, path.at(-1) ?? '');
    return JSON.stringify(copy);
  };
  const rename = (path: readonly string[], to: string): string =>
    at(path, (parent, key) => {
      const entries = Object.entries(parent);
      for (const [one] of entries) delete parent[one];
      for (const [one, value] of entries) parent[one === key ? to : one] = value;
    });
  const visit = (value: unknown, path: readonly string[]): void => {
    const name = path.join('.');
    if (path.length > 0) {
      const others =
        typeof value === 'string'
          ? LEAVES(value)
          : [
              null,
              'x',
              [],
              {},
              ...(Array.isArray(value) ? [[...(value as unknown[]), ...(value as unknown[])]] : [[value]]),
            ];
      others.forEach((other, index) =>
        put(
          `value ${index}`,
          `${name} = ${JSON.stringify(other).slice(0, 60)}`,
          at(path, (parent, key) => (parent[key] = other)),
        ),
      );
      const key = path.at(-1) ?? '';
      if (!/^\d+$/.test(key)) {
        put(
          'gone',
          `${name} gone`,
          at(path, (parent) => delete parent[key]),
        );
        put('key', `${name} misspelt`, rename(path, key.slice(0, -1)));
        put(
          'key',
          `${name} in another case`,
          rename(path, key === key.toLowerCase() ? key.toUpperCase() : key.toLowerCase()),
        );
        put(
          'key',
          `${name} twice`,
          rename(path, '\u0001').replace(
            '"\\u0001":',
            () => `${JSON.stringify(key)}:${JSON.stringify(value)},${JSON.stringify(key)}:`,
          ),
        );
      }
    }
    if (typeof value === 'object' && value !== null)
      for (const [key, one] of Object.entries(value)) visit(one, [...path, key]);
  };
  visit(document, []);
  return ways;
}
