/** plan, apply and verify: one JSON object on stdout with `--json`; progress goes to stderr. The composition root of the CLI. */
import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { bucketProblem, parseBucket } from '../core/arn/names.ts';
import { partitionOfRegion } from '../core/arn/partitions.ts';
import { planJson } from '../core/plan/json.ts';
import { blockers, writes, type Plan } from '../core/plan/plan.ts';
import { planProfile } from '../core/plan/profile.ts';
import { profileProofs } from '../core/plan/proof.ts';
import { reviewText, summary } from '../core/plan/review.ts';
import type { AccessLevel, Request } from '../core/request.ts';
import { findTarget } from '../provisioning/look.ts';
import { lookAt } from '../provisioning/look.ts';
import type { ConnectKubernetes } from '../provisioning/ports.ts';
import { prove } from '../provisioning/prove.ts';
import type { Outside, Verification } from '../provisioning/prove/trial.ts';
import { carryOut, type RunResult } from '../provisioning/run.ts';
import { sleep, unlessCancelled } from '../provisioning/wait.ts';
import { EXIT, UsageError, type Context } from './parse.ts';

/** Which profile on which cluster, and how both are reached. */
interface Place {
  readonly cluster: string;
  readonly region: string | undefined;
  readonly profile: string;
  readonly 'aws-profile': string | undefined;
  readonly kubeconfig: string | undefined;
  readonly json: boolean;
}

interface PlanValues extends Place {
  readonly owner: string;
  readonly bucket: string;
  readonly access: AccessLevel;
  readonly 'create-bucket': boolean;
  readonly 'bucket-key': string | undefined;
  readonly 'role-name': string | undefined;
  readonly 'adopt-namespace': boolean;
  readonly 'no-artifacts': boolean;
  readonly 'let-controller-write-trust': boolean;
  readonly 'manage-trust': boolean;
  readonly 'grant-controller': boolean;
  /** Of apply alone. */
  readonly yes?: boolean;
}

interface VerifyValues extends Place {
  readonly bucket: string | undefined;
  readonly access: AccessLevel | undefined;
}

export const plan = (values: PlanValues, context: Context): Promise<number> => planFor('plan', values, context);
export const apply = (values: PlanValues, context: Context): Promise<number> => planFor('apply', values, context);

async function planFor(command: 'plan' | 'apply', values: PlanValues, context: Context): Promise<number> {
  const { 'let-controller-write-trust': leaves, 'manage-trust': manages } = values;
  if (leaves && manages)
    throw new UsageError('--let-controller-write-trust and --manage-trust say the opposite: give one of them.');
  if (values['bucket-key'] !== undefined && !values['create-bucket'])
    throw new UsageError('--bucket-key is for a bucket that is made: give --create-bucket, too.');
  const { region, connect, outside } = await reach(values, context);
  const { cluster, profile, owner, bucket, access, 'role-name': roleName, 'bucket-key': bucketKey } = values;
  const request: Request = {
    cluster,
    region,
    profile,
    owner,
    bucket: bucketIn(region, bucket),
    ...(values['create-bucket'] ? { createBucket: true } : {}),
    ...(bucketKey === undefined ? {} : { bucketKey }),
    access,
    ...(roleName === undefined ? {} : { roleName }),
    ...(values['adopt-namespace'] ? { adoptNamespace: true } : {}),
    ...(values['no-artifacts'] ? { leaveArtifacts: true } : {}),
    ...(leaves || manages ? { annotateOnly: manages } : {}),
    ...(values['grant-controller'] ? { grantController: true } : {}),
  };
  return planOrApply(command, request, values, connect, outside);
}

export async function verify(values: VerifyValues, context: Context): Promise<number> {
  const { region, connect, outside } = await reach(values, context);
  const { cluster, profile, bucket, access } = values;
  const wanted = {
    cluster,
    profile,
    region,
    ...(bucket === undefined ? {} : { bucket: bucketIn(region, bucket) }),
    ...(access === undefined ? {} : { access }),
  };
  return verifyOne(wanted, values.json, connect, outside);
}

