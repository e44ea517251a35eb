/** Finds, in a parsed document, what the rules are about: manifests, patches of them, and, by the format, what else is held there. */
import { type DocNode, type DocObject, type DocScalar, entry, find, get, textOf } from './document/node.ts';
import { anywhere } from './annotations.ts';
import { parseEmbedded } from './document/parse.ts';
import { carriedBy, carriedIn, type Carried, generated, rolesIn } from './carriers.ts';
import { cloudFormation } from './formats/cloudformation.ts';
import { iamManifest, keys } from './formats/manifests.ts';
import { patchedFields, patchesOf, patchFile, type PatchOf } from './formats/patches.ts';
import { held, iamDocument } from './formats/policies.ts';
import { ofState } from './formats/terraform-json.ts';
import { isKustomization } from './look.ts';
import { isOurConfigMap } from './profile/names.ts';
import { podIdentity, type Resource } from './resource.ts';

/**
 * Everything in a document that rules exist for.
 *
 * @param file a path that tells patches and kustomizations
 * @param patchOf of a file that a kustomization names as a patch
 */
export function resourcesOf(root: DocNode, file = '', patchOf?: PatchOf): Resource[] {
  return [...(patchOf ? patched(root, patchOf, 0) : visit(root, file, 0))];
}

function* visit(root: DocNode, file: string, depth: number): Generator<Resource> {
  if (root.type === 'array') {
    yield* patchFile(root);
    yield* carry(rolesIn(root), file, depth);
  }
  if (root.type !== 'object' || depth > 4) return;
  const [apiVersion, kind] = [textOf(get(root, 'apiVersion')) ?? '', textOf(get(root, 'kind')) ?? ''];
  const items = get(root, 'items');
  if (items?.type === 'array' && (kind.endsWith('List') || kind === '')) {
    for (const item of items.items) yield* visit(item, file, depth + 1);
  } else if (kind === 'Kustomization' || isKustomization(file)) {
    yield* patches(root, depth);
    yield* carry(generated(root), file, depth);
    for (const one of anywhere(root)) if (one.kind !== 'serviceAccount') yield one;
  } else if (kind !== '' && apiVersion !== '') {
    const parts = carriedBy(root, apiVersion, kind);
    yield* parts ? carry(parts, file, depth) : manifest(root, apiVersion, kind, file);
  } else if (get(root, 'Resources')?.type === 'object') yield* cloudFormation(root, within);
  else if (get(root, 'terraform_version')) yield* ofState(root, within);
  else {
    const parts = carriedIn(root);
    yield* iamDocument(root);
    yield* parts.length > 0 ? carry(parts, file, depth) : anywhere(root);
  }
}

/** A manifest inside a document of another format. */
const within = (document: DocNode): Iterable<Resource> => visit(document, '', 1);

/** What the files of other tools hold. */
function* carry(parts: readonly Carried[], file: string, depth: number): Generator<Resource> {
  for (const part of parts) {
    if (part.as === 'document') yield* visit(part.node, part.partial ? 'patch' : file, depth + 1);
    else if (part.as === 'generated') {
      for (const one of visit(part.node, 'patch', depth + 1)) yield { ...one, generated: true } as Resource;
    } else if (part.as === 'podIdentity') yield podIdentity(part.node, 'namespace', part.account);
    else if (part.as === 'cloudFormation') yield* cloudFormation(part.node, within);
    else if (part.as === 'eksctl') yield { kind: 'eksctl', root: part.node };
    else yield* held(part.as, part.node, part.role, part);
  }
}

/** What parts of files are that hold it outside of documents. */
export const resourcesOfParts = (parts: readonly Carried[]): Resource[] => [...carry(parts, '', 0)];

function* manifest(root: DocObject, apiVersion: string, kind: string, file: string): Generator<Resource> {
  const name = textOf(find(root, 'metadata', 'name')) ?? '';
  const partial = /patch|overlay/i.test(file) || entry(root, '$patch') !== undefined;
  if (kind === 'Profile' && apiVersion.startsWith('kubeflow.org/')) {
    // Without an owner it is a patch, or so unusual that nothing about it counts as missing.
    yield { kind: 'profile', root, partial: partial || !find(root, 'spec', 'owner') };
  } else if (kind === 'ServiceAccount' && apiVersion === 'v1') yield { kind: 'serviceAccount', root, partial };
  else if (kind === 'ConfigMap' && apiVersion === 'v1' && isOurConfigMap(name))
    yield { kind: 'configMap', root, partial };
  else if (kind === 'PodIdentityAssociation')
    yield podIdentity(find(root, 'spec', 'forProvider') ?? get(root, 'spec'), 'namespace', 'serviceAccount');
  else if (/^iam\.(?:services\.k8s\.aws|aws\.[\w.]*(?:upbound|crossplane)\.io)\//.test(apiVersion))
    yield* iamManifest(root, kind);
  else {
    yield* anywhere(root);
    if (['PodDefault', 'Secret', 'Deployment'].includes(kind)) yield* keys(root, kind, name);
  }
}

/** The versions of a Profile that a definition in the document serves, as `kubeflow.org/v1`. */
export function servedVersions(root: DocNode): readonly string[] {
  if (textOf(get(root, 'kind')) !== 'CustomResourceDefinition') return [];
  const spec = get(root, 'spec');
  if (textOf(get(spec, 'group')) !== 'kubeflow.org' || textOf(find(spec, 'names', 'kind')) !== 'Profile') return [];
  const versions = get(spec, 'versions');
  const served =
    versions?.type === 'array'
      ? versions.items.filter(
          (one) => get(one, 'served')?.type !== 'boolean' || (get(one, 'served') as DocScalar).value === true,
        )
      : [];
  return [...served.map((one) => get(one, 'name')), get(spec, 'version')].flatMap((name) => {
    const text = textOf(name);
    return text === undefined ? [] : [`kubeflow.org/${text}`];
  });
}

/** Patches written inside a kustomization. */
function* patches(root: DocObject, depth: number): Generator<Resource> {
  for (const { patch, isPath, of } of patchesOf(root)) {
    const read = isPath ? undefined : parseEmbedded(patch, 'yaml').root;
    if (read) yield* patched(read, of, depth);
  }
}

/** The apiVersion of what a patch is for. A patch that a kustomization has a target for need not name it. */
const API_VERSIONS: ReadonlyMap<string, string> = new Map([
  ['Profile', 'kubeflow.org/v1'],
  ['ServiceAccount', 'v1'],
  ['ConfigMap', 'v1'],
]);

/** A patch of Kubernetes objects (strategic merge), or of their fields (RFC 6902). */
function* patched(root: DocNode, { kind = '' }: PatchOf, depth: number): Generator<Resource> {
  if (root.type === 'array') {
    if (kind === 'Profile' || kind === 'ServiceAccount') yield* patchedFields(root);
    else if (kind === '') yield* patchFile(root);
  } else if (root.type === 'object' && entry(root, 'kind') && entry(root, 'apiVersion')) {
    yield* visit(root, 'patch', depth + 1);
  } else if (root.type === 'object') {
    const meant = textOf(get(root, 'kind')) ?? kind;
    const apiVersion = textOf(get(root, 'apiVersion')) ?? API_VERSIONS.get(meant);
    if (apiVersion !== undefined) yield* manifest(root, apiVersion, meant, 'patch');
  }
}
