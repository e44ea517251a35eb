/** How AWS is asked for many things: in turns, together, once, and again where it throttles. No time passes here. */
import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import { mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Role } from '../../src/core/observation.ts';
import { absent, denied, failed, found, type Reading } from '../../src/core/reading.ts';
import { accounts } from '../../src/estate/accounts.ts';
import { BULK, patiently, rolesOf } from '../../src/estate/roles.ts';
import { listSources, type SourceState } from '../../src/estate/sources.ts';
import type { Source } from '../../src/source.ts';

mock.timers.enable({ apis: ['setTimeout'] });
syncBuiltinESMExports();

async function settled(): Promise<void> {
  for (let left = 20; left > 0; left--) await turn();
}
const role = (name: string): Role => ({ name, arn: '', trustPolicy: '{}', tags: {}, inline: [], attached: [] });
const names = (count: number, first = 0): string[] => Array.from({ length: count }, (_, index) => `r${first + index}`);
const DENIED = denied('iam:GetAccountAuthorizationDetails', 'no');

type Page = Reading<{ readonly roles: readonly Role[]; readonly next?: string }>;

/** An account whose calls wait until they are answered. */
function account() {
  const single: string[] = [];
  const pages: {
    readonly wanted: readonly string[];
    readonly from: string | undefined;
    answer: (page: Page) => void;
  }[] = [];
  const waiting: (() => void)[] = [];
  const roles = rolesOf({
    role: async (name) => {
      single.push(name);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return found(role(name));
    },
    rolesPage: (wanted, from) =>
      new Promise((answer) => pages.push({ wanted: names(300).filter((name) => wanted.has(name)), from, answer })),
  });
  /** What became of roles: their state, or `waits`. */
  const read = (some: readonly string[]): (() => Promise<string>) => {
    const states = new Map<string, string>();
    for (const [name, reading] of roles.read(some))
      void reading.then(
        ({ state }) => states.set(name, state),
        () => states.set(name, 'thrown'),
      );
    return async () => {
      await settled();
      return [...new Set(some.map((name) => states.get(name) ?? 'waits'))].join();
    };
  };
  return { roles, read, single, pages, waiting };
}

test('few roles are read by themselves, four at a time', async () => {
  const { read, single, pages, waiting } = account();
  const states = read(names(BULK - 1));
  for (const [at, open] of [4, 5, 6, 7, 8, 9, 10, 11, 11, 11, 11].entries()) {
    assert.equal(await states(), at === 0 ? 'waits' : 'found,waits');
    assert.equal(single.length, open);
    waiting[at]?.();
  }
  assert.equal(await states(), 'found');
  const [again] = [read(names(1, 100)), await settled()];
  waiting.at(-1)?.();
  assert.equal(await again(), 'found', 'the places are free again');
  assert.deepEqual(pages, []);
});

test('many roles are read page by page, until all are found or no page is left', async () => {
  const { read, single, pages } = account();
  const states = read(names(BULK));
  await settled();
  assert.deepEqual(pages[0]?.wanted, names(BULK));
  assert.equal(pages[0].from, undefined);
  pages[0].answer(found({ roles: [role('r0'), role('other')], next: 'second' }));
  assert.equal(await states(), 'found,waits', 'a role is there as soon as its page is');
  assert.equal(pages[1]?.from, 'second');
  assert.deepEqual(pages[1].wanted, names(BULK - 1, 1));
  pages[1].answer(found({ roles: names(BULK - 1, 1).map(role), next: 'third' }));
  assert.equal(await states(), 'found');
  assert.equal(pages.length, 2, 'nobody is left to look for');
  const others = read(names(BULK, 100));
  await settled();
  pages[2]?.answer(found({ roles: [role('r100')] }));
  assert.equal(await others(), 'found,absent');
  assert.deepEqual(single, []);
});

test('who asks while a listing runs is in the next one, with all others who do', async () => {
  const { read, pages } = account();
  const first = read(names(BULK));
  const second = read(names(BULK, 100));
  const third = read(names(BULK, 200));
  await settled();
  assert.equal(pages.length, 1);
  pages[0]?.answer(found({ roles: names(BULK).map(role) }));
  assert.equal(await first(), 'found');
  assert.equal(pages.length, 2);
  assert.equal(pages[1]?.wanted.length, 2 * BULK);
  pages[1]?.answer(found({ roles: [] }));
  assert.equal(await second(), 'absent');
  assert.equal(await third(), 'absent');
  assert.equal(pages.length, 2);
});

test('who may not list roles reads each; a listing that fails says so of each, also where it throws', async () => {
  const { read, single, pages, waiting } = account();
  const refused = read(names(BULK));
  await settled();
  pages[0]?.answer(DENIED);
  await settled();
  for (let done = 0; done < BULK; done++) {
    await settled();
    waiting[done]?.();
  }
  assert.equal(await refused(), 'found');
  assert.deepEqual(single, names(BULK));
  const broken = read(names(BULK, 100));
  await settled();
  pages[1]?.answer(failed('no network'));
  assert.equal(await broken(), 'failed');
  assert.equal(single.length, BULK);
  const thrown = rolesOf({
    role: async () => absent,
    rolesPage: () => Promise.reject(new Error('no such luck')),
  });
  const readings = await Promise.all(thrown.read(names(BULK)).values());
  assert.deepEqual(new Set(readings.map((reading) => JSON.stringify(reading))).size, 1);
  assert.deepEqual(readings[0], failed('Error: no such luck'));
});

