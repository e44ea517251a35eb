import assert from 'node:assert/strict';
import test from 'node:test';
import type { Facts } from '../../src/core/facts.ts';
import type { Profile, Role } from '../../src/core/observation.ts';
import {
  blockers,
  changeOf,
  isDone,
  permissionsOf,
  rows,
  writes,
  type Plan,
  type RowKind,
} from '../../src/core/plan/plan.ts';
import { planJson } from '../../src/core/plan/json.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { planProvider } from '../../src/core/plan/provider.ts';
import { diffText, reviewText, summary } from '../../src/core/plan/review.ts';
import { canonicalPolicy, permissionsPolicy, policyText, trustPolicy } from '../../src/core/policy/build.ts';
import { newProfile, sameProfile } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found, type Reading } from '../../src/core/reading.ts';
import type { Request } from '../../src/core/request.ts';
import { TAG } from '../../src/core/tags.ts';
import { ACCOUNT, cluster, factsFrom, ISSUER, PROVIDER, type Readings } from './world.ts';

const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/team-x-dev-role`;
const request: Request = {
  cluster: 'dev',
  region: 'us-west-2',
  profile: 'team-x',
  owner: 'x@example.com',
  bucket: 'artifacts',
  access: 'prefix',
  annotateOnly: true,
};
/** What was read about team-x; `role`: the one of the usual name. */
type Read = Omit<Readings, 'roles' | 'namers'> & { readonly role: Reading<Role>; readonly namers?: Facts['namers'] };
const empty: Read = {
  caller: found({ account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/admin` }),
  cluster: found(cluster),
  bucket: found({ name: 'artifacts', region: 'us-west-2', accessible: true }),
  role: absent,
  provider: absent,
  api: found({ connection: 'kubeconfig context dev', profileVersions: ['v1', 'v1beta1'] }),
  profile: absent,
  namespace: absent,
  serviceAccount: absent,
};
const makePlan = (wish: Request, { role: reading, namers = found(new Map()), ...rest }: Read): Plan =>
  planProfile(
    wish,
    factsFrom('team-x', { ...rest, namers, roles: { 'team-x-dev-role': reading, 'team-x-dev-own-role': absent } }),
  );
const trust = policyText(trustPolicy(PROVIDER, ISSUER, 'team-x'));
const policy = policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'prefix'));
const role: Role = {
  arn: ROLE_ARN,
  name: 'team-x-dev-role',
  trustPolicy: trust,
  tags: {},
  inline: [{ name: 'kf-pipeline-s3', text: policy }],
  attached: [],
};
const profile: Profile = newProfile('team-x', 'x@example.com', ROLE_ARN, true);
const complete: Read = {
  ...empty,
  role: found(role),
  provider: found({ arn: PROVIDER, clientIds: ['sts.amazonaws.com'] }),
  profile: found(profile),
  namespace: found({ name: 'team-x', owner: 'x@example.com', deleting: false }),
  serviceAccount: found({
    namespace: 'team-x',
    name: 'default-editor',
    annotations: { 'eks.amazonaws.com/role-arn': ROLE_ARN },
  }),
};
/** What a plan says where Kubeflow Pipelines is not there: of it test/unit/artifacts.test.ts speaks. */
const NO_PIPELINES =
  'Kubeflow Pipelines was not found (deployment ml-pipeline in namespace kubeflow): where artifacts go is not set.';
/** Nothing of the profile names a role. */
const unnamed: Partial<Read> = { profile: absent, serviceAccount: absent };
const kinds = (plan: Plan): Record<string, RowKind> => Object.fromEntries(rows(plan).map(({ id, kind }) => [id, kind]));

test('a fresh profile: everything is created, in order', () => {
  const plan = makePlan(request, empty);
  assert.deepEqual(
    rows(plan).map(({ id, kind }) => `${id} ${kind}`),
    [
      'caller keep',
      'cluster keep',
      'bucket keep',
      'oidc-provider create',
      'role create',
      'role-policy create',
      'profile create',
      'service-account wait',
      'verification verify',
    ],
  );
  assert.equal(changeOf(plan, 'iam/role')?.after?.arn, ROLE_ARN);
  assert.ok(writes(plan));
  assert.equal(summary(plan), '4 to create');
  assert.ok(permissionsOf(plan).aws.includes('iam:CreateRole'));
  assert.ok(!permissionsOf(plan).aws.includes('iam:UpdateAssumeRolePolicy'), 'only what this run needs');
});

test('all as wanted: nothing is written', () => {
  const plan = makePlan(request, complete);
  assert.equal(writes(plan), false);
  assert.deepEqual(blockers(plan), []);
  assert.equal(summary(plan), 'nothing to change');
});

test('the same policy written in another way is kept', () => {
  const otherwise = JSON.stringify({
    Statement: {
      Sid: 'Irsa',
      Condition: {
        StringEquals: {
          [`${ISSUER.slice(8)}:sub`]: ['system:serviceaccount:team-x:default-editor'],
          [`${ISSUER.slice(8)}:aud`]: ['sts.amazonaws.com'],
        },
      },
      Action: ['sts:AssumeRoleWithWebIdentity'],
      Principal: { Federated: [PROVIDER] },
      Effect: 'Allow',
    },
    Version: '2012-10-17',
  });
  assert.equal(canonicalPolicy(otherwise), canonicalPolicy(trust));
  assert.equal(
    kinds(makePlan(request, { ...complete, role: found({ ...role, trustPolicy: otherwise }) }))['role'],
    'keep',
  );
});

test('policies that mean the same, and policies that do not', () => {
  const text = (Statement: unknown): string | undefined => canonicalPolicy(JSON.stringify({ Statement }));
  const statement = (Action: unknown): object => ({ Effect: 'Allow', Action, Resource: '*' });
  const [a, b] = [statement('s3:A'), statement('s3:B')];
  const table: [one: unknown, other: unknown, same: boolean][] = [
    [statement(['s3:A', 's3:B']), statement(['s3:B', 's3:A', 's3:B']), true],
    [statement(['s3:A']), a, true],
    [[{ ...a, Sid: 'x' }], a, true],
    [{ Resource: '*', Action: 's3:A', Effect: 'Allow' }, a, true],
    [[a, b], [b, a], false],
    [[a, a], [a], false],
    [statement(['s3:A', 1]), statement([1, 's3:A']), false],
    [statement(['s3:A', 's3:B']), statement(['s3:A', 's3:C']), false],
  ];
  for (const [one, other, same] of table) assert.equal(text(one) === text(other), same, JSON.stringify([one, other]));
  assert.equal(canonicalPolicy('{'), undefined);
});

