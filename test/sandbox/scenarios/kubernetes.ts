/** Failure modes of Kubernetes and Kubeflow, by calls as people make them with kubectl. A table: it starts nothing. */
import type { Kube, KubeObject } from '../../../sandbox/kube.ts';
import type { KubeflowSettings } from '../../../sandbox/kubeflow.ts';
import type { Request } from '../../../src/core/request.ts';
import type { Scenario, ScenarioText } from '../scenario.ts';

/** Clients, and a sound profile of the row's own. */
export interface KubeWorld {
  readonly kube: Kube;
  readonly account: string;
  readonly cluster: string;
  readonly clusterArn: string;
  readonly profile: string;
  readonly role: string;
  readonly bucket: string;
  /** A role and a bucket that are right for the profile, which is not made. */
  readonly makeRole: () => Promise<unknown>;
  readonly deleteRole: () => Promise<unknown>;
  /** Pod Identity for a service account of the profile, with the profile's role. */
  readonly associate: () => Promise<unknown>;
  readonly dissociate: () => Promise<unknown>;
  readonly changeKubeflow: (change: Partial<KubeflowSettings>) => Promise<unknown>;
  /** What the profile controller does where it panics: `exit` ends it, for all profiles. */
  readonly onPanic: (how: 'exit' | 'recover') => void;
  /** Waits until something is so. */
  readonly until: (holds: () => Promise<boolean>) => Promise<unknown>;
  /** The kubeconfig of who reads: contexts, with the servers that they lead to. */
  readonly contexts: (contexts: Readonly<Record<string, string>>, current?: string) => void;
  /** Whose AWS credentials are used when it is read. */
  readonly readAs: (account: 'own' | 'other') => void;
}

/** A row; the profile of one that is `bare` is not made before. */
export interface KubeScenario extends Scenario<KubeWorld> {
  readonly bare?: true;
  /** Name of the profile, where it matters. */
  readonly named?: string;
  /** What a person agrees to, or asks for, when the plan that ends it is made. */
  readonly wish?: Partial<Request>;
}

const KUBEFLOW = '/api/v1/namespaces/kubeflow';
const MERGE = 'application/merge-patch+json';
const inNamespace = ({ profile }: KubeWorld, what: string, api = '/api/v1'): string =>
  `${api}/namespaces/${profile}/${what}`;
const profileAt = ({ profile }: KubeWorld): string => `/apis/kubeflow.org/v1/profiles/${profile}`;
const patch = ({ kube }: KubeWorld, path: string, change: object): Promise<unknown> =>
  kube.request('PATCH', path, change, MERGE);
const annotate = (world: KubeWorld, path: string, annotations: Readonly<Record<string, string | null>>) =>
  patch(world, path, { metadata: { annotations } });
const arnOf = ({ account, role }: KubeWorld): string => `arn:aws:iam::${account}:role/${role}`;

/** Plugins of the row's Profile, of which the first has the role. */
const plugins =
  (change: (world: KubeWorld) => readonly object[]) =>
  (world: KubeWorld): Promise<unknown> =>
    patch(world, profileAt(world), { spec: { plugins: change(world) } });
/** The spec of its one plugin. */
const pluginSpec = (change: (world: KubeWorld) => object) =>
  plugins((world) => [{ kind: 'AwsIamForServiceAccount', spec: change(world) }]);
const ownPlugin = (world: KubeWorld, change: object = {}): object => ({
  kind: 'AwsIamForServiceAccount',
  spec: { awsIamRole: arnOf(world), annotateOnly: true, ...change },
});

const makeProfile = (world: KubeWorld, spec: object = {}): Promise<unknown> =>
  world.kube.apply(profileAt(world), {
    apiVersion: 'kubeflow.org/v1',
    kind: 'Profile',
    metadata: { name: world.profile },
    spec: { owner: { kind: 'User', name: `${world.profile}@example.com` }, plugins: [ownPlugin(world)], ...spec },
  });
