/** An EKS cluster. */
import type { Cluster } from '../../core/observation.ts';
import { AUDIENCE } from '../../core/policy/build.ts';
import { reasonOf, type Reading } from '../../core/reading.ts';
import type { ClusterFacts } from '../../estate/cluster.ts';
import { needsSignIn } from '../../estate/empty.ts';
import type { ClusterEntry } from '../../estate/entry.ts';
import { profileNode, type ClusterNode, type TreeNode } from '../nodes.ts';
import { joined, lines, plain, type Row } from '../row.ts';
import type { NodeKind, Tree } from './kind.ts';
import { denied, error, nothing } from './message.ts';

/** Nodes of profiles that are made in one turn. */
const PORTION = 500;

/** The tag of an image, such as `v1.10.0`; undefined where it has none. */
export const imageTag = (image: string): string | undefined => /:([\w][\w.-]*)(@sha256:[0-9a-f]+)?$/.exec(image)?.[1];

/** What is known of a cluster for its row. */
export interface ClusterView {
  /** undefined: being read. */
  readonly cluster: Reading<Cluster> | undefined;
  /** Whether IAM has the cluster's OIDC provider; undefined: not known. */
  readonly hasProvider: boolean | undefined;
  /** After the first look into the cluster. */
  readonly facts: ClusterFacts | undefined;
  /** Profiles with a problem, and all. */
  readonly counts: { readonly problems: number; readonly profiles: number } | undefined;
  /** What the tree's groups do not say already. */
  readonly show: { readonly region: boolean };
  /** Whether it was open when it was last seen. */
  readonly open: boolean;
}

const KUBEFLOW = 'Kubeflow';

/** State of the OIDC provider, in words. */
export function providerWords(view: Pick<ClusterView, 'hasProvider' | 'facts'>): string | undefined {
  const reading = view.facts?.provider;
  if (reading?.state === 'found') {
    return reading.value.clientIds.includes(AUDIENCE) ? 'OIDC provider' : `OIDC provider without ${AUDIENCE}`;
  }
  if (reading?.state === 'absent' || view.hasProvider === false) return 'no OIDC provider';
  return view.hasProvider === true ? 'OIDC provider' : undefined;
}

function unreachable({ cluster, facts }: ClusterView): string | undefined {
  if (cluster !== undefined && cluster.state !== 'found') return reasonOf(cluster);
  if (facts?.lost !== undefined) return `${facts.lost.how}: ${facts.lost.reason}`;
  if (facts?.api.state === 'denied') return reasonOf(facts.api);
  return facts?.api.state === 'failed' ? `unreachable: ${facts.api.reason}` : undefined;
}

export function clusterRow(node: ClusterNode, view: ClusterView): Row {
  const cluster = view.cluster?.state === 'found' ? view.cluster.value : undefined;
  const trouble = unreachable(view);
  const tag = view.facts?.controller.state === 'found' ? imageTag(view.facts.controller.value) : undefined;
  const oidc = providerWords(view);
  const active = cluster === undefined || cluster.status === 'ACTIVE' || cluster.status === 'UPDATING';
  const problems = view.counts?.problems ?? 0;
  const counts = problems === 0 ? undefined : `${problems} of ${view.counts?.profiles ?? 0} with problems`;
  const state =
    view.cluster === undefined
      ? 'reading…'
      : trouble !== undefined
        ? // What is cut off is listed now and then: what is said of it holds.
          joined(view.facts?.lost?.how === 'cut off' && counts, trouble)
        : active
          ? counts
          : cluster.status.toLowerCase();
  const region = view.show.region ? node.region : undefined;
  const versions = joined(
    cluster && `Kubernetes ${cluster.version}`,
    tag && `${KUBEFLOW} ${tag}`,
    oidc !== 'OIDC provider' && oidc,
  );
  const flags = [
    'eksCluster',
    cluster !== undefined && 'readable',
    oidc === 'no OIDC provider' && 'noOidcProvider',
    oidc?.startsWith('OIDC provider without') === true && 'noOidcProvider',
    trouble !== undefined && 'failed',
    needsSignIn(view.cluster) && 'signIn',
  ];
  const warns = trouble !== undefined || problems > 0 || !active;
  return {
    label: plain(node.cluster),
    description: plain(joined(state, region, versions)),
    icon:
      view.cluster === undefined ? 'loading~spin' : trouble !== undefined ? 'debug-disconnect' : 'server-environment',
    ...(warns ? { color: 'list.warningForeground' } : {}),
    context: flags.filter(Boolean).join(';'),
    spoken: plain(
      `EKS cluster ${node.cluster}, ${joined(node.region, cluster?.account && `account ${cluster.account}`, versions, oidc, state).replaceAll(' · ', ', ')}`,
    ),
    expand: view.open ? 'open' : 'closed',
  };
}

