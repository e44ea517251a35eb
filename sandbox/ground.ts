// What a sandbox stands on, and what is dear of it: etcd, the API servers and controller managers of its clusters, and a moto that has
// been read. What is of the process that uses it (front, webhooks, profile controller) listens on ports that are kept for it here,
// because the clusters know them.
import { mkdir, mkdtemp } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { CONTROLLER_MANAGER, startCluster, until, type ClusterPlace, type ClusterProcesses } from './cluster.ts';
import { AUTHENTICATE_PATH } from './front.ts';
import { certificateAuthority, rsaKeyPair, type Identity } from './pki.ts';
import { startProcesses, type Processes } from './processes.ts';
import * as seed from './seed.ts';
import { provideTools } from './tools.ts';
import { WEBHOOKS_AUTHORITY } from './webhooks.ts';

type Log = (line: string) => void;
export type ClusterName = 'kubeflow-dev' | 'analytics';

/** Where everything is, as plain data. */
export interface Place {
  readonly etcdUrl: string;
  /** Who issues the certificates of the API servers. */
  readonly authority: Identity;
  readonly clusters: Readonly<Record<ClusterName, ClusterPlace>>;
  /** Nothing listens there: where a cluster is described that does not answer. */
  readonly closedPorts: readonly number[];
  readonly webhooks: { readonly port: number; readonly authority: Identity };
  /** Where moto makes accounts (moto/launcher.py). */
  readonly motoPort: number;
}
export interface Standing {
  readonly place: Place;
  readonly processes: Readonly<Record<ClusterName, ClusterProcesses>>;
  /** Whether the clusters have nothing yet; else they have Kubeflow, and their controllers run. */
  readonly isNew: boolean;
  /** Rejects when a process ends that nobody asked to end, with the end of its output. */
  readonly failed: Promise<never>;
}
export interface Ground {
  /** For the files of the sandbox. */
  readonly folder: string;
  readonly frontPort: number;
  /**
   * Starts what does not run yet; API servers need not answer when it resolves. `warn`: told what ended and was started again; default:
   * `log`.
   */
  stand(log: Log, warn?: Log): Promise<Standing>;
  /** Ends all processes and removes all data. */
  end(): Promise<void>;
}
export interface OwnGround extends Ground {
  /** Whether the processes of a cluster that nobody calls stand still: an idle API server costs a fiftieth of a processor. */
  setAsleep(name: ClusterName, asleep: boolean): void;
}

export const CLUSTERS_AUTHORITY = 'kubeflow-irsa-sandbox';

/** Ground of this process alone. `motoPort`: where moto makes accounts already. */
export async function ownGround({
  analytics,
  motoPort: otherMoto,
}: {
  /** Whether the API server of `analytics` is started. */
  readonly analytics: boolean;
  readonly motoPort?: number;
}): Promise<OwnGround> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kubeflow-irsa-sandbox-'));
  await mkdir(path.join(folder, 'logs'));
  const processes = startProcesses(folder);
  const [frontPort, webhooksPort, ...ports] = (await freePorts(11)) as [number, number, ...number[]];

  const stand = async (log: Log, warn = log): Promise<Standing> => {
    let controllersOf: Partial<Record<string, ClusterProcesses>> = {};
    const failed = failure(processes, warn, async (cluster) => controllersOf[cluster]?.startControllers());
    const tools = await provideTools(processes, log);
    log('Starting etcd, two Kubernetes clusters and the AWS account …');
    const [etcdPort, peerPort, devPort, devManagerPort, analyticsPort, analyticsManagerPort, motoPort, ...closedPorts] =
      ports as [number, number, number, number, number, number, number, ...number[]];
    const [authority, webhooksAuthority, devKeys, analyticsKeys] = await Promise.all([
      certificateAuthority(CLUSTERS_AUTHORITY),
      certificateAuthority(WEBHOOKS_AUTHORITY),
      rsaKeyPair(),
      rsaKeyPair(),
    ]);
    if (otherMoto === undefined) startMoto(processes, tools.python, motoPort);
    const etcdUrl = `http://127.0.0.1:${etcdPort}`;
    const peerUrl = `http://127.0.0.1:${peerPort}`;
    const peers = ['--initial-advertise-peer-urls', peerUrl, '--initial-cluster', `default=${peerUrl}`];
    processes.start('etcd', {
      file: tools.etcd,
      env: { GOGC: '400' },
      args: [
        ...['--data-dir', path.join(folder, 'etcd'), '--listen-client-urls', etcdUrl],
        ...['--advertise-client-urls', etcdUrl, '--listen-peer-urls', peerUrl, ...peers],
        ...['--unsafe-no-fsync', '--log-level', 'warn'],
      ],
    });
    const launch = (name: ClusterName, port: number, controllerManagerPort: number, keys: typeof devKeys) =>
      startCluster(
        {
          name,
          region: seed.CLUSTERS[name].region,
          issuer: seed.issuerOf(name),
          etcdUrl,
          port,
          controllerManagerPort,
          authenticatorUrl: `http://127.0.0.1:${frontPort}${AUTHENTICATE_PATH}${name}`,
          ca: authority,
          serviceAccountKeys: keys,
          started: name === 'kubeflow-dev' || analytics,
        },
        path.join(folder, name),
        tools,
        processes,
      );
    const [dev, other] = await Promise.all([
      launch('kubeflow-dev', devPort, devManagerPort, devKeys),
      launch('analytics', analyticsPort, analyticsManagerPort, analyticsKeys),
    ]);
    const clusterProcesses = { 'kubeflow-dev': dev.processes, analytics: other.processes };
    controllersOf = clusterProcesses;
    const identity = ({ certificate, key }: Identity): Identity => ({ certificate, key });
    return {
      place: {
        etcdUrl,
        authority: identity(authority),
        clusters: { 'kubeflow-dev': dev.place, analytics: other.place },
        closedPorts,
        webhooks: { port: webhooksPort, authority: identity(webhooksAuthority) },
        motoPort: otherMoto ?? motoPort,
      },
      processes: clusterProcesses,
      isNew: true,
      failed,
    };
  };
  const setAsleep = (name: ClusterName, asleep: boolean): void => {
    const kinds = ['kube-apiserver', 'kube-controller-manager'];
    // Who calls sleeps first, and wakes last: no call is left without an answer.
    for (const kind of asleep ? kinds.reverse() : kinds)
      processes.signal(`${kind}-${name}`, asleep ? 'SIGSTOP' : 'SIGCONT');
  };
  return { folder, frontPort, stand, end: () => processes.close(), setAsleep };
}

