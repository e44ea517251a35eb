/** What is said about a profile in a cluster. */
import type { Seen } from '../finding.ts';
import type { FailureModeId, LiveId } from './ids.ts';

/**
 * What removes a problem: `repair` runs Create IRSA Profile for this profile, whose plan changes only what is wrong;
 * `associateProvider` makes the cluster's OIDC provider; `openManifest` opens the Profile to be edited by hand; `unstick` lets a Profile go that is stuck
 * in its deletion.
 */
export type Remedy = 'repair' | 'associateProvider' | 'openManifest' | 'unstick';

/** A failure mode that was seen at a profile. */
export interface Problem {
  readonly id: FailureModeId;
  /** Cause and consequence here, in plain text. */
  readonly message: string;
  readonly remedy?: Remedy;
  /** Worth knowing, and not in the way of IRSA: it does not change the state. */
  readonly remark?: true;
}

/** A problem of a mode whose row says that it has a live judge. */
export const problem = (id: LiveId, message: string, remedy?: Remedy): Problem =>
  remedy === undefined ? { id, message } : { id, message, remedy };

/** Findings that matter, once for each failure mode: what is only worth knowing is shown in the file, not in the tree. */
export function problems(findings: readonly Seen[], remedy: (id: FailureModeId) => Remedy): Problem[] {
  const byId = new Map<FailureModeId, Problem>();
  for (const { id, severity, message } of findings) {
    if (severity === 'information' || severity === 'hint' || byId.has(id)) continue;
    byId.set(id, { id, message, remedy: remedy(id) });
  }
  return [...byId.values()];
}
