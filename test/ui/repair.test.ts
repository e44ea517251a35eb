// What is offered works, in the real user interface: roles that others made are repaired, a wait is cut short, a run is undone.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { CreateRoleCommand, GetRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import type { Sandbox } from '../../sandbox/index.ts';
import { eventually, startStage, withWorkbench, type Workbench } from './harness.ts';

let sandbox: Sandbox;
let folder = '';
before(async () => {
  ({ sandbox, folder } = await startStage());
});

const opened = (name: string, work: (workbench: Workbench) => Promise<void>): Promise<void> =>
  withWorkbench(name, { folder, env: sandbox.env }, work);

const iam = (): IAMClient =>
  new IAMClient({
    endpoint: sandbox.env['AWS_ENDPOINT_URL'] ?? '',
    region: 'us-west-2',
    credentials: {
      accessKeyId: sandbox.env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: sandbox.env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  });

const issuer = (): string => sandbox.clusters.kubeflowDev.issuer.replace('https://', '');
const sub = (namespace: string, name: string): string => `system:serviceaccount:${namespace}:${name}`;
const kube = (method: string, where: string, body?: unknown): Promise<unknown> =>
  sandbox.clusters.kubeflowDev.kube.request(method, where, body);

const writeProfile = (name: string, awsIamRole: string, annotateOnly: unknown = true): Promise<unknown> =>
  kube('POST', '/apis/kubeflow.org/v1/profiles', {
    apiVersion: 'kubeflow.org/v1',
    kind: 'Profile',
    metadata: { name },
    spec: {
      owner: { kind: 'User', name: 'dora@example.com' },
      plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole, annotateOnly } }],
    },
  });

const lenses = async ({ page }: Workbench): Promise<string> =>
  (await page.locator('.editor-group-container.active .codelens-decoration').allInnerTexts()).join(' | ');

/** Answers the questions of a new profile. */
async function answer(
  { runCommand, quickInput }: Workbench,
  profile: string,
  // Who owns a profile of the sandbox is known at once; another name is asked about again.
  owner = 'alice@example.com',
): Promise<void> {
  await runCommand('Kubeflow: Create IRSA Profile…');
  await quickInput.waitFor('Create IRSA Profile (1/5)');
  await quickInput.pick('kubeflow-dev');
  for (const [text, next] of [
    [profile, '(3/5)'],
    [owner, '(4/5)'],
  ] as const) {
    await quickInput.waitFor(/\([23]\/5\)/);
    await quickInput.type(text);
    await quickInput.accept();
    await quickInput.waitFor(next);
  }
  await quickInput.pick('kubeflow-artifacts');
  await quickInput.waitFor('(5/5)');
  await quickInput.accept();
}

test('a profile whose pipelines write elsewhere is shown so, not as one that works, and Repair sends them to its bucket', async () => {
  // First: the cluster's list of profiles is read after the profile was made.
  await opened('repair-elsewhere', async (workbench) => {
    const { tree, quickInput, editor, notification, runCommand } = workbench;
    await tree.open();
    await tree.row('kubeflow-dev').waitFor();
    await answer(workbench, 'team-else');
    await editor.waitFor('Plan: team-else on kubeflow-dev');
    await eventually(() => lenses(workbench).then((text) => text.includes('Leave artifacts where they go now')), true);
    await workbench.screenshot('artifacts-plan');
    // Choices are a line of their own: in one with what is always there they would cut it off.
    const [first = ''] = await workbench.page
      .locator('.editor-group-container.active .codelens-decoration')
      .allInnerTexts();
    assert.match(first, /^\s*Apply: .*Export\s+\|\s+Discard\s*$/s);
    await workbench.page
      .locator('.editor-group-container.active .codelens-decoration a')
      .filter({ hasText: 'Leave artifacts where they go now' })
      .first()
      .click();
    await eventually(() => lenses(workbench).then((text) => text.includes('Set where artifacts go')), true);
    assert.match(await editor.text(), /Where artifacts go is left alone/);
    await runCommand('Kubeflow: Apply Plan');
    await notification.waitFor('Profile team-else is verified', 60_000);
    await eventually(() => lenses(workbench).then((text) => text.includes('Verify again')), true);
    await tree.expand('kubeflow-dev');
    await tree.row(/team-else.*works, but pipelines write elsewhere/s).waitFor();
    await tree.expand('team-else');
    await tree.row('minio://mlpipeline').waitFor();
    await workbench.screenshot('state-elsewhere');
    await tree.menu('team-else', 'Repair…');
    await quickInput.waitFor(/IRSA Profile \(1\/2\)/);
    await quickInput.pick('kubeflow-artifacts');
    await quickInput.waitFor(/IRSA Profile \(2\/2\)/);
    await quickInput.accept();
    await eventually(() => lenses(workbench).then((text) => text.includes('Apply: 2 to change')), true);
    await workbench.screenshot('artifacts-repair');
    await runCommand('Kubeflow: Apply Plan');
    await notification.waitFor('Profile team-else is verified', 60_000);
    await tree.row(/team-else\s*works(?!,)/s).waitFor();
    await eventually(() => lenses(workbench).then((text) => text.includes('Verify again')), true);
    await workbench.screenshot('state-works');
  });
});

