// The document model: every place exact, every bad input survived, every edit right.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parse as parseWithLibrary, stringify } from 'yaml';
import {
  addEntries,
  addEntry,
  addItems,
  fillEntry,
  holdsComment,
  nestEntries,
  removeEntries,
  removeEntry,
  removeItems,
  renameKey,
  replaceEntry,
  replaceValue,
} from '../../src/core/document/edit.ts';
import type { Json } from '../../src/core/document/edit.ts';
import { branchesOf, withoutIntrinsics } from '../../src/core/document/intrinsics.ts';
import { column, endOfLine, lineEnd, trimmedEnd } from '../../src/core/document/lines.ts';
import { entry, find, get, HOLE } from '../../src/core/document/node.ts';
import type { DocArray, DocNode, DocObject, Source } from '../../src/core/document/node.ts';
import { parse, parseEmbedded, parseSlice, pieces, slices } from '../../src/core/document/parse.ts';
import { placesOf } from '../../src/core/document/places.ts';
import { parseYaml } from '../../src/core/document/yaml.ts';
import { applyEdits } from '../../src/core/fix.ts';
import { toJson } from '../../src/core/modes/manifest.ts';
import type { Edit } from '../../src/core/finding.ts';

const root = (text: string, language?: 'yaml' | 'json'): DocNode => {
  const node = parse(text, language).documents.find((document) => document.root)?.root;
  assert.ok(node, `there is a document in ${text}`);
  return node;
};

/** Every node with its place inside its parent's text. Aliases stand elsewhere. */
function* nodes(node: DocNode): Generator<DocNode> {
  yield node;
  if (node.type === 'array') for (const item of node.items) yield* nodes(item);
  if (node.type === 'object') {
    for (const { key, value } of node.entries) {
      yield key;
      yield* nodes(value);
    }
  }
}

/** The text that a string's characters stand at, one by one. */
const spelled = (text: string, node: DocNode): string =>
  node.type === 'string' ? Array.from(String(node.value), (_, index) => text[node.at(index)]).join('') : '';

/** Any text without the marks of a template, which is masked before it is read. */
const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('{', '('));

const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null), fc.lorem({ mode: 'sentences' })),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      text.filter((key) => key !== ''),
      tie('value'),
      { maxKeys: 3, noNullPrototype: true },
    ),
  ),
})).value;

