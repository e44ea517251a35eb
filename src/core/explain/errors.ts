/**
 * What people paste: error texts of STS, S3, IAM, KMS, Kubernetes, Kubeflow and their SDKs, and the failure modes that they come of.
 * A row asks for words, or for what core/explain/details.ts found, or both. The first that holds is told first.
 */
import type { FailureModeId } from '../modes/ids.ts';
import type { DeniedBy, PrincipalKind } from './details.ts';

export interface KnownError {
  /** A name of the row, for JSON and tests. */
  readonly id: string;
  readonly text?: RegExp;
  /** The action or operation. */
  readonly operation?: RegExp;
  readonly principal?: readonly PrincipalKind[];
  /** Which sort of policy denied; `'unsaid'`: the text does not say. */
  readonly denied?: readonly (DeniedBy | 'unsaid')[];
  readonly explicit?: boolean;
  /** What happened, in a sentence or two. */
  readonly says: string;
  /** What of the catalogue it comes of, the likeliest first. */
  readonly modes: readonly FailureModeId[];
  /** What to read or do next. */
  readonly next: readonly string[];
  /** It follows from the text; else it is what it comes of most often. */
  readonly certain?: true;
}

const POD =
  'Read what the pod got: `kubectl -n NAMESPACE get pod POD -o yaml`, its AWS_ROLE_ARN and its volume aws-iam-token.';
const ACCOUNT =
  'Read the annotation `eks.amazonaws.com/role-arn`: `kubectl -n NAMESPACE get serviceaccount default-editor -o yaml`.';
const TRUST =
  "Read who may assume the role: `aws iam get-role --role-name ROLE`, the field AssumeRolePolicyDocument; the issuer, `sub` and `aud` must be the cluster's, the profile's and sts.amazonaws.com.";
const ROLE =
  'Read what the role may do: `aws iam list-role-policies` and `aws iam list-attached-role-policies`, both with `--role-name ROLE`.';
const PROVIDER =
  'Compare the issuer of the cluster (`aws eks describe-cluster --name CLUSTER`) with `aws iam list-open-id-connect-providers`.';
const LAUNCHER = 'Read where pipelines write: `kubectl -n NAMESPACE get configmap kfp-launcher -o yaml`.';
const AUDIENCES = 'Read the audiences: `aws iam get-open-id-connect-provider --open-id-connect-provider-arn ARN`.';
const CLOCK = 'Compare the clock of the node, and of the pod, with the time: `date -u`.';
const CONTROLLER =
  'Read the log of the profile controller: `kubectl -n kubeflow logs deployment/profiles-deployment -c manager`.';
const BUCKET = 'Ask where the bucket is: `aws s3api get-bucket-location --bucket BUCKET`.';
const ARGO =
  'Read where Argo writes: `kubectl -n NAMESPACE get configmap artifact-repositories -o yaml`, and `kubectl -n kubeflow get configmap workflow-controller-configmap -o yaml`.';
const ORGANIZATION = 'Whoever keeps the policies of the organization can change it; the role itself cannot.';
const SILENT_S3 =
  'S3 denies the call and does not say why: a policy of the role, of the bucket, or an object that is not there for a role that may not list.';

