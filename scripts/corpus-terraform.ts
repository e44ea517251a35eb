// The same as `npm run corpus` for Terraform: fixes in memory all that lint finds in .tf files of folders, and compares before and
// after by our reader's tree. Usage: node scripts/run.mjs scripts/corpus-terraform.ts FOLDER… [--each] [--out FOLDER]
//   --each   every fix by itself too, also those that nothing does unasked
//   --out    writes what was changed there, for `terraform fmt` and `npm run hcl`
import { glob, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { grouped } from '../src/core/modes/folder.ts';
import type { HclBody } from '../src/core/document/hcl.ts';
import { parseHcl } from '../src/core/document/hcl-parse.ts';
import { applyEdits, applyFixes, atLeast, FIX_SEVERITY } from '../src/core/fix.ts';
import type { Finding } from '../src/core/finding.ts';
import type { LintFile } from '../src/core/around.ts';
import { lintFolder } from '../src/core/lint.ts';
import { terraformLooksOurs } from '../src/core/look.ts';
import { readTerraform } from '../src/core/terraform/resources.ts';
import { main } from './processes.ts';

interface Argument {
  readonly text: string;
  /** The block that it stands in. */
  readonly start: number;
  readonly end: number;
}

/** All arguments of a file by their paths. */
function argumentsOf(body: HclBody, text: string, at: string, found = new Map<string, Argument>()) {
  const counts = new Map<string, number>();
  for (const item of body.items) {
    if (item.type === 'bad') continue;
    const labels = item.type === 'block' ? item.labels.map(({ value }) => value).join('.') : '';
    const name = `${at}/${item.name.text}${labels}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (item.type === 'block') argumentsOf(item.body, text, `${name}#${count}`, found);
    else
      found.set(`${name}#${count}`, {
        text: text.slice(item.value.start, item.value.end),
        start: body.start,
        end: body.end,
      });
  }
  return found;
}

/** What a fix of `findings` did to a text; undefined: what was meant. */
function harmOf(before: string, after: string, findings: readonly Finding[]): string | undefined {
  const [from, to] = [parseHcl(before), parseHcl(after)];
  if (from.problems.length > 0) return undefined;
  if (to.problems.length > 0) return `no longer parses: ${to.problems[0]?.message ?? ''}`;
  const [left, right] = [argumentsOf(from.body, before, ''), argumentsOf(to.body, after, '')];
  const isMeant = ({ start, end }: Argument): boolean =>
    findings.some((one) => one.start >= start - 200 && one.end <= end);
  for (const [name, one] of left)
    if (right.get(name)?.text !== one.text && !isMeant(one)) return `changed elsewhere: ${name}`;
  // What is new stands in a block that was meant, or in one that is new there.
  for (const name of right.keys()) {
    if (left.has(name)) continue;
    const around = [...left].filter(([other]) => name.startsWith(other.replace(/\/[^/]*$/, '/')));
    if (!around.some(([, one]) => isMeant(one))) return `new elsewhere: ${name}`;
  }
  return undefined;
}

await main(async () => {
  const { values, positionals } = parseArgs({
    options: { each: { type: 'boolean', default: false }, out: { type: 'string' } },
    allowPositionals: true,
  });
  const harms: string[] = [];
  const errors = new Map<string, number>();
  let [all, ours, changed, pressed] = [0, 0, 0, 0];
  if (values.out !== undefined) await mkdir(values.out, { recursive: true });
  for (const root of positionals) {
    const files: LintFile[] = [];
    for await (const name of glob('**/*.{tf,tofu}', { cwd: root })) {
      const file = path.join(root, name);
      files.push({ path: file, text: await readFile(file, 'utf8').catch(() => '') });
    }
    all += files.length;
    for (const folder of grouped(files, (one) => path.dirname(one.path)).values()) {
      if (!folder.some(({ text }) => terraformLooksOurs(text))) continue;
      ours += folder.length;
      const first = lintFolder(folder, { terraform: readTerraform });
      for (const [file, findings] of first) {
        for (const { id, severity } of findings) if (severity === 'error') errors.set(id, (errors.get(id) ?? 0) + 1);
        const { text = '' } = folder.find((one) => one.path === file) ?? {};
        const again = (now: string): readonly Finding[] => {
          const its = folder.map((one) => (one.path === file ? { ...one, text: now } : one));
          return atLeast(FIX_SEVERITY, lintFolder(its, { terraform: readTerraform }).get(file) ?? []);
        };
        let now = text;
        for (let round = 0; round < 10; round += 1) {
          const done: Finding[] = [];
          const next = applyFixes(now, again(now), undefined, (one) => done.push(one));
          if (next === now) break;
          const harm = harmOf(now, next, done);
          if (harm !== undefined) harms.push(`${file}: ${harm} (${done.map(({ id }) => id).join(', ')})`);
          now = next;
        }
        if (now !== text) {
          changed += 1;
          if (values.out !== undefined) await writeFile(path.join(values.out, `${changed}.tf`), now);
        }
        for (const one of values.each ? findings : [])
          for (const { edits, title, snippet } of one.fixes) {
            if (edits.length === 0 || snippet !== undefined) continue;
            pressed += 1;
            const harm = harmOf(text, applyEdits(text, edits), [one]);
            if (harm !== undefined) harms.push(`${file}: ${harm} (${one.id} "${title}" alone)`);
          }
      }
    }
  }
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const listed = [...errors].sort(([, a], [, b]) => b - a).map(([id, count]) => `${id} ${count}`);
  say(
    `Files: ${all}, of which ${ours} lie in folders of ours and ${changed} were changed; fixes by themselves: ${pressed}`,
  );
  say(`Errors: ${listed.join(', ') || 'none'}`);
  say(`Harm: ${harms.length}`);
  for (const one of harms) say(`  ${one}`);
  return harms.length > 0 ? 1 : 0;
});
