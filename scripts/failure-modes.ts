// Writes docs/failure-modes.md from the catalogue. With --check it writes nothing and fails if the file is not up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { failureModesPage } from '../src/core/modes/page.ts';
import { scenarioTables } from '../test/sandbox/scenarios/all.ts';

const file = new URL('../docs/failure-modes.md', import.meta.url);
const page = failureModesPage(scenarioTables.flatMap(({ file, rows }) => rows.map((row) => ({ ...row, file }))));

if (!process.argv.includes('--check')) {
  writeFileSync(file, page);
} else if (readFileSync(file, 'utf8') !== page) {
  console.error(
    'docs/failure-modes.md is not what the catalogue says. Run: node scripts/run.mjs scripts/failure-modes.ts',
  );
  process.exitCode = 1;
}