/** The most telling rows first. */
export const KNOWN_ERRORS: readonly KnownError[] = [
  // What STS says of a token.
  {
    id: 'no-provider',
    text: /No OpenIDConnect provider found in your account/i,
    says: "STS knows no OIDC provider with the token's issuer in the account of the role: it was never made, was made for another cluster, or the role is of another account.",
    modes: ['KP-025', 'KP-026', 'KP-034', 'KP-063'],
    next: [PROVIDER],
    certain: true,
  },
  {
    id: 'provider-missing',
    text: /no IAM OIDC provider associated with cluster|without IAM OIDC provider enabled|OpenIDConnect Provider not found for arn/i,
    says: 'The account has no OIDC provider for the cluster: it comes before every role for a service account.',
    modes: ['KP-025'],
    next: [PROVIDER, 'Make it: `eksctl utils associate-iam-oidc-provider --cluster CLUSTER --approve`.'],
    certain: true,
  },
  {
    id: 'audience',
    text: /Incorrect token audience/i,
    says: 'The OIDC provider does not list the audience of the token, which is sts.amazonaws.com for pods.',
    modes: ['KP-027', 'KP-028'],
    next: [AUDIENCES],
    certain: true,
  },
  {
    id: 'token-expired',
    text: /ExpiredToken(?:Exception)?\b|Token expired: current date|The security token included in the request is expired|The provided token has expired|claim validations: token is expired/i,
    says: 'The token or the session has expired: a program that read the token file once and kept it, or a clock that is wrong.',
    modes: [],
    next: [
      'Renew the SDK of the program to one that reads the token file anew, and compare the clock of the node with the time.',
    ],
    certain: true,
  },
  {
    id: 'clock',
    text: /RequestTimeTooSkewed|difference between the request time and the current time is too large|Signature expired: \S+ is now earlier than|Signature not yet current/i,
    says: 'The clock of the node or of the program is wrong: AWS refuses calls that are signed more than 5 to 15 minutes before or after its time.',
    modes: [],
    next: [CLOCK],
    certain: true,
  },
  {
    id: 'verification-key',
    text: /Couldn't retrieve verification key from your identity provider|IDPCommunicationError/i,
    says: "STS could not read the keys of the cluster's issuer: the cluster is gone, its issuer is not reachable from outside, or STS asked in a bad moment.",
    modes: ['KP-026'],
    next: [PROVIDER, 'Open ISSUER/keys in a browser: it must answer with keys.'],
  },
  {
    id: 'thumbprint',
    text: /thumbprint.{0,80}(?:doesn't|does not|didn't|not) match|OpenIDConnect provider's HTTPS certificate/i,
    says: "The thumbprint of the OIDC provider does not match its certificate. For issuers of EKS IAM does not look at it; for one's own issuer it does.",
    modes: ['KP-035'],
    next: [PROVIDER],
    certain: true,
  },
  {
    id: 'role-arn-form',
    text: /ValidationError.{0,200}roleArn|roleArn.{0,80}(?:failed to satisfy constraint|is invalid)|Request ARN is invalid|Invalid length for parameter RoleArn/is,
    says: 'What stands in the annotation is no ARN of a role: a placeholder, a name alone, or another sort of ARN.',
    modes: ['KP-007', 'KP-004'],
    next: [ACCOUNT],
    certain: true,
  },
  {
    id: 'duration',
    text: /requested DurationSeconds exceeds/i,
    says: 'The program asks for a session that is longer than the role allows; one role that assumes another gets an hour at most.',
    modes: [],
    next: [
      'Let the program ask for less (`duration_seconds`), or let the role give more: `aws iam update-role --role-name ROLE --max-session-duration SECONDS`.',
    ],
    certain: true,
  },
  {
    id: 'sts-region',
    text: /RegionDisabledException|STS is not activated in this region/i,
    says: 'STS is switched off in this region for the account.',
    modes: ['KP-061'],
    next: ['Switch it on in IAM, Account settings, Endpoints; or let pods ask STS of another region (AWS_REGION).'],
    certain: true,
  },
  {
    id: 'token-mount',
    text: /MountVolume\.SetUp failed for volume "aws-iam-token"/i,
    says: 'The kubelet gets no token for the pod from the API server: its service account is gone, or the API server makes no tokens for others than itself, which EKS always does.',
    modes: ['KP-089'],
    next: [
      'Read whether it is there: `kubectl -n NAMESPACE get serviceaccount default-editor`; then make the pod again.',
    ],
  },
  {
    id: 'role-unset',
    text: /WebIdentityErr: role ARN is not set|You must specify a value for roleArn and roleSessionName/i,
    says: 'The program is told of a token and of no role: AWS_ROLE_ARN is missing or empty in its container.',
    modes: ['KP-052', 'KP-002', 'KP-066'],
    next: [POD, ACCOUNT],
    certain: true,
  },
  {
    id: 'token-file',
    text: /(?:no such file or directory|failed (?:fetching|to (?:fetch|read|open))|PermissionError|Permission denied|EACCES|unable to read file).{0,160}eks\.amazonaws\.com\/serviceaccount\/token|eks\.amazonaws\.com\/serviceaccount\/token.{0,80}(?:no such file|permission denied|denied)|failed to retrieve jwt from provide source/is,
    says: 'The program cannot read the token that the webhook mounts: another user than the pod grants it to (set securityContext.fsGroup), or the volume is not there.',
    modes: ['KP-050'],
    next: [POD],
    certain: true,
  },
  {
    id: 'node-role',
    principal: ['node'],
    says: 'The call was made by the role of the node, so the pod got no credentials of its own: nothing was injected when it was made.',
    modes: ['KP-054', 'KP-002', 'KP-052', 'KP-051', 'KP-050'],
    next: [ACCOUNT, POD],
    certain: true,
  },
  {
    id: 'agent-token',
    text: /Service account token cannot be (?:parsed|empty)/i,
    says: 'The agent of EKS Pod Identity got none, or something else, for the token of the pod: a program that does not know Pod Identity sends none or sends it as a bearer token, or something stands before or behind it.',
    modes: ['KP-072'],
    next: [
      'Update the program, or its SDK, to one that knows EKS Pod Identity; or let it use the role of the annotation.',
    ],
    certain: true,
  },
  {
    id: 'agent-host',
    text: /only loopback hosts are allowed|169\.254\.170\.23'? is not a valid container metadata service hostname|Unsupported host '169\.254\.170\.23'|CREDENTIALS_FULL_URI has an invalid host/i,
    says: 'The SDK of the program is older than EKS Pod Identity: it refuses the address of its agent, and the pod gets no credentials from it.',
    modes: ['KP-072'],
    next: [
      'Update the program, or its SDK, to one that knows EKS Pod Identity; or let it use the role of the annotation.',
    ],
    certain: true,
  },
  {
    id: 'agent-degraded',
    text: /eks-pod-identity-agent[^\n]{0,200}(?:DEGRADED|InsufficientNumberOfReplicas|unhealthy)/i,
    says: 'The add-on with the agent of EKS Pod Identity does not run on all nodes: pods with an association get no credentials there, and may take those of the node.',
    modes: ['KP-071'],
    next: ['Read where it does not run: `kubectl -n kube-system get pods -o wide`, those of eks-pod-identity-agent.'],
    certain: true,
  },
  {
    id: 'agent-slow',
    text: /AssumeRoleForPodIdentity[^\n]{0,160}(?:context canceled|deadline exceeded|StatusCode: 0|i\/o timeout|no such host)/i,
    says: 'The agent of EKS Pod Identity asked EKS Auth and had no answer before the program gave up: the node cannot reach eks-auth, or the program waits too short a time.',
    modes: ['KP-061', 'KP-071'],
    next: [
      'A private VPC needs an endpoint for `com.amazonaws.REGION.eks-auth`. The log of the agent says what it waits for: `kubectl -n kube-system logs daemonset/eks-pod-identity-agent`.',
    ],
  },
  {
    id: 'pod-identity-agent',
    text: /169\.254\.170\.23|Non-success status from HTTP credential provider|retrieving credentials from container-role|EKS does not have permissions to assume the associated role|fd00:ec2::23|eks-pod-identity|EKS ?Auth|AssumeRoleForPodIdentity/i,
    says: 'The pod asks the agent of EKS Pod Identity for its credentials, and gets none: the agent is not on its node, or the trust policy of the role lacks pods.eks.amazonaws.com with sts:AssumeRole and sts:TagSession.',
    modes: ['KP-073', 'KP-071', 'KP-072'],
    next: [
      'Read the associations: `aws eks list-pod-identity-associations --cluster-name CLUSTER`, and the agent: `kubectl -n kube-system get daemonset eks-pod-identity-agent`.',
    ],
  },
  {
    id: 'trust',
    text: /not authorized to perform:? ?sts:AssumeRoleWithWebIdentity|AccessDenied.{0,120}AssumeRoleWithWebIdentity|AssumeRoleWithWebIdentity.{0,400}(?:AccessDenied|not authorized)/is,
    says: 'STS refuses the token: the trust policy of the role does not let in this service account of this cluster, or there is no such role. STS does not say which.',
    modes: ['KP-030', 'KP-031', 'KP-026', 'KP-032', 'KP-033', 'T-SUB-FORM', 'KP-028', 'KP-086', 'KP-087'],
    next: [TRUST],
    certain: true,
  },
  {
    id: 'assume-role',
    operation: /^sts:AssumeRole$/,
    text: /AccessDenied|not authorized/i,
    says: 'One role is to assume another, and may not: its own policies must allow sts:AssumeRole, and the trust policy of the other must name it.',
    modes: ['KP-033'],
    next: [TRUST, ROLE],
  },
  {
    id: 'tag-session',
    operation: /^sts:TagSession$/,
    says: 'The trust policy lets the session begin and does not let it be tagged: EKS Pod Identity needs sts:TagSession beside sts:AssumeRole.',
    modes: ['KP-073'],
    next: [TRUST],
    certain: true,
  },
  // Which policy denied. Source: IAM User Guide, "Troubleshoot access denied error messages".
  {
    id: 'kserve-endpoint',
    text: /An error occurred \((?:Unknown|MethodNotAllowed)\) when calling the AssumeRoleWithWebIdentity|The requested version \( ?2011-06-15 ?\) is not valid|Could not find operation AssumeRoleWithWebIdentity for version 2011|WebIdentityErr: failed to retrieve credentials\s+caused by: SerializationError|storage[-_ ]initializer.{0,400}(?:AssumeRoleWithWebIdentity|sts).{0,200}s3[.-]|s3\.[\w.-]*amazonaws\.com.{0,120}AssumeRoleWithWebIdentity/is,
    says: 'Something that is not STS was asked for the credentials of the role: an endpoint of S3, or of another service, is set for all services (AWS_ENDPOINT_URL), as `serving.kserve.io/s3-endpoint` does.',
    modes: ['KP-077'],
    next: [ACCOUNT],
  },
  {
    id: 'organization',
    denied: ['service-control', 'resource-control'],
    says: 'A policy of the organization denies it, whatever the role allows.',
    modes: ['KP-079'],
    next: [ORGANIZATION],
    certain: true,
  },
  {
    id: 'boundary',
    denied: ['boundary'],
    says: 'The permissions boundary of the role does not allow it: what a role may is what its policies and its boundary both allow.',
    modes: ['KP-049'],
    next: ['Read the boundary: `aws iam get-role --role-name ROLE`, the field PermissionsBoundary.'],
    certain: true,
  },
  {
    id: 'session-policy',
    denied: ['session'],
    says: 'A policy of the session denies it or does not allow it: that of a Pod Identity association, or one that a program gave when it assumed the role.',
    modes: ['KP-079'],
    next: ['Read the policy of the association: `aws eks describe-pod-identity-association`.'],
    certain: true,
  },
  {
    id: 'endpoint-policy',
    denied: ['endpoint'],
    says: 'The policy of the VPC endpoint, through which the call goes, denies it or does not allow it.',
    modes: ['KP-079', 'KP-061'],
    next: ['Read the policy of the endpoint: `aws ec2 describe-vpc-endpoints`.'],
    certain: true,
  },
  {
    id: 'bucket-policy',
    denied: ['resource'],
    operation: /^s3:/,
    says: 'The policy of the bucket denies it, or, for a bucket of another account, does not allow it.',
    modes: ['KP-049', 'KP-046'],
    next: ['Read it: `aws s3api get-bucket-policy --bucket BUCKET`.'],
    certain: true,
  },
  {
    id: 'insecure',
    text: /must be made over a secure connection|aws:SecureTransport/i,
    says: 'The bucket takes calls over TLS only, and this one came without: the endpoint is written with http, or TLS is turned off.',
    modes: ['KP-077'],
    next: [LAUNCHER, ACCOUNT],
    certain: true,
  },
  {
    id: 'kms',
    operation: /^kms:(?:GenerateDataKey|Decrypt|Encrypt|ReEncrypt|DescribeKey)/,
    text: /AccessDenied|not authorized|denied/i,
    says: 'The bucket is encrypted with a KMS key that the role may not use: its policies must allow kms:GenerateDataKey and kms:Decrypt for the key, and the policy of the key must let them.',
    modes: ['KP-047'],
    next: ['Read which key it is: `aws s3api get-bucket-encryption --bucket BUCKET`.'],
    certain: true,
  },
  {
    id: 'kms-words',
    text: /kms:GenerateDataKey|kms:Decrypt|The ciphertext refers to a customer master key|Access to KMS is not allowed|KMS\.(?:KMS)?(?:NotFound|Disabled|AccessDenied|InvalidState)/i,
    says: 'The bucket is encrypted with a KMS key that cannot be used: it is disabled or gone, or the role may not use it.',
    modes: ['KP-047'],
    next: ['Read which key it is: `aws s3api get-bucket-encryption --bucket BUCKET`.'],
    certain: true,
  },
  {
    id: 'identity-policy',
    denied: ['identity'],
    explicit: true,
    says: 'A policy of the role itself denies it: a statement with the effect Deny.',
    modes: ['KP-049', 'KP-041'],
    next: [ROLE],
    certain: true,
  },
  {
    id: 'explicit-deny',
    denied: ['unsaid'],
    explicit: true,
    says: 'A statement with the effect Deny denies it, and the text does not say of which policy: of the role, its boundary, the resource, or the organization.',
    modes: ['KP-049'],
    next: [ROLE],
    certain: true,
  },
  {
    id: 'controller-iam',
    operation: /^iam:(?:GetRole|UpdateAssumeRolePolicy)$/,
    text: /profile|AccessDenied|not authorized/i,
    says: 'The profile controller is to write the trust policy of the role, and its own role may not. The annotation stands all the same.',
    modes: ['KP-020'],
    next: [CONTROLLER, 'Set `annotateOnly: true` in the plugin, and keep the trust policy yourself.'],
  },
  {
    id: 'not-allowed-s3',
    denied: ['identity'],
    operation: /^s3:/,
    says: 'No policy of the role allows this for this resource: buckets are `arn:aws:s3:::BUCKET`, objects `arn:aws:s3:::BUCKET/PREFIX/*`, and each action belongs to one of the two.',
    modes: ['KP-041', 'KP-045', 'KP-042', 'KP-039', 'KP-040', 'P-ACTION', 'KP-048'],
    next: [ROLE],
    certain: true,
  },
  {
    id: 'not-allowed',
    denied: ['identity'],
    says: 'No policy of whoever called allows it.',
    modes: [],
    next: [ROLE],
    certain: true,
  },
  {
    id: 'resource-policy',
    denied: ['resource'],
    says: 'The policy of the resource denies it, or does not allow it: who called is named in the text, and is no matter of S3.',
    modes: [],
    next: ['Read the policy of the resource that the text names; a KMS key: `aws kms get-key-policy --key-id KEY`.'],
    certain: true,
  },
  // Kubeflow's profile controller and its neighbours.
  {
    id: 'plugin-kind',
    text: /Plugin not recgoni[zs]ed|Plugin not recognized/i,
    says: 'The kind of the plugin is none that the profile controller knows; for IRSA it is AwsIamForServiceAccount.',
    modes: ['KP-001'],
    next: [CONTROLLER],
    certain: true,
  },
  {
    id: 'role-empty',
    text: /awsIamRole is empty/i,
    says: 'The plugin of the Profile names no role under `awsIamRole`.',
    modes: ['KP-003', 'KP-005'],
    next: [CONTROLLER],
    certain: true,
  },
  {
    id: 'unmarshal-plugin',
    text: /Could not unmarshal plugin/i,
    says: 'A value of the plugin has the wrong type, such as `annotateOnly: "true"` in quotes.',
    modes: ['KP-006'],
    next: [CONTROLLER],
    certain: true,
  },
  {
    id: 'namespace-not-owned',
    text: /namespace already exist, but not owned by profile creator/i,
    says: 'The namespace was there before the Profile, or belongs to another owner.',
    modes: ['KP-013', 'KP-014', 'KP-009'],
    next: ['Read the annotation `owner`: `kubectl get namespace NAMESPACE -o yaml`.'],
    certain: true,
  },
  {
    id: 'role-ref',
    text: /cannot change roleRef/i,
    says: 'A binding of the namespace names another role than the controller wants; roleRef of a binding can never be changed, and the controller comes no further.',
    modes: ['KP-083'],
    next: ['Delete the binding; the controller makes it anew.'],
    certain: true,
  },
  {
    id: 'controller-credentials',
    text: /(?:controllers\.Profile|Failed applying plugin|AwsIamForServiceAccount)[^\n]{0,400}(?:no EC2 IMDS role found|NoCredentialProviders|EC2RoleRequestError)/i,
    says: 'The profile controller is to write the trust policy of the role, and has no credentials of AWS. The annotation stands all the same.',
    modes: ['KP-020'],
    next: [CONTROLLER, 'Set `annotateOnly: true` in the plugin, and keep the trust policy yourself.'],
    certain: true,
  },
  {
    id: 'imds-role',
    text: /no EC2 IMDS role found|EC2RoleRequestError|failed to (?:get|refresh) (?:API|EC2).{0,60}(?:token|IMDS)|no EC2 instance role found|request to EC2 IMDS failed|from instance metadata service|Unable to get IAM security credentials from EC2|Failed to load credentials from IMDS|(?:timed? ?out|refused|Could not connect|connection broken)[^\n]{0,300}(?:169\.254\.169\.254|\/latest\/meta-data\/iam\/security-credentials)|169\.254\.169\.254[^\n]{0,100}(?:timed? ?out|timeout|refused)/i,
    says: 'A program found no credentials in its pod and asked the node, which gave none.',
    modes: ['KP-050', 'KP-052', 'KP-002', 'KP-020'],
    next: [POD, ACCOUNT],
  },
  {
    id: 'no-account',
    text: /error looking up service account [^\s:]+\/[^\s:]+: serviceaccount/i,
    says: 'The pod names a service account that its namespace does not have. default-editor and default-viewer are made by the profile controller, in namespaces of Profiles only.',
    modes: ['KP-089', 'KP-054'],
    next: [
      'Read which there are: `kubectl -n NAMESPACE get serviceaccounts`, and whether there is a Profile: `kubectl get profiles`.',
      CONTROLLER,
    ],
    certain: true,
  },
  {
    id: 'trust-size',
    text: /ACLSizePerRole/i,
    says: 'The trust policy would be larger than IAM allows (2,048 characters, up to 4,096 on request).',
    modes: ['KP-023'],
    next: ['Give each profile a role of its own.'],
    certain: true,
  },
  {
    id: 'policy-size',
    text: /PolicySize|Maximum policy size of \d+ bytes exceeded|Cannot exceed quota for PolicySize/i,
    says: 'The inline policies of the role are larger together than IAM allows (10,240 characters).',
    modes: ['P-SIZE'],
    next: [ROLE],
    certain: true,
  },
  {
    id: 'provider-quota',
    text: /OpenIDConnectProvidersPerAccount|LimitExceeded.{0,120}OpenID ?Connect|OpenID ?Connect.{0,120}LimitExceeded/is,
    says: 'The account has as many OIDC providers as it may.',
    modes: ['KP-038'],
    next: [PROVIDER],
    certain: true,
  },
  {
    id: 'provider-exists',
    text: /EntityAlreadyExists.{0,60}Provider with url \S+ already exists/is,
    says: 'The account has the OIDC provider of this issuer already, and there can be but one: name it, do not make it. Whether it lists the audience sts.amazonaws.com is not asked then.',
    modes: ['KP-027'],
    next: [AUDIENCES],
    certain: true,
  },
  {
    id: 'no-role',
    text: /The role with name \S+ cannot be found/i,
    says: 'IAM has no role of this name in the account that was asked.',
    modes: ['KP-086', 'KP-022', 'KP-064'],
    next: ['Ask in which account: `aws sts get-caller-identity`; and which roles it has: `aws iam list-roles`.'],
    certain: true,
  },
  {
    id: 'role-exists',
    text: /EntityAlreadyExists.{0,120}Role with name|Role with name \S+ already exists[^\n]{0,40}Service: /is,
    says: 'There is a role of this name already, and it keeps its trust policy: nothing of what was to be made is in it.',
    modes: ['KP-037'],
    next: [TRUST],
    certain: true,
  },
  {
    id: 'malformed-policy',
    text: /MalformedPolicyDocument|Has prohibited field|Syntax errors in policy|Invalid principal in policy|Federated principals must be valid/i,
    says: 'IAM cannot read the policy: its JSON, an element, or a principal is not valid.',
    modes: ['P-SYNTAX', 'KP-034', 'KP-085'],
    next: ['Put the policy into a file: the lint of this extension shows the place.'],
    certain: true,
  },
  {
    id: 'role-name',
    text: /ValidationError.{0,200}roleName|roleName.{0,80}(?:failed to satisfy constraint|Member must)/is,
    says: 'The name of the role is not valid: at most 64 characters of letters, digits and +=,.@-_.',
    modes: ['KP-036'],
    next: [],
    certain: true,
  },
  {
    id: 'profile-rejected',
    text: /admission webhook.{0,200}denied the request.{0,200}profile|no matches for kind "Profile"/is,
    says: 'The API server does not take the Profile: another version, or a cluster without Kubeflow.',
    modes: ['KP-017', 'KP-015'],
    next: ['Read what there is: `kubectl api-resources --api-group kubeflow.org`.'],
  },
  {
    id: 'poddefault-conflict',
    text: /conflict occurred while applying poddefaults/i,
    says: 'A PodDefault sets a variable that the pod has already with another value, such as AWS_REGION or AWS_ROLE_ARN, and the pod is rejected.',
    modes: ['KP-068'],
    next: ['Read them: `kubectl -n NAMESPACE get poddefaults -o yaml`.'],
    certain: true,
  },
  {
    id: 'quota-limits',
    text: /must specify (?:limits|requests)\.\w+|exceeded quota/i,
    says: 'The quota of the namespace, which the Profile sets, refuses the pod.',
    modes: ['KP-016'],
    next: ['Read it: `kubectl -n NAMESPACE describe resourcequota`.'],
    certain: true,
  },
  {
    id: 'rbac',
    text: /RBAC: access denied/i,
    says: 'Istio refuses the request: the name of the user is not that of the owner or of a contributor, to the letter.',
    modes: ['KP-011'],
    next: ['Compare the owner of the Profile with what the header of the identity provider holds, case and all.'],
  },
  // Kubeflow Pipelines.
  {
    id: 'launcher-yaml',
    text: /failed to unmarshal(?:l)? kfp bucket providers|unmarshall?.{0,60}bucket providers/i,
    says: 'The entry `providers` of the ConfigMap kfp-launcher is no YAML of its form.',
    modes: ['KP-056'],
    next: [LAUNCHER],
    certain: true,
  },
  {
    id: 'launcher-credentials',
    text: /missing default credentials/i,
    says: 'The entry `providers` of kfp-launcher has a default without credentials; with a role it is `fromEnv: true`.',
    modes: ['KP-056'],
    next: [LAUNCHER],
    certain: true,
  },
  {
    id: 'access-key-required',
    text: /ObjectStoreConfig\.AccessKey is required/i,
    says: 'The API server of Kubeflow Pipelines wants static keys: this release knows no other way for its own store.',
    modes: ['KP-059'],
    next: [LAUNCHER],
    certain: true,
  },
  {
    id: 'region',
    text: /MissingRegion|could not find region configuration|Invalid region: region was not a valid DNS name|A region must be set when sending requests to S3|You must specify a region|InvalidRegion|Region must be a valid RFC host label|Error: Region is missing|Missing region in config|Unable to (?:find a region via|load region from any)|AWS region is required, but was not found|Invalid Configuration: Missing Region|No RegionEndpoint or ServiceURL configured|service: "s3", region: ""|Missing required AWS_REGION|"region" configuration value is required/i,
    says: 'The program does not know the region, or is told one that there is not: the pod has no AWS_REGION, and the launcher is not told one.',
    modes: ['KP-057'],
    next: [LAUNCHER, POD],
    certain: true,
  },
  {
    id: 'sts-unreachable',
    text: /(?:timed? ?out|i\/o timeout|Could not connect|no such host|connection refused|EndpointConnectionError|ConnectTimeout|deadline exceeded|dial tcp)[^\n]{0,300}\bsts[.\w-]*amazonaws|\bsts[.\w-]*amazonaws[^\n]{0,300}(?:timed? ?out|i\/o timeout|no such host|connection refused|deadline exceeded|Could not connect)/i,
    says: 'STS cannot be reached from the pod: a private VPC needs an endpoint for STS, and regional endpoints must be used.',
    modes: ['KP-061'],
    next: ['Ask from a pod: `curl https://sts.REGION.amazonaws.com`.'],
    certain: true,
  },
  {
    id: 'sts-name',
    text: /(?:SSLError|x509|certificate)[^\n]{0,200}sts[.\w-]*amazonaws[^\n]{0,160}(?:doesn't match|is valid for)/i,
    says: 'The VPC has an endpoint for STS of its region, and the program asks the global name sts.amazonaws.com: regional endpoints must be used (AWS_STS_REGIONAL_ENDPOINTS=regional, AWS_REGION).',
    modes: ['KP-061'],
    next: [POD],
    certain: true,
  },
  {
    id: 'webhook-pods',
    text: /failed calling webhook "(?:iam-for-pods|pod-identity)[^"\n]*"/i,
    says: 'The API server asks the webhook that gives pods their role, and gets no answer that it can use. As a rule pods are made all the same, without the role.',
    modes: ['KP-065', 'KP-066'],
    next: ['Read how it is asked: `kubectl get mutatingwebhookconfiguration pod-identity-webhook -o yaml`.', POD],
    certain: true,
  },
  {
    id: 'webhook-unreachable',
    text: /failed calling webhook[^\n]{0,300}(?:timeout|refused|no such host|x509|deadline exceeded)/i,
    says: 'The API server cannot reach a webhook that it must ask first, and refuses what was to be made: where it is asked about pods, none starts.',
    modes: [],
    next: ['Read which: `kubectl get mutatingwebhookconfigurations`, and whether its pods run.'],
    certain: true,
  },
  {
    id: 'endpoint',
    text: /does not follow ip address or domain name standards|in is_valid_endpoint\s+if hostname\[-1\]|Invalid endpoint:|Endpoint url cannot have fully qualified paths/i,
    says: 'The endpoint of the object store is no name of a host: a placeholder that nothing filled in, or a URL where a host is wanted.',
    modes: ['KP-055', 'KP-004'],
    next: [LAUNCHER, ARGO],
    certain: true,
  },
  {
    id: 's3-unreachable',
    text: /(?:timed? ?out|i\/o timeout|Could not connect|no such host|connection refused|EndpointConnectionError|deadline exceeded|dial tcp)[^\n]{0,300}\bs3[.\w-]*amazonaws|(?:minio-service|seaweedfs)[^\n]{0,160}(?:no such host|refused|timeout)|(?:no such host|refused|dial tcp)[^\n]{0,160}(?:minio-service|seaweedfs)|(?:MetaData for bucket|AWS Error)[^\n]{0,300}(?:Unable to connect to endpoint|curlCode: (?:6|7|28),)/i,
    says: 'The object store cannot be reached from the pod: a private VPC needs an endpoint for S3, or the settings name a store that is not there.',
    modes: ['KP-055', 'KP-061'],
    next: [LAUNCHER],
  },
  {
    id: 'bucket-dots',
    text: /[\w-]\.s3[.\w-]*\.amazonaws\.com['">]{0,2} (?:doesn't|does not) match[^\n]{0,80}\*\.s3|valid for \*\.s3[^\n]{0,200}, not \S+\.s3/i,
    says: 'The name of the bucket has dots, which the certificate of S3 does not fit, where the bucket is part of the name of the host.',
    modes: [],
    next: [
      'Take a bucket without dots in its name; or let the program write the bucket into the path (path-style, `s3ForcePathStyle: true`).',
    ],
    certain: true,
  },
  {
    id: 'bucket-region',
    text: /PermanentRedirect|must be addressed using the specified endpoint|AuthorizationHeaderMalformed.{0,200}expecting|the region ['"]?[\w-]+['"]? is wrong|BucketRegionError|IllegalLocationConstraint|301 response missing Location|status code: 301|StatusCode: 301|\(301\) when calling/is,
    says: 'The bucket is in another region than the one that was asked.',
    modes: ['KP-046'],
    next: [BUCKET, LAUNCHER],
    certain: true,
  },
  {
    id: 'bucket-name',
    text: /InvalidBucketName|The specified bucket is not valid|Invalid bucket name/i,
    says: 'What stands for the bucket is no name of one: a placeholder, an ARN, or a name with a prefix in it.',
    modes: ['KP-042', 'KP-004'],
    next: [LAUNCHER],
    certain: true,
  },
  {
    id: 'head-400',
    text: /\(400\) when calling the Head|Service: Amazon S3; Status Code: 400; Error Code: 400 Bad Request|S3Exception: null \(Service: S3, Status Code: 400/i,
    says: 'S3 answers 400 without a reason, as it does to calls that only ask for the head: the bucket is in another region than the one that was asked, or the session has expired.',
    modes: ['KP-046', 'KP-057'],
    next: [BUCKET, 'Ask by a call that says why: `aws s3 ls s3://BUCKET/PREFIX/`.'],
  },
  {
    id: 'head-silent',
    text: /MetaData for (?:bucket|object)[^\n]{0,200}No response body/i,
    says: 'S3 refuses the bucket without a reason, as it does to calls that only ask for the head: the bucket is in another region, it is not there, or whoever calls may not read it.',
    modes: ['KP-046', 'KP-057', 'KP-041'],
    next: [BUCKET, 'Ask by a call that says why: `aws s3 ls s3://BUCKET/PREFIX/`.'],
  },
  {
    id: 'no-bucket',
    text: /NoSuchBucket|The specified bucket does not exist|failed to put file: 404 Not Found|\(404\) when calling the HeadBucket/i,
    says: 'There is no bucket of this name, or it was asked of another store, such as the one in the cluster.',
    modes: ['KP-046', 'KP-055'],
    next: [BUCKET, LAUNCHER],
    certain: true,
  },
  {
    id: 'acl',
    text: /AccessControlListNotSupported|The bucket does not allow ACLs/i,
    says: 'The bucket takes no ACLs, as buckets do since 2023 unless told otherwise, and the program sends one with what it writes.',
    modes: [],
    next: [
      'Take the ACL out of the settings of the program: `fs.s3a.acl.default` of Hadoop, `acl` of rclone and s3fs, `ACL` in ExtraArgs of boto3.',
    ],
    certain: true,
  },
  {
    id: 'store-secret',
    text: /secrets? "mlpipeline-minio-artifact" not found/i,
    says: 'A pod wants the static keys of the store in the cluster, and its namespace has no Secret mlpipeline-minio-artifact: the settings still name that store, or its keys. With the role there need be none.',
    modes: ['KP-055', 'KP-058'],
    next: [LAUNCHER, ARGO],
    certain: true,
  },
  {
    id: 'session-invalid',
    text: /InvalidClientTokenId|UnrecognizedClientException|The security token included in the request is invalid|The provided token is malformed or otherwise invalid|\(InvalidToken\)|<Code>InvalidToken</i,
    says: 'AWS knows neither key nor session: static keys that are deleted or lack their session token, or a session of sts.amazonaws.com in a region that the account had to enable, which takes sessions of a regional STS only.',
    modes: ['KP-053', 'KP-068'],
    next: [POD, 'For a region that had to be enabled: AWS_STS_REGIONAL_ENDPOINTS=regional and AWS_REGION in the pod.'],
  },
  {
    id: 'static-keys',
    text: /InvalidAccessKeyId|SignatureDoesNotMatch|The (?:AWS )?Access Key Id you provided does not exist|The request signature we calculated does not match|Partial credentials found in/i,
    says: 'Static keys are used, and they are wrong: they stand in the environment of the pod or in the Secret mlpipeline-minio-artifact, and come before the role.',
    modes: ['KP-053', 'KP-060'],
    next: [POD, LAUNCHER],
    certain: true,
  },
  {
    id: 'sts-module',
    text: /(?:aws-java-sdk-sts|'sts' service) module must be on the class ?path|StsWebIdentityCredentialsProviderFactory|Assembly AWSSDK\.SecurityToken could not be found/i,
    says: 'The program lacks the part of the SDK that exchanges the token of the service account: without it the role is passed over.',
    modes: [],
    next: [
      'Add it to the program, in the version of its SDK: `software.amazon.awssdk:sts` (Java, SDK 2), `com.amazonaws:aws-java-sdk-sts` (Java, SDK 1) or `AWSSDK.SecurityToken` (.NET).',
      POD,
    ],
    certain: true,
  },
  {
    id: 'anonymous',
    text: /Anonymous users cannot|(?:403|AccessDenied)[^\n]{0,60}No credentials are provided|Anonymous access is forbidden for this operation/i,
    says: 'The call was not signed: the program is told to call without credentials, or found none and called all the same.',
    modes: ['KP-050', 'KP-052', 'KP-078'],
    next: [POD],
    certain: true,
  },
  {
    id: 'no-credentials',
    text: /Unable to locate credentials|NoCredentialsError|NoCredentialProviders|no valid providers in chain|Could not load credentials from any providers|Unable to load (?:AWS )?credentials from any|failed to (?:retrieve|refresh) (?:cached )?credentials.{0,200}no EC2|CredentialsNotFound|No AWS Credentials provided by|Unable to load credentials from service endpoint|Missing credentials in config|CredentialsError \{ message|kind: MissingCredentials|no providers in chain provided credentials|credentials could be loaded from the chain|Client error[:\s\d]{0,20}No signing credentials (?:found|available)|NoAwsCredentialsException|static credentials are empty/is,
    says: 'The program found no credentials at all: nothing was injected into its pod.',
    modes: ['KP-050', 'KP-052', 'KP-002', 'KP-051'],
    next: [POD, ACCOUNT],
    certain: true,
  },
  {
    id: 'ui-artifact',
    text: /Failed to get object in bucket|Failed to get object/i,
    says: 'The UI of Kubeflow Pipelines reads artifacts by its own service account, not by that of the profile, and may not.',
    modes: ['KP-060'],
    next: ['Read the role of ml-pipeline-ui: `kubectl -n kubeflow get serviceaccount ml-pipeline-ui -o yaml`.'],
  },
  {
    id: 'kfp-bucket-check',
    text: /Failed to check if (?:object store|Minio) bucket exists/i,
    says: 'The API server of Kubeflow Pipelines checks its own bucket at the start, by its own service account ml-pipeline.',
    modes: ['KP-060', 'KP-059'],
    next: ['Read the role of ml-pipeline: `kubectl -n kubeflow get serviceaccount ml-pipeline -o yaml`.'],
  },
  {
    id: 'skip-tls',
    text: /x509: certificate signed by unknown authority|SSLCertVerificationError|CERTIFICATE_VERIFY_FAILED|self[- ]signed certificate|SSL peer certificate or SSH remote key was not OK/i,
    says: 'The other side is not trusted: a proxy that reads TLS, a store with a certificate of its own, or an image without the certificates of the usual authorities.',
    modes: [],
    next: ['Give the program the certificate of the proxy, or its image the package ca-certificates.'],
  },
  {
    id: 'argo-store',
    text: /failed to save outputs: timed out waiting for the condition/i,
    says: 'Argo could not write to its store until its time was over: it cannot reach it, or is refused again and again. The log of the container `wait` says which.',
    modes: ['KP-058', 'KP-061', 'KP-055'],
    next: ['Read why: `kubectl -n NAMESPACE logs POD -c wait`.', ARGO],
  },
  {
    id: 'argo-keys',
    text: /read \/argo\/secret[^\n]{0,80}is a directory/i,
    says: 'The settings of Argo name keys of its store, and name them wrongly: it looks for one in a Secret and finds a folder. With the role there need be none.',
    modes: ['KP-058'],
    next: [ARGO],
    certain: true,
  },
  {
    id: 'argo-artifact',
    text: /failed to (?:save outputs|put file|get file|load)[^\n]{0,80}(?:Access Denied|AccessDenied)/i,
    says: 'Argo, which keeps logs and artifacts of version 1 pipelines, may not write to its store: its settings are artifact-repositories of the namespace, else workflow-controller-configmap, not kfp-launcher.',
    modes: ['KP-048', 'KP-058', 'KP-041'],
    next: [ARGO, ROLE],
  },
  {
    id: 'web-identity',
    text: /WebIdentityErr/,
    says: 'The token of the service account could not be exchanged for credentials, and the text does not say why.',
    modes: ['KP-030', 'KP-025', 'KP-061'],
    next: [TRUST, PROVIDER],
  },
  // What says least stands last.
  {
    id: 's3-denied',
    text: /AccessDenied|Access Denied|403 Forbidden|api error Forbidden|\(403\) when calling|User: \S+ is not authorized to perform/i,
    operation: /^s3(?::|$)/,
    says: SILENT_S3,
    modes: ['KP-041', 'KP-045', 'KP-047', 'KP-046', 'KP-049'],
    next: [ROLE, BUCKET],
  },
  {
    id: 's3-forbidden',
    text: /S3Exception: Forbidden|AWS Error (?:ACCESS_DENIED|\[code 15\])|Unable to access the specified S3 location|error on '[^'\n]{0,300}\bs3\b[^'\n]{0,300}' \(HTTP 403\)|bucket[^\n]{0,60}: Access Denied|Client error: \(403\) Forbidden[^\n]{0,20}\n[^\n]{0,40}\bBucket|PermissionDenied \([^\n]{0,600}(?:service: s3|AmazonS3)/i,
    says: SILENT_S3,
    modes: ['KP-041', 'KP-045', 'KP-047', 'KP-046', 'KP-049'],
    next: [ROLE, BUCKET],
  },
  {
    id: 'not-authorized',
    text: /User: \S+ is not authorized to perform: ?[a-z][\w-]*:\w/i,
    says: 'Whoever the text names may not do this, and it does not say which policy is missing or denies it.',
    modes: [],
    next: [ROLE],
  },
  {
    id: 'denied',
    text: /AccessDenied|Access Denied(?! for user)|UnauthorizedOperation|not authorized to perform:? ?[a-z][\w-]*:\w/i,
    says: 'Access is denied, and the text says neither by whom nor to whom.',
    modes: ['KP-041', 'KP-030', 'KP-054'],
    next: ['Look for the lines before it: the operation, and the ARN of who called.'],
  },
];
