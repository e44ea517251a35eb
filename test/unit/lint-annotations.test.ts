// A table per place where a role annotation can stand: service accounts, values of Helm, Argo CD, Flux, Crossplane, pods.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HOLE } from '../../src/core/document/node.ts';
import { applyEdits } from '../../src/core/fix.ts';
import { lint } from '../../src/core/lint.ts';
import { table } from './lint-kit.ts';

const ROLE = 'arn:aws:iam::314159265358:role/team-vision';
const KEY = 'eks.amazonaws.com/role-arn';

const account = (metadata: string): string =>
  `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default-editor\n  namespace: team-vision\n${metadata}\n`;
const annotated = (...lines: string[]): string =>
  account(['  annotations:', ...lines.map((line) => `    ${line}`)].join('\n'));

describe('service accounts', () => {
  table([
    ...[`${KEY}:`, 'eks.amazonaws.com:role-arn', 'eks\\.amazonaws\\.com/role-arn', 'eks-amazonaws.com/role-arn'].map(
      (key) => ({
        name: `KP-051 ${key}`,
        text: annotated(`${key}: ${ROLE}`),
        finds: [['KP-051', key, 'error'] as const],
        fixed: annotated(`${KEY}: ${ROLE}`),
      }),
    ),
    {
      name: 'a key that is filled in in part',
      text: annotated(`"eks${HOLE}amazonaws.com/role-arn": ${ROLE}`),
      finds: [],
    },
    {
      name: 'KP-051 the annotation of kube2iam, which it reads of pods',
      text: annotated(`iam.amazonaws.com/role: ${ROLE}`),
      finds: [['KP-051', 'iam.amazonaws.com/role', 'warning']],
    },
    {
      name: 'the annotation of kube2iam beside that of EKS',
      text: annotated(`iam.amazonaws.com/role: ${ROLE}`, `${KEY}: ${ROLE}`),
      finds: [],
    },
    {
      name: 'KP-091 a number and a boolean',
      text: annotated(
        `${KEY}: ${ROLE}`,
        'eks.amazonaws.com/token-expiration: 3600',
        'eks.amazonaws.com/sts-regional-endpoints: true',
      ),
      finds: [
        ['KP-091', '3600', 'error'],
        ['KP-091', 'true', 'error'],
      ],
      fixed: annotated(
        `${KEY}: ${ROLE}`,
        'eks.amazonaws.com/token-expiration: "3600"',
        'eks.amazonaws.com/sts-regional-endpoints: "true"',
      ),
    },
    {
      name: 'KP-091 a name without its s',
      text: annotated('eks.amazonaws.com/sts-regional-endpoint: "true"'),
      finds: [['KP-091', 'eks.amazonaws.com/sts-regional-endpoint', 'warning']],
      fixed: annotated('eks.amazonaws.com/sts-regional-endpoints: "true"'),
    },
    {
      name: 'settings of EKS that are right, and one that we do not know',
      text: annotated(
        'eks.amazonaws.com/audience: sts.amazonaws.com',
        'eks.amazonaws.com/token-expiration: "3600"',
        'eks.amazonaws.com/other: "1"',
      ),
      finds: [],
    },
    {
      name: 'KP-069 under labels, without annotations',
      text: account(`  labels:\n    ${KEY}: ${ROLE}`),
      finds: [['KP-069', KEY, 'error']],
    },
    {
      name: 'KP-069 under labels, with annotations',
      text: account(`  labels:\n    a: b\n    ${KEY}: ${ROLE}\n  annotations:\n    c: d`),
      finds: [['KP-069', KEY, 'error']],
      fixed: account(`  labels:\n    a: b\n  annotations:\n    c: d\n    ${KEY}: ${ROLE}`),
    },
    {
      name: 'KP-069 under annotation',
      text: account(`  annotation:\n    ${KEY}: ${ROLE}`),
      finds: [['KP-069', KEY, 'error']],
      fixed: annotated(`${KEY}: ${ROLE}`),
    },
    {
      name: 'KP-069 in metadata itself',
      text: account(`  ${KEY}: ${ROLE}`),
      finds: [['KP-069', KEY, 'error']],
      fixed: annotated(`${KEY}: ${ROLE}`),
    },
    {
      name: 'KP-069 annotations beside metadata',
      text: `${account('  labels: {}')}annotations:\n  ${KEY}: ${ROLE}\n`,
      finds: [['KP-069', KEY, 'error']],
    },
  ]);
});

