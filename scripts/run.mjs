// Runs a script of this project: installs the packages if they are missing or outdated, then starts ENTRY on a Node that is
// new enough (the machine's own if it is, else the one that comes as a pinned npm package).
// Usage: node scripts/run.mjs ENTRY [ARGUMENT…]
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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

const stampFile = path.join(root, 'node_modules', '.kubeflow-irsa-installed');
const stamp = createHash('sha256')
  .update(readFileSync(path.join(root, 'package-lock.json')))
  .digest('hex');
if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
  const started = Date.now();
  process.stderr.write('Installing the npm packages (about a minute the first time) …\n');
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) stop('npm ci failed: see above. Is the npm registry reachable, and is there room on the disk?');
  writeFileSync(stampFile, stamp);
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

const child = spawn(node, [path.resolve(root, entry), ...args], { cwd: root, stdio: 'inherit' });
// A terminal sends Ctrl-C to the whole group; a parent that ends only this process is passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 130 : 1)));
