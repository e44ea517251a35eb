/** Quick-fixes: those of each finding, all of a kind, all of a file, and a comment that silences a finding. */
import { diffLines } from 'diff';
import * as vscode from 'vscode';
import { atLeast, FIX_SEVERITY, preferredFix } from '../core/fix.ts';
import type { Edit, Finding, Fix } from '../core/finding.ts';
import { commandId } from '../ids.ts';
import type { Live } from '../live.ts';
import { isOf, rangeOf } from './diagnostics.ts';
import type { Findings } from './findings.ts';
import { SELECTOR } from './look.ts';
import type { ProfileHead } from './profiles.ts';
import { soon } from './soon.ts';

const { l10n } = vscode;

/** Usable in `editor.codeActionsOnSave`. */
const FIX_ALL = vscode.CodeActionKind.SourceFixAll.append('kubeflowIrsa');
const QUICK_FIX = vscode.CodeActionKind.QuickFix;

/** An action whose edit takes a while: it is made when it is chosen. */
class Later extends vscode.CodeAction {
  readonly make: () => Promise<vscode.WorkspaceEdit | undefined>;
  constructor(title: string, kind: vscode.CodeActionKind, make: () => Promise<vscode.WorkspaceEdit | undefined>) {
    super(title, kind);
    this.make = make;
  }
}

/** More roles than these are no help in a menu. */
const MOST_ROLES = 5;

/** @param live what is known of AWS and the clusters; undefined as long as nobody looked at them */
export function registerFixes(findings: Findings, live: () => Live | undefined): vscode.Disposable {
  const provider: vscode.CodeActionProvider = {
    provideCodeActions: async (document, range, { only, diagnostics }) => {
      if (!findings.documents().includes(document)) return [];
      const found = await findings.of(document);
      const { version } = document;
      const fixable = found.filter(preferredFix);
      const unasked = atLeast(FIX_SEVERITY, fixable);
      if (only?.contains(FIX_ALL)) return unasked.length > 0 ? [await made(fixAll(document, findings, FIX_ALL))] : [];
      if (only && !only.contains(QUICK_FIX)) return [];
      const here = found.filter((one) => rangeOf(document, one).intersection(range) !== undefined);
      const kinds = [...new Set(here.map(({ id }) => id))];
      const [profiles, ...fixes] = await Promise.all([
        findings.profiles(document),
        ...here.map((one) => fixesOf(document, one, findings, live())),
      ]);
      // The places are those of a text that is gone: VS Code asks again for the new one.
      if (document.version !== version) return [];
      return [
        ...here.flatMap((one, index) =>
          quickFixes(document, { ...one, fixes: fixes[index] ?? [] }, profiles, diagnostics),
        ),
        ...kinds
          .filter((id) => fixable.filter((one) => one.id === id).length > 1)
          .map((id) => fixKind(document, findings, id)),
        ...(here.length > 0 && unasked.length > 1 ? [fixAll(document, findings, QUICK_FIX)] : []),
        ...(document.languageId === 'json' ? [] : here.map((one) => ignore(document, one, findings, diagnostics))),
      ];
    },
    resolveCodeAction: (action) => (action instanceof Later ? made(action) : action),
  };
  return vscode.languages.registerCodeActionsProvider(SELECTOR, provider, {
    providedCodeActionKinds: [QUICK_FIX, FIX_ALL],
  });
}

async function made(action: Later): Promise<vscode.CodeAction> {
  const edit = await action.make();
  if (edit) action.edit = edit;
  return action;
}

/** The fixes of a finding. Where a role has to be written and some are known, they come in place of the snippet. */
async function fixesOf(
  document: vscode.TextDocument,
  finding: Finding,
  findings: Findings,
  live: Live | undefined,
): Promise<readonly Fix[]> {
  const profile = finding.fixes.find(({ command }) => command?.id === 'createRole')?.command?.arguments['profile'];
  if (live === undefined || profile === undefined) return finding.fixes;
  const roles = (await soon(live.rolesFor(profile)))?.slice(0, MOST_ROLES) ?? [];
  const known = await findings.withRoles(document, finding, profile, roles);
  if (known.length === 0) return finding.fixes;
  const others = finding.fixes.filter(({ snippet }) => snippet !== true);
  // Of several roles none is the one right answer.
  return [...known.map((fix) => ({ ...fix, preferred: known.length === 1 })), ...others];
}

