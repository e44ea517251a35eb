/** What a pod of a profile would really get in AWS, and what those that run have. */
import { REGION_VARIABLES, ROLE_VARIABLE, isSet, valueIn } from '../inject/identity.ts';
import { agentOf, allRefused, runningStandings, triedStandings, type Standing } from '../inject/standing.ts';
import { identityWebhook, podDefaultsOrder } from '../inject/webhooks.ts';
import type { Pod, PodContainer, PodDefault, PodWebhook } from '../observation.ts';
import { inEnglish, saying } from '../phrase.ts';
import { SERVICE_ACCOUNT } from '../policy/build.ts';
import { ROLE_ANNOTATION } from '../profile/names.ts';
import { absent, found, valueOf } from '../reading.ts';
import type { LiveId } from './ids.ts';
import { modes } from './mode.ts';
import { objectIn, problem, type Evidence, type Problem } from './problem.ts';
import { editor, type LiveExample, ROLE } from './samples.ts';
import { WEBHOOK } from './sources.ts';
import type { ProfileView } from './view.ts';

const HANDLER = 'aws/amazon-eks-pod-identity-webhook pkg/handler/handler.go';
const POD_DEFAULTS = 'kubeflow/kubeflow components/admission-webhook/main.go';

export const injectionModes = modes({
  'KP-065': {
    title: 'The webhook of EKS does not see the pods',
    severity: 'error',
    symptom: 'Pods start without a role although the service account has one; calls are made as the role of the node.',
    cause:
      'The configuration pod-identity-webhook is gone or has another certificate authority, or the pod has the label or annotation that leaves it out. A miss is silent: failurePolicy is Ignore.',
    fix: 'Restore the configuration pod-identity-webhook (EKS makes it; who runs the webhook sees to its certificate), or remove the label eks.amazonaws.com/skip-pod-identity-webhook or the annotation eks.amazonaws.com/skip-containers where they come from.',
    sources: [WEBHOOK, 'aws/amazon-eks-pod-identity-webhook deploy/mutatingwebhook.yaml', HANDLER],
    reads: ['webhooks', 'injection', 'pods'],
    live: [liveInjection],
  },
  'KP-066': {
    title: 'Pod was missed by the webhook',
    severity: 'error',
    symptom: 'A pod has no role, others of the same service account have one.',
    cause:
      'It was made in the moment in which the webhook did not know the service account yet, or did not answer; the API server then makes the pod without it.',
    fix: 'Make the pod again: restart the notebook, or run the pipeline again.',
    sources: [HANDLER, 'aws/amazon-eks-pod-identity-webhook#174', 'aws/amazon-eks-pod-identity-webhook#83'],
    reads: ['pods', 'serviceAccount'],
    live: [liveInjection],
  },
  'KP-067': {
    title: 'Running pod has another role',
    severity: 'warning',
    symptom: 'AccessDenied that names a role which the service account no longer has.',
    cause:
      'The webhook acts only when a pod is created: one that runs keeps the role of that time, or that of its template.',
    fix: 'Make the pod again: restart the notebook, or run the pipeline again. Where it comes back with that role, remove AWS_ROLE_ARN from its template.',
    sources: [HANDLER, 'aws/amazon-eks-pod-identity-webhook#28'],
    reads: ['pods', 'serviceAccount'],
    live: [liveInjection],
  },
  'KP-068': {
    title: 'PodDefault decides who a pod is',
    severity: 'error',
    symptom:
      'Notebooks run as an old role, with static keys or in another region; or they cannot be created: "conflict occurred while applying poddefaults".',
    cause:
      'A PodDefault sets AWS_ROLE_ARN, keys or a region. Where its webhook runs before that of EKS (Kubeflow to 1.10) EKS leaves them; where it runs after it (kubeflow/dashboard) the pod is refused (inferred).',
    fix: 'Remove AWS variables from the PodDefault: the webhook of EKS gives role and region.',
    sources: [POD_DEFAULTS, HANDLER],
    reads: ['podDefaults', 'webhooks', 'injection', 'pods'],
    live: [liveInjection],
  },
  'KP-070': {
    title: 'Pod got the other identity',
    severity: 'warning',
    symptom: 'Some pods of a service account act as the role of the annotation, others as that of the association.',
    cause:
      'A pod gets what held when it was created. An association that is made or removed later changes new pods alone, and for a moment not even these.',
    fix: 'Keep one of the two, association or annotation, and make the pods again.',
    sources: [HANDLER, 'aws/amazon-eks-pod-identity-webhook#264'],
    reads: ['associations', 'pods', 'injection'],
    live: [liveInjection],
  },
  'KP-071': {
    title: 'Pod Identity agent missing or not ready',
    severity: 'error',
    symptom: 'Pods with a Pod Identity association get no credentials: connection refused at 169.254.170.23.',
    cause:
      'The agent that gives credentials to the pods of a node is an add-on of its own (eks-pod-identity-agent); EKS Auto Mode has it built in.',
    fix: 'Install the add-on eks-pod-identity-agent, or look at the pods of its DaemonSet in kube-system.',
    sources: ['EKS User Guide, Pod Identity agent', 'aws/eks-pod-identity-agent#153'],
    reads: ['associations', 'agent'],
    live: [liveInjection],
  },
});
type Own = keyof typeof injectionModes;
const isOwn = (id: string | undefined): id is Own => id !== undefined && Object.hasOwn(injectionModes, id);

