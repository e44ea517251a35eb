/** What is read of people: who can sign in to a cluster's Kubeflow, and who owns or contributes to its profiles. */
import { byKey } from '../core/records.ts';
import type { Facts } from '../core/facts.ts';
import { factsOf } from '../core/facts.ts';
import { refText, type Kind, type Ref } from '../core/kinds.ts';
import type { Cluster, CognitoUser, Profile } from '../core/observation.ts';
import { contributorsOf, type RoleBinding } from '../core/people/kfam.ts';
import { poolOf, poolsOf, type SignIn, type UserPool } from '../core/people/signIn.ts';
import { contributorRefs } from '../core/plan/contributor.ts';
import { handOverRefs } from '../core/plan/handover.ts';
import { DEX_KEY } from '../core/plan/owner.ts';
import { refOf } from '../core/plan/plan.ts';
import { found, valueOf, type Reading } from '../core/reading.ts';
import type { Request } from '../core/request.ts';
import { driversOf } from './drivers.ts';
import type { Aws, Kubernetes } from './ports.ts';
import { bindingsOf } from './bindings.ts';
import { dexOf } from './userDrivers.ts';
import { sleep } from './wait.ts';

type Wish = Pick<Request, 'owner' | 'newUser'>;

/** The pools that ingresses of the cluster sign people in with. */
async function poolsOfCluster(kubernetes: Pick<Kubernetes, 'objects'>): Promise<Reading<readonly UserPool[]>> {
  const ingresses = await kubernetes.objects('ingresses');
  return ingresses.state === 'found'
    ? found(poolsOf(ingresses.value.map(({ metadata }) => metadata.annotations ?? {})))
    : ingresses;
}

/** Users of a pool by an address, in the case in which it is given, or in lower case. */
async function usersNamed(
  pool: UserPool,
  email: string,
  aws: Pick<Aws, 'userPools'>,
): Promise<Reading<readonly CognitoUser[]>> {
  const pools = aws.userPools(pool.region);
  const exact = await pools.users(pool.id, email);
  const lower = email.trim().toLowerCase();
  return exact.state !== 'found' || exact.value.length > 0 || lower === email ? exact : pools.users(pool.id, lower);
}

/** Who can sign in; with `email`, as far as that name is concerned. `more`: a pool that no ingress names. */
export async function lookAtSignIn(
  aws: Pick<Aws, 'userPools'>,
  kubernetes: Pick<Kubernetes, 'configMap' | 'objects'>,
  { email, more }: { readonly email?: string; readonly more?: UserPool } = {},
): Promise<SignIn> {
  const [dex, pools] = await Promise.all([dexOf(kubernetes), poolsOfCluster(kubernetes)]);
  const named = valueOf(pools) ?? [];
  const all = new Map([...(more === undefined ? [] : [more]), ...named].map((pool) => [pool.id, pool]));
  const users = await Promise.all(
    [...all.values()].map(async (pool) => {
      const its = email === undefined ? aws.userPools(pool.region).users(pool.id) : usersNamed(pool, email, aws);
      return [pool.id, await its] as const;
    }),
  );
  return { dex, pools, users: Object.fromEntries(users) };
}

type Set = (ref: Ref, reading: Reading<unknown>) => void;

/** What the owner's part of a plan needs. */
export async function lookAtOwner(
  { owner, newUser }: Wish,
  cluster: Pick<Cluster, 'arn'>,
  aws: Aws,
  kubernetes: Kubernetes,
  set: Set,
): Promise<SignIn> {
  const more = newUser?.in === 'cognito' ? poolOf(newUser.pool) : undefined;
  const ref = refOf('k8s/deployment', cluster.arn, DEX_KEY);
  const [signIn, deployment] = await Promise.all([
    lookAtSignIn(aws, kubernetes, { email: owner, ...(more === undefined ? {} : { more }) }),
    newUser?.in === 'dex' ? driversOf({ aws, kubernetes, sleep })['k8s/deployment'].read(ref) : undefined,
  ]);
  if (deployment !== undefined) set(ref, deployment);
  return signIn;
}

/** Somebody who has to do with profiles of a cluster. */
export interface Involved {
  readonly user: string;
  readonly owns: readonly string[];
  readonly contributesTo: readonly string[];
}

/** Owners and contributors, each once, by name. */
export function involved(profiles: readonly Profile[], bindings: readonly RoleBinding[]): readonly Involved[] {
  const people = new Map<string, { owns: string[]; contributesTo: string[] }>();
  const of = (user: string) => {
    const one = people.get(user) ?? { owns: [], contributesTo: [] };
    people.set(user, one);
    return one;
  };
  for (const { metadata, spec } of profiles)
    if (spec?.owner?.name !== undefined && (spec.owner.kind ?? 'User') === 'User')
      of(spec.owner.name).owns.push(metadata.name);
  const names = new Set(profiles.map(({ metadata }) => metadata.name));
  for (const binding of bindings)
    if (names.has(binding.namespace))
      for (const { user } of contributorsOf([binding])) of(user).contributesTo.push(binding.namespace);
  return byKey([...people]).map(([user, its]) => ({ user, ...its }));
}

/** Reads things with their drivers. */
async function factsAbout(
  refs: readonly Ref[],
  aws: Aws,
  kubernetes: Kubernetes,
  signIn: SignIn,
  more: ReadonlyMap<string, Reading<unknown>> = new Map(),
): Promise<Facts> {
  const drivers = driversOf({ aws, kubernetes, sleep });
  const read = (ref: Ref) => (drivers[ref.kind] as { read(ref: Ref<Kind>): Promise<Reading<unknown>> }).read(ref);
  const readings = await Promise.all(refs.map(async (ref) => [refText(ref), await read(ref)] as const));
  return factsOf({ things: new Map([...more, ...readings]), signIn });
}

/** What the plan of a contributor needs; `user`: whose sign-in is looked at. */
export async function lookAtContributor(
  profile: string,
  { name, user }: { readonly name: string; readonly user: string },
  cluster: Cluster,
  aws: Aws,
  kubernetes: Kubernetes,
): Promise<Facts> {
  const refs = [...contributorRefs(cluster, profile, name), refOf('k8s/profile', cluster.arn, profile)];
  const signIn = await lookAtSignIn(aws, kubernetes, { email: user });
  return factsAbout(refs, aws, kubernetes, signIn);
}

/** What the plan of a hand-over needs. */
export async function lookAtHandOver(
  { profile, owner, newUser }: Wish & { readonly profile: string },
  cluster: Cluster,
  aws: Aws,
  kubernetes: Kubernetes,
): Promise<{ readonly facts: Facts; readonly bindings: readonly RoleBinding[] }> {
  const things = new Map<string, Reading<unknown>>();
  const wish = newUser === undefined ? { owner } : { owner, newUser };
  const [signIn, bindings] = await Promise.all([
    lookAtOwner(wish, cluster, aws, kubernetes, (ref, reading) => void things.set(refText(ref), reading)),
    bindingsOf(kubernetes, profile),
  ]);
  const facts = await factsAbout(handOverRefs(cluster, profile), aws, kubernetes, signIn, things);
  return { facts, bindings: valueOf(bindings) ?? [] };
}
