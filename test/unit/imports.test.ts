/** Arrows between files point one way (docs/architecture.md); the directions between rooms are in eslint.config.js. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const SRC = path.join(import.meta.dirname, '../../src');
/** What a file imports or hands on, types included; not what it loads when it is needed. */
const importsOf = (file: string): string[] =>
  [...readFileSync(path.join(SRC, file), 'utf8').matchAll(/^(?:import|export)\s[^;]*?\sfrom '(\.[^']+\.ts)'/gm)].map(
    ([, to = '']) => path.join(path.dirname(file), to),
  );

test('no file imports itself by way of others, not even a type', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const graph = new Map(files.map((file) => [file, importsOf(file)]));
  assert.ok([...graph.values()].flat().length > files.length, 'imports are read');
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    assert.ok(!way.includes(file), [...way.slice(way.indexOf(file)), file].join(' → '));
    if (done.has(file)) return;
    for (const to of graph.get(file) ?? []) visit(to, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});
