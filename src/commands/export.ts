/** Export: profiles as they are, or a plan, as files of the engine that keeps them from then on. Changes nothing but a folder. */
import * as vscode from 'vscode';
import { blockers } from '../core/plan/plan.ts';
import { spoken } from '../core/text.ts';
import { exportOfPlan, gatherExport, type LiveExport } from '../estate/exported.ts';
import { prepare } from '../export/prepare.ts';
import { TARGETS, type Target } from '../export/targets.ts';
import { isEmpty, type OutputFile } from '../export/things.ts';
import type { Host } from '../host.ts';
import type { CommandName } from '../ids.ts';
import { requireTrust } from '../outside.ts';
import { Cancelled, Problem } from '../problem.ts';
import { FolderError, writeFiles } from '../provisioning/writeFiles.ts';
import { unlessCancelled } from '../provisioning/wait.ts';
import { sourceId } from '../source.ts';
import { withProgress } from '../wizard/carry.ts';
import type { Place } from '../wizard/job.ts';
import { plain } from '../wizard/prompts.ts';
import { clusterOf, issuing } from '../wizard/reach.ts';
import { askPlace, onPlace } from './onCluster.ts';
import { placeOf } from './place.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;
const title = (): string => l10n.t('Export');

/** A cluster, and which of its profiles; undefined: it is asked, or all. */
interface Chosen {
  readonly place: Place;
  readonly names: readonly string[] | undefined;
}

/** What rows of the tree stand for: each cluster once, as a whole where its own row is among them. */
function chosenOf(nodes: readonly unknown[]): readonly Chosen[] {
  const all = new Map<string, Chosen>();
  for (const node of nodes) {
    const { cluster, region, awsProfile, profile } = placeOf(node);
    if (cluster === undefined || region === undefined) continue;
    const place = { cluster, region, ...(awsProfile === undefined ? {} : { awsProfile }) };
    const key = `${sourceId(place)} ${cluster}`;
    const known = all.get(key);
    const names = known === undefined ? [] : known.names;
    all.set(key, {
      place,
      names: profile === undefined || names === undefined ? undefined : [...new Set([...names, profile])],
    });
  }
  return [...all.values()];
}

/** Writes the profiles of the rows that are chosen, or of a cluster that is asked for. */
export async function exportProfiles({ host }: Rooms, argument: unknown, selected?: unknown): Promise<void> {
  requireTrust();
  const rows = Array.isArray(selected) && selected.length > 1 ? (selected as unknown[]) : [argument];
  const given = chosenOf(rows);
  const asked = given.length === 0 ? [{ place: await askPlace(host, argument, title()), names: undefined }] : given;
  const [only, second] = asked;
  // Of one cluster it is asked which of its profiles; what several rows say is said.
  const chosen =
    only !== undefined && second === undefined && only.names === undefined
      ? [{ ...only, names: await askNames(host, only.place) }]
      : asked;
  await exported(host, 'exportProfiles', (signal) =>
    Promise.all(
      chosen.map(({ place, names }) =>
        onPlace(host, place, ({ cluster, aws, kubernetes }) =>
          unlessCancelled(signal, gatherExport(issuing(cluster), names, aws, kubernetes)),
        ),
      ),
    ),
  );
}

/** Which profiles of a cluster: all of them at first. */
async function askNames(host: Host, place: Place): Promise<readonly string[] | undefined> {
  const names = await withProgress(l10n.t('Looking at {0}', place.cluster), () =>
    onPlace(host, place, ({ kubernetes }) => kubernetes.profileNames(MOST_NAMES)),
  );
  // Who may not list them is told so by what is read next; more than one can choose from are meant as a whole.
  if (names.state !== 'found' || names.value.length < 2 || names.value.length >= MOST_NAMES) return undefined;
  const items = names.value.map((name) => ({ label: plain(name), name, picked: true }));
  const picked = await vscode.window.showQuickPick(items, {
    title: title(),
    placeHolder: l10n.t('Which profiles of {0}?', place.cluster),
    canPickMany: true,
    ignoreFocusOut: true,
  });
  if (picked === undefined || picked.length === 0) throw new Cancelled();
  return picked.length === items.length ? undefined : picked.map(({ name }) => name);
}
const MOST_NAMES = 2_000;

/** Writes what an open plan makes. */
export async function exportPlan({ host, plans }: Rooms, uri?: vscode.Uri): Promise<void> {
  requireTrust();
  const { plan, place, done } = (await plans()).shown(uri);
  if (blockers(plan).length > 0) throw new Problem(l10n.t('This plan is blocked. Do what it says, and plan again.'));
  await exported(host, 'exportPlan', async () => {
    const { cluster, aws } = await clusterOf(host, place);
    return [await exportOfPlan(plan, issuing(cluster), aws, done)];
  });
}

