/** Where the launcher of Kubeflow Pipelines v2 writes artifacts: one reader of its settings, for proofs, plans, tree and words. */
import { get, type DocNode, type DocScalar } from '../document/node.ts';
import { parseSlice, slices } from '../document/parse.ts';

/**
 * `data` of ConfigMap `kfp-launcher`, or undefined where there is none. Of it only `defaultPipelineRoot` and `providers` (a string
 * that holds YAML) are read.
 */
export type LauncherData = Readonly<Record<string, string | undefined>>;

/** What else decides. */
export interface LauncherSurroundings {
  /** AWS_REGION of the pod: the EKS pod identity webhook sets it to the cluster's region. */
  readonly region?: string;
  /** Version of Kubeflow Pipelines, such as "2.16.1", where it is known. */
  readonly version?: string;
}

/** How S3 is called. */
export interface Reach {
  /** Absent: nothing tells it, and every call fails with "Invalid region". */
  readonly region?: string;
  /** URL of an endpoint; absent: that of S3 in the region. */
  readonly endpoint?: string;
}

export type LauncherPlace =
  | (Reach & {
      readonly state: 's3';
      readonly bucket: string;
      /** Begin of every key: "" or text that ends with "/". */
      readonly prefix: string;
      /** `env`: those of the pod, so of the role; `secret`: keys of a Secret of the namespace, and the role is not used. */
      readonly credentials: 'env' | 'secret';
      readonly secret?: string;
      /** The version is not known, and before {@link READS_REGION} it would be called so. */
      readonly older?: Reach;
    })
  /** Runs work, but their artifacts go somewhere else than to S3. */
  | { readonly state: 'elsewhere'; readonly root: string; readonly why: string }
  /** Every run fails; `why` has the next step. */
  | { readonly state: 'fails'; readonly why: string };

/** KFP `backend/src/v2/config/env.go`: the root where `defaultPipelineRoot` is not set. */
export const DEFAULT_ROOT = 'minio://mlpipeline/v2/artifacts';

/** Since this version region and endpoint of `providers` count beside `fromEnv` (kubeflow/pipelines#13551). */
export const READS_REGION = '2.17.0';

/** KFP `backend/src/v2/objectstore/config.go`: a root's scheme, bucket, path and query. */
const ROOT = /^([a-z][a-z0-9]+:\/\/\/?)([^/?]+)(\/[^?]*)?(\?[^]+)?$/;

/**
 * Where the launcher writes below the root of a namespace, as default-editor. Sources: KFP `backend/src/v2/config` (env.go, s3.go)
 * and `backend/src/v2/objectstore` (config.go, object_store.go); what 2.16.1 and 2.17.0 did was seen by running them.
 */
