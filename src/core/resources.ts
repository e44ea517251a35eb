/** Finds, in a parsed document, what the rules are about: manifests, patches of them, and IAM documents wherever they are held. */
import { HOLE, entry, find, get, textOf, wholeOf } from './document/node.ts';
import type { DocArray, DocNode, DocObject, DocScalar } from './document/node.ts';
import { type Anywhere, anywhere } from './annotations.ts';
import { joined } from './document/join.ts';
import { maskSubstitutions } from './document/template.ts';
import type { CommaError, ParseError } from './document/json.ts';
import { parseEmbedded, type Read } from './document/parse.ts';
import {
  carriedBy,
  carriedIn,
  type Carried,
  type ConfigFile,
  configFilesOf,
  decoded,
  generated,
  rolesIn,
} from './carriers.ts';
import { isKustomization } from './look.ts';
import { meant, POLICY_KEYS } from './policy/model.ts';
import { placeholdersIn } from './policy/placeholder.ts';
import { AWS_ENDPOINT, isOurConfigMap, PLUGIN_KIND } from './profile/names.ts';

/** Something that rules exist for. */
export type Resource = ManifestResource | PolicyResource | OtherResource;
export interface PolicyResource {
  readonly kind: 'trust' | 'permissions';
  readonly root: DocNode;
  /** Where the name of the role stands, if it does. */
  readonly role?: DocScalar;
  /** A managed policy, whose quota is another than that of the inline ones. */
  readonly managed?: true;
  /** Held in a string and not readable to its end. */
  readonly unfinished?: true;
  /** What makes it no JSON, where it is held in a string of a manifest. */
  readonly broken?: ParseError | CommaError;
  /** Not written like this in the file: a fix can only put a word for a word. */
  readonly generated?: true;
  /** It stands where only the policy of a role, a user or a group can. */
  readonly known?: true;
  /** Nothing in it can be read as a statement: known to be a policy by its place alone. */
  readonly shapeless?: true;
  /** The text that is no JSON, and where its characters stand, where it is not known what a part of it is. */
  readonly raw?: { readonly text: string; readonly at: (index: number) => number };
  /** The other inline policies of the same role, which share a quota with it. */
  readonly beside?: readonly DocNode[];
}
export interface ManifestResource {
  readonly kind: 'profile' | 'serviceAccount' | 'configMap';
  readonly root: DocObject;
  /** A patch, or otherwise not the whole object. */
  readonly partial: boolean;
  /** Not written like this in the file: a fix can only put a word for a word. */
  readonly generated?: true;
}
type OtherResource =
  /** A field of a Profile or ServiceAccount in a JSON patch. */
  | { readonly kind: 'patchedField'; readonly path: DocScalar; readonly value: DocNode }
  /** A ClusterConfig of eksctl. */
  | { readonly kind: 'eksctl'; readonly root: DocObject }
  | Anywhere
  /** Keys of AWS in the environment of pods. */
  | {
      readonly kind: 'keys';
      readonly root: DocObject;
      readonly of: 'PodDefault' | 'Secret' | 'ml-pipeline';
      /** Where they stand. */
      readonly place: DocScalar;
      /** The annotations of its pods. */
      readonly annotations?: DocNode;
    }
  | {
      readonly kind: 'podIdentity';
      readonly root: DocNode;
      readonly namespace?: string;
      readonly serviceAccount?: string;
    };

/** What a kustomization says about a file: of a patch the kind of the objects that it is for, if it names one; or what is made of it. */
export interface PatchOf {
  readonly kind?: string;
  readonly config?: ConfigFile;
}

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
  } else if (get(root, 'Resources')?.type === 'object') yield* cloudFormation(root);
  else if (get(root, 'terraform_version')) yield* ofState(root);
  else if (/\.(?:tf|tofu)\.json$/i.test(file)) yield* ofTerraformJson(root);
  else {
    const parts = carriedIn(root);
    yield* iamDocument(root);
    yield* parts.length > 0 ? carry(parts, file, depth) : anywhere(root);
  }
}

