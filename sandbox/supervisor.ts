// Owns every process that the sandbox starts. It is told what to do by lines of JSON on its stdin, and when that stdin
// closes, for whatever reason (even a SIGKILL of the process that holds the other end), it kills all of them, removes the
// sandbox's folder and ends.
//
// Usage: supervisor.ts FOLDER
// In:  {"start": {"name", "file", "args", "env", "cwd", "log"}} | {"signal": {"name", "signal"}}
// Out: {"exited": {"name", "code", "signal", "error"?}}
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface StartCommand {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** File that receives stdout and stderr. */
  readonly log: string;
}
export type Command =
  { readonly start: StartCommand } | { readonly signal: { readonly name: string; readonly signal: NodeJS.Signals } };
export interface Exited {
  readonly name: string;
  readonly code: number | null;
  readonly signal: string | null;
  /** Why the process could not be started, such as ENOENT. */
  readonly error?: string;
}

const children = new Map<string, ChildProcess>();

const report = (exited: Exited): void => {
  process.stdout.write(`${JSON.stringify({ exited })}\n`);
};

function start({ name, file, args, env, cwd, log }: StartCommand): void {
  const output = openSync(log, 'a', 0o600);
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', output, output] });
  closeSync(output);
  children.set(name, child);
  child.on('error', (error: NodeJS.ErrnoException) => {
    children.delete(name);
    report({ name, code: null, signal: null, error: error.code ?? error.message });
  });
  child.on('exit', (code, signal) => {
    children.delete(name);
    report({ name, code, signal });
  });
}

function end(): void {
  for (const child of children.values()) child.kill('SIGKILL');
  const folder = process.argv[2];
  if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  // Sweeps what the children started (compilers of a build): all are in the process group that this process leads.
  if (process.platform !== 'win32') process.kill(-process.pid, 'SIGKILL');
  process.exit(0);
}

// A signal to this process alone must not leave the children behind.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
process.stdout.on('error', () => undefined);
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const command = JSON.parse(line) as Command;
    if ('start' in command) start(command.start);
    else children.get(command.signal.name)?.kill(command.signal.signal);
  })
  .on('close', end);
