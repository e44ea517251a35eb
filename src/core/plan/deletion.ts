/** Why a Profile or a namespace that is being deleted is still there, and the way out. */
import { ROLE_ARN } from '../arn/arn.ts';
import { NOT_READ, type Facts } from '../facts.ts';
import type { Cluster, Namespace, Profile } from '../observation.ts';
import { irsaPlugin } from '../profile/manifest.ts';
import { accountArn, refOf } from './plan.ts';

/** Finalizer of the profile controller: it lets the Profile go after its plugins have cleaned up (kubeflow/dashboard profile_controller.go). */
const FINALIZER = 'profile-finalizer';

/**
 * What to say of a Profile that is being deleted. The controller lets it go in the last step of its work: whatever stops it before
 * keeps the Profile for ever (seen with the real controller).
 */
export function profileGoing(
  profile: Profile,
  namespace: Namespace | undefined,
  facts: Facts,
  cluster: Cluster,
): string {
  const { name, deletionTimestamp, finalizers = [] } = profile.metadata;
  const since = `Profile ${name} is being deleted, since ${deletionTimestamp ?? '?'}.`;
  if (finalizers.length === 0) return `${since} Wait until it is gone, then try again.`;
  const held = `${since} It stays until ${finalizers.join(', ')} ${finalizers.length === 1 ? 'is' : 'are'} removed from its finalizers.`;
  const way = finalizers.includes(FINALIZER) ? wayOut(profile, namespace, facts, cluster) : undefined;
  return way === undefined
    ? `${held} If that takes longer than a minute, look at the log of Kubeflow's profile controller: kubectl logs deploy/profiles-deployment -n kubeflow -c manager`
    : `${held} ${way}`;
}

function wayOut(
  profile: Profile,
  namespace: Namespace | undefined,
  facts: Facts,
  cluster: Cluster,
): string | undefined {
  const plugin = irsaPlugin(profile);
  const owner = profile.spec?.owner?.name;
  if (namespace !== undefined && namespace.owner !== owner)
    return `The controller does nothing for it, because its namespace is owned by ${namespace.owner ?? 'nobody'} and not by ${owner ?? 'nobody'}: set the annotation "owner" of namespace ${profile.metadata.name} to ${owner ?? 'the owner'}, then change something in the Profile.`;
  if (plugin === undefined) return undefined;
  if (plugin.awsIamRole === undefined)
    return 'The controller stops at its plugin AwsIamForServiceAccount, which has no role or a value of a wrong type: give it a role and annotateOnly: true, and the Profile goes.';
  const { account, name = '' } = ROLE_ARN.exec(plugin.awsIamRole)?.groups ?? {};
  const role = facts.role(refOf('iam/role', accountArn(cluster), name));
  const gone = account === cluster.account && role.state === 'absent';
  const unknown = role.state === 'failed' && role.code === NOT_READ;
  if (plugin.annotateOnly || (!gone && !unknown)) return undefined;
  return `${gone ? `Its role ${name} is gone, and` : `If its role ${name} is gone,`} with annotateOnly: false the controller waits for that role for ever: set annotateOnly: true in the Profile's plugin, and it goes.`;
}

/** What to say of a namespace that is being deleted. */
export function namespaceGoing({ name, deletionTimestamp, remaining = [] }: Namespace): string {
  const since = `Namespace ${name} is being deleted${deletionTimestamp === undefined ? '' : `, since ${deletionTimestamp}`}.`;
  return remaining.length === 0
    ? `${since} Wait until it is gone, then try again.`
    : `${since} What holds it: ${remaining.join(' ')} Remove that, then try again.`;
}
