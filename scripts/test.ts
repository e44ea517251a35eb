// Runs the tests and prints "N passed, N failed" as its last line.
// Usage: npm test [-- [checks] [unit] [package] [sandbox] [vscode] [ui] [--matrix] [--seed N]]     default: all suites
//
// Suites run side by side (LANES), for none of them keeps two processors busy. What drives a browser comes first where there are too few.
import { constants, globSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { run } from 'node:test';
import { POOL_VARIABLE, startPool } from '../sandbox/lease.ts';
import { SEED_VARIABLE, variationFrom, variationText } from '../sandbox/variation.ts';
import { runInVscode } from '../test/vscode/main.ts';
import { build, buildVscodeTests } from './build.ts';
import { packsTheSame } from './again.ts';
import { batchesOf, groupsOf } from './batches.ts';
import { cacheFolder, recall, remember } from './cache.ts';
import { licencesAreTold } from './licences.ts';
import { checkManifest } from './manifest.ts';
import { packCli } from './npm.ts';
import { packageVsix } from './package.ts';
import { main, root, runToEnd, stopwatch } from './processes.ts';
import { Report, inBrief, textOf } from './report.ts';
import { type Version, installVsCode, installVsix } from './vscode.ts';

const say = stopwatch();
const minute = 60_000;

let passed = 0;
const failures: { name: string; error: string }[] = [];

/** Counts one result. `error` is everything one needs to see what is wrong, or undefined if it passed. */
function count(name: string, error?: string): void {
  if (error === undefined) {
    passed += 1;
    say(`  ✓ ${name}`);
  } else {
    failures.push({ name, error });
    say(failed({ name, error }));
  }
}

/** One failure as it is printed. */
const failed = ({ name, error }: { name: string; error: string }): string =>
  `  ✗ ${name}\n${error.trimEnd().replaceAll(/^/gm, '      ')}`;

/** Counts one check; it passes unless `work` throws. */
async function check(name: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
    count(name);
  } catch (error) {
    count(name, textOf(error));
  }
}

/** Makes a process of Node, and what it starts, wait for those that are not so patient: a window that is slow fails its test. */
const PATIENT = `import os from 'node:os'; os.setPriority(19);`;
/** The same for one in a session of its own, which Linux weighs as a whole (sched(7), autogroup). */
const PATIENT_SESSION = `${PATIENT} import fs from 'node:fs'; try { fs.writeFileSync('/proc/self/autogroup', '19'); } catch {}`;
const preloaded = (code: string): string[] => ['--import', `data:text/javascript,${encodeURIComponent(code)}`];

/** Counts one check that is a program of its own. */
const tool = (name: string, file: string, args: readonly string[]): Promise<void> =>
  check(name, async () => {
    const program = [...preloaded(PATIENT_SESSION), path.join(root, file)];
    const { code, output } = await runToEnd(process.execPath, [...program, ...args]);
    if (code !== 0) throw new Report(output || `${file} ended with code ${code}`);
  });

/** Types of one project. What the compiler found out is kept outside too, so that a fresh clone goes on from there. */
async function typesOf(name: string, project: string, found: string): Promise<void> {
  const [here, kept] = [path.join(root, 'out', found), path.join(cacheFolder, found)];
  await mkdir(path.dirname(here), { recursive: true });
  await copyFile(kept, here, constants.COPYFILE_EXCL).catch(() => undefined);
  await tool(name, 'node_modules/typescript/bin/tsc', ['-p', project]);
  // Put there whole: another clone may be reading it.
  const part = `${kept}.${process.pid}`;
  await copyFile(here, part)
    .then(() => rename(part, kept))
    .catch(() => undefined);
}

/** Builds the bundle and the VSIX that the suites `vscode` and `ui` test, once. */
const built = lazily(() => build('production'));
const packaged = lazily(async () => {
  await built();
  return packageVsix();
});

const packedCli = lazily(async () => packCli(await built()));

/** The two versions of VS Code, installed once. */
const vscodes = {
  newest: lazily(() => installVsCode('newest', say)),
  floor: lazily(() => installVsCode('floor', say)),
};

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

async function checks(): Promise<void> {
  // Two cores: types and lint are the long ones, the others follow one another beside them.
  await Promise.all([
    typesOf('types', '.', 'tsconfig.tsbuildinfo'),
    tool('lint and import directions', 'scripts/lint.ts', []),
    (async () => {
      await typesOf('types of src/core, which knows no Node and no VS Code', 'src/core', 'core.tsbuildinfo');
      await tool('format', 'scripts/format.ts', []);
      for (const { name, problems } of await checkManifest())
        count(`manifest: ${name}`, problems.length === 0 ? undefined : problems.join('\n'));
      await check('bundle, its budget and the licenses in it', built);
      await check('licences and SBOM: as allowed, valid, and told in docs/licences.md', async () =>
        licencesAreTold((await built()).packages),
      );
      await check('VSIX: what is in it, and its budget', packaged);
      await check('VSIX and npm package: the same bytes from a second copy of the folder', async () =>
        packsTheSame(
          [(await packaged()).file, (await packedCli()).file],
          (await built()).packages.map(({ name }) => name),
        ),
      );
    })(),
  ]);
}

