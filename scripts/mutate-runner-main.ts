// Runs the tests of a file with one switch after another. See mutate-switched.ts.
import { writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import type { Test } from './mutate-runner.ts';

interface Work {
  readonly mode: 'cover' | 'run';
  readonly count: number;
  readonly todo?: readonly { readonly id: number; readonly tests: readonly number[] }[];
  readonly tests?: readonly { readonly name: string; readonly ms: number }[];
  readonly until?: number;
  readonly out?: string;
}
const work = JSON.parse(await text(process.stdin)) as Work;
const { $mutants, $tests, $loads } = globalThis as unknown as {
  $loads: ReadonlySet<string>;
  $mutants: { active: number; hit: Uint8Array };
  $tests: Test[];
};
const write = process.stdout.write.bind(process.stdout);
const say = (line: unknown): void => void write(`\n\u0001${JSON.stringify(line)}\n`);
for (const stream of [process.stdout, process.stderr]) stream.write = () => true;
const [realTimeout, realClear, realImmediate] = [setTimeout, clearTimeout, setImmediate];
let outer: unknown;
let nothingLeft = (): void => undefined;
process.on('beforeExit', () => nothingLeft());
process.on('unhandledRejection', (reason) => (outer = reason ?? new Error('rejected')));
process.on('uncaughtException', (error) => (outer = error));
process.on('warning', () => undefined);

const file = process.argv[2] ?? '';
process.argv.splice(2);
await import(pathToFileURL(file).href);

/** Undefined: passed; 'endless'; or the failure. */
async function run(test: Test, limit: number): Promise<unknown> {
  outer = undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = realTimeout(() => resolve('endless'), limit);
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

if (work.mode === 'cover') {
  const load = [...$mutants.hit.subarray(0, work.count)].flatMap((hit, id) => (hit === 1 ? [id] : []));
  const [tests, bad]: [unknown[], string[]] = [[], []];
  for (const test of $tests) {
    $mutants.hit.fill(0);
    const first = await run(test, 60_000);
    const ids = [...$mutants.hit.subarray(0, work.count)].flatMap((hit, id) => (hit === 1 ? [id] : []));
    const started = performance.now();
    const second = first ?? (await run(test, 60_000));
    const ms = performance.now() - started;
    if (first !== undefined) bad.push(`${test.name}: ${inspect(first)}`.slice(0, 300));
    else if (second !== undefined) bad.push(`${test.name}: the second time: ${inspect(second)}`.slice(0, 300));
    tests.push({ name: test.name, ms, ids: second === undefined ? ids : [] });
  }
  writeFileSync(work.out ?? '', JSON.stringify({ load, tests, bad, loads: [...$loads] }));
} else {
  const until = performance.now() + (work.until ?? 0);
  for (const { id, tests } of work.todo ?? []) {
    if (performance.now() > until) break;
    say({ trying: id });
    let how = 'lived';
    for (const index of tests) {
      const test = $tests[index];
      if (test === undefined) continue;
      const limit = Math.max(3000, 12 * (work.tests?.[index]?.ms ?? 0));
      $mutants.active = id;
      const result = await run(test, limit);
      $mutants.active = -1;
      if (result === undefined) continue;
      if (result === 'endless') {
        say({ endless: id });
        exit();
      }
      how = 'killed';
      // What is broken for good would kill all that come after.
      if ((await run(test, Math.max(limit, 10_000))) !== undefined) {
        if (id === work.todo?.[0]?.id) say({ killed: id });
        else say({ again: id });
        exit();
      }
      break;
    }
    say({ [how]: id });
  }
}
say({ end: true });
exit();
