// The whole fault matrix, and races of two runs: npm run faults [-- OPTIONS]
//   --plan ID,…  --fault NAME,…  --call TEXT   only these cells
//   --at-once N                                so many worlds at once (default 24), and some processes to be ended
//   --minutes N                                ends after about that long; --go-on goes on with the cells that were not tried, or failed
//   --races N                                  so many races instead
//   --keep                                     tries none: what is known of all cells goes into docs/runs.md and results.json
//   --memory                                   all cells in memory instead, in seconds; their table goes into docs/runs.md
// What came of each cell is in out/faults.jsonl, the table in out/faults.md.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { main, root, stopwatch } from '../../scripts/processes.ts';
import { FAULTS } from './faultNames.ts';
import { attemptAll, cellsOf, prepare, record, type Cell, type Outcome, type Recorded } from './matrix.ts';
import { FAULTS as IN_MEMORY, matrixInMemory } from './memory.ts';
import { pairName, PLANS, RACES, type PlanRow } from './plans.ts';
import { race, serial } from './races.ts';
import { keepResults, sum, tableText, writeTable, type Results, type Row, type Tried } from './table.ts';

const say = stopwatch();
const file = path.join(root, 'out', 'faults.jsonl');

/** What is kept of a cell. */
interface Kept extends Pick<Outcome, 'fault' | 'end' | 'wrong' | 'hidden' | 'met'> {
  readonly plan: string;
  readonly call: string;
}
const callName = ({ call: { name, nth } }: Cell): string => (nth === 1 ? name : `${name} (${nth})`);
const keyOf = ({ plan, call, fault, end }: Omit<Kept, 'hidden' | 'met'>): string => [plan, call, fault, end].join(', ');
const keyOfCell = (cell: Cell): string => keyOf({ ...cell, plan: cell.row.id, call: callName(cell) });

/** The last that is known of each cell. */
function kept(): ReadonlyMap<string, Kept> {
  if (!existsSync(file)) return new Map();
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => JSON.parse(line) as Kept).map((one) => [keyOf(one), one]));
}

/** What is known of all cells, by plan. */
function resultsOf(all: readonly Kept[]): Results {
  const tried = (some: readonly Kept[]): Tried => ({
    passed: some.filter(({ wrong }) => wrong === undefined).length,
    all: some.length,
  });
  const plans = PLANS.map(({ id }) => id).filter((id) => all.some(({ plan }) => plan === id));
  const rows = plans.map((id): readonly [string, Row] => {
    const its = all.filter(({ plan }) => plan === id);
    const cells = Object.keys(FAULTS).map((name) => [name, tried(its.filter(({ fault }) => fault === name))] as const);
    return [id, { calls: new Set(its.map(({ call }) => call)).size, tried: Object.fromEntries(cells) }];
  });
  return Object.fromEntries(rows);
}

/** The table of the matrix in memory, which is written into the documentation where all plans were tried. */
async function inMemory(rows: readonly PlanRow[]): Promise<number> {
  const results: Record<string, Row> = {};
  for (const row of rows) {
    const { calls, tried, wrong } = await matrixInMemory(row);
    for (const one of wrong) say(`✗ ${row.id}: ${one}`);
    results[row.id] = { calls, tried: Object.fromEntries(tried) };
  }
  const { passed, all } = sum(Object.values(results).flatMap(({ tried }) => Object.values(tried)));
  const shown = tableText(results, IN_MEMORY);
  process.stdout.write(`${shown}\n\n${passed} of ${all} cells\n`);
  if (passed !== all) return 1;
  if (rows.length === PLANS.length) writeTable('in memory', shown);
  return 0;
}

/** So many races of two runs, of each pair about as many. */
async function races(sandbox: Sandbox, count: number): Promise<number> {
  const each = Math.ceil(count / RACES.length);
  let run = 0;
  let wrong = 0;
  for (const pair of RACES) {
    const ends = await serial(sandbox, pair);
    const results = await Promise.all(Array.from({ length: each }, () => race(sandbox, pair, ends)));
    const bad = results.filter((one) => one !== undefined);
    run += each;
    wrong += bad.length;
    say(`${pairName(pair)}: ${each - bad.length}/${each}`);
    for (const text of new Set(bad)) say(`✗ ${text.replaceAll(/^/gm, '      ')}`);
  }
  process.stdout.write(`${run - wrong} of ${run} races\n`);
  return wrong === 0 ? 0 : 1;
}