/** Milliseconds by test file, as they were in the last run that had it. */
const DURATIONS = 'test-durations.json';
const durations = lazily(async () => new Map(Object.entries(await recall<Record<string, number>>(DURATIONS, {}))));

/** Files, those first that take longest with what is in them: what is left at the end is short. One that was never run counts by its size. */
async function longestFirst(files: ReadonlyMap<string, readonly string[]>): Promise<string[]> {
  const known = await durations();
  const weigh = async (file: string): Promise<number> => known.get(file) ?? (await stat(path.join(root, file))).size;
  const weighed = [...files].map(async ([file, parts]) => {
    const weights = await Promise.all(parts.map(weigh));
    return [file, weights.reduce((sum, weight) => sum + weight, 0)] as const;
  });
  return (await Promise.all(weighed)).sort(([, a], [, b]) => b - a).map(([file]) => file);
}

interface Running {
  /** How many files at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Whether they wait for the processor while others need it. */
  readonly patient?: boolean;
  /** Whether files that leave one another alone run in one process. */
  readonly shared?: boolean;
  /** Files that run in one process, one after the other, on what they share; `first` is loaded before them. */
  readonly groups?: { readonly together: readonly (readonly string[])[]; readonly first: string };
}

/** Runs the test files of a suite, each in a Node process of its own unless they share, and counts their tests. A process that ends before its tests have counts as failed. */
async function nodeTests(name: string, { concurrency, signal, patient, shared, groups }: Running): Promise<void> {
  const all = globSync(`test/${name}/**/*.test.ts`, { cwd: root }).sort();
  if (all.length === 0) count(`test/${name}`, 'There is no test file.');
  const folder = `out/${name}-tests`;
  const batches = groups
    ? await groupsOf(all, groups.together, groups.first, folder)
    : shared
      ? await batchesOf(all, folder)
      : new Map(all.map((file) => [file, [file]]));
  const files = await longestFirst(batches);
  const known = await durations();
  const taken = new Map<string, number>();
  await new Promise<void>((resolve) => {
    run({
      files: files.map((file) => path.join(root, file)),
      concurrency,
      signal,
      execArgv: patient ? preloaded(PATIENT) : [],
    })
      .on('test:complete', ({ name, file, nesting, details }) => {
        if (file === undefined || nesting > 0) return;
        const place = all.includes(name) ? name : path.relative(root, file);
        known.set(place, taken.set(place, (taken.get(place) ?? 0) + details.duration_ms).get(place) ?? 0);
      })
      .on('test:pass', ({ name, details }) => {
        if (path.isAbsolute(name)) count(path.relative(root, name), 'There is no test in this file.');
        else if (details.type !== 'suite') count(`${name} (${Math.round(details.duration_ms)} ms)`);
      })
      .on('test:fail', ({ name, file = name, details }) => {
        // A suite fails because of a test that has been counted, unless one of its hooks broke.
        const { error } = details;
        if (details.type === 'suite' && 'failureType' in error && error.failureType === 'subtestsFailed') return;
        const place = path.relative(root, file);
        const parts = batches.get(place)?.join(', ') ?? place;
        count(path.isAbsolute(name) ? parts : name === place ? name : `${name}, ${parts}`, textOf(error));
      })
      .on('test:stderr', ({ message }) => process.stderr.write(message))
      .on('end', resolve)
      .resume();
  });
  await remember(DURATIONS, Object.fromEntries(known));
}

/** Runs the tests inside VS Code, on the newest version or on all. */
async function inVscode(matrix: boolean): Promise<void> {
  await Promise.all([built(), buildVscodeTests()]);
  for (const version of (matrix ? ['floor', 'newest'] : ['newest']) satisfies Version[]) {
    if (!process.env['VSCODE_EXECUTABLE']) await vscodes[version]();
    say(`  in VS Code (${version})`);
    const { failures: broken, passed: good } = await runInVscode(version, (line) => say(`  ${line}`));
    passed += good;
    for (const { title, error } of broken) count(`${title} (${version})`, error);
  }
}

/** The npm package, as it is installed and run elsewhere. */
async function npmPackage(signal: AbortSignal): Promise<void> {
  await packedCli();
  await nodeTests('package', { concurrency: 2, signal, patient: true });
}

