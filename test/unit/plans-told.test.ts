// Plans for each wish in each world: what is told of an edit, a deletion and leftovers, compared with what is told as a rule. Kept in
// test/fixtures/told/plans.
import { test } from 'node:test';
import type { PodIdentity, Profile, Role } from '../../src/core/observation.ts';
import { planDelete, type DeleteWish } from '../../src/core/plan/delete.ts';
import { planEdit, type Edit } from '../../src/core/plan/edit.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { rows } from '../../src/core/plan/plan.ts';
import { permissionsPolicy, policyText } from '../../src/core/policy/build.ts';
import { newProfile, ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import { denied, failed, found } from '../../src/core/reading.ts';
import { lookForLeftovers } from '../../src/provisioning/leftovers.ts';
import { lookToDelete } from '../../src/provisioning/leave.ts';
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
  PROVIDER,
  putProfile,
  requestFor,
  trustFor,
  worldWithProvider,
  type World,
} from './world.ts';

const NAME = 'team-a-dev-role';
const AT = { cluster: 'dev', region: 'us-west-2', profile: 'team-a' };
const THEIRS = arnOf(NAME).replace(ACCOUNT, '444455556666');
type Change = (here: World) => void;
async function made(): Promise<World> {
  const here = worldWithProvider();
  here.pipelines = '2.16.0';
  here.buckets.set('other', { region: 'us-west-2', settings: PLAIN });
  const request = requestFor('team-a');
  const { facts } = await lookAt(request, here.aws, here.connect);
  await carryOut(planProfile(request, facts), here.outside());
  return here;
}
const role =
  (change: Partial<Role>): Change =>
  (here) =>
    void here.roles.set(NAME, { ...(here.roles.get(NAME) as Role), ...change });
const policies = (...texts: readonly string[]): Change =>
  role({ inline: texts.map((text, at) => ({ name: at === 0 ? 'kf-pipeline-s3' : `more-${at}`, text })) });
const account =
  (key: string, arn?: string): Change =>
  (here) => {
    const [namespace = '', name = ''] = key.split('/');
    here.accounts.set(key, { namespace, name, annotations: arn === undefined ? {} : { [ROLE_ANNOTATION]: arn } });
  };
const map =
  (namespace: string, data: Readonly<Record<string, string>>, annotations?: Readonly<Record<string, string>>): Change =>
  (here) =>
    void here.configMaps.set(`${namespace}/kfp-launcher`, {
      namespace,
      name: 'kfp-launcher',
      data,
      ...(annotations && { annotations }),
    });
const profile =
  (change: Partial<Profile>): Change =>
  (here) =>
    void here.profiles.set('team-a', { ...(here.profiles.get('team-a') as Profile), ...change });