await main(async () => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      ...{ plan: text, fault: text, call: text, 'at-once': text, races: text, minutes: text },
      'go-on': { type: 'boolean' },
      memory: { type: 'boolean' },
      keep: { type: 'boolean' },
    },
  });
  const among = (chosen: string | undefined, id: string): boolean =>
    chosen === undefined || chosen.split(/,(?! )/).includes(id);
  const rows = PLANS.filter(({ id }) => among(values.plan, id));
  if (values.memory === true) return inMemory(rows);
  if (values.keep === true) {
    const results = resultsOf([...kept().values()]);
    keepResults(results);
    writeTable('on real parts', tableText(results, Object.keys(FAULTS)));
    return 0;
  }
  const end = Date.now() + Number(values.minutes ?? Infinity) * 60_000;
  mkdirSync(path.dirname(file), { recursive: true });
  if (values.races === undefined && values['go-on'] !== true) rmSync(file, { force: true });
  const sandbox = await startSandbox();
  try {
    await prepare(sandbox);
    if (values.races !== undefined) return await races(sandbox, Number(values.races));
    const recorded = new Map<string, Recorded>();
    for (const row of rows) {
      try {
        const its = await record(sandbox, row);
        recorded.set(row.id, its);
        say(`${row.id}: ${its.calls.map((call) => callName({ row, call, fault: 'lost', end: 'undo' })).join(', ')}`);
      } catch (error) {
        say(`✗ ${row.id} could not be recorded: ${String(error)}`);
      }
    }
    const before = kept();
    const known = (cell: Cell): boolean => {
      const one = before.get(keyOfCell(cell));
      return one !== undefined && one.wrong === undefined;
    };
    // Of each plan a bit, so that one that ends early has seen something of all.
    const cells = rows
      .flatMap((row) => {
        const its = recorded.get(row.id);
        const all = its === undefined ? [] : cellsOf(row, its);
        // What a client waits long for comes last.
        const later = ({ fault }: Cell): number => (['timeout', 'throttled', 'denied'].includes(fault) ? 1 : 0);
        return all.map((cell, index) => ({ cell, place: later(cell) + ((index * 7_919) % all.length) / all.length }));
      })
      .sort((a, b) => a.place - b.place)
      .map(({ cell }) => cell)
      .filter(({ fault }) => among(values.fault, fault))
      .filter(({ call }) => values.call === undefined || call.name.includes(values.call))
      .filter((cell) => !known(cell));
    let done = 0;
    const until = (): boolean => Date.now() < end;
    await attemptAll(sandbox, cells, recorded, Number(values['at-once'] ?? 24), until, (outcome) => {
      const { row, fault, end: how, wrong, hidden, met } = outcome;
      const one: Kept = {
        plan: row.id,
        call: callName(outcome),
        fault,
        end: how,
        hidden,
        met,
        ...(wrong && { wrong }),
      };
      appendFileSync(file, `${JSON.stringify(one)}\n`);
      if (++done % 50 === 0) say(`${done} of ${cells.length}`);
      if (wrong !== undefined) say(`✗ ${keyOf(one)}\n${wrong.replaceAll(/^/gm, '      ')}`);
    });
    const all = [...kept().values()];
    const count = (some: (one: Kept) => boolean): number => all.filter(some).length;
    const shown = tableText(resultsOf(all), Object.keys(FAULTS));
    writeFileSync(path.join(root, 'out', 'faults.md'), `${shown}\n`);
    const passed = count(({ wrong }) => wrong === undefined);
    process.stdout.write(
      `\n${shown}\n\n${passed} of ${all.length} cells; in ${count(({ hidden }) => hidden)} the run got over the fault by itself, in ${count(({ met }) => !met)} it did not make the call; ${cells.length - done} were not tried.\n`,
    );
    return passed === all.length && recorded.size === rows.length ? 0 : 1;
  } finally {
    await sandbox.stop();
  }
});
