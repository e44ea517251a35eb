/** Terraform as exported: what the files are named, what lasts, and what is said where something is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keeps, quote } from '../../src/export/hcl.ts';
import { HCL_NAME, lastingName } from '../../src/export/names.ts';
import { terraform } from '../../src/export/terraform.ts';
import type { Exported, Thing } from '../../src/export/things.ts';
import { example, exportedBy, plannedProfile, taken } from '../fixtures/exported.ts';
import { cluster } from './world.ts';

const textOf = (exported: Exported): string =>
  terraform([exported])
    .files.map(({ text }) => text)
    .join('\n');
const changed = (exported: Exported, kind: string, change: (value: object) => object): Exported => ({
  ...exported,
  things: exported.things.map((thing) =>
    thing.ref.kind === kind ? ({ ...thing, value: change(thing.value) } as Thing) : thing,
  ),
});

/** The example of which nothing is there yet. */
const fresh = (): Exported => ({ ...example(), things: example().things.map((thing) => ({ ...thing, there: false })) });

const QUOTED: readonly (readonly [string, string])[] = [
  ['${aws:username}', '"$${aws:username}"'],
  ['%{if}', '"%%{if}"'],
  ['$${x}', String.raw`"\u0024\u0024{x}"`],
  ['100 % $', '"100 % $"'],
  ['a"b\\c', String.raw`"a\"b\\c"`],
  ['two\nlines', String.raw`"two\nlines"`],
  ['turned \u202e around', String.raw`"turned \u202e around"`],
  ['😀 日本', '"😀 日本"'],
];
for (const [text, written] of QUOTED)
  test(`${JSON.stringify(text)} is written ${written}`, () => assert.equal(quote(text), written));

test('a resource keeps its name whatever else is exported, so that none is destroyed and made anew', () => {
  const both = textOf(exportedBy(plannedProfile('team-a'), plannedProfile('team-a-b')));
  const addresses = (text: string): string[] => text.match(/^resource .*(?= \{)/gm) ?? [];
  for (const address of addresses(textOf(exportedBy(plannedProfile('team-a')))))
    assert.ok(addresses(both).includes(address), address);
});

test('two keys never come to one name', () => {
  const key = fc.stringMatching(/^[a-zA-Z0-9+=,.@_-]{1,20}$/);
  fc.assert(
    fc.property(fc.uniqueArray(key, { minLength: 2, maxLength: 20 }), (keys) => {
      const names = keys.map((one) => lastingName(one, HCL_NAME));
      assert.equal(new Set(names).size, keys.length, names.join());
      for (const name of names) assert.match(name, /^[A-Za-z_][A-Za-z0-9_]*$/);
    }),
  );
});

test('nothing is imported that is not there', () => {
  assert.doesNotMatch(textOf(fresh()), /^import/m);
  assert.equal(textOf(taken(example())).match(/^import \{$/gm)?.length, 3);
});

test('a role waits for a provider that is made, and for none that is there', () => {
  assert.match(textOf(fresh()), /depends_on = \[aws_iam_openid_connect_provider\.cluster\]/);
  assert.doesNotMatch(textOf(taken(example())), /depends_on/);
});

test('settings of a role that were not read stay as they are', () => {
  const unread = changed(taken(example()), 'iam/role', (value) => ({
    ...value,
    maxSession: undefined,
    description: undefined,
  }));
  assert.match(textOf(unread), /ignore_changes = \[\n {6}description,\n {6}max_session_duration,\n/);
  assert.doesNotMatch(textOf(taken(example())), /ignore_changes/);
});

test('tags of a provider that were not read stay as they are', () => {
  const unread = changed(taken(example()), 'iam/provider', (value) => ({ ...value, tags: undefined }));
  assert.match(textOf(unread), /ignore_changes = \[\n {6}tags,\n {6}tags_all,\n/);
});

test('a policy that is no JSON, or has a number that would be rounded, stands as it is', () => {
  for (const text of ['no JSON', '{"Condition": {"NumericEquals": {"x": 12345678901234567890}}}'])
    assert.ok(textOf(changed(example(), 'iam/role-policy', () => ({ text }))).includes(`policy = ${quote(text)}`));
});

test('text that Terraform would bring into another form of Unicode is said', () => {
  const decomposed = 'e\u0301';
  assert.equal(keeps(decomposed), false);
  const { cannot } = terraform([changed(example(), 'iam/role', (value) => ({ ...value, tags: { name: decomposed } }))]);
  assert.match(cannot.join(), /^IAM role team-a-dev-role.* composed form \(NFC\)/);
});

test('an association whose id is not known is not imported, and that is said', () => {
  const association = (id?: string): Thing => ({
    ref: { kind: 'eks/pod-identity', at: cluster.arn, key: 'team-a/default-editor' },
    value: {
      ...(id === undefined ? {} : { id }),
      namespace: 'team-a',
      serviceAccount: 'default-editor',
      roleArn: 'arn:aws:iam::111122223333:role/other',
      tags: {},
    },
    there: true,
  });
  const of = (thing: Thing) => terraform([{ cluster, things: [thing] }]);
  assert.match(of(association()).cannot.join(), /its id is not known/);
  assert.ok(of(association('a-1')).files.some(({ text }) => text.includes('id = "dev,a-1"')));
});

test('a role that two clusters have is with the first, and that is said', () => {
  const other = { ...cluster, name: 'prod', arn: cluster.arn.replace('cluster/dev', 'cluster/prod') };
  const { files, cannot } = terraform([example(), { ...example(), cluster: other }]);
  assert.deepEqual(
    files.filter(({ text }) => text.includes('"team-a-dev-role"')).map(({ path }) => path),
    ['dev/profile-team-a.tf'],
  );
  assert.match(cannot.join(), /IAM role team-a-dev-role is of several clusters/);
});

test('whatever a profile, a role or a bucket is called, its file is in the folder of its cluster', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
      const exported = changed(example(), 'iam/role', (value) => ({ ...value, name }));
      for (const { path } of terraform([exported]).files)
        assert.match(path, /^dev\/(kubernetes\/)?[a-z0-9-]+\.(tf|yaml)$/);
    }),
  );
});

test('a file whose name means something to Terraform is not made', () => {
  const files = terraform([exportedBy(plannedProfile('x-override'))]).files.map(({ path }) => path);
  assert.ok(files.some((file) => file.includes('x-override')));
  // Terraform, "Override Files".
  for (const file of files) assert.doesNotMatch(file, /(^|\/|_)override\.tf$/);
});
