/** The few interfaces to the outside. `aws` and `kubernetes` implement them; tests may wrap them, never replace the cloud. */
import type {
  Bucket,
  Caller,
  Cluster,
  KubernetesApi,
  Namespace,
  OidcProvider,
  Profile,
  Role,
  RolePolicies,
  ServiceAccount,
} from '../core/observation.ts';
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
  /** At most `limit` keys that start with `prefix`. */
  list(prefix: string, limit: number): Promise<readonly string[]>;
}

/** One AWS identity in one region. Readings never throw; writing calls throw {@link OutsideError}. */
export interface Aws {
  readonly region: string;
  caller(): Promise<Reading<Caller>>;
  /** Names of all EKS clusters of the region (all pages). */
  clusterNames(): Promise<Reading<readonly string[]>>;
  cluster(name: string): Promise<Reading<Cluster>>;
  /** All buckets of the account that the caller may list, with their regions. */
  buckets(): Promise<Reading<readonly { readonly name: string; readonly region?: string }[]>>;
  bucket(name: string): Promise<Reading<Bucket>>;
  oidcProvider(arn: string): Promise<Reading<OidcProvider>>;
  role(name: string): Promise<Reading<Role>>;
  rolePolicies(roleName: string, ourPolicy: string): Promise<Reading<RolePolicies>>;
  createOidcProvider(issuerUrl: string, audience: string, tags: Readonly<Record<string, string>>): Promise<void>;
  addAudience(providerArn: string, audience: string): Promise<void>;
  createRole(name: string, trustPolicy: string, description: string, tags: Readonly<Record<string, string>>): Promise<void>;
  updateTrustPolicy(roleName: string, trustPolicy: string): Promise<void>;
  putRolePolicy(roleName: string, policyName: string, policy: string): Promise<void>;
  /** Needs no credentials of the caller: the token is the proof. */
  assumeRoleWithWebIdentity(roleArn: string, token: string, sessionName: string): Promise<TemporaryCredentials>;
  /** Objects as the assumed role sees them, or, without credentials, as the caller does. */
  objects(bucket: string, region: string, credentials?: TemporaryCredentials): ObjectStore;
  /** Bearer token for the Kubernetes API of an EKS cluster, signed offline; valid for 15 minutes from `now`. */
  eksToken(clusterName: string): Promise<string>;
}

/** The Kubernetes API of one cluster. Readings never throw; other calls throw {@link OutsideError}. */
export interface Kubernetes {
  api(): Promise<Reading<KubernetesApi>>;
  profile(name: string): Promise<Reading<Profile>>;
  profiles(): Promise<Reading<readonly Profile[]>>;
  namespace(name: string): Promise<Reading<Namespace>>;
  serviceAccount(namespace: string, name: string): Promise<Reading<ServiceAccount>>;
  createProfile(profile: Profile): Promise<void>;
  /** Replaces the Profile; `409` if it changed since it was read (resourceVersion). */
  replaceProfile(profile: Profile): Promise<void>;
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
  /** A token of a service account for an audience, valid for `seconds` (Kubernetes: at least 600). */
  serviceAccountToken(namespace: string, name: string, audience: string, seconds: number): Promise<string>;
  /** Ends open connections. */
  close(): void;
}

/** Reaches the Kubernetes API of a cluster for the identity of `aws`. Never throws: what is wrong shows in the readings. */
export type ConnectKubernetes = (cluster: Cluster, aws: Aws) => Promise<Kubernetes>;
