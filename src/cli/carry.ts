/** The door for every plan of the command line: looked at, reviewed, asked for, carried out and told, as text or as one JSON object. */
import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import type { Caller } from '../core/observation.ts';
import type { ManagingTool } from '../core/tools.ts';
import { agreedTo, onlyManaged, toolsOf } from '../core/plan/managed.ts';
import { planJson } from '../core/plan/json.ts';
import { blockers, writes, type Consent, type Plan } from '../core/plan/plan.ts';
import { reviewText, summary } from '../core/plan/review.ts';
import { valueOf, type Reading } from '../core/reading.ts';
import { carryOutIn, isOpen } from '../provisioning/carried.ts';
import type { ConnectKubernetes, Kubernetes } from '../provisioning/ports.ts';
import type { Outside, Verification } from '../provisioning/prove/trial.ts';
import type { RunOptions, RunResult } from '../provisioning/run.ts';
import type { RunAbout } from '../provisioning/runFile.ts';
import { runsIn } from '../provisioning/runs.ts';
import { sleep, unlessCancelled } from '../provisioning/wait.ts';
import { COMMANDS } from './commands.ts';
import { EXIT, UsageError, type Context } from './parse.ts';

/** How AWS and a cluster are reached: the options `reach` of the table of commands, and a region. */
export interface Reach {
  readonly region: string | undefined;
  readonly 'aws-profile': string | undefined;
  readonly kubeconfig: string | undefined;
}

/** The option by which a tool is named that manages what is written. */
export interface Writes {
  readonly 'write-managed': readonly ManagingTool[];
}

/** What a command acts through. */
export interface Way {
  readonly region: string;
  /** Name of the AWS profile; absent: the default chain of credentials. */
  readonly awsProfile?: string | undefined;
  readonly connect: ConnectKubernetes;
  /** The kubeconfigs of this machine, in the order in which they count; `file`: the only one. */
  readonly kubeconfigs: (file: string | undefined) => Promise<readonly string[]>;
  readonly outside: Omit<Outside, 'kubernetes'> & { readonly signal: AbortSignal };
}

/** What a plan was made from. */
export interface Looked {
  readonly plan: Plan;
  /** Absent where it was not reached; a plan that needs none says so with `withoutCluster`. */
  readonly kubernetes?: Kubernetes | undefined;
  /** What is in the way is that something was not reached, and nothing about what is there. */
  readonly unreachable?: boolean;
  /** Who calls, where it was read already. */
  readonly caller?: Reading<Caller>;
}

/** One plan, and how it is asked for and told. */
export interface Carried {
  /** The command, as its JSON and the journal name it. */
  readonly command: string;
  /**
   * What was asked for: the first fields of the JSON. Plain data without secrets. Its `profile` and `cluster`, or those of its
   * `request`, name the run in the journal.
   */
  readonly about: Readonly<Record<string, unknown>>;
  readonly json: boolean;
  /** `review`: it is shown and nothing else; `yes`: it is carried out without asking. */
  readonly answer: 'ask' | 'yes' | 'review';
  /** Nothing of the plan is in a cluster. */
  readonly withoutCluster?: true;
  /** What the question says; by default "Apply this plan". */
  readonly question?: string;
  /** What a person is told when it is done, besides the steps. */
  readonly done?: string;
  /** Tools that a person names, so that it writes where they do. */
  readonly writeManaged?: readonly ManagingTool[];
}

/** The way to AWS and to the cluster. Ctrl-C stops what is under way, a second one the process. */
export async function reach(values: Reach, { version }: Context): Promise<Way> {
  // The SDK's remark on its future versions is for who builds this bundle, not for who runs it.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const { connectAws, defaultRegion } = await import(/* webpackChunkName: "aws" */ '../aws/index.ts');
  const { 'aws-profile': awsProfile, kubeconfig } = values;
  const region = values.region ?? (await defaultRegion(awsProfile));
  if (region === undefined)
    throw new UsageError('--region is missing, and neither the AWS profile nor the environment names one.');
  const kubernetes = () => import(/* webpackChunkName: "kubernetes" */ '../kubernetes/index.ts');
  // Not before the first calls are under way: there is time while they are answered. Who connects is told what went wrong.
  onFirstCall(() => void kubernetes().catch(() => undefined));
  const connect: ConnectKubernetes = async (cluster, aws) => {
    const { kubernetesConnector } = await kubernetes();
    return kubernetesConnector({ version, ...(kubeconfig === undefined ? {} : { kubeconfig }) })(cluster, aws);
  };
  const kubeconfigs: Way['kubeconfigs'] = async (file) => {
    const { kubeconfigFiles } = await import(/* webpackChunkName: "kubeconfigs" */ '../kubernetes/files.ts');
    return kubeconfigFiles(file);
  };
  const aws = connectAws({ region, ...(awsProfile === undefined ? {} : { profile: awsProfile }) });
  const stop = new AbortController();
  process.once('SIGINT', () => {
    say('Cancelling … (again: at once)');
    stop.abort();
  });
  return { region, awsProfile, connect, kubeconfigs, outside: { aws, unique: randomUUID, sleep, signal: stop.signal } };
}

