// All that lint says of files of other tools when one part of them is changed, for each part and in each of several ways: eksctl,
// kustomize, Crossplane, ACK, CloudFormation, the AWS CLI's answers, shell scripts, templates and who fills them in.
// test/fixtures/told/files/.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { lint, lintFolder, type LintCache } from '../../src/core/lint.ts';
import { readTerraform } from '../../src/core/terraform/resources.ts';
import { changedWords, differences, said } from './lines.ts';
import { asKept, variations } from './told.ts';

const ISSUER = 'oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF';
const PROVIDER = `arn:aws:iam::111122223333:oidc-provider/${ISSUER}`;
const ROLE = 'arn:aws:iam::111122223333:role/team-a';
const TRUST = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: PROVIDER },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { [`${ISSUER}:sub`]: 'system:serviceaccount:team-a:default-*' } },
    },
  ],
};
const GRANT = { Effect: 'Allow', Action: 's3:GetObjetc', Resource: 'arn:aws:s3:::artifacts/*' };
const POLICY = { Version: '2012-10-17', Statement: [GRANT] };
const manifest = (apiVersion: string, kind: string, rest: object, name = 'x'): object => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'team-a' },
  ...rest,
});
const template = (Properties: object, Type = 'AWS::IAM::Role'): object => ({ Type, Properties });
const env = (...all: readonly (readonly [string, string])[]): object[] => all.map(([name, value]) => ({ name, value }));

type Folder = Readonly<Record<string, string>>;
const lines = (folder: Folder): readonly string[] => {
  const files = Object.entries(folder).map(([path, text]) => ({ path, text }));
  const found = lintFolder(files);
  return files.flatMap(({ path, text }) => (found.get(path) ?? []).map((one) => said(path, text, one)));
};

const PROFILE = JSON.stringify(
  manifest(
    'kubeflow.org/v1',
    'Profile',
    {
      spec: {
        owner: { kind: 'User', name: 'x@example.com' },
        plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: ROLE, annotateOnly: true } }],
      },
    },
    'team-a',
  ),
);

