/**
 * The table of kinds: what is read, judged, changed, undone and shown. Nothing else names a kind. A new kind is a row here, a type
 * in {@link Things} and a driver (provisioning/drivers.ts).
 */
import { byKey } from './records.ts';
import { stringify } from 'yaml';
import { issuerUrlOf, policyText, samePolicy } from './policy/build.ts';
import { dataOf, list } from './policy/json.ts';
import type { DexUser } from './people/dex.ts';
import { OWNER_BINDING, OWNER_POLICY, type AuthorizationPolicy, type RoleBinding } from './people/kfam.ts';
import type {
  BareRole,
  Bucket,
  Cluster,
  CognitoUser,
  ConfigMap,
  Deployment,
  Encryption,
  KmsKey,
  Namespace,
  OidcProvider,
  PodIdentity,
  PrefixData,
  Profile,
  RoleSettings,
  ServiceAccount,
} from './observation.ts';
import { DEFAULT_SESSION, rolePath } from './arn/role.ts';
import { bucketText, hasSettings, sameEncryption, sameSettings } from './bucket.ts';
import { entriesText, hasEntries, sameEntries, type KubeconfigEntries } from './kubeconfig/entries.ts';
import { madeByPipelines } from './profile/pipelines.ts';
import type { Proof } from './plan/proof.ts';
import { released } from './profile/stuck.ts';
import { manifestYaml, ROLE_ANNOTATION, sameProfile } from './profile/manifest.ts';
import { TAG, TAG_PREFIX } from './tags.ts';

/** An inline policy of a role: its JSON text. */
export interface RolePolicy {
  readonly text: string;
}

/** A managed policy that is attached to a role. */
export interface RoleAttachment {
  readonly policyArn: string;
}

/** A finalizer of an object, by its name. */
export interface Finalizer {
  readonly finalizer: string;
}

/** What a thing of each kind is. All of it is plain data. */
export interface Things {
  /** Key: its name. Its account is known only with it: it is at its region. */
  'eks/cluster': Cluster;
  /** Key: its ARN. */
  'iam/provider': OidcProvider;
  /** A Pod Identity association. It is at its cluster. Key: `<namespace>/<service account>`. */
  'eks/pod-identity': PodIdentity;
  /** A managed policy. Key: its ARN. It has no place: those of AWS are of no account. */
  'iam/policy': { readonly arn: string };
  /** Key: its name, without a path. */
  'iam/role': BareRole;
  /** Permissions boundary of a role. Key: the role's name. */
  'iam/role-boundary': { readonly arn: string };
  /** Key: the role's name. */
  'iam/role-settings': RoleSettings;
  /** One tag of a role. Key: `<role>/<key of the tag>`. */
  'iam/role-tag': { readonly value: string };
  /** Key: `<role>/<policy>`; neither name can have a slash. */
  'iam/role-policy': RolePolicy;
  /** Key: `<role>/<ARN of the policy>`. */
  'iam/role-attachment': RoleAttachment;
  /** Key: its name. */
  's3/bucket': Bucket;
  /** What lies below a prefix. Key: `<bucket>/<prefix>`. It is at the bucket's region. */
  's3/data': PrefixData;
  /** Default encryption of a bucket. Key: the bucket's name. */
  's3/encryption': Encryption;
  /** Key: as a bucket's encryption names it: id, ARN, alias or alias ARN. It is at its region. */
  'kms/key': KmsKey;
  /** Key: its name. */
  'k8s/namespace': Namespace;
  /** Key: its name. */
  'k8s/profile': Profile;
  /** The profile controller's own finalizer of a Profile. Key: the Profile's name. */
  'k8s/finalizer': Finalizer;
  /** An annotation of ours on a Profile. Key: `<profile>/<annotation>`. */
  'k8s/profile-note': { readonly value: string };
  /** Key: `<namespace>/<name>`. */
  'k8s/service-account': ServiceAccount;
  /** Key: `<namespace>/<name>`. */
  'k8s/config-map': ConfigMap;
  /** Key: `<namespace>/<name>`. */
  'k8s/deployment': Deployment;
  /** Key: `<id of the pool>/<e-mail address>`. */
  'cognito/user': CognitoUser;
  /** A user of Dex itself. Key: the e-mail address. Neither the password nor its hash is part of it. */
  'k8s/dex-user': DexUser;
  /** Key: `<namespace>/<name>`. */
  'k8s/role-binding': RoleBinding;
  /** Key: `<namespace>/<name>`. */
  'k8s/authorization-policy': AuthorizationPolicy;
  /** What a kubeconfig of this machine says of the cluster that it is at. Key: the path of the file. */
  'file/kubeconfig': KubeconfigEntries;
}

