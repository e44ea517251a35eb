// Holds --fix against files that others wrote: fixes in memory all that lint finds in folders, and compares each file before and
// after. Usage: npm run corpus -- FOLDER… [--fix-severity LEVEL] [--each] [--out FOLDER]
//   --each   every fix by itself too, also those that nothing does unasked
//   --out    writes what was changed of Terraform there, for `terraform fmt` and `npm run hcl`; nothing else is written
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { atLeast, FIX_SEVERITY } from '../src/core/fix.ts';
import { type LintFile, patchFiles } from '../src/core/around.ts';
import { lintFolder, type LintOptions } from '../src/core/lint.ts';
import { normalPath } from '../src/core/text.ts';
import { isKustomization, isTerraform, isTerraformJson, looksOurs, terraformLooksOurs } from '../src/core/look.ts';
import { readTerraform, terraformCache } from '../src/core/terraform/resources.ts';
import { besideOf } from '../src/cli/beside.ts';
import { filesOf } from '../src/cli/files.ts';
import type { Finding, Severity } from '../src/core/finding.ts';
import { fixAndJudge, judgeEach, judgeOf } from './harm.ts';
import { main } from './processes.ts';

/** Bytes of the longest file that lint reads. */
const LONGEST = 20 * 1024 * 1024;

/** The files of a folder that are ours and could be written, and how many there are at all. Of Terraform, all of a folder that holds one of ours. */
async function read(folder: string): Promise<{ files: LintFile[]; count: number }> {
  const files: LintFile[] = [];
  const ours = new Set<string>();
  let count = 0;
  for (const { file } of filesOf([folder], []).listed) {
    // A link may lead nowhere.
    const about = await stat(file).catch(() => undefined);
    if (about?.isFile() !== true || about.size > LONGEST) continue;
    count += 1;
    const bytes = await readFile(file);
    const text = bytes.toString('utf8');
    const isUtf8 = Buffer.from(text).equals(bytes);
    if (!isUtf8) continue;
    if (isTerraform(file) && terraformLooksOurs(text)) ours.add(path.dirname(file));
    if (isTerraform(file) || looksOurs(text) || isKustomization(file)) files.push({ path: file, text });
  }
  return { files: files.filter((one) => !isTerraform(one.path) || ours.has(path.dirname(one.path))), count };
}

/** What lint says of `file` with another text, seen with the files of its folder and the patches of all. */
function findingsOf(
  file: LintFile,
  files: readonly LintFile[],
  options: LintOptions,
): (text: string) => readonly Finding[] {
  const patches = patchFiles(files);
  const isBeside = (one: LintFile): boolean =>
    path.dirname(one.path) === path.dirname(file.path) ||
    patches.has(normalPath(one.path)) ||
    isKustomization(one.path);
  const beside = files.filter((one) => one !== file && isBeside(one));
  return (text) => lintFolder([...beside, { ...file, text }], options).get(file.path) ?? [];
}

await main(async () => {
  const { values, positionals } = parseArgs({
    options: {
      'fix-severity': { type: 'string', default: FIX_SEVERITY },
      each: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
    allowPositionals: true,
  });
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  if (positionals.length === 0) {
    say('Usage: npm run corpus -- FOLDER… [--fix-severity LEVEL] [--each] [--out FOLDER]');
    return 2;
  }
  const [errors, fixes] = [new Map<string, number>(), new Map<string, number>()];
  const add = (to: Map<string, number>, id: string): void => void to.set(id, (to.get(id) ?? 0) + 1);
  const harms: string[] = [];
  let [all, looked, changed, unknown, written] = [0, 0, 0, 0, 0];
  if (values.out !== undefined) await mkdir(values.out, { recursive: true });
  for (const folder of positionals) {
    const { files, count } = await read(folder);
    all += count;
    looked += files.length;
    const cache = terraformCache();
    const options: LintOptions = {
      beside: besideOf(files, [path.resolve(folder)]),
      terraform: (its) => readTerraform(its, cache),
    };
    const first = lintFolder(files, options);
    for (const found of first.values()) for (const one of found) if (one.severity === 'error') add(errors, one.id);
    for (const file of files) {
      if (!first.has(file.path)) continue;
      const findings = findingsOf(file, files, options);
      const isHcl = isTerraform(file.path) && !isTerraformJson(file.path);
      const judge = judgeOf(isHcl ? 'hcl' : /\.json$/i.test(file.path) ? 'json' : 'yaml');
      const again = (text: string) => atLeast(values['fix-severity'] as Severity, findings(text));
      const { text, verdict, fixed } = fixAndJudge(file.text, again, judge);
      if (text !== file.text) changed += 1;
      if (text !== file.text && isHcl && values.out !== undefined)
        await writeFile(path.join(values.out, `${(written += 1)}.tf`), text);
      for (const { id } of fixed) add(fixes, id);
      const judged = [{ what: [...new Set(fixed.map(({ id }) => id))].join(', '), verdict }];
      if (values.each)
        for (const { id, title, verdict: alone } of judgeEach(file.text, findings(file.text), judge))
          judged.push({ what: `${id} "${title}" alone`, verdict: alone });
      for (const { what, verdict: one } of judged) {
        if (one === 'unknown') unknown += 1;
        else if (one.harm !== undefined) harms.push(`${one.harm}: ${file.path}: ${one.why ?? ''} (${what})`);
      }
    }
  }
  const list = (counts: Map<string, number>): string =>
    [...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([id, n]) => `${id} ${n}`)
      .join(', ') || 'none';
  const harmed = (kind: string): number => harms.filter((one) => one.startsWith(kind)).length;
  say(`Files: ${all}, of which ${looked} looked like ours and ${changed} were changed`);
  say(`Errors: ${list(errors)}`);
  say(`Fixed: ${list(fixes)}`);
  say(`Fixes of files that did not parse before: ${unknown}`);
  say(`Files that no longer parse: ${harmed('no longer parses')}`);
  say(`Files whose meaning changed elsewhere than intended: ${harmed('changed elsewhere')}`);
  for (const one of harms) say(`  ${one}`);
  return harms.length > 0 ? 1 : 0;
});
