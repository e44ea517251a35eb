// The folder that npm start opens: each sample has the one mistake that its README tells, the right one beside it has none, and where
// there is a fix it makes the right one of it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { LintFile } from '../../src/core/around.ts';
import { lintFolder } from '../../src/core/lint.ts';
import type { FailureModeId } from '../../src/core/modes/ids.ts';
import { fixAll } from './lint-kit.ts';

const workspace = new URL('../../scripts/workspace/', import.meta.url);
const mistakes = new URL('mistakes/', workspace);

/** By the file: what is found, and whether it has a fix that is the one right answer. */
const SAMPLES: Readonly<Record<string, readonly [id: FailureModeId, fixed: boolean]>> = {
  '1-quoted-boolean.mistake.yaml': ['KP-006', true],
  '2-misspelt-annotation.mistake.yaml': ['KP-051', true],
  '3-plugins-misplaced.mistake.yaml': ['KP-015', true],
  '4-everybody-may.mistake.json': ['KP-029', false],
  '5-nobody-may.mistake.json': ['KP-031', false],
  '6-colon-too-many.mistake.json': ['KP-039', true],
  '7-bucket-left-out.mistake.json': ['KP-041', true],
  '8-artifacts-elsewhere.mistake.yaml': ['KP-055', false],
  '9-quoted-setting.mistake.yaml': ['KP-056', true],
};

const read = (path: string): LintFile => ({
  path,
  text: readFileSync(new URL(path, mistakes), 'utf8'),
  language: path.endsWith('.json') ? 'json' : 'yaml',
});
const names = readdirSync(mistakes).sort();
const found = (files: readonly LintFile[]): Record<string, FailureModeId[]> =>
  Object.fromEntries([...lintFolder(files)].map(([path, findings]) => [path, findings.map(({ id }) => id)]));

test('each mistake has a row here and the right one beside it', () => {
  const right = Object.keys(SAMPLES).map((name) => name.replace('.mistake.', '.right.'));
  assert.deepEqual(names, [...Object.keys(SAMPLES), ...right].sort());
});

test('seen together as the editor sees them, each mistake has exactly its finding and the right ones have none', () => {
  assert.deepEqual(
    found(names.map(read)),
    Object.fromEntries(Object.entries(SAMPLES).map(([name, [id]]) => [name, [id]])),
  );
});

describe('each sample alone', () => {
  for (const [name, [id, fixed]] of Object.entries(SAMPLES))
    test(`${name} has ${id} and nothing else${fixed ? ', and its fix makes the right one of it' : ', and only a person knows the answer'}`, () => {
      const file = read(name);
      assert.deepEqual(found([file]), { [name]: [id] });
      const right = read(name.replace('.mistake.', '.right.'));
      assert.deepEqual(found([right]), {});
      assert.notEqual(file.text, right.text);
      assert.equal(fixAll(file.text, { language: file.language ?? 'yaml' }), fixed ? right.text : file.text);
    });
});

test('the README names each sample, in order, and says which have a fix', () => {
  const readme = readFileSync(new URL('README.md', workspace), 'utf8');
  const rows = [...readme.matchAll(/^ *\| `([^`]+)` \|.*\| ([^|]+) \|$/gm)].map(([, name, fix = '']) => [
    name,
    !fix.startsWith('yours'),
  ]);
  assert.deepEqual(
    rows,
    Object.entries(SAMPLES).map(([name, [, fixed]]) => [name.replace(/\.mistake\..*$/, ''), fixed]),
  );
});

test('profile.yaml has no finding', () => {
  const text = readFileSync(new URL('profile.yaml', workspace), 'utf8');
  assert.deepEqual(found([{ path: 'profile.yaml', text }]), {});
});
