import type { Edit, Finding, Fix, Severity } from './finding.ts';

/** Severities from harmless to severe. */
export const SEVERITIES: readonly Severity[] = ['hint', 'information', 'warning', 'error'];
/** The least severe finding that is fixed where nobody said which are to be. */
export const FIX_SEVERITY: Severity = 'warning';

/**
 * The one right answer to a finding, if there is one that may be taken unasked: it needs nobody to fill in anything, and neither
 * widens what is allowed nor takes it away. All that fixes by itself, or calls a fix preferred, asks here.
 */
export const preferredFix = (finding: Finding): Fix | undefined =>
  finding.fixes.find(
    ({ preferred, effect, snippet, edits }) =>
      preferred === true && effect === undefined && snippet === undefined && edits.length > 0,
  );

/** The findings that are at least so severe. */
export const atLeast = (severity: Severity, findings: readonly Finding[]): readonly Finding[] =>
  findings.filter((one) => SEVERITIES.indexOf(one.severity) >= SEVERITIES.indexOf(severity));

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
 * @param done told of each finding whose fix was applied
 * @returns the text at which nothing more is to be done, or after ten rounds
 */
export function applyFixes(
  text: string,
  findings: readonly Finding[],
  again?: (text: string) => readonly Finding[],
  done?: (finding: Finding) => void,
): string {
  let [result, rest] = [text, findings];
  for (let round = 0; round < 10; round += 1) {
    const next = applyEdits(result, compatible(rest, done));
    if (next === result || !again) return next;
    result = next;
    rest = again(result);
  }
  return result;
}

/** The edits of the preferred fixes that do not meet those of an earlier one. */
function compatible(findings: readonly Finding[], done?: (finding: Finding) => void): readonly Edit[] {
  const taken: Edit[] = [];
  for (const finding of findings) {
    const { edits } = preferredFix(finding) ?? { edits: [] };
    const meets = (one: Edit): boolean => taken.some((other) => one.start <= other.end && other.start <= one.end);
    if (edits.length === 0 || edits.some(meets)) continue;
    taken.push(...edits);
    done?.(finding);
  }
  return taken;
}
