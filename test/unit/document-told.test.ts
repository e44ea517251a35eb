// What is read of a text, with the place of each part, and what each edit makes of it: test/fixtures/told/document/*.txt.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as edits from '../../src/core/document/edit.ts';
import { parseHcl } from '../../src/core/document/hcl-parse.ts';
import { parseJson } from '../../src/core/document/json.ts';
import { type DocNode, HOLE, wholeOf } from '../../src/core/document/node.ts';
import { parse, parseEmbedded, type Language } from '../../src/core/document/parse.ts';
import { blockEnd, placesOf } from '../../src/core/document/places.ts';
import { maskTemplates } from '../../src/core/document/template.ts';
import type { Edit } from '../../src/core/finding.ts';
import { applyEdits } from '../../src/core/fix.ts';
import { evaluate, moduleOf } from '../../src/core/terraform/evaluate.ts';
import { asKept } from './told.ts';

const visible = (text: string): string =>
  text
    .replaceAll('\r', '␍')
    .replaceAll('\n', '⏎')
    .replaceAll('\t', '→')
    .replaceAll('\uE000', '□')
    .replaceAll('\uFEFF', '⌂');

/** `<type> <path> <its text>`, of a string its value where that is not its text, and the offsets of its characters where they are not in a row. */
function nodesTold(text: string, root: DocNode): readonly string[] {
  const lines: string[] = [];
  const visit = (node: DocNode, path: string): void => {
    const { start, end, type } = node;
    const own = text.slice(start, end);
    const whole = wholeOf(node);
    const more = [
      ...(whole.start === start && whole.end === end ? [] : [`with all ${whole.start}-${whole.end}`]),
      ...(node.source.quote === undefined ? [] : [`in ${node.source.quote}`]),
      ...(node.source.format === 'json' ? ['JSON'] : []),
    ];
    if (type !== 'object' && type !== 'array') {
      if (String(node.value) !== own) more.push(`is ${JSON.stringify(node.value)}`);
      const value = String(node.value);
      const at =
        type === 'string'
          ? Array.from({ length: Math.min(value.length, 40) + 1 }, (_, index) => node.at(index) - start)
          : [];
      if (at.some((one, index) => one !== index)) more.push(`at ${at.join(' ')}`);
    }
    lines.push(
      visible(
        [`${start}-${end} ${type} ${path || '.'}`, `<${own.length > 60 ? `${own.slice(0, 57)}…` : own}>`, ...more].join(
          ' ',
        ),
      ),
    );
    if (type === 'object')
      node.entries.forEach(({ key, value }, index) => {
        lines.push(visible(`${key.start}-${key.end} key ${path}/${index} ${JSON.stringify(key.value)}`));
        visit(value, `${path}/${index}`);
      });
    else if (type === 'array') node.items.forEach((item, index) => visit(item, `${path}/${index}`));
  };
  visit(root, '');
  return lines;
}

const VALUES: readonly edits.Json[] = [
  'b',
  '',
  'yes',
  'a: b',
  '- a',
  '1',
  '#',
  ' c',
  "it's",
  'a"b',
  'two\nlines',
  'two\nlines\n',
  'é\t',
  1,
  true,
  null,
  [],
  {},
  ['a', { k: ['b', 'c'], l: {} }],
  { k: 'v', l: { m: [1, []] } },
];