test('a role made with the AWS CLI, without tags, is repaired from the tree: what others have in it stays', async () => {
  const provider = `arn:aws:iam::${sandbox.account}:oidc-provider/${issuer()}`;
  const web = { Effect: 'Allow', Principal: { Federated: provider }, Action: 'sts:AssumeRoleWithWebIdentity' };
  const [wide, runner] = [sub('team-cli', '*'), sub('team-cli', 'runner')].map((subject) => ({
    ...web,
    Condition: {
      StringEquals: { [`${issuer()}:aud`]: 'sts.amazonaws.com' },
      StringLike: { [`${issuer()}:sub`]: subject },
    },
  }));
  const client = iam();
  const { Role } = await client.send(
    new CreateRoleCommand({
      RoleName: 'pipelines-by-hand',
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [wide, runner] }),
    }),
  );
  const theirs = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' },
  };
  await client.send(
    new PutRolePolicyCommand({
      RoleName: 'pipelines-by-hand',
      PolicyName: 'theirs',
      PolicyDocument: JSON.stringify(theirs),
    }),
  );
  await writeProfile('team-cli', Role?.Arn ?? '');
  await opened('repair-cli-role', async (workbench) => {
    const { tree, quickInput, editor, notification, runCommand } = workbench;
    await tree.open();
    await tree.row('kubeflow-dev').waitFor();
    await tree.expand('kubeflow-dev');
    await tree.row(/team-cli.*problem/s).waitFor();
    await tree.expand('team-cli');
    await tree.row('every service account of a namespace').waitFor();
    await workbench.screenshot('repair-problem');
    await tree.inline('every service account of a namespace', 'Repair');
    await quickInput.waitFor(/IRSA Profile \(1\/2\)/);
    await quickInput.pick('kubeflow-artifacts');
    await quickInput.waitFor(/IRSA Profile \(2\/2\)/);
    await quickInput.accept();
    await editor.waitFor('Plan: team-cli on kubeflow-dev');
    await eventually(() => lenses(workbench).then((text) => text.includes('Apply: ')), true);
    await workbench.screenshot('repair-plan');
    await runCommand('Kubeflow: Apply Plan');
    assert.equal(await notification.waitFor('Profile team-cli is', 60_000), 'Profile team-cli is verified.');
    await tree.row(/team-cli.*works/s).waitFor();
    await workbench.screenshot('repair-works');
  });
  const after = await client.send(new GetRoleCommand({ RoleName: 'pipelines-by-hand' }));
  const trust = JSON.parse(decodeURIComponent(after.Role?.AssumeRolePolicyDocument ?? '')) as { Statement: unknown[] };
  assert.deepEqual(trust.Statement[1], runner, 'what others have in it stays');
  assert.ok(!JSON.stringify(trust).includes('team-cli:*'));
});

