/** Runs, resuming, undoing and proofs, on a world in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { actionOf } from '../../src/core/kinds.ts';
import { blockers, rows, writes, type Plan } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { planProvider } from '../../src/core/plan/provider.ts';
import { TAG } from '../../src/core/tags.ts';
import type { Request } from '../../src/core/request.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { lookAt, lookAtProvider } from '../../src/provisioning/look.ts';
import { carryOut, undo, type RunResult } from '../../src/provisioning/run.ts';
import {
  cluster,
  policyFor,
  PROVIDER,
  putProfile,
  requestFor,
  trustFor,
  world,
  worldWithProvider,
  type Fault,
  type World,
} from './world.ts';

const planIn = async (at: World, wish: Request): Promise<Plan> => {
  const { facts } = await lookAt(wish, at.aws, at.connect);
  return planProfile(wish, facts);
};
const states = (result: RunResult): readonly string[] => result.rows.map(({ row, state }) => `${row.id} ${state}`);
const failure = (result: RunResult): string => result.rows.find(({ state }) => state === 'failed')?.reason ?? '';

test('a plan is data: it survives JSON, and what came through JSON is carried out as well', async () => {
  const here = world();
  const plan = await planIn(here, requestFor('team-x'));
  const copy = JSON.parse(JSON.stringify(plan)) as Plan;
  assert.deepEqual(copy, plan);
  const result = await carryOut(copy, here.outside());
  assert.ok(result.ok, failure(result));
  assert.equal(result.verification?.outcome, 'verified');
});

test('running again changes nothing: the same plan is kept, and a new one has nothing to do', async () => {
  const here = world();
  const plan = await planIn(here, requestFor('team-x'));
  await carryOut(plan, here.outside());
  const before = here.snapshot();
  const again = await carryOut(plan, here.outside());
  assert.ok(again.ok, failure(again));
  assert.deepEqual(states(again).slice(3, 8), [
    'oidc-provider kept',
    'role kept',
    'role-policy kept',
    'profile kept',
    'service-account done',
  ]);
  assert.deepEqual(here.snapshot(), before);
  assert.equal(writes(await planIn(here, requestFor('team-x'))), false);
});

test('two plans made before either is applied both create the provider: the second is kept', async () => {
  const here = world();
  const [a, b] = [await planIn(here, requestFor('team-a')), await planIn(here, requestFor('team-b'))];
  const second = planProvider(cluster, await lookAtProvider(cluster, here.aws));
  for (const plan of [a, b, second]) assert.equal(actionOf(plan.changes[0] as Plan['changes'][number]), 'create');
  assert.ok((await carryOut(a, here.outside())).ok);
  const result = await carryOut(b, here.outside());
  assert.ok(result.ok, failure(result));
  assert.ok(states(result).includes('oidc-provider kept'));
  assert.deepEqual(states(await carryOut(second, here.outside())), ['oidc-provider kept']);
});

for (const call of ['iam:CreateRole', 'iam:CreateOpenIDConnectProvider', 'create profiles']) {
  test(`${call} works, its answer is lost, the client calls again and is told that it exists: recognised as ours, done`, async () => {
    const here = world();
    const plan = await planIn(here, requestFor('team-x'));
    here.onCall = (one) => (one === call ? 'lost' : undefined);
    const result = await carryOut(plan, here.outside());
    assert.ok(result.ok, failure(result));
    assert.ok(result.rows.filter(({ row }) => row.kind === 'create').every(({ state }) => state === 'done'));
  });
}

test('what a run creates bears maker, cluster, profile and run', async () => {
  const here = world();
  const { run } = await carryOut(await planIn(here, requestFor('team-x')), here.outside());
  const role = here.roles.get('team-x-dev-role');
  assert.deepEqual(role?.tags, {
    [TAG.maker]: 'kubeflow-irsa',
    [TAG.cluster]: cluster.arn,
    [TAG.profile]: 'team-x',
    [TAG.run]: run,
  });
  assert.equal(here.providers.get(PROVIDER)?.tags?.[TAG.run], run);
  assert.equal(here.profiles.get('team-x')?.metadata.annotations?.[TAG.run], run);
});

test('what changed since the plan was made is not overwritten: trust, policy, Profile', async () => {
  const change: Readonly<Record<string, (here: World) => void>> = {
    role: (here) => {
      const role = here.roles.get('team-x-dev-role');
      if (role) here.roles.set(role.name, { ...role, trustPolicy: trustFor('team-z') });
    },
    'role-policy': (here) => {
      const role = here.roles.get('team-x-dev-role');
      if (role) here.roles.set(role.name, { ...role, inline: [{ name: 'kf-pipeline-s3', text: '{}' }] });
    },
    profile: (here) => {
      const profile = here.profiles.get('team-x');
      if (profile) here.apply({ ...profile, metadata: { ...profile.metadata, labels: { changed: 'yes' } } });
    },
  };
  const wish = requestFor('team-x', { annotateOnly: false, access: 'bucket' });
  const stale: Readonly<Record<string, Parameters<typeof putProfile>[2]>> = {
    role: { name: 'team-x-dev-role', trustPolicy: trustFor('team-x').replace(/,\s*"[^"]*:sub": "[^"]*"/, '') },
    'role-policy': { name: 'team-x-dev-role' },
    profile: { name: 'team-x-dev-role' },
  };
  for (const [id, act] of Object.entries(change)) {
    const here = worldWithProvider();
    putProfile(here, 'team-x', stale[id] ?? { name: 'team-x-dev-role' });
    const plan = await planIn(here, wish);
    assert.equal(rows(plan).find((row) => row.id === id)?.kind, 'change', id);
    act(here);
    const result = await carryOut(plan, here.outside());
    assert.equal(result.ok, false, id);
    assert.match(failure(result), /changed since the plan was made; nothing was overwritten/, id);
    assert.equal(result.rows.find(({ row }) => row.id === id)?.state, 'failed', id);
  }
});

test('a newer version of a Profile that means the same is no change: the plan goes on', async () => {
  const here = worldWithProvider();
  putProfile(here, 'team-x', { name: 'team-x-dev-role' });
  const plan = await planIn(here, requestFor('team-x', { annotateOnly: false }));
  const profile = here.profiles.get('team-x');
  assert.ok(profile);
  here.profiles.set('team-x', {
    ...profile,
    metadata: { ...profile.metadata, resourceVersion: 'newer' },
    spec: { ...profile.spec, resourceQuotaSpec: {} },
  });
  const result = await carryOut(plan, here.outside());
  assert.ok(result.ok, failure(result));
});

test('cancelled at any call: said so, never as a failure, and the next run goes on from there', async () => {
  const whole = world();
  await carryOut(await planIn(whole, requestFor('team-x')), whole.outside());
  const calls = whole.calls.length;
  for (let at = 0; at < calls; at++) {
    const here = world();
    const plan = await planIn(here, requestFor('team-x'));
    const stop = new AbortController();
    let left = at;
    here.onCall = () => {
      if (left-- === 0) stop.abort();
      return undefined;
    };
    const result = await carryOut(plan, here.outside(stop.signal));
    if (left >= 0) break;
    assert.equal(result.cancelled, true, `call ${at}`);
    assert.equal(result.ok, false);
    assert.deepEqual(failure(result), '');
    assert.equal(here.objects.size, 0, 'no probe is left');
    here.onCall = () => undefined;
    const next = await carryOut(plan, here.outside());
    assert.ok(next.ok, failure(next));
  }
});

test('a wait of any length is cut short: the sleep gets the signal', async () => {
  const here = world();
  const plan = await planIn(here, requestFor('team-x'));
  const stop = new AbortController();
  here.providers.clear();
  // IAM does not know the provider for as long as one waits.
  here.aws.createOidcProvider = () => Promise.resolve();
  const outside = {
    ...here.outside(stop.signal),
    sleep: (milliseconds: number, signal?: AbortSignal) => {
      if (milliseconds < 4_000) return Promise.resolve();
      assert.ok(signal !== undefined || milliseconds <= 2_000);
      setImmediate(() => stop.abort());
      return new Promise<void>(() => undefined);
    },
  };
  const result = await carryOut(plan, outside);
  assert.equal(result.cancelled, true);
  assert.deepEqual(states(result).slice(4), [
    'role not-run',
    'role-policy not-run',
    'profile not-run',
    'service-account not-run',
    'verification not-run',
  ]);
});

test('a call that is under way when somebody cancels is not waited for, and said to be open', async () => {
  const here = worldWithProvider();
  const plan = await planIn(here, requestFor('team-x'));
  const stop = new AbortController();
  const journal = memoryJournal();
  here.aws.createRole = () => {
    stop.abort();
    return new Promise(() => undefined);
  };
  const result = await carryOut(plan, here.outside(stop.signal), { journal });
  assert.equal(result.cancelled, true);
  const role = result.rows.find(({ row }) => row.id === 'role');
  assert.equal(role?.state, 'not-run');
  assert.match(role.reason ?? '', /under way when you cancelled/);
  assert.deepEqual(
    journal.entries().map(({ change, state }) => [change.ref.kind, state]),
    [['iam/role', 'begun']],
  );
});

test('the proof is cancelled: the probe is deleted, and nothing is called a failure', async () => {
  const here = world();
  const stop = new AbortController();
  const plan = await planIn(here, requestFor('team-x'));
  here.onCall = (call) => {
    if (call === 's3:GetObject') stop.abort();
    return undefined;
  };
  const result = await carryOut(plan, here.outside(stop.signal));
  assert.equal(result.cancelled, true);
  assert.equal(result.verification?.outcome, 'cancelled');
  assert.equal(states(result).at(-1), 'verification not-run');
  assert.equal(here.objects.size, 0);
});

test('a run of one profile makes no more calls than counted here', async () => {
  const here = world();
  const plan = await planIn(here, requestFor('team-x'));
  const count = (calls: readonly string[]): Record<string, number> =>
    Object.fromEntries([...new Set(calls)].sort().map((call) => [call, calls.filter((one) => one === call).length]));
  assert.deepEqual(count(here.calls), {
    'eks:DescribeCluster': 1,
    'get /apis': 1,
    'get namespaces': 1,
    'get profiles': 1,
    'get serviceaccounts': 1,
    'iam:GetOpenIDConnectProvider': 1,
    'iam:GetRole': 1,
    'iam:GetRolePolicy': 1,
    'iam:ListAttachedRolePolicies': 1,
    'iam:ListRolePolicies': 1,
    's3:HeadBucket': 1,
    'sts:GetCallerIdentity': 1,
  });
  here.calls.length = 0;
  await carryOut(plan, here.outside());
  assert.deepEqual(count(here.calls), {
    'create profiles': 1,
    'create serviceaccounts/token': 2,
    'iam:CreateOpenIDConnectProvider': 1,
    'iam:CreateRole': 1,
    'iam:GetRolePolicy': 1,
    'iam:PutRolePolicy': 1,
    's3:DeleteObject': 1,
    's3:GetObject': 1,
    's3:PutObject': 1,
    'sts:AssumeRoleWithWebIdentity': 2,
    'watch serviceaccounts': 1,
  });
  here.calls.length = 0;
  await carryOut(await planIn(here, requestFor('team-x')), here.outside());
  assert.deepEqual(here.writes(), []);
});

test('undo: what a run made goes, what was there before stays, and a shared thing stays', async () => {
  const here = world();
  const before = here.snapshot();
  const journal = memoryJournal();
  await carryOut(await planIn(here, requestFor('team-x')), here.outside(), { journal });
  const result = await undo(journal.entries(), here.outside());
  assert.ok(result.ok, JSON.stringify(result.changes));
  assert.deepEqual(here.snapshot([PROVIDER]), before);
  assert.ok(here.providers.has(PROVIDER), 'others may rest on it');
  assert.match(result.changes.find(({ state }) => state === 'left')?.reason ?? '', /others may rest on it/);
  await undo(journal.entries(), here.outside(), () => Promise.resolve(true));
  assert.deepEqual(here.snapshot(), before);
});

test('undo does not touch what somebody else made meanwhile', async () => {
  const here = worldWithProvider();
  const plan = await planIn(here, requestFor('team-x'));
  const journal = memoryJournal();
  here.onCall = (call) => (call === 'iam:CreateRole' ? 'refuse' : undefined);
  await carryOut(plan, here.outside(), { journal });
  here.onCall = () => undefined;
  await here.aws.createRole('team-x-dev-role', trustFor('team-x'), '', {});
  const result = await undo(journal.entries(), here.outside());
  assert.deepEqual(
    result.changes.map(({ state }) => state),
    ['left'],
  );
  assert.ok(here.roles.has('team-x-dev-role'));
});

test('undo puts back what the profile controller did, also where the run did not hear of its own write', async () => {
  const here = worldWithProvider();
  here.apply({
    apiVersion: 'kubeflow.org/v1',
    kind: 'Profile',
    metadata: { name: 'team-x' },
    spec: { owner: { kind: 'User', name: 'team-x@example.com' } },
  });
  const before = here.snapshot();
  const plan = await planIn(here, requestFor('team-x'));
  const journal = memoryJournal();
  here.onCall = (call) => (call === 'update profiles' ? 'drop' : undefined);
  assert.equal((await carryOut(plan, here.outside(), { journal })).ok, false);
  here.onCall = () => undefined;
  const result = await undo(journal.entries(), here.outside());
  assert.ok(result.ok, JSON.stringify(result.changes));
  assert.deepEqual(here.snapshot(), before);
});

/** Worlds from which a run may start. */
const STARTS: readonly ((to: World) => void)[] = [
  () => undefined,
  (to) => void to.providers.set(PROVIDER, { arn: PROVIDER, clientIds: ['other'] }),
  (to) => {
    to.providers.set(PROVIDER, { arn: PROVIDER, clientIds: ['sts.amazonaws.com'] });
    putProfile(to, 'team-x', { name: 'team-x-dev-role', inline: [] });
  },
  (to) => {
    to.providers.set(PROVIDER, { arn: PROVIDER, clientIds: ['sts.amazonaws.com'] });
    putProfile(to, 'team-x', { name: 'shared', trustPolicy: trustFor('team-x', 'team-y') });
  },
  (to) => {
    to.apply({
      apiVersion: 'kubeflow.org/v1',
      kind: 'Profile',
      metadata: { name: 'team-x' },
      spec: { owner: { kind: 'User', name: 'team-x@example.com' } },
    });
  },
  (to) => {
    to.namespaces.set('team-x', { name: 'team-x', deleting: false, owned: false });
    to.accounts.set('team-x/default', { namespace: 'team-x', name: 'default', annotations: {} });
  },
];

