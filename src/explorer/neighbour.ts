/** Our clusters and profiles in the views of the Kubernetes extension. Loaded where it runs; without it nothing is missed. */
import type * as vscode from 'vscode';
import type { Host } from '../host.ts';
import type { CloudNode } from './cloud.ts';

// What we use of the Kubernetes extension's API, version v1 (its src/api/contract and docs/extending).

/** What its `activate` returns. An older one knows fewer components. */
interface Broker {
  get(
    component: string,
    version: string,
  ): { readonly available: true; readonly api: unknown } | { readonly available: false };
}

interface CloudExplorer {
  registerCloudProvider(provider: {
    readonly cloudName: string;
    /** Its events are not listened to: {@link CloudExplorer.refresh} takes their place. */
    readonly treeDataProvider: vscode.TreeDataProvider<CloudNode>;
    /** Tells what went wrong by itself; undefined: nothing is merged or saved. */
    readonly getKubeconfigYaml: (node: CloudNode) => Promise<string | undefined>;
  }): void;
  refresh(): void;
}

interface NodeSource {
  /** undefined: directly under the active cluster. */
  at(folder: string | undefined): object;
  if(condition: () => Promise<boolean>): NodeSource;
}

interface ClusterExplorer {
  registerNodeContributor(contributor: object): void;
  readonly nodeSources: {
    resourceFolder(name: string, plural: string, kind: string, kubectlName: string): NodeSource;
  };
  refresh(): void;
}

interface Kubectl {
  /** undefined: there is no kubectl. */
  invokeCommand(command: string): Promise<{ readonly code: number; readonly stderr: string } | undefined>;
}

/** Adds what is ours to the neighbour's views, as far as its version takes it. */
export function join(neighbour: unknown, host: Host): void {
  const component = <T>(name: string): T | undefined => {
    const answer = (neighbour as Partial<Broker> | undefined)?.get?.(name, 'v1');
    return answer?.available === true ? (answer.api as T) : undefined;
  };
  const clouds = component<CloudExplorer>('cloudexplorer');
  if (clouds !== undefined) addCloud(clouds, host);
  const clusters = component<ClusterExplorer>('clusterexplorer');
  if (clusters !== undefined) addProfiles(clusters, component<Kubectl>('kubectl'));
}

/** The entry of the Clouds view; what is in it is loaded when it is opened. */
function addCloud(clouds: CloudExplorer, host: Host): void {
  const cloud = () => import(/* webpackChunkName: "explorer" */ './cloud.ts');
  clouds.registerCloudProvider({
    cloudName: 'Amazon EKS',
    treeDataProvider: {
      getChildren: async (node) => (node === undefined ? (await cloud()).cloudNodes(host.connections) : []),
      getTreeItem: async (node) => (await cloud()).cloudItem(node),
    },
    getKubeconfigYaml: (node) =>
      host.attempt('kubeconfig', async () => (await cloud()).kubeconfigOf(host.connections, node)),
  });
  host.context.subscriptions.push(host.connections.onDidChange(() => clouds.refresh()));
}

/** The folder below the active cluster: the neighbour's own kind of folder, so that its commands work on the profiles. */
function addProfiles(clusters: ClusterExplorer, kubectl: Kubectl | undefined): void {
  const folder = clusters.nodeSources
    .resourceFolder('Profile', 'Profiles', 'Profile', 'profiles.kubeflow.org')
    .if(async () => hasProfiles(kubectl));
  clusters.registerNodeContributor(folder.at(undefined));
  // Clusters that are open already are asked for their children once more.
  clusters.refresh();
}

/** Whether the active cluster may serve Kubeflow's API: false only if it says that it does not. */
async function hasProfiles(kubectl: Kubectl | undefined): Promise<boolean> {
  const command = 'get --raw /apis/kubeflow.org --request-timeout=3s';
  const answer = await kubectl?.invokeCommand(command).catch(() => undefined);
  return answer === undefined || answer.code === 0 || !answer.stderr.includes('NotFound');
}
