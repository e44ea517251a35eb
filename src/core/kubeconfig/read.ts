/** Reads the entries of one cluster from the text of a kubeconfig. Tokens, passwords and keys of others are in it: they never get out of here. */
import { parseDocument } from 'yaml';
import { isObject, record } from '../records.ts';
import type { ClusterEntry, KubeconfigEntries } from './entries.ts';

/** What a text says of a cluster, and, by name, of which clusters its other contexts are. */
export interface ReadKubeconfig {
  readonly entries: KubeconfigEntries;
  readonly others: Readonly<Record<string, string>>;
}

/** The longest kubeconfig that is read, in characters: a hundred clusters are a third of a megabyte. */
export const LONGEST = 5_000_000;

export const LISTS = ['clusters', 'users', 'contexts'] as const;

/** Data of a text, or a sentence on why it is no kubeconfig. The sentence holds nothing of the text: that may be a token. */
export function dataOf(text: string): Record<string, unknown> | string {
  if (text.length > LONGEST) return 'it is too long to be changed here';
  const document = parseDocument(text, { uniqueKeys: true, merge: true, logLevel: 'error' });
  const [error] = document.errors;
  if (error !== undefined) {
    if (error.code === 'MULTIPLE_DOCS') return 'it holds more than one YAML document';
    const { line, col } = error.linePos?.[0] ?? { line: 0, col: 0 };
    return `it is no valid YAML (line ${line}, column ${col})`;
  }
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: 100 });
  } catch {
    return 'its aliases cannot be resolved';
  }
  if (data === null || data === undefined) return {};
  if (!isObject(data)) return 'it is not one mapping, as a kubeconfig is';
  if (data['kind'] !== undefined && data['kind'] !== 'Config') return 'its kind is not Config';
  for (const list of LISTS) {
    const items = data[list] ?? [];
    if (!Array.isArray(items)) return `${list} in it is no list`;
    if (!items.every(isObject)) return `an item of ${list} in it is no mapping`;
    // One without a name is of no use to anybody, and in nobody's way.
    const names = items.flatMap(({ name }) => (name === undefined || name === null ? [] : [name]));
    if (new Set(names).size < names.length) return `a name stands twice in ${list}, which kubectl refuses`;
  }
  return data;
}

const string = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const itemOf = (data: Record<string, unknown>, list: (typeof LISTS)[number], name: string): unknown =>
  ((data[list] ?? []) as readonly unknown[]).find((item) => record(item)['name'] === name);

/** What a text says of the cluster with this ARN, or a sentence on why that cannot be told. */
export function readEntries(text: string, arn: string): ReadKubeconfig | string {
  const data = dataOf(text);
  if (typeof data === 'string') return data;
  const [cluster, user] = [itemOf(data, 'clusters', arn), itemOf(data, 'users', arn)];
  const contexts = ((data['contexts'] ?? []) as readonly unknown[]).flatMap((item) => {
    const { name, context } = record(item);
    const { cluster: of, user: by } = record(context);
    return typeof name === 'string' ? [{ name, cluster: string(of) ?? '', user: string(by) ?? '' }] : [];
  });
  return {
    entries: {
      arn,
      ...(cluster === undefined ? {} : { cluster: clusterOf(record(record(cluster)['cluster'])) }),
      ...(user === undefined ? {} : { user: userOf(record(user)['user']) }),
      contexts: contexts.flatMap(({ name, cluster: of, user: by }) => (of === arn ? [{ name, user: by }] : [])),
      current: string(data['current-context']) ?? '',
    },
    others: Object.fromEntries(contexts.flatMap(({ name, cluster: of }) => (of === arn ? [] : [[name, of] as const]))),
  };
}

function clusterOf(cluster: Record<string, unknown>): ClusterEntry {
  const texts = (['server', 'certificate-authority-data', 'certificate-authority'] as const).flatMap((field) => {
    const value = string(cluster[field]);
    return value === undefined ? [] : [[field, value] as const];
  });
  const insecure = cluster['insecure-skip-tls-verify'];
  return {
    ...Object.fromEntries(texts),
    ...(typeof insecure === 'boolean' ? { 'insecure-skip-tls-verify': insecure } : {}),
  };
}

/** Fields of an exec entry, and variables in it, that are no secret. */
const EXEC = ['apiVersion', 'command', 'args', 'env', 'interactiveMode', 'installHint', 'provideClusterInfo'];
const VARIABLES =
  /^AWS_(?:PROFILE|DEFAULT_PROFILE|REGION|DEFAULT_REGION|STS_REGIONAL_ENDPOINTS|CONFIG_FILE|SHARED_CREDENTIALS_FILE|SDK_LOAD_CONFIG)$/;
/** Node with the file of our command line. */
const NODE = /(?:^|[\\/])node(?:\.exe)?$/;
const OWN_FILE = /(?:^|[\\/])(?:cli\.cjs|kubeflow-irsa)$/;
/** Commands whose arguments name a cluster and a role: those of the AWS CLI, of aws-iam-authenticator and ours. */
const COMMANDS = /(?:^|[\\/])(?:aws|aws-iam-authenticator|kubeflow-irsa)(?:\.exe|\.cmd)?$/;

/** A user that gets its token by a command that is known, or what else it is, without what that holds. */
function userOf(value: unknown): NonNullable<KubeconfigEntries['user']> {
  const user = record(value);
  const more = Object.keys(user).filter((key) => key !== 'exec');
  if (more.length > 0) return { other: 'credentials of its own' };
  const exec = record(user['exec']);
  const { apiVersion, command, args, env, interactiveMode, installHint, provideClusterInfo } = exec;
  const words: readonly unknown[] = Array.isArray(args) ? args : [];
  const variables = (Array.isArray(env) ? env : []).map(record);
  if (
    typeof command !== 'string' ||
    !(COMMANDS.test(command) || (NODE.test(command) && OWN_FILE.test(String(words[0])) && words[1] === 'token')) ||
    !Object.keys(exec).every((key) => EXEC.includes(key)) ||
    !words.every((word) => typeof word === 'string') ||
    !variables.every(({ name, value: is }) => typeof is === 'string' && VARIABLES.test(String(name)))
  )
    return { other: 'a command of its own' };
  return {
    exec: {
      apiVersion: string(apiVersion) ?? '',
      command,
      args: words,
      ...(variables.length === 0
        ? {}
        : { env: variables.map(({ name, value: is }) => ({ name: String(name), value: String(is) })) }),
      ...(typeof interactiveMode === 'string' ? { interactiveMode } : {}),
      ...(typeof installHint === 'string' ? { installHint } : {}),
      ...(typeof provideClusterInfo === 'boolean' ? { provideClusterInfo } : {}),
    },
  };
}
