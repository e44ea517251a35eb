/**
 * Mutants (see mutate.ts) that change nothing which a test could notice, and why. `text` stands once in `file`, and the mutant
 * makes `becomes` of it: mutate.ts fails where that is no longer so.
 */
export const EQUIVALENT: readonly {
  readonly file: string;
  readonly text: string;
  readonly becomes: string;
  readonly why: string;
}[] = [];
