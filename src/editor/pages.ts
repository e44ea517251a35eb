/** A page for each failure mode, written from the catalogue: what the id of a problem links to. Needs no network. */
import * as vscode from 'vscode';
import { failureMode, failureModes, isFailureModeId } from '../core/modes/table.ts';
import type { Host } from '../host.ts';
import { commandId } from '../ids.ts';
import { Cancelled } from '../problem.ts';

const SCHEME = 'kubeflow-irsa-failure';

/** Where the id of a problem leads. */
export const pageOf = (id: string): vscode.Uri =>
  vscode.Uri.parse(`command:${commandId('showFailureMode')}?${encodeURIComponent(JSON.stringify([id]))}`);

/** Our texts are plain: `<profile>` and `s3:*` are no markup. */
const plain = (text: string): string => text.replace(/[\\`*_<>[\]]/g, '\\$&');

/** The page as Markdown. All of it is our own text. */
export function pageText(id: string): string {
  if (!isFailureModeId(id)) return `# ${vscode.l10n.t('There is no such failure mode')}\n`;
  const { title, symptom, cause, fix, sources } = failureMode(id);
  return [
    `# ${id}: ${plain(title)}`,
    `**Symptom.** ${plain(symptom)}`,
    `**Cause.** ${plain(cause)}`,
    `**Fix.** ${plain(fix)}`,
    ...(sources.length > 0 ? [`*Sources: ${plain(sources.join('; '))}*`] : []),
  ]
    .map((paragraph) => `${paragraph}\n`)
    .join('\n');
}

let registered: vscode.Disposable | undefined;
/** Makes the pages readable as documents, once. */
function register({ context }: Host): void {
  if (registered !== undefined) return;
  registered = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: ({ path }) => pageText(path.replace(/^\/|\.md$/g, '')),
  });
  context.subscriptions.push(registered);
}

/** Shows the page of a failure mode, asked for where no id is given: rendered where VS Code's preview is there, else as text. */
export async function showFailureMode({ host }: { readonly host: Host }, given?: unknown): Promise<void> {
  const id = given ?? (await ask());
  if (typeof id !== 'string' || !isFailureModeId(id)) return;
  register(host);
  const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${id}.md` });
  try {
    await vscode.commands.executeCommand('markdown.showPreview', uri);
  } catch {
    await vscode.window.showTextDocument(uri, { preview: true });
  }
}

async function ask(): Promise<string> {
  const lines = failureModes.map(({ id, title }) => ({ label: id, description: title }));
  const placeHolder = vscode.l10n.t('What it says, or its id');
  const answer = await vscode.window.showQuickPick(lines, { placeHolder, matchOnDescription: true });
  if (answer === undefined) throw new Cancelled();
  return answer.label;
}
