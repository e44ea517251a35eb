/** What an error text of AWS says besides its words: who called what on which thing, and which policy denied it. */

/** Who made the call, as far as its ARN or name tells. */
export type PrincipalKind = 'node' | 'web-identity' | 'pod-identity' | 'service-account' | 'user' | 'role';

/**
 * Which sort of policy denied, as AWS names it. Source: IAM User Guide, "Troubleshoot access denied error messages".
 * 'web-identity': STS does not say why a token is refused.
 */
export type DeniedBy =
  'identity' | 'resource' | 'boundary' | 'session' | 'service-control' | 'resource-control' | 'endpoint' | 'trust';

export interface Details {
  /** `service:Operation` as IAM writes actions, such as `s3:PutObject`; the bare name where the text has no service, the service where it has no name. */
  readonly operation?: string;
  /** An ARN, or `system:serviceaccount:namespace:name`. */
  readonly principal?: string;
  readonly principalKind?: PrincipalKind;
  /** An ARN, a bucket with a key, or what else the text names. */
  readonly resource?: string;
  /** What denied it; `explicit`: by a statement that denies, else for want of one that allows. */
  readonly denied?: { readonly by?: DeniedBy; readonly explicit: boolean; readonly policy?: string };
  /** The code of the service, such as `AccessDenied`. */
  readonly code?: string;
}

/** Sorts of policies as AWS's messages name them. Source: as {@link DeniedBy}; the ARN at the end is there since 2026. */
const POLICY_WORDS: readonly (readonly [RegExp, DeniedBy])[] = [
  [/service control polic/i, 'service-control'],
  [/resource control polic/i, 'resource-control'],
  [/permissions? boundar/i, 'boundary'],
  [/session polic/i, 'session'],
  [/VPC endpoint polic/i, 'endpoint'],
  [/role trust polic/i, 'trust'],
  [/resource-based polic/i, 'resource'],
  [/identity-based polic/i, 'identity'],
];

const NOT_AUTHORIZED =
  /(?:User: |user )(?<principal>[^\s,]+)\s+is not authorized to perform: (?<action>[a-z][\w-]*:\w+)(?: on (?:resource: )?(?:role |policy )?"?(?<resource>[^\s,"]+)"?)?(?<why>(?:,? (?:because|with)[^\n]{0,400})?)/i;

