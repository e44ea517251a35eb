import type { Reading } from './reading.ts';
import type { Maker } from './tools.ts';

/** The caller as STS names it. */
export interface Caller {
  readonly account: string;
  readonly arn: string;
}

/** An EKS cluster as DescribeCluster answers (botocore EKS model). */
export interface Cluster {
  readonly name: string;
  readonly region: string;
  readonly arn: string;
  /** Account and partition, read from the ARN. */
  readonly account: string;
  readonly partition: string;
  /** ACTIVE, CREATING, DELETING, FAILED, UPDATING or PENDING. */
  readonly status: string;
  /** Kubernetes version, for example "1.36". */
  readonly version: string;
  /** URL of the Kubernetes API; absent while the cluster is being created. */
  readonly endpoint?: string;
  /** PEM bundle of the cluster's CA, base64. */
  readonly certificateAuthority?: string;
  /** OIDC issuer URL; absent while the cluster is being created. */
  readonly issuer?: string;
  /** Id of the VPC that its nodes are in. */
  readonly vpc?: string;
  /** EKS runs the nodes itself (Auto Mode), with the agent of Pod Identity in them. */
  readonly autoMode?: true;
  /** Id of a local cluster on an Outpost: tokens are for it instead of for the name (aws-cli, customizations/eks/update_kubeconfig.py). */
  readonly localId?: string;
}

export interface OidcProvider {
  readonly arn: string;
  /** Audiences that the provider accepts. */
  readonly clientIds: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
}

/** A policy of an organization, where it is attached. */
export interface GuardPolicy {
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  /** JSON text. */
  readonly text?: string;
  /** Why the text is not here. */
  readonly unread?: string;
}

/** The policies at the root, at an organizational unit, or at the account. Of a kind that is not switched on there are none. */
export interface GuardLevel {
  /** `r-…`, `ou-…`, or the id of the account. */
  readonly target: string;
  /** Service control policies: over who calls from the account. */
  readonly service?: readonly GuardPolicy[];
  /** Resource control policies: over the resources of the account, whoever calls. */
  readonly resource?: readonly GuardPolicy[];
}

/** The organization of an account, with what stands over the account. */
export interface Organization {
  readonly id: string;
  /** The account manages it: none of its policies is in force for it. */
  readonly management?: true;
  /** From the root down to the account. */
  readonly levels: Reading<readonly GuardLevel[]>;
}

/** An endpoint of a VPC for S3 or STS. */
export interface VpcEndpoint {
  readonly id: string;
  readonly service: 's3' | 'sts';
  /** Gateway, Interface, or a later one. */
  readonly type: string;
  /** `available`, or one in which nobody goes through it. */
  readonly state: string;
  /** Of a gateway: route tables that lead to it. */
  readonly routeTables: readonly string[];
  /** Of an interface: whether the service's own name leads to it. */
  readonly privateDns: boolean;
  /** JSON text; absent: it has none, and lets everything through. */
  readonly policy?: string;
}

