import { placeholdersIn } from '../../policy/placeholder.ts';
import { bucketNameProblem } from '../../arn/s3.ts';
import { addEntry, isBlock, nestEntries, renameKey, replaceValue } from '../../document/edit.ts';
import {
  type DocEntry,
  type DocNode,
  type DocObject,
  type DocScalar,
  entry,
  find,
  get,
  textOf,
} from '../../document/node.ts';
import { parseEmbedded } from '../../document/parse.ts';
import { type Edit, finding, type Fix, type Seen } from '../../finding.ts';
import { isOurConfigMap, type OurConfigMap } from '../../profile/names.ts';
import type { Resource } from '../../resource.ts';
import { isOpen } from '../folder.ts';
import {
  checkPlaceholder,
  correct,
  headOf,
  hasHole,
  type ManifestContext,
  rewriting,
  shorten,
  toJson,
} from '../manifest.ts';
import { filled } from '../profile/role.ts';
import { checkRegion, checkS3 } from './repository.ts';

type Check = (data: DocObject, root: DocObject, context: ManifestContext) => Seen[];

/** What is wrong in each ConfigMap that we know. */
const CHECKS: Readonly<Record<OurConfigMap, Check>> = {
  'kfp-launcher': checkLauncher,
  'artifact-repositories': checkRepositories,
  'workflow-controller-configmap': checkWorkflowController,
};

/** A ConfigMap that decides where artifacts go, whole or a patch. */
export function ofConfigMap(thing: Resource, given: ManifestContext): Seen[] {
  if (thing.kind === 'repository') return ofValues(thing.root, given);
  if (thing.kind !== 'configMap') return [];
  const { root } = thing;
  const [name = '', namespace] = [textOf(find(root, 'metadata', 'name')), textOf(find(root, 'metadata', 'namespace'))];
  const data = get(root, 'data');
  const partial = given.partial === true || thing.partial;
  const context = { ...given, partial, ...(namespace === undefined ? {} : { profile: namespace }) };
  return data?.type === 'object' && isOurConfigMap(name) ? CHECKS[name](data, root, context) : [];
}

/** A repository in values, which others may complete. Where it has all but an endpoint, that is likely to be missing. */
function ofValues(s3: DocObject, context: ManifestContext): Seen[] {
  const isFilledIn = context.template === true || s3.entries.some(({ value }) => isOpen(textOf(value) ?? ''));
  const lower = (one: Seen): Seen =>
    one.severity === 'error' && one.id === 'KP-058' ? { ...one, severity: 'warning' } : one;
  return checkS3(s3, !isFilledIn && entry(s3, 'useSDKCreds') !== undefined, { ...context, template: true }).map(lower);
}

function checkLauncher(data: DocObject, root: DocObject, context: ManifestContext): Seen[] {
  const rootNode = get(data, 'defaultPipelineRoot');
  const providers = entry(data, 'providers');
  return [
    ...checkPipelineRoot(rootNode, root, context),
    ...(providers ? [...checkProviders(providers, textOf(rootNode)), ...ignored(providers, rootNode)] : []),
  ];
}

