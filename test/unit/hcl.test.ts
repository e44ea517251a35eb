// HCL: every element with its place, what is wrong and what is read all the same, and what holds for any text. HashiCorp's parser is
// asked by `npm run hcl`.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { HclExpression, HclFile, HclItem, HclPart, HclPlace, HclText } from '../../src/core/document/hcl.ts';
import { attributeOf, blocksOf, joinParts, keyOf, pathOf, textOfHcl } from '../../src/core/document/hcl.ts';
import { parseHclJson } from '../../src/core/document/hcl-json.ts';
import { parseHcl } from '../../src/core/document/hcl-parse.ts';
import { readingOf } from '../../src/core/document/hcl-reading.ts';
import { hclItems, linesOfWords } from '../../src/core/document/hcl-tokens.ts';
import { asKept } from './told.ts';

/** Texts for each property; many more by hand (RUNS=100000). */
const RUNS = Number(process.env['RUNS'] ?? 200);

/** What a tree says, without its places: `+(1 *(2 x))`. */
function told(one: HclExpression): string {
  const all = (list: readonly HclExpression[]): string => list.map(told).join(' ');
  switch (one.type) {
    case 'literal':
      return String(one.value);
    case 'string':
      return `${one.form === 'quoted' ? '' : one.form}"${toldParts(one.parts)}"`;
    case 'tuple':
      return `[${all(one.items)}]`;
    case 'object':
      return `{${one.entries.map(({ key, value }) => `${told(key)}: ${told(value)}`).join(', ')}}`;
    case 'call':
      return `${one.name.text}(${all(one.arguments)}${one.isSpread ? '...' : ''})`;
    case 'variable':
      return one.name;
    case 'traversal':
      return `<${told(one.of)}${one.steps
        .map((step) =>
          step.type === 'attribute'
            ? `.${step.name.text}`
            : step.type === 'index'
              ? `[${told(step.key)}]`
              : step.isFull
                ? '[*]'
                : '.*',
        )
        .join('')}>`;
    case 'unary':
      return `${one.operator}(${told(one.of)})`;
    case 'operation':
      return `${one.operators.join('')}(${all(one.operands)})`;
    case 'conditional':
      return `?(${all([one.condition, one.then, one.otherwise])})`;
    case 'for': {
      const [names, keys] = [one.key ? `${one.key.text},` : '', one.newKey ? `${told(one.newKey)} => ` : ''];
      const ifs = one.condition ? ` if ${told(one.condition)}` : '';
      return `${one.makes}(${names}${one.item.text} in ${told(one.collection)}: ${keys}${told(one.value)}${one.isGrouped ? '...' : ''}${ifs})`;
    }
    case 'parentheses':
      return `(${told(one.of)})`;
    case 'bad':
      return 'BAD';
  }
}
const toldParts = (parts: readonly HclPart[]): string =>
  parts
    .map((one) => {
      if (one.type === 'text') return one.value;
      if (one.type === 'interpolation') return `\${${told(one.value)}}`;
      if (one.type === 'bad') return 'BAD';
      if (one.type === 'if') return `%(${told(one.condition)}|${toldParts(one.then)}|${toldParts(one.otherwise)})`;
      const key = one.key ? `${one.key.text},` : '';
      return `%(${key}${one.item.text} in ${told(one.collection)}|${toldParts(one.parts)})`;
    })
    .join('');
const toldItem = (one: HclItem): string => {
  if (one.type === 'bad') return 'BAD';
  if (one.type === 'attribute') return `${one.name.text} = ${told(one.value)}`;
  const labels = one.labels.map(({ value }) => ` "${value}"`).join('');
  return `${one.name.text}${labels} {${one.body.items.map(toldItem).join('; ')}}`;
};
const toldFile = ({ body }: HclFile): string => body.items.map(toldItem).join('; ');

/** The value of `a` in a file that says nothing else, and is right. */
function value(written: string): HclExpression {
  const file = parseHcl(`a = ${written}\n`);
  assert.deepEqual(file.problems, [], written);
  const found = attributeOf(file.body, 'a');
  assert.ok(found, written);
  return found.value;
}

