// All that "Find Leftovers" tells of what is left over, and the plan that removes it: each case whole.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf } from '../../src/core/kinds.ts';
import type { PodIdentity, Role } from '../../src/core/observation.ts';
import { planLeftovers } from '../../src/core/plan/leftovers.ts';
import { changeTitle } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { permissionsPolicy, policyText } from '../../src/core/policy/build.ts';
import { ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed } from '../../src/core/reading.ts';
import { lookForLeftovers } from '../../src/provisioning/leftovers.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { carryOut } from '../../src/provisioning/run.ts';
import { besides, told } from './told.ts';
import {
  ACCOUNT,
  arnOf,
  cluster,
  policyFor,
  PROVIDER,
  requestFor,
  trustFor,
  worldWithProvider,
  type World,
} from './world.ts';

/** A world with a profile of ours that stays, team-y. */
async function made(): Promise<World> {
  const here = worldWithProvider();
  const request = requestFor('team-y');
  const { facts } = await lookAt(request, here.aws, here.connect);
  const result = await carryOut(planProfile(request, facts), here.outside());
  assert.equal(result.ok, true, JSON.stringify(result.rows));
  return here;
}

/** Each thing that is left over: what is said of it, and what its changes do; then what could not be read. */
async function says(change: (here: World) => void): Promise<readonly string[]> {
  const here = await made();
  change(here);
  const { items, unread } = await lookForLeftovers(cluster, here.aws, here.kubernetes);
  return [
    ...items.flatMap(({ id, sort, title, since, evidence, changes, byHand }) => [
      `${id} (${sort}${since === undefined ? '' : `, ${since}`}): ${title}. ${evidence}`,
      ...changes.map((one) => `  ${actionOf(one)} ${changeTitle(one)}`),
      ...(byHand === undefined ? [] : [`  by hand: ${byHand}`]),
    ]),
    ...unread,
  ];
}

const put = (here: World, name: string, role: Partial<Role> = {}): void =>
  void here.roles.set(name, {
    ...{ arn: arnOf(name), name, trustPolicy: trustFor('gone'), tags: {}, attached: [] },
    inline: [{ name: 'kf-pipeline-s3', text: policyFor('gone') }],
    ...role,
  });
const ours = (profile: string, where: string = cluster.arn) => ({
  'kubeflow-irsa/made-by': 'kubeflow-irsa',
  'kubeflow-irsa/profile': profile,
  'kubeflow-irsa/cluster': where,
});
const [HERE, BEFORE] = ['0123456789ABCDEF0123456789ABCDEF', 'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF'];
const OLD = PROVIDER.replace(HERE, BEFORE);
const oldTrust = (profile: string): string => trustFor(profile).replaceAll(HERE, BEFORE);
const ofOther = (name: string, region = 'us-west-2'): string => `arn:aws:eks:${region}:${ACCOUNT}:cluster/${name}`;
const trust = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });
const statementsOf = (text: string): readonly object[] =>
  (JSON.parse(text) as { Statement: readonly object[] }).Statement;
const EC2 = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
const DENY = {
  Effect: 'Deny',
  Principal: '*',
  Action: '*',
  Condition: { StringEquals: { 'aws:RequestedRegion': 'x' } },
};
/** Lets in accounts of the cluster by a pattern, and `others` by name. */
const like = (pattern: string): string =>
  trustFor('gone').replace('StringEquals', 'StringLike').replace('gone:', `${pattern}:`);
const provider = (here: World, arn: string, tags?: Record<string, string>): void =>
  void here.providers.set(arn, { arn, clientIds: [], ...(tags === undefined ? {} : { tags }) });
const account = (here: World, key: string, arn: string, more: Record<string, string> = {}): void => {
  const [namespace = '', name = ''] = key.split('/');
  here.accounts.set(key, { namespace, name, annotations: { ...more, [ROLE_ANNOTATION]: arn } });
};
const grants = (
  here: World,
  name: string,
  roles: readonly string[],
  holder = 'kubeflow/profiles-controller-service-account',
): void => {
  account(here, holder, arnOf(name));
  const statement = { Sid: 'EditTrustOfProfileRoles', Effect: 'Allow', Action: ['iam:GetRole'], Resource: roles };
  put(here, name, {
    trustPolicy: trustFor('team-y'),
    inline: [
      { name: 'other', text: policyFor('team-y') },
      { name: 'kubeflow-irsa-trust', text: trust(statement) },
    ],
  });
};
const associate = (here: World, namespace: string, other: Partial<PodIdentity> = {}): void =>
  void here.associations.set(`a-${namespace}`, {
    ...{ namespace, serviceAccount: 'default-editor', roleArn: arnOf('eks-role'), tags: {} },
    ...other,
  });
const access = (level: 'bucket' | 'read-only', profile = 'gone'): Partial<Role> => ({
  inline: [{ name: 'kf-pipeline-s3', text: policyText(permissionsPolicy('aws', 'artifacts', profile, level)) }],
});
const settings = (here: World, namespace: string, data: Record<string, string> = {}): void =>
  void here.configMaps.set(`${namespace}/kfp-launcher`, {
    ...{ namespace, name: 'kfp-launcher', data },
    annotations: { 'kubeflow-irsa/made-by': 'kubeflow-irsa' },
  });
