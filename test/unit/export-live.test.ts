/** What is gathered of what is live, and that reading grows with pages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { samePolicy } from '../../src/core/policy/build.ts';
import { irsaPlugin, newProfile } from '../../src/core/profile/manifest.ts';
import { denied } from '../../src/core/reading.ts';
import { gatherExport } from '../../src/estate/exported.ts';
import { ofKind, profilesOf, rolesOf } from '../../src/export/things.ts';
import { arnOf, cluster, policyFor, PROVIDER, putProfile, trustFor, worldWithProvider, type World } from './world.ts';

const gather = (live: World, names?: readonly string[]) => gatherExport(cluster, names, live.aws, live.kubernetes);
const TAGS = {
  'kubeflow-irsa/made-by': 'kubeflow-irsa',
  'kubeflow-irsa/run': '1',
  'kubeflow-irsa/profile': 'a',
  team: 'x',
};

/** A world with a profile of which there is everything. */
function complete(): World {
  const live = worldWithProvider();
  putProfile(live, 'team-a', {
    name: 'role-a',
    arn: arnOf('teams/role-a'),
    boundary: 'arn:aws:iam::aws:policy/ReadOnlyAccess',
    description: 'of team a',
    maxSession: 7_200,
    tags: TAGS,
    inline: [
      { name: 'kf-pipeline-s3', text: policyFor('team-a') },
      { name: 'more', text: policyFor('team-b') },
    ],
    attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
  });
  live.configMaps.set('team-a/kfp-launcher', {
    namespace: 'team-a',
    name: 'kfp-launcher',
    data: { defaultPipelineRoot: 's3://artifacts/team-a/v2/artifacts' },
  });
  return live;
}

test('a role comes whole, with its place; marks of ours go', async () => {
  const live = complete();
  const { exported, notes, missing } = await gather(live, ['team-a']);
  assert.deepEqual([notes, missing], [[], []]);
  const [role] = rolesOf(exported.things);
  assert.deepEqual(
    { ...role, role: { ...role?.role, trustPolicy: '' } },
    {
      role: {
        arn: arnOf('teams/role-a'),
        name: 'role-a',
        trustPolicy: '',
        boundary: 'arn:aws:iam::aws:policy/ReadOnlyAccess',
        description: 'of team a',
        maxSession: 7_200,
        tags: { 'kubeflow-irsa/profile': 'a', team: 'x' },
      },
      there: true,
      policies: [
        { name: 'kf-pipeline-s3', text: policyFor('team-a'), there: true },
        { name: 'more', text: policyFor('team-b'), there: true },
      ],
      attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    },
  );
  assert.ok(samePolicy(role?.role.trustPolicy ?? '', trustFor('team-a')));
  assert.deepEqual(profilesOf(exported)[0]?.place, { bucket: 'artifacts', prefix: 'team-a/v2/artifacts/' });
  assert.equal(ofKind(exported.things, 'iam/provider')[0]?.there, true);
});

test('annotateOnly is true in the files, and it is said where it is not so now', async () => {
  const live = worldWithProvider();
  putProfile(live, 'team-a', { name: 'role-a' }, newProfile('team-a', 'a@example.com', arnOf('role-a'), false));
  const { exported, notes } = await gather(live, ['team-a']);
  const [profile] = ofKind(exported.things, 'k8s/profile');
  assert.equal(profile && irsaPlugin(profile.value)?.annotateOnly, true);
  assert.match(notes.join('\n'), /Profile team-a .*annotateOnly: true/);
});

test('a trust policy without a subject gets one in the files, and it is said', async () => {
  const live = worldWithProvider();
  putProfile(live, 'team-a', { name: 'role-a' });
  const role = live.roles.get('role-a');
  assert.ok(role);
  live.roles.set('role-a', { ...role, trustPolicy: role.trustPolicy.replace(/,\s*"[^"]*:sub": "[^"]*"/, '') });
  const { exported, notes } = await gather(live, ['team-a']);
  assert.match(
    rolesOf(exported.things)[0]?.role.trustPolicy ?? '',
    /:sub": "system:serviceaccount:team-a:default-editor"/,
  );
  assert.match(notes.join('\n'), /Role role-a: .*names system:serviceaccount:team-a:default-editor/);
});

for (const [what, spoil, says] of [
  ['a Profile that is not there', (live) => void live.profiles.delete('team-a'), /Profile team-a does not exist/],
  [
    'a role that is not there',
    (live) => void live.roles.delete('role-a'),
    /Role role-a does not exist.*role of Profile team-a/,
  ],
  [
    'a role of another account',
    (live) => putProfile(live, 'team-a', { name: 'role-a', arn: 'arn:aws:iam::999999999999:role/role-a' }),
    /role-a is in another account/,
  ],
  [
    'a role whose policies may not be read',
    (live) => void live.roles.set('role-a', { ...live.roles.get('role-a')!, unread: ['iam:GetRolePolicy'] }),
    /Role role-a cannot be read whole: you are not permitted to iam:GetRolePolicy/,
  ],
  [
    'a profile without a role',
    (live) => live.apply({ ...newProfile('team-a', 'a', '', true), spec: { owner: { kind: 'User', name: 'a' } } }),
    /Profile team-a names no role/,
  ],
] as const satisfies readonly (readonly [string, (live: World) => void, RegExp])[])
  test(`${what}: not in the files, and it is said`, async () => {
    const live = complete();
    spoil(live);
    const { exported, missing } = await gather(live, ['team-a']);
    assert.match(missing.join('\n'), says);
    assert.deepEqual(rolesOf(exported.things), []);
  });

test('a provider that is not there is made in the files; one that may not be read is not in them', async () => {
  const live = complete();
  live.providers.delete(PROVIDER);
  const { exported, notes } = await gather(live, ['team-a']);
  assert.equal(ofKind(exported.things, 'iam/provider')[0]?.there, false);
  assert.match(notes.join('\n'), /no OIDC provider/);
  const unread = async () => denied('iam:GetOpenIDConnectProvider', '');
  const other = await gatherExport(cluster, ['team-a'], { ...live.aws, oidcProvider: unread }, live.kubernetes);
  assert.deepEqual(ofKind(other.exported.things, 'iam/provider'), []);
  assert.match(other.missing.join('\n'), /not permitted to iam:GetOpenIDConnectProvider/);
});

test('reading all profiles of a cluster takes the same calls for fifty as for a hundred', async () => {
  const callsFor = async (count: number): Promise<readonly string[]> => {
    const live = worldWithProvider();
    for (let number = 0; number < count; number++) putProfile(live, `team-${number}`, { name: `role-${number}` });
    live.calls.length = 0;
    const { exported, missing } = await gather(live);
    assert.deepEqual(missing, []);
    assert.equal(rolesOf(exported.things).length, count);
    return [...live.calls].sort();
  };
  assert.deepEqual(await callsFor(50), await callsFor(100));
});
