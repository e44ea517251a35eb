// Packs a second copy of this folder, made anew under another umask, time zone and language, and compares the VSIX byte for byte.
// Usage: node scripts/run.mjs scripts/again.ts
import { execFile } from 'node:child_process';
import { chmod, copyFile, cp, link, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from './build.ts';
import { packageVsix } from './package.ts';
import { isEntry, main, root, runToEnd, stopwatch } from './processes.ts';

/** What differs between two machines besides folder and file times. Lithuanian puts y beside i; Kiribati is a day ahead of Hawaii. */
const elsewhere = { TZ: 'Pacific/Kiritimati', LC_ALL: 'lt_LT.UTF-8', LANG: 'lt_LT.UTF-8', SOURCE_DATE_EPOCH: '86400' };

/** The files of the work tree that git knows or would add, relative. */
async function sourceFiles(): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: root,
      maxBuffer: 16 * 1024 * 1024,
    },
  );
  return stdout.split('\0').filter((file) => file !== '');
}

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

/** The VSIX of a second copy of this folder, in out/again. */
async function packedElsewhere(): Promise<Buffer> {
  const folder = path.join(root, 'out', 'again');
  await rm(folder, { recursive: true, force: true });
  try {
    for (const file of await sourceFiles()) {
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
    const [vsix] = (await readdir(path.join(folder, 'out'))).filter((file) => file.endsWith('.vsix'));
    return await readFile(path.join(folder, 'out', vsix ?? ''));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Throws unless a second copy of this folder gives the bytes of the VSIX at `file`. */
export async function packsTheSame(file: string): Promise<void> {
  const [first, second] = [await readFile(file), await packedElsewhere()];
  if (first.equals(second)) return;
  const at = first.findIndex((byte, index) => byte !== second[index]);
  throw new Error(
    `Packed again elsewhere, the VSIX differs from byte ${at} on (${first.length} and ${second.length} bytes).`,
  );
}

if (isEntry(import.meta.url)) {
  await main(async () => {
    const say = stopwatch();
    await build('production');
    const { file } = await packageVsix();
    say(`${path.relative(root, file)}; now again, elsewhere …`);
    await packsTheSame(file);
    say('The same bytes.');
    return 0;
  });
}
