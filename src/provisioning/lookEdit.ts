/** What is looked at before a profile is edited: what it is now, then what the plan of the whole wish needs. */
import { notReady } from '../core/cluster-status.ts';
import { factsOf } from '../core/facts.ts';
import { refText, type Ref } from '../core/kinds.ts';
import { accountArn, refOf, unreadable } from '../core/plan/plan.ts';
import { liveOf, liveRefs, wishOf, type Edit, type Live, type People } from '../core/plan/edit.ts';
import { failed, type Reading } from '../core/reading.ts';
import { lookAt, readWholeRole, type Looked } from './look.ts';
import { lookAtHandOver } from './people.ts';
import { splitKey } from './driver.ts';
import type { Aws, ConnectKubernetes, Kubernetes } from './ports.ts';
import { createStore, FRESH_FOR_PLAN, type Store } from './store.ts';
import { unlessCancelled } from './wait.ts';

export interface LookedEdit extends Looked {
  readonly live: Live;
  readonly people?: People;
}

/** A profile as it is. `kubernetes` is to be closed. */
export interface LiveLook {
  readonly live: Live;
  readonly kubernetes?: Kubernetes;
  /** Something did not answer. */
  readonly unreachable: boolean;
}

/** Reads what a profile is now. Never throws. */
export async function lookAtLive(
  { cluster: name, profile }: Pick<Edit, 'cluster' | 'profile'>,
  aws: Aws,
  connect: ConnectKubernetes,
  store: Store = createStore(),
): Promise<LiveLook> {
  const reading = await store.read(refOf('eks/cluster', aws.region, name), FRESH_FOR_PLAN, () => aws.cluster(name));
  if (reading.state !== 'found') {
    const missing = unreadable(reading, `EKS cluster ${name} in ${aws.region}`);
    return { live: { missing }, unreachable: reading.state === 'failed' };
  }
  const { issuer, endpoint, status } = reading.value;
  if (issuer === undefined || endpoint === undefined)
    return { live: { missing: notReady(status) }, unreachable: false };
  const cluster = { ...reading.value, issuer };
  const kubernetes = await connect(cluster, aws);
  const things = new Map<string, Reading<unknown>>();
  const [profileRef, accountRef, launcherRef, pipelinesRef] = liveRefs(cluster, profile);
  const set = async <T>(ref: Ref, reading: Promise<Reading<T>>): Promise<void> => {
    things.set(refText(ref), await reading.catch((error: unknown) => failed(String(error))));
  };
  await Promise.all([
    set(profileRef, kubernetes.profile(profile)),
    set(accountRef, kubernetes.serviceAccount(...splitKey(accountRef.key))),
    set(launcherRef, kubernetes.configMap(...splitKey(launcherRef.key))),
    set(pipelinesRef, kubernetes.deployment(...splitKey(pipelinesRef.key))),
  ]);
  const { roleName } = liveOf(profile, factsOf({ things }), cluster);
  if (roleName !== undefined) {
    const ref = refOf('iam/role', accountArn(cluster), roleName);
    await set(ref, readWholeRole(ref, aws, store));
  }
  const facts = factsOf({ things });
  return { live: liveOf(profile, facts, cluster), kubernetes, unreachable: facts.unanswered };
}

/** Everything that `planEdit` needs. Throws only when it is cancelled; then nothing is left open. */
export async function lookAtEdit(
  edit: Edit,
  aws: Aws,
  connect: ConnectKubernetes,
  signal?: AbortSignal,
  store: Store = createStore(),
): Promise<LookedEdit> {
  const looking = lookNow(edit, aws, connect, store);
  try {
    return await unlessCancelled(signal, looking);
  } catch (error) {
    void looking.then(({ kubernetes }) => kubernetes?.close()).catch(() => undefined);
    throw error;
  }
}

async function lookNow(edit: Edit, aws: Aws, connect: ConnectKubernetes, store: Store): Promise<LookedEdit> {
  const { live, kubernetes, unreachable } = await lookAtLive(edit, aws, connect, store);
  const wish = kubernetes === undefined ? undefined : wishOf(edit, live);
  const nothing = { live, facts: factsOf({}), ...(kubernetes === undefined ? {} : { kubernetes }) };
  if (wish === undefined || kubernetes === undefined) return { ...nothing, unreachable };
  const again: ConnectKubernetes = () => Promise.resolve(kubernetes);
  const looked = await lookAt({ ...wish, maxSession: wish.maxSession ?? 0 }, aws, again, undefined, store);
  const cluster = looked.facts.cluster;
  const people =
    wish.owner === live.owner || cluster.state !== 'found'
      ? undefined
      : await lookAtHandOver({ ...edit, owner: wish.owner }, cluster.value, aws, kubernetes);
  return { ...looked, kubernetes, live, ...(people === undefined ? {} : { people }) };
}
