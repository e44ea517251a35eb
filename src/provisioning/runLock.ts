/**
 * Who has a run: a file beside it that names a process. It says nothing any more once that process has ended, also where nobody could
 * take the file away. A dead one is outbid, not replaced: of two that try at once only one makes the file of the next number.
 */
import { execFile } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { open, readdir, readFile, rm } from 'node:fs/promises';
import { hostname, uptime } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** A process, told from one that gets its number later. */
interface Owner {
  readonly pid: number;
  /** The machine, or what looks like one to its processes: where the number counts. */
  readonly host: string;
  /** When the process began, as its system counts it; absent: not known. */
  readonly began?: string | undefined;
  /** When it took the run, milliseconds since 1970. */
  readonly since: number;
}

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

/** When a process began. Linux: clock ticks since boot, field 22 of /proc/PID/stat (proc_pid_stat(5)); the name before it may hold blanks. */
function beganOnLinux(pid: number | 'self'): string | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return stat
    ?.slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .at(19);
}

/** On other systems with `ps`, to the second. */
async function beganByPs(pid: number): Promise<string | undefined> {
  const asked = promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], {
    env: { ...process.env, LC_ALL: 'C' },
  });
  return asked.then(
    ({ stdout }) => stdout.trim() || undefined,
    () => undefined,
  );
}

async function beganOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return beganOnLinux(pid);
  return process.platform === 'win32' ? undefined : beganByPs(pid);
}

/** Where process numbers count: on Linux the boot and the namespace of process numbers, so that a container is a place of its own. */
function hostOf(): string {
  const boot = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const space = attempt(() => readlinkSync('/proc/self/ns/pid'));
  return [hostname(), boot, space].filter(Boolean).join(' ');
}

let self: Promise<Omit<Owner, 'since'>> | undefined;
const me = (): Promise<Omit<Owner, 'since'>> =>
  (self ??= beganOf(process.pid).then((began) => ({ pid: process.pid, host: hostOf(), began })));

/** How long one of another machine is taken for alive after its run last wrote: longer than any step waits. Milliseconds. */
const FOREIGN = 30 * 60_000;

/** @param wrote when its run last wrote, milliseconds since 1970 */
async function isAlive(owner: Owner, wrote: number): Promise<boolean> {
  const here = await me();
  if (owner.host !== here.host) {
    // A machine that was started again has the same name, and none of the old processes.
    const [name] = here.host.split(' ');
    if (owner.host.split(' ')[0] === name && owner.since < Date.now() - uptime() * 1_000) return false;
    return Date.now() - wrote < FOREIGN;
  }
  if (owner.since < Date.now() - uptime() * 1_000 - 60_000) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  if (owner.began === undefined) return true;
  const began = await beganOf(owner.pid);
  return began === undefined || began === owner.began;
}

const NAME = /\.lock-(\d+)$/;
const locksOf = (names: readonly string[], base: string): readonly number[] =>
  names
    .filter((name) => name.startsWith(base) && NAME.exec(name.slice(base.length))?.index === 0)
    .map((name) => Number(NAME.exec(name)?.[1]))
    .sort((a, b) => a - b);

/** The files of a run's locks among names of its folder. */
export const lockFiles = (names: readonly string[], base: string): readonly string[] =>
  locksOf(names, base).map((number) => `${base}.lock-${number}`);

/** Whether somebody has the run. `names`: what is in the folder. */
export async function isTaken(folder: string, base: string, names: readonly string[], wrote: number): Promise<boolean> {
  const last = locksOf(names, base).at(-1);
  if (last === undefined) return false;
  const owner = await ownerIn(path.join(folder, `${base}.lock-${last}`));
  // One that is being written, or was cut off then: it says who in a moment, or never.
  return owner === undefined ? Date.now() - wrote < 10_000 : isAlive(owner, wrote);
}

async function ownerIn(file: string): Promise<Owner | undefined> {
  try {
    const { pid, host, since, began } = JSON.parse(await readFile(file, 'utf8')) as Partial<Owner>;
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof since !== 'number') return undefined;
    return { pid, host, since, ...(typeof began === 'string' ? { began } : {}) };
  } catch {
    return undefined;
  }
}

/** Takes a run: what gives it back, or undefined where somebody has it. Throws what the file system says. */
export async function takeRun(folder: string, base: string, wrote: number): Promise<(() => Promise<void>) | undefined> {
  const names = await readdir(folder);
  if (await isTaken(folder, base, names, wrote)) return undefined;
  const number = (locksOf(names, base).at(-1) ?? 0) + 1;
  const file = path.join(folder, `${base}.lock-${number}`);
  let handle;
  try {
    handle = await open(file, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  try {
    const owner: Owner = { ...(await me()), since: Date.now() };
    await handle.writeFile(`${JSON.stringify(owner)}\n`);
  } catch (error) {
    await handle.close();
    await rm(file, { force: true });
    throw error;
  }
  await handle.close();
  return async () => {
    // The oldest first: the last one is what says that it is taken.
    for (const one of lockFiles(await readdir(folder).catch(() => []), base))
      await rm(path.join(folder, one), { force: true }).catch(() => undefined);
  };
}