const values = (...lines: string[]): string =>
  `serviceAccount:\n  create: true\n  annotations:\n${lines.map((line) => `    ${line}\n`).join('')}`;

describe('values of Helm', () => {
  table([
    { name: 'right', text: values(`${KEY}: ${ROLE}`), finds: [] },
    { name: 'empty, to be filled in by whoever installs it', text: values(`${KEY}: ""`), finds: [] },
    {
      name: 'KP-069 beside serviceAccount',
      text: `server:\n  serviceAccount:\n    create: true\n  annotations:\n    ${KEY}: ${ROLE}\n`,
      finds: [['KP-069', KEY, 'warning']],
    },
    {
      name: 'beside serviceAccount, which has its own',
      text: `serviceAccount:\n  create: true\n  annotations: {}\nannotations:\n  ${KEY}: ${ROLE}\n`,
      finds: [],
    },
    {
      name: 'beside a serviceAccount of which nothing is said',
      text: `serviceAccount: {}\nannotations:\n  ${KEY}: ${ROLE}\n`,
      finds: [],
    },
    {
      name: 'beside the name of a service account',
      text: `serviceAccount: steps\nannotations:\n  ${KEY}: ${ROLE}\n`,
      finds: [],
    },
    {
      name: 'annotations of another name beside serviceAccount',
      text: `serviceAccount:\n  create: true\nserviceAccountAnnotations:\n  ${KEY}: ${ROLE}\n`,
      finds: [],
    },
    {
      name: 'others of EKS, and an empty one, beside serviceAccount',
      text: `serviceAccount:\n  create: true\nannotations:\n  ${KEY}: ""\n  eks.amazonaws.com/sts-regional-endpoints: "true"\n`,
      finds: [],
    },
    { name: 'a template', text: values(`${KEY}: "{{ .Values.role }}"`), finds: [] },
    { name: 'a variable', text: values(`${KEY}: "arn:aws:iam::\${ACCOUNT_ID}:role/x"`), finds: [] },
    {
      name: 'KP-004 a word where the account stands',
      text: values(`${KEY}: arn:aws:iam::ACCOUNT_ID:role/x`),
      finds: [['KP-004', 'ACCOUNT_ID', 'warning']],
    },
    {
      name: 'KP-034 account of ten digits',
      text: values(`${KEY}: arn:aws:iam::3141592653:role/kfp-api`),
      finds: [['KP-034', '3141592653']],
    },
    {
      name: 'KP-007 no ARN of a role',
      text: values(`${KEY}: arn:aws:iam::314159265358:policy/x`),
      finds: [['KP-007', 'arn:aws:iam::314159265358:policy/x']],
    },
    {
      name: 'KP-051 a key with _',
      text: values(`eks.amazonaws.com/role_arn: ${ROLE}`),
      finds: [['KP-051', 'eks.amazonaws.com/role_arn']],
      fixed: values(`${KEY}: ${ROLE}`),
    },
    {
      name: 'KP-091 a value that is no text',
      text: values('eks.amazonaws.com/sts-regional-endpoints: true'),
      finds: [['KP-091', 'true', 'warning']],
      fixed: values('eks.amazonaws.com/sts-regional-endpoints: "true"'),
    },
    { name: 'kube2iam on pods', text: `podAnnotations:\n  iam.amazonaws.com/role: x\n`, finds: [] },
    {
      name: 'KP-069 the role on pods',
      text: `podAnnotations:\n  ${KEY}: ${ROLE}\n`,
      finds: [['KP-069', KEY, 'warning']],
    },
    { name: 'the role on pods, empty', text: `podAnnotations:\n  ${KEY}: ""\n`, finds: [] },
    {
      name: 'KP-006 a plugin in values of deployKF',
      text: `profiles:\n  - name: team-vision\n    plugins:\n      - kind: AwsIamForServiceAccount\n        spec:\n          awsIamRole: ${ROLE}\n          annotateOnly: "true"\n`,
      finds: [['KP-006', '"true"']],
      fixed: `profiles:\n  - name: team-vision\n    plugins:\n      - kind: AwsIamForServiceAccount\n        spec:\n          awsIamRole: ${ROLE}\n          annotateOnly: true\n`,
    },
    {
      name: 'KP-058 an artifact repository in values',
      text: 'artifactRepository:\n  s3:\n    endpoint: s3.amazonaws.com\n    bucket: vision-artifacts\n    accessKeySecret: { name: a, key: b }\n',
      finds: [['KP-058', 'accessKeySecret', 'warning']],
      fixed:
        'artifactRepository:\n  s3:\n    endpoint: s3.amazonaws.com\n    bucket: vision-artifacts\n    useSDKCreds: true\n',
    },
    {
      name: 'JSON',
      text: JSON.stringify({ sa: { annotations: { 'eks.amazonaws.com/role_arn': ROLE } } }),
      finds: [['KP-051', '"eks.amazonaws.com/role_arn"']],
      fixed: JSON.stringify({ sa: { annotations: { [KEY]: ROLE } } }),
    },
  ]);
});

