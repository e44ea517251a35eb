/** EKS in the Clouds view of the Kubernetes extension: all clusters by name. Our own view tells more of them, and stays fresh. */
import * as vscode from 'vscode';
import { kubeconfigYaml } from '../core/kubeconfig/entries.ts';
import { unreadable } from '../core/plan/plan.ts';
import type { Reading } from '../core/reading.ts';
import { messageOf } from '../core/text.ts';
import { commandId } from '../ids.ts';
import type { Connections } from '../outside.ts';
import { Problem } from '../problem.ts';
import { patiently } from '../estate/roles.ts';
import { reading } from '../estate/sources.ts';
import type { Source } from '../source.ts';
import { treeItem } from './item.ts';
import { needsSignIn, withoutRepeats } from '../estate/empty.ts';
import { clusterNode, groupNode, messageNode, sortedNames, type ClusterNode, type MessageNode } from './nodes.ts';
import { messageRow } from './node/message.ts';
import { plain, whyNot, type Row } from './row.ts';

const { l10n } = vscode;

/** In the context value of a row: its menu has Merge into Kubeconfig and Save Kubeconfig. */
const GIVES_KUBECONFIG = 'kubernetes.providesKubeconfig';

export type CloudNode = ClusterNode | MessageNode;

/** The clusters of all sources; a row that says why where there are none. */
export async function cloudNodes(connections: Connections): Promise<CloudNode[]> {
  let sources: readonly Source[];
  try {
    sources = await connections.sources();
  } catch (error) {
    return [
      messageNode(undefined, { tone: 'error', label: l10n.t('Clusters cannot be listed'), message: messageOf(error) }),
    ];
  }
  if (sources.length === 0) {
    const command = { id: commandId('selectRegions'), title: l10n.t('Select Regions') };
    const text = l10n.t('Select the regions of your clusters.');
    return [messageNode(undefined, { tone: 'nothing', label: l10n.t('No region is chosen'), message: text, command })];
  }
  const listed = await Promise.all(
    sources.map(async (source) => ({ source, names: await namesOf(connections, source) })),
  );
  const nodes = withoutRepeats(listed).flatMap(({ source, names }): CloudNode[] =>
    names.state === 'found'
      ? sortedNames(names.value).map((name) => clusterNode(source, name))
      : [unlisted(source, names)],
  );
  const text = l10n.t('There is no EKS cluster in the chosen regions.');
  return nodes.length > 0
    ? nodes
    : [messageNode(undefined, { tone: 'nothing', label: l10n.t('No clusters'), message: text })];
}

async function namesOf(connections: Connections, source: Source): Promise<Reading<readonly string[]>> {
  return reading(async () => {
    const aws = await connections.aws(source);
    return patiently(() => aws.clusterNames());
  });
}

/** Where signing in may help, a click does that. */
const unlisted = (source: Source, names: Reading<unknown>): MessageNode =>
  messageNode(groupNode(source), {
    tone: names.state === 'denied' ? 'denied' : 'error',
    label: placeOf(source).join(' · '),
    message: names.state === 'denied' ? whyNot(names) : l10n.t('cannot be listed: {0}', whyNot(names)),
    ...(needsSignIn(names) ? { command: { id: commandId('signIn'), title: l10n.t('Sign In') } } : {}),
  });

const placeOf = ({ awsProfile, region }: Source): string[] =>
  awsProfile === undefined ? [region] : [region, l10n.t('AWS profile {0}', awsProfile)];

export function cloudItem(node: CloudNode): vscode.TreeItem {
  // Other clouds have rows in this view too: ids and context values say whose these are.
  const item = treeItem(`kubeflow-irsa/${node.id}`, node.kind === 'message' ? messageRow(node) : cloudRow(node));
  if (node.kind !== 'message') return item;
  item.tooltip = item.accessibilityInformation?.label;
  if (node.command !== undefined)
    item.command = { command: node.command.id, title: node.command.title, arguments: [node.parent] };
  return item;
}

function cloudRow({ cluster, ...source }: ClusterNode): Row {
  const place = placeOf(source);
  return {
    label: plain(cluster),
    description: plain(place.join(' · ')),
    icon: 'server-environment',
    context: `kubeflowIrsa.eksCluster ${GIVES_KUBECONFIG}`,
    spoken: plain(l10n.t('EKS cluster {0}, {1}', cluster, place.join(', '))),
    expand: 'no',
  };
}

/** The kubeconfig of a cluster, from what AWS says of it now. Throws what a person should be told. */
export async function kubeconfigOf(connections: Connections, node: CloudNode): Promise<string | undefined> {
  if (node.kind !== 'cluster') return undefined;
  const aws = await connections.aws(node);
  const cluster = await aws.cluster(node.cluster);
  if (cluster.state !== 'found') throw new Problem(unreadable(cluster, l10n.t('Cluster {0}', node.cluster)));
  const yaml = kubeconfigYaml(cluster.value, node.awsProfile);
  if (yaml !== undefined) return yaml;
  throw new Problem(l10n.t('Cluster {0} is {1}: it has no endpoint.', node.cluster, cluster.value.status));
}
