/** A page for each failure mode, written from the catalogue: what the id of a problem links to. Needs no network. */
import * as vscode from 'vscode';
import { failureMode, isFailureModeId } from '../core/modes/table.ts';
import { SHOW_FAILURE_MODE } from '../ids.ts';

const SCHEME = 'kubeflow-irsa-failure';

/** Where the id of a problem leads. */
export const pageOf = (id: string): vscode.Uri =>
  vscode.Uri.parse(`command:${SHOW_FAILURE_MODE}?${encodeURIComponent(JSON.stringify([id]))}`);

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

/** Makes the pages readable as documents. */
export const registerPages = (): vscode.Disposable =>
  vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: ({ path }) => pageText(path.replace(/^\/|\.md$/g, '')),
  });

/** Shows a page: rendered where VS Code's Markdown preview is there, as text where it is not. */
export async function showPage(id: unknown): Promise<void> {
  if (typeof id !== 'string' || !isFailureModeId(id)) return;
  const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${id}.md` });
  try {
    await vscode.commands.executeCommand('markdown.showPreview', uri);
  } catch {
    await vscode.window.showTextDocument(uri, { preview: true });
  }
}
