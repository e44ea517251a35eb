/** What the isolation matrix is judged from: plain data, read by whoever may. */
import type { Organization } from '../observation.ts';
import type { Reading } from '../reading.ts';
import type { Below } from './reach.ts';

export interface WorldProfile {
  readonly name: string;
  /** ARN of the role that its service account or its plugin names. */
  readonly role?: string;
  /** Where its objects lie, and the region of the bucket where it is known. */
  readonly place?: Below;
  /** The access point that stands for its bucket: its policy decides, too, and it is not read. */
  readonly accessPoint?: string;
  /** Why there is no place, as a sentence. */
  readonly why?: string;
}

export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

export interface WorldCluster {
  readonly name: string;
  readonly region: string;
  readonly account: string;
  readonly partition: string;
  /** OIDC issuer URL; absent: it has none yet. */
  readonly issuer?: string;
  /** Audiences that its OIDC provider in IAM takes; `absent`: there is no such provider, and no token gets in. */
  readonly audiences: Reading<readonly string[]>;
  readonly profiles: readonly WorldProfile[];
  /** Service accounts that are known besides `default-editor` of each profile. */
  readonly accounts: readonly ServiceAccountName[];
  /** Roles that EKS itself gives to pods of service accounts (Pod Identity). */
  readonly podIdentities?: readonly (ServiceAccountName & { readonly roleArn: string })[];
}

/** A policy's text, or why it is not here. */
export type PolicyText =
  { readonly name: string; readonly text: string } | { readonly name: string; readonly unread: string };

export interface WorldRole {
  readonly arn: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The trust policy as JSON text. */
  readonly trust: string;
  /** All policies that give it permissions. */
  readonly policies: readonly PolicyText[];
  readonly boundary?: PolicyText;
}

export interface WorldBucket {
  readonly region?: string;
  /** Whose it is; absent: not known. */
  readonly account?: string;
  /** Its policy as JSON text; `absent`: it has none. */
  readonly policy: Reading<string>;
  /** ARN of the KMS key that it is encrypted with by default. */
  readonly key?: string;
}

export interface WorldKey {
  readonly arn: string;
  /** Its policy as JSON text, or why it is not here. */
  readonly policy: Reading<string>;
}

/** Where the proof ends: something that was not read, or is not judged here. */
export interface Limit {
  /** A sentence. */
  readonly text: string;
  /** The permission that is lacking. */
  readonly permission?: string;
  /** A cluster that is left out because of it. */
  readonly cluster?: string;
}

export interface IsolationWorld {
  readonly clusters: readonly WorldCluster[];
  readonly roles: readonly WorldRole[];
  /** Buckets of the profiles' places, by name. */
  readonly buckets: ReadonlyMap<string, WorldBucket>;
  /** Keys of these buckets, by ARN. */
  readonly keys: ReadonlyMap<string, WorldKey>;
  /** What stands over accounts, by their ids; `absent`: one is in no organization. */
  readonly organizations?: ReadonlyMap<string, Reading<Organization>>;
  readonly limits: readonly Limit[];
}
