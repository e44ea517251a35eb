// The whole plan of "Edit Profile", in each case compared with that of an edit of nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Profile, Role } from '../../src/core/observation.ts';
import { planEdit, type Edit } from '../../src/core/plan/edit.ts';
import { rows } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { permissionsPolicy, policyText } from '../../src/core/policy/build.ts';
import { newProfile, ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found } from '../../src/core/reading.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { lookAtEdit } from '../../src/provisioning/lookEdit.ts';
import { carryOut } from '../../src/provisioning/run.ts';
import { asKept, besides, told } from './told.ts';
import {
  ACCOUNT,
  arnOf,
  cluster,
  PLAIN,
  policyFor,
  requestFor,
  trustFor,
  worldWithProvider,
  type World,
} from './world.ts';

const NAME = 'team-a-dev-role';

/** A world with a profile of ours, team-a, whose role had another place before where `edits` say so. */
async function made(...edits: readonly Partial<Edit>[]): Promise<World> {
  const here = worldWithProvider();
  here.pipelines = '2.16.0';
  here.buckets.set('other', { region: 'us-west-2', settings: PLAIN });
  const request = requestFor('team-a');
  const { facts } = await lookAt(request, here.aws, here.connect);
  assert.ok((await carryOut(planProfile(request, facts), here.outside())).ok);
  for (const one of edits) assert.ok((await carryOut(await planIn(here, one), here.outside())).ok);
  return here;
}
async function planIn(here: World, what: Partial<Edit>) {
  const edit = { cluster: 'dev', region: 'us-west-2', profile: 'team-a', ...what };
  const { live, facts, people } = await lookAtEdit(edit, here.aws, here.connect);
  return planEdit(edit, live, facts, people);
}
/** What is told, and short texts of what is written. */
async function says(
  what: Partial<Edit>,
  change: (here: World) => void,
  ...edits: readonly Partial<Edit>[]
): Promise<readonly string[]> {
  const here = await made(...edits);
  change(here);
  const plan = await planIn(here, what);
  const texts = rows(plan).flatMap(({ title, kind, after }) =>
    kind === 'blocked' || after === undefined || after.length > 300
      ? []
      : [`${title} becomes ${after.replaceAll(/\s+/g, ' ')}`],
  );
  return [plan.title, ...told(plan), ...texts];
}
const role = (here: World, change: Partial<Role>): void =>
  void here.roles.set(NAME, { ...(here.roles.get(NAME) as Role), ...change });
const policies = (...texts: readonly string[]): Partial<Role> => ({
  inline: texts.map((text, at) => ({ name: at === 0 ? 'kf-pipeline-s3' : `more-${at}`, text })),
});
const launcher = (here: World, root: string): void =>
  void here.configMaps.set('team-a/kfp-launcher', {
    namespace: 'team-a',
    name: 'kfp-launcher',
    data: { defaultPipelineRoot: root },
  });
const annotation = (here: World, ...arn: readonly string[]): void =>
  void here.accounts.set('team-a/default-editor', {
    ...{ namespace: 'team-a', name: 'default-editor' },
    annotations: Object.fromEntries(arn.map((one) => [ROLE_ANNOTATION, one])),
  });
const THEIRS = arnOf(NAME).replace(ACCOUNT, '444455556666');
const nothing = (): void => undefined;
const cannot = () => Promise.resolve(failed('the connection was broken off'));

const RULE: readonly string[] = [
  'profile team-a on dev (us-west-2), edited',
  'keep You are signed in to the account of the cluster: arn:aws:iam::111122223333:user/admin',
  'keep EKS cluster dev answers and has Kubeflow: Kubernetes 1.36, kubeconfig context dev',
  'keep S3 bucket artifacts: in us-west-2',
  'keep OIDC provider of the cluster, audience sts.amazonaws.com: arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
  'keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
  'keep Inline policy kf-pipeline-s3, prefix access to artifacts',
  'keep Profile team-a, owner team-a@example.com',
  'keep Service account team-a/default-editor, annotated by the profile controller',
  'verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach',
];
test('an edit of nothing', async () => assert.deepEqual(await says({}, nothing), RULE));

