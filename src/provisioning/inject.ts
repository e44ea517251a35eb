/** What a new pod would get in AWS, asked of the API server: it runs its webhooks on a pod that it does not make (`dryRun=All`). */
import { answerOf, type Tried } from '../core/inject/answer.ts';
import { tries } from '../core/inject/templates.ts';
import type { InjectionView } from '../core/inject/standing.ts';
import type { Agent, Cluster, PodDefault } from '../core/observation.ts';
import { SERVICE_ACCOUNT } from '../core/policy/build.ts';
import { absent, denied, failed, found, valueOf, type Reading } from '../core/reading.ts';
import type { Aws, Kubernetes } from './ports.ts';

/**
 * Tries the pods that Kubeflow makes in a namespace. Never throws, and nothing is made.
 *
 * @param podDefaults those of the namespace; each that may decide who a pod is is tried with a notebook
 * @returns `denied` where the caller may not create pods there, `failed` where a webhook forbids dry runs (code `NoDryRun`) or there is
 *   no namespace
 */
export async function tryPods(
  kubernetes: Pick<Kubernetes, 'tryPod'>,
  namespace: string,
  podDefaults: readonly PodDefault[] = [],
): Promise<Reading<readonly Tried[]>> {
  const all = await Promise.all(
    tries(
      namespace,
      podDefaults.filter((one) => one.namespace === namespace),
    ).map(async ({ template, podDefault, pod }): Promise<Tried> => {
      const answer = answerOf(await kubernetes.tryPod(namespace, pod));
      return { template, ...(podDefault === undefined ? {} : { podDefault }), answer };
    }),
  );
  // What meets the plainest pod meets all of them.
  const [first] = all;
  switch (first?.answer.state) {
    case 'not-permitted':
      return denied(first.answer.permission, '');
    case 'no-dry-run':
      return failed(
        `the webhook ${first.answer.webhook} does not allow dry runs (its configuration says that it has side effects), so that no pod can be tried`,
        'NoDryRun',
      );
    case 'failed':
      return failed(first.answer.why);
    default:
      return found(all);
  }
}

const AGENT = 'eks-pod-identity-agent';

/**
 * The agent of Pod Identity: its DaemonSet says how many nodes have it. Where there is none, the add-on tells whether one is to be there,
 * as one that is being made.
 */
export async function agentOf(
  kubernetes: Pick<Kubernetes, 'inspect'>,
  aws: Pick<Aws, 'addon'>,
  cluster: string,
): Promise<Reading<Agent>> {
  const [sets, addon] = await Promise.all([kubernetes.inspect('agents'), aws.addon(cluster, AGENT)]);
  if (sets.state !== 'found') return sets;
  const [set] = sets.value;
  if (set !== undefined) return found(set);
  // Where the add-on may not be read, what the cluster says counts.
  return valueOf(addon) === undefined ? absent : found({ namespace: 'kube-system', name: AGENT, wanted: 1, ready: 0 });
}

/** All that decides what the pods of a profile get, read at once. Never throws: what could not be read says so. */
export async function readInjection(
  cluster: Cluster,
  namespace: string,
  kubernetes: Pick<Kubernetes, 'inspect' | 'serviceAccount' | 'tryPod'>,
  aws: Pick<Aws, 'addon' | 'podIdentityAssociations'>,
): Promise<InjectionView> {
  const defaults = kubernetes.inspect('podDefaults', namespace);
  const [serviceAccount, associations, webhooks, podDefaults, pods, agent, injection] = await Promise.all([
    kubernetes.serviceAccount(namespace, SERVICE_ACCOUNT),
    aws.podIdentityAssociations(cluster.name),
    kubernetes.inspect('webhooks'),
    defaults,
    kubernetes.inspect('pods', namespace),
    agentOf(kubernetes, aws, cluster.name),
    defaults.then((list) => tryPods(kubernetes, namespace, valueOf(list))),
  ]);
  return { cluster, serviceAccount, associations, webhooks, podDefaults, pods, agent, injection };
}
