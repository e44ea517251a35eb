/** Texts of the user interface: all are where translators see them, and each language has all of them. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { bundleFile, exportTexts, literalsIn, phrasesIn, UI_FILES } from '../../scripts/l10n.ts';
import { root } from '../../scripts/processes.ts';

type Texts = Readonly<Record<string, string>>;
const read = async (file: string): Promise<Texts> => JSON.parse(await readFile(path.join(root, file), 'utf8')) as Texts;

test('l10n/bundle.l10n.json holds the texts of src/; if not: npm run l10n', async () => {
  assert.equal(await readFile(bundleFile, 'utf8'), await exportTexts());
});

/** Files of the user interface whose texts are English on purpose: they explain, as findings and plans do (docs/languages.md). */
const ENGLISH: Readonly<Record<string, string>> = {
  'src/editor/words.ts': 'hovers',
  'src/editor/places.ts': 'what a completion is, beside what it writes',
  'src/wizard/result.ts': 'the document of a result',
  'src/wizard/runText.ts': 'the document of a run',
  'src/editor/thread.ts': 'goes to the log',
  'src/editor/worker.ts': 'is written into a file',
  'src/commands/index.ts': 'when clauses',
};
/** What is a name in every language, is compared, or is written down. */
const NAMES: ReadonlySet<string> = new Set([
  'Kubeflow IRSA',
  'Kubeflow IRSA: {}',
  'Kubeflow',
  'Kubernetes {}',
  '{} · Kubernetes {}{}',
  'Amazon EKS',
  'Profile',
  'Profiles',
  'Profile {}',
  'Service account {}',
  'User',
  'Problem',
  'Cancelled',
  'Cancelled.',
  'Canceled',
  'cut off',
  'without audience',
  'it was not read',
  'kubeflowIrsa.eksCluster {}',
  'A later run of the same did the rest.',
]);

test('no text that a person reads in VS Code is missing in the bundle', async () => {
  const seen = new Set<string>();
  for (const file of globSync(UI_FILES, { cwd: root })) {
    const name = file.replaceAll('\\', '/');
    if (name in ENGLISH) continue;
    for (const { line, text } of literalsIn(await readFile(path.join(root, file), 'utf8'))) {
      assert.ok(NAMES.has(text), `${name}:${line} shows "${text}" without l10n.t`);
      seen.add(text);
    }
  }
  assert.deepEqual([...NAMES].filter((text) => !seen.has(text)).sort(), [], 'an exception that nothing needs');
});

const literals: readonly { readonly name: string; readonly code: string; readonly found: readonly string[] }[] = [
  { name: 'a message', code: "showInformationMessage('All is well.')", found: ['All is well.'] },
  { name: 'one word', code: "{ title: 'Retry' }", found: ['Retry'] },
  { name: 'a template', code: '`Profile ${name} is gone`', found: ['Profile {} is gone'] },
  { name: 'a value of a text', code: "l10n.t('At {0}', 'some place')", found: ['some place'] },
  { name: 'a text that is passed on', code: "l10n.t('All is well.'); phrase('All is well.')", found: [] },
  {
    name: 'log, ids, types, errors',
    code: "log.info('All is well.'); f('iam:GetRole'); type A = 'a b'; new Error('a b')",
    found: [],
  },
];
for (const { name, code, found } of literals)
  test(`what no translator sees: ${name}`, () =>
    assert.deepEqual(
      literalsIn(code).map(({ text }) => text),
      found,
    ));

test('phrases are found where they are made', () =>
  assert.deepEqual(phrasesIn("const a = phrase('one {0}', b); say('two'); other('three')"), ['one {0}', 'two']));

/** `{0}`, `command:…`, code and links, which a translation must keep. */
const kept = (text: string): string[] =>
  (text.match(/\{\d+\}|\(command:[^)]+\)|`[^`]+`|#[\w.]+#|\$\([\w~-]+\)/g) ?? []).sort();

const LANGUAGES = globSync('package.nls.*.json', { cwd: root }).map((file) => file.split('.')[2] ?? '');

test('German is among the languages', () => assert.ok(LANGUAGES.includes('de')));

for (const language of LANGUAGES)
  for (const [english, translated] of [
    ['package.nls.json', `package.nls.${language}.json`],
    ['l10n/bundle.l10n.json', `l10n/bundle.l10n.${language}.json`],
  ] as const) {
    test(`${translated} has each text, no other, and its values`, async () => {
      const [from, to] = [await read(english), await read(translated)];
      assert.deepEqual(Object.keys(to).sort(), Object.keys(from).sort());
      for (const [key, text] of Object.entries(to)) {
        assert.deepEqual(kept(text), kept(from[key] ?? ''), key);
        assert.notEqual(text.trim(), '', key);
        // An ellipsis says that more is asked.
        assert.equal(text.endsWith('…'), (from[key] ?? '').endsWith('…'), key);
      }
    });
  }