/** Each edit of each part of a document, and the text that comes of it. */
function editsTold(text: string, root: DocNode): readonly string[] {
  const lines: string[] = [];
  const put = (what: string, make: () => Edit | readonly Edit[]): void => {
    const made = make();
    lines.push(
      visible(`${what}: ${applyEdits(text, Array.isArray(made) ? (made as readonly Edit[]) : [made as Edit])}`),
    );
  };
  const visit = (node: DocNode, path: string): void => {
    const at = path || '.';
    for (const value of path.split('/').length > 2 ? VALUES.slice(0, 1) : VALUES)
      put(`${at} = ${JSON.stringify(value)}`, () => edits.replaceValue(node, value));
    lines.push(
      `${at} has a comment: ${edits.holdsComment(node)}, ${edits.holdsComment(node, text.length)}; block: ${edits.isBlock(node)}`,
    );
    if (node.type === 'object') {
      put(`${at} + new`, () => edits.addEntry(node, 'new', 'v'));
      put(`${at} + two`, () => edits.addEntries(node, { 'a b': [1, { c: 'd' }], '': {} }));
      if (node.entries.length > 1) {
        put(`${at} - all`, () => edits.removeEntries(node, node.entries));
        put(`${at} - two`, () => edits.removeEntries(node, node.entries.slice(0, 2)));
        put(`${at} nested`, () => edits.nestEntries(node.entries, 'all'));
      }
      node.entries.forEach((entry, index) => {
        const name = `${path}/${index}`;
        put(`${name} gone`, () => edits.removeEntry(node, entry));
        put(`${name} renamed`, () => edits.renameKey(entry, 'a key'));
        if (root.source.format !== 'hcl') put(`${name} replaced`, () => edits.replaceEntry(entry, 'other', true));
        put(`${name} nested`, () => edits.nestEntries([entry], 'in'));
        put(`${name} filled`, () => edits.fillEntry(node, entry, ['a', { b: 'c' }]));
        visit(entry.value, name);
      });
    } else if (node.type === 'array') {
      put(`${at} + items`, () => edits.addItems(node, ['v', { k: 'w', l: 'x' }]));
      put(`${at} - all`, () =>
        edits.removeItems(
          node,
          node.items.map((_, index) => index),
        ),
      );
      node.items.forEach((item, index) => {
        put(`${path}/${index} gone`, () => edits.removeItems(node, [index]));
        visit(item, `${path}/${index}`);
      });
    }
  };
  visit(root, '');
  put('indented', () => edits.indentLines(text, 0, text.length));
  return lines;
}

const EDITED: Readonly<Record<string, string>> = {
  'JSON in one line': '{"a":"b","c":[1,"d",{"e":null}],"f":{},"g":[]}',
  'JSON in lines': '{\n  "a": "b",\n  "c": [\n    1,\n    {\n      "e": null\n    }\n  ],\n  "f": {}\n}\n',
  'JSON in lines of CRLF with comments':
    '{\r\n\t"a": "b", // one\r\n\t/* two */\r\n\t"c": [1, 2], // three\r\n\t"d": true\r\n}',
  'YAML in blocks': '# top\na: b # one\nc:\n  - 1\n  # two\n  - d: e\n    f: g\n  - - h\nh: {}\ni:\nj: []\n# end\n',
  'YAML in blocks, lists not indented':
    'a:\n- b: 1\n  c: 2\n- d\ne: "x"\nf: \'y\'\ng: |\n  one\n  two\nh: >-\n  three\n\n  four',
  'YAML in brackets': '{a: b, c: [1, {d: e}], "f": {}, g: [ ], h: }\n',
  'YAML in brackets over lines': 'a: {\n  b: 1, # one\n  c: [\n    2,\n    3\n  ]\n}\nd: [a, b,\n  c]\n',
  'YAML with anchors, tags and aliases':
    'a: &x\n  b: !Sub "${c}"\nd: *x\ne:\n  <<: *x\n  f: !Ref g\nh: !Join ["", [a, b]]\ni: !!str 1\n',
  'YAML with CRLF': 'a: b\r\nc:\r\n  d: e\r\n  f:\r\n    - g\r\n',
  'a list from the start': '- a\n- b: c\n- - d\n',
  'an empty text': '',
  'a text of nothing but a comment': '# nothing\n',
  'an unfinished key': 'a\n',
  'a value that is not there': 'a:\n  b: # later\n  c:\nd: ~\ne: null\n',
};
for (const [name, text] of Object.entries(EDITED))
  test(`edits: ${name}`, () => {
    const { documents } = parse(text, name.startsWith('JSON') ? 'json' : 'yaml');
    asKept(
      `document/edits, ${name}`.replaceAll(',', ''),
      documents.flatMap(({ root }) => (root === undefined ? [] : editsTold(text, root))),
    );
  });

