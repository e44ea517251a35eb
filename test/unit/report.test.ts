/** What the last lines of a test run say of each failure. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { inBrief, textOf } from '../../scripts/report.ts';

/** What `work` throws, as the end of a run tells it. */
function told(work: () => void, lines = 15): string[] {
  try {
    work();
  } catch (error) {
    return inBrief(textOf(error), lines).split('\n');
  }
  throw new Error('It did not throw.');
}
const place = path.basename(import.meta.filename);

test('a value that differs is told with what was expected, and where', () => {
  const lines = told(() => assert.equal(1, 2, 'the number of roles'));
  assert.deepEqual(lines.slice(0, 2), ['AssertionError [ERR_ASSERTION]: the number of roles', '1 !== 2']);
  assert.ok(lines[2]?.includes(place), lines.join('\n'));
});

test('of a long comparison come the lines that differ', () => {
  const long = Array.from({ length: 40 }, (_, at) => `line ${at}`);
  const lines = told(() => assert.deepEqual({ long, end: 'x' }, { long, end: 'y' }));
  assert.ok(lines.length <= 15, `${lines.length} lines`);
  assert.ok(lines[0]?.includes('strictly deep-equal'));
  assert.ok(
    lines.some((line) => line.startsWith("+   end: 'x'")),
    lines.join('\n'),
  );
  assert.ok(
    lines.some((line) => line.startsWith("-   end: 'y'")),
    lines.join('\n'),
  );
  assert.ok(
    lines.some((line) => line.includes(place)),
    lines.join('\n'),
  );
});

test('a long text is cut and says by how much; a cause is told', () => {
  const lines = told(() => {
    throw new Error(Array.from({ length: 40 }, (_, at) => `row ${at}`).join('\n'), { cause: new Error('the disk') });
  }, 8);
  assert.equal(lines.length, 8);
  assert.equal(lines[0], 'Error: row 0');
  assert.match(lines.join('\n'), /^\(\d+ more lines\)$/m);
  assert.ok(lines.at(-1)?.includes(place));
  const short = told(() => {
    throw new Error('a role', { cause: new Error('the disk') });
  });
  assert.ok(short.includes('caused by Error: the disk'), short.join('\n'));
});

test('what was on the screen when a test in the browser failed is told whole, besides what is wrong', () => {
  const rows = `On screen: rows: ${'team-a | '.repeat(50)}`;
  const lines = told(() => {
    throw new Error(`There is no notification.\n${rows}`, {
      cause: new Error(Array.from({ length: 40 }, (_, at) => `row ${at}`).join('\n')),
    });
  }, 4);
  assert.equal(lines[0], 'Error: There is no notification.');
  assert.equal(lines.filter((line) => line === rows.trimEnd() || line === rows).length, 1, lines.join('\n'));
});

test('a property test that failed is told with its seed, path and counterexample, however long the comparison is', () => {
  const lines = told(() => {
    const wanted = Array.from({ length: 40 }, (_, at) => `line ${at}`);
    fc.assert(
      fc.property(fc.nat(), (drawn) => assert.deepEqual({ wanted, drawn }, { wanted, drawn: -1 })),
      { seed: 7 },
    );
  }, 4);
  const text = lines.join('\n');
  assert.match(text, /^\{ seed: 7, path: "0(:0)*", endOnFailure: true \}$/m);
  assert.match(text, /^Counterexample: \[0\]$/m);
});
