/** What is said of a Profile or a namespace that is being deleted. */
import { ROLE_ARN } from '../arn/arn.ts';
import { NOT_READ, type Facts } from '../facts.ts';
import { specFaults } from '../modes/profile.ts';
import type { Cluster, Namespace, Profile } from '../observation.ts';
import { irsaPlugin } from '../profile/manifest.ts';
import { causesOf, FINALIZER, type Going } from '../profile/stuck.ts';
import type { Reading } from '../reading.ts';
import { accountArn, refOf } from './plan.ts';

/** The role that a Profile's plugin names, as far as it was read; undefined: it names none of the cluster's account. */
function namedRole(profile: Profile, facts: Facts, cluster: Cluster): Reading<unknown> | undefined {
  const { account, name } = ROLE_ARN.exec(irsaPlugin(profile)?.awsIamRole ?? '')?.groups ?? {};
  if (name === undefined || account !== cluster.account) return undefined;
  const role = facts.role(refOf('iam/role', accountArn(cluster), name));
  return role.state === 'failed' && role.code === NOT_READ ? undefined : role;
}

/** What is known of a Profile that goes. */
export function goingOf(
  profile: Profile,
  namespace: Namespace | undefined,
  facts: Facts,
  cluster: Cluster,
  more: Partial<Going> = {},
): Going {
  const role = namedRole(profile, facts, cluster);
  return {
    profile,
    account: cluster.account,
    faults: specFaults(profile),
    ...(namespace === undefined ? {} : { namespace }),
    ...(role === undefined ? {} : { role }),
    ...more,
  };
}

const LOG =
  "look at the log of Kubeflow's profile controller: kubectl logs deploy/profiles-deployment -n kubeflow -c manager";

/** What to say of a Profile that is being deleted: since when, what holds it, and the way out where the cause is known. */
export function goingWords(going: Going): string {
  const { name = '', deletionTimestamp, finalizers = [] } = going.profile?.metadata ?? {};
  const since = `Profile ${name} is being deleted, since ${deletionTimestamp ?? '?'}.`;
  if (finalizers.length === 0) return `${since} Wait until it is gone, then try again.`;
  const held = `${since} It stays until ${finalizers.join(', ')} ${finalizers.length === 1 ? 'is' : 'are'} removed from its finalizers.`;
  const causes = causesOf(going);
  if (causes.length > 0) return [held, ...causes.map(({ says, way }) => `${says} ${way}`)].join(' ');
  return finalizers.includes(FINALIZER) ? `${held} If that takes longer than a minute, ${LOG}` : held;
}

export const profileGoing = (
  profile: Profile,
  namespace: Namespace | undefined,
  facts: Facts,
  cluster: Cluster,
): string => goingWords(goingOf(profile, namespace, facts, cluster));

/** What to say of a namespace that is being deleted. */
export function namespaceGoing(namespace: Namespace, deadApis: Going['deadApis'] = []): string {
  const { name, deletionTimestamp, remaining = [] } = namespace;
  const since = `Namespace ${name} is being deleted${deletionTimestamp === undefined ? '' : `, since ${deletionTimestamp}`}.`;
  if (remaining.length === 0) return `${since} Wait until it is gone, then try again.`;
  const [cause] = causesOf({ namespace, account: '', deadApis });
  return `${since} What holds it: ${remaining.join(' ')} ${cause === undefined ? '' : `${cause.says} ${cause.way} `}Remove that, then try again.`;
}
