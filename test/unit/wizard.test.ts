import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf } from '../../src/commands/place.ts';
import {
  again,
  answer,
  answerBucket,
  askingRole,
  back,
  known,
  learn,
  requestOf,
  start,
  stepOf,
  toAsk,
  type Place,
  type Wizard,
} from '../../src/wizard/questions.ts';

const at = { name: 'dev', region: 'us-west-2' };

/** Where a wizard starts, and what it then asks. */
const SHAPES: readonly { name: string; place: Place; asks: readonly string[]; prefilled?: Record<string, unknown> }[] =
  [
    { name: 'from the palette', place: {}, asks: ['cluster', 'profile', 'owner', 'bucket', 'access'] },
    {
      name: 'from a cluster',
      place: { cluster: 'dev', region: 'us-west-2' },
      asks: ['profile', 'owner', 'bucket', 'access'],
    },
    {
      name: 'from a cluster whose region is not known',
      place: { cluster: 'dev' },
      asks: ['cluster', 'profile', 'owner', 'bucket', 'access'],
    },
    {
      name: 'from a Profile in a file',
      place: { profile: 'team-x', owner: 'a@b.c', bucket: 'artifacts-1' },
      asks: ['cluster', 'access'],
    },
    {
      name: 'a name that cannot be one is asked, with what was there',
      place: { cluster: 'dev', region: 'us-west-2', profile: 'Team_X', owner: ' a', bucket: 'arn:aws-cn:s3:::b-1' },
      asks: ['profile', 'owner', 'bucket', 'access'],
      prefilled: { profile: 'Team_X', owner: ' a', bucket: 'arn:aws-cn:s3:::b-1' },
    },
  ];
for (const { name, place, asks, prefilled = {} } of SHAPES) {
  test(`wizard ${name} asks ${asks.length} questions`, () => {
    const wizard = start(place);
    assert.deepEqual(toAsk(wizard), asks);
    assert.equal(wizard.at, asks[0]);
    assert.deepEqual(stepOf(wizard), { step: 1, of: asks.length });
    assert.deepEqual(wizard.answers, prefilled);
    assert.equal(back(wizard), undefined);
  });
}

test('answers lead to the next question, and at the end to a request with the safe defaults', () => {
  let wizard = answer(start(), 'cluster', at);
  assert.deepEqual([wizard.at, stepOf(wizard)], ['profile', { step: 2, of: 5 }]);
  wizard = answer(wizard, 'profile', 'team-x');
  wizard = answer(wizard, 'owner', 'a@b.c');
  assert.equal(requestOf(wizard), undefined);
  wizard = answer(wizard, 'bucket', 'artifacts');
  wizard = answer(wizard, 'access', 'prefix');
  assert.equal(wizard.at, 'done');
  assert.deepEqual(requestOf(wizard), {
    cluster: 'dev',
    region: 'us-west-2',
    profile: 'team-x',
    owner: 'a@b.c',
    bucket: 'artifacts',
    access: 'prefix',
  });
});

test('a bucket to be made is part of the request as long as it is the one that is wanted', () => {
  const asked = answer(answer(answer(start(), 'cluster', at), 'profile', 'team-x'), 'owner', 'a@b.c');
  const made = answerBucket(asked, 'new-one', true);
  assert.equal(made.at, 'access');
  const wanted = (wizard: Wizard): unknown => {
    const { bucket, createBucket } = requestOf(answer(wizard, 'access', 'prefix')) ?? {};
    return [bucket, createBucket];
  };
  assert.deepEqual(wanted(made), ['new-one', true]);
  // Back, and Enter once more on the same name.
  assert.deepEqual(wanted(answerBucket(made, 'new-one', false)), ['new-one', true]);
  assert.deepEqual(wanted(answerBucket(made, 'old-one', false)), ['old-one', undefined]);
  assert.deepEqual(wanted(answerBucket(answerBucket(made, 'old-one', false), 'new-one', false)), [
    'new-one',
    undefined,
  ]);
});

test('Back keeps every answer', () => {
  let wizard = answer(answer(answer(start(), 'cluster', at), 'profile', 'team-x'), 'owner', 'a@b.c');
  for (const question of ['owner', 'profile', 'cluster'] as const) {
    const before = back(wizard);
    assert.equal(before?.at, question);
    wizard = before;
  }
  assert.deepEqual(wizard.answers, { cluster: at, profile: 'team-x', owner: 'a@b.c' });
});

test('the owner of a profile that exists is not asked, and the count says so', () => {
  const named = answer(answer(start(), 'cluster', at), 'profile', 'team-a');
  assert.equal(named.at, 'owner');
  const learnt = learn(named, { owner: 'alice', roleName: 'old-role' }, { bucket: 'b-1', access: 'bucket' });
  assert.deepEqual([learnt.at, stepOf(learnt)], ['bucket', { step: 3, of: 4 }]);
  const done = answer(answer(learnt, 'bucket', 'b-2'), 'access', 'bucket');
  assert.equal(requestOf(done)?.owner, 'alice');
  assert.equal(known(done).roleName, 'old-role');
  // The plan finds the role that the Profile names, and leaves one that others use, too.
  assert.equal(requestOf(done)?.roleName, undefined);
  assert.equal(requestOf(done)?.bucket, 'b-2');
});

