// Makes the VSIX from the built dist/ and checks what is in it; started by itself, the npm package of the command line, too.
// Usage: node scripts/run.mjs scripts/package.ts
// The same sources give the same bytes (docs/packaging.md): scripts/again.ts proves it in a second copy of the folder.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createVSIX } from '@vscode/vsce';
import { unzipSync } from 'fflate';
import { ZipFile } from 'yazl';
import { build } from './build.ts';
import { filesOfManifest, readManifest } from './manifest.ts';
import { packCli } from './npm.ts';
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

/**
 * The same archive whoever packed it: entries by name, one time and one mode for all. vsce's own SOURCE_DATE_EPOCH leaves the umask, the
 * time zone and the locale of the machine in the bytes (out/package.js, writeVsix; yazl writes local time).
 */
export async function plainZip(zip: Uint8Array): Promise<Buffer> {
  const plain = new ZipFile();
  // The earliest time that a zip archive can say (APPNOTE.TXT 4.4.6), in the clock's own numbers: the same bytes in every time zone.
  const options = { mtime: new Date(1980, 0, 1), mode: 0o100644, forceDosTimestamp: true, compressionLevel: 9 };
  for (const [name, content] of Object.entries(unzipSync(zip)).sort(([a], [b]) => (a < b ? -1 : 1)))
    plain.addBuffer(Buffer.from(content), name, options);
  plain.end();
  return buffer(plain.outputStream);
}

/** What is wrong with a VSIX: files that are missing, files that have no business in it, and its size. */
export async function vsixProblems({ entries, bytes }: Vsix, budget = vsixBudget): Promise<string[]> {
  const bundles = (await readdir(path.join(root, 'dist'))).filter((file) => file.endsWith('.cjs'));
  // vsce gives these three names of its own.
  const required = [
    ...['package.json', 'package.nls.json', 'readme.md', 'changelog.md', 'LICENSE.txt'],
    ...['dist/THIRD-PARTY-NOTICES.txt', 'dist/sbom.cdx.json'],
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
      gitHubIssueLinking: false,
    });
  } finally {
    console.log = log;
  }
  const zip = await plainZip(await readFile(file));
  await writeFile(file, zip);
  const vsix = { file, bytes: zip.length, entries: Object.keys(unzipSync(zip)) };
  const problems = await vsixProblems(vsix, budget);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  await writeFile(`${file}.of`, made);
  return vsix;
}

if (isEntry(import.meta.url)) {
  await main(async () => {
    const say = stopwatch();
    say('Building …');
    const built = await build('production');
    for (const { file, bytes, entries } of [await packageVsix(), await packCli(built)])
      say(`${path.relative(root, file)}: ${entries.length} files, ${bytes.toLocaleString('en')} bytes`);
    return 0;
  });
}
