/** What is looked at before something is planned or proven, and what is said where it cannot be read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOT_READ } from '../../src/core/facts.ts';
import type { Role } from '../../src/core/observation.ts';
import type { Edit } from '../../src/core/plan/edit.ts';
import { accountArn, refOf } from '../../src/core/plan/plan.ts';
import { permissionsPolicy, policyText } from '../../src/core/policy/build.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found, type Reading } from '../../src/core/reading.ts';
import type { AccessLevel } from '../../src/core/request.ts';
import { lookAt, lookAtCluster, lookAtProvider, lookUp } from '../../src/provisioning/look.ts';
import { lookAtEdit } from '../../src/provisioning/lookEdit.ts';
import { findTarget, type Wanted } from '../../src/provisioning/lookTarget.ts';
import { OutsideError } from '../../src/provisioning/ports.ts';
import { createStore } from '../../src/provisioning/store.ts';
import { ACCOUNT, arnOf, cluster, ISSUER, putProfile, requestFor, worldWithProvider, type World } from './world.ts';

const ROLE = arnOf('team-x-dev-role');
const policyOf = (access: AccessLevel, bucket = 'artifacts'): string =>
  policyText(permissionsPolicy('aws', bucket, 'team-x', access));
const placed = (bucket: string): string =>
  policyText(permissionsPolicy('aws', bucket, 'team-x', 'prefix', undefined, 'teams/team-x/'));
const change = (here: World, other: Partial<Role>): void => {
  const role = here.roles.get('team-x-dev-role');
  if (role) here.roles.set(role.name, { ...role, ...other });
};
const OTHERS = [
  { name: 'none', text: '{"Version":"2012-10-17","Statement":[]}' },
  { name: 'theirs', text: policyOf('bucket', 'data') },
];
const annotated = (here: World, annotations: Readonly<Record<string, string>>): void =>
  void here.accounts.set('team-x/default-editor', { namespace: 'team-x', name: 'default-editor', annotations });
const clusterIs = (here: World, other: object): void => {
  here.aws.cluster = () => Promise.resolve(found({ ...cluster, ...other } as never));
};
const target = (bucket: string, access: AccessLevel, bucketRegion = 'us-west-2'): object => ({
  profile: 'team-x',
  roleArn: ROLE,
  issuer: ISSUER,
  bucket,
  bucketRegion,
  access,
});

/** The settings of the launcher, without a release that could be told. */
const launches = (here: World, data: Readonly<Record<string, string>>): void =>
  void here.configMaps.set('team-x/kfp-launcher', { namespace: 'team-x', name: 'kfp-launcher', data });
const WRITES = { state: 's3', bucket: 'artifacts', prefix: 'team-x/v2/', region: 'us-west-2', credentials: 'env' };
const readOnly = { name: 'kf-pipeline-s3', text: policyOf('read-only') };

/** What is there, and the target of a proof, or why there is none: the code and the words. */
const TARGETS: Readonly<
  Record<
    string,
    readonly [
      change: (here: World) => void,
      wanted: Partial<Wanted>,
      says: object | readonly [code: string, text: string],
    ]
  >
