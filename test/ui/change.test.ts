// A profile is changed, and its role shared, as a person does it: questions with what is live, review, apply, undo; in real VS Code.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import type { Sandbox } from '../../sandbox/index.ts';
import { eventually, startStage, withWorkbench, type Workbench } from './harness.ts';

let sandbox: Sandbox;
let folder = '';
before(async () => {
  ({ sandbox, folder } = await startStage());
});

const opened = (name: string, work: (workbench: Workbench) => Promise<void>): Promise<void> =>
  withWorkbench(name, { folder, env: sandbox.env }, work);

const lenses = async ({ page }: Workbench): Promise<string> =>
  (await page.locator('.editor-group-container.active .codelens-decoration').allInnerTexts()).join(' | ');
const ready = (workbench: Workbench, text: string): Promise<void> =>
  eventually(() => lenses(workbench).then((all) => all.includes(text)), true);

test('a profile is edited: what is live stands beside each line, only what is chosen is asked, and the run is undone', async () => {
  await opened('edit', async (workbench) => {
    const { quickInput, tree, editor, notification, dialog, runCommand } = workbench;
    await tree.open();
    await tree.expand('kubeflow-dev');
    await tree.menu('team-a', 'Edit Profile');
    await quickInput.waitFor('Edit Profile');
    await quickInput.row(/Prefix.*team-a\//s).waitFor();
    await quickInput.row(/Session length.*3600 seconds/s).waitFor();
    await quickInput.row(/Prefix.*team-a\//s).click();
    await quickInput.row('Session length').click();
    await workbench.screenshot('edit-what');
    await quickInput.accept();
    await quickInput.waitFor('Edit Profile (2/3)');
    await quickInput.type('/team-a');
    await quickInput.message(/does not begin with a slash/);
    await quickInput.type('teams/team-a');
    await quickInput.accept();
    await quickInput.waitFor('Edit Profile (3/3)');
    await quickInput.type('7200');
    await workbench.screenshot('edit-session');
    await quickInput.accept();
    await editor.waitFor('Edit: team-a on kubeflow-dev');
    await ready(workbench, 'Apply: ');
    const review = await editor.text();
    assert.match(
      review,
      /aws s3 sync s3:\/\/kubeflow-artifacts[^ ]*\/team-a\/ s3:\/\/kubeflow-artifacts[^ ]*\/teams\/team-a\//,
    );
    assert.match(review, /\+ +"MaxSessionDuration": 7200/);
    await workbench.screenshot('edit-review');
    await runCommand('Kubeflow: Apply Plan');
    await notification.waitFor('Profile team-a is verified', 60_000);
    await ready(workbench, 'Undo');
    await workbench.screenshot('edit-done');
    await runCommand('Notifications: Clear All Notifications');
    await runCommand('Kubeflow: Undo Run…');
    await dialog.waitFor(/profile team-a/i);
    await dialog.press('Undo');
    await eventually(async () => (await editor.text()).startsWith('# Undone'), true);
    const aws = await import('../../src/aws/index.ts');
    Object.assign(process.env, sandbox.env);
    const role = await aws.connectAws({ region: 'us-west-2' }).role('team-a-kubeflow-dev-role');
    assert.equal(role.state === 'found' ? role.value.maxSession : role.state, 3600);
  });
});

test('a service account is let in, and taken out again', async () => {
  await opened('let-in', async (workbench) => {
    const { quickInput, tree, editor, notification, runCommand } = workbench;
    await tree.open();
    await tree.expand('kubeflow-dev');
    await tree.menu('team-a', 'Let a Service Account In');
    await quickInput.waitFor('Let a Service Account In');
    await quickInput.row('default-viewer').waitFor();
    await workbench.screenshot('let-in-who');
    await quickInput.pick('default-viewer');
    await editor.waitFor('Let in: default-viewer of team-a on kubeflow-dev');
    await ready(workbench, 'Apply: 2 to change');
    await workbench.screenshot('let-in-review');
    await runCommand('Kubeflow: Apply Plan');
    await notification.waitFor('default-viewer uses the role of team-a', 60_000);
    await ready(workbench, 'Undo');
    await runCommand('Notifications: Clear All Notifications');
    await tree.menu('team-a', 'Take a Service Account Out');
    await quickInput.waitFor('Take a Service Account Out');
    await quickInput.pick('default-viewer');
    await editor.waitFor('Take out: default-viewer of team-a on kubeflow-dev');
    await ready(workbench, 'Apply: 2 to change');
    await runCommand('Kubeflow: Apply Plan');
    await notification.waitFor('default-viewer no longer uses the role of team-a', 60_000);
  });
});

test('Export: a profile, then a plan, each into a folder that is chosen; into one that holds something after a question', async () => {
  const out = path.join(folder, 'handed-over');
  mkdirSync(out);
  await opened('export', async (workbench) => {
    const { quickInput, tree, editor, notification, dialog, runCommand } = workbench;
    const choose = async (): Promise<void> => {
      await quickInput.waitFor('Export');
      await quickInput.row('Shell script').waitFor();
    };
    const into = async (where = out): Promise<void> => {
      await quickInput.waitFor('Export: folder for');
      // VS Code writes its own folder into the box when it has read it.
      await quickInput.row('..').waitFor();
      // It loses a press while it looks at the folder that was typed.
      await eventually(async () => {
        if (!(await quickInput.widget.isVisible())) return false;
        await quickInput.type(`${where}/`);
        await quickInput.widget
          .getByRole('button', { name: 'Export Here' })
          .click({ timeout: 2_000 })
          .catch(() => undefined);
        return quickInput.widget.isVisible();
      }, false);
      await quickInput.waitForEnd();
    };
    await tree.open();
    await tree.expand('kubeflow-dev');
    await tree.menu('team-a', 'Export Profiles');
    await choose();
    await workbench.screenshot('export-targets');
    await quickInput.pick('Shell script');
    await into();
    await editor.waitFor('kubeflow-dev.sh');
    await notification.waitFor(/Written to .*handed-over/);
    await workbench.screenshot('export');
    assert.deepEqual(readdirSync(out), ['kubeflow-dev.sh']);
    const first = readFileSync(path.join(out, 'kubeflow-dev.sh'), 'utf8');
    assert.match(first, /role team-a-kubeflow-dev-role/);
    await runCommand('Notifications: Clear All Notifications');
    await runCommand('View: Close All Editors');

    // Several rows are one export.
    const both = path.join(folder, 'both');
    mkdirSync(both);
    await tree.settled();
    await tree.row('team-a').click();
    await tree.row('team-b').click({ modifiers: ['ControlOrMeta'] });
    await tree.menu('team-b', 'Export Profiles');
    await choose();
    await quickInput.pick('Shell script');
    await into(both);
    await editor.waitFor('kubeflow-dev.sh');
    const several = readFileSync(path.join(both, 'kubeflow-dev.sh'), 'utf8');
    assert.match(several, /^# Profiles: team-a, team-b$/m);
    await runCommand('Notifications: Clear All Notifications');
    await runCommand('View: Close All Editors');

    await tree.menu('team-a', 'Let a Service Account In');
    await quickInput.waitFor('Let a Service Account In');
    await quickInput.pick('default-viewer');
    await editor.waitFor('Let in: default-viewer of team-a on kubeflow-dev');
    await ready(workbench, 'Export');
    await runCommand('Kubeflow: Export Plan…');
    await choose();
    await quickInput.pick('Shell script');
    await into();
    await dialog.waitFor(/handed-over is not empty/);
    await dialog.press('Cancel');
    assert.equal(readFileSync(path.join(out, 'kubeflow-dev.sh'), 'utf8'), first);
    await runCommand('Kubeflow: Export Plan…');
    await choose();
    await quickInput.pick('Shell script');
    await into();
    await dialog.waitFor(/handed-over is not empty/);
    await dialog.press('Write');
    await editor.waitFor('kubeflow-dev.sh');
    assert.match(readFileSync(path.join(out, 'kubeflow-dev.sh'), 'utf8'), /default-viewer/);
  });
});
