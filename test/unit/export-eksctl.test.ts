/** A role as eksctl makes it, of a stack of its own: it is recognised, left to eksctl, compared, and handed over with what must be done first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences } from '../../src/core/drift/compare.ts';
import { declaredIn } from '../../src/core/drift/declared.ts';
import { makerOfRole, nameOf } from '../../src/core/maker.ts';
import { toolsOf } from '../../src/core/plan/managed.ts';
import { blockers } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { absent, found } from '../../src/core/reading.ts';
import { gatherExport } from '../../src/estate/exported.ts';
import { prepare } from '../../src/export/prepare.ts';
import { TARGETS, type Target } from '../../src/export/targets.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { arnOf, cluster, policyFor, putProfile, requestFor, worldWithProvider, type World } from './world.ts';

/** CloudFormation cuts the name of the stack, so that its own part fits (64 characters). */
const ROLE = 'eksctl-dev-addon-iamserviceaccount-team-x-d-Role1-1D61LT75JH3MB';
/** pkg/cfn/manager/api.go of eksctl-io/eksctl; tags of a stack come to the roles that it makes. */
const TAGS = {
  'alpha.eksctl.io/cluster-name': 'dev',
  'alpha.eksctl.io/eksctl-version': '0.215.0',
  'alpha.eksctl.io/iamserviceaccount-name': 'team-x/default-editor',
  'eksctl.cluster.k8s.io/v1alpha1/cluster-name': 'dev',
};

function made(text = policyFor('team-x')): World {
  const here = worldWithProvider();
  putProfile(here, 'team-x', { name: ROLE, tags: TAGS, maxSession: 3600, inline: [{ name: 'Policy1', text }] });
  return here;
}

test('it is recognised, and the profile that has it is not written to beside eksctl', async () => {
  const here = made(policyFor('team-y'));
  const maker = makerOfRole(here.roles.get(ROLE) ?? assert.fail());
  assert.ok(maker.answer === 'tool');
  assert.equal(nameOf(maker), 'eksctl (stack eksctl-dev-addon-iamserviceaccount-team-x-d)');
  const wish = { ...requestFor('team-x'), roleName: ROLE };
  const plan = planProfile(wish, (await lookAt(wish, here.aws, here.connect)).facts);
  assert.deepEqual(toolsOf(plan), ['eksctl']);
  assert.match(blockers(plan)[0]?.reason ?? '', /Change it with eksctl: it owns a CloudFormation stack/);
});

for (const target of TARGETS as readonly Target[])
  test(`${target.id}: it is handed over under its name, and first it is said how eksctl lets it go`, async () => {
    const here = made();
    const { exported, missing } = await gatherExport(cluster, ['team-x'], here.aws, here.kubernetes);
    assert.deepEqual(missing, []);
    const prepared = await prepare(target, [exported]);
    assert.ok('output' in prepared, JSON.stringify(prepared));
    const { files, next } = prepared.output;
    assert.ok(
      files.some(({ text }) => text.includes(ROLE)),
      'its name is in the files',
    );
    assert.doesNotMatch(JSON.stringify(files), /aws:cloudformation/);
    // It takes no roles over.
    if (target.id === 'automator') return assert.doesNotMatch(next.join(), /eksctl/);
    assert.match(
      next[0] ?? '',
      /^IAM role eksctl-dev-.* is managed by eksctl .*Let it go there first.*DeletionPolicy: Retain.*eksctl delete iamserviceaccount would delete the role/,
    );
    const { declared } = declaredIn(files);
    const its = here.roles.get(ROLE) ?? assert.fail();
    const tags = { ...its.tags, 'kubeflow-irsa/managed-by': target.keeper ?? '' };
    const drift = differences(
      declared.filter(({ kind }) => kind === 'role'),
      {
        role: (name) => (name === ROLE ? found({ ...its, arn: arnOf(ROLE), tags }) : absent),
        profile: () => undefined,
        provider: () => undefined,
      },
      { missing: true },
    );
    // Policies keep their names; what differs would be changed by the engine as soon as it takes the role over.
    assert.deepEqual(drift, []);
  });
