/** Of the fixes of a finding those that surely land where they should: in a template, behind an alias, where a bracket is missing. */
import { HOLE, type Source } from './document/node.ts';
import type { Finding, Fix } from './finding.ts';

/** The expression of `${…}`. */
const innerOf = (part: string): string => part.replace(/^\$\{~?\s*|\s*~?\}$/g, '');

/** What is decided elsewhere is not written over. */
export const withoutDerivedFixes = (one: Finding, { text, derived = [] }: Source): Finding => ({
  ...one,
  fixes: one.fixes.filter(({ edits }) =>
    edits.every(
      ({ start, end, newText }) =>
        !newText.includes(HOLE) &&
        !derived.some(
          (range) =>
            start < range.end &&
            end > range.start &&
            // It goes with what holds it, or stays in it.
            !(
              start < range.start &&
              end > range.end &&
              (newText === '' || newText.includes(text.slice(range.start, range.end)))
            ) &&
            // Or it is the value of a call, in its place.
            !(start === range.start && end === range.end && newText.includes(innerOf(text.slice(start, end)))),
        ),
    ),
  ),
});

export const notPreferred = (fix: Fix): Fix => ({ ...fix, preferred: false });

/** What stands elsewhere by an alias cannot be removed here, and then a fix has nothing to do. */
export const withoutIdleFixes = (one: Finding): Finding => ({
  ...one,
  fixes: one.fixes.filter(({ edits, command }) => edits.length > 0 || command !== undefined),
});

/**
 * What an alias stands for is changed in all places at once: nothing does that unasked. Where the anchor itself would go, or a
 * part that is decided elsewhere would be written out, there is no fix.
 */
export const withoutSharedFixes = (one: Finding, shared: readonly Range[]): Finding => ({
  ...one,
  fixes: one.fixes.flatMap((fix) => {
    if (fix.edits.some(({ newText }) => newText.includes(HOLE))) return [];
    if (shared.some(({ start }) => fix.edits.some((edit) => edit.start <= start && start < edit.end))) return [];
    const isElsewhereToo = shared.some((range) =>
      fix.edits.some(({ start, end }) => start < range.end && end > range.start),
    );
    return [isElsewhereToo ? notPreferred(fix) : fix];
  }),
});

/** Within an `Fn::If` and beside one, only what is changed in the middle of a text is sure to be in the right place. */
export const ofChoices = (one: Finding, text: string, choices: readonly Range[]): Finding =>
  choices.length === 0
    ? one
    : {
        ...one,
        fixes: one.fixes.filter(({ edits }) =>
          edits.every(({ start, end }) => {
            const isApart = choices.every((choice) => end < choice.start || start > choice.end);
            return isApart || (start < end && !/[\s"',{}[\]]/.test(text.slice(start, end)));
          }),
        ),
      };

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Of what is not written in the file as it is judged, only fixes that put a word in place of a word land where they should. */
export const onlyWords = (one: Finding): Finding => ({
  ...one,
  fixes: one.fixes.filter(({ edits }) => edits.every(({ start, end, newText }) => start < end && WORD.test(newText))),
});
const WORD = /^[\w./@+=,*-][\w:./@+=,*-]*$/;

/** Where a bracket is missing, nobody knows into what new text would go. */
export const withoutInsertions = (one: Finding): Finding => ({
  ...one,
  fixes: one.fixes.filter(({ edits }) => edits.every(({ start, end }) => start < end)),
});
