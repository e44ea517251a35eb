/** A cluster in the kubeconfig, people and adoption by the command line, on real parts: kubectl, the AWS CLI where it is installed, Kubeflow. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test, type TestContext } from 'node:test';
import { CreateClusterCommand, DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { parse } from 'yaml';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { connectAws } from '../../src/aws/index.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { TAG } from '../../src/core/tags.ts';
import { isOnPath } from '../../src/provisioning/kubeconfigDriver.ts';
import { CLI } from '../fixtures/cli.ts';

let sandbox: Sandbox;
const root = mkdtempSync(path.join(tmpdir(), 'cluster-'));
before(async () => {
  sandbox = await startSandbox({ withoutAnalytics: true });
  Object.assign(process.env, sandbox.env);
  // Our command line under its own name, as an installed package has it.
  mkdirSync(path.join(root, 'bin'));
  const own = path.join(root, 'bin', 'kubeflow-irsa');
  writeFileSync(own, `#!/bin/sh\nexec "${process.execPath}" --no-warnings "${CLI}" "$@"\n`);
  chmodSync(own, 0o755);
});
after(async () => {
  await sandbox?.stop();
  rmSync(root, { recursive: true, force: true });
});

const REGION = 'us-west-2';
const CLUSTER = ['--cluster', 'kubeflow-dev', '--region', REGION];
const ARN = 'arn:aws:eks:us-west-2:111122223333:cluster/kubeflow-dev';

let folder = '';
let count = 0;
beforeEach(() => {
  folder = path.join(root, String(count++));
  mkdirSync(folder);
});

interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}
function call(command: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const PATH = [path.join(root, 'bin'), process.env['PATH']].join(path.delimiter);
  const env = { ...process.env, PATH, ...more };
  return new Promise((resolve) => {
    execFile(command, args, { env }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}
const cli = (...args: readonly string[]): Promise<Answer> => call('kubeflow-irsa', args);
const json = ({ stdout, stderr }: Answer): Record<string, unknown> => {
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
};
/** What a token of the AWS CLI needs here: EKS knows tokens for the real STS alone. */
const REAL_STS = { AWS_ENDPOINT_URL_STS: `https://sts.${REGION}.amazonaws.com` };
async function needs(t: TestContext, ...commands: readonly string[]): Promise<boolean> {
  for (const command of commands)
    if (!(await isOnPath(command))) {
      t.skip(`${command} is not installed here`);
      return false;
    }
  return true;
}

const THEIRS = `# mine
apiVersion: v1
kind: Config
clusters:
- {name: other, cluster: {server: "https://127.0.0.1:1"}}
users:
- {name: other, user: {token: s3cr3t}}
contexts:
- {name: other, context: {cluster: other, user: other}}
current-context: other
`;