const deleteProfile = (world: KubeWorld): Promise<unknown> => world.kube.request('DELETE', profileAt(world));
const touch = (world: KubeWorld): Promise<unknown> =>
  patch(world, profileAt(world), { metadata: { labels: { touched: 'yes' } } });

const EDITOR = 'serviceaccounts/default-editor';
const ROLE = 'eks.amazonaws.com/role-arn';
const annotationOf = async (world: KubeWorld): Promise<string | undefined> =>
  (await world.kube.find(inNamespace(world, EDITOR)))?.metadata.annotations?.[ROLE];

/** While the controller is down: a Profile that crashes it, so that nobody's is served. */
const PROFILES = '/apis/kubeflow.org/v1/profiles';
let crashers = 0;
const whileDown =
  (act: (world: KubeWorld) => Promise<unknown>) =>
  async (world: KubeWorld): Promise<void> => {
    world.onPanic('exit');
    // Another name each time: where the namespace of the last one is still going, the controller does not come to the plugin.
    const name = `crashes-the-controller-${++crashers}`;
    await world.kube.apply(`${PROFILES}/${name}`, {
      apiVersion: 'kubeflow.org/v1',
      kind: 'Profile',
      metadata: { name },
      spec: {
        owner: { kind: 'User', name: 'dana@example.com' },
        plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: 5 } }],
      },
    });
    // What runs at that moment comes to its end.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await act(world);
  };
const up = async ({ kube, onPanic }: KubeWorld): Promise<void> => {
  onPanic('recover');
  const path = `${PROFILES}/crashes-the-controller-${crashers}`;
  if ((await kube.find(path)) !== undefined) await kube.request('DELETE', path);
};

/** A pod of the row's profile. */
async function makePod(
  world: KubeWorld,
  name: string,
  { serviceAccountName = 'default-editor', labels = {}, annotations = {}, env = [] as readonly object[] } = {},
): Promise<void> {
  const path = inNamespace(world, `serviceaccounts/${serviceAccountName}`);
  if ((await world.kube.find(path)) === undefined)
    await world.kube.apply(path, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: serviceAccountName, namespace: world.profile },
    });
  await world.kube.request('POST', inNamespace(world, 'pods'), {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: world.profile, labels, annotations },
    spec: { serviceAccountName, containers: [{ name: 'main', image: 'python:3.12', env }] },
  });
}
const deletePod = (world: KubeWorld, name: string): Promise<unknown> =>
  world.kube.request('DELETE', `${inNamespace(world, `pods/${name}`)}?gracePeriodSeconds=0`);
const STEP = { 'workflows.argoproj.io/workflow': 'train-1' };

const launcher = (world: KubeWorld, data: Readonly<Record<string, string | null>>): Promise<unknown> =>
  patch(world, inNamespace(world, 'configmaps/kfp-launcher'), { data });
const rootOf = ({ bucket, profile }: KubeWorld): string => `s3://${bucket}/${profile}/v2/artifacts`;

const REPAIR = { by: 'repair' } as const;
const hand = (why: string, mend?: (world: KubeWorld) => Promise<unknown>) =>
  ({ by: 'hand', why, ...(mend === undefined ? {} : { mend }) }) as const;

