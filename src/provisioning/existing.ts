import { parseArn, roleNameOf } from '../core/arn/arn.ts';
import type { Cluster, Namespace, Profile } from '../core/observation.ts';
import { derivedAccess, type DerivedAccess } from '../core/plan/derive.ts';
import { POLICY_NAME } from '../core/policy/build.ts';
import { irsaPlugin } from '../core/profile/manifest.ts';
import { valueOf, type Reading } from '../core/reading.ts';
import type { Aws, Kubernetes } from './ports.ts';

/** What a cluster already has under a profile's name. */
export interface Existing {
  readonly profile: Reading<Profile>;
  readonly namespace: Reading<Namespace>;
  /** Whom it belongs to: the Profile's owner, else the namespace's. */
  readonly owner?: string;
  /** Name of the role that the Profile's plugin names, if that is a role of the cluster's account. */
  readonly roleName?: string;
  /** What that role's inline policy is for. */
  readonly use?: DerivedAccess;
}

/** Reads what a cluster has under a profile's name, and what its role may use. Never throws. */
export async function lookUp(name: string, cluster: Cluster, aws: Aws, kubernetes: Kubernetes): Promise<Existing> {
  const [profile, namespace] = await Promise.all([kubernetes.profile(name), kubernetes.namespace(name)]);
  const owner = valueOf(profile)?.spec?.owner?.name ?? valueOf(namespace)?.owner;
  const role = profile.state === 'found' ? irsaPlugin(profile.value)?.awsIamRole : undefined;
  const roleName = role !== undefined && parseArn(role)?.account === cluster.account ? roleNameOf(role) : undefined;
  const policies = roleName === undefined ? undefined : await aws.rolePolicies(roleName, POLICY_NAME);
  const policy = policies === undefined ? undefined : valueOf(policies)?.ours;
  const use = policy === undefined ? undefined : derivedAccess(policy);
  return {
    profile,
    namespace,
    ...(owner === undefined || owner === '' ? {} : { owner }),
    ...(roleName === undefined ? {} : { roleName }),
    ...(use === undefined ? {} : { use }),
  };
}