/** Asks for target and folder, reads, checks, and writes; then shows the first file and what to do next. */
async function exported(
  host: Host,
  command: CommandName,
  read: (signal: AbortSignal) => Promise<readonly LiveExport[]>,
): Promise<void> {
  const target = await askTarget();
  const folder = await askFolder(target);
  const live = await withProgress(l10n.t('Reading what is exported; nothing is changed'), read);
  const missing = live.flatMap((one) => one.missing);
  if (live.every((one) => isEmpty(one.exported)))
    throw new Problem([l10n.t('There is nothing to export.'), ...missing].join(' '));
  const prepared = await prepare(
    target,
    live.map((one) => one.exported),
  );
  if ('refused' in prepared)
    throw new Problem([l10n.t('Nothing was written.'), ...prepared.refused].map(spoken).join(' '));
  const { files, cannot, next } = prepared.output;
  const [first] = await write(folder, files);
  const notes = live.flatMap((one) => one.notes);
  for (const line of [...notes, ...cannot, ...missing]) host.log.warn(`${command}: ${line}`);
  for (const [at, line] of next.entries()) host.log.info(`${command}: next, step ${at + 1}: ${line}`);
  if (first !== undefined) await vscode.window.showTextDocument(vscode.Uri.file(first), { preview: false });
  const lost = [...cannot, ...missing];
  const said = [
    files.length === 1
      ? l10n.t('Written to {0}: {1}.', folder, files[0]?.path ?? '')
      : l10n.t('Written to {0}: {1} files.', folder, files.length),
    ...(lost.length === 0 ? [] : [l10n.t('Not in the files: {0}', lost.join(' '))]),
    ...(notes.length === 0 ? [] : [l10n.t('Other than it is now: {0}', notes.join(' '))]),
    ...(next.length === 0 ? [] : [l10n.t('Next: {0}', next[0] ?? '')]),
    ...(next.length < 2 ? [] : [l10n.t('The log has all {0} steps.', next.length)]),
  ].map(spoken);
  const showLog = l10n.t('Show Log');
  // Not waited for: the command is done.
  void host.attempt(command, async () => {
    const tell = lost.length === 0 ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
    if ((await tell(spoken(said.join(' ')), showLog)) === showLog) host.log.show();
  });
}

async function askTarget(): Promise<Target> {
  const items = TARGETS.map((target) => ({ label: target.title, detail: target.detail, target }));
  const picked = await vscode.window.showQuickPick(items, {
    title: title(),
    placeHolder: l10n.t('What are the files for?'),
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  if (picked === undefined) throw new Cancelled();
  return picked.target;
}

async function askFolder(target: Target): Promise<string> {
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri;
  const picked = await vscode.window.showOpenDialog({
    title: l10n.t('Export: folder for {0}', target.title),
    openLabel: l10n.t('Export Here'),
    canSelectFiles: false,
    canSelectFolders: true,
    ...(workspace === undefined ? {} : { defaultUri: workspace }),
  });
  const [uri] = picked ?? [];
  if (uri === undefined) throw new Cancelled();
  if (uri.scheme !== 'file')
    throw new Problem(
      l10n.t('{0} is no folder of the machine that the extension runs on. Choose another one.', uri.toString()),
    );
  return uri.fsPath;
}

/** Into a folder that holds something after a question: what is there of the same names is replaced. */
async function write(folder: string, files: readonly OutputFile[]): Promise<readonly string[]> {
  try {
    return await writeFiles(folder, files, false);
  } catch (error) {
    if (!(error instanceof FolderError)) throw error;
    if (error.code !== 'not-empty') throw new Problem(error.message);
  }
  const go = l10n.t('Write');
  const names = files.map(({ path }) => path);
  const shown = names.length > 10 ? [...names.slice(0, 10), '…'] : names;
  const answer = await vscode.window.showWarningMessage(
    l10n.t('{0} is not empty. Write into it?', plain(folder)),
    {
      modal: true,
      detail: `${l10n.t('Files of these names are replaced, others stay:')}\n${shown.join('\n')}`,
    },
    go,
  );
  if (answer !== go) throw new Cancelled();
  return writeFiles(folder, files, true).catch((error: unknown) => {
    throw error instanceof FolderError ? new Problem(error.message) : error;
  });
}
