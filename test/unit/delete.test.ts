// "Delete Profile": what goes, in which order, what stays and why, and that Undo brings back what it says.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Namespace, Profile, Role } from '../../src/core/observation.ts';
import { planDelete, type DeleteWish } from '../../src/core/plan/delete.ts';
import { blockers, rows, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { permissionsPolicy, policyText } from '../../src/core/policy/build.ts';
import { newProfile, ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found, type Reading } from '../../src/core/reading.ts';
import { causesOf, type Going } from '../../src/core/profile/stuck.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { lookToDelete } from '../../src/provisioning/leave.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { OutsideError } from '../../src/provisioning/ports.ts';
import { carryOut, undo } from '../../src/provisioning/run.ts';
import { ACCOUNT, arnOf, cluster, putProfile, requestFor, trustFor, worldWithProvider, type World } from './world.ts';

const WISH: DeleteWish = { cluster: 'dev', region: 'us-west-2', profile: 'team-x' };

async function planIn(here: World, more: Partial<DeleteWish> = {}): Promise<Plan> {
  const { facts, around, bucketRegion } = await lookToDelete({ ...WISH, ...more }, here.aws, here.connect);
  return planDelete({ ...WISH, ...more }, facts, around, bucketRegion);
}
/** A world in which we made team-x. */
async function made(): Promise<World> {
  const here = worldWithProvider();
  const request = requestFor('team-x');
  const { facts } = await lookAt(request, here.aws, here.connect);
  const result = await carryOut(planProfile(request, facts), here.outside());
  assert.equal(result.ok, true, JSON.stringify(result.rows));
  return here;
}
const steps = (plan: Plan): readonly string[] => rows(plan).map(({ kind, title }) => `${kind} ${title}`);
const changes = (plan: Plan): readonly string[] =>
  steps(plan).filter((step) => !/(answers and has|signed in)/.test(step));
const reasons = (plan: Plan): string =>
  blockers(plan)
    .map(({ id, reason }) => `${id}: ${reason ?? ''}`)
    .join('\n');
const said = (plan: Plan): string => plan.warnings.join('\n');

describe('a profile of ours', () => {
  test('goes in the only safe order: Profile, namespace, policies, role', async () => {
    const here = await made();
    const plan = await planIn(here);
    assert.deepEqual(changes(plan), [
      'delete Profile team-x',
      'wait Namespace team-x, which goes with the Profile, and all that is in it',
      'delete Inline policy kf-pipeline-s3, of role team-x-dev-role',
      'delete IAM role team-x-dev-role, which was for system:serviceaccount:team-x:default-editor',
    ]);
    assert.match(said(plan), /All that is in namespace team-x goes with it.*does not come back, not by Undo either/);
    assert.match(said(plan), /What stays: the cluster's OIDC provider, the bucket/);
    const before = here.calls.length;
    const result = await carryOut(plan, here.outside());
    assert.equal(result.ok, true, JSON.stringify(result.rows));
    assert.deepEqual(
      here.calls.slice(before).filter((call) => /Delete|Detach|delete/.test(call)),
      ['delete profiles', 'iam:DeleteRolePolicy', 'iam:DeleteRole'],
    );
    assert.deepEqual([here.profiles.size, here.namespaces.size, here.roles.size, here.providers.size], [0, 0, 0, 1]);
  });

  for (const [what, spec, owner] of [
    [
      'an owner that is not that of its namespace',
      { owner: { kind: 'User', name: 'other@example.com' } },
      'x@example.com',
    ],
    ['a quota that is none', { resourceQuotaSpec: { hard: { cpu: 'much' } } }, undefined],
  ] as const)
    for (const end of ['resume', 'undo'] as const)
      test(`cut off after a Profile with ${what} was released: ${end} goes on`, async () => {
        const here = await made();
        const there = here.profiles.get('team-x');
        const space = here.namespaces.get('team-x');
        assert.ok(there && space);
        const metadata = { ...there.metadata, finalizers: ['profile-finalizer'] };
        here.profiles.set('team-x', { ...there, metadata, spec: { ...there.spec, ...spec } });
        if (owner !== undefined) here.namespaces.set('team-x', { ...space, owner });
        // The owner's bindings are the controller's: they follow the Profile.
        const bindings = ['rolebindings team-x/namespaceAdmin', 'authorizationpolicies team-x/ns-owner-access-istio'];
        const before = here.snapshot(bindings);
        const plan = await planIn(here);
        here.onCall = (call) => (call === 'delete profiles' ? 'refuse' : undefined);
        const journal = memoryJournal();
        assert.equal((await carryOut(plan, here.outside(), { journal, run: 'r' })).ok, false);
        assert.notDeepEqual(here.snapshot(bindings), before, 'it was released');
        here.onCall = () => undefined;
        if (end === 'resume') {
          const again = await carryOut(plan, here.outside(), { journal, run: 'r' });
          assert.ok(again.ok, JSON.stringify(again.rows));
          assert.equal(here.profiles.size, 0);
          return;
        }
        const undone = await undo(journal.entries(), here.outside());
        assert.ok(undone.ok, JSON.stringify(undone.changes));
        assert.deepEqual(here.snapshot(bindings), before);
      });

  for (const [what, reading, most, says] of [
    ['may not be read', denied('get namespaces', ''), 3, /not permitted to get namespaces/],
    ['cannot be read', failed('the endpoint did not answer in time'), 20, /did not answer in time/],
  ] as const)
    test(`a namespace that ${what} while it goes is not waited for without end: it is said, and gone on with`, async () => {
      const here = await made();
      const plan = await planIn(here);
      const read = here.kubernetes.namespace.bind(here.kubernetes);
      let reads = 0;
      here.kubernetes.namespace = async (name) => {
        if (here.profiles.has(name)) return read(name);
        reads++;
        return reading;
      };
      const journal = memoryJournal();
      const result = await carryOut(plan, here.outside(), { journal, run: 'r' });
      const reason = result.rows.find(({ state }) => state === 'failed')?.reason ?? '';
      assert.match(reason, says);
      assert.ok(reads <= most, `it was read ${reads} times`);
      here.kubernetes.namespace = read;
      assert.ok((await carryOut(plan, here.outside(), { journal, run: 'r' })).ok);
    });

  test('cut off while the Profile goes: Undo waits until it is gone, and makes it again', async () => {
    const here = await made();
    const before = here.snapshot();
    const deleteProfile = here.kubernetes.deleteProfile.bind(here.kubernetes);

    let goes = true;
    here.kubernetes.deleteProfile = (name) => {
      const there = here.profiles.get(name);
      if (!goes || there === undefined) return deleteProfile(name);
      goes = false;
      const metadata = { ...there.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
      here.profiles.set(name, { ...there, metadata });
      return Promise.reject(new OutsideError('the connection was broken off', 'ECONNRESET'));
    };
    const journal = memoryJournal();
    assert.equal((await carryOut(await planIn(here), here.outside(), { journal })).ok, false);
    const undone = await undo(journal.entries(), here.outside());
    assert.ok(undone.ok, JSON.stringify(undone.changes));
    assert.equal(here.profiles.get('team-x')?.metadata.deletionTimestamp, undefined);
    assert.deepEqual(here.snapshot(), before);
  });

  test('undo brings Profile, role and policies back as they were', async () => {
    const here = await made();
    const role = here.roles.get('team-x-dev-role');
    assert.ok(role);
    here.roles.set(role.name, {
      ...role,
      description: 'made by hand',
      tags: { ...role.tags, owner: 'data' },
      inline: [...role.inline, { name: 'more', text: '{"Version":"2012-10-17","Statement":[]}' }],
      attached: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    });
    const before = here.snapshot();
    const journal = memoryJournal();
    const result = await carryOut(await planIn(here), here.outside(), { journal });
    assert.equal(result.ok, true, JSON.stringify(result.rows));
    assert.equal(here.roles.size, 0);
    const undone = await undo(journal.entries(), here.outside());
    assert.equal(undone.ok, true, JSON.stringify(undone));
    const inline = here.roles.get(role.name)?.inline ?? [];
    here.roles.set(role.name, { ...(here.roles.get(role.name) ?? role), inline: [...inline].reverse() });
    assert.deepEqual(here.snapshot(), before);
  });

  test('a second run changes nothing, and a plan after it says that nothing is left', async () => {
    const here = await made();
    const plan = await planIn(here);
    await carryOut(plan, here.outside());
    const writes = here.writes().length;
    const again = await carryOut(plan, here.outside());
    assert.equal(again.ok, true);
    assert.equal(here.writes().length, writes);
    assert.match(reasons(await planIn(here)), /^profile: There is no Profile team-x on dev, and nothing of it is left/);
  });

  test('what is left of one whose Profile is gone is deleted', async () => {
    const here = await made();
    await here.kubernetes.deleteProfile('team-x');
    const plan = await planIn(here);
    assert.deepEqual(changes(plan), [
      'delete Inline policy kf-pipeline-s3, of role team-x-dev-role',
      'delete IAM role team-x-dev-role, which was for system:serviceaccount:team-x:default-editor',
    ]);
  });

  test('its role stays where a person wants that', async () => {
    const here = await made();
    const plan = await planIn(here, { keepRole: true });
    assert.deepEqual(
      changes(plan).map((step) => step.split(',')[0]),
      ['delete Profile team-x', 'wait Namespace team-x'],
    );
  });

  test('its data goes where its role stays: the bucket is read off the role all the same', async () => {
    const here = await made();
    here.configMaps.clear();
    for (const key of ['team-x/a', 'team-y/b']) here.objects.set(key, 'text');
    const kept = await planIn(here, { keepRole: true });
    assert.match(kept.warnings.join('\n'), /What lies below s3:\/\/artifacts\/team-x\/ stays: 1 object/);
    const plan = await planIn(here, { keepRole: true, data: true });
    assert.deepEqual(blockers(plan), []);
    assert.match(changes(plan).join('\n'), /^delete Objects below s3:\/\/artifacts\/team-x\//m);
    assert.ok((await carryOut(plan, here.outside())).ok);
    assert.deepEqual([[...here.objects.keys()], here.roles.has('team-x-dev-role')], [['team-y/b'], true]);
  });
});

describe('what stays, and why', () => {
  const shared: readonly [
    title: string,
    role: Partial<Role>,
    more: (here: World) => void,
    steps: RegExp,
    warns: RegExp,
  ][] = [
    [
      'a role that lets in another profile loses our place in its trust policy alone',
      { trustPolicy: trustFor('team-x', 'team-y') },
      () => undefined,
      /^change IAM role shared, no longer for system:serviceaccount:team-x:default-editor$/m,
      /Role shared is used by something else.*It stays, with its policies\. team-y\/default-editor keep access by it/,
    ],
    [
      'a role that another Profile names',
      {},
      (here) =>
        putProfile(
          here,
          'team-y',
          { name: 'shared', trustPolicy: trustFor('team-x') },
          newProfile('team-y', 'y@example.com', arnOf('shared'), true),
        ),
      /^keep IAM role shared$/m,
      /Role shared is also the role of team-y\. It stays/,
    ],
    [
      'a role in an instance profile',
      { instanceProfiles: ['nodes'] },
      () => undefined,
      /^keep IAM role shared$/m,
      /Role shared is in instance profile nodes\. It stays/,
    ],
    [
      'a role that another tool made',
      { tags: { 'aws:cloudformation:stack-name': 'iam' } },
      () => undefined,
      /^keep IAM role shared$/m,
      /IAM role shared belongs to CloudFormation .*take a change back.*It stays, and lets in system:serviceaccount:team-x/,
    ],
  ];
  for (const [title, role, more, wanted, warns] of shared)
    test(title, async () => {
      const here = worldWithProvider();
      putProfile(here, 'team-x', { name: 'shared', ...role });
      more(here);
      const plan = await planIn(here);
      assert.deepEqual(blockers(plan), []);
      assert.match(changes(plan).join('\n'), wanted);
      assert.match(said(plan), warns);
      assert.doesNotMatch(changes(plan).join('\n'), /delete (IAM role|Inline)/);
      const result = await carryOut(plan, here.outside());
      assert.equal(result.ok, true, JSON.stringify(result.rows));
      assert.ok(here.roles.has('shared'));
    });

  test('a namespace that the Profile does not own', async () => {
    const here = await made();
    const space = here.namespaces.get('team-x');
    assert.ok(space);
    here.namespaces.set('team-x', { ...space, owned: false });
    const plan = await planIn(here);
    assert.match(steps(plan).join('\n'), /keep Namespace team-x, which is not owned by the Profile/);
    const result = await carryOut(plan, here.outside());
    assert.equal(result.ok, true, JSON.stringify(result.rows));
    assert.ok(here.namespaces.has('team-x'));
  });

  test('a namespace that is going already, without its Profile, is waited for', async () => {
    const here = await made();
    const space = here.namespaces.get('team-x');
    assert.ok(space);
    const plan = await (async () => {
      here.profiles.clear();
      here.namespaces.set('team-x', { ...space, deleting: true, deletionTimestamp: '2026-01-01T00:00:00Z' });
      return planIn(here);
    })();
    assert.match(steps(plan).join('\n'), /^wait Namespace team-x/m);
    assert.match(said(plan), /Namespace team-x is being deleted, since 2026-01-01T00:00:00Z/);
  });

  test('the role of another account that the Profile names', async () => {
    const here = await made();
    const theirs = arnOf('team-x-dev-role').replace(ACCOUNT, '444455556666');
    here.profiles.set('team-x', newProfile('team-x', 'team-x@example.com', theirs, true));
    assert.match(said(await planIn(here)), /^Its role is one of account 444455556666, and stays: arn/m);
    for (const named of [arnOf('team-x-dev-role'), 'team-x-dev-role', 'arn:aws:s3:::444455556666']) {
      here.profiles.set('team-x', newProfile('team-x', 'team-x@example.com', named, true));
      assert.doesNotMatch(said(await planIn(here)), /Its role is one of account/, named);
    }
  });

  test('a service account that names the role and is not let in: its annotation is told', async () => {
    const here = await made();
    here.accounts.set('other/runner', {
      ...{ namespace: 'other', name: 'runner' },
      annotations: { [ROLE_ANNOTATION]: arnOf('team-x-dev-role') },
    });
    const plan = await planIn(here);
    assert.deepEqual(blockers(plan), []);
    assert.match(said(plan), /^other\/runner name role team-x-dev-role in their annotation, and are not let in by it/m);
  });

  test("the profile controller's grant keeps the other roles", async () => {
    const here = await made();
    const grant = (...names: string[]): string =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Sid: 'EditTrustOfProfileRoles', Effect: 'Allow', Action: ['iam:GetRole'], Resource: names.map(arnOf) },
        ],
      });
    here.accounts.set('kubeflow/profiles-controller-service-account', {
      namespace: 'kubeflow',
      name: 'profiles-controller-service-account',
      annotations: { [ROLE_ANNOTATION]: arnOf('controller') },
    });
    here.roles.set('controller', {
      ...{ arn: arnOf('controller'), name: 'controller', trustPolicy: trustFor('kubeflow'), tags: {}, attached: [] },
      inline: [{ name: 'kubeflow-irsa-trust', text: grant('team-x-dev-role', 'team-y-dev-role') }],
    });
    const result = await carryOut(await planIn(here), here.outside());
    assert.equal(result.ok, true, JSON.stringify(result.rows));
    assert.deepEqual(
      JSON.parse(here.roles.get('controller')?.inline[0]?.text ?? ''),
      JSON.parse(grant('team-y-dev-role')),
    );
  });
});

