// What may be bundled, what goes along with it, and the bill of materials.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import webpack from 'webpack';
import {
  allowedLicence,
  type Bundled,
  bundledPackages,
  licenceProblems,
  licencesPage,
  notices,
  sbom,
  sbomProblems,
} from '../../scripts/licences.ts';

const bundled = (name: string, license: unknown = 'MIT', rest: Partial<Bundled> = {}): Bundled => ({
  name,
  version: '1.0.0',
  license,
  text: `Copyright of ${name}`,
  notice: undefined,
  bundles: ['core.cjs'],
  ...rest,
});
const product = { name: 'kubeflow-irsa', version: '0.1.0', license: 'Apache-2.0' };

for (const [license, wanted] of [
  ['MIT', 'MIT'],
  ['ISC', 'ISC'],
  ['BSD-3-Clause', 'BSD-3-Clause'],
  ['0BSD', '0BSD'],
  ['(GPL-3.0-only OR MIT)', 'MIT'],
  ['AGPL-3.0-only OR Apache-2.0', 'Apache-2.0'],
  ['MIT AND GPL-2.0-only', undefined],
  ['GPL-3.0-only', undefined],
  ['LGPL-3.0-or-later', undefined],
  ['MPL-2.0', undefined],
  ['CC0-1.0', undefined],
  ['Unlicense', undefined],
  ['SEE LICENSE IN LICENSE.md', undefined],
  ['UNLICENSED', undefined],
  [undefined, undefined],
  [{ type: 'MIT' }, undefined],
] as const)
  test(`licence ${JSON.stringify(license)}: ${wanted ?? 'refused'}`, () => {
    assert.equal(allowedLicence(license), wanted);
    const problems = licenceProblems([{ ...bundled('some-package'), license }]);
    assert.equal(problems.length, wanted === undefined ? 1 : 0, problems.join());
    if (wanted === undefined) assert.match(problems[0] ?? '', /^some-package 1\.0\.0 is bundled/);
  });

test('a text that names its owner must be there; that of Apache-2.0 is our own', () => {
  assert.match(licenceProblems([bundled('a', 'MIT', { text: undefined })])[0] ?? '', /does not carry the text/);
  const apache = [
    bundled('b', 'Apache-2.0', { text: 'The Apache text' }),
    bundled('c', 'Apache-2.0', { text: undefined }),
  ];
  assert.deepEqual(licenceProblems(apache), []);
  assert.match(notices(apache, 'The  Apache text\n'), /^b 1\.0\.0\nc 1\.0\.0$/m);
});

test('each text goes along once, word for word, and a NOTICE with its package', () => {
  const text = notices(
    [
      bundled('a', 'MIT', { text: 'Same  text' }),
      bundled('b', 'MIT', { text: 'Same\ntext' }),
      bundled('c', 'Apache-2.0', { notice: 'NOTICE of c' }),
    ],
    'Apache',
  );
  assert.equal(text.match(/Same\s+text/g)?.length, 1);
  assert.match(text, /a 1\.0\.0\nb 1\.0\.0\n\nLicense: MIT/);
  assert.match(text, /Copyright of c\n\nNOTICE of c/);
});

test('the bill of materials is valid by the schema of CycloneDX 1.6, and the schema refuses what is wrong', async () => {
  const packages = [bundled('@scope/name', 'Apache-2.0'), bundled('plain', '(MIT OR GPL-3.0-only)')];
  const bom = sbom(packages, product) as { components: { purl: string; group?: string; name: string }[] };
  assert.deepEqual(await sbomProblems(bom), []);
  assert.deepEqual(
    bom.components.map(({ purl, group, name }) => [purl, group, name]),
    [
      ['pkg:npm/%40scope/name@1.0.0', '@scope', 'name'],
      ['pkg:npm/plain@1.0.0', undefined, 'plain'],
    ],
  );
  assert.deepEqual(sbom(packages, product), sbom(packages, product));
  assert.notDeepEqual(await sbomProblems(sbom([bundled('a', 'No-Such-License')], product)), []);
  assert.notDeepEqual(await sbomProblems({ ...bom, specVersion: 1 }), []);
});

test('the page has a row for each package, and changes with its version', () => {
  const page = licencesPage([bundled('a'), bundled('b', '0BSD')]);
  assert.match(page, /^2 packages: 1 0BSD, 1 MIT\.$/m);
  assert.match(page, /^\| a \| 1\.0\.0 \| MIT \| its own \| `core` \|$/m);
  assert.notEqual(page, licencesPage([bundled('a', 'MIT', { version: '1.0.1' }), bundled('b', '0BSD')]));
});

test('data that was taken out of a package is told as the package, where it is bundled', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-licences-'));
  try {
    const from = { name: '@scope/data', version: '1.2.3', license: 'MIT', text: 'Copyright of the data' };
    const files = {
      'main.js': "import data from './data.json'; console.log(data.x);",
      'data.json': { x: 'taken' },
      'data.from.json': from,
      'other.json': { x: 'not bundled' },
      'other.from.json': from,
    };
    for (const [name, content] of Object.entries(files))
      await writeFile(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    const compiler = webpack({
      mode: 'production',
      context: folder,
      entry: './main.js',
      output: { path: path.join(folder, 'out') },
    });
    const stats = await new Promise<webpack.Stats>((resolve, reject) =>
      compiler.run((error, result) => (result ? resolve(result) : reject(error ?? new Error('no result')))),
    );
    await new Promise<void>((resolve) => compiler.close(() => resolve()));
    assert.deepEqual(await bundledPackages(stats), [{ ...from, notice: undefined, bundles: ['main.js'] }]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
