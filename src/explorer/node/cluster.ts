/** An EKS cluster. */
import { l10n } from 'vscode';
import { managedSaid, NO_FILES, type DeclaredOf, type ManagedSaid } from '../../core/drift/files.ts';
import { filedProvider } from '../../core/drift/profile.ts';
import { makerOfProvider } from '../../core/maker.ts';
import type { Cluster } from '../../core/observation.ts';
import { AUDIENCE } from '../../core/policy/build.ts';
import type { Reading } from '../../core/reading.ts';
import type { ClusterFacts } from '../../estate/cluster.ts';
import { needsSignIn } from '../../estate/empty.ts';
import type { ClusterEntry } from '../../estate/entry.ts';
import { profileNode, type ClusterNode, type TreeNode } from '../nodes.ts';
import { joined, lines, plain, said, whyNot, type Row } from '../row.ts';
import type { NodeKind, Tree } from './kind.ts';
import { denied, error, nothing } from './message.ts';
import { driftWords } from './problem.ts';

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
  /** What files of the workspace declare. */
  readonly files?: DeclaredOf;
}

const KUBEFLOW = 'Kubeflow';

type ProviderState = 'complete' | 'without audience' | 'none';

/** State of the OIDC provider; undefined: not known. */
function providerOf(view: Pick<ClusterView, 'hasProvider' | 'facts'>): ProviderState | undefined {
  const reading = view.facts?.provider;
  if (reading?.state === 'found') return reading.value.clientIds.includes(AUDIENCE) ? 'complete' : 'without audience';
  if (reading?.state === 'absent' || view.hasProvider === false) return 'none';
  return view.hasProvider === true ? 'complete' : undefined;
}

const providerWords = (state: ProviderState): string =>
  ({
    complete: l10n.t('OIDC provider'),
    'without audience': l10n.t('OIDC provider without {0}', AUDIENCE),
    none: l10n.t('no OIDC provider'),
  })[state];

/** Who manages the provider, and where it is not as files have it. */
function filedOf({
  cluster,
  facts,
  files = NO_FILES,
}: ClusterView): ManagedSaid & { readonly drift: readonly string[] } {
  const its = facts?.provider;
  if (its?.state !== 'found' || cluster?.state !== 'found') return { by: undefined, lines: [], drift: [] };
  const { declared, drift } = filedProvider(cluster.value, its, files);
  return { ...managedSaid(makerOfProvider(its.value), declared), drift: drift.map(driftWords) };
}

function unreachable({ cluster, facts }: ClusterView): string | undefined {
  if (cluster !== undefined && cluster.state !== 'found') return whyNot(cluster);
  if (facts?.lost !== undefined) {
    const { how, reason } = facts.lost;
    return how === 'cut off' ? l10n.t('cut off: {0}', reason) : l10n.t('unreachable: {0}', reason);
  }
  if (facts?.api.state === 'denied') return whyNot(facts.api);
  return facts?.api.state === 'failed' ? l10n.t('unreachable: {0}', facts.api.reason) : undefined;
}

export function clusterRow(node: ClusterNode, view: ClusterView): Row {
  const cluster = view.cluster?.state === 'found' ? view.cluster.value : undefined;
  const trouble = unreachable(view);
  const tag = view.facts?.controller.state === 'found' ? imageTag(view.facts.controller.value.image) : undefined;
  const oidc = providerOf(view);
  const oidcWords = oidc && providerWords(oidc);
  const active = cluster === undefined || cluster.status === 'ACTIVE' || cluster.status === 'UPDATING';
  const problems = view.counts?.problems ?? 0;
  const counts = problems === 0 ? undefined : l10n.t('{0} of {1} with problems', problems, view.counts?.profiles ?? 0);
  const state =
    view.cluster === undefined
      ? l10n.t('reading…')
      : trouble !== undefined
        ? // What is cut off is listed now and then: what is said of it holds.
          joined(view.facts?.lost?.how === 'cut off' && counts, trouble)
        : active
          ? counts
          : cluster.status.toLowerCase();
  const region = view.show.region ? node.region : undefined;
  const lacks = oidc !== 'complete' && oidcWords;
  const versions = joined(cluster && `Kubernetes ${cluster.version}`, tag && `${KUBEFLOW} ${tag}`);
  const flags = [
    'eksCluster',
    cluster !== undefined && 'readable',
    (oidc === 'none' || oidc === 'without audience') && 'noOidcProvider',
    trouble !== undefined && 'failed',
    needsSignIn(view.cluster) && 'signIn',
  ];
  const warns = trouble !== undefined || problems > 0 || !active;
  // In a narrow view the words may be cut: a shape of its own says it, and not the colour alone.
  const iconOf = (): string => {
    if (view.cluster === undefined) return 'loading~spin';
    if (trouble !== undefined) return 'debug-disconnect';
    return warns ? 'warning' : 'server-environment';
  };
  return {
    label: plain(node.cluster),
    description: plain(joined(state, lacks, region, versions)),
    icon: iconOf(),
    ...(warns ? { color: 'list.warningForeground' } : {}),
    context: flags.filter(Boolean).join(';'),
    spoken: plain(
      l10n.t(
        'EKS cluster {0}, {1}',
        node.cluster,
        joined(
          node.region,
          state,
          lacks,
          cluster?.account && l10n.t('account {0}', cluster.account),
          versions,
          oidc === 'complete' && oidcWords,
        ).replaceAll(' · ', ', '),
      ),
    ),
    expand: view.open ? 'open' : 'closed',
  };
}

