/** Sets of values by patterns: what is left out of them as needless changes nothing of who is in them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  covers,
  escaped,
  Exceeded,
  fitsPattern,
  fitsValues,
  overlaps,
  plain,
  simplify,
  spend,
  STEPS,
  type Pattern,
  type Values,
} from '../../src/core/policy/values.ts';
import { tokensOf } from '../../src/core/policy/tokens.ts';

const budget = { left: Infinity };
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '*', '?'), maxLength: 4 });
const pattern: fc.Arbitrary<Pattern> = fc.oneof(
  text.map((one) => ({ text: one })),
  text.map((one) => ({ text: one, anyCase: true as const })),
  text.map((one) => ({ text: escaped(one) })),
);
const value = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B'), maxLength: 4 });
const values: fc.Arbitrary<Values> = fc.record({
  among: fc.array(fc.array(pattern, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
  except: fc.array(pattern, { maxLength: 2 }),
});

test('a pattern that covers another fits whatever fits that one; two of which a value fits both overlap', () => {
  fc.assert(
    fc.property(pattern, pattern, value, (one, two, it) => {
      if (fitsPattern(two, it) && covers(one, two, budget)) assert.ok(fitsPattern(one, it));
      if (fitsPattern(one, it) && fitsPattern(two, it)) assert.ok(overlaps(one, two, budget));
      assert.ok(covers(one, one, budget));
      assert.ok(covers({ text: '*' }, two, budget));
      assert.ok(covers({ text: one.text, anyCase: true }, one, budget));
      assert.equal(plain(escaped(one.text)), one.text);
    }),
    { numRuns: 3000 },
  );
});

test('what is left of a set has the same values, and nothing twice', () => {
  fc.assert(
    fc.property(values, fc.array(value, { maxLength: 8 }), (set, some) => {
      const less = simplify(set, budget);
      for (const it of some) assert.equal(less !== undefined && fitsValues(less, it), fitsValues(set, it), it);
      if (less === undefined) return;
      for (const list of [...less.among, less.except])
        for (const [i, one] of list.entries())
          assert.ok(!list.some((two, j) => i !== j && covers(two, one, budget)), JSON.stringify(less));
    }),
    { numRuns: 3000 },
  );
});

const SETS: readonly [title: string, set: Values, left: Values | undefined][] = [
  [
    'the same twice: the first stays',
    { among: [[{ text: 'a' }, { text: 'a' }]], except: [] },
    { among: [[{ text: 'a' }]], except: [] },
  ],
  ['a wider one', { among: [[{ text: 'a' }, { text: 'a*' }]], except: [] }, { among: [[{ text: 'a*' }]], except: [] }],
  [
    'a list within another',
    { among: [[{ text: '*' }], [{ text: 'a' }]], except: [] },
    { among: [[{ text: 'a' }]], except: [] },
  ],
  [
    'two lists alike',
    { among: [[{ text: 'a' }], [{ text: 'a' }]], except: [] },
    { among: [[{ text: 'a' }]], except: [] },
  ],
  [
    'a list of which one alone holds all of another',
    { among: [[{ text: 'a*' }, { text: '*b' }], [{ text: 'ab*' }]], except: [] },
    { among: [[{ text: 'ab*' }]], except: [] },
  ],
  ['nothing in common', { among: [[{ text: 'a' }], [{ text: 'b' }]], except: [] }, undefined],
  ['all of it left out', { among: [[{ text: 'a*' }]], except: [{ text: '*' }] }, undefined],
  [
    'one of two left out',
    { among: [[{ text: 'a' }, { text: 'b' }]], except: [{ text: 'a' }] },
    { among: [[{ text: 'b' }]], except: [] },
  ],
  [
    'a pattern wholly left out',
    { among: [[{ text: 'ab*' }, { text: 'b*' }]], except: [{ text: 'a*' }] },
    { among: [[{ text: 'b*' }]], except: [] },
  ],
  [
    'some of it left out',
    { among: [[{ text: 'a*' }]], except: [{ text: 'ab' }, { text: 'ab' }, { text: 'c' }] },
    { among: [[{ text: 'a*' }]], except: [{ text: 'ab' }] },
  ],
  [
    'left out twice, once wider',
    { among: [[{ text: 'a*' }]], except: [{ text: 'ab' }, { text: 'ab*' }] },
    { among: [[{ text: 'a*' }]], except: [{ text: 'ab*' }] },
  ],
  [
    'any case is wider',
    { among: [[{ text: 'a' }, { text: 'A', anyCase: true }]], except: [] },
    { among: [[{ text: 'A', anyCase: true }]], except: [] },
  ],
  [
    'all values are wider than any case',
    { among: [[{ text: '**' }, { text: 'a', anyCase: true }]], except: [] },
    { among: [[{ text: '**' }]], except: [] },
  ],
  [
    'many values are not',
    { among: [[{ text: 'a*' }, { text: 'ab', anyCase: true }]], except: [] },
    { among: [[{ text: 'a*' }, { text: 'ab', anyCase: true }]], except: [] },
  ],
  [
    'a wildcard by its name',
    { among: [[{ text: '${*}' }, { text: '*' }]], except: [{ text: '${*}' }] },
    { among: [[{ text: '*' }]], except: [{ text: '${*}' }] },
  ],
];
test('what covers and overlaps what, with and without regard to case', () => {
  const any = (text: string): Pattern => ({ text, anyCase: true });
  const rows: readonly (readonly [one: Pattern, two: Pattern, covered: boolean, overlapping: boolean])[] = [
    [{ text: 'a*' }, { text: 'ab*' }, true, true],
    [{ text: 'a*' }, { text: 'AB*' }, false, false],
    [any('a*'), { text: 'AB*' }, true, true],
    [any('A*'), { text: 'ab*' }, true, true],
    [any('a*'), any('AB*'), true, true],
    [{ text: 'a*' }, any('ab*'), false, true],
    [{ text: 'A*' }, any('ab*'), false, true],
    [{ text: 'A*' }, { text: 'ab' }, false, false],
    [any('A*'), { text: 'ab' }, true, true],
    [any('AB'), { text: 'ab' }, true, true],
    [{ text: 'ab' }, any('AB'), false, true],
    [{ text: '*' }, any('AB'), true, true],
    [{ text: '*x' }, any('x'), false, true],
    [{ text: 'a?' }, { text: 'a*' }, false, true],
    [{ text: 'a*' }, { text: 'a?' }, true, true],
    [{ text: 'a*' }, { text: 'a${*}' }, true, true],
    [{ text: 'a${*}' }, { text: 'a*' }, false, true],
    [{ text: 'a${*}' }, { text: 'a${*}' }, true, true],
    [{ text: 'a${*}' }, { text: 'a${?}' }, false, false],
    [{ text: '*b' }, { text: 'a*' }, false, true],
    [{ text: 'b*' }, { text: 'a*' }, false, false],
  ];
  assert.deepEqual(
    rows.map(([one, two]) => [one, two, covers(one, two, budget), overlaps(one, two, budget)]),
    rows,
  );
  for (const [one, two, , overlapping] of rows) assert.equal(overlaps(two, one, budget), overlapping);
});

test('what would take too many steps is not compared', () => {
  const long = 'a*'.repeat(100);
  const some = Array.from({ length: 100 }, (_, index): Pattern => ({ text: `b${index}` }));
  const rows: readonly (readonly [compare: (budget: { left: number }) => unknown, steps: number])[] = [
    [(left) => covers({ text: 'a' }, { text: 'b'.repeat(99) }, left), 100],
    [(left) => overlaps({ text: 'a' }, { text: 'b'.repeat(99) }, left), 100],
    [(left) => overlaps({ text: long }, { text: long }, left), 40_400],
    [(left) => simplify({ among: [[{ text: 'a'.repeat(100) }]], except: some }, left), 10_100],
    [(left) => simplify({ among: [[{ text: 'a'.repeat(100) }]], except: [{ text: '*' }, ...some] }, left), 10_200],
  ];
  for (const [compare, steps] of rows) {
    compare({ left: steps * 4 });
    assert.throws(() => compare({ left: steps - 1 }), Exceeded);
  }
});

for (const [title, set, left] of SETS)
  test(`what is left of a set: ${title}`, () => assert.deepEqual(simplify(set, budget), left));

test('what comparisons cost: a plain text little, two patterns as much as they are long', () => {
  const spent = (compare: (budget: { left: number }) => unknown): number => {
    const its = { left: STEPS };
    compare(its);
    return STEPS - its.left;
  };
  const [wild, plainly] = [{ text: 'a*b*c' }, { text: 'abc' }];
  assert.equal(
    spent((its) => covers(wild, plainly, its)),
    8,
  );
  assert.ok(spent((its) => covers(wild, { text: 'a*bb*c' }, its)) > 11);
  for (const [a, b] of [
    [wild, plainly],
    [plainly, wild],
    [plainly, plainly],
  ] as const)
    assert.equal(
      spent((its) => overlaps(a, b, its)),
      a.text.length + b.text.length,
    );
  assert.equal(
    spent((its) => overlaps(wild, { text: 'x?' }, its)),
    7 + 10,
  );
  const rest = { left: 3 };
  spend(rest, 3);
  assert.throws(() => spend(rest, 1), Exceeded);
});

test('a policy that is larger than what is judged is not judged', () => {
  const allow = {
    Effect: 'Allow',
    Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/gitlab.com' },
    Action: 'sts:AssumeRoleWithWebIdentity',
  };
  const judge = (size: number): unknown =>
    tokensOf([{ statement: allow, index: 0, size }], allow.Principal.Federated, true, { left: STEPS });
  assert.equal((judge(STEPS / 2) as readonly unknown[]).length, 1);
  assert.throws(() => judge(STEPS + 1), Exceeded);
});
