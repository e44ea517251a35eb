// Runs the tests and prints "N passed, N failed" as its last line.
// Usage: npm test [-- [checks] [unit] [package] [sandbox] [vscode] [ui] [--matrix] [--seed N]]     default: all suites; sandbox and ui run together, last
import { globSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { run } from 'node:test';
import { SEED_VARIABLE, variationFrom, variationText } from '../sandbox/variation.ts';
import { runInVscode } from '../test/vscode/main.ts';
import { build, buildVscodeTests } from './build.ts';
import { packsTheSame } from './again.ts';
import { cacheFolder } from './cache.ts';
import { licencesAreTold } from './licences.ts';
import { checkManifest } from './manifest.ts';
import { packCli } from './npm.ts';
import { packageVsix } from './package.ts';
import { main, root, runToEnd, stopwatch } from './processes.ts';
import { Report, inBrief, textOf } from './report.ts';
import { type Version, installVsCode } from './vscode.ts';

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

/** Counts one check that is a program of node_modules. */
const tool = (name: string, file: string, args: readonly string[]): Promise<void> =>
  check(name, async () => {
    const { code, output } = await runToEnd(process.execPath, [path.join(root, 'node_modules', file), ...args]);
    if (code !== 0) throw new Report(output || `${file} ended with code ${code}`);
  });

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
    tool('types', 'typescript/bin/tsc', ['-p', '.']),
    tool('lint and import directions', 'eslint/bin/eslint.js', ['.']),
    (async () => {
      await tool('types of src/core, which knows no Node and no VS Code', 'typescript/bin/tsc', ['-p', 'src/core']);
      await tool('format', 'prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']);
      for (const { name, problems } of await checkManifest())
        count(`manifest: ${name}`, problems.length === 0 ? undefined : problems.join('\n'));
      await check('bundle, its budget and the licenses in it', built);
      await check('licences and SBOM: as allowed, valid, and told in docs/licences.md', async () =>
        licencesAreTold((await built()).packages),
      );
      await check('VSIX: what is in it, and its budget', packaged);
      await check('VSIX and npm package: the same bytes from a second copy of the folder', async () =>
        packsTheSame([(await packaged()).file, (await packedCli()).file]),
      );
    })(),
  ]);
}

/** How much longer than another of its size a test file takes, by its folder: measured as CPU time. */
const weightOf = (file: string): number => (file.startsWith(path.join('test', 'ui')) ? 4 : 1);

/**
 * Runs the test files of some suites, each in a Node process of its own, and counts their tests. The longest files begin first: what
 * is left at the end is short. A file that ends before its tests have counts as failed.
 */
async function nodeTests(names: readonly string[], concurrency: number, signal: AbortSignal): Promise<void> {
  const sizes = new Map<string, number>();
  for (const name of names) {
    const files = globSync(`test/${name}/**/*.test.ts`, { cwd: root });
    if (files.length === 0) count(`test/${name}`, 'There is no test file.');
    for (const file of files)
      sizes.set(path.join(root, file), (await stat(path.join(root, file))).size * weightOf(file));
  }
  const files = [...sizes].sort(([, a], [, b]) => b - a).map(([file]) => file);
  await new Promise<void>((resolve) => {
    run({ files, concurrency, signal })
      .on('test:pass', ({ name, details }) => {
        if (path.isAbsolute(name)) count(path.relative(root, name), 'There is no test in this file.');
        else if (details.type !== 'suite') count(`${name} (${Math.round(details.duration_ms)} ms)`);
      })
      .on('test:fail', ({ name, file = name, details }) => {
        // A suite fails because of a test that has been counted, unless one of its hooks broke.
        const { error } = details;
        if (details.type === 'suite' && 'failureType' in error && error.failureType === 'subtestsFailed') return;
        const place = path.relative(root, file);
        count(path.isAbsolute(name) ? place : `${name}, ${place}`, textOf(error));
      })
      .on('test:stderr', ({ message }) => process.stderr.write(message))
      .on('end', resolve)
      .resume();
  });
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
  await nodeTests(['package'], 2, signal);
}

/** What the tests in the browser need. */
const readyForUi = (): Promise<unknown> => Promise.all([packaged(), vscodes.newest(), vscodes.floor()]);

async function ui(signal: AbortSignal): Promise<void> {
  await readyForUi();
  await nodeTests(['ui'], 2, signal);
}

/** Tests in the sandbox wait for half of their time, those in the browser compute: side by side each gets what the other leaves. */
async function sandboxAndUi(signal: AbortSignal): Promise<void> {
  await readyForUi();
  await nodeTests(['sandbox', 'ui'], 2, signal);
}

const matrix = process.argv.includes('--matrix');
/** Name, longest time in milliseconds, what it does. */
type Suite = [limitMs: number, (signal: AbortSignal) => Promise<void>];
const suites: Record<string, Suite> = {
  checks: [10 * minute, checks],
  unit: [10 * minute, (signal) => nodeTests(['unit'], 2, signal)],
  package: [10 * minute, npmPackage],
  sandbox: [30 * minute, (signal) => nodeTests(['sandbox'], 2, signal)],
  vscode: [10 * minute, () => inVscode(matrix)],
  ui: [20 * minute, ui],
};

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
  const chosen = Object.entries(suites).filter(([name]) => wanted.length === 0 || wanted.includes(name));
  const isOfBoth = ([name]: [string, Suite]): boolean => name === 'sandbox' || name === 'ui';
  const steps: [string, Suite][] =
    chosen.filter(isOfBoth).length < 2
      ? chosen
      : [...chosen.filter((one) => !isOfBoth(one)), ['sandbox and ui', [40 * minute, sandboxAndUi]]];
  for (const [name, [limitMs, suite]] of steps) {
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
    } catch (error) {
      count(`suite ${name}`, textOf(error));
    }
  }
  // Once more and in brief, so that the last lines alone say what broke: the middle of a long log is not always kept.
  const lines = Math.max(4, Math.min(15, Math.floor(200 / failures.length)));
  if (failures.length > 0)
    say(`Failed:\n${failures.map(({ name, error }) => failed({ name, error: inBrief(error, lines) })).join('\n')}`);
  process.stdout.write(`${passed} passed, ${failures.length} failed\n`);
  return failures.length === 0 && passed > 0 ? 0 : 1;
});
