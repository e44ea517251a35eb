// Whether every file is formatted as prettier does it. What was found right once is known by its content, in any clone.
// Usage: node scripts/run.mjs scripts/format.ts
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import prettier from 'prettier';
import { recall, remember } from './cache.ts';
import { gitFiles, main, root } from './processes.ts';

const REMEMBERED = 'formatted.json';
const digest = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\0')).digest('base64url');

await main(async () => {
  const known = new Set(await recall<string[]>(REMEMBERED, []));
  const right: string[] = [];
  const wrong: string[] = [];
  for (const name of await gitFiles()) {
    const file = path.join(root, name);
    const { ignored, inferredParser } = await prettier.getFileInfo(file, {
      ignorePath: path.join(root, '.prettierignore'),
    });
    const text = await readFile(file, 'utf8').catch(() => undefined); // one that is deleted, and not yet for git
    if (ignored || inferredParser === null || text === undefined) continue;
    const options = { ...(await prettier.resolveConfig(file, { editorconfig: true })), filepath: name };
    const key = digest(prettier.version, JSON.stringify(options), text);
    if (known.has(key) || (await prettier.check(text, options))) right.push(key);
    else wrong.push(name);
  }
  // A key is of one file at one time: what many clones remember stays a few megabytes.
  const all = [...new Set([...right, ...known])].slice(0, 20_000);
  await remember(REMEMBERED, all);
  if (wrong.length > 0) process.stdout.write(`Not formatted: ${wrong.join(', ')}. npm run format does it.\n`);
  return wrong.length > 0 ? 1 : 0;
});
