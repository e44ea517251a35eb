/** "Edit": what is live with some of it otherwise, planned, carried out and undone on a world in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionOf } from '../../src/core/kinds.ts';
import { planEdit, type Edit } from '../../src/core/plan/edit.ts';
import { blockers, permissionsOf, rows, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { may as mayDo } from '../../src/core/policy/evaluate.ts';
import { permissionsPolicy, policyText } from '../../src/core/policy/build.ts';
import { ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import { failed } from '../../src/core/reading.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { lookAtEdit } from '../../src/provisioning/lookEdit.ts';
import { carryOut, undo } from '../../src/provisioning/run.ts';
import { arnOf, PLAIN, requestFor, trustFor, worldWithProvider, type World } from './world.ts';

const NAME = 'team-a-dev-role';
const BOUNDARY = 'arn:aws:iam::111122223333:policy/limits';
/** A world in which team-a was created. */
async function made(): Promise<World> {
  const here = worldWithProvider();
  here.pipelines = '2.16.0';
  here.policies.add(BOUNDARY);
  here.buckets.set('other', { region: 'us-west-2', settings: PLAIN });
  const request = requestFor('team-a');
  const { facts } = await lookAt(request, here.aws, here.connect);
  const result = await carryOut(planProfile(request, facts), here.outside());
  assert.ok(result.ok, JSON.stringify(result.rows));
  return here;
}
const edit = (what: Partial<Edit>): Edit => ({ cluster: 'dev', region: 'us-west-2', profile: 'team-a', ...what });
async function planIn(here: World, what: Partial<Edit>): Promise<Plan> {
  const { live, facts, people } = await lookAtEdit(edit(what), here.aws, here.connect);
  return planEdit(edit(what), live, facts, people);
}
const changed = (plan: Plan): readonly string[] =>
  plan.changes.flatMap((change) => (actionOf(change) === 'keep' ? [] : [`${actionOf(change)} ${change.ref.kind}`]));

