/** The runs of this extension, written down where VS Code keeps what is the extension's own. Loaded with the first run or view. */
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { memoryJournal } from './provisioning/journal.ts';
import type { RunRecord, Runs, RunStart } from './runs.ts';

/** Opens the journal of a folder. */
export function openRuns(_folder: string): Runs {
  const changed = new vscode.EventEmitter<void>();
  const records = new Map<string, Omit<RunRecord, 'entries'> & { journal: ReturnType<typeof memoryJournal> }>();
  const open = (id: string, start: Partial<RunStart> = {}) => {
    const record = records.get(id);
    if (record === undefined) throw new Error(`There is no run ${id}.`);
    const { journal } = record;
    const set = (state: RunRecord['state'], isGoingOn: boolean): void => {
      records.set(id, { ...record, ...start, state, isGoingOn });
      changed.fire();
    };
    set('unfinished', true);
    return { id, journal, entries: journal.entries, end: async (state: RunRecord['state']) => set(state, false) };
  };
  return {
    onDidChange: changed.event,
    all: async () =>
      [...records.values()].map((record) => ({ ...record, entries: record.journal.entries() })).reverse(),
    begin: async (start) => {
      const id = randomUUID();
      records.set(id, {
        ...start,
        id,
        began: Date.now(),
        state: 'unfinished',
        isGoingOn: true,
        journal: memoryJournal(),
      });
      return open(id);
    },
    open: async (id) => open(id),
  };
}
