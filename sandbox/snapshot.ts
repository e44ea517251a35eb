// What an etcd held of a cluster at one moment, and how it comes back to that. It is written past the API server, which is told of it
// as of any other change: so nothing that a controller or a finalizer would hold up is left.
import { setTimeout as sleep } from 'node:timers/promises';

/** What of a cluster has come to differ. */
export interface Differences {
  /** Keys that are there, and were not. */
  readonly added: readonly string[];
  /** Keys that were there and are not, or were taken away and made again. */
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}
export interface Snapshot {
  differences(): Promise<Differences>;
  /** Takes differences back. */
  undo(differences: Differences): Promise<void>;
}

interface Pair {
  readonly key: string;
  readonly value?: string;
  readonly create_revision: string;
  readonly mod_revision: string;
}

/** What a cluster writes by itself, again and again: the leases of its API server, and events, which end by themselves. */
const OWN = /^\/[^/]+\/(leases\/kube-system|peerserverleases|events)\//;
/** Changes in one transaction: etcd takes 128 unless told otherwise. */
const AT_ONCE = 100;
/** How long a cluster that nobody calls must have written nothing, in milliseconds. */
const QUIET = 700;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function ask<T>(etcdUrl: string, path: string, body: object): Promise<T> {
  const answer = await fetch(`${etcdUrl}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`etcd answers ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** What is stored under a prefix that ends with a slash, by key. */
async function read(etcdUrl: string, prefix: string, keysOnly: boolean): Promise<Map<string, Pair>> {
  const end = `${prefix.slice(0, -1)}0`;
  const asked = { key: base64(prefix), range_end: base64(end), ...(keysOnly ? { keys_only: true } : {}) };
  const { kvs = [] } = await ask<{ kvs?: Pair[] }>(etcdUrl, 'range', asked);
  const pairs = kvs.map((pair) => [Buffer.from(pair.key, 'base64').toString(), pair] as const);
  return new Map(pairs.filter(([key]) => !OWN.test(key)));
}

/** Waits until a cluster writes nothing any more, and remembers what is there. */
export async function takeSnapshot(etcdUrl: string, cluster: string): Promise<Snapshot> {
  const prefix = `/${cluster}/`;
  const latest = async (): Promise<number> =>
    Math.max(...[...(await read(etcdUrl, prefix, true)).values()].map((pair) => Number(pair.mod_revision)));
  for (let before = -1, now = await latest(); now !== before; now = await latest()) {
    before = now;
    await sleep(QUIET);
  }
  const held = await read(etcdUrl, prefix, false);
  const known = new Map([...held].map(([key, pair]) => [key, [pair.create_revision, pair.mod_revision]]));

  return {
    differences: async () => {
      const now = await read(etcdUrl, prefix, true);
      const other = (key: string, field: 0 | 1): boolean => {
        const pair = now.get(key);
        return (field === 0 ? pair?.create_revision : pair?.mod_revision) !== known.get(key)?.[field];
      };
      const keys = [...held.keys()];
      return {
        added: [...now.keys()].filter((key) => !held.has(key)),
        removed: keys.filter((key) => other(key, 0)),
        changed: keys.filter((key) => !other(key, 0) && other(key, 1)),
      };
    },
    undo: async ({ added, removed, changed }) => {
      // What was made again goes first, so that all that is put back is of one moment.
      const operations = [...added, ...removed].map((key) => ({ request_delete_range: { key: base64(key) } }));
      const back = [...removed, ...changed];
      for (const success of chunks(operations)) await ask(etcdUrl, 'txn', { success });
      for (const some of chunks(back)) {
        const success = some.map((key) => ({ request_put: { key: base64(key), value: held.get(key)?.value ?? '' } }));
        const { header } = await ask<{ header: { revision: string } }>(etcdUrl, 'txn', { success });
        for (const key of some)
          known.set(key, [changed.includes(key) ? (known.get(key)?.[0] ?? '') : header.revision, header.revision]);
      }
    },
  };
}

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += AT_ONCE) yield items.slice(at, at + AT_ONCE);
}
