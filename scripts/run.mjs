// Runs a script of this project: installs the packages if they are missing or outdated, then starts ENTRY on a Node that is
// new enough (the machine's own if it is, else the one that comes as a pinned npm package).
// Usage: node scripts/run.mjs ENTRY [ARGUMENT…]
// In the language of Node 12: an older one than we need must be able to read this, to say so.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import os from 'node:os';
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

try {
  os.homedir();
} catch {
  stop('This user has no home folder: set HOME to a folder that may be written to, then run this again.');
}

/** npm waits 70 s before it says that a registry does not answer: three more attempts within 11 s will do. */
const impatient = ['--fetch-retries=3', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
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
const unlock = () => {
  try {
    unlinkSync(lockFile);
  } catch {
    // It is not there.
  }
};
/** Whether this process may install now; false while another one of this project is doing it. */
const takeLock = () => {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') cannotWrite(error);
    try {
      const owner = Number(readFileSync(lockFile, 'utf8'));
      // A file that is still empty was made a moment ago by a process about to write its id, or by one that had no room for it.
      const isLeft = owner > 0 ? !isAlive(owner) : Date.now() - statSync(lockFile).mtimeMs > 10000;
      if (isLeft) unlock();
    } catch (gone) {
      if (gone.code !== 'ENOENT') cannotWrite(gone);
    }
    return false;
  }
};
const noRoom = `There is no room on the disk for the npm packages in ${root} (0.7 GB): free some, then run this again.`;
/** Ends where this folder cannot be written to. */
const cannotWrite = (error) => {
  unlock();
  return stop(
    error.code === 'ENOSPC'
      ? noRoom
      : `The npm packages cannot be put into ${root} (${error.code}): make the folder writable, or clone the repository elsewhere.`,
  );
};
/** What to do about a failure of npm, from what it printed. */
const npmFailure = (said) => {
  if (/ENOSPC/.test(said)) return noRoom;
  if (/EROFS|EACCES|EPERM/.test(said))
    return `npm may not write where it wants to: make ${root} and npm's cache (npm config get cache) writable.`;
  if (/ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ERR_SOCKET_TIMEOUT|EHOSTUNREACH|ENETUNREACH/.test(said))
    return 'The npm registry cannot be reached: see to the network (behind a proxy set HTTPS_PROXY to one that answers, or npm_config_registry to a mirror).';
  return 'npm failed: see above. Is the npm registry reachable, and is there room on the disk?';
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
  const npm = spawnSync(
    'npm',
    [...verb, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...impatient],
    {
      cwd: root,
      stdio: ['ignore', 2, 'pipe'],
      encoding: 'utf8',
      shell: process.platform === 'win32',
    },
  );
  const missing = npm.error && npm.error.code === 'ENOENT';
  if (missing) {
    unlock();
    stop('There is no npm on PATH: it comes with Node (https://nodejs.org; Debian and Ubuntu: apt install npm).');
  }
  const said = npm.stderr || '';
  // Where in npm's own code it happened helps nobody.
  process.stderr.write(said.replace(/^npm error +at .*\n/gm, ''));
  try {
    if (npm.status === 0) writeFileSync(stampFile, lockOfPackages());
  } catch (error) {
    cannotWrite(error);
  }
  unlock();
  if (npm.status !== 0) stop(npmFailure(said));
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
child.on('exit', (code, signal) => process.exit(code === null ? (signal ? 130 : 1) : code));

/** Process id of the parent of PID; 0 where it is gone or the system has no /proc. */
const parentOf = (pid) => {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop().split(' ')[1]);
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