/** The Profile itself. */
const PROFILE: readonly KubeScenario[] = [
  {
    id: 'KP-001',
    name: 'a plugin whose kind is written with other letters',
    bare: true,
    arrange: async (world) => {
      await world.makeRole();
      await makeProfile(world, { plugins: [{ ...ownPlugin(world), kind: 'AWSIamForServiceAccount' }] });
    },
    says: /letter by letter/,
    ending: REPAIR,
  },
  {
    id: 'KP-002',
    name: 'a profile of self-registration, without a plugin',
    bare: true,
    arrange: (world) => makeProfile(world, { plugins: [] }),
    says: /plugin/,
    ending: REPAIR,
  },
  {
    id: 'KP-003',
    name: 'a role that was emptied',
    arrange: pluginSpec(() => ({ awsIamRole: '', annotateOnly: true })),
    says: /awsIamRole is empty/,
    ending: REPAIR,
  },
  {
    id: 'KP-004',
    name: 'a shell variable where the account belongs',
    arrange: pluginSpec(({ role }) => ({ awsIamRole: `arn:aws:iam::\${ACCOUNT_ID}:role/${role}`, annotateOnly: true })),
    says: /ACCOUNT_ID/,
    ending: REPAIR,
  },
  {
    id: 'KP-005',
    name: 'another key for the role',
    arrange: pluginSpec((world) => ({ roleArn: arnOf(world), annotateOnly: true })),
    says: /roleArn/,
    ending: REPAIR,
  },
  {
    id: 'KP-006',
    name: 'annotateOnly in quotes',
    arrange: pluginSpec((world) => ({ awsIamRole: arnOf(world), annotateOnly: 'true' })),
    says: /string, not a boolean/,
    ending: REPAIR,
  },
  {
    id: 'KP-007',
    name: 'the ARN of a policy for that of a role',
    arrange: pluginSpec(({ account, role }) => ({
      awsIamRole: `arn:aws:iam::${account}:policy/${role}`,
      annotateOnly: true,
    })),
    says: /ARN of a policy/,
    ending: REPAIR,
  },
  {
    id: 'KP-036',
    name: 'the name of a role that is longer than IAM has them',
    arrange: pluginSpec(({ account, role }) => ({
      awsIamRole: `arn:aws:iam::${account}:role/${role.padEnd(65, '-x')}`,
      annotateOnly: true,
    })),
    says: /65/,
    ending: REPAIR,
  },
  {
    id: 'P-SHARED-ROLE',
    name: 'another profile with the same role',
    arrange: (world) =>
      world.kube.apply(`${PROFILES}/${world.profile}-too`, {
        apiVersion: 'kubeflow.org/v1',
        kind: 'Profile',
        metadata: { name: `${world.profile}-too` },
        spec: { owner: { kind: 'User', name: 'too@example.com' }, plugins: [ownPlugin(world)] },
      }),
    says: /shared with .*-too/,
    ending: hand(
      'Whose the role is, its trust policy says: the other profile is repaired, and gets one of its own.',
      ({ kube, profile, account }) =>
        kube.request(
          'PATCH',
          `${PROFILES}/${profile}-too`,
          {
            spec: {
              plugins: [
                {
                  kind: 'AwsIamForServiceAccount',
                  spec: { awsIamRole: `arn:aws:iam::${account}:role/${profile}-too`, annotateOnly: true },
                },
              ],
            },
          },
          MERGE,
        ),
    ),
    after: ({ kube, profile }) => kube.request('DELETE', `${PROFILES}/${profile}-too`),
  },
  {
    id: 'KP-008',
    name: 'a dot in the name',
    bare: true,
    named: 'team.dotted',
    arrange: async (world) => {
      await world.makeRole();
      await makeProfile(world);
    },
    also: ['KP-089'],
    says: /becomes a namespace/,
    ending: hand('A Profile cannot be renamed: make one with another name, and delete this one.', deleteProfile),
  },
  {
    id: 'KP-009',
    name: 'the name of a system namespace',
    bare: true,
    named: 'kube-public',
    arrange: async (world) => {
      await world.makeRole();
      await makeProfile(world);
    },
    also: ['KP-013'],
    says: /"kube-public" is a namespace/,
    ending: hand('A Profile cannot be renamed: make one with another name, and delete this one.', deleteProfile),
  },
  {
    id: 'KP-010',
    name: 'the kind of the owner with a small letter',
    arrange: (world) => patch(world, profileAt(world), { spec: { owner: { kind: 'user' } } }),
    says: /User/,
    ending: hand('Whose the profile is, a person says.', (world) =>
      patch(world, profileAt(world), { spec: { owner: { kind: 'User' } } }),
    ),
  },
  {
    id: 'KP-011',
    name: 'an owner with capital letters',
    bare: true,
    arrange: async (world) => {
      await world.makeRole();
      await makeProfile(world, { owner: { kind: 'User', name: 'Dana@Example.com' } });
    },
    says: /most send lower case/,
    ending: hand('Only the identity provider says how the name is written.', async (world) => {
      await patch(world, profileAt(world), { spec: { owner: { name: 'dana@example.com' } } });
      // The controller keeps to the owner that the namespace has (KP-014).
      await annotate(world, `/api/v1/namespaces/${world.profile}`, { owner: 'dana@example.com' });
      await touch(world);
    }),
  },
  {
    id: 'KP-015',
    name: 'a plugin without a spec',
    arrange: plugins(() => [{ kind: 'AwsIamForServiceAccount' }]),
    says: /no spec/,
    ending: REPAIR,
  },
  {
    id: 'KP-016',
    name: 'a quota of something that there is not',
    arrange: (world) =>
      patch(world, profileAt(world), { spec: { resourceQuotaSpec: { hard: { 'no such thing': '1' } } } }),
    says: /no such thing/,
    ending: hand('What the profile may use, a person says.', (world) =>
      patch(world, profileAt(world), { spec: { resourceQuotaSpec: null } }),
    ),
  },
  {
    id: 'KP-081',
    name: 'two AWS plugins',
    arrange: plugins((world) => [ownPlugin(world), ownPlugin(world, { awsIamRole: `${arnOf(world)}-other` })]),
    also: ['KP-012', 'KP-086', 'KP-082'],
    says: /second AWS plugin/,
    ending: REPAIR,
  },
  {
    id: 'KP-084',
    name: 'a plugin of Google Cloud before the AWS one',
    arrange: plugins((world) => [
      { kind: 'WorkloadIdentity', spec: { gcpServiceAccount: 'a@b.iam.gserviceaccount.com' } },
      ownPlugin(world),
    ]),
    says: /credentials of Google Cloud/,
    ending: hand(
      'Whether the profile uses Google Cloud, a person says.',
      plugins((world) => [ownPlugin(world)]),
    ),
  },
];

