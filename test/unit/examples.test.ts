/** docs/examples: fresh, what our own lint reads without a finding, and what every target must say. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { examples, examplesFolder } from '../../scripts/examples.ts';
import { lintFolder } from '../../src/core/lint.ts';
import { TARGETS } from '../../src/export/targets.ts';

const all = await examples();

test('the files of docs/examples are what the exporters write (npm run examples)', () => {
  const there = globSync('**/*', { cwd: examplesFolder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(examplesFolder, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  assert.deepEqual(there.sort(), [...all.keys()].sort());
  for (const [file, text] of all) assert.equal(readFileSync(path.join(examplesFolder, file), 'utf8'), text, file);
});

for (const { id } of TARGETS)
  test(`${id}: it has the profile, its role, aud and sub, annotateOnly, the launcher's root, boundary, path and tags`, () => {
    const text = [...all].flatMap(([file, one]) => (file.startsWith(`${id}/`) ? [one] : [])).join('\n');
    for (const wanted of [
      /team-a-dev-role/,
      /sts\.amazonaws\.com/,
      /system:serviceaccount:team-a:default-editor/,
      /annotateOnly\W{1,4}true/,
      /s3:\/\/artifacts\/team-a\/v2\/artifacts/,
      /arn:aws:iam::111122223333:policy\/teams/,
      /\/teams\//,
      /cost-center/,
      /7200/,
    ])
      assert.match(text, wanted);
    assert.doesNotMatch(text, /made-by|kubeflow-irsa\/run/);
  });

test('our own lint has no finding on any of them, read by themselves and together', () => {
  const files = [...all].flatMap(([file, text]) => {
    const language = /\.ya?ml$/.test(file) ? 'yaml' : file.endsWith('.json') ? 'json' : undefined;
    return language === undefined ? [] : [{ path: file, text, language } as const];
  });
  for (const { id } of TARGETS) {
    const its = files.filter(({ path: file }) => file.startsWith(`${id}/`));
    const findings = [...lintFolder(its)].flatMap(([file, found]) => found.map(({ id: mode }) => `${file} ${mode}`));
    assert.deepEqual(findings, []);
  }
});
