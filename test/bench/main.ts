/**
 * `npm run bench [-- NAME…]`: how fast it is, as ratios against something measured in the same run. Prints a table and writes
 * out/bench.json. A goal that is missed is marked and makes the exit code 1.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Bench, Row } from './measure.ts';

const BENCHES = [
  'provisioning',
  'activation',
  'lint',
  'tree',
  'hcl',
  'explorer',
  'export',
  'isolation',
  'doctor',
] as const;

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
  const unknown = chosen.filter((name) => !(BENCHES as readonly string[]).includes(name));
  if (unknown.length > 0) throw new Error(`There is no bench ${unknown.join(', ')}. There are: ${BENCHES.join(', ')}.`);
  const started = performance.now();
  const log = (line: string): void =>
    console.error(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s] ${line}`);
  const rows: Row[] = [];
  for (const name of BENCHES) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    log(`${name} …`);
    const { bench } = (await import(`./${name}.ts`)) as { bench: Bench };
    rows.push(...(await bench(log)));
  }
  const width = Math.max(...rows.map(({ what }) => what.length));
  for (const { what, value, goal, met } of rows) {
    console.log(
      `${what.padEnd(width)}  ${value}${goal === undefined ? '' : `  (goal ${goal}: ${met ? 'met' : 'MISSED'})`}`,
    );
  }
  const folder = path.join(import.meta.dirname, '../../out');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'bench.json'), JSON.stringify(rows, undefined, 2));
  if (rows.some(({ met }) => met === false)) process.exitCode = 1;
}

await main();