/** The way to AWS and to the cluster. Ctrl-C stops what is under way, a second one the process. */
async function reach(values: Place, { version }: Context) {
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
  const aws = connectAws({ region, ...(awsProfile === undefined ? {} : { profile: awsProfile }) });
  const stop = new AbortController();
  process.once('SIGINT', () => {
    say('Cancelling … (again: at once)');
    stop.abort();
  });
  return { region, connect, outside: { aws, unique: randomUUID, sleep, signal: stop.signal } };
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

/** The name of a bucket that can be in a region's partition. Throws {@link UsageError}. */
function bucketIn(region: string, text: string): string {
  const wrong = bucketProblem(text, partitionOfRegion(region)?.id);
  if (wrong !== undefined) throw new UsageError(`--bucket "${text}": ${wrong}`);
  return parseBucket(text).name;
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Only what is printed is made. */
function print(json: boolean, object: () => Record<string, unknown>, text: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(object(), undefined, 2)}\n` : text());
}

const verificationJson = (verification: Verification | undefined): Record<string, unknown> =>
  verification === undefined
    ? {}
    : {
        verified: verification.outcome === 'verified',
        outcome: verification.outcome,
        reasons: verification.proofs.filter(({ ok }) => ok === false).map(({ text }) => text),
        proofs: verification.proofs,
      };

const proofText = (verification: Verification): string =>
  `${verification.proofs.map(({ ok, text }) => `${ok === null ? 'note' : ok ? 'ok  ' : 'FAIL'}  ${text}`).join('\n')}\n${{ verified: 'Verified.', checked: 'Checked; no object was touched, so this is no proof. Run verify for one.', failed: 'Not verified.', cancelled: 'Cancelled: this says nothing.' }[verification.outcome]}\n`;

function resultText(result: RunResult): string {
  const steps = result.rows.map(({ row, state, reason, milliseconds }) => {
    const time = milliseconds >= 1 ? ` (${milliseconds.toFixed(0)} ms)` : '';
    return `${state.padEnd(8)}${row.title}${time}${reason === undefined ? '' : `\n        ${reason}`}`;
  });
  return `${steps.join('\n')}\n${result.verification === undefined ? '' : proofText(result.verification)}`;
}

async function confirmed(plan: Plan, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UsageError('apply asks before it changes anything: answer with --yes where there is no terminal.');
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // While it reads, Ctrl-C comes to the terminal and not to the process.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    // A terminal that is closed answers nothing, and nothing is a no.
    const closed = once(terminal, 'close').then(() => '');
    const asked = terminal.question(`Apply this plan (${summary(plan)})? [y/N] `);
    const answer = await unlessCancelled(signal, Promise.race([asked, closed]));
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

async function planOrApply(
  command: 'plan' | 'apply',
  request: Request,
  values: PlanValues,
  connect: ConnectKubernetes,
  outside: Omit<Outside, 'kubernetes'> & { readonly signal: AbortSignal },
): Promise<number> {
  const json = values.json;
  const { facts, kubernetes, unreachable } = await lookAt(request, outside.aws, connect, outside.signal);
  try {
    const plan = planProfile(request, facts);
    let made: Record<string, unknown> | undefined;
    const shown = (): Record<string, unknown> => (made ??= { command, request, ...planJson(plan) });
    if (command === 'plan' || blockers(plan).length > 0 || kubernetes === undefined) {
      print(json, shown, () => reviewText(plan));
      if (blockers(plan).length === 0) return EXIT.done;
      return unreachable ? EXIT.couldNotRun : EXIT.notAsWanted;
    }
    if (writes(plan) && values.yes !== true) {
      say(reviewText(plan));
      if (!(await confirmed(plan, outside.signal))) {
        print(
          json,
          () => ({ ...shown(), cancelled: true }),
          () => 'Nothing was changed.\n',
        );
        return EXIT.notAsWanted;
      }
    }
    const started = performance.now();
    const result = await carryOut(
      plan,
      { ...outside, kubernetes },
      {
        progress: ({ kind, title }, number, of) => {
          if (!json) say(`${number} of ${of}  ${title}`);
          // There is time while somebody else works.
          else if (kind === 'wait') shown();
        },
      },
    );
    const milliseconds = Math.round(performance.now() - started);
    print(
      json,
      () => ({
        ...shown(),
        steps: result.rows.map(({ row, ...outcome }) => ({ ...row, ...outcome })),
        run: result.run,
        ok: result.ok,
        cancelled: result.cancelled,
        milliseconds,
        ...verificationJson(result.verification),
      }),
      () => resultText(result),
    );
    return result.ok ? EXIT.done : result.cancelled ? EXIT.stopped : EXIT.notAsWanted;
  } finally {
    kubernetes?.close();
  }
}

async function verifyOne(
  wanted: Parameters<typeof findTarget>[0] & { readonly region: string },
  json: boolean,
  connect: ConnectKubernetes,
  outside: Omit<Outside, 'kubernetes'> & { readonly signal: AbortSignal },
): Promise<number> {
  const finding = findTarget(wanted, outside.aws, connect);
  const { target, kubernetes } = await unlessCancelled(outside.signal, finding);
  try {
    const verification = await prove(profileProofs(target), { ...outside, kubernetes }, { touch: true, settled: true });
    const { cluster, profile, region } = wanted;
    print(
      json,
      () => ({
        command: 'verify',
        profile,
        cluster,
        region,
        role: target.roleArn,
        bucket: target.bucket,
        ...(verification.outcome === 'cancelled' ? { cancelled: true } : {}),
        ...verificationJson(verification),
      }),
      () => proofText(verification),
    );
    if (verification.outcome === 'cancelled') return EXIT.stopped;
    return verification.outcome === 'verified' ? EXIT.done : EXIT.notAsWanted;
  } finally {
    kubernetes.close();
  }
}