for (const [name, text] of Object.entries({
  'in double quotes': '{"p": "{\\"a\\": \\"b\\", \\"c\\": [1, 2]}"}',
  'in single quotes': 'p: \'{"a": "it\'\'s", "c": [1]}\'\n',
  'in a block': 'p: |\n  {\n    "a": "b",\n    "c": [1]\n  }\n',
  'YAML in a block': 'p: |\n  a: b\n  c:\n    - d\n',
  'YAML in double quotes': 'p: "a: b\\nc: [1]\\n"\n',
  'with escapes': '{"p": "{\\u0022a\\u0022: \\"\\\\u0041\\\\n\\"}"}',
}))
  test(`edits: a document ${name}`, () => {
    const value = parse(text).documents[0]?.root;
    const scalar = value?.type === 'object' ? value.entries[0]?.value : undefined;
    const inner =
      scalar?.type === 'string' ? parseEmbedded(scalar, name.startsWith('YAML') ? 'yaml' : 'json') : undefined;
    asKept(`document/inner, ${name}`.replaceAll(',', ''), [
      ...(inner?.errors ?? []).map(({ message, start, end }) => `${start}-${end} ${message}`),
      ...(inner?.root === undefined ? [] : [...nodesTold(text, inner.root), ...editsTold(text, inner.root)]),
    ]);
  });

/** Values of Terraform, and documents that its texts hold, of which parts are decided elsewhere. */
const TERRAFORM: Readonly<Record<string, string>> = {
  'values of Terraform':
    'a = {\n  b = "c"\n  "d e" = [1, "f"] # g\n  h = { i = true, "j" : null }\n  k = []\n  l = {}\n  m = n # o\n}\n' +
    'o = ["p", { q = "r" }]\ns = "t${u}v"\nw = "$${x} \\"y\\""\nz = {}\n' +
    'v = {\n  a = 1,\n  b = <<E\nc\nE\n}\n',
  'a document in a heredoc': 'a = <<-E\n  b: "${c}"\n  d: "${e}-f"\n  g: [h, ${i}x]\n  "${j}:k": l\n  E\n',
  'a document in quotes': 'a = "{\\"b\\": \\"c${d}\\", \\"e\\": [1, \\"${f}\\"]}"\n',
};
const valuesOf = (text: string): readonly DocNode[] => {
  const file = { source: { text, format: 'hcl' as const, derived: [], shared: [] }, hcl: parseHcl(text) };
  const module = moduleOf([file]);
  return file.hcl.body.items.flatMap((one) => (one.type === 'attribute' ? [evaluate(module, file, one.value)] : []));
};
for (const [name, text] of Object.entries(TERRAFORM))
  test(`edits: ${name}`, () =>
    asKept(
      `document/edits, ${name}`.replaceAll(',', ''),
      valuesOf(text).flatMap((value) => {
        const inner =
          value.type === 'string' && name.startsWith('a document')
            ? parseEmbedded(value, name.endsWith('quotes') ? 'json' : 'yaml').root
            : value;
        return inner === undefined ? [] : [...nodesTold(text, inner), ...editsTold(text, inner)];
      }),
    ));

