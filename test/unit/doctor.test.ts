// The doctor: what it says of judgements, and what shows it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evidenceOf } from '../../src/core/doctor/evidence.ts';
import { judgeProfile } from '../../src/core/modes/live.ts';
import { right, role } from '../../src/core/modes/samples.ts';
import { found } from '../../src/core/reading.ts';
import { allExamples } from '../fixtures/examples.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const live = (await allExamples()).flatMap((one) => ('text' in one ? [] : [one]));

describe('Evidence', () => {
  for (const { name, change } of live)
    test(`${name}: each finding says what was read, where, and its value`, () => {
      const view = right(change);
      const { problems, remarks } = judgeProfile(view, undefined, NOW);
      for (const problem of [...problems, ...remarks]) {
        const evidence = evidenceOf(problem, view);
        assert.notEqual(evidence.length, 0, problem.id);
        for (const { what, where, value } of evidence) {
          assert.match(what, /\w/);
          assert.match(where, /^arn:aws|^demo: /);
          assert.match(value, /./);
        }
      }
    });

  test('a value holds no secret, and is cut where nobody would read on', () => {
    const view = right({
      role: found(role({ trustPolicy: `{"Statement":"AKIAIOSFODNN7EXAMPLE ${'x'.repeat(9_000)}"}` })),
    });
    const [trust] = evidenceOf({ id: 'KP-033', message: '' }, view).filter(({ what }) => what === 'trust policy');
    assert.ok(trust);
    assert.doesNotMatch(trust.value, /AKIA/);
    assert.ok(trust.value.length < 4_100);
  });
});
