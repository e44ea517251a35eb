// "Find Leftovers": what is left of profiles and clusters that are gone, and what cannot be judged is not offered.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PodIdentity, Role } from '../../src/core/observation.ts';
import { planLeftovers, type Leftover } from '../../src/core/plan/leftovers.ts';
import { blockers, permissionsOf, rows } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import { denied } from '../../src/core/reading.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { lookForLeftovers } from '../../src/provisioning/leftovers.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { carryOut, undo } from '../../src/provisioning/run.ts';
import {
  ACCOUNT,
  arnOf,
  cluster,
  policyFor,
  PROVIDER,
  requestFor,
  trustFor,
  worldWithProvider,
  type World,
} from './world.ts';

/** A world with a profile that stays, and one whose Profile was deleted by hand. */
async function made(): Promise<World> {
  const here = worldWithProvider();
  for (const name of ['team-x', 'team-y']) {
    const request = requestFor(name);
    const { facts } = await lookAt(request, here.aws, here.connect);
    const result = await carryOut(planProfile(request, facts), here.outside());
    assert.equal(result.ok, true, JSON.stringify(result.rows));
  }
  await here.kubernetes.deleteProfile('team-x');
  return here;
}
const look = (here: World) => lookForLeftovers(cluster, here.aws, here.kubernetes);
const ids = async (here: World): Promise<readonly string[]> => (await look(here)).items.map(({ id }) => id);
const roleWith = (name: string, role: Partial<Role>): Role => ({
  ...{ arn: arnOf(name), name, trustPolicy: trustFor('gone'), tags: {}, attached: [] },
  inline: [{ name: 'kf-pipeline-s3', text: policyFor('gone') }],
  ...role,
});
const put = (here: World, name: string, role: Partial<Role> = {}): void =>
  void here.roles.set(name, roleWith(name, role));
const ours = (profile: string, where: string = cluster.arn) => ({
  'kubeflow-irsa/made-by': 'kubeflow-irsa',
  'kubeflow-irsa/profile': profile,
  'kubeflow-irsa/cluster': where,
});
const [HERE, BEFORE] = ['0123456789ABCDEF0123456789ABCDEF', 'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF'];
const OLD = PROVIDER.replace(HERE, BEFORE);
/** Lets in a profile of the cluster that OLD was the provider of. */
const OLD_TRUST = trustFor('a').replaceAll(HERE, BEFORE);
const ofOther = (name: string, region = 'us-west-2'): string => `arn:aws:eks:${region}:${ACCOUNT}:cluster/${name}`;

test('a role of ours whose profile is gone, with its evidence; those of profiles that are there are not', async () => {
  const here = await made();
  const { items, unread } = await look(here);
  assert.deepEqual(unread, []);
  assert.deepEqual(
    items.map(({ id }) => id),
    ['role:team-x-dev-role'],
  );
  assert.match(
    items[0]?.evidence ?? '',
    /made here for profile team-x on arn:aws:eks.*neither a Profile nor a namespace of that name/,
  );
});

/** An association of Pod Identity. */
const associate = (here: World, other: Partial<PodIdentity> = {}): void =>
  void here.associations.set('a-1', {
    ...{ namespace: 'gone', serviceAccount: 'default-editor', roleArn: arnOf('eks-role'), tags: { team: 'data' } },
    ...other,
  });

test('a Pod Identity association of a namespace that is gone is removed by a plan, and comes back as it was', async () => {
  const here = await made();
  associate(here, { disableSessionTags: true, policy: '{"Version":"2012-10-17","Statement":[]}' });
  const found = await look(here);
  const id = 'association:gone/default-editor';
  assert.match(found.items.find((one) => one.id === id)?.evidence ?? '', /no namespace gone any more/);
  const plan = planLeftovers(found, [id], cluster);
  assert.deepEqual(blockers(plan), []);
  assert.ok(permissionsOf(plan).aws.includes('eks:DeletePodIdentityAssociation'));
  const before = here.snapshot();
  const journal = memoryJournal();
  assert.ok((await carryOut(plan, here.outside(), { journal })).ok);
  assert.equal(here.associations.size, 0);
  assert.ok((await undo(journal.entries(), here.outside())).ok);
  assert.deepEqual(here.snapshot(), before);
});

for (const [why, other, says] of [
  ['that an add-on owns', { ownerArn: 'arn:aws:eks:us-west-2:111122223333:addon/dev/x/1' }, /belongs to an add-on/],
  ['that CloudFormation made', { tags: { 'aws:cloudformation:stack-name': 'x' } }, /made by CloudFormation/],
  ['with a target role', { targetRoleArn: arnOf('other') }, /another external ID/],
] as const)
  test(`an association ${why} is told, and not removed here`, async () => {
    const here = await made();
    associate(here, other);
    const { items } = await look(here);
    const item = items.find(({ sort }) => sort === 'association');
    assert.deepEqual(item?.changes, []);
    assert.match(`${item?.evidence ?? ''} ${item?.byHand ?? ''}`, says);
  });

