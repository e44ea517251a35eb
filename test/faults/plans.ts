/** The plans that go through faults, a row each. What calls a plan makes is recorded from a run of it, so a row names none. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { bindingName } from '../../src/core/people/kfam.ts';
import { planContributor, planContributorGone } from '../../src/core/plan/contributor.ts';
import { planAdopt } from '../../src/core/plan/adopt.ts';
import { planDelete, type DeleteWish } from '../../src/core/plan/delete.ts';
import { planEdit, type Edit } from '../../src/core/plan/edit.ts';
import { planHandOver } from '../../src/core/plan/handover.ts';
import { planLeftovers } from '../../src/core/plan/leftovers.ts';
import { planLetIn, type LetInWish } from '../../src/core/plan/letIn.ts';
import { blockers, changeOf, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { planProvider } from '../../src/core/plan/provider.ts';
import { newProfile, ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import type { Request } from '../../src/core/request.ts';
import { lookAtAdoption } from '../../src/provisioning/adopt.ts';
import { lookAt, lookAtProvider } from '../../src/provisioning/look.ts';
import { lookToDelete } from '../../src/provisioning/leave.ts';
import { lookForLeftovers } from '../../src/provisioning/leftovers.ts';
import { lookAtEdit } from '../../src/provisioning/lookEdit.ts';
import { lookAtLetIn } from '../../src/provisioning/lookLetIn.ts';
import { lookAtContributor, lookAtHandOver } from '../../src/provisioning/people.ts';
import { carryOut } from '../../src/provisioning/run.ts';
import type { RunAbout } from '../../src/provisioning/runFile.ts';
import { createStore } from '../../src/provisioning/store.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import type { Cluster, ServiceAccount } from '../../src/core/observation.ts';
import type { Aws, Kubernetes } from '../../src/provisioning/ports.ts';

/** Where a plan is made and carried out: on real parts, or in memory. */
export interface Place {
  /** The profile's. */
  readonly name: string;
  readonly aws: Aws;
  readonly cluster: Cluster & { readonly issuer: string };
  readonly kubernetes: Kubernetes;
  readonly bucket: string;
}

export interface PlanRow {
  /** How it is called in the table. */
  readonly id: string;
  /** Makes the world in which it is planned, beyond an empty one. */
  readonly before?: (at: Place) => Promise<void>;
  readonly plan: (at: Place) => Promise<Plan>;
  /** Its proof goes through faults, too. One plan's is enough: all prove by the same calls, and change nothing by them. */
  readonly proves?: true;
  /** What does not come back when it is undone, as its review says; a world without that is as good as the one before. */
  readonly lost?: string;
  /** The call that it makes again and again while it waits. */
  readonly polls?: string;
  /** What it changes that all worlds share: its worlds come one after the other. The provider: of a cluster that has none. */
  readonly alone?: 'Dex' | 'provider';
}

const placeOf = ({ cluster }: Place) => ({ cluster: cluster.name, region: cluster.region });
const roleOf = ({ name, cluster }: Place): string => `${name}-${cluster.name}-role`;

const wishOf = (at: Place, other: Partial<Request> = {}): Request => ({
  ...placeOf(at),
  profile: at.name,
  owner: `${at.name}@example.com`,
  bucket: at.bucket,
  access: 'prefix',
  ...other,
});
const profilePlan = async (at: Place, other: Partial<Request> = {}): Promise<Plan> => {
  const wish = wishOf(at, other);
  return planProfile(wish, (await lookAt(wish, at.aws, () => Promise.resolve(at.kubernetes))).facts);
};
/** Carries out a plan without its proof: to make a world. */
async function make(at: Place, plan: Plan): Promise<void> {
  assert.deepEqual(blockers(plan), []);
  const { aws, kubernetes } = at;
  const result = await carryOut({ ...plan, proofs: [] }, { aws, kubernetes, unique: randomUUID, sleep });
  assert.ok(result.ok, JSON.stringify(result.rows));
}
const profile = async (at: Place, other: Partial<Request> = {}): Promise<void> =>
  make(at, await profilePlan(at, other));

const GUEST = 'guest@example.com';
const guestFacts = ({ aws, cluster, kubernetes, name }: Place) =>
  lookAtContributor(name, { name: bindingName(GUEST, 'edit'), user: GUEST }, cluster, aws, kubernetes);
const letIn = async (at: Place): Promise<Plan> =>
  planContributor({ profile: at.name, user: GUEST, role: 'edit' }, await guestFacts(at), at.cluster);