export type Kind = keyof Things;

/** One thing. */
export interface Ref<K extends Kind = Kind> {
  readonly kind: K;
  /** Where it is: ARN of the account (`arn:aws:iam::111122223333:root`) or of the cluster; of a cluster itself its region. */
  readonly at: string;
  readonly key: string;
}

/**
 * What is to become of one thing. Without `before` it is created, without `after` deleted; where both mean the same it is kept.
 * Survives `JSON.parse(JSON.stringify(change))`.
 */
export type Change<K extends Kind = Kind> = {
  [P in K]: {
    readonly ref: Ref<P>;
    readonly before?: Things[P];
    readonly after?: Things[P];
    /** What the change is for, to follow its title after a comma. */
    readonly what?: string;
    /** What a kept thing rests on. */
    readonly note?: string;
    /** Somebody else does it: it is waited for, at most so many milliseconds. */
    readonly by?: { readonly who: 'the profile controller' | 'Kubernetes'; readonly within: number };
    /** Somebody else makes it first, as a rule: so many milliseconds are given to that, and then it is changed, or else created. */
    readonly first?: { readonly who: 'the pipelines profile controller'; readonly within: number };
    /** What must be shown before it is made; `now`: what is used until then, in words. */
    readonly proven?: { readonly proofs: readonly Proof[]; readonly now: string };
    /** Others may rest on it: not undone without asking. */
    readonly shared?: true;
  };
}[K];

/** Name of the role that a thing in IAM is, or is part of. */
export function roleOfRef({ kind, key }: Ref): string | undefined {
  switch (kind) {
    case 'iam/role':
    case 'iam/role-boundary':
    case 'iam/role-settings':
      return key;
    case 'iam/role-tag':
    case 'iam/role-policy':
    case 'iam/role-attachment':
      return key.slice(0, key.indexOf('/'));
    default:
      return undefined;
  }
}

/** Whether things of a kind are in a Kubernetes cluster. */
export const inCluster = (kind: Kind): boolean => kind.startsWith('k8s/');

/** Whether things of a kind are gone when their cluster is. */
export const goesWithCluster = (kind: Kind): boolean => inCluster(kind) || kind === 'eks/pod-identity';

/** What undoes a change. */
export function inverse(change: Change): Change {
  const { before, after, ...rest } = change;
  return {
    ...rest,
    ...(after === undefined ? {} : { before: after }),
    ...(before === undefined ? {} : { after: before }),
  } as Change;
}

export type Action = 'create' | 'change' | 'delete' | 'keep';

/** What is needed to do something to a kind: IAM actions, or Kubernetes verbs with their resource. */
export type May = Readonly<Record<'read' | 'create' | 'change' | 'delete', readonly string[]>>;

export interface KindRow<T> {
  /** The word for it in `steps` of the command line's JSON. */
  readonly id: string;
  readonly title: (key: string) => string;
  /** Whether two values mean the same: spelling, order and what the server adds do not count. */
  readonly same: (a: T, b: T) => boolean;
  /** Whether what is there holds all that is wanted, where that is less than being the same. */
  readonly holds?: (there: T, wanted: T) => boolean;
  /** Where a change takes several calls: whether a thing is on its way from one value to the other, part changed and part not yet. */
  readonly between?: (there: T, before: T | undefined, after: T | undefined) => boolean;
  /** What is wanted, laid over a thing as somebody else makes it unasked; undefined: somebody chose what is there. */
  readonly over?: (there: T, wanted: T) => T | undefined;
  /** For people, in an order that does not depend on who wrote it: two texts differ only in what differs. */
  readonly text: (value: T) => { readonly language: 'json' | 'yaml'; readonly text: string };
  readonly may: May;
  /** Why what was made stays when its run is undone, whoever rests on it; to follow its title. */
  readonly stays?: string;
  /** It makes changes of others count, so it is undone after them. */
  readonly undoneLast?: true;
  /** Where `may` is from. */
  readonly source: string;
}

