/** Runs, resuming, undoing and proofs, on a world in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { actionOf, type Change } from '../../src/core/kinds.ts';
import { accountArn, blockers, refOf, rows, writes, type Plan, type Row } from '../../src/core/plan/plan.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { planProvider } from '../../src/core/plan/provider.ts';
import { TAG } from '../../src/core/tags.ts';
import type { Request } from '../../src/core/request.ts';
import { memoryJournal } from '../../src/provisioning/journal.ts';
import { lookAt, lookAtProvider } from '../../src/provisioning/look.ts';
import { createStore } from '../../src/provisioning/store.ts';
import { carryOut, undo, type RunResult } from '../../src/provisioning/run.ts';
import type { ServiceAccount } from '../../src/core/observation.ts';
import { absent, denied, found, type Reading } from '../../src/core/reading.ts';
import { OutsideError } from '../../src/provisioning/ports.ts';
import {
  arnOf,
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
  const second = planProvider(cluster, await lookAtProvider(cluster, here.aws, createStore()));
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
    [TAG.owner]: 'team-x@example.com',
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
    'get configmaps': 3,
    // Of Kubeflow Pipelines, and of the profile controller: their releases.
    'get deployments': 2,
    'get namespaces': 1,
    'get profiles': 1,
    'get serviceaccounts': 1,
    'iam:GetOpenIDConnectProvider': 1,
    'iam:GetRole': 1,
    'iam:GetRolePolicy': 1,
    'iam:ListAttachedRolePolicies': 1,
    'iam:ListRolePolicies': 1,
    'list ingresses': 1,
    's3:GetBucketEncryption': 1,
    's3:HeadBucket': 1,
    's3:ListBucket': 1,
    'sts:GetCallerIdentity': 1,
  });
  here.calls.length = 0;
  await carryOut(plan, here.outside());
  assert.deepEqual(count(here.calls), {
    'create profiles': 1,
    'create serviceaccounts/token': 2,
    'iam:CreateOpenIDConnectProvider': 1,
    'iam:CreateRole': 1,
    'iam:PutRolePolicy': 1,
    'list profiles': 1,
    's3:CompleteMultipartUpload': 1,
    's3:CreateMultipartUpload': 1,
    's3:DeleteObject': 2,
    's3:GetObject': 2,
    's3:ListBucket': 2,
    's3:PutObject': 2,
    's3:UploadPart': 1,
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
  const [name, trustPolicy] = ['team-x-dev-role', trustFor('team-x')];
  await here.aws.createRole({ arn: arnOf(name), name, trustPolicy, tags: {} });
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

// ------------------------------------------------------------------------------------------- what became of each line, and why

/** Each line's state with its reason. */
const told = (result: RunResult): readonly string[] =>
  result.rows.map(({ row, state, reason }) => `${row.id} ${state}${reason === undefined ? '' : `: ${reason}`}`);
const UNDER_WAY = 'It was under way when you cancelled: the next plan shows what became of it.';
const HELD = ['caller kept', 'cluster kept', 'bucket kept'];

test('a blocked plan is refused with its reasons, and nothing is called', async () => {
  const here = world();
  const plan = await planIn(here, requestFor('team-x', { bucket: 'elsewhere' }));
  here.calls.length = 0;
  const result = await carryOut(plan, here.outside());
  const not = 'not-run: The plan is blocked: nothing was changed.';
  assert.deepEqual(told(result), [
    `caller ${not}`,
    `cluster ${not}`,
    'bucket failed: There is no bucket elsewhere. Let it be made here, or choose another.',
    `oidc-provider ${not}`,
    `role ${not}`,
    `role-policy ${not}`,
    `profile ${not}`,
    `service-account ${not}`,
    `verification ${not}`,
  ]);
  assert.deepEqual([result.ok, result.cancelled, result.touched, here.calls], [false, false, [], []]);
});

