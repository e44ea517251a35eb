/**
 * The tables of the fault matrix in docs/runs.md: each stands between two comments, which say where it is from. That in memory is compared
 * by the tests that run the matrix; that on real parts is made from results.json, which `npm run faults -- --keep` writes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PLANS } from './plans.ts';

const PAGE = path.join(import.meta.dirname, '../../docs/runs.md');
const RESULTS = path.join(import.meta.dirname, 'results.json');

/** How many cells passed of how many were tried. */
export interface Tried {
  readonly passed: number;
  readonly all: number;
}
/** What came of one plan: how many calls it makes, and its cells by fault. */
export interface Row {
  readonly calls: number;
  readonly tried: Readonly<Record<string, Tried>>;
}
/** By the id of the plan. */
export type Results = Readonly<Record<string, Row>>;

export const sum = (some: readonly Tried[]): Tried => ({
  passed: some.reduce((all, one) => all + one.passed, 0),
  all: some.reduce((all, one) => all + one.all, 0),
});

const cell = (tried: Tried | undefined): string =>
  tried === undefined || tried.all === 0 ? '' : `${tried.passed}/${tried.all}`;
const line = (cells: readonly string[]): string =>
  `|${cells.map((text) => (text === '' ? ' ' : ` ${text} `)).join('|')}|`;

/** Words of the world in memory, as people say them. */
const SAID: Readonly<Record<string, string>> = { refuse: 'refused', drop: 'broken off' };

/** The line of a plan. */
export const rowText = (id: string, { calls, tried }: Row, faults: readonly string[]): string =>
  line([id, String(calls), ...faults.map((fault) => cell(tried[fault])), cell(sum(Object.values(tried)))]);

/** The whole table: plans in their order, and all of them together. */
export function tableText(results: Results, faults: readonly string[]): string {
  const rows = PLANS.flatMap(({ id }) => {
    const row = results[id];
    return row === undefined ? [] : [[id, row] as const];
  });
  const together: Row = {
    calls: rows.reduce((all, [, { calls }]) => all + calls, 0),
    tried: Object.fromEntries(faults.map((fault) => [fault, sum(rows.flatMap(([, row]) => row.tried[fault] ?? []))])),
  };
  return [
    line(['plan', 'calls', ...faults.map((fault) => SAID[fault] ?? fault), 'all']),
    `| --- |${' --: |'.repeat(faults.length + 2)}`,
    ...rows.map(([id, row]) => rowText(id, row, faults)),
    rowText('all', together, faults),
  ].join('\n');
}

export type TableName = 'in memory' | 'on real parts';
const begin = (name: TableName): string => `<!-- Fault matrix ${name}: made by npm run faults. -->`;
const END = '<!-- End of the fault matrix. -->';

/** A table as it stands in docs/runs.md. */
export function tableInDocs(name: TableName): string {
  const page = readFileSync(PAGE, 'utf8');
  const from = page.indexOf(begin(name)) + begin(name).length;
  return page.slice(from, page.indexOf(END, from)).trim();
}

export function writeTable(name: TableName, text: string): void {
  const page = readFileSync(PAGE, 'utf8');
  const from = page.indexOf(begin(name)) + begin(name).length;
  writeFileSync(PAGE, `${page.slice(0, from)}\n\n${text}\n\n${page.slice(page.indexOf(END, from))}`);
}

export const readResults = (): Results => JSON.parse(readFileSync(RESULTS, 'utf8')) as Results;
export const keepResults = (results: Results): void => {
  const lines = Object.entries(results).map(([id, row]) => `  ${JSON.stringify(id)}: ${JSON.stringify(row)}`);
  writeFileSync(RESULTS, `{\n${lines.join(',\n')}\n}\n`);
};
