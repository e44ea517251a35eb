/**
 * Role annotations wherever they stand: in values of Helm, whole or as text in an Argo CD Application or a ConfigMap, in parameters of
 * Helm, in fields of any CRD, on pods. Beside them what else such files hold of a profile: its plugins, Argo's repository.
 */
import { type DocEntry, type DocNode, type DocObject, type DocScalar, find, get, textOf } from './document/node.ts';
import { parseEmbedded } from './document/parse.ts';
import { PLUGIN_KIND, ROLE_ANNOTATION } from './profile/names.ts';

/** What is found so. */
export type Anywhere =
  /** A map of annotations with one of EKS that is not that of a ServiceAccount manifest. */
  | {
      readonly kind: 'annotations';
      readonly root: DocObject;
      /** The kind that it annotates, where EKS reads no annotation of such things. */
      readonly of?: string;
      /** Known to be for a service account. */
      readonly isAccount: boolean;
      /** `serviceAccount` of a chart's values, beside which it stands and which has none. */
      readonly besides?: DocObject;
    }
  /** A parameter of Helm (`--set`) that sets the role annotation. */
  | { readonly kind: 'parameter'; readonly name: DocScalar; readonly value: DocNode }
  /** `s3` of an artifact repository of Argo in values of Helm. */
  | { readonly kind: 'repository'; readonly root: DocObject }
  /** A manifest inside another, to which parts may be added. */
  | { readonly kind: 'serviceAccount'; readonly root: DocObject; readonly partial: boolean }
  /** The plugins of a Profile. */
  | { readonly kind: 'patchedField'; readonly path: DocScalar; readonly value: DocNode };

/** The annotation of kube2iam and kiam, which they read of pods. */
export const KUBE2IAM = 'iam.amazonaws.com/role';

/** Whether a key is meant to be the role annotation. `iam.amazonaws.com/role` is not: kube2iam and kiam read it. */
export function isMisspelt(key: string): boolean {
  if (key === ROLE_ANNOTATION) return false;
  // Quotes, colons and backslashes that got into it.
  if (/^eks[^a-z0-9]*amazonaws[^a-z0-9]*com[^a-z0-9]*role[^a-z0-9]*arns?[^a-z0-9]*$/i.test(key)) return true;
  const match = /^(?<domain>.*?)[/.](?<name>(?:iam[-_]?|aws[-_]?)?role(?:[-_.]?arn)?)$/i.exec(key.trim());
  const { domain = '', name = '' } = match?.groups ?? {};
  if (/^role$/i.test(name)) return /^eks\.amazonaws\.com$/i.test(domain);
  return /^(?:eks\.)?(?:amazon|amazonaws|aws|amaznaws|amazonaw|amzonaws)(?:\.com)?(?:\.cn)?$|^eks(?:\.io|-?amazonaws\.com)?$|^iam\.amazonaws\.com$/i.test(
    domain,
  );
}

/** Whether a key is the role annotation, or meant to be. */
export const isRoleKey = (key: string): boolean => key === ROLE_ANNOTATION || isMisspelt(key);

