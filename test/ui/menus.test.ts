// Every button of the tree is pressed once: each menu entry of package.json on each sort of row that it is offered on. None may end in
// a plan that is blocked, or in an error that does not tell the next step. A new entry needs a row here: the first test compares.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteOpenIDConnectProviderCommand, IAMClient } from '@aws-sdk/client-iam';
import type { Locator } from 'playwright-core';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { readManifest } from '../../scripts/manifest.ts';
import texts from '../../package.nls.json' with { type: 'json' };
import { eventually, withWorkbench, type Workbench } from './harness.ts';

interface Entry {
  readonly command: string;
  readonly when: string;
  readonly group: string;
}

/** "inline createProfile: eksCluster readable": how, which command, on rows with which flags. */
function keyOf({ command, when, group }: Entry): string {
  const flags = [...when.matchAll(/viewItem =~ \/(.*?)\/(?= |$)/g)].map(([, pattern = '']) =>
    pattern.replaceAll(/\\b|\^|\.\*/g, ' ').replace(/^ *\((.*)\) *$/, '$1'),
  );
  const words = flags.join(' ').replaceAll(/\s+/g, ' ').trim();
  return `${group.startsWith('inline') ? 'inline' : 'menu'} ${command.replace('kubeflowIrsa.', '')}: ${words}`;
}

/** A press, and what it must lead to. */
interface Press {
  /** The rows that are opened on the way, from the top. */
  readonly in?: readonly (string | RegExp)[];
  readonly on: string | RegExp;
  readonly then: (workbench: Workbench) => Promise<void>;
}

/** A question of a wizard. */
const asks =
  (title: string | RegExp): Press['then'] =>
  async ({ quickInput }) => {
    await quickInput.waitFor(title);
    await quickInput.cancel();
  };
/** A modal question, answered with Cancel. */
const inDialog =
  (text: string | RegExp): Press['then'] =>
  async ({ dialog }) => {
    await dialog.waitFor(text);
    await dialog.press('Cancel');
  };
const copies =
  (value: () => string): Press['then'] =>
  ({ page }) =>
    eventually(() => page.evaluate<string>('navigator.clipboard.readText()'), value());
const opens =
  (label: string | RegExp): Press['then'] =>
  ({ editor }) =>
    editor.waitFor(label);
const says =
  (text: string | RegExp): Press['then'] =>
  async ({ notification }) =>
    void (await notification.waitFor(text, 60_000));
/** It is read again, and nothing else happens. */
const staysAt =
  (row: string | RegExp): Press['then'] =>
  ({ tree }) =>
    tree.row(row).waitFor();
const showsLog: Press['then'] = ({ panel }) => panel.locator('.view-line').first().waitFor();
/** The questions of a repair are answered, and its plan can be carried out. */
const plansRepair: Press['then'] = async ({ quickInput, editor, page }) => {
  await quickInput.waitFor(/IRSA Profile \(1\/2\)/);
  await quickInput.pick('kubeflow-artifacts');
  await quickInput.waitFor(/IRSA Profile \(2\/2\)/);
  await quickInput.accept();
  await editor.waitFor(/^Plan: /);
  const lenses = page.locator('.editor-group-container.active .codelens-decoration');
  await lenses
    .filter({ hasText: /Apply: |Nothing to change|Blocked/ })
    .first()
    .waitFor();
  assert.doesNotMatch((await lenses.allInnerTexts()).join(' | '), /Blocked/);
};

/** A plan is opened in review, and can be carried out. */
const plans =
  (title: string): Press['then'] =>
  async ({ editor, page }) => {
    await editor.waitFor(title);
    const lenses = page.locator('.editor-group-container.active .codelens-decoration');
    await lenses
      .filter({ hasText: /: \d+ to |Nothing to change|Blocked/ })
      .first()
      .waitFor();
    assert.doesNotMatch((await lenses.allInnerTexts()).join(' | '), /Blocked/);
  };