/** A Pod Identity association, as far as a list tells (botocore EKS model, PodIdentityAssociationSummary). */
export interface PodIdentityAssociation {
  readonly id: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** A Pod Identity association: which role the pods of a service account get from EKS. */
export interface PodIdentity {
  /** EKS gives it, and another one where it is made again. */
  readonly id?: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly roleArn: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly disableSessionTags?: boolean;
  /** A role that is assumed by way of the other. */
  readonly targetRoleArn?: string;
  /** A session policy as JSON text. */
  readonly policy?: string;
  /** ARN of the add-on that it belongs to. */
  readonly ownerArn?: string;
}

/** A role by itself: who may assume it, and whose it is. */
export interface BareRole {
  readonly arn: string;
  readonly name: string;
  /** The trust policy as JSON text (decoded). */
  readonly trustPolicy: string;
  readonly tags: Readonly<Record<string, string>>;
  /** ARN of a permissions boundary, if the role has one. */
  readonly boundary?: string;
  /** Absent: it has none, or it was not read: see {@link BareRole.maxSession}. */
  readonly description?: string;
  /**
   * Longest session in seconds. Absent: not read, nor the description. A listing of the account tells neither, so who deletes a
   * role or changes these must have read the role itself.
   */
  readonly maxSession?: number;
}

/** What UpdateRole sets, both at once. */
export interface RoleSettings {
  /** '' : none. */
  readonly description: string;
  /** Longest session in seconds. */
  readonly maxSession: number;
}

/** A role with everything that says who may assume it and what it may do. */
export interface Role extends BareRole {
  /** Inline policies: name and JSON text. */
  readonly inline: readonly { readonly name: string; readonly text: string }[];
  /** ARNs of attached managed policies. Their text is not read. */
  readonly attached: readonly string[];
  /** Permissions that the caller lacks to read it all: then `inline` or `attached` may be more than is here. */
  readonly unread?: readonly string[];
  /** When it was made (RFC 3339). */
  readonly created?: string;
  /** When it was last used (RFC 3339), and instance profiles that it is in; of a listing of the account alone. */
  readonly lastUsed?: string;
  readonly instanceProfiles?: readonly string[];
}

/** A role without its policies. */
export const bareOf = ({ arn, name, trustPolicy, tags, boundary, description, maxSession }: BareRole): BareRole => ({
  arn,
  name,
  trustPolicy,
  tags,
  ...(boundary === undefined ? {} : { boundary }),
  ...(description === undefined ? {} : { description }),
  ...(maxSession === undefined ? {} : { maxSession }),
});

/** What UpdateRole would set of a role as it is; undefined: it was not read. */
export const settingsOf = ({ description = '', maxSession }: BareRole): RoleSettings | undefined =>
  maxSession === undefined ? undefined : { description, maxSession };

/** What lies in a bucket below a prefix: counted when the plan was made. */
export interface PrefixData {
  readonly bucket: string;
  /** Ends with a slash, and is never empty. */
  readonly prefix: string;
  readonly region: string;
  /** Objects, and older versions of them, and their size in bytes. Marks of deletion have none. */
  readonly objects: number;
  readonly versions: number;
  readonly markers: number;
  readonly bytes: number;
  /** Uploads in parts that were begun and not ended. */
  readonly uploads: number;
  /** There is more than was counted. */
  readonly more?: true;
  /** Permissions that are lacking to count it all: then there may be more of that kind. */
  readonly unread?: readonly string[];
}

export interface Bucket {
  readonly name: string;
  readonly region: string;
  /** Whether the caller may use the bucket; its region is told to everybody. */
  readonly accessible: boolean;
  /** It surely belongs to another account than the one that was asked for. */
  readonly foreign?: true;
  /** Read only where a bucket is to be made. */
  readonly settings?: BucketSettings;
}

/** What a bucket that we make is made with, and what of it is there. */
export interface BucketSettings {
  /** All four of S3's blocks of public access are on. */
  readonly publicAccessBlocked: boolean;
  /** Such as `BucketOwnerEnforced`, which switches access lists off; absent: not set. */
  readonly ownership?: string;
  /** Default encryption; absent: none is set, and S3 uses keys of its own. */
  readonly encryption?: Encryption;
  /** The bucket policy as JSON text; absent: there is none. */
  readonly policy?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Whether it holds no object. */
  readonly empty: boolean;
}

/** What of a bucket decides whether a pod may use it, each part as far as it may be read. */
export interface BucketSeen {
  readonly bucket: Reading<Bucket>;
  readonly encryption: Reading<Encryption>;
  /** The bucket policy as JSON text. */
  readonly policy: Reading<string>;
  /** The key that it is encrypted with; absent where S3 has no key of its own to ask for, or the encryption may not be read. */
  readonly key?: Reading<KmsKey>;
}

/** Default encryption of a bucket (S3 API Reference, ServerSideEncryptionByDefault). */
export interface Encryption {
  /** `AES256` (keys of S3's own), `aws:kms` or `aws:kms:dsse`. */
  readonly algorithm: string;
  /** The KMS key as it was set: id, ARN, alias or alias ARN; absent: the AWS managed key `aws/s3`, or none. */
  readonly key?: string;
}

/** A KMS key as DescribeKey answers (botocore KMS model), with its policy. */
export interface KmsKey {
  readonly arn: string;
  /** Enabled, Disabled, PendingDeletion, PendingImport, Unavailable, … */
  readonly state: string;
  /** When it will be deleted, RFC 3339. */
  readonly deletion?: string;
  /** AWS made it for a service: its policy lets in everybody of the account who uses that service. */
  readonly managedByAws: boolean;
  /** Whether it is of the one sort that S3 takes: symmetric, for encrypting. */
  readonly symmetric: boolean;
  /** The key policy as JSON text. */
  readonly policy?: string;
  /** Why the policy is not here: the permission that the caller lacks, or what went wrong. */
  readonly unread?: string;
}

/** How the Kubernetes API was reached, and that it answered. */
export interface KubernetesApi {
  /** A sentence for people: which kubeconfig context, or that a token was signed for the caller. */
  readonly connection: string;
  /** Served versions of `profiles.kubeflow.org`, newest first; empty: Kubeflow's Profile API is not installed. */
  readonly profileVersions: readonly string[];
  /** Contexts of the kubeconfig: the current one, and those that bear the cluster's name or ARN. */
  readonly contexts?: { readonly current?: KubeContext; readonly named: readonly KubeContext[] };
}

/** A Kubeflow Profile as the API server holds it: only what we name is typed, all of it is kept. */
export interface Profile {
  readonly apiVersion: string;
  readonly kind: 'Profile';
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion?: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly owner?: { readonly kind?: string; readonly name?: string };
    readonly plugins?: readonly ProfilePlugin[];
    readonly resourceQuotaSpec?: unknown;
  };
}

