// What is fetched or unpacked once and kept outside node_modules, so that a fresh clone finds it again.
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** `KUBEFLOW_IRSA_CACHE`, else `kubeflow-irsa` in `XDG_CACHE_HOME`, else in `~/.cache`. */
export const cacheFolder =
  process.env['KUBEFLOW_IRSA_CACHE'] ??
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'kubeflow-irsa');

const partial = 'partial-';
const dayMs = 24 * 3600 * 1000;

/**
 * The cache's folder `key`, made by `make(folder)` if it does not exist yet. It appears whole or not at all: two runs at once
 * and a run that was killed leave no half of it.
 */
export async function cached(key: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = path.join(cacheFolder, key);
  if (existsSync(folder)) return folder;
  await mkdir(cacheFolder, { recursive: true });
  for (const name of await readdir(cacheFolder)) {
    const leftover = path.join(cacheFolder, name);
    if (name.startsWith(partial) && Date.now() - (await stat(leftover)).mtimeMs > dayMs)
      await rm(leftover, { recursive: true, force: true });
  }
  const temporary = await mkdtemp(path.join(cacheFolder, partial));
  try {
    await make(temporary);
    await rename(temporary, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error; // Else another run was faster, and its folder is as good.
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}