/** What new pods would get is told, by the webhook of EKS in the sandbox. */
const tellsPods: Press['then'] = async ({ editor, page }) => {
  await editor.waitFor('Pods: team-a on kubeflow-dev');
  const lines = page.locator('.editor-group-container.active .view-lines');
  await lines
    .filter({ hasText: /a\snotebook:\sIRSA,\s.*team-a-kubeflow-dev-role/ })
    .first()
    .waitFor();
};
/** What is left over is offered, or there is nothing. */
const findsLeftovers: Press['then'] = async ({ quickInput, notification }) => {
  const offered = quickInput.waitFor('Find Leftovers').then(() => quickInput.cancel());
  await Promise.any([offered, notification.waitFor(/Nothing is left over/)]);
};

let sandbox: Sandbox;
let folder = '';
/** When the deletion of the profile that is stuck began. */
let deleted = 0;
/** Runs tell the name of their cluster, too. */
const CLUSTER = /^kubeflow-dev/;
const DEV = [CLUSTER];
const TEAM_A = [...DEV, 'team-a'];
const TEAM_B = [...DEV, 'team-b'];
const SPACED = [...DEV, 'spaced'];
const roleOfA = (): string => `arn:aws:iam::${sandbox.account}:role/team-a-kubeflow-dev-role`;
const CONSOLE = inDialog(/external website/);

/** Runs that were refused in the middle: one is undone, two are resumed. */
const STOPPED = ['team-r', 'team-s'] as const;
const [ofR, ofS] = STOPPED.map((profile) => new RegExp(`Unfinished run.*${profile}`, 's')) as [RegExp, RegExp];

