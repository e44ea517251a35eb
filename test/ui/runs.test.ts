// A run that was ended in the middle, in the real user interface: it is told once, in the tree, and gone on with or taken back.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import type { Sandbox } from '../../sandbox/index.ts';
import { eventually, startStage, withWorkbench, type Workbench } from './harness.ts';

let sandbox: Sandbox;
let folder = '';
before(async () => {
  ({ sandbox, folder } = await startStage());
});

const lenses = async ({ page }: Workbench): Promise<string> =>
  (await page.locator('.editor-group-container.active .codelens-decoration').allInnerTexts()).join(' | ');

/** Plans a new profile, applies it, and ends the extension host while the policy of its role is written. */
async function crashedIn(workbench: Workbench, profile: string, hold: 'before' | 'after'): Promise<void> {
  const { runCommand, quickInput, editor, tree, notification } = workbench;
  await runCommand('Kubeflow: Create IRSA Profile…');
  await quickInput.waitFor('Create IRSA Profile (1/5)');
  await quickInput.pick('kubeflow-dev');
  await quickInput.waitFor('(2/5)');
  await quickInput.type(profile);
  await quickInput.accept();
  await quickInput.waitFor('(3/5)');
  await quickInput.type('alice@example.com');
  await quickInput.accept();
  await quickInput.waitFor('(4/5)');
  await quickInput.pick('kubeflow-artifacts');
  await quickInput.waitFor('(5/5)');
  await quickInput.accept();
  await editor.waitFor(`Plan: ${profile} on kubeflow-dev`);
  await eventually(() => lenses(workbench).then((text) => text.includes('Apply: ')), true);
  sandbox.control({ faults: [{ call: 'iam:PutRolePolicy', times: 1, hold }] });
  await runCommand('Kubeflow: Apply Plan');
  await sandbox.held();
  // While it goes on it is not offered.
  await tree.open();
  await tree.row('kubeflow-dev').waitFor();
  assert.equal(await tree.row('Unfinished run').count(), 0);
  await workbench.crash();
  sandbox.release();
  sandbox.control({ faults: [] });
  await tree.open();
  await tree.row('Unfinished run').waitFor();
  await tree.row('kubeflow-dev').waitFor();
  assert.deepEqual(await notification.all(), [], 'it is told in the tree, and nothing pops up');
}

const there = async (profile: string): Promise<readonly boolean[]> => {
  const { env, clusters } = sandbox;
  const credentials = {
    accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
  };
  const iam = new IAMClient({ endpoint: env['AWS_ENDPOINT_URL'] ?? '', region: 'us-west-2', credentials });
  const role = await iam.send(new GetRoleCommand({ RoleName: `${profile}-kubeflow-dev-role` })).catch(() => undefined);
  const object = await clusters.kubeflowDev.kube.find(`/apis/kubeflow.org/v1/profiles/${profile}`);
  return [role !== undefined, object !== undefined];
};

test('a run that a crash of the editor ended is shown, resumed, and ends as one that nothing disturbed', async () => {
  await withWorkbench('run-resume', { folder, env: sandbox.env }, async (workbench) => {
    const { tree, editor, notification } = workbench;
    await crashedIn(workbench, 'team-resumed', 'before');
    assert.match(
      await tree.spoken('Unfinished run'),
      /^Unfinished run: \d of \d done, profile team-resumed on kubeflow-dev \(us-west-2\), /,
    );
    await workbench.screenshot('run-unfinished');
    await tree.settled();
    await tree.row('Unfinished run').click();
    await editor.waitFor('Run: Profile team-resumed on kubeflow-dev');
    await eventually(() => lenses(workbench).then((text) => text.includes('Resume')), true);
    const shown = await editor.text();
    assert.match(shown, /\+ done {5}IAM role team-resumed-kubeflow-dev-role/);
    assert.match(shown, /- not run {2}Profile team-resumed/);
    await workbench.screenshot('run-shown');
    await tree.inline('Unfinished run', 'Resume');
    await notification.waitFor('Profile team-resumed is verified', 60_000);
    await eventually(async () => (await editor.text()).startsWith('# Result'), true);
    await eventually(() => lenses(workbench).then((text) => text.includes('Verify again')), true);
    await workbench.screenshot('run-resumed');
    await tree.row('Unfinished run').waitFor({ state: 'detached' });
    assert.deepEqual(await there('team-resumed'), [true, true]);
  });
});

test('a run that a crash of the editor ended is undone: the world is as before', async () => {
  await withWorkbench('run-undo', { folder, env: sandbox.env }, async (workbench) => {
    const { tree, editor, dialog, runCommand, quickInput } = workbench;
    await crashedIn(workbench, 'team-undone', 'after');
    assert.deepEqual(await there('team-undone'), [true, false]);
    await tree.inline('Unfinished run', 'Undo');
    assert.match(await dialog.waitFor(/team-undone-kubeflow-dev-role/), /Undo what was done: profile team-undone/);
    await workbench.screenshot('run-undo');
    await dialog.press('Undo');
    await eventually(async () => (await editor.text()).startsWith('# Undone'), true);
    await tree.row('Unfinished run').waitFor({ state: 'detached' });
    assert.deepEqual(await there('team-undone'), [false, false]);

    // What was done is still known, from the palette.
    await runCommand('Kubeflow: Show Runs');
    await quickInput.row(/team-undone.*undone/s).waitFor();
    await quickInput.pick(/team-undone.*undone/s);
    await editor.waitFor('Run: Profile team-undone on kubeflow-dev');
  });
});