/** KP-055. Without a hint that the profile is meant for S3, minio:// is just what KFP ships, so it is only information. */
function checkPipelineRoot(node: DocNode | undefined, root: DocObject, context: ManifestContext): Seen[] {
  const severity = context.bucket === undefined ? 'information' : 'warning';
  const onS3 = context.bucket === undefined ? undefined : `s3://${context.bucket}/${context.profile ?? 'v2'}/artifacts`;
  const value = filled(node);
  if (!value) {
    if (context.partial === true) return [];
    const data = get(root, 'data');
    const fixes: Fix[] =
      onS3 === undefined || data?.type !== 'object'
        ? []
        : [
            {
              title: `Set ${onS3}`,
              edits: node ? [replaceValue(node, onS3)] : addEntry(data, 'defaultPipelineRoot', onS3),
              preferred: true,
            },
          ];
    const message =
      'Without defaultPipelineRoot, artifacts go to minio://mlpipeline/v2/artifacts, the object store in the cluster.';
    const where = node ? entry(data, 'defaultPipelineRoot')?.key : find(root, 'metadata', 'name');
    return [finding('KP-055', where ?? headOf(root), message, fixes, severity)];
  }
  const placeholder = checkPlaceholder(value, context);
  if (placeholder) return placeholder;
  if (hasHole(value)) return [];
  const text = String(value.value);
  const fixes = onS3 === undefined ? [] : [correct(value, onS3)];
  if (text.startsWith('minio://')) {
    const message = 'Artifacts go to the object store in the cluster, not to S3, and nothing says so.';
    return [finding('KP-055', value, message, fixes, severity)];
  }
  const quotes = ofQuotes(value, text);
  if (quotes) return [quotes];
  if (!ADDRESS.test(text)) {
    const missing = /^(?:s3:\/+)?(?=[a-z0-9])(?<rest>[^:]+)$/.exec(text)?.groups?.['rest'];
    const likely =
      missing === undefined || onS3 !== undefined
        ? fixes
        : [{ ...correct(value, `s3://${missing}`), preferred: text.startsWith('s3:') }];
    return [
      finding(
        'KP-055',
        value,
        'A pipeline root is an address such as s3://<bucket>/<prefix>; runs fail with this one.',
        likely,
        'error',
      ),
    ];
  }
  const bucket = /^s3:\/\/(?<bucket>[^/?]*)/.exec(text)?.groups?.['bucket'];
  const problem = bucket === undefined ? undefined : bucketNameProblem(bucket);
  if (problem !== undefined && bucket !== undefined) {
    const range = bucket === '' ? value : { start: value.at(5), end: value.at(5 + bucket.length) };
    return [finding('KP-042', range, problem, [], /[A-Z_]/.test(bucket) ? 'warning' : 'error')];
  }
  return [];
}

/** What a pipeline root begins with. */
const ADDRESS = /^[a-z][a-z0-9]*:\/\//;