export function launcherPlace(
  data: LauncherData | undefined,
  { region, version }: LauncherSurroundings = {},
): LauncherPlace {
  const root = data?.['defaultPipelineRoot'] || DEFAULT_ROOT;
  const [, scheme, bucket = '', path = '', query = ''] = ROOT.exec(root) ?? [];
  if (scheme === undefined || !['s3://', 'minio://', 'gs://', 'mem://'].includes(scheme))
    return fails(
      `defaultPipelineRoot ${JSON.stringify(root)} is no address such as s3://<bucket>/<prefix>: every run fails. Correct it.`,
    );
  const providers = readProviders(data?.['providers']);
  if (typeof providers === 'string') return fails(providers);
  if (scheme !== 's3://') return { state: 'elsewhere', root, why: `Pipelines write to ${root}, which is not in S3.` };

  const begin = path.replace(/^\//, '');
  const place = { state: 's3', bucket, prefix: begin === '' || begin.endsWith('/') ? begin : `${begin}/` } as const;
  const pod = region === undefined ? {} : { region };
  const s3 = field(providers, 's3');
  const [standard, overrides] = [field(s3, 'default'), field(s3, 'overrides')];
  // A query string makes KFP ignore providers, though they must be readable.
  if (query !== '') return { ...place, ...pod, ...ofQuery(query), credentials: 'env' };
  if (standard === undefined && overrides === undefined) return { ...place, ...pod, credentials: 'env' };

  const usual = credentialsOf(standard, 'default');
  if (typeof usual === 'string') return fails(usual);
  const override = overridesOf(overrides).find(
    (one) => text(field(one, 'bucketName')) === bucket && place.prefix.startsWith(text(field(one, 'keyPrefix')) ?? ''),
  );
  const credentials = override === undefined ? usual : credentialsOf(override, 'override');
  if (typeof credentials === 'string') return fails(credentials);
  const told = (name: string): string | undefined =>
    text(field(override, name)) || text(field(standard, name)) || undefined;
  const secure = (isTrue(field(override, 'disableSSL')) ?? isTrue(field(standard, 'disableSSL'))) !== true;
  const endpoint = endpointOf(told('endpoint'), secure);
  const its = told('region') ?? region;
  const reach: Reach = {
    ...(its === undefined ? {} : { region: its }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
  if (credentials.from === 'secret') return { ...place, ...reach, credentials: 'secret', secret: credentials.secret };
  const since = version === undefined ? undefined : isAtLeast(version, READS_REGION);
  if (since === false) return { ...place, ...pod, credentials: 'env' };
  const differs = reach.region !== region || endpoint !== undefined;
  return { ...place, ...reach, credentials: 'env', ...(since === undefined && differs ? { older: pod } : {}) };
}

const fails = (why: string): LauncherPlace => ({ state: 'fails', why });

/** Whether a version is that one or later. Undefined where it is none that can be read, such as "latest". */
export function isAtLeast(version: string, wanted: string): boolean | undefined {
  const numbers = (of: string): readonly number[] | undefined =>
    /^v?(\d+)\.(\d+)(?:\.(\d+))?/
      .exec(of)
      ?.slice(1)
      .map((number = '0') => Number(number));
  const [has, needs] = [numbers(version), numbers(wanted)];
  if (has === undefined || needs === undefined) return undefined;
  const at = needs.findIndex((number, index) => number !== has[index]);
  return at === -1 || (has[at] ?? 0) > (needs[at] ?? 0);
}

/** Go's SDK has two endpoints that mean none (objectstore/object_store.go); a name without a scheme gets one. */
function endpointOf(endpoint: string | undefined, secure: boolean): string | undefined {
  if (endpoint === undefined || /^(https:\/\/)?s3.amazonaws.com/.test(endpoint.toLowerCase())) return undefined;
  if (/^https?:\/\//.test(endpoint)) return endpoint;
  return `${secure ? 'https' : 'http'}://${endpoint}`;
}

/** What a root's query says (gocloud.dev/aws, URL parameters). */
function ofQuery(query: string): Reach {
  const values = new Map(
    query
      .slice(1)
      .split('&')
      .map((pair) => {
        const [name = '', ...value] = pair.split('=');
        return [name, decoded(value.join('='))] as const;
      }),
  );
  const [region, endpoint] = [values.get('region'), values.get('endpoint')];
  return { ...(region ? { region } : {}), ...(endpoint ? { endpoint } : {}) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

type Type = 'text' | 'boolean' | 'number' | 'object' | 'list';

/** The fields that KFP decodes, by name in lower case, and their types: Go matches names without case, and one wrong type fails all. */
const TYPES: Readonly<Record<string, Type>> = {
  ...{ s3: 'object', minio: 'object', gs: 'object', default: 'object', overrides: 'list' },
  ...{ endpoint: 'text', region: 'text', bucketname: 'text', keyprefix: 'text' },
  ...{ disablessl: 'boolean', forcepathstyle: 'boolean', maxretries: 'number' },
  ...{ credentials: 'object', fromenv: 'boolean', secretref: 'object' },
  ...{ secretname: 'text', accesskeykey: 'text', secretkeykey: 'text', tokenkey: 'text' },
};

/** `providers` where KFP can decode it; undefined where there is nothing; else what is wrong, with the next step. */
function readProviders(given: string | undefined): DocNode | undefined | string {
  const [slice] = given === undefined || given.trim() === '' ? [] : slices(given, 'yaml');
  if (given === undefined || slice === undefined) return undefined;
  const { root, errors } = parseSlice(given, given, slice, 'yaml');
  const [error] = errors;
  if (error !== undefined)
    return `providers of kfp-launcher is no YAML, so every run fails: ${error.message} Correct it, or take it out.`;
  if (root === undefined || root.type === 'null') return undefined;
  const wrong = wrongIn(root, 'providers', 'object');
  return wrong === undefined ? root : `${wrong} The driver of every run fails to read it. Correct it.`;
}

/** The first value of a type that Go refuses, in words. */
function wrongIn(node: DocNode, name: string, type: Type): string | undefined {
  const fits = {
    text: node.type !== 'object' && node.type !== 'array',
    boolean: node.type === 'boolean',
    number: node.type === 'number' && Number.isInteger(node.value),
    object: node.type === 'object',
    list: node.type === 'array',
  }[type];
  if (node.type === 'null') return undefined;
  if (!fits) return `In providers of kfp-launcher "${name}" must be ${WORDS[type]}.`;
  if (node.type === 'array') return first(node.items, (item) => wrongIn(item, name, 'object'));
  if (node.type !== 'object') return undefined;
  return first(node.entries, ({ key, value }) => {
    const its = TYPES[String(key.value).toLowerCase()];
    return its === undefined ? undefined : wrongIn(value, String(key.value), its);
  });
}

const WORDS: Readonly<Record<Type, string>> = {
  text: 'text',
  boolean: 'true or false, without quotes',
  number: 'a whole number, without quotes',
  object: 'an object',
  list: 'a list of objects',
};

function first<T, R>(items: readonly T[], ask: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const answer = ask(item);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

/** The value of a field, by its name without case as Go reads it; undefined where it is null, which is the same to Go. */
function field(node: DocNode | undefined, name: string): DocNode | undefined {
  if (node?.type !== 'object') return undefined;
  const value =
    get(node, name) ??
    node.entries.findLast(({ key }) => String(key.value).toLowerCase() === name.toLowerCase())?.value;
  return value?.type === 'null' ? undefined : value;
}

const isScalar = (node: DocNode | undefined): node is DocScalar =>
  node !== undefined && node.type !== 'object' && node.type !== 'array';
const text = (node: DocNode | undefined): string | undefined => (isScalar(node) ? String(node.value) : undefined);
const isTrue = (node: DocNode | undefined): boolean | undefined => (isScalar(node) ? node.value === true : undefined);
const overridesOf = (node: DocNode | undefined): readonly DocNode[] => (node?.type === 'array' ? node.items : []);

type Credentials = { readonly from: 'env' } | { readonly from: 'secret'; readonly secret: string };

/** Whose credentials a default or an override takes; else what is wrong with them. */
function credentialsOf(node: DocNode | undefined, what: 'default' | 'override'): Credentials | string {
  const credentials = field(node, 'credentials');
  if (credentials === undefined)
    return `providers of kfp-launcher: every run fails with "missing ${what} credentials". Write credentials: {fromEnv: true} there.`;
  if (isTrue(field(credentials, 'fromEnv')) === true) return { from: 'env' };
  const secret = field(credentials, 'secretRef');
  if (secret === undefined)
    return `providers of kfp-launcher has neither fromEnv nor secretRef in its ${what} credentials: every run fails. Write fromEnv: true there.`;
  return { from: 'secret', secret: text(field(secret, 'secretName')) ?? '' };
}
