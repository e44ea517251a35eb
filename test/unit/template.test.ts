/** Templates of Helm and Jinja: masked, so that what is around them is read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTemplate, maskTemplates } from '../../src/core/document/template.ts';

const hole = (length: number): string => '\uE000'.repeat(length);
const long = (length: number): string => `{{${'x'.repeat(length)}}}`;
const rows: readonly (readonly [text: string, masked: string])[] = [
  ['a: b # {}\n', 'a: b # {}\n'],
  ['a: x{{ .b }}y {{c}}\n', `a: x${hole(8)}y ${hole(5)}\n`],
  ['a: {% b %}\n', `a: ${hole(7)}\n`],
  ['a: {# b #}{{c}}\n', `a: ${hole(12)}\n`],
  ['a: {# b #}\n', 'a: {# b #}\n'],
  ['a:\r\n  {% if b %} {{ c }}\r\n  d: e\n', `a:\r\n${' '.repeat(20)}\r\n  d: e\n`],
  ['a: {{ b\n  c }}\n', `a: ${hole(4)}\n${' '.repeat(6)}\n`],
  ['a: {{ b {% c %} d\n', `a: {{ b ${hole(7)} d\n`],
  ['a: {% b {{ c }}\n', `a: {% b ${hole(7)}\n`],
  ['a: {{}}{{}}\n', `a: ${hole(8)}\n`],
  ['a: {{{b}}}\n', `a: ${hole(6)}}\n`],
  [`a: ${long(4_000)}\n`, `a: ${hole(4_004)}\n`],
  [`a: ${long(4_001)}{{b}}\n`, `a: ${long(4_001)}${hole(5)}\n`],
];
for (const [text, masked] of rows)
  test(`is masked: ${text.slice(0, 40).trim()}`, () => assert.equal(maskTemplates(text), masked));

test('an engine is told from a placeholder', () => {
  for (const text of ['{% if a %}', '{{ .Values.a }}', '{{- a -}}', '{{ include "x" . }}'])
    assert.equal(isTemplate(text), true, text);
  for (const text of ['a: b', '{{ name }}', '{ -}} }', '{# a #}']) assert.equal(isTemplate(text), false, text);
});
