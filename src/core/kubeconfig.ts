/**
 * Entries of one EKS cluster in a kubeconfig: as `aws eks update-kubeconfig` writes them (aws-cli, customizations/eks/
 * update_kubeconfig.py), read from a text and put into it. What else the text holds stays byte for byte, and never gets out of here:
 * tokens, passwords and keys of others are in it.
 */
import { byKey, isObject, record } from './records.ts';
import { parseDocument, stringify } from 'yaml';
import { shortHash } from './arn/names.ts';
import {
  addEntry,
  addItems,
  fillEntry,
  lineEnd,
  removeEntry,
  removeItems,
  replaceValue,
  type Json,
} from './document/edit.ts';
import { entry, get, textOf, type DocArray, type DocNode, type DocObject } from './document/node.ts';
import { parse } from './document/parse.ts';
import type { Edit } from './finding.ts';
import { applyEdits } from './fix.ts';
import type { Cluster } from './observation.ts';

/** How a user of a kubeconfig gets a token: a command (Kubernetes API reference, kubeconfig v1, ExecConfig). No secret. */
export interface ExecEntry {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly interactiveMode?: string;
  readonly installHint?: string;
  readonly provideClusterInfo?: boolean;
}

/** Where a cluster is, and by what it is known to be that one. Other settings, such as a proxy, are somebody's choice and stay. */
export interface ClusterEntry {
  readonly server?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'certificate-authority'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
}

/** What a kubeconfig says of one cluster. Cluster and user are named by its ARN, as the AWS CLI does. */
export interface KubeconfigEntries {
  /** The name of cluster and user. */
  readonly arn: string;
  readonly cluster?: ClusterEntry;
  /** `other`: it signs in in another way, which may be a secret and is not told; what that is, in words. */
  readonly user?: { readonly exec: ExecEntry } | { readonly other: string };
  /** Contexts of the cluster, by name; their namespaces and more stay as they are. */
  readonly contexts: readonly { readonly name: string; readonly user: string }[];
  /** The current context, also of another cluster; empty: none. Absent: it is left alone. */
  readonly current?: string;
}

/** How the entries are to be. */
export interface EntryWish {
  /** Name of the context; absent: the cluster's ARN. */
  readonly alias?: string;
  readonly awsProfile?: string;
  /** By `kubeflow-irsa token`, so that no `aws` is needed: how that is called, as a rule {@link OWN_COMMAND} alone. */
  readonly ownToken?: readonly string[];
}

/** Our command line, where it is on the PATH. */
export const OWN_COMMAND = 'kubeflow-irsa';

/** How `kubectl` gets a token for a cluster. */
export function execOf(
  { name, region, localId }: Pick<Cluster, 'name' | 'region' | 'localId'>,
  { awsProfile, ownToken }: EntryWish,
): ExecEntry {
  const env = awsProfile === undefined ? {} : { env: [{ name: 'AWS_PROFILE', value: awsProfile }] };
  const [command, ...first] = ownToken ?? [];
  const who = localId === undefined ? ['--cluster-name', name] : ['--cluster-id', localId];
  return command !== undefined
    ? {
        apiVersion: 'client.authentication.k8s.io/v1',
        command,
        args: [...first, 'token', '--region', region, '--cluster', localId ?? name],
        ...env,
        interactiveMode: 'Never',
        installHint: `${OWN_COMMAND} is the command line of Kubeflow IRSA. Put it on the PATH.`,
      }
    : {
        apiVersion: 'client.authentication.k8s.io/v1beta1',
        command: 'aws',
        args: ['--region', region, 'eks', 'get-token', ...who, '--output', 'json'],
        ...env,
      };
}

/** The entries of a cluster; undefined while it has no endpoint. */
export function entriesFor(
  cluster: Cluster,
  wish: EntryWish,
): (KubeconfigEntries & { readonly user: { readonly exec: ExecEntry }; readonly cluster: ClusterEntry }) | undefined {
  const { arn, certificateAuthority, endpoint } = cluster;
  if (endpoint === undefined || certificateAuthority === undefined) return undefined;
  return {
    arn,
    cluster: { server: endpoint, 'certificate-authority-data': certificateAuthority },
    user: { exec: execOf(cluster, wish) },
    contexts: [{ name: wish.alias ?? arn, user: arn }],
  };
}

const NEW = { apiVersion: 'v1', kind: 'Config' };

/** A kubeconfig of one cluster alone, with its context as the current one. undefined while the cluster has no endpoint. */
export function kubeconfigYaml(cluster: Cluster, awsProfile: string | undefined): string | undefined {
  const entries = entriesFor(cluster, awsProfile === undefined ? {} : { awsProfile });
  if (entries === undefined) return undefined;
  return stringify({ ...NEW, ...asListed(entries), 'current-context': cluster.arn }, { lineWidth: 0 });
}

