// A table per rule of service accounts and ConfigMaps, and of the places where lint finds Profiles and policies.
import assert from 'node:assert/strict';
import { isMisspelt } from '../../src/core/annotations.ts';
import { describe, test } from 'node:test';
import type { Finding } from '../../src/core/finding.ts';
import { suppress } from '../../src/core/modes/suppression.ts';
import { table } from './lint-kit.ts';

const ROLE = 'arn:aws:iam::123456789012:role/team-a';

const account = (annotation: string): string =>
  `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default-editor\n  namespace: team-a\n  annotations:\n    ${annotation}\n`;

describe('KP-051, KP-052 service account', () => {
  table([
    { name: 'right', text: account(`eks.amazonaws.com/role-arn: ${ROLE}`), finds: [] },
    { name: 'other annotations of EKS', text: account('eks.amazonaws.com/sts-regional-endpoints: "true"'), finds: [] },
    {
      name: 'the annotation of kube2iam beside a setting',
      text: account(`iam.amazonaws.com/role: ${ROLE}\n    eks.amazonaws.com/audience: x`),
      finds: [['KP-051', 'iam.amazonaws.com/role', 'warning']],
    },
    ...[
      'eks.amazon.com/role-arn',
      'eks.amazonaws.com/role_arn',
      'eks.amazonaws.com/roleArn',
      'amazonaws.com/role-arn',
      'eks.amazonaws.com/role',
      'EKS.amazonaws.com/role-arn',
    ].map((key) => ({
      name: key,
      text: account(`${key}: ${ROLE} # set`),
      finds: [['KP-051', key, 'error'] as const],
      fixed: account(`eks.amazonaws.com/role-arn: ${ROLE} # set`),
    })),
    {
      name: 'misspelt beside the right one',
      text: account(`eks.amazon.com/role-arn: ${ROLE}\n    eks.amazonaws.com/role-arn: ${ROLE}`),
      finds: [['KP-051', 'eks.amazon.com/role-arn']],
      fixed: account(`eks.amazonaws.com/role-arn: ${ROLE}`),
    },
    {
      name: 'empty, role known',
      text: account('eks.amazonaws.com/role-arn: ""'),
      options: { roles: { 'team-a': ROLE } },
      finds: [['KP-052', 'eks.amazonaws.com/role-arn', 'error']],
      fixed: account(`eks.amazonaws.com/role-arn: "${ROLE}"`),
    },
    {
      name: 'empty, role not known',
      text: account('a: b\n    eks.amazonaws.com/role-arn:'),
      finds: [['KP-052', 'eks.amazonaws.com/role-arn']],
      fixed: account('a: b'),
    },
    {
      name: 'not a role',
      text: account('eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:user/x'),
      finds: [['KP-007', 'arn:aws:iam::123456789012:user/x']],
    },
  ]);
});

