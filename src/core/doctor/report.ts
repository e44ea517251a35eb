/** What the doctor says: a fold over what was judged. It judges nothing itself. */
import type { Severity } from '../finding.ts';
import type { FailureModeId } from '../modes/ids.ts';
import { problemCount, type Judgement, type StateKind, type Unread, type Verified } from '../modes/live.ts';
import type { Evidence, Problem, Remedy } from '../modes/problem.ts';
import { failureMode } from '../modes/table.ts';
import type { ProfileView } from '../modes/view.ts';
import { inEnglish, saying } from '../phrase.ts';
import { acceptanceOf, fingerprintOf, type Accepted } from './accepted.ts';
import { isOfCluster } from './cluster.ts';
import { checkOf, liveModes, stopped, type Because, type Selection } from './checks.ts';
import { evidenceOf } from './evidence.ts';
import { CHECK_IDS, type CheckId } from './parts.ts';

/** How a finding is mended: by a plan of ours, by a person who edits the Profile, or by what is explained. */
export type FixKind = 'plan' | 'edit' | 'explained';
const FIX: Readonly<Record<Remedy, FixKind>> = {
  repair: 'plan',
  associateProvider: 'plan',
  unstick: 'plan',
  openManifest: 'edit',
};

export interface DoctorFinding {
  readonly id: FailureModeId;
  readonly severity: Severity;
  readonly title: string;
  /** Cause and consequence here. */
  readonly message: string;
  readonly evidence: readonly Evidence[];
  readonly fix: FixKind;
  readonly remedy?: Remedy;
  /** What an entry of the settings file names to accept it. */
  readonly fingerprint: string;
  /** Somebody accepted it: it does not count. */
  readonly accepted?: { readonly reason: string; readonly until: string };
  /** Why it counts although somebody accepted it. */
  readonly acceptedBefore?: string;
}

/** A fact that could not be read. */
export interface DoctorUnread {
  readonly what: string;
  /** The permission that is lacking. */
  readonly permission?: string;
  /** Why else. */
  readonly reason?: string;
}

/** Failures that were not looked for: this never means that they are not there. */
export interface NotRun {
  readonly because: string;
  /** The finding that makes them meaningless. */
  readonly finding?: FailureModeId;
  /** The permission that is lacking. */
  readonly permission?: string;
  /** There is nothing to judge, or it is nobody here who could: that is no failure to run. */
  readonly moot?: true;
  readonly ids: readonly FailureModeId[];
}

/** What trying a profile showed last. */
export interface Proven {
  readonly outcome: Verified['outcome'];
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What it rested on is not so any more: it shows nothing of now. */
  readonly changed?: true;
}

export interface ProfileReport {
  readonly profile: string;
  readonly state: StateKind;
  readonly proof?: Omit<Proven, 'at'> & {
    /** RFC 3339. */
    readonly at: string;
  };
  /** In words, in English. */
  readonly words: string;
  readonly findings: readonly DoctorFinding[];
  readonly unread: readonly DoctorUnread[];
  readonly notRun: readonly NotRun[];
  /** Parts of the list of which all was looked at and nothing worse than information was found. */
  readonly sound: readonly CheckId[];
}

export interface ClusterReport {
  readonly cluster: string;
  readonly region: string;
  /** What is about the cluster is said here, not at each profile. */
  readonly findings: readonly DoctorFinding[];
  /** What kept the cluster or its profiles from being read. */
  readonly unread: readonly DoctorUnread[];
  readonly profiles: readonly ProfileReport[];
  /** Why there is nothing to judge. */
  readonly note?: string;
}

export interface DoctorReport {
  /** When it was read, RFC 3339. */
  readonly at: string;
  readonly clusters: readonly ClusterReport[];
}

/** A profile as it was read and judged. */
export interface Judged {
  readonly view: ProfileView;
  readonly judgement: Judgement;
  readonly proof?: Proven;
}

/** A cluster as it was read. */
export interface ClusterSeen {
  readonly cluster: string;
  readonly region: string;
  readonly profiles: readonly Judged[];
  readonly unread?: readonly DoctorUnread[];
  readonly note?: string;
  /** The cluster itself, where no profile tells of it (cluster.ts). */
  readonly itself?: Judged;
}

export interface DoctorOptions {
  /** When it was read, RFC 3339. */
  readonly at: string;
  readonly selected: Selection;
  readonly accepted: readonly Accepted[];
}