/** Children in order, with their parent's range around them; of texts also every character. */
function assertSound(text: string, { body, problems } = parseHcl(text)): void {
  const inside = (place: HclPlace, parent: HclPlace): void => {
    assert.ok(parent.start <= place.start && place.start <= place.end && place.end <= parent.end, text);
  };
  const children = (parent: HclPlace, list: readonly (HclPlace | undefined)[], visit?: (one: never) => void): void => {
    let at = parent.start;
    for (const one of list) {
      if (!one) continue;
      inside(one, { start: at, end: parent.end });
      at = one.end;
      visit?.(one as never);
    }
  };
  const textIn = (one: HclText): void => {
    let at = one.start;
    for (let index = 0; index <= one.value.length; index += 1) {
      assert.ok(at <= one.at(index) && one.at(index) <= one.end, text);
      at = one.at(index);
    }
  };
  const part = (one: HclPart): void => {
    if (one.type === 'text') textIn(one);
    else if (one.type === 'interpolation') children(one, [one.value], expression);
    else if (one.type === 'if') {
      children(one, [one.condition], expression);
      children(one, [...one.then, ...one.otherwise], part);
    } else if (one.type === 'loop') {
      children(one, [one.key, one.item, one.collection]);
      expression(one.collection);
      children(one, one.parts, part);
    }
  };
  function expression(one: HclExpression): void {
    if (one.type === 'string') children(one, one.parts, part);
    else if (one.type === 'tuple') children(one, one.items, expression);
    else if (one.type === 'object') {
      const list = one.entries.flatMap(({ key, value: of }) => [key, of]);
      children(one, list, expression);
    } else if (one.type === 'call') {
      children(one, [one.name, ...one.arguments]);
      one.arguments.forEach(expression);
    } else if (one.type === 'traversal') {
      children(one, [one.of, ...one.steps]);
      expression(one.of);
      for (const step of one.steps) if (step.type === 'index') children(step, [step.key], expression);
    } else if (one.type === 'unary' || one.type === 'parentheses') children(one, [one.of], expression);
    else if (one.type === 'operation') children(one, one.operands, expression);
    else if (one.type === 'conditional') children(one, [one.condition, one.then, one.otherwise], expression);
    else if (one.type === 'for') {
      const list = [one.collection, one.newKey, one.value, one.condition];
      children(one, [one.key, one.item, ...list]);
      for (const inner of list) if (inner) expression(inner);
    }
  }
  const item = (one: HclItem): void => {
    if (one.type === 'attribute') {
      children(one, [one.name, one.value]);
      expression(one.value);
    } else if (one.type === 'block') {
      children(one, [one.name, ...one.labels, one.body]);
      children(one.body, one.body.items, item);
    }
  };
  assert.deepEqual([body.start, body.end], [0, text.length]);
  children(body, body.items, item);
  for (const one of problems) {
    inside(one, body);
    assert.notEqual(one.message, '', text);
  }
}

/** Every expression and what is written there, outermost first. */
const ELEMENTS: readonly (readonly [written: string, told: string])[] = [
  ['1', '1'],
  ['-2.5e3', '-(2500)'],
  ['1e+2', '100'],
  ['true', 'true'],
  ['null', 'null'],
  ['trueish', 'trueish'],
  ['a-b_1', 'a-b_1'],
  ['größe', 'größe'],
  ['var.a.b', '<var.a.b>'],
  ['a.b[0]["k"].*.c.0[1][*].d', '<a.b[0]["k"].*.c[0][1][*].d>'],
  ['a[b.c]', '<a[<b.c>]>'],
  ['a[\n0\n]', '<a[0]>'],
  ['f(1).x', '<f(1).x>'],
  ['(a).x', '<(a).x>'],
  ['f()', 'f()'],
  ['f (1, 2,)', 'f(1 2)'],
  ['f(\n1,\n2...\n)', 'f(1 2...)'],
  ['provider::aws::f(1)', 'provider::aws::f(1)'],
  ['[]', '[]'],
  ['[1, [2],]', '[1 [2]]'],
  ['[ # x\n 1 // y\n, 2 /* z */ ]', '[1 2]'],
  ['{}', '{}'],
  ['{ a = 1, "b" : 2 }', '{a: 1, "b": 2}'],
  ['{\n a = 1\n\n b = 2, # x\n (c) = 3\n "${d}" = 4\n}', '{a: 1, b: 2, (c): 3, "${d}": 4}'],
  ['{ if = 1, in = 2 }', '{if: 1, in: 2}'],
  ['!a && b', '&&(!(a) b)'],
  ['1 + 2 * 3 - 4', '+-(1 *(2 3) 4)'],
  ['1 * 2 + 3 % 4 / 5', '+(*(1 2) %/(3 4 5))'],
  ['a || b && c == d < e + f * g', '||(a &&(b ==(c <(d +(e *(f g))))))'],
  ['a * b + c > d != e && f || g', '||(&&(!=(>(+(*(a b) c) d) e) f) g)'],
  ['a >= 1 && b <= 2', '&&(>=(a 1) <=(b 2))'],
  ['-a.b + -1', '+(-(<a.b>) -(1))'],
  ['a ? b : c ? d : e', '?(a b ?(c d e))'],
  ['a ? b ? 1 : 2 : 3', '?(a ?(b 1 2) 3)'],
  ['(\n1\n+ 2\n)', '(+(1 2))'],
  ['[for v in a : v]', 'tuple(v in a: v)'],
  ['[for k, v in a : v if k != 1]', 'tuple(k,v in a: v if !=(k 1))'],
  ['{\nfor k, v in a :\n k => v...\n}', 'object(k,v in a: k => v...)'],
  ['""', '""'],
  ['"a b"', '"a b"'],
  ['"a${b}c"', '"a${b}c"'],
  ['"${b}"', '"${b}"'],
  ['"${ "x${y}" }"', '"${"x${y}"}"'],
  ['"${{a = 1}}"', '"${{a: 1}}"'],
  ['"${\n a\n}"', '"${a}"'],
  ['"\\n\\t\\r\\"\\\\"', '"\n\t\r"\\"'],
  ['"\\u00e9\\U0001F600"', '"é😀"'],
  ['"\\u0000\\ud7ff\\ue000\\U0010ffff"', '"\0\ud7ff\ue000\u{10ffff}"'],
  ['"$${a} %%{b} $ % $$ 5%"', '"${a} %{b} $ % $$ 5%"'],
  ['"$$${a}"', '"$${a}"'],
  ['"%{ if a }x%{ else }y%{ endif }"', '"%(a|x|y)"'],
  ['"%{ if a }%{ endif }"', '"%(a||)"'],
  ['"%{ for k, v in a }${v}, %{ endfor }"', '"%(k,v in a|${v}, )"'],
  ['"a  ${~ b ~}  c"', '"a${b}c"'],
  ['"a\\n ${~ b ~} \\n c"', '"a${b}c"'],
  ['<<EOT\nEOT', 'heredoc""'],
  ['<<EOT\n  a\n\n "b" \\n\nEOT', 'heredoc"  a\n\n "b" \\n\n"'],
  ['<<-EOT\n    a\n\n      b\n    EOT', 'indented"a\n\n  b\n"'],
  ['<<-EOT\n    a\n  ${b}\n  EOT', 'indented"  a\n${b}\n"'],
  ['<<-EOT\n\ta ${b}\n  \n\tc\n\tEOT', 'indented"a ${b}\n  \nc\n"'],
  ['<<EOT\n%{ for a in b ~}\n  ${a}\n%{ endfor ~}\nEOT', 'heredoc"%(a in b|  ${a}\n)"'],
  ['<<-EOT\n  a\n  ${~ b}\n  EOT', 'indented"  a\n${b}\n"'],
  ['<<EOT\n$${a} %%{b}\nEOTX\n EOT ', 'heredoc"${a} %{b}\nEOTX\n"'],
  ['<<EOT\n${<<IN\nx\nIN\n}\nEOT', 'heredoc"${heredoc"x\n"}\n"'],
  ['f(<<EOT\nx\nEOT\n)', 'f(heredoc"x\n")'],
  ['<<EOT\nx\n\x0eEOT\n\x0bEOT', 'heredoc"x\n\x0eEOT\n"'],
];

