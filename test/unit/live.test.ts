/** What the estate answers about one thing that a text names: from what it holds, and by what calls where it holds nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Judgement } from '../../src/core/modes/live.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import type { Bucket, Cluster, OidcProvider, Role, ServiceAccount } from '../../src/core/observation.ts';
import { permissionsPolicy, policyText, providerArn, trustPolicy } from '../../src/core/policy/build.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found, type Reading } from '../../src/core/reading.ts';
import type { ClusterEstate } from '../../src/estate/cluster.ts';
import { liveOf, type KnownCluster } from '../../src/estate/live.ts';
import type { Thing } from '../../src/live.ts';

const [OWN, OTHER] = ['111122223333', '444455556666'];
const DENIED = denied('iam:GetRole', 'no');
const NOT_PERMITTED = 'You are not permitted to read it (iam:GetRole): whether it exists is not known.';

const clusterOf = (name: string, change: Partial<Cluster> = {}): Cluster => {
  const { region = 'us-west-2', account = OWN } = change;
  return {
    name,
    region,
    account,
    arn: `arn:aws:eks:${region}:${account}:cluster/${name}`,
    partition: 'aws',
    status: 'ACTIVE',
    version: '1.36',
    endpoint: 'https://127.0.0.1:1',
    ...change,
  };
};
const issuerFor = (name: string): string => `https://oidc.example.com/id/${name}`;
const dev = clusterOf('dev', { issuer: issuerFor('dev') });
const arnOf = (name: string, account = OWN): string => `arn:aws:iam::${account}:role/${name}`;
const trustOf = (profile: string, name = 'dev'): string =>
  policyText(trustPolicy(providerArn('aws', OWN, issuerFor(name)), issuerFor(name), profile));
const roleOf = (name: string, change: Partial<Role> = {}): Role => ({
  name,
  arn: arnOf(name),
  trustPolicy: trustOf('team-a'),
  tags: {},
  inline: [],
  attached: [],
  ...change,
});

/** What a cluster that was looked into holds. */
interface Looked {
  readonly complete?: boolean;
  readonly profiles?: Reading<readonly string[]>;
  readonly provider?: Reading<OidcProvider>;
  /** Changes of profiles that are there. */
  readonly views?: Readonly<Record<string, Partial<ProfileView>>>;
  readonly judgements?: Readonly<Record<string, string>>;
  readonly accounts?: Reading<readonly ServiceAccount[]>;
}

function looked(cluster: Cluster, looks: Looked, asked: string[]): ClusterEstate {
  const names = Object.keys(looks.views ?? {});
  const estate: Partial<ClusterEstate> = {
    cluster,
    complete: looks.complete ?? true,
    profiles: looks.profiles ?? found(names),
    facts: {
      api: absent,
      controller: absent,
      pipelines: absent,
      provider: looks.provider ?? failed('it was not read yet'),
      lost: undefined,
    },
    readings: (name) =>
      looks.views?.[name] && {
        cluster,
        provider: absent,
        profile: { ...newProfile(name, 'a@example.com', arnOf(name), true), finalizers: [] },
        namespace: found({ name, deleting: false }),
        serviceAccount: found({ namespace: name, name: 'default-editor', annotations: {} }),
        launcher: absent,
        role: found(roleOf(name)),
        sharedWith: [],
        ...looks.views[name],
      },
    serviceAccounts: async (namespace) => {
      asked.push(`accounts of ${namespace} on ${cluster.name}`);
      return looks.accounts ?? found([]);
    },
  };
  return estate as ClusterEstate;
}

/** What identities see, by their AWS profile. */
interface Sees {
  readonly roles?: Readonly<Record<string, Reading<Role>>>;
  readonly buckets?: Reading<Bucket>;
  readonly provider?: Reading<OidcProvider>;
}

/** A cluster as an identity sees it; `looks`: it was looked into. */
type Seen = readonly [awsProfile: string, cluster: Cluster, looks?: Looked];

