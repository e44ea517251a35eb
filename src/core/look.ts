/** What stands in every document that is ours. Kept by itself, so that an editor can look before it loads the rules. */
const OURS =
  /kind["']?[ \t]*:[ \t]*["']?Profile\b|AwsIamForServiceAccount|awsIamRole|annotateOnly|eks\.amazon|[/.]role[-_.]?arn|iam\.amazonaws\.com\/role|artifactRepository|useSDKCreds|accessKeySecret|AWS_ACCESS_KEY_ID|OBJECTSTORECONFIG|kfp-launcher|artifact-repositories|workflow-controller-configmap|AssumeRole|AWS::IAM::|PodIdentityAssociation|iam\.services\.k8s\.aws|iam\.aws\.(?:[\w.]*upbound|crossplane)\.io|["']?Statement["']?\s*:/i;

/** Whether the text can hold anything of ours. Text that cannot costs no more than this look. */
export const looksOurs = (text: string): boolean => OURS.test(text);

/** Whether a file is a kustomization, which says of other files what they patch. */
export const isKustomization = (file: string): boolean => /(^|[\\/])kustomization\.ya?ml$/i.test(file);
