// Writes docs/permissions.md from the table of kinds. With --check it writes nothing and fails if the file is not up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { permissionsPage } from '../src/core/plan/permissions.ts';

const file = new URL('../docs/permissions.md', import.meta.url);
const page = permissionsPage();

if (!process.argv.includes('--check')) {
  writeFileSync(file, page);
} else if (readFileSync(file, 'utf8') !== page) {
  console.error(
    'docs/permissions.md is not what the table of kinds says. Run: node scripts/run.mjs scripts/permissions.ts',
  );
  process.exitCode = 1;
}
