/** Failure modes of IAM, S3, KMS, STS and the EKS API, by calls of AWS as people make them. A table: it starts nothing. */
import {
  AddClientIDToOpenIDConnectProviderCommand,
  AttachRolePolicyCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  DeleteOpenIDConnectProviderCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  type IAMClient,
  ListOpenIDConnectProvidersCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  RemoveClientIDFromOpenIDConnectProviderCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  type EKSClient,
  ListPodIdentityAssociationsCommand,
} from '@aws-sdk/client-eks';
import { CreateKeyCommand, DisableKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketPolicyCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Kube } from '../../../sandbox/kube.ts';
import { xmlValue, xmlValues } from '../../../sandbox/sigv4.ts';
import type { Refused, Scenario, ScenarioText } from '../scenario.ts';
import type { OrganizationOver } from './organization.ts';

/** Clients, and a sound profile of the row's own: it has a role of its own, in a bucket of its own where the row needs that. */
export interface AwsWorld {
  readonly iam: IAMClient;
  readonly eks: EKSClient;
  readonly kms: KMSClient;
  readonly s3: (region?: string) => S3Client;
  /** Of another account. */
  readonly theirS3: S3Client;
  readonly kube: Kube;
  /** The organization over the account; made when it is first asked for. */
  readonly organization: () => Promise<OrganizationOver>;
  /** A call of EC2; answers the XML. */
  readonly ec2: (parameters: Readonly<Record<string, string>>) => Promise<string>;
  readonly vpc: string;
  readonly account: string;
  readonly cluster: string;
  /** Without https://. */
  readonly issuer: string;
  readonly profile: string;
  readonly role: string;
  readonly bucket: string;
}

const providerOf = ({ account, issuer }: AwsWorld, of = issuer): string =>
  `arn:aws:iam::${account}:oidc-provider/${of}`;
const roleArnOf = ({ account, role }: AwsWorld, name = role): string => `arn:aws:iam::${account}:role/${name}`;
const subOf = ({ profile }: AwsWorld): string => `system:serviceaccount:${profile}:default-editor`;
const document = (...Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });

/** Tests of a condition on aud and sub of the cluster; null: without sub. */
const claims = (world: AwsWorld, sub: string | readonly string[] | null = subOf(world)): object => ({
  [`${world.issuer}:aud`]: 'sts.amazonaws.com',
  ...(sub === null ? {} : { [`${world.issuer}:sub`]: sub }),
});
/** The statement of a trust policy that is right; parts may be replaced. */
export const letsIn = (world: AwsWorld, change: object = {}): object => ({
  Effect: 'Allow',
  Principal: { Federated: providerOf(world) },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: { StringEquals: claims(world) },
  ...change,
});
/** The statements of a permission policy that is right, below the profile's prefix. */
export const mayUse = ({ profile }: Pick<AwsWorld, 'profile'>, bucket: string): readonly object[] => [
  { Effect: 'Allow', Action: 's3:GetBucketLocation', Resource: `arn:aws:s3:::${bucket}` },
  {
    Effect: 'Allow',
    Action: 's3:ListBucket',
    Resource: `arn:aws:s3:::${bucket}`,
    Condition: { StringLike: { 's3:prefix': [`${profile}/*`] } },
  },
  {
    Effect: 'Allow',
    Action: [
      ...['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      's3:ListMultipartUploadParts',
    ],
    Resource: `arn:aws:s3:::${bucket}/${profile}/*`,
  },
];

const setTrust = (world: AwsWorld, text: string): Promise<unknown> =>
  world.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: world.role, PolicyDocument: text }));
const setPolicy = (world: AwsWorld, text: string, PolicyName = 'kf-pipeline-s3'): Promise<unknown> =>
  world.iam.send(new PutRolePolicyCommand({ RoleName: world.role, PolicyName, PolicyDocument: text }));
/** A row that changes the statement of the trust policy. */
const trusting = (change: (world: AwsWorld) => object) => (world: AwsWorld) =>
  setTrust(world, document(letsIn(world, change(world))));
/** One that changes its tests under StringEquals. */
const comparing = (tests: (world: AwsWorld) => object) =>
  trusting((world) => ({ Condition: { StringEquals: tests(world) } }));
/** One that changes the statement about objects. */
const writing = (change: (world: AwsWorld) => object) => (world: AwsWorld) => {
  const [locate = {}, list = {}, objects = {}] = mayUse(world, world.bucket);
  return setPolicy(world, document(locate, list, { ...objects, ...change(world) }));
};

/** Where the kfp-launcher of the profile writes. */
const setRoot = (world: AwsWorld, data: Readonly<Record<string, string>>): Promise<unknown> =>
  world.kube.request(
    'PATCH',
    `/api/v1/namespaces/${world.profile}/configmaps/kfp-launcher`,
    { data },
    'application/merge-patch+json',
  );
/** The role of the plugin, and whether the controller leaves it alone. */
const setPlugin = (world: AwsWorld, awsIamRole: string, annotateOnly = true): Promise<unknown> =>
  world.kube.request(
    'PATCH',
    `/apis/kubeflow.org/v1/profiles/${world.profile}`,
    { spec: { plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole, annotateOnly } }] } },
    'application/merge-patch+json',
  );

