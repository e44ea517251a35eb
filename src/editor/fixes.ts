/** Quick-fixes: those of each finding, all of a kind, all of a file, and a comment that silences a finding. */
import { diffLines } from 'diff';
import * as vscode from 'vscode';
import { applyEdits, applyFixes, preferredFix } from '../core/fix.ts';
import type { Edit, Finding, Fix } from '../core/rules/types.ts';
import { COMMAND } from '../ids.ts';
import { rangeOf, SOURCE } from './diagnostics.ts';
import type { Findings } from './findings.ts';
import { LANGUAGES } from './look.ts';

const { l10n } = vscode;

/** Usable in `editor.codeActionsOnSave`. */
export const FIX_ALL = vscode.CodeActionKind.SourceFixAll.append('kubeflowIrsa');

/** A comment takes a while to place: its edit is made when it is chosen. */
class Ignore extends vscode.CodeAction {
  readonly document: vscode.TextDocument;
  readonly finding: Finding;
  constructor(document: vscode.TextDocument, finding: Finding) {
    super(l10n.t('Ignore {0} here, with a reason', finding.id), vscode.CodeActionKind.QuickFix);
    this.document = document;
    this.finding = finding;
  }
}

export function registerFixes(findings: Findings): vscode.Disposable {
  const provider: vscode.CodeActionProvider = {
    provideCodeActions: (document, range, { only, diagnostics }) => {
      if (!findings.has(document)) return [];
      const found = findings.of(document);
      if (only?.contains(FIX_ALL)) return fixAll(document, findings, FIX_ALL);
      if (only && !only.contains(vscode.CodeActionKind.QuickFix)) return [];
      const here = found.filter((one) => rangeOf(document, one).intersection(range) !== undefined);
      return [
        ...here.flatMap((one) => quickFixes(document, one, diagnostics)),
        ...[...new Set(here.map(({ id }) => id))].flatMap((id) => fixKind(document, findings, id)),
        ...(here.length > 0 ? fixAll(document, findings, vscode.CodeActionKind.QuickFix) : []),
        ...(document.languageId === 'json' ? [] : here.map((one) => new Ignore(document, one))),
      ];
    },
    resolveCodeAction: (action) => {
      if (action instanceof Ignore) {
        const edit = ignoreEdit(action.document, action.finding, findings);
        if (edit) action.edit = editOf(action.document, [edit], true);
      }
      return action;
    },
  };
  return vscode.languages.registerCodeActionsProvider(
    LANGUAGES.map((language) => ({ language })),
    provider,
    { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix, FIX_ALL] },
  );
}

function quickFixes(
  document: vscode.TextDocument,
  finding: Finding,
  diagnostics: readonly vscode.Diagnostic[],
): vscode.CodeAction[] {
  const own = diagnostics.filter((one) => isOf(one, finding, document));
  return finding.fixes.map((fix) => {
    const action = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
    if (fix.edits.length > 0) action.edit = editOf(document, fix.edits, fix.snippet === true);
    const command = commandOf(fix);
    if (command) action.command = command;
    action.diagnostics = own;
    if (fix.preferred === true) action.isPreferred = true;
    return action;
  });
}

const isOf = (diagnostic: vscode.Diagnostic, finding: Finding, document: vscode.TextDocument): boolean =>
  diagnostic.source === SOURCE &&
  typeof diagnostic.code === 'object' &&
  diagnostic.code.value === finding.id &&
  diagnostic.range.isEqual(rangeOf(document, finding));

/** The commands that a fix may name. */
const commandOf = ({ title, command }: Fix): vscode.Command | undefined =>
  command?.id === 'createRole' ? { title, command: COMMAND.createProfile, arguments: [command.arguments] } : undefined;

/** All findings of one kind, where there is more than one to fix. */
function fixKind(document: vscode.TextDocument, findings: Findings, id: string): vscode.CodeAction[] {
  const kind = (all: readonly Finding[]): Finding[] => all.filter((one) => one.id === id);
  const fixable = kind(findings.of(document)).filter(preferredFix);
  if (fixable.length < 2) return [];
  const text = document.getText();
  const fixed = applyFixes(text, fixable, (next) => kind(findings.withText(document, next)));
  if (fixed === text) return [];
  const title = l10n.t('Fix all {0} in this file', id);
  return [withEdit(new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix), document, fixed)];
}

