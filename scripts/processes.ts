// Child processes that never outlive us, and the frame every script runs in.
import { execFile, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import path from 'node:path';
import { promisify } from 'node:util';

/** The project's folder. */
export const root = path.dirname(import.meta.dirname);

/** Called with one line of progress. */
export type Say = (line: string) => void;

/** A line printer that puts the time since its creation before each line, in seconds. */
export function stopwatch(): Say {
  const started = performance.now();
  return (line) => {
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
    process.stdout.write(`[${seconds} s] ${line}\n`);
  };
}

/**
 * Our environment, with nothing in it that leads to the user's own AWS account or clusters, and `additions` on top: what a
 * sandbox gives, or nothing for a machine without credentials.
 */
export function isolatedEnvironment(additions: Readonly<Record<string, string>> = {}): Record<string, string> {
  const missing = path.join(root, 'out', 'no-such-file');
  const ours = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !/^(AWS_|KUBECONFIG$|npm_)/.test(entry[0]),
  );
  return {
    ...Object.fromEntries(ours),
    AWS_CONFIG_FILE: missing,
    AWS_SHARED_CREDENTIALS_FILE: missing,
    AWS_EC2_METADATA_DISABLED: 'true',
    KUBECONFIG: missing,
    ...additions,
  };
}

export interface Child {
  /** Both streams, as UTF-8 text. */
  stdout: Readable;
  stderr: Readable;
  /** Exit code; 127 where the command does not exist. */
  exited: Promise<number>;
  /** Ends the command with everything it started; resolves when it has ended. */
  stop(): Promise<void>;
}

/**
 * Starts a command in a process group of its own, which ends when `stop` is called and when this process ends, however it ends
 * (see guard.ts). The environment is `env` alone if given.
 */
export function startChild(
  command: string,
  args: readonly string[],
  { env = process.env, cwd = root }: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Child {
  const guard = spawn(process.execPath, [path.join(import.meta.dirname, 'guard.ts'), command, ...args], {
    cwd,
    env,
    detached: true, // Ctrl-C in the terminal reaches us, and we decide the order in which things stop.
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  guard.stdin.on('error', () => undefined); // EPIPE: it ended by itself.
  const exited = new Promise<number>((resolve) => {
    guard.on('error', () => resolve(127));
    guard.on('close', (code) => resolve(code ?? 1));
  });
  return {
    stdout: guard.stdout.setEncoding('utf8'),
    stderr: guard.stderr.setEncoding('utf8'),
    exited,
    stop: async () => {
      guard.stdin.end();
      await exited;
    },
  };
}

/** Runs a command to its end and returns its exit code with both streams' text, as they came. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<{ code: number; output: string }> {
  const child = startChild(command, args, options);
  let output = '';
  const add = (text: string): void => void (output += text);
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  return { code: await child.exited, output };
}

/** The files of the work tree that git knows or would add, relative; one may be deleted, and git not know it yet. */
export async function gitFiles(): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'],
    { cwd: root, maxBuffer: 2 ** 24 },
  );
  return stdout.split('\0').filter((file) => file !== '');
}

const cleanups: (() => Promise<unknown>)[] = [];

/** Remembers what must be stopped or deleted when this script ends; the last remembered goes first. */
export function atEnd(cleanup: () => Promise<unknown>): void {
  cleanups.push(cleanup);
}

async function cleanUp(): Promise<void> {
  for (let next = cleanups.pop(); next !== undefined; next = cleanups.pop()) {
    await next().catch((error: unknown) => process.stderr.write(`While ending: ${String(error)}\n`));
  }
}

/** An error whose message is all that a person needs: what is wrong, and what to do. */
export class Told extends Error {}

let ending = false;
/** Whether this script is ending what it started: what stops now was stopped by us. */
export const isEnding = (): boolean => ending;

/** What to do about a folder that cannot be written to; undefined where that is not what went wrong. */
function diskFailure({
  code,
  syscall,
  path: file,
  dest,
}: NodeJS.ErrnoException & { dest?: string }): string | undefined {
  const where = dest ?? file;
  const at = where === undefined ? '' : ` at ${where}`;
  const next = 'name another folder for temporary files in TMPDIR, or another clone if it is this one';
  if (code === 'ENOSPC' || code === 'EDQUOT') return `There is no room on the disk${at}: free some, or ${next}.`;
  if (syscall === 'mkdtemp' && code === 'ENOENT') return `There is no folder${at}: ${next}.`;
  if (code === 'EROFS' || (code === 'EACCES' && /^(open|mkdir|mkdtemp|copyfile|rename)$/.test(syscall ?? '')))
    return `Nothing can be written${at} (${code}): make the folder writable, or ${next}.`;
  return undefined;
}

/**
 * Runs a script: `work` returns the exit code. What `atEnd` remembered is run whatever happens: return, error, Ctrl-C, SIGTERM
 * and the end of the launcher (scripts/run.mjs).
 */
export async function main(work: () => Promise<number>): Promise<void> {
  const end = async (code: number): Promise<void> => {
    if (ending) return;
    ending = true;
    await cleanUp();
    process.exit(code);
  };
  const fail = async (error: unknown): Promise<void> => {
    const text = error instanceof Error && !(error instanceof Told) ? (diskFailure(error) ?? error.stack) : undefined;
    if (!ending) process.stderr.write(`${text ?? (error instanceof Error ? error.message : String(error))}\n`);
    await end(2);
  };
  process.on('uncaughtException', (error) => void fail(error));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(130));
  if (process.channel) {
    process.on('disconnect', () => void end(130));
    process.channel.unref();
  }
  try {
    await end(await work());
  } catch (error) {
    await fail(error);
  }
}

/** Whether the script FILE (its `import.meta.url`) is what Node was started with, and not imported. */
export function isEntry(file: string): boolean {
  return process.argv[1] !== undefined && file === new URL(`file://${path.resolve(process.argv[1])}`).href;
}