describe('kubeconfig', () => {
  for (const own of [false, true])
    test(`kubectl signs in with what was written, ${own ? 'by our own token' : 'by the AWS CLI'}`, async (t) => {
      if (!(await needs(t, 'kubectl', ...(own ? [] : ['aws'])))) return;
      const file = path.join(folder, 'config');
      writeFileSync(file, THEIRS, { mode: 0o600 });
      const flags = ['kubeconfig', ...CLUSTER, '--file', file, '--alias', 'dev', ...(own ? ['--own-token'] : [])];
      const unasked = await cli(...flags, '--json');
      assert.equal(unasked.status, 2, 'without a terminal --yes is asked for');
      assert.equal(readFileSync(file, 'utf8'), THEIRS);
      const done = await cli(...flags, '--json', '--yes');
      const { ok, context, current } = json(done);
      assert.deepEqual([done.status, ok, context, current], [0, true, 'dev', undefined], done.stderr);
      assert.doesNotMatch(done.stdout + done.stderr, /s3cr3t/);
      const names = await call(
        'kubectl',
        ['--kubeconfig', file, '--context', 'dev', 'get', 'profiles', '-o', 'name'],
        own ? {} : REAL_STS,
      );
      assert.match(names.stdout, /profile\.kubeflow\.org\/team-a/, names.stderr);
      assert.equal((await call('kubectl', ['--kubeconfig', file, 'config', 'current-context'])).stdout, 'other\n');
      const again = await cli(...flags, '--json', '--yes');
      assert.deepEqual([again.status, json(again)['ok']], [0, true]);
      assert.equal(readFileSync(`${file}.kubeflow-irsa.bak`, 'utf8'), THEIRS, 'what changes nothing makes no new copy');
      assert.deepEqual(readdirSync(folder).sort(), ['config', 'config.kubeflow-irsa.bak']);
    });

  test('the AWS CLI and we come to the same, on the same files', async (t) => {
    if (!(await needs(t, 'aws'))) return;
    const old = `clusters:\n- name: ${ARN}\n  cluster: {server: "https://old"}\nusers:\n- {name: ${ARN}, user: {exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: aws, args: [eks]}}}\n`;
    const cases: readonly (readonly [name: string, text: string | undefined, ...alias: string[]])[] = [
      ['theirs', THEIRS, '--alias', 'dev'],
      ['none', undefined],
      ['old', old],
      ['blank', 'apiVersion: v1\nkind: Config\nclusters: []\n', '--alias', 'dev'],
    ];
    const compared = cases.map(async ([name, text, ...alias]) => {
      const [a, b] = [path.join(folder, `${name}-aws`), path.join(folder, `${name}-ours`)];
      if (text !== undefined) for (const file of [a, b]) writeFileSync(file, text);
      const place = ['--name', 'kubeflow-dev', '--region', REGION, '--kubeconfig', a];
      const theirs = await call('aws', ['eks', 'update-kubeconfig', ...place, ...alias]);
      assert.equal(theirs.status, 0, theirs.stderr);
      const ours = await cli('kubeconfig', ...CLUSTER, '--file', b, ...alias, '--switch', '--yes', '--json');
      assert.equal(ours.status, 0, ours.stderr + ours.stdout);
      assert.deepEqual(means(b), means(a), name);
      if (text === undefined) assert.equal(statSync(b).mode, statSync(a).mode);
    });
    await Promise.all(compared);
  });

  test('a local cluster on an Outpost is written as the AWS CLI writes it', async (t) => {
    const eks = new EKSClient({ region: REGION });
    await eks.send(
      new CreateClusterCommand({
        name: 'on-outpost',
        roleArn: 'arn:aws:iam::111122223333:role/eks-cluster',
        resourcesVpcConfig: {},
        outpostConfig: {
          outpostArns: ['arn:aws:outposts:us-west-2:111122223333:outpost/op-0123456789abcdef0'],
          controlPlaneInstanceType: 'm5.large',
        },
      }),
    );
    const { cluster } = await eks.send(new DescribeClusterCommand({ name: 'on-outpost' }));
    assert.ok(cluster?.id);
    const [a, b] = [path.join(folder, 'aws'), path.join(folder, 'ours')] as const;
    const place = ['--cluster', 'on-outpost', '--region', REGION];
    const ours = await cli('kubeconfig', ...place, '--file', b, '--switch', '--yes', '--json');
    assert.equal(ours.status, 0, ours.stderr + ours.stdout);
    assert.match(readFileSync(b, 'utf8'), new RegExp(`cluster-id.*${cluster.id}`, 's'));
    if (!(await needs(t, 'aws'))) return;
    const how = ['--name', 'on-outpost', '--region', REGION, '--kubeconfig', a];
    const theirs = await call('aws', ['eks', 'update-kubeconfig', ...how]);
    assert.equal(theirs.status, 0, theirs.stderr);
    assert.deepEqual(means(b), means(a));
  });

  test('what cannot be changed is not, and says what to do', async () => {
    const file = path.join(folder, 'config');
    writeFileSync(file, 'users: [{token: s3cr3t');
    const broken = await cli('kubeconfig', ...CLUSTER, '--file', file, '--yes');
    assert.equal(broken.status, 1);
    assert.match(broken.stdout, /is no valid YAML \(line 1, column \d+\)\. Mend the file, or name another one\./);
    assert.doesNotMatch(broken.stdout + broken.stderr, /s3cr3t/);
    const nowhere = await cli(
      'kubeconfig',
      '--cluster',
      'nowhere',
      '--region',
      REGION,
      '--file',
      file,
      '--yes',
      '--json',
    );
    assert.equal(nowhere.status, 1);
    assert.match(String(json(nowhere)['error']), /nowhere/);
  });
});

/** What a kubeconfig means: keys in order, without what is empty. */
const means = (file: string): unknown => {
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value as Readonly<Record<string, unknown>>)
              .filter(
                ([key, one]) =>
                  !(typeof one === 'object' && one !== null && Object.keys(one).length === 0) &&
                  !['apiVersion', 'kind', 'preferences'].includes(key),
              )
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, one]) => [key, sorted(one)]),
          )
        : value;
  return sorted(parse(readFileSync(file, 'utf8')) as unknown);
};

describe('token', () => {
  test('is an ExecCredential of the version that is asked for, for fourteen minutes', async () => {
    const ask = (info?: string) =>
      call('kubeflow-irsa', ['token', ...CLUSTER], info === undefined ? {} : { KUBERNETES_EXEC_INFO: info });
    for (const [info, version] of [
      [undefined, 'v1'],
      ['{"apiVersion":"client.authentication.k8s.io/v1beta1"}', 'v1beta1'],
      ['{"apiVersion":"client.authentication.k8s.io/v9"}', 'v1'],
      ['no JSON', 'v1'],
    ] as const) {
      const started = Date.now();
      const answer = await ask(info);
      assert.deepEqual([answer.status, answer.stderr], [0, '']);
      const { kind, apiVersion, status } = json(answer) as {
        kind: string;
        apiVersion: string;
        status: { token: string; expirationTimestamp: string };
      };
      assert.deepEqual([kind, apiVersion], ['ExecCredential', `client.authentication.k8s.io/${version}`]);
      assert.match(status.token, /^k8s-aws-v1\.[\w-]+$/);
      const end = Date.parse(status.expirationTimestamp);
      assert.ok(end > started + 13 * 60_000 && end <= Date.now() + 14 * 60_000);
    }
  });

  test('without credentials stderr says so, and stdout is empty', async () => {
    const none = {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_SESSION_TOKEN: '',
      AWS_PROFILE: '',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    };
    const { status, stdout, stderr } = await call('kubeflow-irsa', ['token', ...CLUSTER], none);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /no AWS credentials were found/);
  });
});