> = {
  'all of it from what is there': [() => undefined, {}, target('artifacts', 'prefix')],
  'our policy says how': [
    (here) => change(here, { inline: [{ name: 'kf-pipeline-s3', text: policyOf('read-only') }] }),
    {},
    target('artifacts', 'read-only'),
  ],
  'our policy before others': [
    (here) => change(here, { inline: [...OTHERS, { name: 'kf-pipeline-s3', text: policyOf('full') }] }),
    {},
    target('artifacts', 'full'),
  ],
  'a policy of another name': [
    (here) => change(here, { inline: OTHERS }),
    {},
    ['NoSuchBucket', 'There is no bucket data.'],
  ],
  'ours does not tell, another does': [
    (here) => change(here, { inline: [...OTHERS, { name: 'kf-pipeline-s3', text: '{}' }] }),
    {},
    ['NoSuchBucket', 'There is no bucket data.'],
  ],
  'a bucket that is named': [
    (here) => change(here, { inline: OTHERS }),
    { bucket: 'artifacts' },
    target('artifacts', 'prefix'),
  ],
  'a bucket and an access that are named': [
    () => undefined,
    { bucket: 'artifacts', access: 'full' },
    target('artifacts', 'full'),
  ],
  'a bucket that may not be looked at is where the cluster is': [
    (here) => {
      here.aws.bucket = () => Promise.resolve(denied('s3:ListBucket', ''));
    },
    {},
    target('artifacts', 'prefix'),
  ],
  'a place of its own': [
    (here) => change(here, { inline: [{ name: 'kf-pipeline-s3', text: placed('artifacts') }] }),
    {},
    { ...target('artifacts', 'prefix'), prefix: 'teams/team-x/' },
  ],
  'a place of its own in another bucket than the one that is named': [
    (here) => change(here, { inline: [{ name: 'kf-pipeline-s3', text: placed('data') }] }),
    { bucket: 'artifacts' },
    target('artifacts', 'prefix'),
  ],
  'a bucket elsewhere': [
    (here) => {
      here.aws.bucket = () => Promise.resolve(found({ name: 'artifacts', region: 'eu-west-1', accessible: true }));
    },
    {},
    target('artifacts', 'prefix', 'eu-west-1'),
  ],
  'where pipelines write': [
    (here) => launches(here, { defaultPipelineRoot: 's3://artifacts/team-x/v2?region=eu-west-1' }),
    {},
    { ...target('artifacts', 'prefix'), launcher: { ...WRITES, region: 'eu-west-1' } },
  ],
  'where pipelines write, whatever the policy says of another bucket': [
    (here) => {
      launches(here, { defaultPipelineRoot: 's3://artifacts/team-x/v2' });
      change(here, { inline: OTHERS });
    },
    {},
    { ...target('artifacts', 'prefix'), launcher: WRITES },
  ],
  'a bucket that is named, and pipelines write to another': [
    (here) => launches(here, { defaultPipelineRoot: 's3://other/team-x/v2' }),
    { bucket: 'artifacts' },
    { ...target('artifacts', 'prefix'), launcher: { ...WRITES, bucket: 'other' } },
  ],
  'pipelines write to another bucket, and the role is for reading': [
    (here) => {
      launches(here, { defaultPipelineRoot: 's3://other/team-x/v2' });
      change(here, { inline: [readOnly] });
    },
    {},
    { ...target('artifacts', 'read-only'), launcher: { ...WRITES, bucket: 'other' } },
  ],
  'pipelines write elsewhere: the launcher has no settings': [
    (here) => void (here.pipelines = '2.5.0'),
    {},
    {
      ...target('artifacts', 'prefix'),
      launcher: {
        state: 'elsewhere',
        root: 'minio://mlpipeline/v2/artifacts',
        why: 'Pipelines write to minio://mlpipeline/v2/artifacts, which is not in S3.',
      },
    },
  ],
  'the release of Kubeflow Pipelines decides which region counts': [
    (here) => {
      launches(here, {
        defaultPipelineRoot: 's3://artifacts/team-x/v2',
        providers: 's3: {default: {region: eu-west-1, credentials: {fromEnv: true}}}',
      });
      here.pipelines = '2.16.1';
    },
    {},
    { ...target('artifacts', 'prefix'), launcher: WRITES },
  ],
  'where pipelines write may not be read': [
    (here) => {
      here.pipelines = '2.16.1';
      here.kubernetes.configMap = () => Promise.resolve(denied('get configmaps', ''));
    },
    {},
    {
      ...target('artifacts', 'prefix'),
      launcher: {
        state: 'unread',
        why: 'ConfigMap team-x/kfp-launcher cannot be read: you are not permitted to get configmaps. Ask for this permission, then try again.',
      },
    },
  ],
  'no policy that tells': [
    (here) => change(here, { inline: [] }),
    {},
    ['NoBucket', 'Which bucket role team-x-dev-role is for cannot be read from its inline policies. Name the bucket.'],
  ],
  'a policy that may not be read': [
    (here) => {
      here.aws.rolePolicy = () => Promise.resolve(denied('iam:GetRolePolicy', ''));
    },
    {},
    [
      'NoBucket',
      'The policies of role team-x-dev-role cannot be read: you are not permitted to iam:GetRolePolicy. Ask for this permission, then try again.',
    ],
  ],
  'a policy that was not read': [
    (here) => {
      here.aws.rolePolicy = () => Promise.resolve(failed('the connection was broken off'));
    },
    {},
    ['NoBucket', 'The policies of role team-x-dev-role cannot be read: the connection was broken off'],
  ],
  'no policy of ours, and a role that may not be read': [
    (here) => {
      change(here, { inline: [] });
      here.aws.role = () => Promise.resolve(denied('iam:GetRole', ''));
    },
    {},
    [
      'NoBucket',
      'The policies of role team-x-dev-role cannot be read: you are not permitted to iam:GetRole. Ask for this permission, then try again.',
    ],
  ],
  'no service account': [
    (here) => {
      here.accounts.clear();
    },
    {},
    [
      'absent',
      "There is no service account team-x/default-editor: create the profile first, or look at the profile controller's log.",
    ],
  ],
  'a service account that may not be read': [
    (here) => {
      here.kubernetes.serviceAccount = () => Promise.resolve(denied('get serviceaccounts', ''));
    },
    {},
    [
      'denied',
      'Service account team-x/default-editor cannot be read: you are not permitted to get serviceaccounts. Ask for this permission, then try again.',
    ],
  ],
  'no annotation': [
    (here) => annotated(here, {}),
    {},
    [
      'NoRole',
      'Service account team-x/default-editor has no annotation eks.amazonaws.com/role-arn: pods get no role. Run "Create IRSA Profile" for this profile.',
    ],
  ],
  'an annotation that is no ARN': [
    (here) => annotated(here, { 'eks.amazonaws.com/role-arn': 'team-x' }),
    {},
    [
      'NoRole',
      'The annotation eks.amazonaws.com/role-arn of team-x/default-editor is no role ARN: "team-x". Correct the Profile\'s plugin.',
    ],
  ],
  'no cluster': [() => undefined, { cluster: 'prod' }, ['absent', 'EKS cluster prod in us-west-2 does not exist.']],
  'a cluster without an issuer': [
    (here) => clusterIs(here, { status: 'CREATING', issuer: undefined }),
    {},
    ['NotActive', 'The cluster is CREATING: wait until it is ACTIVE.'],
  ],
  'a cluster without an endpoint': [
    (here) => clusterIs(here, { status: 'CREATING', endpoint: undefined }),
    {},
    ['NotActive', 'The cluster is CREATING: wait until it is ACTIVE.'],
  ],
};
for (const [name, [act, wanted, says]] of Object.entries(TARGETS)) {
  test(`what a proof is about: ${name}`, async () => {
    const here = worldWithProvider();
    putProfile(here, 'team-x', { name: 'team-x-dev-role' });
    act(here);
    let closed = 0;
    here.kubernetes.close = () => (closed += 1);
    const finding = findTarget({ cluster: 'dev', profile: 'team-x', ...wanted }, here.aws, here.connect);
    if (!Array.isArray(says)) {
      assert.deepEqual((await finding).target, says);
      assert.equal(closed, 0);
      return;
    }
    await assert.rejects(finding, (error) => {
      assert.ok(error instanceof OutsideError);
      assert.deepEqual([error.code, error.message], says);
      return true;
    });
    const reached = !/cluster/i.test(String(says[1]));
    assert.equal(closed, reached ? 1 : 0, 'what was opened is closed');
  });
}

