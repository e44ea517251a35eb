/** The tree while it reads: who asks again meanwhile, and what becomes of what was begun. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { newProfile } from '../../src/core/profile/manifest.ts';
import { absent, denied, failed, found, type Reading } from '../../src/core/reading.ts';
import type { TreeNode } from '../../src/explorer/nodes.ts';
import type { Aws, KubeObject, Kubernetes, Listable } from '../../src/provisioning/ports.ts';
import './vscode-stub.ts';

const { EstateTree } = await import('../../src/explorer/tree.ts');

const CLUSTER = {
  name: 'dev',
  region: 'us-west-2',
  arn: 'arn:aws:eks:us-west-2:111122223333:cluster/dev',
  account: '111122223333',
  partition: 'aws',
  status: 'ACTIVE',
  version: '1.36',
  endpoint: 'https://dev.example.com',
};

/** One cluster, each connection to which waits for `release` and is broken off by `close`. */
function world() {
  const connections: { release: () => void; closed: boolean }[] = [];
  const lists: string[] = [];
  const profile = newProfile('team-a', 'a@example.com', 'arn:aws:iam::111122223333:role/a', true);
  const items: { readonly [K in keyof Listable]: readonly unknown[] } & {
    bindings: Reading<readonly KubeObject[]>;
  } = {
    bindings: found([]),
    profiles: [{ ...profile, finalizers: [] }],
    namespaces: [{ name: 'team-a', deleting: false, owner: 'a@example.com' }],
    editors: [],
    launchers: [],
  };
  const connect = async (): Promise<Kubernetes> => {
    let go = (): void => undefined;
    let broken = (): void => undefined;
    const released = new Promise<boolean>((resolve) => {
      go = () => resolve(true);
      broken = () => resolve(false);
    });
    const one = { release: go, closed: false };
    connections.push(one);
    return {
      api: async () => found({ connection: 'memory', profileVersions: ['v1'] }),
      profileController: async () => absent,
      deployment: async () => absent,
      list: async (kind: keyof Listable) => {
        lists.push(kind);
        if (!(await released)) return failed('the connection was broken off. Try again.', 'ECONNRESET');
        return found({ items: items[kind], version: '1' });
      },
      watch: (_kind: string, _version: string, _change: unknown, signal: AbortSignal) =>
        new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
      serviceAccounts: async () =>
        found([
          { namespace: 'team-a', name: 'default-editor', annotations: {} },
          { namespace: 'team-a', name: 'nobody', annotations: {} },
        ]),
      one: async () => absent,
      objects: async () => items.bindings,
      close: () => {
        one.closed = true;
        broken();
      },
    } as unknown as Kubernetes;
  };
  const aws: Partial<Aws> = {
    clusterNames: async () => found(['dev']),
    cluster: async () => found(CLUSTER),
    oidcProviderArns: async () => found([]),
    oidcProvider: async () => absent,
    role: async () => absent,
  };
  const logged: string[] = [];
  const log = (text: string): void => void logged.push(text);
  const tree = new EstateTree({
    sources: async () => [{ region: 'us-west-2' }],
    aws: async () => aws as Aws,
    connect,
    log: { info: log, warn: log },
    memory: { keys: () => [], get: <T>(_key: string, value?: T) => value as T, update: async () => undefined },
    view: { visible: true, message: '', description: '' },
    setContext: () => undefined,
  });
  return { tree, connections, lists, logged, items };
}
async function settled(): Promise<void> {
  for (let left = 30; left > 0; left--) await turn();
}
/** The rows once they are read anew: those that are known come first. */
async function readAnew(tree: InstanceType<typeof EstateTree>, node?: TreeNode): Promise<TreeNode[]> {
  await tree.getChildren(node);
  await settled();
  return tree.getChildren(node);
}
const words = (nodes: readonly TreeNode[]): string[] =>
  nodes.map((node) => (node.kind === 'profile' ? node.profile : node.kind === 'message' ? node.label : node.kind));

test('who retries during a slow first load waits for that load', async () => {
  const { tree, connections, lists } = world();
  const [cluster] = await tree.getChildren();
  assert.ok(cluster);
  const first = tree.getChildren(cluster);
  await settled();
  tree.retry(cluster);
  const second = tree.getChildren(cluster);
  await settled();
  assert.equal(connections.length, 1);
  connections[0]?.release();
  assert.deepEqual(words(await first), ['team-a']);
  assert.deepEqual(words(await second), ['team-a']);
  assert.equal(lists.filter((kind) => kind === 'profiles').length, 1);
  tree.dispose();
});

test('a load that is overtaken by a new sign-in answers with what is read then, not with its broken connection', async () => {
  const { tree, connections } = world();
  const [cluster] = await tree.getChildren();
  assert.ok(cluster);
  const first = tree.getChildren(cluster);
  await settled();
  tree.reload();
  const [again] = await tree.getChildren();
  const second = tree.getChildren(again);
  await settled();
  assert.equal(connections.length, 2);
  assert.equal(connections[0]?.closed, true);
  connections[1]?.release();
  assert.deepEqual(words(await first), ['team-a']);
  assert.deepEqual(words(await second), ['team-a']);
  tree.dispose();
});

