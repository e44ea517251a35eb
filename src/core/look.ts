/** What stands in every document that is ours. Kept by itself, so that an editor can look before it loads the rules. */
const OURS =
  /kind["']?[ \t]*:[ \t]*["']?Profile\b|AwsIamForServiceAccount|awsIamRole|annotateOnly|eks\.amazon|[/.]role[-_.]?arn|iam\.amazonaws\.com\/role|artifactRepository|useSDKCreds|accessKeySecret|AWS_ACCESS_KEY_ID|OBJECTSTORECONFIG|kfp-launcher|artifact-repositories|workflow-controller-configmap|AssumeRole|AWS::IAM::|PodIdentityAssociation|iam\.services\.k8s\.aws|iam\.aws\.(?:[\w.]*upbound|crossplane)\.io|eksctl\.io\/|iamserviceaccount|PolicyDocument|Statements?\\?["']?\s*:/i;

/** The same for Terraform, which writes names of its own. */
const OURS_IN_TERRAFORM =
  /AssumeRole|aws_iam_policy_document|Statement\\?["']?\s*[=:]|amazonaws[\\.]*com[\/.]|[/.]role[-_.]?arn|(?:namespace|cluster)_service_accounts|oidc_(?:fully|subjects|wildcard|providers)|openid_connect_provider|pod_identity|kubernetes_service_account|service_account_name\b|AwsIamForServiceAccount|awsIamRole|kfp-launcher|workflow-controller-configmap/i;

/** Whether a file is one of Terraform or OpenTofu, in HCL or in JSON. */
export const isTerraform = (file: string): boolean => /\.(?:tf|tofu)(?:\.json)?$/i.test(file);
export const isTerraformJson = (file: string): boolean => /\.(?:tf|tofu)\.json$/i.test(file);

/** Whether a file of Terraform can hold anything of ours; its neighbours may hold what it refers to. */
export const terraformLooksOurs = (text: string): boolean => OURS_IN_TERRAFORM.test(text);

/** Whether a file can hold anything of ours, by its name and its text. */
export const fileLooksOurs = (file: string, text: string): boolean =>
  isTerraform(file) ? terraformLooksOurs(text) : looksOurs(text);

/** Whether the text can hold anything of ours. Text that cannot costs no more than this look. */
export const looksOurs = (text: string): boolean => OURS.test(text);

/** The settings file of a repository, by its name: it lies in the root, or in a folder. */
export const SETTINGS_FILE = '.kubeflow-irsa.yaml';
export const isSettings = (file: string): boolean => file.endsWith(`/${SETTINGS_FILE}`);

/** Whether a file is a kustomization, which says of other files what they patch. */
export const isKustomization = (file: string): boolean => /(^|[\\/])kustomization\.ya?ml$/i.test(file);

/** Files that are read where a folder is: manifests and policies, templates of them, scripts that hold them. */
export const isRead = (file: string): boolean =>
  /\.(?:ya?ml|jsonc?|(?:ba|z|k)?sh|tpl|tftpl|tmpl|gotmpl|template|j2|jinja2?)$/i.test(file) &&
  !/(?:^|[\\/])(?:package-lock|npm-shrinkwrap|composer|pnpm-lock)\.(?:json|ya?ml)$/i.test(file);

/** Characters of a large file that are mostly enough for isRecords. */
export const HEAD = 65_536;

/** Whether a file, by its beginning, is JSON Lines: records of a machine, a value a line. Nobody writes policies or manifests so. */
export function isRecords(text: string): boolean {
  const [opening = '', bracket] = /^\uFEFF?\s*(?:(\{)(?![{%])|\[)/.exec(text.slice(0, 1000)) ?? [];
  const end = opening === '' ? -1 : text.indexOf('\n', opening.length);
  if (end < 0) return false;
  const closes = new RegExp(`${bracket === undefined ? ']' : '}'}\\s*$`).test(
    text.slice(Math.max(end - 100, opening.length), end),
  );
  return closes && /^\s*[{[]/.test(text.slice(end, end + 1000));
}