test('what is decided elsewhere stays as it stands, and what cannot be written so is not', () => {
  const rows: readonly (readonly [written: string, value: edits.Json, becomes: string])[] = [
    ['"${a}-b"', `${HOLE}-c`, '"${a}-c"'],
    ['"b-${a}"', `c-${HOLE}`, '"c-${a}"'],
    ['"b-${a}-b"', `b-${HOLE}-b-b`, '"b-${a}-b-b"'],
    // What stands for another value as a whole is written there.
    ['"${a}"', `${HOLE}b`, HOLE],
    ['"${a}"', 'b', HOLE],
    ['"${a}b"', HOLE, '"${a}"'],
    ['"${a}b${c}"', `${HOLE}x${HOLE}`, '"${a}x${c}"'],
    ['"${a}b"', '${d}', '"$${d}"'],
    ['"b${a}"', `\${d}${HOLE}`, '"$${d}${a}"'],
    ['"b${a}"', `"%{${HOLE}`, '"\\"%%{${a}"'],
    ['"${a}b"', 'c', '"c"'],
    ['"${a}b"', ['c'], '["c"]'],
    ['"${a}b"', true, 'true'],
    ['"a"', ['c'], '["c"]'],
    ['"${a}https://b"', `${HOLE}b`, '"${a}b"'],
    ['"https://${a}"', HOLE, '"${a}"'],
    ['"${a}/x"', `${HOLE}/x`, '"${a}/x"'],
    ['"x${a}y"', `x${HOLE}y`, '"x${a}y"'],
    ['"${a}${a}"', HOLE, '"${a}"'],
    ['"${local.v}-b"', 'known-c', '"${local.v}-c"'],
    ['"${local.v}-b"', 'x-b', '"x-b"'],
    ['"${local.v}-b"', 'kn-b', HOLE],
    ['"${local.v}-b"', 'wn-b', HOLE],
    ['"${local.v}-b"', 'knnn-b', HOLE],
    ['"b-${local.v}"', 'b-known', '"b-${local.v}"'],
    ['"b-${local.v}"', 'b-knows', HOLE],
  ];
  assert.deepEqual(
    rows.map(([written, value]) => {
      const locals = 'locals {\n  v = "known"\n}\n';
      const text = `${locals}x = ${written}\n`;
      const [node] = valuesOf(text);
      const made = node && applyEdits(text, [edits.replaceValue(node, value)]);
      return [written, value, made?.slice(locals.length + 4, -1)];
    }),
    rows,
  );
});

test('a text of YAML in a text of Terraform keeps what is decided elsewhere, wherever that stands in it', () => {
  const rows: readonly (readonly [written: string, value: string, becomes: string])[] = [
    ['x${a}', `y${HOLE}`, 'y${a}'],
    ['${a}x', `${HOLE}y`, '${a}y'],
    ['${a}', `${HOLE}y`, '${a}y'],
    ['${a}', `y${HOLE}`, 'y${a}'],
    ['"x${a}"', `y${HOLE}`, '"y${a}"'],
  ];
  assert.deepEqual(
    rows.map(([written, value]) => {
      const text = `x = <<E\n- ${written}\nE\n`;
      const [node] = valuesOf(text);
      const root = node?.type === 'string' ? parseEmbedded(node, 'yaml').root : undefined;
      const item = root?.type === 'array' ? root.items[0] : undefined;
      return [written, value, item && applyEdits(text, [edits.replaceValue(item, value)]).slice(10, -3)];
    }),
    rows,
  );
});