const FORMER = 'oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF';
/** A provider of a cluster that is gone. */
async function makeFormer({ iam }: AwsWorld): Promise<void> {
  await iam
    .send(new CreateOpenIDConnectProviderCommand({ Url: `https://${FORMER}`, ClientIDList: ['sts.amazonaws.com'] }))
    .catch((error: unknown) => {
      if (!(error instanceof Error && error.name.startsWith('EntityAlreadyExists'))) throw error;
    });
}
const deleteProvider = (world: AwsWorld): Promise<unknown> =>
  world.iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: providerOf(world) }));

/** A managed policy, by its ARN. */
async function managed({ iam, profile, account }: AwsWorld, what: string, text: string): Promise<string> {
  const PolicyName = `${profile}-${what}`;
  await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument: text }));
  return `arn:aws:iam::${account}:policy/${PolicyName}`;
}

/** Encrypts the profile's bucket with a key whose policy is this, or leaves it to IAM. */
async function encrypt(world: AwsWorld, ...policy: readonly object[]): Promise<string> {
  const { KeyMetadata } = await world.kms.send(
    new CreateKeyCommand(policy.length === 0 ? {} : { Policy: document(...policy) }),
  );
  const arn = KeyMetadata?.Arn ?? '';
  await world.s3().send(
    new PutBucketEncryptionCommand({
      Bucket: world.bucket,
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: arn } }],
      },
    }),
  );
  return arn;
}
const decrypt = ({ s3, bucket }: AwsWorld): Promise<unknown> =>
  s3().send(new DeleteBucketEncryptionCommand({ Bucket: bucket }));

/** A role for Pod Identity, and the association of default-editor with it. */
async function associate(world: AwsWorld, { trust, ...association }: Association = {}): Promise<void> {
  const RoleName = `${world.profile}-pods`;
  await world.iam.send(
    new CreateRoleCommand({
      RoleName,
      AssumeRolePolicyDocument: trust ?? document(ofPods(world)),
    }),
  );
  await world.iam.send(
    new PutRolePolicyCommand({ RoleName, PolicyName: 's3', PolicyDocument: document(...mayUse(world, world.bucket)) }),
  );
  await associateRole(world, association);
}
const associateRole = (world: AwsWorld, association: Omit<Association, 'trust'>): Promise<unknown> =>
  world.eks.send(
    new CreatePodIdentityAssociationCommand({
      clusterName: world.cluster,
      namespace: world.profile,
      serviceAccount: 'default-editor',
      roleArn: roleArnOf(world, `${world.profile}-pods`),
      ...association,
    }),
  );
interface Association {
  readonly trust?: string;
  /** A session policy. */
  readonly policy?: string;
  readonly disableSessionTags?: boolean;
}
/** Takes the associations of a profile away. */
async function dissociate({ eks, cluster: clusterName, profile: namespace }: AwsWorld): Promise<void> {
  const { associations = [] } = await eks.send(new ListPodIdentityAssociationsCommand({ clusterName, namespace }));
  for (const { associationId } of associations)
    await eks.send(new DeletePodIdentityAssociationCommand({ clusterName, associationId }));
}
/** The trust policy that an association needs. */
const trustPods = (world: AwsWorld): Promise<unknown> =>
  world.iam.send(
    new UpdateAssumeRolePolicyCommand({ RoleName: `${world.profile}-pods`, PolicyDocument: document(ofPods(world)) }),
  );
const ofPods = ({ account }: AwsWorld, change: object = {}): object => ({
  Effect: 'Allow',
  Principal: { Service: 'pods.eks.amazonaws.com' },
  Action: ['sts:AssumeRole', 'sts:TagSession'],
  Condition: { StringEquals: { 'aws:SourceAccount': account } },
  ...change,
});
/** Takes plugin and annotation away: the profile has its role by Pod Identity alone. */
async function withoutPlugin(world: AwsWorld): Promise<void> {
  await world.kube.request(
    'PATCH',
    `/apis/kubeflow.org/v1/profiles/${world.profile}`,
    { spec: { plugins: null } },
    'application/merge-patch+json',
  );
  await world.kube.request(
    'PATCH',
    `/api/v1/namespaces/${world.profile}/serviceaccounts/default-editor`,
    { metadata: { annotations: { 'eks.amazonaws.com/role-arn': null } } },
    'application/merge-patch+json',
  );
}

type Row = Scenario<AwsWorld>;
const REPAIR = { by: 'repair' } as const;
const hand = (why: string, mend?: Row['ending'] extends infer E ? (E extends { mend?: infer M } ? M : never) : never) =>
  ({ by: 'hand', why, ...(mend === undefined ? {} : { mend }) }) as const;