const audOnly = policyText({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: PROVIDER },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { [`${ISSUER.slice(8)}:aud`]: 'sts.amazonaws.com' } },
    },
  ],
});
const ec2 = policyText({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

/** What is observed instead, and the step that shows it: its kind and a word of its reason. */
const CASES: readonly [title: string, other: Partial<Read>, id: string, kind: RowKind, reason?: RegExp][] = [
  [
    'no credentials',
    { caller: failed('no AWS credentials were found. Sign in.', 'CredentialsProviderError') },
    'caller',
    'blocked',
    /Sign in/,
  ],
  [
    'another account',
    { caller: found({ account: '999999999999', arn: 'x' }) },
    'caller',
    'blocked',
    /account 999999999999, but the cluster is in 111122223333/,
  ],
  ['no such cluster', { cluster: absent }, 'cluster', 'blocked', /no EKS cluster dev in us-west-2/],
  [
    'may not describe',
    { cluster: denied('eks:DescribeCluster', 'no') },
    'cluster',
    'blocked',
    /not permitted to eks:DescribeCluster/,
  ],
  [
    'unreachable',
    { api: failed('the endpoint refused the connection') },
    'cluster',
    'blocked',
    /refused the connection/,
  ],
  [
    'no Kubeflow',
    { api: found({ connection: '', profileVersions: [] }) },
    'cluster',
    'blocked',
    /Kubeflow is not installed/,
  ],
  ['no bucket', { bucket: absent }, 'bucket', 'blocked', /no bucket artifacts/],
  [
    'bucket in another partition',
    { bucket: found({ name: 'artifacts', region: 'cn-north-1', accessible: true }) },
    'bucket',
    'blocked',
    /partition aws-cn/,
  ],
  ['bucket may not be read', { bucket: denied('s3:ListBucket', '') }, 'bucket', 'keep', /may not look at it/],
  [
    'provider without the audience',
    { provider: found({ arn: PROVIDER, clientIds: ['other'] }) },
    'oidc-provider',
    'change',
  ],
  [
    'provider denied',
    { provider: denied('iam:GetOpenIDConnectProvider', '') },
    'oidc-provider',
    'blocked',
    /iam:GetOpenIDConnectProvider/,
  ],
  ['trust of the AWS page', { role: found({ ...role, trustPolicy: audOnly }) }, 'role', 'change'],
  [
    'role of EC2',
    { ...unnamed, role: found({ ...role, trustPolicy: ec2 }) },
    'role',
    'blocked',
    /ec2\.amazonaws\.com.*Choose another role name/,
  ],
  [
    'our role for another profile',
    {
      ...unnamed,
      role: found({
        ...role,
        tags: { [TAG.maker]: 'kubeflow-irsa', [TAG.profile]: 'team-y', [TAG.cluster]: cluster.arn },
      }),
    },
    'role',
    'blocked',
    /profile team-y/,
  ],
  ['role denied', { role: denied('iam:GetRole', '') }, 'role', 'blocked', /iam:GetRole/],
  [
    'policy differs',
    {
      role: found({
        ...role,
        inline: [{ name: 'kf-pipeline-s3', text: '{"Version":"2012-10-17","Statement":[]}' }],
      }),
    },
    'role-policy',
    'change',
  ],
  ['policy missing', { role: found({ ...role, inline: [] }) }, 'role-policy', 'create'],
  [
    'profile without the plugin',
    { profile: found({ ...profile, spec: { owner: { kind: 'User', name: 'x@example.com' } } }) },
    'profile',
    'change',
  ],
  [
    'quoted annotateOnly',
    {
      profile: found({
        ...profile,
        spec: {
          ...profile.spec,
          plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: ROLE_ARN, annotateOnly: 'true' } }],
        },
      }),
    },
    'profile',
    'change',
  ],
  [
    'keys in another case work',
    {
      profile: found({
        ...profile,
        spec: {
          ...profile.spec,
          plugins: [{ kind: 'AwsIamForServiceAccount', spec: { AwsIAMRole: ROLE_ARN, AnnotateOnly: true } }],
        },
      }),
    },
    'profile',
    'keep',
  ],
  [
    'profile of somebody else',
    { profile: found({ ...profile, spec: { ...profile.spec, owner: { kind: 'User', name: 'y@example.com' } } }) },
    'profile',
    'blocked',
    /belongs to y@example\.com/,
  ],
  [
    'profile being deleted',
    { profile: found({ ...profile, metadata: { name: 'team-x', deletionTimestamp: '2026-01-01T00:00:00Z' } }) },
    'profile',
    'blocked',
    /being deleted/,
  ],
  [
    'namespace taken',
    { profile: absent, namespace: found({ name: 'team-x', deleting: false }) },
    'profile',
    'blocked',
    /not owned by x@example\.com/,
  ],
  [
    'namespace of another owner',
    { namespace: found({ name: 'team-x', owner: 'y@example.com', deleting: false }) },
    'profile',
    'blocked',
    /owned by y@example\.com/,
  ],
  [
    'annotation not yet there',
    { serviceAccount: found({ namespace: 'team-x', name: 'default-editor', annotations: {} }) },
    'service-account',
    'wait',
  ],
];
for (const [title, other, id, kind, reason] of CASES) {
  test(`plan: ${title}`, () => {
    const plan = makePlan(request, { ...complete, ...other });
    const step = rows(plan).find((candidate) => candidate.id === id);
    assert.equal(step?.kind, kind, step?.reason);
    if (reason !== undefined) assert.match(step?.reason ?? '', reason);
    if (kind === 'change') assert.notEqual(step?.before, step?.after);
    assert.equal(blockers(plan).length > 0, kind === 'blocked');
  });
}

test('a service account without its role: the Profile is touched, so that the controller looks at it again', () => {
  const lacking = found({ namespace: 'team-x', name: 'default-editor', annotations: {} });
  const plan = makePlan(request, { ...complete, serviceAccount: lacking });
  assert.deepEqual([kinds(plan)['profile'], kinds(plan)['service-account']], ['change', 'wait']);
  assert.match(rows(plan).find(({ id }) => id === 'profile')?.after ?? '', /kubeflow-irsa\/touched: "1"/);
});

test('a Profile whose namespace has no owner (KP-013) blocks, or, if the person agrees, is given to its owner and touched', () => {
  const before = { ...complete, namespace: found({ name: 'team-x', deleting: false }) };
  const [stopped, ...others] = blockers(makePlan(request, before));
  assert.deepEqual([stopped?.id, stopped?.consent, others], ['profile', 'adoptNamespace', []]);
  assert.match(stopped?.reason ?? '', /no annotation "owner".*leaves it alone/);
  const agreed = makePlan({ ...request, adoptNamespace: true }, before);
  assert.deepEqual(blockers(agreed), []);
  const ids = rows(agreed).flatMap(({ id, kind }) => (kind === 'change' ? [id] : []));
  assert.deepEqual(ids, ['namespace', 'profile'], 'the namespace comes first');
  assert.equal(changeOf(agreed, 'k8s/namespace')?.after?.owner, 'x@example.com');
  assert.equal(changeOf(agreed, 'k8s/profile')?.after?.metadata.annotations?.[TAG.touched], '1');
  assert.ok(permissionsOf(agreed).kubernetes.includes('update namespaces'));
  // A namespace of somebody else is not taken away from them.
  const taken = found({ name: 'team-x', owner: 'y', deleting: false });
  const theirs = makePlan({ ...request, adoptNamespace: true }, { ...complete, namespace: taken });
  assert.deepEqual(
    blockers(theirs).map(({ consent }) => consent),
    [undefined],
  );
});

