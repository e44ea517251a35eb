import * as vscode from 'vscode';
import { requireTrust } from '../outside.ts';
import { ask } from '../wizard/ask.ts';
import { again, askingRole, start } from '../wizard/questions.ts';
import { placeOf } from './place.ts';
import type { Rooms } from './rooms.ts';

const title = (): string => vscode.l10n.t('Create IRSA Profile');

/** Asks what is not known from where it was started, then shows the plan. Changes nothing. */
export async function createProfile({ host, plans }: Rooms, place: unknown): Promise<void> {
  requireTrust();
  const wizard = await ask(start(placeOf(place)), title(), host.connections);
  await (await plans()).review(wizard);
}

/**
 * Asks the questions of a plan again, from the last one on, with the answers as they were. Where the role is what stops the
 * plan, its name is the last one.
 */
export async function changeAnswers({ host, plans }: Rooms, uri?: vscode.Uri): Promise<void> {
  const open = await plans();
  const { wizard, needsRole } = open.answers(uri);
  await open.review(await ask(needsRole ? askingRole(wizard) : again(wizard), title(), host.connections));
}