async function inSandbox(signal: AbortSignal): Promise<void> {
  await built();
  process.env['KUBEFLOW_IRSA_BUILT_CLI'] = path.join(root, 'dist', 'cli.cjs');
  await nodeTests('sandbox', { concurrency: 2, signal });
}

async function ui(signal: AbortSignal): Promise<void> {
  const [{ file }, newest] = await Promise.all([packaged(), vscodes.newest(), vscodes.floor()]);
  // Once for all test files: VS Code takes half a second of a processor for it.
  const folder = path.join(root, 'out', 'ui-extensions');
  await rm(folder, { recursive: true, force: true });
  process.env['KUBEFLOW_IRSA_EXTENSIONS'] = path.join(folder, 'extensions');
  await installVsix(newest, file, path.join(folder, 'extensions'));
  const named = (...names: readonly string[]): readonly string[] => names.map((one) => `test/ui/${one}.test.ts`);
  // On one sandbox and in one window: each goes on from where the one before it has left them.
  const together = [named('repair', 'doctor'), named('runs', 'change', 'leave')];
  await nodeTests('ui', { concurrency: 2, signal, groups: { together, first: 'test/ui/harness.ts' } });
}

const matrix = process.argv.includes('--matrix');
/** Name, longest time in milliseconds, what it does. */
type Suite = [limitMs: number, (signal: AbortSignal) => Promise<void>];
const suites: Record<string, Suite> = {
  checks: [60 * minute, checks],
  unit: [60 * minute, (signal) => nodeTests('unit', { concurrency: 2, signal, patient: true, shared: true })],
  package: [20 * minute, npmPackage],
  vscode: [20 * minute, () => inVscode(matrix)],
  sandbox: [60 * minute, inSandbox],
  ui: [60 * minute, ui],
};
/** Suites that follow one another; lanes run side by side. Sandbox and browser wait for half of their time, checks and units never. */
const LANES = [['vscode', 'ui'], ['sandbox'], ['checks', 'unit', 'package']];

/** Runs one suite; what breaks it as a whole, or takes too long, counts as a failure. */
async function runSuite(name: string, [limitMs, suite]: Suite): Promise<void> {
  say(name);
  const controller = new AbortController();
  const limit = new Promise<never>((_resolve, reject) => {
    setTimeout(() => {
      controller.abort();
      reject(new Error(`It took longer than ${limitMs / minute} minutes and was ended.`));
    }, limitMs).unref();
  });
  try {
    await Promise.race([suite(controller.signal), limit]);
    say(`${name} is done`);
  } catch (error) {
    count(`suite ${name}`, textOf(error));
  }
}

await main(async () => {
  const wanted = process.argv.slice(2).filter((argument) => argument !== '--matrix');
  const at = wanted.indexOf('--seed');
  const seed = at < 0 ? process.env[SEED_VARIABLE] : (wanted.splice(at, 2)[1] ?? 'nothing');
  const unknown = wanted.find((name) => !(name in suites));
  if (unknown !== undefined) {
    process.stderr.write(`There is no suite "${unknown}". The suites: ${Object.keys(suites).join(' ')}\n`);
    return 2;
  }
  // A run starts hundreds of Node processes that load the same files: what they compile is kept (a third of the time of each).
  process.env['NODE_COMPILE_CACHE'] ??= path.join(cacheFolder, 'node');
  const variation = variationFrom(seed);
  // The test files are processes of their own, and start their sandboxes themselves.
  if (variation) {
    process.env[SEED_VARIABLE] = String(variation.seed);
    say(variationText(variation));
  }
  // Mostly waits for the network: done while the first suites compute. What goes wrong is told by the suite that needs it.
  if (wanted.length === 0) void Promise.allSettled(Object.values(vscodes).map((install) => install()));
  const runs = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
  // Their test files share what is dear of a sandbox.
  const pool = runs('sandbox') || runs('ui') ? await startPool() : undefined;
  if (pool) process.env[POOL_VARIABLE] = pool.url;
  await Promise.all(
    LANES.map(async (lane) => {
      for (const name of lane) {
        const suite = suites[name];
        if (suite && runs(name)) await runSuite(name, suite);
      }
    }),
  );
  await pool?.end();
  // Once more and in brief, so that the last lines alone say what broke: the middle of a long log is not always kept.
  const lines = Math.max(4, Math.min(15, Math.floor(200 / failures.length)));
  if (failures.length > 0)
    say(`Failed:\n${failures.map(({ name, error }) => failed({ name, error: inBrief(error, lines) })).join('\n')}`);
  process.stdout.write(`${passed} passed, ${failures.length} failed\n`);
  return failures.length === 0 && passed > 0 ? 0 : 1;
});
