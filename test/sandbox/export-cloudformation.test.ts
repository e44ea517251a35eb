/** CloudFormation as exported: its stacks are made in the sandbox and read by us, and cfn-lint reads them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Sha256 } from '@aws-crypto/sha256-js';
import {
  DescribePodIdentityAssociationCommand,
  EKSClient,
  ListPodIdentityAssociationsCommand,
} from '@aws-sdk/client-eks';
import { GetBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { parse } from 'yaml';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { startProcesses } from '../../sandbox/processes.ts';
import { provideReaders } from '../../sandbox/tools.ts';
import { connectAws } from '../../src/aws/index.ts';
import { lintFolder } from '../../src/core/lint.ts';
import { planProfile } from '../../src/core/plan/profile.ts';
import { samePolicy } from '../../src/core/policy/build.ts';
import { valueOf } from '../../src/core/reading.ts';
import type { Request } from '../../src/core/request.ts';
import { cloudformation } from '../../src/export/cloudformation.ts';
import { exportedOf, ofKind, rolesOf, thingsOf, type Exported, type OutputFile } from '../../src/export/things.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import { lookAt } from '../../src/provisioning/look.ts';
import { awkwardExport } from '../fixtures/awkward.ts';
import { example, many, taken } from '../fixtures/exported.ts';

const REGION = 'us-west-2';
let sandbox: Sandbox;
let python = '';
const folder = mkdtempSync(path.join(os.tmpdir(), 'kubeflow-irsa-cloudformation-'));
mkdirSync(path.join(folder, 'logs'));
const processes = startProcesses(folder);
before(async () => {
  [sandbox, python] = await Promise.all([startSandbox(), provideReaders(processes, (line) => console.log(line))]);
  Object.assign(process.env, sandbox.env);
});
after(() => Promise.all([sandbox?.stop(), processes.close()]));

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
  const exported = await planned('cfn-team', {
    rolePath: '/teams/',
    boundary: 'arn:aws:iam::aws:policy/PowerUserAccess',
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
        key: `${role.ref.key}/arn:aws:iam::aws:policy/ReadOnlyAccess`,
      },
      value: { policyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' },
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
    { ...made, ...wanted.role, trustPolicy: '', inline: [], attached: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] },
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

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>
  >;
}

/** What cfn-lint says of each template, and the primary identifiers that the registry has for its types. */
function lint(templates: readonly string[]): {
  readonly found: readonly string[][];
  readonly ids: Readonly<Record<string, string[]>>;
} {
  const script = `
import json, sys
from cfnlint.api import lint
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER as schemas
given = json.load(sys.stdin)
types = ["AWS::IAM::OIDCProvider", "AWS::IAM::Role", "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::EKS::PodIdentityAssociation"]
config = {"include_checks": ["I", "W", "E"], "regions": ["us-west-2"]}
print(json.dumps({
    "found": [[f"{match.rule.id} {match.message} at {match.path}" for match in lint(text, config=config)] for text in given],
    "ids": {name: schemas.get_resource_schema("us-west-2", name).schema["primaryIdentifier"] for name in types},
}))`;
  return JSON.parse(
    execFileSync(python, ['-c', script], { input: JSON.stringify(templates), encoding: 'utf8', maxBuffer: 1 << 26 }),
  ) as ReturnType<typeof lint>;
}

test('cfn-lint finds nothing, and imports know each resource by its primary identifier', () => {
  const exports = [example(), taken(example()), ...fc.sample(awkwardExport, { numRuns: 1, seed: 4 })];
  const files = exports.flatMap((exported) => cloudformation([exported]).files);
  const templates = [...stacksOf(files), ...stacksOf(files, 'import')];
  const { found, ids } = lint(templates.map(({ text }) => text));
  // What a person typed into a policy or a tag is not ours to mend.
  const sound = templates.filter(({ path: file }) => !file.includes('awkward'));
  assert.equal(sound.length, templates.length);
  assert.deepEqual(found.slice(0, 2).flat(), []);
  const imports = files.filter(({ path: file }) => file.endsWith('.json'));
  assert.ok(imports.length >= 2);
  for (const { text } of imports)
    for (const { ResourceType, ResourceIdentifier } of JSON.parse(text) as {
      ResourceType: string;
      ResourceIdentifier: Record<string, string>;
    }[])
      assert.deepEqual(
        Object.keys(ResourceIdentifier).map((key) => `/properties/${key}`),
        ids[ResourceType],
      );
});

test('our own lint finds nothing', () => {
  const { files } = cloudformation([taken(example())]);
  assert.deepEqual([...lintFolder(files).values()].flat(), []);
});
