// The plan of a profile for each wish in each state of what is there: what is told beside what is told as a rule, and for each state the whole
// review of one wish. Kept in test/fixtures/told/plans.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOT_READ, type Facts } from '../../src/core/facts.ts';
import type { KmsKey, Profile, Role } from '../../src/core/observation.ts';
import { blockers } from '../../src/core/plan/plan.ts';
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
const CUT_NOT_READ = failed('it was not read', NOT_READ);
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

/** Settings of a role that are chosen, by what the role has. Its settings are known where sessions and description are. */
const CHOSEN: Readonly<Record<string, Partial<Request>>> = {
  nothing: {},
  'a boundary': { boundary: EDGE },
  'another boundary': { boundary: `${EDGE}-2` },
  'a boundary of another account': { boundary: EDGE.replace(ACCOUNT, '444455556666') },
  'no boundary': { boundary: null },
  'sessions of an hour': { maxSession: 3600 },
  'sessions of two hours': { maxSession: 7200 },
  'a tag': { tags: { team: 'x' } },
  'a tag of another value, and one less': { tags: { team: 'y', cost: null } },
  'a tag in another case': { tags: { Team: 'x' } },
  ...Object.fromEntries(
    [46, 47, 50, 51].map((count) => [
      `${count} tags`,
      { tags: Object.fromEntries(Array.from({ length: count }, (_, at) => [`t${at}`, ''])) },
    ]),
  ),
};
const HAS: Readonly<Record<string, Readings['roles']>> = {
  'no role': { [NAME]: absent, [OWN]: absent },
  'a role whose settings were not read': base.roles,
  'a role with all of them': withRole({
    boundary: EDGE,
    maxSession: 3600,
    description: 'x',
    tags: { team: 'x', cost: '1' },
  }).roles,
  'a role with long sessions': withRole({ maxSession: 7200, description: '', tags: { team: 'y' } }).roles,
  'a role with tags in two cases': withRole({ tags: { team: 'x', Team: 'x' } }).roles,
  'a role that may not be read': { [NAME]: NO, [OWN]: absent },
};
test('settings of a role that are chosen', () => {
  const lines: string[] = [];
  const boundaries: Readonly<Record<string, Reading<unknown>>> = {
    ', which is not there': absent,
    ', which may not be read': NO,
    ', which is not answered': CUT,
    ', which was not read': CUT_NOT_READ,
  };
  for (const [has, roles] of Object.entries(HAS)) {
    const facts = factsFrom('team-x', { ...base, roles });
    const says = (wish: Partial<Request>, boundary: Reading<unknown> = found({ arn: EDGE })) => {
      const get: Facts['get'] = (ref) => (ref.kind === 'iam/policy' ? (boundary as never) : facts.get(ref));
      const { reads = [], ...its } = planProfile(requestFor('team-x', wish), { ...facts, get });
      const texts = its.changes
        .filter(({ ref }) => ref.kind.startsWith('iam/role') && ref.kind !== 'iam/role-policy')
        .map(({ ref, before, after }) => {
          const { tags, boundary: edge, maxSession } = (after ?? {}) as Partial<Role>;
          return ref.kind === 'iam/role'
            ? `makes ${JSON.stringify({ tags: tags && Object.keys(tags).length, edge, maxSession })}`
            : `${ref.kind} ${ref.key}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`;
        });
      // Of many tags it is enough that there are so many.
      const lines = [...told({ ...its, reads }), ...texts].filter((line) => !/\bt\d+\b/.test(line));
      return [...lines, `reads ${reads.filter((one) => /olicy/.test(one)).join(' ')}`];
    };
    const rule = says({});
    lines.push(`# ${has}`, ...besides(rule, usual));
    for (const [what, wish] of Object.entries(CHOSEN))
      if (what !== 'nothing') lines.push(`## ${what}`, ...besides(says(wish), rule));
    for (const [how, boundary] of Object.entries(boundaries))
      if (has === 'no role') lines.push(`## a boundary${how}`, ...besides(says({ boundary: EDGE }, boundary), rule));
  }
  asKept('plans/create-settings', lines);
});

test('the size of a trust policy that is changed: at what IAM takes, and above', () => {
  const tags = {
    'kubeflow-irsa/made-by': 'kubeflow-irsa',
    'kubeflow-irsa/profile': 'team-x',
    'kubeflow-irsa/cluster': cluster.arn,
  };
  // Lets in nobody yet: what stays of it is a Deny.
  const padded = (length: number): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Sid: 'x'.repeat(length), Effect: 'Deny', Principal: { AWS: arnOf('x') }, Action: 'sts:AssumeRole' },
      ],
    });
  const says = (length: number): readonly string[] => {
    const plan = planProfile(
      requestFor('team-x'),
      factsFrom('team-x', withRole({ trustPolicy: padded(length), tags })),
    );
    return told(plan).filter((line) => /characters/.test(line));
  };
  const [said = ''] = says(3_000);
  const size = Number(/(\d+) characters/.exec(said)?.[1]);
  const at = (wanted: number): string => says(3_000 + wanted - size).join();
  assert.equal(at(2_048), '');
  assert.match(at(2_049), /^! The trust policy will have 2049 characters/);
  assert.match(at(4_096), /^! The trust policy will have 4096 characters/);
  assert.match(at(4_097), /^blocked \(role\) .* would have 4097 characters, and IAM takes 4096 at most/);
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

test('a place that somebody chose for the profile stays, unless another is chosen', () => {
  const its = policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'prefix', undefined, 'teams/team-x/'));
  const state = withRole({ inline: [{ name: 'kf-pipeline-s3', text: its }] });
  const places = (wish: Partial<Request>): readonly string[] =>
    [...JSON.stringify(plan(wish, state).changes).matchAll(/arn:aws:s3:::artifacts\/([^"\\]*)\*/g)].flatMap(
      ([, place]) => place ?? [],
    );
  assert.deepEqual([...new Set(places({}))], ['teams/team-x/']);
  assert.deepEqual([...new Set(places({ prefix: 'x/team-x/' }))], ['teams/team-x/', 'x/team-x/']);
});

test('a role that a tag says is of the profile, and that is not its own, is not told as one that is left', () => {
  const tags = { 'kubeflow-irsa/made-by': 'kubeflow-irsa', 'kubeflow-irsa/profile': 'team-x' };
  const left = (where: string): readonly string[] =>
    told(
      plan(
        {},
        { ...withRole({ tags: { ...tags, 'kubeflow-irsa/cluster': where } }), profile: absent, namespace: absent },
      ),
    ).filter((line) => /KP-080/.test(line));
  assert.equal(left(cluster.arn).length, 1);
  assert.deepEqual(left(`${cluster.arn}-2`), []);
});

test('a new user who can be none is told as one of where it was to be made', () => {
  for (const [newUser, id] of [
    [{ in: 'dex' }, 'dex-user'],
    [{ in: 'cognito', pool: 'us-west-2_x' }, 'cognito-user'],
  ] as const)
    assert.deepEqual(
      blockers(plan({ owner: 'no address', newUser }, base)).flatMap((one) => (/user/.test(one.id) ? [one.id] : [])),
      [id],
    );
});

test('a role that a person chose stops the plan where it is for others, and no other is taken in its place', () => {
  const state = STATES['a Profile with another role, which is for others'] as Readings;
  const lines = told(plan({ roleName: 'theirs' }, state));
  assert.equal(lines.filter((line) => /^blocked \(role\) /.test(line)).length, 1);
  assert.deepEqual(
    lines.filter((line) => /a role of its own\.$/.test(line)),
    [],
  );
});
