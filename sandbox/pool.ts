// The ground that the sandboxes of a run share: a start of etcd, API server, controller manager and moto costs seconds of a processor, and
// to bring them back to what they were after it costs next to nothing. Each is used by one sandbox at a time.
//
// Usage: pool.ts     Its first line says where it is asked; it ends, with everything, when its stdin does. What is taken back is told
// where KUBEFLOW_IRSA_POOL_LOG is set.
//
// What comes from one user of a ground to the next:
// - of AWS nothing: each gets an account of its own (moto/launcher.py), and what stands in front of it is of the user's process;
// - of Kubernetes what was there when the ground was new. All else is taken back in etcd (snapshot.ts), until nothing is written any more.
//   What a process only remembers goes with the process, where it may matter: an API server holds for half a minute what quota a
//   namespace has, and follows a change of kinds in its own time; a controller manager remembers the uids of owners that are gone.
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { administratorOf, until, type ClusterPlace, type ClusterProcesses } from './cluster.ts';
import {
  freePorts,
  ownGround,
  startMoto,
  type ClusterName,
  type Ground,
  type OwnGround,
  type Standing,
} from './ground.ts';
import { openSandbox } from './index.ts';
import { DO_PATH, type Lease } from './lease.ts';
import { startProcesses } from './processes.ts';
import { takeSnapshot, type Snapshot } from './snapshot.ts';
import { provideTools } from './tools.ts';

interface Plot {
  readonly ground: OwnGround;
  readonly standing: Standing;
  /** Of each cluster whose API server runs. */
  readonly snapshots: Map<ClusterName, Snapshot>;
  state: 'free' | 'used' | 'broken';
  /** Clusters whose API server was ended by who uses it. */
  readonly killed: Set<ClusterName>;
  /** Clusters that nobody uses, and whose processes stand still. */
  readonly asleep: Set<ClusterName>;
  /** While what was done there is taken back. */
  tidying?: Promise<unknown>;
}

/** What an API server must forget that has seen it change: kinds, and quotas. */
const REMEMBERED = /^\/[^/]+\/(apiextensions\.k8s\.io|resourcequotas)\//;

const folder = await mkdtemp(path.join(tmpdir(), 'kubeflow-irsa-pool-'));
await mkdir(path.join(folder, 'logs'));
const processes = startProcesses(folder);
const say = (line: string): void =>
  void (process.env['KUBEFLOW_IRSA_POOL_LOG'] && process.stderr.write(`pool: ${line}\n`));
let ending = false;
const warn = (line: string): void => void (ending || process.stderr.write(`${line}\n`));
processes.onUnexpectedExit(({ name }) => {
  void processes.output(name).then((output) => warn(`${name} ended by itself:\n${output}`));
});
const plots = new Set<Plot>();

let moto: Promise<number> | undefined;
const motoPort = (): Promise<number> =>
  (moto ??= (async () => {
    const [port = 0] = await freePorts(1);
    startMoto(processes, (await provideTools(processes, say)).python, port);
    return port;
  })());

/** New ground with what each sandbox finds there. */
async function make(): Promise<Plot> {
  const ground = await ownGround({ analytics: false, motoPort: await motoPort() });
  let standing: Standing | undefined;
  try {
    const kept: Ground = {
      ...ground,
      stand: async (log) => (standing = await ground.stand(log, warn)),
      end: async () => undefined,
    };
    const sandbox = await openSandbox(kept, { log: say, withoutAnalytics: true, variation: null });
    await sandbox.stop();
    if (!standing) throw new Error('Nothing stands.');
    const { place, failed } = standing;
    const snapshot = await takeSnapshot(place.etcdUrl, 'kubeflow-dev');
    const snapshots = new Map<ClusterName, Snapshot>([['kubeflow-dev', snapshot]]);
    const plot: Plot = { ground, standing, snapshots, state: 'used', killed: new Set(), asleep: new Set() };
    failed.catch((error: unknown) => {
      plot.state = 'broken';
      warn(`A sandbox's ground is lost: ${String(error)}`);
    });
    plots.add(plot);
    return plot;
  } catch (error) {
    await ground.end();
    throw error;
  }
}

/** Lets the clusters of a plot sleep but for those that are wanted. */
function rest({ ground, snapshots, asleep }: Plot, wanted: readonly ClusterName[]): void {
  for (const name of snapshots.keys()) {
    const sleeps = !wanted.includes(name);
    if (sleeps === asleep.has(name)) continue;
    ground.setAsleep(name, sleeps);
    if (sleeps) asleep.add(name);
    else asleep.delete(name);
  }
}

/** Free ground: of that with as many clusters if there is some. */
async function take(analytics: boolean): Promise<Plot> {
  const free = [...plots]
    .filter(({ state }) => state === 'free')
    .sort((a, b) => (analytics ? b.snapshots.size - a.snapshots.size : a.snapshots.size - b.snapshots.size));
  const plot = free[0];
  if (plot) {
    plot.state = 'used';
    rest(plot, analytics ? ['kubeflow-dev', 'analytics'] : ['kubeflow-dev']);
    if (!(await tidy(plot))) return take(analytics);
  } else {
    // New ground costs more than to wait for what is about to be free.
    const soon = [...plots].flatMap(({ tidying }) => tidying ?? []);
    if (soon.length > 0) {
      await Promise.race(soon);
      return take(analytics);
    }
  }
  const taken = plot ?? (await make());
  if (analytics && !taken.snapshots.has('analytics')) {
    const { place, processes } = taken.standing;
    await processes.analytics.startApiServer();
    await processes.analytics.startControllers();
    taken.snapshots.set('analytics', await takeSnapshot(place.etcdUrl, 'analytics'));
  }
  return taken;
}