function going(spec: Readonly<Record<string, unknown>>): Read['profile'] {
  const metadata = { name: 'team-x', deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['profile-finalizer'] };
  return found({
    ...profile,
    metadata,
    spec: { ...profile.spec, plugins: [{ kind: 'AwsIamForServiceAccount', spec }] },
  });
}
/** Profiles and namespaces that are being deleted, and what is said of them. */
const GOING: readonly [title: string, other: Partial<Read>, says: RegExp][] = [
  [
    'nothing holds it',
    { profile: found({ ...profile, metadata: { name: 'team-x', deletionTimestamp: '2026-01-01T00:00:00Z' } }) },
    /is being deleted, since 2026-01-01T00:00:00Z\. Wait until it is gone/,
  ],
  [
    'its role is gone and annotateOnly is false',
    { profile: going({ awsIamRole: ROLE_ARN, annotateOnly: false }), role: absent },
    /profile-finalizer.*Its role team-x-dev-role is gone.*Set annotateOnly: true/,
  ],
  ...[absent, found(role), denied('iam:GetRole', 'no'), failed('the connection was broken off')].map(
    (other): (typeof GOING)[number] => [
      `its role is of another account, and ours of that name is ${other.state}`,
      { profile: going({ awsIamRole: ROLE_ARN.replace(ACCOUNT, '444455556666'), annotateOnly: false }), role: other },
      /If its role team-x-dev-role is gone, with annotateOnly: false/,
    ],
  ),
  ...[denied('iam:GetRole', 'no'), failed('the connection was broken off')].map((other): (typeof GOING)[number] => [
    `reading its role ${other.state}, which another line says`,
    { profile: going({ awsIamRole: ROLE_ARN, annotateOnly: false }), role: other },
    /finalizers\. If that takes longer than a minute/,
  ]),
  [
    'its role is another one than was looked for',
    { profile: going({ awsIamRole: `${ROLE_ARN}-2`, annotateOnly: false }) },
    /If its role team-x-dev-role-2 is gone, with annotateOnly: false/,
  ],
  [
    'its role is there: nothing is said of it',
    { profile: going({ awsIamRole: ROLE_ARN, annotateOnly: false }), role: found(role) },
    /finalizers\. If that takes longer than a minute/,
  ],
  [
    'its plugin names no role of IAM',
    { profile: going({ awsIamRole: 'team-x-dev-role', annotateOnly: false }), role: found(role) },
    /If its role team-x-dev-role is gone/,
  ],
  [
    'its plugin is broken',
    { profile: going({ awsIamRole: '' }) },
    /has no role or a value of a wrong type.*annotateOnly: true/,
  ],
  [
    "its owner is not the namespace's",
    {
      profile: going({ awsIamRole: ROLE_ARN, annotateOnly: true }),
      namespace: found({ name: 'team-x', owner: 'y@example.com', deleting: false }),
    },
    /owned by y@example\.com and not by x@example\.com\. Set the annotation "owner"/,
  ],
  [
    'the controller is slow',
    { profile: going({ awsIamRole: ROLE_ARN, annotateOnly: true }) },
    /longer than a minute.*kubectl logs/,
  ],
  [
    'a namespace of which nobody knows since when',
    { profile: absent, namespace: found({ name: 'team-x', owner: 'x@example.com', deleting: true }) },
    /^Namespace team-x is being deleted\. Wait until it is gone, then try again\.$/,
  ],
  [
    'a namespace that something holds',
    {
      profile: absent,
      namespace: found({
        name: 'team-x',
        owner: 'x@example.com',
        deleting: true,
        deletionTimestamp: '2026-01-01T00:00:00Z',
        remaining: ['Some content in the namespace has finalizers remaining: x.example.com in 1 resource instances'],
      }),
    },
    /since 2026-01-01T00:00:00Z\. What holds it: Some content.*Remove that/,
  ],
];
for (const [title, other, says] of GOING) {
  test(`what is being deleted: the reason and the way out: ${title}`, () => {
    const stopped = blockers(makePlan(request, { ...complete, ...other })).find(({ id }) => id === 'profile');
    assert.match(stopped?.reason ?? '', says);
  });
}

test('diffs are semantic: an empty quota, the order of keys and quantities in another spelling are no change', () => {
  const quota = { hard: { cpu: '1000m', memory: '1024Mi' } };
  const live = (resourceQuotaSpec: unknown): Profile => ({
    kind: 'Profile',
    metadata: { resourceVersion: '9', name: 'team-x' },
    apiVersion: 'kubeflow.org/v1',
    spec: {
      resourceQuotaSpec,
      plugins: [{ spec: { annotateOnly: false, awsIamRole: ROLE_ARN }, kind: 'AwsIamForServiceAccount' }],
      owner: { name: 'x@example.com', kind: 'User' },
    },
  });
  const row = rows(makePlan(request, { ...complete, profile: found(live({})) })).find(({ id }) => id === 'profile');
  const changed = diffText(row?.before ?? '', row?.after ?? '')
    .split('\n')
    .filter((line) => !line.startsWith('  '));
  assert.deepEqual(changed, ['-         annotateOnly: false', '+         annotateOnly: true']);
  assert.ok(sameProfile(live(quota), live({ hard: { memory: '1Gi', cpu: '1' } })));
  assert.ok(!sameProfile(live(quota), live({ hard: { memory: '2Gi', cpu: '1' } })));
});

test('only v1beta1 served: the Profile is made in that version', () => {
  const plan = makePlan(request, { ...empty, api: found({ connection: '', profileVersions: ['v1beta1'] }) });
  assert.equal(changeOf(plan, 'k8s/profile')?.after?.apiVersion, 'kubeflow.org/v1beta1');
});

test('a second plan sees what the first will make', () => {
  const facts = factsFrom('team-x', { ...empty, namers: found(new Map()), roles: { 'team-x-dev-role': absent } });
  assert.equal(summary(planProfile(request, facts.after(planProfile(request, facts)))), 'nothing to change');
});

test('IAM is global: the role of a cluster of the same name in another region is not taken', () => {
  const elsewhere = {
    [TAG.maker]: 'kubeflow-irsa',
    [TAG.profile]: 'team-x',
    [TAG.cluster]: cluster.arn.replace('us-west-2', 'eu-west-1'),
  };
  const foreign = trust.replaceAll('us-west-2', 'eu-west-1');
  for (const tags of [elsewhere, {}]) {
    const wide = { ...complete, ...unnamed, role: found({ ...role, trustPolicy: foreign, tags }) };
    assert.equal(kinds(makePlan(request, wide))['role'], 'blocked');
  }
  const ours = { ...elsewhere, [TAG.cluster]: cluster.arn };
  assert.equal(
    kinds(makePlan(request, { ...complete, role: found({ ...role, trustPolicy: foreign, tags: ours }) }))['role'],
    'change',
  );
});

test('a Profile is kept only with exactly one sound plugin, and an owner', () => {
  const plugin = { kind: 'AwsIamForServiceAccount', spec: { awsIamRole: ROLE_ARN, annotateOnly: true } };
  const other = { kind: 'AwsIamForServiceAccount', spec: { awsIamRole: `${ROLE_ARN}-2`, annotateOnly: true } };
  const withPlugins = (plugins: Profile['spec']) =>
    makePlan(request, { ...complete, profile: found({ ...profile, spec: { ...profile.spec, ...plugins } }) });
  assert.equal(kinds(withPlugins({ plugins: [plugin] }))['profile'], 'keep');
  const two = withPlugins({ plugins: [plugin, other] });
  assert.equal(kinds(two)['profile'], 'change');
  assert.deepEqual(changeOf(two, 'k8s/profile')?.after?.spec?.plugins, [plugin]);
  const ownerless = { plugins: [plugin] };
  const plan = makePlan(request, { ...complete, profile: found({ ...profile, spec: ownerless }) });
  assert.equal(kinds(plan)['profile'], 'change');
  assert.equal(changeOf(plan, 'k8s/profile')?.after?.spec?.owner?.name, 'x@example.com');
});

test('what may not be read beside the plan is a warning, not in the way', () => {
  const plan = makePlan(request, { ...complete, role: found({ ...role, unread: ['iam:ListAttachedRolePolicies'] }) });
  assert.deepEqual(blockers(plan), []);
  assert.ok(plan.warnings.some((warning) => warning.includes('iam:ListAttachedRolePolicies')));
});

