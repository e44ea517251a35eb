// `lint --fix` over a tree: what it leaves is what comes of judging all files together, again and again.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { applyFixes, atLeast, FIX_SEVERITY } from '../../src/core/fix.ts';
import type { LintFile } from '../../src/core/around.ts';
import { lintFolder } from '../../src/core/lint.ts';
import { isRead, isTerraform } from '../../src/core/look.ts';
import { readTerraform } from '../../src/core/terraform/resources.ts';
import { CLI } from '../fixtures/cli.ts';

const top = mkdtempSync(path.join(os.tmpdir(), 'kubeflow-irsa-fix-'));
after(() => rmSync(top, { recursive: true, force: true }));

const profile = (name: string, more: Readonly<Record<string, string>> = {}): string => {
  const { version = 'v1', kind = 'User', annotateOnly = 'true', region = '', role = `role/${name}-dev-role` } = more;
  return `apiVersion: kubeflow.org/${version}\nkind: Profile\nmetadata:\n  name: ${name}\nspec:\n  owner:\n    kind: ${kind}\n    name: a@example.com\n  plugins:\n    - kind: AwsIamForServiceAccount\n      spec:\n        awsIamRole: arn:aws:iam:${region}:314159265358:${role}\n        annotateOnly: ${annotateOnly}\n`;
};
const HOST = 'oidc.eks.us-west-2.amazonaws.com/id/0A1B2C3D4E5F60718293A4B5C6D7E8F9';
const trust = (subject: string): string =>
  JSON.stringify(
    {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'allow',
          Principal: { Federated: `arn:aws:iam::314159265358:oidc-provider/https://${HOST}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: { StringEquals: { [`https://${HOST}:sub`]: `system:serviceaccount:${subject}` } },
        },
      ],
    },
    undefined,
    2,
  );
const policy = (bucket: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['s3:getobject', 's3:PutObject'], Resource: `arn:aws:s3:::${bucket}/*` }],
  });
const account = (namespace: string, role: string): string =>
  `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default-editor\n  namespace: ${namespace}\n  annotations:\n    eks.amazonaws.com/rolearn: arn:aws:iam::314159265358:${role}\n`;
