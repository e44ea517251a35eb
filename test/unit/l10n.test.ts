import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { bundleFile, exportTexts } from '../../scripts/l10n.ts';

test('l10n/bundle.l10n.json holds the texts of src/; if not: npm run l10n', async () => {
  assert.equal(await readFile(bundleFile, 'utf8'), await exportTexts());
});