const CASES: readonly [title: string, what: Partial<Edit>, change: (here: World) => void, lines: readonly string[]][] =
  [
    [
      'a prefix',
      { prefix: 'teams/team-a/' },
      nothing,
      [
        'change Inline policy kf-pipeline-s3, prefix access to artifacts',
        'change ConfigMap team-a/kfp-launcher, where artifacts go',
        'change ConfigMap team-a/artifact-repositories, where logs and artifacts of version 1 go',
        '! What is stored at s3://artifacts/team-a/ stays there and is not moved. The role will no longer reach it, so artifacts of earlier runs cannot be opened. To have it in the new place as well: aws s3 sync s3://artifacts/team-a/ s3://artifacts/teams/team-a/.',
        '! Pipelines write to s3://artifacts/team-a/v2/artifacts/ (us-west-2) today, and to s3://artifacts/teams/team-a/v2/artifacts from then on. What they wrote stays where it is.',
        'ConfigMap team-a/kfp-launcher, where artifacts go becomes metadata: name: kfp-launcher namespace: team-a data: clusterDomain: "cluster.local" defaultPipelineRoot: "s3://artifacts/teams/team-a/v2/artifacts" ',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
      ],
    ],
    [
      'a prefix, and the place before is read on',
      { prefix: 'teams/team-a/', keepReading: true },
      nothing,
      [
        'change Inline policy kf-pipeline-s3, prefix access to artifacts',
        'change ConfigMap team-a/kfp-launcher, where artifacts go',
        'change ConfigMap team-a/artifact-repositories, where logs and artifacts of version 1 go',
        '! What is stored at s3://artifacts/team-a/ stays there and is not moved. The role may still read it, and write it no longer. To have it in the new place as well: aws s3 sync s3://artifacts/team-a/ s3://artifacts/teams/team-a/.',
        '! Pipelines write to s3://artifacts/team-a/v2/artifacts/ (us-west-2) today, and to s3://artifacts/teams/team-a/v2/artifacts from then on. What they wrote stays where it is.',
        'ConfigMap team-a/kfp-launcher, where artifacts go becomes metadata: name: kfp-launcher namespace: team-a data: clusterDomain: "cluster.local" defaultPipelineRoot: "s3://artifacts/teams/team-a/v2/artifacts" ',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
      ],
    ],
    [
      'the prefix that it has',
      { prefix: 'team-a/' },
      nothing,
      [
        'keep ConfigMap team-a/kfp-launcher, where artifacts go: to s3://artifacts/team-a/v2/artifacts/ (us-west-2)',
        'keep ConfigMap team-a/artifact-repositories, where logs and artifacts of version 1 go',
      ],
    ],
    [
      'a bucket',
      { bucket: 'other' },
      nothing,
      [
        'keep S3 bucket other: in us-west-2',
        'change Inline policy kf-pipeline-s3, prefix access to other',
        'change ConfigMap team-a/kfp-launcher, where artifacts go',
        'change ConfigMap team-a/artifact-repositories, where logs and artifacts of version 1 go',
        '! What is stored at s3://artifacts/team-a/ stays there and is not moved. The role will no longer reach it, so artifacts of earlier runs cannot be opened. To have it in the new place as well: aws s3 sync s3://artifacts/team-a/ s3://other/team-a/.',
        '! Pipelines write to s3://artifacts/team-a/v2/artifacts/ (us-west-2) today, and to s3://other/team-a/v2/artifacts from then on. What they wrote stays where it is.',
        'ConfigMap team-a/kfp-launcher, where artifacts go becomes metadata: name: kfp-launcher namespace: team-a data: clusterDomain: "cluster.local" defaultPipelineRoot: "s3://other/team-a/v2/artifacts" ',
        '- keep S3 bucket artifacts: in us-west-2',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
      ],
    ],
    [
      'a bucket, read on',
      { bucket: 'other', keepReading: true },
      nothing,
      [
        'keep S3 bucket other: in us-west-2',
        'change Inline policy kf-pipeline-s3, prefix access to other',
        'change ConfigMap team-a/kfp-launcher, where artifacts go',
        'change ConfigMap team-a/artifact-repositories, where logs and artifacts of version 1 go',
        '! What is stored at s3://artifacts/team-a/ stays there and is not moved. The role may still read it, and write it no longer. To have it in the new place as well: aws s3 sync s3://artifacts/team-a/ s3://other/team-a/.',
        '! Pipelines write to s3://artifacts/team-a/v2/artifacts/ (us-west-2) today, and to s3://other/team-a/v2/artifacts from then on. What they wrote stays where it is.',
        'ConfigMap team-a/kfp-launcher, where artifacts go becomes metadata: name: kfp-launcher namespace: team-a data: clusterDomain: "cluster.local" defaultPipelineRoot: "s3://other/team-a/v2/artifacts" ',
        '- keep S3 bucket artifacts: in us-west-2',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
      ],
    ],
    [
      'the whole bucket',
      { access: 'bucket' },
      nothing,
      [
        'change Inline policy kf-pipeline-s3, bucket access to artifacts',
        'verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach',
      ],
    ],
    [
      'a prefix in place of the whole bucket',
      { access: 'prefix', prefix: 'x/' },
      (here) => role(here, policies(policyText(permissionsPolicy('aws', 'artifacts', 'team-a', 'bucket')))),
      [
        'change Inline policy kf-pipeline-s3, prefix access to artifacts',
        'change ConfigMap team-a/kfp-launcher, where artifacts go',
        'change ConfigMap team-a/artifact-repositories, where logs and artifacts of version 1 go',
        '! What is stored in s3://artifacts/ outside x/ stays there and is not moved. The role will no longer reach it, so artifacts of earlier runs cannot be opened. Copy what is still needed to s3://artifacts/x/.',
        '! Pipelines write to s3://artifacts/team-a/v2/artifacts/ (us-west-2) today, and to s3://artifacts/x/v2/artifacts from then on. What they wrote stays where it is.',
        'ConfigMap team-a/kfp-launcher, where artifacts go becomes metadata: name: kfp-launcher namespace: team-a data: clusterDomain: "cluster.local" defaultPipelineRoot: "s3://artifacts/x/v2/artifacts" ',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
      ],
    ],
    [
      'the whole of another bucket',
      { access: 'bucket', bucket: 'other' },
      nothing,
      [
        'keep S3 bucket other: in us-west-2',
        'change Inline policy kf-pipeline-s3, bucket access to other',
        'change ConfigMap team-a/kfp-launcher, where artifacts go',
        'change ConfigMap team-a/artifact-repositories, where logs and artifacts of version 1 go',
        'verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused',
        '! What is stored at s3://artifacts/team-a/ stays there and is not moved. The role will no longer reach it, so artifacts of earlier runs cannot be opened. To have it in the new place as well: aws s3 sync s3://artifacts/team-a/ s3://other/team-a/.',
        '! Pipelines write to s3://artifacts/team-a/v2/artifacts/ (us-west-2) today, and to s3://other/team-a/v2/artifacts from then on. What they wrote stays where it is.',
        'ConfigMap team-a/kfp-launcher, where artifacts go becomes metadata: name: kfp-launcher namespace: team-a data: clusterDomain: "cluster.local" defaultPipelineRoot: "s3://other/team-a/v2/artifacts" ',
        '- keep S3 bucket artifacts: in us-west-2',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach',
      ],
    ],
    [
      'reading alone',
      { access: 'read-only' },
      nothing,
      [
        'change Inline policy kf-pipeline-s3, read-only access to artifacts',
        'verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused',
        '! With read-only access, pipelines cannot store artifacts in this bucket.',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach',
      ],
    ],
    [
      'where pipelines put artifacts',
      { setArtifacts: true },
      (here) => launcher(here, 's3://other/x'),
      [
        'change ConfigMap team-a/kfp-launcher, where artifacts go',
        'keep ConfigMap team-a/artifact-repositories, where logs and artifacts of version 1 go',
        '! Pipelines write to s3://other/x/ (us-west-2) today, and to s3://artifacts/team-a/v2/artifacts from then on. What they wrote stays where it is.',
        'ConfigMap team-a/kfp-launcher, where artifacts go becomes metadata: name: kfp-launcher namespace: team-a data: defaultPipelineRoot: "s3://artifacts/team-a/v2/artifacts" ',
      ],
    ],
    [
      'another role',
      { roleName: 'team-a-irsa' },
      (here) =>
        role(here, {
          description: 'x',
          maxSession: 7200,
          boundary: 'arn:aws:iam::aws:policy/Limit',
          attached: ['arn:aws:iam::aws:policy/A', 'arn:aws:iam::aws:policy/B'],
          tags: {
            team: 'a',
            'aws:x': '1',
            'kubeflow-irsa/made-by': 'kubeflow-irsa',
            'kubeflow-irsa/profile': 'team-a',
            'kubeflow-irsa/cluster': cluster.arn,
          },
        }),
      [
        'create IAM role team-a-irsa, only for system:serviceaccount:team-a:default-editor',
        'create Inline policy kf-pipeline-s3, prefix access to artifacts',
        'verify Proof first: default-editor of team-a uses the bucket with role team-a-irsa',
        'change Profile team-a, owner team-a@example.com',
        'wait Service account team-a/default-editor, annotated by the profile controller',
        '! The profile gets role team-a-irsa in place of team-a-dev-role. Pods that run keep team-a-dev-role until they are started again, so it stays. When none uses it any more, delete it: aws iam delete-role-policy --role-name team-a-dev-role --policy-name kf-pipeline-s3 && aws iam detach-role-policy --role-name team-a-dev-role --policy-arn arn:aws:iam::aws:policy/A && aws iam detach-role-policy --role-name team-a-dev-role --policy-arn arn:aws:iam::aws:policy/B && aws iam delete-role --role-name team-a-dev-role.',
        '! What is attached to team-a-dev-role is not attached to the new role: arn:aws:iam::aws:policy/A, arn:aws:iam::aws:policy/B.',
        '! The role has a permissions boundary, which may forbid what its policy allows: arn:aws:iam::aws:policy/Limit.',
        '! A longer session must be asked for: SDKs in pods ask for one hour, and get a new session by themselves when it ends.',
        'Profile team-a, owner team-a@example.com becomes apiVersion: kubeflow.org/v1 kind: Profile metadata: name: team-a spec: owner: kind: User name: team-a@example.com plugins: - kind: AwsIamForServiceAccount spec: annotateOnly: true awsIamRole: arn:aws:iam::111122223333:role/team-a-irsa ',
        '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
      ],
    ],
    ['the role that it has', { roleName: NAME }, nothing, []],
    [
      'another path',
      { rolePath: '/teams/' },
      nothing,
      [
        'create IAM role team-a-dev-own-role, only for system:serviceaccount:team-a:default-editor',
        'create Inline policy kf-pipeline-s3, prefix access to artifacts',
        'verify Proof first: default-editor of team-a uses the bucket with role team-a-dev-own-role',
        'change Profile team-a, owner team-a@example.com',
        'wait Service account team-a/default-editor, annotated by the profile controller',
        '! The path of a role cannot be changed, nor can two roles of an account have one name: the profile gets role team-a-dev-own-role. Pods that run keep team-a-dev-role until they are started again, so it stays. When none uses it any more, delete it: aws iam delete-role-policy --role-name team-a-dev-role --policy-name kf-pipeline-s3 && aws iam delete-role --role-name team-a-dev-role.',
        "! The profile's role team-a-dev-role is at path /, which cannot be changed. It stays as it is, and the profile gets a role of its own.",
        'Profile team-a, owner team-a@example.com becomes apiVersion: kubeflow.org/v1 kind: Profile metadata: name: team-a spec: owner: kind: User name: team-a@example.com plugins: - kind: AwsIamForServiceAccount spec: annotateOnly: true awsIamRole: arn:aws:iam::111122223333:role/teams/team-a-dev-own-role ',
        '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
      ],
    ],
    ['the path that it has', { rolePath: '/' }, nothing, []],
    [
      'another role at another path',
      { roleName: 'team-a-irsa', rolePath: '/teams/' },
      nothing,
      [
        'create IAM role team-a-irsa, only for system:serviceaccount:team-a:default-editor',
        'create Inline policy kf-pipeline-s3, prefix access to artifacts',
        'verify Proof first: default-editor of team-a uses the bucket with role team-a-irsa',
        'change Profile team-a, owner team-a@example.com',
        'wait Service account team-a/default-editor, annotated by the profile controller',
        '! The path of a role cannot be changed, nor can two roles of an account have one name: the profile gets role team-a-irsa. Pods that run keep team-a-dev-role until they are started again, so it stays. When none uses it any more, delete it: aws iam delete-role-policy --role-name team-a-dev-role --policy-name kf-pipeline-s3 && aws iam delete-role --role-name team-a-dev-role.',
        'Profile team-a, owner team-a@example.com becomes apiVersion: kubeflow.org/v1 kind: Profile metadata: name: team-a spec: owner: kind: User name: team-a@example.com plugins: - kind: AwsIamForServiceAccount spec: annotateOnly: true awsIamRole: arn:aws:iam::111122223333:role/teams/team-a-irsa ',
        '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
      ],
    ],
    [
      'a tag, a session, a description of a role with tags of others',
      { tags: { team: 'b' }, maxSession: 7200 },
      (here) => role(here, { tags: { ...(here.roles.get(NAME) as Role).tags, other: 'x' } }),
      [
        'change Session length and description of role team-a-dev-role, sessions of at most 7200 seconds',
        'create Tag team of role team-a-dev-role, "b"',
        '! A longer session must be asked for: SDKs in pods ask for one hour, and get a new session by themselves when it ends.',
        'Session length and description of role team-a-dev-role, sessions of at most 7200 seconds becomes { "MaxSessionDuration": 7200, "Description": "S3 access of Kubeflow profile team-a on EKS cluster dev" }',
        'Tag team of role team-a-dev-role, "b" becomes { "Value": "b" }',
      ],
    ],
    [
      'an owner',
      { owner: 'b@example.com' },
      nothing,
      [
        'change Namespace team-a, owner b@example.com',
        'change Profile team-a, owner b@example.com',
        'change RoleBinding team-a/namespaceAdmin, for b@example.com',
        'change AuthorizationPolicy team-a/ns-owner-access-istio, lets in b@example.com',
        '! team-a@example.com gets no further into the profile. Add team-a@example.com as a contributor to keep that.',
        '! What runs in the profile goes on. Its role and bucket stay.',
        'Namespace team-a, owner b@example.com becomes metadata: name: team-a annotations: owner: "b@example.com" ',
        'Profile team-a, owner b@example.com becomes apiVersion: kubeflow.org/v1 kind: Profile metadata: name: team-a spec: owner: kind: User name: b@example.com plugins: - kind: AwsIamForServiceAccount spec: annotateOnly: true awsIamRole: arn:aws:iam::111122223333:role/team-a-dev-role ',
        'RoleBinding team-a/namespaceAdmin, for b@example.com becomes metadata: name: namespaceAdmin namespace: team-a annotations: user: b@example.com role: admin roleRef: kind: ClusterRole name: kubeflow-admin subjects: - kind: User name: b@example.com ',
        '- keep Profile team-a, owner team-a@example.com',
      ],
    ],
    ['the owner that it has', { owner: 'team-a@example.com' }, nothing, []],
    [
      'owner, role and prefix',
      { owner: 'b@example.com', roleName: 'team-a-irsa', prefix: 'b/team-a/' },
      nothing,
      [
        'create IAM role team-a-irsa, only for system:serviceaccount:team-a:default-editor',
        'create Inline policy kf-pipeline-s3, prefix access to artifacts',
        'verify Proof first: default-editor of team-a uses the bucket with role team-a-irsa',
        'change Namespace team-a, owner b@example.com',
        'change Profile team-a, owner b@example.com',
        'change RoleBinding team-a/namespaceAdmin, for b@example.com',
        'change AuthorizationPolicy team-a/ns-owner-access-istio, lets in b@example.com',
        'wait Service account team-a/default-editor, annotated by the profile controller',
        'change ConfigMap team-a/kfp-launcher, where artifacts go',
        'change ConfigMap team-a/artifact-repositories, where logs and artifacts of version 1 go',
        '! The profile gets role team-a-irsa in place of team-a-dev-role. Pods that run keep team-a-dev-role until they are started again, so it stays. When none uses it any more, delete it: aws iam delete-role-policy --role-name team-a-dev-role --policy-name kf-pipeline-s3 && aws iam delete-role --role-name team-a-dev-role.',
        '! What is stored at s3://artifacts/team-a/ stays there and is not moved. The role will no longer reach it, so artifacts of earlier runs cannot be opened. To have it in the new place as well: aws s3 sync s3://artifacts/team-a/ s3://artifacts/b/team-a/.',
        '! team-a@example.com gets no further into the profile. Add team-a@example.com as a contributor to keep that.',
        '! What runs in the profile goes on. Its role and bucket stay.',
        '! Pipelines write to s3://artifacts/team-a/v2/artifacts/ (us-west-2) today, and to s3://artifacts/b/team-a/v2/artifacts from then on. What they wrote stays where it is.',
        'Namespace team-a, owner b@example.com becomes metadata: name: team-a annotations: owner: "b@example.com" ',
        'Profile team-a, owner b@example.com becomes apiVersion: kubeflow.org/v1 kind: Profile metadata: name: team-a spec: owner: kind: User name: b@example.com plugins: - kind: AwsIamForServiceAccount spec: annotateOnly: true awsIamRole: arn:aws:iam::111122223333:role/team-a-irsa ',
        'RoleBinding team-a/namespaceAdmin, for b@example.com becomes metadata: name: namespaceAdmin namespace: team-a annotations: user: b@example.com role: admin roleRef: kind: ClusterRole name: kubeflow-admin subjects: - kind: User name: b@example.com ',
        'ConfigMap team-a/kfp-launcher, where artifacts go becomes metadata: name: kfp-launcher namespace: team-a data: clusterDomain: "cluster.local" defaultPipelineRoot: "s3://artifacts/b/team-a/v2/artifacts" ',
        '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
      ],
    ],
    [
      'no owner is known',
      {},
      (here) => void here.profiles.set('team-a', { ...(here.profiles.get('team-a') as Profile), spec: {} }),
      [
        'blocked (profile) Profile team-a: Profile team-a has no owner. Name one.',
        '- keep You are signed in to the account of the cluster: arn:aws:iam::111122223333:user/admin',
        '- keep EKS cluster dev answers and has Kubeflow: Kubernetes 1.36, kubeconfig context dev',
        '- keep S3 bucket artifacts: in us-west-2',
        '- keep OIDC provider of the cluster, audience sts.amazonaws.com: arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
        '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
        '- verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach',
      ],
    ],
    [
      'no bucket is known',
      {},
      (here) => {
        role(here, { inline: [] });
        here.configMaps.clear();
      },
      [
        'blocked (bucket) S3 bucket: Which bucket the profile uses cannot be read from the policies of its role, nor from where its pipelines write. Name the bucket.',
        '- keep You are signed in to the account of the cluster: arn:aws:iam::111122223333:user/admin',
        '- keep EKS cluster dev answers and has Kubeflow: Kubernetes 1.36, kubeconfig context dev',
        '- keep S3 bucket artifacts: in us-west-2',
        '- keep OIDC provider of the cluster, audience sts.amazonaws.com: arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
        '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
        '- verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach',
      ],
    ],
    [
      'the bucket is known by the launcher',
      {},
      (here) => {
        role(here, { inline: [] });
        launcher(here, 's3://artifacts/team-a/v2');
      },
      [
        'create Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
      ],
    ],
    [
      'a prefix of its own',
      {},
      (here) => role(here, policies(policyFor('shared'))),
      [
        '! Where artifacts go is left alone: pipelines write to s3://artifacts/team-a/v2/artifacts/ (us-west-2), not to s3://artifacts/shared/v2/artifacts.',
      ],
    ],
    [
      'two policies: ours counts',
      { prefix: 'x/' },
      (here) =>
        role(here, {
          inline: [
            { name: 'a', text: policyFor('first') },
            { name: 'kf-pipeline-s3', text: policyFor('team-a') },
          ],
        }),
      [
        'change Inline policy kf-pipeline-s3, prefix access to artifacts',
        'change ConfigMap team-a/kfp-launcher, where artifacts go',
        'change ConfigMap team-a/artifact-repositories, where logs and artifacts of version 1 go',
        '! What is stored at s3://artifacts/team-a/ stays there and is not moved. The role will no longer reach it, so artifacts of earlier runs cannot be opened. To have it in the new place as well: aws s3 sync s3://artifacts/team-a/ s3://artifacts/x/.',
        '! The role keeps further inline policies, which may allow more: a.',
        '! Pipelines write to s3://artifacts/team-a/v2/artifacts/ (us-west-2) today, and to s3://artifacts/x/v2/artifacts from then on. What they wrote stays where it is.',
        'ConfigMap team-a/kfp-launcher, where artifacts go becomes metadata: name: kfp-launcher namespace: team-a data: clusterDomain: "cluster.local" defaultPipelineRoot: "s3://artifacts/x/v2/artifacts" ',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
      ],
    ],
    [
      'a role that may not be read',
      {},
      (here) => void (here.aws.role = () => Promise.resolve(denied('iam:GetRole', ''))),
      [
        'blocked (role) IAM role team-a-dev-role: The role of the profile cannot be read: you are not permitted to iam:GetRole. Ask for this permission, then try again.',
        '- keep You are signed in to the account of the cluster: arn:aws:iam::111122223333:user/admin',
        '- keep EKS cluster dev answers and has Kubeflow: Kubernetes 1.36, kubeconfig context dev',
        '- keep S3 bucket artifacts: in us-west-2',
        '- keep OIDC provider of the cluster, audience sts.amazonaws.com: arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
        '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
        '- verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach',
      ],
    ],
    [
      'a role that cannot be read',
      {},
      (here) => void (here.aws.role = cannot),
      [
        'blocked (role) IAM role team-a-dev-role: The role of the profile cannot be read: the connection was broken off',
        '- keep You are signed in to the account of the cluster: arn:aws:iam::111122223333:user/admin',
        '- keep EKS cluster dev answers and has Kubeflow: Kubernetes 1.36, kubeconfig context dev',
        '- keep S3 bucket artifacts: in us-west-2',
        '- keep OIDC provider of the cluster, audience sts.amazonaws.com: arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
        '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
        '- verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach',
      ],
    ],
    [
      'a role that is gone',
      { bucket: 'artifacts' },
      (here) => here.roles.clear(),
      [
        'create IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor',
        'create Inline policy kf-pipeline-s3, prefix access to artifacts',
        'keep ConfigMap team-a/kfp-launcher, where artifacts go: to s3://artifacts/team-a/v2/artifacts/ (us-west-2)',
        'keep ConfigMap team-a/artifact-repositories, where logs and artifacts of version 1 go',
        '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
      ],
    ],
    [
      'a Profile that is not there',
      { profile: 'team-z' },
      nothing,
      [
        'profile team-z on dev (us-west-2), edited',
        'blocked (profile) Profile team-z: There is no Profile team-z on dev: create it first.',
        '- profile team-a on dev (us-west-2), edited',
        '- keep You are signed in to the account of the cluster: arn:aws:iam::111122223333:user/admin',
        '- keep EKS cluster dev answers and has Kubeflow: Kubernetes 1.36, kubeconfig context dev',
        '- keep S3 bucket artifacts: in us-west-2',
        '- keep OIDC provider of the cluster, audience sts.amazonaws.com: arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
        '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
        '- verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach',
      ],
    ],
    [
      'a Profile that cannot be read',
      {},
      (here) => void (here.kubernetes.profile = cannot),
      [
        'blocked (profile) Profile team-a: Profile team-a cannot be read: the connection was broken off',
        '- keep You are signed in to the account of the cluster: arn:aws:iam::111122223333:user/admin',
        '- keep EKS cluster dev answers and has Kubeflow: Kubernetes 1.36, kubeconfig context dev',
        '- keep S3 bucket artifacts: in us-west-2',
        '- keep OIDC provider of the cluster, audience sts.amazonaws.com: arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
        '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
        '- verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach',
      ],
    ],
    [
      'a role of another account',
      {},
      (here) => {
        here.profiles.set('team-a', newProfile('team-a', 'a@example.com', THEIRS, true));
        annotation(here, THEIRS);
      },
      [
        'blocked (profile) Profile team-a: The role of profile team-a is none of account 111122223333: arn:aws:iam::444455556666:role/team-a-dev-role. Change it where it is, or repair the profile, which gives it a role of this account.',
        '- keep You are signed in to the account of the cluster: arn:aws:iam::111122223333:user/admin',
        '- keep EKS cluster dev answers and has Kubeflow: Kubernetes 1.36, kubeconfig context dev',
        '- keep S3 bucket artifacts: in us-west-2',
        '- keep OIDC provider of the cluster, audience sts.amazonaws.com: arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
        '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
        '- verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach',
      ],
    ],
    [
      'an annotation of another account',
      {},
      (here) => annotation(here, THEIRS),
      [
        'verify Proof first: default-editor of team-a uses the bucket with role team-a-dev-role',
        'change Profile team-a, owner team-a@example.com',
        'wait Service account team-a/default-editor, annotated by the profile controller',
        '! The Profile names arn:aws:iam::111122223333:role/team-a-dev-role, and the annotation of service account team-a/default-editor, which is what pods get, names arn:aws:iam::444455556666:role/team-a-dev-role. Role team-a-dev-role is edited, and the profile controller writes it into the annotation when the Profile changes; team-a-dev-role stays as it is.',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
      ],
    ],
    [
      'an annotation that is no ARN',
      {},
      (here) => annotation(here, 'nothing'),
      [
        'change Profile team-a, owner team-a@example.com',
        'wait Service account team-a/default-editor, annotated by the profile controller',
        '! The Profile names arn:aws:iam::111122223333:role/team-a-dev-role, and the annotation of service account team-a/default-editor, which is what pods get, names nothing. Role team-a-dev-role is edited, and the profile controller writes it into the annotation when the Profile changes; what the annotation names stays as it is.',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
      ],
    ],
    [
      'a role that the annotation alone names',
      {},
      (here) => {
        here.profiles.set('team-a', {
          ...newProfile('team-a', 'team-a@example.com', '', true),
          spec: { owner: { kind: 'User', name: 'team-a@example.com' } },
        });
      },
      [
        'change Profile team-a, owner team-a@example.com',
        'Profile team-a, owner team-a@example.com becomes apiVersion: kubeflow.org/v1 kind: Profile metadata: name: team-a spec: owner: kind: User name: team-a@example.com plugins: - kind: AwsIamForServiceAccount spec: annotateOnly: true awsIamRole: arn:aws:iam::111122223333:role/team-a-dev-role ',
        '- keep Profile team-a, owner team-a@example.com',
      ],
    ],
    [
      'no annotation',
      {},
      (here) => annotation(here),
      [
        'change Profile team-a, owner team-a@example.com',
        'wait Service account team-a/default-editor, annotated by the profile controller',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
      ],
    ],
    [
      'a cluster that is not there',
      {},
      (here) => void (here.aws.cluster = () => Promise.resolve(absent)),
      [
        'blocked (profile) Profile team-a: EKS cluster dev in us-west-2 does not exist.',
        '- keep You are signed in to the account of the cluster: arn:aws:iam::111122223333:user/admin',
        '- keep EKS cluster dev answers and has Kubeflow: Kubernetes 1.36, kubeconfig context dev',
        '- keep S3 bucket artifacts: in us-west-2',
        '- keep OIDC provider of the cluster, audience sts.amazonaws.com: arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
        '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
        '- verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach',
      ],
    ],
    [
      'a cluster that is not ready',
      {},
      (here) =>
        void (here.aws.cluster = () =>
          Promise.resolve(
            found(
              JSON.parse(JSON.stringify({ ...cluster, endpoint: undefined, status: 'CREATING' })) as typeof cluster,
            ),
          )),
      [
        'blocked (profile) Profile team-a: The cluster is CREATING: wait until it is ACTIVE.',
        '- keep You are signed in to the account of the cluster: arn:aws:iam::111122223333:user/admin',
        '- keep EKS cluster dev answers and has Kubeflow: Kubernetes 1.36, kubeconfig context dev',
        '- keep S3 bucket artifacts: in us-west-2',
        '- keep OIDC provider of the cluster, audience sts.amazonaws.com: arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
        '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
        '- verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach',
      ],
    ],
    [
      'a cluster without an issuer',
      {},
      (here) =>
        void (here.aws.cluster = () =>
          Promise.resolve(
            found(JSON.parse(JSON.stringify({ ...cluster, issuer: undefined, status: 'UPDATING' })) as typeof cluster),
          )),
      [
        'blocked (profile) Profile team-a: The cluster is UPDATING: wait until it is ACTIVE.',
        '- keep You are signed in to the account of the cluster: arn:aws:iam::111122223333:user/admin',
        '- keep EKS cluster dev answers and has Kubeflow: Kubernetes 1.36, kubeconfig context dev',
        '- keep S3 bucket artifacts: in us-west-2',
        '- keep OIDC provider of the cluster, audience sts.amazonaws.com: arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
        '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
        '- verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach',
      ],
    ],
    [
      'another role, and one of that name is there',
      { roleName: 'theirs' },
      (here) =>
        void here.roles.set('theirs', {
          arn: arnOf('theirs'),
          name: 'theirs',
          trustPolicy: trustFor('other'),
          tags: {},
          inline: [],
          attached: [],
        }),
      [
        'blocked (role) IAM role theirs, only for system:serviceaccount:team-a:default-editor: Role theirs exists already and is used by something else (it lets in other/default-editor). Choose another role name.',
        'blocked (role-policy) Inline policy kf-pipeline-s3, prefix access to artifacts: Waits for the role, which is blocked.',
        'verify Proof first: default-editor of team-a uses the bucket with role theirs',
        'change Profile team-a, owner team-a@example.com',
        'wait Service account team-a/default-editor, annotated by the profile controller',
        'Profile team-a, owner team-a@example.com becomes apiVersion: kubeflow.org/v1 kind: Profile metadata: name: team-a spec: owner: kind: User name: team-a@example.com plugins: - kind: AwsIamForServiceAccount spec: annotateOnly: true awsIamRole: arn:aws:iam::111122223333:role/theirs ',
        '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
        '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
        '- keep Profile team-a, owner team-a@example.com',
        '- keep Service account team-a/default-editor, annotated by the profile controller',
      ],
    ],
  ];