test('each line that does something is told before it is done, and which of how many it is', async () => {
  const here = world();
  const wish = requestFor('team-x');
  const plan = planProfile(wish, (await lookAt(wish, here.aws, here.connect)).facts);
  const told: string[] = [];
  const progress = ({ kind, title }: Row, number: number, of: number): void =>
    void told.push(`${number} of ${of} ${kind} ${title.split(',')[0] ?? ''}, after ${here.writes().length} writes`);
  assert.ok((await carryOut(plan, here.outside(), { progress })).ok);
  assert.deepEqual(told, [
    '4 of 9 create OIDC provider of the cluster, after 0 writes',
    '5 of 9 create IAM role team-x-dev-role, after 1 writes',
    '6 of 9 create Inline policy kf-pipeline-s3, after 2 writes',
    '7 of 9 create Profile team-x, after 3 writes',
    '8 of 9 wait Service account team-x/default-editor, after 4 writes',
    '9 of 9 verify Proof: default-editor of team-x uses the bucket, after 4 writes',
  ]);
});

test('a run stops at the first line that fails: what came of each, and what it touched', async () => {
  const here = world();
  const plan = await planIn(here, requestFor('team-x'));
  here.onCall = (call) => (call === 'iam:PutRolePolicy' ? 'refuse' : undefined);
  const result = await carryOut(plan, here.outside());
  assert.deepEqual(told(result), [
    ...HELD,
    'oidc-provider done',
    'role done',
    'role-policy failed: try again later',
    'profile not-run: An earlier step failed.',
    'service-account not-run: An earlier step failed.',
    'verification not-run: An earlier step failed.',
  ]);
  assert.deepEqual([result.ok, result.cancelled], [false, false]);
  assert.deepEqual(
    result.touched.map(({ kind, key }) => `${kind} ${key}`),
    [`iam/provider ${PROVIDER}`, 'iam/role team-x-dev-role', 'iam/role-policy team-x-dev-role/kf-pipeline-s3'],
  );
  assert.ok(
    result.rows.every(({ state, milliseconds }) => (state === 'kept' ? milliseconds === 0 : milliseconds >= 0)),
  );
});

test('a run that goes well says so of each line', async () => {
  const here = world();
  const result = await carryOut(await planIn(here, requestFor('team-x')), here.outside());
  const lines = ['oidc-provider', 'role', 'role-policy', 'profile', 'service-account', 'verification'];
  assert.deepEqual(told(result), [...HELD, ...lines.map((line) => `${line} done`)]);
});

test('IAM gets time to become consistent where something was changed, and only there', async () => {
  const here = world();
  const plan = await planIn(here, requestFor('team-x'));
  const objects = here.aws.objects.bind(here.aws);
  let refusals = 0;
  here.aws.objects = (...args) => {
    const store = objects(...args);
    const no = (): Promise<never> => Promise.reject(new OutsideError('no', 'AccessDenied'));
    return { ...store, list: (...all) => (refusals-- > 0 ? no() : store.list(...all)) };
  };
  const verification = async (one: Plan): Promise<string | undefined> => {
    refusals = 1;
    return told(await carryOut(one, here.outside())).at(-1);
  };
  assert.equal(await verification(plan), 'verification done');
  assert.match(
    (await verification(await planIn(here, requestFor('team-x')))) ?? '',
    /^verification failed: It could not list .*: no$/,
  );
});

test('what cannot be read is not written', async () => {
  const here = worldWithProvider();
  putProfile(here, 'team-x', { name: 'team-x-dev-role', inline: [] });
  const plan = await planIn(here, requestFor('team-x'));
  here.onCall = (call) => (call === 'iam:GetRolePolicy' ? 'refuse' : undefined);
  assert.equal(
    failure(await carryOut(plan, here.outside())),
    'Inline policy kf-pipeline-s3 cannot be read: the connection was broken off',
  );
  assert.deepEqual(here.writes(), []);
});

