/** The report for people: what works, what does not, why, and what to do. One text for a document of the editor and for a terminal. */
import type { FailureModeId } from '../modes/ids.ts';
import type { Evidence } from '../modes/problem.ts';
import { failureMode } from '../modes/table.ts';
import { dataOf } from '../policy/json.ts';
import { spoken } from '../text.ts';
import { checkOf, liveModes } from './checks.ts';
import { CHECK_IDS, PARTS } from './parts.ts';
import type { Difference, WhatIf } from './whatif.ts';
import {
  counts,
  findingsOf,
  type ClusterReport,
  type DoctorFinding,
  type DoctorReport,
  type NotRun,
  type ProfileReport,
  outcomeOf,
} from './report.ts';

/** Where a heading or a finding stands in the text, for actions on it. Lines are from 0. */
export interface DoctorMark {
  readonly line: number;
  readonly cluster: string;
  readonly region: string;
  readonly profile?: string;
  /** Absent: the heading of the profile or of the cluster. */
  readonly finding?: DoctorFinding;
  /** With a heading: what it has. */
  readonly findings?: readonly DoctorFinding[];
}

export interface DoctorText {
  readonly text: string;
  readonly marks: readonly DoctorMark[];
  /** First and last lines of what is folded: the evidence. */
  readonly folds: readonly { readonly start: number; readonly end: number }[];
}

/** `full`: all of it, to be folded; `short`: one line each, for a terminal. */
export type EvidenceStyle = 'full' | 'short';
/** Characters of a value in a line. */
const SHORT = 160;
/** Sound profiles that are named, at most. */
const MOST_NAMED = 50;

const FIX_WORDS: Readonly<Record<DoctorFinding['fix'], string>> = {
  plan: 'A plan mends it.',
  edit: 'Edit the Profile.',
  explained: 'It is done by hand: no plan decides it for you.',
};

const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** What a report comes to, in a sentence. */
export function doctorSummary(report: DoctorReport): string {
  const all = findingsOf(report);
  const profiles = report.clusters.reduce((sum, { profiles: its }) => sum + its.length, 0);
  const of = (severity: string): number =>
    all.filter(({ finding }) => finding.severity === severity && finding.accepted === undefined).length;
  const accepted = all.filter(({ finding }) => finding.accepted !== undefined).length;
  const parts = [
    ...(of('error') > 0 ? [plural(of('error'), 'error')] : []),
    ...(of('warning') > 0 ? [plural(of('warning'), 'warning')] : []),
    ...(of('information') + of('hint') > 0 ? [`${of('information') + of('hint')} worth knowing`] : []),
    ...(accepted > 0 ? [`${accepted} accepted`] : []),
  ];
  const where = `${plural(report.clusters.length, 'cluster')}, ${plural(profiles, 'profile')}`;
  const rest = outcomeOf(report) === 'unread' ? ', but not all could be judged' : '';
  return `${where}: ${parts.length === 0 ? 'no finding' : parts.join(', ')}${rest}.`;
}

/** How long before, as people say it: minutes, hours or days. A clock that is behind says nothing of the future. */
export function ago(from: string, to: string): string {
  const minutes = Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / 60_000));
  if (minutes < 1) return 'just now';
  if (minutes < 120) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}

/** Whether a proof holds, so that there is nothing to say of it but when it was made. */
const isCurrent = ({ outcome, changed }: NonNullable<ProfileReport['proof']>): boolean =>
  outcome === 'verified' && changed === undefined;

/** What trying a profile showed, in a sentence. */
function proofWords({ outcome, at, changed }: NonNullable<ProfileReport['proof']>, now: string): string {
  const when = `${ago(at, now)} (${at})`;
  const said = {
    verified: `Verified ${when}`,
    failed: `Its verification failed ${when}`,
    checked: `Checked ${when}; no object was touched, so that is no proof`,
  }[outcome];
  return changed === true
    ? `${said}. Not verified since: what that rested on has changed. Verify it again.`
    : `${said}${outcome === 'verified' ? '; what that rested on is as it was' : ''}.`;
}

