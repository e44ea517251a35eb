/** The doctor in a document: what works, what does not, why and what to do, with the plans that mend it. Reads; changes nothing. */
import * as vscode from 'vscode';
import type { Accepted } from '../core/doctor/accepted.ts';
import { selection } from '../core/doctor/checks.ts';
import { doctorSummary, doctorText, whatIfText, type DoctorMark } from '../core/doctor/document.ts';
import { doctorReport, type DoctorFinding } from '../core/doctor/report.ts';
import { differencesOf, overlayOf, type Overlay } from '../core/doctor/whatif.ts';
import { SETTINGS_FILE } from '../core/look.ts';
import type { Remedy } from '../core/modes/problem.ts';
import { reasonOf } from '../core/reading.ts';
import { readSettings } from '../core/settings.ts';
import { CLUSTERS_AT_ONCE, examine, type Examiner, type Seen } from '../estate/doctor.ts';
import { keptProof } from '../estate/proofs.ts';
import { portions } from '../estate/portions.ts';
import { limiter, patiently, rolesOf } from '../estate/roles.ts';
import { reading } from '../estate/sources.ts';
import type { Host } from '../host.ts';
import { commandId } from '../ids.ts';
import { requireTrust } from '../outside.ts';
import { Problem } from '../problem.ts';
import { unlessCancelled } from '../provisioning/wait.ts';
import { sourceId, sourceOf, type Source } from '../source.ts';
import { withProgress } from '../wizard/carry.ts';
import { documentUri, type Lens } from '../wizard/documents.ts';
import { askPlace, askProfile } from './onCluster.ts';
import { placeOf } from './place.ts';
import { remedyLens } from '../wizard/remedies.ts';
import type { Rooms } from './rooms.ts';

const { l10n } = vscode;

/** A cluster to look at, and where it is. */
interface Wanted extends Source {
  readonly cluster: string;
  readonly profile?: string;
}

/** Of a row its cluster or profile, else all clusters that are chosen. */
export async function doctor({ host, documents }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const wanted = await wantedBy(host, argument);
  const [only] = wanted ?? [];
  const title =
    only === undefined
      ? l10n.t('Doctor')
      : only.profile === undefined
        ? l10n.t('Doctor: {0}', only.cluster)
        : l10n.t('Doctor: {0} on {1}', only.profile, only.cluster);
  const { seen, sources } = await look(host, wanted, title);
  const report = await reportOf(seen);
  const { text, marks, folds } = doctorText(report, 'full');
  host.log.info(`${title}: ${doctorSummary(report)}`);
  const again: Lens = { title: `$(refresh) ${l10n.t('Look again')}`, command: commandId('doctor'), args: [only ?? {}] };
  const uri = documentUri(title, only === undefined ? '' : sourceId(only));
  await (await documents()).show(uri, text, [again, ...lensesOf(marks, sources)], folds);
}

/** What if the file of an editor were applied: judged as it stands there, saved or not. */
export async function whatIf({ host, documents }: Rooms, argument: unknown): Promise<void> {
  requireTrust();
  const document = await documentOf(argument);
  const { profile } = placeOf(argument);
  const title = l10n.t('What If I Apply This?');
  const place = await askPlace(host, argument, title);
  const path = vscode.workspace.asRelativePath(document.uri);
  const overlay = overlayOf([{ path, text: document.getText() }], profile);
  // Who shares a role with it is told, too: the whole cluster is judged.
  const { seen, sources } = await look(
    host,
    [{ ...sourceOf(place.awsProfile, place.region), cluster: place.cluster }],
    title,
    overlay,
  );
  const before = await reportOf(seen);
  const after = await reportOf(seen.map((one) => one.after ?? one));
  const head = `${whatIfText({ laid: overlay.laid, ...differencesOf(before, after) })}\n`;
  const lines = head.split('\n').length - 1;
  const { text, folds } = doctorText(after, 'full');
  const again: Lens = {
    title: `$(refresh) ${l10n.t('Look again')}`,
    command: commandId('whatIf'),
    args: [{ ...place, ...(profile === undefined ? {} : { profile }), uri: document.uri.toString() }],
  };
  const uri = documentUri(l10n.t('What if: {0} on {1}', path, place.cluster), sourceId(sources[0] ?? place));
  const moved = folds.map(({ start, end }) => ({ start: start + lines, end: end + lines }));
  await (await documents()).show(uri, head + text, [again], moved);
}

/** The document that is meant: of the lens, else of the active editor. */
async function documentOf(argument: unknown): Promise<vscode.TextDocument> {
  const uri = (argument as { uri?: unknown } | undefined)?.uri;
  if (typeof uri === 'string') return vscode.workspace.openTextDocument(vscode.Uri.parse(uri, true));
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined) throw new Problem(l10n.t('Open the file that is to be applied, then try again.'));
  return document;
}

