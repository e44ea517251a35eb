/** `kubeflow-irsa`: the same core without an editor. One JSON object on stdout with `--json`; progress goes to stderr. */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import manifest from '../../package.json' with { type: 'json' };
import {
  bucketProblem,
  clusterNameProblem,
  ownerProblem,
  parseBucket,
  profileNameProblem,
  roleNameProblem,
} from '../core/arn/names.ts';
import { partitionOfRegion } from '../core/arn/partitions.ts';
import { planJson } from '../core/plan/json.ts';
import { blockers, writes, type Plan } from '../core/plan/plan.ts';
import { planProfile } from '../core/plan/profile.ts';
import { profileProofs } from '../core/plan/proof.ts';
import { reviewText, summary } from '../core/plan/review.ts';
import { ACCESS_LEVELS, type AccessLevel, type Request } from '../core/request.ts';
import { spoken } from '../core/text.ts';
import { findTarget } from '../provisioning/look.ts';
import { lookAt } from '../provisioning/look.ts';
import { OutsideError, type ConnectKubernetes } from '../provisioning/ports.ts';
import { prove, type Outside, type Verification } from '../provisioning/prove.ts';
import { carryOut, type RunResult } from '../provisioning/run.ts';
import { isCancelled, sleep, unlessCancelled } from '../provisioning/wait.ts';

/** Exit codes: done, not as wanted, could not run; stopped by Ctrl-C (128 and the number of SIGINT, as shells have it). */
const DONE = 0;
const NOT_AS_WANTED = 1;
const COULD_NOT_RUN = 2;
const STOPPED = 130;

const USAGE = `kubeflow-irsa: S3 access through IAM roles for service accounts for Kubeflow profiles on Amazon EKS

  kubeflow-irsa plan    what would be created, changed and kept; changes nothing
  kubeflow-irsa apply   make it so, then prove it; asks before it changes anything
  kubeflow-irsa verify  prove that a profile's service account can use its bucket, and its neighbour cannot use the role

  --cluster NAME         EKS cluster
  --region REGION        its AWS region (default: that of the AWS profile or the environment)
  --profile NAME         Kubeflow profile, and so its namespace
  --owner USER           its owner, exactly as the identity provider sends it (not for verify)
  --bucket NAME          S3 bucket (verify: default is the role's)
  --access LEVEL         ${ACCESS_LEVELS.map(({ id }) => id).join(' | ')} (default: prefix)
  --role-name NAME       IAM role (default: the one that the Profile names, else <profile>-<cluster>-role)
  --adopt-namespace      give a namespace that has no owner to the profile's owner
  --let-controller-write-trust   leave the trust policy to Kubeflow's profile controller (annotateOnly: false)
  --aws-profile NAME     profile of ~/.aws/config (default: the SDK's provider chain)
  --kubeconfig FILE      kubeconfig to look for a context of the cluster in
  --yes                  apply without asking
  --json                 one JSON object on stdout
  --help, --version

  kubeflow-irsa lint [PATH…] [--format text|json|sarif] [--fix] [--fix-severity LEVEL] [--max-severity LEVEL]
                      [--var NAME=VALUE]
                         what would fail in Profiles, service accounts, launcher settings and IAM policies; reads files only

Exit codes: 0 done, 1 not as wanted, 2 could not run, 130 stopped by Ctrl-C.
`;

class UsageError extends Error {}

interface Arguments {
  readonly command: 'plan' | 'apply' | 'verify';
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
}

