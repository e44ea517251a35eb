// All that lint says of the files of a profile when one part of one of them is changed, for each part and in each of several ways:
// test/fixtures/told/lint/.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Finding } from '../../src/core/finding.ts';
import { lintFolder } from '../../src/core/lint.ts';
import { permissionsPolicy, policyText, trustPolicy } from '../../src/core/policy/build.ts';
import { readTerraform } from '../../src/core/terraform/resources.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { asKept, besides, variations } from './told.ts';
import { arnOf, ISSUER, PROVIDER } from './world.ts';

const trust = trustPolicy(PROVIDER, ISSUER, 'team-x') as object;
const permissions = permissionsPolicy('aws', 'artifacts', 'team-x', 'prefix') as object;
const ROLE = arnOf('team-x');
const FILES: Readonly<Record<string, object>> = {
  trust: JSON.parse(policyText(trust)) as object,
  permissions: JSON.parse(policyText(permissions)) as object,
  profile: {
    ...newProfile('team-x', 'x@example.com', ROLE, true),
    spec: {
      owner: { kind: 'User', name: 'x@example.com' },
      plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: ROLE, annotateOnly: true } }],
      resourceQuotaSpec: { hard: { cpu: '2', 'requests.memory': '1Gi' } },
    },
  },
  account: {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default-editor', namespace: 'team-x', annotations: { 'eks.amazonaws.com/role-arn': ROLE } },
  },
  launcher: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kfp-launcher', namespace: 'team-x' },
    data: {
      defaultPipelineRoot: 's3://artifacts/team-x/v2/artifacts',
      providers:
        's3:\n  default:\n    endpoint: s3.us-west-2.amazonaws.com\n    region: us-west-2\n    credentials:\n      fromEnv: true\n',
    },
  },
  repositories: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'artifact-repositories',
      namespace: 'team-x',
      annotations: { 'workflows.argoproj.io/default-artifact-repository': 'default' },
    },
    data: {
      default:
        's3:\n  bucket: artifacts\n  keyFormat: team-x/{{workflow.name}}\n  endpoint: s3.us-west-2.amazonaws.com\n  useSDKCreds: true\n',
    },
  },
  template: {
    AWSTemplateFormatVersion: '2010-09-09',
    Resources: {
      Provider: { Type: 'AWS::IAM::OIDCProvider', Properties: { Url: ISSUER, ClientIdList: ['sts.amazonaws.com'] } },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: 'team-x',
          AssumeRolePolicyDocument: trust,
          Policies: [{ PolicyName: 'p', PolicyDocument: permissions }],
        },
      },
    },
  },
};

const line = (file: string, text: string, { id, severity, start, end, message, fixes }: Finding): string =>
  [
    `${file}: ${id} ${severity} <${text.slice(start, end)}> ${message}`,
    ...fixes.map(
      ({ title, edits, preferred, effect }) =>
        ` [${title}${preferred === true ? '!' : ''}${effect === undefined ? '' : ` ${effect}`}: ${edits.map((edit) => `<${text.slice(edit.start, edit.end)}> ${edit.newText}`).join('; ')}]`,
    ),
  ]
    .join('')
    .replaceAll('\n', '⏎');
function folder(changed: string, text: string): readonly string[] {
  const files = Object.entries(FILES).map(([name, data]) => ({
    path: `${name}.json`,
    text: name === changed ? text : JSON.stringify(data),
  }));
  const found = lintFolder(files);
  return files.flatMap(({ path, text: its }) =>
    (found.get(path) ?? []).map((one) => line(path.slice(0, -5), its, one)),
  );
}

const rule = folder('', '');
test('the files as they are', () =>
  assert.deepEqual(rule, [
    'profile: KP-016 information <"cpu"> With a quota on cpu, Kubernetes refuses pods that do not name it, as most pipeline pods do. Add a LimitRange with defaults.',
    'profile: KP-016 information <"requests.memory"> With a quota on requests.memory, Kubernetes refuses pods that do not name it, as most pipeline pods do. Add a LimitRange with defaults.',
  ]));
for (const [name, document] of Object.entries(FILES))
  describe(name, () => {
    for (const [way, all] of variations(document))
      test(way, () =>
        asKept(
          `lint/${name}/${way}`,
          all.flatMap(([what, text]) => [what, ...besides(folder(name, text), rule).map((one) => `  ${one}`)]),
        ),
      );
  });

const pluginWith = (spec: string): string =>
  `apiVersion: kubeflow.org/v1\nkind: Profile\nmetadata:\n  name: team-x\nspec:\n  owner: { kind: User, name: x@example.com }\n  plugins:\n  - kind: AwsIamForServiceAccount\n    spec: ${spec}\n`;
const DEFINITION = (
  more: string,
  group = 'kubeflow.org',
  kind = 'Profile',
  what = 'CustomResourceDefinition',
): string =>
  `apiVersion: apiextensions.k8s.io/v1\nkind: ${what}\nmetadata: { name: profiles.kubeflow.org }\nspec:\n  group: ${group}\n  names: { kind: ${kind} }\n${more}`;