const cannot = () => Promise.resolve(failed('the connection was broken off'));
const mayNot = (permission: string) => () => Promise.resolve(denied(permission, ''));
/** One of each sort. */
const all = (here: World): void => {
  put(here, 'team-x-dev-role', {
    tags: ours('team-x'),
    trustPolicy: trustFor('team-x'),
    inline: [{ name: 'kf-pipeline-s3', text: policyFor('team-x') }],
  });
  put(here, 'shared', { trustPolicy: trustFor('team-y', 'gone') });
  account(here, 'apps/runner', arnOf('nobody'));
  grants(here, 'controller', [arnOf('nobody')]);
  associate(here, 'gone');
  provider(here, OLD, ours('', ofOther('gone')));
  settings(here, 'apps');
  here.objects.set('team-x/a', 'text');
};

const ALL = [
  'launcher:apps/kfp-launcher (launcher): Launcher settings apps/kfp-launcher. They were made here, and apps is no profile any more. They name no place.',
  '  delete ConfigMap apps/kfp-launcher, of no profile',
  'annotation:apps/runner (annotation): Annotation eks.amazonaws.com/role-arn of service account apps/runner. Role nobody does not exist: pods that use this service account get no credentials.',
  '  change Service account apps/runner, without its role',
  'association:gone/default-editor (association): Pod Identity association of gone/default-editor. There is no namespace gone any more. Whoever makes one again gets role eks-role.',
  '  delete Pod Identity association of gone/default-editor, with role eks-role',
  'trust:shared (trust): gone/default-editor in the trust policy of role shared. There is no such namespace on dev any more. Whoever makes one of that name again can use the role.',
  '  change IAM role shared, no longer for gone/default-editor',
  "grant:controller (grant): nobody in policy kubeflow-irsa-trust of the profile controller's role controller. These roles are gone, or go with this: the controller may edit what somebody makes again under such a name.",
  '  delete Inline policy kubeflow-irsa-trust, of role controller',
  'role:team-x-dev-role (role): IAM role team-x-dev-role and its policy. It was made here for profile team-x on arn:aws:eks:us-west-2:111122223333:cluster/dev. There is neither a Profile nor a namespace of that name. It was never used, as far as IAM tells.',
  '  delete Inline policy kf-pipeline-s3, of role team-x-dev-role',
  '  delete IAM role team-x-dev-role, which nobody can use any more',
  'provider:oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF (provider): OIDC provider oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF. It was made here for arn:aws:eks:us-west-2:111122223333:cluster/gone, which is gone or has another issuer now. No role that stays trusts it.',
  '  delete OIDC provider of the cluster, of no cluster',
  'data:artifacts/team-x/ (data): 1 object (4 bytes) below s3://artifacts/team-x/. Profile team-x is gone, and no role that stays is for this prefix. What is deleted does not come back.',
  '  delete Objects below s3://artifacts/team-x/, 1 object (4 bytes): they do not come back',
];
test('one of each sort', async () => assert.deepEqual(await says(all), ALL));

