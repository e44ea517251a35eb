/** Reads what a plan needs to know, in parallel: one round for AWS, one for what depends on the cluster. Never throws but when cancelled. */
import { ROLE_ARN } from '../core/arn/arn.ts';
import { defaultRoleName } from '../core/arn/names.ts';
import { factsOf, NOT_READ, type Facts, type Known } from '../core/facts.ts';
import { refText, type Ref } from '../core/kinds.ts';
import type { Cluster, KubernetesApi, Profile } from '../core/observation.ts';
import { accountArn, bucketRef, refOf } from '../core/plan/plan.ts';
import { chooseRole, type IssuingCluster } from '../core/plan/role.ts';
import { POLICY_NAME, providerArn, SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { irsaPlugin } from '../core/profile/manifest.ts';
import { failed, found, type Reading } from '../core/reading.ts';
import type { Request } from '../core/request.ts';
import type { Aws, ConnectKubernetes, Kubernetes } from './ports.ts';
import { unlessCancelled } from './wait.ts';

/** Facts, and the connection that they were read through; `close` it when done. */
export interface Looked {
  readonly facts: Facts;
  /** Absent where the cluster has no endpoint or is not known. */
  readonly kubernetes?: Kubernetes;
  /** Something could not be reached or signed in to: then a plan is blocked by that, not by what is there. */
  readonly unreachable: boolean;
}

const couldNotRead = (readings: Iterable<Reading<unknown> | undefined>): boolean =>
  [...readings].some((reading) => reading?.state === 'failed' && reading.code !== NOT_READ);

type Readings = Map<string, Reading<unknown>>;

/** Everything that {@link planProfile} needs. Throws only when it is cancelled; then nothing is left open. */
export async function lookAt(
  wish: Pick<Request, 'cluster' | 'profile' | 'bucket' | 'roleName'>,
  aws: Aws,
  connect: ConnectKubernetes,
  signal?: AbortSignal,
): Promise<Looked> {
  const looking = lookNow(wish, aws, connect);
  try {
    return await unlessCancelled(signal, looking);
  } catch (error) {
    void looking.then(({ kubernetes }) => kubernetes?.close()).catch(() => undefined);
    throw error;
  }
}

async function lookNow(
  wish: Pick<Request, 'cluster' | 'profile' | 'bucket' | 'roleName'>,
  aws: Aws,
  connect: ConnectKubernetes,
): Promise<Looked> {
  const things: Readings = new Map();
  const set = (ref: Ref, reading: Reading<unknown>): void => void things.set(refText(ref), reading);
  // Most profiles have the role of the usual name: it is asked for before it is known which one it is.
  const likely = wish.roleName ?? defaultRoleName(wish.profile, wish.cluster);
  const likelyRole = aws.role(likely, POLICY_NAME);
  const reading = aws.cluster(wish.cluster);
  const inCluster = reading.then(async (cluster) =>
    cluster.state === 'found' ? lookIntoCluster(wish.profile, cluster.value, aws, connect, set) : undefined,
  );
  const [caller, cluster, bucket, role, inside] = await Promise.all([
    aws.caller(),
    reading,
    aws.bucket(wish.bucket),
    likelyRole,
    inCluster,
  ]);
  set(bucketRef(wish.bucket), bucket);
  const known: Known = { caller, cluster, ...(inside === undefined ? {} : { api: inside.api }) };
  const unreachable = (): boolean => couldNotRead([caller, cluster, inside?.api, ...things.values()]);
  const kubernetes = inside?.kubernetes === undefined ? {} : { kubernetes: inside.kubernetes };
  if (cluster.state !== 'found' || cluster.value.issuer === undefined)
    return { facts: factsOf({ ...known, things }), ...kubernetes, unreachable: unreachable() };
  set(refOf('iam/role', accountArn(cluster.value), likely), role);
  const issuing: IssuingCluster = { ...cluster.value, issuer: cluster.value.issuer };
  const facts = await lookForRole(wish, { ...known, things }, issuing, aws, inside?.kubernetes);
  return { facts, ...kubernetes, unreachable: unreachable() };
}

/** Reads roles, one after the other, until it is clear which one the profile gets. */
async function lookForRole(
  wish: Pick<Request, 'cluster' | 'profile' | 'roleName'>,
  known: Known & { readonly things: Readings },
  cluster: IssuingCluster,
  aws: Aws,
  kubernetes: Kubernetes | undefined,
): Promise<Facts> {
  let { namers } = known;
  for (;;) {
    const facts = factsOf(namers === undefined ? known : { ...known, namers });
    const choice = chooseRole(wish, facts, cluster);
    if ('role' in choice) {
      const ref = refOf('iam/role', accountArn(cluster), choice.role);
      known.things.set(refText(ref), await aws.role(choice.role, POLICY_NAME));
    } else if ('profiles' in choice) {
      const profiles = (await kubernetes?.profiles()) ?? failed('the cluster was not reached');
      namers = profiles.state === 'found' ? found(namersOf(profiles.value)) : profiles;
    } else return facts;
  }
}

/** Names of Profiles by the role that their plugin names. */
function namersOf(profiles: readonly Profile[]): ReadonlyMap<string, readonly string[]> {
  const byRole = new Map<string, string[]>();
  for (const profile of profiles) {
    const role = irsaPlugin(profile)?.awsIamRole;
    if (role === undefined || !ROLE_ARN.test(role)) continue;
    byRole.set(role, [...(byRole.get(role) ?? []), profile.metadata.name]);
  }
  return byRole;
}

async function lookIntoCluster(
  name: string,
  cluster: Cluster,
  aws: Aws,
  connect: ConnectKubernetes,
  set: (ref: Ref, reading: Reading<unknown>) => void,
): Promise<{ readonly api: Reading<KubernetesApi>; readonly kubernetes?: Kubernetes }> {
  const provider = async (): Promise<void> => {
    if (cluster.issuer === undefined) return;
    const arn = providerArn(cluster.partition, cluster.account, cluster.issuer);
    set(refOf('iam/provider', accountArn(cluster), arn), await aws.oidcProvider(arn));
  };
  if (cluster.endpoint === undefined) {
    await provider();
    return { api: failed(`the cluster is ${cluster.status} and has no endpoint yet`, NOT_READ) };
  }
  const asked = provider();
  const kubernetes = await connect(cluster, aws);
  const account = `${name}/${SERVICE_ACCOUNT}`;
  const [api] = await Promise.all([
    kubernetes.api(),
    kubernetes.profile(name).then((reading) => set(refOf('k8s/profile', cluster.arn, name), reading)),
    kubernetes.namespace(name).then((reading) => set(refOf('k8s/namespace', cluster.arn, name), reading)),
    kubernetes
      .serviceAccount(name, SERVICE_ACCOUNT)
      .then((reading) => set(refOf('k8s/service-account', cluster.arn, account), reading)),
    asked,
  ]);
  return { api, kubernetes };
}

/** The provider of a cluster alone. */
export async function lookAtProvider(cluster: IssuingCluster, aws: Aws): Promise<Facts> {
  const arn = providerArn(cluster.partition, cluster.account, cluster.issuer);
  const ref = refOf('iam/provider', accountArn(cluster), arn);
  return factsOf({ things: new Map([[refText(ref), await aws.oidcProvider(arn)]]) });
}
