/** Facts as a plan leaves them: roles, and who can sign in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsOf, namersOf, NOT_READ, type Facts } from '../../src/core/facts.ts';
import { refText, type Change, type Ref } from '../../src/core/kinds.ts';
import type { SignIn } from '../../src/core/people/signIn.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found, valueOf, type Reading } from '../../src/core/reading.ts';
import { arnOf } from './world.ts';

const POOL = 'us-west-2_AbCdEfGhI';

test('the facts when a change is done: who can sign in, and what of a role was not read', () => {
  const role = {
    arn: arnOf('role'),
    name: 'role',
    trustPolicy: '{}',
    tags: {},
    inline: [{ name: 'p', text: '{}' }],
    attached: ['x'],
    unread: ['iam:GetRolePolicy'],
  };
  const ref = { kind: 'iam/role', at: 'account', key: 'role' } as unknown as Ref<'iam/role'>;
  const signIn = {
    dex: found({ users: [{ email: 'a@b.c' }], connectors: [] }),
    pools: found([]),
    users: { [POOL]: found([]) },
  } as unknown as SignIn;
  const facts = factsOf({ things: new Map([[refText(ref), found(role)]]), signIn });
  const after = (kind: string, key: string, value: unknown): Facts =>
    facts.after({ changes: [{ ref: { kind, at: ref.at, key }, after: value } as unknown as Change] });
  const changed = after('iam/role', 'role', { ...role, inline: [], attached: [], trustPolicy: '[]' }).role(ref);
  assert.deepEqual(changed, found({ ...role, trustPolicy: '[]' }));
  const emails = ({ signIn: now }: Facts): unknown => [
    valueOf(now?.dex ?? absent)?.users.map(({ email }) => email),
    valueOf(now?.users[POOL] ?? absent)?.map(({ email }) => email),
  ];
  assert.deepEqual(emails(after('k8s/dex-user', 'd@b.c', {})), [['a@b.c', 'd@b.c'], []]);
  assert.deepEqual(emails(after('k8s/dex-user', 'a@b.c', undefined)), [[], []]);
  assert.deepEqual(emails(after('cognito/user', `${POOL}/d@b.c`, {})), [['a@b.c'], ['d@b.c']]);
  assert.deepEqual(emails(after('k8s/namespace', 'd@b.c', {})), [['a@b.c'], []]);
});

test('unanswered is what was asked for and failed, not what is absent, denied or was never asked for', () => {
  const thing = (reading: Reading<unknown>): Facts => factsOf({ things: new Map([['x', reading]]) });
  const lost = failed('no route');
  const all = [
    factsOf({}),
    factsOf({ caller: absent, cluster: absent, api: denied('get namespaces', '') }),
    thing(failed('later', NOT_READ)),
    thing(lost),
    factsOf({ caller: lost }),
    factsOf({ cluster: lost }),
    factsOf({ api: lost }),
  ];
  assert.deepEqual(
    all.map(({ unanswered }) => unanswered),
    [false, false, false, true, true, true, true],
  );
});

test('a change leaves what it says, and nothing beside it', () => {
  const ref = { kind: 'iam/role', at: 'account', key: 'role' } as unknown as Ref<'iam/role'>;
  const profileRef = { kind: 'k8s/profile', at: 'cluster', key: 'team-x' } as unknown as Ref<'k8s/profile'>;
  const profile = newProfile('team-x', 'x@example.com', arnOf('role'), true);
  const bare = { arn: arnOf('role'), name: 'role', trustPolicy: '{}', tags: {} };
  const known = { ...bare, inline: [{ name: 'p', text: '{}' }], attached: ['x'] };
  const facts = factsOf({ things: new Map([[refText(ref), found(known)]]) });
  const after = (of: Ref, value: unknown, before = facts): Facts =>
    before.after({ changes: [{ ref: of, after: value } as unknown as Change] });
  assert.deepEqual(after(profileRef, profile).get(profileRef), found(profile));
  assert.deepEqual(after(profileRef, undefined).get(profileRef), absent);
  assert.deepEqual(after(ref, undefined).role(ref), absent);
  assert.deepEqual(after(ref, bare).role(ref), found(known));
  assert.deepEqual(after(ref, bare, factsOf({})).role(ref), found({ ...bare, inline: [], attached: [] }));
});

test('who names which role: a word that is no role is named by nobody', () => {
  const named = (name: string, role: string) => newProfile(name, 'x@example.com', role, true);
  const profiles = [named('a', arnOf('r')), named('b', 'r'), named('c', arnOf('r')), { ...named('d', ''), spec: {} }];
  assert.deepEqual([...namersOf(profiles as Parameters<typeof namersOf>[0])], [[arnOf('r'), ['a', 'c']]]);
});