const english = (phrase: Standing['why']): string => saying(phrase, inEnglish);
const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;

/** KP-065 to KP-068, KP-070 and KP-071. */
function liveInjection(view: ProfileView, now: number): readonly Problem[] {
  const tried = triedStandings(view, now);
  const seen = [...tried, ...runningStandings(view), ...expected(view)].filter(({ id }) => isOwn(id));
  // The same cause, seen in a pod that runs.
  const unseen = seen.some(({ id }) => id === 'KP-065');
  const byId = grouped(
    seen.filter(({ id }) => !(unseen && id === 'KP-066')),
    ({ id }) => id,
  );
  return [...byId].flatMap(([id, standings]) => (isOwn(id) ? [told(id, standings, view)] : []));
}

function told(id: LiveId & Own, standings: readonly Expected[], view: ProfileView): Problem {
  const byWhy = grouped(standings, ({ why }) => english(why));
  const sentences = [...byWhy].map(([why, its]) => sentence(`${listed(its.map(({ pod }) => english(pod)))}: ${why}`));
  const first = problem(id, sentences.join(' '));
  // What somebody must choose first is in nobody's way yet.
  const chosen = standings.every(({ podDefault, name }) => podDefault !== undefined && name === undefined);
  const evidence = standings.flatMap((one) => shown(one, view));
  return {
    ...first,
    ...(chosen ? { remark: true as const, severity: 'warning' as const } : {}),
    ...(evidence.length === 0 ? {} : { evidence }),
  };
}

/** What a pod has, or what is expected of it where none could be tried: then nobody asks for its state. */
type Expected = Omit<Standing, 'state'>;