test('a reason from outside stays one line of text, with what AWS said', () => {
  const said = 'explicit deny in a service control policy\n# Plan: fine\u001b[2J [x](command:quit)';
  const plan = makePlan(request, { ...complete, role: denied('iam:GetRole', said) });
  const reason = rows(plan).find(({ id }) => id === 'role')?.reason ?? '';
  assert.match(reason, /iam:GetRole.*explicit deny in a service control policy # Plan: fine/);
  assert.doesNotMatch(reason, /[\p{Cc}]|\]\(/u);
  assert.doesNotMatch(reviewText(plan), /^# Plan: fine/m);
});

test('read-only access is proven with an object that the caller writes', () => {
  assert.ok(permissionsOf(makePlan({ ...request, access: 'read-only' }, empty)).aws.includes('s3:PutObject'));
  assert.ok(!permissionsOf(makePlan(request, empty)).aws.includes('s3:PutObject'));
});

test('a step that waits for a blocked one is no cause of its own', () => {
  const plan = makePlan(request, { ...complete, ...unnamed, role: found({ ...role, trustPolicy: ec2 }) });
  assert.equal(kinds(plan)['role-policy'], 'blocked');
  assert.deepEqual(
    blockers(plan).map(({ id }) => id),
    ['role'],
  );
  assert.equal(summary(plan), '1 step is blocked');
});

test('a profile keeps its other plugins and labels when ours is added', () => {
  const live: Profile = {
    ...profile,
    metadata: { name: 'team-x', resourceVersion: '7', labels: { team: 'x' } },
    spec: {
      owner: { kind: 'User', name: 'x@example.com' },
      plugins: [{ kind: 'WorkloadIdentity', spec: { gcpServiceAccount: 'g' } }],
    },
  };
  const desired = changeOf(makePlan(request, { ...complete, profile: found(live) }), 'k8s/profile')?.after;
  assert.equal(desired?.metadata.resourceVersion, '7');
  assert.deepEqual(desired?.metadata.labels, { team: 'x' });
  assert.deepEqual(
    desired?.spec?.plugins?.map(({ kind }) => kind),
    ['WorkloadIdentity', 'AwsIamForServiceAccount'],
  );
});

test('what others lose or keep is said', () => {
  const plan = makePlan(request, {
    ...complete,
    role: found({
      ...role,
      trustPolicy: audOnly,
      boundary: 'arn:aws:iam::1:policy/b',
      inline: [...role.inline, { name: 'extra', text: '{}' }],
      attached: ['arn:aws:iam::aws:policy/AmazonS3FullAccess'],
    }),
    bucket: found({ name: 'artifacts', region: 'eu-central-1', accessible: true }),
  });
  for (const word of [/every other service account/, /extra/, /AmazonS3FullAccess/, /boundary/, /eu-central-1/]) {
    assert.ok(
      plan.warnings.some((warning) => word.test(warning)),
      String(word),
    );
  }
});

test("other partitions: every ARN is of the cluster's", () => {
  const gov = {
    ...cluster,
    region: 'us-gov-west-1',
    partition: 'aws-us-gov',
    arn: `arn:aws-us-gov:eks:us-gov-west-1:${ACCOUNT}:cluster/dev`,
  };
  const plan = makePlan(request, {
    ...empty,
    caller: found({ account: ACCOUNT, arn: `arn:aws-us-gov:iam::${ACCOUNT}:user/admin` }),
    cluster: found(gov),
    bucket: found({ name: 'artifacts', region: 'us-gov-west-1', accessible: true }),
  });
  assert.deepEqual(blockers(plan), []);
  assert.doesNotMatch(reviewText(plan), /arn:aws:/);
});

test('the review shows every step, diff, policy and permission', () => {
  const text = reviewText(makePlan(request, { ...complete, role: found({ ...role, trustPolicy: audOnly }) }));
  assert.match(text, /1 to change/);
  assert.match(text, /^\+ .*:sub": "system:serviceaccount:team-x:default-editor"/m);
  assert.match(text, /iam:UpdateAssumeRolePolicy/);
  assert.match(text, /annotateOnly: true/);
});

test('text from outside cannot end its fence', () => {
  const evil = '{"Version":"2012-10-17","Statement":[{"Sid":"```\\n# owned"}]}';
  const text = reviewText(
    makePlan(request, {
      ...complete,
      role: found({ ...role, inline: [{ name: 'kf-pipeline-s3', text: `${evil}\n\`\`\`\n# owned` }] }),
    }),
  );
  assert.match(text, /````diff/);
});

const others = (...names: readonly string[]): Facts['namers'] => found(new Map([[ROLE_ARN, names]]));
const trustOf = (...profiles: readonly string[]): string =>
  policyText({
    Version: '2012-10-17',
    Statement: profiles.flatMap((name) => trustPolicy(PROVIDER, ISSUER, name).Statement),
  });
const tagged = (tags: Readonly<Record<string, string>>, more: Partial<Role> = {}): Partial<Read> => ({
  role: found({ ...role, tags, ...more }),
});
const MADE = { [TAG.maker]: 'kubeflow-irsa', [TAG.profile]: 'team-x', [TAG.cluster]: cluster.arn };
const OWN = 'team-x-dev-own-role';
const AUDIENCE_LINE = /\n *"[^"]*:aud": "sts.amazonaws.com",/;

/** Whose a role is: what the plan does with which role, and what it says of it. */
const WHOSE: readonly [
  title: string,
  wish: Partial<Request>,
  other: Partial<Read>,
  role: string,
  kind: RowKind,
  says?: string,
][] = [
  ['named by this profile alone', {}, { namers: others('team-x') }, 'team-x-dev-role', 'keep'],
  [
    'named by another profile too',
    {},
    { namers: others('team-x', 'team-y', 'team-z') },
    OWN,
    'create',
    "The profile's role team-x-dev-role is also the role of team-y, team-z. It stays as it is, and the profile gets a role of its own.",
  ],
  [
    'named by another profile too, and chosen by the person',
    { roleName: 'team-x-dev-role' },
    { namers: others('team-x', 'team-y') },
    'team-x-dev-role',
    'keep',
  ],
  [
    'lets in another profile too',
    {},
    tagged({}, { trustPolicy: trustOf('team-x', 'team-y') }),
    OWN,
    'create',
    "The profile's role team-x-dev-role is used by something else (it lets in others too: team-y/default-editor). It stays as it is, and the profile gets a role of its own.",
  ],
  [
    'lets in another profile alone',
    {},
    tagged({}, { trustPolicy: trustOf('team-y') }),
    OWN,
    'create',
    "The profile's role team-x-dev-role is used by something else (it lets in team-y/default-editor). It stays as it is, and the profile gets a role of its own.",
  ],
  [
    'lets in another profile, and chosen by the person',
    { roleName: 'team-x-dev-role' },
    tagged({}, { trustPolicy: trustOf('team-x', 'team-y') }),
    'team-x-dev-role',
    'blocked',
    'Role team-x-dev-role exists already and is used by something else (it lets in others too: team-y/default-editor). Choose another role name.',
  ],
  [
    'made by us, and somebody added another profile',
    {},
    tagged(MADE, { trustPolicy: trustOf('team-x', 'team-y') }),
    'team-x-dev-role',
    'keep',
  ],
  [
    'made by us for another profile',
    {},
    tagged({ ...MADE, [TAG.profile]: 'team-y' }),
    OWN,
    'create',
    `The profile's role team-x-dev-role is the role of profile team-y on cluster ${cluster.arn}. It stays as it is, and the profile gets a role of its own.`,
  ],
  [
    'made by us for another cluster, and named by nothing',
    {},
    { ...unnamed, ...tagged({ ...MADE, [TAG.cluster]: `${cluster.arn}-2` }) },
    'team-x-dev-role',
    'blocked',
    `Role team-x-dev-role exists already and is the role of profile team-x on cluster ${cluster.arn}-2. Choose another role name.`,
  ],
  [
    'made by us, its tags are lost in part',
    {},
    { ...unnamed, ...tagged({ [TAG.maker]: 'kubeflow-irsa' }) },
    'team-x-dev-role',
    'blocked',
    'Role team-x-dev-role exists already and is the role of profile ? on cluster ?. Choose another role name.',
  ],
  [
    "tags like ours without the maker's",
    {},
    tagged({ [TAG.profile]: 'team-y', [TAG.cluster]: 'another' }),
    'team-x-dev-role',
    'keep',
  ],
  [
    'of the usual name, named by nothing, lets the profile in',
    {},
    { ...unnamed, ...tagged({}) },
    'team-x-dev-role',
    'keep',
  ],
  [
    'of the usual name, named by nothing, lets in nobody',
    {},
    { ...unnamed, ...tagged({}, { trustPolicy: trustOf() }) },
    'team-x-dev-role',
    'blocked',
    'Role team-x-dev-role exists already and is used by something else (it lets in nobody that this profile is). Choose another role name.',
  ],
  ['named, and lets in nobody', {}, tagged({}, { trustPolicy: trustOf() }), 'team-x-dev-role', 'change'],
  [
    'made by us, and lets in nobody any more',
    {},
    { ...unnamed, ...tagged(MADE, { trustPolicy: trustOf() }) },
    'team-x-dev-role',
    'change',
    'The name is used again (KP-080). Role team-x-dev-role is left of a former profile team-x: x@example.com gets it, with all that its policies allow.',
  ],
  [
    'named, and a Deny keeps the profile out',
    {},
    tagged({}, { trustPolicy: trust.replace('"Allow"', '"Deny"') }),
    OWN,
    'create',
    "The profile's role team-x-dev-role cannot let it in: A Deny of the trust policy keeps the service account out. It stays as it is, and the profile gets a role of its own.",
  ],
  [
    'chosen, and a Deny keeps the profile out',
    { roleName: 'team-x-dev-role' },
    tagged({}, { trustPolicy: trust.replace('"Allow"', '"Deny"') }),
    'team-x-dev-role',
    'blocked',
    'A Deny of the trust policy keeps the service account out. Look at the trust policy of team-x-dev-role, or choose another role name.',
  ],
  [
    'lets in everybody but this profile',
    {},
    tagged({}, { trustPolicy: trust.replace('"StringEquals"', '"StringNotEquals"').replace(AUDIENCE_LINE, '') }),
    OWN,
    'create',
    "The profile's role team-x-dev-role is used by something else (it lets in every service account of the cluster but team-x/default-editor). It stays as it is, and the profile gets a role of its own.",
  ],
  [
    'lets in another cluster too',
    {},
    tagged({}, { trustPolicy: trustOf('team-x').replaceAll(ISSUER.slice(8), `${ISSUER.slice(8, -4)}FFFF`) }),
    OWN,
    'create',
    `The profile's role team-x-dev-role is used by something else (it lets in team-x/default-editor of another cluster (${ISSUER.slice(8, -4)}FFFF)). It stays as it is, and the profile gets a role of its own.`,
  ],
  ['chosen, and not there yet', { roleName: OWN }, {}, OWN, 'create'],
];
for (const [title, wish, other, name, kind, says] of WHOSE) {
  test(`whose a role is: ${title}`, () => {
    const plan = makePlan({ ...request, ...wish }, { ...complete, ...other });
    const row = rows(plan).find(({ id }) => id === 'role');
    assert.equal(row?.title, `IAM role ${name}, only for system:serviceaccount:team-x:default-editor`);
    assert.equal(row.kind, kind, row.reason);
    const said = kind === 'blocked' ? [row.reason] : plan.warnings.filter((warning) => warning !== NO_PIPELINES);
    assert.deepEqual(said, says === undefined ? [] : [says]);
  });
}

const live = (spec: Profile['spec'], annotations?: Readonly<Record<string, string>>): Partial<Read> => ({
  profile: found({
    ...profile,
    metadata: annotations === undefined ? profile.metadata : { ...profile.metadata, annotations },
    spec: { ...profile.spec, ...spec },
  }),
});
/** All that a plan warns of. */
const withMachines = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    ...trustPolicy(PROVIDER, ISSUER, 'team-x').Statement,
    { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ],
}).replace(/"system:[^"]*"/, (sub) => `["system:serviceaccount:team-y:default-editor", ${sub}]`);
const WARNED: readonly [title: string, wish: Partial<Request>, other: Partial<Read>, says: readonly string[]][] = [
  ['all as wanted', {}, {}, []],
  [
    'an owner in upper case',
    { owner: 'X@example.com' },
    { ...live({ owner: { kind: 'User', name: 'X@example.com' } }), namespace: absent },
    [
      'Owner X@example.com: Has upper-case letters. Kubeflow compares letter by letter: make sure that your identity provider sends exactly this.',
    ],
  ],
  [
    'an owner that is a group',
    {},
    live({ owner: { kind: 'Group', name: 'x@example.com' } }),
    [
      "The Profile's owner is of kind Group: Kubernetes gives it access, Kubeflow's dashboard and Istio know only users.",
    ],
  ],
  [
    'full access',
    { access: 'full' },
    {},
    ['Access "full" lets every pipeline of the profile delete the bucket and change its policy.'],
  ],
  [
    'read-only access',
    { access: 'read-only' },
    {},
    ['With read-only access, pipelines cannot store artifacts in this bucket.'],
  ],
  [
    'a bucket in another region',
    {},
    { bucket: found({ name: 'artifacts', region: 'eu-central-1', accessible: true }) },
    [
      "The bucket is in eu-central-1, the cluster in us-west-2: traffic costs more, and Kubeflow Pipelines must be told the bucket's region.",
    ],
  ],
  [
    'a bucket that the caller may not use',
    {},
    { bucket: found({ name: 'artifacts', region: 'us-west-2', accessible: false }) },
    [
      'You may not use bucket artifacts yourself (s3:ListBucket). If it belongs to another account, its bucket policy must allow the role.',
    ],
  ],
  [
    'annotateOnly: false',
    { annotateOnly: false },
    {},
    [
      "The trust policy is left to Kubeflow's profile controller (annotateOnly: false). It writes nothing as long as the Profile is there, because it finds the service account in the trust policy in the form that it reads.",
      'When the Profile is deleted, the controller rewrites the whole trust policy of team-x-dev-role to one statement: the role then lets in every service account of the cluster. Set annotateOnly: true before that, or delete the role after it.',
    ],
  ],
  [
    'annotateOnly: false, in a role that machines have, too',
    { annotateOnly: false },
    tagged(MADE, { trustPolicy: withMachines }),
    [
      "The trust policy is left to Kubeflow's profile controller (annotateOnly: false). It writes nothing as long as the Profile is there, because it finds the service account in the trust policy in the form that it reads.",
      'When the Profile is deleted, the controller rewrites the whole trust policy of team-x-dev-role to one statement: the role then is lost for ec2.amazonaws.com. Set annotateOnly: true before that, or delete the role after it.',
    ],
  ],
  [
    'a name that is used again',
    {},
    { ...unnamed, ...tagged(MADE) },
    [
      'The name is used again (KP-080). Role team-x-dev-role is left of a former profile team-x: x@example.com gets it, with all that its policies allow.',
    ],
  ],
  ['a role that is there, and bears no tag', {}, { ...unnamed, ...tagged({}) }, []],
  [
    'a role of a profile of that name on another cluster',
    { roleName: 'team-x-dev-role' },
    { ...unnamed, ...tagged({ ...MADE, [TAG.cluster]: `${cluster.arn}-2` }) },
    [],
  ],
  [
    'further policies',
    {},
    tagged(
      {},
      {
        inline: [...role.inline, { name: 'extra', text: '{}' }, { name: 'more', text: '{}' }],
        attached: ['arn:aws:iam::aws:policy/A', 'arn:aws:iam::aws:policy/B'],
        unread: ['iam:ListRolePolicies', 'iam:ListAttachedRolePolicies'],
        boundary: 'arn:aws:iam::111122223333:policy/limit',
      },
    ),
    [
      'The role keeps further inline policies, which may allow more: extra, more.',
      'The role keeps attached policies, which may allow more: arn:aws:iam::aws:policy/A, arn:aws:iam::aws:policy/B.',
      'You may not list all policies of the role (iam:ListRolePolicies, iam:ListAttachedRolePolicies): it may allow more than is shown here.',
      'The role has a permissions boundary, which may forbid what its policy allows: arn:aws:iam::111122223333:policy/limit.',
    ],
  ],
  [
    'somebody loses the role',
    {},
    tagged({}, { trustPolicy: audOnly }),
    [
      'The role will no longer be trusted for: every other service account of the cluster. One role belongs to one profile.',
    ],
  ],
  [
    'somebody loses the role, and who names it is not known',
    {},
    { ...tagged({}, { trustPolicy: audOnly }), namers: denied('list profiles.kubeflow.org', '') },
    [
      'The role will no longer be trusted for: every other service account of the cluster. One role belongs to one profile.',
      'Whether other profiles use this role is not known: the Profiles of the cluster could not be listed.',
    ],
  ],
  [
    'nobody loses the role, and who names it is not known',
    {},
    { namers: denied('list profiles.kubeflow.org', '') },
    [],
  ],
  [
    'the cluster has no issuer yet',
    { access: 'full' },
    { cluster: found({ ...cluster, issuer: undefined } as never) },
    ['Access "full" lets every pipeline of the profile delete the bucket and change its policy.'],
  ],
];
for (const [title, wish, other, says] of WARNED) {
  test(`what a plan warns of: ${title}`, () => {
    const { warnings } = makePlan({ ...request, ...wish }, { ...complete, ...other });
    assert.deepEqual(
      warnings.filter((warning) => warning !== NO_PIPELINES),
      says,
    );
  });
}