const OLD_POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 's3:*', Resource: ['arn:aws:s3:::${S3_BUCKET}', 'arn:aws:s3::::${S3_BUCKET}/*'] },
  ],
});
/** A profile as the AWS page makes it: no subject in the trust policy, a policy that lets nobody do anything. */
async function asThePageMakesIt(at: Place): Promise<void> {
  await profile(at, { leaveArtifacts: true });
  const role = await at.aws.bareRole(roleOf(at));
  assert.equal(role.state, 'found');
  await at.aws.updateTrustPolicy(roleOf(at), role.value.trustPolicy.replace(/,\s*"[^"]*:sub": "[^"]*"/, ''));
  await at.aws.putRolePolicy(roleOf(at), 'kf-pipeline-s3', OLD_POLICY);
}

const editPlan = async (at: Place, edit: Partial<Edit>): Promise<Plan> => {
  const wish: Edit = { ...placeOf(at), profile: at.name, ...edit };
  const { live, facts, people } = await lookAtEdit(wish, at.aws, () => Promise.resolve(at.kubernetes));
  return planEdit(wish, live, facts, people);
};

/** Every namespace has it. */
const ACCOUNT = 'default';
const letInPlan = async (at: Place, remove = false): Promise<Plan> => {
  const wish: LetInWish = { profile: at.name, account: ACCOUNT, remove };
  const { facts, pods } = await lookAtLetIn(wish, at.cluster, at.aws, at.kubernetes);
  return planLetIn(wish, facts, at.cluster, pods);
};

/** A profile that a person made with other tools: nothing of it bears our tags. */
async function byHand(at: Place): Promise<void> {
  const plan = await profilePlan(at);
  const role = changeOf(plan, 'iam/role')?.after;
  const policy = changeOf(plan, 'iam/role-policy')?.after?.text;
  assert.ok(role !== undefined && policy !== undefined);
  await at.aws.createRole({ ...role, tags: {}, description: '' });
  await at.aws.putRolePolicy(roleOf(at), 'kf-pipeline-s3', policy);
  await at.kubernetes.createProfile(newProfile(at.name, `${at.name}@example.com`, role.arn, true));
  const named = ({ annotations }: ServiceAccount): boolean => annotations[ROLE_ANNOTATION] === role.arn;
  await at.kubernetes.waitForServiceAccount(at.name, 'default-editor', named, 10_000);
}

async function deletion(at: Place): Promise<Plan> {
  const wish: DeleteWish = { ...placeOf(at), profile: at.name };
  const looked = await lookToDelete(wish, at.aws, () => Promise.resolve(at.kubernetes));
  return planDelete(wish, looked.facts, looked.around, looked.bucketRegion);
}

export const PLANS: readonly PlanRow[] = [
  { id: 'create', plan: (at) => profilePlan(at), proves: true },
  { id: 'repair', before: asThePageMakesIt, plan: (at) => profilePlan(at) },
  {
    id: 'create with a user of Dex',
    plan: (at) => profilePlan(at, { newUser: { in: 'dex' } }),
    alone: 'Dex',
  },
  { id: 'leave trust', before: (at) => profile(at), plan: (at) => profilePlan(at, { annotateOnly: false }) },
  {
    id: 'take trust',
    before: (at) => profile(at, { annotateOnly: false }),
    plan: (at) => profilePlan(at, { annotateOnly: true }),
  },
  {
    id: 'hand over',
    before: (at) => profile(at),
    plan: async (at) => {
      const wish = { profile: at.name, owner: `${at.name}-next@example.com` };
      const { facts, bindings } = await lookAtHandOver(wish, at.cluster, at.aws, at.kubernetes);
      return planHandOver(wish, facts, at.cluster, bindings);
    },
  },
  { id: 'add contributor', before: (at) => profile(at), plan: letIn },
  {
    id: 'remove contributor',
    before: async (at) => {
      await profile(at);
      await make(at, await letIn(at));
    },
    plan: async (at) =>
      planContributorGone(
        { profile: at.name, user: GUEST, name: bindingName(GUEST, 'edit') },
        await guestFacts(at),
        at.cluster,
      ),
  },
  {
    id: 'edit',
    before: (at) => profile(at),
    plan: (at) => editPlan(at, { access: 'bucket', maxSession: 7_200, tags: { team: 'data' } }),
  },
  {
    id: 'edit owner and role',
    before: (at) => profile(at),
    plan: (at) => editPlan(at, { owner: `${at.name}-next@example.com`, roleName: `${at.name}-chosen` }),
  },
  { id: 'let in', before: (at) => profile(at), plan: (at) => letInPlan(at) },
  {
    id: 'let out',
    before: async (at) => {
      await profile(at);
      await make(at, await letInPlan(at));
    },
    plan: (at) => letInPlan(at, true),
  },
  {
    id: 'adopt',
    before: byHand,
    plan: async (at) => {
      const { facts, repair } = await lookAtAdoption(at.name, at.cluster, at.aws, at.kubernetes);
      return planAdopt({ profile: at.name }, facts, at.cluster, repair);
    },
  },
  {
    id: 'delete',
    before: (at) => profile(at),
    plan: deletion,
    lost: 'what was in its namespace',
    polls: 'get namespaces',
  },
  {
    id: 'delete, trust left',
    before: (at) => profile(at, { annotateOnly: false }),
    plan: deletion,
    lost: 'what was in its namespace',
    polls: 'get namespaces',
  },
  {
    id: 'leftovers',
    before: async (at) => {
      await profile(at);
      // Somebody deleted the Profile alone.
      await at.kubernetes.deleteProfile(at.name);
      for (let tries = 0; tries < 100 && (await at.kubernetes.namespace(at.name)).state !== 'absent'; tries++)
        await sleep(300);
    },
    plan: async (at) => {
      const found = await lookForLeftovers(at.cluster, at.aws, at.kubernetes);
      const its = found.items.filter(({ changes }) => changes.some(({ ref }) => ref.key.startsWith(at.name)));
      return planLeftovers(
        found,
        its.map(({ id }) => id),
        at.cluster,
      );
    },
  },
  {
    id: 'associate provider',
    plan: async ({ cluster, aws }) => planProvider(cluster, await lookAtProvider(cluster, aws, createStore())),
    alone: 'provider',
  },
];