/** By {@link keyOf}: one press a sort of row. */
const PRESSES: Readonly<Record<string, readonly Press[]>> = {
  'inline showRuns: run': [{ on: ofR, then: opens('Run: Profile team-r on kubeflow-dev') }],
  'menu showRuns: run': [{ on: ofS, then: opens('Run: Profile team-s on kubeflow-dev') }],
  'inline undoRun: run ready': [{ on: ofR, then: inDialog(/Undo what was done: profile team-r/) }],
  'menu undoRun: run ready': [{ on: ofS, then: inDialog(/Undo what was done: profile team-s/) }],
  'inline resumeRun: run ready': [{ on: ofR, then: says('Profile team-r is verified') }],
  'menu resumeRun: run ready': [{ on: ofS, then: says('Profile team-s is verified') }],
  'inline createProfile: eksCluster readable': [{ on: CLUSTER, then: asks('Create IRSA Profile (1/4)') }],
  'menu createProfile: eksCluster readable': [{ on: CLUSTER, then: asks('Create IRSA Profile (1/4)') }],
  'inline retry: eksCluster': [{ on: 'legacy', then: staysAt('legacy') }],
  'inline signIn: group|eksCluster signIn': [{ on: /^expired/, then: says(/does not use IAM Identity Center/) }],
  'menu signIn: group|eksCluster failed': [
    { on: /^expired/, then: says(/does not use IAM Identity Center/) },
    { in: ['legacy'], on: 'legacy', then: says(/does not use IAM Identity Center/) },
  ],
  'menu associateProvider: eksCluster readable': [
    { on: 'analytics', then: plans('Plan: OIDC provider of analytics') },
    { on: CLUSTER, then: plans('Plan: OIDC provider of kubeflow-dev') },
  ],
  'menu doctor: eksCluster readable': [{ on: CLUSTER, then: opens('Doctor: kubeflow-dev') }],
  'menu doctor: kubeflowProfile': [{ in: DEV, on: 'team-a', then: opens('Doctor: team-a on kubeflow-dev') }],
  'menu updateKubeconfig: eksCluster readable': [{ on: CLUSTER, then: plans('Plan: kubeconfig for kubeflow-dev') }],
  'menu openInConsole: eksCluster': [{ on: CLUSTER, then: CONSOLE }],
  'menu retry: group|eksCluster|kubeflowProfile': [
    { on: /^expired/, then: staysAt(/^expired.*have expired/s) },
    { on: 'analytics', then: staysAt('analytics') },
    { in: DEV, on: 'team-a', then: staysAt('team-a') },
  ],
  'menu copyName: (eksCluster|kubeflowProfile) | fact': [
    { on: 'analytics', then: copies(() => 'analytics') },
    { in: DEV, on: 'team-a', then: copies(() => 'team-a') },
    { in: TEAM_A, on: 'alice@example.com', then: copies(() => 'alice@example.com') },
  ],
  'menu copyClusterArn: eksCluster readable': [{ on: CLUSTER, then: copies(() => sandbox.clusters.kubeflowDev.arn) }],
  'inline verifyProfile: kubeflowProfile': [{ in: DEV, on: 'team-a', then: says('Profile team-a is verified') }],
  'menu verifyProfile: kubeflowProfile': [{ in: DEV, on: 'team-a', then: says('Profile team-a is verified') }],
  'menu seeInjection: kubeflowProfile': [{ in: DEV, on: 'team-a', then: tellsPods }],
  'inline openManifest: kubeflowProfile': [{ in: DEV, on: 'team-a', then: opens('team-a.kubeflow-profile.yaml') }],
  'menu openManifest: kubeflowProfile': [{ in: DEV, on: 'team-b', then: opens('team-b.kubeflow-profile.yaml') }],
  'menu repairProfile: kubeflowProfile repairable': [{ in: DEV, on: /team-b.*problems/s, then: plansRepair }],
  'menu copyRoleArn: kubeflowProfile irsa': [{ in: DEV, on: 'team-a', then: copies(roleOfA) }],
  'menu copyRoleArn: hasRole': [{ in: TEAM_A, on: 'default-editor', then: copies(roleOfA) }],
  'inline openInConsole: role|bucket': [
    { in: TEAM_A, on: /^team-a-kubeflow-dev-role/, then: CONSOLE },
    { in: TEAM_A, on: 's3://kubeflow-artifacts', then: CONSOLE },
  ],
  'menu openInConsole: role|bucket': [{ in: TEAM_A, on: /^team-a-kubeflow-dev-role/, then: CONSOLE }],
  'inline repairProfile: problem repair': [{ in: TEAM_B, on: 'sub condition missing', then: plansRepair }],
  'menu repairProfile: problem repair': [{ in: TEAM_B, on: 'sub condition missing', then: plansRepair }],
  'inline openManifest: problem openManifest': [
    { in: SPACED, on: 'Owner differs', then: opens('spaced.kubeflow-profile.yaml') },
  ],
  'menu openManifest: problem openManifest': [
    { in: SPACED, on: 'Owner differs', then: opens('spaced.kubeflow-profile.yaml') },
  ],
  'inline retry: unread': [{ in: ['legacy'], on: 'cannot be reached', then: staysAt('legacy') }],
  'menu retry: unread': [{ in: ['legacy'], on: 'cannot be reached', then: staysAt('legacy') }],
  'inline showLog: unread': [{ in: ['legacy'], on: 'cannot be reached', then: showsLog }],
  'menu showLog: unread': [{ in: ['legacy'], on: 'cannot be reached', then: showsLog }],
  'menu exportProfiles: eksCluster readable': [{ on: CLUSTER, then: asks('Export') }],
  'menu exportProfiles: kubeflowProfile': [{ in: DEV, on: 'team-a', then: asks('Export') }],
  'menu editProfile: kubeflowProfile': [{ in: DEV, on: 'team-a', then: asks('Edit Profile') }],
  'menu letIn: kubeflowProfile': [{ in: DEV, on: 'team-a', then: asks('Let a Service Account In') }],
  'menu takeOut: kubeflowProfile': [{ in: DEV, on: 'team-a', then: asks('Take a Service Account Out') }],
  'menu addContributor: kubeflowProfile': [{ in: DEV, on: 'team-a', then: asks('Add Contributor') }],
  'menu removeContributor: kubeflowProfile': [{ in: DEV, on: 'team-a', then: asks('Remove Contributor') }],
  'menu handOver: kubeflowProfile': [{ in: DEV, on: 'team-a', then: asks('Hand Over') }],
  'menu deleteProfile: kubeflowProfile': [
    { in: DEV, on: 'team-a', then: plans('Plan: delete team-a on kubeflow-dev') },
  ],
  'menu adoptProfile: kubeflowProfile irsa': [
    { in: DEV, on: 'team-a', then: plans('Plan: adopt team-a on kubeflow-dev') },
  ],
  'menu showIsolation: eksCluster readable': [{ on: CLUSTER, then: opens('Isolation: kubeflow-dev') }],
  'menu findLeftovers: eksCluster readable': [{ on: CLUSTER, then: findsLeftovers }],
  'inline removeContributor: contributor': [
    { in: TEAM_A, on: 'contributor (edit)', then: inDialog('Remove user@example.com from profile team-a') },
  ],
  'menu removeContributor: contributor': [
    { in: TEAM_A, on: 'contributor (edit)', then: inDialog('Remove user@example.com from profile team-a') },
  ],
  'inline handOver: owner': [{ in: TEAM_A, on: /alice@example\.com.*owner/s, then: asks('Hand Over') }],
  'menu handOver: owner': [{ in: TEAM_A, on: /alice@example\.com.*owner/s, then: asks('Hand Over') }],
  'menu addContributor: owner': [{ in: TEAM_A, on: /alice@example\.com.*owner/s, then: asks('Add Contributor') }],
  // After the time that a deletion may take.
  'inline unstickProfile: problem unstick': [
    { in: [...DEV, 'stuck'], on: 'Profile stuck in Terminating', then: opens('Plan: delete stuck on kubeflow-dev') },
  ],
  'menu unstickProfile: problem unstick': [
    { in: [...DEV, 'stuck'], on: 'Profile stuck in Terminating', then: opens('Plan: delete stuck on kubeflow-dev') },
  ],
  // Last: it needs a cluster whose provider is gone.
  'inline associateProvider: problem associateProvider': [
    { in: TEAM_A, on: 'OIDC provider missing', then: plans('Plan: OIDC provider of kubeflow-dev') },
  ],
  'menu associateProvider: problem associateProvider': [
    { in: TEAM_A, on: 'OIDC provider missing', then: plans('Plan: OIDC provider of kubeflow-dev') },
  ],
};

