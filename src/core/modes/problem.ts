/** What is said about a profile in a cluster. */
import type { Seen, Severity } from '../finding.ts';
import type { FailureModeId, LiveId } from './ids.ts';

/**
 * What removes a problem: `repair` runs Create IRSA Profile for this profile, whose plan changes only what is wrong;
 * `associateProvider` makes the cluster's OIDC provider; `openManifest` opens the Profile to be edited by hand; `unstick` lets a Profile go that is stuck
 * in its deletion.
 */
export type Remedy = 'repair' | 'associateProvider' | 'openManifest' | 'unstick';

/** One thing that was read and that shows a problem. The time of the reading is said once, of all. */
export interface Evidence {
  /** What was read, in a few words: "trust policy", "annotation eks.amazonaws.com/role-arn". */
  readonly what: string;
  /** Its ARN, or the cluster and the object: see {@link objectIn}. */
  readonly where: string;
  /** As it was read, a text or JSON; "not there" where it was looked for and is absent. It is data. */
  readonly value: string;
}

/** Where an object is: `<cluster>: <kind> <namespace>/<name>`, without the namespace for an object that is in none. */
export const objectIn = (cluster: { readonly name: string }, kind: string, name: string, namespace?: string): string =>
  `${cluster.name}: ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;

/** A failure mode that was seen at a profile. */
export interface Problem {
  readonly id: FailureModeId;
  /** Cause and consequence here, in plain text. */
  readonly message: string;
  readonly remedy?: Remedy;
  /** Worth knowing, and not in the way of IRSA: it does not change the state. */
  readonly remark?: true;
  /** Where it is another than that of the mode's row. */
  readonly severity?: Severity;
  /** What shows it, where the judge says so more exactly than the facts that its row reads (core/doctor/evidence.ts). */
  readonly evidence?: readonly Evidence[];
}

/** A problem of a mode whose row says that it has a live judge. */
export const problem = (id: LiveId, message: string, remedy?: Remedy): Problem =>
  remedy === undefined ? { id, message } : { id, message, remedy };

/** The same problem with what shows it. */
export const shownBy = (seen: Problem, ...evidence: readonly Evidence[]): Problem => ({ ...seen, evidence });

/** Findings that matter, once for each failure mode: what is only worth knowing is shown in the file, not in the tree. */
export function problems(findings: readonly Seen[], remedy: (id: FailureModeId) => Remedy): Problem[] {
  const byId = new Map<FailureModeId, Problem>();
  for (const { id, severity, message } of findings) {
    if (severity === 'information' || severity === 'hint' || byId.has(id)) continue;
    byId.set(id, { id, message, remedy: remedy(id), ...(severity === undefined ? {} : { severity }) });
  }
  return [...byId.values()];
}