const CASES: readonly [title: string, change: (here: World) => void, lines: readonly string[]][] = [
  ['nothing', () => undefined, []],
  [
    'a role of a namespace that is gone, used once, with another policy',
    (here) =>
      put(here, 'old', {
        lastUsed: '2025-03-04T05:06:07Z',
        created: '2024-01-02T03:04:05Z',
        attached: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
      }),
    [
      'role:old (role, 2024-01-02T03:04:05Z): IAM role old and its policies. It lets in nobody but gone/default-editor, and there is no such namespace on dev any more. It was last used 2025-03-04.',
      '  delete Inline policy kf-pipeline-s3, of role old',
      '  delete Attached policy ReadOnlyAccess of role old, detached; the policy itself stays',
      '  delete IAM role old, which nobody can use any more',
    ],
  ],
  [
    'roles of two namespaces, of another account there, and with no policy',
    (here) => {
      put(here, 'two', { trustPolicy: trustFor('gone', 'away') });
      put(here, 'runner', { trustPolicy: trustFor('gone').replace('default-editor', 'runner'), inline: [] });
      here.objects.set('gone/a', 'text');
      here.objects.set('away/a', 'text');
    },
    [
      'role:two (role): IAM role two and its policy. It lets in nobody but gone/default-editor, away/default-editor, and there is no such namespace on dev any more. It was never used, as far as IAM tells.',
      '  delete Inline policy kf-pipeline-s3, of role two',
      '  delete IAM role two, which nobody can use any more',
      'role:runner (role): IAM role runner. It lets in nobody but gone/runner, and there is no such namespace on dev any more. It was never used, as far as IAM tells.',
      '  delete IAM role runner, which nobody can use any more',
    ],
  ],
  [
    'a role for two namespaces of which one is there',
    (here) => put(here, 'two', { trustPolicy: trustFor('gone', 'team-y'), tags: { team: 'data' } }),
    [
      'trust:two (trust): gone/default-editor in the trust policy of role two. There is no such namespace on dev any more. Whoever makes one of that name again can use the role.',
      '  change IAM role two, no longer for gone/default-editor',
    ],
  ],
  [
    'the same, of a tool that would take it back, of one that perhaps would, and of ours',
    (here) => {
      put(here, 'cfn', { trustPolicy: trustFor('gone', 'team-y'), tags: { 'aws:cloudformation:stack-name': 'x' } });
      put(here, 'tf', { trustPolicy: trustFor('gone', 'team-y'), tags: { ManagedBy: 'terraform' } });
      put(here, 'our', { trustPolicy: trustFor('gone', 'team-y'), tags: ours('team-y') });
    },
    [
      'trust:our (trust): gone/default-editor in the trust policy of role our. There is no such namespace on dev any more. Whoever makes one of that name again can use the role.',
      '  change IAM role our, no longer for gone/default-editor',
    ],
  ],
  [
    'roles that CloudFormation made and that bear our tags',
    (here) => put(here, 'cfn', { tags: { ...ours('gone'), 'aws:cloudformation:stack-name': 'x' } }),
    [],
  ],
  [
    'roles that let in by a pattern, ours and not',
    (here) => {
      put(here, 'a', { trustPolicy: like('gone-*') });
      put(here, 'b', { trustPolicy: like('gone-*'), tags: ours('gone') });
      put(here, 'c', { trustPolicy: like('gone-*'), tags: ours('x', ofOther('gone')) });
    },
    [],
  ],
  [
    'roles that let in every account of the cluster',
    (here) => {
      const any = trustFor('gone').replace(/,\s*"[^"]*:sub": "[^"]*"/, '');
      put(here, 'a', { trustPolicy: any });
      put(here, 'b', { trustPolicy: any, tags: ours('gone') });
    },
    [],
  ],
  [
    'roles that let in nobody',
    (here) => {
      put(here, 'a', { trustPolicy: trust() });
      put(here, 'b', { trustPolicy: trust(), tags: ours('gone') });
      put(here, 'c', { trustPolicy: trust(), tags: ours('x', ofOther('gone')) });
    },
    [
      'role:b (role): IAM role b and its policy. It was made here for profile gone on arn:aws:eks:us-west-2:111122223333:cluster/dev. There is neither a Profile nor a namespace of that name. It was never used, as far as IAM tells.',
      '  delete Inline policy kf-pipeline-s3, of role b',
      '  delete IAM role b, which nobody can use any more',
      'role:c (role): IAM role c and its policy. It was made here for profile x on arn:aws:eks:us-west-2:111122223333:cluster/gone, and there is no such cluster any more. It was never used, as far as IAM tells.',
      '  delete Inline policy kf-pipeline-s3, of role c',
      '  delete IAM role c, which nobody can use any more',
    ],
  ],
  [
    'roles that let in a machine, too',
    (here) => {
      const both = trust(EC2, ...statementsOf(trustFor('gone')));
      put(here, 'a', { trustPolicy: both });
      put(here, 'b', { trustPolicy: both, tags: ours('gone') });
      put(here, 'c', { trustPolicy: both, tags: ours('x', ofOther('gone')) });
    },
    [
      'trust:a (trust): gone/default-editor in the trust policy of role a. There is no such namespace on dev any more. Whoever makes one of that name again can use the role.',
      '  change IAM role a, no longer for gone/default-editor',
      'trust:b (trust): gone/default-editor in the trust policy of role b. There is no such namespace on dev any more. Whoever makes one of that name again can use the role.',
      '  change IAM role b, no longer for gone/default-editor',
      'trust:c (trust): gone/default-editor in the trust policy of role c. There is no such namespace on dev any more. Whoever makes one of that name again can use the role.',
      '  change IAM role c, no longer for gone/default-editor',
    ],
  ],
  [
    'roles whose trust policy a Deny bounds',
    (here) => {
      const bounded = trust(DENY, ...statementsOf(trustFor('gone')));
      put(here, 'a', { trustPolicy: bounded });
      put(here, 'b', { trustPolicy: bounded, tags: ours('gone') });
      put(here, 'c', { trustPolicy: bounded, tags: ours('x', ofOther('gone')) });
    },
    [
      'trust:a (trust): gone/default-editor in the trust policy of role a. There is no such namespace on dev any more. Whoever makes one of that name again can use the role.',
      '  change IAM role a, no longer for gone/default-editor',
      'trust:b (trust): gone/default-editor in the trust policy of role b. There is no such namespace on dev any more. Whoever makes one of that name again can use the role.',
      '  change IAM role b, no longer for gone/default-editor',
      'trust:c (trust): gone/default-editor in the trust policy of role c. There is no such namespace on dev any more. Whoever makes one of that name again can use the role.',
      '  change IAM role c, no longer for gone/default-editor',
    ],
  ],
  [
    'roles that trust another provider, too',
    (here) => {
      const both = trust(...statementsOf(oldTrust('gone')), ...statementsOf(trustFor('gone')));
      put(here, 'a', { trustPolicy: both });
      put(here, 'b', { trustPolicy: both, tags: ours('gone') });
      provider(here, OLD);
    },
    [
      'trust:a (trust): gone/default-editor in the trust policy of role a. There is no such namespace on dev any more. Whoever makes one of that name again can use the role.',
      '  change IAM role a, no longer for gone/default-editor',
      'trust:b (trust): gone/default-editor in the trust policy of role b. There is no such namespace on dev any more. Whoever makes one of that name again can use the role.',
      '  change IAM role b, no longer for gone/default-editor',
    ],
  ],
  [
    'roles whose provider is gone',
    (here) => {
      put(here, 'a', { trustPolicy: oldTrust('gone') });
      put(here, 'b', { trustPolicy: oldTrust('gone'), tags: ours('gone') });
      put(here, 'c', { trustPolicy: oldTrust('x'), tags: ours('x', ofOther('gone')) });
    },
    [
      'role:b (role): IAM role b and its policy. It was made here for profile gone on arn:aws:eks:us-west-2:111122223333:cluster/dev. There is neither a Profile nor a namespace of that name. It was never used, as far as IAM tells.',
      '  delete Inline policy kf-pipeline-s3, of role b',
      '  delete IAM role b, which nobody can use any more',
      'role:c (role): IAM role c and its policy. It was made here for profile x on arn:aws:eks:us-west-2:111122223333:cluster/gone, and there is no such cluster any more. It was never used, as far as IAM tells.',
      '  delete Inline policy kf-pipeline-s3, of role c',
      '  delete IAM role c, which nobody can use any more',
    ],
  ],
  [
    'roles of ours for a cluster that is there, of another account, of another region, and of none',
    (here) => {
      put(here, 'a', { tags: ours('gone', ofOther('dev')), trustPolicy: trustFor('team-y') });
      put(here, 'b', { tags: ours('gone', ofOther('x').replace(ACCOUNT, '444455556666')) });
      put(here, 'c', { tags: ours('gone', ofOther('x', 'eu-west-1')) });
      put(here, 'd', { tags: { 'kubeflow-irsa/made-by': 'kubeflow-irsa' } });
      put(here, 'e', { tags: ours('') });
    },
    [],
  ],
  [
    'a role of ours that lets in nobody but a profile that is there',
    (here) => put(here, 'a', { tags: ours('gone'), trustPolicy: trustFor('team-y') }),
    [],
  ],
  ['roles in instance profiles', (here) => put(here, 'a', { instanceProfiles: ['nodes'], tags: ours('gone') }), []],
  [
    'accounts that name a role that is gone, with other annotations',
    (here) => {
      account(here, 'apps/runner', arnOf('nobody'), { a: 'b' });
      account(here, 'apps/other', arnOf('team-y-dev-role'));
      account(here, 'apps/wrong', 'nobody');
    },
    [
      'annotation:apps/runner (annotation): Annotation eks.amazonaws.com/role-arn of service account apps/runner. Role nobody does not exist: pods that use this service account get no credentials.',
      '  change Service account apps/runner, without its role',
    ],
  ],
  [
    'grants: of two roles that are gone, of one that goes, and of none',
    (here) => {
      put(here, 'old');
      grants(here, 'controller', [arnOf('old'), arnOf('nobody'), arnOf('team-y-dev-role')]);
      grants(here, 'second', [arnOf('team-y-dev-role')], 'profiles-system/profiles-controller-service-account');
    },
    [
      "grant:controller (grant): old, nobody in policy kubeflow-irsa-trust of the profile controller's role controller. These roles are gone, or go with this: the controller may edit what somebody makes again under such a name.",
      '  change Inline policy kubeflow-irsa-trust, of role controller',
      'role:old (role): IAM role old and its policy. It lets in nobody but gone/default-editor, and there is no such namespace on dev any more. It was never used, as far as IAM tells.',
      '  delete Inline policy kf-pipeline-s3, of role old',
      '  delete IAM role old, which nobody can use any more',
    ],
  ],
  [
    'providers: of an earlier cluster of this name, of this one, of a live one, of none',
    (here) => {
      provider(here, OLD, ours('', cluster.arn));
      provider(here, PROVIDER, ours('', cluster.arn));
      provider(here, OLD.replace('F', 'E'), ours('', ofOther('dev')));
      provider(here, OLD.replace('F', 'D'), { 'kubeflow-irsa/made-by': 'kubeflow-irsa' });
      provider(here, OLD.replace('F', 'C'));
    },
    [
      'provider:oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF (provider): OIDC provider oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF. It was made here for arn:aws:eks:us-west-2:111122223333:cluster/dev, which is gone or has another issuer now. No role that stays trusts it.',
      '  delete OIDC provider of the cluster, of no cluster',
      'provider:oidc.eks.us-west-2.amazonaws.com/id/EFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF (provider): OIDC provider oidc.eks.us-west-2.amazonaws.com/id/EFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF. It was made here for arn:aws:eks:us-west-2:111122223333:cluster/dev, which is gone or has another issuer now. No role that stays trusts it.',
      '  delete OIDC provider of the cluster, of no cluster',
    ],
  ],
  [
    'a provider that only a role which goes trusts',
    (here) => {
      provider(here, OLD, ours('', ofOther('gone')));
      put(here, 'a', { trustPolicy: oldTrust('x'), tags: ours('x', ofOther('gone')) });
    },
    [
      'role:a (role): IAM role a and its policy. It was made here for profile x on arn:aws:eks:us-west-2:111122223333:cluster/gone, and there is no such cluster any more. It was never used, as far as IAM tells.',
      '  delete Inline policy kf-pipeline-s3, of role a',
      '  delete IAM role a, which nobody can use any more',
      'provider:oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF (provider): OIDC provider oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF. It was made here for arn:aws:eks:us-west-2:111122223333:cluster/gone, which is gone or has another issuer now. No role that stays trusts it.',
      '  delete OIDC provider of the cluster, of no cluster',
    ],
  ],
  [
    'associations: ours, of eksctl, of an add-on, with a target role, of a namespace that is there',
    (here) => {
      associate(here, 'a', { tags: { 'kubeflow-irsa/made-by': 'kubeflow-irsa' } });
      associate(here, 'b', { tags: { 'aws:cloudformation:stack-name': 'x' } });
      associate(here, 'c', { ownerArn: 'arn:aws:eks:us-west-2:111122223333:addon/dev/x/1' });
      associate(here, 'd', { targetRoleArn: arnOf('other') });
      associate(here, 'e', { tags: { ManagedBy: 'terraform' } });
      associate(here, 'team-y');
    },
    [
      'association:a/default-editor (association): Pod Identity association of a/default-editor. There is no namespace a any more. Whoever makes one again gets role eks-role.',
      '  delete Pod Identity association of a/default-editor, with role eks-role',
      'association:b/default-editor (association): Pod Identity association of b/default-editor. There is no namespace b any more. Whoever makes one again gets role eks-role. It was made by CloudFormation (tag aws:cloudformation:stack-name = "x"). Change the template of its stack.',
      '  by hand: aws eks delete-pod-identity-association --region us-west-2 --cluster-name dev --association-id a-b',
      'association:c/default-editor (association): Pod Identity association of c/default-editor. There is no namespace c any more. Whoever makes one again gets role eks-role. It belongs to an add-on of the cluster (arn:aws:eks:us-west-2:111122223333:addon/dev/x/1): remove it there.',
      '  by hand: aws eks delete-pod-identity-association --region us-west-2 --cluster-name dev --association-id a-c',
      'association:d/default-editor (association): Pod Identity association of d/default-editor. There is no namespace d any more. Whoever makes one again gets role eks-role. It has a target role (arn:aws:iam::111122223333:role/other): made again it would have another external ID, which that role does not trust.',
      '  by hand: aws eks delete-pod-identity-association --region us-west-2 --cluster-name dev --association-id a-d',
      'association:e/default-editor (association): Pod Identity association of e/default-editor. There is no namespace e any more. Whoever makes one again gets role eks-role.',
      '  delete Pod Identity association of e/default-editor, with role eks-role',
    ],
  ],
  [
    'associations that may not be described, and one that is gone meanwhile',
    (here) => {
      associate(here, 'a');
      associate(here, 'b');
      here.aws.podIdentity = (_cluster, namespace) =>
        namespace === 'a' ? mayNot('eks:DescribePodIdentityAssociation')() : Promise.resolve(absent);
    },
    [
      'association:a/default-editor (association): Pod Identity association of a/default-editor. There is no namespace a any more. Whoever makes one again gets its role. It cannot be read: you are not permitted to eks:DescribePodIdentityAssociation. Ask for this permission, then try again.',
      '  by hand: aws eks delete-pod-identity-association --region us-west-2 --cluster-name dev --association-id a-a',
      'association:b/default-editor (association): Pod Identity association of b/default-editor. There is no namespace b any more. Whoever makes one again gets its role. It does not exist.',
      '  by hand: aws eks delete-pod-identity-association --region us-west-2 --cluster-name dev --association-id a-b',
    ],
  ],
  [
    'data: of roles for the whole bucket, that only read, below another prefix, and of no bucket',
    (here) => {
      for (const key of ['gone/a', 'b/a', 'c/a', 'd/a']) here.objects.set(key, 'text');
      put(here, 'a', access('bucket'));
      put(here, 'b', { ...access('read-only', 'b'), trustPolicy: trustFor('b') });
      put(here, 'c', { inline: [{ name: 'x', text: policyFor('other') }], trustPolicy: trustFor('c') });
      put(here, 'd', { inline: [], trustPolicy: trustFor('d') });
    },
    [
      'role:a (role): IAM role a and its policy. It lets in nobody but gone/default-editor, and there is no such namespace on dev any more. It was never used, as far as IAM tells.',
      '  delete Inline policy kf-pipeline-s3, of role a',
      '  delete IAM role a, which nobody can use any more',
      'role:b (role): IAM role b and its policy. It lets in nobody but b/default-editor, and there is no such namespace on dev any more. It was never used, as far as IAM tells.',
      '  delete Inline policy kf-pipeline-s3, of role b',
      '  delete IAM role b, which nobody can use any more',
      'role:c (role): IAM role c and its policy. It lets in nobody but c/default-editor, and there is no such namespace on dev any more. It was never used, as far as IAM tells.',
      '  delete Inline policy x, of role c',
      '  delete IAM role c, which nobody can use any more',
      'role:d (role): IAM role d. It lets in nobody but d/default-editor, and there is no such namespace on dev any more. It was never used, as far as IAM tells.',
      '  delete IAM role d, which nobody can use any more',
      'data:artifacts/gone/ (data): 1 object (4 bytes) below s3://artifacts/gone/. Profile gone is gone, and no role that stays is for this prefix. What is deleted does not come back.',
      '  delete Objects below s3://artifacts/gone/, 1 object (4 bytes): they do not come back',
    ],
  ],
  [
    'data that two roles which go are for is told once',
    (here) => {
      here.objects.set('gone/a', 'text');
      put(here, 'a');
      put(here, 'b');
    },
    [
      'role:a (role): IAM role a and its policy. It lets in nobody but gone/default-editor, and there is no such namespace on dev any more. It was never used, as far as IAM tells.',
      '  delete Inline policy kf-pipeline-s3, of role a',
      '  delete IAM role a, which nobody can use any more',
      'role:b (role): IAM role b and its policy. It lets in nobody but gone/default-editor, and there is no such namespace on dev any more. It was never used, as far as IAM tells.',
      '  delete Inline policy kf-pipeline-s3, of role b',
      '  delete IAM role b, which nobody can use any more',
      'data:artifacts/gone/ (data): 1 object (4 bytes) below s3://artifacts/gone/. Profile gone is gone, and no role that stays is for this prefix. What is deleted does not come back.',
      '  delete Objects below s3://artifacts/gone/, 1 object (4 bytes): they do not come back',
    ],
  ],
  [
    'data that a role which stays is for, by its tag, by its trust policy, and one of another bucket',
    (here) => {
      for (const key of ['x/a', 'z/a', 'v/a']) here.objects.set(key, 'text');
      for (const name of ['x', 'z', 'v'])
        put(here, `${name}-role`, { trustPolicy: trustFor(name), inline: [{ name: 'p', text: policyFor(name) }] });
      put(here, 'by-tag', {
        tags: ours('x', ofOther('prod', 'eu-west-1')),
        trustPolicy: trust(EC2),
        inline: [
          { name: 'p', text: trust() },
          { name: 'q', text: policyFor('x') },
        ],
      });
      put(here, 'by-trust', {
        trustPolicy: trust(EC2, ...statementsOf(oldTrust('z'))),
        inline: [{ name: 'p', text: policyFor('z') }],
      });
      put(here, 'of-other', {
        tags: ours('v', ofOther('prod', 'eu-west-1')),
        trustPolicy: trust(EC2),
        inline: [{ name: 'p', text: policyFor('v').replaceAll('artifacts', 'other') }],
      });
    },
    [
      'role:x-role (role): IAM role x-role and its policy. It lets in nobody but x/default-editor, and there is no such namespace on dev any more. It was never used, as far as IAM tells.',
      '  delete Inline policy p, of role x-role',
      '  delete IAM role x-role, which nobody can use any more',
      'role:z-role (role): IAM role z-role and its policy. It lets in nobody but z/default-editor, and there is no such namespace on dev any more. It was never used, as far as IAM tells.',
      '  delete Inline policy p, of role z-role',
      '  delete IAM role z-role, which nobody can use any more',
      'role:v-role (role): IAM role v-role and its policy. It lets in nobody but v/default-editor, and there is no such namespace on dev any more. It was never used, as far as IAM tells.',
      '  delete Inline policy p, of role v-role',
      '  delete IAM role v-role, which nobody can use any more',
      'data:artifacts/v/ (data): 1 object (4 bytes) below s3://artifacts/v/. Profile v is gone, and no role that stays is for this prefix. What is deleted does not come back.',
      '  delete Objects below s3://artifacts/v/, 1 object (4 bytes): they do not come back',
    ],
  ],
  [
    'data that may not be looked at',
    (here) => {
      put(here, 'a');
      here.aws.prefixData = mayNot('s3:ListBucketVersions');
    },
    [
      'role:a (role): IAM role a and its policy. It lets in nobody but gone/default-editor, and there is no such namespace on dev any more. It was never used, as far as IAM tells.',
      '  delete Inline policy kf-pipeline-s3, of role a',
      '  delete IAM role a, which nobody can use any more',
      'What lies below s3://artifacts/gone/ cannot be read: you are not permitted to s3:ListBucketVersions. Ask for this permission, then try again.',
    ],
  ],
  [
    'launcher settings of ours: of a namespace that is none, with a place; of a profile',
    (here) => {
      settings(here, 'apps', { defaultPipelineRoot: 's3://artifacts/apps/' });
      settings(here, 'team-y');
    },
    [
      'launcher:apps/kfp-launcher (launcher): Launcher settings apps/kfp-launcher. They were made here, and apps is no profile any more. They name s3://artifacts/apps/.',
      '  delete ConfigMap apps/kfp-launcher, of no profile',
    ],
  ],
];
for (const [title, change, lines] of CASES) test(title, async () => assert.deepEqual(await says(change), lines));

