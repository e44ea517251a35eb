import assert from 'node:assert/strict';
import test from 'node:test';
import {
  byMaker,
  keeps,
  keptBy,
  makerOf,
  makerOfProfile,
  makerOfProvider,
  makerOfRole,
  managedWords,
  otherMaker,
  otherMakerOf,
} from '../../src/core/maker.ts';
import { saying } from '../../src/core/phrase.ts';
import { TAG } from '../../src/core/tags.ts';
import { asKept } from './told.ts';

type Tags = Readonly<Record<string, string>>;

const ROLES: readonly [what: string, name: string, tags: Tags, answer: string][] = [
  ['no tags', 'team-x-dev-role', {}, 'unknown'],
  ['tags of a company', 'team-x-dev-role', { team: 'x', CostCenter: '17', Owner: 'platform' }, 'unknown'],
  ['ours', 'team-x-dev-role', { [TAG.maker]: 'kubeflow-irsa' }, 'tool kubeflow-irsa'],
  ['adopted by us', 'team-x-dev-role', { [TAG.maker]: 'adopted' }, 'tool kubeflow-irsa'],
  ['ACK', 'team-x', { 'services.k8s.aws/controller-version': 'iam-v1.3.19' }, 'tool ack'],
  ['ACK as a capability of EKS', 'team-x', { 'eks:kubernetes-api-group': 'iam.services.k8s.aws' }, 'tool ack'],
  ['Crossplane', 'team-x', { 'crossplane-kind': 'role.iam.aws.upbound.io' }, 'tool crossplane'],
  ['a stack, where AWS says so', 'team-x', { 'aws:cloudformation:stack-name': 'ml' }, 'tool cloudformation'],
  [
    'eksctl',
    'eksctl-dev-addon-iamserviceaccount-team-x-default-editor-Role1-1D61LT75JH3MB',
    { 'alpha.eksctl.io/iamserviceaccount-name': 'team-x/default-editor' },
    'tool eksctl',
  ],
  // As in Terraform files that copy what eksctl had made.
  ['tags of eksctl alone', 'alb', { 'alpha.eksctl.io/eksctl-version': '0.175.0' }, 'unclear eksctl'],
  ['a tag that names Terraform', 'team-x', { ManagedBy: 'Terraform' }, 'unclear terraform'],
  ['the tag of many modules', 'team-x', { Terraform: 'true' }, 'unclear terraform'],
  ['a tag that denies it', 'team-x', { terraform: 'false' }, 'unknown'],
  ['a name of a prefix', 'team-x-20240102030405123400000001', {}, 'unclear terraform'],
  ['Pulumi by convention', 'team-x', { 'pulumi:stack': 'dev' }, 'unclear pulumi'],
  ['CDK by convention', 'team-x', { 'managed-by': 'aws-cdk' }, 'unclear cdk'],
  ['a name as a stack gives it', 'ml-PipelineRole-1D61LT75JH3MB', {}, 'unclear cloudformation'],
  ['such a name in its new form', 'ml-PipelineRole-aB3dE5gH7jK9', {}, 'unclear cloudformation'],
  ['words of the right length', 'ml-pipeline-developments', {}, 'unknown'],
  [
    'handed over to Terraform by an export',
    'team-x',
    { [TAG.maker]: 'kubeflow-irsa', [TAG.keeper]: 'terraform' },
    'tool terraform',
  ],
  ...['controller', 'kubeflow-irsa'].map((keeper): (typeof ROLES)[number] => [
    `handed over to ${keeper}, which is no tool for it`,
    'team-x',
    { [TAG.maker]: 'kubeflow-irsa', [TAG.keeper]: keeper },
    'tool kubeflow-irsa',
  ]),
  [
    'handed over to nobody that is known',
    'team-x',
    { [TAG.maker]: 'kubeflow-irsa', [TAG.keeper]: 'chef' },
    'tool kubeflow-irsa',
  ],
  // What would make it again counts more than our tag, which a template may hold.
  ['ours and of ACK', 'x', { [TAG.maker]: 'kubeflow-irsa', 'services.k8s.aws/namespace': 'a' }, 'tool ack'],
];
const said = (maker: ReturnType<typeof makerOf>): string =>
  [maker.answer, 'tool' in maker ? maker.tool : ''].join(' ').trim();

