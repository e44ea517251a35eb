/** What is said about a profile, from what was read. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { artifacts, writesElsewhere } from '../../src/core/modes/artifacts.ts';
import { saying } from '../../src/core/phrase.ts';
import { writablePlaces } from '../../src/core/modes/uses.ts';
import { fingerprint, judgeProfile, type StateKind } from '../../src/core/modes/live.ts';
import type { ListedProfile, ProfileView } from '../../src/core/modes/view.ts';
import { trustWords, trustWordsOn } from '../../src/core/modes/trust/live.ts';
import type { Cluster, Role } from '../../src/core/observation.ts';
import { placeText } from '../../src/core/policy/rights.ts';
import { permissionsPolicy, policyText, providerArn, trustPolicy } from '../../src/core/policy/build.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found } from '../../src/core/reading.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const LONG_AGO = '2026-01-01T00:00:00Z';
const JUST_NOW = '2026-11-23T11:59:30Z';
const ISSUER = 'https://oidc.eks.us-west-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E';
const PROVIDER = providerArn('aws', '111122223333', ISSUER);
const ROLE = 'arn:aws:iam::111122223333:role/team-a-role';

/** A cluster whose issuer is not known yet. */
const starting: Cluster = {
  name: 'dev',
  region: 'us-west-2',
  arn: 'arn:aws:eks:us-west-2:111122223333:cluster/dev',
  account: '111122223333',
  partition: 'aws',
  status: 'ACTIVE',
  version: '1.36',
  endpoint: 'https://127.0.0.1:1',
};
const cluster: Cluster = { ...starting, issuer: ISSUER };
const profile: ListedProfile = {
  ...newProfile('team-a', 'alice@example.com', ROLE, true),
  created: LONG_AGO,
  finalizers: [],
};
const role: Role = {
  arn: ROLE,
  name: 'team-a-role',
  trustPolicy: policyText(trustPolicy(PROVIDER, ISSUER, 'team-a')),
  tags: {},
  inline: [{ name: 'kf-pipeline-s3', text: policyText(permissionsPolicy('aws', 'artifacts', 'team-a', 'prefix')) }],
  attached: [],
};
const account = (annotations: Record<string, string>) =>
  found({ namespace: 'team-a', name: 'default-editor', annotations });
const right: ProfileView = {
  cluster,
  provider: found({ arn: PROVIDER, clientIds: ['sts.amazonaws.com'] }),
  profile,
  namespace: found({ name: 'team-a', owner: 'alice@example.com', deleting: false }),
  serviceAccount: account({ 'eks.amazonaws.com/role-arn': ROLE }),
  launcher: found({
    namespace: 'team-a',
    name: 'kfp-launcher',
    data: { defaultPipelineRoot: 's3://artifacts/team-a/v2' },
  }),
  role: found(role),
  sharedWith: [],
};
const withTrust = (trust: unknown): Partial<ProfileView> => ({
  role: found({ ...role, trustPolicy: JSON.stringify(trust) }),
});
const statement = (change: object) => ({
  Version: '2012-10-17',
  Statement: [{ ...trustPolicy(PROVIDER, ISSUER, 'team-a').Statement[0], ...change }],
});
const issuerPath = ISSUER.slice('https://'.length);
const plugin = (spec: object): Partial<ProfileView> => ({
  profile: { ...profile, spec: { ...profile.spec, plugins: [{ kind: 'AwsIamForServiceAccount', ...spec }] } },
});

/** A role of ours, with further tags, and a Profile of the same name, made at these times. */
const usedAgain = (
  tags: Readonly<Record<string, string>>,
  made: string,
  profileMade: string,
): Partial<ProfileView> => ({
  role: found({
    ...role,
    created: made,
    tags: {
      'kubeflow-irsa/made-by': 'kubeflow-irsa',
      'kubeflow-irsa/profile': 'team-a',
      'kubeflow-irsa/cluster': right.cluster.arn,
      ...tags,
    },
  }),
  profile: { ...profile, created: profileMade },
});