function world(seen: readonly Seen[], sees: Readonly<Record<string, Sees>> = {}) {
  const asked: string[] = [];
  const known = seen.map(([awsProfile, cluster, looks]): KnownCluster => ({
    source: { region: cluster.region, awsProfile },
    cluster,
    estate: looks && looked(cluster, looks, asked),
    judgement: (profile) => {
      const words = looks?.judgements?.[profile];
      return words === undefined ? undefined : ({ words: [words], problems: [] } as unknown as Judgement);
    },
  }));
  const live = liveOf(
    () => known,
    async ({ awsProfile = '' }) => ({
      bareRole: async (name) => {
        asked.push(`role ${name} by ${awsProfile}`);
        return sees[awsProfile]?.roles?.[name] ?? absent;
      },
      bucket: async (name) => {
        asked.push(`bucket ${name} by ${awsProfile}`);
        return sees[awsProfile]?.buckets ?? absent;
      },
      oidcProvider: async () => {
        asked.push(`provider by ${awsProfile}`);
        return sees[awsProfile]?.provider ?? absent;
      },
    }),
  );
  return { live, asked };
}

/** What is said of a thing, and at what calls. */
type Row = readonly [
  name: string,
  seen: readonly Seen[],
  sees: Readonly<Record<string, Sees>>,
  said: readonly string[],
  asked?: readonly string[],
];
function table(thing: Thing, rows: readonly Row[]): void {
  for (const [name, seen, sees, said, wanted = []] of rows)
    test(`${thing.kind}: ${name}`, async () => {
      const { live, asked } = world(seen, sees);
      assert.deepEqual(await live.state(thing), said);
      assert.deepEqual(asked, wanted);
    });
}

const EXISTS = 'It exists; assumed by team-a/default-editor of cluster dev.';
const NOWHERE = 'It exists; assumed by team-a/default-editor of a cluster that the tree does not show';
const SHOWN = 'No profile that is shown in the tree names it.';
const seesRole: Sees = { roles: { 'team-a': found(roleOf('team-a')) } };
const manyIdentities = (count: number, cluster: Cluster): readonly Seen[] =>
  Array.from({ length: count }, (_, index) => [`p${index}`, cluster]);
const refused = (count: number): Readonly<Record<string, Sees>> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, { roles: { 'team-a': DENIED } }]));

