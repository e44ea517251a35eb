/** A plan as a list of lines, for tests that compare all that it says. */
import { rows, type Plan } from '../../src/core/plan/plan.ts';

/** `<kind> <title>: <reason>` of each row, in order, then `! <warning>`. */
export const told = (plan: Plan): readonly string[] => [
  ...rows(plan).map(({ id, kind, title, reason }) => {
    const about = kind === 'blocked' ? `blocked (${id})` : kind;
    return `${about} ${title}${reason === undefined ? '' : `: ${reason}`}`;
  }),
  ...plan.warnings.map((warning) => `! ${warning}`),
];

/** What is told besides what is told as a rule, then what of that is not: `- <line>`. */
export const besides = (lines: readonly string[], rule: readonly string[]): readonly string[] => [
  ...lines.filter((line) => !rule.includes(line)),
  ...rule.filter((line) => !lines.includes(line)).map((line) => `- ${line}`),
];