/** Severities that count for the exit code. */
export const counts = ({ severity, accepted }: DoctorFinding): boolean =>
  accepted === undefined && (severity === 'error' || severity === 'warning');

const fixOf = ({ remedy }: Problem): FixKind => (remedy === undefined ? 'explained' : FIX[remedy]);

function findingOf(problem: Problem, view: ProfileView, { at, accepted }: DoctorOptions): DoctorFinding {
  const { title, severity, scope } = failureMode(problem.id);
  const evidence = evidenceOf(problem, view);
  const fingerprint = fingerprintOf(evidence);
  const cluster = view.cluster.name;
  const profile = view.profile.metadata.name;
  const about = scope === 'cluster' || profile === '' ? { cluster } : { cluster, profile };
  const acceptance =
    accepted.length === 0
      ? undefined
      : acceptanceOf({ id: problem.id, fingerprint, ...about }, accepted, at.slice(0, 'YYYY-MM-DD'.length));
  return {
    id: problem.id,
    severity: problem.remark === true ? 'information' : (problem.severity ?? severity),
    title,
    message: problem.message,
    evidence,
    fix: fixOf(problem),
    ...(problem.remedy === undefined ? {} : { remedy: problem.remedy }),
    fingerprint,
    ...(acceptance?.state === 'accepted'
      ? { accepted: { reason: acceptance.reason, until: acceptance.until } }
      : acceptance === undefined
        ? {}
        : {
            acceptedBefore:
              acceptance.state === 'over'
                ? `It was accepted until ${acceptance.until} (${acceptance.reason}).`
                : `It was accepted (${acceptance.reason}), and what shows it has changed since.`,
          }),
  };
}

const unreadOf = ({ what, permission, reason }: Unread): DoctorUnread => ({
  what: saying(what, inEnglish),
  ...(permission === undefined ? {} : { permission }),
  ...(reason === undefined ? {} : { reason }),
});

/** Why something that rests on a fact could not be judged. */
const because = ({ what, permission, reason }: DoctorUnread): string =>
  permission === undefined
    ? `${what} could not be read${reason === undefined ? '' : ` (${reason})`}`
    : `you may not ${permission}`;

/** One profile: what was found, what was not looked for and why. */
function profileReport(judged: Judged, options: DoctorOptions): { report: ProfileReport; ofCluster: DoctorFinding[] } {
  const { view, judgement, proof } = judged;
  const { selected } = options;
  const stops = stopped(view, judgement);
  const isStopped = (id: FailureModeId): boolean => {
    const why = stops.get(checkOf(id) ?? 'surroundings');
    return why !== undefined && why.id !== id;
  };
  const wanted = liveModes.filter(selected);
  const problems = [...judgement.problems, ...judgement.remarks].filter(({ id }) => selected(id) && !isStopped(id));
  const order = (id: FailureModeId): number => CHECK_IDS.indexOf(checkOf(id) ?? 'surroundings');
  const all = problems
    .map((problem) => ({ problem, finding: findingOf(problem, view, options) }))
    .sort((a, b) => order(a.problem.id) - order(b.problem.id));
  const isShared = (id: FailureModeId): boolean => failureMode(id).scope === 'cluster';
  const found = new Set(problems.map(({ id }) => id));

  const meaningless = new Map<Because, FailureModeId[]>();
  for (const id of wanted) {
    const why = stops.get(checkOf(id) ?? 'surroundings');
    if (why === undefined || why.id === id) continue;
    const ids = meaningless.get(why);
    if (ids === undefined) meaningless.set(why, [id]);
    else ids.push(id);
  }
  const notRun: NotRun[] = [...meaningless].map(([{ id, text, moot }, ids]) => ({
    because: text,
    ...(id === undefined ? {} : { finding: id }),
    ...(moot === undefined ? {} : { moot }),
    ids,
  }));
  const unread: DoctorUnread[] = [];
  const unjudged = new Set<FailureModeId>();
  const isProven = proof?.outcome === 'verified' && proof.changed === undefined;
  for (const lack of judgement.unread) {
    const { fact } = lack;
    // A pod was let in: that is told.
    if (fact === undefined && isProven) continue;
    const isOf = (id: FailureModeId): boolean =>
      fact === undefined ? id === lack.id : failureMode(id).reads?.includes(fact) === true;
    const ids = wanted.filter((id) => !found.has(id) && !isStopped(id) && isOf(id));
    if (ids.length === 0) continue;
    const said = unreadOf(lack);
    unread.push(said);
    for (const id of ids) unjudged.add(id);
    // What only a pod that asks shows. And a member account may not read what its organization has over it, and nobody there can give it
    // that. Both are said, and no failure to run.
    const isMoot = fact === undefined || (fact === 'organization' && said.permission !== undefined);
    notRun.push({
      because: fact === undefined ? `${said.what} cannot be told here (${said.reason ?? ''})` : because(said),
      ...(said.permission === undefined ? {} : { permission: said.permission }),
      ...(isMoot ? { moot: true as const } : {}),
      ids,
    });
  }
  const bad = new Set(all.flatMap(({ finding }) => (counts(finding) ? [checkOf(finding.id)] : [])));
  const sound = CHECK_IDS.filter((check) => {
    const ids = wanted.filter((id) => checkOf(id) === check);
    return ids.length > 0 && !stops.has(check) && !bad.has(check) && !ids.some((id) => unjudged.has(id));
  });
  return {
    report: {
      profile: view.profile.metadata.name,
      state: judgement.state,
      words: wordsOf(judgement, all),
      ...(proof === undefined ? {} : { proof: { ...proof, at: new Date(proof.at).toISOString() } }),
      findings: all.flatMap(({ finding }) => (isShared(finding.id) ? [] : [finding])),
      unread,
      notRun,
      sound,
    },
    ofCluster: all.flatMap(({ finding }) => (isShared(finding.id) ? [finding] : [])),
  };
}

