/**
 * Random plans on drivers in memory, and all that can go wrong with a run: a call that fails before its work, one whose answer is
 * lost, a process that ends before or after a call, somebody else who is quicker. Resume must end in the world of a run that nobody
 * disturbed, Undo in the world before, and what somebody else wrote must never be overwritten.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
fc.configureGlobal({ numRuns: 2000 });
import { same, type Change, type Kind, type Ref, type Things } from '../../src/core/kinds.ts';
import type { ConfigMap, Profile } from '../../src/core/observation.ts';
import { contributorBinding, contributorPolicy, IDENTITY } from '../../src/core/people/kfam.ts';
import { accountArn, refOf, type Plan } from '../../src/core/plan/plan.ts';
import { newProfile, ROLE_ANNOTATION } from '../../src/core/profile/manifest.ts';
import { driversOf, type Drivers } from '../../src/provisioning/drivers.ts';
import type { Driver } from '../../src/provisioning/driver.ts';
import { memoryJournal, type Entry } from '../../src/provisioning/journal.ts';
import { carryOut, undo } from '../../src/provisioning/run.ts';
import { ACCOUNT, arnOf, AUDIENCE, cluster, PROVIDER, trustFor, world, type Fault, type World } from './world.ts';

const SPACE = 'team-s';
const OWNED = 'team-p';
const AT = accountArn(cluster);
/** Values that a thing can have, beside not being there. */
const VALUES = ['a', 'b', 'c'] as const;
type Value = (typeof VALUES)[number] | undefined;

/** A thing of a plan: its values, and where it may be used. */
interface Thing<K extends Kind = Kind> {
  readonly ref: Ref<K>;
  readonly value: (value: (typeof VALUES)[number]) => Things[K];
  /** It is always there, and only changed. */
  readonly always?: true;
  /** Only made and deleted. */
  readonly whole?: true;
  /** The thing that must be there where this one is: made before, deleted after. */
  readonly on?: string;
  /** What somebody else does once it is written, by what it becomes. */
  readonly effect?: (value: Value) => Effect;
}
interface Effect {
  readonly ref: Ref<'k8s/service-account'>;
  readonly value: Things['k8s/service-account'] | undefined;
}

const EDITOR = refOf('k8s/service-account', cluster.arn, `${OWNED}/default-editor`);
const map = (name: string, value: string): ConfigMap => ({ namespace: SPACE, name, data: { key: value, same: 'x' } });
const policy = (value: string): string => JSON.stringify({ Version: '2012-10-17', Statement: [], Id: value });
const GUEST = 'guest@example.com';

const THINGS: Readonly<Record<string, Thing>> = {
  provider: {
    ref: refOf('iam/provider', AT, PROVIDER),
    // No plan takes an audience away.
    value: (value) => ({ arn: PROVIDER, clientIds: [AUDIENCE, 'b', 'c'].slice(0, VALUES.indexOf(value) + 1) }),
    always: true,
  },
  role: {
    ref: refOf('iam/role', AT, 'role'),
    value: (value) => ({ arn: arnOf('role'), name: 'role', trustPolicy: trustFor(value), tags: {}, description: '' }),
  },
  policy: { ref: refOf('iam/role-policy', AT, 'role/p'), value: (value) => ({ text: policy(value) }), on: 'role' },
  second: { ref: refOf('iam/role-policy', AT, 'role/q'), value: (value) => ({ text: policy(value) }), on: 'role' },
  tag: { ref: refOf('iam/role-tag', AT, 'role/team'), value: (value) => ({ value }), on: 'role' },
  boundary: {
    ref: refOf('iam/role-boundary', AT, 'role'),
    value: (value) => ({ arn: `arn:aws:iam::${ACCOUNT}:policy/${value}` }),
    on: 'role',
  },
  other: {
    ref: refOf('iam/role', AT, 'other'),
    value: (value) => ({ arn: arnOf('other'), name: 'other', trustPolicy: trustFor(value), tags: {}, description: '' }),
  },
  namespace: {
    ref: refOf('k8s/namespace', cluster.arn, SPACE),
    value: (value) => ({ name: SPACE, deleting: false, owner: `${value}@example.com` }),
    always: true,
  },
  profile: {
    ref: refOf('k8s/profile', cluster.arn, OWNED),
    value: (value) => {
      const made = newProfile(OWNED, 'owner@example.com', arnOf(value), true);
      // Without a role the controller leaves the annotation as it is.
      return value === 'a' ? { ...made, spec: { owner: made.spec?.owner ?? {} } } : made;
    },
    effect: (value) => ({
      ref: EDITOR,
      value:
        value === undefined || value === 'a'
          ? undefined
          : { namespace: OWNED, name: 'default-editor', annotations: { [ROLE_ANNOTATION]: arnOf(value) } },
    }),
  },
  map: { ref: refOf('k8s/config-map', cluster.arn, `${SPACE}/one`), value: (value) => map('one', value) },
  second_map: { ref: refOf('k8s/config-map', cluster.arn, `${SPACE}/two`), value: (value) => map('two', value) },
  binding: {
    ref: refOf('k8s/role-binding', cluster.arn, `${SPACE}/guest`),
    value: () => ({ ...contributorBinding(SPACE, GUEST, 'edit'), name: 'guest' }),
    whole: true,
  },
  access: {
    ref: refOf('k8s/authorization-policy', cluster.arn, `${SPACE}/guest`),
    value: () => ({
      ...contributorPolicy(SPACE, GUEST, 'edit', IDENTITY),
      name: 'guest',
    }),
    whole: true,
  },
};
const NAMES = Object.keys(THINGS);
const thingOf = (name: string): Thing => {
  const thing = THINGS[name];
  assert.ok(thing);
  return thing;
};
/** A thing's value where it is there: things that are only made have one. */
const there = ({ whole }: Thing, value: Value): Value => (value !== undefined && whole ? 'a' : value);

