/** Lint of a large tree, as of 200 repositories: the built command line against grep with the same look, and its memory. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { root } from '../../scripts/processes.ts';
import type { Bench } from './measure.ts';

/** Files of the tree, and of them one in so many is ours; as in 200 public repositories (1.2 GB in YAML and JSON). */
const [FILES, OURS_EACH] = [110_000, 15];
const REPOSITORIES = 200;

/** Numbers from 0 to 1, the same in every run (Park and Miller's generator). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const other = (index: number, size: number): string => {
  const lines: string[] = [
    `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-${index}\nspec:\n  values:\n`,
  ];
  for (let length = 0; length < size; length += 60)
    lines.push(`    - { name: setting-${length}, value: "text of ${index}, part ${length}" }\n`);
  return lines.join('');
};
const ours = (index: number): string => `apiVersion: v1
kind: ServiceAccount
metadata:
  name: reader-${index}
  namespace: apps
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::210987654321:role/reader-${index}
`;

/** What is ours is no shorter than the rest: 11 KB a file. */
const labels = `  labels:\n${Array.from({ length: 250 }, (_, index) => `    example.com/label-${index}: "value ${index}"\n`).join('')}`;

async function grow(folder: string): Promise<number> {
  const random = seeded(7);
  let bytes = 0;
  for (let index = 0; index < FILES; index += 1) {
    const its = path.join(folder, `repository-${index % REPOSITORIES}`, `part-${Math.floor(index / 4_000)}`);
    await mkdir(its, { recursive: true });
    // Most files are small, and few are large: a third of all bytes stands in one of a hundred.
    const size = 500 + Math.floor(8_000 * random() ** 2 + (random() < 0.01 ? 500_000 * random() : 0));
    const text = index % OURS_EACH === 0 ? ours(index) + labels : other(index, size * 2);
    bytes += text.length;
    await writeFile(path.join(its, `${index}.yaml`), text);
  }
  return bytes;
}

interface Ran {
  readonly seconds: number;
  readonly said: string;
}
function run(command: string, args: readonly string[], cwd: string): Promise<Ran> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', reject);
    child.on('close', () => resolve({ seconds: (performance.now() - started) / 1000, said }));
  });
}

/** Says at its end how much memory the process had at most. */
const PEAK =
  'data:text/javascript,process.on("exit",()=>process.stderr.write(`peak ${process.resourceUsage().maxRSS}\\n`))';
const LOOK = 'Profile|AwsIamForServiceAccount|eks\\.amazon|role[-_.]?arn|AssumeRole|AWS::IAM::|PodIdentity|Statement';

export const bench: Bench = async (log) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-tree-'));
  try {
    log(`${FILES} files …`);
    const bytes = await grow(folder);
    const grep = await run('grep', ['-rliE', LOOK, '.'], folder);
    const cli = path.join(root, 'dist/cli.cjs');
    const lint = await run(process.execPath, ['--import', PEAK, cli, 'lint', '--max-severity', 'error'], folder);
    const peak = Math.max(...[...lint.said.matchAll(/^peak (\d+)$/gm)].map(([, kb]) => Number(kb))) / 1024;
    return [
      {
        what: `Lint of ${FILES} files (${(bytes / 1e9).toFixed(1)} GB) of ${REPOSITORIES} repositories`,
        value: `${lint.seconds.toFixed(1)} s, ${(lint.seconds / grep.seconds).toFixed(1)} times grep with such a look (${grep.seconds.toFixed(1)} s)`,
        goal: 'at most 40 s on 2 processors',
        met: lint.seconds <= 40,
      },
      { what: 'Memory for it, at most', value: `${peak.toFixed(0)} MB`, goal: 'at most 600 MB', met: peak <= 600 },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
