/** CloudFormation as exported: its stacks are made in the sandbox, and read by us. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Sha256 } from '@aws-crypto/sha256-js';
import {
  DescribePodIdentityAssociationCommand,
  EKSClient,
  ListPodIdentityAssociationsCommand,
} from '@aws-sdk/client-eks';
import { CreatePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { GetBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { connectAws } from '../../src/aws/index.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { samePolicy } from '../../src/core/policy/build.ts';
import { valueOf } from '../../src/core/reading.ts';
import type { Request } from '../../src/core/request.ts';
import { cloudformation } from '../../src/export/cloudformation.ts';
import { exportedOf, ofKind, rolesOf, thingsOf, type Exported, type OutputFile } from '../../src/export/things.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { lookAt } from '../../src/provisioning/look.ts';

const REGION = 'us-west-2';
let sandbox: Sandbox;
before(async () => {
  sandbox = await startSandbox({ withoutAnalytics: true });
  Object.assign(process.env, sandbox.env);
});
after(() => sandbox?.stop());

/** A call of CloudFormation as an administrator; its answer is XML. */
async function call(parameters: Readonly<Record<string, string>>): Promise<string> {
  const url = new URL(sandbox.env['AWS_ENDPOINT_URL'] ?? '');
  const signer = new SignatureV4({
    service: 'cloudformation',
    region: REGION,
    credentials: sandbox.credentials['sandbox-admin'] ?? assert.fail(),
    sha256: Sha256,
  });
  const signed = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    port: Number(url.port),
    path: '/',
    headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ Version: '2010-05-15', ...parameters }).toString(),
  });
  const response = await fetch(url, { method: 'POST', headers: signed.headers, body: signed.body as string });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
}

async function planned(profile: string, other: Partial<Request> = {}): Promise<Exported> {
  const request: Request = {
    cluster: 'kubeflow-dev',
    region: REGION,
    profile,
    owner: `${profile}@example.com`,
    bucket: 'kubeflow-artifacts-111122223333',
    access: 'prefix',
    ...other,
  };
  const { facts } = await lookAt(
    request,
    connectAws({ region: REGION }),
    kubernetesConnector({ kubeconfig: '/dev/null' }),
  );
  const cluster = valueOf(facts.cluster) ?? assert.fail();
  return exportedOf({ ...cluster, issuer: cluster.issuer ?? '' }, thingsOf(planProfile(request, facts), facts))
    .exported;
}

const stacksOf = (files: readonly OutputFile[], part = 'stacks'): readonly OutputFile[] =>
  files.filter((file) => file.path.includes(`/${part}/`) && file.path.endsWith('.yaml'));

test('its stacks make what was planned', async () => {
  const statement = { Effect: 'Allow', Action: 's3:*', Resource: '*' };
  const { Policy: managed } = await new IAMClient({ region: REGION }).send(
    new CreatePolicyCommand({
      PolicyName: 'exported',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    }),
  );
  const policyArn = managed?.Arn ?? '';
  const exported = await planned('cfn-team', {
    rolePath: '/teams/',
    boundary: policyArn,
    tags: { 'cost-center': '${aws:username} 4711' },
    maxSession: 7_200,
    bucket: 'kubeflow-cfn-111122223333',
    createBucket: true,
  });
  const associated = { namespace: 'cfn-team', serviceAccount: 'other', tags: { team: 'a' } };
  const [role] = ofKind(exported.things, 'iam/role');
  assert.ok(role);
  const things = [
    ...exported.things,
    {
      ref: {
        kind: 'iam/role-attachment',
        at: role.ref.at,
        key: `${role.ref.key}/${policyArn}`,
      },
      value: { policyArn },
      there: false,
    } as const,
    {
      ref: { kind: 'eks/pod-identity', at: exported.cluster.arn, key: 'cfn-team/other' },
      value: { ...associated, roleArn: role.value.arn },
      there: false,
    } as const,
  ];
  // The provider of the sandbox's cluster is there already: it would be imported.
  const { files, cannot } = cloudformation([
    { ...exported, things: things.filter(({ ref }) => ref.kind !== 'iam/provider') },
  ]);
  assert.deepEqual(cannot, []);
  for (const { path: file, text } of stacksOf(files)) {
    const StackName = path.basename(file, '.yaml');
    await call({
      Action: 'CreateStack',
      StackName,
      TemplateBody: text,
      'Capabilities.member.1': 'CAPABILITY_NAMED_IAM',
    });
    assert.match(await call({ Action: 'DescribeStacks', StackName }), /<StackStatus>CREATE_COMPLETE</);
  }
  const aws = connectAws({ region: REGION });
  const made = valueOf(await aws.role(role.ref.key)) ?? assert.fail();
  const [wanted] = rolesOf(things);
  assert.ok(wanted);
  assert.deepEqual(
    { ...made, trustPolicy: '', inline: [] },
    { ...made, ...wanted.role, trustPolicy: '', inline: [], attached: [policyArn] },
  );
  assert.ok(samePolicy(made.trustPolicy, wanted.role.trustPolicy));
  assert.deepEqual(
    made.inline.map(({ name }) => name),
    wanted.policies.map(({ name }) => name),
  );
  for (const [at, { text }] of wanted.policies.entries()) assert.ok(samePolicy(made.inline[at]?.text ?? '', text));
  const eks = new EKSClient({ region: REGION });
  const { associations = [] } = await eks.send(
    new ListPodIdentityAssociationsCommand({ clusterName: 'kubeflow-dev', namespace: 'cfn-team' }),
  );
  const { association } = await eks.send(
    new DescribePodIdentityAssociationCommand({
      clusterName: 'kubeflow-dev',
      associationId: associations[0]?.associationId,
    }),
  );
  assert.deepEqual(
    [association?.serviceAccount, association?.roleArn, association?.tags],
    ['other', role.value.arn, { team: 'a' }],
  );
  // Planned again, nothing is left to be done in AWS.
  const again = await planned('cfn-team', { bucket: 'kubeflow-cfn-111122223333', createBucket: true });
  const left = again.things.filter(({ ref, there }) => !there && !ref.kind.startsWith('k8s/'));
  assert.deepEqual(left, []);
  const s3 = new S3Client({ region: REGION });
  const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket: 'kubeflow-cfn-111122223333' }));
  const bucket = ofKind(things, 's3/bucket')[0]?.value;
  assert.ok(samePolicy(Policy, bucket?.settings?.policy ?? ''));
});

test('its provider makes what was planned', async () => {
  const exported = await planned('cfn-provider');
  const [provider] = ofKind(exported.things, 'iam/provider');
  assert.ok(provider);
  const arn = provider.value.arn.replace(/[0-9A-F]{32}$/, '0'.repeat(32));
  const things = [
    { ...provider, there: false, value: { arn, clientIds: ['sts.amazonaws.com'], tags: { team: '${x} é' } } },
  ];
  const [{ text } = assert.fail()] = stacksOf(cloudformation([{ ...exported, things }]).files);
  await call({ Action: 'CreateStack', StackName: 'provider', TemplateBody: text });
  const made = valueOf(await connectAws({ region: REGION }).oidcProvider(arn));
  assert.deepEqual(made, { arn, clientIds: ['sts.amazonaws.com'], tags: { team: '${x} é' } });
});