/** What is edited, what of the plan changes, what is worth knowing, and IAM permissions that it needs to write. */
const EDITS: readonly (readonly [
  what: string,
  Partial<Edit>,
  changes: readonly string[],
  says: readonly RegExp[],
  writes: readonly string[],
])[] = [
  ['nothing', {}, [], [], []],
  [
    'the prefix',
    { prefix: 'teams/team-a/' },
    ['change iam/role-policy', 'change k8s/config-map', 'change k8s/config-map'],
    [/aws s3 sync s3:\/\/artifacts\/team-a\/ s3:\/\/artifacts\/teams\/team-a\//],
    ['iam:PutRolePolicy'],
  ],
  [
    'the bucket',
    { bucket: 'other' },
    ['change iam/role-policy', 'change k8s/config-map', 'change k8s/config-map'],
    [/stored at s3:\/\/artifacts\/team-a\/ stays there/],
    ['iam:PutRolePolicy'],
  ],
  [
    'the prefix, and the place before is read on',
    { prefix: 'teams/team-a/', keepReading: true },
    ['change iam/role-policy', 'change k8s/config-map', 'change k8s/config-map'],
    [/The role may still read it/],
    ['iam:PutRolePolicy'],
  ],
  ['the access', { access: 'bucket' }, ['change iam/role-policy'], [], ['iam:PutRolePolicy']],
  [
    'a boundary',
    { boundary: BOUNDARY },
    ['create iam/role-boundary'],
    [/boundary, which may forbid/],
    ['iam:PutRolePermissionsBoundary'],
  ],
  [
    'session length and tags',
    { maxSession: 7200, tags: { team: 'a' } },
    ['change iam/role-settings', 'create iam/role-tag'],
    [/SDKs in pods ask for one hour/],
    ['iam:TagRole', 'iam:UpdateRole'],
  ],
  [
    'the role name',
    { roleName: 'team-a-irsa' },
    ['create iam/role', 'create iam/role-policy', 'change k8s/profile', 'change k8s/service-account'],
    [/in place of team-a-dev-role.*aws iam delete-role --role-name team-a-dev-role/],
    ['iam:CreateRole', 'iam:PutRolePolicy', 'iam:TagRole'],
  ],
  [
    'the path: another name, for the one that is there has the name',
    { rolePath: '/teams/' },
    ['create iam/role', 'create iam/role-policy', 'change k8s/profile', 'change k8s/service-account'],
    [/path of a role cannot be changed/],
    ['iam:CreateRole', 'iam:PutRolePolicy', 'iam:TagRole'],
  ],
  [
    'the owner: a hand-over',
    { owner: 'b@example.com' },
    ['change k8s/namespace', 'change k8s/profile', 'change k8s/role-binding', 'change k8s/authorization-policy'],
    [/team-a@example.com gets no further/],
    [],
  ],
  [
    'owner, role and prefix at once: the Profile is changed once',
    { owner: 'b@example.com', roleName: 'team-a-irsa', prefix: 'b/team-a/' },
    [
      ...['create iam/role', 'create iam/role-policy', 'change k8s/namespace', 'change k8s/profile'],
      ...['change k8s/role-binding', 'change k8s/authorization-policy', 'change k8s/service-account'],
      ...['change k8s/config-map', 'change k8s/config-map'],
    ],
    [],
    ['iam:CreateRole', 'iam:PutRolePolicy', 'iam:TagRole'],
  ],
  [
    'where artifacts go is left alone',
    { prefix: 'teams/team-a/', leaveArtifacts: true },
    ['change iam/role-policy'],
    [/left alone/],
    ['iam:PutRolePolicy'],
  ],
];

for (const [what, wanted, changes, says, writing] of EDITS) {
  test(`edited is ${what}: only that changes, it is proven, and undone as it was`, async () => {
    const here = await made();
    const before = here.snapshot();
    const plan = await planIn(here, wanted);
    assert.deepEqual(blockers(plan), []);
    assert.deepEqual(
      changed(plan),
      changes,
      rows(plan)
        .map(({ kind, title }) => `${kind} ${title}`)
        .join('\n'),
    );
    for (const one of says) assert.match(plan.warnings.join('\n'), one);
    const reads = /:(Get|List|Describe)/;
    assert.deepEqual(
      permissionsOf(plan).aws.filter((one) => one.startsWith('iam:') && !reads.test(one)),
      writing,
    );
    const journal = memoryJournal();
    const result = await carryOut(plan, here.outside(), { journal });
    assert.ok(result.ok, JSON.stringify(result.rows.filter(({ state }) => state === 'failed')));
    // What was edited is so now: the same edit has nothing left to do.
    assert.deepEqual(changed(await planIn(here, wanted)), []);
    const undone = await undo(journal.entries(), here.outside());
    assert.ok(undone.ok, JSON.stringify(undone.changes));
    assert.deepEqual(here.snapshot(), before);
  });

  test(`edited is ${what}, and the connection breaks at any call: running again ends as undisturbed`, async () => {
    const calm = await made();
    await carryOut(await planIn(calm, wanted), calm.outside());
    const writes = new Set(calm.writes());
    for (const call of writes) {
      const here = await made();
      const plan = await planIn(here, wanted);
      let times = 0;
      here.onCall = (name) => (name === call && times++ === 0 ? 'drop' : undefined);
      const first = await carryOut(plan, here.outside());
      here.onCall = () => undefined;
      if (!first.ok) assert.ok((await carryOut(plan, here.outside())).ok, `${what}: ${call}`);
      assert.deepEqual(plainOf(here), plainOf(calm), call);
    }
  });
}

/** A world as far as the edit is concerned. */
const plainOf = (here: World): unknown => [
  [...here.roles.values()].map(({ tags, ...role }) => [role, Object.keys(tags).sort()]),
  [...here.accounts],
  [...here.configMaps.values()].map(({ data }) => data),
  here.profiles.get('team-a')?.spec,
];

test('a profile that was given a place of its own keeps it when it is repaired; one of another name is put right', async () => {
  const here = await made();
  assert.ok((await carryOut(await planIn(here, { prefix: 'teams/team-a/' }), here.outside())).ok);
  const request = requestFor('team-a');
  const again = planProfile(request, (await lookAt(request, here.aws, here.connect)).facts);
  assert.deepEqual(changed(again), []);
  const role = here.roles.get(NAME);
  assert.ok(role);
  const text = policyText(permissionsPolicy('aws', 'artifacts', 'team-b', 'prefix'));
  here.roles.set(NAME, { ...role, inline: [{ name: 'kf-pipeline-s3', text }] });
  const mended = planProfile(request, (await lookAt(request, here.aws, here.connect)).facts);
  assert.ok(changed(mended).includes('change iam/role-policy'));
});

test('a place before that may be read stays so, until that is taken away', async () => {
  const here = await made();
  assert.ok((await carryOut(await planIn(here, { prefix: 'teams/team-a/', keepReading: true }), here.outside())).ok);
  const { text = '' } = here.roles.get(NAME)?.inline[0] ?? {};
  const policies = [JSON.parse(text) as unknown];
  const may = (action: string): unknown => mayDo(policies, action, 'arn:aws:s3:::artifacts/team-a/x', { values: {} });
  assert.deepEqual([may('s3:GetObject'), may('s3:PutObject')], ['yes', 'no']);
  const request = requestFor('team-a');
  const again = planProfile(request, (await lookAt(request, here.aws, here.connect)).facts);
  assert.deepEqual(changed(again), []);
  const away = await planIn(here, { former: null });
  assert.deepEqual(changed(away), ['change iam/role-policy']);
  assert.ok((await carryOut(away, here.outside())).ok);
  assert.doesNotMatch(here.roles.get(NAME)?.inline[0]?.text ?? '', /Former/);
});

/** What a plan says of objects that the role will not reach. */
const left = ({ warnings }: Plan): readonly string[] => warnings.filter((one) => one.includes('is not moved'));

test('from the whole bucket to a prefix: what lies outside is told', async () => {
  const here = await made();
  assert.ok((await carryOut(await planIn(here, { access: 'bucket' }), here.outside())).ok);
  const narrow = { access: 'prefix', prefix: 'teams/team-a/' } as const;
  assert.deepEqual(left(await planIn(here, narrow)), [
    'What is stored in s3://artifacts/ outside teams/team-a/ stays there and is not moved. The role will no longer reach it, so artifacts of earlier runs cannot be opened. Copy what is still needed to s3://artifacts/teams/team-a/.',
  ]);
  // To read the whole bucket on is what a prefix is to end.
  const plan = await planIn(here, { ...narrow, keepReading: true });
  assert.match(left(plan).join(), /The role will no longer reach it/);
  const result = await carryOut(plan, here.outside());
  assert.ok(result.ok, JSON.stringify(result.verification));
  const policies = [JSON.parse(here.roles.get(NAME)?.inline[0]?.text ?? '') as unknown];
  assert.equal(mayDo(policies, 's3:GetObject', 'arn:aws:s3:::artifacts/x', { values: {} }), 'no');
  assert.deepEqual(changed(await planIn(here, {})), [], 'it stays so');
});

test('to a prefix below or above the one before: told is what the role will not reach', async () => {
  const here = await made();
  assert.ok((await carryOut(await planIn(here, { prefix: 'teams/team-a/' }), here.outside())).ok);
  assert.match(
    left(await planIn(here, { prefix: 'teams/team-a/v2/' })).join(),
    /^What is stored in s3:\/\/artifacts\/teams\/team-a\/ outside teams\/team-a\/v2\/ stays there/,
  );
  assert.deepEqual(left(await planIn(here, { prefix: 'teams/' })), []);
  assert.deepEqual(left(await planIn(here, { access: 'bucket' })), []);
});

test('another role keeps the boundary, the session length, the path and the tags of the one before', async () => {
  const here = await made();
  const role = here.roles.get(NAME);
  assert.ok(role);
  here.roles.set(NAME, { ...role, boundary: BOUNDARY, maxSession: 7200, tags: { ...role.tags, team: 'a' } });
  const plan = await planIn(here, { roleName: 'team-a-irsa' });
  assert.deepEqual(blockers(plan), []);
  assert.ok((await carryOut(plan, here.outside())).ok);
  const now = here.roles.get('team-a-irsa');
  assert.deepEqual(
    [now?.boundary, now?.maxSession, now?.tags['team'], now?.arn],
    [BOUNDARY, 7200, 'a', arnOf('team-a-irsa')],
  );
  assert.ok(here.roles.has(NAME), 'pods that run still use it');
});

/** Edits that give a profile another role, and how that role does not work: which call of S3 or STS goes wrong. */
for (const [what, wanted] of [
  ['the role name', { roleName: 'team-a-irsa' }],
  ['owner, role and prefix at once', { owner: 'b@example.com', roleName: 'team-a-irsa', prefix: 'b/team-a/' }],
] as const)
  for (const call of ['sts:AssumeRoleWithWebIdentity', 's3:PutObject', 'create serviceaccounts/token'])
    test(`edited is ${what}, and the new role does not work (${call}): nothing is switched to it; it is gone on with, and undone`, async () => {
      const here = await made();
      const before = here.snapshot();
      const plan = JSON.parse(JSON.stringify(await planIn(here, wanted))) as Plan;
      const said = rows(plan).map(({ kind }) => kind);
      assert.ok(said.indexOf('verify') < said.indexOf('change'), said.join(' '));
      here.onCall = (name) => (name === call ? 'refuse' : undefined);
      const journal = memoryJournal();
      const result = await carryOut(plan, here.outside(), { journal, run: 'r' });
      assert.equal(result.ok, false);
      const failed = result.rows.find(({ state }) => state === 'failed');
      assert.equal(failed?.row.kind, 'verify');
      assert.match(failed?.reason ?? '', /nothing was switched to it: pods go on with role team-a-dev-role/i);
      // What pods use is as it was: only the new role is there.
      here.roles.delete('team-a-irsa');
      assert.deepEqual(here.snapshot(), before);

      here.onCall = () => undefined;
      const again = await carryOut(plan, here.outside(), { journal, run: 'r' });
      assert.ok(again.ok, JSON.stringify(again.rows));
      // Once it is switched, the proof at the end tells whether it works.
      const last = await carryOut(plan, here.outside());
      const proofs = (all: typeof again) =>
        all.rows.flatMap(({ row, state }) => (row.kind === 'verify' ? [state] : []));
      assert.deepEqual(
        [proofs(again), proofs(last)],
        [
          ['done', 'done'],
          ['kept', 'done'],
        ],
      );
      assert.equal(here.accounts.get('team-a/default-editor')?.annotations[ROLE_ANNOTATION], arnOf('team-a-irsa'));
      const undone = await undo(journal.entries(), here.outside());
      assert.ok(undone.ok, JSON.stringify(undone.changes));
      assert.deepEqual(here.snapshot(), before);
    });

test('a new role is proven once the pods have another: of a first role, and of one that stays, no proof comes first', async () => {
  const here = await made();
  const kinds = (plan: Plan): readonly string[] => rows(plan).map(({ kind }) => kind);
  assert.equal(kinds(await planIn(here, { access: 'bucket' })).filter((kind) => kind === 'verify').length, 1);
  const request = requestFor('team-n');
  const made1 = planProfile(request, (await lookAt(request, here.aws, here.connect)).facts);
  assert.equal(kinds(made1).filter((kind) => kind === 'verify').length, 1);
  // A repair that gives a profile a role of its own switches, too.
  const role = here.roles.get(NAME);
  assert.ok(role);
  here.roles.set(NAME, { ...role, tags: {}, trustPolicy: trustFor('team-a', 'team-b') });
  const repair = requestFor('team-a');
  const plan = planProfile(repair, (await lookAt(repair, here.aws, here.connect)).facts);
  assert.equal(kinds(plan).filter((kind) => kind === 'verify').length, 2, kinds(plan).join(' '));
});

test('pipelines that write elsewhere go on so, unless bucket or prefix change or it is asked for', async () => {
  const here = await made();
  const key = 'team-a/kfp-launcher';
  const launcher = here.configMaps.get(key);
  assert.ok(launcher);
  here.configMaps.set(key, { ...launcher, data: { defaultPipelineRoot: 's3://elsewhere/x' } });
  assert.deepEqual(changed(await planIn(here, { tags: { a: 'b' } })), ['create iam/role-tag']);
  assert.deepEqual(changed(await planIn(here, { setArtifacts: true })), ['change k8s/config-map']);
});

test('a boundary is taken away only where that is asked for', async () => {
  const here = await made();
  const role = here.roles.get(NAME);
  assert.ok(role);
  here.roles.set(NAME, { ...role, boundary: BOUNDARY });
  assert.deepEqual(changed(await planIn(here, { access: 'bucket' })), ['change iam/role-policy']);
  const plan = await planIn(here, { boundary: null });
  assert.deepEqual(changed(plan), ['delete iam/role-boundary']);
  assert.match(plan.warnings.join('\n'), /is taken away/);
});

/** Bad input, and what is said before anything is written. */
const BAD: readonly (readonly [what: string, Partial<Edit>, RegExp])[] = [
  ['a boundary that is no policy', { boundary: 'arn:aws:iam::111122223333:role/x' }, /ARN of a managed policy/],
  ['a boundary of another account', { boundary: 'arn:aws:iam::999999999999:policy/x' }, /of account 999999999999/],
  ['a boundary that does not exist', { boundary: `${BOUNDARY}-x` }, /There is no managed policy/],
  ['a prefix that begins with a slash', { prefix: '/team-a/' }, /does not begin with a slash/],
  ['a prefix with ..', { prefix: 'a/../b/' }, /Leave out empty parts/],
  ['a prefix with a pattern', { prefix: 'a*/' }, /letters, digits/],
  ['a session that is too long', { maxSession: 50_000 }, /3600 to 43200/],
  ['a tag of AWS', { tags: { 'aws:x': '1' } }, /AWS's own/],
  ['a tag that is too long', { tags: { x: 'y'.repeat(257) } }, /at most 256/],
  ['a tag that says whose the role is', { tags: { 'kubeflow-irsa/profile': 'team-b' } }, /set here/],
  [
    'too many tags',
    { tags: Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`k${at}`, ''])) },
    /at most 50 tags/,
  ],
  ['a path with a space', { rolePath: '/a b/' }, /Write a path/],
  ['a profile that does not exist', { profile: 'team-z' }, /There is no Profile team-z/],
];
for (const [what, wanted, says] of BAD)
  test(`${what} is refused before anything is written`, async () => {
    const here = await made();
    const writes = here.writes().length;
    const plan = await planIn(here, wanted);
    assert.match(
      blockers(plan)
        .map(({ reason }) => reason)
        .join('\n'),
      says,
    );
    assert.equal(here.writes().length, writes);
  });