/** Documents, each by the file that it stands in. */
const DOCUMENTS: Record<string, readonly [file: string, document: object, beside?: Folder]> = {
  eksctl: [
    'cluster.yaml',
    manifest('eksctl.io/v1alpha5', 'ClusterConfig', {
      iam: {
        withOIDC: false,
        serviceAccounts: [
          {
            metadata: {
              name: 'default-editor',
              namespace: 'team-a',
              annotations: { 'eks.amazonaws.com/role_arn': ROLE },
            },
            attachPolicy: POLICY,
            roleName: 'team-a',
            attachPolicyARNs: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAcces'],
            attachRoleARN: `${ROLE} `,
            roleOnly: true,
          },
        ],
        podIdentityAssociations: [
          { namespace: 'team-a', serviceAccountName: 'default-*', roleName: 'x', permissionPolicy: POLICY },
        ],
      },
      addons: [{ name: 'x', attachPolicy: POLICY, podIdentityAssociations: [{ serviceAccountName: 'Y' }] }],
    }),
  ],
  kustomization: [
    'kustomization.yaml',
    {
      namespace: 'team-a',
      configMapGenerator: [
        { name: 'kfp-launcher', literals: ['defaultPipelineRoot="s3://artifacts"', 'x'], envs: ['a.env'] },
        {
          name: 'artifact-repositories',
          namespace: 'team-b',
          files: ['default=repository.yaml', 'sub/b.yaml'],
          env: 'b.env',
        },
      ],
      secretGenerator: [{ name: 'keys', literals: ['AWS_ACCESS_KEY_ID=AKIA', "AWS_SECRET_ACCESS_KEY='x'"] }],
      patches: [
        { target: { kind: 'Profile' }, patch: '- op: add\n  path: /spec/plugins/0/spec/awsIamRole\n  value: x\n' },
        { path: 'patch.yaml', target: { kind: 'ServiceAccount' } },
      ],
      patchesStrategicMerge: ['merge.yaml'],
    },
    {
      'a.env': '# a\ndefaultPipelineRoot=minio://x/y\n providers=x\n=y\n',
      'b.env': 'default="s3: { bucket: artifacts, keyFormat: x }"\n',
      'repository.yaml': 's3:\n  bucket: s3://artifacts\n  endpoint: https://s3.amazonaws.com\n',
      'sub/b.yaml': 's3:\n  bucket: artifacts\n  insecure: true\n',
      'patch.yaml': '- op: add\n  path: /metadata/annotations/eks.amazonaws.com~1role-arn\n  value: x y\n',
      'merge.yaml': `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default-editor\n  annotations: { eks.amazonaws.com/role_arn: "${ROLE}" }\n`,
    },
  ],
  Composition: [
    'composition.yaml',
    manifest('apiextensions.crossplane.io/v1', 'Composition', {
      spec: {
        patchSets: [{ name: 'set', patches: [{ toFieldPath: 'spec.forProvider.name' }] }],
        resources: [
          {
            base: manifest('iam.aws.upbound.io/v1beta1', 'Role', {
              spec: { forProvider: { name: 'team-a', assumeRolePolicy: JSON.stringify(TRUST) } },
            }),
            patches: [
              { patchSetName: 'set' },
              { fromFieldPath: 'spec.x[0].y', toFieldPath: 'spec.forProvider.tags[0]' },
              { fromFieldPath: 'metadata.name' },
            ],
          },
          {
            base: manifest('iam.aws.upbound.io/v1beta1', 'Policy', { spec: { forProvider: {} } }),
            patches: [
              {
                toFieldPath: 'spec.forProvider.policy',
                combine: { string: { fmt: JSON.stringify(POLICY).replace('artifacts', '%s') } },
              },
              {
                toFieldPath: 'spec.forProvider.assumeRolePolicy',
                transforms: [{ type: 'string', string: { fmt: JSON.stringify(TRUST).replace('team-a', '%[1]s') } }],
              },
            ],
          },
        ],
        pipeline: [
          {
            input: {
              inline: {
                template: `{{ if x }}\n${JSON.stringify(manifest('v1', 'ServiceAccount', {}))}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  annotations: { eks.amazonaws.com/role-arn: "{{ x }} y" }\n`,
              },
            },
          },
        ],
      },
    }),
  ],
  'resources of kro': [
    'graph.yaml',
    manifest('kro.run/v1alpha1', 'ResourceGraphDefinition', {
      spec: {
        resources: [
          {
            id: 'a',
            template: manifest('v1', 'ServiceAccount', {
              metadata: { name: 'x', annotations: { 'eks.amazonaws.com/role-arn': 'x y' } },
            }),
          },
          {
            id: 'b',
            template: manifest('iam.services.k8s.aws/v1alpha1', 'Role', {
              spec: {
                name: '${schema.x}',
                assumeRolePolicyDocument: JSON.stringify(TRUST).replace('team-a', '${schema.x}'),
              },
            }),
          },
        ],
      },
    }),
  ],
  'a template of OpenShift': [
    'template.yaml',
    manifest('template.openshift.io/v1', 'Template', {
      objects: [
        manifest('v1', 'ServiceAccount', {
          metadata: { name: 'x', annotations: { 'eks.amazonaws.com/role_arn': 'x' } },
        }),
      ],
    }),
  ],
  'roles of ACK': [
    'role.yaml',
    manifest('iam.services.k8s.aws/v1alpha1', 'Role', {
      spec: {
        name: 'team-a',
        assumeRolePolicyDocument: JSON.stringify(TRUST),
        inlinePolicies: { a: JSON.stringify(POLICY), b: '{ "Version": "2012-10-17", "Statement": [] ' },
        inlinePolicy: [{ policy: JSON.stringify(POLICY) }, { policy: '{}' }],
      },
    }),
    { 'profile.yaml': PROFILE },
  ],
  'keys of pods': [
    'keys.yaml',
    manifest('kubeflow.org/v1alpha1', 'PodDefault', {
      spec: { env: env(['AWS_ACCESS_KEY_ID', 'x'], ['AWS_ENDPOINT_URL', 'https://s3.us-west-2.amazonaws.com']) },
    }),
    { 'profile.yaml': PROFILE },
  ],
  'keys of the server': [
    'deployment.yaml',
    manifest(
      'apps/v1',
      'Deployment',
      {
        spec: {
          template: {
            metadata: { annotations: {} },
            spec: {
              containers: [
                { env: env(['OBJECTSTORECONFIG_ACCESSKEY', 'x'], ['OBJECTSTORECONFIG_HOST', 's3.amazonaws.com']) },
              ],
            },
          },
        },
      },
      'ml-pipeline',
    ),
    {
      'account.yaml': JSON.stringify(
        manifest('v1', 'ServiceAccount', {
          metadata: { name: 'ml-pipeline', namespace: 'team-a', annotations: { 'eks.amazonaws.com/role-arn': ROLE } },
        }),
      ),
    },
  ],
  'keys of a Secret': [
    'secret.yaml',
    manifest('v1', 'Secret', {
      stringData: { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' },
      data: { AWS_ACCESS_KEY_ID: 'eA==' },
    }),
    {
      'profile.yaml': PROFILE,
      'launcher.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: kfp-launcher, namespace: team-a }\ndata:\n  providers: |\n    s3:\n      default:\n        credentials:\n          fromEnv: false\n          secretRef: { secretName: x, accessKeyKey: AWS_ACCESS_KEY_ID, secretKeyKey: AWS_SECRET_ACCESS_KEY }\n',
    },
  ],
  serverless: [
    'serverless.yml',
    {
      service: 'x',
      provider: { name: 'aws', iam: { role: { statements: [GRANT] } }, iamRoleStatements: [GRANT] },
      functions: { a: { iamRoleStatements: [GRANT], iam: { role: { statements: [GRANT] } } } },
      resources: [{ Resources: { Role: template({ AssumeRolePolicyDocument: TRUST }) } }],
    },
  ],
  'a stack': [
    'stack.json',
    {
      AWSTemplateFormatVersion: '2010-09-09',
      Resources: {
        Role: template({
          RoleName: 'team-a',
          AssumeRolePolicyDocument: { 'Fn::If': ['a', TRUST, TRUST] },
          Policies: [
            { PolicyName: 'a', PolicyDocument: POLICY },
            { 'Fn::If': ['a', { PolicyDocument: POLICY }, { Ref: 'AWS::NoValue' }] },
          ],
        }),
        Managed: template(
          { PolicyDocument: { 'Fn::Sub': JSON.stringify(POLICY).replace('artifacts', '${Bucket}') } },
          'AWS::IAM::ManagedPolicy',
        ),
        Joined: template(
          {
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: { ...GRANT, Resource: { 'Fn::Join': ['', ['arn:aws:s3:::', 'artifacts', { Ref: 'X' }, '']] } },
            },
          },
          'AWS::IAM::Policy',
        ),
        Function: template(
          { Policies: [{ Version: '2012-10-17', Statement: [GRANT] }, 'x'] },
          'AWS::Serverless::Function',
        ),
        Association: template({ Namespace: 'team_a', ServiceAccount: 'default-*' }, 'AWS::EKS::PodIdentityAssociation'),
        Made: template(
          {
            Manifest: JSON.stringify([
              manifest('v1', 'ServiceAccount', {
                metadata: { name: 'x', annotations: { 'eks.amazonaws.com/role_arn': 'x' } },
              }),
            ]),
          },
          'Custom::AWSCDK-EKS-KubernetesResource',
        ),
      },
    },
  ],
  'an answer of IAM': [
    'account.json',
    {
      RoleDetailList: [
        {
          RoleName: 'team-a',
          AssumeRolePolicyDocument: TRUST,
          RolePolicyList: [{ PolicyName: 'a', PolicyDocument: POLICY }],
          AttachedManagedPolicies: [{ PolicyArn: 'arn:aws:iam::111122223333:policy/a' }],
        },
        { RoleName: 'other', AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify({ ...TRUST, Id: 'ü🌍' })) },
      ],
      Policies: [
        {
          Arn: 'arn:aws:iam::111122223333:policy/a',
          PolicyVersionList: [
            { IsDefaultVersion: true, Document: POLICY },
            { IsDefaultVersion: false, Document: POLICY },
          ],
        },
        { Arn: 'arn:aws:iam::111122223333:policy/b', PolicyVersionList: [{ Document: POLICY }] },
      ],
    },
  ],
  'an answer about one role': ['role.json', { Role: { RoleName: 'team-a', AssumeRolePolicyDocument: TRUST } }],
  'an answer about one policy': ['version.json', { PolicyVersion: { Document: POLICY, VersionId: 'v1' } }],
  'a state of Terraform': [
    'state.json',
    {
      format_version: '1.0',
      terraform_version: '1.5.7',
      values: {
        root_module: {
          resources: [
            {
              mode: 'managed',
              type: 'aws_iam_role',
              values: {
                name: 'team-a',
                assume_role_policy: JSON.stringify(TRUST),
                inline_policy: [{ policy: JSON.stringify(POLICY) }],
              },
            },
            { mode: 'data', type: 'aws_iam_policy', values: { policy: JSON.stringify(POLICY) } },
            { type: 'aws_iam_policy', values: { policy: JSON.stringify(POLICY) } },
            { type: 'aws_iam_role_policy', values: { role: 'team-a', policy: JSON.stringify(POLICY) } },
          ],
          child_modules: [
            {
              resources: [
                {
                  type: 'aws_eks_pod_identity_association',
                  values: { namespace: 'team_a', service_account: 'default-*' },
                },
                {
                  type: 'kubernetes_service_account',
                  values: { metadata: [{ annotations: { 'eks.amazonaws.com/role_arn': 'x' } }] },
                },
                {
                  type: 'kubernetes_manifest',
                  values: {
                    manifest: manifest('v1', 'ServiceAccount', {
                      metadata: { name: 'x', annotations: { 'eks.amazonaws.com/role_arn': 'x' } },
                    }),
                  },
                },
              ],
            },
          ],
        },
      },
    },
  ],
  'a chart': [
    'values.yaml',
    {
      serviceAccount: { create: true, annotations: { 'eks.amazonaws.com/role_arn': ROLE }, name: 'default-editor' },
      controller: {
        serviceAccount: { annotations: { 'eks.amazonaws.com/role-arn': `${ROLE} `, 'iam.amazonaws.com/role': 'x' } },
      },
      parameters: [{ name: 'serviceAccount.annotations.eks\\.amazonaws\\.com/role_arn', value: ROLE }],
      irsa: { roleArn: 'x', iamRoleArn: 'arn:aws:iam::1111:role/x' },
    },
  ],
};

