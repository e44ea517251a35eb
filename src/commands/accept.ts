/** Accepts a finding of the doctor: asks for a reason and a day, and puts the entry into the settings file, open and not yet saved. */
import * as vscode from 'vscode';
import { acceptEdit } from '../core/doctor/accept.ts';
import { dayProblem, type Accepted } from '../core/doctor/accepted.ts';
import { SETTINGS_FILE } from '../core/look.ts';
import { isFailureModeId } from '../core/modes/table.ts';
import { requireTrust } from '../outside.ts';
import { Cancelled, Problem } from '../problem.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

/** How long a finding is accepted where nobody says another day. Milliseconds. */
const USUAL_MS = 180 * 24 * 60 * 60_000;

/** What a line of the report hands over; it may come from anywhere. */
function givenBy(argument: unknown): Omit<Accepted, 'reason' | 'until'> | undefined {
  const { id, cluster, profile, fingerprint } = (argument ?? {}) as Record<string, unknown>;
  if (typeof id !== 'string' || !isFailureModeId(id)) return undefined;
  if (typeof cluster !== 'string' || typeof fingerprint !== 'string') return undefined;
  return { id, cluster, fingerprint, ...(typeof profile === 'string' ? { profile } : {}) };
}

async function ask(options: vscode.InputBoxOptions): Promise<string> {
  const answer = await vscode.window.showInputBox({ ...options, ignoreFocusOut: true });
  if (answer === undefined) throw new Cancelled();
  return answer.trim();
}

export async function acceptFinding(_rooms: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const given = givenBy(argument);
  if (given === undefined) return;
  const folder = await folderFor();
  const title = l10n.t('Accept {0}', given.id);
  const reason = await ask({
    title,
    prompt: l10n.t('Why is it accepted? The next reader sees it.'),
    validateInput: (text) => (text.trim() === '' ? l10n.t('A reason is needed.') : undefined),
  });
  const until = await ask({
    title,
    prompt: l10n.t('The last day on which it is accepted. It comes back then, or when what shows it changes.'),
    value: new Date(Date.now() + USUAL_MS).toISOString().slice(0, 'YYYY-MM-DD'.length),
    validateInput: (text) =>
      dayProblem(text.trim()) === undefined ? undefined : l10n.t('Write a day, such as 2027-01-31.'),
  });
  const uri = vscode.Uri.joinPath(folder, SETTINGS_FILE);
  const isThere = await vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
  const edit = new vscode.WorkspaceEdit();
  if (!isThere) edit.createFile(uri, { ignoreIfExists: true });
  if (!isThere && !(await vscode.workspace.applyEdit(edit))) throw notWritten();
  const document = await vscode.workspace.openTextDocument(uri);
  const added = acceptEdit(document.getText(), { ...given, reason, until });
  if (added === undefined) throw notWritten();
  const editor = await vscode.window.showTextDocument(document, { preview: false });
  const range = new vscode.Range(document.positionAt(added.start), document.positionAt(added.end));
  if (!(await editor.edit((builder) => builder.replace(range, added.newText)))) throw notWritten();
  const end = document.positionAt(added.start + added.newText.length);
  editor.selection = new vscode.Selection(range.start, end);
  editor.revealRange(new vscode.Range(range.start, end));
}

const notWritten = (): Problem =>
  new Problem(
    l10n.t('The entry could not be put into {0}: see what is wrong in the file, then try again.', SETTINGS_FILE),
  );

/** The folder whose settings file gets the entry. */
async function folderFor(): Promise<vscode.Uri> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const [first] = folders;
  if (first === undefined)
    throw new Problem(
      l10n.t('Open the folder of your repository: what is accepted is kept there, in {0}.', SETTINGS_FILE),
    );
  if (folders.length === 1) return first.uri;
  const chosen = await vscode.window.showWorkspaceFolderPick({
    placeHolder: l10n.t('The folder whose {0} gets the entry', SETTINGS_FILE),
  });
  if (chosen === undefined) throw new Cancelled();
  return chosen.uri;
}