describe('HCL: what is read', () => {
  for (const [written, expected] of ELEMENTS) {
    test(JSON.stringify(written), () => {
      const one = value(written);
      assert.equal(told(one), expected);
      assert.equal(one.end, 4 + written.length);
      assertSound(`a = ${written}\n`);
    });
  }

  test('an expression knows the place of each of its parts', () => {
    const text = 'a = f(x.y[0], "p${q}r") ? [for k in l : -k] : { m = n }\n';
    const found: string[] = [];
    const note = (one: HclPlace): number => found.push(text.slice(one.start, one.end));
    const one = attributeOf(parseHcl(text).body, 'a')?.value;
    assert.ok(one?.type === 'conditional');
    assert.ok(one.condition.type === 'call' && one.then.type === 'for' && one.otherwise.type === 'object');
    const [first, second] = one.condition.arguments;
    assert.ok(first?.type === 'traversal' && second?.type === 'string');
    for (const part of [one, one.condition, one.condition.name, first, first.of, ...first.steps, second]) note(part);
    for (const part of [...second.parts, one.then, one.then.item, one.then.collection, one.then.value]) note(part);
    for (const { key, value: of } of one.otherwise.entries) [key, of].forEach(note);
    assert.deepEqual(found, [
      'f(x.y[0], "p${q}r") ? [for k in l : -k] : { m = n }',
      'f(x.y[0], "p${q}r")',
      'f',
      'x.y[0]',
      'x',
      '.y',
      '[0]',
      '"p${q}r"',
      'p',
      '${q}',
      'r',
      '[for k in l : -k]',
      'k',
      'l',
      '-k',
      'm',
      'n',
    ]);
  });

  test('blocks have types, labels and bodies with their places', () => {
    const text = '# c\nresource "aws_iam_role" x {\n  name = "a"\n  inner { b = 1 }\n  empty {}\n}\nlocals {\n}\n';
    const { body, problems } = parseHcl(text);
    assert.deepEqual(problems, []);
    const [one] = blocksOf(body, 'resource');
    assert.ok(one);
    assert.deepEqual(
      one.labels.map((label) => [label.value, text.slice(label.start, label.end), text.slice(label.at(0), label.end)]),
      [
        ['aws_iam_role', '"aws_iam_role"', 'aws_iam_role"'],
        ['x', 'x', 'x'],
      ],
    );
    assert.equal(text.slice(one.start, one.end), text.slice(4, text.indexOf('\nlocals')));
    assert.equal(text.slice(one.body.start, one.body.end), text.slice(text.indexOf('{'), text.indexOf('\nlocals')));
    const [inner] = blocksOf(one.body, 'inner');
    assert.equal(inner && text.slice(inner.start, inner.end), 'inner { b = 1 }');
  });

  test('a key is a word or a text; one in brackets or with an expression must be evaluated', () => {
    const one = value('{ a = 1, "b\\n" = 2, 3 = 4, (c) = 5, "${d}" = 6, null = 7 }');
    assert.ok(one.type === 'object');
    assert.deepEqual(
      one.entries.map((entry) => keyOf(entry)?.value),
      ['a', 'b\n', '3', undefined, undefined, 'null'],
    );
  });

  test('pathOf says what names alone lead to', () => {
    assert.deepEqual(pathOf(value('aws_iam_role.x.arn')), ['aws_iam_role', 'x', 'arn']);
    assert.deepEqual(pathOf(value('local')), ['local']);
    for (const written of ['a[0].b', 'f().b', 'a.*.b', '"a"']) assert.equal(pathOf(value(written)), undefined, written);
  });

  test('the characters of a text know their places, behind escapes and without indentation', () => {
    const text = 'a = "x\\ny\\"$${z}\\u00e9!"\nb = <<-E\n    one\n      $${two}\n    E\n';
    const { body } = parseHcl(text);
    for (const [name, characters, places] of [
      ['a', 'x\ny"${z}é!', ['x', '\\n', 'y', '\\"', '$${', '{', 'z', '}', '\\u00e9', '!']],
      ['b', 'one\n  ${two}\n', ['o', 'n', 'e', '\n', ' ', ' ', '$${', '{', 't', 'w', 'o', '}', '\n']],
    ] as const) {
      const found = textOfHcl(attributeOf(body, name)?.value);
      assert.equal(found?.value, characters);
      for (const [index, written] of places.entries()) {
        const at = found.at(index);
        if (written !== '{') assert.equal(text.slice(at, at + written.length), written, `${name} ${index}`);
      }
      assert.equal(found.at(characters.length), found.end);
      assert.equal(found.at(-5), found.start);
      assert.equal(found.at(1000), found.end);
    }
  });

  test('textOfHcl is the text of a string that is nothing else', () => {
    assert.equal(textOfHcl(undefined), undefined);
    for (const written of ['1', '"a${b}"', '"${b}"']) assert.equal(textOfHcl(value(written)), undefined, written);
    assert.equal(textOfHcl(value('"a"'))?.value, 'a');
  });

  test('joinParts puts something in the place of an expression', () => {
    const text = 'a = "x\\n${var.y}z"\n';
    const one = attributeOf(parseHcl(text).body, 'a')?.value;
    assert.ok(one?.type === 'string');
    const joined = joinParts(one.parts, () => 'FILLED');
    assert.equal(joined?.value, 'x\nFILLEDz');
    const at = [0, 1, 2, 7, 8, 9].map((index) => text.slice(joined.at(index)).slice(0, 2));
    assert.deepEqual(at, ['x\\', '\\n', '${', '${', 'z"', '"\n']);
    assert.equal(
      joinParts(one.parts, () => undefined),
      undefined,
    );
    const last = value('"x${b}"');
    assert.ok(last.type === 'string');
    assert.equal(joinParts(last.parts, () => '')?.at(1), 6, 'what comes to nothing stands where it begins');
    const alone = value('"${b}"');
    assert.ok(alone.type === 'string');
    assert.equal(joinParts(alone.parts, () => 'no')?.at(2), alone.end - 1);
    assert.equal(joinParts([], () => 'no')?.at(2), 0, 'what has no parts');
  });
});

