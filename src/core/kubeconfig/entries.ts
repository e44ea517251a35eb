/**
 * Entries of one EKS cluster in a kubeconfig: as `aws eks update-kubeconfig` writes them (aws-cli, customizations/eks/
 * update_kubeconfig.py), told and compared.
 */
import { stringify } from 'yaml';
import { shortHash } from '../arn/names.ts';
import type { Json } from '../document/edit.ts';
import type { Cluster } from '../observation.ts';

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

/** What is ours in the entry of a cluster. */
export const FIELDS = [
  'server',
  'certificate-authority-data',
  'certificate-authority',
  'insecure-skip-tls-verify',
] as const satisfies readonly (keyof ClusterEntry)[];

const sameCluster = (a: ClusterEntry | undefined, b: ClusterEntry | undefined): boolean =>
  a === undefined || b === undefined ? a === b : FIELDS.every((field) => (a[field] ?? false) === (b[field] ?? false));

function sameUser(a: KubeconfigEntries['user'], b: KubeconfigEntries['user']): boolean {
  if (a === undefined || b === undefined) return a === b;
  if ('other' in a) return 'other' in b && a.other === b.other;
  if ('other' in b) return false;
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
