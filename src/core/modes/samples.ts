/** What the examples of the modes are made of: small sound documents, and readings, of which parts can be replaced. */
import type { PolicyContext } from '../finding.ts';
import type { Role } from '../observation.ts';
import { found } from '../reading.ts';
import type { FailureModeId, LiveId } from './ids.ts';
import type { ProfileView } from './view.ts';

/** Who can read it: the tools for IAM read policies, ours also what runs in the cluster. */
export type Kind = 'permissions' | 'trust' | 'manifest';

/** A file that shows a mode. */
export interface FileExample {
  readonly name: string;
  readonly kind: Kind;
  readonly text: string;
  /** All that is to be reported, in the order of the text: id, and the text that is underlined. */
  readonly finds: readonly (readonly [id: FailureModeId, underlined: string])[];
  /** What is known from elsewhere; without it the file alone shows the mode. */
  readonly context?: PolicyContext;
  /**
   * The check of IAM Access Analyzer whose published description fits. Source: awsdocs/iam-user-guide, commit 651083f,
   * doc_source/access-analyzer-reference-policy-checks.md (138 checks).
   */
  readonly accessAnalyzer?: string;
}

/** Readings that show a mode. */
export interface LiveExample {
  readonly name: string;
  /** What differs from readings of a profile that is right. */
  readonly change: Partial<ProfileView>;
  /** All ids that are to be reported. */
  readonly sees: readonly LiveId[];
}

export type Example = FileExample | LiveExample;

export const ISSUER = 'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';

export const OTHER = 'oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF';

export const SWAPPED = 'oidc.us-west-2.eks.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';

export const ARN = 'arn:aws:iam::111122223333:oidc-provider/';

export const SUB = 'system:serviceaccount:team-a:default-editor';

export const AUD = 'sts.amazonaws.com';

export const BUCKET = 'arn:aws:s3:::team-a-data';

export const policy = (...statements: object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements }, undefined, 2);

export const grant = (change: object = {}): object => ({
  Effect: 'Allow',
  Action: ['s3:GetObject', 's3:PutObject'],
  Resource: `${BUCKET}/*`,
  ...change,
});

export const permissions = (change: object): string =>
  policy({ Effect: 'Allow', Action: 's3:ListBucket', Resource: BUCKET }, grant(change));

export const web = (change: object = {}, issuer = ISSUER): object => ({
  Effect: 'Allow',
  Principal: { Federated: `${ARN}${issuer}` },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: { StringEquals: { [`${issuer}:aud`]: AUD, [`${issuer}:sub`]: SUB } },
  ...change,
});

export const trust = (change: object = {}): string => policy(web(change));

export const when = (Condition: object): string => trust({ Condition });

export const equals = (tests: object): string => when({ StringEquals: { [`${ISSUER}:aud`]: AUD, ...tests } });

export const ROLE = 'arn:aws:iam::111122223333:role/team-a';

/** A Profile; the parts may be replaced. */
export const profile = ({
  apiVersion = 'kubeflow.org/v1',
  metadata = 'name: team-a',
  owner = 'kind: User\n    name: user@example.com',
  kind = 'AwsIamForServiceAccount',
  role = ROLE,
  annotateOnly = 'true',
  rest = '',
} = {}): string => `apiVersion: ${apiVersion}
kind: Profile
metadata:
  ${metadata}
spec:
  owner:
    ${owner}
  plugins:
    - kind: ${kind}
      spec:
        awsIamRole: ${role}
        annotateOnly: ${annotateOnly}
${rest}`;

export const serviceAccount = (annotation: string): string => `apiVersion: v1
kind: ServiceAccount
metadata:
  name: default-editor
  namespace: team-a
  annotations:
    ${annotation}
`;

export const configMap = (name: string, data: string): string => `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
  namespace: team-a
data:
  ${data.replaceAll('\n', '\n  ')}
`;

export const launcher = (credentials: string, root = 's3://team-a-data/v2'): string =>
  configMap(
    'kfp-launcher',
    `defaultPipelineRoot: ${root}
providers: |-
  s3:
    default:
      region: us-west-2
      credentials:
        ${credentials}`,
  );

export const repository = (more: string): string =>
  configMap(
    'artifact-repositories',
    `default-namespaced: |
  s3:
    bucket: team-a-data
    endpoint: s3.amazonaws.com
    ${more}`,
  );

/** A role of AWS Controllers for Kubernetes, whose trust policy is a string. */
export const ackRole = (document: object): string => `apiVersion: iam.services.k8s.aws/v1alpha1
kind: Role
metadata:
  name: team-a
spec:
  name: team-a
  assumeRolePolicyDocument: '${JSON.stringify(document)}'
`;

export const documents = (...texts: string[]): string => texts.join('---\n');

/** The role of {@link right}. */
export const role = (change: Partial<Role> = {}): Role => ({
  arn: ROLE,
  name: 'team-a',
  trustPolicy: trust(),
  tags: {},
  inline: [{ name: 's3', text: permissions({}) }],
  attached: [],
  ...change,
});

/** default-editor with annotations. */
export const editor = (annotations: Readonly<Record<string, string>>): ProfileView['serviceAccount'] =>
  found({ namespace: 'team-a', name: 'default-editor', annotations });

const LONG_AGO = '2026-01-01T00:00:00Z';

/** The Profile of {@link right}; parts may be replaced. */
export const listed = (
  spec: NonNullable<ProfileView['profile']['spec']> = {},
  metadata: Partial<ProfileView['profile']['metadata']> = {},
): ProfileView['profile'] => ({
  apiVersion: 'kubeflow.org/v1',
  kind: 'Profile',
  metadata: { name: 'team-a', ...metadata },
  spec: {
    owner: { kind: 'User', name: 'user@example.com' },
    plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: ROLE, annotateOnly: true } }],
    ...spec,
  },
  created: LONG_AGO,
  finalizers: ['profile-finalizer'],
});

/** What was read of a profile that is right in everything. */
export const right = (change: Partial<ProfileView> = {}): ProfileView => ({
  cluster: {
    name: 'demo',
    region: 'us-west-2',
    arn: 'arn:aws:eks:us-west-2:111122223333:cluster/demo',
    account: '111122223333',
    partition: 'aws',
    status: 'ACTIVE',
    version: '1.36',
    issuer: `https://${ISSUER}`,
  },
  provider: found({ arn: `${ARN}${ISSUER}`, clientIds: [AUD] }),
  profile: listed(),
  namespace: found({ name: 'team-a', owner: 'user@example.com', deleting: false }),
  serviceAccount: editor({ 'eks.amazonaws.com/role-arn': ROLE }),
  launcher: found({
    namespace: 'team-a',
    name: 'kfp-launcher',
    data: { defaultPipelineRoot: 's3://team-a-data/v2' },
  }),
  role: found(role()),
  sharedWith: [],
  ...change,
});
