// The whole plan of "Delete Profile", row by row and warning by warning, in each case compared with that of a profile of ours.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Namespace, Profile, Role } from '../../src/core/observation.ts';
import { planDelete, stopsAtFinalizer, type DeleteWish } from '../../src/core/plan/delete.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { permissionsPolicy, policyText } from '../../src/core/policy/build.ts';
import { newProfile, ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found } from '../../src/core/reading.ts';
import { lookToDelete } from '../../src/provisioning/leave.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { carryOut } from '../../src/provisioning/run.ts';
import { besides, told } from './told.ts';
import {
  ACCOUNT,
  arnOf,
  cluster,
  policyFor,
  putProfile,
  requestFor,
  trustFor,
  worldWithProvider,
  type World,
} from './world.ts';

const WISH: DeleteWish = { cluster: 'dev', region: 'us-west-2', profile: 'team-x' };
const NAME = 'team-x-dev-role';
const GOING = '2026-01-01T00:00:00Z';

async function planIn(here: World, more: Partial<DeleteWish> = {}) {
  const { facts, around, bucketRegion } = await lookToDelete({ ...WISH, ...more }, here.aws, here.connect);
  return planDelete({ ...WISH, ...more }, facts, around, bucketRegion);
}
/** A world in which we made team-x. */
async function made(): Promise<World> {
  const here = worldWithProvider();
  const request = requestFor('team-x');
  const { facts } = await lookAt(request, here.aws, here.connect);
  const result = await carryOut(planProfile(request, facts), here.outside());
  assert.equal(result.ok, true, JSON.stringify(result.rows));
  return here;
}
const says = async (change: (here: World) => void, wish: Partial<DeleteWish> = {}): Promise<readonly string[]> => {
  const here = await made();
  change(here);
  return told(await planIn(here, wish));
};

/** What is said of a profile of ours. */
const RULE = [
  'keep You are signed in to the account of the cluster: arn:aws:iam::111122223333:user/admin',
  'keep EKS cluster dev answers and has Kubeflow: Kubernetes 1.36, kubeconfig context dev',
  'delete Profile team-x',
  'wait Namespace team-x, which goes with the Profile, and all that is in it',
  'delete Inline policy kf-pipeline-s3, of role team-x-dev-role',
  'delete IAM role team-x-dev-role, which was for system:serviceaccount:team-x:default-editor',
  '! All that is in namespace team-x goes with it: notebooks, runs, volumes with their data, secrets, settings. It does not come back, not by Undo either.',
  '! Undo makes the Profile and the role again as they were. A role that is made again has another id: policies of buckets and keys that name it must be saved again.',
  "! What stays: the cluster's OIDC provider, the bucket, and the users of Dex or Cognito.",
];
test('a profile of ours', async () => assert.deepEqual(await says(() => undefined), RULE));

const metadata = (here: World, change: object): void => {
  const there = here.profiles.get('team-x') as Profile;
  here.profiles.set('team-x', { ...there, metadata: { ...there.metadata, annotations: {}, ...change } });
};
const role = (here: World, change: Partial<Role>, name = NAME): void =>
  void here.roles.set(name, { ...(here.roles.get(name) as Role), ...change });
/** The Profile is somebody's, and names a role of somebody. */
const others = (here: World, change: Partial<Role> = {}): void => {
  for (const all of [here.roles, here.profiles, here.accounts]) all.clear();
  putProfile(here, 'team-x', { name: 'theirs', ...change });
};
/** A role of the usual name of which we made nothing. */
const usual = (here: World, trustPolicy: string): void =>
  void here.roles.set(NAME, { arn: arnOf(NAME), name: NAME, trustPolicy, tags: {}, attached: [], inline: [] });
const binding = (here: World, name: string, user: string): void =>
  void here.kube.set(`rolebindings team-x/${name}`, {
    metadata: { name, namespace: 'team-x', annotations: { user, role: 'edit' } },
    roleRef: { kind: 'ClusterRole', name: 'kubeflow-edit' },
    subjects: [{ kind: 'User', name: user }],
  });
