// The doctor in the real user interface: from a row to the report, its evidence folded, and from there to one plan for several findings.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Sandbox } from '../../sandbox/index.ts';
import { eventually, startStage, withWorkbench, type Workbench } from './harness.ts';

let sandbox: Sandbox;
let folder = '';
let end: (() => Promise<void>) | undefined;
before(async () => {
  ({ sandbox, folder, end } = await startStage('doctor'));
});
after(() => end?.());

const opened = (name: string, work: (workbench: Workbench) => Promise<void>): Promise<void> =>
  withWorkbench(name, { folder, env: sandbox.env }, work);

const active = '.editor-group-container.active';
const lenses = async ({ page }: Workbench): Promise<readonly string[]> =>
  page.locator(`${active} .codelens-decoration`).allInnerTexts();
/** The lines that are on the screen. */
const shown = async ({ page }: Workbench): Promise<string> =>
  (await page.locator(`${active} .view-line`).allInnerTexts()).join('\n').replaceAll('\u00a0', ' ');

test('from a row to the report, whose evidence is folded, and from there to one plan for all that it mends', async () => {
  await opened('doctor', async (workbench) => {
    const { tree, editor, quickInput, page } = workbench;
    await tree.open();
    await tree.row('kubeflow-dev').waitFor();
    await tree.expand('kubeflow-dev');
    await tree.row(/team-b.*problem/s).waitFor();
    await tree.menu(/team-b.*problem/s, 'Doctor…');
    await editor.waitFor('Doctor: team-b on kubeflow-dev');
    await eventually(async () => /## Profile team-b: \d+ problems/.test(await shown(workbench)), true);
    await eventually(async () => (await lenses(workbench)).some((text) => /Repair… \(\d+ findings\)/.test(text)), true);
    const text = await shown(workbench);
    assert.match(text, /^error KP-029: /m);
    assert.match(text, /^ +Why: /m);
    assert.match(text, /^ +What to do: .* A plan mends it\.$/m);
    // Folded: the heading is seen, and what it heads is not.
    await eventually(async () => /Evidence \(\d+\):/.test(await shown(workbench)), true);
    assert.doesNotMatch(await shown(workbench), /"Statement"/);
    await workbench.screenshot('doctor');
    await page.locator(`${active} .codelens-decoration a`).filter({ hasText: 'Accept…' }).first().click();
    await quickInput.waitFor('Accept KP-');
    await quickInput.accept();
    await quickInput.message('A reason is needed.');
    await quickInput.type('The team moves to another cluster: "soon".');
    await workbench.screenshot('doctor-accept-reason');
    await quickInput.accept();
    await quickInput.message(/The last day/);
    assert.match(await quickInput.value(), /^\d{4}-\d\d-\d\d$/);
    await quickInput.type('2099-02-30');
    await quickInput.message(/Write a day/);
    await quickInput.type('2099-01-31');
    await quickInput.accept();
    await editor.waitFor('.kubeflow-irsa.yaml');
    await workbench.screenshot('doctor-accept');
    assert.match(
      await editor.text(),
      /^accepted:\n {2}- id: KP-\d+\n {4}cluster: kubeflow-dev\n {4}profile: team-b\n {4}reason: "The team moves to another cluster: \\"soon\\"\."\n {4}until: 2099-01-31\n {4}fingerprint: '[^']+'\n$/,
    );
    await page.locator('.tab').filter({ hasText: 'Doctor: team-b on kubeflow-dev' }).click();
    await editor.waitFor('Doctor: team-b on kubeflow-dev');
    await page.locator(`${active} .codelens-decoration a`).filter({ hasText: 'Repair…' }).first().click();
    await quickInput.waitFor(/IRSA Profile \(1\/2\)/);
    await quickInput.pick('kubeflow-artifacts');
    await quickInput.waitFor(/IRSA Profile \(2\/2\)/);
    await quickInput.accept();
    await editor.waitFor('Plan: team-b on kubeflow-dev');
  });
});

test('what if this file were applied: the findings that would come', async () => {
  await writeFile(
    path.join(folder, 'team-a.yaml'),
    `apiVersion: kubeflow.org/v1
kind: Profile
metadata:
  name: team-a
spec:
  owner:
    kind: User
    name: alice@example.com
  plugins:
    - kind: AwsIamForServiceAccount
      spec:
        awsIamRole: arn:aws:iam::${sandbox.account}:role/nobody-made-it
        annotateOnly: true
`,
  );
  await opened('doctor-what-if', async (workbench) => {
    const { editor, quickInput, page } = workbench;
    await workbench.openFile('team-a.yaml');
    await page.locator(`${active} .codelens-decoration a`).filter({ hasText: 'What if I apply this?' }).first().click();
    await quickInput.pick('kubeflow-dev');
    await editor.waitFor(/What if: team-a\.yaml/);
    await eventually(async () => /^\+ KP-086 kubeflow-dev\/team-a: /m.test(await shown(workbench)), true);
    await workbench.screenshot('doctor-what-if');
  });
});
