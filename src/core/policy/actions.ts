import { patternMatcher } from '../arn/pattern.ts';
import { distance } from '../near.ts';
import data from './actions.json' with { type: 'json' };

/** One action of IAM. */
export interface KnownAction {
  /** As AWS writes it: `s3:GetObject`. */
  readonly name: string;
  /** `List`, `Read`, `Write`, `Tagging, Write` or `Permissions management, Write`. */
  readonly level: string;
  /** The resource types it acts on; none: it is about no resource, so it needs `Resource: "*"`. */
  readonly on: readonly string[];
}

/** The actions of S3 and its relatives, STS and KMS. Data and source: actions.json, made by scripts/actions.ts. */
export const ACTIONS: readonly KnownAction[] = Object.entries(data.services).flatMap(([service, groups]) =>
  groups.flatMap(({ level, on, actions }) =>
    actions.split(' ').map((name) => ({ name: `${service}:${name}`, level, on })),
  ),
);

const BY_NAME: ReadonlyMap<string, KnownAction> = new Map(ACTIONS.map((action) => [action.name.toLowerCase(), action]));
const SERVICES: ReadonlySet<string> = new Set(Object.keys(data.services));

/**
 * What to allow for an operation of the S3 API that has no action of its own name. Source: S3 API Reference, "Permissions"
 * of each operation; S3 User Guide, "Required permissions for Amazon S3 API operations".
 */
const OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  CompleteMultipartUpload: ['PutObject'],
  CopyObject: ['GetObject', 'PutObject'],
  CreateBucketMetadataConfiguration: ['CreateBucketMetadataTableConfiguration'],
  CreateMultipartUpload: ['PutObject'],
  DeleteBucketAnalyticsConfiguration: ['PutAnalyticsConfiguration'],
  DeleteBucketCors: ['PutBucketCORS'],
  DeleteBucketEncryption: ['PutEncryptionConfiguration'],
  DeleteBucketIntelligentTieringConfiguration: ['PutIntelligentTieringConfiguration'],
  DeleteBucketInventoryConfiguration: ['PutInventoryConfiguration'],
  DeleteBucketLifecycle: ['PutLifecycleConfiguration'],
  DeleteBucketMetadataConfiguration: ['DeleteBucketMetadataTableConfiguration'],
  DeleteBucketMetricsConfiguration: ['PutMetricsConfiguration'],
  DeleteBucketOwnershipControls: ['PutBucketOwnershipControls'],
  DeleteBucketReplication: ['PutReplicationConfiguration'],
  DeleteBucketTagging: ['PutBucketTagging'],
  DeleteObjects: ['DeleteObject'],
  DeletePublicAccessBlock: ['PutBucketPublicAccessBlock'],
  GetBucketAccelerateConfiguration: ['GetAccelerateConfiguration'],
  GetBucketAnalyticsConfiguration: ['GetAnalyticsConfiguration'],
  GetBucketEncryption: ['GetEncryptionConfiguration'],
  GetBucketIntelligentTieringConfiguration: ['GetIntelligentTieringConfiguration'],
  GetBucketInventoryConfiguration: ['GetInventoryConfiguration'],
  GetBucketLifecycle: ['GetLifecycleConfiguration'],
  GetBucketLifecycleConfiguration: ['GetLifecycleConfiguration'],
  GetBucketMetadataConfiguration: ['GetBucketMetadataTableConfiguration'],
  GetBucketMetricsConfiguration: ['GetMetricsConfiguration'],
  GetBucketNotificationConfiguration: ['GetBucketNotification'],
  GetBucketReplication: ['GetReplicationConfiguration'],
  GetObjectLockConfiguration: ['GetBucketObjectLockConfiguration'],
  GetPublicAccessBlock: ['GetBucketPublicAccessBlock'],
  HeadBucket: ['ListBucket'],
  HeadObject: ['GetObject'],
  ListBucketAnalyticsConfigurations: ['GetAnalyticsConfiguration'],
  ListBucketIntelligentTieringConfigurations: ['GetIntelligentTieringConfiguration'],
  ListBucketInventoryConfigurations: ['GetInventoryConfiguration'],
  ListBucketMetricsConfigurations: ['GetMetricsConfiguration'],
  ListBuckets: ['ListAllMyBuckets'],
  ListMultipartUploads: ['ListBucketMultipartUploads'],
  ListObjectVersions: ['ListBucketVersions'],
  ListObjects: ['ListBucket'],
  ListObjectsV2: ['ListBucket'],
  ListParts: ['ListMultipartUploadParts'],
  PutBucketAccelerateConfiguration: ['PutAccelerateConfiguration'],
  PutBucketAnalyticsConfiguration: ['PutAnalyticsConfiguration'],
  PutBucketEncryption: ['PutEncryptionConfiguration'],
  PutBucketIntelligentTieringConfiguration: ['PutIntelligentTieringConfiguration'],
  PutBucketInventoryConfiguration: ['PutInventoryConfiguration'],
  PutBucketLifecycle: ['PutLifecycleConfiguration'],
  PutBucketLifecycleConfiguration: ['PutLifecycleConfiguration'],
  PutBucketMetricsConfiguration: ['PutMetricsConfiguration'],
  PutBucketNotificationConfiguration: ['PutBucketNotification'],
  PutBucketReplication: ['PutReplicationConfiguration'],
  PutObjectLockConfiguration: ['PutBucketObjectLockConfiguration'],
  PutPublicAccessBlock: ['PutBucketPublicAccessBlock'],
  RenameObject: ['GetObject', 'PutObject', 'DeleteObject'],
  SelectObjectContent: ['GetObject'],
  UploadPart: ['PutObject'],
  UploadPartCopy: ['GetObject', 'PutObject'],
};

