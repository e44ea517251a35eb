// One defect, one finding, on the exact text; and nothing where nothing is wrong.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { lintFolder } from '../../src/core/lint.ts';
import { defects, sound, type Sample } from '../fixtures/defects.ts';

const found = ({ kind, text }: Sample): string[][] =>
  [...lintFolder([{ path: kind === 'manifest' ? 'sample.yaml' : 'sample.json', text }]).values()].flatMap((findings) =>
    findings.map(({ id, start, end }) => [id, text.slice(start, end)]),
  );

describe('Files with one defect', () => {
  for (const defect of defects) test(defect.name, () => assert.deepEqual(found(defect), defect.finds));
});

describe('Files without a defect', () => {
  for (const sample of sound) test(sample.name, () => assert.deepEqual(found(sample), []));
});

test('docs/comparison.md has a row for each of them: else run npm run compare', () => {
  const rows = readFileSync(new URL('../../docs/comparison.md', import.meta.url), 'utf8').split('\n');
  const named = rows.flatMap((row) => /^\| (?<name>[^|]+) \|/.exec(row)?.groups?.['name'] ?? []);
  for (const { name } of [...defects, ...sound]) assert.ok(named.includes(name), name);
});