for (const [title, what, change, lines] of CASES)
  test(title, async () => assert.deepEqual(besides(await says(what, change), RULE), lines));

const BEFORE = { prefix: 'teams/team-a/', keepReading: true } as const;
test('a place before that may be read', async () => {
  const now = async (what: Partial<Edit>): Promise<readonly string[]> =>
    besides(await says(what, nothing, BEFORE), RULE);
  assert.deepEqual(await now({}), []);
  assert.deepEqual(await now({ roleName: 'team-a-irsa' }), [
    'create IAM role team-a-irsa, only for system:serviceaccount:team-a:default-editor',
    'create Inline policy kf-pipeline-s3, prefix access to artifacts',
    'verify Proof first: default-editor of team-a uses the bucket with role team-a-irsa',
    'change Profile team-a, owner team-a@example.com',
    'wait Service account team-a/default-editor, annotated by the profile controller',
    '! The profile gets role team-a-irsa in place of team-a-dev-role. Pods that run keep team-a-dev-role until they are started again, so it stays. When none uses it any more, delete it: aws iam delete-role-policy --role-name team-a-dev-role --policy-name kf-pipeline-s3 && aws iam delete-role --role-name team-a-dev-role.',
    'Profile team-a, owner team-a@example.com becomes apiVersion: kubeflow.org/v1 kind: Profile metadata: name: team-a spec: owner: kind: User name: team-a@example.com plugins: - kind: AwsIamForServiceAccount spec: annotateOnly: true awsIamRole: arn:aws:iam::111122223333:role/team-a-irsa ',
    '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
    '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
    '- keep Profile team-a, owner team-a@example.com',
    '- keep Service account team-a/default-editor, annotated by the profile controller',
  ]);
  assert.deepEqual(await now({ bucket: 'other', keepReading: true }), [
    'keep S3 bucket other: in us-west-2',
    'change Inline policy kf-pipeline-s3, prefix access to other',
    'change ConfigMap team-a/kfp-launcher, where artifacts go',
    'change ConfigMap team-a/artifact-repositories, where logs and artifacts of version 1 go',
    '! What is stored at s3://artifacts/teams/team-a/ stays there and is not moved. The role may still read it, and write it no longer. To have it in the new place as well: aws s3 sync s3://artifacts/teams/team-a/ s3://other/teams/team-a/.',
    '! Pipelines write to s3://artifacts/teams/team-a/v2/artifacts/ (us-west-2) today, and to s3://other/teams/team-a/v2/artifacts from then on. What they wrote stays where it is.',
    'ConfigMap team-a/kfp-launcher, where artifacts go becomes metadata: name: kfp-launcher namespace: team-a data: clusterDomain: "cluster.local" defaultPipelineRoot: "s3://other/teams/team-a/v2/artifacts" ',
    '- keep S3 bucket artifacts: in us-west-2',
    '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
  ]);
});