test('a key is written as those beside it of which a part is decided elsewhere', () => {
  const rows: readonly (readonly [inside: string, added: Readonly<Record<string, edits.Json>>, becomes: string])[] = [
    ['"${a}:sub": v', { [`${HOLE}:aud`]: 'w' }, '"${a}:sub": v\n  "${a}:aud": w'],
    ['${a}:sub: v', { [`${HOLE}:aud`]: 'w' }, '${a}:sub: v\n  ${a}:aud: w'],
    ['b${a}:sub: v', { [`b${HOLE}:aud`]: 'w' }, 'b${a}:sub: v\n  b${a}:aud: w'],
    ['${a}: v', { [`${HOLE}:aud`]: 'w' }, `\${a}: v\n  "${HOLE}:aud": w`],
    ['${a}:sub: v', { b: { [`${HOLE}:aud`]: 'w' } }, '${a}:sub: v\n  b:\n    ${a}:aud: w'],
    ['${a}:sub: v', { b: [{ [`${HOLE}:aud`]: 'w' }] }, `\${a}:sub: v\n  b:\n    - "${HOLE}:aud": w`],
    ['b:sub: v', { 'b:aud': 'w' }, 'b:sub: v\n  b:aud: w'],
    ['c:\n    ${a}:sub: v', { [`${HOLE}:aud`]: 'w' }, 'c:\n    ${a}:sub: v\n  ${a}:aud: w'],
    ['${a}:sub: v\n  ${b}:sub: v', { [`${HOLE}:aud`]: 'w' }, '${a}:sub: v\n  ${b}:sub: v\n  ${a}:aud: w'],
    ['${a}:sub: v', { [`x${HOLE}:aud`]: null }, `\${a}:sub: v\n  "x${HOLE}:aud": null`],
  ];
  assert.deepEqual(
    rows.map(([inside, added]) => {
      const text = `x = <<E\n  ${inside}\nE\n`;
      const [value] = valuesOf(text);
      const root = value?.type === 'string' ? parseEmbedded(value, 'yaml').root : undefined;
      const made = root?.type === 'object' ? edits.addEntries(root, added) : [];
      return [inside, added, applyEdits(text, made).slice(10, -3)];
    }),
    rows,
  );
});