test('a role is read once until it is forgotten', async () => {
  const calls: string[] = [];
  const roles = rolesOf({
    role: async (name) => (calls.push(name), absent),
    rolesPage: async () => assert.fail('few are not listed'),
  });
  const read = (some: readonly string[]) => Promise.all(roles.read(some).values());
  await read(['a', 'b']);
  await read(['a', 'b', 'a']);
  assert.deepEqual(calls.splice(0), ['a', 'b']);
  roles.forget(['a']);
  await read(['a', 'b']);
  assert.deepEqual(calls.splice(0), ['a']);
  roles.forget();
  await read(['a', 'b']);
  assert.deepEqual(calls, ['a', 'b']);
});

test('what is throttled is asked again, ever later, and not for ever; nothing else is', async () => {
  const throttled = failed('slow down', 'ThrottlingException');
  const rows: readonly [name: string, readings: readonly Reading<number>[], calls: number][] = [
    ['throttled once', [throttled, found(1)], 2],
    ['throttled always', Array.from({ length: 10 }, () => throttled), 6],
    ['an answer', [found(1)], 1],
    ['absent', [absent], 1],
    ['denied', [DENIED], 1],
    ['failed by something else', [failed('no network', 'ENOTFOUND')], 1],
    ['failed without a code', [failed('Throttling')], 1],
  ];
  for (const [name, readings, calls] of rows) {
    let made = 0;
    let answer: Reading<number> | undefined;
    void patiently(async () => readings[made++] ?? assert.fail()).then((reading) => (answer = reading));
    for (let wait = 0; wait < 10; wait++) {
      await settled();
      if (wait === 0) assert.equal(made, 1, name);
      mock.timers.tick(8_000);
    }
    assert.equal(made, calls, name);
    assert.equal(answer, readings[calls - 1], name);
  }
});

test('what is known of an account: by who sees it, and until it is forgotten', async () => {
  const known = accounts();
  const [own, guest] = [{}, { awsProfile: 'guest' }];
  const aws = { role: async () => absent, rolesPage: async () => absent };
  const [roles, others] = [known.roles(own, aws), known.roles(guest, aws)];
  assert.notEqual(roles, others);
  assert.equal(known.roles(own, aws), roles);
  const [before] = roles.read(['a']).values();
  assert.equal([...roles.read(['a']).values()][0], before);
  known.forget(guest);
  assert.equal([...roles.read(['a']).values()][0], before);
  known.forget(own);
  assert.equal(known.roles(own, aws), roles, 'who holds them reads anew, too');
  assert.notEqual([...roles.read(['a']).values()][0], before);
  known.forget({ awsProfile: 'nobody' });
  known.forget();
  assert.notEqual(known.roles(own, aws), roles);

  assert.equal(known.number(own), undefined);
  assert.deepEqual(
    ['1', '1', '2', '2'].map((number) => known.learn(own, number)),
    [true, false, true, false],
  );
  assert.equal(known.number(own), '2');
  assert.equal(known.number(guest), undefined);
});

test('the OIDC providers of an account are read once, who reads them is told, and what was known stays', async () => {
  const known = accounts();
  let answer: Reading<readonly string[]> = failed('no network');
  let calls = 0;
  const read = (of: Source) => known.readProviders(of, async () => ((calls += 1), answer));
  const [own, guest]: [Source, Source] = [{ region: 'x' }, { region: 'x', awsProfile: 'guest' }];
  assert.deepEqual(await Promise.all([read(own), read(own)]), [false, false]);
  assert.equal(calls, 1);
  assert.equal(known.providers(own), undefined);
  known.forgetProviders(own);
  answer = found(['p']);
  assert.deepEqual(await Promise.all([read(own), read(own)]), [true, false]);
  assert.deepEqual([...(known.providers(own) ?? [])], ['p']);
  assert.equal(await read(own), false);
  assert.equal(calls, 2);
  assert.equal(await read(guest), true);
  for (const forget of [() => known.forget(), () => known.forget(own)]) {
    forget();
    answer = failed('no network');
    assert.equal(await read(own), false);
    assert.deepEqual([...(known.providers(own) ?? [])], ['p']);
  }
  assert.equal(calls, 5);
});

test('sources are shown when the first of them has clusters, or all have answered', async () => {
  const answers: ((names: Reading<readonly string[]>) => void)[] = [];
  const heard: string[] = [];
  const sources = ['a', 'b', 'c'].map((awsProfile): Source => ({ awsProfile, region: 'x' }));
  const list = () =>
    listSources(
      sources,
      () => new Promise((resolve) => answers.push(resolve)),
      ({ awsProfile = '' }, { state }) => heard.push(`${awsProfile} ${state}`),
    );
  const shown = async (listing: { readonly first: Promise<unknown>; readonly sources: readonly SourceState[] }) => {
    let isShown = false;
    void listing.first.then(() => (isShown = true));
    await settled();
    mock.timers.tick(99);
    await settled();
    const early = isShown;
    mock.timers.tick(1);
    await settled();
    return [early, isShown, listing.sources.map(({ names }) => names?.state)];
  };
  const one = list();
  await settled();
  answers[2]?.(found([]));
  answers[0]?.(DENIED);
  assert.deepEqual(await shown(one), [false, false, ['denied', undefined, 'found']]);
  assert.deepEqual(heard.splice(0), ['c found', 'a denied']);
  answers[1]?.(absent);
  assert.deepEqual((await shown(one))[0], true);
  await one.all;

  const two = list();
  await settled();
  answers[4]?.(found(['dev']));
  assert.deepEqual(
    await shown(two),
    [false, true, [undefined, 'found', undefined]],
    'what comes with it is shown with it',
  );
});