test('users are listed, contribute and own by the command line', async () => {
  const list = async (...more: readonly string[]) =>
    json(await cli('users', ...CLUSTER, ...more, '--json'))['users'] as {
      name: string;
      signsIn: string[];
      owns: string[];
      contributesTo: string[];
    }[];
  const all = await list();
  assert.deepEqual(all.find(({ name }) => name === 'user@example.com')?.signsIn, ['Dex']);
  const owner = all.find(({ owns }) => owns.includes('team-a'))?.name ?? '';
  assert.notEqual(owner, '');
  const user = 'guest@example.com';
  const added = await cli(
    'users',
    ...CLUSTER,
    '--profile',
    'team-a',
    '--add-user',
    user,
    '--role',
    'view',
    '--yes',
    '--json',
  );
  assert.equal(added.status, 0, added.stdout + added.stderr);
  assert.deepEqual((await list('--profile', 'team-a')).find(({ name }) => name === user)?.contributesTo, ['team-a']);
  const text = await cli('users', ...CLUSTER, '--profile', 'team-a');
  assert.match(text.stdout, /^guest@example\.com +no such user found · contributes to team-a$/m);
  const removed = await cli('users', ...CLUSTER, '--profile', 'team-a', '--remove-user', user, '--yes', '--json');
  assert.equal(removed.status, 0, removed.stdout + removed.stderr);
  assert.equal(
    (await list('--profile', 'team-a')).find(({ name }) => name === user),
    undefined,
  );
  const given = await cli('hand-over', ...CLUSTER, '--profile', 'team-a', '--owner', user, '--yes', '--json');
  assert.equal(given.status, 0, given.stdout + given.stderr);
  assert.deepEqual((await list()).find(({ name }) => name === user)?.owns, ['team-a']);
  const back = await cli('hand-over', ...CLUSTER, '--profile', 'team-a', '--owner', owner, '--yes');
  assert.equal(back.status, 0, back.stdout + back.stderr);
  assert.match(back.stdout, new RegExp(`Profile team-a belongs to ${owner.replace(/\./g, '\\.')}\\.`));
  assert.equal((await cli('users', ...CLUSTER, '--add-user', user)).status, 2);
  assert.equal((await cli('users', ...CLUSTER, '--profile', 'nobody')).status, 1);
});

test('a profile that a hand made is adopted, and what a tool made is not', async () => {
  const aws = connectAws({ region: REGION });
  const trust = async (profile: string): Promise<string> => {
    const cluster = await aws.cluster('kubeflow-dev');
    assert.ok(cluster.state === 'found');
    const issuer = (cluster.value.issuer ?? '').replace('https://', '');
    return JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${issuer}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: {
              [`${issuer}:aud`]: 'sts.amazonaws.com',
              [`${issuer}:sub`]: `system:serviceaccount:${profile}:default-editor`,
            },
          },
        },
      ],
    });
  };
  const tags = async (role: string): Promise<Readonly<Record<string, string>>> => {
    const reading = await aws.bareRole(role);
    return reading.state === 'found' ? reading.value.tags : {};
  };
  const { kube } = sandbox.clusters.kubeflowDev;
  const make = async (profile: string, more: Readonly<Record<string, string>>): Promise<void> => {
    await aws.createRole({
      arn: `arn:aws:iam::111122223333:role/${profile}-hand`,
      name: `${profile}-hand`,
      trustPolicy: await trust(profile),
      tags: more,
    });
    const made = newProfile(profile, `${profile}@example.com`, `arn:aws:iam::111122223333:role/${profile}-hand`, true);
    await kube.request('POST', '/apis/kubeflow.org/v1/profiles', made);
  };
  await make('by-hand', { team: 'x' });
  await make('by-ack', { 'services.k8s.aws/controller-version': 'iam-v1.3.19' });
  const adopt = (profile: string) => cli('adopt', ...CLUSTER, '--profile', profile, '--yes', '--json');
  const done = await adopt('by-hand');
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.deepEqual(await tags('by-hand-hand'), {
    team: 'x',
    [TAG.maker]: 'adopted',
    [TAG.cluster]: ARN,
    [TAG.profile]: 'by-hand',
  });
  const live = await kube.find<{ metadata: { annotations: Record<string, string> } }>(
    '/apis/kubeflow.org/v1/profiles/by-hand',
  );
  assert.equal(live?.metadata.annotations[TAG.maker], 'adopted');
  assert.match(
    JSON.stringify(json(done)['warnings']),
    /Stays different from what would be made here|could not be compared/,
  );
  const kept = await adopt('by-ack');
  assert.equal(kept.status, 1);
  assert.match(kept.stdout, /IAM role by-ack-hand is managed by ACK/);
  assert.deepEqual(Object.keys(await tags('by-ack-hand')), ['services.k8s.aws/controller-version']);
});