test('all that is wrong with what was chosen is told at once', async () => {
  const wrong = {
    owner: '',
    prefix: '/x',
    rolePath: '/a b/',
    roleName: 'a b',
    maxSession: 1,
    tags: { 'aws:x': '1', 'kubeflow-irsa/profile': 'x' },
  };
  assert.deepEqual(besides(await says(wrong, nothing), RULE), [
    'blocked (bucket) Prefix /x: A prefix does not begin with a slash: S3 would take it as part of every key.',
    'blocked (role) Path /a b/: Write a path of letters, digits and _ + = , . @ -, such as /teams/a/.',
    'blocked (role) Role a b: An IAM role name consists of letters, digits and _ + = , . @ - only.',
    'blocked (role) Session length: The longest session of a role is 3600 to 43200 seconds (1 to 12 hours).',
    "blocked (role) Tag aws:x: Keys that begin with aws: are AWS's own.",
    'blocked (role) Tag kubeflow-irsa/profile: Keys that begin with kubeflow-irsa/ say whose a role is: they are set here.',
    'blocked (profile) Owner : A profile needs an owner: the user name that your identity provider sends, often an e-mail address.',
    '- keep You are signed in to the account of the cluster: arn:aws:iam::111122223333:user/admin',
    '- keep EKS cluster dev answers and has Kubeflow: Kubernetes 1.36, kubeconfig context dev',
    '- keep S3 bucket artifacts: in us-west-2',
    '- keep OIDC provider of the cluster, audience sts.amazonaws.com: arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF',
    '- keep IAM role team-a-dev-role, only for system:serviceaccount:team-a:default-editor: arn:aws:iam::111122223333:role/team-a-dev-role',
    '- keep Inline policy kf-pipeline-s3, prefix access to artifacts',
    '- keep Profile team-a, owner team-a@example.com',
    '- keep Service account team-a/default-editor, annotated by the profile controller',
    '- verify Proof: default-editor of team-a uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach',
  ]);
});