describe('YAML and JSON are read alike', () => {
  test('what the library writes is read as it was', () => {
    fc.assert(
      fc.property(json, (value) => {
        const expected = JSON.parse(JSON.stringify(value)) as Json;
        assert.deepEqual(
          JSON.stringify(toJson(root(JSON.stringify({ a: value }), 'json'))),
          JSON.stringify({ a: expected }),
        );
        const text = stringify({ a: value });
        assert.deepEqual(
          JSON.stringify(toJson(root(text, 'yaml'))),
          JSON.stringify({ a: (parseWithLibrary(text) as { a: Json }).a }),
        );
      }),
    );
  });

  test('every character of every string has its place', () => {
    const strings = fc.string({
      unit: fc.constantFrom('a', 'b', ' ', '\n', '"', "'", '\\', '\t', 'é', '😀', ':', '#', '\u0007'),
      maxLength: 30,
    });
    const style = fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED');
    fc.assert(
      fc.property(
        strings,
        style,
        fc.integer({ min: 0, max: 12 }),
        fc.boolean(),
        (value, defaultStringType, lineWidth, crlf) => {
          const written = stringify({ a: { b: value } }, undefined, {
            defaultStringType,
            lineWidth: lineWidth === 0 ? 0 : lineWidth + 10,
          });
          const text = crlf ? written.replaceAll('\n', '\r\n') : written;
          const node = find(root(text, 'yaml'), 'a', 'b');
          assert.ok(node?.type === 'string');
          assert.ok(
            placesOf(text, node.start, node.end, String(node.value)) ??
              String(node.value).trim() !== String(node.value),
            text,
          );
          String(node.value)
            .split('')
            .forEach((character, index) => {
              const at = node.at(index);
              assert.ok(at >= node.start && at <= node.end, `place ${index} of ${JSON.stringify(text)}`);
              if (/[a-z:#é]/.test(character)) assert.equal(text[at], character, JSON.stringify(text));
            });
        },
      ),
      { numRuns: 400 },
    );
  });

  test('places in a block scalar, a quoted string and JSON inside it', () => {
    const policy = '{\n  "a": "x\\ny",\n  "b": ["c"]\n}';
    for (const text of [
      `p: |\n    ${policy.replaceAll('\n', '\n    ')}\n`,
      `p: ${JSON.stringify(policy)}\n`,
      `p: '${policy.replaceAll('\n', ' ')}'\n`,
    ]) {
      const node = get(root(text, 'yaml'), 'p');
      assert.ok(node?.type === 'string');
      const inner = parseEmbedded(node, 'json');
      assert.deepEqual(inner.errors, []);
      const c = find(inner.root, 'b', 0);
      assert.equal(c && spelled(text, c), 'c');
      assert.equal(c && text.slice(c.start, c.end).replaceAll('\\', ''), '"c"');
    }
  });

  test('each character of a scalar, and its end, by example: how far behind the beginning of the scalar', () => {
    const rows: readonly (readonly [scalar: string, places: string])[] = [
      ['"x\\ty\\u00e9\\x41z"', '1 2 4 5 11 15 16'],
      ['"x\\\n       y"', '1 11 12'],
      ['"x\\\r\n     \ty"', '1 11 12'],
      ['"x \t\n    \n    \n      y"', '1 4 4 21 22'],
      ["'it''s  \n      so'", '1 2 3 5 8 15 16 17'],
      ['"\\  \n     y"', '1 4 10 11'],
      ['|\n    \n       x y\n        z\n    \n       w\n    \n', '6 14 15 16 17 25 26 27 32 40 41 41'],
      ['|-\r\n      x\r\n      y\r\n    \n', '10 11 19 20'],
      ['>\n      x y\n      z\n    \n      w\n       v\n      u\n    \n', '8 9 10 11 18 19 31 32 39 40 41 48 49 49'],
      ['x y\n      z\n    \n      w\n', '0 1 2 3 10 11 23 24'],
      ['|\n    \n', '1'],
      ['""\n', '1'],
      ['"\\U0001F600x"\n', '1 1 11 12'],
      ['|2\n        x\n       y\n    \n', '9 10 11 12 19 20 21 21'],
      ['>+\n      x\n    \n    \n', '9 10 10 10 10'],
      ['"\\/\\N\\_"\n', '1 3 5 7'],
      ['"x\\0y"\n', '1 2 4 5'],
      ['|  \n      x  \n      y\n    \n', '10 11 12 13 20 21 21'],
      ['"x\\ty \\\n      z"\n', '1 2 4 5 14 15'],
      ["'x\r\n    \r\n      y'\n", '1 2 16 17'],
      ['>\n    \n    \n      x\n    \n', '6 11 18 19 19'],
      ['|4\n         x\n        y\n    \n        z\n', '11 12 13 22 23 28 37 38 38'],
      ['"\\U0010FFFFx"\n', '1 1 11 12'],
      ['x\t\n      y\n', '0 2 9 10'],
      [
        '"\\0\\a\\b\\e\\f\\n\\r\\t\\v\\N\\_\\L\\P\\ \\/\\\\\\"z"\n',
        '1 3 5 7 9 11 13 15 17 19 21 23 25 27 29 31 33 35 36',
      ],
      ['"\\x41\\u0041\\U00000041z"\n', '1 5 11 21 22'],
    ];
    for (const [scalar, places] of rows) {
      const node = find(root(`k:\n  - a: ${scalar}`, 'yaml'), 'k', 0, 'a');
      assert.ok(node?.type === 'string', scalar);
      const length = String(node.value).length;
      const found = Array.from({ length: length + 1 }, (_, index) => node.at(index) - node.start);
      assert.equal(found.join(' '), places, scalar);
      assert.equal(node.at(-1), node.at(0));
      assert.equal(node.at(length + 1), node.at(length));
    }
    assert.equal(placesOf('ab', 0, 2, 'b'), undefined, 'what is not the value of this text');
    const folded = get(root('a: x\n  y\n', 'yaml'), 'a');
    assert.ok(folded?.type === 'string');
    assert.deepEqual(
      [0, 1, 2, 3].map((index) => folded.at(index)),
      [3, 4, 7, 8],
    );
  });

  test('documents end at --- only at the start of a line', () => {
    const text = '--- # one\na: 1\n---\nb: |\n  ---\n  x\n---- : c\n---\nd: "\n --- "\n';
    assert.deepEqual(
      slices(text, 'yaml').map(({ start, end }) => text.slice(start, end)),
      ['--- # one\na: 1\n', '---\nb: |\n  ---\n  x\n---- : c\n', '---\nd: "\n --- "\n'],
    );
  });

  test('where documents begin and end, by example', () => {
    const rows: readonly (readonly [text: string, language: 'json' | 'yaml' | undefined, ...parts: string[]])[] = [
      ['', 'yaml', ''],
      ['a', 'yaml', 'a'],
      ['---', 'yaml', '---'],
      ['---\n---\n', 'yaml', '---\n', '---\n'],
      ['a\n---', 'yaml', 'a\n', '---'],
      ['a ---\n---\nb', 'yaml', 'a ---\n', '---\nb'],
      ['a\n---b\n---\tc', 'yaml', 'a\n---b\n', '---\tc'],
      ['{}\n---\n{}', 'json', '{}\n---\n{}'],
      ['{}\n---\n{}', undefined, '{}\n---\n{}'],
      ['{}\n---\n{}', 'yaml', '{}\n', '---\n{}'],
      ['// c\n /* d */ [\n---\n]', undefined, '// c\n /* d */ [\n---\n]'],
      ['/ {\n---\n', undefined, '/ {\n', '---\n'],
      ['/* {\n---\n', undefined, '/* {\n', '---\n'],
      ['// {\n---\n', undefined, '// {\n', '---\n'],
      ['\uFEFF{\n---\n', undefined, '\uFEFF{\n---\n'],
    ];
    for (const [text, language, ...parts] of rows)
      assert.deepEqual(
        slices(text, language).map(({ start, end }) => text.slice(start, end)),
        parts,
        JSON.stringify([text, language]),
      );
  });

  test('the items of a List are read one by one where nothing else stands among them', () => {
    const rows: readonly (readonly [text: string, ...parts: string[]])[] = [
      ['items:\n- a: 1\n- b: 2\nkind: List\n', '- a: 1\n', '- b: 2\n'],
      ['kind: List\nitems:\n  - a: 1\n  - b: 2\n', '  - a: 1\n', '  - b: 2\n'],
      ['items:\n- a: 1\n- b: 2\nother: c\n', 'items:\n- a: 1\n- b: 2\nother: c\n'],
      ['items:\n- a: 1\n-b\n', 'items:\n- a: 1\n-b\n'],
      ['items:\n  - a: 1\n- b: 2\n', 'items:\n  - a: 1\n- b: 2\n'],
    ];
    for (const [text, ...parts] of rows)
      assert.deepEqual(
        pieces(text, 'yaml').map(({ start, end }) => text.slice(start, end)),
        parts,
        text,
      );
  });

  test('what begins with a bracket is JSON where it can be read so, and else YAML', () => {
    for (const [text, language, format] of [
      ['{"a": 1}', undefined, 'json'],
      ['{"a": 1}', 'yaml', 'yaml'],
      ['{a: b}', undefined, 'yaml'],
      ['{a: b}', 'json', 'json'],
      ['a: 1', undefined, 'yaml'],
    ] as const)
      assert.equal(root(text, language).source.format, format, text);
  });

  test('an intrinsic stands alone in its object, and what it leaves out is no branch', () => {
    const told = (text: string): unknown => toJson(withoutIntrinsics(root(text)));
    assert.deepEqual(told('{"Ref": "A"}'), HOLE);
    assert.deepEqual(told('{"Fn::GetAtt": ["A", "Arn"]}'), HOLE);
    assert.deepEqual(told('{"Ref": "A", "b": "c"}'), { Ref: 'A', b: 'c' });
    assert.deepEqual(told('{"Fn::GetAtt": "A", "Ref": "c"}'), { 'Fn::GetAtt': 'A', Ref: 'c' });
    assert.deepEqual(told('{}'), {});
    for (const text of ['{"Fn::If": ["c", {"Ref": "AWS::NoValue"}, "x"]}', '!If [c, !Ref AWS::NoValue, x]'])
      assert.deepEqual(branchesOf(root(text)).map(toJson), ['x'], text);
  });

  test('between the parts of a Join no fix may write', () => {
    const text = 'a: !Join ["-", [x, yy, z]]\n';
    const node = root(text);
    const a = get(node, 'a');
    assert.equal(a?.type === 'string' && spelled(text, a), 'x-yy-z'.replaceAll('-', ','));
    assert.deepEqual(
      node.source.shared?.map(({ start, end }) => text.slice(start, end)),
      [', ', ', '],
    );
    for (const other of ['!Join ["-", []]', '!Join ["-", x]', '!Join [[], [x]]', '!Join x'])
      assert.equal(toJson(root(other)), HOLE, other);
  });

  test('a document that is too long for the library is not read, and that is said', () => {
    const text = (length: number): string => 'a: !x {b: 1} #'.padEnd(length, 'x');
    assert.deepEqual(parse(text(3_000_000), 'yaml').errors, []);
    assert.equal(parse(text(3_000_001), 'yaml').errors[0]?.message, 'The document is too long to be read.');
  });

  test('anchors, merges and duplicate keys', () => {
    const text = 'x: &x {a: 1, b: 2}\ny: *x\nz:\n  <<: *x\n  b: 3\nz2: 1\nz2: 2\n';
    const node = root(text);
    assert.deepEqual({ ...get(node, 'y'), whole: null }, { ...get(node, 'x'), whole: null });
    assert.deepEqual(toJson(get(node, 'z') as DocNode), { b: 3, a: 1 });
    assert.deepEqual(get(node, 'z2')?.type === 'number' && toJson(get(node, 'z2') as DocNode), 2);
  });

  test('aliases that add more values than anybody writes are not known, up to there they are', () => {
    const list = `a: &a [${Array(99).fill('x').join(', ')}]\nb:\n${'  - *a\n'.repeat(502)}`;
    const types = Array.from({ length: 502 }, (_, index) => find(root(list), 'b', index)?.type);
    assert.deepEqual(types, [...Array<string>(500).fill('array'), 'string', 'string']);
  });

  test('a key named __proto__ is a key', () => {
    for (const text of ['{"__proto__": {"x": 1}, "constructor": 2}', '__proto__:\n  x: 1\nconstructor: 2\n']) {
      const node = root(text);
      assert.equal(find(node, '__proto__', 'x')?.type, 'number');
      assert.equal(get(node, 'toString'), undefined);
    }
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
  });
});

describe('Bad input', () => {
  const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghij'
    .split('')
    .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(', ')}]`)
    .join('\n')}\n`;
  const inputs: Record<string, string> = {
    'an alias bomb': bomb,
    'an alias of itself': 'a: &a\n  b: *a\n  <<: *a\n',
    'nesting in YAML': '['.repeat(20_000),
    'nesting in block YAML': Array.from({ length: 1_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    'nesting in JSON': `${'{"a":['.repeat(10_000)}`,
    tabs: 'a:\n\tb: 1\n\t- c\n',
    'a tag that nobody knows': '!!python/object:os.system {a: b}\n',
    'an unfinished key': 'a: 1\nb',
    'a tag or an anchor of nothing': '&x}:\n---\n!Sub }}:',
    'an unfinished string': '{"a": "b',
    'a lone escape': '{"a": "\\',
    'a half character': '{"a": "\ud83d"}',
    'a control character': 'a: \u0000b\n',
    'a template': '{{- if x }}\na: {{ b }}\n{{ unfinished',
    text: 'just words: and: more: colons\n- x\n',
  };
  for (const [name, text] of Object.entries(inputs)) {
    test(name, () => {
      for (const language of [undefined, 'yaml', 'json'] as const) {
        const { documents, errors } = parse(text, language);
        for (const { start, end } of errors)
          assert.ok(start >= 0 && start <= end && end <= text.length, 'place of the error');
        for (const document of documents) {
          let count = 0;
          for (const node of document.root ? nodes(document.root) : []) {
            assert.ok(node.start >= 0 && node.start <= node.end && node.end <= text.length, 'place of a node');
            count += 1;
          }
          assert.ok(count < 200_000, `${count} nodes`);
        }
      }
    });
  }

  const inJson: readonly (readonly [text: string, read: string | undefined, ...said: string[]])[] = [
    ['{"a": "x\\u0041\\n\\"y\\q"}', '{"a":"xA\\n\\"yq"}'],
    ['{"a": "x\\', '{"a":"x"}', '6-9 The string is not closed.', '0-1 "}" is missing.'],
    ['{"a": "x\\\n"b": 1}', '{"a":"x","b":1}', '6-9 The string is not closed.', '9-9 A comma is missing here.'],
    ['{"a": "x\n}', '{"a":"x"}', '6-8 The string is not closed.'],
    ['{"a": "x\\u12"}', '{"a":"xu12"}'],
    ['"\\b\\f\\n\\r\\t\\/\\\\"', '"\\b\\f\\n\\r\\t/\\\\"'],
    [
      '["\n"]',
      '["","]"]',
      '1-2 The string is not closed.',
      '3-5 The string is not closed.',
      '0-1 "]" is missing.',
      '2-2 A comma is missing here.',
    ],
    ['[1, -2.5e+3, true, false, null, nope]', '[1,-2500,true,false,null,"nope"]', '32-36 "nope" is not JSON.'],
    ['{"a": 1,}', '{"a":1}', '7-8 This comma does not belong here.'],
    ['[,1,,2]', '[1,2]', '1-2 This comma does not belong here.', '4-5 This comma does not belong here.'],
    ['{"a": 1 "b": 2}', '{"a":1,"b":2}', '7-7 A comma is missing here.'],
    ['[1 2]', '[1,2]', '2-2 A comma is missing here.'],
    ['{"a"}', '{}', '4-4 ":" is missing after the key.'],
    ['{"a" "b": 1}', '{"b":1}', '5-5 ":" is missing after the key.'],
    ['{"a":}', '{}', '5-5 A value is missing here.'],
    ['{"a": 1]', '{"a":1}', '7-8 "]" does not belong here.', '0-1 "}" is missing.'],
    ['[{"a": 1]]', '[{"a":1}]', '8-9 "]" does not belong here.', '9-10 There is text after the end of the document.'],
    ['[:1]', '[1]', '1-2 ":" does not belong here.'],
    ['}', undefined, '0-0 A value is missing here.'],
    ['', undefined, '0-0 A value is missing here.'],
    ['// x\n/* y */ [1] // z', '[1]'],
    ['/* x', undefined, '4-4 A value is missing here.'],
    ['[1] [2]', '[1]', '4-7 There is text after the end of the document.'],
    ['{"a": /* x', '{}', '10-10 A value is missing here.', '0-1 "}" is missing.'],
    ['\uFEFF{"a": 1}', '{"a":1}'],
    ['{a: 1}', '{"a":1}', '1-2 "a" is not JSON.'],
    ['[1 /* , */ 2]', '[1,2]', '2-2 A comma is missing here.'],
    ['{"a": [1', '{"a":[1]}', '6-7 "]" is missing.', '0-1 "}" is missing.'],
    ['[/', '["/"]', '1-2 "/" is not JSON.', '0-1 "]" is missing.'],
    [
      '{"a":: 1}',
      '{}',
      '5-5 A value is missing here.',
      '5-6 ":" does not belong here.',
      '8-8 ":" is missing after the key.',
    ],
    ['"x"', '"x"'],
    ['[1\n// c\n,\n2 /**/ ]', '[1,2]'],
    ['{"a": {"b": 1 ] }', '{"a":{"b":1}}', '14-15 "]" does not belong here.', '14-15 "]" does not belong here.'],
  ];
  for (const [text, read, ...said] of inJson)
    test(`what is read of JSON, and what is said of it: ${JSON.stringify(text)}`, () => {
      const { root: node, errors, commas = [] } = parseSlice(text, text, { start: 0, end: text.length }, 'json');
      assert.equal(node && JSON.stringify(toJson(node)), read);
      assert.deepEqual(
        [...errors, ...commas].map(({ start, end, message }) => `${start}-${end} ${message}`),
        said,
      );
      assert.deepEqual(parse(text, 'json').errors, errors);
    });

  test('of many mistakes the first are told', () => {
    const read = (text: string): ReturnType<typeof parseSlice> =>
      parseSlice(text, text, { start: 0, end: text.length }, 'json');
    assert.equal(read(`[${'x,'.repeat(30)}]`).errors.length, 20);
    assert.equal(read(`[${','.repeat(30)}]`).commas?.length, 20);
  });

  test('anything at all', () => {
    const part = fc.constantFrom(
      'a',
      ':',
      ' ',
      '\n',
      '-',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      ',',
      '&x',
      '*x',
      '|',
      '>',
      '#',
      '\t',
      '<<: *x',
      '---\n',
      '!Sub ',
      '${y}',
      '{{',
      '}}',
      '\\',
      '\r\n',
      '//',
      '%',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
        const text = parts.join('');
        for (const language of [undefined, 'yaml', 'json'] as const) {
          for (const { root: node } of parse(text, language).documents) {
            for (const one of node ? nodes(node) : []) {
              assert.ok(one.start >= 0 && one.start <= one.end && one.end <= text.length, JSON.stringify(text));
              if (one.type === 'string') assert.ok(one.at(0) <= text.length && one.at(1e9) <= text.length);
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('Edits', () => {
  const key = fc.stringMatching(/^[a-z]{1,6}$/);
  const object = fc.dictionary(key, json, { minKeys: 1, maxKeys: 4, noNullPrototype: true });
  const write = (value: Json, style: 'json' | 'lines' | 'yaml' | 'flow'): string =>
    style === 'json'
      ? JSON.stringify(value)
      : style === 'lines'
        ? JSON.stringify(value, undefined, 4)
        : stringify(value, style === 'flow' ? { collectionStyle: 'flow', lineWidth: 0 } : { lineWidth: 0 });
  const style = fc.constantFrom('json', 'lines', 'yaml', 'flow');

  /** Applies an edit of the object under `a` and compares with the same change of the data. */
  const holds = (
    name: string,
    edit: (node: DocObject, pick: number) => Edit | readonly Edit[],
    change: (data: Record<string, Json>, pick: number) => Json,
  ): void => {
    test(name, () => {
      fc.assert(
        fc.property(object, style, fc.nat(3), fc.boolean(), (data, written, pick, crlf) => {
          const whole = write({ before: 1, a: data, after: [{ x: 'y' }] }, written);
          const text = crlf ? whole.replaceAll('\n', '\r\n') : whole;
          const parsed = root(text, written === 'json' || written === 'lines' ? 'json' : 'yaml');
          const node = get(parsed, 'a');
          assert.ok(node?.type === 'object');
          const before = toJson(node) as Record<string, Json>;
          const after = applyEdits(text, [edit(node, pick)].flat());
          const again = root(after, written === 'json' || written === 'lines' ? 'json' : 'yaml');
          assert.deepEqual(
            toJson(again),
            { before: 1, a: change(before, pick), after: [{ x: 'y' }] },
            `${text}\n=>\n${after}`,
          );
        }),
        { numRuns: 300 },
      );
    });
  };
  const nth = (node: DocObject, pick: number): DocObject['entries'][number] => {
    const one = node.entries[pick % node.entries.length];
    assert.ok(one);
    return one;
  };
  const nthKey = (data: Record<string, Json>, pick: number): string =>
    Object.keys(data)[pick % Object.keys(data).length] ?? '';

  holds(
    'add an entry',
    (node) => addEntry(node, 'NEW', { k: ['v: w', true] }),
    (data) => ({ ...data, NEW: { k: ['v: w', true] } }),
  );
  holds(
    'remove an entry',
    (node, pick) => removeEntry(node, nth(node, pick)),
    (data, pick) => Object.fromEntries(Object.entries(data).filter(([name]) => name !== nthKey(data, pick))),
  );
  holds(
    'rename a key',
    (node, pick) => renameKey(nth(node, pick), 'NEW-key/x'),
    (data, pick) =>
      Object.fromEntries(
        Object.entries(data).map(([name, value]) => [name === nthKey(data, pick) ? 'NEW-key/x' : name, value]),
      ),
  );
  holds(
    'replace a value',
    (node, pick) => replaceValue(nth(node, pick).value, 'new: \'x\' "y"'),
    (data, pick) =>
      Object.fromEntries(
        Object.entries(data).map(([name, value]) => [name, name === nthKey(data, pick) ? 'new: \'x\' "y"' : value]),
      ),
  );

  const list = (text: string): DocArray => {
    const node = get(root(text), 'a');
    assert.ok(node?.type === 'array');
    return node;
  };
  test('items of a list', () => {
    const text = 'a:\n- x # one\n- y: 1\n  z: 2\nb: 1\n';
    assert.equal(applyEdits(text, addItems(list(text), [{ k: 'v' }])), 'a:\n- x # one\n- y: 1\n  z: 2\n- k: v\nb: 1\n');
    assert.equal(applyEdits(text, removeItems(list(text), [0])), 'a:\n- y: 1\n  z: 2\nb: 1\n');
    assert.equal(applyEdits(text, removeItems(list(text), [1])), 'a:\n- x # one\nb: 1\n');
    const lines = '{\n  "a": [\n    "x"\n  ]\n}';
    assert.equal(applyEdits(lines, addItems(list(lines), ['y'])), '{\n  "a": [\n    "x",\n    "y"\n  ]\n}');
  });

  test('items behind one that stands in a list', () => {
    for (const [text, wanted] of [
      ['a:\n  - 1 # one\n  - 2\n', 'a:\n  - 1 # one\n  - x\n  - z\n  - 2\n'],
      ['a: [1, 2]\n', 'a: [1, x, z, 2]\n'],
      ['{"a": [1,2]}', '{"a": [1, "x", "z",2]}'],
      ['{\n  "a": [\n    1,\n    2\n  ]\n}', '{\n  "a": [\n    1,\n    "x",\n    "z",\n    2\n  ]\n}'],
      ['a: [\n  1, # one\n  2\n]\n', 'a: [\n  1, # one\n  x,\n  z,\n  2\n]\n'],
      ['a: [\n  1 # one\n  , 2\n]\n', 'a: [\n  1, # one\n  x,\n  z\n  , 2\n]\n'],
      ['a: [\n  1, # one\n]\n', 'a: [\n  1, # one\n  x,\n  z\n]\n'],
    ] as const) {
      const array = list(text);
      assert.equal(applyEdits(text, addItems(array, ['x', 'z'], array.items[0])), wanted);
    }
  });

  test('comments, quotes and the indentation of what stands beside stay', () => {
    const text = 'a:   # head\n    b: "x"   # tail\n    # own line\nc: 1\n';
    const node = get(root(text), 'a');
    assert.ok(node?.type === 'object');
    assert.equal(
      applyEdits(text, addEntry(node, 'd', 'e')),
      'a:   # head\n    b: "x"   # tail\n    d: e\n    # own line\nc: 1\n',
    );
    const b = entry(node, 'b');
    assert.ok(b);
    assert.equal(
      applyEdits(text, [replaceValue(b.value, 'it\'s "z"')]),
      'a:   # head\n    b: "it\'s \\"z\\""   # tail\n    # own line\nc: 1\n',
    );
  });

  const members = fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), json, {
    minKeys: 1,
    maxKeys: 5,
    noNullPrototype: true,
  });
  test('several entries leave at once, and several come, in a list too, at the end of a text too', () => {
    fc.assert(
      fc.property(members, style, fc.nat(31), fc.boolean(), fc.boolean(), (data, written, picks, inList, newline) => {
        const held = (value: Json): Json => (inList ? { b: 1, a: [2, value] } : { b: 1, a: value });
        const text = write(held(data), written).replace(/\n*$/, newline ? '\n' : '');
        const language = written === 'json' || written === 'lines' ? 'json' : 'yaml';
        const node = inList ? find(root(text, language), 'a', 1) : get(root(text, language), 'a');
        assert.ok(node?.type === 'object');
        const before = toJson(node) as Record<string, Json>;
        const gone = node.entries.filter((_, index) => (picks >> index) & 1);
        const edits = [...removeEntries(node, gone)].sort((a, b) => a.start - b.start);
        assert.ok(edits.every(({ start }, index) => start >= (edits[index - 1]?.end ?? 0)));
        const after = applyEdits(text, edits);
        const names = gone.map(({ key }) => key.value);
        const left = Object.fromEntries(Object.entries(before).filter(([name]) => !names.includes(name)));
        assert.deepEqual(toJson(root(after, language)), held(left), `${text}\n=>\n${after}`);
        const more = applyEdits(text, addEntries(node, { NEW: 1, MORE: ['x'] }));
        assert.deepEqual(toJson(root(more, language)), held({ ...before, NEW: 1, MORE: ['x'] }));
      }),
      { numRuns: 600 },
    );
  });

  /** Edits between brackets that hold comments: text, entries to remove, and what is left. */
  const between: readonly (readonly [name: string, text: string, remove: readonly string[], left: string])[] = [
    ['of the next one', '{\n  "a": 1, // of a\n  // of b\n  "b": 2\n}', ['a'], '{\n  // of b\n  "b": 2\n}'],
    ['of the one before', '{\n  "a": 1, // of a\n  "b": 2 // of b\n}', ['b'], '{\n  "a": 1 // of a\n}'],
    ['in one line', '{ "a": 1, /* of b */ "b": 2 }', ['a'], '{  /* of b */ "b": 2 }'],
    ['with CRLF', '{\r\n  a: 1, # of a\r\n  b: 2, # of b\r\n}', ['b'], '{\r\n  a: 1, # of a\r\n}'],
    ['with a comma in it', '{\n  a: 1 # x, y\n  , b: 2\n}', ['b'], '{\n  a: 1 # x, y\n   \n}'],
    ['all', '{ # of all\n  a: 1,\n  b: 2\n}', ['a', 'b'], '{ # of all\n}'],
    ['a run at the end', '{\n  a: 1, # of a\n  b: 2, # of b\n  c: 3 # of c\n}', ['b', 'c'], '{\n  a: 1 # of a\n}'],
  ];
  for (const [name, text, remove, left] of between)
    test(`comments between brackets stay: ${name}`, () => {
      const node = root(text, text.includes('#') ? 'yaml' : 'json');
      assert.ok(node?.type === 'object' && holdsComment(node));
      const gone = node.entries.filter(({ key }) => remove.includes(String(key.value)));
      const after = applyEdits(text, removeEntries(node, gone));
      assert.equal(after, left);
      assert.ok(root(after), after);
    });
  test('what looks like a comment in a key or a value is none, nor is one that stands where an alias leads', () => {
    for (const [text, path, holds] of [
      ['a: "x #y"\n', ['a'], false],
      ['a:\n  b: "x #y"\n', ['a'], false],
      ['a:\n  b: "x #y" # z\n  c: 1\n', ['a'], true],
      ['x: &x 1\na:\n  b: "y #z"\n  c: *x\n', ['a'], false],
    ] as const) {
      const node = find(root(text, 'yaml'), ...path);
      assert.equal(node && holdsComment(node), holds, text);
    }
  });
  test('what looks like a comment in a key is none', () => {
    const node = root('{\n  "http://a": 1,\n  "b #c": "//"\n}', 'json');
    assert.ok(node.type === 'object' && !holdsComment(node));
    assert.equal(applyEdits(node.source.text, removeEntries(node, node.entries)), '{}');
  });

  test('an entry comes behind the comment of the last one', () => {
    for (const [text, added] of [
      ['{\n  "a": 1 // of a\n}', '{\n  "a": 1, // of a\n  "b": 2\n}'],
      ['{\n  "a": 1, // of a\n}', '{\n  "a": 1, // of a\n  "b": 2\n}'],
      ['{ // none\n}', '{"b": 2 // none\n}'],
      ['{\n  "a": 1 /* of a */ }', '{\n  "a": 1,\n  "b": 2 /* of a */ }'],
    ] as const) {
      const node = root(text, 'json');
      assert.ok(node?.type === 'object');
      assert.equal(applyEdits(text, addEntry(node, 'b', 2)), added);
    }
  });

  const ofObject =
    (edit: (node: DocObject) => Edit | readonly Edit[]) =>
    (node: DocNode): Edit | readonly Edit[] =>
      node.type === 'object' ? edit(node) : assert.fail(node.type);
  const ofArray =
    (edit: (node: DocArray) => Edit | readonly Edit[]) =>
    (node: DocNode): Edit | readonly Edit[] =>
      node.type === 'array' ? edit(node) : assert.fail(node.type);
  /** Text, the value that is edited in it, how, and what is left; undefined: nothing is done. */
  const byExample: readonly (readonly [
    text: string,
    path: readonly (string | number)[],
    edit: (node: DocNode) => Edit | readonly Edit[],
    after: string | undefined,
  ])[] = [
    [
      'a:\n  b: |\n    x\n\n',
      ['a'],
      ofObject((n) => addEntry(n, 'c', ['x', { d: [] }])),
      'a:\n  b: |\n    x\n  c:\n    - x\n    - d: []\n\n',
    ],
    [
      'a:\r\n  b: 1\r\n',
      ['a'],
      ofObject((n) => addEntry(n, 'c', { d: 1, e: [] })),
      'a:\r\n  b: 1\r\n  c:\r\n    d: 1\r\n    e: []\r\n',
    ],
    ['\uFEFFa: 1', [], ofObject((n) => addEntry(n, 'c', 2)), '\uFEFFa: 1\nc: 2'],
    [
      'x: &x\n  b: 1\na:\n  <<: *x\n  c: 1\n',
      ['a'],
      ofObject((n) => addEntry(n, 'd', 2)),
      'x: &x\n  b: 1\na:\n  <<: *x\n  c: 1\n  d: 2\n',
    ],
    ['a: {}\n', ['a'], ofObject((n) => addEntry(n, 'd', { x: ['y', null] })), 'a: {d: { x: ["y", null] }}\n'],
    ["a: {'b': 1}\n", ['a'], ofObject((n) => addEntry(n, 'd', 2)), "a: {'b': 1, 'd': 2}\n"],
    [
      '{\n\t"a": {\n\t\t"b": 1\n\t}\n}',
      ['a'],
      ofObject((n) => addEntry(n, 'd', { x: [1] })),
      '{\n\t"a": {\n\t\t"b": 1,\n\t\t"d": {\n\t\t\t"x": [\n\t\t\t\t1\n\t\t\t]\n\t\t}\n\t}\n}',
    ],
    ['{\r\n  "a": {}\r\n}', ['a'], ofObject((n) => addEntry(n, 'd', { x: [1] })), '{\r\n  "a": {"d": {"x":[1]}}\r\n}'],
    ['{"a": {"b": 1,\n "c": 2}}', ['a'], ofObject((n) => addEntry(n, 'd', 3)), '{"a": {"b": 1,\n "c": 2,\n "d": 3}}'],
    [
      '{\n  "a": {\n    // none\n  }\n}',
      ['a'],
      ofObject((n) => addEntry(n, 'd', 3)),
      '{\n  "a": {"d": 3\n    // none\n  }\n}',
    ],
    ['a:\n  c: 1\n  b\n', ['a'], ofObject((n) => addEntry(n, 'd', 2)), 'a:\n  c: 1\n  b\n  d: 2\n'],
    ['{\n"a": 1\n}', [], ofObject((n) => addEntry(n, 'b', { x: 1 })), '{\n"a": 1,\n"b": {\n  "x": 1\n}\n}'],
    [
      '{\n\t"a": {\n    "b": 1\n\t}\n}',
      ['a'],
      ofObject((n) => addEntry(n, 'c', { x: 1 })),
      '{\n\t"a": {\n    "b": 1,\n    "c": {\n      "x": 1\n    }\n\t}\n}',
    ],
    ['{ a: [\n  1 ] }', ['a'], ofArray((n) => addItems(n, [2, 'x y'])), '{ a: [\n  1,\n  2,\n  "x y" ] }'],
    ['a: []\n', ['a'], ofArray((n) => addItems(n, [2, 'x y'])), 'a: [2, "x y"]\n'],
    ['{"a": []}', ['a'], ofArray((n) => addItems(n, [{ b: 1 }])), '{"a": [{"b":1}]}'],
    ['a:\n  - - 1\n', ['a', 0], ofArray((n) => addItems(n, [2])), 'a:\n  - - 1\n    - 2\n'],
    [
      'a:\n  b:\n  c: 1\n',
      ['a'],
      ofObject((n) => fillEntry(n, nth(n, 0), { x: 1, y: [2] })),
      'a:\n  b:\n    x: 1\n    "y":\n      - 2\n  c: 1\n',
    ],
    [
      'a:\n  b: # why\n  c: 1\n',
      ['a'],
      ofObject((n) => fillEntry(n, nth(n, 0), ['x'])),
      'a:\n  b: # why\n    - x\n  c: 1\n',
    ],
    ['a:\n  b: null # why\n', ['a'], ofObject((n) => fillEntry(n, nth(n, 0), 'x')), 'a:\n  b:\n    x # why\n'],
    ['a: { b: , c: 1 }\n', ['a'], ofObject((n) => fillEntry(n, nth(n, 0), 'x')), 'a: { b: x , c: 1 }\n'],
    ['a: { b }\n', ['a'], ofObject((n) => fillEntry(n, nth(n, 0), 'x')), 'a: { b: x }\n'],
    ['a:\r\n  b:\r\n', ['a'], ofObject((n) => fillEntry(n, nth(n, 0), { x: 1 })), 'a:\r\n  b:\r\n    x: 1\r\n'],
    [
      "a:\n  'b': |\n    x\n\n  c: 1\n",
      ['a'],
      ofObject((n) => replaceEntry(nth(n, 0), 'n', true)),
      "a:\n  'n': true\n\n  c: 1\n",
    ],
    ['{"a": {"b": "x"}}', ['a'], ofObject((n) => replaceEntry(nth(n, 0), 'n', 7)), '{"a": {"n": 7}}'],
    ['a:\n  b:\n  c: 1\n', ['a'], ofObject((n) => replaceEntry(nth(n, 0), 'n', 7)), 'a:\n  "n": 7\n  c: 1\n'],
    [
      'a:\r\n  b: 1\r\n\r\n  c: |\r\n    x\r\n  d: 1\r\n',
      ['a'],
      ofObject((n) => nestEntries(n.entries.slice(0, 2), 'n')),
      'a:\r\n  n:\r\n    b: 1\r\n\r\n    c: |\r\n      x\r\n  d: 1\r\n',
    ],
    [
      'a: { b: 1, c: 2 }\n',
      ['a'],
      ofObject((n) => nestEntries(n.entries.slice(0, 2), 'n')),
      'a: { n: { b: 1, c: 2 } }\n',
    ],
    [
      '{"a": {"b": 1, "c": 2}}',
      ['a'],
      ofObject((n) => nestEntries(n.entries.slice(0, 1), 'n')),
      '{"a": {"n": { "b": 1 }, "c": 2}}',
    ],
    ['a:\n- b: 1\n  c: 2\n', ['a', 0], ofObject((n) => nestEntries(n.entries, 'n')), 'a:\n- n:\n    b: 1\n    c: 2\n'],
    ['a: 1\n', [], () => nestEntries([], 'n'), undefined],
    [
      'a:\n  - b: 1\n    c: |\n      x\n  - d\n',
      ['a', 0],
      (n) => replaceValue(n, { x: { y: 1 }, z: ['w'] }),
      'a:\n  - x:\n      "y": 1\n    z:\n      - w\n  - d\n',
    ],
    ['a:\n  - b\n  - c\n', ['a'], (n) => replaceValue(n, ['x']), 'a:\n  - x\n'],
    ['a: |\n  x\n  y\nb: 1\n', ['a'], (n) => replaceValue(n, 'x: y'), 'a: "x: y"\nb: 1\n'],
    ['a: >\n  x\n', ['a'], (n) => replaceValue(n, 7), 'a: 7\n'],
    ["a: 'x'\n", ['a'], (n) => replaceValue(n, "it's"), "a: 'it''s'\n"],
    ["a: 'x'\n", ['a'], (n) => replaceValue(n, 'x\ny'), 'a: "x\\ny"\n'],
    ['a:\n', ['a'], (n) => replaceValue(n, 'x'), 'a: x\n'],
    ['a:\n-\n', ['a', 0], (n) => replaceValue(n, 'x'), 'a:\n- x\n'],
    ['a: [1, 2] # c\n', ['a'], (n) => replaceValue(n, [3]), 'a: [3] # c\n'],
    ['a: yes\n', ['a'], (n) => replaceValue(n, 'no'), 'a: "no"\n'],
    ['a: b\n', ['a'], (n) => replaceValue(n, 'arn:aws:s3:::b/*'), 'a: "arn:aws:s3:::b/*"\n'],
    ['a: b\n', ['a'], (n) => replaceValue(n, 'arn:aws:iam::1:role/x'), 'a: arn:aws:iam::1:role/x\n'],
    [
      'a:\n  - b: 1\n    c: 2 # of c\n  - d\n',
      ['a', 0],
      ofObject((n) => removeEntries(n, [nth(n, 0)])),
      'a:\n  - c: 2 # of c\n  - d\n',
    ],
    [
      'a:\n  - b: 1\n    # of c\n    c: 2\n  - d\n',
      ['a', 0],
      ofObject((n) => removeEntries(n, [nth(n, 0)])),
      'a:\n  - \n    # of c\n    c: 2\n  - d\n',
    ],
    [
      'a:\n  - b: 1\n    c: 2\n    d: 3\n  - d\n',
      ['a', 0],
      ofObject((n) => removeEntries(n, n.entries.slice(0, 2))),
      'a:\n  - d: 3\n  - d\n',
    ],
    ['a:\n  - b: 1\n    c: 2\n  - d\n', ['a', 0], ofObject((n) => removeEntries(n, n.entries)), 'a:\n  - {}\n  - d\n'],
    ['a:\n  b: 1\n  c: 2', ['a'], ofObject((n) => removeEntries(n, [nth(n, 1)])), 'a:\n  b: 1'],
    [
      'a:\r\n  b: 1\r\n  c: 2\r\n  d: 2',
      ['a'],
      ofObject((n) => removeEntries(n, n.entries.slice(1))),
      'a:\r\n  b: 1\r\n',
    ],
    [
      'a:\r\n  b: |\r\n    x\r\n\r\n  c: 2\r\n',
      ['a'],
      ofObject((n) => removeEntries(n, [nth(n, 0)])),
      'a:\r\n\r\n  c: 2\r\n',
    ],
    ['a: { b: 1, c: 2, d: 3 }', ['a'], ofObject((n) => removeEntries(n, [nth(n, 1)])), 'a: { b: 1, d: 3 }'],
    ['a: { b: 1, c: 2, d: 3 }', ['a'], ofObject((n) => removeEntries(n, n.entries.slice(1))), 'a: { b: 1  }'],
    ['a: { b: 1, c: 2, }', ['a'], ofObject((n) => removeEntries(n, [nth(n, 1)])), 'a: { b: 1,  }'],
    [
      '{\n  "a": [\n    1, // one\n    2,\n    3 // three\n  ]\n}',
      ['a'],
      ofArray((n) => removeItems(n, [1])),
      '{\n  "a": [\n    1, // one\n    3 // three\n  ]\n}',
    ],
    [
      '{\n  "a": [\n    1, // one\n    2,\n    3 // three\n  ]\n}',
      ['a'],
      ofArray((n) => removeItems(n, [2])),
      '{\n  "a": [\n    1, // one\n    2\n  ]\n}',
    ],
    [
      '{\n  "a": [\n    1, // one\n    2,\n    3 // three\n  ]\n}',
      ['a'],
      ofArray((n) => removeItems(n, [0, 2])),
      '{\n  "a": [\n    2\n  ]\n}',
    ],
    [
      '{\n  "a": [\n    1, // one\n    2,\n    3 // three\n  ]\n}',
      ['a'],
      ofArray((n) => removeItems(n, [0, 1, 2])),
      '{\n  "a": [\n  ]\n}',
    ],
    ['a: [1, 2]', ['a'], ofArray((n) => removeItems(n, [0, 1])), 'a: []'],
    ['a: [1, 2]', ['a'], ofArray((n) => removeItems(n, [5])), undefined],
    ['a: [1, 2]', ['a'], ofArray((n) => removeItems(n, [0, 5])), undefined],
    ['a:\n  - 1\n  - 2 # two\n', ['a'], ofArray((n) => removeItems(n, [0, 1])), 'a:\n  [] # two\n'],
    ['a:\n  - 1\n  -   2 # two\n  - 3\n', ['a'], ofArray((n) => removeItems(n, [1])), 'a:\n  - 1\n  - 3\n'],
    ['a:\n  - # of one-two\n    b: 1\n  - c\n', ['a'], ofArray((n) => removeItems(n, [0])), 'a:\n  - c\n'],
    [
      'a:\n  - b # of b\n  # of the next-one\n  - # of one-two\n    c: 1\n  - d\n',
      ['a'],
      ofArray((n) => removeItems(n, [1])),
      'a:\n  - b # of b\n  # of the next-one\n  - d\n',
    ],
    ['a: { ? , b: 1 }\n', ['a'], ofObject((n) => removeEntries(n, [nth(n, 1)])), undefined],
    ['a:\n  - # of b\n    b: 1\n', ['a'], ofArray((n) => removeItems(n, [0])), 'a:\n  []\n'],
    [
      `a: { b: 1, c: 2 #${' #'.repeat(50)}${'#'.repeat(50)}\n}\n`,
      ['a'],
      ofObject((n) => removeEntries(n, [nth(n, 1)])),
      `a: { b: 1 #${' #'.repeat(50)}${'#'.repeat(50)}\n}\n`,
    ],
    [
      `{"b": 1, "c": 2 ${'/* c */'.repeat(50)} ${'/'.repeat(50)}\n}`,
      [],
      ofObject((n) => removeEntries(n, [nth(n, 1)])),
      `{"b": 1 ${'/* c */'.repeat(50)} ${'/'.repeat(50)}\n}`,
    ],
    ['a: [ 1 # one\n  , 2 # two\n  , 3 ]', ['a'], ofArray((n) => removeItems(n, [1])), 'a: [ 1 # one\n  ,  3 ]'],
    [
      'a: [ 1 # one\n  , 2 # two\n  , 3 ]',
      ['a'],
      ofArray((n) => removeItems(n, [2])),
      'a: [ 1 # one\n  , 2 # two\n    ]',
    ],
  ];
  for (const [text, path, edit, after] of byExample)
    test(`what is not changed stays as it is: ${JSON.stringify(text)} → ${JSON.stringify(after)}`, () => {
      const node = find(root(text, text.startsWith('{') && !text.startsWith('{ ') ? 'json' : 'yaml'), ...path);
      assert.ok(node);
      const edits = [edit(node)].flat();
      assert.equal(edits.length === 0 ? undefined : applyEdits(text, edits), after);
    });

  test('an alias goes, and what it stands for stays', () => {
    const text = 'x: &x [1, 2]\na:\n  b: *x\n  c: 1\n';
    const node = get(root(text), 'a');
    assert.ok(node?.type === 'object');
    const b = entry(node, 'b');
    assert.ok(b);
    assert.equal(applyEdits(text, removeEntry(node, b)), 'x: &x [1, 2]\na:\n  c: 1\n');
    const last = 'a:\n  b: &x 1\n  c: *x\n  d: *x\nz: 1\n';
    const object = get(root(last), 'a');
    assert.ok(object?.type === 'object');
    const ends = object.entries.slice(1);
    assert.equal(applyEdits(last, removeEntries(object, ends)), 'a:\n  b: &x 1\nz: 1\n');
    const items = 'x: &x one\na: [two, *x]\n';
    assert.equal(applyEdits(items, removeItems(list(items), [1])), 'x: &x one\na: [two]\n');
  });

  test('nothing leaves a list of which a part stands elsewhere, behind it or before it', () => {
    const node = root('[[1, 3]2]', 'json');
    assert.ok(node.type === 'array');
    const [inner, behind] = node.items;
    assert.ok(inner?.type === 'array' && behind);
    for (const items of [[...inner.items, behind], inner.items.toReversed()])
      assert.deepEqual(removeItems({ ...inner, items }, [0]), []);
    assert.equal(removeItems(inner, [0]).length, 1);
  });

  test('what is not to be written there gets an edit that no fix is made with, or the one that its place says', () => {
    const node = root('{"a": [1, 2], "b": {"c": 3}}', 'json');
    const [a, b] = [get(node, 'a'), get(node, 'b')];
    assert.ok(a?.type === 'array' && b?.type === 'object');
    const [list, object] = [
      { ...a, written: {} },
      { ...b, written: {} },
    ];
    for (const edits of [
      [replaceValue(list, 1)],
      addItems(list, [1]),
      removeItems(list, [0]),
      addEntry(object, 'd', 1),
      removeEntries(object, object.entries),
    ])
      assert.deepEqual(
        edits.map(({ newText }) => newText),
        [HOLE],
      );
    const edit = { start: 0, end: 1, newText: 'x' };
    const written = { value: () => edit, add: () => [edit], remove: () => [edit] };
    assert.deepEqual(replaceValue({ ...list, written }, 1), edit);
    assert.deepEqual(addEntry({ ...object, written }, 'd', 1), [edit]);
    assert.deepEqual(removeEntries({ ...object, written }, object.entries), [edit]);
  });

  test('a name of HCL stays one where it becomes a name', () => {
    const text = '{ a = "b" }';
    const source: Source = { text, format: 'hcl' };
    const scalar = (start: number, end: number): DocNode => ({
      type: 'string',
      value: text.slice(start, end).replaceAll('"', ''),
      start,
      end,
      source,
      at: (index) => start + index,
    });
    const rows = [
      [scalar(2, 3), 'c', '{ c = "b" }'],
      [scalar(2, 3), 'c d', '{ "c d" = "b" }'],
      [scalar(6, 9), 'c', '{ a = "c" }'],
      [scalar(6, 9), '${c}', '{ a = "$${c}" }'],
      [scalar(6, 9), { c: ['%{', 1, null] }, '{ a = {\n  c = ["%%{", 1, null]\n} }'],
    ] as const;
    for (const [node, value, after] of rows) assert.equal(applyEdits(text, [replaceValue(node, value)]), after);
  });

  test('in JSON in a string of YAML, of whatever quotes', () => {
    const inner = '{"a": {"b": 1}}';
    for (const [text, after] of [
      [`p: '${inner}'\n`, `p: '{"a": {"b": 1, "c": "it''s"}}'\n`],
      [`p: ${JSON.stringify(inner)}\n`, `p: ${JSON.stringify('{"a": {"b": 1, "c": "it\'s"}}')}\n`],
      [`p: |\n  ${inner}\n`, `p: |\n  {"a": {"b": 1, "c": "it's"}}\n`],
    ] as const) {
      const p = get(root(text, 'yaml'), 'p');
      assert.ok(p?.type === 'string');
      const a = get(parseEmbedded(p, 'json').root, 'a');
      assert.ok(a?.type === 'object');
      assert.equal(applyEdits(text, addEntry(a, 'c', "it's")), after);
    }
  });

  test('what a string inside a quoted document holds is not read, nor what a number holds', () => {
    const text = `p: '{"q": "{}", "n": 1}'\n`;
    const p = get(root(text, 'yaml'), 'p');
    assert.ok(p?.type === 'string');
    const { root: inner } = parseEmbedded(p, 'json');
    for (const key of ['q', 'n']) {
      const node = inner && get(inner, key);
      assert.ok(node && node.type !== 'object' && node.type !== 'array');
      assert.deepEqual(parseEmbedded(node, 'json'), { errors: [] });
    }
  });

  test('what a string holds is read as the file is: which parts come from elsewhere, and that quotes are escaped', () => {
    const rows: readonly Pick<Source, 'inJson' | 'derived'>[] = [
      {},
      { inJson: true },
      { derived: [] },
      { inJson: true, derived: [] },
    ];
    for (const more of rows) {
      const text = '"{}"';
      const source: Source = { text, format: 'json', shared: [], ...more };
      const node = { type: 'string', value: '{}', start: 0, end: 4, source, at: (index: number) => 1 + index } as const;
      assert.deepEqual(parseEmbedded(node, 'json').root?.source, {
        text,
        format: 'json',
        shared: [],
        quote: '"',
        ...more,
      });
    }
  });

  test('in JSON in a string of JSON', () => {
    const text = JSON.stringify({ p: JSON.stringify({ a: { b: 'x"y' } }) });
    const p = get(root(text), 'p');
    assert.ok(p?.type === 'string');
    const a = get(parseEmbedded(p, 'json').root, 'a');
    assert.ok(a?.type === 'object');
    const edited = applyEdits(text, addEntry(a, 'c', 'd"e'));
    const { p: inner } = JSON.parse(edited) as { p: string };
    assert.deepEqual(JSON.parse(inner), { a: { b: 'x"y', c: 'd"e' } });
  });
});

test('a text of YAML of which a part is filled in elsewhere keeps it, and means what was wanted in its kind of quotes', () => {
  const wanted = [
    's3://z/${p}/y',
    '/${p}/y',
    's3: //x/${p}/y',
    's3://x/${p}/y #z',
    "s3://it's/${p}/y",
    '*s3://x/${p}/y',
  ];
  const written = ['', '"', "'"].map((quote) => {
    const text = `a: ${quote}s3://x/\${p}/y${quote}\nb: c\n`;
    const start = text.indexOf('${');
    const source: Source = { text, format: 'yaml', derived: [{ start, end: start + 4 }], shared: [], choices: [] };
    const { root } = parseYaml(text, source, (index) => index);
    const node = root?.type === 'object' ? root.entries[0]?.value : undefined;
    assert.ok(node);
    return wanted.filter((value) => {
      const edit = replaceValue(node, value);
      if (edit.newText === HOLE) return false;
      assert.deepEqual(parseWithLibrary(applyEdits(text, [edit])), { a: value, b: 'c' }, `${quote} ${value}`);
      return true;
    });
  });
  assert.deepEqual(written, [wanted.slice(0, 2), wanted, wanted]);
});

test('where lines begin and end: at the first and the last character, and with each line end', () => {
  for (const [text, at, expected] of [
    ['', 0, '\n'],
    ['a', 0, '\n'],
    ['a\r\nb\n', 0, '\r\n'],
    ['a\r\nb\n', 3, '\r\n'],
    ['a\r\nb\nc', 5, '\n'],
    ['\na\r\n', 1, '\n'],
  ] as const)
    assert.equal(lineEnd(text, at), expected, JSON.stringify([text, at]));
  for (const [text, at, expected] of [
    ['ab', 0, 0],
    ['ab', 2, 2],
    ['a\nbc', 3, 1],
    ['\uFEFFab', 0, 0],
    ['\uFEFFab', 1, 0],
    ['\uFEFFab', 2, 1],
    ['\uFEFFa\nbc', 4, 1],
  ] as const)
    assert.equal(column(text, at), expected, JSON.stringify([text, at]));
  for (const [text, at, expected] of [
    ['ab', 1, 2],
    ['\nab', 0, 0],
    ['ab\ncd', 0, 2],
    ['ab\r\ncd', 1, 2],
    ['ab\r\ncd', 3, 3],
    ['ab\r\ncd', 4, 6],
  ] as const)
    assert.equal(endOfLine(text, at), expected, JSON.stringify([text, at]));
  for (const [text, start, end, expected] of [
    ['a b \n ', 0, 6, 3],
    ['a  b', 2, 3, 2],
    ['  ', 0, 2, 0],
    ['ab', 0, 2, 2],
  ] as const)
    assert.equal(trimmedEnd(text, { start, end }), expected, JSON.stringify([text, start, end]));
});
