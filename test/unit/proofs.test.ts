/** The proofs of a profile as data: where a plan puts them, and that a policy allows what they do, and no more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permissionsOf } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { profileProofs, type Deed, type Proof, type Target, type Where } from '../../src/core/plan/proof.ts';
import { permissionsPolicy } from '../../src/core/policy/build.ts';
import { may } from '../../src/core/policy/evaluate.ts';
import { ACCESS_LEVELS, type AccessLevel, type Request } from '../../src/core/request.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { carryOut } from '../../src/provisioning/run.ts';
import { arnOf, ISSUER, putProfile, requestFor, worldWithProvider, type World } from './world.ts';

const TARGET: Target = {
  profile: 'team-x',
  roleArn: arnOf('team-x-dev-role'),
  issuer: ISSUER,
  bucket: 'artifacts',
  bucketRegion: 'us-west-2',
  access: 'prefix',
};
const planIn = async (here: World, wish: Request) =>
  planProfile(wish, (await lookAt(wish, here.aws, here.connect)).facts);

test('the proofs of a profile, one by one', () => {
  const said = (proofs: readonly Proof[]) =>
    proofs.map(({ who, does, where, must }) => [
      `${'beside' in who ? `not ${who.beside}` : who.namespace}/${who.name}`,
      must,
      does.join(', '),
      where === undefined ? '' : 'beside' in where ? `not ${where.beside}/` : where.prefix,
    ]);
  const refused = [
    ['team-x/default', 'be refused', '', ''],
    ['not team-x/default-editor', 'be refused', '', ''],
  ];
  const all: Readonly<Record<AccessLevel, readonly (readonly string[])[]>> = {
    prefix: [
      ['team-x/default-editor', 'succeed', 'list, write, write in parts', 'team-x/'],
      ...refused,
      ['team-x/default-editor', 'be refused', 'list, write', 'not team-x/'],
    ],
    bucket: [['team-x/default-editor', 'succeed', 'list, write, write in parts', ''], ...refused],
    full: [['team-x/default-editor', 'succeed', 'list, write, write in parts', ''], ...refused],
    'read-only': [['team-x/default-editor', 'succeed', 'read', ''], ...refused],
  };
  for (const { id } of ACCESS_LEVELS) assert.deepEqual(said(profileProofs({ ...TARGET, access: id })), all[id], id);
});

/** What is called by a deed (KFP `backend/src/v2/objectstore`), as IAM names it; `below`: with a prefix or a key below the place. */
const CALLS: Readonly<Record<Deed, readonly string[]>> = {
  list: ['s3:ListBucket'],
  write: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject'],
  'write in parts': ['s3:PutObject', 's3:AbortMultipartUpload', 's3:GetObject', 's3:DeleteObject'],
  read: ['s3:GetObject', 's3:ListBucket'],
};
const isAllowed = (policy: object, action: string, { bucket }: Where, prefix: string): string => {
  const isList = action === 's3:ListBucket';
  const resource = `arn:aws:s3:::${bucket}${isList ? '' : `/${prefix}below/x`}`;
  return may([policy], action, resource, { values: isList ? { 's3:prefix': `${prefix}below/` } : {} });
};

test('each access allows what its proofs do, and what must be refused it does not', () => {
  for (const { id } of ACCESS_LEVELS) {
    const policy = permissionsPolicy('aws', 'artifacts', 'team-x', id);
    for (const { does, where, must, title } of profileProofs({ ...TARGET, access: id })) {
      if (where === undefined) continue;
      const prefix = 'beside' in where ? 'team-y/' : where.prefix;
      for (const action of does.flatMap((deed) => CALLS[deed]))
        assert.equal(
          isAllowed(policy, action, where, prefix),
          must === 'succeed' ? 'yes' : 'no',
          `${id}, ${title}: ${action}`,
        );
    }
  }
});

test('access to a prefix is what its proofs do: no action more but to find the bucket and to look at parts', () => {
  const { Statement } = permissionsPolicy('aws', 'artifacts', 'team-x', 'prefix');
  const allowed = new Set(Statement.flatMap(({ Action }) => Action));
  const done = profileProofs(TARGET).flatMap(({ does }) => does.flatMap((deed) => CALLS[deed]));
  for (const action of done) allowed.delete(action);
  assert.deepEqual([...allowed].sort(), ['s3:GetBucketLocation', 's3:ListMultipartUploadParts']);
  // A name that begins alike is another prefix.
  const [own] = profileProofs(TARGET);
  const { where } = own ?? {};
  assert.ok(where);
  const policy = { Version: '2012-10-17', Statement };
  for (const action of new Set(done)) assert.equal(isAllowed(policy, action, where, 'team-x-2/'), 'no', action);
});