test('of a change of several calls that was cut off, what is done is not done again', async () => {
  const here = world();
  const provider = (...clientIds: readonly string[]) => ({ arn: PROVIDER, clientIds });
  const ref = refOf('iam/provider', accountArn(cluster), PROVIDER);
  const change: Change = { ref, before: provider('a', 'b'), after: provider('c', 'd') };
  here.providers.set(PROVIDER, provider('a', 'c'));
  const plan: Plan = { title: 'x', needs: [], changes: [change], proofs: [], warnings: [] };
  assert.deepEqual(told(await carryOut(plan, here.outside())), ['oidc-provider done']);
  assert.deepEqual(here.writes(), [
    'iam:AddClientIDToOpenIDConnectProvider',
    'iam:RemoveClientIDFromOpenIDConnectProvider',
  ]);
  assert.deepEqual(here.providers.get(PROVIDER)?.clientIds, ['c', 'd']);
});

test('a proof that fails is said in the last line, and the run is not ok', async () => {
  const here = world();
  const plan = await planIn(here, requestFor('team-x'));
  here.onCall = (call) => (call === 's3:GetObject' ? 'refuse' : undefined);
  const result = await carryOut(plan, here.outside());
  assert.equal(result.ok, false);
  assert.equal(result.verification?.outcome, 'failed');
  assert.match(
    told(result).at(-1) ?? '',
    /^verification failed: It could not read s3:\/\/artifacts\/team-x\/\.kubeflow-irsa-probe\/unique-\d+: ECONNRESET It could not upload s3:.*-parts in parts, read it back and delete it: ECONNRESET$/,
  );
});

/** Cancelled while a call is under way: what comes of the call, and what is said of its line. */
const CANCELLED_IN: Readonly<Record<string, readonly [fault: Fault | undefined, role: string]>> = {
  'that is answered': [undefined, 'role done'],
  'that fails': ['refuse', `role not-run: ${UNDER_WAY}`],
  'whose answer is lost': ['drop', `role not-run: ${UNDER_WAY}`],
};
for (const [name, [fault, role]] of Object.entries(CANCELLED_IN)) {
  test(`cancelled in a call ${name}`, async () => {
    const here = world();
    const plan = await planIn(here, requestFor('team-x'));
    const stop = new AbortController();
    here.onCall = (call) => {
      if (call !== 'iam:CreateRole') return undefined;
      stop.abort();
      return fault;
    };
    const outside = { ...here.outside(stop.signal), sleep: () => new Promise<void>(() => undefined) };
    const result = await carryOut(plan, outside);
    const before = 'not-run: Cancelled before this step.';
    assert.deepEqual(told(result), [
      ...HELD,
      'oidc-provider done',
      role,
      `role-policy ${before}`,
      `profile ${before}`,
      `service-account ${before}`,
      `verification ${before}`,
    ]);
    assert.deepEqual([result.ok, result.cancelled], [false, true]);
  });
}

test('cancelled in a call that is never answered: said after a moment', async () => {
  const here = world();
  const plan = await planIn(here, requestFor('team-x'));
  const stop = new AbortController();
  here.aws.createRole = () => {
    stop.abort();
    return new Promise(() => undefined);
  };
  const result = await carryOut(plan, here.outside(stop.signal));
  assert.equal(told(result)[4], `role not-run: ${UNDER_WAY}`);
});

test('cancelled between two tries of a call: the call is not under way', async () => {
  const here = world();
  const plan = await planIn(here, requestFor('team-x'));
  const stop = new AbortController();
  here.aws.createOidcProvider = () => Promise.resolve();
  const sleep = (milliseconds: number): Promise<void> => {
    if (milliseconds === 1_000) return new Promise<void>(() => undefined);
    stop.abort();
    return Promise.resolve();
  };
  const result = await carryOut(plan, { ...here.outside(stop.signal), sleep });
  assert.equal(told(result)[4], 'role not-run: Cancelled.');
});