test('an association of a namespace that is there, or that may not be described, is not offered', async () => {
  const here = await made();
  associate(here, { namespace: 'team-y' });
  assert.ok(!(await ids(here)).some((id) => id.startsWith('association:')));
  associate(here);
  here.aws.podIdentity = () => Promise.resolve(denied('eks:DescribePodIdentityAssociation', ''));
  const { items } = await look(here);
  const item = items.find(({ sort }) => sort === 'association');
  assert.deepEqual(item?.changes, []);
  assert.match(item?.byHand ?? '', /--association-id a-1/);
});

const THEIRS = arnOf('x').replace(ACCOUNT, '444455556666');
/** The controller's role, or what looks like one, with what it may edit. */
function grants(here: World, roles: readonly string[], account: { name?: string; namespace?: string } = {}): void {
  const named = { namespace: 'kubeflow', name: 'profiles-controller-service-account', ...account };
  here.accounts.set(`${named.namespace}/${named.name}`, {
    ...named,
    annotations: { [ROLE_ANNOTATION]: arnOf('controller') },
  });
  const statement = { Sid: 'EditTrustOfProfileRoles', Effect: 'Allow', Action: ['iam:GetRole'], Resource: roles };
  put(here, 'controller', {
    trustPolicy: trustFor('team-y'),
    inline: [{ name: 'kubeflow-irsa-trust', text: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }) }],
  });
}

