// ESLint over every file. What was found right once is known by the contents of the file and of all that it imports: its types come from there.
// Usage: node scripts/run.mjs scripts/lint.ts
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ESLint } from 'eslint';
import { recall, remember } from './cache.ts';
import { gitFiles, main, root } from './processes.ts';

const REMEMBERED = 'linted.json';
/** What can change the judgement of any file. Declarations may be global. */
const COMMON = /(^|\/)(package-lock\.json|eslint\.config\.js|tsconfig\.json|scripts\/lint\.ts|[^/]+\.d\.ts)$/;

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** The files that a text imports, by their paths in the folder. */
const importsOf = (file: string, text: string): string[] =>
  [...text.matchAll(/(?:\bfrom|\bimport\(?(?:\s*\/\*[^*]*\*\/)?)\s*['"](\.{1,2}\/[^'"]+)['"]/g)].map(([, name = '']) =>
    path.posix.join(path.posix.dirname(file), name),
  );

await main(async () => {
  const texts = new Map<string, string>();
  for (const file of await gitFiles()) {
    if (!/\.(ts|json|js|mjs|cjs)$/.test(file)) continue;
    const text = await readFile(path.join(root, file), 'utf8').catch(() => undefined);
    if (text !== undefined) texts.set(file, text);
  }
  const digests = new Map([...texts].map(([file, text]) => [file, digest(text)]));
  const imports = new Map([...texts].map(([file, text]) => [file, importsOf(file, text)]));
  const reached = (file: string): string[] => {
    const seen = new Set([file]);
    for (const one of seen) for (const next of imports.get(one) ?? []) seen.add(next);
    return [...seen].sort();
  };
  const common = [...digests].filter(([file]) => COMMON.test(file)).join();
  const keyOf = (file: string): string =>
    digest([common, file, ...reached(file).map((one) => `${one} ${digests.get(one) ?? ''}`)].join('\n'));

  const eslint = new ESLint({ cwd: root, errorOnUnmatchedPattern: false });
  const known = new Set(await recall<string[]>(REMEMBERED, []));
  const keys = new Map<string, string>();
  for (const file of texts.keys())
    if (file.endsWith('.ts') && !(await eslint.isPathIgnored(file))) keys.set(file, keyOf(file));
  const unknown = [...keys].filter(([, key]) => !known.has(key)).map(([file]) => file);
  const results = unknown.length > 0 ? await eslint.lintFiles(unknown) : [];
  for (const { filePath, messages } of results)
    if (messages.length === 0) known.add(keys.get(path.relative(root, filePath).replaceAll(path.sep, '/')) ?? '');
  // The newest are kept: a key is of one file at one time.
  await remember(
    REMEMBERED,
    [...new Set([...keys.values(), ...[...known].reverse()])].filter((key) => known.has(key)).slice(0, 20_000),
  );
  const text = await (await eslint.loadFormatter('stylish')).format(results);
  if (text !== '') process.stdout.write(text);
  return results.some(({ errorCount, fatalErrorCount }) => errorCount + fatalErrorCount > 0) ? 1 : 0;
});