/** Things of ours in a document that is nothing of ours as a whole. */
const REPOSITORY = 's3:\n  bucket: s3://artifacts\n  keyFormat: x\n  useSDKCreds: true\n';
const WITHIN: object = {
  list: [[{ 'x-annotations': { 'eks.amazonaws.com/role_arn': 'x' } }], { annotations: ['eks.amazonaws.com/role_arn'] }],
  pod: {
    spec: {
      containers: [{ name: 'a' }],
      template: { metadata: { annotations: { 'eks.amazonaws.com/role-arn': 'x' } } },
    },
    metadata: { annotations: { 'eks.amazonaws.com/role-arn': 'x y', 'iam.amazonaws.com/role': 'x' } },
  },
  job: {
    apiVersion: 'batch/v1',
    kind: 'Job',
    spec: { template: { metadata: { podAnnotations: { 'eks.amazonaws.com/skip-containers': 'x' } } } },
  },
  bare: { kind: 'ServiceAccount', metadata: { annotations: { 'eks.amazonaws.com/role_arn': 'x' } } },
  account: {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'x', annotations: { 'eks.amazonaws.com/role-arn': ' x' } },
  },
  map: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    data: {
      a: REPOSITORY,
      b: { c: REPOSITORY },
      d: REPOSITORY.replace('useSDKCreds', 'x'),
      e: REPOSITORY.replace('bucket', 'x'),
      f: `x${REPOSITORY}`,
    },
  },
  other: { apiVersion: 'v1', kind: 'Other', data: { a: REPOSITORY } },
  config: { artifactRepository: { s3: { bucket: 's3://artifacts', keyFormat: '/x' }, gcs: {} } },
  text: `artifactRepository:\n  ${REPOSITORY.replaceAll('\n', '\n  ')}`,
  values: 'a:\n  annotations:\n    eks.amazonaws.com/role_arn: x\n',
  broken: 'a: [\n  annotations:\n    eks.amazonaws.com/role_arn: x\n',
  plugins: [{ kind: 'awsIamForServiceAccount', spec: { awsIamRole: 'x' } }, { kind: 'x' }],
  parameters: [
    { name: 'a.eks\\.amazonaws\\.com/role_arn', value: 'x' },
    { name: 'eks.amazonaws.com/role-arn', value: 'x' },
    { name: 'x' },
  ],
};
DOCUMENTS['things within'] = ['app.yaml', WITHIN, { 'profile.yaml': PROFILE }];