/** Besides one of each sort: what is told, and what is not, where something cannot be read. */
const UNREAD: readonly [title: string, change: (here: World) => void, lines: readonly string[]][] = [
  [
    'Profiles that may not be listed',
    (here) => {
      here.kubernetes.profiles = mayNot('list profiles.kubeflow.org');
    },
    [
      'The list of Profiles cannot be read: you are not permitted to list profiles.kubeflow.org. Ask for this permission, then try again.',
      '- launcher:apps/kfp-launcher (launcher): Launcher settings apps/kfp-launcher. They were made here, and apps is no profile any more. They name no place.',
      '-   delete ConfigMap apps/kfp-launcher, of no profile',
      '- annotation:apps/runner (annotation): Annotation eks.amazonaws.com/role-arn of service account apps/runner. Role nobody does not exist: pods that use this service account get no credentials.',
      '-   change Service account apps/runner, without its role',
      '- association:gone/default-editor (association): Pod Identity association of gone/default-editor. There is no namespace gone any more. Whoever makes one again gets role eks-role.',
      '-   delete Pod Identity association of gone/default-editor, with role eks-role',
      '- trust:shared (trust): gone/default-editor in the trust policy of role shared. There is no such namespace on dev any more. Whoever makes one of that name again can use the role.',
      '-   change IAM role shared, no longer for gone/default-editor',
      '- role:team-x-dev-role (role): IAM role team-x-dev-role and its policy. It was made here for profile team-x on arn:aws:eks:us-west-2:111122223333:cluster/dev. There is neither a Profile nor a namespace of that name. It was never used, as far as IAM tells.',
      '-   delete Inline policy kf-pipeline-s3, of role team-x-dev-role',
      '-   delete IAM role team-x-dev-role, which nobody can use any more',
      '- data:artifacts/team-x/ (data): 1 object (4 bytes) below s3://artifacts/team-x/. Profile team-x is gone, and no role that stays is for this prefix. What is deleted does not come back.',
      '-   delete Objects below s3://artifacts/team-x/, 1 object (4 bytes): they do not come back',
    ],
  ],
  [
    'namespaces that cannot be listed',
    (here) => {
      const list = here.kubernetes.list.bind(here.kubernetes);
      here.kubernetes.list = ((kind: 'namespaces') => (kind === 'namespaces' ? cannot() : list(kind))) as typeof list;
    },
    [
      'The list of namespaces cannot be read: the connection was broken off',
      '- association:gone/default-editor (association): Pod Identity association of gone/default-editor. There is no namespace gone any more. Whoever makes one again gets role eks-role.',
      '-   delete Pod Identity association of gone/default-editor, with role eks-role',
      '- trust:shared (trust): gone/default-editor in the trust policy of role shared. There is no such namespace on dev any more. Whoever makes one of that name again can use the role.',
      '-   change IAM role shared, no longer for gone/default-editor',
      '- role:team-x-dev-role (role): IAM role team-x-dev-role and its policy. It was made here for profile team-x on arn:aws:eks:us-west-2:111122223333:cluster/dev. There is neither a Profile nor a namespace of that name. It was never used, as far as IAM tells.',
      '-   delete Inline policy kf-pipeline-s3, of role team-x-dev-role',
      '-   delete IAM role team-x-dev-role, which nobody can use any more',
      '- data:artifacts/team-x/ (data): 1 object (4 bytes) below s3://artifacts/team-x/. Profile team-x is gone, and no role that stays is for this prefix. What is deleted does not come back.',
      '-   delete Objects below s3://artifacts/team-x/, 1 object (4 bytes): they do not come back',
    ],
  ],
  [
    'launcher settings that may not be listed',
    (here) => {
      const list = here.kubernetes.list.bind(here.kubernetes);
      here.kubernetes.list = ((kind: 'launchers') =>
        kind === 'launchers' ? mayNot('list configmaps')() : list(kind)) as typeof list;
    },
    [
      'The launcher settings of the cluster cannot be read: you are not permitted to list configmaps. Ask for this permission, then try again.',
      '- launcher:apps/kfp-launcher (launcher): Launcher settings apps/kfp-launcher. They were made here, and apps is no profile any more. They name no place.',
      '-   delete ConfigMap apps/kfp-launcher, of no profile',
    ],
  ],
  [
    'clusters that may not be listed',
    (here) => {
      put(here, 'c', { trustPolicy: oldTrust('x'), tags: ours('x', ofOther('gone')) });
      here.aws.clusterNames = mayNot('eks:ListClusters');
    },
    [
      'The list of EKS clusters cannot be read: you are not permitted to eks:ListClusters. Ask for this permission, then try again.',
      '- provider:oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF (provider): OIDC provider oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF. It was made here for arn:aws:eks:us-west-2:111122223333:cluster/gone, which is gone or has another issuer now. No role that stays trusts it.',
      '-   delete OIDC provider of the cluster, of no cluster',
    ],
  ],
  [
    'roles that may not be listed',
    (here) => {
      here.aws.rolesPage = mayNot('iam:GetAccountAuthorizationDetails');
    },
    [
      'The roles of the account cannot be read: you are not permitted to iam:GetAccountAuthorizationDetails. Ask for this permission, then try again.',
      '- annotation:apps/runner (annotation): Annotation eks.amazonaws.com/role-arn of service account apps/runner. Role nobody does not exist: pods that use this service account get no credentials.',
      '-   change Service account apps/runner, without its role',
      '- trust:shared (trust): gone/default-editor in the trust policy of role shared. There is no such namespace on dev any more. Whoever makes one of that name again can use the role.',
      '-   change IAM role shared, no longer for gone/default-editor',
      "- grant:controller (grant): nobody in policy kubeflow-irsa-trust of the profile controller's role controller. These roles are gone, or go with this: the controller may edit what somebody makes again under such a name.",
      '-   delete Inline policy kubeflow-irsa-trust, of role controller',
      '- role:team-x-dev-role (role): IAM role team-x-dev-role and its policy. It was made here for profile team-x on arn:aws:eks:us-west-2:111122223333:cluster/dev. There is neither a Profile nor a namespace of that name. It was never used, as far as IAM tells.',
      '-   delete Inline policy kf-pipeline-s3, of role team-x-dev-role',
      '-   delete IAM role team-x-dev-role, which nobody can use any more',
      '- provider:oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF (provider): OIDC provider oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF. It was made here for arn:aws:eks:us-west-2:111122223333:cluster/gone, which is gone or has another issuer now. No role that stays trusts it.',
      '-   delete OIDC provider of the cluster, of no cluster',
      '- data:artifacts/team-x/ (data): 1 object (4 bytes) below s3://artifacts/team-x/. Profile team-x is gone, and no role that stays is for this prefix. What is deleted does not come back.',
      '-   delete Objects below s3://artifacts/team-x/, 1 object (4 bytes): they do not come back',
    ],
  ],
  [
    'service accounts that may not be listed',
    (here) => {
      here.kubernetes.serviceAccounts = mayNot('list serviceaccounts');
    },
    [
      'The list of service accounts cannot be read: you are not permitted to list serviceaccounts. Ask for this permission, then try again.',
      '- annotation:apps/runner (annotation): Annotation eks.amazonaws.com/role-arn of service account apps/runner. Role nobody does not exist: pods that use this service account get no credentials.',
      '-   change Service account apps/runner, without its role',
      "- grant:controller (grant): nobody in policy kubeflow-irsa-trust of the profile controller's role controller. These roles are gone, or go with this: the controller may edit what somebody makes again under such a name.",
      '-   delete Inline policy kubeflow-irsa-trust, of role controller',
    ],
  ],
  [
    'providers that may not be listed',
    (here) => {
      put(here, 'c', { trustPolicy: oldTrust('x'), tags: ours('x', ofOther('gone')) });
      here.aws.oidcProviderArns = mayNot('iam:ListOpenIDConnectProviders');
    },
    [
      'The OIDC providers of the account cannot be read: you are not permitted to iam:ListOpenIDConnectProviders. Ask for this permission, then try again.',
      '- provider:oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF (provider): OIDC provider oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF. It was made here for arn:aws:eks:us-west-2:111122223333:cluster/gone, which is gone or has another issuer now. No role that stays trusts it.',
      '-   delete OIDC provider of the cluster, of no cluster',
    ],
  ],
  [
    'a provider that may not be read',
    (here) => {
      here.aws.oidcProvider = mayNot('iam:GetOpenIDConnectProvider');
    },
    [
      'The OIDC providers of the account cannot be read: you are not permitted to iam:GetOpenIDConnectProvider. Ask for this permission, then try again.',
      '- provider:oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF (provider): OIDC provider oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF. It was made here for arn:aws:eks:us-west-2:111122223333:cluster/gone, which is gone or has another issuer now. No role that stays trusts it.',
      '-   delete OIDC provider of the cluster, of no cluster',
    ],
  ],
  [
    'a provider that is gone meanwhile',
    (here) => {
      here.aws.oidcProvider = () => Promise.resolve(absent);
    },
    [
      '- provider:oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF (provider): OIDC provider oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF. It was made here for arn:aws:eks:us-west-2:111122223333:cluster/gone, which is gone or has another issuer now. No role that stays trusts it.',
      '-   delete OIDC provider of the cluster, of no cluster',
    ],
  ],
  [
    'associations that cannot be listed',
    (here) => {
      here.aws.podIdentityAssociations = cannot;
    },
    [
      'The Pod Identity associations of the cluster cannot be read: the connection was broken off',
      '- association:gone/default-editor (association): Pod Identity association of gone/default-editor. There is no namespace gone any more. Whoever makes one again gets role eks-role.',
      '-   delete Pod Identity association of gone/default-editor, with role eks-role',
    ],
  ],
];
for (const [title, change, lines] of UNREAD)
  test(title, async () => {
    const it = await says((here) => {
      all(here);
      change(here);
    });
    assert.deepEqual(besides(it, ALL), lines);
  });

