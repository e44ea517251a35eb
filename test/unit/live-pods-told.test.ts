// All that is said of the pods of a profile, with what shows it: for each pod with each service account, each PodDefault with each order of
// the webhooks, each association with each agent. Kept in test/fixtures/told/live/pods-….
import { test } from 'node:test';
import { injectionModes } from '../../src/core/modes/injection.ts';
import type { Mode } from '../../src/core/modes/mode.ts';
import { liveRegion, podModes } from '../../src/core/modes/pods.ts';
import { right, ROLE } from '../../src/core/modes/samples.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import type { Pod, PodContainer, PodDefault, PodWebhook } from '../../src/core/observation.ts';
import { absent, denied, failed, found } from '../../src/core/reading.ts';
import { asKept } from './told.ts';

type Change = Partial<ProfileView>;
type Cases = Readonly<Record<string, Change>>;
const NOW = Date.parse('2026-11-23T12:00:00Z');
const JUDGES = new Set([
  ...Object.values({ ...injectionModes, ...podModes } as Readonly<Record<string, Mode>>).flatMap(
    ({ live = [] }) => live,
  ),
  liveRegion,
]);
const ANNOTATION = 'eks.amazonaws.com/role-arn';

const said = (change: Change): readonly string[] => {
  const view = right(change);
  return [...JUDGES]
    .flatMap((judge) => judge(view, NOW))
    .flatMap(({ id, message, severity, remark, remedy, evidence }) => [
      `  ${[id, severity ?? '', remark === true ? 'remark' : '', remedy ?? ''].filter((one) => one !== '').join(' ')}: ${message}`,
      ...(evidence ?? []).map(({ what, where, value }) => `    ${what}, ${where}: ${value.slice(0, 200)}`),
    ]);
};
/** Each of some beside each of others; a case of which nothing is said is told in one line with its like. */
const told = (name: string, some: Cases, others: Cases): void => {
  test(name, () => {
    const sound: string[] = [];
    const lines = Object.entries(some).flatMap(([what, change]) =>
      Object.entries(others).flatMap(([where, more]) => {
        const all = said({ ...change, ...more });
        if (all.length > 0) return [`${what}; ${where}`, ...all];
        sound.push(`${what}; ${where}`);
        return [];
      }),
    );
    asKept(`live/${name}`, [...lines, '', 'nothing is said of:', ...sound.map((one) => `  ${one}`)]);
  });
};

const account = (annotations: Readonly<Record<string, string>>, roleSince?: string): Change => ({
  serviceAccount: found({
    namespace: 'team-a',
    name: 'default-editor',
    annotations,
    ...(roleSince === undefined ? {} : { roleSince }),
  }),
});
const ACCOUNTS: Cases = {
  'no role': account({}),
  'an empty role': account({ [ANNOTATION]: '' }, '2026-11-10T00:00:00Z'),
  'a role': account({ [ANNOTATION]: ROLE }),
  'a role since long': account({ [ANNOTATION]: ROLE }, '2026-11-10T00:00:00Z'),
  'a role since the pod': account({ [ANNOTATION]: ROLE }, '2026-11-20T12:00:00Z'),
  'a role of a moment before the pod': account({ [ANNOTATION]: ROLE }, '2026-11-20T11:59:58Z'),
  'a role since today': account({ [ANNOTATION]: ROLE }, '2026-11-23T00:00:00Z'),
  'a role since a second': account({ [ANNOTATION]: ROLE }, '2026-11-23T11:59:59Z'),
  'no service account': { serviceAccount: absent },
};

const container = (env: PodContainer['env'] = {}, more: Partial<PodContainer> = {}): PodContainer => ({
  ...{ name: 'main', image: 'main:1', env, from: {} },
  ...more,
});
const pod = (change: Partial<Pod> = {}): Pod => ({
  ...{ namespace: 'team-a', name: 'train-0', serviceAccount: 'default-editor', created: '2026-11-20T12:00:00Z' },
  ...{ phase: 'Running', annotations: {}, labels: {}, containers: [container()] },
  ...change,
});
const IRSA = { AWS_ROLE_ARN: ROLE, AWS_WEB_IDENTITY_TOKEN_FILE: '/token' };
const AGENT = {
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23',
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/t',
};
const KEYS = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
const STEP = { 'workflows.argoproj.io/workflow': 'w' };
const GIVEN = { 'poddefault.admission.kubeflow.org/poddefault-aws': '1' };
const pods = (...all: readonly Partial<Pod>[]): Change => ({ pods: found(all.map(pod)) });
const named = (count: number, change: Partial<Pod>): Change =>
  pods(...Array.from({ length: count }, (_, at) => ({ ...change, name: `train-${at}` })));
