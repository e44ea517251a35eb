// A folder with nothing in it and an npm that knows no registry, no settings and no cache: where the npm package must work.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { readManifest } from '../../scripts/manifest.ts';
import { isolatedEnvironment, root } from '../../scripts/processes.ts';

const { name, version } = await readManifest();
/** The package that the suite made. */
export const tarball = path.join(root, 'out', `${name}-${version}.tgz`);

const major = (version: string): number => Number(version.split('.')[0]);
/** Folders of the Nodes that the package is tried on: the floor that it promises, where it can be had, and the one that runs the tests. */
export const nodes = (
  [
    ['20', path.join(root, 'node_modules/node20-linux-x64/bin')],
    [String(major(process.versions.node)), path.dirname(process.execPath)],
  ] as const
).filter(([, bin]) => existsSync(bin));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An empty folder below `place`; `run` runs a command in it. Nothing answers at the registry unless one is named. */
export function emptyFolder(bin: string, registry = 'http://127.0.0.1:9/') {
  const home = mkdtempSync(path.join(os.tmpdir(), 'kubeflow-irsa-npm-'));
  const folder = path.join(home, 'empty');
  mkdirSync(folder);
  const env = isolatedEnvironment({
    PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`,
    HOME: home,
    XDG_CACHE_HOME: path.join(home, 'cache'),
    npm_config_cache: path.join(home, 'npm'),
    npm_config_registry: registry,
    npm_config_fetch_retries: '0',
    npm_config_update_notifier: 'false',
  });
  return {
    home,
    folder,
    run: async (command: string, args: readonly string[], more: Record<string, string> = {}): Promise<Ended> => {
      const child = spawn(command, args, { cwd: folder, env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] });
      const closed = once(child, 'close') as Promise<[number | null]>;
      const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
      return { status, stdout, stderr };
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** A Profile that lint finds right, or wrong in one place where its owner is of a kind that there is not. */
export const profile = (ownerKind: string): string => `apiVersion: kubeflow.org/v1
kind: Profile
metadata:
  name: team-a
spec:
  owner:
    kind: ${ownerKind}
    name: user@example.com
  plugins:
    - kind: AwsIamForServiceAccount
      spec:
        awsIamRole: arn:aws:iam::111122223333:role/team-a-dev-role
        annotateOnly: true
`;
