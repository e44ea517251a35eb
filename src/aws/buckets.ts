/** Buckets in S3: what of them is read, and how one is made. Objects are used elsewhere. */
import {
  CreateBucketCommand,
  GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  paginateListBuckets,
  PutBucketEncryptionCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutPublicAccessBlockCommand,
  type BucketLocationConstraint,
  type ObjectOwnership,
  type S3Client,
  type ServerSideEncryption,
} from '@aws-sdk/client-s3';
import type { Bucket, BucketSettings, Encryption } from '../core/observation.ts';
import { absent, failed, found, valueOf, type Reading } from '../core/reading.ts';
import { OutsideError, type Aws } from '../provisioning/ports.ts';
import { readingOf } from './errors.ts';
import { act, read, tagList, tagsOf } from './roles.ts';

type BucketCalls = Pick<
  Aws,
  | 'buckets'
  | 'bucket'
  | 'bucketEncryption'
  | 'bucketPolicy'
  | 'bucketSettings'
  | 'createBucket'
  | 'tagBucket'
  | 'blockPublicAccess'
  | 'setOwnership'
  | 'encryptBucket'
  | 'putBucketPolicy'
>;

/** What of a bucket is not set, by the code of the error with which S3 says so (S3 API Reference, error codes). */
const NOT_SET = new Set([
  'NoSuchBucketPolicy',
  'NoSuchTagSet',
  'NoSuchPublicAccessBlockConfiguration',
  'OwnershipControlsNotFoundError',
  'ServerSideEncryptionConfigurationNotFoundError',
]);

/** As {@link read}; what is not set is `absent`. */
const readSetting = <T>(permission: string, call: () => Promise<Reading<T>>): Promise<Reading<T>> =>
  read(permission, () =>
    call().catch((error: unknown) => {
      if (error instanceof Error && NOT_SET.has(error.name)) return absent;
      throw error;
    }),
  );

