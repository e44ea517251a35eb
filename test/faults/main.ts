// The whole fault matrix: npm run faults [-- --plan ID] [--fault NAME] [--call TEXT] [--at-once N]
import { parseArgs } from 'node:util';
import { startSandbox } from '../../sandbox/index.ts';
import { main, stopwatch } from '../../scripts/processes.ts';
import { attemptAll, cellsOf, FAULTS, prepare, record, type Outcome, type Recorded } from './matrix.ts';
import { PLANS } from './plans.ts';

const say = stopwatch();

function table(outcomes: readonly Outcome[]): string {
  const faults = Object.keys(FAULTS);
  const ids = [...new Set(outcomes.map(({ row }) => row.id))].sort();
  const rows = ids.map((id) => {
    const its = outcomes.filter(({ row }) => row.id === id);
    const calls = new Set(its.map(({ call }) => `${call.name} ${call.nth}`)).size;
    const cell = (some: readonly Outcome[]): string =>
      some.length === 0 ? '' : `${some.filter(({ wrong }) => wrong === undefined).length}/${some.length}`;
    return [id, String(calls), ...faults.map((name) => cell(its.filter(({ fault }) => fault === name))), cell(its)];
  });
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const head = ['plan', 'calls', ...faults, 'all'];
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

await main(async () => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { plan: text, fault: text, call: text, 'at-once': text } });
  const rows = PLANS.filter(({ id }) => values.plan === undefined || values.plan.split(',').includes(id));
  const sandbox = await startSandbox();
  try {
    await prepare(sandbox);
    const recorded = new Map<string, Recorded>();
    for (const row of rows) {
      const its = await record(sandbox, row).catch((error: unknown) => {
        say(`✗ ${String(error)}`);
        return undefined;
      });
      if (its === undefined) continue;
      recorded.set(row.id, its);
      say(`${row.id}: ${its.calls.map(({ name, nth }) => (nth === 1 ? name : `${name} (${nth})`)).join(', ')}`);
    }
    const cells = rows
      .filter(({ id }) => recorded.has(id))
      .flatMap((row) => cellsOf(row, recorded.get(row.id) ?? { calls: [], after: '' }))
      .filter(({ fault }) => values.fault === undefined || values.fault.split(',').includes(fault))
      .filter(({ call }) => values.call === undefined || call.name.includes(values.call));
    let done = 0;
    const outcomes = await attemptAll(sandbox, cells, recorded, Number(values['at-once'] ?? 12), (outcome) => {
      const { row, call, fault, end, wrong } = outcome;
      if (++done % 50 === 0) say(`${done} of ${cells.length}`);
      if (wrong !== undefined)
        say(`✗ ${row.id}, ${call.name} (${call.nth}), ${fault}, ${end}\n${wrong.replaceAll(/^/gm, '      ')}`);
    });
    const passed = outcomes.filter(({ wrong }) => wrong === undefined).length;
    const count = (some: (one: Outcome) => boolean): number => outcomes.filter(some).length;
    process.stdout.write(`\n${table(outcomes)}\n\n`);
    process.stdout.write(
      `${passed} of ${outcomes.length} cells; in ${count(({ hidden }) => hidden)} the run got over the fault by itself, in ${count(({ met }) => !met)} it did not make the call.\n`,
    );
    return passed === outcomes.length && recorded.size === rows.length ? 0 : 1;
  } finally {
    await sandbox.stop();
  }
});