/** The state in words: what somebody accepted is no problem. */
function wordsOf(
  { state, words, problems }: Judgement,
  all: readonly { readonly problem: Problem; readonly finding: DoctorFinding }[],
): string {
  const accepted = all.filter(
    ({ problem, finding }) => finding.accepted !== undefined && problem.remark === undefined,
  ).length;
  if (state === 'problems' && accepted === problems.length) return 'only accepted problems';
  return saying(state === 'problems' ? problemCount(problems.length - accepted) : words, inEnglish);
}

function clusterReport(
  { cluster, region, profiles, unread = [], note, itself }: ClusterSeen,
  options: DoctorOptions,
): ClusterReport {
  const own =
    itself && profileReport(itself, { ...options, selected: (id) => options.selected(id) && isOfCluster(id) });
  const shared = new Map<string, DoctorFinding>();
  const reports = profiles.map((judged) => {
    const { report, ofCluster } = profileReport(judged, options);
    for (const finding of ofCluster) {
      const key = `${finding.id} ${finding.message}`;
      if (!shared.has(key)) shared.set(key, finding);
    }
    return report;
  });
  return {
    cluster,
    region,
    findings: [...shared.values(), ...(own === undefined ? [] : [...own.ofCluster, ...own.report.findings])],
    unread: [...unread, ...(own?.report.unread ?? [])],
    profiles: reports,
    ...(note === undefined ? {} : { note }),
  };
}

/** The report of what was judged, in the order in which it is given. */
export const doctorReport = (clusters: readonly ClusterSeen[], options: DoctorOptions): DoctorReport => ({
  at: options.at,
  clusters: clusters.map((cluster) => clusterReport(cluster, options)),
});

/** All findings of a report, with the profile that they are about; those of a cluster without. */
export const findingsOf = ({
  clusters,
}: DoctorReport): readonly { cluster: ClusterReport; profile?: ProfileReport; finding: DoctorFinding }[] =>
  clusters.flatMap((cluster) => [
    ...cluster.findings.map((finding) => ({ cluster, finding })),
    ...cluster.profiles.flatMap((profile) => profile.findings.map((finding) => ({ cluster, profile, finding }))),
  ]);

/** What a report comes to: something is wrong; else something could not be judged, which is never sound; else all is well. */
export function outcomeOf(report: DoctorReport): 'findings' | 'unread' | 'sound' {
  if (findingsOf(report).some(({ finding }) => counts(finding))) return 'findings';
  const lacks = report.clusters.some(
    ({ unread, profiles }) =>
      unread.length > 0 ||
      profiles.some(({ notRun }) => notRun.some(({ finding, moot }) => finding === undefined && moot === undefined)),
  );
  return lacks ? 'unread' : 'sound';
}
