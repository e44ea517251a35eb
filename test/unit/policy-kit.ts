// What the tests of the policy rules share: documents from text, fixes applied, and what must hold of every finding.
import assert from 'node:assert/strict';
import { failureModes } from '../../src/core/modes/table.ts';

import { parse } from '../../src/core/document/parse.ts';
import type { Language } from '../../src/core/document/parse.ts';
import type { Edit, Finding, Fix, PolicyContext } from '../../src/core/finding.ts';
import type { DocNode } from '../../src/core/document/node.ts';

export type Check = (root: DocNode, context?: PolicyContext) => Finding[];

const IDS = new Set<string>(failureModes.map(({ id }) => id));

/** The findings of a text; nothing for one that holds no document. */
export function findings(
  check: Check,
  text: string,
  context: PolicyContext = {},
  language: Language = 'json',
): Finding[] {
  return parse(text, language).documents.flatMap(({ root }) => (root === undefined ? [] : check(root, context)));
}

export function apply(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const { start, end, newText } of [...edits].sort((a, b) => b.start - a.start || b.end - a.end)) {
    result = result.slice(0, start) + newText + result.slice(end);
  }
  return result;
}

export const underlined = (text: string, { start, end }: Finding): string => text.slice(start, end);

export const ids = (list: readonly Finding[]): string[] => list.map(({ id }) => id);

export const errors = (list: readonly Finding[]): Finding[] => list.filter(({ severity }) => severity === 'error');

/** The preferred fix of the only finding with this id. */
export function onlyFix(list: readonly Finding[], id: string): Fix {
  const found = list.filter((one) => one.id === id);
  assert.equal(found.length, 1, `one ${id} in ${ids(list).join()}`);
  const preferred = found[0]?.fixes.filter((one) => one.preferred === true) ?? [];
  assert.ok(preferred[0], `${id} has a preferred fix`);
  return preferred[0];
}

/** A fix may make a document longer. */
const SIZES = new Set(['KP-023', 'P-SIZE']);
/** Said only where no error explains it, so that mending an error may bring it up. */
const isUnexplained = ({ id, message }: Finding): boolean => id === 'KP-030' && message.includes('is not let in');
/**
 * Whom a statement lets in: said only of whom no Deny, no key without a value and no test that nothing passes keeps out, so that mending
 * a provider or a condition may bring it up.
 */
const ADMITS = new Set(['T-NO-CONDITION', 'KP-029', 'T-LIKE-ANY-NS', 'T-LIKE-NS-ANY-SA']);
const isUndenied = (text: string, { id }: Finding): boolean =>
  ADMITS.has(id) && (text.includes('Deny') || /:\s*\[\s*\]/.test(text));

/** Ids in the catalogue, ranges inside the text, at most one preferred fix, and each fix removes its finding and adds none. */
export function assertSound(
  check: Check,
  text: string,
  context: PolicyContext = {},
  language: Language = 'json',
): Finding[] {
  const before = findings(check, text, context, language);
  for (const finding of before) {
    assert.ok(IDS.has(finding.id), `${finding.id} is in the catalogue`);
    assert.ok(
      0 <= finding.start && finding.start < finding.end && finding.end <= text.length,
      `range of ${finding.id}`,
    );
    assert.ok(finding.fixes.filter(({ preferred }) => preferred === true).length <= 1);
    for (const fix of finding.fixes) {
      const after = findings(check, apply(text, fix.edits), context, language);
      const left = ids(before);
      left.splice(left.indexOf(finding.id), 1);
      for (const id of ids(after.filter((one) => !isUnexplained(one) && !isUndenied(text, one))).filter(
        (one) => !SIZES.has(one),
      )) {
        const at = left.indexOf(id);
        const message = `"${fix.title}" for ${finding.id} leaves or adds ${id}\n${text}\n→\n${apply(text, fix.edits)}`;
        assert.ok(at >= 0, message);
        left.splice(at, 1);
      }
    }
  }
  return before;
}

/** Applies preferred fixes until none is left; fails when that does not end. */
export function fixAll(check: Check, text: string, context: PolicyContext = {}, language: Language = 'json'): string {
  let result = text;
  for (let round = 0; round < 100; round++) {
    const fix = findings(check, result, context, language)
      .flatMap(({ fixes }) => fixes)
      .find(({ preferred }) => preferred === true);
    if (fix === undefined) return result;
    result = apply(result, fix.edits);
  }
  return assert.fail(`the fixes do not come to an end:\n${result}`);
}
