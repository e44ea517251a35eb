/**
 * The whole main job against the AWS page's own commands (Pipeline Profiles, steps 1 to 9), in the same sandbox and the same run,
 * in turns. In the commands' favour: eksctl's step is left out, their policies are the right ones, and they prove nothing,
 * while `apply` ends with its verification.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startSandbox } from '../../sandbox/index.ts';
import { cached } from '../../scripts/cache.ts';
import { connectAws } from '../../src/aws/index.ts';
import { planDelete } from '../../src/core/plan/delete.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { permissionsPolicy, policyText, trustPolicy, providerArn } from '../../src/core/policy/build.ts';
import type { Request } from '../../src/core/request.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { carryOutIn } from '../../src/provisioning/carried.ts';
import { lookToDelete } from '../../src/provisioning/leave.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { carryOut } from '../../src/provisioning/run.ts';
import { runsIn, type RunFolder } from '../../src/provisioning/runs.ts';
import { sleep } from '../../src/provisioning/wait.ts';
import { measure, median, milliseconds, type Bench, type Row } from './measure.ts';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '../..');
const CLUSTER = 'kubeflow-dev';
const REGION = 'us-west-2';
const BUCKET = 'kubeflow-artifacts-111122223333';
const OWNER = 'user@example.com';
const RUNS = 5;
/** Each takes as long as Kubernetes takes for a namespace, which is five seconds. */
const DELETIONS = 3;
/** Installed by the bench where there is no `aws` on PATH. */
const AWS_CLI = 'awscli==1.45.11';

const onPath = async (command: string, ...args: string[]): Promise<boolean> =>
  run(command, args).then(
    () => true,
    () => false,
  );

/** `aws` and `kubectl`: those on PATH, else installed into the cache. */
async function commands(log: (line: string) => void): Promise<{ aws: string; kubectl: string }> {
  let aws = 'aws';
  if (!(await onPath('aws', '--version'))) {
    log(`Installing ${AWS_CLI} …`);
    const folder = await cached(`bench-${AWS_CLI}`, async (target) => {
      await run('python3', ['-m', 'venv', target]);
      await run(path.join(target, 'bin/pip'), ['install', '--quiet', AWS_CLI]);
    });
    aws = path.join(folder, 'bin/aws');
  }
  let kubectl = 'kubectl';
  if (!(await onPath('kubectl', 'version', '--client'))) {
    log('Building kubectl (once) …');
    const folder = await cached('bench-kubectl-1.36.3', async (target) => {
      await run('go', ['build', '-trimpath', '-o', path.join(target, 'kubectl'), 'k8s.io/kubernetes/cmd/kubectl'], {
        cwd: path.join(root, 'sandbox/go/k8s'),
        env: { ...process.env, CGO_ENABLED: '0' },
        maxBuffer: 1 << 26,
      });
    });
    kubectl = path.join(folder, 'kubectl');
  }
  return { aws, kubectl };
}

/** A folder of runs that adds up how long it was waited for, in milliseconds. */
function timed(runs: RunFolder): { readonly runs: RunFolder; readonly spent: () => number } {
  let spent = 0;
  const time = async <T>(work: T | Promise<T>): Promise<T> => {
    const began = performance.now();
    try {
      return await work;
    } finally {
      spent += performance.now() - began;
    }
  };
  return {
    spent: () => spent,
    runs: {
      ...runs,
      begin: async (...start) => {
        const { journal, end, ...open } = await time(runs.begin(...start));
        return {
          ...open,
          end: (how) => time(end(how)),
          journal: {
            begun: (...said) => time(journal.begun(...said)),
            ended: (...said) => time(journal.ended(...said)),
          },
        };
      },
    },
  };
}