/** Trust policies and OIDC providers. */
const TRUST: readonly Row[] = [
  {
    id: 'KP-021',
    name: 'a role that serves somebody else, too, and a controller that may rewrite its trust policy',
    arrange: async (world) => {
      await setTrust(
        world,
        document(letsIn(world), {
          Effect: 'Allow',
          Principal: { Service: 'ec2.amazonaws.com' },
          Action: 'sts:AssumeRole',
        }),
      );
      await setPlugin(world, roleArnOf(world), false);
    },
    says: /statement/,
    ending: REPAIR,
  },
  {
    id: 'KP-023',
    name: 'a trust policy of almost 2,048 characters',
    arrange: comparing((world) => ({
      ...claims(world, [
        subOf(world),
        ...Array.from({ length: 36 }, (_, at) => `system:serviceaccount:${world.profile}:trainer-${at}`),
      ]),
    })),
    says: /2,?048|characters/,
    ending: hand(
      'What else the role is for only its owner knows: give other service accounts roles of their own.',
      (world) => setTrust(world, document(letsIn(world))),
    ),
  },
  {
    id: 'KP-025',
    name: 'the OIDC provider of the cluster was deleted',
    arrange: deleteProvider,
    says: /no OIDC provider/,
    everybody: true,
    ending: REPAIR,
  },
  {
    id: 'KP-026',
    name: 'a role that trusts the provider of a former cluster',
    arrange: async (world) => {
      await makeFormer(world);
      await setTrust(
        world,
        document(
          letsIn(world, {
            Principal: { Federated: providerOf(world, FORMER) },
            Condition: {
              StringEquals: { [`${FORMER}:aud`]: 'sts.amazonaws.com', [`${FORMER}:sub`]: subOf(world) },
            },
          }),
        ),
      );
    },
    also: ['KP-032', 'KP-037'],
    says: /issuer of the cluster/,
    ending: REPAIR,
  },
  {
    id: 'KP-027',
    name: 'the provider does not take the audience of service accounts',
    arrange: async (world) => {
      const OpenIDConnectProviderArn = providerOf(world);
      await world.iam.send(
        new AddClientIDToOpenIDConnectProviderCommand({ OpenIDConnectProviderArn, ClientID: 'sts.amazonaws.com.cn' }),
      );
      await world.iam.send(
        new RemoveClientIDFromOpenIDConnectProviderCommand({
          OpenIDConnectProviderArn,
          ClientID: 'sts.amazonaws.com',
        }),
      );
    },
    says: /audience sts\.amazonaws\.com/,
    everybody: true,
    ending: REPAIR,
  },
  {
    id: 'KP-028',
    name: 'a trust policy that asks for no audience',
    arrange: comparing((world) => ({ [`${world.issuer}:sub`]: subOf(world) })),
    says: /aud/,
    ending: REPAIR,
  },
  {
    id: 'KP-029',
    name: 'a trust policy as on the AWS page, with aud alone',
    arrange: comparing((world) => ({ [`${world.issuer}:aud`]: 'sts.amazonaws.com' })),
    says: /sub/,
    ending: REPAIR,
  },
  {
    id: 'KP-030',
    name: 'sub of the page that it was copied from',
    arrange: comparing((world) => claims(world, 'system:serviceaccount:kubeflow-user-example-com:default-editor')),
    says: /run as system:serviceaccount/,
    ending: REPAIR,
  },
  {
    id: 'KP-031',
    name: 'a wildcard under StringEquals',
    arrange: comparing((world) => claims(world, `system:serviceaccount:${world.profile}:*`)),
    says: /StringEquals/,
    ending: REPAIR,
  },
  {
    id: 'KP-032',
    name: 'https:// in the keys of the condition',
    arrange: comparing((world) => ({
      [`https://${world.issuer}:aud`]: 'sts.amazonaws.com',
      [`https://${world.issuer}:sub`]: subOf(world),
    })),
    says: /https:\/\//,
    ending: REPAIR,
  },
  {
    id: 'KP-033',
    name: 'sts:AssumeRole for the OIDC provider',
    arrange: trusting(() => ({ Action: 'sts:AssumeRole' })),
    says: /AssumeRoleWithWebIdentity/,
    ending: REPAIR,
  },
  {
    id: 'KP-034',
    name: 'a plugin that names the role in another partition',
    arrange: (world) => setPlugin(world, roleArnOf(world).replace('arn:aws:', 'arn:aws-cn:')),
    also: ['KP-087'],
    says: /aws-cn/,
    ending: REPAIR,
  },
  {
    id: 'KP-004',
    name: 'a placeholder for the namespace in sub',
    arrange: comparing((world) => claims(world, 'system:serviceaccount:<profile>:default-editor')),
    says: /<profile>/,
    ending: REPAIR,
  },
  {
    id: 'KP-037',
    name: 'a role of another purpose that was there before the Profile',
    arrange: (world) =>
      setTrust(
        world,
        document({ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }),
      ),
    also: ['KP-033'],
    says: /ec2\.amazonaws\.com/,
    ending: REPAIR,
  },
  {
    id: 'KP-038',
    name: 'a hundred providers of clusters that are gone, and none of this one',
    arrange: async (world) => {
      await deleteProvider(world);
      const { OpenIDConnectProviderList = [] } = await world.iam.send(new ListOpenIDConnectProvidersCommand({}));
      await Promise.all(
        Array.from({ length: 100 - OpenIDConnectProviderList.length }, (_, at) =>
          world.iam.send(
            new CreateOpenIDConnectProviderCommand({
              Url: `https://oidc.eks.us-west-2.amazonaws.com/id/${String(at).padStart(32, '0')}`,
              ClientIDList: ['sts.amazonaws.com'],
            }),
          ),
        ),
      );
    },
    also: ['KP-025'],
    says: /100 OIDC providers/,
    everybody: true,
    ending: hand(
      'Which clusters are gone only their owner knows. Then the provider is made by a plan.',
      async (world) => {
        const { OpenIDConnectProviderList = [] } = await world.iam.send(new ListOpenIDConnectProvidersCommand({}));
        const gone = OpenIDConnectProviderList.filter(({ Arn = '' }) => /\/0{28}\d{4}$/.test(Arn));
        for (const { Arn } of gone)
          await world.iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: Arn }));
        await world.iam.send(
          new CreateOpenIDConnectProviderCommand({
            Url: `https://${world.issuer}`,
            ClientIDList: ['sts.amazonaws.com'],
          }),
        );
      },
    ),
  },
  {
    id: 'KP-085',
    name: 'Federated as a list, and a controller that writes the trust policy',
    arrange: async (world) => {
      await setTrust(world, document(letsIn(world, { Principal: { Federated: [providerOf(world)] } })));
      await setPlugin(world, roleArnOf(world), false);
    },
    also: ['KP-020'],
    says: /list/,
    ending: REPAIR,
  },
  {
    id: 'T-STMT-OBJECT',
    name: 'a statement without a list, and a controller that writes the trust policy',
    arrange: async (world) => {
      await setTrust(world, JSON.stringify({ Version: '2012-10-17', Statement: letsIn(world) }));
      await setPlugin(world, roleArnOf(world), false);
    },
    also: ['KP-020'],
    says: /list/,
    ending: REPAIR,
  },
  {
    id: 'T-NO-CONDITION',
    name: 'a trust policy that asks nothing of the token',
    arrange: trusting(() => ({ Condition: undefined })),
    says: /condition/i,
    ending: REPAIR,
  },
  {
    id: 'T-LIKE-ANY-NS',
    name: 'a sub for every namespace',
    arrange: trusting((world) => ({
      Condition: {
        StringEquals: claims(world, null),
        StringLike: { [`${world.issuer}:sub`]: 'system:serviceaccount:*:default-editor' },
      },
    })),
    says: /namespace/,
    ending: REPAIR,
  },
  {
    id: 'T-LIKE-NS-ANY-SA',
    name: 'a sub for every service account of the namespace',
    arrange: trusting((world) => ({
      Condition: {
        StringEquals: claims(world, null),
        StringLike: { [`${world.issuer}:sub`]: `system:serviceaccount:${world.profile}:*` },
      },
    })),
    says: /service account/,
    ending: REPAIR,
  },
  {
    id: 'T-FORALLVALUES',
    name: 'ForAllValues on aud and sub',
    arrange: trusting((world) => ({ Condition: { 'ForAllValues:StringEquals': claims(world) } })),
    says: /ForAllValues/,
    ending: REPAIR,
  },
  {
    id: 'T-IFEXISTS',
    name: 'IfExists on aud and sub',
    arrange: trusting((world) => ({ Condition: { StringEqualsIfExists: claims(world) } })),
    says: /IfExists/,
    ending: REPAIR,
  },
  {
    id: 'T-SUB-FORM',
    name: 'a sub without system:serviceaccount:',
    arrange: comparing((world) => claims(world, `${world.profile}:default-editor`)),
    says: /system:serviceaccount/,
    ending: REPAIR,
  },
];

