/**
 * The few interfaces to the outside. `aws` and `kubernetes` implement them. Tests of runs, undo and proofs may hold a world in memory
 * behind them (test/unit/world.ts); that the implementations are true is for the sandbox to show.
 */
import type { ListedProfile } from '../core/modes/view.ts';
import type {
  Addon,
  Agent,
  Annotated,
  BareRole,
  Bucket,
  BucketSettings,
  Caller,
  Cluster,
  CognitoUser,
  ConfigMap,
  Deployment,
  Encryption,
  KmsKey,
  KubernetesApi,
  Namespace,
  NetworkPolicy,
  OidcProvider,
  Pod,
  PodDefault,
  Organization,
  PodIdentity,
  PodIdentityAssociation,
  PodWebhook,
  PrefixData,
  Profile,
  Role,
  RoleSettings,
  ServiceAccount,
  ServiceEntry,
  VpcEndpoint,
} from '../core/observation.ts';
import type { RoleBinding } from '../core/people/kfam.ts';
import type { UserPool } from '../core/people/signIn.ts';
import type { Reading } from '../core/reading.ts';

/**
 * A call to the outside that did not do what was asked. `code` is the outside's own error code ("EntityAlreadyExists", "409");
 * `permission` is set where the caller lacks one. The message is a sentence for people and holds no credential.
 */
export class OutsideError extends Error {
  readonly code: string;
  readonly permission: string | undefined;
  constructor(message: string, code: string, permission?: string) {
    super(message);
    this.name = 'OutsideError';
    this.code = code;
    this.permission = permission;
  }
}

/** Temporary credentials of an assumed role. Never logged, never stored. */
export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Objects of one bucket, used with given credentials. Every method throws {@link OutsideError}. */
export interface ObjectStore {
  put(key: string, body: string): Promise<void>;
  /** The object's text; throws `NoSuchKey` where there is none. */
  get(key: string): Promise<string>;
  delete(key: string): Promise<void>;
  /** At most `limit` keys that start with `prefix` (ListObjectsV2). */
  list(prefix: string, limit: number): Promise<readonly string[]>;
  /** Begins an upload in parts. `again`: it took more than one try, so that there may be others of the key. */
  beginUpload(key: string): Promise<{ readonly id: string; readonly again: boolean }>;
  /** Uploads a part, the first is 1: its tag. Only the last one may be small (S3: 5 MB). */
  uploadPart(key: string, upload: string, number: number, body: string): Promise<string>;
  /** Makes the object of the parts with these tags, in order. */
  completeUpload(key: string, upload: string, tags: readonly string[]): Promise<void>;
  /** Drops an upload and its parts; one that is not there, or not any more, is as good. */
  abortUpload(key: string, upload: string): Promise<void>;
  /** Ids of uploads of a key that were begun and not ended. */
  uploads(key: string): Promise<readonly string[]>;
}