const cases: readonly [title: string, change: (here: World) => void, finds: readonly string[]][] = [
  ['a role without tags that lets in a namespace that is gone alone', (here) => put(here, 'old'), ['role:old']],
  [
    'one that lets in more by a pattern is not judged',
    (here) =>
      put(here, 'old', {
        trustPolicy: trustFor('gone').replace('gone:', 'gone-*:').replace('StringEquals', 'StringLike'),
      }),
    [],
  ],
  ['one that Terraform may have made is not', (here) => put(here, 'old', { tags: { ManagedBy: 'terraform' } }), []],
  [
    'one that CloudFormation made is not',
    (here) => put(here, 'old', { tags: { 'aws:cloudformation:stack-name': 'x' } }),
    [],
  ],
  ['one in an instance profile is not', (here) => put(here, 'old', { instanceProfiles: ['nodes'] }), []],
  [
    'a name of a namespace that is gone, in the trust policy of a role that stays',
    (here) => put(here, 'shared', { trustPolicy: trustFor('team-y', 'gone') }),
    ['trust:shared'],
  ],
  [
    'a role of ours for a cluster of the region that is gone',
    (here) => put(here, 'old', { tags: ours('a', ofOther('gone')), trustPolicy: OLD_TRUST }),
    ['role:old'],
  ],
  [
    'of another region nothing is known',
    (here) => put(here, 'old', { tags: ours('a', ofOther('gone', 'eu-west-1')) }),
    [],
  ],
  [
    'a role of ours that a live namespace may use is left alone',
    (here) => {
      put(here, 'old', { tags: ours('gone'), trustPolicy: trustFor('gone', 'team-y') });
    },
    ['trust:old'],
  ],
  [
    'an annotation of a role that is gone',
    (here) =>
      void here.accounts.set('apps/runner', {
        namespace: 'apps',
        name: 'runner',
        annotations: { [ROLE_ANNOTATION]: arnOf('nobody') },
      }),
    ['annotation:apps/runner'],
  ],
  [
    'of a role of another account it is not judged',
    (here) =>
      void here.accounts.set('apps/runner', {
        namespace: 'apps',
        name: 'runner',
        annotations: { [ROLE_ANNOTATION]: arnOf('nobody').replace(ACCOUNT, '444455556666') },
      }),
    [],
  ],
  [
    'of the service account of a profile that is there the Profile is mended, not the annotation',
    (here) => {
      const account = here.accounts.get('team-y/default-editor');
      assert.ok(account);
      here.accounts.set('team-y/default-editor', { ...account, annotations: { [ROLE_ANNOTATION]: arnOf('nobody') } });
    },
    [],
  ],
  [
    'another service account of that profile is no part of it',
    (here) =>
      void here.accounts.set('team-y/runner', {
        namespace: 'team-y',
        name: 'runner',
        annotations: { [ROLE_ANNOTATION]: arnOf('nobody') },
      }),
    ['annotation:team-y/runner'],
  ],
  [
    'roles that are gone and that the profile controller may still edit, with one that goes',
    (here) => grants(here, [arnOf('nobody'), arnOf('team-x-dev-role'), arnOf('team-y-dev-role'), THEIRS]),
    ['grant:controller'],
  ],
  [
    'a grant for roles that are there, or of another account, stays',
    (here) => grants(here, [arnOf('team-y-dev-role'), THEIRS]),
    [],
  ],
  [
    'a grant of a role that is not the one of the profile controller stays',
    (here) => grants(here, [arnOf('nobody')], { name: 'somebody' }),
    [],
  ],
  [
    'a grant of a role of that account in another namespace stays',
    (here) => grants(here, [arnOf('nobody')], { namespace: 'apps' }),
    [],
  ],
  [
    'a role of ours for a cluster that is gone, which AWS may use, is not',
    (here) =>
      put(here, 'old', {
        tags: ours('a', ofOther('gone')),
        trustPolicy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
            ...(JSON.parse(OLD_TRUST) as { Statement: unknown[] }).Statement,
          ],
        }),
      }),
    [],
  ],
  [
    'one whose provider is that of a live cluster is not',
    (here) => {
      here.providers.set(OLD, { arn: OLD, clientIds: [], tags: {} });
      put(here, 'old', { tags: ours('a', ofOther('gone')), trustPolicy: OLD_TRUST });
    },
    [],
  ],
  [
    'one whose provider was made here for the cluster that is gone',
    (here) => {
      here.providers.set(OLD, { arn: OLD, clientIds: [], tags: ours('', ofOther('gone')) });
      put(here, 'old', { tags: ours('a', ofOther('gone')), trustPolicy: OLD_TRUST });
    },
    ['role:old', `provider:${OLD.slice(OLD.indexOf('/') + 1)}`],
  ],
  [
    'one whose provider is of another region is not',
    (here) =>
      put(here, 'old', {
        tags: ours('a', ofOther('gone')),
        trustPolicy: OLD_TRUST.replaceAll('us-west-2', 'eu-west-1'),
      }),
    [],
  ],
  [
    'one that lets in a namespace of this cluster that is gone, too',
    (here) => put(here, 'old', { tags: ours('a', ofOther('gone')) }),
    ['role:old'],
  ],
  [
    'launcher settings of ours in a namespace that is no profile',
    (here) =>
      void here.configMaps.set('apps/kfp-launcher', {
        namespace: 'apps',
        name: 'kfp-launcher',
        annotations: { 'kubeflow-irsa/made-by': 'kubeflow-irsa' },
        data: {},
      }),
    ['launcher:apps/kfp-launcher'],
  ],
  [
    'launcher settings of somebody else are not',
    (here) => void here.configMaps.set('apps/kfp-launcher', { namespace: 'apps', name: 'kfp-launcher', data: {} }),
    [],
  ],
  [
    'an OIDC provider of ours of a cluster that is gone',
    (here) => void here.providers.set(OLD, { arn: OLD, clientIds: [], tags: ours('', ofOther('gone')) }),
    [`provider:${OLD.slice(OLD.indexOf('/') + 1)}`],
  ],
  [
    'one of a cluster that was made anew under its name',
    (here) => void here.providers.set(OLD, { arn: OLD, clientIds: [], tags: ours('', cluster.arn) }),
    [`provider:${OLD.slice(OLD.indexOf('/') + 1)}`],
  ],
  [
    'one that a role which stays trusts is not',
    (here) => {
      here.providers.set(OLD, { arn: OLD, clientIds: [], tags: ours('', ofOther('gone')) });
      put(here, 'stays', { trustPolicy: OLD_TRUST });
    },
    [],
  ],
  [
    'one that somebody else made is not',
    (here) => void here.providers.set(OLD, { arn: OLD, clientIds: [], tags: {} }),
    [],
  ],
  [
    'the data of a profile that is gone',
    (here) => void here.objects.set('team-x/a', 'text'),
    ['data:artifacts/team-x/'],
  ],
  [
    'data that another role is for is not',
    (here) => {
      here.objects.set('team-x/a', 'text');
      put(here, 'prod', {
        tags: ours('team-x', ofOther('prod', 'eu-west-1')),
        inline: [{ name: 'kf-pipeline-s3', text: policyFor('team-x') }],
      });
    },
    [],
  ],
];
for (const [title, change, finds] of cases)
  test(title, async () => {
    const here = await made();
    change(here);
    assert.deepEqual(
      (await ids(here)).filter((id) => id !== 'role:team-x-dev-role'),
      finds,
    );
  });

test('what may not be read is said, and what would be judged by it is not offered', async () => {
  const here = await made();
  here.onCall = (call) => (call === 'list profiles' ? 'refuse' : undefined);
  const { items, unread } = await look(here);
  assert.deepEqual(items, []);
  assert.match(unread.join('\n'), /The list of Profiles cannot be read/);
});