/** Roles by themselves. */
const ROLES: readonly Row[] = [
  {
    id: 'KP-086',
    name: 'the role was deleted',
    arrange: async ({ iam, role: RoleName }) => {
      await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'kf-pipeline-s3' }));
      await iam.send(new DeleteRoleCommand({ RoleName }));
    },
    says: /There is no role/,
    ending: REPAIR,
  },
  {
    id: 'KP-087',
    name: 'the plugin names the role without its path',
    arrange: async (world) => {
      const RoleName = `${world.profile}-moved`;
      await world.iam.send(
        new CreateRoleCommand({ RoleName, Path: '/teams/', AssumeRolePolicyDocument: document(letsIn(world)) }),
      );
      await world.iam.send(
        new PutRolePolicyCommand({
          RoleName,
          PolicyName: 'kf-pipeline-s3',
          PolicyDocument: document(...mayUse(world, world.bucket)),
        }),
      );
      await setPlugin(world, roleArnOf(world, RoleName));
    },
    says: /role\/teams\//,
    ending: REPAIR,
  },
  {
    id: 'KP-049',
    name: 'a permissions boundary that leaves out S3',
    arrange: async (world) => {
      const limits = await managed(world, 'limits', document({ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }));
      await world.iam.send(
        new PutRolePermissionsBoundaryCommand({ RoleName: world.role, PermissionsBoundary: limits }),
      );
    },
    says: /boundary .*-limits .*s3:PutObject/,
    ending: hand('A boundary is there to hold: who set it widens it, or takes it away.', (world) =>
      world.iam.send(
        new CreatePolicyVersionCommand({
          PolicyArn: `arn:aws:iam::${world.account}:policy/${world.profile}-limits`,
          PolicyDocument: document({ Effect: 'Allow', Action: ['ec2:*', 's3:*'], Resource: '*' }),
          SetAsDefault: true,
        }),
      ),
    ),
  },
  {
    id: 'KP-049',
    name: 'a bucket policy that denies the role',
    arrange: (world) =>
      world.s3().send(
        new PutBucketPolicyCommand({
          Bucket: world.bucket,
          Policy: document({
            Effect: 'Deny',
            Principal: { AWS: roleArnOf(world) },
            Action: 's3:PutObject',
            Resource: `arn:aws:s3:::${world.bucket}/*`,
          }),
        }),
      ),
    says: /policy of bucket .* denies role/,
    ending: hand('A Deny is meant: the owner of the bucket takes it out, or another bucket is chosen.', (world) =>
      world.s3().send(new DeleteBucketPolicyCommand({ Bucket: world.bucket })),
    ),
  },
];

