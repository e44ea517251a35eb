// Each policy of the examples as Terraform writes it: found as in JSON, and mended as in JSON.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseHcl } from '../../src/core/document/hcl-parse.ts';
import { applyEdits, preferredFix } from '../../src/core/fix.ts';
import type { Finding } from '../../src/core/finding.ts';
import { lintFolder } from '../../src/core/lint.ts';
import type { FileExample } from '../../src/core/modes/samples.ts';
import { readTerraform } from '../../src/core/terraform/resources.ts';
import { sound } from '../fixtures/defects.ts';
import { allExamples } from '../fixtures/examples.ts';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const quoted = (text: string): string => JSON.stringify(text).replace(/([$%])\{/g, '$1$1{');

/** A value as an expression. */
function expression(value: Json, indent = '  '): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map((one) => expression(one, indent)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const lines = Object.entries(value).map(
    ([key, one]) => `${indent}  ${/^[A-Za-z]\w*$/.test(key) ? key : quoted(key)} = ${expression(one, `${indent}  `)}\n`,
  );
  return `{\n${lines.join('')}${indent}}`;
}

const isMap = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: Json): Json[] => (Array.isArray(value) ? value : [value]);
const ARGUMENTS: Record<string, string> = {
  Sid: 'sid',
  Effect: 'effect',
  Action: 'actions',
  NotAction: 'not_actions',
  Resource: 'resources',
  NotResource: 'not_resources',
};

/** A policy as the blocks of a document; undefined where blocks cannot say it. */
function blocks(policy: Json): string | undefined {
  if (!isMap(policy) || policy['Version'] !== '2012-10-17' || Object.keys(policy).length !== 2) return undefined;
  const statements = Array.isArray(policy['Statement']) ? policy['Statement'] : [];
  if (statements.length === 0) return undefined;
  const text = statements.map((one): string | undefined => {
    if (!isMap(one) || typeof one['Effect'] !== 'string') return undefined;
    const lines = Object.entries(one).map(([key, value]): string | undefined => {
      const argument = ARGUMENTS[key];
      if (argument === 'sid' || argument === 'effect')
        return typeof value === 'string' ? `    ${argument} = ${quoted(value)}\n` : undefined;
      if (argument !== undefined)
        return list(value).every((each) => typeof each === 'string')
          ? `    ${argument} = ${expression(list(value))}\n`
          : undefined;
      if (key === 'Principal' && isMap(value))
        return Object.entries(value)
          .map(
            ([type, ids]) =>
              `    principals {\n      type = ${quoted(type)}\n      identifiers = ${expression(list(ids))}\n    }\n`,
          )
          .join('');
      if (key !== 'Condition' || !isMap(value)) return undefined;
      const inner = Object.entries(value).map(([operator, tests]) =>
        !isMap(tests) || Object.keys(tests).length === 0
          ? undefined
          : Object.entries(tests)
              .map(
                ([variable, values]) =>
                  `    condition {\n      test = ${quoted(operator)}\n      variable = ${quoted(variable)}\n      values = ${expression(list(values).map((each) => (typeof each === 'string' ? each.replaceAll('${', '&{') : each)))}\n    }\n`,
              )
              .join(''),
      );
      return inner.length === 0 || inner.includes(undefined) ? undefined : inner.join('');
    });
    return lines.includes(undefined) ? undefined : `  statement {\n${lines.join('')}  }\n`;
  });
  return text.includes(undefined) ? undefined : `data "aws_iam_policy_document" "x" {\n${text.join('')}}\n`;
}

const holder = (kind: string): [string, string] =>
  kind === 'trust'
    ? ['resource "aws_iam_role" "x" {\n  assume_role_policy = ', '\n}\n']
    : ['resource "aws_iam_role_policy" "x" {\n  policy = ', '\n}\n'];

/** A policy as the blocks of a document in JSON; undefined where blocks cannot say it. */
function jsonBlocks(policy: Json): Json | undefined {
  if (!isMap(policy) || blocks(policy) === undefined) return undefined;
  const statement = list(policy['Statement'] ?? [])
    .filter(isMap)
    .map((one) => {
      const made: { [key: string]: Json } = {};
      for (const [key, value] of Object.entries(one)) {
        const argument = ARGUMENTS[key];
        if (argument !== undefined) made[argument] = key === 'Sid' || key === 'Effect' ? value : list(value);
        else if (isMap(value) && key === 'Principal')
          made['principals'] = Object.entries(value).map(([type, ids]) => ({ type, identifiers: list(ids) }));
        else if (isMap(value)) {
          const tests = Object.entries(value).flatMap(([test, its]) =>
            isMap(its)
              ? Object.entries(its).map(([variable, values]) => ({
                  test,
                  variable,
                  values: list(values).map((each) => (typeof each === 'string' ? each.replaceAll('${', '&{') : each)),
                }))
              : [],
          );
          // One alone may stand without a list.
          made['condition'] = tests.length === 1 ? (tests[0] ?? {}) : tests;
        }
      }
      return made;
    });
  return { data: { aws_iam_policy_document: { x: { statement } } } };
}