const old = { created: '2026-11-01T00:00:00Z' };
const PODS: Cases = {
  'no pods': pods(),
  'pods that may not be read': { pods: denied('list pods', 'No.') },
  'a plain pod': pods({}),
  'an old pod': pods(old),
  'two old pods': named(2, old),
  'three old pods': named(3, old),
  'five old pods': named(5, old),
  'six old pods': named(6, old),
  'old pods that are over': pods({ ...old, phase: 'Succeeded' }, { ...old, phase: 'Failed', name: 'b' }),
  'an old pod that is left out': pods({ ...old, labels: { 'eks.amazonaws.com/skip-pod-identity-webhook': '' } }),
  'an old pod of another': pods({ ...old, serviceAccount: 'builder' }),
  'a pod of no time': { pods: found([{ ...pod(), created: undefined } as unknown as Pod]) },
  'a pod with the role': pods({ containers: [container(IRSA)] }),
  'an old pod with the role': pods({ ...old, containers: [container(IRSA)] }),
  'a pod of whose containers one has the role': pods({ containers: [container(IRSA), container({}, { name: 'b' })] }),
  'a pod with another role': pods({ containers: [container({ ...IRSA, AWS_ROLE_ARN: `${ROLE}-old` })] }),
  'a pod with the role alone': pods({ containers: [container({ AWS_ROLE_ARN: ROLE })] }),
  'a pod with Pod Identity': pods({ containers: [container(AGENT)] }),
  'an old pod with Pod Identity': pods({ ...old, containers: [container(AGENT)] }),
  'a pod with keys': pods({ containers: [container(KEYS)] }),
  'two pods with keys of a Secret': named(2, {
    containers: [container({}, { from: { AWS_ACCESS_KEY_ID: 'Secret a', AWS_SECRET_ACCESS_KEY: 'Secret a' } })],
  }),
  'keys in two containers': pods({
    containers: [container(KEYS), container({}, { name: 'b' }), container(KEYS, { name: 'c' })],
  }),
  'a pod with half of a key': pods({ containers: [container({ AWS_ACCESS_KEY_ID: '' })] }),
  'a pod with the other half': pods({ containers: [container({ AWS_SECRET_ACCESS_KEY: '' })] }),
  'a step': pods({ labels: STEP }),
  'a step of another': pods({ labels: STEP, serviceAccount: 'builder' }),
  'two steps of others': pods(
    { labels: STEP, serviceAccount: 'builder' },
    { labels: { 'katib.kubeflow.org/trial': 't' }, serviceAccount: 'other', name: 'b' },
  ),
  'a step of another with a role': pods({ labels: STEP, serviceAccount: 'builder', containers: [container(IRSA)] }),
  'a step of another with Pod Identity': pods({
    labels: STEP,
    serviceAccount: 'builder',
    containers: [container(AGENT)],
  }),
  'a step with the role': pods({ labels: STEP, containers: [container(IRSA)] }),
  'a step with the role and a region': pods({
    labels: STEP,
    containers: [container({ ...IRSA, AWS_REGION: 'us-west-2' })],
  }),
  'a step with the role and a default region': pods({
    labels: STEP,
    containers: [container({ ...IRSA, AWS_DEFAULT_REGION: 'us-west-2' })],
  }),
  'a pod with an annotation of its own': pods({ annotations: { [ANNOTATION]: `${ROLE}-x` } }),
  'a pod with the same annotation': pods({ annotations: { [ANNOTATION]: ROLE } }),
  'a pod of another with an annotation': pods({ annotations: { [ANNOTATION]: ROLE }, serviceAccount: 'builder' }),
  'a pod that is over with an annotation': pods({ annotations: { [ANNOTATION]: `${ROLE}-x` }, phase: 'Failed' }),
  'five annotated': {
    annotated: found(
      [ROLE, 'a', 'b', 'c', 'd', 'e'].map((role, at) => ({
        kind: 'Notebook',
        namespace: 'team-a',
        name: `n-${at}`,
        role,
      })),
    ),
  },
};
told('pods-and-accounts', PODS, ACCOUNTS);

