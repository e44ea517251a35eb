// Builds dist/: the bundles, and the notices and bill of materials of what is bundled.
// Usage: node scripts/run.mjs scripts/build.ts [--development]
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import webpack from 'webpack';
import configure, { vscodeTests } from '../webpack.config.js';
import { cacheFolder } from './cache.ts';
import { type Bundled, bundledPackages, writeNotices } from './licences.ts';
import { isEntry, main, root, stopwatch } from './processes.ts';

/** Where what terser made of large files is kept, by their text. */
const minifiedFolder = path.join(cacheFolder, 'minified');
/** Characters. Smaller files are quick, and show in each second copy (again.ts) that terser says the same of the same text. */
const LARGE = 200_000;
/** How many are kept: those of a few builds. */
const MOST_KEPT = 40;

/** Takes from there what has been minified before, and puts there what is minified now. */
class Minified {
  readonly #settings: string;
  constructor(settings: unknown) {
    this.#settings = JSON.stringify(settings);
  }

  apply(compiler: webpack.Compiler): void {
    const { PROCESS_ASSETS_STAGE_OPTIMIZE_SIZE: stage } = webpack.Compilation;
    compiler.hooks.compilation.tap(Minified.name, (compilation) => {
      const made = new Map<string, string>();
      compilation.hooks.processAssets.tapPromise({ name: Minified.name, stage: stage - 1 }, async (assets) => {
        for (const [name, asset] of Object.entries(assets)) {
          const text = asset.source().toString();
          if (text.length < LARGE) continue;
          const key = createHash('sha256').update(`${this.#settings}\n${text}`).digest('hex');
          const known = await readFile(path.join(minifiedFolder, key), 'utf8').catch(() => undefined);
          if (known === undefined) made.set(name, key);
          else compilation.updateAsset(name, new webpack.sources.RawSource(known), { minimized: true });
        }
      });
      compilation.hooks.processAssets.tapPromise({ name: Minified.name, stage: stage + 1 }, async (assets) => {
        for (const [name, key] of made) {
          if (compilation.getAsset(name)?.info.minimized !== true) continue;
          const file = path.join(minifiedFolder, key);
          await keep(file, assets[name]?.source().toString() ?? '').catch(() => undefined);
        }
        if (made.size > 0) await forgetOld().catch(() => undefined);
      });
    });
  }
}

/** Puts a file there whole: another build may be reading it. */
async function keep(file: string, text: string): Promise<void> {
  const part = `${file}.${process.pid}`;
  await mkdir(minifiedFolder, { recursive: true });
  await writeFile(part, text);
  await rename(part, file);
}

async function forgetOld(): Promise<void> {
  const files = (await readdir(minifiedFolder)).map((name) => path.join(minifiedFolder, name));
  const times = await Promise.all(files.map(async (file) => [file, (await stat(file)).mtimeMs] as const));
  for (const [file] of times.sort(([, a], [, b]) => b - a).slice(MOST_KEPT)) await rm(file, { force: true });
}

/** Runs webpack; throws with its own report if anything is wrong, a budget included. */
async function bundle(configuration: webpack.Configuration): Promise<webpack.Stats> {
  const compiler = webpack(configuration);
  const stats = await new Promise<webpack.Stats>((resolve, reject) =>
    compiler.run((error, result) => (result ? resolve(result) : reject(error ?? new Error('webpack gave no result')))),
  );
  await new Promise<void>((resolve) => compiler.close(() => resolve()));
  if (stats.hasErrors() || stats.hasWarnings())
    throw new Error(stats.toString({ preset: 'errors-warnings', colors: false }));
  return stats;
}

/** What a build came to. */
export interface Built {
  /** The npm packages that are in it. */
  readonly packages: readonly Bundled[];
  /** The bundles of dist/ that the command line may load; the others are the extension's alone. */
  readonly cliBundles: readonly string[];
}

/** The files of entries and of all that they may load: by groups, since a chunk that is shared stands in those of other entries, too. */
function bundlesOf({ compilation }: webpack.Stats, entries: readonly string[]): string[] {
  const groups = new Set<webpack.ChunkGroup>(entries.flatMap((entry) => compilation.entrypoints.get(entry) ?? []));
  // What is added meanwhile is come to as well.
  for (const group of groups) for (const child of group.getChildren()) groups.add(child);
  return [...new Set([...groups].flatMap(({ chunks }) => chunks).flatMap(({ files }) => [...files]))].sort();
}

/** Builds the extension and the command line into dist/. */
export async function build(mode: 'production' | 'development'): Promise<Built> {
  const configuration = configure({}, { mode });
  // What decides it, besides the text: the package lock holds terser, the configuration what it is told.
  const deciding = ['package-lock.json', 'webpack.config.js'].map((file) => readFile(path.join(root, file), 'utf8'));
  const plugins = [...(configuration.plugins ?? []), new Minified([mode, ...(await Promise.all(deciding))])];
  const stats = await bundle({ ...configuration, plugins });
  const packages = await bundledPackages(stats);
  await writeNotices(packages);
  const cli = path.join(root, 'dist', 'cli.cjs');
  if (existsSync(cli)) await chmod(cli, 0o755);
  return { packages, cliBundles: bundlesOf(stats, ['cli', 'cli-main', 'cli-worker']) };
}

/** Builds the tests that run inside VS Code into out/test/vscode/. */
export async function buildVscodeTests(): Promise<void> {
  await bundle(vscodeTests);
}

if (isEntry(import.meta.url)) {
  await main(async () => {
    const say = stopwatch();
    await build(process.argv.includes('--development') ? 'development' : 'production');
    const dist = path.join(root, 'dist');
    for (const file of (await readdir(dist)).sort())
      say(`dist/${file}  ${(await readFile(path.join(dist, file))).length.toLocaleString('en')} bytes`);
    return 0;
  });
}
