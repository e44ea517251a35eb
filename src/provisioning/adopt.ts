/** What is read before a profile is adopted: it, its role, and what a repair would make of both. */
import { factsOf, namersOf, type Facts } from '../core/facts.ts';
import { refText, type Ref } from '../core/kinds.ts';
import { namedRole } from '../core/plan/adopt.ts';
import { accountArn, refOf, type Plan } from '../core/plan/plan.ts';
import { planProfile } from '../core/plan/profile.ts';
import type { IssuingCluster } from '../core/plan/role.ts';
import { SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { found, type Reading } from '../core/reading.ts';
import { lookAt, lookUp } from './look.ts';
import type { Aws, Kubernetes } from './ports.ts';

/** Reads anew: whose a thing is must be of now. `repair`: the plan that would make it as it is made here; undefined: it needs answers. */
export async function lookAtAdoption(
  profile: string,
  cluster: IssuingCluster,
  aws: Aws,
  kubernetes: Kubernetes,
  signal?: AbortSignal,
): Promise<{ readonly facts: Facts; readonly repair?: Plan }> {
  const things = new Map<string, Reading<unknown>>();
  const set = (ref: Ref, reading: Reading<unknown>): void => void things.set(refText(ref), reading);
  const account = refOf('k8s/service-account', cluster.arn, `${profile}/${SERVICE_ACCOUNT}`);
  const [existing, serviceAccount, profiles] = await Promise.all([
    lookUp(profile, cluster, aws, kubernetes),
    kubernetes.serviceAccount(profile, SERVICE_ACCOUNT),
    kubernetes.profiles(),
  ]);
  set(refOf('k8s/profile', cluster.arn, profile), existing.profile);
  set(account, serviceAccount);
  const namers = profiles.state === 'found' ? found(namersOf(profiles.value)) : profiles;
  const role = namedRole({ profile }, factsOf({ things }), cluster);
  if (role !== undefined) set(refOf('iam/role', accountArn(cluster), role), await aws.role(role));
  const facts = factsOf({ things, namers });
  const { owner, use } = existing;
  if (owner === undefined || use === undefined) return { facts };
  const request = { cluster: cluster.name, region: cluster.region, profile, owner, ...use };
  // The connection is whose it is: it stays open.
  const open: Kubernetes = { ...kubernetes, close: () => undefined };
  const looked = await lookAt(request, aws, () => Promise.resolve(open), signal);
  return { facts, repair: planProfile(request, looked.facts) };
}
