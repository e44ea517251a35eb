/**
 * The tree itself, asked as VS Code asks it, in a process of its own as it is in the extension host; the sandbox has another.
 * Prints one JSON object. Usage: estate.ts clusters REGION… | estate.ts profiles REGION CLUSTER
 */
import { registerHooks } from 'node:module';
import type * as vscode from 'vscode';
import { connectAws, credentialsOf } from '../../src/aws/index.ts';
import type { TreeNode } from '../../src/explorer/nodes.ts';
import { kubernetesConnector } from '../../src/kubernetes/index.ts';
import type { Aws } from '../../src/provisioning/ports.ts';

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vscode'
      ? { url: new URL('vscode.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});
const { EstateTree } = await import('../../src/explorer/tree.ts');

/** Milliseconds. */
export interface ClustersRun {
  /** Until the first clusters, or the groups that they are in, can be shown. */
  readonly first: number;
  /** Until all are listed. */
  readonly listed: number;
  /** Until all are described, with every group opened as soon as it is there. */
  readonly all: number;
  readonly described: number;
  /** The longest task, and all time of the processor. */
  readonly task: number;
  readonly processor: number;
}

export interface ProfilesRun {
  readonly profiles: number;
  /** Until the rows can be shown, some of them judged. */
  readonly rows: number;
  /** Until there is a row for each profile. */
  readonly whole: number;
  /** Time of the processor until then: what it takes on a machine that has nothing else to do. */
  readonly processor: number;
  /** Until all rows that are shown are judged with their roles. */
  readonly all: number;
  /** The longest task: time of the processor between two turns of the event loop, in which several tasks may have run. */
  readonly task: number;
  /** The longest time without a turn of the event loop, whoever had the processor. */
  readonly stall: number;
  /** KB of heap a profile, after all. */
  readonly heap: number;
  /** Rows by their state. */
  readonly states: Readonly<Record<string, number>>;
}

/** Longest task and longest stall in milliseconds until they are asked for. */
function watchStall(): () => { task: number; stall: number } {
  const now = (): readonly [wall: number, processor: number] => {
    const { user, system } = process.threadCpuUsage();
    return [performance.now(), (user + system) / 1_000];
  };
  const longest = { task: 0, stall: 0 };
  let last = now();
  const pulse = setInterval(() => {
    const next = now();
    longest.stall = Math.max(longest.stall, next[0] - last[0] - 1);
    longest.task = Math.max(longest.task, next[1] - last[1]);
    last = next;
  }, 1);
  return () => {
    clearInterval(pulse);
    return longest;
  };
}

/** How long VS Code waits for more changes before it asks again (extHostTreeViews.ts). */
const REFRESH = 200;

/** A view of the tree that is on the screen: it asks for rows, and again when they are told to have changed. */
function view(regions: readonly string[]) {
  const clients = new Map<string, Aws>();
  const credentials = credentialsOf(undefined, 'us-west-2');
  const memory = new Map<string, unknown>();
  const connect = kubernetesConnector({ kubeconfig: '/dev/null' });
  const tree = new EstateTree({
    sources: () => Promise.resolve(regions.map((region) => ({ region }))),
    // As src/connect.ts does it.
    aws: async ({ region }) => {
      const known = clients.get(region) ?? connectAws({ region, credentials });
      clients.set(region, known);
      await credentials();
      return known;
    },
    connect,
    log: { info: () => undefined, warn: (line) => console.error(line) },
    memory: {
      keys: () => [...memory.keys()],
      get: <T>(key: string, other?: T) => (memory.get(key) as T | undefined) ?? (other as T),
      update: (key, value) => Promise.resolve(void memory.set(key, value)),
    },
    view: { visible: true, message: '', description: '' },
    setContext: () => undefined,
  });
  /** What is on the screen. */
  const items = new Map<string, vscode.TreeItem>();
  const open = new Set<string>();
  let shown: (() => void) | undefined;

  /** VS Code asks for all rows of a node at once, and sends them to the window. */
  async function show(nodes: readonly TreeNode[]): Promise<void> {
    const rows = await Promise.all(nodes.map((node) => tree.getTreeItem(node)));
    JSON.stringify(rows);
    for (const row of rows) items.set(row.id ?? '', row);
  }
  async function children(node?: TreeNode): Promise<readonly TreeNode[]> {
    if (node !== undefined) open.add(node.id);
    const found = await tree.getChildren(node);
    await show(found);
    shown?.();
    return found;
  }

  let changed: Set<TreeNode | undefined> | undefined;
  let refreshing = Promise.resolve();
  tree.onDidChangeTreeData((what) => {
    if (changed === undefined) {
      setTimeout(() => {
        const now = changed ?? new Set();
        changed = undefined;
        refreshing = refreshing.then(async () => {
          await show([...now].filter((node) => node !== undefined));
          for (const node of now) if (node === undefined || open.has(node.id)) await children(node);
          shown?.();
        });
      }, REFRESH);
    }
    changed = new Set([...(changed ?? []), ...(what ?? [undefined])]);
  });
  return {
    items,
    children,
    close: () => tree.dispose(),
    /** Resolves as soon as what is on the screen is as wanted. */
    until: (wanted: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        shown = () => wanted() && resolve();
        shown();
      }),
  };
}

async function clusters(regions: readonly string[]): Promise<ClustersRun> {
  const { items, children, until, close } = view(regions);
  const stall = watchStall();
  const before = process.threadCpuUsage();
  const started = performance.now();
  const time = (): number => performance.now() - started;
  await children();
  const first = time();
  const of = (kind: string): vscode.TreeItem[] =>
    [...items.values()].filter(({ id }) => id?.startsWith(`${kind}/`) === true);
  await until(() => of('group').length === regions.length);
  const listed = time();
  await Promise.all((await children()).map(children));
  await until(() => of('cluster').every(({ contextValue }) => contextValue?.includes('readable') === true));
  const all = time();
  const { user, system } = process.threadCpuUsage(before);
  close();
  return {
    ...{ first, listed, all, described: of('cluster').length },
    ...{ task: stall().task, processor: (user + system) / 1_000 },
  };
}

async function profiles(region: string, name: string, count: number): Promise<ProfilesRun> {
  const { items, children, until, close } = view([region]);
  const cluster = (await children()).find((node) => node.kind === 'cluster' && node.cluster === name);
  if (cluster === undefined) throw new Error(`There is no cluster ${name}.`);
  await until(() => items.get(cluster.id)?.contextValue?.includes('readable') === true);
  const of = (): vscode.TreeItem[] =>
    [...items.values()].filter(({ contextValue }) => contextValue?.startsWith('kubeflowProfile') === true);
  const stateOf = ({ contextValue }: vscode.TreeItem): string => contextValue?.split(';')[1] ?? '';
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const stall = watchStall();
  const processorBefore = process.threadCpuUsage();
  const started = performance.now();
  await children(cluster);
  const rows = performance.now() - started;
  await until(() => of().length >= count);
  const whole = performance.now() - started;
  const { user, system } = process.threadCpuUsage(processorBefore);
  await until(() => of().every((item) => stateOf(item) !== 'reading'));
  const all = performance.now() - started;
  const longest = stall();
  globalThis.gc?.();
  const shown = of();
  const heap = (process.memoryUsage().heapUsed - before) / 1024 / Math.max(shown.length, 1);
  const states: Record<string, number> = {};
  for (const item of shown) states[stateOf(item)] = (states[stateOf(item)] ?? 0) + 1;
  close();
  return { profiles: shown.length, rows, whole, processor: (user + system) / 1_000, all, ...longest, heap, states };
}

const [what, ...rest] = process.argv.slice(2);
const result =
  what === 'clusters' ? await clusters(rest) : await profiles(rest[0] ?? '', rest[1] ?? '', Number(rest[2]));
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