/** What is changed in a document, of the ways that there are. */
const WAYS = new Set(['gone', 'key', 'value 0', 'value 2', 'value 4', 'value 6', 'value 9', 'value 11', 'value 12']);
for (const [name, [file, document, beside = {}]] of Object.entries(DOCUMENTS))
  describe(name, () => {
    const rule = lines({ [file]: JSON.stringify(document), ...beside });
    test('as it is', () => asKept(`files/${name}/as it is`, rule));
    for (const [way, all] of variations(document))
      if (WAYS.has(way))
        test(way, () =>
          asKept(
            `files/${name}/${way}`,
            all.flatMap(([what, text]) => [
              what,
              ...differences(lines({ [file]: text, ...beside }), rule).map((one) => `  ${one}`),
            ]),
          ),
        );
  });

const json = (value: object): string => JSON.stringify(value, undefined, 2);
/** Folders of texts, of which one is changed word by word. */
const FOLDERS: Readonly<Record<string, readonly [file: string, folder: Folder]>> = {
  script: [
    'make.sh',
    {
      'make.sh': `#!/bin/bash
# aws iam create-role --assume-role-policy-document '{"Statement": [{"Effect": "allow"}]}'
BUCKET=artifacts; x=$((1 << 2)); cat <<< "$x"
cat > trust.json <<EOF
{ "Version": "2012-10-17", "Statement": [{ "Effect": "allow", "Principal": { "Federated": "arn:aws:iam::$ACCOUNT:oidc-provider/\${ISSUER}" },
  "Action": "sts:AssumeRoleWithWebIdentity", "Condition": { "StringEquals": { "$(issuer x):sub": "system:serviceaccount:team-a:*", "\\$x": "\`date\`" } } }] }
EOF
cat <<-'END' | kubectl apply -f -
\tapiVersion: v1
\tkind: ServiceAccount
\tmetadata:
\t  name: x
\t  annotations: { eks.amazonaws.com/role_arn: "$ROLE" }
\tEND
cat > policy.json << "JSON"
{ "Version": "2012-10-17", "Statement": [{ "Effect": "allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::artifacts/*", }] }
JSON
aws iam put-role-policy --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::'"$BUCKET"'/*"}]}'
aws iam create-role --assume-role-policy-document \\
  "{\\"Version\\":\\"2012-10-17\\",\\"Statement\\":[{\\"Effect\\":\\"allow\\",\\"Principal\\":{\\"Federated\\":\\"$PROVIDER\\"},\\"Action\\":\\"sts:AssumeRoleWithWebIdentity\\"}]}"
aws iam x --policy-document="{}" --policy-document '[]' --policy-document 'x
eksctl create iamserviceaccount --name default-editor --namespace team-a --cluster x \\
  --attach-policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAcces,arn:aws:iam::aws:policy/x --role-name "team-a" --role-only --approve
eksctl create iamserviceaccount --name=x --namespace '$NS' --attach-role-arn=arn:aws:iam::1111:role/x; eksctl create iamserviceaccount --config-file x --name y --attach-role-arn z
cat <<NEVER
apiVersion: v1
`,
    },
  ],
  'a script that substitutes': [
    'make.sh',
    {
      'make.sh': `#!/usr/bin/env sh\ncat <<'EOF' | envsubst\n{ "Version": "2012-10-17", "Statement": [{ "Effect": "allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::\${BUCKET}/*" }] }\nEOF\n`,
    },
  ],
  'a template': [
    'policy.json.tpl',
    {
      'policy.json.tpl': `%{ if x }\n${json({ ...POLICY, Statement: [{ ...GRANT, Effect: 'allow', Resource: ['arn:aws:s3:::${bucket}/*', '%s', 'arn:aws:s3:::%[1]s', '${a{b}c}'] }] })}\n%{ endif }\n`,
    },
  ],
  'filled by Terraform': [
    'main.tf',
    {
      'main.tf': `resource "x" "y" {
  a = templatefile("\${path.module}/policy.json", { bucket = var.bucket, # the bucket
    other = 1 })
  b = templatefile("./sub/\${x}.json", {})
  c = replace(replace(file("plain.json"), "BUCKET", "x"), "y", "z")
}
data "template_file" "x" {
  template = file("\${path.module}/old.json")
}
`,
      'policy.json': json({
        ...POLICY,
        Statement: [{ ...GRANT, Resource: ['arn:aws:s3:::${bucket}/*', 'arn:aws:s3:::${missing}/*'] }],
      }),
      'sub/a.json': json({ ...POLICY, Statement: [{ ...GRANT, Resource: ['arn:aws:s3:::${bucket}/*'] }] }),
      'plain.json': json({
        ...POLICY,
        Statement: [{ ...GRANT, Resource: ['arn:aws:s3:::<bucket>/*', 'arn:aws:s3:::${x}/*'] }],
      }),
      'old.json': json({ ...POLICY, Statement: [{ ...GRANT, Resource: ['arn:aws:s3:::${bucket}/*'] }] }),
      'none.json': json({ ...POLICY, Statement: [{ ...GRANT, Resource: ['arn:aws:s3:::${bucket}/*'] }] }),
    },
  ],
  'filled by a script': [
    'scripts/apply.sh',
    {
      'scripts/apply.sh': `for one in policy.json; do
  envsubst < policy.json | kubectl apply -f -
done




# far from it



sed -i 's/<bucket>/x/' other.json
sed -e "s/BUCKET_NAME/x/" y
cat manifests/x
`,
      'policy.json': json({ ...POLICY, Statement: [{ ...GRANT, Resource: 'arn:aws:s3:::${bucket}/*' }] }),
      'other.json': json({
        ...POLICY,
        Statement: [
          { ...GRANT, Resource: ['arn:aws:s3:::<bucket>/*', 'arn:aws:s3:::BUCKET_NAME/*', 'arn:aws:s3:::<other>/*'] },
        ],
      }),
      'manifests/third.json': json({ ...POLICY, Statement: [{ ...GRANT, Resource: 'arn:aws:s3:::<third>/*' }] }),
      'policy.template.json': json({ ...POLICY, Statement: [{ ...GRANT, Resource: 'arn:aws:s3:::<third>/*' }] }),
    },
  ],
  'filled by a reader': [
    'README.md',
    {
      'README.md':
        'Replace <bucket> in policy.json.\nThen `sed -i s/x/y/ policy.json`.\nYour ACCOUNT_ID goes into role.json\n\nformat role.json\n',
      'policy.json': json({
        ...POLICY,
        Statement: [{ ...GRANT, Resource: ['arn:aws:s3:::<bucket>/*', 'arn:aws:s3:::${other}/*'] }],
      }),
      'role.json': json({
        ...POLICY,
        Statement: [{ ...GRANT, Resource: ['arn:aws:iam::ACCOUNT_ID:role/x', 'arn:aws:s3:::<more>/*'] }],
      }),
    },
  ],
  'filled by kustomize and Flux': [
    'kustomization.yaml',
    {
      'kustomization.yaml': `vars:
- name: ROLE
replacements:
- path: account.yaml
spec:
  path: ./apps
  postBuild:
    substitute:
      role: x
    substituteFrom:
    - name: x
`,
      'account.yaml': `apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: x, annotations: { eks.amazonaws.com/role-arn: "$(ROLE)" } }\n`,
      'other.yaml': `apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: x, annotations: { eks.amazonaws.com/role-arn: "\${role}" } }\n`,
      'third.yaml': `apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: x, annotations: { eks.amazonaws.com/role-arn: "\${other}" } }\n`,
      'apps/a.yaml': `apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: x, annotations: { eks.amazonaws.com/role-arn: "\${other}" } }\n`,
      'fourth.yaml': `apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: x, annotations: { eks.amazonaws.com/role-arn: "$(OTHER)" } }\n`,
    },
  ],
};
for (const [name, [file, folder]] of Object.entries(FOLDERS))
  test(`${name}, word by word`, () => {
    const rule = lines(folder);
    asKept(`files/words/${name}`, [
      ...rule,
      ...changedWords(folder[file] ?? '').flatMap(([what, text]) => {
        const other = differences(lines({ ...folder, [file]: text }), rule);
        return other.length === 0 ? [] : [what, ...other.map((one) => `  ${one}`)];
      }),
    ]);
  });

