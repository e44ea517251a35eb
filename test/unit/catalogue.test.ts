import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  docsUrl,
  type FailureMode,
  failureMode,
  failureModes,
  fileModes,
  isFailureModeId,
} from '../../src/core/modes/table.ts';

import { failureModesPage } from '../../src/core/modes/page.ts';
import { scenarioTables, withoutScenario } from '../sandbox/scenarios/all.ts';

const modes: readonly FailureMode[] = failureModes;

const scenarios = scenarioTables.flatMap(({ file, rows }) => rows.map((row) => ({ ...row, file })));

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

  test('every entry has a live judge, or says why there is nothing live to judge', () => {
    for (const { id, notLive } of modes)
      if (notLive !== undefined) assert.match(notLive, /^\S.*\.$/s, `${id}: ${notLive}`);
    const neither = modes.filter(({ live, notLive }) => live === undefined && notLive === undefined);
    assert.deepEqual(
      neither.map(({ id }) => id),
      [],
    );
  });

  test('lint looks for what shows in a file, or in a folder, and for nothing else', () => {
    assert.deepEqual(
      (['KP-001', 'P-SHARED-ROLE', 'KP-012', 'KP-063', 'KP-064'] as const).filter((id) =>
        fileModes.includes(failureMode(id).id),
      ),
      ['KP-001', 'P-SHARED-ROLE', 'KP-012'],
    );
  });

  test('an entry is found by its id', () => {
    for (const { id } of failureModes) assert.equal(failureMode(id).id, id);
    assert.equal(isFailureModeId('KP-000'), false);
    assert.equal(isFailureModeId('toString'), false);
  });
});

describe('docs/failure-modes.md', () => {
  const page = readFileSync(new URL('../../docs/failure-modes.md', import.meta.url), 'utf8');

  test('says in words how each is mended', () => {
    const [one] = scenarios;
    assert.ok(one);
    for (const by of ['repair', 'associateProvider', 'unstick'] as const) {
      const [, words = ''] = /^- Fixed: (.*)$/m.exec(failureModesPage([{ ...one, ending: { by } }], {})) ?? [];
      assert.match(words, /^by (?:a|the) plan /, by);
    }
  });

  test('is what the catalogue says', () => {
    assert.equal(page, failureModesPage(scenarios, withoutScenario));
  });

  test('names scenarios that are run', () => {
    for (const { file } of scenarioTables) {
      const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
      assert.match(text, /from '\.\/scenarios\//, `${file} runs no table`);
    }
    for (const { id, name } of scenarios) assert.ok(isFailureModeId(id), `${id} ${name}`);
    const names = scenarios.map(({ id, name }) => `${id} ${name}`);
    assert.equal(new Set(names).size, names.length);
  });

  test('each mode that is seen live comes about in a scenario, or the page says why it does not', () => {
    const shown = new Set<string>(scenarios.map(({ id }) => id));
    const lacking = modes.filter(({ id, live }) => live !== undefined && !shown.has(id));
    assert.deepEqual(
      lacking.map(({ id }) => id),
      Object.keys(withoutScenario),
    );
  });

  test('each row says how it is detected and how it is fixed, or why it is not', () => {
    for (const section of page.split(/^(?=### )/m).slice(1)) {
      const [id = ''] = /(?<=^### )\S+/.exec(section) ?? [];
      assert.match(section, /^- Detected: |^- Not looked for in AWS or in the cluster: /m, id);
      assert.match(section, /^- Fix: /m, id);
      if (failureMode(id as FailureMode['id']).live !== undefined)
        assert.match(section, /^- Fixed: |^- Without a scenario: /m, id);
    }
  });

  test('has the anchor of every link', () => {
    const anchors = new Set([...page.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading?.toLowerCase()));
    for (const { id } of failureModes) assert.ok(anchors.has(new URL(docsUrl(id)).hash.slice(1)), id);
  });
});
