/** Runs that did not end, on top of the tree. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failed, found, type Reading } from '../../src/core/reading.ts';
import type { Untold } from '../../src/explorer/node/run.ts';
import type { TreeHost } from '../../src/explorer/tree.ts';
import type { Aws, Kubernetes } from '../../src/provisioning/ports.ts';
import './vscode-stub.ts';

const { EstateTree } = await import('../../src/explorer/tree.ts');

const treeOf = (unfinished: () => Promise<Untold>, names?: Reading<readonly string[]>) =>
  viewed(unfinished, { visible: true, message: '', description: '' }, names);

function viewed(
  unfinished: () => Promise<Untold>,
  view: TreeHost['view'],
  names: Reading<readonly string[]> = found(['dev']),
) {
  return new EstateTree({
    sources: async () => [{ region: 'us-west-2' }],
    aws: async () => ({ clusterNames: async () => names }) as Partial<Aws> as Aws,
    connect: async () => ({}) as Kubernetes,
    log: { info: () => undefined, warn: () => undefined },
    memory: { keys: () => [], get: <T>(_key: string, value?: T) => value as T, update: async () => undefined },
    view,
    setContext: () => undefined,
    unfinished,
  });
}
const RUN = { id: 'r-1', about: 'profile team-x on dev (us-west-2)', done: 2, of: 5, began: '2026-11-26 21:40' };

/** The rows at the top: label, description, flags, and what a screen reader says. */
async function rows(tree: ReturnType<typeof treeOf>): Promise<unknown[][]> {
  const all = await Promise.all((await tree.getChildren()).map((node) => tree.getTreeItem(node)));
  tree.dispose();
  return all.map(({ label, description, contextValue, accessibilityInformation, command }) => [
    label,
    description,
    contextValue,
    accessibilityInformation?.label,
    command?.command,
  ]);
}

test('a run that did not end stands above the clusters, in words; a click shows it', async () => {
  const [run, cluster] = await rows(treeOf(async () => ({ unfinished: [RUN], unread: [] })));
  assert.deepEqual(run, [
    'Unfinished run',
    '2 of 5 done · profile team-x on dev (us-west-2) · 2026-11-26 21:40',
    'run;ready',
    'Unfinished run: 2 of 5 done, profile team-x on dev (us-west-2), 2026-11-26 21:40',
    'kubeflowIrsa.showRuns',
  ]);
  assert.equal(cluster?.[0], 'dev');
});

test('one of an identity that is not chosen now says so, and is not offered to be gone on with', async () => {
  const unchosen = 'made with AWS profile old, which is not chosen now: Select AWS Profiles';
  const [run] = await rows(treeOf(async () => ({ unfinished: [{ ...RUN, unchosen }], unread: [] })));
  assert.match(
    String(run?.[1]),
    /2 of 5 done · profile team-x on dev .us-west-2. · made with AWS profile old, which is not chosen now/,
  );
  assert.equal(run?.[2], 'run');
});

test('where a run hides the welcome text of an empty view, a row says why there are no clusters', async () => {
  const expired = failed('the sign-in has expired', 'ExpiredToken');
  const shown = await rows(treeOf(async () => ({ unfinished: [RUN], unread: [] }), expired));
  assert.deepEqual(
    shown.map(([label, , , , command]) => [label, command]),
    [
      ['Unfinished run', 'kubeflowIrsa.showRuns'],
      ['No clusters', 'kubeflowIrsa.signIn'],
    ],
  );
  assert.deepEqual(await rows(treeOf(async () => ({ unfinished: [], unread: [] }), expired)), []);
});

test('what cannot be read of the journal is a row, and the clusters stay', async () => {
  const problem = 'It was written by a newer version of Kubeflow IRSA (format 2): use that one, or update.';
  const shown = await rows(treeOf(async () => ({ unfinished: [], unread: [{ file: '/runs/a.jsonl', problem }] })));
  assert.deepEqual(
    shown.map(([label]) => label),
    ['A run cannot be read', 'dev'],
  );
  assert.equal(shown[0]?.[1], `${problem} /runs/a.jsonl`);
  const broken = await rows(treeOf(() => Promise.reject(new Error('The folder of runs cannot be read.'))));
  assert.deepEqual(
    broken.map(([label]) => label),
    ['Unfinished runs cannot be read', 'dev'],
  );
});

test('what waits for somebody is counted on the icon of the view, in words too; nothing is no badge', async () => {
  const view: Parameters<typeof viewed>[1] = { visible: true, message: '', description: '' };
  const tree = viewed(async () => ({ unfinished: [RUN], unread: [] }), view);
  await tree.getChildren();
  assert.deepEqual(view.badge, { value: 1, tooltip: '1 unfinished run' });
  tree.dispose();
  const other = viewed(async () => ({ unfinished: [], unread: [] }), view);
  await other.getChildren();
  assert.equal(view.badge, undefined);
  other.dispose();
});