/** How long a controller manager may take to begin its work. Idle machines need 2 s. */
const COLLECTS_WITHIN_MS = 60_000;

/**
 * Waits until what has no owner goes: the garbage collector is the last that begins its work. Before that a controller manager must not
 * stand still, for its first calls have time limits that end meanwhile.
 */
async function collects(place: ClusterPlace): Promise<void> {
  const kube = administratorOf(place);
  const orphan = `/api/v1/namespaces/default/configmaps/without-owner-${randomUUID()}`;
  const owner = { apiVersion: 'v1', kind: 'Namespace', name: 'nobody', uid: randomUUID() };
  try {
    await kube.apply(orphan, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: path.basename(orphan), ownerReferences: [owner] },
    });
    const isGone = async (): Promise<boolean> => (await kube.find(orphan)) === undefined;
    await until(isGone, `${place.name}: what the garbage collector does`, COLLECTS_WITHIN_MS);
  } finally {
    kube.close();
  }
}

/** Takes back what was done there. False: it cannot be done, and the ground has ended. */
async function tidy(plot: Plot): Promise<boolean> {
  try {
    for (const name of plot.killed) await plot.standing.processes[name].startApiServer();
    plot.killed.clear();
    for (let looks = 0; looks < 20; looks++) {
      let clean = true;
      for (const [name, snapshot] of plot.snapshots) {
        if (plot.asleep.has(name)) continue;
        const differences = await snapshot.differences();
        const { added, removed, changed } = differences;
        const all = [...added, ...removed, ...changed];
        if (all.length === 0) continue;
        clean = false;
        say(
          `${name}: ${added.length} added, ${removed.length} removed, ${changed.length} changed: ${all.slice(0, 8).join(' ')}`,
        );
        const processes = plot.standing.processes[name];
        const anew = all.some((key) => REMEMBERED.test(key));
        if (anew || removed.length > 0) await processes.killControllers();
        if (anew) await processes.killApiServer();
        await snapshot.undo(differences);
        if (anew) await processes.startApiServer();
        if (anew || removed.length > 0) await processes.startControllers();
      }
      if (plot.state === 'broken') throw new Error('A process ended.');
      if (clean) {
        for (const name of plot.snapshots.keys())
          if (!plot.asleep.has(name))
            await Promise.race([collects(plot.standing.place.clusters[name]), plot.standing.failed]);
        return true;
      }
      await sleep(150);
    }
    throw new Error('It does not come to rest.');
  } catch (error) {
    warn(`A sandbox's ground is thrown away: ${String(error)}`);
    plots.delete(plot);
    await plot.ground.end();
    return false;
  }
}

/** Who uses what, by the id of the lease. */
const leases = new Map<string, Plot>();
async function lease(response: ServerResponse, analytics: boolean): Promise<void> {
  const plot = await take(analytics);
  const { place } = plot.standing;
  const { frontPort } = plot.ground;
  const its = await mkdtemp(path.join(folder, 'lease-'));
  const closed = `https://127.0.0.1:${place.closedPorts[1]}`;
  const other = { ...place.clusters.analytics, started: analytics };
  const clusters = { ...place.clusters, analytics: analytics ? other : { ...other, endpoint: closed } };
  const given: Lease = { id: path.basename(its), folder: its, frontPort, place: { ...place, clusters } };
  leases.set(given.id, plot);
  const end = async (): Promise<void> => {
    leases.delete(given.id);
    await rm(its, { recursive: true, force: true });
    if (await tidy(plot)) {
      rest(plot, []);
      plot.state = 'free';
    }
    delete plot.tidying;
  };
  if (response.closed) return (plot.tidying = end());
  response.once('close', () => {
    plot.tidying = end();
  });
  response.write(`${JSON.stringify(given)}\n`);
}

async function act(id: string, name: ClusterName, what: keyof ClusterProcesses): Promise<void> {
  const plot = leases.get(id);
  if (!plot) throw new Error(`There is no lease ${id}.`);
  if (what === 'killApiServer') plot.killed.add(name);
  await plot.standing.processes[name][what]();
  if (what === 'startApiServer') plot.killed.delete(name);
}

const server = createServer((request, response) => {
  const url = request.url ?? '';
  const [, , id = '', name, what] = url.split('/');
  const isAct = url.startsWith(`${DO_PATH}/`);
  const work = isAct
    ? act(id, name as ClusterName, what as keyof ClusterProcesses).then(() => void response.end())
    : lease(response, url.endsWith('?analytics'));
  work.catch((error: unknown) => {
    if (!response.headersSent) response.writeHead(isAct ? 500 : 200);
    response.end(`${error instanceof Error ? error.message : String(error)}\n`);
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

async function end(): Promise<void> {
  ending = true;
  server.close();
  server.closeAllConnections();
  await Promise.all([...plots].map(({ ground }) => ground.end()));
  await processes.close();
  process.exit();
}
process.stdin.on('close', () => void end()).resume();