test('a role of another account is changed where it is', async () => {
  const here = await made();
  const profile = here.profiles.get('team-a');
  assert.ok(profile);
  const arn = arnOf('x').replace('111122223333', '999999999999');
  const plugins = [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: arn, annotateOnly: true } }];
  here.profiles.set('team-a', { ...profile, spec: { ...profile.spec, plugins } });
  assert.match(blockers(await planIn(here, { tags: { a: 'b' } }))[0]?.reason ?? '', /none of account 111122223333/);
});

test('where the Profile and the annotation name two roles, it is said which one is edited and which one pods use', async () => {
  const here = await made();
  assert.doesNotMatch((await planIn(here, { access: 'bucket' })).warnings.join('\n'), /annotation/);
  const account = here.accounts.get('team-a/default-editor');
  assert.ok(account);
  here.roles.set('by-hand', { ...(here.roles.get(NAME) ?? assert.fail()), name: 'by-hand', arn: arnOf('by-hand') });
  const annotations = { ...account.annotations, [ROLE_ANNOTATION]: arnOf('by-hand') };
  here.accounts.set('team-a/default-editor', { ...account, annotations });
  const plan = await planIn(here, { access: 'bucket' });
  assert.deepEqual(blockers(plan), []);
  const said = plan.warnings.join('\n');
  assert.match(said, new RegExp(`The Profile names ${arnOf(NAME)}.*annotation.*names ${arnOf('by-hand')}`));
  assert.match(said, /team-a-dev-role is edited/);
  assert.match(said, /by-hand stays as it is/);
});

