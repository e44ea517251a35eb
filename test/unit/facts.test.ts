/** Facts as a plan leaves them: roles, and who can sign in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsOf, type Facts } from '../../src/core/facts.ts';
import { refText, type Change, type Ref } from '../../src/core/kinds.ts';
import type { SignIn } from '../../src/core/people/signIn.ts';
import { absent, found, valueOf } from '../../src/core/reading.ts';
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
