/** The plugin's kind; the controller's match is case-sensitive (kubeflow/dashboard plugin_iam.go). */
export const PLUGIN_KIND = 'AwsIamForServiceAccount';
/** The annotation that the EKS pod identity webhook reads (aws/amazon-eks-pod-identity-webhook README). */
export const ROLE_ANNOTATION = 'eks.amazonaws.com/role-arn';

/** ConfigMaps that decide where artifacts go. Sources: Kubeflow Pipelines and Argo Workflows, which read them by these names. */
const OUR_CONFIG_MAPS = ['kfp-launcher', 'artifact-repositories', 'workflow-controller-configmap'] as const;
export type OurConfigMap = (typeof OUR_CONFIG_MAPS)[number];

/** The bucket and the key of a pipeline root on S3; a query behind it is KFP's. */
export function s3RootOf(root: string): { readonly bucket: string; readonly key: string } | undefined {
  const [, bucket, key = ''] = /^s3:\/\/([^/?]+)\/?([^?]*)/.exec(root) ?? [];
  return bucket === undefined ? undefined : { bucket, key };
}

export const isOurConfigMap = (name: string): name is OurConfigMap =>
  (OUR_CONFIG_MAPS as readonly string[]).includes(name);

/** An endpoint of S3 itself, of any region and kind. */
export const AWS_ENDPOINT = /(^|\/\/)(?:[\w.-]+\.)?s3[.-][\w.-]*amazonaws\.com(?:\.cn)?(?:[:/]|$)/;

/** Where Kubeflow's profile controller is: the Kubeflow distribution has it in `kubeflow`, a stand-alone installation in `profiles-system`. */
export const CONTROLLER = {
  namespaces: ['kubeflow', 'profiles-system'],
  deployment: 'profiles-deployment',
  container: 'manager',
  account: 'profiles-controller-service-account',
} as const;
