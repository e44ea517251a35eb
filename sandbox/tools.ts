// Provides the programs that the sandbox runs: etcd, kube-apiserver and kube-controller-manager (from KUBEBUILDER_ASSETS or
// built once from published Go modules) and a Python environment with moto. All are kept in a cache folder outside the
// project, keyed by what they are made from, so that a fresh clone on the same machine finds them.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../scripts/cache.ts';
import type { Processes } from './processes.ts';

export interface Tools {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubeControllerManager: string;
  /** The Python of the environment that has moto. */
  readonly python: string;
}

type Log = (line: string) => void;

/** The Kubernetes version that the sandbox's clusters say they run. Must be that of go/k8s/go.mod. */
export const KUBERNETES_VERSION = '1.36.3';
const GO_MINIMUM = [1, 26] as const;
const PYTHON_MINIMUM = [3, 10] as const;
const exe = process.platform === 'win32' ? '.exe' : '';

interface GoModule {
  readonly folder: string;
  readonly takes: string;
  /** File name that the sandbox expects, and the package it is built from. */
  readonly binaries: Readonly<Record<string, string>>;
  readonly ldflags: string;
}
const version = 'k8s.io/component-base/version';
const MODULES: readonly GoModule[] = [
  {
    folder: 'k8s',
    takes: 'about 4 minutes on 2 cores',
    binaries: {
      'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
      'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
    },
    ldflags: [
      `-s -w -X ${version}.gitVersion=v${KUBERNETES_VERSION} -X ${version}.gitMajor=1 -X ${version}.gitMinor=36`,
      `-X ${version}.gitCommit=sandbox -X ${version}.buildDate=1970-01-01T00:00:00Z`,
    ].join(' '),
  },
  {
    folder: 'etcd',
    takes: 'about half a minute on 2 cores',
    binaries: { etcd: 'go.etcd.io/etcd/server/v3' },
    ldflags: '-s -w',
  },
];

/**
 * Finds or makes the programs; the first time takes minutes, later milliseconds.
 * Throws with what is missing and how to get it: Go, Python, or one of their registries.
 */
export async function provideTools(processes: Processes, log: Log): Promise<Tools> {
  const [binaries, python] = await Promise.all([provideBinaries(processes, log), providePython(processes, log)]);
  const find = (name: string): string => {
    const file = binaries.get(name);
    if (file === undefined) throw new Error(`${name} is not made by any module in sandbox/go.`);
    return file;
  };
  return {
    etcd: find('etcd'),
    kubeApiserver: find('kube-apiserver'),
    kubeControllerManager: find('kube-controller-manager'),
    python,
  };
}

async function provideBinaries(processes: Processes, log: Log): Promise<Map<string, string>> {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  const found = new Map<string, string>();
  for (const module of MODULES) {
    const missing: string[] = [];
    for (const name of Object.keys(module.binaries)) {
      const asset = assets === undefined ? undefined : path.join(assets, name + exe);
      if (asset !== undefined && existsSync(asset)) found.set(name, asset);
      else missing.push(name);
    }
    if (missing.length === 0) continue;
    if (assets !== undefined)
      log(`KUBEBUILDER_ASSETS (${assets}) has no ${missing.join(', ')}: using the sandbox's own build.`);
    const folder = await buildModule(module, missing, processes, log);
    for (const name of missing) found.set(name, path.join(folder, name + exe));
  }
  return found;
}

async function buildModule(module: GoModule, names: string[], processes: Processes, log: Log): Promise<string> {
  const source = path.join(import.meta.dirname, 'go', module.folder);
  const key = createHash('sha256').update(`${process.platform} ${process.arch} ${module.ldflags} ${names.join(' ')}`);
  for (const file of ['go.mod', 'go.sum']) key.update(await readFile(path.join(source, file)));
  return cached(
    `${module.folder}-${key.digest('hex').slice(0, 16)}`,
    async (part) => {
      await requireGo();
      log(`Building ${names.join(' and ')} from published Go modules (${module.takes}, once) …`);
      for (const name of names) {
        const args = ['build', '-trimpath', '-ldflags', module.ldflags, '-o', path.join(part, name + exe)];
        await processes.run(`build-${name}`, {
          file: 'go',
          args: [...args, module.binaries[name] ?? ''],
          cwd: source,
          env: { CGO_ENABLED: '0' },
        });
      }
    },
    log,
  );
}

/** Throws unless a Go is installed that is new enough or may fetch a newer one of itself. */
async function requireGo(): Promise<void> {
  const wanted = `Install Go ${GO_MINIMUM.join('.')} or newer (https://go.dev/dl), or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kube-controller-manager.`;
  const answer = await promisify(execFile)('go', ['env', 'GOVERSION', 'GOTOOLCHAIN']).catch(() => undefined);
  if (!answer) throw new Error(`The sandbox builds Kubernetes once and finds no Go to do it. ${wanted}`);
  const [goVersion = '', toolchain = ''] = answer.stdout.trim().split('\n');
  const [major = 0, minor = 0] = goVersion
    .replace(/^go/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  if (atLeast([major, minor], GO_MINIMUM)) return;
  // Since 1.21 Go fetches the toolchain that a module asks for, unless that is switched off.
  if (atLeast([major, minor], [1, 21]) && toolchain !== 'local') return;
  throw new Error(`The sandbox builds Kubernetes once, and ${goVersion} is too old for that. ${wanted}`);
}

const atLeast = (
  [major, minor]: readonly [number, number],
  [wantMajor, wantMinor]: readonly [number, number],
): boolean => major > wantMajor || (major === wantMajor && minor >= wantMinor);

async function providePython(processes: Processes, log: Log): Promise<string> {
  const requirements = path.join(import.meta.dirname, 'moto', 'requirements.txt');
  const ask = 'import ensurepip, sys, venv; print(sys.version_info[0], sys.version_info[1], sys.base_prefix)';
  const base = process.platform === 'win32' ? 'python' : 'python3';
  const wanted = `Install Python ${PYTHON_MINIMUM.join('.')} or newer with its venv module (Debian and Ubuntu: apt install python3-venv).`;
  const answer = await promisify(execFile)(base, ['-c', ask]).catch((error: NodeJS.ErrnoException) => error);
  if (answer instanceof Error) {
    const what = answer.code === 'ENOENT' ? `there is no ${base}` : `${base} lacks the venv module`;
    throw new Error(`The sandbox's AWS account is moto, a Python program, and ${what}. ${wanted}`);
  }
  const [major = 0, minor = 0] = answer.stdout.split(' ').map(Number);
  if (!atLeast([major, minor], PYTHON_MINIMUM))
    throw new Error(`The sandbox's AWS account is moto, a Python program, and ${base} is ${major}.${minor}. ${wanted}`);

  const key = createHash('sha256')
    .update(await readFile(requirements))
    .update(answer.stdout)
    .digest('hex')
    .slice(0, 16);
  const inside = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  const target = await cached(
    `moto-${key}`,
    async (part) => {
      log('Installing moto in its own Python environment (about 15 s, once) …');
      await processes.run('moto-venv', { file: base, args: ['-m', 'venv', part] });
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '-r', requirements];
      await processes.run('moto-install', { file: path.join(part, ...inside), args: pip });
    },
    log,
  );
  return path.join(target, ...inside);
}