table({ kind: 'role', arn: arnOf('team-a') }, [
  [
    'a profile that is shown has it',
    [['a', dev, { views: { 'team-a': {} } }]],
    {},
    [EXISTS, 'Named by profile team-a on dev.'],
  ],
  [
    'the profile that has it knows that it is gone',
    [['a', dev, { views: { 'team-a': { role: absent } } }]],
    {},
    ['There is no such role: AWS refuses every token for it.', 'Named by profile team-a on dev.'],
  ],
  [
    'not all of it may be read for the tree, which keeps nobody from saying that it exists',
    [['a', dev, { views: { 'team-a': { role: DENIED } } }]],
    { a: seesRole },
    [EXISTS, 'Named by profile team-a on dev.'],
    ['role team-a by a'],
  ],
  [
    'the second of two profiles knows it',
    [
      [
        'a',
        dev,
        {
          views: { 'team-b': { role: undefined, serviceAccount: annotated('team-b', arnOf('team-a')) }, 'team-a': {} },
        },
      ],
    ],
    {},
    [EXISTS, 'Named by profile team-b on dev, team-a on dev.'],
  ],
  ['nobody was looked into', [['a', dev]], { a: seesRole }, [EXISTS], ['role team-a by a']],
  [
    'all profiles are known, and none names it',
    [['a', dev, {}]],
    { a: seesRole },
    [EXISTS, SHOWN],
    ['role team-a by a'],
  ],
  [
    'not all that profiles have is known',
    [['a', dev, { complete: false }]],
    { a: seesRole },
    [EXISTS],
    ['role team-a by a'],
  ],
  ['profiles cannot be read', [['a', dev, { profiles: DENIED }]], { a: seesRole }, [EXISTS], ['role team-a by a']],
  [
    'of two clusters one is not known yet',
    [
      ['a', dev, {}],
      ['a', clusterOf('prod'), { complete: false }],
    ],
    { a: seesRole },
    [EXISTS],
    ['role team-a by a'],
  ],
  [
    'one profile that names it is enough',
    [
      ['a', dev, { views: { 'team-a': {} } }],
      ['a', clusterOf('prod'), { complete: false }],
    ],
    {},
    [EXISTS, 'Named by profile team-a on dev.'],
  ],
  ['an account that nobody sees', [['a', clusterOf('dev', { account: OTHER })]], { a: seesRole }, []],
  [
    'the first identity that may read it answers',
    [
      ['a', dev],
      ['b', dev],
      ['c', dev],
    ],
    { a: { roles: { 'team-a': failed('timeout') } }, b: seesRole },
    [EXISTS],
    ['role team-a by a', 'role team-a by b'],
  ],
  [
    'that there is none is an answer, too',
    [
      ['a', dev],
      ['b', dev],
    ],
    { b: seesRole },
    ['There is no such role: AWS refuses every token for it.'],
    ['role team-a by a'],
  ],
  [
    'no identity may read it: what the first one met',
    [
      ['a', dev],
      ['b', dev],
    ],
    { a: { roles: { 'team-a': DENIED } }, b: { roles: { 'team-a': failed('timeout') } } },
    [NOT_PERMITTED],
    ['role team-a by a', 'role team-a by b'],
  ],
  [
    'an identity is asked once, also in two regions',
    [
      ['p0', dev],
      ['p0', clusterOf('dev', { region: 'eu-west-1' })],
    ],
    refused(1),
    [NOT_PERMITTED],
    ['role team-a by p0'],
  ],
  [
    'so many are asked, and no more',
    manyIdentities(12, dev),
    refused(12),
    [NOT_PERMITTED],
    Array.from({ length: 10 }, (_, index) => `role team-a by p${index}`),
  ],
  [
    'a cluster whose issuer is not known, and one that the tree does not show',
    [['a', clusterOf('new')]],
    { a: seesRole },
    [`${NOWHERE} (oidc.example.com/id/dev).`],
    ['role team-a by a'],
  ],
  [
    'a cluster that the tree shows, behind one whose issuer is not known',
    [
      ['a', clusterOf('new')],
      ['a', dev],
    ],
    { a: seesRole },
    [EXISTS],
    ['role team-a by a'],
  ],
  [
    'two clusters of a name',
    [
      ['a', dev],
      ['a', clusterOf('dev', { region: 'eu-west-1' })],
    ],
    { a: seesRole },
    [`${EXISTS.slice(0, -1)} (us-west-2, ${OWN}).`],
    ['role team-a by a'],
  ],
  ...[0, 1].map((first): Row => [
    `a cluster that two identities see, and ${first === 0 ? 'the first' : 'the second'} was looked into`,
    (
      [
        ['a', dev, { views: { 'team-a': {} } }],
        ['b', dev],
        ['c', dev],
      ] as Seen[]
    ).toSorted((one) => (one.length === 3 ? first * 2 - 1 : 1 - first * 2)),
    {},
    [EXISTS, 'Named by profile team-a on dev.'],
  ]),
]);

const user = 'arn:aws:iam::111122223333:user/team-a';
table({ kind: 'role', arn: user }, [
  [
    'what is no role, also where a profile names it',
    [['a', dev, { views: { 'team-a': { role: absent, serviceAccount: annotated('team-a', user) } } }]],
    {},
    [],
  ],
]);
table({ kind: 'role', arn: arnOf('team-a').replace('role/', 'role/x/') }, [
  [
    'the role of this name has another path',
    [['a', dev, {}]],
    { a: seesRole },
    [`The role of this name has another ARN, ${arnOf('team-a')}: AWS refuses this one.`, SHOWN],
    ['role team-a by a'],
  ],
]);

function annotated(namespace: string, role: string): Reading<ServiceAccount> {
  return found({ namespace, name: 'default-editor', annotations: { 'eks.amazonaws.com/role-arn': role } });
}