/** Lines of a cluster's tooltip. */
export function clusterTooltip(node: ClusterNode, view: ClusterView): string[] {
  const cluster = view.cluster?.state === 'found' ? view.cluster.value : undefined;
  const { facts } = view;
  return lines(
    `EKS cluster ${node.cluster}`,
    `Region: ${node.region}`,
    node.awsProfile === undefined ? '' : `AWS profile: ${node.awsProfile}`,
    ...(cluster === undefined
      ? [view.cluster === undefined ? '' : `It cannot be read: ${reasonOf(view.cluster)}`]
      : [
          `Account: ${cluster.account}`,
          `Status: ${cluster.status}`,
          `Kubernetes: ${cluster.version}`,
          facts === undefined
            ? ''
            : `Kubeflow profile controller: ${facts.controller.state === 'found' ? facts.controller.value : reasonOf(facts.controller)}`,
          `OIDC issuer: ${cluster.issuer ?? 'none yet'}`,
          `IAM OIDC provider: ${providerWords(view) ?? 'not read'}`,
          facts?.api.state === 'found'
            ? `Connection: ${facts.api.value.connection}`
            : facts === undefined
              ? ''
              : `Kubernetes API: ${reasonOf(facts.api)}`,
        ]),
  );
}

function viewOf(node: ClusterNode, entry: ClusterEntry | undefined, tree: Tree): ClusterView {
  return {
    cluster: entry?.cluster,
    hasProvider: entry && tree.estate.hasProvider(entry),
    facts: entry?.estate?.facts,
    counts: entry?.counts,
    show: { region: node.parent === undefined },
    open: tree.isOpen(node),
  };
}

async function children(node: ClusterNode, tree: Tree): Promise<readonly TreeNode[]> {
  const entry = tree.clusterOf(node);
  if (entry === undefined) return [];
  tree.opened(node);
  const described = await entry.describe();
  if (described.state === 'denied') return [denied(node, 'The cluster cannot be described', described.permission)];
  if (described.state === 'absent') return [error(node, 'The cluster is gone', 'It was deleted since it was listed.')];
  if (described.state === 'failed') return [error(node, 'The cluster cannot be described', described)];
  if (described.value.endpoint === undefined)
    return [nothing(node, `The cluster is ${described.value.status}`, 'It has no endpoint yet.')];
  const estate = await entry.open(
    described.value,
    // Rows that are shown stay until all are known anew.
    () => !tree.wasShown(node),
    (names) => tree.shown.profiles(entry, names),
  );
  if ('state' in estate) return [error(node, 'The cluster cannot be read', reasonOf(estate))];
  tree.opened(node);
  const { profiles } = estate;
  const { api } = estate.facts;
  if (profiles.state !== 'found') {
    if (api.state === 'found' && api.value.profileVersions.length === 0)
      return [nothing(node, 'No Kubeflow', 'This cluster has no Profile API (profiles.kubeflow.org).')];
    if (api.state === 'failed') return [error(node, 'The cluster cannot be reached', api.reason)];
    if (profiles.state === 'denied') return [denied(node, 'Profiles cannot be listed', profiles.permission)];
    return [error(node, 'Profiles cannot be listed', reasonOf(profiles))];
  }
  if (profiles.value.length === 0)
    return [
      nothing(node, 'No profiles yet', 'Create the first one.', {
        id: 'kubeflowIrsa.createProfile',
        title: 'Create IRSA Profile',
      }),
    ];
  const names = tree.shown.profiles(entry, profiles.value);
  if (names.length === 0 && entry.looking)
    return [nothing(node, 'Looking for problems…', 'Not all profiles have been looked at yet.')];
  if (names.length === 0)
    return [
      nothing(node, 'The filter hides all profiles', 'Clear it to see them.', {
        id: 'kubeflowIrsa.clearFilter',
        title: 'Clear Filter',
      }),
    ];
  tree.nowShown(node);
  const rows: TreeNode[] = [];
  for (let from = 0; from < names.length; from += PORTION) {
    await tree.turn();
    for (const name of names.slice(from, from + PORTION)) rows.push(profileNode(node, name));
  }
  return rows;
}

export const cluster: NodeKind<ClusterNode> = {
  children,
  row: (node, tree) => {
    const entry = tree.clusterOf(node);
    // A cluster is described when its row is shown.
    void entry?.describe();
    return clusterRow(node, viewOf(node, entry, tree));
  },
  tooltip: (node, tree) => clusterTooltip(node, viewOf(node, tree.clusterOf(node), tree)),
};