test('in JSON blocks are told from arguments, and everything has its place there', () => {
  const text = `{"data": {"aws_iam_policy_document": {"x": {
    "statement": [{"a": 1}, {"b": 2}], "condition": {"c": 3}, "principals": "\${z}", "content": []
  }}}, "locals": {"d": "", "e": "\${f[1]}"}}`;
  const { body, problems } = parseHclJson(text, { text, format: 'json' });
  assert.deepEqual(problems, []);
  const [data, locals] = [...blocksOf(body, 'data'), ...blocksOf(body, 'locals')];
  assert.ok(data && locals);
  assert.equal(
    toldFile({ body, problems }),
    'data "aws_iam_policy_document" "x" {statement {a = 1}; statement {b = 2}; condition {c = 3}; principals = "${z}"}; locals {d = ""; e = "${<f[1]>}"}',
  );
  assert.deepEqual(
    data.body.items.map((one) => one.type === 'block' && one.json?.index),
    [0, 1, undefined, false],
  );
  const d = attributeOf(locals.body, 'd')?.value;
  assert.ok(d?.type === 'string');
  assert.equal(d.parts[0]?.type === 'text' && d.parts[0].at(0), text.indexOf('""') + 1);
});

/** What HashiCorp's parser refuses, the text at which that is said, and what is read all the same. */
const REFUSED: readonly (readonly [text: string, at: string, told: string])[] = [
  ['a =\nb = 1\n', '\nb', 'a = BAD; b = 1'],
  ['a = 1 2\nb = 1\n', '2', 'a = 1; BAD; b = 1'],
  ['a = 1, \nb = 1\n', ',', 'a = 1; BAD; b = 1'],
  ['a = 1\na = 2\n', 'a = 2', 'a = 1; a = 2'],
  ['a\nb = 1\n', '\nb', 'BAD; b = 1'],
  ['"a" = 1\nb = 1\n', '"a"', 'BAD; b = 1'],
  ['}\nb = 1\n', '}', 'BAD; b = 1'],
  ["a = 'x'\nb = 1\n", "'", 'a = BAD; b = 1'],
  ['a = [1 2, 3]\nb = 1\n', '2', 'a = [1 3]; b = 1'],
  ['a = [1\n  "x"]\nb = 1\n', '"x"', 'a = [1 "x"]; b = 1'],
  ['a = [1, =, 3]\nb = 1\n', '=, 3', 'a = [1 BAD 3]; b = 1'],
  ['a = {x = , y = 2}\nb = 1\n', ', y', 'a = {x: BAD, y: 2}; b = 1'],
  ['a = {\n x\n y = 2\n}\nb = 1\n', '\n y', 'a = {x: BAD, y: 2}; b = 1'],
  ['a = {x = 1 y = 2}\nb = 1\n', 'y', 'a = {x: 1}; b = 1'],
  ['a = {x =\n 1}\nb = 1\n', '\n 1', 'a = {x: BAD, 1: BAD}; b = 1'],
  ['a = f(1 2)\nb = 1\n', '2', 'a = f(1); b = 1'],
  ['a = f(1..., 2)\nb = 1\n', ', 2', 'a = f(1 2...); b = 1'],
  ['a = {x y, z = 1}\nb = 1\n', 'y,', 'a = {x: BAD, z: 1}; b = 1'],
  ['a = {x = 1, 2 3, y = "z" "w", v = 1}\nb = 1\n', '3,', 'a = {x: 1, 2: BAD, y: "z", v: 1}; b = 1'],
  ['a = {x = 1 ]\nb = 1\n', '{x', 'a = {x: 1}; BAD; b = 1'],
  ['a = {x = 1', '{x', 'a = {x: 1}'],
  ['a = [1, 2 {3, 4}, 5]\nb = 1\n', '{3', 'a = [1 2 5]; b = 1'],
  ['a = [1 "b, c" "d" <<E\ne,\nE\n, 2]\nb = 1\n', '"b, c"', 'a = [1 2]; b = 1'],
  ['a = [1\nb {\n}\n', '[1', 'a = [1]; b {}'],
  ['a = [1\n 2, 3]\n', '2,', 'a = [1 3]'],
  ['a = [1\n  b {\n  }\n]\nc = 2\n', 'b {', 'a = [1 b]; c = 2'],
  ['a = [1 )\n', '[1', 'a = [1]; BAD'],
  ['a = (1 2)\nb = 1\n', '2', 'a = (1); b = 1'],
  ['a = b ? c\nb = 1\n', '\nb', 'a = BAD; b = 1'],
  ['a = b.\nb = 1\n', '\nb', 'a = BAD; b = 1'],
  ['a = b.*.*\n', '*\n', 'a = BAD'],
  ['a = b.0.1\n', '0.1', 'a = BAD'],
  ['a = 1em\n', 'em', 'a = 1; BAD'],
  ['a = 1.2.3\n', '1.2.3', 'a = 1.2'],
  ['a = [for x in y x]\nb = 1\n', 'x]', 'a = BAD; b = 1'],
  ['a = {for x in y : x}\nb = 1\n', 'x}', 'a = object(x in y: x); b = 1'],
  ['a = [for x in y : x => x]\n', 'x =>', 'a = tuple(x in y: x => x)'],
  ['a = [for x in y : x...]\n', '...', 'a = tuple(x in y: x...)'],
  ['a = "x\nb = 1\n', '"x', 'a = "x"; b = 1'],
  ['a = "x${y"\nb = 1\n', '"\nb', 'a = "xBAD"; b = 1'],
  ['a = "x${y z}w"\nb = 1\n', 'z}', 'a = "xBADw"; b = 1'],
  ['a = "x${f(\nb = 1\n', '"x${f(', 'a = "xBAD"; b = 1'],
  ['a = "\\x"\nb = 1\n', '\\x', 'a = "x"; b = 1'],
  ['a = "\\u12"\nb = 1\n', '\\u12', 'a = "u12"; b = 1'],
  ['a = "\\ud800"\n', '\\ud', 'a = "ud800"'],
  ['a = "\\udfff"\n', '\\ud', 'a = "udfff"'],
  ['a = "\\U00110000"\n', '\\U', 'a = "U00110000"'],
  ['a = "\\ud83d"\nb = 1\n', '\\ud', 'a = "ud83d"; b = 1'],
  ['a = "%{ if x }y"\nb = 1\n', '%{', 'a = "%(x|y|)"; b = 1'],
  ['a = "%{ if x }y%{ else }"\nb = 1\n', '%{', 'a = "%(x|y|)"; b = 1'],
  ['a = "y%{ endif }"\nb = 1\n', '%{', 'a = "yBAD"; b = 1'],
  ['a = "%{ while x }"\nb = 1\n', 'while', 'a = "BAD"; b = 1'],
  ['a = "%{ for x in y }%{ else }%{ endfor }"\n', '%{ else', 'a = "%(x in y|BAD)"'],
  ['a = <<E\n x ${y:-z} w\nE\nb = 1\n', ':', 'a = heredoc" x BAD w\n"; b = 1'],
  ['a = <<E\n x\nE', 'E', 'a = heredoc" x\n"'],
  ['a = <<E\n x\n\nresource "b" "c" {\n}\n', '<<E', 'a = heredoc" x\n\n"; resource "b" "c" {}'],
  ['a = <<E\nresource "b" "c" {\n}\n', '<<E', 'a = heredoc""; resource "b" "c" {}'],
  ['a = <<E\nresource "b" "c" {\n d = "$${e}"\n}\n', '<<E', 'a = heredoc""; resource "b" "c" {d = "${e}"}'],
  ['a = <<E\n x\ry\nE\n', '\ry', 'a = heredoc" x\ry\n"'],
  ['a = <<E \nE\nb = 1\n', '<<E', 'a = BAD; BAD; b = 1'],
  ['a = 1 /* x\nb = 1\n', '/*', 'a = 1; BAD'],
  ['a {\n b = 1\n', '{', 'a {b = 1}'],
  ['a {\n b = 1 }\nc = 2\n', '}', 'a {b = 1}; c = 2'],
  ['a { b = 1, c = 2 }\nd = 3\n', ',', 'a {b = 1; c = 2}; d = 3'],
  ['a { b = 1\n c = 2\n}\nd = 3\n', 'c = 2', 'a {b = 1; c = 2}; d = 3'],
  ['a { b { c = 1 } }\nd = 3\n', 'b {', 'a {b {c = 1}}; d = 3'],
  ['a\n{\n b = 1\n}\nd = 3\n', '{', 'a {b = 1}; d = 3'],
  ['a "x"\n{\n b = 1\n}\nd = 3\n', '{', 'a "x" {b = 1}; d = 3'],
  ['a "${x}" {\n b = 1\n}\nd = 3\n', '"${x}"', 'a "${x}" {b = 1}; d = 3'],
  ['a {\nb {\n}\n', '{\nb', 'a {}; b {}'],
  ['x {\n  a {\n    b = 1\n  c {\n  }\n', '{\n  a', 'x {a {b = 1}; c {}}'],
  ['a {\n b = 1\n\nresource "x" "y" {\n  c = 1\n}\n\nd {\n}\n', '{', 'a {b = 1}; resource "x" "y" {c = 1}; d {}'],
  ['a "x" {\n b = f({\n  c = [1\n\nd "x" {\n  e = 1\n}\n', '{\n b = f', 'a "x" {b = f({c: [1]})}; d "x" {e = 1}'],
  ['a "x" {\n b = f({ c = 1 )\n e = 2\n}\nd = 3\n', '{ c', 'a "x" {b = f({c: 1}); e = 2}; d = 3'],
];

