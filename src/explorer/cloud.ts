/** EKS in the Clouds view of the Kubernetes extension: all clusters by name. Our own view tells more of them, and stays fresh. */
import * as vscode from 'vscode';
import { kubeconfigYaml } from '../core/kubeconfig.ts';
import { unreadable } from '../core/plan/plan.ts';
import type { Host } from '../host.ts';
import { COMMAND } from '../ids.ts';
import { Problem } from '../problem.ts';
import { patiently } from '../provisioning/estate.ts';
import { treeItem } from './item.ts';
import { clusterNode, messageNode, type ClusterNode, type MessageNode, type Source } from './nodes.ts';
import { messageRow, plain, reasonOf, type Row } from './rows.ts';

const { l10n } = vscode;

/** In the context value of a row: its menu has Merge into Kubeconfig and Save Kubeconfig. */
const GIVES_KUBECONFIG = 'kubernetes.providesKubeconfig';

export type CloudNode = ClusterNode | MessageNode;

/** The clusters of all sources, or why there are none. */
export async function cloudNodes({ connections }: Host): Promise<CloudNode[]> {
  const message = (tone: MessageNode['tone'], label: string, text: string, command?: MessageNode['command']) => ({
    ...messageNode(undefined, { tone, label, message: text, ...(command === undefined ? {} : { command }) }),
    id: `message/${label}`,
  });
  let sources: readonly Source[];
  try {
    const awsProfile = connections.awsProfile();
    const regions = await connections.regions();
    sources = regions.map((region) => (awsProfile === undefined ? { region } : { awsProfile, region }));
  } catch (error) {
    return [message('error', 'Clusters cannot be listed', error instanceof Error ? error.message : String(error))];
  }
  if (sources.length === 0) {
    const command = { id: COMMAND.selectRegions, title: 'Select Regions' };
    return [message('nothing', 'No region is chosen', 'Select the regions of your clusters.', command)];
  }
  const lists = await Promise.all(
    sources.map(async (source): Promise<CloudNode[]> => {
      const names = await patiently(async () => (await connections.aws(source.region)).clusterNames());
      if (names.state !== 'found') {
        const tone = names.state === 'denied' ? 'denied' : 'error';
        return [message(tone, `Clusters of ${source.region} cannot be listed`, reasonOf(names))];
      }
      const sorted = [...names.value].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
      return sorted.map((name) => clusterNode(source, name));
    }),
  );
  const nodes = lists.flat();
  return nodes.length > 0 ? nodes : [message('nothing', 'No clusters', 'The chosen regions have no EKS clusters.')];
}

export function cloudItem(node: CloudNode): vscode.TreeItem {
  // Other clouds have rows in this view too: ids and context values say whose these are.
  const item = treeItem(`kubeflow-irsa/${node.id}`, node.kind === 'message' ? messageRow(node) : cloudRow(node));
  if (node.kind === 'message' && node.command !== undefined) {
    item.command = { command: node.command.id, title: node.command.title };
  }
  return item;
}

function cloudRow({ cluster, region, awsProfile }: ClusterNode): Row {
  const place = [region, awsProfile ?? []].flat();
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
export async function kubeconfigOf({ connections }: Host, node: CloudNode): Promise<string | undefined> {
  if (node.kind !== 'cluster') return undefined;
  const aws = await connections.aws(node.region);
  const cluster = await aws.cluster(node.cluster);
  if (cluster.state !== 'found') throw new Problem(unreadable(cluster, l10n.t('Cluster {0}', node.cluster)));
  const yaml = kubeconfigYaml(cluster.value, node.awsProfile);
  if (yaml !== undefined) return yaml;
  throw new Problem(l10n.t('Cluster {0} is {1}: it has no endpoint.', node.cluster, cluster.value.status));
}
