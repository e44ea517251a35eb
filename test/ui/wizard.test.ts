// The main job as a person does it: questions, plan, apply, proof; in real VS Code on the sandbox.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import bcrypt from 'bcryptjs';
import { makeBucket } from '../../sandbox/fixtures.ts';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { eventually, withWorkbench, type Workbench } from './harness.ts';

let sandbox: Sandbox;
let folder = '';
before(async () => {
  [sandbox, folder] = await Promise.all([startSandbox(), mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-wizard-'))]);
  // In the workspace: a window with a remote side takes settings of scope machine-overridable from no user settings.
  await mkdir(path.join(folder, '.vscode'));
  await writeFile(
    path.join(folder, '.vscode', 'settings.json'),
    JSON.stringify({ 'kubeflowIrsa.aws.regions': ['us-west-2', 'eu-central-1'] }),
  );
});
after(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

const opened = (name: string, work: (workbench: Workbench) => Promise<void>) =>
  withWorkbench(name, { folder, env: sandbox.env }, work);

const writing = (): string[] =>
  Object.keys(sandbox.calls()).filter((call) => /:(Create|Put|Update|Delete|Add|Tag)/.test(call));

/** Starts the wizard and answers its first question. */
async function begin({ runCommand, quickInput }: Workbench, cluster: string): Promise<void> {
  await runCommand('Kubeflow: Create IRSA Profile…');
  await quickInput.waitFor('Create IRSA Profile (1/5)');
  await quickInput.pick(cluster);
  await quickInput.waitFor('(2/5)');
}

/** Answers an input box. */
async function type({ quickInput }: Workbench, text: string, next: string): Promise<void> {
  await quickInput.type(text);
  await quickInput.accept();
  await quickInput.waitFor(next);
}

/** Answers the question for the owner with a name that the sandbox's Dex does not have. */
async function nobody({ quickInput }: Workbench, name: string, next: string): Promise<void> {
  await quickInput.type(name);
  await quickInput.accept();
  await quickInput.row(`Nobody can sign in as ${name} now`).waitFor();
  await quickInput.accept();
  await quickInput.waitFor(next);
}

/** The actions in the text of the active document. */
const lenses = async ({ page }: Workbench): Promise<string> =>
  (await page.locator('.editor-group-container.active .codelens-decoration').allInnerTexts()).join(' | ');

async function lens({ page }: Workbench, title: string): Promise<void> {
  await page
    .locator('.editor-group-container.active .codelens-decoration a')
    .filter({ hasText: title })
    .first()
    .click();
}

test('a profile is created, proven, and a second run has nothing to change', async () => {
  await opened('wizard', async (workbench) => {
    const { runCommand, quickInput, editor, notification } = workbench;
    sandbox.resetCalls();
    await begin(workbench, 'kubeflow-dev');
    await workbench.screenshot('wizard-2-profile');

    // What is wrong is said at once.
    await quickInput.type('Team_X');
    await quickInput.message(/lower-case/);
    await quickInput.type('taken');
    await quickInput.accept();
    await quickInput.message(/Namespace taken exists already/);
    // As it may be when it is pasted.
    await type(workbench, ' team-x ', '(3/5)');
    await quickInput.type('bob@example.com ');
    await quickInput.row('Remove the space').waitFor();
    await nobody(workbench, 'bob@example.com', '(4/5)');

    await quickInput.row('in another region').waitFor();
    await workbench.screenshot('wizard-4-bucket');
    await quickInput.type('no-such-bucket-anywhere');
    await quickInput.accept();
    await quickInput.row('There is no bucket no-such-bucket-anywhere').waitFor();
    await quickInput.type('arn:aws-cn:s3:::some-bucket');
    await quickInput.row('roles cannot cross partitions').waitFor();

    // Back keeps what was answered.
    await quickInput.back();
    await quickInput.waitFor('(3/5)');
    await quickInput.row(/bob@example\.com.*your answer/s).waitFor();
    await quickInput.back();
    await quickInput.waitFor('(2/5)');
    assert.equal(await quickInput.value(), 'team-x');
    await quickInput.accept();
    await quickInput.waitFor('(3/5)');
    await nobody(workbench, 'bob@example.com', '(4/5)');

    // Enter takes the listed bucket whose start was typed.
    await quickInput.type('kubeflow-art');
    await quickInput.accept();
    await quickInput.waitFor('(5/5)');
    await workbench.screenshot('wizard-5-access');
    await quickInput.accept();

    await editor.waitFor('Plan: team-x on kubeflow-dev');
    await eventually(() => lenses(workbench).then((text) => text.includes('Apply: 5 to create')), true);
    await workbench.screenshot('wizard-plan');
    assert.match(await editor.text(), /5 to create\. Nothing has been changed yet\./);
    assert.deepEqual(writing(), [], 'nothing may be written before Apply');

    await lens(workbench, 'Apply');
    assert.equal(await notification.waitFor('Profile team-x is verified', 60_000), 'Profile team-x is verified.');
    await eventually(async () => (await editor.text()).includes('# Result'), true);
    const result = await editor.text();
    await eventually(() => lenses(workbench).then((text) => text.includes('Verify again')), true);
    await workbench.screenshot('wizard-result');
    assert.match(result, /AWS refused service account team-x\/default\./);
    assert.match(result, /It wrote s3:\/\/kubeflow-artifacts-/);

    // From the palette, with the document in front.
    sandbox.resetCalls();
    await runCommand('Kubeflow: Plan Again');
    await eventually(() => lenses(workbench).then((text) => text.includes('Nothing to change')), true);
    await workbench.screenshot('wizard-nothing-to-change');
    assert.deepEqual(writing(), []);

    await runCommand('Kubeflow: Discard Plan');
    await workbench.page.locator('.tab').filter({ hasText: 'Plan: team-x' }).waitFor({ state: 'detached' });
  });
});

/** Files below a folder that hold a text. */
async function holding(where: string, text: string): Promise<string[]> {
  const files = (await readdir(where, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
  const all = files.map((file) => path.join(file.parentPath, file.name));
  const hold = await Promise.all(all.map(async (file) => (await readFile(file).catch(() => '')).includes(text)));
  return all.filter((_file, index) => hold[index]);
}

test('a user of Dex is made on the way: the password is shown once, and is nowhere else', async () => {
  await opened('wizard-user', async (workbench) => {
    const { quickInput, editor, notification, dialog, page, panel, runCommand, dataFolder } = workbench;
    await begin(workbench, 'kubeflow-dev');
    await type(workbench, 'team-u', '(3/5)');
    // Who is there already: owners, users of Dex, and where a new one can be made.
    for (const text of [/alice@example\.com.*owns team-a/s, /user@example\.com.*user/s, 'Create a user in Dex'])
      await quickInput.row(text).waitFor();
    await workbench.screenshot('wizard-3-owner');
    await quickInput.type('User@example.com');
    await quickInput.row(/Use "user@example\.com".*as Dex writes it/s).waitFor();
    // Who is not there can be made, without typing the name twice.
    await quickInput.type('una@example.com');
    await quickInput.row('Use "una@example.com"').waitFor();
    await quickInput.pick('Create a user in Dex');
    await eventually(() => quickInput.value(), 'una@example.com');
    await quickInput.back();
    await quickInput.row('Create a user in Dex').waitFor();
    // By key: rows move while the list is filtered.
    await quickInput.type('Create a user in');
    await quickInput.row('Create a user in Dex').waitFor();
    await quickInput.accept();
    await quickInput.widget.getByText('E-mail address of the new user of Dex').waitFor();
    await quickInput.type('user@example.com');
    await quickInput.message(/There is a user user@example\.com already/);
    await quickInput.type('Una@example.com');
    await quickInput.message(/small letters/);
    await quickInput.type('una@example.com');
    await workbench.screenshot('wizard-3-new-user');
    await quickInput.accept();
    await quickInput.waitFor('(4/5)');
    await quickInput.pick('kubeflow-artifacts');
    await quickInput.waitFor('(5/5)');
    await quickInput.accept();
    await editor.waitFor('Plan: team-u on kubeflow-dev');
    const plan = await editor.text();
    assert.match(plan, /\+ create {3}User una@example\.com of Dex, with a new password, which is shown once/);
    assert.match(plan, /Deployment auth\/dex, restarted/);
    await runCommand('Kubeflow: Apply Plan');
    const said = await dialog.waitFor('Password of una@example.com');
    await workbench.screenshot('wizard-password');
    const password = /\b[A-Za-z2-9]{24}\b/.exec(said)?.[0] ?? '';
    assert.notEqual(password, '');
    await dialog.press('Copy');
    await eventually(() => page.evaluate<string>('navigator.clipboard.readText()'), password);
    await notification.waitFor('Profile team-u is verified', 60_000);
    await eventually(async () => (await editor.text()).includes('# Result'), true);

    // Its hash opens with it; the password itself is in no document, log, state, setting or message.
    const config = await sandbox.clusters.kubeflowDev.kube.find<{ data: Record<string, string> }>(
      '/api/v1/namespaces/auth/configmaps/dex',
    );
    const hash = /una@example\.com\n {2}hash: "([^"]+)"/.exec(config?.data['config.yaml'] ?? '')?.[1] ?? '';
    assert.ok(await bcrypt.compare(password, hash));
    const result = await editor.text();
    await runCommand('Kubeflow: Show Kubeflow IRSA Log');
    await panel.locator('.view-line').first().waitFor();
    assert.ok(![result, plan, await panel.innerText(), workbench.serverLog()].some((text) => text.includes(password)));
    assert.deepEqual(await holding(dataFolder, password), []);
    assert.deepEqual(await holding(dataFolder, hash), []);
    assert.deepEqual(await holding(folder, password), []);
  });
});

test('from the tree: a contributor is added and removed, and the profile is handed over and back', async () => {
  await opened('wizard-people', async (workbench) => {
    const { tree, quickInput, notification, dialog, runCommand } = workbench;
    await tree.open();
    await tree.row('kubeflow-dev').waitFor();
    await tree.expand('kubeflow-dev');
    await tree.row('team-a').waitFor();
    await tree.expand('team-a');
    await tree.row('alice@example.com').waitFor();
    await tree.menu('team-a', 'Add Contributor');
    await quickInput.waitFor('Add Contributor');
    await quickInput.row('users of Dex').waitFor();
    assert.ok(!(await quickInput.rows()).some((row) => row.includes('Create a user')));
    await quickInput.pick(/user@example\.com/);
    await quickInput.row('edit').waitFor();
    await quickInput.pick('edit');
    const question = await dialog.waitFor('Add user@example.com to profile team-a');
    await workbench.screenshot('contributor-question');
    assert.match(question, /RoleBinding team-a\/user-user-example-com-clusterrole-edit/);
    assert.match(question, /runs pods as default-editor, and so uses role arn:aws:iam/);
    await dialog.press('Add Contributor');
    await notification.waitFor('user@example.com contributes to profile team-a');
    await tree.row('contributor (edit)').waitFor();
    await workbench.screenshot('contributor-tree');
    await tree.inline('contributor (edit)', 'Remove Contributor');
    await dialog.waitFor('Remove user@example.com from profile team-a');
    await dialog.press('Remove Contributor');
    await tree.row('contributor (edit)').waitFor({ state: 'detached' });
    // Only so many messages are shown at a time.
    await runCommand('Notifications: Clear All Notifications');

    await tree.menu('team-a', 'Hand Over');
    await quickInput.waitFor('Hand Over');
    await quickInput.row('users of Dex').waitFor();
    await quickInput.type('user@example.com');
    await quickInput.accept();
    const hand = await dialog.waitFor('Hand profile team-a over from alice@example.com to user@example.com');
    await workbench.screenshot('hand-over-question');
    assert.match(hand, /alice@example\.com gets no further into the profile/);
    await dialog.press('Hand Over');
    await notification.waitFor('Profile team-a belongs to user@example.com');
    await tree.row(/user@example\.com.*owner/s).waitFor();
    await notification.press('Profile team-a belongs to user@example.com', 'Undo');
    await tree.row(/alice@example\.com.*owner/s).waitFor();
  });
});

test('a profile that exists is repaired: its owner is not asked, what changes is shown', async () => {
  await opened('wizard-repair', async (workbench) => {
    const { quickInput, editor, notification, page, runCommand } = workbench;
    await begin(workbench, 'kubeflow-dev');
    await quickInput.type('team-b');
    await quickInput.message(/Profile team-b exists, owner user@example.com/);
    await quickInput.accept();
    await quickInput.waitFor('(3/4)');
    await quickInput.pick('kubeflow-artifacts');
    await quickInput.waitFor('(4/4)');
    await quickInput.accept();
    await editor.waitFor('Plan: team-b on kubeflow-dev');
    await lens(workbench, 'Compare side by side');
    await page.locator('.monaco-diff-editor').waitFor();
    await workbench.screenshot('wizard-compare');
    await page.locator('.tab.active .tab-actions a').click();
    await editor.waitFor('Plan: team-b on kubeflow-dev');

    // One call is refused: the run stops there, says so, and goes on from there.
    const refused = { code: 'AccessDenied', message: 'not allowed', status: 403 };
    sandbox.control({ faults: [{ call: 'iam:PutRolePolicy', times: 1, ...refused }] });
    await runCommand('Kubeflow: Apply Plan');
    const stopped = await notification.waitFor('Profile team-b is not ready', 60_000);
    assert.match(stopped, /step 6 of 11 failed.*You are not permitted to iam:PutRolePolicy/);
    await eventually(async () => (await editor.text()).includes('# Result'), true);
    await workbench.screenshot('wizard-stopped');
    await notification.press('Profile team-b is not ready', 'Try Again');
    await eventually(() => lenses(workbench).then((text) => text.includes('Apply: 3 to change')), true);
    await editor.titleAction('Apply Plan');
    await notification.waitFor('Profile team-b is verified', 60_000);
  });
});

test('one click leaves the trust policy to the profile controller, another one takes it back', async () => {
  await opened('wizard-trust', async (workbench) => {
    const { quickInput, editor } = workbench;
    await begin(workbench, 'kubeflow-dev');
    await quickInput.type('team-a');
    await quickInput.message(/Profile team-a exists/);
    await quickInput.accept();
    await quickInput.waitFor('(3/4)');
    await quickInput.pick('kubeflow-artifacts');
    await quickInput.waitFor('(4/4)');
    await quickInput.accept();
    await editor.waitFor('Plan: team-a on kubeflow-dev');
    sandbox.resetCalls();
    await lens(workbench, 'Leave the trust policy to the profile controller');
    await eventually(() => lenses(workbench).then((text) => text.includes('Manage the trust policy here')), true);
    assert.match(await editor.text(), /profile controller may edit the trust policy of team-a-kubeflow-dev-role/);
    await workbench.screenshot('wizard-trust-left');
    await lens(workbench, 'Manage the trust policy here');
    await eventually(() => lenses(workbench).then((text) => text.includes('Leave the trust policy')), true);
    assert.deepEqual(writing(), []);
  });
});

test('a run is cancelled between two steps, and goes on from there', async () => {
  await opened('wizard-cancel', async (workbench) => {
    const { quickInput, editor, notification, runCommand } = workbench;
    await begin(workbench, 'kubeflow-dev');
    await type(workbench, 'team-c', '(3/5)');
    await nobody(workbench, 'carol@example.com', '(4/5)');
    await quickInput.pick('kubeflow-artifacts');
    await quickInput.waitFor('(5/5)');
    await quickInput.accept();
    await editor.waitFor('Plan: team-c on kubeflow-dev');
    sandbox.control({ latencyMs: 2_000 });
    await runCommand('Kubeflow: Apply Plan');
    await notification.waitFor('step 5 of 11');
    await notification.press('step 5 of 11', 'Cancel');
    await notification.waitFor('Profile team-c: cancelled before step');
    sandbox.control({ latencyMs: 0 });
    await eventually(async () => (await editor.text()).includes('Cancelled before this step.'), true);
    await workbench.screenshot('wizard-cancelled');
    await notification.press('Profile team-c: cancelled', 'Continue');
    await eventually(() => lenses(workbench).then((text) => /Apply: [1-5] to create/.test(text)), true);
    await runCommand('Kubeflow: Apply Plan');
    await notification.waitFor('Profile team-c is verified', 60_000);
  });
});

/** A Profile as somebody may have written it, with a role of any text. */
const writeProfile = (name: string, owner: string, awsIamRole: string): Promise<unknown> =>
  sandbox.clusters.kubeflowDev.kube.request('POST', '/apis/kubeflow.org/v1/profiles', {
    apiVersion: 'kubeflow.org/v1',
    kind: 'Profile',
    metadata: { name },
    spec: {
      owner: { kind: 'User', name: owner },
      plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole, annotateOnly: true } }],
    },
  });

