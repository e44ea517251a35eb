// What Kubeflow's profile controller makes of a trust policy that is left to it, and the form in which it leaves one alone.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { controllerWrites, inControllersForm, trustSize, type Rewriting } from '../../src/core/policy/controller.ts';
import { mayAssume } from '../../src/core/policy/evaluate.ts';

const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE0000000000000000000000000A';
const provider = `arn:aws:iam::555555555555:oidc-provider/${ISSUER}`;
const otherProvider = provider.replace('000A', '000B');
const audience = 'sts.amazonaws.com';
const sub = (namespace: string, name = 'default-editor'): string => `system:serviceaccount:${namespace}:${name}`;
const wanted = { provider, subject: sub('team-a'), audience };

type Json = Record<string, unknown>;
const allow = (condition: Json, more: Json = {}): Json => ({
  Effect: 'Allow',
  Principal: { Federated: provider },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: condition,
  ...more,
});
const equals = (subjects: unknown, more: Json = {}): Json => ({
  StringEquals: { [`${ISSUER}:aud`]: audience, [`${ISSUER}:sub`]: subjects },
  ...more,
});
const like = (subjects: unknown): Json => ({
  StringEquals: { [`${ISSUER}:aud`]: audience },
  StringLike: { [`${ISSUER}:sub`]: subjects },
});
const policy = (...Statement: unknown[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
const OURS = allow(equals(sub('team-a')));
const OTHER = allow(equals(sub('team-b')));
const NODES = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
const RAN = Array.from({ length: 30 }, (_, n) => sub(`a-team-with-a-long-name-${n}`));
/** What the controller writes. */
const one = (...subjects: string[]): string =>
  policy(
    allow({
      StringEquals: {
        [`${ISSUER}:aud`]: [audience],
        ...(subjects.length > 0 ? { [`${ISSUER}:sub`]: subjects } : {}),
      },
    }),
  );

interface Case {
  readonly trust: string;
  readonly apply: 'keeps' | RegExp | readonly string[];
  /** Subjects that it writes on deletion; or why it fails. */
  readonly deleted: RegExp | readonly string[];
  readonly lost?: readonly string[];
  readonly gained?: readonly string[];
  readonly lostWhenDeleted?: readonly string[];
  readonly gainedWhenDeleted?: readonly string[];
  readonly long?: true;
}
const EVERYONE = ['every service account of the cluster'];
const CASES: Readonly<Record<string, Case>> = {
  'as we write it': { trust: policy(OURS), apply: 'keeps', deleted: [], gainedWhenDeleted: EVERYONE },
  'as the controller writes it': {
    trust: one(sub('team-b'), sub('team-a')),
    apply: 'keeps',
    deleted: [sub('team-b')],
  },
  'only the audience, as on the AWS page': {
    trust: policy(allow({ StringEquals: { [`${ISSUER}:aud`]: audience } })),
    apply: [sub('team-a')],
    lost: EVERYONE,
    deleted: [],
  },
  'another subject': {
    trust: policy(OTHER),
    apply: [sub('team-b'), sub('team-a')],
    deleted: [sub('team-b')],
  },
  'a second statement of somebody else': {
    trust: policy(OURS, allow(equals(sub('jobs', 'runner')))),
    apply: 'keeps',
    deleted: [],
    gainedWhenDeleted: EVERYONE,
  },
  'nodes behind ours': {
    trust: policy(OURS, NODES),
    apply: 'keeps',
    deleted: [],
    lostWhenDeleted: ['ec2.amazonaws.com'],
    gainedWhenDeleted: EVERYONE,
  },
  'ours behind another': {
    trust: policy(OTHER, OURS, NODES),
    apply: [sub('team-b'), sub('team-a')],
    lost: ['ec2.amazonaws.com'],
    deleted: [sub('team-b')],
    lostWhenDeleted: ['ec2.amazonaws.com'],
  },
  'a pattern, and its text where it is none': {
    trust: policy(allow(equals(sub('*'))), allow(like(sub('*')))),
    apply: [sub('*'), sub('team-a')],
    lost: ['default-editor of every namespace'],
    deleted: [sub('*')],
    lostWhenDeleted: ['default-editor of every namespace'],
  },
  'a pattern': {
    trust: policy(allow(like('system:serviceaccount:team-*:default-editor'))),
    apply: [sub('team-a')],
    lost: ['team-*/default-editor'],
    deleted: [],
    gainedWhenDeleted: EVERYONE,
  },
  'a condition of somebody else': {
    trust: policy(allow(equals(sub('team-b'), { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }))),
    apply: [sub('team-b'), sub('team-a')],
    gained: ['team-b/default-editor'],
    deleted: [sub('team-b')],
    gainedWhenDeleted: ['team-b/default-editor'],
  },
  'a denial': {
    trust: policy(allow(equals([sub('team-b'), sub('team-c')])), { ...OTHER, Effect: 'Deny' }),
    apply: [sub('team-b'), sub('team-c'), sub('team-a')],
    gained: ['team-b/default-editor'],
    deleted: [sub('team-b'), sub('team-c')],
    gainedWhenDeleted: ['team-b/default-editor'],
  },
  'another audience': {
    trust: policy(
      allow({ StringEquals: { [`${ISSUER}:aud`]: [audience, 'vault'], [`${ISSUER}:sub`]: sub('team-b') } }),
    ),
    apply: [sub('team-b'), sub('team-a')],
    lost: ['tokens for another audience than sts.amazonaws.com'],
    deleted: [sub('team-b')],
    lostWhenDeleted: ['tokens for another audience than sts.amazonaws.com'],
  },
  'another cluster in the second statement': {
    trust: policy(OURS, allow({}, { Principal: { Federated: otherProvider } })),
    apply: 'keeps',
    deleted: [],
    lostWhenDeleted: [`every service account of another cluster (${ISSUER.replace('000A', '000B')})`],
    gainedWhenDeleted: EVERYONE,
  },
  'Statement as one object': {
    trust: JSON.stringify({ Version: '2012-10-17', Statement: OURS }),
    apply: /Statement is one object.*panics/,
    deleted: /panics/,
  },
  'no statement': { trust: policy(), apply: /no first statement.*panics/, deleted: /panics/ },
  'no JSON': { trust: '{', apply: /panics/, deleted: /panics/ },
  'Federated as a list': {
    trust: policy(allow(equals(sub('team-a')), { Principal: { Federated: [provider] } })),
    apply: /KP-085/,
    deleted: /KP-085/,
  },
  'nodes first': { trust: policy(NODES, OURS), apply: /not that of an OIDC provider.*KP-021/, deleted: /KP-021/ },
  'everybody first': {
    trust: policy({ ...NODES, Principal: '*' }, OURS),
    apply: /KP-021/,
    deleted: /KP-021/,
  },
  'a key in another case': {
    trust: policy(allow({ StringEquals: { [`${ISSUER.toUpperCase()}:SUB`]: sub('team-a') } })),
    apply: [sub('team-a')],
    lost: ['tokens for another audience than sts.amazonaws.com'],
    deleted: [],
    lostWhenDeleted: ['tokens for another audience than sts.amazonaws.com'],
    gainedWhenDeleted: EVERYONE,
  },
  'longer than the usual quota': {
    trust: one(...RAN),
    apply: [...RAN, sub('team-a')],
    deleted: RAN,
    long: true,
  },
  'longer than any quota': {
    trust: one(...RAN, ...RAN.map((name) => `${name}-2`), ...RAN.map((name) => `${name}-3`)),
    apply: /4096 at most \(KP-023\)/,
    deleted: /KP-023/,
  },
};

describe('what the controller makes of a trust policy', () => {
  const judge = (
    rewriting: Rewriting,
    wants: Case['apply'],
    [lost = [], gained = []]: readonly (readonly string[] | undefined)[],
    long?: true,
  ): void => {
    if (wants === 'keeps') assert.deepEqual(rewriting, { outcome: 'keeps' });
    else if (wants instanceof RegExp) {
      assert.equal(rewriting.outcome, 'fails');
      assert.match(rewriting.outcome === 'fails' ? rewriting.why : '', wants);
    } else {
      assert.equal(rewriting.outcome, 'rewrites');
      if (rewriting.outcome !== 'rewrites') return;
      assert.equal(rewriting.policy.replace(/\s/g, ''), one(...wants).replace(/\s/g, ''));
      assert.deepEqual({ lost: rewriting.lost, gained: rewriting.gained }, { lost, gained });
      assert.equal(rewriting.long, long);
    }
  };
  for (const [name, row] of Object.entries(CASES))
    test(name, () => {
      const { trust, apply, deleted, lost, gained, lostWhenDeleted, gainedWhenDeleted, long } = row;
      judge(controllerWrites(trust, sub('team-a'), 'apply'), apply, [lost, gained], long);
      judge(controllerWrites(trust, sub('team-a'), 'delete'), deleted, [lostWhenDeleted, gainedWhenDeleted], long);
    });
});

describe('the form in which the controller leaves it alone', () => {
  const statements = (text: string): unknown[] => (JSON.parse(text) as { Statement: unknown[] }).Statement;
  const same = [policy(OURS), one(sub('team-b'), sub('team-a')), policy(OURS, NODES)];
  for (const trust of same)
    test(`as it is: ${trust.slice(0, 250)}`, () => assert.equal(inControllersForm(trust, wanted), trust));
  const shaped: Readonly<Record<string, readonly [trust: string, statements: readonly unknown[]]>> = {
    'one statement as an object': [JSON.stringify({ Version: '2012-10-17', Statement: OURS }), [OURS]],
    'Federated as a list of one': [
      policy(allow(equals(sub('team-a')), { Principal: { Federated: [provider] } })),
      [OURS],
    ],
    'behind nodes': [policy(NODES, OURS), [OURS, NODES]],
    'by StringLike without a wildcard, with a condition of somebody else': [
      policy(allow({ ...like(sub('team-a')), IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } })),
      [allow(equals(sub('team-a'), { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }))],
    ],
    'by StringLike, with a block that asks nothing': [
      policy(allow({ StringLike: { [`${ISSUER}:sub`]: sub('team-a') }, Bool: {} })),
      [allow({ StringEquals: { [`${ISSUER}:sub`]: sub('team-a') }, Bool: {} })],
    ],
    'for two clusters': [
      policy(allow(equals(sub('team-a')), { Principal: { Federated: [otherProvider, provider] } })),
      [OURS, allow(equals(sub('team-a')), { Principal: { Federated: [otherProvider, provider] } })],
    ],
    'for two clusters, ours first': [
      policy(allow(equals(sub('team-a')), { Principal: { Federated: [provider, otherProvider] } })),
      [OURS, allow(equals(sub('team-a')), { Principal: { Federated: [provider, otherProvider] } })],
    ],
    'in a list with a pattern': [
      policy(allow(like([sub('team-a'), 'system:serviceaccount:jobs:*']))),
      [OURS, allow(like([sub('team-a'), 'system:serviceaccount:jobs:*']))],
    ],
    'no policy at all': ['', [OURS]],
  };
  for (const [name, [trust, expected]] of Object.entries(shaped))
    test(name, () => assert.deepEqual(statements(inControllersForm(trust, wanted)), expected));
  test('what stands beside the statements stays', () => {
    const beside = { Version: '2008-10-17', Id: 'mine' };
    const written = inControllersForm(JSON.stringify({ ...beside, Statement: [NODES, OURS] }), wanted);
    assert.deepEqual(JSON.parse(written), { ...beside, Statement: [OURS, NODES] });
  });

  const subjects = fc.constantFrom(
    sub('team-a'),
    sub('team-b'),
    'system:serviceaccount:team-*:default-editor',
    sub('team-a', '*'),
  );
  const statement = fc.oneof(
    fc.constantFrom(NODES, { ...OTHER, Effect: 'Deny' }),
    fc
      .record({
        operator: fc.constantFrom('StringEquals', 'StringLike', 'stringequals'),
        names: fc.uniqueArray(subjects, { minLength: 1, maxLength: 3 }),
        federated: fc.constantFrom<unknown>(provider, [provider], otherProvider, [provider, otherProvider]),
        more: fc.constantFrom<Json>({}, { StringNotEquals: { [`${ISSUER}:sub`]: sub('team-b') } }),
        single: fc.boolean(),
      })
      .map(({ operator, names, federated, more, single }) =>
        allow(
          { [operator]: { [`${ISSUER}:sub`]: single ? names[0] : names, [`${ISSUER}:aud`]: audience }, ...more },
          { Principal: { Federated: federated } },
        ),
      ),
  );
  const trusts = fc
    .tuple(fc.array(statement, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([all, object]) =>
      object && all.length === 1 ? JSON.stringify({ Version: '2012-10-17', Statement: all[0] }) : policy(...all),
    );
  const gets = (text: string, subject: string, by = provider): string =>
    mayAssume(JSON.parse(text), { provider: by, sub: subject, aud: audience });
  const people = [sub('team-b'), sub('team-c'), sub('team-a', 'runner'), sub('jobs', 'x')];

  test('the controller keeps it, the account gets in if no denial is about it, and for others nothing changes', () => {
    fc.assert(
      fc.property(trusts, (trust) => {
        const form = inControllersForm(trust, wanted);
        assert.deepEqual(controllerWrites(form, sub('team-a'), 'apply'), { outcome: 'keeps' });
        assert.equal(gets(form, sub('team-a')), 'yes');
        for (const by of [provider, otherProvider])
          for (const who of people) assert.equal(gets(form, who, by), gets(trust, who, by), who);
        assert.equal(inControllersForm(form, wanted), form);
      }),
    );
  });

  test('who loses the role, or gets it, by what the controller writes is said', () => {
    fc.assert(
      fc.property(trusts, fc.constantFrom('apply' as const, 'delete' as const), (trust, when) => {
        const rewriting = controllerWrites(trust, sub('team-a'), when);
        if (rewriting.outcome !== 'rewrites') return;
        const at = (text: string, who: string): boolean =>
          [provider, otherProvider].some((by) => gets(text, who, by) === 'yes');
        const loses = people.filter((who) => at(trust, who) && !at(rewriting.policy, who));
        const comes = people.filter((who) => !at(trust, who) && at(rewriting.policy, who));
        if (loses.length > 0) assert.notDeepEqual(rewriting.lost, []);
        if (comes.length > 0) assert.notDeepEqual(rewriting.gained, []);
        assert.ok(trustSize(rewriting.policy) > 0);
      }),
    );
  });
});

test('of another provider, too, a pattern is not taken for its text', () => {
  const [host, subjects] = ['oidc.example.com', 'repo:team-b/*'];
  const of = (operator: string): Json => ({
    ...allow({ StringEqualsIfExists: { [`${host}:aud`]: audience }, [operator]: { [`${host}:sub`]: subjects } }),
    Principal: { Federated: `arn:aws:iam::555555555555:oidc-provider/${host}` },
  });
  const rewriting = controllerWrites(policy(of('StringEquals'), of('StringLike')), sub('team-a'), 'apply');
  assert.deepEqual(rewriting.outcome === 'rewrites' && rewriting.lost, ['tokens of oidc.example.com repo:team-b/*']);
});

test('what the controller writes is long from the character behind the quota on, and fails from the one behind the raised one', () => {
  const first = sub('team-b');
  const written = (padding: number): Rewriting =>
    controllerWrites(
      JSON.stringify({ Version: '2012-10-17', Statement: [allow(equals([first, `${first}-${'x'.repeat(padding)}`]))] }),
      wanted.subject,
      'apply',
    );
  const sizeOf = (one: Rewriting): number => (one.outcome === 'rewrites' ? trustSize(one.policy) : NaN);
  const base = sizeOf(written(0));
  const told = (size: number): string => {
    const one = written(size - base);
    if (one.outcome !== 'rewrites') return `${one.outcome}: ${'why' in one ? one.why : ''}`;
    assert.equal(sizeOf(one), size);
    return one.long === true ? 'long' : 'short';
  };
  assert.deepEqual([2047, 2048, 2049, 4095, 4096].map(told), ['short', 'short', 'long', 'long', 'long']);
  assert.equal(told(4097), 'fails: it would have 4097 characters, and IAM takes 4096 at most (KP-023)');
});