const bucketIn = (region: string, accessible: boolean): Sees => ({
  buckets: found({ name: 'artifacts', region, accessible }),
});
table({ kind: 'bucket', name: 'artifacts' }, [
  ['nobody is known', [], {}, []],
  [
    'it is there',
    [['a', dev]],
    { a: bucketIn('us-west-2', true) },
    ['It exists, in us-west-2.'],
    ['bucket artifacts by a'],
  ],
  [
    'who may use it knows best',
    [
      ['a', dev],
      ['b', dev],
      ['c', dev],
    ],
    { a: { buckets: DENIED }, b: bucketIn('us-west-1', false), c: bucketIn('us-west-2', true) },
    ['It exists, in us-west-2.'],
    ['bucket artifacts by a', 'bucket artifacts by b', 'bucket artifacts by c'],
  ],
  [
    'that it exists is said where nobody may use it',
    [
      ['a', dev],
      ['b', dev],
    ],
    { a: { buckets: DENIED }, b: bucketIn('us-west-1', false) },
    ['It exists, in us-west-1; you are not permitted to use it.'],
    ['bucket artifacts by a', 'bucket artifacts by b'],
  ],
  ['nobody may see it', [['a', dev]], { a: { buckets: DENIED } }, [NOT_PERMITTED], ['bucket artifacts by a']],
  [
    'so many are asked, and no more',
    manyIdentities(12, dev),
    {},
    ['There is no bucket of this name.'],
    Array.from({ length: 10 }, (_, index) => `bucket artifacts by p${index}`),
  ],
]);

const PROVIDER = providerArn('aws', OWN, issuerFor('dev'));
const provider: Reading<OidcProvider> = found({ arn: PROVIDER, clientIds: ['sts.amazonaws.com'] });
const UNKNOWN = 'No cluster that is shown in the tree has this issuer.';
table({ kind: 'provider', arn: PROVIDER }, [
  ['of a cluster that was looked into', [['a', dev, { provider }]], {}, ['It exists, for cluster dev.']],
  [
    'the cluster could not read it',
    [
      ['a', clusterOf('new')],
      ['a', dev, { provider: failed('timeout') }],
    ],
    { a: { provider } },
    ['It exists, for cluster dev.'],
    ['provider by a'],
  ],
  [
    'nobody looked into the cluster',
    [['a', dev]],
    { a: { provider } },
    ['It exists, for cluster dev.'],
    ['provider by a'],
  ],
  [
    'of no cluster that is shown',
    [
      ['a', clusterOf('new')],
      ['a', clusterOf('prod', { issuer: issuerFor('prod') })],
    ],
    { a: { provider } },
    ['It exists.', UNKNOWN],
    ['provider by a'],
  ],
  ['of an account that nobody sees', [['a', clusterOf('prod', { account: OTHER })]], { a: { provider } }, []],
]);

const prod = clusterOf('prod');
table({ kind: 'profile', name: 'team-a' }, [
  [
    'its state where it is',
    [
      ['a', dev, { views: { 'team-a': {} }, judgements: { 'team-a': 'works' } }],
      ['a', prod, { complete: false }],
    ],
    {},
    ['On dev: works.'],
  ],
  [
    'it is nowhere',
    [
      ['a', dev, {}],
      ['a', prod],
    ],
    {},
    ['No cluster that is open in the tree has a profile team-a.'],
  ],
  ['nothing is open', [['a', dev]], {}, []],
  [
    'it may be where not all is known',
    [
      ['a', dev, {}],
      ['a', prod, { complete: false }],
    ],
    {},
    [],
  ],
  ['it is not judged yet', [['a', dev, { views: { 'team-a': {} }, complete: false }]], {}, []],
]);

