/** Code that is kept between two starts of the command line: taken only where it is certain, and never in the way. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import fc from 'fast-check';
import { cacheFolder, compiledIn, wrapped } from '../../src/cli/compiled.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'kubeflow-irsa-compiled-'));
after(() => rmSync(root, { recursive: true }));
let made = 0;
const place = (): string => path.join(root, String(made++));
const posix = process.getuid !== undefined;

const SOURCE = 'a source';
const CODE = Buffer.from('its code');
const kept = (): { folder: string; file: string } => {
  const folder = place();
  compiledIn(folder, 'apply').keep('one.cjs', SOURCE, CODE);
  return { folder, file: path.join(folder, 'apply-one.cjs.bin') };
};
const taken = (folder: string, source = SOURCE, command = 'apply'): string | undefined =>
  compiledIn(folder, command).take('one.cjs', source)?.code.toString();

test('what is kept is taken, for the same source and command alone', () => {
  const { folder, file } = kept();
  assert.equal(taken(folder), CODE.toString());
  assert.equal(taken(folder, 'b source'), undefined);
  assert.equal(taken(folder, SOURCE, 'plan'), undefined);
  assert.deepEqual(readdirSync(folder), [path.basename(file)]);
});

test('damaged code is not taken: V8 would run it', () => {
  const { folder, file } = kept();
  const whole = readFileSync(file);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, by, cut) => {
      const other = Buffer.from(cut ? whole.subarray(0, at) : whole);
      if (!cut) other[at] = (other[at] ?? 0) ^ by;
      writeFileSync(file, other);
      assert.equal(taken(folder), undefined);
    }),
  );
});

test('who else could have written it is not believed', { skip: !posix }, () => {
  const { folder, file } = kept();
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  for (const mode of [0o620, 0o602]) {
    chmodSync(file, mode);
    assert.equal(taken(folder), undefined);
  }
  const open = place();
  mkdirSync(open);
  chmodSync(open, 0o777);
  compiledIn(open, 'apply').keep('one.cjs', SOURCE, CODE);
  assert.deepEqual(readdirSync(open), []);
});

test('where nothing can be kept nothing fails', () => {
  const file = place();
  writeFileSync(file, '');
  for (const folder of [file, path.join(file, 'below'), '/dev/null/x']) {
    const compiled = compiledIn(folder, 'apply');
    compiled.keep('one.cjs', SOURCE, CODE);
    assert.equal(compiled.take('one.cjs', SOURCE), undefined);
  }
});

test('the folder is where the system has its caches', () => {
  const end = path.join('kubeflow-irsa', 'code');
  assert.equal(cacheFolder({}, '/home/a', 'linux'), path.join('/home/a/.cache', end));
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '/caches' }, '/home/a', 'linux'), path.join('/caches', end));
  // The specification: a relative path is to be ignored.
  assert.equal(cacheFolder({ XDG_CACHE_HOME: 'caches' }, '/home/a', 'linux'), path.join('/home/a/.cache', end));
  assert.equal(
    cacheFolder({ XDG_CACHE_HOME: '/caches' }, '/Users/a', 'darwin'),
    path.join('/Users/a/Library/Caches', end),
  );
  assert.equal(cacheFolder({ LOCALAPPDATA: '/local' }, '/Users/a', 'win32'), path.join('/local', end));
});

/** A start of two bundles, one of which loads the other and a part of Node; what it prints, and what is kept after it. */
function start(caches: string, { code = 0, command = 'apply', env = {}, second = 'two' } = {}) {
  const folder = path.join(caches, 'bundles');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, 'one.cjs'),
    `'use strict'; const two = require('./two.cjs'); const add = (a, b) => a + b;
     process.stdout.write([add(1, 2), two.name(), require('./two.cjs') === two, require('node:path').sep.length].join(' '));
     process.exitCode = ${code};`,
  );
  writeFileSync(path.join(folder, 'two.cjs'), `exports.name = () => '${second}';`);
  const module = JSON.stringify(new URL('../../src/cli/compiled.ts', import.meta.url).href);
  const script = `import { bundles, compiledOf } from ${module}; import { createRequire } from 'node:module';
    const folder = ${JSON.stringify(folder)};
    bundles(folder, createRequire(folder + '/x'), compiledOf(${JSON.stringify(command)}, process.env))('./one.cjs');`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', XDG_CACHE_HOME: caches, LOCALAPPDATA: caches, HOME: caches, ...env },
  });
  assert.equal(stderr, '');
  assert.equal(status, code);
  const kept = path.join(cacheFolder({ XDG_CACHE_HOME: caches, LOCALAPPDATA: caches }, caches), '.');
  const files = (() => {
    try {
      return readdirSync(kept).sort();
    } catch {
      return [];
    }
  })();
  return { stdout, files, at: (name: string) => path.join(kept, name) };
}
const FILES = ['apply-one.cjs.bin', 'apply-two.cjs.bin'];

test('a second start runs what the first kept, and leaves it', () => {
  const caches = place();
  const first = start(caches);
  assert.equal(first.stdout, '3 two true 1');
  assert.deepEqual(first.files, FILES);
  const before = FILES.map((name) => readFileSync(first.at(name)));
  const inode = FILES.map((name) => statSync(first.at(name)).ino);
  assert.equal(start(caches).stdout, '3 two true 1');
  assert.deepEqual(
    FILES.map((name) => readFileSync(first.at(name))),
    before,
  );
  assert.deepEqual(
    FILES.map((name) => statSync(first.at(name)).ino),
    inode,
  );
});

test('a bundle that changed is run as it is now, also where its length is the same', () => {
  const caches = place();
  start(caches);
  assert.equal(start(caches, { second: 'TWO' }).stdout, '3 TWO true 1');
  assert.equal(start(caches).stdout, '3 two true 1');
});

test('code that V8 does not take, and code that is old, is made anew', () => {
  const caches = place();
  const first = start(caches);
  const [name = ''] = FILES;
  const file = first.at(name);
  // As it is kept, and of another version of V8.
  const source = wrapped(readFileSync(path.join(caches, 'bundles/one.cjs'), 'utf8'));
  const good = readFileSync(file);
  compiledIn(path.dirname(file), 'apply').keep('one.cjs', source, Buffer.from('of another version'));
  assert.notDeepEqual(readFileSync(file), good);
  assert.equal(start(caches).stdout, first.stdout);
  assert.ok(readFileSync(file).length > 1_000, 'made anew');
  const { ino } = statSync(file);
  const longAgo = Date.now() / 1_000 - 2 * 24 * 60 * 60;
  utimesSync(file, longAgo, longAgo);
  start(caches);
  assert.notEqual(statSync(file).ino, ino);
});

test('nothing is kept of a start that could not do its work, without a command, or where a person says no', () => {
  for (const how of [
    { code: 2 },
    { code: 130 },
    { command: '--help' },
    { command: '../up' },
    { command: '' },
    { env: { NODE_DISABLE_COMPILE_CACHE: '1' } },
  ]) {
    const { stdout, files } = start(place(), how);
    assert.equal(stdout, '3 two true 1');
    assert.deepEqual(files, [], JSON.stringify(how));
  }
  assert.deepEqual(start(place(), { code: 1 }).files, FILES);
});
