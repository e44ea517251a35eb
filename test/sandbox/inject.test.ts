/**
 * What a pod really gets, on a real API server with the two webhooks that decide it: fifteen states that look alike to whoever only sees
 * "AccessDenied" are told apart, by a dry run or by the pods that run; the doctor names the failure mode, and nothing is made by trying.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  EKSClient,
  ListPodIdentityAssociationsCommand,
} from '@aws-sdk/client-eks';
import { installAgent, removeAgent } from '../../sandbox/fixtures.ts';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import type { Kube, KubeObject } from '../../sandbox/kube.ts';
import { IDENTITY_WEBHOOK } from '../../sandbox/webhooks.ts';
import { connectAws } from '../../src/aws/index.ts';
import { evidenceOf } from '../../src/core/doctor/evidence.ts';
import { runningStandings, triedStandings, type Standing } from '../../src/core/inject/standing.ts';
import { judgeProfile } from '../../src/core/modes/live.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import type { Cluster } from '../../src/core/observation.ts';
import { inEnglish, saying } from '../../src/core/phrase.ts';
import { valueOf } from '../../src/core/reading.ts';
import { clusterEstate } from '../../src/estate/cluster.ts';
import { rolesOf } from '../../src/estate/roles.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { CLI } from '../fixtures/cli.ts';
import { injectTexts } from './scenarios/inject.ts';

const REGION = 'us-west-2';
const NAME = 'kubeflow-dev';
/** Its role is that of its plugin, and all is right with it. */
const IRSA = 'team-a';
/** It has no plugin: what its service account has is the test's. */
const BARE = 'bare';
const ROLE = 'arn:aws:iam::111122223333:role/team-a-kubeflow-dev-role';
const OLD = 'arn:aws:iam::111122223333:role/old';
const TOKEN = '/var/run/secrets/eks.amazonaws.com/serviceaccount/token';

let sandbox: Sandbox;
let kube: Kube;
let eks: EKSClient;
let cluster: Cluster;
const connect = kubernetesConnector({ kubeconfig: '/dev/null' });

before(async () => {
  sandbox = await startSandbox({ withoutAnalytics: true, consistencyMs: 0 });
  Object.assign(process.env, sandbox.env);
  kube = sandbox.clusters.kubeflowDev.kube;
  eks = new EKSClient({ region: REGION });
  const reading = await connectAws({ region: REGION }).cluster(NAME);
  assert.ok(reading.state === 'found');
  cluster = reading.value;
  await kube.apply(`/apis/kubeflow.org/v1/profiles/${BARE}`, {
    apiVersion: 'kubeflow.org/v1',
    kind: 'Profile',
    metadata: { name: BARE },
    spec: { owner: { kind: 'User', name: 'bare@example.com' } },
  });
  await eventually(`${BARE} has no service account`, () => kube.find(account(BARE)));
});
after(() => sandbox?.stop());

const account = (profile: string): string => `/api/v1/namespaces/${profile}/serviceaccounts/default-editor`;

/** An API server learns of a change of its webhooks in its own time. */
async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 100; tries++) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await pause(100);
  }
  throw new Error(what);
}

/** All that a doctor reads of a profile. */
async function viewOf(profile: string): Promise<ProfileView> {
  const aws = connectAws({ region: REGION });
  const kubernetes = await connect(cluster, aws);
  const estate = clusterEstate(cluster, aws, kubernetes, rolesOf(aws), () => undefined);
  try {
    await estate.load();
    const inspection = await estate.inspect(profile);
    const readings = estate.readings(profile);
    assert.ok(readings, `${profile} is not there`);
    return { ...readings, ...inspection.of(profile) };
  } finally {
    estate.close();
  }
}