const S3 = 'Service Authorization Reference, Amazon S3';
const IAM = 'Service Authorization Reference, AWS Identity and Access Management';
const KUBERNETES = 'Kubernetes API reference, RBAC verbs';
const nothing: readonly string[] = [];

/** All verbs of a resource, each for what it does. */
const verbs = (resource: string): May => ({
  read: [`get ${resource}`],
  create: [`create ${resource}`],
  change: [`update ${resource}`],
  delete: [`delete ${resource}`],
});

interface OfUser {
  readonly annotations: Readonly<Record<string, string>>;
}
const sameUser = (a: OfUser, b: OfUser): boolean =>
  a.annotations['user'] === b.annotations['user'] && a.annotations['role'] === b.annotations['role'];

const podIdentityText = ({ roleArn, tags, disableSessionTags, targetRoleArn, policy }: PodIdentity): string =>
  policyText({
    RoleArn: roleArn,
    DisableSessionTags: disableSessionTags,
    TargetRoleArn: targetRoleArn,
    Policy: policy,
    Tags: Object.fromEntries(byKey(Object.entries(tags).filter(([key]) => !key.startsWith(TAG_PREFIX)))),
  });

const subjectsText = ({ subjects }: RoleBinding): string =>
  subjects.map(({ kind, name, namespace = '' }) => `${kind} ${namespace} ${name}`).join('\n');

/** Order of the elements of a policy statement as AWS documents them; others follow. */
const STATEMENT = [
  ...['Version', 'Id', 'Statement', 'Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction'],
  ...['Resource', 'NotResource', 'Condition'],
];

/** A policy for review: the same elements always in the same order. Text that is no JSON stays as it is. */
export function policyForReview(text: string): string {
  const parsed = dataOf(text);
  if (parsed === undefined) return text;
  const place = (key: string): number => (STATEMENT.indexOf(key) + STATEMENT.length) % STATEMENT.length;
  const ordered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(ordered);
    if (typeof value !== 'object' || value === null) return value;
    const entries = byKey(Object.entries(value)).map(([key, item]) => [key, ordered(item)] as const);
    const known = entries.filter(([key]) => STATEMENT.includes(key)).sort(([a], [b]) => place(a) - place(b));
    const others = entries.filter(([key]) => !STATEMENT.includes(key));
    return Object.fromEntries([...known, ...others]);
  };
  return policyText(ordered(parsed));
}

/**
 * Where a trust policy has a list: to IAM a list of one is what is in it, to Kubeflow's profile controller it is not
 * (`Statement` must be one, `Federated` of the first must not).
 */
function listsOf(trust: string): string {
  const statements = (dataOf(trust) as { Statement?: unknown } | null | undefined)?.Statement;
  const [first] = list(statements) as readonly ({ Principal?: { Federated?: unknown } } | null | undefined)[];
  return [statements, first?.Principal?.Federated].map((value) => Array.isArray(value)).join();
}
const sameTrust = (a: BareRole, b: BareRole): boolean =>
  samePolicy(a.trustPolicy, b.trustPolicy) && listsOf(a.trustPolicy) === listsOf(b.trustPolicy);

/** A role for review: its trust policy; with what else somebody chose, where there is something. */
function roleText({ arn, trustPolicy, boundary, maxSession, tags }: BareRole): { language: 'json'; text: string } {
  const path = rolePath(arn);
  const theirs = Object.entries(tags).filter(([key]) => !key.startsWith(TAG_PREFIX));
  const chosen = {
    ...(path === '/' || path === undefined ? {} : { Path: path }),
    ...(boundary === undefined ? {} : { PermissionsBoundary: boundary }),
    ...(maxSession === undefined || maxSession === DEFAULT_SESSION ? {} : { MaxSessionDuration: maxSession }),
    ...(theirs.length === 0 ? {} : { Tags: Object.fromEntries(byKey(theirs)) }),
  };
  const trust = policyForReview(trustPolicy);
  if (Object.keys(chosen).length === 0) return { language: 'json', text: trust };
  return { language: 'json', text: policyText({ ...chosen, AssumeRolePolicyDocument: dataOf(trust) ?? trust }) };
}

