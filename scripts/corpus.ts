// Holds --fix against files that others wrote: copies folders, fixes all that lint finds there, and compares each file before and after.
// Usage: npm run corpus -- FOLDER… [--fix-severity LEVEL] [--each]     --each: every fix by itself too, also those not taken unasked
import { cp, glob, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { atLeast, FIX_SEVERITY } from '../src/core/fix.ts';
import { lintFolder, type LintFile, patchFiles, normalPath } from '../src/core/lint.ts';
import { isKustomization, looksOurs } from '../src/core/look.ts';
import type { Finding, Severity } from '../src/core/rules/types.ts';
import { fixAndJudge, judgeEach } from './harm.ts';
import { main, root } from './processes.ts';

const LONGEST = 20 * 1024 * 1024;

await main(async () => {
  const { values, positionals } = parseArgs({
    options: { 'fix-severity': { type: 'string', default: FIX_SEVERITY }, each: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const severity = values['fix-severity'] as Severity;
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  if (positionals.length === 0) {
    say('Usage: npm run corpus -- FOLDER… [--fix-severity LEVEL] [--each]');
    return 2;
  }
  await mkdir(path.join(root, 'out'), { recursive: true });
  const work = await mkdtemp(path.join(root, 'out', 'corpus-'));
  const errors = new Map<string, number>();
  const fixes = new Map<string, number>();
  const harms: string[] = [];
  let [count, ours, changed, unknown] = [0, 0, 0, 0];
  const add = (to: Map<string, number>, id: string): void => void to.set(id, (to.get(id) ?? 0) + 1);
  try {
    for (const [index, folder] of positionals.entries()) {
      const copy = path.join(work, String(index));
      await cp(folder, copy, { recursive: true, filter: (source) => path.basename(source) !== '.git' });
      // As lint of that folder: all of its files are seen together.
      const files: LintFile[] = [];
      for await (const file of glob('**/*.{yaml,yml,json,jsonc}', { cwd: copy })) {
        const target = path.join(copy, file);
        const { size } = await stat(target);
        if (size > LONGEST || !(await stat(target)).isFile()) continue;
        count += 1;
        const bytes = await readFile(target);
        const text = bytes.toString('utf8');
        if ((looksOurs(text) || isKustomization(file)) && Buffer.from(text).equals(bytes))
          files.push({ path: target, text });
      }
      const patches = patchFiles(files);
      ours += files.length;
      const first = lintFolder(files);
      for (const found of first.values()) for (const one of found) if (one.severity === 'error') add(errors, one.id);
      for (const file of files) {
        if (!first.has(file.path)) continue;
        const findings = (text: string): readonly Finding[] =>
          lintFolder(
            files
              .map((one) => (one === file ? { ...file, text } : one))
              .filter(
                (one) =>
                  one === file ||
                  one.path === file.path ||
                  folderOf(one.path) === folderOf(file.path) ||
                  patches.has(normalPath(one.path)),
              ),
          ).get(file.path) ?? [];
        const isJson = /\.json$/i.test(file.path);
        const name = path.join(folder, path.relative(copy, file.path));
        const { text, verdict, fixed } = fixAndJudge(file.text, (now) => atLeast(severity, findings(now)), isJson);
        if (text !== file.text) {
          changed += 1;
          await writeFile(file.path, text);
        }
        for (const { id } of fixed) add(fixes, id);
        if (verdict === 'unknown') unknown += 1;
        else if (verdict.harm !== undefined)
          harms.push(
            `${verdict.harm}: ${name}: ${verdict.why ?? ''} (${[...new Set(fixed.map(({ id }) => id))].join(', ')})`,
          );
        if (!values.each) continue;
        for (const { id, title, verdict: alone } of judgeEach(file.text, findings(file.text), isJson))
          if (alone !== 'unknown' && alone.harm !== undefined)
            harms.push(`${alone.harm}: ${name}: ${alone.why ?? ''} (${id} "${title}" alone)`);
      }
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  const list = (counts: Map<string, number>): string =>
    [...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([id, n]) => `${id} ${n}`)
      .join(', ') || 'none';
  const harmed = (kind: string): number => harms.filter((one) => one.startsWith(kind)).length;
  say(
    `Files: ${count}, ${ours} of them looked at, ${changed} changed by --fix, ${unknown} not compared (they parse neither before nor after)`,
  );
  say(`Errors: ${list(errors)}`);
  say(`Fixed: ${list(fixes)}`);
  say(`Files that no longer parse: ${harmed('no longer parses')}`);
  say(`Files whose meaning changed elsewhere than intended: ${harmed('changed elsewhere')}`);
  for (const one of harms) say(`  ${one}`);
  return harms.length > 0 ? 1 : 0;
});

/** A path without its last name. */
function folderOf(file: string): string {
  return path.dirname(file);
}