const READ: readonly (readonly [text: string, language?: Language])[] = [
  ...Object.values(EDITED).map((text) => [text] as const),
  ...[
    '{"a": 1,}',
    '[1,,2]',
    '[1 2]',
    '{"a" 1}',
    '{"a": }',
    '{a: 1}',
    "{'a': 1}",
    '{"a": tru}',
    '{"a": 01}',
    '{"a": -}',
    '{"a": 1.}',
    '{"a": 1e}',
    '{"a": 1e+5, "b": -0.5E-2}',
    '{"a": "b',
    '{"a": "\\q"}',
    '{"a": "\\u12"}',
    '{"a": "\\u0041\\n\\/\\""}',
    '{"a": "\t"}',
    '{"a": "x\ny"}',
    '{"a": 1} {"b": 2}',
    '{"a": 1} x',
    '// c\n{"a": 1}',
    '{"a": /* c */ 1}',
    '{"a": 1 /* c',
    '{',
    '[',
    '"',
    '{"a": [',
    '{"a": {"b": 1}',
    ']',
    '\uFEFF{"a": 1}',
    '{"a": 1, "a": 2}',
    'nul',
    '1',
    '"a"',
    '{"a": "{{ x }}"}',
    '{"a": {{ x }}}',
    '{"__proto__": 1}',
    '{"a": NaN}',
    '{"a":+1}',
    '{"a": .5}',
    '[,1]',
    '{,}',
    '{"a"}',
    '{1: 2}',
    '{"a": 1;}',
    '{"a": "\\b\\f\\n\\r\\t\\v\\\\x"}',
    '{"a": "x\\',
    '{"a": "x\\\n"}',
    '{"a": "x\\u00e9\\u12G4y',
    '[1, -12.50, 1e5, 1E-05, 10, 0.1.2, - 1]',
    '{"a": [}, "b": 1}',
    '{"a": 1]',
    '[{"a": 1]',
    '{:"a"}',
    '[1:2]',
    '{"a": 1,, "b": 2,,}',
    '{"a": 1 "b": 2 // c\n "c": 3}',
    ',',
    ':1',
    '/ 1',
    '/* a */',
    '// a',
    '// a\r\n[]\t',
  ].map((text) => [text, 'json'] as const),
  ...[
    'a: b\n---\nc: d\n...\n---\n',
    '--- a\n--- b',
    'a: "x\\ty\\u0041\\x41\\\n  z"\n',
    "a: 'it''s\n  b'\n",
    'a: |+\n  b\n\n\nc: |2\n   d\n',
    'a: >\n  b\n  c\n\n  d\n   e\n  f\n',
    'a: |-\n\n  b\n',
    'a: [1, 0x1F, 0o17, 1_000, .5, -.inf, .nan, 1e3, ~, yes, true, False, null, 2026-01-01, 1:30]\n',
    'a: b: c\n',
    'a:\n\tb: c\n',
    '  a: 1\n b: 2\n',
    '- a\nb: c\n',
    '? a\n: b\n',
    '? [a]\n: b\n',
    'a: *x\n',
    'a: &x [*x]\n',
    '%YAML 1.2\n---\na: b\n',
    'a: @b\n',
    'a: `b`\n',
    'a: [b\nc: d\n',
    'a: {b: c\n',
    'a: "b\n',
    "a: 'b\n",
    'a: b #c\nd: e#f\n',
    '"a": b\n\'c\': d\n',
    'a: !Sub\n  - "${b}"\n  - {b: 1}\nc: !GetAtt d.e\nf: !If [g, h, !Ref i]\n',
    'a: {{ x }}\nb: "{{ y }}"\n{{- if z }}\nc: d\n{{- end }}\n',
    '{{ x }}: 1\n',
    'a: ${b}\nc: "${d}"\n',
    'a: 1\na: 2\n',
    '- \n-\n- - a\n  - b\n-   c: d\n    e: f\n',
    'a: !!binary YQ==\nb: !!int "3"\nc: !x {d: e}\n',
    'a:\r\n- b\r\n- c\r',
    'plain text\nover lines\n',
    'a: b\n  c\n  d\n',
    'a: "b" c\n',
    '<<: {a: 1}\nb: 2\n',
    'a: &x {b: 1}\nc: {<<: *x, d: 2}\ne: {<<: [*x, {f: 3}], b: 4}\n',
    'é: ü\n',
    '\uFEFFa: b\n',
    'a: -\n',
    'a: - b\n',
    '[a, b]: c\n',
    'a: "\\"\n',
    '- &x a\n- *x\n- &x b\n- *x\n',
    // Characters that are written in another way than they are.
    'a: "\\0\\a\\b\\e\\f\\n\\r\\t\\v\\N\\_\\L\\P\\\\\\/\\"\\ x"\n',
    'a: "\\x41b\\u0042c\\U00000043d\\U0001F600e"\n',
    'a: "\\x4"\nb: "\\uD800"\nc: "\\UFFFFFFFFd"\n',
    'a: "x\\\r\n   y\\\n\t z"\n',
    'a: "x \\\n  \\  y"\n',
    'a: "x\\\n\n  y"\nb: "x\\\n\n\n  y"\n',
    'a: "x \t\r\n\r\n  y\\t \n z  "\n',
    "a: 'x  \n\n\n  y''  \n z '\n",
    "a: ' x\\n '\nb: ''''\nc: ''\nd: \"\"\n",
    'a: |\r\n  b\r\n\r\n  c \r\nd: >\r\n  e\r\n  f\r\n',
    'a: |2\n   b\n  c\nd: |1-\n  e\n\n f\n\n',
    'a: |\n\n \n  b\tc  \n  \td\n\n\ne: >+\n  f\n\n\n  g\n   h\n  i\n\n',
    'a: |+\n\n\nb: |-\nc: >\n\nd: |',
    'a: | # c\n  b\n# d\ne: >- # f\n  g\n  h\n',
    '- |\n a\n-  >\n   b\n   c\n- - |-\n    d\n',
    'a: >\n\n  b\n\n\n  c\n\n   d\n\n  e',
    `a: |\n${' '.repeat(12)}b\n${' '.repeat(14)}c\n`,
    'a: b  \n   c\n\n   d \te\n\n\n   f\n',
    'a: b \r\n  c\r\n\r\n  d\r\n',
    'a: [b\n  c, "d\n  e", f]\n',
    'a: {b: |, c: >}\n',
    'a: !Sub |\n  x${b}y\n  ${c}\nd: !Sub "${e}"\nf: !Sub [g, {h: i}]\nj: !Sub [[k]]\n',
    'a: !Join\n  - "-"\n  - [b, !Ref c, "d e"]\nf: !Join [",", []]\ng: !Join [h]\ni: !Join [[], [j]]\nk: !Join ["", [l]]\nm: !Join ["", n]\n',
    'a: !If [b, {c: d}, [e]]\nf: !If g\n!Sub "${h}": i\n!Ref j: k\n!!str l: m\n',
    'a: &x !y b\nc: !y &z\n  # d\n  e: f\ng: *z\nh: [&i j, *i, !k l]\n- &m\n',
    'a: &x\n  - b\nc:\n  <<: [*x, {d: e}, {d: f}]\n  <<: {g: h}\n  g: i\n',
    'a: &x {b: c}\nd:\n  <<: *x\n  b: e\nf: {<<: *x}\n',
    'a:\n  - *x\n  - b: *x\n    c: d\n',
    'a : b\n"c" : d\n? e\nf: ? g\n',
    'a:   \nb:   # c\nd: !x\ne: &f\n',
    'a: [b,, c]\nd: {e, f: , g:}\n',
    '? |\n  a\n: b\n? {c: d}\n: e\nf: g\n',
    'a: 1.0\n2: b\ntrue: c\n~: d\n.5: e\n',
    '---\n# a\n---\n--- # b\nc: d\n---e: f\n--- |\n  g\n...\nh: i\n',
    '--- \n...\n',
    'a: |\n  b\n---\nc\n',
  ].map((text) => [text, 'yaml'] as const),
  ...[
    '// a\n{"b": 1}',
    '/* a */ [1]',
    '/* a */ b: c\n',
    '// a',
    '/* a',
    ' \uFEFF{}',
    '\uFEFF // a\n\t{}',
    '{a: b}',
    '{"a": b}',
    '[a, b]\n---\n[c]\n',
  ].map((text) => [text] as const),
];
test('what is read, and where it is', () =>
  asKept(
    'document/read',
    READ.flatMap(([text, language]) => {
      const { documents, errors, ...more } = parse(text, language);
      return [
        `${language ?? 'either'}: ${visible(text)}`,
        ...errors.map((error) => `  ${error.start}-${error.end} ${visible(error.message)}`),
        ...documents.flatMap(({ root, start, end, ...its }) => [
          `  document ${start}-${end} ${JSON.stringify(its)}`,
          ...(root === undefined ? [] : nodesTold(text, root).map((line) => `    ${line}`)),
        ]),
        ...(Object.keys(more).length > 0 ? [`  ${visible(JSON.stringify(more)).slice(0, 200)}`] : []),
      ];
    }),
  ));