const application = (helm: string): string =>
  `apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: a\nspec:\n  source:\n    helm:\n${helm}`;

describe('Argo CD, Flux, Crossplane, kustomize', () => {
  table([
    {
      name: 'KP-051 valuesObject',
      text: application(
        `      valuesObject:\n        sa:\n          annotations:\n            eks.amazon.com/role-arn: ${ROLE}\n`,
      ),
      finds: [['KP-051', 'eks.amazon.com/role-arn']],
      fixed: application(`      valuesObject:\n        sa:\n          annotations:\n            ${KEY}: ${ROLE}\n`),
    },
    {
      name: 'KP-051 and KP-034 in values that are a text',
      text: application(
        `      values: |\n        # ours\n        sa:\n          annotations:\n            eks.amazon.com/role-arn: arn:aws:iam::31415:role/x\n`,
      ),
      finds: [
        ['KP-051', 'eks.amazon.com/role-arn'],
        ['KP-034', '31415'],
      ],
      fixed: application(
        `      values: |\n        # ours\n        sa:\n          annotations:\n            ${KEY}: arn:aws:iam::31415:role/x\n`,
      ),
    },
    {
      name: 'a parameter that is right',
      text: application(
        `      parameters:\n        - name: sa.annotations.eks\\.amazonaws\\.com/role-arn\n          value: ${ROLE}\n`,
      ),
      finds: [],
    },
    {
      name: 'KP-034 in a parameter with quotes around its key',
      text: application(
        `      parameters:\n        - name: sa.annotations."eks\\.amazonaws\\.com/role-arn"\n          value: arn:aws:iam::31415:role/x\n`,
      ),
      finds: [['KP-034', '31415']],
    },
    {
      name: 'KP-051 a parameter whose dots are not escaped',
      text: application(
        `      parameters:\n        - name: sa.annotations.eks.amazonaws.com/role-arn\n          value: ${ROLE}\n`,
      ),
      finds: [['KP-051', 'sa.annotations.eks.amazonaws.com/role-arn']],
      fixed: application(
        `      parameters:\n        - name: "sa.annotations.eks\\\\.amazonaws\\\\.com/role-arn"\n          value: ${ROLE}\n`,
      ),
    },
    {
      name: 'an ApplicationSet, which fills in its own braces',
      text: `apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata:\n  name: a\nspec:\n  template:\n    spec:\n      source:\n        helm:\n          values: |\n            sa:\n              annotations:\n                ${KEY}: "{{metadata.annotations.role}}"\n`,
      finds: [],
    },
    {
      name: 'KP-034 HelmRelease of Flux',
      text: `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: a\nspec:\n  values:\n    sa:\n      annotations:\n        ${KEY}: arn:aws:iam::31415:role/x\n`,
      finds: [['KP-034', '31415']],
    },
    {
      name: 'KP-051 DeploymentRuntimeConfig of Crossplane',
      text: `apiVersion: pkg.crossplane.io/v1beta1\nkind: DeploymentRuntimeConfig\nmetadata:\n  name: a\nspec:\n  serviceAccountTemplate:\n    metadata:\n      annotations:\n        eks.amazonaws.com/rolearn: ${ROLE}\n`,
      finds: [['KP-051', 'eks.amazonaws.com/rolearn']],
      fixed: `apiVersion: pkg.crossplane.io/v1beta1\nkind: DeploymentRuntimeConfig\nmetadata:\n  name: a\nspec:\n  serviceAccountTemplate:\n    metadata:\n      annotations:\n        ${KEY}: ${ROLE}\n`,
    },
    {
      name: 'a manifest of a service account inside another',
      text: `apiVersion: kubernetes.crossplane.io/v1alpha1\nkind: Object\nmetadata:\n  name: a\nspec:\n  forProvider:\n    manifest:\n      apiVersion: v1\n      kind: ServiceAccount\n      metadata:\n        annotations:\n          ${KEY}: arn:aws:iam::31415:role/x\n`,
      finds: [['KP-034', '31415']],
    },
  ]);
});

