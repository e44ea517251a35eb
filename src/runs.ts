/** The runs of this extension as its rooms see them: what is written down while one goes on, and what did not end. */
import type { Caller } from './core/observation.ts';
import type { Plan } from './core/plan/plan.ts';
import type * as vscode from 'vscode';
import type { Entry, Journal } from './provisioning/journal.ts';
import type { RunEnd } from './provisioning/runFile.ts';
import type { Place } from './wizard/job.ts';

/** What is written down of a run before its first change. */
export interface RunStart {
  /** The command that it is of. */
  readonly command: string;
  /** What it is about, as results name it: "Profile team-x". */
  readonly subject: string;
  readonly place: Place;
  readonly plan: Plan;
  /** As whom it acts, where that is known. */
  readonly caller?: Caller | undefined;
}

export interface RunRecord extends RunStart {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly state: 'done' | 'unfinished' | 'undone';
  /** It goes on now, here or in another window. */
  readonly isGoingOn: boolean;
  readonly entries: readonly Entry[];
}

/** A run that is written down while it goes on. */
export interface OpenRun {
  readonly id: string;
  readonly journal: Journal;
  /** What it began so far, also before it was resumed. */
  readonly entries: () => readonly Entry[];
  /** It ended: nobody writes to it any more. */
  readonly end: (end: RunEnd) => Promise<void>;
}

export interface Runs {
  /** The last one first. Throws what a person should be told. */
  readonly all: () => Promise<readonly RunRecord[]>;
  readonly begin: (start: RunStart) => Promise<OpenRun>;
  /** Opens one again, to go on with it or to take it back. Throws where it goes on elsewhere. */
  readonly open: (id: string, why: 'resume' | 'undo') => Promise<OpenRun>;
  /** One began, ended, or was opened again. */
  readonly onDidChange: vscode.Event<void>;
}
