/** The check list: its parts in order, which failures belong to each, and what makes a part meaningless. */
import { ROLE_ARN } from '../arn/arn.ts';
import { artifactsModes } from '../modes/artifacts.ts';
import { controllerModes } from '../modes/controller.ts';
import type { FailureModeId } from '../modes/ids.ts';
import type { Judgement } from '../modes/live.ts';
import { injectionModes } from '../modes/injection.ts';
import { permissionsModes } from '../modes/permissions.ts';
import { podIdentityModes } from '../modes/pod-identity.ts';
import { podModes } from '../modes/pods.ts';
import { policyModes } from '../modes/policy.ts';
import { profileModes } from '../modes/profile.ts';
import { providerModes } from '../modes/provider.ts';
import { releaseModes } from '../modes/releases.ts';
import { roleArnModes } from '../modes/role-arn.ts';
import { roleModes } from '../modes/role.ts';
import { serviceAccountModes } from '../modes/service-account.ts';
import { surroundingsModes } from '../modes/surroundings.ts';
import { failureModes, isLive } from '../modes/table.ts';
import type { Mode } from '../modes/mode.ts';
import { trustModes } from '../modes/trust.ts';
import { roleArnOf, type ProfileView } from '../modes/view.ts';
import { CHECK_IDS, type CheckId } from './parts.ts';

/** The failures of each part. */
const ROWS: { readonly [C in CheckId]: readonly Readonly<Record<string, Mode>>[] } = {
  surroundings: [surroundingsModes],
  provider: [providerModes],
  profile: [profileModes, roleArnModes],
  controller: [controllerModes],
  'service-account': [serviceAccountModes],
  role: [roleModes],
  trust: [trustModes],
  permissions: [permissionsModes, policyModes],
  'pod-identity': [podIdentityModes, releaseModes],
  pods: [injectionModes, podModes],
  artifacts: [artifactsModes],
};

const checks = new Map<string, CheckId>(
  CHECK_IDS.flatMap((id) => ROWS[id].flatMap((rows) => Object.keys(rows).map((mode) => [mode, id] as const))),
);
/** The part of the list that a failure belongs to; those of files alone are in none. */
export const checkOf = (id: FailureModeId): CheckId | undefined => checks.get(id);

/** Failures with a live judge, in the order of the list. */
export const liveModes: readonly FailureModeId[] = CHECK_IDS.flatMap((check) =>
  failureModes.flatMap(({ id }) => (isLive(id) && checkOf(id) === check ? [id] : [])),
);

/** Which failures are looked at. */
export type Selection = (id: FailureModeId) => boolean;

/** Failures that are named, by themselves or by their part, all where nothing is; less those that are to be skipped. */
export function selection(only: readonly string[], skip: readonly string[]): Selection {
  const named = (words: readonly string[], id: FailureModeId): boolean =>
    words.includes(id) || words.includes(checkOf(id) ?? '');
  return (id) => (only.length === 0 || named(only, id)) && !named(skip, id);
}

/** Why a part of the list is not run. */
export interface Because {
  /** The failure that makes it meaningless, where it is one. */
  readonly id?: FailureModeId;
  /** To follow "not run, because". */
  readonly text: string;
  /** There is nothing to judge, so that nothing is lacking. */
  readonly moot?: true;
}

/** What makes parts of the list meaningless. */
interface Stop {
  readonly checks: readonly CheckId[];
  readonly because: (view: ProfileView, judgement: Judgement) => Because | undefined;
}

const all = CHECK_IDS;
const AWS: readonly CheckId[] = ['provider', 'role', 'trust', 'permissions'];
const OF_ROLE: readonly CheckId[] = ['role', 'trust', 'permissions'];
const without = (...some: readonly CheckId[]): readonly CheckId[] => all.filter((id) => !some.includes(id));

/** A failure that was seen, with why it stops others. */
const seen =
  (ids: readonly FailureModeId[], text: string): Stop['because'] =>
  (_view, { problems, remarks }) => {
    const fatal = [...problems, ...remarks].find(({ id }) => ids.includes(id));
    return fatal && { id: fatal.id, text };
  };

/** The first of a list of failures that was seen, to name the cause of what is not a failure itself. */
const named = ({ problems }: Judgement, ids: readonly FailureModeId[]): { id?: FailureModeId } => {
  const id = problems.find((one) => ids.includes(one.id))?.id;
  return id === undefined ? {} : { id };
};

/** In the order of the list: the first that holds for a part is the one that is told. */
const STOPS: readonly Stop[] = [
  { checks: AWS, because: seen(['KP-064'], 'the AWS credentials are of another account') },
  {
    checks: without('surroundings', 'provider', 'controller'),
    because: (_view, judgement) =>
      judgement.state === 'deleting'
        ? { ...named(judgement, ['KP-024']), text: 'the Profile is being deleted', moot: true }
        : undefined,
  },
  {
    checks: without('surroundings', 'provider'),
    because: (_view, { state }) =>
      state === 'creating' ? { text: 'the profile controller may still be at work on the new Profile' } : undefined,
  },
  {
    checks: all,
    because: (_view, { state }) => (state === 'reading' ? { text: 'it was not all read' } : undefined),
  },
  {
    checks: ['service-account', 'pods', 'artifacts'],
    because: (view, judgement) =>
      view.namespace.state === 'absent'
        ? { ...named(judgement, ['KP-008', 'KP-009']), text: 'the profile has no namespace' }
        : undefined,
  },
  {
    checks: OF_ROLE,
    because: (view, judgement) =>
      (roleArnOf(view) ?? '') === ''
        ? { ...named(judgement, ['KP-002', 'KP-003', 'KP-001', 'KP-015', 'KP-006']), text: 'no role is named' }
        : undefined,
  },
  {
    checks: OF_ROLE,
    because: (view, judgement) =>
      ROLE_ARN.test(roleArnOf(view) ?? '')
        ? undefined
        : {
            ...named(judgement, ['KP-004', 'KP-007', 'KP-034', 'KP-036']),
            text: 'what is named as the role is no ARN of one',
          },
  },
  { checks: ['trust', 'permissions'], because: seen(['KP-086'], 'the role does not exist') },
  { checks: ['trust', 'permissions'], because: seen(['KP-087'], 'the role that is named does not exist') },
];

/** The parts that a profile's state makes meaningless, with why. */
export function stopped(view: ProfileView, judgement: Judgement): ReadonlyMap<CheckId, Because> {
  const found = new Map<CheckId, Because>();
  for (const { checks: parts, because } of STOPS) {
    const why = because(view, judgement);
    if (why === undefined) continue;
    for (const part of parts) if (!found.has(part)) found.set(part, why);
  }
  return found;
}
