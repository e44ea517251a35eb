import type { FailureModeId } from './table.ts';

/**
 * What removes a problem: `repair` runs Create IRSA Profile for this profile, whose plan changes only what is wrong;
 * `associateProvider` makes the cluster's OIDC provider; `openManifest` opens the Profile to be edited by hand.
 */
export type Remedy = 'repair' | 'associateProvider' | 'openManifest';

/** A failure mode of the catalogue that was seen at a profile. */
export interface Problem {
  readonly id: FailureModeId;
  /** Cause and consequence here, in plain text. */
  readonly message: string;
  readonly remedy?: Remedy;
  /** Worth knowing, and not in the way of IRSA: it does not change the state. */
  readonly remark?: true;
}

export const problem = (id: FailureModeId, message: string, remedy?: Remedy): Problem =>
  remedy === undefined ? { id, message } : { id, message, remedy };
