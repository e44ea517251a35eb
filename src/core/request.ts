/** How much of the bucket the profile's role may use. Data: labels are shown in prompts, ids are the CLI's `--access` words. */
export const ACCESS_LEVELS = [
  {
    id: 'prefix',
    label: "Read and write under the profile's prefix",
    detail: 'Least privilege: objects of other profiles in the same bucket stay out of reach.',
  },
  { id: 'bucket', label: 'Read and write the whole bucket', detail: 'For a bucket that only this profile uses.' },
  {
    id: 'read-only',
    label: 'Read only',
    detail: 'Pipelines that store artifacts will fail: every object may be read, none written.',
  },
  {
    id: 'full',
    label: 'Everything (s3:*), as on the AWS page',
    detail: 'Includes deleting the bucket and changing its policy. Not advised.',
  },
] as const;

export type AccessLevel = (typeof ACCESS_LEVELS)[number]['id'];

/** What a person wants for one profile on one cluster: a wish of the planner `planProfile`. */
export interface Request {
  /** EKS cluster name and the AWS region it is in. */
  readonly cluster: string;
  readonly region: string;
  /** Name of the Kubeflow Profile, and so of its namespace. */
  readonly profile: string;
  /** `spec.owner.name`, of kind User: exactly what the identity provider sends, case-sensitive. */
  readonly owner: string;
  /** Name of a general-purpose S3 bucket. */
  readonly bucket: string;
  /** The bucket is to be made, in the region of the cluster, where it is not there. */
  readonly createBucket?: true;
  /** A KMS key (id, ARN or alias) that a bucket to be made is encrypted with; absent: keys of S3's own. */
  readonly bucketKey?: string;
  readonly access: AccessLevel;
  /** Where in the bucket the profile's objects lie: "teams/a/"; absent: where they lie now, else {@link profilePrefix}. */
  readonly prefix?: string;
  /** Where the profile's objects lay before: the role may still read them. Null: no longer; absent: as its policy has it. */
  readonly former?: FormerPlace | null;
  /** Path of the role: "/" or "/teams/a/"; absent: that of the role that the profile has, else "/". */
  readonly rolePath?: string;
  /** ARN of the role's permissions boundary; null: none; absent: as it is. */
  readonly boundary?: string | null;
  /** Tags of the role by key; null: without it. Others stay. */
  readonly tags?: Readonly<Record<string, string | null>>;
  /** Longest session of the role in seconds; absent: as it is. */
  readonly maxSession?: number;
  /** Name of the role, where the person chose one; absent: the role that the profile has, else {@link defaultRoleName}. */
  readonly roleName?: string;
  /** The owner is no user yet, and is made one: in Dex, or in the Cognito user pool of this id. */
  readonly newUser?: NewUser;
  /** The person agrees that a namespace which nobody owns is given to the profile's owner. */
  readonly adoptNamespace?: true;
  /** Where the pipelines put their artifacts is left as it is. */
  readonly leaveArtifacts?: true;
  /**
   * Whether Kubeflow's profile controller leaves the trust policy alone; absent: nobody chose, so that it stays as the Profile has
   * it. True for a new one.
   */
  readonly annotateOnly?: boolean;
  /** The person agrees that the controller's own role may edit the trust policy of the profile's role. */
  readonly grantController?: true;
}

/** A place that a profile no longer writes to. */
export interface FormerPlace {
  readonly bucket: string;
  /** Ends with a slash; '': all of the bucket. */
  readonly prefix: string;
}

/** Where a user is made. */
export type NewUser = { readonly in: 'dex' } | { readonly in: 'cognito'; readonly pool: string };
