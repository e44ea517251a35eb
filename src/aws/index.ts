/** The only room with an AWS SDK: implements {@link Aws} on IAM, EKS, STS and S3. */
import { EKSClient, DescribeClusterCommand, paginateListClusters } from '@aws-sdk/client-eks';
import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreateOpenIDConnectProviderCommand,
  DeleteOpenIDConnectProviderCommand,
  GetOpenIDConnectProviderCommand,
  IAMClient,
  RemoveClientIDFromOpenIDConnectProviderCommand,
} from '@aws-sdk/client-iam';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { doesIdentityRequireRefresh, isIdentityExpired, memoizeIdentityProvider } from '@smithy/core';
import { parseArn } from '../core/arn/arn.ts';
import type { Cluster } from '../core/observation.ts';
import { absent, found } from '../core/reading.ts';
import { OutsideError, type Aws, type ObjectStore, type TemporaryCredentials } from '../provisioning/ports.ts';
import { awsBuckets } from './buckets.ts';
import { HTTP } from './http.ts';
import { awsLists } from './lists.ts';
import { act, collect, awsRoles, read, tagList, tagsOf } from './roles.ts';
import { awsPodIdentity } from './podIdentity.ts';
import { eksToken } from './token.ts';

export { awsProfiles, defaultRegion } from './profiles.ts';
export { signInTogether } from './signInTogether.ts';
export { signIn, ssoSessionOf, type SsoSession, type Verification } from './signIn.ts';

/** Made when it is first asked for. */
function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

export type AwsCredentials = ReturnType<typeof fromNodeProviderChain>;

/**
 * Credentials of an AWS profile, or of the SDK's provider chain (environment, shared files with SSO and credential_process, web
 * identity, container, instance). Resolved once for all clients that share them, and again shortly before they expire.
 */
export function credentialsOf(profile: string | undefined, region: string): AwsCredentials {
  const chosen = profile === undefined ? {} : { profile };
  // The SDK keeps the shared files in memory for good: a renewed key would not be seen before the next start.
  // The region goes in as the parent's: as the client's own it would be taken for that of IAM Identity Center too.
  const chain = fromNodeProviderChain({ ...chosen, parentClientConfig: { region }, ignoreCache: true });
  const named = profile ?? process.env['AWS_PROFILE'];
  // The chain's own error only says that no provider worked: the named profile's says why.
  const credentials: AwsCredentials = (properties) =>
    chain(properties).catch(async (error: unknown) => {
      if (!named) throw error;
      throw await fromIni({ profile: named, ignoreCache: true })().then(
        () => error,
        (why: unknown) => why,
      );
    });
  return memoizeIdentityProvider(credentials, isIdentityExpired, doesIdentityRequireRefresh) as AwsCredentials;
}

