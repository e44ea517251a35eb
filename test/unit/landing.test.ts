// Which fixes are left where a part of a text is decided elsewhere: one for each place that an edit may have in it. Kept in
// test/fixtures/told/landing.txt.
import { test } from 'node:test';
import { HOLE, type Source } from '../../src/core/document/node.ts';
import type { Edit, Finding } from '../../src/core/finding.ts';
import {
  ofChoices,
  onlyWords,
  withoutDerivedFixes,
  withoutIdleFixes,
  withoutInsertions,
  withoutSharedFixes,
} from '../../src/core/landing.ts';
import { asKept } from './told.ts';

//            0123456789012
const TEXT = 'ab ${name} cd';
const PART = { start: 3, end: 10 };
const FAR = { start: 12, end: 13 };
const edit = (start: number, end: number, newText = 'new'): Edit => ({ start, end, newText });
const finding = (...edits: readonly Edit[]): Finding => ({
  id: 'KP-006',
  severity: 'error',
  start: 0,
  end: 1,
  message: '',
  fixes: [{ title: 'Change', edits, preferred: true }],
});
/** What is left of the fix: `+` all, `-` it is not preferred, `.` nothing. */
const left = ({ fixes }: Finding): string => fixes.map((fix) => (fix.preferred === true ? '+' : '-'))[0] ?? '.';

/** A row for each place where an edit begins, a column for each where it ends. */
const places = (judge: (one: Edit) => string): readonly string[] =>
  [...TEXT].map(
    (_, start) =>
      `  ${String(start).padStart(2)} ${' '.repeat(start)}${[...TEXT.slice(start), ''].map((_, more) => judge(edit(start, start + more))).join('')}`,
  );
const derived = (edits: readonly Edit[], ranges: Source['derived'] = [PART]): string =>
  left(
    withoutDerivedFixes(finding(...edits), { text: TEXT, format: 'yaml', shared: [], choices: [], derived: ranges }),
  );
const shared = (edits: readonly Edit[], ranges = [PART]): string => left(withoutSharedFixes(finding(...edits), ranges));
const choices = (edits: readonly Edit[], ranges = [PART]): string => left(ofChoices(finding(...edits), TEXT, ranges));

test('what is left of a fix, by the place of its edit', () => {
  const { end } = PART;
  const words = ['a', 'a:b', 'a b', '', ':a', '"a"', 'arn:aws:iam::1:role/x', 'x@y.z', '*', 'a\nb', '-a', '-', 'é'];
  asKept('landing', [
    `${TEXT}, of which ${TEXT.slice(PART.start, end)} is decided elsewhere; an edit`,
    'writes something new:',
    ...places((one) => derived([one])),
    'takes something away:',
    ...places((one) => derived([{ ...one, newText: '' }])),
    'writes what is decided elsewhere again:',
    ...places((one) => derived([{ ...one, newText: 'x${name}y' }])),
    'writes a call of it:',
    ...places((one) => derived([{ ...one, newText: 'f(name)' }])),
    `with a hole in what it writes: ${derived([edit(0, 1, HOLE)])}`,
    `where nothing is decided elsewhere: ${derived([edit(4, 5)], [])}`,
    `far from one of two parts, in the other: ${derived([edit(12, 13)], [PART, FAR])}${derived([edit(4, 5)], [PART, FAR])}${derived([edit(0, 1)], [PART, FAR])}`,
    `two edits, of which one, or the other, or none meets it: ${derived([edit(0, 1), edit(4, 5)])}${derived([edit(4, 5), edit(0, 1)])}${derived([edit(0, 1), edit(11, 12)])}`,
    '',
    'an anchor is written there; an edit',
    ...places((one) => shared([one])),
    `with a hole in what it writes: ${shared([edit(0, 1, HOLE)])}, in one of two: ${shared([edit(0, 1), edit(1, 2, HOLE)])}`,
    `two edits, of which one, or the other, or none is in it: ${shared([edit(0, 1), edit(4, 5)])}${shared([edit(4, 5), edit(0, 1)])}${shared([edit(0, 1), edit(11, 12)])}`,
    `two edits, of which one, or the other, takes it away: ${shared([edit(0, 1), edit(3, 5)])}${shared([edit(2, 5), edit(0, 1)])}`,
    `far from one of two anchors, in the other: ${shared([edit(12, 13)], [PART, FAR])}${shared([edit(4, 5)], [PART, FAR])}${shared([edit(0, 1)], [PART, FAR])}`,
    '',
    'a choice of two values stands there; an edit',
    ...places((one) => choices([one])),
    `where there is no choice: ${choices([edit(5, 5)], [])}`,
    `two edits, of which one, or the other, or none is in it: ${choices([edit(0, 1), edit(4, 4)])}${choices([edit(4, 4), edit(0, 1)])}${choices([edit(0, 1), edit(11, 12)])}`,
    `far from one of two choices, in the other: ${choices([edit(12, 12)], [PART, FAR])}${choices([edit(5, 5)], [PART, FAR])}${choices([edit(0, 0)], [PART, FAR])}`,
    '',
    ...words.map(
      (word) =>
        `${JSON.stringify(word)} in place of a word, and before one: ${[edit(0, 2, word), edit(0, 0, word)].map((one) => left(onlyWords(finding(one)))).join('')}`,
    ),
    `two edits, of which one, or the other, is no word: ${left(onlyWords(finding(edit(0, 1), edit(1, 2, ' '))))}${left(onlyWords(finding(edit(1, 2, ' '), edit(0, 1))))}`,
    `where a bracket is missing, in place of text, and new: ${left(withoutInsertions(finding(edit(0, 1))))}${left(withoutInsertions(finding(edit(1, 1))))}`,
    `two edits, of which one, or the other, is new: ${left(withoutInsertions(finding(edit(0, 1), edit(2, 2))))}${left(withoutInsertions(finding(edit(2, 2), edit(0, 1))))}`,
    `without edits: ${left(withoutIdleFixes(finding()))}, with one: ${left(withoutIdleFixes(finding(edit(0, 1))))}, with a command: ${left(
      withoutIdleFixes({ ...finding(), fixes: [{ title: 'Run', edits: [], command: {}, preferred: true }] } as never),
    )}`,
  ]);
});
