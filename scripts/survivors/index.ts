import { CORE } from './core.ts';
import { DOCUMENT } from './document.ts';
import { ISOLATION } from './isolation.ts';
import { MODES } from './modes.ts';
import { POLICY } from './policy.ts';
import { PROVISIONING } from './provisioning.ts';
import type { Survivors } from './row.ts';
import { TERRAFORM } from './terraform.ts';

/** Mutants (see mutate.ts) that no unit test notices, and why: most change nothing which a test could notice. */
export const SURVIVORS: readonly Survivors[] = [
  ...DOCUMENT,
  ...TERRAFORM,
  ...POLICY,
  ...ISOLATION,
  ...MODES,
  ...CORE,
  ...PROVISIONING,
];

/**
 * Texts of a file with mutants that have a reason: of `made`, which are all there are; and the rows of which there is no such one.
 * Those are to be taken out, or written anew.
 */
export function explainedIn(
  file: string,
  source: string,
  made: ReadonlySet<string>,
): { readonly explained: ReadonlySet<string>; readonly bad: readonly string[] } {
  const explained = new Set<string>();
  const bad: string[] = [];
  for (const [text, becomes] of SURVIVORS.flatMap(({ of }) => of[file] ?? [])) {
    const [before = '', after, ...more] = source.split(text);
    const whole = `${before}${becomes}${after ?? ''}`;
    if (after === undefined) bad.push(`${file} has no such text: ${text}`);
    else if (more.length > 0) bad.push(`${file} has that twice: ${text}`);
    else if (!made.has(whole)) bad.push(`${file} has no such mutant: ${text}`);
    explained.add(whole);
  }
  return { explained, bad };
}

/** Files that keep what they found, to find it once. */
const KEEPING = [
  'src/core/isolation/admissions.ts',
  'src/core/isolation/cells.ts',
  'src/core/isolation/reach.ts',
  'src/core/isolation/roleRights.ts',
  'src/core/modes/trust/live.ts',
];
/**
 * The same for kinds of them: each whose line is such a one, in one of these files, and of which `becomes` is made. mutate.ts fails where
 * a row finds none.
 */
export const ALIKE: readonly {
  readonly files: readonly string[];
  readonly line: RegExp;
  readonly becomes: string;
  readonly why: string;
}[] = [
  {
    files: KEEPING,
    line: /^if \(known !== undefined\) return known;$/,
    becomes: ';',
    why: 'For speed alone: what is found anew is the same.',
  },
  {
    files: KEEPING,
    line: /^(?:if \(!isPersonal\) )?[\w.]+\.set\([\w, .]+, (?:made|rights|generic|all)\);$/,
    becomes: ';',
    why: 'For speed alone: what is not kept is found anew.',
  },
  {
    files: [
      'src/core/document/hcl-tokens.ts',
      'src/core/document/json.ts',
      'src/core/document/parse.ts',
      'src/core/document/shell.ts',
      'src/core/look.ts',
    ],
    line: /^(?:at = |if \(|return )(?:end|found|close) < 0\b/,
    becomes: '<=',
    why: 'The end of something stands behind its beginning: it is never the first character.',
  },
  {
    files: ['src/core/document/hcl-tokens.ts', 'src/core/document/json.ts', 'src/core/document/shell.ts'],
    line: /^for \(let (?:at|i) = \w+; (?:at|i) < text\.length;/,
    becomes: '<=',
    why: 'Behind the last character there is none that is looked for, and an empty line is the end of no heredoc.',
  },
];