/** A value over several lines where it is JSON. */
function linesOf(value: string): readonly string[] {
  const data = dataOf(value);
  const text = typeof data === 'object' && data !== null ? JSON.stringify(data, undefined, 2) : value;
  return text.split('\n').map((line) => line.replace(CONTROL, '\ufffd'));
}
/** What a terminal would obey, and what hides text. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Failures by the parts of the list; of parts that are not whole which of them: "the trust policy, the permissions (KP-041)". */
export function partsOf(ids: readonly FailureModeId[]): string {
  const wanted = new Set(ids);
  return CHECK_IDS.flatMap((check) => {
    const its = liveModes.filter((id) => checkOf(id) === check);
    const named = its.filter((id) => wanted.has(id));
    if (named.length === 0) return [];
    return named.length === its.length ? [PARTS[check]] : [`${PARTS[check]} (${named.join(', ')})`];
  }).join(', ');
}

/** The report as text. */
export function doctorText(report: DoctorReport, style: EvidenceStyle): DoctorText {
  const lines: string[] = [];
  const marks: DoctorMark[] = [];
  const folds: { start: number; end: number }[] = [];
  const add = (indent: number, text: string): void => void lines.push(`${' '.repeat(indent)}${spoken(text)}`);
  const gap = (): void => {
    if (lines.at(-1) !== '') lines.push('');
  };

  function evidence(all: readonly Evidence[], fingerprint: string): void {
    const start = lines.length;
    if (style === 'full') add(4, `Evidence (${all.length}):`);
    for (const { what, where, value } of all) {
      if (style === 'short') {
        const text = value.length > SHORT ? `${value.slice(0, SHORT).trimEnd()} …` : value;
        add(4, `Seen: ${what}, ${where}: ${text}`);
        continue;
      }
      const [first = '', ...rest] = linesOf(value);
      if (rest.length === 0) add(6, `${what}, ${where}: ${first}`);
      else {
        add(6, `${what}, ${where}:`);
        for (const line of [first, ...rest]) lines.push(`        ${line}`.trimEnd());
      }
    }
    // What accepts it is not what is read first.
    add(style === 'full' ? 6 : 4, `Fingerprint: ${fingerprint}`);
    if (style === 'full') folds.push({ start, end: lines.length - 1 });
  }

  function findings(cluster: ClusterReport, profile: ProfileReport | undefined, all: readonly DoctorFinding[]): void {
    for (const finding of all) {
      const { id, severity, title, message, fix, accepted, acceptedBefore } = finding;
      gap();
      marks.push({
        line: lines.length,
        cluster: cluster.cluster,
        region: cluster.region,
        ...(profile === undefined ? {} : { profile: profile.profile }),
        finding,
      });
      add(0, `${accepted === undefined ? severity : `accepted (${severity})`} ${id}: ${title}`);
      add(4, message);
      if (accepted !== undefined) add(4, `Accepted until ${accepted.until}: ${accepted.reason}`);
      if (acceptedBefore !== undefined) add(4, acceptedBefore);
      add(4, `Why: ${failureMode(id).cause}`);
      add(4, `What to do: ${failureMode(id).fix} ${FIX_WORDS[fix]}`);
      evidence(finding.evidence, finding.fingerprint);
    }
  }

  function notRun(all: readonly NotRun[]): void {
    for (const { because, finding, permission, ids } of all) {
      const why = finding === undefined ? because : `${because} (${finding})`;
      add(0, `Not ${permission === undefined ? 'run' : 'judged'}, because ${why}: ${partsOf(ids)}.`);
    }
  }

  function profileText(cluster: ClusterReport, profile: ProfileReport): void {
    gap();
    marks.push({
      line: lines.length,
      cluster: cluster.cluster,
      region: cluster.region,
      profile: profile.profile,
      findings: profile.findings,
    });
    add(0, `## Profile ${profile.profile}: ${profile.words}`);
    gap();
    if (profile.proof !== undefined) add(0, proofWords(profile.proof, report.at));
    // What is wrong comes before what is only worth knowing, each in the order of the list.
    findings(cluster, profile, profile.findings.filter(isWrong));
    // A Profile that is stuck is let go by another command.
    const ids = mendedByPlan(profile.findings).flatMap(({ id, remedy }) => (remedy === 'unstick' ? [] : [id]));
    if (style === 'short' && ids.length > 0) {
      gap();
      const place = `--cluster ${cluster.cluster} --region ${cluster.region} --profile ${profile.profile}`;
      const what = ids.length === 1 ? 'A plan mends it' : `One plan mends ${[...new Set(ids)].join(', ')}`;
      add(0, `${what}, and is shown first: kubeflow-irsa apply ${place} --owner USER --bucket NAME`);
    }
    findings(
      cluster,
      profile,
      profile.findings.filter((one) => !isWrong(one)),
    );
    gap();
    notRun(profile.notRun);
    if (profile.sound.length > 0) add(0, `Sound: ${profile.sound.map((check) => PARTS[check]).join(', ')}.`);
  }

  add(0, `# Doctor`);
  gap();
  add(0, `${doctorSummary(report)} Read at ${report.at}; nothing was changed.`);
  for (const cluster of report.clusters) {
    gap();
    marks.push({
      line: lines.length,
      cluster: cluster.cluster,
      region: cluster.region,
      findings: cluster.findings,
    });
    add(0, `# Cluster ${cluster.cluster} in ${cluster.region}`);
    gap();
    if (cluster.note !== undefined) add(0, cluster.note);
    for (const { what, permission, reason } of cluster.unread)
      add(0, `Not read: ${what}: ${permission === undefined ? (reason ?? '') : `you may not ${permission}`}`);
    findings(cluster, undefined, cluster.findings);
    const isSound = ({ findings: its, notRun: left, proof }: ProfileReport): boolean =>
      its.length === 0 && left.length === 0 && (proof === undefined || isCurrent(proof));
    // A profile whose only fault is the cluster's is told with it.
    for (const profile of cluster.profiles) if (!isSound(profile)) profileText(cluster, profile);
    const sound = cluster.profiles.filter(isSound);
    if (sound.length === 0) continue;
    gap();
    const names = sound
      .slice(0, MOST_NAMED)
      .map(({ profile, proof }) =>
        proof !== undefined ? `${profile} (verified ${ago(proof.at, report.at)})` : profile,
      );
    const more = sound.length - names.length;
    add(0, `Nothing found: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`);
  }
  return { text: `${lines.join('\n')}\n`, marks, folds };
}

