// Opens VS Code with the extension on a sandbox of AWS and EKS.
// Usage: npm start [-- [--desktop] [--no-sandbox] [--port N]]
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { build } from './build.ts';
import { packageVsix } from './package.ts';
import { atEnd, isEnding, isolatedEnvironment, main, root, runToEnd, startChild, stopwatch } from './processes.ts';
import { installVsCode, installVsix, quietSettings, startServer, workbenchUrl, writeSettings } from './vscode.ts';

const usage = `Usage: npm start [-- [--desktop] [--no-sandbox] [--port N]]
  --desktop     open an installed desktop VS Code ("code" on PATH, or VSCODE_EXECUTABLE) instead of the browser
  --no-sandbox  use your own AWS configuration and kubeconfig instead of the sandbox
  --port N      serve the browser's VS Code on this port (default: a free one)`;

const say = stopwatch();

interface Options {
  desktop: boolean;
  sandbox: boolean;
  port: number;
}

/** The options, or undefined and a message where they are wrong. */
function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: {
        desktop: { type: 'boolean', default: false },
        'no-sandbox': { type: 'boolean', default: false },
        port: { type: 'string', default: '0' },
      },
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`--port ${values.port} is not a port.`);
    return { desktop: values.desktop, sandbox: !values['no-sandbox'], port };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
    return undefined;
  }
}

/** The desktop VS Code's command. */
async function desktopCommand(): Promise<string> {
  const command = process.env['VSCODE_EXECUTABLE'] ?? 'code';
  if ((await runToEnd(command, ['--version'])).code === 0) return command;
  throw new Error(
    `No desktop VS Code: "${command} --version" did not work. Install it, or put "code" on PATH (in VS Code: "Shell Command: ` +
      `Install 'code' command in PATH"), or set VSCODE_EXECUTABLE, or leave --desktop out to use the browser.`,
  );
}

/** Builds and packs what will be installed; returns the VSIX. */
async function makeVsix(): Promise<string> {
  say('Building the extension …');
  await build('production');
  const { file, bytes } = await packageVsix();
  say(`Built ${path.relative(root, file)} (${Math.round(bytes / 1000)} kB).`);
  return file;
}

async function makeSandbox(): Promise<Sandbox> {
  const sandbox = await startSandbox({ log: say });
  atEnd(() => sandbox.stop());
  say('The sandbox is ready.');
  return sandbox;
}

/** Opens URL in the user's browser where there is a screen to see it on. */
function openBrowser(url: string): void {
  const { platform, env } = process;
  const [command, ...args] = platform === 'darwin' ? ['open'] : platform === 'win32' ? ['explorer'] : ['xdg-open'];
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return;
  spawn(command, [...args, url], { stdio: 'ignore', detached: true })
    .on('error', () => undefined) // No opener: the URL is printed anyway.
    .unref();
}

/** The folder that is opened. One copy after the other: two at once would both make it. */
async function makeWorkspace(folder: string): Promise<void> {
  await cp(path.join(root, 'scripts/workspace'), folder, { recursive: true });
  // What the AWS page lets one write, mistakes included: open a file to see what lint says.
  await cp(path.join(root, 'test/fixtures/aws-page'), path.join(folder, 'aws-page'), { recursive: true });
}

await main(async () => {
  const options = readOptions();
  if (!options) return 2;
  const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-start-'));
  atEnd(() => rm(dataFolder, { recursive: true, force: true }));
  const extensionsDir = path.join(dataFolder, 'extensions');
  const folder = path.join(dataFolder, 'workspace');
  const code = options.desktop ? await desktopCommand() : undefined;

  const [sandbox, vsix, vscode] = await Promise.all([
    options.sandbox ? makeSandbox() : undefined,
    makeVsix(),
    code === undefined ? installVsCode('newest', say) : undefined,
    makeWorkspace(folder),
  ]);
  const env = sandbox ? isolatedEnvironment(sandbox.env) : process.env;

  if (code !== undefined) {
    // The sandbox has a HOME of its own, and the key to an X server may be in the user's.
    if (sandbox) env['XAUTHORITY'] ??= path.join(os.homedir(), '.Xauthority');
    const userData = path.join(dataFolder, 'data');
    await writeSettings(userData, quietSettings);
    const folders = ['--user-data-dir', userData, '--extensions-dir', extensionsDir];
    const { code: status, output } = await runToEnd(code, [...folders, '--install-extension', vsix], { env });
    if (status !== 0) throw new Error(`VS Code did not install ${vsix}:\n${output}`);
    say('Opening desktop VS Code. Close its window or press Ctrl-C to end.');
    const trust = sandbox ? ['--disable-workspace-trust'] : [];
    return startChild(code, [...folders, ...trust, '--wait', '--new-window', folder], { env }).exited;
  }
  if (vscode === undefined) return 2;
  await installVsix(vscode, vsix, extensionsDir);
  const token = randomBytes(18).toString('base64url');
  const server = await startServer(vscode, {
    dataFolder,
    extensionsDir,
    env,
    port: options.port,
    // Our own sample on our own sandbox needs no question; the user's own account does.
    workspaceTrust: !options.sandbox,
    connectionToken: token,
  });
  const url = workbenchUrl(server, folder, { token });
  say(`VS Code with Kubeflow IRSA is ready:\n\n    ${url}\n`);
  process.stdout.write('Run "Kubeflow: Create IRSA Profile…" from the palette (F1). Ctrl-C here ends everything.\n');
  openBrowser(url);
  const status = await server.exited;
  if (isEnding()) return 0;
  process.stderr.write(`VS Code's server ended by itself:\n${server.log()}\n`);
  return status === 0 ? 1 : status;
});