describe('what blocks it', () => {
  const cases: readonly [title: string, change: (here: World) => void, reason: RegExp, wish?: Partial<DeleteWish>][] = [
    [
      'a Profile that Argo CD would make again',
      (here) => {
        const profile = here.profiles.get('team-x') as Profile;
        const labels = { 'argocd.argoproj.io/instance': 'teams' };
        here.profiles.set('team-x', { ...profile, metadata: { ...profile.metadata, labels } });
      },
      /^managed: Profile team-x is managed by Argo CD .*which would take a change back/,
    ],
    [
      'no permission to delete Profiles',
      (here) => here.mayNot.add('delete profiles.kubeflow.org'),
      /^profile: You are not permitted to delete profiles\.kubeflow\.org/,
    ],
    [
      'another service account that uses the role',
      (here) => {
        const role = here.roles.get('team-x-dev-role') as Role;
        here.roles.set(role.name, { ...role, trustPolicy: role.trustPolicy.replace(/,\s*"[^"]*:sub": "[^"]*"/, '') });
        here.accounts.set('other/runner', {
          ...{ namespace: 'other', name: 'runner' },
          annotations: { [ROLE_ANNOTATION]: role.arn },
        });
      },
      /^role: Role team-x-dev-role is used by other\/runner as well/,
    ],
    [
      'policies of the role that may not be read',
      (here) => {
        const role = here.roles.get('team-x-dev-role') as Role;
        here.roles.set(role.name, { ...role, unread: ['iam:ListRolePolicies'] });
      },
      /^role-policy: You may not read all policies of role team-x-dev-role \(iam:ListRolePolicies\)/,
    ],
    [
      'a role that may not be read',
      (here) => {
        here.aws.role = () => Promise.resolve(denied('iam:GetRole', ''));
      },
      /^role: IAM role team-x-dev-role cannot be read: you are not permitted to iam:GetRole.* Or delete the Profile alone, and keep the role\./,
    ],
    [
      'a Profile that may not be read',
      (here) => {
        here.kubernetes.profile = () => Promise.resolve(denied('get profiles.kubeflow.org', ''));
      },
      /^profile: Profile team-x cannot be read: you are not permitted to get profiles\.kubeflow\.org/m,
    ],
    [
      'a namespace without a Profile that may not be read',
      (here) => {
        here.profiles.clear();
        here.kubernetes.namespace = () => Promise.resolve(denied('get namespaces', ''));
      },
      /^namespace: Namespace team-x cannot be read: you are not permitted to get namespaces/m,
    ],
    [
      'data that may not be looked at',
      (here) => {
        here.aws.prefixData = () => Promise.resolve(denied('s3:ListBucketVersions', ''));
      },
      /^data: What lies below s3:\/\/artifacts\/team-x\/ cannot be read: you are not permitted to s3:ListBucketVersions/m,
      { data: true },
    ],
    [
      'data of a role that only reads',
      (here) => {
        const role = here.roles.get('team-x-dev-role') as Role;
        const policy = policyText(permissionsPolicy('aws', 'artifacts', 'team-x', 'read-only'));
        here.roles.set(role.name, { ...role, inline: [{ name: 'kf-pipeline-s3', text: policy }] });
      },
      /^data: Role team-x-dev-role may only read in bucket artifacts: nothing there is the profile's own/m,
      { data: true },
    ],
    [
      'data in a place that is not known',
      (here) => {
        const role = here.roles.get('team-x-dev-role') as Role;
        here.roles.set(role.name, { ...role, inline: [] });
      },
      /^data: Which bucket the profile writes to cannot be read from its role, nor from its launcher settings/m,
      { data: true },
    ],
    [
      'a cluster that is not ready yet',
      (here) => {
        const starting = { ...cluster, endpoint: undefined, status: 'CREATING' };
        here.aws.cluster = () => Promise.resolve(found(JSON.parse(JSON.stringify(starting)) as typeof cluster));
      },
      /^cluster: .*CREATING/m,
    ],
    [
      'a cluster that is not there',
      (here) => {
        here.aws.cluster = () => Promise.resolve(absent);
      },
      /^cluster: /,
    ],
    [
      'a profile that was never there',
      (here) => void here,
      /^profile: There is no Profile nobody on dev/,
      { profile: 'nobody' },
    ],
  ];
  for (const [title, change, reason, wish] of cases)
    test(title, async () => {
      const here = await made();
      change(here);
      const plan = await planIn(here, wish);
      assert.match(reasons(plan), reason);
      const writes = here.writes().length;
      assert.equal((await carryOut(plan, here.outside())).ok, false);
      assert.equal(here.writes().length, writes, 'nothing was written');
    });
});

