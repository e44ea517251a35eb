/** Large trees are looked at and judged by as many threads as there are processors; small ones here, as threads have to be started. */
import { existsSync, realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { LintOptions } from '../core/lint.ts';
import { forgetBeside } from './beside.ts';
import { MANY, type Listed } from './files.ts';
import { judgeFolders, look, type Judged, type Judging, type Looked } from './judge.ts';
import type { Answer, Task } from './lint-worker.ts';

const MOST_THREADS = 8;
/** Files, and folders, that a thread is given at a time. */
const [FILES, FOLDERS] = [256, 16];
/** What a thread leaves to be collected before it is: beyond that, more memory makes nothing faster. Megabytes. */
const YOUNG_MB = 48;

/** Who looks and judges. */
export interface Workforce {
  readonly look: (listed: readonly Listed[], options: LintOptions) => Promise<readonly Looked[]>;
  /** See {@link judgeFolders}. The places are those among all `folders`. */
  readonly judge: (
    folders: readonly (readonly string[])[],
    judging: Judging,
    before?: ReadonlySet<string>,
  ) => Promise<readonly Judged[]>;
  readonly end: () => void;
}

const alone: Workforce = {
  look: async (listed, options) => [look(listed, options)],
  judge: async (folders, judging, before) => {
    forgetBeside();
    return [await judgeFolders(folders, judging, before)];
  },
  end: () => undefined,
};

/** The script of the threads: beside the command line, as it is written or as it was built. */
function script(): string | undefined {
  const [, main = ''] = process.argv;
  try {
    const folder = path.dirname(realpathSync(main));
    return ['lint-worker.ts', 'cli-worker.cjs'].map((name) => path.join(folder, name)).find((file) => existsSync(file));
  } catch {
    return undefined;
  }
}

const chunks = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

/** @param files that there are to look at */
export function workforce(files: number): Workforce {
  const file = files < MANY ? undefined : script();
  const count = Math.min(availableParallelism(), MOST_THREADS);
  if (file === undefined || count < 2) return alone;
  const workers = Array.from(
    { length: count },
    () => new Worker(file, { name: 'kubeflow-irsa lint', resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } }),
  );

  const ask = (worker: Worker, task: Task): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const done = (): void => void worker.off('error', failed).off('exit', ended).off('message', answered);
      const failed = (error: unknown): void => {
        done();
        reject(error instanceof Error ? error : new Error(String(error)));
      };
      const ended = (code: number): void => failed(new Error(`A thread of lint ended with code ${code}.`));
      const answered = (answer: Answer): void => {
        done();
        if ('error' in answer) reject(new Error(answer.error));
        else resolve(answer.result);
      };
      worker.on('error', failed).on('exit', ended).on('message', answered);
      worker.postMessage(task);
    });

  /** Each thread takes the next task when it has done one; the answers in the order of the tasks. */
  async function share(tasks: readonly Task[]): Promise<readonly unknown[]> {
    const answers: unknown[] = [];
    let next = 0;
    await Promise.all(
      workers.map(async (worker) => {
        for (let index = next++; index < tasks.length; index = next++) {
          const task = tasks[index];
          if (task !== undefined) answers[index] = await ask(worker, task);
        }
      }),
    );
    return answers;
  }

  return {
    look: async (listed, options) =>
      (await share(chunks(listed, FILES).map((some) => ({ look: some, options })))) as readonly Looked[],
    judge: async (folders, judging, before) => {
      await Promise.all(workers.map((worker) => ask(worker, { judging })));
      const answers = await share(chunks(folders, FOLDERS).map((some) => ({ folders: some, before })));
      return (answers as readonly Judged[]).map(({ outcomes, tied, failures }, chunk) => {
        const from = chunk * FOLDERS;
        return {
          outcomes: outcomes.map(([index, outcome]) => [from + index, outcome] as const),
          tied: tied.map((index) => from + index),
          failures,
        };
      });
    },
    end: () => {
      for (const worker of workers) void worker.terminate();
    },
  };
}