/** How long a deletion takes at least that counts as stuck, in milliseconds (core/modes/controller.ts). */
const STUCK = 122_000;

const { contributes } = await readManifest();
const entries = (contributes.menus?.['view/item/context'] ?? []) as Entry[];

test('each menu entry of the tree has a row in the table of presses, and no row is left over', () => {
  assert.deepEqual(Object.keys(PRESSES).sort(), entries.map(keyOf).sort());
});

before(async () => {
  [sandbox, folder] = await Promise.all([startSandbox(), mkdtemp(path.join(os.tmpdir(), 'kubeflow-irsa-menus-'))]);
  await mkdir(path.join(folder, '.vscode'));
  const settings = {
    'kubeflowIrsa.aws.regions': ['us-west-2', 'eu-central-1'],
    'kubeflowIrsa.aws.profiles': ['', 'expired'],
  };
  await writeFile(path.join(folder, '.vscode', 'settings.json'), JSON.stringify(settings));
  const { kube } = sandbox.clusters.kubeflowDev;
  // One that is being deleted, and cannot go.
  const stuck = '/apis/kubeflow.org/v1/profiles/stuck';
  await kube.request('POST', '/apis/kubeflow.org/v1/profiles', {
    apiVersion: 'kubeflow.org/v1',
    kind: 'Profile',
    metadata: { name: 'stuck', finalizers: ['example.com/hold'] },
    spec: { owner: { kind: 'User', name: 'dora@example.com' } },
  });
  await kube.request('DELETE', stuck);
  deleted = performance.now();
  // A mistake that only a person can mend: in the owner's name.
  await kube.request('POST', '/apis/kubeflow.org/v1/profiles', {
    apiVersion: 'kubeflow.org/v1',
    kind: 'Profile',
    metadata: { name: 'spaced' },
    spec: { owner: { kind: 'User', name: 'dora@example.com ' } },
  });
});
after(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

/** Takes the cluster its OIDC provider. */
async function dropProvider(): Promise<void> {
  const { account, clusters, env } = sandbox;
  const iam = new IAMClient({
    endpoint: env['AWS_ENDPOINT_URL'] ?? '',
    region: 'us-west-2',
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  });
  const OpenIDConnectProviderArn = `arn:aws:iam::${account}:oidc-provider/${clusters.kubeflowDev.issuer.replace('https://', '')}`;
  await iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }));
}

