import * as vscode from 'vscode';

/** For a command about a row: VS Code gives none where it was drawn anew in the moment that it was pressed. */
export function noRow(): void {
  void vscode.window.showWarningMessage(
    vscode.l10n.t('The row was just drawn anew, so that it is not known which one was meant. Press it again.'),
  );
}
