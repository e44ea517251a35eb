/** Objects of any shape, as a cluster may hold them: each is listed, judged and shown, and none spoils another. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeProfile } from '../../src/core/modes/live.ts';
import type { ProfileView } from '../../src/core/modes/view.ts';
import { absent, found } from '../../src/core/reading.ts';
import { clusterNode, profileNode } from '../../src/explorer/nodes.ts';
import './vscode-stub.ts';
import { listedProfile } from '../../src/kubernetes/lists.ts';

const { profileRow, profileTooltip } = await import('../../src/explorer/node/profile.ts');

const NOW = Date.parse('2026-11-23T12:00:00Z');
const metadata = { name: 'team-a', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
const owner = { kind: 'User', name: 'a@example.com' };
const PROFILE = { apiVersion: 'kubeflow.org/v1', kind: 'Profile', metadata, spec: { owner } };

function shown(object: unknown) {
  const profile = listedProfile(object);
  const readings: ProfileView = {
    cluster: {
      name: 'dev',
      region: 'us-west-2',
      arn: 'arn:aws:eks:us-west-2:111122223333:cluster/dev',
      account: '111122223333',
      partition: 'aws',
      status: 'ACTIVE',
      version: '1.36',
    },
    provider: absent,
    profile,
    namespace: found({ name: 'team-a', owner: 'a@example.com', deleting: false }),
    serviceAccount: absent,
    launcher: absent,
    role: absent,
    sharedWith: [],
  };
  const node = profileNode(clusterNode({ region: 'us-west-2' }, 'dev'), profile.metadata.name);
  const judgement = judgeProfile(readings, undefined, NOW);
  return {
    profile,
    judgement,
    row: profileRow(node, readings, judgement),
    tooltip: profileTooltip(node, readings, judgement),
  };
}

const wrong: readonly { readonly name: string; readonly change: object; readonly says: RegExp }[] = [
  { name: 'plugins is a text', change: { spec: { owner, plugins: 'none' } }, says: /plugins/ },
  {
    name: 'plugins is an object',
    change: { spec: { owner, plugins: { kind: 'AwsIamForServiceAccount' } } },
    says: /plugins/,
  },
  { name: 'a plugin is null', change: { spec: { owner, plugins: [null] } }, says: /plugin/ },
  { name: 'owner is a text', change: { spec: { owner: 'alice' } }, says: /owner/ },
  { name: 'spec is a list', change: { spec: [] }, says: /spec/ },
];

for (const { name, change, says } of wrong) {
  test(`a Profile of a wrong shape is a problem that says where: ${name}`, () => {
    const { judgement, row } = shown({ ...PROFILE, ...change });
    assert.equal(judgement.state, 'problems');
    const problem = judgement.problems.find(({ id }) => id === 'KP-015');
    assert.match(problem?.message ?? JSON.stringify(judgement), says);
    assert.equal(row.label, 'team-a');
  });
}

test('thousands of conditions are not kept', () => {
  const conditions = Array.from({ length: 5_000 }, (_, index) => ({
    type: `Failed-${index}`,
    message: 'x'.repeat(500),
  }));
  const { profile, row, tooltip } = shown({ ...PROFILE, status: { conditions } });
  assert.ok(JSON.stringify(profile).length < 1_000);
  assert.ok(row.description.length <= 300);
  assert.ok(tooltip.join('').length < 5_000);
});

test('thousands of plugins make one row of bounded length', () => {
  const plugins = Array.from({ length: 2_000 }, (_, index) => ({ kind: `Plugin${index}`, spec: {} }));
  const { row, tooltip } = shown({ ...PROFILE, spec: { owner, plugins } });
  assert.ok(row.description.length <= 300);
  assert.ok(tooltip.every((line) => line.length <= 500));
});

test('no object whatever stops the list', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (spec, other) => {
      for (const object of [
        { ...PROFILE, spec },
        { ...PROFILE, spec: { owner, plugins: [spec, other] } },
        { ...PROFILE, metadata: { ...metadata, finalizers: spec, creationTimestamp: other } },
        spec,
      ]) {
        const { row } = shown(object);
        assert.equal(typeof row.label, 'string');
      }
    }),
  );
});