/** Namespace, service account and bindings: what the controller makes of it. */
const CONTROLLER: readonly KubeScenario[] = [
  {
    id: 'KP-012',
    name: 'an annotation by hand while the controller is down',
    arrange: whileDown((world) => annotate(world, inNamespace(world, EDITOR), { [ROLE]: `${arnOf(world)}-by-hand` })),
    also: ['KP-086'],
    says: /by-hand/,
    ending: hand('The controller takes it back as soon as it runs.', up),
    after: up,
  },
  {
    id: 'KP-013',
    name: 'a namespace that was there before its Profile',
    bare: true,
    arrange: async (world) => {
      await world.makeRole();
      await world.kube.apply(`/api/v1/namespaces/${world.profile}`, {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: world.profile },
      });
      await makeProfile(world);
    },
    says: /was there before/,
    wish: { adoptNamespace: true },
    ending: REPAIR,
  },
  {
    id: 'KP-014',
    name: 'another owner in the Profile than at the namespace',
    arrange: (world) => patch(world, profileAt(world), { spec: { owner: { name: 'erin@example.com' } } }),
    says: /erin@example\.com/,
    ending: hand(
      'Who is to have the profile, a person says: then Change Owner, or the annotation and a touch.',
      async (world) => {
        await annotate(world, `/api/v1/namespaces/${world.profile}`, { owner: 'erin@example.com' });
        await touch(world);
      },
    ),
  },
  {
    id: 'KP-019',
    name: 'a controller of release 1.6',
    arrange: (world) => setController(world, { image: 'public.ecr.aws/j1r0q0g6/notebooks/profile-controller:v1.6.1' }),
    says: /1\.6/,
    everybody: true,
    ending: hand('An upgrade of Kubeflow is not made by a plan.', (world) => setController(world, {})),
  },
  {
    id: 'KP-020',
    name: 'a role that is left to a controller without one',
    bare: true,
    arrange: async (world) => {
      await world.makeRole();
      // Without its own subject in it.
      await makeProfile(world, { plugins: [ownPlugin(world, { annotateOnly: false })] });
      await annotate(world, `${KUBEFLOW}/${CONTROLLER_ACCOUNT}`, {
        [ROLE]: `arn:aws:iam::${world.account}:role/no-such-role`,
      });
    },
    says: /no-such-role/,
    ending: REPAIR,
    after: (world) => annotate(world, `${KUBEFLOW}/${CONTROLLER_ACCOUNT}`, { [ROLE]: null }),
  },
  {
    id: 'KP-022',
    name: 'a role of another account that the controller is to edit',
    arrange: pluginSpec(({ role }) => ({ awsIamRole: `arn:aws:iam::444455556666:role/${role}`, annotateOnly: false })),
    also: ['KP-034', 'KP-020'],
    says: /444455556666/,
    ending: REPAIR,
  },
  {
    id: 'KP-024',
    name: 'a Profile that was deleted after its role',
    arrange: async (world) => {
      await pluginSpec(() => ({ awsIamRole: arnOf(world), annotateOnly: false }))(world);
      await world.deleteRole();
      await deleteProfile(world);
    },
    says: /profile-finalizer/,
    ending: { by: 'unstick' },
  },
  {
    id: 'KP-051',
    name: 'a misspelt annotation while the controller is down',
    arrange: whileDown((world) =>
      annotate(world, inNamespace(world, EDITOR), { [ROLE]: null, 'eks.amazon.com/role-arn': arnOf(world) }),
    ),
    says: /eks\.amazon\.com/,
    ending: hand('The controller adds the right one as soon as it runs; the other one harms nobody.', up),
    after: up,
  },
  {
    id: 'KP-052',
    name: 'an empty annotation while the controller is down',
    arrange: whileDown((world) => annotate(world, inNamespace(world, EDITOR), { [ROLE]: '' })),
    says: /empty/,
    ending: hand('The controller writes it as soon as it runs.', up),
    after: up,
  },
  {
    id: 'KP-082',
    name: 'a plugin that was taken out of the Profile',
    arrange: plugins(() => []),
    says: /what a plugin left/,
    ending: REPAIR,
  },
  {
    id: 'KP-083',
    name: 'a binding default-viewer with another role',
    arrange: async (world) => {
      const path = inNamespace(world, 'rolebindings', '/apis/rbac.authorization.k8s.io/v1');
      const its = await world.kube.find<KubeObject & { subjects: object }>(`${path}/default-viewer`);
      const { namespace } = its?.metadata ?? {};
      // The controller makes the binding again at once: who comes first has it.
      await world.kube.request('DELETE', `${path}/default-viewer`);
      const binding = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'default-viewer', namespace },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'kubeflow-edit' },
        subjects: its?.subjects,
      };
      await world.until(() =>
        world.kube.request('POST', path, binding).then(
          () => true,
          () =>
            world.kube.request('DELETE', `${path}/default-viewer`).then(
              () => false,
              () => false,
            ),
        ),
      );
    },
    says: /kubeflow-edit/,
    ending: hand(
      'A role binding is nobody else’s to delete but of who made it; the controller makes it anew.',
      (world) =>
        world.kube.request(
          'DELETE',
          inNamespace(world, 'rolebindings/default-viewer', '/apis/rbac.authorization.k8s.io/v1'),
        ),
    ),
  },
  {
    id: 'KP-088',
    name: 'an owner that RBAC refuses, so that the controller does not come to its plugins',
    bare: true,
    arrange: async (world) => {
      await world.makeRole();
      await makeProfile(world, { owner: { kind: 'user', name: `${world.profile}@example.com` } });
    },
    also: ['KP-010'],
    says: /stopped before its plugins/,
    ending: hand('Whose the profile is, a person says.', (world) =>
      patch(world, profileAt(world), { spec: { owner: { kind: 'User' } } }),
    ),
  },
  {
    id: 'KP-089',
    name: 'a Profile that is made while the controller is down',
    bare: true,
    arrange: whileDown(async (world) => {
      await world.makeRole();
      await makeProfile(world);
    }),
    says: /no service account default-editor/,
    ending: hand('The controller must run.', up),
    after: up,
  },
];