describe('HCL: what cannot be read', () => {
  for (const [text, at, expected] of REFUSED) {
    test(JSON.stringify(text), () => {
      const file = parseHcl(text);
      assertSound(text, file);
      assert.equal(toldFile(file), expected);
      const [problem] = file.problems;
      assert.ok(problem, 'a problem');
      assert.equal(text.slice(problem.start).slice(0, at.length), at);
    });
  }

  test('what is said of each, and of what', () =>
    asKept(
      'document/hcl refused',
      REFUSED.flatMap(([text]) => [
        JSON.stringify(text),
        ...parseHcl(text).problems.map(
          ({ message, start, end }) => `  ${message} ${JSON.stringify(text.slice(start, end))}`,
        ),
      ]),
    ));

  test('directives are read as deep as expressions are', () => {
    for (const word of ['if a', 'for b in a']) {
      const said = (count: number): readonly string[] =>
        parseHcl(
          `a = "${`%{ ${word} }`.repeat(count)}${`%{ end${word.split(' ')[0]} }`.repeat(count)}"\n`,
        ).problems.map(({ message }) => message);
      assert.deepEqual(said(199), []);
      assert.equal(said(200)[0], 'This is nested too deeply to be read.');
    }
  });

  test('what is not closed in its line is read again as text five times', () => {
    const text = Array.from({ length: 8 }, (_, index) => `a${index} = "x\${f(\n`).join('');
    assert.deepEqual(
      parseHcl(text).body.items.map((one) => one.type === 'attribute' && one.name.text),
      ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'],
    );
  });

  test('the last line of each word, of fewer than 500 characters', () => {
    const [short, long] = ['x'.repeat(499), 'y'.repeat(500)];
    assert.deepEqual(
      [...linesOfWords(`a\n b \n${short}\n${long}\na`)],
      [
        ['a', 1007],
        ['b', 2],
        [short, 6],
      ],
    );
  });

  test('no more than 20 problems are told', () => assert.equal(parseHcl('= 1\n'.repeat(100)).problems.length, 20));
});

