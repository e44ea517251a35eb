// The whole plan of "Let a Service Account In" and of the reverse, in each case compared with that of an account of the namespace.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Profile, Role } from '../../src/core/observation.ts';
import { planLetIn, type LetInWish } from '../../src/core/plan/letIn.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { permissionsPolicy, policyText } from '../../src/core/policy/build.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed } from '../../src/core/reading.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { lookAtLetIn } from '../../src/provisioning/lookLetIn.ts';
import { carryOut } from '../../src/provisioning/run.ts';
import { besides, told } from './told.ts';
import { ACCOUNT, arnOf, cluster, PROVIDER, requestFor, trustFor, worldWithProvider, type World } from './world.ts';

const NAME = 'team-a-dev-role';
const ROLE = arnOf(NAME);
const KEY = 'eks.amazonaws.com/role-arn';

/** A world with a profile of ours, team-a, and further service accounts. */
async function made(): Promise<World> {
  const here = worldWithProvider();
  const request = requestFor('team-a');
  const { facts } = await lookAt(request, here.aws, here.connect);
  assert.ok((await carryOut(planProfile(request, facts), here.outside())).ok);
  for (const key of ['team-a/trainer', 'team-a/default-viewer', 'kubeflow/ml-pipeline', 'other/default', 'other/x'])
    annotate(here, key);
  return here;
}
function annotate(here: World, key: string, annotations: Record<string, string> = {}): void {
  const [namespace = '', name = ''] = key.split('/');
  here.accounts.set(key, { namespace, name, annotations });
}

async function says(change: (here: World) => void, what: Partial<LetInWish> = {}): Promise<readonly string[]> {
  const here = await made();
  change(here);
  const wish = { profile: 'team-a', account: 'trainer', ...what };
  const { facts, pods } = await lookAtLetIn(wish, cluster, here.aws, here.kubernetes);
  const plan = planLetIn(wish, facts, cluster, pods);
  return [
    plan.title,
    ...told(plan),
    ...plan.changes.flatMap(({ note }) => (note === undefined ? [] : [`kept as: ${note}`])),
    ...plan.proofs.map(({ title, who, does, where, must }) => {
      const place = where === undefined ? '' : ` ${where.bucket}/${'prefix' in where ? where.prefix : '?'}`;
      return `proof: ${title} (${'namespace' in who ? who.namespace : '?'}/${who.name} must ${must}: ${does.join('+')}${place})`;
    }),
  ];
}
const role = (here: World, change: Partial<Role>): void =>
  void here.roles.set(NAME, { ...(here.roles.get(NAME) as Role), ...change });
const cannot = () => Promise.resolve(failed('the connection was broken off'));
const mayNot = (permission: string) => () => Promise.resolve(denied(permission, ''));
/** A trust policy that names so many accounts more. */
const long = (more: number): string => {
  const subs = Array.from({ length: more }, (_, at) => `system:serviceaccount:team-a:account-number-${at}`);
  const name = '"system:serviceaccount:team-a:default-editor"';
  return trustFor('team-a').replace(name, JSON.stringify([...subs, JSON.parse(name) as string]));
};
const inside = (account: string): string => {
  const name = '"system:serviceaccount:team-a:default-editor"';
  return trustFor('team-a').replace(name, `[${name}, "system:serviceaccount:${account}"]`);
};
const like = (pattern: string): string =>
  trustFor('team-a').replace('StringEquals', 'StringLike').replace('team-a:default-editor', pattern);
const pods = (
  here: World,
  ...all: readonly { name: string; account?: string; role?: string; owner?: string; phase?: string }[]
): void => {
  for (const { name, account, role: arn, owner, phase = 'Running' } of all)
    here.kube.set(`pods team-a/${name}`, {
      metadata: {
        name,
        namespace: 'team-a',
        ...(owner === undefined ? {} : { ownerReferences: [{ kind: 'ReplicaSet', name: owner }] }),
      },
      spec: {
        ...(account === undefined ? {} : { serviceAccountName: account }),
        containers: [
          {},
          { env: arn === undefined ? [{ name: 'X', value: 'y' }] : [{ name: 'AWS_ROLE_ARN', value: arn }] },
        ],
      },
      status: { phase },
    });
};
const many = (here: World, count: number): void =>
  pods(here, ...Array.from({ length: count }, (_, at) => ({ name: `p${at}`, account: 'trainer', role: ROLE })));
const profile = (here: World, change: (there: Profile) => Profile): void =>
  void here.profiles.set('team-a', change(here.profiles.get('team-a') as Profile));