describe('KP-069 pods', () => {
  table([
    {
      name: 'a workflow, with the metadata of its garbage collection and of a step',
      text: `apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata:\n  generateName: clean-\nspec:\n  artifactGC:\n    podMetadata:\n      annotations:\n        ${KEY}: ${ROLE}\n  templates:\n    - name: main\n      metadata:\n        annotations:\n          ${KEY}: ${ROLE}\n`,
      finds: [
        ['KP-069', KEY, 'warning'],
        ['KP-069', KEY, 'warning'],
      ],
    },
    {
      name: 'the predictor of a model server',
      text: `apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata:\n  name: a\nspec:\n  predictor:\n    annotations:\n      ${KEY}: ${ROLE}\n`,
      finds: [['KP-069', KEY, 'warning']],
    },
    {
      name: 'the template of a kind that we do not know',
      text: `apiVersion: kubeflow.org/v1\nkind: PyTorchJob\nmetadata:\n  name: a\nspec:\n  pytorchReplicaSpecs:\n    Worker:\n      template:\n        metadata:\n          annotations:\n            ${KEY}: ${ROLE}\n        spec:\n          containers: []\n`,
      finds: [['KP-069', KEY, 'warning']],
    },
  ]);
});

test('KP-069 beside serviceAccount: the fix moves it in, and is not taken unasked', () => {
  const text = `serviceAccount:\n  create: true\nannotations:\n  a: b\n  ${KEY}: ${ROLE}\n`;
  const [one] = lint(text);
  const [fix] = one?.fixes ?? [];
  assert.equal(fix?.preferred, undefined);
  assert.equal(
    applyEdits(text, fix?.edits ?? []),
    `serviceAccount:\n  create: true\n  annotations:\n    ${KEY}: ${ROLE}\nannotations:\n  a: b\n`,
  );
  const open = lint(text.replace(ROLE, `arn:aws:iam::${HOLE}:role/x`));
  assert.deepEqual([open.map(({ id }) => id), open.flatMap(({ fixes }) => fixes)], [['KP-069'], []]);
});