const CONTROLLER_ACCOUNT = 'serviceaccounts/profiles-controller-service-account';
const setController = (world: KubeWorld, { image = 'docker.io/kubeflownotebookswg/profile-controller:v1.10.0' }) =>
  world.kube.request(
    'PATCH',
    '/apis/apps/v1/namespaces/kubeflow/deployments/profiles-deployment',
    { spec: { template: { spec: { containers: [{ name: 'manager', image }] } } } },
    'application/strategic-merge-patch+json',
  );

/** Pods, and what runs in them. */
const PODS: readonly KubeScenario[] = [
  {
    id: 'KP-050',
    name: 'a notebook that runs since before the role',
    bare: true,
    arrange: async (world) => {
      await world.makeRole();
      await makeProfile(world, { plugins: [] });
      await world.until(async () => (await world.kube.find(inNamespace(world, EDITOR))) !== undefined);
      await makePod(world, 'notebook-0');
      // Times of the API server have whole seconds.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      await plugins((its) => [ownPlugin(its)])(world);
      await world.until(async () => (await annotationOf(world)) !== undefined);
    },
    says: /older than the role/,
    ending: hand('What runs in a pod is not stopped by a plan: its owner restarts it.', (world) =>
      deletePod(world, 'notebook-0'),
    ),
  },
  {
    id: 'KP-053',
    name: 'a pod with the keys of a Secret',
    arrange: (world) =>
      makePod(world, 'keyed', {
        env: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map((name) => ({
          name,
          valueFrom: { secretKeyRef: { name: 'aws-secret', key: name } },
        })),
      }),
    says: /Secret aws-secret/,
    ending: hand('Where the keys come from, and who needs them, only the owner of the pod knows.', (world) =>
      deletePod(world, 'keyed'),
    ),
  },
  {
    id: 'KP-054',
    name: 'a run as pipeline-runner',
    arrange: (world) => makePod(world, 'train-1-step', { serviceAccountName: 'pipeline-runner', labels: STEP }),
    says: /pipeline-runner/,
    ending: hand('As whom a run runs, its author says.', (world) => deletePod(world, 'train-1-step')),
  },
  {
    id: 'KP-057',
    name: 'a step without a region',
    arrange: (world) => makePod(world, 'train-1-step', { labels: STEP, env: [{ name: 'AWS_REGION', value: '' }] }),
    says: /AWS_REGION/,
    ending: hand('The author of the pod gives it one, or the launcher does from KFP 2.17 on.', (world) =>
      launcher(world, {
        providers: 's3:\n  default:\n    region: us-west-2\n    credentials:\n      fromEnv: true\n',
      }),
    ),
  },
  {
    id: 'KP-069',
    name: 'a role at a notebook',
    arrange: (world) =>
      world.kube.request('POST', inNamespace(world, 'notebooks', '/apis/kubeflow.org/v1'), {
        apiVersion: 'kubeflow.org/v1',
        kind: 'Notebook',
        metadata: {
          name: 'nb',
          namespace: world.profile,
          annotations: { [ROLE]: `arn:aws:iam::${world.account}:role/for-the-notebook` },
        },
        spec: {},
      }),
    says: /Notebook nb/,
    ending: hand('It does nothing; who wrote it takes it out.', (world) =>
      annotate(world, inNamespace(world, 'notebooks/nb', '/apis/kubeflow.org/v1'), { [ROLE]: null }),
    ),
  },
];