const launcher = (data: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kfp-launcher\n  namespace: team-a\ndata:\n  ${data}\n`;
const providers = (standard: string): string =>
  launcher(`defaultPipelineRoot: s3://team-data/team-a\n  providers: |-\n    s3:\n      default:\n        ${standard}`);

describe('KP-055 pipeline root', () => {
  const context = { bucket: 'team-data' };
  table([
    { name: 'on S3', text: launcher('defaultPipelineRoot: s3://team-data/v2'), finds: [] },
    { name: 'on Google Cloud', text: launcher('defaultPipelineRoot: gs://team-data/v2'), finds: [] },
    { name: 'filled in by a template', text: launcher('defaultPipelineRoot: "{{ .Values.root }}/x"'), finds: [] },
    {
      name: 'in the cluster, S3 not known to be wanted',
      text: launcher('defaultPipelineRoot: minio://mlpipeline/v2'),
      finds: [['KP-055', 'minio://mlpipeline/v2', 'information']],
    },
    {
      name: 'in the cluster, bucket known',
      text: launcher('defaultPipelineRoot: "minio://mlpipeline/v2"'),
      options: { context },
      finds: [['KP-055', '"minio://mlpipeline/v2"', 'warning']],
      fixed: launcher('defaultPipelineRoot: "s3://team-data/team-a/artifacts"'),
    },
    {
      name: 'one slash',
      text: launcher('defaultPipelineRoot: s3:/team-data/v2'),
      finds: [['KP-055', 's3:/team-data/v2', 'error']],
      fixed: launcher('defaultPipelineRoot: s3://team-data/v2'),
    },
    {
      name: 'quotes in quotes',
      text: launcher(`defaultPipelineRoot: '"s3://team-data/v2"'`),
      finds: [['KP-055', `'"s3://team-data/v2"'`, 'error']],
      fixed: launcher(`defaultPipelineRoot: 's3://team-data/v2'`),
    },
    {
      name: 'quotes in lines',
      text: launcher(`defaultPipelineRoot: |-\n    "s3://team-data/v2"`),
      finds: [['KP-055', `|-\n    "s3://team-data/v2"`, 'error']],
      fixed: launcher(`defaultPipelineRoot: s3://team-data/v2`),
    },
    {
      name: 'a bucket that cannot be',
      text: launcher('defaultPipelineRoot: s3://team..data/v2'),
      finds: [['KP-042', 'team..data', 'error']],
    },
    {
      name: 'missing, bucket known',
      text: launcher('other: x'),
      options: { context },
      finds: [['KP-055', 'kfp-launcher']],
      fixed: launcher('other: x\n  defaultPipelineRoot: s3://team-data/team-a/artifacts'),
    },
  ]);
});

describe('KP-056 providers', () => {
  table([
    { name: 'right', text: providers('region: us-east-2\n        credentials:\n          fromEnv: true'), finds: [] },
    {
      name: 'keys from a secret',
      text: providers('credentials:\n          fromEnv: false\n          secretRef:\n            secretName: x'),
      finds: [],
    },
    {
      name: 'an object',
      text: launcher(
        'defaultPipelineRoot: s3://team-data/team-a\n  providers: # ours\n    s3:\n      default:\n        credentials:\n          fromEnv: true',
      ),
      finds: [['KP-056', 'providers', 'error']],
      fixed: launcher(
        'defaultPipelineRoot: s3://team-data/team-a\n  providers: |- # ours\n    s3:\n      default:\n        credentials:\n          fromEnv: true',
      ),
    },
    {
      name: 'no credentials',
      text: providers('region: us-east-2'),
      finds: [['KP-056', 'default', 'error']],
      fixed: providers('region: us-east-2\n        credentials:\n          fromEnv: true'),
    },
    {
      name: 'fromEnv false and no secret',
      text: providers('credentials:\n          fromEnv: false'),
      finds: [['KP-056', 'false', 'error']],
      fixed: providers('credentials:\n          fromEnv: true'),
    },
    {
      name: 'fromEnv in quotes',
      text: providers('credentials:\n          fromEnv: "true"'),
      finds: [['KP-056', '"true"', 'error']],
      fixed: providers('credentials:\n          fromEnv: true'),
    },
    {
      name: 'no YAML',
      text: launcher('defaultPipelineRoot: s3://team-data/team-a\n  providers: |-\n    s3: [a'),
      finds: [['KP-056', 'a', 'error']],
    },
    {
      name: 'an unknown provider',
      text: launcher('defaultPipelineRoot: s3://team-data/team-a\n  providers: |-\n    S3:\n      default: {}'),
      finds: [['KP-056', 'S3', 'warning']],
      fixed: launcher(
        'defaultPipelineRoot: s3://team-data/team-a\n  providers: |-\n    s3:\n      default: {credentials: { fromEnv: true }}',
      ),
    },
  ]);
});

const repository = (s3: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: artifact-repositories\ndata:\n  default-namespaced: |\n    archiveLogs: true\n    s3:\n      ${s3.replaceAll('\n', '\n      ')}\n`;

const inOneLine = (value: string): string =>
  repository('').replace(/default-namespaced:[^]*/, `default-namespaced: '${value}'\n`);

describe('KP-058, KP-048 artifact repository', () => {
  const secrets = 'accessKeySecret: # one\n  name: x\n  key: a\nsecretKeySecret:\n  name: x\n  key: b';
  table([
    {
      name: 'right',
      text: repository('endpoint: s3.amazonaws.com\nuseSDKCreds: true\nkeyFormat: "a/{{workflow.name}}"'),
      finds: [],
    },
    {
      name: 'what KFP ships',
      text: repository(`endpoint: minio-service.kubeflow:9000\n${secrets}\ninsecure: true`),
      finds: [['KP-058', 'minio-service.kubeflow:9000', 'information']],
    },
    {
      name: 'keys for S3',
      text: repository(`bucket: team-data\nendpoint: s3.eu-west-1.amazonaws.com\n${secrets}`),
      finds: [['KP-058', 'accessKeySecret', 'warning']],
      fixed: repository('bucket: team-data\nendpoint: s3.eu-west-1.amazonaws.com\nuseSDKCreds: true'),
    },
    {
      name: 'neither keys nor useSDKCreds: Argo takes the role of the pod all the same',
      text: repository('endpoint: s3.amazonaws.com'),
      finds: [],
    },
    {
      name: 'useSDKCreds: false without keys',
      text: repository('endpoint: s3.amazonaws.com\nuseSDKCreds: false'),
      finds: [],
    },
    {
      name: 'no TLS',
      text: repository('endpoint: s3.amazonaws.com\ninsecure: true'),
      finds: [['KP-048', 'true', 'warning']],
      fixed: repository('endpoint: s3.amazonaws.com\ninsecure: false'),
    },
    {
      name: 'no TLS, in one line',
      text: inOneLine('{s3: {endpoint: s3.amazonaws.com, insecure: true}}'),
      finds: [['KP-048', 'true', 'warning']],
      fixed: inOneLine('{s3: {endpoint: s3.amazonaws.com, insecure: false}}'),
    },
    {
      name: 'no TLS, in a template',
      text: repository('endpoint: s3.amazonaws.com\ninsecure: true\nkeyFormat: {{ .Values.key }}'),
      finds: [['KP-048', 'true', 'warning']],
      fixed: repository('endpoint: s3.amazonaws.com\ninsecure: false\nkeyFormat: {{ .Values.key }}'),
    },
    { name: 'no YAML', text: inOneLine('a: b: c'), finds: [['KP-058', 'b', 'error']] },
    { name: 'no YAML until a template is rendered', text: inOneLine('{{ .Values.a }}: {{ .Values.b }}: c'), finds: [] },
    {
      name: 'in the workflow controller',
      text: repository(`endpoint: s3.amazonaws.com\n${secrets}`)
        .replace('artifact-repositories', 'workflow-controller-configmap')
        .replace('default-namespaced', 'artifactRepository'),
      finds: [['KP-058', 'accessKeySecret']],
      fixed: repository('endpoint: s3.amazonaws.com\nuseSDKCreds: true')
        .replace('artifact-repositories', 'workflow-controller-configmap')
        .replace('default-namespaced', 'artifactRepository'),
    },
  ]);
});

describe('Where Profiles are found', () => {
  const bad = 'annotateOnly: "true"';
  const plugin = (indent: string): string =>
    `plugins:\n- kind: AwsIamForServiceAccount\n  spec:\n    awsIamRole: ${ROLE}\n    ${bad}`.replaceAll(
      '\n',
      `\n${indent}`,
    );
  const good = (text: string): string => text.replace(bad, 'annotateOnly: true');
  const found = [['KP-006', '"true"']] as const;
  const cases = {
    'in the second document': `a: b\n---\napiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: a\nspec:\n  ${plugin('  ')}\n---\nc: d\n`,
    'in a List': `apiVersion: v1\nkind: List\nitems:\n- apiVersion: kubeflow.org/v1\n  kind: Profile\n  metadata:\n    name: a\n  spec:\n    ${plugin('    ')}\n`,
    'in a patch of a kustomization': `kind: Kustomization\npatches:\n- target:\n    kind: Profile\n  patch: |-\n    apiVersion: kubeflow.org/v1\n    kind: Profile\n    metadata:\n      name: a\n    spec:\n      ${plugin('      ')}\n`,
    'in a strategic merge': `kind: Kustomization\npatchesStrategicMerge:\n- |-\n  apiVersion: kubeflow.org/v1\n  kind: Profile\n  metadata:\n    name: a\n  spec:\n    ${plugin('    ')}\n`,
    'in a JSON patch':
      'kind: Kustomization\n# kubeflow.org\npatches:\n- target:\n    kind: Profile\n  patch: |-\n    - op: add\n      path: /spec/plugins/0/spec/annotateOnly\n      value: "true"\n',
    'behind an anchor': `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: a\nx: &p\n  awsIamRole: ${ROLE}\n  ${bad}\nspec:\n  plugins:\n  - kind: AwsIamForServiceAccount\n    spec: *p\n`,
    'behind an anchor of another item of a List': `apiVersion: v1\nkind: List\nitems:\n- x: &p\n    awsIamRole: ${ROLE}\n    ${bad}\n- apiVersion: kubeflow.org/v1\n  kind: Profile\n  metadata:\n    name: a\n  spec:\n    plugins:\n    - kind: AwsIamForServiceAccount\n      spec: *p\n`,
    'in a merge': `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: a\nx: &p\n  ${bad}\nspec:\n  plugins:\n  - kind: AwsIamForServiceAccount\n    spec:\n      <<: *p\n      awsIamRole: ${ROLE}\n`,
  };
  table(
    Object.entries(cases).map(([name, text]) => ({
      name,
      text,
      finds: found,
      // What an alias stands for would change elsewhere too.
      fixed: text.includes('&p') ? text : good(text).replace('value: "true"', 'value: true'),
    })),
  );
});

describe('Where policies are found', () => {
  const arn = 'arn:aws:s3::::team-data/*';
  const right = 'arn:aws:s3:::team-data/*';
  const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"${arn}"}]}`;
  const indented = JSON.stringify(JSON.parse(policy), undefined, 2);
  const cases: Record<string, string> = {
    'a file': indented,
    'a file with comments': `// policy\n${indented}`,
    'ACK, block scalar': `apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Policy\nmetadata:\n  name: x\nspec:\n  name: x\n  policyDocument: |\n    ${indented.replaceAll('\n', '\n    ')}\n`,
    'ACK, inline policies in quotes': `apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Role\nmetadata:\n  name: x\nspec:\n  inlinePolicies:\n    s3: '${policy}'\n`,
    'ACK, in double quotes': `apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Policy\nmetadata:\n  name: x\nspec:\n  policyDocument: ${JSON.stringify(policy)}\n`,
    Crossplane: `apiVersion: iam.aws.upbound.io/v1beta1\nkind: RolePolicy\nmetadata:\n  name: x\nspec:\n  forProvider:\n    policy: >-\n      ${policy}\n`,
    'CloudFormation in YAML': `Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      Policies:\n      - PolicyName: x\n        PolicyDocument:\n          Version: "2012-10-17"\n          Statement:\n          - Effect: Allow\n            Action: s3:GetObject\n            Resource: ${arn} # all\n`,
    'SAM, inline': `Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Policies:\n      - AmazonS3ReadOnlyAccess\n      - S3ReadPolicy: { BucketName: x }\n      - Version: "2012-10-17"\n        Statement:\n        - Effect: Allow\n          Action: s3:GetObject\n          Resource: ${arn}\n`,
    'SAM, one policy': `Resources:\n  F:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Policies:\n        Version: "2012-10-17"\n        Statement:\n          Effect: Allow\n          Action: s3:GetObject\n          Resource: ${arn}\n`,
    'CloudFormation in JSON': JSON.stringify({
      Resources: {
        P: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: JSON.parse(policy) as unknown } },
      },
    }),
  };
  table(
    Object.entries(cases).map(([name, text]) => ({
      name,
      text,
      finds: [['KP-039', ':', 'error'] as const],
      fixed: text.replace(arn, right),
    })),
  );
  table([
    {
      name: 'a bucket policy is none of ours',
      text: policy.replace('"Effect"', '"Principal":"*","Effect"'),
      finds: [],
    },
    {
      name: 'a role of EC2 is none of ours',
      text: '{"Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}',
      finds: [],
    },
    {
      name: 'intrinsics of CloudFormation are not known',
      text: 'Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: !Sub "${AWS::StackName}-role"\n      AssumeRolePolicyDocument:\n        Version: "2012-10-17"\n        Statement:\n        - Effect: Allow\n          Principal:\n            Federated: !Ref Provider\n          Action: sts:AssumeRoleWithWebIdentity\n          Condition: !If [A, !Ref B, !Ref C]\n      Policies:\n      - PolicyName: x\n        PolicyDocument:\n          Version: "2012-10-17"\n          Statement:\n          - Effect: Allow\n            Action: s3:GetObject\n            Resource: !Sub "${Bucket.Arn}/*"\n          - Effect: Allow\n            Action: [s3:GetObject, s3:ListBucket]\n            Resource:\n              - Fn::Sub: "arn:${AWS::Partition}:s3:::${Bucket}"\n              - {"Fn::Join": ["", [{"Ref": "Arn"}, "/*"]]}\n',
      finds: [],
    },
    {
      name: 'KP-036 the name of a role',
      text: `Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: ${'r'.repeat(65)}\n      AssumeRolePolicyDocument:\n        Version: "2012-10-17"\n        Statement:\n        - Effect: Allow\n          Principal:\n            Federated: !Ref Provider\n          Action: sts:AssumeRoleWithWebIdentity\n          Condition: !Ref C\n`,
      finds: [['KP-036', 'r'.repeat(65), 'error']],
    },
    ...['<CLUSTER>-pipelines', '%s-pipelines', '__CLUSTER__#x'].map((name) => ({
      name: `a name that is filled in later is none yet: ${name}`,
      text: `Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: "${name}"\n      AssumeRolePolicyDocument:\n        Version: "2012-10-17"\n        Statement:\n        - Effect: Allow\n          Principal:\n            Federated: !Ref Provider\n          Action: sts:AssumeRoleWithWebIdentity\n          Condition: !Ref C\n`,
      finds: [],
    })),
  ]);
});