const SHOWN = JSON.stringify({ ...POLICY, Statement: [{ ...GRANT, Effect: 'allow' }] });
test('what a file is taken for by its name, and by how it begins', () =>
  asKept(
    'files/names',
    [
      'a.json',
      'a.jsonc',
      'a.yaml',
      'a.yml',
      'a',
      'a.md',
      'a.txt',
      'a.py',
      'a.ts',
      'a.tf',
      'a.sh',
      'a.hcl',
      'Makefile',
      'README.yaml',
      'tasks/a.yml',
      'a.template',
      'a.json.tpl',
      'serverless.yml',
      'kustomization.yaml',
    ].flatMap((path) =>
      Object.entries({
        plain: SHOWN,
        'behind a blank': ` \n${SHOWN}`,
        'behind a byte order mark': `\uFEFF${SHOWN}`,
        'behind a word': `x: y\n---\n${SHOWN}`,
        'in a list': `[${SHOWN}, ${SHOWN}]`,
        'in lines': `${SHOWN}\n${SHOWN}`,
        'in lines of lists': `[${SHOWN}]\n[1]`,
        'before a word': `${SHOWN}\nx`,
        'with commas': SHOWN.replaceAll(',', ',,'),
        'with a comma at the end': SHOWN.replace(/\}$/, ',}'),
        unfinished: SHOWN.slice(0, -2),
        'in single quotes': SHOWN.replaceAll('"', "'"),
        'with a comment': `// x\n${SHOWN}`,
      }).flatMap(([how, text]) => [`${path}, ${how}`, ...lines({ [path]: text }).map((one) => `  ${one}`)]),
    ),
  ));

