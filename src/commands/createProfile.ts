import * as vscode from 'vscode';
import type { CommandName } from '../ids.ts';
import { requireTrust } from '../outside.ts';
import { ask } from '../wizard/ask.ts';
import { profileJob } from '../wizard/profileJob.ts';
import { start } from '../wizard/questions.ts';
import { placeOf } from './place.ts';
import type { Rooms } from './rooms.ts';

/** Asks what is not known from where it was started, then shows the plan. Changes nothing. */
export const createProfile = (rooms: Rooms, place: unknown): Promise<void> => planned(rooms, 'createProfile', place);

/** The same for a profile that is there: most of it is known. */
export const repairProfile = (rooms: Rooms, place: unknown): Promise<void> => planned(rooms, 'repairProfile', place);

async function planned({ host, plans }: Rooms, command: CommandName, place: unknown): Promise<void> {
  requireTrust();
  const title = vscode.l10n.t('Create IRSA Profile');
  const wizard = await ask(start(placeOf(place)), title, host.connections);
  await (await plans()).review(profileJob(host, command, wizard, title));
}
