import { spawn } from 'node:child_process';

/** How long an exec plugin may take, in milliseconds. */
const TIMEOUT = 20_000;
/** Longest answer, in characters. */
const LONGEST = 1_000_000;

/** Ends each plugin that runs: none outlives this process. */
const running = new Set<() => void>();
process.on('exit', () => {
  for (const end of running) end();
});

/** What a plugin answers; certificate and key are PEM. */
export interface ExecCredentials {
  readonly token?: string;
  readonly certificate?: string;
  readonly key?: string;
  /** Milliseconds since 1970; Infinity where the plugin names no end. */
  readonly expires: number;
}

/**
 * Runs the exec plugin of a kubeconfig user (`exec`), without a shell, and ends it and its children where it does not answer in
 * time. Our own instead of client-node's: that never ends it, and puts its output in the error. Rejects with a sentence that
 * names the command and how it ended; its output, which may hold a token, is never told.
 * Source: Kubernetes API reference, client.authentication.k8s.io/v1 and kubeconfig ExecConfig.
 */
export async function runExecPlugin(exec: unknown, cluster: object): Promise<ExecCredentials> {
  const { command, args, env, apiVersion, provideClusterInfo } = exec as Readonly<Record<string, unknown>>;
  if (typeof command !== 'string' || command === '') throw new Error('its exec plugin names no command');
  const variables = (Array.isArray(env) ? env : []).flatMap((one: { name?: unknown; value?: unknown } | null) =>
    typeof one?.name === 'string' && typeof one.value === 'string' ? [[one.name, one.value] as const] : [],
  );
  const info = {
    apiVersion: typeof apiVersion === 'string' ? apiVersion : 'client.authentication.k8s.io/v1beta1',
    kind: 'ExecCredential',
    spec: { interactive: false, ...(provideClusterInfo === true ? { cluster } : {}) },
  };
  const output = await outputOf(command, Array.isArray(args) ? args.map(String) : [], {
    ...process.env,
    ...Object.fromEntries(variables),
    KUBERNETES_EXEC_INFO: JSON.stringify(info),
  });
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = statusOf(output);
  const certificate = typeof clientCertificateData === 'string' && typeof clientKeyData === 'string';
  if (typeof token !== 'string' && !certificate) throw new Error(`${command} answered without credentials`);
  const expires = typeof expirationTimestamp === 'string' ? Date.parse(expirationTimestamp) : NaN;
  return {
    ...(typeof token === 'string' ? { token } : {}),
    ...(certificate ? { certificate: clientCertificateData, key: clientKeyData } : {}),
    expires: Number.isNaN(expires) ? Infinity : expires,
  };
}

/** The `status` of an ExecCredential; empty where the output is none. */
function statusOf(output: string): Readonly<Record<string, unknown>> {
  try {
    const { status } = JSON.parse(output) as { status?: unknown };
    return typeof status === 'object' && status !== null ? (status as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function outputOf(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    // A group of its own (not on Windows), so that what a wrapper script has started ends with it.
    const detached = process.platform !== 'win32';
    const plugin = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true, detached });
    const end = (): void => {
      plugin.stdout.destroy();
      try {
        if (detached && plugin.pid !== undefined) process.kill(-plugin.pid, 'SIGKILL');
        else plugin.kill('SIGKILL');
      } catch {
        // It has ended by itself.
      }
    };
    const settle = (settled: () => void): void => {
      clearTimeout(timer);
      running.delete(end);
      settled();
    };
    const giveUp = (reason: string): void =>
      settle(() => {
        end();
        reject(new Error(`${command} ${reason}`));
      });
    const timer = setTimeout(() => giveUp(`gave no answer within ${TIMEOUT / 1000} s`), TIMEOUT);
    running.add(end);
    let output = '';
    plugin.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > LONGEST) giveUp('answered too much');
    });
    plugin.once('error', (error: NodeJS.ErrnoException) =>
      settle(() =>
        reject(
          new Error(
            error.code === 'ENOENT'
              ? `${command} was not found`
              : `${command} could not be started (${error.code ?? 'no code'})`,
          ),
        ),
      ),
    );
    plugin.once('close', (code, signal) =>
      settle(() => {
        if (code === 0) resolve(output);
        else reject(new Error(`${command} ended with ${code === null ? (signal ?? 'a signal') : `exit code ${code}`}`));
      }),
    );
  });
}
