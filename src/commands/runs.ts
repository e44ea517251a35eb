import * as vscode from 'vscode';
import type { Host } from '../host.ts';
import { requireTrust } from '../outside.ts';
import { Cancelled, Problem } from '../problem.ts';
import type { StoredRun } from '../provisioning/runs.ts';
import { BACK, explanation, pick, plain } from '../wizard/prompts.ts';
import { progressOf, timeText } from '../wizard/runText.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

/** The run that a command is about: of a row of the tree, or of a document. */
function runIn(argument: unknown): string | undefined {
  const { run } = (argument ?? {}) as { readonly run?: unknown };
  return typeof run === 'string' ? run : undefined;
}

const WORDS: Readonly<Record<StoredRun['state'], () => string>> = {
  done: () => l10n.t('done'),
  unfinished: () => l10n.t('unfinished'),
  undone: () => l10n.t('undone'),
};

async function askRun(
  host: Host,
  title: string,
  none: string,
  wanted: (run: StoredRun) => boolean = () => true,
): Promise<string> {
  const { runs: all, unread } = await (await host.runs()).all();
  const runs = all.filter(wanted);
  if (runs.length === 0)
    throw new Problem([none, ...unread.map(({ file, problem }) => `${file}: ${problem}`)].join(' '));
  const chosen = await pick<string>({
    ...{ title, step: 1, of: 1, canGoBack: false },
    placeholder: l10n.t('Which run?'),
    load: async (show) =>
      show([
        ...runs.map((run) => {
          const { done, of } = progressOf(run);
          const { plan, command, began, run: id } = run.head;
          const state = run.isGoingOn ? l10n.t('going on') : WORDS[run.state]();
          return {
            label: plain(plan.title),
            description: l10n.t('{0}, {1} of {2} done', state, done, of),
            detail: plain(l10n.t('{0}, began {1}', command, timeText(began))),
            value: id,
          };
        }),
        ...unread.map(({ file, problem }) => explanation('warning', `${problem} ${file}`)),
      ]),
  });
  if (chosen === BACK) throw new Cancelled();
  return chosen;
}

/** Goes on with a run that did not end. */
export async function resumeRun({ host, plans }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const none = l10n.t('There is no unfinished run: nothing to resume.');
  const mayResume = ({ state, isGoingOn }: StoredRun): boolean => state === 'unfinished' && !isGoingOn;
  const id = runIn(argument) ?? (await askRun(host, l10n.t('Resume Run'), none, mayResume));
  await (await plans()).resume(id);
}

/** Takes a run back: of the plan that is open, of a row of the tree, or one that is chosen. */
export async function undoRun({ host, plans }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const open = await plans();
  const given = runIn(argument);
  const uri = argument instanceof vscode.Uri ? argument : undefined;
  if (given === undefined && open.canUndo(uri)) return open.undo(uri);
  const none = l10n.t('There is nothing to undo: no run that is known made anything.');
  const mayUndo = ({ state, isGoingOn }: StoredRun): boolean => state !== 'undone' && !isGoingOn;
  const { onlyAws } = (argument ?? {}) as { readonly onlyAws?: unknown };
  const again = onlyAws === true ? { onlyAws } : {};
  await open.undoRun(given ?? (await askRun(host, l10n.t('Undo Run'), none, mayUndo)), again);
}

/** Shows a run: what of it is done, and what is not. */
export async function showRuns({ host, plans }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const none = l10n.t('No run is known: none was made here, or all were removed from the journal.');
  const id = runIn(argument) ?? (await askRun(host, l10n.t('Show Runs'), none));
  await (await plans()).showRun(id);
}
