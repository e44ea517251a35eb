// Runs a script of this project: installs the packages if they are missing or outdated, then starts ENTRY on a Node that is
// new enough (the machine's own if it is, else the one that comes as a pinned npm package).
// Usage: node scripts/run.mjs ENTRY [ARGUMENT…]
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const major = Number(process.versions.node.split('.')[0]);
/** Node that runs TypeScript directly and that the newest VS Code server needs. */
const WANTED = 24;

const stop = (message) => {
  process.stderr.write(`${message}\n`);
  process.exit(2);
};

if (major < 20)
  stop(`Node ${process.versions.node} is too old: install Node 20 or newer (https://nodejs.org), then run this again.`);

const modules = path.join(root, 'node_modules');
const stampFile = path.join(modules, '.kubeflow-irsa-installed');
const lockFile = path.join(root, '.npm-install.lock');
const lockOfPackages = () =>
  createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
const installed = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockOfPackages();
const isAlive = (pid) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
/** Whether this process may install now; false while another one of this project is doing it. */
const takeLock = () => {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const owner = existsSync(lockFile) ? Number(readFileSync(lockFile, 'utf8')) : 0;
    if (owner > 0 && !isAlive(owner)) rmSync(lockFile, { force: true });
    return false;
  }
};
while (!installed()) {
  if (!takeLock()) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    continue;
  }
  const started = Date.now();
  // `npm ci` empties node_modules first, under the feet of whoever is using it: only where there is none.
  const verb = existsSync(modules) ? ['install', '--no-save'] : ['ci'];
  process.stderr.write('Installing the npm packages (about a minute the first time) …\n');
  const npm = spawnSync('npm', [...verb, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npm.status === 0) writeFileSync(stampFile, lockOfPackages());
  rmSync(lockFile, { force: true });
  if (npm.status !== 0) stop('npm failed: see above. Is the npm registry reachable, and is there room on the disk?');
  process.stderr.write(`Installed in ${((Date.now() - started) / 1000).toFixed(1)} s.\n`);
}

const ownNode = () => {
  const { platform, arch } = process;
  for (const name of [`node-${platform === 'win32' ? 'win' : platform}-${arch}`, `node-bin-${platform}-${arch}`]) {
    const file = path.join(root, 'node_modules', name, 'bin', platform === 'win32' ? 'node.exe' : 'node');
    if (existsSync(file)) return file;
  }
  return stop(
    `This needs Node ${WANTED}, and there is no npm package of it for ${platform}-${arch}: install Node ${WANTED} or newer.`,
  );
};
const node = major >= WANTED ? process.execPath : ownNode();
const [entry, ...args] = process.argv.slice(2);
if (!entry) stop('Usage: node scripts/run.mjs ENTRY [ARGUMENT…]');

// The channel's end tells the script that this launcher is gone, however it went.
// The -- keeps Node from reading the script's options as its own: it would take --env-file.
const child = spawn(node, ['--', path.resolve(root, entry), ...args], {
  cwd: root,
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
// A terminal sends Ctrl-C to the whole group; a parent that ends only this process is passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 130 : 1)));

/** Process id of the parent of PID; 0 where it is gone or the system has no /proc. */
const parentOf = (pid) => {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1]);
  } catch {
    return 0;
  }
};
// npm starts us through a shell, and neither passes on that npm was killed.
const parent = process.ppid;
const npm = process.env.npm_lifecycle_event ? parentOf(parent) : 0;
setInterval(() => {
  if (process.ppid !== parent || (npm !== 0 && parentOf(parent) !== npm)) child.kill('SIGTERM');
}, 1000).unref();