const pipelines = { namespace: 'team-a', name: 'pipelines', annotations: {} };
table({ kind: 'serviceAccount', namespace: 'team-a', name: 'default-editor' }, [
  [
    'the tree holds that of every profile',
    [
      ['a', dev, { views: { 'team-a': { serviceAccount: absent } } }],
      ['a', prod, { views: { 'team-a': {} } }],
    ],
    {},
    ['On prod: it exists, without a role.', 'On dev: namespace team-a has no service account default-editor.'],
  ],
  [
    'the tree could not read it',
    [['a', dev, { views: { 'team-a': { serviceAccount: failed('timeout') } }, accounts: DENIED }]],
    {},
    [`On dev: ${NOT_PERMITTED}`],
    ['accounts of team-a on dev'],
  ],
  ['nothing is open', [['a', dev]], {}, []],
]);
table({ kind: 'serviceAccount', namespace: 'team-a', name: 'pipelines' }, [
  [
    'there, in a namespace without it, in none, and where that is not known',
    [
      ['a', dev, { views: { 'team-a': { namespace: absent } } }],
      ['a', clusterOf('empty'), {}],
      ['a', clusterOf('new'), { views: { 'team-a': { namespace: found({ name: 'team-a', deleting: false }) } } }],
      ['a', clusterOf('old'), { accounts: found([{ ...pipelines, name: 'other' }]) }],
      ['a', prod, { accounts: found([{ ...pipelines, name: 'other' }, pipelines]) }],
    ],
    {},
    [
      'On prod: it exists, without a role.',
      'On dev: there is no namespace team-a.',
      'On empty: there is no namespace team-a, or nothing is in it.',
      'On new: namespace team-a has no service account pipelines.',
      'On old: namespace team-a has no service account pipelines.',
    ],
    ['dev', 'empty', 'new', 'old', 'prod'].map((name) => `accounts of team-a on ${name}`),
  ],
]);

test('a thing is asked for once in a while', async () => {
  const { live, asked } = world([['a', dev]], { a: { ...seesRole, provider } });
  for (const thing of [
    { kind: 'role', arn: arnOf('team-a') },
    { kind: 'bucket', name: 'artifacts' },
    { kind: 'provider', arn: PROVIDER },
  ] as const)
    assert.deepEqual(await live.state(thing), await live.state(thing));
  assert.deepEqual(asked, ['role team-a by a', 'bucket artifacts by a', 'provider by a']);
});

test('what cannot be asked, such as without a sign-in, is said', async () => {
  const known: KnownCluster = {
    source: { region: 'us-west-2' },
    cluster: dev,
    estate: undefined,
    judgement: () => undefined,
  };
  const live = liveOf(
    () => [known],
    () => Promise.reject(new Error('sign in first')),
  );
  const said = ['It could not be read: sign in first'];
  assert.deepEqual(await live.state({ kind: 'role', arn: arnOf('team-a') }), said);
  assert.deepEqual(await live.state({ kind: 'bucket', name: 'artifacts' }), said);
  assert.deepEqual((await live.state({ kind: 'provider', arn: PROVIDER }))[0], said[0]);
});

test('service accounts are looked for on so many clusters, and no more', async () => {
  const { live, asked } = world(Array.from({ length: 12 }, (_, index): Seen => ['a', clusterOf(`c${index}`), {}]));
  const said = await live.state({ kind: 'serviceAccount', namespace: 'x', name: 'y' });
  assert.equal(asked.length, 10);
  assert.equal(said.at(-1), '… and 5 more clusters');
});