/** Does something as soon as a call over the network is under way. */
function onFirstCall(action: () => void): void {
  // Node's own: "http.client.request.start" (diagnostics_channel, built-in channels).
  const channel = 'http.client.request.start';
  const begun = (): void => {
    unsubscribe(channel, begun);
    setImmediate(action);
  };
  subscribe(channel, begun);
}

export const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Only what is printed is made. */
export function print(json: boolean, object: () => Record<string, unknown>, text: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(object(), undefined, 2)}\n` : text());
}

/** Fields of the JSON that tell a proof. */
export const verificationJson = (verification: Verification | undefined): Record<string, unknown> =>
  verification === undefined
    ? {}
    : {
        verified: verification.outcome === 'verified',
        outcome: verification.outcome,
        reasons: verification.proofs.filter(({ ok }) => ok === false).map(({ text }) => text),
        proofs: verification.proofs,
      };

/** A proof, a line each. */
export const proofText = (verification: Verification): string =>
  `${verification.proofs.map(({ ok, text }) => `${ok === null ? 'note' : ok ? 'ok  ' : 'FAIL'}  ${text}`).join('\n')}\n${{ verified: 'Verified.', checked: 'Checked; no object was touched, so this is no proof. Run verify for one.', failed: 'Not verified.', cancelled: 'Cancelled: this says nothing.' }[verification.outcome]}\n`;

/** What became of each step, and what can be done about it. */
export function resultText(result: RunResult): string {
  const steps = result.rows.map(({ row, state, reason, milliseconds }) => {
    const time = milliseconds >= 1 ? ` (${milliseconds.toFixed(0)} ms)` : '';
    return `${state.padEnd(8)}${row.title}${time}${reason === undefined ? '' : `\n        ${reason}`}`;
  });
  const next = isOpen(result) && result.touched.length > 0 ? `${nextSteps(result.run)}\n` : '';
  return `${steps.join('\n')}\n${result.verification === undefined ? '' : proofText(result.verification)}${next}`;
}

const nextSteps = (run: string): string =>
  `To go on: kubeflow-irsa resume --run ${run}. To take it back: kubeflow-irsa undo --run ${run}.`;

/** The same as fields of the JSON. */
export const resultJson = (result: RunResult): Record<string, unknown> => ({
  steps: result.rows.map(({ row, ...outcome }) => ({ ...row, ...outcome })),
  run: result.run,
  ok: result.ok,
  cancelled: result.cancelled,
  ...verificationJson(result.verification),
});

export const exitOf = ({ ok, cancelled }: { readonly ok: boolean; readonly cancelled: boolean }): number =>
  ok ? EXIT.done : cancelled ? EXIT.stopped : EXIT.notAsWanted;

/** Says which step is under way, where no JSON is wanted. */
export const progress =
  (json: boolean): NonNullable<RunOptions['progress']> =>
  ({ title }, number, of) => {
    if (!json) say(`${number} of ${of}  ${title}`);
  };

/** Where the command line keeps its runs (XDG Base Directory Specification); Windows has a place of its own. */
export function runsFolder(
  { XDG_STATE_HOME: xdg = '', LOCALAPPDATA: local }: Readonly<Record<string, string | undefined>>,
  home: string,
  platform: string = process.platform,
): string {
  const state = path.isAbsolute(xdg)
    ? xdg
    : platform === 'win32'
      ? (local ?? path.join(home, 'AppData', 'Local'))
      : path.join(home, '.local', 'state');
  return path.join(state, 'kubeflow-irsa', 'runs');
}

/** What the journal says of a run. */
async function aboutOf(
  { command, about }: Carried,
  { region, awsProfile, outside }: Way,
  read: Reading<Caller> | undefined,
): Promise<RunAbout> {
  const fields = { ...(about['request'] as object | undefined), ...about } as Readonly<Record<string, unknown>>;
  const text = (name: string): string | undefined => (typeof fields[name] === 'string' ? fields[name] : undefined);
  const { account, arn } = valueOf(read ?? (await outside.aws.caller())) ?? {};
  const [profile, bucket, cluster = ''] = [text('profile'), text('bucket'), text('cluster')];
  // The chain of credentials begins with the profile that the environment names.
  const as = awsProfile ?? (process.env['AWS_PROFILE'] || undefined);
  return { command, profile, bucket, cluster, region, awsProfile: as, account, caller: arn };
}

/** Asks at the terminal. Throws {@link UsageError} where there is none. */
export async function confirmed(
  { command, question }: { readonly command: string; readonly question: string },
  signal: AbortSignal,
): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UsageError(`${command} asks before it changes anything: answer with --yes where there is no terminal.`);
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // While it reads, Ctrl-C comes to the terminal and not to the process.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    // A terminal that is closed answers nothing, and nothing is a no.
    const closed = once(terminal, 'close').then(() => '');
    const asked = terminal.question(`${question}? [y/N] `);
    const answer = await unlessCancelled(signal, Promise.race([asked, closed]));
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

const AGREE: Readonly<Partial<Record<string, string>>> = {
  adoptNamespace: 'adopt-namespace',
  createBucket: 'create-bucket',
  leaveArtifacts: 'no-artifacts',
  grantController: 'grant-controller',
} satisfies Partial<Record<Consent, string>>;

/** The option of a command by which a person agrees. */
export function optionOf(command: string, consent: string | undefined): string | undefined {
  const name = AGREE[consent ?? ''];
  return name !== undefined && Object.hasOwn(COMMANDS[command]?.options ?? {}, name) ? `--${name}` : undefined;
}

/**
 * Shows a plan, asks, carries it out and says what became of it. The exit code: 0 as wanted, 1 blocked, failed or not confirmed, 2
 * where something could not be reached, 130 cancelled. Throws {@link UsageError} where it would ask and there is no terminal.
 */
export async function carry(carried: Carried, way: Way, look: () => Promise<Looked>): Promise<number> {
  const { command, about, json, answer } = carried;
  const { outside } = way;
  const { plan: made, kubernetes, unreachable = false, caller } = await look();
  const plan = agreedTo(made, carried.writeManaged ?? []);
  try {
    let told: Record<string, unknown> | undefined;
    const shown = (): Record<string, unknown> => (told ??= { command, ...about, ...planJson(plan) });
    const reached = kubernetes !== undefined || carried.withoutCluster === true;
    if (answer === 'review' || blockers(plan).length > 0 || !reached) {
      print(json, shown, () => reviewText(plan));
      const stopped = blockers(plan);
      if (stopped.length === 0) return EXIT.done;
      if (onlyManaged(stopped))
        say(
          `To write all the same: ${toolsOf(plan)
            .map((tool) => `--write-managed ${tool}`)
            .join(' ')}`,
        );
      const agreed = stopped.flatMap(({ consent }) => optionOf(command, consent) ?? []);
      if (agreed.length > 0) say(`To agree: ${[...new Set(agreed)].join(' ')}`);
      return unreachable ? EXIT.couldNotRun : EXIT.notAsWanted;
    }
    if (writes(plan) && answer !== 'yes') {
      say(reviewText(plan));
      const question = `${carried.question ?? 'Apply this plan'} (${summary(plan)})`;
      if (!(await confirmed({ command, question }, outside.signal))) {
        print(
          json,
          () => ({ ...shown(), cancelled: true }),
          () => 'Nothing was changed.\n',
        );
        return EXIT.notAsWanted;
      }
    }
    const started = performance.now();
    const result = await carryOutIn(
      runsIn(runsFolder(process.env, os.homedir())),
      await aboutOf(carried, way, caller),
      plan,
      { ...outside, ...(kubernetes === undefined ? {} : { kubernetes }) },
      {
        progress: (row, number, of) => {
          progress(json)(row, number, of);
          // There is time while somebody else works.
          if (json && row.kind === 'wait') shown();
        },
      },
    );
    const milliseconds = Math.round(performance.now() - started);
    print(
      json,
      () => ({ ...shown(), ...resultJson(result), milliseconds }),
      () => `${resultText(result)}${result.ok && carried.done !== undefined ? `${carried.done}\n` : ''}`,
    );
    return exitOf(result);
  } finally {
    kubernetes?.close();
  }
}
