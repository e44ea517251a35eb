/** What a role is beside its policies: path, boundary, session length, description, tags. Created, changed, resumed, undone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holds, textOf, type Change, type Ref } from '../../src/core/kinds.ts';
import { bareOf, settingsOf, type BareRole, type Role } from '../../src/core/observation.ts';
import { accountArn, permissionsOf, refOf, type Plan } from '../../src/core/plan/plan.ts';
import { reviewText } from '../../src/core/plan/review.ts';
import { factsOf } from '../../src/core/facts.ts';
import { refText } from '../../src/core/kinds.ts';
import { found } from '../../src/core/reading.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { carryOut, undo } from '../../src/provisioning/run.ts';
import { cluster, PROVIDER, trustFor, worldWithProvider, type Fault } from './world.ts';

const AT = accountArn(cluster);
const NAME = 'team-a-dev-role';
const BOUNDARY = 'arn:aws:iam::111122223333:policy/limits';
const role: Role = {
  arn: `arn:aws:iam::111122223333:role/teams/a/${NAME}`,
  name: NAME,
  trustPolicy: trustFor('team-a'),
  tags: { team: 'a', 'cost/center': '7' },
  boundary: BOUNDARY,
  description: 'Of team a',
  maxSession: 7200,
  inline: [],
  attached: [],
};
const planOf = (...changes: readonly Change[]): Plan => ({
  title: 't',
  needs: [],
  changes,
  proofs: [],
  warnings: [],
});
/** A role of which some is not there. */
const without = <T extends BareRole>(one: T, ...fields: readonly (keyof BareRole)[]): T =>
  Object.fromEntries(
    Object.entries(one).filter(([field]) => !fields.includes(field as keyof BareRole)),
  ) as unknown as T;
const settings = settingsOf(role);
assert.ok(settings);
const of = <K extends 'iam/role-boundary' | 'iam/role-settings'>(kind: K) => refOf(kind, AT, NAME);
const tag = (key: string): Ref<'iam/role-tag'> => refOf('iam/role-tag', AT, `${NAME}/${key}`);

/** Each thing that can become of a setting, the call that does it, and what must be allowed for it beside looking. */
const CHANGES: readonly (readonly [what: string, change: Change, call: string])[] = [
  [
    'a boundary is changed',
    { ref: of('iam/role-boundary'), before: { arn: BOUNDARY }, after: { arn: 'arn:aws:iam::aws:policy/Other' } },
    'iam:PutRolePermissionsBoundary',
  ],
  [
    'a boundary is taken away',
    { ref: of('iam/role-boundary'), before: { arn: BOUNDARY } },
    'iam:DeleteRolePermissionsBoundary',
  ],
  [
    'sessions are longer',
    { ref: of('iam/role-settings'), before: settings, after: { ...settings, maxSession: 43_200 } },
    'iam:UpdateRole',
  ],
  [
    'it is described otherwise',
    { ref: of('iam/role-settings'), before: settings, after: { ...settings, description: '' } },
    'iam:UpdateRole',
  ],
  ['a tag is set', { ref: tag('owner'), after: { value: '' } }, 'iam:TagRole'],
  ['a tag is changed', { ref: tag('team'), before: { value: 'a' }, after: { value: 'b' } }, 'iam:TagRole'],
  ['a tag is taken away', { ref: tag('cost/center'), before: { value: '7' } }, 'iam:UntagRole'],
];