const names = (here: World, account: string, arn = arnOf(NAME)): void => {
  const [namespace = '', name = ''] = account.split('/');
  here.accounts.set(account, { namespace, name, annotations: { [ROLE_ANNOTATION]: arn } });
};
const grant = (here: World, ...roles: readonly string[]): void => {
  names(here, 'kubeflow/profiles-controller-service-account', arnOf('controller'));
  const statement = { Sid: 'EditTrustOfProfileRoles', Effect: 'Allow', Action: ['iam:GetRole'], Resource: roles };
  here.roles.set('controller', {
    ...{ arn: arnOf('controller'), name: 'controller', trustPolicy: trustFor('kubeflow'), tags: {}, attached: [] },
    inline: [{ name: 'kubeflow-irsa-trust', text: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }) }],
  });
};
const cannot = () => Promise.resolve(failed('the connection was broken off'));
const mayNot = (permission: string) => () => Promise.resolve(denied(permission, 'Refused.'));
const policyOf = (text: string): Partial<Role> => ({ inline: [{ name: 'kf-pipeline-s3', text }] });
const foreign = (here: World): void => {
  const bucket = here.aws.bucket.bind(here.aws);
  here.aws.bucket = async (...args) => {
    const reading = await bucket(...args);
    return reading.state === 'found' ? found({ ...reading.value, foreign: true }) : reading;
  };
};

const LOSES =
  '- ! All that is in namespace team-x goes with it: notebooks, runs, volumes with their data, secrets, settings. It does not come back, not by Undo either.';
const UNDO =
  '- ! Undo makes the Profile and the role again as they were. A role that is made again has another id: policies of buckets and keys that name it must be saved again.';
/** What is not told where the namespace stays, where another role goes, and where none does. */
const NO_SPACE = ['- wait Namespace team-x, which goes with the Profile, and all that is in it', LOSES];
const OTHER_ROLE = [
  '- delete Inline policy kf-pipeline-s3, of role team-x-dev-role',
  '- delete IAM role team-x-dev-role, which was for system:serviceaccount:team-x:default-editor',
];
const NO_ROLE = [...OTHER_ROLE, UNDO];