describe('A JSON patch in a file of its own', () => {
  const patch = (path: string, value: string): string => `# why\n- op: replace\n  path: ${path}\n  value: ${value}\n`;
  const path = '/spec/plugins/0/spec/annotateOnly';
  table([
    {
      name: 'a field',
      text: patch(path, '"true" # c'),
      finds: [['KP-006', '"true"']],
      fixed: patch(path, 'true # c'),
    },
    {
      name: 'in JSON',
      text: JSON.stringify([{ op: 'add', path, value: 'true' }]),
      finds: [['KP-006', '"true"']],
      fixed: JSON.stringify([{ op: 'add', path, value: true }]),
    },
    {
      name: 'a plugin',
      text: patch(
        '/spec/plugins/-',
        `{kind: AwsIamForServiceAccount, spec: {awsIamRole: ${ROLE}, annotateOnly: "true"}}`,
      ),
      finds: [['KP-006', '"true"']],
      fixed: patch(
        '/spec/plugins/-',
        `{kind: AwsIamForServiceAccount, spec: {awsIamRole: ${ROLE}, annotateOnly: true}}`,
      ),
    },
    {
      name: 'plugins of something else',
      text: patch('/spec/plugins/0', '{kind: Other, awsIamRole: x}') + patch('/spec/annotateOnlyOnce', '"true"'),
      finds: [],
    },
  ]);
});