/** Sources of right expressions, and of files of them. */
const { expression, file } = (() => {
  const word = fc.constantFrom('a', 'b1', 'var', 'local', 'each', 'x-y', 'ünter');
  const space = fc.constantFrom('', ' ', '  ', '/* c */');
  const text = fc
    .array(fc.constantFrom('a', ' ', '\\n', '\\"', '$${', '%%{', '$', '%', '}', '\\u00e9', '😀', "'", '#'))
    .map((list) => list.join(''));
  const tree = fc.letrec<{ one: string; template: string }>((tie) => ({
    template: fc
      .array(
        fc.oneof(
          { arbitrary: text.filter((one) => !/[$%]$/.test(one)), weight: 3 },
          fc.tuple(tie('one'), fc.boolean()).map(([one, trims]) => (trims ? `\${~ ${one} ~}` : `\${${one}}`)),
          fc
            .tuple(tie('one'), tie('template'))
            .map(([one, some]) => `%{ if ${one} }${some}%{ else ~}${some}%{ endif }`),
          fc.tuple(word, tie('one'), tie('template')).map(([w, o, t]) => `%{ for ${w} in ${o} }${t}%{~ endfor }`),
        ),
        { maxLength: 4 },
      )
      .map((list) => list.join('')),
    one: fc.oneof(
      { maxDepth: 4 },
      word,
      fc.constantFrom('1', '2.5', '1e3', 'true', 'null', '""'),
      fc.tuple(word, word).map(([a, b]) => `${a}.${b}[0].*.${b}`),
      tie('template').map((one) => `"${one}"`),
      fc.tuple(tie('one'), space).map(([a, s]) => `(${s}${a}${s})`),
      fc.tuple(word, tie('one'), space).map(([a, b, s]) => `${a}[${b}]${s}[*].${a}`),
      fc
        .tuple(tie('one'), fc.constantFrom('+', '-', '*', '/', '%', '&&', '||', '==', '!=', '<', '>='), tie('one'))
        .map(([a, sign, b]) => `${a} ${sign} ${b}`),
      tie('one').map((one) => `!(${one})`),
      fc.tuple(tie('one'), tie('one'), tie('one')).map(([a, b, c]) => `(${a}) ? ${b} : ${c}`),
      fc.array(tie('one'), { maxLength: 3 }).map((list) => `[${list.join(',\n ')}]`),
      fc
        .array(fc.tuple(word, tie('one')), { maxLength: 3 })
        .map((list) => `{\n${list.map(([key, of]) => `${key} = ${of}`).join('\n')}\n}`),
      fc.tuple(word, tie('one'), fc.boolean()).map(([name, one, spread]) => `${name}(${one}${spread ? '...' : ''})`),
      fc.tuple(word, tie('one'), tie('one')).map(([w, a, b]) => `[for ${w} in ${a} : ${b} if ${w}]`),
      fc.tuple(word, tie('one'), tie('one')).map(([w, a, b]) => `{for k, ${w} in ${a} : ${b} => ${w}...}`),
    ),
  }));
  const heredoc = fc
    .tuple(fc.constantFrom('<<', '<<-'), fc.array(fc.tuple(fc.constantFrom('', '  ', '\t'), tree.template)))
    .map(([opener, lines]) => `${opener}E_O\n${lines.map(([indent, line]) => `${indent}${line}\n`).join('')}  E_O`);
  const attribute = fc.tuple(word, fc.oneof({ arbitrary: tree.one, weight: 3 }, heredoc));
  const items = fc
    .uniqueArray(attribute, { selector: ([name]) => name, maxLength: 4 })
    .map((list) => list.map(([name, of]) => `  ${name} = ${of} # c\n`.replace(/( {2}E_O) # c/, '$1')).join(''));
  const block = fc.tuple(word, fc.array(word, { maxLength: 2 }), items);
  const files = fc
    .tuple(items, fc.array(block, { maxLength: 4 }))
    .map(
      ([first, blocks]) =>
        `${first}${blocks.map(([name, labels, body]) => `${name} ${labels.map((one) => `"${one}" `).join('')}{\n${body}}\n`).join('\n')}`,
    );
  return { expression: tree.one, file: files };
})();
/** Anything of which HCL is made, in any order. */
const soup = fc
  .array(
    fc.oneof(
      fc.constantFrom(...'"{}[]().,:=?!<>+-*/%&|#~\\$\n\r\t \'`'),
      fc.constantFrom(
        '${',
        '%{',
        '~}',
        '$${',
        '<<A\n',
        '<<-A\n',
        '\nA\n',
        '//',
        '/*',
        '*/',
        '::',
        '...',
        '=>',
        '\ufeff',
      ),
      fc.constantFrom(
        'a',
        'for ',
        'in ',
        'if ',
        'else',
        'endif',
        'endfor',
        'resource "a" "b" {\n',
        '1',
        '1.',
        'é',
        '\ud83d',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 40 },
  )
  .map((list) => list.join(''));

describe('HCL: what holds for any text', () => {
  test('any text is read, with places in their parents', () => {
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ unit: 'binary' })), (text) => assertSound(text)),
      { numRuns: RUNS },
    );
  });

  test('a right file has no problem, and places in their parents', () => {
    fc.assert(
      fc.property(file, (text) => {
        const read = parseHcl(text);
        assert.deepEqual(read.problems, [], text);
        assertSound(text, read);
      }),
      { numRuns: RUNS },
    );
  });

  test('a right file with something taken out or put in is read', () => {
    const change = fc.tuple(fc.nat(), fc.nat(10), soup);
    fc.assert(
      fc.property(file, fc.array(change, { minLength: 1, maxLength: 3 }), (text, changes) => {
        let broken = text;
        for (const [at, length, what] of changes) {
          const from = at % (broken.length + 1);
          broken = broken.slice(0, from) + what + broken.slice(from + length);
        }
        assertSound(broken);
      }),
      { numRuns: RUNS },
    );
  });

  test('an expression says the same in brackets, in a tuple and in a text', () => {
    fc.assert(
      fc.property(expression, (written) => {
        const expected = told(value(`(${written})`)).slice(1, -1);
        assert.equal(told(value(`[\n${written}\n]`)), `[${expected}]`);
        assert.equal(told(value(`"\${${written}}"`)), `"\${${expected}}"`);
        assert.equal(told(value(`{ k = ${written} }`)), `{k: ${expected}}`);
      }),
      { numRuns: RUNS },
    );
  });

  test('with CRLF a file says the same, and with a byte order mark everything stands one further', () => {
    fc.assert(
      fc.property(file, (text) => {
        const expected = toldFile(parseHcl(text));
        const crlf = parseHcl(text.replaceAll('\n', '\r\n'));
        assert.deepEqual(crlf.problems, []);
        assert.equal(toldFile(crlf).replaceAll('\r\n', '\n'), expected);
        const marked = parseHcl(`\ufeff${text}`);
        assert.equal(toldFile(marked), expected);
        const starts = (read: HclFile): number[] => read.body.items.map(({ start }) => start);
        const further = starts(parseHcl(text)).map((start) => start + 1);
        assert.deepEqual(starts(marked), further);
      }),
      { numRuns: RUNS },
    );
  });

  test('hclItems finds the attributes and blocks of a right file, and ends with any', () => {
    fc.assert(
      fc.property(file, (text) => {
        const items = parseHcl(text).body.items.map(({ start, end }) => ({ start, end }));
        assert.deepEqual(hclItems(text), items, text);
      }),
      { numRuns: RUNS },
    );
    fc.assert(
      fc.property(soup, (text) => {
        let at = 0;
        for (const { start, end } of hclItems(text)) {
          assert.ok(at <= start && start < end && end <= text.length, text);
          at = end;
        }
      }),
      { numRuns: RUNS },
    );
  });
});