/** What a Profile's second write meets, where the first one met a newer version. */
const AGAIN: Readonly<Record<string, readonly [code: string, reason: string]>> = {
  'it changes all the time': [
    'Conflict',
    'Profile team-x changed since the plan was made; nothing was overwritten. Make a new plan.',
  ],
  'the second write fails': ['ServiceUnavailable', 'no'],
};
for (const [name, [code, reason]] of Object.entries(AGAIN)) {
  test(`a newer version that means the same is written over once: ${name}`, async () => {
    const here = worldWithProvider();
    putProfile(here, 'team-x', { name: 'team-x-dev-role' });
    const plan = await planIn(here, requestFor('team-x', { annotateOnly: false }));
    let tries = 0;
    here.kubernetes.replaceProfile = () => Promise.reject(new OutsideError('no', tries++ === 0 ? 'Conflict' : code));
    const result = await carryOut(plan, here.outside());
    assert.equal(failure(result), reason);
    assert.equal(tries, 2);
  });
}

const LOG =
  "Look at the log of Kubeflow's profile controller: kubectl logs deploy/profiles-deployment -n kubeflow -c manager";
const account = (annotations: Readonly<Record<string, string>>): Reading<ServiceAccount> =>
  found({ namespace: 'team-x', name: 'default-editor', annotations });
const ARN = arnOf('team-x-dev-role');
/** What is there when the profile controller's time is over, and what is said of it. */
const WAITED: Readonly<Record<string, readonly [Reading<ServiceAccount>, says: string]>> = {
  nothing: [
    absent,
    `failed: After 120 s Service account team-x/default-editor is not there: is the profile controller running? ${LOG}`,
  ],
  'an account without a role': [
    account({}),
    `failed: After 120 s Service account team-x/default-editor does not have the role: its annotation is missing. ${LOG}`,
  ],
  'an account with another role': [
    account({ 'eks.amazonaws.com/role-arn': 'x' }),
    `failed: After 120 s Service account team-x/default-editor does not have the role: its annotation is "x". ${LOG}`,
  ],
  'an account that may not be read': [
    denied('get serviceaccounts', ''),
    `failed: After 120 s Service account team-x/default-editor cannot be read: you are not permitted to get serviceaccounts. Ask for this permission, then try again. ${LOG}`,
  ],
  'the role, in the last moment': [account({ 'eks.amazonaws.com/role-arn': ARN }), 'done'],
};
for (const [name, [reading, says]] of Object.entries(WAITED)) {
  test(`waited for the profile controller in vain: ${name}`, async () => {
    const here = world();
    const plan = await planIn(here, requestFor('team-x'));
    here.kubernetes.waitForServiceAccount = () => Promise.resolve(undefined);
    here.kubernetes.serviceAccount = () => Promise.resolve(reading);
    const journal = memoryJournal();
    const result = await carryOut(plan, here.outside(), { journal });
    assert.equal(told(result)[7], `service-account ${says}`);
    const entry = journal.entries().find(({ change }) => change.ref.kind === 'k8s/service-account');
    assert.equal(entry?.state, says === 'done' ? 'done' : 'begun');
  });
}

const undone = (result: Awaited<ReturnType<typeof undo>>): readonly string[] =>
  result.changes.map(
    ({ change, state, reason }) => `${change.ref.kind} ${state}${reason === undefined ? '' : `: ${reason}`}`,
  );
/** A profile made in a world, and what its journal holds. */
async function made(): Promise<{ here: World; journal: ReturnType<typeof memoryJournal> }> {
  const here = world();
  const journal = memoryJournal();
  await carryOut(await planIn(here, requestFor('team-x')), here.outside(), { journal });
  here.calls.length = 0;
  return { here, journal };
}

test('undo goes backwards, what somebody else did comes last, and a second time finds nothing to do', async () => {
  const { here, journal } = await made();
  const all = [
    'k8s/profile undone',
    'iam/role-policy undone',
    'iam/role undone',
    'iam/provider left: OIDC provider of the cluster, audience sts.amazonaws.com: others may rest on it, so it stays.',
    'k8s/service-account undone',
  ];
  assert.deepEqual(undone(await undo(journal.entries(), here.outside())), all);
  assert.deepEqual(here.writes(), ['delete profiles', 'iam:DeleteRolePolicy', 'iam:DeleteRole']);
  assert.ok(!here.calls.includes('watch serviceaccounts'), 'what goes with its cause is not waited for');
  here.calls.length = 0;
  assert.deepEqual(undone(await undo(journal.entries(), here.outside())), all);
  assert.deepEqual(here.writes(), []);
});