/** What there is under a name, and what is said of it: owner, role, use. */
const EXISTING: Readonly<Record<string, readonly [change: (here: World) => void, says: object]>> = {
  nothing: [() => undefined, {}],
  'a profile with its role': [
    (here) => putProfile(here, 'team-x', { name: 'team-x-dev-role' }),
    {
      owner: 'team-x@example.com',
      roleName: 'team-x-dev-role',
      use: { bucket: 'artifacts', access: 'prefix', prefix: 'team-x/' },
    },
  ],
  'a profile whose role tells nothing': [
    (here) => putProfile(here, 'team-x', { name: 'team-x-dev-role', inline: [] }),
    { owner: 'team-x@example.com', roleName: 'team-x-dev-role' },
  ],
  'a profile with a role of another account': [
    (here) => here.apply(newProfile('team-x', 'x@example.com', ROLE.replace(ACCOUNT, '999999999999'), true)),
    { owner: 'x@example.com' },
  ],
  'a namespace alone': [
    (here) =>
      void here.namespaces.set('team-x', { name: 'team-x', deleting: false, owned: false, owner: 'y@example.com' }),
    { owner: 'y@example.com' },
  ],
  'a namespace with an empty owner': [
    (here) => void here.namespaces.set('team-x', { name: 'team-x', deleting: false, owned: false, owner: '' }),
    {},
  ],
};
for (const [name, [act, says]] of Object.entries(EXISTING)) {
  test(`what is under a name: ${name}`, async () => {
    const here = worldWithProvider();
    act(here);
    const { profile, namespace, ...more } = await lookUp('team-x', cluster, here.aws, here.kubernetes);
    assert.deepEqual(more, says);
    assert.equal(profile.state, here.profiles.has('team-x') ? 'found' : 'absent');
    assert.equal(namespace.state, here.namespaces.has('team-x') ? 'found' : 'absent');
  });
}

