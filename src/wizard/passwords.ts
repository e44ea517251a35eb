import * as vscode from 'vscode';
import { plain } from './prompts.ts';
import type { Revealed } from '../provisioning/driver.ts';

const { l10n } = vscode;

/** Shows passwords that were made, each once, in a message that is kept nowhere: not in a document, the log or a notification. */
export async function showPasswords(made: readonly Revealed[]): Promise<void> {
  for (const { user, password } of made) {
    const copy: vscode.MessageItem = { title: l10n.t('Copy') };
    const answer = await vscode.window.showInformationMessage<vscode.MessageItem>(
      l10n.t('Password of {0}', plain(user)),
      {
        modal: true,
        detail: `${password}\n\n${l10n.t('It is shown only now and kept nowhere, and Dex holds no more than its hash. Give it to {0} in a safe way.', plain(user))}`,
      },
      copy,
      // VS Code's own "Cancel" reads as if it took the user back.
      { title: l10n.t('Close'), isCloseAffordance: true },
    );
    if (answer === copy) await vscode.env.clipboard.writeText(password);
  }
}
