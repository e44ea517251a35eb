// A process of mutate.ts: loads a file of tests, on sources with switches and on a stand-in for node:test that keeps the tests, and
// runs them with one switch after another. The work comes as JSON by standard input; what is found goes out line by line.
import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inspect } from 'node:util';

/** What is to be done; `ms`: what each test of the file takes, by its number. */
export type Work =
  /** Where the tests come; `count`: how many switches there are. */
  | { readonly mode: 'cover'; readonly count: number }
  /** One switch after another, each with some of the tests, for at most so many milliseconds. */
  | {
      readonly mode: 'run';
      readonly ms: readonly number[];
      readonly until: number;
      readonly todo: readonly { readonly id: number; readonly tests: readonly number[] }[];
    }
  /** One switch that is on while the file is loaded, too; tests of -1 milliseconds are left out. */
  | { readonly mode: 'load'; readonly id: number; readonly ms: readonly number[] };

/** What is told: numbers of mutants, or where tests come. */
export interface Line {
  readonly trying?: number;
  readonly killed?: number;
  readonly lived?: number;
  /** All that comes after would fail, too: a new process must go on, with this one. */
  readonly again?: number;
  readonly endless?: number;
  readonly cover?: {
    readonly load: readonly number[];
    readonly tests: readonly { readonly name: string; readonly ms: number; readonly ids: readonly number[] }[];
    /** Tests that fail without a mutant, or the second time. */
    readonly bad: readonly string[];
    /** The project's files that were loaded. */
    readonly loads: readonly string[];
  };
  readonly end?: true;
}

const root = path.dirname(import.meta.dirname);
const folder = process.env['SWITCHED'] ?? '';

interface Switches {
  active: number;
  hit: Uint8Array;
  last: unknown;
  [name: string]: unknown;
}
const hit = new Uint8Array(20_000);
const on = (id: number): boolean => {
  hit[id] = 1;
  return id === $m.active;
};
const $m: Switches = {
  active: -1,
  hit,
  last: undefined,
  on,
  is: (id: number, value: unknown) => {
    const not = on(id);
    $m.last = value;
    return not ? !value : Boolean(value);
  },
  not: (id: number, value: unknown) => (on(id) ? !value : value),
  plain: (id: number, value: unknown) => (on(id) ? value : !value),
  eq: (id: number, a: unknown, b: unknown) => (a === b) !== on(id),
  ne: (id: number, a: unknown, b: unknown) => (a !== b) !== on(id),
  lt: (id: number, a: number, b: number) => (on(id) ? a <= b : a < b),
  le: (id: number, a: number, b: number) => (on(id) ? a < b : a <= b),
  gt: (id: number, a: number, b: number) => (on(id) ? a >= b : a > b),
  ge: (id: number, a: number, b: number) => (on(id) ? a > b : a >= b),
};
(globalThis as Record<string, unknown>)['$mutants'] = $m;

interface Test {
  readonly name: string;
  readonly run: () => Promise<void>;
}
/** The project's files that were loaded. */
const loads = new Set<string>();
/** Whether one of them has switches. */
let loadsMutants = false;
const tests: Test[] = [];

interface Suite {
  readonly name: string;
  readonly before: (() => unknown)[];
  readonly beforeEach: (() => unknown)[];
  readonly afterEach: (() => unknown)[];
  started: boolean;
}
const suite = (name: string): Suite => ({ name, before: [], beforeEach: [], afterEach: [], started: false });
let chain: Suite[] = [suite('')];
const real = process.getBuiltinModule('node:test');
const innermost = (): Suite => chain.at(-1) as Suite;
const nested = async (name: string, body: (context: unknown) => unknown): Promise<void> => {
  void name;
  await body(context());
};
function context(): unknown {
  const cleanups: (() => unknown)[] = [];
  return {
    cleanups,
    get mock() {
      cleanups.push(() => real.mock.reset());
      return real.mock;
    },
    after: (one: () => unknown) => void cleanups.push(one),
    test: nested,
    skip: () => undefined,
    diagnostic: () => undefined,
    signal: new AbortController().signal,
  };
}
function test(name: string, ...rest: readonly unknown[]): Promise<void> {
  const options = rest.find((one) => typeof one === 'object') as { skip?: unknown; todo?: unknown } | undefined;
  const body = rest.find((one) => typeof one === 'function') as ((context: unknown) => unknown) | undefined;
  if (Boolean(options?.skip) || Boolean(options?.todo) || body === undefined) return Promise.resolve();
  const its = [...chain];
  const full = [...its.slice(1).map((one) => one.name), name].join(' > ');
  tests.push({
    name: full,
    run: async () => {
      for (const one of its) {
        if (one.started) continue;
        one.started = true;
        for (const hook of one.before) await hook();
      }
      for (const one of its) for (const hook of one.beforeEach) await hook();
      const given = context() as { cleanups: (() => unknown)[] };
      try {
        await body(given);
      } finally {
        for (const one of given.cleanups) await one();
        for (const one of [...its].reverse()) for (const hook of one.afterEach) await hook();
      }
    },
  });
  return Promise.resolve();
}
function describe(name: string, ...rest: readonly unknown[]): Promise<void> {
  const body = rest.find((one) => typeof one === 'function') as (() => unknown) | undefined;
  const before = chain;
  chain = [...chain, suite(name)];
  body?.();
  chain = before;
  return Promise.resolve();
}
(globalThis as Record<string, unknown>)['$test'] = {
  test,
  describe,
  mock: real.mock,
  before: (one: () => unknown) => void innermost().before.push(one),
  after: () => undefined,
  beforeEach: (one: () => unknown) => void innermost().beforeEach.push(one),
  afterEach: (one: () => unknown) => void innermost().afterEach.push(one),
};