/** What a plan does to a thing. */
interface Step {
  readonly name: string;
  readonly from: Value;
  readonly to: Value;
}
/** What goes wrong with a call. */
type Trouble = Fault | undefined;

const value = fc.constantFrom<Value>(undefined, ...VALUES);
const steps: fc.Arbitrary<readonly Step[]> = fc
  .record(Object.fromEntries(NAMES.map((name) => [name, fc.option(fc.tuple(value, value), { nil: undefined })])))
  .map((all) => {
    const chosen = new Map(
      Object.entries(all).flatMap(([name, pair]) => (pair === undefined ? [] : [[name, pair] as const])),
    );
    const made = NAMES.flatMap((name): Step[] => {
      const thing = thingOf(name);
      const pair = chosen.get(name);
      if (pair === undefined) return [];
      let [from, to] = [there(thing, pair[0]), there(thing, pair[1])];
      if (thing.always) [from, to] = [from ?? 'a', to ?? 'b'];
      // Where a role is not, none of its policies is.
      const base = thing.on === undefined ? undefined : chosen.get(thing.on);
      if (thing.on !== undefined) {
        if (base === undefined) return [];
        [from, to] = [base[0] === undefined ? undefined : from, base[1] === undefined ? undefined : to];
      }
      return from === undefined && to === undefined ? [] : [{ name, from, to }];
    });
    // What is deleted goes before what it rests on.
    const gone = made.filter(({ to }) => to === undefined).reverse();
    return [...made.filter(({ to }) => to !== undefined), ...gone];
  })
  .filter((all) => all.length > 0);

/** A world with things as they are before a plan. */
async function worldBefore(all: readonly Step[]): Promise<World> {
  const here = world();
  here.providers.set(PROVIDER, { arn: PROVIDER, clientIds: [AUDIENCE] });
  here.namespaces.set(SPACE, { name: SPACE, deleting: false, owned: false, owner: 'a@example.com' });
  const drivers = driversOf(here.outside());
  const inOrder = [...all].sort((a, b) => NAMES.indexOf(a.name) - NAMES.indexOf(b.name));
  for (const { name, from } of inOrder) if (from !== undefined) await put(drivers, name, from);
  return here;
}
/** Makes a thing be of a value, whatever it is now. */
async function put(drivers: Drivers, name: string, to: Value): Promise<void> {
  const { ref, value: of } = thingOf(name);
  const driver = drivers[ref.kind] as Driver<Kind>;
  const now = await driver.read(ref);
  const before = now.state === 'found' ? { before: now.value } : {};
  const after = to === undefined ? {} : { after: of(to) };
  await driver.write({ ref, ...before, ...after } as Change, { id: 'somebody' });
}
/** What a thing is in a world. */
async function read(here: World, { kind, key, at }: Ref): Promise<unknown> {
  const reading = await (driversOf(here.outside())[kind] as Driver<Kind>).read({ kind, key, at });
  return reading.state === 'found' ? reading.value : undefined;
}

async function planOf(all: readonly Step[], here: World): Promise<Plan> {
  const changes: Change[] = [];
  for (const { name, to } of all) {
    const { ref, value: of, effect } = thingOf(name);
    const before = await read(here, ref);
    changes.push({
      ref,
      ...(before === undefined ? {} : { before }),
      ...(to === undefined ? {} : { after: of(to) }),
      ...(ref.kind === 'iam/provider' ? { shared: true } : {}),
    } as Change);
    const what = effect?.(to);
    if (what?.value === undefined) continue;
    const was = await read(here, what.ref);
    changes.push({
      ref: what.ref,
      ...(was === undefined ? {} : { before: was }),
      after: what.value,
      by: { who: 'the profile controller', within: 1 },
    } as Change);
  }
  return { title: 'random', needs: [], changes, proofs: [], warnings: [] };
}

/** A run or an undoing that may be cut off: undefined where its process ended. */
const unlessKilled = async <T>(
  here: World,
  work: (means: ReturnType<World['outside']>) => Promise<T>,
): Promise<T | undefined> => Promise.race([here.killed(), work(here.outside())]);

/** Lets trouble befall calls, in turn. */
function trouble(here: World, troubles: readonly Trouble[]): void {
  const left = [...troubles];
  here.onCall = () => left.shift();
}
const calm = (here: World): void => {
  here.onCall = () => undefined;
};