/** Permission policies. */
const PERMISSIONS: readonly Row[] = [
  {
    id: 'KP-039',
    name: 'four colons before the bucket',
    arrange: writing(({ bucket, profile }) => ({ Resource: `arn:aws:s3::::${bucket}/${profile}/*` })),
    also: ['KP-041', 'KP-055'],
    says: /colon/,
    ending: REPAIR,
  },
  {
    id: 'KP-040',
    name: 'a placeholder in the policy',
    arrange: writing(() => ({ Resource: 'arn:aws:s3:::<your-bucket>/*' })),
    also: ['KP-041', 'KP-055'],
    says: /<your-bucket>/,
    ending: REPAIR,
  },
  {
    id: 'KP-040',
    name: 'a shell variable that was not filled in',
    arrange: writing(() => ({ Resource: 'arn:aws:s3:::${S3_BUCKET}/*' })),
    also: ['KP-041', 'KP-055'],
    says: /S3_BUCKET/,
    ending: REPAIR,
  },
  {
    id: 'KP-041',
    name: 'a policy that lets nothing be written',
    arrange: writing(() => ({ Action: ['s3:DeleteObject', 's3:AbortMultipartUpload'] })),
    also: ['KP-055'],
    says: /may not write/,
    ending: REPAIR,
  },
  {
    id: 'KP-042',
    name: 'a bucket name in upper case',
    arrange: writing(({ profile }) => ({ Resource: `arn:aws:s3:::My_Bucket/${profile}/*` })),
    also: ['KP-041', 'KP-046', 'KP-055'],
    says: /My_Bucket/,
    ending: REPAIR,
  },
  {
    id: 'KP-043',
    name: 'the partition of China',
    arrange: writing(({ bucket, profile }) => ({ Resource: `arn:aws-cn:s3:::${bucket}/${profile}/*` })),
    also: ['KP-041', 'KP-055'],
    says: /aws-cn/,
    ending: REPAIR,
  },
  {
    id: 'KP-044',
    name: 's3:* on the bucket',
    arrange: (world) =>
      setPolicy(
        world,
        document({
          Effect: 'Allow',
          Action: 's3:*',
          Resource: [`arn:aws:s3:::${world.bucket}`, `arn:aws:s3:::${world.bucket}/*`],
        }),
      ),
    says: /s3:\*/,
    ending: REPAIR,
  },
  {
    id: 'KP-045',
    name: 'object actions on the bucket',
    arrange: writing(({ bucket }) => ({ Resource: `arn:aws:s3:::${bucket}` })),
    also: ['KP-055', 'KP-041'],
    says: /object/,
    ending: REPAIR,
  },
  {
    id: 'P-ACTION',
    name: 'an action that does not exist',
    arrange: writing(() => ({
      Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObjcet', 's3:AbortMultipartUpload'],
    })),
    says: /DeleteObjcet/,
    ending: REPAIR,
  },
  {
    id: 'P-CONDITION',
    name: 'a condition key misspelt',
    arrange: (world) =>
      setPolicy(
        world,
        document(...mayUse(world, world.bucket), {
          Effect: 'Allow',
          Action: 's3:ListBucketVersions',
          Resource: `arn:aws:s3:::${world.bucket}`,
          Condition: { StringLike: { 's3:prefx': `${world.profile}/*` } },
        }),
      ),
    says: /s3:prefx/,
    ending: REPAIR,
  },
  {
    id: 'P-SIZE',
    name: 'inline policies of almost 10,240 characters',
    arrange: (world) =>
      setPolicy(
        world,
        document(...mayUse(world, world.bucket), {
          Effect: 'Allow',
          Action: 's3:GetObject',
          Resource: Array.from({ length: 180 }, (_, at) => `arn:aws:s3:::${world.bucket}/shared/department-${at}/*`),
        }),
      ),
    says: /10,?240/,
    ending: REPAIR,
  },
  {
    id: 'KP-044',
    name: 's3:* in a managed policy that is attached',
    arrange: async (world) => {
      const everything = document({ Effect: 'Allow', Action: 's3:*', Resource: '*' });
      const PolicyArn = await managed(world, 'everything', everything);
      await world.iam.send(new AttachRolePolicyCommand({ RoleName: world.role, PolicyArn }));
    },
    says: /policy\/.*-everything: .*s3:\*/,
    ending: hand('Who attached the policy may need it: detach it where the inline policy is enough.', (world) =>
      world.iam.send(
        new DetachRolePolicyCommand({
          RoleName: world.role,
          PolicyArn: `arn:aws:iam::${world.account}:policy/${world.profile}-everything`,
        }),
      ),
    ),
  },
];

