/** What a CloudFormation or SAM template, or one that CDK made, holds. */
import { branchesOf, withoutIntrinsics } from '../document/intrinsics.ts';
import { type DocNode, type DocObject, get, textOf } from '../document/node.ts';
import { parseEmbedded } from '../document/parse.ts';
import type { Stack } from '../finding.ts';
import { oidcProvider, podIdentity, type Resource, type Within } from '../resource.ts';
import { held, together } from './policies.ts';

/** What a CloudFormation or SAM template holds; of policies also which names it would fill in. */
export function* cloudFormation(root: DocObject, within: Within): Generator<Resource> {
  const named = ['Resources', 'Parameters'].flatMap((part) => {
    const its = get(root, part);
    return its?.type === 'object' ? its.entries.map(({ key }) => String(key.value)) : [];
  });
  const stack: Stack = { names: new Set(named), format: root.source.format };
  for (const one of iam(root, within))
    yield one.kind === 'trust' || one.kind === 'permissions' ? { ...one, stack } : one;
}

/** `AWS::IAM::*` of a template. */
function* iam(root: DocObject, within: Within): Generator<Resource> {
  const resources = get(root, 'Resources');
  for (const { value: resource } of resources?.type === 'object' ? resources.entries : []) {
    const type = textOf(get(resource, 'Type')) ?? '';
    const properties = get(resource, 'Properties');
    if (type === 'AWS::IAM::OIDCProvider') yield* oidcProvider(properties, 'Url', 'ClientIdList');
    if (type === 'AWS::EKS::PodIdentityAssociation') yield podIdentity(properties, 'Namespace', 'ServiceAccount');
    if (type === 'Custom::AWSCDK-EKS-KubernetesResource') yield* synthesized(get(properties, 'Manifest'), within);
    if (!/^AWS::(?:IAM|Serverless)::/.test(type) || properties?.type !== 'object') continue;
    const role = get(properties, 'RoleName');
    const known = type.startsWith('AWS::IAM::');
    for (const one of branchesOf(get(properties, 'AssumeRolePolicyDocument')))
      yield* held('trust', one, role, { known: true });
    const managed = type === 'AWS::IAM::ManagedPolicy';
    for (const one of branchesOf(get(properties, 'PolicyDocument')))
      yield* held('permissions', one, role, { known, managed });
    const policies = branchesOf(get(properties, 'Policies')).flatMap((one) =>
      (one.type === 'array' ? one.items : [one]).flatMap(branchesOf),
    );
    // In SAM a policy may stand alone, and without a name.
    yield* together(
      policies.flatMap((one) => {
        const documents = branchesOf(get(one, 'PolicyDocument'));
        return documents.length === 0
          ? [...held('permissions', one, role)]
          : documents.flatMap((document) => [...held('permissions', document, role, { known })]);
      }),
    );
  }
}

/** Manifests that CDK hands to its cluster, as JSON in a text. */
function* synthesized(manifest: DocNode | undefined, within: Within): Generator<Resource> {
  const text = manifest && withoutIntrinsics(manifest);
  const { root } = text?.type === 'string' ? parseEmbedded(text, 'json') : {};
  for (const one of root?.type === 'array' ? root.items : []) yield* within(one);
}