/** KP-055: quotes that are part of the value, as in a file of pairs, where nothing takes them for quotes. */
function ofQuotes(node: DocScalar, text: string): Seen | undefined {
  const root = /^(["'])(?<root>.+)\1\s*$/.exec(text)?.groups?.['root'];
  if (root === undefined || !ADDRESS.test(root)) return undefined;
  const bucket = /^s3:\/\/(?<bucket>[^/?]*)/.exec(root)?.groups?.['bucket'];
  const { start, end, source } = node;
  // Where the value stands as it is, it would be written in these quotes again.
  const edit = source.text.slice(start, end) === text ? { start, end, newText: root } : replaceValue(node, root);
  const isRight = bucket !== undefined && bucketNameProblem(bucket) === undefined;
  const fix: Fix = { title: 'Take the quotes away', edits: [edit], preferred: isRight };
  return finding('KP-055', node, 'The quotes are part of this pipeline root; runs fail with it.', [fix], 'error');
}

/** KP-056: settings beside a root with a query. */
function ignored({ key, value }: DocEntry, root: DocNode | undefined): Seen[] {
  if (textOf(root)?.startsWith('s3://') !== true || !textOf(root)?.includes('?') || !filled(value)) return [];
  const message = 'The root has a query (?…), and then KFP takes nothing from providers. Keep one of them.';
  return [finding('KP-056', key, message, [], 'warning')];
}

const BOOLEANS = ['disableSSL', 'forcePathStyle'];

/** KP-056: `providers`, a string that holds YAML (kubeflow/pipelines backend/src/v2/config). */
function checkProviders(providers: DocEntry, pipelineRoot?: string): Seen[] {
  const { value } = providers;
  if (hasHole(value) || value.type === 'null') return [];
  if (value.type === 'object') {
    const edit: Edit = isBlock(value)
      ? { ...afterColon(providers), newText: ' |-' }
      : { ...replaceValue(value, ''), newText: quoted(value) };
    const fix: Fix = isBlock(value)
      ? { title: 'Make it a string', edits: [edit], preferred: true }
      : rewriting('Make it a string', [edit], value);
    return [
      finding(
        'KP-056',
        providers.key,
        'providers is a string that holds YAML; the API server rejects an object here.',
        [fix],
      ),
      ...checkProviderList(value, pipelineRoot),
    ];
  }
  if (value.type !== 'string') return [finding('KP-056', value, 'providers is a string that holds YAML.')];
  const { root, errors } = parseEmbedded(value, 'yaml');
  const [error] = errors;
  if (error)
    return [
      finding('KP-056', within(error, value), `This is not YAML, and the driver of every run fails: ${error.message}`),
    ];
  if (!root || hasHole(root)) return [];
  if (root.type !== 'object')
    return [finding('KP-056', value, 'providers holds an object with s3, minio or gs; every run fails.')];
  return checkProviderList(root, pipelineRoot);
}

function checkProviderList(providers: DocObject, root?: string): Seen[] {
  return providers.entries.flatMap(({ key, value: provider }) => {
    const name = String(key.value);
    if (!['s3', 'minio', 'gs'].includes(name)) {
      const lower = name.toLowerCase();
      const right = lower === 'gcs' ? 'gs' : lower;
      const fixes: Fix[] = ['s3', 'minio', 'gs'].includes(right)
        ? [{ ...correct(key, right), title: `Rename to ${right}` }]
        : [];
      return [
        finding(
          'KP-056',
          key,
          `KFP knows the providers s3, minio and gs; "${shorten(name)}" is ignored.`,
          fixes,
          'warning',
        ),
      ];
    }
    const scheme = /^[a-z][a-z0-9]*(?=:\/\/)/.exec(root ?? '')?.[0];
    const isOther = name === 'minio' && scheme === 's3' && !get(providers, 's3');
    const message = 'The root is on s3://, and KFP reads the settings of s3 alone: these are ignored.';
    const other = isOther
      ? [finding('KP-056', key, message, [{ ...correct(key, 's3'), preferred: false }], 'warning')]
      : [];
    return name === 'gs' || provider.type !== 'object' ? other : [...other, ...checkStore(provider)];
  });
}

/** What people write beside `default` and `overrides`. */
const SETTINGS = ['endpoint', 'region', 'credentials', 'disableSSL', 'forcePathStyle', 'maxRetries'];

/** Go matches keys without case. */
const caseless = (node: DocNode | undefined, name: string): DocEntry | undefined =>
  node?.type === 'object'
    ? node.entries.findLast(({ key }) => String(key.value).toLowerCase() === name.toLowerCase())
    : undefined;

/** The settings of s3 or minio. */
function checkStore(provider: DocObject): Seen[] {
  const [standard, overrides] = ['default', 'overrides'].map((name) => caseless(provider, name));
  const direct = provider.entries.filter(({ key }) =>
    SETTINGS.some((name) => name.toLowerCase() === String(key.value).toLowerCase()),
  );
  const found: Seen[] = [];
  const [first] = direct;
  if (first) {
    const from = provider.entries.indexOf(first);
    const together = direct.every((one, index) => provider.entries[from + index] === one);
    const fixes: Fix[] =
      !standard && together
        ? [
            {
              title: 'Move into default',
              edits: nestEntries(direct, 'default'),
              preferred: get(provider, 'credentials') !== undefined,
            },
          ]
        : [];
    const message = 'KFP reads default and overrides here: what stands beside them is ignored.';
    found.push(finding('KP-056', first.key, message, fixes, 'warning'));
  }
  if (standard) found.push(...checkProvider(standard.value, standard.key, 'default'));
  const items = overrides?.value.type === 'array' ? overrides.value.items : [];
  if (overrides && items.length > 0 && (!standard || standard.value.type === 'null')) {
    const usual = { credentials: { fromEnv: true } };
    const edits = standard ? [replaceValue(standard.value, usual)] : addEntry(provider, 'default', usual);
    const message = 'There are overrides and no default: every run fails with "missing default credentials".';
    found.push(finding('KP-056', overrides.key, message, [{ title: 'Add default', edits, preferred: true }]));
  }
  for (const item of items)
    if (item.type === 'object') found.push(...checkProvider(item, headOf(item), 'override'), ...checkMatch(item));
  return found;
}

/** The bucket and the prefix that an override is for: names, without scheme and slash. */
function checkMatch(item: DocObject): Seen[] {
  const found: Seen[] = [];
  const [bucket, prefix] = ['bucketName', 'keyPrefix'].map((name) => caseless(item, name)?.value);
  const says = (node: DocNode, right: string): void => {
    const message = `This override is never used: a bucket has no scheme, and a key begins without a slash.`;
    const fixes = right === '' ? [] : [correct(node, right)];
    found.push(finding('KP-056', node, message, fixes, 'warning'));
  };
  const [name, begin] = [textOf(bucket), textOf(prefix)];
  if (bucket && name?.includes('/') === true && !hasHole(bucket)) {
    const plain = /^[a-z0-9]+:\/\/(?<name>[^/]+)\/?$/.exec(name)?.groups?.['name'] ?? '';
    says(bucket, plain);
  }
  if (prefix && begin?.startsWith('/') === true && !hasHole(prefix)) says(prefix, begin.replace(/^\/+/, ''));
  return found;
}

/** A default or an override. */
function checkProvider(value: DocNode, where: { start: number; end: number }, what: 'default' | 'override'): Seen[] {
  if (value.type !== 'object') return [];
  const findings = BOOLEANS.flatMap((name) => notBoolean(caseless(value, name)?.value));
  findings.push(
    ...checkRegion('KP-056', caseless(value, 'region')?.value, caseless(value, 'endpoint')?.value, 'error'),
  );
  const credentials = caseless(value, 'credentials');
  if (!credentials || credentials.value.type === 'null') {
    const edits = credentials
      ? [replaceValue(credentials.value, { fromEnv: true })]
      : addEntry(value, 'credentials', { fromEnv: true });
    const fix: Fix = { title: 'Add credentials: fromEnv', edits, preferred: true };
    findings.push(finding('KP-056', where, `Every run fails with "missing ${what} credentials".`, [fix]));
    return findings;
  }
  const fromEnv = caseless(credentials.value, 'fromEnv')?.value;
  const secret = caseless(credentials.value, 'secretRef');
  const wrongType = notBoolean(fromEnv);
  findings.push(...wrongType);
  const useEnv = fromEnv?.type === 'boolean' && fromEnv.value === true;
  if (wrongType.length === 0 && !useEnv && !secret && credentials.value.type === 'object') {
    const edits = fromEnv ? [replaceValue(fromEnv, true)] : addEntry(credentials.value, 'fromEnv', true);
    const fix: Fix = { title: 'Set fromEnv: true', edits, preferred: true };
    findings.push(
      finding('KP-056', fromEnv ?? credentials.key, 'Neither fromEnv nor secretRef: the driver of every run crashes.', [
        fix,
      ]),
    );
  }
  for (const [wrong, right] of SECRET_KEYS) {
    const its = useEnv ? undefined : caseless(secret?.value, wrong);
    if (!its || caseless(secret?.value, right)) continue;
    const fix: Fix = { title: `Rename to ${right}`, edits: [renameKey(its, right)], preferred: true };
    findings.push(
      finding(
        'KP-056',
        its.key,
        `KFP reads ${right} here, the name of the key in the secret: runs find no credentials.`,
        [fix],
      ),
    );
  }
  return findings;
}

const SECRET_KEYS = [
  ['accessKey', 'accessKeyKey'],
  ['secretKey', 'secretKeyKey'],
] as const;

/** A boolean in quotes, which Go refuses to decode. */
function notBoolean(node: DocNode | undefined): Seen[] {
  if (!node || node.type === 'boolean' || node.type === 'null' || hasHole(node)) return [];
  if (node.type === 'string' && placeholdersIn(String(node.value)).length > 0) return [];
  const text = node.type === 'string' ? String(node.value).trim().toLowerCase() : '';
  const sure = text === 'true' || text === 'false';
  const fixes: Fix[] = sure
    ? [{ title: `Change to ${text}`, edits: [{ ...replaceValue(node, true), newText: text }], preferred: true }]
    : [];
  const where = node.type === 'object' ? headOf(node) : node;
  return [
    finding(
      'KP-056',
      where,
      'This must be true or false without quotes: the driver of every run fails to read it.',
      fixes,
    ),
  ];
}

/** Names of the annotation that says which key of `artifact-repositories` is the usual one (argo-workflows artifactrepositories.go). */
const DEFAULT_REPOSITORY = 'workflows.argoproj.io/default-artifact-repository';

/** KP-058 and KP-048 of Argo's artifact repositories, one in each key of `artifact-repositories`. */
function checkRepositories(data: DocObject, root: DocObject, context: ManifestContext): Seen[] {
  const named = filled(find(root, 'metadata', 'annotations', DEFAULT_REPOSITORY));
  const keys = data.entries.map(({ key }) => String(key.value));
  const found = data.entries.flatMap(({ value }) => {
    const text = filled(value);
    return text ? inYaml(text, (one) => checkRepository(one, context)) : [];
  });
  const isThere = named === undefined || isOpen(String(named.value)) || keys.includes(String(named.value));
  if (isThere || context.partial === true || data.entries.some(({ key }) => hasHole(key))) return found;
  const [only, more] = keys;
  const fixes = only !== undefined && more === undefined ? [correct(named, only)] : [];
  const message = `There is no key ${shorten(String(named.value))} in data: every workflow of the namespace fails.`;
  return [finding('KP-058', named, message, fixes, 'error'), ...found];
}

/** What one repository says. Its fields stand directly in it. */
function checkRepository(root: DocNode, context: ManifestContext): Seen[] {
  const nested = entry(root, 'artifactRepository');
  const whole = context.partial !== true;
  if (!nested || get(root, 's3')) return checkS3(get(root, 's3'), whole, context);
  const message = 'Argo expects s3 directly here: under a second artifactRepository it finds no repository at all.';
  return [finding('KP-058', nested.key, message, [], 'error'), ...checkS3(get(nested.value, 's3'), whole, context)];
}

function checkWorkflowController(data: DocObject, _root: DocObject, context: ManifestContext): Seen[] {
  return ['artifactRepository', 'config'].flatMap((key) => {
    const text = filled(get(data, key));
    if (!text) return [];
    return inYaml(text, (root) => {
      const its = key === 'config' ? get(root, 'artifactRepository') : root;
      return its ? checkRepository(its, context) : [];
    });
  });
}

function inYaml(scalar: DocScalar, check: (root: DocNode) => Seen[]): Seen[] {
  if (hasHole(scalar) && !String(scalar.value).includes('\n')) return [];
  const { root, errors } = parseEmbedded(scalar, 'yaml');
  const [error] = errors;
  if (error)
    return [
      finding(
        'KP-058',
        within(error, scalar),
        `This is not YAML, and Argo cannot read it: ${error.message}`,
        [],
        'error',
      ),
    ];
  return root ? check(root) : [];
}

/** Directly behind the colon of a key. */
function afterColon({ key }: DocEntry): { start: number; end: number } {
  const colon = key.source.text.indexOf(':', key.end) + 1;
  return { start: colon, end: colon };
}

/** The data of a flow or JSON object as a string that holds it. */
function quoted(node: DocNode): string {
  return JSON.stringify(JSON.stringify(toJson(node)));
}

/** A range inside `node`, at least one character wide: an error at the end underlines the last character. */
function within(range: { start: number; end: number }, node: DocScalar): { start: number; end: number } {
  const start = Math.min(Math.max(range.start, node.start), node.end - 1);
  return { start, end: Math.min(Math.max(range.end, start + 1), node.end) };
}