/** The calls of {@link Aws} that are about buckets as a whole. @param region the one in which buckets are made */
export function awsBuckets(s3: () => S3Client, region: string): BucketCalls {
  const bucketEncryption = (name: string): Promise<Reading<Encryption>> =>
    readSetting('s3:GetEncryptionConfiguration', async () => {
      const { ServerSideEncryptionConfiguration } = await s3().send(new GetBucketEncryptionCommand({ Bucket: name }));
      const [rule] = ServerSideEncryptionConfiguration?.Rules ?? [];
      const { SSEAlgorithm, KMSMasterKeyID } = rule?.ApplyServerSideEncryptionByDefault ?? {};
      if (SSEAlgorithm === undefined) return absent;
      return found({ algorithm: SSEAlgorithm, ...(KMSMasterKeyID ? { key: KMSMasterKeyID } : {}) });
    });

  const bucketPolicy = (name: string): Promise<Reading<string>> =>
    readSetting('s3:GetBucketPolicy', async () => {
      const { Policy } = await s3().send(new GetBucketPolicyCommand({ Bucket: name }));
      return Policy === undefined || Policy === '' ? absent : found(Policy);
    });

  const head = async (name: string, account: string | undefined): Promise<Reading<Bucket>> => {
    try {
      const owner = account === undefined ? {} : { ExpectedBucketOwner: account };
      const { BucketRegion } = await s3().send(new HeadBucketCommand({ Bucket: name, ...owner }));
      return found<Bucket>({ name, region: BucketRegion ?? region, accessible: true });
    } catch (error) {
      // S3 tells the region to everybody, also with 301 and 403 (botocore S3 model, HeadBucket).
      const { headers, statusCode } =
        (error as { $response?: { headers?: Record<string, string>; statusCode?: number } }).$response ?? {};
      const told = headers?.['x-amz-bucket-region'];
      if (told !== undefined && (statusCode === 403 || statusCode === 301)) {
        return found<Bucket>({ name, region: told, accessible: false });
      }
      // An answer to HEAD has no body, and so no code: 400 is what wrong or expired credentials get.
      if (statusCode === 400) {
        return failed('S3 refused the request (400). Most often the credentials have expired: sign in again.', '400');
      }
      return readingOf(error, 's3:ListBucket');
    }
  };

  return {
    buckets: () =>
      read('s3:ListAllMyBuckets', async () => {
        const all: { name: string; region?: string }[] = [];
        for await (const { Buckets } of paginateListBuckets({ client: s3(), pageSize: 1_000 }, {}))
          for (const { Name, BucketRegion } of Buckets ?? [])
            if (Name !== undefined)
              all.push({ name: Name, ...(BucketRegion === undefined ? {} : { region: BucketRegion }) });
        return found(all);
      }),

    bucket: async (name, account) => {
      const bucket = await head(name, account);
      if (account === undefined || valueOf(bucket)?.accessible !== false) return bucket;
      // Refused: by its policy, or because it is not of this account. Then it answers who does not ask whose it is.
      const again = await head(name, undefined);
      return valueOf(again)?.accessible === true ? found({ ...(valueOf(again) as Bucket), foreign: true }) : bucket;
    },

    bucketEncryption,
    bucketPolicy,

    bucketSettings: async (name) => {
      const Bucket = name;
      const [tags, blocks, ownership, encryption, policy, objects] = await Promise.all([
        readSetting('s3:GetBucketTagging', async () =>
          found(tagsOf((await s3().send(new GetBucketTaggingCommand({ Bucket }))).TagSet)),
        ),
        readSetting('s3:GetBucketPublicAccessBlock', async () => {
          const { PublicAccessBlockConfiguration: set } = await s3().send(new GetPublicAccessBlockCommand({ Bucket }));
          return found(
            [set?.BlockPublicAcls, set?.IgnorePublicAcls, set?.BlockPublicPolicy, set?.RestrictPublicBuckets].every(
              (on) => on === true,
            ),
          );
        }),
        readSetting('s3:GetBucketOwnershipControls', async () => {
          const { OwnershipControls } = await s3().send(new GetBucketOwnershipControlsCommand({ Bucket }));
          const owner = OwnershipControls?.Rules?.[0]?.ObjectOwnership;
          return owner === undefined ? absent : found<string>(owner);
        }),
        bucketEncryption(name),
        bucketPolicy(name),
        read('s3:ListBucket', async () => {
          const { Contents } = await s3().send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }));
          return found((Contents ?? []).length === 0);
        }),
      ]);
      for (const reading of [tags, blocks, ownership, encryption, policy, objects])
        if (reading.state === 'denied' || reading.state === 'failed') return reading;
      const [owner, how, text] = [valueOf(ownership), valueOf(encryption), valueOf(policy)];
      return found<BucketSettings>({
        tags: valueOf(tags) ?? {},
        publicAccessBlocked: valueOf(blocks) ?? false,
        ...(owner === undefined ? {} : { ownership: owner }),
        ...(how === undefined ? {} : { encryption: how }),
        ...(text === undefined ? {} : { policy: text }),
        empty: valueOf(objects) ?? false,
      });
    },

    createBucket: async (name) => {
      try {
        await act('s3:CreateBucket', async () => {
          // us-east-1 is what S3 takes where no place is named, and it refuses to be told so (S3 API Reference, CreateBucket).
          const place =
            region === 'us-east-1'
              ? {}
              : { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } };
          await s3().send(new CreateBucketCommand({ Bucket: name, ObjectOwnership: 'BucketOwnerEnforced', ...place }));
        });
      } catch (error) {
        const reason = error instanceof OutsideError ? REFUSED[error.code] : undefined;
        throw reason === undefined ? error : new OutsideError(reason(name), (error as OutsideError).code);
      }
    },

    tagBucket: (name, tags) =>
      act('s3:PutBucketTagging', async () => {
        await s3().send(new PutBucketTaggingCommand({ Bucket: name, Tagging: { TagSet: tagList(tags) } }));
      }),

    blockPublicAccess: (name) =>
      act('s3:PutBucketPublicAccessBlock', async () => {
        await s3().send(
          new PutPublicAccessBlockCommand({
            Bucket: name,
            PublicAccessBlockConfiguration: {
              BlockPublicAcls: true,
              IgnorePublicAcls: true,
              BlockPublicPolicy: true,
              RestrictPublicBuckets: true,
            },
          }),
        );
      }),

    setOwnership: (name, ownership) =>
      act('s3:PutBucketOwnershipControls', async () => {
        await s3().send(
          new PutBucketOwnershipControlsCommand({
            Bucket: name,
            OwnershipControls: { Rules: [{ ObjectOwnership: ownership as ObjectOwnership }] },
          }),
        );
      }),

    encryptBucket: (name, { algorithm, key }) =>
      act('s3:PutEncryptionConfiguration', async () => {
        const kms = algorithm !== 'AES256';
        await s3().send(
          new PutBucketEncryptionCommand({
            Bucket: name,
            ServerSideEncryptionConfiguration: {
              Rules: [
                {
                  ApplyServerSideEncryptionByDefault: {
                    SSEAlgorithm: algorithm as ServerSideEncryption,
                    ...(key === undefined ? {} : { KMSMasterKeyID: key }),
                  },
                  // One key of the bucket's for a while instead of a call of KMS for each object.
                  ...(kms ? { BucketKeyEnabled: true } : {}),
                },
              ],
            },
          }),
        );
      }),

    putBucketPolicy: (name, policy) =>
      act('s3:PutBucketPolicy', async () => {
        await s3().send(new PutBucketPolicyCommand({ Bucket: name, Policy: policy }));
      }),
  };
}

/** Why S3 does not make a bucket, and what to do, by its error code (S3 API Reference, CreateBucket and error codes). */
const REFUSED: Readonly<Record<string, (name: string) => string>> = {
  BucketAlreadyExists: (name) => `The name ${name} is taken by a bucket of another account. Choose another name.`,
  TooManyBuckets: () =>
    'The account has as many buckets as it may have. Choose one that is there, or ask AWS to raise the quota.',
  OperationAborted: (name) =>
    `S3 is still busy with the name ${name}: a bucket of that name was deleted a moment ago. Try again later, or choose another name.`,
};