/** Where pipelines write, and who shows it. */
const PIPELINES: readonly KubeScenario[] = [
  {
    id: 'KP-055',
    name: 'a root in the object store of the cluster',
    arrange: (world) => launcher(world, { defaultPipelineRoot: 'minio://mlpipeline/v2/artifacts' }),
    says: /minio/,
    ending: REPAIR,
  },
  {
    id: 'KP-056',
    name: 'providers without credentials',
    arrange: (world) => launcher(world, { providers: 's3:\n  default:\n    region: us-west-2\n' }),
    says: /missing default credentials/,
    ending: REPAIR,
  },
  {
    id: 'KP-058',
    name: 'a repository of Argo as Kubeflow Pipelines makes it',
    arrange: (world) => world.kube.request('DELETE', inNamespace(world, 'configmaps/artifact-repositories')),
    says: /object store in the cluster/,
    ending: REPAIR,
  },
  {
    id: 'KP-059',
    name: 'Kubeflow Pipelines 2.15.0',
    arrange: ({ changeKubeflow }) => changeKubeflow({ pipelines: '2.15.0' }),
    says: /2\.15\.0/,
    everybody: true,
    ending: hand('An upgrade of Kubeflow is not made by a plan.', ({ changeKubeflow }) =>
      changeKubeflow({ pipelines: '2.17.0' }),
    ),
  },
  {
    id: 'KP-060',
    name: 'a user interface without a role',
    arrange: (world) => annotate(world, `${KUBEFLOW}/serviceaccounts/ml-pipeline-ui`, { [ROLE]: null }),
    says: /ml-pipeline-ui/,
    everybody: true,
    ending: hand(
      'A role for Kubeflow’s own servers may read what all profiles write: whoever runs the cluster decides.',
      (world) =>
        annotate(world, `${KUBEFLOW}/serviceaccounts/ml-pipeline-ui`, {
          [ROLE]: `arn:aws:iam::${world.account}:role/kubeflow-dev-pipelines`,
        }),
    ),
  },
  {
    id: 'KP-072',
    name: 'Kubeflow Pipelines 2.5.0 and an association',
    arrange: async ({ associate, changeKubeflow }) => {
      await changeKubeflow({ pipelines: '2.5.0' });
      await associate();
    },
    also: ['KP-062', 'KP-071', 'KP-073'],
    says: /2\.5\.0/,
    ending: hand('An upgrade of Kubeflow is not made by a plan.', ({ changeKubeflow }) =>
      changeKubeflow({ pipelines: '2.17.0' }),
    ),
    after: ({ dissociate }) => dissociate(),
  },
  {
    id: 'KP-077',
    name: 'an endpoint for KServe',
    arrange: (world) =>
      annotate(world, inNamespace(world, EDITOR), { 'serving.kserve.io/s3-endpoint': 's3.us-west-2.amazonaws.com' }),
    says: /s3-endpoint/,
    ending: hand('Settings of KServe are of who serves models.', (world) =>
      annotate(world, inNamespace(world, EDITOR), { 'serving.kserve.io/s3-endpoint': null }),
    ),
  },
  {
    id: 'KP-078',
    name: 'KServe without signatures',
    arrange: (world) =>
      annotate(world, inNamespace(world, EDITOR), { 'serving.kserve.io/s3-useanoncredential': 'true' }),
    says: /signs no call/,
    ending: hand('Settings of KServe are of who serves models.', (world) =>
      annotate(world, inNamespace(world, EDITOR), { 'serving.kserve.io/s3-useanoncredential': null }),
    ),
  },
];