/** The settings of a bucket that we make: what reading and writing each needs (Service Authorization Reference, Amazon S3). */
const BUCKET_SETTINGS = [
  'BucketTagging',
  'BucketPublicAccessBlock',
  'BucketOwnershipControls',
  'EncryptionConfiguration',
  'BucketPolicy',
].map((what) => [`s3:Get${what}`, `s3:Put${what}`] as const);

/** Whether a ConfigMap has all that is wanted. */
const sameData = (there: ConfigMap, wanted: ConfigMap): boolean =>
  Object.entries(wanted.data).every(([key, text]) => there.data[key] === text);

function configMapText({ namespace, name, data }: ConfigMap): { language: 'yaml'; text: string } {
  const lines = byKey(Object.entries(data)).map(([key, text]) => `  ${key}: ${blockText(text)}`);
  const body = lines.length === 0 ? '' : `data:\n${lines.join('\n')}\n`;
  return { language: 'yaml', text: `metadata:\n  name: ${name}\n  namespace: ${namespace}\n${body}` };
}

/** A text as YAML: of several lines as a block, so that two of them can be compared line by line. */
const blockText = (text: string): string =>
  /\n/.test(text.trimEnd()) && !/[^\n\t\x20-\x7e\u00a0-\ud7ff]/.test(text) && !/^\s/.test(text)
    ? `|${text.endsWith('\n') ? '' : '-'}\n${text.trimEnd().replaceAll(/^(?=.)/gm, '    ')}`
    : JSON.stringify(text);

/** Numbers of what lies below a prefix; what is none is left out. */
const dataText = ({ objects, versions, markers, bytes, uploads, more }: PrefixData): object => ({
  objects: more === true ? `more than ${objects}` : objects,
  ...(versions > 0 ? { olderVersions: versions } : {}),
  ...(markers > 0 ? { deleteMarkers: markers } : {}),
  bytes: more === true ? `more than ${bytes}` : bytes,
  ...(uploads > 0 ? { uploadsInParts: uploads } : {}),
});

/** What reading all settings of a bucket needs. */
export const BUCKET_READS: readonly string[] = BUCKET_SETTINGS.map(([get]) => get);