/** One AWS identity in one region. Readings never throw; writing calls throw {@link OutsideError}. */
export interface Aws extends AwsLists {
  readonly region: string;
  caller(): Promise<Reading<Caller>>;
  /** Names of all EKS clusters of the region (all pages). */
  clusterNames(): Promise<Reading<readonly string[]>>;
  cluster(name: string): Promise<Reading<Cluster>>;
  /** All buckets of the account that the caller may list, with their regions. */
  buckets(): Promise<Reading<readonly { readonly name: string; readonly region?: string }[]>>;
  /** `account`: whose it should be; one that answers only without that is told as `foreign`. */
  bucket(name: string, account?: string): Promise<Reading<Bucket>>;
  /** Its default encryption; `absent`: none is set, or there is no such bucket. */
  bucketEncryption(name: string): Promise<Reading<Encryption>>;
  /** Its policy as JSON text; `absent`: it has none, or there is no such bucket. */
  bucketPolicy(name: string): Promise<Reading<string>>;
  /** What it was made with; `denied` where any of it may not be read. */
  bucketSettings(name: string): Promise<Reading<BucketSettings>>;
  /** A KMS key of a region by id, ARN, alias or alias ARN, with its policy. */
  key(name: string, region: string): Promise<Reading<KmsKey>>;
  oidcProvider(arn: string): Promise<Reading<OidcProvider>>;
  /** What stands over an account; `absent`: it is in no organization. */
  organization(partition: string, account: string): Promise<Reading<Organization>>;
  /** Endpoints of a VPC of this region for S3 and STS. */
  vpcEndpoints(vpc: string): Promise<Reading<readonly VpcEndpoint[]>>;
  /**
   * A role with all of its policies. What the caller may not read of the policies is named in `unread`. `policy`: the name of an
   * inline policy that matters most; it is asked for at once, also where the policies may not be listed.
   */
  role(name: string, policy?: string): Promise<Reading<Role>>;
  /** A role without its policies: one call. */
  bareRole(name: string): Promise<Reading<BareRole>>;
  /** Whether there is a managed policy of this ARN. */
  policy(arn: string): Promise<Reading<{ readonly arn: string }>>;
  /** JSON text of the version of a managed policy that counts. */
  policyDocument(arn: string): Promise<Reading<string>>;
  /** JSON text of one inline policy. */
  rolePolicy(roleName: string, policyName: string): Promise<Reading<string>>;
  createOidcProvider(issuerUrl: string, audience: string, tags: Readonly<Record<string, string>>): Promise<void>;
  addAudience(providerArn: string, audience: string): Promise<void>;
  /** Makes a role with all that it is: its path is the one of its ARN. */
  createRole(role: BareRole): Promise<void>;
  updateTrustPolicy(roleName: string, trustPolicy: string): Promise<void>;
  /** Sets both: UpdateRole puts back to one hour a session length that it is not told (IAM API Reference). */
  updateRole(roleName: string, settings: RoleSettings): Promise<void>;
  /** Without an ARN the boundary is taken away. */
  setBoundary(roleName: string, arn?: string): Promise<void>;
  /** Sets a tag; without a value it is taken away. */
  tagRole(roleName: string, key: string, value?: string): Promise<void>;
  putRolePolicy(roleName: string, policyName: string, policy: string): Promise<void>;
  deleteOidcProvider(providerArn: string): Promise<void>;
  removeAudience(providerArn: string, audience: string): Promise<void>;
  deleteRole(name: string): Promise<void>;
  deleteRolePolicy(roleName: string, policyName: string): Promise<void>;
  /** ARNs of the managed policies that are attached to a role (all pages). */
  roleAttachments(roleName: string): Promise<Reading<readonly string[]>>;
  attachRolePolicy(roleName: string, policyArn: string): Promise<void>;
  detachRolePolicy(roleName: string, policyArn: string): Promise<void>;
  /** Names of the instance profiles that a role is in: they keep it from being deleted. */
  instanceProfiles(roleName: string): Promise<Reading<readonly string[]>>;
  /**
   * What lies below a prefix, read page by page until there are more than `most` objects and versions; with versions and uploads in
   * parts, as far as they may be listed. `absent`: nothing is there, or there is no such bucket.
   */
  prefixData(bucket: string, region: string, prefix: string, most: number): Promise<Reading<PrefixData>>;
  /** Deletes all that lies below a prefix: objects, versions, uploads. It does not come back. Refuses an empty prefix. */
  deletePrefix(bucket: string, region: string, prefix: string, signal?: AbortSignal): Promise<void>;
  /** Pod Identity associations of a cluster (all pages). */
  podIdentityAssociations(cluster: string): Promise<Reading<readonly PodIdentityAssociation[]>>;
  /** That of a service account, with all that it is. */
  podIdentity(cluster: string, namespace: string, serviceAccount: string): Promise<Reading<PodIdentity>>;
  /** An add-on of a cluster; `absent`: it has none of that name. */
  addon(cluster: string, name: string): Promise<Reading<Addon>>;
  /** `ResourceInUseException`: the service account has one. */
  createPodIdentity(cluster: string, association: PodIdentity): Promise<void>;
  deletePodIdentity(cluster: string, id: string): Promise<void>;
  /** Makes a bucket in this region, without access lists. `BucketAlreadyExists`: somebody else has the name. */
  createBucket(name: string): Promise<void>;
  /** Sets all tags of a bucket: others go. */
  tagBucket(name: string, tags: Readonly<Record<string, string>>): Promise<void>;
  /** All four blocks of public access. */
  blockPublicAccess(name: string): Promise<void>;
  setOwnership(name: string, ownership: string): Promise<void>;
  encryptBucket(name: string, encryption: Encryption): Promise<void>;
  putBucketPolicy(name: string, policy: string): Promise<void>;
  /** Needs no credentials of the caller: the token is the proof. */
  assumeRoleWithWebIdentity(roleArn: string, token: string, sessionName: string): Promise<TemporaryCredentials>;
  /** The Cognito user pools of a region. */
  userPools(region: string): UserPools;
  /** Objects as the assumed role sees them, or, without credentials, as the caller does; at a URL where S3's own is not meant. */
  objects(bucket: string, region: string, credentials?: TemporaryCredentials, endpoint?: string): ObjectStore;
  /** Bearer token for the Kubernetes API of an EKS cluster, signed offline; valid for 15 minutes from `now`. */
  eksToken(clusterNameOrLocalId: string): Promise<string>;
}

