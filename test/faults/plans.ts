/** The plans that go through faults, a row each. What calls a plan makes is recorded from a run of it, so a row names none. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import type { Sandbox } from '../../sandbox/index.ts';
import { bindingName } from '../../src/core/people/kfam.ts';
import { planContributor, planContributorGone } from '../../src/core/plan/contributor.ts';
import { planAdopt } from '../../src/core/plan/adopt.ts';
import { planEdit, type Edit } from '../../src/core/plan/edit.ts';
import { planHandOver } from '../../src/core/plan/handover.ts';
import { planLetIn, type LetInWish } from '../../src/core/plan/letIn.ts';
import { blockers, changeOf, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { planProvider } from '../../src/core/plan/provider.ts';
import { providerArn } from '../../src/core/policy/build.ts';
import { newProfile, ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import type { Request } from '../../src/core/request.ts';
import { lookAtAdoption } from '../../src/provisioning/adopt.ts';
import { lookAt, lookAtProvider } from '../../src/provisioning/look.ts';
import { lookAtEdit } from '../../src/provisioning/lookEdit.ts';
import { lookAtLetIn } from '../../src/provisioning/lookLetIn.ts';
import { lookAtContributor, lookAtHandOver } from '../../src/provisioning/people.ts';
import { carryOut } from '../../src/provisioning/run.ts';
import type { RunAbout } from '../../src/provisioning/runFile.ts';
import { createStore } from '../../src/provisioning/store.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import { BUCKET, REGION, type More, type World } from './worlds.ts';

export interface PlanRow {
  /** How it is called in the table. */
  readonly id: string;
  /** Makes the world in which it is planned, beyond an empty one. */
  readonly before?: (at: World, sandbox: Sandbox) => Promise<void>;
  readonly plan: (at: World) => Promise<Plan>;
  /** Its proof goes through faults, too. One plan's is enough: all prove by the same calls, and change nothing by them. */
  readonly proves?: true;
  /** What does not come back when it is undone, as its review says; a world without that is as good as the one before. */
  readonly lost?: string;
  /** What it changes that all worlds share: its worlds come one after the other. */
  readonly alone?: string;
  readonly on?: { readonly cluster: 'kubeflow-dev' | 'analytics'; readonly region: string };
  /** What of the shared a picture must show. */
  readonly more?: (sandbox: Sandbox) => More;
}

export const DEV = { cluster: 'kubeflow-dev', region: REGION } as const;

const wishOf = ({ name }: World, other: Partial<Request> = {}): Request => ({
  ...DEV,
  profile: name,
  owner: `${name}@example.com`,
  bucket: BUCKET,
  access: 'prefix',
  ...other,
});
const profilePlan = async (at: World, other: Partial<Request> = {}): Promise<Plan> => {
  const wish = wishOf(at, other);
  return planProfile(wish, (await lookAt(wish, at.aws, () => Promise.resolve(at.kubernetes))).facts);
};
/** Carries out a plan without its proof: to make a world. */
async function make(at: World, plan: Plan): Promise<void> {
  assert.deepEqual(blockers(plan), []);
  const { aws, kubernetes } = at;
  const result = await carryOut({ ...plan, proofs: [] }, { aws, kubernetes, unique: randomUUID, sleep });
  assert.ok(result.ok, JSON.stringify(result.rows));
}
const profile = async (at: World, other: Partial<Request> = {}): Promise<void> =>
  make(at, await profilePlan(at, other));

const GUEST = 'guest@example.com';
const guestFacts = ({ aws, cluster, kubernetes, name }: World) =>
  lookAtContributor(name, { name: bindingName(GUEST, 'edit'), user: GUEST }, cluster, aws, kubernetes);
const letIn = async (at: World): Promise<Plan> =>
  planContributor({ profile: at.name, user: GUEST, role: 'edit' }, await guestFacts(at), at.cluster);

const OLD_POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 's3:*', Resource: ['arn:aws:s3:::${S3_BUCKET}', 'arn:aws:s3::::${S3_BUCKET}/*'] },
  ],
});
/** A profile as the AWS page makes it: no subject in the trust policy, a policy that lets nobody do anything. */
async function asThePageMakesIt(at: World, { endpoint, credentials }: Sandbox): Promise<void> {
  await profile(at, { leaveArtifacts: true });
  const iam = new IAMClient({ region: REGION, endpoint, credentials: credentials['sandbox-internal'] });
  const RoleName = `${at.name}-kubeflow-dev-role`;
  const role = await at.aws.bareRole(RoleName);
  assert.equal(role.state, 'found');
  const PolicyDocument = role.value.trustPolicy.replace(/,\s*"[^"]*:sub": "[^"]*"/, '');
  await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'kf-pipeline-s3', PolicyDocument: OLD_POLICY }));
}

