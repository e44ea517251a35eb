/** The extension host's end of the lint thread (worker.ts). */
import { Worker } from 'node:worker_threads';
import type { Answer, Job, JobName, Request, Result } from './worker.ts';
import { messageOf } from '../core/text.ts';

/** Milliseconds after which a job counts as hung: far more than the largest file takes. */
const HUNG_MS = 30_000;

export interface LintThread {
  /** Rejects when the job failed, hung, or the thread was ended. */
  run<N extends JobName>(name: N, job: Job<N>): Promise<Result<N>>;
  dispose(): void;
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * A thread that begins with the first job. One that died or hung is replaced for the next.
 *
 * @param script path of the built worker
 */
export function lintThread(script: string): LintThread {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let last = 0;

  function end(reason: string): void {
    const ended = worker;
    worker = undefined;
    void ended?.terminate();
    for (const { reject, timer } of waiting.values()) {
      clearTimeout(timer);
      reject(new Error(reason));
    }
    waiting.clear();
  }

  function start(): Worker {
    const started = new Worker(script, { name: 'Kubeflow IRSA lint' });
    started.unref();
    const died = (reason: string): void => {
      if (worker === started) end(reason);
    };
    started.on('message', (answer: Answer) => {
      const one = waiting.get(answer.id);
      if (!one) return;
      waiting.delete(answer.id);
      clearTimeout(one.timer);
      if ('error' in answer) one.reject(new Error(answer.error));
      else one.resolve(answer.result as never);
    });
    started.on('error', (error) => died(messageOf(error)));
    started.on('exit', (code) => died(`The lint thread ended with code ${code}.`));
    return started;
  }

  return {
    run: (name, job) =>
      new Promise((resolve, reject) => {
        const id = (last += 1);
        const timer = setTimeout(() => end(`Lint took longer than ${HUNG_MS / 1000} s and was ended.`), HUNG_MS);
        waiting.set(id, { resolve, reject, timer });
        (worker ??= start()).postMessage({ id, name, job } satisfies Request);
      }),
    dispose: () => end('The editor was closed.'),
  };
}
