/** Templates of Helm and Jinja: masked, so that what is around them is read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFile } from '../../src/core/document/files.ts';
import { isShell } from '../../src/core/document/shell.ts';
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

test('what a file is by its name, or by what stands in it: a script, a template, one in which something is filled in', () => {
  const rows: readonly (readonly [file: string, text: string, what: string])[] = [
    ['a.sh', 'a', 'script'],
    ['a.BASH', 'a', 'script'],
    ['a.share', 'a', ''],
    ['a', '#!/bin/sh\n', 'script'],
    ['a', '\uFEFF#!/usr/bin/env bash\n', 'script'],
    ['a', '#!/usr/bin/env fish\n', ''],
    ['a', '\n#!/bin/sh\n', ''],
    ['a.tpl', 'a', 'template filled'],
    ['a.yaml.tftpl', 'a', 'template filled'],
    ['a.j2.json', 'a', 'template filled'],
    ['a.template', 'a', 'template filled'],
    ['a.template', 'AWSTemplateFormatVersion: x', ''],
    ['a.template', 'Type: AWS::IAM::Role', ''],
    ['a.template.yaml', 'a', ''],
    ['a.yaml', '{{ .a }}', 'template'],
    ['b/serverless.yml', 'a', 'filled'],
    ['b/serverless.dev.yaml', 'a', 'filled'],
    ['b/xserverless.yml', 'a', ''],
    ['a.yaml', 'apiVersion: kro.run/v1alpha1', 'filled'],
    ['a.yaml', 'kind: Template\napiVersion: template.openshift.io/v1', 'filled'],
    ['a.yaml', 'a: kro.run', ''],
  ];
  for (const [file, text, what] of rows) {
    const { isTemplate: isOne, isFilled } = readFile(text, file);
    const found = isShell(file, text) ? ['script'] : [...(isOne ? ['template'] : []), ...(isFilled ? ['filled'] : [])];
    assert.equal(found.join(' '), what, `${file} ${text}`);
  }
});

test('what is filled in is a hole, but for a plain placeholder; in a template what Terraform and formats fill in, too', () => {
  const text = 'a: ${b:c} ${BUCKET} %{ d } %s 5%2F\n  %{ if e }\nf: g\n';
  for (const [file, read] of [
    ['a.tpl', `a: ${hole(6)} \${BUCKET} ${hole(6)} ${hole(2)} 5%2F\n${' '.repeat(11)}\nf: g\n`],
    ['serverless.yml', text.replace('${b:c}', hole(6))],
    ['a.yaml', text],
  ] as const)
    assert.equal(readFile(text, file).text, read, file);
});

test('an engine is told from a placeholder', () => {
  for (const text of ['{% if a %}', '{{ .Values.a }}', '{{- a -}}', '{{ include "x" . }}'])
    assert.equal(isTemplate(text), true, text);
  for (const text of ['a: b', '{{ name }}', '{ -}} }', '{# a #}']) assert.equal(isTemplate(text), false, text);
});