/** What cannot be reached makes a plan that says just that; what may not be read does not. */
const REACHED: Readonly<Record<string, readonly [change: (here: World) => void, unreachable: boolean]>> = {
  'all is there': [() => undefined, false],
  'nothing may be read': [
    (here) => {
      here.aws.caller = () => Promise.resolve(denied('sts:GetCallerIdentity', ''));
      here.aws.bucket = () => Promise.resolve(denied('s3:ListBucket', ''));
    },
    false,
  ],
  'nobody is signed in': [
    (here) => {
      here.aws.caller = () => Promise.resolve(failed('no AWS credentials were found'));
    },
    true,
  ],
  'the bucket is not reached': [
    (here) => {
      here.aws.bucket = () => Promise.resolve(failed('the connection was broken off'));
    },
    true,
  ],
  'the API is not reached': [
    (here) => {
      here.kubernetes.api = () => Promise.resolve(failed('the connection was refused'));
    },
    true,
  ],
  'a cluster without an endpoint yet': [(here) => clusterIs(here, { status: 'CREATING', endpoint: undefined }), false],
  'a cluster without an issuer': [(here) => clusterIs(here, { status: 'CREATING', issuer: undefined }), false],
  'no such cluster': [
    (here) => {
      here.aws.cluster = () => Promise.resolve(absent);
    },
    false,
  ],
};
for (const [name, [act, unreachable]] of Object.entries(REACHED)) {
  test(`what could not be reached: ${name}`, async () => {
    const here = worldWithProvider();
    putProfile(here, 'team-x', { name: 'team-x-dev-role' });
    act(here);
    assert.equal((await lookAt(requestFor('team-x'), here.aws, here.connect)).unreachable, unreachable);
  });
}

test('a cluster without an endpoint yet is not connected to, and that is said', async () => {
  const here = worldWithProvider();
  clusterIs(here, { status: 'CREATING', endpoint: undefined });
  let connects = 0;
  const connect: World['connect'] = (...to) => (connects++, here.connect(...to));
  const { facts, kubernetes } = await lookAt(requestFor('team-x'), here.aws, connect);
  assert.deepEqual([connects, kubernetes], [0, undefined]);
  assert.deepEqual(facts.api, failed('the cluster is CREATING and has no endpoint', NOT_READ));
});

test('a role that is known is read again where a plan needs more of it: once', async () => {
  const unread = ['iam:GetRolePolicy'];
  for (const [known, plain, withSession] of [
    [{}, 0, 1],
    [{ maxSession: 3600 }, 0, 0],
    [{ unread }, 1, 1],
    [{ maxSession: 3600, unread }, 1, 1],
  ] as const)
    for (const [wish, times] of [
      [{}, plain],
      [{ maxSession: 7200 }, withSession],
    ] as const) {
      const here = worldWithProvider();
      putProfile(here, 'team-x', { name: 'team-x-dev-role', ...known });
      const store = createStore();
      store.put(refOf('eks/cluster', 'us-west-2', 'dev'), found(cluster));
      const role = here.roles.get('team-x-dev-role');
      assert.ok(role);
      store.put(refOf('iam/role', accountArn(cluster), role.name), found(role));
      await lookAt(requestFor('team-x', wish), here.aws, here.connect, undefined, store);
      const calls = here.calls.filter((call) => call === 'iam:GetRole').length;
      assert.equal(calls, times, JSON.stringify([known, wish]));
    }
});

