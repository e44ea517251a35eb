// Writes the synopses and option tables of docs/command-line.md from the table of commands: each heading there names the commands
// that it is about. With --check it writes nothing and fails if the page is not up to date or leaves out a command.
import { readFileSync, writeFileSync } from 'node:fs';
import { COMMANDS } from '../src/cli/commands.ts';
import { optionTable, synopsis } from '../src/cli/parse.ts';

const file = new URL('../docs/command-line.md', import.meta.url);

/** The page with all that is made from the table made anew; throws where a command has no heading, or more than one. */
export function commandLinePage(page: string): string {
  const told: string[] = [];
  const sections = page.split(/^(?=## )/m).map((section) => {
    const names = /^## (.+)/.exec(section)?.[1]?.split(', ') ?? [];
    const rows = Object.entries(COMMANDS).filter(([name]) => names.includes(name));
    if (rows.length === 0) return section;
    told.push(...rows.map(([name]) => name));
    const lines = rows.map(([name, row]) => synopsis(name, row)).join('\n');
    return section
      .replace(/^```\n[^]*?^```$/m, () => `\`\`\`\n${lines}\n\`\`\``)
      .replace(/^\| option \|[^]*?\n(?=\n)/m, () => `${optionTable(Object.fromEntries(rows))}\n`);
  });
  const wrong = Object.keys(COMMANDS).filter((name) => told.filter((one) => one === name).length !== 1);
  if (wrong.length > 0) throw new Error(`docs/command-line.md must have one heading for each of: ${wrong.join(', ')}`);
  return sections.join('');
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const page = readFileSync(file, 'utf8');
  if (!process.argv.includes('--check')) writeFileSync(file, commandLinePage(page));
  else if (commandLinePage(page) !== page) {
    console.error('docs/command-line.md is not what the table says. Run: node scripts/run.mjs scripts/command-line.ts');
    process.exitCode = 1;
  }
}
