import { readFileSync } from 'node:fs';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { kubeconfigFiles } from './files.ts';

/** What the kubeconfig files hold together. `problems`: the files that could not be used, a sentence each. */
export interface Kubeconfig {
  readonly config: KubeConfig;
  readonly problems: readonly string[];
}

/**
 * The user's kubeconfig; nothing is ever written to it. Files are merged as kubectl does: the first to name a cluster, user,
 * context or current context wins, a missing file counts as empty. `file`, if given, is the only one and must be usable: else
 * this throws, and never with text of the file, which holds credentials.
 */
export function readKubeconfig(file: string | undefined): Kubeconfig {
  const merged = new KubeConfig();
  const problems: string[] = [];
  for (const one of kubeconfigFiles(file)) {
    let config: KubeConfig;
    try {
      config = readOne(one);
    } catch (error) {
      if (file === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      const problem = `kubeconfig ${one} cannot be used: ${reasonOf(error)}`;
      // What was caught stays behind: it may quote the file.
      if (file !== undefined) throw new Error(problem);
      problems.push(problem);
      continue;
    }
    merged.clusters = firstOfEach([...merged.clusters, ...config.clusters]);
    merged.users = firstOfEach([...merged.users, ...config.users]);
    merged.contexts = firstOfEach([...merged.contexts, ...config.contexts]);
    merged.currentContext ||= config.currentContext;
  }
  return { config: merged, problems };
}

function readOne(file: string): KubeConfig {
  const text = readFileSync(file, 'utf8');
  const config = new KubeConfig();
  if (text.trim() === '') return config;
  config.loadFromString(text, { onInvalidEntry: 'filter' });
  const folder = path.resolve(path.dirname(file));
  config.makePathsAbsolute(folder);
  // A command with a path is relative to the file too (client-go, clientcmd, ResolveLocalPaths); a bare name is searched for.
  config.users = config.users.map((user) => {
    const exec = user.exec as { command?: unknown } | null | undefined;
    return typeof exec?.command === 'string' && /[\\/]/.test(exec.command)
      ? { ...user, exec: { ...exec, command: path.resolve(folder, exec.command) } }
      : user;
  });
  return config;
}

const firstOfEach = <T extends { readonly name: string }>(items: readonly T[]): T[] =>
  items.filter(({ name }, index) => items.findIndex((other) => other.name === name) === index);

/** Why a file cannot be used, without any of its text: a YAML error quotes source lines, which may hold a token. */
function reasonOf(error: unknown): string {
  const { code, mark } = error as { code?: unknown; mark?: { line?: unknown; column?: unknown } };
  if (code === 'ENOENT') return 'there is no such file.';
  if (typeof code === 'string') return `it cannot be read (${code}).`;
  if (typeof mark?.line === 'number' && typeof mark.column === 'number') {
    return `it is no valid YAML (line ${mark.line + 1}, column ${mark.column + 1}).`;
  }
  return 'it does not have the form of a kubeconfig.';
}
