// A cluster in the kubeconfig, and a profile that others made, as a person reviews both in real VS Code on the sandbox.
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { DeleteRolePolicyCommand, GetRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { eventually, withWorkbench, type Workbench } from './harness.ts';

let sandbox: Sandbox;
let folder = '';
/** The kubeconfig that is written to. */
let file = '';
before(async () => {
  [sandbox, folder] = await Promise.all([
    startSandbox({ withoutAnalytics: true }),
    mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-cluster-')),
  ]);
  file = path.join(folder, 'kubeconfig');
  await copyFile(sandbox.env['KUBECONFIG'] ?? '', file);
});
after(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

const options = () => ({
  folder,
  env: { ...sandbox.env, KUBECONFIG: file },
  settings: { 'kubeflowIrsa.aws.regions': ['us-west-2'] },
});
const lenses = async ({ page }: Workbench): Promise<string> =>
  (await page.locator('.editor-group-container.active .codelens-decoration').allInnerTexts())
    .join(' | ')
    .replaceAll(/\s+/g, ' ');
const lens = ({ page }: Workbench, title: string): Promise<void> =>
  page.locator('.editor-group-container.active .codelens-decoration a').filter({ hasText: title }).first().click();
const says = ({ editor }: Workbench, text: string): Promise<void> =>
  eventually(async () => (await editor.text()).includes(text), true);

test('a cluster comes into the kubeconfig after a review, and goes again', async () => {
  const before = await readFile(file, 'utf8');
  await withWorkbench('cluster-kubeconfig', options(), async (workbench) => {
    const { tree, editor, notification, dialog } = workbench;
    await tree.open();
    await tree.row('kubeflow-dev').waitFor();
    await tree.menu('kubeflow-dev', 'Update Kubeconfig');
    await editor.waitFor('Plan: kubeconfig for kubeflow-dev');
    await says(workbench, '1 to change');
    await says(workbench, 'The current context stays');
    await workbench.screenshot('kubeconfig-plan');
    await lens(workbench, 'Make it the current context');
    await says(workbench, '+ current-context: arn:aws:eks');
    await lens(workbench, 'Sign in without the AWS CLI');
    await says(workbench, 'token by kubeflow-irsa token');
    await eventually(
      async () => /Leave the current context.*Sign in with the AWS CLI/.test(await lenses(workbench)),
      true,
    );
    await workbench.screenshot('kubeconfig-choices');
    assert.equal(await readFile(file, 'utf8'), before, 'nothing is written before Apply');
    await editor.titleAction('Apply Plan');
    await notification.waitFor('Cluster kubeflow-dev is in your kubeconfig');
    assert.match(
      await readFile(file, 'utf8'),
      /current-context"?: *"?arn:aws:eks:us-west-2:111122223333:cluster\/kubeflow-dev/,
    );
    await eventually(async () => (await lenses(workbench)).includes('Undo'), true);
    await workbench.screenshot('kubeconfig-result');
    await lens(workbench, 'Undo');
    await dialog.waitFor('Undo what was done');
    await dialog.press('Undo');
    await eventually(() => readFile(file, 'utf8'), before);
  });
});

test('a profile that others made is adopted after a review, and what a tool made is left to it', async () => {
  const iam = new IAMClient({
    endpoint: sandbox.env['AWS_ENDPOINT_URL'] ?? '',
    region: 'us-west-2',
    credentials: {
      accessKeyId: sandbox.env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: sandbox.env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  });
  // Nothing on the role names a tool: the file does.
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'team-b-kubeflow-dev-role' }));
  const trust = JSON.stringify(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')), undefined, 2);
  await writeFile(
    path.join(folder, 'role.yaml'),
    `apiVersion: iam.services.k8s.aws/v1alpha1
kind: Role
metadata:
  name: team-b
spec:
  name: team-b-kubeflow-dev-role
  maxSessionDuration: 7200
  assumeRolePolicyDocument: |-
    ${trust.replaceAll('\n', '\n    ')}
`,
  );
  await withWorkbench('cluster-adopt', options(), async (workbench) => {
    const { tree, editor, notification } = workbench;
    await tree.open();
    await tree.row('kubeflow-dev').waitFor();
    await tree.expand('kubeflow-dev');
    await tree.row('team-b').waitFor();
    await tree.expand('team-b');
    await tree.row(/team-b-kubeflow-dev-role.*by ACK/s).waitFor();
    await tree.menu('team-b', 'Adopt Profile');
    await editor.waitFor('Plan: adopt team-b on kubeflow-dev');
    await says(workbench, 'IAM role team-b-kubeflow-dev-role is managed by ACK (declared in role.yaml)');
    await eventually(async () => (await lenses(workbench)).includes('Write although ACK manages it'), true);
    await workbench.screenshot('adopt-refused');
    await lens(workbench, 'Write although ACK manages it');
    await says(workbench, 'You named it');
    await eventually(async () => (await lenses(workbench)).includes('Leave to ACK what it manages'), true);
    await lens(workbench, 'Leave to ACK what it manages');
    await says(workbench, 'Cannot go on');
    // The file that declares it, beside what the tree has read.
    await tree.row(/team-b.*not as its file has it/s).waitFor();
    await tree.row(/its longest session/).click();
    await editor.waitFor('role.yaml');
    const squiggle = workbench.page.locator('.editor-group-container.active .squiggly-warning');
    await squiggle.first().waitFor();
    await workbench.runCommand('Problems: Focus on Problems View');
    const problem = workbench.page.locator('.part.panel .markers-panel-container .monaco-list-row');
    await problem
      .filter({ hasText: 'its longest session is not as this file has it. File: 7200. Live: 3600.' })
      .waitFor();
    await workbench.screenshot('drift');
    await tree.menu('team-a', 'Adopt Profile');
    await editor.waitFor('Plan: adopt team-a on kubeflow-dev');
    await says(workbench, '4 to create');
    await workbench.screenshot('adopt-plan');
    await editor.titleAction('Apply Plan');
    await notification.waitFor('Profile team-a is adopted');
    await workbench.screenshot('adopt-result');
  });
});

test('who may what is shown as text, what differs first, and is tried on request', async () => {
  const iam = new IAMClient({
    endpoint: sandbox.env['AWS_ENDPOINT_URL'] ?? '',
    region: 'us-west-2',
    credentials: sandbox.credentials['sandbox-admin'],
  });
  // The role of team-b lets in every account of the cluster.
  const its = { RoleName: 'team-b-kubeflow-dev-role', PolicyName: 'wide' };
  const statement = {
    Sid: 'Everything',
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
    Resource: 'arn:aws:s3:::kubeflow-artifacts-111122223333/*',
  };
  await iam.send(
    new PutRolePolicyCommand({
      ...its,
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    }),
  );
  await withWorkbench('cluster-isolation', options(), async (workbench) => {
    const { tree, editor, dialog } = workbench;
    await tree.open();
    await tree.row('kubeflow-dev').waitFor();
    await tree.menu('kubeflow-dev', 'Show Isolation');
    await editor.waitFor('Isolation: kubeflow-dev');
    await says(workbench, 'What differs');
    await says(workbench, '(Everything) of policy wide allows it');
    await workbench.screenshot('isolation');
    await lens(workbench, 'Try for Real');
    await dialog.waitFor('of the matrix on kubeflow-dev');
    await dialog.press('Try');
    await says(workbench, '## Tried');
    await says(workbench, 'as said');
    await workbench.screenshot('isolation-tried');
  });
  await iam.send(new DeleteRolePolicyCommand(its));
});

test('an error that was copied is explained, and what of it the tree shows stands beside it, with its repair', async () => {
  await withWorkbench('cluster-explain', options(), async (workbench) => {
    const { tree, editor, quickInput, runCommand, page } = workbench;
    await tree.open();
    await tree.expand('kubeflow-dev');
    await tree.row(/team-b.*problem/).waitFor();
    const who = 'arn:aws:sts::111122223333:assumed-role/team-b-kubeflow-dev-role/botocore-session-1764236712';
    const text = `An error occurred (AccessDenied) when calling the PutObject operation: User: ${who} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::kubeflow-artifacts-111122223333/team-b/x" because no identity-based policy allows the s3:PutObject action`;
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
    await runCommand('Kubeflow: Explain Error…');
    await quickInput.waitFor('Explain Error');
    assert.equal(await quickInput.value(), text, 'what was copied is an error that is known');
    await quickInput.accept();
    await editor.waitFor('Explained error');
    await says(workbench, 'No policy of the role allows this');
    await says(workbench, 'Operation: s3:PutObject');
    await says(workbench, 'Seen now, in team-b on kubeflow-dev: KP-0');
    await eventually(async () => /KP-041.*Repair/.test(await lenses(workbench)), true);
    await workbench.screenshot('explain');
    await lens(workbench, 'KP-041');
    await editor.waitFor(/KP-041/);
  });
});
