/** runs, resume and undo: what was begun before, by this process or another. */
import os from 'node:os';
import { actionOf, goesWithCluster, inverse } from '../core/kinds.ts';
import { changeTitle } from '../core/plan/plan.ts';
import { goOn, reachAgain, takeBack } from '../provisioning/carried.ts';
import { written } from '../provisioning/journal.ts';
import { OutsideError } from '../provisioning/ports.ts';
import type { UndoResult } from '../provisioning/run.ts';
import { runsIn, type StoredRun } from '../provisioning/runs.ts';
import { confirmed, exitOf, print, progress, reach, resultJson, resultText, runsFolder, say } from './carry.ts';
import { EXIT, type Context } from './parse.ts';

interface Values {
  readonly run: string;
  readonly kubeconfig: string | undefined;
  readonly json: boolean;
  readonly yes: boolean;
  readonly 'only-aws'?: boolean;
}

const folder = () => runsIn(runsFolder(process.env, os.homedir()));

const runJson = ({ head, state, isGoingOn, file }: StoredRun): Record<string, unknown> => {
  const { run: id, command, profile, cluster, region, account, caller, awsProfile, began, plan } = head;
  const who = { region, account, caller, awsProfile };
  return { id, command, profile, cluster, began, state, isGoingOn, title: plan.title, ...who, file };
};

const stateText = ({ state, isGoingOn }: StoredRun): string => (isGoingOn ? 'goes on now' : state);

export async function runs({ json }: { readonly json: boolean }): Promise<number> {
  const { runs: all, unread } = await folder().all();
  print(
    json,
    () => ({ command: 'runs', runs: all.map(runJson), ...(unread.length === 0 ? {} : { unread }) }),
    () =>
      all.length + unread.length === 0
        ? 'No runs are known.\n'
        : [
            ...all.map((run) => {
              const { run: id, began, command, plan } = run.head;
              return `${id}  ${began.slice(0, 16).replace('T', ' ')}  ${stateText(run).padEnd(11)}  ${command}: ${plan.title}\n`;
            }),
            ...unread.map(({ file, problem }) => `${file}: ${problem}\n`),
          ].join(''),
  );
  return EXIT.done;
}

/** Whether it is said already how a run is: then there is nothing to do. */
function over(command: 'resume' | 'undo', { head, state }: StoredRun, json: boolean): number | undefined {
  if (state === 'unfinished' || (state === 'done' && command === 'undo')) return undefined;
  const said =
    state === 'undone'
      ? command === 'undo'
        ? `Run ${head.run} was undone already.`
        : `Run ${head.run} was undone: make the plan anew.`
      : `Run ${head.run} is done: there is nothing to resume.`;
  const ok = (state === 'undone') === (command === 'undo');
  print(
    json,
    () => ({ command, run: head.run, ok, state, ...(ok ? { note: said } : { error: said }), steps: [] }),
    () => `${said}\n`,
  );
  return ok ? EXIT.done : EXIT.notAsWanted;
}

export async function resume(values: Values, context: Context): Promise<number> {
  return again('resume', values, context);
}
export async function undo(values: Values, context: Context): Promise<number> {
  return again('undo', values, context);
}

async function again(command: 'resume' | 'undo', values: Values, context: Context): Promise<number> {
  const { json, yes } = values;
  const stored = await folder().find(values.run);
  const { head, entries } = stored;
  const said = over(command, stored, json);
  if (said !== undefined) return said;
  if (stored.isGoingOn)
    throw new OutsideError(`Run ${head.run} goes on now, in another process. Wait until it is done.`, 'Busy');
  const begun = written(entries);
  const wanted = command === 'undo' ? { changes: begun.map(({ change }) => change), proofs: [] } : head.plan;
  const { connect, outside } = await reach(
    { region: head.region, 'aws-profile': head.awsProfile, kubeconfig: values.kubeconfig },
    context,
  );
  const onlyAws = values['only-aws'] === true;
  const reached = await reachAgain(head, wanted, outside.aws, connect, { onlyAws }).catch((error: unknown) => {
    if (command !== 'undo' || !(error instanceof OutsideError) || !/^(ClusterGone|OtherCluster)$/.test(error.code))
      throw error;
    throw new OutsideError(`${error.message} Run undo --run ${head.run} --only-aws.`, error.code);
  });
  try {
    if (!yes) {
      say(command === 'undo' ? undoReview(stored, reached.gone) : resumeReview(stored));
      const question = command === 'undo' ? 'Take this back' : 'Go on with this run';
      if (!(await confirmed({ command, question }, outside.signal))) {
        print(
          json,
          () => ({ command, run: head.run, cancelled: true, steps: [] }),
          () => 'Nothing was changed.\n',
        );
        return EXIT.notAsWanted;
      }
    }
    const open = await folder().open(head.run, command);
    if (command === 'resume') {
      const result = await goOn(open, { ...outside, ...reached }, { progress: progress(json) });
      print(
        json,
        () => ({ command, title: head.plan.title, ...resultJson(result) }),
        () => resultText(result),
      );
      return exitOf(result);
    }
    const result = await takeBack(open, { ...outside, ...reached });
    print(
      json,
      () => undoJson(stored, result),
      () => undoText(stored, result),
    );
    return exitOf(result);
  } finally {
    reached.kubernetes?.close();
  }
}

const STATE = { begun: 'begun, and perhaps done', done: 'done', kept: 'kept' } as const;

const resumeReview = ({ head, entries }: StoredRun): string =>
  [
    `Run ${head.run}, begun ${head.began}: ${head.plan.title}.`,
    ...entries.map(({ change, state }) => `  ${STATE[state]}: ${changeTitle(change)}`),
    'What is as wanted is kept, the rest is done. What changed since then is not overwritten.',
  ].join('\n');

const BACK = { create: '+ make again', change: '~ put back', delete: '- delete', keep: '= leave' } as const;

const undoReview = ({ head, entries }: StoredRun, gone?: string): string =>
  [
    `Run ${head.run}, begun ${head.began}: ${head.plan.title}.`,
    ...[...written(entries)]
      .reverse()
      .map(({ change }) =>
        gone !== undefined && goesWithCluster(change.ref.kind)
          ? `  = leave: ${changeTitle(change)}, which is gone with the cluster`
          : change.shared === true
            ? `  = leave: ${changeTitle(change)}, because others may rest on it`
            : `  ${BACK[actionOf(inverse(change))]}: ${changeTitle(change)}`,
      ),
    'What was there before the run stays. A Profile that it made goes with its namespace and all that is in it.',
  ].join('\n');

const undoJson = ({ head }: StoredRun, { ok, cancelled, changes }: UndoResult): Record<string, unknown> => ({
  command: 'undo',
  run: head.run,
  title: head.plan.title,
  ok,
  cancelled,
  steps: changes.map(({ change, state, reason }) => ({
    title: changeTitle(change),
    state,
    ...(reason === undefined ? {} : { reason }),
  })),
});

const undoText = ({ head }: StoredRun, { ok, cancelled, changes }: UndoResult): string =>
  [
    ...changes.map(
      ({ change, state, reason }) =>
        `${state.padEnd(8)}${changeTitle(change)}${reason === undefined ? '' : `\n        ${reason}`}`,
    ),
    ok
      ? `Undone: ${head.plan.title}.`
      : `${cancelled ? 'Cancelled' : 'Not all is undone'}. To go on: kubeflow-irsa undo --run ${head.run}.`,
    '',
  ].join('\n');