/** Buckets and their keys, and where pipelines write. */
const BUCKETS: readonly Row[] = [
  {
    id: 'KP-055',
    name: 'a pipeline root in the store of the cluster',
    arrange: (world) => setRoot(world, { defaultPipelineRoot: 'minio://mlpipeline/v2/artifacts' }),
    says: /minio:\/\/mlpipeline/,
    ending: REPAIR,
  },
  {
    id: 'KP-046',
    name: 'the bucket was deleted',
    arrange: ({ s3, bucket }) => s3().send(new DeleteBucketCommand({ Bucket: bucket })),
    says: /no bucket/,
    ending: REPAIR,
  },
  {
    id: 'KP-046',
    name: 'a bucket in another region than pipelines call',
    arrange: async (world) => {
      const Bucket = `${world.bucket}-eu`;
      await world.s3('eu-central-1').send(
        new CreateBucketCommand({
          Bucket,
          CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' },
        }),
      );
      await setPolicy(world, document(...mayUse(world, Bucket)));
      await setRoot(world, { defaultPipelineRoot: `s3://${Bucket}/${world.profile}/v2/artifacts` });
    },
    says: /eu-central-1.*us-west-2/,
    ending: REPAIR,
  },
  {
    id: 'KP-046',
    name: 'a bucket of another account',
    arrange: async (world) => {
      const Bucket = `${world.profile}-theirs`;
      await world.theirS3.send(
        new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'us-west-2' } }),
      );
      await setPolicy(world, document(...mayUse(world, Bucket)));
      await setRoot(world, { defaultPipelineRoot: `s3://${Bucket}/${world.profile}/v2/artifacts` });
    },
    says: /not of account/,
    ending: hand(
      'The owner of the bucket lets the role in with its policy, which only a verification shows; or the profile gets a bucket of its own account.',
      async (world) => {
        await setPolicy(world, document(...mayUse(world, world.bucket)));
        await setRoot(world, { defaultPipelineRoot: `s3://${world.bucket}/${world.profile}/v2/artifacts` });
      },
    ),
  },
  {
    id: 'KP-047',
    name: 'a key that the role may not use',
    arrange: (world) => encrypt(world),
    says: /kms:GenerateDataKey/,
    ending: REPAIR,
    after: decrypt,
  },
  {
    id: 'KP-047',
    name: 'a key whose policy lets in another role only',
    arrange: (world) =>
      encrypt(
        world,
        {
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${world.account}:root` },
          Action: ['kms:Describe*', 'kms:Get*', 'kms:Put*'],
          Resource: '*',
        },
        {
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${world.account}:role/eks-cluster-role` },
          Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          Resource: '*',
        },
      ),
    says: /policy/,
    ending: hand(
      "The administrator of the key adds a statement, which the finding writes: a key's policy is never changed by a plan.",
      decrypt,
    ),
  },
  {
    id: 'KP-047',
    name: 'a key that was disabled',
    arrange: async (world) => {
      const KeyId = await encrypt(world);
      await setPolicy(
        world,
        document({ Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: KeyId }),
        'key',
      );
      await world.kms.send(new DisableKeyCommand({ KeyId: KeyId.split('/')[1] }));
    },
    says: /disabled/,
    ending: hand('Who disabled the key enables it, or the bucket gets another one.', decrypt),
  },
  {
    id: 'KP-048',
    name: 'a bucket that refuses whoever comes without TLS, and Argo that does',
    arrange: async (world) => {
      await world.s3().send(
        new PutBucketPolicyCommand({
          Bucket: world.bucket,
          Policy: document({
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:*',
            Resource: [`arn:aws:s3:::${world.bucket}`, `arn:aws:s3:::${world.bucket}/*`],
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        }),
      );
      const name = 'workflow-controller-configmap';
      await world.kube.apply(`/api/v1/namespaces/kubeflow/configmaps/${name}`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: 'kubeflow' },
        data: { artifactRepository: `s3:\n  bucket: ${world.bucket}\n  insecure: true\n` },
      });
    },
    says: /without TLS/,
    ending: hand('The settings of Argo are for all of the cluster: set insecure: false there.', ({ kube }) =>
      kube.request('DELETE', '/api/v1/namespaces/kubeflow/configmaps/workflow-controller-configmap'),
    ),
  },
];