export const bench: Bench = async (log) => {
  const { aws, kubectl } = await commands(log);
  await run(process.execPath, [path.join(root, 'scripts/build.ts')], { cwd: root });
  const started = performance.now();
  const sandbox = await startSandbox();
  const start = performance.now() - started;
  log(`sandbox up after ${(start / 1000).toFixed(1)} s`);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-bench-'));
  try {
    Object.assign(process.env, sandbox.env);
    const env = { ...process.env, KUBECONFIG: path.join(folder, 'kubeconfig') };
    process.env['XDG_STATE_HOME'] = folder;
    const cli = (command: string, ...args: string[]) => run(command, args, { env, cwd: folder });

    /** Steps 1 to 9 of the page, as a person would type them. */
    const documented = async (profile: string): Promise<void> => {
      const role = `${profile}-${CLUSTER}-role`;
      const account = (
        await cli(aws, 'sts', 'get-caller-identity', '--query', 'Account', '--output', 'text')
      ).stdout.trim();
      await cli(aws, '--region', REGION, 'eks', 'update-kubeconfig', '--name', CLUSTER);
      const issuer = (
        await cli(
          aws,
          'eks',
          'describe-cluster',
          '--region',
          REGION,
          '--name',
          CLUSTER,
          '--query',
          'cluster.identity.oidc.issuer',
          '--output',
          'text',
        )
      ).stdout.trim();
      await writeFile(
        path.join(folder, 'trust.json'),
        policyText(trustPolicy(providerArn('aws', account, issuer), issuer, profile)),
      );
      await writeFile(
        path.join(folder, 's3_policy.json'),
        policyText(permissionsPolicy('aws', BUCKET, profile, 'prefix')),
      );
      await cli(aws, 'iam', 'create-role', '--role-name', role, '--assume-role-policy-document', 'file://trust.json');
      await cli(
        aws,
        '--region',
        REGION,
        'iam',
        'put-role-policy',
        '--role-name',
        role,
        '--policy-name',
        'kf-pipeline-s3',
        '--policy-document',
        'file://s3_policy.json',
      );
      const arn = (
        await cli(aws, 'iam', 'get-role', '--role-name', role, '--output', 'text', '--query', 'Role.Arn')
      ).stdout.trim();
      const manifest = {
        apiVersion: 'kubeflow.org/v1',
        kind: 'Profile',
        metadata: { name: profile },
        spec: {
          owner: { kind: 'User', name: OWNER },
          plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: arn, annotateOnly: true } }],
        },
      };
      await writeFile(path.join(folder, 'profile_iam.yaml'), JSON.stringify(manifest));
      await cli(kubectl, 'apply', '-f', 'profile_iam.yaml');
    };
    const cold = async (profile: string, ...more: readonly string[]): Promise<void> => {
      await run(process.execPath, [
        path.join(root, 'dist/cli.cjs'),
        'apply',
        '--yes',
        '--json',
        '--cluster',
        CLUSTER,
        '--region',
        REGION,
        '--profile',
        profile,
        '--owner',
        OWNER,
        '--bucket',
        BUCKET,
        ...more,
      ]);
    };
    /** What part of each run it took to write it down. */
    const journal: number[] = [];
    const connection = connectAws({ region: REGION });
    const connect = kubernetesConnector();
    const warm = async (profile: string, more: Partial<Request> = {}): Promise<void> => {
      const request: Request = {
        cluster: CLUSTER,
        region: REGION,
        profile,
        owner: OWNER,
        bucket: BUCKET,
        access: 'prefix',
        annotateOnly: true,
        ...more,
      };
      const { facts, kubernetes } = await lookAt(request, connection, connect);
      if (kubernetes === undefined) throw new Error('the cluster does not answer');
      const outside = { aws: connection, kubernetes, unique: randomUUID, sleep };
      const about = { command: 'bench', profile, cluster: CLUSTER, region: REGION };
      const { runs, spent } = timed(runsIn(path.join(folder, 'runs')));
      const began = performance.now();
      const result = await carryOutIn(runs, about, planProfile(request, facts), outside);
      journal.push(spent() / (performance.now() - began));
      kubernetes.close();
      if (result.verification?.outcome !== 'verified') throw new Error(JSON.stringify(result));
    };

    await Promise.all([documented('bench-warm-up-1'), warm('bench-warm-up-2'), cold('bench-warm-up-3')]);
    // How long IAM takes to become consistent is nobody's speed, and only the verification waits for it: measured apart.
    sandbox.control({ consistencyMs: 0 });
    const times = {
      documented: [] as number[],
      /** As the commands do: where artifacts go is left alone. */
      cold: [] as number[],
      warm: [] as number[],
      /** With where artifacts go, which the commands leave alone. */
      coldWhole: [] as number[],
      warmWhole: [] as number[],
    };
    /** One run, once what the run before it set going in the cluster has come to rest: nobody pays for another's controllers. */
    const rested = async (run: () => Promise<void>): Promise<readonly number[]> => {
      await sleep(1_000);
      return measure(1, run);
    };
    for (let round = 0; round < RUNS; round++) {
      times.documented.push(...(await rested(() => documented(`bench-page-${round}`))));
      times.cold.push(...(await rested(() => cold(`bench-cold-${round}`, '--no-artifacts'))));
      times.warm.push(...(await rested(() => warm(`bench-warm-${round}`, { leaveArtifacts: true }))));
      times.coldWhole.push(...(await rested(() => cold(`bench-whole-cold-${round}`))));
      times.warmWhole.push(...(await rested(() => warm(`bench-whole-warm-${round}`))));
      log(`round ${round + 1} of ${RUNS}`);
    }
    sandbox.control({ consistencyMs: 300 });
    const written = median(journal);
    const delayed = await measure(RUNS, (round) => warm(`bench-delayed-${round}`));
    /** Delete as a person would wait for it: each call when the one that it depends on is done, and nothing else is looked at. */
    const chain = async (profile: string): Promise<void> => {
      const cluster = await connection.cluster(CLUSTER);
      if (cluster.state !== 'found') throw new Error('the cluster cannot be read');
      const kubernetes = await connect(cluster.value, connection);
      await kubernetes.profile(profile);
      await kubernetes.deleteProfile(profile);
      while ((await kubernetes.namespace(profile)).state !== 'absent') await sleep(50);
      kubernetes.close();
      const role = `${profile}-${CLUSTER}-role`;
      await connection.deleteRolePolicy(role, 'kf-pipeline-s3');
      await connection.deleteRole(role);
    };
    const whole = async (profile: string): Promise<void> => {
      const wish = { cluster: CLUSTER, region: REGION, profile };
      const { facts, around, bucketRegion, kubernetes } = await lookToDelete(wish, connection, connect);
      if (kubernetes === undefined) throw new Error('the cluster does not answer');
      const outside = { aws: connection, kubernetes, unique: randomUUID, sleep };
      const result = await carryOut(planDelete(wish, facts, around, bucketRegion), outside);
      kubernetes.close();
      if (!result.ok) throw new Error(JSON.stringify(result.rows));
    };
    const deletions = { chain: [] as number[], whole: [] as number[] };
    for (let round = 0; round < DELETIONS; round++) {
      deletions.chain.push(...(await rested(() => chain(`bench-warm-${round}`))));
      deletions.whole.push(...(await rested(() => whole(`bench-whole-warm-${round}`))));
    }
    const longer = median(deletions.whole) / median(deletions.chain);
    const part = (name: keyof typeof times): number => median(times[name]) / median(times.documented);
    const ratio = (what: string, value: number, goal: number): Row => ({
      what,
      value: `1/${(1 / value).toFixed(1)}`,
      goal: `at most 1/${goal}`,
      met: value <= 1 / goal,
    });
    return [
      {
        what: 'Sandbox, warm start',
        value: `${(start / 1000).toFixed(1)} s`,
        goal: 'at most 8 s',
        met: start <= 8_000,
      },
      { what: "The AWS page's commands, without eksctl's, no verification", value: milliseconds(times.documented) },
      { what: 'kubeflow-irsa apply --no-artifacts with verification, cold process', value: milliseconds(times.cold) },
      { what: 'The same in a running process', value: milliseconds(times.warm) },
      { what: 'apply with artifacts and verification, cold process', value: milliseconds(times.coldWhole) },
      { what: 'The same in a running process, with artifacts', value: milliseconds(times.warmWhole) },
      { what: 'The same where IAM takes 300 ms to become consistent', value: milliseconds(delayed) },
      {
        what: 'What it takes to write a run down, of the run',
        value: `${(100 * written).toFixed(1)} %`,
        goal: 'at most 5 %',
        met: written <= 0.05,
      },
      { what: 'Delete: the calls that depend on one another, and nothing else', value: milliseconds(deletions.chain) },
      { what: 'Delete a profile with its role: looked at, planned, carried out', value: milliseconds(deletions.whole) },
      {
        what: 'Delete against the longest chain of calls',
        value: `${longer.toFixed(2)} ×`,
        goal: 'at most 1.5 ×',
        met: longer <= 1.5,
      },
      ratio('Cold process against the commands', part('cold'), 12),
      ratio('Running process against the commands', part('warm'), 15),
      ratio('Cold process, with artifacts', part('coldWhole'), 7),
      ratio('Running process, with artifacts', part('warmWhole'), 9),
    ];
  } finally {
    await sandbox.stop();
    await rm(folder, { recursive: true, force: true });
  }
};