describe('Not ours', () => {
  table(
    Object.entries({
      'other YAML': 'kind: Deployment\napiVersion: apps/v1\n',
      'other JSON': '{"a": [1, 2, {"b": null}]}',
      'a Helm template':
        '{{- if .Values.irsa }}\napiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: {{ .Values.name }}\nspec:\n  owner:\n    kind: User\n    name: {{ .Values.owner }}\n  {{- with .Values.plugins }}\n  plugins: {{ toYaml . | nindent 4 }}\n  {{- end }}\n{{- end }}\n',
      'the word alone': 'text: AwsIamForServiceAccount is a plugin of kubeflow.org\n',
      nothing: '',
      'a table of roles': 'role-arn: x\nStatement: of the year\n',
    }).map(([name, text]) => ({ name, text, finds: [] })),
  );
  table([
    {
      name: 'a Helm template is judged where its text is certain',
      text: 'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: {{ .Values.name }}\nspec:\n  plugins:\n  - kind: AwsIamForServiceAccount\n    spec:\n      awsIamRole: {{ .Values.role }}\n      annotateOnly: "true"\n',
      finds: [['KP-006', '"true"']],
      fixed:
        'apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: {{ .Values.name }}\nspec:\n  plugins:\n  - kind: AwsIamForServiceAccount\n    spec:\n      awsIamRole: {{ .Values.role }}\n      annotateOnly: true\n',
    },
  ]);
});

