import { byKey } from '../records.ts';
import { parseArn } from '../arn/arn.ts';
import type { AccessLevel, FormerPlace } from '../request.ts';
import { dataOf, list, strings } from './json.ts';

/** The token audience of IRSA, the same in all partitions (eksctl `pkg/iam/oidc/api.go`; Kubeflow profile controller). */
export const AUDIENCE = 'sts.amazonaws.com';
/** The service account that Kubeflow runs pipelines as, and the only one the plugin annotates (kubeflow/dashboard plugin_iam.go). */
export const SERVICE_ACCOUNT = 'default-editor';
/** Name of the role's inline policy: the AWS page's, so that a role made by that page is repaired, not doubled. */
export const POLICY_NAME = 'kf-pipeline-s3';

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}
export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | Readonly<Record<string, string>>;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** Issuer URL → what ARNs and condition keys hold: host and path, without scheme or trailing slash. */
export const issuerPath = (issuerUrl: string): string => issuerUrl.replace(/^https:\/\//, '').replace(/\/+$/, '');

/** What stands before `:sub` and `:aud` in the condition keys of an OIDC provider: the end of its ARN. */
export const issuerOf = (provider: string): string => provider.replace(/^.*?oidc-provider\//s, '');

/** URL of the issuer of an OIDC provider, by the provider's ARN. */
export const issuerUrlOf = (provider: string): string => `https://${issuerPath(issuerOf(provider))}`;

/** `system:serviceaccount:<namespace>:<name>`, the `sub` of a service account's token. */
export const subject = (namespace: string, serviceAccount: string = SERVICE_ACCOUNT): string =>
  `system:serviceaccount:${namespace}:${serviceAccount}`;

/** ARN of the IAM OIDC provider of an issuer (IAM User Guide). */
export const providerArn = (partition: string, account: string, issuerUrl: string): string =>
  `arn:${partition}:iam::${account}:oidc-provider/${issuerPath(issuerUrl)}`;

export const roleArn = (partition: string, account: string, roleName: string): string =>
  `arn:${partition}:iam::${account}:role/${roleName}`;

/** The trust policy of EKS's own guide: `aud` **and** `sub` (EKS Best Practices Guide, IAM). */
export function trustPolicy(provider: string, issuerUrl: string, profile: string): PolicyDocument {
  const statement = trustStatement(provider, issuerPath(issuerUrl), subject(profile), AUDIENCE);
  return { Version: '2012-10-17', Statement: [statement] };
}

/** One service account by its `sub`, for one audience. `issuer`: host and path, what stands before `:sub` in a condition. */
export const trustStatement = (provider: string, issuer: string, sub: string, audience: string): Statement => ({
  Effect: 'Allow',
  Principal: { Federated: provider },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: { StringEquals: { [`${issuer}:aud`]: audience, [`${issuer}:sub`]: sub } },
});

/** Where the profile's objects lie with access level `prefix`: `<profile>/`. */
export const profilePrefix = (profile: string): string => `${profile}/`;

/** Whether a place in a bucket is surely a profile's own: its name is one of the parts. */
export const isOwnPrefix = (prefix: string, profile: string): boolean => prefix.split('/').includes(profile);

/** What must be allowed on the key of a bucket: to read, and to write, also in parts (S3 User Guide, "Using SSE-KMS"). */
export const keyActions = (access: AccessLevel): readonly string[] =>
  access === 'read-only' ? ['kms:Decrypt'] : ['kms:Decrypt', 'kms:GenerateDataKey'];

/**
 * How S3 uses a key for somebody: KMS then names S3 in its region, such as `s3.us-west-2.amazonaws.com`, in `kms:ViaService` (KMS
 * Developer Guide). Its ending is left open: it differs by partition. A bucket's key is in the bucket's region.
 */
export const viaS3 = (key: string): NonNullable<Statement['Condition']> => ({
  StringLike: { 'kms:ViaService': `s3.${parseArn(key)?.region ?? '*'}.*` },
});

/**
 * What the role may do. Actions: the set Kubeflow Pipelines needs (KFP `backend/src/v2/objectstore`, Argo's S3 driver; the
 * launcher lists before it downloads, so ListBucket is part of it).
 *
 * @param key ARN of the KMS key that the bucket is encrypted with, where the role needs it: to be used through S3 alone
 * @param prefix where the profile's objects lie with access `prefix`
 * @param former where they lay before: may still be read
 */
export function permissionsPolicy(
  partition: string,
  bucket: string,
  profile: string,
  access: AccessLevel,
  key?: string,
  prefix = profilePrefix(profile),
  former?: FormerPlace,
): PolicyDocument {
  const bucketArn = `arn:${partition}:s3:::${bucket}`;
  const write = [
    's3:GetObject',
    's3:PutObject',
    's3:DeleteObject',
    's3:AbortMultipartUpload',
    's3:ListMultipartUploadParts',
  ];
  const statements = ((): readonly Statement[] => {
    switch (access) {
      case 'prefix':
        return [
          { Sid: 'LocateBucket', Effect: 'Allow', Action: 's3:GetBucketLocation', Resource: bucketArn },
          {
            Sid: 'ListOwnPrefix',
            Effect: 'Allow',
            Action: 's3:ListBucket',
            Resource: bucketArn,
            Condition: { StringLike: { 's3:prefix': `${prefix}*` } },
          },
          { Sid: 'ReadWriteOwnPrefix', Effect: 'Allow', Action: write, Resource: `${bucketArn}/${prefix}*` },
        ];
      case 'bucket':
        return [
          {
            Sid: 'ListBucket',
            Effect: 'Allow',
            Action: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
            Resource: bucketArn,
          },
          { Sid: 'ReadWriteObjects', Effect: 'Allow', Action: write, Resource: `${bucketArn}/*` },
        ];
      case 'read-only':
        return [
          {
            Sid: 'ListBucket',
            Effect: 'Allow',
            Action: ['s3:GetBucketLocation', 's3:ListBucket'],
            Resource: bucketArn,
          },
          { Sid: 'ReadObjects', Effect: 'Allow', Action: 's3:GetObject', Resource: `${bucketArn}/*` },
        ];
      case 'full':
        return [{ Sid: 'Everything', Effect: 'Allow', Action: 's3:*', Resource: [bucketArn, `${bucketArn}/*`] }];
    }
  })();
  const useKey: readonly Statement[] =
    key === undefined
      ? []
      : [{ Sid: 'UseKey', Effect: 'Allow', Action: keyActions(access), Resource: key, Condition: viaS3(key) }];
  return { Version: '2012-10-17', Statement: [...statements, ...useKey, ...readFormer(partition, former)] };
}

const READ_FORMER = 'ReadFormerPlace';

function readFormer(partition: string, former: FormerPlace | undefined): readonly Statement[] {
  if (former === undefined) return [];
  const arn = `arn:${partition}:s3:::${former.bucket}`;
  return [
    {
      Sid: 'ListFormerPlace',
      Effect: 'Allow',
      Action: 's3:ListBucket',
      Resource: arn,
      ...(former.prefix === '' ? {} : { Condition: { StringLike: { 's3:prefix': `${former.prefix}*` } } }),
    },
    { Sid: READ_FORMER, Effect: 'Allow', Action: 's3:GetObject', Resource: `${arn}/${former.prefix}*` },
  ];
}

/** The place before that a policy as we write it lets the role read. */
export function formerOfPolicy(text: string): FormerPlace | undefined {
  const { Statement } = (dataOf(text) ?? {}) as { Statement?: unknown };
  for (const statement of list(Statement)) {
    const { Sid, Resource } = (statement ?? {}) as { Sid?: unknown; Resource?: unknown };
    const [, bucket, prefix] = /^arn:[^:]+:s3:::([^/*?$]+)\/([^*?$]*)\*$/.exec(strings(Resource)[0] ?? '') ?? [];
    if (Sid === READ_FORMER && bucket !== undefined && prefix !== undefined) return { bucket, prefix };
  }
  return undefined;
}

/** The key that a policy as we write it lets the role use. */
export function keyOfPolicy(text: string): string | undefined {
  const { Statement } = (dataOf(text) ?? {}) as { Statement?: unknown };
  for (const statement of list(Statement)) {
    const { Action, Resource } = (statement ?? {}) as { Action?: unknown; Resource?: unknown };
    const [key] = strings(Resource);
    if (strings(Action).includes('kms:Decrypt') && key !== undefined && /^arn:[^:]+:kms:.*:key\/[\w-]+$/.test(key))
      return key;
  }
  return undefined;
}

/** The policy of a bucket that we make: nothing without TLS, for anybody (S3 User Guide, security best practices). */
export function tlsOnly(partition: string, bucket: string): PolicyDocument {
  const arn = `arn:${partition}:s3:::${bucket}`;
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'OnlyTls',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  };
}

/** A policy for people and for IAM: two spaces of indentation (IAM counts quotas without white space). */
export const policyText = (document: unknown): string => JSON.stringify(document, undefined, 2);

/** Whether a text is one of these policies, however it is laid out: the same elements in the same order. */
export function isPolicy(text: string, ...policies: readonly PolicyDocument[]): boolean {
  const its = JSON.stringify(dataOf(text));
  return policies.some((policy) => JSON.stringify(policy) === its);
}

/**
 * One text for all ways to write the same policy: keys sorted, a list of one as its element, lists of strings sorted, `Sid` and
 * `Id` left out. For comparing only. Undefined where the text is not JSON.
 */
export function canonicalPolicy(text: string): string | undefined {
  const canonical = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      const items = value.map(canonical);
      if (items.length === 1) return items[0];
      return items.every((item) => typeof item === 'string') ? [...new Set(items)].sort() : items;
    }
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        byKey(Object.entries(value))
          .filter(([key]) => key !== 'Sid' && key !== 'Id')
          .map(([key, item]) => [key, canonical(item)]),
      );
    }
    return value;
  };
  return JSON.stringify(canonical(dataOf(text)));
}

/** Whether two policies mean the same as far as their text tells. What is no JSON is compared letter by letter. */
export const samePolicy = (a: string, b: string): boolean => (canonicalPolicy(a) ?? a) === (canonicalPolicy(b) ?? b);