/** What the files of other tools hold. */
function* carry(parts: readonly Carried[], file: string, depth: number): Generator<Resource> {
  for (const part of parts) {
    if (part.as === 'document') yield* visit(part.node, part.partial ? 'patch' : file, depth + 1);
    else if (part.as === 'generated') {
      for (const one of visit(part.node, 'patch', depth + 1)) yield { ...one, generated: true } as Resource;
    } else if (part.as === 'podIdentity') yield podIdentity(part.node, 'namespace', part.account);
    else if (part.as === 'cloudFormation') yield* cloudFormation(part.node);
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

/** Keys that SDKs prefer to the role, and those of Kubeflow Pipelines' server, where they are for AWS. */
function* keys(root: DocObject, kind: string, name: string): Generator<Resource> {
  if (!/AWS_ACCESS_KEY_ID|OBJECTSTORECONFIG_ACCESSKEY/.test(root.source.text.slice(root.start, root.end))) return;
  if (kind === 'Secret') {
    const place = entry(get(root, 'stringData'), 'AWS_ACCESS_KEY_ID') ?? entry(get(root, 'data'), 'AWS_ACCESS_KEY_ID');
    if (place) yield { kind: 'keys', root, of: 'Secret', place: place.key };
    return;
  }
  const containers = find(root, 'spec', 'template', 'spec', 'containers');
  const env = kind === 'PodDefault' ? [find(root, 'spec', 'env')] : listOf(containers).map((one) => get(one, 'env'));
  const variables = env.flatMap(listOf);
  const valueOf = (wanted: RegExp): readonly string[] =>
    variables.flatMap((one) => (wanted.test(textOf(get(one, 'name')) ?? '') ? [textOf(get(one, 'value')) ?? ''] : []));
  const named = (wanted: string): DocNode | undefined =>
    variables.map((one) => get(one, 'name')).find((node) => textOf(node) === wanted);
  if (kind === 'PodDefault') {
    const place = named('AWS_ACCESS_KEY_ID');
    const isOther = valueOf(/ENDPOINT/).some((value) => !AWS_ENDPOINT.test(value));
    if (place?.type === 'string' && !isOther) yield { kind: 'keys', root, of: 'PodDefault', place };
  } else if (name === 'ml-pipeline') {
    const place = named('OBJECTSTORECONFIG_ACCESSKEY');
    const isAws = valueOf(/^OBJECTSTORECONFIG_HOST$|^MINIO_SERVICE_SERVICE_HOST$/).some((value) =>
      AWS_ENDPOINT.test(value),
    );
    const annotations = find(root, 'spec', 'template', 'metadata', 'annotations');
    if (place?.type === 'string' && isAws)
      yield { kind: 'keys', root, of: 'ml-pipeline', place, ...(annotations ? { annotations } : {}) };
  }
}

const listOf = (node: DocNode | undefined): readonly DocNode[] => (node?.type === 'array' ? node.items : []);

/** ACK (`spec`) and Crossplane (`spec.forProvider`) hold policies as strings. */
function* iamManifest(root: DocObject, kind: string): Generator<Resource> {
  const spec = find(root, 'spec', 'forProvider') ?? get(root, 'spec');
  const role = kind === 'Role' ? (get(spec, 'name') ?? find(root, 'metadata', 'name')) : get(spec, 'role');
  const known = true;
  for (const key of ['assumeRolePolicyDocument', 'assumeRolePolicy'])
    yield* held('trust', get(spec, key), role, { known });
  for (const key of ['policyDocument', 'policy', 'document'])
    yield* held('permissions', get(spec, key), role, { known, managed: kind === 'Policy' });
  const inlineMap = get(spec, 'inlinePolicies');
  const inlineList = get(spec, 'inlinePolicy');
  yield* together([
    ...(inlineMap?.type === 'object' ? inlineMap.entries : []).flatMap(({ value }) => [
      ...held('permissions', value, role, { known }),
    ]),
    ...(inlineList?.type === 'array' ? inlineList.items : []).flatMap((item) => [
      ...held('permissions', get(item, 'policy'), role, { known }),
    ]),
  ]);
}

/** The inline policies of one role: their quota is one. */
const together = (policies: readonly PolicyResource[]): readonly PolicyResource[] =>
  policies.length < 2
    ? policies
    : policies.map((one) => ({
        ...one,
        beside: policies.flatMap((other) => (other === one ? [] : [other.root])),
      }));

/** `AWS::IAM::*` of a CloudFormation or SAM template. */
function* cloudFormation(root: DocObject): Generator<Resource> {
  const resources = get(root, 'Resources');
  for (const { value: resource } of resources?.type === 'object' ? resources.entries : []) {
    const type = textOf(get(resource, 'Type')) ?? '';
    const properties = get(resource, 'Properties');
    if (type === 'AWS::EKS::PodIdentityAssociation') yield podIdentity(properties, 'Namespace', 'ServiceAccount');
    if (type === 'Custom::AWSCDK-EKS-KubernetesResource') yield* synthesized(get(properties, 'Manifest'));
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
        if (one.type !== 'object') return [];
        const documents = branchesOf(get(one, 'PolicyDocument'));
        return documents.length === 0
          ? [...held('permissions', one, role)]
          : documents.flatMap((document) => [...held('permissions', document, role, { known })]);
      }),
    );
  }
}

