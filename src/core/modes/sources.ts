/** What the catalogue cites in several places. */
export const PLUGIN = 'kubeflow/dashboard components/profile-controller/controllers/plugin_iam.go';

export const CONTROLLER = 'kubeflow/dashboard components/profile-controller/controllers/profile_controller.go';

export const CRD =
  'kubeflow/dashboard components/profile-controller/manifests/kustomize/base/crd/kubeflow.org_profiles.yaml';

export const WEBHOOK = 'aws/amazon-eks-pod-identity-webhook README.md';

export const KFP_CONFIG = 'kubeflow/pipelines backend/src/v2/config/s3.go';

export const IAM_GUIDE = 'IAM User Guide';

export const IAM_CONDITIONS = 'IAM User Guide, policy condition elements';

export const IAM_QUOTAS = 'IAM User Guide, IAM and STS quotas';

export const EKS_IRSA = 'EKS Best Practices Guide, identity and access management';

export const S3_ARNS = 'S3 User Guide, ARN format; Service Authorization Reference, Amazon S3';

export const AWS_PAGE = 'awslabs/kubeflow-manifests website/content/en/docs/deployment (Pipeline Profiles)';