registerHooks({
  resolve(specifier, given, next) {
    if (specifier === 'node:test') return { url: 'mutants:test', format: 'module', shortCircuit: true };
    if (specifier === 'mutants:') return { url: 'mutants:', format: 'module', shortCircuit: true };
    return next(specifier, given);
  },
  load(address, given, next) {
    if (address === 'mutants:')
      return { format: 'module', source: 'export default globalThis.$mutants;', shortCircuit: true };
    if (address === 'mutants:test')
      return {
        format: 'module',
        source:
          'export const { test, describe, mock, before, after, beforeEach, afterEach } = globalThis.$test; export const it = test, suite = describe; export default test;',
        shortCircuit: true,
      };
    if (address.startsWith('file:') && !address.includes('?')) {
      const file = path.relative(root, fileURLToPath(address)).replaceAll(path.sep, '/');
      if (!/^\.\.|node_modules/.test(file)) loads.add(file);
      if (file.startsWith('src/')) {
        const target = path.join(folder, `${file.replaceAll('/', '+')}.js`);
        if (existsSync(target)) {
          loadsMutants = true;
          return { format: 'module', source: readFileSync(target, 'utf8'), shortCircuit: true };
        }
      }
    }
    return next(address, given);
  },
});

const write = process.stdout.write.bind(process.stdout);
/** Settles when it is written: who ends at once after it waits for that. */
const say = (line: Line): Promise<unknown> =>
  new Promise((resolve) => write(`\n\u0001${JSON.stringify(line)}\n`, resolve));
for (const stream of [process.stdout, process.stderr]) stream.write = () => true;
const [realInterval, realClear, realImmediate] = [setInterval, clearInterval, setImmediate];
let outer: unknown;
let nothingLeft = (): void => undefined;
process.on('beforeExit', () => nothingLeft());
process.on('unhandledRejection', (reason) => (outer = reason ?? new Error('rejected')));
process.on('uncaughtException', (error) => (outer = error));
process.on('warning', () => undefined);

const TICK_MS = 50;

/** Undefined: passed; 'endless'; or the failure. */
async function run(test: Test, limit: number): Promise<unknown> {
  outer = undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    // Told by how often its turn comes, not by the clock: a process that others keep waiting is none that does not end.
    let left = limit / TICK_MS;
    timer = realInterval(() => (left -= 1) <= 0 && resolve('endless'), TICK_MS);
    timer.unref();
    nothingLeft = () => resolve(new Error('It waits for what never comes.'));
  });
  const result = await Promise.race([
    test.run().then(
      () => undefined,
      (error: unknown) => error ?? new Error('failed'),
    ),
    late,
  ]);
  realClear(timer);
  if (result === undefined) await new Promise((resolve) => realImmediate(resolve));
  return result ?? outer;
}
const exit = (): void => (process as unknown as { reallyExit(code: number): void }).reallyExit(0);

const hits = (count: number): number[] => [...hit.subarray(0, count)].flatMap((one, id) => (one === 1 ? [id] : []));
const limitOf = (ms: number): number => Math.max(3000, 12 * ms);

const work = JSON.parse(await text(process.stdin)) as Work;
const file = process.argv[2] ?? '';
process.argv.splice(2);
if (work.mode === 'load') $m.active = work.id;
try {
  await import(pathToFileURL(file).href);
} catch (error) {
  if (work.mode !== 'load') throw error;
  outer = error;
}

if (work.mode === 'cover') {
  const load = hits(work.count);
  const bad: string[] = [];
  const cover: { name: string; ms: number; ids: number[] }[] = [];
  // What starts programs only, or never comes into the rooms, notices nothing here.
  for (const test of loadsMutants ? tests : []) {
    void say({ trying: -1 });
    hit.fill(0);
    const first = await run(test, 60_000);
    const ids = hits(work.count);
    const started = performance.now();
    const second = first ?? (await run(test, 60_000));
    const ms = performance.now() - started;
    if (second !== undefined)
      bad.push(`${test.name}: ${first === undefined ? 'the second time: ' : ''}${inspect(second)}`.slice(0, 300));
    cover.push({ name: test.name, ms, ids: second === undefined ? ids : [] });
  }
  await say({ cover: { load, tests: cover, bad, loads: [...loads] } });
} else if (work.mode === 'load') {
  let how: 'lived' | 'killed' | 'endless' = outer === undefined && tests.length === work.ms.length ? 'lived' : 'killed';
  for (const [index, ms] of work.ms.entries()) {
    const test = tests[index];
    if (how !== 'lived' || test === undefined) break;
    const result = ms < 0 ? undefined : await run(test, limitOf(ms));
    if (result !== undefined) how = result === 'endless' ? 'endless' : 'killed';
  }
  await say({ [how]: work.id });
} else {
  const until = performance.now() + work.until;
  for (const { id, tests: its } of work.todo) {
    if (performance.now() > until) break;
    void say({ trying: id });
    let how: 'lived' | 'killed' = 'lived';
    for (const index of its) {
      const test = tests[index];
      if (test === undefined) continue;
      const limit = limitOf(work.ms[index] ?? 0);
      $m.active = id;
      const result = await run(test, limit);
      $m.active = -1;
      if (result === undefined) continue;
      if (result === 'endless') {
        await say({ endless: id });
        exit();
      }
      how = 'killed';
      // What is broken for good would kill all that come after.
      if ((await run(test, Math.max(limit, 10_000))) !== undefined) {
        await say(id === work.todo[0]?.id ? { killed: id } : { again: id });
        exit();
      }
      break;
    }
    void say({ [how]: id });
  }
}
await say({ end: true });
exit();
