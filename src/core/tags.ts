/** Tags and annotations that say who made a thing, and for what: IAM is global, so the cluster is named by its ARN. */
export const TAG = {
  maker: 'kubeflow-irsa/made-by',
  cluster: 'kubeflow-irsa/cluster',
  profile: 'kubeflow-irsa/profile',
  /** On a role: for whom it was made. It stays as it is when the profile is handed over. */
  owner: 'kubeflow-irsa/owner',
  /**
   * On what an export hands over to an engine: which one keeps it from then on, by its id in core/tools.ts. CloudFormation and Terraform leave
   * no mark of their own on a role.
   */
  keeper: 'kubeflow-irsa/managed-by',
  /** The run that made it: an answer that was lost is recognised by it. */
  run: 'kubeflow-irsa/run',
  /** On a Profile: how often it was touched, so that the profile controller looks at it again. */
  touched: 'kubeflow-irsa/touched',
  /** On Dex's pods: for which users it was started. */
  users: 'kubeflow-irsa/users',
} as const;

/** What the keys of all of them begin with. */
export const TAG_PREFIX = 'kubeflow-irsa/';

/** Tags of what serves a whole cluster, such as its OIDC provider. */
export const clusterTags = (cluster: { readonly arn: string }): Readonly<Record<string, string>> => ({
  [TAG.maker]: 'kubeflow-irsa',
  [TAG.cluster]: cluster.arn,
});
