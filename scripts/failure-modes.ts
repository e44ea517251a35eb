// Writes docs/failure-modes.md, and the ids that a settings file may name into its schema, from the catalogue. With --check it writes
// nothing and fails if a file is not up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { failureModesPage } from '../src/core/modes/page.ts';
import { failureModes } from '../src/core/modes/table.ts';
import { scenarioTables, withoutScenario } from '../test/sandbox/scenarios/all.ts';

const page = failureModesPage(
  scenarioTables.flatMap(({ file, rows }) => rows.map((row) => ({ ...row, file }))),
  withoutScenario,
);
const schemaFile = new URL('../schemas/settings.schema.json', import.meta.url);
const ids = failureModes.map(({ id }) => `          ${JSON.stringify(id)}`).join(',\n');
const schema = readFileSync(schemaFile, 'utf8').replace(
  /("propertyNames": \{\s*"enum": \[)[^\]]*?(\n\s*\])/,
  `$1\n${ids}$2`,
);

for (const [name, file, text] of [
  ['docs/failure-modes.md', new URL('../docs/failure-modes.md', import.meta.url), page],
  ['schemas/settings.schema.json', schemaFile, schema],
] as const)
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${name} is not what the catalogue says. Run: node scripts/run.mjs scripts/failure-modes.ts`);
    process.exitCode = 1;
  }
