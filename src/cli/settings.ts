/** The repository of a path, and its settings file. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { SETTINGS_FILE } from '../core/look.ts';
import { MAX_SETTINGS, NO_SETTINGS, readSettings, type Settings } from '../core/settings.ts';
import type { SettingsProblem } from '../core/settings.ts';
import { messageOf } from '../core/text.ts';
import { UsageError } from './parse.ts';

/** A folder and those above it. */
function* above(folder: string): Generator<string> {
  for (let here = path.resolve(folder); ; here = path.dirname(here)) {
    yield here;
    if (path.dirname(here) === here) return;
  }
}

/** The root of the repository that a folder is in; undefined where it is in none. A worktree has a file `.git`. */
export function repositoryOf(folder: string): string | undefined {
  for (const here of above(folder)) if (existsSync(path.join(here, '.git'))) return here;
  return undefined;
}

/** The settings file of a folder: its own, or the nearest one above it, up to the root of its repository. */
export function settingsAbove(folder: string): string | undefined {
  const root = repositoryOf(folder);
  for (const here of above(folder)) {
    const file = path.join(here, SETTINGS_FILE);
    if (existsSync(file)) return file;
    if (here === root) return undefined;
  }
  return undefined;
}

/** A settings file as it was read. */
export interface SettingsRead {
  /** Its path; undefined: there is none. */
  readonly file: string | undefined;
  readonly settings: Settings;
  readonly problems: readonly SettingsProblem[];
}

/** Reads a settings file. Throws {@link UsageError} where it is there and cannot be read. */
export async function settingsFrom(file: string | undefined): Promise<SettingsRead> {
  if (file === undefined) return { file, settings: NO_SETTINGS, problems: [] };
  let text: string;
  try {
    const kind = await stat(file);
    // A pipe to which nobody writes would be waited for.
    if (!kind.isFile() && !kind.isDirectory()) throw new Error('it is no file.');
    if (kind.size > MAX_SETTINGS) throw new Error('it is longer than 4 MB.');
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${path.relative('.', file)} cannot be read: ${messageOf(error)}`);
  }
  const { problems, ...settings } = readSettings(text);
  return { file, settings, problems };
}