export const KINDS: { readonly [K in Kind]: KindRow<Things[K]> } = {
  'eks/cluster': {
    id: 'cluster',
    title: (name) => `EKS cluster ${name}`,
    same: (a, b) => a.arn === b.arn && a.issuer === b.issuer,
    text: ({ name, region, status, version }) => ({
      language: 'json',
      text: policyText({ Name: name, Region: region, Status: status, Version: version }),
    }),
    may: { read: ['eks:DescribeCluster'], create: nothing, change: nothing, delete: nothing },
    source: 'Service Authorization Reference, Amazon Elastic Kubernetes Service',
  },
  'cognito/user': {
    id: 'cognito-user',
    title: (key) => `User ${key.slice(key.indexOf('/') + 1)} of Cognito user pool ${key.slice(0, key.indexOf('/'))}`,
    same: (a, b) => a.pool === b.pool && a.email === b.email,
    text: ({ pool, email }) => ({ language: 'yaml', text: stringify({ userPool: pool, email }) }),
    may: {
      read: ['cognito-idp:ListUsers'],
      create: ['cognito-idp:DescribeUserPool', 'cognito-idp:AdminCreateUser'],
      change: nothing,
      delete: ['cognito-idp:AdminDeleteUser'],
    },
    source: 'Service Authorization Reference, Amazon Cognito User Pools',
  },
  'k8s/dex-user': {
    id: 'dex-user',
    title: (email) => `User ${email} of Dex`,
    same: (a, b) => a.email === b.email,
    text: ({ email }) => ({ language: 'yaml', text: stringify({ staticPasswords: [{ email }] }) }),
    may: { read: ['get configmaps'], create: ['patch configmaps'], change: nothing, delete: ['patch configmaps'] },
    source: KUBERNETES,
  },
  'iam/provider': {
    id: 'oidc-provider',
    title: () => 'OIDC provider of the cluster',
    same: (a, b) => [...a.clientIds].sort().join('\n') === [...b.clientIds].sort().join('\n'),
    holds: (there, wanted) => wanted.clientIds.every((id) => there.clientIds.includes(id)),
    // Audiences come and go one by one.
    between: (there, before, after) => {
      const [was, is, wanted] = [before?.clientIds ?? [], there.clientIds, after?.clientIds ?? []];
      return (
        is.every((id) => was.includes(id) || wanted.includes(id)) &&
        was.every((id) => is.includes(id) || !wanted.includes(id))
      );
    },
    text: ({ arn, clientIds, tags }) => ({
      language: 'json',
      text: policyText({
        Url: issuerUrlOf(arn),
        ClientIDList: clientIds,
        Tags: tags,
      }),
    }),
    may: {
      read: ['iam:GetOpenIDConnectProvider'],
      create: ['iam:CreateOpenIDConnectProvider', 'iam:TagOpenIDConnectProvider'],
      change: ['iam:AddClientIDToOpenIDConnectProvider'],
      delete: ['iam:DeleteOpenIDConnectProvider', 'iam:RemoveClientIDFromOpenIDConnectProvider'],
    },
    source: IAM,
  },
  'eks/pod-identity': {
    id: 'pod-identity',
    title: (key) => `Pod Identity association of ${key}`,
    same: (a, b) => podIdentityText(a) === podIdentityText(b),
    text: (value) => ({ language: 'json', text: podIdentityText(value) }),
    may: {
      read: ['eks:ListPodIdentityAssociations', 'eks:DescribePodIdentityAssociation'],
      create: ['eks:CreatePodIdentityAssociation', 'eks:TagResource', 'iam:GetRole', 'iam:PassRole'],
      change: nothing,
      delete: ['eks:DeletePodIdentityAssociation'],
    },
    source: 'Service Authorization Reference, Amazon Elastic Kubernetes Service',
  },
  'iam/policy': {
    id: 'policy',
    title: (arn) => `Managed policy ${arn}`,
    same: (a, b) => a.arn === b.arn,
    text: ({ arn }) => ({ language: 'json', text: policyText({ Arn: arn }) }),
    may: { read: ['iam:GetPolicy'], create: nothing, change: nothing, delete: nothing },
    source: IAM,
  },
  'iam/role': {
    id: 'role',
    title: (name) => `IAM role ${name}`,
    same: sameTrust,
    // A boundary that nobody chose may be another's: an account may put one on each new role.
    holds: (there, wanted) =>
      sameTrust(there, wanted) &&
      there.arn === wanted.arn &&
      (wanted.boundary === undefined || wanted.boundary === there.boundary),
    text: roleText,
    may: {
      read: ['iam:GetRole'],
      create: ['iam:CreateRole', 'iam:TagRole'],
      // Of a role that is there, only its trust policy: what else it has is of kinds of its own, each with what it needs.
      change: ['iam:UpdateAssumeRolePolicy'],
      delete: ['iam:DeleteRole'],
    },
    source: IAM,
  },
  'iam/role-boundary': {
    id: 'role-boundary',
    title: (role) => `Permissions boundary of role ${role}`,
    same: (a, b) => a.arn === b.arn,
    text: ({ arn }) => ({ language: 'json', text: policyText({ PermissionsBoundary: arn }) }),
    may: {
      read: ['iam:GetRole'],
      create: ['iam:PutRolePermissionsBoundary'],
      change: ['iam:PutRolePermissionsBoundary'],
      delete: ['iam:DeleteRolePermissionsBoundary'],
    },
    source: IAM,
  },
  'iam/role-settings': {
    id: 'role-settings',
    title: (role) => `Session length and description of role ${role}`,
    same: (a, b) => a.maxSession === b.maxSession && a.description === b.description,
    text: ({ maxSession, description }) => ({
      language: 'json',
      text: policyText({ MaxSessionDuration: maxSession, Description: description }),
    }),
    may: { read: ['iam:GetRole'], create: nothing, change: ['iam:UpdateRole'], delete: nothing },
    source: IAM,
  },
  'iam/role-tag': {
    id: 'role-tag',
    title: (key) => `Tag ${key.slice(key.indexOf('/') + 1)} of role ${key.slice(0, key.indexOf('/'))}`,
    same: (a, b) => a.value === b.value,
    text: ({ value }) => ({ language: 'json', text: policyText({ Value: value }) }),
    may: {
      read: ['iam:GetRole'],
      create: ['iam:TagRole'],
      change: ['iam:TagRole'],
      delete: ['iam:UntagRole'],
    },
    source: IAM,
  },
  'iam/role-policy': {
    id: 'role-policy',
    title: (key) => `Inline policy ${key.slice(key.indexOf('/') + 1)}`,
    same: (a, b) => samePolicy(a.text, b.text),
    text: ({ text }) => ({ language: 'json', text: policyForReview(text) }),
    may: {
      read: ['iam:ListRolePolicies', 'iam:GetRolePolicy', 'iam:ListAttachedRolePolicies'],
      create: ['iam:PutRolePolicy'],
      change: ['iam:PutRolePolicy'],
      delete: ['iam:DeleteRolePolicy'],
    },
    source: IAM,
  },
  'iam/role-attachment': {
    id: 'role-attachment',
    title: (key) => `Attached policy ${key.slice(key.lastIndexOf('/') + 1)} of role ${key.slice(0, key.indexOf('/'))}`,
    same: (a, b) => a.policyArn === b.policyArn,
    text: ({ policyArn }) => ({ language: 'json', text: policyText({ PolicyArn: policyArn }) }),
    may: {
      read: ['iam:ListAttachedRolePolicies'],
      create: ['iam:AttachRolePolicy'],
      change: nothing,
      delete: ['iam:DetachRolePolicy'],
    },
    source: IAM,
  },
  's3/bucket': {
    id: 'bucket',
    title: (name) => `S3 bucket ${name}`,
    same: (a, b) => a.region === b.region && sameSettings(a.settings, b.settings),
    holds: (there, wanted) => there.region === wanted.region && hasSettings(there, wanted.settings),
    text: bucketText,
    may: {
      read: ['s3:ListBucket'],
      create: ['s3:CreateBucket', ...BUCKET_SETTINGS.map(([, put]) => put)],
      change: BUCKET_SETTINGS.flat(),
      delete: nothing,
    },
    stays: 'a bucket is never deleted here, nor what is in it. Delete it yourself if nobody needs it',
    source: S3,
  },
  's3/data': {
    id: 'data',
    title: (key) => `Objects below s3://${key}`,
    // The prefix is what was agreed to: what is written or deleted meanwhile is no other thing.
    same: (a, b) => a.bucket === b.bucket && a.prefix === b.prefix,
    text: (data) => ({ language: 'yaml', text: stringify(dataText(data)) }),
    may: {
      read: ['s3:ListBucket', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads'],
      create: nothing,
      change: nothing,
      delete: ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:AbortMultipartUpload'],
    },
    stays: 'what was deleted in S3 does not come back',
    source: S3,
  },
  's3/encryption': {
    id: 'encryption',
    title: (name) => `Default encryption of bucket ${name}`,
    same: sameEncryption,
    text: ({ algorithm, key }) => ({
      language: 'json',
      text: policyText({ SSEAlgorithm: algorithm, KMSMasterKeyID: key }),
    }),
    may: { read: ['s3:GetEncryptionConfiguration'], create: nothing, change: nothing, delete: nothing },
    source: S3,
  },
  'kms/key': {
    id: 'key',
    title: (key) => `KMS key ${key}`,
    same: (a, b) => a.arn === b.arn && a.state === b.state && samePolicy(a.policy ?? '', b.policy ?? ''),
    text: ({ arn, policy }) => ({
      language: 'json',
      text: policy === undefined ? policyText({ KeyArn: arn }) : policyForReview(policy),
    }),
    may: { read: ['kms:DescribeKey', 'kms:GetKeyPolicy'], create: nothing, change: nothing, delete: nothing },
    source: 'Service Authorization Reference, AWS Key Management Service',
  },
  'k8s/namespace': {
    id: 'namespace',
    title: (name) => `Namespace ${name}`,
    same: (a, b) => a.owner === b.owner,
    text: ({ name, owner }) => ({
      language: 'yaml',
      text: `metadata:\n  name: ${name}\n${owner === undefined ? '' : `  annotations:\n    owner: ${JSON.stringify(owner)}\n`}`,
    }),
    may: { read: ['get namespaces'], create: nothing, change: ['update namespaces'], delete: nothing },
    source: KUBERNETES,
  },
  'k8s/profile': {
    id: 'profile',
    title: (name) => `Profile ${name}`,
    same: sameProfile,
    // One that goes is released first, so that the controller takes nothing from others.
    between: (there, before, after) => {
      const going = before === undefined ? after : after === undefined ? before : undefined;
      const ready = going === undefined ? undefined : released(going);
      return ready !== undefined && sameProfile(there, ready);
    },
    text: (profile) => ({ language: 'yaml', text: manifestYaml(profile) }),
    may: {
      // A Profile is judged together with its namespace.
      read: ['get profiles.kubeflow.org', 'get namespaces'],
      create: ['create profiles.kubeflow.org'],
      change: ['update profiles.kubeflow.org'],
      // One that leaves the trust policy to the controller takes it back first.
      delete: ['update profiles.kubeflow.org', 'delete profiles.kubeflow.org'],
    },
    source: KUBERNETES,
  },
  'k8s/finalizer': {
    id: 'finalizer',
    title: (name) => `Finalizer of Profile ${name}`,
    same: (a, b) => a.finalizer === b.finalizer,
    text: ({ finalizer }) => ({ language: 'yaml', text: stringify({ metadata: { finalizers: [finalizer] } }) }),
    may: {
      read: ['get profiles.kubeflow.org'],
      create: nothing,
      change: nothing,
      delete: ['update profiles.kubeflow.org'],
    },
    stays: 'a Profile that is going takes no finalizer',
    source: KUBERNETES,
  },
  'k8s/profile-note': {
    id: 'profile-note',
    title: (key) => `Annotation ${key.slice(key.indexOf('/') + 1)} of Profile ${key.slice(0, key.indexOf('/'))}`,
    same: (a, b) => a.value === b.value,
    text: ({ value }) => ({ language: 'yaml', text: stringify({ value }) }),
    may: {
      read: ['get profiles.kubeflow.org'],
      create: ['update profiles.kubeflow.org'],
      change: ['update profiles.kubeflow.org'],
      delete: ['update profiles.kubeflow.org'],
    },
    source: KUBERNETES,
  },
  'k8s/service-account': {
    id: 'service-account',
    title: (key) => `Service account ${key}`,
    same: (a, b) => a.annotations[ROLE_ANNOTATION] === b.annotations[ROLE_ANNOTATION],
    text: ({ namespace, name, annotations }) => ({
      language: 'yaml',
      text: `metadata:\n  name: ${name}\n  namespace: ${namespace}\n${
        annotations[ROLE_ANNOTATION] === undefined
          ? ''
          : `  annotations:\n    ${ROLE_ANNOTATION}: ${JSON.stringify(annotations[ROLE_ANNOTATION])}\n`
      }`,
    }),
    may: {
      read: ['get serviceaccounts', 'watch serviceaccounts'],
      create: nothing,
      change: ['update serviceaccounts'],
      delete: nothing,
    },
    source: KUBERNETES,
  },
  'k8s/config-map': {
    id: 'config-map',
    title: (key) => `ConfigMap ${key}`,
    same: (a, b) => sameData(a, b) && sameData(b, a),
    // Other keys are somebody else's.
    holds: sameData,
    over: (there, wanted) =>
      madeByPipelines(there) ? { ...there, data: { ...there.data, ...wanted.data } } : undefined,
    text: configMapText,
    may: {
      read: ['get configmaps', 'watch configmaps'],
      create: ['create configmaps'],
      change: ['patch configmaps'],
      delete: ['delete configmaps'],
    },
    source: KUBERNETES,
  },
  'k8s/deployment': {
    id: 'deployment',
    title: (key) => `Deployment ${key}`,
    same: (a, b) => a.image === b.image && a.users === b.users,
    text: ({ namespace, name, image, users }) => ({
      language: 'yaml',
      text: `metadata:\n  name: ${name}\n  namespace: ${namespace}\nimage: ${image}\n${users === undefined ? '' : `annotations:\n  ${TAG.users}: ${JSON.stringify(users)}\n`}`,
    }),
    may: { read: ['get deployments.apps'], create: nothing, change: ['update deployments.apps'], delete: nothing },
    undoneLast: true,
    source: KUBERNETES,
  },
  'k8s/role-binding': {
    id: 'role-binding',
    title: (key) => `RoleBinding ${key}`,
    same: (a, b) =>
      sameUser(a, b) &&
      // The rest of the owner's is the profile controller's: it follows the Profile.
      (a.name === OWNER_BINDING || (a.roleRef.name === b.roleRef.name && subjectsText(a) === subjectsText(b))),
    text: ({ namespace, name, annotations: { user, role }, roleRef, subjects }) => ({
      language: 'yaml',
      text: stringify({ metadata: { name, namespace, annotations: { user, role } }, roleRef, subjects }),
    }),
    may: verbs('rolebindings.rbac.authorization.k8s.io'),
    source: KUBERNETES,
  },
  'k8s/authorization-policy': {
    id: 'authorization-policy',
    title: (key) => `AuthorizationPolicy ${key}`,
    same: (a, b) =>
      sameUser(a, b) &&
      (a.name === OWNER_POLICY ||
        stringify(a.spec, { sortMapEntries: true }) === stringify(b.spec, { sortMapEntries: true })),
    text: ({ namespace, name, annotations: { user, role }, spec }) => ({
      language: 'yaml',
      text: stringify({ metadata: { name, namespace, annotations: { user, role } }, spec }, { lineWidth: 0 }),
    }),
    may: verbs('authorizationpolicies.security.istio.io'),
    source: KUBERNETES,
  },
  'file/kubeconfig': {
    id: 'kubeconfig',
    title: (path) => `Kubeconfig ${path}`,
    same: sameEntries,
    holds: hasEntries,
    text: (entries) => ({ language: 'yaml', text: entriesText(entries) }),
    may: { read: nothing, create: nothing, change: nothing, delete: nothing },
    source: 'a file: what the operating system allows',
  },
};

/** All kinds, in the order in which they are made. */
export const ORDER = Object.keys(KINDS) as readonly Kind[];

const rowOf = (kind: Kind): KindRow<unknown> => KINDS[kind] as KindRow<unknown>;

/** One text for a Ref, to look it up by. */
export const refText = ({ kind, at, key }: Ref): string => `${kind} ${at} ${key}`;

export const titleOf = ({ kind, key }: Ref): string => KINDS[kind].title(key);

/** Whether two things of a kind mean the same; nothing is the same as nothing. */
export const same = (kind: Kind, a: unknown, b: unknown): boolean =>
  a === undefined || b === undefined ? a === b : rowOf(kind).same(a, b);

/** Whether what is there is all that is wanted; where nothing is wanted, whether nothing is there. */
export function holds(kind: Kind, there: unknown, wanted: unknown): boolean {
  if (there === undefined || wanted === undefined) return there === wanted;
  const { holds: enough, same: equal } = rowOf(kind);
  return (enough ?? equal)(there, wanted);
}

/** Whether a thing is on its way from one value to the other: a change of several calls was cut off. */
export const between = (kind: Kind, there: unknown, before: unknown, after: unknown): boolean =>
  there !== undefined && rowOf(kind).between?.(there, before, after) === true;

export function actionOf({ ref, before, after }: Change): Action {
  if (holds(ref.kind, before, after)) return 'keep';
  return before === undefined ? 'create' : after === undefined ? 'delete' : 'change';
}

/** What is wanted, laid over a thing as somebody else makes it unasked; undefined: somebody chose what is there. */
export const over = (kind: Kind, there: unknown, wanted: unknown): unknown => rowOf(kind).over?.(there, wanted);

/** A thing for people. */
export const textOf = (kind: Kind, value: unknown): { readonly language: 'json' | 'yaml'; readonly text: string } =>
  rowOf(kind).text(value);
