/** An organization over the account, on real parts: read as far as one may, part of the matrix, and true when it is tried. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, afterEach, before, describe, test } from 'node:test';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { connectAws } from '../../src/aws/index.ts';
import { valueOf } from '../../src/core/reading.ts';
import { OutsideError, type Aws } from '../../src/provisioning/ports.ts';
import { CLI } from '../fixtures/cli.ts';
import { organizationOver, type OrganizationOver } from './scenarios/organization.ts';

const REGION = 'us-west-2';
const ACCOUNT = '111122223333';
const CLUSTER = ['--cluster', 'kubeflow-dev', '--region', REGION, '--kubeconfig', '/dev/null'];
let sandbox: Sandbox;
let aws: Aws;
let over: OrganizationOver;
before(async () => {
  sandbox = await startSandbox({ withoutAnalytics: true, consistencyMs: 0 });
  Object.assign(process.env, sandbox.env);
  aws = connectAws({ region: REGION });
});
after(() => sandbox?.stop());

interface Told {
  readonly differences: readonly {
    readonly kind: string;
    readonly who: readonly string[];
    readonly note?: string;
    readonly refusedBy?: {
      readonly policy?: { readonly name: string };
      readonly sid?: string;
      readonly target: string;
    };
  }[];
  readonly tried?: readonly {
    readonly says: string;
    readonly outcome: string;
    readonly proofs: readonly { readonly text: string }[];
  }[];
  readonly limits: readonly { readonly text: string; readonly permission?: string }[];
}
function isolation(
  ...more: readonly string[]
): Promise<{ readonly code: number; readonly told: Told; readonly text: string }> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--no-warnings', CLI, 'isolation', ...CLUSTER, ...more],
      { env: process.env, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        if (stdout === '') reject(new Error(stderr));
        const told = (more.includes('json') ? JSON.parse(stdout) : {}) as Told;
        resolve({ code: error === null ? 0 : Number(error.code), told, text: stdout });
      },
    );
  });
}
const json = (...more: readonly string[]) => isolation('--format', 'json', ...more);
/** What was not as the policies said, with what was told of it. */
const failedOf = (...all: readonly Told[]): readonly string[] =>
  all.flatMap(({ tried = [] }) =>
    tried.flatMap(({ says, outcome, proofs }) =>
      outcome === 'failed' ? [`${says}: ${proofs.map(({ text }) => text).join(' ')}`] : [],
    ),
  );
const refusal = async (work: () => Promise<unknown>): Promise<string> => {
  const error = await work().then(
    () => undefined,
    (failure: unknown) => failure,
  );
  assert.ok(error instanceof OutsideError, String(error));
  return error.message;
};

test('an account without an organization has none, and who may not read it is told which permission is lacking', async () => {
  assert.deepEqual(await aws.organization('aws', ACCOUNT), { state: 'absent' });
  const { told } = await json();
  assert.ok(!told.limits.some(({ text }) => /organization/.test(text)), JSON.stringify(told.limits));
  const readonly = await connectAws({ region: REGION, profile: 'readonly' }).organization('aws', ACCOUNT);
  assert.equal(readonly.state === 'denied' && readonly.permission, 'organizations:DescribeOrganization');
});

describe('in an organization', () => {
  before(async () => {
    over = await organizationOver(sandbox);
  });
  afterEach(async () => {
    await over.attach('service', 'FullAWSAccess', over.unit);
    for (const name of ['NoArtifacts', 'OnlyEks', 'OnlyOthers']) await over.detach(name);
  });

  test('a member account is told whose it is, and that its policies may not be read: nothing counts as allowed by that', async () => {
    const reading = valueOf(await aws.organization('aws', ACCOUNT));
    assert.match(reading?.id ?? '', /^o-/);
    const { levels } = reading ?? {};
    assert.equal(levels?.state, 'denied');
    const { told } = await json();
    const [limit] = told.limits.filter(({ permission }) => permission?.startsWith('organizations:'));
    assert.match(
      limit?.text ?? '',
      /^The policies \(SCPs, RCPs\) of organization o-\w+ over account 111122223333: you may not organizations:\w+\. They can only take away/,
    );
  });

  test('a delegated administrator reads them level by level, and the management account has none over it', async () => {
    await over.delegate();
    const { levels } = valueOf(await aws.organization('aws', ACCOUNT)) ?? {};
    const read = levels === undefined ? undefined : valueOf(levels);
    assert.deepEqual(
      read?.map(({ target, service, resource }) => [
        target.slice(0, 2),
        service?.map(({ name }) => name),
        resource?.map(({ name }) => name),
      ]),
      ['r-', 'ou', '11'].map((target) => [target, ['FullAWSAccess'], ['RCPFullAWSAccess']]),
    );
    const management = valueOf(
      await connectAws({ region: REGION, profile: 'other-account' }).organization('aws', '444455556666'),
    );
    assert.deepEqual([management?.management, management?.levels], [true, { state: 'found', value: [] }]);
  });

  test('what a policy of an organizational unit denies is "may not", with the policy and the statement, and so it is', async () => {
    const name = 'NoArtifacts';
    const statement = { Sid: 'NoWrites', Effect: 'Deny', Action: 's3:PutObject', Resource: '*' };
    await over.attach('service', name, over.unit, statement);
    const { told, code } = await json('--try');
    assert.equal(code, 1);
    const all = { ...statement, Action: 's3:*' };
    await over.change(name, all);
    const none = await json('--try');
    const lacks = none.told.differences.find(({ kind, who }) => kind === 'lacks' && who[0] === 'team-a');
    assert.match(
      lacks?.note ?? '',
      /Statement 1 \(NoWrites\) of service control policy NoArtifacts \(p-\w+, at ou-[\w-]+\) denies it/,
    );
    assert.equal(lacks?.refusedBy?.target, over.unit);
    assert.deepEqual(failedOf(told, none.told), []);
    assert.match(
      await refusal(() => aws.objects('kubeflow-artifacts-111122223333', REGION).put('team-a/x', 'x')),
      /explicit deny in a service control policy: arn:aws:organizations::444455556666:policy/,
    );
    await over.detach(name);
    const again = await json();
    assert.ok(!again.told.differences.some(({ kind }) => kind === 'lacks'));
  });

  test('a level that allows too little is "may not", too', async () => {
    await over.attach('service', 'OnlyEks', over.unit, {
      Effect: 'Allow',
      Action: ['eks:*', 'iam:*', 'sts:*'],
      Resource: '*',
    });
    await over.detach('FullAWSAccess');
    const { text } = await isolation();
    assert.match(
      text,
      /! team-a may do nothing in team-a\.\n.* No service control policy at ou-[\w-]+ allows it \(there are OnlyEks \(p-\w+\)\)/,
    );
  });

  test('a resource control policy keeps tokens of a namespace out of all roles', async () => {
    const issuer = sandbox.clusters.kubeflowDev.issuer.replace('https://', '');
    await over.attach('resource', 'OnlyOthers', over.root, {
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:AssumeRoleWithWebIdentity',
      Resource: '*',
      Condition: { StringLike: { [`${issuer}:sub`]: 'system:serviceaccount:team-a:*' } },
    });
    const { told } = await json('--try');
    const lacks = told.differences.find(({ kind, who }) => kind === 'lacks' && who[0] === 'team-a');
    assert.match(lacks?.note ?? '', /resource control policy OnlyOthers \(p-\w+, at r-\w+\) denies it/);
    assert.deepEqual(failedOf(told), []);
  });
});
