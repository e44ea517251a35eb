// The plan of a profile for each wish in each state of what is there: what is told beside what is told as a rule, and for each state the whole
// review of one wish. Kept in test/fixtures/told/plans.
import { test } from 'node:test';
import type { KmsKey, Profile, Role } from '../../src/core/observation.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { reviewText } from '../../src/core/plan/review.ts';
import { permissionsPolicy, policyText } from '../../src/core/policy/build.ts';
import { keyStatement } from '../../src/core/policy/key.ts';
import { newProfile, ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found, type Reading } from '../../src/core/reading.ts';
import type { Request } from '../../src/core/request.ts';
import { asKept, besides, told } from './told.ts';
import { ACCOUNT, arnOf, cluster, factsFrom, PROVIDER, requestFor, trustFor, type Readings } from './world.ts';

const [NAME, OWN] = ['team-x-dev-role', 'team-x-dev-own-role'];
const EDGE = `arn:aws:iam::${ACCOUNT}:policy/edge`;
const KEY = `arn:aws:kms:us-west-2:${ACCOUNT}:key/0`;
const policy = (key?: string): string => policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'prefix', key));
const role = (change: Partial<Role> = {}): Role => ({
  arn: arnOf(NAME),
  name: NAME,
  trustPolicy: trustFor('team-x'),
  tags: {},
  inline: [{ name: 'kf-pipeline-s3', text: policy() }],
  attached: [],
  ...change,
});
const NO = denied('a:Permission', 'No.');
const CUT = failed('it broke off');
const base: Readings = {
  caller: found({ account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/admin` }),
  cluster: found(cluster),
  api: found({ connection: 'kubeconfig context dev', profileVersions: ['v1', 'v1beta1'] }),
  bucket: found({ name: 'artifacts', region: 'us-west-2', accessible: true }),
  provider: found({ arn: PROVIDER, clientIds: ['sts.amazonaws.com'] }),
  roles: { [NAME]: found(role()), [OWN]: absent },
  profile: found(newProfile('team-x', 'team-x@example.com', arnOf(NAME), true)),
  namespace: found({ name: 'team-x', owner: 'team-x@example.com', deleting: false }),
  serviceAccount: found({
    namespace: 'team-x',
    name: 'default-editor',
    annotations: { [ROLE_ANNOTATION]: arnOf(NAME) },
  }),
  configMaps: {
    'kfp-launcher': found({
      namespace: 'team-x',
      name: 'kfp-launcher',
      data: { defaultPipelineRoot: 's3://artifacts/team-x/v2/artifacts' },
    }),
  },
  pipelines: found('ghcr.io/kubeflow/kfp-api-server:2.16.0'),
  controller: { image: found('ghcr.io/kubeflow/kubeflow/profile-controller:v1.10.0') },
  namers: found(new Map()),
};
const nothing: Readings = {
  ...base,
  ...{ provider: absent, roles: { [NAME]: absent, [OWN]: absent }, profile: absent, namespace: absent },
  ...{ serviceAccount: absent, configMaps: {} },
};
const withRole = (change: Partial<Role>): Readings => ({
  ...base,
  roles: { [NAME]: found(role(change)), [OWN]: absent },
});
const reading = (its: Reading<Role>): Readings => ({ ...base, roles: { [NAME]: its, [OWN]: absent } });
/** A trust policy of so many characters, beside which others are let in. */
const long = (size: number): string => {
  const make = (more: number) => trustFor('team-x', `t${'e'.repeat(more)}am`);
  const short = JSON.stringify(JSON.parse(make(0))).replace(/\s/g, '').length;
  return make(Math.max(0, size - short));
};
const encrypted = (key: Partial<KmsKey>, its?: string): Readings => ({
  ...base,
  encryption: found({ algorithm: 'aws:kms', key: KEY }),
  key: [KEY, found({ arn: KEY, state: 'Enabled', managedByAws: false, symmetric: true, ...key })],
  ...(its === undefined
    ? {}
    : { roles: { [NAME]: found(role({ inline: [{ name: 'kf-pipeline-s3', text: its }] })), [OWN]: absent } }),
});
const keyPolicy = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });
const root = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' };
const withProfile = (change: Partial<Profile>): Readings => ({
  ...base,
  profile: found({ ...newProfile('team-x', 'team-x@example.com', arnOf(NAME), true), ...change }),
});
const launcher = (data: Readonly<Record<string, string>>, image?: Reading<string>): Readings => ({
  ...base,
  configMaps: { 'kfp-launcher': found({ namespace: 'team-x', name: 'kfp-launcher', data }) },
  ...(image === undefined ? {} : { pipelines: image }),
});
const PROVIDERS =
  's3:\n  default:\n    region: eu-central-1\n    endpoint: s3.eu-central-1.amazonaws.com\n    credentials:\n      fromEnv: true\n';

const STATES: Readonly<Record<string, Readings>> = {
  'all is there': base,
  'nothing is there': nothing,
  'nothing is there, and the account is another': {
    ...nothing,
    caller: found({ account: '444455556666', arn: 'arn:aws:iam::444455556666:user/x' }),
  },
  'the cluster may not be read': { ...base, cluster: NO },
  'the cluster is not ready': { ...base, cluster: found({ ...cluster, status: 'CREATING' }) },
  'Kubernetes does not answer': { ...base, api: CUT },
  'Kubeflow is not installed': { ...base, api: found({ connection: 'kubeconfig context dev', profileVersions: [] }) },
  'no bucket': { ...base, bucket: absent },
  'no bucket, nothing else': { ...nothing, bucket: absent },
  'a bucket that may not be read': { ...base, bucket: NO },
  'a bucket in another region': {
    ...base,
    bucket: found({ name: 'artifacts', region: 'eu-central-1', accessible: true }),
  },
  'the role may not be read': reading(NO),
  'the role is not answered': reading(CUT),
  'no role': reading(absent),
  'a role with a boundary': withRole({ boundary: EDGE }),
  'a role with sessions of two hours': withRole({ maxSession: 7200 }),
  'a role with tags': withRole({ tags: { team: 'x', 'aws:cloudformation:stack-name': 'ml' } }),
  'a role with more policies': withRole({
    inline: [
      { name: 'kf-pipeline-s3', text: policy() },
      { name: 'more', text: policy() },
    ],
    attached: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
  }),
  'a role whose policies are not all listed': withRole({ unread: ['iam:ListRolePolicies'] }),
  'a role without policies': withRole({ inline: [] }),
  'a role that read another place before': withRole({
    inline: [
      {
        name: 'kf-pipeline-s3',
        text: policyText(
          permissionsPolicy('aws', 'artifacts', 'team-x', 'prefix', undefined, undefined, {
            bucket: 'old',
            prefix: 'a/',
          }),
        ),
      },
    ],
  }),
  'a role with a key': withRole({ inline: [{ name: 'kf-pipeline-s3', text: policy(KEY) }] }),
  'a role for two': withRole({ trustPolicy: trustFor('team-x', 'team-y') }),
  'a role for two, and nobody may list the Profiles': {
    ...withRole({ trustPolicy: trustFor('team-x', 'team-y') }),
    namers: NO,
  },
  'a role for somebody else': withRole({ trustPolicy: trustFor('team-y') }),
  'a role for somebody else, of ours': withRole({
    trustPolicy: trustFor('team-y'),
    tags: {
      'kubeflow-irsa/made-by': 'kubeflow-irsa',
      'kubeflow-irsa/profile': 'team-x',
      'kubeflow-irsa/cluster': cluster.arn,
    },
  }),
  'a role that others name': { ...base, namers: found(new Map([[arnOf(NAME), ['team-x', 'team-y']]])) },
  'a trust policy that is no JSON': withRole({ trustPolicy: '{' }),
  'a trust policy that is long': withRole({ trustPolicy: long(2048) }),
  'a role with a trust policy that is longer, and stays': withRole({ trustPolicy: long(2600) }),
  'a role with a trust policy that is longer, and is changed': withRole({
    trustPolicy: long(2600).replace('sts.amazonaws.com', 'vault'),
  }),
  'no provider': { ...base, provider: absent },
  'a provider without the audience': { ...base, provider: found({ arn: PROVIDER, clientIds: ['x'] }) },
  'a provider that may not be read': { ...base, provider: NO },
  'no Profile': { ...base, profile: absent },
  'no Profile, a namespace of nobody': {
    ...base,
    profile: absent,
    namespace: found({ name: 'team-x', deleting: false }),
  },
  'a Profile of another owner': withProfile({ spec: { owner: { kind: 'User', name: 'y@example.com' } } }),
  'a Profile without a plugin': withProfile({ spec: { owner: { kind: 'User', name: 'team-x@example.com' } } }),
  'a Profile whose role the controller edits': {
    ...base,
    profile: found(newProfile('team-x', 'team-x@example.com', arnOf(NAME), false)),
  },
  'a Profile with another role': {
    ...base,
    profile: found(newProfile('team-x', 'team-x@example.com', arnOf('theirs'), true)),
    roles: { [NAME]: absent, [OWN]: absent, theirs: found(role({ name: 'theirs', arn: arnOf('theirs') })) },
  },
  'a Profile with another role, which is for others': {
    ...base,
    profile: found(newProfile('team-x', 'team-x@example.com', arnOf('theirs'), true)),
    roles: {
      [NAME]: absent,
      [OWN]: absent,
      theirs: found(role({ name: 'theirs', arn: arnOf('theirs'), trustPolicy: trustFor('team-y') })),
    },
  },
  'a namespace that goes': { ...base, namespace: found({ name: 'team-x', owner: 'x', deleting: true }) },
  'a namespace that may not be read': { ...base, namespace: NO },
  'no annotation': {
    ...base,
    serviceAccount: found({ namespace: 'team-x', name: 'default-editor', annotations: {} }),
  },
  'a service account that may not be read': { ...base, serviceAccount: NO },
  'pipelines elsewhere': launcher({ defaultPipelineRoot: 's3://other/x' }),
  'pipelines elsewhere, of an older release': launcher(
    { defaultPipelineRoot: 's3://other/x', providers: PROVIDERS },
    found('ghcr.io/kubeflow/kfp-api-server:2.0.5'),
  ),
  'pipelines elsewhere, of no release': launcher(
    { defaultPipelineRoot: 's3://artifacts/x', providers: PROVIDERS },
    found('registry.example.com/pipelines@sha256:0'),
  ),
  'pipelines elsewhere, of a new release': launcher(
    { defaultPipelineRoot: 's3://artifacts/x', providers: PROVIDERS },
    found('ghcr.io/kubeflow/kfp-api-server:2.17.0'),
  ),
  'pipelines are not installed': { ...base, pipelines: absent },
  'pipelines may not be read': { ...base, configMaps: { 'kfp-launcher': NO }, pipelines: NO },
  'encryption may not be read': { ...base, encryption: NO },
  'encryption may not be read, a role with a key': {
    ...withRole({ inline: [{ name: 'kf-pipeline-s3', text: policy(KEY) }] }),
    encryption: NO,
  },
  'encryption is not answered': { ...base, encryption: CUT },
  'keys of S3': { ...base, encryption: found({ algorithm: 'AES256' }) },
  'a key': encrypted({ policy: keyPolicy(root) }),
  'a key, which the role has': encrypted({ policy: keyPolicy(root) }, policy(KEY)),
  'a key without a policy': encrypted({ unread: 'kms:GetKeyPolicy' }),
  'a key of AWS': encrypted({ managedByAws: true }),
  'a key that is off': encrypted({ state: 'Disabled' }),
  'a key that goes': encrypted({ state: 'PendingDeletion', deletion: '2026-12-24T00:00:00Z' }),
  'a key for signatures': encrypted({ symmetric: false }),
  'a key for others': encrypted({ policy: keyPolicy() }),
  'a key for the role': encrypted({ policy: keyPolicy(keyStatement(KEY, arnOf(NAME), 'prefix')) }),
  'a key that refuses': encrypted({ policy: keyPolicy(root, { ...root, Effect: 'Deny', Principal: '*' }) }),
  'a key on a condition': encrypted({
    policy: keyPolicy({ ...root, Condition: { StringEquals: { 'aws:SourceVpc': 'v' } } }),
  }),
  'a key of another account': encrypted({ arn: KEY.replace(ACCOUNT, '444455556666') }),
  'a key that may not be read': { ...encrypted({}), key: [KEY, NO] },
  'a key that is not answered': { ...encrypted({}), key: [KEY, CUT] },
  'a key that is not there': { ...encrypted({}), key: [KEY, absent] },
  'a key, and no role yet': {
    ...encrypted({ policy: keyPolicy(root) }),
    ...{ roles: { [NAME]: absent, [OWN]: absent } },
  },
  'a key, and the role may not be read': {
    ...encrypted({ policy: keyPolicy(root) }),
    ...{ roles: { [NAME]: NO, [OWN]: absent } },
  },
  'a key in another region': {
    ...base,
    encryption: found({ algorithm: 'aws:kms', key: KEY.replace('us-west-2', 'eu-central-1') }),
  },
};
const WISHES: Readonly<Record<string, Partial<Request>>> = {
  'as it is': {},
  'reading alone': { access: 'read-only' },
  'all of the bucket': { access: 'bucket' },
  'a boundary': { boundary: EDGE },
  'no boundary': { boundary: null },
  'sessions of an hour': { maxSession: 3600 },
  'sessions of two hours': { maxSession: 7200 },
  'a tag, and one less': { tags: { team: 'y', cost: null } },
  'the place before': { former: { bucket: 'before', prefix: 'b/' } },
  'no place before': { former: null },
  'another name': { roleName: 'mine' },
  'a path': { rolePath: '/teams/' },
  'a bucket that is made': { createBucket: true },
  'a bucket that is made with a key': { createBucket: true, bucketKey: KEY },
  'artifacts stay': { leaveArtifacts: true },
  'another prefix': { prefix: 'teams/x/' },
  'the controller edits': { annotateOnly: false },
  'the controller edits, and may': { annotateOnly: false, grantController: true },
  'a namespace of nobody': { adoptNamespace: true },
};
/** Those that are tried in each state. */
const OFTEN = ['reading alone', 'no boundary', 'no place before', 'another name', 'a bucket that is made'];
const plan = (wish: Partial<Request>, state: Readings) =>
  planProfile(requestFor('team-x', wish), factsFrom('team-x', { ...state, roles: { mine: absent, ...state.roles } }));

const rules = Object.entries(WISHES).map(([what, wish]) => [what, wish, told(plan(wish, base))] as const);
const usual = told(plan({}, base));
test('what is planned for each wish', () =>
  asKept(
    'plans/create',
    rules.flatMap(([what, , rule]) => [`# ${what}`, ...besides(rule, usual)]),
  ));

const GROUPS = ['role', 'key', 'bucket', 'Profile', 'pipelines', 'other'] as const;
const groupOf = (where: string): string => GROUPS.find((one) => where.includes(one)) ?? 'other';
for (const group of GROUPS)
  test(`what is planned in each state: ${group}`, () => {
    const lines: string[] = [];
    for (const [where, state] of Object.entries(STATES).filter(([one]) => groupOf(one) === group)) {
      const its = told(plan({}, state));
      lines.push(`## ${where}`, ...besides(its, usual));
      for (const [what, wish, rule] of rules.filter(([what]) => OFTEN.includes(what))) {
        // Of what is said in this state, and said of this wish, nothing is said again.
        const known = new Set([...its, ...rule]);
        const news = told(plan(wish, state)).filter((line) => !known.has(line));
        if (news.length > 0) lines.push(`with ${what}:`, ...news.map((line) => `  ${line}`));
      }
    }
    asKept(`plans/create-${group}`, lines);
  });

test('how a plan is shown, in each state', () =>
  asKept(
    'plans/reviews',
    [
      'nothing is there',
      'no bucket, nothing else',
      'a role for two',
      'no provider',
      'pipelines elsewhere',
      'the role may not be read',
      'all is there',
    ]
      .map((where) => [where, STATES[where] as Readings] as const)
      .flatMap(([where, state]) => [
        `##### ${where}`,
        ...reviewText(plan(where.startsWith('no bucket') ? { createBucket: true } : {}, state)).split('\n'),
      ]),
  ));
