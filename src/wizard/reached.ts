import * as vscode from 'vscode';
import { CONTEXT } from '../ids.ts';

/** A step of the walkthrough is completed by what was done, wherever it was begun: its button alone completes nothing. */
export const reached = (step: 'applied' | 'proven'): void =>
  void vscode.commands.executeCommand('setContext', CONTEXT[step], true);
