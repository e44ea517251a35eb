// Packs a second copy of this folder, made anew under another umask, time zone and language, and compares VSIX and npm package byte
// for byte. What was found the same once is known by the contents of all files, in any clone.
// Usage: node scripts/run.mjs scripts/again.ts
import { createHash } from 'node:crypto';
import { chmod, copyFile, cp, link, mkdir, readFile, readdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { build } from './build.ts';
import { recall, remember } from './cache.ts';
import { packCli } from './npm.ts';
import { packageVsix } from './package.ts';
import { gitFiles, isEntry, main, root, runToEnd, stopwatch } from './processes.ts';

/** What differs between two machines besides folder and file times. Lithuanian puts y beside i; Kiribati is a day ahead of Hawaii. */
const elsewhere = { TZ: 'Pacific/Kiritimati', LC_ALL: 'lt_LT.UTF-8', LANG: 'lt_LT.UTF-8', SOURCE_DATE_EPOCH: '86400' };

/** A folder, without the bytes of its files. */
async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target);
    else if (entry.isSymbolicLink()) await cp(source, target, { verbatimSymlinks: true });
    else await link(source, target);
  }
}

/**
 * The npm packages. Those that are bundled, and what reads our files for webpack, stand there themselves, for webpack numbers modules by
 * their real paths; a link leads to each of the others, which hold most of the files.
 */
async function linkPackages(from: string, to: string, bundled: ReadonlySet<string>, scope = ''): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target, name] = [path.join(from, entry.name), path.join(to, entry.name), scope + entry.name];
    if (entry.name.startsWith('@')) await linkPackages(source, target, bundled, `${name}/`);
    else if (bundled.has(name)) await linkTree(source, target);
    else await symlink(source, target, 'junction');
  }
}

/** These packages of out/, made in a second copy of this folder, out/again. */
async function packedElsewhere(files: readonly string[], bundled: readonly string[]): Promise<Buffer[]> {
  const folder = path.join(root, 'out', 'again');
  await rm(folder, { recursive: true, force: true });
  try {
    for (const file of await gitFiles()) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await copyFile(path.join(root, file), path.join(folder, file));
      await chmod(path.join(folder, file), 0o600);
    }
    const modules = 'node_modules';
    await linkPackages(path.join(root, modules), path.join(folder, modules), new Set([...bundled, 'esbuild-loader']));
    const { code, output } = await runToEnd('sh', ['-c', 'umask 077; exec "$0" scripts/package.ts', process.execPath], {
      cwd: folder,
      env: { ...process.env, ...elsewhere },
    });
    if (code !== 0) throw new Error(output);
    return await Promise.all(files.map((file) => readFile(path.join(folder, 'out', path.basename(file)))));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const REMEMBERED = 'packed-again.json';
const digestOf = async (files: readonly string[], ...parts: readonly string[]): Promise<string> => {
  const hash = createHash('sha256').update(JSON.stringify(parts));
  for (const file of files) {
    const digest = createHash('sha256').update(await readFile(path.join(root, file)).catch(() => 'gone'));
    hash.update(`\n${digest.digest('hex')} ${file}`);
  }
  return hash.digest('base64url');
};

/**
 * Throws unless a second copy of this folder gives the bytes of these packages of out/. No copy is made where one of the same files has
 * given them before.
 */
export async function packsTheSame(files: readonly string[], bundled: readonly string[]): Promise<void> {
  const known = await recall<Record<string, string>>(REMEMBERED, {});
  const key = await digestOf((await gitFiles()).sort(), process.version, process.platform, process.arch);
  const packed = await digestOf(files.map((file) => path.relative(root, file)));
  if (known[key] === packed) return;
  const second = await packedElsewhere(files, bundled);
  for (const [index, file] of files.entries()) {
    const [one, other = Buffer.alloc(0)] = [await readFile(file), second[index]];
    if (one.equals(other)) continue;
    const at = one.findIndex((byte, place) => byte !== other[place]);
    throw new Error(
      `Packed again elsewhere, ${path.basename(file)} differs from byte ${at} on (${one.length} and ${other.length} bytes).`,
    );
  }
  const others = Object.entries(known).slice(-100);
  await remember(REMEMBERED, { ...Object.fromEntries(others), [key]: packed });
}

if (isEntry(import.meta.url)) {
  await main(async () => {
    const say = stopwatch();
    const built = await build('production');
    const files = [(await packageVsix()).file, (await packCli(built)).file];
    say(`${files.map((file) => path.relative(root, file)).join(', ')}; now again, elsewhere …`);
    await packsTheSame(
      files,
      built.packages.map(({ name }) => name),
    );
    say('The same bytes.');
    return 0;
  });
}
