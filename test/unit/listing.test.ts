// The entry in the Marketplace and Open VSX: ours is right, and each rule refuses what it is about.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contrast, type Entry, type Listing, listingProblems, pngSize, readListing } from '../../scripts/listing.ts';

const ours = await readListing();
const found = (listing: Listing): string[] =>
  listingProblems(listing).flatMap(({ name, problems }) => (problems.length > 0 ? [name] : []));

test('the entry of this extension breaks no rule', () => {
  assert.deepEqual(
    listingProblems(ours).flatMap(({ problems }) => problems),
    [],
  );
});

const png = (width: number, height: number): Uint8Array => {
  const bytes = new Uint8Array(ours.icon.slice(0, 64));
  new DataView(bytes.buffer).setUint32(16, width);
  new DataView(bytes.buffer).setUint32(20, height);
  return bytes;
};
const entry = (change: Entry): Partial<Listing> => ({ entry: { ...ours.entry, ...change } });
const readme = (text: string): Partial<Listing> => ({ pages: { 'README.md': text } });

for (const [name, change, rule] of [
  ['a publisher with a space', entry({ publisher: 'Some Body' }), /^name and publisher/],
  ['a name in capitals', entry({ name: 'Kubeflow' }), /^name and publisher/],
  ['a pre-release tag', entry({ version: '0.2.0-rc.1' }), /^the version/],
  ['no description', entry({ description: '' }), /^name, description/],
  ['a long name', entry({ displayName: 'x'.repeat(256) }), /^name, description/],
  ['a zero-width character', entry({ displayName: 'Kube\u200bflow' }), /^name, description/],
  ['a category of its own', entry({ categories: ['Cloud'] }), /^categories/],
  ['no category', entry({ categories: [] }), /^categories/],
  ['31 keywords', entry({ keywords: Array.from({ length: 31 }, (_, i) => `k${i}`) }), /^at most 30/],
  ['a keyword twice', entry({ keywords: ['eks', 'eks'] }), /^at most 30/],
  ['a small icon', { icon: png(64, 64) }, /^the icon/],
  ['an oblong icon', { icon: png(256, 128) }, /^the icon/],
  ['an SVG as icon', { icon: new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>') }, /^the icon/],
  ['a named colour', entry({ galleryBanner: { color: 'blue', theme: 'dark' } }), /^the banner/],
  ['white on yellow', entry({ galleryBanner: { color: '#ffe000', theme: 'dark' } }), /^the banner/],
  ['no license', entry({ license: '' }), /^there is a license/],
  ['no LICENSE', { exists: (file: string) => file !== 'LICENSE' && ours.exists(file) }, /^there is a license/],
  ['a repository by git', entry({ repository: { url: 'git@github.com:a/b.git' } }), /^repository/],
  ['a price', entry({ pricing: 'Paid' }), /^pricing/],
  ['a sponsor by http', entry({ sponsor: { url: 'http://example.com' } }), /^pricing/],
  ['1.0 as a preview', entry({ version: '1.0.0' }), /^a version below/],
  ['any VS Code', entry({ engines: { vscode: '*' } }), /^it is said where/],
  ['newer types', entry({ devDependencies: { '@types/vscode': '1.200.0' } }), /^it is said where/],
  ['a proposed API', entry({ enabledApiProposals: ['x'] }), /^no proposed/],
  ['a picture by http', readme('![x](http://example.com/x.png)'), /^pictures/],
  ['an SVG', readme('<img width="3" src="docs/x.svg">'), /^pictures/],
  ['an SVG tag', readme('<svg></svg>'), /^pictures/],
  ['a picture that is gone', readme('![x](docs/pictures/gone.png)'), /^pictures/],
] as const)
  test(`refused: ${name}`, () => {
    const rules = found({ ...ours, pages: {}, ...change });
    assert.equal(rules.length, 1, rules.join());
    assert.match(rules[0] ?? '', rule);
  });

test('PNG size and contrast are those of the specifications', () => {
  assert.deepEqual(pngSize(png(300, 200)), [300, 200]);
  assert.equal(pngSize(new Uint8Array(3)), undefined);
  assert.equal(contrast('#000000', 'white'), 21);
  assert.equal(contrast('#ffffff', 'white'), 1);
  assert.equal(contrast('#767676', 'white').toFixed(2), '4.54');
});
