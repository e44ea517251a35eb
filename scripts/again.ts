// Packs a second copy of this folder, made anew under another umask, time zone and language, and compares VSIX and npm package byte
// for byte.
// Usage: node scripts/run.mjs scripts/again.ts
import { chmod, copyFile, cp, link, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from './build.ts';
import { packCli } from './npm.ts';
import { packageVsix } from './package.ts';
import { gitFiles, isEntry, main, root, runToEnd, stopwatch } from './processes.ts';

/** What differs between two machines besides folder and file times. Lithuanian puts y beside i; Kiribati is a day ahead of Hawaii. */
const elsewhere = { TZ: 'Pacific/Kiritimati', LC_ALL: 'lt_LT.UTF-8', LANG: 'lt_LT.UTF-8', SOURCE_DATE_EPOCH: '86400' };

/** The packages, without their bytes. Links to the folder itself would not do: webpack numbers modules by their real paths. */
async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target);
    else if (entry.isSymbolicLink()) await cp(source, target, { verbatimSymlinks: true });
    else await link(source, target);
  }
}

/** These packages of out/, made in a second copy of this folder, out/again. */
async function packedElsewhere(files: readonly string[]): Promise<Buffer[]> {
  const folder = path.join(root, 'out', 'again');
  await rm(folder, { recursive: true, force: true });
  try {
    for (const file of await gitFiles()) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await copyFile(path.join(root, file), path.join(folder, file));
      await chmod(path.join(folder, file), 0o600);
    }
    await linkTree(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
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

/** Throws unless a second copy of this folder gives the bytes of these packages of out/. */
export async function packsTheSame(files: readonly string[]): Promise<void> {
  const second = await packedElsewhere(files);
  for (const [index, file] of files.entries()) {
    const [one, other = Buffer.alloc(0)] = [await readFile(file), second[index]];
    if (one.equals(other)) continue;
    const at = one.findIndex((byte, place) => byte !== other[place]);
    throw new Error(
      `Packed again elsewhere, ${path.basename(file)} differs from byte ${at} on (${one.length} and ${other.length} bytes).`,
    );
  }
}

if (isEntry(import.meta.url)) {
  await main(async () => {
    const say = stopwatch();
    const built = await build('production');
    const files = [(await packageVsix()).file, (await packCli(built)).file];
    say(`${files.map((file) => path.relative(root, file)).join(', ')}; now again, elsewhere …`);
    await packsTheSame(files);
    say('The same bytes.');
    return 0;
  });
}