test('a profile of a cluster that is being deleted can still be deleted: its role would stay', async () => {
  const here = await made();
  here.aws.cluster = () => Promise.resolve(found({ ...cluster, status: 'DELETING' }));
  const plan = await planIn(here);
  assert.equal(reasons(plan), '');
});

describe('the data below the prefix', () => {
  const withData = async (): Promise<World> => {
    const here = await made();
    for (const key of ['team-x/a', 'team-x/v2/b', 'team-xy/c', 'other/team-x/d']) here.objects.set(key, 'text');
    return here;
  };

  test('stays unless it is asked for, and how much that is is said', async () => {
    const here = await withData();
    const plan = await planIn(here);
    assert.match(said(plan), /^What lies below s3:\/\/artifacts\/team-x\/ stays: 2 objects \(8 bytes\)\.$/m);
    await carryOut(plan, here.outside());
    assert.equal(here.objects.size, 4);
  });

  test('is told to who is asked whether it goes, where it could be counted', async () => {
    const here = await withData();
    const counted = async (): Promise<unknown> =>
      (await lookToDelete(WISH, here.aws, here.connect)).around.data?.objects;
    assert.equal(await counted(), 2);
    here.aws.prefixData = () => Promise.resolve(failed('the connection was broken off.'));
    assert.equal(await counted(), undefined);
  });

  test('goes last, for good, and nothing beside it', async () => {
    const here = await withData();
    const journal = memoryJournal();
    const plan = await planIn(here, { data: true });
    assert.equal(
      changes(plan).at(-1),
      'delete Objects below s3://artifacts/team-x/, 2 objects (8 bytes): they do not come back',
    );
    assert.match(said(plan), /deleted for good\. Undo does not bring them back/);
    const result = await carryOut(plan, here.outside(), { journal });
    assert.equal(result.ok, true, JSON.stringify(result.rows));
    assert.deepEqual([...here.objects.keys()], ['team-xy/c', 'other/team-x/d']);
    const undone = await undo(journal.entries(), here.outside());
    assert.equal(undone.ok, true);
    assert.match(JSON.stringify(undone.changes), /what was deleted in S3 does not come back/);
    assert.ok(here.profiles.has('team-x'));
  });

  test('its place is known from the launcher, too; where nothing lies, that is said', async () => {
    const here = await withData();
    const role = here.roles.get('team-x-dev-role') as Role;
    here.roles.set(role.name, { ...role, inline: [] });
    const launcher = (root: string): void =>
      void here.configMaps.set('team-x/kfp-launcher', {
        ...{ namespace: 'team-x', name: 'kfp-launcher' },
        data: { defaultPipelineRoot: root },
      });
    launcher('s3://artifacts/team-x/v2');
    assert.match(said(await planIn(here)), /^What lies below s3:\/\/artifacts\/team-x\/ stays: 2 objects/m);
    launcher('s3://artifacts/team-xy/v2');
    assert.doesNotMatch(said(await planIn(here)), /What lies below/);
    launcher('s3://artifacts/team-x/v2');
    here.objects.clear();
    assert.match(said(await planIn(here, { data: true })), /^Nothing lies below s3:\/\/artifacts\/team-x\/\.$/m);
  });

  test('of a profile of the same name on another cluster stops it', async () => {
    const here = await withData();
    const role = here.roles.get('team-x-dev-role') as Role;
    const cluster = `arn:aws:eks:eu-west-1:${ACCOUNT}:cluster/prod`;
    here.roles.set('team-x-prod-role', {
      ...role,
      ...{ name: 'team-x-prod-role', arn: arnOf('team-x-prod-role') },
      tags: { ...role.tags, 'kubeflow-irsa/cluster': cluster },
    });
    assert.match(
      reasons(await planIn(here, { data: true })),
      /^data: Other roles write below s3:\/\/artifacts\/team-x\/, too: team-x-prod-role of cluster/,
    );
  });
});

