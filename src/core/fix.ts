import type { Edit, Finding, Fix } from './rules/types.ts';

/** The one right answer to a finding, if there is one that needs nobody to fill in anything. */
export const preferredFix = (finding: Finding): Fix | undefined =>
  finding.fixes.find((fix) => fix.preferred === true && fix.snippet === undefined && fix.edits.length > 0);

/** The text after edits that do not overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const { start, end, newText } of [...edits].sort((a, b) => b.start - a.start || b.end - a.end)) {
    result = result.slice(0, start) + newText + result.slice(end);
  }
  return result;
}

/**
 * Applies the preferred fix of each finding that has one, first come first served: a fix that touches what another one changed
 * waits for the next round. `again` lints the new text for it; without it there is one round.
 *
 * @returns the text at which nothing more is to be done, or after ten rounds
 */
export function applyFixes(
  text: string,
  findings: readonly Finding[],
  again?: (text: string) => readonly Finding[],
): string {
  let [result, rest] = [text, findings];
  for (let round = 0; round < 10; round += 1) {
    const edits = compatible(rest.flatMap((finding) => preferredFix(finding) ?? []));
    const next = applyEdits(result, edits);
    if (next === result || !again) return next;
    result = next;
    rest = again(result);
  }
  return result;
}

/** The edits of the fixes that do not meet those of an earlier one. */
function compatible(fixes: readonly Fix[]): readonly Edit[] {
  const taken: Edit[] = [];
  for (const { edits } of fixes) {
    const meets = (one: Edit): boolean => taken.some((other) => one.start <= other.end && other.start <= one.end);
    if (!edits.some(meets)) taken.push(...edits);
  }
  return taken;
}