/** What is told of an edit, what is known of the profile as it is, and what the role gets. */
async function whole(what: Partial<Edit>, change: (here: World) => void): Promise<readonly string[]> {
  const here = await made();
  change(here);
  const edit = { cluster: 'dev', region: 'us-west-2', profile: 'team-a', ...what };
  const { live, facts, people } = await lookAtEdit(edit, here.aws, here.connect);
  const plan = planEdit(edit, live, facts, people);
  const { role: its, ...known } = live;
  const titles = rows(plan).map(({ title }) => title);
  return [
    ...Object.entries({ ...known, role: its?.state }).map(([name, value]) => `live ${name} ${JSON.stringify(value)}`),
    ...told(plan),
    // A thing that two plans want is told once.
    ...titles.filter((title, at) => titles.indexOf(title) !== at).map((title) => `twice: ${title}`),
    ...plan.changes.flatMap(({ ref, after, proven }) => [
      ...(ref.kind === 'iam/role-policy'
        ? [`policy ${JSON.stringify(JSON.parse((after as { text: string }).text))}`]
        : []),
      ...(proven === undefined ? [] : [`proven first at ${ref.kind} ${ref.key}`]),
    ]),
  ];
}
const KEY = `arn:aws:kms:us-west-2:${ACCOUNT}:key/0`;
const inPolicy = (key?: string, former?: { bucket: string; prefix: string }): string =>
  policyText(permissionsPolicy('aws', 'artifacts', 'team-a', 'prefix', key, undefined, former));
