// Error texts that people met, as they stand in public threads: accounts, ids and names of theirs are replaced where they were given.
// Each with what it is (a row of core/explain/errors.ts), and the repository and number of its thread.

/** `is`: what must be told first. `unknown`: nothing of ours, and to be said so. */
export interface Sample {
  readonly is: string;
  readonly text: string;
  readonly from: string;
}

const s = (is: string, from: string, text: string): Sample => ({ is, from, text });

export const SAMPLES: readonly Sample[] = [
  // No OIDC provider.
  s(
    'no-provider',
    'kubernetes-sigs/aws-load-balancer-controller#2315',
    '2021/10/22 03:14:16 Could not initialize EKS CloudWatch client: WebIdentityErr: failed to retrieve credentials\ncaused by: InvalidIdentityToken: No OpenIDConnect provider found in your account for https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE\n\tstatus code: 400, request id: 3714365f',
  ),
  s(
    'no-provider',
    'kubernetes-sigs/aws-load-balancer-controller#1226',
    'E0416 12:40:46.016106       1 healthcheck.go:38] Controller health check failed: [ec2.DescribeTagsWithContext]: WebIdentityErr: failed to retrieve credentials\ncaused by: InvalidIdentityToken: No OpenIDConnect provider found in your account for https://oidc.eks.eu-west-1.amazonaws.com/id/xxxx',
  ),
  s(
    'no-provider',
    'namespacelabs/foundation#801',
    'failed to retrieve credentials: failed to refresh cached credentials, failed to retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, exceeded maximum number of attempts, 3, https response error StatusCode: 400, RequestID: 15810d8a, InvalidIdentityToken: No OpenIDConnect provider found in your account for {redacted}',
  ),
  s(
    'no-provider',
    'aws/karpenter-provider-aws#4035',
    'ERROR\tcontroller.aws.pricing\tupdating spot pricing, WebIdentityErr: failed to retrieve credentials\ncaused by: InvalidIdentityToken: No OpenIDConnect provider found in your account for *****',
  ),
  s(
    'no-provider',
    'terraform-aws-modules/terraform-aws-eks#965',
    'F0813 16:43:55.729117       1 aws_cloud_provider.go:376] Failed to create AWS Manager: cannot autodiscover ASGs: WebIdentityErr: failed to retrieve credentials\ncaused by: InvalidIdentityToken: No OpenIDConnect provider found in your account for https://oidc.eks.eu-west-1.amazonaws.com/id/<REDACTED>\n        status code: 400, request id: d3971115',
  ),
  s(
    'no-provider',
    'aws/aws-sdk-js-v3#5083',
    'InvalidIdentityTokenException: No OpenIDConnect provider found in your account for https://oidc.eks.cn-north-1.amazonaws.com.cn/id/<ID>\n    at de_InvalidIdentityTokenExceptionRes (/path/node_modules/@aws-sdk/client-sts/dist-cjs/protocols/Aws_query.js:436:23)',
  ),
  // Audience.
  s(
    'audience',
    'aws/amazon-eks-pod-identity-webhook#232',
    '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <Error>\n    <Type>Sender</Type>\n    <Code>InvalidIdentityToken</Code>\n    <Message>Incorrect token audience</Message>\n  </Error>\n</ErrorResponse>',
  ),
  s(
    'audience',
    'awslabs/amazon-eks-irsa-cfn#18',
    'An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: Incorrect token audience',
  ),
  s('audience', 'aws-actions/configure-aws-credentials#775', 'Error: Incorrect token audience'),
  s('audience', 'BerriAI/litellm#31412', 'InvalidIdentityToken: Incorrect token audience'),
  // Expired.
  s(
    'token-expired',
    'awslabs/aws-orbit-workbench#707',
    'botocore.errorfactory.ExpiredTokenException: An error occurred (ExpiredTokenException) when calling the AssumeRoleWithWebIdentity operation: Token expired: current date/time 1624482533 must be before the expiration date/time1624482335',
  ),
  s(
    'token-expired',
    'mozilla-iam/mozilla-aws-cli#146',
    '<Error>\n    <Type>Sender</Type>\n    <Code>ExpiredTokenException</Code>\n    <Message>Token too old: 441398</Message>\n  </Error>',
  ),
  s(
    'token-expired',
    'aws/aws-sdk-java-v2#5709',
    's.a.a.s.s.m.ExpiredTokenException: Token expired: current date/time 1731098245 must be before the expiration date/time 1731095240 (Service: Sts, Status Code: 400, Request ID: 22679931)\n\tat s.a.a.c.i.h.CombinedResponseHandler.handleErrorResponse(CombinedResponseHandler.java:125)',
  ),
  s(
    'token-expired',
    'parseablehq/parseable#604',
    '[2024-01-08T15:22:05Z WARN  parseable] failed to sync local data with object store. UnhandledError(Error { retries: 0, message: "<ErrorResponse xmlns=\\"https://sts.amazonaws.com/doc/2011-06-15/\\">\\n  <Error>\\n    <Type>Sender</Type>\\n    <Code>ExpiredTokenException</Code>\\n    <Message>Token expired: current date/time 1704727025 must be before the expiration date/time 1704574064</Message>\\n  </Error>"',
  ),
  s(
    'token-expired',
    'boto/botocore#3117',
    'Error when retrieving credentials from container-role: Error retrieving metadata: Received non 200 response 400 from container metadata: [18b9740f]: (ExpiredTokenException): The token included in the request is expired: current date/time 2024-02-10T08:38:55.284028Z must be before the expiration date/time 2024-02-09T10:47:44Z., fault: client',
  ),
  // Trust.
  s(
    'trust',
    'kubeflow/pipelines#9158',
    '    raise error_class(parsed_response, operation_name)\nbotocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform sts:AssumeRoleWithWebIdentity\ntime="2023-04-14T21:40:33.669Z" level=error msg="cannot save artifact /tmp/outputs/job_name/data" argo=true error="stat /tmp/outputs/job_name/data: no such file or directory"',
  ),
  s(
    'trust',
    'awslabs/data-on-eks#338',
    'botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform sts:AssumeRoleWithWebIdentity',
  ),
  s(
    'trust',
    'crossplane/crossplane#5578',
    'managed/s3.aws.upbound.io/v1beta1, kind=bucket  cannot initialize the Terraform plugin SDK async external client: cannot get terraform setup: failed to retrieve aws credentials from aws config: failed to refresh cached credentials, failed to retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 403, RequestID: 4a8524d5, api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity',
  ),
  // The token cannot be read.
  s(
    'token-file',
    'mumoshu/aws-secret-operator#37',
    'failed to compute secret for cr: failed to get json secret as map: WebIdentityErr: failed fetching WebIdentity token: \ncaused by: WebIdentityErr: unable to read file at /var/run/secrets/eks.amazonaws.com/serviceaccount/token\ncaused by: open /var/run/secrets/eks.amazonaws.com/serviceaccount/token: permission denied',
  ),
  s(
    'token-file',
    'kubernetes-sigs/external-dns#1185',
    'time="2019-09-11T07:31:53Z" level=error msg="WebIdentityErr: unable to read file at /var/run/secrets/eks.amazonaws.com/serviceaccount/token\\ncaused by: open /var/run/secrets/eks.amazonaws.com/serviceaccount/token: permission denied"',
  ),
  s(
    'token-file',
    'fluxcd/source-controller#284',
    "cat: can't open '/var/run/secrets/eks.amazonaws.com/serviceaccount/token': Permission denied",
  ),
  s(
    'token-file',
    'CrowdStrike/falcon-operator#87',
    'unable to read file at /var/run/secrets/eks.amazonaws.com/serviceaccount/token caused by: open /var/run/secrets/eks.amazonaws.com/serviceaccount/token: permission denied"',
  ),
  // The node's role.
  s(
    'node-role',
    'elastic/cloud-on-k8s#8090',
    'Suppressed: org.elasticsearch.common.io.stream.NotSerializableExceptionWrapper: amazon_s3_exception: User: arn:aws:sts::123456789023:assumed-role/prd-node-role-20241001140543910500000003/i-123456789abcde is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::my-backup-bucket/last-backup/indices/x.dat" because no identity-based policy allows the s3:GetObject action (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: YMBW; S3 Extended Request ID: iGEf; Proxy: null)',
  ),
  s(
    'node-role',
    'activeloopai/deeplake#3161',
    'StorageAccessDenied: [S3] Access denied: ...\nUser: arn:aws:sts::123456789012:assumed-role/eks_node_groups/i-0xxxxxxxxxxxxxxxx\nis not authorized to perform: s3:ListBucket on <BUCKET>',
  ),
  // Pod Identity.
  s(
    'agent-slow',
    'aws/secrets-store-csi-driver-provider-aws#465',
    '{"client-addr":"192.168.146.19:36642","cluster-name":"dev","level":"error","msg":"Error fetching credentials: error getting credentials to cache: unable to fetch credentials from EKS Auth: operation error EKS Auth: AssumeRoleForPodIdentity, https response error StatusCode: 0, RequestID: , canceled, context canceled","operation":"AssumeRoleForPodIdentity","service":"EKS Auth"}',
  ),
  s(
    'pod-identity-agent',
    'aws-samples/containers-blog-maelstrom#123',
    'botocore.exceptions.CredentialRetrievalError: Error when retrieving credentials from container-role: Error retrieving metadata: Received error when attempting to retrieve container metadata: Connect timeout on endpoint URL: "http://169.254.170.23/v1/credentials"',
  ),
  s(
    'pod-identity-agent',
    'runatlantis/helm-charts#349',
    'Error: error configuring Terraform AWS Provider: loading configuration: invalid endpoint host, "169.254.170.23", only loopback hosts are allowed',
  ),
  s(
    'pod-identity-agent',
    'aws-controllers-k8s/community#2145',
    '2024/08/28 05:28:15 Ignoring, HTTP credential provider invalid endpoint host, "169.254.170.23", only loopback hosts are allowed. <nil>',
  ),
  // Policies from above, and of the resource.
  s(
    'organization',
    'kubernetes-sigs/aws-load-balancer-controller#2322',
    '"error": "AccessDeniedException: User: arn:aws:sts::{account-id}:assumed-role/{role-arn} is not authorized to perform: waf-regional:GetWebACLForResource on resource: arn:aws:waf-regional:{region}:{account-id}:*/* with an explicit deny in a service control policy"',
  ),
  s(
    'organization',
    'aws/karpenter-provider-aws#8190',
    'EC2NodeClass fails with: "ec2:RunInstances [...] explicit deny in a service control policy"',
  ),
  s(
    'explicit-deny',
    'cloud-custodian/cloud-custodian#4736',
    'botocore.exceptions.ClientError: An error occurred (AccessDeniedException) when calling the GetFunction operation: User: arn:aws:iam::1111111111:user/USERNAME is not authorized to perform: lambda:GetFunction on resource: arn:aws:lambda:us-east-1:11111111111:function:x with an explicit deny',
  ),
  // KMS.
  s(
    'kms',
    'buildkite/docs#2344',
    'upload failed: - to s3://b/x.txt An error occurred (AccessDenied) when calling the PutObject operation: User: arn:aws:sts::032379705303:assumed-role/x/y is not authorized to perform: kms:GenerateDataKey on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access',
  ),
  s(
    'kms',
    'cloudposse/terraform-aws-cloudwatch-flow-logs#5',
    '"errorCode": "AccessDenied",\n    "errorMessage": "User: arn:aws:sts::797533870466:assumed-role/role-kinesis/0123456789abcdef is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:us-east-1:0123456789:key/0123456789abcdef",',
  ),
  s(
    'kms-words',
    'ministryofjustice/modernisation-platform#3468',
    'download failed: s3://b/config.json to ./config.json An error occurred (AccessDenied) when calling the GetObject operation: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
  ),
  s(
    'insecure',
    'kserve/kserve#2377',
    'botocore.exceptions.ClientError: An error occurred (InvalidArgument) when calling the GetObject operation: Requests specifying Server Side Encryption with AWS KMS managed keys must be made over a secure connection.',
  ),
  // S3 denies, and does not say why.
  s(
    's3-denied',
    'kubeflow/pipelines#4581',
    'botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the CreateMultipartUpload operation: Access Denied ',
  ),
  s(
    's3-denied',
    'aws-samples/eks-workshop#894',
    'make_bucket failed: s3://b An error occurred (AccessDenied) when calling the CreateBucket operation: Access Denied',
  ),
  s(
    's3-denied',
    'sofianhamiti/amazon-sagemaker-pipelines-mlflow#1',
    'boto3.exceptions.S3UploadFailedError: Failed to upload model.pkl to b/artifacts/model.pkl: An error occurred (AccessDenied) when calling the PutObject operation: Access Denied',
  ),
  s(
    's3-denied',
    'kserve/kserve#2377',
    'botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the ListObjects operation: Access Denied',
  ),
  s(
    's3-denied',
    'delta-io/delta#47',
    'java.nio.file.AccessDeniedException: s3a://bucket/table/_delta_log: innerMkdirs on s3a://bucket/table/_delta_log: com.amazonaws.services.s3.model.AmazonS3Exception: Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; ',
  ),
  s(
    's3-denied',
    'crossplane-contrib/provider-upjet-aws#1199',
    'observe failed: failed to observe the resource: [{0 reading Amazon S3 (Simple Storage) Bucket (test): operation error S3: HeadBucket, https response error StatusCode: 403, RequestID: 0K34, HostID: ZrTV, api error Forbidden: Forbidden  []}]',
  ),
  s(
    'argo-artifact',
    'argoproj/argo-workflows#1112',
    ' └---⚠ generate-artifact   artifact-passing-2gmc6-2538550521  3s        failed to save outputs: Access Denied',
  ),
  s(
    'argo-artifact',
    'argoproj/argo-workflows#12564',
    'time="2024-01-23T07:13:41.881Z" level=info msg="Pod failed: Error (exit code 1): artifact archive failed to load: failed to get file: Access Denied." displayName=fetch-artifact-24g99 namespace=wkf-support',
  ),
  s('argo-artifact', 'argoproj/argo-workflows#3300', 'Failed to put file: Access Denied.'),
  s(
    'not-allowed-s3',
    'airbytehq/airbyte#50979',
    'Caused by: software.amazon.awssdk.services.s3.model.S3Exception: User: arn:aws:sts::<REDACTED>:assumed-role/<REDACTED-NODE-ROLE> is not authorized to perform: s3:PutObject because no identity-based policy allows the s3:PutObject action (Service: S3, Status Code: 403, Request ID: 8RX2)',
  ),
  s(
    'denied',
    'aws-samples/eks-security-compromised-cluster-remediation#8',
    'User: arn:aws:sts::775288309636:assumed-role/TeamRole/MasterKey is not authorized to perform: iam:PutRolePolicy on resource: role ClusterStack-NodeGroupRole',
  ),
  // Profile controller.
  s(
    'controller-iam',
    'aws-controllers-k8s/community#1765',
    '"error": "AccessDenied: User: xxx is not authorized to perform: iam:UpdateAssumeRolePolicy on resource: role xxx because no identity-based policy allows the iam:UpdateAssumeRolePolicy action',
  ),
  s(
    'controller-iam',
    'gardener/dashboard#725',
    'Error: Error Updating IAM Role (shoot--foo--bar-nodes) Assume Role Policy: AccessDenied: User: arn:aws:iam::foo:user/bar is not authorized to perform: iam:UpdateAssumeRolePolicy on resource: role shoot--foo--bar-nodes\n\tstatus code: 403, request id: b9220012',
  ),
  s(
    'trust-size',
    'kubeflow/dashboard#29',
    'Failed applying plugin\t{"profile": "/testuser2", "namespace": "testuser2", "error": "LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048\\n\\tstatus code: 409, request id: <request-id>"}',
  ),
  s(
    'trust-size',
    'apache/airflow#27331',
    '(LimitExceeded) when calling the UpdateAssumeRolePolicy operation: Cannot exceed quota for ACLSizePerRole: 2048',
  ),
  s(
    'namespace-not-owned',
    'deployKF/deployKF#186',
    '1.722391023499117e+09\tINFO\tcontrollers.Profile\tnamespace already exist, but not owned by profile creator admin@example.com\t{"profile": "/user1"}',
  ),
  s(
    'plugin-kind',
    'kubeflow/kubeflow#4843',
    'INFO  controllers.Profile  Plugin not recgonized:  {"profile": "kubeflow-anonymous", "Kind": "AwsIamForServiceAccount"}',
  ),
  s('plugin-kind', 'kubeflow/kubeflow#5186', 'Plugin not recgonized: AwsIamForServiceAccount'),
  // Policies and quotas of IAM.
  s(
    'malformed-policy',
    'terraform-aws-modules/terraform-aws-iam#202',
    '│ Error: failed creating IAM Role (tutorialcluster): MalformedPolicyDocument: Federated principals must be valid domain names or SAML metadata ARNs\n│       status code: 400, request id: 2a43ba14',
  ),
  s(
    'malformed-policy',
    'terraform-aws-modules/terraform-aws-eks#1084',
    'DEBUG: Validate Response iam/CreateRole failed, attempt 0/25, error MalformedPolicyDocument: Condition can contain only one colon.',
  ),
  s(
    'malformed-policy',
    'databrickslabs/ucx#2269',
    'An error occurred (MalformedPolicyDocument) when calling the UpdateAssumeRolePolicy operation: Invalid principal in policy: "AWS":"arn:aws:iam::332745928618:role/UC_ROLE"',
  ),
  s(
    'malformed-policy',
    'pulumi/pulumi-eks#871',
    '* creating IAM Role (foo-service-account-role-b45f829): MalformedPolicyDocument: Federated principals must be valid domain names or SAML metadata ARNs\n    \tstatus code: 400, request id: 52ed0817',
  ),
  s(
    'policy-size',
    'ministryofjustice/cloud-platform-environments#14473',
    'LimitExceeded: Cannot exceed quota for PolicySize: 6144',
  ),
  s(
    'policy-size',
    'aws-amplify/amplify-backend#2615',
    'Maximum policy size of 10240 bytes exceeded for role amplify-reactapp-test--amplifyAuthtrainerGroupRo-LVRCnC3s1MLV',
  ),
  // Network.
  s(
    'sts-unreachable',
    'aws/amazon-vpc-cni-k8s#1796',
    'Connect timeout on endpoint URL: "https://sts.us-west-2.amazonaws.com/"',
  ),
  s(
    'sts-unreachable',
    'external-secrets/external-secrets#651',
    'could not get secret data from provider: key "secret1" from ExternalSecret "example2": WebIdentityErr: failed to retrieve credentials\ncaused by: RequestError: send request failed\ncaused by: Post "https://sts.amazonaws.com/": dial tcp: i/o timeout',
  ),
  s(
    'sts-name',
    'aws/containers-roadmap#586',
    "botocore.exceptions.SSLError: SSL validation failed for https://sts.amazonaws.com/ (\"hostname 'sts.amazonaws.com' doesn't match either of 'sts.eu-west-1.amazonaws.com', '*.sts.eu-west-1.vpce.amazonaws.com'\",)",
  ),
  s(
    'webhook-unreachable',
    'kubeflow/community-distribution#2547',
    'Reissued from statefulset/cmc: create Pod cmc-0 in StatefulSet cmc failed error: Internal error occurred: failed calling webhook "admission-webhook-deployment.kubeflow.org": failed to call webhook: Post "https://admission-webhook-service.kubeflow.svc:443/apply-poddefault?timeout=10s": dial tcp 10.43.113.106:443: i/o timeout',
  ),
  // Region.
  s(
    'bucket-region',
    'awslabs/kubeflow-manifests#729',
    "Failed to get object in bucket BUCKETNAME at path artifacts/x.tgz: S3Error: The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'us-east-2'",
  ),
  s(
    'bucket-region',
    'argoproj/argo-workflows#1805',
    'Error in minio client uploading artifact: "301 response missing Location header"',
  ),
  s(
    'region',
    'kubeflow/pipelines#11310',
    '"preprocess/output_dataset_one": failed to close Writer for bucket: blob (key "preprocess/output_dataset_one") (code=Unknown): MissingRegion: could not find region configuration',
  ),
  s(
    'endpoint',
    'awslabs/kubeflow-manifests#336',
    'failed to create new S3 client: Endpoint: $(kfp-artifact-storage-endpoint) does not follow ip address or domain name standards',
  ),
  // Credentials.
  s(
    'static-keys',
    'argoproj/argo-workflows#6041',
    'level=info msg="Pod failed: Error (exit code 1): failed to put file: The Access Key Id you provided does not exist in our records." displayName=generate-artifact',
  ),
  s(
    'static-keys',
    'kubeflow/pipelines#7995',
    "S3Error: The provided token is malformed or otherwise invalid.\n    at Object.parseError (/server/node_modules/minio/dist/main/xml-parsers.js:86:11) {\n  code: 'InvalidToken',",
  ),
  s(
    'no-credentials',
    'SeldonIO/seldon-core#4459',
    '2022/11/23 16:04:51 ERROR : S3 bucket xxx path mlflow-artifact-store/1/artifacts/model: error reading source root directory: NoCredentialProviders: no valid providers in chain. Deprecated.\n\t  For verbose messaging see aws.Config.CredentialsChainVerboseErrors',
  ),
  s('no-credentials', 'Netflix/metaflow#1179', 'fatal error: Unable to locate credentials'),
  s(
    'no-credentials',
    'kubeflow/pipelines#3670',
    'botocore.exceptions.NoCredentialsError: Unable to locate credentials',
  ),
  s(
    'no-credentials',
    'PacktPublishing/Machine-Learning-on-Kubernetes#9',
    'Caused by: org.apache.hadoop.fs.s3a.auth.NoAuthWithAWSException: No AWS Credentials provided by SimpleAWSCredentialsProvider EnvironmentVariableCredentialsProvider InstanceProfileCredentialsProvider : com.amazonaws.SdkClientException: Unable to load credentials from service endpoint',
  ),
  s(
    'no-credentials',
    'kubernetes/kops#1402',
    'error reading configuration file s3://xxxxx/config: error getting location for S3 bucket "xxxxx": NoCredentialProviders: no valid providers in chain. Deprecated.',
  ),
  // Kubeflow Pipelines and its neighbours.
  s(
    'kfp-bucket-check',
    'kubeflow/pipelines#11729',
    'F0306 08:19:04.525174       7 client_manager.go:502] Failed to check if object store bucket exists. Error: Access Denied.',
  ),
  s('rbac', 'kubeflow/pipelines#10757', 'I receive an "RBAC: access denied" message.'),
  s(
    'kserve-endpoint',
    'kserve/kserve#3482',
    'botocore.exceptions.ClientError: An error occurred (Unknown) when calling the AssumeRoleWithWebIdentity operation: Unknown',
  ),
  s(
    'pod-identity-agent',
    'aws/eks-pod-identity-agent#139',
    'failed to refresh cached credentials, failed to load credentials,\nUnauthorized Exception! EKS does not have permissions to assume the associated role., fault: client',
  ),
  s('no-bucket', 'argoproj/argo-workflows#1784', 'Failed to put file: 404 Not Found'),
  // Collected after the table was made: 13 of these 17 were right at once.
  s(
    'trust',
    'external-secrets/kubernetes-external-secrets#287',
    'aws sts get-caller-identity\n\nAn error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform sts:AssumeRoleWithWebIdentity',
  ),
  s(
    'trust',
    'external-secrets/kubernetes-external-secrets#442',
    '{"level":50,"pid":17,"hostname":"external-secrets-c79f97985-gvw9q","message":"Not authorized to perform sts:AssumeRoleWithWebIdentity","code":"AccessDenied","time":"2020-07-25T03:33:25.611Z","statusCode":403,"retryable":false,"stack":"AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity\\n    at Request.extractError (/app/node_modules/aws-sdk/lib/protocol/query.js:50:29)"}',
  ),
  s(
    'not-allowed',
    'external-secrets/kubernetes-external-secrets#867',
    '{"level":50,"payload":{"message":"User: arn:aws:sts::111111111111:assumed-role/site-k20210915... is not authorized to perform: secretsmanager:GetSecretValue on resource: site-k/test because no identity-based policy allows the secretsmanager:GetSecretValue action","code":"AccessDeniedException","statusCode":400},"msg":"failure while polling the secret external-secrets/hello-service"}',
  ),
  s(
    'trust',
    'aws-samples/aws-secret-sidecar-injector#26',
    '/ # aws s3 ls\n\nAn error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform sts:AssumeRoleWithWebIdentity\n/ #',
  ),
  s(
    'bucket-policy',
    'noobaa/noobaa-core#10060',
    'An error occurred (AccessDenied) when calling the ListObjectsV2 operation: User: arn:aws:iam::<account-ID>:user/<username> is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::<bucket=-name>" with an explicit deny in a resource-based policy',
  ),
  s(
    'denied',
    'aws-controllers-k8s/community#1861',
    '2023-07-28T09:07:04.538Z\tERROR\tReconciler error\t{"controller": "bucket", "controllerGroup": "s3.services.k8s.aws", "controllerKind": "Bucket", "error": "AccessDenied: Access Denied\\n\\tstatus code: 403, request id: F5VN, host id: +bhom"}',
  ),
  s(
    'not-allowed-s3',
    'aws-ia/terraform-aws-bedrock#41',
    'Encountered error: User: arn:aws:sts::XXXXXXX:assumed-role/AmazonBedrockExecutionRoleForKnowledgeBase-0zsq/DocumentLoaderTask-5XTW0UCZED is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::test-s3-docs/Amazon-2021-Annual-Report.pdf" because no identity-based policy allows the s3:GetObject action (Service: S3, Status Code: 403, Request ID: DMQ0)',
  ),
  s(
    'static-keys',
    'sachua/mlflow-docker-compose#126',
    'botocore.exceptions.ClientError: An error occurred (InvalidAccessKeyId) when calling the PutObject operation: The AWS Access Key Id you provided does not exist in our records.',
  ),
  s(
    'bucket-name',
    'aws-samples/eks-workshop#473',
    '2019-12-19 14:46:41.500545: W tensorflow/core/platform/s3/aws_logging.cc:57] Encountered Unknown AWSError\nInvalidBucketName\nThe specified bucket is not valid.:',
  ),
  s(
    'region',
    'kubeflow/pipelines#10846',
    'F0523 10:09:45.264234      30 main.go:49] failed to execute component: failed to upload output artifact "x_test_artifact" to remote storage URI "s3://......": uploadFile(): unable to complete copying "/s3/......." to remote storage "load-dataset/x_test_artifact": unable to complete copying: blob (key "load-dataset/x_test_artifact") (code=Unknown): MissingRegion: could not find region configuration',
  ),
  s(
    'bucket-region',
    'aws-samples/eks-workshop#519',
    'make_bucket failed: s3://abc123-kubeflow-pipeline-data An error occurred (IllegalLocationConstraintException) when calling the CreateBucket operation: The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.',
  ),
  s(
    'region',
    'elementor/wp2static-addon-s3#52',
    'Aws\\Exception\\InvalidRegionException\nRegion must be a valid RFC host label.',
  ),
  s('region', 'fluent/fluent-plugin-s3#376', 'InvalidRegionError error="Invalid `:region` option was provided.'),
  s(
    'no-credentials',
    'aws-controllers-k8s/community#2145',
    'unable to determine account ID: unable to get caller identity: NoCredentialProviders: no valid providers in chain. Deprecated.\\n\\tFor verbose messaging see aws.Config.CredentialsChainVerboseErrors',
  ),
  s(
    'no-credentials',
    'aws/aws-sdk-js#2848',
    '{"level":50,"type":"Error","stack":"CredentialsError: Missing credentials in config\\n    at Object.openSync (fs.js:439:3)"}',
  ),
  s(
    's3-denied',
    'aws/aws-cli#813',
    'upload failed: ./baz to s3://mybucket/foo/bar/baz A client error (AccessDenied) occurred when calling the PutObject operation: Access Denied',
  ),
  s(
    'malformed-policy',
    'DNXLabs/terraform-aws-eks-lb-controller#24',
    'Error: failed creating IAM Role (eks-tech-alb-ingress): MalformedPolicyDocument: Federated principals must be valid domain names or SAML metadata ARNs\n│       status code: 400, request id: a20397b1',
  ),
  // Not ours.
  s(
    'unknown',
    'kubeflow/kubeflow#5293',
    'FailedCreate create Pod test-0 in StatefulSet test failed error: admission webhook "sidecar-injector.istio.io" denied the request: template: inject:7:27: executing "inject" at <.Values.global.proxy_init.image>: invalid value; expected string',
  ),
  s(
    'unknown',
    'kubeflow/kubeflow#3380',
    'MountVolume.SetUp failed for volume "gcp-credentials" : secrets "user-gcp-sa" not found',
  ),
  s('unknown', 'kubeflow/pipelines#3069', 'ServiceException: 409 Bucket ml-pipeline-playground already exists.'),
  s(
    'unknown',
    'StatCan/aaw#1018',
    "ERROR:root:Failed to read a token from file '/var/run/secrets/kubeflow/pipelines/token' ([Errno 2] No such file or directory: '/var/run/secrets/kubeflow/pipelines/token').",
  ),
  s(
    'unknown',
    'rancher/fleet#790',
    'time="2022-06-08T11:46:40Z" level=fatal msg="open\n /var/run/secrets/kubernetes.io/serviceaccount/token: permission\n denied"',
  ),
  s(
    'unknown',
    'kserve/kserve#486',
    'Warning  FailedCreate  26s (x23 over 4m27s)  statefulset-controller  create Pod jlewi-0 in StatefulSet jlewi failed error: Internal error occurred: admission webhook "inferenceservice.kfserving-webhook-server.pod-mutator" denied the request: quantities must match the regular expression',
  ),
  s(
    'agent-degraded',
    'aws/eks-pod-identity-agent#153',
    'the managed eks-pod-identity-agent addon reports DEGRADED / InsufficientNumberOfReplicas, despite a Ready agent pod on every node.',
  ),
  s(
    'agent-slow',
    'aws/eks-pod-identity-agent#50',
    '{"client-addr":"10.10.5.179:53244","cluster-name":"eks-cluster-qa","level":"error","msg":"Error fetching credentials: error getting credentials to cache: unable to fetch credentials from EKS Auth: operation error EKS Auth: AssumeRoleForPodIdentity, https response error StatusCode: 0, RequestID: , canceled, context canceled","operation":"AssumeRoleForPodIdentity","request-id":"","service":"EKS Auth","time":"2025-07-09T02:52:10Z"}',
  ),
  s(
    'agent-token',
    'n8n-io/n8n#23584',
    '{"client-addr":":","cluster-name":"<CLUSTER_NAME>","level":"error","msg":"Error fetching credentials: Service account token cannot be parsed: token is malformed: could not base64 decode header: illegal base64 data at input byte 6","time":"2025-12-23T14:16:38Z"}',
  ),
  s(
    'token-mount',
    'aws/amazon-eks-pod-identity-webhook#119',
    'MountVolume.SetUp failed for volume "aws-iam-token" : failed to fetch token: the server could not find the requested resource',
  ),
  s(
    'role-unset',
    'aws/amazon-eks-pod-identity-webhook#67',
    '2020/08/02 20:51:43 I! 2020/08/02 20:51:40 E! [EC2] getting new session info:  WebIdentityErr: role ARN is not set',
  ),
  s(
    'role-unset',
    'aws-samples/amazon-eks-apache-spark-etl-sample#2',
    'Caused by: java.lang.NullPointerException: You must specify a value for roleArn and roleSessionName\n\tat com.amazonaws.auth.STSAssumeRoleSessionCredentialsProvider$Builder.<init>(STSAssumeRoleSessionCredentialsProvider.java:359)',
  ),
  s('argo-store', 'argoproj/argo-workflows#2298', 'failed to save outputs: timed out waiting for the condition'),
  s('argo-keys', 'argoproj/argo-workflows#2600', 'failed to save outputs: read /argo/secret: is a directory'),
  s(
    's3-forbidden',
    'risingwavelabs/risingwave#20305',
    'called `Result::unwrap()` on an `Err` value: ObjectStore(PermissionDenied (permanent) at stat, context: { uri: https://my-bucket.s3.us-east-2.amazonaws.com/hummock/cluster_id/0, response: Parts { status: 403, version: HTTP/1.1, headers: {"content-type": "application/xml", "server": "AmazonS3"} }, service: s3, path: hummock/cluster_id/0 })',
  ),
  s(
    's3-forbidden',
    'AutoMQ/automq#2692',
    'software.amazon.awssdk.services.s3.model.S3Exception: Forbidden (Service: S3, Status Code: 403, Request ID: 00SRFCQ96VCDS11Y)',
  ),
  s(
    's3-forbidden',
    'apache/arrow#45702',
    "OSError: When getting information for key 'schemas/meta.db/00000.metadata.json' in bucket 'REDACTED-BUCKET': AWS Error ACCESS_DENIED during HeadObjec",
  ),
  s(
    'kms-words',
    'external-secrets/external-secrets#390',
    'could not get secret data from provider: key "XXX" from ExternalSecret "XXX": AccessDeniedException: Access to KMS is not allowed\n\tstatus code: 400, ',
  ),
  s(
    'kms-words',
    'external-secrets/kubernetes-external-secrets#627',
    'ERROR, The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access. (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: 3ee54ab1; Proxy: null)',
  ),
  s(
    'resource-policy',
    'terraform-aws-modules/terraform-aws-eks#2371',
    'User: arn:aws:sts::111122223333:assumed-role/prod-cluster-20221212043547987000000001/health-check-session is not authorized to perform: kms:ListGrants on resource: arn:aws:kms:ap-northeast-1:111122223333:key/32cb77aa-6ec8-43a5-b160-59f58bb25767 because no resource-based policy allows the kms:ListGrants action',
  ),
  s(
    'node-role',
    'awslabs/s3-tables-catalog#20',
    'java.lang.RuntimeException: software.amazon.s3tables.shaded.awssdk.services.s3tables.model.AccessDeniedException: User: arn:aws:sts::acctid:assumed-role/eksctl-ekscluster-NodeInstanceRole-r5wn6T6DFOpd/i-0a6fd62c909b22527 is not authorized to perform: s3tables:ListNamespaces on resource: arn:aws:s3tables:us-east-1:acctid:bucket/s3tablesbucket (Service: S3Tables, Status Code: 403, Request ID: )',
  ),
  s(
    'token-file',
    'argoproj/argo-workflows#6406',
    'failed to create new S3 client: WebIdentityErr: failed fetching WebIdentity token: \ncaused by: WebIdentityErr: unable to read file at /var/run/secrets/eks.amazonaws.com/serviceaccount/token\ncaused by: open /var/run/secrets/eks.amazonaws.com/serviceaccount/token: permission denied',
  ),
  s(
    'trust',
    'kubeflow/spark-operator#1129',
    'Caused by: org.apache.hadoop.fs.s3a.auth.NoAuthWithAWSException: No AWS Credentials provided by WebIdentityTokenCredentialsProvider : com.amazonaws.services.securitytoken.model.AWSSecurityTokenServiceException: Not authorized to perform sts:AssumeRoleWithWebIdentity (Service: AWSSecurityTokenService; Status Code: 403; Error Code: AccessDenied; Request ID: ID; Proxy: null)',
  ),
];
