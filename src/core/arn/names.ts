import { bucketNameProblem } from './s3.ts';

/** IAM: a role name has 1 to 64 characters of this set (botocore IAM model). */
const ROLE_NAME = /^[\w+=,.@-]{1,64}$/;
/** Kubernetes: an RFC 1123 label, because the profile's name becomes its namespace's. */
const RFC1123_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** EKS: cluster names (botocore EKS model). */
const CLUSTER_NAME = /^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/;

/** Namespaces that a Kubernetes cluster, EKS or a Kubeflow installation has of its own (Kubeflow manifests; catalogue KP-009). */
export const RESERVED_NAMESPACES: readonly string[] = [
  'default',
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'kubeflow',
  'kubeflow-system',
  'profiles-system',
  'istio-system',
  'cert-manager',
  'knative-serving',
  'knative-eventing',
  'auth',
  'oauth2-proxy',
  'amazon-cloudwatch',
];

/** 32-bit FNV-1a of the text's UTF-16 code units, as 8 hex digits. Not for security: it tells cut names apart. */
export function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/**
 * `<profile>-<cluster>-role`, the name of the AWS page. A longer one than IAM's 64 characters is cut and ends in a hash of the
 * whole, so that two long names stay two roles and the same request always gives the same name.
 */
export const defaultRoleName = (profile: string, cluster: string): string => cut(`${profile}-${cluster}-role`);

/** The name of a role for a profile alone, where the one of the usual name serves others, too. */
export const ownRoleName = (profile: string, cluster: string): string => cut(`${profile}-${cluster}-own-role`);

const cut = (name: string): string => (name.length <= 64 ? name : `${name.slice(0, 55)}-${shortHash(name)}`);

/** What is wrong with a profile name, as a sentence with the next step; undefined if it is right. */
export function profileNameProblem(name: string): string | undefined {
  if (name === '') return 'A profile needs a name: it becomes the namespace.';
  if (name.length > 63) return `A namespace has at most 63 characters; this has ${name.length}.`;
  if (!RFC1123_LABEL.test(name)) {
    return 'Use lower-case letters, digits and "-", and start and end with a letter or digit: the name becomes a namespace.';
  }
  if (RESERVED_NAMESPACES.includes(name))
    return `"${name}" is a namespace of the cluster or of Kubeflow itself: choose another name.`;
  return undefined;
}

/** What is wrong with the name of a service account (Kubernetes: a DNS subdomain name); undefined if it is right. */
export const serviceAccountProblem = (name: string): string | undefined =>
  name.length <= 253 && name.split('.').every((part) => RFC1123_LABEL.test(part))
    ? undefined
    : 'Use lower-case letters, digits, "-" and ".", and start and end with a letter or digit.';

/** What is wrong with an owner (`spec.owner.name`), as a sentence; undefined if nothing is. */
export function ownerProblem(owner: string): string | undefined {
  if (owner.trim() === '')
    return 'A profile needs an owner: the user name that your identity provider sends, often an e-mail address.';
  if (owner !== owner.trim())
    return 'Remove the space at the start or end: Kubeflow compares the owner letter by letter.';
  if (/[\p{Cc}\p{Cf}]/u.test(owner)) return 'The owner contains a control character or an invisible one.';
  return undefined;
}

/** A remark on an owner that is allowed but often wrong (catalogue KP-011); undefined if there is none. */
export function ownerRemark(owner: string): string | undefined {
  return owner !== owner.toLowerCase()
    ? 'Has upper-case letters. Kubeflow compares letter by letter: make sure that your identity provider sends exactly this.'
    : undefined;
}

/** What is wrong with a role name; undefined if it is right. */
export function roleNameProblem(name: string): string | undefined {
  if (name.length > 64) return `An IAM role name has at most 64 characters; this has ${name.length}.`;
  if (!ROLE_NAME.test(name)) return 'An IAM role name consists of letters, digits and _ + = , . @ - only.';
  return undefined;
}

