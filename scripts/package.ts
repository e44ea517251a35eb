// Makes the VSIX from the built dist/ and checks what is in it.
// Usage: node scripts/run.mjs scripts/package.ts
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { build } from './build.ts';
import { filesOfManifest, readManifest } from './manifest.ts';
import { isEntry, main, root, stopwatch } from './processes.ts';

/** Bytes; more makes the packaging fail. */
const vsixBudget = 900_000;

export interface Vsix {
  /** Absolute path. */
  file: string;
  bytes: number;
  /** Paths within, as in the archive. */
  entries: string[];
}

/** The names in a zip archive, from its central directory (APPNOTE.TXT 4.3.12). */
export function zipEntries(zip: Buffer): string[] {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) throw new Error('This is not a zip archive.');
  const names: string[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const nameLength = zip.readUInt16LE(at + 28);
    names.push(zip.toString('utf8', at + 46, at + 46 + nameLength));
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return names;
}

/** What is wrong with a VSIX: files that are missing, files that have no business in it, and its size. */
export async function vsixProblems({ entries, bytes }: Vsix, budget = vsixBudget): Promise<string[]> {
  const bundles = (await readdir(path.join(root, 'dist'))).filter((file) => file.endsWith('.cjs'));
  // vsce gives these three names of its own.
  const required = [
    ...['package.json', 'package.nls.json', 'readme.md', 'changelog.md', 'LICENSE.txt', 'dist/THIRD-PARTY-NOTICES.txt'],
    ...bundles.map((file) => `dist/${file}`),
    ...filesOfManifest(await readManifest()),
  ];
  const readme = await readFile(path.join(root, 'README.md'), 'utf8');
  const isExpected = (file: string): boolean =>
    required.includes(file) ||
    /^(l10n\/[\w.-]+|schemas\/[\w.-]+|package\.nls\.[\w-]+)\.json$/.test(file) ||
    (/^media\/[\w/.-]+\.png$/.test(file) && readme.includes(file));
  const inside = new Set(entries);
  return [
    ...required.filter((file) => !inside.has(`extension/${file}`)).map((file) => `${file} is missing in the VSIX.`),
    ...entries
      .filter((entry) => entry !== '[Content_Types].xml' && entry !== 'extension.vsixmanifest')
      .filter((entry) => !isExpected(entry.replace(/^extension\//, '')))
      .map((entry) => `${entry} has no business in the VSIX.`),
    ...(bytes > budget ? [`The VSIX has ${bytes} bytes; the budget is ${budget}.`] : []),
  ];
}

/** Where the VSIX is put. */
async function vsixFile(): Promise<string> {
  const { name, version } = await readManifest();
  return path.join(root, 'out', `${name}-${version}.vsix`);
}

/** What a VSIX is made of, as a hash of paths, sizes and times. */
async function sources(): Promise<string> {
  const hash = createHash('sha256');
  const patterns = ['{src,l10n,media,schemas,snippets,syntaxes}/**/*.*', 'scripts/*.ts', '*.{json,js,md}', 'LICENSE'];
  const files: string[] = [];
  for await (const file of glob(patterns, { cwd: root })) files.push(file);
  for (const file of files.sort()) {
    const { size, mtimeMs } = await stat(path.join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** The VSIX of the sources as they are: built and packed, unless that has been done. */
export async function freshVsix(): Promise<string> {
  const file = await vsixFile();
  const wanted = await sources();
  const isFresh = existsSync(file) && (await readFile(`${file}.of`, 'utf8').catch(() => '')) === wanted;
  if (isFresh) return file;
  await build('production');
  // Its size is for the checks to refuse: who only wants to see it is not kept from that.
  await packageVsix(Infinity);
  return file;
}

/** Packs what `build` left in dist/; throws if the VSIX is not as it should be. */
export async function packageVsix(budget = vsixBudget): Promise<Vsix> {
  const file = await vsixFile();
  const made = await sources();
  await mkdir(path.dirname(file), { recursive: true });
  const { log } = console;
  console.log = () => undefined; // vsce lists the files, which are checked below, and has no other way to be quiet.
  try {
    await createVSIX({
      cwd: root,
      packagePath: file,
      dependencies: false,
      allowMissingRepository: true,
      rewriteRelativeLinks: false,
    });
  } finally {
    console.log = log;
  }
  const zip = await readFile(file);
  const vsix = { file, bytes: zip.length, entries: zipEntries(zip) };
  const problems = await vsixProblems(vsix, budget);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  await writeFile(`${file}.of`, made);
  return vsix;
}

if (isEntry(import.meta.url)) {
  await main(async () => {
    const say = stopwatch();
    say('Building …');
    await build('production');
    const { file, bytes, entries } = await packageVsix();
    say(`${path.relative(root, file)}: ${entries.length} files, ${bytes.toLocaleString('en')} bytes`);
    return 0;
  });
}