const quickFixes = (
  document: vscode.TextDocument,
  finding: Finding,
  profiles: readonly ProfileHead[],
  diagnostics: readonly vscode.Diagnostic[],
): vscode.CodeAction[] =>
  finding.fixes.map((fix) => {
    const action = new vscode.CodeAction(fix.title, QUICK_FIX);
    if (fix.edits.length > 0) action.edit = editOf(document, fix.edits, fix.snippet === true);
    const command = commandOf(fix, profiles);
    if (command) action.command = command;
    action.diagnostics = diagnostics.filter((one) => isOf(one, finding, document));
    if (fix === preferredFix(finding)) action.isPreferred = true;
    return action;
  });

/** The commands that a fix may name. The wizard asks less where the Profile says more. */
function commandOf({ title, command }: Fix, profiles: readonly ProfileHead[]): vscode.Command | undefined {
  if (command?.id !== 'createRole') return undefined;
  const { owner } = profiles.find(({ profile }) => profile === command.arguments['profile']) ?? {};
  const place = { ...command.arguments, ...(owner === undefined ? {} : { owner }) };
  return { title, command: commandId('createProfile'), arguments: [place] };
}

const fixKind = (document: vscode.TextDocument, findings: Findings, id: string): Later =>
  new Later(l10n.t('Fix all {0} in this file', id), QUICK_FIX, () =>
    unlessChanged(document, document.version, findings.fixed(document, id), (text) => editTo(document, text)),
  );

const fixAll = (document: vscode.TextDocument, findings: Findings, kind: vscode.CodeActionKind): Later =>
  new Later(l10n.t('Fix all Kubeflow IRSA problems in this file'), kind, () =>
    unlessChanged(document, document.version, findings.fixed(document), (text) => editTo(document, text)),
  );

/**
 * An edit made of an answer about the document as it was at `version`. If something was typed since then there is none, because it
 * would put that back or stand in the wrong place, and the status bar says so.
 */
async function unlessChanged<T>(
  document: vscode.TextDocument,
  version: number,
  answer: Promise<T | undefined>,
  edit: (answer: T) => vscode.WorkspaceEdit,
): Promise<vscode.WorkspaceEdit | undefined> {
  const known = document.version === version ? await answer : undefined;
  if (document.version === version) return known === undefined ? undefined : edit(known);
  vscode.window.setStatusBarMessage(l10n.t('The file changed meanwhile, so nothing was fixed: try again.'), WORD_MS);
  return undefined;
}

/** Milliseconds that a word stands in the status bar. */
const WORD_MS = 8_000;

function ignore(
  document: vscode.TextDocument,
  finding: Finding,
  findings: Findings,
  diagnostics: readonly vscode.Diagnostic[],
): Later {
  const { version } = document;
  const action = new Later(l10n.t('Ignore {0} here, with a reason', finding.id), QUICK_FIX, () =>
    unlessChanged(document, version, findings.ignored(document, finding), (edit) => editOf(document, [edit], true)),
  );
  action.diagnostics = diagnostics.filter((one) => isOf(one, finding, document));
  return action;
}

/** Replaces the lines that differ, so that cursor, folds and marks elsewhere stay where they are. */
const editTo = (document: vscode.TextDocument, text: string): vscode.WorkspaceEdit =>
  editOf(document, editsBetween(document.getText(), text), false);

function editsBetween(before: string, after: string): Edit[] {
  const parts = diffLines(before, after, { timeout: 500 });
  if (!parts) return [{ start: 0, end: before.length, newText: after }];
  const edits: Edit[] = [];
  let at = 0;
  for (const { added, removed, value } of parts) {
    const last = edits.at(-1);
    if (added && last?.end === at) edits[edits.length - 1] = { ...last, newText: last.newText + value };
    else if (added) edits.push({ start: at, end: at, newText: value });
    if (added) continue;
    if (removed) edits.push({ start: at, end: at + value.length, newText: '' });
    at += value.length;
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