const WAITING = {
  policy: ['role-policy', 'Waits for the role, which is blocked.'],
  account: ['service-account', 'Waits for the Profile, which is blocked.'],
} as const;
const LOG =
  "look at the log of Kubeflow's profile controller: kubectl logs deploy/profiles-deployment -n kubeflow -c manager";
const SINCE = 'Profile team-x is being deleted, since 2026-01-01T00:00:00Z.';
const HELD = `${SINCE} It stays until profile-finalizer is removed from its finalizers.`;
const goingWith = (change: Partial<Profile>, metadata: object = {}): Read['profile'] => {
  const gone = going({ awsIamRole: ROLE_ARN, annotateOnly: false });
  const value = gone.state === 'found' ? gone.value : profile;
  return found({ ...value, ...change, metadata: { ...value.metadata, ...metadata } });
};
const goingByRole = { profile: goingWith({}), role: absent };
/** Each line that is blocked, and all of its reason. */
const BLOCKED: readonly [
  title: string,
  wish: Partial<Request>,
  other: Partial<Read>,
  says: readonly (readonly [id: string, reason: string])[],
][] = [
  [
    'no such cluster',
    {},
    { cluster: absent },
    [
      [
        'cluster',
        'There is no EKS cluster dev in us-west-2 of account 111122223333. Check its name, its region and the AWS profile.',
      ],
    ],
  ],
  [
    'no such cluster, and nobody is signed in',
    {},
    { cluster: absent, caller: failed('no AWS credentials were found.') },
    [
      ['caller', 'Your AWS identity cannot be read: no AWS credentials were found.'],
      [
        'cluster',
        'There is no EKS cluster dev in us-west-2 of your account. Check its name, its region and the AWS profile.',
      ],
    ],
  ],
  [
    'a cluster without an issuer',
    {},
    { cluster: found({ ...cluster, status: 'CREATING', issuer: undefined } as never) },
    [['cluster', 'The cluster is CREATING: wait until it is ACTIVE.']],
  ],
  [
    'a cluster without an endpoint',
    {},
    { cluster: found({ ...cluster, status: 'CREATING', endpoint: undefined } as never) },
    [['cluster', 'The cluster is CREATING: wait until it is ACTIVE.']],
  ],
  [
    'a cluster that could not be created',
    {},
    { cluster: found({ ...cluster, status: 'FAILED', endpoint: undefined } as never) },
    [
      [
        'cluster',
        'The cluster is FAILED: it could not be created. Its health issues in the EKS console say why; delete it, and create it anew.',
      ],
    ],
  ],
  [
    'a cluster that answers still, and is being deleted',
    {},
    { cluster: found({ ...cluster, status: 'DELETING' }) },
    [['cluster', 'The cluster is DELETING: choose another one.']],
  ],
  [
    'no Kubeflow',
    {},
    { api: found({ connection: '', profileVersions: [] }) },
    [
      [
        'cluster',
        'Kubeflow is not installed on this cluster: it has no Profile API (profiles.kubeflow.org). Install Kubeflow first.',
      ],
      ['profile', 'Waits for the cluster, which is blocked.'],
      WAITING.account,
    ],
  ],
  [
    'the API was not reached',
    {},
    { api: failed('the endpoint refused the connection.') },
    [
      ['cluster', 'The Kubernetes API of the cluster cannot be read: the endpoint refused the connection.'],
      ['profile', 'Waits for the cluster, which is blocked.'],
      WAITING.account,
    ],
  ],
  [
    'the bucket was not read',
    {},
    { bucket: failed('the connection was broken off.') },
    [['bucket', 'Bucket artifacts cannot be read: the connection was broken off.']],
  ],
  [
    'a bucket of which no partition is known',
    {},
    { bucket: found({ name: 'artifacts', region: 'nowhere', accessible: true }) },
    [],
  ],
  [
    'a bucket in another partition',
    {},
    { bucket: found({ name: 'artifacts', region: 'cn-north-1', accessible: true }) },
    [
      [
        'bucket',
        "The bucket is in partition aws-cn, the cluster in aws: a role cannot reach across partitions. Choose a bucket of the cluster's partition.",
      ],
    ],
  ],
  [
    'a role that may not be read',
    {},
    { role: denied('iam:GetRole', '') },
    [
      [
        'role',
        'IAM role team-x-dev-role cannot be read: you are not permitted to iam:GetRole. Ask for this permission, then try again.',
      ],
      WAITING.policy,
    ],
  ],
  [
    'policies that may not be read',
    {},
    { role: found({ ...role, inline: [], unread: ['iam:GetRolePolicy'] }) },
    [
      [
        'role-policy',
        "The role's policies cannot be read: you are not permitted to iam:GetRolePolicy. Ask for this permission, then try again.",
      ],
    ],
  ],
  [
    'a Profile that may not be read',
    {},
    { profile: denied('get profiles.kubeflow.org', '') },
    [
      [
        'profile',
        'Profile team-x cannot be read: you are not permitted to get profiles.kubeflow.org. Ask for this permission, then try again.',
      ],
      WAITING.account,
    ],
  ],
  [
    'a Profile that was not read',
    {},
    { profile: failed('the connection was broken off.') },
    [['profile', 'Profile team-x cannot be read: the connection was broken off.'], WAITING.account],
  ],
  [
    'a service account that may not be read',
    {},
    { serviceAccount: denied('get serviceaccounts', '') },
    [
      [
        'service-account',
        'Service account default-editor cannot be read: you are not permitted to get serviceaccounts. Ask for this permission, then try again.',
      ],
    ],
  ],
  ['a service account that was not read', {}, { serviceAccount: failed('the connection was broken off.') }, []],
  [
    'a Profile of somebody else',
    {},
    { profile: found({ ...profile, spec: { ...profile.spec, owner: { kind: 'User', name: 'y@example.com' } } }) },
    [
      [
        'profile',
        'Profile team-x exists already and belongs to y@example.com. Choose another name, or give its owner.',
      ],
      WAITING.account,
    ],
  ],
  [
    'a namespace that nobody owns, and no Profile',
    {},
    { profile: absent, namespace: found({ name: 'team-x', deleting: false }) },
    [
      [
        'profile',
        'Namespace team-x exists already and has no annotation "owner", so it is not owned by x@example.com: the profile controller leaves it alone, in silence. Let the namespace be given to x@example.com: whoever works in it now stays, and x@example.com gets access to all of it. Or choose another name.',
      ],
      WAITING.account,
    ],
  ],
  [
    'a namespace with an empty owner, and a Profile',
    {},
    { namespace: found({ name: 'team-x', owner: '', deleting: false }) },
    [
      [
        'profile',
        'Namespace team-x was there before the Profile and has no annotation "owner", so it is not owned by x@example.com: the profile controller leaves it alone, in silence. Let the namespace be given to x@example.com: whoever works in it now stays, and x@example.com gets access to all of it. Or choose another name.',
      ],
      WAITING.account,
    ],
  ],
  [
    'a namespace of somebody else, and no Profile',
    {},
    { profile: absent, namespace: found({ name: 'team-x', owner: 'y@example.com', deleting: false }) },
    [
      [
        'profile',
        'Namespace team-x exists already and is not owned by x@example.com but by y@example.com: the profile controller would refuse it in silence. Choose another name, or set the namespace\'s annotation "owner".',
      ],
      WAITING.account,
    ],
  ],
  [
    'a namespace of somebody else, and a Profile',
    {},
    { namespace: found({ name: 'team-x', owner: 'y@example.com', deleting: false }) },
    [
      [
        'profile',
        'Namespace team-x is owned by y@example.com, the Profile by x@example.com: the profile controller leaves it alone. Set the namespace\'s annotation "owner" to x@example.com, then change something in the Profile, so that the controller looks at it again.',
      ],
      WAITING.account,
    ],
  ],
  [
    'a namespace that goes, and nothing is said to hold it',
    {},
    { profile: absent, namespace: found({ name: 'team-x', owner: 'x@example.com', deleting: true }) },
    [['profile', 'Namespace team-x is being deleted. Wait until it is gone, then try again.'], WAITING.account],
  ],
  [
    'a Profile that goes, with two finalizers of others',
    {},
    { profile: goingWith({}, { finalizers: ['a.example.com', 'b.example.com'] }), role: absent },
    [
      [
        'profile',
        `${SINCE} It stays until a.example.com, b.example.com are removed from its finalizers. It waits for a.example.com, b.example.com, which another program takes away when it has cleaned up. Look whether that program runs, and into its log. Take such a finalizer away yourself only if you know what stays behind: kubectl edit profiles.kubeflow.org team-x.`,
      ],
      WAITING.account,
    ],
  ],
  [
    'a Profile that goes, and its role is there',
    {},
    { profile: goingWith({}) },
    [['profile', `${HELD} If that takes longer than a minute, ${LOG}`], WAITING.account],
  ],
  [
    'a Profile that goes, and its role is gone',
    {},
    goingByRole,
    [
      [
        'profile',
        `${HELD} Its role team-x-dev-role is gone, and with annotateOnly: false the controller waits for that role for ever. Set annotateOnly: true in the Profile's plugin, and it goes.`,
      ],
      WAITING.account,
    ],
  ],
  [
    'a Profile that goes, and its role was not looked for',
    { roleName: 'another' },
    {
      profile: goingWith({
        spec: {
          owner: { kind: 'User', name: 'x@example.com' },
          plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: `${ROLE_ARN}-9`, annotateOnly: false } }],
        },
      }),
    },
    [
      ['role', 'IAM role another cannot be read: it was not read'],
      WAITING.policy,
      [
        'profile',
        `${HELD} If its role team-x-dev-role-9 is gone, with annotateOnly: false the controller waits for that role for ever. Set annotateOnly: true in the Profile's plugin, and it goes.`,
      ],
      WAITING.account,
    ],
  ],
  [
    'a Profile that goes, and its role could not be read',
    {},
    { profile: goingWith({}), role: denied('iam:GetRole', '') },
    [
      [
        'role',
        'IAM role team-x-dev-role cannot be read: you are not permitted to iam:GetRole. Ask for this permission, then try again.',
      ],
      WAITING.policy,
      ['profile', `${HELD} If that takes longer than a minute, ${LOG}`],
      WAITING.account,
    ],
  ],
  [
    'a Profile that goes, without our plugin',
    {},
    { profile: goingWith({ spec: { owner: { kind: 'User', name: 'x@example.com' } } }), role: absent },
    [['profile', `${HELD} If that takes longer than a minute, ${LOG}`], WAITING.account],
  ],
  [
    'a Profile that goes without an owner, and a namespace that somebody owns',
    {},
    { profile: goingWith({ spec: {} }) },
    [
      [
        'profile',
        `${HELD} The controller does nothing for it, because its namespace is owned by x@example.com and not by nobody. Set the annotation "owner" of namespace team-x to the owner, then change something in the Profile.`,
      ],
      WAITING.account,
    ],
  ],
];
for (const [title, wish, other, says] of BLOCKED) {
  test(`why a plan is blocked: ${title}`, () => {
    const plan = makePlan({ ...request, ...wish }, { ...complete, ...other });
    const blocking = rows(plan).flatMap(({ id, kind, reason }) => (kind === 'blocked' ? [[id, reason]] : []));
    assert.deepEqual(blocking, says);
  });
}