/** Lines of a cluster's tooltip. */
export function clusterTooltip(node: ClusterNode, view: ClusterView): string[] {
  const cluster = view.cluster?.state === 'found' ? view.cluster.value : undefined;
  const { facts } = view;
  const oidc = providerOf(view);
  const filed = filedOf(view);
  return lines(
    l10n.t('EKS cluster {0}', node.cluster),
    l10n.t('Region: {0}', node.region),
    node.awsProfile === undefined ? '' : l10n.t('AWS profile: {0}', node.awsProfile),
    ...(cluster === undefined
      ? [view.cluster === undefined ? '' : l10n.t('It cannot be read: {0}', whyNot(view.cluster))]
      : [
          l10n.t('Account: {0}', cluster.account),
          l10n.t('Status: {0}', cluster.status),
          `Kubernetes: ${cluster.version}`,
          facts === undefined
            ? ''
            : l10n.t(
                'Kubeflow profile controller: {0}',
                facts.controller.state === 'found' ? facts.controller.value.image : whyNot(facts.controller),
              ),
          l10n.t('OIDC issuer: {0}', cluster.issuer ?? l10n.t('none yet')),
          l10n.t(
            'IAM: {0}',
            oidc === undefined ? l10n.t('not read') : joined(providerWords(oidc), filed.by && said(filed.by)),
          ),
          ...filed.lines.map(said),
          ...filed.drift,
          facts?.api.state === 'found'
            ? l10n.t('Connection: {0}', facts.api.value.connection)
            : facts === undefined
              ? ''
              : l10n.t('Kubernetes API: {0}', whyNot(facts.api)),
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
    files: tree.files.of,
  };
}

async function children(node: ClusterNode, tree: Tree): Promise<readonly TreeNode[]> {
  const entry = tree.clusterOf(node);
  if (entry === undefined) return [];
  tree.opened(node);
  const described = await entry.describe();
  if (described.state === 'denied')
    return [denied(node, l10n.t('The cluster cannot be described'), described.permission)];
  if (described.state === 'absent')
    return [error(node, l10n.t('The cluster is gone'), l10n.t('It was deleted since it was listed.'))];
  if (described.state === 'failed') return [error(node, l10n.t('The cluster cannot be described'), described)];
  if (described.value.endpoint === undefined)
    return [nothing(node, l10n.t('The cluster is {0}', described.value.status), l10n.t('It has no endpoint.'))];
  const estate = await entry.open(
    described.value,
    // Rows that are shown stay until all are known anew.
    () => !tree.wasShown(node),
    (names) => tree.shown.profiles(entry, names),
  );
  if ('state' in estate) return [error(node, l10n.t('The cluster cannot be read'), whyNot(estate))];
  tree.opened(node);
  const { profiles } = estate;
  const { api } = estate.facts;
  if (profiles.state !== 'found') {
    if (api.state === 'found' && api.value.profileVersions.length === 0)
      return [nothing(node, l10n.t('No Kubeflow'), l10n.t('This cluster has no Profile API (profiles.kubeflow.org).'))];
    if (api.state === 'failed') return [error(node, l10n.t('The cluster cannot be reached'), api.reason)];
    if (profiles.state === 'denied') return [denied(node, l10n.t('Profiles cannot be listed'), profiles.permission)];
    return [error(node, l10n.t('Profiles cannot be listed'), whyNot(profiles))];
  }
  if (profiles.value.length === 0)
    return [
      nothing(node, l10n.t('No profiles yet'), l10n.t('Create the first one.'), {
        id: 'kubeflowIrsa.createProfile',
        title: l10n.t('Create IRSA Profile'),
      }),
    ];
  const names = tree.shown.profiles(entry, profiles.value);
  if (names.length === 0 && entry.looking)
    return [nothing(node, l10n.t('Looking for problems…'), l10n.t('Not all profiles have been looked at yet.'))];
  if (names.length === 0)
    return [
      nothing(node, l10n.t('The filter hides all profiles'), l10n.t('Clear it to see them.'), {
        id: 'kubeflowIrsa.clearFilter',
        title: l10n.t('Show Everything'),
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
