/** What keeps an export from being written, and how its files are. */
import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { prepare } from '../../src/export/prepare.ts';
import { TARGETS } from '../../src/export/targets.ts';
import { namesFor, HCL_NAME, LOGICAL_ID, OBJECT_NAME } from '../../src/export/names.ts';
import { ofKind, type Exported, type OutputFile, type Thing } from '../../src/export/things.ts';
import { FolderError, writeFiles } from '../../src/provisioning/writeFiles.ts';
import { example, exportedBy, plannedProfile, taken } from '../fixtures/exported.ts';
import { cluster } from './world.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'kubeflow-irsa-export-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folder = '';
let count = 0;
beforeEach(() => {
  folder = path.join(root, String(count++));
  mkdirSync(folder);
});

const FILES: readonly OutputFile[] = [
  { path: 'a.sh', text: 'a', executable: true },
  { path: 'below/b.yaml', text: 'b' },
];
/** A target of these files. */
const giving = (...files: readonly OutputFile[]) => ({
  ...TARGETS[0],
  load: async () => () => ({ files, cannot: [], next: [] }),
});
const refusals = async (all: readonly Exported[], target = giving(...FILES)): Promise<readonly string[]> => {
  const prepared = await prepare(target, all);
  return 'refused' in prepared ? prepared.refused : [];
};

test('into an empty folder, and into one that is not there', async () => {
  const written = await writeFiles(folder, FILES, false);
  assert.deepEqual(written, [path.join(folder, 'a.sh'), path.join(folder, 'below', 'b.yaml')]);
  assert.equal(readFileSync(path.join(folder, 'below/b.yaml'), 'utf8'), 'b');
  assert.equal(statSync(path.join(folder, 'a.sh')).mode & 0o111, 0o111);
  assert.equal(statSync(path.join(folder, 'below/b.yaml')).mode & 0o111, 0);
  await writeFiles(path.join(folder, 'new', 'deep'), FILES, false);
  assert.deepEqual(readdirSync(path.join(folder, 'new/deep')), ['a.sh', 'below']);
});

test('a folder that is not empty is refused, and forced keeps what else is in it', async () => {
  writeFileSync(path.join(folder, 'a.sh'), 'mine');
  writeFileSync(path.join(folder, 'c'), 'mine, too');
  await assert.rejects(
    writeFiles(folder, FILES, false),
    (error) => error instanceof FolderError && error.code === 'not-empty',
  );
  assert.equal(readFileSync(path.join(folder, 'a.sh'), 'utf8'), 'mine');
  await writeFiles(folder, FILES, true);
  assert.deepEqual(
    [readFileSync(path.join(folder, 'a.sh'), 'utf8'), readFileSync(path.join(folder, 'c'), 'utf8')],
    ['a', 'mine, too'],
  );
  assert.deepEqual(readdirSync(folder), ['a.sh', 'below', 'c']);
});

for (const [what, make, says] of [
  [
    'a symbolic link to a file',
    (at: string) => symlinkSync(path.join(root, 'elsewhere'), path.join(at, 'a.sh')),
    /a\.sh is a symbolic link/,
  ],
  [
    'a symbolic link to a folder',
    (at: string) => symlinkSync(root, path.join(at, 'below')),
    /below is a symbolic link/,
  ],
  ['a folder of the name of a file', (at: string) => mkdirSync(path.join(at, 'a.sh')), /a\.sh is a folder/],
  ['a file of the name of a folder', (at: string) => writeFileSync(path.join(at, 'below'), ''), /below is a file/],
] as const)
  test(`${what} in the way: nothing is written, also when forced`, async () => {
    make(folder);
    const before = readdirSync(folder);
    await assert.rejects(writeFiles(folder, FILES, true), says);
    assert.deepEqual(readdirSync(folder), before);
  });

test('a path that leads outside is refused before anything is written', async () => {
  const files = [...FILES, { path: '../c.yaml', text: 'c' }];
  await assert.rejects(writeFiles(folder, files, false), { message: /c\.yaml is outside of/ });
  assert.deepEqual(readdirSync(folder), []);
});

test('a file in place of the folder is refused', async () => {
  writeFileSync(path.join(folder, 'file'), '');
  await assert.rejects(writeFiles(path.join(folder, 'file'), FILES, true), /is a file\. Choose a folder/);
  await assert.rejects(writeFiles(path.join(folder, 'file', 'below'), FILES, true), FolderError);
});

