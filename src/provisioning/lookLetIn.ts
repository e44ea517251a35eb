/** What is looked at before a service account is let in: the account, the profile's role, and the pods that run as it. */
import { roleNameOf } from '../core/arn/arn.ts';
import { factsOf, type Facts } from '../core/facts.ts';
import { refText, type Ref } from '../core/kinds.ts';
import { letInRefs, placeOfRole, roleOfProfile, type LetInWish, type PodUse } from '../core/plan/letIn.ts';
import { accountArn, bucketRef, refOf } from '../core/plan/plan.ts';
import type { IssuingCluster } from '../core/plan/role.ts';
import { found, type Reading } from '../core/reading.ts';
import { splitKey } from './driver.ts';
import type { Aws, Kubernetes, KubeObject } from './ports.ts';

export interface LookedLetIn {
  readonly facts: Facts;
  readonly pods: Reading<readonly PodUse[]>;
}

/** Everything that `planLetIn` needs. Never throws. */
export async function lookAtLetIn(
  wish: LetInWish,
  cluster: IssuingCluster,
  aws: Aws,
  kubernetes: Kubernetes,
): Promise<LookedLetIn> {
  const things = new Map<string, Reading<unknown>>();
  const set = async (ref: Ref, reading: Promise<Reading<unknown>>): Promise<void> =>
    void things.set(refText(ref), await reading);
  const [profileRef, editorRef, accountRef] = letInRefs(cluster, wish);
  const [pods] = await Promise.all([
    podsOf(wish.namespace ?? wish.profile, kubernetes),
    set(profileRef, kubernetes.profile(wish.profile)),
    set(editorRef, kubernetes.serviceAccount(...splitKey(editorRef.key))),
    set(accountRef, kubernetes.serviceAccount(...splitKey(accountRef.key))),
  ]);
  const arn = roleOfProfile(wish.profile, factsOf({ things }), cluster);
  const name = roleNameOf(arn ?? '');
  if (name !== undefined) await set(refOf('iam/role', accountArn(cluster), name), aws.role(name));
  const place = placeOfRole(arn, factsOf({ things }), cluster);
  if (place !== undefined) await set(bucketRef(place.bucket), aws.bucket(place.bucket));
  return { facts: factsOf({ things }), pods };
}

/** The pods of a namespace, and as whom they run. */
async function podsOf(namespace: string, kubernetes: Kubernetes): Promise<Reading<readonly PodUse[]>> {
  const objects = await kubernetes.objects('pods', namespace);
  return objects.state === 'found' ? found(objects.value.map(podUse)) : objects;
}

/** The variable by which a pod knows its role (amazon-eks-pod-identity-webhook). */
const ROLE_VARIABLE = 'AWS_ROLE_ARN';

interface Pod {
  readonly metadata: { readonly name: string; readonly ownerReferences?: readonly { kind?: string; name?: string }[] };
  readonly spec?: {
    readonly serviceAccountName?: string;
    readonly containers?: readonly { readonly env?: readonly { readonly name?: string; readonly value?: string }[] }[];
  };
  readonly status?: { readonly phase?: string };
}

function podUse(object: KubeObject): PodUse {
  const { metadata, spec, status } = object as unknown as Pod;
  const [owner] = metadata.ownerReferences ?? [];
  const role = (spec?.containers ?? [])
    .flatMap(({ env = [] }) => env)
    .find(({ name }) => name === ROLE_VARIABLE)?.value;
  return {
    name: metadata.name,
    account: spec?.serviceAccountName ?? 'default',
    ended: status?.phase === 'Succeeded' || status?.phase === 'Failed',
    ...(owner === undefined ? {} : { owner: `${owner.kind ?? ''} ${owner.name ?? ''}`.trim() }),
    ...(role === undefined ? {} : { role }),
  };
}
