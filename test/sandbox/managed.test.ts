/** What other tools manage, on real parts: a role that moto's CloudFormation makes, a Profile that is applied as Argo CD applies it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { call } from '../../sandbox/sigv4.ts';
import { connectAws } from '../../src/aws/index.ts';
import { makerOfProfile, makerOfRole } from '../../src/core/maker.ts';
import { permissionsPolicy, providerArn, trustPolicy } from '../../src/core/policy/build.ts';
import { manifestYaml, newProfile } from '../../src/core/profile/manifest.ts';
import { TAG } from '../../src/core/tags.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import type { Aws, Kubernetes } from '../../src/provisioning/ports.ts';
import { CLI } from '../fixtures/cli.ts';

const REGION = 'us-west-2';
const BUCKET = 'kubeflow-artifacts-111122223333';
let sandbox: Sandbox;
let aws: Aws;
let kubernetes: Kubernetes;
let folder: string;
before(async () => {
  sandbox = await startSandbox({ withoutAnalytics: true });
  Object.assign(process.env, sandbox.env);
  aws = connectAws({ region: REGION });
  const cluster = await aws.cluster('kubeflow-dev');
  assert.ok(cluster.state === 'found');
  kubernetes = await kubernetesConnector({ version: '0', kubeconfig: '/dev/null' })(cluster.value, aws);
  folder = await mkdtemp(path.join(os.tmpdir(), 'managed-'));
});
after(async () => {
  kubernetes?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
  await sandbox?.stop();
});

/** A call of CloudFormation's query API (API Reference, CreateStack). */
async function cloudFormation(action: string, parameters: Readonly<Record<string, string>>): Promise<void> {
  const { status, text } = await call(sandbox.endpoint, {
    service: 'cloudformation',
    region: REGION,
    credentials: sandbox.credentials['sandbox-admin'],
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ Action: action, Version: '2010-05-15', ...parameters }).toString(),
  });
  assert.equal(status, 200, text);
}

/** The command line, as JSON. */
function line(...args: readonly string[]): Promise<{ code: number; json: Record<string, unknown>; stderr: string }> {
  const place = ['--cluster', 'kubeflow-dev', '--region', REGION, '--kubeconfig', '/dev/null', '--json'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [CLI, ...args, ...place], { env: process.env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code);
      try {
        resolve({ code, json: JSON.parse(stdout) as Record<string, unknown>, stderr });
      } catch {
        reject(new Error(`${code} ${stdout} ${stderr}`));
      }
    });
  });
}
const blockedBy = ({ json }: { readonly json: Record<string, unknown> }): readonly string[] =>
  (json['steps'] as readonly { kind: string; title: string; consent?: string }[])
    .filter(({ kind }) => kind === 'blocked')
    .map(({ consent, title }) => consent ?? title);

const arnOf = (role: string): string => `arn:aws:iam::${sandbox.account}:role/${role}`;
const template = (): object => {
  const { issuer } = sandbox.clusters.kubeflowDev;
  const provider = providerArn('aws', sandbox.account, issuer);
  return {
    Resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: 'stacked',
          AssumeRolePolicyDocument: trustPolicy(provider, issuer, 'stacked'),
          Policies: [
            { PolicyName: 'kf-pipeline-s3', PolicyDocument: permissionsPolicy('aws', BUCKET, 'another', 'prefix') },
          ],
          Tags: [{ Key: TAG.keeper, Value: 'cloudformation' }],
        },
      },
    },
  };
};
const wish = ['--profile', 'stacked', '--owner', 'user@example.com', '--bucket', BUCKET, '--role-name', 'stacked'];

