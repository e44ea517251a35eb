import assert from 'node:assert/strict';
import test from 'node:test';
import {
  keeps,
  keptBy,
  makerOf,
  makerOfProfile,
  makerOfProvider,
  makerOfRole,
  otherMaker,
  otherMakerOf,
} from '../../src/core/maker.ts';
import { saying } from '../../src/core/phrase.ts';
import { TAG } from '../../src/core/tags.ts';

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
