/**
 * The folder of runs: one file a run, which says what was begun before it is begun. What is on disk when a process ends is enough to
 * go on with the run, or to take it back. Nothing here is sent anywhere, and no secret is in it.
 */
import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, readFile, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../core/text.ts';
import type { Entry, Journal } from './journal.ts';
import { memoryJournal } from './journal.ts';
import { OutsideError } from './ports.ts';
import type { Plan } from '../core/plan/plan.ts';
import {
  againLine,
  changeLine,
  endLine,
  headLine,
  isRunId,
  readRun,
  type ReadRun,
  type RunAbout,
  type RunEnd,
  type RunHead,
  type RunState,
  type Unreadable,
} from './runFile.ts';
import { isTaken, lockFiles, takeRun } from './runLock.ts';

/** How many runs that ended are kept. One that did not end is kept until it is taken back or gone on with. */
export const KEPT = 50;

/** More is no journal of ours. Bytes. */
const LONGEST = 32 * 1024 * 1024;

export interface StoredRun {
  readonly head: RunHead;
  readonly state: RunState;
  /** It goes on now, here or in another process. */
  readonly isGoingOn: boolean;
  readonly entries: readonly Entry[];
  /** Its path. */
  readonly file: string;
}

/** A file of the folder that tells nothing, and why, a sentence. */
export interface UnreadRun {
  readonly file: string;
  readonly problem: string;
}

/** A run that is written down while it goes on; nobody else has it until its end. */
export interface OpenRun {
  readonly id: string;
  readonly head: RunHead;
  /** Its state when it was opened. */
  readonly was: RunState;
  readonly journal: Journal;
  /** What it began so far, also before it was resumed. */
  readonly entries: () => readonly Entry[];
  /** Writes how it ended, and gives it back. Does not throw: a run whose end cannot be written stays unfinished. */
  readonly end: (end: RunEnd) => Promise<void>;
}

export interface RunFolder {
  /** The last one first. An absent folder has none; throws where it may not be read. */
  readonly all: () => Promise<{ readonly runs: readonly StoredRun[]; readonly unread: readonly UnreadRun[] }>;
  /** Throws {@link OutsideError}, code `NoRun`, with what to do. */
  readonly find: (id: string) => Promise<StoredRun>;
  /** Writes the head of a new run. Throws where it cannot be written: then nothing may be begun. */
  readonly begin: (id: string, about: RunAbout, plan: Plan) => Promise<OpenRun>;
  /** Opens one again. Throws where somebody has it, or it is not to be gone on with, or taken back, any more. */
  readonly open: (id: string, why: 'resume' | 'undo') => Promise<OpenRun>;
}

/** What the codes of a file system say of a journal that cannot be written. */
const WHY: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'your disk quota is used up',
  EFBIG: 'a file may not become larger',
  EACCES: 'you are not permitted to',
  EPERM: 'you are not permitted to',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is no folder',
  ELOOP: 'it is a link',
};

function why(error: unknown): string {
  const { code = '' } = (error ?? {}) as { code?: string };
  return WHY[code] ?? messageOf(error);
}

const noJournal = (message: string): OutsideError => new OutsideError(message, 'NoJournal');

const NAME = /^\d{8}T\d{9}Z-([\w-]+)\.jsonl$/;
/** Names sort by when a run began. */
const nameOf = (id: string, began: Date): string => `${began.toISOString().replaceAll(/[-:.]/g, '')}-${id}.jsonl`;
const isRunFile = (name: string): boolean => NAME.test(name);

