/** The plugin's kind; the controller's match is case-sensitive (kubeflow/dashboard plugin_iam.go). */
export const PLUGIN_KIND = 'AwsIamForServiceAccount';
/** The annotation that the EKS pod identity webhook reads (aws/amazon-eks-pod-identity-webhook README). */
export const ROLE_ANNOTATION = 'eks.amazonaws.com/role-arn';
