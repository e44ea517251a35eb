/** A thread of `lint`: looks at files and judges folders of a large tree. */
import { parentPort } from 'node:worker_threads';
import type { LintOptions } from '../core/lint.ts';
import { forgetBeside } from './beside.ts';
import type { Listed } from './files.ts';
import { judgeFolders, look, type Judging } from './judge.ts';

/** What the thread is told: files to look at, what folders are judged by from now on, folders to judge. */
export type Task =
  | { readonly look: readonly Listed[]; readonly options: LintOptions }
  | { readonly judging: Judging }
  | { readonly folders: readonly (readonly string[])[]; readonly before: ReadonlySet<string> | undefined };
export type Answer = { readonly result: unknown } | { readonly error: string };

let judging: Judging | undefined;

function work(task: Task): unknown {
  if ('look' in task) return look(task.look, task.options);
  if ('folders' in task) return judging && judgeFolders(task.folders, judging, task.before);
  judging = task.judging;
  forgetBeside();
  return undefined;
}

async function answerTo(task: Task): Promise<void> {
  let answer: Answer;
  try {
    answer = { result: await work(task) };
  } catch (error) {
    answer = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  parentPort?.postMessage(answer);
}

parentPort?.on('message', (task: Task) => void answerTo(task));