/** The name of a Helm parameter (`--set`) that sets the role annotation, or is meant to; dots of a key are written `\.` there. */
export const ROLE_PARAMETER =
  /(?:^|\.)(?<map>\w*annotations)\.(?<key>["']?eks\\*\.amazonaws\\*\.com\\*\/role[-_]?arn["']?)$/i;

/** What pods are made of, or a thing like it: EKS reads no annotation of it. */
const WORKLOADS: ReadonlySet<string> = new Set([
  ...['Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Namespace'],
  ...['Notebook', 'InferenceService', 'Workflow', 'WorkflowTemplate', 'CronWorkflow'],
]);

/** What stands in a document that has any of it; of others nothing is read. */
const MARKS =
  /eks[\\.]*\.amazonaws|[/.]role[-_.]?arn|iam\.amazonaws\.com\/role|AwsIamForServiceAccount|artifactRepository|useSDKCreds|accessKeySecret/i;
const MAX_DEPTH = 60;

/** Where the walk is. */
interface Where {
  /** The kind of the object around. */
  readonly kind: string;
  /** The keys that lead here from there. */
  readonly path: readonly string[];
}

/** All that is ours in a document that is nothing of ours as a whole. */
export function* anywhere(root: DocNode): Generator<Anywhere> {
  if (MARKS.test(root.source.text.slice(root.start, root.end))) yield* walk(root, { kind: '', path: [] }, 0);
}

function* walk(node: DocNode, where: Where, depth: number): Generator<Anywhere> {
  if (depth > MAX_DEPTH) return;
  if (node.type === 'array') for (const item of node.items) yield* walk(item, where, depth + 1);
  else if (node.type === 'object') yield* inObject(node, where, depth);
  else if (node.type === 'string' && String(node.value).includes('\n') && MARKS.test(String(node.value))) {
    const { root, errors } = parseEmbedded(node, 'yaml');
    if (root && errors.length === 0) yield* walk(root, where, depth + 1);
  }
}

function* inObject(node: DocObject, { kind, path }: Where, depth: number): Generator<Anywhere> {
  const own = textOf(get(node, 'kind'));
  const isManifest = own !== undefined && textOf(get(node, 'apiVersion')) !== undefined;
  if (own === 'ServiceAccount' && isManifest) {
    yield { kind: 'serviceAccount', root: node, partial: true };
    return;
  }
  const [name, value] = [get(node, 'name'), get(node, 'value')];
  if (name?.type === 'string' && value && ROLE_PARAMETER.test(String(name.value)))
    yield { kind: 'parameter', name, value };
  const isPod = find(node, 'spec', 'containers')?.type === 'array';
  const here = isManifest ? { kind: own, path: [] } : { kind: isPod && !WORKLOADS.has(kind) ? 'Pod' : kind, path };
  for (const one of node.entries)
    yield* inEntry(one, { ...here, path: [...here.path, String(one.key.value)] }, depth, node);
}

function* inEntry({ key, value }: DocEntry, here: Where, depth: number, around: DocObject): Generator<Anywhere> {
  const name = String(key.value);
  if (value.type === 'object' && /annotations$/i.test(name)) {
    if (value.entries.some((one) => isOfEks(String(one.key.value)))) yield annotations(value, name, here, around);
  } else if (value.type === 'array' && name === 'plugins' && value.items.some(isPlugin)) {
    yield { kind: 'patchedField', path: { ...key, value: '/spec/plugins' }, value };
  } else if (name === 'artifactRepository') {
    const s3 = get(value.type === 'string' ? parseEmbedded(value, 'yaml').root : value, 's3');
    if (s3?.type === 'object') yield { kind: 'repository', root: s3 };
  } else if (here.kind === 'ConfigMap' && here.path.length === 2 && value.type === 'string' && isRepository(value)) {
    yield { kind: 'repository', root: get(parseEmbedded(value, 'yaml').root, 's3') as DocObject };
  } else yield* walk(value, here, depth + 1);
}

/** Whether a text is a repository of Argo: a bucket of S3, and whose credentials. */
function isRepository(text: DocScalar): boolean {
  // What a ConfigMap holds beside it may be large.
  if (!/\bs3["']?\s*:/.test(String(text.value))) return false;
  const s3 = get(parseEmbedded(text, 'yaml').root, 's3');
  return s3?.type === 'object' && ['useSDKCreds', 'accessKeySecret'].some((key) => get(s3, key)) && !!get(s3, 'bucket');
}

const isOfEks = (key: string): boolean => isRoleKey(key) || key.startsWith('eks.amazonaws.com/') || key === KUBE2IAM;
const isPlugin = (item: DocNode): boolean => textOf(get(item, 'kind'))?.toLowerCase() === PLUGIN_KIND.toLowerCase();

/** A map of annotations, with whose they are as far as that is certain. */
function annotations(root: DocObject, name: string, { kind, path }: Where, around: DocObject): Anywhere {
  const isOfPods = /^pod/i.test(name) || /^pod(?:Metadata|Template)?$/i.test(path.at(-2) ?? '');
  const of = WORKLOADS.has(kind) ? kind : isOfPods ? 'Pod' : undefined;
  const isAccount = path.some((step) => /serviceAccount/i.test(step));
  const account = name === 'annotations' ? get(around, 'serviceAccount') : undefined;
  const isBeside = account?.type === 'object' && account.entries.length > 0 && !get(account, 'annotations');
  if (of === undefined && isBeside) return { kind: 'annotations', root, isAccount, besides: account };
  return { kind: 'annotations', root, isAccount, ...(of === undefined ? {} : { of }) };
}
