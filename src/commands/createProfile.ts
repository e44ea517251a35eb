import * as vscode from 'vscode';
import type { Host } from '../host.ts';
import { requireTrust } from '../outside.ts';
import { ask } from '../wizard/ask.ts';
import type { Plans } from '../wizard/plans.ts';
import { again, askingRole, start } from '../wizard/questions.ts';
import { placeOf } from './place.ts';

const title = (): string => vscode.l10n.t('Create IRSA Profile');

/** Asks what is not known from where it was started, then shows the plan. Changes nothing. */
export async function createProfile(host: Host, plans: Plans, place: unknown): Promise<void> {
  requireTrust();
  await plans.review(await ask(start(placeOf(place)), title(), host.connections));
}

/**
 * Asks the questions of a plan again, from the last one on, with the answers as they were. Where the role is what stops the
 * plan, its name is the last one.
 */
export async function changeAnswers(host: Host, plans: Plans, uri?: vscode.Uri): Promise<void> {
  const { wizard, needsRole } = plans.answers(uri);
  await plans.review(await ask(needsRole ? askingRole(wizard) : again(wizard), title(), host.connections));
}
