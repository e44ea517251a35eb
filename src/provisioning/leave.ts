/** What is looked at before a profile is deleted: all that may go, and all that may rest on it. Read anew, in as few rounds as there are. */
import { defaultRoleName, ownRoleName } from '../core/arn/names.ts';
import { factsOf, namersOf, type Facts } from '../core/facts.ts';
import { refText, type Kind, type Ref } from '../core/kinds.ts';
import type { Role } from '../core/observation.ts';
import { controllerAccount, controllerRole } from '../core/plan/controller.ts';
import { GRANT_POLICY } from '../core/policy/controller-rights.ts';
import { COUNTED, dataPlace, dataRef, type Around, type DeleteWish } from '../core/plan/delete.ts';
import { accountArn, refOf } from '../core/plan/plan.ts';
import { candidates, type IssuingCluster } from '../core/plan/role.ts';
import { POLICY_NAME, SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { derivedAccess } from '../core/policy/derived.ts';
import { CONTROLLER } from '../core/profile/names.ts';
import { LAUNCHER } from '../core/profile/pipelines.ts';
import type { DeadApi } from '../core/profile/stuck.ts';
import { failed, found, valueOf, type Reading } from '../core/reading.ts';
import { TAG } from '../core/tags.ts';
import { bindingsOf } from './bindings.ts';
import { driversOf } from './drivers.ts';
import type { Looked } from './look.ts';
import type { Aws, ConnectKubernetes, Kubernetes } from './ports.ts';
import { sleep, unlessCancelled } from './wait.ts';

/** Facts for {@link planDelete}, and the connection that they were read through. */
export interface LookedToDelete extends Looked {
  readonly around: Around;
  /** Region of the profile's bucket, where it was read. */
  readonly bucketRegion?: string;
}

const NOTHING: Around = {
  accounts: failed('it was not read'),
  bindings: failed('it was not read'),
  instanceProfiles: new Map(),
  mayDelete: failed('it was not read'),
};

/** Everything that `planDelete` needs. Throws only when it is cancelled; then nothing is left open. */
export async function lookToDelete(
  wish: DeleteWish,
  aws: Aws,
  connect: ConnectKubernetes,
  signal?: AbortSignal,
): Promise<LookedToDelete> {
  const looking = lookNow(wish, aws, connect);
  try {
    return await unlessCancelled(signal, looking);
  } catch (error) {
    void looking.then(({ kubernetes }) => kubernetes?.close()).catch(() => undefined);
    throw error;
  }
}

async function lookNow(wish: DeleteWish, aws: Aws, connect: ConnectKubernetes): Promise<LookedToDelete> {
  const likely = [defaultRoleName(wish.profile, wish.cluster), ownRoleName(wish.profile, wish.cluster)];
  const asked = new Map(likely.map((name) => [name, aws.role(name, POLICY_NAME)]));
  const [caller, cluster] = await Promise.all([aws.caller(), aws.cluster(wish.cluster)]);
  const readings = new Map<string, Reading<unknown>>();
  const set = (ref: Ref, reading: Reading<unknown>): void => void readings.set(refText(ref), reading);
  if (cluster.state !== 'found' || cluster.value.issuer === undefined || cluster.value.endpoint === undefined) {
    const facts = factsOf({ caller, cluster });
    return { facts, around: NOTHING, unreachable: facts.unanswered };
  }
  const issuing: IssuingCluster = { ...cluster.value, issuer: cluster.value.issuer };
  const kubernetes = await connect(cluster.value, aws);
  const at = issuing.arn;
  const name = wish.profile;
  const read = reader(aws, kubernetes, set);
  const [api, profiles, accounts, bindings, mayDelete] = await Promise.all([
    kubernetes.api(),
    kubernetes.profiles(),
    kubernetes.serviceAccounts(),
    bindingsOf(kubernetes, name),
    kubernetes.may('delete', 'profiles.kubeflow.org'),
    read(refOf('k8s/profile', at, name)),
    read(refOf('k8s/namespace', at, name)),
    read(refOf('k8s/service-account', at, `${name}/${SERVICE_ACCOUNT}`)),
    read(refOf('k8s/config-map', at, `${name}/${LAUNCHER}`)),
    ...CONTROLLER.namespaces.map(async (namespace) => {
      const key = `${namespace}/${CONTROLLER.deployment}`;
      set(
        refOf('k8s/deployment', at, key),
        await kubernetes.deployment(namespace, CONTROLLER.deployment, CONTROLLER.container),
      );
    }),
  ]);
  const namers = profiles.state === 'found' ? found(namersOf(profiles.value)) : profiles;
  const facts = (): Facts => factsOf({ caller, cluster, api, namers, things: readings });

  const roleAt = (role: string): Ref<'iam/role'> => refOf('iam/role', accountArn(issuing), role);
  const instanceProfiles = new Map<string, Reading<readonly string[]>>();
  const space = valueOf(facts().get(refOf('k8s/namespace', at, name)));
  const [deadApis] = await Promise.all([
    space?.deleting === true ? deadApisOf(kubernetes) : undefined,
    grantOf(facts(), issuing, aws, read, set),
    // Also of one that stays: where the data is, its policy says.
    ...candidates(wish, facts(), issuing).map(async (candidate) => {
      const role = await (asked.get(candidate.name) ?? aws.role(candidate.name, POLICY_NAME));
      set(roleAt(candidate.name), role);
      if (role.state === 'found' && wish.keepRole !== true)
        instanceProfiles.set(candidate.name, await aws.instanceProfiles(candidate.name));
    }),
  ]);
  const around = {
    ...{ accounts, bindings, mayDelete, instanceProfiles },
    ...(deadApis === undefined ? {} : { deadApis }),
  };
  const data = await lookAtData(wish, facts(), issuing, aws, set);
  const unreachable = facts().unanswered;
  return { facts: facts(), kubernetes, unreachable, around: { ...around, ...data.around }, ...data.more };
}

type Set = (ref: Ref, reading: Reading<unknown>) => void;
type Read = (ref: Ref) => Promise<Reading<unknown>>;

/** Reads things with their drivers, and keeps the readings. */
function reader(aws: Aws, kubernetes: Kubernetes, set: Set): Read {
  const drivers = driversOf({ aws, kubernetes, sleep });
  return async (ref) => {
    const driver = drivers[ref.kind] as { read(ref: Ref<Kind>): Promise<Reading<unknown>> };
    const reading = await driver.read(ref);
    set(ref, reading);
    return reading;
  };
}

/** The role that the profile controller acts as, which may name the profile's role in a policy of ours. */
async function grantOf(facts: Facts, cluster: IssuingCluster, aws: Aws, read: Read, set: Set): Promise<void> {
  const account = controllerAccount(facts, cluster);
  const reading = await read(account);
  const its = controllerRole(factsOf({ things: new Map([[refText(account), reading]]) }), cluster);
  if (its !== undefined) set(its, await aws.role(its.key, GRANT_POLICY));
}

/** APIs of the cluster that do not answer: without them Kubernetes does not know what is in a namespace. */
async function deadApisOf(kubernetes: Kubernetes): Promise<readonly DeadApi[]> {
  const all = await kubernetes.objects('apiservices');
  return (valueOf(all) ?? []).flatMap((object): DeadApi[] => {
    const spec = object['spec'] as { service?: { namespace?: string; name?: string } } | undefined;
    const status = object['status'] as { conditions?: readonly { type?: string; status?: string }[] } | undefined;
    const dead = status?.conditions?.some((one) => one.type === 'Available' && one.status === 'False') === true;
    if (!dead) return [];
    const { namespace = 'default', name } = spec?.service ?? {};
    return [{ name: object.metadata.name, ...(name === undefined ? {} : { service: `${namespace}/${name}` }) }];
  });
}

/** How much lies below the profile's prefix, and, where that is to go, who else writes there. */
async function lookAtData(
  wish: DeleteWish,
  facts: Facts,
  cluster: IssuingCluster,
  aws: Aws,
  set: Set,
): Promise<{ readonly around: Partial<Around>; readonly more: { readonly bucketRegion?: string } }> {
  const place = dataPlace(wish, facts, cluster);
  if ('why' in place) return { around: {}, more: {} };
  const [bucket, sharers] = await Promise.all([
    aws.bucket(place.bucket, cluster.account),
    wish.data === true ? sharersOf(wish, place.bucket, cluster, aws) : undefined,
  ]);
  const region = valueOf(bucket)?.region ?? cluster.region;
  const ref = dataRef(place, region);
  const foreign = valueOf(bucket)?.foreign === true;
  const data = foreign
    ? failed(`bucket ${place.bucket} belongs to another account.`)
    : await aws.prefixData(place.bucket, region, place.prefix, COUNTED);
  set(ref, data);
  return {
    around: {
      ...(sharers === undefined ? {} : { sharers }),
      ...(data.state === 'found' ? { data: data.value } : {}),
    },
    more: { bucketRegion: region },
  };
}

/** Other roles of the account that are for the same prefix: of a profile of that name on another cluster. */
async function sharersOf(
  { profile }: DeleteWish,
  bucket: string,
  cluster: IssuingCluster,
  aws: Aws,
): Promise<Reading<readonly string[]>> {
  const sharers: string[] = [];
  for await (const page of rolePages(aws)) {
    if (page.state !== 'found') return page;
    for (const role of page.value) {
      const { [TAG.profile]: its, [TAG.cluster]: where } = role.tags;
      if (its !== profile || where === undefined || where === cluster.arn) continue;
      if (role.inline.some(({ text }) => derivedAccess(text)?.bucket === bucket))
        sharers.push(`${role.name} of cluster ${where}`);
    }
  }
  return found(sharers);
}

/** All roles of the account, page by page; the first page that cannot be read is the last. */
export async function* rolePages(aws: Pick<Aws, 'rolesPage'>): AsyncGenerator<Reading<readonly Role[]>> {
  let next: string | undefined;
  do {
    const page = await aws.rolesPage({ has: () => true }, next);
    yield page.state === 'found' ? found(page.value.roles) : page;
    next = valueOf(page)?.next;
  } while (next !== undefined);
}