test('undo of a run that kept all leaves all', async () => {
  const { here } = await made();
  const journal = memoryJournal();
  const wish = requestFor('team-x', { access: 'bucket' });
  const plan = await planIn(here, wish);
  await carryOut(plan, here.outside());
  const before = here.snapshot();
  await carryOut(plan, here.outside(), { journal });
  assert.deepEqual((await undo(journal.entries(), here.outside(), () => Promise.resolve(true))).changes, []);
  assert.deepEqual(here.snapshot(), before);
});

test('undo stops at what fails, and what is cancelled is no failure', async () => {
  for (const how of ['refuse', 'cancel', 'cancel before'] as const) {
    const { here, journal } = await made();
    const stop = new AbortController();
    if (how === 'cancel before') stop.abort();
    here.onCall = (call) => {
      if (call !== 'iam:GetRolePolicy') return undefined;
      if (how === 'cancel') stop.abort();
      return how === 'refuse' ? 'refuse' : undefined;
    };
    const result = await undo(journal.entries(), here.outside(stop.signal));
    const next = how === 'refuse' ? 'An earlier step failed.' : 'Cancelled before this step.';
    const policy = {
      refuse:
        'failed: Inline policy kf-pipeline-s3, prefix access to artifacts cannot be read: the connection was broken off',
      cancel: 'not-run: Cancelled.',
      'cancel before': `not-run: ${next}`,
    }[how];
    assert.deepEqual(undone(result), [
      how === 'cancel before' ? `k8s/profile not-run: ${next}` : 'k8s/profile undone',
      `iam/role-policy ${policy}`,
      `iam/role not-run: ${next}`,
      `iam/provider not-run: ${next}`,
      `k8s/service-account not-run: ${next}`,
    ]);
    assert.deepEqual([result.ok, result.cancelled], [false, how !== 'refuse']);
  }
});

test('undo does not overwrite what changed since', async () => {
  const { here, journal } = await made();
  const role = here.roles.get('team-x-dev-role');
  if (role) here.roles.set(role.name, { ...role, inline: [{ name: 'kf-pipeline-s3', text: '{}' }] });
  const result = await undo(journal.entries(), here.outside());
  assert.match(
    undone(result)[1] ?? '',
    /role-policy failed: .*changed since the plan was made; nothing was overwritten/,
  );
});

test('undo leaves what a change was refused for: somebody was quicker', async () => {
  const here = worldWithProvider();
  putProfile(here, 'team-x', { name: 'team-x-dev-role' });
  const plan = await planIn(here, requestFor('team-x', { access: 'bucket' }));
  const journal = memoryJournal();
  here.onCall = (call) => (call === 'iam:PutRolePolicy' ? 'refuse' : undefined);
  await carryOut(plan, here.outside(), { journal });
  here.onCall = () => undefined;
  const role = here.roles.get('team-x-dev-role');
  if (role) here.roles.set(role.name, { ...role, inline: [{ name: 'kf-pipeline-s3', text: '{}' }] });
  const result = await undo(journal.entries(), here.outside());
  assert.deepEqual(undone(result), [
    'iam/role-policy left: Inline policy kf-pipeline-s3, bucket access to artifacts: it is as somebody else has it, and not as this run would have made it.',
  ]);
  assert.deepEqual(here.writes(), ['iam:PutRolePolicy']);
});

