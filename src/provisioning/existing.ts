/** What a profile that is there already uses: its owner, its role, its bucket. */
import { parseArn, roleNameOf } from '../core/arn/arn.ts';
import type { Cluster, Namespace, Profile } from '../core/observation.ts';
import { unreadable } from '../core/plan/plan.ts';
import type { Target } from '../core/plan/proof.ts';
import { POLICY_NAME, SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { derivedAccess, type DerivedAccess } from '../core/policy/derived.ts';
import { irsaPlugin, ROLE_ANNOTATION } from '../core/profile/manifest.ts';
import { absent, found, valueOf, type Reading } from '../core/reading.ts';
import type { AccessLevel } from '../core/request.ts';
import { OutsideError, type Aws, type ConnectKubernetes, type Kubernetes } from './ports.ts';

/** What a role is for, by its inline policies: ours, else the first of which it can be read; `absent` where it cannot. */
async function useOf(role: string, aws: Aws): Promise<Reading<DerivedAccess>> {
  const ours = await aws.rolePolicy(role, POLICY_NAME);
  if (ours.state === 'denied' || ours.state === 'failed') return ours;
  const use = ours.state === 'found' ? derivedAccess(ours.value) : undefined;
  if (use !== undefined) return found(use);
  const whole = await aws.role(role);
  if (whole.state !== 'found') return whole;
  const others = whole.value.inline.flatMap(({ text }) => derivedAccess(text) ?? []);
  return others[0] === undefined ? absent : found(others[0]);
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
export async function lookUp(name: string, cluster: Cluster, aws: Aws, kubernetes: Kubernetes): Promise<Existing> {
  const [profile, namespace] = await Promise.all([kubernetes.profile(name), kubernetes.namespace(name)]);
  const owner = valueOf(profile)?.spec?.owner?.name ?? valueOf(namespace)?.owner;
  const role = profile.state === 'found' ? irsaPlugin(profile.value)?.awsIamRole : undefined;
  const roleName = role !== undefined && parseArn(role)?.account === cluster.account ? roleNameOf(role) : undefined;
  const use = roleName === undefined ? undefined : valueOf(await useOf(roleName, aws));
  return {
    profile,
    namespace,
    ...(owner === undefined || owner === '' ? {} : { owner }),
    ...(roleName === undefined ? {} : { roleName }),
    ...(use === undefined ? {} : { use }),
  };
}

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
    return { kubernetes, target: await targetOn(wanted, issuer, aws, kubernetes) };
  } catch (error) {
    kubernetes.close();
    throw error;
  }
}

async function targetOn(
  { profile, bucket, access }: Wanted,
  issuer: string,
  aws: Aws,
  kubernetes: Kubernetes,
): Promise<Target> {
  const account = `${profile}/${SERVICE_ACCOUNT}`;
  const serviceAccount = await kubernetes.serviceAccount(profile, SERVICE_ACCOUNT);
  if (serviceAccount.state !== 'found') {
    throw new OutsideError(
      serviceAccount.state === 'absent'
        ? `There is no service account ${account}: create the profile first, or look at the profile controller's log.`
        : unreadable(serviceAccount, `Service account ${account}`),
      serviceAccount.state,
    );
  }
  const roleArn = serviceAccount.value.annotations[ROLE_ANNOTATION];
  const roleName = roleNameOf(roleArn ?? '');
  if (roleArn === undefined || roleName === undefined) {
    throw new OutsideError(
      roleArn === undefined
        ? `Service account ${account} has no annotation ${ROLE_ANNOTATION}: pods get no role. Run "Create IRSA Profile" for this profile.`
        : `The annotation ${ROLE_ANNOTATION} of ${account} is no role ARN: "${roleArn}". Correct the Profile's plugin.`,
      'NoRole',
    );
  }
  const use = await useOf(roleName, aws);
  const derived = valueOf(use);
  const name = bucket ?? derived?.bucket;
  if (name === undefined) {
    throw new OutsideError(
      use.state === 'found' || use.state === 'absent'
        ? `Which bucket role ${roleName} is for cannot be read from its inline policies. Name the bucket.`
        : unreadable(use, `The policies of role ${roleName}`),
      'NoBucket',
    );
  }
  const reading = await aws.bucket(name);
  if (reading.state === 'absent') throw new OutsideError(`There is no bucket ${name}.`, 'NoSuchBucket');
  return {
    profile,
    roleArn,
    issuer,
    bucket: name,
    bucketRegion: valueOf(reading)?.region ?? aws.region,
    access: access ?? (derived?.bucket === name ? derived.access : 'prefix'),
  };
}