/** Manifests that CDK hands to its cluster, as JSON in a text. */
function* synthesized(manifest: DocNode | undefined): Generator<Resource> {
  const text = manifest && withoutIntrinsics(manifest);
  const { root } = text?.type === 'string' ? parseEmbedded(text, 'json') : {};
  for (const one of root?.type === 'array' ? root.items : []) yield* visit(one, '', 1);
}

/** A policy that is the file, or the answer of `aws iam get-role` and its like. */
function* iamDocument(root: DocObject): Generator<Resource> {
  const version = get(root, 'PolicyVersion');
  const answer = get(root, 'Role') ?? version ?? root;
  const role = get(answer, 'RoleName');
  yield* held('trust', get(answer, 'AssumeRolePolicyDocument'), role);
  yield* held('permissions', get(answer, 'PolicyDocument') ?? get(answer, 'Document'), role, {
    managed: answer === version,
  });
  const kind = isForeign(root) ? undefined : policyKind(root);
  if (kind) yield* held(kind, root, role);
}

/**
 * Marks of policies that are written as IAM's and are none: resources of Alibaba (`acs:`) and Tencent (`qcs:`), actions of MinIO's
 * and of other object stores' administration. Sources: Alibaba RAM and Tencent CAM, "policy syntax"; MinIO, "policy actions".
 */
const FOREIGN = /^(?:acs|qcs):|^(?:admin|oss|obs|cos|minio):/i;
/** Versions of the policy languages of Alibaba (1), Huawei (1.1, 5.0) and Tencent (2.0). */
const FOREIGN_VERSION = /^(?:1|1\.1|2|2\.0|5|5\.0)$/;

/** Whether a document that looks like a policy belongs to another cloud or product: what is right there is none of our business. */
function isForeign(root: DocObject): boolean {
  const words = statementsOf(root).flatMap((one) =>
    ['Action', 'NotAction', 'Resource', 'NotResource'].flatMap((key) => [texts(get(one, key))].flat()),
  );
  if (words.some((word) => FOREIGN.test(String(word)))) return true;
  const version = get(root, 'Version');
  const isOther =
    version?.type !== 'object' && version?.type !== 'array' && FOREIGN_VERSION.test(String(version?.value));
  return isOther && !/arn:aws/.test(root.source.text.slice(root.start, root.end));
}

function statementsOf(root: DocObject): readonly DocNode[] {
  const statement = get(root, 'Statement');
  return statement?.type === 'array' ? statement.items : statement ? [statement] : [];
}

/**
 * An IAM document, maybe in a string. A trust policy that has nothing to do with tokens is not ours.
 *
 * @param known nothing but a policy of IAM can stand here, so that something else is a mistake
 */
export function* held(
  kind: 'trust' | 'permissions',
  node: DocNode | undefined,
  role: DocNode | undefined,
  { managed = false, known = false }: { readonly managed?: boolean; readonly known?: boolean } = {},
): Generator<PolicyResource> {
  if (!node) return;
  const plain = withoutIntrinsics(node);
  const encoded = plain.type === 'string' ? decoded(plain) : undefined;
  const { root, errors, commas }: Read =
    plain.type === 'string' ? parseEmbedded(encoded ?? plain, 'json') : { root: plain, errors: [] };
  const isShapeless = root?.type !== 'object' || !hasStatement(root);
  if (isShapeless && !(known && isMeant(node))) return;
  if (kind === 'trust' && !isShapeless && !isAboutPods(root)) return;
  const broken = errors[0] ?? commas?.[0];
  yield {
    kind,
    root: root ?? node,
    ...(role?.type === 'string' ? { role } : {}),
    ...(managed ? { managed } : {}),
    ...(known ? { known } : {}),
    ...(isShapeless ? { shapeless: true } : {}),
    ...(errors.length > 0 ? { unfinished: true } : {}),
    ...(broken ? { broken } : {}),
    ...(isShapeless && node.type === 'string' ? { raw: { text: String(node.value), at: node.at } } : {}),
    ...(encoded ? { generated: true } : {}),
  };
}