test('what a plan says of itself and of what holds', () => {
  const plan = makePlan(request, complete);
  assert.equal(plan.title, 'profile team-x on dev (us-west-2)');
  assert.equal(plan.wish, "Owner x@example.com · bucket artifacts · read and write under the profile's prefix");
  assert.deepEqual(
    rows(plan).map(({ id, kind, title, reason }) => [id, kind, title, reason]),
    [
      ['caller', 'keep', 'You are signed in to the account of the cluster', 'arn:aws:iam::111122223333:user/admin'],
      ['cluster', 'keep', 'EKS cluster dev answers and has Kubeflow', 'Kubernetes 1.36, kubeconfig context dev'],
      ['bucket', 'keep', 'S3 bucket artifacts', 'in us-west-2'],
      ['oidc-provider', 'keep', 'OIDC provider of the cluster, audience sts.amazonaws.com', PROVIDER],
      ['role', 'keep', 'IAM role team-x-dev-role, only for system:serviceaccount:team-x:default-editor', ROLE_ARN],
      ['role-policy', 'keep', 'Inline policy kf-pipeline-s3, prefix access to artifacts', undefined],
      ['profile', 'keep', 'Profile team-x, owner x@example.com', undefined],
      [
        'service-account',
        'keep',
        'Service account team-x/default-editor, annotated by the profile controller',
        undefined,
      ],
      [
        'verification',
        'verify',
        'Proof: default-editor of team-x uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach',
        undefined,
      ],
    ],
  );
});

