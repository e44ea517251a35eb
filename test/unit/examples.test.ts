/** docs/examples: fresh, what our own lint reads without a finding, and what every target must say. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { examples, examplesFolder } from '../../scripts/examples.ts';
import { lintFolder } from '../../src/core/lint.ts';
import { prepare } from '../../src/export/prepare.ts';
import { TARGETS } from '../../src/export/targets.ts';
import { example } from '../fixtures/exported.ts';

const all = await examples();

test('the files of docs/examples are what the exporters write (npm run examples)', () => {
  const there = globSync('**/*', { cwd: examplesFolder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(examplesFolder, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  assert.deepEqual(there.sort(), [...all.keys()].sort());
  for (const [file, text] of all) assert.equal(readFileSync(path.join(examplesFolder, file), 'utf8'), text, file);
});

/** What the files of a target must say, or else the export says that they do not. */
const SAYS = {
  role: /team-a-dev-role/,
  annotateOnly: /annotateOnly\W{1,4}true/,
  audience: /sts\.amazonaws\.com/,
  subject: /system:serviceaccount:team-a:default-editor/,
  launcher: /s3:\/\/artifacts\/team-a\/v2\/artifacts/,
  boundary: /arn:aws:iam::111122223333:policy\/teams/,
  path: /\/teams\//,
  tags: /cost-center/,
  session: /7200/,
} as const;
/** Where a target says it in other words, or cannot: then its {@link Output.cannot} speaks of it. */
const OTHERWISE: Readonly<Record<string, Partial<Record<keyof typeof SAYS, RegExp>>>> = {
  // Made of the name of an instance.
  kro: { subject: /":sub": "system:serviceaccount:" \+ schema\.spec\.name \+ ":default-editor"/ },
  automator: Object.fromEntries(
    ['audience', 'subject', 'boundary', 'tags', 'session'].map((what) => [what, /makes nothing in AWS/]),
  ),
};

for (const target of TARGETS)
  test(`${target.id}: it has the role, annotateOnly, aud and sub, the launcher's root, boundary, path, tags and session`, async () => {
    const { id } = target;
    const prepared = await prepare(target, [example()]);
    assert.ok('output' in prepared);
    const files = [...all].flatMap(([file, one]) => (file.startsWith(`${id}/`) ? [one] : [])).join('\n');
    const text = [files, ...prepared.output.cannot].join('\n');
    for (const [what, pattern] of Object.entries(SAYS))
      assert.match(text, OTHERWISE[id]?.[what as keyof typeof SAYS] ?? pattern, what);
    assert.doesNotMatch(files, /made-by|kubeflow-irsa\/run/);
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