test('a comment silences from the first character of its line to the last', () => {
  const text = 'a: 1\n# kubeflow-irsa: ignore KP-011 why\nb: 2\nc: 3 # kubeflow-irsa: ignore KP-011 why\nd: 4\n';
  const all = Array.from(text, (_, start) => ({
    ...{ id: 'KP-011', severity: 'error', message: '', start, end: start + 1, fixes: [] },
  })) as readonly Finding[];
  const left = suppress(text, all, () => true).map(({ start }) => text.slice(start, start + 1));
  assert.equal(left.join(''), 'a: 1\n# kubeflow-irsa: ignore KP-011 why\nd: 4\n');
  assert.equal(suppress(text, [{ ...(all[0] as Finding), id: 'KP-010', start: 45 }], () => true).length, 1);
});

describe('a policy in single quotes', () => {
  const text = `{'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 's3:GetObject', 'Resource': 'arn:aws:s3:::runs/*'}]}`;
  const options = { file: 'policy.json' };
  const ack = (document: string): string =>
    `apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Policy\nmetadata: { name: x }\nspec:\n  policyDocument: ${document}\n`;
  table([
    { name: 'of nothing else', text, options, finds: [['P-SYNTAX', "'"]], fixed: text.replaceAll("'", '"') },
    {
      name: 'with a text in double quotes',
      text: text.replace("'Allow'", '"Allow"'),
      options,
      finds: [['P-SYNTAX', "'"]],
    },
    {
      name: 'with an apostrophe',
      text: text.replace("'Effect'", "'Sid': 'it's', 'Effect'"),
      options,
      finds: [['P-SYNTAX', "'"]],
    },
    {
      name: 'in a block of a manifest',
      text: ack(`|\n    ${text}`),
      finds: [['P-SYNTAX', "'"]],
      fixed: ack(`|\n    ${text.replaceAll("'", '"')}`),
    },
    { name: 'in double quotes of a manifest', text: ack(`"${text}"`), finds: [['P-SYNTAX', "'"]] },
  ]);
});

