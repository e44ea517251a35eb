// Test files that share a process: to start one for each takes a quarter of a second of a processor, more than most of them need.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from './processes.ts';

/**
 * Why a file has a process to itself: clocks and modules that it replaces and variables that it sets would be the others', too; and
 * what waits as it is loaded cannot be loaded within a suite.
 */
const ALONE =
  /\bmock\.|registerHooks|\bprocess\.env\[[^\]]+\] =|-stub\.ts'|fixtures\/defects\.ts'|\bprocess\.(?:chdir|umask)\(|^(?:const .*= \(?)?await /m;
/** How many share one: what a file leaves behind in memory is there until all have run. */
const MOST = 12;

/** Each file is a suite, with hooks of its own; one that cannot be loaded fails alone, and so does one without a test. */
const program = (files: readonly string[]): string => `import { after, before, beforeEach, describe } from 'node:test';
import { createRequire } from 'node:module';
const load = createRequire(import.meta.url);
let tests = 0;
beforeEach(() => void tests++);
for (const file of ${JSON.stringify(files)})
  describe(file, () => {
    let others = 0;
    before(() => void (others = tests));
    after(() => {
      if (tests === others) throw new Error('There is no test in this file.');
    });
    load(${JSON.stringify(`${root}/`)} + file);
  });
`;

/** The files to be run for these test files: those that need a process to themselves, and one for each dozen of the others. */
export async function batchesOf(files: readonly string[], folder: string): Promise<Map<string, readonly string[]>> {
  const texts = await Promise.all(files.map((file) => readFile(path.join(root, file), 'utf8')));
  const alone = files.filter((_file, index) => ALONE.test(texts[index] ?? ''));
  const shared = files.filter((file) => !alone.includes(file));
  const batches = new Map<string, readonly string[]>(alone.map((file) => [file, [file]]));
  await mkdir(path.join(root, folder), { recursive: true });
  for (let from = 0; from < shared.length; from += MOST) {
    const some = shared.slice(from, from + MOST);
    const text = program(some);
    const name = path.join(folder, `${createHash('sha256').update(text).digest('hex').slice(0, 12)}.test.mjs`);
    await writeFile(path.join(root, name), text);
    batches.set(name, some);
  }
  return batches;
}
