// Builds dist/: the bundles, and the notices of what is bundled.
// Usage: node scripts/run.mjs scripts/build.ts [--development]
import { chmod, readFile, readdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import webpack from 'webpack';
import configure, { vscodeTests } from '../webpack.config.js';
import { isEntry, main, root, stopwatch } from './processes.ts';

/** Licenses (SPDX) that what we ship may have: permissive ones, which ask for no more than a notice. */
const allowedLicenses = new Set([
  'MIT',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  '0BSD',
  'Unlicense',
  'CC0-1.0',
  'BlueOak-1.0.0',
]);

interface Package {
  name: string;
  version: string;
  license: string;
  folder: string;
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

/** The npm packages whose files are in the bundle, by name. */
async function bundledPackages(stats: webpack.Stats): Promise<Package[]> {
  const folders = new Set<string>();
  const visit = (modules: Iterable<webpack.Module>): void => {
    for (const module of modules) {
      if (module instanceof webpack.NormalModule && module.resource) {
        const match = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(module.resource);
        if (match) folders.add(match[0]);
      }
      if ('modules' in module) visit(module.modules as webpack.Module[]); // concatenated
    }
  };
  visit(stats.compilation.modules);
  const packages = await Promise.all(
    [...folders].map(async (folder) => {
      const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as Omit<Package, 'folder'>;
      return { name: manifest.name, version: manifest.version, license: manifest.license, folder };
    }),
  );
  return packages.sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version));
}

/** Whether an SPDX expression, or one of its alternatives, is allowed. */
const isAllowed = (license: unknown): boolean =>
  typeof license === 'string' &&
  license
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((alternative) => allowedLicenses.has(alternative));

/** The text of THIRD-PARTY-NOTICES.txt; throws if a package may not be shipped. */
async function notices(packages: readonly Package[]): Promise<string> {
  const refused = packages.filter(({ license }) => !isAllowed(license));
  if (refused.length > 0)
    throw new Error(
      `These packages are bundled, and their licenses are not on the list in scripts/build.ts:\n` +
        refused.map(({ name, version, license }) => `  ${name}@${version}: ${license}`).join('\n'),
    );
  const texts = new Map<string, string[]>();
  for (const { name, version, license, folder } of packages) {
    const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
    const text = await Promise.all(files.map(async (file) => (await readFile(path.join(folder, file), 'utf8')).trim()));
    const key = `License: ${license}\n\n${text.join('\n\n') || 'The package carries no license file of its own.'}`;
    texts.set(key, [...(texts.get(key) ?? []), `${name} ${version}`]);
  }
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  return `This extension contains the following open-source packages.${rule}${[...texts]
    .map(([text, names]) => `${names.join('\n')}\n\n${text}`)
    .join(rule)}\n`;
}

/** Builds the extension and the command line into dist/. */
export async function build(mode: 'production' | 'development'): Promise<void> {
  const stats = await bundle(configure({}, { mode }));
  const dist = path.join(root, 'dist');
  await writeFile(path.join(dist, 'THIRD-PARTY-NOTICES.txt'), await notices(await bundledPackages(stats)));
  const cli = path.join(dist, 'cli.cjs');
  if (existsSync(cli)) await chmod(cli, 0o755);
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