/** Entries as they stand in the lists of a kubeconfig. */
function asListed({ arn, cluster, user, contexts }: KubeconfigEntries): Readonly<Record<string, Json>> {
  return {
    ...(cluster === undefined ? {} : { clusters: [{ name: arn, cluster: { ...cluster } as Json }] }),
    ...(user === undefined || 'other' in user
      ? {}
      : { users: [{ name: arn, user: { exec: user.exec as unknown as Json } }] }),
    ...(contexts.length === 0
      ? {}
      : { contexts: contexts.map(({ name, user: by }) => ({ name, context: { cluster: arn, user: by } })) }),
  };
}

/** For people: the entries and nothing else, certificates by their beginning and a hash. */
export function entriesText({ current, user, cluster, ...entries }: KubeconfigEntries): string {
  const data = cluster?.['certificate-authority-data'];
  const shown = data === undefined ? cluster : { ...cluster, 'certificate-authority-data': shortened(data) };
  const parts = {
    ...(current === undefined ? {} : { 'current-context': current }),
    ...asListed({ ...entries, ...(shown && { cluster: shown }), ...(user && { user }) }),
    ...(user !== undefined && 'other' in user ? { users: [{ name: entries.arn, user: `(${user.other})` }] } : {}),
  };
  return Object.keys(parts).length === 0 ? '# nothing of this cluster\n' : stringify(parts, { lineWidth: 0 });
}

const shortened = (data: string): string =>
  data.length <= 40 ? data : `${data.slice(0, 20)}… (${data.length} characters, ${shortHash(data)})`;

const FIELDS = [
  'server',
  'certificate-authority-data',
  'certificate-authority',
  'insecure-skip-tls-verify',
] as const satisfies readonly (keyof ClusterEntry)[];

const sameCluster = (a: ClusterEntry | undefined, b: ClusterEntry | undefined): boolean =>
  a === undefined || b === undefined ? a === b : FIELDS.every((field) => (a[field] ?? false) === (b[field] ?? false));

function sameUser(a: KubeconfigEntries['user'], b: KubeconfigEntries['user']): boolean {
  if (a === undefined || b === undefined) return a === b;
  if ('other' in a || 'other' in b) return 'other' in a && 'other' in b && a.other === b.other;
  const text = ({ apiVersion, command, args, env = [], interactiveMode = '' }: ExecEntry): string =>
    JSON.stringify([apiVersion, command, args, env.map(({ name, value }) => [name, value]), interactiveMode]);
  return text(a.exec) === text(b.exec);
}

const hasContexts = (there: KubeconfigEntries, wanted: KubeconfigEntries): boolean =>
  wanted.contexts.every(({ name, user }) => there.contexts.some((one) => one.name === name && one.user === user));

const sameCurrent = (a: KubeconfigEntries, b: KubeconfigEntries): boolean =>
  a.current === undefined || b.current === undefined || a.current === b.current;

/** Whether both say the same; which context is current counts where both say it. */
export const sameEntries = (a: KubeconfigEntries, b: KubeconfigEntries): boolean =>
  sameCluster(a.cluster, b.cluster) &&
  sameUser(a.user, b.user) &&
  hasContexts(a, b) &&
  hasContexts(b, a) &&
  sameCurrent(a, b);

/** Whether all that is wanted is there. */
export const hasEntries = (there: KubeconfigEntries, wanted: KubeconfigEntries): boolean =>
  (wanted.cluster === undefined || sameCluster(there.cluster, wanted.cluster)) &&
  (wanted.user === undefined || sameUser(there.user, wanted.user)) &&
  hasContexts(there, wanted) &&
  sameCurrent(there, wanted);

/** What is there with what is wanted laid over it: other contexts of the cluster stay. */
export const laidOver = (there: KubeconfigEntries, wanted: KubeconfigEntries): KubeconfigEntries => ({
  ...there,
  ...wanted,
  contexts: [
    ...there.contexts.filter(({ name }) => !wanted.contexts.some((one) => one.name === name)),
    ...wanted.contexts,
  ],
});

/** What a text says of a cluster, and, by name, of which clusters its other contexts are. */
export interface ReadKubeconfig {
  readonly entries: KubeconfigEntries;
  readonly others: Readonly<Record<string, string>>;
}

/** The longest kubeconfig that is read, in characters: a hundred clusters are a third of a megabyte. */
export const LONGEST = 5_000_000;

const LISTS = ['clusters', 'users', 'contexts'] as const;

