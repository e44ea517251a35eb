/**
 * What the releases of Kubeflow Pipelines are made of, as far as it decides by which ways they get an identity of AWS. Source: go.mod and
 * image tags of each release of kubeflow/pipelines; that minio-go knows Pod Identity since 7.0.70: argoproj/argo-workflows#13800.
 */
export interface PipelinesRelease {
  /** From this one on. */
  readonly since: string;
  /** Client of the object store in ml-pipeline. */
  readonly client: string;
  readonly argo: string;
  /** Whether both know EKS Pod Identity. All know IRSA. */
  readonly podIdentity: boolean;
}

/** Oldest first, up to the first that knows EKS Pod Identity, as all after it do. What is older than the first was not looked at. */
export const PIPELINES_RELEASES: readonly PipelinesRelease[] = [
  { since: '2.2.0', client: 'minio-go 6.0.57', argo: '3.4', podIdentity: false },
  { since: '2.5.0', client: 'minio-go 6.0.57', argo: '3.5', podIdentity: false },
  { since: '2.14.0', client: 'minio-go 7.0.94', argo: '3.6.7', podIdentity: true },
];

/** The first release that knows EKS Pod Identity. */
export const KNOWS_POD_IDENTITY = PIPELINES_RELEASES.find(({ podIdentity }) => podIdentity)?.since ?? '';