/** What the launcher's settings come to, and what the first proof says of them and does. */
const ROOT = 's3://artifacts/team-x/v2';
const S3 = { state: 's3', bucket: 'artifacts', prefix: 'team-x/v2/', credentials: 'env', region: 'us-west-2' } as const;
const USUAL = { bucket: 'artifacts', region: 'us-west-2', bucketRegion: 'us-west-2', prefix: 'team-x/' } as const;
const ALONE = 'So this proof is about the bucket alone, not about where pipelines write.';
const SETTINGS: readonly [name: string, launcher: Target['launcher'], where: Where, settings: Proof['settings']][] = [
  ['left alone', undefined, USUAL, undefined],
  [
    'unread',
    { state: 'unread', why: 'It may not be read.' },
    USUAL,
    { ok: null, text: `It may not be read. ${ALONE}` },
  ],
  [
    'elsewhere',
    { state: 'elsewhere', root: 'minio://x', why: 'Pipelines write to minio.' },
    USUAL,
    { ok: null, text: `Pipelines write to minio. ${ALONE}` },
  ],
  ['every run fails', { state: 'fails', why: 'No YAML.' }, USUAL, { ok: false, text: 'No YAML.' }],
  [
    'another bucket',
    { ...S3, bucket: 'other' },
    USUAL,
    {
      ok: null,
      text: `Pipelines write to s3://other/team-x/v2/ (ConfigMap team-x/kfp-launcher), not to artifacts. ${ALONE}`,
    },
  ],
  [
    'keys',
    { ...S3, credentials: 'secret', secret: 'keys' },
    USUAL,
    {
      ok: null,
      text: `Pipelines write to ${ROOT}/ with the keys of Secret keys (ConfigMap team-x/kfp-launcher), not with the role. Write fromEnv: true in its credentials. ${ALONE}`,
    },
  ],
  [
    'by the role',
    S3,
    { ...USUAL, prefix: 'team-x/v2/' },
    { ok: true, text: `Pipelines write to ${ROOT}/ in us-west-2 (ConfigMap team-x/kfp-launcher).` },
  ],
  [
    'no region is told: that of the bucket',
    { state: 's3', bucket: 'artifacts', prefix: '', credentials: 'env' },
    { ...USUAL, prefix: '' },
    { ok: true, text: 'Pipelines write to s3://artifacts/ in us-west-2 (ConfigMap team-x/kfp-launcher).' },
  ],
  [
    'an endpoint, and an older release',
    { ...S3, endpoint: 'https://store', older: { region: 'eu-west-1', endpoint: 'http://old' } },
    { ...USUAL, prefix: 'team-x/v2/', endpoint: 'https://store' },
    {
      ok: null,
      text: `Pipelines write to ${ROOT}/ in us-west-2 at https://store (ConfigMap team-x/kfp-launcher). KFP before 2.17.0 would call eu-west-1 at http://old: where its version may be older, set defaultPipelineRoot of kfp-launcher to ${ROOT}?region=us-west-2.`,
    },
  ],
  [
    'an older release without a region',
    { ...S3, older: {} },
    { ...USUAL, prefix: 'team-x/v2/' },
    {
      ok: null,
      text: `Pipelines write to ${ROOT}/ in us-west-2 (ConfigMap team-x/kfp-launcher). KFP before 2.17.0 would call no region: where its version may be older, set defaultPipelineRoot of kfp-launcher to ${ROOT}?region=us-west-2.`,
    },
  ],
];
for (const [name, launcher, where, settings] of SETTINGS)
  test(`the first proof, by the settings of the launcher: ${name}`, () => {
    const [own] = profileProofs({ ...TARGET, ...(launcher === undefined ? {} : { launcher }) });
    assert.deepEqual([own?.where, own?.settings], [where, settings]);
  });

/** Where a plan's first proof is, and how it is reached. */
const PLACES: Readonly<
  Record<string, readonly [change: (here: World) => void, wish: Partial<Request>, where: object]>
> = {
  'where its launcher will write': [
    (here) => void (here.pipelines = '2.16.0'),
    {},
    { prefix: 'team-x/v2/artifacts/', region: 'us-west-2', bucketRegion: 'us-west-2' },
  ],
  'a bucket elsewhere, an older release: by the root': [
    (here) => {
      here.pipelines = '2.16.0';
      here.bucketRegion = 'eu-central-1';
    },
    {},
    { prefix: 'team-x/v2/artifacts/', region: 'eu-central-1', bucketRegion: 'eu-central-1' },
  ],
  'a bucket elsewhere, a newer release: by providers': [
    (here) => {
      here.pipelines = '2.17.0';
      here.bucketRegion = 'eu-central-1';
    },
    {},
    { prefix: 'team-x/v2/artifacts/', region: 'eu-central-1', bucketRegion: 'eu-central-1' },
  ],
  'artifacts are left alone': [
    (here) => void (here.pipelines = '2.16.0'),
    { leaveArtifacts: true },
    { prefix: 'team-x/', region: 'us-west-2', bucketRegion: 'us-west-2' },
  ],
  'Kubeflow Pipelines is not there': [
    () => undefined,
    {},
    { prefix: 'team-x/', region: 'us-west-2', bucketRegion: 'us-west-2' },
  ],
};
for (const [name, [change, wish, where]] of Object.entries(PLACES)) {
  test(`a plan is proven ${name}`, async () => {
    const here = worldWithProvider();
    change(here);
    const plan = await planIn(here, requestFor('team-x', wish));
    assert.deepEqual(JSON.parse(JSON.stringify(plan.proofs)), plan.proofs, 'it can be stored');
    assert.deepEqual(plan.proofs[0]?.where, { bucket: 'artifacts', ...where });
    putProfile(here, 'team-y', { name: 'team-y-dev-role' });
    const result = await carryOut(plan, here.outside());
    assert.equal(result.verification?.outcome, 'verified', JSON.stringify(result.rows));
    assert.equal(here.objects.size, 0);
    const settings = result.verification.proofs.filter(({ id }) => id === 'launcher');
    assert.deepEqual(
      settings.map(({ ok }) => ok),
      JSON.stringify(where).includes('v2') ? [true] : [],
    );
  });
}

test('a run names what its proofs need: the caller writes the probe of a role that may not, and profiles are listed', async () => {
  const here = worldWithProvider();
  const needs = permissionsOf(await planIn(here, requestFor('team-x', { access: 'read-only' })));
  assert.deepEqual(
    needs.aws.filter((action) => /Object/.test(action)),
    ['s3:DeleteObject', 's3:PutObject'],
  );
  assert.ok(needs.kubernetes.includes('list profiles.kubeflow.org'));
});