describe('Suppression', () => {
  const owner = (before: string, after: string): string =>
    `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: a\nspec:\n  owner:\n    kind: User\n${before}    name: Ann@example.com${after}\n  plugins:\n  - kind: AwsIamForServiceAccount\n    spec:\n      awsIamRole: ${ROLE}\n`;
  table([
    { name: 'on the line', text: owner('', ' # kubeflow-irsa: ignore KP-011 our IdP keeps case'), finds: [] },
    {
      name: 'on the line before',
      text: owner('    # kubeflow-irsa: ignore KP-011 our IdP keeps case\n', ''),
      finds: [],
    },
    {
      name: 'without a reason',
      text: owner('', ' # kubeflow-irsa: ignore KP-011'),
      finds: [['LINT-REASON', '# kubeflow-irsa: ignore KP-011', 'information']],
    },
    {
      name: 'of a block, and not of what stands beside it',
      text: owner('', '').replace('metadata:', 'metadata: # kubeflow-irsa: ignore KP-011 our IdP keeps case'),
      finds: [['KP-011', 'Ann@example.com']],
    },
    {
      name: 'of the block that holds it',
      text: owner('', '').replace('spec:', 'spec: # kubeflow-irsa: ignore KP-011 our IdP keeps case'),
      finds: [],
    },
    {
      name: 'of the first line of an item, which opens nothing',
      text: owner('', '')
        .replace('Ann@', 'ann@')
        .replace('ServiceAccount\n', 'ServiceAccount # kubeflow-irsa: ignore KP-007 ours\n')
        .replace(ROLE, 'arn:x'),
      finds: [['KP-007', 'arn:x']],
    },
    {
      name: 'of the line before a blank one, and of nothing behind it',
      text: owner('    # kubeflow-irsa: ignore KP-011 our IdP keeps case\n\n', ''),
      finds: [['KP-011', 'Ann@example.com']],
    },
    {
      name: 'of a block with a blank line and one of a tab in it',
      text: owner('\n \t\n', '').replace('spec:', 'spec: # kubeflow-irsa: ignore KP-011 our IdP keeps case'),
      finds: [],
    },
    {
      name: 'of a block that ends before it, with a blank line behind',
      text: owner('', '').replace(
        'metadata:\n  name: a\n',
        'metadata: # kubeflow-irsa: ignore KP-011 our IdP keeps case\n  name: a\n\n',
      ),
      finds: [['KP-011', 'Ann@example.com']],
    },
    {
      name: 'in the first line, on a line of its own',
      text: `# kubeflow-irsa: ignore KP-017 an old cluster\n${owner('', '').replace('kubeflow.org/v1', 'kubeflow.org/v1alpha1').replace('Ann@', 'ann@')}`,
      finds: [],
    },
    {
      name: 'in the last line, which has no end',
      text: `${owner('', '')}# kubeflow-irsa: ignore KP-011 nothing follows`,
      finds: [['KP-011', 'Ann@example.com']],
    },
    {
      name: 'of two rules, in one comment',
      text: owner('', ' # kubeflow-irsa: ignore KP-008, KP-011 our IdP keeps case'),
      finds: [],
    },
    {
      name: 'of two rules, of which one does not exist',
      text: owner('', ' # kubeflow-irsa: ignore KP-011 KP-999 our IdP keeps case'),
      finds: [['LINT-REASON', '# kubeflow-irsa: ignore KP-011 KP-999 our IdP keeps case']],
    },
    {
      name: 'in a URL, which is no comment',
      text: owner('', ' # see kubeflow-irsa: ignoreKP-011'),
      finds: [['KP-011', 'Ann@example.com']],
    },
    {
      name: 'beside another one',
      text: `# kubeflow-irsa: ignore KP-008 why\n${owner('', ' # kubeflow-irsa: ignore KP-011 our IdP keeps case')}`,
      finds: [],
    },
    {
      name: 'the reason first',
      text: owner('', ' # kubeflow-irsa: ignore because KP-011'),
      finds: [
        ['KP-011', 'Ann@example.com'],
        ['LINT-REASON', '# kubeflow-irsa: ignore because KP-011', 'information'],
      ],
    },
    {
      name: 'without a rule',
      text: owner('', ' # kubeflow-irsa: ignore'),
      finds: [
        ['KP-011', 'Ann@example.com'],
        ['LINT-REASON', '# kubeflow-irsa: ignore', 'information'],
      ],
    },
    {
      name: 'another rule',
      text: owner('', ' # kubeflow-irsa: ignore KP-008 why'),
      finds: [['KP-011', 'Ann@example.com']],
    },
    {
      name: 'a rule that does not exist',
      text: owner('', ' # kubeflow-irsa: ignore KP-999 why'),
      finds: [
        ['KP-011', 'Ann@example.com'],
        ['LINT-REASON', '# kubeflow-irsa: ignore KP-999 why'],
      ],
    },
    {
      name: 'over a block scalar',
      text: providers('region: x').replace(
        '  providers',
        '  # kubeflow-irsa: ignore KP-056 filled in later\n  providers',
      ),
      finds: [],
    },
  ]);
});