test('a line of a plan says what it is about, and shows the texts of what changes alone', () => {
  const keysOf = (plan: Plan): Record<string, string> =>
    Object.fromEntries(
      rows(plan).map((row) => [
        `${row.id} ${row.kind}`,
        Object.keys(row)
          .filter((key) => !['id', 'kind', 'title'].includes(key))
          .join(' '),
      ]),
    );
  assert.deepEqual(keysOf(makePlan(request, empty)), {
    'caller keep': 'reason',
    'cluster keep': 'reason',
    'bucket keep': 'reason',
    'oidc-provider create': 'after language',
    'role create': 'after language',
    'role-policy create': 'after language',
    'profile create': 'after language',
    'service-account wait': '',
    'verification verify': '',
  });
  const lacking = { serviceAccount: found({ namespace: 'team-x', name: 'default-editor', annotations: {} }) };
  assert.deepEqual(keysOf(makePlan(request, { ...complete, ...lacking, ...tagged({}, { trustPolicy: audOnly }) })), {
    'caller keep': 'reason',
    'cluster keep': 'reason',
    'bucket keep': 'reason',
    'oidc-provider keep': 'reason',
    'role change': 'before after language',
    'role-policy keep': '',
    'profile change': 'before after language',
    'service-account wait': '',
    'verification verify': '',
  });
  assert.deepEqual(keysOf(makePlan(request, { ...complete, namespace: found({ name: 'team-x', deleting: false }) })), {
    'caller keep': 'reason',
    'cluster keep': 'reason',
    'bucket keep': 'reason',
    'oidc-provider keep': 'reason',
    'role keep': 'reason',
    'role-policy keep': '',
    'profile blocked': 'reason consent',
    'service-account blocked': 'reason waitsFor',
    'verification verify': '',
  });
  const languages = rows(makePlan(request, empty)).flatMap(({ id, language }) => (language ? [[id, language]] : []));
  assert.deepEqual(languages, [
    ['oidc-provider', 'json'],
    ['role', 'json'],
    ['role-policy', 'json'],
    ['profile', 'yaml'],
  ]);
});