const going =
  (more: object = {}): Change =>
  (here) => {
    const there = here.profiles.get('team-a') as Profile;
    here.profiles.set('team-a', {
      ...there,
      metadata: { ...there.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', ...more },
    });
  };
const answers =
  (side: 'aws' | 'kubernetes', name: string, reading: unknown): Change =>
  (here) =>
    void Object.assign(here[side], { [name]: () => Promise.resolve(reading) });
const NO = denied('a:Permission', 'Refused.');
const CUT = failed('it broke off');
const level = (its: 'bucket' | 'read-only' | 'prefix', bucket = 'artifacts'): string =>
  policyText(permissionsPolicy('aws', bucket, 'team-a', its));
const both =
  (...changes: readonly Change[]): Change =>
  (here) =>
    changes.forEach((one) => one(here));

const STATES: Readonly<Record<string, Change>> = {
  'as we made it': () => undefined,
  'no Profile': (here) => here.profiles.clear(),
  'no role': (here) => here.roles.clear(),
  'a role of another account': both(
    profile({ spec: newProfile('team-a', 'a', THEIRS, true).spec as NonNullable<Profile['spec']> }),
    account('team-a/default-editor', THEIRS),
  ),
  'another role in the annotation': account('team-a/default-editor', arnOf('other-role')),
  'no annotation': account('team-a/default-editor'),
  'a plugin without a role': profile({
    spec: newProfile('team-a', 'team-a@example.com', '', true).spec as NonNullable<Profile['spec']>,
  }),
  'no plugin, an annotation': profile({ spec: { owner: { kind: 'User', name: 'team-a@example.com' } } }),
  'no owner': profile({ spec: {} }),
  'a role without policies': policies(),
  'all of a bucket': policies(level('bucket')),
  'reading alone': policies(level('read-only')),
  'another bucket': policies(level('prefix', 'other')),
  'two policies': policies(level('prefix'), level('prefix', 'other')),
  'another prefix': policies(policyFor('team-b')),
  'a policy of somebody': policies('{"Statement":[]}'),
  'a role with settings': role({
    boundary: arnOf('edge').replace(':role/', ':policy/'),
    maxSession: 7200,
    tags: { team: 'x', 'aws:x': 'y', 'kubeflow-irsa/made-by': 'kubeflow-irsa' },
    attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
  }),
  'a role under a path': role({ arn: arnOf(`teams/${NAME}`) }),
  'another trust policy': role({ trustPolicy: trustFor('team-a', 'team-b') }),
  'a role that may not be read': answers('aws', 'role', NO),
  'a role that is not answered': answers('aws', 'role', CUT),
  'pipelines elsewhere': map('team-a', { defaultPipelineRoot: 's3://other/x' }),
  'pipelines in the cluster': map('team-a', { defaultPipelineRoot: 'minio://mlpipeline/v2' }),
  'pipelines nowhere, no policies': both(map('team-a', {}), policies()),
  'pipelines elsewhere, no policies': both(map('team-a', { defaultPipelineRoot: 's3://other/x' }), policies()),
  'no bucket': (here) => here.buckets.delete('artifacts'),
  'a bucket that may not be read': answers('aws', 'bucket', NO),
  'a bucket of another account': answers(
    'aws',
    'bucket',
    found({ name: 'artifacts', region: 'us-west-2', accessible: true, foreign: true }),
  ),
  'a Profile that goes': going(),
};
const EDITS: Readonly<Record<string, Partial<Edit>>> = {
  nothing: {},
  'another bucket': { bucket: 'other' },
  'another bucket, and the one before': { bucket: 'other', keepReading: true },
  'another prefix': { prefix: 'teams/a/' },
  'a part of the prefix, and the one before': { prefix: 'team-a/part/', keepReading: true },
  'all of the bucket': { access: 'bucket' },
  'reading alone': { access: 'read-only', setArtifacts: true },
  'the bucket and its artifacts': { bucket: 'artifacts', setArtifacts: true },
  'another owner': { owner: 'b@example.com' },
  'another role': { roleName: 'mine' },
  'another path': { rolePath: '/teams/' },
  'the same names': {
    roleName: NAME,
    rolePath: '/',
    owner: 'team-a@example.com',
    prefix: 'team-a/',
    bucket: 'artifacts',
    access: 'prefix',
  },
  'another role in another place': { roleName: 'mine', bucket: 'other', prefix: 'x/', keepReading: true },
  'settings of the role': { maxSession: 3600, tags: { team: 'y' } },
  'what is wrong': { owner: '', prefix: '//', rolePath: 'x', roleName: '?', maxSession: 1, tags: { 'aws:x': 'y' } },
};
const edited = async (what: Partial<Edit>, change: Change): Promise<readonly string[]> => {
  const here = await made();
  change(here);
  const edit = { ...AT, ...what };
  const { live, facts, people } = await lookAtEdit(edit, here.aws, here.connect);
  const plan = planEdit(edit, live, facts, people);
  const texts = rows(plan).flatMap(({ title, kind, after }) =>
    kind === 'blocked' || after === undefined
      ? []
      : [`${title} becomes ${after.length} ${after.length > 200 ? '' : after.replaceAll(/\s+/g, ' ')}`],
  );
  return [...told(plan), ...texts];
};
for (const [what, edit] of Object.entries(EDITS))
  test(`an edit: ${what}`, async () => {
    const rule = await edited(edit, () => undefined);
    const lines = [...rule];
    for (const [where, change] of Object.entries(STATES))
      lines.push(`## ${where}`, ...besides(await edited(edit, change), rule));
    asKept(`plans/edit-${what.replaceAll(/[^a-z]+/g, '-')}`, lines);
  });

const binding =
  (name: string, user: string, more: object = {}): Change =>
  (here) =>
    void here.kube.set(`rolebindings team-a/${name}`, {
      metadata: { name, namespace: 'team-a', annotations: { user, role: 'edit' } },
      roleRef: { kind: 'ClusterRole', name: 'kubeflow-edit' },
      subjects: [{ kind: 'User', name: user }],
      ...more,
    });
const objects: Change = (here) =>
  both(
    () => void here.objects.set('team-a/x', 'text'),
    () => void here.objects.set('team-a/y', 'more'),
  )(here);
const grant =
  (...roles: readonly string[]): Change =>
  (here) => {
    account('kubeflow/profiles-controller-service-account', arnOf('controller'))(here);
    here.roles.set('controller', {
      ...{ arn: arnOf('controller'), name: 'controller', trustPolicy: trustFor('kubeflow'), tags: {}, attached: [] },
      inline: [
        {
          name: 'kubeflow-irsa-trust',
          text: JSON.stringify({
            Version: '2012-10-17',
            Statement: [{ Sid: 'EditTrustOfProfileRoles', Effect: 'Allow', Action: ['iam:GetRole'], Resource: roles }],
          }),
        },
      ],
    });
  };
const GOING: Readonly<Record<string, Change>> = {
  ...STATES,
  'with objects': objects,
  'with people': both(binding('user-b', 'b@example.com'), binding('namespaceAdmin', 'team-a@example.com')),
  'with objects that another role writes': both(objects, (here) =>
    putProfile(here, 'team-b', { name: 'b', inline: [{ name: 'p', text: level('bucket') }] }),
  ),
  'a role for two': both(
    role({ trustPolicy: trustFor('team-a', 'team-b') }),
    account('team-b/default-editor', arnOf(NAME)),
  ),
  'a role of somebody': role({ tags: { terraform: 'x' } }),
  'granted to the controller': grant(arnOf(NAME), arnOf('other')),
  'granted alone': grant(arnOf(NAME)),
  'stuck, and its owner is another': both(
    going({ finalizers: ['profile-finalizer'] }),
    profile({ spec: { owner: { kind: 'User', name: '' } } }),
  ),
  'stuck with a quota and plugins': both(going({ finalizers: ['profile-finalizer'] }), (here) =>
    profile({
      spec: { ...(here.profiles.get('team-a') as Profile).spec, resourceQuotaSpec: { hard: { x: 'y' } } },
    })(here),
  ),
  'stuck with a binding and a quota': both(
    going({ finalizers: ['profile-finalizer'] }),
    binding('default-editor', 'x', { roleRef: { kind: 'ClusterRole', name: 'cluster-admin' } }),
    (here) =>
      profile({
        spec: { ...(here.profiles.get('team-a') as Profile).spec, resourceQuotaSpec: { hard: { x: 'y' } } },
      })(here),
  ),
  'a Profile with another role, and its own in another path': both(
    profile({
      spec: newProfile('team-a', 'team-a@example.com', arnOf(`teams/${NAME}`), true).spec as NonNullable<
        Profile['spec']
      >,
    }),
    account('team-a/default-editor', arnOf(`teams/${NAME}`)),
  ),
  'no permission to delete': answers('kubernetes', 'mayDelete', found(false)),
  'nobody knows who may': answers('kubernetes', 'mayDelete', CUT),
  'the namespace may not be read': answers('kubernetes', 'namespace', NO),
  'the namespace of nobody': answers('kubernetes', 'namespace', found({ name: 'team-a', deleting: false })),
  'the namespace goes': answers('kubernetes', 'namespace', found({ name: 'team-a', deleting: true })),
  'no Profile, the namespace of nobody': both(
    (here) => here.profiles.clear(),
    answers('kubernetes', 'namespace', found({ name: 'team-a', deleting: false })),
  ),
  'no Profile, the namespace goes': both(
    (here) => here.profiles.clear(),
    answers('kubernetes', 'namespace', found({ name: 'team-a', deleting: true, remaining: ['x'] })),
  ),
  'no Profile, no annotation': both(
    (here) => here.profiles.clear(),
    account('team-a/default-editor'),
    answers('kubernetes', 'namespace', found({ name: 'team-a', deleting: false })),
  ),
  'no Profile, the namespace may not be read': both(
    (here) => here.profiles.clear(),
    answers('kubernetes', 'namespace', NO),
  ),
};
const WISHES: Readonly<Record<string, Partial<DeleteWish>>> = {
  'the Profile': {},
  'with its data': { data: true },
  'with its finalizer': { removeFinalizer: true },
  'and keep the role': { keepRole: true },
};
const deleted = async (wish: Partial<DeleteWish>, change: Change): Promise<readonly string[]> => {
  const here = await made();
  change(here);
  const { facts, around, bucketRegion } = await lookToDelete({ ...AT, ...wish }, here.aws, here.connect);
  return told(planDelete({ ...AT, ...wish }, facts, around, bucketRegion));
};
for (const [what, wish] of Object.entries(WISHES))
  test(`a deletion: ${what}`, async () => {
    const rule = await deleted(wish, () => undefined);
    const lines = [...rule];
    for (const [where, change] of Object.entries(GOING))
      lines.push(`## ${where}`, ...besides(await deleted(wish, change), rule));
    asKept(`plans/delete-${what.replaceAll(/[^a-z]+/gi, '-')}`, lines);
  });

const OURS = (of: string, where: string = cluster.arn) => ({
  'kubeflow-irsa/made-by': 'kubeflow-irsa',
  'kubeflow-irsa/profile': of,
  'kubeflow-irsa/cluster': where,
});
const [HERE, BEFORE] = ['0123456789ABCDEF0123456789ABCDEF', 'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF'];
const other = (name: string, region = 'us-west-2', its = ACCOUNT): string =>
  `arn:aws:eks:${region}:${its}:cluster/${name}`;
const withStatements = (trust: string, ...more: readonly object[]): string => {
  const { Version, Statement } = JSON.parse(trust) as { Version: string; Statement: readonly object[] };
  return JSON.stringify({ Version, Statement: [...Statement, ...more] });
};
const EC2 = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
const GITHUB = {
  Effect: 'Allow',
  Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com` },
  Action: 'sts:AssumeRoleWithWebIdentity',
};
const TRUSTS: Readonly<Record<string, string>> = {
  'one that is gone': trustFor('gone'),
  'two that are gone': trustFor('gone', 'lost'),
  'one of two': trustFor('gone', 'team-a'),
  'one that is there': trustFor('team-a'),
  'a pattern': trustFor('gone').replace('StringEquals', 'StringLike').replace('gone:', 'gone*:'),
  'a name and a pattern': trustFor('gone', 'lost').replace('StringEquals', 'StringLike').replace('lost:', 'l*:'),
  'everybody of the cluster': trustFor('gone').replace(/,?\s*"[^"]*:sub":\s*"[^"]*"/, ''),
  'one of the cluster before': trustFor('gone').replaceAll(HERE, BEFORE),
  'two accounts of one that is gone': withStatements(
    trustFor('gone'),
    ...(JSON.parse(trustFor('gone').replace('default-editor', 'runner')) as { Statement: object[] }).Statement,
  ),
  'a namespace that is no profile': trustFor('apps'),
  'a Profile whose namespace is gone': trustFor('going'),
  'one of both': withStatements(
    trustFor('gone'),
    ...(JSON.parse(trustFor('gone').replaceAll(HERE, BEFORE)) as { Statement: object[] }).Statement,
  ),
  'one, and EC2': withStatements(trustFor('gone'), EC2),
  'one, and GitHub': withStatements(trustFor('gone'), GITHUB),
  'EC2 alone': JSON.stringify({ Version: '2012-10-17', Statement: [EC2] }),
  'another service account': trustFor('gone').replace('default-editor', 'runner'),
  'one on a condition': trustFor('gone').replace(/"StringEquals":\s*\{/, '$&"aws:SourceVpc":"vpc-1",'),
  'one of the cluster before, on a condition': trustFor('gone')
    .replaceAll(HERE, BEFORE)
    .replace(/"StringEquals":\s*\{/, '$&"aws:SourceVpc":"vpc-1",'),
  'what cannot be judged': withStatements(trustFor('gone'), {
    Effect: 'Allow',
    NotPrincipal: { AWS: ACCOUNT },
    Action: '*',
  }),
  nobody: JSON.stringify({ Version: '2012-10-17', Statement: [] }),
};
const MAKERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nobody: {},
  'we, for one that is gone': OURS('gone'),
  'we, for one that is there': OURS('team-a'),
  'we, for nobody': OURS(''),
  'we, on a cluster that is gone': OURS('gone', other('gone')),
  'we, on one that is there': OURS('gone', other('dev2')),
  'we, elsewhere': OURS('gone', other('gone', 'eu-west-1')),
  'we, in another account': OURS('gone', other('gone', 'us-west-2', '444455556666')),
  CloudFormation: { 'aws:cloudformation:stack-name': 'x' },
  'we, by CloudFormation': { ...OURS('gone'), 'aws:cloudformation:stack-name': 'x' },
};
/** Trust policies that need not be tried with all makers, and those with which they are. */
const FEW: ReadonlySet<string> = new Set([
  'two accounts of one that is gone',
  'a namespace that is no profile',
  'a Profile whose namespace is gone',
  'one of the cluster before, on a condition',
]);
const OFTEN: ReadonlySet<string> = new Set(['nobody', 'we, for one that is gone', 'we, for one that is there']);
const left = async (change: Change): Promise<readonly string[]> => {
  const here = await made();
  here.providers.set(PROVIDER.replace(HERE, BEFORE), {
    arn: PROVIDER.replace(HERE, BEFORE),
    clientIds: [],
    tags: OURS('', other('gone')),
  });
  Object.assign(here.aws, { clusterNames: () => Promise.resolve(found(['dev', 'dev2'])) });
  here.namespaces.set('apps', { name: 'apps', deleting: false, owned: false });
  here.profiles.set('going', newProfile('going', 'a@example.com', '', true));
  change(here);
  const { items, unread } = await lookForLeftovers(cluster, here.aws, here.kubernetes);
  return [
    ...items.map(
      ({ id, since, title, evidence, changes, byHand }) =>
        `${id}${since ?? ''}: ${title}: ${evidence} ${changes.map(({ ref, after }) => `${ref.kind}${after === undefined ? ' goes' : ` ${JSON.stringify(after).length}`}`).join(', ')}${byHand === undefined ? '' : ` by hand: ${byHand}`}`,
    ),
    ...unread,
  ];
};
const putRole =
  (name: string, trustPolicy: string, tags: Readonly<Record<string, string>>, more: Partial<Role> = {}): Change =>
  (here) =>
    void here.roles.set(name, {
      arn: arnOf(name),
      name,
      trustPolicy,
      tags,
      attached: [],
      inline: [{ name: 'kf-pipeline-s3', text: policyFor('gone') }],
      ...more,
    });
test('roles that are left over, by whom they let in and who made them', async () => {
  const rule = await left(() => undefined);
  const lines = [...rule];
  for (const [who, trustPolicy] of Object.entries(TRUSTS))
    for (const [by, tags] of Object.entries(MAKERS).filter(([by]) => !FEW.has(who) || OFTEN.has(by)))
      lines.push(`## lets in ${who}, made by ${by}`, ...besides(await left(putRole('one', trustPolicy, tags)), rule));
  asKept('plans/leftover-roles', lines);
});
test('what else is left over', async () => {
  const associate =
    (namespace: string, more: Partial<PodIdentity> = {}): Change =>
    (here) =>
      void here.associations.set(`a-${namespace}`, {
        namespace,
        serviceAccount: 'default-editor',
        roleArn: arnOf('x'),
        tags: {},
        ...more,
      });
  const gone = putRole('one', trustFor('gone'), OURS('gone'));
  const data: Change = (here) => void here.objects.set('gone/x', 'text');
  const WORLDS: Readonly<Record<string, Change>> = {
    'a role that was used': putRole('one', trustFor('gone'), OURS('gone'), {
      lastUsed: '2026-01-02T03:04:05Z',
      created: '2025-01-01T00:00:00Z',
    }),
    'a role of an instance': putRole('one', trustFor('gone'), OURS('gone'), { instanceProfiles: ['x'] }),
    'a role without policies': putRole('one', trustFor('gone'), OURS('gone'), { inline: [] }),
    'a role with two policies': putRole('one', trustFor('gone'), OURS('gone'), {
      attached: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    }),
    'the data of a profile': both(gone, data),
    'the data of all of a bucket': both(
      putRole('one', trustFor('gone'), OURS('gone'), { inline: [{ name: 'p', text: level('bucket') }] }),
      data,
    ),
    'the data that a role reads': both(
      putRole('one', trustFor('gone'), OURS('gone'), {
        inline: [{ name: 'kf-pipeline-s3', text: level('read-only') }],
      }),
      data,
    ),
    'data that another role is for': both(gone, data, putRole('two', trustFor('gone'), OURS('gone', other('dev2')))),
    'data that another role lets in': both(gone, data, putRole('two', withStatements(trustFor('gone'), EC2), {})),
    'the data of a profile whose role lets in another account, too': both(
      putRole('one', TRUSTS['two accounts of one that is gone'] ?? '', {}),
      data,
    ),
    'the data of another profile, to which its role is for': both(
      putRole('one', trustFor('gone'), OURS('gone'), {
        inline: [{ name: 'kf-pipeline-s3', text: policyFor('team-b') }],
      }),
      data,
      (here) => void here.objects.set('team-b/x', 'text'),
    ),
    'a role in a grant, and another that goes': both(
      gone,
      putRole('two', trustFor('lost'), OURS('lost')),
      grant(arnOf('one'), arnOf(NAME)),
    ),
    'data twice': both(gone, data, putRole('two', trustFor('gone'), OURS('gone'))),
    'a role in a grant': both(gone, grant(arnOf('one'), arnOf(NAME), arnOf('nobody'))),
    'a grant of one that is gone alone': both(gone, grant(arnOf('one'))),
    'a grant of somebody': both(
      grant(arnOf('nobody')),
      account('other/profiles-controller-service-account', arnOf('controller')),
      (here) => void here.accounts.delete('kubeflow/profiles-controller-service-account'),
    ),
    'an annotation': account('apps/x', arnOf('nobody')),
    'an annotation of a profile': account('team-a/default-editor', arnOf('nobody')),
    'an annotation of another account in a profile': account('team-a/x', arnOf('nobody')),
    'an annotation of another AWS account': account('apps/x', arnOf('nobody').replace(ACCOUNT, '444455556666')),
    'an annotation that is no ARN': account('apps/x', 'x'),
    'settings of no profile': map('apps', {}, { 'kubeflow-irsa/made-by': 'kubeflow-irsa' }),
    'settings of somebody': map('apps', {}),
    'settings of a profile': map('team-a', {}, { 'kubeflow-irsa/made-by': 'kubeflow-irsa' }),
    'an association': associate('gone'),
    'an association of an add-on': associate('gone', { ownerArn: 'arn:x' }),
    'an association with a target': associate('gone', { targetRoleArn: 'arn:x' }),
    'an association of us': associate('gone', { tags: OURS('gone') }),
    'an association of eksctl': associate('gone', { tags: { 'alpha.eksctl.io/cluster-name': 'dev' } }),
    'an association of a profile': associate('team-a'),
    'a provider that is trusted': putRole('one', withStatements(trustFor('gone').replaceAll(HERE, BEFORE), EC2), {}),
    'a provider of nobody': (here) =>
      void here.providers.set(PROVIDER.replace(HERE, BEFORE), { arn: PROVIDER.replace(HERE, BEFORE), clientIds: [] }),
    'a provider of this cluster, before': (here) =>
      void here.providers.set(PROVIDER.replace(HERE, BEFORE), {
        arn: PROVIDER.replace(HERE, BEFORE),
        clientIds: [],
        tags: OURS('', cluster.arn),
      }),
    'our own provider': (here) =>
      void here.providers.set(PROVIDER, { arn: PROVIDER, clientIds: [], tags: OURS('', cluster.arn) }),
  };
  const rule = await left(() => undefined);
  const lines = [...rule];
  for (const [name, change] of Object.entries(WORLDS)) lines.push(`## ${name}`, ...besides(await left(change), rule));
  const UNREAD: readonly (readonly ['aws' | 'kubernetes', string])[] = [
    ['aws', 'clusterNames'],
    ['aws', 'rolesPage'],
    ['aws', 'oidcProviders'],
    ['aws', 'podIdentityAssociations'],
    ['aws', 'podIdentity'],
    ['kubernetes', 'list'],
    ['kubernetes', 'profiles'],
    ['kubernetes', 'serviceAccounts'],
    ['kubernetes', 'configMaps'],
  ];
  const all = both(gone, data, grant(arnOf('nobody')), account('apps/x', arnOf('nobody')), associate('gone'));
  const every = await left(all);
  for (const [side, call] of UNREAD)
    for (const reading of [NO, CUT])
      lines.push(`## ${call} ${reading.state}`, ...besides(await left(both(all, answers(side, call, reading))), every));
  asKept('plans/leftovers', lines);
});