const V1BETA1 = pluginWith(`{ awsIamRole: "${ROLE}", annotateOnly: true }`).replace('/v1\n', '/v1beta1\n');
const POLICY = JSON.stringify(permissions);
const TRUST = JSON.stringify(trust, undefined, 2);
/** Texts that no change of one part makes: anchors, what ends too early, definitions, patches, templates. */
const TEXTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a value of an anchor': {
    'a.yaml': `x: &only false\n---\n${pluginWith(`{ awsIamRole: &role "${ROLE} ", annotateOnly: "true" }\n  - kind: Other\n    spec: { a: *role }`)}`,
  },
  'an anchor that a fix would take away': {
    'a.yaml': pluginWith(
      `&spec { awsIamRole: "${ROLE}", annotateOnly: &a "true", b: &b 1 }\n  - { kind: AwsIamForServiceAccount, spec: *spec }`,
    ),
  },
  'an anchor before, and one behind': {
    'a.yaml': `${pluginWith(`{ awsIamRole: "${ROLE}", annotateonly: "true" }`)}  resourceQuotaSpec: &q { hard: { cpu: "1" } }\n  more: *q\n`,
  },
  'an object of an anchor': {
    'a.yaml': pluginWith(`&s\n      awsIamRole: " ${ROLE}"\n      annotateOnly: yes\n  - kind: x\n    spec: *s`),
  },
  'a text that ends too early': {
    'a.json': POLICY.slice(0, -3),
    'b.json': POLICY.replace('"Allow"', '"allow"').slice(0, -1),
    'c.jsonc': `${POLICY.slice(0, -1)},}`,
    'd.json': `${POLICY.slice(0, -1)},}`,
    'e.yaml': pluginWith(`{ awsIamRole: "${ROLE}"`),
  },
  'lines of JSON': {
    'a.json': `${POLICY.replace('"Allow"', '"allow"')}\n${POLICY}`,
    'b.json': `${POLICY.replace('"Allow"', '"allow"')}\nx`,
    'c.json': `${POLICY.replace('"Allow"', '"allow"')}\n"x"`,
  },
  'a list of policies': {
    'a.json': `[${POLICY.replace('"Allow"', '"allow"')},{"a":1}]`,
    'b.yaml': `- ${POLICY.replace('"Allow"', '"allow"')}\n- x\n`,
  },
  'a Profile of a version that is served': {
    'a.yaml': V1BETA1,
    'b.yaml': DEFINITION('  versions: [{ name: v1beta1, served: true }, { name: v1, served: false }]\n'),
  },
  'one of a version that is not': {
    'a.yaml': V1BETA1,
    'b.yaml': DEFINITION('  versions: [{ name: v1beta1, served: false }, { name: v1 }, x]\n'),
  },
  'one version, as it was told once': { 'a.yaml': V1BETA1, 'b.yaml': DEFINITION('  version: v1\n') },
  'definitions of others': {
    'a.yaml': V1BETA1,
    'b.yaml': `${DEFINITION('  version: v1\n', 'other.org')}---\n${DEFINITION('  version: v1\n', 'kubeflow.org', 'Other')}---\n${DEFINITION('  version: v1\n', 'kubeflow.org', 'Profile', 'Other # CustomResourceDefinition')}`,
  },
  'a definition behind another document': {
    'a.yaml': V1BETA1,
    'b.yaml': `a: Profile\n---\n${DEFINITION('  version: v1\n')}`,
  },
  patches: {
    'kustomization.yaml': `patches:\n- path: p.yaml\n- target: { kind: Profile }\n  patch: |\n    - op: add\n      path: /spec/plugins\n      value: [{ kind: AwsIamForServiceAccount, spec: { awsIamRole: x } }]\n- { x: y }\n- path: [1]\npatchesStrategicMerge:\n- q.yaml\n- |\n  kind: Profile\n  apiVersion: kubeflow.org/v1\n  metadata: { name: team-x }\n  spec: { plugins: [{ kind: AwsIam, spec: { awsIamRole: y } }] }\n`,
    'p.yaml':
      'kind: Profile\napiVersion: kubeflow.org/v1\nmetadata: { name: team-x }\nspec: { plugins: [{ kind: AwsIamForServiceAccount, spec: { awsIamRole: z, annotateOnly: "true" } }] }\n',
    'q.yaml': 'kind: Profile\napiVersion: kubeflow.org/v1\nmetadata: { name: team-y }\nspec: { owner: {} }\n',
  },
  'a template': {
    'a.yaml': `{{ if .x }}\n${pluginWith('{ awsIamRole: {{ .role }}, annotateOnly: "true" }')}{{ end }}`,
    'b.yaml': pluginWith('{ awsIamRole: "{{ .role }}", annotateOnly: "true" }'),
  },
  'what is left out by a comment': {
    'a.yaml': `# kubeflow-irsa:ignore-file KP-006\n${pluginWith('{ awsIamRole: x, annotateOnly: "true" }')}`,
    'b.yaml': pluginWith('{ awsIamRole: x, annotateOnly: "true" } # kubeflow-irsa:ignore'),
  },
  'policies in a string': {
    'a.yaml': `apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Role\nmetadata: { name: x }\nspec:\n  name: team-x\n  assumeRolePolicyDocument: |-\n    ${TRUST.replace('"Allow"', '"allow"').replaceAll('\n', '\n    ')}\n  inlinePolicies:\n    p: '${POLICY.replace('"Allow"', '"allow"')}'\n    q: "{}"\n    r: ''\n`,
  },
  Terraform: {
    'a.tf.json': `{"resource":{"aws_iam_role":{"x":{"name":"team-x","assume_role_policy":${JSON.stringify(TRUST.replace('Allow', 'allow'))}}}}}`,
  },
};
for (const [name, files] of Object.entries(TEXTS))
  test(name, () => {
    const all = Object.entries(files).map(([path, text]) => ({ path, text }));
    const found = lintFolder(all, { terraform: readTerraform });
    asKept(
      `lint/texts/${name.replaceAll(',', '')}`,
      all.flatMap(({ path, text }) => (found.get(path) ?? []).map((one) => line(path, text, one))),
    );
  });