test('whether a plan writes, and whether there is anything to do', () => {
  const state = (read: Read): readonly boolean[] => [writes(makePlan(request, read)), isDone(makePlan(request, read))];
  assert.deepEqual(state(empty), [true, false]);
  assert.deepEqual(state(complete), [false, true]);
  // The controller is at it: the Profile of a namespace whose account was not read is not touched.
  assert.deepEqual(state({ ...complete, serviceAccount: failed('the connection was broken off.') }), [false, false]);
});

test('the review, from its first line to its last', () => {
  const parts = (plan: Plan): readonly [intro: string, steps: string, headings: readonly string[]] => {
    const text = reviewText(plan);
    const [intro = '', rest = ''] = text.split('\n\n## Steps\n\n');
    return [intro, rest.split('\n\n## ')[0] ?? '', text.match(/^## .*/gm) ?? []];
  };
  const wish = "Owner x@example.com · bucket artifacts · read and write under the profile's prefix";
  const documents = [
    '## Trust policy of team-x-dev-role: who may use the role',
    '## Inline policy kf-pipeline-s3: what the role may do',
    '## Profile team-x',
    '## Permissions this run needs',
  ];
  const held = `
 1. = keep     You are signed in to the account of the cluster
               arn:aws:iam::111122223333:user/admin
 2. = keep     EKS cluster dev answers and has Kubeflow
               Kubernetes 1.36, kubeconfig context dev`.slice(1);
  const bucket = ' 3. = keep     S3 bucket artifacts\n               in us-west-2';
  const trusted = 'IAM role team-x-dev-role, only for system:serviceaccount:team-x:default-editor';
  const waited = 'Service account team-x/default-editor, annotated by the profile controller';
  const proof =
    'Proof: default-editor of team-x uses the bucket, its neighbour is refused, another profile is refused, no other prefix is in reach';

  assert.deepEqual(parts(makePlan(request, empty)), [
    `# Plan: profile team-x on dev (us-west-2)\n\n4 to create. Nothing has been changed yet.\n\n${wish}`,
    `${held}
${bucket}
 4. + create   OIDC provider of the cluster, audience sts.amazonaws.com
 5. + create   ${trusted}
 6. + create   Inline policy kf-pipeline-s3, prefix access to artifacts
 7. + create   Profile team-x, owner x@example.com
 8. … wait     ${waited}
 9. ? verify   ${proof}`,
    ['## Steps', '## Worth knowing', '## OIDC provider of the cluster: what it is made with', ...documents],
  ]);
  assert.equal(
    parts(makePlan(request, complete))[0],
    `# Plan: profile team-x on dev (us-west-2)\n\nNothing to change: everything is as wanted.\n\n${wish}`,
  );
  const changing = makePlan(request, { ...complete, ...tagged({}, { trustPolicy: audOnly }) });
  assert.deepEqual(parts(changing)[2], ['## Steps', '## Worth knowing', '## Changes', ...documents]);
  assert.match(parts(changing)[1], /\n 5\. ~ change   IAM role team-x-dev-role, only for \S+\n 6\. = keep /);
  assert.ok(
    reviewText(changing).includes(
      `## Worth knowing\n\n- The role will no longer be trusted for: every other service account of the cluster. One role belongs to one profile.\n- ${NO_PIPELINES}\n\n## Changes\n\n### IAM role`,
    ),
  );
  const blocked = makePlan(request, { ...complete, bucket: absent, role: denied('iam:GetRole', '') });
  const [noBucket, noRole] = [
    'There is no bucket artifacts. Let it be made here, or choose another.',
    'IAM role team-x-dev-role cannot be read: you are not permitted to iam:GetRole. Ask for this permission, then try again.',
  ];
  assert.deepEqual(parts(blocked).slice(0, 2), [
    `# Plan: profile team-x on dev (us-west-2)\n\nCannot go on: 2 steps are blocked. Nothing has been changed.\n\n- S3 bucket artifacts\n  ${noBucket}\n- ${trusted}\n  ${noRole}\n\n${wish}`,
    `${held}
 3. ! blocked  S3 bucket artifacts
               ${noBucket}
 4. = keep     OIDC provider of the cluster, audience sts.amazonaws.com
               ${PROVIDER}
 5. ! blocked  ${trusted}
               ${noRole}
 6. - waits    Inline policy kf-pipeline-s3, prefix access to artifacts
               Waits for the role, which is blocked.
 7. = keep     Profile team-x, owner x@example.com
 8. = keep     ${waited}
 9. ? verify   ${proof}`,
  ]);
  const removing = { title: 'x', needs: [], proofs: [], warnings: [] };
  const change = { ref: { kind: 's3/bucket', at: '', key: 'b' } } as const;
  const before = { name: 'b', region: 'us-west-2', accessible: true };
  assert.equal(
    reviewText({ ...removing, changes: [{ ...change, before }] }),
    '# Plan: x\n\n1 to delete. Nothing has been changed yet.\n\n## Steps\n\n 1. - delete   S3 bucket b\n\n## Permissions this run needs\n\nAWS: s3:ListBucket\n',
  );
  assert.doesNotMatch(reviewText({ ...removing, changes: [] }), /## Permissions/);
});

test('what a plan needs to be allowed: also to see what is blocked', () => {
  const blocked = makePlan(request, { ...complete, bucket: absent, role: denied('iam:GetRole', '') });
  assert.deepEqual(permissionsOf(blocked), {
    aws: [
      'eks:DescribeCluster',
      'iam:GetOpenIDConnectProvider',
      'iam:GetRole',
      'iam:GetRolePolicy',
      'iam:ListAttachedRolePolicies',
      'iam:ListRolePolicies',
      's3:GetEncryptionConfiguration',
      's3:ListBucket',
      'sts:GetCallerIdentity',
    ],
    kubernetes: [
      'create serviceaccounts/token',
      'get deployments.apps',
      'get namespaces',
      'get profiles.kubeflow.org',
      'get serviceaccounts',
      'list profiles.kubeflow.org',
      'watch serviceaccounts',
    ],
  });
});

test('the JSON of a plan holds the documents of what it makes, and nothing of what it does not', () => {
  const all = planJson(makePlan(request, empty));
  assert.deepEqual(Object.keys(all).sort(), [
    'documents',
    'permissions',
    'provider',
    'ready',
    'role',
    'steps',
    'summary',
    'warnings',
  ]);
  assert.equal(all['ready'], true);
  assert.equal(all['role'], ROLE_ARN);
  assert.equal(all['provider'], PROVIDER);
  const documents = all['documents'] as Readonly<Record<string, unknown>>;
  assert.deepEqual(documents['trustPolicy'], JSON.parse(trust));
  assert.deepEqual(documents['permissionsPolicy'], JSON.parse(policy));
  assert.match(String(documents['manifest']), /kind: Profile/);

  const provider = planJson(
    planProvider(cluster, factsFrom('team-x', { ...empty, roles: {}, namers: found(new Map()) })),
  );
  assert.deepEqual(Object.keys(provider).sort(), ['permissions', 'provider', 'ready', 'steps', 'summary', 'warnings']);
  const unread = planJson(makePlan(request, { ...empty, cluster: denied('eks:DescribeCluster', '') }));
  assert.deepEqual([unread['ready'], unread['role'], unread['documents']], [false, undefined, undefined]);
});
