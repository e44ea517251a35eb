// What lint once got wrong in files of the field, a sample of each kind: what it must say, what it must not, and what --fix may do.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { applyFixes, atLeast, FIX_SEVERITY } from '../../src/core/fix.ts';
import { lintFolder, type LintOptions } from '../../src/core/lint.ts';
import type { Finding, Severity } from '../../src/core/finding.ts';

const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9';
const PROVIDER = `arn:aws:iam::210987654321:oidc-provider/${ISSUER}`;
const SUB = 'system:serviceaccount:team-a:default-editor';
const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
const policy = (...statements: object[]): string => json({ Version: '2012-10-17', Statement: statements });
const trust = (condition: object, more: object = {}, provider = PROVIDER): string =>
  policy({
    Effect: 'Allow',
    Principal: { Federated: provider },
    Action: 'sts:AssumeRoleWithWebIdentity',
    ...(Object.keys(condition).length > 0 ? { Condition: condition } : {}),
    ...more,
  });
const both = (sub: string, operator = 'StringEquals'): object =>
  operator === 'StringEquals'
    ? { StringEquals: { [`${ISSUER}:sub`]: sub, [`${ISSUER}:aud`]: 'sts.amazonaws.com' } }
    : { StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com' }, [operator]: { [`${ISSUER}:sub`]: sub } };
const profile = (spec = '', version = 'v1'): string =>
  `apiVersion: kubeflow.org/${version}\nkind: Profile\nmetadata:\n  name: team-a\nspec:\n  owner:\n    kind: User\n    name: a@example.com\n${spec}`;
const plugin =
  '  plugins:\n  - kind: AwsIamForServiceAccount\n    spec:\n      awsIamRole: arn:aws:iam::210987654321:role/team-a\n      annotateOnly: true\n';

interface Row {
  readonly kind: string;
  readonly files: Readonly<Record<string, string>>;
  readonly options?: LintOptions;
  /** All that is said: id, severity, and a part of the message where the text is what was wrong. */
  readonly says: readonly (readonly [id: string, severity: Severity, message?: RegExp])[];
  /** Files after `--fix`; those that are not named stay as they are. */
  readonly fixed?: Readonly<Record<string, string>>;
  /** Titles of fixes that somebody can choose, some of them. */
  readonly offers?: readonly RegExp[];
}

/** What a file says, whatever its white space: of JSON. */
const dataOf = (path: string, text: string): unknown => (path.endsWith('.json') ? (JSON.parse(text) as unknown) : text);

function rows(of: readonly Row[]): void {
  for (const { kind, files, options = {}, says, fixed = {}, offers = [] } of of)
    test(kind, () => {
      const all = Object.entries(files).map(([path, text]) => ({ path, text }));
      const found = lintFolder(all, options);
      const list = [...found.values()].flat();
      assert.deepEqual(
        list.map(({ id, severity }) => [id, severity]),
        says.map(([id, severity]) => [id, severity]),
        list.map(({ message }) => message).join('\n'),
      );
      for (const [index, [, , message]] of says.entries())
        if (message) assert.match(list[index]?.message ?? '', message);
      for (const one of all) {
        const again = (text: string): readonly Finding[] =>
          atLeast(
            FIX_SEVERITY,
            lintFolder(
              all.map((other) => (other === one ? { ...one, text } : other)),
              options,
            ).get(one.path) ?? [],
          );
        const [mended, wanted] = [applyFixes(one.text, again(one.text), again), fixed[one.path]];
        if (wanted === undefined) assert.equal(mended, one.text, `${one.path} after --fix`);
        else assert.deepEqual(dataOf(one.path, mended), dataOf(one.path, wanted), `${one.path} after --fix`);
      }
      const titles = list.flatMap(({ fixes }) => fixes.map(({ title }) => title));
      for (const offer of offers)
        assert.ok(
          titles.some((title) => offer.test(title)),
          `${offer.source} in ${titles.join('; ')}`,
        );
    });
}

describe('said wrongly', () => {
  rows([
    {
      kind: 'the subject under aud: nobody gets in, and the key is renamed',
      files: { 'trust.json': trust({ StringEquals: { [`${ISSUER}:aud`]: SUB } }) },
      says: [['KP-028', 'error', /subject stands under aud/]],
      fixed: { 'trust.json': trust(both(SUB)) },
    },
    {
      kind: "Argo's repository with neither keys nor useSDKCreds: minio-go finds the role",
      files: {
        'cm.yaml':
          'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: artifact-repositories\n  namespace: team-a\n  annotations:\n    workflows.argoproj.io/default-artifact-repository: s3\ndata:\n  s3: |\n    s3:\n      bucket: team-a-data\n      endpoint: s3.amazonaws.com\n      region: eu-west-1\n',
      },
      says: [],
    },
    {
      kind: 'an operator beside Condition: IAM rejects it, and it is moved in',
      files: { 'trust.json': trust({}, both(SUB)) },
      says: [['P-SYNTAX', 'error', /stands beside Condition instead of in it: IAM rejects/]],
      offers: [/Condition/],
      fixed: { 'trust.json': trust(both(SUB)) },
    },
    {
      kind: "a blank at the end of the provider's ARN is named",
      files: { 'trust.json': trust(both(SUB), {}, `${PROVIDER} `) },
      says: [['KP-032', 'error', /blank/]],
      fixed: { 'trust.json': trust(both(SUB)) },
    },
    {
      kind: 'system:serviceaccount: twice',
      files: { 'trust.json': trust(both(`system:serviceaccount:${SUB}`)) },
      says: [['T-SUB-FORM', 'error']],
      fixed: { 'trust.json': trust(both(SUB)) },
    },
    {
      kind: 'system:serviceaccount: twice, beside the Profile',
      files: { 'profile.yaml': profile(plugin), 'team-a.json': trust(both(`system:serviceaccount:${SUB}`)) },
      says: [['T-SUB-FORM', 'error']],
      fixed: { 'team-a.json': trust(both(SUB)) },
    },
  ]);
});

describe('fixes that broke or changed what was right', () => {
  const sub = (last: string): string =>
    `Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Statement:\n        - Effect: Allow\n          Action: s3:GetObject\n          Resource:\n${last}`;
  const two = "          - !Sub\n            - 'arn:aws:s3:::${B}/*'\n            - B: data\n";
  rows([
    {
      kind: 'a !Sub of two arguments stays whole (Version is added behind it only if asked)',
      files: { 't.yaml': sub(two) },
      options: { severities: { 'P-VERSION': 'warning' } },
      says: [['P-VERSION', 'warning']],
      fixed: { 't.yaml': `${sub(two)}        Version: "2012-10-17"\n` },
    },
    {
      kind: 'a wildcard of EMR on EKS',
      files: {
        'trust.json': trust(both('system:serviceaccount:spark:emr-containers-sa-*-*-210987654321-abc', 'StringLike')),
      },
      says: [['T-LIKE-NS-ANY-SA', 'warning', /^(?!.*default-editor)/]],
    },
    {
      kind: "a wildcard of Crossplane's providers",
      files: { 'trust.json': trust(both('system:serviceaccount:crossplane-system:provider-aws-*', 'StringLike')) },
      says: [['T-LIKE-NS-ANY-SA', 'warning', /^(?!.*default-editor)/]],
    },
    {
      kind: 'a resource control policy is not a trust policy',
      files: {
        'rcp.json': policy({
          Effect: 'Deny',
          Principal: '*',
          Action: ['sts:AssumeRoleWithWebIdentity'],
          Resource: '*',
          Condition: { StringNotEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com' } },
        }),
      },
      says: [],
    },
    {
      kind: 'the policy of a VPC endpoint is not a trust policy',
      files: {
        'endpoint.json': policy({
          Effect: 'Allow',
          Principal: '*',
          Action: 'sts:AssumeRoleWithWebIdentity',
          Resource: '*',
        }),
        't.yaml':
          'Resources:\n  E:\n    Type: AWS::EC2::VPCEndpoint\n    Properties:\n      PolicyDocument:\n        Statement:\n        - Effect: Allow\n          Principal: "*"\n          Action: sts:AssumeRoleWithWebIdentity\n          Resource: "*"\n',
      },
      says: [],
    },
    {
      kind: 'listing of a prefix never becomes listing of the whole bucket',
      files: { 'p.json': policy({ Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::data/team-a/*' }) },
      says: [['KP-045', 'error']],
      fixed: {
        'p.json': policy({
          Effect: 'Allow',
          Action: 's3:ListBucket',
          Resource: 'arn:aws:s3:::data',
          Condition: { StringLike: { 's3:prefix': 'team-a/*' } },
        }),
      },
    },
    {
      kind: 'kms:ReEncrypt is two actions',
      files: { 'p.json': policy({ Effect: 'Allow', Action: 'kms:ReEncrypt', Resource: '*' }) },
      says: [['P-ACTION', 'warning', /kms:ReEncryptFrom and kms:ReEncryptTo/]],
      fixed: { 'p.json': policy({ Effect: 'Allow', Action: ['kms:ReEncryptFrom', 'kms:ReEncryptTo'], Resource: '*' }) },
    },
    {
      kind: "another cloud's policies",
      files: {
        'ram.json': json({
          Version: '1',
          Statement: [{ Effect: 'Allow', Action: 'oss:*', Resource: 'acs:oss:*:*:data/*' }],
        }),
        'oss.json': json({
          Version: '1',
          Statement: [{ Effect: 'Allow', Action: ['oss:GetObject'], Resource: ['*'] }],
        }),
        'minio.json': policy(
          { Effect: 'Allow', Action: ['admin:*'] },
          { Sid: 'read_all', Effect: 'Allow', Action: ['s3:*'], Resource: ['arn:aws:s3:::*'] },
        ),
        'ceph.json': policy({
          Effect: 'Allow',
          Principal: { AWS: ['arn:aws:iam:::user/a'] },
          Action: 's3:GetObject',
          Resource: ['arn:aws:s3:::data/*'],
        }),
        'huawei.json': json({ Version: '1.1', Statement: [{ Effect: 'Allow', Action: ['obs:bucket:ListBucket'] }] }),
        'tencent.json': json({
          version: '2.0',
          statement: [{ effect: 'allow', action: ['cos:*'], resource: ['qcs::cos:::data/*'] }],
        }),
      },
      says: [],
    },
    {
      kind: "a fork's own version that a CustomResourceDefinition beside it serves",
      files: {
        'profile.yaml': profile('', 'v2alpha1'),
        'crd.yaml':
          'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: profiles.kubeflow.org\nspec:\n  group: kubeflow.org\n  names:\n    kind: Profile\n  versions:\n  - name: v2alpha1\n    served: true\n',
      },
      says: [],
    },
    {
      kind: 'information is not mended unasked',
      files: {
        'p.json': json({ Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::data/*' }] }),
      },
      says: [['P-VERSION', 'information']],
    },
  ]);
});

describe('false alarms', () => {
  const big = (count: number): string =>
    policy({
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: Array.from({ length: count }, (_, i) => `arn:aws:s3:::data-${String(i).padStart(4, '0')}/*`),
    });
  const managed = (document: string): string =>
    json({
      Resources: {
        P: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: JSON.parse(document) as unknown } },
      },
    });
  rows([
    {
      kind: 'a managed policy has a quota of its own',
      files: { 'managed.json': managed(big(230)) },
      says: [['P-SIZE', 'warning', /a managed policy may have 6144/]],
    },
    { kind: 'a policy of less is not told of quotas', files: { 'inline.json': big(100) }, says: [] },
    { kind: 'a Profile for no AWS', files: { 'profile.yaml': profile() }, says: [] },
    {
      kind: 'a Profile for another cloud',
      files: {
        'profile.yaml': profile(
          '  plugins:\n  - kind: WorkloadIdentity\n    spec:\n      gcpServiceAccount: a@b.iam.gserviceaccount.com\n',
        ),
      },
      says: [],
    },
    {
      kind: 'a Profile beside a trust policy of EKS',
      files: { 'profile.yaml': profile(), 'trust.json': trust(both('system:serviceaccount:other:sa')) },
      says: [['KP-002', 'warning']],
    },
    {
      kind: 's3:* of a control policy or a boundary grants nothing',
      files: {
        'org/scp-s3.json': policy({ Effect: 'Allow', Action: 's3:*', Resource: '*' }),
        'service-control-policies/base.json': policy({ Effect: 'Allow', Action: ['s3:*', 'ec2:*'], Resource: '*' }),
        'team_permissions_boundary.json': policy({ Effect: 'Allow', Action: 's3:*', Resource: '*' }),
      },
      says: [],
    },
    {
      kind: 's3:* of a permission policy does',
      files: { 'p.json': policy({ Effect: 'Allow', Action: 's3:*', Resource: '*' }) },
      says: [['KP-044', 'warning']],
    },
    {
      kind: 'policies of resources: bucket, queue, topic, key',
      files: {
        'bucket.json': policy({
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::210987654321:role/a' },
          Action: 's3:*',
          Resource: 'arn:aws:s3:::data/*',
        }),
        'queue.json': policy({
          Effect: 'Allow',
          Principal: { Service: 's3.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: '*',
        }),
        'topic.json': json({
          Version: '2008-10-17',
          Id: 't',
          Statement: [
            {
              Sid: 'a',
              Effect: 'Allow',
              Principal: { AWS: '*' },
              Action: ['SNS:Publish'],
              Resource: 'arn:aws:sns:eu-west-1:210987654321:t',
            },
          ],
        }),
        'key.json': policy({
          Sid: 'Enable IAM',
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::210987654321:root' },
          Action: 'kms:*',
          Resource: '*',
        }),
        'repository.json': json({
          Version: '2008-10-17',
          Statement: [{ Sid: 'pull', Effect: 'Allow', Principal: '*', Action: ['ecr:BatchGetImage'] }],
        }),
      },
      says: [],
    },
    {
      kind: 'trust in GitHub, services, accounts and SAML',
      files: {
        'github.json': policy({
          Effect: 'Allow',
          Principal: { Federated: 'arn:aws:iam::210987654321:oidc-provider/token.actions.githubusercontent.com' },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' },
            StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:a/b:*' },
          },
        }),
        'service.json': policy({
          Effect: 'Allow',
          Principal: { Service: 'ec2.amazonaws.com' },
          Action: 'sts:AssumeRole',
        }),
        'account.json': policy({
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::210987654321:root' },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'sts:ExternalId': 'x' } },
        }),
        'saml.json': policy({
          Effect: 'Allow',
          Principal: { Federated: 'arn:aws:iam::210987654321:saml-provider/x' },
          Action: 'sts:AssumeRoleWithSAML',
          Condition: { StringEquals: { 'SAML:aud': 'https://signin.aws.amazon.com/saml' } },
        }),
      },
      says: [],
    },
    {
      kind: "CloudFormation's dynamic references are filled in by it",
      files: {
        't.yaml':
          "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n        - Effect: Allow\n          Action: s3:GetObject\n          Resource: 'arn:aws:s3:::{{resolve:ssm:/data/bucket}}/*'\n",
      },
      says: [],
    },
    {
      kind: 'a document that another tool reads in',
      files: {
        't.yaml':
          'Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        file: ./iam/ec2.yaml\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        $ref: trust.json\n',
      },
      says: [],
    },
    {
      kind: "a var of a kustomization where Argo's repository has a boolean",
      files: {
        'cm.yaml':
          'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: workflow-controller-configmap\ndata:\n  artifactRepository: |\n    s3:\n      bucket: $(bucket)\n      endpoint: $(endpoint)\n      insecure: $(insecure)\n      accessKeySecret: {name: a, key: b}\n      secretKeySecret: {name: a, key: c}\n',
      },
      says: [],
    },
  ]);
});