const CASES: readonly [
  title: string,
  change: (here: World) => void,
  wish: Partial<DeleteWish>,
  lines: readonly string[],
][] = [
  [
    'a Profile that Helm may have made',
    (here) => metadata(here, { labels: { 'app.kubernetes.io/managed-by': 'Helm' } }),
    {},
    [
      '! Profile team-x is perhaps managed by Helm (label app.kubernetes.io/managed-by = "Helm"). If it is, a change here is taken back. Change the values of its release.',
    ],
  ],
  [
    'one that something unknown made',
    (here) => metadata(here, { labels: { 'app.kubernetes.io/managed-by': 'gitops' } }),
    {},
    [],
  ],
  [
    'one of Argo CD that is being deleted',
    (here) => metadata(here, { labels: { 'argocd.argoproj.io/instance': 'teams' }, deletionTimestamp: GOING }),
    {},
    ['delete Profile team-x, being deleted since 2026-01-01T00:00:00Z', '- delete Profile team-x'],
  ],
  [
    'a Profile that cannot be read',
    (here) => void (here.kubernetes.profile = cannot),
    {},
    [
      'blocked (profile) Profile team-x: Profile team-x cannot be read: the connection was broken off',
      '- delete Profile team-x',
      ...NO_SPACE,
    ],
  ],
  ['no namespace', (here) => here.namespaces.clear(), {}, [...NO_SPACE]],
  [
    'a namespace that may not be read',
    (here) => void (here.kubernetes.namespace = mayNot('get namespaces')),
    {},
    [
      '! Namespace team-x cannot be read: you are not permitted to get namespaces. Ask for this permission, then try again. Refused.',
      ...NO_SPACE,
    ],
  ],
  [
    'a namespace that cannot be read',
    (here) => void (here.kubernetes.namespace = cannot),
    {},
    ['! Namespace team-x cannot be read: the connection was broken off', ...NO_SPACE],
  ],
  [
    'a namespace that the Profile does not own',
    (here) => void here.namespaces.set('team-x', { ...(here.namespaces.get('team-x') as Namespace), owned: false }),
    {},
    ['keep Namespace team-x, which is not owned by the Profile: it stays, with all that is in it', ...NO_SPACE],
  ],
  [
    'no Profile, and a namespace that uses no role',
    (here) => {
      here.profiles.clear();
      here.accounts.clear();
    },
    {},
    ['! Namespace team-x is there without a Profile. It stays.', '- delete Profile team-x', ...NO_SPACE],
  ],
  [
    'no Profile, and a namespace that uses the role',
    (here) => here.profiles.clear(),
    {},
    [
      'blocked (namespace) Namespace team-x: There is no Profile team-x, but a namespace of that name whose default-editor uses role arn:aws:iam::111122223333:role/team-x-dev-role. Take that annotation away first, if nobody needs it: kubectl annotate serviceaccount default-editor -n team-x eks.amazonaws.com/role-arn-',
      '- delete Profile team-x',
      ...NO_SPACE,
    ],
  ],
  [
    'no Profile, no role, and a namespace that cannot be read',
    (here) => {
      for (const all of [here.profiles, here.accounts, here.roles]) all.clear();
      here.kubernetes.namespace = cannot;
    },
    {},
    [
      'blocked (namespace) Namespace team-x: Namespace team-x cannot be read: the connection was broken off',
      '- delete Profile team-x',
      '- wait Namespace team-x, which goes with the Profile, and all that is in it',
      ...OTHER_ROLE,
      LOSES,
      UNDO,
    ],
  ],
  [
    'no Profile, and a namespace that is going',
    (here) => {
      here.profiles.clear();
      here.namespaces.set('team-x', { ...(here.namespaces.get('team-x') as Namespace), deleting: true, owned: false });
    },
    {},
    ['! Namespace team-x is being deleted. Wait until it is gone, then try again.', '- delete Profile team-x', LOSES],
  ],
  [
    'nothing at all',
    (here) => {
      for (const all of [here.profiles, here.accounts, here.roles, here.namespaces]) all.clear();
    },
    {},
    [
      'blocked (profile) Profile team-x: There is no Profile team-x on dev, and nothing of it is left.',
      '- delete Profile team-x',
      '- wait Namespace team-x, which goes with the Profile, and all that is in it',
      ...OTHER_ROLE,
      LOSES,
      UNDO,
    ],
  ],
  [
    'nothing but a role that its maker keeps',
    (here) => {
      for (const all of [here.profiles, here.accounts, here.namespaces]) all.clear();
      role(here, { tags: { 'aws:cloudformation:stack-name': 'iam' } });
    },
    {},
    [
      'blocked (profile) Profile team-x: There is no Profile team-x on dev, and nothing of it is left.',
      '! IAM role team-x-dev-role belongs to CloudFormation (tag aws:cloudformation:stack-name = "iam"), which would take a change back. Change the template of its stack. It stays, and lets in system:serviceaccount:team-x:default-editor until it is deleted there.',
      '- delete Profile team-x',
      '- wait Namespace team-x, which goes with the Profile, and all that is in it',
      ...OTHER_ROLE,
      LOSES,
      UNDO,
    ],
  ],
  [
    'a Profile that names a role of that name at another path',
    (here) => {
      here.accounts.clear();
      here.profiles.set(
        'team-x',
        newProfile('team-x', 'x@example.com', `arn:aws:iam::${ACCOUNT}:role/teams/${NAME}`, true),
      );
    },
    {},
    [...NO_ROLE],
  ],
  [
    "a Profile with a role of its own, and one of the usual name that is somebody else's",
    (here) => {
      others(here);
      usual(here, trustFor('other'));
    },
    {},
    [
      'delete Inline policy kf-pipeline-s3, of role theirs',
      'delete IAM role theirs, which was for system:serviceaccount:team-x:default-editor',
      ...OTHER_ROLE,
    ],
  ],
  [
    'the same, and that one lets it in, too',
    (here) => {
      others(here);
      usual(here, trustFor('other', 'team-x'));
    },
    {},
    [
      'delete Inline policy kf-pipeline-s3, of role theirs',
      'delete IAM role theirs, which was for system:serviceaccount:team-x:default-editor',
      'change IAM role team-x-dev-role, no longer for system:serviceaccount:team-x:default-editor',
      '! Role team-x-dev-role is used by something else (it lets in others too: other/default-editor). It stays, with its policies. other/default-editor keep access by it.',
      ...OTHER_ROLE,
    ],
  ],
  [
    'a role that Terraform may have made, with a boundary',
    (here) =>
      others(here, {
        tags: { ManagedBy: 'terraform' },
        boundary: 'arn:aws:iam::aws:policy/Limit',
        attached: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
      }),
    {},
    [
      'delete Inline policy kf-pipeline-s3, of role theirs',
      'delete Attached policy ReadOnlyAccess of role theirs, detached; the policy itself stays',
      'delete IAM role theirs, which was for system:serviceaccount:team-x:default-editor',
      '! Its permissions boundary stays: arn:aws:iam::aws:policy/Limit.',
      '! IAM role theirs is perhaps managed by Terraform (tag ManagedBy = "terraform"). If it is, a change here is taken back. Change it in its Terraform files.',
      ...OTHER_ROLE,
    ],
  ],
  [
    'a role that two use, of CloudFormation',
    (here) =>
      others(here, { tags: { 'aws:cloudformation:stack-name': 'iam' }, trustPolicy: trustFor('team-x', 'team-y') }),
    {},
    [
      'keep IAM role theirs: it is used by something else (it lets in others too: team-y/default-editor): it stays as it is',
      '! Role theirs is used by something else (it lets in others too: team-y/default-editor). It stays, with its policies. team-y/default-editor keep access by it.',
      '! It still lets in system:serviceaccount:team-x:default-editor: Its trust policy belongs to CloudFormation (tag aws:cloudformation:stack-name = "iam"), which would take a change back. Change the template of its stack.',
      ...NO_ROLE,
    ],
  ],
  [
    'a role that two use',
    (here) => others(here, { trustPolicy: trustFor('team-x', 'team-y') }),
    {},
    [
      'change IAM role theirs, no longer for system:serviceaccount:team-x:default-editor',
      '! Role theirs is used by something else (it lets in others too: team-y/default-editor). It stays, with its policies. team-y/default-editor keep access by it.',
      ...NO_ROLE,
    ],
  ],
  [
    'a role of ours that two use',
    (here) => role(here, { trustPolicy: trustFor('team-x', 'team-y') }),
    {},
    [
      'change IAM role team-x-dev-role, no longer for system:serviceaccount:team-x:default-editor',
      '! Role team-x-dev-role lets in others, too (team-y/default-editor). It stays, with its policies. team-y/default-editor keep access by it.',
      ...NO_ROLE,
    ],
  ],
  [
    'a role of ours that lets in a pattern',
    (here) =>
      role(here, {
        trustPolicy: trustFor('team-x').replace('StringEquals', 'StringLike').replace('team-x:', 'team-*:'),
      }),
    {},
    ['! Role team-x-dev-role lets in more than its profile. Who else used it loses it.'],
  ],
  [
    'a role that two instance profiles hold',
    (here) => role(here, { instanceProfiles: ['nodes', 'more'] }),
    {},
    [
      'keep IAM role team-x-dev-role: it is in instance profile nodes, more: it stays as it is',
      '! Role team-x-dev-role is in instance profile nodes, more. It stays, with its policies.',
      ...NO_ROLE,
    ],
  ],
  [
    'instance profiles that may not be listed',
    (here) => void (here.aws.instanceProfiles = mayNot('iam:ListInstanceProfilesForRole')),
    {},
    [
      '! Whether role team-x-dev-role is in an instance profile is not known: you may not iam:ListInstanceProfilesForRole.',
    ],
  ],
  [
    'instance profiles that cannot be listed',
    (here) => void (here.aws.instanceProfiles = cannot),
    {},
    ['! Whether role team-x-dev-role is in an instance profile is not known: the connection was broken off.'],
  ],
  [
    'service accounts that may not be listed',
    (here) => void (here.kubernetes.serviceAccounts = mayNot('list serviceaccounts')),
    {},
    ['! Whether service accounts elsewhere use role team-x-dev-role is not known: you may not list serviceaccounts.'],
  ],
  [
    'service accounts that cannot be listed',
    (here) => void (here.kubernetes.serviceAccounts = cannot),
    {},
    ['! Whether service accounts elsewhere use role team-x-dev-role is not known: the connection was broken off.'],
  ],
  [
    'service accounts that are not there',
    (here) => void (here.kubernetes.serviceAccounts = () => Promise.resolve(absent)),
    {},
    ['! Whether service accounts elsewhere use role team-x-dev-role is not known: it was not read.'],
  ],
  [
    'Profiles that may not be listed',
    (here) => void (here.kubernetes.profiles = mayNot('list profiles.kubeflow.org')),
    {},
    ['! Whether other profiles use this role is not known: the Profiles of the cluster could not be listed.'],
  ],
  [
    'two people who contribute',
    (here) => {
      binding(here, 'user-a', 'a@example.com');
      binding(here, 'user-b', 'b@example.com');
    },
    {},
    ['! a@example.com, b@example.com contribute to it, and lose it.'],
  ],
  [
    'role bindings that may not be listed',
    (here) => void (here.kubernetes.objects = mayNot('list rolebindings.rbac.authorization.k8s.io')),
    {},
    ['! Who contributes to it is not known: you may not list rolebindings.rbac.authorization.k8s.io.'],
  ],
  [
    'a policy that may not be read',
    (here) => role(here, { unread: ['iam:GetRolePolicy'] }),
    {},
    [
      'blocked (role-policy) Policies of role team-x-dev-role: You may not read all policies of role team-x-dev-role (iam:GetRolePolicy): IAM deletes no role that has some, and what is not read could not be put back. Ask for this permission, or delete the Profile alone, and keep the role.',
      ...NO_ROLE,
    ],
  ],
  [
    'a policy and a list of policies that may not be read',
    (here) => role(here, { unread: ['iam:GetRolePolicy', 'iam:ListAttachedRolePolicies'] }),
    {},
    [
      'blocked (role-policy) Policies of role team-x-dev-role: You may not read all policies of role team-x-dev-role (iam:ListAttachedRolePolicies): IAM deletes no role that has some, and what is not read could not be put back. Ask for this permission, or delete the Profile alone, and keep the role.',
      ...NO_ROLE,
    ],
  ],
  [
    'two accounts that name the role in vain, one of the profile itself, and one that names another',
    (here) => {
      names(here, 'a/runner');
      names(here, 'b/runner');
      names(here, 'team-x/runner');
      names(here, 'c/runner', arnOf('other'));
    },
    {},
    [
      '! a/runner, b/runner name role team-x-dev-role in their annotation, and are not let in by it. The annotation stays.',
    ],
  ],
  [
    'two accounts that use the role',
    (here) => {
      names(here, 'a/runner');
      names(here, 'b/runner');
      const any = trustFor('team-x').replace(/,\s*"[^"]*:sub": "[^"]*"/, '');
      role(here, { trustPolicy: any });
    },
    {},
    [
      'blocked (role) IAM role team-x-dev-role: Role team-x-dev-role is used by a/runner, b/runner as well: its trust policy lets them in. Give them another role first, or delete the Profile alone, and keep the role.',
      ...NO_ROLE,
    ],
  ],
  ['what may not be known of deleting', (here) => void (here.kubernetes.may = cannot), {}, []],
  [
    'the grant of the controller for it alone',
    (here) => grant(here, arnOf(NAME)),
    {},
    ["delete Inline policy kubeflow-irsa-trust, of the profile controller's role controller, without team-x-dev-role"],
  ],
  ['a grant of the controller for others', (here) => grant(here, arnOf('other')), {}, []],
  ['its role stays', () => undefined, { keepRole: true }, [...NO_ROLE]],
  [
    'data, and roles that may not be listed',
    (here) => {
      here.objects.set('team-x/a', 'text');
      here.aws.rolesPage = mayNot('iam:GetAccountAuthorizationDetails');
    },
    { data: true },
    [
      'delete Objects below s3://artifacts/team-x/, 1 object (4 bytes): they do not come back',
      '! 1 object (4 bytes) below s3://artifacts/team-x/ are deleted for good. Undo does not bring them back.',
      '! Whether other roles write below s3://artifacts/team-x/, such as that of a profile team-x on another cluster, is not known.',
    ],
  ],
  [
    'data in the bucket of another account',
    (here) => {
      here.objects.set('team-x/a', 'text');
      foreign(here);
    },
    { data: true },
    [
      'blocked (data) Objects of profile team-x: What lies below s3://artifacts/team-x/ cannot be read: bucket artifacts belongs to another account.',
    ],
  ],
  [
    'the same, and it stays',
    (here) => {
      here.objects.set('team-x/a', 'text');
      foreign(here);
    },
    {},
    ['! What lies below s3://artifacts/team-x/ stays.'],
  ],
  [
    'data in a bucket that is not there',
    (here) => void (here.aws.bucket = () => Promise.resolve(absent)),
    { data: true },
    ['! Nothing lies below s3://artifacts/team-x/.'],
  ],
  [
    'data of all sorts, more than is counted',
    (here) => {
      here.aws.prefixData = (bucket, region, prefix) =>
        Promise.resolve(
          found({
            ...{ bucket, region, prefix, objects: 10_000, versions: 1, markers: 2, bytes: 100_000, uploads: 1 },
            more: true,
            unread: ['s3:ListBucketMultipartUploads'],
          }),
        );
    },
    { data: true },
    [
      'delete Objects below s3://artifacts/team-x/, More than 10,000 objects, 1 older version, 2 marks of deletion, 1 upload in parts (more than 100 KB): they do not come back',
      '! More than 10,000 objects, 1 older version, 2 marks of deletion, 1 upload in parts (more than 100 KB) below s3://artifacts/team-x/ are deleted for good. Undo does not bring them back.',
      '! You may not s3:ListBucketMultipartUploads: what of that kind lies below s3://artifacts/team-x/ stays, and costs.',
    ],
  ],
  [
    'data of a role for the whole bucket',
    (here) => {
      here.objects.set('team-x/a', 'text');
      role(here, policyOf(policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'bucket'))));
    },
    { data: true },
    [
      'delete Objects below s3://artifacts/team-x/, 1 object (4 bytes): they do not come back',
      '! 1 object (4 bytes) below s3://artifacts/team-x/ are deleted for good. Undo does not bring them back.',
    ],
  ],
  [
    'data below a prefix that is not of its name',
    (here) => role(here, policyOf(policyFor('shared'))),
    { data: true },
    [
      'blocked (data) Objects of profile team-x: Role team-x-dev-role writes to s3://artifacts/shared/, which does not surely belong to profile team-x alone.',
    ],
  ],
  [
    'a role that only reads, and data stays',
    (here) => role(here, policyOf(policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'read-only')))),
    {},
    [],
  ],
  [
    'a cluster without an issuer',
    (here) => {
      const rest = { ...cluster, issuer: undefined };
      here.aws.cluster = () => Promise.resolve(found(JSON.parse(JSON.stringify(rest)) as typeof cluster));
    },
    {},
    [
      'blocked (cluster) EKS cluster dev answers and has Kubeflow: The cluster is ACTIVE: AWS names no endpoint or no OIDC issuer of it.',
      '- keep EKS cluster dev answers and has Kubeflow: Kubernetes 1.36, kubeconfig context dev',
      '- delete Profile team-x',
      '- wait Namespace team-x, which goes with the Profile, and all that is in it',
      ...OTHER_ROLE,
      LOSES,
      UNDO,
      "- ! What stays: the cluster's OIDC provider, the bucket, and the users of Dex or Cognito.",
    ],
  ],
  [
    'a controller that does not run',
    (here) => {
      metadata(here, { deletionTimestamp: GOING, finalizers: ['profile-finalizer'] });
      here.kube.set('deployments kubeflow/profiles-deployment', {
        metadata: { name: 'profiles-deployment', namespace: 'kubeflow' },
        spec: { replicas: 0 },
      });
    },
    {},
    [
      "blocked (finalizer) Profile team-x: Kubeflow's profile controller does not run (deployment profiles-deployment in namespace kubeflow), and only it takes profile-finalizer away. Start it: kubectl scale deployment profiles-deployment -n kubeflow --replicas=1. Or agree that its finalizer is taken away. Then nothing is cleaned up by the controller: what it would do is done here, and what it wrote into trust policies of other roles stays.",
      '- delete Profile team-x',
      ...NO_SPACE,
    ],
  ],
  [
    'the same, and its finalizer may go',
    (here) => {
      metadata(here, { deletionTimestamp: GOING, finalizers: ['profile-finalizer'] });
      here.kube.set('deployments kubeflow/profiles-deployment', {
        metadata: { name: 'profiles-deployment', namespace: 'kubeflow' },
        spec: { replicas: 0 },
      });
    },
    { removeFinalizer: true },
    [
      'delete Finalizer of Profile team-x, because the controller does not take it away',
      'delete Profile team-x, being deleted since 2026-01-01T00:00:00Z',
      '- delete Profile team-x',
    ],
  ],
  [
    'a Profile that may not be read, and a message that is not to be trusted',
    (here) => void (here.kubernetes.profile = () => Promise.resolve(denied('get profiles', 'No\u202e\nDeleted.'))),
    {},
    [
      'blocked (profile) Profile team-x: Profile team-x cannot be read: you are not permitted to get profiles. Ask for this permission, then try again. No Deleted.',
      '- delete Profile team-x',
      ...NO_SPACE,
    ],
  ],
  [
    'nothing but a role of ours, which lets in another alone',
    (here) => {
      for (const all of [here.profiles, here.accounts, here.namespaces]) all.clear();
      role(here, { trustPolicy: trustFor('team-y') });
    },
    {},
    [
      'blocked (profile) Profile team-x: There is no Profile team-x on dev, and nothing of it is left.',
      '! Role team-x-dev-role lets in others, too (team-y/default-editor). It stays, with its policies. team-y/default-editor keep access by it.',
      '- delete Profile team-x',
      '- wait Namespace team-x, which goes with the Profile, and all that is in it',
      ...OTHER_ROLE,
      LOSES,
      UNDO,
    ],
  ],
  [
    'no Profile, and a namespace that something holds',
    (here) => {
      here.profiles.clear();
      const remaining = ['Some resources are remaining: pods. has 2 resource instances', 'And more.'];
      const space = here.namespaces.get('team-x') as Namespace;
      here.namespaces.set('team-x', { ...space, deleting: true, owned: true, deletionTimestamp: GOING, remaining });
    },
    {},
    [
      '! Namespace team-x is being deleted, since 2026-01-01T00:00:00Z. What holds it: Some resources are remaining: pods. has 2 resource instances And more. In the namespace there is still: pods. has 2 resource instances. If that does not become less, see what holds it: kubectl get pods -n team-x. Remove that, then try again.',
      '- delete Profile team-x',
      LOSES,
    ],
  ],
  [
    'the same, by something unknown',
    (here) => {
      here.profiles.clear();
      const space = here.namespaces.get('team-x') as Namespace;
      here.namespaces.set('team-x', { ...space, deleting: true, owned: true, remaining: ['Something else.'] });
    },
    {},
    [
      '! Namespace team-x is being deleted. What holds it: Something else. Remove that, then try again.',
      '- delete Profile team-x',
      LOSES,
    ],
  ],
  [
    'APIs of the cluster that do not answer, while the namespace goes',
    (here) => {
      metadata(here, { deletionTimestamp: GOING, finalizers: ['profile-finalizer'] });
      const remaining = [
        'Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: stale GroupVersion discovery: metrics.k8s.io/v1beta1, b.example.com/v1: stale, c.example.com/v1: stale, d.example.com/v1: stale',
      ];
      const space = here.namespaces.get('team-x') as Namespace;
      here.namespaces.set('team-x', { ...space, deleting: true, owned: true, remaining });
      const api = (name: string, spec: object, conditions: readonly object[]): void =>
        void here.kube.set(`apiservices ${name}`, { metadata: { name }, spec, status: { conditions } });
      const [available, not] = [
        { type: 'Available', status: 'True' },
        { type: 'Available', status: 'False' },
      ];
      api('v1beta1.metrics.k8s.io', { service: { namespace: 'kube-system', name: 'metrics-server' } }, [
        { type: 'Other', status: 'True' },
        not,
      ]);
      api('v1.b.example.com', { service: { name: 'b' } }, [not]);
      api('v1.c.example.com', { service: {} }, [not]);
      api('v1.d.example.com', { service: { name: 'd' } }, [available, { type: 'Other', status: 'False' }]);
      here.kube.set('apiservices v1.e.example.com', { metadata: { name: 'v1.e.example.com' } });
    },
    {},
    [
      'delete Profile team-x, being deleted since 2026-01-01T00:00:00Z',
      '! Its namespace is being deleted, and the controller can make nothing in it. What holds the namespace must go first.',
      '! An API of the cluster does not answer (v1beta1.metrics.k8s.io, v1.b.example.com, v1.c.example.com), so that Kubernetes does not know what is in the namespace. Make service kube-system/metrics-server answer again. If nothing serves it any more, delete it: kubectl delete apiservice v1beta1.metrics.k8s.io.',
      '- delete Profile team-x',
    ],
  ],
  [
    'data that others write: of a profile of that name on another cluster, by one of two policies',
    (here) => {
      here.objects.set('team-x/a', 'text');
      const there = here.roles.get(NAME) as Role;
      const put = (name: string, cluster: string | undefined, more: Partial<Role> = {}, profile = 'team-x'): void => {
        const tags = {
          'kubeflow-irsa/made-by': 'kubeflow-irsa',
          'kubeflow-irsa/profile': profile,
          ...(cluster === undefined ? {} : { 'kubeflow-irsa/cluster': cluster }),
        };
        here.roles.set(name, { ...there, name, arn: arnOf(name), tags, ...more });
      };
      const none = { name: 'a', text: '{"Version":"2012-10-17","Statement":[]}' };
      const prod = cluster.arn.replace('dev', 'prod');
      put('sharer', prod, { inline: [none, ...there.inline] });
      put('of-this-cluster', cluster.arn);
      put('of-no-cluster', undefined);
      put('of-another-profile', prod, {}, 'team-y');
      put('of-another-bucket', prod, { inline: [none] });
    },
    { data: true },
    [
      "blocked (data) Objects of profile team-x: Other roles write below s3://artifacts/team-x/, too: sharer of cluster arn:aws:eks:us-west-2:111122223333:cluster/prod. What is theirs cannot be told from what is this profile's, so nothing is deleted.",
    ],
  ],
];
for (const [title, change, wish, lines] of CASES)
  test(title, async () => assert.deepEqual(besides(await says(change, wish), RULE), lines));