test('rows that are shown stay while all is read anew, since VS Code knows no row of those that it waits for; the new ones follow', async () => {
  const { tree, connections, items } = world();
  const told: (readonly string[] | 'all')[] = [];
  const [cluster] = await tree.getChildren();
  assert.ok(cluster);
  const first = tree.getChildren(cluster);
  await settled();
  connections[0]?.release();
  assert.deepEqual(words(await first), ['team-a']);
  // What VS Code is told of by now.
  await sleep(100);
  tree.reload();
  const other = newProfile('team-b', 'b@example.com', 'arn:aws:iam::111122223333:role/b', true);
  (items.profiles as unknown[]).push({ ...other, finalizers: [] });
  const changed = new Promise<void>((resolve) => {
    tree.onDidChangeTreeData((what) => {
      told.push(what?.map(({ kind }) => kind) ?? 'all');
      if (what?.some((node) => node.id === cluster.id) === true && released) resolve();
    });
  });
  let released = false;
  const [again] = await tree.getChildren();
  assert.equal(again, cluster);
  assert.deepEqual(words(await tree.getChildren(cluster)), ['team-a']);
  await settled();
  assert.equal(connections.length, 2);
  released = true;
  connections[1]?.release();
  await changed;
  assert.ok(!told.includes('all'), told.join(' | '));
  assert.deepEqual(words(await tree.getChildren(cluster)), ['team-a', 'team-b']);
  tree.dispose();
});

test('a row that says the same is not told anew: VS Code would forget the rows below it until it has asked for them', async () => {
  const { tree, connections } = world();
  const [cluster] = await tree.getChildren();
  assert.ok(cluster);
  const first = tree.getChildren(cluster);
  await settled();
  connections[0]?.release();
  const [profile] = await first;
  assert.ok(profile);
  await tree.getTreeItem(cluster);
  await sleep(100);
  await tree.getTreeItem(cluster);
  const told: string[] = [];
  tree.onDidChangeTreeData((what) => told.push(...(what?.map(({ kind }) => kind) ?? ['all'])));
  await tree.reread({ region: 'us-west-2', cluster: 'dev' }, [
    { kind: 'k8s/namespace', at: CLUSTER.arn, key: 'team-a' },
    { kind: 'iam/provider', at: CLUSTER.arn, key: 'other' },
  ]);
  await sleep(100);
  assert.ok(!told.includes('cluster') && !told.includes('all'), told.join());
  tree.dispose();
});

test('a tree that is closed while it loads opens nothing anew', async () => {
  const { tree, connections } = world();
  const [cluster] = await tree.getChildren();
  const first = tree.getChildren(cluster);
  await settled();
  tree.dispose();
  await first;
  assert.equal(connections.length, 1);
  assert.equal(connections[0]?.closed, true);
});

test('a profile that cannot be judged is shown and logged, and keeps nobody else from it', async () => {
  const { tree, connections, logged, items } = world();
  (items.namespaces as { owner: unknown }[]).push({
    ...(items.namespaces[0] as object),
    get owner() {
      throw new Error('no such luck');
    },
    name: 'team-b',
  } as never);
  const other = newProfile('team-b', 'b@example.com', 'arn:aws:iam::111122223333:role/b', true);
  (items.profiles as unknown[]).push({ ...other, finalizers: [] });
  const [cluster] = await tree.getChildren();
  const first = tree.getChildren(cluster);
  await settled();
  connections[0]?.release();
  const rows = await first;
  assert.deepEqual(words(rows), ['team-a', 'team-b']);
  const shown = await Promise.all(rows.map(async (row) => String((await tree.getTreeItem(row)).description)));
  assert.match(shown[1] ?? '', /could not be judged/);
  assert.doesNotMatch(shown[0] ?? '', /could not be judged|reading/);
  assert.ok(
    logged.some((line) => /team-b.*no such luck/.test(line)),
    logged.join(),
  );
  tree.dispose();
});

test('what a run changed is read again by itself; below a profile stands what it has', async () => {
  const { tree, connections, lists } = world();
  const [cluster] = await tree.getChildren();
  const rows = tree.getChildren(cluster);
  await settled();
  connections[0]?.release();
  const [profile] = await rows;
  assert.ok(profile);
  const below = await tree.getChildren(profile);
  assert.deepEqual(
    [...new Set(below.map(({ kind }) => kind))],
    ['problem', 'owner', 'serviceAccount', 'role', 'pipelineRoot'],
  );
  const before = lists.length;
  await tree.reread({ region: 'us-west-2', cluster: 'dev' }, [{ kind: 'k8s/profile', at: CLUSTER.arn, key: 'team-a' }]);
  assert.equal(lists.length, before);
  assert.equal(connections.length, 1);
  assert.match(words(await readAnew(tree, cluster)).join(), /No profiles yet/, 'it is gone by now');
  tree.dispose();
});