/** EKS Pod Identity. */
const POD_IDENTITY: readonly Row[] = [
  {
    id: 'KP-062',
    name: 'a Pod Identity association beside the plugin',
    arrange: (world) => associate(world),
    says: /association with role/,
    ending: hand('Which of the two is meant only its owner knows: delete the association, or the plugin.', dissociate),
  },
  {
    id: 'KP-073',
    name: 'a role of an association without sts:TagSession',
    arrange: async (world) => {
      await withoutPlugin(world);
      await associate(world, { trust: document(ofPods(world, { Action: 'sts:AssumeRole' })) });
    },
    says: /sts:TagSession/,
    ending: hand('The trust policy is the work of who made the association: allow both actions.', trustPods),
  },
  {
    id: 'KP-073',
    name: 'a role of an association for eks.amazonaws.com',
    arrange: async (world) => {
      await withoutPlugin(world);
      await associate(world, { trust: document(ofPods(world, { Principal: { Service: 'eks.amazonaws.com' } })) });
    },
    says: /eks\.amazonaws\.com, which is another service/,
    ending: hand('The trust policy is the work of who made the association: name pods.eks.amazonaws.com.', trustPods),
  },
  {
    id: 'KP-074',
    name: 'a tag of Pod Identity in the policy of a role that comes by token',
    arrange: writing(({ bucket }) => ({
      Resource: `arn:aws:s3:::${bucket}/\${aws:PrincipalTag/kubernetes-namespace}/*`,
    })),
    also: ['KP-041', 'KP-055'],
    says: /kubernetes-namespace/,
    ending: REPAIR,
  },
  {
    id: 'KP-075',
    name: 'a role that carries the tag of a namespace itself',
    arrange: async (world) => {
      await world.iam.send(
        new TagRoleCommand({
          RoleName: world.role,
          Tags: [{ Key: 'kubernetes-namespace', Value: world.profile }],
        }),
      );
      const resource = `arn:aws:s3:::${world.bucket}/\${aws:PrincipalTag/kubernetes-namespace}/*`;
      await writing(() => ({ Resource: resource }))(world);
    },
    says: /carries the tag kubernetes-namespace/,
    ending: REPAIR,
  },
  {
    id: 'KP-075',
    name: 'a role whose pods may tag every role',
    arrange: (world) => setPolicy(world, document({ Effect: 'Allow', Action: 'iam:TagRole', Resource: '*' }), 'tags'),
    says: /may tag every role/,
    ending: hand('What else the role is for only its owner knows: take iam:TagRole out of its policies.', (world) =>
      world.iam.send(new DeleteRolePolicyCommand({ RoleName: world.role, PolicyName: 'tags' })),
    ),
  },
  {
    id: 'KP-076',
    name: 'a session policy of an association with session tags',
    arrange: async (world) => {
      await withoutPlugin(world);
      await associate(world, { policy: document(...mayUse(world, world.bucket)) });
    },
    says: /disableSessionTags/,
    ending: hand('The association is the work of who made it: set disableSessionTags.', async (world) => {
      await dissociate(world);
      await associateRole(world, {
        policy: document(...mayUse(world, world.bucket)),
        disableSessionTags: true,
      });
    }),
  },
];

