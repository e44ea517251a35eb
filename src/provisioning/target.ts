import { roleNameOf } from '../core/arn/arn.ts';
import { unreadable } from '../core/plan/plan.ts';
import { derivedAccess } from '../core/plan/derive.ts';
import { POLICY_NAME, SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { ROLE_ANNOTATION } from '../core/profile/manifest.ts';
import { valueOf } from '../core/reading.ts';
import type { AccessLevel } from '../core/request.ts';
import { OutsideError, type Aws, type ConnectKubernetes, type Kubernetes } from './ports.ts';
import type { Target } from './verify.ts';

/** A profile to verify. What is not given is read: the bucket and access from the role's policy. */
export interface Wanted {
  readonly cluster: string;
  readonly profile: string;
  readonly bucket?: string;
  readonly access?: AccessLevel;
}

/**
 * What a profile really uses: the role that its service account is annotated with, and the bucket that this role is for.
 * Throws {@link OutsideError} with the next step where one of them is missing or cannot be read. `kubernetes` is to be closed.
 */
export async function findTarget(
  wanted: Wanted,
  aws: Aws,
  connect: ConnectKubernetes,
): Promise<{ target: Target; kubernetes: Kubernetes }> {
  const { profile } = wanted;
  const cluster = await aws.cluster(wanted.cluster);
  if (cluster.state !== 'found') {
    throw new OutsideError(unreadable(cluster, `EKS cluster ${wanted.cluster} in ${aws.region}`), cluster.state);
  }
  const { issuer, endpoint, status } = cluster.value;
  if (issuer === undefined || endpoint === undefined) {
    throw new OutsideError(
      `The cluster is ${status}: it has no endpoint or OIDC issuer yet. Wait until it is ACTIVE.`,
      'NotActive',
    );
  }
  const kubernetes = await connect(cluster.value, aws);
  try {
    const serviceAccount = await kubernetes.serviceAccount(profile, SERVICE_ACCOUNT);
    if (serviceAccount.state !== 'found') {
      throw new OutsideError(
        serviceAccount.state === 'absent'
          ? `There is no service account ${profile}/${SERVICE_ACCOUNT}: create the profile first, or look at the profile controller's log.`
          : unreadable(serviceAccount, `Service account ${profile}/${SERVICE_ACCOUNT}`),
        serviceAccount.state,
      );
    }
    const roleArn = serviceAccount.value.annotations[ROLE_ANNOTATION];
    const roleName = roleNameOf(roleArn ?? '');
    if (roleArn === undefined || roleName === undefined) {
      throw new OutsideError(
        roleArn === undefined
          ? `Service account ${profile}/${SERVICE_ACCOUNT} has no annotation ${ROLE_ANNOTATION}: pods get no role. Run "Create IRSA Profile" for this profile.`
          : `The annotation ${ROLE_ANNOTATION} of ${profile}/${SERVICE_ACCOUNT} is no role ARN: "${roleArn}". Correct the Profile's plugin.`,
        'NoRole',
      );
    }
    const policies = await aws.rolePolicies(roleName, POLICY_NAME);
    const derived = derivedAccess(valueOf(policies)?.ours ?? '');
    const name = wanted.bucket ?? derived?.bucket;
    if (name === undefined) {
      throw new OutsideError(
        policies.state === 'found' || policies.state === 'absent'
          ? `Which bucket role ${roleName} is for cannot be read from its inline policy ${POLICY_NAME}. Name the bucket.`
          : unreadable(policies, `The policies of role ${roleName}`),
        'NoBucket',
      );
    }
    const bucket = await aws.bucket(name);
    if (bucket.state === 'absent') throw new OutsideError(`There is no bucket ${name}.`, 'NoSuchBucket');
    return {
      kubernetes,
      target: {
        profile,
        roleArn,
        issuer,
        bucket: name,
        bucketRegion: valueOf(bucket)?.region ?? aws.region,
        access: wanted.access ?? (derived?.bucket === name ? derived.access : 'prefix'),
      },
    };
  } catch (error) {
    kubernetes.close();
    throw error;
  }
}