test('what follows from one profile is forgotten with another profile or cluster', () => {
  const learnt = learn(answer(answer(start(), 'cluster', at), 'profile', 'team-a'), { owner: 'alice', roleName: 'r' });
  const renamed = answer({ ...learnt, at: 'profile' }, 'profile', 'team-new');
  assert.deepEqual([renamed.at, known(renamed).owner, known(renamed).roleName], ['owner', undefined, undefined]);
  const moved = answer({ ...learnt, at: 'cluster' }, 'cluster', { name: 'other', region: 'us-west-2' });
  assert.equal(known(moved).owner, undefined);
});

test('a suggestion never replaces an answer', () => {
  const answered = answer(answer(start(), 'cluster', at), 'profile', 'team-a');
  const chosen = { ...answered, answers: { ...answered.answers, bucket: 'mine' } };
  assert.equal(known(learn(chosen, {}, { bucket: 'suggested' })).bucket, 'mine');
});

test('changing the answers begins at the last question, and all can be reached', () => {
  let wizard = start();
  wizard = answer(wizard, 'cluster', at);
  wizard = answer(answer(wizard, 'profile', 'team-x'), 'owner', 'o');
  wizard = again(answer(answer(wizard, 'bucket', 'b-1'), 'access', 'full'));
  assert.equal(wizard.at, 'access');
  let steps = 0;
  for (let before = back(wizard); before !== undefined; before = back(before)) steps += 1;
  assert.equal(steps, 4);
});

/** Answers to the five questions about team-a, whose Profile names a role already. */
const planned = () => {
  const named = answer(answer(start(), 'cluster', at), 'profile', 'team-a');
  const learnt = learn(named, { owner: 'alice', roleName: 'shared' });
  return answer(answer(learnt, 'bucket', 'b-1'), 'access', 'prefix');
};

test('the name of the role is asked only where it is wanted, then last, with the present one as the first answer', () => {
  assert.ok(!toAsk(planned()).includes('roleName'));
  const asking = askingRole(planned());
  assert.deepEqual([asking.at, stepOf(asking), known(asking).roleName], ['roleName', { step: 5, of: 5 }, 'shared']);
  const named = answer(asking, 'roleName', 'team-a-own');
  assert.equal(named.at, 'done');
  assert.equal(requestOf(named)?.roleName, 'team-a-own');
  assert.equal(requestOf(named)?.owner, 'alice');
  // What the Profile names, read once more, does not replace the answer.
  const reread = learn(named, { owner: 'alice', roleName: 'shared' });
  assert.equal(requestOf(reread)?.roleName, 'team-a-own');
  assert.equal(again(reread).at, 'roleName');
  assert.equal(back(asking)?.at, 'access');
  assert.deepEqual(askingRole(asking), asking);
});

test('a role that was chosen for one profile is not that of another', () => {
  const named = answer(askingRole(planned()), 'roleName', 'team-a-own');
  assert.equal(known(answer({ ...named, at: 'profile' }, 'profile', 'team-a')).roleName, 'team-a-own');
  const other = answer({ ...named, at: 'profile' }, 'profile', 'team-z');
  assert.equal(known(other).roleName, undefined);
  assert.ok(toAsk(other).includes('roleName'));
  const moved = answer({ ...named, at: 'cluster' }, 'cluster', { name: 'other', region: 'us-west-2' });
  assert.equal(known(moved).roleName, undefined);
});

/** Arguments of a command, which a key binding or another extension may give too, and what is taken of them. */
const ARGUMENTS: readonly { name: string; argument: unknown; place: Place }[] = [
  {
    name: 'a node of the tree',
    argument: { kind: 'eksCluster', cluster: 'dev', region: 'us-gov-west-1' },
    place: { cluster: 'dev', region: 'us-gov-west-1' },
  },
  {
    name: 'a region that is a host',
    argument: { cluster: 'dev', region: 'x.evil.example/' },
    place: { cluster: 'dev' },
  },
  {
    name: 'a cluster that is a path',
    argument: { cluster: '../nodegroups', region: 'us-west-2' },
    place: { region: 'us-west-2' },
  },
  { name: 'other types', argument: { cluster: ['dev'], region: 1, profile: null, owner: {} }, place: {} },
  { name: 'nothing', argument: undefined, place: {} },
  { name: 'a text', argument: 'dev', place: {} },
];
for (const { name, argument, place } of ARGUMENTS) {
  test(`of a command's argument only what can be right is taken: ${name}`, () => {
    assert.deepEqual(placeOf(argument), place);
  });
}