test('a value that its source does not give has no places', () => {
  const rows: readonly (readonly [source: string, value: string, places?: readonly number[]])[] = [
    ['a b', 'a b', [0, 1, 2, 3]],
    ['a b', 'a\nb'],
    ['a b', 'a c'],
    ['a b', 'a b c'],
    ['a-b', 'a b'],
    ['a  b', 'a b', [0, 1, 3, 4]],
    ['a \n b', 'a b', [0, 1, 4, 5]],
    ['a \r\n b', 'a b', [0, 1, 5, 6]],
    ['a \r b', 'a\nb'],
    ['a \n b', 'a\nb', [0, 2, 4, 5]],
    ['a\tb', 'a b'],
    ['a ', 'a ', [0, 1, 2]],
    ['a ', 'a\n', [0, 2, 2]],
    ['a', 'a\n', [0, 1, 1]],
    ['a', 'ab'],
    ['"a"', 'b'],
    ['"\\x41"', 'A', [1, 5]],
    ['"\\U00110000"', 'A'],
    ["'a'", 'a', [1, 2]],
    ["'a''b'", "a'b", [1, 2, 4, 5]],
    ['"a\\\\"', 'a\\', [1, 2, 4]],
    ['|', '', [1]],
    ['|', 'a'],
    ['|\n a\n', 'a\n', [3, 4, 5]],
    ['|\n a\n', ' a\n', [2, 3, 4, 5]],
    ['|\n  a\n  b', 'a\nb', [4, 5, 8, 9]],
    ['>\n  a\n  b', 'a b', [4, 5, 8, 9]],
    ['>\r\n  a\r\n  b', 'a b', [5, 6, 10, 11]],
    ['|\n  a\n  c', 'a\nb'],
  ];
  // Whatever follows in the file is none of the value.
  for (const behind of ['', ' ', '\n', '\nb: c\n', 'bc'])
    for (const [source, value, places] of rows)
      assert.deepEqual(
        placesOf(source + behind, 0, source.length, value),
        places,
        JSON.stringify([source, value, behind]),
      );
});