export interface ProfilePlugin {
  readonly kind?: string;
  readonly spec?: Readonly<Record<string, unknown>>;
}

export interface Namespace {
  readonly name: string;
  /** Annotation `owner`, which the profile controller compares with the Profile's owner. */
  readonly owner?: string;
  readonly deleting: boolean;
  /** Name of the Profile that owns it, and takes it along when it goes. */
  readonly ofProfile?: string;
  /** Since when it is being deleted (RFC 3339), and what the API server says still holds it. */
  readonly deletionTimestamp?: string;
  readonly remaining?: readonly string[];
}

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** Since when it has its role at the latest, by the API server's clock (RFC 3339): when who set it wrote last. */
  readonly roleSince?: string;
  /** Another tool that made it, as far as its metadata says so. */
  readonly maker?: Maker;
}

/** A ConfigMap of a profile's namespace. */
export interface ConfigMap {
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion?: string;
  /** Of its annotations only Argo's, and those by which we know what we made. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string>>;
  /** Another tool that made it, as far as its metadata says so. */
  readonly maker?: Maker;
}

/** A deployment, as far as it tells which release runs. */
export interface Deployment {
  readonly namespace: string;
  readonly name: string;
  /** Image of its first container, or of the one that was asked for, with its tag. */
  readonly image: string;
  /** The service account that its pods run as, if it names one. */
  readonly serviceAccount?: string;
  /** Of Dex: for which users we started it, as a hash of their names. Absent: we did not. */
  readonly users?: string;
  /** Whether nothing of it runs: it is scaled to none, or none of its pods is ready. Absent: not known. */
  readonly stopped?: true;
}

/** A container of a pod, as far as it tells who the pod is in AWS. No value that may be a secret is kept. */
export interface PodContainer {
  readonly name: string;
  readonly image: string;
  /** Its variables of the SDKs (`AWS_…`) with plain values. Of keys and tokens the value is left out: ''. */
  readonly env: Readonly<Record<string, string>>;
  /** Such variables whose values come from elsewhere, and from where: "Secret aws-keys". */
  readonly from: Readonly<Record<string, string>>;
  /** Whose keys all become variables: "Secret aws-keys". What they hold is not read. Absent: none. */
  readonly envFrom?: readonly string[];
}