for (const [what, name, tags, answer] of ROLES)
  test(`who made a role: ${what}`, () => {
    const maker = makerOfRole({ name, tags });
    assert.equal(said(maker), answer);
    if (maker.answer !== 'unknown') assert.notEqual(maker.evidence, '', 'with what it rests on');
    const kept = answer.startsWith('tool') && answer !== 'tool kubeflow-irsa';
    assert.equal(keeps(maker), kept);
    assert.equal(keptBy(maker, 'The role') !== undefined, kept);
  });

const PROFILES: readonly [what: string, metadata: Readonly<Record<string, unknown>>, answer: string][] = [
  ['nothing', {}, 'unknown'],
  ['handed over by an export', { annotations: { [TAG.keeper]: 'argocd' } }, 'tool argocd'],
  ['kubectl', { managedFields: [{ manager: 'kubectl-client-side-apply', operation: 'Update' }] }, 'unknown'],
  ['ours', { annotations: { [TAG.maker]: 'kubeflow-irsa' } }, 'tool kubeflow-irsa'],
  [
    'Argo CD',
    { annotations: { 'argocd.argoproj.io/tracking-id': 'ml:kubeflow.org/Profile:ns/team-x' } },
    'tool argocd',
  ],
  ['a copied mark of Argo CD', { annotations: { 'argocd.argoproj.io/tracking-id': 'ml:/Secret:a/b' } }, 'unknown'],
  ['Argo CD by what it wrote', { managedFields: [{ manager: 'argocd-controller' }] }, 'tool argocd'],
  ['only its status', { managedFields: [{ manager: 'argocd-controller', subresource: 'status' }] }, 'unknown'],
  ['Flux', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'profiles' } }, 'tool flux'],
  ['kro', { labels: { 'kro.run/owned': 'true' } }, 'tool kro'],
  ['kro, newer', { labels: { 'internal.kro.run/owned': 'true' } }, 'tool kro'],
  [
    'Crossplane',
    { ownerReferences: [{ apiVersion: 'kubernetes.crossplane.io/v1alpha2', kind: 'Object' }] },
    'tool crossplane',
  ],
  ['Terraform', { managedFields: [{ manager: 'Terraform', operation: 'Apply' }] }, 'tool terraform'],
  ['Helm', { annotations: { 'meta.helm.sh/release-name': 'profiles' } }, 'tool helm'],
  [
    'a controller that is not known',
    { ownerReferences: [{ apiVersion: 'x.example/v1', kind: 'Team', name: 'a' }] },
    'unclear',
  ],
  ['a manager that is not known', { labels: { 'app.kubernetes.io/managed-by': 'team-operator' } }, 'unclear'],
  ['what has not the form of metadata', { labels: 7, ownerReferences: 'x', managedFields: [null] }, 'unknown'],
];
for (const [what, metadata, answer] of PROFILES)
  test(`who made a Profile: ${what}`, () => {
    const maker = makerOfProfile({ metadata: { name: 'team-x', ...metadata } });
    assert.equal(said(maker), answer);
    const kept = answer.startsWith('tool') && answer !== 'tool kubeflow-irsa';
    assert.deepEqual(otherMakerOf({ name: 'team-x', ...metadata }), kept ? maker : undefined, 'as a list keeps it');
  });

test('a provider whose tags were not read is not judged, and one of eksctl is its own', () => {
  const arn = 'arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/AB';
  assert.equal(said(makerOfProvider({ arn })), 'unclear');
  assert.equal(said(makerOfProvider({ arn, tags: {} })), 'unknown');
  assert.equal(said(makerOfProvider({ arn, tags: { 'alpha.eksctl.io/cluster-name': 'dev' } })), 'tool eksctl');
});

