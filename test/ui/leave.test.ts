// How a profile ends, in the real user interface: its plan is read, its name is typed, and what is left over is found and removed.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  CreatePodIdentityAssociationCommand,
  EKSClient,
  ListPodIdentityAssociationsCommand,
} from '@aws-sdk/client-eks';
import { CreateRoleCommand, GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Sandbox } from '../../sandbox/index.ts';
import { eventually, startStage, withWorkbench, type Workbench } from './harness.ts';

let sandbox: Sandbox;
let folder = '';
before(async () => {
  ({ sandbox, folder } = await startStage());
});

const client = () => ({
  endpoint: sandbox.env['AWS_ENDPOINT_URL'] ?? '',
  region: 'us-west-2',
  credentials: {
    accessKeyId: sandbox.env['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: sandbox.env['AWS_SECRET_ACCESS_KEY'] ?? '',
  },
});
const hasRole = (RoleName: string): Promise<boolean> =>
  new IAMClient(client()).send(new GetRoleCommand({ RoleName })).then(
    () => true,
    () => false,
  );
const lenses = async ({ page }: Workbench): Promise<string> =>
  (await page.locator('.editor-group-container.active .codelens-decoration').allInnerTexts()).join(' | ');

test('a profile is deleted from the tree: what goes and what stays is read first, its data is a choice, its name is typed', async () => {
  const s3 = new S3Client({ ...client(), forcePathStyle: true });
  for (const Key of ['team-b/v2/model', 'team-b/v2/metrics', 'team-a/kept'])
    await s3.send(new PutObjectCommand({ Bucket: 'kubeflow-artifacts-111122223333', Key, Body: 'text' }));
  await withWorkbench('leave-delete', { folder, env: sandbox.env }, async (workbench) => {
    const { tree, editor, quickInput, notification, runCommand } = workbench;
    await tree.open();
    await tree.row('kubeflow-dev').waitFor();
    await tree.expand('kubeflow-dev');
    // What it says when all of it is read.
    await tree.row(/team-a.*remark/s).waitFor();
    await tree.menu('team-a', 'Delete Profile');
    await editor.waitFor('Plan: delete team-a on kubeflow-dev');
    await eventually(() => lenses(workbench).then((text) => /Delete the data, too: 1 object/.test(text)), true);
    await workbench.screenshot('delete-plan');
    const text = await editor.text();
    assert.match(text, /- delete +Profile team-a/);
    assert.match(text, /- delete +IAM role team-a-kubeflow-dev-role/);
    assert.match(text, /What stays: the cluster's OIDC provider, the bucket/);
    await runCommand('Kubeflow: Apply Plan');
    await quickInput.waitFor('Plan: delete team-a on kubeflow-dev');
    await quickInput.type('team-b');
    await quickInput.message(/to the letter/);
    await quickInput.type('team-a');
    await workbench.screenshot('delete-name');
    await quickInput.accept();
    assert.equal(await notification.waitFor('is deleted', 120_000), 'Profile team-a is deleted.');
    await workbench.screenshot('delete-result');
    assert.equal(await hasRole('team-a-kubeflow-dev-role'), false);
    await eventually(() => tree.rows().then((rows) => rows.some((row) => row.startsWith('team-a'))), false);
  });
});

test('leftovers are found on a cluster, chosen by their evidence, and removed by a plan', async () => {
  const issuer = sandbox.clusters.kubeflowDev.issuer.replace('https://', '');
  const trust = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::${sandbox.account}:oidc-provider/${issuer}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${issuer}:aud`]: 'sts.amazonaws.com',
            [`${issuer}:sub`]: 'system:serviceaccount:team-old:default-editor',
          },
        },
      },
    ],
  };
  await new IAMClient(client()).send(
    new CreateRoleCommand({ RoleName: 'team-old-role', AssumeRolePolicyDocument: JSON.stringify(trust) }),
  );
  const namespace = { clusterName: 'kubeflow-dev', namespace: 'team-old' };
  await new EKSClient(client()).send(
    new CreatePodIdentityAssociationCommand({
      ...namespace,
      serviceAccount: 'default-editor',
      roleArn: `arn:aws:iam::${sandbox.account}:role/team-old-role`,
    }),
  );
  await withWorkbench('leave-leftovers', { folder, env: sandbox.env }, async (workbench) => {
    const { tree, editor, quickInput, notification, runCommand } = workbench;
    await tree.open();
    await tree.row('kubeflow-dev').waitFor();
    await tree.menu('kubeflow-dev', 'Find Leftovers');
    await quickInput.waitFor('Find Leftovers');
    await quickInput.row(/IAM role team-old-role/).waitFor();
    await quickInput.row(/Pod Identity association of team-old/).waitFor();
    await workbench.screenshot('leftovers');
    await quickInput.pick(/IAM role team-old-role/);
    await quickInput.pick(/Pod Identity association of team-old/);
    await quickInput.accept();
    await editor.waitFor('Plan: leftovers on kubeflow-dev');
    await eventually(() => lenses(workbench).then((text) => text.includes('Remove')), true);
    await workbench.screenshot('leftovers-plan');
    await runCommand('Kubeflow: Apply Plan');
    await notification.waitFor('The leftovers that you chose are removed');
    assert.equal(await hasRole('team-old-role'), false);
    const { associations } = await new EKSClient(client()).send(new ListPodIdentityAssociationsCommand(namespace));
    assert.deepEqual(associations, []);
  });
});
