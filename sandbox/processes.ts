// Starts and ends processes through the supervisor, so that none outlives this process however it ends.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Command, Exited } from './supervisor.ts';

export interface ProcessSpec {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface Processes {
  /** Starts a process under a name that none of the running ones has. Its output goes to `logs/NAME.log` of the folder. */
  start(name: string, spec: ProcessSpec): void;
  /** Runs a process to its end. Rejects, with the end of its output, when it cannot be started or does not exit with 0. */
  run(name: string, spec: ProcessSpec): Promise<void>;
  /** Sends a signal and resolves when the process has ended; at once when it is not running. */
  end(name: string, signal: NodeJS.Signals): Promise<void>;
  /** Stops a process where it is (SIGSTOP), or lets it go on (SIGCONT); nothing where it is not running. */
  signal(name: string, signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** How many lines a process has printed. */
  lines(name: string): Promise<number>;
  /** The last lines of a process's output. */
  output(name: string): Promise<string>;
  /** Called when a process ends that nobody asked to end. */
  onUnexpectedExit(listener: (exited: Exited) => void): void;
  /** Kills everything that still runs, removes the folder, and resolves when both are done. */
  close(): Promise<void>;
}

/** What the children inherit: enough to find programs and the network, and no credentials of the user. */
const INHERITED = [
  ...['PATH', 'HOME', 'TMPDIR', 'LANG', 'XDG_CACHE_HOME', 'SYSTEMROOT', 'LOCALAPPDATA', 'USERPROFILE'],
  ...[
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'NO_PROXY',
    'http_proxy',
    'https_proxy',
    'no_proxy',
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
  ],
  ...['GOPROXY', 'GOSUMDB', 'GONOSUMDB', 'GOFLAGS', 'GOCACHE', 'GOMODCACHE', 'GOPATH', 'GOTOOLCHAIN', 'GOROOT'],
  ...[
    'PIP_INDEX_URL',
    'PIP_EXTRA_INDEX_URL',
    'PIP_CERT',
    'PIP_CONFIG_FILE',
    'REQUESTS_CA_BUNDLE',
    'PYENV_ROOT',
    'PYENV_VERSION',
  ],
  // What npm needs behind a proxy that has certificates of its own.
  ...['NODE_EXTRA_CA_CERTS', 'npm_config_registry', 'npm_config_cafile', 'npm_config_userconfig'],
];

/**
 * Starts the supervisor of `folder` (an existing folder, which the supervisor removes at the end).
 */
export function startProcesses(folder: string): Processes {
  // detached: Ctrl-C in a terminal reaches this process only, which then stops the children in their right order.
  const supervisor = spawn(process.execPath, [path.join(import.meta.dirname, 'supervisor.ts'), folder], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => supervisor.on('exit', () => resolve()));
  const running = new Map<string, { exited: Promise<Exited>; tell: (exited: Exited) => void; wanted: boolean }>();
  let listener: (exited: Exited) => void = () => undefined;
  supervisor.stdin.on('error', () => undefined);
  createInterface({ input: supervisor.stdout }).on('line', (line) => {
    const { exited } = JSON.parse(line) as { exited: Exited };
    const entry = running.get(exited.name);
    running.delete(exited.name);
    entry?.tell(exited);
    if (entry && !entry.wanted) listener(exited);
  });

  const send = (command: Command): void => void supervisor.stdin.write(`${JSON.stringify(command)}\n`);
  const logOf = (name: string): string => path.join(folder, 'logs', `${name}.log`);
  const output = async (name: string): Promise<string> => {
    const text = await readFile(logOf(name), 'utf8').catch(() => '');
    return text.trimEnd().split('\n').slice(-15).join('\n');
  };
  const start = (
    name: string,
    { file, args, env = {}, cwd = folder }: ProcessSpec,
    wanted: boolean,
  ): Promise<Exited> => {
    let tell: (exited: Exited) => void = () => undefined;
    const exited = new Promise<Exited>((resolve) => (tell = resolve));
    running.set(name, { exited, tell, wanted });
    const inherited = Object.fromEntries(
      INHERITED.flatMap((key) => (process.env[key] === undefined ? [] : [[key, process.env[key]]])),
    );
    send({ start: { name, file, args, cwd, env: { ...inherited, ...env }, log: logOf(name) } });
    return exited;
  };

  return {
    start: (name, spec) => void start(name, spec, false),
    run: async (name, spec) => {
      const { code, error, signal } = await start(name, spec, true);
      if (error !== undefined) throw new Error(`${spec.file} could not be started: ${error}.`);
      if (code !== 0)
        throw new Error(
          `${spec.file} ${spec.args.join(' ')} ended with ${code ?? signal ?? 'no code'}:\n${await output(name)}`,
        );
    },
    end: async (name, signal) => {
      const entry = running.get(name);
      if (!entry) return;
      entry.wanted = true;
      send({ signal: { name, signal } });
      await entry.exited;
    },
    signal: (name, signal) => {
      if (running.has(name)) send({ signal: { name, signal } });
    },
    lines: async (name) => (await readFile(logOf(name), 'utf8').catch(() => '')).split('\n').length - 1,
    output,
    onUnexpectedExit: (given) => {
      listener = given;
    },
    close: async () => {
      for (const entry of running.values()) entry.wanted = true;
      supervisor.stdin.end();
      await ended;
    },
  };
}