/**
 * The plan of a row, with the proofs that go through faults. A machine that does too much at once may not answer while it is made: then
 * once more.
 */
export async function planIn(row: PlanRow, at: Place): Promise<Plan> {
  const first = await row.plan(at);
  const plan = blockers(first).length === 0 ? first : await row.plan(at);
  assert.deepEqual(blockers(plan), [], row.id);
  return row.proves === true ? plan : { ...plan, proofs: [] };
}

/** What a run is about. */
export const aboutRun = ({ name, cluster }: Place, row: PlanRow): RunAbout => ({
  command: row.id,
  profile: name,
  cluster: cluster.name,
  region: cluster.region,
});

/** The row of this id. Throws where there is none. */
export function planRow(id: string): PlanRow {
  const row = PLANS.find((one) => one.id === id);
  assert.ok(row, id);
  return row;
}

/** Plans that two people may carry out at once: each with itself, and these with one another. */
const OTHERS: readonly PlanRow[] = [
  { id: 'create for the whole bucket', plan: (at) => profilePlan(at, { access: 'bucket' }) },
  { id: 'create with another role', plan: (at) => profilePlan(at, { roleName: `${at.name}-chosen` }) },
  {
    id: 'hand over to somebody else',
    plan: async (at) => {
      const wish = { profile: at.name, owner: `${at.name}-other@example.com` };
      const { facts, bindings } = await lookAtHandOver(wish, at.cluster, at.aws, at.kubernetes);
      return planHandOver(wish, facts, at.cluster, bindings);
    },
  },
];
const either = (id: string): PlanRow => OTHERS.find((one) => one.id === id) ?? planRow(id);
/** Two plans that are carried out at once. `first.before` makes the world of both. */
export interface Pair {
  readonly first: PlanRow;
  readonly second: PlanRow;
  /**
   * Why what the one who failed did before cannot be taken back by itself: the other has built on it. Then it is enough that nothing is
   * overwritten, and that who says to be done is right.
   */
  readonly torn?: string;
}
export const pairName = ({ first, second }: Pair): string =>
  first === second ? `${first.id}, twice` : `${first.id}, ${second.id}`;

export const RACES: readonly Pair[] = [
  ...PLANS.filter(({ alone }) => alone === undefined).map((row) => ({ first: row, second: row })),
  ...(
    [
      ['create', 'create for the whole bucket'],
      ['create', 'create with another role'],
      ['hand over', 'hand over to somebody else'],
      ['hand over', 'add contributor'],
      ['hand over', 'leave trust'],
      ['leave trust', 'add contributor'],
      ['edit', 'hand over'],
      ['edit', 'let in'],
    ] as const
  ).map(([first, second]) => ({ first: either(first), second: either(second) })),
  ...(
    [
      ['delete', 'hand over', 'the Profile is another by then'],
      ['delete', 'edit', 'the role has another policy by then'],
      ['delete', 'create for the whole bucket', 'the role has another policy by then'],
    ] as const
  ).map(([first, second, torn]) => ({ first: either(first), second: either(second), torn })),
];