test('only a plan that stops at the finalizer is one that a person may help on', async () => {
  const stops = async (change: (here: World) => void): Promise<boolean> => {
    const here = await made();
    change(here);
    return stopsAtFinalizer(await planIn(here));
  };
  const halted = (here: World): void => {
    metadata(here, { deletionTimestamp: GOING, finalizers: ['profile-finalizer'] });
    here.kube.set('deployments kubeflow/profiles-deployment', {
      metadata: { name: 'profiles-deployment', namespace: 'kubeflow' },
      spec: { replicas: 0 },
    });
  };
  assert.equal(await stops(halted), true);
  assert.equal(await stops(() => undefined), false);
  assert.equal(await stops((here) => void (here.kubernetes.profile = cannot)), false);
});

test('what cannot be reached is tried again, and what is not there or may not be read is not', async () => {
  const tried = async (change: (here: World) => void): Promise<boolean> => {
    const here = await made();
    change(here);
    return (await lookToDelete(WISH, here.aws, here.connect)).unreachable;
  };
  const cannotBeReached: readonly ((here: World) => void)[] = [
    (here) => void (here.aws.cluster = cannot),
    (here) => {
      here.aws.cluster = () => Promise.resolve(absent);
      here.aws.caller = cannot;
    },
    (here) => void (here.aws.caller = cannot),
    (here) => void (here.kubernetes.api = cannot),
    (here) => void (here.kubernetes.profile = cannot),
  ];
  for (const [at, change] of cannotBeReached.entries()) assert.equal(await tried(change), true, String(at));
  const can: readonly ((here: World) => void)[] = [
    () => undefined,
    (here) => void (here.aws.cluster = () => Promise.resolve(absent)),
    (here) => void (here.aws.cluster = mayNot('eks:DescribeCluster')),
    (here) => void (here.kubernetes.profile = mayNot('get profiles')),
  ];
  for (const [at, change] of can.entries()) assert.equal(await tried(change), false, String(at));
});