/** Plans a new profile and applies it, until a call is refused. */
async function stopped(workbench: Workbench, profile: string): Promise<void> {
  const { tree, quickInput, page, notification, editor, runCommand } = workbench;
  await tree.inline(CLUSTER, 'Create IRSA Profile');
  await quickInput.waitFor('Create IRSA Profile (1/4)');
  for (const [text, next] of [
    [profile, '(2/4)'],
    ['alice@example.com', '(3/4)'],
  ] as const) {
    await quickInput.type(text);
    await quickInput.accept();
    await quickInput.waitFor(next);
  }
  await quickInput.row('kubeflow-artifacts').waitFor();
  await quickInput.type('kubeflow-artifacts');
  await quickInput.accept();
  await quickInput.waitFor('(4/4)');
  await quickInput.accept();
  await editor.waitFor(`Plan: ${profile} on kubeflow-dev`);
  await page.locator('.codelens-decoration').filter({ hasText: 'Apply: ' }).first().waitFor();
  sandbox.control({ faults: [{ call: 'iam:PutRolePolicy', times: 1, answer: 'denied' }] });
  await runCommand('Kubeflow: Apply Plan');
  await notification.waitFor(`Profile ${profile} is not ready`, 60_000);
  await runCommand('View: Close All Editors');
  await runCommand('Notifications: Clear All Notifications');
}

/** Whether a row comes, within a few seconds. */
const seen = (row: Locator): Promise<boolean> =>
  row.waitFor({ timeout: 5_000 }).then(
    () => true,
    () => false,
  );

test('each is pressed once: none is blocked, none ends in an error without a next step', async () => {
  await withWorkbench('menus', { folder, env: sandbox.env }, async (workbench) => {
    const { tree, quickInput, dialog, notification, runCommand, page } = workbench;
    await tree.open();
    await tree.row(CLUSTER).waitFor();
    await tree.row(/^expired.*have expired/s).waitFor();

    // Somebody who can be removed.
    await tree.expand(CLUSTER);
    await tree.row('team-a').waitFor();
    await tree.menu('team-a', 'Add Contributor');
    await quickInput.waitFor('Add Contributor');
    await quickInput.row('users of Dex').waitFor();
    await quickInput.pick(/user@example\.com/);
    await quickInput.row('edit').waitFor();
    await quickInput.pick('edit');
    await dialog.waitFor('Add user@example.com');
    await dialog.press('Add Contributor');
    await notification.waitFor('contributes to profile team-a');

    for (const profile of STOPPED) await stopped(workbench, profile);

    let shown: readonly (string | RegExp)[] = DEV;
    const reveal = async (parents: readonly (string | RegExp)[]): Promise<void> => {
      const close = shown.filter((row) => !parents.includes(row)).reverse();
      for (const row of close) await tree.collapse(row);
      for (const row of parents) await tree.expand(row);
      shown = parents;
    };
    for (const entry of entries.toSorted((a, b) => order(a) - order(b))) {
      const key = keyOf(entry);
      const title = texts[`command.${entry.command.replace('kubeflowIrsa.', '')}` as keyof typeof texts];
      if (key.includes('problem unstick')) await sleep(Math.max(0, deleted + STUCK - performance.now()));
      if (key === 'inline associateProvider: problem associateProvider') await dropProvider();
      if (/problem (unstick|associateProvider)/.test(key)) await runCommand('Kubeflow: Refresh Clusters');
      for (const press of PRESSES[key] ?? []) {
        const what = `${key}, on ${String(press.on)}`;
        try {
          await reveal(press.in ?? []);
          // A tree that is read anew may close a row again.
          for (let left = 5; left > 0 && !(await seen(tree.row(press.on))); left--) {
            shown = [];
            await reveal(press.in ?? []);
          }
          await tree.row(press.on).waitFor();
          await (key.startsWith('inline') ? tree.inline(press.on, title) : tree.menu(press.on, title));
          await press.then(workbench);
          assert.equal(await page.locator('.monaco-dialog-box').count(), 0);
        } catch (error) {
          throw new Error(what, { cause: error });
        }
        if ((await page.locator('.editor-group-container .tab').count()) > 0)
          await runCommand('View: Close All Editors');
        if ((await notification.all()).length > 0) await runCommand('Notifications: Clear All Notifications');
      }
    }
  });
});

/** Place in the table: what changes the world comes last there. */
const order = (entry: Entry): number => Object.keys(PRESSES).indexOf(keyOf(entry));
