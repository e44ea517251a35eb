/**
 * What V8 made of our bundles in an earlier run, so that a start does not compile them again: that is a third of the time before its
 * first call. Node's own cache (module.enableCompileCache) keeps a file as it is before it runs, when hardly a function is compiled,
 * which saves a fourth of that; and Node 20 has none.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { Script } from 'node:vm';

/** After so long it is made anew, with what later runs compiled besides. Milliseconds. */
const OLD = 24 * 60 * 60_000;
/** Bytes before the code: a sum over it and what it was made from. V8 itself does not see that code is damaged, and would run it. */
const SUM = 32;

/** Keeps compiled code of one command; nothing here throws. */
export interface Compiled {
  /** `old`: to be kept anew. Undefined: there is none, or it is not to be relied on. */
  take(name: string, source: string): { readonly code: Buffer; readonly old: boolean } | undefined;
  keep(name: string, source: string, code: Buffer): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a person's programs keep what they can make again (XDG Base Directory Specification; Apple's and Microsoft's guides). */
export function cacheFolder(env: Environment, home: string, platform: string = process.platform): string {
  const { XDG_CACHE_HOME: xdg = '', LOCALAPPDATA: local } = env;
  const caches =
    platform === 'win32'
      ? (local ?? path.join(home, 'AppData', 'Local'))
      : platform === 'darwin'
        ? path.join(home, 'Library', 'Caches')
        : path.isAbsolute(xdg)
          ? xdg
          : path.join(home, '.cache');
  return path.join(caches, 'kubeflow-irsa', 'code');
}

const isMine = ({ uid }: Stats): boolean => process.getuid === undefined || uid === process.getuid();
/** Who could write here could have us run anything: it must be ours, and for nobody else to write. Windows has no such marks. */
const isOurs = (stats: Stats): boolean => isMine(stats) && (process.getuid === undefined || (stats.mode & 0o022) === 0);

const attempt = <T>(action: () => T): T | undefined => {
  try {
    return action();
  } catch {
    return undefined;
  }
};

/** The nearest folder that is there: with `sudo` that of somebody else, in which nothing of root's may be left. */
const there = (folder: string): string =>
  attempt(() => statSync(folder)) !== undefined || path.dirname(folder) === folder
    ? folder
    : there(path.dirname(folder));

function sumOf(source: string, code: Uint8Array): Buffer {
  const sum = createHash('sha256').update(`${process.version} ${process.arch} ${source.length}\n`);
  return sum.update(source).update(code).digest();
}

/** @param command for file names: another command compiles other functions */
export function compiledIn(folder: string, command: string): Compiled {
  const fileOf = (name: string): string => path.join(folder, `${command}-${name}.bin`);
  return {
    take: (name, source) =>
      attempt(() => {
        const file = openSync(fileOf(name), 'r');
        try {
          const stat = fstatSync(file);
          if (!isOurs(stat)) return undefined;
          const all = readFileSync(file);
          const code = all.subarray(SUM);
          if (!all.subarray(0, SUM).equals(sumOf(source, code))) return undefined;
          return { code, old: Date.now() - stat.mtimeMs > OLD };
        } finally {
          closeSync(file);
        }
      }),

    keep: (name, source, code) =>
      attempt(() => {
        if (!isMine(statSync(there(folder)))) return;
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        if (!isOurs(statSync(folder))) return;
        const part = `${fileOf(name)}.${process.pid}`;
        try {
          // Beside and renamed: who reads meanwhile never gets half of it.
          writeFileSync(part, Buffer.concat([sumOf(source, code), code]), { mode: 0o600, flag: 'wx' });
          renameSync(part, fileOf(name));
        } finally {
          rmSync(part, { force: true });
        }
      }),
  };
}

/** That of a command; undefined where a person says no, or where it is counted what runs (Node's own variables). */
export const compiledOf = (command: string, env: Environment): Compiled | undefined =>
  env['NODE_DISABLE_COMPILE_CACHE'] === undefined && env['NODE_V8_COVERAGE'] === undefined && /^[a-z]+$/.test(command)
    ? attempt(() => compiledIn(cacheFolder(env, homedir()), command))
    : undefined;

/** A CommonJS module as a function (Node.js documentation, "The module wrapper"), without what a bundle does not use. */
export const wrapped = (source: string): string => `(function (exports, require, module) {${source}\n})`;

/**
 * What loads the bundles of a folder, which load each other through it; all else goes to `elsewhere`. What had to be compiled is kept
 * when the process ends, unless it could not do its work: then hardly anything ran.
 */
export function bundles(
  folder: string,
  elsewhere: (name: string) => unknown,
  compiled: Compiled | undefined,
): (name: string) => unknown {
  const loaded = new Map<string, { exports: unknown }>();
  const made: (() => void)[] = [];
  if (compiled !== undefined)
    process.once('exit', (code) => {
      if (code <= 1) for (const keep of made) keep();
    });
  const load = (name: string): unknown => {
    if (!name.startsWith('./')) return elsewhere(name);
    const known = loaded.get(name);
    if (known !== undefined) return known.exports;
    const filename = path.join(folder, name);
    const source = wrapped(readFileSync(filename, 'utf8'));
    const taken = compiled?.take(path.basename(name), source);
    const script = new Script(source, { filename, ...(taken === undefined ? {} : { cachedData: taken.code }) });
    if (taken === undefined || taken.old || script.cachedDataRejected === true)
      made.push(() => compiled?.keep(path.basename(name), source, script.createCachedData()));
    const module = { exports: {} };
    loaded.set(name, module);
    const run = script.runInThisContext() as (exports: unknown, require: typeof load, module: unknown) => void;
    run(module.exports, load, module);
    return module.exports;
  };
  return load;
}
