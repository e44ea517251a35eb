/** What is looked at before a profile is proven: the role and the bucket that it really uses. */
import { roleNameOf } from '../core/arn/arn.ts';
import { notReady } from '../core/cluster-status.ts';
import type { Cluster } from '../core/observation.ts';
import { accountArn, refOf, unreadable } from '../core/plan/plan.ts';
import type { Target } from '../core/plan/proof.ts';
import { neighbourBy, type IssuingCluster } from '../core/plan/role.ts';
import { isOwnPrefix, profilePrefix, providerArn, SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { launcherPlace } from '../core/profile/launcher.ts';
import { ROLE_ANNOTATION } from '../core/profile/manifest.ts';
import { LAUNCHER, PIPELINES, pipelinesVersion } from '../core/profile/pipelines.ts';
import { valueOf } from '../core/reading.ts';
import type { AccessLevel } from '../core/request.ts';
import { useOf } from './look.ts';
import { OutsideError, type Aws, type ConnectKubernetes, type Kubernetes } from './ports.ts';
import { createStore } from './store.ts';

/** A profile to verify. What is not given is read: the bucket and access from the role's policy. */
export interface Wanted {
  readonly cluster: string;
  readonly profile: string;
  readonly bucket?: string;
  readonly access?: AccessLevel;
}

/**
 * What a profile really uses: the role that its service account is annotated with, and the bucket that this role is for.
 * Throws {@link OutsideError} with the next step where one of them is missing or cannot be read. `kubernetes` is to be closed. All
 * of it is read anew: a proof of what was there a moment ago would be none.
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
    throw new OutsideError(notReady(status), 'NotActive');
  }
  const kubernetes = await connect(cluster.value, aws);
  try {
    return { kubernetes, target: await targetOn(wanted, { ...cluster.value, issuer }, aws, kubernetes) };
  } catch (error) {
    kubernetes.close();
    throw error;
  }
}

async function targetOn(
  { profile, bucket, access }: Wanted,
  cluster: IssuingCluster,
  aws: Aws,
  kubernetes: Kubernetes,
): Promise<Target> {
  const account = `${profile}/${SERVICE_ACCOUNT}`;
  const [serviceAccount, launcher] = await Promise.all([
    kubernetes.serviceAccount(profile, SERVICE_ACCOUNT),
    launcherOf(profile, cluster, kubernetes),
  ]);
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
  const [use, bare] = await Promise.all([
    useOf(refOf('iam/role', accountArn(cluster), roleName), aws, createStore()),
    aws.bareRole(roleName),
  ]);
  const derived = valueOf(use);
  const trust = valueOf(bare)?.trustPolicy;
  const its = providerArn(cluster.partition, cluster.account, cluster.issuer);
  const neighbour = trust === undefined ? undefined : neighbourBy(trust, profile, its);
  // Where pipelines write is what is to be proven, unless somebody names another bucket or the role is for reading.
  const written = launcher?.state === 's3' && derived?.access !== 'read-only' ? launcher.bucket : undefined;
  const name = bucket ?? written ?? derived?.bucket;
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
    issuer: cluster.issuer,
    bucket: name,
    bucketRegion: valueOf(reading)?.region ?? aws.region,
    access: access ?? (derived?.bucket === name ? derived.access : 'prefix'),
    ...(derived?.bucket === name &&
    derived.prefix !== undefined &&
    isOwnPrefix(derived.prefix, profile) &&
    derived.prefix !== profilePrefix(profile)
      ? { prefix: derived.prefix }
      : {}),
    ...(neighbour === undefined ? {} : { neighbour }),
    ...(launcher === undefined ? {} : { launcher }),
  };
}

/** Where the launcher of a profile writes by its settings, or why they were not read; undefined where Kubeflow Pipelines is not there. */
async function launcherOf(
  profile: string,
  { region }: Cluster,
  kubernetes: Kubernetes,
): Promise<Target['launcher'] | undefined> {
  const [settings, server] = await Promise.all([
    kubernetes.configMap(profile, LAUNCHER),
    kubernetes.deployment(PIPELINES.namespace, PIPELINES.name),
  ]);
  if (settings.state === 'denied' || settings.state === 'failed')
    return { state: 'unread', why: unreadable(settings, `ConfigMap ${profile}/${LAUNCHER}`) };
  if (settings.state === 'absent' && server.state === 'absent') return undefined;
  const version = server.state === 'found' ? pipelinesVersion(server.value.image) : undefined;
  return launcherPlace(valueOf(settings)?.data, { region, ...(version === undefined ? {} : { version }) });
}