test('undo of what somebody else made first: as they had it, and gone where it went with what they made it in', async () => {
  const KEY = 'team-x/kfp-launcher';
  const map = (value: string) => ({ namespace: 'team-x', name: 'kfp-launcher', data: { key: value } });
  const change = { ref: refOf('k8s/config-map', cluster.arn, KEY), before: map('theirs'), after: map('ours') };
  const first = { who: 'the pipelines profile controller', within: 1 } as const;
  const back = async (it: Change, there: boolean): Promise<readonly unknown[]> => {
    const here = world();
    if (there) here.configMaps.set(KEY, { ...map('ours'), resourceVersion: '1' });
    const result = await undo([{ run: 'run-1', change: it, state: 'done' }], here.outside());
    return [...undone(result), here.configMaps.get(KEY)?.data['key']];
  };
  const movedOn = 'changed since the plan was made; nothing was overwritten. Make a new plan.';
  assert.deepEqual(await back({ ...change, first }, true), ['k8s/config-map undone', 'theirs']);
  assert.deepEqual(await back({ ...change, first }, false), ['k8s/config-map undone', undefined]);
  assert.deepEqual(await back(change, false), [
    `k8s/config-map failed: ConfigMap team-x/kfp-launcher ${movedOn}`,
    undefined,
  ]);
});

/** Errors in the place of an answer to a delete: gone already is deleted, all else is told. */
for (const [code, state] of [
  ['NoSuchEntityException', 'undone'],
  ['NotFound', 'undone'],
  ['AccessDenied', 'failed: no'],
] as const) {
  test(`undo of a role that is refused with ${code}`, async () => {
    const { here, journal } = await made();
    here.aws.deleteRole = () => Promise.reject(new OutsideError('no', code));
    const result = await undo(journal.entries(), here.outside());
    assert.equal(undone(result)[2], `iam/role ${state}`);
  });
}

test('a role that is said to be there and never is: the refusal is told, after a moment for it to be seen', async () => {
  const here = world();
  const plan = await planIn(here, requestFor('team-x'));
  here.aws.createRole = () =>
    Promise.reject(new OutsideError('Role with name x already exists.', 'EntityAlreadyExists'));
  here.calls.length = 0;
  const result = await carryOut(plan, here.outside());
  assert.equal(told(result)[4], 'role failed: Role with name x already exists.');
  assert.equal(here.calls.filter((call) => call === 'iam:GetRole').length, 6);
});

/** Refusals of a trust policy: of a provider that IAM does not know yet it is tried again, of all else not. */
for (const [code, message, tries] of [
  ['MalformedPolicyDocument', 'Invalid principal in policy', 2],
  ['MalformedPolicyDocument', 'Syntax errors in policy', 1],
  ['AccessDenied', 'Invalid principal in policy', 1],
] as const) {
  test(`a role that is refused with ${code}, ${message}`, async () => {
    const here = world();
    const plan = await planIn(here, requestFor('team-x'));
    const create = here.aws.createRole.bind(here.aws);
    let calls = 0;
    here.aws.createRole = (...args) =>
      calls++ === 0 ? Promise.reject(new OutsideError(message, code)) : create(...args);
    const result = await carryOut(plan, here.outside());
    assert.equal(told(result)[4], tries === 2 ? 'role done' : `role failed: ${message}`);
    assert.equal(calls, tries);
  });
}

test('audiences: what a provider lacks is added one by one, and undo takes away just these', async () => {
  const here = world();
  here.providers.set(PROVIDER, { arn: PROVIDER, clientIds: ['other'] });
  const journal = memoryJournal();
  await carryOut(await planIn(here, requestFor('team-x')), here.outside(), { journal });
  assert.deepEqual(here.providers.get(PROVIDER)?.clientIds, ['other', 'sts.amazonaws.com']);
  here.calls.length = 0;
  await undo(journal.entries(), here.outside(), () => Promise.resolve(true));
  assert.deepEqual(here.providers.get(PROVIDER)?.clientIds, ['other']);
  assert.deepEqual(
    here.writes().filter((call) => call.includes('OpenID')),
    ['iam:RemoveClientIDFromOpenIDConnectProvider'],
  );
});