describe('HCL: what is large', () => {
  test('100,000 brackets, blocks and directives in each other are too deep, and no end of the stack', () => {
    const COUNT = 100_000;
    const nested: Readonly<Record<string, readonly [open: string, close: string, middle?: string]>> = {
      tuple: ['[', ']'],
      object: ['{a=', '}', '1'],
      call: ['f(', ')'],
      parentheses: ['(', ')', '1'],
      index: ['a[', ']', '1'],
      template: ['"${', '}"', '1'],
      for: ['[for a in ', ': 1]', '1'],
      not: ['!', '', '1'],
      conditional: ['a ? ', ': 1', '1'],
      operations: ['[1 || 1 && 1 == 1 > 1 + 1 * ', ']', '1'],
      unclosed: ['[{a=f("${', ''],
      directive: ['', ''],
      block: ['', ''],
    };
    const special: Readonly<Record<string, string>> = {
      directive: `a = "${'%{ if a }'.repeat(COUNT)}${'%{ endif }'.repeat(COUNT)}"\n`,
      block: 'a {\n'.repeat(COUNT) + '}\n'.repeat(COUNT),
    };
    for (const [name, [open, close, middle = '']] of Object.entries(nested)) {
      const text = special[name] ?? `a = ${open.repeat(COUNT)}${middle}${close.repeat(COUNT)}\n`;
      const { problems } = parseHcl(`${text}b {\n}\n`);
      assert.ok(
        problems.some(({ message }) => message.includes('deeply')),
        name,
      );
      hclItems(text);
    }
  });

  test('a long row is not deep', () => {
    for (const more of ['.a', '[0]', '.*.a[0]', ' + a', ' && a * b'])
      assert.deepEqual(parseHcl(`a = a${more.repeat(100_000)}\n`).problems, [], more);
  });

  test('a file of 10 MB', () => {
    const block = 'resource "aws_iam_role" "x" {\n  name = "a-${var.b}"\n  policy = jsonencode({ a = [1, 2] })\n}\n';
    const text = block.repeat(Math.ceil(10_000_000 / block.length));
    const { body, problems } = parseHcl(text);
    assert.deepEqual(problems, []);
    assert.equal(body.items.length, text.length / block.length);
  });

  test('what is read grows with the text and no faster, also where nothing is closed', () => {
    /** Tokens that are read. */
    const count = (text: string): number => {
      let tokens = 0;
      const reading = readingOf(text);
      let kind = '';
      Object.defineProperty(reading, 'kind', {
        get: () => kind,
        set: (one: string) => {
          if (one !== 'bad') tokens += 1;
          kind = one;
        },
      });
      parseHcl(text, reading);
      return tokens;
    };
    const pieces = [
      'a {\n',
      'a "b" {\n x = [\n',
      'a = f({\n',
      'a = "${f(\n',
      'a = <<A\n${\n',
      'a = [ "b\n',
      '[',
      '{a=',
      '"${',
      '}',
      'a = "%{ if x }\n',
    ];
    for (const piece of pieces) {
      const [small, large] = [count(piece.repeat(500)), count(piece.repeat(5_000))];
      assert.ok(large <= 12 * small + 1_000, `${JSON.stringify(piece)}: ${small}, then ${large}`);
    }
  });
});
