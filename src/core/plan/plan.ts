import { defaultRoleName, ownerRemark } from '../arn/names.ts';
import { partitionOfRegion } from '../arn/partitions.ts';
import type { Cluster, Observation, Profile, Role } from '../observation.ts';
import {
  AUDIENCE,
  canonicalPolicy,
  permissionsPolicy,
  POLICY_NAME,
  policyText,
  providerArn,
  roleArn,
  SERVICE_ACCOUNT,
  subject,
  trustPolicy,
} from '../policy/build.ts';
import { irsaPlugin, manifestYaml, newProfile, ROLE_ANNOTATION, withPlugin } from '../profile/manifest.ts';
import type { Reading } from '../reading.ts';
import { spoken } from '../text.ts';
import type { AccessLevel, Request } from '../request.ts';
import { list, strings } from '../policy/json.ts';

export type StepId =
  | 'caller'
  | 'cluster'
  | 'bucket'
  | 'oidc-provider'
  | 'role'
  | 'role-policy'
  | 'profile'
  | 'service-account'
  | 'verification';

/**
 * - `create`, `change`: a writing call; - `keep`: as wanted already; - `wait`: something else (the profile controller) does it;
 * - `verify`: proof by doing; - `blocked`: cannot go on, `reason` says why and what to do.
 */
export type StepKind = 'create' | 'change' | 'keep' | 'wait' | 'verify' | 'blocked';

export interface Step {
  readonly id: StepId;
  readonly kind: StepKind;
  /** A short sentence that names the thing. */
  readonly title: string;
  /** Why it is blocked, or what `keep` rests on. */
  readonly reason?: string;
  /** The blocked step that blocks this one: not a cause of its own. */
  readonly waitsFor?: StepId;
  /** For `change`: the text before and after (JSON or YAML). For `create`: only `after`. */
  readonly before?: string;
  readonly after?: string;
}

