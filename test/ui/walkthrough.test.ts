// The walkthrough as a person goes through it: it opens, the button of each step does what it says, and each step completes itself.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Locator } from 'playwright-core';
import type { Sandbox } from '../../sandbox/index.ts';
import texts from '../../package.nls.json' with { type: 'json' };
import { eventually, startStage, withWorkbench, type Workbench } from './harness.ts';

let sandbox: Sandbox;
let folder = '';
before(async () => {
  ({ sandbox, folder } = await startStage());
});

const page = '.gettingStartedContainer';
const STEPS = ['account', 'clusters', 'create', 'proof', 'lint', 'change'] as const;

/** The names of the pictures that are shown. */
async function saidByPictures(window: Workbench['page']): Promise<string[]> {
  const each = window.frames().map(async (frame) => {
    const picture = frame.locator('svg[role="img"][aria-label]');
    return (await picture.count()) > 0 ? ((await picture.first().getAttribute('aria-label')) ?? '') : '';
  });
  return (await Promise.all(each.map((one) => one.catch(() => '')))).filter((name) => name !== '');
}

/** A step, by its id. */
const stepOf = ({ page: window }: Workbench, id: string) =>
  window.locator(`${page} [data-step-id="kubeflow-irsa.kubeflow-irsa#firstProfile#${id}"]`);

/** Brings the walkthrough to the front and opens a step. */
async function open(workbench: Workbench, id: string): Promise<void> {
  const { runCommand, pressFor, page: window, quickInput } = workbench;
  if (!(await window.locator(page).isVisible())) {
    await runCommand('Welcome: Open Walkthrough...');
    await quickInput.row('Give a Kubeflow profile its S3 access').waitFor();
    await quickInput.pick('Give a Kubeflow profile its S3 access');
    await window.locator(page).waitFor();
  }
  const step = stepOf(workbench, id);
  await pressFor(
    () => step.click({ timeout: 2_000 }).catch(() => undefined),
    step.and(window.locator('[aria-expanded="true"]')),
  );
}

/** Presses a button or a link of a step that is open, until it did something: a page that is drawn anew loses a click. */
const press = (workbench: Workbench, id: string, name: string, wanted: Locator): Promise<void> => {
  const step = stepOf(workbench, id);
  const button = step
    .getByRole('button', { name, exact: true })
    .or(step.getByRole('link', { name, exact: true }))
    .first();
  return workbench.pressFor(() => button.click({ timeout: 2_000 }).catch(() => undefined), wanted);
};
/** A prompt of this title. */
const prompt = ({ quickInput }: Workbench, title: string): Locator =>
  quickInput.widget.locator('.quick-input-title').filter({ hasText: title });

/** Waits until a step says that it is done. */
const isDone = (workbench: Workbench, id: string): Promise<void> =>
  stepOf(workbench, id).and(workbench.page.locator('[aria-checked="true"]')).waitFor({ state: 'attached' });

test('the walkthrough opens, each button works, and each step completes itself', async () => {
  await withWorkbench(
    'walkthrough',
    { folder, env: sandbox.env, viewport: { width: 1600, height: 900 } },
    async (workbench) => {
      const { quickInput, tree, editor, notification, runCommand, page: window } = workbench;
      await open(workbench, 'account');
      assert.equal(await window.locator(`${page} [data-step-id]`).count(), STEPS.length);
      for (const id of STEPS) {
        await open(workbench, id);
        // The picture of a step, and what is read to who does not see it.
        const alt = texts[`walkthrough.${id}.alt`];
        await eventually(() => saidByPictures(window), [alt]);
        await workbench.screenshot(`walkthrough-step-${id}`);
      }

      await open(workbench, 'account');
      await press(workbench, 'account', 'Select AWS Profiles', prompt(workbench, 'Select AWS Profiles'));
      await quickInput.cancel();
      await isDone(workbench, 'account');

      await open(workbench, 'clusters');
      await press(workbench, 'clusters', 'Show EKS Clusters', tree.row('kubeflow-dev'));
      await isDone(workbench, 'clusters');

      await open(workbench, 'create');
      await press(workbench, 'create', 'Create IRSA Profile', prompt(workbench, 'Create IRSA Profile (1/5)'));
      await quickInput.pick('kubeflow-dev');
      await quickInput.waitFor('(2/5)');
      await quickInput.type('team-w');
      await quickInput.accept();
      await quickInput.waitFor('(3/5)');
      // The last row that comes: what is chosen before may be lost.
      await quickInput.row('Create a user in Dex').waitFor();
      await quickInput.type('user@example.com');
      await quickInput.accept();
      await quickInput.waitFor('(4/5)');
      await quickInput.pick('kubeflow-artifacts');
      await quickInput.waitFor('(5/5)');
      await quickInput.accept();
      await editor.waitFor('Plan: team-w on kubeflow-dev');
      await window.locator('.codelens-decoration a').filter({ hasText: 'Apply' }).first().click();
      await notification.waitFor('Profile team-w is verified', 60_000);
      await runCommand('View: Close All Editors');
      await open(workbench, 'create');
      await isDone(workbench, 'create');
      await isDone(workbench, 'proof');

      await open(workbench, 'proof');
      await press(workbench, 'proof', 'Verify Profile', prompt(workbench, 'Verify Profile (1/2)'));
      await quickInput.cancel();

      await open(workbench, 'lint');
      await press(workbench, 'lint', 'Open a Sample', window.locator('.squiggly-error').nth(1));
      await open(workbench, 'lint');
      await isDone(workbench, 'lint');

      await open(workbench, 'change');
      for (const [button, title] of [
        ['Edit Profile', 'Edit Profile'],
        ['deleted', 'Delete Profile'],
        ['what others left behind', 'Find Leftovers'],
      ] as const) {
        await press(workbench, 'change', button, prompt(workbench, title));
        await quickInput.cancel();
      }
      await isDone(workbench, 'change');
    },
  );
});
