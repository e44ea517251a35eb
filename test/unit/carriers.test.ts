// What the files of other tools hold: each way in which they do, a defect at its exact place, and the same without one.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decoded } from '../../src/core/carriers.ts';
import { get, HOLE, type DocNode } from '../../src/core/document/node.ts';
import { parse } from '../../src/core/document/parse.ts';
import { applyEdits } from '../../src/core/fix.ts';
import { lint, lintFolder } from '../../src/core/lint.ts';
import { fileLooksOurs, isRecords } from '../../src/core/look.ts';
import { resourcesOf } from '../../src/core/resources.ts';
import { assertSound, type Case, table } from './lint-kit.ts';
import { asKept } from './told.ts';

const ISSUER = 'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
const PROVIDER = `arn:aws:iam::111122223333:oidc-provider/${ISSUER}`;
const ROLE = 'arn:aws:iam::111122223333:role/team-a';
const policy = (...Statement: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
const trusting = (Condition?: object): object => ({
  Effect: 'Allow',
  Principal: { Federated: PROVIDER },
  Action: 'sts:AssumeRoleWithWebIdentity',
  ...(Condition ? { Condition } : {}),
});
const BOUND = {
  StringEquals: {
    [`${ISSUER}:aud`]: 'sts.amazonaws.com',
    [`${ISSUER}:sub`]: 'system:serviceaccount:team-a:default-editor',
  },
};
const GOOD = policy(trusting(BOUND));
const OPEN = policy(trusting());
const grant = (Action: string, Resource = 'arn:aws:s3:::team-a-data/*'): object => ({
  Effect: 'Allow',
  Action: [Action],
  Resource,
});
const BAD = policy(grant('s3:GetObjetc'));
const FINE = policy(grant('s3:GetObject'));
const indented = (text: string, by: number): string => text.replace(/^(?=.)/gm, ' '.repeat(by));

/** A carrier with a hole for what it carries: the defect is found in it, the sound one is silent. */
interface Carrier {
  readonly name: string;
  readonly file?: string;
  readonly text: (held: string) => string;
  readonly bad: string;
  readonly good: string;
  readonly finds: readonly (readonly [id: string, underlined: string])[];
  /** The bad text after fix-all, where it changes. */
  readonly fixed?: string;
}

const ACTION = [['P-ACTION', 's3:GetObjetc']] as const;
const eksctl = (iam: string): string =>
  `apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: { name: demo, region: us-west-2 }\niam:\n${indented(iam, 2)}\n`;
const account = (rest: string, name = 'default-editor'): string =>
  `withOIDC: true\nserviceAccounts:\n- metadata: { name: ${name}, namespace: team-a }\n${indented(rest, 2)}`;
const statementYaml = (action: string): string =>
  `- Effect: Allow\n  Action: ${action}\n  Resource: arn:aws:s3:::team-a-data/*\n`;
const readOnly = 'attachPolicyARNs: [arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess]';

const carriers: readonly Carrier[] = [
  {
    name: 'eksctl: attachPolicy',
    text: (action) =>
      eksctl(account(`attachPolicy:\n  Version: "2012-10-17"\n  Statement:\n${indented(statementYaml(action), 2)}`)),
    bad: 's3:GetObjetc',
    good: 's3:GetObject',
    finds: ACTION,
    fixed: 's3:GetObject',
  },
  {
    name: 'eksctl: permissionPolicy of a Pod Identity association',
    text: (action) =>
      eksctl(
        `podIdentityAssociations:\n- namespace: team-a\n  serviceAccountName: default-editor\n  permissionPolicy:\n    Version: "2012-10-17"\n    Statement:\n${indented(statementYaml(action), 4)}`,
      ),
    bad: 's3:GetObjetc',
    good: 's3:GetObject',
    finds: ACTION,
    fixed: 's3:GetObject',
  },
  {
    name: 'eksctl: attachRoleARN',
    text: (role) => eksctl(account(`attachRoleARN: ${role}`)),
    bad: 'arn:aws:iam::111122223333:policy/team-a',
    good: ROLE,
    finds: [['KP-007', 'arn:aws:iam::111122223333:policy/team-a']],
  },
  {
    name: 'eksctl: annotations of a service account',
    text: (key) =>
      eksctl(
        `withOIDC: true\nserviceAccounts:\n- metadata:\n    name: a\n    namespace: b\n    annotations:\n      ${key}: ${ROLE}\n  ${readOnly}\n`,
      ),
    bad: 'eks.amazonaws.com/role_arn',
    good: 'eks.amazonaws.com/role-arn',
    finds: [['KP-051', 'eks.amazonaws.com/role_arn']],
    fixed: 'eks.amazonaws.com/role-arn',
  },
  {
    name: 'eksctl: withOIDC',
    text: (value) => eksctl(account(readOnly).replace('true', value)),
    bad: 'false',
    good: 'true',
    finds: [['KP-092', 'false']],
    fixed: 'true',
  },
  {
    name: 'eksctl: a key of another case',
    text: (key) => eksctl(account(readOnly.replace('attachPolicyARNs', key))),
    bad: 'attachPolicyARNS',
    good: 'attachPolicyARNs',
    finds: [['KP-092', 'attachPolicyARNS']],
    fixed: 'attachPolicyARNs',
  },
  {
    name: 'kustomize: a literal of configMapGenerator',
    file: 'kustomization.yaml',
    text: (root) =>
      `namespace: team-a\nconfigMapGenerator:\n- name: kfp-launcher\n  literals:\n  - defaultPipelineRoot=${root}\n`,
    bad: 's3:/team-a-data/v2',
    good: 's3://team-a-data/v2',
    finds: [['KP-055', 's3:/team-a-data/v2']],
    fixed: 's3://team-a-data/v2',
  },
  {
    name: 'kustomize: commonAnnotations',
    file: 'kustomization.yaml',
    text: (key) => `commonAnnotations:\n  ${key}: ${ROLE}\n`,
    bad: 'eks.amazonaws.com/role_arn',
    good: 'eks.amazonaws.com/role-arn',
    finds: [['KP-051', 'eks.amazonaws.com/role_arn']],
    fixed: 'eks.amazonaws.com/role-arn',
  },
  {
    name: 'Crossplane: a base of a Composition',
    text: (held) =>
      `apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nmetadata: { name: a }\nspec:\n  resources:\n  - name: role\n    base:\n      apiVersion: iam.aws.upbound.io/v1beta1\n      kind: Role\n      spec:\n        forProvider:\n          assumeRolePolicy: '${held}'\n`,
    bad: OPEN,
    good: GOOD,
    finds: [['T-NO-CONDITION', '"Effect"']],
  },
  {
    name: 'Crossplane: the input of a function',
    text: (held) =>
      `apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nmetadata: { name: a }\nspec:\n  mode: Pipeline\n  pipeline:\n  - step: x\n    input:\n      kind: Resources\n      resources:\n      - name: role\n        base:\n          apiVersion: iam.aws.upbound.io/v1beta1\n          kind: RolePolicy\n          spec:\n            forProvider:\n              policy: '${held}'\n`,
    bad: BAD,
    good: FINE,
    finds: [['P-ACTION', '"s3:GetObjetc"']],
    fixed: FINE,
  },
  {
    name: 'Crossplane: a Go template of a function',
    text: (held) =>
      `apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nmetadata: { name: a }\nspec:\n  pipeline:\n  - step: x\n    input:\n      kind: GoTemplate\n      source: Inline\n      inline:\n        template: |\n          {{- $name := .observed.composite.resource.metadata.name }}\n          ---\n          apiVersion: iam.aws.upbound.io/v1beta1\n          kind: RolePolicy\n          metadata: { name: {{ $name }} }\n          spec:\n            forProvider:\n              policy: '${held}'\n`,
    bad: BAD,
    good: FINE,
    finds: [['P-ACTION', '"s3:GetObjetc"']],
    fixed: FINE,
  },
  {
    name: 'Crossplane: a format of a patch',
    text: (held) =>
      `apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nmetadata: { name: a }\nspec:\n  resources:\n  - base:\n      apiVersion: iam.aws.upbound.io/v1beta1\n      kind: Policy\n    patches:\n    - type: CombineFromComposite\n      combine:\n        strategy: string\n        string:\n          fmt: '${held}'\n      toFieldPath: spec.forProvider.policy\n`,
    bad: policy(grant('s3:GetObjetc', 'arn:aws:s3:::%s/*')),
    good: policy(grant('s3:GetObject', 'arn:aws:s3:::%s/*')),
    finds: [['P-ACTION', '"s3:GetObjetc"']],
    fixed: policy(grant('s3:GetObject', 'arn:aws:s3:::%s/*')),
  },
  {
    name: 'kro: a template of a ResourceGraphDefinition',
    text: (held) =>
      `apiVersion: kro.run/v1alpha1\nkind: ResourceGraphDefinition\nmetadata: { name: a }\nspec:\n  resources:\n  - id: role\n    template:\n      apiVersion: v1\n      kind: ServiceAccount\n      metadata:\n        name: \${schema.spec.name}\n        annotations:\n          ${held}: \${role.status.ackResourceMetadata.arn}\n`,
    bad: 'eks.amazonaws.com/role_arn',
    good: 'eks.amazonaws.com/role-arn',
    finds: [['KP-051', 'eks.amazonaws.com/role_arn']],
    fixed: 'eks.amazonaws.com/role-arn',
  },
  {
    name: 'OpenShift: objects of a Template',
    text: (held) =>
      `apiVersion: template.openshift.io/v1\nkind: Template\nobjects:\n- apiVersion: v1\n  kind: ServiceAccount\n  metadata:\n    name: \${NAME}\n    annotations:\n      eks.amazonaws.com/role-arn: ${held}\n`,
    bad: 'arn:aws:iam::1234:role/a',
    good: 'arn:aws:iam::${ACCOUNT}:role/a',
    finds: [['KP-034', '1234']],
  },
  {
    name: 'Serverless Framework: statements of the provider',
    file: 'serverless.yml',
    text: (action) =>
      `service: a\nprovider:\n  name: aws\n  iam:\n    role:\n      statements:\n      - Effect: Allow\n        Action: ${action}\n        Resource: arn:aws:s3:::\${self:custom.bucket}/*\n`,
    bad: 's3:GetObjetc',
    good: 's3:GetObject',
    finds: ACTION,
    fixed: 's3:GetObject',
  },
  {
    name: 'Serverless Framework: statements of a function, and resources',
    file: 'serverless.yml',
    text: (action) =>
      `service: a\nprovider: { name: aws }\nfunctions:\n  f:\n    iamRoleStatements:\n    - Effect: Allow\n      Action: ${action}\n      Resource: arn:aws:s3:::team-a-data/*\nresources:\n  Resources:\n    R:\n      Type: AWS::IAM::Role\n      Properties:\n        AssumeRolePolicyDocument: ${GOOD}\n`,
    bad: 's3:GetObjetc',
    good: 's3:GetObject',
    finds: ACTION,
    fixed: 's3:GetObject',
  },
  {
    name: 'aws iam list-roles',
    file: 'roles.json',
    text: (held) =>
      `{"Roles": [{"RoleName": "ec2", "AssumeRolePolicyDocument": {"Statement": []}}, {"RoleName": "a", "AssumeRolePolicyDocument": ${held}}]}`,
    bad: OPEN,
    good: GOOD,
    finds: [['T-NO-CONDITION', '"Effect"']],
  },
  {
    name: 'aws iam list-roles --query',
    file: 'roles.json',
    text: (held) => `[{"RoleName": "a", "AssumeRolePolicyDocument": ${held}}]`,
    bad: OPEN,
    good: GOOD,
    finds: [['T-NO-CONDITION', '"Effect"']],
  },
  {
    name: 'aws iam get-account-authorization-details',
    file: 'account.json',
    text: (held) =>
      `{"RoleDetailList": [{"RoleName": "a", "AssumeRolePolicyDocument": ${GOOD}, "RolePolicyList": [{"PolicyName": "b", "PolicyDocument": ${held}}]}, {"RoleName": "other", "AssumeRolePolicyDocument": {}, "RolePolicyList": [{"PolicyName": "b", "PolicyDocument": ${BAD}}]}], "Policies": [{"Arn": "arn:aws:iam::111122223333:policy/unused", "PolicyVersionList": [{"IsDefaultVersion": true, "Document": ${BAD}}]}]}`,
    bad: BAD,
    good: FINE,
    finds: [['P-ACTION', '"s3:GetObjetc"']],
    fixed: FINE,
  },
  {
    name: 'aws iam get-role, with its document as the API gives it',
    file: 'role.json',
    text: (held) => `{"Role": {"RoleName": "a", "AssumeRolePolicyDocument": "${encodeURIComponent(held)}"}}`,
    bad: OPEN,
    good: GOOD,
    finds: [['T-NO-CONDITION', '%22Effect%22']],
  },
  {
    name: 'shell: a document of `cat`',
    file: 'make.sh',
    text: (key) =>
      `cat > trust.json <<EOF\n${GOOD.replaceAll(ISSUER, '${OIDC}').replace('111122223333', '$ACCOUNT_ID').replace('${OIDC}:sub', key)}\nEOF\n`,
    bad: '${OIDC}:subject',
    good: '${OIDC}:sub',
    finds: [['KP-029', '"Condition"']],
  },
  {
    name: 'shell: a manifest that is piped',
    file: 'make.sh',
    text: (value) =>
      `cat <<-'EOF' | kubectl apply -f -\n\tapiVersion: kubeflow.org/v1\n\tkind: Profile\n\tmetadata:\n\t  name: team-a\n\tspec:\n\t  owner: { kind: User, name: a@example.com }\n\t  plugins:\n\t  - kind: AwsIamForServiceAccount\n\t    spec: { awsIamRole: ${ROLE}, annotateOnly: ${value} }\nEOF\n`.replace(
        /EOF\n$/,
        '\tEOF\n',
      ),
    bad: '"true"',
    good: 'true',
    finds: [['KP-006', '"true"']],
    fixed: 'true',
  },
  {
    name: 'shell: an argument in single quotes',
    file: 'make.bash',
    text: (held) => `aws iam put-role-policy --role-name a \\\n  --policy-document '${held}'\n`,
    bad: BAD,
    good: FINE,
    finds: [['P-ACTION', '"s3:GetObjetc"']],
    fixed: FINE,
  },
  {
    name: 'shell: an argument that leaves its quotes for a variable',
    file: 'make',
    text: (held) =>
      `#!/usr/bin/env bash\naws iam create-role --role-name a --assume-role-policy-document '${held.replaceAll('111122223333', `'"$ACCOUNT"'`)}'\n`,
    bad: OPEN,
    good: GOOD,
    finds: [['T-NO-CONDITION', '"Effect"']],
  },
  {
    name: 'shell: an argument in double quotes',
    file: 'make.sh',
    text: (held) => `aws iam put-role-policy --role-name a --policy-document "${held.replaceAll('"', '\\"')}"\n`,
    bad: policy(grant('s3:GetObjetc', 'arn:aws:s3:::$BUCKET/*')),
    good: policy(grant('s3:GetObject', 'arn:aws:s3:::$BUCKET/*')),
    finds: [['P-ACTION', '\\"s3:GetObjetc\\"']],
    fixed: policy(grant('s3:GetObject', 'arn:aws:s3:::$BUCKET/*')),
  },
  {
    name: 'shell: eksctl create iamserviceaccount',
    file: 'make.sh',
    text: (arn) =>
      `eksctl create iamserviceaccount --cluster "$CLUSTER" --name default-editor \\\n  --namespace=team-a --role-only --approve \\\n  --attach-policy-arn ${arn} && true\n`,
    bad: 'arn:aws:iam::111122223333:role/a',
    good: 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess,arn:aws:iam::$ACCOUNT:policy/a',
    finds: [['KP-092', 'arn:aws:iam::111122223333:role/a']],
  },
  {
    name: 'Terraform: a template of a policy',
    file: 'policy.json.tftpl',
    text: (action) =>
      `{\n  "Version": "2012-10-17",\n  "Statement": [\n%{ for one in buckets ~}\n    { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::\${one}/*" },\n%{ endfor ~}\n    { "Effect": "Allow", "Action": "${action}", "Resource": "arn:aws:s3:::\${bucket}/*" }\n  ]\n}\n`,
    bad: 's3:GetObjetc',
    good: 's3:GetObject',
    finds: [['P-ACTION', '"s3:GetObjetc"']],
    fixed: 's3:GetObject',
  },
  ...['policy.tpl', 'policy.json.j2', 'policy.template'].map((file): Carrier => ({
    name: `a template by its name: ${file}`,
    file,
    text: (action) =>
      policy(grant(action, file.endsWith('j2') ? 'arn:aws:s3:::{{ bucket }}/*' : 'arn:aws:s3:::${bucket}/*')),
    bad: 's3:GetObjetc',
    good: 's3:GetObject',
    finds: [['P-ACTION', '"s3:GetObjetc"']],
    fixed: 's3:GetObject',
  })),
];

describe('What each carrier holds', () => {
  table(
    carriers.flatMap(({ name, file, text, bad, good, finds, fixed }): Case[] => {
      const options = file === undefined ? {} : { options: { file } };
      return [
        {
          name: `${name}: a defect`,
          text: text(bad),
          finds,
          ...options,
          ...(fixed === undefined ? {} : { fixed: text(fixed) }),
        },
        { name: `${name}: none`, text: text(good), finds: [], ...options },
      ];
    }),
  );
});

const found = (files: Readonly<Record<string, string>>): string[] => {
  const all = Object.entries(files).map(([path, text]) => ({ path, text }));
  return [...lintFolder(all)].flatMap(([path, findings]) =>
    findings.map(({ id, start, end }) => `${path} ${id} ${files[path]?.slice(start, end) ?? ''}`),
  );
};
const PROFILE = `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata: { name: team-a }\nspec:\n  owner: { kind: User, name: a@example.com }\n  plugins:\n  - kind: AwsIamForServiceAccount\n    spec: { awsIamRole: ${ROLE}, annotateOnly: true }\n`;

describe('Files together', () => {
  test('a ConfigMap that kustomize makes of files, of any name, and of lines', () => {
    const repository =
      's3:\n  bucket: team-a-data\n  endpoint: s3.amazonaws.com\n  insecure: true\n  useSDKCreds: true\n';
    const files = {
      'a/kustomization.yaml':
        'configMapGenerator:\n- name: artifact-repositories\n  files: [default-v1, other=repo.txt]\n- name: kfp-launcher\n  envs: [../params.env]\n',
      'a/default-v1': repository,
      'a/repo.txt': repository.replace('  insecure: true\n', ''),
      'params.env': '# lines\ndefaultPipelineRoot=s3:/team-a-data/v2\n',
    };
    assert.deepEqual(found(files), ['a/default-v1 KP-048 true', 'params.env KP-055 s3:/team-a-data/v2']);
    assert.deepEqual(found({ ...files, 'a/kustomization.yaml': 'resources: []\n' }), []);
  });

  test('a pipeline root in quotes, which are part of it in a file of lines alone', () => {
    const kustomization = (lines: string): string => `configMapGenerator:\n- name: kfp-launcher\n  ${lines}\n`;
    const fixes = (env: string): readonly string[] =>
      [
        ...lintFolder([
          { path: 'kustomization.yaml', text: kustomization('envs: [params.env]') },
          { path: 'params.env', text: env },
        ]),
      ].flatMap(([path, all]) =>
        all.flatMap(({ id, start, end, fixes: its, message }) => [
          `${path} ${id} ${env.slice(start, end)} ${/quotes/.test(message) ? 'quotes' : 'root'}`,
          ...its.map(
            ({ title, edits, preferred }) => `${title}${preferred === true ? '!' : ''}: ${applyEdits(env, edits)}`,
          ),
        ]),
      );
    const title = 'Take the quotes away';
    assert.deepEqual(fixes('a="b"\r\ndefaultPipelineRoot="s3://team-a-data/v2"\r\nc=\'d\'\r\n'), [
      'params.env KP-055 "s3://team-a-data/v2" quotes',
      `${title}!: a="b"\r\ndefaultPipelineRoot=s3://team-a-data/v2\r\nc='d'\r\n`,
    ]);
    assert.deepEqual(fixes("defaultPipelineRoot='s3://team-a-data' "), [
      "params.env KP-055 's3://team-a-data'  quotes",
      `${title}!: defaultPipelineRoot=s3://team-a-data`,
    ]);
    assert.deepEqual(fixes('defaultPipelineRoot="s3://Team_A/v2"'), [
      'params.env KP-055 "s3://Team_A/v2" quotes',
      `${title}: defaultPipelineRoot=s3://Team_A/v2`,
    ]);
    assert.deepEqual(fixes('defaultPipelineRoot="minio://m/v2"'), [
      'params.env KP-055 "minio://m/v2" quotes',
      `${title}: defaultPipelineRoot=minio://m/v2`,
    ]);
    for (const root of ['"s3:/team-a-data/v2"', '"s3://team-a-data', '""', '"'])
      assert.deepEqual(fixes(`defaultPipelineRoot=${root}`), [`params.env KP-055 ${root} root`]);
    assert.deepEqual(fixes('defaultPipelineRoot=s3://team-a-data/v2'), []);
    assert.deepEqual(
      found({ 'kustomization.yaml': kustomization('literals: [\'defaultPipelineRoot="s3://team-a-data/v2"\']') }),
      [],
    );
  });

  test('eksctl beside a Profile: another role, a name that is nearly right, an association', () => {
    const config = (iam: string): string[] => found({ 'cluster.yaml': eksctl(iam), 'profile.yaml': PROFILE });
    assert.deepEqual(config(account(`${readOnly}\nroleName: other`)), ['cluster.yaml KP-012 other']);
    assert.deepEqual(config(account(`${readOnly}\nroleName: team-a`)), []);
    assert.deepEqual(config(account(`${readOnly}\nroleOnly: true\nroleName: other`)), []);
    assert.deepEqual(config(account(readOnly, 'default-edtior')), ['cluster.yaml KP-030 default-edtior']);
    assert.deepEqual(config(account(readOnly, 'notebooks')), []);
    assert.deepEqual(
      config('podIdentityAssociations:\n- { namespace: team-a, serviceAccountName: default-editor, roleARN: x }'),
      ['cluster.yaml KP-062 default-editor'],
    );
  });

  test('a Pod Identity association of Crossplane beside a Profile', () => {
    const association = `apiVersion: eks.aws.upbound.io/v1beta1\nkind: PodIdentityAssociation\nmetadata: { name: a }\nspec:\n  forProvider:\n    namespace: team-a\n    serviceAccount: default-editor\n`;
    assert.deepEqual(found({ 'a.yaml': association, 'profile.yaml': PROFILE }), ['a.yaml KP-062 default-editor']);
  });
});

describe('What is filled in, or is none of ours, is silent', () => {
  const silent: readonly (readonly [name: string, file: string, text: string])[] = [
    [
      'a role that a patch puts in place',
      'c.yaml',
      `apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nspec:\n  resources:\n  - base:\n      apiVersion: v1\n      kind: ServiceAccount\n      metadata:\n        annotations:\n          eks.amazonaws.com/role-arn: to-be-patched\n    patches:\n    - toFieldPath: metadata.annotations[eks.amazonaws.com/role-arn]\n      fromFieldPath: status.role\n`,
    ],
    ['a comment that shows a heredoc', 'a.sh', `# cat > x.json <<EOF\n# ${OPEN}\n# EOF\n`],
    ['a heredoc without an end', 'a.sh', `cat > x.json <<EOF\n${OPEN}\n`],
    ['a shift and a here-string', 'a.sh', `echo $((1 << 2)); cat <<< '${OPEN}'\n`],
    [
      'an argument that is a file',
      'a.sh',
      `aws iam create-role --assume-role-policy-document "file://x.json" # eks.amazonaws.com\n`,
    ],
    [
      'statements that a variable holds',
      'a.sh',
      `aws iam put-role-policy --policy-document '{"Version":"2012-10-17","Statement":'"$STATEMENTS"'}'\n`,
    ],
    ['a heredoc of another language', 'a.sh', `python3 - <<EOF\nprint({"Statement": [1]})\nEOF\n`],
    [
      'a template of the shell within JSON',
      'a.sh',
      `cat > x.json <<EOF\n{"Version": "2012-10-17", "Statement": [$STATEMENTS]}\nEOF\n`,
    ],
    [
      'a heredoc for envsubst',
      'a.sh',
      `cat <<'EOF' | envsubst | kubectl apply -f -\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n  annotations:\n    eks.amazonaws.com/role-arn: \${ROLE_ARN}\nEOF\n`,
    ],
    [
      'a list of statements that is no Serverless Framework',
      'a.yml',
      `provider: a\nstatements:\n- Effect: Allow\n  Action: s3:GetObjetc\n  Resource: "*"\n`,
    ],
    [
      'policies that AWS owns',
      'a.json',
      `{"RoleDetailList": [{"RoleName": "a", "AssumeRolePolicyDocument": ${GOOD}, "AttachedManagedPolicies": [{"PolicyArn": "arn:aws:iam::aws:policy/P"}]}], "Policies": [{"Arn": "arn:aws:iam::aws:policy/P", "PolicyVersionList": [{"IsDefaultVersion": true, "Document": ${BAD}}]}]}`,
    ],
    [
      'formats of a template',
      'policy.tpl',
      GOOD.replaceAll(ISSUER, '%s').replace('111122223333', '%s').replace('team-a:default-editor', '%s:%s'),
    ],
    [
      'what a template by its name fills in',
      'policy.template',
      policy(grant('s3:GetObject', 'arn:aws:s3:::{{BUCKET}}/*')),
    ],
    [
      'an account whose rest stands in a file',
      'a.sh',
      'eksctl create iamserviceaccount --config-file=c.yaml --name a\n',
    ],
    ['an eksctl key of a newer eksctl', 'c.yaml', eksctl(account(`${readOnly}\nsomethingNew: true`))],
  ];
  for (const [name, file, text] of silent)
    test(name, () =>
      assert.deepEqual(
        lint(text, { file }).map(({ id, message }) => `${id} ${message}`),
        [],
      ),
    );
});

test('what the shell does not fill in is told', () => {
  const text = `cat <<'EOF' | kubectl apply -f -\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n  annotations:\n    eks.amazonaws.com/role-arn: \${ROLE_ARN}\nEOF\n`;
  assert.deepEqual(
    lint(text, { file: 'a.sh' }).map(({ id }) => id),
    ['KP-004'],
  );
  const broken = `cat > x.json <<'EOF'\n${FINE.replace('}]', '},]')}\nEOF\necho $X\n`;
  assert.deepEqual(
    lint(broken, { file: 'a.sh' }).map(({ id }) => id),
    ['P-SYNTAX'],
  );
});

test('records of machines are told from documents by their beginning', () => {
  const record = JSON.stringify({ kind: 'Profile', time: 1 });
  const all: readonly (readonly [text: string, is: boolean])[] = [
    [`${record}\n${record}\n`, true],
    [`\uFEFF${record}\r\n${record}\r\n`, true],
    [`[1]\n[2]\n`, true],
    [record, false],
    [`${record}\n`, false],
    [`{\n"a": 1\n}\n`, false],
    [`{"a":\n{"b": 1}}`, false],
    [`[{},\n{}]`, false],
    [`{"a": "${'a'.repeat(100_000)}"}\n{}\n`, true],
    [`{"a": {}\n}\n`, false],
    [`[\n{}\n]`, false],
    ['', false],
    [`{{ if .x }}\n{{ end }}\n`, false],
    [`{{- include "a" . }}\n{ "Statement": [] }`, false],
    ['[1][', false],
    ['a][', false],
  ];
  for (const [text, is] of all) assert.equal(isRecords(text), is, text);
});

test('whether a file can hold anything of ours, by its name and its text', () => {
  const texts = ['eks.amazonaws.com/role-arn', 'kind: Profile', 'oidc_fully_qualified_subjects', 'x'];
  const files = ['a.yaml', 'a.tf', 'a.tofu', 'a.tf.json'];
  assert.deepEqual(
    texts.map((text) => files.filter((file) => fileLooksOurs(file, text)).join()),
    ['a.yaml,a.tf,a.tofu,a.tf.json', 'a.yaml', 'a.tf,a.tofu,a.tf.json', ''],
  );
});

test('each character of a document as the API gives it has its place, and its end', () => {
  const text = 'x: %7B%22%C3%A4%22%7d';
  const [root] = parse(text, 'yaml').documents.flatMap((one) => get(one.root, 'x') ?? []);
  const scalar = root?.type === 'string' ? decoded(root) : undefined;
  assert.equal(scalar?.value, '{"ä"}');
  const places = [-1, 0, 1, 2, 3, 4, 5, 6].map((index) => text.slice(3, scalar?.at(index)));
  assert.deepEqual(places, [
    ...['', '', '%7B', '%7B%22', '%7B%22%C3%A4', '%7B%22%C3%A4%22'],
    ...['%7B%22%C3%A4%22%7d', '%7B%22%C3%A4%22%7d'],
  ]);
});

describe('Bad input', () => {
  const cut = fc.record({
    which: fc.nat(carriers.length - 1),
    at: fc.nat(4000),
    to: fc.nat(40),
    put: fc.constantFrom(
      '',
      '"',
      "'",
      '\\',
      '${',
      '$(',
      '}',
      '\n',
      '{{',
      '%7B',
      '<<EOF\n',
      ': ',
      '- ',
      '\r\n',
      '\uFEFF',
      '`',
    ),
  });
  test('never a crash, a place outside of the text or an edit that overlaps', () => {
    fc.assert(
      fc.property(cut, fc.boolean(), ({ which, at, to, put }, crlf) => {
        const one = carriers[which];
        if (!one) return;
        const whole = crlf ? one.text(one.bad).replaceAll('\n', '\r\n') : one.text(one.bad);
        const from = at % (whole.length + 1);
        const text = whole.slice(0, from) + put + whole.slice(from + to);
        const file = one.file ?? 'a.yaml';
        for (const { id, start, end, fixes } of [
          ...lint(text, { file }),
          ...(lintFolder([{ path: file, text }]).get(file) ?? []),
        ]) {
          assert.ok(start >= 0 && start <= end && end <= text.length, id);
          for (const { edits } of fixes) {
            assert.ok(
              edits.every((edit) => edit.start >= 0 && edit.start <= edit.end && edit.end <= text.length),
              id,
            );
            lint(applyEdits(text, edits), { file });
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('line ends of Windows change nothing', () => {
    for (const { text, bad, file, finds } of carriers) {
      const all = text(bad).replaceAll('\n', '\r\n');
      const options = file === undefined ? {} : { file };
      assert.deepEqual(
        lint(all, options).map(({ id, start, end }) => [id, all.slice(start, end)]),
        finds.map((one) => [...one]),
      );
      assertSound(all, options);
    }
  });

  test('work grows with the text, not faster', () => {
    for (const unit of [
      '<<EOF\n',
      '<<A\nA\n',
      '$(',
      "--policy-document '",
      '--policy-document "',
      '`',
      '%7B',
      '{"a":1}\n',
    ]) {
      const steps = (n: number): number => {
        const text = `#!/bin/sh\neks.amazonaws.com ${unit.repeat(n)}`;
        const before = process.cpuUsage();
        lint(text, { file: 'a.sh' });
        const { user, system } = process.cpuUsage(before);
        return user + system;
      };
      steps(1000);
      assert.ok(steps(20_000) < 2_000_000, unit);
    }
  });
});

test('more findings in a file than a call takes arguments', () => {
  const text = `{"Statement": [{ "Effect": "Allow" },${'1,'.repeat(130_000)}{}]}`;
  assert.ok((lintFolder([{ path: 'a.json', text }]).get('a.json') ?? []).length > 130_000);
});

/** A node as JSON, with `?` for what is not known. */
function shown(node: DocNode): string {
  if (node.type === 'array') return `[${node.items.map(shown).join(',')}]`;
  if (node.type === 'object')
    return `{${node.entries.map(({ key, value }) => `${shown(key)}:${shown(value)}`).join(',')}}`;
  return JSON.stringify(typeof node.value === 'string' ? node.value.replaceAll(HOLE, '?') : node.value);
}

test('what patches of a Composition put in place of', () => {
  const small = (Sid: string, more: object = {}): string =>
    JSON.stringify({ Statement: [{ Sid, Effect: 'Allow', ...more }] });
  const base = `      apiVersion: iam.aws.upbound.io/v1beta1
      kind: Role
      metadata: { name: x, annotations: { a.b/c: y, d: z } }
      spec:
        forProvider:
          tags: { team: a, stage: b }
          assumeRolePolicy: '${small('trust', { Principal: { Federated: PROVIDER }, Action: 'sts:AssumeRoleWithWebIdentity' })}'
          inlinePolicy:
          - { name: one, policy: '${small('one')}' }
          - { name: two, policy: '${small('two')}' }
`;
  const composition = (patches: string, more = ''): string =>
    `apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nmetadata: { name: a }\nspec:\n${more}  resources:\n  - base:\n${base}    patches:\n${patches}`;
  const paths = [
    ...[
      'metadata.name',
      'metadata.annotations[a.b/c]',
      'metadata.annotations.d',
      'metadata.labels',
      'metadata.labels.x',
    ],
    ...['spec.forProvider.tags.team', 'spec.forProvider.tags', 'spec.forProvider.assumeRolePolicy', 'spec.forProvider'],
    ...[
      'spec.forProvider.inlinePolicy[0].policy',
      'spec.forProvider.inlinePolicy[*].name',
      'spec.forProvider.inlinePolicy[1]',
    ],
    ...['spec.forProvider.inlinePolicy[7].name', 'spec.forProvider.inlinePolicy.name', 'kind', 'metadata.name.x', ''],
  ];
  const texts: Readonly<Record<string, string>> = {
    ...Object.fromEntries(paths.map((path) => [path, composition(`    - toFieldPath: ${path}\n`)])),
    'from where it comes': composition('    - fromFieldPath: metadata.name\n'),
    'a set': composition(
      '    - patchSetName: s\n',
      '  patchSets:\n  - name: r\n    patches: [{ toFieldPath: kind }]\n  - name: s\n    patches: [{ toFieldPath: metadata.name }, { toFieldPath: metadata.annotations.d }]\n',
    ),
    'a set that is not there': composition('    - patchSetName: s\n', '  patchSets: []\n'),
    'no path': composition('    - type: x\n'),
    ...Object.fromEntries(
      ['assumeRolePolicy', 'assumeRolePolicyDocument', 'policy', 'policyDocument', 'document', 'other'].flatMap(
        (field) => [
          [
            `a format of ${field}`,
            composition(
              `    - toFieldPath: spec.forProvider.${field}\n      combine: { string: { fmt: '${small('a format')}' } }\n`,
            ),
          ],
          [
            `a transform of ${field}`,
            composition(
              `    - toFieldPath: ${field}\n      transforms:\n      - { string: { fmt: '${small('%s %[1]d %v %q %x')}' } }\n      - { string: { fmt: 5 } }\n      - {}\n`,
            ),
          ],
        ],
      ),
    ),
  };
  asKept(
    'carriers/compositions',
    Object.entries(texts).flatMap(([title, text]) => [
      title || 'an empty path',
      ...parse(text, 'yaml').documents.flatMap(({ root }) =>
        root
          ? resourcesOf(root).map((one) => {
              const { kind, ...more } = one;
              const rest = Object.entries(more).map(([key, value]) =>
                typeof value === 'object' && value !== null && 'type' in value
                  ? `${key} ${shown(value as DocNode).slice(0, 300)}`
                  : Array.isArray(value)
                    ? `${key} ${value.length} more`
                    : `${key} ${JSON.stringify(value)}`,
              );
              return `  ${kind} ${rest.join(', ')}`;
            })
          : [],
      ),
    ]),
  );
});