test('a block ends before the white space behind it', () => {
  for (const [text, from, end] of [
    ['|\n  a\n\n', 0, 5],
    ['|\n \n', 0, 1],
    ['x \n \n', 1, 1],
    ['x \n \n', 5, 5],
  ] as const)
    assert.equal(blockEnd(text, from, text.length), end, JSON.stringify(text));
});

test('no more than 20 errors are told of a document, and no more than 20 commas', () => {
  for (const count of [1, 19, 20, 21, 40]) {
    const read = (text: string) => {
      const { errors, commas } = parseJson(text, { text, format: 'json' });
      return { errors: errors.length, commas: commas.length };
    };
    const most = Math.min(count, 20);
    assert.deepEqual(read(`[${'x, '.repeat(count)}1]`), { errors: most, commas: 0 });
    assert.deepEqual(read(`[1${' 1'.repeat(count)}]`), { errors: 0, commas: most });
    assert.deepEqual(read(`[1,${','.repeat(count)}1]`).commas, most);
    assert.equal(parse(`a: [${'@, '.repeat(count)}]`, 'yaml').errors.length, most);
  }
});

test('a document is read as deep as some 200 levels, and what is deeper is unknown', () => {
  const deep = (root: DocNode | undefined): number =>
    root?.type === 'array' ? 1 + deep(root.items[0]) : root?.type === 'object' ? 1 + deep(root.entries[0]?.value) : 0;
  const WRITTEN: Readonly<Record<string, (depth: number) => string>> = {
    '[': (depth) => '['.repeat(depth) + ']'.repeat(depth),
    '{': (depth) => '{"a": '.repeat(depth) + 'b' + '}'.repeat(depth),
    '-': (depth) => '- '.repeat(depth) + 'a',
    ':': (depth) => Array.from({ length: depth }, (_, index) => `${' '.repeat(index)}a:\n`).join(''),
  };
  asKept(
    'document/depth',
    (['json', 'yaml'] as const).flatMap((language) =>
      Object.entries(WRITTEN)
        .filter(([sign]) => language === 'yaml' || /[[{]/.test(sign))
        .flatMap(([sign, make]) =>
          [1, 199, 200, 201, 202].map((depth) => {
            const { documents, errors } = parse(make(depth), language);
            const told = errors.map(({ message, start, end }) => ` ${start}-${end} ${message.split('\n')[0]}`);
            return `${language} ${sign} ${depth}: ${deep(documents[0]?.root)}${told.slice(0, 2).join('')}`;
          }),
        ),
    ),
  );
});

test('what stands for what a template fills in', () =>
  asKept(
    'document/templates',
    [
      'a: {{ b }}',
      '{{ a }}{{ b }}',
      '{{ a',
      'a }} b',
      '{{- if x }}\na\n{{- end }}\n',
      '{{/* c }} */}}d',
      '{{ "}}" }}',
      '{{ `}}` }}',
      'a {{ b\n}} c',
      '{% if a %}b{% endif %}',
      '{{{ a }}}',
      '{{}}',
      '{{resolve:ssm:a}}',
      '${a} {{ b }} ${c}',
      '{{"\\"}}"}}',
      'x {{ y }} {{',
      '}}{{ a }}',
    ].map((text) => `${visible(text)} → ${visible(maskTemplates(text))}`),
  ));