for (const [what, change, call] of CHANGES) {
  test(`${what}: one call, what it needs and no more; undone as it was`, async () => {
    const here = worldWithProvider();
    here.roles.set(NAME, role);
    const before = here.snapshot();
    const plan = planOf(change);
    assert.deepEqual(permissionsOf(plan).aws, ['iam:GetRole', call].sort());
    const journal = memoryJournal();
    const result = await carryOut(plan, here.outside(), { journal });
    assert.ok(result.ok);
    assert.deepEqual(here.writes(), [call]);
    assert.notDeepEqual(here.snapshot(), before);
    // Facts as the plan leaves them are what is there then.
    const facts = factsOf({ things: new Map([[refText(refOf('iam/role', AT, NAME)), found(role)]]) }).after(plan);
    const there = facts.role(refOf('iam/role', AT, NAME));
    assert.deepEqual(there, found(here.roles.get(NAME)));
    assert.ok((await undo(journal.entries(), here.outside())).ok);
    assert.deepEqual(here.snapshot(), before);
  });

  for (const fault of ['refuse', 'drop'] satisfies Fault[])
    test(`${what}: ${fault === 'refuse' ? 'refused once' : 'done, and the answer is lost'}: running again ends as wanted, undo as before`, async () => {
      for (const end of ['resume', 'undo']) {
        const here = worldWithProvider();
        here.roles.set(NAME, role);
        const before = here.snapshot();
        const plan = planOf(change);
        const undisturbed = worldWithProvider();
        undisturbed.roles.set(NAME, role);
        await carryOut(plan, undisturbed.outside());
        const journal = memoryJournal();
        here.onCall = (name) => (name === call ? fault : undefined);
        assert.ok(!(await carryOut(plan, here.outside(), { journal })).ok);
        here.onCall = () => undefined;
        if (end === 'resume') assert.ok((await carryOut(plan, here.outside(), { journal })).ok);
        else assert.ok((await undo(journal.entries(), here.outside())).ok);
        assert.deepEqual(here.snapshot(), end === 'resume' ? undisturbed.snapshot() : before);
      }
    });
}

test('a role that was deleted comes back by undo with path, boundary, session length, description and tags', async () => {
  const here = worldWithProvider();
  here.roles.set(NAME, role);
  const before = here.snapshot();
  const journal = memoryJournal();
  const plan = planOf({ ref: refOf('iam/role', AT, NAME), before: bareOf(role) });
  assert.ok((await carryOut(plan, here.outside(), { journal })).ok);
  assert.equal(here.roles.size, 0);
  assert.ok((await undo(journal.entries(), here.outside())).ok);
  assert.deepEqual(here.snapshot(), before);
  assert.equal(here.roles.get(NAME)?.arn, role.arn);
});

test('a boundary that an account puts on a role meanwhile stays: when the trust policy changes, and when that is undone', async () => {
  const here = worldWithProvider();
  const free = without(role, 'boundary');
  here.roles.set(NAME, free);
  const ref = refOf('iam/role', AT, NAME);
  const before = bareOf(free);
  const plan = planOf({ ref, before, after: { ...before, trustPolicy: trustFor('team-b') } });
  assert.deepEqual(permissionsOf(plan).aws, ['iam:GetRole', 'iam:UpdateAssumeRolePolicy']);
  here.roles.set(NAME, { ...free, boundary: BOUNDARY });
  const journal = memoryJournal();
  assert.ok((await carryOut(plan, here.outside(), { journal })).ok);
  assert.ok((await undo(journal.entries(), here.outside())).ok);
  assert.deepEqual(here.roles.get(NAME), { ...free, boundary: BOUNDARY });
  assert.ok(here.writes().every((call) => call === 'iam:UpdateAssumeRolePolicy'));
});

test('a boundary that somebody changed meanwhile is not overwritten', async () => {
  const here = worldWithProvider();
  here.roles.set(NAME, { ...role, boundary: 'arn:aws:iam::111122223333:policy/stricter' });
  const result = await carryOut(planOf({ ref: of('iam/role-boundary'), before: { arn: BOUNDARY } }), here.outside());
  assert.ok(!result.ok);
  assert.deepEqual(here.writes(), []);
});

test('a role that is made with a boundary is not the one that is there without it, or under another path', () => {
  const free = without(bareOf(role), 'boundary');
  assert.ok(holds('iam/role', bareOf(role), bareOf(role)));
  assert.ok(!holds('iam/role', free, bareOf(role)));
  assert.ok(holds('iam/role', bareOf(role), free), 'nobody chose a boundary');
  assert.ok(!holds('iam/role', { ...bareOf(role), arn: role.arn.replace('/teams', '') }, bareOf(role)));
});

test('the review shows what a new role is made with, beside its trust policy', () => {
  const text = reviewText(planOf({ ref: refOf('iam/role', AT, NAME), after: bareOf(role) }));
  for (const one of ['"Path": "/teams/a/"', BOUNDARY, '"MaxSessionDuration": 7200', '"cost/center": "7"', PROVIDER])
    assert.ok(text.includes(one), one);
  const plain = { ...bareOf(role), arn: role.arn.replace('/teams/a', ''), tags: { 'kubeflow-irsa/profile': 'team-a' } };
  const usual = without(plain, 'boundary', 'maxSession');
  assert.deepEqual(Object.keys(JSON.parse(textOf('iam/role', usual).text) as object), ['Version', 'Statement']);
});