const EKS_SERVER = 'https://0123456789ABCDEF.gr7.us-west-2.eks.amazonaws.com';
const WAY_OUT = 'A network is opened by who answers for it.';

/** What is around it. */
const SURROUNDINGS: readonly KubeScenario[] = [
  {
    id: 'KP-061',
    name: 'a network policy that lets pods call only pods',
    arrange: (world) =>
      world.kube.apply(inNamespace(world, 'networkpolicies/inside', '/apis/networking.k8s.io/v1'), {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'inside', namespace: world.profile },
        spec: { podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ namespaceSelector: {} }] }] },
      }),
    says: /sts\.us-west-2\.amazonaws\.com/,
    ending: hand(WAY_OUT, (world) =>
      world.kube.apply(inNamespace(world, 'networkpolicies/out', '/apis/networking.k8s.io/v1'), {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'out', namespace: world.profile },
        spec: { podSelector: {}, policyTypes: ['Egress'], egress: [{ ports: [{ port: 443 }] }] },
      }),
    ),
  },
  {
    id: 'KP-061',
    name: 'an Istio that lets pods call only what it knows',
    arrange: async ({ kube }) => {
      const metadata = { name: 'istio-system' };
      await kube.apply('/api/v1/namespaces/istio-system', { apiVersion: 'v1', kind: 'Namespace', metadata });
      await kube.apply('/api/v1/namespaces/istio-system/configmaps/istio', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'istio', namespace: 'istio-system' },
        data: { mesh: 'outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n' },
      });
    },
    says: /REGISTRY_ONLY/,
    everybody: true,
    ending: hand(WAY_OUT, ({ kube }) =>
      kube.request('POST', '/apis/networking.istio.io/v1beta1/namespaces/istio-system/serviceentries', {
        apiVersion: 'networking.istio.io/v1beta1',
        kind: 'ServiceEntry',
        metadata: { name: 'aws', namespace: 'istio-system' },
        spec: { hosts: ['*.amazonaws.com'], ports: [{ number: 443, name: 'tls', protocol: 'TLS' }] },
      }),
    ),
  },
  {
    id: 'KP-063',
    name: 'a context of a cluster that was made anew',
    arrange: async ({ contexts, clusterArn }) => contexts({ [clusterArn]: EKS_SERVER }),
    says: /leads to https:/,
    everybody: true,
    ending: hand('Update Kubeconfig, a plan of its own, writes the context anew.', async ({ contexts }) =>
      contexts({}),
    ),
  },
  {
    id: 'KP-063',
    name: 'a current context of another cluster',
    arrange: async ({ contexts }) => contexts({ staging: EKS_SERVER }, 'staging'),
    says: /current context "staging"/,
    everybody: true,
    ending: hand('Which cluster kubectl is for, a person says.', async ({ contexts }) => contexts({})),
  },
  {
    id: 'KP-064',
    name: 'credentials of another account',
    arrange: async ({ readAs }) => readAs('other'),
    says: /444455556666/,
    everybody: true,
    ending: hand('Whose credentials are used, a person says.', async ({ readAs }) => readAs('own')),
  },
];

