/** Our evaluator and the sandbox's judge, written independently, say the same of generated pairs; where not, it is known why. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { may } from '../../src/core/policy/evaluate.ts';
import { CLASSES, compareJudges } from './judges.ts';

test('disagreements are explained, and few', () => {
  const { pairs, agreed, explained, unexplained } = compareJudges(6_000, 20_261_127);
  assert.deepEqual(unexplained, []);
  assert.ok(agreed > pairs * 0.9, `${agreed} of ${pairs}`);
  const known = [...CLASSES.map(({ id }) => id), 'several'];
  assert.ok(Object.keys(explained).every((id) => known.includes(id)));
});

describe('what the comparison found of our evaluator', () => {
  const asked = (Condition: object, values: Readonly<Record<string, string | string[]>>): string =>
    may(
      [{ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*', Condition } }],
      's3:GetObject',
      'arn:aws:s3:::b/k',
      {
        values,
        lacks: () => true,
      },
    );
  const rows: readonly (readonly [
    what: string,
    condition: object,
    values: Readonly<Record<string, string | string[]>>,
    answer: string,
  ])[] = [
    ['a variable is none under a numeric operator', { NumericEquals: { n: '${n}' } }, { n: '9.5' }, 'no'],
    ['nor under Bool', { Bool: { f: '${f}' } }, { f: 'true' }, 'no'],
    [
      'it is one under ArnLike',
      { ArnLike: { a: 'arn:aws:iam::1:role/${k}' } },
      { a: 'arn:aws:iam::1:role/x', k: 'x' },
      'yes',
    ],
    ['empty text is no value to ForAnyValue', { 'ForAnyValue:StringNotEquals': { k: 'x' } }, { k: [''] }, 'no'],
    [
      'several values without a set operator, of which one fits',
      { StringEquals: { k: 'x' } },
      { k: ['x', 'y'] },
      'unknown',
    ],
    ['of which each fits', { StringLike: { k: '?' } }, { k: ['x', 'y'] }, 'yes'],
    ['of which none fits', { StringEquals: { k: 'z' } }, { k: ['x', 'y'] }, 'no'],
  ];
  for (const [what, condition, values, answer] of rows)
    test(what, () => assert.equal(asked(condition, values), answer));
});
