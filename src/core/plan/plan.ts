/** A plan is data: what must hold, what changes, how it is proven. It survives `JSON.parse(JSON.stringify(plan))`. */
import { actionOf, KINDS, ORDER, textOf, titleOf, type Change, type Kind, type Ref } from '../kinds.ts';
import type { Reading } from '../reading.ts';
import type { Request } from '../request.ts';
import type { WriteManaged } from '../tools.ts';
import { PROOF_MAY, type Proof } from './proof.ts';

/** What a person may agree to, so that a plan that is blocked without it can go on, or does something else: what it adds to a wish. */
export const CONSENTS = {
  adoptNamespace: { adoptNamespace: true },
  createBucket: { createBucket: true },
  leaveArtifacts: { leaveArtifacts: true },
  grantController: { grantController: true },
  leaveTrust: { annotateOnly: false },
  manageTrust: { annotateOnly: true },
} as const satisfies Readonly<Record<string, Partial<Request>>>;
export type Consent = keyof typeof CONSENTS;

/** What is agreed to when a person clicks one: it, or, where it was already, no more; and never what says the opposite. */
export function afterClick(agreed: readonly Consent[], clicked: Consent): readonly Consent[] {
  const about = Object.keys(CONSENTS[clicked]);
  const others = agreed.filter((one) => !Object.keys(CONSENTS[one]).some((key) => about.includes(key)));
  return agreed.includes(clicked) ? others : [...others, clicked];
}

/** Something that must hold before anything is changed. */
export interface Need {
  /** `caller`, `cluster`, or the id of the kind of thing that it is about. */
  readonly id: string;
  readonly title: string;
  readonly holds: boolean;
  /** What it rests on; where it does not hold: why, and what to do. */
  readonly reason?: string;
  /** The id of another need that is in the way of this one: no cause of its own. */
  readonly waitsFor?: string;
  /** What makes it hold, if the person agrees. */
  readonly consent?: Consent | WriteManaged;
  /** What had to be allowed to find it out. */
  readonly may?: readonly string[];
}

export interface Plan {
  /** What it is about, in a few words: "profile team-x on dev (us-west-2)". */
  readonly title: string;
  /** What was wanted, in one line. */
  readonly wish?: string;
  readonly needs: readonly Need[];
  /** In order. What is as wanted already is among them, and kept. */
  readonly changes: readonly Change[];
  readonly proofs: readonly Proof[];
  /** Permissions with which was looked at what is neither a need nor changed, so that the warnings are right. */
  readonly reads?: readonly string[];
  /** True but not in the way: sentences. */
  readonly warnings: readonly string[];
}

/**
 * - `create`, `change`, `delete`: a writing call; - `keep`: as wanted already; - `wait`: somebody else does it;
 * - `verify`: proof by doing; - `blocked`: cannot go on, `reason` says why and what to do.
 */
export type RowKind = 'create' | 'change' | 'delete' | 'keep' | 'wait' | 'verify' | 'blocked';

/** One line of a plan, for people and for the command line's `steps`. */
export interface Row {
  readonly id: string;
  readonly kind: RowKind;
  readonly title: string;
  readonly reason?: string;
  readonly waitsFor?: string;
  readonly consent?: Consent | WriteManaged;
  /** Texts of what is created, changed or deleted. */
  readonly before?: string;
  readonly after?: string;
  readonly language?: 'json' | 'yaml';
}

/** The needs that stop the plan, without those that only wait for one of them; empty: it can be carried out. */
export const blockers = (plan: Plan): readonly Need[] =>
  plan.needs.filter(({ holds, waitsFor }) => !holds && waitsFor === undefined);

/** Whether a change is a writing call of ours. */
export const isWrite = (change: Change): boolean => change.by === undefined && actionOf(change) !== 'keep';

/** Whether the plan has a change that writes. */
export const writes = (plan: Plan): boolean => plan.changes.some(isWrite);

/** Whether there is something to do: to write, or to wait for. */
export const isDone = (plan: Plan): boolean => plan.changes.every((change) => actionOf(change) === 'keep');

/** The change of a kind; undefined where the plan has none. */
export const changeOf = <K extends Kind>(plan: Plan, kind: K): Change<K> | undefined =>
  plan.changes.find(({ ref }) => ref.kind === kind) as Change<K> | undefined;

export const changeTitle = ({ ref, what }: Change): string =>
  what === undefined ? titleOf(ref) : `${titleOf(ref)}, ${what}`;

const needRow = ({ id, title, holds, reason, waitsFor, consent }: Need): Row => ({
  id,
  kind: holds ? 'keep' : 'blocked',
  title,
  ...(reason === undefined ? {} : { reason }),
  ...(waitsFor === undefined ? {} : { waitsFor }),
  ...(consent === undefined ? {} : { consent }),
});

