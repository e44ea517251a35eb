// Runs a sandbox until it is ended: npm run sandbox [-- --env-file FILE] [--latency MS]
import { rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startSandbox, type Sandbox } from './index.ts';

const USAGE = `Usage: npm run sandbox [-- --env-file FILE] [--latency MS]
  --env-file FILE  write "export NAME=value" lines there when the sandbox is ready (removed at the end)
  --latency MS     make every call of AWS take that much longer`;

const started = Date.now();
const say = (line: string): void =>
  console.error(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`);

function readArguments(): { envFile: string | undefined; latencyMs: number } {
  try {
    const options = { 'env-file': { type: 'string' }, latency: { type: 'string', default: '0' } } as const;
    const { values } = parseArgs({ options });
    const latencyMs = Number(values.latency);
    if (!(latencyMs >= 0)) throw new Error(`--latency takes milliseconds, not "${values.latency}".`);
    return { envFile: values['env-file'] === undefined ? undefined : path.resolve(values['env-file']), latencyMs };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return process.exit(2);
  }
}

/** The text for a shell to read back as it is. */
const quote = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

function describe(sandbox: Sandbox, envFile: string | undefined): string {
  const { kubeflowDev, analytics, legacy } = sandbox.clusters;
  const rows = [
    [kubeflowDev, 'Kubeflow, OIDC provider in IAM, profiles team-a (right) and team-b (as the AWS page makes it)'],
    [analytics, 'no OIDC provider in IAM, no Kubeflow'],
    [legacy, 'its endpoint cannot be reached'],
  ] as const;
  return [
    `AWS account ${sandbox.account} at ${sandbox.endpoint}`,
    ...rows.map(([{ name, region }, what]) => `  cluster ${name.padEnd(13)} ${region.padEnd(13)} ${what}`),
    '  buckets kubeflow-artifacts-111122223333 (us-west-2), ml-artifacts-eu-111122223333 (eu-central-1)',
    '  AWS profiles default (administrator), readonly, operator (assumes a role), expired, other-account,',
    '    sso (IAM Identity Center; its sign-in has expired)',
    `  people sign in with Dex (namespace auth); there is a user pool of Cognito, ${sandbox.userPool.arn.split('/')[1] ?? ''}`,
    `  calls so far: curl ${sandbox.callsUrl}`,
    `  Cognito instead of Dex, another Kubeflow Pipelines: curl -d '{"kubeflow": {"people": "cognito", "pipelines": "2.15.0"}}' ${sandbox.controlUrl}`,
    ...(envFile === undefined
      ? ['To use it in a shell, start it with: npm run sandbox -- --env-file sandbox.env']
      : [`To use it in a shell: . ${envFile}`]),
    '  then for example: aws eks list-clusters; kubectl get profiles',
    'Ctrl-C ends it and removes all its data.',
  ].join('\n');
}

const { envFile, latencyMs } = readArguments();
const parent = process.ppid;
let sandbox: Promise<Sandbox> | undefined;
let ending = false;
async function end(why: string, code: number): Promise<never> {
  if (!ending) {
    ending = true;
    say(why);
    if (envFile !== undefined) rmSync(envFile, { force: true });
    await sandbox?.then((running) => running.stop()).catch(() => undefined);
  }
  return process.exit(code);
}
// While it starts there is nothing to stop in order: ending this process makes the supervisor end everything.
const onSignal = (signal: NodeJS.Signals, code: number): void =>
  void process.on(signal, () => (ready ? void end('Ending …', code) : process.exit(code)));
let ready = false;
onSignal('SIGINT', 130);
onSignal('SIGTERM', 143);
onSignal('SIGHUP', 129);
setInterval(() => {
  if (process.ppid !== parent) {
    if (ready) void end('The process that started the sandbox has ended: ending too …', 0);
    else process.exit(0);
  }
}, 500).unref();

try {
  sandbox = startSandbox({ log: say, latencyMs, own: true });
  const running = await sandbox;
  ready = true;
  if (envFile !== undefined) {
    // Written beside and renamed, so that who waits for the file never reads half of it.
    // Not HOME: a shell needs the person's own.
    const lines = Object.entries(running.env)
      .filter(([name]) => name !== 'HOME')
      .map(([name, value]) => `export ${name}=${quote(value)}\n`);
    await writeFile(`${envFile}.part`, lines.join(''), { mode: 0o600 });
    await rename(`${envFile}.part`, envFile);
  }
  say('The sandbox is ready.');
  console.log(describe(running, envFile));
  // The sandbox's server keeps this process running.
} catch (error) {
  say(`The sandbox could not be started: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(2);
}
