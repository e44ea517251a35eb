// Runs the tests of this folder inside VS Code: a desktop VS Code that `VSCODE_EXECUTABLE` names, else VS Code from npm.
// Usage: node scripts/run.mjs test/vscode/main.ts [floor|newest …]
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Writable } from 'node:stream';
import { runTests } from '@vscode/test-electron';
import { build, buildVscodeTests } from '../../scripts/build.ts';
import { type Say, isEntry, isolatedEnvironment, main, root, stopwatch } from '../../scripts/processes.ts';
import type { Version } from '../../scripts/vscode.ts';
import type { Results } from './index.ts';

const out = path.join(root, 'out', 'test');
const logFile = (version: Version): string => path.join(out, `vscode-${version}.log`);

/** An executable file that calls shim.ts with the Node that runs us. */
async function writeShim(version: Version): Promise<string> {
  const file = path.join(out, `vscode-${version}`);
  await writeFile(
    file,
    `#!/bin/sh\nexec '${process.execPath}' '${path.join(import.meta.dirname, 'shim.ts')}' ${version} '${logFile(version)}' "$@"\n`,
  );
  await chmod(file, 0o755);
  return file;
}

/** A workspace of two folders, which tests may write into; only the first has the samples and their settings. */
async function writeWorkspace(version: Version): Promise<string> {
  const folder = path.join(out, `workspace-${version}`);
  await rm(folder, { recursive: true, force: true });
  await cp(path.join(root, 'scripts', 'workspace'), path.join(folder, 'one'), { recursive: true });
  await mkdir(path.join(folder, 'two'));
  const file = path.join(folder, 'both.code-workspace');
  await writeFile(file, JSON.stringify({ folders: [{ path: 'one' }, { path: 'two' }] }));
  return file;
}

/**
 * Runs the built tests on one version of VS Code, on the built extension in dist/.
 * @param say gets the tests' results as they come
 * @throws if VS Code did not get as far as to report
 */
export async function runInVscode(version: Version, say: Say): Promise<Results> {
  await mkdir(out, { recursive: true });
  const resultsFile = path.join(out, `results-${version}.json`);
  await rm(resultsFile, { force: true });
  let ended: unknown;
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunk.toString().trimEnd().split('\n').forEach(say);
      done();
    },
  });
  await runTests({
    stdout: output,
    vscodeExecutablePath: process.env['VSCODE_EXECUTABLE'] ?? (await writeShim(version)),
    extensionDevelopmentPath: [root, path.join(root, 'test', 'neighbour')],
    extensionTestsPath: path.join(out, 'vscode', 'index.cjs'),
    launchArgs: [await writeWorkspace(version), '--disable-extensions'],
    extensionTestsEnv: { ...isolatedEnvironment(), KUBEFLOW_IRSA_RESULTS: resultsFile },
  }).catch((error: unknown) => (ended = error));
  try {
    return JSON.parse(await readFile(resultsFile, 'utf8')) as Results;
  } catch {
    throw new Error(`VS Code ended before the tests reported. What it said is above and in ${logFile(version)}.`, {
      cause: ended,
    });
  }
}

if (isEntry(import.meta.url)) {
  await main(async () => {
    const wanted = process.argv.slice(2) as Version[];
    await build('production');
    await buildVscodeTests();
    const say = stopwatch();
    let failed = 0;
    for (const version of wanted.length > 0 ? wanted : (['newest'] as const))
      failed += (await runInVscode(version, say)).failures.length;
    return failed === 0 ? 0 : 1;
  });
}