const faults = fc.array(
  fc.constantFrom<Trouble>('refuse', 'lost', 'drop', 'killed before', 'killed after', undefined, undefined, undefined),
  { maxLength: 30 },
);
const free = (): Promise<boolean> => Promise.resolve(true);
const takenBack = (here: World, entries: readonly Entry[]) => undo(entries, here.outside(), free);

test('whatever befalls a run and its undoing: Resume ends in the undisturbed world, Undo in the world before', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.array(faults, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      faults,
      async (all, runs, resume, inUndo) => {
        const undisturbed = await worldBefore(all);
        const result = await carryOut(await planOf(all, undisturbed), undisturbed.outside());
        assert.ok(result.ok, JSON.stringify(result.rows.map(({ row, state, reason }) => [row.title, state, reason])));

        const here = await worldBefore(all);
        const before = here.snapshot();
        // A plan comes from a file.
        const plan = JSON.parse(JSON.stringify(await planOf(all, here))) as Plan;
        const journal = memoryJournal();
        for (const troubles of runs) {
          trouble(here, troubles);
          await unlessKilled(here, (outside) => carryOut(plan, outside, { journal }));
          calm(here);
        }
        if (resume) {
          const resumed = await carryOut(plan, here.outside(), { journal });
          assert.ok(
            resumed.ok,
            JSON.stringify(resumed.rows.map(({ row, state, reason }) => [row.title, state, reason])),
          );
          assert.deepEqual(here.snapshot(), undisturbed.snapshot());
        }
        trouble(here, inUndo);
        await unlessKilled(here, (outside) => undo(journal.entries(), outside, free));
        calm(here);
        const undone = await takenBack(here, journal.entries());
        assert.ok(
          undone.ok,
          JSON.stringify(undone.changes.map(({ change, state, reason }) => [change.ref.key, state, reason])),
        );
        assert.deepEqual(here.snapshot(), before);
      },
    ),
    { numRuns: 20000 },
  );
});

/**
 * Things of whose newer version the server tells, so that nobody is overwritten. IAM tells nobody, and a deletion takes what is there:
 * for these there is a moment, between reading and writing, in which somebody may be quicker.
 */
const GUARDED = ['profile', 'map', 'second_map'];

/** Sets a thing of {@link GUARDED} as somebody else does, or takes it away; what takes that back. */
function somebodySets(here: World, name: string, to: Profile | ConfigMap | undefined): () => void {
  const { key } = thingOf(name).ref;
  if (name === 'profile') {
    const [was, account] = [here.profiles.get(key), here.accounts.get(EDITOR.key)];
    if (to === undefined) void here.kubernetes.deleteProfile(key);
    else here.apply(to as Profile);
    return () => {
      somebodySets(here, name, was);
      // The controller takes no annotation away: whoever takes their hand off it does.
      if (was !== undefined && account !== undefined) here.accounts.set(EDITOR.key, account);
    };
  }
  const was = here.configMaps.get(key);
  if (to === undefined) here.configMaps.delete(key);
  else here.configMaps.set(key, { ...(to as ConfigMap), resourceVersion: `theirs-${here.calls.length}` });
  return () => void somebodySets(here, name, was);
}

test('what somebody else wrote meanwhile is never overwritten; when they take it back, the undoing goes on', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps.filter((all) => all.some(({ name }) => GUARDED.includes(name))),
      fc.nat(),
      fc.constantFrom(...VALUES),
      faults,
      fc.nat(20),
      async (all, which, theirs, troubles, when) => {
        const open = all.filter(({ name }) => GUARDED.includes(name));
        const { name, from, to } = open[which % open.length] as Step;
        // Nobody sees whose a value is that is as planned.
        fc.pre(theirs !== from && theirs !== to);
        const { ref, value: of } = thingOf(name);
        const here = await worldBefore(all);
        const before = here.snapshot();
        const plan = await planOf(all, here);
        const journal = memoryJournal();
        let takeItBack: (() => void) | undefined;
        const interfere = (): void => {
          takeItBack = somebodySets(here, name, of(theirs) as Profile | ConfigMap);
        };
        const kept = async (): Promise<void> => assert.ok(same(ref.kind, await read(here, ref), of(theirs)));

        trouble(here, troubles);
        const troubled = here.onCall;
        let left = when;
        here.onCall = (call) => {
          if (takeItBack === undefined && left-- <= 0 && !call.startsWith('delete ')) interfere();
          return troubled(call);
        };
        await unlessKilled(here, (outside) => carryOut(plan, outside, { journal }));
        calm(here);
        if (takeItBack === undefined) interfere();
        await kept();
        const again = await carryOut(plan, here.outside(), { journal });
        if (from !== to) assert.equal(again.ok, false, 'said to be done');
        await kept();
        await takenBack(here, journal.entries());
        await kept();
        takeItBack?.();
        await Promise.resolve();
        const undone = await takenBack(here, journal.entries());
        assert.ok(
          undone.ok,
          JSON.stringify(undone.changes.map(({ change, state, reason }) => [change.ref.key, state, reason])),
        );
        assert.deepEqual(here.snapshot(), before);
      },
    ),
    { numRuns: 10000 },
  );
});
