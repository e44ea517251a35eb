// All that lint says of the files of a profile when one part of one of them is changed, for each part and in each of several ways:
// test/fixtures/told/lint/.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Finding } from '../../src/core/finding.ts';
import { lintFolder } from '../../src/core/lint.ts';
import { permissionsPolicy, policyText, trustPolicy } from '../../src/core/policy/build.ts';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { asKept, besides, variations } from './told.ts';
import { arnOf, ISSUER, PROVIDER } from './world.ts';

const trust = trustPolicy(PROVIDER, ISSUER, 'team-x') as object;
const permissions = permissionsPolicy('aws', 'artifacts', 'team-x', 'prefix') as object;
const ROLE = arnOf('team-x');
const FILES: Readonly<Record<string, object>> = {
  trust: JSON.parse(policyText(trust)) as object,
  permissions: JSON.parse(policyText(permissions)) as object,
  profile: {
    ...newProfile('team-x', 'x@example.com', ROLE, true),
    spec: {
      owner: { kind: 'User', name: 'x@example.com' },
      plugins: [{ kind: 'AwsIamForServiceAccount', spec: { awsIamRole: ROLE, annotateOnly: true } }],
      resourceQuotaSpec: { hard: { cpu: '2', 'requests.memory': '1Gi' } },
    },
  },
  account: {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default-editor', namespace: 'team-x', annotations: { 'eks.amazonaws.com/role-arn': ROLE } },
  },
  launcher: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kfp-launcher', namespace: 'team-x' },
    data: {
      defaultPipelineRoot: 's3://artifacts/team-x/v2/artifacts',
      providers:
        's3:\n  default:\n    endpoint: s3.us-west-2.amazonaws.com\n    region: us-west-2\n    credentials:\n      fromEnv: true\n',
    },
  },
  repositories: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'artifact-repositories',
      namespace: 'team-x',
      annotations: { 'workflows.argoproj.io/default-artifact-repository': 'default' },
    },
    data: {
      default:
        's3:\n  bucket: artifacts\n  keyFormat: team-x/{{workflow.name}}\n  endpoint: s3.us-west-2.amazonaws.com\n  useSDKCreds: true\n',
    },
  },
  template: {
    AWSTemplateFormatVersion: '2010-09-09',
    Resources: {
      Provider: { Type: 'AWS::IAM::OIDCProvider', Properties: { Url: ISSUER, ClientIdList: ['sts.amazonaws.com'] } },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: 'team-x',
          AssumeRolePolicyDocument: trust,
          Policies: [{ PolicyName: 'p', PolicyDocument: permissions }],
        },
      },
    },
  },
};

const line = (file: string, text: string, { id, severity, start, end, message, fixes }: Finding): string =>
  [
    `${file}: ${id} ${severity} <${text.slice(start, end)}> ${message}`,
    ...fixes.map(
      ({ title, edits, preferred, effect }) =>
        ` [${title}${preferred === true ? '!' : ''}${effect === undefined ? '' : ` ${effect}`}: ${edits.map((edit) => `<${text.slice(edit.start, edit.end)}> ${edit.newText}`).join('; ')}]`,
    ),
  ]
    .join('')
    .replaceAll('\n', '⏎');
function folder(changed: string, text: string): readonly string[] {
  const files = Object.entries(FILES).map(([name, data]) => ({
    path: `${name}.json`,
    text: name === changed ? text : JSON.stringify(data),
  }));
  const found = lintFolder(files);
  return files.flatMap(({ path, text: its }) =>
    (found.get(path) ?? []).map((one) => line(path.slice(0, -5), its, one)),
  );
}

const rule = folder('', '');
test('the files as they are', () =>
  assert.deepEqual(rule, [
    'profile: KP-016 information <"cpu"> With a quota on cpu, Kubernetes refuses pods that do not name it, as most pipeline pods do. Add a LimitRange with defaults.',
    'profile: KP-016 information <"requests.memory"> With a quota on requests.memory, Kubernetes refuses pods that do not name it, as most pipeline pods do. Add a LimitRange with defaults.',
  ]));
for (const [name, document] of Object.entries(FILES))
  describe(name, () => {
    for (const [way, all] of variations(document))
      test(way, () =>
        asKept(
          `lint/${name}/${way}`,
          all.flatMap(([what, text]) => [what, ...besides(folder(name, text), rule).map((one) => `  ${one}`)]),
        ),
      );
  });
