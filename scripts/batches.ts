// Test files that share a process: to start one for each takes a quarter of a second of a processor, more than most of them need.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './processes.ts';

/** What one file would do to the others in its process: clocks and modules that it replaces, and variables that it sets. */
const ALONE = /\bmock\.|registerHooks|\bprocess\.env\[[^\]]+\] =|-stub\.ts'|\bprocess\.(?:chdir|umask)\(/;
/** How many share one: what a file leaves behind in memory is there until all have run. */
const MOST = 12;

/**
 * Each file is a suite, with hooks of its own; one that cannot be loaded fails alone, and so does one without a test. `first` is loaded
 * before: its hooks are those of the whole.
 */
const program = (
  files: readonly string[],
  first?: string,
): string => `import { after, before, beforeEach, describe } from 'node:test';
${first === undefined ? '' : `await import(${JSON.stringify(new URL(first, pathToFileURL(`${root}/`)).href)});\n`}let tests = 0;
beforeEach(() => void tests++);
for (const file of ${JSON.stringify(files)})
  describe(file, () => {
    let others = 0;
    before(() => void (others = tests));
    after(() => {
      if (tests === others) throw new Error('There is no test in this file.');
    });
    return import(new URL(file, ${JSON.stringify(pathToFileURL(`${root}/`).href)}).href);
  });
`;

/** The files to be run for these test files: one for those that run together, in the order given, and each other one by itself. */
export async function groupsOf(
  files: readonly string[],
  together: readonly (readonly string[])[],
  first: string,
  folder: string,
): Promise<Map<string, readonly string[]>> {
  const grouped = together.flat();
  const groups = new Map<string, readonly string[]>(
    files.filter((file) => !grouped.includes(file)).map((file) => [file, [file]]),
  );
  for (const group of together) groups.set(await written(program(group, first), folder), group);
  return groups;
}

/** Writes a program, and gives its path. */
async function written(text: string, folder: string): Promise<string> {
  const name = path.join(folder, `${createHash('sha256').update(text).digest('hex').slice(0, 12)}.test.mjs`);
  await mkdir(path.join(root, folder), { recursive: true });
  await writeFile(path.join(root, name), text);
  return name;
}

/** The files to be run for these test files: those that need a process to themselves, and one for each dozen of the others. */
export async function batchesOf(files: readonly string[], folder: string): Promise<Map<string, readonly string[]>> {
  const texts = await Promise.all(files.map((file) => readFile(path.join(root, file), 'utf8')));
  const alone = files.filter((_file, index) => ALONE.test(texts[index] ?? ''));
  const shared = files.filter((file) => !alone.includes(file));
  const batches = new Map<string, readonly string[]>(alone.map((file) => [file, [file]]));
  for (let from = 0; from < shared.length; from += MOST) {
    const some = shared.slice(from, from + MOST);
    batches.set(await written(program(some), folder), some);
  }
  return batches;
}
