/** What only a doctor asks for: read once for a profile or for all of a cluster, so that reads grow with pages, not with profiles. */
import { ROLE_ARN } from '../core/arn/arn.ts';
import type { Inspected } from '../core/modes/view.ts';
import type { Cluster, Deployment, KubernetesApi, Role } from '../core/observation.ts';
import { GRANT_POLICY } from '../core/policy/controller-rights.ts';
import { CONTROLLER, ROLE_ANNOTATION } from '../core/profile/names.ts';
import { PIPELINES } from '../core/profile/pipelines.ts';
import { absent, found, valueOf, type Reading } from '../core/reading.ts';
import { agentOf, tryPods } from '../provisioning/inject.ts';
import type { Aws, Kubernetes } from '../provisioning/ports.ts';

/** What was read, profile by profile. */
export interface Inspection {
  of(profile: string): Inspected;
}

/** What the estate has read already. */
interface Known {
  readonly api: Reading<KubernetesApi>;
  readonly controller: Reading<Deployment>;
}

type Reader = Pick<Kubernetes, 'tryPod' | 'inspect' | 'serviceAccount' | 'serviceAccounts' | 'configMap'>;
export type Account = Pick<
  Aws,
  'addon' | 'caller' | 'organization' | 'podIdentityAssociations' | 'role' | 'vpcEndpoints'
>;

/** Argo's ConfigMap, and Istio's. */
const WORKFLOW_CONTROLLER = [PIPELINES.namespace, 'workflow-controller-configmap'] as const;
const MESH = ['istio-system', 'istio'] as const;

/**
 * Reads it all at once; only the controller's role waits for its service account. Never throws: what could not be read says so.
 *
 * @param profile the one that is asked for; else all of the cluster
 */
export async function inspect(
  cluster: Cluster,
  kubernetes: Reader,
  aws: Account,
  { api, controller }: Known,
  profile?: string,
): Promise<Inspection> {
  const { namespace = CONTROLLER.namespaces[0], serviceAccount = CONTROLLER.account } = valueOf(controller) ?? {};
  const defaults = kubernetes.inspect('podDefaults', profile);
  // Of one profile alone: of all it would be a request for each.
  const tried =
    profile === undefined ? undefined : defaults.then((list) => tryPods(kubernetes, profile, valueOf(list)));
  const account = kubernetes.serviceAccount(namespace, serviceAccount);
  const role = account.then((reading): Promise<Reading<Role>> | Reading<Role> => {
    if (reading.state !== 'found') return reading;
    const its = ROLE_ARN.exec(reading.value.annotations[ROLE_ANNOTATION] ?? '')?.groups;
    const name = its?.['account'] === cluster.account ? its['name'] : undefined;
    return name === undefined ? absent : aws.role(name, GRANT_POLICY);
  });
  const [
    caller,
    controllerAccount,
    controllerRole,
    servers,
    workflowController,
    mesh,
    associations,
    pods,
    bindings,
    repositories,
    networkPolicies,
    serviceEntries,
    webhooks,
    podDefaults,
    agent,
    organization,
    endpoints,
    ...annotated
  ] = await Promise.all([
    aws.caller(),
    account,
    role,
    kubernetes.serviceAccounts(PIPELINES.namespace),
    kubernetes.configMap(...WORKFLOW_CONTROLLER),
    kubernetes.configMap(...MESH),
    aws.podIdentityAssociations(cluster.name),
    kubernetes.inspect('pods', profile),
    kubernetes.inspect('bindings', profile),
    kubernetes.inspect('repositories', profile),
    kubernetes.inspect('networkPolicies', profile),
    // Those of other namespaces count, too.
    kubernetes.inspect('serviceEntries'),
    kubernetes.inspect('webhooks'),
    defaults,
    agentOf(kubernetes, aws, cluster.name),
    aws.organization(cluster.partition, cluster.account),
    cluster.vpc === undefined ? absent : aws.vpcEndpoints(cluster.vpc),
    kubernetes.inspect('notebooks', profile),
    kubernetes.inspect('inferenceServices', profile),
    kubernetes.inspect('workflows', profile),
  ]);
  const ofPods = byNamespace(pods);
  const ofBindings = byNamespace(bindings);
  const ofRepositories = byNamespace(repositories);
  const ofPolicies = byNamespace(networkPolicies);
  const injection = await tried;
  const ofDefaults = byNamespace(podDefaults);
  const ofAnnotated = annotated.map(byNamespace);
  const ofAssociations = byNamespace(associations);
  return {
    of: (name) => ({
      caller,
      api,
      controller,
      controllerAccount,
      controllerRole,
      servers,
      workflowController,
      mesh,
      serviceEntries,
      webhooks,
      agent,
      organization,
      endpoints,
      ...(injection === undefined ? {} : { injection }),
      podDefaults: ofDefaults(name),
      associations: joined([ofAssociations(name), ofAssociations(PIPELINES.namespace)]),
      pods: ofPods(name),
      bindings: ofBindings(name),
      repositories: firstOf(ofRepositories(name)),
      networkPolicies: ofPolicies(name),
      annotated: joined(ofAnnotated.map((of) => of(name))),
    }),
  };
}

/** The items of a namespace; a kind that the cluster does not know has none, and what was not read stays so. */
function byNamespace<T extends { readonly namespace: string }>(
  reading: Reading<readonly T[]>,
): (namespace: string) => Reading<readonly T[]> {
  if (reading.state === 'absent') return () => found([]);
  if (reading.state !== 'found') return () => reading;
  const items = new Map<string, T[]>();
  for (const item of reading.value) {
    const others = items.get(item.namespace);
    if (others === undefined) items.set(item.namespace, [item]);
    else others.push(item);
  }
  return (namespace) => found(items.get(namespace) ?? []);
}

/** All of them; the first that was not read where one was not. */
function joined<T>(readings: readonly Reading<readonly T[]>[]): Reading<readonly T[]> {
  const lacking = readings.find(({ state }) => state !== 'found');
  return lacking ?? found(readings.flatMap((one) => valueOf(one) ?? []));
}

function firstOf<T>(reading: Reading<readonly T[]>): Reading<T> {
  if (reading.state !== 'found') return reading;
  const [first] = reading.value;
  return first === undefined ? absent : found(first);
}
