// The npm package of the command line, as somebody gets it: in an empty folder, without a registry.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/commands.ts';
import { emptyFolder, nodes, profile, tarball } from './empty.ts';

for (const [name, bin] of nodes)
  test(`npx runs the packed command line in an empty folder (Node ${name})`, async (t) => {
    const empty = emptyFolder(bin);
    t.after(empty.remove);
    assert.match((await empty.run('node', ['--version'])).stdout, new RegExp(`^v${name}\\.`));
    copyFileSync(tarball, path.join(empty.folder, 'packed.tgz'));
    writeFileSync(path.join(empty.folder, 'profile.yaml'), profile('user'));
    writeFileSync(path.join(empty.folder, 'clean.yaml'), profile('User'));
    const npx = (...args: string[]) => empty.run('npx', ['--yes', './packed.tgz', ...args]);
    const found = await npx('lint', 'profile.yaml');
    assert.equal(found.status, 1, found.stderr);
    assert.match(found.stdout, /^profile\.yaml:7:11: error KP-010: /);
    assert.deepEqual(await npx('lint', 'clean.yaml'), { status: 0, stdout: '', stderr: '' });
    assert.match((await npx('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
    // Nothing was put beside the files.
    assert.deepEqual(readdirSync(empty.folder).sort(), ['clean.yaml', 'packed.tgz', 'profile.yaml']);
  });

test('installed, each command finds its code; nothing else is installed with it', async (t) => {
  const [, bin = ''] = nodes[0] ?? [];
  const empty = emptyFolder(bin);
  t.after(empty.remove);
  writeFileSync(path.join(empty.folder, 'package.json'), '{ "private": true }\n');
  const installed = await empty.run('npm', ['install', '--no-audit', '--no-fund', tarball]);
  assert.equal(installed.status, 0, installed.stderr);
  const modules = path.join(empty.folder, 'node_modules');
  assert.deepEqual(
    readdirSync(modules).filter((name) => !name.startsWith('.')),
    ['kubeflow-irsa'],
  );
  const manifest = JSON.parse(readFileSync(path.join(modules, 'kubeflow-irsa/package.json'), 'utf8')) as object;
  for (const key of ['dependencies', 'optionalDependencies', 'devDependencies', 'scripts', 'contributes', 'main'])
    assert.ok(!(key in manifest), key);
  const nobody = {
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    AWS_MAX_ATTEMPTS: '1',
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
  };
  const run = (...args: string[]) => empty.run(path.join(modules, '.bin/kubeflow-irsa'), args, nobody);
  const options = (wanted: Readonly<Record<string, string>>): string[] =>
    Object.entries(wanted).flatMap(([option, value]) => [`--${option}`, value]);
  const any = { cluster: 'c', region: 'us-west-2', profile: 'team-a', owner: 'o@example.com', bucket: 'some-bucket' };
  for (const [command, { options: known }] of Object.entries(COMMANDS)) {
    const fitting = Object.fromEntries(Object.entries(any).filter(([option]) => option in known));
    const { stdout, stderr } = await run(command, ...(command === 'lint' ? [] : options(fitting)));
    assert.doesNotMatch(
      `${stdout}${stderr}`,
      /cannot find module|ENOENT.*\.cjs|ChunkLoadError|at .*\.cjs:\d/i,
      command,
    );
    assert.match((await run(command, '--help')).stdout, new RegExp(`kubeflow-irsa ${command}`));
  }
});

test('the README leads out of the package by whole addresses', async (t) => {
  const [, bin = ''] = nodes[0] ?? [];
  const empty = emptyFolder(bin);
  t.after(empty.remove);
  const { stdout: readme } = await empty.run('tar', ['-xzOf', tarball, 'package/README.md']);
  const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? '');
  assert.ok(links.length > 3);
  assert.deepEqual(
    links.filter((link) => !/^(https:\/\/|#)/.test(link)),
    [],
  );
});