test('where the plugin names no ARN of a role, it is said which one it gets', async () => {
  const said = async (
    annotation: string,
    what: Parameters<typeof planIn>[1],
    change: (here: World) => void = () => undefined,
  ): Promise<string | undefined> => {
    const here = await made();
    change(here);
    const profile = here.profiles.get('team-a') ?? assert.fail();
    const plugins = [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: 'team-a-role', annotateOnly: true } }];
    here.profiles.set('team-a', { ...profile, spec: { ...profile.spec, plugins } });
    const account = here.accounts.get('team-a/default-editor') ?? assert.fail();
    here.accounts.set('team-a/default-editor', { ...account, annotations: { [ROLE_ANNOTATION]: annotation } });
    return (await planIn(here, what)).warnings.find((one) => one.startsWith('The Profile names'));
  };
  const both = (annotation: string): string =>
    `The Profile names team-a-role, which is no ARN of a role, and the annotation of service account team-a/default-editor, which is what pods get, names ${annotation}.`;
  assert.equal(await said(arnOf(NAME), {}), `${both(arnOf(NAME))} The plugin gets the ARN of role ${NAME}.`);
  const other = arnOf('by-hand');
  assert.equal(await said(other, { bucket: 'artifacts' }), `${both(other)} The plugin gets the ARN of role by-hand.`);
  assert.equal(
    await said(other, { bucket: 'artifacts', roleName: 'mine' }),
    `${both(other)} The plugin gets the ARN of role mine, and the profile controller writes it into the annotation when the Profile changes; by-hand stays as it is.`,
  );
  const unread = await said(other, { bucket: 'artifacts' }, (here) => {
    here.aws.role = () => Promise.resolve(failed('the connection was broken off'));
  });
  assert.equal(unread, both(other));
});

test('which bucket a profile uses is asked for where neither its role nor its pipelines say it', async () => {
  const here = await made();
  const role = here.roles.get(NAME);
  assert.ok(role);
  here.roles.set(NAME, { ...role, inline: [] });
  here.configMaps.clear();
  assert.match(blockers(await planIn(here, { access: 'bucket' }))[0]?.reason ?? '', /Name the bucket/);
  assert.deepEqual(blockers(await planIn(here, { access: 'bucket', bucket: 'artifacts' })), []);
});

test('a role that may not be made says that the account may demand a boundary', async () => {
  const here = worldWithProvider();
  const request = requestFor('team-a');
  const { facts } = await lookAt(request, here.aws, here.connect);
  const { OutsideError } = await import('../../src/provisioning/ports.ts');
  here.aws.createRole = () => Promise.reject(new OutsideError('iam:CreateRole: no', 'AccessDenied', 'iam:CreateRole'));
  const result = await carryOut(planProfile(request, facts), here.outside());
  assert.match(result.rows.find(({ state }) => state === 'failed')?.reason ?? '', /only with a permissions boundary/);
});