/** In the order in which the keys come first. */
function grouped<K, T>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Names in a sentence; of many the first. */
function listed(names: readonly string[]): string {
  const [first = '', ...rest] = names;
  if (rest.length === 0) return first;
  return rest.length > 4
    ? `${first} and ${rest.length} more`
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

function shown(
  standing: Expected,
  { cluster, profile, webhooks, podDefaults, agent }: ProfileView,
): readonly Evidence[] {
  const { of, name, podDefault, id, refused } = standing;
  const namespace = profile.metadata.name;
  const pod: Evidence[] =
    of === undefined
      ? []
      : [
          {
            what: name === undefined ? `${english(standing.pod)}, tried` : 'variables and labels',
            where:
              name === undefined
                ? objectIn(cluster, 'Namespace', namespace)
                : objectIn(cluster, 'Pod', name, namespace),
            value: JSON.stringify({
              ...(of.created === undefined || name === undefined ? {} : { created: of.created }),
              labels: of.labels,
              annotations: of.annotations,
              containers: of.containers.map((one) => ({ name: one.name, env: one.env, from: one.from })),
            }),
          },
        ];
  const given = valueOf(podDefaults ?? absent)?.find((one) => one.name === podDefault);
  return [
    ...pod,
    ...(refused === undefined
      ? []
      : [
          {
            what: `${english(standing.pod)}, tried`,
            where: objectIn(cluster, 'Namespace', namespace),
            value:
              refused.webhook === undefined ? refused.why : `refused by the webhook ${refused.webhook}: ${refused.why}`,
          },
        ]),
    ...(given === undefined
      ? []
      : [
          {
            what: 'what it sets',
            where: objectIn(cluster, 'PodDefault', given.name, namespace),
            value: JSON.stringify({ selector: given.selector, env: given.env, from: given.from, labels: given.labels }),
          },
        ]),
    ...(id === 'KP-065' || id === 'KP-068'
      ? [
          {
            what: 'mutating webhooks for pods, in their order',
            where: cluster.arn,
            value: JSON.stringify(
              (valueOf(webhooks ?? absent) ?? []).map(({ configuration, authority }) => ({ configuration, authority })),
            ),
          },
        ]
      : []),
    ...(id === 'KP-071'
      ? [
          {
            what: 'Pod Identity agent',
            where: objectIn(cluster, 'DaemonSet', 'eks-pod-identity-agent', 'kube-system'),
            value: agent?.state === 'found' ? `ready ${agent.value.ready} of ${agent.value.wanted}` : 'not there',
          },
        ]
      : []),
  ];
}

/** What follows from the objects where no pod could be tried: from the order of the webhooks, and from what is missing. */
function expected(view: ProfileView): readonly Expected[] {
  const { serviceAccount, associations, profile, cluster } = view;
  const wanted = valueOf(serviceAccount)?.annotations[ROLE_ANNOTATION] ?? '';
  const associated = (valueOf(associations ?? absent) ?? []).some(
    (one) => one.namespace === profile.metadata.name && one.serviceAccount === SERVICE_ACCOUNT,
  );
  const agent = associated ? agentOf(view) : undefined;
  const pods: Standing['pod'] = ['new pods of {0}', SERVICE_ACCOUNT];
  const wasTried = view.injection?.state === 'found' && allRefused(view) === undefined;
  const missing: Expected[] =
    agent === undefined || wasTried
      ? []
      : [
          {
            pod: pods,
            id: 'KP-071',
            why: [
              agent.ready === undefined
                ? 'there is a Pod Identity association for them, and the cluster has no Pod Identity agent'
                : 'there is a Pod Identity association for them, and the Pod Identity agent is ready on {0} nodes',
              agent.ready ?? '',
            ],
          },
        ];
  if (wasTried) return missing;
  const none = (wanted !== '' || associated) && identityWebhook(view.webhooks) === 'missing';
  return [
    ...missing,
    ...(none
      ? [
          {
            pod: pods,
            id: 'KP-065' as const,
            why: ['the cluster has no webhook of EKS: nothing is given to any pod'] as const,
          },
        ]
      : []),
    ...(valueOf(view.podDefaults ?? absent) ?? []).flatMap((one) => byPodDefault(one, wanted, cluster.region, view)),
  ];
}

function byPodDefault(one: PodDefault, wanted: string, region: string, view: ProfileView): readonly Expected[] {
  const role = valueIn(one, ROLE_VARIABLE);
  const sends = REGION_VARIABLES.map((name) => valueIn(one, name)).find(
    (value) => value !== undefined && value !== region,
  );
  const what = isSet(one, 'AWS_ACCESS_KEY_ID')
    ? 'AWS keys'
    : role !== undefined && role !== wanted
      ? `the role ${role}`
      : sends !== undefined
        ? `the region ${sends}`
        : undefined;
  if (what === undefined) return [];
  const order = podDefaultsOrder(view.webhooks);
  const why =
    what === 'AWS keys'
      ? 'it sets {0}, which come before any role'
      : order === 'before'
        ? 'it sets {0}, and the webhook of EKS, which comes after it, leaves that'
        : order === 'after'
          ? 'it sets {0}, and contradicts what EKS gives before it, so that pods which ask for it are refused'
          : 'it sets {0}: EKS leaves that, or pods which ask for it are refused, by the order of the webhooks';
  return [
    {
      pod: ['PodDefault {0}', one.name],
      podDefault: one.name,
      why: [why, what],
      id: 'KP-068',
    },
  ];
}

const TOKEN = '/var/run/secrets/eks.amazonaws.com/serviceaccount/token';
/** A pod of default-editor as the webhook of EKS leaves it; parts may be replaced. */
const pod = (env: PodContainer['env'], change: Partial<Pod> = {}): Pod => ({
  namespace: 'team-a',
  name: 'train-0',
  serviceAccount: SERVICE_ACCOUNT,
  created: '2026-11-20T12:00:00Z',
  phase: 'Running',
  annotations: {},
  labels: {},
  containers: [{ name: 'main', image: 'main:1', env, from: {} }],
  ...change,
});
const irsa = (role: string, more: PodContainer['env'] = {}) => ({
  AWS_ROLE_ARN: role,
  AWS_WEB_IDENTITY_TOKEN_FILE: TOKEN,
  AWS_REGION: 'us-west-2',
  ...more,
});
const everything = { matchLabels: {}, matchExpressions: [] };
const webhook = (configuration: string): PodWebhook => ({
  configuration,
  name: configuration,
  at: 'https://127.0.0.1:23443/mutate',
  failurePolicy: 'Ignore',
  sideEffects: 'None',
  namespaces: everything,
  objects: everything,
  authority: { certificates: 1, until: '2030-01-01T00:00:00.000Z' },
});
const podDefault = (change: Partial<PodDefault>): PodDefault => ({
  namespace: 'team-a',
  name: 'aws',
  selector: { matchLabels: { aws: 'true' }, matchExpressions: [] },
  env: {},
  from: {},
  annotations: {},
  labels: {},
  ...change,
});
const tried = (made: Pod): Partial<ProfileView> => ({
  webhooks: found([webhook('pod-identity-webhook')]),
  injection: found([{ template: 'plain', answer: { state: 'made', pod: made } }]),
});
const association = found([{ id: 'a-1', namespace: 'team-a', serviceAccount: SERVICE_ACCOUNT }]);

/** What each mode looks like. They run as tests. */
export const examples = (): readonly LiveExample[] => [
  { name: 'no webhook of EKS', change: { webhooks: found([]) }, sees: ['KP-065'] },
  { name: 'a webhook of EKS that gives nothing to a pod that is tried', change: tried(pod({})), sees: ['KP-065'] },
  {
    name: 'a pod with the label that leaves it out',
    change: { pods: found([pod({}, { labels: { 'eks.amazonaws.com/skip-pod-identity-webhook': '' } })]) },
    sees: ['KP-065'],
  },
  {
    name: 'a pod that the webhook missed',
    change: {
      serviceAccount: found({
        namespace: 'team-a',
        name: SERVICE_ACCOUNT,
        annotations: { [ROLE_ANNOTATION]: ROLE },
        roleSince: '2026-11-01T12:00:00Z',
      }),
      webhooks: found([webhook('pod-identity-webhook')]),
      pods: found([pod({})]),
    },
    sees: ['KP-066'],
  },
  {
    name: 'a pod with a role of another time',
    change: { pods: found([pod(irsa(`${ROLE}-old`))]) },
    sees: ['KP-067'],
  },
  {
    name: 'a PodDefault with a role, before the webhook of EKS',
    change: {
      webhooks: found(['admission-webhook-mutating-webhook-configuration', 'pod-identity-webhook'].map(webhook)),
      podDefaults: found([podDefault({ env: { AWS_ROLE_ARN: `${ROLE}-old` } })]),
    },
    sees: ['KP-068'],
  },
  {
    name: 'a PodDefault with a region, after the webhook of EKS',
    change: {
      webhooks: found(['pod-identity-webhook', 'poddefaults-webhook-mutating-webhook-configuration'].map(webhook)),
      podDefaults: found([podDefault({ env: { AWS_REGION: 'eu-central-1' } })]),
    },
    sees: ['KP-068'],
  },
  {
    name: 'a pod with the role of the annotation beside an association',
    change: {
      pods: found([pod(irsa(ROLE))]),
      associations: association,
      agent: found({ namespace: 'kube-system', name: 'eks-pod-identity-agent', wanted: 2, ready: 2 }),
    },
    sees: ['KP-070'],
  },
  {
    name: 'an association without an agent',
    change: { serviceAccount: editor({ [ROLE_ANNOTATION]: ROLE }), associations: association, agent: absent },
    sees: ['KP-071'],
  },
];
