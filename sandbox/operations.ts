// Which call of AWS an HTTP request is: "iam:CreateRole", "s3:PutObject", "eks:DescribeCluster".
// Sources: the API models of S3 (2006-03-01), EKS (2017-11-01), SSO OIDC and SSO (2019-06-10).

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** [method, query parameter that must be there ('' for none), operation]; the first that fits is it. */
type Row = readonly [method: string, parameter: string, operation: string];
const S3_SERVICE: readonly Row[] = [['GET', '', 'ListBuckets']];
const S3_BUCKET: readonly Row[] = [
  ['GET', 'location', 'GetBucketLocation'],
  ['GET', 'policy', 'GetBucketPolicy'],
  ['GET', 'policyStatus', 'GetBucketPolicyStatus'],
  ['GET', 'encryption', 'GetBucketEncryption'],
  ['GET', 'versioning', 'GetBucketVersioning'],
  ['GET', 'tagging', 'GetBucketTagging'],
  ['GET', 'publicAccessBlock', 'GetPublicAccessBlock'],
  ['GET', 'ownershipControls', 'GetBucketOwnershipControls'],
  ['GET', 'acl', 'GetBucketAcl'],
  ['GET', 'lifecycle', 'GetBucketLifecycleConfiguration'],
  ['GET', 'uploads', 'ListMultipartUploads'],
  ['GET', 'versions', 'ListObjectVersions'],
  ['GET', 'list-type', 'ListObjectsV2'],
  ['GET', '', 'ListObjects'],
  ['HEAD', '', 'HeadBucket'],
  ['PUT', 'policy', 'PutBucketPolicy'],
  ['PUT', 'encryption', 'PutBucketEncryption'],
  ['PUT', 'versioning', 'PutBucketVersioning'],
  ['PUT', 'tagging', 'PutBucketTagging'],
  ['PUT', 'publicAccessBlock', 'PutPublicAccessBlock'],
  ['PUT', 'ownershipControls', 'PutBucketOwnershipControls'],
  ['PUT', 'lifecycle', 'PutBucketLifecycleConfiguration'],
  ['PUT', 'acl', 'PutBucketAcl'],
  ['PUT', '', 'CreateBucket'],
  ['POST', 'delete', 'DeleteObjects'],
  ['DELETE', 'policy', 'DeleteBucketPolicy'],
  ['DELETE', 'encryption', 'DeleteBucketEncryption'],
  ['DELETE', 'tagging', 'DeleteBucketTagging'],
  ['DELETE', 'publicAccessBlock', 'DeletePublicAccessBlock'],
  ['DELETE', 'ownershipControls', 'DeleteBucketOwnershipControls'],
  ['DELETE', '', 'DeleteBucket'],
];
const S3_OBJECT: readonly Row[] = [
  ['GET', 'uploadId', 'ListParts'],
  ['GET', 'tagging', 'GetObjectTagging'],
  ['GET', 'attributes', 'GetObjectAttributes'],
  ['GET', '', 'GetObject'],
  ['HEAD', '', 'HeadObject'],
  ['PUT', 'uploadId', 'UploadPart'],
  ['PUT', 'tagging', 'PutObjectTagging'],
  ['PUT', 'acl', 'PutObjectAcl'],
  ['PUT', '', 'PutObject'],
  ['POST', 'uploads', 'CreateMultipartUpload'],
  ['POST', 'uploadId', 'CompleteMultipartUpload'],
  ['DELETE', 'uploadId', 'AbortMultipartUpload'],
  ['DELETE', '', 'DeleteObject'],
];
/** [method, path, operation] */
const EKS: readonly (readonly [string, RegExp, string])[] = [
  ['GET', /^\/clusters$/, 'ListClusters'],
  ['POST', /^\/clusters$/, 'CreateCluster'],
  ['GET', /^\/clusters\/[^/]+$/, 'DescribeCluster'],
  ['DELETE', /^\/clusters\/[^/]+$/, 'DeleteCluster'],
  ['GET', /^\/clusters\/[^/]+\/pod-identity-associations$/, 'ListPodIdentityAssociations'],
  ['POST', /^\/clusters\/[^/]+\/pod-identity-associations$/, 'CreatePodIdentityAssociation'],
  ['GET', /^\/clusters\/[^/]+\/pod-identity-associations\/[^/]+$/, 'DescribePodIdentityAssociation'],
  ['DELETE', /^\/clusters\/[^/]+\/pod-identity-associations\/[^/]+$/, 'DeletePodIdentityAssociation'],
  ['GET', /^\/clusters\/[^/]+\/access-entries$/, 'ListAccessEntries'],
  ['GET', /^\/clusters\/[^/]+\/access-entries\/[^/]+$/, 'DescribeAccessEntry'],
  ['POST', /^\/clusters\/[^/]+\/access-entries$/, 'CreateAccessEntry'],
  ['GET', /^\/clusters\/[^/]+\/addons$/, 'ListAddons'],
  ['GET', /^\/clusters\/[^/]+\/addons\/[^/]+$/, 'DescribeAddon'],
  ['POST', /^\/clusters\/[^/]+\/addons$/, 'CreateAddon'],
  ['DELETE', /^\/clusters\/[^/]+\/addons\/[^/]+$/, 'DeleteAddon'],
  ['GET', /^\/clusters\/[^/]+\/node-groups$/, 'ListNodegroups'],
  ['GET', /^\/clusters\/[^/]+\/fargate-profiles$/, 'ListFargateProfiles'],
  ['POST', /^\/clusters\/[^/]+\/node-groups$/, 'CreateNodegroup'],
  ['GET', /^\/tags\/.+$/, 'ListTagsForResource'],
  ['POST', /^\/tags\/.+$/, 'TagResource'],
  ['DELETE', /^\/tags\/.+$/, 'UntagResource'],
];

