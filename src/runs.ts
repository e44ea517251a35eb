/** The runs of this extension, written down where VS Code keeps what is the extension's own. Loaded with the first run or view. */
import path from 'node:path';
import * as vscode from 'vscode';
import { runsIn, type OpenRun, type RunFolder } from './provisioning/runs.ts';

export interface Runs extends RunFolder {
  /** One began, ended, or was opened again. */
  readonly onDidChange: vscode.Event<void>;
}

/** @param storage where VS Code keeps what is the extension's own, for all workspaces of a person */
export function openRuns(storage: string): Runs {
  const folder = runsIn(path.join(storage, 'runs'));
  const changed = new vscode.EventEmitter<void>();
  const told = (run: OpenRun): OpenRun => {
    changed.fire();
    return {
      ...run,
      end: async (how) => {
        await run.end(how);
        changed.fire();
      },
    };
  };
  return {
    ...folder,
    onDidChange: changed.event,
    begin: async (...what) => told(await folder.begin(...what)),
    open: async (...what) => told(await folder.open(...what)),
  };
}
