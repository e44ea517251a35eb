/** The one list of what goes wrong between a Kubeflow Profile and S3 on EKS: the rows of all subjects, and who judges them. */
import type { Finding, Seen } from '../finding.ts';
import { artifactsModes } from './artifacts.ts';
import { controllerModes } from './controller.ts';
import { driftModes } from './drift.ts';
import { eksctlModes } from './eksctl.ts';
import type { FailureModeId, LiveId } from './ids.ts';
import { injectionModes } from './injection.ts';
import type { FolderJudge, Judge, LiveJudge, Mode } from './mode.ts';
import { permissionsModes } from './permissions.ts';
import { podIdentityModes } from './pod-identity.ts';
import { podModes } from './pods.ts';
import { policyModes } from './policy.ts';
import { profileModes } from './profile.ts';
import { providerModes } from './provider.ts';
import { releaseModes } from './releases.ts';
import { roleArnModes } from './role-arn.ts';
import { roleModes } from './role.ts';
import { serviceAccountModes } from './service-account.ts';
import { suppressionModes } from './suppression.ts';
import { surroundingsModes } from './surroundings.ts';
import { trustModes } from './trust.ts';

/** In the order in which live judges speak. */
const MODES = {
  ...profileModes,
  ...controllerModes,
  ...serviceAccountModes,
  ...injectionModes,
  ...podModes,
  ...providerModes,
  ...roleModes,
  ...trustModes,
  ...permissionsModes,
  ...podIdentityModes,
  ...artifactsModes,
  ...releaseModes,
  ...roleArnModes,
  ...policyModes,
  ...suppressionModes,
  ...surroundingsModes,
  ...eksctlModes,
  ...driftModes,
};
type Modes = typeof MODES;

/** Holds where both are the same: a row without an id in ids.ts, or the reverse, does not compile. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
true satisfies Same<keyof Modes, FailureModeId>;
true satisfies Same<
  { [K in keyof Modes]: Modes[K] extends { readonly live: unknown } ? K : never }[keyof Modes],
  LiveId
>;

/** One entry of the catalogue. */
export type FailureMode = Mode & { readonly id: FailureModeId };

const entries = Object.entries(MODES) as [FailureModeId, Mode][];

/** All of them, by number, then those of policies. */
export const failureModes: readonly FailureMode[] = entries
  .map(([id, mode]) => ({ ...mode, id }))
  .sort((a, b) => numberOf(a.id) - numberOf(b.id));

function numberOf(id: string): number {
  const digits = /^KP-(\d+)$/.exec(id)?.[1];
  return digits === undefined ? 1_000 : Number(digits);
}

const byId = new Map<string, FailureMode>(failureModes.map((mode) => [mode.id, mode]));

/** The entry of an id. Every finding has one: the type of its id says so. */
export function failureMode(id: FailureModeId): FailureMode {
  const mode = byId.get(id);
  if (!mode) throw new Error(`The catalogue has no entry ${id}.`);
  return mode;
}

/** Whether text is the id of an entry. */
export const isFailureModeId = (id: string): id is FailureModeId => byId.has(id);

/** Where docs/failure-modes.md is published: the base of every diagnostic's link. */
export const DOCS_URL = 'https://github.com/kubeflow-irsa/kubeflow-irsa/blob/main/docs/failure-modes.md';

/** The page of an id. */
export const docsUrl = (id: FailureModeId): string => `${DOCS_URL}#${id.toLowerCase()}`;

/** Each judge once: one may report several modes. */
const judgesOf = <T>(of: (mode: Mode) => readonly T[] | undefined): readonly T[] => [
  ...new Set(entries.flatMap(([, mode]) => of(mode) ?? [])),
];

/** What judges each thing of a file. */
export const fileJudges: readonly Judge[] = judgesOf(({ file }) => file);

/** The modes that lint looks for. */
export const fileModes: readonly FailureModeId[] = failureModes.flatMap(({ id, file, folder }) =>
  file === undefined && folder === undefined ? [] : [id],
);

/** What judges the things of a folder together. */
export const folderJudges: readonly FolderJudge[] = judgesOf(({ folder }) => folder);

/** What judges the readings of a profile. */
export const liveJudges: readonly LiveJudge[] = judgesOf(({ live }) => live);

/** Whether a mode is seen in AWS or in a cluster. */
export const isLive = (id: FailureModeId): id is LiveId => failureMode(id).live !== undefined;

/** A finding with the severity that the judge gave it, else with that of its row. */
export const rated = (seen: Seen): Finding => ({ severity: failureMode(seen.id).severity, ...seen });