/** Not the row of its unfinished run, which names it too. */
const CLUSTER = /^kubeflow-dev/;

test('a wait for the profile controller is cancelled at once, and goes on from there', async () => {
  // A quoted boolean ends the controller of all teams: nobody annotates anything as long as that Profile is there.
  await writeProfile('quoted', `arn:aws:iam::${sandbox.account}:role/team-a-kubeflow-dev-role`, 'true');
  await opened('repair-cancel-wait', async (workbench) => {
    const { tree, editor, notification, runCommand } = workbench;
    await answer(workbench, 'team-wait');
    await editor.waitFor('Plan: team-wait on kubeflow-dev');
    await eventually(() => lenses(workbench).then((text) => text.includes('Apply: ')), true);
    await runCommand('Kubeflow: Apply Plan');
    await notification.waitFor(/step 8 of 11/);
    await workbench.screenshot('repair-waiting');
    await notification.press('step 8 of 11', 'Cancel');
    assert.match(await notification.waitFor('Profile team-wait', 5_000), /cancelled/);
    await eventually(async () => (await editor.text()).includes('Cancelled'), true);
    await workbench.screenshot('repair-cancelled');
    await tree.open();
    await tree.row(CLUSTER).waitFor();
    await tree.expand(CLUSTER);
    await tree.row(/quoted.*problem/s).waitFor();
    await tree.expand('quoted');
    await tree.row(/all teams|annotateOnly/).waitFor();
    await workbench.screenshot('repair-controller-stopped');
    await kube('DELETE', '/apis/kubeflow.org/v1/profiles/quoted');
    await notification.press('Profile team-wait', 'Continue');
    await eventually(() => lenses(workbench).then((text) => /Apply: |Wait/.test(text)), true);
    await runCommand('Kubeflow: Apply Plan');
    await notification.waitFor('Profile team-wait is verified', 60_000);
  });
});

test('a run that stopped is undone from its message, after a question that names what goes', async () => {
  await opened('repair-undo', async (workbench) => {
    const { editor, notification, dialog, runCommand } = workbench;
    await answer(workbench, 'team-undo');
    await editor.waitFor('Plan: team-undo on kubeflow-dev');
    await eventually(() => lenses(workbench).then((text) => text.includes('Apply: ')), true);
    const refused = { code: 'AccessDenied', message: 'not allowed', status: 403 };
    sandbox.control({ faults: [{ call: 'iam:PutRolePolicy', times: 1, ...refused }] });
    await runCommand('Kubeflow: Apply Plan');
    await notification.waitFor('Profile team-undo is not ready', 60_000);
    await workbench.screenshot('repair-stopped');
    await notification.press('Profile team-undo is not ready', 'Undo');
    assert.match(await dialog.waitFor(/team-undo-kubeflow-dev-role/), /Undo what was done: profile team-undo/);
    await workbench.screenshot('repair-undo');
    await dialog.press('Undo');
    await eventually(async () => (await editor.text()).startsWith('# Undone'), true);
    await workbench.screenshot('repair-undone');

    // One that went well is undone by a command, also when its message is gone.
    await runCommand('Kubeflow: Plan Again');
    await eventually(() => lenses(workbench).then((text) => text.includes('Apply: ')), true);
    await runCommand('Kubeflow: Apply Plan');
    await notification.waitFor('Profile team-undo is verified', 60_000);
    await eventually(() => lenses(workbench).then((text) => text.includes('Undo')), true);
    await runCommand('Kubeflow: Undo Run…');
    await dialog.waitFor(/Profile team-undo/);
    await dialog.press('Undo');
    await eventually(async () => (await editor.text()).startsWith('# Undone'), true);
    await eventually(() => lenses(workbench).then((text) => text.includes('Undo')), false);
  });
  await assert.rejects(
    iam().send(new GetRoleCommand({ RoleName: 'team-undo-kubeflow-dev-role' })),
    /NoSuchEntity|cannot be found|not found/i,
  );
});