/** Data of a text, or a sentence on why it is no kubeconfig. The sentence holds nothing of the text: that may be a token. */
function dataOf(text: string): Record<string, unknown> | string {
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

/**
 * The text with the entries of a cluster as `after` says, where they were as `before` says; undefined: without them. Comments, order
 * and line ends of all the rest stay. A sentence where the text is written in a way that cannot be changed so.
 */
export function withEntries(
  text: string,
  arn: string,
  before: KubeconfigEntries | undefined,
  after: KubeconfigEntries | undefined,
): { readonly text: string } | string {
  const was = dataOf(text);
  if (typeof was === 'string') return was;
  const gone = (before?.contexts ?? []).filter(({ name }) => after?.contexts.some((one) => one.name === name) !== true);
  const wanted: KubeconfigEntries = after ?? { arn, contexts: [] };
  let edited = text;
  for (const edit of [
    ...part('clusters', arn, wanted.cluster, before?.cluster),
    ...part('users', arn, wanted.user, before?.user),
    ...gone.map(({ name }) => removal('contexts', name)),
    ...wanted.contexts.map((context) => contextStep(arn, context)),
    ...(wanted.current === undefined ? [] : [currentStep(wanted.current)]),
  ])
    edited = edit(edited);
  const becomes = dataOf(edited);
  const expected = expectedData(was, arn, before, wanted, new Set(gone.map(({ name }) => name)));
  return typeof becomes !== 'string' && JSON.stringify(sorted(becomes)) === JSON.stringify(sorted(expected))
    ? { text: edited }
    : 'it is written in a way that cannot be changed here';
}

/** One small change of a text, which is read anew for it. */
type Step = (text: string) => string;

/** The root of a text that holds something; of one that holds nothing, not even a mapping, undefined. */
function rootOf(text: string): DocObject | undefined {
  const { documents } = parse(text);
  const root = documents.flatMap((one) => one.root ?? []).find((one) => one.type === 'object');
  return root?.type === 'object' ? root : undefined;
}

const editing =
  (edits: (root: DocObject) => readonly Edit[]): Step =>
  (text) => {
    const root = rootOf(text) ?? rootOf(started(text));
    return root === undefined ? text : applyEdits(root.source.text, edits(root));
  };

/** A text that holds nothing, or comments alone, begun as a kubeconfig. */
function started(text: string): string {
  const eol = lineEnd(text, text.length);
  const before = text.trim() === '' ? '' : text.endsWith('\n') ? text : `${text}${eol}`;
  return `${before}apiVersion: v1${eol}kind: Config${eol}`;
}

const listOf = (root: DocObject, name: string): DocArray | undefined => {
  const list = get(root, name);
  return list?.type === 'array' ? list : undefined;
};

const placeOf = (root: DocObject, list: string, name: string): number =>
  listOf(root, list)?.items.findIndex((item) => textOf(get(item, 'name')) === name) ?? -1;

/** Adds an item to a list, which may be missing or empty. */
function adding(root: DocObject, list: string, item: Json): readonly Edit[] {
  const there = entry(root, list);
  if (there === undefined) return addEntry(root, list, [item]);
  if (there.value.type === 'array' && there.value.items.length > 0) return addItems(there.value, [item]);
  if (there.value.type === 'null') return [fillEntry(root, there, [item])];
  // An empty list is written in brackets: in its place a block, as kubectl writes it.
  const inBlock = there.value.source.format === 'yaml' && root.source.text[root.start] !== '{';
  return inBlock ? [fillEntry(root, there, [item])] : addItems(there.value as DocArray, [item]);
}

const removal = (list: string, name: string): Step =>
  editing((root) => {
    const items = listOf(root, list);
    const at = placeOf(root, list, name);
    return items === undefined || at < 0 ? [] : removeItems(items, [at]);
  });

/** A cluster or a user: added, changed in its place, or taken out where it was there before. */
function part(
  list: 'clusters' | 'users',
  name: string,
  wanted: KubeconfigEntries['cluster'] | KubeconfigEntries['user'],
  before: unknown,
): readonly Step[] {
  if (wanted === undefined) return before === undefined ? [] : [removal(list, name)];
  if ('other' in wanted) return [];
  const key = list === 'clusters' ? 'cluster' : 'user';
  const value = { ...wanted } as unknown as Json;
  const add = editing((root) => (placeOf(root, list, name) < 0 ? adding(root, list, { name, [key]: value }) : []));
  const inPlace = (edits: (inner: DocObject, item: DocObject) => readonly Edit[]): Step =>
    editing((root) => {
      const item = listOf(root, list)?.items[placeOf(root, list, name)];
      if (item?.type !== 'object') return [];
      const inner = entry(item, key);
      if (inner === undefined) return addEntry(item, key, value);
      if (inner.value.type === 'null') return [fillEntry(item, inner, value)];
      return inner.value.type === 'object' ? edits(inner.value, item) : [replaceValue(inner.value, value)];
    });
  const fields =
    list === 'clusters'
      ? FIELDS.map((field) => inPlace((inner) => setting(inner, field, (wanted as ClusterEntry)[field])))
      : [inPlace((inner) => (sameData(inner, value) ? [] : [replaceValue(inner, value)]))];
  return [add, ...fields];
}

/** `key` of an object becomes `value`; undefined: it goes. */
function setting(object: DocObject, key: string, value: Json | undefined): readonly Edit[] {
  const there = entry(object, key);
  if (value === undefined) return there === undefined ? [] : removeEntry(object, there);
  if (there === undefined) return addEntry(object, key, value);
  return sameData(there.value, value) ? [] : [replaceValue(there.value, value)];
}

/** Whether a node says the value already. */
function sameData(node: DocNode, value: Json): boolean {
  const data = (one: DocNode): unknown =>
    one.type === 'object'
      ? Object.fromEntries(one.entries.map(({ key, value: inner }) => [key.value, data(inner)]))
      : one.type === 'array'
        ? one.items.map(data)
        : one.value;
  return JSON.stringify(sorted(data(node))) === JSON.stringify(sorted(value));
}

const contextStep = (arn: string, { name, user }: KubeconfigEntries['contexts'][number]): Step =>
  editing((root) => {
    const item = listOf(root, 'contexts')?.items[placeOf(root, 'contexts', name)];
    if (item?.type !== 'object') return adding(root, 'contexts', { name, context: { cluster: arn, user } });
    const context = get(item, 'context');
    return context?.type === 'object' ? setting(context, 'user', user) : [];
  });

const currentStep = (current: string): Step =>
  editing((root) => {
    const there = entry(root, 'current-context');
    if (there === undefined) return current === '' ? [] : addEntry(root, 'current-context', current);
    return textOf(there.value) === current || (current === '' && there.value.type === 'null')
      ? []
      : there.value.type === 'null'
        ? [fillEntry(root, there, current)]
        : [replaceValue(there.value, current)];
  });

/** What the data must be after an edit: the same, but for our entries. */
function expectedData(
  was: Record<string, unknown>,
  arn: string,
  before: KubeconfigEntries | undefined,
  wanted: KubeconfigEntries,
  gone: ReadonlySet<string>,
): Record<string, unknown> {
  const lists = Object.fromEntries(LISTS.map((list) => [list, [...((was[list] ?? []) as unknown[])]])) as Record<
    (typeof LISTS)[number],
    unknown[]
  >;
  const put = (
    list: (typeof LISTS)[number],
    name: string,
    change: (item: Record<string, unknown>) => unknown,
  ): void => {
    const at = lists[list].findIndex((item) => record(item)['name'] === name);
    if (at < 0) lists[list].push(change({ name }));
    else lists[list][at] = change(record(lists[list][at]));
  };
  const drop = (list: (typeof LISTS)[number], names: ReadonlySet<unknown>): void => {
    lists[list] = lists[list].filter((item) => !names.has(record(item)['name']));
  };
  const { cluster, user } = wanted;
  if (cluster !== undefined)
    put('clusters', arn, (item) => {
      const kept = Object.entries(record(item['cluster'])).filter(([key]) => !FIELDS.some((field) => field === key));
      return { ...item, cluster: { ...Object.fromEntries(kept), ...cluster } };
    });
  else if (before?.cluster !== undefined) drop('clusters', new Set([arn]));
  if (user !== undefined) {
    if (!('other' in user)) put('users', arn, (item) => ({ ...item, user }));
  } else if (before?.user !== undefined) drop('users', new Set([arn]));
  drop('contexts', gone);
  for (const { name, user: by } of wanted.contexts)
    put('contexts', name, (item) => ({ ...item, context: { ...record(item['context']), cluster: arn, user: by } }));
  return {
    ...was,
    ...(wanted.current === undefined ? {} : { 'current-context': wanted.current }),
    ...lists,
  };
}

/** For comparing: keys in order; what is empty, and the two keys that every kubeconfig may have, do not count. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    byKey(Object.entries(value))
      .filter(
        ([key, inner]) =>
          !isNothing(inner) && !(key === 'apiVersion' && inner === 'v1') && !(key === 'kind' && inner === 'Config'),
      )
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** Whether a kubeconfig holds nothing that anybody would miss: no entry, and no comment. */
export function isBlank(text: string): boolean {
  const data = dataOf(text);
  return (
    typeof data !== 'string' &&
    !text.includes('#') &&
    Object.keys(sorted(data) as object).every((key) => key === 'preferences')
  );
}