describe('the plan that removes them', () => {
  const chosen = async (here: World, pick: (item: Leftover) => boolean) => {
    const left = await look(here);
    return planLeftovers(
      left,
      left.items.filter(pick).map(({ id }) => id),
      cluster,
    );
  };

  test('removes what is chosen, in a safe order, and undo brings it back', async () => {
    const here = await made();
    put(here, 'shared', { trustPolicy: trustFor('team-y', 'gone') });
    here.objects.set('team-x/a', 'text');
    const before = here.snapshot();
    here.calls.length = 0;
    const plan = await chosen(here, ({ sort }) => sort !== 'data');
    assert.equal(here.calls.filter((call) => call === 'iam:GetRole').length, 1, 'of what goes, roles are read whole');
    assert.deepEqual(
      rows(plan).map(({ kind, title }) => `${kind} ${title}`),
      [
        'change IAM role shared, no longer for gone/default-editor',
        'delete Inline policy kf-pipeline-s3, of role team-x-dev-role',
        'delete IAM role team-x-dev-role, which nobody can use any more',
      ],
    );
    const journal = memoryJournal();
    const result = await carryOut(plan, here.outside(), { journal });
    assert.equal(result.ok, true, JSON.stringify(result.rows));
    assert.deepEqual(await ids(here), []);
    assert.equal(here.objects.size, 1, 'data stays unless it is chosen');
    assert.equal((await undo(journal.entries(), here.outside())).ok, true);
    assert.deepEqual(here.snapshot(), before);
  });

  test('what the controller may edit is left for the roles that stay', async () => {
    const here = await made();
    grants(here, [arnOf('nobody'), arnOf('team-x-dev-role'), arnOf('team-y-dev-role'), THEIRS]);
    const plan = await chosen(here, ({ sort }) => sort === 'grant');
    assert.equal((await carryOut(plan, here.outside())).ok, true);
    const text = here.roles.get('controller')?.inline[0]?.text ?? '{}';
    const { Statement } = JSON.parse(text) as { Statement: { Resource: unknown }[] };
    assert.deepEqual(Statement[0]?.Resource, [arnOf('team-y-dev-role'), THEIRS]);
    const alone = await made();
    grants(alone, [arnOf('nobody')]);
    assert.equal((await carryOut(await chosen(alone, ({ sort }) => sort === 'grant'), alone.outside())).ok, true);
    assert.deepEqual(alone.roles.get('controller')?.inline, []);
  });

  test('a name that is none blocks it', async () => {
    const here = await made();
    const plan = planLeftovers(await look(here), ['role:nobody'], cluster);
    assert.match(blockers(plan)[0]?.reason ?? '', /Nothing is left over under the name role:nobody/);
  });
});

test('data is looked for where the bucket is there, and of this account', async () => {
  const here = await made();
  here.objects.set('team-x/file', 'text');
  const bucket = here.aws.bucket.bind(here.aws);
  const looks = async (): Promise<number> => {
    here.calls.length = 0;
    await look(here);
    return here.calls.filter((call) => call === 's3:ListObjectVersions').length;
  };
  assert.equal(await looks(), 1);
  here.aws.bucket = async (...args) => {
    const reading = await bucket(...args);
    return reading.state === 'found' ? { ...reading, value: { ...reading.value, foreign: true } } : reading;
  };
  assert.equal(await looks(), 0);
  here.aws.bucket = () => Promise.resolve({ state: 'absent' });
  assert.equal(await looks(), 0);
});

test('a name that is used again is warned of: its old role, and the data below its prefix', async () => {
  const here = await made();
  here.objects.set('team-x/a', 'text');
  const request = requestFor('team-x', { owner: 'new@example.com' });
  const { facts } = await lookAt(request, here.aws, here.connect);
  const said = planProfile(request, facts).warnings.join('\n');
  assert.match(said, /KP-080.*Role team-x-dev-role is left of a former profile team-x of team-x@example\.com/);
  assert.match(said, /new@example\.com gets it/);
  assert.match(
    said,
    /1 object lies below s3:\/\/artifacts\/team-x\/ already.*new@example\.com gets to read, overwrite and delete/,
  );
  // The same owner is told of it, and that it was theirs.
  const same = planProfile(requestFor('team-x'), facts).warnings.join('\n');
  assert.match(same, /was made for the same owner/);
  // Of a profile that is there it is its own.
  const own = requestFor('team-y');
  here.objects.set('team-y/a', 'text');
  const looked = await lookAt(own, here.aws, here.connect);
  assert.doesNotMatch(planProfile(own, looked.facts).warnings.join('\n'), /former profile/);
});
