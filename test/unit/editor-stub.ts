// As much of VS Code as quick-fixes need, for tests that say when what happens: what is typed while an answer is awaited.
class Position {
  readonly at: number;
  constructor(at: number) {
    this.at = at;
  }
}
export class Range {
  readonly start: Position;
  readonly end: Position;
  constructor(start: Position, end: Position) {
    [this.start, this.end] = [start, end];
  }
  intersection(other: Range): Range | undefined {
    return this.start.at <= other.end.at && other.start.at <= this.end.at ? this : undefined;
  }
  isEqual = (other: Range): boolean => this.start.at === other.start.at && this.end.at === other.end.at;
}
export class CodeActionKind {
  static readonly SourceFixAll = new CodeActionKind('source.fixAll');
  static readonly QuickFix = new CodeActionKind('quickfix');
  readonly value: string;
  constructor(value: string) {
    this.value = value;
  }
  append = (part: string): CodeActionKind => new CodeActionKind(`${this.value}.${part}`);
  contains = ({ value }: CodeActionKind): boolean => value === this.value || value.startsWith(`${this.value}.`);
}
export class CodeAction {
  edit?: WorkspaceEdit;
  isPreferred?: boolean;
  readonly title: string;
  readonly kind: CodeActionKind;
  constructor(title: string, kind: CodeActionKind) {
    [this.title, this.kind] = [title, kind];
  }
}
export interface TextEdit {
  readonly range: Range;
  readonly newText: string;
}
export const TextEdit = { replace: (range: Range, newText: string): TextEdit => ({ range, newText }) };
export class WorkspaceEdit {
  edits: readonly TextEdit[] = [];
  set(_uri: unknown, edits: readonly (readonly [TextEdit, undefined])[]): void {
    this.edits = edits.map(([edit]) => edit);
  }
}
export class SnippetString {
  readonly value: string;
  constructor(value: string) {
    this.value = value;
  }
}
export class SnippetTextEdit implements TextEdit {
  readonly range: Range;
  readonly newText: string;
  constructor(range: Range, { value }: SnippetString) {
    [this.range, this.newText] = [range, value];
  }
}

/** What stood in the status bar, and the provider that was registered. */
export const said: string[] = [];
export const registered: { provider?: unknown } = {};
export const window = { setStatusBarMessage: (text: string): number => said.push(text) };
export const l10n = {
  t: (text: string, ...values: string[]): string => values.reduce((all, one, i) => all.replace(`{${i}}`, one), text),
};
export const languages = {
  registerCodeActionsProvider: (_selector: unknown, provider: unknown): object => {
    registered.provider = provider;
    return { dispose: () => undefined };
  },
};
export const DiagnosticSeverity = { Error: 0, Warning: 1, Information: 2, Hint: 3 };

/** A document that can be typed in. */
export class Document {
  readonly languageId = 'yaml';
  readonly uri = 'untitled:1';
  version = 1;
  #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  getText = (): string => this.#text;
  positionAt = (at: number): Position => new Position(at);
  type(text: string): void {
    this.#text = text;
    this.version += 1;
  }
  apply(edit: WorkspaceEdit): void {
    const sorted = [...edit.edits].sort((a, b) => b.range.start.at - a.range.start.at);
    for (const { range, newText } of sorted)
      this.type(this.#text.slice(0, range.start.at) + newText + this.#text.slice(range.end.at));
  }
}