test('the role of a stack: known, compared, refused, and written when CloudFormation is named', async () => {
  const file = path.join(folder, 'role.json');
  await writeFile(file, JSON.stringify(template(), undefined, 2));
  await cloudFormation('CreateStack', {
    StackName: 'ml-platform',
    TemplateBody: JSON.stringify(template()),
    'Capabilities.member.1': 'CAPABILITY_NAMED_IAM',
  });
  const made = await aws.role('stacked');
  assert.ok(made.state === 'found', JSON.stringify(made));
  // CloudFormation leaves no mark of its own on a role.
  assert.deepEqual(made.value.tags, { [TAG.keeper]: 'cloudformation' });
  const maker = makerOfRole(made.value);
  assert.deepEqual([maker.answer, 'tool' in maker && maker.tool], ['tool', 'cloudformation'], JSON.stringify(maker));

  const same = await line('drift', file);
  assert.deepEqual([same.code, same.json['compared'], same.json['drift']], [0, 1, []], JSON.stringify(same.json));

  const refused = await line('apply', ...wish, '--yes');
  assert.equal(refused.code, 1);
  assert.deepEqual(blockedBy(refused), ['writeManaged:cloudformation'], JSON.stringify(refused.json));
  assert.match(refused.stderr, /--write-managed cloudformation/);
  assert.deepEqual(await aws.role('stacked'), made);
  assert.equal((await kubernetes.profile('stacked')).state, 'absent');
  const another = await line('apply', ...wish, '--yes', '--write-managed', 'terraform');
  assert.equal(another.code, 1);

  const done = await line('apply', ...wish, '--yes', '--write-managed', 'cloudformation');
  assert.deepEqual([done.code, done.json['outcome']], [0, 'verified'], JSON.stringify(done.json));
  const drift = await line('drift', file);
  assert.equal(drift.code, 1);
  const [one, ...more] = drift.json['drift'] as readonly Record<string, unknown>[];
  assert.deepEqual(more, []);
  assert.deepEqual(
    [one?.['thing'], one?.['what'], one?.['tool']],
    ['IAM role stacked', 'its inline policy kf-pipeline-s3', 'cloudformation'],
  );
  assert.match(String(one?.['declared']), /another\//);
  assert.match(String(one?.['live']), /stacked\//);
  assert.match(
    await readFile(file, 'utf8').then((text) => text.split('\n')[Number(one?.['line']) - 1] ?? ''),
    /PolicyDocument/,
  );
});

test('a Profile as Argo CD applies it: known from one read and from a list, not handed over, and compared with its file', async () => {
  const profile = newProfile('argo-team', 'user@example.com', arnOf('argo-team'), true);
  const tracked = {
    ...profile,
    metadata: {
      ...profile.metadata,
      annotations: { 'argocd.argoproj.io/tracking-id': 'teams:kubeflow.org/Profile:argocd/argo-team' },
    },
  };
  const { kube } = sandbox.clusters.kubeflowDev;
  const at = '/apis/kubeflow.org/v1/profiles/argo-team';
  await kube.request(
    'PATCH',
    `${at}?fieldManager=argocd-controller&force=true`,
    tracked,
    'application/apply-patch+yaml',
  );
  const read = await kubernetes.profile('argo-team');
  assert.ok(read.state === 'found');
  assert.equal(JSON.stringify(makerOfProfile(read.value)).includes('argocd'), true);
  // Without its mark the name under which it was written tells the same.
  const unmarked = { ...read.value.metadata, annotations: {} };
  assert.match(JSON.stringify(makerOfProfile({ metadata: unmarked })), /written by .*argocd-controller/);
  const listed = await kubernetes.list('profiles');
  assert.ok(listed.state === 'found');
  const [its] = listed.value.items.filter(({ metadata }) => metadata.name === 'argo-team');
  assert.ok(its);
  assert.match(JSON.stringify(makerOfProfile(its)), /argocd/);
  // What the sandbox's own controller wrote into it, and who applied the others by kubectl, is no such tool.
  const others = listed.value.items.filter(({ metadata }) => metadata.name !== 'argo-team');
  assert.ok(others.length > 0);
  assert.deepEqual(
    others.flatMap(({ maker }) => maker ?? []),
    [],
  );

  const refused = await line('hand-over', '--profile', 'argo-team', '--owner', 'other@example.com', '--yes');
  assert.deepEqual([refused.code, blockedBy(refused)], [1, ['writeManaged:argocd']], JSON.stringify(refused.json));
  const file = path.join(folder, 'profile.yaml');
  await writeFile(file, manifestYaml(profile));
  assert.equal((await line('drift', file)).code, 0);
  const done = await line(
    'hand-over',
    '--profile',
    'argo-team',
    '--owner',
    'other@example.com',
    '--yes',
    '--write-managed',
    'argocd',
  );
  assert.equal(done.code, 0, JSON.stringify(done.json));
  const drift = await line('drift', file);
  assert.equal(drift.code, 1);
  assert.match(
    JSON.stringify(drift.json['drift']),
    /"what":"its owner","declared":"user@example.com","live":"other@example.com"/,
  );
});
