/** The files beside those that are linted, which may say who fills in their placeholders. */
import { readdirSync, readFileSync, statSync, type Dirent } from 'node:fs';
import path from 'node:path';
import {
  asksWhoFills,
  holdsScripts,
  MOST_BYTES,
  tellingAround,
  tellingNames,
  tellsFilling,
} from '../core/policy/filling.ts';
import type { FilesBeside, FolderBeside } from '../core/policy/filling.ts';
import type { Beside } from '../core/finding.ts';

type Seen = FolderBeside<string> | undefined;
/** The folders that the last call looked into: those of a tree come one after the other, and share what lies above them. */
let last: ReadonlyMap<string, Seen> = new Map();

/**
 * What lies beside the files that hold placeholders and tells of filling in, up to the top of the repository or to one of `tops`. What
 * cannot be read tells nothing. Read synchronously, as the files are.
 */
export function besideOf(files: readonly Beside[], tops: readonly string[] = []): FilesBeside {
  const folders = new Set<string>();
  for (const one of files) if (asksWhoFills(one)) folders.add(path.dirname(path.resolve(one.path)));
  const [found, before, now] = [new Map<string, Beside>(), last, new Map<string, Seen>()];
  const look = (folder: string): Seen => {
    if (!now.has(folder)) now.set(folder, before.has(folder) ? before.get(folder) : lookInto(folder, tops));
    return now.get(folder);
  };
  for (const folder of folders) for (const one of tellingAround(folder, look)) found.set(one.path, one);
  if (folders.size > 0) last = now;
  return { root: process.cwd(), tops, files: [...found.values()] };
}

/** Files have changed: what was read of them counts no more. */
export const forgetBeside = (): void => void (last = new Map());

function lookInto(folder: string, tops: readonly string[]): Seen {
  let entries: readonly Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return undefined;
  }
  const paths = (wanted: (entry: Dirent) => boolean): readonly string[] =>
    entries.flatMap((one) => (wanted(one) ? [path.join(folder, one.name)] : []));
  const above = path.dirname(folder);
  const names = tellingNames(paths((one) => one.isFile()));
  let files: readonly Beside[] | undefined;
  return {
    isTop: tops.includes(folder) || entries.some(({ name }) => name === '.git'),
    above: above === folder ? undefined : above,
    scripts: paths((one) => one.isDirectory() && holdsScripts(one.name)),
    files: () => (files ??= names.map((file) => ({ path: file, text: textOf(file) })).filter(tellsFilling)),
  };
}

function textOf(file: string): string {
  try {
    return statSync(file).size > MOST_BYTES ? '' : readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