test('only what a plan needs is read', async () => {
  const calls = async (change: (here: World) => void, wish: Partial<DeleteWish> = {}): Promise<readonly string[]> => {
    const here = await made();
    change(here);
    here.calls.length = 0;
    await lookToDelete({ ...WISH, ...wish }, here.aws, here.connect);
    return [...new Set(here.calls)].sort();
  };
  const rule = await calls(() => undefined);
  assert.deepEqual(rule, [
    'create selfsubjectaccessreviews',
    'eks:DescribeCluster',
    'get /apis',
    'get configmaps',
    'get deployments',
    'get namespaces',
    'get profiles',
    'get serviceaccounts',
    'iam:GetRole',
    'iam:GetRolePolicy',
    'iam:ListAttachedRolePolicies',
    'iam:ListInstanceProfilesForRole',
    'iam:ListRolePolicies',
    'list profiles',
    'list rolebindings',
    'list serviceaccounts',
    's3:HeadBucket',
    's3:ListObjectVersions',
    'sts:GetCallerIdentity',
  ]);
  const also = async (change: (here: World) => void, wish: Partial<DeleteWish> = {}): Promise<readonly string[]> =>
    besides(await calls(change, wish), rule);
  assert.deepEqual(await also((here) => role(here, { inline: [] })), ['- s3:HeadBucket', '- s3:ListObjectVersions']);
  assert.deepEqual(await also(() => undefined, { keepRole: true }), ['- iam:ListInstanceProfilesForRole']);
  assert.deepEqual(await also(() => undefined, { data: true }), ['iam:GetAccountAuthorizationDetails']);
  assert.deepEqual(await also((here) => here.roles.clear()), [
    '- iam:ListInstanceProfilesForRole',
    '- s3:HeadBucket',
    '- s3:ListObjectVersions',
  ]);
  assert.deepEqual(await also(foreign), ['- s3:ListObjectVersions']);
  assert.deepEqual(await also((here) => grant(here)), []);
  assert.deepEqual(
    await also((here) => {
      const space = here.namespaces.get('team-x') as Namespace;
      here.namespaces.set('team-x', { ...space, deleting: true, owned: true });
    }),
    ['list apiservices'],
  );
});
