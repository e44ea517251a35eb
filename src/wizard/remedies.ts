/** What a click on the remedy of a finding does: one table for every document that offers one. */
import { l10n, type Command } from 'vscode';
import type { Remedy } from '../core/modes/problem.ts';
import { commandId, type CommandName } from '../ids.ts';
import type { Lens } from './documents.ts';

const REMEDIES: Readonly<
  Record<Remedy, { readonly command: CommandName; readonly icon: string; readonly title: () => string }>
> = {
  repair: { command: 'repairProfile', icon: 'wrench', title: () => l10n.t('Repair…') },
  associateProvider: { command: 'associateProvider', icon: 'wrench', title: () => l10n.t('Associate OIDC Provider…') },
  unstick: { command: 'unstickProfile', icon: 'wrench', title: () => l10n.t('Free It…') },
  openManifest: { command: 'openManifest', icon: 'go-to-file', title: () => l10n.t('Open Manifest') },
};

/** The remedy as a command at a place. */
export function remedyCommand(remedy: Remedy, place: object): Command {
  const { command, title } = REMEDIES[remedy];
  return { title: title(), command: commandId(command), arguments: [place] };
}

/** The remedy as an action above a line; `count`: how many findings it mends. */
export function remedyLens(remedy: Remedy, line: number, place: object, count = 1): Lens {
  const { command, icon, title } = REMEDIES[remedy];
  const how = count > 1 ? l10n.t('{0} ({1} findings)', title(), count) : title();
  return { line, title: `$(${icon}) ${how}`, command: commandId(command), args: [place] };
}