const everything = { matchLabels: {}, matchExpressions: [] };
const webhooks = (...names: readonly string[]): Change => ({
  webhooks: found(
    names.map((name): PodWebhook => ({
      ...{ configuration: name, name, at: 'https://127.0.0.1', failurePolicy: 'Ignore', sideEffects: 'None' },
      ...{ namespaces: everything, objects: everything },
      authority: { certificates: 1, until: '2030-01-01T00:00:00.000Z' },
    })),
  ),
});
const EKS = 'pod-identity-webhook';
const ORDERS: Cases = {
  'webhooks are not read': {},
  'webhooks may not be read': { webhooks: denied('list webhooks', 'No.') },
  'no webhooks': webhooks(),
  'that of EKS alone': webhooks(EKS),
  'that of PodDefaults alone': webhooks('admission-webhook-x'),
  'PodDefaults first': webhooks('admission-webhook-x', EKS),
  'EKS first': webhooks(EKS, 'poddefaults-webhook-x'),
  'a pod was tried': {
    ...webhooks(EKS),
    injection: found([{ template: 'plain', answer: { state: 'made', pod: pod({ containers: [container(IRSA)] }) } }]),
  },
  'a pod was tried and has nothing': {
    ...webhooks(EKS),
    injection: found([{ template: 'plain', answer: { state: 'made', pod: pod() } }]),
  },
  'pods could not be tried': { injection: failed('it broke off') },
};
const gives = (...all: readonly Partial<PodDefault>[]): Change => ({
  podDefaults: found(
    all.map((change) => ({
      ...{ namespace: 'team-a', name: 'aws', selector: { matchLabels: { aws: 'true' }, matchExpressions: [] } },
      ...{ env: {}, from: {}, annotations: {}, labels: {} },
      ...change,
    })),
  ),
});
const DEFAULTS: Cases = {
  'no PodDefaults': gives(),
  'one that sets nothing': gives({}),
  'one with keys': gives({ env: KEYS }),
  'one with keys of a Secret': gives({ from: { AWS_ACCESS_KEY_ID: 'Secret a' } }),
  'one with the role': gives({ env: { AWS_ROLE_ARN: ROLE } }),
  'one with another role': gives({ env: { AWS_ROLE_ARN: `${ROLE}-x` } }),
  'one with the region': gives({ env: { AWS_REGION: 'us-west-2' } }),
  'one with another region': gives({ env: { AWS_REGION: 'eu-central-1' } }),
  'one with another default region': gives({ env: { AWS_REGION: 'us-west-2', AWS_DEFAULT_REGION: 'eu-central-1' } }),
  'one with the role and another region': gives({ env: { AWS_ROLE_ARN: ROLE, AWS_REGION: 'eu-central-1' } }),
  'two with other roles': gives({ env: { AWS_ROLE_ARN: 'x' } }, { name: 'b', env: { AWS_ROLE_ARN: 'y' } }),
  'one with another role, and a pod that has it': {
    ...gives({ env: { AWS_ROLE_ARN: `${ROLE}-x` } }),
    ...pods({ annotations: GIVEN, containers: [container({ ...IRSA, AWS_ROLE_ARN: `${ROLE}-x` })] }),
  },
  'one with keys, and a pod that has them': {
    ...gives({ env: KEYS }),
    ...pods({ annotations: GIVEN, containers: [container(KEYS)] }),
  },
  'one with half of a role, and a pod that has it': {
    ...gives({ env: { AWS_ROLE_ARN: ROLE } }),
    ...pods({ annotations: GIVEN, containers: [container({ AWS_ROLE_ARN: ROLE })] }),
  },
  'one with another region, and a pod that has it': {
    ...gives({ env: { AWS_REGION: 'eu-central-1' } }),
    ...pods({ annotations: GIVEN, containers: [container({ ...IRSA, AWS_REGION: 'eu-central-1' })] }),
  },
  'one that leaves a pod out': {
    ...gives({ labels: { 'eks.amazonaws.com/skip-pod-identity-webhook': '' } }),
    ...pods({ annotations: GIVEN, labels: { 'eks.amazonaws.com/skip-pod-identity-webhook': '' } }),
  },
};
told('pods-and-defaults', DEFAULTS, ORDERS);
told('pods-and-defaults-without-a-role', DEFAULTS, {
  'an association': {
    ...account({}),
    associations: found([{ id: 'a', namespace: 'team-a', serviceAccount: 'default-editor' }]),
  },
  'no role': account({}),
  'no role, no webhook': { ...account({}), ...webhooks() },
});

