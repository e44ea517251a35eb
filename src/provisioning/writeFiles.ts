/** The one place that writes files of an export: into one folder, nothing outside of it, and nothing before all was checked. */
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { OutputFile } from '../export/things.ts';

/** Why nothing was written. `not-empty`: with `force` it would be. The message is a sentence for people. */
export class FolderError extends Error {
  readonly code: 'not-empty' | 'refused';
  constructor(message: string, code: FolderError['code']) {
    super(message);
    this.name = 'FolderError';
    this.code = code;
  }
}

const kindOf = async (file: string): Promise<'none' | 'folder' | 'file' | 'link' | 'other'> => {
  try {
    const there = await lstat(file);
    if (there.isSymbolicLink()) return 'link';
    return there.isDirectory() ? 'folder' : there.isFile() ? 'file' : 'other';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'none';
    throw error;
  }
};

/** What is in the way of writing a file below `root`. Symbolic links are never followed: they may lead anywhere. */
async function inTheWay(root: string, file: string): Promise<string | undefined> {
  const parts = file.split('/');
  for (const [at] of parts.entries()) {
    const part = path.join(root, ...parts.slice(0, at + 1));
    const kind = await kindOf(part);
    if (kind === 'none') return undefined;
    if (kind !== (at === parts.length - 1 ? 'file' : 'folder')) {
      const what = {
        folder: 'a folder',
        file: 'a file',
        link: 'a symbolic link, which is not followed',
        other: 'no file',
      };
      return `${part} is ${what[kind]}.`;
    }
  }
  return undefined;
}

/**
 * Writes files whose paths are inside the folder (export/prepare.ts says so); the folder is made where it is not there.
 *
 * @param force also where something is in the folder: files of these names are replaced, others stay
 * @returns the absolute paths, in the order of the files
 * @throws {@link FolderError} before anything is written
 */
export async function writeFiles(
  folder: string,
  files: readonly OutputFile[],
  force: boolean,
): Promise<readonly string[]> {
  const given = path.resolve(folder);
  const there = await lstat(given).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw new FolderError(`${given} cannot be used: ${error.message}`, 'refused');
    },
  );
  // A folder that is itself a link was chosen by the person.
  const root = there ? await realpath(given) : given;
  if (there) {
    const names = await readdir(root).catch((error: NodeJS.ErrnoException) => {
      throw new FolderError(
        error.code === 'ENOTDIR' ? `${given} is a file. Choose a folder.` : `${given} cannot be read: ${error.message}`,
        'refused',
      );
    });
    if (names.length > 0 && !force) throw new FolderError(`${given} is not empty.`, 'not-empty');
    for (const { path: file } of files) {
      const wrong = await inTheWay(root, file);
      if (wrong !== undefined) throw new FolderError(`Nothing was written: ${wrong}`, 'refused');
    }
  }
  const targets = files.map((file) => ({ ...file, target: path.join(root, ...file.path.split('/')) }));
  for (const { path: file, target } of targets)
    if (path.relative(root, target).startsWith('..'))
      throw new FolderError(`${file} is outside of ${root}.`, 'refused');
  for (const { target, text, executable } of targets) {
    await mkdir(path.dirname(target), { recursive: true });
    // A link that somebody puts there meanwhile is replaced, not followed.
    const part = `${target}.${randomUUID()}.part`;
    try {
      await writeFile(part, text, { flag: 'wx', mode: executable === true ? 0o755 : 0o644 });
      await rename(part, target);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }
  return targets.map(({ target }) => target);
}
