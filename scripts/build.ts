// Builds dist/: the bundles, and the notices and bill of materials of what is bundled.
// Usage: node scripts/run.mjs scripts/build.ts [--development]
import { chmod, readFile, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import webpack from 'webpack';
import configure, { vscodeTests } from '../webpack.config.js';
import { type Bundled, bundledPackages, writeNotices } from './licences.ts';
import { isEntry, main, root, stopwatch } from './processes.ts';

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
  const stats = await bundle(configure({}, { mode }));
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