/** What is wrong with the name of an EKS cluster; undefined if it is right. */
export function clusterNameProblem(name: string): string | undefined {
  return CLUSTER_NAME.test(name)
    ? undefined
    : 'An EKS cluster name starts with a letter or digit and has at most 100 letters, digits, "-" and "_".';
}

/** A bucket as people write it: its name, `s3://name` or its ARN. `partition` is known only from an ARN. */
export interface BucketInput {
  readonly name: string;
  readonly partition?: string;
}

/** Reads a bucket as people write it. The name is not checked: see {@link bucketProblem}. */
export function parseBucket(text: string): BucketInput {
  const trimmed = text.trim();
  const arn = /^arn:([^:]+):s3:::([^/]+)\/?$/.exec(trimmed);
  if (arn?.[1] !== undefined && arn[2] !== undefined) return { name: arn[2], partition: arn[1] };
  const uri = /^s3:\/\/([^/]+)\/?$/.exec(trimmed);
  return { name: uri?.[1] ?? trimmed };
}

/** What is wrong with a bucket as written; undefined if its name can be one. `partition`: the cluster's, where known. */
export function bucketProblem(text: string, partition?: string): string | undefined {
  const bucket = parseBucket(text);
  if (bucket.partition !== undefined && partition !== undefined && bucket.partition !== partition) {
    return `This bucket is in partition ${bucket.partition}, the cluster in ${partition}: roles cannot cross partitions.`;
  }
  return bucketNameProblem(bucket.name);
}

/** What is wrong with the name of a bucket that is to be made; undefined if it can be one. */
export function newBucketProblem(name: string): string | undefined {
  if (name.includes('.'))
    return 'Use no dots: S3 is reached by the name of the bucket, and TLS fails where that has dots.';
  if (name.endsWith('-an'))
    return 'The ending -an is reserved for buckets of a namespace of their own. Choose another name.';
  return name === name.toLowerCase() && !name.includes('_') && name.length <= 63
    ? bucketNameProblem(name)
    : 'The name of a new bucket has 3 to 63 lower-case letters, digits and "-".';
}

/** A prefix as people write it, with a slash at its end. */
export const prefixOf = (text: string): string => `${text.trim().replace(/\/+$/, '')}/`;

/**
 * What is wrong with the place of a profile in its bucket; undefined if it can be one. It becomes part of policies, where `*`, `?`
 * and `$` mean something, and of a URL.
 */
export function prefixProblem(text: string): string | undefined {
  const prefix = prefixOf(text);
  if (prefix === '/') return 'A prefix is needed, such as teams/a/. For all of the bucket choose the access "bucket".';
  if (prefix.startsWith('/')) return 'A prefix does not begin with a slash: S3 would take it as part of every key.';
  if (prefix.length > 512) return `Use at most 512 characters; this has ${prefix.length}.`;
  const parts = prefix.slice(0, -1).split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'Leave out empty parts, "." and "..": S3 takes them as they are, and tools do not.';
  return parts.every((part) => /^[\w.=-]+$/.test(part))
    ? undefined
    : 'Use letters, digits and _ . = - between slashes.';
}

/** A key as KMS takes it (botocore KMS model, KeyIdType): id, also of a multi-Region key, ARN, alias or alias ARN. */
const KEY = /^(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/)?(?:mrk-)?[0-9a-f-]{32,36}$/;
const KEY_ALIAS = /^(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:)?alias\/[\w/-]{1,250}$/;

/** What is wrong with the name of a KMS key; undefined if it can be one. */
export function keyProblem(name: string): string | undefined {
  return KEY.test(name) || KEY_ALIAS.test(name)
    ? undefined
    : 'A KMS key is named by its id, its ARN (arn:aws:kms:REGION:ACCOUNT:key/ID), or an alias (alias/NAME).';
}

/** What is wrong with the name of a context of a kubeconfig, if anything. */
export const aliasProblem = (alias: string): string | undefined =>
  alias.trim() !== alias || alias === ''
    ? 'a context needs a name without blanks around it.'
    : /[\p{Cc}\p{Cf}]/u.test(alias) || alias.length > 253
      ? 'a name of a context is plain text of at most 253 characters.'
      : undefined;
