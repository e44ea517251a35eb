/** CloudFormation as exported, read by cfn-lint and held against the registry of CloudFormation that it brings along. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { startProcesses } from '../../sandbox/processes.ts';
import { provideReaders } from '../../sandbox/tools.ts';
import { cloudformation } from '../../src/export/cloudformation.ts';
import type { Exported, Thing } from '../../src/export/things.ts';
import { awkwardExport } from '../fixtures/awkward.ts';
import { example, taken } from '../fixtures/exported.ts';
import { ACCOUNT, cluster } from '../unit/world.ts';
import { tlsOnly } from '../../src/core/policy/build.ts';

let python = '';
const folder = mkdtempSync(path.join(os.tmpdir(), 'kubeflow-irsa-cfn-lint-'));
mkdirSync(path.join(folder, 'logs'));
const processes = startProcesses(folder);
before(async () => {
  python = await provideReaders(processes, (line) => console.log(line));
});
after(() => processes.close());

/** What cfn-lint says of each template, and the primary identifiers that the registry has for its types. */
function lint(templates: readonly string[]): {
  readonly found: readonly (readonly string[])[];
  readonly ids: Readonly<Record<string, string[]>>;
} {
  const script = `
import json, sys
from cfnlint.api import lint
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER as schemas
types = ["IAM::OIDCProvider", "IAM::Role", "S3::Bucket", "S3::BucketPolicy", "EKS::PodIdentityAssociation"]
config = {"include_checks": ["I", "W", "E"], "regions": ["us-west-2"]}
found = [[f"{match.rule.id} {match.message}" for match in lint(text, config=config)] for text in json.load(sys.stdin)]
ids = {name: schemas.get_resource_schema("us-west-2", name).schema["primaryIdentifier"] for name in map("AWS::".__add__, types)}
print(json.dumps({"found": found, "ids": ids}))`;
  return JSON.parse(
    execFileSync(python, ['-c', script], { input: JSON.stringify(templates), encoding: 'utf8', maxBuffer: 1 << 26 }),
  ) as ReturnType<typeof lint>;
}

/** The example with a bucket, a managed policy and an association besides. */
function everything(): Exported {
  const { things } = example();
  const role = things.find(({ ref }) => ref.kind === 'iam/role');
  assert.ok(role);
  const arn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
  const more = [
    { ref: { kind: 'iam/role-attachment', at: role.ref.at, key: `${role.ref.key}/${arn}` }, value: { policyArn: arn } },
    {
      ref: { kind: 'eks/pod-identity', at: cluster.arn, key: 'team-a/other' },
      value: {
        id: 'a-0123456789abcdef0',
        namespace: 'team-a',
        serviceAccount: 'other',
        roleArn: (role.value as { arn: string }).arn,
        tags: { team: 'a' },
        disableSessionTags: true,
        targetRoleArn: `arn:aws:iam::${ACCOUNT}:role/target`,
      },
    },
    {
      ref: { kind: 's3/bucket', at: '', key: 'artifacts' },
      value: {
        name: 'artifacts',
        region: 'us-west-2',
        accessible: true,
        settings: {
          publicAccessBlocked: true,
          ownership: 'BucketOwnerEnforced',
          encryption: { algorithm: 'aws:kms', key: `arn:aws:kms:us-west-2:${ACCOUNT}:key/0123` },
          policy: JSON.stringify(tlsOnly('aws', 'artifacts')),
          tags: { team: 'a' },
          empty: true,
        },
      },
    },
  ];
  return { cluster, things: [...things, ...more.map((one) => ({ ...one, there: false }) as Thing)] };
}

const all = [everything(), taken(everything())].flatMap((exported) => cloudformation([exported]).files);
const templates = all.filter(({ path: file }) => /\/(stacks|import)\/.*\.yaml$/.test(file));

test('cfn-lint has nothing to say, and what is imported is known by the primary identifier of its type', () => {
  assert.ok(templates.length >= 6);
  const { found, ids } = lint(templates.map(({ text }) => text));
  assert.deepEqual(found.flat(), []);
  const imports = all
    .filter(({ path: file }) => file.endsWith('.json'))
    .flatMap(
      ({ text }) =>
        JSON.parse(text) as { ResourceType: string; ResourceIdentifier: Readonly<Record<string, string>> }[],
    );
  assert.deepEqual([...new Set(imports.map(({ ResourceType }) => ResourceType))].sort(), Object.keys(ids).sort());
  for (const { ResourceType, ResourceIdentifier } of imports)
    assert.deepEqual(
      Object.keys(ResourceIdentifier).map((key) => `/properties/${key}`),
      ids[ResourceType],
    );
});

test('PyYAML, which reads YAML 1.1, reads awkward templates as JavaScript does', () => {
  const texts = fc
    .sample(awkwardExport, 60)
    .flatMap((exported) => cloudformation([exported]).files)
    .filter(({ path: file }) => /\/(stacks|import)\/.*\.yaml$/.test(file))
    .map(({ text }) => text);
  const script = 'import json, sys, yaml\nprint(json.dumps([yaml.safe_load(text) for text in json.load(sys.stdin)]))';
  const read = JSON.parse(
    execFileSync(python, ['-c', script], { input: JSON.stringify(texts), encoding: 'utf8', maxBuffer: 1 << 26 }),
  ) as readonly object[];
  for (const [at, text] of texts.entries()) assert.deepEqual(read[at], parse(text), text);
});
