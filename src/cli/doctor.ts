/** doctor: every known failure looked for on live clusters. Reads AWS and the clusters; changes nothing. */
import path from 'node:path';
import type { Accepted } from '../core/doctor/accepted.ts';
import { liveModes, selection } from '../core/doctor/checks.ts';
import { doctorText, whatIfText } from '../core/doctor/document.ts';
import { doctorReport, findingsOf, outcomeOf, type DoctorFinding, type DoctorReport } from '../core/doctor/report.ts';
import { PARTS, wordsOf } from '../core/doctor/parts.ts';
import type { FailureModeId } from '../core/modes/ids.ts';
import { isFailureModeId } from '../core/modes/table.ts';
import { unreadable } from '../core/plan/plan.ts';
import { differencesOf, overlayOf, type Overlay, type WhatIfFile } from '../core/doctor/whatif.ts';
import { CLUSTERS_AT_ONCE, examine, type Seen } from '../estate/doctor.ts';
import { limiter, patiently, rolesOf } from '../estate/roles.ts';
import { OutsideError } from '../provisioning/ports.ts';
import { unlessCancelled } from '../provisioning/wait.ts';
import { reach, say, type Reach, type Way } from './carry.ts';
import { junit } from './junit.ts';
import { readAll } from './files.ts';
import { EXIT, UsageError, type Context } from './parse.ts';
import { sarif } from './sarif.ts';
import { settingsAbove, settingsFrom } from './settings.ts';
import { visible, visibleJson } from './visible.ts';

interface DoctorValues extends Reach {
  readonly cluster: string | undefined;
  readonly profile: string | undefined;
  readonly format: 'text' | 'json' | 'sarif' | 'junit';
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly settings: string | undefined;
  /** Files that are laid over the live world. */
  readonly with: readonly string[];
}

export async function doctor(values: DoctorValues, context: Context): Promise<number> {
  const selected = selection(words(values.only), words(values.skip));
  const accepted = await acceptedBy(values.settings);
  const way = await reach(values, context);
  const overlay = values.with.length === 0 ? undefined : overlayOf(await filesOf(values.with), values.profile);
  const clusters = await unlessCancelled(way.outside.signal, look(values, way, overlay));
  const options = { at: new Date().toISOString(), selected, accepted };
  const now = doctorReport(clusters, options);
  const report =
    overlay === undefined
      ? now
      : doctorReport(
          clusters.map((one) => one.after ?? one),
          options,
        );
  const whatIf = overlay && { laid: overlay.laid, ...differencesOf(now, report) };
  const written: Record<DoctorValues['format'], () => string> = {
    text: () => `${whatIf === undefined ? '' : `${whatIfText(whatIf)}\n`}${doctorText(report, 'short').text}`,
    json: () => `${visibleJson(JSON.stringify({ ...jsonOf(report), ...whatIf }, undefined, 2))}\n`,
    sarif: () => visibleJson(sarifOf(report, liveModes.filter(selected), context.version)),
    junit: () => junit(report, selected),
  };
  process.stdout.write(written[values.format]());
  return { findings: EXIT.notAsWanted, unread: EXIT.couldNotRun, sound: EXIT.done }[outcomeOf(report)];
}

/** What is there, read and judged: for who explains an error. */
export async function seenOn(
  values: Reach & Pick<DoctorValues, 'cluster' | 'profile'>,
  context: Context,
): Promise<readonly Seen[]> {
  const way = await reach(values, context);
  return unlessCancelled(way.outside.signal, look(values, way, undefined));
}

/** What `--only` or `--skip` names. Throws {@link UsageError} for an id that there is none of. */
function words(texts: readonly string[]): readonly string[] {
  const all = texts.flatMap(wordsOf);
  const strange = all.find((word) => !Object.hasOwn(PARTS, word) && !isFailureModeId(word));
  if (strange !== undefined) throw new UsageError(`There is no failure ${strange}: docs/failure-modes.md has all ids.`);
  return all;
}

