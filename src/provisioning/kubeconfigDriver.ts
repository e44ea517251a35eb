/** Kubeconfigs of this machine: read, and changed so that a reader sees the old file or the new one, and never half of one. */
import { constants } from 'node:fs';
import { access, chmod, chown, lstat, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { sameEntries, type KubeconfigEntries } from '../core/kubeconfig/entries.ts';
import { LONGEST, readEntries } from '../core/kubeconfig/read.ts';
import { isBlank, withEntries } from '../core/kubeconfig/write.ts';
import { BACKUP, type KubeconfigFile } from '../core/plan/kubeconfig.ts';
import { absent, failed, found, type Reading } from '../core/reading.ts';
import { messageOf } from '../core/text.ts';
import type { Driver, Means } from './driver.ts';
import { OutsideError } from './ports.ts';

/** While kubectl changes a kubeconfig, a file of this name is there (client-go, tools/clientcmd/config.go, lockFile). */
const LOCK = '.lock';
/** How long another one may hold the lock, in pauses of milliseconds: many of us may wait for one another. */
const LOCKED = [20, 50, 100, 200, ...Array.from({ length: 24 }, () => 400)];

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'error';
}

/** What a file holds; undefined: there is none. Throws a sentence that holds nothing of it. */
async function textOf(file: string): Promise<string | undefined> {
  try {
    const { size } = await stat(file);
    if (size > LONGEST * 4) throw new OutsideError('it is too long to be changed here', 'TooLong');
    const bytes = await readFile(file);
    const text = bytes.toString('utf8');
    // What is written is this text again.
    if (!Buffer.from(text, 'utf8').equals(bytes)) throw new OutsideError('it is not written in UTF-8', 'NotUtf8');
    return text;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (error instanceof OutsideError) throw error;
    const code = codeOf(error);
    const why = code === 'ENOTDIR' ? 'a part of its path is no folder' : code === 'EISDIR' ? 'it is a folder' : code;
    throw new OutsideError(why, code);
  }
}

async function readingOf(file: string, arn: string) {
  try {
    const text = await textOf(file);
    if (text === undefined) return absent;
    const read = readEntries(text, arn);
    return typeof read === 'string' ? failed(read) : found(read);
  } catch (error) {
    return failed(messageOf(error));
  }
}

/** Whether a command can be called by its name. */
export async function isOnPath(command: string, env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  if (path.isAbsolute(command)) return isThere(command);
  const endings = process.platform === 'win32' ? (env['PATHEXT'] ?? '.EXE;.CMD').split(';') : [''];
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(path.delimiter).filter(Boolean);
  const all = folders.flatMap((folder) => endings.map((ending) => isThere(path.join(folder, command + ending))));
  return (await Promise.all(all)).includes(true);
}

const isThere = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

/** What is known of kubeconfigs before a plan is made. */
export const lookAtKubeconfigs = (files: readonly string[], arn: string): Promise<readonly KubeconfigFile[]> =>
  Promise.all(files.map((file) => lookAtKubeconfig(path.resolve(file), arn)));

async function lookAtKubeconfig(file: string, arn: string): Promise<KubeconfigFile> {
  const reading = await readingOf(file, arn);
  try {
    const self = await lstat(file);
    const target = self.isSymbolicLink() ? { target: await realpath(file).catch(() => '(nothing)') } : {};
    const there = await stat(file);
    const isOpen = process.platform !== 'win32' && (there.mode & 0o077) !== 0;
    const fixed = there.isFile() ? await whyFixed(file) : 'it is no file';
    return {
      path: file,
      reading,
      ...target,
      ...(fixed === undefined ? {} : { fixed }),
      ...(isOpen ? { open: true as const } : {}),
    };
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') return { path: file, reading, fixed: `it cannot be looked at (${codeOf(error)})` };
    // A link to nothing is a link all the same.
    const dangling = await lstat(file).then(
      () => true,
      () => false,
    );
    const fixed = await whyNone(path.dirname(file));
    return {
      path: file,
      reading,
      ...(dangling ? { target: 'a file that is not there' } : {}),
      ...(fixed === undefined ? {} : { fixed }),
    };
  }
}

/** Why a file cannot be replaced. */
async function whyFixed(file: string): Promise<string | undefined> {
  const may = (one: string, mode: number): Promise<boolean> =>
    access(one, mode).then(
      () => true,
      () => false,
    );
  if (!(await may(file, constants.W_OK))) return 'you may not write it';
  return (await may(path.dirname(file), constants.W_OK)) ? undefined : 'you may not write into its folder';
}

/** Why no file can be made in a folder, which may have to be made itself. */
async function whyNone(folder: string): Promise<string | undefined> {
  try {
    if (!(await stat(folder)).isDirectory()) return `${folder} is no folder`;
    await access(folder, constants.W_OK);
    return undefined;
  } catch (error) {
    const above = path.dirname(folder);
    return codeOf(error) === 'ENOENT' && above !== folder ? whyNone(above) : `you may not write into ${folder}`;
  }
}

const wrong = (file: string, why: string): OutsideError =>
  new OutsideError(`${file} was not changed: ${why}.`, 'NotWritten');
