// Writes docs/examples: one profile, as each target of an export has it. test/unit/examples.test.ts fails where they are not fresh.
// Usage: npm run examples
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { prepare } from '../src/export/prepare.ts';
import { TARGETS } from '../src/export/targets.ts';
import { example } from '../test/fixtures/exported.ts';
import { isEntry, main, root } from './processes.ts';

export const examplesFolder = path.join(root, 'docs', 'examples');

/** The files of all examples: text by path below the folder. */
export async function examples(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const target of TARGETS) {
    const prepared = await prepare(target, [example()]);
    if ('refused' in prepared) throw new Error(`${target.id}: ${prepared.refused.join(' ')}`);
    for (const { path: file, text } of prepared.output.files) files.set(`${target.id}/${file}`, text);
  }
  return files;
}

async function writeExamples(): Promise<number> {
  await rm(examplesFolder, { recursive: true, force: true });
  for (const [file, text] of await examples()) {
    const target = path.join(examplesFolder, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text);
  }
  return 0;
}

if (isEntry(import.meta.url)) await main(writeExamples);
