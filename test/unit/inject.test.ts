/** Who a pod is in AWS: what an API server answers, what a container's SDK takes, and each state of injection. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { answerOf, type Answer, type Tried } from '../../src/core/inject/answer.ts';
import { identityOf, type Identity } from '../../src/core/inject/identity.ts';
import { injectionReport, injectionText } from '../../src/core/inject/report.ts';
import { labelsFor, selects } from '../../src/core/inject/selector.ts';
import {
  runningStandings,
  STATES,
  triedStandings,
  type InjectionView,
  type StateId,
} from '../../src/core/inject/standing.ts';
import { identityWebhook, podDefaultsOrder } from '../../src/core/inject/webhooks.ts';
import { tries } from '../../src/core/inject/templates.ts';
import { judgeProfile } from '../../src/core/modes/live.ts';
import { right, ROLE } from '../../src/core/modes/samples.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import type { Pod, PodContainer, PodDefault, PodWebhook, Selector } from '../../src/core/observation.ts';
import { absent, denied, failed, found, valueOf, type Reading } from '../../src/core/reading.ts';
import { agentOf, tryPods } from '../../src/provisioning/inject.ts';
import { asKept } from './told.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const OLD = `${ROLE}-old`;
const irsa = (role = ROLE, more: PodContainer['env'] = {}) => ({
  AWS_ROLE_ARN: role,
  AWS_WEB_IDENTITY_TOKEN_FILE: '/token',
  AWS_REGION: 'us-west-2',
  ...more,
});
const byAgent = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials' };
const pod = (env: PodContainer['env'], change: Partial<Pod> = {}): Pod => ({
  namespace: 'team-a',
  name: 'train',
  serviceAccount: 'default-editor',
  created: '2026-11-20T12:00:00Z',
  phase: 'Running',
  annotations: {},
  labels: {},
  containers: [{ name: 'main', image: 'main:1', env, from: {} }],
  ...change,
});
const ALL: Selector = { matchLabels: {}, matchExpressions: [] };
const webhook = (configuration: string): PodWebhook => ({
  ...{ configuration, name: configuration, at: 'https://127.0.0.1:1/', failurePolicy: 'Ignore', sideEffects: 'None' },
  ...{ namespaces: ALL, objects: ALL, authority: { certificates: 1 } },
});
const podDefault = (change: Partial<PodDefault> = {}): PodDefault => ({
  ...{ namespace: 'team-a', name: 'aws', selector: { ...ALL, matchLabels: { aws: 'true' } } },
  ...{ env: {}, from: {}, annotations: {}, labels: {} },
  ...change,
});
const APPLIED = { 'poddefault.admission.kubeflow.org/poddefault-aws': '7' };
const association = found([{ id: 'a-1', namespace: 'team-a', serviceAccount: 'default-editor' }]);
const agent = (ready: number): NonNullable<ProfileView['agent']> =>
  found({ namespace: 'kube-system', name: 'eks-pod-identity-agent', wanted: 2, ready });
const account = (role: string | undefined, since?: string): ProfileView['serviceAccount'] =>
  found({
    ...{ namespace: 'team-a', name: 'default-editor' },
    annotations: role === undefined ? {} : { 'eks.amazonaws.com/role-arn': role },
    ...(since === undefined ? {} : { roleSince: since }),
  });

const view = (change: Partial<ProfileView>): InjectionView & ProfileView => ({
  ...right(),
  ...{ webhooks: found([webhook('pod-identity-webhook')]), associations: found([]), podDefaults: found([]) },
  ...change,
});

interface Row {
  readonly state: StateId;
  /** Of a pod that is tried. */
  readonly answer?: Answer;
  /** Of one that runs. */
  readonly runs?: Pod;
  readonly view?: Partial<ProfileView>;
  readonly identity?: Identity;
}
const made = (its: Pod): Answer => ({ state: 'made', pod: its });
const given = (change: Partial<PodDefault>): Partial<ProfileView> => ({ podDefaults: found([podDefault(change)]) });
const rows: readonly Row[] = [
  { state: 'sound', answer: made(pod(irsa())), identity: 'irsa' },
  {
    state: 'pod-identity',
    answer: made(pod(byAgent)),
    view: { serviceAccount: account(undefined), associations: association, agent: agent(2) },
    identity: 'pod-identity',
  },
  { state: 'not-annotated', answer: made(pod({})), view: { serviceAccount: account(undefined) }, identity: 'none' },
  { state: 'not-permitted', answer: { state: 'not-permitted', permission: 'create pods' } },
  { state: 'no-dry-run', answer: { state: 'no-dry-run', webhook: 'injector' } },
  { state: 'failed', answer: { state: 'failed', why: 'timeout' } },
  { state: 'rejected', answer: { state: 'rejected', why: 'exceeded quota' } },
  { state: 'no-webhook', answer: made(pod({})), view: { webhooks: found([]) }, identity: 'none' },
  { state: 'unreached', answer: made(pod({})), identity: 'none' },
  {
    state: 'skipped-pod',
    runs: pod({}, { labels: { 'eks.amazonaws.com/skip-pod-identity-webhook': '' } }),
    identity: 'none',
  },
  {
    state: 'skipped-containers',
    runs: pod(irsa(), {
      annotations: { 'eks.amazonaws.com/skip-containers': 'other' },
      containers: [...pod(irsa()).containers, { name: 'other', image: 'o', env: {}, from: {} }],
    }),
    identity: 'none',
  },
  {
    state: 'too-early',
    answer: made(pod({})),
    view: { serviceAccount: account(ROLE, '2026-11-23T11:59:59Z') },
    identity: 'none',
  },
  {
    state: 'missed',
    runs: pod({}),
    view: { serviceAccount: account(ROLE, '2026-11-01T12:00:00Z') },
    identity: 'none',
  },
  {
    state: 'older',
    runs: pod({}),
    view: { serviceAccount: account(ROLE, '2026-11-21T12:00:00Z') },
    identity: 'none',
  },
  { state: 'stale', runs: pod(irsa(OLD)), identity: 'irsa' },
  { state: 'own-half', runs: pod({ AWS_ROLE_ARN: OLD }), identity: 'none' },
  {
    state: 'pod-default-role',
    answer: made(pod(irsa(OLD), { annotations: APPLIED })),
    view: given({ env: { AWS_ROLE_ARN: OLD } }),
    identity: 'irsa',
  },
  {
    state: 'half',
    answer: made(pod({ AWS_ROLE_ARN: OLD }, { annotations: APPLIED })),
    view: given({ env: { AWS_ROLE_ARN: OLD } }),
    identity: 'none',
  },
  {
    state: 'conflict',
    answer: {
      state: 'rejected',
      webhook: 'w',
      why: 'conflict occurred while applying poddefaults: aws on pod: x err: …',
    },
  },
  {
    state: 'other-region',
    answer: made(pod(irsa(ROLE, { AWS_REGION: 'eu-central-1' }), { annotations: APPLIED })),
    view: given({ env: { AWS_REGION: 'eu-central-1' } }),
    identity: 'irsa',
  },
  {
    state: 'other-account',
    answer: made(pod({}, { serviceAccount: 'other', annotations: APPLIED })),
    view: given({ serviceAccount: 'other' }),
    identity: 'none',
  },
  {
    state: 'pod-default-keys',
    answer: made(pod(irsa(ROLE, { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }), { annotations: APPLIED })),
    view: given({ from: { AWS_ACCESS_KEY_ID: 'Secret a', AWS_SECRET_ACCESS_KEY: 'Secret a' } }),
    identity: 'keys',
  },
  {
    state: 'keys',
    runs: pod(irsa(ROLE, { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' })),
    identity: 'keys',
  },
  {
    state: 'beside',
    answer: made(pod(byAgent)),
    view: { associations: association, agent: agent(2) },
    identity: 'pod-identity',
  },
  { state: 'not-associated', runs: pod(irsa()), view: { associations: association }, identity: 'irsa' },
  { state: 'association-gone', runs: pod(byAgent), identity: 'pod-identity' },
  {
    state: 'no-agent',
    answer: made(pod(byAgent)),
    view: { associations: association, agent: absent },
    identity: 'pod-identity',
  },
];

describe('States of injection', () => {
  for (const { state, answer, runs, identity, view: change = {} } of rows)
    test(state, () => {
      const here = view({
        ...change,
        ...(runs === undefined ? {} : { pods: found([runs]) }),
        ...(answer === undefined ? {} : { injection: found([{ template: 'notebook', answer }]) }),
      });
      const [one, ...rest] = [...triedStandings(here, NOW), ...runningStandings(here)];
      assert.deepEqual(rest, []);
      assert.equal(one?.state, state);
      assert.equal(one.identity, identity);
      assert.equal(one.id, (STATES[state] as { id?: string }).id);
    });
  test('each has a row', () => {
    assert.deepEqual(rows.map(({ state }) => state).sort(), Object.keys(STATES).sort());
  });

  const others: readonly (readonly [string, StateId, Partial<ProfileView>])[] = [
    ['an agent that is not ready everywhere', 'no-agent', { associations: association, agent: agent(1) }],
    [
      'Auto Mode has the agent built in',
      'beside',
      {
        associations: association,
        agent: absent,
        cluster: { ...right().cluster, autoMode: true },
      },
    ],
    [
      'an agent that may not be read',
      'beside',
      { associations: association, agent: denied('list daemonsets.apps', '') },
    ],
    ['associations that may not be read', 'beside', { associations: denied('eks:ListPodIdentityAssociations', '') }],
  ];
  for (const [name, state, change] of others)
    test(name, () => {
      const here = view({ ...change, pods: found([pod(byAgent)]) });
      assert.deepEqual(
        runningStandings(here).map((one) => one.state),
        [state],
      );
    });
  test('pods that are over, and those of others, are left out', () => {
    const pods = found([
      pod({}, { phase: 'Succeeded' }),
      pod({}, { phase: 'Failed' }),
      pod({}, { serviceAccount: 'x' }),
    ]);
    assert.deepEqual(runningStandings(view({ pods })), []);
  });
  test('what Istio puts into a pod does not count', () => {
    const proxy = { name: 'istio-proxy', image: 'p', env: {}, from: {} };
    const pods = found([pod(irsa(), { containers: [...pod(irsa()).containers, proxy] })]);
    assert.deepEqual(
      runningStandings(view({ pods })).map((one) => one.state),
      ['sound'],
    );
  });
});

describe('What the doctor says', () => {
  const seen = (change: Partial<ProfileView>) => {
    const { problems, remarks } = judgeProfile(view(change), undefined, NOW);
    return [...problems, ...remarks].filter(({ id }) => /^KP-0(?:6[5-8]|7[01])$/.test(id));
  };
  test('a PodDefault that somebody must choose first is a remark, a warning', () => {
    const answer = made(pod(irsa(OLD), { annotations: APPLIED }));
    const [one] = seen({
      ...given({ env: { AWS_ROLE_ARN: OLD } }),
      injection: found([{ template: 'notebook', podDefault: 'aws', answer }]),
    });
    assert.equal(one?.id, 'KP-068');
    assert.equal(one.remark, true);
    assert.equal(one.severity, 'warning');
  });
  test('pods that the webhook missed are not told beside a webhook that does not answer', () => {
    const injection: NonNullable<ProfileView['injection']> = found([{ template: 'plain', answer: made(pod({})) }]);
    const serviceAccount = account(ROLE, '2026-11-01T12:00:00Z');
    assert.deepEqual(
      seen({ injection, serviceAccount, pods: found([pod({})]) }).map(({ id }) => id),
      ['KP-065'],
    );
  });
  test('without a try the order of the webhooks says what becomes of a PodDefault', () => {
    const messageOf = (...names: readonly string[]): string =>
      seen({ ...given({ env: { AWS_ROLE_ARN: OLD } }), webhooks: found(names.map(webhook)) })[0]?.message ?? '';
    assert.match(messageOf('admission-webhook-mutating-webhook-configuration', 'pod-identity-webhook'), /leaves that/);
    assert.match(
      messageOf('pod-identity-webhook', 'poddefaults-webhook-mutating-webhook-configuration'),
      /are refused/,
    );
    assert.match(messageOf('pod-identity-webhook'), /by the order of the webhooks/);
  });
  test('a PodDefault with the right role and region is nothing', () => {
    assert.deepEqual(seen(given({ env: { AWS_ROLE_ARN: ROLE, AWS_REGION: 'us-west-2' } })), []);
  });
});

describe('Every pod beside every state of its namespace, word for word', () => {
  const VIEWS: readonly (readonly [string, Partial<ProfileView>])[] = [
    ...rows.flatMap(({ state, view: its }): (readonly [string, Partial<ProfileView>])[] => (its ? [[state, its]] : [])),
    ['as a rule', {}],
    ['not read', { associations: denied('eks:ListPodIdentityAssociations', ''), podDefaults: failed('timeout') }],
    ['webhooks not read', { webhooks: denied('list mutatingwebhookconfigurations', ''), agent: failed('timeout') }],
    ['agent half ready', { associations: association, agent: agent(1), serviceAccount: account(undefined) }],
    ['an annotation that is empty', { serviceAccount: account('') }],
    ['just now', { serviceAccount: account(ROLE, '2026-11-20T12:00:00Z') }],
    ['no account', { serviceAccount: absent }],
    [
      'PodDefaults of all kinds',
      {
        podDefaults: found([
          podDefault({ namespace: 'other', env: { AWS_ROLE_ARN: OLD } }),
          podDefault({ name: 'labels', labels: { 'eks.amazonaws.com/skip-pod-identity-webhook': '' } }),
          podDefault({ annotations: { 'eks.amazonaws.com/skip-containers': 'main' } }),
        ]),
      },
    ],
  ];
  const SKIPS = { labels: { 'eks.amazonaws.com/skip-pod-identity-webhook': '' } };
  const PODS: readonly Pod[] = [
    ...rows.flatMap(({ runs, answer }) => runs ?? (answer?.state === 'made' ? answer.pod : [])),
    pod({}, { ...SKIPS, annotations: { 'poddefault.admission.kubeflow.org/poddefault-labels': '1' } }),
    pod({}, { annotations: { ...APPLIED, 'eks.amazonaws.com/skip-containers': 'main,other' } }),
    pod({}, { containers: [{ name: 'main', image: 'm', env: {}, from: { AWS_ROLE_ARN: 'ConfigMap x' } }] }),
    pod({}, { containers: [{ name: 'main', image: 'm', env: {}, from: {}, envFrom: ['Secret s', 'Secret s'] }] }),
    pod({ AWS_DEFAULT_REGION: 'eu-west-1' }, { created: undefined as never }),
    pod(irsa(), { namespace: 'other' }),
  ].map((one, at) => ({ ...one, name: `p${at}` }));
  const reported = (change: Partial<ProfileView>): readonly string[] => {
    const injection = found(
      PODS.map((its, at) => ({
        template: at % 2 === 0 ? ('notebook' as const) : ('step' as const),
        answer: made(its),
      })),
    );
    const { pods, running, unread } = injectionReport(view({ pods: found([...PODS]), injection, ...change }), NOW);
    const line = (sign: string, { pod: its, why, ...more }: (typeof pods)[number]): string =>
      `${sign} ${its}: ${Object.values(more).map(String).join(', ')}: ${why}`.replaceAll(ROLE, 'ROLE');
    return [
      ...pods.map((one) => line('tried', one)),
      ...running.map((one) => line('runs', one)),
      ...unread.map((one) => `not read: ${Object.values(one).join(', ')}`),
    ];
  };
  test('what a report says', () => {
    const rule = reported({});
    asKept('inject/reports', [
      ...rule,
      ...VIEWS.flatMap(([name, change]) => [`## ${name}`, ...reported(change).filter((line) => !rule.includes(line))]),
    ]);
  });
  test('what the doctor says', () => {
    const at = (change: Partial<ProfileView>): readonly string[] => {
      const { problems, remarks } = judgeProfile(view(change), undefined, NOW);
      return [...problems, ...remarks].map(({ id, message, severity, remark, remedy }) =>
        `  ${[id, severity, remark === true ? 'remark' : undefined, remedy].filter(Boolean).join(' ')}: ${message}`.replaceAll(
          ROLE,
          'ROLE',
        ),
      );
    };
    const rule = at({});
    asKept(
      'inject/doctor',
      rows.flatMap(({ state, answer, runs, view: its = {} }) =>
        VIEWS.slice(-8).flatMap(([name, change]) => [
          `${state}, ${name}:`,
          ...at({
            ...its,
            ...change,
            ...(runs === undefined ? {} : { pods: found([runs, { ...runs, name: 'second' }]) }),
            ...(answer === undefined
              ? {}
              : {
                  injection: found([
                    { template: 'plain' as const, answer },
                    { template: 'notebook' as const, podDefault: 'aws', answer },
                  ]),
                }),
          }).filter((line) => !rule.includes(line)),
        ]),
      ),
    );
  });
  test('the text, with what runs and without', () => {
    for (const [name, change] of VIEWS.slice(-8, -6))
      asKept(`inject/text-${name.replaceAll(' ', '-')}`, [
        ...injectionText(injectionReport(view({ ...change, pods: found([...PODS]) }), NOW)).split('\n'),
        ...injectionText(injectionReport(view(change), NOW)).split('\n'),
        ...injectionText(
          injectionReport(
            view({
              ...change,
              injection: found(rows.flatMap(({ answer }) => (answer ? [{ template: 'server' as const, answer }] : []))),
            }),
            NOW,
          ),
        ).split('\n'),
      ]);
  });
  test('a pod is too early for ten seconds behind the annotation, and missed from then on', () => {
    const stateOf = (since: string): readonly StateId[] =>
      runningStandings(view({ pods: found([pod({})]), serviceAccount: account(ROLE, since) })).map(
        ({ state }) => state,
      );
    assert.deepEqual(stateOf('2026-11-20T11:59:50.001Z'), ['too-early']);
    assert.deepEqual(stateOf('2026-11-20T11:59:50Z'), ['missed']);
  });
  test('the webhook of EKS is known by its configuration or by its own name', () => {
    const [eks, other] = ['pod-identity-webhook.amazonaws.com', 'vpa.k8s.io'];
    for (const [configuration, name, isIt] of [
      [eks, eks, true],
      [eks, other, true],
      [other, eks, true],
      [other, other, false],
    ] as const) {
      const one = { ...webhook(configuration), name };
      assert.equal(identityWebhook(found([webhook('x'), one])), isIt ? one : 'missing', `${configuration} ${name}`);
    }
  });
  test('what is tried, and the order of the webhooks', () => {
    const about = (name: string, more: Partial<PodDefault> = {}): PodDefault =>
      podDefault({ name, env: { AWS_REGION: 'x' }, ...more });
    const many = Array.from({ length: 22 }, (_, at) => about(`d${at}`));
    const orders = [
      'pod-identity-webhook',
      'admission-webhook-x',
      'poddefaults-webhook',
      'eks-pod-identity-webhook.x',
      'iam-for-pods-y',
      'zzz',
    ];
    asKept('inject/tries', [
      ...[[], [about('always', { selector: ALL }), podDefault({ name: 'nothing' }), about('asked')], many].flatMap(
        (some) => [
          `${some.length}:`,
          ...tries('team-a', some).map(
            ({ template, podDefault: its, pod: made }) =>
              `  ${template} ${its ?? ''} ${its === undefined && some.length > 0 ? '' : JSON.stringify(made)}`,
          ),
        ],
      ),
      ...orders.flatMap((a) =>
        orders.map(
          (b) =>
            `${a}, ${b}: ${podDefaultsOrder(found([{ ...webhook(a) }, { ...webhook('x'), configuration: b, name: `${b}.kubeflow.org` }])) ?? '-'}`,
        ),
      ),
    ]);
  });
});

describe('What an API server answers', () => {
  const answers: readonly (readonly [string, Reading<Pod>, Answer])[] = [
    ['a pod', found(pod({})), made(pod({}))],
    ['no namespace', absent, { state: 'failed', why: 'there is no such namespace' }],
    [
      'a webhook that forbids dry runs',
      failed('admission webhook "vpa.k8s.io" does not support dry run', 'BadRequest'),
      { state: 'no-dry-run', webhook: 'vpa.k8s.io' },
    ],
    [
      'a webhook that refuses',
      failed('admission webhook "w.example.com" denied the request: no', '400'),
      { state: 'rejected', webhook: 'w.example.com', why: 'no' },
    ],
    [
      'the same, with 403',
      denied('create pods', 'admission webhook "w.example.com" denied the request: no'),
      { state: 'rejected', webhook: 'w.example.com', why: 'no' },
    ],
    [
      'a webhook that cannot be called',
      failed('Internal error occurred: failed calling webhook "w.example.com": connection refused', 'InternalError'),
      { state: 'rejected', webhook: 'w.example.com', uncalled: true, why: 'connection refused' },
    ],
    [
      'RBAC',
      denied('create pods', 'pods is forbidden: User "u" cannot create resource "pods" in API group ""'),
      { state: 'not-permitted', permission: 'create pods' },
    ],
    [
      'a quota',
      denied('create pods', 'pods "x" is forbidden: exceeded quota: kf-resource-quota'),
      { state: 'rejected', why: 'pods "x" is forbidden: exceeded quota: kf-resource-quota' },
    ],
    ['no answer', failed('timeout'), { state: 'failed', why: 'timeout' }],
  ];
  for (const [name, reading, answer] of answers) test(name, () => assert.deepEqual(answerOf(reading), answer));
});

describe('What an SDK takes', () => {
  const KEYS = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
  const cases: readonly (readonly [string, PodContainer['env'], Identity])[] = [
    ['keys before all', { ...KEYS, ...irsa(), ...byAgent }, 'keys'],
    ['half of the keys', { AWS_ACCESS_KEY_ID: '', ...irsa() }, 'irsa'],
    ['a token before the agent', { ...irsa(), ...byAgent }, 'irsa'],
    ['a role without a token', { AWS_ROLE_ARN: ROLE }, 'none'],
    ['a token without a role', { AWS_WEB_IDENTITY_TOKEN_FILE: '/t', ...byAgent }, 'pod-identity'],
    ['the other variable of container credentials', { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/x' }, 'pod-identity'],
    ['a region alone', { AWS_REGION: 'us-west-2' }, 'none'],
    ['names of objects in general', {}, 'none'],
  ];
  for (const [name, env, identity] of cases) test(name, () => assert.equal(identityOf({ env, from: {} }), identity));
  test('values that come from elsewhere count', () => {
    const from = { AWS_ACCESS_KEY_ID: 'Secret a', AWS_SECRET_ACCESS_KEY: 'Secret a' };
    assert.equal(identityOf({ env: irsa(), from }), 'keys');
  });
});

describe('Selectors', () => {
  const key = fc.constantFrom('a', 'b', 'c');
  const value = fc.constantFrom('x', 'y', '');
  const selector = fc.record({
    matchLabels: fc.dictionary(key, value, { maxKeys: 2 }),
    matchExpressions: fc.array(
      fc.record({
        key,
        operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist', 'Sometimes'),
        values: fc.array(value, { minLength: 1, maxLength: 2 }),
      }),
      { maxLength: 3 },
    ),
  });
  test('labels made for a selector are meant by it, and what is there stays unless it is wanted otherwise', () => {
    fc.assert(
      fc.property(selector, fc.dictionary(key, value), (one, labels) => {
        const all = labelsFor(one, labels);
        if (all !== undefined) assert.ok(selects(one, all));
        else assert.ok(!selects(one, labels) || Object.keys(one.matchLabels).length + one.matchExpressions.length > 0);
      }),
    );
  });
  test('an operator that is not known means nothing', () => {
    const one = { matchLabels: {}, matchExpressions: [{ key: 'a', operator: 'Sometimes', values: [] }] };
    assert.equal(selects(one, { a: 'x' }), false);
  });
  test('a label of a name that every object has', () => {
    assert.equal(
      selects({ matchLabels: {}, matchExpressions: [{ key: 'constructor', operator: 'Exists', values: [] }] }, {}),
      false,
    );
  });
});

describe('What is tried', () => {
  test('each template, and a notebook with each PodDefault that is about AWS', () => {
    const all = tries('team-a', [
      podDefault({ env: { AWS_REGION: 'x' } }),
      podDefault({ name: 'proxy', env: {} }),
      podDefault({ name: 'everywhere', env: { AWS_ROLE_ARN: 'x' }, selector: ALL }),
      podDefault({ name: 'secret', envFrom: ['Secret a'], selector: { ...ALL, matchLabels: { s: '' } } }),
    ]);
    assert.deepEqual(
      all.map(({ template, podDefault: by }) => [template, by]),
      [
        ['plain', undefined],
        ['notebook', undefined],
        ['step', undefined],
        ['server', undefined],
        ['notebook', 'aws'],
        ['notebook', 'secret'],
      ],
    );
    assert.equal(all[4]?.pod.metadata.labels['aws'], 'true');
  });
  test('PodDefaults without number are not all tried', () => {
    const many = Array.from({ length: 500 }, (_, at) => podDefault({ name: `p${at}`, envFrom: ['Secret a'] }));
    assert.ok(tries('team-a', many).length <= 24);
  });

  const try_ = (reading: Reading<Pod>) => tryPods({ tryPod: async () => reading }, 'team-a');
  test('what meets the plainest pod is said once', async () => {
    assert.deepEqual(await try_(denied('create pods', 'cannot create resource "pods"')), denied('create pods', ''));
    const forbidden = await try_(failed('admission webhook "v" does not support dry run'));
    assert.ok(
      forbidden.state === 'failed' &&
        forbidden.code === 'NoDryRun' &&
        /webhook v does not allow/.test(forbidden.reason),
    );
    assert.deepEqual(await try_(absent), failed('there is no such namespace'));
    assert.equal((await try_(found(pod({})))).state, 'found');
  });

  test('PodDefaults of other namespaces are none of it', async () => {
    const defaults = [podDefault({ env: { AWS_REGION: 'x' } }), podDefault({ namespace: 'team-b', name: 'other' })];
    const all = await tryPods({ tryPod: async () => found(pod({})) }, 'team-a', defaults);
    assert.deepEqual(
      valueOf(all)?.flatMap(({ podDefault: by }) => by ?? []),
      ['aws'],
    );
  });

  const sets = (list: Reading<readonly unknown[]>) =>
    ({ inspect: async () => list }) as unknown as Parameters<typeof agentOf>[0];
  const addon = (reading: Reading<{ name: string; version: string; status: string }>) => ({
    addon: async () => reading,
  });
  test('the agent: its DaemonSet counts, then its add-on', async () => {
    const one = { namespace: 'kube-system', name: 'eks-pod-identity-agent', wanted: 2, ready: 2 };
    const active = found({ name: 'eks-pod-identity-agent', version: 'v1', status: 'ACTIVE' });
    assert.deepEqual(await agentOf(sets(found([one])), addon(absent), 'c'), found(one));
    assert.deepEqual(await agentOf(sets(found([])), addon(absent), 'c'), absent);
    assert.deepEqual(await agentOf(sets(found([])), addon(active), 'c'), found({ ...one, wanted: 1, ready: 0 }));
    assert.deepEqual(
      await agentOf(sets(denied('list daemonsets.apps', '')), addon(active), 'c'),
      denied('list daemonsets.apps', ''),
    );
  });
});

test('what a pod gets is said in words, also where a PodDefault gives it', () => {
  const words = (state: StateId): string => {
    const { answer, view: change = {} } = rows.find((one) => one.state === state) ?? assert.fail(state);
    if (answer === undefined) return assert.fail(state);
    const here = view({ ...change, injection: found([{ template: 'notebook', answer }]) });
    return injectionText(injectionReport(here, NOW)).split('\n')[1] ?? '';
  };
  assert.match(words('pod-default-role'), /: the role of a PodDefault, arn:/);
  assert.match(words('half'), /: nothing: the role of its node answers, if any/);
});

describe('A pod that would be refused', () => {
  const refused = (answer: Omit<Extract<Answer, { state: 'rejected' }>, 'state'>): Tried => ({
    template: 'plain',
    answer: { state: 'rejected', ...answer },
  });
  test('is told with the webhook that refuses it, and with its reason', () => {
    const why = (answer: Parameters<typeof refused>[0]): string | undefined =>
      injectionReport(view({ injection: found([refused(answer)]) }), NOW).pods[0]?.why;
    assert.equal(why({ why: 'exceeded quota' }), 'it would be refused: exceeded quota');
    assert.equal(why({ webhook: 'a.b', why: 'no latest' }), 'the webhook a.b would refuse it: no latest');
    assert.equal(why({ webhook: 'a.b', why: '' }), 'the webhook a.b would refuse it, and does not say why');
    assert.equal(
      why({ webhook: 'a.b', uncalled: true, why: 'connection refused' }),
      'it would be refused, as the webhook a.b cannot be called: connection refused',
    );
  });
  test('leaves it open what new pods get, and the doctor says so, with what follows from the objects', () => {
    const judged = (...injection: readonly Tried[]) =>
      judgeProfile(view({ injection: found(injection), webhooks: found([]) }), undefined, NOW);
    const all = judged(refused({ webhook: 'a.b', why: 'no latest' }), refused({ why: 'exceeded quota' }));
    assert.deepEqual(
      all.unread.map(({ fact, reason }) => [fact, reason]),
      [['injection', 'the webhook a.b would refuse it: no latest']],
    );
    assert.match(
      all.problems.map(({ message }) => message).join(),
      /^New pods of default-editor: the cluster has no webhook/,
    );
    const some = judged(refused({ why: 'exceeded quota' }), { template: 'notebook', answer: made(pod({})) });
    assert.deepEqual(some.unread, []);
    assert.match(some.problems.map(({ message }) => message).join(), /^A notebook: the cluster has no webhook/);
    assert.deepEqual(judged().unread, []);
  });
  test('by a PodDefault shows which webhook refuses it', () => {
    const why = 'conflict occurred while applying poddefaults: aws on pod: x err: AWS_REGION';
    const shown = (webhook?: string): readonly unknown[] =>
      judgeProfile(
        view({
          podDefaults: found([podDefault({})]),
          injection: found([{ ...refused({ ...(webhook === undefined ? {} : { webhook }), why }), podDefault: 'aws' }]),
        }),
        undefined,
        NOW,
      ).remarks.flatMap(({ id, evidence = [] }) => (id === 'KP-068' ? evidence.slice(0, 1) : []));
    const [what, where] = ['a pod of default-editor with PodDefault aws, tried', 'demo: Namespace team-a'];
    assert.deepEqual(shown('a.b'), [{ what, where, value: `refused by the webhook a.b: ${why}` }]);
    assert.deepEqual(shown(), [{ what, where, value: why }]);
  });
});

test('a report says what was not read, and of secrets nothing', () => {
  const secret = pod(irsa(), {
    containers: [{ name: 'main', image: 'm', env: irsa(), from: {}, envFrom: ['Secret aws'] }],
  });
  const report = injectionReport(view({ pods: found([secret]), injection: denied('create pods', '') }), NOW);
  assert.deepEqual(report.pods, []);
  assert.deepEqual(report.unread, [{ what: 'what a new pod gets', permission: 'create pods' }]);
  assert.match(
    injectionText(report),
    /train: IRSA.*\n.*\n {4}not read, and may hold more: Secret aws\n\nNot read: what a new pod gets: you may not create pods$/s,
  );
});
