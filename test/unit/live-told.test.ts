// What is said of a profile when each part of what was read is otherwise: of each example of a failure, and of a sound profile. By what is
// said: how many changes lead to it, and the first of them. Kept in test/fixtures/told/live.
import { test } from 'node:test';
import { right } from '../../src/core/modes/samples.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import { judged } from '../../src/estate/doctor.ts';
import { allExamples } from '../fixtures/examples.ts';
import { asKept, variations } from './told.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const WAYS = ['gone', 'value 1', 'value 2', 'value 8', 'value 10'];
const said = (view: ProfileView): string => {
  const { judgement } = judged(view, NOW);
  if (judgement.unread.some(({ fact, reason }) => fact === 'profile' && reason !== undefined)) return 'not judged';
  const all = [...judgement.problems, ...judgement.remarks].map(
    ({ id, message, severity, remark, remedy }) =>
      `${id}${severity === undefined ? '' : ` ${severity}`}${remark === true ? ' remark' : ''}${remedy === undefined ? '' : ` ${remedy}`} ${message.slice(0, 110)}`,
  );
  return [judgement.state, ...all, ...judgement.unread.map(({ fact }) => `lacks ${fact ?? ''}`)].join('\n    ');
};
/** Facts as JSON, so that each part of them can be changed; texts that are JSON are changed from within, too. */
function outcomes(change: Partial<ProfileView>): readonly string[] {
  const by = new Map<string, string[]>();
  const put = (what: string, view: ProfileView): void => {
    const outcome = said(view);
    by.set(outcome, [...(by.get(outcome) ?? []), what]);
  };
  put('as it is', right(change));
  for (const way of WAYS)
    for (const [what, text] of variations(change).get(way) ?? [])
      put(what, right(JSON.parse(text) as Partial<ProfileView>));
  return [...by]
    .flatMap(([outcome, whats]) => [`  ${whats.length}: ${whats[0] ?? ''}`, `    ${outcome}`])
    .flatMap((line) => line.split('\n'));
}

const { cluster: _cluster, ...facts } = right();
void _cluster;
test('a sound profile', () => asKept('live/sound', outcomes(facts)));
const live = (await allExamples()).flatMap((one) => ('text' in one ? [] : [one]));
const byFirst = new Map<string, typeof live>();
for (const one of live) {
  const id = String(one.sees[0] ?? 'nothing');
  byFirst.set(id, [...(byFirst.get(id) ?? []), one]);
}
for (const [id, some] of byFirst)
  test(`examples of ${id}`, () =>
    asKept(
      `live/${id}`,
      some.flatMap(({ name, change }) => [`${name}:`, ...outcomes(change)]),
    ));