test('what a plan read a moment ago, a command on the cluster does not read again', async () => {
  const here = worldWithProvider();
  const store = createStore();
  const { kubernetes } = await lookAt(requestFor('team-x'), here.aws, here.connect, undefined, store);
  kubernetes?.close();
  here.calls.length = 0;
  assert.deepEqual(await lookAtCluster('dev', here.aws, store), found(cluster));
  await lookAtProvider(cluster, here.aws, store);
  assert.deepEqual(here.calls, []);
});

test('what a role is for is told by the role, where that was read a moment ago', async () => {
  const here = worldWithProvider();
  putProfile(here, 'team-x', { name: 'team-x-dev-role' });
  const store = createStore();
  const ref = refOf('iam/role', accountArn(cluster), 'team-x-dev-role');
  await store.read(ref, 60_000, () => here.aws.role('team-x-dev-role'));
  here.calls.length = 0;
  assert.deepEqual((await lookUp('team-x', cluster, here.aws, here.kubernetes, store)).use, {
    bucket: 'artifacts',
    access: 'prefix',
    prefix: 'team-x/',
  });
  assert.deepEqual(
    here.calls.filter((call) => call.startsWith('iam:')),
    [],
  );
});

test('where our policy tells what a role is for, the whole role is not asked for', async () => {
  const here = worldWithProvider();
  putProfile(here, 'team-x', { name: 'team-x-dev-role' });
  here.calls.length = 0;
  await lookUp('team-x', cluster, here.aws, here.kubernetes);
  assert.deepEqual(
    here.calls.filter((call) => call.startsWith('iam:')),
    ['iam:GetRolePolicy'],
  );
});

test('objects below the prefix of a new profile are counted up to a page', async () => {
  for (const [count, says] of [
    [0, undefined],
    [999, { objects: 999 }],
    [1_000, { objects: 1_000, more: true }],
  ] as const) {
    const here = worldWithProvider();
    for (let at = 0; at < count; at++) here.objects.set(`team-x/${at}`, '');
    const { facts } = await lookAt(requestFor('team-x'), here.aws, here.connect);
    const data = facts.get(refOf('s3/data', 'us-west-2', 'artifacts/team-x/'));
    const { objects, more } = data.state === 'found' ? data.value : {};
    assert.deepEqual(data.state === 'found' ? { objects, ...(more && { more }) } : undefined, says);
  }
});

test('what is looked at before an edit: as far as it is reached, and people where another owner is wanted', async () => {
  const edit = { cluster: 'dev', region: 'us-west-2', profile: 'team-x' };
  const says = async (what: Partial<Edit>, act: (here: World) => void = () => undefined): Promise<string> => {
    const here = worldWithProvider();
    putProfile(here, 'team-x', { name: 'team-x-dev-role' });
    act(here);
    const looked = await lookAtEdit({ ...edit, ...what }, here.aws, here.connect);
    return Object.entries({ ...looked, live: looked.live.missing ?? 'live' })
      .map(([key, value]) => (typeof value === 'object' ? key : `${key} ${String(value)}`))
      .sort()
      .join(', ');
  };
  const silent = (here: World): void => {
    const profile = (): Promise<Reading<never>> => Promise.resolve(failed('no route'));
    const { connect } = here;
    Object.assign(here, {
      connect: async (...to: Parameters<typeof connect>) => ({ ...(await connect(...to)), profile }),
    });
  };
  const ownerless = (here: World): void => {
    const there = here.profiles.get('team-x');
    if (there) here.profiles.set('team-x', { ...there, spec: {} });
  };
  assert.deepEqual(
    [
      await says({}),
      await says({ owner: 'team-x@example.com' }),
      await says({ owner: 'y@example.com' }),
      await says({}, ownerless),
      await says({}, silent),
      await says({ cluster: 'other' }),
      await says({}, (here) => clusterIs(here, { status: 'CREATING', endpoint: undefined })),
    ],
    [
      'facts, kubernetes, live live, unreachable false',
      'facts, kubernetes, live live, unreachable false',
      'facts, kubernetes, live live, people, unreachable false',
      'facts, kubernetes, live live, unreachable false',
      'facts, kubernetes, live Profile team-x cannot be read: no route, unreachable true',
      'facts, live EKS cluster other in us-west-2 does not exist., unreachable false',
      'facts, live The cluster is CREATING: wait until it is ACTIVE., unreachable false',
    ],
  );
});
