import type { Reading } from './reading.ts';

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
}

export interface OidcProvider {
  readonly arn: string;
  /** Audiences that the provider accepts. */
  readonly clientIds: readonly string[];
}

export interface Role {
  readonly arn: string;
  readonly name: string;
  /** The trust policy as JSON text (decoded). */
  readonly trustPolicy: string;
  readonly tags: Readonly<Record<string, string>>;
  /** ARN of a permissions boundary, if the role has one. */
  readonly boundary?: string;
}

/** A role's policies apart from its trust policy. */
export interface RolePolicies {
  /** Names of inline policies; absent where the caller may not list them. */
  readonly inline?: readonly string[];
  /** Our inline policy's JSON text, if the role has it. */
  readonly ours?: string;
  /** ARNs of attached managed policies; absent where the caller may not list them. */
  readonly attached?: readonly string[];
}

export interface Bucket {
  readonly name: string;
  readonly region: string;
  /** Whether the caller may use the bucket; its region is told to everybody. */
  readonly accessible: boolean;
}

/** How the Kubernetes API was reached, and that it answered. */
export interface KubernetesApi {
  /** A sentence for people: which kubeconfig context, or that a token was signed for the caller. */
  readonly connection: string;
  /** Served versions of `profiles.kubeflow.org`, newest first; empty: Kubeflow's Profile API is not installed. */
  readonly profileVersions: readonly string[];
}

/** A Kubeflow Profile as the API server holds it: only what we name is typed, all of it is kept. */
export interface Profile {
  readonly apiVersion: string;
  readonly kind: 'Profile';
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion?: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly owner?: { readonly kind?: string; readonly name?: string };
    readonly plugins?: readonly ProfilePlugin[];
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
}

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** All readings about one cluster and one profile, taken in parallel. */
export interface Observation {
  readonly caller: Reading<Caller>;
  readonly cluster: Reading<Cluster>;
  readonly bucket: Reading<Bucket>;
  readonly role: Reading<Role>;
  readonly rolePolicies: Reading<RolePolicies>;
  readonly provider: Reading<OidcProvider>;
  readonly kubernetes: Reading<KubernetesApi>;
  readonly profile: Reading<Profile>;
  readonly namespace: Reading<Namespace>;
  readonly serviceAccount: Reading<ServiceAccount>;
}
