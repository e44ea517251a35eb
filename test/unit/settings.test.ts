/** The settings of package.json: grouped, ordered, explained, and each is read by somebody. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readManifest } from '../../scripts/manifest.ts';
import texts from '../../package.nls.json' with { type: 'json' };
import './vscode-stub.ts';
import { read, settings } from './vscode-stub.ts';

const { connections } = await import('../../src/outside.ts');
const { lintSettings } = await import('../../src/editor/settings.ts');

const { capabilities, contributes } = await readManifest();
const groups = contributes.configuration;
const all = groups.flatMap(({ properties }) => Object.entries(properties));
const named = (key: string | undefined): string => (texts as Record<string, string>)[key?.slice(1, -1) ?? ''] ?? '';

test('each setting is read, and none is read that package.json does not have', async () => {
  read.clear();
  settings['kubeflowIrsa.lint.enabled'] = true;
  const outside = connections();
  outside.awsProfiles();
  outside.regions();
  await outside.kubeconfigs();
  lintSettings({} as never);
  assert.deepEqual([...read].sort(), all.map(([name]) => name).sort());
});

test('settings stand in groups, each group in its order', () => {
  assert.ok(groups.length > 1);
  for (const { title, properties } of groups) {
    assert.notEqual(named(title), '');
    const orders = Object.values(properties).map(({ order }) => order ?? NaN);
    assert.deepEqual(
      orders,
      [...new Set(orders)].sort((a, b) => a - b),
    );
  }
});

test('what names credentials or files of this machine is of the machine, and not taken from a folder that nobody trusts', () => {
  const ofMachine = all.filter(([, { scope }]) => scope?.startsWith('machine')).map(([name]) => name);
  assert.deepEqual(capabilities.untrustedWorkspaces.restrictedConfigurations.toSorted(), ofMachine.toSorted());
  for (const [name, { scope }] of all) assert.ok(scope === 'resource' || ofMachine.includes(name), `${name}: ${scope}`);
});

for (const [name, setting] of all)
  test(`${name} is explained, and so is each of its values; its links lead somewhere`, () => {
    const text = named(setting.markdownDescription);
    assert.match(text, /`/, 'an example');
    for (const [, other = ''] of text.matchAll(/#([\w.]+)#/g))
      assert.ok(
        all.some(([known]) => known === other),
        other,
      );
    for (const [, command = ''] of text.matchAll(/\(command:([\w.]+)\)/g))
      assert.ok(
        contributes.commands.some((one) => one.command === command),
        command,
      );
    for (const { enum: values, enumDescriptions = [] } of [setting, setting.additionalProperties ?? {}]) {
      assert.equal(enumDescriptions.length, values?.length ?? 0);
      for (const key of enumDescriptions) assert.notEqual(named(key), '', key);
    }
  });