export function changeRow(change: Change): Row {
  const { ref, before, after, note, by } = change;
  const action = actionOf(change);
  const shown = action !== 'keep' && by === undefined;
  const sides = [before, after].map((value) => (value === undefined ? undefined : textOf(ref.kind, value)));
  const [was, becomes] = sides;
  return {
    id: KINDS[ref.kind].id,
    kind: action === 'keep' ? 'keep' : by === undefined ? action : 'wait',
    title: changeTitle(change),
    ...(action === 'keep' && note !== undefined ? { reason: note } : {}),
    ...(shown && was !== undefined ? { before: was.text } : {}),
    ...(shown && becomes !== undefined ? { after: becomes.text } : {}),
    ...(shown ? { language: (becomes ?? was)?.language ?? 'json' } : {}),
  };
}

/** One line of a plan with what is done in it: a change, or proofs; proofs with a change come before it, and are for it. */
export interface Line {
  readonly row: Row;
  readonly change?: Change;
  readonly proofs?: readonly Proof[];
}

const titlesOf = (proofs: readonly Proof[]): string => proofs.map(({ title }) => title).join(', ');

/** A change, after what must be shown for it. */
function changeLines(change: Change): readonly Line[] {
  const line = { row: changeRow(change), change };
  const { proofs = [] } = change.proven ?? {};
  if (proofs.length === 0 || !isWrite(change)) return [line];
  return [
    { row: { id: 'role-proof', kind: 'verify', title: `Proof first: ${titlesOf(proofs)}` }, change, proofs },
    line,
  ];
}

/** The line of all proofs at the end. */
const proofLine = ({ proofs }: Plan): readonly Line[] =>
  proofs.length === 0
    ? []
    : [{ row: { id: 'verification', kind: 'verify', title: `Proof: ${titlesOf(proofs)}` }, proofs }];

const RANK: ReadonlyMap<string, number> = new Map([
  ...ORDER.map((kind, at) => [KINDS[kind].id, at] as const),
  ...['caller', 'cluster', 'bucket', 'key', 'profile-controller'].map((id, at) => [id, at - 10] as const),
]);

/** All lines of a plan, in order: needs, then changes, then the proof. A need about a kind stands where its change would. */
export function linesOf(plan: Plan): readonly Line[] {
  const needs = plan.needs.map((need): Line => ({ row: needRow(need) }));
  const changes = plan.changes.flatMap(changeLines);
  // What holds stands first, whatever it is about.
  const first = needs.filter((line) => line.row.kind === 'keep' || rank(line) < 0);
  const others = needs.filter((line) => !first.includes(line));
  const middle = others.length === 0 ? changes : [...changes, ...others].sort((a, b) => rank(a) - rank(b));
  return [...first, ...middle, ...proofLine(plan)];
}

const rank = ({ row, change }: Line): number =>
  RANK.get(change === undefined ? row.id : KINDS[change.ref.kind].id) ?? 0;

/** {@link linesOf} for people. */
export const rows = (plan: Plan): readonly Row[] => linesOf(plan).map(({ row }) => row);

/** What the run needs: IAM actions, and Kubernetes verbs with their resources. */
export function permissionsOf(plan: Plan): { readonly aws: readonly string[]; readonly kubernetes: readonly string[] } {
  const changing = plan.changes.flatMap((change) => {
    const { may } = KINDS[change.ref.kind];
    const action = actionOf(change);
    // What somebody else makes first is changed then.
    const late = change.first === undefined ? [] : may.change;
    return [...may.read, ...(action === 'keep' || change.by !== undefined ? [] : [...may[action], ...late])];
  });
  const all = [
    ...plan.needs.flatMap(
      ({ id, may }) => may ?? ORDER.flatMap((kind) => (KINDS[kind].id === id ? KINDS[kind].may.read : [])),
    ),
    ...changing,
    ...(plan.reads ?? []),
    ...[...plan.changes.flatMap(({ proven }) => proven?.proofs ?? []), ...plan.proofs].flatMap(PROOF_MAY),
  ];
  const unique = [...new Set(all)];
  return {
    aws: unique.filter((permission) => permission.includes(':')).sort(),
    kubernetes: unique.filter((permission) => !permission.includes(':')).sort(),
  };
}

/** A sentence for a reading that is neither found nor absent. */
export function unreadable(reading: Reading<unknown>, what: string): string {
  switch (reading.state) {
    case 'denied':
      return `${what} cannot be read: you are not permitted to ${reading.permission}. Ask for this permission, then try again. ${reading.message}`.trim();
    case 'failed':
      return `${what} cannot be read: ${reading.reason}`;
    case 'absent':
      return `${what} does not exist.`;
    case 'found':
      return '';
  }
}

/** ARN as {@link Ref.at} of what belongs to an account. */
export const accountArn = ({ partition, account }: { readonly partition: string; readonly account: string }): string =>
  `arn:${partition}:iam::${account}:root`;

export const refOf = <K extends Kind>(kind: K, at: string, key: string): Ref<K> => ({ kind, at, key });

/** A bucket's name is one for all accounts of a partition: it has no place. */
export const bucketRef = (name: string): Ref<'s3/bucket'> => refOf('s3/bucket', '', name);