/** How the SDKs wrap what a service answers: botocore; Go v2; Go v1, Java and JavaScript. Each pattern reads a text once, left to right. */
const WRAPPED: readonly RegExp[] = [
  /(?:An error occurred|A client error) \((?<code>[\w.]+)\) (?:occurred )?when calling the (?<operation>\w+) operation/,
  /operation error (?<service>[A-Za-z][A-Za-z0-9 ]{0,40}): (?<operation>\w+)(?:,[^\n]{0,400}?(?:api error )(?<code>\w+))?/,
  /\(Service: (?:Amazon|AWS)?(?<service>[A-Za-z0-9 ]{1,40}?)(?:, Status Code|; Status Code): \d+(?:; Error Code: (?<code>\w+))?/,
  /\b(?<code>(?:AccessDenied(?:Exception)?|InvalidIdentityToken(?:Exception)?|ExpiredToken(?:Exception)?|NoSuchBucket|NoSuchKey|PermanentRedirect|InvalidAccessKeyId|SignatureDoesNotMatch|MalformedPolicyDocument|LimitExceeded(?:Exception)?|EntityAlreadyExists|NoSuchEntity|ValidationError|InvalidClientTokenId|UnrecognizedClientException|InvalidToken|AccessControlListNotSupported|WebIdentityErr|NoCredentialProviders|RegionDisabledException|KMS\.\w+)):? /,
  /<Code>(?<code>\w+)<\/Code>/,
  // Arrow, by its source cpp/src/arrow/filesystem/s3_internal.h.
  /AWS Error (?<code>[A-Z_]+) during (?<operation>\w+) operation/,
];

/** What only texts of S3 have: its second id of a request, the log of TensorFlow's file system, and errors of MinIO's clients. */
const OF_S3 =
  /\bhost id: |\bHostID: |<HostId>|S3 Extended Request ID|platform\/s3\/aws_logging|\bminio\.error\.|\bS3Error\b/;

/** A key and a bucket, as Arrow names them. */
const KEY_IN_BUCKET = /for key '(?<key>[^'\n]{1,200})' in bucket '(?<bucket>[^'\n]{1,80})'/;

/** The service account of a pod that is not made for want of it. */
const LOOKED_UP = /error looking up service account (?<namespace>[\w.-]+)\/(?<name>[\w.-]+):/;

/** Names of services as SDKs write them, and as actions do. */
const SERVICES: Readonly<Record<string, string>> = {
  s3: 's3',
  sts: 'sts',
  securitytokenservice: 'sts',
  iam: 'iam',
  identitymanagement: 'iam',
  kms: 'kms',
  eks: 'eks',
};

/** The service of an operation that is named without one. Source: botocore's models of these services. */
const OPERATIONS: readonly (readonly [RegExp, string])[] = [
  [/^AssumeRole/, 'sts'],
  [/^GetCallerIdentity$/, 'sts'],
  [
    /^(?:Put|Get|Head|Delete|Copy)Objects?$|^(?:Head|Create|Delete)Bucket|^ListObjects|^ListBuckets$|MultipartUpload|^UploadPart|^(?:Get|Put)(?:Bucket|ObjectAcl)/,
    's3',
  ],
  [/^(?:Get|Create|Update|Delete|Put|Attach|Detach|List|Tag)\w*(?:Role|Polic|OpenIDConnect|AssumeRolePolicy)/, 'iam'],
  [/^GenerateDataKey|^Decrypt$|^Encrypt$/, 'kms'],
];

function actionOf(operation: string, service: string | undefined): string {
  const named = service && SERVICES[service.replaceAll(/\s/g, '').toLowerCase()];
  const prefix = named ?? OPERATIONS.find(([pattern]) => pattern.test(operation))?.[1];
  return prefix === undefined ? operation : `${prefix}:${operation}`;
}

/**
 * Whose session it is. An instance's role has the instance's id as the name of its session; the SDKs name sessions of web identity
 * themselves; the agent of Pod Identity begins with `eks-` and the cluster (EKS User Guide, "Grant Pods access to AWS resources").
 */
export function kindOfPrincipal(principal: string): PrincipalKind | undefined {
  if (/^system:serviceaccount:/.test(principal)) return 'service-account';
  if (/^arn:aws[a-z-]*:iam::\d*:user\//.test(principal)) return 'user';
  const session = /^arn:aws[a-z-]*:sts::[^:]*:assumed-role\/[^/]+\/(?<session>\S+)$/.exec(principal)?.groups?.[
    'session'
  ];
  if (session === undefined) return /:role\//.test(principal) ? 'role' : undefined;
  if (/^i-[0-9a-fx*]{4,}$/i.test(session)) return 'node';
  if (/^eks-.+-[0-9a-f]{8}-[0-9a-f]{4}-/i.test(session)) return 'pod-identity';
  return /^(?:botocore-session-|aws-sdk-|\d{16,19}$|web-identity)/.test(session) ? 'web-identity' : 'role';
}

/**
 * What the text says of the call. Nothing is guessed: what is not named is left out. `until`: what begins there or later is another
 * error's.
 */
export function detailsOf(text: string, until = text.length): Details {
  const groupsOf = (pattern: RegExp): Readonly<Record<string, string | undefined>> | undefined => {
    const match = pattern.exec(text);
    return match === null || match.index >= until ? undefined : (match.groups ?? {});
  };
  const named = groupsOf(NOT_AUTHORIZED);
  const wraps = WRAPPED.map((pattern) => groupsOf(pattern) ?? {});
  const code = wraps.find((groups) => groups['code'] !== undefined)?.['code'];
  const called = wraps.find((groups) => groups['operation'] !== undefined);
  const bare =
    groupsOf(/not authorized to perform:? (?<action>[a-z0-9]+:\w+)/i)?.['action'] ??
    groupsOf(/"?eventName"?\s*[:=]\s*"?(?<name>\w+)/)?.['name'];
  const operation =
    named?.['action'] ??
    (called?.['operation'] === undefined ? undefined : actionOf(called['operation'], called['service'])) ??
    (bare === undefined ? undefined : bare.includes(':') ? bare : actionOf(bare, undefined)) ??
    wraps.flatMap(({ service }) => (service && SERVICES[service.replaceAll(/\s/g, '').toLowerCase()]) ?? [])[0] ??
    (groupsOf(OF_S3) === undefined ? undefined : 's3');
  const pod = groupsOf(LOOKED_UP);
  const principal =
    named?.['principal'] ??
    (pod === undefined
      ? groupsOf(/(?<account>system:serviceaccount:[\w.-]+:[\w.-]+)/)?.['account']
      : `system:serviceaccount:${pod['namespace'] ?? ''}:${pod['name'] ?? ''}`);
  const kind = principal === undefined ? undefined : kindOfPrincipal(principal);
  const object = groupsOf(KEY_IN_BUCKET);
  const resource =
    named?.['resource']?.replace(/[.;"'\])]+$/, '') ??
    (object === undefined ? undefined : `s3://${object['bucket'] ?? ''}/${object['key'] ?? ''}`);
  const denied = deniedIn(named?.['why'] ?? text, named?.['why'] === undefined ? until : undefined);
  return {
    ...(operation === undefined ? {} : { operation }),
    ...(principal === undefined ? {} : { principal }),
    ...(kind === undefined ? {} : { principalKind: kind }),
    ...(resource === undefined ? {} : { resource }),
    ...(denied === undefined ? {} : { denied }),
    ...(code === undefined ? {} : { code }),
  };
}

/** What of the text names who called, or what denied it. */
export const denialIn = (text: string): RegExpExecArray | null => NOT_AUTHORIZED.exec(text) ?? DENIES.exec(text);

const DENIES = /explicit deny|because no /i;

function deniedIn(why: string, until = why.length): Details['denied'] {
  if ((DENIES.exec(why)?.index ?? until) >= until) return undefined;
  const explicit = /explicit deny/i.test(why);
  const said = /(?:explicit deny in an?|because no) [^\n]{0,200}/i.exec(why)?.[0];
  if (said === undefined) return explicit ? { explicit } : undefined;
  const by = POLICY_WORDS.find(([words]) => words.test(said))?.[1];
  const policy = explicit ? /polic(?:y|ies)[^\n]{0,40}?: (arn:[^\s,"')]+)/i.exec(said)?.[1] : undefined;
  return { ...(by === undefined ? {} : { by }), explicit, ...(policy === undefined ? {} : { policy }) };
}
