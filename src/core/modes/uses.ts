/** What of AWS a profile uses beside its role: buckets and managed policies. Who reads a cluster asks for these, each once. */
import { isPattern } from '../arn/pattern.ts';
import { checkBucketName } from '../arn/s3.ts';
import type { Role } from '../observation.ts';
import { launcherPlace, type LauncherPlace } from '../profile/launcher.ts';
import { AWS_ENDPOINT } from '../profile/names.ts';
import { pipelinesVersion } from '../profile/pipelines.ts';
import { policiesOf, sessionOf, writing, type Documents, type Place } from '../policy/rights.ts';
import { absent, valueOf } from '../reading.ts';
import { namedRole, type ProfileView } from './view.ts';

/** Buckets of one profile that are looked at, at most. */
const MOST_BUCKETS = 5;

/** Where a role may write objects. */
export const writablePlaces = (role: Role, documents?: Documents): readonly Place[] =>
  writing(policiesOf(role, documents), sessionOf(role)).places;

/** Where the launcher writes, called from a pod of the cluster; undefined: it is not known. */
export function pipelinesPlace({ launcher, pipelines = absent, cluster }: ProfileView): LauncherPlace | undefined {
  const data = valueOf(launcher)?.data;
  // Without a ConfigMap the launcher's default counts, where there is one.
  if (data === undefined && (launcher.state !== 'absent' || pipelines.state !== 'found')) return undefined;
  const version = pipelinesVersion(valueOf(pipelines)?.image ?? '');
  return launcherPlace(data, { region: cluster.region, ...(version === undefined ? {} : { version }) });
}

/** Names of the buckets that pods of the profile use: where pipelines write, and where the role surely may. */
export function bucketsOf(readings: ProfileView): readonly string[] {
  const role = namedRole(readings);
  const place = pipelinesPlace(readings);
  const root = place?.state === 's3' && place.credentials === 'env' && isAws(place) ? [place.bucket] : [];
  const places = role === undefined ? [] : writablePlaces(role, readings.policies);
  const named = places.flatMap(({ bucket, answer }) => (answer === 'yes' ? [bucket] : []));
  return [...new Set([...root, ...named])]
    .filter((bucket) => !isPattern(bucket) && checkBucketName(bucket)?.severity !== 'error')
    .slice(0, MOST_BUCKETS);
}

/** Whether the launcher calls S3 itself, not a store of one's own. */
export const isAws = ({ endpoint }: { readonly endpoint?: string }): boolean =>
  endpoint === undefined || AWS_ENDPOINT.test(endpoint);

/** ARNs of the managed policies that decide what a role may do. */
export const policyArnsOf = ({ attached, boundary }: Role): readonly string[] => [
  ...attached,
  ...(boundary === undefined ? [] : [boundary]),
];

/** What a doctor asks of AWS besides what the tree reads, as IAM actions. What of it is not allowed is named, and the rest is judged. */
export const DOCTOR_READS: readonly string[] = [
  ...['iam:GetPolicy', 'iam:GetPolicyVersion', 'iam:ListOpenIDConnectProviders'],
  ...['s3:ListBucket', 's3:ListAllMyBuckets', 's3:GetEncryptionConfiguration', 's3:GetBucketPolicy'],
  ...['kms:DescribeKey', 'kms:GetKeyPolicy'],
  ...['eks:ListPodIdentityAssociations', 'eks:DescribePodIdentityAssociation'],
  // Of an organization its management account and its delegated administrators read the policies.
  ...['organizations:DescribeOrganization', 'organizations:ListRoots', 'organizations:ListParents'],
  ...['organizations:ListPoliciesForTarget', 'organizations:DescribePolicy', 'ec2:DescribeVpcEndpoints'],
];