const ABOVE = 'Who manages the organization decides: they take the policy off, or let this role out of it.';
const asRole = (world: AwsWorld): object => ({ ArnEquals: { 'aws:PrincipalArn': roleArnOf(world) } });
const every = { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' };

/** An endpoint of a service in the cluster's VPC. Its policy lets everything through but what the statement denies. */
const endpoint = async (world: AwsWorld, service: 's3' | 'sts', denied: object): Promise<void> => {
  const told = await world.ec2({ Action: 'DescribeRouteTables' });
  await world.ec2({
    Action: 'CreateVpcEndpoint',
    VpcId: world.vpc,
    ServiceName: `com.amazonaws.us-west-2.${service}`,
    PolicyDocument: document(every, { ...every, Effect: 'Deny', ...denied }),
    ...(service === 's3'
      ? { VpcEndpointType: 'Gateway', 'RouteTableId.1': xmlValue(told, 'routeTableId') ?? '' }
      : { VpcEndpointType: 'Interface', PrivateDnsEnabled: 'true' }),
  });
};
/** All endpoints go. */
const noEndpoints = async (world: AwsWorld): Promise<void> => {
  // Those that are deleted stay in the list for a while.
  const ids = xmlValues(await world.ec2({ Action: 'DescribeVpcEndpoints' }), 'vpcEndpointId');
  const named = ids.map((id, at) => [`VpcEndpointId.${at + 1}`, id] as const);
  await world.ec2({ Action: 'DeleteVpcEndpoints', ...Object.fromEntries(named) });
};

/** What stands over the account, and between the cluster and AWS. */
const ORGANIZATION: readonly Row[] = [
  {
    id: 'KP-079',
    name: 'a service control policy that denies the role writing',
    arrange: async (world) => {
      const over = await world.organization();
      await over.attach('service', 'NoWrites', over.unit, {
        ...{ Sid: 'NoWrites', Effect: 'Deny', Action: 's3:PutObject', Resource: '*', Condition: asRole(world) },
      });
    },
    says: /s3:PutObject in s3:.* statement 1 \(NoWrites\) of service control policy NoWrites \(p-\w+, at ou-[\w-]+\) denies it/,
    ending: hand(ABOVE, async (world) => (await world.organization()).detach('NoWrites')),
  },
  {
    id: 'KP-079',
    name: 'an organizational unit at which nothing allows S3',
    arrange: async (world) => {
      const over = await world.organization();
      await over.attach('service', 'OnlyEks', over.unit, {
        ...{ Effect: 'Allow', Action: ['eks:*', 'iam:*', 'sts:*', 'organizations:*', 'ec2:*'], Resource: '*' },
      });
      await over.detach('FullAWSAccess');
    },
    // Who looks may not read the bucket either.
    also: ['KP-046'],
    says: /no service control policy at ou-[\w-]+ allows it \(there are OnlyEks \(p-\w+\)\)/,
    everybody: true,
    ending: hand(ABOVE, async (world) => {
      const over = await world.organization();
      await over.attach('service', 'FullAWSAccess', over.unit);
      await over.detach('OnlyEks');
    }),
  },
  {
    id: 'KP-079',
    name: 'a resource control policy that keeps out tokens of the namespace',
    arrange: async (world) => {
      const over = await world.organization();
      await over.attach('resource', 'NotThese', over.root, {
        ...{ Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRoleWithWebIdentity', Resource: '*' },
        Condition: { StringEquals: { [`${world.issuer}:sub`]: subOf(world) } },
      });
    },
    says: /sts:AssumeRoleWithWebIdentity is refused for role .*resource control policy NotThese/,
    ending: hand(ABOVE, async (world) => (await world.organization()).detach('NotThese')),
  },
  {
    id: 'KP-061',
    name: 'an endpoint of STS whose policy denies the role',
    arrange: (world) => endpoint(world, 'sts', { Action: 'sts:*', Resource: roleArnOf(world) }),
    says: /VPC endpoint vpce-\w+, whose policy denies \(statement 2\) sts:AssumeRoleWithWebIdentity/,
    ending: hand('Whose network it is decides over its endpoints: they let the role through.', noEndpoints),
  },
  {
    id: 'KP-061',
    name: 'an endpoint of S3 whose policy denies the bucket',
    arrange: (world) => endpoint(world, 's3', { Action: 's3:*', Resource: `arn:aws:s3:::${world.bucket}*` }),
    says: /route table rtb-\w+ reach S3 through VPC endpoint vpce-\w+, whose policy denies \(statement 2\) s3:ListBucket/,
    ending: hand('Whose network it is decides over its endpoints: they let the bucket through.', noEndpoints),
  },
];

export const awsScenarios: readonly Row[] = [
  ...[...TRUST, ...ROLES, ...PERMISSIONS, ...BUCKETS, ...POD_IDENTITY],
  ...ORGANIZATION,
];

/** What IAM does not take. */
export const refusedByAws: readonly Refused<AwsWorld>[] = [
  {
    id: 'KP-034',
    name: 'a provider of another account in a trust policy',
    attempt: trusting((world) => ({
      Principal: { Federated: `arn:aws:iam::444455556666:oidc-provider/${world.issuer}` },
    })),
    refusal: /principal/i,
  },
  {
    id: 'P-SYNTAX',
    name: 'Effect in lower case',
    attempt: (world) => setPolicy(world, document({ Effect: 'allow', Action: 's3:*', Resource: '*' })),
    refusal: /effect|Syntax/i,
  },
  {
    id: 'P-VERSION',
    name: 'a policy without Version',
    attempt: (world) => setPolicy(world, JSON.stringify({ Statement: mayUse(world, world.bucket) })),
    refusal: /version/i,
  },
  {
    id: 'P-CHARSET',
    name: 'a typographic hyphen in a prefix',
    attempt: writing(({ bucket }) => ({ Resource: `arn:aws:s3:::${bucket}/team\u2013a/*` })),
    refusal: /regular expression|Syntax|invalid/i,
  },
  {
    id: 'T-HOSTSWAP',
    name: 'the host of the issuer swapped',
    attempt: trusting((world) => ({
      Principal: { Federated: providerOf(world, world.issuer.replace('oidc.eks.us-west-2', 'oidc.us-west-2.eks')) },
    })),
    refusal: /principal/i,
  },
];

/** What docs/failure-modes.md tells of them. */
export const awsScenarioTexts: readonly ScenarioText[] = [
  ...awsScenarios.map(({ id, name, ending }) => ({
    id,
    name,
    ending: { by: ending.by, ...('why' in ending ? { why: ending.why } : {}) },
  })),
  ...refusedByAws.map(({ id, name }) => ({
    id,
    name,
    ending: { by: 'nobody', why: 'AWS refuses it.' } as const,
  })),
];