test('what a thing says of itself is text, whatever it holds', () => {
  const evil = 'a](command:x)\u202e\nAKIAABCDEFGHIJKLMNOP';
  const maker = makerOf({ name: 'r', tags: { 'crossplane-name': evil } });
  const words = `${saying(otherMaker(maker) ?? [''])} ${keptBy(maker, 'Role r')}`;
  assert.doesNotMatch(words, /\]\(|[\u202e\n]|AKIA/);
});

/** Marks as the tools write them, each alone. */
const TAGS: readonly Tags[] = [
  { 'services.k8s.aws/controller-version': 'iam-v1' },
  { 'eks:eks-capability-arn': 'arn' },
  { 'eks:kubernetes-api-group': 'iam' },
  { 'crossplane-name': 'team-x' },
  { 'crossplane-kind': 'role' },
  { 'crossplane-providerconfig': 'default' },
  { 'aws:cloudformation:stack-name': 'ml' },
  { 'aws:cloudformation:logical-id': 'Role' },
  ...['true', 'false', 'no', '0', '', 'nothing'].map((value) => ({ Terraform: value })),
  { OpenTofu: 'yes' },
  ...['terraform:workspace', 'opentofu_module', 'tf-module', 'tfx'].map((key) => ({ [key]: 'x' })),
  ...['pulumi:stack', 'pulumi', 'aws-cdk:x'].map((key) => ({ [key]: 'x' })),
  ...[
    'Terragrunt',
    'OpenTofu',
    'pulumi',
    'cdk',
    'acdkb',
    'CloudFormation',
    'cfn',
    'eksctl',
    'Crossplane',
    'Ansible',
    'ACK',
    'back',
    'me',
  ].map((value) => ({ ManagedBy: value })),
  ...[
    'maintained-by',
    'provisioned_by',
    'created by',
    'deployed:by',
    'made/by',
    'owned.by',
    'Provisioner',
    'IaC',
    'iac-tool',
    'orchestrator',
    'tool',
    'Source',
    'by',
    'tools',
  ].map((key) => ({ [key]: 'terraform' })),
  ...['iamserviceaccount-name', 'podidentityassociation-name', 'eksctl-version', 'cluster-name', 'nodegroup-name'].map(
    (key) => ({
      [`alpha.eksctl.io/${key}`]: 'x',
    }),
  ),
  { 'eksctl.cluster.k8s.io/v1alpha1/cluster-name': 'dev' },
  { [TAG.keeper]: 'argocd' },
  { [TAG.keeper]: 'nobody' },
];
const LABELS: readonly Tags[] = [
  ...['', 'internal.'].flatMap((before) => [
    { [`${before}kro.run/instance-name`]: 'team' },
    { [`${before}kro.run/owned`]: 'true' },
    { [`${before}kro.run/owned`]: 'false' },
  ]),
  { 'argocd.argoproj.io/instance': 'ml' },
  { 'kustomize.toolkit.fluxcd.io/name': 'profiles' },
  { 'helm.toolkit.fluxcd.io/name': 'profiles' },
  { 'source.toolkit.fluxcd.io/name': 'profiles' },
  { 'crossplane.io/composite': 'team' },
  { 'helm.sh/chart': 'profiles-1' },
  ...['eksctl', 'EKSCTL', 'Helm', 'helmfile', 'Terraform', 'my-terraform', 'pulumi', 'x'].map((value) => ({
    'app.kubernetes.io/managed-by': value,
  })),
];
const ANNOTATIONS: readonly Tags[] = [
  { 'meta.helm.sh/release-name': 'profiles' },
  { 'pulumi.com/patchForce': 'true' },
  { 'argocd.argoproj.io/tracking-id': 'ml:kubeflow.org/Profile:ns/team-x' },
  { 'argocd.argoproj.io/tracking-id': 'ml:kubeflow.org/Profile:ns/team' },
  { [TAG.maker]: 'kubeflow-irsa' },
  { [TAG.keeper]: 'flux' },
  { [TAG.keeper]: 'nobody' },
];
const WRITERS = [
  ...['argocd-controller', 'argocd-application-controller', 'argocd-server', 'kustomize-controller', 'helm-controller'],
  ...[
    'source-controller',
    'kro',
    'kro-x',
    'krone',
    'Terraform',
    'HashiCorp',
    'terraform',
    'pulumi-kubernetes/1',
    'pulumi',
  ],
  ...[
    'crossplane',
    'apiextensions.crossplane.io/composite',
    'provider-kubernetes/x',
    'eksctl',
    'eksctl2',
    'helm',
    'Helm',
    'kubectl',
  ],
];
const GROUPS = [
  ...[
    'kro.run/v1alpha1',
    'x.kro.run/v1',
    'akro.run/v1',
    'crossplane.io/v1',
    'kubernetes.crossplane.io/v1',
    'aws.upbound.io/v1',
  ],
  ...[
    'upbound.io/v1',
    'iam.services.k8s.aws/v1alpha1',
    'services.k8s.aws/v1',
    'argoproj.io/v1alpha1',
    'x.argoproj.io/v1',
  ],
  ...['kustomize.toolkit.fluxcd.io/v1', 'toolkit.fluxcd.io/v1', 'kubeflow.org/v1', 'apps/v1', ''],
];
const NAMES = [
  ...['ml-PipelineRole-1D61LT75JH3MB', 'eksctl-dev-Role-1D61LT75JH3MB', 'ml-Role-1D61LT75JH3', 'ml-Role-ABCDEFGHIJKL'],
  ...['ml-Role-123456789012', 'ml-Role-aB3dE5gH7jK9', 'ml-Role-aB3dE5gH7jK9xy', 'team-20240102030405123400000001'],
  ...['team-2024010203040512340000000g', 'arn:aws:iam::111122223333:oidc-provider/x'],
];

