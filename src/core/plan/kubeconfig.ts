/**
 * The plan of "Update Kubeconfig": the entries of a cluster, as `aws eks update-kubeconfig` writes them, in the files that `kubectl`
 * would change. What else is in them stays; the current context is switched only where that is wanted.
 */
import { aliasProblem } from '../arn/names.ts';
import { notReady } from '../cluster-status.ts';
import type { Change } from '../kinds.ts';
import {
  entriesFor,
  hasEntries,
  laidOver,
  OWN_COMMAND,
  type EntryWish,
  type KubeconfigEntries,
} from '../kubeconfig/entries.ts';
import { type ReadKubeconfig } from '../kubeconfig/read.ts';
import type { Cluster } from '../observation.ts';
import type { Reading } from '../reading.ts';
import { spoken } from '../text.ts';
import { isWrite, refOf, unreadable, type Need, type Plan } from './plan.ts';

/** What a person wants. */
export interface KubeconfigWish extends EntryWish {
  /** Makes the context the current one. */
  readonly switch?: boolean;
}

/** A kubeconfig as it was found. */
export interface KubeconfigFile {
  readonly path: string;
  /** `absent`: there is no such file yet. */
  readonly reading: Reading<ReadKubeconfig>;
  /** Where it is a link: to which file. */
  readonly target?: string;
  /** Why it cannot be written, a clause. */
  readonly fixed?: string;
  /** Others than its owner may read it. */
  readonly open?: true;
}

/** What is known besides the files. */
export interface KubeconfigFacts {
  /** In the order in which they count; one that is chosen stands alone. */
  readonly files: readonly KubeconfigFile[];
  /** Whether the command for a token is there to be called. */
  readonly hasCommand: boolean;
}

type Part = 'cluster' | 'user' | 'context' | 'current';

/** The name of the context of a wish. */
export const contextName = ({ alias }: EntryWish, { arn }: Pick<Cluster, 'arn'>): string => alias ?? arn;

/** Whether a file holds a part under the name under which it is looked for. */
function holdsPart({ entries, others }: ReadKubeconfig, part: Part, context: string): boolean {
  switch (part) {
    case 'cluster':
      return entries.cluster !== undefined;
    case 'user':
      return entries.user !== undefined;
    case 'context':
      return entries.contexts.some(({ name }) => name === context) || Object.hasOwn(others, context);
    case 'current':
      return (entries.current ?? '') !== '';
  }
}

/**
 * Where a part is written: in the first file that has it, else where new ones go: into the first file that is there, or, where none
 * is, the last of the list (client-go, tools/clientcmd/config.go, ModifyConfig and GetDefaultFilename).
 */
function fileFor(part: Part, context: string, files: readonly KubeconfigFile[]): KubeconfigFile | undefined {
  const has = ({ reading }: KubeconfigFile): boolean =>
    reading.state === 'found' && holdsPart(reading.value, part, context);
  return files.find(has) ?? files.find(({ reading }) => reading.state !== 'absent') ?? files.at(-1);
}