/** AWS as one identity in one region. Nothing is called until a method is. */
export function connectAws(options: { profile?: string; region: string; credentials?: AwsCredentials }): Aws {
  const { profile, region, credentials = credentialsOf(profile, region) } = options;
  const chosen = profile === undefined ? {} : { profile };
  const common = { ...chosen, region, credentials, requestHandler: HTTP, maxAttempts: 4 };
  // A client costs a millisecond or two, and the tree asks EKS alone in most regions.
  const iam = lazily(() => new IAMClient(common));
  const eks = lazily(() => new EKSClient(common));
  const sts = lazily(() => new STSClient(common));
  // One for each call: while the SDK follows a bucket to its region, all calls of the client go there (middleware-sdk-s3).
  const s3 = (): S3Client => new S3Client({ ...common, followRegionRedirects: true });

  const data = lazily(async () => {
    const { awsData } = await import(/* webpackChunkName: "data" */ './data.ts');
    return awsData((bucketRegion) => new S3Client({ ...common, region: bucketRegion, followRegionRedirects: true }));
  });

  return {
    ...awsLists(iam),
    ...awsRoles(iam),
    ...awsBuckets(s3, region),
    ...awsPodIdentity(eks),
    region,

    key: async (name, keyRegion) => {
      // Most buckets have no key of their own.
      const { readKey } = await import(/* webpackChunkName: "kms" */ './keys.ts');
      return readKey({ ...common, region: keyRegion }, name);
    },

    // Only a doctor and the matrix ask.
    organization: async (partition, account) => {
      const { readOrganization } = await import(/* webpackChunkName: "organization" */ './organization.ts');
      return readOrganization(common, partition, account);
    },
    vpcEndpoints: async (vpc) => {
      const { readEndpoints } = await import(/* webpackChunkName: "organization" */ './endpoints.ts');
      return readEndpoints(common, region, vpc);
    },

    caller: () =>
      read('sts:GetCallerIdentity', async () => {
        const { Account, Arn } = await sts().send(new GetCallerIdentityCommand({}));
        return found({ account: Account ?? '', arn: Arn ?? '' });
      }),

    clusterNames: () =>
      read('eks:ListClusters', async () =>
        found(await collect(paginateListClusters({ client: eks(), pageSize: 100 }, {}), (page) => page.clusters)),
      ),

    cluster: (name) =>
      read('eks:DescribeCluster', async () => {
        const { cluster } = await eks().send(new DescribeClusterCommand({ name }));
        const arn = parseArn(cluster?.arn ?? '');
        if (cluster === undefined || arn === undefined) return absent;
        const issuer = cluster.identity?.oidc?.issuer;
        return found<Cluster>({
          name: cluster.name ?? name,
          region,
          arn: cluster.arn ?? '',
          account: arn.account,
          partition: arn.partition,
          status: cluster.status ?? 'UNKNOWN',
          version: cluster.version ?? '',
          ...(cluster.endpoint === undefined ? {} : { endpoint: cluster.endpoint }),
          ...(cluster.certificateAuthority?.data === undefined
            ? {}
            : { certificateAuthority: cluster.certificateAuthority.data }),
          ...(issuer === undefined ? {} : { issuer }),
          ...(cluster.resourcesVpcConfig?.vpcId === undefined ? {} : { vpc: cluster.resourcesVpcConfig.vpcId }),
          ...(cluster.computeConfig?.enabled === true ? { autoMode: true as const } : {}),
          ...(cluster.outpostConfig === undefined || cluster.id === undefined ? {} : { localId: cluster.id }),
        });
      }),

    prefixData: async (...what) => (await data()).prefixData(...what),
    deletePrefix: async (...what) => (await data()).deletePrefix(...what),

    oidcProvider: (arn) =>
      read('iam:GetOpenIDConnectProvider', async () => {
        const { ClientIDList, Tags } = await iam().send(
          new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }),
        );
        return found({ arn, clientIds: ClientIDList ?? [], tags: tagsOf(Tags) });
      }),

    createOidcProvider: (issuerUrl, audience, tags) =>
      act('iam:CreateOpenIDConnectProvider', async () => {
        // No thumbprint: IAM trusts the issuer's CA itself (SDK reference, CreateOpenIDConnectProvider).
        await iam().send(
          new CreateOpenIDConnectProviderCommand({ Url: issuerUrl, ClientIDList: [audience], Tags: tagList(tags) }),
        );
      }),

    addAudience: (providerArn, audience) =>
      act('iam:AddClientIDToOpenIDConnectProvider', async () => {
        await iam().send(
          new AddClientIDToOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: providerArn, ClientID: audience }),
        );
      }),

    deleteOidcProvider: (providerArn) =>
      act('iam:DeleteOpenIDConnectProvider', async () => {
        await iam().send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: providerArn }));
      }),

    removeAudience: (providerArn, audience) =>
      act('iam:RemoveClientIDFromOpenIDConnectProvider', async () => {
        await iam().send(
          new RemoveClientIDFromOpenIDConnectProviderCommand({
            OpenIDConnectProviderArn: providerArn,
            ClientID: audience,
          }),
        );
      }),

    assumeRoleWithWebIdentity: (roleArn, token, sessionName) =>
      act('sts:AssumeRoleWithWebIdentity', async () => {
        const answer = await sts().send(
          new AssumeRoleWithWebIdentityCommand({
            RoleArn: roleArn,
            WebIdentityToken: token,
            RoleSessionName: sessionName,
            DurationSeconds: 900,
          }),
        );
        const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials ?? {};
        if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) {
          throw new OutsideError('STS answered without credentials.', 'NoCredentials');
        }
        return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
      }),

    userPools: (poolRegion) => {
      const pools = lazily(async () => {
        const { userPools } = await import(/* webpackChunkName: "cognito" */ './cognito.ts');
        return userPools({ ...common, region: poolRegion });
      });
      return {
        pools: async () => (await pools()).pools(),
        users: async (pool, email) => (await pools()).users(pool, email),
        createUser: async (pool, email) => (await pools()).createUser(pool, email),
        deleteUser: async (pool, username) => (await pools()).deleteUser(pool, username),
      };
    },

    objects: (bucket, bucketRegion, temporary, endpoint) =>
      objectStore(bucket, bucketRegion, temporary ?? credentials, endpoint),

    eksToken: (clusterName) => act('sts:GetCallerIdentity', () => eksToken(clusterName, region, credentials)),
  };
}