test('the plan that removes one of each sort, and what is not removed here', async () => {
  const here = await made();
  all(here);
  associate(here, 'b', { targetRoleArn: arnOf('other') });
  const left = await lookForLeftovers(cluster, here.aws, here.kubernetes);
  const ids = left.items.map(({ id }) => id).reverse();
  assert.deepEqual(
    told(
      planLeftovers(
        left,
        ids.filter((id) => !id.includes(':b/')),
        cluster,
      ),
    ),
    [
      'delete ConfigMap apps/kfp-launcher, of no profile',
      'change Service account apps/runner, without its role',
      'delete Pod Identity association of gone/default-editor, with role eks-role',
      'change IAM role shared, no longer for gone/default-editor',
      'delete Inline policy kubeflow-irsa-trust, of role controller',
      'delete Inline policy kf-pipeline-s3, of role team-x-dev-role',
      'delete IAM role team-x-dev-role, which nobody can use any more',
      'delete OIDC provider of the cluster, of no cluster',
      'delete Objects below s3://artifacts/team-x/, 1 object (4 bytes): they do not come back',
      '! Launcher settings apps/kfp-launcher: They were made here, and apps is no profile any more. They name no place.',
      '! Annotation eks.amazonaws.com/role-arn of service account apps/runner: Role nobody does not exist: pods that use this service account get no credentials.',
      '! Pod Identity association of gone/default-editor: There is no namespace gone any more. Whoever makes one again gets role eks-role.',
      '! gone/default-editor in the trust policy of role shared: There is no such namespace on dev any more. Whoever makes one of that name again can use the role.',
      "! nobody in policy kubeflow-irsa-trust of the profile controller's role controller: These roles are gone, or go with this: the controller may edit what somebody makes again under such a name.",
      '! IAM role team-x-dev-role and its policy: It was made here for profile team-x on arn:aws:eks:us-west-2:111122223333:cluster/dev. There is neither a Profile nor a namespace of that name. It was never used, as far as IAM tells.',
      '! OIDC provider oidc.eks.us-west-2.amazonaws.com/id/FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF: It was made here for arn:aws:eks:us-west-2:111122223333:cluster/gone, which is gone or has another issuer now. No role that stays trusts it.',
      '! 1 object (4 bytes) below s3://artifacts/team-x/: Profile team-x is gone, and no role that stays is for this prefix. What is deleted does not come back.',
      '! Pod Identity association of b/default-editor: There is no namespace b any more. Whoever makes one again gets role eks-role. It has a target role (arn:aws:iam::111122223333:role/other): made again it would have another external ID, which that role does not trust. It is not removed here, but by: aws eks delete-pod-identity-association --region us-west-2 --cluster-name dev --association-id a-b',
    ],
  );
  assert.deepEqual(told(planLeftovers(left, ['association:b/default-editor', 'role:nobody'], cluster)), [
    'blocked (leftover) association:b/default-editor: This is not removed here: aws eks delete-pod-identity-association --region us-west-2 --cluster-name dev --association-id a-b',
    'blocked (leftover) role:nobody: Nothing is left over under the name role:nobody, as far as can be judged.',
    '! Pod Identity association of b/default-editor: There is no namespace b any more. Whoever makes one again gets role eks-role. It has a target role (arn:aws:iam::111122223333:role/other): made again it would have another external ID, which that role does not trust.',
  ]);
});