describe('Severities', () => {
  const text = account(`eks.amazon.com/role-arn: ${ROLE}`);
  table([
    { name: 'off', text, options: { severities: { 'KP-051': 'off' } }, finds: [] },
    {
      name: 'another',
      text,
      options: { severities: { 'KP-051': 'hint' } },
      finds: [['KP-051', 'eks.amazon.com/role-arn', 'hint']],
      fixed: account(`eks.amazonaws.com/role-arn: ${ROLE}`),
    },
  ]);
});

describe('Edges of service accounts and ConfigMaps', () => {
  describe('A role annotation', () => {
    table([
      {
        name: 'is not there',
        text: 'apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default-editor # eks.amazonaws.com/role-arn\n',
        finds: [],
      },
      {
        name: 'is a list',
        text: 'apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default-editor\n  annotations:\n    eks.amazonaws.com/role-arn: [a]\n',
        finds: [['KP-007', '[a]', 'error']],
      },
    ]);
  });

  test('the role annotation is not a misspelling of itself', () => {
    assert.equal(isMisspelt('eks.amazonaws.com/role-arn'), false);
    assert.equal(isMisspelt('eks.amazonaws.com/rolearn'), true);
  });
  const configMap = (name: string, data: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  ${data.replaceAll('\n', '\n  ')}\n`;
  const launcher = (providers: string): string =>
    configMap('kfp-launcher', `defaultPipelineRoot: s3://team-a-data\nproviders: ${providers}`);

  describe('A ConfigMap whose parts have another type', () => {
    table([
      { name: 'providers is a list', text: launcher('[s3]'), finds: [['KP-056', '[s3]', 'error']] },
      { name: 'providers holds a word', text: launcher('s3'), finds: [['KP-056', 's3', 'error']] },
      {
        name: 'disableSSL in quotes',
        text: launcher('|-\n  s3:\n    default:\n      disableSSL: "False"\n      credentials:\n        fromEnv: true'),
        finds: [['KP-056', '"False"', 'error']],
        fixed: launcher('|-\n  s3:\n    default:\n      disableSSL: false\n      credentials:\n        fromEnv: true'),
      },
      {
        name: 'forcePathStyle is an object',
        text: launcher(
          '|-\n  s3:\n    default:\n      forcePathStyle: {on: 1}\n      credentials:\n        fromEnv: true',
        ),
        finds: [['KP-056', 'on', 'error']],
      },
      {
        name: 'disableSSL as a word',
        text: launcher('|-\n  s3:\n    default:\n      disableSSL: "maybe"\n      credentials:\n        fromEnv: true'),
        finds: [['KP-056', '"maybe"', 'error']],
      },
      {
        name: 'disableSSL in quotes, true',
        text: launcher("|-\n  s3:\n    default:\n      disableSSL: 'true'\n      credentials:\n        fromEnv: true"),
        finds: [['KP-056', "'true'", 'error']],
        fixed: launcher('|-\n  s3:\n    default:\n      disableSSL: true\n      credentials:\n        fromEnv: true'),
      },
      { name: 'no providers', text: launcher(''), finds: [] },
      { name: 'empty providers', text: launcher('""'), finds: [] },
      { name: 'providers of a template', text: launcher('{{ .Values.providers }}'), finds: [] },
      { name: 'Google Cloud needs no credentials', text: launcher('|-\n  gs:\n    default: {}'), finds: [] },
      {
        name: 'providers in flow style, with a list',
        text: launcher('{s3: {default: {credentials: {fromEnv: true}}, overrides: [a, 1]}}'),
        finds: [['KP-056', 'providers', 'error']],
        fixed: launcher(
          String.raw`"{\"s3\":{\"default\":{\"credentials\":{\"fromEnv\":true}},\"overrides\":[\"a\",1]}}"`,
        ),
      },
      {
        name: 'a repository of a template',
        text: configMap('artifact-repositories', 'default-namespaced: {{ .Values.repository }}'),
        finds: [],
      },
      {
        name: 'keys beside useSDKCreds',
        text: configMap(
          'artifact-repositories',
          'default-namespaced: |\n  s3:\n    endpoint: s3.amazonaws.com\n    useSDKCreds: true\n    accessKeySecret: {name: a, key: b}',
        ),
        finds: [['KP-058', 'accessKeySecret', 'warning']],
        fixed: configMap(
          'artifact-repositories',
          'default-namespaced: |\n  s3:\n    endpoint: s3.amazonaws.com\n    useSDKCreds: true',
        ),
      },
      {
        name: 'keys, and useSDKCreds is false',
        text: configMap(
          'artifact-repositories',
          'default-namespaced: |\n  s3:\n    endpoint: s3.amazonaws.com\n    useSDKCreds: false\n    accessKeySecret: {name: a, key: b}',
        ),
        finds: [['KP-058', 'accessKeySecret', 'warning']],
        fixed: configMap(
          'artifact-repositories',
          'default-namespaced: |\n  s3:\n    endpoint: s3.amazonaws.com\n    useSDKCreds: true',
        ),
      },
      {
        name: 'a repository that is no YAML',
        text: configMap('artifact-repositories', 'default-namespaced: |\n  s3: [a'),
        finds: [['KP-058', 'a', 'error']],
      },
    ]);
  });
});