function fixAll(document: vscode.TextDocument, findings: Findings, kind: vscode.CodeActionKind): vscode.CodeAction[] {
  const fixable = findings.of(document).filter(preferredFix);
  if (fixable.length < (kind === FIX_ALL ? 1 : 2)) return [];
  const text = document.getText();
  const fixed = applyFixes(text, fixable, (next) => findings.withText(document, next));
  if (fixed === text) return [];
  return [
    withEdit(new vscode.CodeAction(l10n.t('Fix all Kubeflow IRSA problems in this file'), kind), document, fixed),
  ];
}

function withEdit(action: vscode.CodeAction, document: vscode.TextDocument, text: string): vscode.CodeAction {
  action.edit = editOf(document, editsBetween(document.getText(), text), false);
  return action;
}

/** The lines that differ, so that cursor, folds and breakpoints elsewhere stay where they are. */
function editsBetween(before: string, after: string): Edit[] {
  const parts = diffLines(before, after, { timeout: 500 });
  if (!parts) return [{ start: 0, end: before.length, newText: after }];
  const edits: Edit[] = [];
  let at = 0;
  for (const { added, removed, value } of parts) {
    const end = added ? at : at + value.length;
    const last = edits.at(-1);
    if ((added || removed) && last?.end === at)
      edits[edits.length - 1] = { ...last, end, newText: last.newText + (added ? value : '') };
    else if (added || removed) edits.push({ start: at, end, newText: added ? value : '' });
    at = end;
  }
  return edits;
}

function editOf(document: vscode.TextDocument, edits: readonly Edit[], snippet: boolean): vscode.WorkspaceEdit {
  const edit = new vscode.WorkspaceEdit();
  edit.set(
    document.uri,
    edits.map((one): [vscode.TextEdit | vscode.SnippetTextEdit, undefined] => [
      snippet ? snippetEdit(document, one) : vscode.TextEdit.replace(rangeOf(document, one), one.newText),
      undefined,
    ]),
  );
  return edit;
}

/** The rules write their own indentation: VS Code must not add to it. */
function snippetEdit(document: vscode.TextDocument, edit: Edit): vscode.SnippetTextEdit {
  const snippet = new vscode.SnippetTextEdit(rangeOf(document, edit), new vscode.SnippetString(edit.newText));
  snippet.keepWhitespace = true;
  return snippet;
}

/**
 * A comment above the line of a finding, or above a line that holds it, such as the head of a block scalar: the first place
 * where it silences the finding and breaks nothing, which lint itself decides.
 */
function ignoreEdit(document: vscode.TextDocument, finding: Finding, findings: Findings): Edit | undefined {
  const text = document.getText();
  const mark = document.languageId === 'yaml' ? '#' : '//';
  const eol = document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n';
  const count = (all: readonly Finding[]): number => all.filter(({ id }) => id === finding.id).length;
  const before = findings.withText(document, text);
  let indent = Infinity;
  for (let line = document.positionAt(finding.start).line; line >= 0; line -= 1) {
    const { text: lineText, firstNonWhitespaceCharacterIndex: column, isEmptyOrWhitespace } = document.lineAt(line);
    if (isEmptyOrWhitespace || column >= indent) continue;
    indent = column;
    const at = document.offsetAt(new vscode.Position(line, 0));
    const comment = (reason: string): Edit => ({
      start: at,
      end: at,
      newText: `${lineText.slice(0, column)}${mark} kubeflow-irsa: ignore ${finding.id} ${reason}${eol}`,
    });
    const after = findings.withText(document, applyEdits(text, [comment('reason')]));
    if (count(after) < count(before) && after.length < before.length) return comment('${1:reason}');
    if (column === 0) return undefined;
  }
  return undefined;
}
