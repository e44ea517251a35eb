// Opens VS Code with the extension on a sandbox of AWS and EKS. VS Code does not wait for the sandbox: lint, hovers and fixes work at
// once, the tree says how far the sandbox is, and fills when it is there.
// Usage: npm start [-- [--desktop] [--no-sandbox] [--port N]]
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { cacheFolder } from './cache.ts';
import { freshVsix } from './package.ts';
import {
  Told,
  atEnd,
  isEnding,
  isolatedEnvironment,
  main,
  root,
  runToEnd,
  startChild,
  stopwatch,
} from './processes.ts';
import {
  changeSetting,
  installVsCode,
  installVsix,
  quietSettings,
  startServer,
  workbenchUrl,
  writeSettings,
} from './vscode.ts';

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
  throw new Told(
    `No desktop VS Code: "${command} --version" did not work. Install it, or put "code" on PATH (in VS Code: "Shell Command: ` +
      `Install 'code' command in PATH"), or set VSCODE_EXECUTABLE, or leave --desktop out to use the browser.`,
  );
}

/** Builds and packs what will be installed, unless it is there; returns the VSIX. */
async function makeVsix(): Promise<string> {
  const file = await freshVsix();
  say(`The extension is in ${path.relative(root, file)}.`);
  return file;
}

/** Throws where something listens on the port already. */
async function requirePort(port: number): Promise<void> {
  if (port === 0) return;
  await new Promise<void>((resolve, reject) => {
    const server = createServer()
      .once('error', ({ code }: NodeJS.ErrnoException) =>
        reject(new Told(`Port ${port} cannot be used (${code ?? 'unknown'}): name another one, or leave --port out.`)),
      )
      .listen(port, '127.0.0.1', () => server.close(() => resolve()));
  });
}

/** The regions that the tree lists: a change of this setting makes it read everything anew. */
const REGIONS = 'kubeflowIrsa.aws.regions';
/** Of the sandbox's clusters. */
const ALL_REGIONS = ['us-west-2', 'eu-central-1'];
/** While the sandbox is made: the region whose answer says how far it is. The empty one counts for nothing. */
const MEANWHILE = [['us-west-2'], ['us-west-2', '']];

/** A sandbox that is on its way: its environment is known long before it is complete. */
interface Coming {
  readonly env: Promise<Sandbox['env']>;
  readonly ready: Promise<Sandbox>;
  /** Told of each step. */
  onStep: () => void;
}
function beginSandbox(): Coming {
  let soon: (env: Sandbox['env']) => void = () => undefined;
  const known = new Promise<Sandbox['env']>((resolve) => (soon = resolve));
  const log = (line: string): void => {
    say(line);
    coming.onStep();
  };
  const ready = startSandbox({ log, soon });
  ready.then(
    (sandbox) => atEnd(() => sandbox.stop()),
    () => undefined,
  );
  const coming: Coming = {
    env: Promise.race([known, ready.then(({ env }) => env)]),
    ready,
    onStep: () => undefined,
  };
  return coming;
}

/** Makes the tree read again what it lists, at each step of the sandbox and when it is there. `file` has VS Code's settings. */
async function follow(coming: Coming, file: string): Promise<void> {
  let turn = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const set = (regions: readonly string[]): void => {
    writing = writing.then(() => changeSetting(file, REGIONS, regions)).catch(() => undefined);
  };
  coming.onStep = () => set(MEANWHILE[(turn += 1) % MEANWHILE.length] ?? []);
  try {
    await coming.ready;
    say('The sandbox is ready: the tree fills.');
  } catch (error) {
    if (isEnding()) return;
    say(
      `The sandbox could not be started; everything else works. ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  coming.onStep = () => undefined;
  set(ALL_REGIONS);
  await writing;
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

/** The file that is open behind the walkthrough. */
const FIRST = '1-quoted-boolean.mistake.yaml';

/** Puts the extension that opens the walkthrough where others will be installed; before them: what stands there first counts as installed. */
const addOpener = (extensionsDir: string): Promise<void> =>
  cp(path.join(root, 'scripts/opener'), path.join(extensionsDir, 'opener'), { recursive: true });

/** The folder that is opened. One copy after the other: two at once would both make it. */
async function makeWorkspace(folder: string): Promise<void> {
  await cp(path.join(root, 'scripts/workspace'), folder, { recursive: true });
  // What the AWS page lets one write, mistakes included: open a file to see what lint says.
  await cp(path.join(root, 'test/fixtures/aws-page'), path.join(folder, 'aws-page'), { recursive: true });
}

await main(async () => {
  const options = readOptions();
  if (!options) return 2;
  await requirePort(options.port);
  const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-start-'));
  // Something may still be copied into it when another step fails.
  atEnd(() => rm(dataFolder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  const extensionsDir = path.join(dataFolder, 'extensions');
  const userData = path.join(dataFolder, 'data');
  const folder = path.join(dataFolder, 'workspace');
  const code = options.desktop ? await desktopCommand() : undefined;

  const coming = options.sandbox ? beginSandbox() : undefined;
  // Told by `follow`, or here where VS Code itself does not come that far.
  coming?.ready.catch(() => undefined);
  const [sandboxEnv, vsix, vscode] = await Promise.all([
    coming?.env,
    makeVsix(),
    code === undefined ? installVsCode('newest', say) : undefined,
    makeWorkspace(folder),
    addOpener(extensionsDir),
  ]);
  const env = sandboxEnv ? isolatedEnvironment(sandboxEnv) : process.env;
  const settings = sandboxEnv ? { [REGIONS]: MEANWHILE[0] } : {};
  process.stdout.write(
    `What is built and installed once is in ${cacheFolder} and in out/ and dist/ here: "npm run clean" removes it.\n` +
      `Data of this run is in ${dataFolder} and goes at the end.\n`,
  );

  if (code !== undefined) {
    // The sandbox has a HOME of its own, and the key to an X server may be in the user's.
    if (sandboxEnv) env['XAUTHORITY'] ??= path.join(os.homedir(), '.Xauthority');
    await writeSettings(userData, { ...quietSettings, ...settings });
    const folders = ['--user-data-dir', userData, '--extensions-dir', extensionsDir];
    const { code: status, output } = await runToEnd(code, [...folders, '--install-extension', vsix], { env });
    if (status !== 0) throw new Error(`VS Code did not install ${vsix}:\n${output}`);
    say('Opening desktop VS Code. Close its window or press Ctrl-C to end.');
    if (coming) void follow(coming, path.join(userData, 'User', 'settings.json'));
    const trust = sandboxEnv ? ['--disable-workspace-trust'] : [];
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
    settings,
  });
  // Behind the walkthrough: the first mistake.
  const first = `vscode-remote://${new URL(server.origin).host}${path.join(folder, 'mistakes', FIRST)}`;
  const url = workbenchUrl(server, folder, { token, payload: [['openFile', first]] });
  say(`VS Code with Kubeflow IRSA is ready:\n\n    ${url}\n`);
  process.stdout.write(
    'The walkthrough is open, and behind it a file with a mistake: look at what is underlined. README.md says what else there is.\n' +
      'The key in the activity bar leads to the clusters. Ctrl-C here ends everything.\n',
  );
  openBrowser(url);
  if (coming) void follow(coming, path.join(userData, 'Machine', 'settings.json'));
  const status = await server.exited;
  if (isEnding()) return 0;
  process.stderr.write(`VS Code's server ended by itself:\n${server.log()}\n`);
  return status === 0 ? 1 : status;
});