/** Text as JSON has it, with nothing in it that Terraform fills in. */
const inJson = (value: Json): string => JSON.stringify(value, undefined, 2).replace(/([$%])\{/g, '$1$1{');
const held = (kind: string, policy: string): string =>
  JSON.stringify(
    kind === 'trust'
      ? { resource: { aws_iam_role: { x: { assume_role_policy: policy } } } }
      : { resource: { aws_iam_role_policy: { x: [{ policy }] } } },
    undefined,
    2,
  );

/** By the name of the form: what is written, and the file that it stands in. */
const FORMS: Record<string, (kind: string, text: string) => string | undefined> = {
  jsonencode: (kind, text) => holder(kind).join(`jsonencode(${expression(JSON.parse(text) as Json)})`),
  heredoc: (kind, text) => holder(kind).join(`<<EOF\n${text.replace(/([$%])\{/g, '$1$1{')}\nEOF`),
  'a document of blocks': (_, text) => blocks(JSON.parse(text) as Json),
  '.tf.json, a text': (kind, text) => held(kind, text.replace(/([$%])\{/g, '$1$1{')),
  '.tf.json, jsonencode': (kind, text) => held(kind, `\${jsonencode(${expression(JSON.parse(text) as Json)})}`),
  '.tf.json, a local': (kind, text) =>
    `{ "locals": { "policy": ${inJson(JSON.parse(text) as Json)} },\n${held(kind, '${jsonencode(local.policy)}').slice(1)}`,
  '.tf.json, a document of blocks': (_, text) => {
    const data = jsonBlocks(JSON.parse(text) as Json);
    return data === undefined ? undefined : inJson(data);
  },
};
const nameOf = (form: string): string => (form.startsWith('.tf.json') ? 'main.tf.json' : 'main.tf');
/** What a parser says is wrong with a file. */
const wrong = (form: string, text: string): unknown =>
  form.startsWith('.tf.json') ? (isJson(text) ? [] : text) : parseHcl(text).problems;

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
/** A key that stands twice is lost when JSON is read. */
const isWhole = (text: string): boolean =>
  isJson(text) &&
  JSON.stringify(JSON.parse(text)).length === text.replace(/\s+(?=(?:[^"]*"[^"]*")*[^"]*$)/g, '').length;

const findings = (path: string, text: string, context: FileExample['context']): readonly Finding[] =>
  lintFolder([{ path, text }], { terraform: readTerraform, ...(context && { context }) }).get(path) ?? [];

const policies = (await allExamples()).filter(
  (one): one is FileExample => 'text' in one && one.kind !== 'manifest' && isWhole(one.text),
);

const ids = (all: readonly Finding[]): string[] => all.map(({ id }) => id).sort();

for (const [form, write] of Object.entries(FORMS))
  describe(`Policies with one defect, as ${form}`, () => {
    for (const one of policies) {
      const text = write(one.kind, one.text);
      if (text === undefined) continue;
      test(one.name, () => {
        assert.deepEqual(wrong(form, text), []);
        const alone = findings('sample.json', one.text, one.context);
        const found = findings(nameOf(form), text, one.context);
        assert.deepEqual(ids(found), ids(alone), text);
        for (const finding of found) {
          assert.ok(finding.start >= 0 && finding.end <= text.length && finding.start <= finding.end);
          const { id } = finding;
          const [here, there] = [found, alone].map((all) => all.filter((each) => each.id === id));
          const [fixes, others] = [here, there].map((all) =>
            (all ?? []).map((each) => preferredFix(each)?.title).sort(),
          );
          assert.deepEqual(fixes, others, `${id} in\n${text}`);
          const fix = preferredFix(finding);
          if (!fix) continue;
          const after = applyEdits(text, fix.edits);
          assert.deepEqual(wrong(form, after), [], after);
          const left = findings(nameOf(form), after, one.context);
          assert.ok(left.filter((each) => each.id === id).length < (here ?? []).length, `${id} stays in\n${after}`);
        }
      });
    }
  });

describe('Policies without a defect, as Terraform', () => {
  for (const sample of sound.filter(({ kind, text }) => kind !== 'manifest' && isJson(text)))
    for (const [form, write] of Object.entries(FORMS)) {
      const text = write(sample.kind, sample.text);
      if (text !== undefined)
        test(`${sample.name}, as ${form}`, () => assert.deepEqual(findings(nameOf(form), text, undefined), []));
    }
});