const CONFIGURATION = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${IDENTITY_WEBHOOK}`;
const podsOf = (profile: string): string => `/api/v1/namespaces/${profile}/pods`;
const pod = (profile: string, metadata: object = {}, env: readonly object[] = []): Promise<KubeObject> =>
  kube.request('POST', podsOf(profile), {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'train', ...metadata },
    spec: {
      serviceAccountName: 'default-editor',
      containers: ['main', 'sidecar'].map((name) => ({ name, image: 'main:1', env })),
    },
  });
const podDefault = (profile: string, spec: object): Promise<KubeObject> =>
  kube.request('POST', `/apis/kubeflow.org/v1alpha1/namespaces/${profile}/poddefaults`, {
    apiVersion: 'kubeflow.org/v1alpha1',
    kind: 'PodDefault',
    metadata: { name: 'aws' },
    spec: { desc: 'AWS', selector: { matchLabels: { aws: 'true' } }, ...spec },
  });
const annotate = (profile: string, role: string | null): Promise<KubeObject> =>
  kube.request(
    'PATCH',
    account(profile),
    { metadata: { annotations: { 'eks.amazonaws.com/role-arn': role } } },
    'application/merge-patch+json',
  );
const associate = (namespace: string): Promise<unknown> =>
  eks.send(
    new CreatePodIdentityAssociationCommand({
      clusterName: NAME,
      namespace,
      serviceAccount: 'default-editor',
      roleArn: ROLE,
    }),
  );
/** Times of the API server are whole seconds. */
const nextSecond = (): Promise<void> => pause(1_100);

/** The configuration of the webhook as it was. */
async function put({ metadata, ...rest }: KubeObject): Promise<void> {
  if (await kube.find(CONFIGURATION)) await kube.request('DELETE', CONFIGURATION);
  await kube.request('POST', CONFIGURATION.slice(0, CONFIGURATION.lastIndexOf('/')), {
    ...rest,
    metadata: { name: metadata.name },
  });
}
/** The pod made again, of a template that says nothing of the webhook. */
async function again(profile: string): Promise<void> {
  await kube.request('DELETE', podsOf(profile));
  await eventually('the pod is still there', async () =>
    (await kube.find<{ items: unknown[] }>(podsOf(profile)))?.items.length === 0 ? true : undefined,
  );
  await nextSecond();
  await pod(profile);
}
const withoutVariables = (profile: string): Promise<unknown> =>
  kube.request(
    'PATCH',
    `/apis/kubeflow.org/v1alpha1/namespaces/${profile}/poddefaults/aws`,
    { spec: { env: [] } },
    'application/merge-patch+json',
  );
async function dissociate(): Promise<void> {
  const { associations = [] } = await eks.send(new ListPodIdentityAssociationsCommand({ clusterName: NAME }));
  for (const { associationId } of associations)
    await eks.send(new DeletePodIdentityAssociationCommand({ clusterName: NAME, associationId }));
}

/** Puts back what rows change. */
async function restore(configuration: KubeObject): Promise<void> {
  await put(configuration);
  for (const profile of [IRSA, BARE]) {
    await kube.request('DELETE', podsOf(profile));
    await kube.request('DELETE', `/apis/kubeflow.org/v1alpha1/namespaces/${profile}/poddefaults`);
  }
  await dissociate();
  await annotate(BARE, null);
  if (await kube.find('/apis/apps/v1/namespaces/kube-system/daemonsets/eks-pod-identity-agent'))
    await removeAgent(sandbox);
  await sandbox.changeKubeflow({ podDefaults: 'before' });
  sandbox.control({ unknownServiceAccounts: [] });
  const left = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/aaa-old';
  if (await kube.find(left)) await kube.request('DELETE', left);
  await eventually('it is not as it was', async () => {
    const { state } = one(await viewOf(IRSA), 'a pod of default-editor');
    return state === 'sound' || undefined;
  });
}

const english = (standing: Standing): string => saying(standing.pod, inEnglish);
/** What is said of one pod, by its words; of what could not be tried, why. */
function one(
  view: ProfileView,
  words: string,
): Pick<Standing, 'state' | 'identity' | 'role' | 'region' | 'podDefault'> {
  const { injection } = view;
  if (injection?.state === 'failed' && injection.code === 'NoDryRun') return { state: 'no-dry-run' };
  const all = [...triedStandings(view, Date.now()), ...runningStandings(view)];
  const found = all.find((standing) => english(standing) === words);
  assert.ok(found, `${words}: ${all.map(english).join('; ')}`);
  const { state, identity, role, region, podDefault } = found;
  return {
    state,
    ...(identity === undefined ? {} : { identity }),
    ...(role === undefined ? {} : { role }),
    ...(region === undefined ? {} : { region }),
    ...(podDefault === undefined ? {} : { podDefault }),
  };
}

interface Row {
  readonly name: string;
  readonly profile?: string;
  readonly arrange: () => Promise<unknown>;
  /** Whose standing it is. */
  readonly of?: string;
  readonly is: ReturnType<typeof one>;
  /** What the text of the failure says to do. `configuration`: that of the webhook as it was. */
  readonly mend?: (configuration: KubeObject) => Promise<unknown>;
  /** The mode that the doctor names, and what its finding says; of several all. */
  readonly sees?: Readonly<Record<string, RegExp>>;
}
const PLAIN = 'a pod of default-editor';
const CHOSEN = 'a notebook with PodDefault aws';
const RUNNING = 'pod train';
const OURS = /^KP-0(?:50|53|62|65|66|67|68|70|71)$/;
const here = { region: REGION };

const rows: readonly Row[] = [
  { name: 'sound', arrange: async () => undefined, is: { state: 'sound', identity: 'irsa', role: ROLE, ...here } },
  {
    name: 'no webhook configuration',
    arrange: () => kube.request('DELETE', CONFIGURATION),
    is: { state: 'no-webhook', identity: 'none' },
    mend: put,
    sees: { 'KP-065': /a notebook.*no webhook of EKS/ },
  },
  {
    name: 'wrong CA bundle',
    arrange: () =>
      kube.request(
        'PATCH',
        CONFIGURATION,
        [
          {
            op: 'replace',
            path: '/webhooks/0/clientConfig/caBundle',
            value: Buffer.from(sandbox.clusters.kubeflowDev.ca).toString('base64'),
          },
        ],
        'application/json-patch+json',
      ),
    is: { state: 'unreached', identity: 'none' },
    mend: put,
    sees: { 'KP-065': /pod-identity-webhook gives nothing.*certificate/ },
  },
  {
    name: 'skip label',
    arrange: () => pod(IRSA, { labels: { 'eks.amazonaws.com/skip-pod-identity-webhook': 'true' } }),
    of: RUNNING,
    is: { state: 'skipped-pod', identity: 'none' },
    mend: () => again(IRSA),
    sees: { 'KP-065': /Pod train: its label/ },
  },
  {
    name: 'skip-containers',
    arrange: () => pod(IRSA, { annotations: { 'eks.amazonaws.com/skip-containers': 'sidecar' } }),
    of: RUNNING,
    is: { state: 'skipped-containers', identity: 'none' },
    mend: () => again(IRSA),
    sees: { 'KP-065': /Pod train: its annotation .* leaves out sidecar/ },
  },
  {
    name: 'role of a PodDefault kept (old order)',
    arrange: () =>
      podDefault(IRSA, {
        env: [
          { name: 'AWS_ROLE_ARN', value: OLD },
          { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: TOKEN },
        ],
      }),
    of: CHOSEN,
    is: { state: 'pod-default-role', identity: 'irsa', role: OLD, ...here, podDefault: 'aws' },
    mend: () => withoutVariables(IRSA),
    sees: { 'KP-068': /PodDefault aws sets the role .*role\/old, and the webhook of EKS leaves it/ },
  },
  {
    name: 'PodDefault conflict rejects the pod (new order)',
    arrange: async () => {
      await sandbox.changeKubeflow({ podDefaults: 'after' });
      await podDefault(IRSA, { env: [{ name: 'AWS_ROLE_ARN', value: OLD }] });
    },
    of: CHOSEN,
    is: { state: 'conflict', podDefault: 'aws' },
    mend: () => withoutVariables(IRSA),
    sees: { 'KP-068': /PodDefault aws contradicts.*conflict on AWS_ROLE_ARN/ },
  },
  {
    name: 'region of a PodDefault',
    arrange: () => podDefault(IRSA, { env: [{ name: 'AWS_REGION', value: 'eu-central-1' }] }),
    of: CHOSEN,
    is: { state: 'other-region', identity: 'irsa', role: ROLE, region: 'eu-central-1', podDefault: 'aws' },
    mend: () => withoutVariables(IRSA),
    sees: { 'KP-068': /sends it to the region eu-central-1/ },
  },
  {
    name: 'static keys',
    arrange: () => {
      const secretKeyRef = { name: 'aws-secret', key: 'key' };
      const env = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map((name) => ({ name, valueFrom: { secretKeyRef } }));
      return podDefault(IRSA, { env });
    },
    of: CHOSEN,
    is: { state: 'pod-default-keys', identity: 'keys', ...here, podDefault: 'aws' },
    mend: () => withoutVariables(IRSA),
    sees: { 'KP-068': /sets AWS keys/ },
  },
  {
    name: 'Pod Identity alone',
    profile: BARE,
    arrange: async () => {
      await installAgent(sandbox);
      await associate(BARE);
    },
    is: { state: 'pod-identity', identity: 'pod-identity', ...here },
  },
  {
    name: 'Pod Identity beside IRSA',
    arrange: async () => {
      await installAgent(sandbox);
      await associate(IRSA);
    },
    is: { state: 'beside', identity: 'pod-identity', ...here },
    mend: dissociate,
    sees: { 'KP-062': /default-editor has a Pod Identity association/ },
  },
  {
    name: 'agent missing',
    profile: BARE,
    arrange: () => associate(BARE),
    is: { state: 'no-agent', identity: 'pod-identity', ...here },
    mend: () => installAgent(sandbox),
    sees: { 'KP-071': /no Pod Identity agent/ },
  },
  {
    name: 'annotation newer than the pod',
    profile: BARE,
    arrange: async () => {
      await pod(BARE);
      await nextSecond();
      await annotate(BARE, ROLE);
    },
    of: RUNNING,
    is: { state: 'older', identity: 'none' },
    mend: () => again(BARE),
    sees: { 'KP-050': /train/ },
  },
  {
    name: 'pod of another role (stale)',
    profile: BARE,
    arrange: async () => {
      await annotate(BARE, OLD);
      await pod(BARE);
      await annotate(BARE, ROLE);
    },
    of: RUNNING,
    is: { state: 'stale', identity: 'irsa', role: OLD, ...here },
    mend: () => again(BARE),
    sees: { 'KP-067': /Pod train: it has the role .*role\/old, the annotation says .*team-a-kubeflow-dev-role/ },
  },
  {
    name: 'webhook that forbids dry runs',
    arrange: () => sandbox.leaveOldWebhook(NAME, 'aaa-old', 'injector.example.com'),
    is: { state: 'no-dry-run' },
  },
];

/** Two more that only pods show which run. */
const more: readonly Row[] = [
  {
    name: 'a pod that the webhook missed',
    arrange: async () => {
      sandbox.control({ unknownServiceAccounts: [`${IRSA}/default-editor`] });
      await pod(IRSA);
      sandbox.control({ unknownServiceAccounts: [] });
    },
    of: RUNNING,
    is: { state: 'missed', identity: 'none' },
    mend: () => again(IRSA),
    sees: { 'KP-066': /Pod train: it is younger than the annotation/ },
  },
  {
    name: 'a pod that is older than its association',
    arrange: async () => {
      await pod(IRSA);
      await installAgent(sandbox);
      await associate(IRSA);
    },
    of: RUNNING,
    is: { state: 'not-associated', identity: 'irsa', role: ROLE, ...here },
    // One of the two is kept.
    mend: async () => {
      await dissociate();
      await again(IRSA);
    },
    sees: {
      'KP-062': /association/,
      'KP-070': /Pod train: it has the role .* although there is a Pod Identity association/,
    },
  },
];

describe('States of injection', () => {
  for (const { name, profile = IRSA, arrange, mend, of = PLAIN, is, sees = {} } of [...rows, ...more])
    test(name, async () => {
      const configuration = await kube.find(CONFIGURATION);
      assert.ok(configuration);
      const before = (await kube.find<{ items: unknown[] }>(podsOf(profile)))?.items.length;
      try {
        await arrange();
        let last: unknown;
        const view = await eventually(`it is never ${is.state}`, async () => {
          const now = await viewOf(profile);
          last = one(now, of);
          return one(now, of).state === is.state ? now : undefined;
        }).catch((error: unknown) => assert.fail(`${String(error)}, but ${JSON.stringify(last)}`));
        assert.deepEqual(one(view, of), is);
        const { problems, remarks, unread } = judgeProfile(view, undefined, Date.now());
        const found = [...problems, ...remarks].filter(({ id }) => OURS.test(id));
        assert.deepEqual(found.map(({ id }) => id).sort(), Object.keys(sees).sort(), JSON.stringify(found));
        for (const problem of found) {
          assert.match(problem.message, sees[problem.id] ?? /^$/);
          assert.ok(evidenceOf(problem, view).length > 0, `${problem.id} has no evidence`);
        }
        const untried = unread.filter(({ fact }) => fact === 'injection').map(({ reason = '' }) => reason);
        if (is.state === 'no-dry-run') assert.match(untried.join(), /injector\.example\.com does not allow dry runs/);
        else assert.deepEqual(untried, []);
        // What was only tried is not there.
        const running = valueOf(view.pods ?? { state: 'absent' })?.map((its) => its.name);
        assert.ok(before === 0 && (running ?? []).every((its) => its === 'train'), String(running));
        if (mend === undefined) return;
        await mend(configuration);
        let left: readonly string[] = [];
        await eventually('what the text says does not mend it', async () => {
          const now = judgeProfile(await viewOf(profile), undefined, Date.now());
          left = [...now.problems, ...now.remarks].map(({ id }) => id).filter((id) => id in sees);
          return left.length === 0 ? true : undefined;
        }).catch((error: unknown) => assert.fail(`${String(error)}: ${left.join(', ')}`));
      } finally {
        await restore(configuration);
      }
    });

  test('docs/failure-modes.md names those that are failure modes', () => {
    const told = injectTexts.map(({ id, name }) => `${id} ${name}`);
    const ours = [...rows, ...more].flatMap(({ name, sees = {} }) =>
      Object.keys(sees).flatMap((id) => (/^KP-0(?:6[5-8]|7[01])$/.test(id) ? [`${id} ${name}`] : [])),
    );
    assert.deepEqual(told.sort(), ours.sort());
  });

  test('all of them differ', () => {
    const all = rows.map(({ is }) => is.state);
    assert.equal(all.length, 15);
    assert.equal(new Set(all).size, 15);
  });
});

test('who may not create pods is told which permission is lacking', async () => {
  const aws = connectAws({ region: REGION, profile: 'readonly' });
  const kubernetes = await connect(cluster, aws);
  try {
    const estate = clusterEstate(cluster, aws, kubernetes, rolesOf(aws), () => undefined);
    await estate.load();
    const { injection, webhooks } = (await estate.inspect(IRSA)).of(IRSA);
    assert.deepEqual(injection, { state: 'denied', permission: 'create pods', message: '' });
    assert.equal(webhooks?.state, 'found');
  } finally {
    kubernetes.close();
  }
});

describe('kubeflow-irsa inject', () => {
  const call = (...args: readonly string[]): Promise<{ readonly status: number; readonly stdout: string }> =>
    new Promise((resolve) => {
      const given = ['--no-warnings', CLI, 'inject', '--cluster', NAME, '--region', REGION, ...args];
      execFile(process.execPath, given, (error, stdout) => {
        resolve({ status: error === null ? 0 : Number(error.code ?? 1), stdout });
      });
    });

  test('what new pods would get, as text: all is well', async () => {
    const { status, stdout } = await call('--profile', IRSA);
    assert.match(stdout, /New pods, tried; none was made:/);
    for (const template of ['a pod of default-editor', 'a notebook', 'a step of a pipeline', 'a model server'])
      assert.match(stdout, new RegExp(`  ${template}: IRSA, ${ROLE}, us-west-2\\n    the webhook of EKS gives it`));
    assert.match(stdout, /Pods that run:\n  none\n/);
    assert.equal(status, 0, stdout);
  });

  test('a pod of another role, as JSON: one is not as it should be', async () => {
    await annotate(BARE, OLD);
    await pod(BARE);
    await annotate(BARE, ROLE);
    const { status, stdout } = await call('--profile', BARE, '--json');
    await kube.request('DELETE', podsOf(BARE));
    const said = JSON.parse(stdout) as { pods: { identity: string; role: string }[]; running: unknown[] };
    assert.deepEqual(new Set(said.pods.map(({ identity, role }) => `${identity} ${role}`)), new Set([`irsa ${ROLE}`]));
    assert.deepEqual(said.running, [
      {
        pod: 'train',
        identity: 'irsa',
        role: OLD,
        region: REGION,
        state: 'stale',
        why: `it has the role ${OLD}, the annotation says ${ROLE}`,
        id: 'KP-067',
      },
    ]);
    assert.equal(status, 1);
  });

  test('who may not create pods is told so, and the rest stands', async () => {
    const { status, stdout } = await call('--profile', IRSA, '--aws-profile', 'readonly', '--kubeconfig', '/dev/null');
    assert.match(stdout, /Pods that run:/);
    assert.match(stdout, /Not read: what a new pod gets: you may not create pods/);
    assert.equal(status, 2);
  });
});
