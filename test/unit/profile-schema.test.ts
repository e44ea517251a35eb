// The schema for yaml-language-server: it says nothing about a Profile that lint finds right, and closes the specs of plugins.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Ajv } from 'ajv';
import { lint } from '../../src/core/lint.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../schemas/profile.schema.json', import.meta.url), 'utf8'),
) as object;
const valid = new Ajv({ allErrors: true }).compile(schema);

const ROLE = 'arn:aws:iam::123456789012:role/team-a';
const profile = (spec: object, kind = 'AwsIamForServiceAccount'): Record<string, unknown> => ({
  apiVersion: 'kubeflow.org/v1',
  kind: 'Profile',
  metadata: { name: 'team-a', labels: { any: 'label' } },
  spec: { owner: { kind: 'User', name: 'user@example.com' }, plugins: [{ kind, spec }], anything: { else: true } },
});

const cases: readonly [name: string, document: Record<string, unknown>, right: boolean][] = [
  ['the plugin', profile({ awsIamRole: ROLE, annotateOnly: true }), true],
  ['without annotateOnly', profile({ awsIamRole: ROLE }), true],
  [
    'a role with a path in another partition',
    profile({ awsIamRole: 'arn:aws-us-gov:iam::123456789012:role/a/b' }),
    true,
  ],
  ['Google Cloud', profile({ gcpServiceAccount: 'a@b.iam' }, 'WorkloadIdentity'), true],
  ['an empty role', profile({ awsIamRole: '' }), false],
  ['no role', profile({ annotateOnly: true }), false],
  ['an unknown key', profile({ awsIamRole: ROLE, roleArn: ROLE }), false],
  ['a quoted boolean', profile({ awsIamRole: ROLE, annotateOnly: 'true' }), false],
  ['a user instead of a role', profile({ awsIamRole: 'arn:aws:iam::123456789012:user/x' }), false],
  ['an old version', { ...profile({ awsIamRole: ROLE }), apiVersion: 'kubeflow.org/v1alpha1' }, false],
  ['a name that is no namespace', { ...profile({ awsIamRole: ROLE }), metadata: { name: 'Team_A' } }, false],
  ['plugins as an object', { ...profile({}), spec: { plugins: { kind: 'AwsIamForServiceAccount' } } }, false],
];

describe('schemas/profile.schema.json and lint agree', () => {
  for (const [name, document, right] of cases) {
    test(name, () => {
      assert.equal(valid(document), right, JSON.stringify(valid.errors));
      assert.equal(lint(JSON.stringify(document)).length === 0, right);
    });
  }
});
