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
import { FORMS, nameOf } from '../fixtures/terraform-forms.ts';

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