const isWrong = ({ severity }: DoctorFinding): boolean => severity === 'error' || severity === 'warning';

/** Findings of one profile, or of a cluster itself, that one plan mends. */
const mendedByPlan = (findings: readonly DoctorFinding[]): readonly DoctorFinding[] =>
  findings.filter((finding) => finding.fix === 'plan' && counts(finding));

/** What the files of a "what if" change, in front of the report of what would then be. */
export function whatIfText({ laid, appears, vanishes }: WhatIf): string {
  const where = ({ cluster, profile }: Difference): string =>
    profile === undefined ? cluster : `${cluster}/${profile}`;
  const told = (sign: string, some: readonly Difference[]): readonly string[] =>
    some.map((one) => spoken(`${sign} ${one.id} ${where(one)}: ${one.message}`));
  const over = laid.filter(({ why }) => why === undefined);
  const left = laid.filter(({ why }) => why !== undefined);
  return [
    '# What if this is applied? Nothing was.',
    '',
    ...over.map(({ file, what }) => spoken(`Laid over what is live: ${what} (${file})`)),
    ...left.map(({ file, what, why = '' }) => spoken(`Left out: ${what} (${file}): ${why}.`)),
    '',
    ...(appears.length + vanishes.length === 0 ? ['No finding comes or goes.'] : []),
    ...(appears.length > 0 ? ['Comes:', ...told('+', appears)] : []),
    ...(vanishes.length > 0 ? ['Goes:', ...told('-', vanishes)] : []),
    '',
  ].join('\n');
}
