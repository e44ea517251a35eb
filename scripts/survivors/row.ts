/** Why mutants are not noticed, and which. */
export interface Survivors {
  readonly why: string;
  /**
   * By file: a text that stands once in it, and what the mutant makes of it. mutate.ts fails where that is no longer so. Long texts
   * are best short: just enough to stand once.
   */
  readonly of: Readonly<Record<string, readonly (readonly [text: string, becomes: string])[]>>;
}
