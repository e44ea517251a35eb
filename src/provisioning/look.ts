/**
 * What is looked at before something is asked or planned. What AWS and a cluster hold goes through the store: what was read a
 * moment ago is not read again. Who calls, and how a cluster is reached, is of the connection at hand and asked of it.
 */
import { parseArn, roleNameOf } from '../core/arn/arn.ts';
import { defaultRoleName } from '../core/arn/names.ts';
import { boundaryProblem } from '../core/arn/role.ts';
import { factsOf, namersOf, NOT_READ, type Facts, type Known } from '../core/facts.ts';
import { refText, type Ref } from '../core/kinds.ts';
import type { Cluster, KubernetesApi, Namespace, PrefixData, Profile, Role } from '../core/observation.ts';
import { controllerAccount, controllerRole, leavesTrust } from '../core/plan/controller.ts';
import { GRANT_POLICY } from '../core/policy/controller-rights.ts';
import type { SignIn } from '../core/people/signIn.ts';
import { accountArn, bucketRef, refOf } from '../core/plan/plan.ts';
import { chooseRole, policyRef, type IssuingCluster } from '../core/plan/role.ts';
import { POLICY_NAME, profilePrefix, providerArn, SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { derivedAccess, useOfRole, type DerivedAccess } from '../core/policy/derived.ts';
import { irsaPlugin } from '../core/profile/manifest.ts';
import { CONTROLLER } from '../core/profile/names.ts';
import { LAUNCHER, PIPELINES, REPOSITORIES } from '../core/profile/pipelines.ts';
import { absent, failed, found, valueOf, type Reading } from '../core/reading.ts';
import { messageOf } from '../core/text.ts';
import type { Request } from '../core/request.ts';
import { lookAtBucket } from './lookBucket.ts';
import { splitKey } from './driver.ts';
import type { Aws, ConnectKubernetes, Kubernetes } from './ports.ts';
import { lookAtOwner } from './people.ts';
import { createStore, FRESH_FOR_PLAN, type Store } from './store.ts';
import { unlessCancelled } from './wait.ts';

/** Facts, and the connection that they were read through; `close` it when done. */
export interface Looked {
  readonly facts: Facts;
  /** Absent where the cluster has no endpoint or is not known. */
  readonly kubernetes?: Kubernetes;
  /** Something could not be reached or signed in to: then a plan is blocked by that, not by what is there. */
  readonly unreachable: boolean;
}

type Readings = Map<string, Reading<unknown>>;

type Wish = Pick<
  Request,
  | 'cluster'
  | 'profile'
  | 'bucket'
  | 'createBucket'
  | 'bucketKey'
  | 'region'
  | 'roleName'
  | 'rolePath'
  | 'boundary'
  | 'maxSession'
  | 'annotateOnly'
> &
  Partial<Pick<Request, 'prefix' | 'owner' | 'newUser'>>;

/** Reads through the store, one question a kind of thing. `whole`: of roles also what a listing of the account does not tell. */
function asking(aws: Aws, store: Store, whole = false) {
  return {
    cluster: (name: string) =>
      store.read(refOf('eks/cluster', aws.region, name), FRESH_FOR_PLAN, () => aws.cluster(name)),
    provider: (ref: Ref<'iam/provider'>) => store.read(ref, FRESH_FOR_PLAN, () => aws.oidcProvider(ref.key)),
    /** `policy`: the inline policy that is read by its name where policies may not be listed. */
    role: (ref: Ref<'iam/role'>, policy = POLICY_NAME) => {
      const known = store.get(ref);
      // Who may not list its policies may still read ours by its name.
      const partly =
        known?.state === 'found' &&
        (known.value.unread !== undefined || (whole && known.value.maxSession === undefined));
      return store.read(ref, partly ? -1 : FRESH_FOR_PLAN, () => aws.role(ref.key, policy));
    },
    profile: (ref: Ref<'k8s/profile'>, kubernetes: Kubernetes) =>
      store.read(ref, FRESH_FOR_PLAN, () => kubernetes.profile(ref.key)),
    namespace: (ref: Ref<'k8s/namespace'>, kubernetes: Kubernetes) =>
      store.read(ref, FRESH_FOR_PLAN, () => kubernetes.namespace(ref.key)),
    serviceAccount: (ref: Ref<'k8s/service-account'>, kubernetes: Kubernetes) => {
      const [namespace, name] = splitKey(ref.key);
      return store.read(ref, FRESH_FOR_PLAN, () => kubernetes.serviceAccount(namespace, name));
    },
    configMap: (ref: Ref<'k8s/config-map'>, kubernetes: Kubernetes) => {
      const [namespace, name] = splitKey(ref.key);
      return store.read(ref, FRESH_FOR_PLAN, () => kubernetes.configMap(namespace, name));
    },
    deployment: (ref: Ref<'k8s/deployment'>, kubernetes: Kubernetes, container?: string) => {
      const [namespace, name] = splitKey(ref.key);
      return store.read(ref, FRESH_FOR_PLAN, () => kubernetes.deployment(namespace, name, container));
    },
  };
}
type Asking = ReturnType<typeof asking>;

/**
 * Everything that {@link planProfile} needs, in parallel: one round for AWS, one for what depends on the cluster. Throws only when
 * it is cancelled; then nothing is left open.
 */
export async function lookAt(
  wish: Wish,
  aws: Aws,
  connect: ConnectKubernetes,
  signal?: AbortSignal,
  store = createStore(),
): Promise<Looked> {
  const looking = lookNow(wish, aws, connect, store);
  try {
    return await unlessCancelled(signal, looking);
  } catch (error) {
    void looking.then(({ kubernetes }) => kubernetes?.close()).catch(() => undefined);
    throw error;
  }
}

async function lookNow(wish: Wish, aws: Aws, connect: ConnectKubernetes, store: Store): Promise<Looked> {
  const ask = asking(aws, store, wish.maxSession !== undefined);
  const things: Readings = new Map();
  const set = (ref: Ref, reading: Reading<unknown>): void => void things.set(refText(ref), reading);
  const reading = ask.cluster(wish.cluster);
  // Most profiles have the role of the usual name: it is asked for before it is known which one it is, and in which account.
  const likely = wish.roleName ?? defaultRoleName(wish.profile, wish.cluster);
  const last = store.fresh(refOf('eks/cluster', aws.region, wish.cluster), FRESH_FOR_PLAN);
  const likelyRole =
    last?.state === 'found'
      ? ask.role(refOf('iam/role', accountArn(last.value), likely))
      : aws.role(likely, POLICY_NAME);
  const inCluster = reading.then(async (cluster) =>
    cluster.state === 'found' ? lookIntoCluster(wish, cluster.value, aws, connect, ask, set) : undefined,
  );
  const asked = aws.caller();
  const [caller, cluster, , role, inside] = await Promise.all([
    asked,
    reading,
    Promise.all([lookAtBucket(wish, asked, aws, store, things), lookAtBoundary(wish, aws, store, set)]),
    likelyRole,
    inCluster,
  ]);
  const signIn = inside?.signIn === undefined ? {} : { signIn: inside.signIn };
  const known: Known = { caller, cluster, ...(inside === undefined ? {} : { api: inside.api }), ...signIn };
  const kubernetes = inside?.kubernetes === undefined ? {} : { kubernetes: inside.kubernetes };
  if (cluster.state !== 'found' || cluster.value.issuer === undefined) {
    const facts = factsOf({ ...known, things });
    return { facts, ...kubernetes, unreachable: facts.unanswered };
  }
  const its = refOf('iam/role', accountArn(cluster.value), likely);
  set(its, role);
  if (last?.state !== 'found') store.put(its, role);
  const issuing: IssuingCluster = { ...cluster.value, issuer: cluster.value.issuer };
  const [facts] = await Promise.all([
    lookForRole(wish, { ...known, things }, issuing, ask, inside?.kubernetes),
    lookAtController(wish, things, issuing, ask, inside?.kubernetes),
    lookAtFormerData(wish, things, issuing, aws, store, set),
  ]);
  return { facts, ...kubernetes, unreachable: facts.unanswered };
}

/** Whether there is such a policy as the boundary that was chosen. AWS's own are taken as there: not everybody may look at them. */
async function lookAtBoundary(
  { boundary }: Wish,
  aws: Aws,
  store: Store,
  set: (ref: Ref, reading: Reading<unknown>) => void,
): Promise<void> {
  if (typeof boundary !== 'string' || boundaryProblem(boundary) !== undefined) return;
  if (parseArn(boundary)?.account === 'aws') return;
  const ref = policyRef(boundary);
  set(ref, await store.read(ref, FRESH_FOR_PLAN, () => aws.policy(boundary)));
}

/** Objects of a page: more than that is not counted before somebody deletes it. */
const PAGE = 1_000;

/** Reads whether a name that is new has data of a former profile in the bucket. */
async function lookAtFormerData(
  { profile, bucket, prefix = profilePrefix(profile) }: Wish,
  things: Readings,
  cluster: IssuingCluster,
  aws: Aws,
  store: Store,
  set: (ref: Ref, reading: Reading<unknown>) => void,
): Promise<void> {
  const facts = factsOf({ things });
  const there = valueOf(facts.get(bucketRef(bucket)));
  if (facts.get(refOf('k8s/profile', cluster.arn, profile)).state !== 'absent' || there?.accessible !== true) return;
  const ref = refOf('s3/data', there.region, `${bucket}/${prefix}`);
  const { region } = there;
  const read = async (): Promise<Reading<PrefixData>> => {
    const keys = await aws.objects(bucket, region).list(prefix, PAGE);
    const more = keys.length >= PAGE ? { more: true as const } : {};
    const counts = { objects: keys.length, versions: 0, markers: 0, bytes: 0, uploads: 0, ...more };
    return keys.length === 0 ? absent : found({ bucket, prefix, region, ...counts });
  };
  // What may not be listed is in nobody's way.
  set(ref, await store.read(ref, FRESH_FOR_PLAN, () => read().catch((error: unknown) => failed(messageOf(error)))));
}

/** Reads as whom the profile controller acts, where it is to write the trust policy. */
async function lookAtController(
  wish: Wish,
  things: Readings,
  cluster: IssuingCluster,
  ask: Asking,
  kubernetes: Kubernetes | undefined,
): Promise<void> {
  const facts = factsOf({ things });
  const profile = valueOf(facts.get(refOf('k8s/profile', cluster.arn, wish.profile)));
  if (kubernetes === undefined || !leavesTrust(wish, profile)) return;
  const account = controllerAccount(facts, cluster);
  things.set(refText(account), await ask.serviceAccount(account, kubernetes));
  const role = controllerRole(facts, cluster);
  if (role !== undefined) things.set(refText(role), await ask.role(role, GRANT_POLICY));
}

/** Reads roles, one after the other, until it is clear which one the profile gets. */
async function lookForRole(
  wish: Pick<Request, 'cluster' | 'profile' | 'roleName'>,
  known: Known & { readonly things: Readings },
  cluster: IssuingCluster,
  ask: Asking,
  kubernetes: Kubernetes | undefined,
): Promise<Facts> {
  let { namers } = known;
  for (;;) {
    const facts = factsOf(namers === undefined ? known : { ...known, namers });
    const choice = chooseRole(wish, facts, cluster);
    if ('role' in choice) {
      const ref = refOf('iam/role', accountArn(cluster), choice.role);
      known.things.set(refText(ref), await ask.role(ref));
    } else if ('profiles' in choice) {
      const profiles = (await kubernetes?.profiles()) ?? failed('the cluster was not reached');
      namers = profiles.state === 'found' ? found(namersOf(profiles.value)) : profiles;
    } else return facts;
  }
}

async function lookIntoCluster(
  { profile: name, owner, newUser }: Wish,
  cluster: Cluster,
  aws: Aws,
  connect: ConnectKubernetes,
  ask: Asking,
  set: (ref: Ref, reading: Reading<unknown>) => void,
): Promise<{ readonly api: Reading<KubernetesApi>; readonly kubernetes?: Kubernetes; readonly signIn?: SignIn }> {
  const provider = async (): Promise<void> => {
    if (cluster.issuer === undefined) return;
    const arn = providerArn(cluster.partition, cluster.account, cluster.issuer);
    const ref = refOf('iam/provider', accountArn(cluster), arn);
    set(ref, await ask.provider(ref));
  };
  if (cluster.endpoint === undefined) {
    await provider();
    return { api: failed(`the cluster is ${cluster.status} and has no endpoint`, NOT_READ) };
  }
  const asked = provider();
  const kubernetes = await connect(cluster, aws);
  const refs = [
    refOf('k8s/profile', cluster.arn, name),
    refOf('k8s/namespace', cluster.arn, name),
    refOf('k8s/service-account', cluster.arn, `${name}/${SERVICE_ACCOUNT}`),
    refOf('k8s/config-map', cluster.arn, `${name}/${LAUNCHER}`),
    refOf('k8s/config-map', cluster.arn, `${name}/${REPOSITORIES}`),
    refOf('k8s/deployment', cluster.arn, `${PIPELINES.namespace}/${PIPELINES.name}`),
  ] as const;
  /** Where the profile controller may be, until it is found. */
  const controller = async (): Promise<void> => {
    for (const namespace of CONTROLLER.namespaces) {
      const ref = refOf('k8s/deployment', cluster.arn, `${namespace}/${CONTROLLER.deployment}`);
      const reading = await ask.deployment(ref, kubernetes, CONTROLLER.container);
      set(ref, reading);
      if (reading.state !== 'absent') return;
    }
  };
  const sought = controller();
  const people =
    owner === undefined
      ? undefined
      : lookAtOwner(newUser === undefined ? { owner } : { owner, newUser }, cluster, aws, kubernetes, set);
  const [api, signIn, ...readings] = await Promise.all([
    kubernetes.api(),
    people,
    ask.profile(refs[0], kubernetes),
    ask.namespace(refs[1], kubernetes),
    ask.serviceAccount(refs[2], kubernetes),
    ask.configMap(refs[3], kubernetes),
    ask.configMap(refs[4], kubernetes),
    ask.deployment(refs[5], kubernetes),
  ]);
  await Promise.all([asked, sought]);
  refs.forEach((ref, at) => set(ref, readings[at] ?? failed('it was not read')));
  return { api, kubernetes, ...(signIn === undefined ? {} : { signIn }) };
}

/** A role with all that it is, also what a listing of the account does not tell. */
export const readWholeRole = (ref: Ref<'iam/role'>, aws: Aws, store: Store): Promise<Reading<Role>> =>
  asking(aws, store, true).role(ref);

/** A cluster alone. */
export const lookAtCluster = (name: string, aws: Aws, store: Store): Promise<Reading<Cluster>> =>
  asking(aws, store).cluster(name);

/** The provider of a cluster alone. */
export async function lookAtProvider(cluster: IssuingCluster, aws: Aws, store: Store): Promise<Facts> {
  const arn = providerArn(cluster.partition, cluster.account, cluster.issuer);
  const ref = refOf('iam/provider', accountArn(cluster), arn);
  return factsOf({ things: new Map([[refText(ref), await asking(aws, store).provider(ref)]]) });
}

/** What a role is for, by its inline policies: ours, else the first of which it can be read; `absent` where it cannot. */
export async function useOf(ref: Ref<'iam/role'>, aws: Aws, store: Store): Promise<Reading<DerivedAccess>> {
  const known = store.fresh(ref, FRESH_FOR_PLAN);
  if (known?.state === 'found') return useIn(known.value);
  const policy = refOf('iam/role-policy', ref.at, `${ref.key}/${POLICY_NAME}`);
  const ours = await store.read(policy, FRESH_FOR_PLAN, async () => {
    const text = await aws.rolePolicy(ref.key, POLICY_NAME);
    return text.state === 'found' ? found({ text: text.value }) : text;
  });
  if (ours.state === 'denied' || ours.state === 'failed') return ours;
  const use = ours.state === 'found' ? derivedAccess(ours.value.text) : undefined;
  if (use !== undefined) return found(use);
  const whole = await store.read(ref, FRESH_FOR_PLAN, () => aws.role(ref.key));
  return whole.state === 'found' ? useIn(whole.value) : whole;
}

function useIn(role: Role): Reading<DerivedAccess> {
  const use = useOfRole(role);
  return use === undefined ? absent : found(use);
}

/** What a cluster already has under a profile's name. */
export interface Existing {
  readonly profile: Reading<Profile>;
  readonly namespace: Reading<Namespace>;
  /** Whom it belongs to: the Profile's owner, else the namespace's. */
  readonly owner?: string;
  /** Name of the role that the Profile's plugin names, if that is a role of the cluster's account. */
  readonly roleName?: string;
  /** What that role is for. */
  readonly use?: DerivedAccess;
}

/** Reads what a cluster has under a profile's name, and what its role may use. Never throws. */
export async function lookUp(
  name: string,
  cluster: Cluster,
  aws: Aws,
  kubernetes: Kubernetes,
  store = createStore(),
): Promise<Existing> {
  const ask = asking(aws, store);
  const [profile, namespace] = await Promise.all([
    ask.profile(refOf('k8s/profile', cluster.arn, name), kubernetes),
    ask.namespace(refOf('k8s/namespace', cluster.arn, name), kubernetes),
  ]);
  const owner = valueOf(profile)?.spec?.owner?.name ?? valueOf(namespace)?.owner;
  const role = profile.state === 'found' ? irsaPlugin(profile.value)?.awsIamRole : undefined;
  const roleName = role !== undefined && parseArn(role)?.account === cluster.account ? roleNameOf(role) : undefined;
  const use =
    roleName === undefined
      ? undefined
      : valueOf(await useOf(refOf('iam/role', accountArn(cluster), roleName), aws, store));
  return {
    profile,
    namespace,
    ...(owner === undefined || owner === '' ? {} : { owner }),
    ...(roleName === undefined ? {} : { roleName }),
    ...(use === undefined ? {} : { use }),
  };
}
