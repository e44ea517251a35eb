/** EKS in the Clouds view of the Kubernetes extension: all clusters by name. Our own view tells more of them, and stays fresh. */
import * as vscode from 'vscode';
import { kubeconfigYaml } from '../core/kubeconfig.ts';
import { unreadable } from '../core/plan/plan.ts';
import { COMMAND } from '../ids.ts';
import type { Connections } from '../outside.ts';
import { Problem } from '../problem.ts';
import { patiently } from '../provisioning/estate.ts';
import { sourceId, type Source } from '../source.ts';
import { treeItem } from './item.ts';
import { clusterNode, messageNode, type ClusterNode, type MessageNode } from './nodes.ts';
import { messageRow, plain, reasonOf, type Row } from './rows.ts';

const { l10n } = vscode;

/** In the context value of a row: its menu has Merge into Kubeconfig and Save Kubeconfig. */
const GIVES_KUBECONFIG = 'kubernetes.providesKubeconfig';

export type CloudNode = ClusterNode | MessageNode;

const message = (id: string, fields: Parameters<typeof messageNode>[1]): MessageNode => ({
  ...messageNode(undefined, fields),
  id: `message/${id}`,
});
const unlisted = (id: string, label: string, error: unknown): MessageNode =>
  message(id, {
    tone: 'error',
    label,
    message: `cannot be listed: ${error instanceof Error ? error.message : String(error)}`,
  });

/** The clusters of all sources; a row that says why where there are none. */
export async function cloudNodes(connections: Connections): Promise<CloudNode[]> {
  let sources: readonly Source[];
  try {
    sources = await connections.sources();
  } catch (error) {
    return [unlisted('', 'Clusters', error)];
  }
  if (sources.length === 0) {
    const command = { id: COMMAND.selectRegions, title: 'Select Regions' };
    const text = 'Select the regions of your clusters.';
    return [message('', { tone: 'nothing', label: 'No region is chosen', message: text, command })];
  }
  const nodes = (await Promise.all(sources.map((source) => nodesOf(connections, source)))).flat();
  const text = 'There is no EKS cluster in the chosen regions.';
  return nodes.length > 0 ? nodes : [message('', { tone: 'nothing', label: 'No clusters', message: text })];
}

async function nodesOf(connections: Connections, source: Source): Promise<CloudNode[]> {
  const id = sourceId(source);
  const place = placeOf(source).join(' · ');
  try {
    const aws = await connections.aws(source);
    const names = await patiently(() => aws.clusterNames());
    if (names.state !== 'found') return [unlisted(id, place, reasonOf(names))];
    const sorted = [...names.value].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    return sorted.map((name) => clusterNode(source, name));
  } catch (error) {
    return [unlisted(id, place, error)];
  }
}

const placeOf = ({ awsProfile, region }: Source): string[] =>
  awsProfile === undefined ? [region] : [region, `AWS profile ${awsProfile}`];

export function cloudItem(node: CloudNode): vscode.TreeItem {
  // Other clouds have rows in this view too: ids and context values say whose these are.
  const item = treeItem(`kubeflow-irsa/${node.id}`, node.kind === 'message' ? messageRow(node) : cloudRow(node));
  if (node.kind !== 'message') return item;
  item.tooltip = item.accessibilityInformation?.label;
  if (node.command !== undefined) item.command = { command: node.command.id, title: node.command.title };
  return item;
}

function cloudRow({ cluster, ...source }: ClusterNode): Row {
  const place = placeOf(source);
  return {
    label: plain(cluster),
    description: plain(place.join(' · ')),
    icon: 'server-environment',
    context: `kubeflowIrsa.eksCluster ${GIVES_KUBECONFIG}`,
    spoken: plain(`EKS cluster ${cluster}, ${place.join(', ')}`),
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
