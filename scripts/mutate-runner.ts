// Loaded into a test's process by --import: sources with switches, and a stand-in for node:test that keeps the tests.
import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

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

export interface Test {
  readonly name: string;
  readonly run: () => Promise<void>;
}
/** The project's files that were loaded. */
const loads = new Set<string>();
(globalThis as Record<string, unknown>)['$loads'] = loads;
const tests: Test[] = [];
(globalThis as Record<string, unknown>)['$tests'] = tests;

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
        if (existsSync(target)) return { format: 'module', source: readFileSync(target, 'utf8'), shortCircuit: true };
      }
    }
    return next(address, given);
  },
});