export function planKubeconfig(wish: KubeconfigWish, cluster: Cluster, facts: KubeconfigFacts): Plan {
  const { arn, name, region, status } = cluster;
  const { files } = facts;
  const context = contextName(wish, cluster);
  const needs: Need[] = [];
  const stop = (id: string, title: string, reason: string): void =>
    void needs.push({ id, title, holds: false, reason: spoken(reason) });
  const wanted = entriesFor(cluster, wish);
  if (wanted === undefined) stop('cluster', `EKS cluster ${name}`, notReady(status));
  const wrong = wish.alias === undefined ? undefined : aliasProblem(wish.alias);
  if (wrong !== undefined) stop('kubeconfig', `Context ${context}`, `"${context}": ${wrong}`);

  const parts: readonly Part[] = [
    'cluster',
    'user',
    'context',
    ...(wish.switch === true ? (['current'] as const) : []),
  ];
  const places = new Map<KubeconfigFile, Part[]>();
  for (const part of parts) {
    const file = fileFor(part, context, files);
    if (file !== undefined) places.set(file, [...(places.get(file) ?? []), part]);
  }
  // A file that cannot be read may hold any of them.
  const unread = files.filter(({ reading }) => reading.state === 'denied' || reading.state === 'failed');
  for (const { path, reading } of unread)
    stop(
      'kubeconfig',
      `Kubeconfig ${path}`,
      `${unreadable(reading, path)}. Mend the file, or name another one.`.replace('..', '.'),
    );
  const changes: Change[] = [];
  for (const [file, its] of places) {
    const { path, reading, target, fixed } = file;
    if (unread.includes(file) || wanted === undefined) continue;
    const read = reading.state === 'found' ? reading.value : undefined;
    const taken = read !== undefined && Object.hasOwn(read.others, context) ? read.others[context] : undefined;
    if (its.includes('context') && taken !== undefined)
      stop(
        'kubeconfig',
        `Context ${context}`,
        `${path} has a context ${context} of ${taken === '' ? 'no cluster' : `cluster ${taken}`}: choose another alias.`,
      );
    const user = read?.entries.user;
    if (its.includes('user') && user !== undefined && 'other' in user)
      stop(
        'kubeconfig',
        `User ${arn}`,
        `${path} has a user ${arn} with ${user.other}, which would be lost. Rename it there, or name another file.`,
      );
    const change = changeOf(file, its, wish, wanted, context);
    // A file that needs no change may be whatever it is.
    const writes = change.before === undefined || !hasEntries(change.before, change.after);
    if (writes && target !== undefined)
      stop(
        'kubeconfig',
        `Kubeconfig ${path}`,
        `${path} is a link to ${target}. It is not followed unasked: name the file that it leads to.`,
      );
    if (writes && fixed !== undefined) stop('kubeconfig', `Kubeconfig ${path}`, `${path} cannot be written: ${fixed}.`);
    changes.push({ ref: refOf('file/kubeconfig', arn, path), ...change });
  }
  const held: Need = { id: 'cluster', title: `EKS cluster ${name} in ${region}`, holds: true, reason: arn };
  const by = wish.ownToken === undefined ? 'aws eks get-token' : `${OWN_COMMAND} token`;
  const as = wish.awsProfile === undefined ? '' : ` with AWS profile ${wish.awsProfile}`;
  return {
    title: `kubeconfig for ${name} (${region})`,
    wish: spoken(`Context ${context}${as}, token by ${by}`),
    needs: wanted === undefined ? needs : [held, ...needs],
    changes: needs.length > 0 ? [] : changes,
    proofs: [],
    reads: ['eks:DescribeCluster'],
    warnings: needs.length > 0 ? [] : warningsOf(wish, context, [...places.keys()], facts, changes),
  };
}

/** What becomes of one file. */
function changeOf(
  { reading }: KubeconfigFile,
  parts: readonly Part[],
  wish: KubeconfigWish,
  wanted: KubeconfigEntries,
  context: string,
): { readonly before?: KubeconfigEntries; readonly after: KubeconfigEntries } {
  const { arn, cluster, user, contexts } = wanted;
  const its: KubeconfigEntries = {
    arn,
    ...(parts.includes('cluster') && cluster !== undefined ? { cluster } : {}),
    ...(parts.includes('user') && user !== undefined ? { user } : {}),
    contexts: parts.includes('context') ? contexts : [],
    ...(parts.includes('current') ? { current: context } : {}),
  };
  if (reading.state !== 'found') return { after: its };
  const { current, ...there } = reading.value.entries;
  const before =
    wish.switch === true && parts.includes('current') && current !== undefined ? { ...there, current } : there;
  return { before, after: laidOver(before, its) };
}

function warningsOf(
  wish: KubeconfigWish,
  context: string,
  files: readonly KubeconfigFile[],
  { files: all, hasCommand }: KubeconfigFacts,
  changes: readonly Change[],
): readonly string[] {
  const current = all
    .map(({ reading }) => (reading.state === 'found' ? (reading.value.entries.current ?? '') : ''))
    .find((one) => one !== '');
  const command = wish.ownToken?.[0] ?? 'aws';
  const written = new Set(changes.filter(isWrite).map(({ ref }) => ref.key));
  const backed = files.filter(({ path, reading }) => reading.state === 'found' && written.has(path));
  return [
    ...(backed.length === 0
      ? []
      : [
          `As it is now, ${backed.length === 1 ? 'the file is' : 'each file is'} kept beside it, for you alone to read: ${backed.map(({ path }) => `${path.split(/[\\/]/).at(-1) ?? ''}${BACKUP}`).join(', ')}.`,
        ]),
    ...(wish.switch === true || current === context
      ? []
      : [
          `The current context stays ${current === undefined ? 'unset' : current}. For this cluster: kubectl --context ${context}`,
        ]),
    ...(hasCommand
      ? []
      : [`The command ${command} is not found on this machine: kubectl cannot get a token until it is installed.`]),
    ...files.flatMap(({ open, path }) =>
      open === true ? [`Others of this machine may read ${path}. That stays so; chmod 600 ends it.`] : [],
    ),
  ].map(spoken);
}

/** How the copy of a file as it was is called: the name of the file and this. */
export const BACKUP = '.kubeflow-irsa.bak';
