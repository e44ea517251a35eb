/** The command Export: which rows stand for which profiles, what is asked, and what is told. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import type { Host } from '../../src/host.ts';
import { createStores } from '../../src/provisioning/store.ts';
import type { Rooms } from '../../src/commands/rooms.ts';
import { plannedProfile } from '../fixtures/exported.ts';
import { cluster, putProfile, worldWithProvider, type World } from './world.ts';
import { person, Uri, window } from './vscode-stub.ts';

interface Item {
  readonly label: string;
}
/** What is asked in lists, and what the person picks: labels, or undefined to leave. */
const asked: string[] = [];
let picks: (readonly string[] | undefined)[] = [];
let folder = '';
Object.assign(Uri, {
  file: (fsPath: string) => Object.assign(new Uri(`file://${fsPath}`), { fsPath, scheme: 'file' }),
});
Object.assign(window, {
  showQuickPick: async (items: readonly Item[], { placeHolder }: { placeHolder: string }) => {
    asked.push(`${placeHolder} ${items.map(({ label }) => label).join(', ')}`);
    const wanted = picks.shift();
    const chosen = items.filter(({ label }) => wanted?.includes(label));
    return wanted === undefined ? undefined : placeHolder.startsWith('Which') ? chosen : chosen[0];
  },
  showOpenDialog: async () => (folder === '' ? undefined : [{ scheme: 'file', fsPath: folder }]),
  showTextDocument: async (uri: { fsPath: string }) => asked.push(`opened ${path.basename(uri.fsPath)}`),
});
const { exportPlan, exportProfiles } = await import('../../src/commands/export.ts');

const root = mkdtempSync(path.join(os.tmpdir(), 'kubeflow-irsa-command-'));
after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
let live: World;
beforeEach(() => {
  folder = path.join(root, String(count++));
  mkdirSync(folder);
  asked.length = 0;
  Object.assign(person, { read: [], presses: [] });
  live = worldWithProvider();
  for (const name of ['team-a', 'team-b', 'team-c']) putProfile(live, name, { name: `role-of-${name}` });
});

const rooms = (): Rooms => {
  const stores = createStores();
  const host = {
    log: { info: () => undefined, warn: () => undefined, show: () => undefined },
    connections: {
      awsProfiles: () => [undefined],
      aws: async () => live.aws,
      connect: live.connect,
      facts: async () => stores,
    },
    attempt: (_name: string, work: () => unknown) => work(),
  } as unknown as Host;
  return { host } as Rooms;
};
const row = (profile?: string) => ({
  ...{ kind: profile === undefined ? 'cluster' : 'profile', cluster: cluster.name, region: cluster.region },
  ...(profile === undefined ? {} : { profile }),
});
const script = (): string => readFileSync(path.join(folder, 'dev.sh'), 'utf8');
const SHELL = ['Shell script'];

test('a row of a profile is that profile', async () => {
  picks = [SHELL];
  await exportProfiles(rooms(), row('team-b'), undefined);
  assert.match(script(), /^# Profiles: team-b$/m);
  assert.equal(asked.at(-1), 'opened dev.sh');
  assert.match(person.read.join('\n'), /Written to .*: dev\.sh\. Next: Read dev\.sh/);
});

test('several rows are all of them, each once, whichever was pressed', async () => {
  picks = [SHELL];
  await exportProfiles(rooms(), row('team-a'), [row('team-a'), { ...row('team-c'), kind: 'role' }, row('team-a')]);
  assert.match(script(), /^# Profiles: team-a, team-c$/m);
});

test('one row that is selected is no choice of several: the pressed one counts', async () => {
  picks = [SHELL];
  await exportProfiles(rooms(), row('team-a'), [row('team-b')]);
  assert.match(script(), /^# Profiles: team-a$/m);
});

test('of a cluster it is asked which profiles; its row among others stands for all', async () => {
  picks = [['team-a', 'team-c'], SHELL];
  await exportProfiles(rooms(), row(), undefined);
  assert.equal(asked[0], 'Which profiles of dev? team-a, team-b, team-c');
  assert.match(script(), /^# Profiles: team-a, team-c$/m);
  folder = path.join(root, `${count}-all`);
  picks = [['team-a', 'team-b', 'team-c'], SHELL];
  await exportProfiles(rooms(), row('team-a'), [row('team-a'), row()]);
  assert.match(script(), /^# Profiles: team-a, team-b, team-c$/m);
});

for (const [what, leave] of [
  ['the target', () => void (picks = [undefined])],
  ['the folder', () => void Object.assign({}, (picks = [SHELL]), (folder = ''))],
] as const)
  test(`who leaves the question for ${what} writes nothing`, async () => {
    const before = folder;
    leave();
    await assert.rejects(exportProfiles(rooms(), row('team-a'), undefined), { name: 'Cancelled' });
    assert.deepEqual(readdirSync(before), []);
  });

test('a folder that holds something is asked for, with the names that are replaced', async () => {
  writeFileSync(path.join(folder, 'dev.sh'), 'mine');
  picks = [SHELL, SHELL];
  await assert.rejects(exportProfiles(rooms(), row('team-a'), undefined), { name: 'Cancelled' });
  assert.match(person.read.join('\n'), /is not empty\. Write into it\?\nFiles of these names .*\ndev\.sh/);
  assert.equal(script(), 'mine');
  person.presses.push('Write');
  await exportProfiles(rooms(), row('team-a'), undefined);
  assert.match(script(), /^# Profiles: team-a$/m);
});

test('what cannot be read is told as a warning; where nothing is left, nothing is written', async () => {
  live.roles.delete('role-of-team-a');
  picks = [SHELL, SHELL];
  await exportProfiles(rooms(), row('team-a'), undefined);
  assert.match(
    person.read.join('\n'),
    /Not in the files: Role role-of-team-a does not exist\. It is the role of Profile team-a/,
  );
  await assert.rejects(
    exportProfiles(rooms(), row('nobody'), undefined),
    /There is nothing to export\. Profile nobody does not exist/,
  );
});

test('a plan is written as it would be; one that is blocked is not', async () => {
  const plan = plannedProfile('team-n');
  const showing = (shown: object): Rooms =>
    ({ ...rooms(), plans: async () => ({ shown: () => shown }) }) as unknown as Rooms;
  const place = { cluster: cluster.name, region: cluster.region };
  picks = [SHELL];
  await exportPlan(showing({ plan, place, done: false }));
  assert.match(script(), /^role team-n-dev-role /m);
  const blocked = { ...plan, needs: [{ id: 'x', title: 'X', holds: false }] };
  await assert.rejects(exportPlan(showing({ plan: blocked, place, done: false })), /This plan is blocked/);
});