/** The clusters that are asked for, read and judged. Throws {@link OutsideError} where there is none of that name. */
async function look(
  { cluster, profile }: Pick<DoctorValues, 'cluster' | 'profile'>,
  { region, connect, outside }: Way,
  overlay: Overlay | undefined,
): Promise<readonly Seen[]> {
  const { aws } = outside;
  const through = { aws, connect, roles: rolesOf(aws), now: Date.now };
  const names = cluster === undefined ? await clusterNames(region, aws) : [cluster];
  const atOnce = limiter(CLUSTERS_AT_ONCE);
  const clusters = await Promise.all(
    names.map((name) => atOnce(() => examine({ cluster: name, region, profile }, through, overlay))),
  );
  const isSeen = ({ profiles, unread = [], after }: Seen): boolean =>
    profiles.length > 0 || unread.length > 0 || (after?.profiles.length ?? 0) > 0;
  const isThere = clusters.some(isSeen);
  if (profile !== undefined && !isThere)
    throw new OutsideError(
      `There is no profile ${profile} ${cluster === undefined ? `on a cluster in ${region}` : `on cluster ${cluster}`}.`,
      'absent',
    );
  return profile === undefined || cluster !== undefined ? clusters : clusters.filter(isSeen);
}

async function clusterNames(region: string, aws: Way['outside']['aws']): Promise<readonly string[]> {
  const names = await patiently(() => aws.clusterNames());
  if (names.state !== 'found') throw new OutsideError(unreadable(names, `The clusters in ${region}`), names.state);
  return names.value;
}

/** The files of `--with`. Throws {@link UsageError} for what cannot be read. */
async function filesOf(paths: readonly string[]): Promise<readonly WhatIfFile[]> {
  const { files, failures } = readAll(paths);
  const [failure] = failures;
  if (failure !== undefined) throw new UsageError(`${failure.path} cannot be read: ${failure.reason}`);
  return files.map((file) => ({ path: path.relative('.', file.path).split(path.sep).join('/'), text: file.text }));
}

/** What was accepted. Throws {@link UsageError} where a file that was named, or that is there, cannot be read. */
async function acceptedBy(named: string | undefined): Promise<readonly Accepted[]> {
  const { file = '', settings, problems } = await settingsFrom(named ?? settingsAbove('.'));
  // What stands in the other sections, lint tells.
  for (const { line, message, section = 'accepted' } of problems)
    if (section === 'accepted') say(`${visible(path.relative('.', file))}:${line}: ${visible(message)}`);
  return settings.accepted;
}

const findingJson = ({
  id,
  severity,
  title,
  message,
  evidence,
  fix,
  fingerprint,
  accepted,
  acceptedBefore,
}: DoctorFinding): Record<string, unknown> => ({
  id,
  severity,
  title,
  message,
  evidence,
  fix,
  fingerprint,
  ...(accepted === undefined ? {} : { accepted }),
  ...(acceptedBefore === undefined ? {} : { acceptedBefore }),
});

/** The documented shape of `--format json`. */
export const jsonOf = ({ at, clusters }: DoctorReport): Record<string, unknown> => ({
  command: 'doctor',
  at,
  clusters: clusters.map(({ cluster, region, findings, unread, note, profiles }) => ({
    cluster,
    region,
    ...(note === undefined ? {} : { note }),
    findings: findings.map(findingJson),
    unread,
    profiles: profiles.map(({ profile, state, findings: its, unread: lacks, notRun, sound }) => ({
      profile,
      state,
      findings: its.map(findingJson),
      unread: lacks,
      notRun,
      sound,
    })),
  })),
});

/** The findings as SARIF: where they are is no file, so that they have logical locations. */
const sarifOf = (report: DoctorReport, ran: readonly FailureModeId[], version: string): string =>
  sarif(
    version,
    ran,
    findingsOf(report).map(({ cluster: { cluster, region }, profile, finding }) => {
      const { id, severity, message, evidence, fingerprint, accepted } = finding;
      const place = [region, cluster, ...(profile === undefined ? [] : [profile.profile])];
      return {
        id,
        severity,
        message,
        more: {
          locations: [
            {
              logicalLocations: [
                {
                  name: place.at(-1),
                  fullyQualifiedName: place.join('/'),
                  kind: profile === undefined ? 'cluster' : 'profile',
                },
              ],
            },
          ],
          partialFingerprints: { 'evidence/v1': fingerprint },
          properties: { evidence },
          ...(accepted === undefined
            ? {}
            : {
                suppressions: [{ kind: 'external', justification: `${accepted.reason} (until ${accepted.until})` }],
              }),
        },
      };
    }),
  );