describe('a Profile that cannot go', () => {
  const going = (here: World, spec: object, metadata: object = {}): void => {
    const profile = here.profiles.get('team-x') as Profile;
    here.profiles.set('team-x', {
      ...profile,
      metadata: {
        ...profile.metadata,
        deletionTimestamp: '2026-01-01T00:00:00Z',
        finalizers: ['profile-finalizer'],
        ...metadata,
      },
      spec: { ...profile.spec, ...spec },
    });
  };
  const plugin = (spec: object) => ({ plugins: [{ kind: 'AwsIamForServiceAccount', spec }] });
  const role = arnOf('team-x-dev-role');

  const eased: readonly [title: string, change: (here: World) => void, what: RegExp][] = [
    [
      'its role is gone: annotateOnly: true',
      (here) => {
        going(here, plugin({ awsIamRole: role, annotateOnly: false }));
        here.roles.clear();
      },
      /delete Profile team-x, being deleted since 2026-01-01T00:00:00Z, changed first so that the controller lets it go \(annotateOnly: true\)/,
    ],
    [
      'its role was emptied: without its plugin',
      (here) => going(here, plugin({ awsIamRole: '' })),
      /\(without its plugin\)/,
    ],
    [
      'annotateOnly is quoted: without its plugin',
      (here) => going(here, plugin({ awsIamRole: role, annotateOnly: 'true' })),
      /\(without its plugin\)/,
    ],
    [
      "an owner that is not the namespace's",
      (here) => going(here, { owner: { kind: 'User', name: 'new@example.com' } }),
      /\(the namespace's owner\)/,
    ],
    [
      'a quota that is not valid',
      (here) => going(here, { resourceQuotaSpec: { hard: { foo: '1' } } }),
      /\(without its quota\)/,
    ],
    [
      "Google's plugin",
      (here) => going(here, { plugins: [{ kind: 'WorkloadIdentity', spec: {} }] }),
      /\(without the plugin WorkloadIdentity\)/,
    ],
  ];
  for (const [title, change, what] of eased)
    test(title, async () => {
      const here = await made();
      change(here);
      const plan = await planIn(here, { keepRole: true });
      assert.deepEqual(blockers(plan), []);
      assert.match(changes(plan).join('\n'), what);
      let put: Profile | undefined;
      const replace = (profile: Profile): Promise<void> => here.kubernetes.replaceProfile(profile);
      const outside = here.outside();
      const result = await carryOut(plan, {
        ...outside,
        kubernetes: { ...here.kubernetes, replaceProfile: (profile) => ((put = profile), replace(profile)) },
      });
      assert.equal(result.ok, true, JSON.stringify(result.rows));
      assert.ok(put, 'the Profile was changed before it was deleted');
      assert.doesNotMatch(
        JSON.stringify(put.spec),
        /"annotateOnly":(false|"true")|"awsIamRole":""|foo|WorkloadIdentity|new@example/,
      );
    });

  test('a binding with another role goes first', async () => {
    const here = await made();
    here.kube.set('rolebindings team-x/default-editor', {
      metadata: { name: 'default-editor', namespace: 'team-x', annotations: {} },
      roleRef: { kind: 'ClusterRole', name: 'view' },
      subjects: [],
    });
    going(here, {});
    const plan = await planIn(here);
    assert.match(changes(plan)[0] ?? '', /^delete RoleBinding team-x\/default-editor, which stops the controller/);
  });

  test('a controller that does not run: only a person may take its finalizer away', async () => {
    const here = await made();
    going(here, {});
    here.kube.set('deployments kubeflow/profiles-deployment', {
      metadata: { name: 'profiles-deployment', namespace: 'kubeflow' },
      spec: { replicas: 0 },
    });
    assert.match(
      reasons(await planIn(here)),
      /^finalizer: Kubeflow's profile controller does not run.*kubectl scale deployment profiles-deployment -n kubeflow --replicas=1\. Or agree that its finalizer is taken away\. Then nothing is cleaned up/,
    );
    const plan = await planIn(here, { removeFinalizer: true });
    assert.deepEqual(blockers(plan), []);
    assert.deepEqual(
      changes(plan)
        .slice(0, 2)
        .map((step) => step.split(',')[0]),
      ['delete Finalizer of Profile team-x', 'delete Profile team-x'],
    );
    const result = await carryOut(plan, here.outside());
    assert.equal(result.ok, true, JSON.stringify(result.rows));
  });

  /** It is waited for in vain; `now`: what is there when it is looked at once more. */
  const waitedFor = async (now: Partial<World['kubernetes']>, code = 'Timeout'): Promise<string> => {
    const here = await made();
    const plan = await planIn(here);
    const late = (): Promise<void> => {
      here.profiles.delete('team-x');
      Object.assign(here.kubernetes, now);
      return Promise.reject(new OutsideError('it is still there', code));
    };
    const kubernetes = Object.assign(here.kubernetes, { deleteProfile: late });
    const result = await carryOut(plan, { ...here.outside(), kubernetes });
    const row = result.rows.find(({ row: { title } }) => title.startsWith('Profile'));
    return `${row?.state}${row?.reason === undefined ? '' : `: ${row.reason}`}`;
  };
  const staying = found({
    ...newProfile('team-x', 'team-x@example.com', role, true),
    metadata: { name: 'team-x', deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['profile-finalizer'] },
  });
  const after = (profile: Reading<Profile>, namespace: Reading<Namespace> = absent) => ({
    profile: () => Promise.resolve(profile),
    namespace: () => Promise.resolve(namespace),
  });
  test('one that goes in the last moment is gone', async () => {
    assert.equal(await waitedFor(after(absent)), 'done');
  });
  test('one that stays: what holds it', async () => {
    assert.match(await waitedFor(after(staying)), /^failed: Profile team-x is being deleted.*longer than a minute/);
    const others = found({ name: 'team-x', owner: 'y@example.com', deleting: false });
    assert.match(await waitedFor(after(staying, others)), /^failed: .*owned by y@example\.com and not by team-x@/);
  });
  test('one that stays, and cannot be read any more: what was said of it', async () => {
    assert.equal(await waitedFor(after(failed('the connection was broken off'))), 'failed: it is still there');
    assert.equal(await waitedFor(after(absent), 'Forbidden'), 'failed: it is still there');
  });

  test('finalizers of others, and what holds its namespace, are told with their way out', async () => {
    const here = await made();
    going(here, {}, { finalizers: ['profile-finalizer', 'backup.example.com/keep'] });
    const space = here.namespaces.get('team-x');
    assert.ok(space);
    const remaining = [
      'Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: stale GroupVersion discovery',
      'Some content in the namespace has finalizers remaining: notebooks.example.com in 1 resource instances',
    ];
    here.namespaces.set('team-x', { ...space, deleting: true, deletionTimestamp: '2026-01-01T00:00:00Z', remaining });
    const text = said(await planIn(here));
    assert.match(text, /It waits for backup\.example\.com\/keep, which another program takes away/);
    assert.match(text, /Its namespace is being deleted, and the controller can make nothing in it/);
    assert.match(
      text,
      /An API of the cluster does not answer \(metrics\.k8s\.io\/v1beta1\).*kubectl delete apiservice/,
    );
    assert.match(text, /finalizers that nobody takes away: notebooks\.example\.com/);
  });
});

/** What the namespace controller writes (Kubernetes, pkg/controller/namespace/deletion), and what is said of it. */
const HELD: readonly [title: string, message: string, says: RegExp, deadApis?: Going['deadApis']][] = [
  [
    'an API that does not answer, by its name',
    'Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: stale GroupVersion discovery: metrics.k8s.io/v1beta1',
    /\(v1beta1\.metrics\.k8s\.io\).*Make service kube-system\/metrics-server answer again\..*kubectl delete apiservice v1beta1\.metrics\.k8s\.io/,
    [{ name: 'v1beta1.metrics.k8s.io', service: 'kube-system/metrics-server' }],
  ],
  [
    'a webhook without endpoints',
    'Failed to delete all resource types, 1 remaining: Internal error occurred: failed calling webhook "validation.gatekeeper.sh": failed to call webhook: Post "https://gatekeeper.gatekeeper-system.svc:443/v1/admit": no endpoints available for service "gatekeeper"',
    /Admission webhook validation\.gatekeeper\.sh does not answer: service gatekeeper has no endpoint.*Start what serves the webhook/,
  ],
  [
    'something that cannot be deleted',
    'Failed to delete all resource types, 1 remaining: persistentvolumeclaims "data" is forbidden',
    /cannot be deleted: persistentvolumeclaims "data" is forbidden/,
  ],
  [
    'content with a finalizer',
    'Some content in the namespace has finalizers remaining: notebooks.example.com in 1 resource instances',
    /finalizers that nobody takes away: notebooks\.example\.com in 1 resource instances/,
  ],
  [
    'content that is left, by its kind',
    'Some resources are remaining: notebooks.kubeflow.org has 1 resource instances, pods. has 2 resource instances',
    /there is still: notebooks\.kubeflow\.org has 1.*kubectl get notebooks\.kubeflow\.org,pods -n team-x/,
  ],
];
for (const [title, message, says, deadApis = []] of HELD)
  test(`what holds a namespace: ${title}`, () => {
    const causes = causesOf({
      namespace: { name: 'team-x', deleting: true, remaining: [message] },
      account: ACCOUNT,
      deadApis,
    });
    assert.equal(causes.length, 1, JSON.stringify(causes));
    assert.match(causes.map((cause) => `${cause.says} ${cause.way}`).join(), says);
  });
