// The tree as a person uses it, in real VS Code on the sandbox.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { CreateClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { eventually, withWorkbench, type Workbench } from './harness.ts';

let sandbox: Sandbox;
let folder = '';
before(async () => {
  [sandbox, folder] = await Promise.all([
    startSandbox({ own: true }),
    mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-explorer-')),
  ]);
});
after(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

const SETTINGS = { 'kubeflowIrsa.aws.regions': ['us-west-2', 'eu-central-1'] };
const options = () => ({ folder, env: sandbox.env, settings: SETTINGS });

/** Themes, and the class of a window that has them. */
const CLASSES = {
  'Dark Modern': 'vs-dark',
  'Default High Contrast': 'hc-black',
  'Default High Contrast Light': 'hc-light',
} as const;
test(`the tree can be read in ${Object.keys(CLASSES).join(', ')}`, async () => {
  // First: a window in which clusters were closed before redraws them in the middle of this.
  await withWorkbench('explorer-themes', options(), async (workbench) => {
    const { tree, page } = workbench;
    await tree.open();
    await tree.row('analytics').waitFor();
    await tree.expand('kubeflow-dev');
    await tree.row(/team-b.*problems/s).waitFor();
    await tree.expand('team-b');
    for (const [theme, name] of Object.entries(CLASSES)) {
      await workbench.change({ 'workbench.colorTheme': theme }, page.locator(`.monaco-workbench.${name}`));
      await tree.row('sub condition missing').waitFor();
      await workbench.screenshot(`explorer-${theme.toLowerCase().replaceAll(' ', '-')}`);
    }
  });
});

test('the tree shows clusters, their profiles, what they have and what is wrong', async () => {
  await withWorkbench('explorer', options(), async (workbench) => {
    const { tree, notification } = workbench;
    await tree.open();
    await tree.row('kubeflow-dev').waitFor();
    await tree.row('analytics').waitFor();
    await tree.expand('kubeflow-dev');
    await tree.row(/team-a.*not verified/s).waitFor();
    await tree.row(/team-b.*problems/s).waitFor();
    await workbench.screenshot('explorer-profiles');
    await tree.expand('team-b');
    await tree.row('sub condition missing').waitFor();
    await tree.row('default-editor').waitFor();
    await tree.expand('legacy');
    await tree.row('cannot be reached').waitFor();
    await tree.expand('analytics');
    await tree.row('No Kubeflow').waitFor();
    await workbench.screenshot('explorer-details');
    assert.match(
      await tree.spoken('team-a'),
      /^Kubeflow profile team-a, not verified, 1 remark, role team-a-kubeflow-dev-role/,
    );
    assert.match(await tree.spoken('legacy'), /unreachable/);
    assert.deepEqual(await notification.all(), [], 'a tree never pops up');
  });
});

test('verify from the tree, and the state follows', async () => {
  await withWorkbench('explorer-verify', options(), async (workbench) => {
    const { tree, notification } = workbench;
    await tree.open();
    await tree.row('analytics').waitFor();
    await tree.expand('kubeflow-dev');
    await tree.row(/team-a.*not verified/s).waitFor();
    await tree.inline('team-a', /Verify/);
    await notification.waitFor(/is verified/, 60_000);
    await tree.row(/team-a.*works/s).waitFor();
    await workbench.screenshot('explorer-verified');
  });
});

test('the filter is shown, hides what does not match, and is cleared by one click', async () => {
  await withWorkbench('explorer-filter', options(), async (workbench) => {
    const { tree, quickInput, runCommand, page } = workbench;
    await tree.open();
    await tree.row('analytics').waitFor();
    await tree.expand('kubeflow-dev');
    await tree.row('team-b').waitFor();
    await runCommand('Kubeflow: Filter Clusters and Profiles…');
    await quickInput.waitFor('Filter Clusters');
    await quickInput.type('team-b');
    await quickInput.accept();
    await tree.row('team-a').waitFor({ state: 'detached' });
    await tree.row('team-b').waitFor();
    await page.locator('.sidebar .tree-explorer-viewlet-tree-view .message').getByText('filter: team-b').waitFor();
    await workbench.screenshot('explorer-filter');
    await runCommand('Kubeflow: Filter Clusters and Profiles…');
    await quickInput.type('nothing has this name');
    await quickInput.accept();
    assert.match(await tree.welcome(), /filter hides all/);
    await page.locator('.sidebar .welcome-view-content').getByRole('button', { name: 'Show Everything' }).click();
    await tree.row('team-a').waitFor();
  });
});

test('the cluster goes away while it is looked at, and comes back by itself', async () => {
  await withWorkbench('explorer-recovery', options(), async (workbench) => {
    const { tree, notification } = workbench;
    await tree.open();
    await tree.row('analytics').waitFor();
    await tree.expand('kubeflow-dev');
    await tree.row('team-a').waitFor();
    await sandbox.killApiServer('kubeflow-dev');
    await tree.row(/kubeflow-dev.*unreachable/s).waitFor();
    await tree.row('team-a').waitFor();
    await workbench.screenshot('explorer-lost');
    await sandbox.startApiServer('kubeflow-dev');
    await eventually(async () => /unreachable/.test(await tree.spoken('kubeflow-dev')), false);
    await sandbox.clusters.kubeflowDev.kube.request('POST', '/apis/kubeflow.org/v1/profiles', {
      apiVersion: 'kubeflow.org/v1',
      kind: 'Profile',
      metadata: { name: 'team-new' },
      spec: { owner: { kind: 'User', name: 'new@example.com' } },
    });
    await tree.row('team-new').waitFor();
    assert.deepEqual(await notification.all(), []);
  });
});

test('the manifest of a live Profile is opened, edited and applied after a question; a stale one is refused', async () => {
  const path = '/apis/kubeflow.org/v1/profiles/team-b';
  const { kube } = sandbox.clusters.kubeflowDev;
  const pods = async () =>
    (await kube.request<{ spec: { resourceQuotaSpec?: { hard?: Record<string, string> } } }>('GET', path)).spec
      .resourceQuotaSpec?.hard?.['pods'];
  await withWorkbench('explorer-manifest', options(), async (workbench) => {
    const { tree, editor, dialog, page } = workbench;
    await tree.open();
    await tree.row('analytics').waitFor();
    await tree.expand('kubeflow-dev');
    await tree.row('team-b').waitFor();
    await tree.inline('team-b', 'Open Manifest');
    await editor.waitFor('team-b.kubeflow-profile.yaml');
    const before = await editor.text();
    assert.match(before, /kind: Profile/);
    const paste = async (text: string): Promise<void> => {
      await editor.lines.click();
      await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.press('ControlOrMeta+v');
    };
    await paste(`${before.trimEnd()}\n  resourceQuotaSpec:\n    hard:\n      pods: "10"\n`);
    await editor.titleAction('Apply Manifest');
    assert.match(await dialog.waitFor(), /Apply these changes to Profile team-b on cluster kubeflow-dev/);
    await workbench.screenshot('explorer-manifest');
    await dialog.press('Apply');
    await eventually(pods, '10');
    await eventually(async () => (await editor.text()) === before, false);

    const applied = await editor.text();
    await kube.request(
      'PATCH',
      path,
      { metadata: { labels: { changed: 'meanwhile' } } },
      'application/merge-patch+json',
    );
    await paste(applied.replace('pods: "10"', 'pods: "20"'));
    await editor.titleAction('Apply Manifest');
    await dialog.waitFor(/changed on the cluster since you opened it/);
    await workbench.screenshot('explorer-manifest-stale');
    await dialog.press('Cancel');
    assert.equal(await pods(), '10');
    assert.match(await editor.text(), /pods: "20"/, 'nothing is lost');
    await workbench.runCommand('View: Revert and Close Editor');
  });
});

test('an OIDC provider is associated from the cluster, after a review', async () => {
  await withWorkbench('explorer-provider', options(), async (workbench) => {
    const { tree, editor, notification } = workbench;
    await tree.open();
    await tree.row(/analytics.*no OIDC provider/s).waitFor();
    await tree.menu('analytics', 'Associate OIDC Provider');
    await editor.waitFor('Plan: OIDC provider of analytics');
    await eventually(async () => (await editor.text()).includes('1 to create'), true);
    await workbench.screenshot('explorer-provider');
    await editor.titleAction('Apply Plan');
    await notification.waitFor(/has its OIDC provider/);
    await eventually(async () => /no OIDC provider/.test(await tree.spoken('analytics')), false);
  });
});

test('only problems are shown, and profiles are sorted by state', async () => {
  await withWorkbench('explorer-problems', options(), async (workbench) => {
    const { tree, runCommand } = workbench;
    await tree.open();
    await tree.row('analytics').waitFor();
    await tree.expand('kubeflow-dev');
    await tree.row(/team-a.*(not verified|works)/s).waitFor();
    await tree.row(/team-b.*problems/s).waitFor();
    const profiles = async () =>
      (await tree.rows()).filter((row) => /^team-[ab]/.test(row)).map((row) => row.slice(0, 'team-a'.length));
    assert.deepEqual(await profiles(), ['team-a', 'team-b']);
    await runCommand('Kubeflow: Sort Profiles by State');
    await eventually(profiles, ['team-b', 'team-a']);
    await runCommand('Kubeflow: Show Only Problems');
    await eventually(profiles, ['team-b']);
    await workbench.screenshot('explorer-only-problems');
    await runCommand('Kubeflow: Show All States');
    await runCommand('Kubeflow: Sort Profiles by Name');
    await eventually(profiles, ['team-a', 'team-b']);
  });
});

test('nodes are copied, opened in the console, explained and repaired', async () => {
  await withWorkbench('explorer-actions', options(), async (workbench) => {
    const { tree, quickInput, editor, dialog, page, notification } = workbench;
    const clipboard = () => page.evaluate<string>('navigator.clipboard.readText()');
    await tree.open();
    await tree.row('analytics').waitFor();
    await tree.expand('kubeflow-dev');
    await tree.row(/team-b.*problems/s).waitFor();
    await tree.menu('team-a', 'Copy Role ARN');
    await eventually(clipboard, `arn:aws:iam::${sandbox.account}:role/team-a-kubeflow-dev-role`);
    await tree.menu('team-a', 'Copy Name');
    await eventually(clipboard, 'team-a');
    await tree.menu('kubeflow-dev', 'Copy Cluster ARN');
    await eventually(clipboard, sandbox.clusters.kubeflowDev.arn);
    await tree.menu('kubeflow-dev', 'Open in AWS Console');
    assert.match(await dialog.waitFor(), /external website/);
    const box = page.locator('.monaco-dialog-box');
    assert.match(await box.innerText(), /us-west-2\.console\.aws\.amazon\.com\/eks\/clusters\/kubeflow-dev/);
    await workbench.screenshot('explorer-console');
    await dialog.press('Cancel');
    await tree.expand('team-b');
    await tree.settled();
    await tree.row('sub condition missing').click();
    await editor.waitFor(/KP-029/);
    const explained = page.frameLocator('iframe.webview').frameLocator('iframe').locator('body');
    await explained.getByText('to equal system:serviceaccount:<').waitFor();
    await workbench.screenshot('explorer-explained');
    await tree.inline('sub condition missing', 'Repair');
    await quickInput.waitFor(/IRSA Profile/);
    await workbench.screenshot('explorer-repair');
    await quickInput.cancel();
    assert.deepEqual(await notification.all(), []);
  });
});

const welcome = ({ page }: Workbench, text: RegExp) =>
  page.locator('.sidebar .welcome-view-content').filter({ hasText: text });

for (const [id, text] of [
  ['expired', /sign-in has expired/],
  ['other-account', /no EKS cluster/],
] as const) {
  test(`an empty tree says why, and what to do: ${id}`, async () => {
    await withWorkbench(`explorer-empty-${id}`, options(), async (workbench) => {
      const { tree, notification } = workbench;
      await tree.open();
      await workbench.change({ 'kubeflowIrsa.aws.profiles': [id] }, welcome(workbench, text));
      assert.match(await tree.welcome(text), text);
      await workbench.screenshot(`explorer-empty-${id}`);
      assert.deepEqual(await notification.all(), []);
    });
  });
}

test('an expired sign-in is renewed from the tree, in the browser, and the clusters appear', async () => {
  await withWorkbench('explorer-sign-in', options(), async (workbench) => {
    const { tree, notification, page } = workbench;
    await tree.open();
    await workbench.change({ 'kubeflowIrsa.aws.profiles': ['sso'] }, welcome(workbench, /expired/));
    assert.match(await tree.welcome(/expired/), /Sign In/);
    await workbench.screenshot('explorer-signed-out');
    // VS Code asks before it opens a page that is not on this machine; here it is.
    const [browser] = await Promise.all([
      page.context().waitForEvent('page'),
      page.locator('.sidebar .welcome-view-content').getByRole('button', { name: 'Sign In' }).click(),
    ]);
    const told = await notification.waitFor(/shows the code/);
    const [code = 'none'] = /[A-Z]{4}-[A-Z]{4}/.exec(told) ?? [];
    await browser.getByText(code).waitFor();
    await workbench.screenshot('explorer-signing-in');
    await browser.getByRole('button', { name: 'Allow' }).click();
    await tree.row('kubeflow-dev').waitFor();
    await tree.expand('kubeflow-dev');
    await tree.row('team-a').waitFor();
    await workbench.screenshot('explorer-signed-in');
    await browser.close();
  });
});

test('several AWS profiles stand side by side, each with its own clusters; the one that must sign in says so', async () => {
  const { accessKeyId, secretAccessKey } = sandbox.credentials['other-account-admin'];
  const eks = new EKSClient({
    endpoint: sandbox.endpoint,
    region: 'us-west-2',
    credentials: { accessKeyId, secretAccessKey },
  });
  // The same name in another account is another cluster.
  const [name, roleArn] = ['kubeflow-dev', 'arn:aws:iam::444455556666:role/eks'];
  await eks.send(new CreateClusterCommand({ name, roleArn, resourcesVpcConfig: {} }));
  // Last: the choice is kept in the folder.
  await withWorkbench('explorer-accounts', options(), async (workbench) => {
    const { tree, notification, quickInput, runCommand } = workbench;
    await tree.open();
    await tree.row('analytics').waitFor();
    await runCommand('Kubeflow: Select AWS Profiles…');
    await quickInput.waitFor('Select AWS Profiles');
    for (const profile of ['other-account', 'expired'])
      await quickInput.row(profile).locator('.quick-input-list-checkbox, .monaco-checkbox, input').first().click();
    await workbench.screenshot('explorer-select-profiles');
    await quickInput.accept();
    await tree.row(/default chain · us-west-2.*2 clusters.*111122223333/s).waitFor();
    await tree.row(/other-account · us-west-2.*1 cluster.*444455556666/s).waitFor();
    const group = tree.row(/^expired.*have expired/s);
    await group.waitFor();
    await workbench.screenshot('explorer-accounts');
    assert.deepEqual(
      (await tree.rows()).filter((row) => row.startsWith('expired')).length,
      1,
      'one row, not one a region',
    );
    await tree.inline(/^expired.*have expired/s, 'Sign In');
    await notification.waitFor(/expired: it does not use IAM Identity Center/);
  });
});