/** What the writing steps write. Known as soon as the cluster has been read. */
export interface Desired {
  readonly cluster: Cluster;
  readonly issuer: string;
  readonly providerArn: string;
  readonly roleName: string;
  readonly roleArn: string;
  /** JSON texts. */
  readonly trustPolicy: string;
  readonly permissionsPolicy: string;
  readonly policyName: string;
  readonly profile: Profile;
  /** The Profile as YAML. */
  readonly manifest: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Plan {
  readonly request: Request;
  readonly steps: readonly Step[];
  /** True but not in the way: sentences. */
  readonly warnings: readonly string[];
  readonly desired?: Desired;
  /** What the run needs: IAM actions, and Kubernetes verbs with resources. */
  readonly permissions: { readonly aws: readonly string[]; readonly kubernetes: readonly string[] };
}

/** Tags that say who made a role or provider, and for what: IAM is global, so the cluster is named by its ARN. */
export const TAG = {
  maker: 'kubeflow-irsa/made-by',
  cluster: 'kubeflow-irsa/cluster',
  profile: 'kubeflow-irsa/profile',
} as const;

/** Tags of what serves a whole cluster, such as its OIDC provider. */
export const clusterTags = (cluster: Cluster): Readonly<Record<string, string>> => ({
  [TAG.maker]: 'kubeflow-irsa',
  [TAG.cluster]: cluster.arn,
});

/** Permissions by step: always, and additionally where the step writes. Source: IAM, EKS, STS service authorization reference. */
const PERMISSIONS: Readonly<Record<StepId, Partial<Record<'always' | 'create' | 'change', readonly string[]>>>> = {
  caller: { always: ['sts:GetCallerIdentity'] },
  cluster: { always: ['eks:DescribeCluster'] },
  bucket: { always: ['s3:ListBucket'] },
  'oidc-provider': {
    always: ['iam:GetOpenIDConnectProvider'],
    create: ['iam:CreateOpenIDConnectProvider', 'iam:TagOpenIDConnectProvider'],
    change: ['iam:AddClientIDToOpenIDConnectProvider'],
  },
  role: { always: ['iam:GetRole'], create: ['iam:CreateRole', 'iam:TagRole'], change: ['iam:UpdateAssumeRolePolicy'] },
  'role-policy': {
    always: ['iam:ListRolePolicies', 'iam:GetRolePolicy', 'iam:ListAttachedRolePolicies'],
    create: ['iam:PutRolePolicy'],
    change: ['iam:PutRolePolicy'],
  },
  profile: {
    always: ['get profiles.kubeflow.org'],
    create: ['create profiles.kubeflow.org'],
    change: ['update profiles.kubeflow.org'],
  },
  'service-account': { always: ['get namespaces', 'get serviceaccounts', 'watch serviceaccounts'] },
  verification: { always: ['create serviceaccounts/token'] },
};

/** True if the plan has a step that writes. */
export const writes = (plan: Plan): boolean =>
  plan.steps.some((step) => step.kind === 'create' || step.kind === 'change');
/** The steps that stop the plan, without those that only wait for one of them; empty: it can be applied. */
export const blockers = (plan: Plan): readonly Step[] =>
  plan.steps.filter(({ kind, waitsFor }) => kind === 'blocked' && waitsFor === undefined);

/** A sentence for a reading that is neither found nor absent. */
export function unreadable(reading: Reading<unknown>, what: string): string {
  switch (reading.state) {
    case 'denied':
      return `${what} cannot be read: you are not permitted to ${reading.permission}. Ask for this permission, then try again. ${reading.message}`.trim();
    case 'failed':
      return `${what} cannot be read: ${reading.reason}`;
    case 'absent':
      return `${what} does not exist.`;
    case 'found':
      return '';
  }
}

const blocked = (id: StepId, title: string, reason: string): Step => ({ id, kind: 'blocked', title, reason });
const waiting = (id: StepId, title: string, waitsFor: StepId, what: string): Step => ({
  ...blocked(id, title, `Waits for ${what}, which is blocked.`),
  waitsFor,
});

/** Who a role's trust policy lets in, as far as this plan must know. */
interface TrustSummary {
  readonly subjects: readonly string[];
  /** Of every kind: ARNs of providers and accounts, names of services. */
  readonly principals: readonly string[];
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

function summarizeTrust(text: string): TrustSummary {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { subjects: [], principals: [] };
  }
  const statements = list(record(document)['Statement']).map(record);
  const conditionValues = (statement: Record<string, unknown>): string[] =>
    Object.values(record(statement['Condition'])).flatMap((operator) =>
      Object.entries(record(operator))
        .filter(([key]) => key.toLowerCase().endsWith(':sub'))
        .flatMap(([, value]) => strings(value)),
    );
  return {
    subjects: statements.flatMap(conditionValues),
    principals: statements.flatMap((statement) =>
      typeof statement['Principal'] === 'string'
        ? [statement['Principal']]
        : Object.values(record(statement['Principal'])).flatMap(strings),
    ),
  };
}

/** Pretty JSON, so that a diff shows what differs and not how it was laid out; text that is no JSON stays as it is. */
function pretty(text: string): string {
  try {
    return policyText(JSON.parse(text));
  } catch {
    return text;
  }
}

function callerStep(observation: Observation): Step {
  const { caller, cluster } = observation;
  const title = 'You are signed in to the account of the cluster';
  if (caller.state !== 'found') return blocked('caller', title, unreadable(caller, 'Your AWS identity'));
  if (cluster.state === 'found' && cluster.value.account !== caller.value.account) {
    return blocked(
      'caller',
      title,
      `You are signed in to account ${caller.value.account}, but the cluster is in ${cluster.value.account}. Choose an AWS profile of that account.`,
    );
  }
  return { id: 'caller', kind: 'keep', title, reason: caller.value.arn };
}

function clusterStep(request: Request, observation: Observation): Step {
  const { cluster, kubernetes } = observation;
  const title = `EKS cluster ${request.cluster} answers and has Kubeflow`;
  const no = (reason: string): Step => blocked('cluster', title, reason);
  if (cluster.state === 'absent') {
    const account =
      observation.caller.state === 'found' ? `account ${observation.caller.value.account}` : 'your account';
    return no(
      `There is no EKS cluster ${request.cluster} in ${request.region} of ${account}. Check its name, its region and the AWS profile.`,
    );
  }
  if (cluster.state !== 'found') return no(unreadable(cluster, `EKS cluster ${request.cluster}`));
  if (cluster.value.issuer === undefined || cluster.value.endpoint === undefined) {
    return no(
      `The cluster is ${cluster.value.status}: it has no endpoint or OIDC issuer yet. Wait until it is ACTIVE.`,
    );
  }
  if (kubernetes.state !== 'found') return no(unreadable(kubernetes, 'The Kubernetes API of the cluster'));
  if (kubernetes.value.profileVersions.length === 0) {
    return no(
      'Kubeflow is not installed on this cluster: it has no Profile API (profiles.kubeflow.org). Install Kubeflow first.',
    );
  }
  return {
    id: 'cluster',
    kind: 'keep',
    title,
    reason: `Kubernetes ${cluster.value.version}, ${kubernetes.value.connection}`,
  };
}

function bucketStep(request: Request, observation: Observation): Step {
  const { bucket, cluster } = observation;
  const title = `S3 bucket ${request.bucket}`;
  if (bucket.state === 'absent') {
    return blocked('bucket', title, `There is no bucket ${request.bucket}. Create it first, or choose another.`);
  }
  if (bucket.state === 'failed') return blocked('bucket', title, unreadable(bucket, `Bucket ${request.bucket}`));
  if (bucket.state === 'denied') {
    return {
      id: 'bucket',
      kind: 'keep',
      title,
      reason: `You may not look at it (${bucket.permission}); the role can still be given access.`,
    };
  }
  const partition = partitionOfRegion(bucket.value.region)?.id;
  if (cluster.state === 'found' && partition !== undefined && partition !== cluster.value.partition) {
    return blocked(
      'bucket',
      title,
      `The bucket is in partition ${partition}, the cluster in ${cluster.value.partition}: a role cannot reach across partitions. Choose a bucket of the cluster's partition.`,
    );
  }
  return { id: 'bucket', kind: 'keep', title, reason: `in ${bucket.value.region}` };
}

function providerStep(desired: Desired, observation: Observation): Step {
  const { provider } = observation;
  const title = `OIDC provider of the cluster, audience ${AUDIENCE}`;
  if (provider.state === 'absent') {
    return {
      id: 'oidc-provider',
      kind: 'create',
      title,
      after: policyText({ Url: desired.issuer, ClientIDList: [AUDIENCE] }),
    };
  }
  if (provider.state !== 'found') return blocked('oidc-provider', title, unreadable(provider, 'The IAM OIDC provider'));
  if (provider.value.clientIds.includes(AUDIENCE)) {
    return { id: 'oidc-provider', kind: 'keep', title, reason: provider.value.arn };
  }
  return {
    id: 'oidc-provider',
    kind: 'change',
    title,
    before: policyText({ ClientIDList: provider.value.clientIds }),
    after: policyText({ ClientIDList: [...provider.value.clientIds, AUDIENCE] }),
  };
}

/** Whether a role of the wanted name is this profile's: made by us for it, or trusting its service account on this cluster. */
function belongs(role: Role, desired: Desired, request: Request): boolean {
  if (role.tags[TAG.maker] !== undefined) {
    return role.tags[TAG.cluster] === desired.cluster.arn && role.tags[TAG.profile] === request.profile;
  }
  const { principals, subjects } = summarizeTrust(role.trustPolicy);
  if (!principals.includes(desired.providerArn)) return false;
  return subjects.length === 0 || subjects.includes(subject(request.profile));
}

function roleStep(request: Request, desired: Desired, observation: Observation): Step {
  const { role } = observation;
  const title = `IAM role ${desired.roleName}, only for ${subject(request.profile)}`;
  if (role.state === 'absent') return { id: 'role', kind: 'create', title, after: desired.trustPolicy };
  if (role.state !== 'found') return blocked('role', title, unreadable(role, `IAM role ${desired.roleName}`));
  if (!belongs(role.value, desired, request)) {
    const { principals, subjects } = summarizeTrust(role.value.trustPolicy);
    const trusted = subjects.length > 0 ? subjects : principals;
    const owner = role.value.tags[TAG.profile];
    const whose =
      owner !== undefined
        ? `is the role of profile ${owner} on cluster ${role.value.tags[TAG.cluster] ?? '?'}`
        : `is used by something else (it trusts ${trusted.join(', ') || 'nobody that this profile is'})`;
    return blocked('role', title, `Role ${desired.roleName} exists already and ${whose}. Choose another role name.`);
  }
  if (canonicalPolicy(role.value.trustPolicy) === canonicalPolicy(desired.trustPolicy)) {
    return { id: 'role', kind: 'keep', title, reason: role.value.arn };
  }
  return { id: 'role', kind: 'change', title, before: pretty(role.value.trustPolicy), after: desired.trustPolicy };
}

function rolePolicyStep(request: Request, desired: Desired, observation: Observation, role: Step): Step {
  const { rolePolicies } = observation;
  const title = `Inline policy ${desired.policyName}: ${request.access} access to ${request.bucket}`;
  if (role.kind === 'blocked') return waiting('role-policy', title, 'role', 'the role');
  if (role.kind === 'create' || rolePolicies.state === 'absent') {
    return { id: 'role-policy', kind: 'create', title, after: desired.permissionsPolicy };
  }
  if (rolePolicies.state !== 'found')
    return blocked('role-policy', title, unreadable(rolePolicies, "The role's policies"));
  const { ours } = rolePolicies.value;
  if (ours === undefined) return { id: 'role-policy', kind: 'create', title, after: desired.permissionsPolicy };
  if (canonicalPolicy(ours) === canonicalPolicy(desired.permissionsPolicy))
    return { id: 'role-policy', kind: 'keep', title };
  return { id: 'role-policy', kind: 'change', title, before: pretty(ours), after: desired.permissionsPolicy };
}

function profileStep(request: Request, desired: Desired, observation: Observation): Step {
  const { profile, namespace } = observation;
  const title = `Profile ${request.profile}, owner ${request.owner}`;
  const no = (reason: string): Step => blocked('profile', title, reason);
  if (observation.kubernetes.state !== 'found' || observation.kubernetes.value.profileVersions.length === 0) {
    return waiting('profile', title, 'cluster', 'the cluster');
  }
  if (profile.state === 'denied' || profile.state === 'failed')
    return no(unreadable(profile, `Profile ${request.profile}`));
  if (namespace.state === 'found' && namespace.value.deleting) {
    return no(`Namespace ${request.profile} is being deleted. Wait until it is gone, then try again.`);
  }
  if (profile.state === 'absent') {
    if (namespace.state === 'found' && namespace.value.owner !== request.owner) {
      return no(
        `Namespace ${request.profile} exists already and is not owned by ${request.owner}${namespace.value.owner ? ` but by ${namespace.value.owner}` : ''}: the profile controller would refuse it in silence. Choose another name, or set the namespace's annotation "owner".`,
      );
    }
    return { id: 'profile', kind: 'create', title, after: desired.manifest };
  }
  const live = profile.value;
  if (live.metadata.deletionTimestamp !== undefined) {
    return no(`Profile ${request.profile} is being deleted. Wait until it is gone, then try again.`);
  }
  const owner = live.spec?.owner?.name;
  if (owner !== undefined && owner !== request.owner) {
    return no(
      `Profile ${request.profile} exists already and belongs to ${owner}. Choose another name, or give its owner.`,
    );
  }
  if (namespace.state === 'found' && namespace.value.owner !== undefined && namespace.value.owner !== request.owner) {
    return no(
      `Namespace ${request.profile} is owned by ${namespace.value.owner}, the Profile by ${request.owner}: the profile controller leaves it alone. Set the namespace's annotation "owner" to ${request.owner}.`,
    );
  }
  const plugin = irsaPlugin(live);
  if (owner !== undefined && plugin?.awsIamRole === desired.roleArn && plugin.annotateOnly === request.annotateOnly) {
    return { id: 'profile', kind: 'keep', title };
  }
  return { id: 'profile', kind: 'change', title, before: manifestYaml(live), after: desired.manifest };
}

function serviceAccountStep(request: Request, desired: Desired, observation: Observation, profile: Step): Step {
  const { serviceAccount } = observation;
  const title = `Service account ${request.profile}/${SERVICE_ACCOUNT} gets its role annotation from the profile controller`;
  if (profile.kind === 'blocked') return waiting('service-account', title, 'profile', 'the Profile');
  if (serviceAccount.state === 'found' && serviceAccount.value.annotations[ROLE_ANNOTATION] === desired.roleArn) {
    return { id: 'service-account', kind: 'keep', title };
  }
  if (serviceAccount.state === 'denied') {
    return blocked('service-account', title, unreadable(serviceAccount, `Service account ${SERVICE_ACCOUNT}`));
  }
  return { id: 'service-account', kind: 'wait', title };
}

function desiredOf(request: Request, observation: Observation): Desired | undefined {
  if (observation.cluster.state !== 'found' || observation.cluster.value.issuer === undefined) return undefined;
  const cluster = observation.cluster.value;
  const issuer = observation.cluster.value.issuer;
  const provider = providerArn(cluster.partition, cluster.account, issuer);
  const roleName = request.roleName ?? defaultRoleName(request.profile, request.cluster);
  // A role may live under a path: then its own ARN counts, not the one that its name alone would give.
  const arn =
    observation.role.state === 'found'
      ? observation.role.value.arn
      : roleArn(cluster.partition, cluster.account, roleName);
  const profile =
    observation.profile.state === 'found'
      ? withPlugin(observation.profile.value, request.owner, arn, request.annotateOnly)
      : newProfile(request.profile, request.owner, arn, request.annotateOnly);
  return {
    cluster,
    issuer,
    providerArn: provider,
    roleName,
    roleArn: arn,
    trustPolicy: policyText(trustPolicy(provider, issuer, request.profile)),
    permissionsPolicy: policyText(
      permissionsPolicy(cluster.partition, request.bucket, request.profile, request.access),
    ),
    policyName: POLICY_NAME,
    profile,
    manifest: manifestYaml(profile),
    tags: { ...clusterTags(cluster), [TAG.profile]: request.profile },
  };
}

function warningsOf(
  request: Request,
  observation: Observation,
  role: Step | undefined,
  provider: string | undefined,
): string[] {
  const { bucket, cluster, rolePolicies } = observation;
  const warnings: string[] = [];
  const remark = ownerRemark(request.owner);
  if (remark !== undefined) warnings.push(`Owner ${request.owner}: ${remark}`);
  if (request.access === 'full')
    warnings.push('Access "full" lets every pipeline of the profile delete the bucket and change its policy.');
  if (request.access === 'read-only')
    warnings.push('With read-only access, pipelines cannot store artifacts in this bucket.');
  if (bucket.state === 'found' && cluster.state === 'found' && bucket.value.region !== cluster.value.region) {
    warnings.push(
      `The bucket is in ${bucket.value.region}, the cluster in ${cluster.value.region}: traffic costs more, and Kubeflow Pipelines must be told the bucket's region.`,
    );
  }
  if (bucket.state === 'found' && !bucket.value.accessible) {
    warnings.push(
      `You may not use bucket ${request.bucket} yourself (s3:ListBucket). If it belongs to another account, its bucket policy must allow the role.`,
    );
  }
  if (!request.annotateOnly) {
    warnings.push(
      "annotateOnly is false: Kubeflow's profile controller will rewrite the role's whole trust policy, and needs iam:GetRole and iam:UpdateAssumeRolePolicy.",
    );
  }
  if (role !== undefined && role.kind !== 'create' && rolePolicies.state === 'found') {
    const { inline, attached } = rolePolicies.value;
    const others = inline?.filter((name) => name !== POLICY_NAME) ?? [];
    if (others.length > 0)
      warnings.push(`The role keeps further inline policies, which may allow more: ${others.join(', ')}.`);
    if (attached !== undefined && attached.length > 0) {
      warnings.push(`The role keeps attached policies, which may allow more: ${attached.join(', ')}.`);
    }
    if (inline === undefined || attached === undefined) {
      warnings.push(
        'You may not list all policies of the role (iam:ListRolePolicies, iam:ListAttachedRolePolicies): it may allow more than is shown here.',
      );
    }
  }
  if (observation.role.state === 'found' && observation.role.value.boundary !== undefined) {
    warnings.push(
      `The role has a permissions boundary, which may forbid what its policy allows: ${observation.role.value.boundary}.`,
    );
  }
  if (role?.kind === 'change' && observation.role.state === 'found') {
    const { subjects, principals } = summarizeTrust(observation.role.value.trustPolicy);
    const lost = [
      ...subjects.filter((name) => name !== subject(request.profile)),
      ...principals.filter((name) => name !== provider),
    ];
    if (lost.length > 0) {
      warnings.push(`The role will no longer be trusted for: ${lost.join(', ')}. One role belongs to one profile.`);
    }
  }
  const kind = observation.profile.state === 'found' ? observation.profile.value.spec?.owner?.kind : undefined;
  if (kind !== undefined && kind !== 'User') {
    warnings.push(
      `The Profile's owner is of kind ${kind}: Kubernetes gives it access, Kubeflow's dashboard and Istio know only users.`,
    );
  }
  return warnings;
}

function permissionsOf(steps: readonly Step[], access: AccessLevel): Plan['permissions'] {
  const all = steps.flatMap(({ id, kind }) => [
    ...(PERMISSIONS[id].always ?? []),
    ...(kind === 'create' || kind === 'change' ? (PERMISSIONS[id][kind] ?? []) : []),
  ]);
  // A role that may only read cannot write its own probe: the caller does.
  const probe = access === 'read-only' ? ['s3:PutObject', 's3:DeleteObject'] : [];
  const unique = [...new Set([...all, ...probe])];
  return {
    aws: unique.filter((permission) => permission.includes(':')).sort(),
    kubernetes: unique.filter((permission) => !permission.includes(':')).sort(),
  };
}

/**
 * What has to be done so that the request holds, in order. Pure: the same request and observation give the same plan.
 * A plan with a `blocked` step is shown, never applied.
 */
export function makePlan(request: Request, observation: Observation): Plan {
  const desired = desiredOf(request, observation);
  const first = [callerStep(observation), clusterStep(request, observation), bucketStep(request, observation)];
  const rest = ((): readonly Step[] => {
    if (desired === undefined) return [];
    const provider = providerStep(desired, observation);
    const role = roleStep(request, desired, observation);
    const rolePolicy = rolePolicyStep(request, desired, observation, role);
    const profile = profileStep(request, desired, observation);
    const serviceAccount = serviceAccountStep(request, desired, observation, profile);
    const verification: Step = {
      id: 'verification',
      kind: 'verify',
      title: `Proof: ${SERVICE_ACCOUNT} of ${request.profile} uses the bucket, its neighbour is refused`,
    };
    return [provider, role, rolePolicy, profile, serviceAccount, verification];
  })();
  // Reasons and warnings may hold text from outside: it stays one line of text.
  const steps = [...first, ...rest].map((step) =>
    step.reason === undefined ? step : { ...step, reason: spoken(step.reason) },
  );
  return {
    request,
    steps,
    warnings: warningsOf(
      request,
      observation,
      rest.find((step) => step.id === 'role'),
      desired?.providerArn,
    ).map(spoken),
    ...(desired === undefined ? {} : { desired }),
    permissions: permissionsOf(steps, request.access),
  };
}