const plugin = (here: World, arn: string): void =>
  void here.profiles.set('team-a', {
    ...(here.profiles.get('team-a') as Profile),
    spec: newProfile('team-a', 'team-a@example.com', arn, true).spec as NonNullable<Profile['spec']>,
  });
const elsewhere = (here: World): void =>
  void here.configMaps.set('team-a/kfp-launcher', {
    ...{ namespace: 'team-a', name: 'kfp-launcher' },
    data: {
      defaultPipelineRoot: 's3://other/x',
      providers: 's3: {default: {region: eu-west-1, credentials: {fromEnv: true}}}',
    },
  });
const FORMER = { bucket: 'before', prefix: 'b/' };
const WHOLE: readonly (readonly [title: string, what: Partial<Edit>, change: (here: World) => void])[] = [
  ['a key', { bucket: 'other', keepReading: true }, (here) => role(here, policies(inPolicy(KEY)))],
  ['a key, within the bucket', { prefix: 'x/', keepReading: true }, (here) => role(here, policies(inPolicy(KEY)))],
  ['a key, and nothing is read on', { bucket: 'other' }, (here) => role(here, policies(inPolicy(KEY)))],
  [
    'a key in another policy',
    { bucket: 'other', keepReading: true },
    (here) => role(here, policies(inPolicy(), inPolicy(KEY))),
  ],
  [
    'a place before, and another role',
    { roleName: 'mine' },
    (here) => role(here, policies(inPolicy(undefined, FORMER))),
  ],
  [
    'a place before in another policy',
    { roleName: 'mine' },
    (here) => role(here, policies(inPolicy(), inPolicy(undefined, FORMER))),
  ],
  ['pipelines elsewhere by a release', { setArtifacts: true }, elsewhere],
  [
    'pipelines elsewhere by an old release',
    { setArtifacts: true },
    (here) => {
      here.pipelines = '2.0.5';
      elsewhere(here);
    },
  ],
  [
    'pipelines elsewhere by no release',
    { setArtifacts: true },
    (here) => {
      Reflect.deleteProperty(here, 'pipelines');
      elsewhere(here);
    },
  ],
  ['a plugin that names no role', {}, (here) => plugin(here, 'x')],
  [
    'an annotation that names a user',
    {},
    (here) => {
      plugin(here, '');
      annotation(here, `arn:aws:iam::${ACCOUNT}:user/x`);
    },
  ],
  ['another owner, another role', { owner: 'b@example.com', roleName: 'mine' }, nothing],
  ['another owner, who is made', { owner: 'b@example.com', newUser: { in: 'dex' } }, nothing],
  ['the owner that it has, named', { owner: 'team-a@example.com' }, nothing],
];
test('edits of profiles that are not as we made them, whole', async () => {
  const rule = await whole({}, nothing);
  const lines = [...rule];
  for (const [title, what, change] of WHOLE) lines.push(`## ${title}`, ...besides(await whole(what, change), rule));
  asKept('plans/edits-whole', lines);
});
