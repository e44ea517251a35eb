import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { docsUrl, failureMode, failureModes, isFailureModeId } from '../../src/core/catalogue/failure-modes.ts';
import type { FailureMode } from '../../src/core/catalogue/failure-modes.ts';
import { failureModesPage } from '../../src/core/catalogue/page.ts';

const modes: readonly FailureMode[] = failureModes;

describe('The catalogue', () => {
  test('has every failure mode of Kubeflow once, in order', () => {
    const numbered = modes.map(({ id }) => id).filter((id) => id.startsWith('KP-'));
    assert.deepEqual(
      numbered.slice(0, 64),
      Array.from({ length: 64 }, (_, index) => `KP-${String(index + 1).padStart(3, '0')}`),
    );
    assert.deepEqual(numbered, [...new Set(numbered)].sort());
  });

  test('no id or alias stands twice', () => {
    const names = modes.flatMap(({ id, aliases = [] }) => [id, ...aliases]);
    assert.equal(new Set(names).size, names.length);
    for (const { aliases = [] } of modes)
      for (const alias of aliases) assert.ok(!isFailureModeId(alias), `${alias} is an alias`);
  });

  test('every entry says what, why, what to do and where that is from', () => {
    for (const { id, title, symptom, cause, fix, sources } of modes) {
      assert.match(id, /^(KP-\d{3}|[TP]-[A-Z-]+|LINT-[A-Z]+)$/);
      assert.match(title, /^\S.*[^.\s]$/, `title of ${id}`);
      for (const text of [symptom, cause, fix]) assert.match(text, /^\S.*\.$/s, `${id}: ${text}`);
      assert.ok(sources.length > 0, id);
    }
  });

  test('an entry is found by its id', () => {
    for (const { id } of failureModes) assert.equal(failureMode(id).id, id);
    assert.equal(isFailureModeId('KP-000'), false);
    assert.equal(isFailureModeId('toString'), false);
  });
});

describe('docs/failure-modes.md', () => {
  const page = readFileSync(new URL('../../docs/failure-modes.md', import.meta.url), 'utf8');

  test('is what the catalogue says', () => {
    assert.equal(page, failureModesPage());
  });

  test('has the anchor of every link', () => {
    const anchors = new Set([...page.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading?.toLowerCase()));
    for (const { id } of failureModes) assert.ok(anchors.has(new URL(docsUrl(id)).hash.slice(1)), id);
  });
});

describe('where the page says that a failure is reported', () => {
  const core = new URL('../../src/core/', import.meta.url);
  /** Ids that are written in the files of a room. */
  const idsIn = (...files: string[]): ReadonlySet<string> =>
    new Set(
      files.flatMap((file) =>
        [...readFileSync(new URL(file, core), 'utf8').matchAll(/'((?:KP|T|P|LINT)-[A-Z0-9-]+)'/g)].flatMap(([, id]) =>
          id !== undefined && isFailureModeId(id) ? [id] : [],
        ),
      ),
    );
  const room = (name: string): string[] =>
    readdirSync(new URL(`${name}/`, core))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${name}/${file}`);
  const policies = ['rules/controller.ts', 'rules/trust.ts', 'rules/permissions.ts', 'policy/model.ts'];
  const file = idsIn(...room('rules'), 'policy/model.ts', 'lint.ts', 'suppress.ts');
  const live = idsIn(...room('checks'), 'rules/profile.ts', 'rules/quota.ts', 'rules/role.ts', ...policies);

  for (const { id, seenIn } of modes)
    test(`${id}: ${seenIn.join(', ') || 'nowhere yet'}`, () => {
      assert.equal(seenIn.includes('file'), file.has(id), 'in a file');
      if (seenIn.some((where) => where !== 'file')) assert.ok(live.has(id), 'a check of what was read');
      if (seenIn.length === 0) assert.ok(!live.has(id) && !file.has(id), 'something reports it');
    });

  test('what a check of its own reports is said to be', () => {
    const said = new Set<string>(
      modes.flatMap(({ id, seenIn }) => (seenIn.some((where) => where !== 'file') ? [id] : [])),
    );
    const own = idsIn('checks/profile.ts', 'checks/artifacts.ts', 'checks/trust.ts');
    assert.deepEqual(
      [...own].filter((id) => !said.has(id)),
      [],
    );
  });

  test('the table and the section of an entry say it', () => {
    const page = failureModesPage();
    assert.match(page, /^\| \[KP-019\].*\| not reported yet \|$/m);
    assert.match(page, /^\*\*Profile controller does not know annotateOnly\*\* \(error, not reported yet\)$/m);
    assert.match(page, /^\| \[KP-086\].*\| in AWS \|$/m);
  });
});

test('every rule that a file can show is in a test', () => {
  const folder = new URL('./', import.meta.url);
  const tests = readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts') && name !== 'catalogue.test.ts')
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n');
  const rules = new URL('../../src/core/', import.meta.url);
  const used = ['rules/', 'policy/', ''].flatMap((room) =>
    readdirSync(new URL(room, rules))
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => [
        ...readFileSync(new URL(room + name, rules), 'utf8').matchAll(/'((?:KP|T|P|LINT)-[A-Z0-9-]+)'/g),
      ])
      .flatMap(([, id]) => (id !== undefined && isFailureModeId(id) ? [id] : [])),
  );
  assert.deepEqual(
    [...new Set(used)].filter((id) => !tests.includes(`'${id}'`)),
    [],
  );
});