/** It is not as it was: the run looks again. */
const moved = (file: string): OutsideError => new OutsideError(`${file} changed meanwhile.`, 'Conflict');

export function kubeconfigDriver(means: Means): Driver<'file/kubeconfig'> {
  return {
    read: async ({ at, key }): Promise<Reading<KubeconfigEntries>> => {
      const reading = await readingOf(key, at);
      return reading.state === 'found' ? found(reading.value.entries) : reading;
    },
    write: ({ ref: { at, key }, before, after }) =>
      locked(key, means, async () => {
        const self = await lstat(key).catch(() => undefined);
        if (self?.isSymbolicLink() === true) throw wrong(key, 'it is a link. Name the file that it leads to');
        const text = await textOf(key).catch((error: unknown) => {
          throw wrong(key, messageOf(error));
        });
        const there = text === undefined ? undefined : readEntries(text, at);
        if (typeof there === 'string') throw wrong(key, there);
        if (before === undefined ? there !== undefined : there === undefined || !sameEntries(there.entries, before))
          throw moved(key);
        const old = await textOf(key + BACKUP).catch(() => undefined);
        if (text !== undefined && old !== undefined && isCopy(old, text, at, before, after)) {
          await replace(key, old, text);
          return rm(key + BACKUP, { force: true });
        }
        const edited = withEntries(text ?? '', at, before, after);
        if (typeof edited === 'string') throw wrong(key, edited);
        if (after === undefined && isBlank(edited.text)) return rm(key, { force: true });
        if (text !== undefined) await put(key + BACKUP, text, 0o600);
        await replace(key, edited.text, text);
      }),
    // What is as wanted is not touched.
    guards: () => false,
    madeBy: () => undefined,
  };
}

/**
 * Whether the copy beside a file is the file as it was before the change that is taken back now: then it is brought back letter by
 * letter. Nobody else may have changed the file since.
 */
function isCopy(
  old: string,
  text: string,
  arn: string,
  before: KubeconfigEntries | undefined,
  after: KubeconfigEntries | undefined,
): boolean {
  const [was, is] = [readEntries(old, arn), readEntries(text, arn)];
  if (typeof was === 'string' || typeof is === 'string' || after === undefined || before === undefined) return false;
  if (!sameEntries(was.entries, after)) return false;
  // A context that somebody has chosen since is not chosen by us.
  const { current } = is.entries;
  if (after.current === undefined && was.entries.current !== current) return false;
  const again = withEntries(old, arn, was.entries, is.entries);
  return typeof again !== 'string' && again.text === text;
}

/** The last work on each file in this process: who comes later waits for it, and not for a turn of the lock. */
const working = new Map<string, Promise<void>>();

/** Does the work while nobody else who honours the lock changes the file. */
async function locked(file: string, means: Means, work: () => Promise<void>): Promise<void> {
  const before = working.get(file);
  const mine = (async () => {
    await before?.catch(() => undefined);
    await underLock(file, means, work);
  })();
  working.set(file, mine);
  try {
    await mine;
  } finally {
    if (working.get(file) === mine) working.delete(file);
  }
}

async function underLock(file: string, means: Means, work: () => Promise<void>): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const lock = file + LOCK;
  for (let tries = 0; ; tries++) {
    try {
      const handle = await open(lock, 'wx', 0o600);
      await handle.write(`kubeflow-irsa ${process.pid}\n`);
      await handle.close();
      break;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw wrong(file, `its folder cannot be written (${codeOf(error)})`);
      const pause = LOCKED[tries];
      if (await isLeft(lock)) await rm(lock, { force: true });
      else if (pause === undefined)
        throw wrong(file, `${lock} says that another program is changing it. Delete that file if none is`);
      else await means.sleep(pause);
    }
  }
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** Whether a lock is ours, of a process that has ended. Others' are theirs, also where they forgot them. */
async function isLeft(lock: string): Promise<boolean> {
  const text = await readFile(lock, 'utf8').catch(() => '');
  const pid = Number(/^kubeflow-irsa (\d+)\n$/.exec(text)?.[1]);
  // What is no number of a process is none that has ended: it is another error.
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

/** The file becomes the text, in one moment, with its mode and owner; not where it is no longer as it was. */
async function replace(file: string, text: string, was: string | undefined): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  // Who holds the lock has the name alone; what a process left that was ended goes.
  const made = `${file}.kubeflow-irsa.new`;
  try {
    await put(made, text, there === undefined ? 0o600 : there.mode & 0o777);
    if (there !== undefined) await chown(made, there.uid, there.gid).catch(() => undefined);
    if ((await textOf(file)) !== was) throw moved(file);
    await rename(made, file);
  } catch (error) {
    await rm(made, { force: true });
    throw error instanceof OutsideError ? error : wrong(file, `it cannot be written (${codeOf(error)})`);
  }
  // That it has its name is of the folder. Not every system can say so.
  const folder = await open(path.dirname(file), 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

/** Writes a file that is there when this is done, also after the power has gone. Whatever had the name goes. */
async function put(file: string, text: string, mode: number): Promise<void> {
  await rm(file, { force: true });
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  // The mode at its making is less what the process takes away.
  await chmod(file, mode);
}