const associations = (...all: readonly (readonly [namespace: string, account: string])[]): Change => ({
  associations: found(all.map(([namespace, serviceAccount], at) => ({ id: `a-${at}`, namespace, serviceAccount }))),
});
const agent = (ready: number, wanted: number): Change => ({
  agent: found({ namespace: 'kube-system', name: 'eks-pod-identity-agent', wanted, ready }),
});
const AGENTS: Cases = {
  'the agent is not read': {},
  'no agent': { agent: absent },
  'an agent that may not be read': { agent: denied('get daemonsets', 'No.') },
  'the agent is ready': agent(2, 2),
  'the agent is ready on one of two nodes': agent(1, 2),
  'no agent in Auto Mode': { agent: absent, cluster: { ...right().cluster, autoMode: true } },
  'no agent, and a pod was tried': {
    agent: absent,
    injection: found([{ template: 'plain', answer: { state: 'made', pod: pod({ containers: [container(AGENT)] }) } }]),
  },
  'no agent and no webhook': { agent: absent, ...webhooks() },
};
const mine = ['team-a', 'default-editor'] as const;
told(
  'pods-and-associations',
  {
    'no association': associations(),
    'associations that may not be read': { associations: denied('eks:List', 'No.') },
    'one of another namespace': associations(['team-b', 'default-editor']),
    'one of another service account': associations(['team-a', 'builder']),
    'its own': associations(mine),
    'its own beside others': associations(['team-b', 'x'], mine, ['team-a', 'builder']),
    'its own, without an annotation': { ...associations(mine), ...account({}) },
    'its own, and a pod with the role': { ...associations(mine), ...pods({ containers: [container(IRSA)] }) },
    'its own, and a pod with Pod Identity': { ...associations(mine), ...pods({ containers: [container(AGENT)] }) },
    'none, and a pod with Pod Identity': { ...associations(), ...pods({ containers: [container(AGENT)] }) },
  },
  AGENTS,
);

const launcher = (data: Readonly<Record<string, string>>, image?: string): Change => ({
  launcher: found({ namespace: 'team-a', name: 'kfp-launcher', data }),
  ...(image === undefined ? {} : { pipelines: found({ namespace: 'kubeflow', name: 'ml-pipeline', image, ready: 1 }) }),
});
const root = 's3://team-a-data/v2';
told(
  'pods-and-regions',
  {
    'a step with the role': pods({ labels: STEP, containers: [container(IRSA)] }),
    'a step with the role and a region': pods({ labels: STEP, containers: [container({ ...IRSA, AWS_REGION: 'x' })] }),
    'a pod with the role': pods({ containers: [container(IRSA)] }),
    'a step without it': pods({ labels: STEP }),
  },
  {
    'no settings': { launcher: absent },
    'a root alone': launcher({ defaultPipelineRoot: root }),
    'a root and a release': launcher({ defaultPipelineRoot: root }, 'ghcr.io/kubeflow/kfp-api-server:2.5.0'),
    'a root with a region': launcher({ defaultPipelineRoot: `${root}?region=us-west-2` }),
    'a root of another store': launcher({ defaultPipelineRoot: 'minio://mlpipeline/v2' }),
    'a region that is read': launcher(
      {
        defaultPipelineRoot: root,
        providers: 's3:\n  default:\n    region: us-west-2\n    credentials: { fromEnv: true }\n',
      },
      'ghcr.io/kubeflow/kfp-api-server:2.17.0',
    ),
    'a region that an older one does not read': launcher(
      {
        defaultPipelineRoot: root,
        providers: 's3:\n  default:\n    region: us-west-2\n    credentials: { fromEnv: true }\n',
      },
      'ghcr.io/kubeflow/kfp-api-server:2.5.0',
    ),
    'keys of a Secret': launcher({
      defaultPipelineRoot: root,
      providers:
        's3:\n  default:\n    credentials:\n      fromEnv: false\n      secretRef: { secretName: a, accessKeyKey: b, secretKeyKey: c }\n',
    }),
  },
);
