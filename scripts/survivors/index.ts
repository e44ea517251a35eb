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
    files: [
      'src/core/isolation/admissions.ts',
      'src/core/isolation/cells.ts',
      'src/core/isolation/reach.ts',
      'src/core/isolation/roleRights.ts',
      'src/core/modes/trust/live.ts',
    ],
    line: /^if \(known !== undefined\) return known;$/,
    becomes: ';',
    why: 'For speed alone: what is found anew is the same.',
  },
  {
    files: [
      'src/core/isolation/admissions.ts',
      'src/core/isolation/cells.ts',
      'src/core/isolation/reach.ts',
      'src/core/isolation/roleRights.ts',
      'src/core/modes/trust/live.ts',
    ],
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