/** The calls that are not signed, but for those of STS: [method, path, service, operation]. */
const UNSIGNED: readonly (readonly [string, string, string, string])[] = [
  ['POST', '/client/register', 'sso-oidc', 'RegisterClient'],
  ['POST', '/device_authorization', 'sso-oidc', 'StartDeviceAuthorization'],
  ['POST', '/token', 'sso-oidc', 'CreateToken'],
  ['GET', '/federation/credentials', 'sso', 'GetRoleCredentials'],
];
const unsigned = ({ method, url }: HttpRequest) =>
  UNSIGNED.find(([verb, path]) => verb === method && path === url.pathname);

/** The service of a request without a signature. */
export const unsignedService = (request: HttpRequest): string => unsigned(request)?.[2] ?? 'sts';

/** The operation of a request to a service; what is not in the tables is named by its method and path. */
export function operationOf(service: string, request: HttpRequest, parameters: ReadonlyMap<string, string>): string {
  const { method, url, headers } = request;
  const action = parameters.get('Action') ?? url.searchParams.get('Action');
  if (action) return action;
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1);
  const unknown = `${method} ${url.pathname}`;
  if (service.startsWith('sso')) return unsigned(request)?.[3] ?? unknown;
  if (service === 'eks') return EKS.find(([verb, path]) => verb === method && path.test(url.pathname))?.[2] ?? unknown;
  if (service !== 's3') return unknown;
  const { bucket, key } = s3Target(request);
  const rows = bucket === '' ? S3_SERVICE : key === '' ? S3_BUCKET : S3_OBJECT;
  const operation = rows.find(([verb, name]) => verb === method && (name === '' || url.searchParams.has(name)))?.[2];
  if (operation === undefined) return unknown;
  return operation === 'PutObject' && headers['x-amz-copy-source'] !== undefined ? 'CopyObject' : operation;
}

/** What a request to S3 is about. */
export interface S3Target {
  /** '' where there is none. */
  readonly bucket: string;
  /** Decoded; '' where there is none. */
  readonly key: string;
  /** The region in the name of the host that is asked; undefined where the host names none, as the sandbox's own does not. */
  readonly endpointRegion: string | undefined;
}
/** Reads both styles: the bucket in the path, or before the host (`bucket.localhost`, `bucket.s3.eu-central-1.amazonaws.com`). */
export function s3Target({ url, headers }: HttpRequest): S3Target {
  const host = (headers['host']?.toString() ?? '').replace(/:\d+$/, '');
  const [, before, region] =
    /^(?:(.+)\.)?s3(?:[.-]([a-z]{2}[a-z0-9-]+-\d))?\.amazonaws\.com$/.exec(host) ??
    /^(.+)\.localhost$/.exec(host) ??
    [];
  const path = decodeURIComponent(url.pathname.slice(1));
  if (before !== undefined) return { bucket: before, key: path, endpointRegion: region };
  const slash = path.indexOf('/');
  return slash < 0
    ? { bucket: path, key: '', endpointRegion: region }
    : { bucket: path.slice(0, slash), key: path.slice(slash + 1), endpointRegion: region };
}

/** The S3 operations whose IAM action has another name. Source: Service Authorization Reference, S3. */
const S3_ACTIONS: Readonly<Record<string, string>> = {
  GetBucketEncryption: 'GetEncryptionConfiguration',
  PutBucketEncryption: 'PutEncryptionConfiguration',
  DeleteBucketEncryption: 'PutEncryptionConfiguration',
  GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
  PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
  DeletePublicAccessBlock: 'PutBucketPublicAccessBlock',
  DeleteBucketOwnershipControls: 'PutBucketOwnershipControls',
  DeleteBucketTagging: 'PutBucketTagging',
  GetBucketLifecycleConfiguration: 'GetLifecycleConfiguration',
  PutBucketLifecycleConfiguration: 'PutLifecycleConfiguration',
  ListObjectVersions: 'ListBucketVersions',
  HeadBucket: 'ListBucket',
  ListObjects: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  ListBuckets: 'ListAllMyBuckets',
  ListMultipartUploads: 'ListBucketMultipartUploads',
  HeadObject: 'GetObject',
  ListParts: 'ListMultipartUploadParts',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  CopyObject: 'PutObject',
};

/** What an S3 call asks for: action, resource and the context keys that it sets. */
export function s3Request(
  operation: string,
  { bucket, key }: S3Target,
  query: URLSearchParams,
): { readonly action: string; readonly resource: string; readonly context: ReadonlyMap<string, readonly string[]> } {
  const context = new Map<string, readonly string[]>();
  for (const name of ['prefix', 'delimiter', 'max-keys']) {
    const value = query.get(name);
    if (value !== null && key === '') context.set(`s3:${name}`, [value]);
  }
  const resource = bucket === '' ? '*' : `arn:aws:s3:::${bucket}${key === '' ? '' : `/${key}`}`;
  return { action: `s3:${S3_ACTIONS[operation] ?? operation}`, resource, context };
}
