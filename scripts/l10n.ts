// Writes l10n/bundle.l10n.json, from which translators work: every text that src/ passes to `l10n.t`.
// Usage: npm run l10n
import { glob, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { getL10nJson } from '@vscode/l10n-dev';
import { isEntry, main, root } from './processes.ts';

export const bundleFile = path.join(root, 'l10n', 'bundle.l10n.json');

/** What the bundle must hold, as text. */
export async function exportTexts(): Promise<string> {
  const files: { extension: '.ts'; contents: string }[] = [];
  for await (const file of glob('src/**/*.ts', { cwd: root }))
    files.push({ extension: '.ts', contents: await readFile(path.join(root, file), 'utf8') });
  const texts = await getL10nJson(files);
  const sorted = Object.fromEntries(Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify(sorted, undefined, 2)}\n`;
}

if (isEntry(import.meta.url)) {
  await main(async () => {
    await mkdir(path.dirname(bundleFile), { recursive: true });
    await writeFile(bundleFile, await exportTexts());
    return 0;
  });
}
