/** The runs of this extension, written down where VS Code keeps what is the extension's own. Loaded with the first run or view. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import * as vscode from 'vscode';
import { runsIn, type OpenRun as Open, type StoredRun } from './provisioning/runs.ts';
import type { OpenRun, RunRecord, Runs } from './runs.ts';
import { sourceOf } from './source.ts';

/** Opens the journal of a folder. @param warn is told of files that tell nothing */
export function openRuns(storage: string, warn: (text: string) => void): Runs {
  const changed = new vscode.EventEmitter<void>();
  const folder = runsIn(path.join(storage, 'runs'));
  const told = new Set<string>();
  const opened = (open: Open): OpenRun => {
    changed.fire();
    const end: OpenRun['end'] = async (how) => {
      await open.end(how);
      changed.fire();
    };
    return { id: open.id, journal: open.journal, entries: open.entries, end };
  };
  return {
    onDidChange: changed.event,
    all: async () => {
      const { runs, unread } = await folder.all();
      for (const { file, problem } of unread) {
        if (!told.has(file)) warn(`Run ${file}: ${problem}`);
        told.add(file);
      }
      return runs.map(recordOf);
    },
    begin: async ({ command, subject, place, plan, caller }) => {
      const { cluster, profile, bucket, region, awsProfile } = place;
      const where = { cluster, profile, bucket, region, awsProfile };
      const who = { account: caller?.account, caller: caller?.arn };
      return opened(await folder.begin(randomUUID(), { command, subject, ...where, ...who }, plan));
    },
    open: async (id, why) => opened(await folder.open(id, why)),
  };
}

const recordOf = ({ head, state, isGoingOn, entries }: StoredRun): RunRecord => {
  const { run: id, command, cluster, profile, bucket, plan } = head;
  return {
    ...{ id, command, plan, state, isGoingOn, entries },
    subject: head.subject ?? plan.title,
    began: Date.parse(head.began),
    place: {
      ...sourceOf(head.awsProfile, head.region),
      cluster,
      ...(profile === undefined ? {} : { profile }),
      ...(bucket === undefined ? {} : { bucket }),
    },
  };
};