test('files in folders near and far', () => {
  const beta = PROFILE.replace('kubeflow.org/v1', 'kubeflow.org/v1beta1');
  const definition = JSON.stringify(
    manifest(
      'apiextensions.k8s.io/v1',
      'CustomResourceDefinition',
      { spec: { group: 'kubeflow.org', names: { kind: 'Profile' }, versions: [{ name: 'v1', served: true }] } },
      'profiles.kubeflow.org',
    ),
  );
  const spec = { spec: { env: env(['AWS_ACCESS_KEY_ID', 'x']) } };
  const keys = JSON.stringify(manifest('kubeflow.org/v1alpha1', 'PodDefault', spec));
  const root = { data: { defaultPipelineRoot: 'minio://x/y' } };
  const launcher = JSON.stringify(manifest('v1', 'ConfigMap', root, 'kfp-launcher'));
  const owner = { spec: { owner: { kind: 'User', name: 'x' }, plugins: [] } };
  const bare = JSON.stringify(manifest('kubeflow.org/v1', 'Profile', owner, 'team-b'));
  const folders = ['', 'x/', 'y/', 'x/y/', 'x/z/', 'x/y/z/', 'x/y/z/w/', 'y/z/w/'];
  asKept(
    'files/folders',
    folders.flatMap((one) =>
      folders.map((other) => {
        const found = lines({
          [`${one}profile.json`]: beta,
          [`${other}definition.json`]: definition,
          [`${other}keys.json`]: keys,
          [`${other}launcher.json`]: launcher,
          [`${other}bare.json`]: bare,
          [`${one}trust.json`]: JSON.stringify({ Role: { RoleName: 'team-a', AssumeRolePolicyDocument: TRUST } }),
        });
        return `${one} and ${other}: ${found.map((line) => line.split(' ', 2).join(' ')).join(', ')}`;
      }),
    ),
  );
});

test('a file by itself is judged as in a folder of itself, also after another was seen in its place', () => {
  const texts = [
    ...Object.values(DOCUMENTS).flatMap(([file, document]) =>
      [JSON.stringify(document), ...(variations(document).get('gone') ?? []).map(([, text]) => text)].map(
        (text) => [file, text] as const,
      ),
    ),
    ...Object.values(FOLDERS).flatMap(([, folder]) => Object.entries(folder)),
    ...Object.values(FOLDERS).flatMap(([file, folder]) =>
      changedWords(folder[file] ?? '')
        .filter((_, index) => index % 3 === 0)
        .map(([, text]) => [file, text] as const),
    ),
  ];
  const caches = new Map(texts.map(([file]): [string, LintCache] => [file, { documents: new Map() }]));
  for (const [file, text] of texts) {
    const options = { file, terraform: readTerraform };
    const alone = lint(text, options).map((one) => said(file, text, one));
    const beside = (lintFolder([{ path: file, text }], options).get(file) ?? []).map((one) => said(file, text, one));
    assert.deepEqual(alone, beside, text);
    assert.deepEqual(
      lint(text, options, caches.get(file)).map((one) => said(file, text, one)),
      alone,
      text,
    );
  }
});
