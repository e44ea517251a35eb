// What the tests of lint share: cases as text, findings as the text they underline, and what must hold of every finding.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailureModeId } from '../../src/core/modes/table.ts';
import { applyEdits, applyFixes, preferredFix } from '../../src/core/fix.ts';
import { lint } from '../../src/core/lint.ts';
import type { LintOptions } from '../../src/core/lint.ts';
import type { Finding } from '../../src/core/finding.ts';

export interface Case {
  readonly name: string;
  readonly text: string;
  readonly options?: LintOptions;
  /** Every finding, in order: id, underlined text, and the severity where it is not obvious. */
  readonly finds: readonly (readonly [id: string, underlined: string, severity?: string])[];
  /** The text after fix-all; left out where fix-all changes nothing. */
  readonly fixed?: string;
}

/** One test for each case, and what must hold of all of them. */
export function table(cases: readonly Case[]): void {
  for (const { name, text, options, finds, fixed } of cases) {
    test(name, () => {
      const found = lint(text, options);
      assert.deepEqual(
        found.map(({ id, start, end, severity }, index) =>
          finds[index]?.[2] === undefined ? [id, text.slice(start, end)] : [id, text.slice(start, end), severity],
        ),
        finds.map((one) => [...one]),
      );
      assert.equal(fixAll(text, options), fixed ?? text);
      assertSound(text, options);
    });
  }
}

export const fixAll = (text: string, options?: LintOptions): string =>
  applyFixes(text, lint(text, options), (next) => lint(next, options));

const count = (findings: readonly Finding[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { id, message } of findings) counts.set(`${id} ${message}`, (counts.get(`${id} ${message}`) ?? 0) + 1);
  return counts;
};

/**
 * Ranges inside the text and not empty, ids in the catalogue, at most one preferred fix, edits that do not overlap; each
 * preferred fix removes its finding and adds none; fix-all twice changes nothing more.
 */
export function assertSound(text: string, options?: LintOptions): void {
  const before = lint(text, options);
  const counts = count(before);
  for (const finding of before) {
    const label = `${finding.id} at ${finding.start}: ${finding.message}`;
    assert.ok(isFailureModeId(finding.id), label);
    assert.ok(finding.start >= 0 && finding.start < finding.end && finding.end <= text.length, `range of ${label}`);
    assert.ok(finding.fixes.filter(({ preferred }) => preferred === true).length <= 1, label);
    for (const { edits } of finding.fixes) {
      const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
      sorted.forEach((edit, index) => {
        assert.ok(edit.start >= 0 && edit.start <= edit.end && edit.end <= text.length, `edit of ${label}`);
        assert.ok(edit.start >= (sorted[index - 1]?.end ?? 0), `edits of ${label} overlap`);
      });
    }
    const fix = preferredFix(finding);
    if (!fix) continue;
    const after = count(lint(applyEdits(text, fix.edits), options));
    const key = `${finding.id} ${finding.message}`;
    assert.ok((after.get(key) ?? 0) < (counts.get(key) ?? 0), `the fix "${fix.title}" leaves ${label}`);
    const ids = (of: Map<string, number>): Map<string, number> => {
      const byId = new Map<string, number>();
      for (const [one, n] of of) byId.set(one.split(' ')[0] ?? '', (byId.get(one.split(' ')[0] ?? '') ?? 0) + n);
      return byId;
    };
    const [idsBefore, idsAfter] = [ids(counts), ids(after)];
    for (const [id, n] of idsAfter) {
      assert.ok(n <= (idsBefore.get(id) ?? 0), `the fix "${fix.title}" of ${label} adds ${id}`);
    }
  }
  const once = fixAll(text, options);
  assert.equal(fixAll(once, options), once, 'fix-all twice changes nothing more');
}
