// What a machine that lacks something is told at `npm start` and `npm test`: one sentence with what to do, and a code other than 0.
import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { root, runToEnd } from '../../scripts/processes.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-bad-input-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A clone in which no package is installed, and a PATH on which npm prints SAID and fails; without SAID there is no npm. */
async function clone(name: string, said?: string): Promise<{ launcher: string; env: NodeJS.ProcessEnv; at: string }> {
  const at = path.join(folder, name);
  const bin = path.join(at, 'bin');
  await mkdir(path.join(at, 'scripts'), { recursive: true });
  await mkdir(bin);
  const launcher = path.join(at, 'scripts', 'run.mjs');
  await copyFile(path.join(root, 'scripts', 'run.mjs'), launcher);
  await writeFile(path.join(at, 'package-lock.json'), '{}');
  if (said !== undefined) {
    await writeFile(path.join(bin, 'npm'), `#!/bin/sh\necho '${said}' >&2\nexit 1\n`);
    await chmod(path.join(bin, 'npm'), 0o755);
  }
  return { launcher, env: { ...process.env, PATH: bin }, at };
}

const launches: [string, string | undefined, RegExp][] = [
  ['no npm', undefined, /\nThere is no npm on PATH: it comes with Node \(.*\)\.\n$/],
  [
    'no registry',
    'npm error code ECONNREFUSED',
    /\nThe npm registry cannot be reached: see to the network \(behind a proxy set HTTPS_PROXY .*\)\.\n$/,
  ],
  ['no disk', 'npm error code ENOSPC', /\nThere is no room on the disk for the npm packages in .*: free some/],
  ['npm may not write', 'npm error code EROFS', /\nnpm may not write where it wants to: make .* writable\.\n$/],
  ['another failure of npm', 'npm error code EUSAGE', /\nnpm failed: see above\./],
];
for (const [name, said, expected] of launches)
  test(`the launcher, ${name}: one sentence with what to do, code 2, and no lock is left`, async () => {
    const { launcher, env, at } = await clone(name.replaceAll(' ', '-'), said);
    const { code, output } = await runToEnd(process.execPath, [launcher, 'x.ts'], { env });
    assert.equal(code, 2);
    assert.match(output, expected);
    assert.doesNotMatch(output, /^\s+at /m);
    assert.ok(!(await readdir(at)).includes('.npm-install.lock'));
  });

test('the launcher does not print where in its own code npm failed', async () => {
  const { launcher, env } = await clone(
    'stack',
    'npm error code ECONNREFUSED\nnpm error     at ClientRequest.<anonymous> (/usr/lib/x.js:130:14)\nnpm error end',
  );
  const { output } = await runToEnd(process.execPath, [launcher, 'x.ts'], { env });
  assert.match(output, /npm error code ECONNREFUSED\nnpm error end\n/);
});

const start = [path.join(root, 'scripts', 'start.ts'), '--no-sandbox'];

test('npm start, the folder for temporary files does not exist: one sentence names TMPDIR', async () => {
  const env = { ...process.env, TMPDIR: path.join(folder, 'missing') };
  const { code, output } = await runToEnd(process.execPath, start, { env });
  assert.equal(code, 2);
  assert.match(output, /^There is no folder at .*missing.*: name another folder for temporary files in TMPDIR.*\.\n$/);
});

test('npm start, the cache folder cannot be made: one sentence names KUBEFLOW_IRSA_CACHE', async () => {
  const file = path.join(folder, 'file');
  await writeFile(file, '');
  const env = { ...process.env, KUBEFLOW_IRSA_CACHE: path.join(file, 'cache') };
  const { code, output } = await runToEnd(process.execPath, start, { env });
  assert.equal(code, 2);
  assert.match(
    output,
    /cannot be written to \(ENOTDIR\): make it writable, or name another folder in KUBEFLOW_IRSA_CACHE\.\n$/,
  );
  assert.doesNotMatch(output, /^\s+at /m);
});

test('npm test, a seed that is no number: one sentence, code 2, and no test is run', async () => {
  const wrong: [string[], string][] = [
    [['unit', '--seed', 'x'], 'A seed is a whole number of at most nine digits, not "x".\n'],
    [['unit', '--seed'], 'A seed is a whole number of at most nine digits, not "nothing".\n'],
  ];
  const run = path.join(root, 'scripts', 'test.ts');
  for (const [args, said] of wrong)
    assert.deepEqual(await runToEnd(process.execPath, ['--no-warnings', run, ...args]), { code: 2, output: said });
});