test('each mark of a tool: who made it, by what that is known, and what is said of it', () => {
  const line = (what: string, maker: ReturnType<typeof makerOf>): string => {
    const words = [byMaker(maker), otherMaker(maker), managedWords(maker)].map((one) =>
      one === undefined ? '-' : saying(one),
    );
    const detail = 'detail' in maker ? ` (${String(maker.detail)})` : '';
    return `${what}: ${said(maker)}${detail}; ${words.join('; ')}; ${keptBy(maker, 'The role') ?? '-'}`;
  };
  const shown = (texts: Tags): string => JSON.stringify(texts);
  const object = (more: object): string => {
    const metadata = { name: 'team-x', ...more };
    const [all, listed] = [makerOfProfile({ metadata }), otherMakerOf(metadata)];
    return `${line(JSON.stringify(more), all)}; in a list ${listed === undefined ? 'nothing is kept' : 'it is kept'}`;
  };
  asKept('makers', [
    line('neither tags nor labels', makerOf({ name: 'x' })),
    ...[{ tags: {} }, { labels: {} }, { annotations: {} }, { owners: [] }].map((one) =>
      line(`only ${Object.keys(one).join()}`, makerOf({ name: 'x', ...one })),
    ),
    ...TAGS.map((tags) => line(`tags ${shown(tags)}`, makerOfRole({ name: 'team-x', tags }))),
    ...TAGS.slice(-10).map((tags) =>
      line(`tags ${shown(tags)}, a name of eksctl`, makerOfRole({ name: 'eksctl-dev-Role-1D61LT75JH3MB', tags })),
    ),
    ...NAMES.flatMap((name) => [
      line(`name ${name}`, makerOfRole({ name, tags: {} })),
      line(`name ${name} of an object`, makerOf({ name, labels: {} })),
      line(`name ${name}, tags of eksctl`, makerOfRole({ name, tags: { 'alpha.eksctl.io/cluster-name': 'dev' } })),
    ]),
    ...LABELS.map((labels) => object({ labels })),
    ...ANNOTATIONS.map((annotations) => object({ annotations })),
    ...WRITERS.flatMap((manager) => [
      object({ managedFields: [{ manager }] }),
      object({ managedFields: [{ manager: 'kubectl' }, { manager, subresource: 'status' }] }),
    ]),
    ...GROUPS.map((apiVersion) => object({ ownerReferences: [{ apiVersion, kind: 'Team', name: 'a' }] })),
  ]);
});