export const kubernetesScenarios: readonly KubeScenario[] = [
  ...PROFILE,
  ...CONTROLLER,
  ...PODS,
  ...PIPELINES,
  ...SURROUNDINGS,
];

/** For docs/failure-modes.md. */
export const kubernetesTexts: readonly ScenarioText[] = kubernetesScenarios;

/** Makes the profile of a row that is not bare. */
export async function makeSound(world: KubeWorld): Promise<void> {
  await world.makeRole();
  await makeProfile(world);
  const path = (name: string): string => inNamespace(world, `configmaps/${name}`);
  await world.until(async () => (await world.kube.find(path('artifact-repositories'))) !== undefined);
  await world.until(async () => (await world.kube.find(path('kfp-launcher'))) !== undefined);
  await launcher(world, { defaultPipelineRoot: rootOf(world) });
  const repository = {
    s3: {
      ...{ bucket: world.bucket, endpoint: 's3.us-west-2.amazonaws.com', region: 'us-west-2', useSDKCreds: true },
      keyFormat: `${world.profile}/artifacts/{{workflow.name}}/{{pod.name}}`,
    },
  };
  await patch(world, path('artifact-repositories'), { data: { 'default-namespaced': JSON.stringify(repository) } });
  await world.until(async () => (await annotationOf(world)) === arnOf(world));
}
