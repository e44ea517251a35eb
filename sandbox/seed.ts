// The world that a sandbox starts with: an AWS account with buckets in two regions, three EKS clusters, and on one of them
// Kubeflow with a profile that is right and one that has the mistakes of the AWS page's recipe.
import { createHash } from 'node:crypto';
import { installKubeflow, PIPELINES_ACCOUNTS, servesProfiles } from './kubeflow.ts';
import { until } from './cluster.ts';
import type { Kube, KubeObject } from './kube.ts';
import type { UserPool } from './people.ts';
import { AwsError, call, query, xmlValue, type Credentials } from './sigv4.ts';

export const ACCOUNT = '111122223333';
export const OTHER_ACCOUNT = '444455556666';
export const REGION = 'us-west-2';
export const BUCKETS = [
  { name: `kubeflow-artifacts-${ACCOUNT}`, region: 'us-west-2' },
  { name: `ml-artifacts-eu-${ACCOUNT}`, region: 'eu-central-1' },
] as const;
export const CLUSTERS = {
  'kubeflow-dev': { region: 'us-west-2' },
  analytics: { region: 'eu-central-1' },
  legacy: { region: 'us-west-2' },
} as const;
export const arnOf = (name: keyof typeof CLUSTERS): string =>
  `arn:aws:eks:${CLUSTERS[name].region}:${ACCOUNT}:cluster/${name}`;
/** An issuer's id is 32 upper-case hex digits; here they follow from the cluster's ARN. */
export const issuerOf = (name: keyof typeof CLUSTERS): string =>
  `https://oidc.eks.${CLUSTERS[name].region}.amazonaws.com/id/${createHash('md5').update(arnOf(name)).digest('hex').toUpperCase()}`;
/** A namespace of kubeflow-dev that belongs to no profile. */
export const TAKEN_NAMESPACE = 'taken';

const statement = (Action: string | readonly string[], Resource = '*'): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource }],
});
const READ_ONLY = [
  ...['eks:Describe*', 'eks:List*', 'iam:Get*', 'iam:List*', 'sts:Get*'],
  ...['s3:GetBucketLocation', 's3:ListBucket', 's3:ListAllMyBuckets', 's3:GetObject'],
];
/** The IAM users; each gets an access key. */
export const USERS = [
  { account: ACCOUNT, name: 'sandbox-admin', policy: statement('*') },
  { account: ACCOUNT, name: 'sandbox-readonly', policy: statement(READ_ONLY) },
  { account: OTHER_ACCOUNT, name: 'other-account-admin', policy: statement('*') },
  // The sandbox's own parts; their calls are not counted.
  { account: ACCOUNT, name: 'sandbox-internal', policy: statement('*') },
  { account: ACCOUNT, name: 'profile-controller', policy: statement(['iam:GetRole', 'iam:UpdateAssumeRolePolicy']) },
] as const;
export type UserName = (typeof USERS)[number]['name'];
/** A role that the admin may assume and that is a cluster administrator, for the profile `operator`. */
export const OPERATOR_ROLE = 'KubeflowOperator';
/** The role of Kubeflow Pipelines' own servers on kubeflow-dev. */
export const PIPELINES_ROLE = 'kubeflow-dev-pipelines';
/**
 * The session of IAM Identity Center of the profile `sso`, which gives the role above. The name is one that the user's own files
 * do not have; the region is none of the clusters'.
 */
export const SSO = {
  session: 'kubeflow-irsa-sandbox',
  startUrl: 'https://d-0123456789.awsapps.com/start',
  region: 'us-east-1',
} as const;

