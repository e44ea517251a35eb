/** A journal in a file, for runs whose process ends: one line an entry, written through before the next call. */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Change } from '../../src/core/kinds.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import { memoryJournal, type Entry, type Journal } from '../../src/provisioning/journal.ts';

type Line = { readonly plan: Plan } | { readonly run: string; readonly change: Change; readonly state: Entry['state'] };

/** Begins a file with a plan. */
export function writeBook(file: string, plan: Plan): Journal {
  const write = (line: Line): void => {
    const to = openSync(file, 'a', 0o600);
    writeSync(to, `${JSON.stringify(line)}\n`);
    fsyncSync(to);
    closeSync(to);
  };
  write({ plan });
  return {
    begun: (run, change) => write({ run, change, state: 'begun' }),
    ended: (run, change, how) => write({ run, change, state: how }),
  };
}

/** What a file holds: the plan, and a journal that goes on. */
export function readBook(file: string): { readonly plan: Plan; readonly journal: ReturnType<typeof memoryJournal> } {
  const lines = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const journal = memoryJournal();
  let plan: Plan | undefined;
  for (const line of lines)
    if ('plan' in line) plan = line.plan;
    else if (line.state === 'begun') void journal.begun(line.run, line.change);
    else void journal.ended(line.run, line.change, line.state);
  if (plan === undefined) throw new Error(`${file} holds no plan.`);
  return { plan, journal };
}
