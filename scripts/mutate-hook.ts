// Loaded into a test's process by --import: one source file is read with a part of it replaced. See mutate.ts.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import type { Mutant } from './mutate.ts';

const { url, start, end, text } = JSON.parse(process.env['MUTANT'] ?? '') as Mutant;

registerHooks({
  load(address, context, next) {
    const loaded = next(address, context);
    if (address !== url) return loaded;
    const source = readFileSync(new URL(url), 'utf8');
    return { ...loaded, source: source.slice(0, start) + text + source.slice(end) };
  },
});