const RULE: readonly string[] = [
  'profile team-a on dev (us-west-2), for team-a/trainer, too',
  'change IAM role team-a-dev-role, also for team-a/trainer',
  'change Service account team-a/trainer, gets role team-a-dev-role',
  'verify Proof: trainer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
  '! No pod runs as trainer without the role now.',
  '! Workloads must name it: serviceAccountName: trainer. Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config. KServe loads a model as the account that the InferenceService names: spec.predictor.serviceAccountName; without a Secret of keys that account uses its role.',
  'kept as: lets in team-a/trainer',
  'proof: trainer uses the bucket (team-a/trainer must succeed: list+write artifacts/team-a/)',
  'proof: its neighbour default is refused (team-a/default must be refused: )',
  'proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
];
test('an account of the namespace is let in', async () => assert.deepEqual(await says(() => undefined), RULE));

const TAKEN: readonly string[] = [
  'profile team-a on dev (us-west-2), without team-a/trainer',
  'keep Service account team-a/trainer, without role team-a-dev-role',
  'keep IAM role team-a-dev-role, no longer for team-a/trainer: does not name team-a/trainer',
  'verify Proof: trainer is refused, default-editor of team-a still may',
  '! No pod that runs as trainer has the role.',
  'kept as: does not name team-a/trainer',
  'proof: trainer is refused (team-a/trainer must be refused: )',
  'proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
];
test('an account of the namespace that was never in is taken out', async () =>
  assert.deepEqual(await says(() => undefined, { remove: true }), TAKEN));

