// The doctor in the real user interface: from a row to the report, its evidence folded, and from there to one plan for several findings.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { GetRoleCommand, IAMClient, PutRolePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import type { Sandbox } from '../../sandbox/index.ts';
import { eventually, startStage, withWorkbench, type Workbench } from './harness.ts';

let sandbox: Sandbox;
let folder = '';
before(async () => {
  ({ sandbox, folder } = await startStage());
});

const opened = (name: string, work: (workbench: Workbench) => Promise<void>): Promise<void> =>
  withWorkbench(name, { folder, env: sandbox.env }, work);

const iamOf = ({ env, credentials }: Sandbox): IAMClient =>
  new IAMClient({
    endpoint: env['AWS_ENDPOINT_URL'] ?? '',
    region: 'us-west-2',
    credentials: credentials['sandbox-admin'],
  });
const LIST = { Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::kubeflow-artifacts-111122223333' };

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
    // Five problems and a remark, of each of which the text says that a plan mends it.
    await eventually(async () => (await lenses(workbench)).some((text) => /Repair… \(6 findings\)/.test(text)), true);
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
    // A new report shows it as accepted, with reason and day; and again once what shows it changes, and this alone.
    await page.keyboard.press('ControlOrMeta+s');
    await eventually(
      async () => /KP-029/.test(await readFile(path.join(folder, '.kubeflow-irsa.yaml'), 'utf8').catch(() => '')),
      true,
    );
    const look = async (): Promise<void> => {
      await page.locator('.tab').filter({ hasText: 'Doctor: team-b on kubeflow-dev' }).click();
      await editor.waitFor('Doctor: team-b on kubeflow-dev');
      await page.locator(`${active} .codelens-decoration a`).filter({ hasText: 'Look again' }).first().click();
    };
    await look();
    // Long lines are wrapped where the window ends.
    const told = async (): Promise<string> => (await shown(workbench)).replaceAll(/\s+/g, ' ');
    const accepted =
      / accepted \(error\) KP-029: [^"]*\. Accepted until 2099-01-31: The team moves to another cluster: "soon"\. /;
    await eventually(async () => accepted.test(await told()), true);
    await workbench.screenshot('doctor-accepted');
    const iam = iamOf(sandbox);
    const RoleName = 'team-b-kubeflow-dev-role';
    await iam.send(
      new PutRolePolicyCommand({
        ...{ RoleName, PolicyName: 'other' },
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [LIST] }),
      }),
    );
    await look();
    await eventually(async () => accepted.test(await told()), true);
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
    const trust = JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')) as { Statement: object[] };
    trust.Statement = trust.Statement.map((one) => ({ ...one, Sid: 'Renamed' }));
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: JSON.stringify(trust) }));
    await look();
    await eventually(
      async () =>
        / error KP-029: [^"]*It was accepted [^"]*"soon".*, and what shows it has changed since\. /.test(await told()),
      true,
    );
    await workbench.screenshot('doctor-accepted-changed');
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

test('what the tree shows of a live profile stands at the lines of its open manifest, and goes when it is mended', async () => {
  const role = 'team-b-kubeflow-dev-role';
  const file = path.join(folder, 'team-b.yaml');
  await writeFile(
    file,
    `apiVersion: kubeflow.org/v1
kind: Profile
metadata:
  name: team-b
spec:
  owner:
    kind: User
    name: user@example.com
  plugins:
    - kind: AwsIamForServiceAccount
      spec:
        awsIamRole: arn:aws:iam::${sandbox.account}:role/${role}
        annotateOnly: true
`,
  );
  await opened('doctor-problems', async (workbench) => {
    const { tree, editor, page } = workbench;
    const rows = page.locator('.part.panel .markers-panel-container .monaco-list-row');
    const problems = async (): Promise<readonly string[]> =>
      (await rows.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' ').trim());
    await tree.open();
    await tree.row('kubeflow-dev').waitFor();
    await tree.expand('kubeflow-dev');
    await tree.row(/team-b.*problem/s).waitFor();
    await workbench.openFile('team-b.yaml');
    await workbench.runCommand('Problems: Focus on Problems View');
    // At the role of the plugin, once.
    await rows.filter({ hasText: 'live on kubeflow-dev' }).first().waitFor();
    const its = (await problems()).filter((text) => text.includes('KP-041'));
    assert.equal(its.length, 1, its.join('\n'));
    assert.match(its[0] ?? '', /kubeflow-irsa, live on kubeflow-dev \(?KP-041\)? ?\[Ln 12, Col 21\]/);
    await workbench.screenshot('doctor-problems');
    const menu = page.locator('.action-widget:visible');
    await workbench.pressFor(async () => {
      // To its place.
      await rows.filter({ hasText: 'KP-041' }).first().dblclick();
      await page
        .locator(`${active} .lightBulbWidget:visible, ${active} [class*="codicon-gutter-lightbulb"]`)
        .first()
        .waitFor();
      await page.keyboard.press('ControlOrMeta+.');
    }, menu.getByText('Repair… (team-b on kubeflow-dev)').first());
    await menu.getByText('What is KP-041?').waitFor();
    await workbench.screenshot('doctor-problems-fix');
    await page.keyboard.press('Escape');
    // The same in the manifest as the cluster has it.
    await tree.open();
    await tree.menu(/team-b.*problem/s, 'Open Manifest');
    await editor.waitFor('team-b.kubeflow-profile.yaml');
    await workbench.runCommand('Problems: Focus on Problems View');
    // The list draws what is in view: it is narrowed to what is looked for.
    const only = (text: string): Promise<void> => page.locator('.part.panel .monaco-inputbox input').first().fill(text);
    await only('KP-041');
    await eventually(
      async () => (await problems()).filter((text) => /live on kubeflow-dev \(?KP-041/.test(text)).length,
      2,
    );
    const bucket = 'arn:aws:s3:::kubeflow-artifacts-111122223333';
    const Statement = [
      LIST,
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], Resource: `${bucket}/*` },
    ];
    await iamOf(sandbox).send(
      new PutRolePolicyCommand({
        RoleName: role,
        PolicyName: 'kf-pipeline-s3',
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
      }),
    );
    await workbench.runCommand('Kubeflow: Refresh Clusters');
    await workbench.runCommand('Problems: Focus on Problems View');
    await eventually(async () => (await problems()).some((text) => text.includes('KP-041')), false);
    await only('KP-029');
    await eventually(async () => (await problems()).filter((text) => text.includes('KP-029')).length, 2);
  });
});
