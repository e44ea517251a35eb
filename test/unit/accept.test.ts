/** An accepted finding as an entry of the settings file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptEdit } from '../../src/core/doctor/accept.ts';
import type { Accepted } from '../../src/core/doctor/accepted.ts';
import { applyEdits } from '../../src/core/fix.ts';
import { readSettings } from '../../src/core/settings.ts';

const entry: Accepted = {
  id: 'KP-044',
  cluster: 'kubeflow-dev',
  profile: 'team-b',
  reason: 'this bucket: "theirs" # alone',
  until: '2027-01-31',
  fingerprint: '0123456789012345',
};
const one = `- id: KP-006
    cluster: c
    reason: r
    until: 2027-01-31
    fingerprint: '0123456789abcdef'`;

for (const [name, text] of Object.entries({
  'an empty file': '',
  'a file of comments': '# settings\n',
  'a file with other sections': 'rules:\n  KP-017: off\n',
  'a file without its last line end': 'rules:\n  KP-017: off',
  'an empty section': 'accepted:\nrules:\n  KP-017: off\n',
  'an empty section at the end': 'accepted:',
  'an empty list': 'accepted: [] # none yet\nrules: {}\n',
  'a list with an entry': `accepted:\n  ${one}\n`,
  'a list that something follows': `accepted:\n  ${one}\n# below\nrules: {}\n`,
  'a list at the indent of its key': `accepted:\n${one.replaceAll('\n  ', '\n')}\nrules: {}\n`,
  'a list in brackets': `accepted: [{ id: KP-006, cluster: c, reason: r, until: 2027-01-31, fingerprint: abcdefabcdefabcd }]\n`,
  'lines that end as on Windows': `accepted:\r\n  ${one.replaceAll('\n', '\r\n')}\r\nrules: {}\r\n`,
}))
  test(`is put into ${name}, and all else stays`, () => {
    const edit = acceptEdit(text, entry);
    assert.ok(edit !== undefined);
    const after = applyEdits(text, [edit]);
    const [then, now] = [readSettings(text), readSettings(after)];
    assert.deepEqual(now.problems, []);
    assert.deepEqual(now.accepted, [...then.accepted, entry], after);
    assert.deepEqual({ ...now, accepted: [] }, { ...then, accepted: [] });
    assert.doesNotMatch(after, /^\r?\n|\n\r?\n/);
    assert.match(after, /cluster: kubeflow-dev[,\r\n]/);
    if (text.includes('\r')) assert.doesNotMatch(after, /[^\r]\n/);
  });

for (const text of ['accepted: {', '- a\n', 'accepted: text\n', 'a: b\n---\nc: d\n'])
  test(`is not put where it would be none: ${JSON.stringify(text)}`, () => {
    const edit = acceptEdit(text, entry);
    if (edit !== undefined) assert.equal(readSettings(applyEdits(text, [edit])).accepted.length, 1);
  });

test('a finding of a cluster has no profile, and a name that YAML would read as something else is quoted', () => {
  const { id, reason, until, fingerprint } = entry;
  const rest: Accepted = { id, cluster: 'on:2', reason, until, fingerprint };
  const text = applyEdits('', [acceptEdit('', rest) ?? { start: 0, end: 0, newText: '' }]);
  assert.deepEqual(readSettings(text).accepted, [rest]);
  assert.match(text, /^accepted:\n {2}- id: KP-044\n {4}cluster: "on:2"\n/);
});