const OPTIONS = {
  cluster: { type: 'string' },
  region: { type: 'string' },
  profile: { type: 'string' },
  owner: { type: 'string' },
  bucket: { type: 'string' },
  access: { type: 'string' },
  'role-name': { type: 'string' },
  'adopt-namespace': { type: 'boolean' },
  'let-controller-write-trust': { type: 'boolean' },
  'aws-profile': { type: 'string' },
  kubeconfig: { type: 'string' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
} as const;

function readArguments(argv: readonly string[]): Arguments | 'help' | 'version' {
  let parsed;
  try {
    parsed = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals } = parsed;
  if (values.version === true) return 'version';
  if (values.help === true || (positionals.length === 0 && argv.length === 0)) return 'help';
  const [command, ...rest] = positionals;
  if (command !== 'plan' && command !== 'apply' && command !== 'verify') {
    throw new UsageError(
      command === undefined
        ? 'Say what to do: plan, apply, verify or lint.'
        : `There is no command "${command}": use plan, apply, verify or lint.`,
    );
  }
  if (rest.length > 0) throw new UsageError(`Unexpected argument "${rest[0] ?? ''}".`);
  return { command, values };
}

/** A given option that passes its check; throws {@link UsageError} naming the option. */
function wanted(values: Arguments['values'], name: string, problem: (value: string) => string | undefined): string {
  const value = values[name];
  if (typeof value !== 'string' || value === '') throw new UsageError(`--${name} is missing.`);
  const wrong = problem(value);
  if (wrong !== undefined) throw new UsageError(`--${name} "${value}": ${wrong}`);
  return value;
}

function accessOf(values: Arguments['values']): AccessLevel | undefined {
  if (values['access'] === undefined) return undefined;
  const level = ACCESS_LEVELS.find(({ id }) => id === values['access']);
  if (level === undefined) {
    throw new UsageError(
      `--access "${String(values['access'])}": use one of ${ACCESS_LEVELS.map(({ id }) => id).join(', ')}.`,
    );
  }
  return level.id;
}

const none = (): undefined => undefined;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

function print(json: boolean, object: Record<string, unknown>, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(object, undefined, 2)}\n` : text);
}

const verificationJson = (verification: Verification | undefined): Record<string, unknown> =>
  verification === undefined
    ? {}
    : {
        verified: verification.outcome === 'verified',
        outcome: verification.outcome,
        reasons: verification.proofs.filter(({ ok }) => !ok).map(({ text }) => text),
        proofs: verification.proofs,
      };

const proofText = (verification: Verification): string =>
  `${verification.proofs.map(({ ok, text }) => `${ok ? 'ok  ' : 'FAIL'}  ${text}`).join('\n')}\n${{ verified: 'Verified.', checked: 'Checked; no object was touched, so this is no proof. Run verify for one.', failed: 'Not verified.', cancelled: 'Cancelled: this says nothing.' }[verification.outcome]}\n`;

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
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // While it reads, Ctrl-C comes to the terminal and not to the process.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await unlessCancelled(signal, terminal.question(`Apply this plan (${summary(plan)})? [y/N] `));
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

async function planOrApply(
  command: 'plan' | 'apply',
  request: Request,
  values: Arguments['values'],
  connect: ConnectKubernetes,
  outside: Omit<Outside, 'kubernetes'> & { readonly signal: AbortSignal },
): Promise<number> {
  const json = values['json'] === true;
  const { facts, kubernetes, unreachable } = await lookAt(request, outside.aws, connect, outside.signal);
  try {
    const plan = planProfile(request, facts);
    const shown = { command, request, ...planJson(plan) };
    if (command === 'plan' || blockers(plan).length > 0 || kubernetes === undefined) {
      print(json, shown, reviewText(plan));
      if (blockers(plan).length === 0) return DONE;
      return unreachable ? COULD_NOT_RUN : NOT_AS_WANTED;
    }
    if (writes(plan) && values['yes'] !== true) {
      say(reviewText(plan));
      if (!(await confirmed(plan, outside.signal))) {
        print(json, { ...shown, cancelled: true }, 'Nothing was changed.\n');
        return NOT_AS_WANTED;
      }
    }
    const started = performance.now();
    const result = await carryOut(
      plan,
      { ...outside, kubernetes },
      {
        progress: ({ title }, number, of) => {
          if (!json) say(`${number} of ${of}  ${title}`);
        },
      },
    );
    const steps = result.rows.map(({ row, ...outcome }) => ({ ...row, ...outcome }));
    print(
      json,
      {
        ...shown,
        steps,
        run: result.run,
        ok: result.ok,
        cancelled: result.cancelled,
        milliseconds: Math.round(performance.now() - started),
        ...verificationJson(result.verification),
      },
      resultText(result),
    );
    return result.ok ? DONE : result.cancelled ? STOPPED : NOT_AS_WANTED;
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
      {
        command: 'verify',
        profile,
        cluster,
        region,
        role: target.roleArn,
        bucket: target.bucket,
        ...(verification.outcome === 'cancelled' ? { cancelled: true } : {}),
        ...verificationJson(verification),
      },
      proofText(verification),
    );
    if (verification.outcome === 'cancelled') return STOPPED;
    return verification.outcome === 'verified' ? DONE : NOT_AS_WANTED;
  } finally {
    kubernetes.close();
  }
}

async function run(argv: readonly string[]): Promise<number> {
  const { version } = manifest;
  if (argv[0] === 'lint') {
    const { runLint, LintUsageError } = await import(/* webpackChunkName: "lint-cli" */ './lint.ts');
    return runLint(argv.slice(1), version).catch((error: unknown) => {
      throw error instanceof LintUsageError ? new UsageError(error.message) : error;
    });
  }
  const parsed = readArguments(argv);
  if (parsed === 'help' || parsed === 'version') {
    process.stdout.write(parsed === 'help' ? USAGE : `${version}\n`);
    return DONE;
  }
  const { command, values } = parsed;
  const profile = wanted(values, 'profile', profileNameProblem);
  const cluster = wanted(values, 'cluster', clusterNameProblem);
  // The SDK's remark on its future versions is for who builds this bundle, not for who runs it.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const awsProfile = typeof values['aws-profile'] === 'string' ? values['aws-profile'] : undefined;
  const [{ connectAws, defaultRegion }, { kubernetesConnector }] = await Promise.all([
    import(/* webpackChunkName: "aws" */ '../aws/index.ts'),
    import(/* webpackChunkName: "kubernetes" */ '../kubernetes/index.ts'),
  ]);
  const region =
    values['region'] === undefined
      ? await defaultRegion(awsProfile)
      : wanted(values, 'region', (name) =>
          partitionOfRegion(name) === undefined ? 'AWS has no region of such a name.' : undefined,
        );
  if (region === undefined)
    throw new UsageError('--region is missing, and neither the AWS profile nor the environment names one.');
  const partition = partitionOfRegion(region)?.id;
  const access = accessOf(values);
  const bucketGiven = values['bucket'] !== undefined || command !== 'verify';
  const bucket = bucketGiven
    ? parseBucket(wanted(values, 'bucket', (text) => bucketProblem(text, partition))).name
    : undefined;
  const roleName = values['role-name'] === undefined ? undefined : wanted(values, 'role-name', roleNameProblem);

  const aws = connectAws({ region, ...(awsProfile === undefined ? {} : { profile: awsProfile }) });
  const kubeconfig = values['kubeconfig'] === undefined ? undefined : wanted(values, 'kubeconfig', none);
  const connect = kubernetesConnector({ version, ...(kubeconfig === undefined ? {} : { kubeconfig }) });
  const stop = new AbortController();
  process.once('SIGINT', () => {
    say('Cancelling … (again: at once)');
    stop.abort();
  });
  const outside = { aws, unique: randomUUID, sleep, signal: stop.signal };

  if (command === 'verify') {
    const wantedUse = { ...(bucket === undefined ? {} : { bucket }), ...(access === undefined ? {} : { access }) };
    return verifyOne({ cluster, profile, region, ...wantedUse }, values['json'] === true, connect, outside);
  }
  const request: Request = {
    cluster,
    region,
    profile,
    owner: wanted(values, 'owner', ownerProblem),
    bucket: bucket ?? '',
    access: access ?? 'prefix',
    annotateOnly: values['let-controller-write-trust'] !== true,
    ...(roleName === undefined ? {} : { roleName }),
    ...(values['adopt-namespace'] === true ? { adoptNamespace: true } : {}),
  };
  return planOrApply(command, request, values, connect, outside);
}

/** Codes of {@link findTarget}'s errors that say what the profile lacks; every other error means that it could not be looked at. */
const LACKING = new Set(['absent', 'NoRole', 'NoBucket', 'NoSuchBucket', 'NotActive']);

/** Ends the process with this code, whatever is still under way, when all that was said has been written. */
async function end(code: number): Promise<void> {
  process.exitCode = code;
  if (code !== STOPPED) return;
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))));
  process.exit(code);
}

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  try {
    await end(await run(argv));
  } catch (error) {
    if (isCancelled(error)) {
      if (argv.includes('--json')) {
        const command = argv.find((argument) => !argument.startsWith('-'));
        process.stdout.write(`${JSON.stringify({ command, cancelled: true, steps: [] }, undefined, 2)}\n`);
      } else say('Cancelled. Nothing was changed.');
      return end(STOPPED);
    }
    const message = spoken(error instanceof Error ? error.message : String(error));
    const command = argv.find((argument) => !argument.startsWith('-'));
    const code = error instanceof OutsideError && LACKING.has(error.code) ? NOT_AS_WANTED : COULD_NOT_RUN;
    if (argv.includes('--json')) {
      const verified = command === 'verify' ? { verified: false, reasons: [message] } : { steps: [] };
      process.stdout.write(`${JSON.stringify({ command, error: message, ...verified }, undefined, 2)}\n`);
    } else {
      say(message);
      if (error instanceof UsageError) say('Run kubeflow-irsa --help for what there is.');
    }
    process.exitCode = code;
  }
}

void main();
