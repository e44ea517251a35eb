/** Runs that are written down on disk: carried out, gone on with, and taken back by their id. */
import { parseArn } from '../core/arn/arn.ts';
import { actionOf, inCluster, refText, type Ref } from '../core/kinds.ts';
import { isDone, unreadable, type Plan } from '../core/plan/plan.ts';
import type { Proof } from '../core/plan/proof.ts';
import { issuerPath } from '../core/policy/build.ts';
import { messageOf } from '../core/text.ts';
import type { Means } from './driver.ts';
import { OutsideError, type Aws, type ConnectKubernetes, type Kubernetes } from './ports.ts';
import { takeAwayProbes } from './prove/objects.ts';
import type { Outside } from './prove/trial.ts';
import { carryOut, undo, type RunOptions, type RunResult, type UndoResult } from './run.ts';
import type { RunAbout, RunEnd, RunHead } from './runFile.ts';
import type { OpenRun, RunFolder } from './runs.ts';

/**
 * Whether something is left to be gone on with, or taken away. Where all was made, and only the proof went wrong, there is not, unless that
 * left an object.
 */
export const isOpen = ({ rows, verification }: RunResult): boolean =>
  rows.some(({ row, state }) => row.kind !== 'verify' && state !== 'done' && state !== 'kept') ||
  verification?.proofs.some(({ left }) => left === true) === true;

/** How a run ended, for its journal. */
export function endOf(result: RunResult): RunEnd {
  const reason = result.rows.find(({ state }) => state === 'failed')?.reason;
  return {
    how: !isOpen(result) ? 'done' : result.cancelled ? 'cancelled' : 'failed',
    ...(reason === undefined ? {} : { reason }),
  };
}

/** How taking a run back ended. What stays, and why, is said. */
export function endOfUndo({ ok, cancelled, changes }: UndoResult): RunEnd {
  const reason = changes.find(({ state }) => state === (ok ? 'left' : 'failed'))?.reason;
  return { how: ok ? 'undone' : cancelled ? 'cancelled' : 'failed', ...(reason === undefined ? {} : { reason }) };
}

/** Carries out a plan, written down as a run of this folder. A plan with nothing to do leaves no trace. */
export async function carryOutIn(
  folder: RunFolder,
  about: RunAbout,
  plan: Plan,
  outside: Outside,
  options: Omit<RunOptions, 'journal' | 'run'> = {},
): Promise<RunResult> {
  if (isDone(plan)) return carryOut(plan, outside, options);
  return goOn(await folder.begin(outside.unique(), about, plan), outside, options);
}

/**
 * The proofs in which a run may have been cut off: all of its changes came to their end, and it did not; or all before one that is proven
 * first.
 */
function underWay({ head, was, entries }: OpenRun): readonly Proof[] {
  if (was !== 'unfinished') return [];
  const ended = new Set(entries().flatMap(({ change, state }) => (state === 'begun' ? [] : [refText(change.ref)])));
  const { proofs, changes } = head.plan;
  const next = changes.find((change) => actionOf(change) !== 'keep' && !ended.has(refText(change.ref)));
  return next === undefined ? proofs : (next.proven?.proofs ?? []);
}

/** Carries out the plan of an open run under its own id: what bears it is this run's. */
export async function goOn(
  run: OpenRun,
  outside: Outside,
  options: Omit<RunOptions, 'journal' | 'run'> = {},
): Promise<RunResult> {
  try {
    await takeAwayProbes(underWay(run), outside, run.id);
    const result = await carryOut(run.head.plan, outside, { ...options, journal: run.journal, run: run.id });
    await run.end(endOf(result));
    return result;
  } catch (error) {
    await run.end({ how: 'failed', reason: messageOf(error) });
    throw error;
  }
}

/** Takes back all that an open run began, whichever of its tries did. */
export async function takeBack(
  run: OpenRun,
  means: Means,
  isFree?: (ref: Ref) => Promise<boolean>,
): Promise<UndoResult> {
  try {
    await takeAwayProbes(underWay(run), means, run.id);
    const result = await undo(run.entries(), means, isFree);
    await run.end(endOfUndo(result));
    return result;
  } catch (error) {
    await run.end({ how: 'failed', reason: messageOf(error) });
    throw error;
  }
}

/** How a run is reached again. */
export interface Again {
  /** Its cluster is gone, and what it did in AWS is to be taken back all the same. */
  readonly onlyAws?: boolean;
}

/** Whether a run is gone on with, or taken back, in a cluster. */
export const needsCluster = ({ changes, proofs }: Pick<Plan, 'changes' | 'proofs'>): boolean =>
  proofs.length > 0 || changes.some(({ ref }) => inCluster(ref.kind));

/**
 * The way to where a run acts. Throws where the identity at hand is not the one of the run, or its cluster is not the one of then:
 * names mean other things there. The connection to the cluster is to be closed. `gone`: name of the cluster that is not there any more,
 * so that all that was in it is gone.
 */
export async function reachAgain(
  { run, plan, cluster, region, awsProfile, account: known }: RunHead,
  wanted: Pick<Plan, 'changes' | 'proofs'>,
  aws: Aws,
  connect: ConnectKubernetes,
  { onlyAws = false }: Again = {},
): Promise<{ readonly aws: Aws; readonly kubernetes?: Kubernetes; readonly gone?: string }> {
  const caller = await aws.caller();
  if (caller.state !== 'found') throw new OutsideError(unreadable(caller, 'Who you are'), caller.state);
  const account = known ?? plan.changes.flatMap(({ ref }) => parseArn(ref.at)?.account || [])[0];
  if (account !== undefined && caller.value.account !== account) {
    const as = awsProfile === undefined ? 'the default chain of credentials' : `AWS profile ${awsProfile}`;
    throw new OutsideError(
      `Run ${run} was made in account ${account} with ${as}, and your credentials are of account ${caller.value.account}. Sign in to account ${account}, then try again.`,
      'OtherIdentity',
    );
  }
  if (!needsCluster(wanted)) return { aws };
  const reading = await aws.cluster(cluster);
  if (reading.state === 'absent') {
    if (onlyAws) return { aws, gone: cluster };
    throw new OutsideError(
      `EKS cluster ${cluster} in ${region} is gone, and with it all that run ${run} changed there. What the run changed in AWS can still be taken back by itself.`,
      'ClusterGone',
    );
  }
  if (reading.state !== 'found')
    throw new OutsideError(unreadable(reading, `EKS cluster ${cluster} in ${region}`), reading.state);
  const { arn, issuer } = reading.value;
  const isOther = plan.changes.some(
    ({ ref, after }) =>
      (inCluster(ref.kind) && ref.at !== arn) ||
      // One of the same name that was made anew has another issuer.
      (ref.kind === 'iam/provider' &&
        after !== undefined &&
        issuer !== undefined &&
        !ref.key.endsWith(issuerPath(issuer))),
  );
  if (isOther) {
    if (onlyAws) return { aws, gone: cluster };
    throw new OutsideError(
      `Run ${run} was made on another EKS cluster ${cluster} than the one that is there now. Make the plan anew. What the run changed in AWS can still be taken back by itself.`,
      'OtherCluster',
    );
  }
  if (onlyAws)
    throw new OutsideError(
      `EKS cluster ${cluster} in ${region} is there: take run ${run} back as a whole, without leaving out what is in the cluster.`,
      'ClusterThere',
    );
  return { aws, kubernetes: await connect(reading.value, aws) };
}
