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
    'agent-host',
    'runatlantis/helm-charts#349',
    'Error: error configuring Terraform AWS Provider: loading configuration: invalid endpoint host, "169.254.170.23", only loopback hosts are allowed',
  ),
  s(
    'agent-host',
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
    'upload failed: - to s3://b/x.txt An error occurred (AccessDenied) when calling the PutObject operation: User: arn:aws:sts::111122223333:assumed-role/x/y is not authorized to perform: kms:GenerateDataKey on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access',
  ),
  s(
    'kms',
    'cloudposse/terraform-aws-cloudwatch-flow-logs#5',
    '"errorCode": "AccessDenied",\n    "errorMessage": "User: arn:aws:sts::111122223333:assumed-role/role-kinesis/0123456789abcdef is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:us-east-1:0123456789:key/0123456789abcdef",',
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
    'not-authorized',
    'aws-samples/eks-security-compromised-cluster-remediation#8',
    'User: arn:aws:sts::111122223333:assumed-role/TeamRole/MasterKey is not authorized to perform: iam:PutRolePolicy on resource: role ClusterStack-NodeGroupRole',
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
    'An error occurred (MalformedPolicyDocument) when calling the UpdateAssumeRolePolicy operation: Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/UC_ROLE"',
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
    'session-invalid',
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
    's3-denied',
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
    'Warning  FailedCreate  26s (x23 over 4m27s)  statefulset-controller  create Pod x-0 in StatefulSet x failed error: Internal error occurred: admission webhook "inferenceservice.kfserving-webhook-server.pod-mutator" denied the request: quantities must match the regular expression',
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
  // Collected later: of 100 texts of threads 48 were known at first, and 38 of these told as what they are.
  s(
    'anonymous',
    'apache/arrow#38421',
    "OSError: When initiating multiple part upload for key 'team-a/data.parquet' in bucket 'artifacts': AWS Error ACCESS_DENIED during CreateMultipartUpload operation: Anonymous users cannot initiate multipart uploads. Please authenticate.",
  ),
  s(
    's3-forbidden',
    'apache/arrow#37888',
    "OSError: When getting information for key 'team-a/x.parquet' in bucket 'artifacts': AWS Error ACCESS_DENIED during HeadObject operation: No response body.",
  ),
  s(
    's3-forbidden',
    'apache/arrow#29912',
    "OSError: When reading information for key 'team-a/x' in bucket 'artifacts': AWS Error [code 15]: No response body.",
  ),
  s(
    's3-forbidden',
    'apache/iceberg-python#39',
    '  File "pyarrow/error.pxi", line 115, in pyarrow.lib.check_status\nOSError: When testing for existence of bucket \'artifacts\': AWS Error ACCESS_DENIED during HeadBucket operation: No response body.',
  ),
  s(
    'sts-module',
    'awslabs/amazon-kinesis-client-python#210',
    'WebIdentityTokenCredentialsProvider: To use assume role profiles the aws-java-sdk-sts module must be on the class path.',
  ),
  s(
    'sts-module',
    'atleon/atleon#382',
    "java.lang.IllegalStateException: To use web identity tokens, the 'sts' service module must be on the class path.\nCaused by: java.lang.ClassNotFoundException: software.amazon.awssdk.services.sts.internal.StsWebIdentityCredentialsProviderFactory\n\tat loader.BuiltinClassLoader.loadClass(BuiltinClassLoader.java:641) ~[?:?]",
  ),
  s(
    'sts-module',
    'awslabs/amazon-kinesis-client-ruby#86',
    'java.lang.RuntimeException: com.amazonaws.SdkClientException: Unable to load AWS credentials from any provider in the chain: [EnvironmentVariableCredentialsProvider: Unable to load AWS credentials from environment variables (AWS_ACCESS_KEY_ID (or AWS_ACCESS_KEY) and AWS_SECRET_KEY (or AWS_SECRET_ACCESS_KEY)), WebIdentityTokenCredentialsProvider: To use assume role profiles the aws-java-sdk-sts module must be on the class path., com.amazonaws.auth.profile.ProfileCredentialsProvider@4287d447: profile file cannot be null]',
  ),
  s(
    's3-denied',
    'bbenzikry/spark-eks#1',
    'Exception in thread "main" java.nio.file.AccessDeniedException: s3a://artifacts/events/: getFileStatus on s3a://artifacts/events/: com.amazonaws.services.s3.model.AmazonS3Exception: Forbidden (Service: Amazon S3; Status Code: 403; Error Code: 403 Forbidden; Request ID: 8F2B; S3 Extended Request ID: abc=), S3 Extended Request ID: abc=:403 Forbidden',
  ),
  s(
    'no-credentials',
    'kubeflow/spark-operator#2491',
    'Caused by: org.apache.hadoop.fs.s3a.auth.NoAwsCredentialsException: SimpleAWSCredentialsProvider: No AWS credentials in the Hadoop configuration\n        at org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider.getCredentials(SimpleAWSCredentialsProvider.java:83)',
  ),
  s(
    's3-denied',
    'fsspec/s3fs#928',
    '2025-01-08 12:00:03,911 - s3fs - DEBUG - _error_wrapper -- Client error (maybe retryable): An error occurred (403) when calling the HeadObject operation: Forbidden\nPermissionError: Forbidden',
  ),
  s(
    's3-denied',
    'aws-samples/eks-workshop#573',
    'fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden',
  ),
  s(
    's3-denied',
    'treeverse/dvc#7238',
    'ERROR: unexpected error - Forbidden: An error occurred (403) when calling the HeadObject operation: Forbidden',
  ),
  s(
    's3-denied',
    'argoproj/argo-workflows#394',
    'ClientError: An error occurred (403) when calling the HeadBucket operation: Forbidden',
  ),
  s(
    's3-denied',
    'rclone/rclone#3261',
    '2019/06/13 10:04:37 Failed to ls: AccessDenied: Access Denied\n        status code: 403, request id: 1A2B, host id: abc=',
  ),
  s(
    'no-credentials',
    'awslabs/aws-sdk-rust#760',
    'ConstructionFailure(ConstructionFailure { source: SigningStageError { kind: MissingCredentials } })',
  ),
  s(
    'verification-key',
    'awslabs/aws-sdk-rust#827',
    '{"level":"WARN","fields":{"message":"provider failed to provide credentials","provider":"WebIdentityToken","error":"an error occurred while loading credentials: service error: InvalidIdentityTokenException: Couldn\'t retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"}}',
  ),
  s(
    'pod-identity-agent',
    'restatedev/restate#3363',
    '{"level":"WARN","fields":{"message":"provider failed to provide credentials","provider":"EcsContainer","error":"an error occurred while loading credentials: Non-success status from HTTP credential provider: StatusCode(400) (ProviderError(ProviderError { source: \\"Non-success status from HTTP credential provider: StatusCode(400)\\" }))"},"target":"aws_config::meta::credentials::chain"}',
  ),
  s(
    'trust',
    'duckdb/duckdb-delta#112',
    'IO Error: Hit DeltaKernel FFI error: Generic S3 error: Client error with status 403 Forbidden: <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <Error>\n    <Type>Sender</Type>\n    <Code>AccessDenied</Code>\n    <Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message>\n  </Error>',
  ),
  s(
    's3-denied',
    'delta-io/delta-rs#2879',
    '2024-09-04T18:23:33 [ERROR] - my.app: Ingest service exited with error Writer { source: Storage { source: Generic { store: "S3", source: Client { status: 403, body: Some("<?xml version=\\"1.0\\" encoding=\\"UTF-8\\"?>\\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>CAE9</RequestId><HostId>abc=</HostId></Error>") } } } }',
  ),
  s(
    'ui-artifact',
    'kubeflow/pipelines#4843',
    'Failed to get object in bucket artifacts at path test.md: S3Error: Access Denied',
  ),
  s(
    'ui-artifact',
    'kubeflow/pipelines#6839',
    'Failed to get object in bucket mlpipeline at path artifacts/x/main.log: S3Error: 400',
  ),
  s(
    'trust',
    'mlflow/mlflow#2746',
    'An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform sts:AssumeRoleWithWebIdentity',
  ),
  s(
    's3-denied',
    'mlflow/mlflow#5196',
    'botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied',
  ),
  s(
    'agent-token',
    'aws/aws-sdk-php#3188',
    'Error retrieving credential from ECS (Client error: `GET http://169.254.170.23/v1/credentials` resulted in a `400 Bad Request` response:\nService account token cannot be empty',
  ),
  s(
    'agent-host',
    'aws/aws-sdk-js-v3#8101',
    'CredentialsProviderError: 169.254.170.23 is not a valid container metadata service hostname\n    at getCmdsUri (/app/node_modules/@smithy/credential-provider-imds/dist-cjs/index.js:116:19)',
  ),
  s(
    'agent-host',
    'punk-security/dnsReaper#189',
    "ValueError: Unsupported host '169.254.170.23'.  Can only retrieve metadata from these hosts: 169.254.170.2, localhost, 127.0.0.1",
  ),
  s(
    'kserve-endpoint',
    'aws/aws-sdk-go-v2#2463',
    'operation error SQS: ReceiveMessage, failed to sign request: failed to retrieve credentials: failed to refresh cached credentials, failed to retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 400, RequestID: 1a2b, api error NoSuchVersion: The requested version ( 2011-06-15 ) is not valid.',
  ),
  s(
    'imds-role',
    'go-to-k/cls3#179',
    'ERR [resource -] operation error S3: ListBuckets, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, not found, Signing',
  ),
  s(
    'imds-role',
    'aws/aws-sdk-go-v2#2708',
    '"error": "operation error Secrets Manager: GetSecretValue, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, exceeded maximum number of attempts, 3, http response error StatusCode: 503, request to EC2 IMDS failed"',
  ),
  s(
    's3-forbidden',
    'tensorflow/tensorflow#44564',
    'tensorflow.python.framework.errors_impl.FailedPreconditionError: AWS Credentials have not been set properly. Unable to access the specified S3 location [Op:ReadFile]',
  ),
  s(
    'bucket-region',
    'awslabs/kubeflow-manifests#118',
    "2022-03-17 19:17:23.774900: W tensorflow/core/platform/s3/aws_logging.cc:57] Encountered Unknown AWSError 'PermanentRedirect': The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.\n2022-03-17 19:17:23.774947: E tensorflow/core/platform/s3/aws_logging.cc:60] HTTP response code: 301",
  ),
  s(
    's3-denied',
    'awslabs/kubeflow-manifests#118',
    "2022-03-17 18:51:05.696810: W tensorflow/core/platform/s3/aws_logging.cc:57] Encountered AWSError 'AccessDenied': Access Denied\n2022-03-17 18:51:05.696857: E tensorflow/core/platform/s3/aws_logging.cc:60] HTTP response code: 403",
  ),
  s(
    'static-keys',
    'aws-samples/eks-workshop#473',
    '2019-11-06 16:59:54.215225: W tensorflow/core/platform/s3/aws_logging.cc:57] Encountered AWSError\nInvalidAccessKeyId\nThe AWS Access Key Id you provided does not exist in our records.:',
  ),
  s(
    'bucket-dots',
    's3tools/s3cmd#437',
    "WARNING: Retrying failed request: /?location (hostname 'my.bucket.s3.amazonaws.com' doesn't match either of '*.s3.amazonaws.com', 's3.amazonaws.com')",
  ),
  s(
    'clock',
    'awslabs/mountpoint-s3#518',
    'Error: Failed to create S3 client\n\nCaused by:\n    0: initial ListObjectsV2 failed for bucket artifacts in region us-east-1\n    1: Client error\n    2: Forbidden: The difference between the request time and the current time is too large.\nError: Failed to create mount process',
  ),
  s(
    'clock',
    'JuliaCloud/AWS.jl#598',
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time and the current time is too large.</Message><RequestTime>20230104T200955Z</RequestTime><ServerTime>2023-01-04T20:41:18Z</ServerTime>',
  ),
  s(
    'provider-exists',
    'DrFaust92/terraform-kubernetes-ebs-csi-driver#107',
    '│ Error: creating IAM OIDC Provider: EntityAlreadyExists: Provider with url https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE already exists.\n│       status code: 409, request id: 07808d1a',
  ),
  s(
    'provider-quota',
    'eksctl-io/eksctl#4513',
    'Error: creating OIDC provider: LimitExceeded: Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100\n       status code: 409, request id: c21a3058',
  ),
  s(
    'provider-missing',
    'kubernetes-sigs/secrets-store-csi-driver#771',
    "2021-10-05 17:50:30 [!]  no IAM OIDC provider associated with cluster, try 'eksctl utils associate-iam-oidc-provider --region=us-west-2 --cluster=dev'\nError: unable to create iamserviceaccount(s) without IAM OIDC provider enabled",
  ),
  s(
    'sts-unreachable',
    'istio/istio#55921',
    'com.amazonaws.SdkClientException: Unable to execute HTTP request: Connect to sts.me-central-1.amazonaws.com:443 [sts.me-central-1.amazonaws.com/10.1.2.3] failed: Connection refused (Connection refused)',
  ),
  s(
    'sts-unreachable',
    'kubernetes-sigs/aws-load-balancer-controller#1360',
    'E0820 13:24:27.546562       1 controller.go:217] kubebuilder/controller "msg"="Reconciler error" "error"="failed to build: WebIdentityErr: failed to retrieve credentials\\ncaused by: RequestError: send request failed\\ncaused by: Post https://sts.eu-west-1.amazonaws.com/: dial tcp: lookup sts.eu-west-1.amazonaws.com on 10.100.0.10:53: read udp 192.168.0.60:60566-\\u003e10.100.0.10:53: i/o timeout"',
  ),
  s(
    'imds-role',
    'aws/aws-sdk-js-v3#4491',
    'ProviderError: Error response received from instance metadata service\n    at ClientRequest.<anonymous> (/app/node_modules/@aws-sdk/credential-provider-imds/dist-cjs/remoteProvider/httpRequest.js:26:38)',
  ),
  s(
    'imds-role',
    'aws/aws-cli#6130',
    'botocore.exceptions.ConnectTimeoutError: Connect timeout on endpoint URL: "http://169.254.169.254/latest/api/token"',
  ),
  s(
    'imds-role',
    'kserve/kserve#999',
    "[W 200810 09:03:52 connectionpool:752] Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after connection broken by 'ProtocolError('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))': /latest/meta-data/iam/security-credentials",
  ),
  s(
    'pod-identity-agent',
    'aws/secrets-store-csi-driver-provider-aws#465',
    'W0527 16:24:25.831530       1 pod_identity_credential_provider.go:142] IPv4 endpoint attempt failed: HTTP request to pod identity agent failed: Get "http://169.254.170.23/v1/credentials": context deadline exceeded (Client.Timeout exceeded while awaiting headers',
  ),
  s(
    's3-denied',
    'spinnaker/spinnaker#5930',
    'com.amazonaws.services.s3.model.AmazonS3Exception: Forbidden (Service: Amazon S3; Status Code: 403; Error Code: 403 Forbidden; Request ID: 5951; S3 Extended Request ID: abc=; Proxy: null)\n        at com.amazonaws.http.AmazonHttpClient$RequestExecutor.handleErrorResponse(AmazonHttpClient.java:1811)',
  ),
  s(
    'acl',
    'versity/versitygw#373',
    'An error occurred (AccessControlListNotSupported) when calling the PutBucketAcl operation: The bucket does not allow ACLs.',
  ),
  s('acl', 'anacronw/multer-s3#161', 'AccessControlListNotSupported: The bucket does not allow ACLs'),
  s(
    'store-secret',
    'kubeflow/kubeflow#5273',
    'Warning  FailedMount  6s (x50 over 85m)    kubelet   MountVolume.SetUp failed for volume "mlpipeline-minio-artifact" : secret "mlpipeline-minio-artifact" not found',
  ),
  s(
    'store-secret',
    'opendatahub-io/data-science-pipelines-operator#531',
    'Error: secret "mlpipeline-minio-artifact" not found.',
  ),
  s(
    'store-secret',
    'deployKF/deployKF#192',
    'failed to execute component: secrets "mlpipeline-minio-artifact" not found',
  ),
  s(
    'static-keys',
    'kubeflow/kubeflow#5724',
    'Failed to get object in bucket mlpipeline at path artifacts/hello/mlpipeline-metrics.tgz:\nS3Error: The request signature we calculated does not match the signature you provided.\nCheck your key and signing method.',
  ),
  s(
    'static-keys',
    'benjamin-maynard/kubernetes-cloud-mysql-backup#56',
    'An error occurred (SignatureDoesNotMatch) when calling the PutObject operation: The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ),
  s(
    'endpoint-policy',
    'exercism/website#7983',
    'User: arn:aws:sts::111122223333:assumed-role/webserver/d00ae663 is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::artifacts/x" because no VPC endpoint policy allows the s3:GetObject action',
  ),
  s(
    'kms-words',
    'aws/aws-cli#4507',
    'upload failed: ./config to s3://artifacts/hi.txt An error occurred (KMS.NotFoundException) when calling the PutObject operation: Invalid keyId aws/s3',
  ),
  s(
    'kms-words',
    'localstack/localstack#8422',
    'An error occurred (KMS.DisabledException) when calling the PutObject operation: arn:aws:kms:us-west-2:111122223333:key/1a2b is disabled.',
  ),
  s(
    'kms-words',
    'localstack/localstack#8423',
    'An error occurred (KMS.KMSInvalidStateException) when calling the GetObject operation: arn:aws:kms:us-west-2:111122223333:key/1a2b is pending deletion.',
  ),
  s(
    'bucket-policy',
    'kestra-io/plugin-aws#628',
    'software.amazon.awssdk.services.s3.model.S3Exception: User: arn:aws:sts::111122223333:assumed-role/team-a/aws-sdk-java-1700000000000 is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::artifacts/team-a/x" with an explicit deny in a resource-based policy',
  ),
  s(
    'bucket-region',
    'apache/hadoop#1820',
    'org.apache.hadoop.fs.s3a.AWSRedirectException: getFileStatus on s3a://artifacts/x: com.amazonaws.services.s3.model.AmazonS3Exception: The bucket is in this region: us-east-1. Please use this region to retry the request (Service: Amazon S3; Status Code: 301; Error Code: 301 Moved Permanently; Request ID: E694; S3 Extended Request ID: abc=)',
  ),
  s(
    'bucket-region',
    'apache/gluten#12705',
    "Reason: Failed to get S3 object due to: 'Unknown error'. Path:'s3://artifacts/0000.snappy.parquet', SDK Error Type:100, HTTP Status Code:301, S3 Service:'AmazonS3', Message:'Unable to parse ExceptionName: PermanentRedirect Message: The bucket you are attempting to access must be addressed using the specified endpoint.'",
  ),
  s(
    'head-400',
    'apache/hadoop#6479',
    'org.apache.hadoop.fs.s3a.AWSBadRequestException: getFileStatus on s3a://artifacts/user/x: software.amazon.awssdk.services.s3.model.S3Exception: null (Service: S3, Status Code: 400, Request ID: 3EZF, Extended Request ID: abc=):null: null (Service: S3, Status Code: 400, Request ID: 3EZF, Extended Request ID: abc=)',
  ),
  s(
    'head-400',
    'apache/streampark#2796',
    'Caused by: java.io.UncheckedIOException: org.apache.hadoop.fs.s3a.AWSBadRequestException: getFileStatus on s3://artifacts/hadoop/warehouse: com.amazonaws.services.s3.model.AmazonS3Exception: Bad Request (Service: Amazon S3; Status Code: 400; Error Code: 400 Bad Request; Request ID: 1A; S3 Extended Request ID: abc=)',
  ),
  s(
    'no-credentials',
    'awslabs/s3-connector-for-pytorch#210',
    's3torchconnectorclient._mountpoint_s3_client.S3Exception: Client error: No signing credentials found',
  ),
  s(
    'no-credentials',
    'awslabs/mountpoint-s3-csi-driver#276',
    'MountVolume.SetUp failed for volume "s3-pv" : rpc error: code = Internal desc = Could not mount "artifacts": Mount failed: Failed to start service output: Error: Failed to create S3 client Caused by: 0: initial ListObjectsV2 failed for bucket artifacts in region us-west-2     1: Client error     2: No signing credentials available, see CRT debug logs Error: Failed to create mount process',
  ),
  s(
    'node-role',
    'awslabs/mountpoint-s3-csi-driver#586',
    'E0921 06:47:54.186584       1 driver.go:181] GRPC error: rpc error: code = Internal desc = Could not mount "artifacts": Mount failed: Error: Failed to create S3 client  Caused by:     0: initial ListObjectsV2 failed for bucket artifacts in region us-east-1     1: Client error     2: Forbidden: User: arn:aws:sts::111122223333:assumed-role/AmazonEKSAutoNodeRole/i-0471c9c18272a3ec2 is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::artifacts" because no identity-based policy allows the s3:ListBucket action Error: Failed to create mount process',
  ),
  s(
    'unknown',
    'awslabs/mountpoint-s3-csi-driver#241',
    'MountVolume.SetUp failed for volume "s3-pv" : rpc error: code = Internal desc = Could not mount "artifacts": Mount failed: Failed to start service output: Error: Failed to create S3 client Caused by: 0: invalid AWS credentials 1: CRT error 1033: aws-c-io: AWS_IO_TLS_CTX_ERROR, Failed to create tls context Error: Failed to create mount process',
  ),
  s(
    'no-credentials',
    'influxdata/influxdb_iox#5109',
    'level=error msg="failed to upload parquet file to object storage" error="Generic S3 error: Unable to PUT data. Bucket: artifacts, Location: 1/2/x.parquet, Error: EOF while parsing a value at line 1 column 0 (Credentials(CredentialsError { message: \\"EOF while parsing a value at line 1 column 0\\" }))"',
  ),
  s(
    'skip-tls',
    'doitintl/secrets-init#26',
    'time="2022-10-27T06:27:00Z" level=error msg="failed to resolve secrets" error="failed to get secret: WebIdentityErr: failed to retrieve credentials\\ncaused by: RequestError: send request failed\\ncaused by: Post \\"https://sts.amazonaws.com/\\": x509: certificate signed by unknown authority"',
  ),
  s(
    'skip-tls',
    'aws/amazon-s3-plugin-for-pytorch#21',
    '    url_objects = handler.list_files(url)\nValueError: curlCode: 60, SSL peer certificate or SSH remote key was not OK',
  ),
  s(
    'not-allowed',
    'eksctl-io/eksctl#5452',
    'AWS::IAM::Role/ServiceRole: CREATE_FAILED – "API: iam:CreateRole User: arn:aws:sts::111122223333:assumed-role/deploy is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::111122223333:role/eksctl-dev-ServiceRole because no identity-based policy allows the iam:CreateRole action"',
  ),
  s(
    'not-authorized',
    'kodekloudhub/certified-kubernetes-administrator-course#179',
    'User: arn:aws:iam::111122223333:user/u is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/eks-cluster-role',
  ),
  s(
    'role-arn-form',
    'boto/botocore#1465',
    'botocore.exceptions.ParamValidationError: Parameter validation failed:\nInvalid length for parameter RoleArn, value: 4, valid range: 20-inf',
  ),
  s(
    'bucket-name',
    'datopian/giftless#185',
    'botocore.exceptions.ParamValidationError: Parameter validation failed:\nInvalid bucket name "${S3_BUCKET}": Bucket name must match the regex "^[a-zA-Z0-9.\\-_]{1,255}$" or be an ARN matching the regex "^arn:(aws).*:(s3|s3-object-lambda):[a-z\\-0-9]+:[0-9]{12}:accesspoint[/:][a-zA-Z0-9\\-]{1,63}$"',
  ),
  s(
    'token-expired',
    'boto/botocore#3480',
    'Error when retrieving credentials from container-role: Error retrieving metadata: Received non 200 response 400 from container metadata: Service account token failed basic claim validations: token is expired',
  ),
  s(
    'token-expired',
    'eksctl-io/eksctl#4221',
    '2021-09-16 10:33:08 [!]  retryable error (ExpiredToken: The security token included in the request is expired \tstatus code: 403, request id: aacc40c7) from sts/AssumeRole - will retry after delay of 30.46631ms',
  ),
  s(
    'malformed-policy',
    'terraform-aws-modules/terraform-aws-eks-pod-identity#34',
    'Error: creating IAM Role (x): operation error IAM: CreateRole, https response error StatusCode: 400, RequestID: 2f0c, MalformedPolicyDocument: Has prohibited field Resource',
  ),
  s(
    'malformed-policy',
    'terraform-aws-modules/terraform-aws-iam#603',
    'Error:  creating IAM Policy (x): operation error IAM: CreatePolicy, https response error StatusCode: 400, RequestID: 2f0c, MalformedPolicyDocument: Policy statement must contain resources.',
  ),
  s(
    's3-unreachable',
    'kubeflow/pipelines#8989',
    'This step is in Error state with this message: Error (exit code 1): failed to put file:\n Get "http://minio-service.kubeflow:9000/mlpipeline/?location=": dial tcp 100.68.6.113:9000: i/o timeout',
  ),
  s(
    's3-unreachable',
    'kubeflow/pipelines#1242',
    'This step is in Error state with this message: failed to save outputs: Get http://minio-service.kubeflow:9000/mlpipeline/?location=: dial tcp: lookup minio-service.kubeflow on 172.20.0.10:53: no such host',
  ),
  s(
    'session-invalid',
    'terraform-aws-modules/terraform-aws-eks#2890',
    '│ Error: creating IAM Role (eks): InvalidClientTokenId: The security token included in the request is invalid\n│       status code: 403, request id: a6a7d9c3',
  ),
  s(
    'session-invalid',
    'aws/amazon-sagemaker-operator-for-k8s#99',
    '"error": "UnrecognizedClientException: The security token included in the request is invalid.\\n\\tstatus code: 400"',
  ),
  s(
    'session-invalid',
    'aws/aws-sdk-js#4140',
    '(node:9134) UnhandledPromiseRejectionWarning: InvalidToken: The provided token is malformed or otherwise invalid.',
  ),
  s(
    'session-invalid',
    'aws/aws-sdk-ruby#2850',
    'Aws::STS::Errors::InvalidClientTokenId: The security token included in the request is invalid.',
  ),
  s(
    'region',
    'pachyderm/pachyderm#6937',
    'ERROR: unable to resolve endpoint for service "s3", region "", err: UnknownEndpointError: could not resolve endpoint\n  partition: "aws", service: "s3", region: "", known: [us-east-1 eu-west-1]',
  ),
  s(
    'region',
    'google/guice#1890',
    'Caused by: SdkClientException: Unable to load region from any of the providers in the chain DefaultAwsRegionProviderChain@292fcda: [SystemSettingsRegionProvider@56600f12: Unable to load region from system settings. Region must be specified either via environment variable (AWS_REGION) or  system property (aws.region).]',
  ),
  s(
    'region',
    'generalui/s3p#87',
    'Error: Region is missing\n    at default (/app/node_modules/@smithy/config-resolver/dist-cjs/regionConfig/config.js:10:15)',
  ),
  s(
    'region',
    'confluentinc/kafka-connect-storage-cloud#754',
    'Caused by: com.amazonaws.SdkClientException: Unable to find a region via the region provider chain. Must provide an explicit region in the builder or setup environment to supply a region.',
  ),
  s(
    'region',
    'unite-cms/unite-cms#333',
    'InvalidArgumentException: Missing required client configuration options:\n\nregion: (string)\n\n  A "region" configuration value is required for the "s3" service',
  ),
  s(
    'no-account',
    'kubeflow/kubeflow#3232',
    'Warning  FailedCreate  4m46s (x26 over 10m)  statefulset-controller  create Pod test-0 in StatefulSet test failed error: pods "test-0" is forbidden: error looking up service account team-a/default-editor: serviceaccount "default-editor" not found',
  ),
  s(
    'no-account',
    'kubeflow/pipelines#7336',
    'This step is in Error state with this message: task \'x.flip-coin-op\' errored: pods "x-1717566668" is forbidden: error looking up service account team-a/pipeline-runner: serviceaccount "pipeline-runner" not found',
  ),
  s(
    'no-role',
    'aws-samples/amazon-eks-security-immersion-day#54',
    'An error occurred (NoSuchEntity) when calling the GetRole operation: The role with name team-a cannot be found.',
  ),
  s(
    'no-role',
    'aws-samples/eks-workshop-v2#1224',
    '│ Error: putting IAM Role (team-a) Policy (put-access): operation error IAM: PutRolePolicy, https response error StatusCode: 404, RequestID: 9fe5, NoSuchEntity: The role with name team-a cannot be found.',
  ),
  s(
    'duration',
    'kreuzwerker/awsu#27',
    'Error: failed to assume role "arn:aws:iam::111122223333:role/x": ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.\n\tstatus code: 400, request id: 3ff3d68f',
  ),
  s(
    'sts-region',
    'turbot/steampipe-plugin-aws#1510',
    'Error: operation error EC2: DescribeInstances, failed to sign request: failed to retrieve credentials: failed to refresh cached credentials, operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: a355, RegionDisabledException: STS is not activated in this region for account:111122223333. Your account administrator can activate STS in this region using the IAM Console.',
  ),
  s(
    'static-keys',
    'boto/boto3#2588',
    'botocore.exceptions.PartialCredentialsError: Partial credentials found in explicit, missing: aws_secret_access_key',
  ),
  s(
    'trust',
    'aws/aws-sdk-java-v2#1470',
    "software.amazon.awssdk.core.exception.SdkClientException: Unable to load credentials from any of the providers in the chain AwsCredentialsProviderChain(credentialsProviders=[SystemPropertyCredentialsProvider(), EnvironmentVariableCredentialsProvider(), WebIdentityTokenCredentialsProvider(), ProfileCredentialsProvider(), ContainerCredentialsProvider(), InstanceProfileCredentialsProvider()]) : [SystemPropertyCredentialsProvider(): Unable to load credentials from system settings. Access key must be specified either via environment variable (AWS_ACCESS_KEY_ID) or system property (aws.accessKeyId)., WebIdentityTokenCredentialsProvider(): Not authorized to perform sts:AssumeRoleWithWebIdentity (Service: Sts, Status Code: 403, Request ID: 13e02bf6, Extended Request ID: null), ProfileCredentialsProvider(): Profile file contained no credentials for profile 'default': ProfileFile(profiles=[])",
  ),
  s(
    'no-credentials',
    'aws/aws-sdk-kotlin#627',
    'No credentials could be loaded from the chain: CredentialsProviderChain -> EnvironmentCredentialsProvider -> ProfileCredentialsProvider -> StsWebIdentityProvider -> EcsCredentialsProvider -> ImdsCredentialsProvider',
  ),
  s(
    'imds-role',
    'aws/aws-msk-iam-auth#195',
    'Failed to load credentials from IMDS., com.amazonaws.auth.EC2ContainerCredentialsProviderWrapper: Failed to connect to service endpoint',
  ),
  s(
    'token-file',
    'crossplane-contrib/provider-upjet-aws#1007',
    'failed to refresh cached credentials, failed to retrieve jwt from provide source, unable to read file at .: read .: is a directory',
  ),
  s(
    'agent-host',
    'aws/aws-sdk-java EC2ContainerCredentialsProviderWrapper.java',
    'com.amazonaws.auth.EC2ContainerCredentialsProviderWrapper@1fab1909: The full URI (http://169.254.170.23/v1/credentials) contained withing environment variable AWS_CONTAINER_CREDENTIALS_FULL_URI has an invalid host. Host can only be one of [localhost, 127.0.0.1]',
  ),
  s(
    'no-credentials',
    'konstructio/kubefirst-api#372',
    'failed to refresh cached credentials, static credentials are empty',
  ),
  s(
    'no-credentials',
    'smithy-lang/smithy-rs aws-config/src/meta/credentials/chain.rs',
    'OSError: Operation not supported: the credential provider was not enabled: no providers in chain provided credentials',
  ),
  // And 30 more after these were told: 20 were known then, and 13 of these told as what they are.
  s(
    's3-denied',
    'grafana/loki#3718',
    'level=error ts=2021-05-12T14:22:26.123Z caller=compactor.go:83 msg="failed to run compaction" err="AccessDenied: Access Denied\\n\\tstatus code: 403, request id: 4668, host id: abc="',
  ),
  s(
    'kserve-endpoint',
    'cortexproject/cortex#1950',
    'level=error ts=2020-01-04T15:09:41.245Z caller=table_manager.go:188 msg="error syncing tables" err="WebIdentityErr: failed to retrieve credentials\\ncaused by: InvalidAction: Could not find operation AssumeRoleWithWebIdentity for version 2011-06-15\\n\\tstatus code: 400, request id: 3b79"',
  ),
  s(
    'sts-unreachable',
    'grafana/loki#4264',
    'WebIdentityErr: failed to retrieve credentials\\ncaused by: RequestError: send request failed\\ncaused by: Post \\"https://sts.amazonaws.com/\\": dial tcp 10.1.2.3:443: connect: connection refused',
  ),
  s(
    'kserve-endpoint',
    'grafana/loki#5941',
    'level=error ts=2023-04-05T10:48:29.481Z caller=reporter.go:203 msg="failed to delete corrupted cluster seed file, deleting it" err="WebIdentityErr: failed to retrieve credentials\\ncaused by: SerializationError: failed to unmarshal error message\\n\\tstatus code: 405, request id: \\ncaused by: UnmarshalError: failed to unmarshal error message\\n\\t00000000  3c 3f 78 6d 6c 20 76 65"',
  ),
  s(
    'kserve-endpoint',
    'grafana/loki#1402',
    'level=error ts=2020-01-03T20:59:41.980Z caller=table_manager.go:179 msg="error syncing tables" err="WebIdentityErr: failed to retrieve credentials\\ncaused by: SerializationError: failed to unmarshal error message\\n\\tstatus code: 404, request id: f67a\\ncaused by: UnmarshalError: failed to unmarshal error message\\n\\t00000000  3c 55 6e 6b 6e 6f 77 6e"',
  ),
  s(
    's3-denied',
    'velero-io/velero-plugin-for-aws#59',
    'time="2020-09-29T11:37:27Z" level=error msg="Error listing backups in backup store" backupLocation=default controller=backup-sync error="rpc error: code = Unknown desc = AccessDenied: Access Denied\\n\\tstatus code: 403, request id: D2D8, host id: abc="',
  ),
  s(
    'token-file',
    'velero-io/velero#2981',
    'level=error msg="Error getting backup store for this location" backupLocation=default error="rpc error: code = Unknown desc = WebIdentityErr: failed fetching WebIdentity token: \\ncaused by: WebIdentityErr: unable to read file at /var/run/secrets/eks.amazonaws.com/serviceaccount/token\\ncaused by: open /var/run/secrets/eks.amazonaws.com/serviceaccount/token: permission denied"',
  ),
  s(
    'static-keys',
    'velero-io/velero#3581',
    'level=warning msg="Unavailable backup storage locations detected: Backup storage location \\"default\\" is unavailable: rpc error: code = Unknown desc = InvalidAccessKeyId: \\n\\tstatus code: 403, request id: tx00, host id: "',
  ),
  s(
    'static-keys',
    'airbytehq/airbyte#5942',
    '"message":\n  "Internal Server Error:\n    The AWS Access Key Id you provided does not exist in our records.\n    (Service: S3, Status Code: 403, Request ID: 1, Extended Request ID: 2)",',
  ),
  s(
    'region',
    'nginx/nginx-s3-gateway#116',
    '2023/03/23 17:23:00 [info] 76#76: *10 js: Could not assume role using web identity: "Missing required AWS_REGION env variable"',
  ),
  s(
    'unknown',
    'triton-inference-server/server#889',
    'E1116 02:39:23.217136 996 main.cc:943] error: creating server: INTERNAL - Could not get MetaData for bucket with name model-storage',
  ),
  s(
    'kfp-bucket-check',
    'deployKF/deployKF#226',
    'F1212 15:29:30.317281       7 client_manager.go:500] Failed to check if Minio bucket exists. Error: Access Denied.',
  ),
  s(
    'identity-policy',
    'terraform-aws-modules/terraform-aws-eks#2517',
    '│ Error: unable to get role (x): AccessDenied: User: arn:aws:sts::111122223333:assumed-role/x/me@example.com is not authorized to perform: iam:GetRole on resource: role x with an explicit deny in an identity-based policy\n│       status code: 403, request id: 9922',
  ),
  s(
    'trust',
    'kubernetes-sigs/aws-load-balancer-controller#1935',
    'failed to retrieve credentials caused by: AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity\n\tstatus code: 403',
  ),
  s(
    's3-forbidden',
    'thanos-io/thanos#7157',
    'err="bucket store initial sync: sync block: BaseFetcher: iter bucket: Access Denied"',
  ),
  s(
    'trust',
    'awslabs/data-on-eks#346',
    'botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform sts:AssumeRoleWithWebIdentity\n>>>',
  ),
  s(
    'head-silent',
    'triton-inference-server/server#3383',
    'error: creating server: Internal - Could not get MetaData for bucket with name artifacts due to exception: , error message: No response body.',
  ),
  s(
    's3-unreachable',
    'triton-inference-server/server#4689',
    'error: creating server: Internal - Could not get MetaData for bucket with name artifacts due to exception: , error message: curlCode: 28, Timeout was reached',
  ),
  s(
    's3-unreachable',
    'triton-inference-server/server#3110',
    'error: creating server: Internal - Could not get MetaData for bucket with name artifacts due to exception: error message: Unable to connect to endpoint',
  ),
  s(
    's3-denied',
    'kserve/kserve#1793',
    '  File "/usr/local/lib/python3.7/site-packages/minio/api.py", line 2229, in _url_open\n    object_name).get_exception()\nminio.error.AccessDenied: AccessDenied: message: Access Denied',
  ),
  s('no-bucket', 'kserve/kserve#696', 'minio.error.NoSuchBucket: message: The specified bucket does not exist.'),
  s(
    'endpoint',
    'kserve/kserve#213',
    '  File "/usr/local/lib/python3.7/site-packages/minio/helpers.py", line 301, in is_valid_endpoint\n    if hostname[-1] == \'.\':\nIndexError: string index out of range',
  ),
  s(
    's3-forbidden',
    'cloudyr/aws.s3#430',
    'Client error: (403) Forbidden\n Warning: Error in : Bucket artifacts does not exist.',
  ),
  s(
    's3-forbidden',
    'duckdb/duckdb#18153',
    "duckdb.duckdb.HTTPException: HTTP Error: HTTP GET error on 'https://artifacts.s3.us-west-2.amazonaws.com/x.parquet' (HTTP 403)",
  ),
  s('anonymous', 'DataSQRL/sqrl#2098', 'HTTP 403 Forbidden / AccessDenied — No credentials are provided'),
  s(
    'role-arn-form',
    'davidmirror-ops/flyte-the-hard-way#28',
    'Original exception: [Errno 5] An error occurred (ValidationError) when calling the AssumeRoleWithWebIdentity operation: Request ARN is invalid',
  ),
  s(
    'trust',
    'aws/aws-sdk-net#1522',
    'Unhandled exception. Amazon.Runtime.AmazonClientException: Error calling AssumeRole for role arn:aws:iam::111122223333:role/team-a\n ---> Amazon.SecurityToken.AmazonSecurityTokenServiceException: Not authorized to perform sts:AssumeRoleWithWebIdentity ---> Amazon.Runtime.Internal.HttpErrorResponseException',
  ),
  s(
    'sts-module',
    'aws/aws-dotnet-extensions-configuration#61',
    'Unhandled exception. System.InvalidOperationException: Assembly AWSSDK.SecurityToken could not be found or loaded. This assembly must be available at runtime to use Amazon.Runtime.AssumeRoleAWSCredentials.',
  ),
  s(
    'imds-role',
    'aws/aws-sdk-net#1909',
    'Amazon.Runtime.AmazonServiceException: Unable to get IAM security credentials from EC2 Instance Metadata Service.',
  ),
  s(
    'session-invalid',
    'aws/aws-sdk-net#1920',
    'Amazon.SQS.AmazonSQSException: The security token included in the request is invalid.',
  ),
  // And 8 more after these: 6 were known, and one was to be and was not.
  s(
    'webhook-pods',
    'aws/amazon-eks-pod-identity-webhook#225',
    'Error creating: Internal error occurred: failed calling webhook "iam-for-pods.amazonaws.com": received invalid webhook response: expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind=',
  ),
  s(
    'trust',
    'jenkins-x/terraform-aws-eks-jx#159',
    'E0908 10:59:44.014681      12 aws_credentials.go:77] while getting AWS credentials WebIdentityErr: failed to retrieve credentials\ncaused by: AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity\n\tstatus code: 403, request id: 791d\nerror checking push permissions -- make sure you entered the correct tag name',
  ),
  s(
    's3-denied',
    'kubernetes/k8s.io#4913',
    'error uploading "s3://artifacts/binaries/x.sha256": AccessDenied: Access Denied\n\tstatus code: 403, request id: 4RB0, host id: abc=',
  ),
  s(
    's3-denied',
    'jhunt/k8s-boshrelease#56',
    '    Getting blob from inner blobstore:\n      Getting blob from inner blobstore:\n        AccessDenied: Access Denied\n\tstatus code: 403, request id: 784F, host id: abc=',
  ),
  s(
    'no-credentials',
    'jupyterhub/zero-to-jupyterhub-k8s#1330',
    'Unable to locate credentials. You can configure credentials by running "aws configure".',
  ),
  s(
    's3-denied',
    'google/go-cloud#3663',
    'failed to upload output artifact "x" to remote storage URI "s3://artifacts/x": unable to complete copying: blob (key "x") (code=PermissionDenied): operation error S3: PutObject, https response error StatusCode: 403, RequestID: 1, HostID: abc=, api error AccessDenied: Access Denied',
  ),
  s(
    's3-denied',
    'buildkite/agent#197',
    '<Error>\n<Code>AccessDenied</Code>\n<Message>Access Denied</Message>\n<RequestId>76C9</RequestId>\n<HostId>\nabc=\n</HostId>\n</Error>',
  ),
  s(
    'unknown',
    'aws/amazon-eks-pod-identity-webhook#212',
    'E0223 04:44:12.629213       1 reflector.go:147] k8s.io/client-go/informers/factory.go:159: Failed to watch *v1.ServiceAccount: failed to list *v1.ServiceAccount: Unauthorized',
  ),
  // Of nothing that is meant here: what programs around Kubeflow write on other days.
  s(
    'unknown',
    'python traceback',
    'Traceback (most recent call last):\n  File "/app/train.py", line 42, in <module>\n    model.fit(x, y)\n  File "/usr/lib/python3.11/site-packages/sklearn/base.py", line 1151, in wrapper\n    return fit_method(estimator, *args, **kwargs)\nValueError: Input X contains NaN.',
  ),
  s(
    'unknown',
    'cuda oom',
    'torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 14.76 GiB total capacity; 13.01 GiB already allocated)',
  ),
  s(
    'unknown',
    'mysql user',
    "mysql.connector.errors.ProgrammingError: 1045 (28000): Access denied for user 'root'@'10.0.12.7' (using password: YES)",
  ),
  s(
    'unknown',
    'mysql db',
    "F1120 10:00:00.000000 7 client_manager.go:412] Error 1044: Access denied for user 'mlpipeline'@'%' to database 'mlpipeline'",
  ),
  s(
    'unknown',
    'mysql ping',
    'E0316 07:13:33.545869       1 mysql.go:62] Ping to Katib db failed: dial tcp 10.97.244.59:3306: i/o timeout',
  ),
  s(
    'unknown',
    'istio envoy',
    '[2026-01-02T03:04:05.678Z] "GET /pipeline/apis/v2beta1/runs HTTP/1.1" 503 UF,URX upstream_reset_before_response_started{connection_failure} - "-" 0 91 10004 - "10.0.1.2" "Mozilla/5.0" outbound|8888||ml-pipeline.kubeflow.svc.cluster.local',
  ),
  s('unknown', 'istio jwt', 'Jwt is expired'),
  s(
    'unknown',
    'istio pilot',
    'error\txds\tADS: "10.0.3.4:51234" ads.Push failed: rpc error: code = Unavailable desc = transport is closing',
  ),
  s(
    'unknown',
    'argo pod deleted',
    'time="2026-01-02T03:04:05.678Z" level=info msg="node unchanged" nodeID=train-abc\ntime="2026-01-02T03:04:06.000Z" level=error msg="Pod failed: OOMKilled (exit code 137)" displayName=train namespace=team-a',
  ),
  s(
    'unknown',
    'argo service account',
    'failed to save outputs: verify serviceaccount team-a:default-editor has necessary privileges',
  ),
  s(
    'unknown',
    'argo file',
    'time="2026-01-02T03:04:05.678Z" level=error msg="cannot save parameter /tmp/outputs/out/data" argo=true error="open /tmp/outputs/out/data: no such file or directory"',
  ),
  s(
    'unknown',
    'kubernetes rbac',
    'pods "train-abc" is forbidden: User "system:serviceaccount:team-a:default-editor" cannot patch resource "pods" in API group "" in the namespace "team-a"',
  ),
  s(
    'unknown',
    'kubernetes image',
    'Failed to pull image "ghcr.io/acme/train:1": rpc error: code = Unknown desc = failed to resolve reference: unexpected status from HEAD request to https://ghcr.io/v2/acme/train/manifests/1: 403 Forbidden',
  ),
  s(
    'unknown',
    'kubernetes scheduling',
    '0/3 nodes are available: 3 Insufficient nvidia.com/gpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
  ),
  s(
    'unknown',
    'kubernetes secret',
    'MountVolume.SetUp failed for volume "db-credentials" : secret "db-credentials" not found',
  ),
  s('unknown', 'oidc login', 'oauth2: cannot fetch token: 401 Unauthorized: id token is expired'),
  s(
    'unknown',
    'git',
    'remote: Permission to acme/models.git denied to someone.\nfatal: unable to access: The requested URL returned error: 403',
  ),
  s(
    'unknown',
    'pip',
    'ERROR: Could not find a version that satisfies the requirement kfp==99.0 (from versions: 1.8.22, 2.7.0)\nERROR: No matching distribution found for kfp==99.0',
  ),
  s(
    'unknown',
    'npm',
    'npm ERR! 403 403 Forbidden - PUT https://registry.npmjs.org/acme - You do not have permission to publish "acme"',
  ),
  s(
    'unknown',
    'cert-manager webhook reachable',
    'Internal error occurred: failed calling webhook "webhook.cert-manager.io": the server could not find the requested resource',
  ),
  s(
    'unknown',
    'gcs',
    'google.api_core.exceptions.Forbidden: 403 GET https://storage.googleapis.com/storage/v1/b/artifacts/o: someone@acme.iam.gserviceaccount.com does not have storage.objects.list access to the Google Cloud Storage bucket.',
  ),
  s(
    'unknown',
    'azure',
    'azure.core.exceptions.HttpResponseError: This request is not authorized to perform this operation using this permission. ErrorCode:AuthorizationPermissionMismatch',
  ),
  s('unknown', 'nvidia', 'NCCL WARN Connect to 10.0.4.5<38123> failed : Connection refused'),
  s(
    'unknown',
    'postgres',
    'psycopg2.OperationalError: connection to server at "10.0.3.3", port 5432 failed: FATAL:  password authentication failed for user "mlflow"',
  ),
  s('unknown', 'redis', 'redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.'),
  s('unknown', 'android signing', 'WARNING: No signing credentials found. Building with debug signing.'),
  s('unknown', 'minio console', 'API: SYSTEM()\nTime: 03:04:05 UTC 01/02/2026\nError: Disk /data: drive not found'),
  s('unknown', 'keras', 'ValueError: Shapes (None, 10) and (None, 1) are incompatible'),
  s('unknown', 'clock word', 'chronyd[312]: System clock wrong by 1.234567 seconds, adjustment started'),
  s('unknown', 'region word', 'ERROR: Region of interest is missing in the image'),
  s('unknown', 'java classpath', 'java.lang.NoClassDefFoundError: the spark-sql module must be on the class path'),
  s(
    'unknown',
    '404',
    'requests.exceptions.HTTPError: 404 Client Error: Not Found for url: http://ml-pipeline:8888/apis/v2beta1/healthz',
  ),
  s('unknown', 'acl word', 'zookeeper: KeeperErrorCode = NoAuth for /config: ACLs do not allow it'),
  s('unknown', 'go web identity in a name', 'level=info msg="loaded controller web-identity-sync" version=1.2'),
  s(
    'unknown',
    'proxy 407',
    "requests.exceptions.ProxyError: HTTPSConnectionPool(host='pypi.org', port=443): Max retries exceeded (Caused by ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy Authentication Required')))",
  ),
  s(
    'unknown',
    'service account elsewhere',
    'ERROR failed to sync: serviceaccounts "builder" is forbidden: User "jane" cannot get resource "serviceaccounts"',
  ),
  s(
    'unknown',
    'quota gcp',
    'ERROR: (gcloud.container.clusters.create) ResponseError: code=403, message=Insufficient regional quota to satisfy request: resource "CPUS"',
  ),
  s(
    'unknown',
    'kfp cache',
    'I1018 09:17:32.772345      15 cache.go:116] Connecting to cache endpoint 10.100.224.77:8887',
  ),
  s(
    'unknown',
    'duplicate entity',
    'sqlalchemy.exc.IntegrityError: (pymysql.err.IntegrityError) (1062, "Duplicate entry for key role")',
  ),
  s('unknown', 'docker role', 'Error response from daemon: conflict: role with name worker already exists'),
  s('unknown', 'vault', 'Error writing data to auth/kubernetes/login: Code: 403. Errors: * permission denied'),
  s(
    'unknown',
    'elasticsearch',
    '{"error":{"root_cause":[{"type":"security_exception","reason":"action [indices:data/read/search] is unauthorized for user [anonymous]"}]},"status":403}',
  ),
  s('unknown', 'fernet', 'cryptography.fernet.InvalidToken\nERROR - Can not decrypt the connection'),
  s('unknown', 'pyjwt', 'jwt.exceptions.InvalidTokenError: Signature verification failed'),
  s('unknown', 'no proxy', 'ERROR step failed with environment NO_PROXY=localhost,169.254.169.254,.svc'),
  s('unknown', 'container metadata', 'WARN failed to read labels from container metadata'),
  s('unknown', 'region missing', 'ValidationError: field "region" is missing in the request'),
  s('unknown', 'service account generic', 'failed to find service account token for agent'),
  s(
    'unknown',
    '400',
    'werkzeug.exceptions.BadRequest: 400 Bad Request: The browser (or proxy) sent a request that this server could not understand.',
  ),
  s('unknown', 'ubuntu', 'bash: /root/train.sh: Permission denied'),
];