/** @param folder absolute; made when the first run begins */
export function runsIn(folder: string, openFile: typeof open = open): RunFolder {
  const names = async (): Promise<readonly string[]> => {
    try {
      return await readdir(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw noJournal(`The folder of runs ${folder} cannot be read: ${why(error)}.`);
    }
  };

  const read = async (name: string): Promise<(ReadRun | Unreadable) & { readonly wrote: number }> => {
    const file = path.join(folder, name);
    try {
      // A link may lead anywhere.
      const stats = await lstat(file);
      const wrote = stats.mtimeMs;
      if (!stats.isFile()) return { problem: 'It is a link or no file.', vain: false, wrote };
      if (stats.size > LONGEST) return { problem: 'It is too long for a journal of a run.', vain: false, wrote };
      return { ...readRun(await readFile(file)), wrote };
    } catch (error) {
      return { problem: `It cannot be read: ${why(error)}.`, vain: false, wrote: 0 };
    }
  };

  const all: RunFolder['all'] = async () => {
    const there = await names();
    const runs: StoredRun[] = [];
    const unread: UnreadRun[] = [];
    for (const name of there.filter(isRunFile).sort().reverse()) {
      const one = await read(name);
      const file = path.join(folder, name);
      const isGoingOn = await isTaken(folder, name, there, one.wrote);
      if (!('problem' in one)) {
        const { head, state, entries } = one;
        runs.push({ head, state, isGoingOn, entries, file });
      } else if (!(one.vain && isGoingOn)) unread.push({ file, problem: one.problem });
    }
    return { runs, unread };
  };

  const nameFor = async (id: string): Promise<string> => {
    const name = isRunId(id) ? (await names()).find((one) => NAME.exec(one)?.[1] === id) : undefined;
    if (name !== undefined) return name;
    throw new OutsideError(`There is no run "${id}" in ${folder}. "runs" lists those that there are.`, 'NoRun');
  };
  const known = async (name: string): Promise<ReadRun & { readonly wrote: number }> => {
    const one = await read(name);
    if ('problem' in one) throw new OutsideError(`${path.join(folder, name)}: ${one.problem}`, 'NoRun');
    return one;
  };

  const find: RunFolder['find'] = async (id) => {
    const name = await nameFor(id);
    const { head, state, entries, wrote } = await known(name);
    return {
      head,
      state,
      entries,
      file: path.join(folder, name),
      isGoingOn: await isTaken(folder, name, await names(), wrote),
    };
  };

  /** Takes away runs that ended long ago, and what is left of processes that died before they wrote anything. */
  const prune = async (): Promise<void> => {
    const there = await names();
    const old = there.filter(isRunFile).sort().reverse().slice(KEPT);
    for (const name of old) {
      const one = await read(name);
      const isOver = 'problem' in one ? one.vain : one.state !== 'unfinished' || one.entries.length === 0;
      if (!isOver || (await isTaken(folder, name, there, one.wrote))) continue;
      for (const gone of [name, ...lockFiles(there, name)]) await rm(path.join(folder, gone), { force: true });
    }
  };

  const opened = (
    head: RunHead,
    handle: FileHandle,
    size: number,
    { entries: before, state: was }: Pick<ReadRun, 'entries' | 'state'>,
    giveBack: () => Promise<void>,
    named: Promise<void> = Promise.resolve(),
  ): OpenRun & { readonly write: (text: string, sync: boolean) => Promise<void> } => {
    const memory = memoryJournal();
    for (const { run, change, state } of before) {
      // What was kept this run never began: it is not its own to take back.
      if (state !== 'kept') void memory.begun(run, change);
      if (state !== 'begun') void memory.ended(run, change, state);
    }
    let length = size;
    let broken: Error | undefined;
    let isOver = false;
    const write = async (text: string, sync: boolean): Promise<void> => {
      if (broken !== undefined) throw broken;
      try {
        await handle.appendFile(text);
        if (sync) await Promise.all([handle.datasync(), named]);
        length += Buffer.byteLength(text);
      } catch (error) {
        // Half a line would be no line, and the next one would be lost with it.
        await handle.truncate(length).catch(() => (broken = error as Error));
        throw error;
      }
    };
    return {
      id: head.run,
      head,
      was,
      write,
      entries: memory.entries,
      journal: {
        begun: async (run, ...changes) => {
          const now = new Date();
          const known = memory.entries().flatMap(({ state, change }) => (state === 'kept' ? [] : [change]));
          const news = changes.filter((change) => !known.includes(change));
          if (news.length === 0) return;
          const text = news.map((change) => changeLine(now, head.plan, 'begun', change)).join('');
          await write(text, true).catch((error: unknown) => {
            throw noJournal(
              `It was not begun, because the journal of this run cannot be written: ${why(error)} (${folder}). Mend that, then resume the run.`,
            );
          });
          void memory.begun(run, ...changes);
        },
        // Goes to disk with what is begun next, or the end. What is known as begun alone is looked at when it is gone on with.
        ended: async (run, change, how) => {
          void memory.ended(run, change, how);
          await write(changeLine(new Date(), head.plan, how, change), false).catch(() => undefined);
        },
      },
      end: async (end) => {
        if (isOver) return;
        isOver = true;
        // Not waited for until it is on disk: where the power fails now, the run is unfinished, and resuming it finds all done.
        await write(endLine(new Date(), end), false).catch(() => undefined);
        await handle.close().catch(() => undefined);
        await giveBack();
        await prune().catch(() => undefined);
      },
    };
  };

  const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants;
  return {
    all,
    find,
    begin: async (id, about, plan) => {
      if (!isRunId(id)) throw noJournal(`"${id}" is no id for a run.`);
      const began = new Date();
      const name = nameOf(id, began);
      const file = path.join(folder, name);
      let giveBack: (() => Promise<void>) | undefined;
      let handle: FileHandle | undefined;
      try {
        await ownFolder(folder);
        giveBack = await takeRun(folder, name, began.getTime());
        handle = await openFile(file, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
        const head: RunHead = { run: id, began: began.toISOString(), ...about, plan };
        // On disk with the first change that is begun: until then there is time, and nothing to be gone on with.
        const run = opened(
          head,
          handle,
          0,
          { entries: [], state: 'unfinished' },
          giveBack ?? (() => Promise.resolve()),
          syncFolder(folder),
        );
        await run.write(headLine(head), false);
        return run;
      } catch (error) {
        await handle?.close().catch(() => undefined);
        if (handle !== undefined) await rm(file, { force: true }).catch(() => undefined);
        await giveBack?.().catch(() => undefined);
        throw error instanceof OutsideError
          ? error
          : noJournal(
              `Nothing was begun, because the journal of the run cannot be written: ${why(error)} (${folder}). Without it nobody could go on with what is cut off, or take it back.`,
            );
      }
    },
    open: async (id, wish) => {
      const name = await nameFor(id);
      const file = path.join(folder, name);
      const refuse = (message: string, code: string): never => {
        throw new OutsideError(message, code);
      };
      const giveBack = await takeRun(folder, name, (await known(name)).wrote).catch((error: unknown) => {
        if (error instanceof OutsideError) throw error;
        throw noJournal(`The journal of run ${id} cannot be written: ${why(error)} (${folder}). Nothing was begun.`);
      });
      if (giveBack === undefined)
        return refuse(`Run ${id} goes on now, in another process. Wait until it is done.`, 'Busy');
      try {
        // Read now that nobody else writes to it.
        const { head, state, entries, whole } = await known(name);
        if (state === 'undone')
          refuse(`Run ${id} was undone${wish === 'undo' ? ' already' : ': make the plan anew'}.`, 'Undone');
        if (state === 'done' && wish === 'resume') refuse(`Run ${id} is done: there is nothing to resume.`, 'Done');
        const handle = await openFile(file, O_WRONLY | O_APPEND | O_NOFOLLOW);
        const run = opened(head, handle, whole, { entries, state }, giveBack);
        try {
          await handle.truncate(whole);
          await run.write(againLine(new Date(), wish), wish === 'undo');
        } catch (error) {
          await handle.close().catch(() => undefined);
          throw error;
        }
        return run;
      } catch (error) {
        await giveBack();
        if (error instanceof OutsideError) throw error;
        throw noJournal(`The journal of run ${id} cannot be written: ${why(error)} (${file}). Nothing was begun.`);
      }
    },
  };
}

/** A folder that is ours alone. What is in it names accounts and roles, and is carried out. */
async function ownFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (process.getuid === undefined) return;
  const stats = await lstat(folder);
  if (!stats.isDirectory()) throw noJournal(`Nothing was begun: the folder of runs ${folder} is a link or no folder.`);
  if (stats.uid !== process.getuid())
    throw noJournal(`Nothing was begun: the folder of runs ${folder} belongs to somebody else.`);
  if ((stats.mode & 0o077) !== 0) await chmod(folder, 0o700);
}

/** The name of a new file is on disk once its folder is. Not everywhere can a folder be opened. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // Windows: a file's name is written with it.
  }
}