const editPlan = async (at: World, edit: Partial<Edit>): Promise<Plan> => {
  const wish: Edit = { ...DEV, profile: at.name, ...edit };
  const { live, facts, people } = await lookAtEdit(wish, at.aws, () => Promise.resolve(at.kubernetes));
  return planEdit(wish, live, facts, people);
};

const ACCOUNT = 'trainer';
const letInPlan = async (at: World, remove = false): Promise<Plan> => {
  const wish: LetInWish = { profile: at.name, account: ACCOUNT, remove };
  const { facts, pods } = await lookAtLetIn(wish, at.cluster, at.aws, at.kubernetes);
  return planLetIn(wish, facts, at.cluster, pods);
};
/** A profile with one service account more. */
async function withAccount(at: World, { clusters }: Sandbox): Promise<void> {
  await profile(at);
  const metadata = { name: ACCOUNT, namespace: at.name };
  const object = { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
  await clusters.kubeflowDev.kube.request('POST', `/api/v1/namespaces/${at.name}/serviceaccounts`, object);
}

/** A profile that a person made with other tools: nothing of it bears our tags. */
async function byHand(at: World, { endpoint, credentials }: Sandbox): Promise<void> {
  const plan = await profilePlan(at);
  const iam = new IAMClient({ region: REGION, endpoint, credentials: credentials['sandbox-internal'] });
  const RoleName = `${at.name}-kubeflow-dev-role`;
  const trust = changeOf(plan, 'iam/role')?.after?.trustPolicy;
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }));
  const PolicyDocument = changeOf(plan, 'iam/role-policy')?.after?.text;
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'kf-pipeline-s3', PolicyDocument }));
  const made = newProfile(at.name, `${at.name}@example.com`, Role?.Arn ?? '', true);
  await at.kubernetes.createProfile(made);
  await at.kubernetes.waitForServiceAccount(
    at.name,
    'default-editor',
    ({ annotations }) => annotations[ROLE_ANNOTATION] === Role?.Arn,
    10_000,
  );
}

const DEX = ['/api/v1/namespaces/auth/configmaps/dex', '/apis/apps/v1/namespaces/auth/deployments/dex'];
const analyticsProvider = ({ account, clusters }: Sandbox): string =>
  providerArn('aws', account, clusters.analytics.issuer);

export const PLANS: readonly PlanRow[] = [
  { id: 'create', plan: (at) => profilePlan(at), proves: true },
  { id: 'repair', before: asThePageMakesIt, plan: (at) => profilePlan(at) },
  {
    id: 'create with a user of Dex',
    plan: (at) => profilePlan(at, { newUser: { in: 'dex' } }),
    alone: 'Dex',
    more: () => ({ paths: DEX }),
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
  { id: 'let in', before: withAccount, plan: (at) => letInPlan(at) },
  {
    id: 'let out',
    before: async (at, sandbox) => {
      await withAccount(at, sandbox);
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
    id: 'associate provider',
    plan: async ({ cluster, aws }) => planProvider(cluster, await lookAtProvider(cluster, aws, createStore())),
    alone: 'analytics',
    on: { cluster: 'analytics', region: 'eu-central-1' },
    more: (sandbox) => ({ providers: [analyticsProvider(sandbox)] }),
  },
];

/** The plan of a row, with the proofs that go through faults. */
export async function planIn(row: PlanRow, at: World): Promise<Plan> {
  const plan = await row.plan(at);
  assert.deepEqual(blockers(plan), [], row.id);
  return row.proves === true ? plan : { ...plan, proofs: [] };
}

/** What a run is about. */
export const aboutRun = ({ name, cluster }: World, row: PlanRow): RunAbout => ({
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
export const RACES: readonly { readonly first: PlanRow; readonly second: PlanRow }[] = [
  ...PLANS.filter(({ alone }) => alone === undefined).map((row) => ({ first: row, second: row })),
  ...(
    [
      ['create', 'create for the whole bucket'],
      ['create', 'create with another role'],
      ['hand over', 'hand over to somebody else'],
      ['hand over', 'add contributor'],
      ['hand over', 'leave trust'],
      ['leave trust', 'add contributor'],
    ] as const
  ).map(([first, second]) => ({ first: either(first), second: either(second) })),
];