const launcher = (namespace: string, root: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kfp-launcher\n  namespace: ${namespace}\ndata:\n  defaultPipelineRoot: ${root}\n`;
const ackRole = (name: string): string =>
  `apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Role\nmetadata:\n  name: ${name}\nspec:\n  name: ${name}\n  assumeRolePolicyDocument: |\n    ${JSON.stringify(
    {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::314159265358:oidc-provider/${HOST}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: { StringEquals: { [`${HOST}:aud`]: 'sts.amazonaws.com' } },
        },
      ],
    },
  )}\n`;
const definition =
  'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: profiles.kubeflow.org\nspec:\n  group: kubeflow.org\n  names: { kind: Profile, plural: profiles }\n  scope: Cluster\n  versions:\n    - { name: v2alpha1, served: true, storage: true }\n';

/** What may stand in a folder of a team. A role that is misspelt is only known by its name, by which others are found, once it is mended. */
const PARTS: readonly ((team: string) => Readonly<Record<string, string>>)[] = [
  (team) => ({ 'profile.yaml': profile(team, { annotateOnly: '"true"', kind: 'user' }) }),
  (team) => ({ 'profile.yaml': profile(team, { role: `Role/${team}-dev-role`, annotateOnly: 'false' }) }),
  (team) => ({ 'profile.yaml': profile(team.toUpperCase(), { version: 'v2alpha1' }) }),
  (team) => ({ 'iam/trust.json': trust(`${team}:default-editor`) }),
  (team) => ({ 'iam/trust.json': trust(`${team}:default-editor`), 'iam/policy.json': policy(`${team}-data`) }),
  (team) => ({ 'sa.yaml': account(team, `role/${team}-dev-role`) }),
  (team) => ({
    'sa.yaml': account(team, `Role/${team}-dev-role`),
    'launcher.yaml': launcher(team, `s3:/${team}-data/v2`),
  }),
  (team) => ({
    'base/kustomization.yaml':
      'patches:\n- path: owner.yaml\n  target: { kind: Profile }\n- path: ../other/root.yaml\n  target: { kind: Profile }\nconfigMapGenerator:\n- name: kfp-launcher\n  envs: [params.env]\n',
    'base/owner.yaml': '- op: replace\n  path: /spec/owner/kind\n  value: user\n',
    'base/params.env': `defaultPipelineRoot=s3:/${team}-data/v2\n`,
    'other/root.yaml': `- op: replace\n  path: /spec/plugins/0/spec/awsIamRole\n  value: arn:aws:iam::314159265358:Role/${team}-dev-role\n`,
  }),
  (team) => ({
    'p.json': policy('${bucket}').replace('getobject', `getobject`),
    'scripts/deploy.sh': `envsubst < p.json > out.json\ncat <<'EOF' > trust.json\n${trust(`${team}:default-editor`)}\nEOF\n`,
  }),
  (team) => ({
    'main.tf': `resource "aws_iam_role" "r" {\n  name = "${team}-dev-role"\n  assume_role_policy = jsonencode(${trust(`${team}:default-editor`)})\n}\n`,
    'variables.tf': 'variable "x" {}\n',
  }),
  () => ({ 'crd.yaml': definition }),
];

/** What a fix in one folder changes in another. */
const FAR = {
  // Which service account a role lets in is known once its ARN in the Profile is mended.
  'far/a/profile.yaml': profile('far-a', { region: 'us-east-1', role: 'role/of-far' }),
  'far/b/c/role.yaml': ackRole('of-far'),
};

/** A tree that follows from a number: teams with parts of theirs, some in folders of others. */
function tree(seed: number): Readonly<Record<string, string>> {
  let state = seed;
  const random = (below: number): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
  const parts = Object.fromEntries(
    Array.from({ length: 24 }, (_, index) => index).flatMap((index) => {
      const part = PARTS[(random(65_536) >> 4) % PARTS.length];
      const team = `team-${(random(65_536) >> 4) % 9}`;
      return Object.entries(part?.(team) ?? {}).map(([file, text]) => [`${index % 7}/${index}/${file}`, text] as const);
    }),
  );
  return { ...parts, ...FAR };
}

/** All files judged together and mended, round by round. */
function together(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  let current: readonly LintFile[] = Object.entries(files).map(([file, text]) => ({ path: file, text }));
  for (let round = 0; round < 10; round += 1) {
    const found = lintFolder(current, { terraform: readTerraform, repositories: [top] });
    const next = current.map((file) => ({
      ...file,
      text: applyFixes(file.text, atLeast(FIX_SEVERITY, found.get(file.path) ?? [])),
    }));
    if (next.every(({ text }, index) => text === current[index]?.text)) break;
    current = next;
  }
  return Object.fromEntries(current.map(({ path: file, text }) => [file, text]));
}

describe('--fix leaves what comes of judging all files together, and a second time changes nothing', () => {
  for (const [seed, others] of [
    [1, 0],
    [2, 0],
    [3, 0],
    [4, 2_000],
  ] as const)
    test(`tree ${seed}${others > 0 ? ', in threads' : ''}`, () => {
      const files = tree(seed);
      const target = path.join(top, String(seed));
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(target, file)), { recursive: true });
        writeFileSync(path.join(target, file), text);
      }
      if (others > 0) mkdirSync(path.join(target, 'unrelated'), { recursive: true });
      for (let index = 0; index < others; index += 1)
        writeFileSync(path.join(target, `unrelated/${index}.yaml`), 'kind: Deployment\n');
      const fix = () => {
        const args = ['--no-warnings', CLI, 'lint', '--fix', '--format', 'json'];
        const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: target, encoding: 'utf8' });
        const left = Object.keys(files).map((file) => [file, readFileSync(path.join(target, file), 'utf8')] as const);
        return { stdout, stderr, left: Object.fromEntries(left) };
      };
      const once = fix();
      assert.match(once.stderr, /^Fixed: /);
      assert.deepEqual(once.left, together(files));
      const twice = fix();
      assert.deepEqual([twice.left, twice.stdout], [once.left, once.stdout]);
      assert.doesNotMatch(twice.stderr, /Fixed|Not/);
      const changed = Object.keys(files).filter((file) => once.left[file] !== files[file]);
      assert.ok(
        changed.length > 5 && changed.every((file) => isRead(file) || isTerraform(file) || file.endsWith('.env')),
      );
    });
});