/** Whether somebody wrote a policy here: no word that something puts one in the place of, and nothing that is decided elsewhere. */
function isMeant(node: DocNode): boolean {
  if (node.type === 'null') return false;
  if (node.type === 'object') {
    const names = node.entries.map(({ key }) => String(key.value));
    // A file that a tool puts in is named by a key of its own.
    const isPolicy =
      names.length === 0 || names.some((name) => POLICY_KEYS.includes(name) || meant(name) !== undefined);
    return isPolicy && !names.some((name) => /^(?:Ref|Fn::.*|<<)$/.test(name) || name.includes(HOLE));
  }
  if (node.type !== 'string') return true;
  const text = String(node.value).trim();
  return /\s|^[{[]/.test(text) && !text.includes('...') && !text.includes(HOLE) && placeholdersIn(text).length === 0;
}

/**
 * Trust, permissions, or neither. A policy of a bucket, a key or an endpoint, and one that an organization sets for all resources, has
 * both principals and resources, and is right so. A role's trust with a Resource is a mistake of its own, which IAM rejects: it is
 * told by a provider that it allows, while the others name everybody or deny.
 */
function policyKind(root: DocObject): 'trust' | 'permissions' | undefined {
  const statements = statementsOf(root);
  if (statements.length === 0) return undefined;
  const has = (...keys: string[]): boolean => statements.some((one) => keys.some((key) => entry(one, key)));
  const assumes = statements.some((one) => /sts:AssumeRole/.test(JSON.stringify(texts(get(one, 'Action')))));
  if (has('Principal', 'NotPrincipal')) {
    if (!has('Resource', 'NotResource')) return 'trust';
    const isAnybody = (one: DocNode): boolean => textOf(get(one, 'Principal')) !== undefined || has('NotPrincipal');
    const trusts = statements.some(
      (one) => entry(get(one, 'Principal'), 'Federated') && textOf(get(one, 'Effect'))?.toLowerCase() !== 'deny',
    );
    return assumes && trusts && !statements.some(isAnybody) ? 'trust' : undefined;
  }
  if (has('Resource', 'NotResource')) return 'permissions';
  return assumes ? 'trust' : 'permissions';
}

const texts = (node: DocNode | undefined): unknown =>
  node?.type === 'array' ? node.items.map(texts) : node?.type === 'object' ? null : node?.value;

const STATEMENT_KEYS = ['Effect', 'Action', 'NotAction', 'Principal', 'NotPrincipal', 'Resource', 'NotResource'];

/** Whether `Statement` is one of IAM, and not a word of some other document. */
const hasStatement = (root: DocObject): boolean =>
  statementsOf(root).some((one) => STATEMENT_KEYS.some((key) => entry(one, key)));

/** Whether a trust policy is about pods: by tokens of an OIDC provider or by EKS Pod Identity, not of services and accounts. */
function isAboutPods(root: DocObject): boolean {
  const text = root.source.text.slice(root.start, root.end);
  return (
    /WebIdentity|oidc|Federated|pods\.eks\.amazonaws\.com/i.test(text) &&
    (/oidc[.-]eks\./.test(text) || !/saml-provider|AssumeRoleWithSAML/.test(text))
  );
}

const podIdentity = (node: DocNode | undefined, namespaceKey: string, accountKey: string): Resource => {
  const [namespace, serviceAccount] = [textOf(get(node, namespaceKey)), textOf(get(node, accountKey))];
  return {
    kind: 'podIdentity',
    root: node ?? UNKNOWN,
    ...(namespace === undefined ? {} : { namespace }),
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
  };
};

const UNKNOWN: DocScalar = {
  type: 'null',
  value: null,
  start: 0,
  end: 0,
  source: { text: '', format: 'yaml' },
  at: () => 0,
};

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

/** The patches that a kustomization holds or names, with what it says about them. */
function patchesOf(root: DocNode): { readonly patch: DocScalar; readonly isPath: boolean; readonly of: PatchOf }[] {
  return ['patches', 'patchesStrategicMerge', 'patchesJson6902'].flatMap((key) => {
    const list = get(root, key);
    return (list?.type === 'array' ? list.items : []).flatMap((item) => {
      const kind = textOf(find(item, 'target', 'kind'));
      const patch = item.type === 'string' ? item : (get(item, 'patch') ?? get(item, 'path'));
      if (patch?.type !== 'string') return [];
      const isPath = !String(patch.value).includes('\n') && (item.type === 'string' || !get(item, 'patch'));
      return [{ patch, isPath, of: kind === undefined ? {} : { kind } }];
    });
  });
}

/** The files that a kustomization names as patches, or to make ConfigMaps and Secrets of. */
export const patchFilesOf = (root: DocNode): { readonly path: string; readonly of: PatchOf }[] => [
  ...patchesOf(root).flatMap(({ patch, isPath, of }) => (isPath ? [{ path: String(patch.value), of }] : [])),
  ...configFilesOf(root).map(({ path, of }) => ({ path, of: { config: of } })),
];

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

/** The fields that a JSON patch sets. */
function* patchedFields(patch: DocArray): Generator<Extract<Resource, { kind: 'patchedField' }>> {
  for (const operation of patch.items) {
    const [path, value] = [get(operation, 'path'), get(operation, 'value')];
    if (path?.type === 'string' && value && textOf(get(operation, 'op')) !== 'test')
      yield { kind: 'patchedField', path, value };
  }
}

/** A JSON patch in a file of its own does not say what it patches: only fields and plugins that nothing else has are ours. */
function* patchFile(patch: DocArray): Generator<Resource> {
  for (const one of patchedFields(patch)) {
    const isField = /\/(?:awsIamRole|annotateOnly|eks\.amazonaws\.com~1role-arn)$/.test(String(one.path.value));
    const kind = textOf(get(one.value, 'kind'));
    if (isField || kind?.toLowerCase() === PLUGIN_KIND.toLowerCase()) yield one;
  }
}

/** What `terraform show -json` says of a state or a plan: everything is known there. */
function* ofState(root: DocObject): Generator<Resource> {
  for (const key of ['values', 'planned_values']) yield* ofModule(get(get(root, key), 'root_module'), 0);
  const prior = find(root, 'prior_state', 'values', 'root_module');
  if (!get(root, 'planned_values')) yield* ofModule(prior, 0);
}

function* ofModule(module: DocNode | undefined, depth: number): Generator<Resource> {
  if (depth > 20) return;
  const [resources, children] = [get(module, 'resources'), get(module, 'child_modules')];
  for (const one of resources?.type === 'array' ? resources.items : []) {
    const type = textOf(get(one, 'type')) ?? '';
    // Data are the input of what is made of them.
    if (textOf(get(one, 'mode')) !== 'data') yield* terraformResource(type, get(one, 'values'));
  }
  for (const one of children?.type === 'array' ? children.items : []) yield* ofModule(one, depth + 1);
}

/** Terraform written as JSON: what is text there holds templates. */
function* ofTerraformJson(root: DocObject): Generator<Resource> {
  const types = get(root, 'resource');
  for (const { key, value } of types?.type === 'object' ? types.entries : [])
    for (const named of listed(value))
      for (const one of named.type === 'object' ? named.entries : [])
        for (const body of listed(one.value)) yield* terraformResource(String(key.value), masked(body));
}
const listed = (node: DocNode): readonly DocNode[] => (node.type === 'array' ? node.items : [node]);

/** A value with its templates masked. */
function masked(node: DocNode): DocNode {
  if (node.type === 'array') return { ...node, items: node.items.map(masked) };
  if (node.type === 'object')
    return { ...node, entries: node.entries.map(({ key, value }) => ({ key, value: masked(value) })) };
  return node.type === 'string' && /[$%]\{/.test(String(node.value))
    ? { ...node, value: maskSubstitutions(String(node.value)) }
    : node;
}

function* terraformResource(type: string, values: DocNode | undefined): Generator<Resource> {
  const name = get(values, type === 'aws_iam_role_policy' ? 'role' : 'name');
  const role = textOf(name)?.includes(HOLE) === false ? name : undefined;
  if (type === 'aws_iam_role') {
    yield* held('trust', get(values, 'assume_role_policy'), role, { known: true });
    const inline = get(values, 'inline_policy');
    for (const one of inline ? listed(inline) : [])
      yield* held('permissions', get(one, 'policy'), role, { known: true });
  } else if (type === 'aws_iam_role_policy') yield* held('permissions', get(values, 'policy'), role, { known: true });
  else if (type === 'aws_iam_policy')
    yield* held('permissions', get(values, 'policy'), undefined, { managed: true, known: true });
  else if (type === 'aws_eks_pod_identity_association') yield podIdentity(values, 'namespace', 'service_account');
  else if (/^kubernetes_service_account(?:_v1)?$/.test(type)) {
    const metadata = get(values, 'metadata');
    for (const one of metadata ? listed(metadata) : []) yield* anywhere(one);
  } else if (type === 'kubernetes_manifest' || type === 'kubectl_manifest') {
    const manifest = get(values, 'manifest') ?? get(values, 'object');
    if (manifest) yield* visit(manifest, '', 1);
  }
}

/**
 * CloudFormation's long intrinsics become unknown values, as the parser makes of the short ones (`!Ref`). The branches of an `Fn::If`
 * stand side by side where a list may stand, before an unknown value that says that not all of it is certain.
 */
export function withoutIntrinsics(node: DocNode): DocNode {
  if (node.type === 'array') {
    const items = node.items.flatMap((item) => (isChoice(item) ? sideBySide(item) : [withoutIntrinsics(item)]));
    return { ...node, items };
  }
  if (node.type !== 'object') return node;
  const [only, more] = node.entries;
  const name = String(only?.key.value);
  if (only && !more && (name === 'Ref' || name.startsWith('Fn::'))) {
    const template = only.value.type === 'array' ? only.value.items[0] : only.value;
    if (name === 'Fn::Sub' && template?.type === 'string') {
      return { ...template, value: maskSubstitutions(String(template.value)), whole: wholeOf(node) };
    }
    const join = name === 'Fn::Join' ? joined(withoutIntrinsics(only.value), wholeOf(node)) : undefined;
    return join ?? unknownAt(node);
  }
  return {
    ...node,
    entries: node.entries.map(({ key, value }) => ({
      key,
      value:
        LISTS.has(String(key.value)) && isChoice(value)
          ? {
              type: 'array',
              items: sideBySide(value),
              start: value.start,
              end: value.end,
              source: value.source,
              whole: wholeOf(value),
            }
          : withoutIntrinsics(value),
    })),
  };
}

/** Elements of a policy that are a list or one of it. */
const LISTS: ReadonlySet<string> = new Set(['Statement', 'Action', 'NotAction', 'Resource', 'NotResource']);

const isChoice = (node: DocNode): boolean =>
  node.type === 'object' && node.entries.length === 1 && node.entries[0]?.key.value === 'Fn::If';

/** What a value may come to: the branches of an `Fn::If`, else itself. One that is nothing (`AWS::NoValue`) is left out. */
function branchesOf(node: DocNode | undefined): readonly DocNode[] {
  if (!node) return [];
  if (!isChoice(node)) return [node];
  const its = get(node, 'Fn::If');
  const branches = its?.type === 'array' ? its.items.slice(1) : [];
  return branches
    .flatMap(branchesOf)
    .filter((one) => !(one.type === 'string' && one.value === HOLE) && !entry(one, 'Ref'));
}

function sideBySide(node: DocNode): DocNode[] {
  node.source.choices?.push(wholeOf(node));
  const branches = branchesOf(node).flatMap((one) => (one.type === 'array' ? one.items : [one]));
  return [...branches.map(withoutIntrinsics), unknownAt(node)];
}

function unknownAt(node: DocNode): DocScalar {
  const { start, end, source } = node;
  return { type: 'string', value: HOLE, start, end, source, at: () => start, whole: wholeOf(node) };
}