export interface SeedProfile {
  readonly name: string;
  readonly owner: string;
  readonly roleName: string;
  readonly policyName: string;
  readonly trust: object;
  readonly policy: object;
}
/** The profiles of kubeflow-dev. `issuer` is without https://. */
export function seedProfiles(issuer: string): readonly SeedProfile[] {
  const bucket = `arn:aws:s3:::${BUCKETS[0].name}`;
  const trust = (subject: Record<string, string>): object => ({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${issuer}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${issuer}:aud`]: 'sts.amazonaws.com', ...subject } },
      },
    ],
  });
  const objects = ['Get', 'Put', 'Delete'].map((verb) => `s3:${verb}Object`);
  return [
    {
      name: 'team-a',
      owner: 'alice@example.com',
      roleName: 'team-a-kubeflow-dev-role',
      policyName: 'kf-pipeline-s3',
      trust: trust({ [`${issuer}:sub`]: 'system:serviceaccount:team-a:default-editor' }),
      policy: {
        Version: '2012-10-17',
        Statement: [
          { Sid: 'LocateBucket', Effect: 'Allow', Action: 's3:GetBucketLocation', Resource: bucket },
          {
            Sid: 'ListOwnPrefix',
            Effect: 'Allow',
            Action: 's3:ListBucket',
            Resource: bucket,
            Condition: { StringLike: { 's3:prefix': 'team-a/*' } },
          },
          {
            Sid: 'ReadWriteOwnPrefix',
            Effect: 'Allow',
            Action: [...objects, 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
            Resource: `${bucket}/team-a/*`,
          },
        ],
      },
    },
    {
      // Made by the AWS page "Pipeline Profiles": no `sub`, a colon too many, a shell variable that was never filled in.
      name: 'team-b',
      owner: 'user@example.com',
      roleName: 'team-b-kubeflow-dev-role',
      policyName: 'kf-pipeline-s3',
      trust: trust({}),
      policy: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 's3:*',
            Resource: ['arn:aws:s3:::${S3_BUCKET}', 'arn:aws:s3::::${S3_BUCKET}/*'],
          },
        ],
      },
    },
  ];
}

/** Fills the account: buckets, clusters, and for kubeflow-dev the OIDC provider and the roles. */
export async function seedAccount(endpoint: string, credentials: Credentials, issuer: string): Promise<void> {
  const iam = (parameters: Readonly<Record<string, string>>): Promise<string> =>
    query(endpoint, credentials, 'iam', parameters);
  const rest = async (service: string, region: string, method: string, path: string, body: string): Promise<void> => {
    const type = service === 'eks' ? { 'content-type': 'application/json' } : {};
    const answer = await call(endpoint, { service, region, credentials, method, path, body, headers: type });
    if (answer.status >= 400) throw new AwsError(`${service} ${path}`, xmlValue(answer.text, 'Message') ?? answer.text);
  };
  const clusterRole = await iam({
    Action: 'CreateRole',
    RoleName: 'eks-cluster-role',
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'eks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    }),
  });
  const roleArn = xmlValue(clusterRole, 'Arn') ?? '';
  const inIam = async (): Promise<void> => {
    await iam({
      Action: 'CreateOpenIDConnectProvider',
      Url: `https://${issuer}`,
      'ClientIDList.member.1': 'sts.amazonaws.com',
    });
    for (const { roleName: RoleName, policyName: PolicyName, trust, policy } of seedProfiles(issuer)) {
      await iam({ Action: 'CreateRole', RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) });
      await iam({ Action: 'PutRolePolicy', RoleName, PolicyName, PolicyDocument: JSON.stringify(policy) });
    }
    await iam({
      Action: 'CreateRole',
      RoleName: PIPELINES_ROLE,
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${issuer}` },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: {
                [`${issuer}:aud`]: 'sts.amazonaws.com',
                [`${issuer}:sub`]: PIPELINES_ACCOUNTS.map((name) => `system:serviceaccount:kubeflow:${name}`),
              },
            },
          },
        ],
      }),
    });
    await iam({
      Action: 'PutRolePolicy',
      RoleName: PIPELINES_ROLE,
      PolicyName: 'pipelines',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
            Resource: `arn:aws:s3:::${BUCKETS[0].name}/pipelines/*`,
          },
        ],
      }),
    });
    const operatorTrust = {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          // The second acts for IAM Identity Center. (moto denies a call for which one statement names others.)
          Principal: { AWS: ['admin', 'internal'].map((user) => `arn:aws:iam::${ACCOUNT}:user/sandbox-${user}`) },
          Action: 'sts:AssumeRole',
        },
      ],
    };
    await iam({
      Action: 'CreateRole',
      RoleName: OPERATOR_ROLE,
      AssumeRolePolicyDocument: JSON.stringify(operatorTrust),
    });
    const PolicyDocument = JSON.stringify(statement('*'));
    await iam({ Action: 'PutRolePolicy', RoleName: OPERATOR_ROLE, PolicyName: 'all', PolicyDocument });
  };
  const inRegions = async (): Promise<void> => {
    for (const { name, region } of BUCKETS)
      await rest(
        's3',
        region,
        'PUT',
        `/${name}`,
        `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`,
      );
    for (const [name, { region }] of Object.entries(CLUSTERS)) {
      const resourcesVpcConfig = { subnetIds: ['subnet-0a1b2c3d', 'subnet-4e5f6a7b'] };
      await rest(
        'eks',
        region,
        'POST',
        '/clusters',
        JSON.stringify({ name, roleArn, resourcesVpcConfig, version: '1.36' }),
      );
    }
  };
  await Promise.all([inIam(), inRegions()]);
}

/** The people of the user pool, by what they sign in with. */
const POOL_USERS = ['alice@example.com', 'dana@example.com'] as const;

/** Makes a user pool whose people sign in with their e-mail address, as the AWS distribution of Kubeflow has it. */
export async function seedUserPool(endpoint: string, credentials: Credentials): Promise<UserPool> {
  const cognito = async <T>(operation: string, body: object): Promise<T> => {
    const { status, text } = await call(endpoint, {
      service: 'cognito-idp',
      region: REGION,
      credentials,
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
      },
      body: JSON.stringify(body),
    });
    if (status >= 400) throw new AwsError(operation, text);
    return JSON.parse(text) as T;
  };
  const { UserPool: pool } = await cognito<{ UserPool: { Id: string; Arn: string } }>('CreateUserPool', {
    PoolName: 'kubeflow-users',
    UsernameAttributes: ['email'],
    AutoVerifiedAttributes: ['email'],
    AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
  });
  const UserPoolId = pool.Id;
  const domain = 'auth.kubeflow.example.com';
  const [{ UserPoolClient }] = await Promise.all([
    cognito<{ UserPoolClient: { ClientId: string } }>('CreateUserPoolClient', {
      UserPoolId,
      ClientName: 'kubeflow',
      GenerateSecret: true,
    }),
    ...POOL_USERS.map((Username) =>
      cognito<never>('AdminCreateUser', {
        UserPoolId,
        Username,
        UserAttributes: [{ Name: 'email_verified', Value: 'true' }],
      }),
    ),
  ]);
  return { arn: pool.Arn, clientId: UserPoolClient.ClientId, domain };
}

/** Installs Kubeflow on kubeflow-dev. The profile controller is to be started when this has resolved. */
export async function seedKubeflow(kube: Kube): Promise<void> {
  const viewer = {
    apiGroups: [
      ...['', 'apps', 'kubeflow.org', 'apiextensions.k8s.io', 'rbac.authorization.k8s.io'],
      ...['networking.k8s.io', 'security.istio.io', 'networking.istio.io', 'admissionregistration.k8s.io'],
      ...['argoproj.io', 'serving.kserve.io'],
    ],
    resources: ['*'],
    verbs: ['get', 'list', 'watch'],
  };
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  await Promise.all([
    installKubeflow(kube, `arn:aws:iam::${ACCOUNT}:role/${PIPELINES_ROLE}`),
    kube.apply(`/api/v1/namespaces/${TAKEN_NAMESPACE}`, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: TAKEN_NAMESPACE },
    }),
    seedViewer(kube, rbac, viewer),
  ]);
  await until(() => servesProfiles(kube), 'The resource profiles.kubeflow.org');
}

/** The group of read-only users: sees everything but secrets, changes nothing. */
export const VIEWERS = 'sandbox-viewers';
async function seedViewer(
  kube: Kube,
  rbac: string,
  rule: { apiGroups: string[]; resources: string[]; verbs: string[] },
): Promise<void> {
  const core = ['namespaces', 'serviceaccounts', 'configmaps', 'pods', 'pods/log', 'events', 'services'];
  await kube.apply(`${rbac}/clusterroles/${VIEWERS}`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: VIEWERS },
    rules: [
      { ...rule, apiGroups: rule.apiGroups.filter((group) => group !== '') },
      { ...rule, apiGroups: [''], resources: core },
    ],
  });
  await kube.apply(`${rbac}/clusterrolebindings/${VIEWERS}`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: VIEWERS },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: VIEWERS },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: VIEWERS }],
  });
}

/** A Profile as the AWS page has it, with annotateOnly true. */
export const profileManifest = (name: string, owner: string, roleName: string): KubeObject => ({
  apiVersion: 'kubeflow.org/v1',
  kind: 'Profile',
  metadata: { name },
  spec: {
    owner: { kind: 'User', name: owner },
    plugins: [
      {
        kind: 'AwsIamForServiceAccount',
        spec: { awsIamRole: `arn:aws:iam::${ACCOUNT}:role/${roleName}`, annotateOnly: true },
      },
    ],
  },
});

/** Creates the profiles, and resolves when the controller has done its work on them. */
export async function seedProfileObjects(kube: Kube, issuer: string): Promise<void> {
  await Promise.all(
    seedProfiles(issuer).map(async ({ name, owner, roleName }) => {
      await kube.apply(`/apis/kubeflow.org/v1/profiles/${name}`, profileManifest(name, owner, roleName));
      await until(async () => {
        const profile = await kube.find(`/apis/kubeflow.org/v1/profiles/${name}`);
        return (profile?.metadata.finalizers ?? []).length > 0;
      }, `Profile ${name}`);
    }),
  );
}