/** The Kubernetes API of one cluster. Readings never throw; other calls throw {@link OutsideError}. */
export interface Kubernetes extends KubernetesLists {
  api(): Promise<Reading<KubernetesApi>>;
  profile(name: string): Promise<Reading<Profile>>;
  profiles(): Promise<Reading<readonly Profile[]>>;
  /** Names of the first so many Profiles. */
  profileNames(limit: number): Promise<Reading<readonly string[]>>;
  namespace(name: string): Promise<Reading<Namespace>>;
  serviceAccount(namespace: string, name: string): Promise<Reading<ServiceAccount>>;
  createProfile(profile: Profile): Promise<void>;
  /** Replaces the Profile; `409` if it changed since it was read (resourceVersion). */
  replaceProfile(profile: Profile): Promise<void>;
  /** Whether we may do something to a resource of the cluster, such as `delete` `profiles.kubeflow.org` (SelfSubjectAccessReview). */
  may(verb: string, resource: string): Promise<Reading<boolean>>;
  /** Deletes the Profile and waits until it is gone; throws with code `Timeout` where it stays. */
  deleteProfile(name: string, signal?: AbortSignal): Promise<void>;
  /**
   * Sets annotations of an object, and takes away those that are undefined; the others stay. `Conflict` where they are not as `before`:
   * somebody was quicker.
   */
  annotate(
    resource: 'namespaces' | 'serviceaccounts',
    name: string,
    annotations: Readonly<Record<string, string | undefined>>,
    before: Readonly<Record<string, string | undefined>>,
    namespace?: string,
  ): Promise<void>;
  /**
   * Watches one service account, its namespace need not exist yet. Resolves with the first state that `wanted` accepts, or
   * with undefined after `timeoutMs` or when `signal` aborts.
   */
  waitForServiceAccount(
    namespace: string,
    name: string,
    wanted: (serviceAccount: ServiceAccount) => boolean,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<ServiceAccount | undefined>;
  configMap(namespace: string, name: string): Promise<Reading<ConfigMap>>;
  createConfigMap(configMap: ConfigMap): Promise<void>;
  /** Sets the data of a ConfigMap, key by key; `409` if it changed since it was read (resourceVersion). */
  patchConfigMap(before: ConfigMap, data: Readonly<Record<string, string>>): Promise<void>;
  deleteConfigMap(namespace: string, name: string): Promise<void>;
  /** As {@link waitForServiceAccount}, for a ConfigMap. */
  waitForConfigMap(
    namespace: string,
    name: string,
    wanted: (configMap: ConfigMap) => boolean,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<ConfigMap | undefined>;
  deployment(namespace: string, name: string, container?: string): Promise<Reading<Deployment>>;
  /** The pod as it would be if it were made now, with what webhooks make of it. No pod is made (`dryRun=All`). */
  tryPod(namespace: string, pod: KubeObject): Promise<Reading<Pod>>;
  /** One object as the API server holds it. */
  object(resource: Resource, namespace: string, name: string): Promise<Reading<KubeObject>>;
  /** All objects of a namespace, or of the cluster (all pages). */
  objects(resource: Resource, namespace?: string): Promise<Reading<readonly KubeObject[]>>;
  createObject(resource: Resource, object: KubeObject): Promise<void>;
  /** Replaces the object; `Conflict` if it changed since it was read (resourceVersion). */
  replaceObject(resource: Resource, object: KubeObject): Promise<void>;
  deleteObject(resource: Resource, namespace: string, name: string): Promise<void>;
  /** A token of a service account for an audience, valid for `seconds` (Kubernetes: at least 600). */
  serviceAccountToken(namespace: string, name: string, audience: string, seconds: number): Promise<string>;
  /** Ends open connections. */
  close(): void;
}

/** Resources whose objects are read and written whole. */
export type Resource = 'deployments' | 'ingresses' | 'rolebindings' | 'authorizationpolicies' | 'apiservices' | 'pods';

/** An object of the Kubernetes API: only what we name is typed, all of it is kept. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [key: string]: unknown;
}

/** Cognito in one region. Readings never throw; writing calls throw {@link OutsideError}. */
export interface UserPools {
  /** All pools of the account in the region (all pages). */
  pools(): Promise<Reading<readonly UserPool[]>>;
  /** Users of a pool, at most some hundred; with `email` those of this address. Users without an address are left out. */
  users(pool: string, email?: string): Promise<Reading<readonly CognitoUser[]>>;
  /** Makes a user, to whom Cognito sends an invitation with a password of its own. `UsernameExistsException` where there is one. */
  createUser(pool: string, email: string): Promise<void>;
  deleteUser(pool: string, username: string): Promise<void>;
}

/** Reaches the Kubernetes API of a cluster for the identity of `aws`. Never throws: what is wrong shows in the readings. */
export type ConnectKubernetes = (cluster: Cluster, aws: Aws) => Promise<Kubernetes>;

/** What of a cluster is listed as a whole and can be watched. */
export interface Listable {
  readonly profiles: ListedProfile;
  readonly namespaces: Namespace;
  /** The service account `default-editor` of every namespace that has one. */
  readonly editors: ServiceAccount;
  /** The ConfigMap `kfp-launcher` of every namespace that has one. */
  readonly launchers: ConfigMap;
}

/** What only a doctor asks for: listed for a namespace or for the whole cluster, and never watched. */
export interface Inspectable {
  readonly pods: Pod;
  /** Bindings `default-editor` and `default-viewer`. */
  readonly bindings: RoleBinding;
  /** ConfigMaps `artifact-repositories`. */
  readonly repositories: ConfigMap;
  readonly networkPolicies: NetworkPolicy;
  readonly serviceEntries: ServiceEntry;
  /** Those that have the role annotation. */
  readonly notebooks: Annotated;
  readonly inferenceServices: Annotated;
  readonly workflows: Annotated;
  /** Of the cluster: they are in no namespace. */
  readonly webhooks: PodWebhook;
  readonly podDefaults: PodDefault;
  /** DaemonSets `eks-pod-identity-agent`. */
  readonly agents: Agent;
}

/** All items of a kind, and the version from which a watch goes on. */
export interface Listed<T> {
  readonly items: readonly T[];
  readonly version: string;
}

/** One change that a watch tells. `item` is absent where only the version moved on (a bookmark). */
export interface Change<T> {
  readonly type: 'changed' | 'deleted' | 'bookmark';
  readonly item?: T;
  readonly version: string;
}

/** Reading of a whole cluster: few large calls instead of many small ones. Readings never throw. */
export interface KubernetesLists {
  /**
   * All items of the cluster, page by page, so that no page blocks for long; those after the first wait for `after`. `came` is
   * told the items of each page as it comes.
   */
  list<K extends keyof Listable>(
    kind: K,
    after?: Promise<unknown>,
    came?: (items: readonly Listable[K][]) => void,
  ): Promise<Reading<Listed<Listable[K]>>>;
  /** What there is of a kind in a namespace, or in the cluster (all pages); `absent`: the cluster does not know the kind. */
  inspect<K extends keyof Inspectable>(kind: K, namespace?: string): Promise<Reading<readonly Inspectable[K][]>>;
  /** The item of a kind that belongs to a profile. */
  one<K extends keyof Listable>(kind: K, profile: string): Promise<Reading<Listable[K]>>;
  /**
   * Tells changes after `version` until the server ends the stream or `signal` aborts (both resolve). Throws
   * {@link OutsideError}: code `410` where the version is too old and the list must be read again.
   */
  watch<K extends keyof Listable>(
    kind: K,
    version: string,
    onChange: (change: Change<Listable[K]>) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** All of a namespace, or of the cluster (all pages). */
  serviceAccounts(namespace?: string): Promise<Reading<readonly ServiceAccount[]>>;
  /** The ConfigMaps of a name of all namespaces (all pages). */
  configMaps(name: string): Promise<Reading<readonly ConfigMap[]>>;
  /** Kubeflow's profile controller (deployment `profiles-deployment`); `absent` also where its image is not told. */
  profileController(): Promise<Reading<Deployment>>;
}

/** `next`: the marker of the page after this one, if there is one. */
export interface RolesPage {
  readonly roles: readonly Role[];
  readonly next?: string;
}

/** Reading of a whole account. Readings never throw. */
export interface AwsLists {
  /** ARNs of all IAM OIDC providers of the account. */
  oidcProviderArns(): Promise<Reading<readonly string[]>>;
  /** One page of a listing of the account (iam:GetAccountAuthorizationDetails): those of the wanted roles that are on it. */
  rolesPage(wanted: { has(name: string): boolean }, marker?: string): Promise<Reading<RolesPage>>;
  /** What that listing does not tell, by role name, of all roles of the account (iam:ListRoles, all pages). */
  roleSettings(): Promise<Reading<ReadonlyMap<string, RoleSettings>>>;
}
