import { bucketNameProblem } from '../../arn/s3.ts';
import { addEntry, isBlock, removeEntries, replaceEntry, replaceValue } from '../../document/edit.ts';
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
import { AWS_ENDPOINT, isOurConfigMap, type OurConfigMap } from '../../profile/names.ts';
import type { Resource } from '../../resources.ts';
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

type Check = (data: DocObject, root: DocObject, context: ManifestContext) => Seen[];

/** What is wrong in each ConfigMap that we know. */
const CHECKS: Readonly<Record<OurConfigMap, Check>> = {
  'kfp-launcher': checkLauncher,
  'artifact-repositories': (data) => data.entries.flatMap((one) => checkRepository(one)),
  'workflow-controller-configmap': checkWorkflowController,
};

/** A ConfigMap that decides where artifacts go, whole or a patch. */
export function ofConfigMap(thing: Resource, given: ManifestContext): Seen[] {
  if (thing.kind !== 'configMap') return [];
  const { root } = thing;
  const [name = '', namespace] = [textOf(find(root, 'metadata', 'name')), textOf(find(root, 'metadata', 'namespace'))];
  const data = get(root, 'data');
  const partial = given.partial === true || thing.partial;
  const context = { ...given, partial, ...(namespace === undefined ? {} : { profile: namespace }) };
  return data?.type === 'object' && isOurConfigMap(name) ? CHECKS[name](data, root, context) : [];
}

function checkLauncher(data: DocObject, root: DocObject, context: ManifestContext): Seen[] {
  const rootNode = get(data, 'defaultPipelineRoot');
  const providers = entry(data, 'providers');
  return [...checkPipelineRoot(rootNode, root, context), ...(providers ? checkProviders(providers) : [])];
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
  if (!/^[a-z][a-z0-9]*:\/\//.test(text)) {
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

const BOOLEANS = ['disableSSL', 'forcePathStyle'];

/** KP-056: `providers`, a string that holds YAML (kubeflow/pipelines backend/src/v2/config). */
function checkProviders(providers: DocEntry): Seen[] {
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
      ...checkProviderList(value),
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
  return checkProviderList(root);
}

function checkProviderList(providers: DocObject): Seen[] {
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
    const standard = entry(provider, 'default');
    return standard && name !== 'gs' ? checkProvider(standard) : [];
  });
}

function checkProvider(standard: DocEntry): Seen[] {
  const { value } = standard;
  if (value.type !== 'object') return [];
  const findings = BOOLEANS.flatMap((name) => notBoolean(get(value, name)));
  const credentials = entry(value, 'credentials');
  if (!credentials || credentials.value.type === 'null') {
    const edits = credentials
      ? [replaceValue(credentials.value, { fromEnv: true })]
      : addEntry(value, 'credentials', { fromEnv: true });
    const fix: Fix = { title: 'Add credentials: fromEnv', edits, preferred: true };
    findings.push(finding('KP-056', standard.key, 'Every run fails with "missing default credentials".', [fix]));
    return findings;
  }
  const fromEnv = get(credentials.value, 'fromEnv');
  const wrongType = notBoolean(fromEnv);
  findings.push(...wrongType);
  const useEnv = fromEnv?.type === 'boolean' && fromEnv.value === true;
  if (
    wrongType.length === 0 &&
    !useEnv &&
    !get(credentials.value, 'secretRef') &&
    credentials.value.type === 'object'
  ) {
    const edits = fromEnv ? [replaceValue(fromEnv, true)] : addEntry(credentials.value, 'fromEnv', true);
    const fix: Fix = { title: 'Set fromEnv: true', edits, preferred: true };
    findings.push(
      finding('KP-056', fromEnv ?? credentials.key, 'Neither fromEnv nor secretRef: the driver of every run crashes.', [
        fix,
      ]),
    );
  }
  return findings;
}

/** A boolean in quotes, which Go refuses to decode. */
function notBoolean(node: DocNode | undefined): Seen[] {
  if (!node || node.type === 'boolean' || node.type === 'null' || hasHole(node)) return [];
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

/** KP-058 and KP-048 of Argo's artifact repository, in a key of `artifact-repositories`. */
function checkRepository({ value }: DocEntry): Seen[] {
  const text = filled(value);
  return text ? inYaml(text, (root) => checkS3(get(root, 's3'))) : [];
}

function checkWorkflowController(data: DocObject): Seen[] {
  return ['artifactRepository', 'config'].flatMap((key) => {
    const text = filled(get(data, key));
    if (!text) return [];
    return inYaml(text, (root) => checkS3(get(key === 'config' ? get(root, 'artifactRepository') : root, 's3')));
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

const KEYS = ['accessKeySecret', 'secretKeySecret'];

/** KP-058 and KP-048 of the field `s3` of a repository. */
export function checkS3(s3: DocNode | undefined): Seen[] {
  if (s3?.type !== 'object') return [];
  const endpoint = get(s3, 'endpoint');
  const onAws = AWS_ENDPOINT.test(textOf(endpoint) ?? '');
  const keys = KEYS.flatMap((key) => entry(s3, key) ?? []);
  const sdk = get(s3, 'useSDKCreds');
  const usesSdk = sdk !== undefined && (sdk.type !== 'boolean' || sdk.value === true);
  const useSdk = usesSdk ? [] : sdk ? [replaceValue(sdk, true)] : addEntry(s3, 'useSDKCreds', true);
  const findings: Seen[] = [];
  const [first] = keys;
  if (first && onAws) {
    const edits =
      usesSdk || sdk
        ? [...removeEntries(s3, keys), ...useSdk]
        : [replaceEntry(first, 'useSDKCreds', true), ...removeEntries(s3, keys.slice(1))];
    const fix: Fix = { title: 'Use the role instead of keys', edits, preferred: true };
    findings.push(
      finding(
        'KP-058',
        first.key,
        'Keys from a secret come before the role: pods do not use the role of the profile.',
        [fix],
      ),
    );
  } else if (first && endpoint && !hasHole(endpoint)) {
    const message =
      'Artifacts and logs of version 1 pipelines go to the object store in the cluster, with its keys, not to S3.';
    findings.push(finding('KP-058', endpoint, message, [], 'information'));
  }
  // Without keys Argo takes the role of the pod, with useSDKCreds and without: minio-go's NewIAM reads the token's file, too.
  const insecure = get(s3, 'insecure');
  if (onAws && insecure?.type === 'boolean' && insecure.value === true) {
    const message = 'S3 is called without TLS; a bucket policy that requires it refuses every call.';
    findings.push(finding('KP-048', insecure, message, [correct(insecure, false)], 'warning'));
  }
  return findings;
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