/** What a row or a line of a document is about; undefined: all that is chosen. */
async function wantedBy(host: Host, argument: unknown): Promise<readonly Wanted[] | undefined> {
  const { cluster, region, awsProfile, profile } = placeOf(argument);
  if (cluster !== undefined && region !== undefined)
    return [{ ...sourceOf(awsProfile, region), cluster, ...(profile === undefined ? {} : { profile }) }];
  if (profile === undefined) return undefined;
  return [await askProfile(host, argument, l10n.t('Doctor'))];
}

interface Looked {
  readonly seen: readonly Seen[];
  /** Where each of them is. */
  readonly sources: readonly Source[];
}

/** Reads what is wanted, with progress that can be cancelled. */
function look(host: Host, wanted: readonly Wanted[] | undefined, title: string, overlay?: Overlay): Thenable<Looked> {
  return withProgress(l10n.t('{0}: looking; nothing is changed', title), (signal, report) =>
    unlessCancelled(
      signal,
      (async () => {
        const all = wanted ?? (await chosen(host));
        const atOnce = limiter(CLUSTERS_AT_ONCE);
        const turn = portions();
        const roles = new Map<string, ReturnType<typeof rolesOf>>();
        const seen = await Promise.all(
          all.map((one) =>
            atOnce(async () => {
              report({ message: one.cluster });
              const aws = await host.connections.aws(one);
              const its = roles.get(one.awsProfile ?? '') ?? rolesOf(aws);
              roles.set(one.awsProfile ?? '', its);
              const { workspaceState: kept } = host.context;
              const proof: Examiner['proof'] = (profile, view) => keptProof(kept, one, profile, view, Date.now());
              const through = { aws, connect: host.connections.connect, roles: its, now: Date.now, turn, proof };
              return examine(one, through, overlay);
            }),
          ),
        );
        return { seen, sources: all };
      })(),
    ),
  );
}

/** All clusters of all AWS identities and regions that are chosen. */
async function chosen(host: Host): Promise<readonly Wanted[]> {
  const sources = await host.connections.sources();
  const listed = await Promise.all(
    sources.map(async (source) => {
      const names = await reading(async () => {
        const aws = await host.connections.aws(source);
        return patiently(() => aws.clusterNames());
      });
      return { source, names };
    }),
  );
  const all = listed.flatMap(({ source, names }) =>
    names.state === 'found' ? names.value.map((cluster) => ({ ...source, cluster })) : [],
  );
  const [failed] = listed.filter(({ names }) => names.state !== 'found');
  if (all.length === 0 && failed !== undefined) throw new Problem(reasonOf(failed.names));
  return all;
}

const reportOf = async (seen: readonly Seen[]) =>
  doctorReport(seen, { at: new Date().toISOString(), selected: selection([], []), accepted: await acceptedHere() });

/** What the settings files of the workspace's folders accept. */
async function acceptedHere(): Promise<readonly Accepted[]> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const all = await Promise.all(
    folders.map(async ({ uri }) => {
      try {
        const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(uri, SETTINGS_FILE));
        return readSettings(new TextDecoder().decode(bytes)).accepted;
      } catch {
        return [];
      }
    }),
  );
  return all.flat();
}

export { acceptFinding } from './accept.ts';

/** Above a heading what mends what stands below it, several findings at once; above a finding its page. */
function lensesOf(marks: readonly DoctorMark[], sources: readonly Source[]): readonly Lens[] {
  return marks.flatMap(({ line, cluster, region, profile, finding, findings = [] }): Lens[] => {
    const source = sources.find((one) => (one as Partial<Wanted>).cluster === cluster && one.region === region);
    const place = {
      ...sourceOf(source?.awsProfile, region),
      cluster,
      ...(profile === undefined ? {} : { profile }),
    };
    if (finding !== undefined)
      return [
        {
          line,
          title: `$(question) ${l10n.t('What is {0}?', finding.id)}`,
          command: commandId('showFailureMode'),
          args: [finding.id],
        },
        ...(finding.accepted === undefined
          ? [
              {
                line,
                title: `$(check) ${l10n.t('Accept…')}`,
                command: commandId('acceptFinding'),
                args: [{ id: finding.id, cluster, profile, fingerprint: finding.fingerprint }],
              },
            ]
          : []),
      ];
    const verify = {
      line,
      title: `$(verified) ${l10n.t('Verify')}`,
      command: commandId('verifyProfile'),
      args: [place],
    };
    return [
      ...remediesOf(findings).map(([remedy, count]) => remedyLens(remedy, line, place, count)),
      ...(profile === undefined ? [] : [verify]),
    ];
  });
}

/** How many findings each remedy mends; also what is only worth knowing: the text says of it, too, that a plan mends it. */
function remediesOf(findings: readonly DoctorFinding[]): readonly (readonly [Remedy, number])[] {
  const by = new Map<Remedy, number>();
  for (const { remedy, accepted } of findings)
    if (remedy !== undefined && accepted === undefined) by.set(remedy, (by.get(remedy) ?? 0) + 1);
  return [...by];
}
