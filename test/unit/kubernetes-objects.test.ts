/** What a cluster answers may have any shape: nothing of it throws, and what is read has the type it claims. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { listedProfile } from '../../src/kubernetes/lists.ts';
import { itemsOf, metadataOf, namespaceOf, profileOf, serviceAccountOf } from '../../src/kubernetes/objects.ts';

test('a Profile without what has a wrong shape', () => {
  const plugin = { kind: 'AwsIamForServiceAccount', spec: { awsIamRole: 'r' } };
  const table: readonly [what: string, spec: unknown, read: unknown, wrong: readonly string[]][] = [
    ['whole', { owner: { name: 'a' }, plugins: [plugin] }, { owner: { name: 'a' }, plugins: [plugin] }, []],
    ['plugins not a list', { plugins: 'x' }, {}, ['spec.plugins is not a list']],
    ['plugins null', { plugins: null }, {}, ['spec.plugins is not a list']],
    ['a plugin null', { plugins: [null, plugin] }, { plugins: [plugin] }, ['an item of spec.plugins is not a mapping']],
    ['a plugin of wrong parts', { plugins: [{ kind: 1, spec: null, more: 1 }] }, { plugins: [{ more: 1 }] }, []],
    ['spec null', null, undefined, ['spec is not a mapping']],
    ['spec a list', [], undefined, ['spec is not a mapping']],
    ['owner a text', { owner: 'a', other: 1 }, { other: 1 }, ['spec.owner is not a mapping']],
    ['owner of wrong parts', { owner: { kind: null, name: 5 } }, { owner: {} }, []],
    ['owner of one wrong part', { owner: { kind: 'User', name: 5 } }, { owner: { kind: 'User' } }, []],
    ['no spec', undefined, undefined, []],
  ];
  for (const [what, spec, read, wrong] of table) {
    const object = { metadata: { name: 'p' }, ...(spec === undefined ? {} : { spec }) };
    const one = profileOf(object);
    assert.deepEqual([one.profile.spec, one.wrong], [read, wrong], what);
    const listed = listedProfile(object);
    assert.deepEqual([listed.spec, listed.malformed], [read, wrong.length > 0 ? `${wrong[0]}.` : undefined], what);
  }
});

test('a single Profile keeps all that it holds: it is written back', () => {
  const profile = {
    apiVersion: 'kubeflow.org/v1',
    kind: 'Profile',
    metadata: { name: 'p', resourceVersion: '7', annotations: { a: 'b' }, labels: { c: 'd' }, managedFields: [{}] },
    spec: { owner: { kind: 'User', name: 'a', apiGroup: 'g' }, plugins: [], resourceQuotaSpec: { hard: { cpu: '2' } } },
    status: { conditions: [] },
  };
  assert.deepEqual(profileOf(profile), { profile, wrong: [] });
});

test('whatever comes is read without an error', () => {
  const key = fc.constantFrom('metadata', 'spec', 'plugins', 'owner', 'name', 'annotations', 'finalizers', 'items');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<unknown>(undefined, null, '', 'text', 0, true),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (object) => {
      const { profile } = profileOf(object);
      for (const plugin of profile.spec?.plugins ?? [])
        assert.ok(plugin.spec === undefined || !Array.isArray(plugin.spec));
      assert.equal(typeof profile.spec?.owner?.name, profile.spec?.owner?.name === undefined ? 'undefined' : 'string');
      for (const read of [
        metadataOf(object),
        namespaceOf(object),
        serviceAccountOf(object),
        listedProfile(object).metadata,
      ])
        assert.equal(typeof read.name, 'string');
      assert.ok(Object.values(serviceAccountOf(object).annotations).every((value) => typeof value === 'string'));
      assert.ok(listedProfile(object).finalizers.every((one) => typeof one === 'string'));
      assert.ok(Array.isArray(itemsOf(object)));
    }),
  );
});