function objectStore(
  bucket: string,
  region: string,
  credentials: TemporaryCredentials | ReturnType<typeof fromNodeProviderChain>,
  endpoint: string | undefined,
): ObjectStore {
  // A store of one's own has no name for each bucket: the launcher, too, puts the bucket into the path.
  const at = endpoint === undefined ? {} : { endpoint, forcePathStyle: true };
  // Checksums as the launcher has them: where S3 wants one, which no call here does.
  const checksums = {
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  } as const;
  const client = new S3Client({ region, credentials, requestHandler: HTTP, maxAttempts: 3, ...checksums, ...at });
  return {
    put: (key, body) =>
      act('s3:PutObject', async () => {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: 'text/plain' }));
      }),
    get: (key) =>
      act('s3:GetObject', async () => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return (await Body?.transformToString()) ?? '';
      }),
    delete: (key) =>
      act('s3:DeleteObject', async () => {
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      }),
    list: (prefix, limit) =>
      act('s3:ListBucket', () =>
        collect(
          paginateListObjectsV2({ client, pageSize: limit }, { Bucket: bucket, Prefix: prefix }),
          ({ Contents }) => (Contents ?? []).flatMap(({ Key }) => Key ?? []),
          limit,
        ),
      ),
    beginUpload: (key) =>
      act('s3:PutObject', async () => {
        const { UploadId, $metadata } = await client.send(
          new CreateMultipartUploadCommand({ Bucket: bucket, Key: key }),
        );
        if (UploadId === undefined) throw new OutsideError('S3 began an upload without an id.', 'NoUpload');
        return { id: UploadId, again: ($metadata.attempts ?? 1) > 1 };
      }),
    uploadPart: (key, UploadId, PartNumber, Body) =>
      act('s3:PutObject', async () => {
        const { ETag } = await client.send(
          new UploadPartCommand({ Bucket: bucket, Key: key, UploadId, PartNumber, Body }),
        );
        return ETag ?? '';
      }),
    completeUpload: (key, UploadId, tags) =>
      act('s3:PutObject', async () => {
        const Parts = tags.map((ETag, at) => ({ ETag, PartNumber: at + 1 }));
        await client.send(
          new CompleteMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId, MultipartUpload: { Parts } }),
        );
      }),
    abortUpload: (key, UploadId) =>
      act('s3:AbortMultipartUpload', async () => {
        try {
          await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId }));
        } catch (error) {
          if (!(error instanceof Error && error.name === 'NoSuchUpload')) throw error;
        }
      }),
    uploads: (key) =>
      act('s3:ListBucketMultipartUploads', async () => {
        const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key }));
        return Uploads.flatMap((one) => (one.Key === key && one.UploadId !== undefined ? [one.UploadId] : []));
      }),
  };
}