/** Starts moto, which then makes accounts for whoever asks at that port. */
export function startMoto(processes: Processes, python: string, port: number): void {
  const launcher = path.join(import.meta.dirname, 'moto', 'launcher.py');
  processes.start('moto', { file: python, args: ['-B', launcher, '127.0.0.1', String(port)] });
}

/** An account of its own, from moto: where it answers, and the keys of its users. */
export async function openMoto<Keys>(
  port: number,
  world: object,
): Promise<{ readonly port: number; readonly keys: Keys; close(): void }> {
  const open = () =>
    new Promise<ReturnType<typeof connect>>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('error', reject).once('connect', () => resolve(socket));
    });
  let socket: Awaited<ReturnType<typeof open>> | undefined;
  await until(async () => (socket = await open()), 'moto');
  if (!socket) throw new Error('moto is not there.');
  const said = socket;
  said.on('error', () => undefined);
  said.write(`${JSON.stringify(world)}\n`);
  const answer = await new Promise<string>((resolve, reject) => {
    createInterface({ input: said }).once('line', resolve);
    said.once('close', () => reject(new Error('moto made no account: its log says why.')));
  });
  return {
    ...(JSON.parse(answer) as { port: number; keys: Keys }),
    close: () => said.destroy(),
  };
}

/** A controller manager that ends so often is not started again. */
const MOST_RESTARTS = 3;

/**
 * Rejects when a process ends that nobody asked to end, with the end of its output. A controller manager is started again, as a kubelet
 * does, with a warning.
 */
function failure(
  processes: Processes,
  warn: Log,
  startControllers: (cluster: string) => Promise<void>,
): Promise<never> {
  let restarts = 0;
  const promise = new Promise<never>((_resolve, reject) => {
    processes.onUnexpectedExit(({ name, code, signal, error }) => {
      processes
        .output(name)
        .then(async (output) => {
          const message = `${name} ended by itself (${error ?? signal ?? code ?? 'no code'}):\n${output}`;
          const cluster = name.startsWith(CONTROLLER_MANAGER) ? name.slice(CONTROLLER_MANAGER.length) : undefined;
          if (cluster === undefined || ++restarts > MOST_RESTARTS) throw new Error(message);
          warn(`${message}\nIt is started again.`);
          await startControllers(cluster);
        })
        .catch(reject);
    });
  });
  promise.catch(() => undefined);
  return promise;
}

/**
 * Ports for parts that cannot choose one themselves are taken from 10000 up to here: above it, systems hand out ports of their own
 * (Linux from 32768, see ip_local_port_range; others from 49152), also to a connection in the moment between our look and the part's start.
 */
const BELOW_EPHEMERAL = 32_000;
const PORTS_OF_A_PROCESS = 48;
let lastPort = 0;

/** Ports of 127.0.0.1 that are free now. Sandboxes of several processes look in different places, so that none takes what another was just given. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = 10_000 + ((process.pid * PORTS_OF_A_PROCESS + lastPort++) % (BELOW_EPHEMERAL - 10_000));
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
