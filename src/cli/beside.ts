/** The files beside those that are linted, which may say who fills in their placeholders. */
import { existsSync, readdirSync, readFileSync, statSync, type Dirent } from 'node:fs';
import path from 'node:path';
import { holdsScripts, mayTell, tellsFilling, type FilesBeside } from '../core/policy/filling.ts';
import type { Beside } from '../core/finding.ts';
import { placeholdersIn } from '../core/policy/placeholder.ts';

/** Folders above a file that are looked at, up to that of the repository. */
const ABOVE = 8;
/** Files of one folder that are read, and bytes of each. */
const MOST_FILES = 80;
const MOST_BYTES = 256 * 1024;

/**
 * What lies beside the files that hold placeholders and tells of filling in: in their folders, in those above up to the top of the
 * repository or to one of `tops`, and in the folders of scripts there. What cannot be read tells nothing. Read synchronously, as the
 * files are, and each folder once.
 */
export function besideOf(files: readonly Beside[], tops: readonly string[] = []): FilesBeside {
  const folders = new Set<string>();
  for (const { path: file, text } of files)
    if (placeholdersIn(text).length > 0)
      for (const folder of upFrom(path.dirname(path.resolve(file)), tops)) folders.add(folder);
  const linted = new Set(files.map((file) => path.resolve(file.path)));
  const found = [...folders].flatMap((folder) => tellingIn(folder, 2));
  return { root: process.cwd(), tops, files: found.filter((one) => !linted.has(one.path)) };
}

/** A folder and those above it up to a top; where there is none near, itself alone: what lies above belongs to somebody else. */
function upFrom(folder: string, tops: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (let here = folder; found.length <= ABOVE && path.dirname(here) !== here; here = path.dirname(here)) {
    found.push(here);
    if (tops.includes(here) || existsSync(path.join(here, '.git'))) return found;
  }
  return [folder];
}

const known = new Map<string, readonly Beside[]>();

/** The telling files of a folder and of its folders of scripts, whose own such folders count as well. */
function tellingIn(folder: string, depth: number): readonly Beside[] {
  const before = known.get(folder);
  if (before) return before;
  const found: Beside[] = [];
  let read = 0;
  for (const entry of entriesOf(folder)) {
    const target = path.join(folder, entry.name);
    if (entry.isDirectory() && depth > 0 && holdsScripts(entry.name)) found.push(...tellingIn(target, depth - 1));
    if (!entry.isFile() || !mayTell(target) || read >= MOST_FILES) continue;
    read += 1;
    const one = { path: target, text: textOf(target) };
    if (tellsFilling(one)) found.push(one);
  }
  known.set(folder, found);
  return found;
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return statSync(file).size > MOST_BYTES ? '' : readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