/** A pod, as far as it tells who it is in AWS. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly serviceAccount: string;
  /** RFC 3339. */
  readonly created?: string;
  /** Pending, Running, Succeeded or Failed. */
  readonly phase: string;
  /** What made it, such as a ReplicaSet or a Workflow. */
  readonly owner?: { readonly kind: string; readonly name: string };
  /** Annotations and labels of EKS, Istio, Argo, Kubeflow and KServe alone. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Its containers, those that begin first. */
  readonly containers: readonly PodContainer[];
}

/** Which labels are meant (Kubernetes API reference, LabelSelector). */
export interface Selector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly {
    readonly key: string;
    /** In, NotIn, Exists or DoesNotExist. */
    readonly operator: string;
    readonly values: readonly string[];
  }[];
}

/** A mutating webhook that is asked when a pod is made. */
export interface PodWebhook {
  /** Name of its MutatingWebhookConfiguration: they are called in the order of their names. */
  readonly configuration: string;
  readonly name: string;
  /** Its URL, or "Service <namespace>/<name>". */
  readonly at: string;
  /** `Ignore`: a pod is made without it where it does not answer. */
  readonly failurePolicy: string;
  /** None, NoneOnDryRun, Some or Unknown: with the last two a dry run is refused. */
  readonly sideEffects: string;
  readonly namespaces: Selector;
  readonly objects: Selector;
  /** Certificates by which the API server knows it: how many, and until when the last is valid (RFC 3339); 0 also of what cannot be read. */
  readonly authority: { readonly certificates: number; readonly until?: string };
}

/** A PodDefault of Kubeflow, as far as it decides who a pod is in AWS. */
export interface PodDefault {
  readonly namespace: string;
  readonly name: string;
  readonly selector: Selector;
  /** What it gives to each container: see {@link PodContainer}. */
  readonly env: Readonly<Record<string, string>>;
  readonly from: Readonly<Record<string, string>>;
  readonly envFrom?: readonly string[];
  /** Annotations and labels that it gives to a pod, those of EKS alone. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** The service account that it gives to a pod. */
  readonly serviceAccount?: string;
}

/** The agent of Pod Identity on the nodes: how many are to have it, and how many do. */
export interface Agent {
  readonly namespace: string;
  readonly name: string;
  readonly wanted: number;
  readonly ready: number;
}

/** An add-on of EKS. */
export interface Addon {
  readonly name: string;
  readonly version: string;
  /** CREATING, ACTIVE, CREATE_FAILED, UPDATING, DELETING, DELETE_FAILED, DEGRADED or UPDATE_FAILED. */
  readonly status: string;
}

/** An object that has the role annotation of service accounts, and is none. */
export interface Annotated {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly role: string;
}

/** A NetworkPolicy, as far as it says whether pods get out of the cluster. */
export interface NetworkPolicy {
  readonly namespace: string;
  readonly name: string;
  /** Whether it is for every pod of the namespace. */
  readonly everyPod: boolean;
  /** What its pods may call; absent: it does not say. */
  readonly egress?: readonly {
    /** Whether it names addresses, or all that there is: pods and namespaces are inside. */
    readonly outside: boolean;
    /** Absent: all. */
    readonly ports?: readonly (number | string)[];
  }[];
}

/** Hosts that Istio knows beside those of the cluster. */
export interface ServiceEntry {
  readonly namespace: string;
  readonly name: string;
  readonly hosts: readonly string[];
}

/** A context of the kubeconfig, and the URL of the API server that it leads to. */
export interface KubeContext {
  readonly name: string;
  readonly server: string;
}

/** A user of a Cognito user pool. */
export interface CognitoUser {
  readonly pool: string;
  readonly username: string;
  /** What Kubeflow gets as the user's name. */
  readonly email: string;
  /** Such as CONFIRMED, or FORCE_CHANGE_PASSWORD for who never signed in. */
  readonly status?: string;
}
