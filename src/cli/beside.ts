/** The files beside those that are linted, which may say who fills in their placeholders. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { mayTell, tellsFilling, type Beside, type FilesBeside } from '../core/policy/filling.ts';
import { placeholdersIn } from '../core/policy/placeholder.ts';

/** Folders above a file that are looked at, up to that of the repository. */
const ABOVE = 8;
/** Folders of scripts that belong to the folder that holds them. */
const SCRIPTS = /^(?:scripts?|hack|bin|ci|tools|tasks|docs)$|^\.github$|^workflows$/i;
/** Files of one folder that are read, and bytes of each. */
const MOST_FILES = 80;
const MOST_BYTES = 256 * 1024;

/**
 * What lies beside the files that hold placeholders and tells of filling in: in their folders, in those above up to the top of the
 * repository or to a folder that was named, and in the folders of scripts there. What cannot be read tells nothing.
 */
export async function besideOf(files: readonly Beside[], named: readonly string[]): Promise<FilesBeside> {
  const tops = new Set(named.map((one) => path.resolve(one)));
  const folders = new Set<string>();
  for (const { path: file, text } of files)
    if (placeholdersIn(text).length > 0)
      for (const folder of await upFrom(path.dirname(path.resolve(file)), tops)) folders.add(folder);
  const linted = new Set(files.map((file) => path.resolve(file.path)));
  const found: Beside[] = [];
  for (const folder of folders) found.push(...(await tellingIn(folder, linted, 2)));
  return { root: process.cwd(), files: found };
}

/** A folder and those above it up to a top; where there is none near, itself alone: what lies above belongs to somebody else. */
async function upFrom(folder: string, tops: ReadonlySet<string>): Promise<readonly string[]> {
  const found: string[] = [];
  for (let here = folder; found.length <= ABOVE && path.dirname(here) !== here; here = path.dirname(here)) {
    found.push(here);
    if (tops.has(here) || (await isTop(here))) return found;
  }
  return [folder];
}

const isTop = (folder: string): Promise<boolean> =>
  stat(path.join(folder, '.git')).then(
    () => true,
    () => false,
  );

/** The telling files of a folder and of its folders of scripts, whose own such folders count as well. */
async function tellingIn(folder: string, linted: ReadonlySet<string>, depth: number): Promise<Beside[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: Beside[] = [];
  let read = 0;
  for (const entry of entries) {
    const target = path.join(folder, entry.name);
    if (entry.isDirectory() && depth > 0 && SCRIPTS.test(entry.name))
      found.push(...(await tellingIn(target, linted, depth - 1)));
    if (!entry.isFile() || !mayTell(target) || linted.has(target) || read >= MOST_FILES) continue;
    read += 1;
    const text = await textOf(target);
    const one = { path: target, text };
    if (tellsFilling(one)) found.push(one);
  }
  return found;
}

async function textOf(file: string): Promise<string> {
  try {
    return (await stat(file)).size > MOST_BYTES ? '' : await readFile(file, 'utf8');
  } catch {
    return '';
  }
}