const cases: readonly {
  readonly name: string;
  readonly change: Partial<ProfileView>;
  readonly state: StateKind;
  readonly words: string | RegExp;
  readonly problems?: readonly string[];
  readonly remarks?: readonly string[];
}[] = [
  { name: 'all is right', change: {}, state: 'not-verified', words: 'not verified' },
  { name: 'role not read yet', change: { role: undefined }, state: 'reading', words: 'reading…' },
  {
    name: 'role may not be read',
    change: { role: denied('iam:GetRole', 'no') },
    state: 'cannot-read',
    words: 'cannot read: iam:GetRole',
  },
  {
    name: 'role could not be read',
    change: { role: failed('timeout') },
    state: 'cannot-read',
    words: 'cannot read the role',
  },
  {
    name: 'launcher may not be read: IRSA does not depend on it',
    change: { launcher: denied('list configmaps', 'no') },
    state: 'not-verified',
    words: 'not verified',
  },
  {
    name: 'a name that is used again by somebody else: its role is older than the Profile',
    change: usedAgain({ 'kubeflow-irsa/owner': 'former@example.com' }, '2025-06-01T00:00:00Z', '2025-06-01T03:00:00Z'),
    state: 'not-verified',
    words: 'not verified',
    remarks: ['KP-080'],
  },
  {
    name: 'a name that is used again, and nobody knows by whom',
    change: usedAgain({}, '2025-06-01T00:00:00Z', '2025-06-03T00:00:00Z'),
    state: 'not-verified',
    words: 'not verified',
    remarks: ['KP-080'],
  },
  {
    name: 'a Profile that was made again for the same owner',
    change: usedAgain({ 'kubeflow-irsa/owner': 'alice@example.com' }, '2025-06-01T00:00:00Z', '2025-07-01T00:00:00Z'),
    state: 'not-verified',
    words: 'not verified',
  },
  {
    name: 'a profile that was handed over',
    change: usedAgain({ 'kubeflow-irsa/owner': 'former@example.com' }, '2025-06-01T00:00:00Z', '2025-06-01T00:00:10Z'),
    state: 'not-verified',
    words: 'not verified',
  },
  { name: 'role is gone', change: { role: absent }, state: 'problems', words: '1 problem', problems: ['KP-086'] },
  {
    name: 'no plugin',
    change: { ...plugin({ kind: 'Other' }), serviceAccount: account({}) },
    state: 'problems',
    words: /problem/,
    problems: ['KP-002'],
  },
  {
    name: 'plugin without a role',
    change: { ...plugin({ spec: {} }), serviceAccount: account({}), role: absent },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-003'],
  },
  {
    name: 'quoted annotateOnly',
    change: plugin({ spec: { awsIamRole: ROLE, annotateOnly: 'true' } }),
    state: 'problems',
    words: '1 problem',
    problems: ['KP-006'],
  },
  {
    name: 'a Profile of another shape',
    change: { profile: { ...profile, malformed: 'spec.plugins is not a list.' } },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-015'],
  },
  {
    name: 'no OIDC provider',
    change: { provider: absent },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-025'],
  },
  {
    name: 'no OIDC provider that is known to be needed',
    change: { cluster: starting, provider: absent },
    state: 'not-verified',
    words: 'not verified',
  },
  {
    name: 'provider without the audience',
    change: { provider: found({ arn: PROVIDER, clientIds: ['sts.amazonaws.com '] }) },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-027'],
  },
  {
    name: 'namespace of somebody else',
    change: { namespace: found({ name: 'team-a', owner: 'bob@example.com', deleting: false }) },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-014'],
  },
  {
    name: 'namespace that was there before',
    change: { namespace: found({ name: 'team-a', deleting: false }) },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-013'],
  },
  {
    name: 'service account with another role',
    change: {
      serviceAccount: account({ 'eks.amazonaws.com/role-arn': `${ROLE}-2` }),
      role: found({ ...role, arn: `${ROLE}-2`, name: 'team-a-role-2' }),
    },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-012'],
  },
  {
    name: 'service account with a misspelt annotation',
    change: { serviceAccount: account({ 'eks.amazon.com/role-arn': ROLE }) },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-051'],
  },
  {
    name: 'a new Profile without its objects',
    change: { profile: { ...profile, created: JUST_NOW }, namespace: absent, serviceAccount: absent },
    state: 'creating',
    words: 'creating',
  },
  {
    name: 'a new Profile whose service account has no role yet',
    change: { profile: { ...profile, created: JUST_NOW }, serviceAccount: account({}) },
    state: 'creating',
    words: 'creating',
  },
  {
    name: 'an old Profile without its service account',
    change: { serviceAccount: absent },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-089'],
  },
  {
    name: 'an old Profile without its namespace',
    change: { namespace: absent, serviceAccount: absent },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-089'],
  },
  {
    name: 'a namespace that was there before has no service account: one cause, one problem',
    change: { namespace: found({ name: 'team-a', deleting: false }), serviceAccount: absent },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-013'],
  },
  {
    name: 'the controller stopped before its plugins',
    change: { serviceAccount: account({}) },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-088'],
  },
  {
    name: 'the annotation names a path that the role does not have',
    change: { serviceAccount: account({ 'eks.amazonaws.com/role-arn': ROLE.replace('role/', 'role/teams/') }) },
    state: 'problems',
    words: '2 problems',
    problems: ['KP-012', 'KP-087'],
  },
  {
    name: 'the role has a path that plugin and annotation leave out',
    change: {
      role: found({ ...role, arn: ROLE.replace('role/', 'role/teams/'), trustPolicy: '{}' }),
      launcher: found({ namespace: 'team-a', name: 'kfp-launcher', data: { defaultPipelineRoot: 's3://elsewhere/x' } }),
    },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-087'],
  },
  {
    name: 'a role of another spelling',
    change: { role: found({ ...role, arn: ROLE.replace('team-a-role', 'Team-A-role') }) },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-087'],
  },
  {
    name: 'a role that no plugin names any more: pods have it, so the plugin is not missed',
    change: { profile: { ...profile, spec: { owner: { kind: 'User', name: 'alice@example.com' } } } },
    state: 'not-verified',
    words: 'not verified',
    remarks: ['KP-082'],
  },
  {
    name: 'two AWS plugins in one Profile',
    change: {
      profile: {
        ...profile,
        spec: { ...profile.spec, plugins: [...(profile.spec?.plugins ?? []), ...(profile.spec?.plugins ?? [])] },
      },
    },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-081'],
  },
  {
    name: 'WorkloadIdentity beside the AWS plugin',
    change: {
      profile: {
        ...profile,
        spec: { ...profile.spec, plugins: [{ kind: 'WorkloadIdentity', spec: {} }, ...(profile.spec?.plugins ?? [])] },
      },
    },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-084'],
  },
  {
    name: 'Federated as a list, and the controller completes the trust policy',
    change: {
      ...plugin({ spec: { awsIamRole: ROLE, annotateOnly: false } }),
      ...withTrust(statement({ Principal: { Federated: [PROVIDER] } })),
    },
    state: 'problems',
    words: '1 problem',
    problems: ['KP-085'],
  },
  {
    name: 'Federated as a list, and nobody else writes the trust policy',
    change: withTrust(statement({ Principal: { Federated: [PROVIDER] } })),
    state: 'not-verified',
    words: 'not verified',
  },
  {
    name: 'a number for the role',
    change: plugin({ spec: { awsIamRole: 42, annotateOnly: true } }),
    state: 'problems',
    words: '1 problem',
    problems: ['KP-006'],
  },
  {
    name: 'deleting',
    change: { profile: { ...profile, metadata: { name: 'team-a', deletionTimestamp: JUST_NOW } } },
    state: 'deleting',
    words: 'deleting',
  },
  {
    name: 'deleting and stuck',
    change: {
      profile: {
        ...profile,
        finalizers: ['profile-finalizer'],
        metadata: { name: 'team-a', deletionTimestamp: LONG_AGO },
      },
    },
    state: 'deleting',
    words: 'deleting, stuck',
    problems: ['KP-024'],
  },
  {
    name: 'trust without sub, as on the AWS page',
    change: withTrust(statement({ Condition: { StringEquals: { [`${issuerPath}:aud`]: 'sts.amazonaws.com' } } })),
    state: 'problems',
    words: '1 problem',
    problems: ['KP-029'],
  },
  {
    name: 'trust of another profile',
    change: withTrust(trustPolicy(PROVIDER, ISSUER, 'team-b')),
    state: 'problems',
    words: '1 problem',
    problems: ['KP-030'],
  },
  {
    name: 'trust of another cluster',
    change: withTrust(trustPolicy(`${PROVIDER.slice(0, -4)}0000`, `${ISSUER.slice(0, -4)}0000`, 'team-a')),
    state: 'problems',
    words: /problem/,
    problems: ['KP-026'],
  },
  {
    name: 'a shared role',
    change: { sharedWith: ['team-b', 'team-c', 'team-d', 'team-e'] },
    state: 'problems',
    words: '1 problem',
    problems: ['P-SHARED-ROLE'],
  },
  {
    name: 'a policy as a plan writes it, of a bucket that cannot be',
    change: {
      launcher: absent,
      role: found({
        ...role,
        inline: [{ name: 'p', text: policyText(permissionsPolicy('aws', 'a..b', 'team-a', 'prefix')) }],
      }),
    },
    state: 'problems',
    words: /problem/,
    problems: ['KP-042'],
  },
  {
    name: 'a policy with four colons',
    change: {
      role: found({
        ...role,
        inline: [
          {
            name: 'p',
            text: policyText({
              Version: '2012-10-17',
              Statement: [{ Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3::::artifacts/*' }],
            }),
          },
        ],
      }),
    },
    state: 'problems',
    words: '2 problems',
    problems: ['KP-039', 'KP-041'],
    remarks: ['KP-055'],
  },
  {
    name: 'a policy as a plan writes it, on a bucket that cannot be',
    change: {
      role: found({
        ...role,
        inline: [{ name: 'p', text: policyText(permissionsPolicy('aws', 'b', 'team-a', 'prefix')) }],
      }),
    },
    state: 'problems',
    words: '2 problems',
    problems: ['KP-041', 'KP-042'],
    remarks: ['KP-055'],
  },
  {
    name: 'a policy as a plan writes it, beside one that is not read and below a boundary',
    change: {
      role: found({ ...role, attached: ['arn:aws:iam::aws:policy/A'], boundary: 'arn:aws:iam::aws:policy/B' }),
    },
    state: 'not-verified',
    words: 'not verified',
  },
  {
    name: 'pipelines write to the object store in the cluster',
    change: {
      launcher: found({
        namespace: 'team-a',
        name: 'kfp-launcher',
        data: { defaultPipelineRoot: 'minio://mlpipeline/private-artifacts/team-a/v2/artifacts' },
      }),
    },
    state: 'not-verified',
    words: 'not verified',
    remarks: ['KP-055'],
  },
  {
    name: 'pipelines write where the role may not',
    change: {
      launcher: found({
        namespace: 'team-a',
        name: 'kfp-launcher',
        data: { defaultPipelineRoot: 's3://artifacts/team-b' },
      }),
    },
    state: 'not-verified',
    words: 'not verified',
    remarks: ['KP-055'],
  },
  {
    name: 'without a pipeline root the launcher decides',
    change: { launcher: absent },
    state: 'not-verified',
    words: 'not verified',
  },
];

for (const { name, change, state, words, problems = [], remarks = [] } of cases) {
  test(`state of a profile: ${name}`, () => {
    const judgement = judgeProfile({ ...right, ...change }, undefined, NOW);
    assert.equal(judgement.state, state, JSON.stringify(judgement));
    if (typeof words === 'string') assert.equal(saying(judgement.words), words);
    else assert.match(saying(judgement.words), words);
    // What else the rules see in the same text may be there too; what the case is about must be.
    for (const id of problems)
      assert.ok(
        judgement.problems.some((one) => one.id === id),
        JSON.stringify(judgement.problems),
      );
    assert.equal(judgement.problems.length > 0, problems.length > 0, JSON.stringify(judgement.problems));
    assert.deepEqual(
      judgement.remarks.map(({ id }) => id),
      remarks,
    );
  });
}

const SERVER = { namespace: 'kubeflow', name: 'ml-pipeline', image: 'ghcr.io/kubeflow/kfp-api-server:2.17.0' };
test('a shared role: at most three other profiles are named', () => {
  const said = (...sharedWith: readonly string[]): string | undefined =>
    judgeProfile({ ...right, sharedWith }, undefined, NOW).problems[0]?.message;
  assert.match(said('b', 'c', 'd') ?? '', /^The role is shared with b, c, d: /);
  assert.match(said('b', 'c', 'd', 'e') ?? '', /^The role is shared with b, c, d and 1 more: /);
});

const noDeployments = denied('get deployments.apps', '');
/** What is said of a profile whose role was proven, by what is known of where its pipelines write. docs/pipelines.md has the words. */
for (const [name, change, words] of [
  ['below the bucket', {}, 'works'],
  ['nowhere: there are no pipelines', { launcher: absent, pipelines: absent }, 'works'],
  ['by the default', { launcher: absent, pipelines: found(SERVER) }, 'works, but pipelines write elsewhere'],
  ['not known', { launcher: absent, pipelines: noDeployments }, 'verified; cannot read get deployments.apps'],
  ['not known at all', { launcher: denied('get configmaps', '') }, 'verified; cannot read get configmaps'],
  ['known without the release', { pipelines: noDeployments }, 'works'],
] as const)
  test(`a proven profile whose pipelines write: ${name}`, async () => {
    const readings: ProfileView = { ...right, ...change };
    const proven = { outcome: 'verified', fingerprint: fingerprint(readings) } as const;
    const judgement = judgeProfile(readings, proven, NOW);
    assert.equal(saying(judgement.words), words, JSON.stringify(judgement));
    if (words === 'verified; cannot read get deployments.apps') return;
    const page = await readFile(new URL('../../docs/pipelines.md', import.meta.url), 'utf8');
    assert.ok(page.includes(`| ${words} |`), 'docs/pipelines.md says so');
  });

/** Settings of the launcher, a release, a role: what is remarked or wrong, with its remedy, and where pipelines write. */
const launcherOf = (data: Readonly<Record<string, string>>): ProfileView['launcher'] =>
  found({ namespace: 'team-a', name: 'kfp-launcher', data });
const release = (version: string): NonNullable<ProfileView['pipelines']> =>
  found({ namespace: 'kubeflow', name: 'ml-pipeline', image: `ghcr.io/kubeflow/kfp-api-server:${version}` });
const keys = 's3: { default: { credentials: { fromEnv: false, secretRef: { secretName: keys } } } }';
const readsOnly = found({
  ...role,
  inline: [{ name: 'p', text: policyText(permissionsPolicy('aws', 'artifacts', 'team-a', 'read-only')) }],
});
const MINIO = 'minio://mlpipeline/v2/artifacts';
const WRITES: Readonly<
  Record<
    string,
    readonly [change: Partial<ProfileView>, says: readonly RegExp[], root: string, isSet: boolean, elsewhere: boolean]
  >
> = {
  'where the role may': [{}, [], 's3://artifacts/team-a/v2', true, false],
  'where the role may not': [
    { launcher: launcherOf({ defaultPipelineRoot: 's3://artifacts/team-b' }) },
    [
      /^KP-055 repair: Pipelines write to s3:\/\/artifacts\/team-b\/ \(ConfigMap kfp-launcher\), where the role may not write\.$/,
    ],
    's3://artifacts/team-b',
    true,
    true,
  ],
  'where a role that only reads may not': [
    { role: readsOnly },
    [/^KP-041 : /, /^KP-055 : Pipelines write to s3:\/\/artifacts\/team-a\/v2\//],
    's3://artifacts/team-a/v2',
    true,
    false,
  ],
  'with keys': [
    { launcher: launcherOf({ defaultPipelineRoot: 's3://artifacts/team-a', providers: keys }) },
    [
      /^KP-055 repair: Pipelines write to s3:\/\/artifacts\/team-a\/ with the keys of Secret keys, not with the role\.$/,
    ],
    's3://artifacts/team-a',
    true,
    true,
  ],
  'no ConfigMap, and no Kubeflow Pipelines': [{ launcher: absent }, [], MINIO, false, false],
  'no ConfigMap, and a release that was not read': [
    { launcher: absent, pipelines: denied('get deployments.apps', '') },
    [],
    MINIO,
    false,
    false,
  ],
  'no ConfigMap, and a release': [
    { launcher: absent, pipelines: release('2.5.0') },
    [/^KP-055 repair: Pipelines write to minio:/],
    MINIO,
    false,
    true,
  ],
  'a ConfigMap that may not be read, and a release': [
    { launcher: denied('list configmaps', ''), pipelines: release('2.5.0') },
    [],
    MINIO,
    false,
    false,
  ],
  'an empty root': [
    { launcher: launcherOf({ defaultPipelineRoot: '' }) },
    [/^KP-055 repair: Pipelines write to minio:/],
    MINIO,
    false,
    true,
  ],
  'every run fails, in a way that can be repaired': [
    { launcher: launcherOf({ defaultPipelineRoot: 's3://artifacts/team-a', providers: 's3: { default: {} }' }) },
    [/^KP-056 repair: providers of kfp-launcher: every run fails with "missing default credentials"/],
    's3://artifacts/team-a',
    true,
    false,
  ],
  'every run fails, and nobody can read the settings': [
    { launcher: launcherOf({ defaultPipelineRoot: 's3://artifacts/team-a', providers: '{' }) },
    [/^KP-056 : providers of kfp-launcher is no YAML/],
    's3://artifacts/team-a',
    true,
    false,
  ],
  'a release that needs keys': [
    { pipelines: release('2.15.0') },
    [/^KP-059 : Kubeflow Pipelines 2\.15\.0 does not start/],
    's3://artifacts/team-a/v2',
    true,
    false,
  ],
  'no role was read': [
    { role: denied('iam:GetRole', ''), launcher: launcherOf({ defaultPipelineRoot: 'minio://x/y' }) },
    [],
    'minio://x/y',
    true,
    false,
  ],
};
for (const [name, [change, says, root, isSet, elsewhere]] of Object.entries(WRITES))
  test(`where pipelines write: ${name}`, () => {
    const view = { ...right, ...change };
    const { problems, remarks } = judgeProfile(view, undefined, NOW);
    const said = [...problems, ...remarks].map(({ id, remedy = '', message }) => `${id} ${remedy}: ${message}`);
    assert.equal(said.length, says.length, said.join('\n'));
    says.forEach((one, at) => assert.match(said[at] ?? '', one));
    const its = artifacts(view);
    assert.deepEqual([its.root, its.rootIsSet, writesElsewhere(view)], [root, isSet, elsewhere]);
  });

test('KP-041: an action in vain is said once, whatever else is wrong beside it', () => {
  const Resource = ['arn:aws:s3:::artifacts/*', 'arn:aws:s3::::artifacts/*'];
  const text = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['s3:PutObject', 's3:ListBucket'], Resource: Resource[0] },
      { Effect: 'Allow', Action: 's3:GetObject', Resource: Resource[1] },
    ],
  });
  const { problems } = judgeProfile(
    { ...right, role: found({ ...role, inline: [{ name: 'p', text }] }) },
    undefined,
    NOW,
  );
  assert.deepEqual(
    problems.map(({ id }) => id),
    ['KP-041', 'KP-039'],
  );
});

/** Policies of a role, and what is said of what they come to. */
const grantOf = (Action: unknown, Resource: unknown, more: object = {}): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource, ...more }] });
const PLANNED = policyText(permissionsPolicy('aws', 'artifacts', 'team-a', 'prefix'));
const IN_VAIN =
  /^Role team-a-role may not write any object of a bucket: its policies allow s3:PutObject in vain, because of a Deny/;
const COME_TO: Readonly<Record<string, readonly [policies: readonly string[], says: readonly RegExp[]]>> = {
  'as planned': [[PLANNED], []],
  'an action in vain, which another policy holds': [
    [PLANNED, grantOf('s3:ListBucket', 'arn:aws:s3:::artifacts/*')],
    [],
  ],
  'nothing at all': [[], [/^Role team-a-role may not write any object of a bucket\.$/]],
  'one object': [
    [grantOf('s3:PutObject', 'arn:aws:s3:::artifacts/team-a')],
    [/: "arn:aws:s3:::artifacts\/team-a" is one object, without what lies below it\.$/],
  ],
  'a Deny': [[PLANNED, grantOf('*', '*', { Effect: 'Deny' })], [IN_VAIN]],
  'writing without listing': [
    [grantOf('s3:PutObject', 'arn:aws:s3:::artifacts/*')],
    [/^Role team-a-role may write in bucket artifacts and not list it/],
  ],
};
for (const [name, [policies, says]] of Object.entries(COME_TO))
  test(`KP-041, what the policies of a role come to: ${name}`, () => {
    const inline = policies.map((text, at) => ({ name: `p${at}`, text }));
    const view = { ...right, role: found({ ...role, inline }) };
    const said = judgeProfile(view, undefined, NOW).problems.map(({ message }) => message);
    assert.equal(said.length, says.length, said.join('\n'));
    says.forEach((one, at) => assert.match(said[at] ?? '', one));
  });

test('a mode is said once of a profile, by its first finding; what is only worth knowing is not', () => {
  const text = JSON.stringify({
    Version: '2012-10-17',
    Statement: ['arn:aws:s3::::artifacts/*', 'arn:aws:s3:::::artifacts/*'].map((Resource) => ({
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource,
    })),
  });
  const inline = [...role.inline, { name: 'p', text }];
  const { problems } = judgeProfile({ ...right, role: found({ ...role, inline }) }, undefined, NOW);
  assert.deepEqual(
    problems.map(({ id, message }) => `${id} ${message.slice(0, 8)}`),
    ['KP-039 4 colons'],
  );
  // KP-005 in another case is a hint.
  const spec = { AwsIamRole: ROLE, annotateOnly: true };
  assert.deepEqual(judgeProfile({ ...right, ...plugin({ spec }) }, undefined, NOW).problems, []);
});

test('KP-024 is no word of a deletion that has just begun, or that waits for nothing', () => {
  const since = '2026-01-02T03:04:05Z';
  const ids = (finalizers: readonly string[], later: number): readonly string[] => {
    const going = { ...profile, finalizers, metadata: { name: 'team-a', deletionTimestamp: since } };
    return judgeProfile({ ...right, profile: going }, undefined, Date.parse(since) + later).problems.map(
      ({ id }) => id,
    );
  };
  assert.deepEqual(ids(['profile-finalizer'], 120_000), []);
  assert.deepEqual(ids(['profile-finalizer'], 120_001), ['KP-024']);
  assert.deepEqual(ids([], 120_001), []);
});

test('KP-013 and KP-014: whose a namespace is, where the Profile has an owner', () => {
  const ids = (owner: string | undefined, spec: object = {}): readonly string[] => {
    const namespace = found({ name: 'team-a', deleting: false, ...(owner === undefined ? {} : { owner }) });
    const its = { ...profile, spec: { ...profile.spec, ...spec } } as ListedProfile;
    return judgeProfile({ ...right, namespace, profile: its }, undefined, NOW).problems.map(({ id }) => id);
  };
  assert.deepEqual(ids('alice@example.com'), []);
  assert.deepEqual(ids(undefined), ['KP-013']);
  assert.deepEqual(ids('bob@example.com'), ['KP-014']);
  assert.ok(!ids('bob@example.com', { owner: undefined }).includes('KP-014'));
});

test('KP-024 says why a deleted Profile does not go, and the way out', () => {
  const stuck = (spec: object, change: Partial<ProfileView> = {}): string | undefined => {
    const deleted = {
      ...profile,
      ...(plugin({ spec }).profile ?? {}),
      finalizers: ['profile-finalizer'],
      metadata: { name: 'team-a', deletionTimestamp: LONG_AGO },
    };
    const { problems } = judgeProfile({ ...right, ...change, profile: deleted }, undefined, NOW);
    assert.deepEqual(
      problems.map(({ id }) => id),
      ['KP-024'],
    );
    return problems[0]?.message;
  };
  const owner = found({ name: 'team-a', owner: 'bob@example.com', deleting: false });
  assert.match(
    stuck({ awsIamRole: ROLE, annotateOnly: false }, { role: absent }) ?? '',
    /Set annotateOnly: true in the Profile's plugin, and it goes\.$/,
  );
  assert.doesNotMatch(stuck({ awsIamRole: ROLE, annotateOnly: true }, { role: absent }) ?? '', /annotateOnly/);
  assert.match(stuck({ awsIamRole: '', annotateOnly: true }) ?? '', /KP-003: awsIamRole is empty/);
  assert.match(stuck({ awsIamRole: ROLE, annotateOnly: 'true' }) ?? '', /KP-006: /);
  assert.match(
    stuck({ awsIamRole: ROLE, annotateOnly: true }, { namespace: owner }) ?? '',
    /owned by bob@example\.com and not by /,
  );
});

test('a verification holds until something that it rests on changes', () => {
  const verified = { outcome: 'verified', fingerprint: fingerprint(right) } as const;
  assert.equal(judgeProfile(right, verified, NOW).state, 'works');
  const changed = { ...right, role: found({ ...role, inline: [] }) };
  assert.notEqual(judgeProfile(changed, verified, NOW).state, 'works');
  const wider = { ...right, role: found({ ...role, attached: ['arn:aws:iam::aws:policy/AmazonS3FullAccess'] }) };
  assert.equal(judgeProfile(wider, verified, NOW).state, 'not-verified');
});

test('"checked" is no verification, and a failed one is said', () => {
  const say = (outcome: 'checked' | 'failed') =>
    judgeProfile(right, { outcome, fingerprint: fingerprint(right) }, NOW).state;
  assert.equal(say('checked'), 'not-verified');
  assert.equal(say('failed'), 'failed-verification');
});

test('places that a role may write to', () => {
  const places = (policy: unknown) =>
    writablePlaces({ ...role, inline: [{ name: 'p', text: JSON.stringify(policy) }] }).map(placeText);
  const allow = (Action: unknown, Resource: unknown) => ({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action, Resource },
  });
  assert.deepEqual(writablePlaces(role).map(placeText), ['s3://artifacts/team-a/']);
  assert.deepEqual(places(allow('s3:*', ['arn:aws:s3:::b-one', 'arn:aws:s3:::b-one/*'])), ['s3://b-one/']);
  assert.deepEqual(places(allow('s3:GetObject', 'arn:aws:s3:::b-one/*')), []);
  assert.deepEqual(places(allow(['s3:PutObject', 's3:GetObject'], 'arn:aws:s3:::b-one/x/*')), ['s3://b-one/x/']);
  assert.deepEqual(places(allow('s3:PutObject', 'arn:aws:s3::::b-one/*')), []);
  assert.deepEqual(places(allow('s3:PutObject', '*')), ['s3://*/']);
  assert.deepEqual(places('no policy'), []);
  assert.deepEqual(writablePlaces({ ...role, inline: [{ name: 'p', text: '{' }] }), []);
});

test('a role with managed policies is not said to lack a permission', () => {
  const attached = ['arn:aws:iam::aws:policy/AmazonS3FullAccess'];
  const ids = (change: Partial<Role>) =>
    judgeProfile({ ...right, role: found({ ...role, ...change }) }, undefined, NOW).problems.map(({ id }) => id);
  assert.deepEqual(ids({ inline: [], attached }), []);
  assert.deepEqual(ids({ inline: [] }), ['KP-041']);
});

test('what is said of a trust policy that no rule explains: who gets in instead, or on what it depends', () => {
  const [plain] = trustPolicy(PROVIDER, ISSUER, 'team-a').Statement;
  const github = 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com';
  const workflows = {
    ...plain,
    Principal: { Federated: github },
    Condition: { StringEquals: { 'token.actions.githubusercontent.com:sub': 'repo:a/b' } },
  };
  const machines = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ec2.amazonaws.com' } };
  const address = { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } };
  const perhaps = { ...plain, Condition: { ...plain?.Condition, ...address } };
  const denied = { ...plain, Effect: 'Deny' };
  const denials = Array.from({ length: 40 }, (_, i) => ({
    ...denied,
    Condition: { StringLike: { [`${issuerPath}:sub`]: `*-${i}-*`, [`${issuerPath}:aud`]: `${i}*` } },
  }));
  const not = 'The trust policy of team-a-role does not let in team-a/default-editor:';
  const perhapsIn = 'whether team-a-role lets in default-editor:';
  const rows: readonly [statements: readonly object[], said: readonly string[], change?: Partial<ProfileView>][] = [
    [[plain ?? {}], []],
    [[denied], [`KP-030: ${not} what it says of this cluster lets in nobody.`]],
    [[workflows, denied], [`KP-030: ${not} it lets in GitHub workflows repo:a/b.`]],
    [[machines], [`KP-033: ${not} no statement trusts an OIDC provider.`]],
    [[workflows], [`KP-026: ${not} it lets in GitHub workflows repo:a/b, and trusts ${github}, not this cluster.`]],
    [[perhaps], [`${perhapsIn} it depends on aws:SourceIp, which only AWS knows when a pod asks`]],
    [[workflows], [], { cluster: starting }],
    [[perhaps], [], { cluster: starting }],
  ];
  const said = (statements: readonly object[], change: Partial<ProfileView> = {}): string[] => {
    const trust = withTrust({ Version: '2012-10-17', Statement: statements });
    const { problems, unread } = judgeProfile({ ...right, ...trust, ...change }, undefined, NOW);
    return [
      ...problems.map(({ id, message }) => `${id}: ${message}`),
      ...unread.map(({ what, reason }) => `${saying(what)}: ${reason}`),
    ];
  };
  for (const [statements, wanted, change] of rows) assert.deepEqual(said(statements, change), wanted);
  // What the denials leave of the cluster's tokens is more than is judged.
  const others = { ...workflows, Condition: { ...workflows.Condition, ...address } };
  assert.equal(
    said([others, perhaps, ...denials]).at(-1),
    `${perhapsIn} the trust policy is too large to be judged here`,
  );
});

test('who may assume a role, in words', () => {
  const issuer = { [`${issuerPath}:aud`]: 'sts.amazonaws.com' };
  const all = JSON.stringify(statement({ Condition: { StringEquals: issuer } }));
  const elsewhere = { ...cluster, issuer: `${ISSUER.slice(0, -4)}0000` };
  assert.equal(trustWords(role.trustPolicy), 'assumed by team-a/default-editor');
  assert.equal(trustWords(all), 'assumed by every service account of the cluster that it trusts');
  assert.equal(trustWords('{'), 'nobody may assume it');
  const among = (...names: readonly string[]): string => {
    const subjects = names.map((name) => `system:serviceaccount:${name}:x`);
    return trustWords(
      JSON.stringify(statement({ Condition: { StringEquals: { ...issuer, [`${issuerPath}:sub`]: subjects } } })),
    );
  };
  assert.equal(among('a', 'b', 'c'), 'assumed by a/x, b/x, c/x');
  assert.equal(among('a', 'b', 'c', 'd'), 'assumed by a/x, b/x, c/x and 1 more');
  assert.equal(trustWordsOn(cluster, all), 'assumed by every service account of the cluster');
  for (const other of [starting, elsewhere])
    assert.equal(trustWordsOn(other, all), `assumed by every service account of another cluster (${issuerPath})`);
});