test('whatever fails, is lost or is cancelled: resuming ends in the wanted world, undoing in the world before', async () => {
  const trouble = fc.constantFrom<(Fault | 'cancel' | undefined)[]>(
    ...(['refuse', 'lost', 'drop', 'cancel', undefined, undefined, undefined] as const).map((one) => [one]),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...STARTS),
      fc.array(trouble, { maxLength: 25 }),
      fc.boolean(),
      fc.constantFrom('prefix', 'bucket', 'full' as const),
      async (start, troubles, resume, access) => {
        const here = world();
        start(here);
        const wish = requestFor('team-x', { access: access as Request['access'], adoptNamespace: true });
        const before = here.snapshot();
        const plan = await planIn(here, wish);
        assert.deepEqual(blockers(plan), []);
        const journal = memoryJournal();
        const stop = new AbortController();
        const left = troubles.map(([one]) => one);
        here.onCall = (call) => {
          const one = left.shift();
          if (one === 'cancel') stop.abort();
          // A probe that cannot be deleted is left, and named.
          return one === 'cancel' || call === 's3:DeleteObject' ? undefined : one;
        };
        await carryOut(plan, here.outside(stop.signal), { journal });
        here.onCall = () => undefined;
        if (resume) {
          const result = await carryOut(plan, here.outside());
          assert.ok(result.ok, failure(result));
          assert.equal(writes(await planIn(here, wish)), false);
          assert.match(here.roles.get(rolesName(here))?.inline[0]?.text ?? '', /artifacts/);
        } else {
          const result = await undo(journal.entries(), here.outside(), () => Promise.resolve(true));
          assert.ok(result.ok, JSON.stringify(result.changes.map(({ state, reason }) => [state, reason])));
          assert.deepEqual(here.snapshot(), before);
        }
        assert.equal(here.objects.size, 0);
      },
    ),
    { numRuns: 150 },
  );
});
const rolesName = (here: World): string =>
  (here.accounts.get('team-x/default-editor')?.annotations['eks.amazonaws.com/role-arn'] ?? '').split('/').at(-1) ?? '';

test('policies of the world are as the planner makes them', () => {
  assert.match(policyFor('team-x'), /artifacts\/team-x\//);
});