/** Operations of KMS that need other actions (KMS Developer Guide, API permissions reference). */
const KMS_OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  ReEncrypt: ['kms:ReEncryptFrom', 'kms:ReEncryptTo'],
};

/** Operations of the S3 SDK that belong to another service: directory buckets and Object Lambda. */
const OTHER_SERVICES: Readonly<Record<string, readonly string[]>> = {
  CreateSession: ['s3express:CreateSession'],
  ListDirectoryBuckets: ['s3express:ListAllMyDirectoryBuckets'],
  WriteGetObjectResponse: ['s3-object-lambda:WriteGetObjectResponse'],
};

const OPERATION_ACTIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ...Object.entries(OPERATIONS).map(
    ([name, actions]) => [`s3:${name}`.toLowerCase(), actions.map((action) => `s3:${action}`)] as const,
  ),
  ...Object.entries(KMS_OPERATIONS).map(([name, actions]) => [`kms:${name}`.toLowerCase(), actions] as const),
  ...Object.entries(OTHER_SERVICES).map(([name, actions]) => [`s3:${name}`.toLowerCase(), actions] as const),
]);

/** No name has more characters; a longer pattern, with more wildcards than that, is not taken for one. */
const LONGEST_PATTERN = 128;

/** The actions to allow for an operation of the S3 SDK that is written as if it were an action; undefined for any other text. */
export function actionsOfOperation(action: string): readonly string[] | undefined {
  return OPERATION_ACTIONS.get(action.toLowerCase());
}

/** Policies repeat their patterns. */
const matched = new Map<string, readonly KnownAction[]>();

/** The known actions that a pattern such as `s3:Get*` stands for. Action names are case-insensitive (IAM User Guide, "Action"). */
export function actionsMatching(pattern: string): readonly KnownAction[] {
  const lower = pattern.toLowerCase();
  const exact = BY_NAME.get(lower);
  if (exact !== undefined) return [exact];
  if (!/[*?]/.test(lower) || lower.length > LONGEST_PATTERN) return [];
  const before = matched.get(lower);
  if (before !== undefined) return before;
  const matches = patternMatcher(lower, false);
  const found = [...BY_NAME].flatMap(([name, action]) => (matches(name) ? [action] : []));
  if (matched.size >= 500) matched.clear();
  matched.set(lower, found);
  return found;
}

/** Whether all actions of the service that the pattern names are known here, so that no match means a mistake. */
export function isKnownService(pattern: string): boolean {
  return SERVICES.has(pattern.slice(0, Math.max(0, pattern.indexOf(':'))).toLowerCase());
}

/**
 * What was probably meant by an action that does not exist: what the S3 operation of that name needs, else the one action of
 * the same service that differs in the fewest characters (at most 3, and fewer in short names).
 */
export function suggestActions(action: string): readonly string[] {
  const operation = actionsOfOperation(action);
  if (operation !== undefined) return operation;
  const service = action.slice(0, action.indexOf(':') + 1).toLowerCase();
  const nearest = closest(
    action,
    ACTIONS.flatMap(({ name }) => (name.startsWith(service) ? [name] : [])),
  );
  return nearest === undefined ? [] : [nearest];
}

/**
 * The candidate that is one slip away from `text`: the fewest characters added, removed, changed or swapped with the next,
 * at most 3 and at most a fourth of the length. Undefined when there is none. Case does not count.
 */
export function closest(text: string, candidates: readonly string[]): string | undefined {
  if (text.length > LONGEST_PATTERN) return undefined;
  const limit = Math.min(3, Math.floor(text.length / 4));
  const low = text.toLowerCase();
  let best: { name: string; far: number } | undefined;
  for (const name of candidates) {
    if (Math.abs(name.length - text.length) > limit) continue;
    const far = distance(low, name.toLowerCase(), limit);
    if (far <= limit && (best === undefined || far < best.far)) best = { name, far };
  }
  return best?.name;
}

/**
 * Whether a name is surely a misspelling of an action: the same words, the verb of the same letters, the others with one slip at most.
 * `Encrypt` is no slip of `ReEncrypt`, nor `Get` of `Set`.
 */
export function isSlipOf(written: string, action: string): boolean {
  const [words, right] = [written, action].map((name) =>
    name
      .slice(name.indexOf(':') + 1)
      .split(/(?<=[a-z0-9])(?=[A-Z])/)
      .map((word) => word.toLowerCase()),
  );
  if (words === undefined || words.length !== right?.length || words.length < 2) return false;
  const letters = (word: string): string => [...word].sort().join('');
  return words.every((word, at) => {
    const other = right[at] ?? '';
    return at === 0 ? letters(word) === letters(other) : distance(word, other) <= 1;
  });
}

/** Whether one character added, removed, changed or swapped with the next makes one text of the other. */
export const isOneSlip = (a: string, b: string): boolean =>
  Math.abs(a.length - b.length) <= 1 && distance(a.toLowerCase(), b.toLowerCase()) === 1;