/** What is told besides what is told of an account of the namespace; of others all is told. */
const CASES: readonly [
  title: string,
  change: (here: World) => void,
  what: Partial<LetInWish>,
  lines: readonly string[],
][] = [
  [
    'taken out',
    (here) => {
      role(here, { trustPolicy: inside('team-a:trainer') });
      annotate(here, 'team-a/trainer', { [KEY]: ROLE });
    },
    { remove: true },
    [
      'change Service account team-a/trainer, without role team-a-dev-role',
      'change IAM role team-a-dev-role, no longer for team-a/trainer',
      '- keep Service account team-a/trainer, without role team-a-dev-role',
      '- keep IAM role team-a-dev-role, no longer for team-a/trainer: does not name team-a/trainer',
    ],
  ],
  [
    'let in already',
    (here) => {
      role(here, { trustPolicy: inside('team-a:trainer') });
      annotate(here, 'team-a/trainer', { [KEY]: ROLE });
    },
    {},
    [
      'keep IAM role team-a-dev-role, also for team-a/trainer: lets in team-a/trainer',
      'keep Service account team-a/trainer, gets role team-a-dev-role: arn:aws:iam::111122223333:role/team-a-dev-role',
      'kept as: arn:aws:iam::111122223333:role/team-a-dev-role',
      '- change IAM role team-a-dev-role, also for team-a/trainer',
      '- change Service account team-a/trainer, gets role team-a-dev-role',
    ],
  ],
  [
    'default',
    (here) => annotate(here, 'team-a/default'),
    { account: 'default' },
    [
      'profile team-a on dev (us-west-2), for team-a/default, too',
      'change IAM role team-a-dev-role, also for team-a/default',
      'change Service account team-a/default, gets role team-a-dev-role',
      'verify Proof: default uses the bucket, its neighbour default-viewer is refused, default-editor of team-a still may',
      '! Pods that name no service account run as default: all of these in team-a get the role.',
      '! No pod runs as default without the role now.',
      '! Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config. TensorBoards run as "default".',
      'kept as: lets in team-a/default',
      'proof: default uses the bucket (team-a/default must succeed: list+write artifacts/team-a/)',
      'proof: its neighbour default-viewer is refused (team-a/default-viewer must be refused: )',
      'proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'default, taken out',
    (here) => annotate(here, 'team-a/default', { [KEY]: ROLE }),
    { account: 'default', remove: true },
    [
      'profile team-a on dev (us-west-2), without team-a/default',
      'change Service account team-a/default, without role team-a-dev-role',
      'keep IAM role team-a-dev-role, no longer for team-a/default: does not name team-a/default',
      'verify Proof: default is refused, default-editor of team-a still may',
      '! No pod that runs as default has the role.',
      'kept as: does not name team-a/default',
      'proof: default is refused (team-a/default must be refused: )',
      'proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'default-viewer',
    () => undefined,
    { account: 'default-viewer' },
    [
      'profile team-a on dev (us-west-2), for team-a/default-viewer, too',
      'change IAM role team-a-dev-role, also for team-a/default-viewer',
      'change Service account team-a/default-viewer, gets role team-a-dev-role',
      'verify Proof: default-viewer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '! No pod runs as default-viewer without the role now.',
      '! default-viewer is for who may only look at team-a: with the role its pods may do in S3 what the role may.',
      'kept as: lets in team-a/default-viewer',
      'proof: default-viewer uses the bucket (team-a/default-viewer must succeed: list+write artifacts/team-a/)',
      'proof: its neighbour default is refused (team-a/default must be refused: )',
      'proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'ml-pipeline',
    () => undefined,
    { namespace: 'kubeflow', account: 'ml-pipeline' },
    [
      'profile team-a on dev (us-west-2), for kubeflow/ml-pipeline, too',
      'change IAM role team-a-dev-role, also for kubeflow/ml-pipeline',
      'change Service account kubeflow/ml-pipeline, gets role team-a-dev-role',
      'verify Proof: ml-pipeline uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '! kubeflow is not the namespace of the profile: whoever may run pods in kubeflow can use the role of team-a, and what it may do in S3.',
      '! No pod runs as ml-pipeline without the role now.',
      '! The API server and the UI of Kubeflow Pipelines run as ml-pipeline and ml-pipeline-ui in namespace kubeflow for all profiles: give them a role of their own that reaches all prefixes, not that of one profile.',
      'kept as: lets in kubeflow/ml-pipeline',
      'proof: ml-pipeline uses the bucket (kubeflow/ml-pipeline must succeed: list+write artifacts/team-a/)',
      'proof: its neighbour default is refused (kubeflow/default must be refused: )',
      'proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'default of another namespace',
    () => undefined,
    { namespace: 'other', account: 'default' },
    [
      'profile team-a on dev (us-west-2), for other/default, too',
      'change IAM role team-a-dev-role, also for other/default',
      'change Service account other/default, gets role team-a-dev-role',
      'verify Proof: default uses the bucket, default-editor of team-a still may',
      '! other is not the namespace of the profile: whoever may run pods in other can use the role of team-a, and what it may do in S3.',
      '! Pods that name no service account run as default: all of these in other get the role.',
      '! No pod runs as default without the role now.',
      '! Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config. TensorBoards run as "default".',
      'kept as: lets in other/default',
      'proof: default uses the bucket (other/default must succeed: list+write artifacts/team-a/)',
      'proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'an account of another namespace, by a role without our tags',
    (here) => role(here, { tags: {} }),
    { namespace: 'other', account: 'x' },
    [
      'profile team-a on dev (us-west-2), for other/x, too',
      'change IAM role team-a-dev-role, also for other/x',
      'change Service account other/x, gets role team-a-dev-role',
      'verify Proof: x uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '! other is not the namespace of the profile: whoever may run pods in other can use the role of team-a, and what it may do in S3.',
      "! Role team-a-dev-role bears no tag that says it is the profile's: with an account of another namespace in it, a later repair takes it for somebody else's and gives the profile a role of its own. Adopt the profile first.",
      '! No pod runs as x without the role now.',
      '! Workloads must name it: serviceAccountName: x. Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config. KServe loads a model as the account that the InferenceService names: spec.predictor.serviceAccountName; without a Secret of keys that account uses its role.',
      'kept as: lets in other/x',
      'proof: x uses the bucket (other/x must succeed: list+write artifacts/team-a/)',
      'proof: its neighbour default is refused (other/default must be refused: )',
      'proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  ['an account of the namespace, by a role without our tags', (here) => role(here, { tags: {} }), {}, []],
  [
    'an account of another namespace is taken out',
    (here) => role(here, { trustPolicy: inside('other:x'), tags: {} }),
    { namespace: 'other', account: 'x', remove: true },
    [
      'profile team-a on dev (us-west-2), without other/x',
      'keep Service account other/x, without role team-a-dev-role',
      'change IAM role team-a-dev-role, no longer for other/x',
      'verify Proof: x is refused, default-editor of team-a still may',
      '! other is not the namespace of the profile: whoever may run pods in other could use the role of team-a, and what it may do in S3.',
      '! No pod that runs as x has the role.',
      'kept as: does not name other/x',
      'proof: x is refused (other/x must be refused: )',
      'proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'default-editor of another namespace',
    (here) => annotate(here, 'other/default-editor'),
    { namespace: 'other', account: 'default-editor' },
    [
      'profile team-a on dev (us-west-2), for other/default-editor, too',
      'change IAM role team-a-dev-role, also for other/default-editor',
      'change Service account other/default-editor, gets role team-a-dev-role',
      'verify Proof: default-editor uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '! other is not the namespace of the profile: whoever may run pods in other can use the role of team-a, and what it may do in S3.',
      '! No pod runs as default-editor without the role now.',
      '! Workloads must name it: serviceAccountName: default-editor. Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config. KServe loads a model as the account that the InferenceService names: spec.predictor.serviceAccountName; without a Secret of keys that account uses its role.',
      'kept as: lets in other/default-editor',
      'proof: default-editor uses the bucket (other/default-editor must succeed: list+write artifacts/team-a/)',
      'proof: its neighbour default is refused (other/default must be refused: )',
      'proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    "the profile's own",
    () => undefined,
    { account: 'default-editor' },
    [
      'profile team-a on dev (us-west-2), for team-a/default-editor, too',
      'blocked (service-account) Service account team-a/default-editor: default-editor is the profile\'s own service account: its role is changed with "Edit Profile" and taken away with "Delete Profile".',
    ],
  ],
  [
    "the profile's own, with its namespace, taken out",
    () => undefined,
    { account: 'default-editor', namespace: 'team-a', remove: true },
    [
      'profile team-a on dev (us-west-2), without team-a/default-editor',
      'blocked (service-account) Service account team-a/default-editor: default-editor is the profile\'s own service account: its role is changed with "Edit Profile" and taken away with "Delete Profile".',
    ],
  ],
  [
    'no such account',
    () => undefined,
    { account: 'nobody' },
    [
      'profile team-a on dev (us-west-2), for team-a/nobody, too',
      'blocked (service-account) Service account team-a/nobody: There is no service account nobody in team-a. Check its name, or make it first: kubectl create serviceaccount nobody -n team-a.',
    ],
  ],
  [
    'no such account, taken out',
    (here) => role(here, { trustPolicy: inside('team-a:nobody') }),
    { account: 'nobody', remove: true },
    [
      'profile team-a on dev (us-west-2), without team-a/nobody',
      'change IAM role team-a-dev-role, no longer for team-a/nobody',
      'verify Proof: nobody is refused, default-editor of team-a still may',
      '! No pod that runs as nobody has the role.',
      'kept as: does not name team-a/nobody',
      'proof: nobody is refused (team-a/nobody must be refused: )',
      'proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'an account that cannot be read',
    (here) => void (here.kubernetes.serviceAccount = cannot),
    {},
    [
      'blocked (service-account) Service account team-a/trainer: Service account team-a/trainer cannot be read: the connection was broken off',
      '- change IAM role team-a-dev-role, also for team-a/trainer',
      '- change Service account team-a/trainer, gets role team-a-dev-role',
      '- verify Proof: trainer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '- ! No pod runs as trainer without the role now.',
      '- ! Workloads must name it: serviceAccountName: trainer. Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config. KServe loads a model as the account that the InferenceService names: spec.predictor.serviceAccountName; without a Secret of keys that account uses its role.',
      '- kept as: lets in team-a/trainer',
      '- proof: trainer uses the bucket (team-a/trainer must succeed: list+write artifacts/team-a/)',
      '- proof: its neighbour default is refused (team-a/default must be refused: )',
      '- proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'an account that may not be read, taken out',
    (here) => void (here.kubernetes.serviceAccount = mayNot('get serviceaccounts')),
    { remove: true },
    [
      'blocked (service-account) Service account team-a/trainer: Service account team-a/trainer cannot be read: you are not permitted to get serviceaccounts. Ask for this permission, then try again.',
      '- keep Service account team-a/trainer, without role team-a-dev-role',
      '- keep IAM role team-a-dev-role, no longer for team-a/trainer: does not name team-a/trainer',
      '- verify Proof: trainer is refused, default-editor of team-a still may',
      '- ! No pod that runs as trainer has the role.',
      '- kept as: does not name team-a/trainer',
      '- proof: trainer is refused (team-a/trainer must be refused: )',
      '- proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'a name that is none',
    () => undefined,
    { profile: 'Team A' },
    [
      'profile Team A on dev (us-west-2), for Team A/trainer, too',
      'blocked (profile) Profile Team A: Use lower-case letters, digits and "-", and start and end with a letter or digit: the name becomes a namespace.',
      'blocked (profile) Profile Team A: Profile Team A does not exist.',
      'blocked (service-account) Service account Team A/trainer: There is no service account trainer in Team A. Check its name, or make it first: kubectl create serviceaccount trainer -n Team A.',
      '- profile team-a on dev (us-west-2), for team-a/trainer, too',
      '- change IAM role team-a-dev-role, also for team-a/trainer',
      '- change Service account team-a/trainer, gets role team-a-dev-role',
      '- verify Proof: trainer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '- ! No pod runs as trainer without the role now.',
      '- ! Workloads must name it: serviceAccountName: trainer. Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config. KServe loads a model as the account that the InferenceService names: spec.predictor.serviceAccountName; without a Secret of keys that account uses its role.',
      '- kept as: lets in team-a/trainer',
      '- proof: trainer uses the bucket (team-a/trainer must succeed: list+write artifacts/team-a/)',
      '- proof: its neighbour default is refused (team-a/default must be refused: )',
      '- proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'a Profile that may not be read',
    (here) => void (here.kubernetes.profile = mayNot('get profiles')),
    {},
    [
      'blocked (profile) Profile team-a: Profile team-a cannot be read: you are not permitted to get profiles. Ask for this permission, then try again.',
      '- change IAM role team-a-dev-role, also for team-a/trainer',
      '- change Service account team-a/trainer, gets role team-a-dev-role',
      '- verify Proof: trainer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '- ! No pod runs as trainer without the role now.',
      '- ! Workloads must name it: serviceAccountName: trainer. Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config. KServe loads a model as the account that the InferenceService names: spec.predictor.serviceAccountName; without a Secret of keys that account uses its role.',
      '- kept as: lets in team-a/trainer',
      '- proof: trainer uses the bucket (team-a/trainer must succeed: list+write artifacts/team-a/)',
      '- proof: its neighbour default is refused (team-a/default must be refused: )',
      '- proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'a Profile that is being deleted',
    (here) => profile(here, (there) => ({ ...there, metadata: { ...there.metadata, deletionTimestamp: 'now' } })),
    {},
    [
      'blocked (profile) Profile team-a: Profile team-a is being deleted.',
      '- change IAM role team-a-dev-role, also for team-a/trainer',
      '- change Service account team-a/trainer, gets role team-a-dev-role',
      '- verify Proof: trainer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '- ! No pod runs as trainer without the role now.',
      '- ! Workloads must name it: serviceAccountName: trainer. Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config. KServe loads a model as the account that the InferenceService names: spec.predictor.serviceAccountName; without a Secret of keys that account uses its role.',
      '- kept as: lets in team-a/trainer',
      '- proof: trainer uses the bucket (team-a/trainer must succeed: list+write artifacts/team-a/)',
      '- proof: its neighbour default is refused (team-a/default must be refused: )',
      '- proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'the same, and it is taken out',
    (here) => profile(here, (there) => ({ ...there, metadata: { ...there.metadata, deletionTimestamp: 'now' } })),
    { remove: true },
    [],
  ],
  [
    'a Profile without a role',
    (here) => {
      here.profiles.set('team-a', { ...newProfile('team-a', 'a@example.com', ROLE, true), spec: {} });
      annotate(here, 'team-a/default-editor');
    },
    {},
    [
      'blocked (role) Role of profile team-a: Profile team-a has no role. Run "Create IRSA Profile" for it first.',
      '- change IAM role team-a-dev-role, also for team-a/trainer',
      '- change Service account team-a/trainer, gets role team-a-dev-role',
      '- verify Proof: trainer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '- ! No pod runs as trainer without the role now.',
      '- ! Workloads must name it: serviceAccountName: trainer. Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config. KServe loads a model as the account that the InferenceService names: spec.predictor.serviceAccountName; without a Secret of keys that account uses its role.',
      '- kept as: lets in team-a/trainer',
      '- proof: trainer uses the bucket (team-a/trainer must succeed: list+write artifacts/team-a/)',
      '- proof: its neighbour default is refused (team-a/default must be refused: )',
      '- proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'a Profile with a role of another account',
    (here) => {
      const arn = ROLE.replace(ACCOUNT, '444455556666');
      here.profiles.set('team-a', newProfile('team-a', 'a@example.com', arn, true));
      annotate(here, 'team-a/default-editor', { [KEY]: arn });
    },
    {},
    [
      'blocked (role) Role of profile team-a: The role of profile team-a is none of account 111122223333: arn:aws:iam::444455556666:role/team-a-dev-role. It is changed where it is.',
      '- change IAM role team-a-dev-role, also for team-a/trainer',
      '- change Service account team-a/trainer, gets role team-a-dev-role',
      '- verify Proof: trainer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '- ! No pod runs as trainer without the role now.',
      '- ! Workloads must name it: serviceAccountName: trainer. Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config. KServe loads a model as the account that the InferenceService names: spec.predictor.serviceAccountName; without a Secret of keys that account uses its role.',
      '- kept as: lets in team-a/trainer',
      '- proof: trainer uses the bucket (team-a/trainer must succeed: list+write artifacts/team-a/)',
      '- proof: its neighbour default is refused (team-a/default must be refused: )',
      '- proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'a role that is not there',
    (here) => here.roles.clear(),
    {},
    [
      'blocked (role) IAM role team-a-dev-role: IAM role team-a-dev-role does not exist.',
      '- change IAM role team-a-dev-role, also for team-a/trainer',
      '- change Service account team-a/trainer, gets role team-a-dev-role',
      '- verify Proof: trainer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '- ! No pod runs as trainer without the role now.',
      '- ! Workloads must name it: serviceAccountName: trainer. Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config. KServe loads a model as the account that the InferenceService names: spec.predictor.serviceAccountName; without a Secret of keys that account uses its role.',
      '- kept as: lets in team-a/trainer',
      '- proof: trainer uses the bucket (team-a/trainer must succeed: list+write artifacts/team-a/)',
      '- proof: its neighbour default is refused (team-a/default must be refused: )',
      '- proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'a role that may not be read',
    (here) => void (here.aws.role = mayNot('iam:GetRole')),
    {},
    [
      'blocked (role) IAM role team-a-dev-role: IAM role team-a-dev-role cannot be read: you are not permitted to iam:GetRole. Ask for this permission, then try again.',
      '- change IAM role team-a-dev-role, also for team-a/trainer',
      '- change Service account team-a/trainer, gets role team-a-dev-role',
      '- verify Proof: trainer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '- ! No pod runs as trainer without the role now.',
      '- ! Workloads must name it: serviceAccountName: trainer. Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config. KServe loads a model as the account that the InferenceService names: spec.predictor.serviceAccountName; without a Secret of keys that account uses its role.',
      '- kept as: lets in team-a/trainer',
      '- proof: trainer uses the bucket (team-a/trainer must succeed: list+write artifacts/team-a/)',
      '- proof: its neighbour default is refused (team-a/default must be refused: )',
      '- proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'an account with another role',
    (here) => annotate(here, 'team-a/trainer', { a: 'b', [KEY]: arnOf('old') }),
    {},
    ['! team-a/trainer has another role until now, and loses it: arn:aws:iam::111122223333:role/old.'],
  ],
  [
    'the same, taken out',
    (here) => annotate(here, 'team-a/trainer', { [KEY]: arnOf('old') }),
    { remove: true },
    [
      '! team-a/trainer is annotated with another role, which stays: arn:aws:iam::111122223333:role/old.',
      '- keep Service account team-a/trainer, without role team-a-dev-role',
    ],
  ],
  [
    'a pattern that fits',
    (here) => role(here, { trustPolicy: like('team-a:*') }),
    {},
    [
      'keep IAM role team-a-dev-role, also for team-a/trainer: lets in team-a/trainer',
      'verify Proof: trainer uses the bucket, default-editor of team-a still may',
      '- change IAM role team-a-dev-role, also for team-a/trainer',
      '- verify Proof: trainer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '- proof: its neighbour default is refused (team-a/default must be refused: )',
    ],
  ],
  [
    'a pattern that fits, taken out',
    (here) => role(here, { trustPolicy: like('team-a:*') }),
    { remove: true },
    [
      'verify Proof: default-editor of team-a still may',
      '! The trust policy of team-a-dev-role lets team-a/trainer in all the same, by a pattern or without asking for a subject: repair the profile to narrow it.',
      '- verify Proof: trainer is refused, default-editor of team-a still may',
      '- proof: trainer is refused (team-a/trainer must be refused: )',
    ],
  ],
  [
    'the only one that is named, taken out',
    (here) => role(here, { trustPolicy: trustFor('team-a').replace('default-editor', 'trainer') }),
    { remove: true },
    [
      'blocked (role) IAM role team-a-dev-role: team-a/trainer is the only one whom the trust policy of team-a-dev-role names, and IAM takes none without a statement. Repair the profile first, so that its own service account is let in.',
      '- keep Service account team-a/trainer, without role team-a-dev-role',
      '- keep IAM role team-a-dev-role, no longer for team-a/trainer: does not name team-a/trainer',
      '- verify Proof: trainer is refused, default-editor of team-a still may',
      '- ! No pod that runs as trainer has the role.',
      '- kept as: does not name team-a/trainer',
      '- proof: trainer is refused (team-a/trainer must be refused: )',
      '- proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'a trust policy that is long',
    (here) => role(here, { trustPolicy: long(40) }),
    {},
    [
      '! The trust policy will have 2473 characters: IAM takes more than 2048 only where that quota was raised (KP-023).',
    ],
  ],
  [
    'a trust policy that is too long',
    (here) => role(here, { trustPolicy: long(80) }),
    {},
    [
      'blocked (role) IAM role team-a-dev-role: The trust policy of team-a-dev-role would have 4433 characters, and IAM takes 4096 at most (KP-023). Take out service accounts that need it no longer, or give this one a role of its own.',
      '- change IAM role team-a-dev-role, also for team-a/trainer',
      '- change Service account team-a/trainer, gets role team-a-dev-role',
      '- verify Proof: trainer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '- ! No pod runs as trainer without the role now.',
      '- ! Workloads must name it: serviceAccountName: trainer. Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config. KServe loads a model as the account that the InferenceService names: spec.predictor.serviceAccountName; without a Secret of keys that account uses its role.',
      '- kept as: lets in team-a/trainer',
      '- proof: trainer uses the bucket (team-a/trainer must succeed: list+write artifacts/team-a/)',
      '- proof: its neighbour default is refused (team-a/default must be refused: )',
      '- proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'a trust policy that is too long, taken out',
    (here) => role(here, { trustPolicy: long(80) }),
    { account: 'account-number-7', remove: true },
    [
      'profile team-a on dev (us-west-2), without team-a/account-number-7',
      'blocked (role) IAM role team-a-dev-role: The trust policy of team-a-dev-role would have 4346 characters, and IAM takes 4096 at most (KP-023). Take out service accounts that need it no longer, or give this one a role of its own.',
    ],
  ],
  [
    'a Deny',
    (here) => {
      const trust = JSON.parse(trustFor('team-a')) as { Statement: object[] };
      trust.Statement.push({
        Effect: 'Deny',
        Principal: { Federated: PROVIDER },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringLike: { [`${PROVIDER.split('provider/')[1] ?? ''}:sub`]: '*:trainer' } },
      });
      role(here, { trustPolicy: JSON.stringify(trust) });
    },
    {},
    [
      'blocked (role) IAM role team-a-dev-role: A Deny of the trust policy of team-a-dev-role keeps team-a/trainer out. It is never taken away here.',
      '- change IAM role team-a-dev-role, also for team-a/trainer',
      '- change Service account team-a/trainer, gets role team-a-dev-role',
      '- verify Proof: trainer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '- ! No pod runs as trainer without the role now.',
      '- ! Workloads must name it: serviceAccountName: trainer. Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config. KServe loads a model as the account that the InferenceService names: spec.predictor.serviceAccountName; without a Secret of keys that account uses its role.',
      '- kept as: lets in team-a/trainer',
      '- proof: trainer uses the bucket (team-a/trainer must succeed: list+write artifacts/team-a/)',
      '- proof: its neighbour default is refused (team-a/default must be refused: )',
      '- proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'a trust policy that is left to the controller',
    (here) =>
      profile(here, (there) => ({
        ...there,
        spec: {
          ...there.spec,
          plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: ROLE, annotateOnly: false } }],
        },
      })),
    {},
    [
      '! The Profile leaves its trust policy to the profile controller: when the Profile is deleted, the controller writes it anew.',
    ],
  ],
  [
    'a role for the whole bucket',
    (here) =>
      role(here, {
        inline: [
          { name: 'kf-pipeline-s3', text: policyText(permissionsPolicy('aws', 'artifacts', 'team-a', 'bucket')) },
        ],
      }),
    {},
    [
      'proof: trainer uses the bucket (team-a/trainer must succeed: list+write artifacts/)',
      '- proof: trainer uses the bucket (team-a/trainer must succeed: list+write artifacts/team-a/)',
    ],
  ],
  [
    'a role that only reads',
    (here) =>
      role(here, {
        inline: [
          { name: 'kf-pipeline-s3', text: policyText(permissionsPolicy('aws', 'artifacts', 'team-a', 'read-only')) },
        ],
      }),
    {},
    [
      'verify Proof: trainer may use the role, its neighbour default is refused, default-editor of team-a still may',
      'proof: trainer may use the role (team-a/trainer must succeed: )',
      '- verify Proof: trainer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '- proof: trainer uses the bucket (team-a/trainer must succeed: list+write artifacts/team-a/)',
    ],
  ],
  [
    'a role for no bucket',
    (here) => role(here, { inline: [] }),
    {},
    [
      'verify Proof: trainer may use the role, its neighbour default is refused, default-editor of team-a still may',
      'proof: trainer may use the role (team-a/trainer must succeed: )',
      '- verify Proof: trainer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '- proof: trainer uses the bucket (team-a/trainer must succeed: list+write artifacts/team-a/)',
    ],
  ],
  [
    'a bucket that is not there',
    (here) => void (here.aws.bucket = () => Promise.resolve(absent)),
    {},
    [
      'verify Proof: trainer may use the role, its neighbour default is refused, default-editor of team-a still may',
      'proof: trainer may use the role (team-a/trainer must succeed: )',
      '- verify Proof: trainer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '- proof: trainer uses the bucket (team-a/trainer must succeed: list+write artifacts/team-a/)',
    ],
  ],
  [
    'a role that does not let the profile in',
    (here) => role(here, { trustPolicy: trustFor('team-b') }),
    {},
    [
      'verify Proof: trainer uses the bucket, its neighbour default is refused',
      '- verify Proof: trainer uses the bucket, its neighbour default is refused, default-editor of team-a still may',
      '- proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'the same, taken out',
    (here) =>
      role(here, { trustPolicy: inside('team-a:trainer').replace('team-a:default-editor', 'team-b:default-editor') }),
    { remove: true },
    [
      'change IAM role team-a-dev-role, no longer for team-a/trainer',
      'verify Proof: trainer is refused',
      '- keep IAM role team-a-dev-role, no longer for team-a/trainer: does not name team-a/trainer',
      '- verify Proof: trainer is refused, default-editor of team-a still may',
      '- proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'pods that run as it: without the role, with another, with it, ended, failed, as another',
    (here) =>
      pods(
        here,
        { name: 'a', account: 'trainer', owner: 'train-5d9' },
        { name: 'b', account: 'trainer', role: arnOf('old') },
        { name: 'c', account: 'trainer', role: ROLE },
        { name: 'd', account: 'trainer', phase: 'Succeeded' },
        { name: 'e', account: 'trainer', phase: 'Failed' },
        { name: 'f', account: 'other' },
        { name: 'g' },
      ),
    {},
    [
      '! A pod gets its role when it is made. Start again: a (ReplicaSet train-5d9); b, with role arn:aws:iam::111122223333:role/old.',
      '- ! No pod runs as trainer without the role now.',
    ],
  ],
  [
    'the same, taken out',
    (here) =>
      pods(
        here,
        { name: 'a', account: 'trainer', owner: 'train-5d9' },
        { name: 'b', account: 'trainer', role: arnOf('old') },
        { name: 'c', account: 'trainer', role: ROLE, owner: 'x' },
        { name: 'd', account: 'trainer', role: ROLE, phase: 'Succeeded' },
      ),
    { remove: true },
    [
      '! These pods lose the role within an hour, when their session ends, and fail then: c (ReplicaSet x).',
      '- ! No pod that runs as trainer has the role.',
    ],
  ],
  [
    'a pod that names no account runs as default',
    (here) => {
      annotate(here, 'team-a/default');
      pods(here, { name: 'g' });
    },
    { account: 'default' },
    [
      'profile team-a on dev (us-west-2), for team-a/default, too',
      'change IAM role team-a-dev-role, also for team-a/default',
      'change Service account team-a/default, gets role team-a-dev-role',
      'verify Proof: default uses the bucket, its neighbour default-viewer is refused, default-editor of team-a still may',
      '! Pods that name no service account run as default: all of these in team-a get the role.',
      '! A pod gets its role when it is made. Start again: g.',
      '! Katib runs trials as "default", unless the trial names an account: trialTemplate.trialSpec.spec.template.spec.serviceAccountName; of suggestions it is serviceAccountName of the algorithm in ConfigMap katib-config. TensorBoards run as "default".',
      'kept as: lets in team-a/default',
      'proof: default uses the bucket (team-a/default must succeed: list+write artifacts/team-a/)',
      'proof: its neighbour default-viewer is refused (team-a/default-viewer must be refused: )',
      'proof: default-editor of team-a still may (team-a/default-editor must succeed: )',
    ],
  ],
  [
    'eight pods',
    (here) => many(here, 8),
    { remove: true },
    [
      '! These pods lose the role within an hour, when their session ends, and fail then: p0; p1; p2; p3; p4; p5; p6; p7.',
      '- ! No pod that runs as trainer has the role.',
    ],
  ],
  [
    'nine pods',
    (here) => many(here, 9),
    { remove: true },
    [
      '! These pods lose the role within an hour, when their session ends, and fail then: p0; p1; p2; p3; p4; p5; p6; p7, and 1 more.',
      '- ! No pod that runs as trainer has the role.',
    ],
  ],
  [
    'pods that may not be listed',
    (here) => void (here.kubernetes.objects = mayNot('list pods')),
    {},
    [
      '! The list of pods of team-a cannot be read: you are not permitted to list pods. Ask for this permission, then try again. Pods that run as trainer now must be started again.',
      '- ! No pod runs as trainer without the role now.',
    ],
  ],
];
for (const [title, change, what, lines] of CASES)
  test(`${title} ${JSON.stringify(what)}`, async () => {
    const rule = what.remove === true ? TAKEN : RULE;
    assert.deepEqual(besides(await says(change, what), what.account === undefined ? rule : []), lines);
  });

test('the size of a trust policy that lets one more in: at what IAM takes, and above', async () => {
  const padded = (length: number): string => {
    const { Version, Statement } = JSON.parse(trustFor('team-a')) as { Version: string; Statement: object[] };
    const deny = { Sid: 'x'.repeat(length), Effect: 'Deny', Principal: { AWS: arnOf('x') }, Action: 'sts:AssumeRole' };
    return JSON.stringify({ Version, Statement: [...Statement, deny] });
  };
  const sizes = async (length: number): Promise<string> =>
    (await says((here) => role(here, { trustPolicy: padded(length) })))
      .filter((line) => /characters/.test(line))
      .join();
  const size = Number(/(\d+) characters/.exec(await sizes(3_000))?.[1]);
  const at = (wanted: number): Promise<string> => sizes(3_000 + wanted - size);
  assert.equal(await at(2_048), '');
  assert.match(await at(2_049), /^! The trust policy will have 2049 characters/);
  assert.match(await at(4_096), /^! The trust policy will have 4096 characters/);
  assert.match(await at(4_097), /^blocked \(role\) .* would have 4097 characters, and IAM takes 4096 at most/);
});
