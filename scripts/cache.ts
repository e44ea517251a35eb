// What is fetched, built or unpacked once and kept outside node_modules, so that a fresh clone finds it again.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Told } from './processes.ts';

/** `KUBEFLOW_IRSA_CACHE`, else `kubeflow-irsa` in `XDG_CACHE_HOME`, else in `~/.cache`. */
export const cacheFolder =
  process.env['KUBEFLOW_IRSA_CACHE'] ??
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'kubeflow-irsa');

/**
 * The cache's folder `key`, made once: `make` fills a folder that is put there when it is complete. A second process that wants
 * the same waits for the first; one that died in the middle leaves nothing that is mistaken for the result.
 */
export async function cached(
  key: string,
  make: (folder: string) => Promise<void>,
  log: (line: string) => void = () => undefined,
): Promise<string> {
  const target = path.join(cacheFolder, key);
  if (existsSync(target)) return target;
  const lock = `${target}.lock`;
  await mkdir(cacheFolder, { recursive: true }).catch((error: unknown) => {
    throw unusable(key, error);
  });
  for (let waited = false; !(await takeLock(lock)); await sleep(500)) {
    if (!waited) log(`Another process is making ${key}: waiting for it …`);
    waited = true;
  }
  try {
    if (existsSync(target)) return target;
    // Who holds the lock is alone: what is there was left by a process that was killed.
    const part = `${target}.part`;
    try {
      await rm(part, { recursive: true, force: true });
      await mkdir(part, { recursive: true });
      await make(part);
      await rename(part, target);
    } catch (error) {
      throw NO_ROOM.test(String(error)) ? unusable(key, error) : error;
    } finally {
      await rm(part, { recursive: true, force: true });
    }
    return target;
  } finally {
    await rm(lock, { force: true });
  }
}

const NO_ROOM = /ENOSPC|EDQUOT|no space left|disk quota/i;

/** What to do where nothing can be written into the cache. */
function unusable(key: string, cause: unknown): Told {
  const what = NO_ROOM.test(String(cause))
    ? `There is no room on the disk for ${key} in ${cacheFolder}: free some`
    : `${cacheFolder} cannot be written to (${(cause as NodeJS.ErrnoException).code ?? String(cause)}): make it writable`;
  return new Told(`${what}, or name another folder in KUBEFLOW_IRSA_CACHE.`, { cause });
}

/** True if the lock file is ours now. A lock whose process is gone is taken away. */
async function takeLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      // Where there is no room the file is made all the same, and stays empty.
      await rm(lock, { force: true }).catch(() => undefined);
      throw unusable(path.basename(lock, '.lock'), error);
    }
  }
  const owner = Number(await readFile(lock, 'utf8').catch(() => ''));
  const age = Date.now() - (await stat(lock).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
  // A file that is still empty was made a moment ago by a process about to write its id.
  if (owner === 0 ? age > 10_000 : !isAlive(owner)) await rm(lock, { force: true });
  return false;
}

/** Whether a process of this id exists (also one that we may not signal). */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What was kept as `name` of what makes a run faster; `otherwise` where there is nothing, or nothing that can be read. */
export async function recall<T>(name: string, otherwise: T): Promise<T> {
  try {
    return JSON.parse(await readFile(path.join(cacheFolder, name), 'utf8')) as T;
  } catch {
    return otherwise;
  }
}

/** Keeps a value as JSON, whole or not at all: only speed rests on it. */
export async function remember(name: string, value: unknown): Promise<void> {
  const part = path.join(cacheFolder, `${name}.${process.pid}`);
  try {
    await mkdir(cacheFolder, { recursive: true });
    await writeFile(part, JSON.stringify(value));
    await rename(part, path.join(cacheFolder, name));
  } catch {
    await rm(part, { force: true }).catch(() => undefined);
  }
}