test('the owner of a profile stands below it, and says where the namespace belongs to somebody else', async () => {
  const said = async (owner: string | undefined): Promise<unknown[]> => {
    const { tree, connections, items } = world();
    (items.namespaces as unknown[])[0] = { name: 'team-a', deleting: false, ...(owner === undefined ? {} : { owner }) };
    const [cluster] = await tree.getChildren();
    const rows = tree.getChildren(cluster);
    await settled();
    connections[0]?.release();
    const [profile] = await rows;
    const node = (await tree.getChildren(profile)).find(({ kind }) => kind === 'owner');
    assert.ok(node);
    const item = await tree.getTreeItem(node);
    tree.dispose();
    return [item.label, item.description, item.contextValue];
  };
  assert.deepEqual(await said('a@example.com'), ['a@example.com', 'owner', 'owner;fact']);
  assert.deepEqual((await said('b@example.com'))[1], 'owner; the namespace belongs to b@example.com');
  assert.deepEqual((await said(undefined))[1], 'owner; the namespace belongs to nobody');
});

test('rows that VS Code waits for come before the judging of thousands', async () => {
  const { tree, connections, items } = world();
  const names = Array.from({ length: 2_000 }, (_, index) => `team-${index}`);
  let judged = 0;
  const made = names.map((name) => newProfile(name, 'a@example.com', `arn:aws:iam::444455556666:role/${name}`, true));
  Object.assign(items, {
    profiles: made.map((profile) => ({ ...profile, finalizers: [] })),
    namespaces: names.map((name) => ({
      get owner() {
        judged++;
        return 'a@example.com';
      },
      name,
      deleting: false,
    })),
  });
  const [cluster] = await tree.getChildren();
  const rows = tree.getChildren(cluster);
  await settled();
  connections[0]?.release();
  const shown = await rows;
  assert.equal(shown.length, names.length);
  const before = judged;
  await Promise.all(shown.map((row) => tree.getTreeItem(row)));
  assert.ok(judged - before < names.length / 4, `${judged - before} were judged meanwhile`);
  while (judged < names.length) await turn();
  tree.dispose();
});

test('contributors stand below their profile, each by the name of the objects that let in; who may not list them is told so', async () => {
  const binding = (role: string): KubeObject => ({
    metadata: { name: `user-c-clusterrole-${role}`, namespace: 'team-a', annotations: { user: 'c@example.com', role } },
    roleRef: { kind: 'ClusterRole', name: `kubeflow-${role}` },
    subjects: [{ kind: 'User', name: 'c@example.com' }],
  });
  const { tree, connections, items } = world();
  const other = { metadata: { name: 'theirs', namespace: 'team-a', annotations: { user: 'd@example.com' } } };
  items.bindings = found([binding('edit'), binding('view'), other]);
  const [cluster] = await tree.getChildren();
  const rows = tree.getChildren(cluster);
  await settled();
  connections[0]?.release();
  const [profile] = await rows;
  const nodes = (await tree.getChildren(profile)).filter(({ kind }) => kind === 'contributor');
  assert.equal(new Set(nodes.map(({ id }) => id)).size, 2);
  const shown = await Promise.all(nodes.map(async (node) => tree.getTreeItem(node)));
  assert.deepEqual(
    shown.map(({ label, description, contextValue }) => [label, description, contextValue]),
    [
      ['c@example.com', 'contributor (edit): uses the role of the profile', 'contributor;fact'],
      ['c@example.com', 'contributor (view)', 'contributor;fact'],
    ],
  );
  items.bindings = denied('list rolebindings.rbac.authorization.k8s.io', 'no');
  const message = (await readAnew(tree, profile)).find(({ kind }) => kind === 'message');
  assert.match(JSON.stringify(message), /Not read: contributors.*not permitted to list rolebindings/);
  tree.dispose();
});

test('a closed cluster stays closed, whatever of it is read again', async () => {
  const { tree, connections } = world();
  const [cluster] = await tree.getChildren();
  assert.ok(cluster);
  const first = tree.getChildren(cluster);
  await settled();
  connections[0]?.release();
  await first;
  const state = async (): Promise<unknown> => (await tree.getTreeItem(cluster)).collapsibleState;
  assert.equal(await state(), 2, 'it is open');
  tree.setExpanded(cluster, false);
  assert.equal(await state(), 1);
  await tree.reread({ region: 'us-west-2', cluster: 'dev' }, [{ kind: 'k8s/profile', at: CLUSTER.arn, key: 'team-a' }]);
  tree.filesChanged({ of: () => [], uri: () => undefined });
  await sleep(200);
  assert.equal(await state(), 1, 'it is still closed');
  tree.dispose();
});