test('roles for a profile: its own, those that let it in by name or bear its tag, and the one of the usual name', async () => {
  const nobody = JSON.stringify({ Version: '2012-10-17', Statement: [] });
  const tagged = (name: string, value: string): Role =>
    roleOf(name, { trustPolicy: nobody, tags: { 'kubeflow-irsa/profile': value } });
  const anybody = trustOf('x')
    .replace('StringEquals', 'StringLike')
    .replace('system:serviceaccount:x:default-editor', '*');
  const own = '"system:serviceaccount:team-a:default-editor"';
  const both = trustOf('team-a').replace(own, `["system:serviceaccount:team-l:default-editor", ${own}]`);
  const all = trustOf('team-a').replace(/,[^,]*:sub"[^,}]*/, '');
  const { live, asked } = world(
    [
      [
        'a',
        dev,
        {
          views: {
            'team-a': { role: found(roleOf('own', { trustPolicy: nobody })) },
            'team-b': { role: found(roleOf('named')) },
            'team-c': { role: found(tagged('tagged', 'team-a')) },
            'team-d': { role: found(tagged('of-others', 'team-d')) },
            'team-e': { role: absent },
            'team-f': { role: undefined },
            'team-g': { role: found(roleOf('wild', { trustPolicy: anybody })) },
            'team-k': { role: found(roleOf('all', { trustPolicy: all })) },
            'team-l': { role: found(roleOf('both', { trustPolicy: both })) },
            'team-h': { role: found(roleOf('odd', { trustPolicy: '{' })) },
            'team-i': { role: found(roleOf('broken', { arn: 'arn:aws:iam::1:role/broken' })) },
            'team-j': {
              role: found(roleOf('own', { trustPolicy: nobody, tags: { 'kubeflow-irsa/profile': 'team-a' } })),
            },
          },
        },
      ],
      ['a', prod],
      ['a', clusterOf('stage', { issuer: issuerFor('stage') })],
      ['a', clusterOf('test', { issuer: issuerFor('test') })],
      ['a', clusterOf('gone')],
    ],
    {
      a: {
        roles: {
          'team-a-dev-role': found(roleOf('team-a-dev-role', { trustPolicy: anybody })),
          'team-a-prod-role': found(roleOf('team-a-prod-role', { trustPolicy: anybody })),
          'team-a-stage-role': found(roleOf('team-a-stage-role', { trustPolicy: anybody })),
          'team-a-test-role': found(tagged('team-a-test-role', 'team-a')),
        },
      },
    },
  );
  assert.deepEqual(
    await live.rolesFor('team-a'),
    ['own', 'named', 'tagged', 'both', 'team-a-dev-role', 'team-a-test-role'].map((name) => arnOf(name)),
  );
  assert.deepEqual(
    asked,
    ['dev', 'prod', 'stage', 'test', 'gone'].map((name) => `role team-a-${name}-role by a`),
  );
  const many = world(Array.from({ length: 12 }, (_, index): Seen => ['a', clusterOf(`c${index}`)]));
  assert.deepEqual(await many.live.rolesFor('team-a'), []);
  assert.equal(many.asked.length, 10);
});

test('the roles and the buckets that the tree knows, each once', () => {
  const writes = (bucket: string) => ({
    name: 'p',
    text: policyText(permissionsPolicy('aws', bucket, 'team-a', 'prefix')),
  });
  const { live } = world([
    [
      'a',
      dev,
      {
        views: {
          'team-a': { role: found(roleOf('shared', { inline: [writes('artifacts'), writes('more-*')] })) },
          'team-b': { role: found(roleOf('shared')) },
          'team-c': { role: found(roleOf('own', { inline: [writes('artifacts'), writes('other')] })) },
          'team-d': { role: absent },
          'team-e': { role: undefined },
        },
      },
    ],
    ['a', prod],
    ['a', clusterOf('new'), { profiles: DENIED }],
  ]);
  assert.deepEqual(live.roles(), [
    { arn: arnOf('shared'), of: 'team-a on dev' },
    { arn: arnOf('own'), of: 'team-c on dev' },
  ]);
  assert.deepEqual(live.buckets(), ['artifacts', 'other']);
});

test('what a file declares is held where the tree has one of it, without a call, and is nothing where two clusters have one', () => {
  const provider = found({ arn: providerArn('aws', OWN, issuerFor('dev')), clientIds: ['sts.amazonaws.com'] });
  const other = clusterOf('other', { issuer: issuerFor('other') });
  const declared = [
    { kind: 'role', name: 'team-a' },
    { kind: 'role', name: 'nobody' },
    { kind: 'profile', name: 'team-a' },
    { kind: 'provider', name: 'oidc.example.com/id/dev' },
  ] as const;
  const one: Seen = ['a', dev, { views: { 'team-a': {}, 'team-b': {} }, provider }];
  const { live, asked } = world([one]);
  const { roles, profiles, providers } = live.held(declared);
  assert.deepEqual([Object.keys(roles), Object.keys(profiles)], [['team-a'], ['team-a']]);
  assert.deepEqual(Object.keys(providers), ['oidc.example.com/id/dev']);
  const both = world([one, ['a', other, { views: { 'team-a': {} } }]]).live.held(declared);
  assert.deepEqual([Object.keys(both.roles), Object.keys(both.profiles)], [['team-a'], []], 'the role is the same one');
  const malformed = {
    ...one[2]?.views?.['team-a'],
    profile: { ...looked(dev, { views: { 'team-a': {} } }, []).readings('team-a')!.profile, malformed: 'x' },
  };
  assert.deepEqual(world([['a', dev, { views: { 'team-a': malformed } }]]).live.held(declared).profiles, {});
  assert.deepEqual(world([]).live.held(declared), { roles: {}, profiles: {}, providers: {} });
  assert.deepEqual(asked, []);
});

test('of an error only what the tree shows of the profile that it names is told, each with what mends it', () => {
  const problems = [
    { id: 'KP-041', message: 'No object.', remedy: 'repair' },
    { id: 'KP-047', message: 'A key of others.' },
    { id: 'KP-030', message: 'Not of this error.', remedy: 'repair' },
  ];
  const looks = { views: { 'team-a': {}, 'team-b': {} } };
  const known: KnownCluster = {
    source: { region: dev.region, awsProfile: 'a' },
    cluster: dev,
    estate: looked(dev, looks, []),
    judgement: () => ({ problems, remarks: [] }) as unknown as Judgement,
  };
  const live = liveOf(
    () => [known],
    () => Promise.reject(new Error('nothing is asked')),
  );
  const modes = new Set(['KP-041', 'KP-047']);
  const place = { region: dev.region, awsProfile: 'a', cluster: 'dev' };
  const of = (profile: string) => [
    { ...place, profile, id: 'KP-041', message: 'No object.', remedy: 'repair' },
    { ...place, profile, id: 'KP-047', message: 'A key of others.' },
  ];
  assert.deepEqual(live.problems(modes, { role: 'team-b' }), of('team-b'));
  assert.deepEqual(live.problems(modes, { namespace: 'team-a' }), of('team-a'));
  assert.deepEqual(live.problems(modes, { role: 'team' }), []);
  assert.deepEqual(live.problems(modes, {}), [...of('team-a'), ...of('team-b')]);
});

test('live findings of an object of a file: on each cluster that has the profile, and of the account that the file says', () => {
  const looks: Looked = { views: { 'team-a': {}, 'team-b': { role: absent } } };
  const judged = (at: Cluster, awsProfile: string): KnownCluster => ({
    source: { region: at.region, awsProfile },
    cluster: at,
    estate: looked(at, looks, []),
    judgement: (profile) =>
      ({
        problems: [
          {
            ...{ id: 'KP-086', message: `No role of ${profile} on ${at.name}.`, remedy: 'repair' },
            evidence: [{ what: 'trust policy', where: arnOf(profile), value: '{}' }],
          },
        ],
        remarks: [{ id: 'KP-080', message: 'Used before.', remark: true }],
      }) as unknown as Judgement,
  });
  const prod = clusterOf('prod', { account: OTHER });
  const live = liveOf(
    () => [judged(dev, 'a'), judged(prod, 'b')],
    () => Promise.reject(new Error('nothing is asked')),
  );
  const spots = { name: { start: 0, end: 1 } };
  const profile = { kind: 'profile' as const, name: 'team-a', spots, whole: spots.name };
  const where = (subject: Parameters<typeof live.findings>[0][number], only?: { cluster: string; region: string }) =>
    live.findings([subject], only).map((one) => `${one.id} ${one.severity} ${one.profile} ${one.where}`);
  const on = (name: string, its = 'team-a') => [`KP-086 error ${its} ${name}`, `KP-080 information ${its} ${name}`];
  assert.deepEqual(where(profile), [...on('dev'), ...on('prod')]);
  assert.deepEqual(where({ ...profile, account: OTHER }), on('prod'));
  assert.deepEqual(where({ ...profile, account: '999999999999' }), [...on('dev'), ...on('prod')], 'of nobody');
  assert.deepEqual(where(profile, { cluster: 'dev', region: dev.region }), on('dev'));
  assert.deepEqual(where({ ...profile, name: 'team-c' }), []);
  assert.deepEqual(
    where({ ...profile, kind: 'serviceAccount', name: 'default-editor', namespace: 'team-b', account: OWN }),
    on('dev', 'team-b'),
  );
  // A role of the name in another account is another role.
  assert.deepEqual(where({ ...profile, kind: 'role' }), on('dev'));
  const [first] = live.findings([profile]);
  assert.deepEqual(
    [first?.message, first?.subject, first?.cluster, first?.region, first?.awsProfile, first?.remedy],
    [`No role of team-a on dev. (trust policy, ${arnOf('team-a')})`, 0, 'dev', dev.region, 'a', 'repair'],
  );
});