test('text of a tenant never becomes a link, neither in a prompt nor in a notification', async () => {
  const link = (label: string): string => `[${label}](command:workbench.action.closeWindow)`;
  await writeProfile('team-links', link('Sign in again'), link('Repair now'));
  await opened('wizard-links', async (workbench) => {
    const { quickInput, notification, page, runCommand } = workbench;
    await begin(workbench, 'kubeflow-dev');
    await quickInput.type('team-links');
    assert.match(await quickInput.message(/Sign in again/), /\[Sign in again\] \(command:/);
    assert.equal(await page.locator('.quick-input-message a').count(), 0);
    await workbench.screenshot('wizard-links');
    await quickInput.cancel();

    await runCommand('Kubeflow: Verify Profile…');
    await quickInput.waitFor('Verify Profile (1/2)');
    await quickInput.pick('kubeflow-dev');
    await quickInput.waitFor('(2/2)');
    await quickInput.type('team-links');
    await quickInput.row('team-links').waitFor();
    await quickInput.accept();
    assert.match(await notification.waitFor('is no role ARN'), /\[Repair now\] \(command:/);
    assert.equal(await page.locator('.notification-list-item-message a').count(), 0);
    await workbench.screenshot('verify-links');
  });
});

test('from a cluster of the tree four questions are left, and a bucket elsewhere is said at once', async () => {
  await opened('wizard-from-tree', async (workbench) => {
    const { tree, quickInput, editor } = workbench;
    await tree.open();
    await tree.row('kubeflow-dev').waitFor();
    await tree.expand('kubeflow-dev');
    await tree.row('team-a').waitFor();
    await tree.menu('kubeflow-dev', 'Create IRSA Profile');
    await quickInput.waitFor('Create IRSA Profile (1/4)');
    await type(workbench, 'team-d', '(2/4)');
    await nobody(workbench, 'dora@example.com', '(3/4)');
    await quickInput.row('ml-artifacts').waitFor();
    await quickInput.type(`arn:aws:s3:::ml-artifacts-eu-${sandbox.account}`);
    await quickInput.row(`Use "ml-artifacts-eu-${sandbox.account}"`).waitFor();
    await quickInput.accept();
    await quickInput.row('is in eu-central-1, the cluster in us-west-2').waitFor();
    await workbench.screenshot('wizard-bucket-elsewhere');
    await quickInput.accept();
    await quickInput.waitFor('(4/4)');
    await quickInput.accept();
    await editor.waitFor('Plan: team-d on kubeflow-dev');
    assert.match(await editor.text(), /profile team-d on kubeflow-dev \(us-west-2\)/);
  });
});

test('a bucket is made on the way: a name is offered, one that is taken is said, and the profile is verified in it', async () => {
  await makeBucket(sandbox, { name: 'taken-by-others', account: 'other' });
  await opened('wizard-new-bucket', async (workbench) => {
    const { quickInput, editor, notification } = workbench;
    await begin(workbench, 'kubeflow-dev');
    await type(workbench, 'team-n', '(3/5)');
    await quickInput.pick('alice@example.com');
    await quickInput.waitFor('(4/5)');
    await quickInput.pick('Create a bucket…');
    await eventually(() => quickInput.value(), `kubeflow-dev-${sandbox.account}-us-west-2`);
    await workbench.screenshot('wizard-new-bucket');
    await quickInput.type('Not.A.Name');
    await quickInput.message(/Use no dots/);
    await quickInput.type('taken-by-others');
    await quickInput.accept();
    await quickInput.message(/The name taken-by-others is taken/);
    await workbench.screenshot('wizard-bucket-taken');
    // Back shows the list again.
    await quickInput.back();
    await quickInput.row('Create a bucket…').waitFor();
    await quickInput.pick('Create a bucket…');
    await eventually(() => quickInput.value(), `kubeflow-dev-${sandbox.account}-us-west-2`);
    await type(workbench, 'made-on-the-way', '(5/5)');
    await quickInput.accept();
    await editor.waitFor('Plan: team-n on kubeflow-dev');
    await eventually(() => lenses(workbench).then((text) => /Apply: \d to create/.test(text)), true);
    assert.match(await editor.text(), /create +S3 bucket made-on-the-way, in us-west-2: no public access, TLS only/);
    await workbench.screenshot('wizard-new-bucket-plan');
    await lens(workbench, 'Apply');
    await notification.waitFor('Profile team-n is verified', 60_000);
    await eventually(async () => (await editor.text()).includes('# Result'), true);
    assert.match(await editor.text(), /It wrote s3:\/\/made-on-the-way\/team-n\//);
    await eventually(() => lenses(workbench).then((text) => text.includes('Verify again')), true);
    await workbench.screenshot('wizard-new-bucket-result');
  });
});

test("where the role is somebody else's another name is asked for; a plan that is being applied is not replaced", async () => {
  // A Profile that names no role of this account, and a role of the usual name that serves something else.
  await writeProfile('team-q', 'quinn@example.com', 'arn:aws:iam::999999999999:role/elsewhere');
  const iam = new IAMClient({
    region: 'us-west-2',
    endpoint: sandbox.env['AWS_ENDPOINT_URL'] ?? '',
    credentials: sandbox.credentials['sandbox-admin'],
  });
  await iam.send(
    new CreateRoleCommand({
      RoleName: 'team-q-kubeflow-dev-role',
      AssumeRolePolicyDocument:
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}',
    }),
  );
  await opened('wizard-role', async (workbench) => {
    const { quickInput, editor, notification } = workbench;
    const answerAllButLast = async (): Promise<void> => {
      await begin(workbench, 'kubeflow-dev');
      await quickInput.type('team-q');
      await quickInput.message(/Profile team-q exists, owner quinn@example.com/);
      await quickInput.accept();
      await quickInput.waitFor('(3/4)');
      await quickInput.pick('kubeflow-artifacts');
      await quickInput.waitFor('(4/4)');
    };
    await answerAllButLast();
    await quickInput.accept();
    await editor.waitFor('Plan: team-q on kubeflow-dev');
    await eventually(() => lenses(workbench).then((text) => text.includes('Choose another role name')), true);
    await workbench.screenshot('wizard-blocked-role');
    assert.match(await editor.text(), /Role team-q-kubeflow-dev-role exists already/);

    await lens(workbench, 'Choose another role name');
    await quickInput.waitFor('(5/5)');
    assert.equal(await quickInput.value(), 'team-q-kubeflow-dev-role');
    await quickInput.type('team q');
    await quickInput.message(/An IAM role name consists of letters/);
    await quickInput.type('team-b-kubeflow-dev-role');
    await quickInput.accept();
    await quickInput.message(/Role team-b-kubeflow-dev-role exists already/);
    await workbench.screenshot('wizard-role-name');
    await quickInput.type('team-q-own-role');
    await quickInput.accept();
    await eventually(() => lenses(workbench).then((text) => /Apply: \d to create/.test(text)), true);
    assert.match(await editor.text(), /IAM role team-q-own-role, only for system:serviceaccount:team-q/);

    // The same plan is made anew while it is applied.
    await answerAllButLast();
    sandbox.control({ latencyMs: 2_000 });
    await editor.titleAction('Apply Plan');
    await notification.waitFor('Profile team-q on kubeflow-dev');
    await quickInput.accept();
    await notification.waitFor('This plan is being applied');
    sandbox.control({ latencyMs: 0 });
    await notification.waitFor('Profile team-q is verified', 60_000);
    await eventually(async () => (await editor.text()).includes('# Result'), true);
  });
});

for (const [cluster, why] of [
  ['legacy', 'The Kubernetes API of the cluster cannot be read'],
  ['analytics', 'Kubeflow is not installed on this cluster'],
] as const) {
  test(`a plan for ${cluster} is blocked and says why`, async () => {
    await opened(`wizard-${cluster}`, async (workbench) => {
      const { quickInput, editor } = workbench;
      await begin(workbench, cluster);
      await quickInput.type('team-y');
      await quickInput.message(/the plan will say what stands in the way/);
      await quickInput.accept();
      await quickInput.waitFor('(3/5)');
      await type(workbench, 'bob@example.com', '(4/5)');
      await quickInput.waitFor('(4/5)');
      await quickInput.pick('ml-artifacts');
      if (cluster === 'legacy') {
        // A listed bucket in another region is said to be there, and taken when it is chosen again.
        await quickInput.row('is in eu-central-1, the cluster in us-west-2').waitFor();
        await quickInput.accept();
      }
      await quickInput.waitFor('(5/5)');
      await quickInput.accept();
      await editor.waitFor(`Plan: team-y on ${cluster}`);
      await eventually(() => lenses(workbench).then((text) => text.includes('Blocked')), true);
      await workbench.screenshot(`wizard-blocked-${cluster}`);
      assert.match(await editor.text(), new RegExp(why));
      assert.doesNotMatch(await lenses(workbench), /Apply/);
    });
  });
}

test('Verify Profile proves a profile from the palette, and says what is wrong with one that has no role', async () => {
  await opened('verify', async (workbench) => {
    const { runCommand, quickInput, editor, notification } = workbench;
    const verify = async (profile: string): Promise<void> => {
      await runCommand('Kubeflow: Verify Profile…');
      await quickInput.waitFor('Verify Profile (1/2)');
      await quickInput.pick('kubeflow-dev');
      await quickInput.waitFor('(2/2)');
      await quickInput.type(profile);
      await quickInput.row(profile).waitFor();
      await quickInput.accept();
    };
    await verify('team-a');
    await notification.waitFor('Profile team-a is verified', 60_000);
    await editor.waitFor('Proof: team-a on kubeflow-dev');
    assert.match(await editor.text(), /AWS refused service account team-a\/default\./);
    await workbench.screenshot('verify');
    await verify('taken');
    await notification.waitFor('There is no service account taken/default-editor');
    await workbench.screenshot('verify-no-role');
  });
});