for (const bad of ['../a', '/a', 'a/../b', 'a//b', '', '.', 'C:\\a', 'a\\b', 'a:b', 'nul', 'con.txt', 'a.', 'a\nb'])
  test(`the path ${JSON.stringify(bad)} is refused`, async () => {
    assert.match((await refusals([], giving({ path: bad, text: '' }))).join(), /is no path inside the folder/);
  });

test('two files of one path, also in other letters, and a file that is a folder of another, are refused', async () => {
  for (const two of ['A.SH', 'a.sh/b'])
    assert.match(
      (await refusals([], giving({ path: 'a.sh', text: '' }, { path: two, text: '' }))).join(),
      /would be two files/,
    );
});

test('text that looks like a credential is refused', async () => {
  const refused = await refusals([], giving({ path: 'a', text: `key: AKIA${'Q'.repeat(16)}` }));
  assert.match(refused.join(), /looks like a credential/);
  assert.doesNotMatch(refused.join(), /QQQQ/);
});

/** The same on a cluster of the same name in another region. */
const elsewhere = (exported: Exported): Exported => ({
  cluster: { ...cluster, region: 'eu-west-1', arn: cluster.arn.replace('us-west-2', 'eu-west-1') },
  things: JSON.parse(
    JSON.stringify(exported.things)
      .replaceAll(`${cluster.issuer.slice(8)}`, 'oidc.eks.eu-west-1.amazonaws.com/id/F')
      .replaceAll(':us-west-2:', ':eu-west-1:'),
  ) as readonly Thing[],
});

test('two clusters of one name in one account want one role for two profiles: refused, with both', async () => {
  const refused = await refusals([example(), elsewhere(example())]);
  assert.match(refused.join('\n'), /"team-a-dev-role" of dev \(eu-west-1\).*of dev \(us-west-2\) have one name to IAM/);
});

test('names that differ only after 64 characters, or in upper and lower case', async () => {
  const long = (last: string) => plannedProfile('team-b', { roleName: `${'r'.repeat(63)}${last}` });
  assert.deepEqual(await refusals([exportedBy(long('a'))]), []);
  assert.match((await refusals([exportedBy(long('ab'))])).join(), /at most 64 characters; this has 65/);
  const named = (name: string, profile: string) => exportedBy(plannedProfile(profile, { roleName: name }));
  const both = { cluster, things: [...named('Role', 'team-a').things, ...named('role', 'team-b').things] };
  assert.match((await refusals([both])).join(), /have one name to IAM/);
});

test('names of a target are unique, in its form, and the same in any order', () => {
  const key = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^[a-zA-Z_.-]{60,70}$/),
    fc.stringMatching(/^[aA._-]{0,4}$/),
  );
  for (const [shape, form] of [
    [OBJECT_NAME, /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/],
    [HCL_NAME, /^[A-Za-z_][A-Za-z0-9_]{0,199}$/],
    [LOGICAL_ID, /^[A-Za-z][A-Za-z0-9]{0,199}$/],
  ] as const)
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 30 }), (keys) => {
        const names = namesFor(keys, shape);
        assert.equal(names.size, keys.length);
        assert.equal(new Set([...names.values()].map((name) => name.toLowerCase())).size, keys.length);
        for (const name of names.values()) assert.match(name, form);
        const again = namesFor([...keys].reverse(), shape);
        assert.deepEqual(
          keys.map((one) => names.get(one)),
          keys.map((one) => again.get(one)),
        );
      }),
    );
});

test('roles and providers bear the name of the engine that keeps them, and what is there is told apart from that', async () => {
  const seen: Exported[] = [];
  const target = {
    ...giving(...FILES),
    keeper: 'terraform' as const,
    load: async () => (all: readonly Exported[]) => {
      seen.push(...all);
      return { files: FILES, cannot: [], next: [] };
    },
  };
  const there = taken(example());
  await prepare(target, [there]);
  const [marked] = seen;
  assert.ok(marked);
  const roles = ofKind(marked.things, 'iam/role');
  assert.ok(roles.length > 0);
  for (const { value, was } of [...roles, ...ofKind(marked.things, 'iam/provider')]) {
    assert.equal(value.tags?.['kubeflow-irsa/managed-by'], 'terraform');
    assert.equal(was?.tags?.['kubeflow-irsa/managed-by'], undefined);
    assert.ok(was);
  }
  assert.deepEqual(
    marked.things.filter(({ ref }) => !/^iam\/(?:role|provider)$/.test(ref.kind)),
    there.things.filter(({ ref }) => !/^iam\/(?:role|provider)$/.test(ref.kind)),
  );
});
